"""The discrepancy is estimated without bias, and is zero between equals."""

import math

import pytest
import torch

from sklearn_ae.variants.mmd import KERNELS, mmd


def normal(generator, mean, spread, n_batches=2000, n=6, width=3):
    size = n_batches, n, width
    return mean + spread * torch.randn(size, generator=generator, dtype=torch.float64)


def expected_kernel(distance, variance, width=3):
    """Average ``exp(-|u|^2 / (2 width))`` over u ~ N(m, variance I), |m| = distance."""
    c = 2 * width
    shrinkage = (1 + 2 * variance / c) ** (-width / 2)
    return shrinkage * math.exp(-(distance**2) / (c + 2 * variance))


@pytest.mark.parametrize(("mean", "spread"), [(0.0, 1.0), (1.0, 0.5), (0.0, 2.0)])
def test_the_estimate_of_two_gaussians_has_no_bias(generator, mean, spread):
    x, y = normal(generator, mean, spread), normal(generator, 0.0, 1.0)
    estimates = torch.stack([mmd(*pair, "gaussian") for pair in zip(x, y, strict=True)])
    expected = (
        expected_kernel(0, 2 * spread**2)
        + expected_kernel(0, 2)
        - 2 * expected_kernel(mean * math.sqrt(3), 1 + spread**2)
    )
    error = estimates.std().item() / len(estimates) ** 0.5
    assert abs(estimates.mean().item() - expected) < 3 * error
    # With the pairs of a code and itself the estimate would be wrong by far more.
    assert 2 * (1 - expected_kernel(0, 2)) / 6 > 10 * error


@pytest.mark.parametrize("kernel", KERNELS)
def test_it_tells_distributions_apart(generator, kernel):
    x, y, z = (normal(generator, mean, 1, 1, 500)[0] for mean in (0, 0, 1))
    assert abs(mmd(x, y, kernel)) < 0.02 < 0.1 < mmd(x, z, kernel)


@pytest.mark.parametrize("kernel", KERNELS)
def test_gradients_are_finite_even_of_equal_codes_and_single_ones(generator, kernel):
    for n in (1, 4):
        x = torch.zeros(n, 2, requires_grad=True)
        mmd(x, torch.randn(n, 2, generator=generator), kernel).backward()
        assert torch.isfinite(x.grad).all()
