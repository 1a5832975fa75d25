"""Maximum mean discrepancy: how far two samples are from one distribution."""

from collections.abc import Callable

import torch
from torch import Tensor

#: Multiples of a width that a kernel is averaged over (Tolstikhin et al., 2018).
SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def inverse_multiquadratic(squares: Tensor, width: float) -> Tensor:
    """Average the kernel ``c / (c + d^2)`` over several c; d^2 is given."""
    kernels = [width * scale / (width * scale + squares) for scale in SCALES]
    return sum(kernels) / len(kernels)


def gaussian(squares: Tensor, width: float) -> Tensor:
    """Take the kernel ``exp(-d^2 / c)``."""
    return torch.exp(-squares / width)


KERNELS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "imq": inverse_multiquadratic,
    "gaussian": gaussian,
}


def mmd(x: Tensor, y: Tensor, kernel: str) -> Tensor:
    """
    Estimate the squared discrepancy of two distributions without bias.

    The kernel's width is the mean squared distance of two standard normal codes.

    Parameters
    ----------
    x, y : Tensor of shape (n, width) and (m, width)
        Codes drawn from the one and from the other; two of each at least.
    kernel : {"imq", "gaussian"}
        Of `KERNELS`.

    Returns
    -------
    Tensor of shape ()
        The estimate; negative at times if the distributions are the same.
    """
    apply, width = KERNELS[kernel], 2.0 * x.shape[1]
    across = apply(squared_distances(x, y), width).mean()
    within = [off_diagonal_mean(apply(squared_distances(a, a), width)) for a in (x, y)]
    return sum(within) - 2 * across


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Take the squared distances of all pairs, (n, m)."""
    squares = x.square().sum(1)[:, None] + y.square().sum(1) - 2 * x @ y.T
    return squares.clamp_min(0)


def off_diagonal_mean(matrix: Tensor) -> Tensor:
    """Average over the pairs of different rows; 0 if there is one row only."""
    n = len(matrix)
    return (matrix.sum() - matrix.diagonal().sum()) / max(n * (n - 1), 1)
