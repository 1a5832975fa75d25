"""What the decoder is to give may be something else than the rows."""

from functools import partial

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ae import AE, RBM, ContractiveAE, ConvAE, DenoisingAE, StackedAE
from sklearn_ae.networks import Conv, Dense

from .conftest import AUTOENCODERS, fast

#: The others rebuild rows in a way of their own.
TARGETED = [cls for cls in AUTOENCODERS if cls not in (RBM, StackedAE)]
EXACT = {"hidden_layer_sizes": (), "dtype": "float64", "max_epochs": 1}


@pytest.fixture(params=TARGETED, ids=lambda cls: cls.__name__)
def make(request):
    """Each autoencoder in turn, with settings that train in no time."""
    if request.param is ContractiveAE:  # whose own network has tied weights
        network = Dense((16,), code_activation="logistic")
        return partial(fast, ContractiveAE, network=network)
    return partial(fast, request.param)


@pytest.fixture
def target(rows):
    """Three columns that are a linear map of the rows, in units of their own."""
    return rows @ np.random.RandomState(1).normal(size=(6, 3)) * 1e3 + 1e5


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_a_linear_map_is_found_at_once(rows, target):
    ae = AE(6, **EXACT).fit(rows, target=target)
    np.testing.assert_allclose(ae.reconstruct(rows), target, rtol=1e-10)
    np.testing.assert_allclose(ae.inverse_transform(ae.transform(rows)), target)
    assert ae.score(rows, target=target) == pytest.approx(1)
    np.testing.assert_allclose(ae.score_samples(rows, target=target), 0, atol=1e-18)


@pytest.mark.parametrize("hidden", [(), (8,)])
@pytest.mark.parametrize("n_outputs", [1, 3, 9])
def test_targets_of_any_width_are_learnt(make, rows, hidden, n_outputs):
    target = rows @ np.random.RandomState(1).normal(size=(6, n_outputs))
    settings = {"lr": 0.02, "max_epochs": 30, "early_stopping": False}
    if "hidden_layer_sizes" in make().get_params():
        settings["hidden_layer_sizes"] = hidden
    ae = make(4, **settings)
    assert ae.fit(rows, target=target).score(rows, target=target) > 0


@pytest.mark.parametrize("hidden", [(), (8,)])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_training_starts_at_principal_component_regression(rows, target, hidden, k):
    no_step = {"lr": 1e-30, "weight_decay": 0, "dtype": "float64", "max_epochs": 1}
    noisy = target + np.random.RandomState(2).normal(size=target.shape) * 500
    ae = AE(k, scale="standard", hidden_layer_sizes=hidden, **no_step)
    regression = make_pipeline(StandardScaler(), PCA(k), LinearRegression())
    expected = regression.fit(rows, noisy).predict(rows)
    np.testing.assert_allclose(
        ae.fit(rows, target=noisy).reconstruct(rows), expected, rtol=1e-9
    )


def test_a_linear_network_with_a_target_is_trained_on(rows, target):
    """With fewer codes than needed the principal components are not its optimum."""
    settings = {"hidden_layer_sizes": (), "scale": "standard", "random_state": 0}
    weak = rows * [5, 5, 5, 1, 1, 1]
    wanted = weak[:, 3:4]
    start = AE(1, **settings, lr=1e-30).fit(weak, target=wanted)
    trained = AE(1, **settings, lr=0.01).fit(weak, target=wanted)
    assert trained.score(weak, target=wanted) > start.score(weak, target=wanted) + 0.01


def test_every_autoencoder_takes_a_target(make, rows, target):
    estimator = make(3).fit(rows, target=target)
    assert estimator.output_shape_ == (3,)
    assert estimator.target_scaling_.center.shape == (3,)
    rebuilt = estimator.reconstruct(rows)
    assert rebuilt.shape == target.shape
    np.testing.assert_array_equal(
        estimator.inverse_transform(estimator.transform(rows)), rebuilt
    )
    offsets = rebuilt.mean(0) - target.mean(0)
    assert np.all(np.abs(offsets) < 0.5 * target.std(0))
    estimator.partial_fit(rows, target=target)
    np.testing.assert_array_equal(
        make(3).fit(rows, target=target).transform(rows),
        make(3).fit_transform(rows, target=target),
    )


def test_the_rows_themselves_are_the_target_if_none_is_given(make, rows):
    # The one difference: without a target its linear path is known without regression.
    given, none = make(3).fit(rows, target=rows), make(3).fit(rows)
    np.testing.assert_allclose(
        given.reconstruct(rows), none.reconstruct(rows), rtol=0.05, atol=0.05
    )
    assert none.target_scaling_ is None
    assert none.score(rows, target=rows) == none.score(rows)


def test_scores_speak_of_the_target(rows, target):
    ae = fast(AE, 3, scale="standard").fit(rows, target=target)
    x = (ae.reconstruct(rows) - target) / target.std(0)
    np.testing.assert_allclose(
        ae.score_samples(rows, target=target), -np.square(x).mean(1), rtol=1e-2
    )
    explained = 1 - np.square(x).sum() / (len(x) * 3)
    assert ae.score(rows, target=target) == pytest.approx(explained, abs=1e-4)


def test_binary_crossentropy_looks_at_the_target(rows):
    wanted = (rows[:, :2] > 2).astype(float)
    ae = fast(AE, 3, loss="binary_crossentropy", scale=None, max_epochs=100, lr=0.01)
    output = ae.fit(rows, target=wanted).reconstruct(rows)
    assert ((output > 0.5) == wanted).mean() > 0.9
    with pytest.raises(ValueError, match="binary_crossentropy"):
        ae.fit(wanted, target=rows)


def test_noise_is_removed_better_with_clean_targets():
    random = np.random.RandomState(0)
    clean = random.normal(size=(400, 2)) @ random.normal(size=(2, 12))
    noisy = clean + random.normal(size=clean.shape)
    errors = [
        np.square(
            AE(12, **EXACT).fit(noisy[:300], target=t[:300]).reconstruct(noisy[300:])
            - clean[300:]
        ).mean()
        for t in (clean, noisy)
    ]
    assert errors[0] < 0.5 * errors[1]


def test_images_have_targets_of_other_channels():
    gray = np.random.RandomState(0).normal(size=(40, 8, 6))
    colour = np.stack([gray, -gray, 2 * gray], 1)
    for channels_last in (False, True):
        wanted = np.moveaxis(colour, 1, 3) if channels_last else colour
        ae = fast(ConvAE, 40, channels_last=channels_last).fit(gray, target=wanted)
        assert ae.reconstruct(gray).shape == wanted.shape
        assert ae.score(gray, target=wanted) > 0.5
    flat = fast(ConvAE, 40).fit(gray, target=colour.reshape(40, -1))
    assert flat.reconstruct(gray).shape == (40, 144)


@pytest.mark.parametrize("n_components", [5, None])
def test_images_have_targets_of_other_sizes(n_components):
    small = np.random.RandomState(0).normal(size=(40, 7, 5))
    large = small.repeat(2, 1).repeat(2, 2)
    ae = fast(ConvAE, n_components).fit(small, target=large)
    assert ae.reconstruct(small).shape == large.shape


def test_a_target_that_is_no_image_is_refused():
    X = np.zeros((20, 6, 6))
    with pytest.raises(ValueError, match=r"target has 35 columns.*6 x 6"):
        fast(ConvAE, 3).fit(X, target=np.zeros((20, 35)))
    with pytest.raises(ValueError, match="shape of a target"):
        fast(ConvAE, 3).fit(X, target=np.zeros((20, 1, 1, 6, 6)))


REFUSED = {
    "too short": (lambda t: t[:-1], "inconsistent numbers of samples"),
    "one dimension": (lambda t: t[:, 0], "'target' parameter must be a table"),
    "three dimensions": (lambda t: t[:, :, None], "dim 3"),
    "NaN": (lambda t: t * np.nan, "All cells of target are NaN"),
    "text": (lambda t: np.full(t.shape, "a"), "strings|could not convert"),
}


@pytest.mark.parametrize(("change", "message"), REFUSED.values(), ids=REFUSED)
def test_impossible_targets_are_refused(make, rows, target, change, message):
    estimator = make(3)
    if message == "dim 3" and estimator.__sklearn_tags__().input_tags.three_d_array:
        message = "shape of a target|target has"
        change = lambda t: t[:, :, None, None, None]  # noqa: E731
    with pytest.raises(ValueError, match=message):
        estimator.fit(rows, target=change(target))


@pytest.mark.parametrize("method", ["score", "score_samples", "partial_fit"])
def test_after_fit_with_a_target_it_is_needed(make, rows, target, method):
    estimator = make(3).fit(rows, target=target)
    with pytest.raises(ValueError, match="'target' parameter is needed"):
        getattr(estimator, method)(rows)
    with pytest.raises(ValueError, match=r"rows of target have shape \(2,\)"):
        getattr(estimator, method)(rows, target=target[:, :2])


def test_tied_weights_need_a_target_as_wide_as_the_data(rows, target):
    ae = fast(AE, 3, network=Dense((4,), tied=True))
    with pytest.raises(ValueError, match="tied"):
        ae.fit(rows, target=target)
    assert ae.fit(rows, target=-rows).score(rows, target=-rows) > 0


def test_emphasis_needs_a_target_as_wide_as_the_data(rows, target):
    ae = fast(DenoisingAE, 3, emphasis=(1, 0.5))
    with pytest.raises(ValueError, match="emphasis"):
        ae.fit(rows, target=target)


def test_machines_and_stacks_say_what_they_do_not_do(rows, target):
    with pytest.raises(ValueError, match="'target' parameter must be None: RBM"):
        fast(RBM, 3).fit(rows, target=target)
    with pytest.raises(ValueError, match="'target' parameter must have the columns"):
        fast(StackedAE, 3).fit(rows, target=target)
    with pytest.raises(ValueError, match="fine_tune=True"):
        fast(StackedAE, 3, fine_tune=False).fit(rows, target=rows)


def test_a_stack_is_fine_tuned_on_its_target(rows):
    noisy = rows + np.random.RandomState(0).normal(size=rows.shape)
    stack = fast(StackedAE, 3, max_epochs=100, lr=0.01).fit(noisy, target=rows)
    assert stack.score(noisy, target=rows) > stack.score(noisy, target=noisy)


class Narrow:
    """A user's specification that knows no targets."""

    def build(self, n_features, n_components):
        return Dense((4,)).build(n_features, n_components)


def test_a_users_network_that_knows_no_targets_keeps_working(rows, target):
    ae = fast(AE, 3, network=Narrow())
    assert ae.fit(rows, target=-rows).reconstruct(rows).shape == rows.shape
    with pytest.raises(ValueError, match="n_outputs"):
        ae.fit(rows, target=target)


@pytest.mark.usefixtures("routing")
def test_targets_are_routed_through_a_pipeline(make, rows, target):
    labels = rows[:, 0] > np.median(rows[:, 0])
    routed = make(3).set_fit_request(target=True)
    pipeline = make_pipeline(StandardScaler(), routed, LogisticRegression())
    pipeline.fit(rows, labels, target=target)
    assert pipeline[1].output_shape_ == (3,)
    np.testing.assert_array_equal(
        pipeline[:2].transform(rows),
        make(3)
        .fit(StandardScaler().fit_transform(rows), target=target)
        .transform(StandardScaler().fit_transform(rows)),
    )


@pytest.mark.usefixtures("routing")
def test_targets_are_cut_by_cross_validation_and_searches(rows, target):
    ae = fast(AE).set_fit_request(target=True).set_score_request(target=True)
    assert clone(ae).get_metadata_routing().fit.requests["target"] is True
    scores = cross_validate(ae, rows, cv=3, params={"target": target})
    assert scores["test_score"].min() > 0.9
    search = GridSearchCV(ae, {"n_components": [1, 3]}, cv=2, error_score="raise")
    assert search.fit(rows, target=target).best_params_ == {"n_components": 3}


@pytest.mark.usefixtures("routing")
def test_a_target_that_nobody_asked_for_is_an_error(make, rows, target):
    pipeline = make_pipeline(make(3), LogisticRegression())
    with pytest.raises(ValueError, match=r"target.*not explicitly set as requested"):
        pipeline.fit(rows, rows[:, 0] > 2, target=target)


@pytest.mark.parametrize("cls", TARGETED, ids=lambda cls: cls.__name__)
def test_every_objective_takes_images_and_targets(cls):
    if "network" not in cls().get_params():
        pytest.skip("a network of its own")
    gray = np.random.RandomState(0).normal(size=(40, 6, 6))
    estimator = fast(cls, 3, network=Conv(channels=4))
    estimator.fit(gray, target=np.stack([gray, gray], 1))
    assert estimator.reconstruct(gray).shape == (40, 2, 6, 6)


def test_rows_with_nan_start_at_their_regression():
    """Missing cells are filled for it as they are for the network."""
    random = np.random.RandomState(0)
    X = random.normal(size=(400, 2)) @ random.normal(size=(2, 8))
    target = X[:, :3] + 5
    X[random.uniform(size=X.shape) < 0.4] = np.nan
    ae = fast(AE, 2, scale="standard", lr=1e-12, early_stopping=False, max_epochs=1)
    assert ae.fit(X, target=target).score(X, target=target) > 0.95
