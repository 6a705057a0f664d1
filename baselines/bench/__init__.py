"""Speeds of this suite, and their ratios to reference implementations that run beside it, one thread each."""

from baselines.bench.run import REDUCED, Extent, machine, run_bench, table

__all__ = ["REDUCED", "Extent", "machine", "run_bench", "table"]
