"""Evaluation protocols: which subjects' clips are tested in a fold, and on which subjects' it is trained.

`loso`: one subject left out in turn, trained on the others of the same database.
`composite`: the same over all databases at once (composite database evaluation of See et al. 2019, MEGC2019).
`cross-database`: one database left out in turn, trained on all others (holdout-database evaluation, MEGC2018).
`k-fold-by-subject`: the subjects of each database dealt at random to 5 folds.
"""

from dataclasses import dataclass

import numpy as np

from baselines.errors import InputError

PROTOCOLS = ("loso", "composite", "cross-database", "k-fold-by-subject")
K = 5


@dataclass(frozen=True)
class Fold:
    """The subjects whose clips are tested and those whose clips are trained on; no subject is in both."""

    name: str
    tested: frozenset
    trained: frozenset

    def __post_init__(self):
        both = self.tested & self.trained
        if both:
            raise ValueError(f"fold {self.name}: subject {min(both)} is tested and trained on")

    def split(self, subjects):
        """Return boolean masks (trained, tested), each (n,), of records of the `subjects` (n,)."""
        return tuple(np.array([s in chosen for s in subjects], bool) for chosen in (self.trained, self.tested))


def make_folds(protocol, databases, seed=0):
    """Return the `Fold`s of a protocol, each subject tested once.

    databases: {subject: its database}. With one subject, or one database, `trained` may be empty.
    """
    subjects = sorted(databases)
    if protocol in ("loso", "composite"):
        tested = {subject: {subject} for subject in subjects}
    elif protocol == "cross-database":
        tested = {name: {s for s in subjects if databases[s] == name} for name in sorted(set(databases.values()))}
    elif protocol == "k-fold-by-subject":
        tested = _dealt(databases, seed)
    else:
        raise InputError(f"--protocol {protocol!r} is not known; choose one of {', '.join(PROTOCOLS)}")
    folds = []
    for name, mine in tested.items():
        others = {s for s in subjects if protocol != "loso" or databases[s] == databases[name]} - mine
        folds.append(Fold(name, frozenset(mine), frozenset(others)))
    return tuple(folds)


def _dealt(databases, seed):
    """Return {fold name: subjects}: each database's subjects, shuffled, are dealt out one by one."""
    rng = np.random.default_rng(seed)
    order = []
    for name in sorted(set(databases.values())):
        order += rng.permutation(sorted(s for s in databases if databases[s] == name)).tolist()
    number = min(K, len(order))
    return {f"{k + 1} of {number}": set(order[k::number]) for k in range(number)}
