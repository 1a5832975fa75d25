"""
Peak memory and seconds of ``fit`` and ``transform`` on a large sparse table.

    python tests/benchmarks/sparse_memory.py [n_rows n_features]

100,000 rows of 20,000 columns, of which 0.5 % are not zero: 8 GB if it were dense.
"""

import sys
import time

import numpy as np
import scipy.sparse as sp
from _measure import peak_mib

from sklearn_ae import AE

SHARE = 0.005


def topics(n_rows: int, n_features: int) -> sp.csr_array:
    """Count words: a row draws most of them from one of sixteen parts of all."""
    rng = np.random.default_rng(0)
    n_words = rng.poisson(SHARE * n_features, n_rows)
    width = n_features // 16
    topic = np.repeat(rng.integers(0, 16, n_rows), n_words)
    word = topic * width + (width * rng.random(len(topic)) ** 1.5).astype(int)
    anywhere = rng.random(len(word)) < 0.3
    word[anywhere] = rng.integers(0, n_features, anywhere.sum())
    counts = sp.csr_array(
        (np.ones(len(word), np.float32), word, np.r_[0, n_words.cumsum()]),
        shape=(n_rows, n_features),
    )
    counts.sum_duplicates()
    return counts


def timed(name: str, run):
    start = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    print(f"{name:<10} {seconds:6.0f} s, peak {peak_mib():5.0f} MiB", flush=True)
    return result


def main():
    shape = [int(n) for n in sys.argv[1:3]] or [100_000, 20_000]
    X = timed("table", lambda: topics(*shape))
    print(f"{X.shape[0]} x {X.shape[1]}, {X.nnz / np.prod(X.shape):.2%} not zero")
    for loss in ("squared_error", "multinomial"):
        ae = AE(16, hidden_layer_sizes=(64,), loss=loss, max_epochs=1, random_state=0)
        timed(loss, lambda ae=ae: ae.fit(X))
        timed("transform", lambda ae=ae: ae.transform(X))
        print(f"score {timed('score', lambda ae=ae: ae.score(X)):.3f}")


if __name__ == "__main__":
    main()
