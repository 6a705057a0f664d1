"""Numbers that nobody means: each is refused in one line where it enters, or taken in proportion."""

import csv
import json

import joblib
import pytest
from click.testing import CliRunner

from baselines.cache import cache_bound
from baselines.datasets.names import subject_key
from baselines.errors import InputError
from baselines.formats.challenge import field_text
from baselines.formats.exchange import read
from baselines.parallel import run_parallel, workers
from baselines.scoring.recognition import recognition_scores
from cli import main

EVENTS = "subject,video,onset,offset,type\n"


def told(*arguments):
    """Return the last line of what a command that is refused says."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(f"{EVENTS}s1,v1,10,20,micro\ns2,v2,10,20,micro\n")
    return path


@pytest.mark.parametrize("frame", ["9" * 20, "-" + "9" * 20, "9" * 5000, "1e400", "inf", "nan", str(2**31)])
def test_a_frame_number_beyond_every_video(events, tmp_path, frame):
    path = tmp_path / "p.csv"
    path.write_text(f"{EVENTS}s1,v1,10,{frame},micro\n")
    for truth, predictions in ((events, path), (path, events)):
        line = told("score", "spotting", "--truth", truth, "--predictions", predictions)
        assert line.startswith(f"error: {path} row 2: offset is '{frame[:40]}")
        assert "'; expected a" in line
        assert len(line) < len(str(path)) + 200


@pytest.mark.parametrize("value", ["nan", "inf", "1e300", "0", "-1"])
def test_thresholds_and_rates_that_are_none(events, tmp_path, value):
    score = ("score", "spotting", "--truth", events, "--predictions", events)
    assert told(*score, "--iou", value).startswith("Error: Invalid value for '--iou'")
    for command in (score, ("spot", tmp_path, "--output", "-"), ("explain", tmp_path, "--output", tmp_path / "o")):
        assert told(*command, "--fps", value).startswith("Error: Invalid value for '--fps'")


@pytest.mark.parametrize("option", ["--seconds", "--fast-seconds", "--subjects", "--clips", "--fast"])
@pytest.mark.parametrize("value", ["nan", "1e300", "9" * 30])
def test_a_corpus_is_of_a_size_that_can_be_made(tmp_path, option, value):
    line = told("data", "make-synthetic", tmp_path / "new", option, value)
    assert line.startswith(f"Error: Invalid value for '{option}'")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("seed", [-1, 2**32, 2**64])
def test_seeds_are_those_that_every_library_takes(events, tmp_path, seed):
    for command in (
        ("score", "spotting", "--truth", events, "--predictions", events),
        ("run-all", "--output", tmp_path / "out"),
        ("data", "make-synthetic", tmp_path / "new"),
        ("implants", tmp_path),
    ):
        assert told(*command, "--seed", seed).startswith("Error: Invalid value for '--seed'")


def test_the_largest_seed_scores(events):
    arguments = ["score", "spotting", "--truth", events, "--predictions", events, "--seed", 2**32 - 1]
    assert CliRunner().invoke(main, [str(argument) for argument in arguments]).exit_code == 0


def test_no_workers_are_refused(tmp_path):
    assert "expected 1 or more, or -1 for all cores" in told("spot", tmp_path, "--output", "-", "--jobs", 0)
    assert "--limit" in told("run-all", "--output", tmp_path / "out", "--limit", "9" * 25)
    with pytest.raises(InputError, match="jobs is 0; expected a number of workers"):
        run_parallel(abs, [-1], 0)


def test_workers_are_bounded_by_cores_and_work(monkeypatch):
    asked = []

    class Parallel(joblib.Parallel):
        def __init__(self, n_jobs, **options):
            asked.append(n_jobs)
            super().__init__(1, **options)

    monkeypatch.setattr(joblib, "Parallel", Parallel)
    monkeypatch.setattr(joblib, "cpu_count", lambda: 6)
    assert workers(100_000) == 6
    assert run_parallel(abs, [-1, -2, -3], 100_000) == [1, 2, 3]
    assert run_parallel(abs, range(9), 10**30) == list(range(9))
    assert asked == [3, 6]


@pytest.mark.parametrize("text", ["nan", "-1", "inf", "1e999", "ten", ""])
def test_the_bound_of_the_cache_is_checked_by_every_command(tmp_path, monkeypatch, text):
    kept = tmp_path / "arrays" / "landmarks" / "a.npz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"kept")
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))
    monkeypatch.setenv("MEGC_CACHE_GB", text)
    for command in (("recipes", "list"), ("cite",), ("run-all", "--output", tmp_path / "out")):
        assert told(*command).startswith(f"error: MEGC_CACHE_GB is {text!r}; expected a number of gigabytes")
    assert kept.exists()


def test_the_bound_of_the_cache_holds_after_every_command(tmp_path, monkeypatch):
    kept = tmp_path / "arrays" / "landmarks" / "a.npz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"kept")
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))
    monkeypatch.setenv("MEGC_CACHE_GB", "1")
    assert cache_bound() == 1e9
    assert CliRunner().invoke(main, ["cite"]).exit_code == 0
    assert kept.exists()
    monkeypatch.setenv("MEGC_CACHE_GB", "0")
    assert CliRunner().invoke(main, ["cite"]).exit_code == 0
    assert not kept.exists()


def recognized(path, number, classes, subjects):
    rows = [("d", f"s{k % subjects}", f"c{k}", f"l{k % classes}", f"l{k * 7 % classes}") for k in range(number)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("dataset", "subject", "clip", "label", "prediction"), *rows])
    return path


def test_thousands_of_classes_are_refused(tmp_path):
    path = recognized(tmp_path / "r.csv", 3000, 3000, 3000)
    line = told("score", "recognition", "--predictions", path)
    assert line.startswith(f"error: {path} row 2: 3000 classes, 'l999' one of them; expected at most 100")
    names = ",".join(f"n{k}" for k in range(101))
    line = told("score", "recognition", "--predictions", path, "--classes", names)
    assert line.startswith("error: --classes: 101 classes")


def test_confusions_of_more_subjects_than_fit_are_refused(tmp_path):
    path = recognized(tmp_path / "r.csv", 3000, 100, 3000)
    line = told("score", "recognition", "--predictions", path)
    assert line.startswith(f"error: {path} row 2: 3000 subjects and 100 classes are more than confusions can count")


def test_a_hundred_classes_are_scored():
    rows = [
        {"dataset": "d", "subject": f"s{k % 9}", "clip": str(k), "label": f"l{k % 100}", "prediction": f"l{k % 100}"}
        for k in range(200)
    ]
    assert recognition_scores(rows, resamples=10)["uf1"] == 1


def test_too_many_emotions_of_events_are_refused(tmp_path):
    path = tmp_path / "strs.csv"
    lines = [f"s1,v{k},1,9,l{k}\n" for k in range(3000)]
    path.write_text("subject,video,onset,offset,emotion\n" + "".join(lines))
    line = told("score", "strs", "--truth", path, "--predictions", path)
    assert line.startswith(f"error: {path} row 2: 3000 classes")


@pytest.mark.parametrize("digits", ["7" * 5000, "0" * 5000 + "7"])
def test_names_of_thousands_of_digits(tmp_path, digits):
    path = tmp_path / "p.csv"
    path.write_text(f"{EVENTS}{digits},{digits},10,20,micro\n")
    done = CliRunner().invoke(main, ["score", "spotting", "--truth", str(path), "--predictions", str(path), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["overall"]["tp"] == 1


def test_leading_zeros_of_a_subject_do_not_count():
    assert subject_key(" S007b010 ") == "s7b10"
    assert subject_key("000") == subject_key("0") == "0"
    assert subject_key("100") == "100"


def test_ids_that_are_no_numbers_are_none():
    assert field_text(json.loads('{"id": 1e999}'), "id") == field_text(json.loads('{"id": NaN}'), "id") == ""
    assert field_text({"id": float("inf"), "video_id": 3}, "id") == "3"
    assert field_text({"id": 10**400}, "id") == "1" + "0" * 400  # more than a float holds
    assert field_text({"id": 10**30}, "id") == str(10**30)


@pytest.mark.parametrize(
    "setting", ["bins=1000000000", "blocks=[1,1000000]", "size=100000", "bins=1e9", "bins=nan", "size=0"]
)
def test_features_of_no_sensible_size_are_refused(tmp_path, setting):
    key = setting.partition("=")[0]
    line = told("features", "extract", "hoof", tmp_path, "--set", setting, "--output", tmp_path / "o.npz")
    assert line.startswith(f"error: --set.{key}: ")
    assert "does not suit; expected" in line
    line = told("run-all", "--dry-run", "--recipe", "bi-woof-svm", "--set", f"representation.{setting}")
    assert f"representation.{key}: " in line
    assert "does not suit; expected" in line


@pytest.mark.parametrize(
    ("recipe", "setting"), [("bi-woof-svm", "classifier.C"), ("regional-contrast", "method.overlap")]
)
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_values_of_recipes_that_are_no_numbers(recipe, setting, value):
    line = told("run-all", "--dry-run", "--recipe", recipe, "--set", f"{setting}={value}")
    assert "does not suit; expected" in line


@pytest.mark.parametrize(("rate", "known"), [("9" * 400, False), ("9" * 20, False), ("90000", False), ("200.0", True)])
def test_rates_of_boris_that_no_camera_has(tmp_path, rate, known):
    path = tmp_path / "x.csv"
    header = "Observation id,Media file name,FPS (frame/s),Subject,Behavior,Behavior type,Start (s),Stop (s)"
    path.write_text(f"{header}\nv1,v1.mp4,{rate},s1,micro,STATE,1.0,1.3\n")
    assert bool(read(path).rates) is known


@pytest.mark.parametrize(
    ("recipe", "setting"),
    [
        ("flow-xgb", "classifier.n_estimators=1000000000"),
        ("flow-xgb", "classifier.max_depth=100000000000000000000"),
        ("flow-svm", "classifier.C=1e308"),
        ("roi-flow", "method.window=1e308"),
        ("of-fd-2022", "method.side=1000000000"),
        ("bi-woof-svm", "representation.blocks=[1024,1024]"),
        (
            "flow-svm",
            'classifier={name="estimator",path="sklearn.tree:DecisionTreeClassifier",parameters={max_depth=1000000}}',
        ),
    ],
)
def test_values_of_recipes_that_take_all_memory_or_for_ever(recipe, setting):
    line = told("run-all", "--dry-run", "--recipe", recipe, "--set", setting)
    assert "does not suit; expected" in line
    assert "since time and memory grow with them" in line


@pytest.mark.parametrize("option", ["--steps", "--folds"])
def test_a_training_is_of_a_length_that_ends(tmp_path, option):
    line = told("train", "--dataset", "synthetic", "--output", tmp_path / "a.model", option, 10**9)
    assert line.startswith(f"Error: Invalid value for '{option}'")
