"""A variant of one's own: what is found out before it is trained, and what is said."""

import copy
import functools
from numbers import Real

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from torch import nn

from sklearn_ae import AE, VAE, DenoisingAE, RegularizedAE
from sklearn_ae.core import (
    BaseAutoencoder,
    Interval,
    estimator,
    param,
    shared_param,
)
from sklearn_ae.networks import Dense
from sklearn_ae.variants.gaussians import Normal
from sklearn_ae.variants.posterior import Posterior

from .conftest import fast


@estimator
class ScaledLoss(BaseAutoencoder):
    """Rebuild, with the loss times a number that is a hyperparameter."""

    factor: float = param(Real, default=1.0, doc="float\nFactor of the loss.")

    @staticmethod
    def objective(network, batch, generator, *, factor):
        """Rebuild the target."""
        return factor * batch.error(network.decode(network.encode(batch.input)))


def variant(objective, **methods):
    """Make a class with an objective, as one that is written by a user."""
    methods["objective"] = staticmethod(objective)
    return type("Own", (ScaledLoss,), methods)


def rebuilt(network, batch):
    return network.decode(network.encode(batch.input))


class DropCodes(nn.Module):
    """A network whose code has dropout."""

    def __init__(self, network):
        super().__init__()
        self.network, self.dropout = network, nn.Dropout(0.3)

    def encode(self, x):
        return self.dropout(self.network.encode(x))

    def decode(self, z):
        return self.network.decode(z)


def dropped_by_equip(network, n_features, n_components):
    return DropCodes(network)


def noise_from_torch(x, level, generator):
    return x + level * torch.randn_like(x)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        type("Dropped", (AE,), {"equip": staticmethod(dropped_by_equip)}),
        functools.partial(DenoisingAE, noise=noise_from_torch),
        variant(
            lambda network, batch, generator, *, factor: (
                batch.error(rebuilt(network, batch)) * torch.rand(())
            )
        ),
    ],
    ids=["equip", "noise", "objective"],
)
def test_what_draws_from_torchs_stream_depends_on_the_seed_alone(
    make, early_stopping, rows
):
    settings = {"max_epochs": 3, "early_stopping": early_stopping, "skip": None}
    before = torch.get_rng_state()
    codes = make(2, random_state=0, **settings).fit(rows).transform(rows)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        again = make(2, random_state=0, **settings).fit(rows).transform(rows)
    np.testing.assert_array_equal(codes, again)
    other = make(2, random_state=1, **settings).fit(rows).transform(rows)
    assert np.any(codes != other)


def test_the_trial_leaves_buffers_as_they_were(rows):
    class Counting(DropCodes):
        def __init__(self, network):
            super().__init__(network)
            self.dropout = nn.Identity()
            self.register_buffer("added", torch.zeros(()))
            self.register_buffer("replaced", torch.zeros(()))

    def count(network, batch, generator, *, factor):
        if network.training:
            network.added += len(batch.input)
            network.replaced = network.replaced + len(batch.input)
        return batch.error(rebuilt(network, batch))

    own = variant(count, equip=staticmethod(lambda network, *widths: Counting(network)))
    fitted = fast(own, 2, max_epochs=3, early_stopping=False).fit(rows)
    assert fitted.network_.added == fitted.network_.replaced == 3 * len(rows)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (lambda o, t: (o - t).square().mean(1), r"shape \(\), but returned \(2,\)"),
        (lambda o, t: (o - t).square().mean()[None], r"returned \(1,\)"),
        (lambda o, t: None, "returned NoneType"),
        (lambda o, t: 0.5, "returned float"),
        (lambda o, t: (o - t).square().mean().detach(), "must not detach"),
    ],
)
def test_what_is_no_loss_is_an_error(loss, said, rows):
    own = variant(
        lambda network, batch, generator, *, factor: loss(
            rebuilt(network, batch), batch.target
        )
    )
    with pytest.raises(ValueError, match=said):
        own(2).fit(rows)


def test_an_objective_must_not_change_its_input(rows):
    def objective(network, batch, generator, *, factor):
        batch.input[:, 0] = 0
        return batch.error(rebuilt(network, batch))

    with pytest.raises(ValueError, match=r"changes batch\.input.*clone"):
        variant(objective)(2).fit(rows)


@pytest.mark.parametrize("batch_size", [12, 20, 40])
def test_epochs_are_counted_in_whole_numbers(rows, batch_size):
    seen = []

    def objective(network, batch, generator, *, factor):
        if network.training:
            seen.append(batch.epoch.item())
        assert torch.exp(-batch.epoch) >= 0
        return batch.error(rebuilt(network, batch))

    settings = {"early_stopping": False, "max_epochs": 12, "batch_size": batch_size}
    fast(variant(objective), 2, **settings).fit(rows)
    steps = -(-len(rows) // batch_size)
    assert seen[1::steps] == list(range(12))  # behind the trial
    fast(variant(objective), 2).fit(rows)  # in evaluation it is a tensor, too


def test_hyperparameters_stand_behind_a_star(rows):
    own = variant(lambda network, batch, generator, factor=7.0: None)
    with pytest.raises(TypeError, match=r"behind a '\*'"):
        own(2).fit(rows)


def test_an_objective_is_a_static_method(rows):
    class Own(BaseAutoencoder):
        def objective(self, network, batch, generator):
            return 0

    with pytest.raises(TypeError, match=r"Own\.objective must be a static method"):
        Own(2).fit(rows)


@pytest.mark.parametrize("objective", [lambda network, batch: 0, lambda: 0])
def test_an_objective_takes_three_arguments(objective, rows):
    with pytest.raises(TypeError, match=r"\.objective must be .* of three arguments"):
        variant(objective)(2).fit(rows)


def test_an_objective_may_be_any_callable(rows):
    def objective(factor, network, batch, generator):
        return factor * batch.error(rebuilt(network, batch))

    own = fast(variant(functools.partial(objective, 3.0)), 2).fit(rows)
    plain = fast(ScaledLoss, 2, factor=3.0).fit(rows)
    np.testing.assert_array_equal(own.transform(rows), plain.transform(rows))


def test_an_objective_is_needed(rows):
    with pytest.raises(NotImplementedError, match="has an objective"):
        BaseAutoencoder(2).fit(rows)


def test_a_misspelt_hyperparameter_is_named(rows):
    own = variant(lambda network, batch, generator, *, facter: None)
    with pytest.raises(TypeError, match=r"asks for \['facter'\]"):
        own(2).fit(rows)


def test_a_class_that_is_not_decorated_is_told_so(rows):
    class Own(ScaledLoss):
        flag: bool = param("boolean", default=False, doc="bool\nWhether to.")

        @staticmethod
        def objective(network, batch, generator, *, flag):
            return 0

    with pytest.raises(TypeError, match="@estimator"):
        Own(2).fit(rows)


def test_what_is_annotated_only_is_no_hyperparameter():
    with pytest.raises(TypeError, match=r"Own\.lr is annotated, but not declared"):

        @estimator
        class Own(AE):
            """Forgets to declare."""

            lr: float = 0.5


def test_equip_gives_the_network(rows):
    own = type("Own", (AE,), {"equip": staticmethod(lambda *_: None)})
    with pytest.raises(TypeError, match=r"Own\.equip must return the network"):
        own(2).fit(rows)


def test_the_equipped_network_is_tried(rows):
    own = type("Own", (AE,), {"_encoder_outputs": 2})
    with pytest.raises(ValueError, match=r"Own\.equip returns does not serve: network"):
        own(2).fit(rows)


@pytest.mark.parametrize("cls", [AE, VAE, RegularizedAE])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_network_may_come_in_another_precision(cls, dtype, rows):
    network = Dense((8,)).build(6, 2, 2 * cls._encoder_outputs).to(dtype)
    codes = fast(cls, 2, network=network).fit(rows).transform(rows)
    assert codes.dtype == np.float32
    assert np.isfinite(codes).all()


def test_a_default_of_a_base_class_is_not_changed_in_silence():
    with pytest.raises(TypeError, match=r"Own\.max_epochs .* shared_param"):

        @estimator
        class Own(AE):
            """Trains for three epochs, or so its author thinks."""

            max_epochs = 3


def test_another_default_of_a_base_class(rows):
    @estimator
    class Own(AE):
        """Trains for three epochs."""

        max_epochs: int = shared_param(AE, "max_epochs", default=3)
        n_components: int = shared_param(AE, "n_components", default=4, kw_only=False)

    assert Own(2).fit(rows).n_iter_ == 3
    assert "default=3" in Own.__doc__
    assert Own().n_components == 4


def test_a_default_cannot_change():
    with pytest.raises(TypeError, match=r"default=\[1, 2\].*Take a tuple"):
        param(list, default=[1, 2], doc="list\nOf numbers.")
    with pytest.raises(TypeError, match=r"default=\[3\].*Take a tuple"):
        shared_param(AE, "hidden_layer_sizes", default=[3])
    with pytest.raises(TypeError, match=r"default=Dense\(\) could change"):
        shared_param(AE, "network", default=Dense())


def test_what_a_report_keeps_needs_no_gradients(rows):
    class Own(AE):
        def _report(self, x):
            self.mean_code_ = self.network_.encode(x).mean(0)

    ae = fast(Own, 2).fit(rows)
    np.testing.assert_array_equal(copy.deepcopy(ae).mean_code_, ae.mean_code_.numpy())


@pytest.mark.parametrize(
    ("cls", "settings", "wanted"),
    [
        (VAE, {}, r"build by \(n_features, n_components, n_encoded\)"),
        (AE, {"target": slice(2)}, r"build by \(n_features, n_components, n_outputs\)"),
    ],
)
def test_a_specification_is_told_what_it_does_not_take(cls, settings, wanted, rows):
    class Plain:
        def build(self, n_features, n_components):
            return Dense((8,)).build(n_features, n_components)

    settings = {name: rows[:, columns] for name, columns in settings.items()}
    with pytest.raises(ValueError, match=f"'network' parameter must {wanted} here"):
        cls(2, network=Plain()).fit(rows, **settings)


def test_the_remedy_for_codes_of_another_width(rows):
    own = Dense((8,)).build(6, 3)
    with pytest.raises(ValueError, match="Set n_components to the width of its code"):
        AE(2, network=own).fit(rows)
    with pytest.raises(ValueError, match="They are 2 for each code unit"):
        VAE(3, network=own).fit(rows)
    two = variant(ScaledLoss.objective, _encoder_outputs=2)
    with pytest.raises(ValueError, match=r"Own\.equip .* Let it give the code"):
        two(2).fit(rows)


def test_an_estimator_whose_report_fails_is_not_fitted(rows):
    own = type("Own", (AE,), {"_report": lambda self, x: x.no_such_thing})
    ae = fast(own, 2)
    with pytest.raises(AttributeError, match="no_such_thing"):
        ae.fit(rows)
    with pytest.raises(NotFittedError):
        ae.transform(rows)


class Positive(AE):
    """Has columns as sums of code units."""

    @staticmethod
    def equip(network, n_features, n_components):
        parametrize = nn.utils.parametrize.register_parametrization
        parametrize(network.decode, "weight", nn.Softplus())
        return network


class Alike(Posterior):
    """Has the same spread of codes everywhere."""

    def posterior(self, x):
        mean, _ = super().posterior(x)
        return Normal(mean, torch.full_like(mean, -4))


class AlikeVAE(VAE):
    """Has codes of such a spread."""

    @staticmethod
    def equip(network, n_features, n_components, *, likelihood, noise, prior):
        knobs = {"likelihood": likelihood, "noise": noise, "prior": prior}
        usual = VAE.equip(network, n_features, n_components, **knobs)
        return Alike(network, n_components, usual.prior, noise)


@pytest.mark.parametrize("cls", [Positive, AlikeVAE])
def test_what_equip_changes_is_trained_without_hidden_layers(cls, rows):
    settings = {"hidden_layer_sizes": (), "random_state": 0}
    start = cls(2, max_epochs=1, **settings).fit(rows)
    end = cls(2, max_epochs=200, **settings).fit(rows)
    assert end.score_samples(rows).mean() > start.score_samples(rows).mean() + 0.1


def test_a_subclass_of_ae_trains_its_own_objective_without_hidden_layers(rows):
    @estimator
    class SmallCodeAE(AE):
        """Keeps codes small."""

        strength: float = param(
            Interval(Real, 0, None, closed="left"), default=9.0, doc="float\nHow much."
        )

        @staticmethod
        def objective(network, batch, generator, *, strength):
            code = network.encode(batch.input)
            return batch.error(network.decode(code)) + strength * code.abs().mean()

    settings = {"hidden_layer_sizes": (), "random_state": 0, "max_epochs": 200}
    codes = SmallCodeAE(2, **settings).fit_transform(rows)
    assert (
        np.abs(codes).mean()
        < 0.1 * np.abs(AE(2, **settings).fit_transform(rows)).mean()
    )


def test_a_subclass_of_vae_trains_its_own_objective_without_hidden_layers(rows):
    def objective(network, batch, generator):
        code = network.posterior(batch.input).mean
        return batch.error(network.decode(code)) + 9 * code.abs().mean()

    own = type("Own", (VAE,), {"objective": staticmethod(objective)})
    settings = {"hidden_layer_sizes": (), "random_state": 0, "max_epochs": 200}
    codes = own(2, **settings).fit_transform(rows)
    usual = VAE(2, **settings).fit_transform(rows)
    assert np.abs(codes).mean() < 0.1 * np.abs(usual).mean()


def test_a_function_around_an_objective_is_differentiated_as_a_whole(rows):
    @functools.wraps(AE.objective)
    def with_penalty(network, batch, generator):
        return (
            AE.objective(network, batch, generator)
            + 9 * network.encode(batch.input).abs().mean()
        )

    own = type("Own", (AE,), {"objective": staticmethod(with_penalty)})
    settings = {"loss": "absolute_error", "random_state": 0, "max_epochs": 100}
    codes = own(2, **settings).fit_transform(rows)
    assert (
        np.abs(codes).mean()
        < 0.1 * np.abs(AE(2, **settings).fit_transform(rows)).mean()
    )


def test_a_specification_may_give_the_same_module_twice(rows):
    class Same:
        def __init__(self):
            self.module = nn.Module()
            self.module.encode, self.module.decode = nn.Linear(6, 2), nn.Linear(2, 6)

        def build(self, n_features, n_components):
            return self.module

    network = Same()
    make = functools.partial(AE, 2, network=network, skip=None, max_epochs=9)
    first = make().fit(rows)
    codes = first.transform(rows)
    make().fit(2 * rows[::-1])
    np.testing.assert_array_equal(first.transform(rows), codes)


def test_a_fitted_estimator_is_copied_with_what_cannot_be_pickled(rows):
    fitted = fast(DenoisingAE, 2, noise=lambda x, level, generator: x + level).fit(rows)
    twin = copy.deepcopy(fitted)
    np.testing.assert_array_equal(twin.transform(rows), fitted.transform(rows))
    codes = fitted.transform(rows)
    twin.partial_fit(rows)
    np.testing.assert_array_equal(fitted.transform(rows), codes)
