"""How data come in: as tables, or as rows of any shape where the network takes them."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn import config_context
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    validate_data,
)

from .missing import require_observed_rows
from .sparse import canonical
from .types import F

#: Decorator for validating methods: with array-API dispatch off, torch tensors become
#: numpy arrays.
as_numpy: Callable[[F], F] = config_context(array_api_dispatch=False)


class Reading:
    """Validation of what an estimator is given; rows are flattened here."""

    #: Whether sparse tables are taken.
    _takes_sparse = True

    def _allow_nd(self):
        """Whether the network takes rows of several dimensions, such as images."""
        return self._said_of_network("allow_nd", False)

    def _allow_nan(self):
        """Whether cells may be missing."""
        return True

    def _said_of_network(self, name, default):
        """Ask the specification of the network, if the variant has one."""
        specify = getattr(self, "_specification", lambda: None)
        return getattr(specify(), name, default)

    @property
    def _accept_sparse(self):
        return "csr" if self._takes_sparse else False

    def _finite(self, table):
        return finite_unless(self._allow_nan() and not issparse(table))

    @as_numpy
    def _read(self, X, reset, finite=True):
        """Validate rows, and remember their shape if they are the first."""

        def validate(table):
            finite_cells = finite and self._finite(table)
            table = validate_data(
                self,
                table,
                dtype="numeric",
                accept_sparse=self._accept_sparse,
                ensure_all_finite=finite_cells,
                reset=reset,
            )
            return of_numbers(table, "X", finite_cells)

        if reset:
            X, self.input_shape_ = flattened(X, validate, self._allow_nd())
        else:
            X = self._as_seen("X", X, validate, self.input_shape_)
        self._require_readable(X)
        return X

    def _require_readable(self, X):
        """Refuse rows without any observed cell where the network cannot fill them."""
        if self._said_of_network("missing", "fill") == "keep":
            require_observed_rows(X)

    @as_numpy
    def _read_target(self, target, X, reset):
        """Validate what the decoder is to give, likewise; None stands for the rows."""
        if n_dimensions(target) == 1:
            raise ValueError(
                "The 'target' parameter must be a table with a row for each row of X."
                " Give one column by target.reshape(-1, 1)."
            )

        def validate(table):
            finite_cells = self._finite(table)
            table = check_array(
                table,
                dtype="numeric",
                accept_sparse=self._accept_sparse,
                ensure_all_finite=finite_cells,
                input_name="target",
            )
            check_consistent_length(X, table)
            return of_numbers(table, "target", finite_cells)

        if reset:
            self.output_shape_ = self.input_shape_
            if target is not None:
                target, self.output_shape_ = flattened(
                    target, validate, self._allow_nd()
                )
            return target
        if target is not None:
            return self._as_seen("target", target, validate, self.output_shape_)
        if self.target_scaling_ is None:
            return None
        raise ValueError(
            f"This {type(self).__name__} was fitted with a target of its own: the"
            " 'target' parameter is needed here too."
        )

    def _as_seen(self, name, X, validate, seen):
        table, shape = flattened(X, validate, allow_nd=len(seen) > 1)
        if shape != seen:
            raise ValueError(
                f"The rows of {name} have shape {shape}, but {type(self).__name__} was"
                f" fitted with {seen}."
            )
        return table


def of_numbers(table: Any, name: str = "X", finite: bool | str = "allow-nan") -> Any:
    """Give a valid table with one entry a cell; refuse dates, which have no unit."""
    if table.dtype.kind == "O":
        # scikit-learn asks frames for their type; those of polars have no common one.
        table = check_array(
            table, dtype=np.float64, ensure_all_finite=finite, input_name=name
        )
    if table.dtype.kind in "mM":
        raise ValueError(
            f"{name} holds dates or durations. Turn them into numbers first, such as"
            " (date - first_date) / np.timedelta64(1, 'D')."
        )
    return canonical(table)


def finite_unless(allow_nan: bool) -> bool | str:
    """Give what scikit-learn's validation takes for ``ensure_all_finite``."""
    return "allow-nan" if allow_nan else True


def flattened(
    X: Any, validate: Callable[..., np.ndarray], allow_nd: bool
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Flatten rows and validate the table; give it with the shape that a row had."""
    X, shape = flat_rows(X, allow_nd)
    table = validate(X)
    return table, shape or table.shape[1:]


def flat_rows(X: Any, allow_nd: bool) -> tuple[Any, tuple[int, ...] | None]:
    """Flatten rows of several dimensions, and give their shape; tables have none."""
    if not allow_nd or n_dimensions(X) <= 2:
        return without_categories(X), None
    X = X if hasattr(X, "reshape") else np.asarray(X)
    shape = tuple(X.shape[1:])
    return X.reshape((len(X), math.prod(shape))), shape


def without_categories(X: Any) -> Any:
    """Turn numbers that a pandas frame holds as categories to floats.

    Their gaps would be turned to integers, which have none.
    """
    if hasattr(X, "iloc") and any(map(are_numbers, np.atleast_1d(X.dtypes))):
        return X.astype(np.float64)
    return X


def are_numbers(dtype: Any) -> bool:
    """Whether a column's type is categorical, and its categories are numbers."""
    categories = getattr(dtype, "categories", None)
    return categories is not None and categories.dtype.kind in "biuf"


def n_dimensions(X: Any) -> int:
    """Count the dimensions of an array or a nested list."""
    # `np.ndim` would call array functions that X may have of its own.
    if hasattr(X, "ndim"):
        return X.ndim
    try:
        return np.asarray(X).ndim
    except ValueError as error:
        raise ValueError(
            f"{error} Rows must be of one length: series are padded with NaN."
        ) from error


def in_shape(table: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Give the rows of a table the shape that they had."""
    return table.reshape(len(table), *shape) if len(shape) > 1 else table


def width_or_shape(shape: tuple[int, ...]) -> int | tuple[int, ...]:
    """Say how wide the rows of a table are; of other rows, the shape."""
    return shape[0] if len(shape) == 1 else shape
