"""Exactly k code units of a row are not zero, and none is wasted."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from sklearn_ae import TopKAE
from sklearn_ae.core import Batch
from sklearn_ae.core.losses import LOSSES
from sklearn_ae.networks import Dense
from sklearn_ae.variants.topk import keep_largest

FAST = {"max_epochs": 40, "lr": 3e-3, "random_state": 0}


@pytest.mark.parametrize("k", [1, 7, 100])
def test_k_units_of_a_row_are_not_zero(digits, k):
    codes = TopKAE(100, k=k, **FAST | {"max_epochs": 2}).fit_transform(digits)
    assert set((codes != 0).sum(1)) == {k}


def test_auto_keeps_a_quarter(digits):
    codes = TopKAE(40, **FAST | {"max_epochs": 1}).fit_transform(digits)
    assert set((codes != 0).sum(1)) == {10}
    assert (TopKAE(1, **FAST).fit_transform(digits[:50]) != 0).all()


def test_more_than_there_are_cannot_be_kept(digits):
    with pytest.raises(ValueError, match=r"k=11 .* n_components_=10"):
        TopKAE(10, k=11, **FAST).fit(digits)
    with pytest.raises(ValueError, match=r"k_transform=12 .* n_components_=10"):
        TopKAE(10, k=2, k_transform=12, **FAST).fit(digits)


def test_codes_may_keep_more_units_than_training_does(digits):
    ae = TopKAE(100, k=7, k_transform=20, **FAST).fit(digits)
    codes = ae.transform(digits)
    assert set((codes != 0).sum(1)) == {20}
    np.testing.assert_array_equal(ae.inverse_transform(codes), ae.reconstruct(digits))
    narrow = TopKAE(100, k=7, **FAST).fit(digits)
    assert narrow.loss_curve_ == ae.loss_curve_


def test_the_largest_are_kept():
    x = torch.tensor([[3.0, -1.0, 2.0], [-5.0, -4.0, -6.0]])
    kept = torch.tensor([[3.0, 0.0, 2.0], [-5.0, -4.0, 0.0]])
    assert torch.equal(keep_largest(x, 2), kept)


@pytest.mark.parametrize("hidden", [(), (16,)])
@pytest.mark.parametrize("skip", [None, "pca"])
def test_columns_that_read_the_code_have_length_one(digits, hidden, skip):
    ae = TopKAE(30, hidden_layer_sizes=hidden, skip=skip, **FAST).fit(digits[:300])
    read = []
    for layer in ae.network_.readers:
        layer.register_forward_hook(lambda _, inputs, output: read.append(output))
    with torch.no_grad():
        ae.network_.decode(torch.cat([torch.zeros(1, 30), torch.eye(30)]))
    assert len(read) == (2 if skip and hidden else 1)
    columns = torch.cat([output[1:] - output[0] for output in read], dim=1)
    torch.testing.assert_close(columns.norm(dim=1), torch.ones(30))


def test_few_units_are_dead(digits):
    ae = TopKAE(200, k=10, **FAST).fit(digits)
    codes = ae.transform(digits)
    assert ae.dead_fraction_ == pytest.approx((codes == 0).all(0).mean())
    assert ae.dead_fraction_ <= 0.05
    assert ae.score(digits) > 0.8


def test_dead_units_are_counted_and_forgiven():
    network = TopKAE.equip(Dense(()).build(4, 3), 4, 3, k=1, k_transform=None)
    used = torch.tensor([[1.0, 0.0, 0.0]] * 5)
    assert network.dead(used, 10).tolist() == [False, False, False]
    assert network.dead(used, 10).tolist() == [False, True, True]
    both = torch.tensor([[1.0, 2.0, 0.0]] * 5)
    assert network.dead(both, 10).tolist() == [False, False, True]
    assert network.eval().dead(used, 10).tolist() == [False, False, True]


def test_dead_units_learn_what_the_others_leave():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = TopKAE.equip(Dense(()).build(5, 6), 5, 6, k=2, k_transform=5).double()
    x = torch.randn(64, 5, dtype=torch.float64, generator=torch.manual_seed(1))
    batch = Batch(x, x, LOSSES["squared_error"])

    def gradient(revival):
        network.zero_grad()
        network.rows_since_use.fill_(1000)
        knobs = {"revival": revival, "dead_after": 900}
        TopKAE.objective(network, batch, None, **knobs).backward()
        return network.network.encode.weight.grad.clone()

    with torch.no_grad():  # units 0 to 3 are never among the two largest
        network.network.encode.bias.copy_(torch.tensor([-99.0] * 4 + [0, 0]))
    assert (gradient(0.0)[:4] == 0).all()
    assert (gradient(1.0)[:4] != 0).any(1).all()


def test_codes_serve_a_classifier(digits):
    labels = load_digits().target
    codes = TopKAE(200, k=20, **FAST).fit(digits[:900]).transform(digits)
    classifier = LogisticRegression(max_iter=1000).fit(codes[:900], labels[:900])
    assert classifier.score(codes[900:], labels[900:]) > 0.9
    assert np.isfinite(codes).all()
