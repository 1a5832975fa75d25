"""Where to compute."""

import torch

from .warn import warn_user


def resolve_device(device: str | torch.device) -> torch.device:
    """Give the device that an estimator's parameter ``device`` stands for."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
        if reason := why_not(device):
            warn_user(f"The GPU cannot be used here: {reason}. The CPU is.")
            device = "cpu"
    elif reason := why_not(device):
        raise ValueError(
            f"The 'device' parameter is {device!r}, which cannot be used here:"
            f" {reason}. Use 'auto' or 'cpu'."
        )
    return torch.device(device)


def why_not(device: str | torch.device) -> str:
    """Say why a device cannot be used here; nothing if it can."""
    try:
        # Double precision is needed for sums, and not known everywhere.
        torch.zeros(1, dtype=torch.float64, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        return str(error).partition("\n")[0]
    return ""
