"""Every public docstring is complete, by numpydoc's own validation."""

import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate

import sklearn_ae

from .conftest import AUTOENCODERS, CLASSES, fast, own_methods

#: Codes of numpydoc that do not apply, and why.
IGNORED = {
    "ES01": "a summary often says it all",
    "GL01": "ruff decides where the summary starts",
    "GL02": "composed docstrings have no closing quotes of their own",
    "PR03": "a variant documents its own parameters before the shared ones",
    "RT02": "fit returns `self : object`, as in scikit-learn",
    "SA01": "classes have See Also, methods need none",
    "EX01": "classes have examples, methods need none",
    "SA04": "the linked object's own summary describes it",
}


OBJECTS = [f"{cls.__module__}.{cls.__name__}" for cls in CLASSES]
METHODS = [
    f"{cls.__module__}.{cls.__name__}.{name}"
    for cls in CLASSES
    for name in own_methods(cls)
    if name not in ("objective", "equip")  # documented once, in the base class
]


@pytest.mark.parametrize("name", OBJECTS + METHODS)
def test_numpydoc_finds_nothing_missing(name):
    errors = [
        f"{code}: {message}"
        for code, message in validate(name)["errors"]
        if code not in IGNORED
    ]
    assert errors == []


@pytest.mark.parametrize("cls", CLASSES)
def test_classes_have_examples_that_are_run(cls):
    assert ">>> " in cls.__doc__
    assert "See Also" in cls.__doc__


@pytest.mark.parametrize("cls", AUTOENCODERS)
def test_estimators_name_their_source(cls):
    assert "References\n----------\n.. [1]" in cls.__doc__


@pytest.mark.parametrize("cls", AUTOENCODERS)
def test_fitted_attributes_are_documented(cls, rows):
    estimator = fast(cls, 2).fit(rows)
    attributes = {
        attribute
        for attribute in dir(estimator)
        if attribute.endswith("_") and not attribute.startswith("_")
    }
    for attribute in attributes:
        assert cls.__doc__.count(f"\n{attribute} : ") == 1


@pytest.mark.parametrize("cls", CLASSES)
def test_what_numpydoc_reads_as_an_attribute_is_one(cls):
    for name, kind, description in ClassDoc(cls)["Attributes"]:
        assert name.isidentifier()
        # Properties are listed without; their own docstrings have it.
        assert description or not kind


def test_public_methods_are_those_of_the_design():
    expected = {
        "fit",
        "partial_fit",
        "transform",
        "inverse_transform",
        "reconstruct",
        "score",
        "score_samples",
        "sample",
        "objective",
        "equip",
    }
    for cls in AUTOENCODERS:
        assert set(own_methods(cls)) >= expected
    assert set(own_methods(sklearn_ae.AE)) == expected
