"""Hyperparameters are declared once; a variant of one's own is one small class."""

import inspect
from numbers import Real

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_ae import AE, DenoisingAE
from sklearn_ae.core import (
    BaseAutoencoder,
    Interval,
    StrOptions,
    estimator,
    param,
    shared_param,
)
from sklearn_ae.networks import Dense


@estimator
class SparseAE(BaseAutoencoder):
    """
    Autoencoder with small codes.

    A second paragraph.

    Notes
    -----
    Written by a user.
    """

    sparsity: float = param(
        Interval(Real, 0, None, closed="left"),
        default=0.1,
        doc="""\
        float
        Weight of the penalty.""",
    )
    norm: str = param(
        StrOptions({"l1", "l2"}),
        default="l1",
        doc="""\
        {"l1", "l2"}
        Which norm of the codes is penalised.""",
    )

    @staticmethod
    def objective(network, batch, generator, *, sparsity, norm):
        """Keep the codes small."""
        z = network.encode(batch.input)
        size = z.abs().mean() if norm == "l1" else z.square().mean()
        return batch.error(network.decode(z)) + sparsity * size


@parametrize_with_checks([SparseAE(2, hidden_layer_sizes=(8,), max_epochs=2)])
def test_a_users_variant_passes_check_estimator(estimator, check):
    check(estimator)


def test_a_users_parameters_reach_its_objective(rows):
    settings = {"max_epochs": 60, "lr": 0.01, "random_state": 0, "skip": None}
    sizes = [
        np.abs(SparseAE(2, sparsity=weight, **settings).fit_transform(rows)).mean()
        for weight in (0, 10)
    ]
    assert sizes[1] < 0.1 * sizes[0]


def test_a_users_parameters_are_checked(rows):
    with pytest.raises(ValueError, match="The 'sparsity' parameter of SparseAE"):
        SparseAE(sparsity=-1).fit(rows)
    with pytest.raises(ValueError, match="The 'norm' parameter of SparseAE"):
        SparseAE(norm="l3").fit(rows)


def test_mistakes_in_declarations_are_told():
    with pytest.raises(TypeError, match="begins with what the hyperparameter may be"):
        param(default=1.0, doc="float\nA number.")
    with pytest.raises(TypeError, match="BaseAutoencoder has no hyperparameter 'lrr'"):
        shared_param(BaseAutoencoder, "lrr", default=1.0)


def test_the_docstring_is_composed_in_numpydocs_order():
    doc = SparseAE.__doc__
    parts = [
        "Autoencoder with small codes.",
        "A second paragraph.",
        "Parameters\n----------",
        "n_components : int, float or None, default=None",
        "sparsity : float, default=0.1\n    Weight of the penalty.",
        'norm : {"l1", "l2"}, default=\'l1\'',
        "network :",
        "Attributes\n----------",
        "Notes\n-----\nWritten by a user.",
    ]
    places = [doc.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("cls", [AE, DenoisingAE, SparseAE, Dense])
def test_every_parameter_is_documented_once(cls):
    entries = [line.split(" : ")[0] for line in cls.__doc__.splitlines()]
    for name in cls().get_params(deep=False):
        assert entries.count(name) == 1


@pytest.mark.parametrize("cls", [AE, DenoisingAE, SparseAE, Dense])
def test_documented_defaults_are_the_defaults(cls):
    for name, value in cls().get_params(deep=False).items():
        (line,) = [
            line for line in cls.__doc__.splitlines() if line.startswith(f"{name} : ")
        ]
        assert line.endswith(f"default={value!r}")


@pytest.mark.parametrize("cls", [AE, DenoisingAE, SparseAE, Dense])
def test_constraints_cover_the_parameters_exactly(cls):
    assert set(cls._parameter_constraints) == set(inspect.signature(cls).parameters)


@pytest.mark.parametrize("cls", [AE, DenoisingAE, SparseAE])
def test_n_components_comes_first(cls):
    first, *others = inspect.signature(cls).parameters.values()
    assert first.name == "n_components"
    assert {p.kind for p in others} == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("cls", [AE, DenoisingAE, SparseAE, Dense])
def test_arguments_are_stored_as_they_are(cls):
    for name in inspect.signature(cls).parameters:
        value = object()
        assert getattr(cls(**{name: value}), name) is value


def test_estimators_are_compared_by_identity():
    assert AE() != AE()
    assert len({AE(), AE()}) == 2


def test_clone_copies_nested_parameters():
    ae = AE(network=Dense((8,), activation="tanh"))
    twin = clone(ae)
    assert twin.network is not ae.network
    assert twin.get_params()["network__activation"] == "tanh"


def test_dense_and_estimators_share_their_defaults():
    for name in ("hidden_layer_sizes", "activation"):
        assert AE().get_params()[name] == Dense().get_params()[name]
