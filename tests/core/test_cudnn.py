"""Settings of cuDNN are held while any thread needs them, and then given back."""

import threading

import pytest
import torch
from torch.backends import cudnn

from sklearn_ae.core.cudnn import reproducible, without_cudnn

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
NAMES = ["enabled", "deterministic", "benchmark", "allow_tf32"]


def settings():
    return [getattr(cudnn, name) for name in NAMES]


@pytest.fixture(params=[False, True])
def before(request, monkeypatch):
    """Give settings that a user may have."""
    monkeypatch.setattr(cudnn, "benchmark", request.param)
    return settings()


def test_convolutions_are_exact_and_reproducible_on_a_gpu_alone(before):
    with reproducible(CPU), without_cudnn(CPU):
        assert settings() == before
    with reproducible(CUDA):
        assert settings() == [True, True, False, False]
    assert settings() == before


def test_cudnn_is_left_out_inside_of_that(before):
    with reproducible(CUDA):
        for _ in range(2):
            with without_cudnn(CUDA):
                assert settings() == [False, True, False, False]
            assert settings() == [True, True, False, False]
    assert settings() == before


def test_an_error_gives_settings_back(before):
    with pytest.raises(KeyError), reproducible(CUDA), without_cudnn(CUDA):
        raise KeyError
    assert settings() == before


def test_threads_that_overlap_give_back_what_the_first_one_found(before):
    entered, may_leave = threading.Event(), threading.Event()

    def other():
        with without_cudnn(CUDA):
            entered.set()
            may_leave.wait()

    thread = threading.Thread(target=other)
    with without_cudnn(CUDA):
        thread.start()
        entered.wait()
    assert not cudnn.enabled
    may_leave.set()
    thread.join()
    assert settings() == before


@pytest.mark.skipif(
    not hasattr(torch.backends, "fp32_precision"), reason="torch has no such setting"
)
def test_precisions_that_were_chosen_by_newer_names_are_left_alone():
    cudnn.rnn.fp32_precision, before = "ieee", cudnn.rnn.fp32_precision
    try:
        with pytest.raises(RuntimeError, match="TF32"):
            cudnn.allow_tf32  # noqa: B018
        conv = cudnn.conv.fp32_precision
        with reproducible(CUDA), without_cudnn(CUDA):
            assert (cudnn.deterministic, cudnn.enabled) == (True, False)
            assert cudnn.conv.fp32_precision == conv
        assert (cudnn.deterministic, cudnn.enabled) == (False, True)
        assert cudnn.rnn.fp32_precision == "ieee"
    finally:
        cudnn.rnn.fp32_precision = before
