"""Reconstruction errors are what torch and numpy say they are."""

import functools

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from sklearn_ae.core import Batch
from sklearn_ae.core.losses import LOSSES, resolve_loss

VARIES = torch.tensor([True, False, True])


@pytest.fixture
def output():
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).double()


@pytest.fixture
def target():
    return torch.rand(5, 3, generator=torch.Generator().manual_seed(1)).double()


def cells(name, output, target):
    """Compute the error of each cell with numpy alone."""
    r, x = output.numpy(), target.numpy()
    if name == "binary_crossentropy":
        p = 1 / (1 + np.exp(-r))
        return -x * np.log(p) - (1 - x) * np.log(1 - p)
    if name == "poisson":
        return x * np.log(x) - x - x * r + np.exp(r)
    if name == "multinomial":
        total = x.sum(1, keepdims=True)
        p = np.exp(r) / np.exp(r).sum(1, keepdims=True)
        return x * np.log(x / (total * p)) - x + total * p
    return np.square(r - x) if name == "squared_error" else np.abs(r - x)


@pytest.mark.parametrize("name", LOSSES)
def test_mean_averages_over_cells(name, output, target):
    expected = cells(name, output, target).mean()
    assert LOSSES[name].mean(output, target).item() == pytest.approx(expected)


@pytest.mark.parametrize("name", LOSSES)
def test_weights_are_factors_of_the_cells(name, output, target):
    weight = torch.arange(15.0).reshape(5, 3).double()
    expected = np.mean(weight.numpy() * cells(name, output, target))
    found = Batch(target, target, LOSSES[name]).error(output, weight).item()
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("name", LOSSES)
def test_weights_of_one_change_nothing(name, output, target):
    batch = Batch(target, target, LOSSES[name])
    torch.testing.assert_close(
        batch.error(output, torch.ones_like(target)), batch.error(output)
    )


@pytest.mark.parametrize("name", LOSSES)
def test_per_row_averages_over_features(name, output, target):
    np.testing.assert_allclose(
        LOSSES[name].per_row(output, target).numpy(),
        cells(name, output, target).mean(1),
    )


@pytest.mark.parametrize("name", LOSSES)
def test_constant_columns_do_not_count(name, output, target):
    target[:, 1] = 0
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = cells(name, output, target)[:, [0, 2]]
    loss = LOSSES[name].counting(VARIES)
    weight = torch.arange(15.0).reshape(5, 3).double()
    assert loss.mean(output, target).item() == pytest.approx(expected.mean())
    assert loss.mean(output, target, weight).item() == pytest.approx(
        np.mean(weight.numpy()[:, [0, 2]] * expected)
    )
    np.testing.assert_allclose(loss.per_row(output, target), expected.mean(1))
    assert not loss.expected(output, target)[:, 1].any()
    assert (loss.n_columns(target), LOSSES[name].n_columns(target)) == (2, 3)


@pytest.mark.parametrize("name", sorted(LOSSES.keys() - {"multinomial"}))
def test_constant_columns_and_missing_cells_do_not_count(name, output, target):
    expected = cells(name, output, target)[:, [0, 2]]
    expected[3, 0] = np.nan
    target[3, 0] = target[2, 1] = torch.nan
    loss = LOSSES[name].counting(VARIES).skipping_nan()
    assert loss.mean(output, target).item() == pytest.approx(np.nanmean(expected))
    np.testing.assert_allclose(
        loss.per_row(output, target), np.nanmean(expected, axis=1)
    )


@pytest.mark.parametrize("name", LOSSES)
def test_without_columns_that_vary_there_is_no_error(name, output):
    output.requires_grad_()
    target = torch.zeros_like(output)
    loss = LOSSES[name].counting(torch.zeros(3, dtype=torch.bool))
    error = loss.mean(output, target) + loss.per_row(output, target).sum()
    assert error == 0
    assert not torch.autograd.grad(error, output)[0].any()


def test_an_output_of_another_shape_is_refused(output, target):
    batch = Batch(target, target, LOSSES["squared_error"])
    with pytest.raises(ValueError, match=r"shape \(5, 3\).* but got \(5, 1\)"):
        batch.error(output[:, :1])


def test_error_is_taken_from_the_target_not_the_input(output, target):
    batch = Batch(torch.zeros(5, 3), target, LOSSES["squared_error"])
    torch.testing.assert_close(batch.error(output), F.mse_loss(output, target))


@pytest.mark.parametrize("name", ["squared_error", "absolute_error"])
def test_the_decoders_output_is_the_reconstruction(name, output):
    assert torch.equal(LOSSES[name].link(output), output)


def test_binary_crossentropy_takes_logits(output):
    link = LOSSES["binary_crossentropy"].link
    torch.testing.assert_close(link(output), torch.sigmoid(output))


def test_the_start_stands_for_the_mean(target):
    loss = LOSSES["binary_crossentropy"]
    mean = target.mean(0)
    offset, slope = loss.slope_at(mean)
    torch.testing.assert_close(loss.link(offset), mean)
    step = 1e-5
    moved = loss.link(offset + slope * step)
    torch.testing.assert_close(
        (moved - mean) / step, torch.ones(3).double(), rtol=1e-3, atol=0
    )


def test_the_start_is_finite_where_the_mean_is_extreme():
    mean = torch.tensor([0.0, 1.0, 0.5])
    for value in LOSSES["binary_crossentropy"].slope_at(mean):
        assert torch.isfinite(value).all()


@pytest.mark.parametrize("value", [-0.01, 1.01, 3.0])
def test_binary_crossentropy_checks_its_range(target, value):
    target[2, 1] = value
    with pytest.raises(ValueError, match=rf"\[0, 1\].*{value:.4g}.*scale='minmax'"):
        LOSSES["binary_crossentropy"].check(target)


def test_a_callable_gives_the_error_of_each_cell(output, target):
    loss = resolve_loss(lambda r, x: (r - x) ** 4)
    expected = (output - target) ** 4
    torch.testing.assert_close(loss.mean(output, target), expected.mean())
    torch.testing.assert_close(loss.per_row(output, target), expected.mean(1))


def test_a_callable_of_another_shape_is_told_what_to_do(output, target):
    with pytest.raises(ValueError, match=r"\(5, 3\).*returned \(\).*reduction='none'"):
        resolve_loss(F.mse_loss).mean(output, target)


def test_a_partial_function_of_torch_is_a_loss(output, target):
    loss = resolve_loss(functools.partial(F.mse_loss, reduction="none"))
    torch.testing.assert_close(loss.mean(output, target), F.mse_loss(output, target))


def test_a_callable_that_is_squared_error_trains_as_squared_error(make, rows):
    def square(output, target):
        return (output - target).square()

    np.testing.assert_allclose(
        make(2, loss=square).fit(rows).transform(rows),
        make(2).fit(rows).transform(rows),
        rtol=0,
        atol=1e-5,
    )
