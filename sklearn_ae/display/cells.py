"""Rows as small pictures side by side: images, lines or bars, all in one axes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..networks.images import images_of
from ..networks.series import series_of
from .axes import autoencoder_of

#: Inches of a cell that is an image or lines.
SIZE = 0.6
#: Share of a cell that lines and bars fill.
FILLED = 0.85


class Layout(NamedTuple):
    """
    How a row is drawn.

    Parameters
    ----------
    kind : {"image", "line", "bar"}
        As an image; as a line for each channel; as a bar for each feature.
    shape : tuple of int
        Of a row: (height, width), (channels, height, width) or (height, width,
        channels); else (n_points,) or (n_points, n_channels).
    channels_last : bool
        Whether images have their channels last.
    """

    kind: str
    shape: tuple[int, ...]
    channels_last: bool = False

    def cells(self, rows: np.ndarray) -> np.ndarray:
        """Give rows the shape that `draw` takes, whatever shape they have."""
        rows = np.asarray(rows, dtype=float)
        n_values = int(np.prod(self.shape))
        if rows[0].size != n_values:
            raise ValueError(
                f"Rows of {rows[0].size} values cannot be drawn with the shape"
                f" {self.shape}: give their image_shape, or None."
            )
        rows = rows.reshape(len(rows), *self.shape)
        if self.kind == "image":
            if len(self.shape) == 2:
                return rows
            if not self.channels_last:
                rows = np.moveaxis(rows, 1, -1)
            return rows if rows.shape[-1] == 3 else rows.mean(-1)
        return rows.reshape(len(rows), self.shape[0], -1).swapaxes(1, 2)


def layout_of(
    shape: Sequence[int], image_shape: Sequence[int] | None, estimator: Any = None
) -> Layout:
    """
    Find how to draw rows: as images if they are known to be, else as lines or bars.

    Parameters
    ----------
    shape : sequence of int
        Of a row.
    image_shape : sequence of int or None
        What the user says of it.
    estimator : object
        Whose network may know more. Columns that it brings to one common scale are
        drawn as a line, others as bars.

    Returns
    -------
    Layout
        How a row is drawn.
    """
    if image_shape is not None:
        last = len(image_shape) == 3 and image_shape[-1] in (1, 3)
        return Layout("image", tuple(image_shape), last)
    inner = autoencoder_of(estimator)
    network = getattr(inner, "network_", None)
    images = images_of(network) if network else None
    if images is not None and images.height > 1:
        size = images.height, images.width
        channels, rest = divmod(int(np.prod(shape)), images.height * images.width)
        if not rest and images.channels_last:
            return Layout("image", (*size, channels), channels_last=True)
        if not rest:
            return Layout("image", (channels, *size))
    if len(shape) > 1:
        return Layout("line", (shape[0], int(np.prod(shape[1:]))))
    series = series_of(network) if network else None
    if series is not None and shape[0] % series.n_features == 0:
        return Layout("line", (shape[0] // series.n_features, series.n_features))
    scaling = scaling_of(inner)
    if scaling is None:
        return Layout("line", tuple(shape))
    scales = np.unique(scaling.scale[scaling.scale > 0])
    return Layout("bar" if len(scales) > 1 else "line", tuple(shape))


def scaling_of(estimator: Any) -> Any:
    """Give the scaling of what an estimator's decoder gives, if it has one."""
    target = getattr(estimator, "target_scaling_", None)
    return target or getattr(estimator, "scaling_", None)


def in_bars(
    rows: np.ndarray, layout: Layout, estimator: Any, of_input: bool = False
) -> np.ndarray:
    """Scale rows that are drawn as bars: their columns have units of their own."""
    inner = autoencoder_of(estimator)
    scaling = getattr(inner, "scaling_", None) if of_input else scaling_of(inner)
    if layout.kind != "bar" or scaling is None:
        return rows
    return (np.asarray(rows, dtype=float) - scaling.center) / scaling.divisor


def figure_size(
    cells: np.ndarray, kind: str, names: Sequence[str] = ("", "")
) -> tuple[float, float]:
    """Choose the size of a figure for a grid of cells and their names, in inches."""
    n_lines, n_columns = cells.shape[:2]
    tall = cells.shape[2] / cells.shape[3] if kind == "image" else 1
    size = min(SIZE, 10 / n_columns, 10 / (n_lines * tall))
    beside = 0.5 + 0.08 * max(len(name) for name in names)
    return max(3.0, n_columns * size + beside), max(1.0, n_lines * size * tall + 0.4)


def draw(
    ax: Any, cells: np.ndarray, kind: str, names: Sequence[str] = (), **style: Any
) -> Any:
    """
    Draw a grid of cells in one axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    cells : ndarray of shape (n_lines, n_columns, ...)
        Of images, (..., height, width) or (..., height, width, 3); of lines and bars,
        (..., channels, n_points).
    kind : {"image", "line", "bar"}
        How.
    names : sequence of str
        What stands beside the lines of the grid.
    **style : dict
        Passed to ``imshow``, or to ``LineCollection``.

    Returns
    -------
    matplotlib.image.AxesImage or list of matplotlib.collections.LineCollection
        What was drawn: of lines and bars a collection for each channel.
    """
    if kind == "image":
        drawn, step = draw_images(ax, cells, style), cells.shape[2] + 1
        middle = cells.shape[2] / 2 - 0.5
    else:
        drawn, step, middle = draw_lines(ax, cells, kind, style), 1, 0.5
    ax.set_yticks(middle + step * np.arange(len(names)), names)
    ax.set_xticks([])
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return drawn


def draw_images(ax: Any, cells: np.ndarray, style: Any) -> Any:
    """Draw images as the tiles of one; a few values may lie beyond black and white."""
    low, high = np.nanquantile(cells, [0.01, 0.99])
    style = {"vmin": low, "vmax": high} | style
    if cells.ndim == 5:
        low, high = style["vmin"], style["vmax"]
        cells = np.clip((cells - low) / max(high - low, 1e-12), 0, 1)
    n_lines, n_columns, height, width, *channels = cells.shape
    gaps = [(0, 0), (0, 0), (0, 1), (0, 1), *[(0, 0) for _ in channels]]
    blank = 1.0 if channels else np.nan
    tiles = np.pad(cells, gaps, constant_values=blank).swapaxes(1, 2)
    picture = tiles.reshape(n_lines * (height + 1), n_columns * (width + 1), *channels)
    settings = {"cmap": "gray", "interpolation": "nearest"} | style
    return ax.imshow(picture[:-1, :-1], **settings)


def draw_lines(ax: Any, cells: np.ndarray, kind: str, style: Any) -> Any:
    """Draw lines, or bars from zero, each in a box of width and height one."""
    from matplotlib.collections import LineCollection

    n_lines, n_columns, n_channels, n_points = cells.shape
    low, high = np.nanmin(cells), np.nanmax(cells)
    if kind == "bar":
        low, high = min(low, 0), max(high, 0)
    unit = FILLED / max(high - low, 1e-12)
    line, column = np.mgrid[:n_lines, :n_columns, :1][:2]
    x = column + (1 - FILLED) / 2 + FILLED * (np.arange(n_points) + 0.5) / n_points
    collections = []
    for channel in range(n_channels):
        bottom = line + 1 - (1 - FILLED) / 2
        y = bottom - unit * (cells[:, :, channel] - low)
        if kind == "bar":
            zero = np.broadcast_to(bottom + unit * low, y.shape)
            ends = np.stack([np.stack([x, zero], -1), np.stack([x, y], -1)], -2)
            segments, width = ends.reshape(-1, 2, 2), 25 / n_points
        else:
            segments = np.stack([np.broadcast_to(x, y.shape), y], -1)
            segments, width = segments.reshape(-1, n_points, 2), 1
        settings = {"colors": f"C{channel}", "linewidths": width} | style
        collections.append(ax.add_collection(LineCollection(segments, **settings)))
    ax.set(xlim=(0, n_columns), ylim=(n_lines, 0))
    return collections
