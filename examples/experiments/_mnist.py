"""MNIST for the experiments, a noise that moves images, and the clock."""

import time
from contextlib import contextmanager

import numpy as np
import torch
from _archives import load_archive
from torch.nn import functional as F

SIDE = 28


def load_mnist(n_rows=60_000):
    """Give gray values in [0, 1] and labels: `n_rows` to train with, 10,000 others."""
    archive = load_archive("mnist", "X of shape (70000, 784), and y")
    X, y = archive["X"].astype(np.float32) / 255, archive["y"]
    n_rows = min(n_rows, 60_000)
    return X[:n_rows], y[:n_rows], X[60_000:], y[60_000:]


def error_of_a_pixel(R, X):
    """Average squared errors over pixels and images."""
    return round(float(np.square(R - X).mean()), 4)


def moved_and_masked(x, level, generator, reach=2):
    """Move each image by `reach` pixels at most; set a share `level` of them to 0."""
    images = F.pad(x.view(len(x), SIDE, SIDE), (reach,) * 4)
    size = (2, len(x), 1)
    draw = {"generator": generator, "device": x.device}
    down, right = torch.arange(SIDE, device=x.device) + torch.randint(
        2 * reach + 1, size, **draw
    )
    which = torch.arange(len(x), device=x.device)[:, None, None]
    moved = images[which, down[:, :, None], right[:, None, :]].flatten(1)
    return moved.masked_fill(torch.rand(moved.shape, **draw) < level, 0)


@contextmanager
def minutes(row):
    """Add the minutes that a block took to a row of results."""
    start = time.perf_counter()
    yield
    row["minutes"] = round((time.perf_counter() - start) / 60, 1)


def print_row(row):
    """Print results as they come."""
    print(" | ".join(f"{name} {value}" for name, value in row.items()), flush=True)


def save(display, name):
    """Save a display's figure in the current folder."""
    display.figure_.savefig(f"{name}.png", dpi=150)
