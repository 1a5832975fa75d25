"""The regularised autoencoder penalises long codes and a rough decoder."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_ae import AE, RegularizedAE
from sklearn_ae.core import Batch
from sklearn_ae.core.assembly import build_network
from sklearn_ae.core.losses import LOSSES
from sklearn_ae.networks import Dense
from sklearn_ae.networks.wrapped import Wrapped
from sklearn_ae.variants.regularized import REGULARIZERS, DecoderWeights

from ..conftest import FAST


@pytest.fixture
def batch(generator):
    x = torch.randn(40, 6, dtype=torch.float64, generator=generator)
    return Batch(x, x, LOSSES["squared_error"])


def network_of(specification, skip=None):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build_network(specification, 6, 3, 3, skip).double()
        return DecoderWeights(network, 3).double()


def objective(network, batch, generator=None, *, regularizer="l2", beta=0, lambda_=0):
    knobs = {"regularizer": regularizer, "beta": beta, "lambda_": lambda_}
    return RegularizedAE.objective(network, batch, generator, **knobs)


@pytest.mark.parametrize("regularizer", REGULARIZERS)
def test_without_penalties_it_is_the_plain_autoencoder(batch, generator, regularizer):
    network = network_of(Dense((8,)))
    torch.testing.assert_close(
        objective(network, batch, generator, regularizer=regularizer),
        AE.objective(network, batch, None),
    )


@pytest.mark.parametrize("regularizer", REGULARIZERS)
def test_penalties_are_weighed_and_shared_by_the_features(batch, regularizer):
    network = network_of(Dense((8,))).eval()
    code = network.encode(batch.input)
    output = network.decode(code)

    def stream():
        return torch.Generator().manual_seed(0)

    rough = REGULARIZERS[regularizer](network, code, output, stream())
    length = code.square().sum(1).mean()
    torch.testing.assert_close(
        objective(
            network, batch, stream(), regularizer=regularizer, beta=0.4, lambda_=3
        ),
        batch.error(output) + (0.2 * length + 3 * rough) / 6,
    )
    assert rough > 0


def test_penalties_are_shared_by_the_features_that_vary(batch):
    network = network_of(Dense((8,)))
    loss = batch.loss.counting(torch.tensor([True, False, True, True, False, True]))
    batch = batch._replace(loss=loss)
    length = network.encode(batch.input).square().sum(1).mean()
    difference = objective(network, batch, beta=2) - objective(network, batch)
    torch.testing.assert_close(difference, length / 4)


class Own(nn.Module):
    """A user's network whose halves are methods."""

    def __init__(self):
        super().__init__()
        self.there, self.back = nn.Linear(6, 3), nn.Linear(3, 6)

    def encode(self, x):
        return self.there(x).tanh()

    def decode(self, z):
        return self.back(z)


@pytest.mark.parametrize(
    ("specification", "skip", "shapes"),
    [
        (Dense((8, 4)), None, {(4, 3), (8, 4), (6, 8)}),
        (Dense((8,)), "pca", {(6, 3), (8, 3), (6, 8)}),
        (Dense(()), "pca", {(6, 3)}),
        (Dense((8,), tied=True), None, {(8, 6), (3, 8)}),
        (Own(), None, {(6, 3)}),
    ],
)
def test_the_decoders_weights_are_found(specification, skip, shapes):
    weights = network_of(specification, skip).decoder_weights()
    assert {tuple(weight.shape) for weight in weights} == shapes


def test_l2_is_the_sum_of_the_decoders_squared_weights(batch):
    network = network_of(Dense((8,)))
    found = REGULARIZERS["l2"](network, None, None, None).item()
    decoder = network.network.decode
    assert found == pytest.approx(
        sum(decoder[i].weight.square().sum().item() for i in (0, 2))
    )


@pytest.mark.parametrize("reads_nan", [False, True])
def test_weights_beside_a_linear_path_count_once_their_gains_have_grown(reads_nan):
    network = network_of(Dense((8,)), "pca")
    inner = network.network
    if reads_nan:
        network = DecoderWeights(Wrapped(inner), 3).double()
    weights = [layer.weight.square().sum() for layer in inner.network.decode[::2]]
    path = inner.path.decode.weight.square().sum()
    for gain, share in ((0, 0), (0.05, 0.5), (-0.15, 0.9), (1e9, 1)):
        nn.init.constant_(inner.decode_gain, gain)
        found = REGULARIZERS["l2"](network, None, None, None)
        torch.testing.assert_close(found, path + share * sum(weights))


@pytest.mark.parametrize("regularizer", ["l2", "spectral_norm"])
def test_a_network_beside_the_linear_path_outlives_the_penalty(digits, regularizer):
    settings = {"max_epochs": 10, "early_stopping": False, "random_state": 0}
    settings["regularizer"] = regularizer
    linear = AE(8, hidden_layer_sizes=()).fit(digits)
    ae = RegularizedAE(8, **settings).fit(digits)
    assert ae.score(digits) > linear.score(digits) + 0.12
    smoother = RegularizedAE(8, lambda_=1, **settings).fit(digits)
    assert mean_slope(smoother, digits) < 0.6 * mean_slope(ae, digits)


def mean_slope(ae, rows):
    """Take how far reconstructions move with the code, squared, on average."""
    codes = torch.from_numpy(ae.transform(rows[:100]))
    slopes = torch.func.vmap(torch.func.jacrev(ae.network_.decode))(codes)
    return slopes.square().sum((1, 2)).mean().item()


def test_the_gradient_penalty_is_the_squared_jacobian_on_average(batch, generator):
    network = network_of(Dense((8,), activation="tanh"))
    code = network.encode(batch.input)
    estimate = np.mean(
        [
            REGULARIZERS["gradient_penalty"](
                network, code, network.decode(code), generator
            ).item()
            for _ in range(500)
        ]
    )
    jacobian = torch.func.vmap(torch.func.jacrev(network.decode))(code.detach())
    expected = jacobian.square().sum((1, 2)).mean().item()
    assert estimate == pytest.approx(expected, rel=0.03)


def test_spectral_norms_are_the_largest_singular_values(batch):
    network = network_of(Dense((8, 4))).train()
    for _ in range(200):
        found = network.spectral_norms()
    expected = [
        torch.linalg.matrix_norm(weight, 2) for weight in network.decoder_weights()
    ]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=0)
    slope = torch.autograd.grad(sum(found), network.decoder_weights()[0])
    expected = torch.autograd.grad(sum(expected), network.decoder_weights()[0])
    torch.testing.assert_close(slope, expected, rtol=0, atol=1e-2)


def test_spectral_norms_follow_weights_that_were_zero():
    network = network_of(Dense(())).train()
    decoder = network.network.decode
    weight = decoder.weight.detach().clone()
    with torch.no_grad():
        decoder.weight.zero_()
        assert network.spectral_norms()[0] == 0
        decoder.weight.copy_(weight)
    for _ in range(200):
        (found,) = network.spectral_norms()
    torch.testing.assert_close(found, torch.linalg.matrix_norm(weight, 2))


def test_evaluation_moves_no_singular_vector():
    network = network_of(Dense((8,))).eval()
    before = network.direction0.clone()
    network.spectral_norms()
    assert torch.equal(network.direction0, before)


@pytest.mark.parametrize("regularizer", REGULARIZERS)
def test_the_penalty_smooths_the_decoder(digits, regularizer):
    settings = FAST | {"max_epochs": 6, "early_stopping": False, "beta": 0}
    settings |= {"regularizer": regularizer, "lr": 1e-2}

    def roughness(lambda_):
        ae = RegularizedAE(4, lambda_=lambda_, **settings).fit(digits)
        code = torch.from_numpy(ae.transform(digits[:100]))
        decode = ae.network_.decode
        jacobian = torch.func.vmap(torch.func.jacrev(decode))(code)
        return jacobian.square().sum((1, 2)).mean().item()

    assert roughness(0.3) < 0.8 * roughness(0)


def test_beta_shortens_codes(digits):
    settings = FAST | {"early_stopping": False, "lr": 1e-2}
    free, short = (
        np.square(RegularizedAE(4, beta=b, **settings).fit_transform(digits)).sum(1)
        for b in (0, 3)
    )
    assert short.mean() < 0.8 * free.mean()


@pytest.mark.parametrize("regularizer", REGULARIZERS)
def test_it_can_be_sampled_from(rows, regularizer):
    ae = RegularizedAE(3, regularizer=regularizer, **FAST).fit(rows)
    drawn = ae.sample(2000, random_state=0)
    np.testing.assert_allclose(drawn.mean(0), rows.mean(0), atol=0.3)
    np.testing.assert_allclose(drawn.std(0), rows.std(0), rtol=0.25)
