"""Copies of the autoencoder that a user hands to a meta-estimator."""

from typing import Any

import numpy as np
from sklearn.base import clone

from ..core.reading import in_shape
from ..core.types import CSR


def seeded_clone(autoencoder: Any, seed: int) -> Any:
    """Clone an autoencoder, with a seed if it has none of its own."""
    copy = clone(autoencoder)
    if copy.random_state is None:
        copy.set_params(random_state=seed)
    return copy


def fitted_clone(autoencoder: Any, X: np.ndarray | CSR, seed: int, owner: Any) -> Any:
    """Fit such a clone to the flat rows of its owner; it knows their names too."""
    copy = seeded_clone(autoencoder, seed).fit(in_shape(X, owner.input_shape_))
    if hasattr(owner, "feature_names_in_"):
        copy.feature_names_in_ = owner.feature_names_in_
    return copy
