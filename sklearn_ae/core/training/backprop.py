"""A step's gradient without autograd, for objectives that rebuild and nothing else."""

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...networks.backward import NoWay, ways_through
from ..objective import Objective
from ..products import Products


class SquaredError:
    """The mean squared error; it keeps its gradient."""

    mean = gradient = None

    def __call__(self, output, target, reduction="mean"):
        """Take the error as ``F.mse_loss`` does."""
        if reduction != "mean":
            return F.mse_loss(output, target, reduction=reduction)
        with torch.no_grad():
            difference = output - target
            self.mean = difference.square().mean()
            self.gradient = difference.mul_(2 / output.numel())
        return self.mean


class Backprop:
    """
    The gradient of an objective, through its network by the ways written out.

    It stands in for the network while the objective takes its loss.

    Parameters
    ----------
    objective : Objective
        One that rebuilds only.
    products : Products
        How products are computed.

    Raises
    ------
    NoWay
        If autograd has to find the way.
    """

    def __init__(self, objective: Objective, products: Products):
        self.objective, self.network = objective, objective.network
        self.encoder, self.decoder = ways_through(objective.network, products)
        self.loss, self.squared_error = objective.loss, SquaredError()
        if self.loss.function is F.mse_loss:
            self.loss = replace(self.loss, function=self.squared_error)

    def __getattr__(self, name):
        return getattr(self.network, name)

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to codes."""
        with torch.no_grad():
            return self.encoder.forward(x)

    def decode(self, z: Tensor) -> Tensor:
        """Map codes to reconstructions, from which on autograd takes notes."""
        with torch.no_grad():
            self.output = self.decoder.forward(z)
        return self.output.requires_grad_()

    def __call__(self, rows: dict[str, Tensor]) -> Tensor:
        """Give the loss of a batch, and leave its gradient with the parameters."""
        loss = self.objective.of(rows, self, self.loss)
        if loss is self.squared_error.mean:
            gradient = self.squared_error.gradient
        else:
            (gradient,) = torch.autograd.grad(loss, self.output)
        with torch.no_grad():
            self.encoder.backward(self.decoder.backward(gradient), wanted=False)
        return loss


def find_backprop(objective: nn.Module, products: Products) -> Backprop | None:
    """Give what takes the place of autograd; None where nothing can."""
    # One that is compiled or wrapped is of another type.
    if type(objective) is not Objective or not objective.only_rebuilds:
        return None
    try:
        return Backprop(objective, products)
    except NoWay:
        return None
