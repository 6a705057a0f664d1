"""The clips and videos that questions ask about, found in a folder by their names."""

import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path

from baselines.datasets.cutting import cut_clip, event_clips
from baselines.datasets.images import SUFFIXES as PICTURES
from baselines.datasets.images import image_shape
from baselines.datasets.manifest import read_video, read_videos
from baselines.datasets.names import subject_key
from baselines.datasets.opening import VIDEO_SUFFIXES
from baselines.datasets.questions import without_suffix
from baselines.datasets.records import Clip, Event, Video
from baselines.errors import InputError
from baselines.recognition.flow import PICTURE_SIZE

Span = tuple[int, int, int | None]  # onset, offset, apex
Key = tuple[str, str, Span | None]  # subject, video, and the part of the video that a question names


def find_media(
    asked: Mapping[Key, bool],
    media: str | Path,
    fps: float | None = None,
    numbering: re.Pattern[str] | None = None,
) -> tuple[dict[Key, Clip | Video], dict[Key, str]]:
    """Return ({key: Clip or Video}, {key: why not}) of what is asked about; a key in neither is not in the folder.

    asked: {(subject, video, span): whether its events are asked about}, which makes it a `Video`; with a span
    (onset, offset, apex or None) that part of the video is the `Clip`. media: a manifest folder; or a folder with,
    for each clip, a folder of images, a video file or a flow picture named `<subject>_<video>`, `<video>` or
    `<subject>/<video>`; or one of these by itself. Case and leading zeros do not matter, and a name may have the suffix
    of a file. fps, numbering: as in `read_videos`.
    """
    media = _there(media)
    find = (_in_manifest if _is_manifest(media) else _in_folder)(media, fps, numbering)
    found, failures = {}, {}
    for key, about_events in asked.items():
        subject, name, span = key
        try:
            as_video = about_events or span is not None
            record = find(subject, name, as_video) or find(subject, without_suffix(name), as_video)
            if isinstance(record, Video) and not about_events:
                record = _part(record, span, name)
        except InputError as error:
            failures[key] = str(error)
            continue
        if record is not None:
            found[key] = record
    return found, failures


def media_names(
    media: str | Path, about_events: bool, numbering: re.Pattern[str] | None = None
) -> list[tuple[str, str]]:
    """Return (subject, name) of all that `find_media` finds there: the videos, or not `about_events` the clips.

    Of a manifest with events clips are their parts; without, and in a folder, each video is one clip.
    """
    media = _there(media)
    if not _is_manifest(media):
        return [("", name) for name in _names(media)]
    videos = read_videos(media, findings=[], numbering=numbering)
    found = videos if about_events else (event_clips(videos, labelled=False) or videos)
    return [(record.subject, record.name) for record in found]


def _names(media: Path) -> list[str]:
    """Return the names of the clips in a folder, in folders of subjects too."""
    if _is_clip(media):
        return [_called(media)]
    names = []
    for path in sorted(media.iterdir()) if media.is_dir() else ():
        if _is_clip(path):
            names.append(_called(path))
        elif path.is_dir():
            names += [f"{path.name}_{_called(inner)}" for inner in sorted(path.iterdir()) if _is_clip(inner)]
    if not names:
        raise InputError(f"{media}: no clip; expected video files, folders of numbered images, or flow pictures")
    return names


def _called(path: Path) -> str:
    whole = Path(os.path.abspath(path))  # "." has a name, too
    return whole.name if path.is_dir() else whole.stem.strip()


def _is_clip(path: Path) -> bool:
    """Tell whether a path is a video file, a flow picture or a folder of the images of one video."""
    if path.is_dir():
        pictures = [name for name in sorted(os.listdir(path)) if name.lower().endswith(PICTURES) and name[0] != "."]
        return bool(pictures) and not _is_flow(path / pictures[0])
    return path.name.lower().endswith(VIDEO_SUFFIXES) or _is_flow(path)


def _is_flow(path: Path) -> bool:
    return path.suffix.lower() == ".png" and image_shape(path) == (PICTURE_SIZE, PICTURE_SIZE)


def _is_manifest(media: Path) -> bool:
    return (media / "videos.csv").exists()


def _there(media: str | Path) -> Path:
    media = Path(media)
    if not media.exists():
        raise InputError(f"{media}: no such file or folder; --media names the clip asked about, or the folder of them")
    return media


def _part(video: Video, span: Span | None, name: str) -> Clip:
    """Return frames onset..offset of a video as a clip, all of them without a span."""
    onset, offset, apex = span or (1, len(video.frames), None)
    if not 1 <= onset <= offset <= len(video.frames):
        raise InputError(
            f"{video.frames.source}: a question asks about frames {onset}-{offset}; the video has frames "
            f"1-{len(video.frames)}, correct the question"
        )
    apex = apex if apex and onset <= apex <= offset else None
    return cut_clip(video, Event(onset, offset, apex), name)


def _in_manifest(media, fps, numbering):
    findings = []
    videos = read_videos(media, fps, findings, numbering)
    for finding in findings:
        warnings.warn(f"{finding}; the video is passed over", stacklevel=2)
    whole, clips = _Names(videos), _Names(event_clips(videos))

    def find(subject, name, as_video):
        return (None if as_video else clips.find(subject, name)) or whole.find(subject, name)

    return find


class _Names:
    """Records by subject and name, or by name alone where only one subject has it."""

    def __init__(self, records):
        self.full, self.plain = {}, {}
        for record in records:
            self.full.setdefault(subject_key(f"{record.subject}_{record.name}"), record)
            self.plain.setdefault(subject_key(record.name), []).append(record)

    def find(self, subject, name):
        if subject:
            return self.full.get(subject_key(f"{subject}_{name}")) or self.full.get(subject_key(name))
        same = self.plain.get(subject_key(name), [])
        return self.full.get(subject_key(name)) or (same[0] if len(same) == 1 else None)


def _in_folder(media, fps, numbering):
    here = _listing(media)

    def find(subject, name, as_video):
        path = _place(here, subject, name)
        if path is None:
            return None
        if path.suffix.lower() == ".png":
            return Clip("media", subject, name, flow_image=path)
        return read_video(path, fps, numbering)

    return find


def _place(here, subject, name):
    """Return the path of a clip in a listing or in the folder of its subject, or None."""
    names = [f"{subject}_{name}", name] if subject else [name]
    for full in names:
        if subject_key(full) in here:
            return here[subject_key(full)]
    parts = name.split("_")
    pairs = [(subject, name)] if subject else [("_".join(parts[:n]), "_".join(parts[n:])) for n in range(1, len(parts))]
    for owner, own in pairs:
        folder = here.get(subject_key(owner))
        if folder is not None and folder.is_dir():
            found = _listing(folder).get(subject_key(own))
            if found is not None:
                return found
    return None


def _listing(folder):
    """Return {name without ending: path} of what is in a folder, folders first, and of the folder or file itself."""
    inside = sorted(folder.iterdir(), key=lambda path: (not path.is_dir(), path.name)) if folder.is_dir() else ()
    found = {}
    for path in (*inside, folder):
        found.setdefault(subject_key(_called(path)), path)
    return found
