"""What type checkers say of code that uses the library, and of the oldest Python."""

import inspect
import re
from pathlib import Path

import pytest
from mypy import api

from .conftest import CLASSES, own_methods

ROOT = Path(__file__).parents[1]

#: A line ends with the error that it is to have; all others are to have none.
CODE = """\
from numbers import Real
import numpy as np
import polars
import torch
from typing_extensions import assert_type
import sklearn_ae
from sklearn_ae import AE, VAE, AEClassifier, DenoisingAE, networks
from sklearn_ae.core import BaseAutoencoder, Batch, Interval, Network
from sklearn_ae.core import estimator, param
from sklearn_ae.display import LatentDisplay

AE()
ae: AE = sklearn_ae.AE(3, lr=1e-3)
AE(n_components=0.9, hidden_layer_sizes=(8,), optimizer="sgd")
DenoisingAE(8, network=networks.Conv(channels=4), noise="swap")
AEClassifier(VAE(2, beta=2.0), class_weight="balanced")
networks.Dense((8, 4), activation="relu")
AE(lr="fast")  # [arg-type]
AE(3, skip=1)  # [arg-type]
sklearn_ae.PCA  # [attr-defined]

X = np.zeros((3, 2))
assert_type(ae.fit(X, ["a", "b", "a"]), AE)
assert_type(ae.partial_fit(polars.DataFrame({"a": [1.0]})), AE)
codes: np.ndarray = VAE(2).fit([[1.0]]).transform(X)
mean, std = VAE(2).fit(X, target=X).posterior(X)
assert_type(ae.score(X), float)
ae.network_.encode(torch.zeros(3, 2)).mean()
proba: np.ndarray = AEClassifier().fit(X, [0, 1, 0]).predict_proba(X)
assert_type(LatentDisplay.from_estimator(ae, X), LatentDisplay)
ae.fit()  # [call-arg]
ae.sample("many")  # [arg-type]
ae.score(X).shape  # [attr-defined]

@estimator
class OwnAE(BaseAutoencoder):
    strength: float = param(
        Interval(Real, 0, None, closed="left"), default=0.01, doc="float\\nA weight."
    )

    @staticmethod
    def objective(
        network: Network, batch: Batch, generator: torch.Generator, *, strength: float
    ) -> torch.Tensor:
        code = network.encode(batch.input)
        return batch.error(network.decode(code)) + strength * code.abs().mean()

OwnAE(2, strength=0.1, max_epochs=3).fit_transform([[1.0]])
OwnAE(strength="a lot")  # [arg-type]
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Run mypy on that code and on the package, as for the oldest Python."""
    metadata = (ROOT / "pyproject.toml").read_text()
    oldest = re.search(r'requires-python = ">=([\d.]+)"', metadata)[1]
    folder = tmp_path_factory.mktemp("typing")
    code = folder / "user_code.py"
    code.write_text(CODE)
    options = f"--python-version={oldest} --cache-dir={folder} --ignore-missing-imports"
    out, err, _ = api.run([*options.split(), str(code), str(ROOT / "sklearn_ae")])
    assert not err
    return out.splitlines()


def test_users_code_has_the_errors_that_it_should_have(said):
    errors = {
        int(number): kind
        for number, kind in re.findall(
            r"user_code\.py:(\d+): error: .* (\[[\w-]+\])$", "\n".join(said), re.M
        )
    }
    assert errors == {
        number: line.split("  # ")[1]
        for number, line in enumerate(CODE.splitlines(), start=1)
        if "  # " in line
    }


@pytest.mark.parametrize("cls", CLASSES)
def test_public_methods_are_annotated(cls):
    for name in own_methods(cls):
        signature = inspect.signature(getattr(cls, name))
        first, *others = signature.parameters.values()
        given = [first, *others] if first.name != "self" else others
        assert signature.return_annotation is not signature.empty, name
        assert [p.name for p in given if p.annotation is p.empty] == [], name


def test_the_oldest_python_has_what_is_imported(said):
    missing = re.compile(r'sklearn_ae.*error: (Module "|Cannot find implementation)')
    assert [line for line in said if missing.search(line)] == []
