"""Recurrent networks read series of any length, and say what is none."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_ae import AE, AEClassifier, DenoisingAE, RecurrentAE
from sklearn_ae.networks import Recurrent

from ..conftest import fast


def waves(*shape, n=40):
    """Sines of random pitch and phase; features of a step follow one another."""
    random = np.random.RandomState(0)
    n_timesteps, n_features = shape if len(shape) == 2 else (*shape, 1)
    pitch, phase = random.uniform(0.2, 0.6, n), random.uniform(0, 6, n)
    places = np.arange(n_timesteps)[:, None] + np.arange(n_features)
    angles = pitch[:, None, None] * places + phase[:, None, None]
    return (100 + 20 * np.sin(angles)).reshape(n, *shape)


def cut_short(X):
    """Pad series of random lengths with NaN; the first has full length."""
    lengths = np.random.RandomState(1).randint(3, X.shape[1] + 1, len(X))
    lengths[0] = X.shape[1]
    X = X.copy()
    for row, length in zip(X, lengths, strict=True):
        row[length:] = np.nan
    return X


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("output_order", ["reverse", "forward"])
@pytest.mark.parametrize("feedback", [False, True])
def test_series_of_any_length_come_back(cell, bidirectional, output_order, feedback):
    for shape in [(2, 1), (7, 1), (5, 3)]:
        network = Recurrent(
            cell=cell,
            hidden_size=4,
            bidirectional=bidirectional,
            output_order=output_order,
            feedback=feedback,
        ).build(shape, 3, 6)
        codes = network.encode(torch.zeros(2, np.prod(shape)))
        assert codes.shape == (2, 6)
        assert network.decode(codes[:, :3]).shape == (2, np.prod(shape))


def lstm_by_hand(cell, steps):
    """Take steps by the equations of long short-term memory, in float64."""
    h = c = np.zeros(cell.hidden_size)
    w, u, b, d = (p.detach().double().numpy() for p in cell.parameters())
    states = []
    for x in steps:
        i, f, g, o = np.split(w @ x + b + u @ h + d, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
        states.append(h)
    return states


def test_the_code_is_linear_in_the_state_after_the_last_step():
    network = Recurrent(hidden_size=5, bidirectional=True).build((6, 2), 3).double()
    series = np.random.RandomState(0).normal(size=(6, 2))
    forwards, backwards = network.encode.cells
    ends = lstm_by_hand(forwards, series)[-1], lstm_by_hand(backwards, series[::-1])[-1]
    expected = network.encode.code(torch.tensor(np.concatenate(ends)))
    codes = network.encode(torch.tensor(series.reshape(1, 12)))
    torch.testing.assert_close(codes[0], expected)


def test_the_order_of_the_output_is_that_of_time():
    forward = Recurrent(hidden_size=5, output_order="forward").build((6, 2), 3)
    reverse = Recurrent(hidden_size=5).build((6, 2), 3)
    reverse.load_state_dict(forward.state_dict())
    code = torch.ones(1, 3)
    written = forward.decode(code).reshape(6, 2)
    torch.testing.assert_close(reverse.decode(code).reshape(6, 2), written.flip(0))


def test_a_decoder_with_feedback_sees_what_it_wrote():
    network = Recurrent(feedback=True, output_order="forward", hidden_size=4)
    decoder = network.build((5, 2), 3).decode
    with torch.no_grad():
        decoder.cell.weight_ih_l0[:, :3] = 0  # nothing but the step before
    written = decoder(torch.ones(1, 3))
    with torch.no_grad():
        decoder.cell.weight_ih_l0.zero_()
    assert (decoder(torch.ones(1, 3)) - written).abs().max() > 1e-4


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_does_not_change_the_code(cell, bidirectional):
    """It is the code of the same series without padding, beside longer ones too."""
    spec = Recurrent(cell=cell, bidirectional=bidirectional, hidden_size=4)
    long, short = spec.build((6, 2), 3), spec.build((4, 2), 3)
    short.load_state_dict(long.state_dict())
    x = torch.randn(5, 6, 2, generator=torch.Generator().manual_seed(0))
    padded = x.clone()
    padded[1:, 4:] = torch.nan
    codes = long.encode(padded.flatten(1))
    torch.testing.assert_close(codes[1:], short.encode(x[:, :4].flatten(1))[1:])
    torch.testing.assert_close(codes[:1], long.encode(x.flatten(1))[:1])


@pytest.mark.parametrize("shape", [(12,), (8, 3)])
@pytest.mark.parametrize("params", [{}, {"skip": None}, {"bidirectional": True}])
def test_series_of_unequal_length(shape, params):
    X = cut_short(waves(*shape))
    padding = np.isnan(X)
    estimator = fast(RecurrentAE, 3, **params).fit(X)
    codes = estimator.transform(X)
    assert np.isfinite(codes).all()
    assert np.isfinite(estimator.inverse_transform(codes)).all()
    rebuilt = estimator.reconstruct(X)
    np.testing.assert_array_equal(np.isnan(rebuilt), padding)
    np.testing.assert_array_equal(
        rebuilt[~padding], estimator.inverse_transform(codes)[~padding]
    )
    assert np.isfinite(estimator.score(X))
    assert np.isfinite(estimator.score_samples(X)).all()
    assert np.isfinite(estimator.loss_curve_).all()


def test_what_stands_behind_the_end_is_not_learnt():
    """A loss over observed steps alone: the same, whatever length the table has."""
    X = waves(12)
    X[:, 8:] = np.nan
    padded = fast(RecurrentAE, 3, dtype="float64", output_order="forward", skip=None)
    padded.fit(X)
    short = fast(RecurrentAE, 3, dtype="float64", output_order="forward", skip=None)
    short.fit(X[:, :8])
    np.testing.assert_allclose(padded.loss_curve_, short.loss_curve_, rtol=1e-6)
    np.testing.assert_allclose(padded.transform(X), short.transform(X[:, :8]))


def test_gaps_inside_a_series_are_rebuilt():
    X = waves(12)
    X[3, 5] = X[4, 0] = np.nan
    vectors = waves(12, 2)
    vectors[3, 5] = vectors[4, 11, 0] = np.nan
    for data in X, vectors:
        estimator = fast(RecurrentAE, 3).fit(data)
        assert np.isfinite(estimator.reconstruct(data)).all()
        full = fast(RecurrentAE, 3).fit(np.nan_to_num(data, nan=100))
        assert np.isfinite(full.reconstruct(data)).all()


@pytest.mark.parametrize("noise", ["swap", "masking", "gaussian"])
def test_noise_and_padding_go_together(noise):
    X = cut_short(waves(10))
    estimator = fast(DenoisingAE, 3, network=Recurrent(hidden_size=4), noise=noise)
    np.testing.assert_array_equal(
        np.isnan(estimator.fit(X).reconstruct(X)), np.isnan(X)
    )


def test_a_classifier_takes_series_of_unequal_length():
    X, y = cut_short(waves(10, 2)), np.arange(40) % 2
    estimator = AEClassifier(fast(RecurrentAE, 3), max_epochs=2, random_state=0)
    assert estimator.fit(X, y).predict_proba(X).shape == (40, 2)


def test_tables_and_arrays_of_series_are_the_same():
    X = waves(6, 2)
    table = X.reshape(40, 12)
    native, flat = fast(RecurrentAE, 3).fit(X), fast(RecurrentAE, 3, n_timesteps=6)
    np.testing.assert_array_equal(native.transform(X), flat.fit(table).transform(table))
    np.testing.assert_array_equal(
        native.reconstruct(X).reshape(40, 12), flat.reconstruct(table)
    )


def test_each_feature_of_a_series_has_one_scale_at_all_steps():
    series = np.random.RandomState(0).normal(size=(40, 9, 2)) * [1, 1000]
    series *= np.linspace(0.1, 2, 9)[:, None]
    scale = fast(RecurrentAE, 2).fit(series).scaling_.scale.reshape(9, 2)
    assert (scale == scale[0]).all()
    np.testing.assert_allclose(scale[0], np.sqrt(series.var(0).mean(0)))


def test_a_target_has_the_scale_of_its_own_features():
    X = np.random.RandomState(0).normal(size=(40, 9, 2))
    ae = fast(RecurrentAE, 2).fit(X, target=X[:, :4, [0, 1, 0]] * [1, 10, 100])
    scale = ae.target_scaling_.scale.reshape(4, 3)
    assert (scale == scale[0]).all()
    assert (np.diff(scale[0]) > 0).all()


@pytest.mark.parametrize("k", [1, 3, 6])
def test_a_skip_starts_at_pca(k):
    X = waves(12, 2)
    params = {"lr": 1e-30, "weight_decay": 0, "dtype": "float64", "scale": None}
    flat = X.reshape(40, -1)
    pca = PCA(k).fit(flat)
    np.testing.assert_allclose(
        fast(RecurrentAE, k, **params).fit(X).reconstruct(X).reshape(40, -1),
        pca.inverse_transform(pca.transform(flat)),
        atol=1e-6,
    )


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_recurrence_learns_without_a_linear_path(cell):
    X = waves(8, n=150)
    params = {"cell": cell, "hidden_size": 24, "max_epochs": 40, "lr": 0.02}
    textbook = RecurrentAE(3, skip=None, random_state=0, **params).fit(X)
    assert textbook.score(X) > 0.8


def test_recurrence_improves_on_pca():
    X = waves(12, n=150)
    ae = RecurrentAE(3, hidden_size=24, max_epochs=40, lr=0.02, random_state=0)
    pca = PCA(3).fit(X)
    error = np.square(X - pca.inverse_transform(pca.transform(X))).sum()
    assert 1 - ae.fit(X).score(X) < 0.7 * error / np.square(X - X.mean(0)).sum()


def test_a_target_of_following_steps_makes_it_predict():
    X = waves(16, n=200)
    past, future = X[:, :12], X[:, 12:]
    predictor = RecurrentAE(4, output_order="forward", max_epochs=20, random_state=0)
    predictor.fit(past, target=future)
    assert predictor.reconstruct(past).shape == (200, 4)
    assert predictor.score(past, target=future) > 0.8


@pytest.mark.parametrize(
    ("shape", "target_shape"),
    [((6,), (9,)), ((6, 2), (4, 3)), ((6, 2), (8,)), ((6,), (4, 2)), ((6,), (1,))],
)
def test_targets_are_series_of_any_number_of_steps(shape, target_shape):
    X, target = waves(*shape), waves(*target_shape)
    estimator = fast(RecurrentAE, 3).fit(X, target=target)
    assert estimator.reconstruct(X).shape == target.shape
    assert np.isfinite(estimator.score(X, target=target))


def test_padded_series_may_have_a_target_of_another_length():
    X, target = cut_short(waves(8)), waves(5)
    assert np.isfinite(fast(RecurrentAE, 3).fit(X, target=target).reconstruct(X)).all()


def test_the_preset_is_the_plain_autoencoder_with_this_network():
    X = waves(6, 2)
    settings = {"cell": "gru", "hidden_size": 5, "feedback": True}
    shared = {"lr": 1e-3, "weight_decay": 1e-4, "early_stopping": False}
    preset = fast(RecurrentAE, 3, **settings, **shared).fit(X)
    general = fast(AE, 3, network=Recurrent(**settings), **shared).fit(X)
    np.testing.assert_array_equal(preset.transform(X), general.transform(X))


def test_steps_that_may_stand_last_bring_a_warning():
    X = waves(2, 12)
    with pytest.warns(
        UserWarning, match=r"2 steps of 12 features.*transpose\(0, 2, 1\)"
    ):
        fast(RecurrentAE, 2).fit(X)
    assert fast(RecurrentAE, 2, n_timesteps=2).fit(X).reconstruct(X).shape == X.shape


def test_numbers_of_numpy_are_sizes_too():
    X = waves(12)
    sizes = {"n_timesteps": np.int64(6), "hidden_size": np.int64(4)}
    assert fast(RecurrentAE, 2, **sizes).fit_transform(X).shape == (40, 2)


def test_series_of_different_lengths_are_told_to_be_padded():
    with pytest.raises(ValueError, match="series are padded with NaN"):
        fast(RecurrentAE, 2).fit([[1.0, 2.0, 3.0], [1.0, 2.0]])


def test_a_grid_search_reaches_the_network():
    X, y = waves(8), np.arange(40) % 2
    ae = fast(DenoisingAE, 3, network=Recurrent(hidden_size=4))
    pipeline = Pipeline([("ae", ae), ("clf", LogisticRegression())])
    grid = {"ae__network__cell": ["lstm", "gru"], "ae__network__hidden_size": [3]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(X, y)
    assert set(search.best_params_) == set(grid)


X = waves(6, 2)
REFUSED = {
    "steps that do not divide the columns": ({"n_timesteps": 5}, "n_timesteps=5.*12"),
    "one step": ({"n_timesteps": 1}, "The 'n_timesteps' parameter of RecurrentAE"),
    "half a step": ({"n_timesteps": 2.5}, "The 'n_timesteps' parameter of RecurrentAE"),
    "cell": ({"cell": "rnn"}, "The 'cell' parameter of RecurrentAE"),
    "no units": ({"hidden_size": 0}, "The 'hidden_size' parameter of RecurrentAE"),
    "order": ({"output_order": "random"}, "The 'output_order' parameter"),
    "directions": ({"bidirectional": 2}, "The 'bidirectional' parameter"),
    "feedback": ({"feedback": "yes"}, "The 'feedback' parameter"),
}


@pytest.mark.parametrize(("params", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(params, message):
    with pytest.raises(ValueError, match=message):
        fast(RecurrentAE, 3, **params).fit(X.reshape(40, 12))


@pytest.mark.parametrize(
    ("params", "shape", "message"),
    [
        ({}, (1,), r"n_features = 1.*one step.*'n_timesteps'"),
        ({}, (1, 5), "one step"),
        ({"n_timesteps": 7}, (6, 2), "n_timesteps=7 does not fit"),
        ({}, (2, 3, 4), "does not fit"),
    ],
)
def test_rows_that_are_no_series_are_refused(params, shape, message):
    with pytest.raises(ValueError, match=message):
        fast(RecurrentAE, 3, **params).fit(np.ones((10, *shape)))


@pytest.mark.parametrize("target_shape", [(5,), (2, 3, 2)])
def test_targets_that_are_no_series_are_refused(target_shape):
    with pytest.raises(ValueError, match="target"):
        fast(RecurrentAE, 3).fit(X, target=np.ones((40, *target_shape)))


@pytest.mark.parametrize("method", ["fit", "partial_fit", "transform", "reconstruct"])
def test_series_of_nothing_are_refused(method):
    estimator, empty = fast(RecurrentAE, 3).fit(X), X.copy()
    empty[[3, 7]] = np.nan
    with pytest.raises(ValueError, match=r"X has 2 row\(s\) of NaN only"):
        getattr(estimator, method)(empty)


@pytest.mark.parametrize("method", ["transform", "reconstruct", "score", "partial_fit"])
def test_series_of_another_shape_are_refused_after_fit(method):
    estimator = fast(RecurrentAE, 3).fit(X)
    with pytest.raises(ValueError, match=r"fitted with \(6, 2\)"):
        getattr(estimator, method)(X.reshape(40, 4, 3))
    with pytest.raises(ValueError, match=r"14 features.*12 features"):
        getattr(estimator, method)(waves(7, 2))
