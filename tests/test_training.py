"""Training: a model file that tells what it is and how good it is."""

import json

import numpy as np
import pytest
from PIL import Image

from baselines.commands.train import DEFAULT_RECIPE, train_model
from baselines.datasets.flow_images import WHOLE
from baselines.errors import InputError
from baselines.experiments.run import run_experiments
from baselines.recognition.model import load_model, save_model
from baselines.report.tables import score_rows


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A flow-picture dataset of 6 subjects whose classes can be told apart, mostly."""
    folder = tmp_path_factory.mktemp("flow")
    (folder / WHOLE).mkdir()
    rng, lines = np.random.default_rng(0), ["dataset,sub,filename_o,label"]
    for subject in range(1, 7):
        for number in range(6):
            picture = rng.normal(128, 30, (28, 28, 3))
            picture[4 + 8 * (number % 3) : 10 + 8 * (number % 3), 8:20, 1] += 40
            pixels = np.clip(picture, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / WHOLE / f"s{subject:02}_c{number} .png")
            lines.append(f"smic,s{subject:02},c{number},{number % 3}")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_a_model_file_tells_recipe_classes_data_versions_and_scores(root, tmp_path):
    save_model(train_model(DEFAULT_RECIPE, "flow-images", root), tmp_path / "m")
    model = load_model(tmp_path / "m")
    assert model.recipe.name == DEFAULT_RECIPE
    assert model.recognizer.classes_.tolist() == ["negative", "positive", "surprise"]
    assert {name: model.data[name] for name in ("dataset", "clips", "subjects", "seed")} == {
        "dataset": "flow-images", "clips": 36, "subjects": 6, "seed": 0
    }  # fmt: skip
    assert len(model.data["identity"]) == 24
    assert model.libraries["numpy"] == np.__version__
    assert model.data["scores"]["protocol"] == "k-fold-by-subject"
    assert model.data["scores"]["uf1"] > 0.6


def test_answered_questions_teach_the_analyst(root, tmp_path):
    assert train_model("flow-svm", "flow-images", root).analyst is None
    for path in root.iterdir():
        (tmp_path / path.name).symlink_to(path)
    rows = [
        {
            "video": f"c{n}",
            "subject": f"s{s:02}",
            "question": "What are the action units present?",
            "answer": f"AU {unit}",
        }
        for s in range(1, 7)
        for n, unit in enumerate((4, 12, 1, 4, 12, 1))
    ]
    lines = "".join(json.dumps({"video_id": f"{n}", **row}) + "\n" for n, row in enumerate(rows))
    (tmp_path / "questions.jsonl").write_text(lines)
    analyst = train_model("flow-svm", "flow-images", tmp_path).analyst
    assert sorted(analyst.units_) == [1, 4, 12]


def test_the_scores_are_those_of_run_all_under_the_same_protocol(root, tmp_path):
    scores = train_model("flow-svm", "flow-images", root, seed=2).data["scores"]
    outcome = run_experiments(
        ("flow-images",), root, recipes=("flow-svm",), output=tmp_path, protocol="k-fold-by-subject", seed=2
    )
    assert not outcome.failures
    assert {s["metric"]: s["value"] for s in score_rows(outcome.results)} == {
        name: scores[name] for name in ("uf1", "uar", "accuracy", "ece")
    }


def test_what_cannot_be_trained_is_named(root):
    with pytest.raises(InputError, match="is a recipe for spotting"):
        train_model("softnet-rule", "flow-images", root)
    with pytest.raises(InputError, match="no clip with a known emotion that recipe lbp-top-svm can use"):
        train_model("lbp-top-svm", "flow-images", root)
