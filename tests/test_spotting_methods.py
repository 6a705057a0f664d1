"""What holds for every spotting method of the registry; a new one is tested here without a line being added.

What belongs to one method alone is in test_spotting.py.
"""

import inspect
import pickle
import re
from typing import get_args

import numpy as np
import pytest
from implanted_video import FPS, smile_and_frown
from sklearn.base import clone

from baselines.datasets.frames import ArrayFrames
from baselines.datasets.opening import open_frames
from baselines.errors import InputError
from baselines.faces.track import follow
from baselines.parts import PARTS
from baselines.spotting import blocks
from baselines.spotting.base import Spotter

METHODS = PARTS["spotting method"]
LENIENT = 0.2  # a least score at which every method finds something in 5 s with two expressions

pytestmark = pytest.mark.parametrize("name", METHODS)


@pytest.fixture(scope="module")
def video():
    """150 frames of a face that smiles and frowns."""
    pytest.importorskip("dlib", reason="dlib is not installed")
    return smile_and_frown()


@pytest.fixture(scope="module")
def faces(video):
    """The followed face of its first 90 frames."""
    return list(follow(video[:90], FPS))


@pytest.fixture(scope="module")
def measured(video):
    """What a method measures on it: measured(name) -> array (T, ...)."""
    return lambda name: made(name).measured(video, FPS)[0]


def made(name, **parameters):
    return METHODS[name].load()(**parameters)


def another_value(parameter):
    """Return a value that suits a parameter and is not its default."""
    default, choices = parameter.default, get_args(parameter.hint)
    if isinstance(default, str):
        return next(choice for choice in choices if choice != default)
    if isinstance(default, bool) or default is None:
        return not default
    return tuple(item * 1.37 for item in default) if isinstance(default, tuple) else type(default)(default * 1.37 + 1)


def assert_sound(result, frames):
    """Intervals lie in the video, in order, of a known kind and with a score; curves are as long as the video."""
    for found in result.intervals:
        assert all(type(number) is int for number in (found.onset, found.apex, found.offset))
        assert 1 <= found.onset <= found.apex <= found.offset <= frames
        assert found.kind in ("micro", "macro")
        assert np.isfinite(found.score)
    onsets = [found.onset for found in result.intervals]
    assert onsets == sorted(onsets)
    assert result.curves
    for curve in result.curves:
        assert curve.values.shape == (frames,)
        assert not np.isinf(curve.values).any()
        assert not np.isnan(curve.threshold)


def assert_same(first, second):
    assert first.intervals == second.intervals
    assert first.warnings == second.warnings
    assert [curve.name for curve in first.curves] == [curve.name for curve in second.curves]
    for one, other in zip(first.curves, second.curves):
        np.testing.assert_array_equal(one.values, other.values)
        assert one.threshold == other.threshold


# --- what it says of itself


def test_it_tells_what_it_does_and_whose_it_is(name):
    part = METHODS[name]
    documentation = inspect.getdoc(part.load())
    assert re.match(r"[A-Z].{20,}\.$", part.summary)
    assert documentation.removeprefix(part.summary).strip(), "more than the first line"
    assert part.citation
    if part.citation != "this project":
        author, year = part.citation.split()[0], part.citation.split()[-1]
        assert author in documentation
        assert year in documentation


def test_it_is_a_scikit_learn_estimator(name):
    spotter = made(name, least_score=0.5)
    assert isinstance(spotter, Spotter)
    assert set(spotter.get_params()) == set(METHODS[name].parameters())
    assert spotter.get_params()["least_score"] == 0.5
    assert made(name).get_params()["least_score"] == 1.0
    for copy in (clone(spotter), pickle.loads(pickle.dumps(spotter))):
        assert type(copy) is type(spotter)
        assert copy.get_params() == spotter.get_params()


def test_what_is_measured_depends_on_no_other_parameters_than_it_says(name, faces):
    spotter = made(name)
    parameters = METHODS[name].parameters()
    assert set(spotter.measured_by) <= set(parameters)
    others = [parameter for key, parameter in parameters.items() if key not in spotter.measured_by]
    changed = made(name, **{parameter.name: another_value(parameter) for parameter in others})
    np.testing.assert_array_equal(changed.measure(iter(faces), FPS), spotter.measure(iter(faces), FPS))


# --- what it gives


def test_what_it_gives_on_a_moving_face(name, video):
    result = made(name, least_score=LENIENT).predict(video, FPS)
    assert result.intervals
    assert_sound(result, len(video))
    assert result.warnings == ()
    assert all(np.isfinite(curve.values).any() for curve in result.curves)


def test_a_stricter_least_score_finds_nothing_new(name, measured):
    lenient, usual, strict, none = (
        made(name, least_score=score).spot(measured(name), FPS).intervals for score in (LENIENT, 1.0, 2.0, 1e9)
    )
    for more, fewer, least in ((lenient, usual, 1.0), (usual, strict, 2.0)):
        assert all(found.score >= least for found in fewer)
        # the same intervals, or parts of those that a lower threshold made longer
        assert all(any(wide.onset <= found.onset and found.offset <= wide.offset for wide in more) for found in fewer)
    assert none == ()


def test_a_still_face_gives_next_to_nothing(name, faces):
    """A threshold relative to the mean and the peak of a curve meets one that is constant: one interval a curve."""
    result = made(name).spot(made(name).measure(iter(faces[:1] * 90), FPS), FPS)
    assert_sound(result, 90)
    assert len(result.intervals) <= len(result.curves)


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 5, 12, 90])
def test_where_nothing_moves_or_nothing_is_seen(name, measured, frames):
    nothing = np.zeros_like(measured(name), shape=(frames, *measured(name).shape[1:]))
    for array in (nothing, np.full_like(nothing, np.nan)):
        result = made(name).spot(array, FPS)
        assert result.intervals == ()
        assert_sound(result, frames)
    assert all(np.isnan(curve.values).all() for curve in result.curves)


@pytest.mark.parametrize("frames", [1, 10])
def test_very_short_videos(name, video, frames):
    result = made(name).predict(video[:frames], FPS)
    assert_sound(result, frames)


def test_no_interval_reaches_into_frames_without_a_face(name, measured):
    array = measured(name).copy()
    array[70:80] = np.nan
    array[148:] = np.nan
    result = made(name, least_score=LENIENT).spot(array, FPS)
    assert result.intervals
    assert_sound(result, len(array))
    assert all(found.offset <= 70 or found.onset > 80 for found in result.intervals)
    assert all(found.offset <= 148 for found in result.intervals)
    assert all(np.isnan(curve.values[70:80]).all() for curve in result.curves)


def test_a_real_video_whose_face_appears_late(name, shared_data):
    frames = open_frames(shared_data / "faces" / "noface_face.mov")
    result = made(name).predict(frames, frames.fps)
    assert result.intervals
    assert_sound(result, len(frames))
    assert all(found.onset > 96 for found in result.intervals)
    assert any("no face" in warning for warning in result.warnings)


# --- what it refuses


def test_a_video_without_a_face(name):
    pytest.importorskip("dlib", reason="dlib is not installed")
    with pytest.raises(InputError, match="no face found in 12 frames"):
        made(name).predict(ArrayFrames(np.zeros((12, 120, 160, 3), np.uint8)), FPS)


def test_a_video_without_a_frame(name):
    with pytest.raises(InputError, match="no frame could be read"):
        made(name).predict(ArrayFrames(np.zeros((0, 120, 160, 3), np.uint8)), FPS)


@pytest.mark.parametrize("fps", [0, -30, float("nan"), None])
def test_a_frame_rate_is_needed(name, fps):
    with pytest.raises(InputError, match=r"frames per second; give the frame rate"):
        made(name).predict(ArrayFrames(np.zeros((3, 8, 8, 3), np.uint8)), fps)


# --- what it does not depend on


def test_the_result_depends_neither_on_the_run_nor_on_the_workers(name, video, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", "off")
    monkeypatch.setattr(blocks, "BLOCK", 1.5)
    first, again, shared = (made(name, least_score=LENIENT).predict(video, FPS, jobs=jobs) for jobs in (1, 1, 2))
    assert first.intervals
    assert_same(first, again)
    assert_same(first, shared)


def test_the_result_does_not_depend_on_the_cache_and_progress_is_told(name, video, monkeypatch, tmp_path):
    results, told = [], []
    for place in ("off", str(tmp_path), str(tmp_path)):
        monkeypatch.setenv("MEGC_CACHE", place)
        done = []
        results.append(made(name, least_score=LENIENT).predict(video[:60], FPS, progress=done.append))
        told.append(sum(done))
    assert told == [60, 60, 0], "measured, measured and kept, read"
    assert_same(results[0], results[1])
    assert_same(results[0], results[2])
