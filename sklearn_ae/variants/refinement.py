"""Posteriors that are better than the encoder's: each row's own, found by gradients."""

import torch

from ..core.objective import Batch
from .gaussians import Normal, standard_normal
from .posterior import Posterior

#: The first step in means and log variances; the last is nearly zero.
STEP = 0.05


def refined(network: Posterior, batch: Batch, q: Normal, n_steps: int) -> Normal:
    """
    Climb the evidence lower bound of each row (Kim et al., 2018).

    Rows do not see one another, and all use the same draws: a row's posterior is the
    same in any company.

    Parameters
    ----------
    network : Posterior
        Decodes; it stays as it is.
    batch : Batch
        The rows.
    q : Normal
        Where to start: what the encoder says.
    n_steps : int
        Number of Adam's steps.

    Returns
    -------
    Normal
        The posteriors found.
    """
    if n_steps == 0:
        return q
    # Prediction is without gradients; its tensors cannot take part in any.
    with torch.inference_mode(False), torch.enable_grad():
        batch = batch._replace(target=batch.target.clone())
        mean, log_variance = (part.clone().requires_grad_() for part in q)
        # Not the draws by which rows are scored afterwards, `fixed_draws`.
        generator = torch.Generator("cpu").manual_seed(1)
        # The large eps keeps posteriors in place whose gradients are but rounding.
        optimizer = torch.optim.Adam([mean, log_variance], lr=STEP, eps=1e-2)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, n_steps)
        for _ in range(n_steps):
            half = standard_normal((1, 1, mean.shape[1]), mean, generator)
            eps = torch.cat([half, -half])
            q, held = Normal(mean, log_variance), Normal(mean.data, log_variance.data)
            # Only what the codes do counts, not the density they are drawn from, whose
            # gradient is noise around zero (Roeder et al., 2017).
            from_held = (q.at(eps) - held.mean) / held.std
            bounds = network.log_weights(batch, held, from_held)
            surprise = -bounds.mean(0).sum()
            mean.grad, log_variance.grad = torch.autograd.grad(
                surprise, (mean, log_variance)
            )
            optimizer.step()
            schedule.step()
        return Normal(mean.detach(), log_variance.detach())
