"""What lies at a path, as frames: a video file or a folder of numbered images."""

from pathlib import Path

from baselines.datasets.frames import Frames, ImageFrames
from baselines.datasets.images import check_regular
from baselines.errors import DataFault, InputError

VIDEO_SUFFIXES = (
    ".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts", ".m2ts", ".ts", ".vob", ".dv",
    ".3gp", ".ogv", ".flv", ".mxf", ".asf", ".gif",
)  # fmt: skip


def open_frames(path: str | Path) -> Frames:
    """Return the `Frames` of a video file or a folder of numbered images."""
    path = Path(path)
    if path.is_dir():
        return ImageFrames(path)
    check_regular(path)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.stat().st_size == 0:
        raise DataFault(f"{path}: the file is empty; copy it again")
    from baselines.datasets.video import VideoFrames  # loads FFmpeg, which takes .1 s and pictures do not need

    return VideoFrames(path)
