"""The scikit-learn contract: data in, codes out. It knows no variant."""

from functools import cache, partial
from numbers import Integral

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from ..networks.build import build_network
from ..networks.dense import Dense
from . import training
from .codec import Codec
from .losses import resolve_loss
from .objective import Objective, seeded
from .params import estimator, own_params, validates_params
from .principal import principal_components
from .scaling import fit_scaling
from .shared_params import SharedParameters

MAX_SEED = 2**31 - 1


@estimator
class BaseAutoencoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, SharedParameters
):
    """
    Base of all autoencoders.

    A variant adds its `objective` and, as hyperparameters, the keywords of that
    function. It need not override anything else.
    """

    @staticmethod
    def objective(network, batch, generator):
        """
        Loss of one batch: what makes a variant.

        A pure function: all randomness comes from `generator`, and whatever else it
        needs are keyword-only hyperparameters of the variant.

        Parameters
        ----------
        network : torch.nn.Module
            With ``encode`` and ``decode``.
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

    @validates_params
    def fit(self, X, y=None):
        """
        Train the autoencoder.

        Ctrl-C ends the training cleanly, with the best weights so far.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training data, in any units.
        y : Ignored
            Not used; pipelines pass it.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, `X` is not a finite numeric table, or the
            loss stops being finite; the estimator is not fitted then.
        """
        net, x = self._begin(X, resume=self.warm_start)
        solved = self._is_solved(net.module_.network)
        return self._train(
            net,
            x,
            max_epochs=0 if solved else self.max_epochs,
            early_stopping=self.early_stopping,
            lr_schedule=self.lr_schedule,
        )

    @validates_params
    def partial_fit(self, X, y=None):
        """
        Train for one epoch on `X`; the first call chooses scaling and components.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A part of the training data. The first part should be typical of all.
        y : Ignored
            Not used; pipelines pass it.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            As `fit`, or if `X` has another number of features than the first part.
        """
        net, x = self._begin(X, resume=True)
        return self._train(net, x, max_epochs=1, early_stopping=False, lr_schedule=None)

    def transform(self, X):
        """
        Encode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            Their codes, float32 unless `dtype` says otherwise.

        Raises
        ------
        ValueError
            If `X` is not a finite table with the features seen during fit.
        """
        X = self._seen(X)
        return self._codec.encode(X)

    def inverse_transform(self, X):
        """
        Decode codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components_)
            Codes.

        Returns
        -------
        ndarray of shape (n_samples, n_features_in_)
            Reconstructions in the units of the training data.

        Raises
        ------
        ValueError
            If `X` is not a finite table with `n_components_` columns.
        """
        check_is_fitted(self)
        X = check_array(X, input_name="X", dtype=[np.float64, np.float32])
        if X.shape[1] != self.n_components_:
            raise ValueError(
                f"X has {X.shape[1]} columns, but {type(self).__name__} has"
                f" n_components_={self.n_components_}: inverse_transform takes codes as"
                " transform returns them."
            )
        return self._codec.decode(X)

    def reconstruct(self, X):
        """
        Encode and decode rows in one pass.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            What ``inverse_transform(transform(X))`` returns.

        Raises
        ------
        ValueError
            If `X` is not a finite table with the features seen during fit.
        """
        X = self._seen(X)
        return self._codec.reconstruct(X)

    def score(self, X, y=None):
        """
        Share of the scaled input's variance that the reconstruction explains.

        It compares across `n_components` and losses, so that a grid search works
        without a classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data, at least two.
        y : Ignored
            Not used; pipelines pass it.

        Returns
        -------
        float
            1 is perfect, 0 no better than the mean row; may be negative.

        Raises
        ------
        ValueError
            If `X` is not a finite table with the features seen during fit.
        """
        X = self._seen(X)
        return self._codec.explained(X)

    def score_samples(self, X):
        """
        Score each row: the higher, the more it is like the training data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Minus the mean reconstruction error of the row's features, in scaled units.

        Raises
        ------
        ValueError
            If `X` is not a finite table with the features seen during fit.
        """
        X = self._seen(X)
        return self._codec.row_scores(X)

    @property
    def network_(self):
        """The trained network."""
        return self.net_.module_.network

    @property
    def _codec(self):
        return Codec(self.scaling_, self.network_, self.net_.module_.loss)

    @property
    def _n_features_out(self):
        return self.n_components_

    def __sklearn_is_fitted__(self):
        return hasattr(self, "net_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = (
            ["float64", "float32"] if self.dtype is None else [self.dtype]
        )
        return tags

    def _is_solved(self, network):
        """Whether the principal components, where training starts, are its end."""
        return False

    def _seen(self, X):
        check_is_fitted(self)
        return validate_data(self, X, dtype="numeric", reset=False)

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
        self.scaling_ = fit_scaling(X, self.scale)
        dtype = self.dtype or np.result_type(X, np.float32).name
        device = training.resolve_device(self.device)
        x = torch.from_numpy(self.scaling_.apply(X, dtype)).to(device)
        loss = resolve_loss(self.loss)
        loss.check(x)

        find = cache(partial(principal_components, x, self.n_components, seed))
        self.n_components_ = (
            int(self.n_components)
            if isinstance(self.n_components, Integral)
            else find().width_for(self.n_components)
        )
        widths = x.shape[1], self.n_components_
        build = partial(build_network, self._specification(), *widths, self.skip)
        network = seeded(seed, build).to(x)
        if hasattr(network, "start_at"):
            mean, axes, variances, _ = find()
            network.start_at(mean, axes, variances.sqrt(), *loss.slope_at(mean))
        net = training.make_net(
            Objective(network, self._bound_objective(), loss),
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
            device=device,
            compile=self.compile,
        )
        return net, x

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
        self.net_.module_.objective = self._bound_objective()
        return self.net_, self._codec.scaled(X)

    def _bound_objective(self):
        return partial(type(self).objective, **own_params(self, SharedParameters))

    def _specification(self):
        if isinstance(self.network, str):
            return Dense(self.hidden_layer_sizes, activation=self.activation)
        return self.network

    def _train(self, net, x, **schedule):
        """Train, and become fitted if that goes well."""
        self.__dict__.pop("net_", None)
        self.best_loss_ = training.train(
            net,
            x,
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
        return self
