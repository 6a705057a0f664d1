"""STRS: golden rows of the challenge, the script's faults, and laws."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.metrics import spotting, strs
from baselines.metrics.figures import plain, summary

LAW = settings(max_examples=50, deadline=None, derandomize=True)

MEGC = ("negative", "positive", "surprise")
EMOTIONS = (*MEGC, "others")
# The example in the README of genbing99/STRS-Metric: subject, video, onset, offset, emotion.
README_PREDICTIONS = [
    ("1", "EP02_01f", 10, 70, "happiness"),
    ("1", "EP03_02", 100, 170, "others"),
    ("1", "EP04_02", 0, 70, "others"),
    ("2", "EP01_11f", 20, 90, "happiness"),
    ("2", "EP02_04f", 70, 140, "happiness"),
]
README_TRUTH = [
    ("1", "EP02_01f", 45, 85, "happiness"),
    ("1", "EP03_02", 130, 160, "others"),
    ("1", "EP04_02", 20, 75, "others"),
    ("2", "EP01_11f", 45, 95, "repression"),
    ("2", "EP02_04f", 30, 140, "repression"),
]


def side(rows):
    """Arrays of rows (subject, video, onset, offset, emotion)."""
    intervals = np.array([row[2:4] for row in rows], int).reshape(-1, 2)
    columns = ([f"{row[0]}/{row[1]}" for row in rows], [row[0] for row in rows], [row[4] for row in rows])
    groups, subjects, emotions = (np.array(column, str) for column in columns)
    return intervals, groups, subjects, emotions


def score(predicted, truth, classes=MEGC, mode="megc2025-script"):
    truth, predicted = side(truth), side(predicted)
    subjects = np.unique(np.concatenate([truth[2], predicted[2]]))
    spotted, pairs = (counts.sum(axis=0) for counts in strs.count(truth, predicted, subjects, classes, mode))
    analysis = {name: partial(figure, mode=mode) for name, figure in strs.FIGURES.items()}
    return {
        "spotting": summary(spotting.FIGURES, spotted),
        "analysis": summary(analysis, pairs),
        "strs": plain(strs.score(spotted, pairs, mode=mode)),
    }


def rule_by_rule(predicted, truth, classes):
    """The script's figures (tp, fp, fn, P, R, F1, UF1, STRS), each rule of the specification spelt out in loops."""
    pairs, false_positives, false_negatives = [], 0, 0
    predicted_subjects = {row[0] for row in predicted}
    for subject, video in sorted({row[:2] for row in truth}):
        if subject not in predicted_subjects:
            continue
        free = [row for row in truth if row[:2] == (subject, video)]
        for guess in [row for row in predicted if row[:2] == (subject, video)]:
            taken = []
            for event in free:
                shared = min(guess[3], event[3]) - max(guess[2], event[2]) + 1
                union = (guess[3] - guess[2] + 1) + (event[3] - event[2] + 1) - max(0, shared)
                if shared / union >= 0.5:
                    taken.append(event)
            pairs += [(guess[4], event[4]) for event in taken]
            for event in taken:
                free.remove(event)
            false_positives += not taken
        false_negatives += len(free)
    analysed = [pair for pair in pairs if pair[1] in classes]
    figures = []
    for name in classes:
        tp = sum(p == t == name for p, t in analysed)
        fp = sum(p == name != t for p, t in analysed)
        fn = sum(t == name != p for p, t in analysed)
        if len({p == name for p, _ in analysed} | {t == name for _, t in analysed}) < 2:
            tp = fp = fn = 0
        figures.append([tp / max(1, tp + fp), tp / max(1, tp + fn), 2 * tp / max(1, 2 * tp + fp + fn)])
    p, r, uf1 = np.mean(figures, axis=0)
    f1 = 2 * p * r / (p + r) if p + r else math.nan
    tp = len(pairs)
    spotting_f1 = 2 * tp / max(1, 2 * tp + false_positives + false_negatives)
    return [tp, false_positives, false_negatives, p, r, f1, uf1, p, spotting_f1 * f1]


def flat(result):
    counts = [result["spotting"][name] for name in ("tp", "fp", "fn")]
    rates = [*result["analysis"].values(), result["strs"]]
    return counts + [math.nan if rate is None else rate for rate in rates]


@st.composite
def rows(draw, least=0):
    """Unordered events in two subjects with two videos each, of few frames (some before the first): many overlap."""
    drawn = st.tuples(
        st.sampled_from("ab"), st.sampled_from("uv"), st.integers(-4, 14), st.integers(0, 9), st.sampled_from(EMOTIONS)
    )
    return [(s, v, on, on + length, e) for s, v, on, length, e in draw(st.lists(drawn, min_size=least, max_size=8))]


@pytest.mark.parametrize("mode", strs.MODES)
def test_readme_example(mode):
    result = score(README_PREDICTIONS, README_TRUTH, ("happiness", "others", "repression"), mode)
    assert [result["spotting"][name] for name in ("tp", "fp", "fn")] == [3, 2, 2]
    assert result["analysis"]["f1"] == pytest.approx(1 / 3)
    assert result["strs"] == pytest.approx(0.2)


def counted(pairs, others, false_positives, false_negatives):
    """Rows with the given (predicted, true) emotions of matched pairs and numbers of the rest."""
    predicted, truth = [], []
    for number, (guess, event) in enumerate([*pairs, *[("negative", "others")] * others]):
        predicted.append(("s", "v", 1000 * number, 1000 * number + 9, guess))
        truth.append(("s", "v", 1000 * number, 1000 * number + 9, event))
    start = 1000 * len(truth)
    predicted += [("s", "v", start + 1000 * n, start + 1000 * n + 9, "negative") for n in range(false_positives)]
    start += 1000 * false_positives
    truth += [("s", "v", start + 1000 * n, start + 1000 * n + 9, "negative") for n in range(false_negatives)]
    return predicted, truth


# Rows of the baseline table of arXiv 2506.15298 (SAMM, CAS(ME)^3).
@pytest.mark.parametrize(
    ("counts", "printed"),
    [
        (
            ([("negative", "negative"), ("negative", "surprise")], 4, 217, 202),
            (0.0269, 0.0288, 0.0278, 0.1667, 0.3333, 0.2222, 0.2222, 0.1667, 0.0062),
        ),
        (
            ([("negative", "negative"), ("positive", "negative")], 1, 115, 34),
            (0.0254, 0.0811, 0.0387, 0.3333, 0.1667, 0.2222, 0.2222, 0.3333, 0.0086),
        ),
    ],
)
def test_published_baseline_rows(counts, printed):
    result = score(*counted(*counts))
    spotted, analysed = result["spotting"], result["analysis"]
    figures = [spotted["precision"], spotted["recall"], spotted["f1"], analysed["precision"], analysed["recall"]]
    figures += [analysed["f1"], analysed["uf1"], analysed["uar"], result["strs"]]
    assert tuple(round(figure, 4) for figure in figures) == printed


@LAW
@given(rows(), rows(least=1))
def test_script_mode_follows_the_script_rule_by_rule(predicted, truth):
    mine = flat(score(predicted, truth))
    np.testing.assert_allclose(mine, rule_by_rule(predicted, truth, MEGC), equal_nan=True)


@LAW
@given(rows(), rows(), st.randoms(use_true_random=False))
def test_corrected_mode_is_defined_and_ignores_order(predicted, truth, random):
    result = score(predicted, truth, mode="corrected")
    assert all(0 <= figure <= 1 for figure in flat(result)[3:])
    assert result["spotting"]["tp"] + result["spotting"]["fp"] == len(predicted)
    assert result["spotting"]["tp"] + result["spotting"]["fn"] == len(truth)
    shuffled = random.sample(predicted, len(predicted)), random.sample(truth, len(truth))
    assert flat(score(*shuffled, mode="corrected")) == pytest.approx(flat(result))


@LAW
@given(rows())
def test_truth_against_itself_scores_one(truth):
    classes = sorted({row[4] for row in truth})
    result = score(truth, truth, classes, "corrected")
    assert result["strs"] == (1 if truth else 0)


@LAW
@given(st.lists(st.tuples(st.sampled_from(EMOTIONS), st.sampled_from(EMOTIONS), st.integers(0, 4)), min_size=4))
def test_modes_agree_where_the_script_has_no_fault(drawn):
    """Events far apart, no empty subject or video, every class on both sides and one of another kind."""
    whole = [(e, e, 0) for e in EMOTIONS] + drawn
    truth = [("s", "v", 100 * n, 100 * n + 9, t) for n, (t, _, _) in enumerate(whole)]
    predicted = [("s", "v", 100 * n + shift, 100 * n + 9 + shift, p) for n, (_, p, shift) in enumerate(whole)]
    script, corrected = score(predicted, truth), score(predicted, truth, mode="corrected")
    assert script["analysis"].pop("uar") == pytest.approx(script["analysis"]["precision"])
    assert corrected["analysis"].pop("uar") == pytest.approx(corrected["analysis"]["recall"])
    assert script == corrected


def test_faults_of_the_script():
    truth = [("a", "u", 0, 9, "negative"), ("b", "u", 0, 9, "negative")]
    perfect = [("a", "u", 0, 9, "negative")]
    script, corrected = score(perfect, truth), score(perfect, truth, mode="corrected")
    # The subject without predictions misses nothing, and one perfect class scores 0, so that STRS is nan.
    assert (script["spotting"]["fn"], corrected["spotting"]["fn"]) == (0, 1)
    assert script["strs"] is None
    assert corrected["analysis"]["f1"] == pytest.approx(1 / 3)
    stray = [*perfect, ("a", "unknown", 0, 9, "negative")]
    assert score(stray, truth)["spotting"]["fp"] == 0
    assert score(stray, truth, mode="corrected")["spotting"]["fp"] == 1


def test_a_prediction_takes_several_events_only_in_the_script():
    truth = [("a", "u", 0, 9, "negative"), ("a", "u", 10, 19, "positive")]
    wide = [("a", "u", 0, 19, "negative")]
    assert score(wide, truth)["spotting"]["tp"] == 2
    assert score(wide, truth, mode="corrected")["spotting"]["tp"] == 1


def test_script_depends_on_order_and_corrected_does_not():
    truth = [("a", "u", 0, 9, "negative")]
    exact, shifted = ("a", "u", 0, 9, "negative"), ("a", "u", 2, 11, "positive")
    corrected = [
        score(p, truth, mode="corrected")["analysis"]["precision"] for p in ([exact, shifted], [shifted, exact])
    ]
    taken = [strs.match(*_match_arguments(p, truth))[1].tolist() for p in ([exact, shifted], [shifted, exact])]
    assert corrected == pytest.approx([1 / 3, 1 / 3])
    assert taken == [[0], [0]]


def _match_arguments(predicted, truth):
    (t, t_groups, _, t_emotions), (p, p_groups, _, p_emotions) = side(truth), side(predicted)
    return t, t_groups, t_emotions, p, p_groups, p_emotions, "megc2025-script"


def test_empty_and_faulty_input():
    assert score([], [], mode="corrected")["strs"] == 0
    assert score([], README_TRUTH, mode="corrected")["spotting"]["fn"] == 5
    assert score([], README_TRUTH)["strs"] is None
    with pytest.raises(ValueError, match="mode is 'exact'"):
        score([], [], mode="exact")
    with pytest.raises(ValueError, match="2 intervals but 1 emotions"):
        strs.validate(np.array([[1, 2], [3, 4]]), [0, 0], ["negative"])
