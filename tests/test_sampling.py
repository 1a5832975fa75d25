"""Samples are new rows that look like the training data."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError

from sklearn_ae import AE
from sklearn_ae.core import sampling
from sklearn_ae.core.sampling import CodeDensity, codes_of_some
from sklearn_ae.variants.mmd import mmd


def distance(a, b):
    """Tell two tables apart, in units of the second's columns."""
    center, spread = b.mean(0), b.std()
    tables = [
        torch.from_numpy((np.asarray(t, float) - center) / spread) for t in (a, b)
    ]
    return mmd(*tables, "imq").item()


def test_shape_and_precision(make, rows):
    estimator = make(2).fit(rows)
    for n_samples in (1, 7, np.int64(300)):
        assert estimator.sample(n_samples).shape == (n_samples, 6)
    assert estimator.sample().shape == (1, 6)
    assert estimator.sample(3).dtype == np.float32
    assert make(2, dtype="float64").fit(rows).sample(3).dtype == np.float64


def test_samples_have_the_units_of_the_data(make, rows):
    X = 1000 * rows + [0, 1e5, 0, 0, 0, -1e5]
    drawn = make(3, max_epochs=20).fit(X).sample(500, random_state=0)
    np.testing.assert_allclose(drawn.mean(0), X.mean(0), rtol=0, atol=X.std())
    assert np.abs(drawn - X.mean(0)).max() < 10 * X.std()


def test_samples_are_in_random_order(make, rows):
    drawn = make(2).fit(rows).sample(2000, random_state=0)
    halves = drawn[:1000].mean(0) - drawn[1000:].mean(0)
    assert np.all(np.abs(halves) < 6 * drawn.std(0) * np.sqrt(2 / 1000))


def test_a_seed_gives_the_same_rows_each_time(make, rows):
    estimator = make(2).fit(rows)
    first = estimator.sample(5, random_state=0)
    np.testing.assert_array_equal(estimator.sample(5, random_state=0), first)
    np.testing.assert_array_equal(
        make(2).fit(rows).sample(5, random_state=np.random.RandomState(0)), first
    )
    assert np.any(estimator.sample(5, random_state=1) != first)
    assert np.any(estimator.sample(5) != estimator.sample(5))


def test_samples_in_threads_agree_with_one(make, rows):
    estimator = make(2).fit(rows)
    alone = make(2).fit(rows).sample(50, random_state=0)
    for each in joblib.Parallel(n_jobs=4, backend="threading")(
        joblib.delayed(estimator.sample)(50, random_state=0) for _ in range(8)
    ):
        np.testing.assert_array_equal(each, alone)


def test_the_callers_random_streams_are_untouched(make, rows):
    estimator = make(2).fit(rows)
    before = torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()
    estimator.sample(5, random_state=0)
    assert (torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()) == before


@pytest.mark.parametrize("n_before", [0, 1])
def test_a_pickle_samples_alike(make, rows, n_before):
    estimator = make(2).fit(rows)
    for _ in range(n_before):
        estimator.sample(5)
    twin = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(
        twin.sample(5, random_state=0), estimator.sample(5, random_state=0)
    )


def test_sampling_does_not_disturb_codes_or_training(make, rows):
    estimator, twin = make(2).fit(rows), make(2).fit(rows)
    estimator.sample(5)
    np.testing.assert_array_equal(estimator.transform(rows), twin.transform(rows))
    np.testing.assert_array_equal(
        estimator.partial_fit(rows).transform(rows),
        twin.partial_fit(rows).transform(rows),
    )


def test_samples_follow_further_training(make, rows):
    estimator = make(2).fit(rows)
    first = estimator.sample(200, random_state=0)
    estimator.set_params(warm_start=True, lr=0.1, early_stopping=False).fit(rows)
    assert np.any(estimator.sample(200, random_state=0) != first)


def test_samples_are_arrays_whatever_set_output_says(make, rows):
    frame = pd.DataFrame(rows, columns=list("abcdef"))
    estimator = make(2).set_output(transform="pandas").fit(frame)
    assert isinstance(estimator.sample(3), np.ndarray)


def test_unfitted_says_so(make):
    with pytest.raises(NotFittedError):
        make(2).sample()


@pytest.mark.parametrize(
    ("n_samples", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError)]
)
def test_odd_numbers_of_samples_are_refused(make, rows, n_samples, error):
    with pytest.raises(error, match="n_samples"):
        make(2).fit(rows).sample(n_samples)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 30])
@pytest.mark.parametrize("constant", [False, True])
def test_any_table_can_be_sampled_from(make, rows, n_rows, constant):
    X = np.full((n_rows, 4), 1e6) if constant else rows[:n_rows]
    drawn = make(2).fit(X).sample(20, random_state=0)
    assert np.isfinite(drawn).all()
    if constant:
        np.testing.assert_allclose(drawn, X[0, 0], rtol=1e-5)


def test_samples_resemble_held_out_rows(digits):
    random = np.random.RandomState(0)
    training, held_out = np.split(random.permutation(digits), [1347])
    # Means, as draws and networks differ by a third.
    drawn = np.mean(
        [
            distance(ae.sample(1347, random_state=draw), held_out)
            for seed in range(3)
            for ae in [AE(32, max_epochs=30, random_state=seed).fit(training)]
            for draw in range(5)
        ]
    )
    shuffled = np.stack([random.permutation(column) for column in training.T], 1)
    normal = random.multivariate_normal(training.mean(0), np.cov(training.T), 1347)
    assert drawn < 0.2 * distance(shuffled, held_out)
    assert drawn < 0.7 * distance(normal, held_out)


def test_a_mixture_finds_clusters():
    random = np.random.RandomState(0)
    centers = np.array([[0, 0], [20, 0], [0, 20]])
    codes = centers[np.arange(3000) % 3] + random.normal(size=(3000, 2))
    drawn = CodeDensity(codes.astype(np.float32), 0).draw(3000, random)
    gaps = np.linalg.norm(drawn[:, None] - centers, axis=2).min(1)
    assert gaps.max() < 6  # a single Gaussian would fill the space between
    np.testing.assert_allclose(drawn.mean(0), codes.mean(0), atol=1)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(codes.T), rtol=0.1, atol=3)


@pytest.mark.parametrize("scale", [1e-20, 1e20])
@pytest.mark.parametrize("offset", [0, 1e6])
def test_a_mixture_takes_codes_of_any_scale(scale, offset):
    random = np.random.RandomState(0)
    codes = scale * (random.normal(size=(500, 3)) + offset)
    drawn = CodeDensity(codes, 0).draw(500, random)
    np.testing.assert_allclose(drawn.mean(0), codes.mean(0), atol=0.5 * scale)
    np.testing.assert_allclose(drawn.std(0), codes.std(0), rtol=0.2)


def test_a_pickle_keeps_codes_until_there_is_a_mixture(make_ae, rows):
    ae = make_ae(2).fit(np.tile(rows, (20, 1)))
    n_bytes = len(pickle.dumps(ae))
    drawn = ae.sample(3, random_state=0)
    stripped = pickle.dumps(ae)
    assert len(stripped) < n_bytes - 10_000
    again = pickle.loads(stripped)
    np.testing.assert_array_equal(again.sample(3, random_state=0), drawn)
    np.testing.assert_array_equal(ae.sample(3, random_state=0), drawn)


def test_codes_outnumber_what_covariances_ask_for():
    random = np.random.RandomState(0)
    few, many = (
        CodeDensity(random.normal(size=(n, 8)), 0).mixture.n_components
        for n in (100, 5000)
    )
    assert few == 2
    assert many == sampling.N_GAUSSIANS


def test_no_more_codes_are_kept_than_needed(monkeypatch):
    monkeypatch.setattr(sampling, "MAX_CODES", 1500)
    x = torch.arange(4000.0)[:, None]
    codes = codes_of_some(x, lambda rows: 2 * rows)
    assert codes.shape == (1500, 1)
    assert len(codes.unique()) == 1500
    assert codes.mean().item() == pytest.approx(4000, rel=0.05)
