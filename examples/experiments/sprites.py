"""
Dependence between the code units of sprites
============================================

Images of 32 x 32 pixels, black and white, each of a square, an ellipse or a heart at
some position, of some size and angle. A VAE's code units share these factors between
them; the total correlation, the divergence of the codes' distribution from the product
of its marginals, says how much. A classifier estimates it, which learns to tell codes
from codes whose units are shuffled among rows: the mean of its log-odds on the codes of
held-out rows. (The mixture of the posteriors of n rows would be no use where a code
carries more than log n nats: it finds 3.3 nats of dependence in six independent units
with a standard deviation of .15, by 4000 rows.)

``python examples/experiments/sprites.py``, or with names of arms. Each is trained with
three seeds, as what becomes of it depends on them, or with one: ``VAE:1``.
"""

import sys
import time

import numpy as np
from sklearn.neural_network import MLPClassifier

from sklearn_ae import VAE, BetaTCVAE, FactorVAE

SIDE = 32
N_TRAIN, N_TEST = 20_000, 4000
N_SEEDS = 3


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


def total_correlation(train, test, seed=0):
    """Estimate how much the code units depend on one another, in nats."""
    random = np.random.RandomState(seed)
    shuffled = np.stack([random.permutation(unit) for unit in train.T], 1)
    kinds = np.repeat([1, 0], len(train))
    classifier = MLPClassifier(
        (128, 128), batch_size=256, early_stopping=True, random_state=seed
    )
    classifier.fit(np.concatenate([train, shuffled]), kinds)
    shuffled, together = classifier.predict_log_proba(test).T
    return np.mean(together - shuffled)


def draw_codes(model, X, n_draws, seed):
    """Draw codes from the posteriors of rows."""
    mean, std = model.posterior(np.tile(X, (n_draws, 1)))
    return mean + std * np.random.RandomState(seed).normal(size=mean.shape)


COMMON = {
    "n_components": 10,
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
    "BetaTCVAE": BetaTCVAE(**COMMON, beta=5, estimator="stratified", smoothing=0.5),
    "FactorVAE": FactorVAE(**COMMON, gamma=4, smoothing=0.3),
}


def measure(arm, seed, train, test):
    """Train an arm and say what became of it: the figures of the table."""
    start = time.perf_counter()
    model = ARMS[arm].set_params(random_state=seed).fit(train)
    minutes = (time.perf_counter() - start) / 60
    output = model.reconstruct(test).clip(1e-6, 1 - 1e-6)
    error = -np.log(np.where(test > 0, output, 1 - output)).sum(1).mean()
    codes = draw_codes(model, train, 2, seed=0), draw_codes(model, test, 5, seed=1)
    bound = -model.score_samples(test).mean()
    return total_correlation(*codes), error, bound, model.active_units_, minutes


def show(name, figures):
    """Print a line of the table."""
    dependence, *others = figures
    print(name, f"{dependence:.2f}", *(f"{x:.1f}" for x in others), sep=" | ")
    sys.stdout.flush()


def main(names):
    """Train the arms and print what became of them."""
    train, _ = sprites(N_TRAIN, seed=0)
    test, _ = sprites(N_TEST, seed=1)
    print("arm | total correlation | -log p(x | code) | -ELBO | active units | minutes")
    for name in names:
        arm, _, given = name.partition(":")
        rows = []
        for seed in [int(given)] if given else range(N_SEEDS):
            rows.append(measure(arm, seed, train, test))
            show(f"{arm}:{seed}", rows[-1])
        if len(rows) > 1:
            show(f"{arm}, mean", np.mean(rows, 0))


if __name__ == "__main__":
    main(sys.argv[1:] or ARMS)
