"""What all displays do: import matplotlib when something is drawn, and find axes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def pyplot(display: Any) -> Any:
    """Import matplotlib for a display, with scikit-learn's message if it is missing."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{type(display).__name__}.plot requires matplotlib. You can install"
            " matplotlib with `pip install matplotlib`"
        ) from error
    return plt


def axes_for(display: Any, ax: Any, figsize: tuple[float, float] | None = None) -> Any:
    """Give the axes to draw on, new ones if there are none, and remember them."""
    plt = pyplot(display)
    if ax is None:
        _, ax = plt.subplots(figsize=figsize, layout="compressed")
    display.ax_, display.figure_ = ax, ax.figure
    return ax


def legend(ax: Any, *, outside: bool, **settings: Any) -> None:
    """Add a legend beside the axes, or inside them if the figure is not ours."""
    place = {"loc": "center left", "bbox_to_anchor": (1, 0.5)} if outside else {}
    ax.legend(**({"loc": "upper right"} | place | settings))


def named(estimators: Any) -> dict[str, Any]:
    """Name estimators, one or several, by their classes unless they have names."""
    if isinstance(estimators, Mapping):
        return dict(estimators)
    if not isinstance(estimators, Sequence):
        estimators = [estimators]
    names = [type(estimator).__name__ for estimator in estimators]
    if len(set(names)) < len(names):
        names = [f"{name} {i}" for i, name in enumerate(names, 1)]
    return dict(zip(names, estimators, strict=True))


def autoencoder_of(estimator: Any) -> Any:
    """Give the autoencoder inside of an estimator that is made of one."""
    return getattr(estimator, "autoencoder_", estimator)


def method_of(estimator: Any, name: str) -> Callable:
    """Give the method or attribute that a display needs, or say where it may be."""
    if not hasattr(estimator, name):
        inner_has = hasattr(autoencoder_of(estimator), name)
        raise ValueError(
            f"{type(estimator).__name__} has no {name}, which this display needs."
            f"{' Its autoencoder_ has.' if inner_has else ''}"
        )
    return getattr(estimator, name)


def groups_of(y: Any, n: int) -> list[tuple[str | None, np.ndarray]]:
    """List the labels with the indices of their rows; one nameless group without."""
    if y is None:
        return [(None, np.arange(n))]
    y = np.asarray(y)
    return [(str(label), np.flatnonzero(y == label)) for label in np.unique(y)]
