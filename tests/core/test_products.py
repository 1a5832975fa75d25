"""Products in parts: torch's results, the same bits in any number of threads."""

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional as F

from sklearn_ae.core.products import (
    PRODUCTS,
    InParts,
    LinearInParts,
    Products,
    in_parts,
    shared,
)
from sklearn_ae.core.threads import threads

N_THREADS = 1, 2, 3, 4, 8


def draw(*sizes, dtype=torch.float64, seed=0):
    """Draw a tensor."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*sizes, dtype=dtype, generator=generator)


def layer(n_rows, n_in, n_out, dtype=torch.float64):
    """Draw rows, weights and a bias."""
    x, weight, bias = (n_rows, n_in), (n_out, n_in), (n_out,)
    return (
        draw(*x, dtype=dtype, seed=0),
        draw(*weight, dtype=dtype, seed=1) / n_in**0.5,
        draw(*bias, dtype=dtype, seed=2),
    )


@pytest.mark.parametrize("n_parts", [1, 2, 4, 16])
@pytest.mark.parametrize("size", [(128, 54, 33), (100, 17, 10), (777, 300, 1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_products_in_parts_do_not_depend_on_threads(n_parts, size, dtype):
    x, weight, bias = layer(*size, dtype)
    found = []
    for n_threads in N_THREADS:
        with threads(1, n_threads):
            found.append(in_parts(x, weight, bias, n_parts))
    torch.testing.assert_close(found[0], F.linear(x, weight, bias))
    torch.testing.assert_close(in_parts(x, weight, None, n_parts), F.linear(x, weight))
    for each in found[1:]:
        assert torch.equal(each, found[0])


def test_the_way_back_is_that_of_a_linear_layer():
    tensors = [tensor.requires_grad_() for tensor in layer(5, 3, 4)]

    def take(x, weight, bias):
        return LinearInParts.apply(x, weight, bias, 2)

    assert gradcheck(take, tensors)
    assert gradgradcheck(take, tensors)
    for chosen in range(3):
        rest = [tensor.detach() for tensor in tensors]
        rest[chosen] = tensors[chosen]
        assert gradcheck(take, rest)


# torch compiles something the first time.
@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")
@pytest.mark.parametrize("take", [torch.func.jacrev, torch.func.jacfwd])
def test_derivatives_by_functions_of_torch(take):
    x, weight, bias = layer(4, 3, 2)
    derive = take(lambda *args: LinearInParts.apply(*args, 2).sin(), (0, 1, 2))
    expected = take(lambda *args: F.linear(*args).sin(), (0, 1, 2))
    torch.testing.assert_close(derive(x, weight, bias), expected(x, weight, bias))


@pytest.mark.parametrize("gradients", [True, False])
def test_large_products_are_taken_in_parts_and_small_ones_as_torch_does(gradients):
    large, small = layer(512, 200, 100), layer(64, 20, 10)
    with threads(1, 2), torch.set_grad_enabled(gradients), InParts(4):
        whole = nn.functional.linear(*small), small[0] @ small[1].t()
        parts = nn.functional.linear(*large), large[0] @ large[1].t()
        by_layer = F.linear(large[0][None], *large[1:])
    with threads(1):
        assert torch.equal(whole[0], F.linear(*small))
        assert torch.equal(whole[1], small[0] @ small[1].t())
    assert torch.equal(parts[0], in_parts(*large, 4))
    assert torch.equal(parts[1], in_parts(*large[:2], None, 4))
    torch.testing.assert_close(by_layer[0], parts[0])


@pytest.mark.parametrize("function", PRODUCTS)
def test_every_way_to_multiply_matrices_is_known(function):
    a, b = draw(512, 200).requires_grad_(), draw(200, 100)
    with InParts(4):
        assert type(function(a, b).grad_fn).__name__ == "LinearInPartsBackward"


@pytest.mark.parametrize(
    ("network", "n_rows", "by_torch", "n_threads", "n_parts"),
    [
        (nn.Linear(100, 100), 64, False, 1, None),
        (nn.Linear(100, 100), 6400, False, 1, 2),
        (nn.Linear(100, 100), 64_000, False, 1, 8),
        (nn.Linear(100, 100), 10**7, False, 1, 16),
        (nn.Linear(100, 100), 6400, True, 3, None),
        (nn.GRU(100, 100), 6400, False, 3, None),
        (nn.GRU(100, 100), 64, False, 1, None),
        # Neither has so much to do by itself.
        (nn.Sequential(nn.Linear(170, 170), nn.GRU(70, 70)), 1000, False, 1, 2),
    ],
)
def test_who_shares_work_out(network, n_rows, by_torch, n_threads, n_parts):
    with threads(3):
        with shared(network, n_rows, by_torch) as products:
            assert torch.get_num_threads() == n_threads
            if n_parts:
                assert products.n_parts == n_parts
            else:
                assert type(products) is Products
        assert torch.get_num_threads() == 3
