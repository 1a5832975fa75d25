"""A linear head on an autoencoder's code, and the objective that trains both."""

from collections.abc import Callable, Iterable

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from ..core.objective import Batch, at_the_end
from ..core.sparse import SparseRows
from ..core.types import Network
from ..variants.corruption import corrupt


class Headed(nn.Module):
    """
    An autoencoder's network with a linear head on its code.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    n_components, n_outputs : int
        Width of the code and of the prediction.
    """

    def __init__(self, network: Network, n_components: int, n_outputs: int):
        super().__init__()
        self.network = network
        self.head = nn.utils.skip_init(nn.Linear, n_components, n_outputs)
        for parameter in self.head.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Predict from scaled rows."""
        return self.head(self.network.encode(x))

    def start(self, batches: Iterable[dict[str, Tensor]], error: Callable) -> None:
        """
        Take the best head for codes that stay as they are: a linear model's.

        The squared weights for standardised codes are added to twice the summed error:
        scikit-learn's ``LogisticRegression`` of three classes or more, with ``C=2`` of
        two, and ``Ridge(alpha=0.5 * n_outputs)``.

        Parameters
        ----------
        batches : iterable of dict of tensors
            Rows for training, with their labels and weights.
        error : callable
            As for `supervised`.
        """
        with torch.no_grad():
            parts = [
                (self.network.encode(b["input"]), b["label"], b["weight"])
                for b in batches
            ]
        codes, label, weight = map(torch.cat, zip(*parts, strict=True))
        spread = codes.std(0, correction=0)
        optimizer = torch.optim.LBFGS(
            self.head.parameters(), max_iter=100, line_search_fn="strong_wolfe"
        )

        def closure():
            optimizer.zero_grad()
            penalty = (self.head.weight * spread).square().sum() / (2 * len(codes))
            loss = (weight * error(self.head(codes), label)).mean() + penalty
            loss.backward()
            return loss

        optimizer.step(closure)


def supervised(
    network: Headed,
    batch: Batch,
    generator: Generator,
    *,
    error: Callable[[Tensor, Tensor], Tensor],
    noise: str | Callable,
    noise_level: float,
    reconstruction: Callable,
    reconstruction_weight: float,
    rows: Tensor | SparseRows,
) -> Tensor:
    """
    Predict the labels from the codes of corrupted rows, and go on rebuilding rows.

    Parameters
    ----------
    network : Headed
        To be fine-tuned.
    batch : Batch
        Rows with label and weight.
    generator : Generator
        Source of random numbers.
    error : callable
        ``(prediction, label) -> Tensor of shape (n_rows,)``.
    noise, noise_level
        Corruption of the rows in training, as of `DenoisingAE`.
    reconstruction : callable
        The autoencoder's own objective.
    reconstruction_weight : float
        Its weight, in training.
    rows : Tensor of shape (n_rows, n_features)
        Labelled and unlabelled rows; as many as the batch has are drawn for it.

    Returns
    -------
    Tensor of shape ()
        The loss.
    """
    x = batch.input
    if network.training and noise_level:
        x, _ = corrupt(x, noise, noise_level, generator, network)
    loss = (batch.weight * error(network(x), batch.label)).mean()
    if network.training and reconstruction_weight:
        shape = (len(x),)
        drawn = torch.randint(len(rows), shape, generator=generator, device=x.device)
        target = rows.index_select(0, drawn)
        more = {"epoch": at_the_end(batch.epoch), "n_total": len(rows)}
        loss = loss + reconstruction_weight * reconstruction(
            network.network, Batch(target, target, batch.loss, **more), generator
        )
    return loss


def cross_entropy(prediction: Tensor, label: Tensor) -> Tensor:
    """Take minus the log-probability of each row's class."""
    return F.cross_entropy(prediction, label, reduction="none")


def squared_error(prediction: Tensor, label: Tensor) -> Tensor:
    """Average the squared errors of each row's outputs; NaN is not known."""
    label = torch.where(label.isnan(), prediction.detach(), label)
    return F.mse_loss(prediction, label, reduction="none").mean(1)
