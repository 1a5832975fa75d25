"""
Topics of texts, from a sparse table of counts
==============================================

A thousand texts that are drawn from five topics, in words of which each text has but a
few: a sparse table. A variational autoencoder with the multinomial likelihood finds
codes of two units in which the topics lie apart; a truncated SVD, the usual choice for
such tables, spends them on the common words.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from sklearn_ae import VAE

# %%
# The texts: from 10 to 100 words of a vocabulary of 2000. Each topic prefers words of
# its own, a third of a text comes from words that all topics share, and a text borrows
# from a second topic.

rng = np.random.default_rng(0)
n_texts, n_words, n_topics = 1000, 2000, 5
topics = rng.dirichlet(np.full(n_words, 0.02), size=n_topics)
common = rng.dirichlet(np.full(n_words, 0.05))
topic = rng.integers(n_topics, size=n_texts)
other = rng.integers(n_topics, size=n_texts)
share = (0.5 * topics[topic] + 0.15 * topics[other] + 0.35 * common).astype(float)
lengths = rng.integers(10, 100, size=n_texts)
X = csr_array(rng.multinomial(lengths, share / share.sum(1, keepdims=True)))
print(
    f"{X.shape[0]} texts, {X.shape[1]} words, {X.nnz / np.prod(X.shape):.1%} not zero"
)

# %%
# Two components of each. How well they keep the topics apart is told by the neighbours
# of a text, in the map, that share its topic.

models = {
    "TruncatedSVD": TruncatedSVD(2, random_state=0),
    "VAE, multinomial": VAE(
        2, likelihood="multinomial", max_epochs=60, batch_size=128, random_state=0
    ),
}
figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    codes = model.fit_transform(X)
    accuracy = cross_val_score(KNeighborsClassifier(15), codes, topic, cv=5).mean()
    print(f"{name:<18} accuracy of 15 neighbours {accuracy:.3f}")
    ax.scatter(*codes.T, c=topic, cmap="tab10", s=6, vmax=9)
    ax.set(title=f"{name}: {accuracy:.0%} by neighbours", xticks=[], yticks=[])
plt.show()

# %%
# Codes are decoded to shares of the words. Those of a text that has only ten words tell
# which others would fit: more of the topic's words than the text itself has.

short = X[[lengths.argmin()]]
vae = models["VAE, multinomial"]
best = vae.reconstruct(short)[0].argsort()[::-1][:20]
own = topics[topic[lengths.argmin()]]
print(f"20 likeliest words: {own[best].sum():.0%} of what its topic says, ", end="")
print(f"the text's own {short.nnz}: {own[short.indices].sum():.0%}")
