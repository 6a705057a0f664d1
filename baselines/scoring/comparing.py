"""Whether two recipes differ: paired bootstrap over subjects, and McNemar's test on single answers."""

import numpy as np

from baselines.errors import InputError
from baselines.metrics import uncertainty, vqa
from baselines.metrics.uncertainty import RESAMPLES
from baselines.scoring import common
from baselines.scoring.recognition import read_recognized, recognition_tally
from baselines.scoring.spotting import read_spotting, spotting_tally
from baselines.scoring.strs import of_type, read_strs, strs_tally
from baselines.scoring.vqa import read_vqa, vqa_tally

TASKS = ("spotting", "recognition", "strs", "vqa")


def compare_files(task, truth, first, second, resamples=RESAMPLES, seed=0, **options):
    """Compare two files of predictions for one truth (recognition: None where they carry the labels)."""
    if task == "spotting":
        rows = [read_spotting(truth, path)[:2] for path in (first, second)]
    elif task == "strs":
        rows = [read_strs(truth, path, options.get("mode", "corrected"))[:2] for path in (first, second)]
    elif task == "vqa":
        rows = [read_vqa(truth, path) for path in (first, second)]
    elif task == "recognition":
        rows = [(None, read_recognized(path, truth)) for path in (first, second)]
    else:
        raise InputError(f"task {task!r} is unknown; expected one of {', '.join(TASKS)}")
    return compare(task, rows[0][0], rows[0][1], rows[1][1], resamples, seed, **options)


def compare(task, truth, first, second, resamples=RESAMPLES, seed=0, **options):
    """Compare two recipes on the same truth.

    truth, first and second: rows as in `spotting_scores` and `strs_scores`; for vqa the questions and two
    lists of answers; for recognition two lists of rows with label and prediction, and `truth` is not used.
    options: what decides the figures, as in the function of scores. Returns {metrics: {path: {difference,
    low, high, p}}, mcnemar, signature}: a path is like `micro.f1`, a difference is first minus second,
    and mcnemar, of right and wrong answers, is None for intervals.
    """
    tallies, right = _TALLIES[task](truth, first, second, **options)
    found = uncertainty.paired_bootstraps(tallies[0].metrics, tallies[1].metrics, resamples, seed)
    settings = {"difference": "first-second", "test": f"paired-subject-bootstrap,{resamples},seed={seed}"}
    return {
        "metrics": {".".join(path): difference for path, difference in found.items()},
        "mcnemar": uncertainty.mcnemar(*right) if right else None,
        "signature": common.signature("compare", task=task, **options, **settings),
    }


def _spotting(truth, first, second, **options):
    units = np.concatenate([common.unit_names(rows) for rows in (truth, first, second)])
    return [spotting_tally(truth, rows, units, **options)[0] for rows in (first, second)], None


def _strs(truth, first, second, classes=None, mode="corrected", kind=None):
    truth, first, second = (of_type(rows, kind) for rows in (truth, first, second))
    units = np.concatenate([common.unit_names(rows) for rows in (truth, first, second)])
    emotions, *predicted = ([row["emotion"] for row in rows] for rows in (truth, first, second))
    labels = [common.class_set(classes, emotions, names)[0] for names in predicted]
    return [strs_tally(truth, rows, known, mode, units) for rows, known in zip((first, second), labels)], None


def _vqa(questions, first, second, **options):
    tallies = [vqa_tally(questions, answers, **options) for answers in (first, second)]
    truth = [row["answer"] for row in questions]
    return tallies, [vqa.equal_answers(truth, answers)[:, 0] for answers in (first, second)]


def _recognition(_, first, second, classes=None):
    keys = [{(row["dataset"], row["subject"], row["clip"]): row for row in rows} for rows in (first, second)]
    if keys[0].keys() != keys[1].keys():
        clip = sorted(keys[0].keys() ^ keys[1].keys())[0]
        raise InputError(f"clip {'/'.join(clip)} is predicted by only one of the two recipes; predict the same clips")
    both = [[rows[key] for key in sorted(rows)] for rows in keys]
    labels = [
        common.class_set(classes, *([row[n] for row in rows] for n in ("label", "prediction")))[0] for rows in both
    ]
    fixed = classes not in (None, "truth", "union")
    right = [[row["label"] == row["prediction"] for row in rows] for rows in both]
    return [recognition_tally(rows, known, fixed) for rows, known in zip(both, labels)], right


_TALLIES = {"spotting": _spotting, "strs": _strs, "vqa": _vqa, "recognition": _recognition}
