"""The contractive autoencoder."""

from collections.abc import Sequence
from numbers import Integral, Real

import torch
from torch import Tensor

from ..core.base import BaseAutoencoder
from ..core.objective import Batch
from ..core.params import Interval, estimator, param, shared_param
from ..core.shared_params import NetworkParameters, dense_or_given
from ..core.types import Network
from .gaussians import standard_normal
from .jacobian import squared_norm


@estimator
class ContractiveAE(BaseAutoencoder):
    r"""
    Contractive autoencoder: codes that change little when rows change a little.

    Minimises :math:`\ell(x, g(f(x))) + \lambda \lVert J_f(x) \rVert_F^2`, where
    :math:`J_f` is the Jacobian of the encoder [1]_. Only directions in which the data
    vary are worth their cost, so that the code follows these and ignores the others.

    With one layer between data and code, as by default, the norm is taken in closed
    form; with hidden layers, a linear path or another network it is Hutchinson's
    estimate from `n_probes` random probes, or exact with ``n_probes=None``, which costs
    as many backward passes as there are code units. The second-order term
    :math:`\gamma \lVert J_f(x) - J_f(x + \epsilon) \rVert_F^2`,
    :math:`\epsilon \sim N(0, \sigma^2)`, is that of [2]_.

    The dense network has logistic code units here and a decoder with the encoder's
    weights, transposed: otherwise small codes and large weights would evade the
    penalty, as they may with a network of your own.

    See Also
    --------
    DenoisingAE : Made robust by corrupted rows instead.
    AE : Without the penalty.

    References
    ----------
    .. [1] S. Rifai, P. Vincent, X. Muller, X. Glorot and Y. Bengio, "Contractive
       auto-encoders: Explicit invariance during feature extraction", International
       Conference on Machine Learning, 2011.
    .. [2] S. Rifai, G. Mesnil, P. Vincent, X. Muller, Y. Bengio, Y. Dauphin and
       X. Glorot, "Higher order contractive auto-encoder", European Conference on
       Machine Learning, 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import ContractiveAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = ContractiveAE(100, max_epochs=20, random_state=0).fit(X)
    >>> ae.transform(X).shape
    (1797, 100)
    """

    contraction: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.1,
        doc="""\
        float
        Weight of the squared norm of the Jacobian, in scaled units, beside the mean
        reconstruction error of a cell.""",
    )
    n_probes: int | None = param(
        Interval(Integral, 1, None, closed="left"),
        None,
        default=1,
        doc="""\
        int or None
        Random probes of a row that the norm is estimated from where it has no closed
        form; None takes it exactly.""",
    )
    second_order: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.0,
        doc="""\
        float
        Weight of the change of the Jacobian between a row and its neighbour.""",
    )
    second_order_noise: float = param(
        Interval(Real, 0, None, closed="neither"),
        default=0.1,
        doc="""\
        float
        Standard deviation of the neighbours around their row, in scaled units.""",
    )
    hidden_layer_sizes: str | int | Sequence[int] = shared_param(
        NetworkParameters, "hidden_layer_sizes", default=()
    )
    skip: str | None = shared_param(NetworkParameters, "skip", default=None)

    @staticmethod
    def objective(
        network: Network,
        batch: Batch,
        generator: torch.Generator,
        *,
        contraction: float,
        n_probes: int | None,
        second_order: float,
        second_order_noise: float,
    ) -> Tensor:
        """Rebuild the target from a code that hardly moves with the input."""
        encode, x = network.encode, batch.input
        loss = batch.error(network.decode(encode(x)))
        loss = loss + contraction * squared_norm(encode, x, n_probes, generator)
        if second_order:
            noise = standard_normal(x.shape, x, generator)
            change = squared_norm(
                encode, x, n_probes, generator, x + second_order_noise * noise
            )
            loss = loss + second_order * change
        return loss

    def _validate_params(self):
        super()._validate_params()
        if self.compile:
            raise ValueError(
                "The 'compile' parameter of ContractiveAE must be False: its objective"
                " holds a derivative, whose own one torch.compile cannot take."
            )

    def _specification(self):
        return dense_or_given(self, code_activation="logistic", tied=True)
