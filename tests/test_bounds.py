"""Files that would take all memory, or for ever, are refused or named before anything is decoded."""

import os
import struct

import av
import cv2
import numpy as np
import pytest

from baselines.datasets.boxes import check_claims
from baselines.datasets.frames import ImageFrames
from baselines.datasets.images import image_shape, read_image
from baselines.datasets.opening import open_frames
from baselines.errors import DataFault

CLAIMED = 80_000_000


def video(path, side=64, frames=8, rate=30, codec="libx264", **options):
    """Write a grey video."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        stream.options = {"x264-params": "keyint=1"} if codec == "libx264" else {}
        for number in range(frames):
            picture = np.full((side, side, 3), 100 + number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return path


def with_numbers(path, *places):
    """Write whole numbers into a file, each (box, bytes after its name, number)."""
    data = bytearray(path.read_bytes())
    for box, after, number in places:
        place = data.index(box) + after
        data[place : place + 4] = struct.pack(">I", number)
    path.write_bytes(data)
    return path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(1, 13):
        cv2.imwrite(str(folder / f"img{number:03}.png"), np.full((32, 32, 3), number, np.uint8))
    return folder


def test_a_table_of_sizes_that_claims_more_pictures_than_bytes(tmp_path):
    path = video(tmp_path / "a.mp4")
    check_claims(path)
    with_numbers(path, (b"stsz", 8, 100), (b"stsz", 12, CLAIMED), (b"stts", 12, CLAIMED), (b"stsc", 16, CLAIMED))
    size = path.stat().st_size
    with pytest.raises(DataFault, match=rf"a.mp4: its header tells of {CLAIMED} pictures, more .* \({size}\); copy"):
        open_frames(path)


def test_a_run_of_a_fragment_that_claims_more_pictures_than_bytes(tmp_path):
    path = video(tmp_path / "a.mp4", movflags="frag_keyframe+empty_moov+default_base_moof")
    assert len(open_frames(path)) == 8
    with_numbers(path, (b"trun", 4, 1), (b"trun", 8, CLAIMED))
    with pytest.raises(DataFault, match=f"its header tells of {CLAIMED} pictures"):
        open_frames(path)


def test_boxes_in_boxes_and_lengths_of_nothing_end(tmp_path):
    path = tmp_path / "a.mp4"
    for data in (
        struct.pack(">I4s", 8, b"ftyp") + b"".join(struct.pack(">I4s", 10**6 - 8 * k, b"moov") for k in range(50_000)),
        struct.pack(">I4s", 8, b"ftyp") + struct.pack(">I4sQ", 1, b"moov", 0),
        struct.pack(">I4s", 8, b"ftyp") + struct.pack(">I4s", 4, b"moov"),
        struct.pack(">I4s", 0, b"moov") + b"\0" * 4 + b"stsz",
    ):
        path.write_bytes(data)
        check_claims(path)


def test_a_video_of_frames_beyond_the_bound_of_pictures_is_refused(tmp_path):
    path = video(tmp_path / "a.avi", side=8064, frames=1, codec="ffv1")
    with pytest.raises(DataFault, match="a.avi: 8064 x 8064 pixels; videos over 64000000 pixels a frame are refused"):
        open_frames(path)


def test_a_rate_of_clock_ticks_is_none(tmp_path):
    assert open_frames(video(tmp_path / "a.mp4", rate=90_000)).fps is None
    assert open_frames(video(tmp_path / "b.mp4", rate=1000)).fps == 1000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
@pytest.mark.parametrize("number", [0, 6, 13])
def test_a_pipe_among_pictures_is_stood_in_for(pictures, number):
    (pictures / f"img{number:03}.png").unlink(missing_ok=True)
    os.mkfifo(pictures / f"img{number:03}.png")
    frames = ImageFrames(pictures)
    shown = [int(picture[0, 0, 0]) for picture in frames]
    assert frames.undecoded == {number}
    assert len(shown) == len(frames)
    with pytest.raises(DataFault, match="is a pipe or device; expected a file"):
        read_image(pictures / f"img{number:03}.png")
    assert image_shape(pictures / f"img{number:03}.png") is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
def test_a_pipe_is_no_video(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(DataFault, match="a.mp4: is a pipe or device; expected a file"):
        open_frames(tmp_path / "a.mp4")


def test_links_to_nothing_are_told(pictures, tmp_path):
    (tmp_path / "a.mp4").symlink_to(tmp_path / "gone.mp4")
    with pytest.raises(DataFault, match=r"a.mp4: is a link to .*gone.mp4, which is not there; correct the link"):
        open_frames(tmp_path / "a.mp4")
    (pictures / "img013.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(DataFault, match=r"img013.png: is a link to .*gone.png, which is not there"):
        read_image(pictures / "img013.png")
    frames = ImageFrames(pictures)
    assert len(list(frames)) == 13
    assert frames.undecoded == {13}
