"""Clips and videos in which nothing can be seen: named once, counted, predicted without a look; others go on."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from baselines.datasets.records import Clip, Dataset, Event
from baselines.experiments.plan import _tell_apexes
from baselines.faces.clips import onset_and_apex

RECIPES = {
    "majority": 0, "hoof-svm": 2, "softnet-rule": 1, "regional-contrast-fitted": 1, "softnet-rule+majority": 1,
    "regional-contrast+flow-svm": 3, "vqa-rules": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def spoiled(corpus, tmp_path_factory):
    """The corpus with a clip that shows no face, one whose pictures are broken, and a video that is rubbish."""
    root = tmp_path_factory.mktemp("spoiled") / "synthetic"
    shutil.copytree(corpus, root)
    for number, path in enumerate(sorted((root / "clips/sub01/c02").iterdir())):
        noise = np.random.default_rng(number).integers(0, 256, (96, 96), dtype=np.uint8)
        Image.fromarray(noise).convert("RGB").save(path)
    for path in sorted((root / "clips/sub02/c01").iterdir()):
        path.write_bytes(path.read_bytes()[:300])
    (root / "long/sub03/long.avi").write_text("rubbish")
    return root


def rows_of(out):
    return [json.loads(line) for line in (out / "rows.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def run(spoiled, tmp_path_factory):
    """What run-all wrote of it, and what it told."""
    from click.testing import CliRunner

    from cli import main

    out = tmp_path_factory.mktemp("run") / "out"
    chosen = [word for recipe in RECIPES for word in ("--recipe", recipe)]
    words = ["run-all", "--data-root", str(spoiled), "--jobs", "1", "--output", str(out), *chosen]
    return out, CliRunner().invoke(main, words)


def test_one_bad_clip_stops_nothing_and_is_counted(run):
    out, done = run
    assert done.exit_code == 0, done.stderr
    with open(out / "scores.csv", newline="") as file:
        scores = list(csv.DictReader(file))
    assert {score["recipe"]: int(score["n_failed"]) for score in scores} == RECIPES
    assert {score["recipe"] for score in scores if score["signature"].endswith("|unseen.without_a_look")} == {
        recipe for recipe, failed in RECIPES.items() if failed
    }
    numbers = {(score["recipe"], score["n"]) for score in scores if score["subset"] == "all"}
    assert {n for recipe, n in numbers if recipe == "hoof-svm"} == {n for recipe, n in numbers if recipe == "majority"}


def test_what_cannot_be_seen_is_named_once(run):
    lines = [line for line in run[1].stderr.splitlines() if "without a look" in line]
    assert len(lines) == 3
    by_name = {name: next(line for line in lines if name in line) for name in ("c02 of", "c01 of", "long of")}
    assert "hoof-svm, regional-contrast+flow-svm, vqa-rules: c02 of subject sub01, synthetic:" in by_name["c02 of"]
    assert "no face found in" in by_name["c02 of"]
    assert "not a readable image" in by_name["c01 of"]
    assert "long.avi: not a readable video" in by_name["long of"]


def test_its_prediction_needs_no_look(run):
    rows = [row for row in rows_of(run[0]) if row["task"] in ("recognition", "spotting")]
    for row in (row for row in rows if row["recipe"] == "hoof-svm"):
        floor = next(other for other in rows if other["recipe"] == "majority" and other["fold"] == row["fold"])
        blind = {sample["clip"]: sample["prediction"] for sample in floor["predictions"]}
        mine = {sample["clip"]: sample for sample in row["predictions"]}
        assert mine.keys() == blind.keys()
        for one in row.get("failed", ()):
            shares = mine[one["name"]]["probabilities"]
            assert sum(shares.values()) == pytest.approx(1, abs=1e-3)
            assert mine[one["name"]]["prediction"] == max(sorted(shares), key=shares.get)
    (row,) = (row for row in rows if row["recipe"] == "softnet-rule" and row["fold"].endswith("sub03"))
    assert row["truth"]
    assert not row["predictions"]


def test_strict_lets_the_recipes_fail(run, spoiled, megc):
    again = megc("run-all", "--data-root", spoiled, "--jobs", 1, "--output", run[0], "--strict", "--recipe", "majority",
                 "--recipe", "hoof-svm")  # fmt: skip
    assert again.exit_code == 1
    assert "error: hoof-svm: c02 of subject sub01, synthetic" in again.stderr
    assert "hoof-svm" not in (run[0] / "scores.csv").read_text()


def test_training_leaves_it_out_and_says_so(spoiled, megc, tmp_path):
    train = ("train", "--dataset", "synthetic", "--data-root", spoiled, "--recipe", "hoof-svm", "--jobs", 1)
    done = megc(*train, "--output", tmp_path / "a.model")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("left out of the training") == 2
    assert "hoof-svm on 10 clips" in done.stderr
    strict = megc(*train, "--strict", "--output", tmp_path / "b.model")
    assert strict.exit_code == 2
    assert "no face found" in strict.stderr
    assert not (tmp_path / "b.model").exists()


def test_a_folder_where_nothing_can_be_seen_is_an_error(spoiled, megc, tmp_path):
    root = tmp_path / "all" / "clips"
    shutil.copytree(spoiled / "clips/sub02/c01", root / "v1")
    (root / "videos.csv").write_text("subject,video,path,fps\ns1,v1,v1,100\n")
    (root / "events.csv").write_text("subject,video,onset,apex,offset,emotion\ns1,v1,1,2,4,happiness\n")
    done = megc(
        "run-all", "--dataset", "manifest", "--data-root", root, "--recipe", "hoof-svm", "--output", tmp_path / "o"
    )
    assert done.exit_code in (1, 2)
    assert "not a readable image" in done.stderr


def test_an_apex_that_is_the_onset_is_spotted(corpus):
    from baselines.datasets import load_dataset

    clip = load_dataset("synthetic", corpus).clips[0]
    onset_is_apex = Clip(clip.dataset, clip.subject, clip.name, clip.frames, clip.fps, Event(1, len(clip.frames), 1))
    found, spotted = (onset_and_apex(onset_is_apex, apex=apex) for apex in ("annotated", "spotted"))
    np.testing.assert_array_equal(found, spotted)
    assert (found[0] != found[1]).any()
    dataset = Dataset("synthetic", clips=[clip, onset_is_apex])
    with pytest.warns(UserWarning, match="synthetic: 1 of 2 clips have their apex at the onset; it is spotted in them"):
        _tell_apexes([dataset])
