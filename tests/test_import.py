"""The import is light, and each dependency has its place."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_ae

PACKAGE = Path(sklearn_ae.__file__).parent
STUB = (PACKAGE / "__init__.pyi").read_text()
SOURCES = sorted(PACKAGE.rglob("*.py"))
SUBMODULES = {"core", "display", "meta", "networks", "priors", "variants"}
#: The dependencies, and what scikit-learn and torch stand on themselves.
ALLOWED = {"numpy", "sklearn", "torch", "skorch", "scipy", "typing_extensions"}


def run(script):
    """Run a script in a process of its own."""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=PACKAGE.parent)


def imported_by(path):
    """List the modules that a source imports from outside of the package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def sources_that_import(prefix):
    return [
        path.relative_to(PACKAGE).as_posix()
        for path in SOURCES
        if any(name.split(".")[0] == prefix for name in imported_by(path))
    ]


def test_import_leaves_out():
    base = "import numpy, torch, skorch, sklearn.base"
    unwanted = {"matplotlib", "pandas", "polars", "torch._dynamo", "torchvision"}
    unwanted |= {"IPython", "sklearn.impute", "sklearn.mixture", "sklearn.neighbors"}
    run(
        f"import sys; {base}; before = set(sys.modules);"
        "from sklearn_ae import *; import sklearn_ae.display;"
        "read = set(sys.modules) - before;"
        f"assert not read & {unwanted}, read & {unwanted}"
    )


def test_import_reads_what_is_asked_for():
    run(
        "import sys, sklearn_ae;"
        "assert 'torch' not in sys.modules;"
        "sklearn_ae.AE;"
        "assert 'sklearn_ae.variants.plain' in sys.modules;"
        "assert 'sklearn_ae.variants.vae' not in sys.modules"
    )


def test_skorch_is_known_to_the_training_alone():
    places = sorted(sources_that_import("skorch"))
    assert places == ["core/training/callbacks.py", "core/training/net.py"]


def test_private_modules_of_scikit_learn_are_known_to_one_module():
    private = {
        path.relative_to(PACKAGE).as_posix()
        for path in SOURCES
        for name in imported_by(path)
        if name.startswith("sklearn.") and "._" in name
    }
    assert private == {"core/params.py"}


def test_networks_and_corruptions_do_not_know_the_estimators():
    for path in [*PACKAGE.glob("networks/*.py"), PACKAGE / "variants/corruption.py"]:
        text = path.read_text()
        assert "core.base" not in text
        assert "core.training" not in text
        modules = re.findall(r"from \.\.core\.(\S+) import", text)
        known = {"cudnn", "gaussian", "params", "products", "scaling"}
        known |= {"signatures", "types", "warn"}
        assert set(modules) <= known


def test_the_core_names_no_variant():
    for path in PACKAGE.glob("core/**/*.py"):
        assert "variants" not in path.read_text()


def test_nothing_else_is_needed_at_run_time():
    roots = {name.split(".")[0] for path in SOURCES for name in imported_by(path)}
    assert roots <= ALLOWED | {"matplotlib"} | set(sys.stdlib_module_names)


def test_matplotlib_is_for_pictures():
    drawing = sources_that_import("matplotlib")
    assert drawing
    assert all(path.startswith("display/") for path in drawing)


def test_types_are_shipped():
    assert (PACKAGE / "py.typed").is_file()


def test_public_names():
    assert set(sklearn_ae.__all__) <= set(dir(sklearn_ae))
    assert sklearn_ae.__version__


@pytest.mark.parametrize("name", sklearn_ae.__all__)
def test_estimators_are_where_type_checkers_look_for_them(name):
    module = getattr(sklearn_ae, name).__module__.removeprefix("sklearn_ae")
    assert f"from {module} import {name} as {name}\n" in STUB


def test_type_checkers_see_no_other_names():
    seen = {line.split()[-1] for line in STUB.splitlines() if "import" in line}
    assert seen == {*sklearn_ae.__all__, *SUBMODULES}


def test_submodules_are_at_hand():
    assert set(dir(sklearn_ae)) >= SUBMODULES
    run(f"import sklearn_ae; [getattr(sklearn_ae, name) for name in {SUBMODULES}]")


def test_unknown_names_are_no_attributes():
    with pytest.raises(AttributeError, match="has no attribute 'PCA'"):
        sklearn_ae.PCA  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'PCA'"):
        from sklearn_ae import PCA  # noqa: F401
