"""Where the experiments find their data."""

import os
from pathlib import Path

import numpy as np


def load_archive(name, what, **settings):
    """Open an archive of the folder SKLEARN_AE_DATA, or say what it has to hold."""
    path = Path(os.environ.get("SKLEARN_AE_DATA", ".")) / f"{name}.npz"
    if not path.exists():
        raise SystemExit(
            f"There is no {path}: let the environment variable SKLEARN_AE_DATA name a"
            f" folder with it; it holds {what}."
        )
    return np.load(path, **settings)
