"""The adversarial autoencoder."""

from collections.abc import Callable
from numbers import Integral, Real

import torch
from torch import Tensor

from ..core.base import BaseAutoencoder
from ..core.fitting import MAX_SEED
from ..core.objective import Batch
from ..core.params import Interval, StrOptions, estimator, param
from ..core.sampling import PriorSampling, codes_of_some
from ..core.types import Network
from .critic import CriticParameters, shown_as
from .mmd import mmd
from .prior_draws import PRIORS, draw


@estimator
class AdversarialAE(PriorSampling, CriticParameters, BaseAutoencoder):
    r"""
    Adversarial autoencoder: codes that a critic cannot tell from draws of a prior.

    Encoder :math:`f` and decoder :math:`g` minimise
    :math:`\ell(x, g(f(x))) - w \log c(f(x))` while the critic :math:`c` learns to tell
    draws of the prior from codes [1]_. The decoder then turns draws of the prior into
    new rows: `sample`. Unlike a variational autoencoder it needs no density, so
    that any prior will do that can be drawn from, and codes carry no noise.

    See Also
    --------
    AE : Without a prior; `sample` fits a density to its codes.

    Notes
    -----
    Training seeks an equilibrium, not a minimum, and the critic changes its mind. So
    that epochs can be compared, recorded losses, by which early stopping goes, use the
    maximum mean discrepancy of codes and prior instead of the critic's judgement.

    References
    ----------
    .. [1] A. Makhzani, J. Shlens, N. Jaitly, I. Goodfellow and B. Frey, "Adversarial
       autoencoders", ICLR Workshop, 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import AdversarialAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> ae = AdversarialAE(n_components=8, max_epochs=10, random_state=0).fit(X)
    >>> ae.sample(3, random_state=0).shape
    (3, 64)
    >>> bool(abs(ae.transform(X).mean()) < 0.2)  # as the prior's
    True
    """

    prior: str | Callable[[int, torch.Generator], Tensor] = param(
        StrOptions(set(PRIORS)),
        callable,
        default="gaussian",
        doc="""\
        {"gaussian", "gaussian_mixture"} or callable
        What codes are to be distributed like. "gaussian" is standard normal;
        "gaussian_mixture" has `n_modes` Gaussians on a ring in the first two code
        units and is standard normal in the others. A callable maps (n_codes,
        generator), an int and a torch.Generator, to a tensor of shape (n_codes,
        n_components_) on the generator's device.""",
    )
    n_modes: int = param(
        Interval(Integral, 1, None, closed="left"),
        default=10,
        doc="""\
        int
        Number of Gaussians of ``prior="gaussian_mixture"``.""",
    )
    adversarial_weight: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.05,
        doc="""\
        float
        Weight of the critic's judgement beside the reconstruction error, *w*.""",
    )

    @staticmethod
    def objective(
        network: Network,
        batch: Batch,
        generator: torch.Generator,
        *,
        prior: str | Callable[[int, torch.Generator], Tensor],
        n_modes: int,
        adversarial_weight: float,
    ) -> Tensor:
        """Rebuild the target from a code that the critic takes for the prior's."""
        code = network.encode(batch.input)
        error = batch.error(network.decode(code))
        drawn = draw(prior, n_modes, code.shape, generator).to(code)
        value = error + adversarial_weight * mmd(code.detach(), drawn, "imq")
        if not network.training:
            return value
        critic = network.critic
        judgement = adversarial_weight * critic.code_loss(code)
        return shown_as(value, error + judgement + critic.loss(drawn, code))

    def _report(self, x):
        codes = codes_of_some(x, self.network_.encode)
        generator = torch.Generator(x.device).manual_seed(0)
        drawn = self._draw(codes.shape, generator).to(codes)
        self._report_critic(drawn, codes, "adversarial_weight")

    def _draw_codes(self, n_samples, random):
        generator = torch.Generator().manual_seed(random.randint(MAX_SEED))
        return self._draw((n_samples, self.n_components_), generator).numpy()

    def _draw(self, size, generator):
        # The prior of the training, whatever parameters say since.
        knobs = self.net_.module_.objective.keywords
        return draw(knobs["prior"], knobs["n_modes"], size, generator)
