"""Dataset adapters: one module a dataset with `ABOUT` and `load(root, fix_labels=True)`; its text tells the layout."""

import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from baselines.datasets.roots import find_root
from baselines.errors import InputError

if TYPE_CHECKING:  # the records bring OpenCV with them, which a list of names does not need
    from baselines.datasets.records import Dataset

# name -> (module, options of its `load`)
DATASETS: dict[str, tuple[str, dict[str, Any]]] = {
    "synthetic": ("embedded", {}),
    "synthetic-easy": ("embedded", {"level": "easy"}),
    "synthetic-hard": ("embedded", {"level": "hard"}),
    "manifest": ("manifest", {}),
    "flow-images": ("flow_images", {}),
    "casme2": ("casme2", {}),
    "samm": ("samm", {}),
    "smic": ("smic", {}),
    "smic-long": ("smic_long", {}),
    "megc2019": ("megc2019", {}),
    "casme-sq": ("casme_sq", {}),
    "samm-lv": ("samm_lv", {}),
    "casme3": ("casme3", {}),
    "megc2025-str": ("megc2025_str", {}),
    "mmew": ("mmew", {}),
    "4dme": ("fourdme", {}),
    "dfme": ("dfme", {}),
    "me-vqa": ("me_vqa", {}),
}


def adapter(name: str) -> ModuleType:
    """Return the adapter module of a dataset."""
    if name not in DATASETS:
        raise InputError(f"dataset {name!r} is not known; choose one of {', '.join(DATASETS)}")
    try:
        module = import_module(f"baselines.datasets.{DATASETS[name][0]}")
        module.ABOUT, module.load  # noqa: B018
    except (ImportError, SyntaxError, AttributeError, TypeError) as error:
        raise InputError(f"dataset {name}: its adapter cannot be loaded ({type(error).__name__}: {error})") from None
    return module


def open_dataset(
    name: str, root: str | Path | None = None, fix_labels: bool = True, classes: str | None = "coarse"
) -> "Dataset":
    """Return the `Dataset` called `name`, in silence about its findings.

    root: the folder that holds it, or that holds it under its name; None: the one that environment or configuration
    name (`roots.find_root`). fix_labels: correct the known label errors (`label_fixes.csv`). classes: a class set that
    the dataset has by its name, or one such as `negative=disgust+fear,surprise` (`choosing.choose_classes`); None: as
    it is read, whatever its emotions.
    """
    from baselines.datasets.choosing import choose_classes
    from baselines.datasets.subjects import one_name_a_person

    module = adapter(name)
    root = find_root(name, root)
    if module.ABOUT.needs_root and root is None:
        raise InputError(
            f"dataset {name} needs --data-root DIR, the folder that holds it (or MEGC_DATA_ROOT, or data_root in the "
            "configuration file)"
        )
    dataset = one_name_a_person(module.load(root, fix_labels=fix_labels, **DATASETS[name][1]))
    return dataset if classes is None else choose_classes(dataset, classes, module.ABOUT.classes)


def load_dataset(
    name: str, root: str | Path | None = None, fix_labels: bool = True, classes: str = "coarse"
) -> "Dataset":
    """Return what `open_dataset` gives, with warnings when something in it was left out, or clips are in no class."""
    from baselines.datasets.choosing import left_out

    dataset = open_dataset(name, root, fix_labels, classes)
    without_class = left_out(dataset)
    if without_class:
        warnings.warn(without_class, stacklevel=2)
    if dataset.findings:
        more = f" (and {len(dataset.findings) - 1} more)" if len(dataset.findings) > 1 else ""
        warnings.warn(f"{dataset.findings[0]}{more}; `megc data check {name}` lists everything", stacklevel=2)
    return dataset


def describe(name: str) -> dict[str, Any]:
    """Return what is known of a dataset: name, the facts of `About`, layout, known label errors, parameters if made."""
    from baselines.datasets.annotations import label_fixes

    module = adapter(name)
    facts = {
        "name": name,
        **module.ABOUT.facts(),
        "layout": (module.__doc__ or "").strip(),
        "label_fixes": label_fixes(name),
    }
    if hasattr(module, "parameters"):
        facts["parameters"] = module.parameters(**DATASETS[name][1])
    return facts
