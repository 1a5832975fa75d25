"""Batches cut from a tensor that is already on the device: no collation by the row."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import Dataset


class Rows(Dataset):
    """Some rows of a tensor, by their indices: no copy of the data is made."""

    def __init__(self, x: Tensor, index: Tensor):
        self.x, self.index = x, index

    def __len__(self) -> int:
        return len(self.index)


class Batches:
    """Batches cut from a tensor that is already on the device."""

    def __init__(
        self,
        dataset: Rows,
        batch_size: int,
        shuffled_by: torch.Generator | None = None,
    ):
        self.rows, self.batch_size = dataset, batch_size
        self.shuffled_by = shuffled_by

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        order = self.rows.index
        if self.shuffled_by is not None:
            order = order[
                torch.randperm(
                    len(order), generator=self.shuffled_by, device=order.device
                )
            ]
        for index in order.split(self.batch_size):
            yield self.rows.x.index_select(0, index)
