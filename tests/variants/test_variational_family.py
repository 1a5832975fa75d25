"""The relatives of the VAE: each is the VAE in a limit, and does what it is for."""

import numpy as np
import pytest
import torch

from sklearn_ae import AE, DIPVAE, IWAE, VAE, BetaTCVAE, InfoVAE, WassersteinAE
from sklearn_ae.core import Batch
from sklearn_ae.core.losses import LOSSES
from sklearn_ae.variants.gaussians import log_standard_normal, standard_normal
from sklearn_ae.variants.mmd import mmd
from sklearn_ae.variants.total_correlation import decompose

from ..conftest import FAST, fast

TRAINED = FAST | {"max_epochs": 20, "lr": 0.01, "batch_size": 128}


@pytest.fixture
def network(rows):
    return VAE(3, dtype="float64", skip=None, **FAST).fit(rows).network_


def value(cls, network, batch, **knobs):
    generator = torch.Generator().manual_seed(0)
    return cls.objective(network, batch, generator, **knobs).item()


@pytest.fixture
def bound(network, batch):
    return value(VAE, network, batch, beta=1, capacity=None, kl_warmup=0)


@pytest.fixture
def drawn(network, batch):
    """Posteriors and the codes that the objectives draw."""
    q = network.posterior(batch.input)
    return q, q.draw(torch.Generator().manual_seed(0))


def test_one_draw_makes_the_iwae_a_vae(network, batch, drawn):
    q, z = drawn
    own = torch.distributions.Normal(q.mean, q.std).log_prob(z).sum(1)
    ratio = own - log_standard_normal(z)
    expected = (network.surprise(batch, z) + ratio).mean().item()
    assert value(IWAE, network, batch, n_draws=1) == pytest.approx(expected)


def test_the_bound_of_the_iwae_tightens(network, batch):
    values = [value(IWAE, network, batch, n_draws=n) for n in (1, 5, 50)]
    assert values[0] > values[1] > values[2]


def test_the_iwae_trains_on_log_likelihood(digits):
    iwae = IWAE(4, n_draws=3, dtype="float64", early_stopping=False, **FAST).fit(digits)
    x = torch.from_numpy((digits - iwae.scaling_.center) / iwae.scaling_.divisor)
    batch = Batch(x, x, iwae.net_.module_.loss)
    found = -iwae.log_likelihood(digits, n_draws=3, random_state=0).mean()
    trained = value(IWAE, iwae.network_, batch, n_draws=3)
    assert found == pytest.approx(trained, abs=0.3)


def test_infovae_adds_the_discrepancy_to_the_bound(network, batch, bound):
    generator = torch.Generator().manual_seed(0)
    z = network.posterior(batch.input).draw(generator)
    discrepancy = mmd(z, standard_normal(z.shape, z, generator), "imq").item()
    knobs = {"alpha": 0, "kernel": "imq"}
    assert value(InfoVAE, network, batch, lambda_=1, **knobs) == pytest.approx(bound)
    found = value(InfoVAE, network, batch, lambda_=11, **knobs)
    assert found == pytest.approx(bound + 10 * discrepancy)


def test_infovae_at_alpha_one_has_no_divergence(network, batch, drawn):
    _, z = drawn
    found = value(InfoVAE, network, batch, alpha=1, lambda_=0, kernel="gaussian")
    assert found == pytest.approx(network.surprise(batch, z).mean().item())


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_betatcvae_weighs_parts_of_the_divergence(
    network, batch, bound, drawn, estimator, smoothing
):
    q, z = drawn
    ones = {"alpha": 1, "beta": 1, "gamma": 1}
    ones |= {"estimator": estimator, "smoothing": smoothing}
    assert value(BetaTCVAE, network, batch, **ones) == pytest.approx(bound)
    generator = torch.Generator().manual_seed(0)
    q.draw(generator)
    noise = standard_normal(z.shape, z, generator)
    noisy = (z + smoothing * noise) / (1 + smoothing**2) ** 0.5
    parts = decompose(q.blurred(smoothing), noisy, 500, estimator)
    divergence = q.kl_by_unit().sum(1).mean().item()
    dependence, by_unit = parts.total_correlation.item(), parts.by_unit.item()
    for name, part in {
        "alpha": divergence - dependence - by_unit,
        "beta": dependence,
        "gamma": by_unit,
    }.items():
        found = value(BetaTCVAE, network, batch, **ones | {name: 3})
        assert found == pytest.approx(bound + 2 * part)


@pytest.mark.parametrize(("kind", "times"), [("i", 10), ("ii", 1)])
def test_dipvae_penalises_the_covariance(network, batch, bound, drawn, kind, times):
    q, _ = drawn
    matrix = np.cov(q.mean.detach().numpy().T, bias=True)
    if kind == "ii":
        matrix += np.diag(q.std.square().mean(0).detach().numpy())
    off = np.sum(matrix**2) - np.sum(np.diag(matrix) ** 2)
    diagonal = np.sum((np.diag(matrix) - 1) ** 2)
    knobs = {"kind": kind, "lambda_offdiag": 3, "lambda_diag": None}
    found = value(DIPVAE, network, batch, **knobs)
    assert found == pytest.approx(bound + 3 * off + times * 3 * diagonal)
    found = value(DIPVAE, network, batch, **knobs | {"lambda_diag": 7})
    assert found == pytest.approx(bound + 3 * off + 7 * diagonal)


def test_wasserstein_adds_the_discrepancy_to_the_error(rows):
    network = AE(3, dtype="float64", **FAST).fit(rows).network_
    x = torch.from_numpy(rows)
    batch = Batch(x, x, LOSSES["squared_error"])
    error = batch.error(network.decode(network.encode(x))).item()
    knobs = {"kernel": "gaussian"}
    found = value(WassersteinAE, network, batch, lambda_=0, **knobs)
    assert found == pytest.approx(error)
    generator = torch.Generator().manual_seed(0)
    z = network.encode(x)
    discrepancy = mmd(z, standard_normal(z.shape, z, generator), "gaussian").item()
    found = value(WassersteinAE, network, batch, lambda_=3, **knobs)
    assert found == pytest.approx(error + 3 * discrepancy)


def test_wasserstein_codes_follow_the_prior(digits):
    X = digits[:600]
    generator = torch.Generator().manual_seed(0)
    distances = []
    for lambda_ in (0, 10):
        wae = WassersteinAE(4, lambda_=lambda_, skip=None, **TRAINED).fit(X)
        codes = torch.from_numpy(wae.transform(X))
        normal = standard_normal(codes.shape, codes, generator)
        distances.append(mmd(codes, normal, "imq").item())
    assert distances[1] < 0.05 < distances[0]


def test_wasserstein_samples_decode_normal_codes(digits):
    wae = WassersteinAE(4, **FAST).fit(digits)
    codes = np.random.RandomState(0).standard_normal((5, 4))
    np.testing.assert_array_equal(
        wae.sample(5, random_state=0), wae.inverse_transform(codes)
    )


def test_codes_are_not_driven_away_from_the_prior(rows):
    fast(InfoVAE, 2, alpha=0.5, lambda_=0.5).fit(rows)
    with pytest.raises(ValueError, match=r"'lambda_' parameter.*at least 1 - alpha"):
        fast(InfoVAE, 2, alpha=0, lambda_=0.5).fit(rows)


@pytest.mark.parametrize(("cls", "alpha"), [(InfoVAE, 1.5), (BetaTCVAE, -1)])
def test_an_alpha_out_of_range_is_refused(rows, cls, alpha):
    message = f"The 'alpha' parameter of {cls.__name__} must be"
    with pytest.raises(ValueError, match=message):
        cls(2, alpha=alpha).fit(rows)
