"""Metrics of the Micro-Expression Grand Challenges, on arrays: no files, no plots.

Each module states its conventions, offers `validate`, the metric functions and `evaluate`, which
returns every figure as a dict. Counts are ints; a rate with an empty denominator is 0.0, so that
every metric is defined for every input (the modes that replay a published script say otherwise).
"""
