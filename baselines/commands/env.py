"""What `megc env` tells: this program, and what the results that it computes here depend on."""

from baselines.experiments.environments import library_names, this_environment
from baselines.report.release import release


def facts():
    """Return version and commit of this program, the key of the environment as in rows, and the environment."""
    key, found = this_environment(library_names())
    return {"suite": release(), "key": key, **found}
