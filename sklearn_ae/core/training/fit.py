"""A training from its first epoch to its last."""

from collections.abc import Callable, Sequence

from torch import Tensor

from ..batches import Rows
from ..schedule import (
    auto_batch_size,
    auto_max_epochs,
    auto_patience,
    threads_for,
)
from .callbacks import (
    SHOWN,
    Callback,
    CosineDecay,
    KeepBest,
    NoteBest,
    RequireFinite,
    set_step_size,
)
from .net import Net

#: How often the step size is cut before training ends.
N_CUTS = 3


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
    lr_schedule: str | None,
    callbacks: Sequence[Callback],
    verbose: int,
    n_warmup_epochs: float = 0,
    restart: Callable[[], dict[str, Tensor]] | None = None,
) -> float:
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
    lr, batch_size, max_epochs, early_stopping, n_iter_no_change, tol, lr_schedule, \
callbacks, verbose
        The estimators' parameters.
    n_warmup_epochs : float, default=0
        Epochs, from the net's first on, in which the objective changes. Early stopping
        begins behind them, but leaves itself one epoch at least.
    restart : callable, optional
        Gives the weights to keep where training did not better those that it started
        from. None: these.

    Returns
    -------
    float
        Loss of the weights that were kept.

    Raises
    ------
    ValueError
        If the loss stops being finite.
    """
    # As skorch: instances, classes, or pairs of a name and one of these.
    named = [c[-1] if isinstance(c, tuple) else c for c in callbacks]
    if not all(hasattr(callback, "on_epoch_end") for callback in named):
        raise ValueError(
            "The 'callbacks' parameter must be a list of skorch callbacks. Got"
            f" {callbacks!r} instead."
        )
    objective = net.module_
    objective.make_generators(rows.index.device, seed)
    objective.n_total = len(rows)
    n_rows = len(rows) + len(held_out or ())
    if batch_size == "auto":
        batch_size = auto_batch_size(n_rows)
    if max_epochs == "auto":
        max_epochs = auto_max_epochs(len(rows), batch_size)
    if n_iter_no_change == "auto":
        n_iter_no_change = auto_patience(len(rows), batch_size)
    monitor = "valid_loss" if held_out else "train_loss"
    n_cuts = N_CUTS if lr_schedule == "plateau" else 0
    n_before = len(net.history)
    n_ignored = min(n_warmup_epochs, n_before + max_epochs - 1)
    best = KeepBest(monitor, n_iter_no_change, tol, n_cuts, n_ignored, restart)
    net.batch_size, net.max_epochs = int(batch_size), int(max_epochs)
    net.lr, net.verbose = lr, verbose
    net.callbacks = [
        RequireFinite(),
        NoteBest(monitor, n_ignored),
        *([CosineDecay()] if lr_schedule == "cosine" else []),
        *callbacks,
        *(callback() for callback in SHOWN[min(int(verbose), 2)]),
        *([best] if early_stopping else []),
    ]
    net.initialize_callbacks()
    set_step_size(net, lr)
    try:
        with threads_for(objective.network, batch_size):
            net.partial_fit((rows, held_out))
        if early_stopping:
            return best.best_
        if curve := net.curve("train_loss"):
            return curve[-1]
        return net.evaluate(rows).sum().item() / len(rows)
    finally:
        objective.forget_generators()
