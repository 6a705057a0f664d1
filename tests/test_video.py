"""Videos of many containers and codecs, written here: every range is exact, every picture is there."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from baselines.datasets.frames import BrokenFrames
from baselines.datasets.opening import open_frames
from baselines.errors import InputError

SIZE = 96, 64
COUNT = 60


def texture():
    noise = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 2)


def pictures(count=COUNT):
    return [np.roll(texture(), shift, axis=1) for shift in range(count)]


def write(path, codec="libx264", rate=30, frames=None, times=None, pixels="yuv420p", container=None, **options):
    """Write a video; times: of the frames in thousandths of a second, evenly if there are none."""
    frames = pictures() if frames is None else frames
    with av.open(path if hasattr(path, "write") else str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate, options={key: str(value) for key, value in options.items()})
        stream.width, stream.height, stream.pix_fmt = *frames[0].shape[1::-1], pixels
        if times is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for index, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[index], Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def shown(frames):
    return [frame.tobytes() for frame in frames]


FORMATS = {
    "h264.mp4": {},
    "b_frames.mp4": {"bf": 3, "g": 12},
    "open_gop.mkv": {"x264-params": "open-gop=1:keyint=12:bframes=3"},
    "refresh.mp4": {"x264-params": "intra-refresh=1:keyint=20"},
    "lossless.mkv": {"codec": "ffv1", "pixels": "yuv422p"},
    "deep.mp4": {"codec": "libx265", "pixels": "yuv420p10le", "x265-params": "log-level=none"},
    "av1.mp4": {"codec": "libsvtav1", "preset": 10},
    "vp8.webm": {"codec": "libvpx", "deadline": "realtime"},
    "vp9.webm": {"codec": "libvpx-vp9", "deadline": "realtime", "auto-alt-ref": 1, "lag-in-frames": 16},
    "mpeg4.avi": {"codec": "mpeg4", "bf": 2, "g": 12},
    "mpeg2.mpg": {"codec": "mpeg2video", "bf": 2, "g": 12, "rate": 25},
    "mpeg2.ts": {"codec": "mpeg2video", "bf": 2, "g": 12, "rate": 25, "container": "mpegts"},
    "h264.ts": {"bf": 2, "g": 12, "container": "mpegts"},
    "motion.avi": {"codec": "mjpeg", "pixels": "yuvj420p"},
    "windows.wmv": {"codec": "wmv2", "container": "asf"},
    "rgb.avi": {"codec": "rawvideo", "pixels": "rgb24"},
    "grey.mkv": {"codec": "ffv1", "pixels": "gray"},
    "b_frames.avi": {"bf": 2, "g": 12},
    "raw.h264": {"bf": 2, "g": 12, "container": "h264"},
    "flash.flv": {"codec": "flv1", "container": "flv"},
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_range_of_every_format_is_exact(tmp_path, name):
    frames = open_frames(write(tmp_path / name, **FORMATS[name]))
    whole = shown(frames.in_grey())
    assert len(frames) == len(whole) == COUNT
    assert len(set(whole)) == COUNT
    for start in (0, 1, 2, 11, 12, 13, 24, 31, 47, 58):
        assert shown(frames.in_grey()[start : start + 2]) == whole[start : start + 2], start
    assert frames[20].tobytes() == shown(frames)[20]
    assert not frames.undecoded
    assert name == "raw.h264" or frames.fps == FORMATS[name].get("rate", 30)


def test_luma_is_at_full_range_and_colours_too(tmp_path):
    levels = [np.full((SIZE[1], SIZE[0], 3), level, np.uint8) for level in (0, 1, 64, 127, 200, 254, 255)]
    for name, options in {"tv.mkv": {"pixels": "yuv420p"}, "pc.mkv": {"pixels": "yuv444p10le"}}.items():
        frames = open_frames(write(tmp_path / name, codec="ffv1", frames=levels, **options))
        grey, colours = np.stack(list(frames.in_grey())), np.stack(list(frames))
        for shown_as in (grey, *np.moveaxis(colours, -1, 0)):
            np.testing.assert_allclose(shown_as[:, 5, 5], (0, 1, 64, 127, 200, 254, 255), atol=1)


def fields(count=20):
    """Return pictures whose even and odd lines are of two moments, as interlaced cameras take them."""
    moments = [np.roll(texture(), 6 * shift, axis=1) for shift in range(2 * count)]
    woven = [moments[2 * k].copy() for k in range(count)]
    for k, picture in enumerate(woven):
        picture[1::2] = moments[2 * k + 1][1::2]
    return woven


def combing(picture):
    """Return how much neighbouring lines differ against lines two apart."""
    lines = picture.astype(float)
    return np.abs(np.diff(lines, axis=0)).mean() / np.abs(lines[2:] - lines[:-2]).mean()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"x264-params": "tff=1:keyint=6"}),
        ("b.mpg", {"codec": "mpeg2video", "flags": "+ildct+ilme", "g": 6, "rate": 25, "alternate_scan": 1}),
    ],
)
def test_interlaced_pictures_become_whole_ones(tmp_path, name, options):
    woven = fields()
    frames = open_frames(write(tmp_path / name, frames=woven, **options))
    whole = list(frames.in_grey())
    assert len(whole) == len(frames) == len(woven)
    combed = combing(cv2.cvtColor(woven[8], cv2.COLOR_RGB2GRAY))
    assert combed > 1.2
    assert combing(whole[8]) < 0.8
    for start in (0, 1, 5, 6, 7, 12, 17):
        assert shown(frames.in_grey()[start : start + 2]) == [frame.tobytes() for frame in whole[start : start + 2]]


def copied(source, target, change, **options):
    """Copy the packets of a video into another file, each changed by `change(packet)`."""
    with (
        av.open(str(source)) as old,
        av.open(target if hasattr(target, "write") else str(target), "w", **options) as new,
    ):
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.size:
                change(packet)
                packet.stream = stream
                new.mux(packet)
    return target


class Pipe:
    """A place to write to that cannot go back."""

    def __init__(self, path):
        self.file = path.open("wb")

    def write(self, data):
        return self.file.write(data)


@pytest.mark.parametrize(("container", "codec"), [("matroska", "libx264"), ("webm", "libvpx")])
def test_a_file_from_a_pipe_tells_no_length_and_has_all_frames(tmp_path, container, codec):
    pipe = Pipe(tmp_path / "piped.mkv")
    write(pipe, codec=codec, container=container)
    pipe.file.close()
    frames = open_frames(tmp_path / "piped.mkv")
    assert len(frames) == len(set(shown(frames.in_grey()))) == COUNT
    assert shown(frames.in_grey()[40:42]) == shown(frames.in_grey())[40:42]


def test_a_cut_copy_shows_what_its_list_of_edits_says(tmp_path):
    whole = write(tmp_path / "whole.mp4", g=12, bf=2)
    path = tmp_path / "cut.mp4"

    def earlier(packet):
        shift = round(Fraction(17, 30) / packet.time_base)
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift

    copied(whole, path, change=earlier, container_options={"avoid_negative_ts": "disabled"})
    frames, all_shown = open_frames(path), shown(open_frames(whole).in_grey())
    assert len(frames) == COUNT - 17
    assert not frames.cut_off()
    assert shown(frames.in_grey()) == all_shown[17:]
    for start in (0, 1, 6, 7, 8, 30):
        assert shown(frames.in_grey()[start : start + 2]) == all_shown[17 + start : 19 + start]


def test_a_turned_video_is_upright(tmp_path):
    whole = write(tmp_path / "whole.mp4")
    with av.open(str(whole)) as old, av.open(str(tmp_path / "turned.mp4"), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        stream.set_display_rotation(90)
        for packet in old.demux(old.streams.video[0]):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    upright = open_frames(tmp_path / "turned.mp4")
    assert upright[0].shape == (SIZE[0], SIZE[1], 3)
    np.testing.assert_array_equal(upright.in_grey()[3], np.rot90(open_frames(whole).in_grey()[3]))


def test_times_are_those_of_the_file(tmp_path):
    times = np.cumsum([0, *np.random.default_rng(0).integers(20, 60, COUNT - 1)]).tolist()
    frames = open_frames(write(tmp_path / "phone.mkv", times=times))
    np.testing.assert_allclose(frames.seconds() * 1000, times, atol=1)
    np.testing.assert_allclose(frames[10:13].seconds() * 1000, times[10:13], atol=1)
    assert frames.is_variable_rate()
    assert frames.fps == pytest.approx((COUNT - 1) / (times[-1] / 1000), rel=1e-3)
    steady = open_frames(write(tmp_path / "steady.mkv"))
    assert not steady.is_variable_rate()
    np.testing.assert_allclose(steady.seconds(), np.arange(COUNT) / 30, atol=1e-3)


def test_broken_packets_are_stood_in_for(tmp_path):
    whole = write(tmp_path / "whole.avi", codec="mjpeg", pixels="yuvj420p")
    with av.open(str(whole)) as old:
        packets = [bytes(packet) for packet in old.demux(video=0) if packet.size]
    content = whole.read_bytes()
    for index in (0, 20, 21):
        content = content.replace(packets[index], bytes(len(packets[index])))
    whole.write_bytes(content)
    frames = open_frames(whole)
    read = shown(frames.in_grey())
    assert len(read) == COUNT
    assert frames.undecoded == {1, 21, 22}
    assert read[0] == read[1]
    assert read[19] == read[20] == read[21] != read[22]
    for index in range(25, 40):
        content = content.replace(packets[index], bytes(len(packets[index])))
    whole.write_bytes(content)
    with pytest.raises(BrokenFrames, match=r"whole.avi: cannot be decoded; copy the video again \(frames 26-40; up to"):
        list(open_frames(whole))


def test_broken_packets_at_the_start_move_no_other_frame(tmp_path):
    whole = write(tmp_path / "whole.mov", codec="mjpeg", pixels="yuvj420p")
    read = shown(open_frames(whole).in_grey())

    def spoil(packet):
        if packet.pts * packet.time_base in {Fraction(k, 30) for k in range(5, 17)}:
            memoryview(packet)[:] = bytes(packet.size)

    frames = open_frames(copied(whole, tmp_path / "spoiled.mov", change=spoil))
    assert len(frames) == COUNT
    assert frames.in_grey()[30].tobytes() == read[30]
    with pytest.raises(BrokenFrames, match=r"frames 6-17"):
        list(frames)


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_what_a_damaged_packet_takes_along_is_the_same_for_any_number_of_threads(tmp_path, codec):
    whole = write(tmp_path / "whole.mkv", codec=codec, g=12, bf=2)

    def spoil(packet):
        if round(packet.pts * packet.time_base * 30) in (27, 41, 58):
            memoryview(packet)[:] = bytes(packet.size)

    path, found = copied(whole, tmp_path / "spoiled.mkv", change=spoil), []
    before = cv2.getNumThreads()
    for threads in (1, 4):
        cv2.setNumThreads(threads)
        frames = open_frames(path)
        found.append((shown(frames.in_grey()), frames.undecoded))
    cv2.setNumThreads(before)
    assert found[0] == found[1]
    assert frames.undecoded or codec == "mpeg2video"  # which fills what is lost, and does not tell


def test_a_lost_end_is_told_where_the_header_knows_the_length(tmp_path):
    whole = write(tmp_path / "whole.mkv", codec="mjpeg", pixels="yuvj420p")
    assert open_frames(whole).cut_off() == 0
    (tmp_path / "cut.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    frames = open_frames(tmp_path / "cut.mkv")
    assert 20 < len(frames) < 40
    assert frames.cut_off() == COUNT - len(frames)


def test_a_title_that_is_not_utf_8_spoils_nothing(tmp_path):
    whole = write(tmp_path / "whole.mkv")
    with av.open(str(whole)) as old, av.open(str(tmp_path / "titled.mkv"), "w") as new:
        new.metadata["title"] = "Gesicht"
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(old.streams.video[0]):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    content = (tmp_path / "titled.mkv").read_bytes()
    assert content.count(b"Gesicht") == 1
    (tmp_path / "titled.mkv").write_bytes(content.replace(b"Gesicht", b"Gesi\xdfht"))
    assert len(open_frames(tmp_path / "titled.mkv")) == COUNT


def test_a_key_frame_is_found_by_one_opening(tmp_path, monkeypatch):
    frames = open_frames(write(tmp_path / "h264.ts", bf=2, g=6, container="mpegts"))
    whole, opened = shown(frames.in_grey()), []
    real = av.open
    monkeypatch.setattr(av, "open", lambda *given, **options: opened.append(given) or real(*given, **options))
    for index in (3, 30, 57):
        assert frames.in_grey()[index].tobytes() == whole[index]
    assert len(opened) == 3


def test_another_size_in_the_middle_of_interlaced_pictures_is_told(tmp_path):
    small = [cv2.resize(picture, (48, 32)) for picture in fields(12)]
    options = {"codec": "mpeg2video", "flags": "+ildct+ilme", "g": 6, "rate": 25, "container": "mpegts"}
    first = write(tmp_path / "a.ts", frames=fields(24), **options)
    second = write(tmp_path / "b.ts", frames=small, **options)
    (tmp_path / "both.ts").write_bytes(first.read_bytes() + second.read_bytes())
    with pytest.raises(BrokenFrames, match=r"frame 2[45]: 48 x 32 pixels, the others have 96 x 64"):
        list(open_frames(tmp_path / "both.ts"))


def test_what_is_no_video_is_one_line(tmp_path):
    with av.open(str(tmp_path / "sound.mp4"), "w") as output:
        stream = output.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    (tmp_path / "text.mp4").write_text("no video at all")
    (tmp_path / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{write(tmp_path / 'a.mp4')}'\n")
    (tmp_path / "net.mp4").write_text("#EXTM3U\n#EXTINF:1,\nhttp://localhost:1/x.ts\n#EXT-X-ENDLIST\n")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes((tmp_path / "a.mp4").read_bytes()[:200])
    for name, message in {
        "sound.mp4": "holds sound but no pictures",
        "text.mp4": "not a readable video",
        "list.mp4": "not a readable video",
        "net.mp4": "not a readable video",
        "broken.mp4": "not a readable video",
    }.items():
        with pytest.raises(InputError, match=message) as told:
            open_frames(tmp_path / name)
        assert str(told.value).startswith(f"{tmp_path / name}: ")
