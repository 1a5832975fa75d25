"""AdamW with little to do besides, for networks that take a step in no time."""

from collections.abc import Callable
from operator import is_
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..threads import sharing


class Found(NamedTuple):
    """What a step needs of some weights, in their order."""

    weights: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]
    #: Each weight counts its own steps, but one addition to all of these reaches them.
    all_steps: Tensor
    steps: list[Tensor]
    #: Of the first weight: another one if somebody has put the optimiser back.
    state: dict[str, Tensor]


class AdamW(torch.optim.AdamW):
    """
    torch's fused AdamW, which looks for its tensors once instead of at every step.

    In small networks torch takes longer to collect them, and to count the steps of each
    weight, than to take a step. The weights are the same, bit for bit.
    """

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Take the loss by the closure, if there is one, and make a step."""
        if not all(map(is_plain, self.param_groups)):
            return super().step(closure)
        with torch.enable_grad():
            loss = closure() if closure else None
        for i, group in enumerate(self.param_groups):
            if weights := [w for w in group["params"] if w.grad is not None]:
                move(self._find(i, weights), group)
        return loss

    def _find(self, i, weights):
        """Give what belongs to these weights of a group: the same as before, mostly."""
        # Not made at the start: copies and pickles are given the state alone.
        known = self.__dict__.setdefault("_found", {})
        if i not in known or not self._still_holds(known[i], weights):
            known[i] = self._collect(weights)
        return known[i]

    def _still_holds(self, found, weights):
        return (
            len(weights) == len(found.weights)
            and all(map(is_, weights, found.weights))
            and self.state.get(weights[0]) is found.state
        )

    def _collect(self, weights):
        states = [self.state[w] for w in weights]
        for w, state in zip(weights, states, strict=True):
            if not state:
                state["step"] = torch.zeros((), dtype=torch.float32, device=w.device)
                state["exp_avg"] = torch.zeros_like(w)
                state["exp_avg_sq"] = torch.zeros_like(w)
        all_steps = torch.stack([state["step"] for state in states])
        steps = list(all_steps.unbind())
        for state, step in zip(states, steps, strict=True):
            state["step"] = step
        means = [state["exp_avg"] for state in states]
        squares = [state["exp_avg_sq"] for state in states]
        return Found(weights, means, squares, all_steps, steps, states[0])


@torch.no_grad()
def move(found: Found, settings: dict[str, Any]) -> None:
    """Move weights a step against their gradients."""
    found.all_steps.add_(1)
    beta1, beta2 = settings["betas"]
    # Cut at multiples of a cache line: the same for any number of threads.
    with sharing():
        torch._fused_adamw_(
            found.weights,
            [w.grad for w in found.weights],
            found.means,
            found.squares,
            [],
            found.steps,
            lr=settings["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=settings["weight_decay"],
            eps=settings["eps"],
            amsgrad=False,
            maximize=settings["maximize"],
            grad_scale=None,
            found_inf=None,
        )


def is_plain(group: dict[str, Any]) -> bool:
    """Whether a group's weights are moved by what torch has for it in one piece."""
    return group["fused"] and not group["amsgrad"]
