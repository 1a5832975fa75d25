"""
Images through convolutions
===========================

A dense network does not know which pixels are neighbours, a convolutional one does.
``ConvAE`` has one, and ``network=Conv(...)`` gives it to any other autoencoder. Images
are taken as they are. Here blocks of them are missing, which is to be undone.
"""

import matplotlib.pyplot as plt
from _digits import load

from sklearn_ae import ConvAE, DenoisingAE
from sklearn_ae.display import ReconstructionDisplay
from sklearn_ae.networks import Conv

X_train, X_test, _, _, shape = load()
train, test = X_train.reshape(-1, *shape), X_test.reshape(-1, *shape)

# %%
# The plain one, whose code are its last feature maps; and a denoising one with 16
# components.

conv = ConvAE(channels=(16, 8), max_epochs=15, random_state=0).fit(train)
print(conv.n_components_, "values a code,", round(conv.score(test), 3), "explained")

settings = {"noise": "blocks", "noise_level": 0.2, "max_epochs": 30, "random_state": 0}
network = Conv(channels=(16, 32))
blocks = DenoisingAE(16, network=network, **settings).fit(train)
print(blocks.n_components_, "values a code,", round(blocks.score(test), 3), "explained")

# %%
# What comes back: images of the shape that went in.

ReconstructionDisplay.from_estimator(
    {"ConvAE": conv, "DenoisingAE": blocks}, test, corrupt=True, cmap="gray_r"
)
plt.show()
