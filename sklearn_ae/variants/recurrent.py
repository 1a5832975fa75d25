"""The recurrent autoencoder."""

from ..core.contract import AutoencoderContract
from ..core.params import estimator, shared_param
from ..core.shared_params import LossParameters, NetworkParameters
from ..networks.recurrent import Recurrent
from .plain import AE


@estimator
class RecurrentAE(AutoencoderContract, LossParameters):
    """
    Recurrent autoencoder: the plain one, with a network for series.

    An encoder reads series step by step, and a decoder writes them from the code [1]_.
    The objective is that of `AE`, the network ``Recurrent(...)``; `lr` and
    `weight_decay` have defaults of their own. Training starts as PCA; ``skip=None``
    gives the textbook network.

    See Also
    --------
    AE : Without recurrence.
    sklearn_ae.networks.Recurrent : The network alone, for other autoencoders.
    sklearn.decomposition.PCA : The linear counterpart.

    References
    ----------
    .. [1] N. Srivastava, E. Mansimov and R. Salakhutdinov, "Unsupervised learning of
       video representations using LSTMs", International Conference on Machine
       Learning, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ae import RecurrentAE
    >>> random = np.random.RandomState(0)
    >>> pitch, phase = random.uniform(1, 2, (200, 1)), random.uniform(0, 6, (200, 1))
    >>> series = np.sin(pitch * np.arange(20) / 2 + phase)
    >>> ae = RecurrentAE(4, max_epochs=30, random_state=0).fit(series)
    >>> ae.transform(series).shape
    (200, 4)
    >>> ae.reconstruct(series).shape
    (200, 20)
    >>> ae.score(series) > 0.8
    True
    """

    n_timesteps: int | None = shared_param(Recurrent, "n_timesteps")
    cell: str = shared_param(Recurrent, "cell")
    hidden_size: int = shared_param(Recurrent, "hidden_size")
    bidirectional: bool = shared_param(Recurrent, "bidirectional")
    output_order: str = shared_param(Recurrent, "output_order")
    feedback: bool = shared_param(Recurrent, "feedback")
    skip: str | None = shared_param(NetworkParameters, "skip")

    objective = staticmethod(AE.objective)

    def _specification(self):
        return Recurrent(
            **{name: getattr(self, name) for name in Recurrent().get_params()}
        )
