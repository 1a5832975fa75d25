"""The denoising objective corrupts what goes in and asks for what was clean."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch.nn import functional as F

from sklearn_ae import AE, DenoisingAE
from sklearn_ae.core import Batch, Loss
from sklearn_ae.networks import Dense
from sklearn_ae.variants import denoising
from sklearn_ae.variants.corruption import CORRUPTIONS

SQUARED_ERROR = Loss(F.mse_loss)


@pytest.fixture
def x():
    return torch.randn(30, 5, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Dense((8,)).build(5, 2)


def objective(network, x, noise="swap", noise_level=0.3, emphasis=None, seed=0):
    return DenoisingAE.objective(
        network,
        Batch(x, x, SQUARED_ERROR),
        torch.Generator().manual_seed(seed),
        noise=noise,
        noise_level=noise_level,
        emphasis=emphasis,
    )


def spoil(x, level, generator):
    """Corrupt the first column only."""
    x = x.clone()
    x[:, 0] += 100
    return x


class Copy(torch.nn.Module):
    """Give back what comes in."""

    encode = decode = torch.nn.Identity()


@pytest.mark.parametrize("noise", CORRUPTIONS)
def test_no_noise_is_the_plain_objective(network, x, noise):
    plain = AE.objective(network, Batch(x, x, SQUARED_ERROR), None)
    assert objective(network, x, noise, 0).item() == plain.item()


@pytest.mark.parametrize("noise", CORRUPTIONS)
def test_no_noise_trains_the_plain_autoencoder(rows, noise):
    # Noise comes from the stream of the order of rows: hence one batch of all of them.
    settings = {"hidden_layer_sizes": (8,), "max_epochs": 1, "random_state": 0}
    settings |= {"batch_size": 120, "early_stopping": False, "lr": 1e-3}
    np.testing.assert_allclose(
        DenoisingAE(2, noise=noise, noise_level=0, **settings).fit_transform(rows),
        AE(2, **settings).fit_transform(rows),
        rtol=0,
        atol=1e-5,
    )


@pytest.mark.parametrize("noise", CORRUPTIONS)
def test_the_target_is_clean(x, noise):
    corrupted = CORRUPTIONS[noise](x, 0.3, torch.Generator().manual_seed(0)).values
    expected = F.mse_loss(corrupted, x)
    torch.testing.assert_close(objective(Copy(), x, noise), expected)
    assert expected > 0


@pytest.mark.parametrize("noise", CORRUPTIONS)
def test_noise_comes_from_the_generator(network, x, noise):
    assert objective(network, x, noise) == objective(network, x, noise)
    assert objective(network, x, noise) != objective(network, x, noise, seed=1)


def test_noise_may_be_a_callable(x):
    assert objective(Copy(), x, spoil).item() == pytest.approx(100**2 / 5, rel=1e-5)


def test_emphasis_on_corrupted_cells_ignores_clean_ones(x):
    batch = Batch(x, x + 3, SQUARED_ERROR)  # clean cells are wrong by three
    batch.target[:, 0] = x[:, 0]
    noise = {"noise": spoil, "noise_level": 0.3}
    emphasised = DenoisingAE.objective(Copy(), batch, None, emphasis=(1, 0), **noise)
    assert emphasised.item() == pytest.approx(100**2 / 5, rel=1e-5)
    clean = DenoisingAE.objective(Copy(), batch, None, emphasis=(0, 1), **noise)
    assert clean.item() == pytest.approx(3**2 * 4 / 5, rel=1e-5)


@pytest.mark.parametrize("noise", ["swap", "masking"])
def test_emphasis_is_linear(network, x, noise):
    corrupted = objective(network, x, noise, emphasis=(1, 0))
    clean = objective(network, x, noise, emphasis=(0, 1))
    both = objective(network, x, noise, emphasis=(2, 0.5))
    torch.testing.assert_close(both, 2 * corrupted + 0.5 * clean)


@pytest.mark.parametrize("noise", CORRUPTIONS)
def test_cells_that_keep_their_value_count_as_corrupted(noise):
    class One(Copy):
        def decode(self, z):
            return torch.ones_like(z)

    x = torch.zeros(200, 50, dtype=torch.float64)
    share = 1 if noise == "gaussian" else 0.3
    corrupted = objective(One(), x, noise, emphasis=(1, 0)).item()
    assert corrupted == pytest.approx(share, abs=5 * 0.5 / 100)
    untouched = objective(One(), x, noise, emphasis=(0, 1)).item()
    assert corrupted + untouched == pytest.approx(1)


@pytest.mark.parametrize(
    ("noise", "settings"),
    [
        ("swap", {"skip": None}),
        ("salt_and_pepper", {"skip": None}),
        ("masking", {"scale": "minmax"}),
    ],
)
def test_emphasis_of_binary_cells_does_not_turn_them_round(noise, settings):
    random = np.random.RandomState(0)
    common = random.uniform(size=(400, 3)) < 0.5
    X = np.repeat(common, 4, axis=1) ^ (random.uniform(size=(400, 12)) < 0.05)
    settings |= {"noise": noise, "emphasis": (1, 0), "max_epochs": 50}
    assert DenoisingAE(3, random_state=0, **settings).fit(X).score(X) > 0.5


@pytest.mark.parametrize("noise", CORRUPTIONS)
def test_equal_emphasis_is_none(network, x, noise):
    torch.testing.assert_close(
        objective(network, x, noise, emphasis=(1, 1)), objective(network, x, noise)
    )


@pytest.mark.parametrize("emphasis", [(1, 0.5), [2, 1], np.array([1, 0])])
def test_emphasis_trains(rows, emphasis):
    ae = DenoisingAE(2, emphasis=emphasis, hidden_layer_sizes=(8,), max_epochs=2)
    assert np.isfinite(clone(ae).fit_transform(rows)).all()


@pytest.mark.parametrize("noise", [*CORRUPTIONS, spoil])
def test_rows_are_not_corrupted_after_training(rows, noise):
    ae = DenoisingAE(2, noise=noise, hidden_layer_sizes=(8,), max_epochs=2).fit(rows)
    np.testing.assert_array_equal(ae.transform(rows), ae.transform(rows))
    np.testing.assert_array_equal(ae.reconstruct(rows), ae.reconstruct(rows))
    assert ae.score(rows) == ae.score(rows)


def test_validation_losses_are_taken_under_the_same_noise(digits):
    settings = {"max_epochs": 4, "lr": 1e-12, "weight_decay": 0, "random_state": 0}
    ae = DenoisingAE(4, hidden_layer_sizes=(8,), **settings).fit(digits)
    np.testing.assert_allclose(
        ae.validation_loss_curve_, ae.validation_loss_curve_[0], rtol=1e-6
    )


def test_restoration_looks_at_corrupted_cells_alone(x):
    batch = Batch(x, x + 3, SQUARED_ERROR)  # clean cells are wrong by three
    batch.target[:, 0] = x[:, 0]
    error = denoising.restoration(Copy(), batch, None, noise=spoil, noise_level=0.3)
    assert error.item() == pytest.approx((2 * 100 - 1) / 5, rel=1e-5)


def prefers_the_start(network, batch, generator, *, noise, noise_level):
    """Dislike whatever a network adds to principal components."""
    gains = [p for name, p in network.named_parameters() if "gain" in name]
    return sum(gain.abs().sum() for gain in gains)


@pytest.mark.parametrize(
    ("settings", "is_asked"),
    [
        ({}, True),
        ({"noise": spoil}, True),
        ({"emphasis": (1, 1)}, False),
        ({"noise_level": 0}, False),
        ({"early_stopping": False}, False),
    ],
)
def test_who_restores_less_than_principal_components_gives_way(
    digits, monkeypatch, settings, is_asked
):
    monkeypatch.setattr(denoising, "restoration", prefers_the_start)
    X = digits[:400]
    settings = {"hidden_layer_sizes": (16,), "max_epochs": 10, **settings}
    ae = DenoisingAE(3, random_state=0, **settings).fit(X)
    start = AE(3, hidden_layer_sizes=()).fit(X)
    moved = np.abs(ae.transform(X) - start.transform(X)).max()
    assert (moved < 1e-4) == is_asked


@pytest.mark.parametrize(("standard_errors", "gives_way"), [(1.5, True), (2.5, False)])
def test_to_restore_more_takes_two_standard_errors(
    digits, monkeypatch, standard_errors, gives_way
):
    n_parts, gain = 10, 0.01
    spread = gain * (n_parts - 1) ** 0.5 / standard_errors
    gains = itertools.cycle([gain + spread, gain - spread])

    def restoration(network, *args, **knobs):
        has_moved = prefers_the_start(network, *args, noise=None, noise_level=None) > 0
        return torch.tensor(1 - next(gains) if has_moved else 1.0)

    monkeypatch.setattr(denoising, "restoration", restoration)
    X = digits[:1000]
    ae = DenoisingAE(3, random_state=0, hidden_layer_sizes=(16,), max_epochs=10).fit(X)
    start = AE(3, hidden_layer_sizes=()).fit(X)
    moved = np.abs(ae.transform(X) - start.transform(X)).max()
    assert (moved < 1e-4) == gives_way


def test_without_a_linear_path_nothing_gives_way(digits):
    # Random weights restore cells by giving the mean, which learning from few rows to
    # copy them may not.
    settings = {"skip": None, "hidden_layer_sizes": (64,), "max_epochs": 20}
    ae = DenoisingAE(32, random_state=0, **settings).fit(digits[:100])
    assert ae.score(digits[:100]) > 0.2


def test_columns_that_hang_together_are_learnt():
    t = np.linspace(-2, 2, 600)[:, None]
    curve = np.hstack([t, t**2, np.sin(2 * t), np.cos(2 * t)])
    ae = DenoisingAE(1, random_state=0, max_epochs=100).fit(curve)
    start = AE(1, hidden_layer_sizes=()).fit(curve)
    assert ae.score(curve) > start.score(curve) + 0.2


def test_denoising_denoises(digits):
    settings = {"hidden_layer_sizes": (64,), "max_epochs": 30, "random_state": 0}
    settings |= {"lr": 3e-3, "scale": None, "n_iter_no_change": 100}
    x = digits / 16
    noisy = x + 0.4 * np.random.RandomState(0).normal(size=x.shape)
    denoising = DenoisingAE(32, noise="gaussian", noise_level=0.4, **settings)
    error, plain_error = (
        np.square(estimator.fit(x).reconstruct(noisy) - x).mean()
        for estimator in (denoising, AE(32, **settings))
    )
    assert error < 0.7 * plain_error
