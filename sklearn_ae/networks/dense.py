"""Fully connected networks."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator
from torch import nn

from ..core.params import Interval, StrOptions, estimator, param
from .linear import Linear, TiedLinear, Transposed

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


def maker(activation: str | Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """Give what makes the modules that a parameter such as ``activation`` names."""
    if isinstance(activation, nn.Module):
        raise ValueError(
            f"An activation has to make modules, but {activation} is one. Give the"
            f" class {type(activation).__name__}, or a function that returns a new one."
        )
    if isinstance(activation, str):
        return ACTIVATIONS[activation]
    try:
        made = activation()
    except TypeError as error:
        made = error
    if not isinstance(made, nn.Module):
        raise ValueError(
            "An activation has to make modules without being given anything, as the"
            f" class torch.nn.ReLU does. {activation!r} gave {made!r}."
        )
    return activation


class MLP(nn.Module):
    """
    An encoder and a decoder that mirrors it.

    Parameters
    ----------
    sizes : sequence of int
        Widths from the data to the code.
    n_encoded : int
        Width of what the encoder gives, the code first.
    n_outputs : int
        Width of what the decoder gives.
    activation : callable
        Makes the module that follows each hidden layer.
    code_activation : callable
        Makes the module that follows the encoder.
    output_activation : callable
        Makes the module that follows the decoder.
    tied : bool
        Whether the decoder has the encoder's weights, transposed.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        n_encoded: int,
        n_outputs: int,
        activation: Callable[[], nn.Module],
        code_activation: Callable[[], nn.Module],
        output_activation: Callable[[], nn.Module],
        tied: bool,
    ):
        super().__init__()
        encoder = [nn.Linear(*widths) for widths in pairwise([*sizes[:-1], n_encoded])]
        if tied:
            pairs = zip(encoder, sizes[1:], strict=True)
            decoder = [Transposed(*pair) for pair in pairs][::-1]
        else:
            widths = pairwise([*sizes[:0:-1], n_outputs])
            decoder = [nn.Linear(*pair) for pair in widths]
        self.encode = chain(encoder, activation, code_activation)
        self.decode = chain(decoder, activation, output_activation)


def chain(
    layers: Sequence[nn.Module],
    activation: Callable[[], nn.Module],
    last_activation: Callable[[], nn.Module],
) -> nn.Sequential:
    """Chain layers, with activations in between and another one at the end."""
    modules: list[nn.Module] = []
    for layer in layers:
        modules += [layer, activation()]
    last = [] if last_activation is nn.Identity else [last_activation()]
    return nn.Sequential(*modules[:-1], *last)


@estimator
class Dense(BaseEstimator):
    """
    Specify a fully connected encoder and the decoder that mirrors it.

    Without hidden layers both are linear maps, but for `code_activation` and
    `output_activation`.

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
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        "array-like",
        default="auto",
        doc="""\
        "auto", int or array-like of int
        Widths of the encoder's hidden layers, from the data to the code; the decoder
        has them in reverse order. "auto" takes two layers of 256 units; ``()`` leaves
        one layer in each: linear, but for an activation of code or output.""",
        kw_only=False,
    )
    activation: str | Callable[[], nn.Module] = param(
        StrOptions(set(ACTIVATIONS)),
        callable,
        default="silu",
        doc=f"""\
        {{{", ".join(f'"{name}"' for name in ACTIVATIONS)}}} or callable
        What follows each hidden layer; a callable without arguments returns a torch
        module, as the classes of ``torch.nn`` do.""",
    )
    code_activation: str | Callable[[], nn.Module] = param(
        StrOptions(set(ACTIVATIONS)),
        callable,
        default="identity",
        doc="""\
        str or callable
        What follows the encoder's last layer; as `activation`. With ``skip="pca"`` the
        linear path is added behind it.""",
    )
    output_activation: str | Callable[[], nn.Module] = param(
        StrOptions(set(ACTIVATIONS)),
        callable,
        default="identity",
        doc="""\
        str or callable
        What follows the decoder's last layer; as `activation`. The loss sees what comes
        out of it.""",
    )
    tied: bool = param(
        "boolean",
        default=False,
        doc="""\
        bool
        Whether the decoder has the encoder's weights, transposed.""",
    )

    @property
    def _sizes(self) -> np.ndarray:
        # As objects: numbers and nothing else make an array of one dimension.
        return np.array(self.hidden_layer_sizes, dtype=object)

    @property
    def missing(self) -> str:
        """How missing cells are read: with a mask where there is room for one."""
        return "mask" if self._sizes.size and not self.tied else "fill"

    @property
    def is_linear(self) -> bool:
        """Whether encoder and decoder are linear maps."""
        ends = self.code_activation, self.output_activation
        ends_are_linear = all(end in ("identity", nn.Identity) for end in ends)
        return not self._sizes.size and ends_are_linear

    def build(
        self,
        n_features: int,
        n_components: int,
        n_encoded: int | None = None,
        n_outputs: int | None = None,
    ) -> nn.Module:
        """
        Make the torch module.

        Parameters
        ----------
        n_features : int
            Width of the data.
        n_components : int
            Width of the code.
        n_encoded : int, default=None
            Width of what the encoder gives, the code first. None: `n_components`.
        n_outputs : int, default=None
            Width of what the decoder gives. None: `n_features`.

        Returns
        -------
        torch.nn.Module
            With ``encode``, (n_rows, n_features) -> (n_rows, n_encoded), and
            ``decode``, (n_rows, n_components) -> (n_rows, n_outputs).

        Raises
        ------
        ValueError
            If a hyperparameter is out of range, or the weights are tied and the decoder
            is to give something else than the encoder takes.
        """
        self._validate_params()
        hidden = self._hidden_sizes()
        n_encoded, n_outputs = n_encoded or n_components, n_outputs or n_features
        if self.tied and n_outputs != n_features:
            raise ValueError(
                f"tied=True needs a target as wide as the data, {n_features} columns,"
                f" not {n_outputs}: use a network such as Dense(tied=False)."
            )
        given = self.activation, self.code_activation, self.output_activation
        activations = [maker(activation) for activation in given]
        if self.is_linear and self.tied:
            return TiedLinear(n_features, n_components, n_encoded)
        if self.is_linear:
            return Linear(n_features, n_components, n_encoded, n_outputs)
        sizes = [n_features, *hidden, n_components]
        return MLP(sizes, n_encoded, n_outputs, *activations, self.tied)

    def layers(self, n_features: int, n_components: int) -> list[tuple["Dense", int]]:
        """
        Cut the network into its layers, each a network by itself.

        Parameters
        ----------
        n_features, n_components : int
            Width of the data and of the code.

        Returns
        -------
        list of (Dense, int)
            From the data to the code, the specification of a layer without hidden ones,
            and the width of its code.

        Raises
        ------
        ValueError
            If a hyperparameter is out of range.
        """
        self._validate_params()
        hidden = self._hidden_sizes()
        inner = [self.activation] * len(hidden)
        codes = [*inner, self.code_activation]
        outputs = [self.output_activation, *inner]
        layers = [
            Dense((), code_activation=code, output_activation=output, tied=self.tied)
            for code, output in zip(codes, outputs, strict=True)
        ]
        return list(zip(layers, [*hidden, n_components], strict=True))

    def _hidden_sizes(self) -> list[int]:
        if isinstance(self.hidden_layer_sizes, str):
            return [256, 256]
        if isinstance(self.hidden_layer_sizes, Integral):
            return [int(self.hidden_layer_sizes)]
        sizes = self._sizes
        are_counts = all(isinstance(n, Integral) and n >= 1 for n in sizes.flat)
        if sizes.ndim != 1 or not are_counts:
            raise ValueError(
                "The 'hidden_layer_sizes' parameter must hold integers of at least 1."
                f" Got {self.hidden_layer_sizes!r} instead."
            )
        return [int(n) for n in sizes]
