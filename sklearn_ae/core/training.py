"""Training: optimiser, early stopping, device. The only module that knows skorch.

The net's module returns the loss itself, so that ``compile``, mixed precision and
distributed wrappers see the whole of it.
"""

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EpochTimer, PrintLog
from skorch.utils import TeeGenerator
from torch import Tensor, nn

from .batches import Batches, Rows
from .objective import Objective
from .progress import Progress
from .schedule import (
    auto_batch_size,
    auto_max_epochs,
    auto_patience,
    count_held_out,
    threads_for,
)

OPTIMIZERS = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}
#: Parts of the held-out rows whose losses tell an improvement from luck ...
N_PARTS = 10
#: ... each of this many rows at most.
CHUNK = 512
#: How often the step size is cut before training ends.
N_CUTS = 3


class TakeLoss(nn.Module):
    """The criterion of a module whose output is the loss already."""

    def forward(self, loss: Tensor, _: Any) -> Tensor:
        """Return the loss."""
        return loss


class Net(NeuralNet):
    """
    A skorch net with a lean epoch: the losses are read from the device once an epoch.

    What it overrides are skorch's public hooks; per batch it costs about as much as a
    loop written by hand (see ``tests/benchmarks``).
    """

    @property
    def _default_callbacks(self):
        return []

    def get_split_datasets(self, X, y=None, **params):
        """Take the pair (training rows, validation rows or None) as it comes."""
        return X

    def get_iterator(self, dataset, training=False):
        """Cut batches: shuffled ones for training, a few parts for validation."""
        if training:
            return Batches(dataset, self.batch_size, self.module_.generator)
        return Batches(dataset, min(CHUNK, -(-len(dataset) // N_PARTS)))

    def train_step(self, batch, **params):
        """Make one step of the optimiser."""

        def closure():
            self.optimizer_.zero_grad()
            loss = self.module_(batch)
            loss.backward()
            self.notify(
                "on_grad_computed",
                named_parameters=TeeGenerator(self.get_all_learnable_params()),
                batch=batch,
                training=True,
            )
            return loss

        return {"loss": self.optimizer_.step(closure), "y_pred": None}

    def validation_step(self, batch, **params):
        """Take the loss of a batch of held-out rows."""
        # An objective may differentiate with respect to its input: no `no_grad` here.
        return {"loss": self.module_(batch).detach(), "y_pred": None}

    def run_single_epoch(self, iterator, training, prefix, step_fn, **params):
        """Make one pass over the batches and record the mean loss of a row."""
        if iterator is None:
            return
        self.module_.train(training)
        total, n_rows = zero(self.device), 0
        for batch in iterator:
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch)
            # In place: a tensor kept for each batch would fragment the heap.
            total.add_(step["loss"].detach(), alpha=n_rows_of(batch))
            n_rows += n_rows_of(batch)
            if training:
                self.module_.epoch.add_(1 / len(iterator))
            self.notify("on_batch_end", batch=batch, training=training, **step)
        self.history.record(f"{prefix}_loss", total.item() / n_rows)

    def evaluate(self, rows: Rows) -> Tensor:
        """Take the summed losses of some rows by parts, without training on them."""
        self.module_.eval()
        parts = self.get_iterator(rows)
        sums = [self.module_(part).detach() * n_rows_of(part) for part in parts]
        return torch.stack(sums).double()

    def curve(self, name: str) -> list[float]:
        """Give a loss by epoch; an epoch that was interrupted has none."""
        return [epoch[name] for epoch in self.history if name in epoch]


def n_rows_of(batch: dict[str, Tensor]) -> int:
    """Count the rows of a batch."""
    return len(batch["input"])


def zero(device: str | torch.device) -> Tensor:
    """Start a sum on the device."""
    return torch.zeros((), dtype=torch.float64, device=device)


class RequireFinite(Callback):
    """End a training that diverged, naming the remedy."""

    def on_epoch_end(self, net, **_):
        """Look at the epoch's mean loss."""
        loss = net.history[-1, "train_loss"]
        if not math.isfinite(loss):
            raise ValueError(
                f"The loss became {loss} in epoch {len(net.history)}: training"
                f" diverged. The likely causes are a step size that is too large"
                f" (lr={net.lr}; try a tenth of it) and data on very different scales"
                " (with scale=None; try scale='auto')."
            )


class CosineDecay(Callback):
    """Lower the step size to nearly zero along half a cosine."""

    def on_train_begin(self, net, **_):
        """Remember where this training starts."""
        self.start_ = len(net.history)

    def on_epoch_begin(self, net, **_):
        """Set the epoch's step size."""
        done = (len(net.history) - 1 - self.start_) / net.max_epochs
        set_step_size(net, net.lr * (1 + math.cos(math.pi * done)) / 2)


class Begin(Callback):
    """
    Let a function see the rows for training, those held out excepted, before the start.

    Parameters
    ----------
    function : callable
        Called with their batches, in evaluation mode.
    """

    def __init__(self, function: Callable[[Batches], None]):
        self.function = function

    def on_train_begin(self, net, X=None, **_):
        """Call it."""
        training, _ = X
        net.module_.eval()
        self.function(net.get_iterator(training))


class Freeze(Callback):
    """
    Keep a part of the network as it is for some epochs.

    Parameters
    ----------
    part : nn.Module
        That part.
    n_epochs : int
        Number of epochs, from the start of the training on.
    """

    def __init__(self, part: nn.Module, n_epochs: int):
        self.part, self.n_epochs = part, n_epochs

    def on_train_begin(self, net, **_):
        """Freeze, and remember where this training starts."""
        self.start_ = len(net.history)
        self.part.requires_grad_(False)

    def on_epoch_begin(self, net, **_):
        """Thaw in time."""
        if len(net.history) - 1 - self.start_ == self.n_epochs:
            self.part.requires_grad_(True)

    def on_train_end(self, net, **_):
        """Thaw where there were fewer epochs."""
        self.part.requires_grad_(True)


class NoteBest(Callback):
    """
    Record whether an epoch is the best so far, as skorch does, for callbacks to see.

    Parameters
    ----------
    monitor : {"valid_loss", "train_loss"}
        The loss to compare epochs by.
    n_ignored : int
        Epochs at the beginning that are not compared: the objective changes yet.
    """

    def __init__(self, monitor, n_ignored):
        self.monitor, self.n_ignored = monitor, n_ignored

    def on_train_begin(self, net, **_):
        """Know of nothing better."""
        self.best_ = math.inf

    def on_epoch_end(self, net, **_):
        """Compare the epoch's loss with the best."""
        if len(net.history) > self.n_ignored:
            loss = net.history[-1, self.monitor]
            net.history.record(self.monitor + "_best", loss < self.best_)
            self.best_ = min(loss, self.best_)


class KeepBest(Callback):
    """
    Go back to the weights of the best epoch when none has been better for long.

    The first `n_cuts` times training goes on from there, with a smaller step size; then
    it ends. Weights whose relative gain over those at the start is less than its
    standard error, over parts of the held-out rows, are dropped: it may be luck.

    Parameters
    ----------
    monitor : {"valid_loss", "train_loss"}
        The loss to compare epochs by.
    patience : int
        Epochs without an improvement.
    tol : float
        Share of the best loss by which a loss has to be lower to count for patience.
    n_cuts : int
        Number of cuts of the step size.
    factor : float
        What it is multiplied by.
    n_ignored : int
        Epochs at the beginning that are not compared: the objective changes yet.
    """

    def __init__(self, monitor, patience, tol, n_cuts=0, factor=0.3, n_ignored=0):
        self.monitor, self.patience, self.tol = monitor, patience, tol
        self.n_ignored = n_ignored
        self.n_cuts, self.factor = n_cuts, factor

    def on_train_begin(self, net, X=None, **_):
        """Take the start as the best so far."""
        training, held_out = X
        self.judges_ = held_out or training
        self.start_losses_ = net.evaluate(self.judges_)
        self.best_ = self.to_beat_ = self._mean(self.start_losses_)
        self.waited_, self.cuts_ = 0, 0
        self.start_ = self.weights_ = weights_of(net)

    def on_epoch_end(self, net, **_):
        """Compare the epoch's loss with the best."""
        if len(net.history) <= self.n_ignored:
            return
        loss = net.history[-1, self.monitor]
        if loss < self.best_:
            self.best_, self.weights_ = loss, weights_of(net)
        self.waited_ += 1
        if loss < self.to_beat_ - self.tol * abs(self.to_beat_):
            self.to_beat_, self.waited_ = loss, 0
        if self.waited_ >= self.patience:
            if self.cuts_ == self.n_cuts:
                raise KeyboardInterrupt  # as skorch's own EarlyStopping does
            self.cuts_, self.waited_ = self.cuts_ + 1, 0
            net.module_.network.load_state_dict(self.weights_)
            set_step_size(net, net.lr * self.factor**self.cuts_)

    def on_train_end(self, net, **_):
        """Put the best weights back."""
        net.module_.network.load_state_dict(self.weights_)
        before, after = self.start_losses_, net.evaluate(self.judges_)
        gains = (before - after) / (before.abs() + after.abs()).clamp_min(1e-300)
        if len(gains) > 1 and gains.mean() < gains.std() / len(gains) ** 0.5:
            net.module_.network.load_state_dict(self.start_)
            self.best_ = self._mean(self.start_losses_)
        del self.start_, self.weights_, self.judges_

    def _mean(self, sums):
        return sums.sum().item() / len(self.judges_)


class ShowProgress(Callback):
    """Say how far the training has come."""

    def on_train_begin(self, net, X=None, **_):
        """Start the clock."""
        training, _ = X
        self.batches_ = len(net.get_iterator(training, training=True))
        self.progress_ = Progress(net.max_epochs)

    def on_batch_end(self, net, training, **_):
        """Count a batch."""
        if training:
            self.progress_.advance(1 / self.batches_)

    def on_epoch_end(self, net, **_):
        """Take note of the losses."""
        losses = {"train_loss", "valid_loss"} & set(net.history[-1])
        self.progress_.record({name: net.history[-1, name] for name in sorted(losses)})

    def on_train_end(self, net, **_):
        """Say how it ended."""
        self.progress_.finish()
        del self.progress_


#: What is shown of a training, by the parameter ``verbose``; from 2 on the table.
SHOWN = {0: (), 1: (ShowProgress,), 2: (EpochTimer, PrintLog)}


def weights_of(net: Net) -> dict[str, Tensor]:
    """Copy the network's weights."""
    weights = net.module_.network.state_dict()
    return {name: w.detach().clone() for name, w in weights.items()}


def set_step_size(net: Net, lr: float) -> None:
    """Set the step size, of which a module with an ``lr_ratio`` takes that multiple."""
    for group in net.optimizer_.param_groups:
        group["lr"] = lr * group.get("lr_ratio", 1)


def resolve_device(device: str | torch.device) -> torch.device:
    """Give the device that an estimator's parameter ``device`` stands for."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


def make_net(
    objective: Objective,
    *,
    optimizer: str | type[torch.optim.Optimizer],
    weight_decay: float,
    device: torch.device,
    compile: bool,
) -> Net:
    """
    Make the net that trains an objective.

    Parameters
    ----------
    objective : Objective
        Network and loss.
    optimizer : str or subclass of torch.optim.Optimizer
        A name in `OPTIMIZERS`, or a class.
    weight_decay : float
        Its setting, where it has it.
    device : torch.device
        Where to train.
    compile : bool
        Whether to compile the objective.

    Returns
    -------
    Net
        Initialised, not trained.
    """
    optimizer = OPTIMIZERS.get(optimizer, optimizer)
    if torch.optim.Optimizer not in getattr(optimizer, "__mro__", ()):
        raise ValueError(
            f"The 'optimizer' parameter must be one of {sorted(OPTIMIZERS)} or a"
            f" subclass of torch.optim.Optimizer. Got {optimizer!r} instead."
        )
    settings = {"weight_decay": weight_decay, "fused": device.type in ("cpu", "cuda")}
    known = inspect.signature(optimizer).parameters
    groups = [
        (f"*{name}.*", {"lr_ratio": module.lr_ratio})
        for name, module in objective.named_modules()
        if hasattr(module, "lr_ratio")
    ]
    return Net(
        objective,
        TakeLoss,
        optimizer=optimizer,
        **{f"optimizer__{name}": v for name, v in settings.items() if name in known},
        optimizer__param_groups=groups,
        train_split=None,
        device=device,
        compile=compile,
    ).initialize()


def train(
    net: Net,
    data: dict[str, Tensor],
    *,
    seed: int,
    lr: float,
    batch_size: str | int,
    max_epochs: str | int,
    early_stopping: bool,
    validation_fraction: float,
    n_iter_no_change: str | int,
    tol: float,
    lr_schedule: str | None,
    callbacks: Sequence[Callback],
    verbose: int,
    n_warmup_epochs: float = 0,
) -> float:
    """
    Train a net on rows that are on its device already; Ctrl-C ends it cleanly.

    Parameters
    ----------
    net : Net
        As `make_net` returns it, or trained before.
    data : dict of tensors of shape (n_rows, ...)
        The scaled rows, ``"input"``, and whatever else of `Batch` belongs to them.
    seed : int
        Of the split, the order and the noise.
    lr, batch_size, max_epochs, early_stopping, validation_fraction, n_iter_no_change, \
tol, lr_schedule, callbacks, verbose
        The estimators' parameters.
    n_warmup_epochs : float, default=0
        Epochs, from the net's first on, in which the objective changes. Early stopping
        begins behind them, but leaves itself one epoch at least.

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
    objective, x = net.module_, data["input"]
    objective.make_generators(x.device, seed)
    n_held_out = count_held_out(len(x), validation_fraction) if early_stopping else 0
    order = torch.randperm(len(x), generator=objective.generator, device=x.device)
    rows = Rows(data, order[n_held_out:])
    objective.n_total = len(rows)
    held_out = Rows(data, order[:n_held_out]) if n_held_out else None

    if batch_size == "auto":
        batch_size = auto_batch_size(len(x))
    if max_epochs == "auto":
        max_epochs = auto_max_epochs(len(rows), batch_size)
    if n_iter_no_change == "auto":
        n_iter_no_change = auto_patience(len(rows), batch_size)
    monitor = "valid_loss" if held_out else "train_loss"
    n_cuts = N_CUTS if lr_schedule == "plateau" else 0
    n_before = len(net.history)
    n_ignored = min(n_warmup_epochs, n_before + max_epochs - 1)
    best = KeepBest(monitor, n_iter_no_change, tol, n_cuts, n_ignored=n_ignored)
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
