"""The machine's energies, its gradient, and what it learns."""

from itertools import product

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from sklearn_ae import RBM
from sklearn_ae.core import Batch
from sklearn_ae.core.losses import LOSSES
from sklearn_ae.variants.rbm import BernoulliMachine, GaussianMachine


def generator():
    return torch.Generator().manual_seed(3)


@pytest.fixture(params=[BernoulliMachine, GaussianMachine])
def machine(request):
    """Five visible and four hidden units with weights of any size, in float64."""
    machine = request.param(5, 4).double()
    for parameter in machine.parameters():
        parameter.data.normal_(generator=generator())
    return machine


@pytest.fixture
def v():
    return torch.rand(30, 5, generator=generator(), dtype=torch.float64)


def batch_of(v):
    return Batch(v, v, LOSSES["squared_error"])


def joint_energy(machine, v, h):
    """Take the energy of each row of `v` with the hidden units `h`, as in papers."""
    interaction = v @ machine.weight.T @ h + h @ machine.hidden_bias
    if isinstance(machine, BernoulliMachine):
        return -v @ machine.visible_bias - interaction
    return (v - machine.visible_bias).square().sum(1) / 2 - interaction


def every_state(n_units):
    return torch.tensor(list(product([0.0, 1.0], repeat=n_units)), dtype=torch.float64)


def test_free_energy_sums_over_all_states_of_the_hidden_units(machine, v):
    energies = torch.stack([joint_energy(machine, v, h) for h in every_state(4)])
    torch.testing.assert_close(machine.free_energy(v), -(-energies).logsumexp(0))


def test_the_code_is_the_expectation_of_the_hidden_units(machine, v):
    states = every_state(4)
    energies = torch.stack([joint_energy(machine, v, h) for h in states])
    expected = torch.softmax(-energies, 0).T @ states
    torch.testing.assert_close(machine.encode(v), expected)


@pytest.mark.parametrize("n_gibbs_steps", [1, 3])
def test_the_gradient_is_that_of_contrastive_divergence(machine, v, n_gibbs_steps):
    machine.train()
    RBM.objective(
        machine, batch_of(v), generator(), n_gibbs_steps=n_gibbs_steps
    ).backward()
    sample = machine.gibbs(v, n_gibbs_steps, generator())
    h, h_sample = machine.encode(v).detach(), machine.encode(sample).detach()
    ascent = {
        "weight": (h.T @ v - h_sample.T @ sample) / len(v),
        "visible_bias": (v - sample).mean(0),
        "hidden_bias": (h - h_sample).mean(0),
    }
    for name, parameter in machine.named_parameters():
        torch.testing.assert_close(-parameter.grad, ascent[name])


def test_samples_have_the_distribution_of_the_visible_units(machine):
    n = 40_000
    h = torch.tensor([[1.0, 0, 1, 0]], dtype=torch.float64).expand(n, 4)
    received = machine.decode(h)
    sample = machine.sample_visible(received, generator())
    if isinstance(machine, BernoulliMachine):
        mean = torch.sigmoid(received[0])
        variance = mean * (1 - mean)
        assert set(sample.unique().tolist()) == {0, 1}
    else:
        mean, variance = received[0], torch.ones(5, dtype=torch.float64)
    torch.testing.assert_close(sample.mean(0), mean, rtol=0, atol=5 / n**0.5)
    torch.testing.assert_close(sample.var(0), variance, rtol=0, atol=8 / n**0.5)


def test_evaluation_is_the_reconstruction_error(machine, v):
    batch = batch_of(v)
    value = RBM.objective(machine.eval(), batch, generator(), n_gibbs_steps=1)
    assert value == batch.error(machine.decode(machine.encode(v)))


def test_a_small_distribution_is_learnt():
    # Either all four units are on or all are off, but for a tenth that is noise.
    random = np.random.RandomState(0)
    X = np.repeat(random.rand(2000, 1) < 0.5, 4, axis=1)
    noisy = random.rand(2000) < 0.1
    X[noisy] = random.rand(noisy.sum(), 4) < 0.5
    rbm = RBM(4, n_gibbs_steps=10, max_epochs=40, early_stopping=False, dtype="float64")
    rbm.set_params(random_state=0).fit(X.astype(float))
    states = every_state(4)
    with torch.no_grad():
        learnt = torch.softmax(-rbm.network_.free_energy(states), 0).numpy()
    rows = np.asarray(X, dtype=float)
    truth = np.array([np.mean((rows == state).all(1)) for state in states.numpy()])
    independent = 1 / 16
    divergence = np.sum(truth * np.log(truth / learnt))
    assert divergence < 0.1 * np.sum(truth * np.log(truth / independent))


def test_it_is_not_behind_scikit_learn_after_as_many_epochs(digits):
    X = digits / 16
    settings = {"n_components": 32, "batch_size": 10, "random_state": 0}
    reference = BernoulliRBM(learning_rate=0.06, n_iter=10, **settings).fit(X[:1200])
    rbm = RBM(max_epochs=10, visible="bernoulli", **settings).fit(X[:1200])
    ours = BernoulliRBM(random_state=0).fit(X[:20])
    ours.components_ = rbm.network_.weight.detach().double().numpy()
    ours.intercept_hidden_ = rbm.network_.hidden_bias.detach().double().numpy()
    ours.intercept_visible_ = rbm.network_.visible_bias.detach().double().numpy()
    np.testing.assert_allclose(
        ours.transform(X[1200:]), rbm.transform(X[1200:]), atol=1e-5
    )
    scores = [m.score_samples(X[1200:]).mean() for m in (ours, reference)]
    assert scores[0] > scores[1]


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_features_serve_a_classifier(digits, visible):
    labels = load_digits().target
    rbm = RBM(64, visible=visible, random_state=0)
    model = make_pipeline(rbm, StandardScaler(), LogisticRegression(max_iter=2000))
    model.fit(digits[:1200], labels[:1200])
    assert model.score(digits[1200:], labels[1200:]) > 0.9


UNIT = np.random.RandomState(0).rand(50, 4)


@pytest.mark.parametrize(
    ("params", "table", "visible", "is_scaled"),
    [
        ({}, UNIT, "bernoulli", False),
        ({}, 3 * UNIT, "gaussian", True),
        ({"scale": None}, UNIT, "bernoulli", False),
        ({"scale": None}, 3 * UNIT, "gaussian", False),
        ({"scale": "minmax"}, 3 * UNIT, "bernoulli", True),
        ({"scale": "standard"}, UNIT, "gaussian", True),
        ({"visible": "bernoulli"}, UNIT, "bernoulli", False),
        ({"visible": "bernoulli"}, 3 * UNIT, "bernoulli", True),
        ({"visible": "gaussian"}, UNIT, "gaussian", True),
    ],
)
def test_visible_units_and_scaling_follow_the_data(params, table, visible, is_scaled):
    rbm = RBM(2, max_epochs=1, **params).fit(table)
    assert rbm.visible_ == visible
    assert np.any(rbm.scaling_.scale != 1) == is_scaled


@pytest.mark.parametrize("scale", [None, "standard"])
def test_bernoulli_units_refuse_other_data(scale):
    rbm = RBM(2, visible="bernoulli", scale=scale)
    with pytest.raises(ValueError, match=r"visible='bernoulli'.*\[0, 1\].*minmax"):
        rbm.fit(3 * UNIT)
    with pytest.raises(NotFittedError):
        check_is_fitted(rbm)


def test_later_rows_may_leave_the_range_that_the_first_were_scaled_by():
    rbm = RBM(2, visible="bernoulli").partial_fit(3 * UNIT)
    rbm.partial_fit(4 * UNIT)
    assert rbm.n_iter_ == 2


def test_what_float32_cannot_tell_apart_is_said():
    with pytest.warns(UserWarning, match="Columns 0, 1"):
        RBM(2, scale=None, max_epochs=1).fit(UNIT + 1e7)


def test_codes_and_reconstructions_are_probabilities():
    rbm = RBM(3, max_epochs=2).fit(UNIT)
    for values in (rbm.transform(UNIT), rbm.reconstruct(UNIT)):
        assert values.min() >= 0
        assert values.max() <= 1


def test_training_starts_at_the_mean_row():
    rbm = RBM(3, max_epochs=1, lr=1e-30, dtype="float64").fit(3 * UNIT)
    mean = np.broadcast_to(3 * UNIT.mean(0), UNIT.shape)
    np.testing.assert_allclose(rbm.reconstruct(3 * UNIT), mean, atol=0.1)
