"""Evaluation protocols: what is tested in a fold, and what it is trained on.

`loso`: one subject left out in turn, trained on the others of the same database.
`composite`: the same over all databases at once (composite database evaluation of See et al. 2019, MEGC2019).
`leave-one-sample-out`: one clip left out in turn, trained on all others of the same database, so also on others of the
same subject. This is not subject-independent; only older papers are compared by it.
`leave-one-database-out`: one database left out in turn, trained on all others (holdout-database evaluation, MEGC2018).
`cross-database`: each ordered pair of databases, one tested and one trained on.
`k-fold-by-subject`: the subjects of each database dealt at random to 5 folds.

A fold is made of units, which are subjects or samples (clips, videos), told by their names.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.datasets.identity import sample_of, subject_of
from baselines.datasets.records import Clip, Video
from baselines.errors import InputError

SAMPLE_WISE = "leave-one-sample-out"
PAIRS = "cross-database"
ACROSS = (PAIRS, "leave-one-database-out")  # protocols that train on other databases than are tested
PROTOCOLS = ("loso", SAMPLE_WISE, "composite", *ACROSS, "k-fold-by-subject")
K = 5

Unit = Callable[[Clip | Video], str]


@dataclass(frozen=True)
class Fold:
    """The units that are tested and those that are trained on; none is both. unit: gives that of a record."""

    name: str
    tested: frozenset[str]
    trained: frozenset[str]
    unit: Unit = subject_of

    def __post_init__(self) -> None:
        both = self.tested & self.trained
        if both:
            raise ValueError(f"fold {self.name}: {min(both)} is tested and trained on")

    def split(self, records: Sequence[Clip | Video]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return boolean masks (trained, tested), each (n,), of records (n,)."""
        units = [self.unit(record) for record in records]
        trained, tested = (np.array([unit in mine for unit in units], bool) for mine in (self.trained, self.tested))
        return trained, tested


def unit_of(protocol: str) -> Unit:
    """Return what gives the unit of a record under a protocol."""
    return sample_of if protocol == SAMPLE_WISE else subject_of


def make_folds(
    protocol: str, tested: Mapping[str, str], seed: int = 0, learned: Mapping[str, str] | None = None
) -> tuple[Fold, ...]:
    """Return the `Fold`s of a protocol; each unit is tested once, under `cross-database` once for each other database.

    tested: {unit: its database}. learned: the same of what can be trained on, by default those. With one subject, or
    one database, a fold may train on nothing, or there may be no fold.
    """
    learned = tested if learned is None else learned
    folds = []
    for name, mine, databases in _plan(protocol, tested, learned, seed):
        trained = {unit for unit, database in learned.items() if database in databases} - mine
        folds.append(Fold(name, frozenset(mine), frozenset(trained), unit_of(protocol)))
    return tuple(folds)


def _plan(
    protocol: str, tested: Mapping[str, str], learned: Mapping[str, str], seed: int
) -> list[tuple[str, set[str], Collection[str]]]:
    """Return (name, units that are tested, databases that are trained on) of each fold."""
    every, targets = sorted(set(learned.values())), sorted(set(tested.values()))
    whole = {name: {unit for unit, database in tested.items() if database == name} for name in targets}
    if protocol in ("loso", SAMPLE_WISE):
        return [(unit, {unit}, {tested[unit]}) for unit in sorted(tested)]
    if protocol == "composite":
        return [(unit, {unit}, every) for unit in sorted(tested)]
    if protocol == PAIRS:
        return [(f"{a} -> {b}", whole[b], {a}) for a in every for b in targets if a != b]
    if protocol == "leave-one-database-out":
        return [(name, whole[name], set(every) - {name}) for name in targets]
    if protocol == "k-fold-by-subject":
        return [(name, mine, every) for name, mine in _dealt(tested, seed).items()]
    raise InputError(f"--protocol {protocol!r} is not known; choose one of {', '.join(PROTOCOLS)}")


def _dealt(databases: Mapping[str, str], seed: int) -> dict[str, set[str]]:
    """Return {fold name: subjects}: each database's subjects, shuffled, are dealt out one by one."""
    rng = np.random.default_rng(seed)
    order: list[str] = []
    for name in sorted(set(databases.values())):
        order += rng.permutation(sorted(s for s in databases if databases[s] == name)).tolist()
    number = min(K, len(order))
    return {f"{k + 1} of {number}": set(order[k::number]) for k in range(number)}
