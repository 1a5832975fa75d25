"""Columns come to a common scale and back, whatever their units."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_ae.core.scaling import fit_scaling

RULES = ["auto", "standard", "pareto", "minmax", None]
TABLES = {"wine": load_wine, "breast cancer": load_breast_cancer, "iris": load_iris}


@pytest.fixture(params=TABLES)
def table(request):
    return TABLES[request.param]().data


def test_standard_is_standard_scaler(table):
    np.testing.assert_allclose(
        fit_scaling(table, "standard").apply(table, "float64"),
        StandardScaler().fit_transform(table),
        atol=1e-12,
    )


def test_minmax_is_min_max_scaler(table):
    scaled = fit_scaling(table, "minmax").apply(table, "float64")
    np.testing.assert_allclose(scaled, MinMaxScaler().fit_transform(table), atol=1e-12)


def test_pareto_takes_the_root_of_the_standard_deviations(table):
    scaled = fit_scaling(table, "pareto").apply(table, "float64")
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-10)
    roots = np.sqrt(table.std(0))
    np.testing.assert_allclose(scaled.std(0) / roots, (scaled.std(0) / roots)[0])
    assert scaled.var(0).mean() == pytest.approx(1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_minmax_stays_in_the_unit_interval(table, dtype):
    scaled = fit_scaling(table, "minmax").apply(table, dtype)
    assert scaled.min() == 0
    assert scaled.max() == 1


def test_undo_keeps_digits_that_float32_has_not():
    seconds = 1.7e9 + np.random.RandomState(0).normal(scale=60, size=(50, 2))
    scaling = fit_scaling(seconds, "standard")
    back = scaling.undo(scaling.apply(seconds, "float32"))
    np.testing.assert_allclose(back, seconds, rtol=0, atol=1e-3)
    small = seconds - 1.7e9
    scaling = fit_scaling(small, "standard")
    assert scaling.undo(scaling.apply(small, "float32")).dtype == np.float32


def test_none_changes_nothing(table):
    np.testing.assert_array_equal(fit_scaling(table, None).apply(table, "f8"), table)


@pytest.mark.parametrize("rule", RULES)
def test_undo_undoes(table, rule):
    scaling = fit_scaling(table, rule)
    np.testing.assert_allclose(
        scaling.undo(scaling.apply(table, "float64")), table, rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", RULES)
def test_precision_is_as_asked_for(table, rule, dtype):
    scaling = fit_scaling(table, rule)
    scaled = scaling.apply(table, dtype)
    assert scaled.dtype == dtype
    assert scaling.undo(scaled).dtype == dtype


def test_auto_keeps_the_proportions_of_pixels(digits):
    scaling = fit_scaling(digits, "auto")
    assert len(np.unique(scaling.scale[scaling.scale > 0])) == 1


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_auto_equalises_columns_in_different_units(load):
    X = load().data
    scaled = fit_scaling(X, "auto").apply(X, "float64")
    assert scaled.std(0).max() <= 1 + 1e-12
    assert scaled.std(0).min() > 0.5


def factor_and_noise(noise):
    """Give 300 rows of 5 columns that one factor explains, but for their noise."""
    random = np.random.RandomState(0)
    X = random.normal(size=(300, 1)) * [1, 2, 4, 8, 12]
    return X + random.normal(size=X.shape) * noise


def with_holes(X):
    return np.where(np.random.RandomState(0).uniform(size=X.shape) < 0.05, np.nan, X)


@pytest.mark.parametrize(
    "table",
    [
        factor_and_noise(1),
        factor_and_noise(1).astype(np.float32),
        load_iris().data,
        1000 * load_iris().data + 5,
        with_holes(load_iris().data),
        sp.csr_array(load_iris().data),
    ],
)
def test_auto_keeps_the_proportions_of_few_columns_with_the_same_noise(table):
    assert len(set(fit_scaling(table, "auto").scale)) == 1


@pytest.mark.parametrize(
    "table",
    [
        factor_and_noise([0.5, 1, 2, 4, 6]),
        factor_and_noise(1) * [1, 10, 1, 1, 1],
        load_iris().data * [1, 1, 1, 100],
        factor_and_noise(1)[:, :1],
        factor_and_noise(1)[:, [0, 4]],
    ],
)
def test_auto_equalises_few_columns_with_noise_of_their_own(table):
    np.testing.assert_allclose(fit_scaling(table, "auto").scale, table.std(0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_columns_of_one_unit_keep_their_proportions(dtype):
    X = np.random.RandomState(0).normal(size=(50, 6)) * [1, 100, 2, 300, 0, 200]
    scaling = fit_scaling(X.astype(dtype), "auto", units=np.array([0, 1, 0, 1, 0, 1]))
    a, b, c, d, constant, e = scaling.scale
    assert constant == 0
    assert a == c
    assert b == d == e
    variances = X.var(0)
    np.testing.assert_allclose(a**2, variances[[0, 2]].mean(), rtol=1e-5)
    np.testing.assert_allclose(b**2, variances[[1, 3, 5]].mean(), rtol=1e-5)


def test_a_range_is_common_to_one_unit():
    X = np.array([[0, 10, 1, 7], [2, 50, 4, 7], [1, 30, 2, 7]])
    scaled = fit_scaling(X, "auto_minmax", units=np.array([0, 1, 0, 0])).apply(X, "f8")
    np.testing.assert_allclose(scaled[:, 0], [0, 0.5, 0.25])
    np.testing.assert_allclose(scaled[:, 1], [0, 1, 0.5])
    np.testing.assert_allclose(scaled[:, 2], [0.25, 1, 0.5])
    assert not scaled[:, 3].any()


def test_auto_ignores_units(table):
    factors = np.random.RandomState(0).uniform(0.1, 1000, table.shape[1])
    scaled = fit_scaling(table, "auto").apply(table, "float64")
    again = fit_scaling(7 * table + 3, "auto").apply(7 * table + 3, "float64")
    np.testing.assert_allclose(again, scaled, atol=1e-9)
    table = load_wine().data
    np.testing.assert_allclose(
        fit_scaling(table * factors[0], "auto").apply(table * factors[0], "float64"),
        fit_scaling(table, "auto").apply(table, "float64"),
        atol=1e-9,
    )


@pytest.mark.parametrize("rule", ["auto", "standard", "pareto", "minmax"])
@pytest.mark.parametrize("constant", [0.0, 7.0, 0.1, -1e9, 1e-300, 1 / 3, 1e38])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_constant_columns_become_zero_and_come_back(rule, constant, dtype):
    X = np.random.RandomState(0).normal(size=(50, 3)).astype(dtype)
    X[:, 1] = constant
    scaling = fit_scaling(X, rule)
    scaled = scaling.apply(X, "float64")
    np.testing.assert_array_equal(scaled[:, 1], 0)
    np.testing.assert_array_equal(scaling.undo(scaled)[:, 1], X[:, 1])


@pytest.mark.parametrize("constant", [1e300, -1e39])
def test_constants_beyond_single_precision_come_back(constant):
    X = np.c_[np.arange(5.0), np.full(5, constant)]
    scaling = fit_scaling(X, "auto")
    back = scaling.undo(scaling.apply(X, "float32"))
    np.testing.assert_array_equal(back[:, 1], constant)


@pytest.mark.parametrize("rule", ["auto", "standard", "pareto", "minmax"])
def test_a_constant_column_that_varies_later_is_not_blown_up(rule):
    X = np.random.RandomState(0).normal(size=(50, 3))
    X[:, 1] = 0.1
    scaling = fit_scaling(X, rule)
    X[:, 1] = np.arange(50)
    np.testing.assert_array_equal(scaling.apply(X, "float64")[:, 1], 0)


def test_a_pixel_that_is_rarely_lit_is_not_blown_up(digits):
    seen, new = digits[:900], digits[900:]
    assert np.abs(fit_scaling(seen, "auto").apply(new, "float64")).max() < 10


def test_auto_does_not_blow_up_what_is_nearly_constant():
    X = load_wine().data.copy()
    X[:, 0] = 0
    X[0, 0] = 1
    assert np.abs(fit_scaling(X, "auto").apply(X, "float64")).max() <= 20


@pytest.mark.parametrize("rule", ["auto", "standard", "pareto", "minmax"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_large_offsets_lose_nothing(rule, dtype):
    steps = np.random.RandomState(0).randint(0, 9, size=(3000, 3)) * 128
    scaled = fit_scaling(steps, rule).apply(steps, "float64")
    shifted = (steps + 2**30).astype(dtype)
    np.testing.assert_allclose(
        fit_scaling(shifted, rule).apply(shifted, "float64"), scaled, atol=1e-6
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool, np.float16])
@pytest.mark.parametrize("rule", RULES)
def test_types_of_numbers_do_not_matter(rule, dtype):
    X = np.random.RandomState(0).randint(0, 200, size=(3000, 4)).astype(dtype)
    np.testing.assert_allclose(
        fit_scaling(X, rule).apply(X, "float64"),
        fit_scaling(X.astype(float), rule).apply(X.astype(float), "float64"),
        atol=1e-12,
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrangement_in_memory_does_not_matter(table, dtype):
    table = table.astype(dtype)
    scaling = fit_scaling(table, "auto")
    scaled = scaling.apply(table, dtype)
    frozen = table.copy()
    frozen.flags.writeable = False
    records = np.zeros(table.shape, [("flag", "i1"), ("value", dtype)])
    records["value"] = table
    turned = table[::-1].copy()[::-1]
    for same in (frozen, records["value"], turned, np.asfortranarray(table)):
        np.testing.assert_array_equal(scaling.apply(same, dtype), scaled)
        np.testing.assert_array_equal(same, table)
