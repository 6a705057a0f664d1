"""Metrics of the Micro-Expression Grand Challenges, on arrays: no files, no plots.

The module of a task says two things of it, each once:

- its **counts**: a function of truth and prediction that gives numbers for each subject (or video, or clip) which
  add up, such as true and false positives, or a confusion matrix;
- its **figures**: `FIGURES`, a table from a name to the function of summed counts that it stands for. A function
  takes counts with any leading axes, (..., K), and gives (...), so that one call serves the whole set and a
  thousand resamples of it.

All else follows from the two: summaries, bootstrap intervals, comparisons of recipes, tables. A new figure is one
function and one line in the table of its task. What a figure gives in integers is a count, which has no interval.

Predictions may depend on a few functions, where a recipe chooses or learns by overlap or recall. They stand in modules
of their own, `classification`, `overlap`, `resampling` and `ratios`, which import no table of figures and no interval:
a new figure leaves every prediction as it is, and none is computed again.

Every figure is defined for every input: a rate with an empty denominator is 0 (the modes that replay a published
script say otherwise). `validate` refuses what is not an input at all.
"""
