"""Densities and divergences are those of torch.distributions."""

import pytest
import torch
from torch import distributions as D

from sklearn_ae.variants.gaussians import Normal, log_standard_normal


@pytest.fixture
def q(generator):
    mean, log_variance = torch.randn(2, 7, 3, generator=generator, dtype=torch.float64)
    return Normal(mean, log_variance)


@pytest.fixture
def twin(q):
    return D.Normal(q.mean, torch.exp(0.5 * q.log_variance))


def test_the_divergence_is_the_analytic_one(q, twin):
    standard = D.Normal(torch.zeros(7, 3).double(), torch.ones(7, 3).double())
    torch.testing.assert_close(q.kl_by_unit(), D.kl_divergence(twin, standard))


def test_densities(q, twin, generator):
    eps = torch.randn(4, 7, 3, generator=generator, dtype=torch.float64)
    z = q.at(eps)
    torch.testing.assert_close(q.log_density_at(eps), twin.log_prob(z).sum(-1))
    standard = D.Normal(0.0, 1.0).log_prob(z).sum(-1)
    torch.testing.assert_close(log_standard_normal(z), standard)
    by_pair = twin.log_prob(z[0][:, None])
    torch.testing.assert_close(q.log_densities(z[0]), by_pair)


def test_draws_have_mean_and_deviation(generator):
    mean, log_variance = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, 2.0]])
    q = Normal(mean.expand(20_000, 2), log_variance.expand(20_000, 2))
    z = q.draw(generator)
    torch.testing.assert_close(z.mean(0), mean[0], atol=0.1, rtol=0)
    torch.testing.assert_close(z.std(0), q.std[0], atol=0.05, rtol=0)


def test_noise_keeps_the_standard_normal_and_adds_to_others(q):
    standard = Normal(*torch.zeros(2, 7, 3).double())
    torch.testing.assert_close(standard.blurred(0.7), standard)
    torch.testing.assert_close(q.blurred(0.0), q)
    noisy = q.blurred(0.7)
    torch.testing.assert_close(noisy.mean * 1.49**0.5, q.mean)
    torch.testing.assert_close(noisy.std**2 * 1.49, q.std**2 + 0.49)
