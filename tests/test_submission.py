"""Leaderboard zips: written whole and complete, or not at all."""

import json
import zipfile

import pytest

from baselines.commands.submit import write_submission
from baselines.datasets.megc2025_str import CAS_VIDEOS, SAMM_VIDEOS
from baselines.errors import InputError

HEADER = "subject,video,onset,offset,emotion\n"
CAS = f"{HEADER}dzw,a1,10,20,negative\nwy,s1,5,9,others\ndzw,a1,3,8,surprise\n"
SAMM = f"{HEADER}1,1_001_2,71,141,positive\n"


def contents(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def answers(database, clips):
    """The five questions of each clip of the test set of 2025, answered."""
    prefix, start = {"casme3": ("CAS", "casme3_test"), "samm": ("SAMM", "samm_test")}[database]
    rows = [
        {"video_id": f"{start}_{prefix}-{clip}_{n}", "video": f"{prefix}-{clip}", "question": f"Q{n}?", "answer": "yes"}
        for clip in range(1, clips + 1)
        for n in range(1, 6)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_the_unseen_set_has_thirty_videos():
    assert [sum(map(len, videos.values())) for videos in (CAS_VIDEOS, SAMM_VIDEOS)] == [20, 10]


def test_str_zip(write, tmp_path):
    files = [write("a.csv", CAS), write("b.csv", SAMM)]
    summary = write_submission("str", files, tmp_path / "out.zip")
    assert summary == {"files": {"cas_pred.csv": 2, "samm_pred.csv": 1}, "left_out": {"others": 1}, "warnings": []}
    found = contents(tmp_path / "out.zip")
    assert found["cas_pred.csv"] == f"{HEADER}dzw,a1,3,8,surprise\ndzw,a1,10,20,negative\n"
    assert found["samm_pred.csv"] == SAMM
    write_submission("str", files[::-1], tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "out.zip").read_bytes()


def test_str_rows_go_by_video_and_macro_expressions_stay_out(write, tmp_path):
    text = "subject,video,onset,offset,emotion,type\n1,1_001_2,71,141,positive,micro\ndzw,a1,3,8,negative,micro\n"
    both = write("both.csv", f"{text}dzw,a1,30,88,negative,macro\n")
    summary = write_submission("str", both, tmp_path / "out.zip")
    assert summary["files"] == {"cas_pred.csv": 1, "samm_pred.csv": 1}
    assert summary["left_out"] == {"macro-expressions": 1}


def test_videos_of_another_set_go_by_the_name_of_the_file(write, tmp_path):
    other = f"{HEADER}x1,clip,3,8,negative\n"
    files = [write("cas_pred.csv", other), write("samm_pred.csv", SAMM)]
    summary = write_submission("str", files, tmp_path / "out.zip")
    assert summary["files"]["cas_pred.csv"] == 1
    assert "cas_pred.csv row 2: video 'clip' of subject 'x1' is not in the unseen set" in summary["warnings"][0]
    with pytest.raises(InputError, match="named neither"):
        write_submission("str", [write("x.csv", other), files[1]], tmp_path / "no.zip")


@pytest.mark.parametrize(
    ("cas", "message"),
    [
        (HEADER, "no prediction for cas_pred.csv"),
        (f"{HEADER}wy,s1,5,9,others\n", "no prediction for cas_pred.csv"),
        (f"{HEADER}dzw,a1,20,10,negative\n", "row 2: onset 20 is after offset 10"),
        (f"{HEADER}dzw,a1,10,20,disgust\n", "row 2: emotion 'disgust'; expected negative, positive, surprise"),
        ("subject,video,onset,offset\ndzw,a1,10,20\n", "no column emotion"),
    ],
)
def test_incomplete_or_faulty_str_is_refused(write, tmp_path, cas, message):
    with pytest.raises(InputError, match=message):
        write_submission("str", [write("cas_pred.csv", cas), write("samm_pred.csv", SAMM)], tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_vqa_zip(write, tmp_path):
    files = [write("c.jsonl", answers("casme3", 17)), write("s.jsonl", answers("samm", 7))]
    summary = write_submission("vqa", files, tmp_path / "out.zip")
    assert summary["files"] == {"me_vqa_casme3_test_pred.jsonl": 85, "me_vqa_samm_test_pred.jsonl": 35}
    assert contents(tmp_path / "out.zip")["me_vqa_samm_test_pred.jsonl"] == answers("samm", 7)


def test_vqa_against_the_files_of_questions(write, tmp_path):
    files = [write("c.jsonl", answers("casme3", 2)), write("s.jsonl", answers("samm", 1))]
    asked = [path.rename(path.with_suffix(".todo")) for path in files]
    files = [write("c.jsonl", answers("casme3", 2)), write("s.jsonl", answers("samm", 1))]
    summary = write_submission("vqa", files, tmp_path / "out.zip", asked, "v2")
    assert summary["files"] == {"me_vqa_casme3_v2_test_pred.jsonl": 10, "me_vqa_samm_v2_test_pred.jsonl": 5}
    more = write("more.todo", answers("samm", 2))
    with pytest.raises(InputError, match="more.todo line 6: question samm_test_SAMM-2_1 has no answer"):
        write_submission("vqa", files, tmp_path / "no.zip", [*asked, more], "v2")
    with pytest.raises(InputError, match=r"question casme3_test_CAS-1_1 .* none of the files of questions"):
        write_submission("vqa", files, tmp_path / "no.zip", asked[1:], "v2")


@pytest.mark.parametrize(
    ("cas", "samm", "message"),
    [
        (answers("casme3", 17), "", "clip SAMM-1 has 0 answers"),
        (answers("casme3", 16), answers("samm", 7), "clip CAS-17 has 0 answers; expected 5"),
        (answers("casme3", 18), answers("samm", 7), "clip CAS-18 is not in the test set"),
        (answers("casme3", 17).replace('"yes"', '""', 1), answers("samm", 7), "c.jsonl line 1: no answer to"),
        (answers("casme3", 17).replace("CAS", "DOG").replace("casme3", "dog"), "", "cannot tell the database"),
    ],
)
def test_incomplete_or_faulty_vqa_is_refused(write, tmp_path, cas, samm, message):
    with pytest.raises(InputError, match=message):
        write_submission("vqa", [write("c.jsonl", cas), write("s.jsonl", samm)], tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_kinds_and_versions(write, tmp_path):
    path = write("c.jsonl", answers("casme3", 1))
    with pytest.raises(InputError, match="submission 'spot' is unknown"):
        write_submission("spot", path, tmp_path / "out.zip")
    with pytest.raises(InputError, match="version 'v9' is unknown"):
        write_submission("vqa", path, tmp_path / "out.zip", version="v9")
    with pytest.raises(InputError, match="lvqa needs the files of its questions"):
        write_submission("vqa", path, tmp_path / "out.zip", version="lvqa")


def submit(*arguments):
    from click.testing import CliRunner

    from cli import main

    return CliRunner().invoke(main, ["submit", *map(str, arguments)])


def test_the_command_takes_several_files_either_way(write, tmp_path):
    files = [write("a.csv", CAS), write("b.csv", SAMM)]
    done = submit("str", "--predictions", *files, "--output", tmp_path / "one.zip", "--json")
    assert done.exit_code == 0, done.stderr
    expected = {"files": {"cas_pred.csv": 2, "samm_pred.csv": 1}, "left_out": {"others": 1}}
    assert json.loads(done.stdout) == expected
    repeated = submit("str", "--predictions", files[0], "--predictions", files[1], "--output", tmp_path / "two.zip")
    assert repeated.stdout.splitlines() == [
        "files:", "  cas_pred.csv: 2", "  samm_pred.csv: 1", "left_out:", "  others: 1"
    ]  # fmt: skip
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert contents(tmp_path / "one.zip")["samm_pred.csv"] == SAMM


def test_the_command_writes_answers_to_the_questions_of_2026(write, tmp_path):
    files = [write("c.jsonl", answers("casme3", 2)), write("s.jsonl", answers("samm", 1))]
    asked = [write(f"{path.stem}.todo", path.read_text().replace("yes", "")) for path in files]
    todo = [part for path in asked for part in ("--questions", path)]
    done = submit("vqa", "--predictions", *files, *todo, "--version", "lvqa", "--output", tmp_path / "out.zip")
    assert done.exit_code == 0, done.stderr
    found = contents(tmp_path / "out.zip")
    assert list(found) == ["me_lvqa_casme3_test_pred.jsonl", "me_lvqa_samm_test_pred.jsonl"]
    assert found["me_lvqa_samm_test_pred.jsonl"] == answers("samm", 1)


@pytest.mark.parametrize(
    ("kind", "texts", "message"),
    [
        ("str", [CAS], "no prediction for samm_pred.csv"),
        ("str", [f"{HEADER}dzw,a1,20,10,negative\n", SAMM], "0.txt row 2: onset 20 is after offset 10"),
        ("vqa", [answers("casme3", 17), answers("samm", 6)], "clip SAMM-7 has 0 answers; expected 5"),
        ("vqa", [answers("casme3", 17), answers("samm", 7).replace('"yes"', '""', 1)], "1.txt line 1: no answer to"),
    ],
)
def test_the_command_refuses_what_is_not_complete_and_writes_nothing(write, tmp_path, kind, texts, message):
    files = [write(f"{number}.txt", text) for number, text in enumerate(texts)]
    done = submit(kind, "--predictions", *files, "--output", tmp_path / "zips" / "out.zip")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert message in done.stderr
    assert sorted(tmp_path.iterdir()) == files


def test_a_refused_submission_leaves_an_older_zip_alone(write, tmp_path):
    older = write("out.zip", "older")
    assert submit("str", "--predictions", write("a.csv", CAS), "--output", older).exit_code == 2
    assert older.read_text() == "older"
