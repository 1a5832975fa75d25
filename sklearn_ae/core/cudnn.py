"""Settings of cuDNN, which are the whole process's, held for a while and given back."""

import threading
from contextlib import AbstractContextManager, nullcontext, suppress

import torch
from torch.backends import cudnn


class Hold:
    """
    Hold settings as long as any thread is inside; the last one gives back the user's.

    Parameters
    ----------
    **wanted : bool
        What attributes of ``torch.backends.cudnn`` are to be.
    """

    def __init__(self, **wanted: bool):
        self.wanted, self.before = wanted, {}
        self.lock, self.n_inside = threading.Lock(), 0

    def __enter__(self) -> None:
        with self.lock:
            self.n_inside += 1
            if self.n_inside == 1:
                for name, value in self.wanted.items():
                    # `allow_tf32` has no value where the user chose precisions by its
                    # newer names: that choice stands.
                    with suppress(RuntimeError):
                        before = getattr(cudnn, name)
                        setattr(cudnn, name, value)
                        self.before[name] = before

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.n_inside -= 1
            while self.n_inside == 0 and self.before:
                setattr(cudnn, *self.before.popitem())


_exact = Hold(deterministic=True, benchmark=False, allow_tf32=False)
_without = Hold(enabled=False)


def reproducible(device: torch.device) -> AbstractContextManager:
    """Let convolutions on a GPU give the same results each time, and those of a CPU."""
    return _exact if device.type == "cuda" else nullcontext()


def without_cudnn(device: torch.device) -> AbstractContextManager:
    """Disable cuDNN, whose recurrent layers lack second derivatives and may vary."""
    return _without if device.type == "cuda" else nullcontext()
