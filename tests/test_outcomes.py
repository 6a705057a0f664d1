"""What stands behind the figures: each class, each subject, confusions; and the files of predictions that hold it."""

import csv
import json
import random

import pytest
from runs import answered, experiment, recognized, spotted, strs, write_run
from sklearn.metrics import classification_report, confusion_matrix

from baselines.experiments.rows import Rows
from baselines.experiments.tasks import TASKS, score_of
from baselines.report.tables import write_tables
from baselines.scoring.outcomes import classes_of, confusion, outcomes_of, per_class, per_subject

CLASSES = ("negative", "positive", "surprise", "others")

pytestmark = pytest.mark.filterwarnings("ignore:.*no note on")  # made by hand, without them


def guessed(recipe="guess", seed=0, dataset="d", databases=("smic", "samm")):
    """A recognition experiment with labels and predictions by chance, and probabilities."""
    rng, rows = random.Random(f"{recipe} {seed} {dataset}"), []
    for fold in range(8):
        predictions = []
        for n in range(rng.randrange(3, 9)):
            shares = [rng.random() for _ in CLASSES]
            probabilities = {name: round(p / sum(shares), 4) for name, p in zip(CLASSES, shares)}
            clip = {"dataset": databases[fold % 2], "subject": f"s{fold // 2}", "clip": f"c{n}"}
            label = rng.choice(CLASSES[:3])
            predictions.append(
                clip | {"label": label, "prediction": rng.choice(CLASSES[:3]), "probabilities": probabilities}
            )
        rows.append(experiment("recognition", recipe, dataset, seed, fold) | {"predictions": predictions})
    return rows


def events(task, recipe="guess", seed=0, dataset="d"):
    """A spotting or str experiment with intervals by chance near the events, on two databases with equal names."""
    rng, rows = random.Random(f"{task} {recipe} {seed}"), []
    for fold in range(6):
        whose = {"dataset": ("a", "b")[fold % 2], "subject": f"s{fold // 2}"}
        sides = {"truth": [], "predictions": []}
        for n in range(8):
            for side in sides:
                onset = 40 * n + rng.randrange(1, 12)
                event = whose | {
                    "video": f"v{n % 2}",
                    "onset": onset,
                    "offset": onset + 12,
                    "type": rng.choice(("micro", "macro")),
                }
                event |= {"emotion": rng.choice(CLASSES[:3])} if task == "str" else {}
                sides[side] += [event] if rng.random() < 0.8 else []
        rows.append(experiment(task, recipe, dataset, seed, fold) | sides)
    return rows


def test_each_class_is_as_scikit_learn_has_it():
    rows = guessed()
    clips = [clip for fold in rows for clip in fold["predictions"]]
    truth, predicted = ([clip[side] for clip in clips] for side in ("label", "prediction"))
    expected = classification_report(truth, predicted, output_dict=True, zero_division=0)
    outcomes = outcomes_of("recognition", rows)[""]
    for found in per_class(outcomes):
        of_class = expected[found.label]
        assert found[1:] == pytest.approx(
            (of_class["precision"], of_class["recall"], of_class["f1-score"], of_class["support"])
        )
    assert [found.label for found in per_class(outcomes)] == sorted(set(truth))
    assert confusion(outcomes)[:, :-1].tolist() == confusion_matrix(truth, predicted).tolist()


def test_a_class_that_is_never_predicted_and_a_prediction_of_no_class():
    rows = recognized("x", bool, subjects=1)
    rows[0]["predictions"] = [
        {"dataset": "d", "subject": "s", "clip": str(n), "label": label, "prediction": prediction}
        for n, (label, prediction) in enumerate([("a", "b"), ("b", "b"), ("b", "z")])
    ]
    outcomes = outcomes_of("recognition", rows)[""]
    assert per_class(outcomes) == [("a", 0.0, 0.0, 0.0, 1), ("b", 0.5, 0.5, 0.5, 2)]
    assert confusion(outcomes).tolist() == [[0, 1, 0], [0, 1, 1]]
    assert per_subject(outcomes) == [("d", "s", 3, 3, 1, 1 / 3)]


@pytest.mark.parametrize("task", ["spotting", "str"])
def test_outcomes_of_events_add_up_to_the_figures(task):
    rows = events(task)
    kind = TASKS[task].scored_as
    sides = score_of(task).sides(rows)
    result = score_of(task).scores(sides.truth, sides.predictions, resamples=0)
    counts = result["overall"] if task == "spotting" else result["spotting"]
    outcomes = outcomes_of(kind, rows)[""]
    found = [outcome for outcome in outcomes if None not in outcome[2:]]
    assert len(found) == counts["tp"]
    assert sum(outcome.truth is None for outcome in outcomes) == counts["fp"]
    assert sum(outcome.prediction is None for outcome in outcomes) == counts["fn"]
    subjects = per_subject(outcomes)
    assert {(one.dataset, one.subject) for one in subjects} == {(d, f"s{n}") for d in "ab" for n in range(3)}
    assert sum(one.n for one in subjects) == len(sides.truth)
    assert sum(one.predicted for one in subjects) == len(sides.predictions)
    if task == "spotting":
        assert sum(one.right for one in subjects) == counts["tp"]
        total = 2 * counts["tp"] / (len(sides.truth) + len(sides.predictions))
        assert total == pytest.approx(counts["f1"])
    else:
        f1 = [figures.f1 for figures in per_class(outcomes)]
        assert sum(f1) / len(f1) == pytest.approx(result["analysis"]["uf1"])
        assert confusion(outcomes).sum() == counts["tp"]


def test_an_event_without_a_class_counts_as_spotted_only():
    rows = strs("x", "negative")
    for event in rows[0]["truth"]:
        event["emotion"] = ""
    outcomes = outcomes_of("strs", rows)[""]
    assert classes_of(outcomes) == ["negative"]
    assert confusion(outcomes).sum() == sum(len(row["truth"]) for row in rows[1:])


def test_questions_for_classes_are_told_apart():
    found = outcomes_of("vqa", answered("x", "Positive."))
    assert set(found) == {"coarse", "fine", "event_type"}
    assert not found["fine"]
    sides = score_of("vqa").sides(answered("x", "Positive."))
    coarse = score_of("vqa").scores(sides.truth, sides.predictions, resamples=0)["coarse"]
    assert sum(one.right for one in per_subject(found["coarse"])) == coarse["accuracy"] * coarse["n"]
    f1 = [figures.f1 for figures in per_class(found["coarse"])]
    assert sum(f1) / len(f1) == pytest.approx(coarse["uf1"])


def read(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def folder(tmp_path):
    runs = [guessed(), guessed(seed=1), guessed("other, one"), guessed(dataset="two", databases=("smic", "smic2"))]
    runs += [
        events(task, recipe, seed) for task in ("spotting", "str") for recipe in ("guess", "more") for seed in (0, 1)
    ]
    write_run(tmp_path, *runs, answered("ask", "negative"))
    write_tables(Rows(tmp_path).results(), tmp_path)
    return tmp_path


def test_predictions_are_written_a_row_a_sample(folder):
    rows = read(folder / "predictions-recognition.csv")
    assert list(rows[0]) == [
        *("recipe", "seed", "table", "protocol", "fold", "dataset", "subject", "clip", "label", "prediction"),
        *("p_negative", "p_others", "p_positive", "p_surprise"),
    ]
    assert len(rows) == sum(
        len(row["predictions"]) for row in Rows(folder).rows.values() if row["task"] == "recognition"
    )
    first = guessed()[0]["predictions"][0]
    mine = next(
        row for row in rows if (row["recipe"], row["seed"], row["table"], row["clip"]) == ("guess", "0", "d", "c0")
    )
    assert {name: mine[name] for name in ("subject", "label", "prediction")}.items() <= first.items()
    assert float(mine["p_positive"]) == first["probabilities"]["positive"]
    asked = read(folder / "predictions-vqa.csv")
    assert [row["prediction"] for row in asked[:2]] == ["negative", "positive"]
    spotted_events = read(folder / "predictions-spotting.csv")
    assert {(row["side"], row["result"]) for row in spotted_events} == {
        ("truth", "tp"), ("truth", "fn"), ("predictions", "tp"), ("predictions", "fp")
    }  # fmt: skip
    one = [row for row in spotted_events if (row["recipe"], row["seed"]) == ("guess", "0")]
    hits = [sum((row["side"], row["result"]) == (side, "tp") for row in one) for side in ("truth", "predictions")]
    assert hits[0] == hits[1] > 0


def test_the_order_of_rows_on_disk_changes_no_file(folder):
    before = {path.name: path.read_bytes() for path in folder.glob("*.csv") if path.name != "timings.csv"}
    lines = (folder / "rows.jsonl").read_text().splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    (folder / "rows.jsonl").write_text("".join(lines))
    write_tables(Rows(folder).results(), folder)
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert len(before) == 5


def test_predictions_of_tasks_that_are_gone_are_taken_away(folder):
    (folder / "rows.jsonl").unlink()
    write_run(folder, guessed())
    write_tables(Rows(folder).results(), folder)
    assert sorted(path.name for path in folder.glob("predictions-*")) == ["predictions-recognition.csv"]


def chosen(recipe, seed, table="d"):
    return [word for value in (f"recipe={recipe}", f"seed={seed}", f"table={table}") for word in ("--where", value)]


@pytest.mark.parametrize(
    ("recipe", "seed", "table"), [("guess", 0, "d"), ("guess", 1, "d"), ("other, one", 0, "d"), ("guess", 0, "two")]
)
def test_scored_predictions_of_clips_give_the_figures_of_the_tables(megc, folder, recipe, seed, table):
    file = folder / "predictions-recognition.csv"
    done = megc("score", "recognition", "--predictions", file, *chosen(recipe, seed, table), "--seed", seed, "--json")
    result = json.loads(done.stdout)
    mine = [
        row for row in read(folder / "scores.csv")
        if (row["task"], row["recipe"], row["seed"], row["dataset"]) == ("recognition", recipe, str(seed), table)
    ]  # fmt: skip
    assert {row["metric"] for row in mine} == {"uf1", "uar", "accuracy", "ece"}
    for row in mine:
        figures, ci = result, result["ci"]
        if row["subset"] != "all":
            figures, ci = (tree["per_dataset"][row["subset"]] for tree in (figures, ci))
        assert round(figures[row["metric"]], 4) == float(row["value"])
        assert [round(bound, 4) for bound in ci[row["metric"]]] == [float(row["ci_low"]), float(row["ci_high"])]
        assert result["signature"] == row["signature"]


@pytest.mark.parametrize(
    ("kind", "task", "places"),
    [
        ("spotting", "spotting", ("overall f1", "overall recall", "micro f1", "macro precision")),
        ("strs", "str", ("all strs", "all spotting_f1", "all analysis_uf1")),
    ],
)
def test_scored_predictions_of_events_give_the_figures_of_the_tables(megc, folder, kind, task, places):
    file = folder / f"predictions-{task}.csv"
    done = megc("score", kind, "--truth", file, "--predictions", file, *chosen("more", 1), "--seed", 1, "--json")
    result = json.loads(done.stdout)
    rows = {
        (row["subset"], row["metric"]): row for row in read(folder / "scores.csv")
        if (row["task"], row["recipe"], row["seed"]) == (task, "more", "1")
    }  # fmt: skip
    for place in map(str.split, places):
        path = place if place[0] != "all" else place[1].split("_")
        value, bounds = result, result["ci"]
        for name in path:
            value, bounds = value[name], bounds[name]
        row = rows[tuple(place)]
        assert round(value, 4) == float(row["value"])
        assert [round(bound, 4) for bound in bounds] == [float(row["ci_low"]), float(row["ci_high"])]


def test_several_experiments_in_a_file_are_refused_with_how_to_choose(megc, folder):
    file = folder / "predictions-recognition.csv"
    done = megc("score", "recognition", "--predictions", file)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {file}: holds 2 recipes, 2 seeds, 2 tables; choose one, "
        "as with --where recipe=guess --where seed=0 --where table=d\n"
    )
    assert megc("score", "recognition", "--predictions", file, *chosen("guess", 0)).exit_code == 0


@pytest.mark.parametrize(("condition", "told"), [
    ("recipe=gues", "no such row; did you mean 'guess'?"),
    ("recip=guess", "no such column; did you mean 'recipe'?"),
    ("guess", "expected COLUMN=VALUE"),
])  # fmt: skip
def test_a_condition_that_nothing_meets_is_one_line(megc, folder, condition, told):
    done = megc("score", "recognition", "--predictions", folder / "predictions-recognition.csv", "--where", condition)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert told in done.stderr


def test_conditions_need_a_file_of_a_run(megc, write):
    file = write("p.csv", "dataset,subject,clip,label,prediction\nd,s,c,a,a\n")
    done = megc("score", "recognition", "--predictions", file, "--where", "recipe=x")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "no file that run-all wrote" in done.stderr


@pytest.mark.parametrize(("old", "new", "told"), [
    (",0.", ",x.", "expected a share from 0 to 1"),
    (",c0,", ",c1,", "duplicate of"),
])  # fmt: skip
def test_a_damaged_file_of_predictions_is_one_line(megc, folder, old, new, told):
    file = folder / "predictions-recognition.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text(lines[0] + "".join([lines[1].replace(old, new, 1), *lines[2:]]))
    done = megc("score", "recognition", "--predictions", file, *chosen("guess", 0))
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert told in done.stderr
    assert "row " in done.stderr


def test_a_side_that_is_neither_is_refused(megc, folder):
    file = folder / "predictions-spotting.csv"
    file.write_text(file.read_text().replace(",truth,", ",true,", 1))
    done = megc("score", "spotting", "--truth", file, "--predictions", file, *chosen("guess", 0))
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "side is 'true'; expected truth or predictions" in done.stderr


def test_pairs_of_databases_are_scored_as_in_the_tables(megc, tmp_path):
    """A clip that is tested in several folds counts in each."""
    rows = []
    for n, (tested, trained) in enumerate([("smic", "samm"), ("smic", "casme2"), ("samm", "smic")]):
        fold = guessed(f"r{n}", databases=(tested, tested))
        clips = [clip | {"clip": f"{k}"} for k, clip in enumerate(clip for row in fold for clip in row["predictions"])]
        one = experiment("recognition", "r", "d", 0, n)
        rows.append(one | {"fold": f"{trained} -> {tested}", "predictions": clips})
    write_run(tmp_path, rows)
    text = (tmp_path / "rows.jsonl").read_text().replace('"protocol": "loso"', '"protocol": "cross-database"')
    (tmp_path / "rows.jsonl").write_text(text)
    write_tables(Rows(tmp_path).results(), tmp_path)
    scores = {(row["subset"], row["metric"]): row for row in read(tmp_path / "scores.csv")}
    file = tmp_path / "predictions-recognition.csv"
    result = json.loads(megc("score", "recognition", "--predictions", file, "--json").stdout)
    assert round(result["uf1"], 4) == float(scores["all", "uf1"]["value"])
    assert result["signature"] == scores["all", "uf1"]["signature"]
    where = ("--where", "fold=casme2 -> smic")
    result = json.loads(megc("score", "recognition", "--predictions", file, *where, "--json").stdout)
    assert round(result["uf1"], 4) == float(scores["casme2 -> smic", "uf1"]["value"])


def test_a_lone_recipe_that_spots_nothing_has_no_predictions(megc, tmp_path):
    write_run(tmp_path, [row | {"predictions": []} for row in spotted("mdmd", 0)])
    write_tables(Rows(tmp_path).results(), tmp_path)
    file = tmp_path / "predictions-spotting.csv"
    result = json.loads(megc("score", "spotting", "--truth", file, "--predictions", file, "--json").stdout)
    assert (result["overall"]["tp"], result["overall"]["fn"]) == (0, 8)
