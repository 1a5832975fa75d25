"""Modes that a caller may have set for torch, left aside for a while."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

KINDS = "cpu", "cuda", "mps"


@contextmanager
def full_precision() -> Iterator[None]:
    """Disable autocast, so that training and prediction use the same precision."""
    with ExitStack() as stack:
        for kind in KINDS:
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        yield


@contextmanager
def training() -> Iterator[None]:
    """Take gradients, in full precision."""
    with torch.inference_mode(False), torch.enable_grad(), full_precision():
        yield


@contextmanager
def inference() -> Iterator[None]:
    """Take none, in full precision."""
    with torch.inference_mode(), full_precision():
        yield
