"""
Throughput of ``transform`` on 60,000 rows, over that of the bare forward pass.

    python tests/benchmarks/transform_speed.py [repeats]
"""

import sys

import numpy as np
import torch
from _measure import alternate, machine, print_ratios

from sklearn_ae import AE


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(machine())
    X = np.random.default_rng(0).random((60_000, 784), dtype=np.float32)
    ae = AE(
        16, hidden_layer_sizes=(256, 64), skip=None, max_epochs=1, random_state=0
    ).fit(X[:5000])
    x = torch.from_numpy(X)

    def bare_forward_pass():
        with torch.inference_mode():
            return ae.network_.encode(x)

    def bare_forward_pass_by_1024():
        with torch.inference_mode():
            return torch.cat([ae.network_.encode(part) for part in x.split(1024)])

    arms = {
        "bare forward pass": bare_forward_pass,
        "bare forward pass by 1024": bare_forward_pass_by_1024,
        "transform": lambda: ae.transform(X),
    }
    seconds = alternate(arms, repeats)
    print_ratios("60,000 x 784-256-64-16", seconds, "bare forward pass")


if __name__ == "__main__":
    main()
