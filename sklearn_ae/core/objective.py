"""What is minimised: the objective of a variant, bound to a network and a loss."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .losses import Loss
from .types import Network, Self


class Batch(NamedTuple):
    """
    What an objective sees of the data.

    Parameters
    ----------
    input : Tensor of shape (n_rows, n_features)
        The scaled rows, to be encoded.
    target : Tensor of shape (n_rows, n_outputs)
        What the decoder is to give back.
    loss : Loss
        How the distance between the two is taken.
    label : Tensor of shape (n_rows,) or (n_rows, n_outputs), or None
        What is to be predicted, in supervised training.
    weight : Tensor of shape (n_rows,) or None
        Weights of the rows, in supervised training.
    epoch : Tensor of shape () or float
        Epochs of training so far, with fractions, for objectives that change with them.
        Infinity in evaluation, which compares by the final objective.
    n_total : int or None
        Number of rows that the batches of an epoch are taken from.
    """

    input: Tensor
    target: Tensor
    loss: Loss
    label: Tensor | None = None
    weight: Tensor | None = None
    epoch: Tensor | float = math.inf
    n_total: int | None = None

    def error(self, output: Tensor, weight: Tensor | None = None) -> Tensor:
        """
        Take the reconstruction error of a decoder's output, averaged over all cells.

        Those whose target is NaN do not count, nor do constant columns. If the error is
        the whole objective, as of `AE` and `DenoisingAE`, these are averaged over as
        zeros.

        Parameters
        ----------
        output : Tensor of shape (n_rows, n_outputs)
            What the decoder returned.
        weight : Tensor of shape (n_rows, n_outputs) or None
            Factor of each cell's error.

        Returns
        -------
        Tensor of shape ()
            The scalar error.

        Raises
        ------
        ValueError
            If the output does not have the target's shape.
        """
        if output.shape != self.target.shape:
            raise ValueError(
                f"batch.error takes an output of shape {tuple(self.target.shape)}, that"
                f" of the target, but got {tuple(output.shape)}."
            )
        return self.loss.mean(output, self.target, weight)


class Objective(nn.Module):
    """
    Network and objective as one module whose output is the loss of a batch.

    In evaluation mode the objective draws the same noise at every pass over the data,
    so that validation losses compare.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    objective : callable
        ``(network, batch, generator) -> scalar``. It must not refer to an estimator:
        on a GPU a net that is pickled copies it, and a cycle would never end.
    loss : Loss
        Reconstruction error of the batches.
    """

    def __init__(self, network: Network, objective: Callable, loss: Loss):
        super().__init__()
        self.network = network
        self.take(objective, loss)
        self.register_buffer(
            "epoch", torch.zeros((), dtype=torch.float64, device="cpu")
        )
        self.n_total = None
        self.forget_generators()

    def take(self, objective: Callable, loss: Loss) -> None:
        """Go by an objective and a loss from now on."""
        self.objective, self.loss = objective, loss
        if self.only_rebuilds:
            # The error is all there is, so that to average it over constant columns
            # too, which are soon learnt as zeros, only divides it by more. AdamW's
            # steps do not mind such a factor, and it is faster.
            self.loss = loss.counting(None)

    def forward(self, rows: dict[str, Tensor]) -> Tensor:
        """Return the loss of a batch: ``"input"`` and further fields of `Batch`."""
        return self.of(rows, self.network, self.loss)

    def of(
        self,
        rows: dict[str, Tensor],
        network: Network,
        loss: Loss,
        objective: Callable | None = None,
    ) -> Tensor:
        """Take the objective of a batch with stand-ins for network, loss and itself."""
        generator = self.generator if self.training else self.fixed_generator
        batch = Batch(
            **{"target": rows["input"], **rows},
            loss=loss,
            epoch=self.epoch if self.training else at_the_end(self.epoch),
            n_total=self.n_total,
        )
        return (objective or self.objective)(network, batch, generator)

    @property
    def only_rebuilds(self) -> bool:
        """Whether `only_rebuilds` was said of the objective."""
        function = getattr(self.objective, "func", self.objective)
        return getattr(function, "only_rebuilds", None) is function

    def train(self, mode: bool = True) -> Self:
        """Switch between training and evaluation."""
        if not mode and self.fixed_generator is not None:
            self.fixed_generator.manual_seed(0)
        return super().train(mode)

    def make_generators(self, device: torch.device, seed: int) -> None:
        """Make the streams that order and noise are drawn from."""
        self.generator = torch.Generator(device).manual_seed(seed)
        self.fixed_generator = torch.Generator(device)

    def forget_generators(self) -> None:
        """Drop them."""
        self.generator = self.fixed_generator = None

    def _apply(self, fn, *args, **kwargs):
        # As for buffers, so that a net on a GPU can be read where there is none.
        if self.loss.varies is not None:
            self.loss = self.loss.counting(fn(self.loss.varies))
        return super()._apply(fn, *args, **kwargs)

    def __getstate__(self):
        # One on a GPU cannot be copied.
        return self.__dict__ | {"generator": None, "fixed_generator": None}


def at_the_end(epoch: Tensor) -> Tensor:
    """Give the epoch of the final objective, as one that training is in."""
    return torch.full_like(epoch, math.inf)


def only_rebuilds(objective: Callable) -> Callable:
    """
    Say of an objective that training may take its gradient without autograd.

    Its loss must be ``batch.error(network.decode(network.encode(x)))``, perhaps with
    weights, where no weight of the network takes part in `x` or in these.
    """
    # The function itself, not True: `functools.wraps` would copy that to a function
    # around this one, which may do more than rebuild.
    objective.only_rebuilds = objective
    return objective
