"""A line that says how far a training has come."""

import sys
import time
from collections.abc import Mapping

#: Seconds between two lines: at a terminal, where one takes the place of the other, ...
AT_TERMINAL = 0.1
#: ... and where lines stay, as in a file.
ELSEWHERE = 5.0
#: Characters of the bar.
WIDTH = 20


class Progress:
    """
    Print epochs, losses and the time left: a bar at a terminal, else now and then.

    Parameters
    ----------
    n_epochs : int
        Number of epochs, if early stopping does not end the training before.
    """

    def __init__(self, n_epochs: int):
        self.n_epochs, self.done = n_epochs, 0.0
        self.losses = ""
        # A program without a console has no standard output, or one of its own.
        self.overwrites = getattr(sys.stdout, "isatty", bool)()
        self.interval = AT_TERMINAL if self.overwrites else ELSEWHERE
        self.start = self.printed = time.monotonic()

    def advance(self, share: float) -> None:
        """Count a part of an epoch, and print if it is time."""
        self.done += share
        if time.monotonic() - self.printed >= self.interval:
            self._print()

    def record(self, losses: Mapping[str, float]) -> None:
        """Take note of an epoch's losses."""
        self.done = round(self.done)
        self.losses = "".join(f", {name} {loss:.4g}" for name, loss in losses.items())

    def finish(self) -> None:
        """Print the last line, with the time that all took."""
        self._print(at_end=True)

    def _print(self, at_end: bool = False) -> None:
        self.printed = time.monotonic()
        passed = self.printed - self.start
        if at_end:
            clock = f"{as_clock(passed)} in all"
        else:
            left = passed * (self.n_epochs / max(self.done, 1e-9) - 1)
            clock = f"{as_clock(left)} left"
        line = f"epoch {int(self.done)}/{self.n_epochs}{self.losses}, {clock}"
        if self.overwrites:
            filled = int(WIDTH * self.done / max(self.n_epochs, 1))
            bar = "#" * filled + "." * (WIDTH - filled)
            # Back to the start of the line; what stands behind it is erased.
            line = f"\r[{bar}] {line}\x1b[K"
        print(line, end="" if self.overwrites and not at_end else "\n", flush=True)


def as_clock(seconds: float) -> str:
    """Write a time as minutes and seconds, with hours if there are any."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
