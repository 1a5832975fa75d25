"""The parts of the divergence sum to it, and the correlation is the known one."""

import pytest
import torch

from sklearn_ae.variants.gaussians import Normal, log_standard_normal
from sklearn_ae.variants.total_correlation import WEIGHTS, decompose


@pytest.mark.parametrize("estimator", WEIGHTS)
@pytest.mark.parametrize("n_rows", [1, 2, 30])
def test_the_parts_sum_to_the_divergence(generator, estimator, n_rows):
    size = 2, n_rows, 4
    q = Normal(*torch.randn(size, generator=generator, dtype=torch.float64))
    eps = torch.randn(n_rows, 4, generator=generator, dtype=torch.float64)
    z = q.at(eps)
    divergence = (q.log_density_at(eps) - log_standard_normal(z)).mean()
    parts = decompose(q, z, 100, estimator)
    torch.testing.assert_close(sum(parts), divergence)


@pytest.mark.parametrize("correlation", [0.5, 0.9])
def test_the_total_correlation_of_a_gaussian(generator, correlation):
    n, spread = 1500, 0.3
    matrix = torch.tensor([[1, correlation], [correlation, 1]], dtype=torch.float64)
    root = torch.linalg.cholesky(matrix - spread**2 * torch.eye(2))
    mean = torch.randn(n, 2, generator=generator, dtype=torch.float64) @ root.T
    q = Normal(mean, torch.full_like(mean, spread).log() * 2)
    parts = decompose(q, q.draw(generator), n, "stratified")
    matrix = torch.cov(mean.T, correction=0) + spread**2 * torch.eye(2)
    expected = -0.5 * torch.logdet(matrix / matrix.diagonal().prod().sqrt())
    assert parts.total_correlation.item() == pytest.approx(expected.item(), rel=0.1)
    assert parts.by_unit.item() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("correlation", [0, 0.9])
def test_noise_tells_dependence_from_information(generator, correlation):
    n, std = 1500, 0.3
    matrix = torch.tensor([[1, correlation], [correlation, 1]], dtype=torch.float64)
    root = torch.linalg.cholesky(matrix)
    mean = torch.randn(n, 2, generator=generator, dtype=torch.float64) @ root.T
    sharp = Normal(mean, torch.full_like(mean, -20.0))  # 10 nats a unit
    noisy = sharp.blurred(std)
    found, blind = (
        decompose(q, q.draw(generator), n, "stratified").total_correlation.item()
        for q in (noisy, sharp)
    )
    matrix = torch.cov(mean.T, correction=0) + std**2 * torch.eye(2)
    expected = -0.5 * torch.logdet(matrix / matrix.diagonal().prod().sqrt())
    assert found == pytest.approx(expected.item(), rel=0.1, abs=0.03)
    assert blind > expected + 3


def test_both_estimates_differ_by_constants_alone_for_separate_rows(generator):
    mean = 100 * torch.arange(20.0, dtype=torch.float64)[:, None].repeat(1, 3)
    q = Normal(mean, torch.zeros_like(mean))
    z = q.draw(generator)
    weighted, stratified = (decompose(q, z, 50, name) for name in WEIGHTS)
    assert weighted.information.item() == pytest.approx(
        torch.tensor(20.0 * 50).log().item()
    )
    assert stratified.information.item() == pytest.approx(
        torch.tensor(50.0).log().item()
    )
