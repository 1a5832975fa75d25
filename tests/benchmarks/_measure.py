"""Ratios measured side by side: arms take turns, medians are compared. Peak memory."""

import platform
import resource
import statistics
import time
from collections.abc import Callable

import torch


def machine() -> str:
    """Describe where this runs."""
    return (
        f"{platform.machine()}, {torch.get_num_threads()} threads,"
        f" torch {torch.__version__}, Python {platform.python_version()}"
    )


def peak_mib() -> float:
    """Give the most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alternate(
    arms: dict[str, Callable[[], object]], repeats: int
) -> dict[str, list[float]]:
    """Run all arms in turn, `repeats` times after a warm-up; give their seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in arms}
    for repeat in range(repeats + 1):
        for name, run in arms.items():
            start = time.perf_counter()
            run()
            if repeat:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def print_ratios(title: str, seconds: dict[str, list[float]], reference: str) -> None:
    """Print the median seconds, and the median ratio to the reference arm."""
    print(f"\n{title}")
    for name, values in seconds.items():
        pairs = zip(values, seconds[reference], strict=True)
        ratios = sorted(a / b for a, b in pairs)
        print(
            f"  {name:<28} {statistics.median(values):8.3f} s"
            f"  x{statistics.median(ratios):6.2f}"
            f"  ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            flush=True,
        )
