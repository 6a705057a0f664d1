"""The chapter on recognition: the feature of the clip beside those of the training clips, and what two recipes say."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.datasets import load_dataset
from baselines.datasets.records import Clip, Dataset
from baselines.errors import InputError
from baselines.recipes import load_recipe
from baselines.recognition.recognizer import Recognizer
from baselines.recognition.representation import represent, represent_one, supports
from baselines.report.explain.drawing import MACRO, MICRO, slide
from baselines.report.explain.lesson import Chapter, Lesson
from baselines.report.pages.page import picture_uri

RECIPES = ("bi-woof-svm", "bi-woof-xgb")  # of one representation
ROWS, COLUMNS, BINS = 5, 5, 8
NEAREST = 5


@dataclass(frozen=True)
class Training:
    """Clips to learn from, with their features (n, d) and labels.

    opened: what `load_dataset` took. left_out: the subject that is not among them.
    """

    opened: tuple[str, ...]
    dataset: Dataset
    features: NDArray[np.float32]
    labels: NDArray[Any]
    left_out: str = ""

    @property
    def clips(self) -> list[Clip]:
        """The clips of the dataset."""
        return self.dataset.clips


def training_of(lesson: Lesson, dataset: str = "synthetic", root: Path | None = None, jobs: int = 1) -> Training:
    """Return the labelled clips of a dataset, without those of a subject of the same name, who may be the one seen."""
    settings = load_recipe(RECIPES[0]).steps["representation"]
    whole = load_dataset(dataset, root)
    clips = [clip for clip in whole.clips if clip.label and supports(settings, clip)]
    others = [clip for clip in clips if clip.subject != lesson.video.subject]
    left_out = "" if len(others) == len(clips) else lesson.video.subject
    clips = others
    if len({clip.label for clip in clips}) < 2:
        raise InputError(f"--dataset {dataset}: holds clips of fewer than two classes; choose another to learn from")
    features = represent(clips, settings, jobs)
    opened = (dataset,) if root is None else (dataset, str(root))
    return Training(opened, replace(whole, clips=clips), features, np.array([clip.label for clip in clips]), left_out)


def recognition_chapter(lesson: Lesson, training: Training) -> Chapter:
    """What two recipes, trained on other people, say of the clip, and which blocks speak for it."""
    settings = load_recipe(RECIPES[0]).steps["representation"]
    own = represent_one(lesson.clip, settings)
    subjects = [clip.subject for clip in training.clips]
    usual = training.features.mean(axis=0)
    told = {}
    for name in RECIPES:
        recognizer = Recognizer.from_recipe(load_recipe(name)).fit(training.features, training.labels, subjects)
        hidden = np.stack([own, *_without_blocks(own, usual)])
        shares = recognizer.predict_proba(hidden)
        best = int(shares[0].argmax())
        told[name] = {
            "classes": recognizer.classes_.tolist(),
            "probabilities": shares[0].round(6).tolist(),
            "best": str(recognizer.classes_[best]),
            "blocks": (shares[0, best] - shares[1:, best]).round(6).tolist(),
        }
    classes = sorted(set(training.labels.tolist()))
    means = {name: training.features[training.labels == name].mean(axis=0) for name in classes}
    away = {name: float(np.linalg.norm(own - mean)) for name, mean in means.items()}
    distances = np.linalg.norm(training.features - own, axis=1)
    nearest = np.argsort(distances, kind="stable")[:NEAREST]
    data = {
        "face": picture_uri(lesson.faces[lesson.apex], "WEBP", 85),
        "rows": ROWS,
        "columns": COLUMNS,
        "recipes": told,
        "own": _strength(own),
        "means": {name: _strength(mean) for name, mean in means.items()},
    }
    label = lesson.clip.label
    values = {
        "recipes": told,
        "label": label or "",
        "training": training,
        "subjects": len(set(subjects)),
        "away": sorted(away.items(), key=lambda entry: entry[1]),
        "nearest": [
            (training.clips[n].subject, training.clips[n].name, training.labels[n], float(distances[n]))
            for n in nearest
        ],
        "chance": 1 / len(classes),
    }
    svm = told[RECIPES[0]]
    block = int(np.argmax(svm["blocks"]))
    closest = values["away"][0][0]
    exercises = (
        (
            f"Which block speaks most for {svm['best']} with the SVM?",
            f"Row {block // COLUMNS + 1}, column {block % COLUMNS + 1}: without it the probability falls by "
            f"{svm['blocks'][block]:.3f}.",
        ),
        (
            "Is the class whose mean is nearest to the clip the one that the SVM tells? Why can they differ?",
            f"The nearest mean is that of {closest}, the SVM tells {svm['best']}. It weighs each value by what parts "
            "the classes, while the distance counts all values alike.",
        ),
    )
    code = (
        "from dataclasses import replace\n\n"
        "from baselines.datasets import load_dataset\n"
        "from baselines.recipes import load_recipe\n"
        "from baselines.recognition.recognizer import Recognizer\n"
        "from baselines.recognition.representation import represent, represent_one\n\n"
        f'recipe = load_recipe("{RECIPES[0]}")\n'
        f"dataset = load_dataset({', '.join(map(repr, training.opened))})\n"
        f"others = [clip for clip in dataset.clips if clip.label and clip.subject != {training.left_out!r}]\n"
        'X = represent(others, recipe.steps["representation"])\n'
        "y, subjects = [other.label for other in others], [other.subject for other in others]\n"
        "recognizer = Recognizer.from_recipe(recipe).fit(X, y, subjects)\n"
        'probabilities = recognizer.predict_proba(represent_one(clip, recipe.steps["representation"])[None])[0]'
    )
    parameters = {
        "feature": "Bi-WOOF, 5x5 blocks, 8 directions",
        "SVM": "linear, C = 10",
        "XGBoost": "100 trees of depth 3",
    }
    return Chapter(
        "recognition", "Recognition", code, parameters, values, data, exercises, _figure(told, svm["blocks"])
    )


def _without_blocks(own: NDArray[np.float32], usual: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return the feature with each block in turn as it is on average in training."""
    found = []
    for block in range(ROWS * COLUMNS):
        hidden = own.copy()
        span = slice(block * BINS, (block + 1) * BINS)
        hidden[span] = usual[span]
        found.append(hidden)
    return found


def _strength(feature: NDArray[np.float32]) -> list[float]:
    """Return the sum of each block."""
    return feature.reshape(ROWS * COLUMNS, BINS).sum(axis=1).astype(float).round(5).tolist()


def _figure(told: dict[str, dict[str, Any]], blocks: list[float]) -> Any:
    figure = slide(9, 3)
    axes = figure.subplots(1, 2, width_ratios=(2, 1))
    for n, (name, found) in enumerate(told.items()):
        places = np.arange(len(found["classes"])) + 0.4 * n
        axes[0].bar(places, found["probabilities"], width=0.38, label=name, color=(MACRO, MICRO)[n])
    axes[0].set_xticks(np.arange(len(found["classes"])) + 0.2, found["classes"])
    axes[0].set_ylim(0, 1)
    axes[0].set_ylabel("probability")
    axes[0].legend(fontsize=8)
    reach = max(np.abs(blocks).max(), 1e-6)
    shown = axes[1].imshow(np.reshape(blocks, (ROWS, COLUMNS)), cmap="RdBu_r", vmin=-reach, vmax=reach)
    axes[1].set_title(f"what each block adds ({RECIPES[0]})", fontsize=9)
    axes[1].set_axis_off()
    figure.colorbar(shown, ax=axes[1])
    return figure
