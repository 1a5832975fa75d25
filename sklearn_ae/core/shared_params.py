"""The hyperparameters that autoencoders share."""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import torch
from sklearn.base import BaseEstimator
from torch import Tensor, nn

from ..networks.dense import Dense
from .losses import LOSSES, resolve_loss
from .params import (
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    estimator,
    param,
    shared_param,
)
from .training import OPTIMIZERS


@estimator
class TrainingParameters(BaseEstimator):
    """What every autoencoder can be told, and what it says of itself once fitted."""

    _attribute_docs = """\
    n_components_ : int
        Width of the code.
    n_features_in_ : int
        Number of features seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if `X` had names that are all strings.
    input_shape_ : tuple of int
        Shape of a row of `X`: (n_features_in_,) unless it has several dimensions.
    output_shape_ : tuple of int
        Shape of a row of the target, which is that of `X` if `fit` was given none.
    scaling_ : Scaling
        ``center`` and ``scale`` of each column, arrays of shape (n_features_in_,).
    target_scaling_ : Scaling or None
        Likewise of the target, if `fit` was given one.
    network_ : torch.nn.Module
        The trained network, with ``encode`` and ``decode`` of scaled rows.
    net_ : skorch.NeuralNet
        The net that trained it, with its ``history`` and its optimiser.
    n_iter_ : int
        Number of epochs run, with those of earlier calls that this one continued, but
        without those in which a small table is learnt again.
    loss_curve_ : list of float
        Mean training loss of each epoch.
    validation_loss_curve_ : list of float
        Validation loss after each epoch; empty where no rows were held out.
    best_loss_ : float
        Validation loss of the weights that were kept, or training loss where no rows
        were held out. Like the curves it is of the first training, where a small table
        is learnt again from all rows."""

    n_components: int | float | None = param(
        Interval(Integral, 1, None, closed="left"),
        Interval(RealNotInt, 0, 1, closed="neither"),
        None,
        default=None,
        doc="""\
        int, float or None
        Width of the code. A float in (0, 1) takes as many units as principal components
        are needed to explain that share of the scaled input's variance, as in
        ``PCA(0.95)``. None is 0.99, but at most 128 components, unless the network has
        a width of its own, as convolutional ones have.""",
        kw_only=False,
    )
    scale: str | None = param(
        StrOptions({"auto", "standard", "pareto", "minmax"}),
        None,
        default="auto",
        doc="""\
        {"auto", "standard", "pareto", "minmax"} or None
        How columns are scaled inside; `inverse_transform` scales back. "standard":
        zero mean and unit variance; "pareto": zero mean, and standard deviations in
        proportion to the roots of what they were, so that wide columns keep some of
        their weight;
        "minmax": to [0, 1]; None: not at all. "auto" is "standard", except that columns
        which share a unit (pixels, spectra, counts, lengths; the values of a channel or
        of a series' feature if the network knows such) keep one common scale, and that
        the others are divided by a twentieth of their range at least. Constant columns
        are ignored by all but None.""",
    )
    optimizer: str | type[torch.optim.Optimizer] = param(
        StrOptions(set(OPTIMIZERS)),
        callable,
        default="adamw",
        doc="""\
        {"adamw", "adam", "sgd", "rmsprop"} or subclass of torch.optim.Optimizer
        The optimiser. A class gets `weight_decay` if its constructor names it.""",
    )
    lr: float = param(
        Interval(Real, 0, None, closed="neither"),
        default=1e-3,
        doc="""\
        float
        Step size of the optimiser.""",
    )
    lr_schedule: str | None = param(
        StrOptions({"plateau", "cosine"}),
        None,
        default=None,
        doc="""\
        {"plateau", "cosine"} or None
        "plateau" needs `early_stopping`: where that would end the training it goes back
        to the best weights instead, with 0.3 times the step size, up to three times.
        "cosine" lowers the step size to zero over `max_epochs`. None keeps it, as
        an autoencoder's `partial_fit` always does.""",
    )
    weight_decay: float = param(
        Interval(Real, 0, None, closed="left"),
        default=1e-4,
        doc="""\
        float
        Weight decay of the optimiser.""",
    )
    batch_size: str | int = param(
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        default="auto",
        doc="""\
        "auto" or int
        Rows per step. "auto" is 64, or 256 from 20,000 rows on. A single row that is
        left over joins the step before.""",
    )
    max_epochs: str | int = param(
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        default="auto",
        doc="""\
        "auto" or int
        Passes over the data. "auto" is 100, or as many as make 4000 steps if that is
        more, or 8000 if that is fewer; but never fewer than 20.""",
    )
    early_stopping: bool = param(
        "boolean",
        default=True,
        doc="""\
        bool
        Whether to hold out rows, to stop when their loss no longer falls, and to keep
        the weights that did best on them, be it those of the start. Weights are judged
        and kept as running averages. Where there are too few rows to hold some out, the
        training loss decides, and no average is taken. A new `fit` of an autoencoder
        then learns tables of up to 100,000 cells again from all rows, for as many
        epochs, if no cell is missing or hidden from it, and keeps what came first if
        that goes wrong. Recurrent networks, `StackedAE` as a whole, and fine-tuning
        with labels learn once.""",
    )
    validation_fraction: float = param(
        Interval(Real, 0, 1, closed="neither"),
        default=0.1,
        doc="""\
        float
        Share of the rows that early stopping holds out; ten rows at least, or a fifth
        of fewer than fifty.""",
    )
    n_iter_no_change: str | int = param(
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        default="auto",
        doc="""\
        "auto" or int
        Epochs without an improvement after which early stopping steps in. "auto" is
        a tenth of the epochs that ``max_epochs="auto"`` allows.""",
    )
    tol: float = param(
        Interval(Real, 0, None, closed="left"),
        default=1e-4,
        doc="""\
        float
        Share of the loss by which it has to fall to count as an improvement.""",
    )
    warm_start: bool = param(
        "boolean",
        default=False,
        doc="""\
        bool
        Whether `fit` goes on with the last fit's network, scaling, loss and optimiser,
        on the same device. Parameters of the objective and of the training (`lr`,
        `batch_size`, `max_epochs`, ...) may have changed in between. Changes to
        parameters that define network, scaling, loss or optimiser are ignored; another
        number as `n_components` raises an error.""",
    )
    random_state: Any = param(
        "random_state",
        default=None,
        doc="""\
        int, RandomState instance or None
        Seed of weights, order and noise. An int gives the same codes, bit by bit, on
        every fit on the same machine.""",
    )
    device: str | torch.device = param(
        str,
        torch.device,
        default="auto",
        doc="""\
        str or torch.device
        Where to train and transform. "auto" is a CUDA GPU if there is one to use.""",
    )
    dtype: str | None = param(
        StrOptions({"float32", "float64"}),
        None,
        default="float32",
        doc="""\
        {"float32", "float64"} or None
        Precision of training, codes and reconstructions. None is the input's own, or
        for integers the one that holds them. Reconstructions are in float64 all the
        same if a column lies so far from zero for its spread, as seconds since 1970 do,
        that float32 could not tell its values apart, or is beyond its range. What
        ``torch.autocast`` says around a call is left aside.""",
    )
    compile: bool = param(
        "boolean",
        default=False,
        doc="""\
        bool
        Whether to compile the training step with ``torch.compile``: minutes at first,
        faster on large networks. `ContractiveAE` cannot be compiled.""",
    )
    callbacks: Sequence | None = param(
        list,
        tuple,
        None,
        default=None,
        doc="""\
        list of skorch callbacks or None
        Called during training, as they are. They see scaled rows, in a dict; skorch's
        ``EpochScoring`` needs ``use_caching=False``. With callbacks autoencoders learn
        small tables once only (see `early_stopping`). With early stopping the network
        has the running average of its weights in ``on_epoch_end``, and training goes on
        from others: change weights in ``on_batch_end``.""",
    )
    verbose: int = param(
        "verbose",
        default=0,
        doc="""\
        int
        0 for silence, 1 for a progress bar (a line every few seconds where there is no
        terminal), 2 for a table with a line per epoch.""",
    )


@estimator
class NetworkParameters(BaseEstimator):
    """What an autoencoder of any network can be told of it."""

    network: Any = param(
        StrOptions({"dense"}),
        HasMethods(["build"]),
        HasMethods(["encode", "decode"]),
        default="dense",
        doc="""\
        "dense", network specification or torch.nn.Module
        "dense" is ``networks.Dense(hidden_layer_sizes, activation)`` of the two
        parameters below, which other networks ignore. Otherwise an instance of a class
        in `sklearn_ae.networks`, or a torch module with ``encode`` and ``decode``, of
        which a copy is trained, or your own object with ``build(n_features,
        n_components)`` that makes one. It also gets ``n_encoded``, the number of values
        that the encoder is to give, where that is not ``n_components`` (codes may have
        a mean and a variance), and the keyword ``n_outputs`` where that is not
        ``n_features``. If it says ``allow_nd = True``, rows may have several
        dimensions; its ``build`` is given their shape then.""",
    )
    hidden_layer_sizes: str | int | Sequence[int] = shared_param(
        Dense, "hidden_layer_sizes"
    )
    activation: str | Callable[[], nn.Module] = shared_param(Dense, "activation")
    skip: str | None = param(
        StrOptions({"pca"}),
        None,
        default="pca",
        doc="""\
        "pca" or None
        "pca" puts a linear path beside the network that starts at the principal
        components while the network starts at zero, so that training starts as PCA.
        None gives the textbook network, and lets a pretrained network continue from its
        weights.""",
    )

    def _specification(self):
        return dense_or_given(self)


def dense_or_given(estimator: BaseEstimator, **settings: Any) -> Any:
    """Give the specification that the parameter ``network`` stands for.

    That of "dense" has further settings.
    """
    if isinstance(estimator.network, str):
        sizes, activation = estimator.hidden_layer_sizes, estimator.activation
        return Dense(sizes, activation=activation, **settings)
    return estimator.network


@estimator
class LossParameters(BaseEstimator):
    """What an autoencoder can be told of its reconstruction error."""

    loss: str | Callable[[Tensor, Tensor], Tensor] = param(
        StrOptions(set(LOSSES)),
        callable,
        default="squared_error",
        doc="""\
        {"squared_error", "absolute_error", "binary_crossentropy", "poisson", \
"multinomial"} or callable
        Reconstruction error, in scaled units. "binary_crossentropy" needs data in
        [0, 1], which ``scale="auto"`` leaves as they are, and ``scale="minmax"`` makes.
        "poisson" and "multinomial" are half the deviance of counts, which are left so,
        too, and which the encoder sees by their logarithms; for "multinomial" a row's
        sum says nothing, as with words or purchases, and reconstructions are the shares
        of the columns. A callable maps (output, target), tensors of shape
        (n_rows, n_features), to the error of each cell, a tensor of that shape.""",
    )

    def _loss(self):
        return resolve_loss(self.loss)
