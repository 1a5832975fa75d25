"""On a GPU results are the same up to rounding, and models move between machines."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch

from sklearn_ae import ConvAE

from .conftest import dropping

needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA GPU, and none is available"
)


@pytest.mark.parametrize("device", ["auto", "cpu", torch.device("cpu")])
def test_devices_may_be_named_or_given(make, rows, device):
    estimator = make(2, device=device).fit(rows)
    assert estimator.transform(rows).shape == (120, 2)


@pytest.mark.parametrize("device", ["gpu", "meta", "cuda:77"])
def test_what_is_no_device_here_is_an_error_that_names_the_parameter(make, device):
    with pytest.raises(ValueError, match=f"'device' parameter is '{device}'.*'cpu'"):
        make(2, device=device).fit(np.eye(4))


def test_auto_is_the_cpu_without_a_gpu(make, rows):
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    network = make(2).fit(rows).network_
    assert {p.device.type for p in network.parameters()} == {expected}


@needs_cuda
def test_cuda_trains_on_the_gpu(make, rows):
    estimator = make(2, device="cuda").fit(rows)
    assert {p.device.type for p in estimator.network_.parameters()} == {"cuda"}
    assert isinstance(estimator.transform(rows), np.ndarray)


@needs_cuda
def test_cuda_is_deterministic(make, rows):
    np.testing.assert_array_equal(
        make(2, device="cuda").fit(rows).transform(rows),
        make(2, device="cuda").fit(rows).transform(rows),
    )


@needs_cuda
@pytest.mark.parametrize("upsampling", ["nearest", "transposed"])
def test_cuda_is_deterministic_with_images(digits, upsampling):
    pixels = np.kron(digits[:500].reshape(-1, 8, 8), np.ones((3, 3)))
    images = np.pad(pixels, ((0, 0), (2, 2), (2, 2)))
    settings = {"channels": (16, 32), "upsampling": upsampling, "max_epochs": 5}
    first, second = (
        ConvAE(8, device="cuda", random_state=0, **settings).fit(images)
        for _ in range(2)
    )
    assert first.loss_curve_ == second.loss_curve_
    np.testing.assert_array_equal(first.transform(images), second.transform(images))


@needs_cuda
@pytest.mark.parametrize("method", ["transform", "score_samples"])
def test_cuda_agrees_with_the_cpu_by_the_same_weights(make, rows, method):
    estimator = make(2, device="cpu").fit(rows)
    expected = getattr(estimator, method)(rows)
    estimator.network_.to("cuda")
    there = getattr(estimator, method)(rows)
    np.testing.assert_allclose(there, expected, rtol=1e-4, atol=1e-4)


@needs_cuda
@pytest.mark.parametrize("method", ["transform", "score_samples"])
def test_cuda_does_not_see_the_rows_beside(make, rows, method):
    map_rows = getattr(make(2, device="cuda").fit(rows), method)
    np.testing.assert_array_equal(map_rows(rows[:7]), map_rows(rows)[:7])


@needs_cuda
def test_cuda_agrees_with_the_cpu_in_closed_form(make_ae, rows):
    settings = {"hidden_layer_sizes": (), "dtype": "float64"}
    np.testing.assert_allclose(
        make_ae(2, device="cuda", **settings).fit(rows).reconstruct(rows),
        make_ae(2, device="cpu", **settings).fit(rows).reconstruct(rows),
        rtol=0,
        atol=1e-8,
    )


@needs_cuda
def test_cuda_draws_dropout_by_the_seed_alone(make_ae, rows):
    def fit_transform():
        ae = make_ae(2, device="cuda", activation=dropping, early_stopping=False)
        return ae.fit(rows).transform(rows)

    before, first = torch.cuda.get_rng_state(), fit_transform()
    assert torch.equal(torch.cuda.get_rng_state(), before)
    torch.rand(1, device="cuda")
    np.testing.assert_array_equal(fit_transform(), first)


@needs_cuda
def test_cuda_leaves_the_callers_streams_untouched(make, rows):
    before = torch.get_rng_state(), torch.cuda.get_rng_state()
    make(2, device="cuda").fit(rows).transform(rows)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.equal(torch.cuda.get_rng_state(), before[1])


@needs_cuda
def test_cuda_models_are_pickled(make, rows):
    estimator = make(2, device="cuda").fit(rows)
    twin = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(twin.transform(rows), estimator.transform(rows))
    twin.partial_fit(rows)


#: Reads an estimator and rows where there is no GPU, and goes on there.
ELSEWHERE = """
import pickle, sys, warnings
warnings.simplefilter("ignore")
estimator, rows = pickle.load(sys.stdin.buffer)
codes = estimator.transform(rows)
estimator.partial_fit(rows).transform(rows)
sys.stdout.buffer.write(pickle.dumps(codes))
"""


@needs_cuda
def test_cuda_models_are_read_without_a_gpu(make, rows):
    estimator = make(2, device="cuda").fit(rows)
    there = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=pickle.dumps((estimator, rows)),
        capture_output=True,
        check=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    )
    codes = pickle.loads(there.stdout)
    np.testing.assert_allclose(codes, estimator.transform(rows), rtol=0, atol=1e-4)


@pytest.fixture
def dumps_as_cuda(monkeypatch):
    """Give a function that pickles a model as if it lay on a GPU."""
    moved = []

    def cpu(tensor):
        moved.append(tensor.clone())
        return moved[-1]

    def location(storage):
        here = {tensor.untyped_storage().data_ptr() for tensor in moved}
        return "cpu" if storage.data_ptr() in here else "cuda:0"

    def dumps(estimator):
        with monkeypatch.context() as m:
            m.setattr(estimator.net_, "device", torch.device("cuda:0"))
            m.setattr(torch.Tensor, "cpu", cpu)
            m.setattr(torch.serialization, "location_tag", location)
            return pickle.dumps(estimator)

    return dumps


@pytest.mark.skipif(torch.cuda.is_available(), reason="the pickle would go to the GPU")
def test_what_was_pickled_on_a_gpu_is_read_without_one(make, rows, dumps_as_cuda):
    estimator = make(2).fit(rows)
    pickled = dumps_as_cuda(estimator)
    with pytest.warns(UserWarning, match="lay on cuda:0, .* Now it lies on cpu"):
        twin = pickle.loads(pickled)
    assert twin.net_.module is twin.net_.module_
    for _ in range(2):
        np.testing.assert_array_equal(twin.transform(rows), estimator.transform(rows))
        twin, estimator = twin.partial_fit(rows), estimator.partial_fit(rows)


def test_a_gpu_that_cannot_be_used_leaves_the_default_to_the_cpu(
    make_ae, rows, monkeypatch
):
    zeros = torch.zeros

    def fails(*size, device=None, **kwargs):
        if device == "cuda":
            raise RuntimeError("CUDA error: busy\nCompile with ...")
        return zeros(*size, device=device, **kwargs)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "zeros", fails)
    with pytest.warns(UserWarning, match=r"used here: CUDA error: busy\. The"):
        make_ae(2).fit(rows).transform(rows)
    with pytest.raises(ValueError, match=r"used here: CUDA error: busy\. Use"):
        make_ae(2, device="cuda").fit(rows)
