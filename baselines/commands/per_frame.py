"""What `features extract` gives of each frame of a video: landmarks, aligned faces, motion of the parts of the face.

A video gives a table in the columns of OpenFace (`baselines.formats.openface`), aligned faces also an .npz file or
pictures.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from baselines.commands.landmarks import file_stem
from baselines.commands.predict import Outcome, open_inputs, run_each
from baselines.datasets.records import Video
from baselines.errors import InputError
from baselines.faces.clips import Side
from baselines.faces.track import cached_track
from baselines.files import atomic_path, check_file, check_folder, csv_text, write_text
from baselines.formats.openface import FRAME, PLACES, frame_rows, landmark_columns
from baselines.recipes.values import read_set
from baselines.signatures import check_parameters, plain, signature_of
from baselines.spotting.recipe import make_spotter, spotting_recipe
from baselines.spotting.regional.motion import NAMES
from features.alignment import Alignment, align, aligned_landmarks

MOTION_BY = "regional-contrast"  # the spotting recipe that measures the motion of parts
MOTION = (*(f"{name.replace(' ', '_')}_{axis}" for name in (*NAMES, "head") for axis in "xy"),)


class Target(NamedTuple):
    """Where what is known of a video goes: a file, None for stdout, and the folder for its pictures, if any."""

    file: Path | None
    pictures: Path | None = None


class Written(NamedTuple):
    """The text for stdout, if it goes there, and what the user should know of the video."""

    text: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PerFrame:
    """One thing that is known of each frame: the function that writes it, and the kinds of file that it makes."""

    write: Callable[..., Written]
    citation: str
    summary: str
    suffixes: tuple[str, ...] = (".csv",)

    @property
    def parameters(self) -> Any:
        """{name: `Parameter`} of what --set can set."""
        return signature_of(f"{__name__}:{self.write.__name__}")


def landmarks(video: Video, target: Target, progress: Any, jobs: int) -> Written:
    """Write the 68 landmarks of the face in each frame, in px of the frame."""
    found = cached_track(video.frames, video.fps, progress)
    text = _table(video, found.confidence, PLACES, landmark_columns(found.landmarks))
    return Written(_put(text, target.file), found.warnings)


def aligned_faces(
    video: Video, target: Target, progress: Any, jobs: int, size: Side = 128, align: Alignment = "mean"
) -> Written:
    """Write the faces that recognition is computed on: pictures, an array, or the landmarks in them."""
    found = cached_track(video.frames, video.fps, progress)
    inside = aligned_landmarks(found.landmarks, size, align).astype(np.float32)
    known = np.isfinite(inside).all(axis=(1, 2))
    numbers = [video.number(index + 1) for index in np.flatnonzero(known).tolist()]
    if target.file is not None and target.file.suffix == ".npz":
        faces = _faces(video, found.landmarks, size, align)
        _put_array(target.file, faces, len(numbers), size, number=numbers, seconds=video.seconds()[:-1][known])
        return Written(None, found.warnings)
    if target.pictures is not None:
        digits = len(str(max(numbers)))
        for number, face in zip(numbers, _faces(video, found.landmarks, size, align)):
            with atomic_path(target.pictures / f"{number:0{digits}d}.png") as temporary:
                temporary.write_bytes(cv2.imencode(".png", face)[1].tobytes())
    text = _table(video, found.confidence, PLACES, landmark_columns(inside))
    return Written(_put(text, target.file), found.warnings)


def region_motion(video: Video, target: Target, progress: Any, jobs: int) -> Written:
    """Write how each part of the face moves against the head, and the head itself, in eye distances."""
    measured = make_spotter(spotting_recipe(MOTION_BY)).measured(video.frames, video.fps, progress, jobs)
    text = _table(video, [1.0] * len(measured.array), MOTION, measured.array.reshape(len(measured.array), -1))
    return Written(_put(text, target.file), measured.warnings)


PER_FRAME = {
    "landmarks": PerFrame(landmarks, "Kazemi and Sullivan 2014", "The 68 landmarks of the face in each frame, px."),
    "aligned_faces": PerFrame(
        aligned_faces,
        "Umeyama 1991",
        "The face of each frame, cut out as recognition sees it, and the landmarks in it.",
        (".csv", ".npz"),
    ),
    "region_motion": PerFrame(
        region_motion,
        "Bouguet 2000",
        "How each part of the face moves against the head from frame to frame, eye distances.",
    ),
}


def per_frame_list() -> list[dict[str, Any]]:
    """Return what `feature_list` tells of a feature, of each of `PER_FRAME`."""
    return [
        {
            "name": name,
            "input": "video",
            "citation": one.citation,
            "summary": one.summary,
            "parameters": {p.name: plain(p.default) for p in one.parameters.values()},
        }
        for name, one in PER_FRAME.items()
    ]


def check_output(name: str, output: Path) -> None:
    """Raise `InputError` unless one of `PER_FRAME` can be written there: a file of its kind, a folder, - for stdout."""
    suffixes = PER_FRAME[name].suffixes
    if str(output) == "-":
        return
    if output.is_dir() or not output.suffix:
        check_folder(output)
    elif output.suffix in suffixes:
        check_file(output)
    else:
        raise InputError(f"{output}: {name} goes to a file that ends in {' or '.join(suffixes)}, a folder, or -")


def extract_frames(
    name: str,
    inputs: Sequence[Path],
    output: Path,
    settings: Iterable[str] = (),
    jobs: int = 1,
    **reading: Any,
) -> Outcome:
    """Write one of `PER_FRAME` of every video of the inputs; the rows of the `Outcome` are the texts for stdout.

    settings: texts `name=value`. reading: fps, numbering and landmarks, as in `open_inputs`.
    """
    chosen = read_set(settings, "size=64")
    check_parameters(name, chosen, PER_FRAME[name].parameters, "--set")
    check_output(name, output)
    videos, outcome = open_inputs(inputs, jobs=jobs, **reading)
    write = partial(_write, name, _targets(name, output, videos), chosen)
    return run_each(write, videos, lambda _, done: [] if done.text is None else [done.text], outcome, jobs, name)


def _write(
    name: str,
    targets: dict[tuple[str, str], Target],
    chosen: dict[str, Any],
    video: Video,
    progress: Any = None,
    jobs: int = 1,
) -> Written:
    return PER_FRAME[name].write(video, targets[video.subject, video.name], progress, jobs, **chosen)


def _targets(name: str, output: Path, videos: Sequence[Video]) -> dict[tuple[str, str], Target]:
    """Return where what is known of each video goes; of several, files of their names in a folder."""
    to_file = str(output) == "-" or (output.suffix in PER_FRAME[name].suffixes and not output.is_dir())
    if to_file and len(videos) > 1:
        raise InputError(f"{output}: is one file for {len(videos)} videos; name a folder, which gets a file for each")
    if to_file:
        return {(v.subject, v.name): Target(None if str(output) == "-" else output) for v in videos}
    targets: dict[tuple[str, str], Target] = {}
    stems: dict[str, Video] = {}
    for video in videos:
        stem = file_stem(video)
        if stem in stems:
            other = stems[stem]
            raise InputError(
                f"{output}: subject {other.subject} video {other.name} and subject {video.subject} video {video.name} "
                f"would both go to {stem}.csv; extract them apart"
            )
        stems[stem] = video
        pictures = output / stem if name == "aligned_faces" else None
        if pictures is not None and pictures.exists() and not (pictures.is_dir() and not any(pictures.iterdir())):
            raise InputError(f"{pictures}: is there already; delete it, so that no old pictures lie among the new")
        targets[video.subject, video.name] = Target(output / f"{stem}.csv", pictures)
    return targets


def _table(video: Video, confidence: Sequence[float], columns: Sequence[str], values: NDArray[Any]) -> str:
    """Return values (T, n) of the frames of a video as CSV."""
    numbers = (video.number(position) for position in range(1, len(values) + 1))
    return csv_text((*FRAME, *columns), frame_rows(numbers, video.seconds(), video.fps, confidence, values))


def _put(text: str, file: Path | None) -> str | None:
    """Write a text to a file; give it back where it goes to stdout."""
    if file is None:
        return text
    write_text(file, text)
    return None


def _faces(video: Video, places: NDArray[Any], size: int, by: Alignment) -> Iterator[NDArray[np.uint8]]:
    """Yield the aligned faces of a video one by one, without frames that have none."""
    return (face for face in align(video.frames.in_grey(), places, size, by) if face is not None)


def _put_array(path: Path, faces: Iterable[NDArray[np.uint8]], count: int, size: int, **arrays: Any) -> None:
    """Write an .npz file of `faces` (count, size, size) uint8, which are held one at a time, and other arrays."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, size, size)}
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", allowZip64=True) as archive:
        with archive.open("faces.npy", "w", force_zip64=True) as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for face in faces:
                stream.write(face.tobytes())
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as stream:
                np.lib.format.write_array(stream, np.asarray(array), allow_pickle=False)
