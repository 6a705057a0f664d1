"""A short annotated MP4 around each spotted expression: the face, and below it the curve as the video runs."""

import io
from fractions import Fraction

import av
import cv2
import numpy as np

from baselines.errors import InputError
from baselines.files import atomic_path
from baselines.report import plot_plan as plan

AROUND = 0.5  # seconds before and after
LARGEST, SMALLEST = (640, 480), (320, 240)  # px, width and height between which a picture is brought
HEAD, STRIP, FOOT, EDGE = 28, 92, 20, 6  # px of the line above, the curve below, its name in that, what stays free
# The first that this build of FFmpeg can write; all play in a browser but the last, which players know. What mbtree
# (propagation between blocks) does depends on the processor, and now and then on the run.
CODECS = {
    "libx264": {"crf": "20", "preset": "medium", "x264-params": "mbtree=0"},
    "libopenh264": {"b": "1500k"},
    "libvpx-vp9": {"crf": "30", "b": "0", "cpu-used": "4"},
    "mpeg4": {"q": "3", "flags": "+qscale"},
}
COLOURS = {"micro": (209, 73, 91), "macro": (48, 99, 142)}  # RGB; as in the plots
DARK, GROUND, WHITE = (40, 40, 40), (24, 24, 24), (255, 255, 255)
LINE, THRESHOLD, CURSOR = (210, 210, 210), (240, 170, 60), (255, 255, 90)
SHADE = 0.55  # of the colour of the kind behind the curve
FONT, LETTERS, SMALL, LEAST = cv2.FONT_HERSHEY_SIMPLEX, 0.48, 0.38, 0.3
SUBPIXEL = 4  # bits


def write_previews(video, result, folder, name, emotions=None):
    """Write `NAME_ONSET-OFFSET_KIND.mp4` to a folder for each interval of a `SpottingResult`.

    Each shows half a second more to either side. The line above tells kind, region, score, frame and second, and has
    the colour of the kind while the expression lasts; below runs the first curve of the result, with the interval, its
    apex and the threshold. emotions: {interval: its emotion}, which is then told instead of the region; those without
    one have no preview.
    """
    codec = next((name for name in CODECS if _can_write(name)), None)
    if codec is None and result.intervals:
        raise InputError(f"{folder}: this PyAV can write none of {', '.join(CODECS)}; install av from PyPI")
    for interval in result.intervals:
        if emotions is not None and interval not in emotions:
            continue
        told = plan.part_with_side(interval) if emotions is None else emotions[interval]
        path = folder / f"{name}_{video.number(interval.onset)}-{video.number(interval.offset)}_{interval.kind}.mp4"
        try:
            content = _encoded(_pictures(video, interval, result.curves[:1], told), video.fps, codec)
        except av.error.FFmpegError as error:
            raise InputError(f"{path}: cannot be coded as {codec} ({error}); check the frame rate") from None
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)


def _pictures(video, interval, curves, told):
    """Yield the frames around an interval as they are shown, (H, W, 3) uint8 RGB of even sides."""
    first = max(1, interval.onset - round(AROUND * video.fps))
    last = min(len(video.frames), interval.offset + round(AROUND * video.fps))
    seconds = video.seconds()
    strip = None
    for number, frame in zip(range(first, last + 1), video.frames[first - 1 : last]):
        picture = _fitted(frame)
        if strip is None:
            strip = Strip(picture.shape[1], interval, first, last, *curves)
        inside = interval.onset <= number <= interval.offset
        head = _head(
            picture.shape[1],
            f"{interval.kind}  {told}  {interval.score:.2f}",
            f"frame {video.number(number)}  {seconds[number - 1]:.2f} s",
            _darker(COLOURS[interval.kind]) if inside else DARK,
        )
        yield np.vstack([head, picture, strip.at(number)])


def _fitted(frame):
    """Return a frame made to fit, with black beside it where it is narrow."""
    height, width = frame.shape[:2]
    scale = min(1.0, *(most / side for most, side in zip(LARGEST, (width, height))))
    scale = max(scale, min(least / side for least, side in zip(SMALLEST, (width, height))))
    size = [max(2, round(side * scale / 2) * 2) for side in (width, height)]
    picture = cv2.resize(frame, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    beside = max(0, SMALLEST[0] - size[0]) // 2
    return cv2.copyMakeBorder(picture, 0, 0, beside, beside, cv2.BORDER_CONSTANT)


def _head(width, left, right, colour):
    """Return the line above a picture, with a text at either end."""
    head = np.full((HEAD, width, 3), colour, np.uint8)
    scale = LETTERS
    while scale > LEAST and sum(_width(text, scale) for text in (left, right)) > width - 4 * EDGE:
        scale -= 0.02
    place = width - EDGE - _width(right, scale)
    while len(left) > 1 and EDGE + _width(left, scale) > place - EDGE:
        left = left[:-1]
    _write(head, left, EDGE, 19, scale)
    _write(head, right, place, 19, scale)
    return head


def _width(text, scale):
    return cv2.getTextSize(text, FONT, scale, 1)[0][0]


def _write(picture, text, x, y, scale, colour=WHITE):
    cv2.putText(picture, text, (int(x), y), FONT, scale, colour, 1, cv2.LINE_AA)


def _darker(colour, share=0.82):
    """Return a colour dark enough for white letters on it."""
    return tuple(round(share * channel) for channel in colour)


class Strip:
    """The picture below the frames first..last: the curve if there is one, the interval, and where the video is."""

    def __init__(self, width, interval, first, last, curve=None):
        self.first, self.step = first, (width - 2 * EDGE) / (last - first + 1)
        self.picture = np.full((STRIP, width, 3), GROUND, np.uint8)
        colour = COLOURS[interval.kind]
        start, end = (round(self._x(number - 0.5)) for number in (interval.onset, interval.offset + 1))
        self.picture[EDGE:-FOOT, start:end] = _darker(colour, SHADE)
        if curve is not None:
            self._draw(curve, first, last)
        apex = round(self._x(interval.apex))
        mark = np.array([(apex - 5, EDGE), (apex + 5, EDGE), (apex, EDGE + 8)])
        cv2.fillConvexPoly(self.picture, mark, WHITE, cv2.LINE_AA)

    def _x(self, number):
        """Return where the middle of a frame is."""
        return EDGE + (number - self.first + 0.5) * self.step

    def _draw(self, curve, first, last):
        low, high = plan.limits(curve)
        top, bottom = EDGE + 10, STRIP - FOOT - 3

        def y(value):
            return bottom - (np.clip(value, low, high) - low) / (high - low) * (bottom - top)

        if np.isfinite(curve.threshold):
            at = round(float(y(curve.threshold)))
            for x in range(EDGE, self.picture.shape[1] - EDGE, 10):
                cv2.line(self.picture, (x, at), (x + 5, at), THRESHOLD, 2)
        values = np.asarray(curve.values[first - 1 : last], float)
        places = np.column_stack([self._x(np.arange(len(values)) + first), y(np.nan_to_num(values))])
        points = np.rint(places * 2**SUBPIXEL).astype(np.int32)
        known = np.isfinite(values)
        for n in np.flatnonzero(known[:-1] & known[1:]):
            cv2.line(self.picture, points[n], points[n + 1], LINE, 1, cv2.LINE_AA, SUBPIXEL)
        _write(self.picture, f"{curve.name} ({curve.unit})", EDGE, STRIP - EDGE, SMALL, LINE)

    def at(self, number):
        """Return the strip with the cursor at a frame."""
        picture = self.picture.copy()
        x = round(self._x(number))
        picture[EDGE:-FOOT, x - 1 : x + 1] = CURSOR
        return picture


def _encoded(pictures, fps, codec):
    """Return pictures as the bytes of an MP4 file, the same for the same pictures."""
    output = io.BytesIO()
    # All in memory: what cannot be written to the disk is then told by Python, and never lost.
    with av.open(output, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = None
        for number, picture in enumerate(pictures):
            if stream is None:
                stream = container.add_stream(codec, Fraction(fps).limit_denominator(1001), options=CODECS[codec])
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.thread_count = 1  # the number of threads changes the bytes
            planes = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, 1 / stream.codec_context.framerate
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return output.getvalue()


def _can_write(codec):
    try:
        av.codec.Codec(codec, "w")
    except ValueError:
        return False
    return True
