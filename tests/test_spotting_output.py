"""What comes out of spotting: rows, JSON, expressions that are recognized, implants in real faces."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from baselines.bench import implants
from baselines.bench.implants import ImplantFrames, Piece, draw_script
from baselines.commands.spotted import details_of
from baselines.datasets.frames import ArrayFrames
from baselines.datasets.records import Event, Video
from baselines.errors import InputError
from baselines.experiments.tasks.spotting import Prepared, can_learn, fitted_spotter
from baselines.recipes import load_recipe, recipe_names
from baselines.recognition.intervals import recognize_events
from baselines.recognition.protocols import make_folds
from baselines.report.implants import figures, trade_off_points
from baselines.spotting.base import Curve, Interval, SpottingResult
from baselines.spotting.recipe import learns, make_spotter
from baselines.spotting.regional.candidates import FIGURES

FPS = 30.0
MICRO, MACRO = Interval(11, 15, 20, "micro", 1.25, "chin"), Interval(31, 40, 60, "macro", 2.0, "upper lip")


@pytest.fixture
def video():
    pictures = np.random.default_rng(0).integers(0, 256, (70, 60, 80, 3), dtype=np.uint8)
    return Video("d", "s1", "v1", ArrayFrames(pictures), FPS)


@pytest.fixture
def result():
    values = np.r_[np.nan, np.linspace(0, 1, 69)]
    return SpottingResult((MICRO, MACRO), (Curve("c", values, 0.5, "px"), Curve("d", values, np.inf)), ("a note",))


class Same:
    """A recognizer that always gives the same answers."""

    def __init__(self, *answers):
        self.answers = answers

    def predict(self, X):
        return np.array(self.answers[: len(X)])


def test_details_are_json_with_scores_and_the_curve(video, result):
    found = json.loads(json.dumps(details_of(video, result), allow_nan=False))
    assert found["intervals"][0] == {
        "subject": "s1", "video": "v1", "onset": 11, "offset": 20, "type": "micro",
        "apex": 15, "score": 1.25, "region": "chin", "side": "", "moved": {},
        "onset_seconds": 0.333333, "apex_seconds": 0.466667, "offset_seconds": 0.666667,
    }  # fmt: skip
    assert found["frames"] == len(found["curves"][0]["values"]) == 70
    assert found["curves"][0]["values"][0] is None
    assert found["curves"][0]["threshold"] == 0.5
    assert found["curves"][1]["threshold"] is None
    assert found["warnings"] == ["a note"]


@pytest.mark.parametrize(("kinds", "onsets"), [(("micro",), [11]), (("macro",), [31]), (("micro", "macro"), [11, 31])])
def test_types_choose_what_is_recognized(video, result, kinds, onsets):
    recipe = load_recipe("majority")
    rows = recognize_events(video, result.intervals, Same("negative", "positive"), recipe, kinds)
    assert [interval.onset for interval, _ in rows] == onsets


def test_others_are_left_out_as_the_challenge_wants(video, result):
    rows = recognize_events(
        video, result.intervals, Same("others", "surprise"), load_recipe("majority"), ("micro", "macro")
    )
    assert rows == [(MACRO, "surprise")]
    assert recognize_events(video, (), Same(), load_recipe("majority")) == []


def test_every_spotting_recipe_makes_a_spotter():
    recipes = [load_recipe(name) for name in recipe_names("spotting")]
    assert {make_spotter(recipe).least_score for recipe in recipes if not learns(recipe)} == {1.0}
    with pytest.raises(InputError, match="regional-contrast-fitted: learns from a dataset's other subjects; run it"):
        make_spotter(load_recipe("regional-contrast-fitted"))
    unknown = replace(load_recipe("mdmd"), steps={"method": {"name": "none"}})
    with pytest.raises(InputError, match="spotting method 'none' is not known; choose one of regional_contrast"):
        make_spotter(unknown)


def test_a_recipe_that_learns_never_sees_the_tested_subject():
    recipe, rng = load_recipe("regional-contrast-fitted"), np.random.default_rng(0)
    videos = [Video("d", name, "v", None, FPS, ()) for name in "ABC"]

    def example(sign):
        figures = rng.normal(size=(200, len(FIGURES)))
        return figures, sign * figures[:, 0] > 0

    examples, probe = [example(1), example(1), example(1)], rng.normal(size=(50, len(FIGURES)))
    fold = make_folds("loso", {f"d/{name}": "d" for name in "ABC"})[0]
    assert fold.tested == {"d/A"}

    def judged(changed):
        known = [example(-1) if video.subject == changed else old for video, old in zip(videos, examples)]
        trained, _ = fold.split(videos)
        return fitted_spotter(recipe, Prepared(videos, known, []), trained, 0).trees_.of_figures(probe)

    np.testing.assert_array_equal(judged("A"), judged(None))
    assert np.abs(judged("B") - judged(None)).max() > 0.1
    assert not can_learn(recipe, videos[:1])
    assert can_learn(load_recipe("regional-contrast"), videos[:1])


# --- implants


def test_implants_move_the_face_when_the_script_says_so(shared_data, tmp_path):
    (tmp_path / "single_face.mp4").symlink_to(shared_data / "faces" / "single_face.mp4")
    (piece,) = implants.pieces(tmp_path, "still")
    assert isinstance(piece, Piece)
    events, curves = draw_script(np.random.default_rng(1), piece)
    assert len(events) >= 5
    gaps = np.diff([event.onset for event in events]) / piece.fps
    assert gaps.min() >= 2.9
    moved, still = ImplantFrames(piece, curves, 0), ImplantFrames(piece, {}, 0)
    assert moved.identity() != still.identity()
    event = events[0]
    np.testing.assert_array_equal(moved[0], still[0])
    np.testing.assert_array_equal(moved[event.onset - 2], still[event.onset - 2])
    difference = cv2.absdiff(moved[event.apex - 1], still[event.apex - 1])
    assert difference.max() > 10
    again = still[2 * (len(piece.pictures) - 1)]
    assert np.abs(again.astype(int) - still[0]).mean() < 3


def test_a_folder_without_faces(tmp_path):
    with pytest.raises(InputError, match="no video with a face for 1.2 s"):
        implants.pieces(tmp_path, "still")


def test_figures_know_chance_and_the_twin():
    frames = ArrayFrames(np.zeros((1200, 2, 2, 3), np.uint8))
    events = tuple(Event(a, a + 10, a + 5) for a in (100, 211, 390, 777, 1040))
    pair = Video("still", "s", "v", frames, FPS, events), Video("still", "s", "v-untouched", frames, FPS, ())
    hits = [Interval(e.onset, e.apex, e.offset, "micro", 1.5) for e in events]
    alarm = Interval(100, 105, 110, "micro", 1.1)
    found = figures([pair], [(hits, [alarm])])
    assert found["micro"] == found["overall"] == 1.0
    assert found["micro chance"] < 0.1
    assert found["overall hits beyond twin"] == 4
    assert found["false alarms a minute"] == pytest.approx(1.5)
    points = list(trade_off_points([pair], [(hits, [alarm])]))
    assert points[0][1:] == (0.0, pytest.approx(1.5))
    assert points[-1][1:] == (1.0, 0.0)
