"""
Figures of convolutional autoencoders on images.

    SKLEARN_AE_DATA=folder python examples/experiments/conv_images.py denoise
    python examples/experiments/conv_images.py colour

``mnist.npz`` in the folder has ``X`` of shape (70000, 784), training images first, and
``y``.
"""

import sys
import time

import numpy as np
from _mnist import SIDE, load_mnist
from sklearn.datasets import load_sample_images
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

from sklearn_ae import ConvAE


def denoise():
    """Test error of images denoised by PCA with the best k, and by a network."""
    train, _, test, _ = load_mnist()
    train, test = (images.reshape(-1, SIDE, SIDE) for images in (train, test))
    random = np.random.default_rng(0)

    def noisy(X):
        noise = random.standard_normal(X.shape, dtype=np.float32)
        return np.clip(X + 0.5 * noise, 0, 1)

    given, shown = noisy(train), noisy(test)
    pca = PCA(300).fit(given.reshape(-1, 784))
    codes = pca.transform(shown.reshape(-1, 784))
    errors = {
        k: mse(codes[:, :k] @ pca.components_[:k] + pca.mean_, test.reshape(-1, 784))
        for k in range(10, 301, 5)
    }
    k = min(errors, key=errors.get)
    print(f"noisy images: {mse(shown, test):.5f}\nPCA({k}): {errors[k]:.5f}")
    ae = ConvAE(
        channels=(16, 32),
        scale=None,
        lr=5e-3,
        lr_schedule="cosine",
        early_stopping=False,
        batch_size=64,
        max_epochs=5,
        random_state=0,
    ).fit(given, target=train)
    ours = mse(ae.reconstruct(shown), test)
    print(f"ConvAE: {ours:.5f}, {ours / errors[k]:.2f} times PCA's")


def colour():
    """Error of the colours that are given to gray patches of two photographs."""
    random = np.random.default_rng(0)
    photographs = [image / 255 for image in load_sample_images().images]
    pairs = [patches(image.astype(np.float32), 2500, random) for image in photographs]
    train, test = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    gray, shown = train.mean(-1), test.mean(-1)
    print(f"{len(train)} patches, {len(test)} held out")
    print(f"no colour: {mse(shown[..., None], test):.5f}")
    for size in (1, 3, 5, 7):
        ridge = Ridge().fit(neighbourhoods(gray, size), train.reshape(-1, 3))
        error = mse(ridge.predict(neighbourhoods(shown, size)), test.reshape(-1, 3))
        print(f"ridge regression on {size} x {size} pixels: {error:.5f}", flush=True)
    ae = ConvAE(
        channels=(16, 32),
        channels_last=True,
        scale=None,
        lr=5e-3,
        max_epochs=20,
        random_state=0,
    ).fit(gray, target=train)
    print(f"ConvAE: {mse(ae.reconstruct(shown), test):.5f}")


def patches(image, n, random):
    """Hold out a fifth of the tiles of 32 x 32; cut `n` patches that touch none."""
    height, width = (side // 32 * 32 for side in image.shape[:2])
    tiles = image[:height, :width].reshape(height // 32, 32, width // 32, 32, 3)
    held_out = random.random((height // 32, width // 32)) < 0.2
    touched = held_out.repeat(32, 0).repeat(32, 1)
    train = []
    while len(train) < n:
        row, column = random.integers(height - 31), random.integers(width - 31)
        place = np.s_[row : row + 32, column : column + 32]
        if not touched[place].any():
            train.append(image[place])
    return np.stack(train), tiles.transpose(0, 2, 1, 3, 4)[held_out]


def neighbourhoods(gray, size):
    """Give the pixels around each pixel as a row."""
    edge = size // 2
    padded = np.pad(gray, ((0, 0), (edge, edge), (edge, edge)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (1, 2))
    return windows.reshape(-1, size * size)


def mse(output, target):
    return np.square(output - target).mean()


if __name__ == "__main__":
    start = time.perf_counter()
    {f.__name__: f for f in (denoise, colour)}[sys.argv[1]]()
    print(f"{(time.perf_counter() - start) / 60:.1f} minutes")
