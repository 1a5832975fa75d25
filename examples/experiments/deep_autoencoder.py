"""
The deep autoencoder 784-1000-500-250-30 on MNIST, without pretraining.

Hinton and Salakhutdinov, "Reducing the dimensionality of data with neural networks"
(2006), pretrained it by restricted Boltzmann machines and reached a squared error of
3.00 an image on the test set; PCA with as many components 13.87.

Run it with a folder that holds ``mnist.npz`` as SKLEARN_AE_DATA.
"""

from _mnist import load_mnist, minutes, print_row
from sklearn.decomposition import PCA

from sklearn_ae import AE


def error_of_an_image(estimator, X):
    """Sum squared errors over pixels, average over images."""
    R = estimator.inverse_transform(estimator.transform(X))
    return round(float(((R - X) ** 2).sum(axis=1).mean()), 3)


X, _, X_test, _ = load_mnist()
deep = AE(
    30,
    hidden_layer_sizes=(1000, 500, 250),
    loss="binary_crossentropy",
    scale="minmax",
    lr=1e-3,
    batch_size=128,
    max_epochs=40,
    n_iter_no_change=40,
    lr_schedule="cosine",
    weight_decay=0.03,
    random_state=0,
)
for name, estimator in {"PCA(30)": PCA(30, random_state=0), "AE(30)": deep}.items():
    row = {"estimator": name}
    with minutes(row):
        estimator.fit(X)
    row["test error an image"] = error_of_an_image(estimator, X_test)
    row["training error"] = error_of_an_image(estimator, X[:10_000])
    print_row(row)
