"""From an estimator's parameters to the network that is trained."""

from copy import deepcopy
from typing import Any

import torch
from torch import nn

from .linear import Linear, Skip


def build_network(
    specification: Any,
    n_features: int,
    n_components: int,
    n_encoded: int,
    skip: str | None,
) -> nn.Module:
    """
    Build a network, with a linear path beside it if wanted.

    Parameters
    ----------
    specification : object
        Either has ``build(n_features, n_components)``, as `networks.Dense`, or is a
        torch module with ``encode`` and ``decode`` itself, of which a copy is taken.
        ``n_encoded`` is a third argument where it is not `n_components`.
    n_features, n_components : int
        Width of the data and of the code.
    n_encoded : int
        Width of what the encoder gives.
    skip : {"pca"} or None
        Whether to add the linear path. A network that is linear itself needs none.

    Returns
    -------
    torch.nn.Module
        With ``encode`` and ``decode``.

    Raises
    ------
    ValueError
        If the network's output does not have the shape it should have.
    """
    if hasattr(specification, "build"):
        wider = (n_encoded,) if n_encoded != n_components else ()
        network = specification.build(n_features, n_components, *wider)
    else:
        network = deepcopy(specification)
    require_shapes(network, n_features, n_components, n_encoded)
    if skip is None or isinstance(network, Linear):
        return network
    return Skip(Linear(n_features, n_components, n_encoded), network)


@torch.no_grad()
def require_shapes(
    network: nn.Module, n_features: int, n_components: int, n_encoded: int
) -> None:
    """Try a network on two rows."""
    widths = f"n_features={n_features}, n_components={n_components}"
    like = next(network.parameters(), None)
    if like is None:
        raise ValueError("The 'network' parameter has no parameters to train.")
    for half, given, width in (
        ("encode", n_features, n_encoded),
        ("decode", n_components, n_features),
    ):
        value = torch.zeros(2, given, dtype=like.dtype, device=like.device)
        try:
            value = getattr(network, half)(value)
        except RuntimeError as error:
            raise ValueError(f"network.{half} failed with {widths}: {error}") from error
        if tuple(value.shape) != (2, width):
            raise ValueError(
                f"network.{half} must return {width} values a row ({widths}), but"
                f" returned {tuple(value.shape)} for 2 rows."
            )
