"""Products that round each row alike, wherever it stands and whatever is beside it."""

from typing import Any

from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

#: Rows of so many numbers, or a multiple, begin where vector instructions want them.
MULTIPLE = 16


class RowsAlike(TorchFunctionMode):
    """Pad what linear layers multiply by zeros, up to a multiple of a width.

    Kernels for rows that begin anywhere in memory sum up in an order that depends on
    where that is.
    """

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Call the function, or what stands in for it."""
        stand_in: Any = linear if function is F.linear else function
        return stand_in(*args, **(kwargs or {}))


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Take ``F.linear`` of rows and weights that are padded."""
    missing = -input.shape[-1] % MULTIPLE
    if missing:
        input, weight = F.pad(input, (0, missing)), F.pad(weight, (0, missing))
    return F.linear(input, weight, bias)
