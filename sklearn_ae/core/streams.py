"""Torch's global stream of random numbers, borrowed for a while and given back."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

_stream = threading.RLock()


def seeded(seed: int, build: Callable[[], nn.Module]) -> nn.Module:
    """
    Build a network whose weights depend on `seed` alone.

    Layers draw their weights from torch's one global stream, in its default precision.
    """
    with own_stream(seed), torch.device("cpu"), default_dtype(torch.float32):
        return build()


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """
    Let torch make tensors of that type for a while, whatever the user has set.

    All threads share this setting, the user's too: it is not touched where it fits.
    """
    before = torch.get_default_dtype()
    if before == dtype:
        yield
        return
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def own_stream(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """
    Let torch's global stream, and that of a GPU, depend on `seed` alone for a while.

    There is one for all threads: hence the lock. It is given back as it was.
    ``torch.manual_seed`` would reseed all GPUs.
    """
    gpus = [device] if device and device.type == "cuda" else []
    with _stream, torch.random.fork_rng(devices=gpus):
        torch.default_generator.manual_seed(seed)
        for gpu in gpus:
            with torch.cuda.device(gpu):
                torch.cuda.manual_seed(seed)
        yield
