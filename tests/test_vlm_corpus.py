"""The corpus of the embedded vision model: true to its events, wide, and made again where it was cut."""

from dataclasses import replace

import numpy as np
import pytest

from baselines.datasets.records import Event
from baselines.datasets.synthetic.corpus import Plan, script_of
from baselines.vqa.vlm import corpus
from baselines.vqa.vlm.corpus import Wide, key_frames, make_pictures, plan_of, view

FEW = Wide(seed=98, subjects=3, clips=2)


def test_pictures_are_the_same_again_and_differ_between_clips_and_seeds(tmp_path):
    pictures, events, subjects = make_pictures(FEW, tmp_path / "a")
    assert pictures.shape == (6, 28, 28, 3)
    assert np.isfinite(pictures).all()
    assert subjects == [1, 1, 2, 2, 3, 3]
    again, same, _ = make_pictures(FEW, tmp_path / "b")
    assert np.array_equal(pictures, again)
    assert events == same
    assert len({picture.tobytes() for picture in pictures}) == 6
    other, _, _ = make_pictures(Wide(seed=97, subjects=1, clips=2), tmp_path / "a")
    assert not np.array_equal(pictures[:2], other)


def test_a_run_that_was_cut_draws_only_what_is_missing(tmp_path, monkeypatch):
    whole, events, _ = make_pictures(FEW, tmp_path / "whole")
    drawn = []

    def cut(plan, subject, clip):
        drawn.append((subject, clip))
        if len(drawn) == 4:
            raise KeyboardInterrupt
        return view(plan, subject, clip)

    monkeypatch.setattr(corpus, "view", cut)
    with pytest.raises(KeyboardInterrupt):
        make_pictures(FEW, tmp_path / "cut")
    resumed, found, _ = make_pictures(FEW, tmp_path / "cut")
    assert drawn == [(1, 1), (1, 2), (2, 1), (2, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert np.array_equal(whole, resumed)
    assert events == found


def test_levels_take_turns_and_no_subject_is_one_of_the_embedded_corpus():
    assert [plan_of(FEW, n).settings.jpeg_quality for n in (1, 2, 3, 4)] == [95, 90, 70, 95]
    default, wide = Plan(), plan_of(Wide(), 2)
    assert wide.subject(2) not in [default.subject(n) for n in range(1, 13)]
    assert wide.seed != default.seed


def test_a_one_sided_smile_moves_its_own_half_of_the_face(monkeypatch):
    """Without what else moves the face: what is drawn is the side that the event tells, the subject's own."""
    monkeypatch.setattr(corpus, "METHODS", {"farneback": 1.0})
    monkeypatch.setattr(corpus, "MOST_BLINKS", 0.0)
    plan = plan_of(Wide(seed=96), 1)
    right = []
    for clip in range(1, 40):
        _, event = view(plan, 1, clip)
        sides = {code[0] for code in event.action_units if code[0] in "LR"}
        if len(event.action_units) == 1 and sides:
            picture, _ = view(plan, 1, clip)
            energy = np.square(picture[..., :2] - np.median(picture[..., :2], axis=(0, 1))).sum(-1)
            right.append(("L" if energy[:, 14:].sum() > energy[:, :14].sum() else "R") in sides)
    assert len(right) >= 5
    assert np.mean(right) > 0.8


def test_key_frames_show_at_least_half_of_the_expression():
    plan, rng = plan_of(FEW, 2), np.random.default_rng(0)
    plan = replace(plan, settings=replace(plan.settings, company=0.0, clip_distractors=0.0))
    exact = 0
    for clip in range(1, 200):
        script = script_of(plan, 2, clip, "negative")
        (event,) = script.events
        onset, apex = key_frames(rng, event, len(script))
        assert 0 <= onset < apex < len(script)
        exact += (onset, apex) == (event.onset - 1, event.apex - 1)
        strongest = max(script.units.values(), key=max)
        assert strongest[apex] - strongest[onset] > 0.5 * max(strongest)
    assert 80 < exact < 150
    assert key_frames(rng, Event(1, 3, 2), 3) in {(0, 1), (0, 2)}
