"""Training: batches, optimiser, early stopping, device, seeds.

The only module that knows skorch. The net's module returns the loss itself, so that
``compile``, mixed precision and distributed wrappers see the whole of it.
"""

import inspect
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EpochTimer, PrintLog
from skorch.utils import TeeGenerator
from torch import Tensor, nn
from torch.utils.data import Dataset

from .losses import Batch, Loss

OPTIMIZERS = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}
#: Rows per forward pass where no gradient is needed: activations stay in cache.
CHUNK = 2048

#: Fewer rows than these say too little of the loss to hold them out.
MIN_HELD_OUT = 10
#: Steps of training that ``max_epochs="auto"`` aims at.
N_STEPS = 4000
MAX_SEED = 2**31 - 1

_building = threading.Lock()


def seeded(seed: int, build: Callable[[], nn.Module]) -> nn.Module:
    """
    Build a network whose weights depend on `seed` alone.

    Layers draw their weights from torch's one global stream: hence the lock, and the
    stream is given back as it was. ``torch.manual_seed`` would reseed the GPUs too.
    """
    with _building, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return build()


def resolve_device(device: str | torch.device) -> torch.device:
    """Give the device that an estimator's parameter ``device`` stands for."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


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


class Objective(nn.Module):
    """
    Network and objective as one module whose output is the loss of a batch.

    In evaluation mode the objective draws the same noise at every pass over the data,
    so that validation losses compare.

    Parameters
    ----------
    network : nn.Module
        With ``encode`` and ``decode``.
    objective : callable
        ``(network, batch, generator) -> scalar``. It must not refer to an estimator:
        the net is pickled in a stream of its own, and a cycle would never end.
    loss : Loss
        Reconstruction error of the batches.
    """

    def __init__(self, network: nn.Module, objective: Callable, loss: Loss):
        super().__init__()
        self.network, self.objective, self.loss = network, objective, loss
        self.forget_generators()

    def forward(self, x: Tensor) -> Tensor:
        """Return the loss of a batch of rows."""
        generator = self.generator if self.training else self.fixed_generator
        return self.objective(self.network, Batch(x, x, self.loss), generator)

    def train(self, mode: bool = True):
        """Switch between training and evaluation."""
        if not mode and self.fixed_generator is not None:
            self.fixed_generator.manual_seed(0)
        return super().train(mode)

    def make_generators(self, device: torch.device, seed: int):
        """Make the streams that order and noise are drawn from."""
        self.generator = torch.Generator(device).manual_seed(seed)
        self.fixed_generator = torch.Generator(device)

    def forget_generators(self):
        """Drop them: one on a GPU could not be unpickled elsewhere."""
        self.generator = self.fixed_generator = None


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
        """Cut batches: shuffled ones for training, large ones for validation."""
        if training:
            return Batches(dataset, self.batch_size, self.module_.generator)
        return Batches(dataset, CHUNK)

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
        return {"loss": self.module_(batch), "y_pred": None}

    def run_single_epoch(self, iterator, training, prefix, step_fn, **params):
        """Make one pass over the batches and record the mean loss of a row."""
        if iterator is None:
            return
        self.module_.train(training)
        losses, sizes = [], []
        for batch in iterator:
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch)
            losses.append(step["loss"].detach())
            sizes.append(len(batch))
            self.notify("on_batch_end", batch=batch, training=training, **step)
        self.history.record(f"{prefix}_loss", mean_loss(losses, sizes))

    def evaluate(self, rows: Rows) -> float:
        """Take the mean loss of some rows, without training on them."""
        self.module_.eval()
        batches = self.get_iterator(rows)
        losses = [self.module_(batch).detach() for batch in batches]
        return mean_loss(losses, [len(batch) for batch in batches])


def mean_loss(losses: list[Tensor], sizes: list[int]) -> float:
    """Average losses of batches over their rows, with one read of the device."""
    values = torch.stack(losses).double().cpu()
    return (values @ torch.tensor(sizes).double()).item() / sum(sizes)


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
    """Lower the step size from ``lr`` to nearly zero along half a cosine."""

    def on_epoch_begin(self, net, **_):
        """Set the epoch's step size."""
        done = (len(net.history) - 1 - self.first_) / net.max_epochs
        for group in net.optimizer_.param_groups:
            group["lr"] = net.lr * 0.5 * (1 + math.cos(math.pi * done))

    def on_train_begin(self, net, **_):
        """Remember where this training starts."""
        self.first_ = len(net.history)


class KeepBest(Callback):
    """
    Put back the weights of the best epoch, and stop when none has been better for long.

    The weights that training starts from take part, so that it cannot end worse.

    Parameters
    ----------
    patience : int
        Epochs without an improvement after which training stops.
    tol : float
        Improvements by less than this share of the best loss do not count for patience.
    """

    def __init__(self, patience: int, tol: float):
        self.patience, self.tol = patience, tol

    def on_train_begin(self, net, X=None, **_):
        """Take the start as the best so far."""
        _, held_out = X
        self.best_ = self.reference_ = net.evaluate(held_out)
        self.epochs_without_ = 0
        self._remember(net)

    def on_epoch_end(self, net, **_):
        """Compare the epoch's validation loss with the best."""
        loss = net.history[-1, "valid_loss"]
        net.history.record("valid_loss_best", loss < self.best_)
        if loss < self.best_:
            self.best_ = loss
            self._remember(net)
        self.epochs_without_ += 1
        if loss < self.reference_ - self.tol * abs(self.reference_):
            self.reference_, self.epochs_without_ = loss, 0
        if self.epochs_without_ >= self.patience:
            raise KeyboardInterrupt  # what skorch's own EarlyStopping does

    def on_train_end(self, net, **_):
        """Put the best weights back."""
        net.module_.network.load_state_dict(self.weights_)
        del self.weights_

    def _remember(self, net):
        weights = net.module_.network.state_dict()
        self.weights_ = {name: w.detach().clone() for name, w in weights.items()}


def make_net(
    objective: Objective,
    *,
    optimizer: str | type[torch.optim.Optimizer],
    lr: float,
    weight_decay: float,
    device: torch.device,
    compile: bool,
    verbose: int,
) -> Net:
    """
    Make the net that trains an objective.

    Parameters
    ----------
    objective : Objective
        Network and loss.
    optimizer : str or subclass of torch.optim.Optimizer
        A name in `OPTIMIZERS`, or a class.
    lr, weight_decay : float
        Its settings; the latter where it has it.
    device : torch.device
        Where to train.
    compile : bool
        Whether to compile the objective.
    verbose : int
        0 for silence, otherwise a line per epoch.

    Returns
    -------
    Net
        Initialised, not trained.
    """
    optimizer = OPTIMIZERS.get(optimizer, optimizer)
    settings = {"weight_decay": weight_decay, "fused": device.type in ("cpu", "cuda")}
    known = inspect.signature(optimizer).parameters
    return Net(
        objective,
        TakeLoss,
        optimizer=optimizer,
        **{f"optimizer__{name}": v for name, v in settings.items() if name in known},
        lr=lr,
        train_split=None,
        device=device,
        compile=compile,
        verbose=verbose,
    ).initialize()


def train(
    net: Net,
    x: Tensor,
    *,
    seed: int,
    batch_size: str | int,
    max_epochs: str | int,
    validation_fraction: float,
    n_iter_no_change: int,
    tol: float,
    lr_schedule: str | None,
    callbacks: Sequence[Callback],
) -> None:
    """
    Train a net on rows that are on its device already; Ctrl-C ends it cleanly.

    Parameters
    ----------
    net : Net
        As `make_net` returns it, or trained before.
    x : Tensor of shape (n_rows, n_features)
        The scaled rows.
    seed : int
        Of the split, the order and the noise.
    batch_size, max_epochs, lr_schedule, callbacks
        The estimators' parameters.
    validation_fraction : float
        Share of the rows to hold out; 0 for none.
    n_iter_no_change, tol
        The estimators' parameters; without effect where no rows are held out.

    Raises
    ------
    ValueError
        If the loss stops being finite.
    """
    objective = net.module_
    objective.make_generators(x.device, seed)
    n_held_out = count_held_out(len(x), validation_fraction)
    order = torch.randperm(len(x), generator=objective.generator, device=x.device)
    training = Rows(x, order[n_held_out:])
    held_out = Rows(x, order[:n_held_out]) if n_held_out else None
    net.batch_size = auto_batch_size(len(x)) if batch_size == "auto" else batch_size
    net.max_epochs = max_epochs
    if max_epochs == "auto":
        net.max_epochs = auto_max_epochs(len(x), net.batch_size)
    net.callbacks = [
        RequireFinite(),
        *([CosineDecay()] if lr_schedule else []),
        *callbacks,
        *([EpochTimer(), PrintLog()] if net.verbose else []),
        *([KeepBest(n_iter_no_change, tol)] if held_out else []),
    ]
    net.initialize_callbacks()
    try:
        net.partial_fit((training, held_out))
    finally:
        objective.forget_generators()


def count_held_out(n_rows: int, fraction: float) -> int:
    """Count the rows to hold out: none where there are too few."""
    n_held_out = round(n_rows * fraction)
    return n_held_out if MIN_HELD_OUT <= n_held_out < n_rows else 0


def auto_batch_size(n_rows: int) -> int:
    """Choose a batch size: small tables get enough steps, large ones fast epochs."""
    return 64


def auto_max_epochs(n_rows: int, batch_size: int) -> int:
    """Choose a number of epochs by the steps that they make."""
    return max(20, round(N_STEPS * batch_size / n_rows))
