"""How many events a long video has: what was found, in the light of what the questions about it take for granted."""

from collections.abc import Mapping, Sequence

from baselines.vqa.questions import ParsedQuestion

SCOPES = ("expression", "micro", "macro")


def least_events(questions: Sequence[ParsedQuestion]) -> int:
    """Return how many events there must be for each question about the n-th of them to have an answer."""
    return max((question.ordinal or 0 for question in questions), default=0)


def reconciled(counts: Mapping[str, float], least: int = 0) -> dict[str, int]:
    """Return whole numbers of events by `SCOPES`, in which micro and macro make all, and all are at least `least`.

    counts: what was found of each scope, which need not agree. The sum is the mean of what is said of all and of its
    parts; it is shared in the proportion of the parts, with half an event more of each.
    """
    total, micro, macro = (float(counts.get(scope, 0)) for scope in SCOPES)
    number = max(_rounded((total + micro + macro) / 2), least)
    share = (micro + 0.5) / (micro + macro + 1)
    if number == micro + macro:
        return {"expression": number, "micro": int(micro), "macro": int(macro)}
    few = _rounded(number * share)
    return {"expression": number, "micro": few, "macro": number - few}


def _rounded(number: float) -> int:
    return int(number + 0.5)
