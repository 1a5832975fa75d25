"""The outlier detector: scikit-learn's contract, what it finds, its lines."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_outlier_detector
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_ae import AE, RBM, VAE, AEOutlierDetector, ConvAE, StackedAE
from sklearn_ae.meta.outliers import MAX_REFERENCES, Neighbours

from ..conftest import AUTOENCODERS, fast


def quick(autoencoder=None, **params):
    settings = {"random_state": 0}
    return AEOutlierDetector(autoencoder or fast(AE, 2), **(settings | params))


@parametrize_with_checks(
    [
        quick(),
        quick(contamination=0.1, n_neighbors=5),
        quick(fast(VAE, dtype="float64")),
    ]
)
def test_passes_check_estimator(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X .*feature names")
@pytest.mark.parametrize(
    "check",
    [
        "check_param_validation",
        "check_dataframe_column_names_consistency",
        "check_inplace_ensure_writeable",
    ],
)
def test_passes_the_checks_that_check_estimator_omits(check):
    getattr(estimator_checks, check)("AEOutlierDetector", quick())


@pytest.fixture
def strange(rows):
    """Break the relations between the columns, but keep their values."""
    random = np.random.RandomState(1)
    columns = [random.permutation(column) for column in rows[:20].T]
    return np.column_stack(columns)


def test_is_an_outlier_detector():
    assert is_outlier_detector(AEOutlierDetector())
    assert is_outlier_detector(AEOutlierDetector(StandardScaler()))  # refused by fit


@pytest.mark.parametrize(
    "autoencoder",
    [*(fast(cls, 3) for cls in AUTOENCODERS), fast(StackedAE, 3, layers="all")],
    ids=repr,
)
def test_any_autoencoder_finds_novelties(autoencoder, rows):
    detector = quick(autoencoder).fit(rows[:90])
    far = rows[:10] + 30 * np.resize([1, -1], 6)
    assert detector.score_samples(rows[90:]).min() > detector.score_samples(far).max()
    np.testing.assert_array_equal(detector.predict(far), -1)


def test_finds_rows_that_break_relations_among_the_rows_trained_on(rows, strange):
    X = np.r_[rows, strange]
    truth = np.r_[np.zeros(120), np.ones(20)]
    detector = quick(fast(AE, 3), contamination=1 / 7)
    labels = detector.fit_predict(X)
    assert np.count_nonzero(labels < 0) == 20
    assert roc_auc_score(truth, -detector.score_samples(X)) > 0.9
    lengths = np.square(StandardScaler().fit_transform(X)).sum(1)
    assert roc_auc_score(truth, lengths) < 0.7


def test_outliers_that_resemble_each_other_are_found(rows):
    X = np.r_[rows, np.tile(rows[:1] + 8 * rows.std(0), (4, 1))]
    scores = quick().fit(X).score_samples(X)
    assert scores[120:].max() < scores[:120].min()
    assert quick(n_neighbors=3).fit(X).score_samples(X)[120:].min() > np.median(scores)


def test_scores_fall_with_the_distance(rows):
    detector = quick().fit(rows)
    away = rows.mean(0) + np.linspace(0, 50, 20)[:, None] * np.resize([1, -1], 6)
    assert np.all(np.diff(detector.score_samples(away)[3:]) < 0)


def test_the_score_is_the_mean_of_two_logarithms(rows):
    detector = quick(fast(AE, 2, dtype="float64", scale="standard")).fit(rows)
    x = StandardScaler().fit_transform(rows)
    codes = detector.autoencoder_.transform(rows)
    residuals = x - StandardScaler().fit(rows).transform(
        detector.autoencoder_.reconstruct(rows)
    )
    size = np.sqrt(np.mean(residuals**2))
    described = np.hstack([codes / codes.std(0), residuals / size])
    distances = [
        np.sort(np.linalg.norm(space[:, None] - space, axis=2))[:, 1:13].mean(1)
        for space in (x, described)
    ]
    expected = -np.log(distances).mean(0)
    np.testing.assert_allclose(detector.score_samples(rows), expected, atol=0.05)
    assert np.corrcoef(detector.score_samples(rows), expected)[0, 1] > 0.999


def test_distances_are_those_to_the_nearest(rows):
    reference, others = rows[:100], rows[100:]
    near = Neighbours(reference, 3)
    for some, first in ((others, 0), (reference, 1)):  # not itself
        away = np.sort(np.linalg.norm(some[:, None] - reference, axis=2))
        expected = np.log(away[:, first : first + 3].mean(1) + near.floor)
        np.testing.assert_allclose(near.log_distances(some), expected)


@pytest.mark.parametrize("n_neighbors", [1, 5, 0.1])
def test_rows_like_those_in_training_are_outliers_no_more_often(n_neighbors):
    X = np.random.RandomState(0).normal(size=(2200, 5))
    detector = quick(n_neighbors=n_neighbors, contamination=0.1).fit(X[:200])
    assert np.mean(detector.predict(X[200:]) < 0) < 0.2


def test_contamination_is_the_share_of_training_rows_below_the_line(rows):
    for share in (0.05, 0.25, 0.5):
        detector = quick(contamination=share)
        assert np.count_nonzero(detector.fit_predict(rows) < 0) == 120 * share


def test_contamination_has_no_say_in_the_scores(rows):
    some, few = (
        quick(contamination=share).fit(rows).score_samples(rows) for share in (0.3, 0.1)
    )
    np.testing.assert_array_equal(some, few)


def test_auto_draws_the_line_where_a_box_plot_does(rows):
    detector = quick().fit(rows)
    scores = detector.score_samples(rows)
    low, high = np.percentile(scores, [25, 75])
    assert detector.offset_ == pytest.approx(low - 1.5 * (high - low))
    np.testing.assert_array_equal(
        detector.decision_function(rows), scores - detector.offset_
    )


@pytest.mark.parametrize(
    ("n_neighbors", "n"), [(0.1, 12), (0.001, 5), (7, 7), (500, 119)]
)
def test_number_of_neighbours(rows, n_neighbors, n):
    assert quick(n_neighbors=n_neighbors).fit(rows).n_neighbors_ == n


def test_no_more_rows_are_compared_with_than_needed():
    X = np.random.RandomState(0).normal(size=(MAX_REFERENCES + 500, 3))
    detector = quick(fast(AE, 2, max_epochs=1)).fit(X)
    assert detector.n_neighbors_ == MAX_REFERENCES / 10
    assert len(detector.score_samples(X)) == len(X)


TABLES = {
    "one row": np.ones((1, 3)),
    "two rows": np.eye(2, 3),
    "constant": np.full((30, 3), 7.0),
    "the same row mostly": np.r_[np.zeros((40, 2)), np.ones((2, 2))],
    "large and small": np.random.RandomState(0).normal(size=(50, 2)) * [1e30, 1e-30],
    "one column": np.arange(30.0)[:, None],
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_odd_tables_have_finite_scores(table):
    detector = quick(fast(AE, 1)).fit(table)
    assert np.isfinite(detector.score_samples(table)).all()
    assert np.isfinite(detector.offset_)


def test_constant_rows_are_no_outliers():
    np.testing.assert_array_equal(quick().fit_predict(TABLES["constant"]), 1)


def test_images_as_arrays():
    images = np.random.RandomState(0).normal(size=(40, 8, 8)) / 5
    images[:, 2:6, 2:6] += np.linspace(1, 2, 40)[:, None, None]
    detector = quick(ConvAE(4, channels=4, max_epochs=2)).fit(images)
    assert detector.input_shape_ == (8, 8)
    upside_down = np.roll(images, 4, axis=1)
    assert (
        detector.score_samples(upside_down).max() < detector.score_samples(images).min()
    )
    with pytest.raises(ValueError, match="shape"):
        detector.predict(images.reshape(40, 4, 16))
    with pytest.raises(ValueError, match="dim 3"):
        quick().fit(images)


def test_same_seed_same_scores(rows):
    scores = [quick().fit(rows).score_samples(rows) for _ in range(2)]
    np.testing.assert_array_equal(*scores)
    own = fast(AE, 2, skip=None, random_state=None)
    first, again, other = (
        quick(own, random_state=seed).fit(rows).score_samples(rows)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


def test_the_autoencoder_given_stays_as_it_is(rows):
    own = fast(AE, 2)
    detector = AEOutlierDetector(own, random_state=0).fit(rows)
    assert detector.autoencoder is own
    with pytest.raises(NotFittedError):
        own.transform(rows)
    assert detector.autoencoder_.transform(rows).shape == (120, 2)


def test_nested_parameters_clone_and_pickle(rows):
    detector = quick().set_params(autoencoder__max_epochs=1, contamination=0.2)
    twin = clone(detector)
    assert twin.get_params()["autoencoder__max_epochs"] == 1
    scores = detector.fit(rows).score_samples(rows)
    assert detector.autoencoder_.n_iter_ == 1
    np.testing.assert_array_equal(twin.fit(rows).score_samples(rows), scores)
    thawed = pickle.loads(pickle.dumps(detector))
    np.testing.assert_array_equal(thawed.predict(rows), detector.predict(rows))


def test_fitted_attributes_are_documented(rows):
    frame = pd.DataFrame(rows, columns=list("abcdef"))
    detector = quick().fit(frame)
    for attribute in vars(detector):
        if attribute.endswith("_") and not attribute.startswith("_"):
            assert AEOutlierDetector.__doc__.count(f"\n{attribute} : ") == 1
    assert list(detector.autoencoder_.feature_names_in_) == list("abcdef")


def test_in_pipeline_and_search(rows, strange):
    X, y = np.r_[rows, strange], np.r_[np.ones(120), -np.ones(20)]
    pipeline = make_pipeline(StandardScaler(), quick(contamination=1 / 7))
    grid = {"aeoutlierdetector__autoencoder__n_components": [1, 3]}
    search = GridSearchCV(
        pipeline, grid, scoring="roc_auc", cv=StratifiedKFold(2), error_score="raise"
    )
    search.fit(X, y)
    assert search.best_score_ > 0.8


def test_missing_cells_are_no_sign(rows):
    X = np.where(np.random.RandomState(0).uniform(size=rows.shape) < 0.15, np.nan, rows)
    far = rows[:5] + 30 * np.resize([1, -1], 6)
    far[:, 2] = np.nan
    detector = quick(fast(AE, 3, max_epochs=30)).fit(X)
    scores = detector.score_samples(X)
    assert detector.score_samples(far).max() < scores.min()
    gaps = np.isnan(X).any(1)
    assert 0.2 < roc_auc_score(gaps, -scores) < 0.8
    with pytest.raises(ValueError, match="NaN"):
        quick(fast(RBM)).fit(X)


@pytest.mark.parametrize("cls", [AE, VAE])
def test_missing_cells_may_come_after_complete_rows(rows, cls):
    detector = quick(fast(cls, 3)).fit(rows)
    gappy = rows.copy()
    gappy[:5, 2] = np.nan
    scores = detector.score_samples(gappy)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores[5:], detector.score_samples(rows)[5:])


def test_codes_may_tell_nothing(rows):
    collapsing = fast(VAE, 2, beta=1e4, skip=None, lr=0.03)
    far = rows[:5] + 30 * np.resize([1, -1], 6)
    detector = quick(collapsing).fit(rows)
    assert detector.autoencoder_.active_units_ == 0
    assert detector.score_samples(far).max() < detector.score_samples(rows).min()


def test_unfitted_says_so(rows):
    for method in ("predict", "decision_function", "score_samples"):
        with pytest.raises(NotFittedError):
            getattr(AEOutlierDetector(), method)(rows)


def test_what_fails_to_be_fitted_again_is_not_fitted(rows):
    detector = AEOutlierDetector(fast(AE, 2)).fit(rows)
    settings = {"autoencoder__lr": 1e30, "autoencoder__skip": None}
    with pytest.raises(ValueError, match="diverged"):
        detector.set_params(**settings).fit(rows[:, :4])
    with pytest.raises(NotFittedError):
        detector.predict(rows[:, :4])
