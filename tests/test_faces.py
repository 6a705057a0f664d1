"""Following one face through a video with dlib: real pixels, the public-domain portrait of scikit-image."""

import sys

import cv2
import numpy as np
import pytest

from baselines import faces
from baselines.datasets.frames import ArrayFrames, open_frames
from baselines.errors import InputError, MissingDependency
from baselines.faces import cached_track, missing_runs, track

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


def test_a_face_that_leaves_and_comes_back(portrait):
    frames = [portrait] * 10 + [blank(portrait)] * 20 + [portrait] * 10
    seen = []
    found = track(frames, fps=30, progress=seen.append)
    (gap,) = missing_runs(found.landmarks)
    assert gap[0] == 11
    assert 30 <= gap[1] <= 30 + 30 / faces.CHECKS_PER_SECOND
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
    assert found.warnings == ("more than one face at frame 1; the largest is followed",)


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
    faces._dlib_models.cache_clear()
    yield
    faces._dlib_models.cache_clear()


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
    monkeypatch.setattr(faces.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install face_recognition_models"):
        track([portrait])


def test_missing_runs():
    landmarks = np.zeros((8, 68, 2))
    landmarks[[0, 3, 4, 7]] = np.nan
    assert missing_runs(landmarks) == [(1, 1), (4, 5), (8, 8)]
    assert missing_runs(np.zeros((2, 68, 2))) == []


@pytest.mark.parametrize(("name", "first", "last"), [("face_noface.mov", 73, 169), ("noface_face.mov", 1, 96)])
def test_real_video_where_the_face_leaves_or_enters(shared_data, name, first, last):
    frames = open_frames(shared_data / "faces" / name)
    landmarks = cached_track(frames, frames.fps).landmarks
    missing = np.isnan(landmarks).any(axis=(1, 2))
    assert len(landmarks) == 169
    assert missing[first - 1 : last].mean() > 0.97
    assert np.delete(missing, slice(first - 1, last)).sum() <= 5


def test_a_video_that_ends_early_says_so(portrait):
    class Short(list):
        def __len__(self):
            return 40

    (warning,) = track(Short([portrait] * 10)).warnings
    assert warning.startswith("the last 30 of 40 frames cannot be decoded")
