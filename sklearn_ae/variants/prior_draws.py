"""What codes are to be distributed like."""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def gaussian(
    n_codes: int, n_components: int, n_modes: int, generator: torch.Generator
) -> Tensor:
    """Draw from the standard normal distribution."""
    size = n_codes, n_components
    device, dtype = generator.device, torch.float32
    return torch.randn(size, generator=generator, device=device, dtype=dtype)


def gaussian_mixture(
    n_codes: int, n_components: int, n_modes: int, generator: torch.Generator
) -> Tensor:
    """
    Draw from a ring of Gaussians in the first two units, normal in all others.

    The Gaussians are stretched along the radius, as petals are. Of one unit they are in
    a row. From three Gaussians on, each unit has about unit variance.
    """
    z = gaussian(n_codes, n_components, n_modes, generator)
    mode = torch.randint(
        n_modes, (n_codes,), generator=generator, device=generator.device
    )
    if n_components == 1:
        position = (2 * mode + 1) / n_modes - 1  # evenly spaced in (-1, 1)
        return (math.sqrt(3) * position + 0.5 / n_modes * z[:, 0])[:, None]
    angle = 2 * math.pi / n_modes * mode
    radial, tangential = 1.4 + 0.5 * z[:, 0], 0.1 * z[:, 1]
    ring = [
        radial * angle.cos() - tangential * angle.sin(),
        radial * angle.sin() + tangential * angle.cos(),
    ]
    return torch.cat([torch.stack(ring, 1), z[:, 2:]], 1)


PRIORS = {"gaussian": gaussian, "gaussian_mixture": gaussian_mixture}


def draw(
    prior: str | Callable[[int, torch.Generator], Tensor],
    n_modes: int,
    size: tuple[int, int],
    generator: torch.Generator,
) -> Tensor:
    """Draw codes of a shape from the prior that a parameter ``prior`` stands for."""
    if isinstance(prior, str):
        return PRIORS[prior](*size, n_modes, generator)
    codes = prior(size[0], generator)
    shape = tuple(codes.shape) if isinstance(codes, Tensor) else type(codes).__name__
    if shape != tuple(size):
        raise ValueError(
            f"The 'prior' parameter must give a tensor of shape {tuple(size)}, for so"
            f" many codes and n_components_, but gave {shape}."
        )
    return codes
