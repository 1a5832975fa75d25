"""
How far codes move: contractive, denoising and plain autoencoders on MNIST.

One hidden layer of 1000 logistic units, tied weights, cross-entropy, as in Rifai et
al., "Contractive auto-encoders" (2011), whose table has the mean norm of the encoder's
Jacobian: contractive 0.73e-4, denoising (Gaussian noise) 0.86e-4, plain 17.5e-4. Its
averaging is not spelt out; the order is what can be compared.

Run it with a folder that holds ``mnist.npz`` as SKLEARN_AE_DATA.
"""

import torch
from _mnist import load_mnist, minutes, print_row

from sklearn_ae import AE, ContractiveAE, DenoisingAE
from sklearn_ae.networks import Dense
from sklearn_ae.variants.jacobian import squared_norm

SETTINGS = {
    "network": Dense((), code_activation="logistic", tied=True),
    "skip": None,
    "loss": "binary_crossentropy",
    "scale": "minmax",
    "lr": 1e-3,
    "max_epochs": 15,
    "lr_schedule": "cosine",
    "random_state": 0,
}
ESTIMATORS = {
    "contractive": ContractiveAE(1000, contraction=1e-3, **SETTINGS),
    "denoising": DenoisingAE(1000, noise="gaussian", noise_level=0.3, **SETTINGS),
    "plain": AE(1000, **SETTINGS),
}


def mean_norm(ae, X):
    """Average the norms of the encoder's Jacobians at some rows."""
    x = torch.from_numpy(ae.scaling_.apply(X, "float32"))
    norms = [squared_norm(ae.network_.encode, row, None, None) for row in x.split(1)]
    return torch.stack(norms).sqrt().mean().item()


X, _, X_test, _ = load_mnist()
for name, ae in ESTIMATORS.items():
    row = {"autoencoder": name}
    with minutes(row):
        ae.fit(X)
    row["mean norm of the Jacobian"] = round(mean_norm(ae, X_test[:2000]), 3)
    row["test error an image"] = round(
        float(((ae.reconstruct(X_test) - X_test) ** 2).sum(1).mean()), 2
    )
    print_row(row)
