"""What `verbose` shows, and that skorch's callbacks are taken as they are."""

import pickle
import re
from types import SimpleNamespace

import numpy as np
import pytest
from skorch.callbacks import Checkpoint, EpochScoring, TensorBoard

from sklearn_ae.core import progress
from sklearn_ae.core.progress import Progress, as_clock


@pytest.fixture
def clock(monkeypatch):
    """Make a clock that the test turns."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock.now)
    return clock


def test_without_a_terminal_there_is_a_line_every_few_seconds(clock, capsys):
    shown = Progress(40)
    for epoch in range(40):
        clock.now += 1
        shown.advance(1)
        shown.record({"train_loss": 1 / (epoch + 1), "valid_loss": 2.0})
    shown.finish()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "epoch 5/40, train_loss 0.25, valid_loss 2, 0:35 left"
    assert len(lines) == 8 + 1
    assert lines[-1] == "epoch 40/40, train_loss 0.025, valid_loss 2, 0:40 in all"


def test_epochs_that_last_long_are_seen_to_pass(clock, capsys):
    shown = Progress(2)
    for _ in range(4):
        clock.now += 60
        shown.advance(1 / 4)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "epoch 0/2, 7:00 left",
        "epoch 0/2, 6:00 left",
        "epoch 0/2, 5:00 left",
        "epoch 1/2, 4:00 left",
    ]


def test_at_a_terminal_one_line_takes_the_place_of_the_other(
    clock, capsys, monkeypatch
):
    monkeypatch.setattr(progress.sys.stdout, "isatty", lambda: True, raising=False)
    shown = Progress(4)
    for _ in range(2):
        clock.now += 1
        shown.advance(1)
        shown.record({"train_loss": 0.5})
    shown.finish()
    first, second, last = capsys.readouterr().out.split("\r")[1:]
    assert first.startswith("[#####...............] epoch 1/4")
    assert "\n" not in first + second
    assert last.startswith("[##########..........] epoch 2/4, train_loss 0.5")
    assert last.endswith("\n")


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "0:00"), (61.4, "1:01"), (3725, "1:02:05")]
)
def test_times_are_written_as_a_clock_shows_them(seconds, written):
    assert as_clock(seconds) == written


def test_verbose_1_says_how_it_ended(some, rows, capsys):
    estimator = some(2, verbose=1, max_epochs=4).fit(rows)
    last = capsys.readouterr().out.splitlines()[-1]
    losses = re.fullmatch(
        r"epoch 4/4, train_loss (\S+), valid_loss (\S+), 0:\d\d in all", last
    )
    assert float(losses[1]) == pytest.approx(estimator.loss_curve_[-1], rel=1e-3)
    assert float(losses[2]) == pytest.approx(
        estimator.validation_loss_curve_[-1], rel=1e-3
    )


def test_verbose_1_of_a_training_without_epochs(make_ae, rows, capsys):
    make_ae(2, verbose=1, hidden_layer_sizes=()).fit(rows)
    assert capsys.readouterr().out == "epoch 0/0, 0:00 in all\n"


@pytest.mark.parametrize("verbose", [2, 3])
def test_verbose_2_prints_a_line_an_epoch(make_ae, rows, capsys, verbose):
    make_ae(2, verbose=verbose, max_epochs=4).fit(rows)
    lines = capsys.readouterr().out.strip().splitlines()
    assert "train_loss" in lines[0]
    assert [line.split()[0] for line in lines[2:]] == ["1", "2", "3", "4"]


class Writer:
    """In the place of torch's SummaryWriter."""

    def __init__(self):
        self.scalars, self.closed = [], False

    def add_scalar(self, tag, scalar_value, global_step):
        self.scalars.append((tag, scalar_value, global_step))

    def close(self):
        self.closed = True


def test_tensorboard_gets_the_losses(some, rows):
    writer = Writer()
    estimator = some(2, max_epochs=3, callbacks=[TensorBoard(writer)]).fit(rows)
    seen = [(v, step) for tag, v, step in writer.scalars if tag == "Loss/train_loss"]
    assert seen == list(zip(estimator.loss_curve_, [1, 2, 3], strict=True))
    seen = [v for tag, v, _ in writer.scalars if tag == "Loss/valid_loss"]
    assert seen == estimator.validation_loss_curve_
    assert writer.closed


def test_torchs_summary_writer_writes(make_ae, rows, tmp_path):
    tensorboard = pytest.importorskip("torch.utils.tensorboard")
    writer = tensorboard.SummaryWriter(tmp_path)
    make_ae(2, callbacks=[TensorBoard(writer)]).fit(rows)
    (events,) = tmp_path.iterdir()
    assert b"Loss/train_loss" in events.read_bytes()


def test_checkpoints_are_written(make_ae, rows, tmp_path):
    checkpoint = Checkpoint(f_pickle="net.pkl", dirname=str(tmp_path))
    estimator = make_ae(2, skip=None, lr=0.01, callbacks=[checkpoint]).fit(rows)
    assert (tmp_path / "params.pt").exists()
    with (tmp_path / "net.pkl").open("rb") as file:
        saved = pickle.load(file)
    assert len(saved.history) >= 1
    assert saved.curve("train_loss") == estimator.loss_curve_[: len(saved.history)]
    codes = estimator.transform(rows)
    estimator.net_.load_params(checkpoint=checkpoint)
    np.testing.assert_allclose(estimator.transform(rows), codes)


def test_the_best_checkpoint_is_loaded_in_the_end(some, rows, tmp_path):
    checkpoint = Checkpoint(dirname=str(tmp_path), load_best=True)
    estimator = some(2, lr=np.float64(0.01), callbacks=[checkpoint]).fit(rows)
    estimator.net_.load_params(checkpoint=checkpoint)
    assert np.isfinite(estimator.transform(rows)).all()


@pytest.mark.parametrize("verbose", [1, 2])
def test_a_program_without_a_console(make_ae, rows, verbose, monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    assert make_ae(2, verbose=verbose).fit(rows).n_iter_ == 3


def test_scores_of_a_users_own_are_recorded(make_ae, rows):
    def spread(net, X, y):
        return net.module_.network.encode(X[:]["input"]).std().item()

    scoring = EpochScoring(spread, name="spread", use_caching=False)
    estimator = make_ae(2, max_epochs=3, callbacks=[scoring]).fit(rows)
    recorded = estimator.net_.history[:, "spread"]
    assert len(recorded) == 3
    assert all(value > 0 for value in recorded)
