"""A critic learns density ratios, and codes and critic get gradients of their own."""

import math
import pickle

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from torch.nn import functional as F

from sklearn_ae import AdversarialAE, FactorVAE
from sklearn_ae.variants.critic import Critic, shown_as
from sklearn_ae.variants.factorvae import shuffled

from ..conftest import FAST


@pytest.fixture
def critic():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Critic(4, (32, 32), 1.0).double()


@pytest.fixture
def code(generator):
    return torch.randn(50, 4, dtype=torch.float64, generator=generator)


def train(critic, first, second, n_steps=600):
    optimizer = torch.optim.Adam(critic.parameters(), lr=3e-3)
    for step in range(n_steps):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * (1 - step / n_steps)
        optimizer.zero_grad()
        critic.loss(first(), second()).backward()
        optimizer.step()


@pytest.mark.parametrize("correlation", [0.6, 0.9])
def test_total_correlation_of_correlated_codes(critic, generator, correlation):
    covariance = torch.eye(4, dtype=torch.float64)
    covariance[0, 1] = covariance[1, 0] = correlation
    covariance[2, 3] = covariance[3, 2] = -correlation
    known = -math.log(1 - correlation**2)  # two pairs, each half of it
    root = torch.linalg.cholesky(covariance)

    def codes(n=500):
        z = torch.randn(n, 4, dtype=torch.float64, generator=generator)
        return z @ root.T

    train(critic, codes, lambda: shuffled(codes(), generator))
    with torch.no_grad():
        estimate = critic(codes(100_000)).mean().item()
    assert estimate == pytest.approx(known, rel=0.1)


def test_independent_codes_have_no_total_correlation(critic, generator):
    def codes(n=500):
        return torch.rand(n, 4, dtype=torch.float64, generator=generator)

    train(critic, codes, lambda: shuffled(codes(), generator), 200)
    with torch.no_grad():
        assert abs(critic(codes(10_000)).mean().item()) < 0.02


def test_the_log_odds_are_the_log_ratio_of_densities(critic, generator):
    def normal(mean):
        return mean + torch.randn(500, 4, dtype=torch.float64, generator=generator)

    train(critic, lambda: normal(0.5), lambda: normal(-0.5), 400)
    z = normal(0.0)
    with torch.no_grad():
        torch.testing.assert_close(critic(z), z.sum(1), rtol=0.2, atol=0.5)


def test_losses_are_cross_entropies(critic, code):
    first, second = code[:20], code[20:]
    expected = (
        F.binary_cross_entropy_with_logits(critic(first), torch.ones(20).double())
        + F.binary_cross_entropy_with_logits(critic(second), torch.zeros(30).double())
    ) / 2
    torch.testing.assert_close(critic.loss(first, second), expected)
    expected = F.binary_cross_entropy_with_logits(critic(code), torch.ones(50).double())
    torch.testing.assert_close(critic.code_loss(code), expected)


def test_the_critics_loss_is_none_of_the_codes_business(critic, code):
    code.requires_grad_()
    critic.loss(code, code.flip(0)).backward()
    assert code.grad is None
    assert all(weight.grad.any() for weight in critic.parameters())


def test_a_held_critic_judges_but_does_not_learn(critic, code):
    code.requires_grad_()
    torch.testing.assert_close(critic.held(code), critic(code))
    critic.held(code).sum().backward()
    assert code.grad.any()
    assert all(weight.grad is None for weight in critic.parameters())


def test_accuracy_is_the_mean_of_both_rates(critic):
    with torch.no_grad():
        for weight in critic.parameters():
            weight.zero_()
        critic.layers[-1].bias.fill_(1)  # all are of the first kind
    codes = torch.zeros(10, 4, dtype=torch.float64)
    assert critic.accuracy(codes, codes[:3]) == 0.5


def test_a_loss_shown_as_a_value_keeps_its_gradient():
    weight = torch.tensor(3.0, requires_grad=True)
    shown = shown_as(5 * weight, weight.square())
    assert shown.item() == 15
    shown.backward()
    assert weight.grad.item() == 6


def test_a_loss_that_is_not_finite_cannot_hide():
    loss = torch.tensor(math.inf, requires_grad=True)
    assert not shown_as(torch.tensor(1.0), loss).isfinite()


@pytest.fixture(params=[AdversarialAE, FactorVAE], ids=lambda cls: cls.__name__)
def adversarial(request):
    return lambda **params: request.param(2, **(FAST | params))


def step_sizes(estimator):
    """Give those of the network's weights and of the critic's."""
    groups = estimator.net_.optimizer_.param_groups
    critic = {id(weight) for weight in estimator.network_.critic.parameters()}
    sizes = {True: set(), False: set()}
    for group in groups:
        for weight in group["params"]:
            sizes[id(weight) in critic].add(group["lr"])
    (own,), (critics,) = sizes[False], sizes[True]
    return own, critics


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", torch.optim.Adagrad])
@pytest.mark.parametrize(
    ("schedule", "patience"), [("plateau", 1), ("cosine", 100), (None, 100)]
)
def test_the_critics_steps_keep_their_ratio(
    adversarial, rows, optimizer, schedule, patience
):
    settings = {"critic_lr": 0.5, "max_epochs": 20, "n_iter_no_change": patience}
    estimator = adversarial(optimizer=optimizer, lr_schedule=schedule, **settings)
    own, critics = step_sizes(estimator.fit(rows))
    assert critics == pytest.approx(0.5 * own)
    assert own < 1e-3 or schedule is None
    twin = pickle.loads(pickle.dumps(estimator)).set_params(lr=1e-2)
    own, critics = step_sizes(twin.partial_fit(rows))
    assert (own, critics) == (1e-2, pytest.approx(5e-3))


def test_smaller_steps_move_the_critic_less(adversarial, rows):
    def weights(critic_lr):
        critic = adversarial(critic_lr=critic_lr, early_stopping=False).fit(rows)
        return torch.cat([w.flatten() for w in critic.network_.critic.parameters()])

    start, slow, fast = (weights(critic_lr) for critic_lr in (1e-9, 0.01, 1.0))
    assert 0 < (slow - start).norm() < 0.1 * (fast - start).norm()


def test_the_critic_has_the_layers_it_is_told(adversarial, rows):
    estimator = adversarial(critic_hidden_layer_sizes=[7, 5]).fit(rows)
    shapes = [w.shape for w in estimator.network_.critic.parameters() if w.ndim == 2]
    assert shapes == [(7, 2), (5, 7), (1, 5)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_all_weights_have_the_same_precision(adversarial, rows, dtype):
    name = str(dtype).removeprefix("torch.")
    weights = adversarial(dtype=name).fit(rows).network_.critic.parameters()
    assert {weight.dtype for weight in weights} == {dtype}


def test_losses_of_training_and_validation_compare(adversarial, digits):
    settings = {"lr": 1e-9, "weight_decay": 0, "batch_size": 100}
    estimator = adversarial(**settings).fit(digits)
    np.testing.assert_allclose(
        estimator.loss_curve_, estimator.validation_loss_curve_, rtol=0.1
    )


def test_a_critic_that_wins_is_reported(rows):
    settings = FAST | {"max_epochs": 40, "early_stopping": False, "lr": 1e-2}
    ae = AdversarialAE(2, prior=far_away, adversarial_weight=0, **settings)
    remedy = "critic_lr=1.0; try a tenth.*adversarial_weight=0"
    with pytest.warns(ConvergenceWarning, match=f"AdversarialAE won.*{remedy}"):
        ae.fit(rows)
    assert ae.critic_accuracy_ > 0.98


def test_a_critic_of_dependent_units_that_wins_is_reported():
    t = np.random.RandomState(0).uniform(-1, 1, size=(300, 1))
    X = np.concatenate([t * w for w in range(1, 9)], 1)
    settings = FAST | {"max_epochs": 60, "early_stopping": False, "lr": 1e-2}
    settings |= {"scale": "standard", "batch_size": 100}
    vae = FactorVAE(8, gamma=0, skip=None, noise=0.01, **settings)
    with pytest.warns(
        ConvergenceWarning, match="FactorVAE won.*critic_lr=1.0.*gamma=0"
    ):
        vae.fit(X)


def far_away(n_codes, generator):
    """Draw from where no code is."""
    return 30 + torch.randn(n_codes, 2, generator=generator)
