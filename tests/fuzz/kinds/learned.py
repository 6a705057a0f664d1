"""What programs wrote for themselves: models, cached arrays, rows of a run, vision models; and parts of one's own."""

import json
import zipfile

import cv2
import numpy as np
import tiny_gguf
from skimage import data as pictures
from test_dataset_manifest import replica
from test_plugins import FEATURE, SPOTTER
from test_vqa_service import EMOTIONS, PATCHES, V1, picture, row

from baselines.datasets.classes import COARSE
from baselines.datasets.records import Event
from baselines.recipes import load_recipe
from baselines.recognition.model import Model, save_model
from baselines.recognition.recognizer import Recognizer
from baselines.sealed import seal
from baselines.vqa.analyst import ClipAnalyst

from ..mutations import ZIP, reseal
from .kind import Kind, put
from .media import SPOT, openface

RECOGNIZE = "recognize in/a.avi --model in/{}.model --landmarks in/faces.csv --output out/x.csv --jobs 1 --json"
ASK = "vqa --questions in/q.jsonl --media in/media --output out/a.jsonl --jobs 1"
RUN = "run-all --dataset manifest --data-root in --task recognition --recipe majority --output out/run --jobs 1"

TRAINED_ON = {
    "dataset": "manifest", "classes": COARSE.to_dict(), "identity": "0", "clips": 24, "subjects": 8, "seed": 0,
    "scores": {"UF1": 0.5},
}  # fmt: skip


def models(folder):
    openface(folder)
    rng = np.random.default_rng(0)
    X, labels = rng.normal(size=(24, 28, 28, 3)).astype(np.float32), ["negative", "positive", "surprise"] * 8
    for name in ("svm", "xgb"):
        recipe = load_recipe(f"flow-{name}")
        fitted = Recognizer.from_recipe(recipe).fit(X, labels)
        save_model(Model(recipe, fitted, None, TRAINED_ON), folder / f"{name}.model")
        renumber(folder / f"{name}.model")


def renumber(path):
    """Write 1, 2, ... for the numbers that skops gives to what a model holds: they are others each time."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema, arrays, count = json.loads(members.pop("schema.json")), {}, 0
    numbers, waiting = {}, [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict) and "__id__" in value:
            count += 1
            value["__id__"] = numbers.setdefault(value["file"], count) if "file" in value else count
            if "file" in value:
                name = f"{value['__id__']}.npy"
                arrays[name], value["file"] = members[value["file"]], name
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    others = {name: content for name, content in members.items() if not name.endswith(".npy")}
    written = {"schema.json": json.dumps(schema, indent=1), **arrays, **others}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in written.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    seal(path)


def vision_models(folder):
    tiny_gguf.write_pair(folder)
    face, clip = pictures.astronaut()[:220, 120:340, ::-1], folder / "media/sub01/EP01"
    clip.mkdir(parents=True)
    for number in range(1, 4):
        cv2.imwrite(str(clip / f"img{number}.png"), np.roll(face, number, axis=0))
    asked = {"id": "casme2_EP01_1", "dataset": "casme2", "subject": "sub01", "filename": "EP01", "image_id": "EP01"}
    put(folder / "q.jsonl", json.dumps(asked | {"question": V1[0]}) + "\n")


def questions(folder):
    """Flow pictures of three action units, a model that knows them, and questions."""
    rng, units, media = np.random.default_rng(0), [unit for _ in range(4) for unit in PATCHES], folder / "media"
    X = np.array([picture(rng, unit) for unit in units], np.float32)
    recipe = load_recipe("flow-svm")
    events = [Event(1, 2, 2, emotion=EMOTIONS[unit], action_units=(f"AU{unit}",)) for unit in units]
    fitted = Recognizer.from_recipe(recipe, 0).fit(X, [EMOTIONS[unit] for unit in units])
    analyst = ClipAnalyst(kernels=load_recipe("flow-kernels").steps["kernels"]).fit(X, events)
    save_model(Model(recipe, fitted, analyst, TRAINED_ON), folder / "rules.model")
    renumber(folder / "rules.model")
    media.mkdir()
    for unit in PATCHES:
        cv2.imwrite(str(media / f"s1_c{unit}.png"), picture(rng, unit)[..., ::-1])
    rows = [row(f"{unit}{n}", f"s1_c{unit}", text) for unit in PATCHES for n, text in enumerate(V1)]
    put(folder / "q.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def parts(folder):
    put(folder / "feature.py", FEATURE)
    put(folder / "spotter.py", SPOTTER)


def sealed_again(path, rng):
    """Damage members and seal the file, so that what is in it is parsed."""
    change = rng.choice(ZIP)
    path.write_bytes(change(path.read_bytes(), rng))
    reseal(path)
    return change.__name__.replace("_", " ")


def made_again(paths, code, lines):
    """Yield what is wrong where damage should only cost time."""
    if code:
        yield "what was kept is not made again"


MODELS = RECOGNIZE.format("svm"), RECOGNIZE.format("xgb")
FEATURES = "features extract hoof in/a.avi --landmarks in/faces.csv --output out/x.npz --jobs 1"
TINY = f"{ASK} --answerer llama --threads 1 --model in/text.gguf --mmproj in/mmproj.gguf"
KINDS = (
    Kind("models", models, MODELS, ("in/*.model",)),
    Kind("sealed models", models, MODELS, ("in/*.model",), change=sealed_again),
    Kind(
        "cached arrays",
        openface,
        (SPOT.format("in/a.avi"), FEATURES),
        ("cache/arrays/*/*",),
        kept=("cache",),
        judge=made_again,
    ),
    Kind("kept rows", replica, (RUN,), ("out/run/*.[jc]s*",), kept=("out",), judge=made_again),
    Kind("vision models", vision_models, (TINY,), ("in/*.gguf",), kept=("cache",)),
    Kind("questions", questions, (f"{ASK} --model in/rules.model",), ("in/q.jsonl", "in/q.jsonl", "in/media/*")),
    Kind(
        "parts",
        parts,
        (
            "recipes parts --plugin in/feature.py --json",
            "features list --plugin in/feature.py",
            "recipes parts --plugin in/spotter.py",
        ),
        ("in/*.py",),
    ),
)
