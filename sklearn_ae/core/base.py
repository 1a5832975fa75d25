"""What a variant is derived from."""

from .contract import AutoencoderContract
from .params import estimator
from .shared_params import LossParameters, NetworkParameters


@estimator
class BaseAutoencoder(AutoencoderContract, LossParameters, NetworkParameters):
    """
    Base of the autoencoders that train any network with any reconstruction error.

    A variant adds its `objective` and, as hyperparameters, the keywords of that
    function; `equip`, if the objective needs more than an encoder and a decoder. It
    need not override anything else.
    """
