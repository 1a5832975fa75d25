"""Corruptions touch the cells they should, with the law they should."""

import numpy as np
import pytest
import torch

from sklearn_ae.variants.corruption import CORRUPTIONS

N_ROWS, N_COLUMNS = 20_000, 3
#: Shares of this many cells deviate by less than five standard errors.
SHARE_TOLERANCE = 5 * 0.5 / np.sqrt(N_ROWS * N_COLUMNS)


def corrupt(name, x, level, seed=0):
    return CORRUPTIONS[name](x, level, torch.Generator().manual_seed(seed)).values


@pytest.fixture(scope="module")
def x():
    """Columns that differ in scale; no two cells are equal."""
    normal = torch.randn(
        N_ROWS, N_COLUMNS, generator=torch.Generator().manual_seed(1)
    ).double()
    return normal * torch.tensor([1.0, 10.0, 0.1])


REPLACING = ["swap", "masking", "salt_and_pepper"]


@pytest.mark.parametrize("level", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("name", REPLACING)
def test_level_is_the_share_of_corrupted_cells(x, name, level):
    changed = (corrupt(name, x, level) != x).double()
    assert changed.mean().item() == pytest.approx(level, abs=SHARE_TOLERANCE)
    by_column = changed.mean(0).numpy()
    np.testing.assert_allclose(by_column, level, atol=2 * SHARE_TOLERANCE)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_level_zero_changes_nothing(x, name):
    assert torch.equal(corrupt(name, x, 0), x)


@pytest.mark.parametrize("name", REPLACING)
def test_level_one_changes_every_cell(x, name):
    assert (corrupt(name, x, 1) != x).double().mean() > 1 - 4 / N_ROWS


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_input_is_left_alone(x, name):
    before = x.clone()
    corrupt(name, x, 0.5)
    assert torch.equal(x, before)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_cells_are_corrupted_independently(x, name):
    changed = corrupt(name, x, 0.5) - x
    changed = changed.sign() if name == "gaussian" else (changed != 0).double()
    correlation = np.corrcoef(changed.T.numpy())
    np.testing.assert_allclose(correlation, np.eye(3), atol=5 / np.sqrt(N_ROWS))


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_precision_stay(name, dtype):
    x = torch.rand(7, 4, generator=torch.Generator().manual_seed(0)).to(dtype)
    corrupted = corrupt(name, x, 0.5)
    assert corrupted.shape == x.shape
    assert corrupted.dtype == dtype


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_same_generator_gives_the_same_noise(x, name):
    assert torch.equal(corrupt(name, x, 0.5), corrupt(name, x, 0.5))
    assert not torch.equal(corrupt(name, x, 0.5), corrupt(name, x, 0.5, seed=1))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_generator_goes_on(x, name):
    generator = torch.Generator().manual_seed(0)
    first, second = (CORRUPTIONS[name](x, 0.5, generator).values for _ in range(2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("level", [0.3, 1])
def test_one_row_is_corrupted_without_complaint(name, level):
    assert torch.isfinite(corrupt(name, torch.ones(1, 4), level)).all()


def test_a_single_row_has_nothing_to_swap_with():
    x = torch.arange(4.0)[None]
    assert torch.equal(corrupt("swap", x, 1), x)


def test_two_rows_swap_with_one_another():
    x = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    assert torch.equal(corrupt("swap", x, 1), x.flip(0))


@pytest.mark.parametrize("level", [0.2, 1])
@pytest.mark.parametrize("n_rows", [2, 3, 50])
def test_swap_takes_the_same_column_of_another_row(n_rows, level):
    row = torch.arange(n_rows)[:, None]
    x = (10 * row + torch.arange(3)).double()
    for seed in range(50):
        corrupted = corrupt("swap", x, level, seed)
        assert torch.equal(corrupted % 10, x % 10)
        if level == 1:
            assert torch.all(corrupted != x)


@pytest.mark.parametrize("level", [0.1, 1])
def test_swap_takes_all_other_rows_alike(level):
    x = torch.arange(5.0)[:, None].repeat(1, 40_000)
    corrupted = corrupt("swap", x, level)
    for row in range(5):
        replaced = corrupted[row][corrupted[row] != row]
        counts = np.bincount(replaced.long().numpy(), minlength=5)
        assert counts[row] == 0
        expected = len(replaced) / 4
        others = np.delete(counts, row)
        np.testing.assert_allclose(others, expected, atol=5 * np.sqrt(expected))


def test_swap_keeps_the_marginals(x):
    corrupted = corrupt("swap", x, 0.5).numpy()
    x = x.numpy()
    scale = x.std(0)
    np.testing.assert_allclose(
        corrupted.mean(0) / scale, x.mean(0) / scale, atol=5 / np.sqrt(N_ROWS)
    )
    quantiles = [0.1, 0.5, 0.9]
    np.testing.assert_allclose(
        np.quantile(corrupted, quantiles, 0) / scale,
        np.quantile(x, quantiles, 0) / scale,
        atol=5 * 2 / np.sqrt(N_ROWS),
    )


def test_masking_sets_cells_to_zero(x):
    corrupted = corrupt("masking", x, 0.5)
    assert torch.all((corrupted == x) | (corrupted == 0))


def test_salt_and_pepper_sets_cells_to_the_columns_extremes(x):
    corrupted = corrupt("salt_and_pepper", x, 0.5)
    low, high = x.amin(0), x.amax(0)
    assert torch.all((corrupted == x) | (corrupted == low) | (corrupted == high))
    changed = corrupted != x
    salt = (corrupted == high)[changed].double().mean().item()
    assert salt == pytest.approx(0.5, abs=2 * SHARE_TOLERANCE)


@pytest.mark.parametrize("level", [0.1, 2.0])
def test_gaussian_noise_has_the_level_as_standard_deviation(x, level):
    noise = (corrupt("gaussian", x, level) - x).numpy()
    error = 5 / np.sqrt(N_ROWS)
    np.testing.assert_allclose(noise.mean(0) / level, 0, atol=error)
    np.testing.assert_allclose(noise.std(0) / level, 1, atol=error)


# What the closed forms of the linear denoising autoencoder are made of.


@pytest.fixture(scope="module")
def correlated():
    random = np.random.RandomState(0)
    x = random.normal(size=(200_000, 3)) @ random.normal(size=(3, 3))
    return torch.from_numpy(x - x.mean(0))


@pytest.mark.parametrize("level", [0.2, 0.6])
@pytest.mark.parametrize("name", ["gaussian", "masking", "swap"])
def test_second_moments_are_those_of_the_closed_forms(correlated, name, level):
    x = correlated.numpy()
    noisy = corrupt(name, correlated, level).numpy()
    C, q = x.T @ x / len(x), 1 - level
    variances = np.diag(np.diag(C))
    squares, products = {
        "gaussian": (C + level**2 * np.eye(3), C),
        "masking": (q**2 * C + q * (1 - q) * variances, q * C),
        "swap": (q**2 * C + (1 - q**2) * variances, q * C),
    }[name]
    error = 5 * np.diag(C).max() * np.sqrt(3 / len(x))
    np.testing.assert_allclose(noisy.T @ noisy / len(x), squares, atol=error)
    np.testing.assert_allclose(x.T @ noisy / len(x), products, atol=error)
