"""
Evidence lower bound of a VAE on gray MNIST
===========================================

Two protocols: 784-400-20 with ReLU, Adam 1e-3, batches of 128 and 10 epochs, the
textbook's VAE; and 784-512-2 with 50 epochs. "ours" starts at the principal components
by a linear path beside the network, which the textbook has not; "ours-cosine-2"
also lets the step size fall to zero within these epochs. Pixels in [0, 1] are taken as
probabilities, as is the custom, and all 60,000 training rows are used. The table gives
minus the bound on the 10,000 test rows in nats, each row's average over 16 codes: with
the posteriors that the encoder gives, and with those refined by 50 gradient steps.

Run it with a folder that holds ``mnist.npz`` as SKLEARN_AE_DATA, and the names of the
arms: ``python examples/experiments/mnist_elbo.py textbook ours textbook-2 ours-2``.
"""

import sys

from _mnist import load_mnist, minutes, print_row

from sklearn_ae import VAE

COMMON = {
    "likelihood": "bernoulli",
    "scale": None,
    "optimizer": "adam",
    "weight_decay": 0,
    "lr": 1e-3,
    "lr_schedule": None,
    "batch_size": 128,
    "early_stopping": False,
    "activation": "relu",
    "random_state": 0,
}
TEXTBOOK = {"skip": None}
OURS = {"skip": "pca"}
COSINE = {"lr_schedule": "cosine"}
OF_20 = {"n_components": 20, "hidden_layer_sizes": (400,), "max_epochs": 10}
OF_2 = {"n_components": 2, "hidden_layer_sizes": (512,), "max_epochs": 50}
ARMS = {
    "textbook": OF_20 | TEXTBOOK,
    "ours": OF_20 | OURS,
    "textbook-2": OF_2 | TEXTBOOK,
    "ours-2": OF_2 | OURS,
    "ours-cosine-2": OF_2 | OURS | COSINE,
}


def main(names):
    """Train the arms and print their bounds."""
    train, _, test, _ = load_mnist()
    for name in names:
        row = {"arm": name}
        with minutes(row):
            vae = VAE(**COMMON | ARMS[name]).fit(train)
        row["train -ELBO"] = f"{-vae.score_samples(train[:10_000]).mean():.2f}"
        row["test -ELBO"] = f"{-vae.score_samples(test).mean():.2f}"
        refined = vae.score_samples(test, n_refinements=50)
        row["test -ELBO, refined"] = f"{-refined.mean():.2f}"
        row["active units"] = vae.active_units_
        print_row(row)


if __name__ == "__main__":
    main(sys.argv[1:] or ARMS)
