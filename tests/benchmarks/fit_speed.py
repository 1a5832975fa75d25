"""
Seconds of a whole fit, over those of a loop written by hand.

    python tests/benchmarks/fit_speed.py [repeats]

Same architecture, batch size and number of epochs everywhere; the loop has its data in
a tensor and a fused optimiser.
"""

import sys
import warnings
from itertools import pairwise

import numpy as np
import torch
from _measure import alternate, machine, print_ratios
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPRegressor
from skorch import NeuralNet
from torch import nn

from sklearn_ae import AE


def autoencoder(sizes):
    sizes = [*sizes, *sizes[-2::-1]]
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def plain_loop(X, sizes, batch_size, epochs):
    x = torch.tensor(X)
    network = autoencoder(sizes)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    for _ in range(epochs):
        for index in torch.randperm(len(x)).split(batch_size):
            batch = x.index_select(0, index)
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(network(batch), batch)
            loss.backward()
            optimizer.step()
    return network


def sklearn_ae(X, sizes, batch_size, epochs):
    return AE(
        sizes[-1],
        hidden_layer_sizes=sizes[1:-1],
        activation="relu",
        skip=None,
        lr_schedule=None,
        early_stopping=False,
        batch_size=batch_size,
        max_epochs=epochs,
        random_state=0,
    ).fit(X)


def skorch_default(X, sizes, batch_size, epochs):
    return NeuralNet(
        autoencoder(sizes),
        nn.MSELoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        batch_size=batch_size,
        max_epochs=epochs,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    ).fit(X, X)


def mlp_regressor(X, sizes, batch_size, epochs):
    return MLPRegressor(
        hidden_layer_sizes=[*sizes[1:], *sizes[-2:0:-1]],
        batch_size=batch_size,
        max_iter=epochs,
        tol=0,
        n_iter_no_change=epochs + 1,
    ).fit(X, X)


def main():
    warnings.simplefilter("ignore")  # MLPRegressor: maximum iterations reached
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(machine())
    digits = (load_digits().data / 16).astype(np.float32)
    images = np.random.default_rng(0).random((20_000, 784), dtype=np.float32)
    for title, X, sizes, batch_size, epochs in (
        ("digits 64-32-8, batch 128, 40 epochs", digits, [64, 32, 8], 128, 40),
        (
            "20,000 x 784-256-64-16, batch 128, 10 epochs",
            images,
            [784, 256, 64, 16],
            128,
            10,
        ),
        (
            "20,000 x 784-256-64-16, batch 512, 10 epochs",
            images,
            [784, 256, 64, 16],
            512,
            10,
        ),
    ):
        setting = (X, sizes, batch_size, epochs)
        arms = {
            f.__name__: lambda f=f, setting=setting: f(*setting)
            for f in (plain_loop, sklearn_ae, skorch_default, mlp_regressor)
        }
        print_ratios(title, alternate(arms, repeats), "plain_loop")


if __name__ == "__main__":
    main()
