"""What the tests of variants share."""

import pytest
import torch

from sklearn_ae.core import Batch
from sklearn_ae.variants.likelihoods import LIKELIHOODS


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def batch(rows):
    """Make a batch of standardised rows, whose errors are in nats."""
    x = torch.from_numpy((rows - rows.mean(0)) / rows.std(0))
    return Batch(x, x, LIKELIHOODS["gaussian"], n_total=500)
