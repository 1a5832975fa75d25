"""
Log-likelihood of dynamically binarised MNIST
=============================================

Each time a row is trained on, its pixels are drawn anew, one with the probability that
the gray value says: a variant of the VAE and one of the IWAE that take two lines each.
The network is that of Burda et al. (2016), one stochastic layer, 784-200-200-50 with
tanh. The table gives minus the log-likelihood of test rows that were binarised once, by
500 importance weighted codes a row.

``python examples/experiments/mnist_binarised.py VAE IWAE 100`` trains 100 epochs, with
a folder that holds ``mnist.npz`` as SKLEARN_AE_DATA.
"""

import sys

import numpy as np
import torch
from _mnist import load_mnist, minutes, print_row

from sklearn_ae import IWAE, VAE
from sklearn_ae.core import estimator

N_DRAWS = 500


def binarised(batch, generator):
    """Draw pixels that are zero or one."""
    share = batch.input
    x = torch.rand(share.shape, generator=generator, device=share.device) < share
    x = x.to(share)
    return batch._replace(input=x, target=x)


@estimator
class BinarisedVAE(VAE):
    """VAE of gray values as probabilities."""

    @staticmethod
    def objective(network, batch, generator, *, beta, capacity, kl_warmup):
        """Train on pixels drawn anew."""
        knobs = {"beta": beta, "capacity": capacity, "kl_warmup": kl_warmup}
        return VAE.objective(network, binarised(batch, generator), generator, **knobs)


@estimator
class BinarisedIWAE(IWAE):
    """IWAE of gray values as probabilities."""

    @staticmethod
    def objective(network, batch, generator, *, n_draws):
        """Train on pixels drawn anew."""
        batch = binarised(batch, generator)
        return IWAE.objective(network, batch, generator, n_draws=n_draws)


COMMON = {
    "n_components": 50,
    "hidden_layer_sizes": (200, 200),
    "activation": "tanh",
    "likelihood": "bernoulli",
    "scale": None,
    "skip": None,
    "optimizer": "adam",
    "weight_decay": 0,
    "lr": 2e-3,
    "lr_schedule": "cosine",
    "batch_size": 100,
    "early_stopping": False,
    "random_state": 0,
}
ARMS = {"VAE": BinarisedVAE(**COMMON), "IWAE": BinarisedIWAE(**COMMON, n_draws=5)}


def main(names, n_epochs, n_rows=10_000):
    """Train the arms and print their log-likelihoods."""
    train, _, test, _ = load_mnist()
    test = (np.random.RandomState(0).uniform(size=test.shape) < test).astype("float32")
    for name in names:
        row = {"arm": name, "epochs": n_epochs}
        with minutes(row):
            model = ARMS[name].set_params(max_epochs=n_epochs).fit(train)
        row["test -ELBO"] = f"{-model.score_samples(test).mean():.2f}"
        likelihood = model.log_likelihood(test[:n_rows], N_DRAWS, random_state=0)
        row["test NLL"] = f"{-likelihood.mean():.2f}"
        row["active units"] = model.active_units_
        print_row(row)


if __name__ == "__main__":
    main(sys.argv[1:-1], int(sys.argv[-1]))
