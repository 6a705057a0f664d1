"""How steady landmarks are: how much they jump from frame to frame, and whether the same frames give the same ones."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.bench.implants import Piece
from baselines.bench.measure import once
from baselines.bench.repeatability import cycles, deviation
from baselines.datasets.frames import Frames
from baselines.datasets.opening import open_frames
from baselines.faces.mesh import mesh_track
from baselines.faces.track import track

Landmarks = NDArray[np.floating]
EYES = (slice(36, 42), slice(42, 48))
ROUNDS = 3  # of registration to the mean shape and of finding that anew

# how the landmarks (T, 68, 2) of frames at a rate are found
SOURCES: dict[str, Callable[[Frames, float], Landmarks]] = {
    "dlib": lambda frames, fps: track(frames, fps).landmarks,
    "mediapipe": lambda frames, fps: mesh_track(frames).landmarks,
}


def steadiness(source: str, piece: Piece) -> dict[str, Any]:
    """Return how steady the landmarks of a source are in one video, and the milliseconds of a frame that they take.

    `jitter` is that of the whole video; `deviation` of the median landmark and `worst` of the worst between cycles of
    a piece that is played forth and back, in %; `ms` is processor time there, without decoding.
    """
    find = SOURCES[source]
    frames = open_frames(piece.path)
    jumps = jitter(find(frames, piece.fps))
    played, found = cycles(piece), []
    taken = once(lambda: found.append(find(played, piece.fps)))
    away = 100 * deviation(registered(found[0]), 2 * (len(piece.pictures) - 1), piece.fps)
    of = {"landmarks": source, "video": piece.path.stem, "frames": len(frames)}
    return {
        **of,
        "jitter": jumps,
        "deviation": float(np.median(away)),
        "worst": float(away.max()),
        "ms": 1000 * taken / len(played),
    }


def jitter(landmarks: Landmarks) -> float:
    """Return the root mean square of what a landmark jumps from frame to frame, in % of the distance between the eyes.

    landmarks: (T, 68, 2), NaN without a face. Faces are registered (`registered`); what is left of the place in a frame
    less the mean of those before and after holds hardly any motion, and of noise that is new in each frame 3/2 of the
    variance, which is taken out.
    """
    places = registered(landmarks)
    away = places[1:-1] - (places[:-2] + places[2:]) / 2
    return 100 * float(np.sqrt(2 / 3 * np.nanmean((away**2).sum(axis=-1))))


def registered(landmarks: Landmarks) -> NDArray[np.float64]:
    """Return landmarks (T, 68, 2) moved by the similarity of each frame to their mean shape, in eye distances."""
    seen = np.isfinite(landmarks).all(axis=(1, 2))
    points = landmarks[seen].astype(float) @ (1, 1j)
    points -= points.mean(axis=1, keepdims=True)
    shape = points[0]
    for _ in range(ROUNDS):
        turned = points * ((points.conj() @ shape) / (abs(points) ** 2).sum(axis=1))[:, None]
        shape = turned.mean(axis=0)
    turned /= abs(shape[EYES[0]].mean() - shape[EYES[1]].mean())
    result = np.full(landmarks.shape, np.nan)
    result[seen] = np.stack([turned.real, turned.imag], axis=-1)
    return result
