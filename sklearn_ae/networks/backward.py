"""The way back through a network, written out layer by layer.

In small networks autograd takes longer to note what is done, and to find the way back,
than the arithmetic takes. It gives the same gradients, bit for bit.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.products import Products
from .linear import Skip

aten = torch.ops.aten


class NoWay(Exception):
    """The way back through a module is autograd's alone."""


class Affine:
    """
    The way through ``nn.Linear`` and back; the other classes here are alike.

    ``forward`` keeps what ``backward`` needs, and this leaves the gradients of
    ``parameters`` where optimisers look for them.
    """

    def __init__(self, layer: nn.Linear, products: Products):
        if layer.bias is None:
            raise NoWay
        self.linear, self.product = products.linear, products.product
        self.weight, self.bias = self.parameters = [layer.weight, layer.bias]

    def forward(self, x: Tensor) -> Tensor:
        """Give the output."""
        self.x = x
        return self.linear(x, self.weight, self.bias)

    def backward(self, gradient: Tensor, wanted: bool = True) -> Tensor | None:
        """From the gradient of the output give that of the input, if it is wanted."""
        self.weight.grad = self.product(gradient.t(), self.x)
        self.bias.grad = gradient.sum(0)
        return self.product(gradient, self.weight) if wanted else None


class Activation:
    """
    The way through an elementwise function.

    Parameters
    ----------
    function : callable
        That function.
    slope : callable
        ``(gradient, y) -> gradient``, of the function's output or of its input.
    of_output : bool
        Of which one.
    """

    parameters = ()

    def __init__(self, function: Callable, slope: Callable, of_output: bool):
        self.function, self.slope, self.of_output = function, slope, of_output

    def forward(self, x: Tensor) -> Tensor:
        """Give the output."""
        y = self.function(x)
        self.y = y if self.of_output else x
        return y

    def backward(self, gradient: Tensor, wanted: bool = True) -> Tensor:
        """From the gradient of the output give that of the input."""
        return self.slope(gradient, self.y)


class Chain:
    """The way through ``nn.Sequential``."""

    def __init__(self, layers: nn.Sequential, products: Products):
        self.layers = [way_through(layer, products) for layer in layers]
        self.parameters = [p for layer in self.layers for p in layer.parameters]
        self.way_back = list(enumerate(self.layers))[::-1]

    def forward(self, x: Tensor) -> Tensor:
        """Give the output."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, gradient: Tensor, wanted: bool = True) -> Tensor | None:
        """From the gradient of the output give that of the input, if it is wanted."""
        for i, layer in self.way_back:
            gradient = layer.backward(gradient, wanted or i > 0)
        return gradient


class Beside:
    """The way through a linear path and a network with gains beside it."""

    def __init__(
        self,
        path: nn.Module,
        gain: nn.Parameter,
        network: nn.Module,
        products: Products,
    ):
        self.path, self.gain = way_through(path, products), gain
        self.network = way_through(network, products)
        self.parameters = [gain, *self.path.parameters, *self.network.parameters]

    def forward(self, x: Tensor) -> Tensor:
        """Give the output."""
        self.added = self.network.forward(x)
        return self.path.forward(x) + self.gain * self.added

    def backward(self, gradient: Tensor, wanted: bool = True) -> Tensor | None:
        """From the gradient of the output give that of the input, if it is wanted."""
        self.gain.grad = (gradient * self.added).sum(0)
        by_path = self.path.backward(gradient, wanted)
        by_network = self.network.backward(gradient * self.gain, wanted)
        return by_path + by_network if wanted else None


#: The way through a layer, by its exact type.
WAYS: dict[type, Callable] = {
    nn.Linear: Affine,
    nn.Sequential: Chain,
    nn.SiLU: lambda *_: Activation(F.silu, aten.silu_backward, False),
    nn.ReLU: lambda *_: Activation(torch.relu, relu_backward, True),
    nn.Tanh: lambda *_: Activation(torch.tanh, aten.tanh_backward, True),
    nn.Sigmoid: lambda *_: Activation(torch.sigmoid, aten.sigmoid_backward, True),
}
HOOKS = "_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks"
GRADIENT_HOOKS = "_backward_hooks", "_post_accumulate_grad_hooks"


def relu_backward(gradient: Tensor, y: Tensor) -> Tensor:
    """From the gradient of a rectifier's output give that of its input."""
    return aten.threshold_backward(gradient, y, 0)


def way_through(layer: nn.Module, products: Products) -> Affine | Activation | Chain:
    """Give the way through a layer."""
    own_forward = "forward" in vars(layer)
    if type(layer) not in WAYS or own_forward or has_any(layer, HOOKS):
        raise NoWay
    return WAYS[type(layer)](layer, products)


def has_any(thing: nn.Module | nn.Parameter, hooks: tuple[str, ...]) -> bool:
    """Whether somebody wants to be called when a module or a gradient is used."""
    return any(getattr(thing, name, None) for name in hooks)


def ways_through(
    network: nn.Module, products: Products
) -> list[Chain | Affine | Beside]:
    """
    Give the way through an encoder, and that through its decoder.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    products : Products
        How products are computed.

    Returns
    -------
    list
        The two ways.

    Raises
    ------
    NoWay
        If one is not known, or a parameter takes part twice, is frozen or has hooks.
    """
    if type(network) is Skip and type(network.read) is nn.Identity:
        path, gain, beside = network.path, network.encode_gain, network.network
        encoder = Beside(path.encode, gain, beside.encode, products)
        gain = network.decode_gain
        decoder = Beside(path.decode, gain, beside.decode, products)
    else:
        ends = network.encode, network.decode
        encoder, decoder = (way_through(end, products) for end in ends)
    parameters = [*encoder.parameters, *decoder.parameters]
    if len(set(parameters)) < len(parameters) or any(
        not p.requires_grad or has_any(p, GRADIENT_HOOKS) for p in parameters
    ):
        raise NoWay
    return [encoder, decoder]
