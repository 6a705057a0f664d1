"""Everything above the features: datasets, methods, metrics, experiments, reports."""

__version__ = "0.1.0"
