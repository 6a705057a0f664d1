"""Tables of results: comparison with the floor recipe, published figures beside our own."""

import csv

import pytest

from baselines.report.floors import COLUMNS
from baselines.report.tables import SCORE_COLUMNS, markdown_tables, score_rows, write_tables
from baselines.scoring.kinds import SCORES

CLASSES = ("negative", "positive", "surprise")


def recognized(recipe, right, dataset="flow-images", seed=0, subjects=6):
    """Rows of a recognition experiment on two databases; `right(n)` tells which of 6 clips a subject are right."""
    rows = []
    for fold in range(subjects):
        clips = [{"dataset": ("smic", "samm")[fold % 2], "subject": f"s{fold}", "clip": str(n)} for n in range(6)]
        labels = [(CLASSES[n % 3], CLASSES[(n + (not right(n))) % 3]) for n in range(6)]
        predictions = [clip | dict(zip(("label", "prediction"), pair)) for clip, pair in zip(clips, labels)]
        rows.append(experiment("recognition", recipe, dataset, seed, fold) | {"predictions": predictions})
    return rows


def spotted(recipe, hits, subjects=4):
    """Rows of a spotting experiment: one micro- and one macro-expression a subject, `hits` (of 2) found."""
    rows = []
    for fold in range(subjects):
        truth = [
            {"subject": f"s{fold}", "video": "v", "onset": 10 + 100 * n, "offset": 19 + 100 * n, "type": kind}
            for n, kind in enumerate(("micro", "macro"))
        ]
        sides = {"truth": truth, "predictions": truth[:hits] if fold else truth}
        rows.append(experiment("spotting", recipe, "d", 0, fold) | sides)
    return rows


def strs(recipe, emotion, subjects=4):
    rows = spotted(recipe, 2, subjects)
    for row in rows:
        for side, name in (("truth", "negative"), ("predictions", emotion)):
            row[side] = [event | {"emotion": name, "type": "micro"} for event in row[side]]
    return [row | {"task": "str"} for row in rows]


def answered(recipe, answer, subjects=4):
    rows = []
    for fold in range(subjects):
        asked = {"dataset": "d", "subject": f"s{fold}", "question": "What is the coarse expression class?"}
        answers = [("negative", answer), ("positive", "positive")]
        predictions = [
            asked | {"id": f"{fold}_{n}", "video": f"c{n}", "answer": true, "prediction": found}
            for n, (true, found) in enumerate(answers)
        ]
        rows.append(experiment("vqa", recipe, "d", 0, fold) | {"predictions": predictions})
    return rows


def experiment(task, recipe, dataset, seed, fold):
    fixed = {"task": task, "recipe": recipe, "dataset": dataset, "seed": seed}
    return fixed | {"fold": f"{dataset}/s{fold}", "fold_number": fold, "seconds": 1.0, "growth_mb": 10.0, "kept": {}}


def by(scores, metric, subset="all"):
    return {score["recipe"]: score for score in scores if (score["metric"], score["subset"]) == (metric, subset)}


FLOOR = recognized("majority", lambda n: n % 3 == 0)
BETTER_FLOOR = recognized("flow-pixels-svm", lambda n: n < 3)
RECIPE = recognized("flow-svm", lambda n: n != 4)


def test_recipes_are_compared_with_the_best_floor():
    scores = score_rows([BETTER_FLOOR, FLOOR, RECIPE])
    found = by(scores, "uf1")
    assert found["majority"]["value"] < found["flow-pixels-svm"]["value"] < found["flow-svm"]["value"]
    assert {name: score["versus"] for name, score in found.items()} == {
        "flow-pixels-svm": None, "majority": "flow-pixels-svm", "flow-svm": "flow-pixels-svm"
    }  # fmt: skip
    sides = [[clip for row in rows for clip in row["predictions"]] for rows in (RECIPE, BETTER_FLOOR)]
    expected = SCORES["recognition"].compare(None, *sides)["metrics"]
    for subset, path in (("all", "uf1"), ("smic", "per_dataset.smic.uf1")):
        score, figures = by(scores, "uf1", subset)["flow-svm"], expected[path]
        for column, name in zip(COLUMNS[1:], ("difference", "low", "high", "p")):
            assert score[column] == pytest.approx(figures[name], abs=5e-5)
    assert found["majority"]["difference"] < 0
    assert all(score["versus"] is None for score in scores if score["metric"] != "uf1")


@pytest.mark.parametrize(
    ("floor", "recipe", "metric", "subset"),
    [
        (spotted("softnet-rule", 1), spotted("regional-contrast", 2), "f1", "overall"),
        (strs("softnet-rule+majority", "positive"), strs("regional-contrast+flow-svm", "negative"), "strs", "all"),
        (answered("vqa-prior", "positive"), answered("vqa-rules", "negative"), "coarse_uf1", "all"),
    ],
    ids=["spotting", "str", "vqa"],
)
def test_every_task_compares_its_headline_metric(floor, recipe, metric, subset):
    found = by(score_rows([recipe, floor]), metric, subset)
    mine, theirs = (found[rows[0]["recipe"]] for rows in (recipe, floor))
    assert (mine["versus"], theirs["versus"]) == (theirs["recipe"], None)
    assert mine["difference"] == pytest.approx(mine["value"] - theirs["value"], abs=1e-4)
    assert mine["difference_low"] <= mine["difference"] <= mine["difference_high"]
    assert 0 < mine["p"] <= 1


def test_only_the_same_clips_seed_and_dataset_are_compared():
    for other in (
        recognized("flow-svm", lambda n: True, subjects=5),
        recognized("flow-svm", lambda n: True, seed=1),
        recognized("flow-svm", lambda n: True, dataset="other"),
    ):
        assert all(score["versus"] is None for score in score_rows([FLOOR, other]))
    assert all(score["versus"] is None for score in score_rows([RECIPE]))


def test_a_lone_subject_has_a_difference_without_interval(tmp_path):
    results = [recognized(name, right, subjects=1) for name, right in (("majority", lambda n: False), ("x", bool))]
    score = by(write_tables(results, tmp_path), "uf1")["x"]
    assert score["difference"] == score["value"] > 0
    assert (score["difference_low"], score["p"]) == (None, None)
    assert f"| {score['difference']:+.3f}" in (tmp_path / "scores.md").read_text()


def test_columns_of_the_csv_and_the_markdown(tmp_path):
    scores = write_tables([FLOOR, RECIPE], tmp_path)
    with open(tmp_path / "scores.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == SCORE_COLUMNS
    assert {row["versus"] for row in rows} == {"", "majority"}
    text = (tmp_path / "scores.md").read_text()
    score = by(scores, "uf1")["flow-svm"]
    low, high = score["difference_low"], score["difference_high"]
    cell = f"{score['difference']:+.3f} [{low:+.3f}, {high:+.3f}] p = {score['p']:.3f}"
    assert cell in next(line for line in text.splitlines() if line.startswith("| flow-svm"))
    assert "| vs majority" in text
    assert "paired bootstrap over subjects" in text
    write_tables([FLOOR, RECIPE], tmp_path / "again")
    assert (tmp_path / "again" / "scores.csv").read_bytes() == (tmp_path / "scores.csv").read_bytes()


def test_published_figures_stand_under_the_tables_of_their_database():
    text = markdown_tables(score_rows([FLOOR, RECIPE]))
    title = "Published for flow-images (difference: the recipe under `ours` minus published):"
    assert text.count(title) == 3
    assert text.index("### recognition on flow-images (") < text.index("| AlexNet") < text.index("flow-images: samm")
    after = text[text.index("flow-images: smic") :]
    assert "164 clips, ours 18" in next(line for line in after.splitlines() if line.startswith("| HTNet"))
    assert "Published" not in markdown_tables(score_rows([recognized("majority", bool, dataset="synthetic")]))
