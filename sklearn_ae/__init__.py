"""Autoencoders as scikit-learn transformers."""

from importlib import import_module

__version__ = "0.1.0"

# Where each estimator lives. It is read when it is first asked for, so that a program
# and each of its workers start with what they use. Type checkers read __init__.pyi.
_MODULES = {
    "AE": "variants.plain",
    "DIPVAE": "variants.dipvae",
    "IWAE": "variants.iwae",
    "RBM": "variants.rbm",
    "VAE": "variants.vae",
    "VQVAE": "variants.quantized",
    "AEClassifier": "meta.supervised",
    "AEImputer": "meta.imputer",
    "AEOutlierDetector": "meta.outliers",
    "AERegressor": "meta.supervised",
    "AdversarialAE": "variants.adversarial",
    "BetaTCVAE": "variants.betatcvae",
    "ContractiveAE": "variants.contractive",
    "ConvAE": "variants.convolutional",
    "DenoisingAE": "variants.denoising",
    "FactorVAE": "variants.factorvae",
    "InfoVAE": "variants.infovae",
    "RecurrentAE": "variants.recurrent",
    "RegularizedAE": "variants.regularized",
    "SparseAE": "variants.sparse",
    "StackedAE": "meta.stacked",
    "TopKAE": "variants.topk",
    "WassersteinAE": "variants.wasserstein",
}
_SUBMODULES = ["core", "display", "meta", "networks", "priors", "variants"]

__all__ = list(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
    if name in _SUBMODULES:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_MODULES, *_SUBMODULES})
