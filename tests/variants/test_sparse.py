"""Sparse codes: by a penalty on their mean activation or on their sum."""

import numpy as np
import pytest
import torch

from sklearn_ae import SparseAE
from sklearn_ae.core import Batch
from sklearn_ae.core.losses import LOSSES
from sklearn_ae.networks import Dense
from sklearn_ae.variants.sparse import kl_penalty

FAST = {"hidden_layer_sizes": (32,), "max_epochs": 60, "lr": 3e-3, "random_state": 0}


def sparse_network(**knobs):
    knobs = {"penalty": "kl", "sparsity": 0.05} | knobs
    torch.manual_seed(0)
    network = Dense((), code_activation="tanh").build(6, 4).double()
    return SparseAE.equip(network, 6, 4, **knobs).double()


@pytest.fixture
def batch():
    x = torch.randn(32, 6, dtype=torch.float64, generator=torch.manual_seed(1))
    return Batch(x, x, LOSSES["squared_error"])


@pytest.fixture(autouse=True)
def own_stream():
    with torch.random.fork_rng(devices=[]):
        yield


def test_kl_is_that_of_two_coins():
    network = sparse_network()
    z = torch.tensor([[0.1, 0.5], [0.3, 0.1]], dtype=torch.float64)
    network.mean_activation = torch.full((2,), torch.nan, dtype=torch.float64)
    coin = torch.distributions.Bernoulli
    wanted = coin(torch.tensor(0.05, dtype=torch.float64))
    expected = torch.distributions.kl_divergence(wanted, coin(z.mean(0))).sum()
    torch.testing.assert_close(kl_penalty(network, z, 0.05, 0.0), expected)


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.99])
def test_gradient_of_the_penalty_is_the_published_one(decay):
    network = sparse_network()
    before = torch.tensor([0.2, 0.01, 0.05, 0.6], dtype=torch.float64)
    network.mean_activation.copy_(before)
    mean = torch.tensor([0.3, 0.02, 0.1, 0.5], dtype=torch.float64, requires_grad=True)
    kl_penalty(network, mean.expand(8, 4), 0.05, decay).backward()
    p = decay * before + (1 - decay) * mean.detach()
    torch.testing.assert_close(network.mean_activation, p)
    torch.testing.assert_close(mean.grad, -0.05 / p + 0.95 / (1 - p))


def test_the_running_average_is_left_alone_outside_training(batch):
    network = sparse_network()
    knobs = {"penalty": "kl", "sparsity": 0.05, "strength": 1.0, "decay": 0.9}
    SparseAE.objective(network, batch, None, **knobs)
    average = network.mean_activation.clone()
    network.eval()
    SparseAE.objective(network, batch, None, **knobs)
    assert torch.equal(network.mean_activation, average)


def test_l1_is_the_mean_sum_of_the_codes(batch):
    network = sparse_network(penalty="l1")
    knobs = {"penalty": "l1", "sparsity": 0.05, "decay": 0.9}
    bare, penalised = (
        SparseAE.objective(network, batch, None, strength=strength, **knobs)
        for strength in (0.0, 2.0)
    )
    codes = network.encode(batch.input)
    torch.testing.assert_close(penalised - bare, 2 * codes.sum(1).mean())


@pytest.mark.parametrize("sparsity", [0.05, 0.15])
@pytest.mark.parametrize("hidden", [(), (64,)])
def test_units_are_as_active_as_asked_for(digits, sparsity, hidden):
    settings = FAST | {"hidden_layer_sizes": hidden}
    ae = SparseAE(80, sparsity=sparsity, **settings).fit(digits)
    means = ae.transform(digits).mean(0)
    assert abs(means.mean() - sparsity) < 0.01
    assert ae.score(digits) > 0.7


def test_l1_leaves_few_units_and_more_of_it_fewer(digits):
    used = [
        np.mean(
            SparseAE(80, penalty="l1", strength=strength, **FAST).fit_transform(digits)
            > 0
        )
        for strength in (0, 0.001, 0.01)
    ]
    assert used[0] > used[1] > used[2] > 0


def test_l1_is_not_evaded_by_large_weights(digits):
    ae = SparseAE(80, penalty="l1", strength=0.01, **FAST).fit(digits)
    none = np.zeros((1, 80), dtype="float32")
    one = np.eye(80, dtype="float32")
    z = torch.from_numpy(np.r_[none, one])
    with torch.no_grad():
        layer = ae.network_.network.network.decode[0]
        read = layer(z / ae.network_.network.readers[0].weight.norm(dim=0))
    columns = (read[1:] - read[0]).norm(dim=1)
    torch.testing.assert_close(columns, torch.ones(80))


def test_more_code_units_than_features_are_all_in_use(digits):
    ae = SparseAE(150, **FAST).fit(digits)
    codes = ae.transform(digits)
    assert codes.shape == (1797, 150)
    assert (codes.std(0) > 1e-3).mean() > 0.95
