"""Networks that every objective can train."""

from .dense import Dense

__all__ = ["Dense"]
