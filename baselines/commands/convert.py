"""The command `convert`: the events of one file as a file of another kind, or as one file for each video."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from baselines.datasets.rates import MISSING, Rates
from baselines.errors import InputError
from baselines.files import check_file, check_folder, safe_name, user_path, write_text
from baselines.formats.exchange import ONE_VIDEO, SUFFIXES, WRITERS, read
from baselines.formats.marked import Key, Marked, timed


def is_folder(output: str) -> bool:
    """Tell whether an output is a folder: one that is there, or a name that ends as those of folders do."""
    return output.endswith(("/", os.sep)) or os.path.isdir(user_path(output))


def check_output(output: str) -> None:
    """Raise `InputError` where nothing can be written to an output, before any work."""
    if output != "-":
        (check_folder if is_folder(output) else check_file)(user_path(output))


def convert_file(
    path: Path, to: str, output: str, fps: float | None = None, media: Path | None = None
) -> tuple[str, list[str]]:
    """Write the events of a file as a file of the kind `to`, one of `WRITERS`, or into a folder one a video.

    Returns (text for stdout, where the output is `-`; lines that tell what was left out). path: a file, or a folder of
    files of a coding tool. fps: frames per second, where the files and the videos beside them do not tell; it comes
    before what they tell. media: the video, or the folder of the videos, which an .eaf then names.
    """
    check_output(output)
    if media is not None and not media.exists():
        raise InputError(f"--media {media}: no such file or folder")
    marks = read(path)
    rates = Rates([(path, marks)], fps, media)
    events = [timed(event, rates.of(*event.key)) for event in marks.events]
    if media is not None and not media.is_dir() and len({event.key for event in events}) > 1:
        raise InputError(f"--media {media}: is one video, and the events are of several; name the folder of the videos")
    if to != "csv":
        _refuse_untimed(events)
    known = {event.key: rate for event in events if (rate := rates.of(*event.key))}
    written, notes = {}, list(marks.notes)
    if not events:
        notes.append(f"{path}: holds no event")
    for target, mine in _targets(events, to, output).items():
        linked = _linked(mine, rates, target) if media else {}
        text, lost = WRITERS[to](mine, target, known, linked)
        written[target] = text
        notes += lost
    if output == "-":
        return written["-"], notes
    for target, text in written.items():
        write_text(user_path(target), text)
    return "", notes


def _targets(events: Sequence[Marked], to: str, output: str) -> dict[str, list[Marked]]:
    """Return {path: the events that go there}."""
    videos: dict[Key, list[Marked]] = {}
    for event in events:
        videos.setdefault(event.key, []).append(event)
    if not is_folder(output) or output == "-":
        if to in ONE_VIDEO and len(videos) > 1:
            raise InputError(
                f"--output {output}: there are {len(videos)} videos, and {SUFFIXES[to]} holds one; name a folder, "
                f"which gets a file for each, such as {Path(output).with_suffix('') if output != '-' else 'events'}/"
            )
        return {output: list(events)}
    names = Counter(video for _, video in videos)
    targets: dict[str, list[Marked]] = {}
    for (subject, video), mine in videos.items():
        name = f"{subject}_{video}" if subject and names[video] > 1 else video
        target = os.path.join(output, safe_name(name) + SUFFIXES[to])
        if target in targets:
            raise InputError(f"--output {output}: two videos would be called {name}; rename one of them")
        targets[target] = mine
    return targets


def _refuse_untimed(events: Sequence[Marked]) -> None:
    for event in events:
        if event.seconds is None:
            raise InputError(f"{event.place}: it is not known when frames come; {MISSING}")


def _linked(events: Sequence[Marked], rates: Rates, target: str) -> Mapping[Key, str]:
    """Return the paths of the videos of events from the folder of a file."""
    folder = os.path.dirname(os.path.abspath(user_path(target))) if target != "-" else os.getcwd()
    found = {key: rates.media_of(key) for key in dict.fromkeys(event.key for event in events)}
    for key, path in found.items():
        if path is None or not path.is_file():
            raise InputError(f"--media {rates.media}: holds no video {key[1]}; name the video, or the right folder")
    return {key: Path(os.path.relpath(path, folder)).as_posix() for key, path in found.items() if path}
