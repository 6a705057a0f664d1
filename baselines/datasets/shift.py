"""Key frames moved on purpose: what a method loses when onset, apex or offset are labelled some frames off.

Clips are cut anew at the moved onset and offset, out of the video or folder that they come from. Of long videos the
events are moved that spotting learns from; those that it is judged by stay.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from baselines.datasets.identity import sample_of
from baselines.datasets.records import Clip, Dataset, Event, Video
from baselines.errors import InputError

KEYS = ("onset", "apex", "offset")
HOW = "expected such as onset=-2,apex=3 (frames), or apex=~3 for a random number of frames from -3 to 3; or spotted"
MOST = 100_000  # frames

Draw = Callable[[str], int]  # from the name of a key frame to the frames that it is moved by


@dataclass(frozen=True)
class Move:
    """A number of frames, or at random one from -`frames` to `frames`."""

    frames: int
    at_random: bool = False

    def draw(self, *identity: str) -> int:
        """Return the number of frames for something of an identity; the same for the same, whatever the order."""
        if not self.at_random:
            return self.frames
        drawn = hashlib.blake2b("\n".join(identity).encode(), digest_size=8).digest()
        return int.from_bytes(drawn, "big") % (2 * self.frames + 1) - self.frames


def parse_shift(text: str) -> dict[str, Move]:
    """Return {key frame: its `Move`} of a text such as `onset=-2,apex=~3`."""
    moves: dict[str, Move] = {}
    for item in text.split(","):
        match = re.fullmatch(r"\s*(\w+)\s*=\s*(~\s*\+?|[+-]?)(\d{1,6})\s*", item)
        if not match or match[1] not in KEYS or match[1] in moves or int(match[3]) > MOST:
            raise InputError(f"--shift {text!r}: {item.strip()!r}; {HOW}, each of {', '.join(KEYS)} at most once")
        at_random = match[2].startswith("~")
        moves[match[1]] = Move(int(match[3]) * (-1 if match[2] == "-" else 1), at_random)
    return moves


def shift_dataset(dataset: Dataset, text: str, seed: int = 0) -> tuple[Dataset, str]:
    """Return the dataset with its key frames moved, and a line that counts what was moved and what was held back.

    text: as in `parse_shift`. seed: of the random moves, with the name of each clip or event.
    """
    moves, counts = parse_shift(text), Counter[str]()

    def draw_for(*identity: str) -> Draw:
        return lambda key: moves[key].draw(str(seed), *identity, key) if key in moves else 0

    def moved(clip: Clip) -> Clip:
        if clip.event is None or clip.frames is None:
            counts["clips without frames or key frames left as they are"] += 1
            return clip
        other, held = shifted_clip(clip, draw_for(sample_of(clip)))
        counts["clips"] += 1
        counts["clips held back"] += held
        counts["clips without an apex"] += "apex" in moves and clip.event.apex is None
        return other

    def learned(video: Video) -> Video:
        events = []
        for event in video.events or ():
            identity = sample_of(video), event.kind, str(event.onset), str(event.offset)
            other, held = shifted_event(event, draw_for(*identity), len(video.frames))
            counts["events"] += 1
            counts["events held back"] += held
            events.append(other)
        return video if video.events is None else replace(video, learned=tuple(events))

    clips, videos = [moved(clip) for clip in dataset.clips], [learned(video) for video in dataset.videos]
    if not counts["clips"] + counts["events"]:
        raise InputError(f"--shift {text!r}: {dataset.name} has no clip and no event with frames to move in")
    told = ", ".join(f"{what} {number}" for what, number in counts.items() if number)
    line = f"{dataset.name}: key frames moved by {text} ({told}); held back is what meets another key frame or an end"
    return replace(dataset, clips=clips, videos=videos, shift=text.replace(" ", "")), line


def shifted_clip(clip: Clip, draw: Draw) -> tuple[Clip, bool]:
    """Return a clip with its key frames moved and cut out anew, and whether one could not be moved as far as told.

    What lies before the onset or after the offset in the clip moves with them.
    """
    assert clip.event is not None
    assert clip.frames is not None
    whole, before = clip.frames.whole(), clip.frames.start
    there = _moved(clip.event, before)
    event, held = shifted_event(there, draw, len(whole))
    start = max(0, before + event.onset - there.onset)
    stop = min(len(whole), clip.frames.stop + event.offset - there.offset)
    return replace(clip, frames=whole[start:stop], event=_moved(event, -start)), held


def shifted_event(event: Event, draw: Draw, frames: int) -> tuple[Event, bool]:
    """Return an event with its key frames moved, in order within `frames`, and whether one was held back."""
    wanted = (event.onset + draw("onset"), event.apex and event.apex + draw("apex"), event.offset + draw("offset"))
    least = min(1, event.offset - event.onset)  # an event of several frames keeps two
    onset = min(max(wanted[0], 1), frames - least)
    offset = min(max(wanted[2], onset + least), frames)
    apex = None if wanted[1] is None else min(max(wanted[1], onset), offset)
    return replace(event, onset=onset, apex=apex, offset=offset), (onset, apex, offset) != wanted


def _moved(event: Event, frames: int) -> Event:
    """Return an event counted from another frame."""
    apex = None if event.apex is None else event.apex + frames
    return replace(event, onset=event.onset + frames, apex=apex, offset=event.offset + frames)
