"""
Peak memory of ``fit``, over the input's float32 copy plus the model.

    python tests/benchmarks/memory.py

Each fit runs in a process of its own, which has trained on a few rows before, so that
libraries are loaded and pools are filled.
"""

import subprocess
import sys

import numpy as np
from _measure import peak_mib


def measure(dtype: str, n_rows: int, n_features: int) -> None:
    from sklearn_ae import AE

    rng = np.random.default_rng(0)
    X = np.empty((n_rows, n_features), dtype)
    for i in range(0, n_rows, 1000):
        X[i : i + 1000] = rng.integers(0, 255, (1000, n_features))
    ae = AE(16, batch_size=256, max_epochs=1, random_state=0)
    ae.fit(X[:2000])
    before = peak_mib()
    ae = ae.fit(X)
    used = peak_mib() - before
    copy = n_rows * n_features * 4 / 2**20
    # Weights, gradients and the optimiser's two moments, the best weights.
    model = 5 * sum(p.numel() for p in ae.network_.parameters()) * 4 / 2**20
    print(
        f"{dtype:<8} {n_rows} x {n_features}: {used:6.0f} MiB for a copy of {copy:.0f}"
        f" MiB and a model of {model:.0f} MiB: ratio {used / (copy + model):.2f}"
    )


def main():
    for dtype in ("uint8", "float32", "float64"):
        subprocess.run([sys.executable, __file__, dtype], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1], 60_000, 784)
    else:
        main()
