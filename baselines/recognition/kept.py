"""What a model file may hold, checked before anything is built of it and before it is asked.

A seal tells damage, not malice: whoever can write a file can seal it. So a file is built of such nodes alone as models
have (`check_schema`), and what was fitted must be what its recipe builds, with arrays that fit each other. Everything
raises `ValueError`, whose message begins with the place.
"""

import math

import numpy as np

from baselines.action_units import NAMES
from baselines.datasets.classes import COARSE_CLASSES, ClassSet, coarse
from baselines.parts import build_part
from baselines.recipes import Recipe
from baselines.recipes.check import check_keys, check_steps
from baselines.recognition.pipeline import Features, KernelMean, build
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.recognizer import check_steps as check_together
from baselines.recognition.transforms import Flatten, build_transforms
from baselines.recognition.trees import MOST_LEVELS, check_trees

# of skops; a model has no others
NODES = {"DictNode", "ListNode", "TupleNode", "JsonNode", "ObjectNode", "NdArrayNode", "TypeNode", "LossNode"}
SMALL = 10_000  # the most values of an array that nothing here knows
MOST_CHOICES = 1000
MOST_CUT = 2**27  # values of all windows of a kernel, 1 GB

# {class: {what was fitted: what it is}}. An array is told by its kind and the length of each axis, where alike letters
# are alike lengths: c classes, n training clips, d values of a row. "count" is a whole number that is such a length.
_ROWS = {"n_features_in_": "count d"}
_ON_KERNEL = {"classes_": "int c", "dual_": "float n c", "intercept_": "float c"}
_LINEAR = _ROWS | {"classes_": "label c", "coef_": "float b d", "intercept_": "float b"}
_MACHINE = {  # read by libsvm, which looks at no length
    "classes_": "label c", "_n_support": "int32 c", "support_": "int32 s", "support_vectors_": "float64 v w",
    "_dual_coef_": "float64 b s", "dual_coef_": "float64 b s", "_intercept_": "float64 p", "intercept_": "float64 p",
    "_probA": "float64 z", "_probB": "float64 z", "_sparse": "false",
}  # fmt: skip
FITTED = {
    "StandardScaler": _ROWS | dict.fromkeys(("mean_", "var_", "scale_"), "float d"),
    "MinMaxScaler": _ROWS | dict.fromkeys(("min_", "scale_", "data_min_", "data_max_", "data_range_"), "float d"),
    "Pca": _ROWS | {"mean_": "float d", "components_": "float e d", "explained_variance_": "float e"},
    "KernelRidge": _ON_KERNEL,
    "KernelLogistic": _ON_KERNEL,
    "SVC": _MACHINE,
    "NuSVC": _MACHINE,
    "LinearDiscriminantAnalysis": _LINEAR | {"means_": "float c d", "xbar_": "float d", "scalings_": "float d m"},
    "LogisticRegression": _LINEAR,
    "DummyClassifier": {"classes_": "label c", "class_prior_": "float c", "n_classes_": "count c", "n_outputs_": "one"},
    "NearestNeighbours": {"classes_": "int c", "codes_": "int n", "rows_": "float n d"},
    "Forest": {"classes_": "int c"},
    "Boosted": {"classes_": "int c"},
    "View": {"rows_": "int n", "gammas_": "float w"},
    "Recognizer": {"classes_": "label c"},
    "ClipAnalyst": {"emotion_basis_": "float n r", "unit_basis_": "float n u"},
}
KINDS = {"float": "f", "float64": "f", "int": "iu", "int32": "i", "label": "biuU"}
OTHERS = {  # what is looked at by itself
    "Forest": {"trees_"},
    "Boosted": {"trees_", "n_features_in_", "_booster"},
    "View": {"seen_", "fitted_"},
    "Recognizer": {"pipeline_", "classifier_"},
    "ClipAnalyst": {"emotion_kernels_", "unit_kernels_", "coarse_", "fine_", "units_", "side_", "side_basis_",
                    "unit_shares_"},
}  # fmt: skip


def check_schema(schema):
    """Raise `ValueError` for nodes of skops that no model has, and for a node that stands for another.

    Where a thing stands twice it is written twice, so that a short file cannot stand for a thing without end.
    """
    things, owners, waiting = {}, {}, [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            if "__loader__" in value or "__id__" in value:
                if value.get("__loader__") not in NODES:
                    raise ValueError(f"holds a node {value.get('__loader__')}, which no model has")
                number = value.get("__id__")
                if type(number) is not int or not _alike(things.setdefault(number, value), value):
                    raise ValueError("holds two things under one number")
                if "file" in value and owners.setdefault(str(value["file"]), number) != number:
                    raise ValueError("holds an array in two places")
            waiting += value.values()


def _alike(node, other):
    return node is other or _unnumbered(node) == _unnumbered(other)


def _unnumbered(value):
    """Return a node without the numbers, of which those of a passing list differ wherever a thing is written."""
    if isinstance(value, dict):
        return {name: _unnumbered(one) for name, one in value.items() if name != "__id__"}
    return [_unnumbered(one) for one in value] if isinstance(value, list) else value


def plain(value, place):
    """Return a copy of what JSON can hold: tables by texts, lists, texts, finite numbers, true, false and null."""
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: plain(one, f"{place}.{key}") for key, one in value.items()}
    if isinstance(value, list | tuple) and len(value) <= SMALL:
        return [plain(one, place) for one in value]
    if value is None or type(value) in (bool, str, int) or (type(value) is float and math.isfinite(value)):
        return value
    raise ValueError(f"{place}: holds {type(value).__name__}; expected plain values")


def checked_recipe(facts):
    """Return the recognition `Recipe` of which `to_dict` gave the facts, once it is as right as one from a file."""
    facts = plain(facts, "recipe")
    kinds = {"name": str, "learns_from": str, "base": str, "varied": dict}
    told = {name: value for name, value in facts.items() if name not in kinds}
    check_keys(told)
    if told["task"] != "recognition" or any(type(facts[name]) is not kind for name, kind in kinds.items()):
        raise ValueError("recipe: is none for recognition")
    recipe = Recipe(**facts)
    _check_suit(recipe)
    return recipe


def _check_suit(recipe):
    """Check the steps of a recipe, each and together, unless they offer more alternatives than can be gone through."""
    check_steps("recognition", recipe.steps)
    if math.prod(map(len, recipe.steps.get("choose", {}).values())) > MOST_CHOICES:
        raise ValueError(f"steps.choose: more than {MOST_CHOICES} alternatives")
    check_together(recipe)


def checked_data(data):
    """Return what a model was trained on, once that is plain and its classes, if it tells them, are a `ClassSet`."""
    data = plain(data, "data")
    facts = data.get("classes")
    if facts is not None:
        texts = [facts["name"], facts["source"], *facts["dropped"], *facts["classes"]]
        texts += [word for words in facts["classes"].values() for word in words]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("data.classes: a name that is no text")
        ClassSet.from_dict(facts)
    return data


def check_recognizer(found, recipe):
    """Raise `ValueError` unless this is a fitted `Recognizer` whose steps suit and whose parts are what they build."""
    if type(found) is not Recognizer:
        raise ValueError("recognizer: is none")
    settings = {name: value for name, value in plain(_settings(found), "recognizer").items() if value not in (None, [])}
    if type(settings.pop("seed", None)) is not int:
        raise ValueError("recognizer.seed: is no whole number")
    steps = {"representation": recipe.steps["representation"], **settings}
    _check_suit(Recipe(recipe.name, "recognition", "", "", steps))
    sizes = _check_fitted(found, "recognizer")
    if (np.unique(found.classes_) != found.classes_).any() or not sizes["c"]:
        raise ValueError("recognizer.classes_: not in order")
    if not (type(found.temperature_) is float and found.temperature_ > 0):
        raise ValueError("recognizer.temperature_: is not above 0")
    alternatives = found._alternatives()
    if type(found.chosen_) is not int or not 0 <= found.chosen_ < len(alternatives):
        raise ValueError("recognizer.chosen_: there is no such alternative")
    pipeline, settings = build(**alternatives[found.chosen_])
    sizes |= _check_pipeline(found.pipeline_, pipeline, "recognizer.pipeline_")
    made = build_part("classifier", {"name": "majority"} if sizes["c"] == 1 else settings, found.seed)
    _check_same(found.classifier_, made, "recognizer.classifier_")
    _check_fitted(found.classifier_, "recognizer.classifier_", sizes)
    if getattr(found.classifier_, "classes_", np.arange(sizes["c"])).tolist() != list(range(sizes["c"])):
        raise ValueError("recognizer.classifier_.classes_: other classes than it was given")


def check_analyst(found):
    """Raise `ValueError` unless this is a fitted `baselines.vqa.analyst.ClipAnalyst` that knows the field's words."""
    if _name(found) != "ClipAnalyst":
        raise ValueError("analyst: is none")
    plain(_settings(found), "analyst")
    for name in ("emotion_kernels_", "unit_kernels_"):
        kernels = getattr(found, name, None)
        if type(kernels) is not KernelMean or not isinstance(kernels.views, list) or not kernels.views:
            raise ValueError(f"analyst.{name}: holds no kernels")
        told = [plain(_settings(view), f"analyst.{name}") for view in kernels.views]
        ridge = {"name": "ridge"}
        check_steps("recognition", {"representation": {"name": "nothing"}, "kernels": told, "classifier": ridge})
        _check_pipeline(kernels, build((), told, ridge)[0], f"analyst.{name}")
    clips = {"n": len(found.emotion_kernels_.views[0].rows_)}
    _check_fitted(found, "analyst", clips)
    words = {"coarse_": COARSE_CLASSES.__contains__, "fine_": coarse}
    for name, knows in words.items():
        model = getattr(found, name)
        if model is None and name == "fine_":
            continue
        _check_of_analyst(model, f"analyst.{name}")
        if not all(isinstance(word, str) and knows(word) for word in model.classes_.tolist()):
            raise ValueError(f"analyst.{name}.classes_: words that are none of the field's")
    for number, model in found.units_.items():
        if number not in NAMES:
            raise ValueError("analyst.units_: a number of no action unit")
        _check_of_analyst(model, f"analyst.units_.{number}")
    if found.side_ is not None:
        _check_of_analyst(found.side_, "analyst.side_")
        _check_array(found.side_basis_, "float n q", "analyst.side_basis_", clips)
    told = [found.rate_, 0.0 if found.left_ is None else found.left_]
    for word, shares in found.unit_shares_.items():
        if not isinstance(word, str) or any(number not in NAMES for number in shares):
            raise ValueError("analyst.unit_shares_: a number of no action unit")
        told += shares.values()
    if not all(type(share) is float and 0 <= share <= 1 for share in told):
        raise ValueError("analyst: a share that is not between 0 and 1")


def _check_of_analyst(model, place):
    if _name(model) not in ("LogisticRegression", "DummyClassifier"):
        raise ValueError(f"{place}: is no classifier of its kind")
    plain(_settings(model), place)
    _check_fitted(model, place)


def _name(found):
    """Return the name of a class of ours or of scikit-learn's, "" of any other."""
    kind = type(found)
    return kind.__qualname__ if kind.__module__.partition(".")[0] in ("baselines", "sklearn") else ""


def _settings(found):
    """Return the parameters of an estimator, of those that it has."""
    return {name: vars(found)[name] for name in sorted(type(found)._get_param_names()) if name in vars(found)}


def _check_same(found, made, place):
    """Raise `ValueError` unless one estimator is of the class and parameters of another."""
    if type(found) is not type(made) or repr(_settings(found)) != repr(_settings(made)):
        raise ValueError(f"{place}: is not what the recipe builds")


def _check_pipeline(found, made, place):
    """Check what a classifier is given against the unfitted one that its steps build; return {"n": training clips}."""
    if type(found) is not type(made):
        raise ValueError(f"{place}: is not what the recipe builds")
    if isinstance(made, Features):
        _check_same(found, made, place)
        head, tail = build_transforms(made.transforms)
        _check_steps(found.steps_, [*head, Flatten(), *tail], f"{place}.steps_")
        return {}
    if len(found.views) != len(made.views):
        raise ValueError(f"{place}.views: other kernels than the recipe has")
    sizes = {}
    for number, (view, other) in enumerate(zip(found.views, made.views)):
        _check_view(view, other, f"{place}.views.{number}", sizes)
    return sizes


def _check_view(view, made, place, sizes):
    _check_same(view, made, place)
    _check_fitted(view, place, {"n": sizes.setdefault("n", len(view.rows_))})
    seen = view.seen_
    _check_array(seen, " ".join(["float", "n", *map(str, np.shape(seen)[1:])]), f"{place}.seen_", sizes)
    if view.window:
        step = view.step or view.window
        spots = math.prod(max(0, (length - view.window) // step + 1) for length in seen.shape[1:3])
        if spots * seen.shape[0] * view.window**2 * math.prod(seen.shape[3:]) > MOST_CUT:
            raise ValueError(f"{place}: windows of more than {MOST_CUT} values")
    tail = build_transforms(made.transforms)[1]
    _check_steps(view.fitted_ or [], tail, f"{place}.fitted_")


def _check_steps(found, made, place):
    """Check fitted transforms against those that a recipe builds."""
    if not isinstance(found, list) or len(found) != len(made):
        raise ValueError(f"{place}: other transforms than the recipe has")
    for number, (one, other) in enumerate(zip(found, made)):
        _check_same(one, other, f"{place}.{number}")
        _check_fitted(one, f"{place}.{number}")


def _check_fitted(found, place, sizes=()):
    """Check what was fitted of one estimator; return the lengths that its letters stand for."""
    name, sizes = _name(found), dict(sizes)
    known, passed = FITTED.get(name, {}), {*_settings(found), *OTHERS.get(name, ())}
    missing = [one for one in known if one not in vars(found)]
    if missing:
        raise ValueError(f"{place}: lacks {', '.join(missing)}")
    for attribute, what in known.items():
        _check_array(vars(found)[attribute], what, f"{place}.{attribute}", sizes)
    for attribute, what in known.items():
        _check_number(vars(found)[attribute], what, f"{place}.{attribute}", sizes)
    for attribute in vars(found).keys() - known.keys() - passed:
        (_check_small if name in FITTED else _check_any)(vars(found)[attribute], f"{place}.{attribute}")
    if name in OWN_CHECKS:
        OWN_CHECKS[name](found, place, sizes)
    return sizes


def _check_array(value, what, place, sizes):
    kind, *axes = what.split()
    if kind not in KINDS:
        return
    if not isinstance(value, np.ndarray) or value.dtype.kind not in KINDS[kind] or value.ndim != len(axes):
        raise ValueError(f"{place}: is no array {what}")
    if kind in ("float64", "int32") and (value.dtype != kind or not value.flags.c_contiguous):
        raise ValueError(f"{place}: is no array {what}")
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise ValueError(f"{place}: holds a value that is not a finite number")
    for axis, length in zip(axes, value.shape):
        if sizes.setdefault(axis, length) != length:
            raise ValueError(f"{place}: {length} where {sizes[axis]} belong")


def _check_number(value, what, place, sizes):
    kind, *axes = what.split()
    wanted = {"count": sizes.get(*axes[:1] or "?"), "one": 1, "false": False}
    if kind in wanted and (type(value) is not type(wanted[kind]) or value != wanted[kind]):
        raise ValueError(f"{place}: expected {wanted[kind]}")


def _check_small(value, place):
    """Raise `ValueError` unless a value is a finite number, a text, or few of these."""
    if isinstance(value, list | tuple):
        value = np.array(value)
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.kind not in "biufU" or max(value.shape, default=0) > SMALL or value.size > SMALL:
            raise ValueError(f"{place}: is no array of few numbers")
    elif not (value is None or type(value) in (bool, str) or (type(value) in (int, float) and math.isfinite(value))):
        raise ValueError(f"{place}: is no number")


def _check_any(value, place):
    """Check what a classifier or transform keeps that nothing here knows: of its arrays none claims more than it is."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufcU" or max(value.shape, default=0) > max(value.size, SMALL):
            raise ValueError(f"{place}: is no array of numbers")
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            _check_any(one, place)
    elif hasattr(value, "_get_param_names"):
        _check_fitted(value, place)


def _check_machine(found, place, sizes):
    """Check the numbers that libsvm follows without looking."""
    classes, vectors = sizes["c"], sizes["s"]
    pairs, precomputed = classes * (classes - 1) // 2, found.kernel == "precomputed"
    fits = (
        sizes["b"] == classes - 1 and sizes["p"] == pairs and sizes["z"] in (0, pairs)
        and (found._n_support >= 0).all() and found._n_support.sum() == vectors
        and found.n_features_in_ == (found.shape_fit_[0] if precomputed else sizes["w"])
        and (precomputed or sizes["v"] == vectors)
        and ((found.support_ >= 0) & (found.support_ < found.shape_fit_[0])).all()
    )  # fmt: skip
    if not fits:
        raise ValueError(f"{place}: support vectors that do not fit each other")


def _check_forest(found, place, sizes):
    for number, tree in enumerate(found.trees_):
        where = f"{place}.trees_.{number}"
        kinds = {"children": "int t 2", "feature": "int t", "threshold": "float t", "shares": "float t c"}
        if tree.keys() != kinds.keys():
            raise ValueError(f"{where}: other arrays than a tree has")
        own = {"c": sizes["c"], "2": 2}
        for name, what in kinds.items():
            _check_array(tree[name], what, f"{where}.{name}", own)
        level, children = np.zeros(1, int), tree["children"]
        for _ in range(MOST_LEVELS):
            level = children[level[children[level, 0] >= 0]].ravel()
            if ((level < 0) | (level >= own["t"])).any():
                raise ValueError(f"{where}.children: there is no such node")
            if len(level) > own["t"]:
                raise ValueError(f"{where}.children: they go round")
        if len(level):
            raise ValueError(f"{where}.children: more than {MOST_LEVELS} levels")
    if not found.trees_:
        raise ValueError(f"{place}.trees_: there is none")


def _check_boosted(found, place, sizes):
    try:
        check_trees(found.trees_, found.n_features_in_, sizes["c"])
    except ValueError as error:
        raise ValueError(f"{place}.trees_: {error}") from None


OWN_CHECKS = {"SVC": _check_machine, "NuSVC": _check_machine, "Forest": _check_forest, "Boosted": _check_boosted}
