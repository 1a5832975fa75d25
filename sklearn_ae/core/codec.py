"""A trained network on numpy arrays: scale, encode; decode, unscale. By chunks."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.utils import gen_batches
from torch import Tensor

from ..networks.unrolled import parts_at_rows
from .alike import PORTION, RowsAlike
from .columns import at_a_time, column_statistics
from .cudnn import reproducible
from .losses import Loss
from .missing import holds_nan, is_finite, observed
from .modes import inference
from .scaling import Scaling
from .sparse import SparseRows, scaled_rows
from .threads import threads
from .types import Network


class Codec(NamedTuple):
    """
    What stands between the user's units and codes once training is over.

    Parameters
    ----------
    scaling : Scaling
        Of the columns.
    target_scaling : Scaling
        Of the columns that the decoder gives.
    network : nn.Module
        With ``encode`` and ``decode``, on any device.
    loss : Loss
        Whose link maps the decoder's output to scaled data.
    """

    scaling: Scaling
    target_scaling: Scaling
    network: Network
    loss: Loss

    def encode(self, X: np.ndarray) -> np.ndarray:
        """Map rows to codes."""
        return self.map_rows(lambda rows: self.network.encode(self.scaled(rows)), X)

    def decode(self, Z: np.ndarray) -> np.ndarray:
        """Map codes to rows; refuse codes whose rows overflow."""

        def decoded(z):
            return self.loss.link(self.network.decode(self._tensor(z)))

        result = self.target_scaling.undo(self.map(decoded, Z))
        if np.isfinite(result).all():
            return result
        raise ValueError(
            "Some codes lie so far from those of the training data that"
            f" {self._dtype_and_device[0]} cannot hold what the decoder makes of them."
        )

    def reconstruct(self, X: np.ndarray) -> np.ndarray:
        """Encode and decode rows; what lies behind the end of one is NaN."""
        parts = [m for m in parts_at_rows(self.network) if hasattr(m, "behind_end")]

        def rebuilt(rows):
            x = self.scaled(rows)
            output = self.loss.link(self._output(x))
            if parts and self.target_scaling is self.scaling:
                return output.masked_fill_(parts[0].behind_end(x), np.nan)
            return output

        return self.target_scaling.undo(self.map_rows(rebuilt, X))

    def row_scores(self, X: np.ndarray, target: np.ndarray | None) -> np.ndarray:
        """Take minus each row's reconstruction error; None stands for the rows."""
        tables = given(X, target)
        loss = self.loss_for(tables)

        def score(*pair):
            x, target = self.scaled_pair(*pair)
            return -loss.per_row(self._output(x), target)

        def require_suitable(*pair):
            _, target = self.scaled_pair(*pair)
            loss.check(observed(target))
            return target

        scores = self.map_rows(score, *tables)
        if np.isnan(scores).any():
            # More often of targets that the loss is not made for than of the network.
            self.map(require_suitable, *tables)
        return scores

    def explained(self, X: np.ndarray, target: np.ndarray | None) -> float:
        """Take the share of the scaled target's variance that survives the code."""
        tables = given(X, target)
        loss = self.loss_for(tables)

        def squared_error(*pair):
            x, target = self.scaled_pair(*pair)
            rebuilt = loss.expected(self._output(x), target)
            return loss.cells(rebuilt, target, exact_square).sum(1)

        error = self.map_rows(squared_error, *tables).sum()
        columns = column_statistics(tables[-1])
        deviations = columns.std / self.target_scaling.divisor
        variance = X.shape[0] * (columns.observed * np.square(deviations)).sum()
        if variance == 0:
            return float(error == 0 and not columns.std.any())
        return float(1 - error / variance)

    def scaled(self, rows: np.ndarray) -> Tensor | SparseRows:
        """Scale rows into a tensor of the network's precision, on its device."""
        return scaled_rows(rows, self.scaling, *self._dtype_and_device)

    def scaled_target(self, rows: np.ndarray) -> Tensor | SparseRows:
        """Scale what the decoder is to give, likewise."""
        return scaled_rows(rows, self.target_scaling, *self._dtype_and_device)

    def scaled_pair(
        self, rows: np.ndarray, target: np.ndarray | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scale rows and what the decoder is to give for them."""
        x = self.scaled(rows)
        return x, x if target is None else self.scaled_target(target)

    def loss_for(self, tables: list[np.ndarray]) -> Loss:
        """Give the loss for tables that `given` lists: of their cells that count.

        Columns that do not vary come back as they are, whatever is decoded.
        """
        _, device = self._dtype_and_device
        loss = self.loss.counting(self.target_scaling.varies_on(device))
        return loss.skipping_nan() if holds_nan(tables[-1]) else loss

    @property
    def _dtype_and_device(self) -> tuple[str, torch.device]:
        like = next(self.network.parameters())
        return str(like.dtype).removeprefix("torch."), like.device

    def _tensor(self, rows: np.ndarray) -> Tensor:
        like = next(self.network.parameters())
        return torch.from_numpy(np.require(rows, requirements="CW")).to(like)

    def _output(self, x: Tensor) -> Tensor:
        return self.network.decode(self.network.encode(x))

    def map_rows(
        self, function: Callable[..., Tensor], *tables: np.ndarray
    ) -> np.ndarray:
        """Apply a function to rows; refuse rows that overflow once they are scaled."""
        result = self.map(function, *tables)
        if is_finite(result):
            return result

        def are_beyond(rows):
            return self.scaled(rows).isinf().any(1)

        # NaN may be meant, as behind the end of a series.
        if np.isinf(result).any() or self.map(are_beyond, tables[0]).any():
            raise self.too_far()
        return result

    def too_far(self, name: str = "X") -> ValueError:
        """Make the error for rows that overflow once they are scaled."""
        return ValueError(
            f"Some values of {name} lie so far from those of the training data that"
            f" {self._dtype_and_device[0]} cannot hold them, or their squares, once"
            " they are scaled: mend or drop their rows."
        )

    def map(self, function: Callable[..., Tensor], *tables: np.ndarray) -> np.ndarray:
        """Apply a function of the network to codes or rows, made dense, by chunks."""
        self.network.eval()
        _, device = self._dtype_and_device
        alike = RowsAlike(self.network)
        n_rows, filled = tables[0].shape[0], None
        with inference(), reproducible(device), alike:
            width = max(len(s.center) for s in (self.scaling, self.target_scaling))
            # Scaled rows and activations stay in the processor's cache.
            size = at_a_time(width)
            # Matrix products round differently for odd numbers of rows, and on a GPU
            # for every other number of rows.
            multiple = PORTION if device.type == "cpu" else size
            for rows in gen_batches(n_rows, size):
                chunks = [padded(X[rows], multiple) for X in tables]
                with threads(alike.threads_for(len(chunks[0])), alike.n_threads):
                    result = function(*chunks)
                if filled is None:
                    filled = result.new_empty(n_rows, *result.shape[1:], device="cpu")
                filled[rows] = result[: rows.stop - rows.start]
            return filled.numpy()


def exact_square(output: Tensor, target: Tensor, reduction: str) -> Tensor:
    """Take the squared error of each cell in float64."""
    return (output - target).double().square()


def padded(rows: np.ndarray, multiple: int) -> np.ndarray:
    """Make rows dense, and repeat the last one until they are a multiple of so many."""
    rows = rows.toarray() if issparse(rows) else rows
    missing = -len(rows) % multiple
    return np.pad(rows, ((0, missing), (0, 0)), mode="edge") if missing else rows


def given(X: np.ndarray, target: np.ndarray | None) -> list[np.ndarray]:
    """List the tables, without a target if that is the rows."""
    return [X] if target is None else [X, target]
