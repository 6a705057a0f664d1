"""Tables of results: comparison with the floor recipe, published figures beside our own."""

import csv

import pytest
from runs import answered, cell, recognized, spotted, strs, write_run

from baselines.experiments.rows import Rows
from baselines.report.floors import COLUMNS
from baselines.report.tables import SCORE_COLUMNS, markdown_tables, score_rows, write_tables
from baselines.scoring.kinds import SCORES

pytestmark = pytest.mark.filterwarnings("ignore:.*no note on")  # made by hand, without them


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


def grid(folder, seeds=(0,)):
    """A folder of a floor, a recipe in four cells and one in its own, whose cells get the more clips right."""
    named = [cell("flow-svm", classifier__C=C, representation__blocks=b) for C in (1.0, 10.0) for b in ([2, 2], [4, 4])]
    named += [cell("hoof-svm"), ("majority", {"base": "majority", "varied": {}, "settings": {}, "floor": True})]
    rights = [lambda n, k=k: n < k for k in (1, 2, 3, 4, 5, 2)]
    runs = [recognized(name, right, seed=seed) for (name, _), right in zip(named, rights) for seed in seeds]
    return write_run(folder, *runs, notes=dict(named))


def tabled(folder):
    scores = write_tables(Rows(folder).results(), folder)
    with open(folder / "scores.csv", newline="") as stream:
        return scores, list(csv.DictReader(stream))


def test_what_is_varied_has_columns_of_its_own(tmp_path):
    scores, rows = tabled(grid(tmp_path))
    assert tuple(rows[0]) == (*SCORE_COLUMNS, "base", "classifier.C", "representation.blocks")
    told = {row["recipe"]: (row["base"], row["classifier.C"], row["representation.blocks"]) for row in rows}
    assert told == {
        "flow-svm (classifier.C=1.0, representation.blocks=[2,2])": ("flow-svm", "1.0", "[2,2]"),
        "flow-svm (classifier.C=1.0, representation.blocks=[4,4])": ("flow-svm", "1.0", "[4,4]"),
        "flow-svm (classifier.C=10.0, representation.blocks=[2,2])": ("flow-svm", "10.0", "[2,2]"),
        "flow-svm (classifier.C=10.0, representation.blocks=[4,4])": ("flow-svm", "10.0", "[4,4]"),
        "hoof-svm": ("hoof-svm", "", ""),
        "majority": ("majority", "", ""),
    }
    assert {score["classifier.C"] for score in scores} == {None, 1.0, 10.0}
    header, line = (
        next(line for line in (tmp_path / "scores.md").read_text().splitlines() if line.startswith(start)).split("|")
        for start in ("| recipe ", "| flow-svm | 10.0 ")
    )
    assert [text.strip() for text in header[1:4]] == ["recipe", "classifier.C", "representation.blocks"]
    assert [text.strip() for text in line[1:4]] == ["flow-svm", "10.0", "[2,2]"]


def test_settings_that_were_not_varied_stand_where_others_vary_them(tmp_path):
    name, note = cell("flow-svm", classifier__C=1.0)
    plain = {"base": "hoof-svm", "varied": {}, "settings": {"classifier.C": 0.5, "classifier": "svm"}, "floor": False}
    runs = [recognized(name, bool), recognized("hoof-svm", bool), spotted("mdmd", 1)]
    _, rows = tabled(write_run(tmp_path, *runs, notes={name: note, "hoof-svm": plain}))
    assert {row["recipe"]: row["classifier.C"] for row in rows} == {name: "1.0", "hoof-svm": "0.5", "mdmd": ""}
    assert "classifier.C" not in (tmp_path / "scores.md").read_text().partition("### spotting")[2]


def test_without_anything_varied_the_columns_are_the_same_with_notes_and_without(tmp_path):
    runs = [recognized("majority", bool), recognized("flow-svm", lambda n: n != 4)]
    settings = {"classifier.C": 1.0}
    notes = {"flow-svm": {"base": "flow-svm", "varied": {}, "settings": settings, "floor": False}}
    notes["majority"] = {"base": "majority", "varied": {}, "settings": {}, "floor": True}
    for name, told in (("with", notes), ("without", {})):
        tabled(write_run(tmp_path / name, *runs, notes=told))
    for file in ("scores.csv", "scores.md"):
        assert (tmp_path / "with" / file).read_bytes() == (tmp_path / "without" / file).read_bytes()
    assert tuple(tabled(tmp_path / "with")[1][0]) == SCORE_COLUMNS


def test_a_recipe_is_a_floor_as_its_note_says(tmp_path):
    runs = [recognized("majority", lambda n: n < 2), recognized("flow-svm", bool), recognized("mine", lambda n: n < 3)]
    note = {"base": "x", "varied": {}, "settings": {}}
    notes = {"mine": note | {"floor": True}, "majority": note | {"floor": False}}
    scores, _ = tabled(write_run(tmp_path, *runs, notes=notes))
    assert {name: score["versus"] for name, score in by(scores, "uf1").items()} == {
        "majority": "mine", "flow-svm": "mine", "mine": None
    }  # fmt: skip


def test_cells_that_their_columns_do_not_tell_apart_keep_their_names(tmp_path):
    runs = [recognized(name, bool) for name in ("a (k=1)", "a (k=1, again)")]
    note = {"base": "a", "varied": {"k": 1}, "settings": {"k": 1}, "floor": False}
    tabled(write_run(tmp_path, *runs, notes={rows[0]["recipe"]: note for rows in runs}))
    assert "| a (k=1, again)" in (tmp_path / "scores.md").read_text()


def test_seeds_are_told_apart(tmp_path):
    tabled(grid(tmp_path, seeds=(0, 3)))
    assert "| flow-svm (seed 3) | 10.0 " in (tmp_path / "scores.md").read_text()


def test_damaged_rows_cost_their_own_experiment_only(tmp_path):
    bad = [row | {"predictions": [1, 2]} for row in recognized("bad", bool)]
    good = recognized("good", bool)
    with pytest.warns(UserWarning, match="^bad on flow-images: no figures"):
        write_tables([bad, good], tmp_path)
    with open(tmp_path / "scores.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["recipe"] for row in rows} == {"good"}
    with open(tmp_path / "predictions-recognition.csv", newline="") as stream:
        assert {row["recipe"] for row in csv.DictReader(stream)} == {"good"}
