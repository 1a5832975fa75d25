"""On a GPU results are the same up to rounding, and models move between machines."""

import pickle

import numpy as np
import pytest
import torch

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
