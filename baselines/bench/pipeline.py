"""Bench rows of the parts around the features: landmarks, spotting, recognition, scores."""

from functools import partial

import numpy as np

from baselines.bench.clips import answers, events, face_video, flow_pictures
from baselines.bench.measure import once, row, seconds
from baselines.datasets.frames import ArrayFrames
from baselines.faces import track
from baselines.recipes import load_recipe
from baselines.recognition.recognizer import Recognizer
from baselines.scoring.spotting import spotting_scores
from baselines.scoring.vqa import vqa_scores
from baselines.spotting.regional_contrast import RegionalContrast

FPS, SIDE = 30.0, 400


def video_rows(extent):
    """Yield the rows of landmarks and spotting in one video."""
    frames = ArrayFrames(face_video(extent.video_frames, SIDE))
    landmarks = track(frames, FPS).landmarks
    spotter = RegionalContrast()

    def spot():
        return spotter.spot(spotter.measure(frames, landmarks, FPS), FPS)

    tracking, spotting = seconds([partial(track, frames, FPS), spot], extent.long_repeats)
    number = len(frames)
    yield row(f"landmarks {SIDE}x{SIDE}", number / tracking, "frames/s")
    yield row(f"spotting {SIDE}x{SIDE}, landmarks known", number / spotting, "frames/s")
    yield row(f"spotting {SIDE}x{SIDE}, landmarks and all", number / (tracking + spotting), "frames/s")


def recognition_rows(extent):
    """Yield the row of leave-one-subject-out recognition by a recipe with a support vector machine."""
    pictures, classes, subjects = flow_pictures(extent.pictures, extent.subjects)
    recipe = load_recipe("flow-svm")

    def leave_one_subject_out():
        right = 0
        for subject in range(extent.subjects):
            held_out = subjects == subject
            recognizer = Recognizer.from_recipe(recipe).fit(pictures[~held_out], classes[~held_out])
            right += np.sum(recognizer.predict(pictures[held_out]) == classes[held_out])
        return right

    yield row(f"recipe flow-svm, {extent.pictures} clips, {extent.subjects} folds", once(leave_one_subject_out), "s")


def score_rows(extent):
    """Yield the rows of scores, their 95 % intervals included."""
    (taken,) = seconds([partial(spotting_scores, *events(extent.events))], extent.long_repeats)
    yield row(f"scores of {extent.events} events", taken, "s")
    yield row(f"scores of {extent.answers} answers", once(partial(vqa_scores, *answers(extent.answers))), "s")
