"""The learnt prior is the mixture that it says it is."""

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator
from skorch.callbacks import Callback
from torch import distributions as D

from sklearn_ae import IWAE, VAE
from sklearn_ae.priors import Prior, VampPrior
from sklearn_ae.variants.gaussians import Normal

from .conftest import FAST


def posterior(x):
    """Stand in for an encoder."""
    return Normal(x[:, :2].sin(), -x[:, 1:].square())


@pytest.fixture
def prior():
    prior = VampPrior(5).build(3, 2).double()
    x = torch.randn(20, 3, generator=torch.Generator().manual_seed(0)).double()
    prior.start_from(x, seed=0)
    return prior


@pytest.fixture
def twin(prior):
    mean, log_variance = posterior(prior.pseudo_inputs)
    parts = D.Independent(D.Normal(mean, torch.exp(log_variance / 2)), 1)
    return D.MixtureSameFamily(D.Categorical(torch.ones(5).double()), parts)


def test_density_and_divergence(prior, twin):
    z = torch.randn(7, 2, generator=torch.Generator().manual_seed(1)).double()
    density = prior.log_density(z, posterior)
    torch.testing.assert_close(density, twin.log_prob(z))
    q = Normal(z + 0.1, torch.zeros_like(z))
    own = D.Normal(q.mean, q.std).log_prob(z).sum(1)
    torch.testing.assert_close(prior.divergence(q, z, posterior), own - density)


def test_draws_and_moments(prior, twin):
    generator = torch.Generator().manual_seed(0)
    z = prior.draw(torch.zeros(20_000, 2).double(), posterior, generator)
    torch.testing.assert_close(z.mean(0), twin.mean, atol=0.03, rtol=0)
    torch.testing.assert_close(z.var(0), twin.variance, atol=0.03, rtol=0)
    unit = Normal(twin.mean, twin.variance.log())
    standard = prior.standardised(unit, posterior)
    torch.testing.assert_close(standard.mean, torch.zeros(2).double())
    torch.testing.assert_close(standard.log_variance, torch.zeros(2).double())


@pytest.mark.parametrize("cls", [VAE, IWAE])
def test_an_estimator_learns_it(cls, rows):
    vae = cls(2, prior=VampPrior(4), **FAST | {"lr": 0.01}).fit(rows)
    pseudo = vae.network_.prior.pseudo_inputs.detach().numpy()
    assert pseudo.shape == (4, 6)
    assert vae.active_units_ == 2
    x = (rows - vae.scaling_.center) / vae.scaling_.scale
    nearest = np.abs(pseudo[:, None] - x).max(2).min(1)
    assert np.all((nearest > 0) & (nearest < 0.5))
    assert vae.sample(5, random_state=0).shape == (5, 6)
    bound = vae.log_likelihood(rows, n_draws=50, random_state=0).mean()
    assert vae.score_samples(rows).mean() < bound


def test_the_number_is_a_nested_parameter(rows):
    vae = VAE(2, prior=VampPrior(4), **FAST).set_params(prior__n_pseudo_inputs=3)
    assert len(vae.fit(rows).network_.prior.pseudo_inputs) == 3


class Shifted(Prior):
    """A normal distribution of mean 3 and standard deviation .5."""

    def log_density(self, z, posterior):
        return D.Normal(3.0, 0.5).log_prob(z).sum(-1)

    def draw(self, like, posterior, generator):
        noise = torch.randn(like.shape, dtype=like.dtype, generator=generator)
        return 3 + noise / 2


class ShiftedPrior(BaseEstimator):
    """Builds it."""

    def build(self, n_features, n_components):
        return Shifted()


def test_a_prior_of_ones_own_needs_a_density_and_draws():
    q = Normal(*torch.tensor([[[3.2, 2.0]], [[-1.0, 0.5]]]).double())
    generator = torch.Generator().manual_seed(0)
    many = Normal(*(part.expand(50_000, 2) for part in q))
    estimate = Shifted().divergence(many, many.draw(generator), posterior).mean()
    exact = D.kl_divergence(D.Normal(q.mean, q.std), D.Normal(3.0, 0.5)).sum()
    torch.testing.assert_close(estimate, exact, rtol=0.02, atol=0)
    standard = Shifted().standardised(q, posterior)
    torch.testing.assert_close(standard.mean, (q.mean - 3) / 0.5, atol=0.1, rtol=0)
    torch.testing.assert_close(standard.std, q.std / 0.5, rtol=0.05, atol=0)


def test_codes_are_drawn_towards_a_prior_of_ones_own(rows):
    settings = FAST | {"max_epochs": 200, "lr": 0.01, "early_stopping": False}
    vae = VAE(2, prior=ShiftedPrior(), **settings).fit(rows)
    codes = vae.sample(500, random_state=0)
    assert codes.shape == (500, 6)
    assert np.all(np.abs(vae.transform(rows).mean(0) - 3) < 0.3)
    assert vae.active_units_ == 2


def test_a_prior_is_built_by_a_specification(rows):
    class Wrong(ShiftedPrior):
        def build(self, n_features, n_components):
            return torch.nn.Identity()

    with pytest.raises(ValueError, match="The 'prior' parameter must be 'normal', or"):
        VAE(2, prior=Wrong()).fit(rows)


def test_a_number_out_of_range_is_refused(rows):
    with pytest.raises(ValueError, match="n_pseudo_inputs"):
        VAE(2, prior=VampPrior(0)).fit(rows)


def test_a_density_has_a_value_for_each_code(rows):
    class Wide(ShiftedPrior):
        def build(self, n_features, n_components):
            prior = Shifted()
            prior.log_density = lambda z, posterior: -z.square().sum(1, keepdim=True)
            return prior

    with pytest.raises(ValueError, match=r"log_density must give one value for each"):
        VAE(2, prior=Wide(), **FAST).fit(rows)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda like, posterior, generator: like[:, 0], r"gave \(2,\)"),
        (lambda like, posterior, generator: like.numpy(), "gave ndarray"),
    ],
)
def test_draws_are_tried_before_a_training(draw, said, rows):
    class Other(ShiftedPrior):
        def build(self, n_features, n_components):
            prior = Shifted()
            prior.draw = draw
            return prior

    vae = VAE(2, prior=Other(), callbacks=[("never", Never)])
    with pytest.raises(ValueError, match=rf"Shifted\.draw must give .*, but {said}"):
        vae.fit(rows)


class Never(Callback):
    """Fails where a training begins."""

    def on_train_begin(self, net, **kwargs):
        raise AssertionError("A training has begun.")
