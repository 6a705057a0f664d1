import os
import re
import time

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from replicas import write_video

from baselines.datasets import frames as frames_module
from baselines.datasets.frames import ArrayFrames, BrokenFrames, ImageFrames
from baselines.datasets.images import numbered, read_image
from baselines.datasets.opening import open_frames
from baselines.errors import DataFault, InputError


@pytest.fixture
def video(tmp_path):
    """A video of 20 grey frames, each brighter than the one before, and its path."""
    return write_video(tmp_path / "ramp.avi")


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


def test_identity_changes_with_the_code_that_decodes(tmp_path, write_images, monkeypatch):
    class Own(ArrayFrames):
        """Frames that are made here."""

    write_images(tmp_path / "a")
    folder, own = open_frames(tmp_path / "a"), Own(np.zeros((2, 4, 4, 3), np.uint8))
    codes = {frames_module.__name__: "old", __name__: "old"}
    monkeypatch.setattr(frames_module, "depends_on", lambda module: {"code": codes[module]})
    first = folder.identity(), own.identity()
    codes[frames_module.__name__] = "new"
    second = folder.identity(), own.identity()
    codes[__name__] = "new"
    third = folder.identity(), own.identity()
    assert first[0] != second[0] == third[0]
    assert first[1] == second[1] != third[1]


@pytest.fixture
def number_files(tmp_path):
    """Make empty files of the given names in a folder."""

    def make(names, folder="clip"):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_bytes(b"")
        return tmp_path / folder

    return make


def test_numbers_are_those_in_the_file_names_and_positions_count_from_one(number_files):
    frames = ImageFrames(number_files([f"006_1_{n:04d}.jpg" for n in (3562, 3563, 3565, 3570)]))
    assert list(frames.numbers) == [3562, 3563, 3565, 3570]
    assert [frames.position(n) for n in (3562, 3565, 3570, 3564, 1, 9999)] == [1, 3, 4, None, None, None]


def test_a_slice_keeps_numbers_and_positions_consistent(number_files, video):
    view = ImageFrames(number_files([f"img{n}.jpg" for n in range(98, 110)]))[2:8][1:4]
    assert list(view.numbers) == [101, 102, 103]
    assert [view.position(n) for n in (100, 101, 103, 104)] == [None, 1, 3, None]
    view = open_frames(video)[5:9]
    assert list(view.numbers) == [6, 7, 8, 9]
    assert [view.position(n) for n in (5, 6, 9, 10)] == [None, 1, 4, None]


def test_a_pattern_says_where_the_number_is(number_files):
    folder = number_files(["reg_7_cam2.png", "reg_12_cam2.png", "other.png"])
    assert list(ImageFrames(folder, re.compile(r"reg_(\d+)")).numbers) == [7, 12]
    with pytest.raises(InputError, match="both have number 2"):
        ImageFrames(folder)


def test_what_is_no_numbered_image_is_left_out(number_files):
    names = ["image17581039.jpg", "image17581040.JPG", "Thumbs.db", "._image17581039.jpg", "cover.jpg", "notes1.txt"]
    assert list(ImageFrames(number_files(names)).numbers) == [17581039, 17581040]


def last_number(name):
    return int(re.findall(r"[0-9]+", name.rpartition(".")[0])[-1])


@given(st.sets(st.from_regex(r"[a_][01_]{0,3}[0-9]{1,2}[a_]?\.(jpg|png|JPG)", fullmatch=True), min_size=1, max_size=6))
def test_numbers_of_any_set_of_names(names):
    """The quick way for names of one width and the general one give the last number of every name."""
    numbers, ordered = numbered(names)
    assert numbers == [last_number(name) for name in ordered] == sorted(numbers)
    assert set(ordered) == names


@pytest.mark.timed
def test_listing_many_frames_is_quick(number_files):
    folder = number_files([f"006_1_{n:05d}.jpg" for n in range(1, 3001)])
    start = time.process_time()
    assert ImageFrames(folder).numbers[-1] == 3000
    assert time.process_time() - start < 0.1  # half a million in 147 such folders: under 2 s


PICTURES = {
    "grey.png": "L",
    "grey_alpha.png": "LA",
    "alpha.png": "RGBA",
    "palette.png": "P",
    "cmyk.tif": "CMYK",
    "colour.png": "RGB",
}


@pytest.mark.parametrize(("name", "mode"), PICTURES.items())
def test_pictures_of_every_mode_become_rgb(tmp_path, name, mode):
    ramp = np.tile(np.arange(0, 256, 16, dtype=np.uint8), (12, 1))
    Image.fromarray(ramp).convert("RGB").convert(mode, palette=Image.Palette.ADAPTIVE).save(tmp_path / name)
    picture = read_image(tmp_path / name)
    assert (picture.shape, picture.dtype) == ((12, 16, 3), np.uint8)
    np.testing.assert_allclose(picture, np.repeat(ramp[..., None], 3, axis=2), atol=1)


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_become_the_upper_8(tmp_path, suffix, channels):
    if (suffix, channels) == ("tif", 4):
        pytest.skip("not a format of frames")
    ramp = np.tile(np.linspace(0, 65535, 32).astype(np.uint16), (8, 1))
    path = str(tmp_path / f"deep.{suffix}")
    cv2.imwrite(path, ramp if channels == 1 else np.dstack([ramp] * channels))
    np.testing.assert_array_equal(read_image(path)[..., 1], ramp >> 8)


def test_a_32_bit_picture_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "f.tif"), np.ones((4, 5), np.float32))
    with pytest.raises(InputError, match=r"f\.tif: 32-bit values .* save the picture with 8 or 16 bits"):
        read_image(tmp_path / "f.tif")


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


@pytest.mark.parametrize("left", [40, 0])
def test_a_broken_image_is_stood_in_for_and_told(tmp_path, write_images, left):
    pictures = write_images(tmp_path / "clip", count=30)
    broken = tmp_path / "clip" / "img3.png"
    broken.write_bytes(broken.read_bytes()[:left])
    frames = open_frames(tmp_path / "clip")
    np.testing.assert_array_equal(np.stack(list(frames)), pictures[[0, 1, 1, *range(3, 30)]])
    assert frames.undecoded == {3}
    np.testing.assert_array_equal(frames[2], pictures[1])  # a range that begins with it
    first = tmp_path / "clip" / "img1.png"
    first.write_bytes(b"")
    np.testing.assert_array_equal(next(iter(open_frames(tmp_path / "clip"))), pictures[1])


def test_many_broken_images_are_an_error_that_names_the_first(tmp_path, write_images):
    write_images(tmp_path / "row", count=30)
    write_images(tmp_path / "here_and_there", count=60)
    for number in range(11, 17):
        (tmp_path / "row" / f"img{number}.png").write_bytes(b"")
    for number in range(2, 60, 4):
        (tmp_path / "here_and_there" / f"img{number}.png").write_bytes(b"")
    for folder, first in (("row", 11), ("here_and_there", 26)):
        message = rf"img{first}\.png: not a readable image \(the file is empty\); copy it again \(frame.* are bridged"
        with pytest.raises(BrokenFrames, match=message):
            list(open_frames(tmp_path / folder))


def test_numbers_left_out_keep_their_time(tmp_path, write_images):
    pictures = write_images(tmp_path / "clip", count=50)
    for number in (11, 12, 40):
        (tmp_path / "clip" / f"img{number}.png").unlink()
    frames = open_frames(tmp_path / "clip")
    assert list(frames.numbers) == list(range(1, 51))
    assert frames.absent == {11, 12, 40}
    assert frames.undecoded == set()
    kept = [index for index in range(50) if index not in (10, 11, 39)]
    read = np.stack(list(frames))
    np.testing.assert_array_equal(read[kept], pictures[kept])
    np.testing.assert_array_equal(read[[10, 11, 39]], pictures[[9, 9, 38]])
    np.testing.assert_array_equal(np.stack(list(frames[11:13])), read[11:13])


def test_numbers_that_count_no_time_are_an_order(number_files):
    numbers = [1, 5, 6, 14, 15, 30]
    assert list(ImageFrames(number_files([f"a{n}.png" for n in numbers])).numbers) == numbers
    assert list(ImageFrames(number_files([f"a{n}.png" for n in range(0, 90, 3)], "b")).numbers) == list(range(0, 90, 3))


def test_a_truncated_jpeg_is_named_not_filled_with_grey(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "img1.jpg"), noise)
    whole = (tmp_path / "img1.jpg").read_bytes()
    (tmp_path / "img1.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"img1\.jpg: not a readable image \(image file is truncated"):
        list(open_frames(tmp_path))


def test_a_frame_of_another_size_is_named(tmp_path, write_images):
    write_images(tmp_path / "clip")
    cv2.imwrite(str(tmp_path / "clip" / "img4.png"), np.zeros((20, 30, 3), np.uint8))
    frames = open_frames(tmp_path / "clip")
    np.testing.assert_array_equal(list(frames)[3], frames[2])
    assert frames.undecoded == {4}
    write_images(tmp_path / "two", count=20)
    for number in range(8, 20):
        cv2.imwrite(str(tmp_path / "two" / f"img{number}.png"), np.zeros((20, 30, 3), np.uint8))
    with pytest.raises(BrokenFrames, match=r"img8\.png: 30 x 20 pixels, the others have 32 x 24; give all"):
        list(open_frames(tmp_path / "two"))


def assert_every_range_is_that_of_the_whole(frames, ranges):
    whole = list(frames)
    for start, stop in ranges:
        np.testing.assert_array_equal(list(frames[start:stop]), whole[start:stop], err_msg=f"{start}:{stop}")
    for index in {index for span in ranges for index in span if index < len(frames)}:
        np.testing.assert_array_equal(frames[index], whole[index], err_msg=f"{index}")


@pytest.mark.parametrize("odd", [1, 2, 20, 39, 40])
def test_the_odd_size_is_that_of_the_fewest_wherever_a_range_begins(tmp_path, write_images, odd):
    write_images(tmp_path / "clip", count=40)
    cv2.imwrite(str(tmp_path / "clip" / f"img{odd}.png"), np.zeros((20, 30, 3), np.uint8))
    frames = open_frames(tmp_path / "clip")
    assert_every_range_is_that_of_the_whole(frames, [(0, 3), (odd - 1, odd), (odd - 1, 40), (0, odd), (30, 40)])
    assert frames.undecoded == {odd}


@pytest.mark.parametrize("lost", [[1, 2, 3], [20, 21], [39, 40], [1, 20, 40]])
def test_ranges_in_and_beside_broken_frames_are_those_of_the_whole(tmp_path, write_images, lost):
    written = write_images(tmp_path / "clip", count=40)
    for number in lost:
        (tmp_path / "clip" / f"img{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x05IHDR\x00")
    frames = open_frames(tmp_path / "clip")
    ranges = [(number - 1 + k, number - 1 + k + size) for number in lost for k in (-1, 0, 1) for size in (1, 2, 9)]
    assert_every_range_is_that_of_the_whole(frames, [(max(0, a), min(40, b)) for a, b in ranges if b > 0 and a < 40])
    assert frames.undecoded == set(lost)
    np.testing.assert_array_equal(frames[0], written[3] if lost[:3] == [1, 2, 3] else frames[0])


def test_a_range_within_a_gap_shows_the_picture_before_it(tmp_path, write_images):
    write_images(tmp_path / "clip", count=440)
    for number in range(201, 240):
        (tmp_path / "clip" / f"img{number}.png").unlink()
    frames = open_frames(tmp_path / "clip")
    assert_every_range_is_that_of_the_whole(frames, [(199, 201), (210, 230), (215, 245), (239, 241)])
    assert not frames.undecoded


def test_what_is_bridged_does_not_depend_on_what_was_read_before(tmp_path, write_images):
    """4 % of the frames are broken, one by one: each range is judged by itself."""
    write_images(tmp_path / "clip", count=500)
    for number in range(25, 500, 25):
        (tmp_path / "clip" / f"img{number}.png").write_bytes(b"nothing")
    frames = open_frames(tmp_path / "clip")
    for _ in range(2):
        assert len(list(frames)) == 500
        assert len(list(frames[100:130])) == 30
    assert len(frames.undecoded) == 19


def moving_video(path, code, fps=30, count=120):
    """Write a video of a smooth texture that moves a pixel a frame."""
    texture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    texture = cv2.GaussianBlur(texture, (0, 0), 2)
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*code), fps, (64, 48))
    for shift in range(count):
        writer.write(np.roll(texture, shift, axis=1))
    writer.release()
    return path


def assert_ranges_are_exact(path, starts, length=3):
    frames = open_frames(path)
    whole = [frame.tobytes() for frame in frames]
    assert len(set(whole)) > len(whole) // 2
    for start in starts:
        assert [frame.tobytes() for frame in frames[start : start + length]] == whole[start : start + length], start
    return frames


@pytest.mark.parametrize(
    ("name", "code", "fps"),
    [
        ("a.mp4", "mp4v", 30),
        ("b.mp4", "mp4v", 200),
        ("c.avi", "MJPG", 25),
        ("d.avi", "XVID", 29.97),
        ("e.mpg", "MPG2", 25),
    ],
)
def test_ranges_of_many_formats_are_exact(tmp_path, name, code, fps):
    assert_ranges_are_exact(moving_video(tmp_path / name, code, fps), (0, 1, 2, 11, 12, 13, 59, 95, 117))


@pytest.mark.parametrize("name", ["single_face.mp4", "no_face.mp4", "face_noface.mov"])
def test_ranges_of_real_video_are_exact(shared_data, name):
    frames = assert_ranges_are_exact(shared_data / "faces" / name, (1, 45, 62))
    assert frames.is_variable_rate() == name.endswith(".mov")


def packets(path):
    """Return the encoded frames of a video and whether each is a keyframe."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    capture.set(cv2.CAP_PROP_FORMAT, -1)
    found = []
    while (packet := capture.read())[0]:
        found.append((packet[1], int(capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))))
    return found


@pytest.mark.skipif(not hasattr(cv2, "VIDEOWRITER_PROP_PTS"), reason="this OpenCV writes no times of frames")
def test_a_variable_frame_rate_is_told_and_ranges_stay_exact(tmp_path):
    raw = cv2.VIDEOWRITER_PROP_RAW_VIDEO, 1
    code = cv2.VideoWriter_fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(tmp_path / "slower.mkv"), cv2.CAP_FFMPEG, code, 30, (64, 48), raw)
    time_stamp = 0
    for index, (packet, key) in enumerate(packets(moving_video(tmp_path / "steady.mp4", "mp4v"))):
        writer.set(cv2.VIDEOWRITER_PROP_KEY_FLAG, key)
        writer.set(cv2.VIDEOWRITER_PROP_PTS, time_stamp)
        writer.write(packet)
        time_stamp += 1 if index < 60 else 3
    writer.release()
    assert not open_frames(tmp_path / "steady.mp4").is_variable_rate()
    assert assert_ranges_are_exact(tmp_path / "slower.mkv", (1, 30, 59, 61, 90, 115)).is_variable_rate()


@pytest.fixture
def holed(tmp_path):
    """An MJPG video of 30 frames, frames 11, 12 and 20 of which are rubbish."""
    path = moving_video(tmp_path / "holed.avi", "MJPG", count=30)
    content = path.read_bytes()
    for index in (10, 11, 19):
        packet = packets(path)[index][0].tobytes()
        content = content.replace(packet, bytes(len(packet)))
    path.write_bytes(content)
    return path


def test_frames_that_cannot_be_decoded_are_stood_in_for_and_told(tmp_path, holed):
    whole = list(open_frames(moving_video(tmp_path / "sound.avi", "MJPG", count=30)))
    frames = open_frames(holed)
    read = list(frames)
    assert len(read) == 30
    for index in range(30):
        np.testing.assert_array_equal(read[index], whole[{10: 9, 11: 9, 19: 18}.get(index, index)])
    assert frames.undecoded == {11, 12, 20}


def test_ranges_around_frames_that_cannot_be_decoded_are_exact(holed):
    assert_ranges_are_exact(holed, range(8, 28))
    frames = open_frames(holed)
    np.testing.assert_array_equal(frames[11], frames[9])
    assert frames.undecoded == {12}


def test_a_broken_first_frame_is_stood_in_for_by_the_next(tmp_path):
    path = moving_video(tmp_path / "first.avi", "MJPG", count=10)
    packet = packets(path)[0][0].tobytes()
    path.write_bytes(path.read_bytes().replace(packet, bytes(len(packet))))
    frames = open_frames(path)
    read = list(frames)
    assert (len(read), frames.undecoded) == (10, {1})
    np.testing.assert_array_equal(read[0], read[1])


def test_a_video_cut_off_tells_how_much_is_lost(tmp_path):
    path = moving_video(tmp_path / "cut.avi", "MJPG", count=30)
    os.truncate(path, path.stat().st_size // 2)
    frames = open_frames(path)
    read = list(frames)
    assert len(frames) == len(read)
    assert 5 <= len(read) <= 16
    assert len(read) + frames.cut_off() == 30


def test_files_that_go_away_are_told(tmp_path, write_images, video):
    write_images(tmp_path / "clip", count=3)
    folder, film = open_frames(tmp_path / "clip"), open_frames(video)
    (tmp_path / "clip" / "img2.png").unlink()
    video.unlink()
    with pytest.raises(DataFault, match=r"ramp.avi: cannot be read \(No such file or directory\)"):
        film.identity()
    whole = folder.identity()
    np.testing.assert_array_equal(list(folder)[1], folder[0])
    assert folder.undecoded == {2}
    (tmp_path / "clip" / "img3.png").unlink()
    assert folder.identity() != whole
