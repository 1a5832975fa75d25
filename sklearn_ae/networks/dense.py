"""Fully connected networks."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Integral

from sklearn.base import BaseEstimator
from torch import Tensor, nn

from ..core.params import Interval, StrOptions, estimator, param
from .linear import Linear

ACTIVATIONS = {
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "elu": nn.ELU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "logistic": nn.Sigmoid,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "identity": nn.Identity,
}


class MLP(nn.Module):
    """
    An encoder and a decoder that mirrors it; no activation at either end.

    Parameters
    ----------
    sizes : sequence of int
        Widths from the data to the code.
    activation : callable
        Makes the module that follows each hidden layer.
    """

    def __init__(self, sizes: Sequence[int], activation: Callable[[], nn.Module]):
        super().__init__()
        self.encode = layers(sizes, activation)
        self.decode = layers(sizes[::-1], activation)

    def forward(self, x: Tensor) -> Tensor:
        """Reconstruct rows."""
        return self.decode(self.encode(x))


def layers(sizes: Sequence[int], activation: Callable[[], nn.Module]) -> nn.Sequential:
    """Chain linear layers of these widths, with activations in between."""
    modules: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        modules += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*modules[:-1])


@estimator
class Dense(BaseEstimator):
    """
    Specify a fully connected encoder and the decoder that mirrors it.

    Without hidden layers both are linear maps.

    See Also
    --------
    sklearn_ae.AE : Takes it as ``network``.

    Examples
    --------
    >>> from sklearn_ae.networks import Dense
    >>> Dense(hidden_layer_sizes=(32,), activation="tanh").build(64, 8)
    MLP(
      (encode): Sequential(
        (0): Linear(in_features=64, out_features=32, bias=True)
        (1): Tanh()
        (2): Linear(in_features=32, out_features=8, bias=True)
      )
      (decode): Sequential(
        (0): Linear(in_features=8, out_features=32, bias=True)
        (1): Tanh()
        (2): Linear(in_features=32, out_features=64, bias=True)
      )
    )
    """

    hidden_layer_sizes: str | int | Sequence[int] = param(
        "auto",
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        "array-like",
        doc="""\
        "auto", int or array-like of int
        Widths of the encoder's hidden layers, from the data to the code; the decoder
        has them in reverse order. "auto" takes two layers of 256 units; ``()`` makes
        encoder and decoder linear.""",
        positional=True,
    )
    activation: str | Callable[[], nn.Module] = param(
        "silu",
        StrOptions(set(ACTIVATIONS)),
        callable,
        doc=f"""\
        {{{", ".join(f'"{name}"' for name in ACTIVATIONS)}}} or callable
        What follows each hidden layer; a callable without arguments returns a torch
        module, as the classes of ``torch.nn`` do.""",
    )

    def build(self, n_features: int, n_components: int) -> nn.Module:
        """
        Make the torch module.

        Parameters
        ----------
        n_features : int
            Width of the data.
        n_components : int
            Width of the code.

        Returns
        -------
        torch.nn.Module
            With ``encode``, (n_rows, n_features) -> (n_rows, n_components), and
            ``decode``, the other way.

        Raises
        ------
        ValueError
            If a hyperparameter is out of range.
        """
        self._validate_params()
        hidden = self._hidden_sizes()
        if not hidden:
            return Linear(n_features, n_components)
        activation = self.activation
        if isinstance(activation, str):
            activation = ACTIVATIONS[activation]
        return MLP([n_features, *hidden, n_components], activation)

    def _hidden_sizes(self) -> list[int]:
        if isinstance(self.hidden_layer_sizes, str):
            return [256, 256]
        if isinstance(self.hidden_layer_sizes, Integral):
            return [int(self.hidden_layer_sizes)]
        sizes = list(self.hidden_layer_sizes)
        if not all(isinstance(n, Integral) and n >= 1 for n in sizes):
            raise ValueError(
                "hidden_layer_sizes must hold integers of at least 1, got"
                f" {self.hidden_layer_sizes!r}."
            )
        return [int(n) for n in sizes]
