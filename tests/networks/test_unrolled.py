"""Unrolled layers are their composition."""

import numpy as np
import pytest
import torch

from sklearn_ae.core.losses import identity
from sklearn_ae.core.scaling import Scaling
from sklearn_ae.networks import Dense
from sklearn_ae.networks.unrolled import Layer, Unrolled

WIDTHS = [5, 4, 3]
SCALINGS = [
    Scaling(np.zeros(5), np.ones(5), np.zeros(5)),
    Scaling(np.arange(4.0), np.array([2.0, 0, 1, 0.5]), np.arange(4.0)),
]
LINKS = [identity, torch.sigmoid]


@pytest.fixture
def networks():
    torch.manual_seed(0)
    return [Dense((6,)).build(*widths).double() for widths in ((5, 4), (4, 3))]


@pytest.fixture
def unroll(networks):
    layers = [Layer(*parts) for parts in zip(networks, SCALINGS, LINKS, strict=True)]
    return lambda all_codes=False: Unrolled(layers, WIDTHS[1:], all_codes).double()


@pytest.fixture
def x():
    return torch.randn(7, 5, dtype=torch.float64)


def test_encoders_go_up_and_decoders_down(networks, unroll, x):
    scaling = SCALINGS[1]
    first = networks[0].encode(x).detach().numpy()
    scaled = torch.from_numpy(scaling.apply(first, "float64"))
    code = networks[1].encode(scaled)
    torch.testing.assert_close(unroll().encode(x), code)
    below = torch.sigmoid(networks[1].decode(code)).detach().numpy()
    expected = networks[0].decode(torch.from_numpy(scaling.undo(below)))
    torch.testing.assert_close(unroll().decode(code), expected)


def test_all_codes_stand_side_by_side_and_the_last_is_decoded(networks, unroll, x):
    codes = unroll(True).encode(x)
    assert codes.shape == (7, 7)
    assert unroll(True).n_encoded == 7
    torch.testing.assert_close(codes[:, :4], networks[0].encode(x))
    torch.testing.assert_close(codes[:, 4:], unroll().encode(x))
    torch.testing.assert_close(
        unroll(True).decode(codes), unroll().decode(codes[:, 4:])
    )


def test_scalings_are_not_trained(networks, unroll):
    weights = sum(len(list(network.parameters())) for network in networks)
    assert len(list(unroll().parameters())) == weights
    assert len(list(unroll().buffers())) == 4  # none where nothing is scaled
