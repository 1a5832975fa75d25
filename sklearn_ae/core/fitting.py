"""How a fit goes: read, scale, build, train. It knows no variant."""

import math
from collections.abc import Callable
from copy import deepcopy
from functools import cache, partial
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.utils import check_random_state
from torch import Tensor

from . import training
from .batches import Rows, all_rows, hold_out, sizes_alike
from .building import Building
from .codec import given
from .columns import at_a_time
from .device import resolve_device
from .missing import holds_nan, observed, require_observed
from .objective import Batch, Objective
from .principal import principal_components
from .products import shared
from .scaling import warn_of_ignored
from .sparse import mapped, scaled_rows, subset
from .types import Network, overridden

MAX_SEED = 2**31 - 1
#: Tables of more values are learnt once, without the rows held out.
LARGE = 100_000
#: Share by which the loss may be larger once a table has been learnt again.
TOLERANCE = 0.5


class Begun(NamedTuple):
    """
    A training about to start.

    Parameters
    ----------
    net : skorch.NeuralNet
        What is trained.
    rows : Rows
        Scaled rows to train on.
    held_out : Rows or None
        Those that early stopping goes by.
    anew : callable or None
        Makes the net for the second training, on all rows. None: there is none.
    """

    net: training.Net
    rows: Rows
    held_out: Rows | None
    anew: Callable[[], training.Net] | None = None


class Fitting(Building):
    """The way from a table to a trained network, in steps that a variant may change."""

    #: Epochs in which the objective changes, before early stopping begins.
    _n_warmup_epochs = 0
    #: Fewest rows of a batch; the last one may have half as many. Objectives that swap
    #: cells between rows or compare distributions learn little from fewer.
    _n_together = 10
    #: Whether small tables are learnt twice, without the rows held out and with them.
    _learns_twice = True
    #: Standard errors by which early stopping has to beat the start in that case. Any
    #: gain will do, as learning from the rows held out adds to it.
    _caution_if_learnt_twice = 0

    @staticmethod
    @overridden
    def objective(network: Network, batch: Batch, generator: torch.Generator) -> Tensor:
        """
        Loss of one batch: what makes a variant.

        A pure function: all randomness comes from `generator`, and whatever else it
        needs are keyword-only hyperparameters of the variant. Memory of its own, such
        as a running average, is kept in buffers that `equip` adds to the network.

        Parameters
        ----------
        network : torch.nn.Module
            With ``encode`` and ``decode``, as `equip` returned it; ``training`` tells
            whether the batch is for training.
        batch : Batch
            ``input`` and ``target``, tensors of shape (n_rows, n_features) and
            (n_rows, n_outputs), and ``error(output)``, the mean reconstruction error.
            Missing cells are NaN, which the encoder knows how to read.
        generator : torch.Generator
            Source of random numbers, on the batch's device.

        Returns
        -------
        Tensor of shape ()
            The loss.
        """
        raise NotImplementedError("A variant of BaseAutoencoder has an objective.")

    def _weight_decay_for(self, network, n_rows):
        """Give the weight decay for a network that learns from that many rows."""
        return self.weight_decay

    def _epochs_for(self, network, rebuilds_anew):
        """Give ``max_epochs``, or 0 where the start is the end already.

        It may be for a new network whose target is its input.
        """
        return 0 if rebuilds_anew and self._is_solved(network) else self.max_epochs

    def _is_solved(self, network):
        """Whether there is nothing better than the principal components."""
        return False

    def _has_functions_of(self, variant):
        """Whether a subclass of a variant trains what that does."""
        own = type(self)
        return own.objective is variant.objective and own.equip is variant.equip

    def _second_opinion(self, network, rebuilds_anew):
        """Give another objective by which training has to beat its start, too."""
        return None

    def _hides_by(self):
        """Name the parameter that makes the objective hide cells; None if none does."""
        return None

    def _report(self, x):
        """Set a variant's own attributes that need the trained network and its rows."""

    def _begin(self, X, target, resume, early_stopping):
        """Give a net, a new one unless resumed, and the rows that it is trained on."""
        if not resume:
            self._forget()
        X = self._read(X, reset=not resume)
        target = self._read_target(target, X, reset=not resume)
        require_observed(X, "X")
        if target is not None:
            require_observed(target, "target")
        if resume:
            return self._resume(*self._readable(X, target), early_stopping)
        return self._start(X, target, early_stopping)

    def _forget(self):
        """Drop all of a former fit, so that nothing of it stands beside the new one."""
        kept = self.get_params(deep=False)
        for name in [*vars(self)]:
            if name.endswith("_") and name not in kept:
                delattr(self, name)

    def _readable(self, X, target=None):
        """Fill rows for a network that knows no NaN; NaN stays in the target."""
        if self._reads_nan or not holds_nan(X):
            return X, target
        return self.scaling_.fill(X), X if target is None else target

    def _start(self, X, target, early_stopping):
        """Choose scaling and width, and build the network: all but the training."""
        seed = check_random_state(self.random_state).randint(MAX_SEED)
        self._random = np.random.RandomState(seed)
        data = self._scaled(X, target)
        keeps_nan = self._said_of_network("missing", "fill") == "keep"
        self._reads_nan = holds_nan(X) or keeps_nan or bool(self._hides_by())
        loss = self._loss_for(data)
        # Without early stopping more rows may follow, as in `partial_fit`.
        n_rows = X.shape[0] if early_stopping else math.inf

        is_linear = self._said_of_network("is_linear", False)

        def finder(data):
            x = mapped(loss.seen, data["input"])
            how = self.n_components, seed, self._reads_nan, is_linear
            return cache(partial(principal_components, x, *how))

        def make_net(network, data, find):
            self._start_network(network, data, find, loss, seed)
            return self._make_net(network, loss, n_rows)

        find = finder(data)
        self.n_components_ = self._width(find)
        network = self._make_network(data, find, loss, seed)
        rows, held_out = self._hold_out(data, early_stopping)
        twice = self._learns_twice and math.prod(X.shape) <= LARGE
        if not (held_out and twice) or self._reads_nan:
            return Begun(make_net(network, data, find), rows, held_out)
        # Held-out rows would not be fair judges of components that they are part of.
        known = rows.index.cpu().numpy()
        start = {name: subset(values, known) for name, values in data.items()}
        twin = deepcopy(network)
        net = make_net(network, start, finder(start))
        return Begun(net, rows, held_out, partial(make_net, twin, data, find))

    def _scaled(self, X, target):
        """Find scalings, and give the tensors to train on."""
        wide = np.result_type(X.dtype, np.float32).itemsize > 4
        like = (
            self.dtype or ("float64" if wide else "float32"),
            resolve_device(self.device),
        )
        rule = self._rule_for(X)
        self._is_unscaled = rule is None
        self.scaling_ = self._fit_scaling(X, rule, self.input_shape_)
        self.target_scaling_ = None
        data = {"input": scaled_rows(X, self.scaling_, *like)}
        if target is not None:
            self.target_scaling_ = self._fit_scaling(target, rule, self.output_shape_)
            data["target"] = scaled_rows(target, self.target_scaling_, *like)
        return data

    def _loss_for(self, data):
        """Give the loss for what is to be rebuilt, once that is known to suit it."""
        loss, wanted = self._loss(), data.get("target", data["input"])
        loss.check(observed(wanted))
        scaling = self.target_scaling_ or self.scaling_
        loss = loss.counting(scaling.varies_on(wanted.device))
        return loss.skipping_nan() if holds_nan(wanted) else loss

    def _make_net(self, network, loss, n_rows):
        objective = Objective(network, self._bound("objective"), loss)
        return training.make_net(
            objective,
            optimizer=self.optimizer,
            weight_decay=self._weight_decay_for(network, n_rows),
            device=next(network.parameters()).device,
            compile=self.compile,
        )

    def _hold_out(self, data, early_stopping):
        """Split scaled rows into those to train on and those to judge by."""
        fraction = self.validation_fraction if early_stopping else None
        return hold_out(data, fraction, self._random.randint(MAX_SEED))

    def _resume(self, X, target, early_stopping):
        """Go on with network, scaling, loss and optimiser; others may have changed."""
        if isinstance(self.n_components, Integral) and (
            self.n_components != self.n_components_
        ):
            raise ValueError(
                f"n_components={self.n_components}, but the training that is to go on"
                f" has n_components_={self.n_components_}. Leave it, or fit anew with"
                " warm_start=False."
            )
        if (said := self._hides_by()) and not self._reads_nan:
            raise ValueError(
                f"{said} hides cells, but the network of the training that is to go on"
                " reads none that are hidden. Fit anew with warm_start=False."
            )
        warn_of_ignored(X, self.scaling_)
        data = {"input": self._codec.scaled(X)}
        if target is not None:
            data["target"] = self._codec.scaled_target(target)
        for name, rows in zip(("X", "target"), data.values(), strict=False):
            cells = observed(rows)
            if cells.min().isinf() or cells.max().isinf():
                raise self._codec.too_far(name)
        if self._is_unscaled:
            # Not if scaled: later rows may leave the range of the first ones a little.
            wanted = data.get("target", data["input"])
            self.net_.module_.loss.check(observed(wanted))
        loss = self._codec.loss_for(given(X, target))
        self.net_.module_.take(self._bound("objective"), loss)
        return Begun(self.net_, *self._hold_out(data, early_stopping))

    def _train(self, begun, **schedule):
        """Train, and become fitted if that goes well."""
        net, rows, held_out, anew = begun
        is_resumed = self.__dict__.pop("net_", None) is net
        seed = self._random.randint(MAX_SEED)
        callbacks = self.callbacks or ()
        try:
            outcome = self._run(
                net,
                rows,
                held_out,
                seed,
                callbacks=callbacks,
                verbose=self.verbose,
                caution=self._caution_if_learnt_twice if anew else 1,
                **schedule,
            )
            record_training(self, net, outcome.loss)
            sizes = outcome.step_sizes
            # No second training if callbacks of the user's watched this net, or if
            # Ctrl-C ended the first.
            if anew and not (sizes and (callbacks or outcome.interrupted)):
                self._learn_again(net, anew, all_rows(rows.tensors), seed, sizes)
            self.net_ = net
            self._describe(rows.tensors["input"], seed)
        except BaseException as error:
            self.__dict__.pop("net_", None)
            # Ctrl-C came before the first epoch or after the last: keep the former fit.
            if is_resumed and isinstance(error, KeyboardInterrupt):
                self.net_ = net
            raise
        return self

    def _describe(self, x, seed):
        """Set all that needs the trained network and its scaled rows.

        It is quick, and the estimator is incomplete without it: Ctrl-C has to wait.
        """
        try:
            self._set_what_follows(x, seed)
        except KeyboardInterrupt:
            training.warn_of_interruption()
            self._set_what_follows(x, seed)

    @torch.no_grad()
    def _set_what_follows(self, x, seed):
        network, on_gpu = self.network_.eval(), x.device.type != "cpu"
        with shared(network, at_a_time(x.shape[1]), on_gpu) as products, products:
            self._remember_codes(x, seed)
            self._report(x)

    def _learn_again(self, net, anew, rows, seed, step_sizes):
        """Train a twin of the net in the same steps on all rows; take its weights.

        The net keeps its own if that was interrupted or went wrong, as it may where
        steps are hardly stable.
        """
        # As many steps an epoch as before: one more, on a few rows left over, would
        # tell little, and yet each epoch would fit the rows more closely.
        plan = {
            "max_epochs": len(step_sizes),
            "step_sizes": step_sizes,
            "batch_sizes": sizes_alike(len(rows), net.batch_sizes),
            "early_stopping": False,
        }
        silent = {"callbacks": (), "verbose": 0}
        try:
            twin = anew()
            if self._run(twin, rows, None, seed, **silent, **plan).interrupted:
                return
            # Without a step there is nothing that can have gone wrong.
            if step_sizes and not self._may_replace(
                *(training.mean_loss(n, rows, seed) for n in (net, twin))
            ):
                return
        except training.Diverged:
            return
        except KeyboardInterrupt:
            training.warn_of_interruption()
            return
        net.module_.network.load_state_dict(twin.module_.network.state_dict())

    def _may_replace(self, first, again):
        """Whether the loss of all rows is not much larger for learning all of them."""
        return again <= first + TOLERANCE * abs(first)

    def _run(self, net, rows, held_out, seed, **schedule):
        return training.train(
            net,
            rows,
            held_out,
            seed=seed,
            lr=self.lr,
            batch_size=self.batch_size,
            n_iter_no_change=self.n_iter_no_change,
            tol=self.tol,
            n_warmup_epochs=self._n_warmup_epochs,
            n_together=self._n_together,
            **schedule,
        )


def record_training(estimator: Any, net: training.Net, loss: float) -> None:
    """Set the attributes that tell how a training went."""
    estimator.best_loss_ = loss
    estimator.loss_curve_ = net.curve("train_loss")
    estimator.validation_loss_curve_ = net.curve("valid_loss")
    estimator.n_iter_ = len(estimator.loss_curve_)
