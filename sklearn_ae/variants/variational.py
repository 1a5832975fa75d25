"""What the variational autoencoders share: all but the objective."""

import math
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from ..core.codec import given
from ..core.columns import CHUNK
from ..core.contract import AutoencoderContract
from ..core.fitting import MAX_SEED
from ..core.missing import mean_filled
from ..core.objective import Batch
from ..core.params import Interval, StrOptions, estimator, param
from ..core.principal import Principal, regression
from ..core.sampling import PriorSampling
from ..core.shared_params import NetworkParameters
from ..core.sparse import mapped
from ..core.types import Network, Seed, Table
from ..core.warn import warn_user
from ..networks.linear import Linear
from ..priors import Prior, StandardNormal, require_draws
from .gaussians import log_standard_normal, standard_normal
from .likelihoods import LIKELIHOODS, Likelihood
from .posterior import Posterior, fixed_draws
from .refinement import refined

#: `score_samples` averages over twice as many codes a row.
N_PAIRS = 8
#: `draw_missing` chooses among so many codes a row, for so many draws at most.
N_PROPOSALS, N_TOGETHER = 64, 16
#: ... every second from one with so many times the posterior's standard deviations.
WIDER = 2


@estimator
class VariationalAutoencoder(PriorSampling, AutoencoderContract, NetworkParameters):
    """
    Base of the autoencoders whose codes are distributions.

    A variant adds its `objective`, in nats a row.
    """

    _attribute_docs = """
    active_units_ : int
        Number of code units that carry more than 0.01 nats about a row, on average
        over the training rows. The others have collapsed: they follow the prior."""

    #: Of the codes; a parameter of some variants.
    prior = "normal"
    _encoder_outputs = 2

    likelihood: str = param(
        StrOptions(set(LIKELIHOODS)),
        default="gaussian",
        doc="""\
        {"gaussian", "bernoulli", "continuous_bernoulli", "poisson", "multinomial"}
        How rows scatter around what the decoder gives. "bernoulli" is for zeros and
        ones, and by custom for gray values in [0, 1], for which "continuous_bernoulli"
        is a proper density; "poisson" is for counts, "multinomial" for counts whose sum
        in a row says nothing, as of words or purchases: reconstructions are the shares
        of the columns then. With ``scale="auto"`` the data are brought to [0, 1] for
        the Bernoullis, by one common range if the columns share a unit, and are not
        scaled for counts.""",
    )
    noise: str | float = param(
        StrOptions({"learnt"}),
        Interval(Real, 0, None, closed="neither"),
        default="learnt",
        doc="""\
        "learnt" or float
        Standard deviation of the "gaussian" likelihood, the same for all columns, in
        scaled units. The larger it is, the less a code has to tell.""",
    )

    @staticmethod
    def equip(
        network: Network,
        n_features: int,
        n_components: int,
        *,
        likelihood: str,
        noise: str | float,
        prior: Any,
    ) -> nn.Module:
        """Let the encoder give a distribution; add the noise and the prior."""
        observed = LIKELIHOODS[likelihood]
        noise = noise if observed.has_noise else 1.0
        if prior == "normal":
            made = StandardNormal()
        else:
            made = prior.build(n_features, n_components)
        if not isinstance(made, Prior):
            raise ValueError(
                "The 'prior' parameter must be 'normal', or build a"
                f" sklearn_ae.priors.Prior. Got {made!r} instead."
            )
        return Posterior(network, n_components, made, noise)

    def posterior(
        self, X: Table, *, target: Table | None = None, n_refinements: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """
        Give the distributions of the codes: normal, of independent units.

        The encoder answers for all rows at once, and less well for rows that it was not
        trained on. Gradients can find the best distribution for each row by itself, at
        the cost of two passes through the decoder a step (Kim, Wiseman, Miller,
        Sontag and Rush, "Semi-amortized variational autoencoders", ICML 2018).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.
        target : {array-like, sparse matrix} of shape (n_samples, n_outputs), \
            default=None
            What the decoder is to give; needed for refinements if `fit` was given one.
            None: `X`.
        n_refinements : int, default=0
            Steps from what the encoder says towards the best distribution of each row;
            50 do in most cases.

        Returns
        -------
        mean : ndarray of shape (n_samples, n_components_)
            What `transform` returns, if not refined.
        std : ndarray of shape (n_samples, n_components_)
            Standard deviations.

        Raises
        ------
        ValueError
            If `n_refinements` is negative, or `X` is not a numeric table with the
            features seen during fit.
        """
        tables = self._seen_tables(X, target) if n_refinements else [self._seen(X)]
        both = self._map_posterior(
            lambda batch, q: torch.cat([q.mean, q.std], 1), n_refinements, *tables
        )
        return both[:, : self.n_components_], both[:, self.n_components_ :]

    def score_samples(
        self, X: Table, *, target: Table | None = None, n_refinements: int = 0
    ) -> np.ndarray:
        """
        Score each row by its evidence lower bound: the higher, the more typical.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.
        target : {array-like, sparse matrix} of shape (n_samples, n_outputs), \
            default=None
            What the decoder is to give; needed if `fit` was given one. None: `X`.
        n_refinements : int, default=0
            Steps by which each row's `posterior` is refined beforehand, so
            that the bound becomes tighter.

        Returns
        -------
        ndarray of shape (n_samples,)
            Lower bound of the log-likelihood of the scaled row, in nats, averaged over
            16 codes that are the same draws for every row and every call.

        Raises
        ------
        ValueError
            If `n_refinements` is negative, or `X` is not a numeric table with the
            features seen during fit.
        """
        return self._weigh(
            X,
            target,
            n_refinements,
            lambda x: fixed_draws(N_PAIRS, self.n_components_, x).split(1),
            lambda log_weights: log_weights.mean(0),
        )

    def log_likelihood(
        self,
        X: Table,
        n_draws: int = 100,
        random_state: Seed = None,
        *,
        target: Table | None = None,
        n_refinements: int = 0,
    ) -> np.ndarray:
        """
        Bound the log-likelihood of each row by importance sampling (IWAE).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows in the units of the training data.
        n_draws : int, default=100
            Codes drawn for each row. The bound rises to the log-likelihood with them.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.
        target : {array-like, sparse matrix} of shape (n_samples, n_outputs), \
            default=None
            What the decoder is to give; needed if `fit` was given one. None: `X`.
        n_refinements : int, default=0
            Steps by which each row's `posterior` is refined beforehand: fewer draws do.

        Returns
        -------
        ndarray of shape (n_samples,)
            Log-likelihood of the scaled rows, in nats, or a little less.

        Raises
        ------
        ValueError
            If `n_draws` is less than 1, `n_refinements` is negative, or `X` is not a
            numeric table with the features seen during fit.
        """
        check_is_fitted(self)
        check_scalar(n_draws, "n_draws", Integral, min_val=1)
        generator = self._generator(random_state)
        return self._weigh(
            X,
            target,
            n_refinements,
            lambda x: (
                standard_normal((1, len(x), self.n_components_), x, generator)
                for _ in range(n_draws)
            ),
            lambda log_weights: log_weights.logsumexp(0) - math.log(n_draws),
        )

    def draw_missing(
        self, X: Table, n_draws: int = 1, random_state: Seed = None
    ) -> np.ndarray:
        """
        Draw what rows may be, given their observed cells.

        Of 64 codes, half of them from a row's posterior and half from one with twice
        its standard deviations, one is taken by importance, and an observation is drawn
        from what it is decoded to, as in MIWAE (Mattei and Frellsen, "MIWAE: Deep
        generative modelling and imputation of incomplete data sets", ICML 2019). Up to
        16 draws of a row choose among the same 64.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows in the units of the training data; NaN marks missing cells.
        n_draws : int, default=1
            Number of draws for each row.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        ndarray of shape (n_draws, n_samples, n_features)
            Rows in the units of the training data, in which observed cells are drawn
            too.

        Raises
        ------
        ValueError
            If `n_draws` is less than 1, `X` is not a table with the features seen
            during fit, or holds values whose likelihood no precision holds, or there
            are no cells of `X` to draw: by the "multinomial" likelihood, or after a fit
            with a `target`.
        """
        check_is_fitted(self)
        if self.target_scaling_ is not None:
            raise ValueError(
                f"This {type(self).__name__} was fitted with a target of its own and"
                " draws nothing of X: fit it without the 'target' parameter."
            )
        tables = self._seen_tables(X, None)
        check_scalar(n_draws, "n_draws", Integral, min_val=1)
        generator = self._generator(random_state)
        network, codec = self.network_, self._codec
        require_cells(codec.loss)

        def draw(batch, q):
            starts = range(0, n_draws, N_TOGETHER)
            numbers = [min(N_TOGETHER, n_draws - start) for start in starts]
            return torch.cat([draw_some(batch, q, n) for n in numbers], 1)

        def draw_some(batch, q, n):
            size = (N_PROPOSALS, *q.mean.shape)
            eps = standard_normal(size, q.mean, generator)
            # Without some cells the posterior is wider than an encoder may know.
            eps[1::2] *= WIDER
            narrow, wide = log_standard_normal(eps), log_standard_normal(eps / WIDER)
            both = narrow.logaddexp(wide - q.mean.shape[1] * math.log(WIDER))
            weights = network.log_weights(batch, q, eps) + narrow - both
            importance = weights.softmax(0)
            if not importance.isfinite().all():  # by which nothing can be drawn
                raise codec.too_far()
            index = torch.multinomial(
                importance.T, n, replacement=True, generator=generator
            )
            z = q.at(eps).transpose(0, 1)
            z = z.gather(1, index[..., None].expand(-1, -1, z.shape[-1]))
            output = network.decode(z.flatten(0, 1))
            drawn = batch.loss.draw(output, network.log_noise, generator)
            return drawn.unflatten(0, z.shape[:2])

        rows = self._map_posterior(draw, 0, *tables)
        flat = codec.target_scaling.undo(rows.reshape(-1, rows.shape[-1]))
        return flat.reshape(rows.shape).swapaxes(0, 1)

    @torch.no_grad()
    def _draw_codes(self, n_samples, random):
        network = self.network_.eval()
        like = next(network.parameters()).new_empty(n_samples, self.n_components_)
        codes = network.prior.draw(like, network.posterior, self._generator(random))
        return codes.cpu().numpy()

    def _generator(self, random_state):
        seed = check_random_state(random_state).randint(MAX_SEED)
        device = next(self.network_.parameters()).device
        return torch.Generator(device).manual_seed(seed)

    def _weigh(self, X, target, n_refinements, draws, average):
        """Average the log importance weights of each row's codes."""

        def weigh(batch, q):
            weights = [
                self.network_.log_weights(batch, q, eps) for eps in draws(batch.input)
            ]
            return average(torch.cat(weights))

        tables = self._seen_tables(X, target)
        return self._map_posterior(weigh, n_refinements, *tables)

    def _map_posterior(self, function, n_refinements, *tables):
        """Apply a function of rows and their posteriors, chunk by chunk."""
        check_scalar(n_refinements, "n_refinements", Integral, min_val=0)
        codec, network = self._codec, self.network_
        loss = codec.loss_for(tables)

        def apply(*pair):
            x, target = codec.scaled_pair(*pair)
            batch = Batch(x, target, loss)
            q = refined(network, batch, network.posterior(x), n_refinements)
            return function(batch, q)

        return codec.map_rows(apply, *tables)

    def _seen_tables(self, X, target):
        return given(*self._seen_pairs(X, target))

    def _loss(self):
        return LIKELIHOODS[self.likelihood]

    def _may_replace(self, first, again):
        return True  # a density has no unit of which a share could be taken

    def _start_network(self, network, data, find, loss, seed):
        super()._start_network(network, data, find, loss, seed)
        network.prior.start_from(mean_filled(data["input"]), seed)
        like = next(network.parameters()).new_empty(2, self.n_components_)
        require_draws(network.prior, like, network.posterior)
        wanted = mean_filled(data.get("target", data["input"]))
        variances = wanted.var(0, correction=0).double()
        spread = loss.column_mean(variances).sqrt().item()
        network.start_noise(spread, spread)
        paths = (part for part in network.modules() if isinstance(part, Linear))
        if path := next(paths, None):
            mean, kept, total = explained(data, find(), loss, self.n_components_)
            n_left = max(int(loss.n_columns(mean)) - len(kept), 1)
            discarded = (total - kept.sum()) / n_left
            network.start_noise(spread, discarded.clamp_min(0).sqrt().item())
            noise = None
            if not loss.has_noise:
                noise = loss.column_mean(loss.variance_at(mean))
            network.start_as_ppca(path, kept, noise)

    def _report(self, x):
        self.active_units_ = self.network_.count_active(x)
        x = mean_filled(x)
        varies = any((rows != x[:1]).any() for rows in x.split(CHUNK))
        if self.active_units_ == 0 and varies:
            warn_user(
                f"All {self.n_components_} code units of {type(self).__name__}"
                " collapsed: the codes tell nothing about the rows. Weigh the"
                " divergence from the prior less (a smaller beta, where there is one,"
                " or a kl_warmup of some epochs), or set the noise to a smaller value.",
                ConvergenceWarning,
            )


def require_cells(likelihood: Likelihood) -> None:
    """Refuse a likelihood that cannot draw single cells."""
    if likelihood.draw is None:
        raise ValueError(
            "likelihood='multinomial' is of rows: no cells can be drawn by themselves."
            " Use another likelihood."
        )


def explained(
    data: dict[str, Tensor],
    components: Principal,
    loss: Likelihood,
    n_components: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Give the target's mean, as the encoder sees it, and how much variance it has.

    The variance that each of the first components explains, and the total variance.
    """
    kept = components.variances[:n_components]
    if "target" not in data:
        return components.mean, kept, components.total
    x, target = (mapped(loss.seen, data[k]) for k in ("input", "target"))
    mean, loadings = regression(target, x, components, len(kept))
    total = mean_filled(target).var(0, correction=0).double().sum()
    return mean, loadings.square().sum(1).clamp_min(1e-300), total
