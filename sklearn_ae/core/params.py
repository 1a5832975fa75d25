"""Hyperparameters declared once: default, constraint and documentation in one line.

This is the only module that imports from scikit-learn's private modules.
"""

import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from sklearn.base import _fit_context
from sklearn.utils._param_validation import HasMethods as _HasMethods
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

from .types import F

if sys.version_info >= (3, 11):
    from typing import dataclass_transform
else:
    from typing_extensions import dataclass_transform

__all__ = [
    "HasMethods",
    "Interval",
    "RealNotInt",
    "StrOptions",
    "check_feature_names_in",
    "check_sample_weight",
    "estimator",
    "knobs",
    "param",
    "shared_param",
    "validates_params",
]

T = TypeVar("T")

# Estimators inside of others check their own.
validates_params: Callable[[F], F] = _fit_context(prefer_skip_nested_validation=False)


class HasMethods(_HasMethods):
    """Objects with some methods; a class that has them does not count."""

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is such an object."""
        return not isinstance(val, type) and super().is_satisfied_by(val)


def param(*constraints: Any, default: Any, doc: str, kw_only: bool = True) -> Any:
    """
    Declare a hyperparameter.

    Parameters
    ----------
    *constraints : object
        What it may be, each as in scikit-learn's ``_parameter_constraints``; one of
        them has to hold.
    default : object
        Its default; immutable, a class or a callable.
    doc : str
        Its documentation in numpydoc form: the type on the first line, the text on
        those that follow. ``, default=...`` is appended to the first.
    kw_only : bool, default=True
        Whether it may be given by its name only.

    Returns
    -------
    dataclasses.Field
        To be annotated in the body of a class decorated with `estimator`.

    Raises
    ------
    TypeError
        If there is no constraint, or the default can change.
    """
    if not constraints:
        raise TypeError(
            "param(...) begins with what the hyperparameter may be: a type, None,"
            " 'boolean', Interval(...), StrOptions(...). `object` allows everything."
        )
    require_unchangeable(default)
    kind, _, text = inspect.cleandoc(doc).partition("\n")
    metadata = {"constraints": list(constraints), "kind": kind, "text": text}
    return field(default=default, metadata=metadata, kw_only=kw_only)


def shared_param(cls: type, name: str, **changed: Any) -> Any:
    """
    Declare a hyperparameter that another class has declared already.

    Parameters
    ----------
    cls : type
        That class, such as the one that is derived from.
    name : str
        Name of the hyperparameter.
    **changed : object
        Another ``default``; ``kw_only=False`` for what may be given by its place, as
        ``n_components``.

    Returns
    -------
    dataclasses.Field
        A new field with the same constraints and documentation, and the same default
        unless another is given.

    Raises
    ------
    TypeError
        If there is no such hyperparameter, or the default can change.
    """
    declared = {f.name: f for f in _declared(cls)}
    if name not in declared:
        raise TypeError(
            f"{cls.__name__} has no hyperparameter {name!r}, but {sorted(declared)}."
        )
    original = declared[name]
    changed = {"default": original.default} | changed
    require_unchangeable(changed["default"])
    return field(**changed, metadata=original.metadata)


def require_unchangeable(default: Any) -> None:
    """Raise TypeError for a default that could change for all estimators at once."""
    is_estimator = hasattr(default, "set_params") and not isinstance(default, type)
    if is_estimator or type(default).__hash__ is None:
        raise TypeError(
            f"default={default!r} could change for all estimators at once. Take a"
            " tuple, or None for what is made in a fit."
        )


# Type checkers read a `param` by its keywords, a `shared_param` as a plain default.
@dataclass_transform(kw_only_default=True, field_specifiers=(param,))
def estimator(cls: type[T]) -> type[T]:
    """
    Turn a class that declares its hyperparameters with `param` into an estimator.

    The class gets the constructor that scikit-learn expects, its
    ``_parameter_constraints``, and the sections "Parameters" and "Attributes" in its
    docstring: its own hyperparameters first, those that it inherits behind them. What
    fitted attributes it adds is written in a string, ``_attribute_docs``.

    Parameters
    ----------
    cls : type
        A subclass of ``sklearn.base.BaseEstimator``.

    Returns
    -------
    type
        The same class.
    """
    written = inspect.cleandoc(cls.__doc__ or "")
    inherited = {f.name for base in cls.__mro__[1:] for f in _declared(base)}
    annotated = inspect.get_annotations(cls)
    if shadowed := inherited & vars(cls).keys() - annotated.keys():
        name = min(shadowed)
        raise TypeError(
            f"{cls.__name__}.{name} is a hyperparameter of a base class. Its default is"
            f" changed by {name}: ... = shared_param(..., {name!r}, default=...)."
        )
    # repr and eq stay scikit-learn's own.
    cls = dataclass(kw_only=True, eq=False, repr=False)(cls)
    for f in _declared(cls):
        if "constraints" not in f.metadata:
            raise TypeError(
                f"{cls.__name__}.{f.name} is annotated, but not declared by param(...)."
                " What is no hyperparameter has no annotation, or ClassVar."
            )
    cls._parameter_constraints = {
        f.name: f.metadata["constraints"] for f in _declared(cls)
    }
    # n_components stands first, as in PCA; then what the variant adds to the others.
    declared = sorted(
        _declared(cls), key=lambda f: (f.name != "n_components", f.name in inherited)
    )
    sections = _section("Parameters", [_entry(f) for f in declared])
    attributes = [
        textwrap.dedent(vars(base)["_attribute_docs"]).strip("\n")
        for base in reversed(cls.__mro__)
        if "_attribute_docs" in vars(base)
    ]
    if attributes:
        sections += _section("Attributes", attributes)
    cls.__doc__ = _insert(written, sections)
    return cls


def _declared(cls: type) -> list:
    return list(fields(cls)) if is_dataclass(cls) else []


def _entry(f: Any) -> str:
    default = getattr(f.default, "__name__", None) or repr(f.default)
    head = f"{f.name} : {f.metadata['kind']}, default={default}"
    return head + "\n" + textwrap.indent(f.metadata["text"], "    ")


def _section(title: str, entries: list[str]) -> str:
    return "\n".join([title, "-" * len(title), *entries, "", ""])


def _insert(doc: str, sections: str) -> str:
    """Put the sections where numpydoc wants them: before the first written one."""
    first = re.search(r"^(\w[\w ]*)\n-{3,}$", doc, flags=re.MULTILINE)
    cut = first.start() if first else len(doc)
    return doc[:cut].rstrip() + "\n\n" + sections + doc[cut:]


def knobs(instance: Any, name: str) -> dict[str, Any]:
    """
    Give the hyperparameters that a function asks for by its keyword-only arguments.

    Parameters
    ----------
    instance : estimator
        Whose attributes they are.
    name : str
        Of the function, a static method of the estimator.

    Returns
    -------
    dict
        Values by name.

    Raises
    ------
    TypeError
        If the function takes other arguments than three and hyperparameters.
    """
    signature = inspect.signature(getattr(type(instance), name))
    parameters = signature.parameters.values()
    wanted = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    name = f"{type(instance).__name__}.{name}"
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if len(parameters) - len(wanted) != 3 and not takes_any:
        raise TypeError(
            f"{name} must be a static method of three arguments, with hyperparameters"
            f" behind a '*'. Got {name}{signature} instead."
        )
    values = {w: getattr(instance, w) for w in wanted if hasattr(instance, w)}
    # Undecorated, a class has the declarations in place of values.
    known = {w for w, value in values.items() if not isinstance(value, Field)}
    if unknown := sorted({*wanted} - known):
        raise TypeError(
            f"{name} asks for {unknown}, which {type(instance).__name__} does not have."
            " Hyperparameters are declared by param(...) in a class that is decorated"
            " with @estimator."
        )
    return values
