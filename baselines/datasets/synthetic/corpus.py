"""Writes the embedded corpus: short clips to recognize, long videos to spot in, questions to answer."""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np

from baselines.datasets.synthetic.action_units import NUMBERS, draw_manner
from baselines.datasets.synthetic.expressions import draw_classes
from baselines.datasets.synthetic.questions import clip_questions
from baselines.datasets.synthetic.render import Renderer
from baselines.datasets.synthetic.script import CLIP_FPS, LONG_FPS, clip_script, long_script
from baselines.datasets.synthetic.settings import Settings
from baselines.datasets.synthetic.shape import FRAME
from baselines.datasets.synthetic.subjects import build_face, draw_subject
from baselines.errors import InputError
from baselines.files import csv_text
from baselines.parallel import iterate_parallel

VERSION = 1  # raise it whenever the bytes of the corpus change
IDENTITY_FILE = "identity.txt"
PERSON, LONG = 0, 0  # a subject's long video has number 0, its clips count from 1
SCRIPT, GRAIN, QUESTIONS, SHAPE, MANNER = range(5)  # independent random streams of one video or subject


@dataclass(frozen=True)
class Plan:
    """All that decides the bytes of a corpus."""

    seed: int = 0
    subjects: int = 12
    clips_per_subject: int = 12
    long_seconds: float = 20.0
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self):
        if min(self.subjects, self.clips_per_subject) < 1 or self.seed < 0 or not 3 <= self.long_seconds <= 3600:
            raise InputError(
                f"embedded corpus: seed {self.seed}, {self.subjects} subjects, {self.clips_per_subject} clips of each "
                f"and long videos of {self.long_seconds} s; expected a seed from 0, counts from 1 and 3 to 3600 s"
            )

    def identity(self):
        plan = replace(self, long_seconds=float(self.long_seconds))
        digest = hashlib.blake2b(repr(plan).encode(), digest_size=6).hexdigest()
        return f"synthetic-v{VERSION}-seed{self.seed}-{digest}"

    def rng(self, subject, video, stream):
        return np.random.default_rng([self.seed, subject, video, stream])

    def subject(self, index):
        """Return the `Subject` with number `index`, from 1; every second one is mirrored."""
        return draw_subject(self.rng(index, PERSON, SHAPE), mirror=index % 2 == 0)


def identity(seed=0, **sizes):
    """Return a short text, fit for a folder name, that changes with generator version, seed, sizes and settings."""
    return Plan(seed, **sizes).identity()


def generate(directory, *, seed=0, jobs=1, progress=None, **sizes):
    """Write the embedded corpus to `directory`, whole or not at all.

    `directory/clips` and `directory/long` are manifest datasets (`videos.csv`, `events.csv`); `clips` also holds
    `questions.jsonl` in the ME-VQA v1 format. Sizes: `subjects` (12), `clips_per_subject` (12), `long_seconds` (20),
    `settings` (a `Settings`). The same seed, sizes and library versions give the same bytes whatever `jobs`.
    `progress(done)` is called with the number of videos written so far. Raises `InputError` when `directory` is
    not empty; if another process completes the same corpus there meanwhile, that one stays.
    """
    plan, directory = Plan(seed, **sizes), Path(directory)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"{directory}: exists and is not an empty folder; name a new one or delete it")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    except OSError as error:
        raise InputError(f"{directory}: cannot be written ({error.strerror}); choose another place") from error
    try:
        _write(plan, temporary, jobs, progress)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o777 & ~umask)
        _move(temporary, directory, plan)
    except OSError as error:
        raise InputError(f"{directory}: cannot be written ({error.strerror}); make room or choose another") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move(temporary, directory, plan):
    try:
        temporary.rename(directory)
    except OSError as error:
        other = directory / IDENTITY_FILE
        if not other.is_file() or other.read_text().strip() != plan.identity():
            raise InputError(f"{directory}: something else was written there meanwhile; name a new folder") from error


def _write(plan, folder, jobs, progress):
    classes = draw_classes(np.random.default_rng(plan.seed), plan.subjects, plan.clips_per_subject)
    keys = [(s, v) for s in range(1, plan.subjects + 1) for v in range(plan.clips_per_subject + 1)]
    coarse = [None if video == LONG else classes[subject - 1][video - 1] for subject, video in keys]
    events = {}
    results = iterate_parallel(partial(_write_video, plan, folder), list(zip(keys, coarse)), jobs)
    for found, key in zip(results, keys):  # results first, so that the loop runs them to their end
        events[key] = found
        if progress:
            progress(len(events))
    _write_tables(plan, folder / "clips", {key: found for key, found in events.items() if key[1] != LONG})
    _write_tables(plan, folder / "long", {key: found for key, found in events.items() if key[1] == LONG})
    (folder / IDENTITY_FILE).write_text(plan.identity() + "\n")


def _names(subject, video):
    """Return subject, video and path as the tables name them."""
    person = f"sub{subject:02d}"
    if video == LONG:
        return person, "long", f"{person}/long.avi"
    return person, f"c{video:02d}", f"{person}/c{video:02d}"


def _write_tables(plan, folder, events):
    videos, rows, questions = [], [], []
    for (subject, video), found in events.items():
        person, name, path = _names(subject, video)
        videos.append((person, name, path, LONG_FPS if video == LONG else CLIP_FPS))
        for e in found:
            rows.append((person, name, e.onset, e.apex, e.offset, e.kind, e.emotion, "+".join(e.action_units)))
        if video != LONG:
            questions += clip_questions(plan.rng(subject, video, QUESTIONS), person, name, found[0])
    (folder / "videos.csv").write_text(csv_text(("subject", "video", "path", "fps"), videos), newline="")
    columns = ("subject", "video", "onset", "apex", "offset", "type", "emotion", "aus")
    (folder / "events.csv").write_text(csv_text(columns, rows), newline="")
    if questions:
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        (folder / "questions.jsonl").write_text(lines, newline="")


@lru_cache(maxsize=2)
def _renderer(plan, subject):
    rng = plan.rng(subject, PERSON, MANNER)
    manners = {number: draw_manner(rng, plan.settings) for number in NUMBERS}
    return Renderer(build_face(plan.subject(subject)), manners)


def script_of(plan, subject, video, coarse=None):
    """Return the `Script` of a subject's video; `coarse` is the class of a clip."""
    rng, person = plan.rng(subject, video, SCRIPT), plan.subject(subject)
    if video == LONG:
        return long_script(rng, person, plan.settings, plan.long_seconds)
    return clip_script(rng, person, plan.settings, coarse)


def frames_of(plan, subject, video, script):
    """Yield the (256, 256, 3) uint8 RGB frames of a subject's video."""
    renderer, rng = _renderer(plan, subject), plan.rng(subject, video, GRAIN)
    low, high = plan.settings.noise
    noise = low + plan.subject(subject).noise * (high - low)
    for t in range(len(script)):
        yield renderer.frame(script, t, rng, noise)


def _write_video(plan, folder, item):
    """Write one video, `item` = ((subject, video), coarse class), and return its events."""
    (subject, video), coarse = item
    script = script_of(plan, subject, video, coarse)
    frames = (cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) for frame in frames_of(plan, subject, video, script))
    path = folder / ("long" if video == LONG else "clips") / _names(subject, video)[2]
    if video == LONG:
        _write_avi(path, frames, plan.settings.video_quality)
    else:
        _write_images(path, frames, plan.settings.jpeg_quality)
    return script.events


def _write_images(path, frames, quality):
    path.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames, start=1):
        _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
        (path / f"img{number:03d}.jpg").write_bytes(data)


def _write_avi(path, frames, quality):
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter_fourcc(*"MJPG"), LONG_FPS, (FRAME, FRAME))
    if not writer.isOpened():
        raise InputError(f"{path}: this OpenCV cannot write Motion JPEG video; install opencv-python-headless")
    writer.set(cv2.VIDEOWRITER_PROP_QUALITY, quality)
    for frame in frames:
        writer.write(frame)
    writer.release()
