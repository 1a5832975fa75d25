"""Batches cut from tensors that are already on the device: no collation by the row."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor
from torch.utils.data import Dataset


class Rows(Dataset):
    """Some rows of tensors that belong together, by their indices: no copy is made."""

    def __init__(self, tensors: Mapping[str, Tensor], index: Tensor):
        self.tensors, self.index = tensors, index

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, i) -> dict[str, Tensor]:
        return {name: t[self.index[i]] for name, t in self.tensors.items()}


def all_rows(tensors: Mapping[str, Tensor]) -> Rows:
    """Take all rows."""
    x = tensors["input"]
    return Rows(tensors, torch.arange(len(x), device=x.device))


def hold_out(
    tensors: Mapping[str, Tensor], n_held_out: int, seed: int
) -> tuple[Rows, Rows | None]:
    """Split rows into those for training and some to judge by; None where none are."""
    every = all_rows(tensors)
    if not n_held_out:
        return every, None
    drawn_by = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(every), generator=drawn_by, device="cpu")
    order = order.to(every.index.device)
    return Rows(tensors, order[n_held_out:]), Rows(tensors, order[:n_held_out])


class Batches:
    """
    Batches of rows: of each tensor the part that belongs to them, by its name.

    Where they are shuffled, for training, a single row that is left over joins the
    batch before: a batch's statistics need two.
    """

    def __init__(
        self,
        dataset: Rows,
        batch_size: int,
        shuffled_by: torch.Generator | None = None,
    ):
        self.rows, self.batch_size = dataset, batch_size
        self.shuffled_by = shuffled_by
        n_full, left_over = divmod(len(dataset), batch_size)
        self.sizes = [batch_size] * n_full + [left_over] * (left_over > 0)
        if shuffled_by is not None and left_over == 1 and n_full:
            self.sizes[-2:] = [batch_size + 1]

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        order = self.rows.index
        if self.shuffled_by is not None:
            order = order[
                torch.randperm(
                    len(order), generator=self.shuffled_by, device=order.device
                )
            ]
        for index in order.split(self.sizes):
            yield {k: t.index_select(0, index) for k, t in self.rows.tensors.items()}
