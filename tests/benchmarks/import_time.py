"""
Seconds of ``import sklearn_ae``, over those of what it stands on.

    python tests/benchmarks/import_time.py [repeats]
"""

import subprocess
import sys

from _measure import alternate, machine, print_ratios


def importing(modules):
    return lambda: subprocess.run(
        [sys.executable, "-c", f"import {modules}"], check=True
    )


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(machine())
    base, ours = "import torch, sklearn, skorch", "import sklearn_ae"
    arms = {line: importing(line.removeprefix("import ")) for line in (base, ours)}
    print_ratios("one process each", alternate(arms, repeats), base)


if __name__ == "__main__":
    main()
