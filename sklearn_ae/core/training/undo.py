"""What a training that fails has done, undone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from torch import Tensor

from .net import Net


@contextmanager
def undone_if_it_fails(net: Net) -> Iterator[None]:
    """Give a net its weights, its optimiser's memory and its history back."""
    weights, n_epochs = copied(net.module_.state_dict()), len(net.history)
    memory = net.optimizer_.state
    known = {weight: copied(state) for weight, state in memory.items()}
    try:
        yield
    except BaseException:
        net.module_.load_state_dict(weights)
        memory.clear()
        memory.update(known)
        del net.history[n_epochs:]
        raise


def copied(state: Mapping[str, Any]) -> dict[str, Any]:
    """Copy what is known of weights; of tensors that takes a fraction of `deepcopy`."""
    return {
        name: value.clone() if isinstance(value, Tensor) else deepcopy(value)
        for name, value in state.items()
    }
