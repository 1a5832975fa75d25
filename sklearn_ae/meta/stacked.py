"""The stacked autoencoder: layers trained one by one, then together."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from torch import nn

from ..core.contract import AutoencoderContract
from ..core.fitting import MAX_SEED
from ..core.losses import Loss, identity
from ..core.params import HasMethods, StrOptions, estimator, param, shared_param
from ..core.reading import width_or_shape
from ..core.shared_params import LossParameters, TrainingParameters, dense_or_given
from ..networks.dense import Dense
from ..networks.unrolled import Layer, Unrolled
from ..variants.plain import AE


@estimator
class StackedAE(AutoencoderContract, LossParameters):
    r"""
    Stacked autoencoder: each layer is trained on the codes of the one below.

    Greedy pretraining first: a layer is an autoencoder of its own, fitted to the codes
    that the former layers give without noise. Then the layers are unrolled, all
    encoders upwards and all decoders downwards, to one deep network, which is trained
    as a whole [1]_. Denoising layers make it a stacked denoising autoencoder [2]_,
    restricted Boltzmann machines a deep belief network.

    What a prototype leaves open, the stack decides. One with ``network="dense"`` and
    ``hidden_layer_sizes="auto"`` becomes a layer as in these papers: its encoder is one
    linear map, followed by `activation` (by nothing in the last layer), its decoder one
    linear map back (the same, transposed, if `tied`), followed by the activation of the
    layer below; there is no linear path, and codes are taken as they are. With
    ``network=networks.Conv(...)`` of the stack each block of convolutions is a layer
    [3]_, and a linear map to the code the last one, if `n_components` is given. With
    ``loss="binary_crossentropy"`` the logistic function stands in the place of the
    decoder's activation, and the prototype's `scale` holds. Other prototypes choose
    their own network and scaling.

    `loss` and `scale` of the stack are those of the first layer, `dtype` and `device`
    those of all layers. `max_epochs`, `lr` and whatever else is said of training are
    those of the whole network, and of its layers only with ``layer=None``. Sparse
    tables are not taken.

    See Also
    --------
    AE : Trained as a whole from the start.
    RBM : Layers of a deep belief network.

    References
    ----------
    .. [1] G. Hinton and R. Salakhutdinov, "Reducing the dimensionality of data with
       neural networks", Science, 2006.
    .. [2] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, "Stacked
       denoising autoencoders: Learning useful representations in a deep network with a
       local denoising criterion", Journal of Machine Learning Research, 2010.
    .. [3] J. Masci, U. Meier, D. Ciresan and J. Schmidhuber, "Stacked convolutional
       auto-encoders for hierarchical feature extraction", International Conference on
       Artificial Neural Networks, 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_ae import DenoisingAE, StackedAE
    >>> X, _ = load_digits(return_X_y=True)
    >>> layer = DenoisingAE(noise="masking", noise_level=0.25, max_epochs=10)
    >>> stack = StackedAE(
    ...     8, layer=layer, hidden_layer_sizes=(64, 32), max_epochs=10, random_state=0
    ... )
    >>> stack.fit_transform(X).shape
    (1797, 8)
    >>> len(stack.layers_)
    3
    """

    _attribute_docs = """\
    layers_ : list of torch.nn.Module
        Layers of `network_`, from the data to the code: ``encode`` gives a layer's
        codes from those below, ``decode`` the ones below from its own."""

    layer: AutoencoderContract | Sequence[AutoencoderContract] | None = param(
        AutoencoderContract,
        list,
        tuple,
        None,
        default=None,
        doc="""\
        autoencoder, list of autoencoders or None
        Prototype of all layers, or a prototype for each, the last for the code; they
        are cloned. None is an `AE` with the stack's own training parameters, except
        `callbacks`.""",
    )
    network: Any = param(
        StrOptions({"dense"}),
        HasMethods(["build"]),
        HasMethods(["encode", "decode"]),
        default="dense",
        doc="""\
        "dense", network specification or torch.nn.Module
        What is cut into layers. "dense" is ``networks.Dense(hidden_layer_sizes,
        activation, tied)`` of the three parameters below, which other networks ignore.
        Otherwise ``networks.Conv(...)``, or your own object that has, besides `build`,
        ``layers(n_features, n_components)``, which gives a network specification and
        the width of the code for each layer. A network that has no such method is a
        single layer.""",
    )
    hidden_layer_sizes: str | int | Sequence[int] = shared_param(
        Dense, "hidden_layer_sizes"
    )
    activation: str | Callable[[], nn.Module] = shared_param(Dense, "activation")
    tied: bool = shared_param(Dense, "tied", default=True)
    fine_tune: bool = param(
        "boolean",
        default=True,
        doc="""\
        bool
        Whether `fit` trains the unrolled network as a whole after pretraining;
        `partial_fit` always does.""",
    )
    layers: str = param(
        StrOptions({"last", "all"}),
        default="last",
        doc="""\
        {"last", "all"}
        Whose codes `transform` gives and `inverse_transform` takes: the last layer's,
        or those of all layers side by side, of which the last ``n_components_`` columns
        are decoded.""",
    )

    #: The first layer is trained on all rows at once.
    _takes_sparse = False
    #: To pretrain twice is not worth its time.
    _learns_twice = False

    objective = staticmethod(AE.objective)

    def _epochs_for(self, network, rebuilds_anew):
        return self.max_epochs if self.fine_tune else 0

    def _allow_nan(self):
        # Too few prototypes, and others, are refused when they are cloned.
        listed = self.layer if isinstance(self.layer, list | tuple) else [self.layer]
        first = next(iter(listed), None)
        known = isinstance(first, AutoencoderContract)
        return not known or get_tags(first).input_tags.allow_nan

    def _make_network(self, data, find, loss, seed):
        """Train layer by layer: at most two layers' codes are in memory at a time."""
        x = data["input"]
        if "target" in data and not (
            self.fine_tune and data["target"].shape == x.shape
        ):
            raise ValueError(
                "The 'target' parameter must have the columns of the data, and needs"
                " fine_tune=True: layers by themselves rebuild what they are given."
            )
        shape = width_or_shape(self.input_shape_)
        plans = layers_of(self._specification(), shape, self.n_components_)
        widths = [width for _, width in plans]
        random = np.random.RandomState(seed)
        codes, below, parts = x.cpu().numpy(), None, []
        for layer, width in zip(self._unfitted(plans), widths, strict=True):
            if below is not None:
                codes = below.transform(codes)
            layer.set_params(
                n_components=width,
                random_state=random.randint(MAX_SEED),
                device=x.device,
                dtype=str(x.dtype).removeprefix("torch."),
            )
            below = layer.set_output(transform="default").fit(codes)
            link = below.net_.module_.loss.link
            if not parts:
                link = link_between(link, loss)
            parts.append(Layer(below.network_, below.scaling_, link))
        return Unrolled(parts, widths, self.layers == "all").to(x)

    def _start_network(self, network, data, find, loss, seed):
        """Leave the layers where they were trained to."""

    def _specification(self):
        return dense_or_given(self, tied=self.tied)

    def _unfitted(self, plans):
        """Clone the prototypes and tell them what they leave open."""
        prototypes = self.layer
        if prototypes is None:
            shared = set(TrainingParameters().get_params()) - {"callbacks"}
            prototypes = AE(**{name: getattr(self, name) for name in shared})
        if not isinstance(prototypes, list | tuple):
            prototypes = [prototypes] * len(plans)
        if len(prototypes) != len(plans):
            raise ValueError(
                f"The 'layer' parameter has {len(prototypes)} prototypes, but with"
                f" {self._specification()!r} and the code there are {len(plans)}"
                " layers."
            )
        for prototype in prototypes:
            if not isinstance(prototype, AutoencoderContract):
                raise ValueError(
                    "The 'layer' parameter must hold autoencoders of this library, or"
                    f" subclasses of theirs. Got {prototype!r}."
                )
            if isinstance(prototype, StackedAE):
                raise ValueError(
                    "The 'layer' parameter must not be a StackedAE itself: list the"
                    " layers of all in one."
                )
        layers = [clone(prototype) for prototype in prototypes]
        for layer, (network, _) in zip(layers, plans, strict=True):
            if leaves_network_open(layer):
                complete(layer, network)
        known = layers[0].get_params(deep=False)
        of_the_data = {"scale": None, "loss": self.loss}
        layers[0].set_params(**{k: v for k, v in of_the_data.items() if k in known})
        return layers

    @property
    def layers_(self) -> list:
        """Layers of the network."""
        return list(self.network_.layers)

    @property
    def _n_features_out(self):
        return self.network_.n_encoded


def layers_of(specification: Any, n_features: int, n_components: int) -> list:
    """Cut a network into layers, if it can be."""
    if hasattr(specification, "layers"):
        return specification.layers(n_features, n_components)
    return [(specification, n_components)]


def leaves_network_open(layer: Any) -> bool:
    """Whether a layer takes any network, with one value a code unit, and names none."""
    known = layer.get_params(deep=False)
    names = [known.get(name) for name in ("network", "hidden_layer_sizes")]
    return layer._encoder_outputs == 1 and all(isinstance(name, str) for name in names)


def complete(layer: Any, network: Any) -> None:
    """Give a layer the network that its prototype leaves open."""
    if layer.loss != "binary_crossentropy":
        layer.set_params(scale=None)
    elif hasattr(network, "output_activation"):
        network.output_activation = "identity"  # the loss has the logistic function
    layer.set_params(network=network, skip=None)


def link_between(link: Callable, loss: Loss) -> Callable:
    """Find what turns the first layer's output to what the loss of the whole takes."""
    if link is loss.link:
        return identity
    if loss.link is identity:
        return link
    raise ValueError(
        "The 'loss' parameter of StackedAE does not go with the first layer, whose"
        " decoder gives scaled data, not logits. Use loss='squared_error', or another"
        " first layer."
    )
