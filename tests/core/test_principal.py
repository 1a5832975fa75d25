"""Principal components agree with numpy's singular value decomposition."""

import numpy as np
import pytest
import torch

from sklearn_ae.core import principal
from sklearn_ae.core.principal import principal_components

SHAPES = {"tall": (50, 6), "wide": (6, 50), "square": (8, 8), "long": (9000, 3)}


def table(shape, seed=0):
    random = np.random.RandomState(seed)
    scales = 0.7 ** np.arange(shape[1])
    return 3 + random.normal(size=shape) * scales


@pytest.fixture(params=SHAPES)
def X(request):
    return table(SHAPES[request.param])


def components(X, n_components=1, exact=False):
    rows = torch.from_numpy(X)
    return principal_components(rows, n_components, seed=0, exact=exact)


@pytest.mark.parametrize("exact", [False, True])
def test_agrees_with_svd(X, exact):
    found = components(X, exact=exact)
    _, s, vt = np.linalg.svd(X - X.mean(0), full_matrices=False)
    k = len(found.axes)
    assert k == min(X.shape[0] - 1, X.shape[1])
    np.testing.assert_allclose(found.mean, X.mean(0))
    np.testing.assert_allclose(found.variances, s[:k] ** 2 / len(X), rtol=1e-6)
    cosines = np.abs(np.sum(found.axes.numpy() * vt[:k], axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-6)


def test_axes_are_orthonormal(X):
    axes = components(X).axes
    torch.testing.assert_close(axes @ axes.T, torch.eye(len(axes)).double())


def test_total_is_the_sum_of_variances(X):
    found = components(X)
    np.testing.assert_allclose(found.total, X.var(0).sum())
    np.testing.assert_allclose(found.variances.sum(), found.total)


def test_the_largest_entry_of_each_axis_is_positive(X):
    axes = components(X).axes.numpy()
    largest = np.abs(axes).argmax(1)
    assert np.all(axes[np.arange(len(axes)), largest] > 0)


def test_signs_do_not_depend_on_the_rows_order(X):
    np.testing.assert_allclose(
        components(X).axes, components(X[::-1].copy()).axes, atol=1e-6
    )


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("shape", [(50, 6), (5, 40)])
def test_directions_without_variance_are_left_out(shape, exact):
    X = table(shape)
    X[:, 0] = 7
    X[:, 1] = X[:, 2]
    rank = np.linalg.matrix_rank(X - X.mean(0))
    assert len(components(X, exact=exact).axes) == rank


def test_exact_axes_have_all_digits_of_the_rows():
    random = np.random.RandomState(0)
    turn = np.linalg.qr(random.normal(size=(8, 8)))[0]
    X = random.normal(size=(3000, 8)) * 10.0 ** -np.arange(8) @ turn
    found = components(X, exact=True)
    _, s, vt = np.linalg.svd(X - X.mean(0), full_matrices=False)
    np.testing.assert_allclose(found.variances, s**2 / len(X), rtol=1e-7)
    axes = found.axes.numpy()
    np.testing.assert_allclose(
        axes * np.sign(np.sum(axes * vt, 1))[:, None], vt, atol=1e-9
    )


def test_equal_rows_have_no_axes():
    found = components(np.full((5, 3), 2.0))
    assert found.axes.shape == (0, 3)
    assert found.total == 0


def test_one_row_has_no_axes():
    assert components(table((1, 4))).axes.shape == (0, 4)


@pytest.mark.parametrize("shape", [(50, 6), (6, 50)])
def test_single_precision_loses_little(shape):
    X = table(shape)
    exact = components(X)
    found = components(X.astype(np.float32))
    k = 4
    assert found.axes.dtype == torch.float64
    np.testing.assert_allclose(found.variances[:k], exact.variances[:k], rtol=1e-5)
    np.testing.assert_allclose(found.axes[:k], exact.axes[:k], atol=1e-4)


@pytest.mark.parametrize("n_components", [5, 1 - 1e-8])
def test_axes_of_little_variance_are_found_in_single_precision(n_components):
    X = np.random.RandomState(0).normal(size=(200, 6)) * [1, 0.1, 1e-2, 1e-3, 1e-4, 0]
    # Turned, so that columns have all of it, as those of spectra do.
    turn, _ = np.linalg.qr(np.random.RandomState(1).normal(size=(6, 6)))
    X = (X @ turn).astype(np.float32)
    found = components(X, n_components)
    X = X.astype(np.float64)
    s = np.linalg.svd(X - X.mean(0), compute_uv=False)[:5]
    np.testing.assert_allclose(found.variances[:5], s**2 / len(X), rtol=1e-6)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_share_counts_axes_as_cumulated_variance_does(X, share):
    found = components(X, share)
    cumulated = np.cumsum(found.variances.numpy()) / found.total.item()
    k = found.width_for(share)
    assert cumulated[k - 1] > share
    assert k == 1 or cumulated[k - 2] <= share


def test_randomised_agrees_with_exact(monkeypatch):
    X = table((60, 30))
    exact = components(X, 3)
    monkeypatch.setattr(principal, "EXACT_LIMIT", 10)
    found = components(X, 3)
    assert found.axes.shape == (3, 30)
    np.testing.assert_allclose(found.variances, exact.variances[:3], rtol=1e-6)
    np.testing.assert_allclose(found.axes, exact.axes[:3], atol=1e-4)


@pytest.mark.parametrize("shape", [(60, 50), (50, 60)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_axes_that_are_an_end_are_found_to_all_digits(monkeypatch, shape, dtype):
    X = table(shape).astype(dtype)
    exact = components(X, 3, exact=True)
    monkeypatch.setattr(principal, "EXACT_LIMIT", 10)
    for n_axes in (3, 20):
        found = components(X, n_axes, exact=True)
        np.testing.assert_allclose(found.variances[:3], exact.variances[:3], rtol=1e-12)
        np.testing.assert_allclose(found.axes[:3], exact.axes[:3], atol=1e-11)


def test_randomised_depends_on_its_seed_alone(monkeypatch):
    monkeypatch.setattr(principal, "EXACT_LIMIT", 10)
    X = table((60, 30))
    assert torch.equal(components(X, 3).axes, components(X, 3).axes)
