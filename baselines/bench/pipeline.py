"""Bench rows of the parts around the features: landmarks, spotting, recognition, scores."""

import tempfile
import time
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from baselines.bench.clips import answers, events, face_video, flow_pictures, forth_and_back
from baselines.bench.measure import once, row, seconds
from baselines.datasets.opening import open_frames
from baselines.faces.track import follow, track
from baselines.recipes import load_recipe
from baselines.recognition.kernels import Samples
from baselines.recognition.recognizer import Recognizer
from baselines.scoring.spotting import spotting_scores
from baselines.scoring.vqa import vqa_scores
from baselines.spotting.blocks import measure_blocks
from baselines.spotting.regional.method import RegionalContrast
from baselines.spotting.regional.motion import part_motion
from baselines.spotting.roi_flow import RoiFlow

FPS, SIDE = 30.0, 400
LONG = 14  # times that the short video is played for the long one


def video_rows(extent):
    """Yield the rows of landmarks and spotting in one video file, decoding included."""
    with tempfile.TemporaryDirectory() as folder:
        frames = write_video(Path(folder) / "short.avi", face_video(extent.video_frames, SIDE), 1)
        spotter, number = RegionalContrast(), len(frames)
        faces = list(follow(frames, FPS))
        measured = spotter.measure(iter(faces), FPS)

        def whole(method):
            return method.spot(method.measure(follow(frames, FPS), FPS), FPS)

        stages = [partial(track, frames, FPS), lambda: spotter.measure(iter(faces), FPS)]
        stages += [lambda: spotter.spot(measured, FPS), partial(whole, spotter), partial(whole, RoiFlow())]
        following, moving, judging, taken, rival = seconds(stages, extent.long_repeats)
        yield row(f"decoding and landmarks {SIDE}x{SIDE}", number / following, "frames/s")
        yield row(f"motion of parts {SIDE}x{SIDE}, landmarks known", number / moving, "frames/s")
        yield row("spotting rule, motion known", number / judging, "frames/s")
        yield row(f"spotting {SIDE}x{SIDE}, decoding, landmarks and all", number / taken, "frames/s", least=200)
        against = f"regional-contrast {number / taken:.0f} frames/s"
        yield row("the same by roi-flow", number / rival, "frames/s", reference=against, ratio=rival / taken)
    yield from shared_video_rows(extent)


def shared_video_rows(extent):
    """Yield the row of two workers on the blocks of one long video against one."""
    with tempfile.TemporaryDirectory() as folder:
        frames = write_video(Path(folder) / "long.avi", face_video(extent.video_frames, SIDE), LONG)

        def share(jobs):
            return lambda: measure_blocks(part_motion, frames, FPS, jobs=jobs)

        share(2)()  # by its end both processes have started and loaded what they need, which is not what is measured
        two, one = seconds([share(2), share(1)], 1, time.perf_counter, warm=0)
        yield row(
            f"spotting one video of {len(frames)} frames, two workers", two, "s",
            reference=f"one worker {one:.2f} s", ratio=one / two, least=1.8,
        )  # fmt: skip


def write_video(path, pictures, times):
    """Write pictures (T, H, W, 3), forth and back `times` times, as a Motion JPEG file and return its `Frames`."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), FPS, pictures.shape[2:0:-1])
    for picture in forth_and_back(pictures, times):
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    return open_frames(path)


def recognition_rows(extent):
    """Yield a row for leave-one-subject-out recognition by each of two recipes, from pictures to predictions."""
    pictures, classes, subjects = flow_pictures(extent.pictures, extent.subjects)

    def leave_one_subject_out(recipe):
        samples = Recognizer.from_recipe(recipe).share(Samples(pictures))
        right = 0
        for subject in range(extent.subjects):
            out = subjects == subject
            recognizer = Recognizer.from_recipe(recipe).fit(samples[~out], classes[~out], subjects[~out])
            right += np.sum(recognizer.predict(samples[out]) == classes[out])
        return right

    for name, most in (("flow-svm", 5), ("flow-kernels", None)):
        taken = once(partial(leave_one_subject_out, load_recipe(name)))
        yield row(f"recipe {name}, {extent.pictures} clips, {extent.subjects} folds", taken, "s", most=most)


def score_rows(extent):
    """Yield the rows of scores, their 95 % intervals included."""
    (taken,) = seconds([partial(spotting_scores, *events(extent.events))], extent.long_repeats)
    yield row(f"scores of {extent.events} events", taken, "s")
    yield row(f"scores of {extent.answers} answers", once(partial(vqa_scores, *answers(extent.answers))), "s")
