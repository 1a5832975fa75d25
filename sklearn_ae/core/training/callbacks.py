"""What happens around the epochs: step sizes, the best weights, progress."""

import math
import sys
from collections.abc import Callable

from skorch.callbacks import Callback, EpochTimer, PrintLog
from torch import Tensor, nn

from ..batches import Batches, Rows
from ..missing import holds_nan
from ..progress import Progress
from .average import Average
from .net import Ended, Net, warn_of_interruption


class RequireFinite(Callback):
    """End a training that diverged, naming the remedy."""

    def on_epoch_end(self, net, dataset_train, **_):
        """Look at the epoch's mean losses."""
        losses, rows = net.history[-1], dataset_train.tensors
        if not math.isfinite(losses["train_loss"]):
            raise diverged(net, f"The loss became {losses['train_loss']}", rows)
        # Infinity is no error of the training, but of a row that lies too far.
        if math.isnan(losses.get("valid_loss", 0)):
            raise diverged(net, "The loss of the rows held out became nan", rows)


def require_finite_weights(net: Net) -> None:
    """Refuse weights that training has spoilt."""
    if not all(w.isfinite().all() for w in net.module_.network.parameters()):
        raise diverged(net, "Weights became infinite or nan", {})


def require_finite_loss(net: Net, rows: Rows) -> None:
    """Refuse what a last step has left if the loss, which nobody has taken, is not."""
    few = Rows(rows.tensors, rows.index[: net.batch_sizes[0]])
    (batch,) = Batches(few, [len(few)])
    net.module_.eval()
    loss = net.validation_step(batch)["loss"].item()
    if not math.isfinite(loss):
        raise diverged(net, f"The loss became {loss} by the last step", rows.tensors)


class Diverged(ValueError):
    """Raised by a training whose loss or weights are no longer finite."""


def diverged(net: Net, what: str, rows: dict[str, Tensor]) -> Diverged:
    """Make that error, which names the remedy, of a training on some rows."""
    causes = (
        f"a step size that is too large (lr={net.lr}; try a tenth of it) and data on"
        " very different scales (with scale=None; try scale='auto')"
    )
    if any(map(holds_nan, rows.values())):
        causes += (
            "; in an objective of your own, missing cells that it does not leave out,"
            " as batch.error does"
        )
    return Diverged(
        f"{what} in epoch {len(net.history)}: training diverged. The likely causes are"
        f" {causes}."
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


class KeepAverage(Callback):
    """Keep the running average of the weights."""

    def on_train_begin(self, net, **_):
        """Begin with the weights as they are."""
        net.average = Average(net.module_.network)

    def on_batch_end(self, net, training, **_):
        """Take in the weights after a step."""
        if training:
            net.average.update()


class Retrace(Callback):
    """
    Take the step sizes of another training.

    Parameters
    ----------
    step_sizes : list of float
        That of each epoch.
    """

    def __init__(self, step_sizes):
        self.step_sizes = step_sizes

    def on_epoch_begin(self, net, **_):
        """Set the epoch's step size."""
        set_step_size(net, self.step_sizes[len(net.history) - 1])


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
        self.frozen_ = [p for p in self.part.parameters() if p.requires_grad]
        self._thaw(False)

    def on_epoch_begin(self, net, **_):
        """Thaw in time."""
        if len(net.history) - 1 - self.start_ == self.n_epochs:
            self._thaw()

    def on_train_end(self, net, **_):
        """Thaw where there were fewer epochs."""
        self._thaw()

    def _thaw(self, thawed=True):
        for parameter in self.frozen_:
            parameter.requires_grad_(thawed)


class NoteBest(Callback):
    """
    Record whether an epoch is the best so far, as skorch does, for callbacks to see.

    Parameters
    ----------
    monitor : {"valid_loss", "train_loss"}
        The loss to compare epochs by.
    n_ignored : int
        Epochs at the beginning that are not compared: the objective still changes.
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

    Where `KeepAverage` keeps one, it is the average of the weights that is judged and
    gone back to. The first `n_cuts` times training goes on from there, with a smaller
    step size; then it ends. If the best weights' relative gain over the initial
    weights, in parts of the held-out rows, is less than some standard errors, it may be
    luck, and the initial weights are put back. So they are if a second opinion, where
    there is one, sees no gain of two of its own.

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
    n_ignored : int
        Epochs at the beginning that are not compared: the objective still changes.
    caution : float
        That number of standard errors.
    second_opinion : callable or None
        Another objective.
    """

    #: What the step size is multiplied by.
    factor = 0.3
    #: Standard errors by which the second opinion has to see a gain.
    caution_of_the_second = 2

    def __init__(
        self, monitor, patience, tol, n_cuts, n_ignored, caution, second_opinion
    ):
        self.monitor, self.patience, self.tol = monitor, patience, tol
        self.n_cuts, self.n_ignored, self.caution = n_cuts, n_ignored, caution
        self.second_opinion = second_opinion

    def on_train_begin(self, net, X=None, **_):
        """Take the start as the best so far."""
        training, held_out = X
        self.judges_ = held_out or training
        self.start_losses_ = self._losses_of(net)
        self.best_ = self.to_beat_ = self._mean(self.start_losses_[0])
        self.waited_, self.cuts_ = 0, 0
        self.step_sizes_, self.step_sizes_to_best_ = [], []
        self.start_ = self.weights_ = weights_of(net)

    def on_epoch_end(self, net, **_):
        """Compare the epoch's loss with the best."""
        self.step_sizes_.append(step_size_of(net))
        if len(net.history) <= self.n_ignored:
            return
        loss = net.history[-1, self.monitor]
        if loss < self.best_:
            self.best_, self.weights_ = loss, weights_of(net)
            self.step_sizes_to_best_ = self.step_sizes_.copy()
        self.waited_ += 1
        if loss < self.to_beat_ - self.tol * abs(self.to_beat_):
            self.to_beat_, self.waited_ = loss, 0
        if self.waited_ >= self.patience:
            if self.cuts_ == self.n_cuts:
                raise Ended
            self.cuts_, self.waited_ = self.cuts_ + 1, 0
            net.module_.network.load_state_dict(self.weights_)
            if net.average:
                net.average = Average(net.module_.network)
            self.step_sizes_ = self.step_sizes_to_best_.copy()
            set_step_size(net, net.lr * self.factor**self.cuts_)

    def put_back(self, net):
        """Put the best weights back."""
        net.module_.network.load_state_dict(self.weights_)
        try:
            losses = self._losses_of(net)
        except KeyboardInterrupt:
            # Judging is quick: do it all the same, or what was learnt would be lost. It
            # is the user who has ended the training, even if patience had run out.
            warn_of_interruption()
            net.ended, losses = False, self._losses_of(net)
        cautions = self.caution, self.caution_of_the_second
        # There may be no second opinion.
        judged = zip(self.start_losses_, losses, cautions, strict=False)
        if any(self._is_luck(*one) for one in judged):
            net.module_.network.load_state_dict(self.start_)
            self.best_, self.step_sizes_to_best_ = self._mean(self.start_losses_[0]), []
        del self.start_, self.weights_, self.judges_, self.start_losses_

    def _is_luck(self, before, after, caution):
        """Whether losses of parts have not clearly become smaller."""
        gains = (before - after) / (before.abs() + after.abs()).clamp_min(1e-300)
        n = len(gains)
        return gains.mean() < (caution * gains.std() / n**0.5 if n > 1 else 0)

    def _losses_of(self, net):
        """Take the losses of parts by the net's own objective, and by the other one."""
        others = [self.second_opinion] if self.second_opinion else []
        return [net.evaluate(self.judges_, judge) for judge in [None, *others]]

    def _mean(self, sums):
        return sums.sum().item() / len(self.judges_)


class PutBack(Callback):
    """
    Put the best weights back when training ends, before other callbacks look at them.

    Parameters
    ----------
    best : KeepBest
        Who knows them; it compares an epoch once other callbacks have had it.
    """

    def __init__(self, best: KeepBest):
        self.best = best

    def on_train_end(self, net, **_):
        """Put them back."""
        self.best.put_back(net)


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


class ShowTable(PrintLog):
    """Print a line of skorch's table, if there is an output to print on."""

    def on_epoch_end(self, net, **kwargs):
        """Print the line of an epoch."""
        if sys.stdout is not None:
            super().on_epoch_end(net, **kwargs)


#: What is shown of a training, by the parameter ``verbose``; from 2 on the table.
SHOWN = {0: (), 1: (ShowProgress,), 2: (EpochTimer, ShowTable)}


def weights_of(net: Net) -> dict[str, Tensor]:
    """Copy the network's weights."""
    weights = net.module_.network.state_dict()
    return {name: w.detach().clone() for name, w in weights.items()}


def step_size_of(net: Net) -> float:
    """Give the step size."""
    group = net.optimizer_.param_groups[0]
    return group["lr"] / group.get("lr_ratio", 1)


def set_step_size(net: Net, lr: float) -> None:
    """Set the step size, of which a module with an ``lr_ratio`` takes that multiple."""
    for group in net.optimizer_.param_groups:
        group["lr"] = lr * group.get("lr_ratio", 1)
