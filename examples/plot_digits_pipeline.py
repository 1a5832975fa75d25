"""
An autoencoder in the place of PCA
==================================

Handwritten digits, a logistic regression, and between them a representation that is
learnt without labels: PCA or a denoising autoencoder, as the grid search likes it.
Nothing but the name of the transformer changes.

With the environment variable ``SKLEARN_AE_DATA`` naming a folder that holds
``mnist.npz``, this and most of the other examples of digits run on full MNIST.
"""

import matplotlib.pyplot as plt
from _digits import load
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sklearn_ae import DenoisingAE
from sklearn_ae.display import LatentDisplay

X_train, X_test, y_train, y_test, _ = load()

# %%
# The pipeline takes raw pixels: the autoencoder scales them itself. Its epochs are few
# here, to be quick.

pipeline = Pipeline([("ae", PCA()), ("clf", LogisticRegression(max_iter=2000))])
search = GridSearchCV(
    pipeline,
    {
        "ae": [PCA(random_state=0), DenoisingAE(max_epochs=40, random_state=0)],
        "ae__n_components": [4, 8, 16],
    },
    cv=3,
    n_jobs=2,
).fit(X_train, y_train)

# %%
# Accuracy in cross-validation, by the number of components.

results = search.cv_results_
accuracies = {"PCA": {}, "DenoisingAE": {}}
for params, accuracy in zip(results["params"], results["mean_test_score"], strict=True):
    name = type(params["ae"]).__name__
    accuracies[name][params["ae__n_components"]] = accuracy
    print(f"{name:<12} {params['ae__n_components']:>3} {accuracy:.4f}")
print("on rows of their own:", round(search.score(X_test, y_test), 4))

# %%
# Two components make a map: codes of rows that were not seen.

figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for name, by_width in accuracies.items():
    axes[0].plot(list(by_width), list(by_width.values()), marker="o", label=name)
axes[0].set(xlabel="n_components", ylabel="Accuracy", xticks=[4, 8, 16])
axes[0].legend()
two = DenoisingAE(2, max_epochs=40, random_state=0).fit(X_train)
LatentDisplay.from_estimator(two, X_test, y_test, ax=axes[1])
axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5), title="digit")
plt.show()
