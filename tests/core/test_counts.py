"""Losses for counts are deviances, and what encoders see of counts is what it says."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import d2_tweedie_score, mean_poisson_deviance

from sklearn_ae import AE, VAE, DenoisingAE
from sklearn_ae.core import counts
from sklearn_ae.core.losses import LOSSES
from sklearn_ae.variants.likelihoods import LIKELIHOODS


@pytest.fixture
def table():
    """Draw 300 rows of 20 columns of counts: two topics mixed, sums that differ."""
    random = np.random.RandomState(0)
    topics = random.dirichlet(np.full(20, 0.3), size=2)
    share = random.rand(300, 1)
    p = share * topics[0] + (1 - share) * topics[1]
    sums = random.randint(1, 200, size=300)
    return np.array([random.multinomial(n, q) for n, q in zip(sums, p, strict=True)])


@pytest.fixture
def pair():
    """Make outputs of a decoder and counts; one row and one cell are zero."""
    random = np.random.RandomState(0)
    target = random.poisson(3, size=(6, 5)).astype(float)
    target[2], target[0, 0] = 0, 0
    return torch.from_numpy(random.normal(size=(6, 5))), torch.from_numpy(target)


def test_poisson_is_half_of_scikit_learns_deviance(pair):
    output, target = pair
    expected = mean_poisson_deviance(target.flatten(), output.exp().flatten()) / 2
    assert LOSSES["poisson"].mean(*pair).item() == pytest.approx(expected)


def test_multinomial_is_the_likelihood_ratio(pair):
    output, target = pair
    p = torch.softmax(output, 1).numpy()
    for row, q, found in zip(
        target.numpy(), p, LOSSES["multinomial"].per_row(*pair), strict=True
    ):
        n = row.sum()
        best = stats.multinomial.logpmf(row, n, row / n) if n else 0
        expected = best - stats.multinomial.logpmf(row, n, q) if n else 0
        assert 5 * found.item() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", ["poisson", "multinomial"])
def test_it_is_zero_for_what_the_counts_say_themselves(name, pair):
    _, target = pair
    found = LOSSES[name].per_row((target + 1e-300).log(), target)
    torch.testing.assert_close(found, torch.zeros_like(found), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["poisson", "multinomial"])
def test_no_cell_is_negative_and_gradients_are_finite(name, pair):
    output, target = (t.float() for t in pair)
    output.requires_grad_()
    cells = LOSSES[name].function(output, target, reduction="none")
    assert cells.min() >= -1e-6
    (gradient,) = torch.autograd.grad(cells.sum(), output)
    assert torch.isfinite(gradient).all()


def test_the_gradient_of_the_multinomial_is_expected_minus_observed(pair):
    output, target = pair
    output.requires_grad_()
    total = LOSSES["multinomial"].function(output, target, reduction="none").sum()
    (gradient,) = torch.autograd.grad(total, output)
    expected = LOSSES["multinomial"].expected(output, target) - target
    torch.testing.assert_close(gradient, expected.detach())


def test_a_profile_does_not_depend_on_the_sum_of_zeros_and_ones(pair):
    _, target = pair
    profile = counts.log_profile((target > 2).double())
    present = (target > 2).sum(1, keepdim=True)
    expected = (target > 2) * (5 / present.clamp_min(1)).sqrt()
    torch.testing.assert_close(profile, expected.double())


def test_the_profiles_variance_is_that_of_cells_that_are_there_or_not():
    generator = torch.Generator().manual_seed(0)
    share = torch.linspace(0.05, 0.5, 400, dtype=torch.float64)
    x = torch.bernoulli(share.expand(2000, -1), generator=generator)
    profile = counts.log_profile(x)
    found = counts.log_profile_variance(profile.mean(0))
    torch.testing.assert_close(found, profile.var(0), rtol=0.15, atol=0.05)


@pytest.mark.parametrize("loss", ["poisson", "multinomial"])
def test_the_start_gives_about_the_average_row_of_zeros_and_ones(loss, table):
    x = torch.from_numpy(table > 3).double()
    chosen = LOSSES[loss]
    offset, slope = chosen.slope_at(chosen.seen(x).mean(0))
    found = chosen.expected(offset.expand_as(x), x).mean(0)
    torch.testing.assert_close(found, x.mean(0), rtol=0.2, atol=0.05)
    assert torch.isfinite(slope).all()


@pytest.mark.parametrize("value", [torch.zeros(4), torch.tensor([0.0, 1, 0, 9])])
@pytest.mark.parametrize("loss", ["poisson", "multinomial"])
def test_the_start_is_finite_where_columns_are_empty(loss, value):
    for found in LOSSES[loss].slope_at(value):
        assert torch.isfinite(found).all()


@pytest.mark.parametrize("loss", ["poisson", "multinomial"])
@pytest.mark.parametrize("cls", [AE, DenoisingAE])
def test_counts_are_left_as_they_are_and_explained(cls, loss, table):
    ae = cls(2, loss=loss, max_epochs=20, random_state=0).fit(table)
    assert np.all(ae.scaling_.center == 0)
    assert np.all(ae.scaling_.scale == 1)
    assert ae.score(table) > 0.7
    rebuilt = ae.inverse_transform(ae.transform(table))
    np.testing.assert_array_equal(rebuilt, ae.reconstruct(table))
    if loss == "multinomial":
        np.testing.assert_allclose(rebuilt.sum(1), 1, rtol=1e-5)
    else:
        assert d2_tweedie_score(table.ravel(), rebuilt.ravel(), power=1) > 0.7


def test_multinomial_codes_do_not_depend_on_row_sums_of_equal_profiles(table):
    binary = (table > 0).astype(float)
    ae = AE(2, loss="multinomial", max_epochs=3, random_state=0).fit(binary)
    np.testing.assert_allclose(
        ae.transform(binary), ae.transform(3 * binary), rtol=1e-3, atol=1e-4
    )


def test_the_vae_of_counts_gives_shares_and_bounds_their_likelihood(table):
    vae = VAE(2, likelihood="multinomial", max_epochs=20, random_state=0).fit(table)
    np.testing.assert_allclose(vae.sample(5, random_state=0).sum(1), 1, rtol=1e-5)
    share = table.sum(0) / table.sum()
    alone = stats.multinomial.logpmf(table, table.sum(1), share)
    assert vae.score_samples(table).mean() > alone.mean()
    assert vae.score(table) > 0.7


@pytest.mark.parametrize("loss", ["poisson", "multinomial"])
def test_negative_counts_are_refused(make_ae, rows, loss):
    with pytest.raises(ValueError, match=rf"loss='{loss}' needs data of at least 0"):
        make_ae(2, loss=loss).fit(rows - 5)
    with pytest.raises(ValueError, match="Use scale=None"):
        make_ae(2, loss=loss, scale="standard").fit(np.abs(rows))


@pytest.mark.parametrize("losses", [LOSSES, LIKELIHOODS])
def test_shares_need_whole_rows(losses):
    with pytest.raises(ValueError, match="needs rows without NaN"):
        losses["multinomial"].skipping_nan()
