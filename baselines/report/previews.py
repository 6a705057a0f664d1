"""A short annotated clip around each spotted expression."""

import cv2
import numpy as np

from baselines.datasets.opening import open_frames
from baselines.errors import DataFault, InputError
from baselines.files import CannotWrite, atomic_path

AROUND = 0.5  # seconds before and after
WIDEST = 640  # px
COLOURS = {"micro": (209, 73, 91), "macro": (48, 99, 142)}  # RGB; as in the plots
PLAIN = (120, 120, 120)


def write_previews(video, result, folder, name):
    """Write `NAME_ONSET-OFFSET_KIND.avi` (Motion JPEG) to a folder for each interval of a `SpottingResult`.

    Each shows half a second more to either side, with frame number, kind, region and score; a bar below the picture
    turns to the colour of the kind while the expression lasts, with a mark at the apex.
    """
    for interval in result.intervals:
        first = max(1, interval.onset - round(AROUND * video.fps))
        last = min(len(video.frames), interval.offset + round(AROUND * video.fps))
        path = folder / f"{name}_{video.number(interval.onset)}-{video.number(interval.offset)}_{interval.kind}.avi"
        with atomic_path(path) as temporary:
            _write(temporary, path, video, interval, first, last)


def _write(temporary, path, video, interval, first, last):
    writer = None
    for number, frame in zip(range(first, last + 1), video.frames[first - 1 : last]):
        picture = annotated(frame, number, interval, first, last, video.number(number))
        if writer is None:
            size = picture.shape[1::-1]
            writer = cv2.VideoWriter(str(temporary), cv2.VideoWriter_fourcc(*"MJPG"), video.fps, size)
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if writer is None or not writer.isOpened():
        raise InputError(f"{path}: the preview cannot be written; check the folder and the video")
    writer.release()
    if _frames_in(temporary) <= last - first:
        raise CannotWrite(f"{path}: cannot be written whole; free space, or choose another place")


def _frames_in(path):
    """Return how many frames were written, since the writer tells no error."""
    try:
        return len(open_frames(path))
    except DataFault:
        return 0


def annotated(frame, number, interval, first, last, shown):
    """Return a frame (H, W, 3) uint8 RGB with text above, in which it has the number `shown`, and a bar below."""
    scale = min(1.0, WIDEST / frame.shape[1])
    picture = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else frame
    width = picture.shape[1] // 2 * 2
    picture = cv2.copyMakeBorder(picture[: picture.shape[0] // 2 * 2, :width], 24, 12, 0, 0, cv2.BORDER_CONSTANT)
    inside = interval.onset <= number <= interval.offset
    text = f"{shown} {interval.kind} {interval.region} {interval.score:.2f}"
    colour = COLOURS[interval.kind] if inside else PLAIN
    cv2.putText(picture, text, (4, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    steps = np.linspace(0, width, last - first + 2).astype(int)
    picture[-12:, : steps[number - first + 1]] = colour
    apex = steps[interval.apex - first]
    picture[-12:, apex : apex + 2] = 255
    return picture
