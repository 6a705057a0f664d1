"""Any classifier with the interface of scikit-learn, by the import path that a recipe names.

A recipe by itself must not run just any code, so the path has to lead into an installed package that is scikit-learn or
says that it builds on it, and to a class of classifiers there.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import packages_distributions, requires
from typing import Any

from sklearn.base import BaseEstimator, ClassifierMixin

from baselines.errors import InputError, one_line
from baselines.signatures import nearest

LIBRARY = "scikit-learn"
OURS = ("baselines", "features", "cli")
EXAMPLE = "sklearn.ensemble:ExtraTreesClassifier"
# parameters that are said elsewhere
ELSEWHERE = {
    "random_state": "the seed of the run sets it",
    "n_jobs": "folds run in parallel instead, on --jobs workers",
    "class_weight": "say it in steps.class_weights",
}


def estimator(seed, path: str, parameters: Mapping[str, Any] | None = None):
    """Return any scikit-learn classifier on one thread.

    path: "package.module:Class", of an installed package that is scikit-learn or requires it. parameters: those of the
    class, without `random_state`, which is the seed, `n_jobs`, which is 1, and `class_weight`. Raises `InputError` that
    begins with "path" or "parameters".
    """
    kind, chosen = _class_at(path), dict(parameters or {})
    try:
        known = kind().get_params(deep=False)
    except TypeError as error:
        raise InputError(f"path: {path} takes what no recipe can hold ({error}); choose another") from None
    for name in chosen:
        if name in ELSEWHERE:
            raise InputError(f"parameters.{name}: {ELSEWHERE[name]}; leave it out")
        if name not in known:
            raise InputError(f"parameters.{name}: {kind.__name__} has no such parameter; {nearest(name, known)}")
    given = {"random_state": seed, "n_jobs": 1}
    made = kind(**chosen, **{name: value for name, value in given.items() if name in known})
    _check(made, path)
    return made


def _check(made, path):
    """Raise `InputError` for a value that does not suit, and for a classifier that gives no score of each class."""
    if hasattr(made, "_parameter_constraints"):  # scikit-learn's own and those that do as it does
        try:
            made._validate_params()
        except ValueError as error:
            raise InputError(f"parameters: {' '.join(str(error).split())}") from None
    if not hasattr(made, "decision_function") and not hasattr(made, "predict_proba"):
        raise InputError(f"path: {path} tells no score of each class, only the class; choose another")
    if made.get_params(deep=False).get("decision_function_shape") == "ovo":
        raise InputError("parameters.decision_function_shape: 'ovo' gives no score of each class; leave it out")


def _class_at(path):
    """Return the class of classifiers that a path leads to, once it may be imported."""
    module, _, name = path.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):
        raise InputError(f"path: {path!r} does not suit; expected package.module:Class, such as {EXAMPLE}")
    top = module.partition(".")[0]
    if top in OURS or not _builds_on_library(top):
        raise InputError(
            f"path: {path!r}: {top} belongs to no installed package that is {LIBRARY} or requires it; install one, or "
            "register a classifier of your own as a part"
        )
    try:
        found = import_module(module)
    except Exception as error:
        raise InputError(f"path: {module} cannot be imported ({one_line(error)}); correct it") from None
    if not _is_classifier(getattr(found, name, None)):
        others = [other for other in dir(found) if _is_classifier(getattr(found, other, None))]
        raise InputError(f"path: {module} has no class of classifiers {name!r}; {nearest(name, others)}")
    return getattr(found, name)


def _is_classifier(found):
    return isinstance(found, type) and issubclass(found, ClassifierMixin) and issubclass(found, BaseEstimator)


@lru_cache
def _builds_on_library(top):
    """Tell whether a top-level package comes from the library, or from a package that names it as a requirement."""
    for package in packages_distributions().get(top, ()):
        names = [package, *(re.match(r"[\w.-]+", text)[0] for text in requires(package) or ())]
        if LIBRARY in (re.sub(r"[-_.]+", "-", name).lower() for name in names):
            return True
    return False
