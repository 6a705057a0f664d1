"""One name for one person, in what an adapter gives and in folds."""

import csv

import pytest
from replicas import write_noise

from baselines.datasets.records import Clip, Dataset, Event, Question
from baselines.datasets.subjects import one_name_a_person
from baselines.errors import InputError


def clip(dataset, subject, name):
    return Clip(dataset, subject, name, event=Event(1, 3, emotion="fear"))


def test_the_first_spelling_counts_in_its_own_database():
    clips = [clip("smic", "s1", "a"), clip("smic", "S01", "b"), clip("samm", "S1", "a"), clip("smic", "s001", "c")]
    questions = [Question("q1", "c", "?", subject="s01"), Question("q2", "a", "?", subject="s01", dataset="samm")]
    dataset = one_name_a_person(Dataset("both", clips=clips, questions=questions, findings=["one more"]))
    assert [(c.dataset, c.subject, c.name) for c in dataset.clips] == [
        ("smic", "s1", "a"), ("smic", "s1", "b"), ("samm", "S1", "a"), ("smic", "s1", "c"),
    ]  # fmt: skip
    assert [question.subject for question in dataset.questions] == ["s1", "S1"]
    assert dataset.findings == [
        "subjects s1, S01, s001 are one person, since case and leading zeros do not count; called s1 here, 2 clips and "
        "videos more; write the name alike",
        "one more",
    ]


def test_nothing_changes_where_each_person_has_one_name():
    dataset = Dataset("smic", clips=[clip("smic", "s1", "a"), clip("smic", "s10", "a"), clip("smic", "t1", "a")])
    assert one_name_a_person(dataset) == dataset


def test_two_spellings_with_a_clip_of_one_name_are_refused():
    with pytest.raises(InputError, match="smic: subjects s1 and s01 are one person.*both have a clip a; give one of"):
        one_name_a_person(Dataset("smic", clips=[clip("smic", "s1", "a"), clip("smic", "s01", "a")]))


def test_nobody_is_in_training_and_test_of_a_fold_under_two_spellings(megc, tmp_path):
    videos, events = ["subject,video,path,fps"], ["subject,video,onset,offset,type,emotion"]
    for number, subject in enumerate(("s1", "S01", "s2", "s3")):
        write_noise(tmp_path / "data" / f"f{number}", count=6, seed=number)
        videos.append(f"{subject},v{number},f{number},30")
        events.append(f"{subject},v{number},1,6,micro,{('fear', 'surprise')[number % 2]}")
    (tmp_path / "data/videos.csv").write_text("\n".join(videos) + "\n")
    (tmp_path / "data/events.csv").write_text("\n".join(events) + "\n")
    arguments = ("--dataset", "manifest", "--data-root", tmp_path / "data", "--task", "recognition", "--jobs", 1)
    done = megc("run-all", *arguments, "--recipe", "majority", "--output", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "subjects s1, S01 are one person" in done.stderr
    (table,) = (tmp_path / "out").rglob("*recognition*.csv")
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["clip"]: row["fold"] for row in rows}["v0"] == {row["clip"]: row["fold"] for row in rows}["v1"]
    assert len({row["fold"] for row in rows}) == 3
    check = megc("data", "check", "manifest", "--data-root", tmp_path / "data", "--jobs", 1)
    assert check.exit_code == 1
    assert "subjects s1, S01 are one person" in check.stdout
