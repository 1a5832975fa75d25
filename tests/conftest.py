"""Data and estimators that the tests share. One thread: the tables are small."""

import inspect
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import sklearn_ae
from sklearn_ae import display, networks, priors
from sklearn_ae.core.contract import AutoencoderContract

#: Commands, not tests.
collect_ignore = ["benchmarks"]

FAST = {
    "max_epochs": 3,
    "n_iter_no_change": 100,
    "hidden_layer_sizes": (16,),
    "random_state": 0,
}

#: The same of what few have.
PARTS = {
    "layer": sklearn_ae.AE(max_epochs=3, n_iter_no_change=100),
    "channels": (4, 8),
    "hidden_size": 8,
}

PUBLIC = [getattr(sklearn_ae, name) for name in sklearn_ae.__all__]
#: The others are made of autoencoders and have tests of their own.
AUTOENCODERS = [cls for cls in PUBLIC if issubclass(cls, AutoencoderContract)]
#: With what is public besides estimators.
CLASSES = [
    *PUBLIC,
    *(getattr(m, name) for m in (display, networks, priors) for name in m.__all__),
]


def own_methods(cls):
    """List the public methods that this package wrote."""
    for name, method in inspect.getmembers(cls, inspect.isroutine):
        module = getattr(inspect.unwrap(method), "__module__", None) or ""
        if not name.startswith("_") and module.startswith("sklearn_ae"):
            yield name


def fast(cls, *args, **params):
    """Make an estimator that trains in no time, as far as it has such settings."""
    known = cls().get_params()
    settings = {name: value for name, value in (FAST | PARTS).items() if name in known}
    return cls(*args, **(settings | params))


#: They come to the shared code by different ways, for tests of what is in it.
SOME = [getattr(sklearn_ae, name) for name in ("AE", "DenoisingAE", "VAE", "StackedAE")]


def dropping():
    """Make what follows a layer: it draws from torch's global stream."""
    return torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Dropout(0.2))


def maker(cls):
    """Give a function like `fast`; a test of what a class does not have is skipped."""
    known = cls().get_params()

    def make(*args, **params):
        for name in params:
            if name not in known:
                pytest.skip(f"{cls.__name__} has no parameter {name}")
        return fast(cls, *args, **params)

    return make


@pytest.fixture(params=AUTOENCODERS, ids=lambda cls: cls.__name__)
def make(request):
    """Each autoencoder in turn, with settings that train in no time."""
    return maker(request.param)


@pytest.fixture(params=SOME, ids=lambda cls: cls.__name__)
def some(request):
    """Take some autoencoders in turn, with settings that train in no time."""
    return maker(request.param)


@pytest.fixture(params=[sklearn_ae.AE, sklearn_ae.DenoisingAE])
def make_from_pca(request):
    """Make those whose training starts as PCA: good after a few epochs already."""
    return lambda *args, **params: fast(request.param, *args, **params)


@pytest.fixture
def make_ae():
    """Make the plain autoencoder, where any estimator would do."""
    return lambda *args, **params: fast(sklearn_ae.AE, *args, **params)


def correlated_rows():
    """Make 120 rows of 6 correlated columns in the units of a small table."""
    random = np.random.RandomState(0)
    factors = random.normal(size=(120, 3))
    noise = 0.1 * random.normal(size=(120, 6))
    return factors @ random.normal(size=(3, 6)) + noise + 2


@pytest.fixture
def rows():
    """120 rows of 6 correlated columns in the units of a small table."""
    return correlated_rows()


@pytest.fixture
def holes(rows):
    """Hide three cells of ten."""
    hidden = np.random.RandomState(1).uniform(size=rows.shape) < 0.3
    return np.where(hidden, np.nan, rows)


@pytest.fixture
def set_threads():
    """Set the number of threads that a caller has, until the test is over."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def digits():
    """Load the pixels of 1797 digits, 0 to 16; three are always zero."""
    X = load_digits().data
    X.flags.writeable = False
    return X
