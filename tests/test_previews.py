"""The short videos around spotted expressions: what they show, how they are coded, what becomes of faults."""

import re

import av
import cv2
import numpy as np
import pytest

from baselines.datasets.frames import ArrayFrames, UnreadFrames
from baselines.datasets.opening import open_frames
from baselines.datasets.records import Video
from baselines.errors import DataFault, InputError
from baselines.report import previews
from baselines.report.previews import COLOURS, DARK, FOOT, HEAD, STRIP, Strip, write_previews
from baselines.spotting.base import Curve, Interval, SpottingResult

FPS = 30.0
MICRO, MACRO = Interval(11, 15, 20, "micro", 1.25, "chin"), Interval(31, 40, 60, "macro", 2.0, "upper lip")
CURVE = Curve("contrast", np.r_[np.nan, np.linspace(0, 1, 69)], 0.5, "px")


def smooth(width=80, height=60, count=70):
    """Pictures in which a grey slope moves, which are coded with little loss."""
    slope = np.linspace(40, 180, width)[None, :, None] + np.zeros((height, 1, 3))
    return np.stack([slope + number / 2 for number in range(count)]).astype(np.uint8)


def video(**size):
    return Video("d", "s1", "v1", ArrayFrames(smooth(**size)), FPS)


def written(folder, clip=None, intervals=(MICRO, MACRO), curves=(CURVE,), **options):
    write_previews(clip or video(), SpottingResult(intervals, curves), folder, "s1_v1", **options)
    return sorted(folder.iterdir())


def near(picture, colour):
    """Which pixels have a colour, as far as coding leaves it."""
    return np.abs(picture.astype(int) - colour).max(axis=-1) < 30


def test_each_interval_has_a_video_with_half_a_second_around(tmp_path):
    paths = written(tmp_path / "p")
    assert [path.name for path in paths] == ["s1_v1_11-20_micro.mp4", "s1_v1_31-60_macro.mp4"]
    assert [len(open_frames(path)) for path in paths] == [35, 70 - 16 + 1]


def test_it_is_coded_as_browsers_take_it(tmp_path):
    (path, _) = written(tmp_path)
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 30
        assert container.format.name.startswith("mov,mp4")


def test_a_browser_plays_it(tmp_path, chromium):
    (path, _) = written(tmp_path)
    chromium.get(path.resolve().as_uri())
    found = chromium.execute_async_script("""
        const done = arguments[0], video = document.querySelector("video");
        video.addEventListener("seeked", () => done([video.videoWidth, video.videoHeight, video.duration, null]));
        const seek = () => { video.currentTime = 0.5; };
        if (video.error) { done([0, 0, 0, video.error.message]); }
        video.addEventListener("error", () => done([0, 0, 0, video.error.message]));
        if (video.readyState > 0) { seek(); } else { video.addEventListener("loadedmetadata", seek); }
    """)
    assert found == [320, HEAD + 240 + STRIP, pytest.approx(35 / FPS, abs=0.02), None]


def test_the_same_video_gives_the_same_bytes(tmp_path):
    first, second = (written(tmp_path / name)[0].read_bytes() for name in "ab")
    assert first == second


def test_the_line_above_has_the_colour_of_the_kind_while_the_expression_lasts(tmp_path):
    for path, interval in zip(written(tmp_path), (MICRO, MACRO)):
        start = max(1, interval.onset - 15)
        for number, frame in enumerate(open_frames(path), start=start):
            colour = previews._darker(COLOURS[interval.kind]) if interval.onset <= number <= interval.offset else DARK
            assert near(frame[2:6], colour).mean() > 0.9, number


def test_below_runs_a_cursor_over_the_interval_and_its_curve(tmp_path):
    strip = Strip(320, MICRO, 1, 35, CURVE)
    step = (320 - 2 * previews.EDGE) / 35
    middles = previews.EDGE + (np.arange(35) + 0.5) * step
    for number, middle in enumerate(middles, start=1):
        (columns,) = np.nonzero((strip.at(number)[previews.EDGE] == previews.CURSOR).all(axis=-1))
        assert abs(columns.mean() + 0.5 - middle) <= 1
    shaded = (strip.picture[previews.EDGE] == previews._darker(COLOURS["micro"], previews.SHADE)).all(axis=-1)
    ends = np.flatnonzero(shaded)[[0, -1]]
    assert np.abs(ends - (middles[[10, 19]] + [-step / 2, step / 2])).max() < 1.5
    light = (strip.picture[previews.EDGE : -FOOT] == previews.LINE).all(axis=-1)
    assert not light[:, : round(middles[1] - step / 2)].any()  # nothing is known of frame 1
    rows = [light[:, round(middles[n])].argmax() for n in (5, 15, 25) if light[:, round(middles[n])].any()]
    assert rows == sorted(rows, reverse=True)  # it rises
    assert not (Strip(320, MICRO, 1, 35).picture == previews.THRESHOLD).all(axis=-1).any()
    (path, _) = written(tmp_path)
    shown = open_frames(path)[20][-STRIP:].astype(int)
    assert np.abs(shown - Strip(320, MICRO, 1, 35, CURVE).at(21)).mean() < 4


def test_a_curve_without_any_value_or_of_one_value_is_drawn():
    for values in (np.full(70, np.nan), np.zeros(70), np.r_[np.nan, 1.0, np.full(68, np.nan)]):
        strip = Strip(320, MICRO, 1, 35, Curve("c", values, np.inf))
        assert strip.at(35).shape == (STRIP, 320, 3)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((64, 48), (320, 240)),
        ((1920, 1080), (640, 360)),
        ((270, 480), (320, 480)),
        ((1080, 1920), (320, 480)),
        ((641, 479), (640, 478)),
        ((33, 200), (320, 240)),
    ],
)
def test_every_size_is_brought_to_one_that_can_be_read(size, shown, tmp_path):
    frames = smooth(*size, count=3)
    (path,) = written(
        tmp_path, Video("d", "s", "v", ArrayFrames(frames), FPS), [Interval(1, 2, 3, "micro", 1.0, "chin")], ()
    )
    height, width, _ = open_frames(path)[0].shape
    assert (width, height - HEAD - STRIP) == shown


def test_long_texts_and_other_letters_stay_inside(tmp_path):
    interval = Interval(11, 15, 20, "micro", 1.0, "a part with a very long name " * 5)
    (path,) = written(tmp_path, intervals=(interval,), curves=(Curve("näme 表情", np.full(70, np.nan), np.inf),))
    head = open_frames(path)[15][:HEAD]
    plain = near(head, previews._darker(COLOURS["micro"]))
    assert plain[:, -4:].mean() > 0.9  # the edge is free
    assert plain.mean() < 0.95  # and there are letters


def test_emotions_stand_instead_of_the_part_and_choose_the_intervals(tmp_path):
    (path,) = written(tmp_path / "a", emotions={MICRO: "surprise"})
    (other, _) = written(tmp_path / "b")
    assert path.name == other.name == "s1_v1_11-20_micro.mp4"
    one, two = (open_frames(each)[0][:HEAD].astype(int) for each in (path, other))
    assert np.abs(one - two).max() > 150
    assert np.abs(one - two)[:, -100:].max() < 75  # frame and second are the same


@pytest.mark.parametrize("codec", [name for name in previews.CODECS if previews._can_write(name)])
def test_where_a_codec_is_missing_the_next_is_taken(codec, tmp_path, monkeypatch):
    monkeypatch.setattr(previews, "CODECS", {"no-such": {}, codec: previews.CODECS[codec]})
    first, second = (written(tmp_path / name, intervals=(MICRO,))[0] for name in "ab")
    frames = list(open_frames(first))
    assert len(frames) == 35
    assert near(frames[15][2:6], previews._darker(COLOURS["micro"])).mean() > 0.8
    assert first.read_bytes() == second.read_bytes()
    assert cv2.VideoCapture(str(first)).read()[0]


def test_a_build_without_any_codec_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(previews, "CODECS", {"no-such": {}})
    with pytest.raises(InputError, match=r": this PyAV can write none of no-such; install av from PyPI"):
        written(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_fault_of_the_encoder_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(previews, "CODECS", {"libx264": {"x264-params": "no-such=1", "profile": "none of these"}})
    with pytest.raises(
        InputError, match=r"s1_v1_11-20_micro\.mp4: cannot be coded as libx264 \(.*\); check the"
    ) as told:
        written(tmp_path)
    assert "\n" not in str(told.value)
    assert not list(tmp_path.iterdir())


def test_frames_that_cannot_be_read_leave_no_file(tmp_path):
    broken = Video("d", "s1", "v1", UnreadFrames("v.mp4", 70, "v.mp4: cannot be decoded"), FPS)
    with pytest.raises(DataFault, match=re.escape("v.mp4: cannot be decoded")):
        written(tmp_path, broken)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fps", [0.5, 23.976, 29.97, 200.0, 1000.0])
def test_any_frame_rate_is_kept(fps, tmp_path):
    clip = Video("d", "s", "v", ArrayFrames(smooth(count=20)), fps)
    (path,) = written(tmp_path, clip, [Interval(5, 8, 12, "micro", 1.0, "chin")], ())
    assert open_frames(path).fps == pytest.approx(fps, rel=1e-3)
