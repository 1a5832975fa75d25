"""The FactorVAE penalises what its code units know of one another."""

import math

import numpy as np
import pytest
import torch

from sklearn_ae import VAE, FactorVAE
from sklearn_ae.variants.factorvae import normal_total_correlation, shuffled
from sklearn_ae.variants.gaussians import Normal

from ..conftest import FAST


@pytest.fixture
def network(rows):
    return FactorVAE(3, dtype="float64", skip=None, **FAST).fit(rows).network_


def value(cls, network, batch, **knobs):
    generator = torch.Generator().manual_seed(0)
    return cls.objective(network, batch, generator, **knobs)


@pytest.mark.parametrize("training", [True, False])
def test_without_the_penalty_the_value_is_the_vaes(network, batch, training):
    network.train(training)
    bound = value(VAE, network, batch, beta=1, capacity=None, kl_warmup=0)
    found = value(FactorVAE, network, batch, gamma=0, smoothing=0.0)
    torch.testing.assert_close(found, bound)


@pytest.mark.parametrize("training", [True, False])
def test_the_penalty_is_weighed(network, batch, training):
    network.train(training)
    none, once, thrice = (
        value(FactorVAE, network, batch, gamma=gamma, smoothing=0.0).item()
        for gamma in (0, 1, 3)
    )
    assert thrice - none == pytest.approx(3 * (once - none))
    expected = normal_total_correlation(network.posterior(batch.input)).item()
    assert once - none == pytest.approx(expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_each_half_gets_the_gradient_of_its_own_loss(network, batch, smoothing):
    network.train()
    critic = list(network.critic.parameters())
    others = [
        weight
        for name, weight in network.named_parameters()
        if not name.startswith("critic")
    ]
    generator = torch.Generator().manual_seed(0)
    q = network.posterior(batch.input)
    z = q.draw(generator)
    bound = (network.surprise(batch, z) + network.divergence(q, z)).mean()
    if smoothing:
        noise = torch.randn(z.shape, generator=generator, dtype=z.dtype)
        z = (z + smoothing * noise) / (1 + smoothing**2) ** 0.5
    codes_loss = bound + 5 * network.critic(z).mean()
    critics_loss = network.critic.loss(z, shuffled(z, generator))
    loss = value(FactorVAE, network, batch, gamma=5, smoothing=smoothing)
    for expected, weights in ((codes_loss, others), (critics_loss, critic)):
        torch.testing.assert_close(
            torch.autograd.grad(loss, weights, retain_graph=True),
            torch.autograd.grad(expected, weights, retain_graph=True),
        )


def test_shuffling_keeps_each_unit_and_loses_the_rest():
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(5000, 1, generator=generator).repeat(1, 3)
    other = shuffled(z, generator)
    torch.testing.assert_close(other.sort(0).values, z.sort(0).values)
    correlation = torch.corrcoef(other.T)
    assert (correlation - torch.eye(3)).abs().max() < 0.05


def test_total_correlation_of_normal_codes():
    noise = torch.full((4, 2), 0.5, dtype=torch.float64)
    mean = torch.tensor([[1, 1], [-1, -1], [1, 1], [-1, -1]], dtype=torch.float64)
    expected = -0.5 * math.log(1 - (1 / 1.5) ** 2)  # 1.5 on the diagonal, 1 beside it
    found = normal_total_correlation(Normal(mean, noise.log())).item()
    assert found == pytest.approx(expected)
    assert normal_total_correlation(Normal(0 * mean, noise.log())).item() == 0


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_penalty_makes_units_independent(smoothing):
    # Two rotated, uniform factors: uncorrelated as they are, but not independent.
    random = np.random.RandomState(0)
    factors = random.uniform(-1, 1, size=(1500, 2))
    X = factors @ [[1, 1], [-1, 1]] @ random.normal(size=(2, 6))
    settings = FAST | {"hidden_layer_sizes": (32,), "max_epochs": 40, "lr": 1e-2}
    settings |= {"noise": 0.2, "early_stopping": False, "lr_schedule": "cosine"}
    settings |= {"critic_hidden_layer_sizes": (64, 64), "batch_size": 250}
    settings |= {"smoothing": smoothing}

    def dependence(vae):
        z = vae.fit(X).transform(X)
        return abs(np.corrcoef(z[:, 0] ** 2, z[:, 1] ** 2)[0, 1])

    without, penalised = (FactorVAE(2, gamma=g, **settings) for g in (0, 10))
    assert dependence(penalised) < 0.5 * dependence(without)
    assert penalised.total_correlation_ < 0.5 * without.total_correlation_


def test_it_is_a_variational_autoencoder(rows):
    vae = FactorVAE(2, **FAST).fit(rows)
    assert vae.sample(5).shape == (5, 6)
    assert vae.posterior(rows)[1].min() > 0
    assert vae.active_units_ == 2
    assert np.isfinite(vae.total_correlation_)
