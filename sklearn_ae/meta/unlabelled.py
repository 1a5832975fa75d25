"""Rows that have no label."""

import numpy as np

from ..core.warn import warn_user

#: Label of such rows, as in `sklearn.semi_supervised`.
UNLABELLED = -1


def find_unlabelled(y: np.ndarray, classes: np.ndarray | None = None) -> np.ndarray:
    """
    Find the rows that -1 marks, unless all labels are in {-1, 1} or strings.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.
    classes : ndarray of shape (n_classes,), default=None
        The classes that are known already. None: they are those of `y`.

    Returns
    -------
    ndarray of shape (n_samples,)
        Whether a row has no label.

    Raises
    ------
    ValueError
        If labels are missing values of pandas.
    """
    names = y if classes is None else classes
    if y.dtype.kind not in "iufO" or set(names.tolist()) <= {-1, 1}:
        return np.zeros(len(y), bool)
    try:
        return np.asarray(y == UNLABELLED, bool)
    except TypeError as error:  # pandas.NA is neither true nor false
        raise ValueError(
            "y holds missing values. Mark rows without a label by -1:"
            " y = y.astype(object).fillna(-1)."
        ) from error


def warn_of_strings(y: np.ndarray) -> None:
    """Warn of "-1" among strings, which may have been a number before."""
    if y.dtype.kind == "U" and (y == str(UNLABELLED)).any():
        warn_user(
            "y has the label '-1' as a string, which is a class like others. Rows"
            " without a label have -1 as a number, beside strings in an array of dtype"
            " object: y = np.array(y, dtype=object), before it is made one of strings."
        )


def warn_of_doubtful(y: np.ndarray, unlabelled: np.ndarray) -> None:
    """Warn of labels -1 that may have been meant otherwise than they are taken."""
    names = set(y[~unlabelled].tolist())
    if len(names) > 2:  # two are two classes, whatever they are called
        warn_of_strings(y)
    is_minority = 0 < unlabelled.sum() < len(y) / 2
    if is_minority and names == {0, 1}:
        warn_user(
            f"y is -1 in {unlabelled.sum()} of {len(y)} rows, beside 0 and 1: these are"
            " taken for rows without a label. If -1 is a class, give it another number:"
            " y = np.where(y == -1, 2, y)."
        )
