"""Loss curves, codes and scores: what is drawn is what the estimators say."""

import builtins
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPRegressor

from sklearn_ae import AE, AEClassifier, AEOutlierDetector
from sklearn_ae.display import LatentDisplay, LossCurveDisplay, ScoreDisplay

from ..conftest import fast


def legend_texts(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_loss_curves_are_those_of_the_estimator(ae):
    display = LossCurveDisplay.from_estimator(ae)
    training, validation = display.lines_
    np.testing.assert_array_equal(training.get_ydata(), ae.loss_curve_)
    np.testing.assert_array_equal(validation.get_ydata(), ae.validation_loss_curve_)
    np.testing.assert_array_equal(training.get_xdata(), [1, 2])
    assert display.ax_.get_xlabel() == "Epoch"


def test_ticks_are_whole_epochs(ae):
    _, ax = plt.subplots()
    ticks = LossCurveDisplay.from_estimator(ae, ax=ax).ax_.get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))
    ax.set_xscale("log")
    LossCurveDisplay.from_estimator(ae, ax=ax)


def test_without_held_out_rows_there_is_one_curve(images):
    ae = AE(2, hidden_layer_sizes=(8,), early_stopping=False, max_epochs=2).fit(images)
    assert len(LossCurveDisplay.from_estimator(ae).lines_) == 1


def test_estimators_are_told_apart_by_name(ae, denoising):
    both = LossCurveDisplay.from_estimator([ae, denoising])
    assert legend_texts(both) == [
        "training of AE",
        "validation of AE",
        "training of DenoisingAE",
        "validation of DenoisingAE",
    ]
    twins = LossCurveDisplay.from_estimator([ae, ae])
    assert legend_texts(twins)[::2] == ["training of AE 1", "training of AE 2"]
    named = LossCurveDisplay.from_estimator({"mine": ae, "other": denoising})
    assert legend_texts(named)[0] == "training of mine"


def test_losses_of_scikit_learns_networks_are_drawn(images):
    mlp = MLPRegressor(hidden_layer_sizes=(4,), max_iter=3, random_state=0)
    with pytest.warns(UserWarning, match="iterations"):
        mlp.fit(images, images)
    (line,) = LossCurveDisplay.from_estimator(mlp).lines_
    np.testing.assert_array_equal(line.get_ydata(), mlp.loss_curve_)


def test_axes_are_taken_where_given(ae, vae, images):
    figure, axes = plt.subplots(1, 3)
    displays = [
        LossCurveDisplay.from_estimator(ae, ax=axes[0]),
        LatentDisplay.from_estimator(vae, images, ax=axes[1]),
        ScoreDisplay.from_estimator(ae, images, ax=axes[2]),
    ]
    for display, ax in zip(displays, axes, strict=True):
        assert display.ax_ is ax
        assert display.figure_ is figure
    assert len(plt.get_fignums()) == 1


def test_a_display_can_be_drawn_again(ae):
    display = LossCurveDisplay.from_estimator(ae)
    first = display.ax_
    assert display.plot(color="red").ax_ is not first
    assert display.lines_[0].get_color() == "red"


def test_codes_of_two_units_are_drawn_as_they_are(vae, images):
    (points,) = LatentDisplay.from_estimator(vae, images).scatters_
    np.testing.assert_allclose(points.get_offsets(), vae.transform(images), rtol=1e-6)


def test_codes_are_coloured_by_label(vae, images):
    y = np.repeat(["a", "b", "c"], 20)
    display = LatentDisplay.from_estimator(vae, images, y)
    assert legend_texts(display) == ["a", "b", "c"]
    assert [len(points.get_offsets()) for points in display.scatters_] == [20, 20, 20]
    colours = {tuple(points.get_facecolor()[0]) for points in display.scatters_}
    assert len(colours) == 3


@pytest.mark.parametrize("n_labels", [12, 30])
def test_many_labels_have_colours_of_their_own(n_labels):
    codes = np.random.RandomState(0).normal(size=(60, 2))
    display = LatentDisplay.from_predictions(codes, np.arange(60) % n_labels)
    colours = {tuple(points.get_facecolor()[0]) for points in display.scatters_}
    assert len(colours) == n_labels


def test_numbers_are_told_by_a_colour_bar(vae, images):
    y = np.linspace(0.5, 1.7, 60)
    display = LatentDisplay.from_estimator(vae, images, y)
    (points,) = display.scatters_
    np.testing.assert_array_equal(points.get_array(), y)
    assert len(display.figure_.axes) == 2
    assert display.ax_.get_legend() is None


def test_wider_codes_are_shown_by_principal_components():
    codes = np.random.RandomState(0).normal(size=(60, 4)) * [1, 9, 3, 1]
    display = LatentDisplay.from_predictions(codes)
    offsets = display.scatters_[0].get_offsets()
    centred = codes - codes.mean(0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(offsets), np.abs(centred @ axes[:2].T))
    share = singular[0] ** 2 / np.square(singular).sum()
    assert f"({share:.0%})" in display.ax_.get_xlabel()


def test_codes_of_one_unit_become_histograms():
    codes = np.arange(40.0)[:, None]
    display = LatentDisplay.from_predictions(codes, np.arange(40) % 2)
    heights = [[bar.get_height() for bar in bars] for bars in display.scatters_]
    assert [sum(one) for one in heights] == [20, 20]


def test_codes_of_fine_tuned_estimators_are_drawn(images):
    clf = AEClassifier(AE(2, hidden_layer_sizes=(8,), max_epochs=2), max_epochs=2)
    clf.fit(images, np.arange(60) % 2)
    assert len(LatentDisplay.from_estimator(clf, images).scatters_) == 1


def test_legends_lie_inside_the_figure(vae, images):
    display = LatentDisplay.from_estimator(vae, images, np.arange(60) % 10)
    figure = display.figure_
    figure.canvas.draw()
    box = display.ax_.get_legend().get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
    assert 0 <= box.y0 < box.y1 <= figure.bbox.y1


def test_scores_are_counted(ae, images):
    display = ScoreDisplay.from_estimator(ae, images, bins=7)
    (bars,) = display.histograms_
    counts, _ = np.histogram(ae.score_samples(images), 7)
    assert [bar.get_height() for bar in bars] == list(counts)
    assert display.line_ is None


def test_the_threshold_of_a_detector_is_drawn(table):
    forest = IsolationForest(n_estimators=10, random_state=0).fit(table)
    display = ScoreDisplay.from_estimator(forest, table, np.arange(60) < 3)
    assert display.line_.get_xdata()[0] == forest.offset_
    assert set(legend_texts(display)) == {"False", "True", "threshold"}
    widths = {bar.get_width() for bars in display.histograms_ for bar in bars}
    np.testing.assert_allclose(list(widths), widths.pop())
    own = ScoreDisplay.from_estimator(forest, table, threshold=-0.7)
    assert own.line_.get_xdata()[0] == -0.7


@pytest.mark.parametrize(
    ("display", "rows"), [(LatentDisplay, 1), (ScoreDisplay, 1), (LossCurveDisplay, 0)]
)
def test_estimators_have_to_be_fitted(display, rows, images):
    with pytest.raises(NotFittedError):
        display.from_estimator(AE(2), *[images] * rows)


def test_a_missing_matplotlib_is_named(ae, monkeypatch):
    original = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    message = "LossCurveDisplay.plot requires matplotlib. You can install matplotlib"
    with pytest.raises(ImportError, match=re.escape(message)):
        LossCurveDisplay.from_estimator(ae)


def test_labels_are_as_many_as_rows(vae, images):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        LatentDisplay.from_estimator(vae, images, np.zeros(len(images) - 1))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ScoreDisplay.from_estimator(vae, images, np.zeros(len(images) - 1))


def test_what_a_display_needs_is_said(rows):
    detector = AEOutlierDetector(fast(AE, 2)).fit(rows)
    with pytest.raises(ValueError, match=r"no transform, .* Its autoencoder_ has"):
        LatentDisplay.from_estimator(detector, rows)
    curve = LossCurveDisplay.from_estimator(detector)
    assert len(curve.lines_[0].get_xdata()) == detector.autoencoder_.n_iter_


def test_a_training_without_epochs_has_no_curve(rows):
    pca = AE(2, hidden_layer_sizes=()).fit(rows)
    assert LossCurveDisplay.from_estimator(pca).lines_ == []


def test_scores_may_be_of_targets(rows):
    ae = fast(AE, 2).fit(rows, target=rows[:, :3])
    display = ScoreDisplay.from_estimator(ae, rows, target=rows[:, :3])
    np.testing.assert_array_equal(
        display.scores, ae.score_samples(rows, target=rows[:, :3])
    )


def test_one_row_is_drawn_by_two_units(rows):
    ae = fast(AE, 3).fit(rows)
    display = LatentDisplay.from_estimator(ae, rows[:1])
    np.testing.assert_array_equal(display.codes, ae.transform(rows[:1])[:, :2])
    assert display.names == ("Code unit 0", "Code unit 1")
