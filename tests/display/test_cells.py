"""Rows as pictures: the values drawn are those of the rows, wherever they come from."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_array
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from sklearn_ae import (
    AE,
    RBM,
    VAE,
    AEClassifier,
    ConvAE,
    DenoisingAE,
    RecurrentAE,
    StackedAE,
)
from sklearn_ae.display import (
    FiltersDisplay,
    ManifoldDisplay,
    ReconstructionDisplay,
    TraversalDisplay,
)
from sklearn_ae.networks import Dense

from .conftest import SETTINGS


def tile(display, line, column, size=(8, 8)):
    """Cut one image out of the picture."""
    picture = np.ma.filled(display.drawn_.get_array(), np.nan)
    top, left = line * (size[0] + 1), column * (size[1] + 1)
    return picture[top : top + size[0], left : left + size[1]]


def line_names(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


def test_images_stand_above_their_reconstructions(ae, images):
    pca = PCA(2).fit(images)
    display = ReconstructionDisplay.from_estimator(
        {"principal": pca, "AE": ae}, images, n_rows=4, image_shape=(8, 8)
    )
    assert line_names(display) == ["data", "principal", "AE"]
    assert display.drawn_.get_array().shape == (3 * 9 - 1, 4 * 9 - 1)
    np.testing.assert_allclose(tile(display, 0, 3).ravel(), images[3])
    rebuilt = pca.inverse_transform(pca.transform(images[3:4]))
    np.testing.assert_allclose(tile(display, 1, 3).ravel(), rebuilt[0])
    rebuilt = ae.reconstruct(images[2:3])
    np.testing.assert_allclose(tile(display, 2, 2).ravel(), rebuilt[0], rtol=1e-5)
    assert np.isnan(display.drawn_.get_array().filled(np.nan)[8]).all()
    assert display.drawn_.get_clim() == (images[:4].min(), images[:4].max())


def test_the_network_knows_that_rows_are_images(conv, images):
    for X in images, images.reshape(-1, 8, 8):
        model = ConvAE(2, channels=(4,), **SETTINGS).fit(X)
        display = ReconstructionDisplay.from_estimator(model, X, n_rows=3)
        assert display.kind == "image"
        np.testing.assert_allclose(tile(display, 0, 1).ravel(), images[1])


@pytest.mark.parametrize("channels_last", [False, True])
def test_colours_are_drawn(channels_last):
    shape = (8, 8, 3) if channels_last else (3, 8, 8)
    X = np.random.RandomState(0).uniform(size=(30, *shape))
    settings = {"channels": (4,), "channels_last": channels_last, **SETTINGS}
    display = ReconstructionDisplay.from_estimator(ConvAE(2, **settings).fit(X), X)
    assert display.drawn_.get_array().shape == (2 * 9 - 1, 10 * 9 - 1, 3)
    first = X[0] if channels_last else np.moveaxis(X[0], 0, -1)
    low, high = X[:10].min(), X[:10].max()
    np.testing.assert_allclose(tile(display, 0, 0), (first - low) / (high - low))


def test_tables_become_bars_in_scaled_units(of_table, table):
    display = ReconstructionDisplay.from_estimator(of_table, table, n_rows=3)
    (bars,) = display.drawn_
    segments = np.array(bars.get_segments()).reshape(2, 3, 5, 2, 2)
    heights = segments[..., 1, 1] - segments[..., 0, 1]
    scaled = (table[:3] - table.mean(0)) / table.std(0)
    unit = heights[0, 0, 0] / scaled[0, 0]
    assert unit < 0  # the axis points downwards
    np.testing.assert_allclose(heights[0] / unit, scaled, rtol=1e-5)


def test_series_become_lines():
    phases = np.random.RandomState(0).uniform(0, 6, size=(50, 1))
    X = np.sin(np.linspace(0, 6, 30) + phases)
    ae = AE(2, hidden_layer_sizes=(8,), **SETTINGS).fit(X)
    display = ReconstructionDisplay.from_estimator(ae, X, n_rows=4)
    (lines,) = display.drawn_
    assert display.kind == "line"
    segments = lines.get_segments()
    assert len(segments) == 8
    correlation = np.corrcoef(segments[2][:, 1], X[2])[0, 1]
    assert correlation == pytest.approx(-1)  # the axis points downwards


def test_series_of_several_channels_have_a_line_for_each():
    X = np.random.RandomState(0).normal(size=(4, 10, 2))
    display = ReconstructionDisplay.from_predictions({"data": X})
    assert [len(lines.get_segments()) for lines in display.drawn_] == [4, 4]
    segment = display.drawn_[1].get_segments()[3]
    assert np.corrcoef(segment[:, 1], X[3, :, 1])[0, 1] == pytest.approx(-1)


def test_the_network_knows_that_rows_are_series():
    X = np.random.RandomState(0).normal(size=(30, 12)) * np.arange(1, 13)
    ae = RecurrentAE(2, n_timesteps=4, hidden_size=4, **SETTINGS).fit(X)
    display = ReconstructionDisplay.from_estimator(ae, X, n_rows=5)
    assert display.kind == "line"
    np.testing.assert_allclose(display.cells[0, 2], X[2].reshape(4, 3).T)


def test_corrupted_rows_are_those_that_the_network_gets(images):
    masking = DenoisingAE(
        2, noise="masking", noise_level=0.5, hidden_layer_sizes=(8,), **SETTINGS
    ).fit(images)
    display = ReconstructionDisplay.from_estimator(
        masking, images, corrupt=True, image_shape=(8, 8)
    )
    assert line_names(display) == ["data", "corrupted", "DenoisingAE"]
    clean, noisy, rebuilt = (display.cells[i].reshape(10, 64) for i in range(3))
    masked = ~np.isclose(noisy, clean, rtol=1e-4)
    assert 0.4 < masked.mean() < 0.6
    means = np.broadcast_to(images.mean(0), masked.shape)
    np.testing.assert_allclose(noisy[masked], means[masked], rtol=1e-4)
    np.testing.assert_allclose(rebuilt, masking.reconstruct(noisy), rtol=1e-4)


def test_targets_have_a_line_of_their_own(images):
    small = images[:, :4]
    ae = AE(2, hidden_layer_sizes=(8,), **SETTINGS).fit(images, target=2 * images)
    display = ReconstructionDisplay.from_estimator(
        ae, images, target=2 * images, image_shape=(8, 8)
    )
    assert line_names(display) == ["data", "AE", "target"]
    np.testing.assert_allclose(display.cells[2].reshape(10, 64), 2 * images[:10])
    with pytest.raises(ValueError, match="image_shape"):
        ReconstructionDisplay.from_predictions({"X": small}, image_shape=(8, 8))


def test_gray_images_stand_beside_colours(images):
    gray = images.reshape(-1, 1, 8, 8)
    colours = np.concatenate([gray, 2 * gray, 0 * gray], 1)
    ae = ConvAE(2, channels=(4,), **SETTINGS).fit(gray, target=colours)
    display = ReconstructionDisplay.from_estimator(ae, gray, target=colours)
    assert display.cells.shape == (3, 10, 8, 8, 3)
    np.testing.assert_allclose(
        display.cells[0, 4], np.repeat(gray[4, 0, ..., None], 3, -1)
    )
    np.testing.assert_allclose(display.cells[2, 4, ..., 1], 2 * gray[4, 0])


@pytest.mark.parametrize("n_lines", [2, 5])
def test_names_lie_inside_the_figure(images, n_lines):
    lines = {f"{i}, a name of some length": images[:12] for i in range(n_lines)}
    display = ReconstructionDisplay.from_predictions(lines, image_shape=(8, 8))
    display.figure_.canvas.draw()
    for label in display.ax_.get_yticklabels():
        assert label.get_window_extent().x0 >= 0
    assert display.ax_.get_window_extent().x1 <= display.figure_.bbox.x1


def test_data_frames_keep_their_names(table):
    frame = pd.DataFrame(table, columns=list("abcde"))
    ae = DenoisingAE(2, hidden_layer_sizes=(8,), **SETTINGS).fit(frame)
    for corrupt in True, False:
        display = ReconstructionDisplay.from_estimator(ae, frame, corrupt=corrupt)
        assert display.kind == "bar"
    scaled = (table[:10] - table.mean(0)) / table.std(0)
    np.testing.assert_allclose(display.cells[0, :, 0], scaled)


def test_stacks_machines_and_classifiers_are_rebuilt(images):
    fast = {"hidden_layer_sizes": (8,), **SETTINGS}
    classifier = AEClassifier(AE(2, **fast), max_epochs=2).fit(images, images[:, 0] > 1)
    models = [
        StackedAE(2, **fast).fit(images),
        RBM(4, **SETTINGS).fit(images),
        VAE(2, **fast).fit(images),
        classifier,
    ]
    display = ReconstructionDisplay.from_estimator(models, images, image_shape=(8, 8))
    assert line_names(display)[1:] == ["StackedAE", "RBM", "VAE", "AEClassifier"]
    rebuilt = classifier.autoencoder_.reconstruct(images[:10])
    np.testing.assert_allclose(display.cells[4].reshape(10, 64), rebuilt, rtol=1e-5)


def test_a_grid_of_codes_is_decoded(vae):
    display = ManifoldDisplay.from_estimator(vae, n_steps=5, image_shape=(8, 8))
    horizontal, vertical = display.values.T
    # Quantiles of the prior, .02 to .98.
    np.testing.assert_allclose(horizontal[[0, 2, 4]], [-2.05, 0, 2.05], atol=0.2)
    corner = vae.inverse_transform([[horizontal[0], vertical[4]]])
    np.testing.assert_allclose(
        tile(display, 0, 0).ravel(), corner[0], rtol=1e-4, atol=1e-5
    )
    below = vae.inverse_transform([[horizontal[3], vertical[0]]])
    np.testing.assert_allclose(
        tile(display, 4, 3).ravel(), below[0], rtol=1e-4, atol=1e-5
    )


def test_other_units_stay_at_their_median(ae, images):
    codes = ae.transform(images)
    display = ManifoldDisplay.from_estimator(
        ae, codes=codes, units=(2, 0), n_steps=3, image_shape=(8, 8)
    )
    low = [np.quantile(codes[:, 0], 0.02), *np.median(codes[:, 1:2], 0)]
    corner = ae.inverse_transform([[*low, np.quantile(codes[:, 2], 0.02)]])
    np.testing.assert_allclose(
        tile(display, 2, 0).ravel(), corner[0], rtol=1e-4, atol=1e-5
    )
    assert display.ax_.get_xlabel().startswith("Code unit 2, from ")
    assert display.ax_.get_ylabel() == "Code unit 0"


def test_one_unit_makes_no_plane(images):
    one = AE(1, hidden_layer_sizes=(8,), **SETTINGS).fit(images)
    with pytest.raises(ValueError, match="TraversalDisplay"):
        ManifoldDisplay.from_estimator(one)


def test_pca_has_to_be_told_where_codes_lie(images):
    pca = PCA(2).fit(images)
    with pytest.raises(ValueError, match="'codes'"):
        TraversalDisplay.from_estimator(pca)
    display = TraversalDisplay.from_estimator(
        pca, codes=pca.transform(images), image_shape=(8, 8)
    )
    np.testing.assert_array_equal(display.units, [0, 1])


def test_units_vary_one_by_one(images):
    pca = PCA(3).fit(images + np.random.RandomState(0).normal(size=images.shape))
    codes = pca.transform(images)[:, ::-1]
    pca.components_ = pca.components_[::-1]
    display = TraversalDisplay.from_estimator(
        pca, codes=codes, n_units=2, n_steps=3, image_shape=(8, 8)
    )
    changes = np.ptp(codes, axis=0) * np.abs(pca.components_).sum(1)
    assert len(display.units) == 2
    assert display.units[0] == changes.argmax()
    start = np.median(codes, axis=0)
    start[display.units[0]] = np.quantile(codes[:, display.units[0]], 0.98)
    np.testing.assert_allclose(
        tile(display, 0, 2).ravel(), pca.inverse_transform([start])[0], rtol=1e-6
    )
    assert line_names(display)[0] == f"unit {display.units[0]}"


def test_traversals_may_start_at_a_row(ae, images):
    start = ae.transform(images[:1])[0]
    display = TraversalDisplay.from_estimator(ae, start=start, image_shape=(8, 8))
    moved = start.copy()
    unit = display.units[1]
    moved[unit] = np.quantile(
        ae._draw_codes(2000, np.random.RandomState(0))[:, unit], 0.02
    )
    np.testing.assert_allclose(
        tile(display, 1, 0).ravel(),
        ae.inverse_transform([moved])[0],
        rtol=1e-4,
        atol=1e-5,
    )


def test_filters_are_sorted_by_norm(images):
    machine = RBM(7, **SETTINGS).fit(images)
    display = FiltersDisplay.from_estimator(machine, image_shape=(8, 8), n_filters=5)
    weights = machine.network_.weight.detach().numpy()
    order = np.argsort(-np.linalg.norm(weights, axis=1))[:5]
    np.testing.assert_allclose(display.weights.reshape(5, 64), weights[order])
    np.testing.assert_allclose(tile(display, 1, 0).ravel(), weights[order[3]])
    low, high = display.drawn_.get_clim()
    assert low == -high == -np.abs(weights[order]).max()


def test_filters_are_the_networks_not_the_linear_paths(ae):
    display = FiltersDisplay.from_estimator(ae, image_shape=(8, 8))
    first = ae.network_.network.encode[0].weight.detach().numpy()
    assert len(display.weights) == len(first) == 16
    assert sorted(display.weights[:, 0, 0]) == sorted(first[:, 0])


@pytest.mark.parametrize("tied", [False, True])
def test_the_last_layer_shows_what_units_add(images, tied):
    network = Dense((8,), tied=tied)
    ae = AE(3, network=network, skip=None, **SETTINGS).fit(images)
    display = FiltersDisplay.from_estimator(ae, part="decoder", image_shape=(8, 8))
    last = ae.network_.decode[-1].weight.detach().numpy()
    assert display.weights.shape == (8, 8, 8)
    assert sorted(display.weights[:, 0, 0]) == sorted(last[0])


@pytest.mark.parametrize("sizes", [(5,), (6, 5)])
def test_filters_of_rows_with_gaps_are_of_their_cells(sizes):
    X = np.random.RandomState(0).normal(size=(40, 6))
    X[::3, 1] = np.nan
    ae = AE(2, hidden_layer_sizes=sizes, **SETTINGS).fit(X)
    display = FiltersDisplay.from_estimator(ae, image_shape=(2, 3))
    shapes = {tuple(w.shape): w for w in ae.network_.parameters()}
    first = shapes[sizes[0], 12].detach().numpy()
    assert sorted(display.weights[:, 0, 0]) == sorted(first[:, 0])


def test_filters_are_of_the_encoder_or_the_decoder(ae):
    with pytest.raises(ValueError, match="'part' parameter"):
        FiltersDisplay.from_estimator(ae, part="decodr")
    with pytest.raises(ValueError, match="n_filters == 0, must be >= 1"):
        FiltersDisplay.from_estimator(ae, n_filters=0)


def test_rows_that_never_vary_can_be_drawn():
    X = np.full((10, 4), 3.0)
    display = ReconstructionDisplay.from_estimator(AE(2, **SETTINGS).fit(X), X)
    assert display.ax_.lines or display.ax_.collections


def test_convolutions_add_nothing_that_could_be_drawn(conv):
    with pytest.raises(ValueError, match="last layer"):
        FiltersDisplay.from_estimator(conv, part="decoder")


def test_filters_of_convolutions_are_images_of_their_own(conv):
    display = FiltersDisplay.from_estimator(conv)
    assert display.weights.shape == (4, 3, 3)


def test_filters_of_stacks_and_tables_are_drawn(of_table, images):
    stack = StackedAE(2, hidden_layer_sizes=(8,), **SETTINGS).fit(images)
    display = FiltersDisplay.from_estimator(stack, image_shape=(8, 8))
    assert display.weights.shape == (8, 8, 8)
    display = FiltersDisplay.from_estimator(of_table)
    assert display.kind == "bar"
    assert display.weights.shape == (16, 1, 5)


def test_networks_that_begin_otherwise_have_no_filters(images):
    class Scaled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = torch.nn.Parameter(torch.ones(64))

        def encode(self, x):
            return self.factor * x

        decode = encode

    ae = AE(64, network=Scaled(), skip=None, **SETTINGS).fit(images)
    with pytest.raises(ValueError, match="first layer"):
        FiltersDisplay.from_estimator(ae)


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_weights_of_recurrent_layers_are_no_filters(part):
    X = np.random.RandomState(0).normal(size=(20, 8))
    ae = RecurrentAE(2, hidden_size=8, **SETTINGS).fit(X)
    with pytest.raises(ValueError, match="first layer is linear"):
        FiltersDisplay.from_estimator(ae, part=part)


def test_filters_are_of_networks(images):
    with pytest.raises(ValueError, match="PCA has no network_, which this display"):
        FiltersDisplay.from_estimator(PCA(3).fit(images))


@pytest.mark.parametrize("display", [FiltersDisplay, ManifoldDisplay, TraversalDisplay])
def test_estimators_have_to_be_fitted(display):
    with pytest.raises(NotFittedError):
        display.from_estimator(AE(2))


def test_units_that_are_not_there_are_named(ae):
    for units in [(0, 9), (0,)]:
        with pytest.raises(ValueError, match="'units' parameter"):
            ManifoldDisplay.from_estimator(ae, units=units)
    with pytest.raises(ValueError, match="'start' parameter"):
        TraversalDisplay.from_estimator(ae, start=[0, 1])
    with pytest.raises(ValueError, match="n_units"):
        TraversalDisplay.from_estimator(ae, n_units=0)


def test_rows_and_what_comes_back_are_each_in_their_own_units():
    random = np.random.RandomState(0)
    X = random.normal(size=(40, 4)) * [1000, 2000, 5, 100] + [5000, 0, 0, 0]
    target = random.normal(size=(40, 4)) * [0.001, 1, 2, 30]
    ae = AE(2, **SETTINGS).fit(X, target=target)
    display = ReconstructionDisplay.from_estimator(ae, X, target=target, n_rows=3)
    assert line_names(display) == ["data", "AE", "target"]
    scaled = (X[:3] - X.mean(0)) / X.std(0)
    np.testing.assert_allclose(display.cells[0].reshape(3, 4), scaled)
    scaled = (target[:3] - target.mean(0)) / target.std(0)
    np.testing.assert_allclose(display.cells[2].reshape(3, 4), scaled)


def test_rows_are_left_out_where_others_come_back(table):
    ae = AE(2, **SETTINGS).fit(table, target=table[:, :3])
    target = {"target": table[:, :3]}
    display = ReconstructionDisplay.from_estimator(ae, table, **target)
    assert line_names(display) == ["AE", "target"]
    with pytest.raises(ValueError, match="must have one shape"):
        ReconstructionDisplay.from_predictions({"X": table} | target)


def test_sparse_rows_are_drawn(of_table, table):
    expected = ReconstructionDisplay.from_estimator(of_table, table)
    sparse = ReconstructionDisplay.from_estimator(of_table, csr_array(table))
    np.testing.assert_allclose(sparse.cells, expected.cells, rtol=1e-5)


def test_rows_of_another_size_are_left_out_of_images(table):
    images = np.random.RandomState(0).uniform(size=(len(table), 16))
    ae = AE(2, **SETTINGS).fit(table, target=images)
    display = ReconstructionDisplay.from_estimator(
        ae, table, target=csr_array(images), image_shape=(4, 4)
    )
    assert line_names(display) == ["AE", "target"]
    with pytest.raises(ValueError, match="'lines' parameter must hold rows"):
        ReconstructionDisplay.from_predictions({})


def test_sparse_rows_are_corrupted_as_they_are_in_training(table):
    denoiser = DenoisingAE(2, noise="salt_and_pepper", **SETTINGS).fit(table)
    dense, sparse = (
        ReconstructionDisplay.from_estimator(denoiser, X, corrupt=True)
        for X in (table, csr_array(table))
    )
    np.testing.assert_allclose(sparse.cells, dense.cells, rtol=1e-5, atol=1e-5)
