"""The running average of weights that wander around a minimum."""

import torch
from torch import nn

#: Share of the average that is kept at a step, at most; at first it forgets sooner.
DECAY = 0.995


class Average:
    """
    Exponential average of a network's weights over the steps of training.

    It lies closer to the minimum than the weights, which a step size that does not
    fall keeps in motion (Polyak and Juditsky, 1992).

    Parameters
    ----------
    network : nn.Module
        The network, whose present weights are the average so far.
    """

    def __init__(self, network: nn.Module):
        self.weights = [weight.detach() for weight in network.parameters()]
        self.means = [weight.clone() for weight in self.weights]
        self.n_steps, self.stands_in = 0, False

    def update(self) -> None:
        """Take in the weights after a step."""
        self.n_steps += 1
        decay = min(DECAY, (1 + self.n_steps) / (10 + self.n_steps))
        torch._foreach_lerp_(self.means, self.weights, 1 - decay)

    def stand_in(self, wanted: bool) -> None:
        """Put the average in the network's place, or the weights back in theirs."""
        if wanted == self.stands_in:
            return
        for weight, mean in zip(self.weights, self.means, strict=True):
            kept = weight.clone()
            weight.copy_(mean)
            mean.copy_(kept)
        self.stands_in = wanted
