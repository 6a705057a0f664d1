"""Published results as data, to print beside one's own.

`published.csv` holds one figure a row: method, dataset, protocol, metric, value, source, certainty,
note. Accuracies, F1 and the like are shares of 1; tp, fp, fn are counts. certainty is

- `read`: read in the source itself,
- `derived`: computed from figures read there,
- `secondary`: cited by somebody else (surveys, theses); check the paper before printing it,
- `implausible`: printed so, and for the reason in `note` not what its name says.

Figures of different protocol do not compare; a table prints the protocol with the figure.
"""

from functools import lru_cache
from pathlib import Path

from baselines.errors import InputError
from baselines.files import read_csv

FILE = Path(__file__).with_name("published.csv")
COLUMNS = ("method", "dataset", "protocol", "metric", "value", "source", "certainty", "note")
CERTAINTIES = ("read", "derived", "secondary", "implausible")


def published(dataset=None, metric=None, method=None, implausible=False):
    """Return published figures as mappings with COLUMNS, `value` a float, in the order of the file.

    dataset, metric, method: only figures of this name. implausible: give those marked so as well.
    """
    wanted = {"dataset": dataset, "metric": metric, "method": method}
    return [
        dict(row)
        for row in _rows()
        if all(value in (None, row[name]) for name, value in wanted.items())
        and (implausible or row["certainty"] != "implausible")
    ]


@lru_cache(maxsize=1)
def _rows():
    rows = []
    for place, row in read_csv(FILE, COLUMNS):
        if row["certainty"] not in CERTAINTIES:
            raise InputError(f"{place}: certainty {row['certainty']!r}; expected one of {', '.join(CERTAINTIES)}")
        rows.append(row | {"value": float(row["value"])})
    return rows
