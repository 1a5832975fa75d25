"""The convolutional autoencoder."""

from collections.abc import Callable, Sequence

from torch import nn

from ..core.contract import AutoencoderContract
from ..core.params import estimator, shared_param
from ..core.shared_params import LossParameters, NetworkParameters
from ..networks.conv import Conv
from .plain import AE


@estimator
class ConvAE(AutoencoderContract, LossParameters):
    """
    Convolutional autoencoder: the plain one, with a network for images.

    Its objective is that of `AE`, its network ``Conv(...)``; `lr`, `weight_decay` and
    `channels` have defaults of their own. With ``n_components=None`` its code is the
    feature maps of the last block, flattened, as in the papers [1]_; a number gives a
    vector of that length, and training starts as PCA; ``skip=None``, without that
    start, is worth a try on images that principal components describe badly. Arrays of
    images go in and come out as they are, tables of flattened images too.

    See Also
    --------
    AE : Without convolutions.
    sklearn_ae.networks.Conv : The network alone, for other autoencoders.
    sklearn.decomposition.PCA : The linear counterpart.

    References
    ----------
    .. [1] J. Masci, U. Meier, D. Ciresan and J. Schmidhuber, "Stacked convolutional
       auto-encoders for hierarchical feature extraction", International Conference on
       Artificial Neural Networks, 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import ConvAE
    >>> images = load_digits().images
    >>> images.shape
    (1797, 8, 8)
    >>> ae = ConvAE(8, max_epochs=10, random_state=0).fit(images)
    >>> ae.transform(images).shape
    (1797, 8)
    >>> ae.reconstruct(images).shape
    (1797, 8, 8)
    >>> ae.score(images) > 0.7  # PCA explains 0.67
    True
    """

    image_shape: Sequence[int] | None = shared_param(Conv, "image_shape")
    channels: int | Sequence[int] = shared_param(Conv, "channels", default=(16, 8))
    kernel_size: int = shared_param(Conv, "kernel_size")
    pooling: str = shared_param(Conv, "pooling")
    upsampling: str = shared_param(Conv, "upsampling")
    activation: str | Callable[[], nn.Module] = shared_param(Conv, "activation")
    channels_last: bool = shared_param(Conv, "channels_last")
    skip: str | None = shared_param(NetworkParameters, "skip")

    objective = staticmethod(AE.objective)

    def _specification(self):
        known = set(Conv().get_params()) & set(self.get_params(deep=False))
        return Conv(**{name: getattr(self, name) for name in known})
