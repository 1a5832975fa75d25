"""The Jacobian's norm equals autograd's Jacobian, by whichever way it is taken."""

import numpy as np
import pytest
import torch
from torch.func import jacrev, vmap

from sklearn_ae import AE, ContractiveAE
from sklearn_ae.core import Batch
from sklearn_ae.core.losses import LOSSES
from sklearn_ae.networks import Dense
from sklearn_ae.networks.linear import Linear, Skip
from sklearn_ae.variants.jacobian import squared_norm

ONE_LAYER = [Dense((), code_activation=name) for name in ("logistic", "tanh", "silu")]
OTHERS = [
    Dense(()),
    Dense((7,)),
    Dense((7, 5), activation="tanh", code_activation="softplus", tied=True),
]


def build(specification, n_features=5, n_components=3):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return specification.build(n_features, n_components).double()


def expected_norm(encode, x, moved=None):
    jacobians = vmap(jacrev(lambda row: encode(row[None])[0]))
    difference = jacobians(x) if moved is None else jacobians(x) - jacobians(moved)
    return difference.square().sum((1, 2)).mean().detach()


@pytest.fixture
def x():
    return torch.randn(9, 5, dtype=torch.float64, generator=torch.manual_seed(1))


@pytest.fixture
def moved(x):
    return x + torch.randn(9, 5, dtype=torch.float64, generator=torch.manual_seed(2))


@pytest.mark.parametrize("specification", ONE_LAYER)
def test_closed_form_is_exact_without_probes(specification, x, moved, generator):
    encode = build(specification).encode
    for other in (None, moved):
        norm = squared_norm(encode, x, 1, generator, other)
        torch.testing.assert_close(
            norm.detach(), expected_norm(encode, x, other), rtol=1e-10, atol=1e-12
        )


@pytest.mark.parametrize("specification", ONE_LAYER + OTHERS)
def test_none_is_exact_for_any_encoder(specification, x, moved, generator):
    network = Skip(Linear(5, 3).double(), build(specification)).double()
    torch.nn.init.constant_(network.encode_gain, 0.7)
    for encode in (network.encode, build(specification).encode):
        for other in (None, moved):
            norm = squared_norm(encode, x, None, generator, other)
            torch.testing.assert_close(
                norm.detach(), expected_norm(encode, x, other), rtol=1e-8, atol=1e-10
            )


@pytest.mark.parametrize("specification", OTHERS)
def test_hutchinson_is_unbiased(specification, x, generator):
    encode = build(specification).encode
    exact = expected_norm(encode, x)
    estimates = torch.stack(
        [squared_norm(encode, x, 1, generator).detach() for _ in range(2000)]
    )
    error = estimates.std() / len(estimates) ** 0.5
    assert abs(estimates.mean() - exact) <= 4 * error + 1e-12


@pytest.mark.parametrize("specification", [ONE_LAYER[0], OTHERS[1]])
def test_gradient_reaches_the_weights(specification, x, generator):
    network = build(specification)
    norm = squared_norm(network.encode, x, None, generator)
    (gradient,) = torch.autograd.grad(norm, network.encode[0].weight)
    weight = network.encode[0].weight
    step = torch.zeros_like(weight)
    step[1, 2] = 1e-6
    with torch.no_grad():
        weight += step
    above = expected_norm(network.encode, x)
    with torch.no_grad():
        weight -= 2 * step
    below = expected_norm(network.encode, x)
    assert gradient[1, 2].item() == pytest.approx((above - below).item() / 2e-6, 1e-4)


def test_objective_adds_both_terms(x, generator):
    network = build(ONE_LAYER[0])
    batch = Batch(x, x, LOSSES["squared_error"])
    knobs = {"n_probes": 1, "second_order_noise": 0.1}

    def value(contraction, second_order):
        return ContractiveAE.objective(
            network,
            batch,
            torch.Generator().manual_seed(0),
            contraction=contraction,
            second_order=second_order,
            **knobs,
        ).item()

    noise = torch.randn(
        x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype
    )
    plain = value(0.0, 0.0)
    first = expected_norm(network.encode, x).item()
    second = expected_norm(network.encode, x, x + 0.1 * noise).item()
    assert value(2.0, 0.0) - plain == pytest.approx(2 * first)
    assert value(0.0, 3.0) - plain == pytest.approx(3 * second)


def mean_norm(ae, X):
    x = torch.from_numpy(ae.scaling_.apply(X, "float32"))
    return expected_norm(ae.network_.encode, x).item()


@pytest.mark.parametrize("hidden", [(), (16,)])
def test_codes_of_a_contractive_autoencoder_move_less(digits, hidden):
    network = Dense(hidden, code_activation="logistic", tied=True)
    settings = {"max_epochs": 10, "lr": 3e-3, "random_state": 0, "skip": None}
    plain = AE(20, network=network, **settings).fit(digits)
    contractive = ContractiveAE(20, contraction=1.0, network=network, **settings)
    contractive.fit(digits)
    assert mean_norm(contractive, digits[:100]) < 0.7 * mean_norm(plain, digits[:100])
    assert np.isfinite(contractive.transform(digits)).all()


def test_the_second_order_term_trains(digits):
    ae = ContractiveAE(
        10, second_order=0.1, hidden_layer_sizes=(8,), max_epochs=2, random_state=0
    )
    assert np.isfinite(ae.fit_transform(digits[:200])).all()


def test_derivatives_of_derivatives_are_not_compiled(digits):
    with pytest.raises(ValueError, match=r"'compile' parameter .* must be False"):
        ContractiveAE(2, compile=True).fit(digits)
