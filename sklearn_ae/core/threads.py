"""How many threads torch computes in, for a while."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

import torch


class Callers:
    """Remember the count that new threads start with while some threads use another."""

    def __init__(self):
        self.lock, self.n_inside, self.found = Lock(), 0, 0

    def enter(self, before: int) -> None:
        """Note the number that the first one finds."""
        with self.lock:
            self.found = self.found if self.n_inside else before
            self.n_inside += 1

    def leave(self, before: int) -> None:
        """Restore this thread's count, and in the last caller that of new threads."""
        with self.lock:
            torch.set_num_threads(before)
            self.n_inside -= 1
            if before != self.found and not self.n_inside:
                # torch tells new threads what was set last, in whatever thread.
                with ThreadPoolExecutor(1) as other:
                    other.submit(torch.set_num_threads, self.found)


CALLERS = Callers()
#: Threads allowed for work whose result does not depend on their number.
SHARING = ContextVar("SHARING", default=1)


@contextmanager
def threads(n_threads: int, n_sharing: int = 1) -> Iterator[None]:
    """
    Let torch compute in so many threads for a while.

    Parameters
    ----------
    n_threads : int
        That number.
    n_sharing : int, default=1
        Threads allowed meanwhile for work whose result does not depend on their number.
    """
    before = torch.get_num_threads()
    CALLERS.enter(before)
    token = SHARING.set(n_sharing)
    try:
        torch.set_num_threads(n_threads)
        yield
    finally:
        SHARING.reset(token)
        CALLERS.leave(before)


@contextmanager
def sharing(most: float = math.inf) -> Iterator[None]:
    """Use as many threads as `threads` allowed for sharing; a power of two of them."""
    before = torch.get_num_threads()
    torch.set_num_threads(power_of_two(min(SHARING.get(), most)))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def power_of_two(largest: float) -> int:
    """Give the largest power of two that is not larger than a number of at least 1."""
    return 1 << (int(largest).bit_length() - 1)
