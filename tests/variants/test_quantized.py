"""The codebooks follow the encodings, and codes are made of their vectors."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from torch.nn import functional as F

from sklearn_ae import AE, VQVAE
from sklearn_ae.core import Batch
from sklearn_ae.core.losses import LOSSES
from sklearn_ae.variants.codebooks import Codebooks

from ..conftest import FAST


@pytest.fixture
def codes(generator):
    return torch.randn(200, 5, dtype=torch.float64, generator=generator)


@pytest.fixture
def books(codes, generator):
    books = Codebooks(5, code_dim=2, n_codes=8).double()
    books.start_from(codes, generator)
    return books


@pytest.fixture
def fitted(rows):
    return VQVAE(5, n_codes=4, dtype="float64", **FAST).fit(rows)


@pytest.fixture
def batch(fitted, rows):
    x = fitted._codec.scaled(rows)
    return Batch(x, x, LOSSES["squared_error"])


def test_groups_put_together_are_the_code(books, codes):
    groups = books.split(codes)
    assert groups.shape == (3, 200, 2)
    together = groups.transpose(0, 1).flatten(1)
    torch.testing.assert_close(together[:, :5], codes)
    assert not together[:, 5].any()


def test_the_nearest_vector_is_the_nearest(books, codes):
    distances = torch.cdist(books.split(codes), books.vectors)
    torch.testing.assert_close(books.nearest(books.split(codes)), distances.argmin(2))


def test_quantized_codes_stay_as_they_are(books, codes):
    once = books.quantize(codes)
    assert len(once.unique(dim=0)) > 8
    torch.testing.assert_close(books.quantize(once), once)


@pytest.mark.parametrize("code_dim", [1, 3, 5, 9])
def test_groups_of_any_width(codes, generator, code_dim):
    books = Codebooks(5, code_dim, n_codes=8).double()
    books.start_from(codes, generator)
    assert books.n_groups == -(-5 // min(code_dim, 5))
    assert books.quantize(codes).shape == (200, 5)
    if code_dim >= 5:
        assert len(books.quantize(codes).unique(dim=0)) <= 8


def test_vectors_start_about_as_well_as_k_means(generator):
    centers = 5 * torch.randn(8, 2, dtype=torch.float64, generator=generator)
    noise = torch.randn(800, 2, dtype=torch.float64, generator=generator)
    codes = centers.repeat(100, 1) + noise
    books = Codebooks(2, code_dim=2, n_codes=8).double()
    books.start_from(codes, generator)
    error = (books.quantize(codes) - codes).square().sum().item()
    assert error < 1.5 * KMeans(8, random_state=0).fit(codes.numpy()).inertia_


def test_vectors_come_to_the_means_of_their_encodings(books, codes):
    groups = books.split(codes)
    for _ in range(2000):
        books.follow(groups, books.nearest(groups))
    index = books.nearest(groups)
    for group in range(3):
        for code in range(8):
            own = groups[group, index[group] == code]
            torch.testing.assert_close(books.vectors[group, code], own.mean(0))
            share = books.usage[group, code].item()
            assert share == pytest.approx(len(own) / 200, abs=1e-6)


def test_unused_vectors_start_anew_and_others_stay(books, codes, generator):
    groups = books.split(codes)
    before = books.vectors.clone()
    books.usage[1, 3] = 1e-9
    books.vectors[1, 3] = 1e6
    books.revive(groups, generator)
    assert (groups[1] == books.vectors[1, 3]).all(1).any()
    assert books.usage[1, 3] == 1 / 8
    before[1, 3] = books.vectors[1, 3]
    torch.testing.assert_close(books.vectors, before)


def test_revival_draws_from_the_generator(codes):
    def revived(seed):
        books = Codebooks(5, code_dim=2, n_codes=8).double()
        books.revive(books.split(codes), torch.Generator().manual_seed(seed))
        return books.vectors

    assert torch.equal(revived(0), revived(0))
    assert not torch.equal(revived(0), revived(1))


def test_the_objective_is_error_and_distance(fitted, batch):
    network = fitted.network_.eval()
    encoding = network.network.encode(batch.input)
    code = network.encode(batch.input)
    loss = VQVAE.objective(network, batch, None, commitment=0.7)
    expected = batch.error(network.decode(code)) + 0.7 * F.mse_loss(encoding, code)
    torch.testing.assert_close(loss, expected)


def test_the_gradient_passes_straight_through(fitted, batch):
    network = fitted.network_.eval()
    encoder = [w for n, w in network.named_parameters() if "encode" in n]
    loss = VQVAE.objective(network, batch, None, commitment=0)
    code = network.encode(batch.input).detach().requires_grad_()
    (slope,) = torch.autograd.grad(batch.error(network.decode(code)), code)
    encoding = network.network.encode(batch.input)
    torch.testing.assert_close(
        torch.autograd.grad(loss, encoder),
        torch.autograd.grad((encoding * slope).sum(), encoder),
    )


@pytest.mark.parametrize("training", [True, False])
def test_only_training_moves_the_vectors(fitted, batch, generator, training):
    network = fitted.network_.train(training)
    before = network.codebooks.vectors.clone()
    VQVAE.objective(network, batch, generator, commitment=0.25)
    assert torch.equal(network.codebooks.vectors, before) != training


def test_codes_are_the_vectors_that_the_indices_name(fitted, rows):
    index = fitted.code_indices(rows)
    assert index.shape == (120, 3)
    assert index.dtype == np.int64
    assert index.min() >= 0
    assert index.max() < 4
    vectors = fitted.network_.codebooks.vectors.numpy()
    expected = np.concatenate([vectors[g, index[:, g]] for g in range(3)], 1)
    np.testing.assert_array_equal(fitted.transform(rows), expected[:, :5])


def test_perplexity_is_that_of_the_training_rows(fitted, rows):
    index = fitted.code_indices(rows)
    shares = [np.bincount(column) / 120 for column in index.T]
    expected = [np.exp(-np.sum(p[p > 0] * np.log(p[p > 0]))) for p in shares]
    np.testing.assert_allclose(fitted.perplexity_, expected)


def test_samples_are_made_of_code_vectors(fitted, rows):
    codes = fitted._draw_codes(200, np.random.RandomState(0))
    for group in range(3):
        columns = slice(2 * group, 2 * group + 2)
        seen = np.unique(fitted.transform(rows)[:, columns], axis=0)
        drawn = np.unique(codes[:, columns], axis=0)
        vectors = fitted.network_.codebooks.vectors[group].numpy()
        assert len(drawn) <= 4
        assert all((vectors[:, : drawn.shape[1]] == z).all(1).any() for z in drawn)
        assert len(drawn) >= len(seen) / 2


def test_training_starts_at_quantised_principal_components(rows):
    nothing = {"lr": 1e-30, "weight_decay": 0, "early_stopping": False}
    linear = AE(3, hidden_layer_sizes=(), scale="standard").fit(rows)
    scores = [
        VQVAE(3, code_dim=1, n_codes=n, **FAST | nothing).fit(rows).score(rows)
        for n in (2, 8, 100)
    ]
    assert scores[0] < scores[1] < scores[2] < linear.score(rows)
    assert scores[2] > linear.score(rows) - 0.02


def test_more_vectors_rebuild_better_and_are_used(digits):
    settings = {"max_epochs": 10, "hidden_layer_sizes": (64,), "random_state": 0}
    few, many = (VQVAE(8, n_codes=n, **settings).fit(digits) for n in (4, 64))
    assert few.score(digits) + 0.05 < many.score(digits)
    assert (many.perplexity_ > 32).all()
    assert (few.perplexity_ <= 4).all()
