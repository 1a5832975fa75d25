"""Arrays of numpy as torch's tensors, without a copy."""

import numpy as np
import torch
from torch import Tensor

READABLE = np.dtype(np.float32), np.dtype(np.float64)


def as_tensor(X: np.ndarray) -> Tensor | None:
    """Give an array's own memory as a tensor, or None if torch would not have it."""
    # It wants steps forwards, of whole numbers, and warns of what it may not write.
    plain = all(step >= 0 and step % X.itemsize == 0 for step in X.strides)
    if X.dtype not in READABLE or not plain or not X.flags.writeable:
        return None
    return torch.from_numpy(X)
