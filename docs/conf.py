"""Sphinx configuration: ``python -m sphinx -W --keep-going docs docs/_build``."""

import os
import re
import sys
from importlib import import_module
from pathlib import Path

import matplotlib

os.environ.setdefault("OMP_NUM_THREADS", "1")
matplotlib.use("Agg")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "examples"))  # where they find their data

import sklearn_ae  # noqa: E402

project = "sklearn_ae"
author = "the developers of sklearn_ae"
release = sklearn_ae.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "_templates", "**/GALLERY_HEADER.rst"]
templates_path = ["_templates"]
default_role = "autolink"
suppress_warnings = ["config.cache"]

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn_ae {release}"
html_theme_options = {
    "header_links_before_dropdown": 5,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"index": []}
html_show_sourcelink = False

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"_digits\.py",
    "nested_sections": False,
    "thumbnail_size": (480, 320),
    "min_reported_time": 1,
    "show_memory": False,
    "doc_module": ("sklearn_ae",),
    "reference_url": {"sklearn_ae": None},
    "backreferences_dir": "auto_examples/backreferences",
    "remove_config_comments": True,
    # Where there are more, memory gets scarce before time does.
    "parallel": min(4, os.cpu_count() or 1),
}

#: Modules of the reference, and what stands above their names there.
MODULES = {
    "sklearn_ae": "Autoencoders, and estimators made of them",
    "sklearn_ae.networks": "Networks",
    "sklearn_ae.priors": "Priors",
    "sklearn_ae.display": "Displays",
    "sklearn_ae.core": "For variants of your own",
}


def write_reference():
    """List all public names, so that autosummary writes a page for each."""
    lines = ["API reference", "=" * 13, ""]
    for name, title in MODULES.items():
        module = import_module(name)
        own = [one for one in module.__all__ if is_own(getattr(module, one))]
        lines += [title, "-" * len(title), "", f".. currentmodule:: {name}", ""]
        lines += [".. autosummary::", "   :toctree: .", ""]
        lines += [f"   {one}" for one in sorted(own, key=str.lower)] + [""]
    folder = HERE / "api"
    folder.mkdir(exist_ok=True)
    (folder / "index.rst").write_text("\n".join(lines))


def is_own(obj):
    """Whether this package documents something, not scikit-learn."""
    return obj.__module__.startswith("sklearn_ae")


#: Code, which stays as it is, or a name that ends in an underscore: no link of RST's.
CODE_OR_NAME = re.compile(r"(`[^`]+`)|\*?\b\w+_(?=[\s,.;:)]|$)")


def as_rst(app, what, name, obj, options, lines):
    """Escape names that end in an underscore; spell out scikit-learn's references."""

    def escaped(match):
        if match[1]:
            return match[0]
        return match[0].replace("*", r"\*").removesuffix("_") + r"\_"

    for i, line in enumerate(lines):
        line = re.sub(r":ref:`([^`<]*?)\s*(<[^`]*>)?`", r"*\1*", line)
        if not line.lstrip().startswith((">>>", "...", "..")):
            line = CODE_OR_NAME.sub(escaped, line)
        lines[i] = line


def setup(app):
    """Connect the above, behind numpydoc."""
    write_reference()
    app.connect("autodoc-process-docstring", as_rst, priority=900)
