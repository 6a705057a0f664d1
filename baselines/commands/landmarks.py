"""What the option --landmarks does: the videos of the inputs, with landmarks from files instead of our own."""

from collections import Counter
from dataclasses import replace

import numpy as np

from baselines.datasets.frames import UnreadFrames
from baselines.datasets.manifest import read_videos
from baselines.errors import InputError
from baselines.files import safe_name
from baselines.formats.openface import read_landmarks


def open_videos(path, fps=None, numbering=None, landmarks=None):
    """Return the videos of an input (`read_videos`), with the landmarks of a file or folder where one is named."""
    return with_landmarks(read_videos(path, fps, numbering=numbering), landmarks)


def check_landmarks(path, inputs):
    """Raise `InputError` where --landmarks PATH is not there, or is one file for several inputs."""
    if path is None:
        return
    if not path.exists():
        raise InputError(f"--landmarks {path}: no such file or folder")
    if path.is_file() and len(inputs) > 1:
        raise InputError(_one_file(path, f"{len(inputs)} inputs"))


def with_landmarks(videos, path):
    """Return the videos of one input with their landmarks, from a file for one of them or a folder with one for each.

    In a folder the file of a video is `<subject>_<video>.csv`, as `features extract` writes it, or `<video>.csv`. A
    video of several without its file raises `DataFault` where it is read, so that the others can be.
    """
    if path is None:
        return videos
    if path.is_file() and len(videos) > 1:
        raise InputError(_one_file(path, f"{len(videos)} videos"))
    names = Counter(video.name for video in videos)
    return [replace(video, frames=_carrying(video, path, names[video.name] == 1)) for video in videos]


def file_stem(video):
    """Return what the files of a video are called in a folder for several."""
    return safe_name(f"{video.subject}_{video.name}")


def _one_file(path, what):
    return f"--landmarks {path}: is one file for {what}; name a folder with a file <video>.csv for each"


def _carrying(video, path, by_name):
    """Return the frames of a video with its landmarks; what cannot be read where these are not there."""
    frames = video.frames
    if isinstance(frames, UnreadFrames):
        return frames
    if path.is_file():
        return _read(frames, path)
    names = [f"{file_stem(video)}.csv", *([f"{video.name}.csv"] if by_name else [])]
    found = [path / name for name in names if (path / name).is_file()]
    if not found:
        return UnreadFrames(frames.source, len(frames), f"--landmarks {path}: holds no file {' or '.join(names)}")
    try:
        return _read(frames, found[0])
    except InputError as error:
        return UnreadFrames(frames.source, len(frames), str(error))


def _read(frames, file):
    landmarks = read_landmarks(file, frames.numbers, frames.absent)
    if not np.isfinite(landmarks).any():
        raise InputError(f"{file}: tells of no face in any frame; give the landmarks of this video, or none")
    return frames.with_landmarks(landmarks, file)
