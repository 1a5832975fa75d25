"""The squared Frobenius norm of an encoder's Jacobian: in closed form or by probes."""

from collections.abc import Callable, Iterable

import torch
from torch import Generator, Tensor, nn

from ..networks.dense import ACTIVATIONS


def squared_norm(
    encode: Callable[[Tensor], Tensor],
    x: Tensor,
    n_probes: int | None,
    generator: Generator,
    moved: Tensor | None = None,
) -> Tensor:
    r"""
    Take :math:`\lVert J(x) \rVert_F^2`, averaged over rows, in a differentiable way.

    One linear layer with an elementwise activation has the closed form
    :math:`\sum_j s'(a_j)^2 \lVert W_j \rVert^2`. Of other encoders one pass backwards
    gives :math:`v^\top J`: exact if `v` runs over the code units, else Hutchinson's
    unbiased estimate from random signs.

    Parameters
    ----------
    encode : callable
        From rows to codes, each row by itself.
    x : Tensor of shape (n_rows, n_features)
        Where to take the Jacobian.
    n_probes : int or None
        Number of random probes of Hutchinson's estimate; None is exact. The closed form
        needs neither.
    generator : Generator
        Of the probes.
    moved : Tensor of shape (n_rows, n_features) or None
        If given, :math:`\lVert J(x) - J(x') \rVert_F^2` is taken, `moved` being x'.

    Returns
    -------
    Tensor of shape ()
        The mean over rows.
    """
    if is_one_layer(encode):
        slopes = activation_slopes(encode, x)
        if moved is not None:
            slopes = slopes - activation_slopes(encode, moved)
        return (slopes.square() @ encode[0].weight.square().sum(1)).mean()
    product = backward_pass(encode, x)
    product_moved = backward_pass(encode, moved) if moved is not None else None
    total = torch.zeros((), dtype=x.dtype, device=x.device)
    n_units = encode(x[:1]).shape[1]
    probes = (
        unit_vectors(x, n_units)
        if n_probes is None
        else random_signs(x, n_units, n_probes, generator)
    )
    for v in probes:
        g = product(v)
        if product_moved is not None:
            g = g - product_moved(v)
        total = total + g.square().sum(1).mean()
    return total / (n_probes or 1)


def is_one_layer(encode: Callable[[Tensor], Tensor]) -> bool:
    """Whether an encoder is one linear layer with an elementwise activation."""
    return (
        isinstance(encode, nn.Sequential)
        and [isinstance(layer, nn.Linear) for layer in encode] == [True, False]
        and type(encode[1]) in ACTIVATIONS.values()
    )


def activation_slopes(encode: nn.Sequential, x: Tensor) -> Tensor:
    """Take the derivative of each code unit by its own input."""
    layer, activation = encode
    inputs = layer(x)
    if not inputs.requires_grad:
        inputs.requires_grad_()
    (slopes,) = torch.autograd.grad(activation(inputs).sum(), inputs, create_graph=True)
    return slopes


def backward_pass(
    encode: Callable[[Tensor], Tensor], x: Tensor
) -> Callable[[Tensor], Tensor]:
    """Give the function that maps rows `v` to rows :math:`v^T J(x)`."""
    x = x.detach().requires_grad_()
    z = encode(x)

    def product(v):
        (g,) = torch.autograd.grad(z, x, v, create_graph=True)
        return g

    return product


def unit_vectors(x: Tensor, n_units: int) -> Iterable[Tensor]:
    """Probe one code unit after the other."""
    for v in torch.eye(n_units, dtype=x.dtype, device=x.device):
        yield v.expand(len(x), -1)


def random_signs(
    x: Tensor, n_units: int, n_probes: int, generator: Generator
) -> Iterable[Tensor]:
    """Probe with rows of 1 and -1."""
    for _ in range(n_probes):
        signs = torch.randint(
            2, (len(x), n_units), generator=generator, device=x.device, dtype=x.dtype
        )
        yield 2 * signs - 1
