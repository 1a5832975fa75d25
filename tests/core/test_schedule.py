"""What "auto" stands for, as the parameters' documentation says."""

import pytest

from sklearn_ae.core import schedule


@pytest.mark.parametrize(
    ("n_rows", "expected"), [(1, 64), (19_999, 64), (20_000, 256), (10**6, 256)]
)
def test_batches_are_larger_from_20000_rows_on(n_rows, expected):
    assert schedule.auto_batch_size(n_rows) == expected


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "expected"),
    [
        (64, 64, 4000),  # a step an epoch: 4000 steps
        (640, 64, 400),
        (64 * 50, 64, 100),  # 100 epochs are 5000 steps
        (64 * 200, 64, 40),  # 8000 steps
        (64 * 1000, 64, 20),  # 20 epochs, whatever the steps
    ],
)
def test_epochs_make_4000_to_8000_steps_but_are_20_at_least(
    n_rows, batch_size, expected
):
    assert schedule.auto_max_epochs(n_rows, batch_size) == expected
    assert schedule.auto_patience(n_rows, batch_size) == expected // 10


@pytest.mark.parametrize(
    ("n_rows", "fraction", "expected"),
    [
        (1000, 0.1, 100),
        (60, 0.1, 10),  # ten, where a fifth of the rows allows
        (20, 0.1, 4),
        (10, 0.1, 2),
        (9, 0.1, 0),  # one row would say nothing
        (4, 0.9, 0),  # none would be left to train on
    ],
)
def test_rows_held_out(n_rows, fraction, expected):
    assert schedule.count_held_out(n_rows, fraction) == expected


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "expected"),
    [(1500, 10, 0.1), (100, 100, 1), (10**9, 1, 1e-4), (float("inf"), 9, 1e-4)],
)
def test_weight_decay_follows_the_columns_for_a_row(n_rows, n_columns, expected):
    assert schedule.auto_weight_decay(n_rows, n_columns) == pytest.approx(expected)
