"""Every so many frames of a source, in grey and smaller: what spotting reads of large pictures and fast videos."""

import pickle

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from replicas import write_video

from baselines.datasets.frames import ArrayFrames, BrokenFrames
from baselines.datasets.images import read_image
from baselines.datasets.opening import open_frames
from baselines.faces.scale import ENOUGH, as_small_as_the_face_allows
from baselines.faces.track import Account
from baselines.spotting.regional.method import RegionalContrast
from baselines.spotting.runs import between

BOUND = st.none() | st.integers(-12, 12)
SLICES = st.builds(slice, BOUND, BOUND, st.none() | st.integers(1, 5))


@given(st.lists(SLICES, max_size=3))
def test_slices_of_slices_are_those_of_a_list(slices):
    frames = ArrayFrames(np.arange(10, dtype=np.uint8)[:, None, None, None])
    expected = list(range(10))
    for part in slices:
        frames, expected = frames[part], expected[part]
    assert len(frames) == len(expected)
    assert [int(frame[0, 0, 0]) for frame in frames] == expected
    assert [int(frames[k][0, 0, 0]) for k in range(len(frames))] == expected
    assert list(frames.numbers) == [k + 1 for k in expected]
    assert [frames.position(k + 1) for k in expected] == [n + 1 for n in range(len(expected))]
    assert all(frames.position(k + 1) is None for k in range(10) if k not in expected)
    assert len(frames.whole()) == 10


def test_every_third_frame_has_a_third_of_the_rate(tmp_path):
    frames = open_frames(write_video(tmp_path / "ramp.avi"))
    thinned = frames[1::3]
    assert thinned.fps == pytest.approx(25 / 3)
    np.testing.assert_array_equal(list(thinned), list(frames)[1::3])
    np.testing.assert_allclose(thinned.seconds(), frames.seconds()[1::3])
    assert thinned.whole().fps == pytest.approx(25)
    assert thinned.identity() != frames[1:].identity()
    np.testing.assert_array_equal(list(pickle.loads(pickle.dumps(thinned))), list(thinned))


def test_only_the_frames_that_are_taken_are_read(tmp_path, write_images):
    pictures = write_images(tmp_path / "clip", count=30)
    for number in (2, 3, 14, 30):
        (tmp_path / "clip" / f"img{number}.png").write_bytes(b"")
    frames = open_frames(tmp_path / "clip")[::3]
    np.testing.assert_array_equal(list(frames), pictures[::3])
    assert not frames.undecoded


@pytest.mark.parametrize("first", [0, 1, 2])
def test_broken_and_absent_frames_of_a_thinned_source_are_stood_in_for(tmp_path, write_images, first):
    pictures = write_images(tmp_path / "clip", count=60)
    (tmp_path / "clip" / f"img{first + 1}.png").write_bytes(b"")
    (tmp_path / "clip" / f"img{first + 13}.png").write_bytes(b"")
    (tmp_path / "clip" / f"img{first + 25}.png").unlink()
    frames = open_frames(tmp_path / "clip")[first::3]
    expected = pictures[first::3].copy()
    expected[[0, 4, 8]] = expected[[1, 3, 7]]
    np.testing.assert_array_equal(list(frames), expected)
    assert frames.undecoded == {first + 1, first + 13}
    np.testing.assert_array_equal(list(frames[4:6]), expected[4:6])
    np.testing.assert_array_equal(frames[8], expected[8])


def test_too_many_broken_ones_of_those_taken_are_an_error(tmp_path, write_images):
    write_images(tmp_path / "clip", count=60)
    for number in range(31, 61):
        (tmp_path / "clip" / f"img{number}.png").write_bytes(b"")
    with pytest.raises(BrokenFrames, match=r"img31\.png: .*\(frames 31-58; "):
        list(open_frames(tmp_path / "clip")[::3])


# --- smaller, in grey


@pytest.fixture
def photo():
    from skimage.data import astronaut

    return astronaut()[:301, :403]  # odd sides


@pytest.mark.parametrize("by", [1, 2, 4, 8])
@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp"])
def test_a_smaller_grey_picture_is_the_mean_of_the_whole(tmp_path, photo, suffix, by):
    Image.fromarray(photo).save(tmp_path / f"p.{suffix}", **({"quality": 95} if suffix == "jpg" else {}))
    grey = cv2.cvtColor(read_image(tmp_path / f"p.{suffix}"), cv2.COLOR_RGB2GRAY)
    found = read_image(tmp_path / f"p.{suffix}", grey=True, by=by)
    assert found.shape == (-(-301 // by), -(-403 // by))
    blocks = np.pad(grey, ((0, -301 % by), (0, -403 % by)), "edge").reshape(found.shape[0], by, -1, by)
    apart = np.abs(found - blocks.mean(axis=(1, 3)))
    assert apart.mean() < 1
    assert np.quantile(apart, 0.99) <= 6  # more where a colour is too bright for its luma


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_a_tiny_picture_of_any_mode_can_be_smaller_too(tmp_path, mode):
    Image.new("RGB", (5, 3), (90, 90, 90)).convert(mode).save(tmp_path / "img1.jpg")
    found = read_image(tmp_path / "img1.jpg", grey=True, by=8)
    assert found.shape == (1, 1)
    assert abs(int(found[0, 0]) - 90) <= 3


def test_a_truncated_picture_is_refused_at_any_size(tmp_path, photo):
    path = tmp_path / "img1.jpg"
    Image.fromarray(photo).save(path)
    path.write_bytes(path.read_bytes()[:-4000])
    for by in (1, 2, 8):
        with pytest.raises(Exception, match=r"img1\.jpg: not a readable image \(image file is truncated"):
            read_image(path, grey=True, by=by)


def test_a_picture_of_another_size_is_named_with_its_own_size(tmp_path, photo):
    for number in range(1, 31):
        Image.fromarray(photo if number < 12 or number > 18 else photo[:200]).save(tmp_path / f"img{number}.jpg")
    with pytest.raises(BrokenFrames, match=r"img12\.jpg: 403 x 200 pixels, the others have 403 x 301; give all"):
        list(open_frames(tmp_path).shrunk(2))


# --- how small the face allows


def write_faces(folder, width, scale, count=3):
    """Write JPEG pictures `width` px wide; the face in them is about 100 px wide at scale 1."""
    from skimage.data import astronaut

    folder.mkdir(exist_ok=True)
    face = cv2.resize(astronaut()[:400, 50:450], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.full((max(len(face), width // 2), width, 3), 128, np.uint8)
    canvas[: len(face), : face.shape[1]] = face
    for number in range(1, count + 1):
        Image.fromarray(canvas).save(folder / f"img{number}.jpg", quality=95)
    return open_frames(folder)


@pytest.mark.parametrize(
    ("width", "scale", "by"),
    [(1200, 3, 1), (1400, 3, 2), (1400, 1, 1), (2600, 3, 2), (2600, 6, 4)],
)
def test_large_pictures_are_read_as_small_as_the_face_allows(tmp_path, width, scale, by):
    pytest.importorskip("dlib", reason="dlib is not installed")
    frames = write_faces(tmp_path / "clip", width, scale)
    small = as_small_as_the_face_allows(frames)
    assert small[0].shape[1] == -(-width // by)
    if by > 1:
        from baselines.faces.models import find_faces

        (box,) = find_faces(small[0])
        assert box[2] >= 0.9 * ENOUGH


def test_pictures_without_a_face_and_videos_stay_as_they_are(tmp_path):
    pytest.importorskip("dlib", reason="dlib is not installed")
    Image.new("RGB", (2000, 900)).save(tmp_path / "img1.png")
    frames = open_frames(tmp_path)
    assert as_small_as_the_face_allows(frames) is frames
    assert as_small_as_the_face_allows(frames[:0]).source == frames.source
    video = open_frames(write_video(tmp_path / "ramp.avi"))
    assert as_small_as_the_face_allows(video) is video
    (tmp_path / "img1.png").write_bytes(b"")
    broken = open_frames(tmp_path)
    assert as_small_as_the_face_allows(broken) is broken


# --- what is measured of every so many frames


@given(st.integers(1, 7), st.integers(1, 40))
def test_what_lies_between_is_interpolated(every, frames):
    line = np.arange(0, frames, every, dtype=float)[:, None] * (1, -2)
    found = between(line, every, frames)
    last = (len(line) - 1) * every
    np.testing.assert_allclose(found, np.minimum(np.arange(frames), last)[:, None] * (1, -2), atol=1e-9)


def test_what_is_unknown_stays_unknown_up_to_the_next_known_frame():
    measured = np.array([0, 1, np.nan, 3, 4], np.float32)[:, None]
    found = between(measured, 2, 10)[:, 0]
    np.testing.assert_array_equal(np.isnan(found), [False, False, False, True, True, True, False, False, False, False])
    assert found.dtype == np.float32


def test_a_frame_stands_for_those_up_to_the_next_in_the_account():
    class Gaps(ArrayFrames):
        absent = frozenset({4, 6})

    account = Account(4, without={1, 7}, undecoded={4}, absent={4})
    account.spread(3, Gaps(np.zeros((10, 8, 8, 3), np.uint8)))
    assert account.taken == 10
    assert (account.without, account.undecoded, account.absent) == ({1, 2, 3, 7, 8, 9}, {5}, {4, 6})


def test_a_fast_video_is_looked_at_as_often_as_needed():
    pytest.importorskip("dlib", reason="dlib is not installed")
    from implanted_video import smile_and_frown

    video = smile_and_frown()  # at 30 frames a second
    fast = ArrayFrames(np.repeat(video.array, 6, axis=0))  # the same at 180
    told = []
    slow, swift = (RegionalContrast().predict(frames, fps) for frames, fps in ((video, 30.0), (fast, 180.0)))
    array, account = RegionalContrast().measure_video(fast, 180.0, told.append)
    assert len(array) == len(fast) == account.taken == swift.coverage["frames"] == swift.coverage["with_face"]
    assert sum(told) >= len(fast)
    assert [(i.kind, i.region) for i in swift.intervals] == [(i.kind, i.region) for i in slow.intervals]
    for one, other in zip(slow.intervals, swift.intervals):
        assert abs(6 * one.onset - other.onset) <= 12
        assert abs(6 * one.offset - other.offset) <= 12
