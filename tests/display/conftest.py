"""A few fitted estimators, and figures that are closed again."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_ae import AE, VAE, ConvAE, DenoisingAE

SETTINGS = {"max_epochs": 2, "random_state": 0}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="package")
def images():
    """60 images of 8 x 8 pixels."""
    random = np.random.RandomState(0)
    return random.uniform(size=(60, 2)) @ random.uniform(size=(2, 64))


@pytest.fixture(scope="package")
def table():
    """60 rows of 5 columns in units of their own."""
    random = np.random.RandomState(1)
    return random.normal(size=(60, 5)) * [1, 10, 100, 1000, 1e4]


@pytest.fixture(scope="package")
def ae(images):
    return AE(3, hidden_layer_sizes=(16,), **SETTINGS).fit(images)


@pytest.fixture(scope="package")
def vae(images):
    return VAE(2, hidden_layer_sizes=(16,), **SETTINGS).fit(images)


@pytest.fixture(scope="package")
def denoising(images):
    return DenoisingAE(3, hidden_layer_sizes=(16,), **SETTINGS).fit(images)


@pytest.fixture(scope="package")
def conv(images):
    return ConvAE(3, channels=(4,), **SETTINGS).fit(images.reshape(-1, 8, 8))


@pytest.fixture(scope="package")
def of_table(table):
    return AE(2, hidden_layer_sizes=(16,), **SETTINGS).fit(table)
