"""What every dataset of `DATASETS` promises, tried on a miniature of its published layout.

A dataset needs no line here: its own test module, tests/test_dataset_<module>.py, offers `replica(folder)`, which
writes a small faithful copy below an empty folder and returns the root that `load` takes. The options that `DATASETS`
has for it come as keywords (`level="easy"`).
"""

import inspect
import json
import shutil
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from baselines import datasets
from baselines.datasets import DATASETS, adapter, describe, open_dataset
from baselines.datasets.check import check_records
from baselines.datasets.classes import coarse
from baselines.datasets.frames import ImageFrames
from baselines.datasets.identity import data_identity
from baselines.datasets.images import SUFFIXES
from baselines.datasets.opening import VIDEO_SUFFIXES
from baselines.datasets.records import KINDS, Clip, Event, Question, Video
from baselines.errors import InputError

COUNTED = {"subjects", "clips", "videos", "questions", *(f"{kind} events" for kind in KINDS)}


def replica_of(name, folder):
    """Write the miniature of a dataset into an empty folder and return its root."""
    module, options = DATASETS[name]
    home = f"test_dataset_{module}"
    try:
        write = getattr(import_module(home), "replica", None)
    except ModuleNotFoundError as error:
        if error.name != home:
            raise
        write = None
    if write is None:
        pytest.fail(
            f"dataset {name} has no miniature; write tests/{home}.py with a function replica(folder) that writes a "
            "small copy of the published layout into the folder, label files and pictures, and returns the root that "
            "`load` takes (tests/replicas.py writes spreadsheets and pictures)"
        )
    return write(folder, **options)


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No root from the machine that runs the tests."""
    monkeypatch.delenv("MEGC_DATA_ROOT", raising=False)
    monkeypatch.setenv("MEGC_CONFIG", str(tmp_path / "none.toml"))


@pytest.fixture(scope="module", params=DATASETS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def root(name, tmp_path_factory):
    return replica_of(name, tmp_path_factory.mktemp("replica"))


@pytest.fixture
def dataset(name, root):
    return open_dataset(name, root)


@pytest.fixture
def copy(root, tmp_path):
    """A copy of the miniature to damage."""
    return shutil.copytree(root, tmp_path / "copy")


def records(dataset):
    return [*dataset.clips, *dataset.videos]


def contents(dataset):
    """All that a dataset holds, as plain values."""
    return [record.to_dict() for record in (*records(dataset), *dataset.questions)]


def events_of(record):
    events = record.events if isinstance(record, Video) else record.event and (record.event,)
    return events or ()


def test_about_tells_the_facts(name):
    about = adapter(name).ABOUT
    facts = about.facts()
    assert json.loads(json.dumps(facts)) == facts
    assert all((about.title, about.tasks, about.licence))
    assert not about.published or all((about.source, about.citation, about.page, about.size, about.protocol))
    for what, number in about.published.items():
        assert what in COUNTED or coarse(what.removeprefix("emotion ")), what
        assert number > 0


def test_the_module_text_tells_the_layout(name, root):
    text = describe(name)["layout"]
    assert text.count("\n") >= 2
    parts = {part for path in root.rglob("*") for part in path.relative_to(root).parts}
    assert any(len(part) > 2 and part in text for part in parts), "no folder or file of the miniature is named there"


def test_load_takes_a_root_and_whether_known_label_errors_are_mended(name):
    parameters = inspect.signature(adapter(name).load).parameters
    assert next(iter(parameters)) == "root"
    assert parameters["fix_labels"].default is True
    needless = {key for key, parameter in parameters.items() if parameter.default is not parameter.empty}
    assert set(parameters) - needless <= {"root"}
    assert set(DATASETS[name][1]) <= set(parameters)


def test_nothing_is_wrong_with_a_faithful_copy(dataset):
    assert dataset.findings == []
    assert records(dataset)


def test_the_dataset_has_the_name_that_it_is_opened_by(name, dataset):
    assert dataset.name == name


def test_a_clip_or_video_is_known_by_subject_and_name(dataset):
    for found in (dataset.clips, dataset.videos):
        names = [(record.subject, record.name) for record in found]
        assert len(set(names)) == len(names)
        assert all(name for _, name in names)
    ids = [question.id for question in dataset.questions]
    assert len(set(ids)) == len(ids)


def test_events_lie_in_their_frames(dataset):
    for record in records(dataset):
        assert record.frames or record.flow_image.is_file()
        last = len(record.frames) if record.frames else max(event.offset for event in events_of(record))
        for event in events_of(record):
            assert 1 <= event.onset <= event.offset <= last
            assert event.apex is None or event.onset <= event.apex <= event.offset


def test_kinds_emotions_and_rates_are_known(dataset):
    for record in records(dataset):
        assert record.frames is None or 1 <= record.fps <= 10000
        for event in events_of(record):
            assert event.kind in KINDS
            assert event.emotion == "" or coarse(event.emotion)


def serves_recognition(dataset):
    return any(clip.label for clip in dataset.clips)


def serves_spotting(dataset):
    """Return whether there are videos, with events or, in a test set, all with none that are known."""
    unknown = all(video.events is None for video in dataset.videos)
    return bool(dataset.videos) and (unknown or any(video.events for video in dataset.videos))


def serves_questions(dataset):
    """Return whether there are questions, and clips or videos that they are about."""
    there = {(record.subject, record.name) for record in records(dataset)}
    return any((question.subject, question.video) in there and question.text for question in dataset.questions)


SERVES = {
    "recognition": serves_recognition,
    "spotting": serves_spotting,
    "str": serves_spotting,
    "vqa": serves_questions,
}


def test_the_tasks_that_are_named_are_served(name, dataset):
    for task in adapter(name).ABOUT.tasks:
        assert SERVES[task](dataset), task


def test_reading_twice_gives_the_same(name, root, dataset):
    again = open_dataset(name, root)
    assert contents(again) == contents(dataset)
    assert data_identity(again) == data_identity(dataset)


def test_records_are_plain_values(dataset):
    found = contents(dataset)
    assert json.loads(json.dumps(found)) == found


def test_without_the_mended_label_errors_the_same_things_are_there(name, root, dataset):
    published = open_dataset(name, root, fix_labels=False)
    assert [(r.subject, r.name) for r in records(published)] == [(r.subject, r.name) for r in records(dataset)]


@pytest.mark.parametrize("name", [name for name in DATASETS if adapter(name).ABOUT.needs_root])
def test_an_empty_folder_is_refused(name, tmp_path):
    with pytest.raises(InputError, match=str(tmp_path)):
        open_dataset(name, tmp_path)


def test_a_missing_folder_is_told(name, copy):
    """Reading tells it where a label file names the folder; where folders are all there is, `data check` counts."""
    found = records(open_dataset(name, copy))
    first = next((record for record in found if events_of(record)), found[0])
    before = checked(name, copy)
    remove(first.frames.source if first.frames else first.flow_image.parent)
    assert is_told(name, copy) or (not label_files(copy) and checked(name, copy) - before)


def checked(name, root):
    """Return what `data check` finds in a copy."""
    return set(check_records(open_dataset(name, root), adapter(name).ABOUT, quick=True)["findings"])


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def test_a_truncated_label_file_is_told_or_was_never_read(name, copy):
    whole = contents(open_dataset(name, copy))
    for path in label_files(copy):
        data = path.read_bytes()
        path.write_bytes(cut(data))
        assert is_told(name, copy) or contents(open_dataset(name, copy)) == whole, path
        path.write_bytes(data)


def is_told(name, root):
    """Return whether reading a copy tells that something is wrong with it."""
    try:
        return bool(open_dataset(name, root).findings)
    except InputError:
        return True


def label_files(root):
    """Return the files that are neither pictures nor videos."""
    others = {*SUFFIXES, *VIDEO_SUFFIXES}
    return sorted(path for path in root.rglob("*") if path.is_file() and path.suffix.lower() not in others)


def cut(data):
    """Return the first half of a file, to the middle of a line."""
    start = data.rfind(b"\n", 0, len(data) // 2) + 1
    stop = data.find(b"\n", len(data) // 2)
    return data[: (start + (stop if stop > 0 else len(data))) // 2]


@pytest.mark.parametrize("written", [False, True], ids=["no module", "no function"])
def test_a_dataset_without_a_miniature_is_told_what_to_write(monkeypatch, tmp_path, written):
    monkeypatch.setitem(datasets.DATASETS, "novel", ("novel", {}))
    if written:
        monkeypatch.setitem(sys.modules, "test_dataset_novel", ModuleType("test_dataset_novel"))
    wanted = r"write tests/test_dataset_novel\.py with a function replica\(folder\)"
    with pytest.raises(pytest.fail.Exception, match=wanted):
        replica_of("novel", tmp_path)


def test_records_as_plain_values(tmp_path):
    for number in range(40, 50):
        (tmp_path / f"img{number}.png").touch()
    event = Event(2, 5, 3, "micro", "fear", ("AU1", "LAU2"))
    plain = {"onset": 2, "apex": 3, "offset": 5, "kind": "micro", "emotion": "fear", "action_units": ["AU1", "LAU2"]}
    frames = ImageFrames(tmp_path)[3:]
    whose = {"dataset": "d", "subject": "s", "name": "n", "source": str(tmp_path), "first_frame": 43, "frames": 7}
    assert event.to_dict() == plain
    assert Clip("d", "s", "n", frames, 30, event).to_dict() == {**whose, "fps": 30, "event": plain, "flow_image": None}
    video = Video("d", "s", "n", frames, 30, (event, event))
    assert video.to_dict() == {**whose, "fps": 30, "events": [plain, plain]}
    assert replace(video, events=None).to_dict() == {**whose, "fps": 30, "events": None}
    assert Clip("d", "s", "n", flow_image=Path("a/b.png")).to_dict() == {
        **whose, "source": None, "first_frame": None, "frames": 0, "fps": None, "event": None, "flow_image": "a/b.png",
    }  # fmt: skip
    question = {"id": "1", "video": "v", "text": "why?", "answer": "", "subject": "s", "dataset": ""}
    assert Question("1", "v", "why?", subject="s").to_dict() == question
