"""
A stacked denoising autoencoder 784-128-64-10-2 on MNIST, then with labels.

An introductory article trains it with Gaussian noise of standard deviation 0.5, clipped
to [0, 1], and prints an accuracy of .95 after training with labels. That is a training
accuracy, and its autoencoder was asked for the noisy image, not for the clean one. Here
both are measured on the test set: squared errors a pixel of a noisy image's
reconstruction against the clean image, and the accuracy. How to fine-tune was chosen by
training on 50,000 images and looking at the other 10,000.

Run it with a folder that holds ``mnist.npz`` as SKLEARN_AE_DATA. It saves losses, noisy
and denoised images, and codes before and after the labels as ``article_stacked_*.png``.
"""

import sys

import torch
from _mnist import error_of_a_pixel, load_mnist, minutes, print_row, save
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from sklearn_ae import AEClassifier, DenoisingAE
from sklearn_ae.display import LatentDisplay, LossCurveDisplay, ReconstructionDisplay


def clipped_gaussian(x, level, generator):
    """Add normal noise and clip to [0, 1]."""
    noise = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)
    return (x + level * noise).clamp(0, 1)


X, y, X_test, y_test = load_mnist(*map(int, sys.argv[1:]))
noise = {"noise": clipped_gaussian, "noise_level": 0.5}
noisy = clipped_gaussian(
    torch.from_numpy(X_test), 0.5, torch.Generator().manual_seed(0)
).numpy()

row = {"denoiser": "DenoisingAE(2), 784-128-64-10-2"}
with minutes(row):
    ae = DenoisingAE(
        2,
        hidden_layer_sizes=(128, 64, 10),
        scale=None,
        max_epochs=20,
        lr_schedule="cosine",
        random_state=0,
        **noise,
    ).fit(X)
row["test error a pixel"] = error_of_a_pixel(ae.reconstruct(noisy), X_test)
print_row(row)
controls = {"the noisy image": noisy, "the mean image": X.mean(axis=0)}
pca = PCA(2, random_state=0).fit(X)
controls["PCA(2)"] = pca.inverse_transform(pca.transform(noisy))
for name, R in controls.items():
    print_row({"denoiser": name, "test error a pixel": error_of_a_pixel(R, X_test)})

row = {"classifier": "AEClassifier on its 2 components"}
with minutes(row):
    classifier = AEClassifier(
        ae,
        prefit=True,
        noise="masking",
        noise_level=0.35,
        lr=5e-3,
        max_epochs=40,
        batch_size=256,
        random_state=0,
    ).fit(X, y)
row["test accuracy"] = round(classifier.score(X_test, y_test), 4)
neighbours = KNeighborsClassifier(15).fit(classifier.transform(X), y)
row["of 15 neighbours in the plane"] = round(
    neighbours.score(classifier.transform(X_test), y_test), 4
)
print_row(row)

save(LossCurveDisplay.from_estimator(ae), "article_stacked_loss")
save(LossCurveDisplay.from_estimator(classifier), "article_stacked_loss_of_labels")
denoised = ReconstructionDisplay.from_estimator(
    {"PCA(2)": pca, "DenoisingAE(2)": ae},
    noisy,
    target=X_test,
    image_shape=(28, 28),
    cmap="gray_r",
)
save(denoised, "article_stacked_denoised")
for name, model in {"before": ae, "after": classifier}.items():
    codes = LatentDisplay.from_estimator(model, X_test[:5000], y_test[:5000], s=3)
    save(codes, f"article_stacked_codes_{name}_labels")
