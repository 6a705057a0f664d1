"""Experiments under every protocol: no leakage, resuming, the same bytes however they were run."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from baselines.datasets import load_dataset
from baselines.datasets.flow_images import WHOLE
from baselines.datasets.identity import sample_of, subject_of
from baselines.errors import InputError
from baselines.experiments.plan import join_datasets, limit_dataset, plan
from baselines.experiments.rows import Rows
from baselines.experiments.run import Outcome, run_batch, run_experiments
from baselines.experiments.tasks import TASKS
from baselines.parallel import iterate_parallel
from baselines.recipes import load_recipe, shelf
from baselines.recognition.protocols import ACROSS, PROTOCOLS, SAMPLE_WISE, Fold, make_folds
from baselines.recognition.recognizer import Recognizer
from baselines.report.tables import write_tables

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
    outcome = run_experiments(("flow-images",), root, ("recognition",), RECIPES, output=output, **options)
    assert not outcome.failures
    return write_tables(outcome.results, output)


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


def test_recipes_are_compared_with_the_floor_under_every_protocol(root, tmp_path):
    for protocol in (None, "cross-database"):
        for score in run_all(root, tmp_path, protocol=protocol):
            if (score["recipe"], score["metric"]) == ("flow-svm", "uf1"):
                assert (score["versus"], score["difference"] > 0.5, score["p"] < 0.05) == ("majority", True, True)


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
    monkeypatch.setattr(type(TASKS["recognition"]), "run", None)
    run_all(root, tmp_path)
    assert (tmp_path / "rows.jsonl").read_text() == before


def test_overwrite_forgets_and_another_seed_does_not(root, tmp_path):
    run_all(root, tmp_path)
    run_all(root, tmp_path, seed=1)
    assert len(Rows(tmp_path).results()) == 4
    run_all(root, tmp_path, overwrite=True)
    assert len(Rows(tmp_path).results()) == 2


def test_the_rows_of_this_run_win_over_later_ones_of_another(root, tmp_path):
    """First all clips, then some, then all again: the last table is the first, though the file ends with the second."""
    first = run_all(root, tmp_path)
    assert run_all(root, tmp_path, limit=12) != first
    assert run_all(root, tmp_path) == first


def test_a_number_that_is_not_finite_fails_its_fold_and_spoils_no_table(root, tmp_path, monkeypatch):
    task = type(TASKS["recognition"])
    original = task.run

    def run_one(self, recipe, prepared, fold, seed):
        result = original(self, recipe, prepared, fold, seed)
        if recipe.name == "majority":
            result["predictions"][0]["probabilities"]["positive"] = float("nan")
        return result

    monkeypatch.setattr(task, "run", run_one)
    outcome = run_experiments(("flow-images",), root, (), RECIPES, output=tmp_path)
    assert outcome.failures == [
        "majority on flow-images, folds casme2/sub01, casme2/sub02, smic/s01 and 1 more: "
        "a prediction that is not a finite number; check the parameters"
    ]
    assert {score["recipe"] for score in write_tables(outcome.results, tmp_path)} == {"flow-svm"}


def test_what_stops_the_workers_is_told_and_the_folds_before_stay(root, tmp_path, monkeypatch):
    def stopping(function, items, *options):
        yield from list(iterate_parallel(function, items[:3], *options))
        raise RuntimeError("the workers are gone")

    monkeypatch.setattr("baselines.experiments.run.iterate_parallel", stopping)
    outcome = run_experiments(("flow-images",), root, (), RECIPES, output=tmp_path)
    assert outcome.failures == ["majority, flow-svm on flow-images: unexpected RuntimeError: the workers are gone"]
    assert outcome.computed == 3
    monkeypatch.undo()
    again = run_experiments(("flow-images",), root, (), RECIPES, output=tmp_path)
    assert (again.computed, again.reused, again.failures) == (5, 3, [])


def test_a_changed_label_changes_no_table_and_its_fold_is_computed_again(root, tmp_path):
    scores = run_all(root, tmp_path)
    path = tmp_path / "rows.jsonl"
    lines = path.read_text().split("\n")
    lines[1] = lines[1].replace('"label": "negative"', '"label": "surprise"')
    path.write_text("\n".join(lines))
    with pytest.warns(UserWarning, match=rf"{path} line 2: was changed since it was written"):
        assert run_all(root, tmp_path) == scores
    assert len(path.read_text().split("\n")) == len(lines) + 1


def test_damaged_rows_are_passed_over(root, tmp_path):
    scores = run_all(root, tmp_path)
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write('{"digest": "x", "fold": "y"}\n[1]\nnull\n' + "[" * 100_000 + "\n")
    assert run_all(root, tmp_path) == scores


def test_principal_components_give_the_same_bytes_again(root, tmp_path, monkeypatch):
    folder = tmp_path / "recipes"
    folder.mkdir()
    for name in ("majority", "flow-svm"):
        text = (shelf.FOLDER / f"{name}.toml").read_text()
        (folder / f"{name}.toml").write_text(
            text.replace('{ name = "recentre" }', '{ name = "pca", n_components = 8 }')
        )
    monkeypatch.setattr(shelf, "FOLDER", folder)
    for name in "ab":
        run_all(root, tmp_path / name)
    assert (tmp_path / "a" / "scores.csv").read_bytes() == (tmp_path / "b" / "scores.csv").read_bytes()


def test_changed_data_is_computed_anew(root, tmp_path):
    dataset = load_dataset("flow-images", root)
    first = plan(dataset, recipes=("majority",))[0]
    assert plan(dataset, recipes=("majority",))[0].digest == first.digest
    assert plan(limit_dataset(dataset, 9), recipes=("majority",))[0].digest != first.digest
    assert plan(dataset, recipes=("majority",), seed=1)[0].digest != first.digest
    faster = replace(dataset, clips=[replace(clip, fps=50.0) for clip in dataset.clips])
    assert plan(faster, recipes=("majority",))[0].digest != first.digest


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("recipe", ["flow-pixels-svm", "flow-xgb", "flow-kernels"])
def test_labels_of_tested_clips_cannot_change_their_predictions(root, protocol, recipe):
    task, recipe, dataset = TASKS["recognition"], load_recipe(recipe), load_dataset("flow-images", root)
    fold = task.folds(dataset, protocol, 0)[1]
    prepared = task.prepare(recipe, dataset, 1)
    turned = [_other_label(clip) if out else clip for clip, out in zip(prepared.clips, fold.split(prepared.clips)[1])]
    honest, with_other_labels = (
        task.run(recipe, p, fold, 0)["predictions"] for p in (prepared, replace(prepared, clips=turned))
    )
    for name in ("prediction", "probabilities"):
        assert [p[name] for p in honest] == [p[name] for p in with_other_labels]
    assert all(one["label"] != other["label"] for one, other in zip(honest, with_other_labels))


def _other_label(clip):
    following = {"negative": "positive", "positive": "surprise", "surprise": "negative"}
    return replace(clip, event=replace(clip.event, emotion=following[clip.label]))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_clip_is_tested_once_by_what_never_saw_it(root, monkeypatch, protocol):
    """Features, labels and subjects that reach `fit` and its inner folds are those of other subjects, or other clips.

    Inner folds never split a subject, whatever is left out.
    """
    task, recipe, dataset = TASKS["recognition"], load_recipe("flow-svm"), load_dataset("flow-images", root)
    prepared = task.prepare(recipe, dataset, 1)
    clips = prepared.clips
    original, seen = Recognizer.fit, []

    def fit(self, X, y, groups=None):
        seen.append((list(X.rows), list(y), list(groups)))
        return original(self, X, y, groups)

    monkeypatch.setattr(Recognizer, "fit", fit)
    tested = []
    for fold in task.folds(dataset, protocol, 0):
        predictions = task.run(recipe, prepared, fold, 0)["predictions"]
        mine = {(p["dataset"], p["subject"]) for p in predictions}
        rows, labels, groups = seen[-1]
        trained = [clips[row] for row in rows]
        if protocol == SAMPLE_WISE:
            assert [f"{p['dataset']}/{p['subject']}/{p['clip']}" for p in predictions] == [*fold.tested]
            assert not fold.tested & {sample_of(clip) for clip in trained}
            assert mine < {(clip.dataset, clip.subject) for clip in trained}
        else:
            assert {f"{dataset}/{subject}" for dataset, subject in mine} == fold.tested
            assert not mine & {(clip.dataset, clip.subject) for clip in trained}
        assert labels == [clip.label for clip in trained]
        assert groups == [subject_of(clip) for clip in trained]
        tested += [(p["dataset"], p["subject"], p["clip"]) for p in predictions]
        if protocol in ("loso", SAMPLE_WISE):
            assert {clip.dataset for clip in trained} == {dataset for dataset, _ in mine}
        elif protocol in ACROSS:
            assert not {clip.dataset for clip in trained} & {dataset for dataset, _ in mine}
        else:
            assert len(predictions) + len(trained) == len(clips)
    assert len(tested) == len(set(tested)) == len(clips)


def test_a_fold_that_would_leak_cannot_be_made():
    with pytest.raises(ValueError, match="fold x: b is tested and trained on"):
        Fold("x", frozenset("ab"), frozenset("bc"))


def test_another_seed_deals_other_folds():
    databases = {f"d/{s}": "d" for s in range(20)}
    assert make_folds("k-fold-by-subject", databases, 0) != make_folds("k-fold-by-subject", databases, 1)


def test_each_protocol_has_rows_and_a_table_of_its_own(root, tmp_path):
    for protocol in (None, *PROTOCOLS):
        scores = run_all(root, tmp_path, protocol=protocol)
    names = dict.fromkeys(score["dataset"] for score in scores)
    assert set(names) == {"flow-images"} | {f"flow-images ({p})" for p in PROTOCOLS if p != "composite"}
    found = Rows(tmp_path).results()
    assert len(found) == 2 * len(PROTOCOLS)  # without a name the protocol of this dataset is `composite`
    assert {rows[0]["protocol"] for rows in found} == set(PROTOCOLS)
    for score in scores:
        protocol = score["dataset"].removeprefix("flow-images").strip(" ()") or "composite"
        assert f"protocol:{protocol}|" in score["signature"]
    values = {(s["dataset"], s["recipe"]): s["value"] for s in scores if s["metric"] == "ece"}
    assert all(0 <= value <= 1 for value in values.values())


def test_protocols_over_several_databases_take_all_datasets_as_one(root):
    dataset = load_dataset("flow-images", root)
    one, other = ([clip for clip in dataset.clips if clip.dataset == name] for name in ("casme2", "smic"))
    joined = join_datasets([replace(dataset, name="a", clips=one), replace(dataset, name="b", clips=other)])
    assert joined.name == "a+b"
    (experiment,) = plan(joined, recipes=("flow-svm",), protocol="cross-database")
    assert [fold.name for fold in experiment.folds] == ["casme2 -> smic", "smic -> casme2"]
    (experiment,) = plan(replace(dataset, clips=one), recipes=("flow-svm",))
    assert (experiment.protocol, experiment.dataset) == ("loso", "flow-images")


@pytest.mark.parametrize(
    ("error", "reason"), [(InputError("broken"), "broken"), (KeyError("broken"), "unexpected KeyError: 'broken'")]
)
def test_a_failing_fold_is_named_and_leaves_the_others_their_rows(root, tmp_path, monkeypatch, error, reason):
    task = type(TASKS["recognition"])
    original = task.run

    def run_one(self, recipe, prepared, fold, seed):
        if recipe.name == "majority" and fold.name == "smic/s02":
            raise error
        return original(self, recipe, prepared, fold, seed)

    monkeypatch.setattr(task, "run", run_one)
    outcome = run_experiments(("flow-images",), root, (), RECIPES, output=tmp_path)
    assert outcome.failures == [f"majority on flow-images, fold smic/s02: {reason}"]
    assert [found[0]["recipe"] for found in outcome.results] == ["flow-svm"]
    assert (outcome.computed, outcome.reused) == (7, 0)
    monkeypatch.setattr(task, "run", original)
    outcome = run_experiments(("flow-images",), root, (), RECIPES, output=tmp_path)
    assert (outcome.failures, outcome.computed, outcome.reused) == ([], 1, 7)


def test_what_cannot_be_prepared_leaves_the_others_their_rows(root, tmp_path, monkeypatch):
    task = type(TASKS["recognition"])
    original = task.prepare

    def prepare(self, recipe, *others):
        if recipe.name == "majority":
            raise RuntimeError("a fault\nof two lines")
        return original(self, recipe, *others)

    monkeypatch.setattr(task, "prepare", prepare)
    outcome = run_experiments(("flow-images",), root, (), RECIPES, output=tmp_path)
    assert outcome.failures == ["majority on flow-images: unexpected RuntimeError: a fault of two lines"]
    assert [found[0]["recipe"] for found in outcome.results] == ["flow-svm"]


def test_two_runs_into_one_folder_both_end_well(root, tmp_path):
    dataset = load_dataset("flow-images", root)
    (experiment,) = plan(dataset, recipes=("flow-svm",))
    one, two = Rows(tmp_path), Rows(tmp_path)
    run_batch([(experiment, dataset)], one, 1, Outcome())
    run_batch([(experiment, dataset)], two, 1, Outcome())
    for line in (tmp_path / "rows.jsonl").read_text().splitlines():
        json.loads(line)
    assert write_tables(Rows(tmp_path).results(), tmp_path) == write_tables(one.results(), tmp_path)


def test_what_does_not_exist_is_named(root, tmp_path):
    for options, message in [
        ({"tasks": ("dance",)}, "--task 'dance' is not known"),
        ({"recipes": ("lbp-top-svm",)}, "no lbp-top-svm fits flow-images"),
        ({"datasets": ("casme9",)}, "dataset 'casme9' is not known"),
        ({"protocol": "hold-out"}, "--protocol 'hold-out' is not known"),
        ({"protocol": "composite", "tasks": ("spotting",)}, "no spotting fits flow-images under --protocol composite"),
    ]:
        arguments = {"datasets": ("flow-images",), "root": root, "output": tmp_path, **options}
        with pytest.raises(InputError, match=message):
            run_experiments(**arguments)
    outcome = run_experiments(("flow-images",), root, recipes=("none", "majority"), output=tmp_path)
    assert outcome.failures[0].startswith("recipe 'none' is not known; choose one of")
    assert [found[0]["recipe"] for found in outcome.results] == ["majority"]
    with pytest.raises(InputError, match="needs --data-root"):
        run_experiments(("flow-images",), None, output=tmp_path)
