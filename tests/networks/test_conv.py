"""Convolutional networks give images of any size back, and say what does not fit."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.decomposition import PCA
from torch import nn

from sklearn_ae import AE, ConvAE, DenoisingAE
from sklearn_ae.core.products import multiply_adds
from sklearn_ae.networks import Conv, Dense

from ..conftest import fast

SHAPES = [(7, 5), (28, 28), (48, 48), (112, 92), (1, 12), (3, 9, 11)]


def images(*shape, n=40):
    """Waves of random directions: images that a few components describe."""
    random = np.random.RandomState(0)
    *channels, height, width = shape
    rows, columns = np.mgrid[:height, :width] / 8
    a, b, phase = random.normal(size=(3, n, *np.ones(len(shape), int)))
    waves = np.sin(a * rows + b * columns + phase)
    gains = np.arange(1, 1 + np.prod(channels, dtype=int)).reshape(*channels, 1, 1)
    return 100 + 20 * (waves * gains if channels else waves)


@pytest.mark.parametrize("upsampling", ["nearest", "transposed"])
@pytest.mark.parametrize("pooling", ["max", "stride"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_components", [5, None])
def test_images_of_any_size_come_back(shape, pooling, upsampling, n_components):
    spec = Conv(shape, channels=(2, 3), pooling=pooling, upsampling=upsampling)
    n_features = np.prod(shape)
    width = n_components or spec.default_n_components(n_features)
    network = spec.build(n_features, width)
    codes = network.encode(torch.zeros(3, n_features))
    assert codes.shape == (3, width)
    assert network.decode(codes).shape == (3, n_features)


@pytest.mark.parametrize("kernel_size", [1, 3, 5, 9])
@pytest.mark.parametrize("channels", [4, (4,), [2, 3, 4], np.array([3, 2])])
def test_any_odd_kernel_and_any_number_of_blocks(kernel_size, channels):
    network = Conv((13, 10), channels=channels, kernel_size=kernel_size).build(130, 4)
    assert network.decode(network.encode(torch.zeros(2, 130))).shape == (2, 130)
    depth = np.size(channels)
    assert sum(isinstance(m, nn.Conv2d) for m in network.modules()) == 2 * depth


def test_the_feature_maps_are_the_code_where_no_width_is_given():
    """The network of the papers: 28 x 28 -> 8 maps of 7 x 7."""
    spec = Conv(channels=(16, 8))
    assert spec.default_n_components(784) == 392
    assert not any(isinstance(m, nn.Linear) for m in spec.build(784, 392).modules())


def test_a_posterior_has_values_of_its_own_for_each_feature_map():
    network = Conv((8, 8), channels=4).build(64, 64, 128)
    assert network.encode(torch.zeros(2, 64)).shape == (2, 128)
    assert network.decode(torch.zeros(2, 64)).shape == (2, 64)


@pytest.mark.parametrize(
    ("settings", "n_places"),
    [
        ({}, (784, 196, 196, 784)),
        ({"pooling": "stride"}, (196, 49, 196, 784)),
        ({"upsampling": "transposed"}, (784, 196, 49, 196)),
    ],
)
def test_the_work_of_convolutions_decides_on_threads(settings, n_places):
    """A kernel's weights are used at every place."""
    network = Conv(channels=(16, 8), **settings).build(784, 10)
    n_weights = np.array([1 * 16 * 9, 16 * 8 * 9, 16 * 8 * 9, 1 * 16 * 9])
    assert network.multiply_adds == n_weights @ n_places
    n_of_linear, n_of_others = multiply_adds(network)
    n_used_once = sum(p.numel() for p in network.parameters())
    assert n_of_linear + n_of_others == network.multiply_adds + n_used_once
    assert n_of_others >= network.multiply_adds


@pytest.mark.parametrize("upsampling", ["nearest", "transposed"])
@pytest.mark.parametrize("pooling", ["max", "stride"])
def test_a_shift_of_the_image_shifts_the_feature_maps(pooling, upsampling):
    """Convolutions commute with shifts: rows are unflattened in the right order."""
    spec = Conv((16, 12), channels=(3,), pooling=pooling, upsampling=upsampling)
    network = spec.build(192, spec.default_n_components(192))
    x = torch.zeros(2, 16, 12)
    x[0, 6:8, 4:6] = x[1, 8:10, 6:8] = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    codes = network.encode(x.flatten(1))
    maps = codes.reshape(2, 3, 8, 6)
    torch.testing.assert_close(maps[0, :, 2:5, 1:4], maps[1, :, 3:6, 2:5])
    y = network.decode(codes).reshape(2, 16, 12)
    torch.testing.assert_close(y[0, 4:10, 2:8], y[1, 6:12, 4:10])


def test_channels_may_stand_last():
    first = Conv((3, 8, 6), channels=4).build(144, 5)
    last = Conv((8, 6, 3), channels=4, channels_last=True).build(144, 5)
    last.load_state_dict(first.state_dict())
    x = torch.rand(2, 3, 8, 6, generator=torch.Generator().manual_seed(0))
    x_last = x.permute(0, 2, 3, 1)
    codes = first.encode(x.flatten(1))
    torch.testing.assert_close(last.encode(x_last.flatten(1)), codes)
    torch.testing.assert_close(
        last.decode(codes).reshape(2, 8, 6, 3).permute(0, 3, 1, 2).flatten(1),
        first.decode(codes),
    )


@pytest.mark.parametrize("channels_last", [False, True])
def test_each_channel_has_one_scale_at_all_places(channels_last):
    images = np.random.RandomState(0).normal(size=(40, 2, 6, 4))
    images *= np.array([1, 1000])[:, None, None] * np.linspace(0.1, 2, 4)
    expected = np.sqrt(images.var(0).mean((1, 2)))
    images = np.moveaxis(images, 1, -1) if channels_last else images
    ae = fast(ConvAE, 2, channels=4, channels_last=channels_last).fit(images)
    scale = ae.scaling_.scale.reshape(images.shape[1:])
    scale = np.moveaxis(scale, -1, 0) if channels_last else scale
    np.testing.assert_allclose(
        scale, np.broadcast_to(expected[:, None, None], scale.shape)
    )


def test_results_are_the_same_with_and_without_gradients():
    network = Conv((9, 9), channels=4).build(81, 5)
    x = torch.rand(70, 81, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        by_parts = network.decode(network.encode(x))
    torch.testing.assert_close(network.decode(network.encode(x)), by_parts)


@pytest.mark.parametrize("shape", [(8, 8), (6, 9)])
@pytest.mark.parametrize("n_components", [4, None])
def test_tables_and_arrays_of_images_are_the_same(shape, n_components):
    X = images(*shape)
    table = X.reshape(40, -1)
    native = fast(ConvAE, n_components).fit(X)
    flat = fast(ConvAE, n_components, image_shape=shape).fit(table)
    np.testing.assert_array_equal(native.transform(X), flat.transform(table))
    np.testing.assert_array_equal(
        native.reconstruct(X).reshape(40, -1), flat.reconstruct(table)
    )


def test_square_images_are_recognised_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator = fast(ConvAE, 3).fit(images(8, 8).reshape(40, 64))
    assert estimator.reconstruct(images(8, 8).reshape(40, 64)).shape == (40, 64)


@pytest.mark.parametrize("n_columns", [2, 4, 30])
def test_columns_that_are_no_square_are_taken_as_a_line_with_a_warning(n_columns):
    X = np.random.RandomState(0).normal(size=(40, n_columns))
    with pytest.warns(UserWarning, match=f"{n_columns} columns.*image_shape"):
        estimator = fast(ConvAE, 2).fit(X)
    assert estimator.reconstruct(X).shape == X.shape


def test_a_shape_that_looks_like_channels_last_brings_a_warning():
    X = images(3, 8, 8).transpose(0, 2, 3, 1)
    with pytest.warns(UserWarning, match="channels_last=True"):
        fast(ConvAE, 3, channels=4, max_epochs=1).fit(X)
    with pytest.warns(UserWarning, match="channels_last=False"):
        fast(ConvAE, 3, channels=4, channels_last=True, max_epochs=1).fit(
            images(3, 8, 8)
        )


@pytest.mark.parametrize("shape", [(72,), (8, 9)])
def test_a_shape_may_be_of_numpy(shape):
    X = images(8, 9).reshape(40, *shape)
    estimator = fast(ConvAE, 3, image_shape=np.array([8, 9])).fit(X)
    assert estimator.reconstruct(X).shape == X.shape


@pytest.mark.parametrize("k", [1, 5, 20])
def test_a_skip_starts_at_pca(k):
    X = images(7, 9)
    estimator = fast(ConvAE, k, lr=1e-30, weight_decay=0, dtype="float64", scale=None)
    flat = X.reshape(40, -1)
    pca = PCA(k).fit(flat)
    np.testing.assert_allclose(
        estimator.fit(X).reconstruct(X).reshape(40, -1),
        pca.inverse_transform(pca.transform(flat)),
        atol=1e-6,
    )


def test_a_code_of_all_feature_maps_that_is_wider_than_the_data_has_no_skip():
    """It would be PCA with all components: nothing would be left to learn."""
    X = images(8, 8)
    wide = fast(ConvAE, channels=(8, 32), lr=1e-30, weight_decay=0).fit(X)
    narrow = fast(ConvAE, channels=(8, 4), lr=1e-30, weight_decay=0).fit(X)
    assert wide.n_components_ == 128
    assert wide.score(X) < 0.5
    assert narrow.n_components_ == 16
    assert narrow.score(X) > 0.9


def test_convolutions_learn():
    X = images(12, 12, n=300)
    textbook = ConvAE(
        channels=(4, 4), skip=None, max_epochs=30, random_state=0, lr=0.01
    )
    assert textbook.fit(X).n_components_ == 36
    assert textbook.score(X) > 0.8


def test_the_preset_is_the_plain_autoencoder_with_this_network():
    X = images(6, 9)
    settings = {"channels": (3, 2), "kernel_size": 5, "pooling": "stride"}
    shared = {"lr": 1e-3, "weight_decay": 1e-4, "early_stopping": False}
    preset = fast(ConvAE, 3, **settings, **shared).fit(X)
    general = fast(AE, 3, network=Conv(**settings), **shared).fit(X)
    np.testing.assert_array_equal(preset.transform(X), general.transform(X))


class Own:
    """A user's specification that takes images: modules get flat rows all the same."""

    allow_nd = True

    def build(self, n_features, n_components):
        assert n_features == (8, 6)
        return Dense((4,)).build(48, n_components)


def test_a_users_own_network_may_take_images_too():
    X = images(8, 6)
    estimator = fast(AE, 3, network=Own()).fit(X)
    assert estimator.reconstruct(X).shape == X.shape
    assert estimator.score(X) > 0.5


def test_parameters_reach_the_network():
    ae = clone(AE(3, network=Conv()))
    ae.set_params(network__channels=(2,), network__activation="relu", max_epochs=1)
    network = ae.fit(images(8, 8)).network_
    assert any(isinstance(m, nn.ReLU) for m in network.modules())
    with pytest.raises(ValueError, match="Invalid parameter 'kernels'"):
        ae.set_params(network__kernels=3)


X = images(6, 8)
REFUSED = {
    "shape of other columns": ({"image_shape": (5, 5)}, r"image_shape=\(5, 5\).*48"),
    "four numbers": ({"image_shape": (1, 1, 6, 8)}, "image_shape"),
    "one number": ({"image_shape": (48,)}, "image_shape"),
    "no number": ({"image_shape": ("6", "8")}, "image_shape"),
    "zero": ({"image_shape": (0, 48)}, "image_shape"),
    "no array": ({"image_shape": 48}, "The 'image_shape' parameter of ConvAE"),
    "too many blocks": ({"image_shape": (6, 8), "channels": [2] * 4}, "channels"),
    "no blocks": ({"channels": ()}, "channels"),
    "no maps": ({"channels": (4, 0)}, "channels"),
    "half a map": ({"channels": (4, 1.5)}, "channels"),
    "negative": ({"channels": -1}, "The 'channels' parameter of ConvAE"),
    "even kernel": ({"kernel_size": 4}, "kernel_size.*odd"),
    "no kernel": ({"kernel_size": 0}, "The 'kernel_size' parameter of ConvAE"),
    "pooling": ({"pooling": "mean"}, "The 'pooling' parameter of ConvAE"),
    "upsampling": ({"upsampling": 2}, "The 'upsampling' parameter of ConvAE"),
    "layout": ({"channels_last": "yes"}, "The 'channels_last' parameter of ConvAE"),
}


@pytest.mark.parametrize(("params", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(params, message):
    with pytest.raises(ValueError, match=message):
        fast(ConvAE, 3, **params).fit(X.reshape(40, 48))


@pytest.mark.parametrize(
    ("params", "shape", "message"),
    [
        ({"image_shape": (8, 6)}, (6, 8), r"image_shape=\(8, 6\)"),
        ({"image_shape": (1, 6, 8)}, (6, 8), "image_shape"),
        ({}, (2, 2), "channels"),
        ({"channels": (2,) * 5}, (3, 9, 9), "channels"),
        ({}, (1, 2, 6, 8), "image_shape must be"),
    ],
)
def test_arrays_of_other_images_are_refused(params, shape, message):
    with pytest.raises(ValueError, match=message):
        fast(ConvAE, 3, **params).fit(np.zeros((10, *shape)))


@pytest.mark.parametrize("method", ["transform", "reconstruct", "score", "partial_fit"])
def test_images_of_another_shape_are_refused_after_fit(method):
    estimator = fast(ConvAE, 3).fit(X)
    for other in (images(8, 6), X.reshape(40, 48)):
        with pytest.raises(ValueError, match=r"fitted with \(6, 8\)"):
            getattr(estimator, method)(other)
    with pytest.raises(ValueError, match=r"54 features.*48 features"):
        getattr(estimator, method)(images(6, 9))


def test_arrays_of_images_need_a_network_of_images():
    with pytest.raises(ValueError, match="Found array with dim 3"):
        fast(DenoisingAE, 3).fit(X)
    estimator = fast(ConvAE, 3, image_shape=(6, 8)).fit(X.reshape(40, 48))
    with pytest.raises(ValueError, match="Found array with dim 3"):
        estimator.transform(X)


def test_infinity_is_refused():
    table = X.copy()
    table[3, 2, 1] = np.inf
    with pytest.raises(ValueError, match="Input X contains"):
        fast(ConvAE, 3).fit(table)
    with pytest.raises(ValueError, match="Input X contains"):
        fast(ConvAE, 3).fit(X).transform(table)


def test_pixels_may_be_missing():
    table = X.copy()
    table[3, 2, 1] = np.nan
    for estimator in (fast(ConvAE, 3).fit(table), fast(ConvAE, 3).fit(X)):
        assert estimator.reconstruct(table).shape == X.shape
        assert np.isfinite(estimator.reconstruct(table)).all()


def test_nested_lists_are_images_too():
    estimator = fast(ConvAE, 3).fit(X.tolist())
    np.testing.assert_array_equal(
        estimator.transform(X.tolist()), estimator.transform(X)
    )


def test_images_of_28_by_28_pixels_are_learnt_by_default():
    images = np.random.RandomState(0).uniform(size=(80, 28, 28))
    ae = ConvAE(max_epochs=1, random_state=0).fit(images)
    assert ae.reconstruct(images).shape == images.shape
