"""What type checkers say of code that uses the library, and of the oldest Python."""

import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[1]

#: A line ends with the error that it is to have; all others are to have none.
CODE = """\
from numbers import Real
import sklearn_ae
from sklearn_ae import AE, VAE, AEClassifier, DenoisingAE, networks
from sklearn_ae.core import BaseAutoencoder, Interval, estimator, param

AE()
ae: AE = sklearn_ae.AE(3, lr=1e-3)
AE(n_components=0.9, hidden_layer_sizes=(8,), optimizer="sgd")
DenoisingAE(8, network=networks.Conv(channels=4), noise="swap")
AEClassifier(VAE(2, beta=2.0), class_weight="balanced")
networks.Dense((8, 4), activation="relu")
AE(lr="fast")  # [arg-type]
AE(3, skip=1)  # [arg-type]
sklearn_ae.PCA  # [attr-defined]

@estimator
class OwnAE(BaseAutoencoder):
    strength: float = param(
        Interval(Real, 0, None, closed="left"), default=0.01, doc="float\\nA weight."
    )

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


def test_the_oldest_python_has_what_is_imported(said):
    missing = re.compile(r'sklearn_ae.*error: (Module "|Cannot find implementation)')
    assert [line for line in said if missing.search(line)] == []
