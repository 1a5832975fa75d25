"""Whether a user's functions take what they are given."""

import inspect
from collections.abc import Callable
from typing import Any


def require_takes(function: Callable, arguments: str, name: str) -> None:
    """
    Check that a function of the user's takes what it will be given.

    Parameters
    ----------
    function : callable
        The function.
    arguments : str
        Names of what it is given, separated by commas.
    name : str
        The hyperparameter that it is.

    Raises
    ------
    ValueError
        If it takes fewer, or more.
    """
    if reason := why_not_called(function, *arguments.split(", ")):
        raise ValueError(
            f"The {name!r} parameter must be a function of ({arguments}). Got {reason}"
        )


def why_not_called(function: Callable, *args: Any, **kwargs: Any) -> str:
    """Give a function's signature and why it takes no such call; "" if it does."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # as of some that are written in C
        return ""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        return f"{signature}: {error}."
    return ""
