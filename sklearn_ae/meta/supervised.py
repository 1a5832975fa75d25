"""Classifier and regressor on an autoencoder's code, fine-tuned with it."""

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from ..core.params import StrOptions, estimator, param, validates_params
from .finetuning import FineTuning
from .heads import cross_entropy, squared_error

#: Label of rows that have none, as in `sklearn.semi_supervised`.
UNLABELLED = -1


@estimator
class AEClassifier(ClassifierMixin, FineTuning):
    """
    Classifier: an autoencoder with a softmax on its code, trained with the labels.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    """

    class_weight: dict | str | None = param(
        None,
        dict,
        StrOptions({"balanced"}),
        None,
        doc="""\
        dict, "balanced" or None
        Factors of the rows' weights by class; "balanced" gives all classes the same
        total weight.""",
    )

    @validates_params
    def fit(self, X, y, sample_weight=None):
        """
        Pretrain the autoencoder on all rows and fine-tune it on those with a label.
        """
        X, y = validate_data(self, X, y, dtype="numeric")
        unlabelled = find_unlabelled(y)
        check_classification_targets(y[~unlabelled])
        code = np.full(len(y), UNLABELLED)
        names, code[~unlabelled] = np.unique(y[~unlabelled], return_inverse=True)
        X, code, weight = self._distinct(X, code, sample_weight)
        seen = np.unique(code[code != UNLABELLED])
        if len(seen) < 2:
            raise ValueError(
                f"{type(self).__name__} needs rows of at least two classes with"
                f" sample_weight > 0, but got {len(seen)} class(es)."
            )
        self.classes_ = names[seen]
        labelled = code != UNLABELLED
        code = np.searchsorted(seen, code[labelled])
        weight = weight[labelled]
        weight *= self._class_factors(code, weight)[code]
        self._fine_tune(X, labelled, code, weight, len(seen), cross_entropy)
        if len(seen) == 2:
            self.coef_ = np.diff(self.coef_, axis=0)
            self.intercept_ = np.diff(self.intercept_)
        return self

    def _class_factors(self, code, weight):
        if self.class_weight == "balanced":
            return weight.sum() / (len(self.classes_) * np.bincount(code, weight))
        return compute_class_weight(
            self.class_weight, classes=self.classes_, y=self.classes_[code]
        )

    def decision_function(self, X):
        """
        Score the classes.
        """
        scores = self._outputs(X)
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X):
        """
        Predict the classes' probabilities.
        """
        scores = self._outputs(X)
        if len(self.classes_) == 2:
            return np.hstack([expit(-scores), expit(scores)])
        return softmax(scores, axis=1)

    def predict_log_proba(self, X):
        """
        Predict the logarithms of the classes' probabilities.
        """
        return np.log(self.predict_proba(X))

    def predict(self, X):
        """
        Predict classes.
        """
        scores = self.decision_function(X)
        best = scores > 0 if scores.ndim == 1 else scores.argmax(1)
        return self.classes_[best.astype(int)]


def find_unlabelled(y):
    """Find the rows without a label: -1 where there are two further labels or more."""
    if y.dtype.kind not in "iufO":
        return np.zeros(len(y), bool)
    unlabelled = np.asarray(y == UNLABELLED, bool)
    n_others = len(set(y[~unlabelled].tolist()))
    return unlabelled if n_others >= 2 else np.zeros(len(y), bool)


@estimator
class AERegressor(RegressorMixin, FineTuning):
    """
    Regressor: an autoencoder with a linear map from its code, trained with the targets.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    """

    @validates_params
    def fit(self, X, y, sample_weight=None):
        """
        Pretrain the autoencoder on all rows and fine-tune it with the targets.
        """
        X, y = validate_data(
            self, X, y, dtype="numeric", multi_output=True, y_numeric=True
        )
        X, y, weight = self._distinct(X, y.astype(np.float64), sample_weight)
        targets = y.reshape(len(y), -1)
        mean = np.average(targets, axis=0, weights=weight)
        std = np.sqrt(np.average((targets - mean) ** 2, axis=0, weights=weight))
        std[std == 0] = 1
        scaled = (targets - mean) / std
        everywhere = np.ones(len(X), bool)
        self._fine_tune(X, everywhere, scaled, weight, len(mean), squared_error)
        self.coef_ = self.coef_ * std[:, None]
        self.intercept_ = self.intercept_ * std + mean
        if y.ndim == 1:
            self.coef_, self.intercept_ = self.coef_[0], self.intercept_[0]
        return self

    def predict(self, X):
        """
        Predict targets.
        """
        return self._outputs(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
