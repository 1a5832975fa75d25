"""The VAE maximises the evidence lower bound; without hidden layers it is pPCA."""

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from torch import nn

from sklearn_ae import IWAE, VAE
from sklearn_ae.core import Batch
from sklearn_ae.variants.likelihoods import LIKELIHOODS

from ..conftest import FAST

EXACT = {"dtype": "float64", "scale": None, "random_state": 0}
LINEAR = EXACT | {"hidden_layer_sizes": ()}


@pytest.fixture
def vae(digits):
    """Give one that has learnt something, if not much."""
    settings = FAST | {"lr": 0.01, "skip": None}
    return VAE(4, dtype="float64", **settings).fit(digits)


class Own(nn.Module):
    """A linear network of the user's, which does not start at principal components."""

    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(6, 6), nn.Linear(3, 6)


@pytest.mark.parametrize("k", [1, 4, 20])
def test_the_linear_vae_is_probabilistic_pca(digits, k):
    X = digits[:, digits.std(0) > 0.5]
    vae = VAE(k, **LINEAR).fit(X)
    expected = PCA(k).fit(X).score(X)
    assert vae.n_iter_ == 0
    assert vae.active_units_ == k
    # The posterior is exact, so that every draw gives the log-likelihood.
    assert vae.score_samples(X).mean() == pytest.approx(expected, abs=1e-3)
    likelihood = vae.log_likelihood(X, n_draws=1, random_state=0)
    np.testing.assert_allclose(likelihood, vae.score_samples(X), rtol=0, atol=1e-6)


def test_constant_columns_are_no_part_of_the_model(digits):
    X = digits[:, digits.std(0) > 0.5]
    table = np.c_[X, np.full((len(X), 200), 7.0)]
    settings = LINEAR | {"scale": "standard"}
    expected, found = VAE(4, **settings).fit(X), VAE(4, **settings).fit(table)
    x = (X - X.mean(0)) / X.std(0)
    assert found.network_.log_noise.exp().item() == pytest.approx(
        np.sqrt(PCA(4).fit(x).noise_variance_ * (1 - 1 / len(x)))
    )
    assert found.score_samples(table).mean() == pytest.approx(
        PCA(4).fit(x).score(x), abs=1e-3
    )
    for method in ("transform", "score_samples", "posterior"):
        a, b = getattr(expected, method)(X), getattr(found, method)(table)
        np.testing.assert_allclose(np.abs(b), np.abs(a), rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(found.reconstruct(table)[:, len(X.T) :], 7)


@pytest.mark.parametrize("name", ["bernoulli", "continuous_bernoulli", "poisson"])
def test_constant_columns_change_no_other_likelihood(name, digits):
    rows = digits[:300, digits.std(0) > 0.5]
    table = np.c_[rows, np.full((len(rows), 30), 7.0)]
    settings = LINEAR | {"scale": "minmax", "likelihood": name, "max_epochs": 5}
    expected, found = VAE(2, **settings).fit(rows), VAE(2, **settings).fit(table)
    np.testing.assert_allclose(
        found.score_samples(table), expected.score_samples(rows), rtol=1e-6
    )


def test_gradients_reach_probabilistic_pca_too():
    """With codes at plus and minus the root of k on each axis the bound is exact."""
    random = np.random.RandomState(0)
    axes = np.linalg.qr(random.normal(size=(6, 3)))[0].T
    rows = random.normal(size=(120, 3)) * [4, 2, 1] @ axes
    rows += 0.3 * random.normal(size=(120, 6))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = VAE.equip(
            Own(), 6, 3, likelihood="gaussian", noise="learnt", prior="normal"
        ).double()
    eps = np.sqrt(3) * torch.cat([torch.eye(3), -torch.eye(3)])[:, None].double()
    x = torch.from_numpy(rows)
    batch = Batch(x, x, LIKELIHOODS["gaussian"])
    optimizer = torch.optim.LBFGS(
        network.parameters(),
        max_iter=300,
        history_size=50,
        line_search_fn="strong_wolfe",
    )

    def loss():
        optimizer.zero_grad()
        value = -network.log_weights(batch, network.posterior(x), eps).mean()
        value.backward()
        return value

    optimizer.step(loss)
    assert -loss().item() == pytest.approx(PCA(3).fit(rows).score(rows), abs=1e-3)


@pytest.mark.parametrize("noise", [0.05, 0.5, 3.0])
def test_with_a_fixed_noise_too_the_linear_vae_is_the_best_gaussian(rows, noise):
    vae = VAE(3, noise=noise, **LINEAR).fit(rows)
    C = np.cov(rows.T, bias=True)
    variances, axes = np.linalg.eigh(C)
    signal = np.maximum(variances[-3:] - noise**2, 0)
    model = axes[:, -3:] * signal @ axes[:, -3:].T + noise**2 * np.eye(6)
    expected = multivariate_normal(rows.mean(0), model).logpdf(rows)
    # Directions of less variance than the noise start with a little of it.
    np.testing.assert_allclose(vae.score_samples(rows), expected, atol=1e-2)
    assert vae.active_units_ == np.sum(signal > 0)


def test_training_of_any_network_starts_there(digits):
    X = digits[:, digits.std(0) > 0.5]
    expected = -PCA(4).fit(X).score(X)
    vae = VAE(4, scale=None, **FAST | {"max_epochs": 1, "lr": 1e-9}).fit(X)
    assert vae.best_loss_ == pytest.approx(expected, abs=1.5)  # of 180 rows, one draw
    linear = VAE(4, scale=None, hidden_layer_sizes=()).fit(X)
    np.testing.assert_allclose(vae.transform(X), linear.transform(X), atol=1e-4)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_objective_is_minus_the_bound(name, digits):
    vae = VAE(4, likelihood=name, dtype="float64", **FAST).fit(digits)
    x = torch.from_numpy((digits - vae.scaling_.center) / vae.scaling_.divisor)
    network, batch = vae.network_, Batch(x, x, vae.net_.module_.loss)
    with torch.no_grad():
        values = [
            VAE.objective(
                network, batch, torch.Generator().manual_seed(seed), **BOUND
            ).item()
            for seed in range(16)
        ]
    error = np.std(values) / 4
    assert abs(np.mean(values) + vae.score_samples(digits).mean()) < 4 * error + 0.5


BOUND = {"beta": 1, "capacity": None, "kl_warmup": 0}


def parts(vae, X):
    """Give the two terms of the objective for the same draws, and a way to combine."""
    x = torch.from_numpy((X - vae.scaling_.center) / vae.scaling_.divisor)

    def value(epoch=float("inf"), **knobs):
        batch = Batch(x, x, LIKELIHOODS["gaussian"], epoch=epoch)
        generator = torch.Generator().manual_seed(0)
        return VAE.objective(vae.network_, batch, generator, **BOUND | knobs).item()

    surprise = value(beta=0)
    return surprise, value() - surprise, value


def test_beta_capacity_and_warmup_weigh_the_divergence(vae, digits):
    surprise, divergence, value = parts(vae, digits)
    assert divergence > 1
    mean, std = vae.posterior(digits)
    by_row = 0.5 * (mean**2 + std**2 - 1 - 2 * np.log(std)).sum(1)
    assert divergence == pytest.approx(by_row.mean())
    assert value(beta=4) == pytest.approx(surprise + 4 * divergence)
    capacity = divergence + 2
    assert value(beta=10, capacity=capacity) == pytest.approx(surprise + 20)
    epoch = torch.tensor(3.0)
    warm = {"kl_warmup": 12, "epoch": epoch}
    assert value(**warm) == pytest.approx(surprise + 0.25 * divergence)
    assert value(kl_warmup=2, epoch=epoch) == pytest.approx(surprise + divergence)
    assert value(capacity=4 * divergence, **warm) == pytest.approx(surprise)


def test_training_counts_epochs(digits):
    vae = VAE(2, kl_warmup=2, **FAST).partial_fit(digits)
    assert vae.net_.module_.epoch.item() == pytest.approx(1)
    vae.partial_fit(digits)
    assert vae.net_.module_.epoch.item() == pytest.approx(2)
    assert vae.net_.module_.n_total == len(digits)


def test_early_stopping_begins_behind_the_warmup(digits):
    settings = {"n_iter_no_change": 1, "tol": 10, "lr_schedule": None}
    vae = VAE(2, kl_warmup=4, **FAST | settings | {"max_epochs": 20}).fit(digits)
    assert vae.n_iter_ == 5
    compared = ["valid_loss_best" in epoch for epoch in vae.net_.history]
    assert compared == [False] * 4 + [True]


def test_a_warmup_longer_than_training_leaves_the_last_epoch(digits):
    vae = VAE(4, kl_warmup=50, skip=None, **FAST | {"lr": 1e-2}).fit(digits)
    assert vae.n_iter_ == 3
    assert vae.best_loss_ == vae.validation_loss_curve_[-1]


def test_the_posterior_is_that_of_the_codes(vae, digits):
    mean, std = vae.posterior(digits)
    assert mean.shape == std.shape == (1797, 4)
    assert np.all(std > 0)
    np.testing.assert_array_equal(mean, vae.transform(digits))


def test_the_bound_rises_with_the_number_of_draws(vae, digits):
    bounds = [
        vae.log_likelihood(digits, n_draws=n, random_state=0).mean() for n in (1, 5, 50)
    ]
    assert bounds[0] + 0.1 < bounds[1]
    assert bounds[1] + 0.1 < bounds[2]
    assert vae.score_samples(digits).mean() < bounds[1]
    assert np.all(
        vae.score_samples(digits)
        <= vae.log_likelihood(digits, n_draws=500, random_state=0) + 0.5
    )


def test_the_likelihood_depends_on_its_seed_alone(vae, digits):
    first = vae.log_likelihood(digits, n_draws=2, random_state=0)
    second = vae.log_likelihood(digits, n_draws=2, random_state=0)
    np.testing.assert_array_equal(first, second)
    assert np.any(first != vae.log_likelihood(digits, n_draws=2, random_state=1))


@pytest.mark.parametrize("n_draws", [0, -1])
def test_less_than_one_draw_is_refused(vae, digits, n_draws):
    with pytest.raises(ValueError, match="n_draws"):
        vae.log_likelihood(digits, n_draws=n_draws)


@pytest.mark.parametrize("method", ["posterior", "log_likelihood"])
def test_unfitted_says_so(digits, method):
    with pytest.raises(NotFittedError):
        getattr(VAE(), method)(digits)


def test_samples_are_distributed_like_the_model(rows):
    vae = VAE(3, **LINEAR).fit(rows)
    samples = vae.sample(20_000, random_state=0)
    np.testing.assert_array_equal(samples, vae.sample(20_000, random_state=0))
    np.testing.assert_allclose(samples.mean(0), rows.mean(0), atol=0.1)
    pca = PCA(3).fit(rows)
    expected = pca.get_covariance() - pca.noise_variance_ * np.eye(6)
    np.testing.assert_allclose(np.cov(samples.T), expected, atol=0.2)


def test_scale_auto_fits_the_likelihood(digits):
    random = np.random.RandomState(0)
    counts = random.poisson(random.choice([1, 9], size=(200, 1)), size=(200, 5))
    unit = VAE(2, likelihood="bernoulli", **FAST).fit(digits)
    assert set(unit.scaling_.scale) == {0, 16}
    assert 0 <= unit.sample(9, random_state=0).min() <= 16
    mixed = counts * [1, 10, 100, 1, 1]
    apart = VAE(2, likelihood="continuous_bernoulli", **FAST).fit(mixed)
    np.testing.assert_array_equal(apart.scaling_.scale, np.ptp(mixed, axis=0))
    poisson = VAE(2, likelihood="poisson", **FAST).fit(counts)
    np.testing.assert_array_equal(poisson.scaling_.scale, np.ones(5))
    assert poisson.reconstruct(counts).min() > 0


@pytest.mark.parametrize("name", ["bernoulli", "continuous_bernoulli", "poisson"])
def test_data_that_a_likelihood_is_not_made_for_are_refused(rows, name):
    with pytest.raises(ValueError, match=f"likelihood='{name}'.*Use scale="):
        VAE(2, likelihood=name, scale="standard").fit(rows)


@pytest.mark.parametrize("cls", [VAE, IWAE])
def test_rare_and_large_counts_train(cls):
    random = np.random.RandomState(0)
    level = np.exp(random.normal(size=(300, 1)))
    counts = random.poisson(level * [0.01, 0.1, 1, 10, 100, 1000])
    # Thirty rows held out, with few rare counts, would be poor judges.
    settings = {"lr": 0.01, "max_epochs": 30, "early_stopping": False}
    vae = cls(1, likelihood="poisson", random_state=0, **settings).fit(counts)
    start = cls(1, likelihood="poisson", lr=1e-9, max_epochs=1).fit(counts)
    assert vae.score_samples(counts).mean() > start.score_samples(counts).mean() + 10
    assert (
        np.corrcoef(np.log(level[:, 0]), vae.transform(counts)[:, 0])[0, 1] ** 2 > 0.8
    )


def test_a_collapse_is_reported(digits):
    with pytest.warns(ConvergenceWarning, match=r"collapsed.*beta.*kl_warmup"):
        vae = VAE(4, beta=1e4, skip=None, **FAST | {"lr": 0.03}).fit(digits)
    assert vae.active_units_ == 0


def test_active_units_are_those_that_tell_something(digits):
    vae = VAE(20, beta=8, max_epochs=20, random_state=0, lr=3e-3).fit(digits)
    mean, std = vae.posterior(digits)
    nats = 0.5 * (mean**2 + std**2 - 1 - 2 * np.log(std)).mean(0)
    assert vae.active_units_ == np.sum(nats > 0.01)
    assert 0 < vae.active_units_ < 20


def test_an_own_network_has_to_give_mean_and_variance(rows):
    class Narrow(nn.Module):
        def __init__(self):
            super().__init__()
            self.encode, self.decode = nn.Linear(6, 3), nn.Linear(3, 6)

    with pytest.raises(ValueError, match=r"network\.encode must return 6 values"):
        VAE(3, network=Narrow()).fit(rows)
