"""Leave-one-subject-out experiments: no leakage, resuming, the same bytes however they were run."""

import json

import numpy as np
import pytest
from PIL import Image

from baselines.datasets import load_dataset
from baselines.datasets.flow_images import WHOLE
from baselines.errors import InputError
from baselines.experiment import Rows, limit_dataset, plan, run, run_experiments
from baselines.recipes import load_recipe
from baselines.report.tables import write_tables
from baselines.tasks import TASKS

RECIPES = ("majority", "flow-svm")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A flow-picture dataset of 4 subjects of 2 databases whose classes can be told apart, mostly."""
    folder = tmp_path_factory.mktemp("flow")
    (folder / WHOLE).mkdir()
    rng, lines = np.random.default_rng(0), ["dataset,sub,filename_o,label"]
    for database, subject in (("casme2", "sub01"), ("casme2", "sub02"), ("smic", "s01"), ("smic", "s02")):
        for number in range(9):
            label = number % 3
            picture = rng.normal(128, 25, (28, 28, 3))
            picture[4 + 8 * label : 10 + 8 * label, 8:20, 1] += 45
            name = f"c{number}"
            pixels = np.clip(picture, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / WHOLE / f"{subject}_{name} .png")
            lines.append(f"{database},{subject},{name},{label}")
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    return folder


def run_all(root, output, **options):
    rows, failures = run_experiments(("flow-images",), root, ("recognition",), RECIPES, output=output, **options)
    assert not failures
    return write_tables(rows, output)


def test_scores_are_pooled_over_folds_and_given_by_database(root, tmp_path):
    scores = run_all(root, tmp_path)
    found = {(s["recipe"], s["subset"], s["metric"]): s for s in scores}
    assert found["majority", "all", "uf1"]["value"] == pytest.approx(1 / 6, abs=1e-4)
    best = found["flow-svm", "all", "uf1"]
    assert best["ci_low"] <= best["value"] <= best["ci_high"]
    assert best["value"] > 0.8
    assert {subset for _, subset, _ in found} == {"all", "casme2", "smic"}
    assert found["flow-svm", "smic", "uar"]["n"] == 18
    predictions = Rows(tmp_path).results()
    assert sum(len(row["predictions"]) for rows in predictions for row in rows) == 2 * 36


def test_the_same_bytes_whatever_the_workers_and_however_often_it_was_killed(root, tmp_path):
    run_all(root, tmp_path / "a", jobs=1)
    run_all(root, tmp_path / "b", jobs=2)
    lines = (tmp_path / "a" / "rows.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "rows.jsonl").write_text("".join(lines[:3]) + lines[3][: len(lines[3]) // 2])
    run_all(root, tmp_path / "c")
    expected = (tmp_path / "a" / "scores.csv").read_bytes()
    for name in "bc":
        assert (tmp_path / name / "scores.csv").read_bytes() == expected
        assert (tmp_path / name / "scores.md").read_bytes() == (tmp_path / "a" / "scores.md").read_bytes()
    kept = (tmp_path / "c" / "rows.jsonl").read_text().splitlines(keepends=True)
    assert kept[:3] == lines[:3]
    assert len(kept) == len(lines) + 1  # the half line stays behind, skipped


def test_a_rerun_computes_only_what_is_missing(root, tmp_path, monkeypatch):
    run_all(root, tmp_path)
    before = (tmp_path / "rows.jsonl").read_text()
    monkeypatch.setattr(type(TASKS["recognition"]), "run_fold", None)
    run_all(root, tmp_path)
    assert (tmp_path / "rows.jsonl").read_text() == before


def test_overwrite_forgets_and_another_seed_does_not(root, tmp_path):
    run_all(root, tmp_path)
    run_all(root, tmp_path, seed=1)
    assert len(Rows(tmp_path).results()) == 4
    run_all(root, tmp_path, overwrite=True)
    assert len(Rows(tmp_path).results()) == 2


def test_changed_data_is_computed_anew(root, tmp_path):
    dataset = load_dataset("flow-images", root)
    first = plan(dataset, recipes=("majority",))[0]
    assert plan(dataset, recipes=("majority",))[0].digest == first.digest
    assert plan(limit_dataset(dataset, 9), recipes=("majority",))[0].digest != first.digest
    assert plan(dataset, recipes=("majority",), seed=1)[0].digest != first.digest


@pytest.mark.parametrize("recipe", ["flow-pixels-svm", "flow-svm", "flow-xgb"])
def test_labels_of_the_left_out_subject_cannot_change_its_predictions(root, recipe):
    task, recipe = TASKS["recognition"], load_recipe(recipe)
    clips, X = task.prepare(recipe, load_dataset("flow-images", root), 1)
    honest = task.run_fold(recipe, (clips, X), "smic/s01", 0)["predictions"]
    turned = [_other_label(clip) if clip.subject == "s01" else clip for clip in clips]
    with_other_labels = task.run_fold(recipe, (turned, X), "smic/s01", 0)["predictions"]
    assert [p["prediction"] for p in honest] == [p["prediction"] for p in with_other_labels]
    assert [p["label"] for p in honest] != [p["label"] for p in with_other_labels]


def _other_label(clip):
    from dataclasses import replace

    following = {"negative": "positive", "positive": "surprise", "surprise": "negative"}
    return replace(clip, event=replace(clip.event, emotion=following[clip.label]))


def test_every_subject_is_left_out_once_and_never_trained_on(root, monkeypatch):
    from baselines.recognition.recognizer import Recognizer

    task, recipe, dataset = TASKS["recognition"], load_recipe("flow-svm"), load_dataset("flow-images", root)
    clips, X = task.prepare(recipe, dataset, 1)
    trained_on = []
    original = Recognizer.fit

    def fit(self, features, labels):
        trained_on.append({features[n].tobytes() for n in range(len(features))})
        return original(self, features, labels)

    monkeypatch.setattr(Recognizer, "fit", fit)
    tested = []
    for subject in task.subjects(dataset):
        predictions = task.run_fold(recipe, (clips, X), subject, 0)["predictions"]
        tested += [(p["dataset"], p["subject"], p["clip"]) for p in predictions]
        held_out = {x.tobytes() for clip, x in zip(clips, X) if f"{clip.dataset}/{clip.subject}" == subject}
        assert not held_out & trained_on[-1]
        assert len(held_out) + len(trained_on[-1]) == len(clips)
    assert len(tested) == len(set(tested)) == len(clips)


def test_a_failing_recipe_leaves_the_others_their_rows(root, tmp_path, monkeypatch):
    task = type(TASKS["recognition"])
    original = task.run_fold

    def run_fold(self, recipe, prepared, subject, seed):
        if recipe.name == "majority" and subject == "smic/s02":
            raise InputError("broken")
        return original(self, recipe, prepared, subject, seed)

    monkeypatch.setattr(task, "run_fold", run_fold)
    rows, failures = run_experiments(("flow-images",), root, (), RECIPES, output=tmp_path)
    assert failures == ["majority on flow-images: broken"]
    assert [found[0]["recipe"] for found in rows] == ["flow-svm"]


def test_two_runs_into_one_folder_both_end_well(root, tmp_path):
    dataset = load_dataset("flow-images", root)
    (experiment,) = plan(dataset, recipes=("flow-svm",))
    one, two = Rows(tmp_path), Rows(tmp_path)
    run(experiment, dataset, one)
    run(experiment, dataset, two)
    for line in (tmp_path / "rows.jsonl").read_text().splitlines():
        json.loads(line)
    assert write_tables(Rows(tmp_path).results(), tmp_path) == write_tables(one.results(), tmp_path)


def test_what_does_not_exist_is_named(root, tmp_path):
    for options, message in [
        ({"tasks": ("dance",)}, "--task 'dance' is not known"),
        ({"recipes": ("none",)}, "recipe 'none' is not known"),
        ({"recipes": ("lbp-top-svm",)}, "no lbp-top-svm fits flow-images"),
        ({"datasets": ("casme9",)}, "dataset 'casme9' is not known"),
    ]:
        arguments = {"datasets": ("flow-images",), "root": root, "output": tmp_path, **options}
        with pytest.raises(InputError, match=message):
            run_experiments(**arguments)
    with pytest.raises(InputError, match="needs --data-root"):
        run_experiments(("flow-images",), None, output=tmp_path)
