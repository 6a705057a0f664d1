"""What miniature databases on disk are made of: spreadsheets, folders of small pictures, short videos.

The miniature of a dataset itself is `replica(folder)` of its test module, tests/test_dataset_<module>.py. WHOLE has
copies that are complete by their counts, with tiny pictures and the cells of the published sheets.
"""

import csv
from functools import lru_cache
from itertools import cycle

import cv2
import numpy as np

from baselines.datasets import adapter
from baselines.formats.spreadsheets import read_sheets

# what published sheets hold in the column of action units
AU_CELLS = (
    *("?", "NULL", "14or23", "10or11", "AD38", "AD39", "AD31", "M57", "4+M58", "A(4B/C)+5B", "R(12or14)B"),
    *("twice - L1B", "(loses 1+2) or (4(B/C))", "4+7+L10", "12", "R2+15", None),
)


def write_xlsx(path, sheets):
    """Write {sheet: rows of cells} as an .xlsx file and return its path; a None cell stays empty."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def write_xls(path, sheets):
    """Write {sheet: rows of cells} as an .xls file (Excel 97) and return its path; a None cell stays empty."""
    import xlwt

    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(row, column, cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(str(path))
    return path


def export_sheets(root, keep=False):
    """Write each sheet of each workbook below `root` as CSV beside it, and delete the workbook unless it is kept."""
    for book in [path for path in sorted(root.rglob("*.xls*")) if path.is_file()]:
        sheets = list(read_sheets(book))
        for place, rows in sheets:
            sheet = f"-{place.rpartition(' sheet ')[2]}" if len(sheets) > 1 else ""
            with book.with_name(f"{book.stem}{sheet}.csv").open("w", newline="") as file:
                csv.writer(file).writerows(rows)
        if not keep:
            book.unlink()


def rename_sheets(root):
    """Give the sheets of each workbook below `root` other names, and set one in front of them."""
    for book in [path for path in sorted(root.rglob("*.xls*")) if path.is_file()]:
        sheets = {"Read me": [["about this file"]]}
        sheets |= {f"Sheet{number}": rows for number, (_, rows) in enumerate(read_sheets(book), start=1)}
        (write_xls if book.suffix == ".xls" else write_xlsx)(book, sheets)


def write_frames(folder, names, size=(32, 24)):
    """Write one small real picture of `size` (width, height) a file name, in the format of its suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(_picture(name[name.rindex(".") :], size))
    return folder


def empty_frames(folder, names):
    """Write empty files under these names: enough for whatever only lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def write_noise(folder, count=5, size=(24, 32), seed=0):
    """Write random (H, W, 3) frames of `size` (height, width) as img1.png, img2.png, ... and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = np.random.default_rng(seed).integers(0, 256, (count, *size, 3), dtype=np.uint8)
    for number, frame in enumerate(frames, start=1):
        cv2.imwrite(str(folder / f"img{number}.png"), frame[..., ::-1])
    return frames


def write_video(path, levels=range(0, 200, 10), fps=25, size=(64, 48)):
    """Write a video of `size` (width, height) with one frame of each grey level and return its path."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, size)
    for level in levels:
        writer.write(np.full((size[1], size[0], 3), level, np.uint8))
    writer.release()
    return path


@lru_cache
def _picture(suffix, size):
    width, height = size
    ramp = np.linspace(0, 255, width * height, dtype=np.uint8).reshape(height, width)
    return cv2.imencode(suffix, np.stack([ramp, ramp[::-1], ramp[:, ::-1]], axis=-1))[1].tobytes()


def _published(name):
    """Return the counts of a complete copy, and an emotion for each of its clips."""
    published = adapter(name).ABOUT.published
    emotions = {what.removeprefix("emotion "): n for what, n in published.items() if what.startswith("emotion ")}
    return published, [emotion for emotion, number in emotions.items() for _ in range(number)]


def whole_casme2(root):
    published, emotions = _published("casme2")
    header = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion"]
    rows = []
    for number, (emotion, aus) in enumerate(zip(emotions, cycle(AU_CELLS))):
        subject, name = number % published["subjects"] + 1, f"EP{number // 20:02}_{number % 20:02}f"
        rows.append([subject, name, 46, "/" if number == 7 else 47, 48, aus, emotion])
        write_frames(root / f"CASME2-RAW/sub{subject:02}/{name}", [f"img{frame}.jpg" for frame in range(45, 50)])
    write_xlsx(root / "CASME2-coding-20140508.xlsx", {"Sheet1": [header, *rows]})


def whole_casme_sq(root):
    published, emotions = _published("casme-sq")
    codes = {f"0{group}0{k}": f"{name}{k}" for group, name in ((1, "disgust"), (4, "anger")) for k in range(1, 8)}
    folders = [
        (number % published["subjects"] + 1, list(codes)[number // published["subjects"]])
        for number in range(published["videos"])
    ]
    kinds = ["micro"] * published["micro events"] + ["macro"] * published["macro events"]
    rows = []
    for number, (kind, aus) in enumerate(zip(kinds, cycle(AU_CELLS))):
        subject, code = folders[number % len(folders)]
        onset = 1 + 4 * (number // len(folders))
        emotion = emotions[number] if kind == "micro" else "others"
        cells = [onset, onset + 1, 0 if number % 8 == 7 else onset + 3, aus, emotion, f"{kind}-expression", "fear"]
        rows.append([subject, f"{codes[code]}_{number}", *cells])
    for subject, code in folders:
        names = [f"img{frame:03}.jpg" for frame in range(1, 18)]
        write_frames(root / f"rawpic/s{subject + 14}/{subject + 14}_{code}clip", names)
    rule1 = [[n + 14, f"s{n + 14}", n] for n in range(1, published["subjects"] + 1)]
    sheets = {"CASFEcode_final": rows, "naming rule1": rule1, "naming rule2": [list(pair) for pair in codes.items()]}
    write_xlsx(root / "CAS(ME)^2code_final.xlsx", sheets)


def whole_samm_lv(root):
    published = adapter("samm-lv").ABOUT.published
    videos = [(n % published["subjects"] + 6, n // published["subjects"] + 1) for n in range(published["videos"])]
    kinds = ["Micro - 1/2"] * published["micro events"] + ["Macro"] * published["macro events"]
    rows = []
    for number, (kind, aus) in enumerate(zip(kinds, cycle(AU_CELLS))):
        (subject, video), place = videos[number % len(videos)], number // len(videos)
        onset = 0 if kind == "Macro" and number % 50 == 0 else 1.4 + 4 * place
        name = f"{subject:03}_{video}_{place + 1}"
        rows.append(
            [subject, name, 1, onset, -1 if number % 9 == 0 else onset + 1, 4.2 + 4 * place, 4, kind, aus, None]
        )
    header = ["Subject", "Filename", "Inducement Code", "Onset", "Apex", "Offset", "Duration", "Type", "Action Units"]
    preamble = [["SAMM Long Videos"], *[["note"]] * 8]
    write_xlsx(root / "SAMM_LongVideos_V3_Release.xlsx", {"Sheet1": [*preamble, [*header, "Notes"], *rows]})
    header = ["Subject", "Filename", "Onset Frame", "Apex Frame", "Offset Frame", "Action Units", "Estimated Emotion"]
    micro = [[*row[:2], *row[3:6], row[8], "Anger"] for row in rows if row[7] != "Macro"]
    write_xlsx(root / "SAMM_Micro_FACS_Codes_v2.xlsx", {"MICRO_ONLY": [*[["note"]] * 13, header, *micro]})
    for subject, video in videos:
        name = f"{subject:03}_{video}"
        write_frames(root / "SAMM_longvideos" / name, [f"{name}_{frame:04}.jpg" for frame in range(1, 19)])


def whole_casme3_clips(root):
    _, emotions = _published("casme3")
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
    rows = []
    for number, (emotion, aus) in enumerate(zip(emotions, cycle(AU_CELLS))):
        subject, video, onset = f"spNO.{number % 94 + 1}", "abcdefghijklm"[number // 94], 37 + number
        rows.append([subject, video, onset, onset + 1, onset + 2, aus, 1, emotion])
        names = [f"{frame}.jpg" for frame in range(onset, onset + 3)]
        write_frames(root / f"Part_A_ME_clip/frame/{subject}_{video}_{onset}", names)
    write_xlsx(root / "annotation/cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", {"label": [header, *rows]})


def whole_dfme(root):
    published = adapter("dfme").ABOUT.published
    header = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Emotion", "EmotionId", "Fps", "AU"]
    parts = {"training_full_with_AU": [], "test_A_full_with_AU": [], "test_B_full_with_AU": []}
    for number, aus in zip(range(published["clips"]), cycle(AU_CELLS)):
        subject = f"sub{number % published['subjects']:04}"
        part = ("training_full_with_AU", "test_A_full_with_AU", "test_B_full_with_AU")[number % 259 // 100]
        name = f"{subject}_{number // 259:02}"
        parts[part].append([subject, name, 0 if number < 1240 else 1, 2, 3, "fear", 3, 200, aus])
        write_frames(root / f"DFME_{part[:6]}" / name, [f"{frame:05}.png" for frame in range(1, 4)])
    for part, rows in parts.items():
        write_xlsx(root / f"{part}.xlsx", {"Sheet1": [header, *rows]})


# name -> what writes a copy that is complete by its counts
WHOLE = {
    "casme2": whole_casme2, "casme-sq": whole_casme_sq, "samm-lv": whole_samm_lv, "casme3": whole_casme3_clips,
    "dfme": whole_dfme,
}  # fmt: skip
