"""
What else users would watch: MovieLens, 100,000 ratings
=======================================================

A fifth of each user's films is held out; models learn from the others, and are asked
for the twenty films that a user is most likely to have seen besides. Recall at 20 is
the share of the held-out films among them, of twenty at most. Five random splits.

    python examples/experiments/movielens.py [choose]

``choose`` compares settings: it holds out a tenth of one split's training ratings.
"""

import sys
import time
import warnings

import numpy as np
from _sparse import load_sparse
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning

from sklearn_ae import VAE, DenoisingAE
from sklearn_ae.networks import Dense

N_SPLITS, N_FILMS = 5, 20


def held_out(X, share, seed):
    """Split each row's entries into some to learn from and others."""
    rng = np.random.default_rng(seed)
    entries = X.tocoo()
    chance = rng.random(X.nnz)
    kept = np.ones(X.nnz, bool)
    for user in np.split(np.lexsort((chance, entries.row)), X.indptr[1:-1]):
        kept[user[: round(share * len(user))]] = False

    def part(mask):
        where = (entries.row[mask], entries.col[mask])
        return csr_array((np.ones(mask.sum(), np.float32), where), shape=X.shape)

    return part(kept), part(~kept)


def recall(scores, known, wanted):
    """Take the mean recall of the best films that are not known to be seen."""
    scores = np.where(known.toarray() > 0, -np.inf, scores)
    best = np.argpartition(-scores, N_FILMS, axis=1)[:, :N_FILMS]
    wanted = wanted.toarray() > 0
    hits = np.take_along_axis(wanted, best, axis=1).sum(1)
    return np.mean(hits / wanted.sum(1).clip(1, N_FILMS), where=wanted.any(1))


class Popularity:
    """Recommends to all what most have seen."""

    def fit(self, X):
        self.counts = X.sum(0)
        return self

    def reconstruct(self, X):
        return np.tile(self.counts, (X.shape[0], 1))


class SVD(TruncatedSVD):
    """Rebuilds rows from its components."""

    def reconstruct(self, X):
        return self.inverse_transform(self.transform(X))


def vae(seed, **settings):
    settings = {"likelihood": "multinomial", "max_epochs": 60} | settings
    return VAE(64, random_state=seed, **settings)


def dae(seed):
    return DenoisingAE(
        64,
        loss="multinomial",
        noise="masking",
        noise_level=0.5,
        network=Dense((), code_activation="tanh"),
        skip=None,
        weight_decay=3,
        max_epochs=100,
        random_state=seed,
    )


MODELS = {
    "popularity": lambda seed: Popularity(),
    "TruncatedSVD(64)": lambda seed: SVD(64, random_state=seed),
    "TruncatedSVD(16)": lambda seed: SVD(16, random_state=seed),
    "VAE(64)": vae,
}
CHOICES = MODELS | {
    "TruncatedSVD(8)": lambda seed: SVD(8, random_state=seed),
    "VAE, beta=0.2": lambda seed: vae(seed, beta=0.2),
    "VAE, beta=3": lambda seed: vae(seed, beta=3),
    "DenoisingAE(64)": dae,
}


def main():
    warnings.simplefilter("ignore", ConvergenceWarning)
    ratings, _ = load_sparse("movielens_100k")
    choosing = "choose" in sys.argv
    models = CHOICES if choosing else MODELS
    found = {name: [] for name in models}
    seconds = dict.fromkeys(models, 0)
    for seed in range(1 if choosing else N_SPLITS):
        known, wanted = held_out(ratings, 0.2, seed)
        if choosing:
            known, wanted = held_out(known, 0.1, seed)
        for name, make in models.items():
            start = time.process_time()
            scores = make(seed).fit(known).reconstruct(known)
            seconds[name] += time.process_time() - start
            found[name].append(recall(scores, known, wanted))
    print(f"{'recall@20':<18} {'mean':>6} {'worst':>6} {'best':>6} {'min':>5}")
    for name, values in found.items():
        print(
            f"{name:<18} {np.mean(values):6.4f} {min(values):6.4f} {max(values):6.4f}"
            f" {seconds[name] / 60:5.1f}"
        )


if __name__ == "__main__":
    main()
