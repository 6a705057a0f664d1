"""Tables with a row a frame in the columns of OpenFace: landmarks, and whatever else is known of each frame.

Written are `frame, timestamp, confidence, success, x_0 .. x_67, y_0 .. y_67`, and nothing in the places of a frame
without a face. What OpenFace and py-feat write is read: blanks after commas, capitals, further columns, rows that are
left out, frames counted from 1 or from 0 or as the pictures are numbered, several faces.
"""

import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.errors import InputError
from baselines.files import csv_text, read_csv, whole_number

POINTS = 68
FRAME = ("frame", "timestamp", "confidence", "success")
PLACES = (*(f"x_{k}" for k in range(POINTS)), *(f"y_{k}" for k in range(POINTS)))
LEAST_CONFIDENCE = 0.5  # of a face; one that is less sure counts as none
MOST_FRAMES = 10_000_000  # 14 hours at 200 frames a second
FARTHEST = 1e6  # px from the corner of the frame that a landmark can be
OUTER_EYES = (36, 45)

Points = NDArray[np.float32]


def frame_rows(
    numbers: Iterable[int], seconds: Iterable[float], fps: float, confidence: Sequence[float], values: NDArray[Any]
) -> Iterator[list[str]]:
    """Yield the cells of each frame: `FRAME`, then its values, which are empty where they are not finite.

    numbers: those of the frames; seconds: when each is shown, written to a tenth of a frame at least. values: (T, n),
    of which each is written with the digits that tell it from any other.
    """
    digits = max(3, math.ceil(math.log10(fps)) + 1)
    for number, second, sure, row in zip(numbers, seconds, confidence, values):
        known = bool(np.isfinite(row).all())
        told = [str(int(number)), f"{second:.{digits}f}", f"{sure if known else 0:g}", str(int(known))]
        yield told + ([str(value) for value in row] if known else [""] * len(row))


def landmark_columns(landmarks: NDArray[Any]) -> NDArray[Any]:
    """Return (T, 68, 2) landmarks as the (T, 136) values of `PLACES`: all x, then all y."""
    return landmarks.transpose(0, 2, 1).reshape(len(landmarks), -1)


def landmarks_text(
    numbers: Iterable[int], seconds: Iterable[float], fps: float, confidence: Sequence[float], landmarks: NDArray[Any]
) -> str:
    """Return landmarks (T, 68, 2) as the text of a CSV file; the others as `frame_rows` takes them."""
    rows = frame_rows(numbers, seconds, fps, confidence, landmark_columns(landmarks))
    return csv_text((*FRAME, *PLACES), rows)


def read_landmarks(path: str | Path, numbers: Sequence[int], absent: AbstractSet[int] = frozenset()) -> Points:
    """Return the landmarks in a CSV file, (T, 68, 2) float32, for frames with these numbers, ascending.

    NaN is in a frame that has no row, whose `success` is 0, whose `confidence` is below .5 or whose places are all
    empty. Of several faces the one that is seen longest is taken, with a warning. absent: numbers of frames that are
    not there, which a file that counts frames does not count. Raises `InputError` for anything else.
    """
    faces = _faces(Path(path))
    longest = max(faces, key=lambda face: sum(points is not None for points in faces[face].values()))
    if len(faces) > 1:
        warnings.warn(
            f"{path}: holds {len(faces)} faces (face_id); that of face_id {longest} is taken, which is there longest",
            stacklevel=2,
        )
    rows = faces[longest]
    index_of = _counting(path, {row for face in faces.values() for row in face}, numbers, absent)
    landmarks = np.full((len(numbers), POINTS, 2), np.nan, np.float32)
    for number, points in rows.items():
        if points is not None:
            landmarks[index_of[number]] = points
    return landmarks


def _faces(path: Path) -> dict[str, dict[int, Points | None]]:
    """Return {face: {number of a frame: points, None without a face}} of the rows of a file."""
    faces: dict[str, dict[int, Points | None]] = {}
    for place, row in read_csv(path, ("frame", *PLACES), ("confidence", "success", "face_id"), MOST_FRAMES):
        rows = faces.setdefault(row["face_id"], {})
        number = whole_number(row["frame"], place, "frame")
        if number in rows:
            of = f" of face_id {row['face_id']}" if row["face_id"] else ""
            raise InputError(f"{place}: frame {number}{of} stands twice; delete one row, or tell faces by a face_id")
        rows[number] = _points(row, place) if _has_face(row, place) else None
    if not faces:
        raise InputError(f"{path}: holds no frame; expected a row for each, as OpenFace writes them")
    return faces


def _has_face(row: Mapping[str, str], place: str) -> bool:
    """Return whether a row tells of a face that is sure enough."""
    least = {"success": 0.5, "confidence": LEAST_CONFIDENCE}
    sure = all(_number(row[name], place, name) >= bound for name, bound in least.items() if row[name])
    return sure and any(row[name] for name in PLACES)


def _points(row: Mapping[str, str], place: str) -> Points:
    """Return the (68, 2) points of a row, which must be those of a face."""
    try:
        places = np.array([row[name] for name in PLACES], float)
    except ValueError:
        places = np.array([_number(row[name], place, name) for name in PLACES])
    wrong = np.flatnonzero(~(np.abs(places) <= FARTHEST))
    if len(wrong):
        name = PLACES[wrong[0]]
        raise InputError(f"{place}: {name} is {row[name]!r}; expected pixels, or success 0 where there is no face")
    points = places.reshape(2, POINTS).T.astype(np.float32)
    if np.hypot(*(points[OUTER_EYES[0]] - points[OUTER_EYES[1]])) < 1:
        raise InputError(
            f"{place}: the eyes (landmarks 36 and 45) lie in one place; expected 68 landmarks of a face in pixels, or "
            "success 0 where there is none"
        )
    return points


def _number(text: str, place: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{place}: {column} is {text!r}; expected a number, or success 0 where there is no face")
    return value


def _counting(
    path: str | Path, told: AbstractSet[int], numbers: Sequence[int], absent: AbstractSet[int]
) -> Mapping[int, int]:
    """Return {number in the file: place among the frames} as the file counts frames.

    That is as they are numbered themselves, or from 1 (0 where it tells of frame 0), those that are not there left out
    or not. Of several ways that fit, the first that leaves out no frame is right; else the first, with a warning.
    """
    there = [index for index, number in enumerate(numbers) if number not in absent]
    own = {number: index for index, number in enumerate(numbers)}
    start = 0 if 0 in told else 1
    counted, every = dict(enumerate(there, start)), dict(enumerate(range(len(numbers)), start))
    fitting = [way for way in (own, counted, every) if told <= way.keys()]
    if not fitting:
        raise InputError(
            f"{path}: tells of frames {min(told)} to {max(told)}, but the video has {len(there)} "
            f"({numbers[0]} to {numbers[-1]}); give the landmarks of this video"
        )
    if all(way[number] == fitting[0][number] for way in fitting for number in told):
        return fitting[0]
    whole = [way for way in fitting if {way[number] for number in told} >= set(there)]
    if not whole:
        warnings.warn(
            f"{path}: frames {min(told)} to {max(told)} may be numbers of pictures or be counted otherwise; "
            f"{min(told)} is taken for the one at place {fitting[0][min(told)] + 1}",
            stacklevel=3,  # whoever called `read_landmarks`
        )
    return (whole or fitting)[0]
