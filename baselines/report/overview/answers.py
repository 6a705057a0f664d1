"""The answers of all recipes to the questions about each clip, side by side."""

from typing import Any

from baselines.metrics.vqa import normalize
from baselines.report.overview.events import video_name
from baselines.report.overview.groups import Group

MOST = 300  # clips whose questions a page holds


def answers(group: Group) -> dict[str, Any]:
    """Return {recipes, texts, clips}: a clip has questions [text, true answer, answers], which are places in `texts`.

    right: by question, whether each answer is the true one but for capitals, spaces and points, as it is scored.
    """
    texts: dict[str, int] = {}
    results = group.first_seeds

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    asked: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for number, result in enumerate(results):
        for row in (row for fold in result.folds for row in fold["predictions"]):
            clip = asked.setdefault((row["dataset"], row["subject"], row["video"]), {})
            question = clip.setdefault(
                row["id"],
                {
                    "text": place(row["question"]),
                    "answer": place(row["answer"]),
                    "said": [None] * len(results),
                    "right": [None] * len(results),
                },
            )
            question["said"][number] = place(row["prediction"])
            question["right"][number] = normalize(row["prediction"]) == normalize(row["answer"])
    clips = [{"name": video_name(clip), "questions": list(found.values())} for clip, found in sorted(asked.items())]
    return {
        "name": group.name,
        "recipes": [result.recipe for result in results],
        "texts": list(texts),
        "clips": clips[:MOST],
        "left": max(0, len(clips) - MOST),
    }
