"""How many events a long video has: what was found, in the light of what the questions about it take for granted."""

import re
from collections.abc import Mapping, Sequence

from baselines.vqa.questions import ParsedQuestion

SCOPES = ("expression", "micro", "macro")


def least_events(questions: Sequence[ParsedQuestion]) -> int:
    """Return how many events there must be for each question about the n-th of them to have an answer."""
    return max((question.ordinal or 0 for question in questions), default=0)


def number_in(answer: str) -> int:
    """Return the first whole number in an answer, 0 where there is none."""
    found = re.search(r"\d+", answer)
    return int(found.group()) if found else 0


def shared_out(number: int, counts: Mapping[str, int]) -> dict[str, int]:
    """Return a number of events by `SCOPES`, shared in the proportion of micro and macro in counts.

    Where that is their sum they stay; else each counts half an event more, so that none found is not surely none.
    """
    micro, macro = counts["micro"], counts["macro"]
    if number != micro + macro:
        micro = int(number * (micro + 0.5) / (micro + macro + 1) + 0.5)
    return {"expression": number, "micro": micro, "macro": number - micro}
