"""Scores of predictions against the truth: read, check, compute, say what was computed.

There are four kinds of score (`kinds.SCORES`): spotting, recognition, strs and vqa, each in a module of its name. A
kind reads two files into rows; from rows it gives its **figures**, {path: `Figure`}, such as ("micro", "f1"): the
counts of each subject and the rate that follows from their sum. All else follows from the figures: the values, their
intervals, the difference of two recipes, the columns of the tables of `run-all`.

`spotting_scores`, `recognition_scores`, `strs_scores` and `vqa_scores` take rows and return the mapping that
`score --json` prints: the values nested by path, `signature` (exactly what was computed), `ci` (95 % bootstrap
intervals over subjects, [low, high] or None, nested alike) and `warnings` (lines for stderr).
"""
