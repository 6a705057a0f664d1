import cv2
import numpy as np
import pytest

from baselines.datasets.frames import ArrayFrames, open_frames, read_image
from baselines.errors import InputError


@pytest.fixture
def video(tmp_path):
    """A video of 20 grey frames, each brighter than the one before, and its path."""
    path = tmp_path / "ramp.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (64, 48))
    for level in range(20):
        writer.write(np.full((48, 64, 3), 10 * level, np.uint8))
    writer.release()
    return path


def test_a_folder_of_images_is_read_in_the_order_of_numbers(tmp_path, write_images):
    frames = write_images(tmp_path / "clip", count=12)  # img10 sorts after img9, not after img1
    opened = open_frames(tmp_path / "clip")
    assert len(opened) == 12
    np.testing.assert_array_equal(np.stack(list(opened)), frames)
    np.testing.assert_array_equal(opened[9], frames[9])
    np.testing.assert_array_equal(opened[-1], frames[-1])


def test_slices_are_lazy_views(tmp_path, write_images):
    frames = write_images(tmp_path / "clip", count=8)
    view = open_frames(tmp_path / "clip")[2:7][1:3]
    assert len(view) == 2
    np.testing.assert_array_equal(np.stack(list(view)), frames[3:5])
    assert len(view[5:2]) == 0


def test_a_range_of_a_video_equals_the_same_range_of_the_whole(video):
    opened = open_frames(video)
    whole = np.stack(list(opened))
    assert (len(opened), opened.fps) == (20, 25.0)
    assert abs(int(whole[7].mean()) - 70) <= 3
    np.testing.assert_array_equal(np.stack(list(opened[7:11])), whole[7:11])
    np.testing.assert_array_equal(opened[13], whole[13])


def test_identity_tells_ranges_and_contents_apart(tmp_path, write_images):
    write_images(tmp_path / "a")
    frames = open_frames(tmp_path / "a")
    first = frames.identity()
    assert first == open_frames(tmp_path / "a").identity()
    assert first != frames[:3].identity()
    write_images(tmp_path / "a", seed=1)
    assert first != open_frames(tmp_path / "a").identity()
    assert ArrayFrames(np.zeros((2, 4, 4, 3), np.uint8)).identity() != ArrayFrames(np.ones((2, 4, 4, 3))).identity()


def test_grey_and_transparent_images_become_rgb(tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((4, 5), 7, np.uint8))
    cv2.imwrite(str(tmp_path / "alpha.png"), np.full((4, 5, 4), 9, np.uint8))
    assert read_image(tmp_path / "grey.png").shape == (4, 5, 3)
    assert read_image(tmp_path / "alpha.png").shape == (4, 5, 3)


def test_bad_sources_are_one_clear_line(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("no video at all")
    (tmp_path / "twice").mkdir()
    for name in ("a1.png", "b1.png"):
        (tmp_path / "twice" / name).write_bytes(b"")
    for name, message in [
        ("none.mp4", "no such file"),
        ("empty", "no numbered images"),
        ("empty.mp4", "file is empty"),
        ("text.mp4", "not a readable video"),
        ("twice", "both have number 1"),
    ]:
        with pytest.raises(InputError, match=message):
            open_frames(tmp_path / name)


def test_a_broken_image_is_named(tmp_path, write_images):
    write_images(tmp_path / "clip")
    broken = tmp_path / "clip" / "img3.png"
    broken.write_bytes(broken.read_bytes()[:40])
    with pytest.raises(InputError, match=r"img3\.png: not a readable image"):
        list(open_frames(tmp_path / "clip"))
