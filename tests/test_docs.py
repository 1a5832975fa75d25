"""The documentation names everything, its links lead somewhere, its code is run."""

import ast
import re
from pathlib import Path

import pytest

import sklearn_ae
from sklearn_ae import display, networks, priors
from sklearn_ae.core import BaseAutoencoder

ROOT = Path(sklearn_ae.__file__).parent.parent
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
PAGES += (ROOT / "docs/guide").glob("*.md")
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))
PUBLIC = [name for m in (sklearn_ae, networks, priors, display) for name in m.__all__]

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="the documentation is not installed"
)


def relative(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_code_blocks_are_doctests(page):
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S)
    assert all(block.startswith(">>> ") for block in blocks)
    assert all(block.endswith("\n\n") for block in blocks)  # or the fence is output


def test_the_page_of_ones_own_variants_names_what_there_is():
    page = (ROOT / "docs/own_variant.md").read_text()
    named = set(re.findall(r"`(_\w+)", page))
    assert "_report" in named
    assert {name for name in named if not hasattr(BaseAutoencoder, name)} == set()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page):
    text = page.read_text()
    links = re.findall(r"\]\(([^):#]+)\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    pictures = re.findall(r"sphx_glr_(\w+)_thumb", text)
    names = {example.stem for example in EXAMPLES}
    assert set(pictures) <= names


def test_the_readme_links_every_page():
    linked = set(re.findall(r"\]\((docs/[^):#]+)\)", (ROOT / "README.md").read_text()))
    pages = {relative(page) for page in (ROOT / "docs").glob("*.md")}
    assert linked == pages - {"docs/index.md", "docs/changes.md"} | {
        "docs/guide/index.md"
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_the_user_guide_names_everything(name):
    guide = [page for page in PAGES if page.name != "README.md"]
    assert any(re.search(rf"\b{name}\b", page.read_text()) for page in guide)


@pytest.mark.parametrize("example", EXAMPLES, ids=relative)
def test_examples_have_the_gallerys_form(example):
    source = example.read_text()
    title, rule, *_ = ast.get_docstring(ast.parse(source)).splitlines()
    assert set(rule) == {"="}
    assert len(rule) >= len(title)
    assert "\n# %%\n" in source
    assert "plt.show()" in source
