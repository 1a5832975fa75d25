"""
Dependence between the code units of sprites
============================================

Images of 32 x 32 pixels, black and white, each of a square, an ellipse or a heart at
some position, of some size and angle. A VAE's code units share these factors between
them; the total correlation, the divergence of the codes' distribution from the product
of its marginals, says how much. It is estimated on held-out rows: the distribution of
the codes is the mixture of all their posteriors.

``python examples/experiments/sprites.py`` or with the names of arms.
"""

import sys
import time

import numpy as np
from scipy.special import logsumexp

from sklearn_ae import VAE, BetaTCVAE

SIDE = 32
N_TRAIN, N_TEST, N_CODES = 20_000, 4000, 1000


def sprites(n, seed):
    """
    Draw sprites.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of the factors.

    Returns
    -------
    images : ndarray of shape (n, 1024)
        Zeros and ones.
    factors : ndarray of shape (n, 5)
        Shape (0 to 2), position (x, y), size and angle.
    """
    random = np.random.RandomState(seed)
    shape = random.randint(3, size=n)
    x, y = random.uniform(-0.4, 0.4, size=(2, n))
    size, angle = (
        random.uniform(0.3, 0.55, size=n),
        random.uniform(0, 2 * np.pi, size=n),
    )
    grid = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    v, u = np.meshgrid(grid, grid, indexing="ij")
    images = np.empty((n, SIDE, SIDE), np.float32)
    for i in range(n):
        du, dv = (u - x[i]) / size[i], (v - y[i]) / size[i]
        cos, sin = np.cos(angle[i]), np.sin(angle[i])
        a, b = cos * du + sin * dv, cos * dv - sin * du
        images[i] = INSIDE[shape[i]](a, b)
    return images.reshape(n, -1), np.c_[shape, x, y, size, angle]


def square(a, b):
    """Tell the inside of a square."""
    return np.maximum(abs(a), abs(b)) < 0.8


def ellipse(a, b):
    """Tell the inside of an ellipse."""
    return a**2 + (b / 0.5) ** 2 < 1


def heart(a, b):
    """Tell the inside of a heart."""
    a, b = 1.2 * a, 0.2 - 1.2 * b
    return (a**2 + b**2 - 1) ** 3 < a**2 * b**3


INSIDE = [square, ellipse, heart]


def total_correlation(mean, std, seed=0):
    """Estimate how much the code units depend on one another, in nats."""
    random = np.random.RandomState(seed)
    few = random.permutation(len(mean))[:N_CODES]
    z = mean[few] + std[few] * random.normal(size=mean[few].shape)
    together, apart = [], []
    for code in z:
        by_unit = -0.5 * ((code - mean) / std) ** 2 - np.log(std)
        together.append(logsumexp(by_unit.sum(1)))
        apart.append(logsumexp(by_unit, axis=0).sum())
    n_surplus = mean.shape[1] - 1
    return np.mean(together) - np.mean(apart) + n_surplus * np.log(len(mean))


COMMON = {
    "n_components": 6,
    "likelihood": "bernoulli",
    "scale": None,
    "hidden_layer_sizes": (400, 200),
    "activation": "relu",
    "optimizer": "adam",
    "weight_decay": 0,
    "skip": None,
    "batch_size": 256,
    "max_epochs": 80,
    "early_stopping": False,
    "lr_schedule": "cosine",
    "random_state": 0,
}
ARMS = {
    "VAE": VAE(**COMMON),
    "BetaTCVAE": BetaTCVAE(**COMMON, beta=4),
}


def main(names):
    """Train the arms and print what became of them."""
    train, _ = sprites(N_TRAIN, seed=0)
    test, _ = sprites(N_TEST, seed=1)
    print("arm | total correlation | -log p(x | code) | -ELBO | active units | minutes")
    for name in names:
        start = time.perf_counter()
        model = ARMS[name].fit(train)
        minutes = (time.perf_counter() - start) / 60
        output = model.reconstruct(test).clip(1e-6, 1 - 1e-6)
        error = -np.log(np.where(test > 0, output, 1 - output)).sum(1).mean()
        cells = (
            f"{total_correlation(*model.posterior(test)):.2f}",
            f"{error:.1f}",
            f"{-model.score_samples(test).mean():.1f}",
            f"{model.active_units_} of {model.n_components_}",
            f"{minutes:.1f}",
        )
        print(name, *cells, sep=" | ", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ARMS)
