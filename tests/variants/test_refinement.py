"""Posteriors refined row by row: where the best one is known, they find it."""

import numpy as np
import pytest
import torch

from sklearn_ae import IWAE, VAE
from sklearn_ae.priors import VampPrior

from ..conftest import FAST


@pytest.fixture
def ppca(digits):
    """Give an exact model: without hidden layers the posterior is known."""
    X = digits[:200, digits.std(0) > 0.5]
    return VAE(3, hidden_layer_sizes=(), dtype="float64", scale=None).fit(X), X


def test_from_a_wrong_encoder_to_the_exact_posterior(ppca):
    vae, X = ppca
    mean, std = vae.posterior(X)
    bound = vae.score_samples(X)
    with torch.no_grad():
        for weights in vae.network_.network.encode.parameters():
            weights *= 0.7
    assert vae.score_samples(X).mean() < bound.mean() - 1
    refined_mean, refined_std = vae.posterior(X, n_refinements=400)
    np.testing.assert_allclose(refined_mean, mean, atol=0.01)
    np.testing.assert_allclose(refined_std, std, rtol=0.02)
    refined = vae.score_samples(X, n_refinements=400)
    np.testing.assert_allclose(refined, bound, atol=0.01)


def test_what_is_exact_stays(ppca):
    vae, X = ppca
    mean, std = vae.posterior(X)
    refined_mean, refined_std = vae.posterior(X, n_refinements=20)
    assert np.abs(refined_mean - mean).max() < 0.01 * std.min()
    np.testing.assert_allclose(refined_std, std, rtol=0.01)


@pytest.mark.parametrize(
    "kind", [VAE, IWAE, lambda *args, **rest: VAE(*args, prior=VampPrior(5), **rest)]
)
def test_the_bound_of_new_rows_is_tighter(digits, kind):
    settings = FAST | {"lr": 1e-2, "max_epochs": 5, "skip": None}
    vae = kind(4, likelihood="bernoulli", **settings).fit(digits[:1000])
    new = digits[1000:]
    plain = vae.score_samples(new).mean()
    refined = vae.score_samples(new, n_refinements=40).mean()
    likelihood = vae.log_likelihood(
        new, n_draws=300, random_state=0, n_refinements=40
    ).mean()
    assert plain < refined < likelihood


def test_of_the_cells_that_are_there(digits):
    X = digits.astype(float)
    X[::3, 20:40] = np.nan
    vae = VAE(4, **FAST).fit(X)
    mean, std = vae.posterior(X, n_refinements=5)
    assert np.isfinite(mean).all()
    assert np.isfinite(std).all()
    refined = vae.score_samples(X, n_refinements=40).mean()
    assert vae.score_samples(X).mean() < refined


def test_a_target_is_asked_for_only_where_it_is_needed(digits):
    vae = VAE(4, **FAST).fit(digits, target=digits[:, ::-1])
    mean, _ = vae.posterior(digits)
    with pytest.raises(ValueError, match="target"):
        vae.posterior(digits, n_refinements=3)
    refined, _ = vae.posterior(digits, target=digits[:, ::-1], n_refinements=3)
    assert np.any(refined != mean)


def test_a_row_is_refined_the_same_in_any_company(digits):
    vae = VAE(4, **FAST).fit(digits)
    together, _ = vae.posterior(digits, n_refinements=10)
    alone, _ = vae.posterior(digits[7:8], n_refinements=10)
    np.testing.assert_array_equal(together[7:8], alone)
    again, _ = vae.posterior(digits[::-1], n_refinements=10)
    np.testing.assert_array_equal(again[::-1], together)


@pytest.mark.parametrize("method", ["posterior", "score_samples", "log_likelihood"])
def test_less_than_no_step_is_refused(digits, method):
    vae = VAE(4, **FAST).fit(digits)
    with pytest.raises(ValueError, match="n_refinements"):
        getattr(vae, method)(digits, n_refinements=-1)


def test_the_network_stays_as_it_is(digits):
    vae = VAE(4, **FAST).fit(digits)
    before = vae.transform(digits), vae.score_samples(digits)
    vae.score_samples(digits, n_refinements=3)
    np.testing.assert_array_equal(vae.transform(digits), before[0])
    np.testing.assert_array_equal(vae.score_samples(digits), before[1])
