"""A critic that learns to tell two kinds of codes apart, and what it is good for.

Critic and autoencoder are trained by one scalar: the critic's loss on detached codes,
and the codes' loss through a critic whose weights are held.
"""

from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral, Real

import torch
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from ..core.params import Interval, estimator, param
from ..core.types import Network
from ..core.warn import warn_user

#: Share of codes that a critic tells apart when it has won.
WON = 0.98
#: How many codes it takes to say so.
MIN_CODES = 50


class Critic(nn.Module):
    """
    A network that gives the log-odds that a code is of the first kind.

    Where it is right, they are the logarithm of the ratio of the two densities.

    Parameters
    ----------
    n_components : int
        Width of the codes.
    hidden_layer_sizes : sequence of int
        Widths of the hidden layers.
    lr_ratio : float
        Its step size, as a multiple of the network's.
    """

    def __init__(
        self, n_components: int, hidden_layer_sizes: Sequence[int], lr_ratio: float
    ):
        super().__init__()
        self.lr_ratio = lr_ratio
        layers: list[nn.Module] = []
        for widths in pairwise([n_components, *hidden_layer_sizes, 1]):
            layers += [nn.Linear(*widths), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, code: Tensor) -> Tensor:
        """Give the log-odds of each code."""
        return self.layers(code).squeeze(1)

    def held(self, code: Tensor) -> Tensor:
        """Give the log-odds, with a gradient for the codes but none for the critic."""
        weights = {name: w.detach() for name, w in self.named_parameters()}
        return functional_call(self, weights, code)

    def loss(self, first: Tensor, second: Tensor) -> Tensor:
        """Take the cross-entropy that the critic minimises; codes get no gradient."""
        log_odds = self(torch.cat([first, second]).detach())
        first, second = log_odds.tensor_split([len(first)])
        return (F.softplus(-first).mean() + F.softplus(second).mean()) / 2

    def code_loss(self, code: Tensor) -> Tensor:
        """Take the cross-entropy of codes that should pass for the first kind."""
        return F.softplus(-self.held(code)).mean()

    @torch.no_grad()
    def accuracy(self, first: Tensor, second: Tensor) -> float:
        """Take the share of codes that the critic tells apart: 0.5 is by chance."""
        right = (self(first) > 0).double().mean() + (self(second) < 0).double().mean()
        return right.item() / 2


def shown_as(value: Tensor, loss: Tensor) -> Tensor:
    """Give a loss another value, for the record: one that compares over time."""
    return value.detach() + (loss - loss.detach())


@estimator
class CriticParameters(BaseEstimator):
    """What an autoencoder can be told of the critic of its codes."""

    _attribute_docs = """\
    critic_accuracy_ : float
        Share of codes that the critic tells apart in the end: 0.5 is chance, 1 that it
        won and the codes are not distributed as they should be."""

    critic_hidden_layer_sizes: Sequence[int] = param(
        "array-like",
        default=(256, 256),
        doc="""\
        sequence of int
        Widths of the critic's hidden layers.""",
    )
    critic_lr: float = param(
        Interval(Real, 0, None, closed="neither"),
        default=1.0,
        doc="""\
        float
        Step size of the critic, as a multiple of `lr`.""",
    )

    #: As many as in a batch: a few codes say little of their distribution.
    _n_together = 64

    @staticmethod
    def equip(
        network: Network,
        n_features: int,
        n_components: int,
        *,
        critic_hidden_layer_sizes: Sequence[int],
        critic_lr: float,
    ) -> nn.Module:
        """Add the critic."""
        network.critic = Critic(n_components, critic_hidden_layer_sizes, critic_lr)
        return network

    def _validate_params(self):
        super()._validate_params()
        sizes = self.critic_hidden_layer_sizes
        if not all(isinstance(n, Integral) and n >= 1 for n in sizes):
            raise ValueError(
                f"The 'critic_hidden_layer_sizes' parameter of {type(self).__name__}"
                f" must be a sequence of integers of at least 1. Got {sizes!r} instead."
            )

    def _report_critic(self, first, second, weight):
        """Say how the contest ended; a critic that won deserves a warning."""
        self.critic_accuracy_ = self.network_.critic.accuracy(first, second)
        if self.critic_accuracy_ > WON and len(first) >= MIN_CODES:
            warn_user(
                f"The critic of {type(self).__name__} won: it tells"
                f" {self.critic_accuracy_:.1%} of the codes from those that they should"
                " be like. Let it take smaller steps"
                f" (critic_lr={self.critic_lr}; try a tenth), weigh its judgement more"
                f" ({weight}={getattr(self, weight)}; try ten times it), or use fewer"
                " components.",
                ConvergenceWarning,
            )
