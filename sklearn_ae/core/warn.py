"""Warnings that point to the user's line."""

import sys
import warnings

from sklearn.exceptions import UndefinedMetricWarning

#: Whose calls are no lines of the user's.
PASSED = {"sklearn_ae", "sklearn", "skorch", "torch", "joblib", "contextlib"}


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called the library, however deep inside this is known."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and _package(frame) in PASSED:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def undefined_score(why: str) -> float:
    """Give NaN for a score that says nothing, with a warning."""
    warn_user(why, UndefinedMetricWarning)
    return float("nan")


def _package(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0]
