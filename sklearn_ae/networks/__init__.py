"""Networks that every objective can train."""

from .conv import Conv
from .dense import Dense
from .recurrent import Recurrent

__all__ = ["Conv", "Dense", "Recurrent"]
