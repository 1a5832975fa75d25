"""The net that trains an objective, and how it is made.

The net's module returns the loss itself, so that ``compile``, mixed precision and
distributed wrappers see the whole of it.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import torch
from skorch import NeuralNet
from skorch.utils import TeeGenerator
from torch import Tensor, nn

from ..batches import Batches, Rows, sizes_for
from ..device import resolve_device, why_not
from ..objective import Objective
from ..products import Products
from ..warn import warn_user
from .average import Average
from .backprop import Backprop, find_backprop
from .optimizers import own_settings, resolve_optimizer, settings_for

#: Number of parts that held-out rows are split into, to tell a gain from luck; fewer if
#: the objective needs many rows together ...
N_PARTS = 10
#: ... each of this many rows at most.
LARGEST_PART = 512
#: Attributes that a net has of its own in a training only.
OF_A_TRAINING = "average", "backprop", "products"


class TakeLoss(nn.Module):
    """The criterion of a module whose output is the loss already."""

    def forward(self, loss: Tensor, _: Any) -> Tensor:
        """Return the loss."""
        return loss


class Ended(KeyboardInterrupt):
    """Raised by early stopping: skorch ends a training as it does for Ctrl-C."""


class Net(NeuralNet):
    """
    A skorch net with a lean epoch: the losses are read from the device once an epoch.

    What it overrides are skorch's public hooks; per batch it costs about as much as a
    loop written by hand (see ``tests/benchmarks``).
    """

    #: The numbers of rows in an epoch's batches.
    batch_sizes: list[int] = []
    #: Rows that are judged together, at least; of those left over, half as many.
    n_together = 1
    #: Running average of the weights, if this training keeps one. It stands in for them
    #: from an epoch's last training batch until the next epoch begins, so that held-out
    #: rows and callbacks see it.
    average: Average | None = None
    #: What takes gradients in place of autograd, in this epoch.
    backprop: Backprop | None = None
    #: How the products in losses and gradients are computed; not those of callbacks.
    products: Products = Products()
    #: Whether a callback has ended the training.
    ended = False
    #: Whether callbacks of the user's look on. They end trainings as Ctrl-C does.
    has_guests = False

    @property
    def _default_callbacks(self):
        return []

    def get_split_datasets(self, X, y=None, **params):
        """Take the pair (training rows, validation rows or None) as it comes."""
        return X

    def get_iterator(self, dataset, training=False):
        """Cut batches: shuffled ones for training, a few parts for validation."""
        if training:
            return Batches(dataset, self.batch_sizes, self.module_.generator)
        size = max(self.n_together, min(LARGEST_PART, -(-len(dataset) // N_PARTS)))
        fewest = (self.n_together + 1) // 2
        return Batches(dataset, sizes_for(len(dataset), size, fewest))

    def fit_loop(self, *args, **kwargs):
        """Train, and tell the user of Ctrl-C that it was heard."""
        self.ended = False
        try:
            return super().fit_loop(*args, **kwargs)
        except KeyboardInterrupt:
            if not self.ended:
                warn_of_interruption()
            raise

    def notify(self, method_name, **kwargs):
        """Tell callbacks, and note if one ends the training, as skorch's do."""
        try:
            super().notify(method_name, **kwargs)
        except KeyboardInterrupt as error:
            self.ended = self.has_guests or isinstance(error, Ended)
            raise

    def on_epoch_begin(self, net, **kwargs):
        """Put the weights back in the place of their average."""
        super().on_epoch_begin(net, **kwargs)
        if self.average:
            self.average.stand_in(False)

    def train_step(self, batch, **params):
        """Make one step of the optimiser."""
        losses = []

        def closure():
            loss = (self.backprop or self.by_autograd)(batch)
            losses.append(loss)
            if isinstance(self.optimizer_, torch.optim.LBFGS):
                # It takes them for vectors, which those of convolutions may not be.
                for weight in self.module_.parameters():
                    if weight.grad is not None:
                        weight.grad = weight.grad.contiguous()
            self.notify(
                "on_grad_computed",
                named_parameters=TeeGenerator(self.get_all_learnable_params()),
                batch=batch,
                training=True,
            )
            return loss

        try:
            self.optimizer_.step(closure)
        except KeyboardInterrupt:
            # What half a step has left could not be gone on with.
            self.renew_optimizer()
            raise
        return {"loss": losses[0], "y_pred": None}

    def by_autograd(self, batch):
        """Leave the gradient of a batch's loss with the parameters; give the loss."""
        self.optimizer_.zero_grad()
        with self.products:
            loss = self.module_(batch)
            loss.backward()
        return loss

    def validation_step(self, batch, **params):
        """Take the loss of a batch of held-out rows."""
        # An objective may differentiate with respect to its input: no `no_grad` here.
        with self.products:
            loss = self.module_(batch)
        return {"loss": loss.detach(), "y_pred": None}

    def run_single_epoch(self, iterator, training, prefix, step_fn, **params):
        """Make one pass over the batches and record the mean loss of a row."""
        if self.average and not training:
            self.average.stand_in(True)
        if iterator is None:
            return
        self.module_.train(training)
        if training:
            self.backprop = find_backprop(self.module_, self.products)
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        epoch, n_batches = self.module_.epoch.clone(), len(iterator)
        n_rows = 0
        for n_done, batch in enumerate(iterator, start=1):
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch)
            # In place: a tensor kept for each batch would fragment the heap.
            total.add_(step["loss"].detach(), alpha=n_rows_of(batch))
            n_rows += n_rows_of(batch)
            if training:
                # Computed afresh, not summed: an epoch ends at exactly a whole number.
                torch.add(epoch, n_done / n_batches, out=self.module_.epoch)
            self.notify("on_batch_end", batch=batch, training=training, **step)
        self.history.record(f"{prefix}_loss", total.item() / n_rows)

    def evaluate(self, rows: Rows, objective: Callable | None = None) -> Tensor:
        """Take the summed losses of some rows by parts, without training on them.

        By another objective, if one is given.
        """
        self.module_.eval()
        take = self.module_
        if objective:
            # Compiling it for a few rows would not pay.
            own = getattr(take, "_orig_mod", take)
            take = partial(
                own.of, network=own.network, loss=own.loss, objective=objective
            )
        parts = self.get_iterator(rows)
        with self.products:
            sums = [take(part).detach() * n_rows_of(part) for part in parts]
        return torch.stack(sums).double()

    def mean_loss(self, rows: Rows) -> float:
        """Take the mean loss of some rows, without training on them."""
        return self.evaluate(rows).sum().item() / len(rows)

    def renew_optimizer(self) -> None:
        """Make the optimiser anew: one that remembers no step."""
        weights = self.get_all_learnable_params()
        args, kwargs = self.get_params_for_optimizer("optimizer", weights)
        self.__dict__["optimizer_"] = self.optimizer(*args, **kwargs)

    def forget_training(self) -> None:
        """Drop what is there in a training only."""
        for name in OF_A_TRAINING:
            self.__dict__.pop(name, None)

    def __getstate__(self):
        # A callback may save what there is of a training.
        state = {k: v for k, v in self.__dict__.items() if k not in OF_A_TRAINING}
        # An optimiser's own state is keyed by weight tensors, which joblib cannot sort
        # to hash it.
        state["optimizer_"] = self.optimizer_.state_dict()
        if torch.device(self.device).type == "cpu":
            return state
        # What lies on a GPU could be read only where there is one. Not by skorch's own
        # way: in a second stream cloudpickle cannot help with what a notebook defines.
        module, module_ = deepcopy((self.module, self.module_))
        own = {"module": module, "module_": module_.cpu()}
        return state | own | {"optimizer_": on_cpu(state["optimizer_"])}

    @torch.inference_mode(False)
    def __setstate__(self, state):
        self.__dict__.update(state)
        if any(w.is_inference() for w in self.module_.parameters()):
            # Loaded or copied in that mode, they could never be trained again.
            own = self.module, self.module_, state["optimizer_"]
            self.module, self.module_, state["optimizer_"] = deepcopy(own)
        if reason := why_not(self.device):
            self.device = resolve_device("auto")
            warn_user(
                f"The model lay on {state['device']}, which cannot be used here:"
                f" {reason}. Now it lies on {self.device}."
            )
        self.module_.to(self.device)
        self.renew_optimizer()
        self.optimizer_.load_state_dict(state["optimizer_"])

    def curve(self, name: str) -> list[float]:
        """Give a loss by epoch; an epoch that was interrupted has none."""
        return [epoch[name] for epoch in self.history if name in epoch]


def warn_of_interruption() -> None:
    """Tell the user that Ctrl-C was heard."""
    warn_user("The training was interrupted: what was learnt so far is kept.")


def n_rows_of(batch: dict[str, Tensor]) -> int:
    """Count the rows of a batch."""
    return len(batch["input"])


def on_cpu(state: Any) -> Any:
    """Copy what an optimiser knows to the CPU."""
    if isinstance(state, dict):
        return {key: on_cpu(value) for key, value in state.items()}
    if isinstance(state, list):
        return [on_cpu(value) for value in state]
    return state.cpu() if isinstance(state, Tensor) else state


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
    optimizer = resolve_optimizer(optimizer)
    settings = settings_for(optimizer, weight_decay, device)
    groups = own_settings(objective, settings)
    if groups and issubclass(optimizer, torch.optim.LBFGS):
        raise ValueError(
            f"The 'optimizer' parameter is {optimizer.__name__}, which takes the same"
            " steps for all weights, but parts of this network take others. Use"
            " 'adamw'."
        )
    prefix = "_orig_mod." if compile else ""
    net = Net(
        objective,
        TakeLoss,
        optimizer=optimizer,
        **{f"optimizer__{name}": value for name, value in settings.items()},
        optimizer__param_groups=[(f"{prefix}{part}.*", own) for part, own in groups],
        train_split=None,
        device=device,
        compile=compile,
    )
    try:
        return net.initialize()
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"The 'optimizer' parameter is {optimizer.__name__}, which cannot train"
            f" this network: {error}"
        ) from error
