"""Sparse tables give what the same dense tables give."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from sklearn.utils import get_tags

from sklearn_ae import AE, VAE, StackedAE
from sklearn_ae.core import principal
from sklearn_ae.core.columns import column_statistics
from sklearn_ae.core.principal import principal_components
from sklearn_ae.core.scaling import Scaling, fit_scaling
from sklearn_ae.core.sparse import SparseRows, scaled_rows

FORMATS = [sp.csr_matrix, sp.csr_array, sp.csc_matrix, sp.csc_array]


@pytest.fixture
def counts():
    """80 rows of 12 columns of counts; one is empty, one constant, one row is empty."""
    random = np.random.RandomState(0)
    topics = random.gamma(0.3, size=(3, 12))
    X = random.poisson(2 * random.gamma(0.5, size=(80, 3)) @ topics).astype(float)
    X[:, 5], X[:, 7], X[3] = 0, 2, 0
    return X


@pytest.fixture
def make_any(make):
    """Each autoencoder that takes sparse tables; nothing rounds on the way to it."""

    def made(*args, **params):
        estimator = make(*args, **params)
        if not get_tags(estimator).input_tags.sparse:
            pytest.skip("takes dense tables only")
        as_it_is = {"scale", "skip"} & set(estimator.get_params())
        return estimator.set_params(dtype="float64", **dict.fromkeys(as_it_is))

    return made


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_every_result_is_that_of_the_dense_table(make_any, counts):
    X = sp.csr_array(counts)
    sparse, dense = make_any(2).fit(X), make_any(2).fit(counts)
    for name in ("transform", "reconstruct", "score_samples", "score"):
        close(getattr(sparse, name)(X), getattr(dense, name)(counts))
    assert sparse.loss_curve_ == pytest.approx(dense.loss_curve_, rel=1e-6)


@pytest.mark.parametrize("n_rows", [80, 9])
def test_it_starts_as_pca(some, counts, n_rows):
    if not get_tags(some()).input_tags.sparse:
        pytest.skip("takes dense tables only")
    sparse, dense = (some(2, dtype="float64") for _ in range(2))
    X = counts[:n_rows]
    close(sparse.fit_transform(sp.csr_array(X)), dense.fit_transform(X))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint16, np.int64, bool])
def test_any_format_and_type(make_ae, counts, form, dtype):
    table = counts.astype(dtype)
    assert make_ae(2).fit_transform(form(table)).dtype == np.float32
    # In float64: near an optimum Adam steps by what rounding leaves of a gradient.
    sparse, dense = (make_ae(2, dtype="float64") for _ in range(2))
    close(sparse.fit_transform(form(table)), dense.fit_transform(table))


@pytest.mark.parametrize("scale", ["auto", "standard", "pareto", "minmax", None])
@pytest.mark.parametrize("loss", ["squared_error", "poisson", "multinomial"])
def test_any_scale_and_loss(some, counts, scale, loss):
    if scale in ("standard", "pareto") and loss != "squared_error":
        pytest.skip("counts are not centred")
    if not get_tags(some()).input_tags.sparse:
        pytest.skip("takes dense tables only")
    settings = {"scale": scale, "loss": loss, "dtype": "float64"}
    sparse = some(2, **settings).fit(sp.csr_array(counts))
    dense = some(2, **settings).fit(counts)
    close(sparse.transform(counts), dense.transform(counts))


def test_partial_fit_goes_on(make_any, counts):
    sparse, dense = make_any(2), make_any(2)
    for part in (slice(40), slice(40, 80)):
        sparse.partial_fit(sp.csc_matrix(counts[part]))
        dense.partial_fit(counts[part])
    close(sparse.transform(counts), dense.transform(counts))


def test_warm_start_goes_on(make_any, counts):
    sparse, dense = make_any(2, warm_start=True), make_any(2, warm_start=True)
    for _ in range(2):
        sparse.fit(sp.csr_array(counts))
        dense.fit(counts)
    close(sparse.transform(counts), dense.transform(counts))


@pytest.mark.parametrize("cls", [AE, VAE])
@pytest.mark.parametrize("form", [sp.csr_array, np.array])
def test_targets_may_be_sparse_too(cls, counts, form):
    target = counts[:, :4] + counts[:, 4:8]
    settings = {"max_epochs": 3, "dtype": "float64", "random_state": 0}
    dense = cls(2, **settings).fit(counts, target=target)
    X, y = sp.csr_array(counts), form(target)
    sparse = cls(2, **settings).fit(X, target=y)
    close(sparse.reconstruct(X), dense.reconstruct(counts))
    close(sparse.score(X, target=y), dense.score(counts, target=target))
    close(sparse.score_samples(X, target=y), dense.score_samples(counts, target=target))


@pytest.mark.parametrize("likelihood", ["gaussian", "poisson", "multinomial"])
def test_likelihoods(counts, likelihood):
    vae = VAE(2, likelihood=likelihood, max_epochs=3, dtype="float64", random_state=0)
    codes = vae.fit(counts).transform(counts)
    bound = vae.score_samples(counts)
    close(vae.fit(sp.csr_array(counts)).transform(sp.csr_array(counts)), codes)
    close(vae.score_samples(sp.csr_array(counts)), bound)


def test_cells_given_twice_are_added_up(make_ae):
    random = np.random.RandomState(0)
    where = random.randint(0, 10, size=(2, 300))
    X = sp.coo_array((np.ones(300), where), shape=(10, 10)).tocsr()
    twice = sp.csr_array(
        (np.ones(20), np.tile([3, 3], 10), np.arange(0, 21, 2)), shape=(10, 10)
    )
    before = twice.data.copy()
    dense = make_ae(1, dtype="float64").fit(X.toarray())
    sparse = make_ae(1, dtype="float64").fit(X)
    close(sparse.transform(twice), dense.transform(twice.toarray()))
    np.testing.assert_array_equal(twice.data, before)


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("scale", ["auto", None])
def test_a_table_without_variance(make_ae, value, scale):
    X = np.full((60, 40), float(value))
    ae = make_ae(2, scale=scale).fit(sp.csr_array(X))
    np.testing.assert_allclose(ae.reconstruct(X), X, atol=1e-6)


def test_the_table_is_left_alone(make_ae, counts):
    X = sp.csr_matrix(counts)
    for part in (X.data, X.indices, X.indptr):
        part.flags.writeable = False
    ae = make_ae(2).fit(X)
    ae.score(X)
    np.testing.assert_array_equal(X.toarray(), counts)


def test_not_a_number_is_refused(make_ae, counts):
    X = sp.csr_array(counts)
    X.data[0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        make_ae(2).fit(X)


def test_where_rows_must_be_dense_the_message_says_what_to_do(counts):
    with pytest.raises(TypeError, match="toarray"):
        StackedAE(2).fit(sp.csr_array(counts))


def test_column_statistics_are_those_of_the_dense_table(counts):
    sparse = column_statistics(sp.csr_array(counts.astype(np.float32)))
    dense = column_statistics(counts)
    for name in ("mean", "std", "low", "high"):
        np.testing.assert_allclose(
            getattr(sparse, name), getattr(dense, name), rtol=1e-12, atol=1e-14
        )


@pytest.fixture
def pair(counts):
    """Sparse rows and the dense ones, scaled."""
    return [
        scaled_rows(X, fit_scaling(counts, "standard"), "float64", torch.device("cpu"))
        for X in (sp.csr_array(counts), counts)
    ]


def test_rows_are_those_of_the_dense_table(pair):
    rows, x = pair
    index = torch.tensor([5, 3, 3, 79])
    assert isinstance(rows, SparseRows)
    assert rows.shape == x.shape
    assert torch.equal(rows[index], x[index])
    assert torch.equal(rows.index_select(0, index), x[index])
    assert torch.equal(rows[2:9], x[2:9])
    assert torch.equal(torch.cat(list(rows.split(32))), x)


@pytest.mark.parametrize("name", ["min", "max"])
def test_extremes(pair, name):
    rows, x = pair
    assert getattr(rows, name)() == getattr(x, name)()


def test_moments(pair):
    rows, x = pair
    torch.testing.assert_close(rows.mean(0), x.mean(0))
    torch.testing.assert_close(rows.var(0, correction=0), x.var(0, correction=0))


@pytest.mark.parametrize("few", [2, principal.FEW])
@pytest.mark.parametrize("n_rows", [80, 9])
def test_principal_components(pair, few, n_rows, monkeypatch):
    monkeypatch.setattr(principal, "FEW", few)
    rows, x = pair
    rows = SparseRows(rows.table[:n_rows], rows.scaling, "float64", x.device)
    found = principal_components(rows, 4, 0)
    expected = principal_components(x[:n_rows], 4, 0)
    for name in ("mean", "total"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name))
    for name in ("axes", "variances"):
        torch.testing.assert_close(
            getattr(found, name)[:4], getattr(expected, name)[:4]
        )


@pytest.mark.parametrize("share", [0.5, 0.9, None])
def test_width_by_a_share_of_the_variance(make_ae, counts, share):
    sparse = make_ae(share).fit(sp.csr_array(counts))
    assert sparse.n_components_ == make_ae(share).fit(counts).n_components_


def test_a_column_far_from_zero_keeps_its_digits():
    X = np.random.RandomState(0).normal(1e6, 1, size=(50, 3))
    scaling = fit_scaling(sp.csr_array(X), "standard")
    assert isinstance(scaling, Scaling)
    scaled = scaled_rows(sp.csr_array(X), scaling, "float32", torch.device("cpu"))
    np.testing.assert_allclose(scaled[:50].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(scaled[:50].std(0, correction=0), 1, atol=1e-4)


def test_rows_are_made_dense_by_parts_only(make_any, counts, monkeypatch):
    whole = np.vstack([counts] * 40)
    sizes = []
    toarray = sp.csr_array.toarray

    def spy(self, *args, **kwargs):
        sizes.append(self.shape[0])
        return toarray(self, *args, **kwargs)

    monkeypatch.setattr(sp.csr_array, "toarray", spy)
    estimator = make_any(2, max_epochs=1).fit(sp.csr_array(whole))
    estimator.score(sp.csr_array(whole))
    assert 0 < max(sizes) <= 2000 < len(whole)
