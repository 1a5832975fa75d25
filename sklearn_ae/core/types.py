"""Names for what users give, for readers and type checkers."""

import sys
from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, csr_matrix, sparray, spmatrix
from torch import Tensor, nn

if sys.version_info >= (3, 11):
    from typing import Self
else:
    from typing_extensions import Self

__all__ = ["CSR", "ArrayLike", "F", "Network", "Seed", "Self", "Table", "overridden"]

T = TypeVar("T")
F = TypeVar("F", bound=Callable)

#: Rows as users give them: arrays, lists, data frames or sparse tables.
Table: TypeAlias = ArrayLike | sparray | spmatrix
#: Sparse rows as they are once they have been read.
CSR: TypeAlias = csr_array | csr_matrix
#: What ``random_state`` may be.
Seed: TypeAlias = int | np.random.RandomState | None


def overridden(function: Callable[..., T]) -> Callable[..., T]:
    """Let type checkers accept overrides with hyperparameters of their own."""
    return function


class Network(nn.Module):
    """Any torch module with an encoder and a decoder; none is derived from this."""

    encode: Callable[[Tensor], Tensor]
    decode: Callable[[Tensor], Tensor]
