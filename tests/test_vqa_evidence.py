"""The clip analyst: finds what was put into synthetic flow pictures, and beats the floor on real ones."""

from collections import defaultdict
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

from baselines.datasets import load_dataset
from baselines.datasets.classes import coarse
from baselines.datasets.questions import read_questions
from baselines.datasets.records import Event
from baselines.errors import InputError
from baselines.recipes import load_recipe
from baselines.recognition.kernels import Samples
from baselines.recognition.representation import represent
from baselines.scoring.vqa import vqa_scores
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.answerers import Asked, Prior, Rules, Seen
from baselines.vqa.rules import conclude

# unit -> (rows, columns of its left-image half, u, v): brow down, brow up, corners up and out
PATCHES = {
    4: (slice(2, 5), slice(4, 7), 0.5, 1.0),
    1: (slice(1, 4), slice(3, 7), 0.0, -1.0),
    12: (slice(10, 13), slice(2, 5), -1.0, -0.5),
}
EMOTIONS = {4: "disgust", 1: "surprise", 12: "happiness"}
KERNELS = load_recipe("flow-kernels").steps["kernels"]


def picture(rng, unit, sides=("L", "R")):
    """Return (16, 16, 3) flow with one unit on the named halves of the image, scaled as published pictures are."""
    rows, columns, u, v = PATCHES[unit]
    flow = rng.normal(0, 0.15, (16, 16, 3))
    if "L" in sides:
        flow[rows, columns] += (u, v, 1.0)
    if "R" in sides:
        flow[rows, 16 - columns.stop : 16 - columns.start] += (-u, v, 1.0)
    low, high = flow.min(axis=(0, 1)), flow.max(axis=(0, 1))
    return (flow - low) / (high - low) * 255


def clips(seed, count=12, sides=None):
    """Return pictures and events: every third event of a unit is one-sided."""
    rng = np.random.default_rng(seed)
    X, events = [], []
    for n in range(count):
        for unit, emotion in EMOTIONS.items():
            side = rng.choice(sides or ["L", "R"]) if n % 3 == 0 else ""
            X.append(picture(rng, unit, side or "LR"))
            events.append(Event(1, 2, 2, emotion=emotion, action_units=(f"{side}AU{unit}",)))
    return np.array(X), events


@pytest.fixture(scope="module")
def fitted():
    return ClipAnalyst(kernels=KERNELS).fit(*clips(0))


def test_units_and_emotions_are_found(fitted):
    X, events = clips(1)
    findings = [conclude(evidence) for evidence in fitted.predict(X)]
    assert np.mean([f.fine == e.emotion for f, e in zip(findings, events)]) > 0.95
    assert np.mean([f.coarse == coarse(e.emotion) for f, e in zip(findings, events)]) > 0.95
    assert (
        np.mean([f"AU{f.action_units[0]}" == e.action_units[0].lstrip("LR") for f, e in zip(findings, events)]) > 0.95
    )
    assert sorted(fitted.predict(X[:1])[0].action_units) == [1, 4, 12]
    assert fitted.rate_ == pytest.approx(1 / 25)


@pytest.mark.parametrize("sides", [None, ["L"]])
def test_the_side_is_learned_even_from_one_side_by_mirror_images(sides):
    X, events = clips(1)
    sided = [n for n, event in enumerate(events) if event.action_units[0][0] in "LR"]
    evidence = ClipAnalyst(kernels=KERNELS).fit(*clips(0, sides=sides)).predict(X[sided])
    right = [(e.left >= 0.5) == (events[n].action_units[0][0] == "L") for e, n in zip(evidence, sided)]
    assert np.mean(right) > 0.9


def test_a_mirrored_face_has_the_same_units_on_the_other_side(fitted):
    X, _ = clips(2)
    mirrored = X[:, :, ::-1] * (-1, 1, 1)
    for one, other in zip(fitted.predict(X), fitted.predict(mirrored)):
        assert one.action_units == pytest.approx(other.action_units, abs=1e-3)
        assert one.coarse == pytest.approx(other.coarse, abs=1e-3)
        assert one.left == pytest.approx(1 - other.left, abs=1e-3)


def test_probabilities_are_probabilities(fitted):
    for evidence in fitted.predict(clips(3)[0]):
        assert sum(evidence.coarse.values()) == pytest.approx(1)
        assert sum(evidence.fine.values()) == pytest.approx(1)
        assert all(0 <= p <= 1 for p in (*evidence.action_units.values(), evidence.left))


def test_any_features_will_do():
    X, events = clips(0)
    X_test, truth = clips(1)
    plain = ClipAnalyst().fit(X.reshape(len(X), -1), events)
    found = [conclude(evidence).fine for evidence in plain.predict(X_test.reshape(len(X_test), -1))]
    assert np.mean([name == event.emotion for name, event in zip(found, truth)]) > 0.9


def test_pictures_without_kernels_are_features_as_any_other():
    X, events = clips(0, sides=["L"])
    plain = ClipAnalyst().fit(X, events)
    assert plain.predict(X[:5]) == ClipAnalyst().fit(X.reshape(len(X), -1), events).predict(X[:5].reshape(5, -1))
    assert {evidence.left for evidence in plain.predict(clips(1)[0])} == {1.0}  # no mirror image to tell sides by


def test_the_side_needs_kernels_that_are_averaged_over_the_mirror_image():
    X, events = clips(0, sides=["L"])
    kernels = [{**KERNELS[0], "mirror": False}, *KERNELS[1:]]
    assert {evidence.left for evidence in ClipAnalyst(kernels=kernels).fit(X, events).predict(X)} == {1.0}


def test_rare_units_and_sides_are_not_learned():
    X, events = clips(0, sides=["L"])
    events[0] = replace(events[0], action_units=("AU4", "AU26"))
    analyst = ClipAnalyst().fit(X.reshape(len(X), -1), events)
    evidence = analyst.predict(X[:1].reshape(1, -1))[0]
    assert 26 not in evidence.action_units
    assert evidence.left == 1.0  # plain features have no mirror image: the majority side


def test_a_unit_coded_on_both_sides_tells_no_side():
    X, events = clips(0)
    both = [replace(event, action_units=("LAU12", "RAU4", "LAU4")) for event in events]
    bilateral = [replace(event, action_units=("RAU4", "LAU4")) for event in events]
    assert ClipAnalyst(kernels=KERNELS).fit(X, both).left_ == 1.0
    assert ClipAnalyst(kernels=KERNELS).fit(X, bilateral).left_ is None


def test_coarse_labels_alone():
    X, events = clips(0)
    unnamed = [Event(1, 2, emotion=coarse(event.emotion)) for event in events]
    analyst = ClipAnalyst(kernels=KERNELS).fit(X, unnamed)
    findings = [conclude(evidence) for evidence in analyst.predict(X)]
    assert np.mean([f.coarse == e.emotion for f, e in zip(findings, unnamed)]) > 0.95
    assert all(f.fine == f.coarse for f in findings)
    assert {"fine", "action_units", "side"} <= next(f for f in findings if f.coarse == "negative").doubts.keys()


def test_one_class_and_a_unit_that_is_always_there():
    X, events = clips(0)
    same = [replace(event, emotion="fear", action_units=("AU20",)) for event in events]
    finding = conclude(ClipAnalyst(kernels=KERNELS).fit(X, same).predict(X[:1])[0])
    assert (finding.coarse, finding.fine, finding.action_units) == ("negative", "fear", (20,))


def test_parameters_are_kept_untouched():
    parameters = {"C": 3, "min_events": 7, "kernels": KERNELS}
    analyst, before = ClipAnalyst(**parameters), deepcopy(parameters)
    X, events = clips(0)
    assert analyst.fit(X, events).predict(X[:3]) == clone(analyst).fit(X, events).predict(X[:3])
    assert analyst.get_params() == parameters == before


def test_a_model_file_answers_the_same(fitted):
    skops = pytest.importorskip("skops.io")
    data = skops.dumps(fitted)
    strange = skops.get_untrusted_types(data=data)
    assert all(name.startswith("baselines.") for name in strange)
    X, _ = clips(4, count=2)
    assert skops.loads(data, trusted=strange).predict(X) == fitted.predict(X)


def test_faulty_training_data_is_refused():
    X, events = clips(0)
    with pytest.raises(ValueError, match="36 clips but 35 events"):
        ClipAnalyst().fit(X, events[1:])
    with pytest.raises(InputError, match="no training clip has a known emotion"):
        ClipAnalyst().fit(X, [replace(event, emotion="tense") for event in events])
    with pytest.raises(InputError, match="'AUx' is not an action unit"):
        ClipAnalyst().fit(X, [replace(events[0], action_units=("AUx",)), *events[1:]])


def test_real_clips_of_unseen_subjects_are_answered_far_above_the_floor(shared_data):
    """Two folds by subject; levels under leave-one-subject-out are higher (training on half costs)."""
    asked = defaultdict(list)
    for question in read_questions(shared_data / "me_vqa" / "me_vqa_casme2.jsonl"):
        asked[question.subject, question.video].append(question)
    dataset = load_dataset("flow-images", shared_data / "flow_images")
    found = [clip for clip in dataset.clips if (clip.subject, clip.name) in asked]
    assert len(found) == 145
    X, analyst = represent(found, {"name": "flow_image"}), ClipAnalyst(kernels=KERNELS)
    questions = [asked[clip.subject, clip.name] for clip in found]
    everything = Asked(found, questions, analyst.share(Samples(X)), [Seen() for _ in found])
    fold = np.array([int(clip.subject[3:]) % 2 for clip in found])
    rows, said = [], {Rules: [], Prior: []}
    for held_out in (0, 1):
        training, mine = everything.take(fold != held_out), everything.take(fold == held_out)
        rows += [
            {"id": q.id, "question": q.text, "answer": q.answer, "subject": q.subject}
            for qs in mine.questions
            for q in qs
        ]
        for answerer, texts in said.items():
            texts += [a.text for answers in answerer().fit(training, analyst).answer_clips(mine) for a in answers]
    ours, base = (vqa_scores(rows, said[answerer], per_dataset=False, resamples=0) for answerer in (Rules, Prior))
    for kind, figure, margin in (
        ("coarse", "uf1", 0.4),
        ("fine", "uf1", 0.4),
        ("action_units", "f1", 0.3),
        ("yes_no", "accuracy", 0.1),
        ("side", "accuracy", 0.1),
    ):
        assert ours[kind][figure] > base[kind][figure] + margin, kind
