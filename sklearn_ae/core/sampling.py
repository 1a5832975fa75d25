"""Drawing new rows: codes from a density or a prior, decoded."""

import warnings
from collections.abc import Callable
from copy import copy
from functools import cached_property
from numbers import Integral

import numpy as np
import torch
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from .columns import at_a_time
from .reading import in_shape
from .types import Seed

#: A mixture needs no more codes ...
MAX_CODES = 10_000
#: ... and as many Gaussians as served the paper's digits and faces.
N_GAUSSIANS = 10


class DensitySampling:
    """Samples of an autoencoder whose codes follow whatever distribution they do."""

    def sample(self, n_samples: int = 1, random_state: Seed = None) -> np.ndarray:
        """
        Draw new rows that resemble the training data.

        Codes are drawn and decoded: from the prior where the codes are trained towards
        one, else from a mixture of ten Gaussians or fewer, which the first call fits to
        the codes of at most 10,000 rows of the last training (Ghosh et al., "From
        variational to deterministic autoencoders", ICLR 2020).

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState instance or None, default=None
            Seed of the draw. An int gives the same rows on every call.

        Returns
        -------
        ndarray of shape (n_samples, *output_shape_)
            Rows in the units of the training data.

        Raises
        ------
        ValueError
            If `n_samples` is less than 1.
        """
        check_is_fitted(self)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        random = check_random_state(random_state)
        rows = self._codec.decode(self._draw_codes(n_samples, random))
        return in_shape(rows, self.output_shape_)

    def _draw_codes(self, n_samples, random):
        return self._code_density.draw(n_samples, random)

    def _remember_codes(self, x, seed):
        """Keep what `sample` needs of the training rows."""
        codes = codes_of_some(x, self.network_.encode)
        self._code_density = CodeDensity(codes.to("cpu", x.dtype).numpy(), seed)


class PriorSampling:
    """Samples of an autoencoder that has ``_draw_codes``, from a prior of its own."""

    def _remember_codes(self, x, seed):
        """Keep nothing."""


class CodeDensity:
    """
    The distribution of some codes, a mixture of Gaussians that is fitted when needed.

    Parameters
    ----------
    codes : ndarray of shape (n_codes, n_components)
        The codes.
    seed : int
        Of the fit.
    """

    def __init__(self, codes: np.ndarray, seed: int):
        self.codes, self.seed = codes, seed

    def __getstate__(self):
        # A mixture needs its codes no more, which tell much of the training rows.
        known = {"codes": None} if "mixture" in vars(self) else {}
        return vars(self) | known

    def draw(self, n_codes: int, random: np.random.RandomState) -> np.ndarray:
        """Draw new codes, in random order."""
        mixture = copy(self.mixture).set_params(random_state=random)
        codes, _ = mixture.sample(n_codes)
        center, spread = self._location
        return center + spread * random.permutation(codes)

    @cached_property
    def mixture(self) -> BaseEstimator:
        """The mixture, of the codes in units of their own spread."""
        # Here, as few draw samples and it takes long to import.
        from sklearn.mixture import GaussianMixture

        center, spread = self._location
        codes = (self.codes - center) / (spread or 1)
        n_codes, width = codes.shape
        mixture = GaussianMixture(
            # Fewer where a covariance would have more entries than it sees codes.
            min(N_GAUSSIANS, max(1, n_codes // (20 + 2 * width))),
            tol=0.01,
            init_params="k-means++",
            random_state=self.seed,
        )
        dispatch = config_context(array_api_dispatch=False)  # it knows no k-means++
        tiny = np.errstate(under="ignore")  # weights of components far away
        with dispatch, tiny, warnings.catch_warnings():
            # One that has not quite converged serves as well.
            warnings.simplefilter("ignore", ConvergenceWarning)
            return mixture.fit(codes if n_codes > 1 else np.repeat(codes, 2, 0))

    @cached_property
    def _location(self) -> tuple[np.ndarray, float]:
        codes = self.codes.astype(np.float64)
        return codes.mean(0), codes.std(0).max()


@torch.inference_mode()
def codes_of_some(x: Tensor, encode: Callable[[Tensor], Tensor]) -> Tensor:
    """Encode at most `MAX_CODES` rows, drawn at random."""
    few = np.random.RandomState(0).permutation(len(x))[:MAX_CODES]
    index = torch.from_numpy(few).to(x.device)
    return torch.cat([encode(x[rows]) for rows in index.split(at_a_time(x.shape[1]))])
