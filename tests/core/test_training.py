"""Training keeps the best weights, says what happened and takes the user's tools."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback, EarlyStopping, LRScheduler, ProgressBar

from sklearn_ae import AE, AdversarialAE, ConvAE, DenoisingAE, WassersteinAE
from sklearn_ae.core import BaseAutoencoder, params
from sklearn_ae.core.training.callbacks import KeepBest

from ..conftest import fast

UNSTABLE = {"lr": 0.1, "max_epochs": 8, "skip": None, "lr_schedule": None}


class Spy(Callback):
    """Write down what happens."""

    def __init__(self):
        self.seen = []

    def on_train_begin(self, net, **_):
        self.seen.append("begin")

    def on_epoch_end(self, net, **_):
        self.seen.append(len(net.history))

    def on_train_end(self, net, **_):
        self.seen.append("end")


def test_curves_have_one_value_an_epoch(some, digits):
    estimator = some(4, max_epochs=5).fit(digits)
    assert estimator.n_iter_ == 5
    assert len(estimator.loss_curve_) == len(estimator.validation_loss_curve_) == 5
    assert np.isfinite(estimator.loss_curve_ + estimator.validation_loss_curve_).all()


def test_loss_falls(some, digits):
    estimator = some(4, max_epochs=8, skip=None).fit(digits)
    assert estimator.loss_curve_[-1] < estimator.loss_curve_[0]


def test_a_loss_whose_least_is_zero_falls_by_a_tenth(make_from_pca, digits):
    estimator = make_from_pca(4, max_epochs=8, skip=None).fit(digits)
    assert estimator.loss_curve_[-1] < 0.9 * estimator.loss_curve_[0]


def test_best_loss_is_the_best_of_the_validation_curve(some, digits):
    estimator = some(4, **UNSTABLE).fit(digits)
    assert estimator.best_loss_ == min(estimator.validation_loss_curve_)


def test_best_weights_are_those_of_the_best_epoch(some, digits):
    estimator = some(4, **UNSTABLE).fit(digits)
    best = 1 + int(np.argmin(estimator.validation_loss_curve_))
    stopped = some(4, **(UNSTABLE | {"max_epochs": best})).fit(digits)
    np.testing.assert_array_equal(
        estimator.transform(digits), stopped.transform(digits)
    )


def test_the_start_takes_part_in_the_comparison(make_ae, digits):
    bad = {"lr": 3.0, "loss": "absolute_error", "max_epochs": 4}
    estimator = make_ae(4, **bad, lr_schedule=None).fit(digits)
    start = make_ae(4, hidden_layer_sizes=()).fit(digits)
    assert estimator.best_loss_ < min(estimator.validation_loss_curve_)
    np.testing.assert_allclose(
        estimator.reconstruct(digits), start.reconstruct(digits), rtol=0, atol=1e-4
    )


def test_without_early_stopping_all_epochs_are_run(some, digits):
    estimator = some(4, early_stopping=False, n_iter_no_change=1, **UNSTABLE)
    estimator.fit(digits[:300])
    assert estimator.n_iter_ == 8
    assert estimator.validation_loss_curve_ == []
    assert estimator.best_loss_ == estimator.loss_curve_[-1]


def test_patience_ends_training(some, digits):
    estimator = some(4, n_iter_no_change=2, tol=10, max_epochs=50, lr_schedule=None)
    assert estimator.fit(digits).n_iter_ == 2


def test_improvements_below_tol_do_not_count(some, digits):
    settings = {"max_epochs": 20, "n_iter_no_change": 3, "lr_schedule": None}
    patient = some(4, tol=0, skip=None, **settings).fit(digits)
    strict = some(4, tol=0.5, skip=None, **settings).fit(digits)
    assert strict.n_iter_ < patient.n_iter_


@pytest.mark.parametrize("n_rows", [1, 2, 5, 9])
def test_too_few_rows_are_not_held_out(some, rows, n_rows):
    estimator = some(2).fit(rows[:n_rows])
    assert estimator.validation_loss_curve_ == []
    assert estimator.n_iter_ == 3
    assert np.isfinite(estimator.best_loss_)


def test_held_out_rows_are_the_share_asked_for(some, rows):
    seen = []

    class Count(Callback):
        def on_train_begin(self, net, X=None, **_):
            seen.extend(len(part) for part in X)

    some(2, validation_fraction=0.25, callbacks=[Count()]).fit(rows)
    assert seen == [90, 30]


def test_a_batch_is_as_large_as_asked_for(some, rows):
    sizes = []

    class Measure(Callback):
        def on_batch_begin(self, net, batch=None, training=False, **_):
            if training:
                sizes.append(tuple(batch["input"].shape))

    some(
        2, batch_size=50, early_stopping=False, max_epochs=2, callbacks=[Measure()]
    ).fit(rows)
    assert sizes == 2 * [(50, 6), (50, 6), (20, 6)]


@pytest.mark.parametrize("batch_size", [1, 7, 120, 1000])
def test_any_batch_size_works(some, rows, batch_size):
    estimator = some(2, batch_size=batch_size, max_epochs=1).fit(rows)
    assert np.isfinite(estimator.transform(rows)).all()


class Stumbling(BaseAutoencoder):
    """Goes uphill as soon as all rows are trained on."""

    sign = -1

    @classmethod
    def objective(cls, network, batch, generator):
        error = batch.error(network.decode(network.encode(batch.input)))
        return cls.sign * error if network.training and batch.n_total == 120 else error


class Falling(Stumbling):
    """Diverges then."""

    sign = np.nan


class Standing(Stumbling):
    """Does not."""

    sign = 1


def test_a_second_training_that_goes_wrong_is_not_taken(rows):
    settings = {"lr": 0.1, "max_epochs": 30}
    standing, stumbling, falling = (
        fast(cls, 2, **settings).fit(rows).transform(rows)
        for cls in (Standing, Stumbling, Falling)
    )
    np.testing.assert_array_equal(stumbling, falling)
    assert (standing != falling).any()


def test_principal_components_that_are_exact_are_those_of_all_rows():
    random = np.random.RandomState(0)
    X = random.normal(size=(150, 3)) @ random.normal(size=(3, 10))
    codes = fast(AE, 3, hidden_layer_sizes=()).fit_transform(X)
    np.testing.assert_allclose(np.cov(codes.T, bias=True), np.eye(3), atol=1e-5)


def test_each_epoch_sees_each_row_once_in_another_order(some, rows):
    epochs = []

    class Collect(Callback):
        def on_epoch_begin(self, net, **_):
            epochs.append([])

        def on_batch_begin(self, net, batch=None, **_):
            epochs[-1].append(batch["input"][:, 0])

    some(
        2,
        scale=None,
        early_stopping=False,
        dtype="float64",
        callbacks=[Collect()],
        batch_size=32,
    ).fit(rows)
    orders = [torch.cat(epoch).numpy() for epoch in epochs]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.sort(rows[:, 0]))
    assert np.any(orders[0] != orders[1])


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("lr", [1e-3, 0.1])
def test_held_out_rows_are_never_rebuilt_worse_than_by_pca(make_ae, digits, seed, lr):
    kept = []

    class Keep(Callback):
        def on_train_begin(self, net, X=None, **_):
            kept.extend(part.tensors["input"][part.index].numpy() for part in X)

    estimator = make_ae(4, lr=lr, random_state=seed, callbacks=[Keep()])
    estimator.fit(digits[:500])
    training, held_out = kept
    pca = PCA(4).fit(training)
    rebuilt = pca.inverse_transform(pca.transform(held_out))
    assert estimator.best_loss_ <= np.square(rebuilt - held_out).mean() * (1 + 1e-5)


def test_a_start_that_is_not_bettered_is_that_of_all_rows(make_ae):
    noise = np.random.RandomState(0).normal(size=(60, 20))
    estimator = make_ae(3, scale=None, lr=1e-12).fit(noise)
    pca = PCA(3).fit(noise)
    expected = pca.inverse_transform(pca.transform(noise))
    np.testing.assert_allclose(estimator.reconstruct(noise), expected, atol=1e-5)


def test_rows_held_out_are_learnt_in_the_end_and_averaged(some, rows):
    class Average(Callback):
        def on_train_begin(self, net, **_):
            self.n, self.means = 0, weights(net)

        def on_batch_end(self, net, **_):
            self.n += 1
            kept = min(0.995, (1 + self.n) / (10 + self.n))
            for mean, weight in zip(self.means, weights(net), strict=True):
                mean += (1 - kept) * (weight - mean)

        def on_train_end(self, net, **_):
            for weight, mean in zip(
                net.module_.network.parameters(), self.means, strict=True
            ):
                weight.data.copy_(mean)

    def weights(net):
        return [w.detach().clone() for w in net.module_.network.parameters()]

    settings = {"max_epochs": 3, "skip": None, "dtype": "float64"}
    judged = some(2, batch_size=54, **settings).fit(rows)  # 108 of 120: two batches
    assert np.all(np.diff(judged.validation_loss_curve_) < 0)
    plain = some(
        2, batch_size=60, early_stopping=False, callbacks=[Average()], **settings
    ).fit(rows)
    np.testing.assert_allclose(
        judged.transform(rows), plain.transform(rows), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize(
    ("n_rows", "known", "every"),
    [(130, [64, 53], [71, 59]), (120, [64, 44], [71, 49]), (72, [62], [72])],
)
def test_the_second_training_makes_as_many_steps(n_rows, known, every):
    epochs = []

    @params.estimator
    class Counting(AE):
        @staticmethod
        def objective(network, batch, generator):
            if network.training and len(batch.input) > 2:  # no trial
                epochs.append(len(batch.input))
            return AE.objective(network, batch, generator)

    X = np.random.RandomState(0).normal(size=(n_rows, 1)) * [[1, 2, 3]]
    ae = Counting(1, batch_size=64, max_epochs=4, lr=3e-4, skip=None, random_state=0)
    ae.fit(X)
    assert np.all(np.diff(ae.validation_loss_curve_) < 0)
    assert epochs == 4 * known + 4 * every


def test_the_average_is_better_than_weights_in_motion(make_ae, digits):
    class Weights(Callback):
        def on_batch_end(self, net, training, **_):
            if training:
                self.last = deepcopy(net.module_.network.state_dict())

        def on_train_end(self, net, X=None, **_):
            _, held_out = X
            net.module_.network.load_state_dict(self.last)
            moving.append(net.evaluate(held_out).sum().item() / len(held_out))

    moving = []
    estimator = make_ae(4, lr=0.02, max_epochs=20, callbacks=[Weights()]).fit(digits)
    assert estimator.validation_loss_curve_[-1] < 0.98 * moving[0]


def test_what_callbacks_saw_is_kept(make_ae, rows):
    settings = {"max_epochs": 3, "lr_schedule": None, "skip": None}
    seen = []

    class Keep(Callback):
        def on_train_end(self, net, **_):
            seen.append(deepcopy(net.module_.network.state_dict()))

    judged = make_ae(2, callbacks=[Keep()], **settings).fit(rows)
    (weights,) = seen
    for name, kept in judged.network_.state_dict().items():
        assert torch.equal(kept, weights[name])


def test_training_starts_as_pca(make_ae, rows):
    scaled = StandardScaler().fit_transform(rows)
    pca = PCA(2).fit(scaled)
    error = np.square(pca.inverse_transform(pca.transform(scaled)) - scaled).mean()
    estimator = make_ae(
        2, scale="standard", lr=1e-12, early_stopping=False, max_epochs=1
    )
    assert estimator.fit(rows).loss_curve_[0] == pytest.approx(error, rel=1e-5)


def test_callbacks_are_called(some, rows):
    spy = Spy()
    some(2, callbacks=[spy]).fit(rows)
    assert spy.seen == ["begin", 1, 2, 3, "end"]


def test_callbacks_may_be_a_tuple_with_names(some, rows):
    spy = Spy()
    some(2, callbacks=(("spy", spy),)).fit(rows)
    assert spy.seen == ["begin", 1, 2, 3, "end"]


def test_skorchs_early_stopping_stops(some, digits):
    stop = EarlyStopping(
        "train_loss", 2, threshold=1e6, threshold_mode="abs", sink=lambda _: None
    )
    estimator = some(4, callbacks=[stop], max_epochs=30).fit(digits[:300])
    assert estimator.n_iter_ < 30


def test_skorchs_scheduler_sets_the_step_size(some, digits):
    rates = []

    class Rates(Callback):
        def on_epoch_begin(self, net, **_):
            rates.append(net.optimizer_.param_groups[0]["lr"])

    scheduler = LRScheduler(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)
    some(4, lr_schedule=None, lr=0.01, callbacks=[scheduler, Rates()]).fit(digits[:300])
    np.testing.assert_allclose(rates, [0.01, 0.005, 0.0025])


def test_skorchs_progress_bar_draws(some, rows, capsys):
    some(2, callbacks=[ProgressBar(detect_notebook=False)]).fit(rows)
    assert "it/s" in capsys.readouterr().err


def test_silence_is_the_default(some, rows, capsys):
    some(2).fit(rows)
    assert "".join(capsys.readouterr()) == ""


@pytest.mark.parametrize(
    "optimizer",
    [
        "adamw",
        "adam",
        "sgd",
        "rmsprop",
        torch.optim.NAdam,
        torch.optim.Adagrad,
        torch.optim.SGD,
    ],
)
def test_any_optimizer_of_torch_trains(some, digits, optimizer):
    settings = {"skip": None, "early_stopping": False, "lr": 0.01, "max_epochs": 3}
    estimator = some(4, optimizer=optimizer, **settings).fit(digits[:500])
    assert estimator.loss_curve_[-1] < estimator.loss_curve_[0]


@pytest.mark.parametrize("skip", [None, "pca"])
def test_an_optimizer_that_evaluates_repeatedly_trains(make_ae, digits, skip):
    settings = {"skip": skip, "early_stopping": False, "batch_size": 1000, "lr": 0.1}
    estimator = make_ae(4, optimizer=torch.optim.LBFGS, **settings).fit(digits[:500])
    assert estimator.loss_curve_[-1] < estimator.loss_curve_[0]


def test_an_optimizer_of_vectors_trains_convolutions():
    images = np.random.RandomState(0).normal(size=(30, 6, 6))
    settings = {"optimizer": torch.optim.LBFGS, "max_epochs": 1}
    assert np.isfinite(fast(ConvAE, 2, **settings).fit(images).score(images))


def test_an_optimizer_with_one_step_size_is_refused_where_there_are_two(rows):
    with pytest.raises(ValueError, match="'optimizer' parameter is LBFGS"):
        fast(AdversarialAE, 2, optimizer=torch.optim.LBFGS).fit(rows)


def test_an_optimizer_of_sparse_gradients_is_refused(rows):
    with pytest.raises(ValueError, match=r"'optimizer' parameter .* not sparse"):
        AE(2, optimizer=torch.optim.SparseAdam).fit(rows)


def test_an_optimizer_gets_the_settings_that_it_names(rows):
    class Heavy(torch.optim.SGD):
        def __init__(self, params, lr, weight_decay):
            super().__init__(params, lr=lr, weight_decay=weight_decay, momentum=0.9)

    class Fixed(torch.optim.AdamW):
        def __init__(self, params, **settings):
            super().__init__(params, weight_decay=0, fused=False, **settings)

    for optimizer, expected in [(Heavy, 0.3), (Fixed, 0)]:
        ae = fast(AE, 2, optimizer=optimizer, weight_decay=0.3, skip=None).fit(rows)
        (group,) = ae.net_.optimizer_.param_groups
        assert group["weight_decay"] == expected


def test_parts_depart_from_what_the_part_around_them_says(rows):
    def equip(network, *widths):
        network.lr_ratio = 0.5
        network.head = torch.nn.Linear(2, 2)
        network.head.lr_ratio = 3.0
        return network

    own = type("Own", (AE,), {"equip": staticmethod(equip)})
    ae = fast(own, 2, weight_decay=0.1, lr=0.01).fit(rows)
    names = {id(w): name for name, w in ae.network_.named_parameters()}
    said = {
        names[id(w)].split(".")[0]: (group["lr"], group["weight_decay"])
        for group in ae.net_.optimizer_.param_groups
        for w in group["params"]
    }
    of_network = pytest.approx((0.005, 0.1))
    assert said == {
        "head": pytest.approx((0.03, 0.1)),
        "path": pytest.approx((0.005, 0)),
        "network": of_network,
        "encode_gain": of_network,
        "decode_gain": of_network,
    }


def test_an_optimizer_of_ones_own_may_step_without_a_result(some, digits):
    class Silent(torch.optim.SGD):
        def step(self, closure):
            super().step(closure)

    settings = {"skip": None, "early_stopping": False, "lr": 0.01, "max_epochs": 3}
    own, known = (
        some(4, optimizer=optimizer, **settings).fit(digits[:500])
        for optimizer in (Silent, torch.optim.SGD)
    )
    assert own.loss_curve_ == known.loss_curve_


@pytest.mark.filterwarnings("ignore:All .* collapsed")
def test_weight_decay_shrinks_the_weights(some, digits):
    settings = {"skip": None, "lr": 0.01, "early_stopping": False}
    sizes = [
        sum(
            weight.square().sum().item()
            for weight in some(4, weight_decay=decay, **settings)
            .fit(digits[:300])
            .network_.parameters()
        )
        for decay in (0, 10)
    ]
    assert sizes[1] < 0.7 * sizes[0]


def test_cosine_lowers_the_step_size_to_nearly_nothing(some, digits):
    rates = []

    class Rates(Callback):
        def on_batch_end(self, net, training=False, **_):
            if training:
                rates.append(net.optimizer_.param_groups[0]["lr"])

    settings = {"lr_schedule": "cosine", "lr": 0.01, "early_stopping": False}
    some(4, max_epochs=10, callbacks=[Rates()], **settings).fit(digits[:300])
    assert rates[0] == pytest.approx(0.01)
    assert np.all(np.diff(rates) <= 0)
    assert rates[-1] < 0.0005


def test_a_fitted_estimator_is_pickled_without_the_rows(some, digits):
    assert len(pickle.dumps(some(4).fit(digits))) < digits.nbytes / 4


def test_longer_training_is_better(make_ae, digits):
    short = make_ae(4, max_epochs=1).fit(digits).score(digits)
    long = make_ae(4, max_epochs=40, lr=3e-3).fit(digits).score(digits)
    assert long > short + 0.05


def test_a_reported_network_is_in_evaluation_mode(rows):
    class Dropping(torch.nn.Module):
        def __init__(self):
            super().__init__()
            dropout = torch.nn.Dropout(0.5)
            self.encode = torch.nn.Sequential(torch.nn.Linear(6, 2), dropout)
            self.decode = torch.nn.Sequential(torch.nn.Linear(2, 6), dropout)

    ae = AE(2, network=Dropping(), max_epochs=2, random_state=0).fit(rows)
    np.testing.assert_array_equal(ae.transform(rows), ae.transform(rows))
    with torch.no_grad():
        x = torch.from_numpy(ae.scaling_.apply(rows, "float32"))
        np.testing.assert_allclose(ae.network_.encode(x), ae.transform(rows), atol=1e-5)


def test_no_row_is_left_over_alone(some, rows):
    sizes = []

    class Sizes(Callback):
        def on_batch_begin(self, net, batch, training, **_):
            if training:
                sizes.append(len(batch["input"]))

    some(2, batch_size=7, max_epochs=1, early_stopping=False, callbacks=[Sizes()]).fit(
        rows[:57]
    )
    assert sizes == [7] * 7 + [8]


def normalised():
    """Make what follows a layer: its statistics need two rows."""
    return torch.nn.Sequential(torch.nn.LazyBatchNorm1d(), torch.nn.ReLU())


@pytest.mark.parametrize("n_rows", range(142, 146))
def test_batch_normalisation_takes_any_number_of_rows(make_ae, rows, n_rows):
    X = np.tile(rows, (2, 1))[:n_rows]
    ae = make_ae(2, activation=normalised, batch_size="auto").fit(X)
    assert np.isfinite(ae.transform(X)).all()


def test_a_trial_leaves_no_trace_in_running_statistics(make_ae, rows):
    d = rows.shape[1]
    network = Coder(
        torch.nn.Sequential(torch.nn.Linear(d, 2), torch.nn.BatchNorm1d(2)),
        torch.nn.Linear(2, d),
    )
    seen = []

    class Start(Callback):
        def on_train_begin(self, net, **_):
            seen.append(deepcopy(net.module_.network.encode[1].state_dict()))

    make_ae(2, network=network, skip=None, callbacks=[Start()]).fit(rows)
    (start,) = seen
    for name, given in network.encode[1].state_dict().items():
        assert torch.equal(start[name], given)


class Coder(torch.nn.Module):
    """An encoder and a decoder."""

    def __init__(self, encode, decode):
        super().__init__()
        self.encode, self.decode = encode, decode


class Ruin(torch.optim.SGD):
    """Leave weights that are no numbers."""

    def step(self, closure):
        loss = super().step(closure)
        for p in self.param_groups[0]["params"]:
            p.data.fill_(torch.nan)
        return loss


def test_a_loss_of_held_out_rows_that_is_nan_is_an_error(rows):
    class Own(AE):
        @staticmethod
        def objective(network, batch, generator):
            """Say nothing of rows held out."""
            error = batch.error(network.decode(network.encode(batch.input)))
            return error if network.training else error * torch.nan

    with pytest.raises(ValueError, match="rows held out became nan in epoch 1"):
        fast(Own, 2).fit(rows)


@pytest.mark.parametrize(("spread", "is_kept"), [(0.001, True), (0.3, False)])
def test_a_gain_is_kept_if_it_is_more_than_its_standard_error(spread, is_kept):
    """Parts gain a fiftieth on average, by shares that are alike or very different."""
    before = torch.ones(10)
    signs = torch.tensor([1.0, -1.0]).repeat(5)
    after = before * (0.98 + spread * signs)
    for caution, kept in ((1, is_kept), (0, True)):
        best = KeepBest("valid_loss", 9, 0, 0, 0, caution, None)
        assert best._is_luck(before, after, caution) == (not kept)


def test_weights_that_a_last_step_ruins_are_an_error(make_ae, rows):
    ae = make_ae(2, optimizer=Ruin)
    with pytest.raises(ValueError, match="Weights became infinite or nan in epoch 1"):
        ae.partial_fit(rows[:60])
    assert not hasattr(ae, "net_")


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_training_works_where_gradients_are_switched_off(make_ae, rows, mode):
    expected = make_ae(2).fit(rows).partial_fit(rows).transform(rows)
    with mode():
        ae = make_ae(2).fit(rows).partial_fit(rows)
    np.testing.assert_array_equal(ae.transform(rows), expected)


def test_another_default_device_does_not_matter(make_ae, rows):
    expected = make_ae(2, device="cpu").fit(rows).transform(rows)
    with torch.device("meta"):  # as a GPU would, it holds none of the rows
        ae = make_ae(2, device="cpu").fit(rows)
    np.testing.assert_array_equal(ae.transform(rows), expected)


def test_a_specification_may_train_autoencoders_itself(make_ae, rows):
    class Pretrained:
        def build(self, n_features, n_components):
            return make_ae(n_components, skip=None).fit(rows).network_

    ae = make_ae(2, network=Pretrained()).fit(rows)
    assert np.isfinite(ae.transform(rows)).all()


def test_a_part_of_a_network_is_taken_for_no_other_of_that_name(make_ae, rows):
    """Weight decay spares the linear path, which is called ``path`` too."""

    class WithPath(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.path = torch.nn.Linear(rows.shape[1], 2)
            self.decode = torch.nn.Linear(2, rows.shape[1])

        def encode(self, x):
            return self.path(x)

    ae = make_ae(2, network=WithPath(), skip="pca", weight_decay=0.3).fit(rows)
    decay = {
        id(p): group["weight_decay"]
        for group in ae.net_.optimizer_.param_groups
        for p in group["params"]
    }
    assert decay[id(ae.network_.path.encode.weight)] == 0
    assert decay[id(ae.network_.network.path.weight)] == 0.3


@pytest.mark.parametrize(
    ("cls", "fewest"), [(DenoisingAE, 10), (WassersteinAE, 64), (AdversarialAE, 64)]
)
@pytest.mark.parametrize("n_held_out", [10, 13, 20, 64, 100, 1000])
def test_rows_are_taken_together(cls, fewest, n_held_out):
    sizes, learnt = [], []

    class NoteSizes(Callback):
        def on_batch_begin(self, net, batch=None, training=None, **_):
            (learnt if training else sizes).append(len(batch["input"]))

    X = np.random.RandomState(0).normal(size=(2 * n_held_out, 4))
    settings = {"max_epochs": 1, "validation_fraction": 0.5, "batch_size": 64}
    fast(cls, 2, callbacks=[NoteSizes()], **settings).fit(X)
    assert sum(learnt) == sum(sizes) == n_held_out
    assert min(learnt) >= min(fewest / 2, n_held_out)
    assert min(sizes) >= min(fewest / 2, n_held_out)
    assert max(sizes) < max(1.5 * fewest, n_held_out / 9)
