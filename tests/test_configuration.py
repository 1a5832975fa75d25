"""What users set for all of scikit-learn disturbs no estimator and no display."""

import copy
from pickle import dumps, loads

import numpy as np
import pytest
import torch
from sklearn import config_context

from sklearn_ae import (
    AE,
    VAE,
    VQVAE,
    AEClassifier,
    AEImputer,
    AEOutlierDetector,
    AERegressor,
    RecurrentAE,
    StackedAE,
)
from sklearn_ae.display import LatentDisplay

from .conftest import fast

METHODS = ("transform", "predict", "predict_proba", "score_samples")


@pytest.fixture
def holes(rows):
    return np.where(
        np.random.RandomState(0).uniform(size=rows.shape) < 0.1, np.nan, rows
    )


def results(estimator, X, y):
    """Fit, and ask for whatever there is."""
    estimator.fit(X, y)
    asked = [getattr(estimator, name, None) for name in METHODS]
    return [np.asarray(method(X)) for method in asked if method]


def meta(cls, **params):
    return cls(fast(AE, 3), random_state=0, **params)


META = [
    meta(AEClassifier, max_epochs=3),
    meta(AERegressor, max_epochs=3),
    meta(AEImputer, add_indicator=True),
    meta(AEOutlierDetector, n_neighbors=3),
]


@pytest.mark.parametrize("estimator", [fast(AE, 3), META[0]], ids=["ae", "classifier"])
def test_a_mixed_precision_of_the_caller_changes_no_result(estimator, rows):
    y = np.arange(len(rows)) % 2
    expected = results(estimator, rows, y)
    with torch.autocast("cpu"):
        found = results(estimator, rows, y)
        assert torch.is_autocast_enabled("cpu")
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_gradients_for_the_caller_are_no_matter(rows):
    expected = fast(AE, 3).fit(rows).transform(rows)
    with torch.no_grad():
        np.testing.assert_array_equal(fast(AE, 3).fit_transform(rows), expected)
        assert not torch.is_grad_enabled()


@pytest.mark.parametrize("cls", [AE, StackedAE, VQVAE])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda ae: loads(dumps(ae))])
def test_what_is_loaded_in_inference_mode_can_be_trained_on(cls, copied, rows):
    ae = fast(cls, 3).fit(rows)
    with torch.inference_mode():
        loaded = copied(ae)
        np.testing.assert_array_equal(loaded.transform(rows), ae.transform(rows))
    expected = ae.partial_fit(rows).transform(rows)
    np.testing.assert_array_equal(loaded.partial_fit(rows).transform(rows), expected)


@pytest.mark.parametrize("cls", [AE, VAE, RecurrentAE])
def test_a_default_device_is_for_others(cls, rows):
    expected = fast(cls, 3).fit(rows).transform(rows)
    with torch.device("meta"):
        found = fast(cls, 3).fit(rows).transform(rows)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("output", ["pandas", "polars"])
@pytest.mark.parametrize("estimator", META, ids=lambda one: type(one).__name__)
def test_frames_as_output_change_no_result(estimator, rows, holes, output):
    X = holes if isinstance(estimator, AEImputer) else rows
    y = (rows[:, 0] > 0).astype(int)
    expected = results(estimator, X, y)
    with config_context(transform_output=output):
        for result, wanted in zip(results(estimator, X, y), expected, strict=True):
            np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_frames_as_output_change_no_picture(rows, output):
    ae = fast(AE, 3).fit(rows)
    expected = LatentDisplay.from_estimator(ae, rows).codes
    with config_context(transform_output=output):
        display = LatentDisplay.from_estimator(ae, rows)
    np.testing.assert_allclose(display.codes, expected, rtol=1e-5, atol=1e-6)


def test_autoencoders_take_tensors_under_array_api_dispatch(make, rows):
    expected = results(make(2), rows, None)
    with config_context(array_api_dispatch=True):
        estimator = make(2)
        tensors = torch.from_numpy(rows)
        for result, wanted in zip(
            results(estimator, tensors, None), expected, strict=True
        ):
            np.testing.assert_array_equal(result, wanted)
        codes = torch.from_numpy(estimator.transform(rows))
        rebuilt = estimator.inverse_transform(codes)
    np.testing.assert_array_equal(rebuilt, estimator.inverse_transform(codes.numpy()))


@pytest.mark.parametrize("estimator", META, ids=lambda one: type(one).__name__)
def test_others_take_tensors_under_array_api_dispatch(estimator, rows):
    y = (rows[:, 0] > 0).astype(int)
    expected = results(estimator, rows, y)
    with config_context(array_api_dispatch=True):
        found = results(estimator, torch.from_numpy(rows), torch.from_numpy(y))
    for result, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(result, wanted)
