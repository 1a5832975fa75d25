"""The adversarial autoencoder's codes follow its prior, and samples come from there."""

import numpy as np
import pytest
import torch

from sklearn_ae import AdversarialAE
from sklearn_ae.core import Batch
from sklearn_ae.core.losses import LOSSES
from sklearn_ae.variants.mmd import mmd
from sklearn_ae.variants.prior_draws import PRIORS, draw

from ..conftest import FAST

KNOBS = {"prior": "gaussian", "n_modes": 10}


def uniform(n_codes, generator):
    """Draw from a square."""
    return 4 * torch.rand(n_codes, 2, generator=generator) - 2


def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def network(rows):
    return AdversarialAE(2, dtype="float64", skip=None, **FAST).fit(rows).network_


@pytest.fixture
def batch(rows):
    x = torch.from_numpy((rows - rows.mean(0)) / rows.std(0))
    return Batch(x, x, LOSSES["squared_error"])


def gradients(loss, weights):
    return torch.autograd.grad(loss, list(weights), allow_unused=True)


def test_each_half_gets_the_gradient_of_its_own_loss(network, batch):
    network.train()
    loss = AdversarialAE.objective(
        network, batch, generator(), adversarial_weight=0.3, **KNOBS
    )
    code = network.encode(batch.input)
    drawn = draw(**KNOBS, size=code.shape, generator=generator()).to(code)
    error = batch.error(network.decode(code))

    own = [
        weight
        for name, weight in network.named_parameters()
        if not name.startswith("critic")
    ]
    expected = gradients(error + 0.3 * network.critic.code_loss(code), own)
    torch.testing.assert_close(gradients(loss, own), expected)
    critics = list(network.critic.parameters())
    expected = gradients(network.critic.loss(drawn, code), critics)
    torch.testing.assert_close(gradients(loss, critics), expected)


@pytest.mark.parametrize("training", [True, False])
def test_the_value_is_error_and_discrepancy(network, batch, training):
    network.train(training)
    loss = AdversarialAE.objective(
        network, batch, generator(), adversarial_weight=0.3, **KNOBS
    )
    code = network.encode(batch.input)
    drawn = draw(**KNOBS, size=code.shape, generator=generator()).to(code)
    expected = batch.error(network.decode(code)) + 0.3 * mmd(code, drawn, "imq")
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("n_modes", [1, 2, 3, 10])
def test_priors_have_one_length_scale(prior, width, n_modes):
    codes = draw(prior, n_modes, (20_000, width), generator())
    assert codes.shape == (20_000, width)
    second_moments = codes.square().mean(0)
    if n_modes >= 3:
        assert codes.mean(0).abs().max() < 0.05
        assert ((second_moments > 0.8) & (second_moments < 1.25)).all()
    assert second_moments.max() < 2.5


def test_modes_are_apart_on_a_ring():
    codes = draw("gaussian_mixture", 8, (8000, 3), generator())
    angle = torch.atan2(codes[:, 1], codes[:, 0]) / (2 * torch.pi) * 8
    off = (angle - angle.round()).abs()
    assert off.quantile(0.95) < 0.3  # evenly spread angles: 0.475
    counts = torch.bincount(angle.round().long() % 8, minlength=8)
    assert counts.min() > 0.85 * 1000


@pytest.mark.parametrize("prior", [*PRIORS, uniform])
def test_codes_follow_the_prior(digits, prior):
    settings = {"hidden_layer_sizes": (64,), "critic_hidden_layer_sizes": (64, 64)}
    settings |= {"early_stopping": False, "lr_schedule": "cosine", "max_epochs": 30}
    settings |= {"batch_size": 150, "lr": 1e-2, "adversarial_weight": 0.2}
    ae = AdversarialAE(2, prior=prior, random_state=0, **settings).fit(digits)
    codes = torch.from_numpy(ae.transform(digits))
    drawn = draw(prior, 10, (2000, 2), generator())
    distance = mmd(codes, drawn, "imq").item()
    elsewhere = draw("gaussian", 10, (2000, 2), generator()) + 1
    assert distance < 0.1 * mmd(elsewhere, drawn, "imq").item()
    assert 0.5 <= ae.critic_accuracy_ < 0.8


def test_samples_are_decoded_draws_of_the_prior(rows):
    ae = AdversarialAE(2, prior=uniform, **FAST).fit(rows)
    codes = ae._draw_codes(500, np.random.RandomState(0))
    assert np.abs(codes).max() <= 2
    np.testing.assert_array_equal(
        ae.sample(500, random_state=0), ae.inverse_transform(codes)
    )
    assert not hasattr(ae, "_code_density")


def test_samples_do_not_follow_set_params(rows):
    ae = AdversarialAE(2, **FAST).fit(rows)
    before = ae.sample(5, random_state=0)
    ae.set_params(prior="gaussian_mixture", n_modes=3, n_components=4)
    np.testing.assert_array_equal(ae.sample(5, random_state=0), before)


def test_a_prior_of_the_wrong_shape_is_explained(rows):
    ae = AdversarialAE(3, prior=uniform, **FAST)
    with pytest.raises(ValueError, match=r"'prior'.*\(\d+, 3\).*but gave \(\d+, 2\)"):
        ae.fit(rows)


def test_a_prior_gives_tensors(rows):
    def prior(n_codes, generator):
        return np.zeros((n_codes, 2))

    with pytest.raises(ValueError, match=r"must give a tensor .* but gave ndarray"):
        AdversarialAE(2, prior=prior, **FAST).fit(rows)
