"""Model files: what `train` writes and `recognize`, `str` and `vqa` read.

A model holds the recipe, the fitted recognizer, the fitted clip analyst (for questions) and where they
come from. It is stored with skops, which builds numpy and scikit-learn objects and the types named
here: nothing is unpickled. Beside it stands which parts came from plug-ins, and from which text: a part of the same
name may be something else. The file is sealed, so that damage is told first; and since who made it can seal it, what it
holds is checked as well (`recognition.kept`).
"""

import json
import zipfile
from dataclasses import dataclass, field

from baselines.errors import UNEXPECTED, InputError, one_line
from baselines.files import atomic_path
from baselines.identity import library_versions
from baselines.parts import PARTS, find_part
from baselines.plugins import own_classes, sources
from baselines.recipes import Recipe, parts_of
from baselines.recognition.boosting import Boosted
from baselines.recognition.classifiers import KernelLogistic, KernelRidge
from baselines.recognition.kept import (
    check_analyst,
    check_recognizer,
    check_schema,
    checked_data,
    checked_recipe,
    plain,
)
from baselines.recognition.kernels import View
from baselines.recognition.pipeline import Features, KernelMean
from baselines.recognition.row_classifiers import Forest, NearestNeighbours
from baselines.recognition.transforms import Flatten
from baselines.sealed import BrokenSeal, seal, unsealed

FORMAT = "megc-baselines model 8"
PLUGINS = "plugins.json"  # the file inside a model that holds {kind and name of a part: `Plugin.source`}
OWN = (Boosted, Features, Flatten, Forest, KernelLogistic, KernelMean, KernelRidge, NearestNeighbours, View)
TRUSTED = {
    "baselines.recognition.recognizer.Recognizer",
    *(f"{t.__module__}.{t.__qualname__}" for t in OWN),
    "baselines.vqa.analyst.ClipAnalyst",
}
WANTED = "expected a file that `train --output` wrote; train it again"
LIBRARIES = ("numpy", "sklearn", "skops", "xgboost")


@dataclass(frozen=True)
class Model:
    """A fitted recognizer with its recipe; `analyst` is None when the training clips had no action units.

    data: what it was trained on, with its scores on subjects left out. libraries: {package: version} it was made with.
    """

    recipe: Recipe
    recognizer: object
    analyst: object
    data: dict
    libraries: dict = field(default_factory=lambda: dict(library_versions(*LIBRARIES)))


class FromFile:
    """What was fitted and read from a model file: what it cannot predict is told in a line with the file."""

    def __init__(self, fitted, path):
        self.fitted, self.path = fitted, path

    def __getattr__(self, name):
        if name in ("fitted", "path") or name.startswith("__"):  # asked for before these are there, by what copies
            raise AttributeError(name)
        return getattr(self.fitted, name)

    def predict(self, X):
        """Return what the fitted one predicts."""
        return self._asked("predict", X)

    def predict_proba(self, X):
        """Return the probabilities that the fitted one gives."""
        return self._asked("predict_proba", X)

    def _asked(self, method, X):
        try:
            return getattr(self.fitted, method)(X)
        except Exception as error:
            raise InputError(
                f"{self.path}: gives nothing for what its recipe sees of a clip ({_reason(error)}); {WANTED}"
            ) from None


def save_model(model, path):
    """Write a model file, whole or not at all."""
    import skops.io

    contents = {
        "format": FORMAT,
        "recipe": model.recipe.to_dict(),
        "recognizer": _bare(model.recognizer),
        "analyst": _bare(model.analyst),
        "data": model.data,
        "libraries": model.libraries,
    }
    with atomic_path(path) as temporary:
        try:
            skops.io.dump(contents, temporary)
        except (TypeError, AttributeError, ValueError) as error:
            raise _unkept(model, f"{type(error).__name__}: {' '.join(str(error).split())}") from None
        strange = _strange(temporary)
        if strange:
            raise _unkept(model, f"holds the types {', '.join(strange)}")
        try:
            _check_nodes(temporary)
            _checked(contents, path)
        except Exception as error:  # of many kinds; so that what is written can be read
            raise _unkept(model, _reason(error)) from None
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.writestr(PLUGINS, json.dumps(sources(parts_of(model.recipe)), ensure_ascii=False))
        seal(temporary)


def _bare(fitted):
    return fitted.fitted if isinstance(fitted, FromFile) else fitted


def _trusted():
    """Return the types that a model may have: ours, transforms, and classes of plug-ins, which the user named."""
    return TRUSTED | {part.path.replace(":", ".") for part in PARTS["transform"].values()} | own_classes()


def _strange(file):
    """Return the types in a file, by its path or open, that no model has, sorted."""
    import skops.io

    return sorted(set(skops.io.get_untrusted_types(file=file)) - _trusted())


def _check_plugins(path, stream):
    """Raise `InputError` where a part of a model came from a plug-in whose text is not at hand."""
    with zipfile.ZipFile(stream) as archive:
        if PLUGINS not in archive.namelist():
            return  # no model, as is told where it is read
        needed = json.loads(archive.read(PLUGINS))
    for name, source in needed.items():
        kind, _, called = name.rpartition(" ")
        trained = f"{path}: was trained with the {name} of a plug-in {source['file']}"
        try:
            here = find_part(kind, called)
        except InputError:
            raise InputError(f"{trained}; name it by --plugin") from None
        at_hand = sources([here]).get(name)
        if at_hand is None:
            raise InputError(f"{trained}; here that is {here.path}: name the plug-in by --plugin")
        if at_hand["digest"] != source["digest"]:
            raise InputError(
                f"{trained}, which held another text than --plugin {at_hand['file']} does now; name the file as it was "
                "then, or train again"
            )


def _unkept(model, reason):
    return InputError(
        f"recipe {model.recipe.name}: what it learns cannot be kept in a model file ({reason}); "
        "train another classifier"
    )


def load_model(path):
    """Return the model in a file that `train` wrote; anything else raises `InputError`."""
    try:
        with unsealed(path) as stream:
            contents = _contents(path, stream)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; train one with `train --output {path}`") from None
    except BrokenSeal as error:
        raise InputError(
            f"{path}: no model, damaged, or of an older version: {error}; copy it again where it was whole, or train "
            "it again"
        ) from None
    except Exception as error:  # of many kinds, where somebody else sealed it
        raise InputError(f"{path}: not a readable model ({_reason(error)}); {WANTED}") from None
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise InputError(f"{path}: not a model of this program; {WANTED}")
    try:
        return _checked(contents, path)
    except Exception as error:  # of many kinds: what is checked may be anything
        raise InputError(f"{path}: not a whole model ({_reason(error)}); {WANTED}") from None


def _reason(error):
    """Return why something is no model, in one line."""
    told = one_line(error).removeprefix(UNEXPECTED).strip()
    return told.removeprefix("ValueError: ")  # as what is checked says it


def _check_nodes(file):
    with zipfile.ZipFile(file) as archive:
        check_schema(json.loads(archive.read("schema.json")))


def _contents(path, stream):
    """Return what an open model file holds, built of trusted types only."""
    import skops.io

    _check_plugins(path, stream)
    _check_nodes(stream)
    strange = _strange(stream)
    if strange:
        raise InputError(f"{path}: holds the types {', '.join(strange)}, which no model has; {WANTED}")
    return skops.io.load(stream, trusted=sorted(_trusted()))


def _checked(contents, path):
    """Return the model of these contents, once they fit each other."""
    recipe = checked_recipe(contents["recipe"])
    check_recognizer(contents["recognizer"], recipe)
    if contents["analyst"] is not None:
        check_analyst(contents["analyst"])
    fitted = [contents[name] and FromFile(contents[name], path) for name in ("recognizer", "analyst")]
    return Model(recipe, *fitted, checked_data(contents["data"]), plain(contents["libraries"], "libraries"))
