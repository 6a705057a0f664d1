"""The count of the MEGC2022 winner: types by length, and events that any interval finds."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.datasets.lengths import kind_of
from baselines.errors import InputError
from baselines.metrics import spotting
from baselines.scoring.kinds import SCORES
from baselines.scoring.spotting import CURVE, MATCHINGS, MEGC2022, spotting_scores
from cli import main

score = SCORES["spotting"].files
HEADER = "subject,video,onset,offset,type\n"
LAW = settings(max_examples=80, deadline=None, derandomize=True)
COUNTS = ("tp", "fp", "fn")

# By hand, at 30 frames a second, where 15 frames are micro and 16 macro: lengths 15, 21 and 11; 16, 24, 31 and 11.
# IoU: 15/16; 21/24; 11/31 = .35; the last finds nothing.
TRUTH = "s1,v,1,15,macro\ns1,v,40,60,macro\ns2,w,100,110,micro\n"
PREDICTED = "s1,v,1,16,micro\ns1,v,38,61,macro\ns2,w,100,130,macro\ns2,w,200,210,micro\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "events.csv").write_text(HEADER + TRUTH)
    (tmp_path / "found.csv").write_text(HEADER + PREDICTED)
    return tmp_path / "events.csv", tmp_path / "found.csv"


def counts(figures):
    return {kind: tuple(figures[kind][name] for name in COUNTS) for kind in ("micro", "macro", "overall")}


def test_an_example_by_hand(files):
    result = score(*files, fps=30.0, matching=MEGC2022, resamples=50)
    at_half = {"micro": (1, 0, 1), "macro": (1, 2, 0), "overall": (2, 2, 1)}
    assert counts(result) == counts(result["iou"]["0.5"]) == at_half
    assert result["overall"]["f1"] == pytest.approx(4 / 7)
    # the long interval finds the micro-expression now, which the counts of the true and of the found type tell apart
    for least in ("0.2", "0.3"):
        assert counts(result["iou"][least]) == {"micro": (2, -1, 0), "macro": (1, 2, 0), "overall": (3, 1, 0)}
    assert counts(result["iou"]["0.4"]) == at_half
    assert list(result["iou"]) == [str(least) for least in CURVE]
    assert "|matching:megc2022|iou:>=0.5|curve:0.2,0.3,0.4,0.5|" in result["signature"]
    honest = score(*files, resamples=0)
    assert counts(honest)["overall"] == (1, 3, 2), "types must agree there"


def test_the_rate_decides_what_is_micro(files):
    micro = {
        fps: sum(counts(score(*files, fps=fps, matching=MEGC2022, resamples=0))["micro"][i] for i in (0, 2))
        for fps in (20.0, 30.0, 50.0)
    }
    assert micro == {20.0: 0, 30.0: 2, 50.0: 3}


def test_one_interval_finds_every_event_that_it_covers():
    truth = [{"subject": "s", "video": "v", "onset": a, "offset": a + 9, "type": "micro"} for a in (0, 10)]
    wide = [{"subject": "s", "video": "v", "onset": 0, "offset": 19, "type": "macro"}]
    assert counts(spotting_scores(truth, wide, matching=MEGC2022, resamples=0))["overall"] == (2, -1, 0)
    other = [wide[0] | {"video": "x"}]
    assert counts(spotting_scores(truth, other, matching=MEGC2022, resamples=0))["overall"] == (0, 1, 2)


SLOTS = st.lists(
    st.tuples(st.integers(4, 40), st.sampled_from(("hit", "miss", "alarm")), st.integers(0, 1), st.integers(0, 2)),
    min_size=1,
    max_size=12,
)


@LAW
@given(SLOTS)
def test_it_is_the_honest_count_where_intervals_match_one_to_one_by_type(slots):
    """Each slot of 100 frames holds an event that is found or not, or a false alarm; none overlaps another."""
    truth, found = [], []
    for number, (length, what, shift, subject) in enumerate(slots):
        start = 100 * number + 10
        row = {"subject": f"s{subject}", "video": "v", "type": kind_of(length, 30)}
        true, mine = (row | {"onset": start + by, "offset": start + by + length - 1} for by in (0, shift))
        truth += [true] if what != "alarm" else []
        found += [mine] if what != "miss" else []
    honest = spotting_scores(truth, found, thresholds=CURVE, resamples=0)
    loose = spotting_scores(truth, found, matching=MEGC2022, resamples=0)
    assert all(loose[kind] == honest[kind] for kind in ("micro", "macro", "overall"))
    for least, figures in loose["iou"].items():
        assert figures == {kind: honest["iou"][least][kind] for kind in figures}


EVENTS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 25), st.integers(0, 1)), max_size=8)


def arrays(events):
    intervals = np.array([(start, start + length) for start, length, _ in events], int).reshape(-1, 2)
    return intervals, np.array([group for *_, group in events], int)


@LAW
@given(EVENTS, EVENTS)
def test_events_are_found_at_least_as_often_as_one_to_one(first, second):
    truth, predicted = arrays(first), arrays(second)
    groups = [0, 1]
    for matching in spotting.MATCHINGS:
        usual = spotting.count(*truth, *predicted, groups, matching=matching)
        same = spotting.count(*truth, *predicted, groups, matching=matching, places=(truth[1], predicted[1]))
        np.testing.assert_array_equal(usual, same)
        nowhere = np.zeros(len(first)), np.zeros(len(second))
        anywhere = spotting.count(*truth, *predicted, groups, matching=matching, places=nowhere)
        assert anywhere[:, 0].sum() >= usual[:, 0].sum()
        np.testing.assert_array_equal(anywhere[:, [0, 2]].sum(axis=1), usual[:, [0, 2]].sum(axis=1))
        np.testing.assert_array_equal(anywhere[:, :2].sum(axis=1), usual[:, :2].sum(axis=1))


# --- files and the command


def megc_score(*arguments):
    return CliRunner().invoke(main, ["score", "spotting", *map(str, arguments)])


def test_the_command_prints_figures_at_each_overlap(files):
    truth, found = files
    done = megc_score("--truth", truth, "--predictions", found, "--mode", "megc2022", "--fps", 30, "--json")
    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert {least: round(result["iou"][least]["overall"]["f1"], 4) for least in ("0.2", "0.5")} == {
        "0.2": round(6 / 7, 4),
        "0.5": round(4 / 7, 4),
    }
    one = megc_score(
        "--truth", truth, "--predictions", found, "--mode", "megc2022", "--fps", 30, "--iou", 0.3, "--json"
    )
    assert "iou" not in json.loads(one.stdout)
    assert counts(json.loads(one.stdout))["micro"] == (2, -1, 0)


def test_without_a_rate_it_is_refused_and_a_list_of_videos_tells_it(files):
    truth, found = files
    done = megc_score("--truth", truth, "--predictions", found, "--mode", "megc2022")
    assert done.exit_code == 2
    assert done.stderr == (
        f"error: {truth} row 2: what is longer than half a second is macro, and the frame rate of video v is not "
        "known; give --fps, the frames per second of the video\n"
    )
    (truth.parent / "videos.csv").write_text("subject,video,fps\ns1,v,30\ns2,w,64\n")
    result = score(truth, found, matching=MEGC2022, resamples=0)
    # at 64 frames a second 31 are micro
    assert counts(result) == {"micro": (1, 1, 1), "macro": (1, 1, 0), "overall": (2, 2, 1)}


def test_two_files_are_compared_by_it(files):
    truth, found = files
    result = score(truth, found, truth, fps=30.0, matching=MEGC2022, resamples=50)
    assert result["comparison"]["metrics"]["overall.f1"]["difference"] == pytest.approx(4 / 7 - 1)
    assert "matching:megc2022" in result["comparison"]["signature"]


def test_an_unknown_mode_is_answered_with_those_that_there_are(files):
    truth, found = files
    done = megc_score("--truth", truth, "--predictions", found, "--mode", "megc2021")
    assert done.exit_code == 2
    assert f"choose one of {', '.join(MATCHINGS)}" in done.stderr


def test_it_needs_no_type_that_is_right(files):
    truth, found = files
    swapped = PREDICTED.replace("micro", "x").replace("macro", "micro").replace("x", "macro")
    other = found.with_name("swapped.csv")
    other.write_text(HEADER + swapped)
    one, two = (score(truth, path, fps=30.0, matching=MEGC2022, resamples=0) for path in (found, other))
    assert counts(one) == counts(two)
    with pytest.raises(InputError, match="frame rate"):
        score(truth, other, matching=MEGC2022, resamples=0)
