"""The way back written out gives autograd's gradients, and leaves the rest to it."""

from functools import wraps

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback
from torch import nn

from sklearn_ae import AE, DenoisingAE
from sklearn_ae.core.products import Products
from sklearn_ae.networks import Dense
from sklearn_ae.networks.backward import NoWay, ways_through
from sklearn_ae.networks.linear import Linear, Skip

ACTIVATIONS = ["silu", "relu", "tanh", "sigmoid"]


def make_network(activation, path):
    """Make a small network whose parameters are all off zero."""
    dense = Dense((5, 4), activation=activation, code_activation=activation)
    network = dense.build(6, 3)
    network = Skip(Linear(6, 3), network) if path else network
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.5, generator=generator)
    return network


@pytest.mark.parametrize("path", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_those_of_autograd(activation, path):
    network = make_network(activation, path)
    network.double()
    generator = torch.Generator().manual_seed(0)
    x, wanted = torch.randn(2, 9, 6, dtype=torch.float64, generator=generator)
    output = network.decode(network.encode(x))
    output.backward(wanted)
    expected = {name: p.grad for name, p in network.named_parameters()}
    network.zero_grad()
    encoder, decoder = ways_through(network, Products())
    with torch.no_grad():
        same = decoder.forward(encoder.forward(x))
        encoder.backward(decoder.backward(wanted), wanted=False)
    torch.testing.assert_close(same, output, rtol=0, atol=0)
    for name, p in network.named_parameters():
        torch.testing.assert_close(p.grad, expected[name], rtol=1e-12, atol=1e-12)


class FewSteps(torch.optim.LBFGS):
    """L-BFGS that evaluates a batch a few times."""

    def __init__(self, params, lr):
        super().__init__(params, lr=lr, max_iter=3)


WRITTEN_OUT = [
    AE(3),
    AE(3, skip=None, activation="relu"),
    AE(3, skip=None, hidden_layer_sizes=(8,), activation="tanh"),
    AE(3, loss="absolute_error"),
    AE(3, loss="binary_crossentropy", scale="minmax", dtype="float64"),
    AE(3, optimizer=FewSteps, lr=0.03),
    DenoisingAE(3),
    DenoisingAE(3, noise="gaussian", noise_level=0.3),
    DenoisingAE(3, emphasis=(1, 0.5)),
]
LEFT_TO_AUTOGRAD = [
    AE(3, activation="gelu"),
    AE(3, network=Dense(tied=True), skip=None),
    AE(3, loss="poisson", scale="minmax"),
    DenoisingAE(3, noise="missing"),
]


class Spy(Callback):
    """Write down whether steps go without autograd, and perhaps do something first."""

    def __init__(self, first=None):
        self.first, self.seen = first, set()

    def on_train_begin(self, net, **_):
        if self.first:
            self.first(net.module_.network)

    def on_batch_end(self, net, training, **_):
        if training:
            self.seen.add(net.backprop is not None)


def goes_without_autograd(estimator, rows, first=None):
    """Say so of a short training."""
    spy = Spy(first)
    clone(estimator).set_params(max_epochs=2, callbacks=[spy]).fit(rows)
    return spy.seen == {True}


@pytest.mark.parametrize("estimator", WRITTEN_OUT, ids=repr)
def test_what_is_written_out(estimator, rows):
    assert goes_without_autograd(estimator, rows)


@pytest.mark.parametrize("estimator", LEFT_TO_AUTOGRAD, ids=repr)
def test_what_is_left_to_autograd(estimator, rows):
    assert not goes_without_autograd(estimator, rows)


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("estimator", WRITTEN_OUT, ids=repr)
def test_training_ends_where_autograd_would_lead_it(estimator, early_stopping, rows):
    variant = type(estimator)

    class ByAutograd(variant):
        @staticmethod
        @wraps(variant.objective, updated=())
        def objective(*args, **knobs):
            return variant.objective(*args, **knobs)

    settings = {"max_epochs": 3, "batch_size": 16, "random_state": 0}
    settings |= {"early_stopping": early_stopping}
    settings = estimator.get_params() | settings
    expected = ByAutograd(**settings)
    assert not goes_without_autograd(expected, rows)
    found = variant(**settings).fit(rows)
    expected.fit(rows)
    assert found.loss_curve_ == expected.loss_curve_
    np.testing.assert_array_equal(found.transform(rows), expected.transform(rows))


def test_a_subclass_with_an_objective_of_its_own_is_left_to_autograd(rows):
    class Sparse(AE):
        @staticmethod
        def objective(network, batch, generator):
            code = network.encode(batch.input)
            return batch.error(network.decode(code)) + 0.1 * code.abs().mean()

    assert not goes_without_autograd(Sparse(3), rows)


def test_hooks_on_layers_are_called(rows):
    calls = []

    def watch(network):
        layer = network.network.decode[0]
        layer.register_forward_hook(lambda *_: calls.append("forward"))
        layer.register_full_backward_hook(lambda *_: calls.append("backward"))
        layer.weight.register_hook(lambda _: calls.append("gradient"))

    assert not goes_without_autograd(AE(3), rows, watch)
    assert set(calls) == {"forward", "backward", "gradient"}


def test_hooks_on_gradients_are_called(rows):
    calls = []

    def watch(network):
        network.encode_gain.register_post_accumulate_grad_hook(calls.append)

    assert not goes_without_autograd(AE(3), rows, watch)
    assert calls


def test_frozen_weights_stay_as_they_are(rows):
    kept = {}

    def freeze(network):
        network.path.requires_grad_(False)
        kept.update(weight=network.path.encode.weight.clone(), network=network)

    assert not goes_without_autograd(AE(3, early_stopping=False), rows, freeze)
    assert torch.equal(kept["network"].path.encode.weight, kept["weight"])


@pytest.mark.parametrize(
    "layers",
    [
        nn.Sequential(nn.Linear(6, 3, bias=False)),
        nn.Sequential(nn.Linear(6, 6), nn.Dropout(), nn.Linear(6, 3)),
        nn.Sequential(*[nn.Linear(6, 6)] * 2, nn.Linear(6, 3)),
    ],
    ids=["no bias", "dropout", "a layer that is used twice"],
)
def test_layers_without_a_way_back(layers):
    network = Linear(6, 3)
    network.encode = layers
    with pytest.raises(NoWay):
        ways_through(network, Products())


def test_a_trained_net_keeps_no_batch(rows):
    estimator = AE(3, max_epochs=2).fit(rows)
    assert estimator.net_.backprop is None


def test_a_forward_of_a_layers_own_is_called(rows):
    calls = []

    def patch(network):
        layer = network.network.encode[0]
        forward = layer.forward
        layer.forward = lambda x: calls.append("forward") or forward(x)

    assert not goes_without_autograd(AE(3), rows, patch)
    assert calls


@pytest.mark.parametrize("activation", ["silu", "gelu"])
def test_a_loss_without_gradient_is_an_error(activation, rows):
    def detached(output, target):
        return (output - target).detach().square()

    with pytest.raises(ValueError, match="must not detach"):
        AE(3, loss=detached, activation=activation, max_epochs=2).fit(rows)
