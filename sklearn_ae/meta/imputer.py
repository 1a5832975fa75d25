"""Missing cells filled by an autoencoder."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ..core.contract import AutoencoderContract
from ..core.fitting import MAX_SEED
from ..core.params import (
    Interval,
    check_feature_names_in,
    estimator,
    param,
    validates_params,
)
from ..core.reading import as_numpy, of_numbers, without_categories
from ..core.types import ArrayLike, Seed, Self, Table
from ..core.warn import warn_user
from ..variants.denoising import DenoisingAE
from ..variants.variational import require_cells
from .copies import seeded_clone

#: Bounds on the share of the observed cells that the default hides in training.
SHARES = 0.2, 0.5
#: Share of the rows that it holds out: to tell a gain from luck takes many cells.
HELD_OUT = 0.2


@estimator
class AEImputer(TransformerMixin, BaseEstimator):
    """
    Imputer: missing cells are filled by what an autoencoder makes of the others.

    Observed cells are returned as they are. By default a denoising autoencoder hides
    some more of the observed cells and learns to give them back [1]_. It starts at what
    a normal distribution, fitted to the observed cells by expectation maximisation,
    says of the hidden ones (of more than 64 columns, at the columns' means), and
    training can only improve on it.

    With a variational autoencoder of this package whole rows can be drawn, as many as
    wanted: multiple imputation. `IWAE`, trained on rows with missing cells, maximises
    the bound of MIWAE, and draws are by importance, as there [2]_.

    See Also
    --------
    DenoisingAE : As do all autoencoders, it takes rows with missing cells itself.
    sklearn.impute.IterativeImputer : Predicts each column from the others, in turn.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, "Stacked
       denoising autoencoders: Learning useful representations in a deep network with a
       local denoising criterion", Journal of Machine Learning Research, 2010.
    .. [2] P.-A. Mattei and J. Frellsen, "MIWAE: Deep generative modelling and
       imputation of incomplete data sets", International Conference on Machine
       Learning, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_ae import IWAE, AEImputer
    >>> X, _ = load_wine(return_X_y=True)
    >>> hidden = np.random.RandomState(0).uniform(size=X.shape) < 0.2
    >>> holes = np.where(hidden, np.nan, X)
    >>> filled = AEImputer(random_state=0).fit_transform(holes)
    >>> errors = abs(filled - X) / X.std(axis=0)
    >>> bool(errors[hidden].mean() < 0.6)  # with the columns' means: 0.85
    True
    >>> imputer = AEImputer(IWAE(5, max_epochs=20), n_imputations=3, random_state=0)
    >>> imputer.fit(holes).draw(holes, random_state=0).shape
    (3, 178, 13)
    """

    _attribute_docs = """\
    autoencoder_ : object
        The fitted autoencoder; None where no column has an observed cell.
    indicator_ : sklearn.impute.MissingIndicator or None
        What `add_indicator` adds; None without it.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if `X` had names that are all strings."""

    autoencoder: AutoencoderContract | None = param(
        AutoencoderContract,
        None,
        default=None,
        doc="""\
        autoencoder or None
        Any of this package that takes NaN, of which a copy is fitted. None is a
        `DenoisingAE` with as many components as there are columns, which hides as large
        a share of the observed cells as is missing, within [0.2, 0.5], and whose loss
        is that of hidden cells.""",
        kw_only=False,
    )
    n_imputations: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=1,
        doc="""\
        int
        Number of imputations of a row. More than one needs a variational autoencoder:
        `draw` returns them, `transform` gives their mean. Because rows share one stream
        of draws, a row's result depends on the other rows in the call.""",
    )
    missing_values: Any = param(
        Real,
        default=np.nan,
        doc="""\
        float
        What stands for a missing cell in `X`. NaN is missing in any case.""",
    )
    add_indicator: bool = param(
        "boolean",
        default=False,
        doc="""\
        bool
        Whether columns are added that say which cells were missing: one for each column
        in which any was during fit.""",
    )
    keep_empty_features: bool = param(
        "boolean",
        default=False,
        doc="""\
        bool
        Whether to keep columns without any observed cell, as zeros. Otherwise they are
        left out.""",
    )
    random_state: Any = param(
        "random_state",
        default=None,
        doc="""\
        int, RandomState instance or None
        Seed of the autoencoder, if that has none itself, and of the draws.""",
    )

    @validates_params
    def fit(self, X: Table, y: Any = None) -> Self:
        """
        Fit the autoencoder to the observed cells.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training data, in any units.
        y : Ignored
            Not used; pipelines pass it.

        Returns
        -------
        self : object
            The fitted imputer.

        Raises
        ------
        ValueError
            If a parameter is out of range, `X` is not a numeric table, or the
            autoencoder cannot be trained on it or cannot draw what `n_imputations`
            asks for.
        """
        self.__dict__.pop("autoencoder_", None)  # the former fit is gone
        X = self._read(X, reset=True)
        self._known = ~np.isnan(X).all(0)
        self._kept = self._known | self.keep_empty_features
        self.indicator_ = None
        if self.add_indicator:
            # Here, as it takes long to import.
            from sklearn.impute import MissingIndicator

            indicator = MissingIndicator(error_on_new=False)
            self.indicator_ = indicator.set_output(transform="default").fit(X)
        if not self._kept.all():
            warn_user(
                f"Columns {np.flatnonzero(~self._kept).tolist()} have no observed cell"
                " and are left out. To have zeros there set keep_empty_features=True.",
            )
        self._seed = check_random_state(self.random_state).randint(MAX_SEED)
        X = X[:, self._known]
        self.autoencoder_ = self._unfitted(X).fit(X) if X.size else None
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "autoencoder_")

    def transform(self, X: Table) -> np.ndarray:
        """
        Fill missing cells.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            The rows, in which observed cells are as they were, and the indicator's
            columns behind.

        Raises
        ------
        ValueError
            If `X` is not a numeric table with the features seen during fit.
        """
        check_is_fitted(self)
        X = self._read(X, reset=False)
        if self.n_imputations == 1:
            filled = self._filled(X, self._expected)
        else:
            filled = self._filled(X, lambda rows: self._drawn(rows, self._seed).mean(0))
        if self.indicator_ is None:
            return filled
        return np.hstack([filled, self.indicator_.transform(X).astype(filled.dtype)])

    def draw(self, X: Table, random_state: Seed = None) -> np.ndarray:
        """
        Draw what the missing cells may have been, for multiple imputation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        ndarray of shape (n_imputations, n_samples, n_features_out)
            Filled rows, without the indicator's columns.

        Raises
        ------
        ValueError
            If the autoencoder is not variational, or `X` is not a numeric table with
            the features seen during fit.
        """
        check_is_fitted(self)
        if self.autoencoder_ is not None:
            require_variational(self.autoencoder_)
        X = self._read(X, reset=False)
        filled = self._filled(X, lambda rows: self._drawn(rows, random_state))
        shape = self.n_imputations, *filled.shape[-2:]
        return filled if filled.ndim == 3 else np.broadcast_to(filled, shape).copy()

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """
        Name the columns that `transform` gives.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the features; must be those seen during fit, if these had names.
            None: those, or ``x0``, ``x1``, ...

        Returns
        -------
        ndarray of str
            Names of the columns that are kept, and of the indicator's.

        Raises
        ------
        ValueError
            If `input_features` are not the features seen during fit.
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)
        kept = names[self._kept]
        if self.indicator_ is None:
            return kept
        return np.concatenate([kept, self.indicator_.get_feature_names_out(names)])

    @as_numpy
    def _read(self, X, reset):
        X = without_categories(X)
        how = {"dtype": "numeric", "ensure_all_finite": "allow-nan"}
        X = of_numbers(validate_data(self, X, **how, reset=reset))
        if X.dtype not in (np.float32, np.float64):
            X = X.astype(np.float64)
        return np.where(self.missing_values == X, X.dtype.type(np.nan), X)

    def _unfitted(self, X):
        """Clone the autoencoder and tell it what it leaves open."""
        prototype = default_for(X) if self.autoencoder is None else self.autoencoder
        autoencoder = seeded_clone(prototype, self._seed)
        if self.n_imputations > 1:
            require_variational(autoencoder)
            autoencoder._validate_params()
            require_cells(autoencoder._loss())
        return autoencoder.set_output(transform="default")

    def _filled(self, X, complete):
        """Fill the missing cells of known columns, perhaps several times."""
        known = X[:, self._known]
        values = complete(known) if known.size else known
        filled = np.zeros((*values.shape[:-1], X.shape[1]), X.dtype)
        filled[...] = np.where(np.isnan(X), 0, X)
        filled[..., self._known] = np.where(np.isnan(known), values, known)
        return filled[..., self._kept]

    def _expected(self, X):
        # `reconstruct` would leave NaN behind the end of series.
        return self.autoencoder_.inverse_transform(self.autoencoder_.transform(X))

    def _drawn(self, X, random_state):
        n_draws = self.n_imputations
        return self.autoencoder_.draw_missing(X, n_draws, random_state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def default_for(X: np.ndarray) -> Any:
    """Make the autoencoder that serves a table best."""
    share = float(np.clip(np.isnan(X).mean(), *SHARES))
    return DenoisingAE(
        X.shape[1],
        noise="missing",
        noise_level=share,
        emphasis=(1, 0),
        validation_fraction=HELD_OUT,
    )


def require_variational(autoencoder: Any) -> None:
    """Refuse an autoencoder that gives one value for a cell, and no distribution."""
    if not hasattr(autoencoder, "draw_missing"):
        raise ValueError(
            f"{type(autoencoder).__name__} gives one value for a missing cell. To draw"
            " several, set the 'autoencoder' parameter of AEImputer to a variational"
            " one, such as IWAE()."
        )
