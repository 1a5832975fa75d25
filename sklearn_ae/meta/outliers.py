"""Outlier detection: how far a row lies from others, in two spaces."""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, gen_batches, get_tags
from sklearn.utils.validation import check_is_fitted

from ..core.codec import given
from ..core.columns import CHUNK
from ..core.contract import AutoencoderContract
from ..core.fitting import MAX_SEED
from ..core.params import (
    Interval,
    RealNotInt,
    StrOptions,
    estimator,
    param,
    shared_param,
    validates_params,
)
from ..core.reading import Reading
from ..core.shared_params import TrainingParameters
from ..core.types import Self, Table
from ..variants.vae import VAE
from .copies import fitted_clone

#: Distances to so many rows tell as much as distances to all.
MAX_REFERENCES = 2000
#: Neighbours that a share of few rows stands for.
MIN_NEIGHBORS = 5
#: Differences below this share of the usual ones count as nothing.
FLOOR = 1e-3
#: Interquartile ranges below the first quartile of ``contamination="auto"``.
N_RANGES = 1.5


@estimator
class AEOutlierDetector(OutlierMixin, Reading, BaseEstimator):
    r"""
    Outlier detector: distances to training rows, in their own space and in a code's.

    A row is an outlier if it is far from its nearest neighbours among the training rows
    [1]_: the nearest tenth of them, so that outliers which resemble each other
    count as such too, as long as they are few. Distances are taken twice: between rows,
    and between what an autoencoder makes of them, the code beside the residual
    :math:`x - g(f(x))`, whose joint density [2]_ models. There each code unit has unit
    variance and the residual is measured by its usual size, so that a row which breaks
    a relation between columns is far from all others, however ordinary its single
    values are. The first distance is the better one for outliers among the rows trained
    on, from which the autoencoder learns too, the second for novelties; a row's score
    is minus the mean of their logarithms. No more than 2000 training rows, drawn at
    random, are compared with [3]_, and none of them with itself.

    `fit` on rows that may have outliers among them and `predict` the same, by
    `fit_predict`, or `fit` on clean rows and `predict` others. Missing cells, NaN,
    count as what the autoencoder makes of the others.

    See Also
    --------
    sklearn.ensemble.IsolationForest : Looks at single columns.
    sklearn.neighbors.LocalOutlierFactor : Compares densities of neighbouring rows.

    References
    ----------
    .. [1] F. Angiulli and C. Pizzuti, "Fast outlier detection in high dimensional
       spaces", European Conference on Principles of Data Mining and Knowledge
       Discovery, 2002.
    .. [2] B. Zong, Q. Song, M. R. Min, W. Cheng, C. Lumezanu, D. Cho and H. Chen, "Deep
       autoencoding Gaussian mixture model for unsupervised anomaly detection",
       International Conference on Learning Representations, 2018.
    .. [3] M. Sugiyama and K. Borgwardt, "Rapid distance-based outlier detection via
       sampling", Advances in Neural Information Processing Systems, 2013.
    .. [4] J. W. Tukey, "Exploratory data analysis", Addison-Wesley, 1977.

    Examples
    --------
    Two columns that go together; a row in which they do not is inconspicuous in each:

    >>> import numpy as np
    >>> from sklearn_ae import AE, AEOutlierDetector
    >>> X = np.random.RandomState(0).normal(size=(300, 1)) * [1, 2]
    >>> X += np.random.RandomState(1).normal(size=X.shape, scale=0.1)
    >>> detector = AEOutlierDetector(AE(1, max_epochs=20), random_state=0).fit(X)
    >>> detector.predict([[1, 2], [1, -2]])
    array([ 1, -1])
    """

    _attribute_docs = """\
    autoencoder_ : object
        The fitted autoencoder.
    offset_ : float
        Score below which a row is an outlier.
    n_neighbors_ : int
        Number of neighbours among the rows that are compared with.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if `X` had names that are all strings.
    input_shape_ : tuple of int
        Shape of a row of `X`: (n_features_in_,) unless it has several dimensions."""

    autoencoder: AutoencoderContract | None = param(
        AutoencoderContract,
        None,
        default=None,
        doc="""\
        autoencoder or None
        Any of this package, of which a copy is trained. None is ``VAE()``: the noise on
        its codes keeps it from learning single outliers by heart.""",
        kw_only=False,
    )
    contamination: str | float = param(
        StrOptions({"auto"}),
        Interval(Real, 0, 0.5, closed="right"),
        default="auto",
        doc="""\
        "auto" or float
        Share of the training rows that are outliers: it decides where `predict` draws
        the line. "auto" draws it where a box plot does [4]_, at the first quartile of
        the training rows' scores less 1.5 times the distance to the third: at clean
        rows' tail, but too low where a quarter of the rows or more are outliers. It has
        no say in the scores.""",
    )
    n_neighbors: int | float = param(
        Interval(Integral, 1, None, closed="left"),
        Interval(RealNotInt, 0, 1, closed="neither"),
        default=0.1,
        doc="""\
        int or float
        Number of neighbours, or their share of the rows compared with; not less than
        5 by a share. Outliers that resemble each other are found if they are fewer.
        Where no training row is an outlier, 0.01 is often better.""",
    )
    random_state: Any = shared_param(TrainingParameters, "random_state")

    #: Neighbours are searched among dense rows.
    _takes_sparse = False

    @validates_params
    def fit(self, X: Table, y: Any = None) -> Self:
        """
        Train the autoencoder, and find where to draw the line.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training data, in any units; with some outliers or without. Autoencoders of
            images take arrays of shape (n_samples, ...) too.
        y : Ignored
            Not used; pipelines pass it.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, `X` is not a numeric table or holds
            infinity, or the loss stops being finite.
        """
        self.__dict__.pop("offset_", None)  # the former fit is gone
        X = self._read(X, reset=True)
        random = check_random_state(self.random_state)
        self.autoencoder_ = self._trained(X, random.randint(MAX_SEED))
        some = X[random.permutation(len(X))[:MAX_REFERENCES]]
        rows, codes, residuals = self._described(some)
        spread = codes.std(0)
        self._code_unit = spread + (FLOOR * root_mean_square(spread) or 1)
        size = root_mean_square(residuals)
        self._residual_unit = size + (FLOOR * root_mean_square(rows) or 1)
        self.n_neighbors_ = self._count_neighbors(len(some))
        self._spaces = [
            Neighbours(reference, self.n_neighbors_)
            for reference in self._spaces_of(rows, codes, residuals)
        ]
        self.offset_ = self._line(self._scores(X))
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "offset_")

    def _trained(self, X, seed):
        """Give a fitted copy of the autoencoder."""
        with warnings.catch_warnings():
            # Codes that tell nothing leave all to the residual: no harm here.
            warnings.filterwarnings("ignore", "All .* code units", ConvergenceWarning)
            return fitted_clone(self._prototype(), X, seed, owner=self)

    def _count_neighbors(self, n_rows):
        n_neighbors = self.n_neighbors
        if not isinstance(n_neighbors, Integral):
            n_neighbors = max(MIN_NEIGHBORS, round(n_neighbors * n_rows))
        return min(int(n_neighbors), max(n_rows - 1, 1))

    def _line(self, scores):
        if self.contamination != "auto":
            return np.percentile(scores, 100 * self.contamination)
        low, high = np.percentile(scores, [25, 75])
        return low - N_RANGES * (high - low)

    def score_samples(self, X: Table) -> np.ndarray:
        """
        Score rows: the higher, the more they are like the training data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples,)
            Minus the mean logarithm of the two distances.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        check_is_fitted(self)
        return self._scores(self._read(X, reset=False))

    def decision_function(self, X: Table) -> np.ndarray:
        """
        Score rows: negative for outliers, positive for others.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples,)
            `score_samples` minus `offset_`.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Table) -> np.ndarray:
        """
        Tell outliers from others.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples,)
            -1 for outliers and 1 for others.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _scores(self, X):
        """Score rows of a valid table, by chunks."""
        return np.concatenate(
            [self._scores_of_chunk(X[rows]) for rows in gen_batches(len(X), CHUNK)]
        )

    def _scores_of_chunk(self, X):
        spaces = zip(self._spaces, self._spaces_of(*self._described(X)), strict=True)
        return -np.mean([near.log_distances(rows) for near, rows in spaces], axis=0)

    def _spaces_of(self, rows, codes, residuals):
        """Give the rows, and codes and residuals side by side in their usual sizes."""
        units = codes / self._code_unit, residuals / self._residual_unit
        return rows, np.hstack(units)

    def _described(self, X):
        """Give scaled rows, without gaps, with their codes and residuals."""
        codec = self.autoencoder_._codec
        tables = given(*self.autoencoder_._readable(X))
        loss = codec.loss_for(tables)

        def describe(*pair):
            x, known = codec.scaled_pair(*pair)
            code = codec.network.encode(x)
            rebuilt = loss.expected(codec.network.decode(code), known)
            x = torch.where(known.isnan(), rebuilt, known)
            return torch.cat([x, code, x - rebuilt], 1)

        table, width = codec.map_rows(describe, *tables).astype(np.float64), X.shape[1]
        return np.split(table, [width, table.shape[1] - width], axis=1)

    def _prototype(self):
        return VAE() if self.autoencoder is None else self.autoencoder

    def _said_of_network(self, name, default):
        return self._prototype()._said_of_network(name, default)

    def _allow_nan(self):
        return self._prototype()._allow_nan()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._prototype()).input_tags
        tags.input_tags.three_d_array = inner.three_d_array
        tags.input_tags.allow_nan = inner.allow_nan
        return tags


class Neighbours:
    """
    Distances to the nearest of some rows; none of them is a neighbour of its own.

    Parameters
    ----------
    reference : ndarray of shape (n_rows, n_features)
        Those rows.
    n_neighbors : int
        How many of them count.
    """

    def __init__(self, reference: np.ndarray, n_neighbors: int):
        # Here, as it takes long to import.
        from sklearn.neighbors import NearestNeighbors

        self.center = reference.mean(0)
        centred = reference - self.center
        #: Equal rows are no nearer than this, for the sake of the logarithm.
        self.floor = FLOOR * np.sqrt(np.square(centred).sum(1).mean()) or 1.0
        self.n_neighbors = n_neighbors
        n_with_itself = min(n_neighbors + 1, len(reference))
        self.search = NearestNeighbors(n_neighbors=n_with_itself).fit(centred)

    def log_distances(self, rows: np.ndarray) -> np.ndarray:
        """Take the logarithm of each row's mean distance to its neighbours."""
        distances, _ = self.search.kneighbors(rows - self.center)
        is_itself = distances[:, :1] < self.floor
        k = self.n_neighbors
        distances = np.where(is_itself, distances[:, -k:], distances[:, :k])
        return np.log(distances.mean(1) + self.floor)


def root_mean_square(values: np.ndarray) -> float:
    """Take the usual size of some numbers."""
    return np.sqrt(np.mean(np.square(values)))
