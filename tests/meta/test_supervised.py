"""Classifier and regressor: scikit-learn's contract, labels, weights, fine-tuning."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import torch
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_digits, make_blobs
from sklearn.exceptions import (
    ConvergenceWarning,
    NotFittedError,
    UndefinedMetricWarning,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_ae import AE, AEClassifier, AERegressor, DenoisingAE, StackedAE

from ..conftest import AUTOENCODERS, fast

BOTH = pytest.mark.parametrize("cls", [AEClassifier, AERegressor])


def small(cls=DenoisingAE, **params):
    settings = {"hidden_layer_sizes": (16,), "max_epochs": 3, "n_iter_no_change": 100}
    return cls(**(settings | params))


def quick(cls, autoencoder=None, **params):
    settings = {"max_epochs": 10, "lr": 0.01, "random_state": 0}
    return cls(autoencoder or small(), **(settings | params))


# How it is pretrained makes no difference to what comes then.
CHECKED = [
    quick(cls, small(early_stopping=False), **settings)
    for cls in (AEClassifier, AERegressor)
    for settings in (
        {"reconstruction_weight": 1.0, "freeze": 5, "noise": "masking"},
        {"early_stopping": True, "lr_schedule": "plateau"},
    )
]
CHECKED += [
    quick(AEClassifier),
    quick(AERegressor, small(AE, dtype="float64", skip=None)),
]


@parametrize_with_checks(CHECKED)
def test_passes_check_estimator(estimator, check):
    check(estimator)


@pytest.fixture
def blobs():
    X, y = make_blobs(150, 6, centers=3, cluster_std=2.0, random_state=0)
    return X, y


@pytest.fixture
def targets(rows):
    return np.column_stack([rows[:, 0] * 100 + 7, rows[:, 1] - rows[:, 2]])


def test_learns_classes(blobs):
    X, y = blobs
    assert quick(AEClassifier).fit(X[:100], y[:100]).score(X[100:], y[100:]) > 0.9


@pytest.mark.parametrize("autoencoder", AUTOENCODERS)
def test_takes_any_autoencoder(autoencoder, blobs):
    X, y = blobs
    model = quick(AEClassifier, fast(autoencoder), reconstruction_weight=0.1)
    assert model.fit(X[:100], y[:100]).score(X[100:], y[100:]) > 0.8
    before = fast(autoencoder).fit(X[:100]).transform(X)
    assert np.abs(model.transform(X) - before).max() > 1e-4


@pytest.mark.parametrize("autoencoder", AUTOENCODERS)
def test_labels_reach_every_encoder(autoencoder, blobs):
    X, y = blobs
    pretrained = fast(autoencoder).fit(X[:100])
    tuned = quick(AEClassifier, pretrained, prefit=True).fit(X[:100], y[:100])
    before, after = (
        ae.network_.state_dict().values() for ae in (pretrained, tuned.autoencoder_)
    )
    assert any(not torch.equal(*pair) for pair in zip(before, after, strict=True))


def test_the_code_may_be_that_of_all_layers(blobs):
    X, y = blobs
    stack = fast(StackedAE, layers="all")
    model = quick(AEClassifier, stack).fit(X[:100], y[:100])
    assert model.score(X[100:], y[100:]) > 0.8
    assert model.transform(X).shape[1] == len(model.get_feature_names_out())
    assert model.head_coef_.shape == (3, model.transform(X).shape[1])


def test_learns_targets_in_any_units(rows, targets):
    model = quick(AERegressor).fit(rows[:90], targets[:90])
    assert model.score(rows[90:], targets[90:]) > 0.9
    assert model.predict(rows).shape == targets.shape
    single = quick(AERegressor).fit(rows[:90], targets[:90, 0])
    assert single.predict(rows).shape == (120,)
    assert single.score(rows[90:], targets[90:, 0]) > 0.9


def test_a_constant_target_is_predicted(rows):
    model = quick(AERegressor).fit(rows, np.full(len(rows), 3.0))
    np.testing.assert_allclose(model.predict(rows), 3, rtol=1e-5)


def test_predictions_belong_together(blobs):
    X, y = blobs
    for n_classes in (2, 3):
        kept = y < n_classes
        model = quick(AEClassifier).fit(X[kept], np.array(list("abc"))[y[kept]])
        p = model.predict_proba(X)
        np.testing.assert_allclose(p.sum(1), 1, rtol=1e-6)
        scores = model.decision_function(X)
        if n_classes == 2:
            scores = np.column_stack([np.zeros(len(X)), scores])
        np.testing.assert_allclose(p, softmax(scores, axis=1), rtol=1e-6)
        np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), p)
        assert np.isfinite(model.predict_log_proba(1e4 * X)).all()  # where p is 0
        np.testing.assert_array_equal(
            model.predict(X), model.classes_[np.argmax(p, axis=1)]
        )
        codes = model.transform(X)
        scores = codes @ model.head_coef_.T + model.head_intercept_
        np.testing.assert_allclose(
            model.decision_function(X).reshape(scores.shape), scores, rtol=1e-5
        )
        np.testing.assert_array_equal(model.autoencoder_.transform(X), codes)


def test_softmax_on_a_frozen_code_is_logistic_regression(blobs):
    X, y = blobs
    y = np.where(
        np.arange(len(y)) % 3, y, (y + 1) % 3
    )  # with some overlap, so that there is an optimum
    ae = small(AE, dtype="float64").fit(X)
    head = quick(
        AEClassifier, ae, prefit=True, freeze=1000, noise_level=0, weight_decay=0
    )
    head.set_params(max_epochs=300, batch_size=150).fit(X, y)
    reference = LogisticRegression(C=1e6, max_iter=5000, tol=1e-8)
    reference.fit(ae.transform(X), y)
    np.testing.assert_array_equal(head.transform(X), ae.transform(X))
    np.testing.assert_allclose(
        head.predict_proba(X), reference.predict_proba(ae.transform(X)), atol=1e-3
    )


def test_linear_map_on_a_frozen_code_is_least_squares(rows, targets):
    ae = small(AE, dtype="float64").fit(rows)
    head = quick(
        AERegressor, ae, prefit=True, freeze=1000, noise_level=0, weight_decay=0
    )
    head.set_params(max_epochs=300, batch_size=120).fit(rows, targets)
    reference = Ridge(alpha=1e-9).fit(ae.transform(rows), targets)
    np.testing.assert_allclose(head.head_coef_, reference.coef_, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(head.head_intercept_, reference.intercept_, rtol=1e-3)


def test_fine_tuning_moves_the_encoder_once_it_is_thawed(blobs):
    X, y = blobs
    ae = small().fit(X)
    frozen = quick(AEClassifier, ae, prefit=True, max_epochs=3, freeze=3).fit(X, y)
    thawed = quick(AEClassifier, ae, prefit=True, max_epochs=4, freeze=3).fit(X, y)
    before = ae.transform(X)
    np.testing.assert_array_equal(frozen.transform(X), before)
    assert np.abs(thawed.transform(X) - before).max() > 1e-4


@pytest.mark.parametrize("freeze", [0, 1])
def test_what_the_user_froze_stays_frozen(blobs, freeze):
    X, y = blobs
    network = small(n_components=2, skip=None).fit(X).network_
    network.encode[0].requires_grad_(False)
    ae = small(n_components=2, network=network, skip=None).fit(X)
    model = quick(AEClassifier, ae, prefit=True, max_epochs=3, freeze=freeze)
    model.fit(X, y)
    before, after = (m.network_.encode[0].weight for m in (ae, model.autoencoder_))
    assert torch.equal(before, after)


def test_a_prefit_autoencoder_stays_as_it_is(blobs):
    X, y = blobs
    ae = small().fit(X)
    before = ae.transform(X)
    model = quick(AEClassifier, ae, prefit=True).fit(X, y)
    np.testing.assert_array_equal(ae.transform(X), before)
    assert model.autoencoder is ae
    assert model.autoencoder_ is not ae


def test_prefit_asks_for_a_fitted_autoencoder_of_these_features(blobs):
    X, y = blobs
    with pytest.raises(NotFittedError):
        quick(AEClassifier, small(), prefit=True).fit(X, y)
    with pytest.raises(ValueError, match="'autoencoder'"):
        AEClassifier(prefit=True).fit(X, y)
    with pytest.raises(ValueError, match=r"6 features.*expects 5"):
        quick(AEClassifier, small().fit(X[:, :5]), prefit=True).fit(X, y)


def test_rows_labelled_minus_one_take_part_in_pretraining_only(blobs):
    X, y = blobs
    some = np.where(np.arange(len(y)) % 10 == 0, y, -1)
    model = quick(AEClassifier).fit(X, some)
    assert list(model.classes_) == [0, 1, 2]
    pretrained = small(random_state=0).fit(X)
    tuned = quick(AEClassifier, pretrained, prefit=True).fit(X, some)
    same = quick(AEClassifier, pretrained, prefit=True).fit(X[some >= 0], y[some >= 0])
    np.testing.assert_array_equal(tuned.predict_proba(X), same.predict_proba(X))
    seen = quick(AEClassifier).fit(X[some >= 0], y[some >= 0])
    assert np.any(
        seen.autoencoder_.scaling_.center != model.autoencoder_.scaling_.center
    )
    np.testing.assert_allclose(
        model.autoencoder_.scaling_.center, X.mean(0), atol=1e-12
    )


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        ([-1, 1], [-1, 1]),
        ([-1.0, 1.0], [-1, 1]),
        ([-1, -1, 0, 1], [0, 1]),
        ([-1, 1, 2, 3], [1, 2, 3]),
        (np.array([-1, "a", "b"], dtype=object), ["a", "b"]),
    ],
)
def test_what_minus_one_means(rows, y, classes):
    y = np.asarray(y)
    y = y[np.arange(len(rows)) % len(y)]
    model = quick(AEClassifier, max_epochs=2).fit(rows, y)
    assert model.classes_.tolist() == classes
    assert set(model.predict(rows)) <= set(classes)


def test_minus_one_as_a_string_is_a_class_with_a_warning(rows):
    y = np.array(["a", "b", -1])[np.arange(len(rows)) % 3]
    with pytest.warns(UserWarning, match="'-1' as a string.* y = np.array"):
        model = quick(AEClassifier, max_epochs=2).fit(rows, y)
    assert model.classes_.tolist() == ["-1", "a", "b"]


def test_two_strings_are_two_classes_without_a_warning(rows):
    y = np.array(["-1", "1"])[np.arange(len(rows)) % 2]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = quick(AEClassifier, max_epochs=2).fit(rows, y)
    assert model.classes_.tolist() == ["-1", "1"]


def test_minus_one_may_be_meant_as_a_class_beside_others(blobs):
    X, y = blobs
    with pytest.warns(UserWarning, match=r"-1 in 50 of 150 rows.*np\.where"):
        quick(AEClassifier, max_epochs=2).fit(X, y - 1)
    with pytest.raises(ValueError, match=r"at least two classes.*1 class.*without"):
        quick(AEClassifier).fit(X, np.where(y == 1, 0, -1))


def test_rows_without_a_label_do_not_count_in_the_score(blobs):
    X, y = blobs
    some = np.where(np.arange(len(y)) % 2, y, -1)
    weight = np.arange(1.0, len(y) + 1)
    model = quick(AEClassifier, max_epochs=4).fit(X, some)
    known = some >= 0
    assert model.score(X, some) == model.score(X[known], y[known])
    assert model.score(X, some, weight) == model.score(
        X[known], y[known], weight[known]
    )
    names = np.where(known, np.array(["a", "b", "c"], object)[y], -1)
    model = quick(AEClassifier, max_epochs=4).fit(X, names)
    assert model.score(X, names) == model.score(X[known], names[known])
    with pytest.warns(UndefinedMetricWarning, match="a row with a label"):
        assert np.isnan(model.score(X[~known], names[~known]))
    search = GridSearchCV(model, {"max_epochs": [1, 3]}, cv=2).fit(X, names)
    column = model.score(X, names[:, None], sample_weight=weight)
    assert column == model.score(X, names, sample_weight=weight)
    assert model.score(sp.coo_matrix(X), names) == model.score(X, names)
    for wrong in ((X, names[:9]), (X[:9], names), (X, names, weight[:9])):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            model.score(*wrong)
    with pytest.raises(ValueError, match="features"):
        model.score(X[:, :2], names)
    with pytest.warns(UserWarning, match="'-1' as a string"):
        model.score(X, names.astype(str))
    with pytest.raises(ValueError, match=r"fillna\(-1\)"):
        model.score(X, pd.Series(np.where(known, names, None), dtype="string"))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_targets_that_are_not_known_do_not_count_in_the_score(rows, targets):
    some = targets.copy()
    some[:40, 0] = some[30:60, 1] = np.nan
    model = quick(AERegressor).fit(rows, some)
    expected = [
        r2_score(column[known], guess[known])
        for column, guess, known in zip(
            some.T, model.predict(rows).T, ~np.isnan(some.T), strict=True
        )
    ]
    assert model.score(rows, some) == pytest.approx(np.mean(expected), abs=1e-12)
    single = quick(AERegressor).fit(rows, some[:, 0])
    assert single.score(rows, some[:, 0]) == single.score(rows[40:], some[40:, 0])
    with pytest.warns(UndefinedMetricWarning, match="two rows whose y is known"):
        assert np.isnan(single.score(rows[:41], some[:41, 0]))
    assert single.score(rows, some[:, :1]) == single.score(rows, some[:, 0])
    with pytest.raises(ValueError, match="shape"):
        single.score(rows, some)


def test_targets_that_are_not_known(rows, targets):
    some = targets.copy()
    some[:40] = np.nan
    model = quick(AERegressor).fit(rows, some)
    np.testing.assert_allclose(
        model.autoencoder_.scaling_.center, rows.mean(0), atol=1e-12
    )
    pretrained = small(random_state=0).fit(rows)
    tuned = quick(AERegressor, pretrained, prefit=True).fit(rows, some)
    known = quick(AERegressor, pretrained, prefit=True).fit(rows[40:], some[40:])
    np.testing.assert_array_equal(tuned.predict(rows), known.predict(rows))
    some[40:80, 1] = np.nan
    model = quick(AERegressor).fit(rows, some)
    assert model.score(rows, targets) > 0.9
    weight = np.where(np.isnan(some[:, 1]), 1, 0)
    with pytest.raises(ValueError, match=r"needs rows .* not NaN, for each target"):
        model.fit(rows, some, sample_weight=weight)


def test_rows_without_a_target_are_repeated_as_others_are(rows, targets):
    y = np.where(np.arange(len(rows)) % 3, targets[:, 0], np.nan)
    weight = np.arange(len(rows)) % 4
    weighted = quick(AERegressor).fit(rows, y, sample_weight=weight)
    repeated = quick(AERegressor).fit(rows.repeat(weight, 0), y.repeat(weight))
    np.testing.assert_array_equal(weighted.predict(rows), repeated.predict(rows))


@BOTH
@pytest.mark.parametrize("settings", [{}, {"reconstruction_weight": 1.0}])
def test_weights_are_repetitions_bit_by_bit(cls, blobs, settings):
    X, y = blobs
    weight = np.random.RandomState(0).randint(0, 4, len(y))
    weighted = quick(cls, max_epochs=3, **settings).fit(X, y, sample_weight=weight)
    order = np.random.RandomState(1).permutation(weight.sum())
    repeated = quick(cls, max_epochs=3, **settings).fit(
        X.repeat(weight, 0)[order], y.repeat(weight)[order]
    )
    np.testing.assert_array_equal(weighted.predict(X), repeated.predict(X))
    np.testing.assert_array_equal(weighted.head_coef_, repeated.head_coef_)
    np.testing.assert_array_equal(weighted.transform(X), repeated.transform(X))


@BOTH
def test_only_the_proportions_of_weights_count(cls, blobs):
    X, y = blobs
    one = quick(cls, max_epochs=3).fit(X, y)
    four = quick(cls, max_epochs=3).fit(X, y, sample_weight=np.full(len(y), 4))
    np.testing.assert_array_equal(one.predict(X), four.predict(X))


def test_balanced_classes(blobs):
    X, y = blobs
    rare = np.flatnonzero((y != 0) | (np.arange(len(y)) % 5 == 0))
    X, y = X[rare], y[rare]
    counts = np.bincount(y)
    balanced = quick(AEClassifier, class_weight="balanced").fit(X, y)
    factors = dict(enumerate(len(y) / (3 * counts)))
    by_hand = quick(AEClassifier, class_weight=factors).fit(X, y)
    np.testing.assert_allclose(
        balanced.predict_proba(X), by_hand.predict_proba(X), atol=1e-4
    )
    weighted = quick(AEClassifier).fit(X, y, sample_weight=(len(y) / (3 * counts))[y])
    np.testing.assert_allclose(
        balanced.predict_proba(X), weighted.predict_proba(X), atol=1e-4
    )


def test_one_class_is_refused(blobs):
    X, _ = blobs
    with pytest.raises(ValueError, match="two classes"):
        quick(AEClassifier).fit(X, np.zeros(len(X), int))


@BOTH
def test_noise_is_validated(cls, blobs):
    with pytest.raises(ValueError, match=f"'noise_level' parameter of {cls.__name__}"):
        quick(cls, noise_level=1.5).fit(*blobs)
    with pytest.raises(ValueError, match="'noise' parameter must give a tensor"):
        quick(cls, noise=narrower).fit(*blobs)


def narrower(x, level, generator):
    return x[:, 1:]


@BOTH
def test_reconstruction_weight_keeps_the_decoder(cls, blobs):
    X, y = blobs
    ae = small(AE, n_components=2).fit(X)
    scores = [
        quick(cls, ae, prefit=True, reconstruction_weight=w, max_epochs=50)
        .fit(X, y)
        .autoencoder_.score(X)
        for w in (0, 1)
    ]
    assert scores[1] > scores[0]


@BOTH
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_training_works_where_gradients_are_switched_off(cls, mode, blobs):
    X, y = blobs
    expected = quick(cls, max_epochs=3).fit(X, y).transform(X)
    with mode():
        model = quick(cls, max_epochs=3).fit(X, y)
    np.testing.assert_array_equal(model.transform(X), expected)


@BOTH
def test_results_are_reproducible_and_survive_pickling(cls, blobs):
    X, y = blobs
    model = quick(cls, max_epochs=3).fit(X, y)
    for twin in (
        quick(cls, max_epochs=3).fit(X, y),
        clone(model).fit(X, y),
        pickle.loads(pickle.dumps(model)),
    ):
        np.testing.assert_array_equal(twin.predict(X), model.predict(X))
        np.testing.assert_array_equal(twin.transform(X), model.transform(X))


@BOTH
def test_the_callers_streams_stay_untouched(cls, blobs):
    torch.manual_seed(0)
    np.random.seed(0)
    expected = torch.rand(1), np.random.rand()
    torch.manual_seed(0)
    np.random.seed(0)
    quick(cls, max_epochs=2).fit(*blobs)
    assert (torch.rand(1), np.random.rand()) == expected


def test_searches_reach_the_autoencoder(blobs):
    X, y = blobs
    grid = {"autoencoder__noise_level": [0.1, 0.3], "freeze": [0, 1]}
    search = GridSearchCV(
        quick(AEClassifier, max_epochs=20), grid, cv=2, n_jobs=2, error_score="raise"
    )
    assert search.fit(X, y).best_score_ > 0.8
    assert set(search.best_params_) == set(grid)


def test_frames_and_pipelines(blobs):
    X, y = blobs
    frame = pd.DataFrame(X, columns=list("abcdef"))
    model = quick(AEClassifier, max_epochs=2).fit(frame, y)
    assert list(model.feature_names_in_) == list("abcdef")
    assert list(model.autoencoder_.feature_names_in_) == list("abcdef")
    codes = model.set_output(transform="pandas").transform(frame)
    assert codes.columns[0] == "aeclassifier0"
    pipeline = make_pipeline(quick(AEClassifier), LogisticRegression())
    assert pipeline.fit(X, y).score(X, y) > 0.9


@BOTH
def test_fitted_attributes_are_documented(cls, blobs):
    model = quick(cls, max_epochs=2, early_stopping=True).fit(*blobs)
    assert len(model.loss_curve_) == len(model.validation_loss_curve_) == model.n_iter_
    for name in dir(model):
        if name.endswith("_") and not name.startswith("_"):
            assert cls.__doc__.count(f"\n{name} : ") == 1


def test_few_labels_are_enough_beside_unlabelled_rows():
    X, y = load_digits(return_X_y=True)
    ae = DenoisingAE(max_epochs=20, random_state=0).fit(X[:1400])
    model = AEClassifier(ae, prefit=True, max_epochs=200, random_state=0)
    reference = LogisticRegression(max_iter=5000)
    gains = []
    for seed in range(3):
        labelled = np.random.RandomState(seed).choice(1400, 100, replace=False)
        some = np.full(1400, -1)
        some[labelled] = y[labelled]
        reference.fit(X[labelled] / 16, y[labelled])
        gains.append(
            model.fit(X[:1400], some).score(X[1400:], y[1400:])
            - reference.score(X[1400:] / 16, y[1400:])
        )
    assert np.mean(gains) > 0


@pytest.fixture
def counts():
    """Rows that may occur twice, with few cells that are not zero."""
    random = np.random.RandomState(0)
    counts = random.poisson(0.4, size=(120, 12)).astype(float)
    return counts, (counts[:, :4].sum(1) > 1).astype(int)


SPARSE = [sp.csr_array, sp.csr_matrix, sp.csc_array]


@BOTH
@pytest.mark.parametrize("form", SPARSE)
def test_sparse_tables_are_learnt_from_and_predicted(cls, form, counts):
    X, y = counts
    model = quick(cls, small(max_epochs=30), max_epochs=40).fit(form(X), y)
    assert model.score(form(X), y) > 0.6
    np.testing.assert_array_equal(model.predict(form(X)), model.predict(X))
    np.testing.assert_array_equal(model.transform(form(X)), model.transform(X))


@BOTH
def test_weights_of_sparse_rows_are_repetitions_bit_by_bit(cls, counts):
    X, y = counts
    weight = np.arange(len(X)) % 3
    order = np.random.RandomState(1).permutation(weight.sum())
    many, targets = (np.repeat(rows, weight, axis=0)[order] for rows in (X, y))
    model = quick(cls).fit(sp.csr_array(X), y, sample_weight=weight)
    again = quick(cls).fit(sp.csr_array(many), targets)
    np.testing.assert_array_equal(model.predict(X), again.predict(X))


def test_stored_zeros_and_duplicate_entries_change_nothing(counts):
    X, y = counts
    table = sp.coo_array(X)
    cells, half = np.nonzero(np.ones_like(X)), 0.5 * X.ravel()
    twice = [np.concatenate([index, index]) for index in cells]
    awkward = sp.coo_array((np.concatenate([half, half]), twice), X.shape)
    model = quick(AEClassifier).fit(table.tocsr(), y)
    again = quick(AEClassifier).fit(awkward.tocsr(), y)
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X))


def test_sparse_rows_may_lack_labels(counts):
    X, y = counts
    y = np.where(np.arange(len(y)) % 2, y, -1)
    model = quick(AEClassifier, reconstruction_weight=0.5).fit(sp.csr_array(X), y)
    assert set(model.classes_) == {0, 1}
    assert model.predict(sp.csr_array(X)).shape == y.shape


@BOTH
def test_sparse_tables_are_refused_where_the_autoencoder_takes_none(cls, counts):
    X, y = counts
    model = quick(cls, StackedAE(2, layer=small(), hidden_layer_sizes=(4,)))
    with pytest.raises(TypeError, match="dense data is required"):
        model.fit(sp.csr_array(X), y)


def test_a_frozen_autoencoder_keeps_its_fit_in_searches(blobs):
    X, y = blobs
    ae = small().fit(X)
    frozen = quick(AEClassifier, FrozenEstimator(ae), freeze=1000, noise_level=0)
    np.testing.assert_array_equal(frozen.fit(X, y).transform(X), ae.transform(X))
    assert cross_val_score(frozen, X, y, error_score="raise").mean() > 0.8
    with pytest.raises(NotFittedError, match="FrozenEstimator"):
        quick(AEClassifier, clone(ae), prefit=True).fit(X, y)
    with pytest.raises(ValueError, match="'autoencoder' parameter must be an"):
        cross_val_score(
            quick(AEClassifier, FrozenEstimator(Ridge())), X, y, error_score="raise"
        )


def test_a_fitted_autoencoder_sees_its_columns_in_their_order(blobs):
    X, y = blobs
    frame = pd.DataFrame(X).rename(columns="x{}".format)
    ae = small().fit(frame)
    quick(AEClassifier, ae, prefit=True).fit(frame, y)
    quick(AEClassifier, ae, prefit=True).fit(X, y)
    with pytest.raises(ValueError, match="names that the fitted autoencoder knows"):
        quick(AEClassifier, ae, prefit=True).fit(frame[frame.columns[::-1]], y)


def test_a_target_of_its_own_is_not_rebuilt_in_fine_tuning(blobs):
    X, y = blobs
    ae = small().fit(X, target=X[:, :2])
    quick(AEClassifier, ae, prefit=True).fit(X, y)
    with pytest.raises(ValueError, match="reconstruction_weight=0"):
        quick(AEClassifier, ae, prefit=True, reconstruction_weight=1).fit(X, y)


def test_samples_and_attributes_are_those_of_the_tuned_autoencoder(blobs):
    X, y = blobs
    settings = {"reconstruction_weight": 1.0, "max_epochs": 50, "lr": 0.03}
    model = quick(AEClassifier, **settings).fit(X, y)
    drawn = model.autoencoder_._draw_codes(2000, np.random.RandomState(0))
    codes = model.transform(X)
    np.testing.assert_allclose(drawn.std(0), codes.std(0), rtol=0.25)


@pytest.mark.parametrize("size", [1e-300, 1e-160, 1e160, 1e300])
def test_targets_may_be_as_large_as_floats_are(blobs, size):
    X, _ = blobs
    usual = quick(AERegressor).fit(X, X[:, 0])
    scaled = quick(AERegressor).fit(X, X[:, 0] * size)
    np.testing.assert_allclose(scaled.predict(X) / size, usual.predict(X), rtol=1e-3)


@pytest.mark.parametrize("weight", [{0: -1.0}, {0: np.nan}, {0: 0, 1: 0, 2: 0}])
def test_class_weights_are_checked(blobs, weight):
    X, y = blobs
    y = y % 3
    with pytest.raises(ValueError, match="'class_weight' parameter"):
        quick(AEClassifier, class_weight=weight).fit(X, y)


@pytest.mark.parametrize("cls", [AEClassifier, AERegressor])
def test_what_fails_to_be_fitted_again_is_not_fitted(cls, blobs):
    X, y = blobs
    model = quick(cls).fit(X, y)
    with pytest.raises(ValueError, match="diverged"):
        model.set_params(lr=1e30, max_epochs=5).fit(X[:, :2], y % 2)
    with pytest.raises(NotFittedError):
        model.predict(X[:, :2])


@pytest.mark.parametrize("cls", [AEClassifier, AERegressor])
def test_parameters_of_the_autoencoder_are_checked(cls, blobs):
    with pytest.raises(ValueError, match="The 'loss' parameter of AE"):
        quick(cls, autoencoder=AE(2, loss="foo")).fit(*blobs)


def test_weights_matter_by_their_ratios(rows):
    weight = np.random.RandomState(0).uniform(size=len(rows))
    first, second = (
        quick(AERegressor).fit(rows, rows[:, 0], w) for w in (weight, weight * 2**60)
    )
    np.testing.assert_allclose(first.predict(rows), second.predict(rows), rtol=1e-6)
