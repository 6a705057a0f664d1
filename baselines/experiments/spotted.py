"""Key frames as a test gives them, not at all: onset, apex and offset are spotted in the recording of a clip."""

from dataclasses import replace
from functools import partial

from baselines.datasets.cutting import cut_clip
from baselines.datasets.records import Clip, Dataset, Video
from baselines.errors import seen
from baselines.parallel import run_parallel
from baselines.recipes import Recipe
from baselines.spotting.recipe import spot_video, spotting_recipe

SPOTTED = "spotted"
AROUND = 1.0  # s


def spotted_dataset(dataset: Dataset) -> tuple[Dataset, str]:
    """Return the dataset with its clips cut out anew where the expression is spotted, and a line that tells how many.

    The recipe is the default one, aimed at recall, as each recording shows an expression: of several intervals the
    surest is taken. Where there is none the clip is all that was looked at, and its apex is spotted by those who look
    at one. Clips without frames are left as they are.
    """
    places = [place for place, clip in enumerate(dataset.clips) if clip.frames is not None and clip.event is not None]
    if not places:
        return dataset, f"{dataset.name}: no clip has frames to spot key frames in; left as it is"
    recipe = spotting_recipe(aim="recall")
    clips = list(dataset.clips)
    chosen = [clips[place] for place in places]
    found = run_parallel(partial(_spotted, recipe), chosen, -1, f"spotting in {len(places)} clips")
    for place, (clip, _) in zip(places, found):
        clips[place] = clip
    number = sum(is_found for _, is_found in found)
    line = f"{dataset.name}: key frames spotted in {number} of {len(places)} clips; the others are left whole"
    return replace(dataset, clips=clips, shift=SPOTTED), line


def _spotted(recipe: Recipe, clip: Clip) -> tuple[Clip, bool]:
    """Return a clip cut out anew, and whether its key frames were found."""
    assert clip.event is not None
    assert clip.frames is not None
    around = _around(clip)
    found, _ = seen(spot_video, around, recipe)
    best = max(found.intervals, key=lambda interval: interval.score) if found and found.intervals else None
    onset, apex, offset = (best.onset, best.apex, best.offset) if best else (1, None, len(around.frames))
    event = replace(clip.event, onset=onset, apex=apex, offset=offset)
    return cut_clip(around, event, clip.name), best is not None


def _around(clip: Clip) -> Video:
    """Return what of its recording a clip is spotted in: itself, and up to `AROUND` before and after."""
    assert clip.frames is not None
    whole, margin = clip.frames.whole(), round(AROUND * (clip.fps or 0))
    first = max(0, clip.frames.start - margin)
    frames = whole[first : clip.frames.stop + margin]
    return Video(clip.dataset, clip.subject, clip.name, frames, clip.fps or 0, classes=clip.classes)
