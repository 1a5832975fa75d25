"""What a trial on two rows tells of an objective before it is trained."""

import torch
from torch import Tensor

from ..assembly import unchanged_buffers
from ..batches import Batches, Rows
from ..objective import Objective
from ..streams import own_stream


def draws_by_itself(objective: Objective, rows: Rows, seed: int) -> bool:
    """
    Whether training draws from torch's global stream, as dropout does.

    Parameters
    ----------
    objective : Objective
        It is left without generators, and otherwise as it was.
    rows : Rows
        Those to train on.
    seed : int
        Of the generators.

    Raises
    ------
    ValueError
        If the objective changes its input, or what it returns is no loss that training
        can lower.
    """
    # Compiled it would be compiled for two rows.
    objective = getattr(objective, "_orig_mod", objective)
    device = rows.index.device
    two = Rows(rows.tensors, rows.index[:2])
    (batch,) = Batches(two, [len(two)])
    objective.make_generators(device, seed)
    with own_stream(seed, device), unchanged_buffers(objective):
        before, version = states(device), batch["input"]._version
        loss = objective.train()(batch)
        draws = not torch.equal(before, states(device))
    objective.forget_generators()
    require_loss(loss)
    if batch["input"]._version != version:
        raise ValueError(
            "The objective changes batch.input, which is also what the decoder is to"
            " give back. It must change a copy: x = batch.input.clone()."
        )
    return draws


def require_loss(loss: Tensor) -> None:
    """Raise ValueError for what is not the loss of a batch."""
    shape = tuple(loss.shape) if isinstance(loss, Tensor) else type(loss).__name__
    if shape != ():
        raise ValueError(
            "The objective must return the loss of a batch, a tensor of shape (), but"
            f" returned {shape}. Take the mean over rows: batch.error(output) does."
        )
    if not loss.requires_grad:
        raise ValueError(
            "The objective returned a loss that depends on no weight of the network"
            " that may change. It must not detach its result, and some parameters need"
            " requires_grad=True."
        )


def states(device: torch.device) -> Tensor:
    """Give the state of torch's global streams that layers on a device draw from."""
    own = [torch.cuda.get_rng_state(device)] if device.type == "cuda" else []
    return torch.cat([torch.get_rng_state(), *own])
