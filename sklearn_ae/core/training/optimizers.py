"""Optimisers by name, and what they are told of a network's parts."""

import inspect
from typing import Any

import torch
from torch import nn

from .adamw import AdamW

OPTIMIZERS = {
    "adamw": AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}


def resolve_optimizer(
    optimizer: str | type[torch.optim.Optimizer],
) -> type[torch.optim.Optimizer]:
    """Give the class that an estimator's parameter ``optimizer`` stands for."""
    optimizer = OPTIMIZERS.get(optimizer, optimizer)
    bases = getattr(optimizer, "__mro__", ())
    if torch.optim.Optimizer not in bases or torch.optim.SparseAdam in bases:
        raise ValueError(
            f"The 'optimizer' parameter must be one of {sorted(OPTIMIZERS)} or a"
            " subclass of torch.optim.Optimizer, for gradients that are not sparse. Got"
            f" {optimizer!r} instead."
        )
    return optimizer


def settings_for(
    optimizer: type[torch.optim.Optimizer], weight_decay: float, device: torch.device
) -> dict[str, Any]:
    """Give the settings that an optimiser takes, of those that are told to it here."""
    known = inspect.signature(optimizer).parameters
    settings = {
        # Other numbers than Python's own could not be loaded with a state_dict.
        "weight_decay": float(weight_decay),
        "fused": device.type in ("cpu", "cuda"),
    }
    return {name: value for name, value in settings.items() if name in known}


def own_settings(
    module: nn.Module, settings: dict[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    """List the parts that depart from an optimiser's settings, inner ones first.

    They say so by their attributes ``lr_ratio`` and ``decay_ratio``, multiples of the
    step size and of the weight decay, which hold for what is inside them too.
    """
    own: dict[str, dict[str, Any]] = {}
    for name, part in module.named_modules():
        said = {}
        if hasattr(part, "lr_ratio"):
            said["lr_ratio"] = part.lr_ratio
        if hasattr(part, "decay_ratio") and "weight_decay" in settings:
            said["weight_decay"] = part.decay_ratio * settings["weight_decay"]
        if said:
            outer = [own[o] for o in own if name.startswith(f"{o}.")]
            own[name] = (outer[-1] if outer else {}) | said
    return list(own.items())[::-1]
