"""A network with what is put around it: a linear path, and what reads NaN."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from ..networks.linear import Linear, Skip
from ..networks.missing import Fill, Mask, Unmask
from ..networks.read import Read
from .gaussian import Gaussian
from .signatures import why_not_called


def build_network(
    specification: Any,
    n_features: int | tuple[int, ...],
    n_components: int,
    n_encoded: int,
    skip: str | None,
    n_outputs: int | tuple[int, ...] | None = None,
    gaussian: Gaussian | None = None,
) -> nn.Module:
    """
    Build a network, with a linear path beside it if wanted.

    Parameters
    ----------
    specification : object
        Either has ``build(n_features, n_components)``, as `networks.Dense`, or is a
        torch module with ``encode`` and ``decode`` itself, of which a copy is taken.
        ``n_encoded`` is a third argument where it is not `n_components`, ``n_outputs``
        a keyword where it is not `n_features`.
    n_features : int or tuple of int
        Width of the data, or shape of a row if that has several dimensions. The
        network's module gets flat rows all the same.
    n_components : int
        Width of the code.
    n_encoded : int
        Width of what the encoder gives.
    skip : {"pca"} or None
        Whether to add the linear path. A network that says ``needs_path = False``,
        such as one that is linear itself, has none.
    n_outputs : int or tuple of int, default=None
        Width or shape of what the decoder gives. None: `n_features`.
    gaussian : Gaussian, default=None
        What NaN is filled by, if rows may hold NaN. A network whose specification says
        ``missing = "mask"`` is built for rows of twice the width, filled ones and a
        mask; one that says ``"keep"`` gets them with NaN; others get filled ones, as
        does the linear path.

    Returns
    -------
    torch.nn.Module
        With ``encode`` and ``decode``.

    Raises
    ------
    ValueError
        If the network's output does not have the shape it should have, the network
        changes the rows that it gets, or it asks for a mask although its rows are not
        table rows.
    """
    n_outputs = n_outputs or n_features
    reader = None if gaussian is None else reader_for(specification)
    if reader is Mask and not isinstance(n_features, int):
        raise ValueError(
            "The 'network' parameter says missing='mask', which is for rows of tables."
            f" Those of shape {n_features} need 'fill' or 'keep'."
        )
    n_inputs = 2 * n_features if reader is Mask else n_features
    if hasattr(specification, "build"):
        wider = (n_encoded,) if n_encoded != n_components else ()
        other = {"n_outputs": n_outputs} if n_outputs != n_inputs else {}
        given = n_inputs, n_components, *wider
        require_builds(specification, given, other)
        network = specification.build(*given, **other)
    else:
        network = deepcopy(specification)
    widths = n_components, n_encoded, width(n_outputs)
    remedy = " Set n_components to the width of its code."
    if n_encoded != n_components:
        remedy = f" They are {n_encoded // n_components} for each code unit."
    rehearse(network, width(n_inputs), *widths, remedy)
    # A specification may build the same module twice. Lazy layers can be copied by now.
    network = deepcopy(network)
    needs_path = skip is not None and getattr(network, "needs_path", True)
    if needs_path:
        path = Linear(width(n_features), *widths)
        network = Skip(path, network, read_by_path(gaussian, reader))
    return Read(network, reader(gaussian)) if reader else network


def require_builds(specification: Any, given: tuple, other: dict[str, Any]) -> None:
    """Refuse a specification that does not take what this network needs."""
    if reason := why_not_called(specification.build, *given, **other):
        names = *("n_features", "n_components", "n_encoded")[: len(given)], *other
        raise ValueError(
            f"The 'network' parameter must build by ({', '.join(names)}) here. Got"
            f" {type(specification).__name__}.build{reason}"
        )


def read_by_path(
    gaussian: Gaussian | None, reader: type[Fill] | None
) -> nn.Module | None:
    """Find how the linear path reads the rows that are made for the network beside."""
    if reader is Mask:
        return Unmask()
    return Fill(gaussian) if gaussian and not reader else None


def reader_for(specification: Any) -> type[Fill] | None:
    """Find what prepares rows with NaN for a network."""
    readers = {"fill": Fill, "mask": Mask, "keep": None}
    way = getattr(specification, "missing", "fill")
    if way not in readers:
        raise ValueError(
            f"The 'network' parameter says missing={way!r}, which must be one of"
            f" {sorted(readers)}."
        )
    return readers[way]


def width(shape: int | tuple[int, ...]) -> int:
    """Count the values of a row."""
    return shape if isinstance(shape, int) else math.prod(shape)


@contextmanager
def unchanged_buffers(module: nn.Module) -> Iterator[None]:
    """Put the buffers of a module back in the end, those that were replaced too."""
    memory = [
        (part, name, buffer, buffer.clone())
        for part in module.modules()
        for name, buffer in part.named_buffers(recurse=False)
    ]
    try:
        yield
    finally:
        with torch.no_grad():
            for part, name, buffer, values in memory:
                buffer.copy_(values)
                setattr(part, name, buffer)


@torch.no_grad()
def rehearse(
    network: nn.Module,
    n_features: int,
    n_components: int,
    n_encoded: int,
    n_outputs: int,
    remedy: str,
) -> None:
    """Try a network on two rows; the remedy is for codes of a wrong width."""
    halves = (getattr(network, half, None) for half in ("encode", "decode"))
    if not (isinstance(network, nn.Module) and all(map(callable, halves))):
        raise ValueError(
            "The 'network' parameter must be or build a torch.nn.Module with encode and"
            f" decode. Got {network!r} instead."
        )
    widths = f"n_features={n_features}, n_components={n_components}"
    if n_outputs != n_features:
        widths += f", n_outputs={n_outputs}"
    like = next(network.parameters(), None)
    if like is None:
        raise ValueError("The 'network' parameter has no parameters to train.")

    def tried(half, n_given, n_wanted):
        rows = torch.zeros(2, n_given, dtype=like.dtype, device=like.device)
        version = rows._version
        try:
            result = getattr(network, half)(rows)
        except RuntimeError as error:
            raise ValueError(f"network.{half} failed with {widths}: {error}") from error
        shape = tuple(getattr(result, "shape", [type(result).__name__]))
        if shape != (2, n_wanted):
            raise ValueError(
                f"network.{half} must return {n_wanted} values a row ({widths}), but"
                f" returned {shape} for 2 rows.{remedy if half == 'encode' else ''}"
            )
        return rows._version > version

    def both_ways():
        changes_rows = tried("encode", n_features, n_encoded)
        tried("decode", n_components, n_outputs)
        return changes_rows

    network.eval()
    both_ways()  # lazy layers know their shapes from here on
    network.train()
    with unchanged_buffers(network):
        changes_rows = both_ways()
    if changes_rows:
        raise ValueError(
            "network.encode changes the rows that it gets, which are also what the"
            " decoder is to give back. Its first layer must not be one with"
            " inplace=True."
        )
