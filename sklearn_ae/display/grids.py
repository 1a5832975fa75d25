"""Which codes a grid of decoded rows is made of."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .axes import autoencoder_of
from .cells import Layout, in_bars, layout_of

#: Codes drawn to see where they lie, ...
N_DRAWN = 2000
#: ... and the shares of them below which a grid begins and ends.
FROM, TO = 0.02, 0.98


def typical_codes(estimator: Any, codes: Any) -> tuple[Any, np.ndarray]:
    """Give the autoencoder, and codes as they are drawn by its prior or density."""
    check_is_fitted(estimator)
    autoencoder = autoencoder_of(estimator)
    if codes is not None:
        return autoencoder, np.asarray(codes)
    if not hasattr(autoencoder, "_draw_codes"):
        raise ValueError(
            f"{type(estimator).__name__} does not say where its codes lie: give the"
            " 'codes' parameter, such as those of the training rows."
        )
    return autoencoder, autoencoder._draw_codes(N_DRAWN, np.random.RandomState(0))


def quantiles(codes: np.ndarray, n_steps: int) -> np.ndarray:
    """Give quantiles of each unit, an array of shape (n_steps, n_components)."""
    return np.quantile(codes, np.linspace(FROM, TO, n_steps), axis=0)


def decoded_cells(
    autoencoder: Any, codes: np.ndarray, image_shape: Sequence[int] | None
) -> tuple[np.ndarray, Layout]:
    """Decode a grid of codes, of shape (n_lines, n_columns, n_components)."""
    flat = codes.reshape(-1, codes.shape[-1])
    rows = np.asarray(autoencoder.inverse_transform(flat))
    layout = layout_of(rows.shape[1:], image_shape, autoencoder)
    cells = layout.cells(in_bars(rows, layout, autoencoder))
    return cells.reshape(*codes.shape[:2], *cells.shape[1:]), layout
