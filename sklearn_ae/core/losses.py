"""Reconstruction errors: how far a decoder's output lies from its target."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from . import counts
from .signatures import require_takes
from .types import Self


def identity(output: Tensor) -> Tensor:
    """Return the decoder's output as it is."""
    return output


def identity_slope(mean: Tensor) -> tuple[Tensor, Tensor]:
    """Linearise the identity."""
    return mean, torch.ones_like(mean)


def accept(target: Tensor) -> None:
    """Accept any target."""


def require_range(target: Tensor, what: str, limit: float, remedy: str) -> None:
    """Raise ValueError for data below 0 or above a limit."""
    low, high = target.min().item(), target.max().item()
    if low < 0 or high > limit:
        allowed = f"in [0, {limit}]" if math.isfinite(limit) else "of at least 0"
        name, _, _ = what.partition("=")
        raise ValueError(
            f"{what} needs data {allowed}, but the scaled data lie in"
            f" [{low:.4g}, {high:.4g}]. Use {remedy}, or another {name}."
        )


def unit_interval(what: str) -> Callable[[Tensor], None]:
    """Make the check of a loss of data in [0, 1]."""
    return partial(require_range, what=what, limit=1, remedy="scale='minmax'")


REMEDY_FOR_COUNTS = "scale=None, if no value below 0 is in the data themselves"


def not_negative(what: str) -> Callable[[Tensor], None]:
    """Make the check of a loss of counts."""
    return partial(require_range, what=what, limit=math.inf, remedy=REMEDY_FOR_COUNTS)


@dataclass(frozen=True)
class Loss:
    """
    A reconstruction error and the link between the decoder's output and the data.

    Parameters
    ----------
    function : callable
        ``(output, target, reduction="mean" | "none") -> Tensor``, as the functions of
        ``torch.nn.functional``.
    link : callable
        Maps the decoder's output to (scaled) data.
    slope_at : callable
        ``mean -> (offset, slope)``: the output that stands for `mean`, and the change
        of output per change of data there. A linear path that starts at the principal
        components is brought to the output's units by them.
    check : callable
        Raises ValueError for targets the loss is not made for.
    scale : str or None
        What ``scale="auto"`` stands for.
    seen : callable
        What the encoder sees of the (scaled) data. `slope_at` takes the mean of that.
    gives_shares : bool
        Whether the link gives shares in the sum of the row, rather than data.
    skips_nan : bool
        Whether cells whose target is NaN do not count. It costs some time.
    varies : Tensor of shape (n_outputs,) or None
        Which columns of the target count: those that are not constant. None: all.
    """

    function: Callable[..., Tensor]
    link: Callable[[Tensor], Tensor] = identity
    slope_at: Callable[[Tensor], tuple[Tensor, Tensor]] = identity_slope
    check: Callable[[Tensor], None] = accept
    scale: str | None = "auto"
    seen: Callable[[Tensor], Tensor] = identity
    gives_shares: bool = False
    skips_nan: bool = False
    varies: Tensor | None = field(default=None, compare=False)

    def expected(self, output: Tensor, target: Tensor) -> Tensor:
        """Give the data that an output stands for, with the row sums of a target.

        Scaled data, that is: constant columns are 0.
        """
        data = self.link(output)
        if self.varies is not None:
            data = data.masked_fill(~self.varies, 0)
        return target.sum(1, keepdim=True) * data if self.gives_shares else data

    def mean(
        self, output: Tensor, target: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Average over the cells that count, each times its weight if it has one."""
        if weight is None and self.counts_all:
            return self.function(output, target)
        cells = self.cells(output, target)
        if weight is not None:
            cells = weight * cells
        if self.counts_all:
            return cells.mean()
        return cells.sum() / self.counted(target).sum().clamp_min(1)

    def per_row(self, output: Tensor, target: Tensor) -> Tensor:
        """Average over the features of each row."""
        cells = self.cells(output, target)
        if self.counts_all:
            return cells.mean(1)
        return cells.sum(1) / self.counted(target).sum(1).clamp_min(1)

    def cells(
        self, output: Tensor, target: Tensor, function: Callable | None = None
    ) -> Tensor:
        """Take the error of each cell, or another function of output and target."""
        function = function or self.function
        if self.counts_all:
            return function(output, target, reduction="none")
        ignored = ~self.counted(target)
        if self.skips_nan:
            # Masked only after the function, NaN would be left in the gradient.
            target = target.masked_fill(ignored, 0)
        return function(output, target, reduction="none").masked_fill(ignored, 0)

    @property
    def counts_all(self) -> bool:
        """Whether all cells count."""
        return self.varies is None and not self.skips_nan

    def counted(self, target: Tensor) -> Tensor:
        """Tell which cells of a target count, where not all do."""
        if not self.skips_nan:
            return self.varies.expand_as(target)
        observed = ~target.isnan()
        return observed if self.varies is None else observed & self.varies

    def n_columns(self, target: Tensor) -> int | Tensor:
        """Count the columns that count, one at least."""
        if self.varies is None:
            return target.shape[-1]
        return self.varies.sum().clamp_min(1)

    def column_mean(self, values: Tensor) -> Tensor:
        """Average a value of each column over those that count; 0 if none does."""
        if self.varies is None:
            return values.mean()
        return values[self.varies].sum() / self.n_columns(values)

    def counting(self, varies: Tensor | None) -> Self:
        """Give the same error, of the columns that vary alone; None: of all."""
        return replace(self, varies=varies)

    def skipping_nan(self) -> Self:
        """Give the same error, of the cells whose target is observed."""
        if self.gives_shares:
            raise ValueError(
                "'multinomial' needs rows without NaN, as their sums have to be known."
                " Use 'poisson', or fill the cells, by AEImputer for example."
            )
        return replace(self, skips_nan=True)


@dataclass(frozen=True)
class Elementwise:
    """A user's own ``(output, target) -> errors`` with the signature of torch's."""

    function: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, output, target, reduction="mean"):
        errors = self.function(output, target)
        is_tensor = isinstance(errors, Tensor)
        shape = tuple(errors.shape) if is_tensor else type(errors).__name__
        if shape != tuple(target.shape):
            raise ValueError(
                "A callable loss must return the error of each cell, a tensor of shape"
                f" {tuple(target.shape)}, but it returned {shape}. For a"
                " function of torch.nn.functional use functools.partial(function,"
                " reduction='none')."
            )
        return errors.mean() if reduction == "mean" else errors


def bernoulli_error(output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """
    Take the cross entropy of shares, `output` being the logit.

    For targets beyond [0, 1], where it would be unbounded below, it is that of the
    nearest share plus the distance to this.
    """
    share = target.clamp(0, 1)
    error = F.binary_cross_entropy_with_logits(output, share, reduction=reduction)
    beyond = (target - share).abs()
    return error + (beyond.mean() if reduction == "mean" else beyond)


def logit_slope(mean: Tensor) -> tuple[Tensor, Tensor]:
    """Linearise the logit around `mean`, kept away from 0 and 1 where it is steep."""
    p = mean.clamp(0.02, 0.98)
    return torch.logit(p), 1 / (p * (1 - p))


LOSSES = {
    "squared_error": Loss(F.mse_loss),
    "absolute_error": Loss(F.l1_loss),
    "binary_crossentropy": Loss(
        bernoulli_error,
        torch.sigmoid,
        logit_slope,
        unit_interval("loss='binary_crossentropy'"),
        scale=None,
    ),
    "poisson": Loss(
        counts.poisson_deviance,
        torch.exp,
        counts.log_counts_slope,
        not_negative("loss='poisson'"),
        scale=None,
        seen=counts.log_counts,
    ),
    "multinomial": Loss(
        counts.multinomial_deviance,
        counts.shares,
        counts.log_profile_slope,
        not_negative("loss='multinomial'"),
        scale=None,
        seen=counts.log_profile,
        gives_shares=True,
    ),
}


def resolve_loss(loss: str | Callable) -> Loss:
    """Give the `Loss` that an estimator's parameter ``loss`` stands for."""
    if isinstance(loss, str):
        return LOSSES[loss]
    if isinstance(loss, type):
        raise ValueError(
            f"The 'loss' parameter is the class {loss.__name__}: give an instance, such"
            f" as {loss.__name__}(reduction='none')."
        )
    require_takes(loss, "output, target", "loss")
    return Loss(Elementwise(loss))
