"""Model files: what `train` writes and `recognize`, `str` and `vqa` read.

A model holds the recipe, the fitted recognizer, the fitted clip analyst (for questions) and where they
come from. It is stored with skops, which builds numpy and scikit-learn objects and the types named
here: nothing is unpickled.
"""

import zipfile
from dataclasses import dataclass, field

from baselines.errors import InputError
from baselines.files import atomic_path
from baselines.identity import library_versions
from baselines.parts import PARTS
from baselines.recipes import Recipe
from baselines.recognition.classifiers import KernelLogistic, KernelRidge
from baselines.recognition.kernels import View
from baselines.recognition.pipeline import Features, KernelMean
from baselines.recognition.row_classifiers import Forest, NearestNeighbours
from baselines.recognition.transforms import Flatten

FORMAT = "megc-baselines model 5"
OWN = (Features, Flatten, Forest, KernelLogistic, KernelMean, KernelRidge, NearestNeighbours, View)
TRUSTED = {
    "baselines.recognition.recognizer.Recognizer",
    *(f"{t.__module__}.{t.__qualname__}" for t in OWN),
    "baselines.vqa.analyst.ClipAnalyst",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    *(part.path.replace(":", ".") for part in PARTS["transform"].values()),
}
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


def save_model(model, path):
    """Write a model file, whole or not at all."""
    import skops.io

    contents = {
        "format": FORMAT,
        "recipe": model.recipe.to_dict(),
        "recognizer": model.recognizer,
        "analyst": model.analyst,
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


def _strange(path):
    """Return the types in a file that no model has, sorted."""
    import skops.io

    return sorted(set(skops.io.get_untrusted_types(file=path)) - TRUSTED)


def _unkept(model, reason):
    return InputError(
        f"recipe {model.recipe.name}: what it learns cannot be kept in a model file ({reason}); "
        "train another classifier"
    )


def load_model(path):
    """Return the model in a file that `train` wrote; anything else raises `InputError`."""
    import skops.io

    wanted = "expected a file that `train --output` wrote; train it again"
    try:
        strange = _strange(path)
        if strange:
            raise InputError(f"{path}: holds the types {', '.join(strange)}, which no model has; {wanted}")
        contents = skops.io.load(path, trusted=sorted(TRUSTED))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; train one with `train --output {path}`") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not a readable model ({type(error).__name__}); {wanted}") from None
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise InputError(f"{path}: not a model of this program; {wanted}")
    try:
        parts = [contents[name] for name in ("recognizer", "analyst", "data", "libraries")]
        return Model(Recipe(**contents["recipe"]), *parts)
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: not a whole model ({error}); {wanted}") from None
