"""How many threads torch computes in, for a while."""

import math
import os
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
        self.used_several, self.limit = False, math.inf

    def enter(self, before: int, most: int) -> None:
        """Note the number that the first one finds, and if more than one are used."""
        with self.lock:
            self.found = self.found if self.n_inside else before
            self.n_inside += 1
            self.used_several |= most > 1

    def leave(self, before: int) -> None:
        """Restore this thread's count, and in the last caller that of new threads."""
        with self.lock:
            self.set(before)
            # One that entered before a fork is not counted behind it.
            self.n_inside = max(0, self.n_inside - 1)
            if before != self.found and not self.n_inside:
                # torch tells new threads what was set last, in whatever thread.
                with ThreadPoolExecutor(1) as other:
                    other.submit(self.set, self.found)

    def set(self, n_threads: float) -> None:
        """Set this thread's count, as far as there may be several."""
        torch.set_num_threads(int(min(n_threads, self.limit)))

    def go_on_after_fork(self) -> None:
        """Leave a forked process one thread, where there had been several.

        The others have not come along, and torch would wait for them for ever.
        """
        self.lock, self.n_inside = Lock(), 0
        if self.used_several:
            self.limit = 1
            self.set(1)


CALLERS = Callers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=CALLERS.go_on_after_fork)
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
    CALLERS.enter(before, max(n_threads, n_sharing))
    token = SHARING.set(n_sharing)
    try:
        CALLERS.set(n_threads)
        yield
    finally:
        SHARING.reset(token)
        CALLERS.leave(before)


@contextmanager
def sharing(most: float = math.inf) -> Iterator[None]:
    """Use as many threads as `threads` allowed for sharing; a power of two of them."""
    before = torch.get_num_threads()
    CALLERS.set(power_of_two(min(SHARING.get(), most)))
    try:
        yield
    finally:
        CALLERS.set(before)


def power_of_two(largest: float) -> int:
    """Give the largest power of two that is not larger than a number of at least 1."""
    return 1 << (int(largest).bit_length() - 1)
