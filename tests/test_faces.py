"""Following one face through a video with dlib: real pixels, the public-domain portrait of scikit-image."""

import itertools
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from baselines.datasets.frames import ArrayFrames
from baselines.datasets.opening import open_frames
from baselines.errors import InputError, MissingDependency
from baselines.faces import following, models
from baselines.faces.track import aligned_faces, cached_track, follow, track
from features.alignment import RIGID, registrations, smooth, transform, warp

pytest.importorskip("dlib", reason="dlib is not installed")

PUPILS = np.array([(133, 146), (203, 149)])  # of the portrait below, read off the picture


@pytest.fixture(scope="module")
def portrait():
    """A face about 140 px wide in a (300, 320, 3) picture."""
    skimage_data = pytest.importorskip("skimage.data")
    return cv2.resize(skimage_data.astronaut()[10:198, 120:320], (320, 300), interpolation=cv2.INTER_CUBIC)


def eyes_of(landmarks):
    return np.stack([landmarks[..., 36:42, :].mean(axis=-2), landmarks[..., 42:48, :].mean(axis=-2)], axis=-2)


def blank(picture):
    return np.full_like(picture, 128)


def test_the_eyes_are_where_they_are(portrait):
    found = track([portrait])
    assert found.landmarks.shape == (1, 68, 2)
    assert found.landmarks.dtype == np.float32
    assert found.warnings == ()
    np.testing.assert_allclose(eyes_of(found.landmarks[0]), PUPILS, atol=3)


def test_landmarks_of_a_noisy_still_face_stay_where_they_are(portrait):
    rng = np.random.default_rng(0)
    frames = [np.clip(portrait + rng.normal(0, 2, portrait.shape), 0, 255).astype(np.uint8) for _ in range(20)]
    landmarks = track(frames).landmarks
    assert landmarks.std(axis=0).mean() < 0.6


def test_a_moving_face_is_followed(portrait):
    shifts = [(round(25 * np.sin(t / 5)), round(10 * np.sin(t / 3))) for t in range(25)]
    frames = [np.roll(portrait, (dy, dx), axis=(0, 1)) for dx, dy in shifts]
    landmarks = track(frames, fps=30).landmarks
    moved = eyes_of(landmarks).mean(axis=1)
    np.testing.assert_allclose(moved - moved[0], np.array(shifts, float) - shifts[0], atol=2)


def test_threads_of_one_process_find_what_each_would_alone(portrait):
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)
    frames = [np.roll(grey, (3 * n, 40 * (n % 3) - 40), axis=(0, 1)) for n in range(12)]
    alone = [models.find_faces(frame) for frame in frames]
    assert any(not np.array_equal(one, alone[0]) for one in alone)
    with ThreadPoolExecutor(4) as threads:
        for _ in range(3):
            together = list(threads.map(models.find_faces, frames))
            np.testing.assert_array_equal(together, alone)


def test_a_face_that_leaves_and_comes_back(portrait):
    frames = [portrait] * 10 + [blank(portrait)] * 20 + [portrait] * 10
    seen = []
    found = track(frames, fps=30, progress=seen.append)
    absent = np.flatnonzero(np.isnan(found.landmarks).any(axis=(1, 2))) + 1
    gap = absent[0], absent[-1]
    assert len(absent) == gap[1] - gap[0] + 1
    assert gap[0] == 11
    assert 30 <= gap[1] <= 30 + 30 * following.CHECK
    assert found.warnings == (f"no face in {gap[1] - 10} of 40 frames (11-{gap[1]})",)
    assert sum(seen) == 40


def test_a_cut_to_a_face_elsewhere(portrait):
    wide = np.full((300, 700, 3), 128, np.uint8)
    left, right = wide.copy(), wide.copy()
    left[:, :320], right[:, 380:] = portrait, portrait
    landmarks = track([left] * 7 + [right] * 7, fps=60).landmarks
    middles = eyes_of(landmarks).mean(axis=1)[:, 0]
    np.testing.assert_allclose(middles[:7], PUPILS[:, 0].mean(), atol=3)
    np.testing.assert_allclose(middles[7:], PUPILS[:, 0].mean() + 380, atol=3)


def test_a_face_that_slips_away_between_checks(portrait):
    """The picture fades: no sudden change, so the frames since the last confirmation are taken back."""
    fades = [cv2.addWeighted(portrait, 1 - share, blank(portrait), share, 0) for share in np.linspace(0, 1, 12)]
    landmarks = track([portrait] * 5 + fades + [blank(portrait)] * 20 + [portrait] * 20, fps=60).landmarks
    missing = np.isnan(landmarks).any(axis=(1, 2))
    assert missing[17:37].all()
    assert not missing[:5].any()
    assert not missing[-8:].any()


def test_a_short_miss_is_bridged(portrait):
    landmarks = track([portrait] * 6 + [blank(portrait)] * 2 + [portrait] * 6, fps=30).landmarks
    assert np.isfinite(landmarks).all()
    np.testing.assert_allclose(landmarks[6], landmarks[0], atol=3)


def test_the_largest_of_two_faces_is_followed_with_a_warning(portrait):
    small = cv2.resize(portrait, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    wide = np.full((300, 600, 3), 128, np.uint8)
    wide[: small.shape[0], : small.shape[1]] = small
    wide[:, 280:] = portrait
    found = track([wide] * 3)
    assert eyes_of(found.landmarks)[..., 0].min() > 280
    assert found.warnings == ("more than one face at frame 1; the largest that stays is followed",)


@pytest.mark.parametrize("width", [120, 1500])
def test_small_and_large_pictures(portrait, width):
    scale = width / 320
    picture = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    expected = PUPILS * scale
    np.testing.assert_allclose(eyes_of(track([picture]).landmarks[0]), expected, atol=5 * scale + 1)


def test_no_face_is_one_clear_line(portrait):
    with pytest.raises(InputError, match=r"^portrait.png: no face found in 3 frames; .*face") as caught:
        track(ArrayFrames(np.stack([blank(portrait)] * 3), source="portrait.png"))
    assert "\n" not in str(caught.value)


def test_no_frame_is_one_clear_line():
    with pytest.raises(InputError, match="no frame could be read"):
        track([])


def test_the_cached_track_is_the_track(portrait):
    frames = ArrayFrames(np.stack([portrait] * 3 + [blank(portrait)] * 12))
    first, second = cached_track(frames, 30.0), cached_track(frames, 30.0)
    np.testing.assert_array_equal(first.landmarks, second.landmarks)
    assert first.warnings == second.warnings == track(frames, 30.0).warnings


@pytest.fixture
def fresh_models():
    models._dlib_models.cache_clear()
    yield
    models._dlib_models.cache_clear()


def test_without_dlib_the_message_says_what_to_install(monkeypatch, portrait, fresh_models):
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(MissingDependency, match="pip install dlib-bin"):
        track([portrait])


def test_a_predictor_that_is_not_there(monkeypatch, tmp_path, portrait, fresh_models):
    monkeypatch.setenv("MEGC_LANDMARKS", str(tmp_path / "none.dat"))
    with pytest.raises(InputError, match=r"none.dat: no such file; MEGC_LANDMARKS"):
        track([portrait])


def test_a_predictor_that_is_none(monkeypatch, tmp_path, portrait, fresh_models):
    path = tmp_path / "landmarks.dat"
    path.write_bytes(b"not a predictor")
    monkeypatch.setenv("MEGC_LANDMARKS", str(path))
    with pytest.raises(InputError, match="not a dlib 68-point shape predictor"):
        track([portrait])


def test_without_the_predictor_package_the_message_says_what_to_install(monkeypatch, portrait, fresh_models):
    monkeypatch.delenv("MEGC_LANDMARKS", raising=False)
    monkeypatch.setattr(models.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install face_recognition_models"):
        track([portrait])


@pytest.mark.parametrize(("name", "first", "last"), [("face_noface.mov", 73, 169), ("noface_face.mov", 1, 96)])
def test_real_video_where_the_face_leaves_or_enters(shared_data, name, first, last):
    frames = open_frames(shared_data / "faces" / name)
    landmarks = cached_track(frames, frames.fps).landmarks
    missing = np.isnan(landmarks).any(axis=(1, 2))
    assert len(landmarks) == 169
    assert missing[first - 1 : last].mean() > 0.97
    assert np.delete(missing, slice(first - 1, last)).sum() <= 5


def test_a_video_that_ends_early_says_so(portrait):
    class Short(ArrayFrames):
        def cut_off(self):
            return 30

    (warning,) = track(Short(np.stack([portrait] * 10))).warnings
    assert warning.startswith("the file tells of 30 frames more than can be read")


def test_frames_that_are_long_not_there_have_no_face(portrait):
    class Gap(ArrayFrames):
        absent = frozenset({4, *range(10, 30)})

    found = track(Gap(np.stack([portrait] * 40)), 20.0)
    missing = np.isnan(found.landmarks).any(axis=(1, 2))
    assert set(np.flatnonzero(missing) + 1) == set(range(10, 30))
    assert found.warnings == (
        "21 of 40 frames (4, 10-29) are not there; they keep their time",
        "no face in 20 of 40 frames (10-29)",
    )


def placed(portrait, *places, size=(300, 600)):
    """Return a grey-backed picture with the portrait, scaled, at each (left, top, scale)."""
    picture = np.full((*size, 3), 128, np.uint8)
    for left, top, scale in places:
        small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        picture[top : top + small.shape[0], left : left + small.shape[1]] = small[: size[0] - top, : size[1] - left]
    return picture


def test_a_large_face_that_appears_for_a_moment_does_not_win(portrait):
    passing = placed(portrait, (0, 0, 0.8), (270, 0, 1.0))
    alone = placed(portrait, (0, 0, 0.8))
    found = track([passing] * 4 + [alone] * 26, fps=30)
    np.testing.assert_allclose(eyes_of(found.landmarks)[10:].mean(axis=0), 0.8 * PUPILS, atol=3)
    assert np.isfinite(found.landmarks).all()
    assert found.warnings == ("more than one face at frame 1; the largest that stays is followed",)


def test_a_large_face_that_comes_a_moment_later_and_stays_wins(portrait):
    small = placed(portrait, (0, 0, 0.7))
    both = placed(portrait, (0, 0, 0.7), (270, 0, 1.0))
    landmarks = track([small] * 4 + [both] * 36, fps=30).landmarks
    known = landmarks[np.isfinite(landmarks[:, 0, 0])]
    assert eyes_of(known)[..., 0].min() > 300
    assert len(known) >= 32


def test_following_gives_the_track_and_pictures_of_the_face(portrait):
    frames = [np.roll(portrait, shift, axis=1) for shift in range(12)]
    wide = [np.pad(frame, ((40, 400), (50, 600), (0, 0)), mode="edge") for frame in frames]
    given = list(follow(wide, fps=30))
    np.testing.assert_array_equal(np.stack([face.landmarks for face in given]), track(wide, fps=30).landmarks)
    for frame, face in zip(wide, given):
        x, y = face.corner
        height, width = face.picture.shape
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        np.testing.assert_array_equal(face.picture, grey[y : y + height, x : x + width])
        assert face.picture.size < grey.size / 2
        assert (face.landmarks > (x, y)).all()
        assert (face.landmarks < (x + width, y + height)).all()


def test_aligned_faces_of_a_stream_are_those_of_the_arrays(portrait):
    frames = [np.roll(portrait, round(6 * np.sin(t / 4)), axis=0) for t in range(24)] + [blank(portrait)] * 12
    landmarks = track(frames, fps=30).landmarks
    points = smooth(landmarks, 3.0)
    streamed = list(aligned_faces(follow(frames, fps=30), 30, size=96, smoothing=0.1))
    assert len(streamed) == 36
    for frame, place, matrix, (face, marks) in zip(frames, points, registrations(points, 96, "each"), streamed):
        if np.isnan(matrix).any():
            assert (face, marks) == (None, None)
            continue
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        np.testing.assert_allclose(face.astype(int), warp(grey, matrix, 96).astype(int), atol=2)
        np.testing.assert_allclose(marks, transform(place, matrix), atol=1e-6)


def test_following_reads_at_most_a_second_ahead(portrait):
    read = []
    stream = follow((read.append(1) or portrait for _ in range(90)), fps=30)
    for given in range(1, 60):
        next(stream)
        assert len(read) - given <= 30
    assert sum(1 for _ in stream) == 31


def test_memory_does_not_grow_with_the_video(portrait):
    def peak(count):
        tracemalloc.start()
        for _ in aligned_faces(follow(itertools.repeat(portrait, count), fps=8), 8):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(10)
    assert peak(120) < 1.2 * peak(40)


def test_there_is_no_step_at_keyframes(portrait):
    """A face that glides: the registration's speed is that of the face on every frame, keyframes included."""
    speed = 0.8
    frames = [
        cv2.warpAffine(
            portrait, np.float32([[1, 0, speed * t], [0, 1, 0]]), (320, 300), borderMode=cv2.BORDER_REPLICATE
        )
        for t in range(40)
    ]
    landmarks = track(frames, fps=30).landmarks[:, list(RIGID)].mean(axis=1)
    np.testing.assert_allclose(np.diff(landmarks[:, 0]), speed, atol=0.35)
    np.testing.assert_allclose(np.diff(landmarks[:, 1]), 0, atol=0.35)


def test_a_closing_eye_does_not_move_the_head(portrait):
    lid = portrait.copy()
    cv2.ellipse(lid, (133, 146), (18, 9), 0, 0, 360, (200, 160, 140), -1)
    landmarks = track([portrait] * 10 + [lid] * 4 + [portrait] * 10, fps=60).landmarks[:, list(RIGID)].mean(axis=1)
    assert np.abs(landmarks - landmarks[0]).max() < 1.0


def test_tracked_landmarks_are_near_those_of_every_frame(shared_data):
    """On real video the tracked landmarks stay near those predicted on every frame."""
    frames = open_frames(shared_data / "faces" / "single_face.mp4")
    landmarks = track(frames, frames.fps).landmarks
    every = np.stack([track([frames[index]]).landmarks[0] for index in range(20, 50, 6)])
    eyes = np.hypot(*np.diff(eyes_of(every[0]), axis=0)[0])
    distance = np.hypot(*np.moveaxis(landmarks[20:50:6] - every, -1, 0)) / eyes
    assert np.median(distance) < 0.03
    assert distance.mean(axis=0).max() < 0.12


def test_undecoded_frames_and_a_variable_rate_are_told(portrait):
    class Broken(ArrayFrames):
        def is_variable_rate(self):
            return True

        def _pictures(self, start, stop, grey):
            return (found for found in super()._pictures(start, stop, grey) if found[0] not in (2, 3))

    warnings = track(Broken(np.stack([portrait] * 30)), 30.0).warnings
    assert warnings[0] == "2 of 30 frames (3-4) cannot be read; the frame before stands in"
    assert warnings[1].startswith("the frame rate varies")
