"""Likelihoods are torch's distributions, and so are their means and variances."""

import math

import pytest
import torch
from torch import distributions as D

from sklearn_ae.variants.likelihoods import LIKELIHOODS

TWINS = {
    "gaussian": lambda output: D.Normal(output, 1.0),
    "bernoulli": lambda output: D.Bernoulli(logits=output),
    "continuous_bernoulli": lambda output: D.ContinuousBernoulli(logits=output),
    "poisson": lambda output: D.Poisson(output.exp()),
}
VARIES = torch.tensor([True, False, True, True])
CELLWISE = pytest.mark.parametrize("name", TWINS)


@pytest.fixture
def output():
    generator = torch.Generator().manual_seed(0)
    return 3 * torch.randn(50, 4, generator=generator, dtype=torch.float64)


@CELLWISE
def test_cells_and_rows(name, output):
    twin = TWINS[name](output)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        target = twin.sample()
    expected = -twin.log_prob(target)
    likelihood = LIKELIHOODS[name]
    close = {"rtol": 1e-4, "atol": 1e-6}  # torch's own is cruder near a logit of 0
    cells = likelihood.function(output, target, reduction="none")
    torch.testing.assert_close(cells, expected, **close)
    torch.testing.assert_close(
        likelihood.function(output, target), expected.mean(), **close
    )
    rows = likelihood.surprise(output, target, torch.tensor(0.0))
    torch.testing.assert_close(rows, expected.sum(1), **close)


def test_the_noise_is_the_gaussians_deviation(output):
    target = output.flip(0)
    noise = torch.tensor(0.3, dtype=torch.float64)
    rows = LIKELIHOODS["gaussian"].surprise(output, target, noise.log())
    expected = -D.Normal(output, noise).log_prob(target).sum(1)
    torch.testing.assert_close(rows, expected)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_constant_columns_do_not_count(name, output):
    target = torch.ones_like(output)
    log_noise = torch.tensor(0.3, dtype=torch.float64)
    likelihood = LIKELIHOODS[name]
    output[:, 1] = -1e3  # of shares they have none
    expected = likelihood.surprise(output[:, VARIES], target[:, VARIES], log_noise)
    target[:, 1] = 0
    found = likelihood.counting(VARIES).surprise(output, target, log_noise)
    torch.testing.assert_close(found, expected)


@CELLWISE
def test_the_link_gives_the_mean(name, output):
    mean = TWINS[name](output).mean
    torch.testing.assert_close(
        LIKELIHOODS[name].link(output), mean, rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("name", ["bernoulli", "continuous_bernoulli"])
def test_the_slope_is_that_of_the_link(name):
    mean = torch.tensor([0.25, 0.4, 0.5, 0.7], dtype=torch.float64)
    likelihood = LIKELIHOODS[name]
    offset, slope = likelihood.slope_at(mean)
    torch.testing.assert_close(likelihood.link(offset), mean)
    step = 1e-5
    change = likelihood.link(offset + step) - likelihood.link(offset - step)
    torch.testing.assert_close(2 * step / change, slope, rtol=1e-4, atol=0)
    twin = TWINS[name](offset)
    torch.testing.assert_close(
        likelihood.variance_at(mean), twin.variance, rtol=1e-3, atol=0
    )


def test_the_slope_of_counts_is_that_of_their_logarithm():
    rate = torch.tensor([1.0, 5.0, 100.0], dtype=torch.float64)
    poisson = LIKELIHOODS["poisson"]
    mean = poisson.seen(rate).requires_grad_()
    offset, slope = poisson.slope_at(mean)
    torch.testing.assert_close(offset.exp(), rate)
    torch.testing.assert_close(slope, torch.autograd.grad(offset.sum(), mean)[0])


def test_the_variance_of_many_counts_is_that_of_their_logarithm():
    generator = torch.Generator().manual_seed(0)
    poisson = LIKELIHOODS["poisson"]
    counts = torch.poisson(torch.full((100_000,), 50.0), generator=generator)
    seen = poisson.seen(counts)
    expected = poisson.variance_at(seen.mean()).item()
    assert seen.var().item() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("name", ["continuous_bernoulli"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_values_and_gradients_are_finite_everywhere(name, dtype):
    output = torch.tensor([0, 1e-9, -1e-3, 0.1, -0.1, 20, -300, 300], dtype=dtype)
    output.requires_grad_()
    likelihood = LIKELIHOODS[name]
    value = likelihood.function(output, torch.full_like(output, 0.3)).sum()
    (gradient,) = torch.autograd.grad(value + likelihood.link(output).sum(), output)
    assert torch.isfinite(gradient).all()
    assert math.isfinite(value.item())


def test_the_multinomial_is_of_rows(output):
    counts = torch.tensor([[3.0, 0, 1, 7], [0, 0, 0, 0], [0, 0, 20, 1]]).double()
    likelihood, output = LIKELIHOODS["multinomial"], output[:3]
    expected = [
        -D.Multinomial(int(row.sum()), logits=logits).log_prob(row)
        for row, logits in zip(counts, output, strict=True)
    ]
    rows = likelihood.surprise(output, counts, torch.tensor(0.0))
    torch.testing.assert_close(rows, torch.stack(expected))
    mean = likelihood.function(output, counts)
    torch.testing.assert_close(mean, torch.stack(expected).sum() / counts.numel())
    expected = counts.sum(1, keepdim=True) * torch.softmax(output, 1)
    torch.testing.assert_close(likelihood.expected(output, counts), expected)


@pytest.mark.parametrize(
    "name", ["bernoulli", "continuous_bernoulli", "poisson", "multinomial"]
)
def test_targets_out_of_range_are_refused(name):
    with pytest.raises(ValueError, match=f"likelihood='{name}' needs data"):
        LIKELIHOODS[name].check(torch.tensor([[-0.5, 0.5]]))
