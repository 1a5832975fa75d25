"""How a fit goes: scale, build, train. It knows no variant."""

from functools import cache, partial
from numbers import Integral

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from ..networks.build import build_network
from . import training
from .objective import Objective, seeded
from .params import knobs
from .principal import principal_components
from .scaling import fit_scaling

MAX_SEED = 2**31 - 1


class Fitting:
    """The way from a table to a trained network, in steps that a variant may change."""

    #: Values that the encoder gives for each code unit: a posterior has two.
    _encoder_outputs = 1

    @staticmethod
    def objective(network, batch, generator):
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
            ``input`` and ``target``, tensors of shape (n_rows, n_features), and
            ``error(output)``, the mean reconstruction error.
        generator : torch.Generator
            Source of random numbers, on the batch's device.

        Returns
        -------
        Tensor of shape ()
            The loss.
        """
        raise NotImplementedError

    @staticmethod
    def equip(network, n_features, n_components):
        """
        Add to a network what the objective needs besides encoder and decoder.

        Like `objective` it may have hyperparameters of the variant as keyword-only
        arguments.

        Parameters
        ----------
        network : torch.nn.Module
            With ``encode`` and ``decode``.
        n_features, n_components : int
            Width of the data and of the code.

        Returns
        -------
        torch.nn.Module
            The same or one around it, with ``encode``, whose result `transform` gives,
            and ``decode``.
        """
        return network

    def _fit_scaling(self, X):
        """Find how to scale the columns of a table."""
        return fit_scaling(X, self.scale)

    def _is_solved(self, network):
        """Whether the principal components, where training starts, are its end."""
        return False

    def _report(self, x):
        """Set the attributes that need the trained network and its scaled rows."""

    def _begin(self, X, resume):
        """Give the net to be trained, a new one unless resumed, and the scaled rows."""
        resume = resume and self.__sklearn_is_fitted__()
        X = validate_data(self, X, dtype="numeric", reset=not resume)
        return (self._resume if resume else self._start)(X)

    def _start(self, X):
        """Choose scaling and width, and build the network: all but the training."""
        self.__dict__.pop("net_", None)
        seed = check_random_state(self.random_state).randint(MAX_SEED)
        self._random = np.random.RandomState(seed)
        self.scaling_ = self._fit_scaling(X)
        dtype = self.dtype or np.result_type(X, np.float32).name
        device = training.resolve_device(self.device)
        x = torch.from_numpy(self.scaling_.apply(X, dtype)).to(device)
        loss = self._loss()
        loss.check(x)

        find = cache(partial(principal_components, x, self.n_components, seed))
        self.n_components_ = (
            int(self.n_components)
            if isinstance(self.n_components, Integral)
            else find().width_for(self.n_components)
        )
        net = training.make_net(
            Objective(
                self._make_network(x, find, loss, seed), self._bound("objective"), loss
            ),
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
            device=device,
            compile=self.compile,
        )
        return net, x

    def _make_network(self, x, find, loss, seed):
        """Build the network, equip it, and start it at the principal components."""
        widths = x.shape[1], self.n_components_
        network = seeded(
            seed, lambda: self._bound("equip")(self._build(*widths), *widths)
        ).to(x)
        starts = (part.start_at for part in network.modules() if is_linear_path(part))
        for start_at in starts:
            mean, axes, variances, _ = find()
            start_at(mean, axes, variances.sqrt(), *loss.slope_at(mean))
            break
        return network

    def _build(self, n_features, n_components):
        return build_network(
            self._specification(),
            n_features,
            n_components,
            self._encoder_outputs * n_components,
            self.skip,
        )

    def _resume(self, X):
        """Go on with the network, but with what hyperparameters say now."""
        if isinstance(self.n_components, Integral) and (
            self.n_components != self.n_components_
        ):
            raise ValueError(
                f"n_components={self.n_components}, but the training that is to go on"
                f" has n_components_={self.n_components_}. Leave it, or fit anew with"
                " warm_start=False."
            )
        self.net_.module_.objective = self._bound("objective")
        return self.net_, self._codec.scaled(X)

    def _bound(self, name):
        """Bind one of the variant's functions to the hyperparameters it asks for."""
        function = getattr(type(self), name)
        return partial(function, **knobs(self, function))

    def _train(self, net, x, **schedule):
        """Train, and become fitted if that goes well."""
        self.__dict__.pop("net_", None)
        self.best_loss_ = training.train(
            net,
            {"input": x},
            seed=self._random.randint(MAX_SEED),
            lr=self.lr,
            batch_size=self.batch_size,
            validation_fraction=self.validation_fraction,
            n_iter_no_change=self.n_iter_no_change,
            tol=self.tol,
            callbacks=self.callbacks or (),
            verbose=self.verbose,
            **schedule,
        )
        self.loss_curve_ = net.curve("train_loss")
        self.validation_loss_curve_ = net.curve("valid_loss")
        self.n_iter_ = len(self.loss_curve_)
        self.net_ = net
        self._report(x)
        return self


def is_linear_path(module):
    """Whether a part of a network can start at the principal components."""
    return hasattr(module, "start_at")
