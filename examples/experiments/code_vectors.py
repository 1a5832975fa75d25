"""
How many code vectors rebuild how much
======================================

``VQVAE`` with groups of several widths on scikit-learn's digits, 16 components. The
share of the variance of 397 held-out digits that the reconstruction explains.

``python examples/experiments/code_vectors.py``
"""

from math import ceil, log2

from sklearn.datasets import load_digits

from sklearn_ae import AE, VQVAE

WIDTH = 16
#: Width of a group, and number of its code vectors.
ARMS = [(1, 16), (2, 64), (4, 256), (2, 16), (16, 64)]


def main():
    """Train the arms and print what became of them."""
    X = load_digits().data
    train, test = X[:1400], X[1400:]
    score = AE(WIDTH, random_state=0).fit(train).score(test)
    print("arm | bits a row | score | least perplexity")
    print(f"AE | {32 * WIDTH} | {score:.3f} |")
    for code_dim, n_codes in ARMS:
        ae = VQVAE(WIDTH, code_dim=code_dim, n_codes=n_codes, random_state=0).fit(train)
        cells = (
            f"VQVAE(code_dim={code_dim}, n_codes={n_codes})",
            f"{ceil(WIDTH / code_dim) * log2(n_codes):.0f}",
            f"{ae.score(test):.3f}",
            f"{ae.perplexity_.min():.0f}",
        )
        print(*cells, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
