"""What the option --landmarks does: the videos of the inputs, with landmarks from elsewhere instead of our own."""

import warnings
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from baselines.datasets.frames import UnreadFrames
from baselines.errors import InputError, seen
from baselines.faces.mesh import cached_mesh, check_mesh
from baselines.files import safe_name
from baselines.formats.openface import read_landmarks
from baselines.parallel import run_parallel
from baselines.progress import progress_bar

MESH = Path("mediapipe")  # what is named where MediaPipe is to find the landmarks


def check_landmarks(path, inputs):
    """Raise `InputError` where --landmarks PATH is not there, or is one file for several inputs."""
    if path is None:
        return
    if path == MESH:
        return check_mesh()
    if not path.exists():
        raise InputError(f"--landmarks {path}: no such file or folder; name one, or mediapipe")
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


def with_mesh(videos, jobs=1):
    """Return videos with the landmarks that MediaPipe finds in them; one without a face raises where it is read."""
    sources = [video.frames for video in videos]
    if not sources:
        return []
    if len(sources) == 1:
        with progress_bar(len(sources[0]), MESH.name) as bar:
            found = [seen(partial(cached_mesh, progress=bar.update), sources[0])]
    else:
        found = run_parallel(partial(seen, cached_mesh), sources, jobs, MESH.name)
    return [replace(video, frames=_meshed(video.frames, *result)) for video, result in zip(videos, found)]


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


def _meshed(frames, found, why):
    """Return frames with the `MeshTrack` of their faces; what cannot be read where there is none."""
    if found is None:
        return UnreadFrames(frames.source, len(frames), why)
    if not np.isfinite(found.landmarks).any():
        why = (
            f"{frames.source}: no face found in {len(frames)} frames by MediaPipe; give a video of an upright face at "
            "least 1/8 as wide as the frame"
        )
        return UnreadFrames(frames.source, len(frames), why)
    if found.crowded is not None:
        number = frames.numbers[found.crowded]
        warnings.warn(
            f"{frames.source}: more than one face at frame {number}; the largest there is followed", stacklevel=2
        )
    return frames.with_landmarks(found.landmarks, MESH)


def _read(frames, file):
    landmarks = read_landmarks(file, frames.numbers, frames.absent)
    if not np.isfinite(landmarks).any():
        raise InputError(f"{file}: tells of no face in any frame; give the landmarks of this video, or none")
    return frames.with_landmarks(landmarks, file)
