"""Principal components of rows that are already on the device and scaled."""

from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, svds
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd
from torch import Tensor

from .gaussian import Gaussian, fit_gaussian
from .missing import CHUNK, column_means, holds_nan
from .products import in_one_way
from .sparse import SparseRows

#: Share of the variance that the code's width stands for where the user gives none ...
DEFAULT_SHARE = 0.99
#: ... and its largest value.
DEFAULT_LIMIT = 128
#: Up to this many rows or columns the decomposition is exact.
EXACT_LIMIT = 4000
#: One axis in so many, or fewer, are found one by one (Lanczos) in sparse tables, and
#: in larger dense ones if the axes are the final result.
FEW = 10
#: Share of the largest variance below which an axis holds nothing but rounding ...
NO_VARIANCE = 1e-12
#: ... and where rows of float64 are not squared on the way to it.
NO_VARIANCE_IF_EXACT = 1e-24
#: Share of the largest variance below which products in float32 tell little of an axis.
FAINT = 1e-4


class Principal(NamedTuple):
    """
    Mean, axes and variances of a set of rows.

    Parameters
    ----------
    mean : Tensor of shape (n_features,)
        The average row.
    axes : Tensor of shape (n_axes, n_features)
        Orthonormal rows, most variance first; each axis' largest entry is positive.
    variances : Tensor of shape (n_axes,)
        Variance of the rows along each axis.
    total : Tensor of shape ()
        Sum of the variances of all columns.
    gaussian : Gaussian or None
        What NaN was replaced by.
    """

    mean: Tensor
    axes: Tensor
    variances: Tensor
    total: Tensor
    gaussian: Gaussian | None = None

    def whitening(self, n_axes: int) -> Tensor:
        """Give what maps centred rows to codes of unit variance."""
        return self.axes[:n_axes] / self.variances[:n_axes, None].sqrt()

    def has_faint_axes(self, n_components: int | float | None) -> bool:
        """Whether axes are wanted of which products in float32 tell little."""
        given = n_components is not None and n_components >= 1
        width = int(n_components) if given else self.width_for(n_components)
        wanted = self.variances[:width]
        return bool((wanted < FAINT * wanted[:1]).any())

    def width_for(self, share: float | None) -> int:
        """Count the axes that explain more than this share of the variance."""
        if share is None:
            return min(self.width_for(DEFAULT_SHARE), DEFAULT_LIMIT)
        # On the CPU: GPUs have no deterministic cumsum.
        variances, total = self.variances.cpu(), self.total.cpu()
        explained = variances.cumsum(0) / total.clamp_min(1e-300)
        return max(1, min(int((explained <= share).sum()) + 1, len(explained)))


@in_one_way()
def principal_components(
    x: Tensor | SparseRows,
    n_components: int | float | None,
    seed: int,
    reads_nan: bool = False,
    exact: bool = False,
) -> Principal:
    """
    Find the directions of largest variance.

    Sums are in float64. A copy of the rows is made only of those that are wider than
    long, hold NaN, or are too many both ways for the full decomposition.

    Parameters
    ----------
    x : Tensor or SparseRows of shape (n_rows, n_features)
        The rows. NaN is replaced as ahead of a linear encoder, so that the variances
        are those of its codes.
    n_components : int, float or None
        The estimators' parameter.
    seed : int
        Where there are more than `EXACT_LIMIT` rows and columns a number of axes (128
        for None) is found by a randomised method (Halko, Martinsson and Tropp, 2011),
        or, if few are wanted as the final result, one by one (Lanczos).
    reads_nan : bool, default=False
        Whether rows may hold NaN, these or later ones.
    exact : bool, default=False
        Whether the axes are the final result: the faster covariance matrix keeps only
        half the digits.

    Returns
    -------
    Principal
        The axes that have any variance, in float64.
    """
    gaussian = fit_gaussian(x) if reads_nan else None
    if isinstance(x, SparseRows):
        found = sparse_components(x, n_components or DEFAULT_LIMIT, seed)
        return found._replace(gaussian=gaussian)
    if gaussian:
        x = torch.cat([gaussian.fill(rows) for rows in x.split(CHUNK)])
    n_rows, n_features = x.shape
    mean = sum(c.double().sum(0) for c in x.split(CHUNK)) / n_rows
    total = sum((c - mean).square().sum() for c in x.split(CHUNK)) / n_rows
    require_finite(total, x)
    small, no_variance = min(n_rows, n_features), NO_VARIANCE
    limit = n_components or DEFAULT_LIMIT
    is_large = small > EXACT_LIMIT and limit >= 1
    if is_large and exact and limit < small / FEW:
        variances, axes = one_by_one(x, mean, int(limit), seed)
    elif is_large and not exact:
        centred = (x - mean.to(x.dtype)).cpu().numpy()
        n_axes = min(int(limit), small)
        _, s, vt = randomized_svd(centred, n_axes, random_state=seed)
        variances = torch.from_numpy(s).flip(0).to(mean).square() / n_rows
        axes = torch.from_numpy(vt).flip(0).to(mean)
    elif exact:
        _, s, vt = torch.linalg.svd(condensed(x, mean), full_matrices=False)
        variances, axes = s.flip(0).square() / n_rows, vt.flip(0)
        if x.dtype == torch.float64:
            no_variance = NO_VARIANCE_IF_EXACT
    elif n_features <= n_rows:
        variances, axes = by_covariance(x, mean, x.dtype)
        found = Principal(mean, *ordered(variances, axes), total, gaussian)
        if x.dtype == mean.dtype or not found.has_faint_axes(n_components):
            return found
        variances, axes = by_covariance(x, mean, mean.dtype)
    else:
        centred = x.double() - mean
        variances, vectors = torch.linalg.eigh(centred @ centred.T / n_rows)
        axes = torch.nn.functional.normalize(vectors.T @ centred, dim=1)
    return Principal(mean, *ordered(variances, axes, no_variance), total, gaussian)


def by_covariance(x: Tensor, mean: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Find variances and axes, smallest first, by products of a precision."""
    covariance = sum(gram((c - mean).to(dtype)) for c in x.split(CHUNK))
    require_finite(covariance, x)
    variances, vectors = torch.linalg.eigh(covariance / len(x))
    return variances, vectors.T


def sparse_components(x: SparseRows, n_components: int | float, seed: int) -> Principal:
    """Do the same by products with the sparse table: it is never made dense."""
    centred, (n_rows, n_features) = x.centred(), x.shape
    small = min(n_rows, n_features)
    if not centred.total_variance():
        variances, axes = np.zeros(0), np.zeros((0, n_features))
    elif 1 <= n_components < small / FEW:
        variances, axes = lanczos(centred, int(n_components), seed)
    elif n_features <= n_rows:
        variances, vectors = torch.linalg.eigh(torch.from_numpy(centred.covariance()))
        axes = vectors.T
    else:
        gram = torch.from_numpy(centred.gram() / n_rows)
        variances, vectors = torch.linalg.eigh(gram)
        axes = normalize(centred.rmatmat(vectors.numpy()).T)
    variances, axes, total = (
        torch.as_tensor(found, device=x.device)
        for found in (variances, axes, centred.total_variance())
    )
    return Principal(x.mean(0).double(), *ordered(variances, axes), total)


def one_by_one(
    x: Tensor, mean: Tensor, n_axes: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Find variances and axes of many rows and columns, smallest first."""

    def centred():
        return (rows - mean for rows in x.split(CHUNK))

    def forward(v):
        v = torch.from_numpy(v.ravel()).to(mean)
        return torch.cat([rows @ v for rows in centred()]).cpu().numpy()

    def back(u):
        parts = torch.from_numpy(u.ravel()).to(mean).split(CHUNK)
        products = zip(centred(), parts, strict=True)
        return sum(rows.T @ part for rows, part in products).cpu().numpy()

    operator = LinearOperator(tuple(x.shape), forward, back, dtype=np.float64)
    found = lanczos(operator, n_axes, seed)
    variances, axes = (torch.from_numpy(values).to(mean) for values in found)
    return variances, axes


def lanczos(
    centred: LinearOperator, n_axes: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find variances and axes of centred rows by their products, smallest first."""
    start = np.random.RandomState(seed).normal(size=min(centred.shape))
    _, s, axes = svds(centred, n_axes, v0=start, return_singular_vectors="vh")
    order = np.argsort(s)
    return np.square(s[order]) / centred.shape[0], axes[order]


@in_one_way()
def regression(
    target: Tensor | SparseRows,
    x: Tensor | SparseRows,
    components: Principal,
    n_axes: int,
) -> tuple[Tensor, Tensor]:
    """
    Regress a target on codes of unit variance by least squares.

    Parameters
    ----------
    target : Tensor or SparseRows of shape (n_rows, n_outputs)
        What is regressed, each column on the rows where it is not NaN.
    x : Tensor or SparseRows of shape (n_rows, n_features)
        The rows.
    components : Principal
        Those of the rows. Codes along them are uncorrelated: their covariances with the
        target are the solution.
    n_axes : int
        Width of the codes.

    Returns
    -------
    center : Tensor of shape (n_outputs,)
        The average target.
    loadings : Tensor of shape (n_axes, n_outputs)
        The coefficients.
    """
    known = (~target.isnan()).sum(0).clamp_min(1) if holds_nan(target) else len(x)
    center, whitening = column_means(target), components.whitening(n_axes)

    def codes(rows):
        gaussian = components.gaussian
        rows = gaussian.fill(rows) if gaussian else rows
        return whitening @ (rows - components.mean).T

    chunks = zip(x.split(CHUNK), target.split(CHUNK), strict=True)
    covariance = sum(codes(c) @ (t - center).nan_to_num(0) for c, t in chunks)
    return center, covariance / known


def require_finite(squares: Tensor, x: Tensor) -> None:
    """Refuse rows whose squares are beyond the precision that they were taken in."""
    if not squares.isfinite().all():
        raise ValueError(
            f"Scaled rows hold values of up to {x.abs().max().item():.3g}, too large to"
            f" be squared in {x.dtype}. Try scale='auto'."
        )


def condensed(x: Tensor, mean: Tensor) -> Tensor:
    """Give a matrix, in float64, with the singular values and axes of centred rows.

    It is at most square: triangular factors of portions are combined.
    """
    n_rows, n_features = x.shape
    if n_rows <= n_features:
        return x - mean
    found = mean.new_empty(0, n_features)
    for rows in x.split(max(2 * CHUNK, 2 * n_features)):
        found = torch.linalg.qr(torch.cat([found, rows - mean]), mode="r").R
    return found


def gram(chunk: Tensor) -> Tensor:
    """Multiply in the chunk's own precision, accumulate in float64."""
    if chunk.is_cuda:
        chunk = chunk.double()  # its own may be TF32, by the user's settings
    return (chunk.T @ chunk).double()


def ordered(
    variances: Tensor, axes: Tensor, no_variance: float = NO_VARIANCE
) -> tuple[Tensor, Tensor]:
    """Give axes and variances, largest first; no null directions, defined signs."""
    variances, axes = variances.flip(0), axes.flip(0)
    real = variances > variances[:1].clamp_min(1e-300) * no_variance
    variances, axes = variances[real], axes[real]
    largest = axes.abs().argmax(1, keepdim=True)
    return axes * axes.gather(1, largest).sign(), variances
