"""The unseen test set of MEGC2025 ME-STR (the same as in 2023): 30 long videos without ground truth.

Read from the folder that holds:

    CAS_data/dzw/a1/1.jpg    20 videos cut out of unreleased videos of CAS(ME)^3, 30 frames/s, <subject>/<video>
    SAMM_data/1_001_2/*.jpg  10 videos of the SAMM challenge, 200 frames/s; the subject stands before the first _

The 30 names are those of the leaderboard files. The two folders are those of the winner's loader (BoostingVRME by
zizheng-guo, where they lie in CASME_test and SAMM_test); the official archive is not public. Folders called CAS and
SAMM, or `data` in them, or the folders of subjects and videos directly in the root, are read as well. Frames are
counted by position from 1.
"""

from collections.abc import Sequence
from pathlib import Path

from baselines.datasets.about import About
from baselines.datasets.assembling import index
from baselines.datasets.folders import find_folder, subfolders
from baselines.datasets.frames import ImageFrames
from baselines.datasets.records import Dataset, Video
from baselines.errors import InputError

ABOUT = About(
    title="unseen test set of the MEGC2025 ME-STR: 20 long videos of CAS(ME)^3, 10 of SAMM, no ground truth",
    tasks=("spotting", "str"),
    licence="for the challenge, under the licence form of MEGC2025",
    page="https://megc2025.github.io/challenge.html",
    citation="Fan et al.: MEGC2025: micro-expression grand challenge on spot then recognize, ACM Multimedia 2025",
    size="30 videos: 20 at 30 frames/s (CAS), 10 at 200 frames/s (SAMM)",
    protocol="spot, then recognize; scored on the leaderboards (IoU >= .5, STRS) from a zip of `megc submit str`",
    published={"subjects": 9, "videos": 30},
    source="file names of participants of MEGC2025 and 2026",
)

NAME = "megc2025-str"
# subject -> videos
CAS_VIDEOS = {
    "dzw": ("a1", "d1", "f3", "h3", "s3"),
    "gcf": ("a1", "d1", "f2", "h3", "s4"),
    "smy": ("a1", "d1", "f2", "h3", "s3"),
    "wy": ("a2", "f1", "f4", "h1", "s1"),
}
SAMM_VIDEOS = {
    "1": ("1_001_2", "1_001_3"),
    "2": ("2_002_1", "2_002_4"),
    "3": ("3_003_1", "3_003_7"),
    "4": ("4_004_3", "4_004_6"),
    "5": ("5_005_2", "5_005_7"),
}
FPS = {(subject, name): 30.0 for subject, names in CAS_VIDEOS.items() for name in names}
FPS |= {(subject, name): 200.0 for subject, names in SAMM_VIDEOS.items() for name in names}
CAS_PLACES = ("CAS_data", "CASME_test/CAS_data", "CAS", "CAS/data", "data", "")
SAMM_PLACES = ("SAMM_data", "SAMM_test/SAMM_data", "SAMM", "SAMM/data", "data", "")


def load(root: str | Path, fix_labels: bool = True) -> Dataset:
    """Return the `Dataset` of the test set at or below `root`; its videos have no events."""
    places = find_folder(root, CAS_PLACES, "|".join(CAS_VIDEOS)), find_folder(root, SAMM_PLACES, r"\d_\d{3}_\d")
    if not any(places):
        raise InputError(f"{root}: no video of the test set; expected CAS_data/dzw/a1/1.jpg, SAMM_data/1_001_2/*.jpg")
    findings: list[str] = []
    videos = []
    folders = index(_candidates(places), _key, "dzw/a1 or 1_001_2", findings)
    for (subject, name), fps in FPS.items():
        if (subject, name) not in folders:
            findings.append(f"{root}: no folder of subject {subject} video {name}; copy it from the test set")
            continue
        try:
            videos.append(Video(NAME, subject, name, ImageFrames(folders[subject, name]), fps))
        except InputError as error:
            findings.append(str(error))
    return Dataset(NAME, videos=videos, findings=findings)


def _candidates(places: Sequence[Path | None]) -> dict[str, Path]:
    """Return {subject/video or video: folder} of all that lies in the places of the two parts."""
    found: dict[str, Path] = {}
    for place in dict.fromkeys(place for place in places if place):
        for name, folder in subfolders(place).items():
            if name.lower() in CAS_VIDEOS:
                found |= {f"{name}/{video}": path for video, path in subfolders(folder).items()}
            elif folder not in places:
                found[name] = folder
    return found


def _key(name: str) -> tuple[str, str] | None:
    subject, _, video = name.lower().rpartition("/")
    key = subject or video.split("_")[0], video
    return key if key in FPS else None
