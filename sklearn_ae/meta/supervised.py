"""Classifier and regressor on an autoencoder's code, fine-tuned with it."""

import numpy as np
from scipy.special import log_softmax
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
)

from ..core.params import (
    StrOptions,
    check_sample_weight,
    estimator,
    param,
    validates_params,
)
from ..core.types import ArrayLike, Self, Table
from ..core.warn import undefined_score
from .finetuning import FineTuning
from .heads import cross_entropy, squared_error
from .unlabelled import (
    UNLABELLED,
    find_unlabelled,
    warn_of_doubtful,
    warn_of_strings,
)


@estimator
class AEClassifier(ClassifierMixin, FineTuning):
    """
    Classifier: an autoencoder with a softmax on its code, trained on with the labels.

    The autoencoder is pretrained on all rows, with or without a label; then encoder and
    softmax are trained together on the rows with one [1]_ [2]_. Rows are corrupted in
    the former if the autoencoder does so, as the default does, and in the latter.

    Rows whose label is -1 have none, as in `sklearn.semi_supervised`, except that
    labels in {-1, 1} are two classes. Where labels are strings, rows without one need
    an array of dtype object.

    Equal rows with equal labels are merged into one with the sum of their weights, and
    ordered. So the order of the rows does not matter, and a weight of two is the same,
    bit by bit, as a row that is given twice. Weights say how much a row's label counts;
    pretraining sees each distinct row of positive weight once.

    See Also
    --------
    AERegressor : For numbers as targets.
    sklearn.semi_supervised.SelfTrainingClassifier : Learns from its own predictions for
        rows without a label.

    References
    ----------
    .. [1] G. Hinton and R. Salakhutdinov, "Reducing the dimensionality of data with
       neural networks", Science, 2006.
    .. [2] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, "Stacked
       denoising autoencoders: Learning useful representations in a deep network with a
       local denoising criterion", Journal of Machine Learning Research, 2010.

    Examples
    --------
    A hundred labels, from which logistic regression gets 0.81, and 1300 rows without.
    Where labels are few, an autoencoder without linear path, strong noise and its
    objective kept in fine-tuning pay:

    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import AEClassifier, DenoisingAE
    >>> X, y = load_digits(return_X_y=True)
    >>> some = y[:1400].copy()
    >>> some[100:] = -1
    >>> ae = DenoisingAE(
    ...     64, noise="masking", noise_level=0.5, skip=None, max_epochs=40
    ... )
    >>> clf = AEClassifier(ae, reconstruction_weight=10, max_epochs=50, random_state=0)
    >>> clf.fit(X[:1400], some).score(X[1400:], y[1400:]) > 0.83
    True
    """

    _attribute_docs = """\
    head_coef_ : ndarray of shape (n_classes, n_components) or (1, n_components)
        Weights of the code, not of the columns, in the classes' scores; one row for two
        classes.
    head_intercept_ : ndarray of shape (n_classes,) or (1,)
        The scores' constants.
    classes_ : ndarray of shape (n_classes,)
        The labels of rows with a positive weight, sorted."""

    class_weight: dict | str | None = param(
        dict,
        StrOptions({"balanced"}),
        None,
        default=None,
        doc="""\
        dict, "balanced" or None
        Factors of the rows' weights by class; "balanced" gives all classes the same
        total weight.""",
    )

    @validates_params
    def fit(
        self, X: Table, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """
        Pretrain the autoencoder on all rows and fine-tune it on those with a label.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, in any units.
        y : array-like of shape (n_samples,)
            Labels; -1 for rows that have none, beside strings in an array of dtype
            object.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the labels; rows of weight 0 are left out. None is 1 for all.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, `X` is not a numeric table, fewer
            than two classes have rows, or the loss stops being finite.
        """
        X, y = self._read(X, y)
        unlabelled = find_unlabelled(y)
        warn_of_doubtful(y, unlabelled)
        check_classification_targets(y[~unlabelled])
        code = np.full(len(y), UNLABELLED)
        names, code[~unlabelled] = np.unique(y[~unlabelled], return_inverse=True)
        X, code, weight = self._distinct(X, code, sample_weight)
        seen = np.unique(code[code != UNLABELLED])
        if len(seen) < 2:
            raise ValueError(
                f"{type(self).__name__} needs rows of at least two classes with"
                f" sample_weight > 0, but got {len(seen)} class(es); -1 marks rows"
                " without a label."
            )
        self.classes_ = names[seen]
        labelled = code != UNLABELLED
        code = np.searchsorted(seen, code[labelled])
        weight = weight[labelled]
        weight *= self._class_factors(code, weight)[code]
        self._fine_tune(X, labelled, code, weight, len(seen), cross_entropy)
        if len(seen) == 2:
            self.head_coef_ = np.diff(self.head_coef_, axis=0)
            self.head_intercept_ = np.diff(self.head_intercept_)
        return self

    def _class_factors(self, code, weight):
        if self.class_weight == "balanced":
            return weight.sum() / (len(self.classes_) * np.bincount(code, weight))
        factors = compute_class_weight(
            self.class_weight, classes=self.classes_, y=self.classes_[code]
        )
        if not (np.isfinite(factors) & (factors >= 0)).all() or not factors.any():
            raise ValueError(
                "The 'class_weight' parameter must have finite weights, none negative"
                f" and one positive. Got {self.class_weight!r} instead."
            )
        return factors

    def decision_function(self, X: Table) -> np.ndarray:
        """
        Score the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes) or (n_samples,)
            Logarithms of the classes' probabilities, up to a constant per row; for two
            classes, the second one's minus the first one's.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        scores = self._outputs(X)
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Table) -> np.ndarray:
        """
        Predict the classes' probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, the classes in the order of `classes_`.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Table) -> np.ndarray:
        """
        Predict the logarithms of the classes' probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Their logarithms, the classes in the order of `classes_`.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        scores = self._outputs(X)
        if len(self.classes_) == 2:
            scores = np.hstack([np.zeros_like(scores), scores])
        return log_softmax(scores, axis=1)

    def predict(self, X: Table) -> np.ndarray:
        """
        Predict classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples,)
            The likeliest class of each row.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        scores = self.decision_function(X)
        best = scores > 0 if scores.ndim == 1 else scores.argmax(1)
        return self.classes_[best.astype(int)]

    def score(
        self, X: Table, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """
        Share of the rows with a label whose class is predicted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.
        y : array-like of shape (n_samples,)
            Their labels; rows that have none, -1 as in `fit`, do not count.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. None is 1 for all.

        Returns
        -------
        float
            The accuracy; NaN, with a warning, if no row has a label.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        check_is_fitted(self)
        labels = np.asarray(y)
        if str(UNLABELLED) not in self.classes_.tolist():
            warn_of_strings(labels)
        unlabelled = find_unlabelled(labels, self.classes_)
        if not unlabelled.any():
            return super().score(X, y, sample_weight)
        predicted, labels = self.predict(X), column_or_1d(labels)
        check_consistent_length(predicted, labels, sample_weight)
        known = ~column_or_1d(unlabelled)
        if not known.any():
            return undefined_score("A score needs a row with a label.")
        weight = None if sample_weight is None else np.asarray(sample_weight)[known]
        return accuracy_score(labels[known], predicted[known], sample_weight=weight)


@estimator
class AERegressor(RegressorMixin, FineTuning):
    """
    Regressor: an autoencoder with a linear map from its code, trained on with targets.

    The autoencoder is pretrained on all rows, with or without a target; then encoder
    and linear map are trained together on the rows with one [1]_. A target that is NaN
    is not known; of several, those that are known count. They are standardised inside.

    Equal rows with equal targets are merged into one with the sum of their weights, and
    ordered. So the order of the rows does not matter, and a weight of two is the same,
    bit by bit, as a row that is given twice. Weights say how much a row's targets
    count; pretraining sees each distinct row of positive weight once.

    See Also
    --------
    AEClassifier : For labels.

    References
    ----------
    .. [1] G. Hinton and R. Salakhutdinov, "Reducing the dimensionality of data with
       neural networks", Science, 2006.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_ae import AERegressor, DenoisingAE
    >>> X, y = load_diabetes(return_X_y=True)
    >>> reg = AERegressor(DenoisingAE(max_epochs=50), max_epochs=50, random_state=0)
    >>> reg.fit(X[:350], y[:350]).score(X[350:], y[350:]) > 0.4
    True
    """

    _attribute_docs = """\
    head_coef_ : ndarray of shape (n_components,) or (n_outputs, n_components)
        Weights of the code, not of the columns, in the predictions.
    head_intercept_ : float or ndarray of shape (n_outputs,)
        Their constants."""

    @validates_params
    def fit(
        self, X: Table, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """
        Pretrain the autoencoder on all rows and fine-tune it on those with a target.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, in any units.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, in any units; NaN where they are not known.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the targets; rows of weight 0 are left out. None is 1 for all.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, `X` or `y` is not a numeric table, no row
            has a target that is known and a positive weight, or the loss stops being
            finite.
        """
        X, y = self._read(X, y, {"ensure_2d": False, "ensure_all_finite": "allow-nan"})
        X, y, weight = self._distinct(X, y.astype(np.float64), sample_weight)
        targets = y.reshape(len(y), -1)
        known = ~np.isnan(targets)
        if not known.any(0).all():
            raise ValueError(
                f"{type(self).__name__} needs rows with sample_weight > 0 whose y is"
                " not NaN, for each target."
            )
        labelled = known.any(1)
        targets, weight = targets[labelled], weight[labelled]
        # By a power of two, which rounds nothing: squares of any float are finite then.
        size = np.ldexp(1.0, np.frexp(np.nanmax(np.abs(targets), 0))[1] - 1)
        targets = targets / size
        # It takes the sum of weights for a number of rows.
        scaler = StandardScaler().set_output(transform="default")
        scaler.fit(targets, sample_weight=weight / weight.mean())
        scaled, std = scaler.transform(targets), scaler.scale_
        self._fine_tune(X, labelled, scaled, weight, len(std), squared_error)
        self.head_coef_ = self.head_coef_ * std[:, None] * size[:, None]
        self.head_intercept_ = (self.head_intercept_ * std + scaler.mean_) * size
        if y.ndim == 1:
            self.head_coef_ = self.head_coef_[0]
            self.head_intercept_ = self.head_intercept_[0]
        return self

    def predict(self, X: Table) -> np.ndarray:
        """
        Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Targets in the units of those in training.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        return self._outputs(X)

    def score(
        self, X: Table, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """
        Share of the targets' variance that is predicted, averaged over the targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets; those that are not known, NaN as in `fit`, do not count.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. None is 1 for all.

        Returns
        -------
        float
            The coefficient of determination; NaN, with a warning, if a target is known
            of fewer than two rows.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit, or `y` has
            another shape than the predictions.
        """
        targets = check_array(
            y, dtype=np.float64, ensure_2d=False, ensure_all_finite="allow-nan"
        )
        known = ~np.isnan(targets)
        if known.all():
            return super().score(X, y, sample_weight)
        guesses = self.predict(X)
        weight = check_sample_weight(sample_weight, targets, dtype=np.float64)
        by_target = [a.reshape(len(a), -1).T for a in (targets, guesses, known)]
        if by_target[0].shape != by_target[1].shape:
            raise ValueError(
                f"y has shape {targets.shape}, but the predictions {guesses.shape}."
            )
        if by_target[-1].sum(1).min() < 2:
            return undefined_score(
                "A score needs two rows whose y is known, for each target."
            )
        scores = [
            r2_score(target[k], guess[k], sample_weight=weight[k])
            for target, guess, k in zip(*by_target, strict=True)
        ]
        return float(np.mean(scores))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
