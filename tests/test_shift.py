"""Key frames moved on purpose: where they end up, what is held back, and that everything that sees them sees it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.datasets import load_dataset
from baselines.datasets.frames import ArrayFrames
from baselines.datasets.identity import data_identity
from baselines.datasets.records import Clip, Dataset, Event, Video
from baselines.datasets.shift import Move, parse_shift, shift_dataset, shifted_clip, shifted_event
from baselines.errors import InputError
from baselines.experiments.plan import join_datasets, limit_dataset, plan
from baselines.experiments.spotted import spotted_dataset
from baselines.experiments.tasks import TASKS
from baselines.experiments.tasks import spotting as spotting_task
from baselines.recipes import load_recipe
from baselines.recognition.representation import represent_one

LENGTH = 40


def source():
    """Frames that tell their own number, from 1."""
    numbers = np.arange(1, LENGTH + 1, dtype=np.uint8)
    return ArrayFrames(np.broadcast_to(numbers[:, None, None, None], (LENGTH, 4, 4, 3)))


def clip_of(onset, apex, offset, name="c", around=0):
    """A clip cut out of `source`, with some frames around its event."""
    frames = source()[onset - 1 - around : offset + around]
    start = onset - around
    event = Event(onset - start + 1, offset - start + 1, apex and apex - start + 1, emotion="fear")
    return Clip("d", "s", name, frames, 30.0, event)


def key_frames(clip):
    """The numbers in `source` of a clip's first, onset, apex, offset and last frame, read from the frames."""
    event, pixels = clip.event, [int(frame[0, 0, 0]) for frame in clip.frames]
    apex = event.apex and pixels[event.apex - 1]
    return pixels[0], pixels[event.onset - 1], apex, pixels[event.offset - 1], pixels[-1]


def by(**moves):
    return lambda key: moves.get(key, 0)


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("onset=-2", {"onset": Move(-2)}),
        ("apex=~3", {"apex": Move(3, True)}),
        (" offset=+4 , onset=0", {"offset": Move(4), "onset": Move(0)}),
    ],
)
def test_a_text_tells_moves(text, moves):
    assert parse_shift(text) == moves


@pytest.mark.parametrize(
    "text", ["", "apex", "apex=", "apex=1.5", "peak=1", "apex=1,apex=2", "apex=~-3", "apex=9999999", "apex=1;onset=2"]
)
def test_a_text_that_tells_none_is_one_line(text):
    with pytest.raises(InputError, match=r"--shift .*expected such as onset=-2,apex=3"):
        parse_shift(text)


@pytest.mark.parametrize(
    ("moves", "expected", "held"),
    [
        ({}, (10, 10, 15, 20, 20), False),
        ({"onset": -4}, (6, 6, 15, 20, 20), False),
        ({"onset": 3, "offset": 5}, (13, 13, 15, 25, 25), False),
        ({"apex": 2}, (10, 10, 17, 20, 20), False),
        ({"apex": -9}, (10, 10, 10, 20, 20), True),
        ({"onset": -30}, (1, 1, 15, 20, 20), True),
        ({"offset": 30}, (10, 10, 15, 40, 40), True),
        ({"onset": 8}, (18, 18, 18, 20, 20), True),
        ({"offset": -30}, (10, 10, 11, 11, 11), True),
    ],
)
def test_a_clip_is_cut_anew_out_of_its_source(moves, expected, held):
    clip, was_held = shifted_clip(clip_of(10, 15, 20), by(**moves))
    assert (key_frames(clip), was_held) == (expected, held)


def test_what_lies_around_the_event_moves_with_it():
    clip, held = shifted_clip(clip_of(10, 15, 20, around=3), by(onset=-2, offset=4))
    assert (key_frames(clip), held) == ((5, 8, 15, 24, 27), False)
    clip, held = shifted_clip(clip_of(10, None, 20, around=3), by(onset=-8, apex=2))
    assert (key_frames(clip), held) == ((1, 2, None, 20, 23), False)


def test_a_folder_that_ends_with_its_event_holds_back():
    """As where a database publishes the frames of the events alone."""
    frames = source()
    clip = Clip("d", "s", "c", frames, 30.0, Event(1, LENGTH, 9))
    assert key_frames(shifted_clip(clip, by(onset=-5))[0]) == key_frames(clip)
    assert shifted_clip(clip, by(onset=-5))[1]
    assert not shifted_clip(clip, by(onset=5))[1]


@given(
    frames=st.integers(1, 60),
    keys=st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60)),
    moves=st.tuples(*[st.integers(-70, 70)] * 3),
    known=st.booleans(),
)
def test_key_frames_stay_in_order_and_inside(frames, keys, moves, known):
    onset, apex, offset = (min(key, frames) for key in sorted(keys))
    event = Event(onset, offset, apex if known else None)
    moved, held = shifted_event(event, by(onset=moves[0], apex=moves[1], offset=moves[2]), frames)
    assert 1 <= moved.onset <= moved.offset <= frames
    assert moved.apex is None if not known else moved.onset <= moved.apex <= moved.offset
    assert moved.offset > moved.onset or event.onset == event.offset
    wanted = event.onset + moves[0], event.apex and event.apex + moves[1], event.offset + moves[2]
    assert held == ((moved.onset, moved.apex, moved.offset) != wanted)


def apexes(dataset):
    return {clip.name: clip.event.apex for clip in dataset.clips}


def test_random_moves_come_from_the_seed_and_the_name_alone():
    clips = [clip_of(10, 20, 30, f"c{n}") for n in range(300)]
    first, line = shift_dataset(Dataset("d", clips), "apex=~3")
    moves = [clip.event.apex - before.event.apex for clip, before in zip(first.clips, clips)]
    assert set(moves) == set(range(-3, 4))
    counts = np.bincount(np.array(moves) + 3)
    assert counts.min() > 300 / 7 / 2  # uniform: about 43 each
    assert line.startswith("d: key frames moved by apex=~3 (clips 300)")
    again, _ = shift_dataset(Dataset("d", clips[::-1]), "apex=~3")
    assert apexes(again) == apexes(first)
    other, _ = shift_dataset(Dataset("d", clips), "apex=~3", seed=1)
    assert apexes(other) != apexes(first)


def test_what_is_held_back_or_has_nothing_to_move_is_counted(tmp_path):
    clips = [
        clip_of(10, 15, 20, "a"),
        clip_of(2, 15, 20, "b"),
        clip_of(10, None, 20, "c"),
        Clip("d", "s", "picture", event=Event(1, 2, 2), flow_image=tmp_path),
        Clip("d", "s", "test", source(), 30.0),
    ]
    videos = [Video("d", "s", "v", source(), 30.0, (Event(1, 9), Event(12, 20))), Video("d", "s", "w", source(), 30.0)]
    moved, line = shift_dataset(Dataset("d", clips, videos), "onset=-3, apex=1")
    assert line == (
        "d: key frames moved by onset=-3, apex=1 (clips 3, clips held back 1, clips without an apex 1, clips without "
        "frames or key frames left as they are 2, events 2, events held back 1); held back is what meets another key "
        "frame or an end"
    )
    assert moved.shift == "onset=-3,apex=1"
    assert moved.clips[3:] == clips[3:]
    with pytest.raises(InputError, match="--shift 'apex=1': d has no clip and no event with frames to move in"):
        shift_dataset(Dataset("d", clips[3:]), "apex=1")


def test_spotting_learns_from_moved_events_and_is_judged_by_the_true_ones(monkeypatch):
    event = Event(12, 20, 15)
    videos = [Video("d", subject, "v", source(), 30.0, (event,)) for subject in "st"]
    moved, _ = shift_dataset(Dataset("d", videos=videos), "onset=-2,offset=2")
    assert [video.events for video in moved.videos] == [(event,), (event,)]
    assert [video.to_learn().events for video in moved.videos] == [(Event(10, 22, 15),)] * 2
    assert data_identity(moved) != data_identity(Dataset("d", videos=videos))
    told = lambda recipe, videos, jobs: [(video.events, None) for video in videos]  # noqa: E731
    monkeypatch.setattr(spotting_task, "spotting_examples", told)
    prepared = TASKS["spotting"].prepare(load_recipe("regional-contrast-fitted"), moved, 1)
    assert prepared.examples == [(Event(10, 22, 15),)] * 2
    assert [video.events for video in prepared.videos] == [(event,)] * 2


@pytest.fixture(scope="module")
def few(corpus):
    return limit_dataset(load_dataset("synthetic", corpus), 3)


def test_experiments_and_cached_representations_know_the_moved_frames(few):
    later, _ = shift_dataset(few, "onset=6,apex=2")
    (plain,), (shifted,) = plan(few, ("majority",)), plan(later, ("majority",))
    assert (plain.dataset, shifted.dataset) == ("synthetic", "synthetic (shift onset=6,apex=2)")
    assert plain.digest != shifted.digest
    settings = {"name": "flow_image", "method": "farneback", "size": 64}
    before, after = (represent_one(dataset.clips[0], settings) for dataset in (few, later))
    assert not np.array_equal(before, after)
    assert np.array_equal(before, represent_one(few.clips[0], settings))
    late_apex = shift_dataset(few, "apex=2")[0].clips[0]
    assert not np.array_equal(before, represent_one(late_apex, settings))


def test_the_command_names_the_shift_and_counts(megc, corpus, tmp_path):
    arguments = ("run-all", "--dataset", "synthetic", "--data-root", corpus, "--recipe", "majority", "--jobs", 1)
    done = megc(*arguments, "--output", tmp_path, "--shift", "onset=-99,apex=~2")
    assert done.exit_code == 0, done.stderr
    assert "### recognition on synthetic (shift onset=-99,apex=~2) (n = 12)" in done.stdout
    assert "warning: synthetic: key frames moved by onset=-99,apex=~2 (clips 12, clips held back 12" in done.stderr
    wrong = megc(*arguments, "--output", tmp_path, "--shift", "apex=soon")
    assert wrong.exit_code == 2
    assert wrong.stderr.count("\n") == 1
    assert "error: --shift 'apex=soon': 'apex=soon'; expected such as" in wrong.stderr


def test_key_frames_are_spotted_without_a_look_at_the_annotation(few):
    spotted, line = spotted_dataset(few)
    number = int(re.match(r"synthetic: key frames spotted in (\d) of 3 clips; the others are left whole", line)[1])
    assert number
    assert spotted.shift == "spotted"
    hidden = [replace(clip, event=replace(clip.event, onset=1, apex=None, offset=2)) for clip in few.clips]
    again, _ = spotted_dataset(replace(few, clips=hidden))
    for before, clip, other in zip(few.clips, spotted.clips, again.clips):
        assert (clip.frames.start, clip.frames.stop, clip.event.apex) == (
            other.frames.start, other.frames.stop, other.event.apex,
        )  # fmt: skip
        assert (clip.event.onset, clip.event.offset) == (1, len(clip.frames))
        assert (clip.name, clip.subject, clip.event.emotion) == (before.name, before.subject, before.event.emotion)
        if clip.event.apex is None:
            assert len(clip.frames) == len(before.frames.whole())
        else:
            assert abs(clip.frames.start + 1 - (before.frames.start + before.event.onset)) <= 15
            assert abs(clip.frames.stop - (before.frames.start + before.event.offset)) <= 15
    assert plan(spotted, ("majority",))[0].dataset == "synthetic (shift spotted)"


def test_pictures_stay_where_key_frames_are_spotted(tmp_path, few):
    picture = Clip("d", "s", "picture", event=Event(1, 2, 2), flow_image=tmp_path)
    dataset = Dataset("d", [picture])
    assert spotted_dataset(dataset) == (dataset, "d: no clip has frames to spot key frames in; left as it is")
    assert join_datasets([dataset, replace(few, shift="spotted")]).shift == "spotted"
