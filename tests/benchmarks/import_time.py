"""
Seconds of importing the package, or parts of it, over those of what it stands on.

    python tests/benchmarks/import_time.py [repeats]
"""

import subprocess
import sys

from _measure import alternate, machine, print_ratios

BASE = "import torch, sklearn, skorch"
OURS = [
    "import sklearn_ae",
    "from sklearn_ae import AE, DenoisingAE",
    "from sklearn_ae import *",
]


def running(line):
    return lambda: subprocess.run([sys.executable, "-c", line], check=True)


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(machine())
    arms = {line: running(line) for line in [BASE, *OURS]}
    print_ratios("one process each", alternate(arms, repeats), BASE)


if __name__ == "__main__":
    main()
