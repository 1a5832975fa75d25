"""Results depend on data, parameters and `random_state`, and on nothing else."""

import copy
import os
import pickle
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from scipy.sparse import random as sparse_random
from sklearn.datasets import load_wine
from sklearn.utils import gen_batches
from skorch.callbacks import Callback
from threadpoolctl import threadpool_limits

from sklearn_ae import AE, VAE, VQVAE, DenoisingAE, StackedAE

from .conftest import AUTOENCODERS, correlated_rows, dropping, fast

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def fit_codes(make, rows):
    def fit_codes(**params):
        return make(3, **params).fit(rows).transform(rows)

    return fit_codes


def fit_transform(estimator, X):
    """Give the codes and leave the estimator where it was made."""
    return estimator.fit(X).transform(X)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"skip": None},
        {"hidden_layer_sizes": ()},
        {"dtype": "float64"},
        {"early_stopping": False, "optimizer": "sgd"},
    ],
)
def test_two_fits_agree_bit_by_bit(fit_codes, params):
    np.testing.assert_array_equal(fit_codes(**params), fit_codes(**params))


def test_refitting_starts_afresh(make, rows):
    estimator = make(3)
    np.testing.assert_array_equal(
        fit_transform(estimator, rows), fit_transform(estimator, rows)
    )


def test_seeds_matter(fit_codes):
    assert np.any(fit_codes(skip=None) != fit_codes(skip=None, random_state=1))


def test_no_seed_gives_other_results_each_time(fit_codes):
    assert np.any(
        fit_codes(skip=None, random_state=None)
        != fit_codes(skip=None, random_state=None)
    )


def test_a_random_state_instance_is_drawn_from(fit_codes):
    stream = np.random.RandomState(0)
    first = fit_codes(skip=None, random_state=stream)
    second = fit_codes(skip=None, random_state=stream)
    again = fit_codes(skip=None, random_state=np.random.RandomState(0))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != second)


@pytest.mark.parametrize(("backend", "n_jobs"), [("threading", 4), ("loky", 2)])
def test_four_fits_at_once_agree_with_one(make, digits, backend, n_jobs):
    X = digits[:150]
    alone = fit_transform(make(3, skip=None), X)
    codes = joblib.Parallel(n_jobs=n_jobs, backend=backend)(
        joblib.delayed(fit_transform)(make(3, skip=None), X) for _ in range(4)
    )
    for each in codes:
        np.testing.assert_array_equal(each, alone)


def test_fits_with_different_seeds_do_not_mix_in_threads(make, digits):
    X = digits[:150]
    alone = [fit_transform(make(3, random_state=seed), X) for seed in range(4)]
    codes = joblib.Parallel(n_jobs=4, backend="threading")(
        joblib.delayed(fit_transform)(make(3, random_state=seed), X)
        for seed in range(4)
    )
    np.testing.assert_array_equal(codes, alone)


@pytest.fixture(scope="module")
def codes_of_another_process(tmp_path_factory):
    """Fit all autoencoders in one process of their own."""
    folder = tmp_path_factory.mktemp("process")
    joblib.dump(
        ([fast(cls, 3) for cls in AUTOENCODERS], correlated_rows()), folder / "task"
    )
    script = (
        "import joblib, sys; estimators, X = joblib.load(sys.argv[1] + '/task');"
        "codes = {type(one): one.fit(X).transform(X) for one in estimators};"
        "joblib.dump(codes, sys.argv[1] + '/codes')"
    )
    subprocess.run(
        [sys.executable, "-c", script, folder],
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return joblib.load(folder / "codes")


def test_another_process_agrees(fit_codes, make, codes_of_another_process):
    elsewhere = codes_of_another_process[type(make(3))]
    np.testing.assert_array_equal(elsewhere, fit_codes())


def test_a_pickle_transforms_alike(make, rows):
    estimator = make(3).fit(rows)
    twin = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(twin.transform(rows), estimator.transform(rows))


def test_the_callers_random_streams_are_untouched(make, rows):
    def streams():
        return (
            torch.get_rng_state().tolist(),
            np.random.get_state()[1].tolist(),
            np.random.get_state()[2:],
            random.getstate(),
        )

    before = streams()
    estimator = make(3).fit(rows)
    assert streams() == before
    estimator.transform(rows)
    estimator.score(rows)
    assert streams() == before
    estimator.partial_fit(rows)
    make(3).partial_fit(rows)
    assert streams() == before


def test_dropout_is_drawn_by_the_seed_alone(make_from_pca, rows):
    make = partial(make_from_pca, 3, activation=dropping, early_stopping=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        before = torch.get_rng_state()
        first = fit_transform(make(), rows)
        assert torch.equal(torch.get_rng_state(), before)
        torch.manual_seed(2)
        np.testing.assert_array_equal(fit_transform(make(), rows), first)
    assert np.any(fit_transform(make(random_state=1), rows) != first)


def test_dropout_does_not_mix_in_threads(make_from_pca, rows):
    make = partial(make_from_pca, 3, activation=dropping, early_stopping=False)
    alone = fit_transform(make(), rows)
    codes = joblib.Parallel(n_jobs=4, backend="threading")(
        joblib.delayed(fit_transform)(make(), rows) for _ in range(4)
    )
    for each in codes:
        np.testing.assert_array_equal(each, alone)


def test_the_callers_seed_does_not_matter(fit_codes):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        first = fit_codes()
        torch.manual_seed(2)
        np.testing.assert_array_equal(fit_codes(), first)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_callers_number_of_threads_is_untouched(some, rows, n_threads, set_threads):
    set_threads(n_threads)
    some(3).fit(rows).transform(rows)
    assert torch.get_num_threads() == n_threads
    joblib.Parallel(n_jobs=4, backend="threading")(
        joblib.delayed(fit_transform)(some(3), rows) for _ in range(8)
    )
    assert torch.get_num_threads() == n_threads


def test_the_number_of_threads_returns_where_trainings_overlap(make, rows, set_threads):
    began, ended = threading.Event(), threading.Event()

    class Wait(Callback):
        def on_train_begin(self, net, **_):
            began.set()
            ended.wait(60)

    set_threads(3)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(make(2, callbacks=[Wait()]).fit, rows)
        began.wait(60)
        pool.submit(make(2).fit, rows).result()
        ended.set()
        first.result()
    with ThreadPoolExecutor(1) as pool:
        in_a_new_one = pool.submit(torch.get_num_threads).result()
    assert in_a_new_one == torch.get_num_threads() == 3


def test_a_training_within_another_leaves_that_its_thread(make_ae, rows, set_threads):
    numbers = []

    class Within(Callback):
        def on_epoch_end(self, net, **_):
            make_ae(2).fit(rows)
            numbers.append(torch.get_num_threads())

    set_threads(2)
    make_ae(2, callbacks=[Within()]).fit(rows)
    assert set(numbers) == {1}
    assert torch.get_num_threads() == 2


def test_the_number_of_threads_returns_after_an_error(make, rows, set_threads):
    set_threads(2)
    with pytest.raises(ValueError, match="lr"):
        make(3, lr=1e30, optimizer="sgd", skip=None).fit(rows)
    assert torch.get_num_threads() == 2


@pytest.fixture
def fitted(make, digits):
    return make(5).fit(digits[:300])


def parts_of(X, size):
    """Cut the first rows of a table into parts of a size."""
    return gen_batches(min(len(X), 20 * size), size)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_results_do_not_depend_on_portions(make, digits, dtype):
    X = digits[:1100]
    estimator = make(5, dtype=dtype).fit(X[:200])
    for method in (estimator.transform, estimator.reconstruct, estimator.score_samples):
        whole = method(X)
        for size in (1, 100, 1025):
            parts = np.concatenate([method(X[rows]) for rows in parts_of(X, size)])
            np.testing.assert_array_equal(parts, whole[: len(parts)])


def test_results_do_not_depend_on_the_order_of_rows(fitted, digits):
    order = np.random.RandomState(0).permutation(len(digits))
    for method in (fitted.transform, fitted.reconstruct, fitted.score_samples):
        np.testing.assert_array_equal(method(digits[order]), method(digits)[order])


# Widths whose rows begin anywhere in memory.
@pytest.mark.parametrize("n_columns", [3, 13, 30, 61])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cls", [AE, DenoisingAE, VAE])
@pytest.mark.parametrize("share_missing", [0, 0.1])
def test_no_bit_of_a_row_depends_on_its_company(cls, dtype, n_columns, share_missing):
    random = np.random.RandomState(0)
    X = random.normal(size=(150, 3)) @ random.normal(size=(3, n_columns))
    X[random.uniform(size=X.shape) < share_missing] = np.nan
    order = random.permutation(len(X))
    ae = fast(cls, 3, dtype=dtype, hidden_layer_sizes=(13, 32)).fit(X)
    codes = ae.transform(X)
    for method, rows in [
        (ae.transform, X),
        (ae.reconstruct, X),
        (ae.score_samples, X),
        (ae.inverse_transform, codes),
    ]:
        whole = method(rows)
        np.testing.assert_array_equal(method(rows[order]), whole[order])
        for size in (1, 7, 33):
            np.testing.assert_array_equal(method(rows[5 : 5 + size]), whole[5:][:size])


@pytest.mark.parametrize("cls", [AE, DenoisingAE])
@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_no_bit_depends_on_the_number_of_threads(cls, form, digits, set_threads):
    codes = []
    for n_threads in (1, 2, 3):
        set_threads(n_threads)
        with threadpool_limits(n_threads, "blas"):
            ae = cls(8, max_epochs=2, early_stopping=False, random_state=0)
            codes.append(ae.fit_transform(form(digits)))
    np.testing.assert_array_equal(codes[1:], codes[:-1])


@pytest.mark.parametrize("cls", [AE, StackedAE, VQVAE])
def test_no_bit_of_samples_does(cls, digits, set_threads):
    fitted = []
    for n_threads in (1, 3, 8):
        set_threads(n_threads)
        ae = cls(8, hidden_layer_sizes=(100, 50), max_epochs=1, random_state=0)
        fitted.append(ae.fit(digits[:600]))
    set_threads(1)
    samples = [ae.sample(50, random_state=0) for ae in fitted]
    np.testing.assert_array_equal(samples[1:], samples[:-1])


# A step of each takes so much work that threads share it.
@pytest.mark.parametrize(
    "estimator",
    [
        AE(10),
        AE(1, dtype="float64", hidden_layer_sizes=(300, 150)),
        AE(5, activation="gelu", skip=None),  # its way back is not written out
        AE(5, loss="absolute_error", hidden_layer_sizes=(1000,), optimizer="sgd"),
        DenoisingAE(7, noise="gaussian"),
        VAE(6),
        AE(8, hidden_layer_sizes=()),
    ],
)
@pytest.mark.parametrize("share_missing", [0, 0.1])
def test_no_bit_of_large_networks_does(estimator, share_missing, set_threads):
    random = np.random.RandomState(0)
    X = random.normal(size=(700, 20)) @ random.normal(size=(20, 301))
    X[random.uniform(size=X.shape) < share_missing] = np.nan
    estimator.set_params(batch_size=512, max_epochs=2, random_state=0)
    found = []
    for n_threads in (1, 2, 3, 4):
        set_threads(n_threads)
        codes = estimator.fit(X).transform(X)
        found.append((codes, estimator.inverse_transform(codes)))
        for size in (1, 100):
            np.testing.assert_array_equal(
                estimator.transform(X[9 : 9 + size]), codes[9 : 9 + size]
            )
    for codes, rebuilt in found[1:]:
        np.testing.assert_array_equal(codes, found[0][0])
        np.testing.assert_array_equal(rebuilt, found[0][1])


@pytest.mark.parametrize("shape", [(3000, 300), (300, 3000)])
def test_components_of_sparse_rows_do_not_depend_on_threads(shape):
    rows = sparse_random(*shape, density=0.05, random_state=0, format="csr")
    codes = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, "blas"):
            ae = AE(100, hidden_layer_sizes=(), dtype="float64", early_stopping=False)
            codes.append(ae.fit_transform(rows))
    np.testing.assert_array_equal(*codes)


def test_transforming_leaves_no_trace(fitted, digits):
    first = fitted.transform(digits)
    fitted.reconstruct(digits[:10])
    fitted.score(digits)
    np.testing.assert_array_equal(fitted.transform(digits), first)


def test_verbose_and_callbacks_change_nothing(fit_codes, capsys):
    np.testing.assert_array_equal(fit_codes(verbose=1), fit_codes())
    assert "train_loss" in capsys.readouterr().out


def test_parameters_are_not_mutated(make, rows):
    estimator = make(3, callbacks=[], hidden_layer_sizes=[8, 4])
    before = str(estimator.get_params())
    given = estimator.get_params()
    estimator.fit(rows).partial_fit(rows).transform(rows)
    assert str(estimator.get_params()) == before
    for name, value in estimator.get_params().items():
        assert value is given[name]


def test_a_network_given_as_parameter_is_not_trained(make_from_pca, rows):
    class Own(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encode, self.decode = torch.nn.Linear(6, 3), torch.nn.Linear(3, 6)

    network = Own()
    before = copy.deepcopy(network.state_dict())
    make_from_pca(3, network=network, lr=0.1).fit(rows)
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, before[name])


@pytest.mark.parametrize(
    ("dtype", "scale"),
    [
        (np.float64, "auto"),
        (np.float64, None),
        (np.float32, "standard"),
        (np.float32, None),
        (np.int64, "minmax"),
    ],
)
def test_the_data_are_not_mutated(make, rows, dtype, scale):
    X = rows.astype(dtype)
    before = X.copy()
    estimator = make(3, scale=scale, dtype=None).fit(X)
    estimator.inverse_transform(estimator.transform(X))
    estimator.reconstruct(X)
    estimator.score(X)
    estimator.score_samples(X)
    estimator.partial_fit(X)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("share_missing", [0, 0.1])
def test_codes_do_not_depend_on_how_rows_lie_in_memory(some, dtype, share_missing):
    X = load_wine().data
    X[np.random.RandomState(0).uniform(size=X.shape) < share_missing] = np.nan
    expected = some(4, dtype=dtype).fit(X).transform(X)
    for alike in (np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
        codes = some(4, dtype=dtype).fit(alike).transform(alike)
        np.testing.assert_array_equal(codes, expected)


def test_results_do_not_share_memory_with_the_input(make, rows):
    X = rows.astype(np.float32)
    estimator = make(3, scale=None).fit(X)
    codes = estimator.transform(X)
    rebuilt = estimator.inverse_transform(codes)
    rebuilt[:] = 0
    codes[:] = 0
    np.testing.assert_array_equal(X, rows.astype(np.float32))


def test_what_fitted_autoencoders_give_can_be_cached(make_ae, rows, tmp_path):
    ae = make_ae(2).fit(rows)
    assert joblib.hash(ae) == joblib.hash(ae)
    calls = []

    def encode(ae, X):
        calls.append(len(X))
        return ae.transform(X)

    cached = joblib.Memory(tmp_path, verbose=0).cache(encode)
    np.testing.assert_array_equal(cached(ae, rows), cached(ae, rows))
    assert len(calls) == 1
    assert joblib.hash(ae) != joblib.hash(make_ae(2).fit(rows + 1))


@pytest.mark.parametrize("params", [{}, {"skip": None, "early_stopping": False}])
def test_codes_do_not_depend_on_the_users_default_precision(fit_codes, params):
    expected, before = fit_codes(**params), torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        codes = fit_codes(**params)
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(before)
    np.testing.assert_array_equal(codes, expected)
