"""Writes the embedded corpus: short clips to recognize, long videos to spot in, questions to answer."""

import hashlib
import json
import os
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np

from baselines.datasets.synthetic.action_units import NUMBERS, draw_manner
from baselines.datasets.synthetic.codec import compressed
from baselines.datasets.synthetic.expressions import draw_classes
from baselines.datasets.synthetic.kinds import CAS, CLIP_FPS, SAMM
from baselines.datasets.synthetic.questions import clip_questions, video_questions
from baselines.datasets.synthetic.render import Renderer
from baselines.datasets.synthetic.script import clip_script, long_script
from baselines.datasets.synthetic.settings import Settings
from baselines.datasets.synthetic.shape import FRAME
from baselines.datasets.synthetic.subjects import build_face, draw_subject
from baselines.errors import InputError
from baselines.files import csv_text
from baselines.parallel import iterate_parallel
from baselines.scratch import disown, folder_beside

VERSION = 2  # raise it whenever the bytes of the corpus change
IDENTITY_FILE = "identity.txt"
PERSON, LONG, FAST = 0, 0, 10_000  # numbers of a subject's long videos at 30 and 200 fps; its clips count from 1
KIND_OF = {LONG: CAS, FAST: SAMM}
SCRIPT, GRAIN, QUESTIONS, SHAPE, MANNER, SCENE = range(6)  # independent random streams of one video or subject
VIDEO_QUALITY = 50  # of the files of long videos on the scale of OpenCV's Motion JPEG writer; much like 91 of a JPEG


@dataclass(frozen=True)
class Plan:
    """All that decides the bytes of a corpus."""

    seed: int = 0
    subjects: int = 12
    clips_per_subject: int = 12
    long_seconds: float = 20.0
    fast_subjects: int = 0
    fast_seconds: float = 8.0
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self):
        counts = min(self.subjects, self.clips_per_subject) >= 1 and self.clips_per_subject < FAST
        fast = 0 <= self.fast_subjects <= self.subjects and 2 <= self.fast_seconds <= 3600
        if not (counts and fast and self.seed >= 0 and 3 <= self.long_seconds <= 3600):
            raise InputError(
                f"embedded corpus: seed {self.seed}, {self.subjects} subjects, {self.clips_per_subject} clips of each, "
                f"long videos of {self.long_seconds} s, {self.fast_subjects} more at 200 fps of {self.fast_seconds} s; "
                f"expected a seed from 0, counts from 1 and under {FAST} clips, 3 to 3600 s, at 200 fps 2 to 3600 s "
                "and at most one for each subject"
            )

    def identity(self):
        plan = replace(self, long_seconds=float(self.long_seconds), fast_seconds=float(self.fast_seconds))
        digest = hashlib.blake2b(repr(plan).encode(), digest_size=6).hexdigest()
        return f"synthetic-v{VERSION}-{self.settings.level}-seed{self.seed}-{digest}"

    def rng(self, subject, video, stream):
        return np.random.default_rng([self.seed, subject, video, stream])

    def subject(self, index):
        """Return the `Subject` with number `index`, from 1; every second one is mirrored."""
        return draw_subject(self.rng(index, PERSON, SHAPE), mirror=index % 2 == 0)

    def videos(self):
        """Return the (subject, video) numbers of all videos; the first subjects have one at 200 fps."""
        clips = range(1, self.clips_per_subject + 1)
        return [
            (subject, video)
            for subject in range(1, self.subjects + 1)
            for video in (LONG, *clips, *([FAST] if subject <= self.fast_subjects else []))
        ]


def identity(seed=0, **sizes):
    """Return a short text, fit for a folder name, that changes with generator version, seed, sizes and settings."""
    return Plan(seed, **sizes).identity()


def level_of(directory):
    """Return the level of the corpus in a folder, or None where its identity does not tell."""
    path = Path(directory) / IDENTITY_FILE
    found = re.match(r"synthetic-v\d+-([a-z]+)-seed", path.read_text()) if path.is_file() else None
    return found and found[1]


def generate(directory, *, seed=0, jobs=1, progress=None, **sizes):
    """Write the embedded corpus to `directory`, whole or not at all.

    `directory/clips` and `directory/long` are manifest datasets (`videos.csv`, `events.csv`, `questions.jsonl`); `long`
    also holds `uncoded.csv` with the acts that nobody codes. Sizes:
    `subjects` (12), `clips_per_subject` (12), `long_seconds` (20) of each subject's video at 30 fps, `fast_subjects`
    (0) with one more video at 200 fps of `fast_seconds` (8), `settings` (a `Settings`; standard).
    The same seed, sizes and library versions give the same bytes whatever `jobs`.
    `progress(done)` is called with the number of videos written so far. Raises `InputError` when `directory` is
    not empty; if another process completes the same corpus there meanwhile, that one stays.
    """
    plan, directory = Plan(seed, **sizes), Path(directory)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"{directory}: exists and is not an empty folder; name a new one or delete it")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with folder_beside(directory) as temporary:
            _write(plan, temporary, jobs, progress)
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o777 & ~umask)
            disown(temporary)
            _move(temporary, directory, plan)
    except OSError as error:
        raise InputError(f"{directory}: cannot be written ({error.strerror}); make room or choose another") from error


def _move(temporary, directory, plan):
    try:
        temporary.rename(directory)
    except OSError as error:
        other = directory / IDENTITY_FILE
        if not other.is_file() or other.read_text().strip() != plan.identity():
            raise InputError(f"{directory}: something else was written there meanwhile; name a new folder") from error


def _write(plan, folder, jobs, progress):
    classes = draw_classes(np.random.default_rng(plan.seed), plan.subjects, plan.clips_per_subject)
    keys = plan.videos()
    coarse = [None if video in KIND_OF else classes[subject - 1][video - 1] for subject, video in keys]
    found = {}
    results = iterate_parallel(partial(_write_video, plan, folder), list(zip(keys, coarse)), jobs)
    for result, key in zip(results, keys):  # results first, so that the loop runs them to their end
        found[key] = result
        if progress:
            progress(len(found))
    clips = {key: events for key, (events, _) in found.items() if key[1] not in KIND_OF}
    videos = {key: result for key, result in found.items() if key[1] in KIND_OF}
    for name, some, ask in (
        ("clips", clips, clip_questions),
        ("long", {key: events for key, (events, _) in videos.items()}, video_questions),
    ):
        _write_tables(folder / name, some)
        _write_questions(plan, folder / name, some, ask)
    _write_acts(folder / "long", {key: acts for key, (_, acts) in videos.items()})
    (folder / IDENTITY_FILE).write_text(plan.identity() + "\n")


def _names(subject, video):
    """Return subject, video and path as the tables name them."""
    person = f"sub{subject:02d}"
    if video in KIND_OF:
        name = KIND_OF[video].name
        return person, name, f"{person}/{name}.avi"
    return person, f"c{video:02d}", f"{person}/c{video:02d}"


def _write_tables(folder, events):
    videos, rows = [], []
    for (subject, video), found in events.items():
        person, name, path = _names(subject, video)
        videos.append((person, name, path, KIND_OF[video].fps if video in KIND_OF else CLIP_FPS))
        for e in found:
            rows.append((person, name, e.onset, e.apex, e.offset, e.kind, e.emotion, "+".join(e.action_units)))
    (folder / "videos.csv").write_text(csv_text(("subject", "video", "path", "fps"), videos), newline="")
    columns = ("subject", "video", "onset", "apex", "offset", "type", "emotion", "aus")
    (folder / "events.csv").write_text(csv_text(columns, rows), newline="")


def _write_questions(plan, folder, events, ask):
    questions = []
    for (subject, video), found in events.items():
        questions += ask(plan.rng(subject, video, QUESTIONS), *_names(subject, video)[:2], found)
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    (folder / "questions.jsonl").write_text(lines, newline="")


def _write_acts(folder, acts):
    rows = [(*_names(*key)[:2], act.first, act.last, act.name) for key, found in acts.items() for act in found]
    (folder / "uncoded.csv").write_text(csv_text(("subject", "video", "first", "last", "act"), rows), newline="")


@lru_cache(maxsize=2)
def renderer_of(plan, subject):
    """Return the `Renderer` of a subject; those used last are kept."""
    rng = plan.rng(subject, PERSON, MANNER)
    manners = {number: draw_manner(rng, plan.settings) for number in NUMBERS}
    return Renderer(build_face(plan.subject(subject)), manners)


def script_of(plan, subject, video, coarse=None):
    """Return the `Script` of a subject's video; `coarse` is the class of a clip."""
    rng, person = plan.rng(subject, video, SCRIPT), plan.subject(subject)
    if video in KIND_OF:
        seconds = plan.long_seconds if video == LONG else plan.fast_seconds
        return long_script(rng, plan.rng(subject, video, SCENE), person, plan.settings, KIND_OF[video], seconds)
    return clip_script(rng, person, plan.settings, coarse)


def frames_of(plan, subject, video, script):
    """Yield the (256, 256, 3) uint8 BGR frames of a subject's video as the camera gives them."""
    renderer, rng = renderer_of(plan, subject), plan.rng(subject, video, GRAIN)
    low, high = plan.settings.noise
    noise = low + plan.subject(subject).noise * (high - low)
    for t in range(len(script)):
        yield cv2.cvtColor(renderer.frame(script, t, rng, noise), cv2.COLOR_RGB2BGR)


def long_frames_of(plan, subject, video, script):
    """Yield the frames of a long video as `frames_of` does, in grey where its kind is, compressed."""
    kind, settings = KIND_OF[video], plan.settings
    frames = frames_of(plan, subject, video, script)
    if kind.grey:
        frames = (cv2.cvtColor(cv2.cvtColor(f, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR) for f in frames)
    return compressed(frames, settings.codec_quality, settings.codec_skip, key_every=kind.fps)


def _write_video(plan, folder, item):
    """Write one video, `item` = ((subject, video), coarse class), and return its events and acts."""
    (subject, video), coarse = item
    script = script_of(plan, subject, video, coarse)
    path = folder / ("long" if video in KIND_OF else "clips") / _names(subject, video)[2]
    if video in KIND_OF:
        _write_avi(path, long_frames_of(plan, subject, video, script), KIND_OF[video].fps)
    else:
        _write_images(path, frames_of(plan, subject, video, script), plan.settings.jpeg_quality)
    return script.events, script.acts


def _write_images(path, frames, quality):
    path.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames, start=1):
        _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
        (path / f"img{number:03d}.jpg").write_bytes(data)


def _write_avi(path, frames, fps):
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter_fourcc(*"MJPG"), fps, (FRAME, FRAME))
    if not writer.isOpened():
        raise InputError(f"{path}: this OpenCV cannot write Motion JPEG video; install opencv-python-headless")
    writer.set(cv2.VIDEOWRITER_PROP_QUALITY, VIDEO_QUALITY)
    for frame in frames:
        writer.write(frame)
    writer.release()
