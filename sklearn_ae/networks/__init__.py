"""Networks that every objective can train."""

from .conv import Conv
from .dense import Dense

__all__ = ["Conv", "Dense"]
