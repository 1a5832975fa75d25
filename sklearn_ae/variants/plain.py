"""The plain autoencoder."""

from ..core.base import BaseAutoencoder
from ..core.params import estimator


@estimator
class AE(BaseAutoencoder):
    """x."""

    @staticmethod
    def objective(network, batch, generator):
        return batch.error(network.decode(network.encode(batch.input)))
