"""Every objective trains every network, on tables, images and series."""

import pickle

import numpy as np
import pandas as pd
import pytest

import sklearn_ae
from sklearn_ae import AEClassifier, AERegressor, ConvAE, RecurrentAE
from sklearn_ae.networks import Conv, Dense, Recurrent
from sklearn_ae.networks.linear import Linear

from .conftest import AUTOENCODERS, fast

#: Networks and the shapes of rows that each is tried with; the last is a user's own.
NETWORKS = {
    "dense": (Dense((8,)), (12,)),
    "linear": (Dense(()), (12,)),
    "image": (Conv(channels=(2, 3)), (7, 5)),
    "colour image": (Conv(channels=2, pooling="stride"), (2, 6, 5)),
    "flat image": (Conv((4, 6), channels=2), (24,)),
    "series": (Recurrent(hidden_size=6), (9,)),
    "flat series": (Recurrent(5, cell="gru", hidden_size=6), (15,)),
    "series of vectors": (Recurrent(bidirectional=True, hidden_size=6), (7, 3)),
    "series read and fed back": (Recurrent(hidden_size=6, feedback=True), (7, 2)),
    "own": (Linear(10, 3), (10,)),
}
#: Those that a network can be given to, and two that have one of these of their own.
TAKE_NETWORKS = [cls for cls in AUTOENCODERS if "network" in cls().get_params()]
PRESETS = {ConvAE: "colour image", RecurrentAE: "series of vectors"}
PAIRS = [(cls, name) for cls in TAKE_NETWORKS for name in NETWORKS]
PAIRS += PRESETS.items()


def waves(*shape, n=40):
    """Rows that a few components describe, in units of their own."""
    random = np.random.RandomState(0)
    places = np.arange(np.prod(shape)).reshape(shape)
    frequency, phase = random.uniform(0.2, 0.6, (2, n, *np.ones(len(shape), int)))
    return 100 + 20 * np.sin(frequency * places + 6 * phase)


def make(cls, network):
    """Give an estimator with a code of three, posteriors of which are six wide."""
    if cls in PRESETS:
        return fast(cls, 3)
    if isinstance(network, Linear):
        network = Linear(10, 3, cls._encoder_outputs * 3)
    return fast(cls, 3, network=network)


# Three epochs are too few for a posterior to find out what is worth keeping.
@pytest.mark.filterwarnings("ignore:.*collapsed")
@pytest.mark.parametrize(("cls", "name"), PAIRS)
def test_every_objective_trains_every_network(cls, name):
    """Shape, units and precision come back; so do pickles and data frames."""
    network, shape = NETWORKS[name]
    X = waves(*shape)
    estimator = make(cls, network)
    codes = estimator.fit_transform(X)
    assert codes.shape == (40, 3)
    assert estimator.input_shape_ == estimator.output_shape_ == shape
    assert estimator.n_features_in_ == np.prod(shape)
    rebuilt = estimator.inverse_transform(codes)
    assert rebuilt.shape == X.shape
    assert rebuilt.dtype == np.float32
    assert abs(rebuilt.mean() - X.mean()) < 30
    np.testing.assert_array_equal(rebuilt, estimator.reconstruct(X))
    assert np.isfinite(estimator.score(X))
    assert estimator.score_samples(X).shape == (40,)
    assert estimator.sample(2, random_state=0).shape == (2, *shape)
    twin = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(twin.transform(X), codes)
    assert twin.partial_fit(X).reconstruct(X).shape == X.shape
    frame = estimator.set_output(transform="pandas").transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == list(estimator.get_feature_names_out())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("cls", [AEClassifier, AERegressor])
def test_heads_stand_on_every_network(cls, name):
    network, shape = NETWORKS[name]
    X = waves(*shape)
    y = np.arange(40) % 2
    autoencoder = make(sklearn_ae.AE, network)
    estimator = cls(autoencoder, max_epochs=2, random_state=0).fit(X, y)
    assert estimator.input_shape_ == shape
    assert estimator.predict(X).shape == (40,)
    assert estimator.transform(X).shape == (40, 3)
    fitted = estimator.autoencoder_
    assert fitted.reconstruct(X).shape == X.shape
    further = cls(fitted, prefit=True, max_epochs=1, random_state=0).fit(X, y)
    assert further.predict(X[:5]).shape == (5,)
    if len(shape) > 1:
        with pytest.raises(ValueError, match="fitted with"):
            estimator.predict(X.reshape(40, -1))
