"""Without hidden layers the package finds what theory says it finds.

The identities are numbered as in Baldi and Hornik (1989), Kunin (2019), Bao (2020) and
the closed forms of the linear denoising autoencoder.
"""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_blobs
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from torch.nn import functional as F

from sklearn_ae import AE, DenoisingAE
from sklearn_ae.core import Batch, Loss
from sklearn_ae.networks import Dense
from sklearn_ae.networks.linear import Linear

SQUARED_ERROR = Loss(F.mse_loss)
TABLES = {"wine": load_wine, "breast cancer": load_breast_cancer}
TOLERANCE = {"float32": 1e-5, "float64": 1e-8}


@pytest.mark.parametrize("skip", ["pca", None])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize("load", TABLES.values(), ids=TABLES)
def test_standardised_linear_autoencoder_is_pca(load, k, dtype, skip):
    scaler = StandardScaler()
    X = load().data
    x = scaler.fit_transform(X)
    pca = PCA(k).fit(x)
    expected = pca.inverse_transform(pca.transform(x))
    ae = AE(k, hidden_layer_sizes=(), scale="standard", dtype=dtype, skip=skip).fit(X)
    r = (ae.reconstruct(X).astype(float) - scaler.mean_) / scaler.scale_
    np.testing.assert_allclose(r, expected, rtol=0, atol=_atol(dtype, x, scaler))


@pytest.mark.parametrize("skip", ["pca", None])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("load", TABLES.values(), ids=TABLES)
def test_linear_autoencoder_with_tied_weights_is_pca(load, dtype, skip):
    scaler = StandardScaler()
    X = load().data
    x = scaler.fit_transform(X)
    pca = PCA(5).fit(x)
    expected = pca.inverse_transform(pca.transform(x))
    network = Dense((), tied=True)
    ae = AE(5, network=network, scale="standard", dtype=dtype, skip=skip).fit(X)
    assert ae.n_iter_ == 0
    r = (ae.reconstruct(X).astype(float) - scaler.mean_) / scaler.scale_
    np.testing.assert_allclose(r, expected, rtol=0, atol=_atol(dtype, x, scaler))
    np.testing.assert_allclose(
        np.abs(ae.transform(X)), np.abs(pca.transform(x)), rtol=0, atol=1e-4
    )


def _atol(dtype, x, scaler):
    """Take the tolerance in scaled units; data's own units round there as well."""
    offset = np.abs(scaler.mean_ / scaler.scale_).max()
    return TOLERANCE[dtype] + np.finfo(dtype).eps * (offset + np.abs(x).max())


@pytest.mark.parametrize("skip", ["pca", None])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("k", [1, 3, 16, 61])
def test_unscaled_linear_autoencoder_is_pca(digits, k, dtype, skip):
    x = digits / 16
    pca = PCA(k).fit(x)
    expected = pca.inverse_transform(pca.transform(x))
    ae = AE(k, hidden_layer_sizes=(), scale=None, dtype=dtype, skip=skip).fit(x)
    np.testing.assert_allclose(
        ae.reconstruct(x), expected, rtol=0, atol=TOLERANCE[dtype]
    )


def blobs():
    return make_blobs(3000, n_features=20, random_state=0)[0]


def pixels():
    return load_digits().data


@pytest.mark.parametrize("k", [5, 10, 20])
@pytest.mark.parametrize("load", [blobs, pixels])
def test_linear_autoencoder_is_pca_of_numbers_of_several_digits(load, k):
    X = load()
    pca = PCA(k, svd_solver="full").fit(X)
    expected = pca.inverse_transform(pca.transform(X))
    ae = AE(k, hidden_layer_sizes=(), scale=None, dtype="float32").fit(X)
    np.testing.assert_allclose(ae.reconstruct(X), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("k", [2, 4, 7])
def test_linear_autoencoder_is_pca_where_variances_differ_by_far(k):
    random = np.random.RandomState(0)
    turn = np.linalg.qr(random.normal(size=(7, 7)))[0]
    X = random.normal(size=(300, 7)) * 10.0 ** -np.arange(0, 14, 2) @ turn
    pca = PCA(k, svd_solver="full").fit(X)
    expected = pca.inverse_transform(pca.transform(X))
    ae = AE(k, hidden_layer_sizes=(), scale=None, dtype="float64").fit(X)
    np.testing.assert_allclose(ae.reconstruct(X), expected, rtol=0, atol=1e-12)


def test_small_columns_survive_beside_large_ones_in_float64():
    X = np.random.RandomState(0).normal(size=(300, 4)) * [1e9, 1e3, 1, 1e-1]
    ae = AE(4, hidden_layer_sizes=(), scale=None, dtype="float64").fit(X)
    np.testing.assert_allclose(ae.reconstruct(X), X, rtol=1e-8, atol=1e-6)


@pytest.mark.parametrize("shape", [(30, 5), (12, 40)], ids=["tall", "wide"])
def test_linear_autoencoder_is_pca_on_rows_not_seen(shape):
    random = np.random.RandomState(0)
    X = random.normal(size=shape) @ random.normal(size=(shape[1], shape[1]))
    new = random.normal(size=shape)
    pca = PCA(3).fit(X)
    ae = AE(3, hidden_layer_sizes=(), scale=None, dtype="float64").fit(X)
    np.testing.assert_allclose(
        ae.reconstruct(new),
        pca.inverse_transform(pca.transform(new)),
        rtol=0,
        atol=1e-8,
    )


def test_all_components_of_a_linear_autoencoder_lose_nothing(rows):
    ae = AE(6, hidden_layer_sizes=(), dtype="float64").fit(rows)
    np.testing.assert_allclose(ae.reconstruct(rows), rows, rtol=0, atol=1e-8)
    assert ae.score(rows) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("load", TABLES.values(), ids=TABLES)
def test_a_share_of_variance_takes_as_many_components_as_pca(load, share):
    X = load().data
    pca = PCA(share).fit(StandardScaler().fit_transform(X))
    ae = AE(share, hidden_layer_sizes=(), scale="standard").fit(X)
    assert ae.n_components_ == pca.n_components_
    assert ae.transform(X).shape == (len(X), pca.n_components_)


@pytest.mark.parametrize("share", [0.3, 0.8, 0.95])
def test_a_share_of_variance_of_a_wide_table(share):
    X = np.random.RandomState(0).normal(size=(20, 50))
    ae = AE(share, hidden_layer_sizes=(), scale=None).fit(X)
    assert ae.n_components_ == PCA(share).fit(X).n_components_


K = 2


@pytest.fixture(params=[0, 1, 2])
def seed(request):
    return request.param


@pytest.fixture
def x(seed):
    """Centred rows of 5 columns whose covariance has well separated eigenvalues."""
    random = np.random.RandomState(seed)
    x = random.normal(size=(60, 5)) * [3, 2, 1.2, 0.7, 0.4]
    x = x @ np.linalg.qr(random.normal(size=(5, 5)))[0]
    return torch.from_numpy(x - x.mean(0))


@pytest.fixture
def eigen(x):
    """Eigenvalues, largest first, and eigenvectors, as rows, of the covariance."""
    values, vectors = np.linalg.eigh(np.cov(x.numpy().T, bias=True))
    return values[::-1], vectors.T[::-1]


def minimise(objective, n_features=5, k=K, seed=0):
    """Minimise over a linear autoencoder's weights; give it and the minimum."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Linear(n_features, k).double()
    optimizer = torch.optim.LBFGS(
        network.parameters(),
        max_iter=3000,
        max_eval=6000,
        tolerance_grad=1e-13,
        tolerance_change=0,
        history_size=30,
        line_search_fn="strong_wolfe",
    )

    def closure():
        optimizer.zero_grad()
        loss = objective(network)
        loss.backward()
        return loss

    optimizer.step(closure)
    return network, objective(network).item()


def total_squared_error(network, x):
    """Take AE's objective in the units of identities 1 to 4: summed over columns."""
    return AE.objective(network, Batch(x, x, SQUARED_ERROR), None) * x.shape[1]


def weights(network):
    A = network.encode.weight.detach().numpy()
    return A, network.decode.weight.detach().numpy()


def test_identity_1_the_minimum_is_the_discarded_variance(x, eigen):
    values, axes = eigen
    network, loss = minimise(lambda network: total_squared_error(network, x))
    assert loss == pytest.approx(values[K:].sum(), rel=1e-7)
    with torch.no_grad():
        rebuilt = network.decode(network.encode(x)).numpy()
    np.testing.assert_allclose(
        rebuilt, x.numpy() @ axes[:K].T @ axes[:K], rtol=0, atol=1e-4
    )


def test_identity_2_the_decoder_spans_the_principal_axes(x, eigen):
    network, _ = minimise(lambda network: total_squared_error(network, x))
    _, B = weights(network)
    cosines = np.linalg.svd(np.linalg.qr(B)[0].T @ eigen[1][:K].T)[1]
    np.testing.assert_allclose(cosines, 1, rtol=0, atol=1e-8)


def test_identity_2_pca_of_the_reconstruction_finds_the_axes(x, eigen):
    network, _ = minimise(lambda network: total_squared_error(network, x))
    with torch.no_grad():
        rebuilt = network.decode(network.encode(x)).numpy()
    found = PCA(K).fit(rebuilt).components_
    np.testing.assert_allclose(
        np.abs(np.sum(found * eigen[1][:K], axis=1)), 1, rtol=0, atol=1e-8
    )


def test_identity_3_l2_shrinks_the_singular_values(x, eigen):
    values, axes = eigen
    lam = 0.3 * values[K - 1]

    def regularised(network):
        penalty = sum(
            half.weight.square().sum() for half in (network.encode, network.decode)
        )
        return total_squared_error(network, x) + lam * penalty

    network, loss = minimise(regularised)
    A, B = weights(network)
    u, s, _ = np.linalg.svd(B, full_matrices=False)
    np.testing.assert_allclose(A, B.T, rtol=0, atol=1e-5)
    np.testing.assert_allclose(s, np.sqrt(1 - lam / values[:K]), rtol=1e-6)
    np.testing.assert_allclose(
        np.abs(np.sum(u.T * axes[:K], axis=1)), 1, rtol=0, atol=1e-6
    )
    minimum = values[K:].sum() + lam * np.sum(2 - lam / values[:K])
    assert loss == pytest.approx(minimum, rel=1e-10)


def test_identity_4_non_uniform_l2_orders_the_axes(x, eigen):
    values, axes = eigen
    lam = values[K - 1] * np.array([0.2, 0.6])
    factor = torch.from_numpy(lam)

    def regularised(network):
        A, B = network.encode.weight, network.decode.weight
        penalty = factor @ (A.square().sum(1) + B.square().sum(0))
        return total_squared_error(network, x) + penalty

    network, _ = minimise(regularised)
    _, B = weights(network)
    norms = np.linalg.norm(B, axis=0)
    np.testing.assert_allclose(norms, np.sqrt(1 - lam / values[:K]), rtol=1e-6)
    np.testing.assert_allclose(
        np.abs(np.sum(B.T / norms[:, None] * axes[:K], axis=1)), 1, rtol=0, atol=1e-6
    )


# Identity 6. Many rows leave a sampling error of some 1e-3 in moments.

D = 4
N_ROWS = 200_000


@pytest.fixture(scope="module")
def many():
    """Many centred rows of correlated columns, and their covariance."""
    random = np.random.RandomState(0)
    x = random.normal(size=(N_ROWS, D)) @ random.normal(size=(D, D))
    x -= x.mean(0)
    return torch.from_numpy(x / x.std()), np.cov(x.T / x.std(), bias=True)


def gaussian(C, level):
    return C @ np.linalg.inv(C + level**2 * np.eye(D))


def masking(C, level):
    q = 1 - level
    return C @ np.linalg.inv(q * C + (1 - q) * np.diag(np.diag(C)))


def swap(C, level):
    q = 1 - level
    return q * C @ np.linalg.inv(q**2 * C + (1 - q**2) * np.diag(np.diag(C)))


def denoising(x, noise, level):
    """Take DenoisingAE's objective with the same noise at every call."""
    batch = Batch(x, x, SQUARED_ERROR)

    def objective(network):
        generator = torch.Generator().manual_seed(0)
        return DenoisingAE.objective(
            network, batch, generator, noise=noise, noise_level=level, emphasis=None
        )

    return objective


@pytest.mark.parametrize("level", [0.2, 0.5])
@pytest.mark.parametrize("closed_form", [gaussian, masking, swap])
def test_identity_6_linear_denoising_has_a_closed_form(many, closed_form, level):
    x, C = many
    network, _ = minimise(denoising(x, closed_form.__name__, level), D, D)
    A, B = weights(network)
    np.testing.assert_allclose(B @ A, closed_form(C, level), rtol=0, atol=0.01)


def test_identity_6_narrow_gaussian_denoising_shrinks_the_axes(many):
    x, C = many
    values, vectors = np.linalg.eigh(C)
    values, axes = values[::-1][:K], vectors.T[::-1][:K]
    network, _ = minimise(denoising(x, "gaussian", 0.5), D)
    A, B = weights(network)
    expected = (axes.T * (values / (values + 0.25))) @ axes
    np.testing.assert_allclose(B @ A, expected, rtol=0, atol=0.01)
