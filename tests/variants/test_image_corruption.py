"""Corruptions of images: which pixels they touch, and how many."""

import numpy as np
import pytest
import torch

from sklearn_ae import AE, AEClassifier, ConvAE, DenoisingAE
from sklearn_ae.networks import Conv
from sklearn_ae.variants.corruption import IMAGE_CORRUPTIONS
from sklearn_ae.variants.corruption import corrupt as corrupt_rows

TO_ZERO = sorted({*IMAGE_CORRUPTIONS} - {"shift"})


def corrupt(name, images, level, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return IMAGE_CORRUPTIONS[name](images, level, generator).values


@pytest.mark.parametrize("shape", [(28, 28), (7, 5), (1, 50)])
@pytest.mark.parametrize("level", [0, 0.1, 0.4, 1])
@pytest.mark.parametrize("name", TO_ZERO)
def test_level_is_the_share_of_pixels_that_become_zero(name, shape, level):
    hidden = corrupt(name, torch.ones(2000, 1, *shape), level) == 0
    # A block has whole sides: half a pixel's length more or less.
    tolerance = 0.02 if name == "pixels" else level**0.5 / max(min(shape), 5)
    assert hidden.double().mean().item() == pytest.approx(level, abs=tolerance)


@pytest.mark.parametrize("name", TO_ZERO)
def test_a_pixel_is_hidden_in_all_channels(name):
    hidden = corrupt(name, torch.ones(50, 3, 9, 7), 0.3) == 0
    assert torch.equal(hidden[:, 0], hidden[:, 1])
    assert torch.equal(hidden[:, 0], hidden[:, 2])


@pytest.mark.parametrize("name", TO_ZERO)
def test_other_pixels_and_the_input_are_left_alone(name):
    images = torch.rand(50, 2, 9, 7, generator=torch.Generator().manual_seed(0)) + 1
    before = images.clone()
    corrupted = corrupt(name, images, 0.3)
    assert torch.equal(images, before)
    assert torch.equal(corrupted[corrupted != 0], images[corrupted != 0])


def test_blocks_are_squares_anywhere_in_the_image():
    hidden = corrupt("blocks", torch.ones(3000, 1, 9, 11), 16 / 99)[:, 0] == 0
    for axis in (1, 2):
        sides = hidden.any(axis).sum(1)
        assert sides.unique().tolist() == [4]
    assert hidden.sum((1, 2)).unique().tolist() == [16]
    places = hidden.flatten(1).int().argmax(1)
    counts = torch.bincount(places)
    counts = counts[counts > 0]
    assert len(counts) == (9 - 4 + 1) * (11 - 4 + 1)
    expected = 3000 / len(counts)
    assert (counts - expected).abs().max() < 5 * expected**0.5


def test_images_do_not_share_their_corruption():
    for name in TO_ZERO:
        hidden = corrupt(name, torch.ones(20, 1, 28, 28), 0.2) == 0
        assert len({tuple(h.flatten().tolist()) for h in hidden}) > 15


def test_images_are_shifted_by_a_share_of_their_sides():
    """A slope of one a pixel tells by its values how far it was moved."""
    down, right = torch.meshgrid(torch.arange(21.0), torch.arange(41.0), indexing="ij")
    images = torch.stack([down, right]).double().repeat(2000, 1, 1, 1)
    before = images.clone()
    moved = corrupt("shift", images, 0.1)
    assert torch.equal(images, before)
    ways = (moved - images)[:, :, 10, 20]
    for way, side in zip(ways.T, (20, 40), strict=True):
        assert way.abs().max().item() == pytest.approx(0.1 * side, rel=0.01)
        assert way.mean().item() == pytest.approx(0, abs=0.01 * side)
    inside = (moved - images)[:, :, 5:-5, 5:-5]
    torch.testing.assert_close(inside, ways[:, :, None, None].expand_as(inside))
    assert moved.min() == 0
    assert moved[:, 1].max() == 40


def test_a_series_moves_in_time_alone():
    series = torch.arange(50.0).repeat(100, 3, 1, 1)
    moved = corrupt("shift", series, 0.1)
    torch.testing.assert_close(moved[:, 0], moved[:, 2])
    assert torch.equal(corrupt("shift", series, 0), series)


@pytest.mark.parametrize("channels_last", [False, True])
def test_rows_are_corrupted_in_the_networks_layout(channels_last):
    shape = (6, 5, 2) if channels_last else (2, 6, 5)
    network = Conv(shape, channels=3, channels_last=channels_last).build(60, 4)
    generator = torch.Generator().manual_seed(0)
    rows, chosen = corrupt_rows(torch.ones(30, 60), "pixels", 0.5, generator, network)
    assert torch.equal(chosen, rows == 0)
    hidden = (rows == 0).reshape(30, *shape)
    axis = 3 if channels_last else 1
    assert torch.equal(hidden.all(axis), hidden.any(axis))


@pytest.mark.parametrize("noise", IMAGE_CORRUPTIONS)
@pytest.mark.parametrize("skip", ["pca", None])
def test_denoising_uses_them(noise, skip):
    X = np.random.RandomState(0).normal(size=(60, 6, 6))
    settings = {"network": Conv(channels=4), "max_epochs": 2, "random_state": 0}
    settings |= {"lr": 1e-3}
    codes = [
        DenoisingAE(3, noise=noise, noise_level=level, skip=skip, **settings)
        .set_params(early_stopping=False)
        .fit_transform(X)
        for level in (0, 0.5)
    ]
    plain = AE(3, skip=skip, early_stopping=False, **settings).fit_transform(X)
    np.testing.assert_allclose(codes[0], plain, atol=1e-5)
    assert np.abs(codes[1] - plain).max() > 1e-3


@pytest.mark.parametrize("noise", IMAGE_CORRUPTIONS)
def test_they_need_a_network_of_images(noise):
    X = np.random.RandomState(0).normal(size=(60, 36))
    with pytest.raises(ValueError, match=f"'noise' parameter '{noise}'.*Conv"):
        DenoisingAE(3, noise=noise, max_epochs=1).fit(X)
    with pytest.raises(ValueError, match="The 'noise_level' parameter"):
        DenoisingAE(3, noise=noise, noise_level=1.5, network=Conv()).fit(X)


@pytest.mark.parametrize("noise", IMAGE_CORRUPTIONS)
def test_fine_tuning_uses_them_too(noise):
    X = np.random.RandomState(0).normal(size=(60, 36))
    y = X[:, :6].sum(1) > 0
    settings = {"noise": noise, "max_epochs": 3, "random_state": 0}
    AEClassifier(ConvAE(3, channels=4, max_epochs=2), **settings).fit(X, y)
    with pytest.raises(ValueError, match=f"'noise' parameter '{noise}'.*Conv"):
        AEClassifier(AE(3, max_epochs=2), **settings).fit(X, y)


def test_hidden_blocks_are_filled_in():
    """Images of two kinds: what is under the block follows from the rest."""
    random = np.random.RandomState(0)
    kind = np.where(random.rand(400, 1, 1) < 0.5, 1.0, -1.0)
    X = kind * np.ones((400, 8, 8)) + 0.05 * random.normal(size=(400, 8, 8))
    settings = {"network": Conv(channels=4), "scale": None, "random_state": 0}
    ae = DenoisingAE(1, noise="blocks", noise_level=0.2, max_epochs=5, **settings)
    shown = X[:50].copy()
    shown[:, 2:5, 2:5] = 0
    assert np.abs(ae.fit(X).reconstruct(shown) - kind[:50]).mean() < 0.25
