"""Cells may be NaN: what is observed counts, and all results are finite."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from torch import nn

import sklearn_ae
from sklearn_ae import (
    AE,
    RBM,
    VAE,
    AEClassifier,
    AEOutlierDetector,
    DenoisingAE,
    RecurrentAE,
    StackedAE,
)
from sklearn_ae.core.columns import column_statistics
from sklearn_ae.core.losses import LOSSES, resolve_loss
from sklearn_ae.core.scaling import fit_scaling
from sklearn_ae.networks import Dense
from sklearn_ae.networks.read import Read
from sklearn_ae.variants.likelihoods import LIKELIHOODS

from .conftest import fast

pytestmark = pytest.mark.filterwarnings(
    "ignore:All .* code units of", "ignore:.*not the pixels of a square"
)


def takes_nan(estimator):
    return get_tags(estimator).input_tags.allow_nan


def test_all_but_machines_take_nan(make):
    assert takes_nan(make()) == (type(make()) is not RBM)


@pytest.mark.parametrize("scale", ["auto", "minmax", None])
def test_results_are_finite(make, rows, holes, scale):
    if not takes_nan(make()):
        pytest.skip("takes no NaN")
    for estimator in (
        make(2, scale=scale).fit(holes),
        make(2, scale=scale).partial_fit(rows).partial_fit(holes),
    ):
        codes = estimator.transform(holes)
        rebuilt = estimator.inverse_transform(codes)
        at_once = estimator.reconstruct(holes)
        behind_end = np.isnan(at_once)
        assert not behind_end.any() or type(estimator) is RecurrentAE
        np.testing.assert_array_equal(rebuilt[~behind_end], at_once[~behind_end])
        for result in (codes, rebuilt, estimator.score_samples(holes)):
            assert np.isfinite(result).all()
        assert np.isfinite(estimator.score(holes))
        assert np.isfinite(estimator.loss_curve_).all()


@pytest.mark.parametrize("layer", [AE(max_epochs=2), [AE(max_epochs=2)] * 2])
def test_a_stack_takes_what_its_first_layer_takes(holes, layer):
    stack = fast(StackedAE, 2, layer=layer)
    assert takes_nan(stack)
    assert np.isfinite(stack.fit(holes).reconstruct(holes)).all()


@pytest.mark.parametrize(
    "estimator", [RBM(2), StackedAE(2, layer=RBM()), AEClassifier(RBM(2))]
)
def test_what_takes_no_nan_names_the_remedy(holes, estimator):
    assert not takes_nan(estimator)
    labels = np.arange(120) % 2
    with pytest.raises(ValueError, match=r"does not accept missing values.*imputer"):
        estimator.fit(holes, labels)


def test_classifiers_take_nan(holes):
    labels = np.where(np.nan_to_num(holes[:, 0], nan=9) > 2, "high", "low")
    autoencoder = fast(DenoisingAE, 3)
    clf = AEClassifier(autoencoder, max_epochs=3, random_state=0)
    assert takes_nan(clf)
    assert clf.fit(holes, labels).predict(holes).shape == (120,)
    trained = autoencoder.fit(np.nan_to_num(holes))
    prefit = AEClassifier(trained, prefit=True, max_epochs=3, random_state=0)
    assert np.isfinite(prefit.fit(holes, labels).predict_proba(holes)).all()


def test_better_than_the_means_at_hidden_cells(make_from_pca, rows, holes):
    estimator = make_from_pca(3, scale="standard").fit(holes)
    hidden = np.isnan(holes)
    deviations = (estimator.reconstruct(holes) - rows) / rows.std(0)
    means = (np.nanmean(holes, 0) - rows) / rows.std(0)
    assert np.square(deviations[hidden]).mean() < 0.5 * np.square(means[hidden]).mean()


def test_nan_after_complete_training_data_stands_for_the_mean(make_ae, rows, holes):
    for scale in ("auto", "minmax", None):
        estimator = make_ae(2, scale=scale).fit(rows)
        filled = np.where(np.isnan(holes), rows.mean(0), holes)
        np.testing.assert_allclose(
            estimator.transform(holes), estimator.transform(filled), atol=1e-5
        )


GAPS = [True, False, None, True] * 15
FRAMES = {
    "booleans": pl.DataFrame({"a": GAPS, "b": range(60)}),
    "decimals": pl.DataFrame(
        {"a": [None if g is None else Decimal(g) for g in GAPS], "b": range(60)}
    ),
    "categories": pd.DataFrame(
        {"a": pd.Categorical([None if g is None else int(g) for g in GAPS])}
    ).assign(b=range(60)),
    "objects": pd.DataFrame({"a": GAPS, "b": range(60)}),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_gaps_of_columns_that_are_no_floats_are_nan(make_ae, frame):
    table = np.array([np.array(GAPS, dtype=float), np.arange(60)]).T
    known = make_ae(1).fit(np.nan_to_num(table))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X has feature names")
        codes, score = known.transform(frame), known.score(frame)
        known.partial_fit(frame)
    reference = make_ae(1).fit(np.nan_to_num(table))
    np.testing.assert_array_equal(codes, reference.transform(table))
    assert score == reference.score(table)
    np.testing.assert_array_equal(
        make_ae(1).fit(frame).transform(frame), make_ae(1).fit_transform(table)
    )
    classifier = AEClassifier(make_ae(1), max_epochs=2, random_state=0)
    assert np.isfinite(
        classifier.fit(frame, np.arange(60) % 2).predict_proba(frame)
    ).all()


def test_infinity_among_objects_is_refused(make_ae):
    with pytest.raises(ValueError, match="X contains infinity"):
        make_ae(1).fit(pl.DataFrame({"a": GAPS, "b": [np.inf] * 60}))


def test_scores_are_of_observed_cells(make_ae, rows, holes):
    scaled = StandardScaler().fit(rows)
    estimator = make_ae(2, scale="standard").fit(rows)
    x, r = scaled.transform(holes), scaled.transform(estimator.reconstruct(holes))
    np.testing.assert_allclose(
        estimator.score_samples(holes), -np.nanmean(np.square(x - r), 1), rtol=1e-4
    )
    left = np.nansum(np.square(x - r)) / np.nansum(np.square(x - np.nanmean(x, 0)))
    assert estimator.score(holes) == pytest.approx(1 - left, abs=1e-5)


def test_targets_may_have_gaps(make_ae, rows, holes):
    estimator = make_ae(3).fit(rows, target=holes)
    assert np.isfinite(estimator.score(rows, target=holes))
    assert estimator.score(rows, target=rows) > 0.8


def test_a_training_without_nan_makes_no_room_for_a_mask(make_ae, rows, holes):
    plain, masked = make_ae(2).fit(rows).network_, make_ae(2).fit(holes).network_
    assert not any(isinstance(part, Read) for part in plain.modules())
    assert plain.network.encode[0].in_features == 6
    assert masked.network.network.encode[0].in_features == 12


def test_noise_that_hides_cells_makes_room_for_a_mask(rows, holes):
    estimator = fast(DenoisingAE, 3, noise="missing", noise_level=0.3).fit(rows)
    assert estimator.network_.network.network.encode[0].in_features == 12
    assert np.isfinite(estimator.reconstruct(holes)).all()


class SeesNaN:
    """A network that says what comes to it."""

    missing = "keep"

    def build(self, n_features, n_components):
        network = Dense((4,)).build(n_features, n_components)
        network.encode = SumOfObserved(n_features, n_components)
        return network


class SumOfObserved(nn.Module):
    def __init__(self, n_features, n_components):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n_features, n_components))

    def forward(self, x):
        return x.nan_to_num(0) @ self.weight + x.isnan().sum(1, keepdim=True)


def test_a_network_may_ask_for_nan_itself(rows, holes):
    specification = SeesNaN()
    estimator = fast(AE, 2, network=specification, skip=None, scale=None)
    estimator.set_params(max_epochs=1, lr=1e-12).fit(rows)
    np.testing.assert_allclose(
        estimator.transform(holes),
        np.c_[[np.nansum(holes, 1) + np.isnan(holes).sum(1)] * 2].T,
        rtol=1e-5,
    )


def test_tied_and_linear_networks_have_no_mask():
    assert Dense().missing == "mask"
    assert Dense((), tied=False).missing == "fill"
    assert Dense((8,), tied=True).missing == "fill"


def test_rows_of_several_dimensions_have_no_mask():
    class ForImages(Dense):
        allow_nd, missing = True, "mask"

    images = np.zeros((20, 4, 4))
    images[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"missing='mask'.*shape \(4, 4\).*'fill'"):
        fast(AE, 2, network=ForImages()).fit(images)


@pytest.mark.parametrize("name", sorted({*LOSSES} - {"multinomial"}))
def test_losses_skip_nan(name):
    random = torch.Generator().manual_seed(0)
    output = torch.randn(5, 3, generator=random, dtype=torch.float64)
    target = torch.rand(5, 3, generator=random, dtype=torch.float64)
    missing = torch.rand(5, 3, generator=random) < 0.4
    missing[2] = True
    cells = LOSSES[name].function(output, target, reduction="none")
    loss = LOSSES[name].skipping_nan()
    output.requires_grad_()
    target[missing] = torch.nan
    mean = loss.mean(output, target)
    torch.testing.assert_close(mean, cells[~missing].mean())
    weight = torch.arange(15.0).reshape(5, 3).double()
    torch.testing.assert_close(
        loss.mean(output, target, weight), (weight * cells)[~missing].mean()
    )
    per_row = loss.per_row(output, target)
    torch.testing.assert_close(per_row[0], cells[0][~missing[0]].mean())
    assert per_row[2] == 0
    (gradient,) = torch.autograd.grad(mean, output)
    assert (gradient[missing] == 0).all()
    assert (gradient[~missing] != 0).all()


@pytest.mark.parametrize("name", sorted({*LIKELIHOODS} - {"multinomial"}))
def test_likelihoods_skip_nan(name):
    random = torch.Generator().manual_seed(0)
    output = torch.randn(4, 3, generator=random, dtype=torch.float64)
    target = torch.rand(4, 3, generator=random, dtype=torch.float64).round()
    log_noise = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    likelihood = LIKELIHOODS[name]
    expected = likelihood.surprise(output[:, :2], target[:, :2], log_noise)
    target[:, 2] = torch.nan
    found = likelihood.skipping_nan().surprise(output, target, log_noise)
    torch.testing.assert_close(found, expected)
    if likelihood.has_noise:
        assert torch.autograd.grad(found.sum(), log_noise)[0].isfinite()


def test_a_callable_loss_sees_no_nan(holes):
    def loss(output, target):
        assert not target.isnan().any()
        return (output - target).square()

    assert resolve_loss(loss).skipping_nan().skips_nan
    assert np.isfinite(fast(AE, 2, loss=loss).fit(holes).best_loss_)


def test_column_statistics_are_of_observed_cells(holes):
    table = np.c_[holes, np.full(120, np.nan)]
    found = column_statistics(table)
    np.testing.assert_allclose(found.mean[:6], np.nanmean(holes, 0))
    np.testing.assert_allclose(found.std[:6], np.nanstd(holes, 0))
    np.testing.assert_allclose(found.low[:6], np.nanmin(holes, 0))
    np.testing.assert_allclose(found.high[:6], np.nanmax(holes, 0))
    np.testing.assert_allclose(found.observed[:6], 1 - np.isnan(holes).mean(0))
    assert [v[6] for v in (found.mean, found.std, found.observed)] == [0, 0, 0]


@pytest.mark.parametrize("rule", ["auto", "standard", "minmax", None])
def test_a_scaling_keeps_nan_and_knows_means(holes, rule):
    scaling = fit_scaling(holes, rule)
    scaled = scaling.apply(holes, "float64")
    np.testing.assert_array_equal(np.isnan(scaled), np.isnan(holes))
    filled = scaling.fill(holes)
    np.testing.assert_allclose(filled.mean(0), np.nanmean(holes, 0))


@pytest.mark.parametrize("noise", ["salt_and_pepper", "swap", "masking", "gaussian"])
def test_any_corruption_goes_with_nan(holes, noise):
    table = np.c_[holes, np.full(120, np.nan)]
    estimator = fast(DenoisingAE, 2, noise=noise, noise_level=0.5, emphasis=(2, 1))
    assert np.isfinite(estimator.fit(table).loss_curve_).all()


def test_infinity_is_refused(make, holes):
    holes[0, 0] = np.inf
    with pytest.raises(ValueError, match="Input X contains"):
        make(2).fit(holes)


def test_training_is_reproducible(make_ae, holes):
    first, second = (make_ae(2).fit_transform(holes) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_draws_of_missing_cells_follow_their_distribution(rows, holes):
    """A linear model has normal ones, of known mean and deviation."""
    vae = fast(VAE, 3, hidden_layer_sizes=(), scale="standard", dtype="float64")
    vae.fit(holes)
    network = vae.network_.network.network
    loadings = network.decode.weight.detach().numpy()
    center = network.decode.bias.detach().numpy()
    noise = vae.network_.log_noise.exp().item()
    covariance = loadings @ loadings.T + noise**2 * np.eye(6)
    x = (rows[0] - vae.scaling_.center) / vae.scaling_.scale
    weights = np.linalg.solve(covariance[:5, :5], covariance[:5, 5])
    mean = center[5] + (x - center)[:5] @ weights
    deviation = np.sqrt(covariance[5, 5] - covariance[5, :5] @ weights)
    row = np.where(np.arange(6) == 5, np.nan, rows[:1])
    drawn = vae.draw_missing(np.repeat(row, 32, 0), n_draws=40, random_state=0)
    drawn = (drawn[..., 5] - vae.scaling_.center[5]) / vae.scaling_.scale[5]
    assert drawn.mean() == pytest.approx(mean, abs=0.15 * deviation)
    assert drawn.std() == pytest.approx(deviation, rel=0.1)


def test_draws_are_as_wide_as_what_is_not_known():
    # Without three cells of five the posterior is wider than a linear encoder knows.
    random = np.random.RandomState(0)
    X = random.normal(size=(800, 2)) @ random.normal(size=(2, 5))
    X += 0.4 * random.normal(size=X.shape)
    holes = np.where(random.uniform(size=X.shape) < 0.05, np.nan, X)
    settings = {"scale": "standard", "dtype": "float64", "random_state": 0}
    vae = VAE(2, hidden_layer_sizes=(), **settings)
    network = vae.fit(holes).network_
    loadings = network.network.network.decode.weight.detach().numpy()
    noise = network.log_noise.exp().item()
    covariance = loadings @ loadings.T + noise**2 * np.eye(5)
    known, hidden = [0, 4], [1, 2, 3]
    weights = np.linalg.solve(covariance[np.ix_(known, known)], covariance[known])
    exact = (covariance - covariance[:, known] @ weights)[np.ix_(hidden, hidden)]
    row = X[:1].copy()
    row[:, hidden] = np.nan
    drawn = vae.draw_missing(np.repeat(row, 200, 0), n_draws=40, random_state=0)
    drawn = drawn.reshape(-1, 5)[:, hidden] / vae.scaling_.scale[hidden]
    np.testing.assert_allclose(np.cov(drawn.T), exact, rtol=0.2)


def test_the_mean_of_more_draws_is_better_known(rows):
    vae = fast(VAE, 3).fit(rows)
    row = np.where(np.arange(6) % 2, np.nan, rows[:1])

    def error(n_draws):
        drawn = [vae.draw_missing(row, n_draws, seed) for seed in range(16)]
        return np.std([one[:, 0, 1::2].mean(0) for one in drawn], 0).mean()

    assert error(1600) < 0.4 * error(100)


def test_cells_are_not_drawn_by_a_model_of_something_else(rows):
    vae = fast(VAE, 2).fit(rows, target=rows[:, :2])
    with pytest.raises(ValueError, match="target of its own and draws nothing of X"):
        vae.draw_missing(rows)


@pytest.mark.parametrize("cell", [1e20, 1e300])
def test_nothing_is_drawn_of_rows_whose_likelihood_no_precision_holds(rows, cell):
    vae = fast(VAE, 2).fit(rows)
    far = np.vstack([rows[:2], [cell, *rows[2, 1:]]])
    with pytest.raises(ValueError, match=r"so far .* float32 cannot hold"):
        vae.draw_missing(far)


def test_cells_are_drawn_by_the_likelihood_that_was_fitted(rows):
    vae = fast(VAE, 2).fit(rows)
    expected = vae.draw_missing(rows, random_state=0)
    vae.set_params(likelihood="multinomial")
    np.testing.assert_array_equal(vae.draw_missing(rows, random_state=0), expected)
    vae.fit(np.abs(rows)).set_params(likelihood="gaussian")
    with pytest.raises(ValueError, match="no cells can be drawn"):
        vae.draw_missing(rows)


@pytest.mark.parametrize(
    "make",
    [AEOutlierDetector, lambda ae: AEClassifier(ae, max_epochs=1)],
    ids=["detector", "classifier"],
)
def test_rows_without_any_cell_are_refused_where_the_network_does(make, rows):
    y = rows[:, 0] > 0
    model = make(fast(RecurrentAE, 2)).fit(rows, y)
    model.predict(rows)
    if isinstance(model, AEClassifier):
        frozen = make(FrozenEstimator(model.autoencoder_))
        with pytest.raises(ValueError, match="of NaN only"):
            frozen.fit(np.where(np.arange(len(rows))[:, None] == 3, np.nan, rows), y)
    with pytest.raises(ValueError, match="of NaN only"):
        model.predict(np.full_like(rows[:2], np.nan))


def test_every_public_estimator_says_whether_it_takes_nan():
    for name in sklearn_ae.__all__:
        assert isinstance(takes_nan(getattr(sklearn_ae, name)()), bool)
