"""What the divergence from the prior is made of: information, dependence, the rest."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from .gaussians import Normal, log_standard_normal


class Decomposition(NamedTuple):
    """
    Parts of the average divergence of a batch's codes from the standard normal.

    Parameters
    ----------
    information : Tensor of shape ()
        Mutual information of rows and codes.
    total_correlation : Tensor of shape ()
        Dependence of the code units on one another.
    by_unit : Tensor of shape ()
        Divergence of each unit from the prior, summed.
    """

    information: Tensor
    total_correlation: Tensor
    by_unit: Tensor


def decompose(
    q: Normal, z: Tensor, n_total: int, estimator: str = "weighted"
) -> Decomposition:
    """
    Decompose the divergence from the prior (Chen et al., 2018); all in nats.

    Parameters
    ----------
    q : Normal
        Distributions of the codes of a batch of rows.
    z : Tensor of shape (n_rows, n_components)
        A code drawn from each.
    n_total : int
        Number of rows that the batch is taken from.
    estimator : {"weighted", "stratified"}
        How the density of all codes is estimated by those of the batch.

    Returns
    -------
    Decomposition
        Their sum is the divergence, estimated by the same draws.
    """
    by_pair = q.log_densities(z)
    log_weights = WEIGHTS[estimator](len(z), n_total, z.device).to(z)[..., None]
    given_row = by_pair.diagonal().sum(0)
    together = (by_pair.sum(2) + log_weights[..., 0]).logsumexp(1)
    apart = (by_pair + log_weights).logsumexp(1).sum(1)
    prior = log_standard_normal(z)
    return Decomposition(
        (given_row - together).mean(), (together - apart).mean(), (apart - prior).mean()
    )


def log_weighted(n_rows: int, n_total: int, device: torch.device) -> Tensor:
    """Weigh all rows of the batch alike, as if each code were of another batch."""
    weight = -math.log(n_rows * n_total)
    return torch.full((n_rows, n_rows), weight, dtype=torch.float64, device=device)


def log_stratified(n_rows: int, n_total: int, device: torch.device) -> Tensor:
    """Weigh a code's own row as one of all rows, and let the others weigh the rest."""
    n_others, like = n_rows - 1, {"dtype": torch.float64, "device": device}
    if n_others == 0:
        return torch.zeros(1, 1, **like)
    weights = torch.full((n_rows, n_rows), 1 / n_others, **like)
    rest = max(n_total - n_others, 1) / (n_total * n_others)
    rows = torch.arange(n_rows, device=device)
    weights[rows, rows] = 1 / n_total
    weights[rows, (rows + 1) % n_rows] = rest
    return weights.log()


WEIGHTS = {"weighted": log_weighted, "stratified": log_stratified}
