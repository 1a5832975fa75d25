"""The plain autoencoder."""

from ..core.base import BaseAutoencoder
from ..core.params import estimator
from ..networks.linear import Linear


@estimator
class AE(BaseAutoencoder):
    r"""
    Autoencoder: a network that squeezes rows through a narrow code and rebuilds them.

    Encoder :math:`f` and decoder :math:`g` minimise the reconstruction error
    :math:`\ell(x, g(f(x)))`. A drop-in replacement for ``PCA``, which is its optimum
    without hidden layers [1]_, found in closed form then; the nonlinear one, trained as
    a whole, goes back to [2]_.

    See Also
    --------
    DenoisingAE : Rebuilds clean rows from corrupted ones; better ahead of a classifier.
    sklearn.decomposition.PCA : The linear counterpart.

    References
    ----------
    .. [1] P. Baldi and K. Hornik, "Neural networks and principal component analysis:
       Learning from examples without local minima", Neural Networks, 1989.
    .. [2] G. Hinton and R. Salakhutdinov, "Reducing the dimensionality of data with
       neural networks", Science, 2006.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import AE
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = AE(n_components=8, max_epochs=10, random_state=0).fit(X)
    >>> ae.transform(X).shape
    (1797, 8)
    >>> ae.inverse_transform(ae.transform(X)).shape
    (1797, 64)
    >>> ae.score(X) > 0.75  # PCA explains 0.67
    True
    >>> ae.sample(3, random_state=0).shape  # new digits
    (3, 64)
    """

    @staticmethod
    def objective(network, batch, generator):
        """Rebuild the target from the code of the input."""
        return batch.error(network.decode(network.encode(batch.input)))

    def _is_solved(self, network):
        return isinstance(network, Linear) and self.loss == "squared_error"
