"""What classifier and regressor share: pretraining, then training with a head."""

import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    validate_data,
)

from ..core import modes, training
from ..core.batches import hold_out
from ..core.contract import AutoencoderContract
from ..core.fitting import MAX_SEED, record_training
from ..core.objective import Objective
from ..core.params import (
    Interval,
    StrOptions,
    check_sample_weight,
    estimator,
    param,
    shared_param,
)
from ..core.reading import as_numpy, finite_unless, flat_rows, of_numbers
from ..core.shared_params import TrainingParameters
from ..core.sparse import subset
from ..core.types import Table
from ..variants.corruption import (
    CORRUPTIONS,
    IMAGE_CORRUPTIONS,
    require_noise,
)
from ..variants.denoising import DenoisingAE
from .copies import fitted_clone
from .heads import Headed, supervised
from .weights import distinct_rows

shared = partial(shared_param, TrainingParameters)


@estimator
class FineTuning(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """An autoencoder that is pretrained on all rows and trained on with a head."""

    _attribute_docs = """\
    autoencoder_ : object
        The fine-tuned autoencoder, as fitted as any other; its decoder has been trained
        further only with a `reconstruction_weight`, or if it has the encoder's weights.
    input_shape_ : tuple of int
        Shape of a row of `X`.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if `X` had names that are all strings.
    n_iter_ : int
        Number of epochs of fine-tuning.
    loss_curve_ : list of float
        Mean training loss of each of them.
    validation_loss_curve_ : list of float
        Validation loss after each of them; empty where no rows were held out.
    best_loss_ : float
        Loss of the weights that were kept."""

    autoencoder: AutoencoderContract | FrozenEstimator | None = param(
        AutoencoderContract,
        FrozenEstimator,
        None,
        default=None,
        doc="""\
        autoencoder, FrozenEstimator or None
        Any of this package, of which a copy is trained. None is ``DenoisingAE()``. In a
        ``FrozenEstimator`` it keeps its fit where it is cloned, as by cross-validation,
        and is not pretrained.""",
        kw_only=False,
    )
    prefit: bool = param(
        "boolean",
        default=False,
        doc="""\
        bool
        Whether `autoencoder` is fitted, so that fine-tuning starts from a copy of it as
        it is. Otherwise it is pretrained first, on all rows, unless it is frozen.""",
    )
    reconstruction_weight: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.0,
        doc="""\
        float
        Weight of the autoencoder's own objective, on all rows, in fine-tuning.""",
    )
    freeze: int = param(
        Interval(Integral, 0, None, closed="left"),
        default=0,
        doc="""\
        int
        Number of epochs for which fine-tuning trains the head alone.""",
    )
    noise: str | Callable[[torch.Tensor, float, torch.Generator], torch.Tensor] = param(
        StrOptions({*CORRUPTIONS, *IMAGE_CORRUPTIONS}),
        callable,
        default="swap",
        doc="""\
        {"swap", "masking", "gaussian", "salt_and_pepper", "pixels", "blocks", \
"shift"} or callable
        How rows are corrupted in fine-tuning, as in `DenoisingAE`.""",
    )
    noise_level: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.15,
        doc="""\
        float
        How much, as in `DenoisingAE`; 0 is not at all.""",
    )
    optimizer: str | type[torch.optim.Optimizer] = shared("optimizer")
    lr: float = shared("lr")
    lr_schedule: str | None = shared("lr_schedule", default="cosine")
    weight_decay: float = shared("weight_decay")
    batch_size: str | int = shared("batch_size")
    max_epochs: str | int = shared("max_epochs", default=100)
    early_stopping: bool = shared("early_stopping", default=False)
    validation_fraction: float = shared("validation_fraction")
    n_iter_no_change: str | int = shared("n_iter_no_change")
    tol: float = shared("tol")
    random_state: Any = shared("random_state")
    callbacks: Sequence | None = shared("callbacks")
    verbose: int = shared("verbose")

    def _validate_params(self):
        super()._validate_params()
        require_noise(self)
        if not isinstance(self._prototype(), AutoencoderContract):
            raise ValueError(
                "The 'autoencoder' parameter must be an autoencoder of this package, or"
                f" a FrozenEstimator around one. Got {self.autoencoder!r} instead."
            )

    @as_numpy
    def _read(self, X, y, y_checks=None):
        """Validate training data and flatten rows, whose shape is remembered."""
        self.__dict__.pop("autoencoder_", None)  # the former fit is gone
        rows, shape = flat_rows(X, self._inner_tags().three_d_array)
        own = self._checks(rows)
        if y_checks is None:
            rows, y = validate_data(self, rows, y, **own)
        else:
            each = own, y_checks
            rows, y = validate_data(self, rows, y, validate_separately=each)
            check_consistent_length(rows, y)
        self.input_shape_ = shape or rows.shape[1:]
        return of_numbers(rows, finite=own["ensure_all_finite"]), y

    def _checks(self, rows):
        tags = self._inner_tags()
        finite = finite_unless(tags.allow_nan and not issparse(rows))
        accepted = "csr" if tags.sparse else False
        return {
            "dtype": "numeric",
            "ensure_all_finite": finite,
            "accept_sparse": accepted,
        }

    def _distinct(self, X, y, sample_weight):
        """Give the distinct rows with their targets and summed weights."""
        weight = check_sample_weight(
            sample_weight, X, dtype=np.float64, ensure_non_negative=True
        )
        if not weight.any():
            raise ValueError("The 'sample_weight' parameter must not be zero for all.")
        index, weight = distinct_rows(X, y, weight)
        return X[index], y[index], weight

    @modes.training()
    def _fine_tune(self, X, labelled, label, weight, n_outputs, error):
        """Train autoencoder and head; `label` and `weight` are of the labelled rows."""
        random = check_random_state(self.random_state)
        autoencoder = self._pretrained(X, random.randint(MAX_SEED))
        if self.reconstruction_weight and autoencoder.target_scaling_ is not None:
            raise ValueError(
                "The 'autoencoder' parameter was fitted with a target of its own, which"
                " is not known here: set reconstruction_weight=0."
            )
        own = autoencoder.net_.module_
        every = autoencoder._codec.scaled(autoencoder._readable(X)[0])
        x = every if labelled.all() else subset(every, labelled)
        weight = torch.from_numpy(weight / weight.mean()).to(x.device, x.dtype)
        label = torch.from_numpy(label).to(x.device)
        if label.is_floating_point():
            label = label.to(x.dtype)
        network = Headed(own.network, autoencoder._n_features_out, n_outputs)
        network.to(x.device, x.dtype)
        objective = partial(
            supervised,
            error=error,
            noise=self.noise,
            noise_level=self.noise_level,
            reconstruction=own.objective,
            reconstruction_weight=self.reconstruction_weight,
            rows=every,
        )
        net = training.make_net(
            Objective(network, objective, own.loss),
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
            device=x.device,
            compile=autoencoder.compile,
        )
        rows, held_out = hold_out(
            {"input": x, "label": label, "weight": weight},
            self.validation_fraction if self.early_stopping else None,
            random.randint(MAX_SEED),
        )
        outcome = training.train(
            net,
            rows,
            held_out,
            seed=random.randint(MAX_SEED),
            lr=self.lr,
            lr_schedule=self.lr_schedule,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            early_stopping=self.early_stopping,
            n_iter_no_change=self.n_iter_no_change,
            tol=self.tol,
            callbacks=[
                training.Begin(partial(network.start, error=error)),
                training.Freeze(own.network, self.freeze),
                *(self.callbacks or ()),
            ],
            verbose=self.verbose,
        )
        record_training(self, net, outcome.loss)
        with warnings.catch_warnings():
            # What they warn of is the price of labels, not of a training gone wrong.
            warnings.simplefilter("ignore", ConvergenceWarning)
            autoencoder._describe(every, random.randint(MAX_SEED))
        self.autoencoder_ = autoencoder
        self.head_coef_ = network.head.weight.detach().cpu().numpy()
        self.head_intercept_ = network.head.bias.detach().cpu().numpy()

    def _pretrained(self, X, seed):
        """Give a fitted copy of the autoencoder."""
        if not (self.prefit or isinstance(self.autoencoder, FrozenEstimator)):
            return fitted_clone(self._prototype(), X, seed, owner=self)
        if self.autoencoder is None:
            raise ValueError(
                "prefit=True needs a fitted autoencoder in the 'autoencoder'"
                " parameter, but it is None."
            )
        autoencoder = self._prototype()
        check_is_fitted(
            autoencoder,
            msg="The 'autoencoder' parameter must be fitted, but this %(name)s is not."
            " Cross-validation and searches clone it, which leaves it unfitted unless a"
            " FrozenEstimator holds it.",
        )
        if autoencoder.n_features_in_ != X.shape[1]:
            raise ValueError(
                f"X has {X.shape[1]} features, but the fitted autoencoder expects"
                f" {autoencoder.n_features_in_}."
            )
        known, names = (
            getattr(one, "feature_names_in_", None) for one in (autoencoder, self)
        )
        both_have_names = known is not None and names is not None
        if both_have_names and not np.array_equal(known, names):
            raise ValueError(
                "The columns of X must have the names that the fitted autoencoder"
                f" knows, in this order: {known.tolist()}."
            )
        autoencoder._require_readable(X)
        return deepcopy(autoencoder)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "autoencoder_")

    def _outputs(self, X):
        return self._codes(X) @ self.head_coef_.T + self.head_intercept_

    @as_numpy
    def _codes(self, X):
        check_is_fitted(self)

        def validate(rows):
            own = self._checks(rows)
            rows = validate_data(self, rows, **own, reset=False)
            return of_numbers(rows, finite=own["ensure_all_finite"])

        X = self.autoencoder_._as_seen("X", X, validate, self.input_shape_)
        self.autoencoder_._require_readable(X)
        return self.autoencoder_._codec.encode(self.autoencoder_._readable(X)[0])

    def transform(self, X: Table) -> np.ndarray:
        """
        Encode rows by the fine-tuned encoder.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Their codes.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        return self._codes(X)

    @property
    def _n_features_out(self):
        return self.autoencoder_._n_features_out

    def _prototype(self):
        if isinstance(self.autoencoder, FrozenEstimator):
            return self.autoencoder.estimator
        return DenoisingAE() if self.autoencoder is None else self.autoencoder

    def _inner_tags(self):
        return get_tags(self._prototype()).input_tags

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._prototype())
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.three_d_array = inner.input_tags.three_d_array
        if inner.transformer_tags is not None:  # else it will be refused
            dtypes = inner.transformer_tags.preserves_dtype
            tags.transformer_tags.preserves_dtype = dtypes
        return tags
