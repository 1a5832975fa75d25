"""A training from its first epoch to its last."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import NamedTuple

from .. import modes
from ..batches import Rows, sizes_for
from ..cudnn import reproducible
from ..products import shared
from ..schedule import (
    auto_batch_size,
    auto_max_epochs,
    auto_patience,
)
from ..streams import own_stream
from ..threads import threads
from .callbacks import (
    SHOWN,
    Callback,
    CosineDecay,
    KeepAverage,
    KeepBest,
    NoteBest,
    PutBack,
    RequireFinite,
    Retrace,
    require_finite_loss,
    require_finite_weights,
    set_step_size,
)
from .net import Net
from .rehearsal import draws_by_itself

#: How often the step size is cut before training ends.
N_CUTS = 3


class Outcome(NamedTuple):
    """
    How a training ended.

    Parameters
    ----------
    loss : float
        That of the weights that were kept.
    step_sizes : list of float
        Those of the epochs that led to these weights, where early stopping chose them;
        none if they are the start's.
    interrupted : bool
        Whether someone ended it before its time.
    """

    loss: float
    step_sizes: list[float]
    interrupted: bool


# Entered anew for each: a Ctrl-C within torch's `no_grad` can leave gradients off.
@modes.training()
def train(
    net: Net,
    rows: Rows,
    held_out: Rows | None,
    *,
    seed: int,
    lr: float,
    batch_size: str | int,
    max_epochs: str | int,
    early_stopping: bool,
    n_iter_no_change: str | int,
    tol: float,
    lr_schedule: str | None = None,
    step_sizes: list[float] | None = None,
    batch_sizes: list[int] | None = None,
    callbacks: Sequence[Callback],
    verbose: int,
    n_warmup_epochs: float = 0,
    n_together: int = 1,
    caution: float = 1,
    second_opinion: Callable | None = None,
) -> Outcome:
    """
    Train a net on rows that are on its device already; Ctrl-C ends it cleanly.

    Parameters
    ----------
    net : Net
        As `make_net` returns it, or trained before.
    rows : Rows
        The scaled rows to train on, ``"input"``, and whatever else of `Batch` belongs
        to them.
    held_out : Rows or None
        Those that early stopping goes by. None: it goes by the former.
    seed : int
        Of the order and the noise.
    lr, batch_size, max_epochs, early_stopping, n_iter_no_change, tol, callbacks, \
verbose, lr_schedule
        The estimators' parameters.
    step_sizes : list of float or None
        That of each epoch, where another training went the same way. The weights are
        averaged then.
    batch_sizes : list of int or None
        How many rows each batch of an epoch takes. None: as many as `batch_size` says.
    n_warmup_epochs : float, default=0
        Epochs, from the net's first on, in which the objective changes. Early stopping
        begins behind them, but leaves itself one epoch at least.
    n_together : int, default=1
        Rows that the objective takes together, at least, as far as batches have them;
        of those left over, half as many.
    caution : float, default=1
        Standard errors by which early stopping wants weights to beat the start's.
    second_opinion : callable or None
        Another objective, by which weights have to beat the start's, too.

    Returns
    -------
    Outcome
        Loss of the weights that were kept, and the way to them.

    Raises
    ------
    ValueError
        If the loss or the weights stop being finite.
    """
    # As skorch: instances, classes, or pairs of a name and one of these.
    named = [c[-1] if isinstance(c, tuple) else c for c in callbacks]
    if not all(hasattr(callback, "on_epoch_end") for callback in named):
        raise ValueError(
            "The 'callbacks' parameter must be a list of skorch callbacks. Got"
            f" {callbacks!r} instead."
        )
    if lr_schedule == "plateau" and not early_stopping:
        raise ValueError(
            "The 'lr_schedule' parameter is 'plateau', which needs early_stopping=True:"
            " it goes by the loss of rows held out. Use 'cosine' or None without."
        )
    objective, device = net.module_, rows.index.device
    objective.n_total = len(rows)
    draws = draws_by_itself(objective, rows, seed)
    stream = own_stream(seed, device) if draws else nullcontext()
    objective.make_generators(device, seed)
    n_rows = len(rows) + len(held_out or ())
    if batch_size == "auto":
        batch_size = auto_batch_size(n_rows)
    if max_epochs == "auto":
        max_epochs = auto_max_epochs(len(rows), batch_size)
    if n_iter_no_change == "auto":
        n_iter_no_change = auto_patience(len(rows), batch_size)
    monitor = "valid_loss" if held_out else "train_loss"
    retraced = step_sizes is not None
    # Held-out rows judge the average, and what was judged is what is repeated. Without
    # them early stopping goes by the training losses, of the weights themselves.
    averaged = retraced or (early_stopping and held_out is not None)
    n_cuts = N_CUTS if lr_schedule == "plateau" else 0
    n_before = len(net.history)
    n_ignored = min(n_warmup_epochs, n_before + max_epochs - 1)
    best = KeepBest(
        monitor, n_iter_no_change, tol, n_cuts, n_ignored, caution, second_opinion
    )
    net.batch_size, net.max_epochs = int(batch_size), int(max_epochs)
    # A batch's statistics need two rows.
    fewest = max(2, (min(n_together, net.batch_size) + 1) // 2)
    net.batch_sizes = batch_sizes or sizes_for(len(rows), net.batch_size, fewest)
    net.n_together = n_together
    net.has_guests = bool(callbacks)
    net.lr, net.verbose = float(lr), verbose
    net.callbacks = [
        RequireFinite(),
        NoteBest(monitor, n_ignored),
        *([PutBack(best)] if early_stopping else []),
        *([CosineDecay()] if lr_schedule == "cosine" else []),
        *([Retrace(step_sizes)] if retraced else []),
        *callbacks,
        *([KeepAverage()] if averaged else []),
        *(callback() for callback in SHOWN[min(int(verbose), 2)]),
        *([best] if early_stopping else []),
    ]
    net.initialize_callbacks()
    set_step_size(net, net.lr)
    try:
        # Compiled code has products of its own.
        by_torch = device.type != "cpu" or net.compile
        sharing = shared(objective.network, max(net.batch_sizes), by_torch)
        with sharing as net.products, stream, reproducible(device):
            net.partial_fit((rows, held_out))
            require_finite_weights(net)
            curve = net.curve("train_loss")
            interrupted = len(curve) - n_before < max_epochs and not net.ended
            if early_stopping:
                return Outcome(best.best_, best.step_sizes_to_best_, interrupted)
            require_finite_loss(net, rows)
            loss = curve[-1] if curve else net.mean_loss(rows)
            return Outcome(loss, [], interrupted)
    finally:
        net.forget_training()
        objective.forget_generators()


def mean_loss(net: Net, rows: Rows, seed: int) -> float:
    """Take the mean loss of some rows by a net that has been trained."""
    objective, device = net.module_, rows.index.device
    objective.make_generators(device, seed)
    try:
        with threads(1), own_stream(seed, device), reproducible(device):
            return net.mean_loss(rows)
    finally:
        objective.forget_generators()
