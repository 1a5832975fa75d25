"""Odd data and wrong parameters either work or raise what scikit-learn's user expects.

The tables below say which.
"""

import copy
import functools
import itertools
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import Callback

from sklearn_ae import AE, DenoisingAE
from sklearn_ae.core import fitting
from sklearn_ae.core.training import Net
from sklearn_ae.networks import Dense

from .conftest import AUTOENCODERS, fast

X = np.random.RandomState(0).normal(size=(60, 4))


def with_cell(value, dtype=float):
    """Give the table with one other cell."""
    table = X.astype(dtype)
    table[3, 1] = value
    return table


REFUSED = {
    "one dimension": (X[0], ValueError, "Expected 2D array, got 1D array"),
    "three dimensions": (X.reshape(5, 12, 4), ValueError, "Found array with dim 3"),
    "a number": (3.0, ValueError, "Expected 2D array, got scalar"),
    "None": (None, ValueError, "Expected 2D array"),
    "no rows": (X[:0], ValueError, r"Found array with 0 sample\(s\)"),
    "no columns": (X[:, :0], ValueError, r"Found array with 0 feature\(s\)"),
    "infinity": (with_cell(np.inf), ValueError, "Input X contains infinity"),
    "minus infinity": (with_cell(-np.inf), ValueError, "Input X contains infinity"),
    "complex": (X + 1j, ValueError, "Complex data not supported"),
    "strings": (np.full((60, 4), "text"), ValueError, "strings|could not convert"),
    "words": (with_cell("a word", object), ValueError, "could not convert string"),
    "ragged": ([[1, 2], [3]], ValueError, "inhomogeneous"),
    "sparse infinity": (
        sparse.csr_array(with_cell(np.inf)),
        (TypeError, ValueError),
        "Input X contains infinity|Sparse data was passed",
    ),
    "DataFrame with a text column": (
        pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}),
        ValueError,
        "could not convert string",
    ),
}


@pytest.mark.parametrize(("table", "error", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "fit_transform"])
def test_fit_refuses(some, method, table, error, message):
    estimator = some(2)
    with pytest.raises(error, match=message):
        getattr(estimator, method)(table)
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)


@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize(("table", "error", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize(
    "method", ["transform", "inverse_transform", "reconstruct", "score_samples"]
)
def test_fitted_estimators_refuse(some, method, table, error, message):
    estimator = some(2).fit(X)
    with pytest.raises(error, match=message):
        getattr(estimator, method)(table)
    check_is_fitted(estimator)


def read_only(table):
    table = table.copy()
    table.flags.writeable = False
    return table


VALUES = {
    "one row": X[:1],
    "two rows": X[:2],
    "three rows": X[:3],
    "one column": X[:, :1],
    "one cell": X[:1, :1],
    "more columns than rows": X[:, :4].reshape(5, 48),
    "constant columns": np.c_[np.full(60, 7.0), X, np.zeros(60)],
    "nothing but constants": np.full((60, 4), 3.0),
    "nothing but zeros": np.zeros((60, 4)),
    "the same row again": np.tile(X[:1], (60, 1)),
    "the same column again": np.c_[X, X, X],
    "1e9 beside 1e-9": X * [1e9, 1e-9, 1, 1],
    "1e30 beside 1e-30": X * [1e30, 1e-30, 1, 1],
    "large offsets": X + 1e9,
    "an outlier": with_cell(1e12),
    "subnormal": X * 1e-310,
    "integers": np.arange(240).reshape(60, 4),
    "large integers": np.arange(240).reshape(60, 4) * 2**50,
    "unsigned integers": np.arange(240, dtype=np.uint8).reshape(60, 4),
    "booleans": X > 0,
    "NaN": with_cell(np.nan),
    "NaN in half precision": with_cell(np.nan, np.float16),
    "None in a cell": with_cell(None, object),
    "a row of NaN": np.where(np.arange(60)[:, None] == 3, np.nan, X),
    "a column of NaN": np.where(np.arange(4) == 3, np.nan, X),
    "a single observed cell": np.where(np.arange(240).reshape(60, 4) == 9, X, np.nan),
    "half precision, with a sum beyond it": (5000 * np.abs(X)).astype(np.float16),
}
STEPS = np.arange(60) % 2
FORMS = {
    "half precision": X.astype(np.float16),
    "extended precision": X.astype(np.longdouble),
    "big-endian": X.astype(">f8"),
    "numbers as objects": X.astype(object),
    "list of lists": X.tolist(),
    "read-only": read_only(X),
    "read-only float32": read_only(X.astype(np.float32)),
    "Fortran order": np.asfortranarray(X),
    "every other row and column": np.repeat(np.repeat(X, 2, 0), 2, 1)[::2, ::2],
    "backwards": X[::-1, ::-1],
    "DataFrame": pd.DataFrame(X, columns=list("abcd")),
    "DataFrame with numbers for names": pd.DataFrame(X),
    "DataFrame of mixed types": pd.DataFrame(
        {"a": X[:, 0], "b": STEPS, "c": STEPS > 0, "d": X[:, 1].astype(np.float32)}
    ),
    "DataFrame of nullable types": pd.DataFrame(
        {"a": X[:, 0], "b": STEPS, "c": STEPS > 0}
    ).convert_dtypes(),
    "torch tensor": torch.from_numpy(X),
}


def assert_works(estimator, table):
    """Look at all results of an estimator with a code of two."""
    estimator.fit(table)
    codes = estimator.transform(table)
    assert codes.shape == (len(table), 2)
    rebuilt = estimator.inverse_transform(codes)
    for result in (codes, rebuilt, estimator.score_samples(table)):
        assert np.isfinite(result).all()
    if len(table) > 1:
        assert np.isfinite(estimator.score(table))
    assert rebuilt.shape == np.shape(table)


@pytest.mark.parametrize("table", FORMS.values(), ids=FORMS)
def test_any_form_works(some, table):
    assert_works(some(2), table)


@pytest.mark.parametrize("scale", ["auto", "standard", "pareto", "minmax"])
@pytest.mark.parametrize("table", VALUES.values(), ids=VALUES)
def test_any_values_work(some, table, scale):
    assert_works(some(2, scale=scale), table)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_table_of_nothing_but_nan_is_refused(some, method):
    with pytest.raises(ValueError, match="All cells of X are NaN"):
        getattr(some(2), method)(X * np.nan)


def test_codes_with_nan_are_refused(some):
    estimator = some(2).fit(with_cell(np.nan))
    with pytest.raises(ValueError, match="Input X contains NaN"):
        estimator.inverse_transform([[1, np.nan]])


@pytest.mark.parametrize("n_components", [1, 0.9, None, 100])
@pytest.mark.parametrize(
    "name", ["one row", "one cell", "one column", "nothing but constants"]
)
def test_any_width_of_code_works(some, name, n_components):
    estimator = some(n_components).fit(VALUES[name])
    codes = estimator.transform(VALUES[name])
    assert codes.shape[1] == estimator.n_components_ >= 1
    assert np.isfinite(estimator.inverse_transform(codes)).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_read_only_memory_maps_work(some, tmp_path, dtype):
    np.save(tmp_path / "X.npy", X.astype(dtype))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    estimator = some(2, scale=None).fit(mapped)
    np.testing.assert_array_equal(
        estimator.transform(mapped), estimator.transform(X.astype(dtype))
    )
    estimator.partial_fit(mapped)
    np.testing.assert_array_equal(mapped, X.astype(dtype))


CODES = {
    "Fortran order": np.asfortranarray,
    "read-only": read_only,
    "backwards": lambda codes: codes[::-1][::-1].copy()[::-1],
    "float64": lambda codes: codes.astype(float),
    "big-endian": lambda codes: codes.astype(">f4"),
    "list": np.ndarray.tolist,
    "DataFrame": pd.DataFrame,
}


@pytest.mark.parametrize("given", CODES.values(), ids=CODES)
def test_codes_of_any_kind_are_decoded(some, given):
    estimator = some(2).fit(X)
    codes = estimator.transform(X)
    expected = estimator.inverse_transform(codes)
    if given is CODES["backwards"]:
        expected = expected[::-1]
    np.testing.assert_array_equal(estimator.inverse_transform(given(codes)), expected)


@pytest.mark.parametrize("width", [1, 3, 4])
def test_codes_of_another_width_are_refused(some, width):
    message = f"X has {width} columns.*n_components_=2"
    with pytest.raises(ValueError, match=message):
        some(2).fit(X).inverse_transform(np.zeros((5, width)))


@pytest.mark.parametrize(
    "method", ["transform", "reconstruct", "score", "score_samples", "partial_fit"]
)
def test_rows_of_another_width_are_refused(some, method):
    estimator = some(2).fit(X)
    message = f"X has 3 features, but {type(estimator).__name__} is expecting 4"
    with pytest.raises(ValueError, match=message):
        getattr(estimator, method)(X[:, :3])
    assert estimator.transform(X).shape == (60, 2)


@pytest.mark.parametrize("columns", ["abcx", "dcba"])
@pytest.mark.parametrize(
    "method", ["transform", "reconstruct", "score", "score_samples", "partial_fit"]
)
def test_other_column_names_are_refused(some, method, columns):
    estimator = some(2).fit(pd.DataFrame(X, columns=list("abcd")))
    with pytest.raises(ValueError, match="feature names should match"):
        getattr(estimator, method)(pd.DataFrame(X, columns=list(columns)))


def test_an_array_after_a_frame_warns(some):
    estimator = some(2).fit(pd.DataFrame(X, columns=list("abcd")))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        estimator.transform(X)


OUT_OF_RANGE = {
    "n_components": [0, -1, 1.0, 0.0, 1.5, -0.5, "mle", np.nan],
    "network": ["conv", 3, None],
    "hidden_layer_sizes": [0, -1, "big", 2.5, None],
    "activation": ["softmin", 1, None],
    "skip": ["identity", True, 0],
    "scale": ["robust", 1, True],
    "loss": ["mse", None, 2],
    "optimizer": ["lion", None, 1],
    "lr": [0, -1e-3, "auto", None, np.nan],
    "lr_schedule": ["linear", 1, True],
    "weight_decay": [-1e-4, None, "much"],
    "batch_size": [0, -1, 2.5, None, "all"],
    "max_epochs": [0, -1, 2.5, None, "many"],
    "early_stopping": [None, "no", 2],
    "validation_fraction": [0.0, 1.0, 1.5, -0.1, 1, None],
    "n_iter_no_change": [0, -1, 2.5, None],
    "tol": [-1, None, "auto"],
    "warm_start": [None, "no", 2],
    "random_state": [-1, "seed", 1.5],
    "device": [0, None],
    "dtype": ["float16", np.float32, "int"],
    "compile": [None, "yes", 2],
    "callbacks": ["print", 1],
    "verbose": [-1, "loud", None],
    # of some variants:
    "adversarial_weight": [-1, None, "auto"],
    "alpha": [None, "auto", np.nan],
    "beta": [-1, None, "auto"],
    "bidirectional": [None, "yes", 2],
    "capacity": [-1, "auto"],
    "cell": ["rnn", None],
    "channels": [0, -1, 2.5, None, "many"],
    "channels_last": [None, "yes", 2],
    "code_dim": [0, 1.5, None],
    "commitment": [-0.1, None],
    "contraction": [-1, None, np.nan],
    "critic_hidden_layer_sizes": [32, None, "big", (0,), (2.5,)],
    "critic_lr": [0, -1, None],
    "dead_after": [0, 2.5, None],
    "decay": [-0.1, 1.0, None],
    "emphasis": [
        *("both", 1, (1,), (1, 2, 3), (-1, 1), (0, 0), ("a", "b"), (1, np.inf)),
        *({1: 1, 2: 2}, np.array(1.0), ((1, 2), 3)),
    ],
    "estimator": ["exact", None],
    "feedback": [None, "yes", 2],
    "fine_tune": [None, "yes", 2],
    "gamma": [-1, None],
    "hidden_size": [0, 2.5, None],
    "image_shape": [8, "8x8"],
    "k": [0, -1, 2.5, None],
    "k_transform": [0, -1, 2.5, "auto"],
    "kernel": ["rbf", None],
    "kernel_size": [0, 2.5, None],
    "kind": ["iii", 1],
    "kl_warmup": [-1, None],
    "lambda_": [-1, None, "auto"],
    "lambda_diag": [-1, "auto"],
    "lambda_offdiag": [-1, None],
    "layer": [3, "dense"],
    "layers": ["first", None],
    "likelihood": ["normal", None],
    "n_codes": [0, 2.5, None],
    "n_draws": [0, 1.5, None],
    "n_gibbs_steps": [0, 2.5, None],
    "n_modes": [0, 2.5, None],
    "n_probes": [0, 2.5, "all"],
    "n_timesteps": [0, 1, 2.5, "all"],
    "noise": ["pink", None, 0, -0.2],
    "noise_level": [-0.1, "auto", np.nan],
    "output_order": ["random", None],
    "penalty": ["l2", None],
    "pooling": ["mean", None, 2],
    "prior": ["cauchy", None, 3],
    "regularizer": ["l1", None],
    "revival": [-1, None],
    "second_order": [-1, None],
    "second_order_noise": [0, -1, None],
    "smoothing": [-0.1, None],
    "sparsity": [0.0, 1.0, None],
    "strength": [-1, None, "strong"],
    "tied": [None, "no", 2],
    "upsampling": ["bilinear", None, 2],
    "visible": ["poisson", None],
}
#: Those that all share are tried with the plain autoencoder, others with their class.
SHARED = set(AE().get_params())
CASES = [
    (cls, name, value)
    for cls in AUTOENCODERS
    for name in cls().get_params(deep=False)
    if cls is AE or name not in SHARED
    for value in OUT_OF_RANGE.get(name, ())
]


@pytest.mark.parametrize(("cls", "name", "value"), CASES)
def test_parameters_out_of_range_are_refused(cls, name, value):
    estimator = fast(cls, **{name: value})
    message = f"The '{name}' parameter of {cls.__name__} must be"
    for method in (estimator.fit, estimator.partial_fit):
        with pytest.raises(ValueError, match=message):
            method(X)


@pytest.mark.parametrize("cls", AUTOENCODERS)
def test_every_parameter_stands_in_the_table(cls):
    assert set(cls().get_params(deep=False)) <= set(OUT_OF_RANGE)


def test_masking_more_than_all_is_refused():
    with pytest.raises(ValueError, match="'noise_level' parameter of DenoisingAE"):
        DenoisingAE(noise="masking", noise_level=1.1).fit(X)


def test_gaussian_noise_may_be_stronger_than_one(rows):
    ae = DenoisingAE(2, noise="gaussian", noise_level=1.5, max_epochs=1)
    assert np.isfinite(ae.fit_transform(rows)).all()


@pytest.mark.parametrize(
    "sizes", [(0,), (8, -1), (2.5,), ("8",), [[8]], ((1, 2), 3), np.array(5), {}]
)
def test_impossible_layer_sizes_are_refused(some, sizes):
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        some(hidden_layer_sizes=sizes).fit(X)
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        some(network=Dense(sizes)).fit(X)


def test_impossible_parameters_of_the_network_are_refused(some):
    with pytest.raises(ValueError, match="The 'activation' parameter of Dense"):
        some(network=Dense(activation="softmin")).fit(X)


def test_an_unknown_device_is_refused(some):
    with pytest.raises((ValueError, RuntimeError), match="device"):
        some(device="abacus").fit(X)


def test_a_callback_that_is_none_is_refused(some):
    with pytest.raises((ValueError, TypeError), match="callback"):
        some(callbacks=["print"]).fit(X)


def test_a_callable_that_is_no_optimizer_is_refused(some):
    with pytest.raises((ValueError, TypeError), match="optimizer"):
        some(optimizer=np.mean).fit(X)


def test_noise_of_another_shape_is_refused():
    ae = DenoisingAE(2, noise=lambda x, level, generator: x[:, :1], max_epochs=1)
    with pytest.raises(ValueError, match="noise"):
        ae.fit(X)


def overwriting(x, level, generator):
    return x.zero_()


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        (lambda x, level, generator: None, "must give a tensor .* but gave NoneType"),
        (lambda x, level, generator: x / 0 * 0, "gave NaN.*noise='missing'"),
        (lambda x, level, generator: x.double(), "but gave .* torch.float64"),
        (overwriting, r"changed those that it got.*x\.clone\(\)"),
    ],
    ids=["nothing", "missing cells", "another type", "the same rows changed"],
)
def test_noise_that_is_no_new_tensor_is_refused(noise, message):
    with pytest.raises(ValueError, match=rf"(?s)'noise' parameter.*{message}"):
        DenoisingAE(2, noise=noise, max_epochs=1).fit(X)


@dataclass
class Shrink:
    """Noise and an activation that cannot be hashed."""

    factor: float

    def __call__(self, *given):
        return given[0] * self.factor if given else torch.nn.Tanh()


def test_callables_need_not_be_hashable():
    ae = DenoisingAE(2, noise=Shrink(0.5), activation=Shrink(0.5), max_epochs=2)
    assert np.isfinite(ae.fit_transform(X)).all()


class Halves(torch.nn.Module):
    """An encoder and a decoder."""

    def __init__(self, *encoder):
        super().__init__()
        self.encode = torch.nn.Sequential(*encoder)
        self.decode = torch.nn.Linear(2, 4)


MISTAKEN = {
    "an activation that is a module": (
        {"activation": torch.nn.ReLU()},
        r"An activation has to make modules.* class ReLU",
    ),
    "a class of networks": ({"network": Dense}, "'network' parameter .* Got <class"),
    "a class of modules": ({"network": Halves}, "'network' parameter .* Got <class"),
    "an encoder that gives a tuple": (
        {"network": Halves(torch.nn.LSTM(4, 2))},
        r"network\.encode must return 2 values a row .* returned \('tuple',\)",
    ),
    "an encoder that changes its rows": (
        {"network": Halves(torch.nn.ReLU(inplace=True), torch.nn.Linear(4, 2))},
        r"network\.encode changes the rows.*inplace=True",
    ),
    "one that drops cells of its rows": (
        {"network": Halves(torch.nn.Dropout(inplace=True), torch.nn.Linear(4, 2))},
        r"network\.encode changes the rows.*inplace=True",
    ),
}


@pytest.mark.parametrize(("params", "message"), MISTAKEN.values(), ids=MISTAKEN)
@pytest.mark.parametrize("cls", [AE, DenoisingAE])
def test_mistaken_networks_are_refused(cls, params, message):
    with pytest.raises(ValueError, match=message):
        cls(2, **params).fit(X)


@pytest.mark.parametrize("scale", ["auto", "standard", "minmax", "pareto"])
def test_values_whose_variance_is_no_number_are_refused(some, scale):
    table = with_cell(np.finfo(float).max)
    with pytest.raises(ValueError, match=r"Column 1 goes from .* by NaN"):
        some(2, scale=scale).fit(table)


def test_values_that_are_too_large_unscaled_are_refused(make_ae):
    with pytest.raises(ValueError, match=r"values of up to 1e\+38.*scale='auto'"):
        make_ae(2, scale=None).fit(with_cell(1e38))


def test_negative_counts_are_refused_in_the_middle_of_a_stream(some):
    counts = np.random.RandomState(0).poisson(2, (60, 4))
    estimator = some(2, loss="poisson").partial_fit(counts)
    codes = estimator.transform(counts)
    for loss in ("poisson", "squared_error"):  # what was fitted goes on
        with pytest.raises(ValueError, match=r"'poisson' needs data of at least 0"):
            estimator.set_params(loss=loss).partial_fit(-counts)
    np.testing.assert_array_equal(estimator.transform(counts), codes)


@pytest.mark.parametrize("loss", ["poisson", "multinomial"])
def test_negative_counts_have_no_score(make_ae, loss):
    counts = np.random.RandomState(0).poisson(2, (60, 4)) + 1
    with pytest.raises(ValueError, match=f"'{loss}' needs data of at least 0"):
        make_ae(2, loss=loss).fit(counts).score_samples(-counts)


FAR = {
    "float64": (X, with_cell(1e300)),
    "float32": (1e-3 * X.astype(np.float32), with_cell(3e38, np.float32)),
    "beyond float64 when scaled": (1e-3 * X, with_cell(1e307)),
    "sparse": (sparse.csr_array(X), sparse.csr_array(with_cell(1e300))),
}


@pytest.mark.parametrize(
    "method", ["transform", "reconstruct", "score_samples", "partial_fit"]
)
@pytest.mark.parametrize(("rows", "far"), FAR.values(), ids=FAR)
def test_values_that_no_precision_holds_are_refused(make_ae, method, rows, far):
    estimator = make_ae(2).fit(rows)
    codes = estimator.transform(rows)
    with pytest.raises(ValueError, match=r"so far .* float32 cannot hold"):
        getattr(estimator, method)(far)
    np.testing.assert_array_equal(estimator.transform(rows), codes)


def test_noise_that_a_network_cannot_read_is_refused_and_nothing_lost():
    estimator = fast(DenoisingAE, 2, warm_start=True).fit(X)
    codes = estimator.set_params(noise="missing").transform(X)
    for go_on in (estimator.fit, estimator.partial_fit):
        with pytest.raises(ValueError, match=r"noise='missing' hides cells"):
            go_on(X)
    np.testing.assert_array_equal(estimator.transform(X), codes)


def test_a_single_row_has_no_score(some):
    estimator = some(2).fit(X)
    with pytest.warns(UndefinedMetricWarning, match="single row"):
        assert np.isnan(estimator.score(X[:1]))


def test_a_plateau_needs_rows_held_out(some):
    with pytest.raises(ValueError, match=r"'lr_schedule'.*early_stopping=True"):
        some(2, lr_schedule="plateau", early_stopping=False).fit(X)


@pytest.mark.parametrize(
    ("cls", "params"),
    [(AE, {"loss": lambda o: o}), (DenoisingAE, {"noise": lambda rows, level: rows})],
)
def test_functions_of_other_arguments_are_refused(cls, params):
    with pytest.raises(ValueError, match=f"'{next(iter(params))}' parameter must be a"):
        fast(cls, 2, **params).fit(X)


def test_double_precision_holds_more(some):
    precise = some(2, dtype="float64").fit(X)
    assert np.isfinite(precise.transform(with_cell(1e300))).all()


def test_a_part_of_a_stream_of_which_nothing_is_known_is_refused(some):
    estimator = some(2).partial_fit(X)
    with pytest.raises(ValueError, match="All cells of X are NaN"):
        estimator.partial_fit(X * np.nan)
    check_is_fitted(estimator)


@pytest.mark.parametrize("table", [X[:, :3] * np.nan, with_cell(np.inf)[:, :3]])
def test_a_refused_table_leaves_nothing_of_a_former_fit(some, table):
    estimator = some(2).fit(X)
    with pytest.raises(ValueError, match="X"):
        estimator.fit(table)
    with pytest.raises(NotFittedError):
        estimator.transform(X)


@pytest.mark.parametrize("scale", [None, "auto", "standard"])
def test_binary_crossentropy_outside_the_unit_interval_is_refused(some, scale):
    estimator = some(2, loss="binary_crossentropy", scale=scale)
    with pytest.raises(ValueError, match=r"binary_crossentropy.*\[0, 1\].*minmax"):
        estimator.fit(X)
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)


@pytest.mark.parametrize("scale", [None, "auto"])
def test_binary_crossentropy_works_in_the_unit_interval(some, scale):
    unit = (X > 0).astype(float)
    estimator = some(2, loss="binary_crossentropy", scale=scale).fit(unit)
    rebuilt = estimator.reconstruct(unit)
    assert rebuilt.min() >= 0
    assert rebuilt.max() <= 1


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_binary_crossentropy_works_with_minmax_whatever_the_rounding(some, load):
    table = load().data
    estimator = some(2, loss="binary_crossentropy", scale="minmax").fit(table)
    assert np.isfinite(estimator.reconstruct(table)).all()


def test_binary_crossentropy_takes_new_rows_from_outside(some):
    estimator = some(2, loss="binary_crossentropy", scale="minmax").fit(X[:30])
    assert np.isfinite(estimator.transform(3 * X[30:])).all()


@pytest.mark.parametrize(
    "loss",
    [
        lambda output, target: (output - target).square().mean(),
        lambda output, target: (output - target).square().mean(1),
        torch.nn.functional.mse_loss,
    ],
)
def test_a_loss_of_another_shape_is_refused(some, loss):
    with pytest.raises(ValueError, match=r"callable loss.*reduction='none'"):
        some(2, loss=loss).fit(X)


def test_a_loss_made_of_torch_works(some):
    loss = functools.partial(torch.nn.functional.huber_loss, reduction="none")
    assert np.isfinite(some(2, loss=loss).fit_transform(X)).all()


def nan_loss(output, target):
    return (output - target) * torch.nan


DIVERGING = {
    "step size": {"lr": 1e30, "optimizer": "sgd", "skip": None},
    "step size of adam": {"lr": 1e30, "skip": None},
    "step size with a skip": {"lr": 1e30},
    "loss": {"loss": nan_loss},
    "without early stopping": {"lr": 1e30, "early_stopping": False},
}


@pytest.mark.parametrize("params", DIVERGING.values(), ids=DIVERGING)
@pytest.mark.parametrize("fitted_before", [False, True])
def test_divergence_is_an_error_and_leaves_nothing_fitted(some, params, fitted_before):
    estimator = some(2, max_epochs=20, **params)
    if fitted_before:
        harmless = {name: getattr(some(), name) for name in params}
        estimator.set_params(**harmless).fit(X).set_params(**params)
    with pytest.raises(ValueError, match=r"(?s)loss.*lr="):
        estimator.fit(np.repeat(X, 3, 0))
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    with pytest.raises(NotFittedError):
        estimator.transform(X)


def test_what_the_last_step_has_spoilt_is_found(some):
    """Weights are finite, and the losses so far, but what comes of them is not."""
    step = {"lr": 1e30, "optimizer": "sgd", "batch_size": len(X), "max_epochs": 1}
    estimator = some(2, early_stopping=False, **step)
    with pytest.raises(ValueError, match="by the last step in epoch 1"):
        estimator.fit(X)
    with pytest.raises(ValueError, match="by the last step in epoch 1"):
        estimator.partial_fit(X)


def test_columns_that_begin_to_vary_are_named(some):
    X = np.random.RandomState(0).normal(size=(40, 4))
    first = X.copy()
    first[:, 2] = 5
    estimator = some(2).partial_fit(first)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.partial_fit(first)
    with pytest.warns(UserWarning, match="vary now: 2. They stay ignored") as caught:
        estimator.partial_fit(X)
    assert [warning.filename for warning in caught] == [__file__]


def test_where_nothing_varied_nothing_is_explained(some):
    X = np.random.RandomState(0).normal(size=(40, 4))
    estimator = some(2).fit(X[:1])
    assert estimator.score(X) == 0


def test_shares_beyond_the_range_are_no_good_rows(some):
    X = np.random.RandomState(0).rand(60, 4)
    estimator = some(2, loss="binary_crossentropy", scale="minmax").fit(X)
    far, farther = estimator.score_samples(X[[0, 0]] + np.array([[2], [4]]))
    assert farther < far < estimator.score_samples(X).min()
    for _ in range(20):
        estimator.partial_fit(3 * X)
    assert 0 <= estimator.loss_curve_[-1] < 10


def test_divergence_in_partial_fit_leaves_nothing_fitted(some):
    estimator = some(2, optimizer="sgd", skip=None)
    estimator.partial_fit(X).set_params(lr=1e30)
    with pytest.raises(ValueError, match="lr="):
        estimator.partial_fit(X)
    with pytest.raises(NotFittedError):
        check_is_fitted(estimator)
    with pytest.warns(UserWarning, match="begins anew"):
        estimator.set_params(lr=1e-3).partial_fit(X)
    assert estimator.partial_fit(X).n_iter_ == 2


def test_a_fit_after_a_divergence_starts_afresh(some):
    estimator = some(2, lr=1e30, optimizer="sgd", skip=None, max_epochs=20)
    with pytest.raises(ValueError, match="lr="):
        estimator.fit(X)
    estimator.set_params(lr=1e-3, max_epochs=3)
    reference = some(2, lr=1e-3, optimizer="sgd", skip=None)
    np.testing.assert_array_equal(
        estimator.fit(X).transform(X), reference.fit(X).transform(X)
    )


@pytest.mark.parametrize("again", ["fit", "partial_fit"])
def test_after_a_divergence_nothing_tells_of_the_fit_before(some, again):
    estimator = some(2, optimizer="sgd", skip=None, max_epochs=20).fit(X)
    estimator.set_params(lr=1e30)
    with pytest.raises(ValueError, match="lr="):
        estimator.fit(np.repeat(X[:, :3], 3, 0))
    with pytest.raises(NotFittedError):
        estimator.get_feature_names_out()
    assert not {"loss_curve_", "best_loss_", "n_iter_"} & vars(estimator).keys()
    estimator.set_params(lr=1e-3)
    assert getattr(estimator, again)(X).transform(X).shape == (60, 2)


class CtrlC(Callback):
    """The user loses patience at some moment of the third epoch."""

    def __init__(self, moment):
        self.moment = moment

    def _press(self, net):
        if len(net.history) == 3:
            raise KeyboardInterrupt

    def on_epoch_begin(self, net, **_):
        if self.moment == "beginning":
            self._press(net)

    def on_batch_end(self, net, training, **_):
        if self.moment == "middle" and training:
            self._press(net)


@pytest.mark.parametrize("moment", ["beginning", "middle"])
def test_ctrl_c_keeps_the_best_weights_so_far(some, digits, moment):
    settings = {"skip": None, "lr_schedule": None, "lr": 0.01}
    stopped = some(4, callbacks=[CtrlC(moment)], max_epochs=9, **settings).fit(digits)
    short = some(4, callbacks=[Callback()], max_epochs=2, **settings).fit(digits)
    assert stopped.n_iter_ == 2
    assert stopped.loss_curve_ == short.loss_curve_
    assert stopped.best_loss_ == short.best_loss_
    np.testing.assert_array_equal(stopped.transform(digits), short.transform(digits))


def test_ctrl_c_without_early_stopping_keeps_the_weights(some, digits):
    settings = {"early_stopping": False, "lr_schedule": None}
    callbacks = [CtrlC("beginning")]
    stopped = some(4, callbacks=callbacks, max_epochs=9, **settings).fit(digits)
    short = some(4, max_epochs=2, **settings).fit(digits)
    np.testing.assert_array_equal(stopped.transform(digits), short.transform(digits))


def test_ctrl_c_of_the_user_is_told(make_ae, rows):
    """Callbacks end trainings in the same way, but as planned."""
    calls = itertools.count()

    def impatient(output, target):
        if next(calls) == 60:
            raise KeyboardInterrupt
        return (output - target).square()

    with pytest.warns(UserWarning, match="training was interrupted"):
        estimator = make_ae(2, loss=impatient, max_epochs=100).fit(rows)
    assert 0 < estimator.n_iter_ < 60


def test_ctrl_c_is_told_whatever_it_hits(make_ae, rows, monkeypatch):
    """It may come between two lines of the library's own callbacks."""
    calls = itertools.count()

    def update(self):
        if next(calls) == 10:
            raise KeyboardInterrupt

    monkeypatch.setattr("sklearn_ae.core.training.average.Average.update", update)
    with pytest.warns(UserWarning, match="training was interrupted"):
        make_ae(2, max_epochs=100).fit(rows)


class PressedAt:
    """A loss in whose n-th call the user loses patience."""

    def __init__(self):
        self.n_calls, self.at = 0, None

    def __call__(self, output, target):
        self.n_calls += 1
        if self.n_calls == self.at:
            raise KeyboardInterrupt
        return (output - target).square()

    def during(self, fit, at=None):
        """Fit; give whether that returned, whether it warned, and how many calls."""
        self.n_calls, self.at = 0, at
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                fit(X)
                returned = True
            except KeyboardInterrupt:
                returned = False
        warned = any("was interrupted" in str(w.message) for w in caught)
        return returned, warned, self.n_calls


def test_ctrl_c_is_never_swallowed(make_ae):
    pressed = PressedAt()
    _, _, n_calls = pressed.during(make_ae(2, loss=pressed).fit)
    for at in range(1, n_calls + 1):
        estimator = make_ae(2, loss=pressed)
        returned, warned, _ = pressed.during(estimator.fit, at)
        assert returned == warned
        assert returned == hasattr(estimator, "net_")
        if returned:
            estimator.sample(1)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_ctrl_c_loses_nothing_of_a_training_that_goes_on(make_ae, method):
    pressed = PressedAt()
    estimator = make_ae(2, loss=pressed, warm_start=True).fit(X)
    _, _, n_calls = pressed.during(getattr(copy.deepcopy(estimator), method))
    for at in range(1, n_calls + 1):
        again = copy.deepcopy(estimator)
        pressed.during(getattr(again.set_params(loss=pressed), method), at)
        assert np.isfinite(again.sample(1)).all()


def test_ctrl_c_that_leaves_gradients_off_spoils_no_later_training(make_ae):
    class PressedInNoGrad(PressedAt):
        def __call__(self, output, target):
            if self.n_calls + 1 == self.at:
                torch.set_grad_enabled(False)
            return super().__call__(output, target)

    pressed = PressedInNoGrad()
    for at in range(3, 12):
        estimator = make_ae(2, loss=pressed)
        returned, _, _ = pressed.during(estimator.fit, at)
        assert torch.is_grad_enabled()
        if returned:
            pressed.during(estimator.partial_fit)
            assert np.isfinite(estimator.transform(X)).all()


@pytest.mark.parametrize("optimizer", [torch.optim.LBFGS, torch.optim.Adagrad])
def test_ctrl_c_in_a_step_can_be_gone_on_from(make_ae, optimizer):
    pressed = PressedAt()
    make = functools.partial(
        make_ae, 2, loss=pressed, optimizer=optimizer, max_epochs=1
    )
    _, _, n_calls = pressed.during(make().fit)
    for at in range(1, n_calls + 1, 3):
        estimator = make()
        returned, _, _ = pressed.during(estimator.fit, at)
        if returned:
            pressed.during(estimator.partial_fit)
            assert np.isfinite(estimator.transform(X)).all()


@pytest.mark.parametrize("at", range(1, 9))
def test_ctrl_c_while_adamw_makes_its_state_can_be_gone_on_from(
    make_ae, monkeypatch, at
):
    zeros_like, calls = torch.zeros_like, itertools.count(1)

    def interrupted(weight):
        if next(calls) == at:
            raise KeyboardInterrupt
        return zeros_like(weight)

    monkeypatch.setattr(torch, "zeros_like", interrupted)
    with pytest.warns(UserWarning, match="was interrupted"):
        estimator = make_ae(2, skip=None).fit(X)
    estimator.partial_fit(X)
    assert np.isfinite(estimator.transform(X)).all()


def interrupted(*_):
    raise KeyboardInterrupt


def test_ctrl_c_behind_a_training_that_went_on_keeps_the_former(make_ae, monkeypatch):
    estimator = make_ae(2).fit(X)
    monkeypatch.setattr(fitting, "record_training", interrupted)
    with pytest.raises(KeyboardInterrupt):
        estimator.partial_fit(X)
    assert np.isfinite(estimator.sample(1)).all()


@pytest.mark.parametrize("moment", ["record_training", "all_rows"])
def test_ctrl_c_behind_a_first_training_leaves_nothing(make_ae, monkeypatch, moment):
    monkeypatch.setattr(fitting, moment, interrupted)
    new = make_ae(2)
    with pytest.raises(KeyboardInterrupt):
        new.fit(X)
    with pytest.raises(NotFittedError):
        new.transform(X)


def test_ctrl_c_in_the_first_epoch_keeps_the_start(make_from_pca, digits):
    class AtOnce(Callback):
        def on_batch_begin(self, net, **_):
            raise KeyboardInterrupt

    estimator = make_from_pca(4, callbacks=[AtOnce()], max_epochs=9).fit(digits)
    linear = AE(4, hidden_layer_sizes=()).fit(digits)
    assert estimator.n_iter_ == 0
    assert estimator.loss_curve_ == []
    np.testing.assert_allclose(
        estimator.reconstruct(digits), linear.reconstruct(digits), rtol=0, atol=1e-4
    )


def test_ctrl_c_before_all_rows_are_learnt_keeps_what_was(make_ae, monkeypatch):
    find, found = fitting.principal_components, []

    def interrupted(*args, **kwargs):
        found.append(find(*args, **kwargs))
        if len(found) == 2:
            raise KeyboardInterrupt
        return found[-1]

    monkeypatch.setattr(fitting, "principal_components", interrupted)
    with pytest.warns(UserWarning, match="was interrupted"):
        estimator = make_ae(2).fit(X)
    assert len(found) == 2
    assert np.isfinite(estimator.transform(X)).all()


def test_ctrl_c_while_the_best_weights_are_judged_loses_nothing(monkeypatch):
    evaluate, called = Net.evaluate, []

    def interrupted(net, *args):
        called.append(args)
        if len(called) == 2:  # the first one judges the start
            raise KeyboardInterrupt
        return evaluate(net, *args)

    codes = fast(AE, 2).fit_transform(X)
    monkeypatch.setattr(Net, "evaluate", interrupted)
    with pytest.warns(UserWarning, match="was interrupted"):
        estimator = fast(AE, 2).fit(X)
    np.testing.assert_array_equal(estimator.transform(X), codes)


def test_numbers_that_single_precision_does_not_have_come_back(some):
    reference = some(4).fit(X).reconstruct(X).astype(float)
    for factor in 2.0 ** np.array([-140, 120, 133]):
        rebuilt = some(4).fit(X * factor).reconstruct(X * factor)
        assert rebuilt.dtype == np.float64
        np.testing.assert_allclose(rebuilt, reference * factor, rtol=1e-4)


def test_a_table_as_large_as_single_precision_allows(some):
    largest = np.where(X > 0, np.finfo(np.float32).max, np.float32(0))
    assert np.isfinite(some(2).fit(largest).reconstruct(largest)).all()


@pytest.mark.parametrize("factor", [1e30, 1e200])
def test_rows_too_far_to_be_scored_are_refused(some, factor):
    with pytest.raises(ValueError, match=r"X lie so far .* float32 cannot hold"):
        some(2).fit(X).score_samples(X * factor)


def test_codes_too_far_to_be_decoded_are_refused(some):
    estimator = some(2).fit(1e3 * X)
    with pytest.raises(ValueError, match=r"codes lie so far .* float32"):
        estimator.inverse_transform(np.full((2, 2), 3e38))


def test_rows_are_decoded_where_their_sum_alone_is_too_large():
    rows = np.random.RandomState(0).uniform(0, 2e34, (5000, 10)).astype(np.float32)
    ae = fast(AE, 2, hidden_layer_sizes=()).fit(rows)
    assert np.isfinite(ae.inverse_transform(ae.transform(rows))).all()


def test_a_constant_beyond_single_precision_comes_back(some):
    rows = np.c_[X, np.full(60, 1e300)]
    np.testing.assert_array_equal(some(2).fit(rows).reconstruct(rows)[:, 4], 1e300)


@pytest.mark.parametrize("factor", [1e-20, 1e18])
def test_numbers_without_squares_are_warned_of_where_nothing_is_scaled(factor):
    ae = fast(AE, 2, scale=None, hidden_layer_sizes=())
    with pytest.warns(UserWarning, match=r"squares.*scale='auto'.*dtype='float64'"):
        ae.fit(X * factor)
    ae.set_params(dtype="float64")
    np.testing.assert_allclose(
        ae.fit(X * factor).reconstruct(X * factor) / factor, ae.fit(X).reconstruct(X)
    )


@pytest.mark.parametrize(
    "params",
    [
        {"n_components": 10**15},
        {"n_components": 10**18},
        {"n_components": 10**20},
        {"hidden_layer_sizes": (10**15,)},
    ],
    ids=str,
)
def test_networks_that_do_not_fit_into_memory_name_the_parameter(some, params):
    message = r"memory: the 'n_components' parameter is \d+.* narrower layers"
    with pytest.raises(ValueError, match=message):
        some(**params).fit(X)


@pytest.mark.parametrize("optimizer", [torch.optim.Muon, torch.optim.Optimizer])
def test_an_optimizer_that_cannot_train_the_network_is_named(some, optimizer):
    message = f"'optimizer' parameter is {optimizer.__name__}, which cannot train"
    with pytest.raises(ValueError, match=message):
        some(2, optimizer=optimizer).fit(X)


DTYPES = ["f8", "f4", "f2", "i8", "i4", "u1", "i1", "?"]


@st.composite
def tables(draw):
    """Any finite numeric table of moderate size, with a constant column at its end."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=20))
    elements = st.floats(-1, 1, width=16) if dtype.kind == "f" else None
    table = draw(hnp.arrays(dtype, shape, elements=elements))
    constant = draw(elements if elements is not None else hnp.from_dtype(dtype))
    table = np.c_[table, np.full(len(table), constant, dtype)]
    if dtype.itemsize >= 4 and dtype.kind == "f":
        exponents = draw(
            st.lists(
                st.integers(-12, 12),
                min_size=table.shape[1],
                max_size=table.shape[1],
            )
        )
        table = table * np.power(10.0, exponents).astype(dtype)
    return np.asarray(table, order=draw(st.sampled_from("CF")))


@given(tables(), st.sampled_from(["auto", "standard", "pareto", "minmax"]))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_table_passes_through(table, scale):
    ae = AE(2, hidden_layer_sizes=(4,), max_epochs=1, scale=scale, random_state=0)
    codes = ae.fit(table).transform(table)
    rebuilt = ae.inverse_transform(codes)
    assert codes.shape == (len(table), 2)
    assert rebuilt.shape == table.shape
    assert np.isfinite(codes).all()
    assert np.isfinite(rebuilt).all()
    np.testing.assert_array_equal(rebuilt[:, -1], table[:, -1].astype(np.float32))


@given(hnp.arrays(np.float32, (5, 3), elements=st.floats(-1e6, 1e6, width=32)))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_any_code_is_decoded(codes):
    assert np.isfinite(FITTED.inverse_transform(codes)).all()


FITTED = AE(3, hidden_layer_sizes=(4,), max_epochs=1, random_state=0).fit(X)


def test_dates_have_to_become_numbers_first(some):
    days = np.datetime64("2020-01-01") + np.arange(40)[:, None] * np.arange(1, 4)
    for table in (days, days - days[0], pd.DataFrame(days)):
        with pytest.raises(ValueError, match="dates or durations"):
            some(2).fit(table)
        with pytest.raises(ValueError, match="dates or durations"):
            some(2).fit(days.astype(float)).transform(table)


def test_what_float32_cannot_tell_apart_is_said(some):
    X = np.random.RandomState(0).normal(size=(40, 4))
    far = X + np.array([0, 1.7e9, 0, 0])
    with pytest.warns(UserWarning, match=r"Columns 1 lie so far .* dtype='float64'"):
        some(2, scale=None).fit(far)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        some(2, scale=None, dtype="float64").fit(far)
        some(2).fit(far)
        some(2, scale=None).fit(X + 100)
    with pytest.warns(UserWarning, match=r"coarsely. Use dtype='float64'"):
        fast(AE, 2, loss="poisson").fit(np.abs(X) + 1e7)


def test_where_nothing_is_observed_nothing_is_explained(some):
    X = np.random.RandomState(0).normal(size=(40, 4))
    with pytest.raises(ValueError, match="All cells of X are NaN"):
        some(2).fit(X).score(np.full((5, 4), np.nan))


def test_a_network_without_the_two_halves_is_named(rows):
    class Builds:
        def build(self, n_features, n_components):
            return torch.nn.Linear(n_features, n_components)

    with pytest.raises(ValueError, match=r"'network' parameter.*encode and"):
        AE(2, network=Builds()).fit(rows)
