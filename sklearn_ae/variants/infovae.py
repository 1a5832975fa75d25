"""The information maximising variational autoencoder."""

from numbers import Real

import torch
from torch import Tensor

from ..core.objective import Batch
from ..core.params import Interval, StrOptions, estimator, param
from .gaussians import standard_normal
from .mmd import KERNELS, mmd
from .posterior import Posterior
from .variational import VariationalAutoencoder


@estimator
class InfoVAE(VariationalAutoencoder):
    r"""
    InfoVAE: a VAE that draws the codes of all rows together towards the prior.

    A VAE draws each row's code to the prior, so that codes tell less about rows. Here
    that term is weighed down, and the maximum mean discrepancy between the codes of a
    batch and the prior is added [1]_; the encoder and the decoder minimise

    .. math:: -E_q \log p(x \mid z) + (1 - \alpha)\, KL(q(z \mid x) \,\|\, p(z)) +
        (\alpha + \lambda - 1)\, MMD(q(z), p(z)).

    With ``alpha=0`` it is a VAE with the discrepancy added, with ``alpha=1`` the
    MMD-VAE, which has no divergence term. `score_samples` and `log_likelihood` are
    those of a VAE: the discrepancy is no part of them.

    See Also
    --------
    VAE : Without the discrepancy.
    WassersteinAE : With codes that are points.

    References
    ----------
    .. [1] S. Zhao, J. Song and S. Ermon, "InfoVAE: Balancing learning and inference in
       variational autoencoders", AAAI Conference on Artificial Intelligence, 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import InfoVAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> vae = InfoVAE(n_components=8, alpha=1, max_epochs=5, random_state=0).fit(X)
    >>> vae.sample(10, random_state=0).shape
    (10, 64)
    """

    alpha: float = param(
        Interval(Real, None, 1, closed="right"),
        default=0.0,
        doc="""\
        float
        How much less the divergence of each row's codes from the prior weighs.""",
    )
    lambda_: float = param(
        Interval(Real, 0, None, closed="left"),
        default=100.0,
        doc="""\
        float
        At least ``1 - alpha``: the discrepancy of all codes together from the prior,
        which is at most 2, weighs ``alpha + lambda_ - 1``.""",
    )
    kernel: str = param(
        StrOptions(set(KERNELS)),
        default="imq",
        doc="""\
        {"imq", "gaussian"}
        Kernel of the discrepancy: an average of inverse multi-quadratics of several
        widths, or a Gaussian. Both are 1 at equal codes.""",
    )

    #: As many as in a batch: a few codes say little of their distribution.
    _n_together = 64

    def _validate_params(self):
        super()._validate_params()
        if self.alpha + self.lambda_ < 1:
            raise ValueError(
                f"The 'lambda_' parameter of {type(self).__name__} must be at least"
                f" 1 - alpha = {1 - self.alpha}: less would drive codes away from the"
                f" prior. Got {self.lambda_!r} instead."
            )

    @staticmethod
    def objective(
        network: Posterior,
        batch: Batch,
        generator: torch.Generator,
        *,
        alpha: float,
        lambda_: float,
        kernel: str,
    ) -> Tensor:
        """Give rows a high likelihood by codes that follow the prior all together."""
        q = network.posterior(batch.input)
        z = q.draw(generator)
        from_prior = standard_normal(z.shape, z, generator)
        return (
            network.surprise(batch, z).mean()
            + (1 - alpha) * network.divergence(q, z).mean()
            + (alpha + lambda_ - 1) * mmd(z, from_prior, kernel)
        )
