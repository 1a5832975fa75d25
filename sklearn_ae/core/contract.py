"""The scikit-learn contract: data in, codes out. It knows no variant."""

from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import (
    assert_all_finite,
    check_array,
    check_is_fitted,
)

from . import modes
from .codec import Codec
from .fitting import Fitting
from .missing import is_finite, require_observed
from .params import estimator, validates_params
from .reading import as_numpy, in_shape
from .sampling import DensitySampling
from .shared_params import TrainingParameters
from .types import ArrayLike, Network, Self, Table
from .warn import undefined_score, warn_user


@estimator
class AutoencoderContract(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    DensitySampling,
    Fitting,
    TrainingParameters,
):
    """What every autoencoder does for its users, whatever it is made of."""

    @modes.training()
    @validates_params
    def fit(self, X: Table, y: Any = None, *, target: Table | None = None) -> Self:
        """
        Train the autoencoder.

        Ctrl-C ends the training cleanly, with a warning and with the best weights so
        far, or with the last ones where early stopping does not judge them.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, in any units. Networks of images take arrays of shape
            (n_samples, ...) too; codes remain rows, and reconstructions have the shape
            that the data have. NaN marks missing cells, here and in all methods, of
            all but `RBM`: they count in no error and in no score, and reconstructions
            fill them.
        y : Ignored
            Not used; pipelines pass it.
        target : {array-like, sparse matrix} of shape (n_samples, n_outputs), \
            default=None
            What the decoder is to give for each row, where that is not the row itself:
            clean images for noisy ones, colour for gray. It has units of its own, and
            `inverse_transform`, `reconstruct` and the scores speak of it. `RBM` takes
            none. None: `X`.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, `X` or `target` is not a numeric table, or
            holds infinity or nothing but NaN, or the loss stops being finite. After a
            training that fails the estimator is not fitted; rows or parameters that
            are refused before it begins may leave it as it was.
        """
        resume = self.warm_start and self.__sklearn_is_fitted__()
        begun = self._begin(X, target, resume, self.early_stopping)
        start = begun.net.module_.network, target is None and not resume
        return self._train(
            begun,
            max_epochs=self._epochs_for(*start),
            second_opinion=self._second_opinion(*start),
            early_stopping=self.early_stopping,
            lr_schedule=self.lr_schedule,
        )

    @modes.training()
    @validates_params
    def partial_fit(
        self, X: Table, y: Any = None, *, target: Table | None = None
    ) -> Self:
        """
        Train for one epoch on `X`; the first call chooses scaling and components.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            A part of the training data. The first part should be typical of all.
        y : Ignored
            Not used; pipelines pass it.
        target : {array-like, sparse matrix} of shape (n_samples, n_outputs), \
            default=None
            What the decoder is to give for each row, as in `fit`.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            As `fit`, or if `X` has another number of features than the first part.
        """
        resume = self.__sklearn_is_fitted__()
        if not resume and hasattr(self, "loss_curve_"):
            warn_user(
                "The last training failed, which lost what was learnt before: this one"
                " begins anew. Keep a copy, by copy.deepcopy, to go on from."
            )
        begun = self._begin(X, target, resume, False)
        return self._train(begun, max_epochs=1, early_stopping=False, lr_schedule=None)

    def transform(self, X: Table) -> np.ndarray:
        """
        Encode rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            Their codes, float32 unless `dtype` says otherwise. Training with
            ``skip="pca"`` starts at principal components of unit variance.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        X = self._seen(X)
        return self._codec.encode(X)

    @as_numpy
    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """
        Decode codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components_)
            Codes.

        Returns
        -------
        ndarray of shape (n_samples, *output_shape_)
            Reconstructions in the units of the training data.

        Raises
        ------
        ValueError
            If `X` is not a finite table with `n_components_` columns.
        """
        check_is_fitted(self)
        X = check_array(X, input_name="X", dtype=[np.float64, np.float32])
        if X.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {X.shape[1]} columns, but the codes of {type(self).__name__}"
                f" have {self._n_features_out} (n_components_={self.n_components_}):"
                " inverse_transform takes codes as transform returns them."
            )
        return in_shape(self._codec.decode(X), self.output_shape_)

    def reconstruct(self, X: Table) -> np.ndarray:
        """
        Encode and decode rows in one pass.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, *output_shape_)
            What ``inverse_transform(transform(X))`` returns, but NaN behind the end of
            series that are shorter than others.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        X = self._seen(X)
        return in_shape(self._codec.reconstruct(X), self.output_shape_)

    def score(self, X: Table, y: Any = None, *, target: Table | None = None) -> float:
        """
        Share of the scaled target's variance that the reconstruction explains.

        It compares across `n_components` and losses, so that a grid search works
        without a classifier.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data, at least two.
        y : Ignored
            Not used; pipelines pass it.
        target : {array-like, sparse matrix} of shape (n_samples, n_outputs), \
            default=None
            What the reconstruction is compared with; needed if `fit` was given one.
            None: `X`.

        Returns
        -------
        float
            1 is perfect, 0 no better than the mean row; may be negative. NaN, with a
            warning, for a single row, whose variance says nothing.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit, `target` is
            missing or has another shape, or all cells are NaN.
        """
        name = "X" if target is None else "target"
        X, target = self._seen_pairs(X, target)
        require_observed(X if target is None else target, name)
        if X.shape[0] == 1:
            return undefined_score(
                "A single row has no score, which is relative to the variance of rows:"
                " use larger test sets, or score_samples."
            )
        return self._codec.explained(X, target)

    def score_samples(self, X: Table, *, target: Table | None = None) -> np.ndarray:
        """
        Score each row: the higher, the more it is like the training data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.
        target : {array-like, sparse matrix} of shape (n_samples, n_outputs), \
            default=None
            What the reconstruction is compared with; needed if `fit` was given one.
            None: `X`.

        Returns
        -------
        ndarray of shape (n_samples,)
            Minus the mean reconstruction error of the row's features, in scaled units;
            constant ones do not count.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit, or `target`
            is missing or has another shape.
        """
        X, target = self._seen_pairs(X, target)
        return self._codec.row_scores(X, target)

    @property
    def network_(self) -> Network:
        """The trained network."""
        return self.net_.module_.network

    @property
    def _codec(self):
        target_scaling = self.target_scaling_ or self.scaling_
        loss = self.net_.module_.loss
        return Codec(self.scaling_, target_scaling, self.network_, loss)

    @property
    def _n_features_out(self):
        check_is_fitted(self)
        return self.n_components_

    def __sklearn_is_fitted__(self):
        return hasattr(self, "net_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = (
            ["float64", "float32"] if self.dtype is None else [self.dtype]
        )
        tags.input_tags.three_d_array = self._allow_nd()
        tags.input_tags.sparse = self._takes_sparse
        tags.input_tags.allow_nan = self._allow_nan()
        return tags

    def _seen(self, X):
        check_is_fitted(self)
        # One sum tells that all cells are finite; scikit-learn's own check would take a
        # large part of the time.
        table = self._read(X, reset=False, finite=False)
        if is_finite(table):
            return table
        assert_all_finite(
            table,
            allow_nan=self._finite(table) == "allow-nan",
            estimator_name=type(self).__name__,
            input_name="X",
        )
        return self._readable(table)[0]

    def _seen_pairs(self, X, target):
        check_is_fitted(self)
        X = self._read(X, reset=False)
        return self._readable(X, self._read_target(target, X, reset=False))
