"""Layers see clean codes, one after the other, and make one network."""

import pickle
import weakref

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from torch import nn

from sklearn_ae import (
    AE,
    RBM,
    AEClassifier,
    ContractiveAE,
    DenoisingAE,
    RecurrentAE,
    SparseAE,
    StackedAE,
    TopKAE,
)
from sklearn_ae.core import estimator
from sklearn_ae.networks import Conv, Dense
from sklearn_ae.networks.dense import MLP
from sklearn_ae.networks.images import images_of
from sklearn_ae.networks.linear import Linear
from sklearn_ae.variants.rbm import BernoulliMachine, GaussianMachine
from sklearn_ae.variants.sparse import SparseCode
from sklearn_ae.variants.topk import TopKCode

QUICK = {"max_epochs": 3, "n_iter_no_change": 100}
LAYER = AE(**QUICK)


def stack_of(layer=LAYER, n_components=2, **params):
    settings = {"hidden_layer_sizes": (8, 4), "random_state": 0} | QUICK
    return StackedAE(n_components, layer=layer, **(settings | params))


def modules_of(network, kind):
    return [m for m in network.modules() if isinstance(m, kind)]


@estimator
class Noted(DenoisingAE):
    """Notes every layer that is fitted, and to what."""

    noted = []

    def fit(self, X, y=None):
        self.noted.append((self, X.copy()))
        return super().fit(X)


@pytest.fixture
def noted():
    Noted.noted.clear()
    return Noted.noted


NOISY = Noted(noise="gaussian", noise_level=1.0, **QUICK)


def test_each_layer_is_fitted_to_the_clean_codes_of_the_one_below(rows, noted):
    stack_of(NOISY, fine_tune=False, scale="standard", dtype="float64").fit(rows)
    codes = (rows - rows.mean(0)) / rows.std(0)
    assert [layer.n_components_ for layer, _ in noted] == [8, 4, 2]
    for layer, given in noted:
        np.testing.assert_allclose(given, codes, atol=1e-10)
        codes = layer.transform(codes)


def test_without_fine_tuning_the_whole_is_its_layers(rows, noted):
    settings = {"scale": "standard", "dtype": "float64"}
    stack = stack_of(NOISY, fine_tune=False, **settings).fit(rows)
    codes = (rows - rows.mean(0)) / rows.std(0)
    for layer, _ in noted:
        codes = layer.transform(codes)
    np.testing.assert_allclose(stack.transform(rows), codes, atol=1e-10)
    for layer, _ in reversed(noted):
        codes = layer.inverse_transform(codes)
    rebuilt = codes * rows.std(0) + rows.mean(0)
    np.testing.assert_allclose(stack.reconstruct(rows), rebuilt, atol=1e-10)
    assert stack.n_iter_ == 0


ALIVE = []


@estimator
class Watched(AE):
    """Counts the tables of codes that are in memory when one is given or made."""

    n_alive = []

    def fit(self, X, y=None):
        self._count(X)
        return super().fit(X)

    def transform(self, X):
        codes = super().transform(X)
        self._count(codes)
        return codes

    def _count(self, codes):
        if not any(known() is codes for known in ALIVE):
            ALIVE.append(weakref.ref(codes))
        self.n_alive.append(sum(known() is not None for known in ALIVE))


def test_codes_of_at_most_two_layers_are_in_memory(rows):
    stack = stack_of(Watched(**QUICK), hidden_layer_sizes=(8, 7, 6, 5)).fit(rows)
    assert len(stack.layers_) == len(ALIVE) == 5
    assert max(Watched.n_alive) == 2
    assert sum(known() is not None for known in ALIVE) == 0


def held_out(estimator, X):
    return estimator.fit(X[:1200]).score(X[1200:])


def test_fine_tuning_lowers_the_error(digits):
    settings = {"hidden_layer_sizes": (64, 32), "max_epochs": 20}
    greedy = held_out(stack_of(None, 8, fine_tune=False, **settings), digits)
    tuned = held_out(stack_of(None, 8, **settings), digits)
    assert tuned > greedy + 0.05
    assert greedy > 0.3


def test_a_linear_stack_reaches_pca(rows):
    stack = stack_of(
        None,
        activation="identity",
        scale=None,
        dtype="float64",
        max_epochs=400,
        lr=1e-2,
        lr_schedule="cosine",
        weight_decay=0,
        early_stopping=False,
    ).fit(rows)
    pca = PCA(2).fit(rows)
    best = np.square(pca.inverse_transform(pca.transform(rows)) - rows).mean()
    assert np.square(stack.reconstruct(rows) - rows).mean() < 1.001 * best


def test_layers_are_shallow_and_the_code_is_linear(rows):
    stack = stack_of(activation="tanh", tied=False).fit(rows)
    shapes = [tuple(p.shape) for p in stack.network_.parameters() if p.ndim == 2]
    assert shapes == [(8, 6), (6, 8), (4, 8), (8, 4), (2, 4), (4, 2)]
    encoders = [layer.network.encode for layer in stack.layers_]
    assert [len(modules_of(encode, nn.Tanh)) for encode in encoders] == [1, 1, 0]
    decoders = [layer.network.decode for layer in stack.layers_]
    assert [len(modules_of(decode, nn.Tanh)) for decode in decoders] == [0, 1, 1]


def test_layers_have_one_matrix_each_unless_told_otherwise(rows):
    stack = stack_of().fit(rows)
    shapes = [tuple(p.shape) for p in stack.network_.parameters() if p.ndim == 2]
    assert shapes == [(8, 6), (4, 8), (2, 4)]


def test_prototypes_may_be_deep_themselves(rows):
    stack = stack_of(AE(hidden_layer_sizes=(5,), **QUICK)).fit(rows)
    assert [len(modules_of(layer, nn.SiLU)) for layer in stack.layers_] == [2, 2, 2]
    dense = stack_of(AE(network=Dense((5,)), **QUICK)).fit(rows)
    np.testing.assert_array_equal(dense.transform(rows), stack.transform(rows))


def test_cross_entropy_layers_have_logistic_links(rows):
    layer = AE(loss="binary_crossentropy", scale="minmax", **QUICK)
    settings = {"loss": "binary_crossentropy", "scale": "minmax"}
    stack = stack_of(layer, activation="logistic", **settings).fit(rows)
    assert len(modules_of(stack.network_, nn.Sigmoid)) == 2  # both of encoders
    assert stack.reconstruct(rows).min() >= rows.min() - 1e-5


def test_a_stack_of_machines_is_a_deep_belief_network(digits):
    layer = RBM(max_epochs=10)
    stack = stack_of(layer, 16, hidden_layer_sizes=(64, 32), fine_tune=False)
    stack.fit(digits)
    machines = [type(layer.network) for layer in stack.layers_]
    assert machines == [GaussianMachine, BernoulliMachine, BernoulliMachine]
    # Probabilities are passed on as they are.
    assert list(stack.network_.buffers()) == []
    assert 0 <= stack.transform(digits).min() < stack.transform(digits).max() <= 1
    greedy = stack.score(digits)
    assert greedy > 0.2
    assert stack.set_params(fine_tune=True, max_epochs=20).fit(digits).score(digits) > (
        greedy + 0.1
    )


def test_machines_and_other_layers_mix(digits):
    layers = [RBM(max_epochs=5), RBM(max_epochs=5), AE(**QUICK)]
    stack = stack_of(layers, 8, scale="minmax", loss="binary_crossentropy")
    stack.fit(digits)
    assert len(modules_of(stack.network_, BernoulliMachine)) == 2
    assert stack.transform(digits).min() < 0
    assert 0 <= stack.reconstruct(digits).min() < stack.reconstruct(digits).max() <= 16


def test_all_layers_codes_side_by_side(rows):
    one, every = stack_of().fit(rows), stack_of(layers="all").fit(rows)
    codes = every.transform(rows)
    assert codes.shape == (120, 14)
    assert list(every.get_feature_names_out()) == [f"stackedae{i}" for i in range(14)]
    assert every.n_components_ == 2
    np.testing.assert_allclose(codes[:, -2:], one.transform(rows), atol=1e-6)
    rebuilt = every.inverse_transform(codes)
    np.testing.assert_allclose(rebuilt, one.reconstruct(rows), atol=1e-5)
    np.testing.assert_array_equal(rebuilt, every.reconstruct(rows))
    np.testing.assert_array_equal(
        rebuilt, every.inverse_transform(np.c_[np.zeros((120, 12)), codes[:, -2:]])
    )
    with pytest.raises(ValueError, match=r"X has 2 columns.*have 14.*n_components_=2"):
        every.inverse_transform(codes[:, -2:])


def test_layers_all_is_not_followed_by_what_is_fitted(rows):
    stack = stack_of(layers="all").fit(rows).set_params(layers="last")
    assert stack.transform(rows).shape == (120, 14)
    assert len(stack.get_feature_names_out()) == 14


def test_nested_parameters_are_searched(rows):
    labels = np.where(rows[:, 0] > np.median(rows[:, 0]), "high", "low")
    stack = stack_of(DenoisingAE(**QUICK))
    pipeline = Pipeline([("stack", stack), ("clf", LogisticRegression())])
    grid = {
        "stack__layer__noise_level": [0.1, 0.3],
        "stack__hidden_layer_sizes": [(8,), (8, 4)],
    }
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(rows, labels)
    assert set(search.best_params_) == set(grid)


def test_prototypes_stay_unfitted_and_unchanged(rows):
    layer = DenoisingAE(**QUICK)
    before = layer.get_params()
    stack_of(layer).fit(rows)
    assert layer.get_params() == before
    assert not layer.__sklearn_is_fitted__()


def test_partial_fit_and_warm_start_go_on_with_the_whole(rows):
    stack = stack_of(warm_start=True).fit(rows)
    network = stack.network_
    assert stack.partial_fit(rows).n_iter_ == 4
    assert stack.fit(rows).n_iter_ == 7
    assert stack.network_ is network


def test_a_warm_start_fine_tunes_no_more_than_the_first_fit(rows):
    stack = stack_of(fine_tune=False, warm_start=True).fit(rows)
    codes = stack.transform(rows)
    assert stack.fit(rows).n_iter_ == 0
    np.testing.assert_array_equal(stack.transform(rows), codes)


def test_dtype_and_device_are_those_of_all_layers(rows):
    stack = stack_of(dtype="float64", device="cpu").fit(rows)
    assert {p.dtype.itemsize for p in stack.network_.parameters()} == {8}


def test_a_pickle_holds_no_data_but_the_codes_that_samples_need(rows):
    few, many = stack_of().fit(rows), stack_of().fit(np.repeat(rows, 100, axis=0))
    sizes = [len(pickle.dumps(stack)) for stack in (few, many)]
    of_codes = 4 * 10_000 * many.n_components_
    assert sizes[1] < 1.1 * sizes[0] + of_codes
    assert of_codes < 4 * 100 * rows.size / 2


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"layer": [AE(), AE()]}, "'layer' parameter has 2 prototypes.*3 layers"),
        ({"layer": PCA()}, "The 'layer' parameter of StackedAE must be"),
        (
            {
                "layer": RBM(visible="gaussian", max_epochs=1),
                "loss": "binary_crossentropy",
                "scale": "minmax",
            },
            "'loss' parameter of StackedAE does not go with the first layer",
        ),
    ],
)
def test_impossible_parameters_are_refused(rows, params, message):
    with pytest.raises(ValueError, match=message):
        stack_of(**params).fit(rows)


OTHERS = {SparseAE: SparseCode, TopKAE: TopKCode, ContractiveAE: MLP}


@pytest.mark.parametrize(("prototype", "kind"), OTHERS.items())
def test_other_variants_bring_their_own_layers(digits, prototype, kind):
    layer = prototype(max_epochs=3)
    greedy = stack_of(layer, 32, hidden_layer_sizes=(40,), fine_tune=False)
    tuned = clone(greedy).set_params(fine_tune=True)
    assert tuned.fit(digits).score(digits) > greedy.fit(digits).score(digits)
    assert [type(layer.network) for layer in tuned.layers_] == [kind, kind]


CONV = Conv(channels=(3, 2), activation="relu")


@pytest.fixture
def images():
    return np.random.RandomState(0).normal(size=(40, 7, 6))


def first_weights(stack):
    return [next(layer.parameters()) for layer in stack.layers_]


def test_blocks_of_convolutions_are_layers(images):
    stack = stack_of(None, network=CONV, max_epochs=8).fit(images)
    shapes = [weights.shape[:2] for weights in first_weights(stack)]
    assert shapes == [(3, 1), (2, 3), (2, 2 * 2 * 2)]
    assert stack.transform(images).shape == (len(images), 2)
    assert stack.reconstruct(images).shape == images.shape


def test_the_last_feature_maps_are_the_code_where_no_width_is_given(images):
    stack = stack_of(None, None, network=CONV).fit(images)
    assert stack.n_components_ == 2 * 2 * 2
    assert len(stack.layers_) == 2
    assert np.all(stack.transform(images) >= 0)


def test_blocks_of_convolutions_are_trained_one_by_one(images, noted):
    params = {"network": CONV, "fine_tune": False, "dtype": "float64"}
    stack = stack_of(NOISY, None, scale=None, **params).fit(images)
    codes = images.reshape(len(images), -1)
    for layer, given in noted:
        np.testing.assert_allclose(given, codes, atol=1e-10)
        codes = layer.transform(codes)
    np.testing.assert_allclose(stack.transform(images), codes, atol=1e-10)
    for layer, _ in reversed(noted):
        codes = layer.inverse_transform(codes)
    np.testing.assert_allclose(
        stack.reconstruct(images), codes.reshape(images.shape), atol=1e-10
    )


def test_channels_may_stand_last_in_a_stack(images):
    colours = np.stack([images, images**2], axis=-1)
    network = Conv(channels=(3, 2), channels_last=True)
    stack = stack_of(None, network=network).fit(colours)
    assert stack.reconstruct(colours).shape == colours.shape


def test_a_network_that_cannot_be_cut_is_a_single_layer(rows):
    stack = stack_of(network=Linear(6, 2)).fit(rows)
    (layer,) = stack.layers_
    assert isinstance(layer.network, Linear)


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ([], "has 0 prototypes"),
        (StackedAE(), "must not be a Stacked"),
        ([1, 2, 3], "must hold autoencoders.*Got 1"),
        ([AE(), PCA(), AE()], r"must hold autoencoders.*Got PCA\(\)"),
        ([AE(), AE(), AEClassifier()], r"must hold autoencoders.*Got AEClassifier\(\)"),
    ],
)
def test_layers_are_autoencoders_of_one_layer(layer, said, rows):
    with pytest.raises(ValueError, match=f"'layer' parameter {said}"):
        stack_of(layer).fit(rows)


@pytest.fixture
def inner_series(digits):
    return stack_of([LAYER, RecurrentAE(**QUICK)], 3, hidden_layer_sizes=(16,))


@pytest.fixture
def inner_images(digits):
    layers = [LAYER, DenoisingAE(network=Conv(), **QUICK)]
    return stack_of(layers, 3, hidden_layer_sizes=(16,))


def test_codes_that_an_upper_layer_takes_for_series_have_no_end(digits, inner_series):
    stack = inner_series.fit(digits)
    np.testing.assert_array_equal(
        stack.reconstruct(digits), stack.inverse_transform(stack.transform(digits))
    )


def test_codes_that_an_upper_layer_takes_for_images_make_no_images_of_rows(
    digits, inner_images
):
    stack = inner_images.fit(digits)
    assert images_of(stack.network_) is None
    tuned = AEClassifier(stack, prefit=True, noise="pixels", max_epochs=1)
    with pytest.raises(ValueError, match=r"'pixels'.*images"):
        tuned.fit(digits, np.arange(len(digits)) % 2)
