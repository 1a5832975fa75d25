"""How inputs are brought to a common scale, and back."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.utils import gen_batches

from .columns import CHUNK, ColumnStatistics, at_a_time, column_statistics
from .shared_memory import as_tensor
from .units import groups_of
from .warn import warn_user

FLOAT32 = np.finfo(np.float32)
#: So many times its spread from zero, a column loses more than a thousandth of it to
#: the rounding of float32.
FAR = 2**14
#: Values at a time, in float64 where float32 does not hold all digits.
CELLS = 2**20


@dataclass(frozen=True)
class Scaling:
    """
    An affine map of each column; NaN remains NaN.

    Parameters
    ----------
    center : ndarray of shape (n_features,)
        What is subtracted.
    scale : ndarray of shape (n_features,)
        What is divided by; 0 marks a constant column, which becomes 0 whatever it
        holds, and comes back as its constant.
    mean : ndarray of shape (n_features,)
        What stands for a missing cell where only numbers will do.
    """

    center: np.ndarray
    scale: np.ndarray
    mean: np.ndarray

    @property
    def divisor(self) -> np.ndarray:
        """What is divided by; infinity makes constant columns 0."""
        return np.where(self.scale > 0, self.scale, np.inf)

    @property
    def is_within_float32(self) -> np.ndarray:
        """Whether float32 holds each column's divisor (constant columns have none).

        Of shape (n_features,).
        """
        return (self.scale == 0) | within_float32(self.scale)

    def varies_on(self, device: torch.device) -> torch.Tensor | None:
        """Tell which columns vary, of shape (n_features,); None if all do."""
        varies = self.scale > 0
        return None if varies.all() else torch.from_numpy(varies).to(device)

    def apply(self, X: np.ndarray, dtype: str) -> np.ndarray:
        """Scale rows into a new array; in float64 unless float32 holds all digits."""
        is_near = np.abs(self.center) <= 16 * self.divisor
        holds_all = np.all(is_near & self.is_within_float32)
        in_place = np.can_cast(X.dtype, np.float32) and holds_all
        work = np.dtype(dtype if in_place else np.float64)
        center = torch.from_numpy(self.center.astype(work))
        divisor = torch.from_numpy(self.divisor.astype(work))
        out = np.empty(X.shape, dtype)
        for chunk in gen_batches(len(X), at_a_time(X.shape[1], CELLS)):
            rows, scaled = X[chunk], out[chunk]
            part = torch.from_numpy(scaled if in_place else np.empty(rows.shape, work))
            source = as_tensor(rows) if X.dtype == work else None
            if source is None:
                source = part
                part.numpy()[:] = rows
            torch.sub(source, center, out=part).div_(divisor)
            if not in_place:
                with np.errstate(over="ignore"):  # to infinity
                    scaled[:] = part.numpy()
        return out

    def undo(self, Z: np.ndarray) -> np.ndarray:
        """Bring scaled rows back to the data's own units, in their own precision.

        In float64 where float32 would round by more than a thousandth of the scale, or
        has no such numbers.
        """
        is_far = np.abs(self.center) > FAR * self.divisor
        is_beyond = np.abs(self.center) > FLOAT32.max
        needs_double = np.any(is_far | is_beyond | ~self.is_within_float32)
        out = np.empty(Z.shape, np.float64 if needs_double else Z.dtype)
        for rows in gen_batches(len(Z), at_a_time(Z.shape[1], CELLS)):
            # Who asks for it looks whether the result is finite.
            with np.errstate(over="ignore", invalid="ignore"):
                out[rows] = Z[rows] * self.scale + self.center
        return out

    def fill(self, X: np.ndarray) -> np.ndarray:
        """Replace NaN by its column's mean in a copy of the rows, not scaled."""
        return np.where(np.isnan(X), self.mean.astype(X.dtype), X)


def fit_scaling(
    X: np.ndarray, rule: str | None, units: np.ndarray | None = None
) -> Scaling:
    """
    Find the scaling of a table.

    Parameters
    ----------
    X : ndarray or csr_matrix of shape (n_samples, n_features)
        Finite numbers of any type, and NaN.
    rule : {"auto", "standard", "pareto", "minmax", "auto_minmax"} or None
        The estimators' parameter ``scale``. "auto_minmax" is "minmax", except that
        columns which share a unit keep one common range.
    units : ndarray of shape (n_features,), default=None
        A number for each column, the same for those that "auto" and "auto_minmax" take
        to share a unit: a channel of images, a variable of series. None: found out.

    Returns
    -------
    Scaling
        To be applied to these rows and to others.
    """
    columns = column_statistics(X)
    if rule is None:
        mean = columns.mean
        return Scaling(np.zeros_like(mean), np.ones_like(mean), mean)
    require_finite(columns)
    varies = columns.std > 0
    groups = groups_of(X, columns, units) if rule in ("auto", "auto_minmax") else []
    if rule in ("minmax", "auto_minmax"):
        low, span = columns.low.copy(), columns.range
        for group in groups:
            low[group] = columns.low[group].min()
            span[group] = columns.high[group].max() - columns.low[group].min()
        return Scaling(low, np.where(varies, span, 0), columns.mean)
    scale = columns.std
    if rule == "pareto" and varies.any():
        # With the mean variance that standardised columns have.
        scale = np.sqrt(scale) * np.sqrt(scale[varies].mean())
    if rule == "auto":
        # A column that is nearly always the same must not be blown up where it is not.
        scale = np.maximum(scale, columns.range / 20)
        for group in groups:
            scale[group] = np.sqrt(np.mean(np.square(columns.std[group])))
    return Scaling(columns.mean, np.where(varies, scale, 0), columns.mean)


def require_finite(columns: ColumnStatistics) -> None:
    """Refuse columns that float64 cannot take the variance of."""
    with np.errstate(over="ignore"):
        beyond = np.flatnonzero(~np.isfinite(columns.std + columns.range))
    if len(beyond):
        i = beyond[0]
        raise ValueError(
            f"Column {i} goes from {columns.low[i]:.3g} to {columns.high[i]:.3g},"
            " too far for its variance to be a number in float64. If such values stand"
            " for missing cells, replace them by NaN; otherwise take logarithms, or"
            " smaller units."
        )


def within_float32(spread: np.ndarray) -> np.ndarray:
    """Whether float32 holds numbers of that spread, and some way around them."""
    return (spread > FAR * FLOAT32.tiny) & (spread < FLOAT32.max / FAR)


def warn_of_rounding(X: np.ndarray, remedy: str) -> None:
    """Warn of columns of which float32 would leave little where nothing is scaled."""
    columns = column_statistics(X[:CHUNK])
    varies = columns.std > 0
    # A squared error below the smallest number says nothing.
    with np.errstate(over="ignore"):
        has_squares = within_float32(np.square(columns.std))
    if varies.any() and not has_squares[varies].any():
        warn_user(
            "The squares of numbers so near to zero, or so far from it, as those of X"
            f" are none that float32 can hold. Use {remedy}dtype='float64'."
        )
    if np.can_cast(X.dtype, np.float32):
        return
    is_far = varies & (np.abs(columns.mean) > FAR * columns.std)
    if is_far.any():
        warn_user(
            f"Columns {listed(np.flatnonzero(is_far))} lie so far from zero for their"
            f" spread that float32 rounds them coarsely. Use {remedy}dtype='float64'."
        )


def listed(numbers: np.ndarray) -> str:
    """Name the first numbers of a list."""
    return ", ".join(map(str, numbers[:5])) + ", ..." * (len(numbers) > 5)


def warn_of_ignored(X: np.ndarray, scaling: Scaling) -> None:
    """Warn of columns that vary and were constant where the scaling was found."""
    ignored = np.flatnonzero(scaling.scale == 0)
    if len(ignored):
        ignored = ignored[column_statistics(X[:, ignored]).std > 0]
    if len(ignored):
        warn_user(
            "Columns that were constant in the first rows vary now:"
            f" {listed(ignored)}. They stay ignored, as the first rows' scaling is"
            " kept: begin with rows in which all columns vary."
        )
