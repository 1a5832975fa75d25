"""Batches cut from tensors that are already on the device: no collation by the row."""

from collections.abc import Iterator, Mapping
from itertools import accumulate, pairwise

import torch
from torch import Tensor
from torch.utils.data import Dataset

from .schedule import count_held_out


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
    tensors: Mapping[str, Tensor], fraction: float | None, seed: int
) -> tuple[Rows, Rows | None]:
    """Split rows into those for training and a share to judge by, or None."""
    every = all_rows(tensors)
    n_held_out = 0 if fraction is None else count_held_out(len(every), fraction)
    if not n_held_out:
        return every, None
    drawn_by = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(every), generator=drawn_by, device="cpu")
    order = order.to(every.index.device)
    return Rows(tensors, order[n_held_out:]), Rows(tensors, order[:n_held_out])


def sizes_for(n_rows: int, batch_size: int, fewest: int = 1) -> list[int]:
    """Cut rows into batches; fewer than `fewest` left over join the batch before."""
    n_full, left_over = divmod(n_rows, batch_size)
    sizes = [batch_size] * n_full + [left_over] * (left_over > 0)
    if n_full and 0 < left_over < fewest:
        sizes[-2:] = [batch_size + left_over]
    return sizes


def sizes_alike(n_rows: int, sizes: list[int]) -> list[int]:
    """Cut other rows into as many batches, each of the same share of them."""
    ends = [round(end * n_rows / sum(sizes)) for end in accumulate(sizes)]
    return [end - start for start, end in pairwise([0, *ends])]


class Batches:
    """
    Batches of rows: of each tensor the part that belongs to them, by its name.

    Parameters
    ----------
    rows : Rows
        What is cut.
    sizes : list of int
        How many go into each batch.
    shuffled_by : torch.Generator or None
        What draws their order. None: they stay in theirs.
    """

    def __init__(
        self,
        rows: Rows,
        sizes: list[int],
        shuffled_by: torch.Generator | None = None,
    ):
        self.rows, self.sizes, self.shuffled_by = rows, sizes, shuffled_by

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
