"""What holds for every metric: it is documented, typed, defined for every input, and no order of rows matters.

Modules, functions, kinds of score and figures are found, not listed: a new one is tested as it stands.
"""

import doctest
import inspect
import math
import pkgutil
import random
from importlib import import_module

import numpy as np
import pytest

import baselines.metrics
from baselines.scoring.figures import at
from baselines.scoring.kinds import SCORES

NAMES = [found.name for found in pkgutil.iter_modules(baselines.metrics.__path__)]
MODULES = [import_module(f"baselines.metrics.{name}") for name in NAMES]
FUNCTIONS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": inspect.unwrap(function)
    for module in MODULES
    for name, function in vars(module).items()
    if callable(function) and not inspect.isclass(function) and not name.startswith("_")
    if getattr(function, "__module__", "") == module.__name__
}
VALIDATES = [function for name, function in FUNCTIONS.items() if name.endswith(".validate")]

QUESTIONS = (
    "What is the coarse expression class?",
    "What is the fine-grained expression class?",
    "What are the action units?",
    "Is the action unit dimpler shown on the face?",
    "Is the action unit dimpler located on the left or right face?",
    "How many expression events appear in this video?",
    "What is the expression type of the 2-th expression event in this video?",
    "Please analyse the micro-expression shown in this video in detail.",
)
EMOTIONS = ("negative", "positive", "surprise")


def folds(seed, subjects=5, rows=16):
    """Folds of a run, one a subject, whose rows have all fields that any kind of score reads."""
    rng = random.Random(seed)
    made = []
    for subject in range(subjects):
        fold = {"fold": f"s{subject}", "truth": [], "predictions": []}
        for n in range(rows):
            identity = {"dataset": "d", "subject": f"s{subject}", "clip": f"c{n}", "id": f"{subject}_{n}"}
            asked = {"question": QUESTIONS[n % len(QUESTIONS)], "answer": f"{rng.choice(EMOTIONS)} 2"}
            for side in ("truth", "predictions"):
                onset = 40 * n + rng.randrange(12)
                event = {"video": f"v{n % 2}", "onset": onset, "offset": onset + 12, "type": ("micro", "macro")[n % 2]}
                named = {"emotion": rng.choice(EMOTIONS), "label": EMOTIONS[n % 3], "prediction": rng.choice(EMOTIONS)}
                fold[side].append({**identity, **asked, **event, **named})
        made.append(fold)
    return made


def leaves(tree, path=()):
    """(path, figure) of nested figures."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        elif isinstance(value, (int, float)) or value is None:
            yield (*path, name), value


def figures(kind, seed=0):
    sides = SCORES[kind].sides(folds(seed))
    return SCORES[kind].compared(sides.truth, sides.predictions, sides.predictions).figures[0]


FIGURES = {f"{kind}:{'.'.join(path)}": figure for kind in SCORES for path, figure in figures(kind).items()}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_examples_in_docstrings_are_true(module):
    done = doctest.testmod(module)
    assert done.attempted
    assert not done.failed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_is_typed_and_documented(name):
    function = FUNCTIONS[name]
    signature, text = inspect.signature(function), inspect.getdoc(function) or ""
    assert signature.return_annotation is not inspect.Signature.empty
    assert text.partition("\n")[0].endswith("."), "a first line that says what it gives"
    assert "\nExamples\n--------\n" in text
    assert ">>> " in text
    _, _, described = text.partition("\nParameters\n----------\n")
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty, parameter.name
        lines = [line.partition(" : ")[0].split(", ") for line in described.split("\n")]
        assert any(parameter.name in names for names in lines), parameter.name
    returns = signature.return_annotation not in (None, "None")
    assert ("\nReturns\n-------\n" in text) == returns


@pytest.mark.parametrize("validate", VALIDATES, ids=lambda function: function.__module__)
def test_validate_refuses_what_does_not_fit(validate):
    number = len(inspect.signature(validate).parameters)
    misshapen = [["a"] * length for length in range(1, number + 1)] if number > 1 else [3]
    with pytest.raises(ValueError, match=r"expected"):
        validate(*misshapen)


@pytest.mark.parametrize("kind", SCORES)
def test_every_figure_is_defined_for_nothing(kind):
    sides = SCORES[kind].sides([])
    result = SCORES[kind].scores(sides.truth, sides.predictions, resamples=10)
    found = dict(leaves({name: part for name, part in result.items() if name not in ("ci", "confusion")}))
    assert found
    assert set(found.values()) == {0}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_defined_for_no_counts_and_computed_alike_alone_and_in_resamples(name):
    counts, rate, _ = FIGURES[name]
    assert math.isfinite(rate(np.zeros(counts.shape[1:], counts.dtype)))
    sums = np.stack([counts.sum(axis=0), counts[0], counts[::2].sum(axis=0), 0 * counts[0]])
    together = rate(sums)
    assert together.shape == (4,)
    np.testing.assert_allclose(together, [rate(one) for one in sums], rtol=1e-12)


@pytest.mark.parametrize("kind", SCORES)
def test_every_figure_is_told_with_its_interval_and_compared(kind):
    score, run = SCORES[kind], folds(1)
    sides, other = score.sides(run), score.sides(folds(1)[::-1])
    result = score.scores(sides.truth, sides.predictions, resamples=50)
    compared = score.compare(sides.truth, sides.predictions, sides.predictions, resamples=50)["metrics"]
    for path, figure in figures(kind, 1).items():
        value = at(result, path)
        assert value == figure.value
        has_interval = figure.interval and isinstance(value, float)
        assert (at(result["ci"], path) is not None) == has_interval, path
        assert (".".join(path) in compared) == has_interval, path
        if has_interval:
            low, high = at(result["ci"], path)
            assert low <= high
            assert compared[".".join(path)]["difference"] == 0
    again = score.scores(other.truth, other.predictions, resamples=0)
    assert dict(leaves(again)) == pytest.approx({path: v for path, v in leaves(result) if path[0] != "ci"})


@pytest.mark.parametrize("kind", SCORES)
def test_the_order_of_rows_changes_no_figure(kind):
    rng, whole = random.Random(2), folds(2)
    shuffled = [
        {side: rng.sample(rows, len(rows)) if isinstance(rows, list) else rows for side, rows in fold.items()}
        for fold in whole
    ]
    first, second = ({(r["subset"], r["metric"]): r for r in SCORES[kind].table(run)} for run in (whole, shuffled))
    assert first.keys() == second.keys()
    for key, row in first.items():
        assert row["value"] == pytest.approx(second[key]["value"]), key
        assert row["ci_low"] == pytest.approx(second[key]["ci_low"]), key
        assert row["n"] == second[key]["n"]


@pytest.mark.parametrize("kind", SCORES)
def test_every_column_of_the_tables_is_a_figure_and_one_is_the_headline(kind):
    score = SCORES[kind]
    rows = score.table(folds(3))
    assert all(isinstance(row["value"], float) and row["n"] > 0 for row in rows)
    assert len({(row["subset"], row["metric"]) for row in rows}) == len(rows)
    assert score.headline in {row["metric"] for row in rows}
    difference = score.difference(folds(3), folds(3))
    assert difference
    assert all(found["difference"] == 0 for found in difference.values())
