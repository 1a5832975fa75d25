"""Networks have the widths asked for, and a skip makes them start as PCA."""

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch import nn

from sklearn_ae import AE
from sklearn_ae.networks import Dense
from sklearn_ae.networks.dense import ACTIVATIONS


@pytest.mark.parametrize("hidden", ["auto", (), 5, (7,), [9, 4], np.array([6, 5])])
def test_encode_and_decode_change_the_width(hidden):
    network = Dense(hidden).build(10, 3)
    codes = network.encode(torch.zeros(4, 10))
    assert codes.shape == (4, 3)
    assert network.decode(codes).shape == (4, 10)


def test_the_decoder_mirrors_the_encoder():
    network = Dense((7, 5)).build(10, 3)
    shapes = [tuple(p.shape) for p in network.parameters() if p.ndim == 2]
    assert shapes == [(7, 10), (5, 7), (3, 5), (5, 3), (7, 5), (10, 7)]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_by_name(name, make_from_pca, rows):
    assert np.isfinite(make_from_pca(2, activation=name).fit_transform(rows)).all()


def test_an_activation_may_be_a_class_of_torch():
    network = Dense((4,), activation=nn.Hardtanh).build(5, 2)
    assert sum(isinstance(m, nn.Hardtanh) for m in network.modules()) == 2


def test_no_activation_follows_the_last_layer():
    network = Dense((4,), activation="relu").build(5, 2)
    x = 9 * torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    assert network.encode(x).min() < 0
    assert network.decode(network.encode(x)).min() < 0


def test_parameters_of_the_estimator_and_of_dense_mean_the_same(make_from_pca, rows):
    own = {"hidden_layer_sizes": (8, 4), "activation": "tanh"}
    np.testing.assert_array_equal(
        make_from_pca(2, **own).fit(rows).transform(rows),
        make_from_pca(2, network=Dense(**own)).fit(rows).transform(rows),
    )


NO_STEP = {"lr": 1e-30, "weight_decay": 0, "max_epochs": 1, "dtype": "float64"}


@pytest.mark.parametrize("hidden", ["auto", (16,), (8, 4)])
@pytest.mark.parametrize("k", [1, 3, 6])
def test_a_skip_starts_exactly_at_pca(make_from_pca, rows, hidden, k):
    scaler = StandardScaler()
    x = scaler.fit_transform(rows)
    pca = PCA(k).fit(x)
    expected = scaler.inverse_transform(pca.inverse_transform(pca.transform(x)))
    estimator = make_from_pca(k, scale="standard", hidden_layer_sizes=hidden, **NO_STEP)
    np.testing.assert_allclose(
        estimator.fit(rows).reconstruct(rows), expected, rtol=0, atol=1e-8
    )


def test_codes_at_the_start_are_principal_components_of_unit_variance(
    make_from_pca, rows
):
    pca = PCA(3, whiten=True).fit(StandardScaler().fit_transform(rows))
    expected = pca.transform(StandardScaler().fit_transform(rows))
    codes = make_from_pca(3, scale="standard", **NO_STEP).fit(rows).transform(rows)
    correlation = np.corrcoef(codes.T, expected.T)[:3, 3:]
    np.testing.assert_allclose(np.abs(correlation), np.eye(3), atol=1e-8)
    np.testing.assert_allclose(codes.std(0), 1, rtol=1e-6)


def test_a_skip_starts_near_pca_with_binary_crossentropy(make_from_pca, digits):
    x = MinMaxScaler().fit_transform(digits)
    pca = PCA(8).fit(x)
    explained = make_from_pca(8, scale="minmax", loss="binary_crossentropy", **NO_STEP)
    start = explained.fit(digits).score(digits)
    assert start > 0.8 * pca.explained_variance_ratio_.sum()


def test_more_components_than_axes_start_at_zero(make_from_pca, rows):
    codes = make_from_pca(10, **NO_STEP).fit(rows).transform(rows)
    # NO_STEP's steps are minute, but not quite none.
    np.testing.assert_allclose(codes[:, 6:], 0, rtol=0, atol=1e-20)


def test_without_a_skip_the_network_is_the_textbooks(make_from_pca, rows):
    network = make_from_pca(2, skip=None).fit(rows).network_
    shapes = [tuple(p.shape) for p in network.parameters() if p.ndim == 2]
    assert shapes == [(16, 6), (2, 16), (16, 2), (6, 16)]


class Own(nn.Module):
    """A user's own network: nothing but the two methods."""

    def __init__(self, n_features=6, n_components=2):
        super().__init__()
        self.down = nn.Linear(n_features, n_components)
        self.up = nn.Linear(n_components, n_features)

    def encode(self, x):
        return torch.tanh(self.down(x))

    def decode(self, z):
        return self.up(z)


class OwnSpecification(BaseEstimator):
    """A user's own specification, with a parameter to search over."""

    def __init__(self, bias=True):
        self.bias = bias

    def build(self, n_features, n_components):
        return Own(n_features, n_components)


@pytest.mark.parametrize("network", [Own(), OwnSpecification()])
@pytest.mark.parametrize("skip", ["pca", None])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_users_own_network_is_trained(make_ae, rows, network, skip, dtype):
    estimator = make_ae(2, network=network, skip=skip, dtype=dtype, max_epochs=10)
    estimator.set_params(early_stopping=False).fit(rows)
    assert estimator.transform(rows).shape == (120, 2)
    assert estimator.loss_curve_[-1] < estimator.loss_curve_[0]
    assert any(isinstance(module, Own) for module in estimator.network_.modules())


def test_a_users_own_network_starts_as_pca(make_from_pca, rows):
    own = make_from_pca(2, network=Own(), **NO_STEP).fit(rows)
    linear = AE(2, hidden_layer_sizes=(), dtype="float64").fit(rows)
    np.testing.assert_allclose(
        own.reconstruct(rows), linear.reconstruct(rows), rtol=0, atol=1e-8
    )


def test_a_network_of_the_wrong_code_width_is_explained(make_from_pca, rows):
    message = r"network\.encode must return 3 values.*n_components=3.*\(2, 2\)"
    with pytest.raises(ValueError, match=message):
        make_from_pca(3, network=Own(6, 2)).fit(rows)


def test_a_network_of_the_wrong_output_width_is_explained(make_from_pca, rows):
    class Wrong(Own):
        def decode(self, z):
            return super().decode(z)[:, :5]

    message = r"network\.decode must return 6 values.*n_features=6.*\(2, 5\)"
    with pytest.raises(ValueError, match=message):
        make_from_pca(2, network=Wrong()).fit(rows)


def test_a_network_of_the_wrong_input_width_is_explained(make_from_pca, rows):
    with pytest.raises(ValueError, match=r"network.*n_features=6"):
        make_from_pca(2, network=Own(5, 2)).fit(rows)


def test_a_network_without_parameters_is_explained(make_from_pca, rows):
    class Empty(nn.Module):
        encode = decode = staticmethod(lambda x: x)

    with pytest.raises(ValueError, match="network"):
        make_from_pca(6, network=Empty(), skip=None).fit(rows)


def test_the_output_may_have_an_activation():
    network = Dense((), output_activation="relu").build(5, 2)
    x = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    assert network.encode(x).min() < 0
    assert network.decode(network.encode(x)).min() == 0
