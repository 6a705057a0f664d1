"""Spotting sets of known motion in real faces: expressions implanted in real video, and an untouched twin of each.

A piece of a real clip is played forth and back for 40 s, and action units as motion of the face's landmarks
(`baselines.bench.landmark_motion`) are warped into it. How lively the piece is sets the level: `lab-still` is the
calmest half second of a clip, which comes nearest to a person who suppresses every motion, `still` the calmest 1.2 s,
`calm` the calmest 2.4 s, `talking` are all pieces of 6 s of clips that are long enough, which in the clips at hand act,
talk and laugh.
Frames are made when they are read; nothing of the faces is written anywhere.
"""

import functools
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from baselines.bench.landmark_motion import landmark_field
from baselines.datasets.frames import Frames, toned
from baselines.datasets.opening import VIDEO_SUFFIXES, open_frames
from baselines.datasets.records import Event, Video
from baselines.datasets.synthetic.action_units import units_of
from baselines.datasets.synthetic.curves import pulse
from baselines.datasets.synthetic.expressions import draw_expression
from baselines.datasets.synthetic.shape import CANVAS
from baselines.errors import InputError
from baselines.faces.track import cached_track
from baselines.files import user_path
from baselines.identity import digest
from features.alignment import similarity, smooth, transform, warp

LEVELS = {"lab-still": 0.5, "still": 1.2, "calm": 2.4, "talking": 6.0}  # seconds of a piece
SECONDS = 40.0
APART = (3.0, 8.0)  # seconds from one onset to the next
LENGTHS = {"micro": (0.2, 0.5), "macro": (0.6, 3.0)}  # seconds
PEAKS = {"micro": (0.010, 0.028), "macro": (0.05, 0.11)}  # largest displacement, in eye distances
NOISE = 1.0  # grey levels, standard deviation
FACE_IN_CROP = 0.26  # distance between the eyes, in sides of the picture
VISIBLE = 0.01  # px; a unit that moves less is not rendered
SAME_PERSON = {"face_noface": "single_face", "noface_face": "single_face"}  # clips of one person make one subject


@dataclass(frozen=True)
class Piece:
    """A stretch of a real clip: frames start..stop-1 (indices), and the (2, 3) similarity to the square picture."""

    path: Path
    fps: float
    start: int
    stop: int
    matrix: np.ndarray
    landmarks: np.ndarray  # (N, 68, 2) in the picture

    @property
    def name(self):
        return f"{self.path.stem}-{self.start + 1}-{self.stop}"

    @functools.cached_property
    def pictures(self):
        """The (N, CANVAS, CANVAS, 3) uint8 pictures."""
        frames = open_frames(self.path)[self.start : self.stop]
        return np.stack([warp(frame, self.matrix, CANVAS) for frame in frames])


def faces_folder():
    """Return the folder of real face videos: `faces` in $MEGC_SHARED_DATA, by default ../shared/data."""
    return user_path(os.environ.get("MEGC_SHARED_DATA", "../shared/data")) / "faces"


def implant_sets(folder, level, seeds=(0, 1)):
    """Return the (implanted, untouched) pairs of `Video` of a level.

    folder: face videos. A seed draws the events of every piece: kind, time, length, action units, size. The subject is
    the person where clips are known to show the same, else the clip; untouched twins have no events.
    """
    pairs = []
    for piece in pieces(folder, level):
        subject = SAME_PERSON.get(piece.path.stem, piece.path.stem)
        for seed in seeds:
            events, curves = draw_script(np.random.default_rng([seed, int(digest(piece.name)[:8], 16)]), piece)
            name = f"{piece.name}-{seed}"
            implanted = Video(level, subject, name, ImplantFrames(piece, curves, seed), piece.fps, events)
            untouched = Video(level, subject, f"{name}-untouched", ImplantFrames(piece, {}, seed), piece.fps, ())
            pairs.append((implanted, untouched))
    return pairs


def pieces(folder, level):
    """Return the `Piece`s of a level in all videos of a folder that show a face for long enough."""
    paths = sorted(path for path in Path(folder).glob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    found = [piece for path in paths for piece in _pieces(path, level)]
    if not found:
        raise InputError(
            f"{folder}: no video with a face for {LEVELS[level]:g} s; "
            "name a folder of face videos, or set MEGC_SHARED_DATA"
        )
    return found


def _pieces(path, level):
    frames = open_frames(path)
    try:
        landmarks = cached_track(frames, frames.fps).landmarks.astype(float)
    except InputError:  # a video without a face serves nobody
        return
    points = smooth(landmarks, 0.1 * frames.fps)
    for start, stop in _stretches(level, frames, points):
        part = points[start:stop]
        eyes = np.median(np.hypot(*(part[:, 42:48].mean(axis=1) - part[:, 36:42].mean(axis=1)).T))
        middle = part[:, 27:48].mean(axis=(0, 1)) + (0, 0.35 * eyes)
        scale = FACE_IN_CROP * CANVAS / eyes
        matrix = np.column_stack([np.eye(2) * scale, CANVAS / 2 - scale * middle])
        yield Piece(path, frames.fps, start, stop, matrix, transform(part, matrix))


def _stretches(level, frames, points):
    """Yield (start, stop) of the pieces of a level in one clip; all frames of a piece show a face."""
    present = np.isfinite(points).all(axis=(1, 2))
    length = round(LEVELS[level] * frames.fps)

    def whole(start):
        return start + length <= len(present) and present[start : start + length].all()

    if level == "talking":
        if present.sum() >= 2 * length:
            yield from ((start, start + length) for start in range(0, len(present), length) if whole(start))
    else:
        change = _change(frames, points)
        totals = {start: change[start : start + length - 1].sum() for start in range(len(present)) if whole(start)}
        if totals:
            start = min(totals, key=totals.get)
            yield start, start + length


def _change(frames, points):
    """Return (T - 1,) mean change in grey levels of the aligned face from each frame to the next, NaN without one."""
    change, before = [], None
    for frame, place in zip(frames, points):
        face = None
        if np.isfinite(place).all():
            face = warp(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), similarity(place, 64), 64).astype(float)
        change.append(np.nan if before is None or face is None else np.abs(face - before).mean())
        before = face
    return np.array(change[1:])


def draw_script(rng, piece):
    """Return (events, {action unit: (T,) displacement in px}) for a video of a piece."""
    frames, fps = round(SECONDS * piece.fps), piece.fps
    eyes = FACE_IN_CROP * CANVAS
    events, curves, start = [], {}, rng.uniform(1, APART[0])
    while True:
        kind = ("micro", "macro")[int(rng.integers(2))]
        length = rng.uniform(*LENGTHS[kind])
        if start + length > SECONDS - 1:
            return tuple(events), curves
        onset, offset = round(start * fps), round((start + length) * fps)
        apex = onset + max(1, round((offset - onset) * rng.uniform(0.3, 0.5)))
        hold = (offset - apex) * rng.uniform(0, 0.4 if kind == "macro" else 0.2)
        emotion, codes = draw_expression(rng, ("negative", "positive", "surprise")[int(rng.integers(3))], 0.25)
        curve = eyes * rng.uniform(*PEAKS[kind]) * pulse(frames, onset, apex, offset, hold)
        for code in codes:
            for unit in units_of(code):
                curves[unit] = curves.get(unit, 0) + curve
        events.append(Event(onset + 1, offset + 1, apex + 1, kind, emotion, codes))
        start += max(rng.uniform(*APART), length + 1)


class ImplantFrames(Frames):
    """The frames of a piece played forth and back, moved by action unit curves (T,) in px, with sensor noise."""

    def __init__(self, piece, curves, seed=0):
        super().__init__(piece.path, range(1, round(SECONDS * piece.fps) + 1))
        self.piece, self.curves, self.seed = piece, curves, seed
        self.fps = piece.fps

    @property
    def shape(self):
        return CANVAS, CANVAS

    def _pictures(self, start, stop, grey):
        piece, last = self.piece, len(self.piece.pictures) - 1
        reference = piece.landmarks.mean(axis=0)
        fields = {unit: landmark_field(unit, reference, CANVAS) for unit in self.curves}
        home = np.vstack([similarity(reference), (0, 0, 1)])
        down, across = np.mgrid[:CANVAS, :CANVAS].astype(np.float32)
        grain = np.random.default_rng(self.seed).normal(0, NOISE, (CANVAS + 64, CANVAS + 64, 1)).astype(np.float32)
        for index in self._indices(start, stop):
            at = last - abs(index % (2 * last) - last)
            picture = piece.pictures[at]
            moving = [
                fields[unit] * np.float32(curve[index]) for unit, curve in self.curves.items() if curve[index] > VISIBLE
            ]
            if moving:
                here = np.vstack([similarity(piece.landmarks[at]), (0, 0, 1)])
                path = np.linalg.solve(here, home)[:2]
                moved = cv2.warpAffine(sum(moving), path, (CANVAS, CANVAS)) @ path[:, :2].T.astype(np.float32)
                x, y = across - moved[..., 0], down - moved[..., 1]
                picture = cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
            row, column = np.random.default_rng([self.seed, index]).integers(64, size=2)
            noisy = picture + grain[row : row + CANVAS, column : column + CANVAS]
            yield index, toned(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), grey)

    def _stamp(self):
        stat = self.piece.path.stat()
        yield from (stat.st_size, stat.st_mtime_ns, self.piece.name, self.piece.landmarks.tobytes(), self.seed, NOISE)
        for unit, curve in self.curves.items():
            yield from (unit, curve.tobytes())
