"""The classes that a user names for datasets, and what they leave out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from baselines.datasets.classes import HOW, SPELLINGS, ClassSet, are_own, fine_set, parse_classes, unknown_word
from baselines.datasets.records import Clip, Dataset
from baselines.errors import InputError


def choose_classes(dataset: Dataset, text: str, published: Iterable[ClassSet] = ()) -> Dataset:
    """Return the dataset in the classes that a text means: a set that it has by its name, else classes of one's own.

    published: the sets that the papers of the dataset report. An emotion that the set does not know is refused.
    """
    found = emotions(dataset)
    sets = {known.name: known for known in (dataset.coarse, fine_set(found), *published)}
    chosen = sets.get(text)
    if chosen is None:
        if not are_own(text):
            raise InputError(f"--classes {text!r}: {dataset.name} has {', '.join(sets)}; {HOW}")
        chosen = ClassSet(text.lower().replace(" ", ""), parse_classes(text), source="named by the user")
        chosen = replace(chosen, dropped=tuple(word for word in found if chosen.label(word) is None))
    unknown = next((word for word in dataset.own_words if not chosen.knows(word)), None)
    if unknown:
        raise InputError(unknown_word(dataset.own_words[unknown], unknown))
    return dataset.in_classes(chosen)


def refuse_idle_words(text: str, datasets: Iterable[Dataset]) -> None:
    """Raise `InputError` where classes of one's own hold an emotion that nothing in any of some datasets has."""
    found = sorted({word for dataset in datasets for word in emotions(dataset)})
    for word in parse_classes(text) if are_own(text) else ():
        if word not in {*found, *(SPELLINGS.get(other) for other in found)}:
            raise InputError(f"--classes {text!r}: nothing has the emotion {word!r}; there are {', '.join(found)}")


def left_out(dataset: Dataset) -> str | None:
    """Return a line that counts the clips whose emotion is in no class, None where there is none."""
    lost, counted = in_no_class(dataset.clips)
    if not lost:
        return None
    return (
        f"{dataset.name}: {lost} of {len(dataset.clips)} clips are left out, in no class of "
        f"{dataset.classes.name} ({counted})"
    )


def in_no_class(clips: Iterable[Clip]) -> tuple[int, str]:
    """Return how many clips have an emotion in no class of the set in force, and these emotions with their numbers."""
    lost = Counter(clip.event.emotion for clip in clips if clip.event and clip.event.emotion and clip.label is None)
    return lost.total(), ", ".join(f"{word} {number}" for word, number in lost.most_common())


def emotions(dataset: Dataset) -> list[str]:
    """Return the emotions of all clips and videos of a dataset, each once, sorted."""
    events = [clip.event for clip in dataset.clips if clip.event]
    events += [event for video in dataset.videos for event in video.events or ()]
    return sorted({event.emotion for event in events if event.emotion})
