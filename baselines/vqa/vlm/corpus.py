"""What the embedded vision model learns from: flow pictures of many synthetic people, cameras and flow methods.

Only the key frames of each clip are rendered, and their faces are cut out by the exact landmarks of the generator with
an error added, so that a clip costs a hundredth of what it costs in a corpus of whole videos. People differ from those
of the default embedded corpus: the seed is another.
"""

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from baselines.datasets.records import Event
from baselines.datasets.synthetic.codec import BLOCK, compressed
from baselines.datasets.synthetic.corpus import Plan, renderer_of, script_of
from baselines.datasets.synthetic.settings import LEVELS, level_settings
from baselines.datasets.synthetic.shape import FRAME, MARGIN
from baselines.files import atomic_path
from baselines.parallel import run_parallel
from baselines.recognition.flow import PICTURE_SIZE
from features.alignment import EYE_HEIGHT, similarity, warp
from features.optical_flow import optical_flow
from features.optical_strain import optical_strain

VIEW = 6  # number of the random stream of cameras; the generator has those below
CLASSES = ("negative", "positive", "surprise")
STRENGTHS = {"easy": (0.8, 4.0), "standard": (0.4, 3.0), "hard": (0.3, 2.0)}  # px of the largest motion at the apex
ONE_SIDED = 0.5  # share of the expressions that are shown on one side, twice that of the embedded corpus
CALMED = ("drift", "turn", "jitter", "clip_distractors", "company")  # settings that a clip has a random share of
MOST_BLINKS = 8.0  # times a subject's rate: expressions and blinks come together
METHODS = {"tvl1-skimage": 0.4, "tvl1": 0.1, "dis": 0.25, "farneback": 0.25}  # and how often each is taken
SIZES = {128: 0.6, 96: 0.2, 64: 0.2}  # px, side of the face that flow is computed on
TRUE_FRAMES = 0.5  # share of the clips whose key frames are the annotated ones


@dataclass(frozen=True)
class Wide:
    """How large it is. Subject 1 is at level easy, 2 standard, 3 hard, 4 easy again, and so on."""

    seed: int = 20
    subjects: int = 400
    clips: int = 16


WIDE = Wide()


def make_pictures(wide, folder, jobs=1):
    """Return flow pictures (n, 28, 28, 3) float32, as many `Event`s, and the number of each one's subject.

    Subjects that `folder` holds already are read, the others made there: a run that was cut goes on.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(1, wide.subjects + 1)
    paths = run_parallel(partial(_make_subject, wide, folder), numbers, jobs, f"drawing {wide.subjects} subjects")
    pictures, events, subjects = [], [], []
    for number, path in zip(numbers, paths):
        with np.load(path, allow_pickle=False) as stored:
            pictures.append(stored["pictures"].astype(np.float32))
            told = json.loads(str(stored["events"]))
        events += [Event(**{**event, "action_units": tuple(event["action_units"])}) for event in told]
        subjects += [number] * len(told)
    return np.concatenate(pictures), events, subjects


def _make_subject(wide, folder, number):
    """Return the path of a subject's pictures and events, made where there is none."""
    path = folder / f"{wide.seed}-{wide.clips}-{number}.npz"
    if not path.exists():
        seen = [view(plan_of(wide, number), number, clip) for clip in range(1, wide.clips + 1)]
        pictures = np.stack([picture for picture, _ in seen]).astype(np.float16)
        events = json.dumps([event.to_dict() for _, event in seen])
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, pictures=pictures, events=events)
    return path


def plan_of(wide, number):
    """Return the generator's `Plan` of a subject."""
    level = LEVELS[(number - 1) % len(LEVELS)]
    settings = replace(level_settings(level), micro_peak=STRENGTHS[level], unilateral=ONE_SIDED)
    return Plan(wide.seed, wide.subjects, wide.clips, settings=settings)


def view(plan, subject, clip):
    """Return the flow picture (28, 28, 3) of a clip, u, v and strain in px, and its `Event`."""
    rng = plan.rng(subject, clip, VIEW)
    script = script_of(_calmed(plan, rng), subject, clip, CLASSES[int(rng.integers(len(CLASSES)))])
    (event,) = script.events
    renderer, noise = renderer_of(plan, subject), rng.uniform(*plan.settings.noise)
    times = key_frames(rng, event, len(script))
    frames = [cv2.cvtColor(renderer.frame(script, t, rng, noise), cv2.COLOR_RGB2BGR) for t in times]
    points = renderer.face.landmarks - MARGIN + script.head[list(times), :2].mean(0)
    faces = _faces(rng, frames, points)
    field = optical_flow(*faces, method=_chosen(rng, METHODS))
    picture = np.dstack([field, optical_strain(field)])
    return cv2.resize(picture, (PICTURE_SIZE, PICTURE_SIZE), interpolation=cv2.INTER_AREA), event


def _calmed(plan, rng):
    """Return a plan in which the head moves, and uncoded movements come, less than usual, but for blinks."""
    settings, share = plan.settings, rng.uniform(0, 1)
    less = {name: share * getattr(settings, name) for name in CALMED}
    return replace(plan, settings=replace(settings, blinks=rng.uniform(0, MOST_BLINKS), **less))


def key_frames(rng, event, frames):
    """Return the frames from 0 taken for onset and apex: the true ones, or as spotted at 100, 50 or 25 frames/s.

    Those are off by a tenth of the expression or so, and never by so much that less than half of it is seen.
    """
    if rng.random() < TRUE_FRAMES:
        return event.onset - 1, event.apex - 1
    step = (1, 2, 4)[int(rng.integers(3))]
    off = 0.1 * (event.offset - event.onset)
    rise, fall = event.apex - event.onset, event.offset - event.apex
    found = []
    for frame, low, high in (
        (event.onset, 1, event.onset + 0.3 * rise),
        (event.apex, event.apex - 0.3 * rise, min(frames, event.apex + 0.35 * fall)),
    ):
        place = frame + rng.normal(0, off) + rng.uniform(-step / 2, step / 2)
        found.append(round(float(np.clip(place, low, high))) - 1)
    return found[0], max(found[1], found[0] + 1)


def _faces(rng, frames, points):
    """Return the grey faces in (256, 256, 3) BGR frames as camera, codec and a cut by found landmarks leave them."""
    side = BLOCK * int(rng.integers(7, FRAME // BLOCK + 1))
    small = [cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA) for frame in frames]
    skip = rng.uniform(0, 0.8) if rng.random() < 0.3 else 0.0
    coded = compressed(small, int(rng.integers(40, 98)), skip, key_every=len(frames))
    grey = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in coded]
    found = (points + rng.normal(0, 1.0, points.shape) + 0.5) * side / FRAME - 0.5
    size = _chosen(rng, SIZES)
    matrix = _cut(rng, size) @ np.vstack([similarity(found, size), (0, 0, 1)])
    return [warp(frame, matrix, size) for frame in grey]


def _cut(rng, size):
    """Return how a database cuts faces out: (2, 3), from the aligned face to one tighter, stretched and turned."""
    angle, wide = np.deg2rad(rng.uniform(-6, 6)), rng.uniform(0.92, 1.45)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    scale = turn @ np.diag([wide, wide * rng.uniform(0.8, 1.08)])
    eyes = np.array([0.5, EYE_HEIGHT]) * size
    moved = eyes + np.array([rng.uniform(-0.06, 0.06), rng.uniform(-0.06, 0.1)]) * size
    return np.column_stack([scale, moved - scale @ eyes])


def _chosen(rng, shares):
    """Return one of the keys of {key: share}."""
    return list(shares)[int(rng.choice(len(shares), p=list(shares.values())))]
