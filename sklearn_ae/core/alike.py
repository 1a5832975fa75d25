"""Products that round each row alike, wherever it stands and whatever is beside it."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from .products import in_parts, multiply_adds
from .threads import power_of_two

#: Rows of so many numbers, or a multiple, begin where vector instructions want them.
MULTIPLE = 16
#: Products of so many rows, or a multiple, round each of them in the same way.
PORTION = 32


class RowsAlike(TorchFunctionMode):
    """Let linear layers multiply in parts, and pad by zeros what they multiply.

    Otherwise the order of summation would depend on where in memory a row begins, and
    with several threads on how many rows there are.

    Parameters
    ----------
    network : nn.Module
        What the layers belong to.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network, self.n_threads = network, torch.get_num_threads()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Call the function, or what stands in for it."""
        stand_in: Any = self.linear if function is F.linear else function
        return stand_in(*args, **(kwargs or {}))

    def threads_for(self, n_rows: int) -> int:
        """Give the threads allowed for operations other than matrix products.

        Each takes whole portions: an incomplete portion falls back to scalar code,
        which rounds differently. More than two get equal shares only of large maps.
        """
        n_threads = self._n_parts(n_rows)
        if n_threads <= 2:
            return n_threads
        linear, other = multiply_adds(self.network)
        return 2 if linear >= other else n_threads

    def _n_parts(self, n_rows):
        n_portions = max(1, n_rows // PORTION)
        return min(n_portions & -n_portions, power_of_two(self.n_threads))

    def linear(
        self, input: Tensor, weight: Tensor, bias: Tensor | None = None
    ) -> Tensor:
        """Take ``F.linear``."""
        if missing := -input.shape[-1] % MULTIPLE:
            input, weight = F.pad(input, (0, missing)), F.pad(weight, (0, missing))
        if input.dim() == 1 or input.device.type != "cpu":
            return F.linear(input, weight, bias)
        n_out, rows = len(weight), input.flatten(0, -2)
        if n_out == 1:
            # A single column is computed in another way.
            weight = F.pad(weight, (0, 0, 0, 1))
            bias = None if bias is None else F.pad(bias, (0, 1))
        result = in_parts(rows, weight, bias, self._n_parts(len(rows)))
        return result[:, :n_out].unflatten(0, input.shape[:-1])
