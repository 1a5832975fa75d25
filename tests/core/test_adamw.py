"""The lean AdamW makes torch's steps, whatever happens between them."""

import copy
import pickle
from collections import defaultdict

import pytest
import torch

from sklearn_ae.core.training.adamw import AdamW


class Fit:
    """A small fit by an optimiser: three groups of weights, one of them alone."""

    def __init__(self, cls, **settings):
        drawn_by = torch.Generator().manual_seed(0)
        shapes = (4, 3), (3,), (5, 4), (1,)
        self.weights = [
            torch.nn.Parameter(torch.randn(shape, generator=drawn_by))
            for shape in shapes
        ]
        first, second, third, last = self.weights
        groups = [
            {"params": [first, second]},
            {"params": [third], "weight_decay": 0.5, "lr": 0.3},
            {"params": [last]},
        ]
        self.optimizer = cls(groups, lr=0.1, fused=True, **settings)

    def step(self, n=1, without=()):
        for _ in range(n):
            for i, weight in enumerate(self.weights):
                weight.grad = None if i in without else (weight - i).detach()
            self.optimizer.step()

    def save_and_load(self):
        state = pickle.loads(pickle.dumps(self.optimizer.state_dict()))
        self.optimizer.load_state_dict(state)

    def copy(self):
        self.weights, self.optimizer = copy.deepcopy((self.weights, self.optimizer))

    def forget(self):
        self.optimizer.state = defaultdict(dict)

    def clear(self):
        self.optimizer.state.clear()

    def slow_down(self):
        for group in self.optimizer.param_groups:
            group["lr"] /= 2

    def add_group(self):
        self.weights.append(torch.nn.Parameter(torch.ones(2)))
        self.optimizer.add_param_group({"params": [self.weights[-1]]})

    def skip(self):
        self.step(2, without=[0, 2])
        self.step(2, without=[1, 3])

    def by_torch(self):
        torch.optim.AdamW.step(self.optimizer)


BETWEEN = ["save_and_load", "copy", "forget", "clear", "slow_down", "add_group", "skip"]


@pytest.mark.parametrize("settings", [{}, {"amsgrad": True}, {"maximize": True}])
@pytest.mark.parametrize("between", [*BETWEEN, "by_torch"])
def test_steps_are_torchs_bit_by_bit(between, settings):
    fits = Fit(torch.optim.AdamW, **settings), Fit(AdamW, **settings)
    for fit in fits:
        fit.step(3)
        getattr(fit, between)()
        fit.step(3)
    for expected, weight in zip(*(fit.weights for fit in fits), strict=True):
        assert torch.equal(weight, expected)
    for expected, state in zip(
        *(fit.optimizer.state_dict()["state"].values() for fit in fits), strict=True
    ):
        assert state.keys() == expected.keys()
        assert all(torch.equal(state[name], expected[name]) for name in state)


def test_a_step_gives_the_loss_of_its_closure():
    fit = Fit(AdamW)

    @torch.no_grad()
    def step():
        return fit.optimizer.step(closure)

    def closure():
        loss = sum(weight.square().sum() for weight in fit.weights)
        loss.backward()
        return loss

    before = sum(weight.square().sum().item() for weight in fit.weights)
    assert step().item() == pytest.approx(before)
    assert closure().item() < before


def test_hooks_are_called_once_a_step():
    fit, calls = Fit(AdamW), []
    fit.optimizer.register_step_post_hook(lambda *_: calls.append(1))
    fit.step(3)
    assert len(calls) == 3
