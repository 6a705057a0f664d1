"""Whether the measure of repeatability sees what repeats and what does not."""

import json

import numpy as np
import pytest

from baselines.bench import repeatability
from baselines.bench.repeatability import CHANGES, GreyFrames, agreement, deviation, same_side
from baselines.report.repeatability import repeatability_text
from baselines.spotting.base import Interval

FPS = 30.0
BY_NAME = {change.name: change for change in CHANGES}


def test_what_repeats_has_no_deviation_and_what_slips_has():
    rng = np.random.default_rng(0)
    cycle = rng.normal(0, 0.01, (40, 3, 2))
    places = np.tile(cycle, (6, 1, 1))
    np.testing.assert_allclose(deviation(places, 40, FPS), 0, atol=1e-12)
    slipped = places.copy()
    slipped[130:, 1] += 0.05
    found = deviation(slipped, 40, FPS)
    assert found[0] == found[2] == pytest.approx(0, abs=1e-12)
    noisy = places + rng.normal(0, 0.001, places.shape)
    assert 0.001 < deviation(noisy, 40, FPS)[0] < 0.004


@pytest.mark.parametrize("name", BY_NAME)
def test_every_change_keeps_the_pictures_and_gives_intervals_back(name):
    still = np.random.default_rng(0).integers(0, 256, (12, 48, 64), dtype=np.uint8)
    pictures = np.stack([np.roll(np.kron(still[0, ::8, ::8], np.ones((8, 8), np.uint8)), k, axis=1) for k in range(30)])
    change = BY_NAME[name]
    changed = change.make(pictures, FPS)
    assert changed.dtype == np.uint8
    assert len(changed) == 30 - ("without" in name)
    interval = Interval(20, 22, 25, "micro", 1.0)
    moved = {
        "backwards": Interval(6, 9, 11, "micro", 1.0),
        "without its middle frame": Interval(19, 21, 24, "micro", 1.0),
    }
    assert change.back(moved.get(name, interval), 30) == interval
    if changed.shape == pictures.shape and name not in ("mirrored", "backwards"):
        assert np.abs(changed.astype(int) - pictures).mean() < 8
    frames = GreyFrames(changed, FPS, "x")
    np.testing.assert_array_equal(frames.in_grey()[3], changed[3])
    assert frames[3].shape == (*changed.shape[1:], 3)


def test_agreement_counts_what_is_there_again():
    def row(onset, kind="micro"):
        return {"subject": "s", "video": "v", "onset": onset, "offset": onset + 9, "type": kind}

    assert agreement([([], [])]) == (None, 0, 0)
    assert agreement([([row(1), row(50)], [row(2), row(50)])]) == (1.0, 2, 2)
    assert agreement([([row(1)], [row(1, "macro")]), ([row(1)], [row(1)])]) == (0.5, 2, 2)


def test_the_side_of_what_is_found_again_is_compared():
    def row(onset, side):
        return {"onset": onset, "offset": onset + 9, "side": side}

    assert same_side([([row(1, "")], [row(1, "")])]) is None
    assert same_side([([row(1, "left"), row(50, "both")], [row(2, "left"), row(50, "right"), row(90, "left")])]) == 0.5
    mirrored = BY_NAME["mirrored"].back
    sides = {"left": "right", "right": "left", "both": "both", "": ""}
    for side, other in sides.items():
        assert mirrored(Interval(1, 2, 3, "micro", 1.0, side=side), 30).side == other


def test_the_command_gives_its_tables(corpus, megc, monkeypatch):
    monkeypatch.setattr(repeatability, "CHANGES", (BY_NAME["mirrored"], BY_NAME["H.264 CRF 18"]))
    monkeypatch.setattr(repeatability, "LONGEST", 2.0)
    monkeypatch.setattr(repeatability, "CYCLES", 2)
    method = ("--method", "regional-contrast")
    done = megc("repeatability", corpus / "long" / "sub01", *method, "--jobs", 1, "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row["change"] for row in found["agreement"]] == ["mirrored", "H.264 CRF 18", "mean"]
    assert {row["method"] for row in found["agreement"]} == {"regional-contrast"}
    (video,) = found["videos"]
    by_change = [row["f1"] for row in found["agreement"][:-1] if row["f1"] is not None]
    assert video["least"] == min(by_change, default=None)  # of the only video
    assert video["f1"] == found["agreement"][-1]["f1"]
    assert {row["level"] for row in found["deviation"]} == {"still", "calm"}
    assert len(found["deviation"]) % 24 == 0
    assert all(row["deviation"] >= 0 for row in found["deviation"])
    text = repeatability_text(found)
    assert "mirrored" in text
    assert "over .1 %" in text
    assert f"{video['intervals']} intervals" in text


def test_a_folder_without_faces_is_one_line(megc, tmp_path):
    done = megc("repeatability", tmp_path, "--jobs", 1)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
