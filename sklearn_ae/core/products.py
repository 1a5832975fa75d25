"""Products that are the same bits, however many threads share in them.

A library splits a product by the number of threads, and how it is split decides how it
rounds. Here its shape alone decides: it becomes a batch of smaller products, of which
each thread takes whole ones. They are a power of two, so that none has to be split.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from .threads import power_of_two, sharing, threads

#: Multiply-adds of a training step below which a second thread costs more than it
#: brings: it waits longer than it works, on busy machines hundreds of times longer.
WORK_FOR_THREADS = 5e7
#: Those of a product that is left whole.
SMALL = 5e6
#: Parts of a product, and threads, at most.
MAX_PARTS = 16
#: What takes two matrices.
PRODUCTS = torch.mm, torch.matmul, Tensor.mm, Tensor.matmul, Tensor.__matmul__


def in_parts(x: Tensor, weight: Tensor, bias: Tensor | None, n_parts: int) -> Tensor:
    """
    Take ``F.linear`` by parts of the rows.

    Parameters
    ----------
    x : Tensor of shape (n_rows, n_in)
        The rows.
    weight : Tensor of shape (n_out, n_in)
        What they are multiplied by.
    bias : Tensor of shape (n_out,) or None
        What is added.
    n_parts : int
        A power of two.

    Returns
    -------
    Tensor of shape (n_rows, n_out)
        The same, however many threads share in it.
    """
    (n_rows, n_in), n_out = x.shape, len(weight)
    missing = -n_rows % n_parts
    if missing:
        x = F.pad(x, (0, 0, 0, missing))
    rows = x.view(n_parts, -1, n_in)
    weights = weight.t().expand(n_parts, -1, -1)
    with sharing(n_parts):
        if bias is None:
            result = torch.bmm(rows, weights)
        else:
            added = bias.expand(n_parts, rows.shape[1], -1)
            result = torch.baddbmm(added, rows, weights)
    result = result.view(-1, n_out)
    return result[:n_rows] if missing else result


class LinearInParts(torch.autograd.Function):
    """``F.linear`` in parts, and its derivatives, which are taken in parts as well."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x, weight, bias, n_parts):
        """Give the output."""
        return in_parts(x, weight, bias, n_parts)

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Keep what the way back needs."""
        x, weight, _, ctx.n_parts = inputs
        ctx.save_for_backward(x, weight)
        ctx.save_for_forward(x, weight)

    @staticmethod
    def jvp(ctx, x_tangent, weight_tangent, bias_tangent, *_):
        """Give the tangent of the output, for derivatives that go forward."""
        x, weight = ctx.saved_tensors
        terms = [bias_tangent] if bias_tangent is not None else []
        if x_tangent is not None:
            terms.append(F.linear(x_tangent, weight))
        if weight_tangent is not None:
            terms.append(F.linear(x, weight_tangent))
        return sum(terms)

    @staticmethod
    def backward(ctx, gradient):
        """Give the gradients of input, weight and bias, as far as they are wanted."""
        x, weight = ctx.saved_tensors
        by_x, by_weight, by_bias, _ = ctx.needs_input_grad
        take = LinearInParts.apply
        return (
            take(gradient, weight.t(), None, ctx.n_parts) if by_x else None,
            take(gradient.t(), x.t(), None, ctx.n_parts) if by_weight else None,
            gradient.sum(0) if by_bias else None,
            None,
        )


class Products(nullcontext):
    """How products are computed: by torch."""

    linear = staticmethod(F.linear)
    product = staticmethod(torch.mm)


class InParts(TorchFunctionMode, Products):
    """
    Compute large products of matrices in parts.

    Parameters
    ----------
    n_parts : int
        A power of two.
    """

    def __init__(self, n_parts: int):
        super().__init__()
        self.n_parts = n_parts

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Call the function, or what stands in for it."""
        stand_in: Any = function
        if function is F.linear:
            stand_in = self.linear
        elif function in PRODUCTS and not kwargs and are_matrices(*args):
            stand_in = self.product
        return stand_in(*args, **(kwargs or {}))

    def linear(
        self, input: Tensor, weight: Tensor, bias: Tensor | None = None
    ) -> Tensor:
        """Take ``F.linear``."""
        is_small = len(input) * weight.numel() < SMALL
        if is_small or input.dim() != 2 or not input.is_cpu:
            return F.linear(input, weight, bias)
        take = LinearInParts.apply if torch.is_grad_enabled() else in_parts
        return take(input, weight, bias, self.n_parts)

    def product(self, a: Tensor, b: Tensor) -> Tensor:
        """Take the product of two matrices."""
        return self.linear(a, b.t())


@contextmanager
def in_one_way() -> Iterator[None]:
    """Compute in one thread, but large products in parts."""
    with InParts(MAX_PARTS), threads(1, torch.get_num_threads()):
        yield


def are_matrices(*args: Any) -> bool:
    """Whether these are two tensors of two dimensions."""
    return all(isinstance(a, Tensor) and a.dim() == 2 for a in args)


@contextmanager
def shared(network: nn.Module, batch_size: int, by_torch: bool) -> Iterator[Products]:
    """
    Train in one thread; where a step takes much work, let all share in its products.

    Parameters
    ----------
    network : nn.Module
        What is trained.
    batch_size : int
        Rows of a step.
    by_torch : bool
        Whether more work is torch's to share out, as on a GPU. It is in any case where
        other layers than linear ones have as much to do.

    Yields
    ------
    Products
        How products are to be computed, and a context in which they are.
    """
    linear, other = (batch_size * work for work in multiply_adds(network))
    n_threads = torch.get_num_threads()
    if linear + other < WORK_FOR_THREADS:
        with threads(1):
            yield Products()
    elif by_torch or other >= WORK_FOR_THREADS:
        with threads(n_threads, n_threads):
            yield Products()
    else:
        n_parts = power_of_two(max(2, linear / WORK_FOR_THREADS))
        with threads(1, n_threads):
            yield InParts(min(n_parts, MAX_PARTS))


def multiply_adds(network: nn.Module) -> tuple[int, int]:
    """
    Count multiply-adds per row, of linear layers and of all others.

    They are as many as weights, or what a module says of itself: a convolution uses its
    weights many times.
    """
    counts = [0, 0]
    for module in network.modules():
        weights = sum(p.numel() for p in module.parameters(recurse=False))
        own = getattr(module, "multiply_adds", weights)
        counts[not isinstance(module, nn.Linear)] += own
    return counts[0], counts[1]
