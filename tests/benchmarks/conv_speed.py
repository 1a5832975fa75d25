"""
Seconds of an epoch of `ConvAE`, over those of a loop written by hand.

    python tests/benchmarks/conv_speed.py [repeats] [images]

The article's network (16 and 8 maps, 3 x 3, 2 x 2 pooling, code of 392 values) on
random images of 28 x 28 pixels, batches of 128. The loop has its data in a tensor and a
fused optimiser; once in torch's own memory format, once with channels last.
"""

import sys

import numpy as np
import torch
from _measure import alternate, machine, print_ratios
from torch import nn

from sklearn_ae import ConvAE

BATCH_SIZE, EPOCHS = 128, 1


def plain_loop(X, memory_format=torch.contiguous_format):
    network = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(16, 1, 3, padding=1),
    ).to(memory_format=memory_format)
    x = torch.tensor(X)[:, None]
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)
    for _ in range(EPOCHS):
        for index in torch.randperm(len(x)).split(BATCH_SIZE):
            batch = x.index_select(0, index).contiguous(memory_format=memory_format)
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(network(batch), batch)
            loss.backward()
            optimizer.step()
    return network


def plain_loop_channels_last(X):
    return plain_loop(X, torch.channels_last)


def sklearn_ae(X):
    return ConvAE(
        channels=(16, 8),
        activation="relu",
        skip=None,
        lr_schedule=None,
        early_stopping=False,
        batch_size=BATCH_SIZE,
        max_epochs=EPOCHS,
        random_state=0,
    ).fit(X)


def main():
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    n_images = int(sys.argv[2]) if len(sys.argv) > 2 else 60_000
    print(machine())
    X = np.random.default_rng(0).random((n_images, 28, 28), dtype=np.float32)
    arms = {
        f.__name__: lambda f=f: f(X)
        for f in (plain_loop, plain_loop_channels_last, sklearn_ae)
    }
    title = f"{n_images:,} images, {EPOCHS} epoch, the whole fit"
    print_ratios(title, alternate(arms, repeats), "plain_loop_channels_last")


if __name__ == "__main__":
    main()
