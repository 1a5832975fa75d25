"""In what portions and for how long to train, where the user leaves it open."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

#: Fewer rows than these say too little of the loss to hold them out.
MIN_HELD_OUT = 10
#: Steps of training that ``max_epochs="auto"`` allows.
N_STEPS = 4000
#: Multiply-adds of a step below which a second thread costs more than it brings.
WORK_FOR_THREADS = 1e8


def count_held_out(n_rows: int, fraction: float) -> int:
    """Count the rows to hold out: none where there are too few."""
    n_held_out = round(n_rows * fraction)
    return n_held_out if MIN_HELD_OUT <= n_held_out < n_rows else 0


def auto_batch_size(n_rows: int) -> int:
    """Choose a batch size: small tables get enough steps, large ones fast epochs."""
    return 64


def auto_max_epochs(n_rows: int, batch_size: int) -> int:
    """Choose a number of epochs by the steps that they make."""
    return max(20, round(N_STEPS * batch_size / n_rows))


def auto_patience(max_epochs: int) -> int:
    """Choose after how many epochs without an improvement to give up."""
    return max(2, max_epochs // 10)


@contextmanager
def threads_for(network: nn.Module, batch_size: int) -> Iterator[None]:
    """
    Train small networks in one thread, and give the caller's number back.

    The threads of a small product wait for one another longer than they work, and where
    processors are shared (grid searches, busy machines) hundreds of times longer.
    """
    n_threads = torch.get_num_threads()
    work = batch_size * sum(p.numel() for p in network.parameters())
    if work < WORK_FOR_THREADS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)
