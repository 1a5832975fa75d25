"""Every public estimator keeps every promise that scikit-learn checks."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    ParameterGrid,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

import sklearn_ae
from sklearn_ae.networks import Conv, Dense, Recurrent
from sklearn_ae.priors import VampPrior

from .conftest import AUTOENCODERS, fast

CONFIGURATIONS = [
    {},
    {"dtype": None},
    {"dtype": "float64"},
    {"skip": None},
    {"hidden_layer_sizes": ()},
    {"hidden_layer_sizes": 8, "activation": "tanh"},
    {"network": Dense((8,))},
    {"n_components": 0.9, "scale": "standard"},
    {"scale": "minmax", "loss": "binary_crossentropy"},
    {"loss": "absolute_error", "scale": None},
    {"early_stopping": False, "optimizer": "sgd", "lr_schedule": None},
]
NOISES = ["swap", "masking", "gaussian", "salt_and_pepper", "missing"]


def once(cls, *args, **params):
    """Make one that learns once; early stopping is checked with all defaults, below."""
    return fast(cls, *args, **({"early_stopping": False} | params))


CHECKED = [fast(sklearn_ae.AE, **configuration) for configuration in CONFIGURATIONS]
#: What a variant does not change is checked with two of them, some of it.
CHECKED += [
    once(sklearn_ae.DenoisingAE, **configuration)
    for configuration in CONFIGURATIONS[1::3]
]
CHECKED += [
    once(sklearn_ae.DenoisingAE, noise=noise, noise_level=0.3) for noise in NOISES
]
CHECKED += [once(sklearn_ae.DenoisingAE, emphasis=(1, 0.5))]
CHECKED += [
    once(sklearn_ae.VAE, **configuration)
    for configuration in (
        {"dtype": "float64"},
        {"dtype": None, "skip": None},
        {"hidden_layer_sizes": ()},
        {"likelihood": "bernoulli"},
        {"likelihood": "continuous_bernoulli"},
        {"prior": VampPrior(3)},
        {"noise": 0.5, "kl_warmup": 2},
        {"capacity": 1, "beta": 10},
    )
]
CHECKED += [
    once(sklearn_ae.ConvAE, 2, pooling="stride", upsampling="transposed", skip=None),
    once(sklearn_ae.DenoisingAE, network=Conv(channels=4), noise="blocks"),
    once(sklearn_ae.RecurrentAE, 2, cell="gru", bidirectional=True, skip=None),
    once(sklearn_ae.DenoisingAE, network=Recurrent(hidden_size=4, feedback=True)),
]
#: Every public autoencoder, as it is but for the number of epochs, where it has one.
CHECKED += [
    cls(max_epochs=2) if "max_epochs" in cls().get_params() else cls()
    for cls in AUTOENCODERS
]

#: Checks that scikit-learn runs on its own estimators, but not in `check_estimator`.
EXTRA_CHECKS = [
    "check_param_validation",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_global_output_transform_pandas",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_get_feature_names_out_error",
    "check_dataframe_column_names_consistency",
    "check_inplace_ensure_writeable",
    "check_estimators_partial_fit_n_features",
]


# Some checks train on noise, of which nothing can be told.
@pytest.mark.filterwarnings("ignore:All .* code units of VAE collapsed")
@parametrize_with_checks(CHECKED)
def test_passes_check_estimator(estimator, check):
    check(estimator)


# Two of them give an array to what was fitted on a frame, and compare.
@pytest.mark.filterwarnings("ignore:X .*feature names")
@pytest.mark.parametrize("check", EXTRA_CHECKS)
def test_passes_the_checks_that_check_estimator_omits(make, check):
    estimator = make()
    getattr(estimator_checks, check)(type(estimator).__name__, estimator)


def test_can_stand_where_pca_stands(make, digits):
    labels = np.arange(len(digits)) % 3
    pipeline = make_pipeline(make(n_components=5), StandardScaler())
    assert pipeline.fit_transform(digits[:200], labels[:200]).shape == (200, 5)
    assert make(5).get_params()["n_components"] == 5
    assert repr(make(5)).startswith(f"{type(make()).__name__}(")


def test_unchanged_defaults_show_in_no_repr(make):
    assert repr(type(make())()) == f"{type(make()).__name__}()"


def test_only_n_components_is_positional(make):
    with pytest.raises(TypeError):
        make(3, "dense")


def test_fit_returns_the_estimator(make, rows):
    estimator = make()
    assert estimator.fit(rows) is estimator
    assert estimator.partial_fit(rows) is estimator


def test_fit_transform_is_fit_and_transform(make, rows):
    np.testing.assert_array_equal(
        make(2).fit_transform(rows), make(2).fit(rows).transform(rows)
    )


@pytest.mark.parametrize(
    "method", ["transform", "inverse_transform", "reconstruct", "score_samples"]
)
def test_unfitted_says_so(make, rows, method):
    with pytest.raises(NotFittedError):
        getattr(make(), method)(rows)


def test_unfitted_says_so_for_score_and_names(make, rows):
    with pytest.raises(NotFittedError):
        make().score(rows)
    with pytest.raises(NotFittedError):
        make().get_feature_names_out()


def test_fitted_attributes(make, rows):
    frame = pd.DataFrame(rows, columns=list("abcdef"))
    estimator = make(2).fit(frame)
    assert estimator.n_components_ == 2
    assert estimator.n_features_in_ == 6
    assert list(estimator.feature_names_in_) == list("abcdef")
    assert estimator.n_iter_ == 3
    assert len(estimator.loss_curve_) == 3
    assert len(estimator.validation_loss_curve_) == 3
    assert np.isfinite(estimator.best_loss_)
    assert hasattr(estimator.network_, "encode")
    assert estimator.net_.module_.network is estimator.network_


def test_shapes_of_all_results(make, rows):
    estimator = make(2).fit(rows)
    codes = estimator.transform(rows)
    assert codes.shape == (120, 2)
    assert estimator.inverse_transform(codes).shape == rows.shape
    assert estimator.reconstruct(rows).shape == rows.shape
    assert estimator.score_samples(rows).shape == (120,)
    assert isinstance(estimator.score(rows), float)


def test_reconstruct_decodes_codes(make, rows):
    estimator = make(2).fit(rows)
    np.testing.assert_array_equal(
        estimator.reconstruct(rows),
        estimator.inverse_transform(estimator.transform(rows)),
    )


@pytest.mark.parametrize(
    ("dtype", "given", "returned"),
    [
        ("float32", np.float64, np.float32),
        ("float32", np.float32, np.float32),
        ("float64", np.float32, np.float64),
        ("float64", np.int64, np.float64),
        (None, np.float32, np.float32),
        (None, np.float64, np.float64),
        (None, np.uint8, np.float32),
    ],
)
def test_dtype(make, rows, dtype, given, returned):
    X = np.abs(rows).astype(given)
    estimator = make(2, dtype=dtype).fit(X)
    codes = estimator.transform(X)
    assert codes.dtype == returned
    assert estimator.inverse_transform(codes).dtype == returned
    assert estimator.reconstruct(X).dtype == returned
    assert estimator.score_samples(X).dtype == returned


def test_score_is_the_share_of_scaled_variance_explained(make, rows):
    estimator = make(2, scale="standard").fit(rows)
    scaled = StandardScaler().fit(rows)
    x, r = scaled.transform(rows), scaled.transform(estimator.reconstruct(rows))
    expected = 1 - np.sum((x - r) ** 2) / np.sum((x - x.mean(0)) ** 2)
    assert estimator.score(rows) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
def test_score_samples_is_minus_the_error_in_scaled_units(make, rows, loss):
    estimator = make(2, scale="standard", loss=loss).fit(rows)
    scaled = StandardScaler().fit(rows)
    x, r = scaled.transform(rows), scaled.transform(estimator.reconstruct(rows))
    cells = (x - r) ** 2 if loss == "squared_error" else np.abs(x - r)
    np.testing.assert_allclose(
        estimator.score_samples(rows), -cells.mean(1), rtol=1e-4, atol=1e-6
    )


def test_an_outlier_scores_lowest(make, rows):
    estimator = make(2).fit(rows)
    strange = np.r_[rows, [[50, -50, 50, -50, 50, -50]]]
    assert estimator.score_samples(strange).argmin() == 120


def test_score_accepts_and_ignores_y(make, rows):
    estimator = make(2).fit(rows)
    assert estimator.score(rows, ["a"] * 120) == estimator.score(rows)


def test_labels_are_ignored(make, rows):
    labels = np.array(["benign", "malignant"])[np.arange(120) % 2]
    np.testing.assert_array_equal(
        make(2).fit_transform(rows, labels), make(2).fit_transform(rows)
    )


def test_set_output_pandas(make, rows):
    frame = pd.DataFrame(rows, columns=list("abcdef"), index=range(7, 127))
    estimator = make(2).set_output(transform="pandas")
    codes = estimator.fit_transform(frame)
    assert isinstance(codes, pd.DataFrame)
    assert list(codes.columns) == list(estimator.get_feature_names_out())
    assert list(codes.index) == list(frame.index)
    pd.testing.assert_frame_equal(codes, estimator.transform(frame))


def test_set_output_polars(make, rows):
    frame = pl.DataFrame(rows, schema=list("abcdef"))
    estimator = make(2).set_output(transform="polars")
    codes = estimator.fit_transform(frame)
    assert isinstance(codes, pl.DataFrame)
    assert codes.columns == list(estimator.get_feature_names_out())


def test_other_results_are_arrays_whatever_set_output_says(make, rows):
    frame = pd.DataFrame(rows, columns=list("abcdef"))
    estimator = make(2).set_output(transform="pandas").fit(frame)
    assert isinstance(estimator.reconstruct(frame), np.ndarray)
    assert isinstance(estimator.score(frame), float)
    codes = estimator.transform(frame)
    assert isinstance(estimator.inverse_transform(codes), np.ndarray)


def test_feature_names_carry_the_class_name(make, rows):
    estimator = make(2).fit(rows)
    prefix = type(estimator).__name__.lower()
    assert list(estimator.get_feature_names_out()) == [f"{prefix}0", f"{prefix}1"]


def test_what_is_fitted_does_not_follow_set_params(make, rows):
    estimator = make(2).fit(rows)
    codes, errors = estimator.transform(rows), estimator.score_samples(rows)
    others = {"n_components": 5, "scale": None, "loss": "absolute_error", "skip": None}
    known = estimator.get_params()
    estimator.set_params(**{k: v for k, v in others.items() if k in known})
    np.testing.assert_array_equal(estimator.transform(rows), codes)
    np.testing.assert_array_equal(estimator.score_samples(rows), errors)
    assert len(estimator.get_feature_names_out()) == 2


COPIES = {
    "deepcopy": lambda estimator, _: copy.deepcopy(estimator),
    "pickle": lambda estimator, _: pickle.loads(pickle.dumps(estimator)),
    "joblib": lambda estimator, path: joblib.load(
        joblib.dump(estimator, path / "estimator")[0]
    ),
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_before_fit_train_alike(make, rows, copied, tmp_path):
    estimator = make(2)
    twin = copied(estimator, tmp_path)
    np.testing.assert_array_equal(
        twin.fit_transform(rows), estimator.fit_transform(rows)
    )


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_after_fit_transform_alike(make, rows, copied, tmp_path):
    estimator = make(2).fit(rows)
    twin = copied(estimator, tmp_path)
    np.testing.assert_array_equal(twin.transform(rows), estimator.transform(rows))
    np.testing.assert_array_equal(twin.reconstruct(rows), estimator.reconstruct(rows))
    assert twin.loss_curve_ == estimator.loss_curve_
    assert twin.best_loss_ == estimator.best_loss_


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_after_fit_go_on_training_alike(make, rows, copied, tmp_path):
    estimator = make(2, lr=0.01).fit(rows)
    twin = copied(estimator, tmp_path)
    np.testing.assert_array_equal(
        twin.partial_fit(rows).transform(rows),
        estimator.partial_fit(rows).transform(rows),
    )


def test_clone_is_unfitted_and_trains_alike(make, rows):
    estimator = make(2).fit(rows)
    twin = clone(estimator)
    with pytest.raises(NotFittedError):
        twin.transform(rows)
    np.testing.assert_array_equal(
        twin.fit(rows).transform(rows), estimator.transform(rows)
    )


SEARCHED = [
    {"ae__n_components": [2, 0.8]},
    {"ae__hidden_layer_sizes": [(), 4, (8, 4)]},
    {"ae__optimizer": ["adamw", "sgd"]},
    {"ae__lr": [1e-3, 1e-2]},
    {
        "ae__network": [Dense((4,))],
        "ae__network__hidden_layer_sizes": [(4,), (8, 4)],
        "ae__network__activation": ["relu"],
    },
]


@pytest.fixture
def labels(rows):
    return np.where(rows[:, 0] > np.median(rows[:, 0]), "high", "low")


def test_grid_search_over_a_pipeline(make, rows, labels):
    pipeline = Pipeline([("ae", make(2)), ("clf", LogisticRegression())])
    known = set(make().get_params())
    grids = [
        grid for grid in SEARCHED if {name.split("__")[1] for name in grid} <= known
    ]
    assert len(grids) >= 3
    cv = ShuffleSplit(1, random_state=0)
    search = GridSearchCV(pipeline, grids, n_jobs=2, cv=cv, error_score="raise")
    search.fit(rows, labels)
    assert search.cv_results_["params"] == list(ParameterGrid(grids))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.predict(rows).dtype == labels.dtype


def test_grid_search_over_the_noise(rows, labels):
    estimator = sklearn_ae.DenoisingAE(2, hidden_layer_sizes=(4,), max_epochs=2)
    pipeline = Pipeline([("ae", estimator), ("clf", LogisticRegression())])
    grid = {"ae__noise_level": [0, 0.2], "ae__noise": ["swap", "gaussian"]}
    search = GridSearchCV(pipeline, grid, n_jobs=2, cv=2, error_score="raise")
    assert search.fit(rows, labels).score(rows, labels) > 0.5


def test_grid_search_without_a_classifier_uses_score(make_from_pca, rows):
    search = GridSearchCV(make_from_pca(), {"n_components": [1, 3]}, cv=2).fit(rows)
    assert search.best_params_ == {"n_components": 3}


def test_a_nested_parameter_reaches_the_network(make, rows):
    estimator = make(2, network=Dense((5,)))
    estimator.set_params(network__hidden_layer_sizes=(7,)).fit(rows)
    widths = {w.shape[0] for w in estimator.network_.parameters() if w.ndim}
    assert 7 in widths
    assert 5 not in widths


def test_a_misspelt_parameter_is_refused(make):
    with pytest.raises(ValueError, match="Invalid parameter 'n_component'"):
        make().set_params(n_component=2)
    with pytest.raises(ValueError, match="Invalid parameter 'hidden_layers'"):
        make(network=Dense()).set_params(network__hidden_layers=(2,))


def test_feature_union(make, rows):
    union = FeatureUnion([("narrow", make(1)), ("wide", make(3))]).fit(rows)
    assert union.transform(rows).shape == (120, 4)
    assert union.get_feature_names_out()[0].startswith("narrow__")


def test_cross_val_score(make_from_pca, rows, labels):
    pipeline = make_pipeline(make_from_pca(3), LogisticRegression())
    assert cross_val_score(pipeline, rows, labels, cv=3).mean() > 0.7
    assert cross_val_score(make_from_pca(3), rows, cv=3).mean() > 0.8


def test_partial_fit_trains_one_epoch_a_call(make, rows):
    estimator = make(2)
    for n_calls in (1, 2, 3):
        assert estimator.partial_fit(rows).n_iter_ == n_calls
        assert len(estimator.loss_curve_) == n_calls


def test_partial_fit_learns(make, digits):
    estimator = make(4, lr=3e-3).partial_fit(digits)
    before = estimator.score(digits)
    for _ in range(5):
        estimator.partial_fit(digits)
    assert estimator.score(digits) > before


def test_partial_fit_keeps_the_scaling_of_its_first_call(make, rows):
    estimator = make(2).partial_fit(rows)
    scaling = estimator.scaling_
    estimator.partial_fit(100 * rows)
    np.testing.assert_array_equal(estimator.scaling_.scale, scaling.scale)
    np.testing.assert_array_equal(estimator.scaling_.center, scaling.center)


def test_partial_fit_goes_on_from_fit(make, rows):
    estimator = make(2).fit(rows)
    assert estimator.partial_fit(rows).n_iter_ == 4


def test_partial_fit_does_not_repeat_its_randomness(rows):
    drawn = []

    def noise(x, level, generator):
        if generator.initial_seed():  # evaluation is meant to repeat what it draws
            drawn.append(torch.rand(1, generator=generator).item())
        return x

    estimator = sklearn_ae.DenoisingAE(2, noise=noise, random_state=0, batch_size=120)
    for _ in range(3):
        estimator.partial_fit(rows)
    assert len(set(drawn)) == len(drawn) >= 3


def test_partial_fit_takes_single_rows(make, rows):
    estimator = make(2).partial_fit(rows)
    estimator.partial_fit(rows[:1])
    assert np.isfinite(estimator.transform(rows)).all()


def test_fit_forgets(make, rows):
    estimator = make(2).fit(100 * rows[:, :3])
    np.testing.assert_array_equal(
        estimator.fit(rows).transform(rows), make(2).fit_transform(rows)
    )


def test_warm_start_goes_on(make_from_pca, digits):
    estimator = make_from_pca(4, warm_start=True, lr=3e-3, early_stopping=False).fit(
        digits
    )
    first = estimator.score(digits)
    scaling = estimator.scaling_
    for _ in range(3):
        estimator.fit(digits)
    assert estimator.score(digits) > first
    np.testing.assert_array_equal(estimator.scaling_.scale, scaling.scale)


def test_warm_start_learns_new_rows_without_hidden_layers(make_ae):
    X = np.random.RandomState(0).normal(size=(200, 2)) * [1, 0.05]
    ae = make_ae(1, hidden_layer_sizes=(), warm_start=True, scale=None, max_epochs=200)
    assert ae.fit(X).score(X[:, ::-1]) < 0.1
    assert ae.fit(X[:, ::-1]).score(X[:, ::-1]) > 0.9


def test_warm_start_rejects_another_width(make, rows):
    estimator = make(2, warm_start=True).fit(rows)
    with pytest.raises(ValueError, match=r"5 features.*expecting 6 features"):
        estimator.fit(rows[:, :5])


def test_n_components_none_follows_the_data_alone(make, rows, digits):
    assert make().fit(rows).n_components_ == make(lr=0.1).fit(2 * rows).n_components_
    assert 16 <= make().fit(digits[:600]).n_components_ <= 128


def test_numpy_scalars_are_parameters_too(make, rows):
    estimator = make(np.int64(2), lr=np.float32(1e-3), batch_size=np.int32(16))
    assert estimator.fit_transform(rows).shape == (120, 2)
