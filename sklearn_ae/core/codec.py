"""A trained network on numpy arrays: scale, encode; decode, unscale. By chunks."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from sklearn.utils import gen_batches
from torch import Tensor, nn

from .losses import Loss
from .scaling import Scaling

#: Rows at a time: scaled rows and activations stay in the processor's cache.
CHUNK = 1024


class Codec(NamedTuple):
    """
    What stands between the user's units and codes once training is over.

    Parameters
    ----------
    scaling : Scaling
        Of the columns.
    network : nn.Module
        With ``encode`` and ``decode``, on any device.
    loss : Loss
        Whose link maps the decoder's output to scaled data.
    """

    scaling: Scaling
    network: nn.Module
    loss: Loss

    def encode(self, X: np.ndarray) -> np.ndarray:
        """Map rows to codes."""
        return self._map(lambda rows: self.network.encode(self._scaled(rows)), X)

    def decode(self, Z: np.ndarray) -> np.ndarray:
        """Map codes to rows."""
        return self.scaling.undo(self._map(lambda z: self._decoded(self._tensor(z)), Z))

    def reconstruct(self, X: np.ndarray) -> np.ndarray:
        """Encode and decode rows."""
        return self.scaling.undo(
            self._map(lambda rows: self._reconstructed(self._scaled(rows)), X)
        )

    def row_scores(self, X: np.ndarray) -> np.ndarray:
        """Take minus each row's reconstruction error."""

        def score(rows):
            x = self._scaled(rows)
            output = self.network.decode(self.network.encode(x))
            return -self.loss.per_row(output, x)

        return self._map(score, X)

    def explained(self, X: np.ndarray) -> float:
        """Take the share of the scaled rows' variance that survives the code."""

        def moments(rows):
            x = self._scaled(rows).double()
            error = self._reconstructed(self._scaled(rows)).double() - x
            return torch.stack([error.square().sum(0), x.sum(0), x.square().sum(0)])[
                None
            ]

        error, total, square = self._map(moments, X).sum(0)
        variance = square.sum() - np.square(total).sum() / len(X)
        if variance <= 0:
            return float(error.sum() == 0)
        return float(1 - error.sum() / variance)

    def _scaled(self, rows: np.ndarray) -> Tensor:
        like = next(self.network.parameters())
        dtype = str(like.dtype).removeprefix("torch.")
        return torch.from_numpy(self.scaling.apply(rows, dtype)).to(like.device)

    def _tensor(self, rows: np.ndarray) -> Tensor:
        # A copy: the array may be read-only.
        return torch.tensor(rows).to(next(self.network.parameters()))

    def _decoded(self, z: Tensor) -> Tensor:
        return self.loss.link(self.network.decode(z))

    def _reconstructed(self, x: Tensor) -> Tensor:
        return self._decoded(self.network.encode(x))

    def _map(self, function: Callable[[np.ndarray], Tensor], X) -> np.ndarray:
        self.network.eval()
        with torch.inference_mode():
            parts = [function(X[rows]).cpu() for rows in gen_batches(len(X), CHUNK)]
            return torch.cat(parts).numpy()
