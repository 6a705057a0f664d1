"""The command line as a user runs it, on a small embedded corpus."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from baselines.experiments.tasks import TASKS

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def model(corpus, tmp_path_factory):
    """A model file trained on the corpus through the command line."""
    path = tmp_path_factory.mktemp("model") / "flow.model"
    done = run("train", "--dataset", "synthetic", "--data-root", corpus, "--output", path, "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    return path


def run(*arguments):
    from click.testing import CliRunner

    from cli import main

    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def table(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


def test_run_all_writes_tables_of_every_task_and_again_the_same(corpus, tmp_path):
    arguments = ("run-all", "--data-root", corpus, "--output", tmp_path / "out", "--jobs", 2)
    first = run(*arguments)
    assert first.exit_code == 0, first.stderr
    scores = table(tmp_path / "out" / "scores.csv")
    assert {row["task"] for row in scores} == set(TASKS)
    for row in scores:
        assert 0 <= float(row["value"]) <= (99 if row["metric"].endswith(("mae", "rmse")) else 1)
        assert row["signature"]
    assert "### recognition on synthetic (n = 12)" in first.stdout
    written = {"scores.csv", "scores.md", "timings.csv", "environment.json", "report.html"}
    written |= {f"predictions-{task}.csv" for task in TASKS}
    assert written | {"rows.jsonl", "notes.jsonl"} == set(os.listdir(tmp_path / "out"))
    before = {name: (tmp_path / "out" / name).read_bytes() for name in written}
    again = run(*arguments, "--json")
    assert json.loads(again.stdout)[0]["recipe"]
    assert {name: (tmp_path / "out" / name).read_bytes() for name in written} == before
    computed = len((tmp_path / "out" / "rows.jsonl").read_text().splitlines())
    assert f"folds: {computed} computed, 0 reused" in first.stderr
    assert f"folds: 0 computed, {computed} reused" in again.stderr


def test_spot_writes_the_columns_of_the_contract_and_a_picture(corpus, tmp_path):
    done = run("spot", corpus / "long", "--output", tmp_path / "pred.csv", "--plot", tmp_path / "plots", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "pred.csv").read_text().splitlines()[0] == "subject,video,onset,offset,type"
    for row in table(tmp_path / "pred.csv"):
        assert 1 <= int(row["onset"]) <= int(row["offset"]) <= 150
        assert row["type"] in ("micro", "macro")
    pictures = list((tmp_path / "plots").glob("*.png"))
    assert len(pictures) == 3
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)
    scored = run(
        "score", "spotting", "--truth", corpus / "long" / "events.csv", "--predictions", tmp_path / "pred.csv", "--json"
    )
    assert {"micro", "macro", "overall", "signature", "ci"} <= set(json.loads(scored.stdout))


def test_recognize_gives_a_class_for_every_clip_and_can_be_scored(corpus, model, tmp_path):
    done = run("recognize", corpus / "clips", "--model", model, "--output", tmp_path / "pred.csv", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    rows = table(tmp_path / "pred.csv")
    assert len(rows) == 12
    right = np.mean([row["label"] == row["prediction"] for row in rows])
    assert right > 0.8  # these clips were trained on
    scored = run("score", "recognition", "--predictions", tmp_path / "pred.csv", "--json")
    result = json.loads(scored.stdout)
    assert result["n"] == 12
    assert set(result["per_dataset"]) == {"manifest"}


def test_one_clip_folder_is_recognized_as_a_whole(corpus, model, tmp_path):
    clip = corpus / "clips" / "sub01" / "c01"
    done = run("recognize", clip, "--fps", 100, "--model", model, "--output", "-")
    assert done.exit_code == 0, done.stderr
    (row,) = csv.DictReader(done.stdout.splitlines())
    assert (row["clip"], row["label"]) == ("c01", "")
    assert row["prediction"] in ("negative", "positive", "surprise")


def test_str_gives_micro_expressions_with_emotions(corpus, model, tmp_path):
    done = run("str", corpus / "long", "--model", model, "--output", tmp_path / "pred.csv", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "pred.csv").read_text().startswith("subject,video,onset,offset,emotion,type\n")
    assert {row["type"] for row in table(tmp_path / "pred.csv")} <= {"micro"}
    truth = corpus / "long" / "events.csv"
    scored = run(
        "score", "strs", "--truth", truth, "--predictions", tmp_path / "pred.csv", "--type", "micro",
        "--classes", "megc2025", "--json",
    )  # fmt: skip
    assert scored.exit_code == 0, scored.stderr
    assert 0 <= json.loads(scored.stdout)["strs"] <= 1


def test_vqa_answers_every_question_in_order(corpus, model, tmp_path):
    questions = corpus / "clips" / "questions.jsonl"
    done = run("vqa", "--questions", questions, "--media", corpus / "clips", "--model", model, "--output",
               tmp_path / "pred.jsonl", "--jobs", 1)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    asked = [json.loads(line) for line in questions.read_text().splitlines()]
    answered = [json.loads(line) for line in (tmp_path / "pred.jsonl").read_text().splitlines()]
    added = [{name: row.pop(name) for name in ("confidence", "flag") if name in row} for row in answered]
    assert all(fields.get("flag") or 0 <= fields["confidence"] <= 1 for fields in added)
    assert [a | {"answer": ""} for a in answered] == [q | {"answer": ""} for q in asked]
    assert all(row["answer"] for row in answered)
    scored = run("score", "vqa", "--truth", questions, "--predictions", tmp_path / "pred.jsonl", "--json")
    result = json.loads(scored.stdout)
    assert result["coarse"]["uf1"] > 0.5
    assert {"fine", "action_units", "yes_no", "bleu", "rouge", "signature"} <= set(result)


def test_vqa_names_the_clips_it_misses_and_answers_the_rest(corpus, model, tmp_path):
    lines = (corpus / "clips" / "questions.jsonl").read_text().splitlines()
    odd = json.loads(lines[0]) | {"id": "x", "subject": "sub99", "filename": "gone", "image_id": "sub99_gone"}
    (tmp_path / "q.jsonl").write_text("\n".join([lines[0], json.dumps(odd)]) + "\n")
    done = run("vqa", "--questions", tmp_path / "q.jsonl", "--media", corpus / "clips", "--model", model, "--output",
               tmp_path / "pred.jsonl", "--jobs", 1)  # fmt: skip
    assert done.exit_code == 1
    assert "no clip sub99_gone for 1 questions" in done.stderr
    answers = [json.loads(line)["answer"] for line in (tmp_path / "pred.jsonl").read_text().splitlines()]
    assert [bool(answer) for answer in answers] == [True, False]
    shown = run("vqa", "--questions", tmp_path / "q.jsonl", "--media", corpus / "clips", "--model", model, "--output",
                "-", "--jobs", 1)  # fmt: skip
    assert (shown.exit_code, shown.stdout) == (1, (tmp_path / "pred.jsonl").read_text())
    assert not Path("-").exists()


def test_a_failed_input_does_not_stop_the_others(corpus, tmp_path):
    good = corpus / "long" / "sub01" / "long.avi"
    done = run("spot", good, tmp_path / "none.mp4", "--output", tmp_path / "pred.csv", "--jobs", 1)
    assert done.exit_code == 1
    assert done.stderr.count("none.mp4: no such file") == 1
    assert (tmp_path / "pred.csv").exists()
    done = run("spot", tmp_path / "none.mp4", "--output", tmp_path / "other.csv")
    assert done.exit_code == 2
    assert not (tmp_path / "other.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run-all", "--dataset", "none"), "error: dataset 'none' is not known; choose one of synthetic"),
        (("run-all", "--task", "none"), "error: --task 'none' is not known"),
        (("data", "check", "flow-images"), "error: dataset flow-images needs --data-root DIR"),
        (("data", "describe", "none"), "error: dataset 'none' is not known"),
        (("recipes", "show", "none"), "error: recipe 'none' is not known"),
        (("spot", "x.mp4", "--method", "flow-svm", "--output", "o.csv"), "is a recipe for recognition; choose one of"),
        (("train", "--dataset", "synthetic", "--recipe", "vqa-rules", "--output", "m"), "is a recipe for vqa"),
        (("recognize", "x.mp4", "--model", "none.model", "--output", "o.csv"), "none.model: no such file; train one"),
        (("vqa", "--questions", "none.jsonl", "--media", ".", "--output", "o"), "none.jsonl: no such file"),
        (("vqa", "--questions", "q", "--media", ".", "--answerer", "llama", "--output", "o"), "no such file"),
        (("score", "strs", "--predictions", "p.csv"), "score strs needs --truth FILE"),
        (("score", "vqa", "--truth", "t", "--predictions", "p", "--per-video"), "score vqa has no --per-video"),
        (("score", "spotting", "--truth", "t", "--predictions", "p", "--mode", "x"), "--mode 'x' is not known"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2
    errors = [line for line in done.stderr.splitlines() if not line.startswith("warning: no --model")]
    assert len(errors) == 1
    assert message in errors[0]
    assert not list(tmp_path.iterdir())


BAD_OUTPUTS = [
    ("spot", "none.mp4", "--output", "folder"),
    ("spot", "none.mp4", "--output", "file/below.csv"),
    ("spot", "none.mp4", "--output", "o.csv", "--plot", "file"),
    ("spot", "none.mp4", "--output", "o.csv", "--preview", "file"),
    ("recognize", "none.mp4", "--output", "folder"),
    ("recognize", "none.mp4", "--output", "o.csv", "--plot", "file"),
    ("str", "none.mp4", "--output", "folder"),
    ("str", "none.mp4", "--output", "o.csv", "--plot", "file"),
    ("str", "none.mp4", "--output", "o.csv", "--preview", "file"),
    ("features", "extract", "hoof", "none.mp4", "--output", "folder"),
    ("vqa", "--questions", "none.jsonl", "--media", "none", "--output", "folder"),
    ("train", "--dataset", "none", "--output", "folder"),
    ("train", "--dataset", "none", "--recipe", "vlm", "--output", "file"),
    ("submit", "str", "--predictions", "none.csv", "--output", "folder"),
    ("convert", "none.csv", "--to", "csv", "--output", "file/below.csv"),
    ("convert", "none.csv", "--to", "elan", "--output", "file/"),
    ("run-all", "--dataset", "none", "--output", "file"),
    ("report", "none", "--output", "file"),
    ("implants", "none", "--output", "file"),
    ("fit-spotting", "folder"),
    ("data", "make-synthetic", "file"),
    ("draw", "regions", "folder"),
    ("draw", "corpus", "file"),
    ("draw", "differences", "none", "--against", "none", "--output", "folder"),
]


@pytest.mark.parametrize("arguments", BAD_OUTPUTS, ids=" ".join)
def test_a_place_that_cannot_be_written_is_told_before_any_work(arguments, tmp_path, monkeypatch):
    """Before the inputs, none of which is there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(("error: folder: is a folder;", "error: file: is a file;", "error: file/below.csv: "))
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "mine"


def parameters(command, name=""):
    """Yield (name of the command, its name of the parameter, parameter) below a click command."""
    for parameter in command.params:
        yield name, parameter.name, parameter
    for sub in getattr(command, "commands", {}).values():
        yield from parameters(sub, f"{name} {sub.name}".strip())


def test_every_path_may_begin_with_a_tilde_and_every_output_is_checked(tmp_path, monkeypatch):
    import click

    import cli

    monkeypatch.setenv("HOME", str(tmp_path))
    found = list(parameters(cli.main))
    paths = [(where, name, one) for where, name, one in found if isinstance(one.type, click.Path)]
    assert len(paths) > 30
    for where, name, one in paths:
        assert one.type.convert("~/new", one, None) == tmp_path / "new", (where, name)
    unchecked = {
        (where, name)
        for where, name, one in found
        if name in ("output", "plot", "preview", "directory") and getattr(one.type, "check", None) is None
    }
    themselves = {"run-all", "train", "features extract", "convert"}  # which check it themselves
    assert unchecked == {(where, "output") for where in themselves}
    for where, name in (("run-all", "recipes"), ("vqa", "model"), ("train", "recipe"), ("spot", "method")):
        (one,) = (one for *here, one in found if here == [where, name])
        assert one.type.convert("~/r.toml", one, None) == str(tmp_path / "r.toml")
        assert one.type.convert("a-name", one, None) == "a-name"


def test_a_dry_run_needs_no_place_to_write(corpus, tmp_path):
    (tmp_path / "file").write_text("")
    arguments = ("run-all", "--data-root", corpus, "--recipe", "flow-svm", "--output", tmp_path / "file")
    assert run(*arguments, "--dry-run").exit_code == 0
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("command", ["recognize", "str"])
def test_inputs_that_cannot_be_read_are_told_before_a_model_is_trained(command, tmp_path, monkeypatch):
    from baselines.commands import train

    monkeypatch.setattr(train, "default_model", lambda _: pytest.fail("trained for nothing"))
    done = run(command, tmp_path / "none.mp4", "--output", tmp_path / "o.csv")
    assert done.exit_code == 2
    assert done.stderr == f"error: {tmp_path / 'none.mp4'}: no such file or folder\n"


@pytest.fixture
def two_videos(corpus, tmp_path):
    """A folder with the long videos of two subjects as files."""
    folder = tmp_path / "s1"
    folder.mkdir()
    for name in ("sub01", "sub02"):
        (folder / f"{name}.avi").symlink_to(corpus / "long" / name / "long.avi")
    return folder


def test_a_folder_of_videos_is_taken_by_every_command_that_takes_videos(two_videos, model, tmp_path):
    out = tmp_path / "o.csv"
    for arguments in (("spot",), ("recognize", "--model", model), ("str", "--model", model)):
        done = run(*arguments, two_videos, "--output", out, "--jobs", 1)
        assert done.exit_code == 0, done.stderr
        assert {row["subject"] for row in table(out)} <= {"s1"}
        if arguments[0] == "recognize":
            assert [row["clip"] for row in table(out)] == ["sub01", "sub02"]


def test_a_broken_video_of_a_folder_costs_its_own_rows_only(two_videos, tmp_path):
    (two_videos / "broken.mp4").write_bytes(b"")
    done = run("spot", two_videos, "--output", tmp_path / "o.csv", "--json", "--jobs", 1)
    assert done.exit_code == 1
    assert done.stderr.count("broken.mp4: the file is empty") == 1
    assert [row["video"] for row in json.loads(done.stdout)] == ["sub01", "sub02"]


def test_a_picture_that_cannot_be_written_costs_no_interval(two_videos, tmp_path, monkeypatch):
    from baselines.errors import InputError
    from baselines.report import plots

    def fail(*_, **__):
        raise InputError("no room for the picture")

    whole, kept = tmp_path / "whole.csv", tmp_path / "kept.csv"
    assert run("spot", two_videos, "--output", whole, "--jobs", 1).exit_code == 0
    monkeypatch.setattr(plots, "plot_spotting", fail)
    done = run("spot", two_videos, "--output", kept, "--plot", tmp_path / "plots", "--jobs", 1)
    assert done.exit_code == 1
    assert done.stderr.count("error: no room for the picture") == 1
    assert kept.read_bytes() == whole.read_bytes()


def test_the_number_of_a_picture_can_be_said(corpus, tmp_path):
    """Pictures whose last number goes backwards."""
    frames = sorted((corpus / "clips" / "sub01" / "c01").glob("*.jpg"))
    (tmp_path / "v").mkdir()
    for number, frame in enumerate(frames, start=1):
        (tmp_path / "v" / f"{number:03d}_{900 - number}.jpg").symlink_to(frame)
    written = []
    for source, more in (
        (frames[0].parent, ()),
        (tmp_path / "v", ("--frame-number", r"^(\d+)_")),
        (tmp_path / "v", ()),
    ):
        output = tmp_path / f"{len(written)}.npz"
        done = run("features", "extract", "hoof", source, "--fps", 100, *more, "--output", output, "--jobs", 1)
        assert done.exit_code == 0, done.stderr
        with np.load(output) as found:
            written.append(next(array for name, array in found.items() if name != "index"))
    assert (written[0] == written[1]).all()
    assert not (written[0] == written[2]).all()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("(", "not a regular expression"), ("\\d+", "has 0 groups; expected one"), ("(a)(b)", "has 2 groups")],
)
@pytest.mark.parametrize(
    "command", [("spot",), ("recognize",), ("str",), ("features", "extract", "hoof")], ids=" ".join
)
def test_a_bad_expression_of_the_number_is_one_line(command, pattern, message, tmp_path):
    done = run(*command, "none", "--frame-number", pattern, "--output", tmp_path / "o.csv")
    assert done.exit_code == 2
    assert done.stderr.startswith("error: --frame-number ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_equal_warnings_are_told_once():
    import cli

    told = []
    show = cli._once(lambda message: told.append(str(message)))
    for text in ("a", "b", "a"):
        show(UserWarning(text), UserWarning, "file", 1)
    assert told == ["a", "b"]


def test_listings_have_text_and_json():
    for command in (("data", "list"), ("recipes", "list")):
        names = [entry["name"] for entry in json.loads(run(*command, "--json").stdout)]
        text = run(*command).stdout
        assert names
        assert all(name in text for name in names)
    assert json.loads(run("recipes", "show", "flow-svm", "--json").stdout)["steps"]["classifier"]["kernel"] == "rbf"
    assert "citation" in run("recipes", "show", "flow-svm").stdout


def test_every_dataset_is_described_in_lines_to_read():
    for name in [entry["name"] for entry in json.loads(run("data", "list", "--json").stdout)]:
        facts = json.loads(run("data", "describe", name, "--json").stdout)
        text = run("data", "describe", name).stdout
        lines = text.splitlines()
        assert lines[0] == f"{name}: {facts['title']}"
        assert facts["licence"].split()[0] in text
        assert all(f"  {line}".rstrip() in lines for line in facts["layout"].splitlines())
        assert all(" ".join(map(str, entry)) in " ".join(text.split()) for entry in facts["published"].items())
        assert all(fix["clip"] in text and fix["source"] in text for fix in facts["label_fixes"])
        assert max(map(len, lines)) < 200
        if facts["needs_root"] and name != "manifest":
            assert facts["page"].startswith("http")
            assert facts["citation"]
            assert facts["size"]
            assert facts["protocol"]


def test_the_embedded_corpus_tells_its_parameters():
    parameters = json.loads(run("data", "describe", "synthetic", "--json").stdout)["parameters"]
    text = run("data", "describe", "synthetic").stdout
    assert all(f"\n  {name}:" in text for name in parameters)


def test_check_counts_a_whole_corpus_and_finds_what_is_broken(corpus, tmp_path):
    done = run("data", "check", "synthetic", "--data-root", corpus, "--json", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    counts = json.loads(done.stdout)["counts"]
    assert (counts["subjects"], counts["videos"], counts["clips"]) == (3, 3, 12)
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(corpus / "clips"), str(copy)], check=True)
    broken = copy / "sub02" / "c03" / "img020.jpg"
    broken.write_bytes(broken.read_bytes()[:100])
    done = run("data", "check", "manifest", "--data-root", copy, "--jobs", 1)
    assert done.exit_code == 1
    assert done.stdout.count("img020.jpg: not a readable image") == 1
    assert done.stderr.count("error: manifest: findings in this copy: 1\n") == 1


def test_make_synthetic_writes_a_manifest_and_refuses_a_full_folder(tmp_path):
    arguments = ("data", "make-synthetic", tmp_path / "new", "--subjects", 2, "--clips", 1, "--seconds", 3, "--jobs", 1)
    assert run(*arguments).stdout.strip() == str(tmp_path / "new")
    assert (tmp_path / "new" / "clips" / "videos.csv").exists()
    again = run(*arguments)
    assert again.exit_code == 2
    assert "is not an empty folder" in again.stderr


def test_pictures_are_drawn(tmp_path):
    assert run("draw", "regions", tmp_path / "new" / "regions.png").exit_code == 0
    assert (tmp_path / "new" / "regions.png").read_bytes()[:4] == b"\x89PNG"


def test_implants_name_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_SHARED_DATA", str(tmp_path / "none"))
    done = run("implants")
    assert done.exit_code == 2
    assert "none" in done.stderr
    done = run("implants", tmp_path, "--level", "loud")
    assert done.exit_code == 2
    assert "--level 'loud' is not known; choose one of" in done.stderr


@pytest.mark.parametrize("absent", ["dlib", "llama_cpp", "xgboost", "matplotlib"])
def test_a_heavy_part_that_is_missing_stops_only_what_needs_it(absent, corpus, tmp_path):
    """In a fresh process in which the module cannot be imported."""
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules[{absent!r}] = None\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    if absent == "dlib":  # nothing that it made before may stand in
        environment["MEGC_CACHE"] = str(tmp_path / "cache")

    def fresh(*arguments):
        command = [sys.executable, str(ROOT / "cli.py"), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)

    for arguments in (("--help",), ("recipes", "list"), ("data", "list")):
        assert fresh(*arguments).returncode == 0
    video = corpus / "long" / "sub01" / "long.avi"
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    (tmp_path / "q.jsonl").write_text('{"id": "1", "video": "v", "question": "What is the coarse expression class?"}\n')
    needing, package = {
        "dlib": (("spot", video, "--output", "p.csv"), "dlib-bin"),
        "llama_cpp": (
            ("vqa", "--questions", "q.jsonl", "--media", ".", "--answerer", "llama", "--model", "a.gguf", "--mmproj",
             "a.gguf", "--output", "o"), "'megc-baselines[llama]'"),
        "xgboost": (
            ("train", "--dataset", "synthetic", "--data-root", corpus, "--recipe", "flow-xgb", "--jobs", 1, "--output",
             "m"), "xgboost"),
        "matplotlib": (("spot", video, "--output", "p.csv", "--plot", "plots"), "matplotlib"),
    }[absent]  # fmt: skip
    done = fresh(*needing)
    assert done.returncode in (1, 2), done.stderr
    assert f"pip install {package}" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_line_starts_without_heavy_modules():
    heavy = ("sklearn", "skimage", "cv2", "dlib", "xgboost", "matplotlib", "numpy", "scipy")
    code = f"import sys, cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_spot_tells_what_was_found_and_what_was_seen(megc, corpus, tmp_path):
    done = megc("spot", corpus / "long" / "sub01" / "long.avi", "--output", tmp_path / "o.csv", "--json")
    assert done.exit_code == 0, done.stderr
    (details,) = json.loads(done.stdout)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("sub01 long: ")]
    frames = details["coverage"]["frames"]
    assert line.endswith(f"; {frames} frames, {details['coverage']['with_face']} with a face")
    kinds = [interval["type"] for interval in details["intervals"]]
    for kind in set(kinds):
        assert f"{kinds.count(kind)} {kind}" in line
    assert kinds or "no interval" in line
    below = details["below_threshold"]
    assert (f"below the threshold {below['score']:.2f} at frame {below['apex']}" if below else "no") in line or kinds
