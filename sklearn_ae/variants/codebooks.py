"""Codebooks: vectors that stand for the codes nearest to them, group by group."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..core.types import Network
from ..networks.wrapped import Wrapped

#: Of the running averages, at each step ...
DECAY = 0.99
#: ... and while the code vectors look for their first places, so many steps.
FIRST_DECAY, N_FIRST_STEPS = 0.1, 10
#: A code vector is hardly used if its share is less than this part of an equal one.
UNUSED = 0.03


class Codebooks(nn.Module):
    """
    Code vectors for each group of code units, which follow the encodings.

    Parameters
    ----------
    n_components : int
        Width of the whole code.
    code_dim : int
        Width of a group; the last one may be narrower.
    n_codes : int
        Number of code vectors of each group.
    """

    def __init__(self, n_components: int, code_dim: int, n_codes: int):
        super().__init__()
        self.width, self.code_dim = n_components, min(code_dim, n_components)
        self.n_groups, self.n_codes = -(-n_components // self.code_dim), n_codes
        size = self.n_groups, n_codes
        self.register_buffer("vectors", torch.zeros(*size, self.code_dim))
        self.register_buffer("usage", torch.zeros(size))

    def split(self, codes: Tensor) -> Tensor:
        """Cut codes into groups, (n_groups, n_rows, code_dim); zeros fill the last."""
        missing = self.n_groups * self.code_dim - self.width
        codes = F.pad(codes, (0, missing)).unflatten(1, (-1, self.code_dim))
        return codes.transpose(0, 1)

    def nearest(self, groups: Tensor) -> Tensor:
        """Find the nearest code vectors, (n_groups, n_rows)."""
        squares = self.vectors.square().sum(2)[:, None]
        return (squares - 2 * groups @ self.vectors.mT).argmin(2)

    def look_up(self, index: Tensor) -> Tensor:
        """Put code vectors together, (n_rows, n_components)."""
        groups = self.vectors.gather(1, index[..., None].expand(-1, -1, self.code_dim))
        return groups.transpose(0, 1).flatten(1)[:, : self.width]

    def quantize(self, codes: Tensor) -> Tensor:
        """Replace codes by the nearest code vectors."""
        return self.look_up(self.nearest(self.split(codes)))

    @torch.no_grad()
    def start_from(self, encodings: Tensor, generator: torch.Generator) -> None:
        """Find first code vectors, much as k-means does."""
        groups = self.split(encodings)
        for _ in range(N_FIRST_STEPS):
            self.revive(groups, generator)
            self.follow(groups, self.nearest(groups), FIRST_DECAY)

    @torch.no_grad()
    def revive(self, groups: Tensor, generator: torch.Generator) -> None:
        """Let code vectors that are hardly used start anew at random encodings."""
        u = torch.rand(
            self.usage.shape,
            generator=generator,
            device=generator.device,
            dtype=torch.float32,
        )
        rows = (u * groups.shape[1]).long().clamp_max(groups.shape[1] - 1)
        drawn = groups.gather(1, rows[..., None].expand_as(self.vectors))
        fair = 1 / self.n_codes
        unused = self.usage < UNUSED * fair
        self.vectors.copy_(torch.where(unused[..., None], drawn, self.vectors))
        self.usage.masked_fill_(unused, fair)

    @torch.no_grad()
    def follow(self, groups: Tensor, index: Tensor, decay: float = DECAY) -> None:
        """Move code vectors towards the mean of the encodings nearest to them."""
        member = F.one_hot(index, self.n_codes).to(groups) / groups.shape[1]
        share = member.sum(1)
        self.usage.lerp_(share, 1 - decay)
        pull = member.mT @ groups - share[..., None] * self.vectors
        self.vectors.add_(pull / self.usage[..., None], alpha=1 - decay)


def straight_through(code: Tensor, encoding: Tensor) -> Tensor:
    """Give the code, and its gradient to the encoding that it stands for."""
    return code + (encoding - encoding.detach())


class Quantized(Wrapped):
    """A network whose codes are made of code vectors."""

    def __init__(self, network: Network, codebooks: Codebooks):
        super().__init__(network)
        self.codebooks = codebooks

    def encode(self, x: Tensor) -> Tensor:
        """Map rows to quantised codes, whose gradient is handed to the encoder."""
        encoding = self.network.encode(x)
        return straight_through(self.codebooks.quantize(encoding), encoding)

    def indices(self, x: Tensor) -> Tensor:
        """Map rows to the indices of their code vectors, (n_rows, n_groups)."""
        return self.codebooks.nearest(self.codebooks.split(self.network.encode(x))).mT
