"""The restricted Boltzmann machine, as an autoencoder with one layer."""

from dataclasses import replace
from numbers import Integral

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.contract import AutoencoderContract
from ..core.losses import LOSSES, unit_interval
from ..core.objective import Batch
from ..core.params import Interval, StrOptions, estimator, param, shared_param
from ..core.shared_params import TrainingParameters
from .gaussians import standard_normal
from .uniform import coins


class Machine(nn.Module):
    """
    Visible and hidden units, and the weights between them.

    Parameters
    ----------
    n_features, n_components : int
        Numbers of visible and of hidden units.
    """

    def __init__(self, n_features: int, n_components: int):
        super().__init__()
        # Small weights, as G. Hinton's practical guide has them.
        self.weight = nn.Parameter(0.01 * torch.randn(n_components, n_features))
        self.visible_bias = nn.Parameter(torch.zeros(n_features))
        self.hidden_bias = nn.Parameter(torch.zeros(n_components))

    def hidden_input(self, v: Tensor) -> Tensor:
        """Add up what the hidden units receive."""
        return F.linear(v, self.weight, self.hidden_bias)

    def encode(self, v: Tensor) -> Tensor:
        """Take the probabilities of the hidden units."""
        return torch.sigmoid(self.hidden_input(v))

    def decode(self, h: Tensor) -> Tensor:
        """Add up what the visible units receive."""
        return F.linear(h, self.weight.T, self.visible_bias)

    def free_energy(self, v: Tensor) -> Tensor:
        """Take each row's energy, the hidden units summed out."""
        return self.visible_energy(v) - F.softplus(self.hidden_input(v)).sum(1)

    @torch.no_grad()
    def gibbs(self, v: Tensor, n_steps: int, generator: torch.Generator) -> Tensor:
        """Sample hidden units, then visible ones, in turn."""
        for _ in range(n_steps):
            h = coins(self.encode(v), generator)
            v = self.sample_visible(self.decode(h), generator)
        return v


class BernoulliMachine(Machine):
    """With binary visible units; a value in [0, 1] is the probability of a one."""

    def visible_energy(self, v: Tensor) -> Tensor:
        """Take the energy of the visible units alone."""
        return -v @ self.visible_bias

    def sample_visible(self, received: Tensor, generator: torch.Generator) -> Tensor:
        """Draw visible units, given what they receive."""
        return coins(torch.sigmoid(received), generator)


class GaussianMachine(Machine):
    """With normal visible units of variance one."""

    def visible_energy(self, v: Tensor) -> Tensor:
        """Take the energy of the visible units alone."""
        return (v - self.visible_bias).square().sum(1) / 2

    def sample_visible(self, received: Tensor, generator: torch.Generator) -> Tensor:
        """Draw visible units, given what they receive."""
        return received + standard_normal(received.shape, received, generator)


MACHINES = {"bernoulli": BernoulliMachine, "gaussian": GaussianMachine}
RECONSTRUCTION = {
    "bernoulli": replace(
        LOSSES["binary_crossentropy"], check=unit_interval("visible='bernoulli'")
    ),
    "gaussian": LOSSES["squared_error"],
}


@estimator
class RBM(AutoencoderContract):
    r"""
    Restricted Boltzmann machine: a layer of binary features that explain the columns.

    The probability of a row :math:`v` falls with its free energy, in which the binary
    hidden units :math:`h` are summed out,

    .. math:: F(v) = E(v) - \sum_j \log(1 + e^{c_j + w_j^\top v}),
        \qquad p(v) \propto e^{-F(v)},

    with :math:`E(v) = -b^\top v` for Bernoulli and :math:`\|v - b\|^2 / 2` for Gaussian
    visible units, of variance one. Training is contrastive divergence [1]_: the free
    energy of the rows is lowered, that of samples that Gibbs steps lead to from there
    is raised. The code is the hidden units' probabilities :math:`p(h_j = 1 | v)`, which
    are decoded to the mean of :math:`p(v | h)`; hence it is an autoencoder with one
    layer, tied weights and a logistic code. A stack of them is a deep belief network:
    ``StackedAE(layer=RBM())``.

    The loss during training has a meaning only through its gradient, and may be
    negative. Early stopping looks at the reconstruction error of held-out rows.

    See Also
    --------
    StackedAE : Trains one on the codes of the other.
    sklearn.neural_network.BernoulliRBM : On the CPU, for values in [0, 1].

    References
    ----------
    .. [1] G. Hinton, "Training products of experts by minimizing contrastive
       divergence", Neural Computation, 2002.
    .. [2] G. Hinton, "A practical guide to training restricted Boltzmann machines",
       Neural Networks: Tricks of the Trade, 2012.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import RBM
    >>> X, _ = load_digits(return_X_y=True)
    >>> rbm = RBM(n_components=32, max_epochs=10, random_state=0)
    >>> codes = rbm.fit_transform(X)
    >>> codes.shape
    (1797, 32)
    >>> bool(codes.min() >= 0 and codes.max() <= 1)
    True
    """

    _attribute_docs = """\
    visible_ : {"bernoulli", "gaussian"}
        What `visible` stood for."""

    visible: str = param(
        StrOptions({"auto", "bernoulli", "gaussian"}),
        default="auto",
        doc="""\
        {"auto", "bernoulli", "gaussian"}
        Distribution of the visible units. "bernoulli" takes scaled values, in [0, 1],
        as probabilities. "auto" is "bernoulli" with ``scale="minmax"`` and where the
        data lie in [0, 1] as they are, and "gaussian" otherwise.""",
    )
    n_gibbs_steps: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=1,
        doc="""\
        int
        Gibbs steps from a row to the sample that it is compared with, k of CD-k.""",
    )
    scale: str | None = param(
        StrOptions({"auto", "standard", "minmax"}),
        None,
        default="auto",
        doc="""\
        {"auto", "standard", "minmax"} or None
        How columns are scaled inside; `inverse_transform` scales back. "standard":
        zero mean and unit variance; "minmax": to [0, 1]; None: not at all. "auto" for
        Gaussian visible units is "standard", except that columns which share a unit
        (pixels, spectra, counts) keep one common scale; for Bernoulli ones it is
        "minmax", except that data in [0, 1] are left as they are.""",
    )
    lr: float = shared_param(TrainingParameters, "lr", default=1e-2)

    @staticmethod
    def objective(
        network: Machine,
        batch: Batch,
        generator: torch.Generator,
        *,
        n_gibbs_steps: int,
    ) -> Tensor:
        """
        Compare free energies: the gradient is that of contrastive divergence.

        In evaluation mode, where losses have to compare, the reconstruction error.
        """
        v = batch.input
        if not network.training:
            return batch.error(network.decode(network.encode(v)))
        sample = network.gibbs(v, n_gibbs_steps, generator)
        return (network.free_energy(v) - network.free_energy(sample)).mean()

    def _rule_for(self, X):
        """Give what ``scale`` stands for, once the visible units are known."""
        in_unit_interval = X.min() >= 0 and X.max() <= 1
        self.visible_ = self.visible
        if self.visible == "auto":
            as_it_is = self.scale != "standard" and in_unit_interval
            binary = self.scale == "minmax" or as_it_is
            self.visible_ = "bernoulli" if binary else "gaussian"
        if self.visible_ == "bernoulli" and self.scale == "auto":
            return None if in_unit_interval else "minmax"
        return self.scale

    def _allow_nan(self):
        return False

    def _loss(self):
        return RECONSTRUCTION[self.visible_]

    def _read_target(self, target, X, reset):
        if target is not None:
            raise ValueError(
                "The 'target' parameter must be None: RBM models the rows themselves."
            )
        return super()._read_target(target, X, reset)

    def _build(self, n_components, gaussian):
        return MACHINES[self.visible_](self.n_features_in_, n_components)

    def _start_network(self, network, data, find, loss, seed):
        # Small weights leave the mean row to the biases, where training starts.
        network.visible_bias.data, _ = loss.slope_at(data["input"].mean(0))
