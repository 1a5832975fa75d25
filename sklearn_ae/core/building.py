"""From scaled rows to a network that starts at their principal components."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from numbers import Integral

from torch import Tensor, nn

from ..networks.read import Read
from .assembly import build_network, rehearse, width
from .losses import Loss, identity
from .params import knobs
from .principal import Principal, regression
from .reading import Reading, width_or_shape
from .scaling import fit_scaling, warn_of_rounding
from .sparse import mapped
from .streams import seeded
from .types import Network, overridden

#: What torch says of networks that do not fit into memory.
TOO_LARGE = (
    "allocate memory",
    "out of memory",
    "size calculation overflow",
    "Overflow when unpacking",
)


class Building(Reading):
    """How data are scaled and a network is built for them; a variant may equip it."""

    #: Values that the encoder gives for each code unit: a posterior has two.
    _encoder_outputs = 1

    @staticmethod
    @overridden
    def equip(network: Network, n_features: int, n_components: int) -> nn.Module:
        """
        Add to a network what the objective needs besides encoder and decoder.

        Like `objective` it may have hyperparameters of the variant as keyword-only
        arguments.

        Parameters
        ----------
        network : torch.nn.Module
            With ``encode`` and ``decode``.
        n_features, n_components : int
            Width of the data and of the code.

        Returns
        -------
        torch.nn.Module
            The same or one around it, with ``encode``, whose result `transform` gives,
            and ``decode``.
        """
        return network

    def _scale(self):
        """Give the parameter ``scale``, or what "auto" stands for with this loss."""
        return self._loss().scale if self.scale == "auto" else self.scale

    def _rule_for(self, X):
        """Give what ``scale`` stands for with this table."""
        return self._scale()

    def _fit_scaling(self, X, rule, shape):
        """Find by a rule how to scale a table's columns, whose rows had that shape."""
        if rule is None and self.dtype == "float32":
            # For losses that "auto" does not scale, as of counts, it is no remedy.
            scaled_by_auto = self._loss().scale is not None
            warn_of_rounding(X, "scale='auto', or " if scaled_by_auto else "")
        units = self._said_of_network("units", None)
        if units is not None:
            units = units(width_or_shape(self.input_shape_), width_or_shape(shape))
        return fit_scaling(X, rule, units)

    def _width(self, find):
        """Give the code's width: the user's, or the network's own, or by a share."""
        if isinstance(self.n_components, Integral):
            return int(self.n_components)
        own = self._said_of_network("default_n_components", None)
        if self.n_components is None and own is not None:
            return own(width_or_shape(self.input_shape_))
        return find().width_for(self.n_components)

    def _make_network(self, data, find, loss, seed):
        """Build the network and equip it, with the weights that the seed gives."""
        x = data["input"]
        widths = x.shape[1], self.n_components_
        gaussian = find().gaussian if self._reads_nan else None

        def build():
            network = seeing(self._build(self.n_components_, gaussian), loss.seen)
            return self._equipped(network, *widths, x.dtype)

        with memory_for(*widths):
            return seeded(seed, build).to(x.device, x.dtype)

    def _start_network(self, network, data, find, loss, seed):
        """Start a network at the principal components of the rows."""
        paths = (part for part in network.modules() if hasattr(part, "start_at"))
        path = next(paths, None)
        if path is not None:
            path.start_at(*start_of_path(data, find(), loss, self.n_components_))

    def _build(self, n_components, gaussian):
        return build_network(
            self._specification(),
            width_or_shape(self.input_shape_),
            n_components,
            self._encoder_outputs * n_components,
            self.skip,
            width_or_shape(self.output_shape_),
            gaussian,
        )

    def _equipped(self, network, n_features, n_components, dtype):
        """Equip a network, and try what comes of it on two rows."""
        # A module of the user's may have another precision, or lie elsewhere.
        network.to("cpu", dtype)
        equipped = self._bound("equip")(network, n_features, n_components)
        name = f"{type(self).__name__}.equip"
        if not isinstance(equipped, nn.Module):
            raise TypeError(
                f"{name} must return the network, or a module around it, but returned"
                f" {equipped!r}."
            )
        equipped.to("cpu", dtype)
        widths = n_components, n_components, width(self.output_shape_)
        try:
            rehearse(equipped, n_features, *widths, " Let it give the code alone.")
        except ValueError as error:
            raise ValueError(f"What {name} returns does not serve: {error}") from error
        return equipped

    def _bound(self, name):
        """Bind one of the variant's functions to the hyperparameters it asks for."""
        return partial(getattr(type(self), name), **knobs(self, name))


def start_of_path(
    data: dict[str, Tensor], components: Principal, loss: Loss, n_axes: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Give what `networks.linear.Linear.start_at` takes, in units of the output."""
    center, deviations = components.mean, components.variances[:n_axes, None].sqrt()
    loadings = components.axes[:n_axes] * deviations
    if "target" in data:
        x, target = (mapped(loss.seen, data[k]) for k in ("input", "target"))
        center, loadings = regression(target, x, components, n_axes)
    offset, slope = loss.slope_at(center)
    return components.mean, components.whitening(n_axes), offset, loadings * slope


@contextmanager
def memory_for(n_features: int, n_components: int) -> Iterator[None]:
    """Name the parameter if a network does not fit into memory."""
    try:
        yield
    except (RuntimeError, TypeError) as error:
        if not any(said in str(error) for said in TOO_LARGE):
            raise
        raise ValueError(
            "The network does not fit into memory: the 'n_components' parameter is"
            f" {n_components}, and rows have {n_features} numbers. Take fewer"
            " components, or narrower layers."
        ) from error


def seeing(network: Network, seen: Callable[[Tensor], Tensor]) -> nn.Module:
    """Let a network's encoder see what the loss says, unless that is the rows."""
    return network if seen is identity else Read(network, seen)
