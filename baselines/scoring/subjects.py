"""One name for one person in the rows of several files: a spreadsheet program makes 6 of 006, people s1 of S01."""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from baselines.datasets.names import one_person, subject_key
from baselines.errors import InputError
from baselines.formats.challenge import place_of


class Spellings:
    """The spellings of subjects that were met first."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], str] = {}

    def name(self, subject: str, dataset: str = "") -> str:
        """Return the first spelling of a subject."""
        return self._first.setdefault((dataset, subject_key(subject)), subject)

    def videos(self, table: object, videos: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
        """Return what is told of each (subject, video) of a table under the first spelling of its subject."""
        found: dict[tuple[str, str], Any] = {}
        for (subject, video), told in videos.items():
            key = self.name(subject), video
            if key in found:
                raise _conflict(f"{table}", key[0], subject, f"video {video}")
            found[key] = told
        return found

    def join(self, rows: Sequence[MutableMapping[str, Any]], of: str, item: str) -> list[str]:
        """Give the rows of a file the first spelling of their subject; return a warning that counts those changed.

        of: whose rows they are; item: the column of the video or clip. Raises `InputError` where two spellings in these
        rows have an item of the same name.
        """
        seen: dict[tuple[Any, ...], str] = {}
        changed = []
        for row in rows:
            subject, dataset = row["subject"], row.get("dataset", "")
            name = self.name(subject, dataset)
            there = seen.setdefault((dataset, name, row[item], row.get("fold")), subject)
            if there != subject:
                raise _conflict(place_of(row), there, subject, f"{item} {row[item]}")
            if name != subject:
                changed.append((row, subject))
                row["subject"] = name
        if not changed:
            return []
        row, subject = changed[0]
        return [
            f"{place_of(row)}: subject {subject} is taken for {row['subject']}, since case and leading zeros do not "
            f"count; joined so: {len(changed)} of {len(rows)} {of}"
        ]


def _conflict(place: str, first: str, second: str, item: str) -> InputError:
    return InputError(f"{place}: {one_person(first, second)}, and both have a {item}; correct one of the names")
