"""Zip files for the leaderboards of the MEGC, written only when they are complete.

ME-STR: `cas_pred.csv` and `samm_pred.csv`, columns subject,video,onset,offset,emotion, emotions
negative, positive, surprise; rows of other emotions and macro-expressions are left out, as the
winner of 2025 did. ME-VQA: `me_vqa_casme3_test_pred.jsonl` and `me_vqa_samm_test_pred.jsonl` (v2 and
lvqa: the names of 2026). Both lie at the top of the zip. The names of the files come from
participants' code; the challenge pages state none.
"""

import io
import re
import zipfile
from pathlib import Path

from baselines.datasets.megc2025_str import CAS_VIDEOS, SAMM_VIDEOS
from baselines.errors import InputError
from baselines.files import atomic_path, csv_text, read_jsonl
from baselines.formats.challenge import STRS_COLUMNS, VQA_ADDED, json_lines, read_answers, read_events

KINDS = ("str", "vqa")
EMOTIONS = ("negative", "positive", "surprise")
VQA_NAMES = {
    "v1": {"casme3": "me_vqa_casme3_test_pred.jsonl", "samm": "me_vqa_samm_test_pred.jsonl"},
    "v2": {"casme3": "me_vqa_casme3_v2_test_pred.jsonl", "samm": "me_vqa_samm_v2_test_pred.jsonl"},
    "lvqa": {"casme3": "me_lvqa_casme3_test_pred.jsonl", "samm": "me_lvqa_samm_test_pred.jsonl"},
}
STR_NAMES = {"cas": "cas_pred.csv", "samm": "samm_pred.csv"}
V1_CLIPS = {"casme3": 17, "samm": 7}  # five questions each
_MOMENT = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that equal predictions give equal bytes


def write_submission(kind, predictions, output, questions=(), version="v1"):
    """Write the zip of a leaderboard and tell what is in it.

    kind: str or vqa. predictions: one or more files. A row goes to the database that has its subject and
    video; a video outside the unseen set of 2025 goes by the name of its file, cas* or samm*.
    questions (vqa): the official files of questions, every one of which must be answered; without
    them the number of questions of `version` v1 is checked. version (vqa): v1, v2 or lvqa; the last two
    need `questions`. Returns {"files": {name: rows}, "left_out": {reason: rows}, "warnings": [lines]}.
    Raises `InputError` if anything is missing or does not belong, and then writes nothing.
    """
    predictions = [Path(path) for path in ([predictions] if isinstance(predictions, (str, Path)) else predictions)]
    if kind == "str":
        texts, summary = _str_files(predictions)
    elif kind == "vqa":
        texts, summary = _vqa_files(predictions, questions, version)
    else:
        raise InputError(f"submission {kind!r} is unknown; expected str or vqa")
    content = _zip_bytes(texts)
    with atomic_path(output) as temporary:
        temporary.write_bytes(content)
    return summary


def _str_files(predictions):
    rows, left_out, warnings, seen = {database: [] for database in STR_NAMES}, {}, {}, {}
    for path in predictions:
        for row in read_events(path, emotion=True):
            database = _database_of(row, path, warnings)
            key = tuple(row[name] for name in STRS_COLUMNS)
            if key in seen:
                raise InputError(f"{row['place']}: duplicate of {seen[key]}; keep one of the two rows")
            seen[key] = row["place"]
            reason = _reason_to_leave_out(row)
            if reason:
                left_out[reason] = left_out.get(reason, 0) + 1
            else:
                rows[database].append(row)
    for database, mine in rows.items():
        if not mine:
            raise InputError(
                f"{', '.join(map(str, predictions))}: no prediction for {STR_NAMES[database]}; "
                "the leaderboard needs both databases, add the file of the other one"
            )
        mine.sort(key=lambda row: (row["subject"], row["video"], row["onset"], row["offset"]))
    texts = {STR_NAMES[database]: csv_text(STRS_COLUMNS, mine) for database, mine in rows.items()}
    counts = {STR_NAMES[database]: len(mine) for database, mine in rows.items()}
    return texts, {"files": counts, "left_out": left_out, "warnings": list(warnings.values())}


def _database_of(row, path, warnings):
    subject, video = row["subject"], row["video"]
    for database, videos in (("cas", CAS_VIDEOS), ("samm", SAMM_VIDEOS)):
        if video in videos.get(subject, ()):
            return database
    named = re.match("cas|samm", path.name.lower())
    if not named:
        raise InputError(
            f"{row['place']}: subject {subject!r} has no video {video!r} in the unseen set of 2025, and the file is "
            "named neither cas* nor samm*; expected subjects like dzw with videos like a1, or 1 with 1_001_2"
        )
    line = f"{row['place']}: video {video!r} of subject {subject!r} is not in the unseen set of 2025"
    warnings.setdefault((subject, video), line)
    return named.group()


def _reason_to_leave_out(row):
    if row["type"] == "macro":
        return "macro-expressions"
    if row["emotion"] in EMOTIONS:
        return None
    if row["emotion"] in ("others", "other"):
        return "others"
    raise InputError(f"{row['place']}: emotion {row['emotion']!r}; expected {', '.join(EMOTIONS)} or others")


def _vqa_files(predictions, questions, version):
    if version not in VQA_NAMES:
        raise InputError(f"version {version!r} is unknown; expected one of {', '.join(VQA_NAMES)}")
    records = {database: {} for database in VQA_NAMES[version]}
    for path in predictions:
        answers = {row["id"]: row for row in read_answers(path)}
        for place, record in read_jsonl(path):
            row = answers[str(record.get("id") or record.get("video_id")).strip()]
            mine = records[_database_of_question(row)]
            if row["id"] in mine:
                raise InputError(f"{place}: question {row['id']} is answered in another file as well; keep one")
            mine[row["id"]] = {name: value for name, value in record.items() if name not in VQA_ADDED}
    if questions:
        _check_answered(records, questions)
    elif version == "v1":
        _check_numbers(records)
    else:
        raise InputError(f"a submission of {version} needs the files of its questions, to see that none is missing")
    names = VQA_NAMES[version]
    texts = {names[database]: json_lines(mine.values()) for database, mine in records.items()}
    counts = {names[database]: len(mine) for database, mine in records.items()}
    return texts, {"files": counts, "left_out": {}, "warnings": []}


def _check_answered(records, questions):
    wanted = {}
    for path in questions:
        for place, record in read_jsonl(path):
            wanted[str(record.get("id") or record.get("video_id") or "").strip()] = place
    answered = {name for mine in records.values() for name in mine}
    for name, place in wanted.items():
        if name not in answered:
            raise InputError(f"{place}: question {name} has no answer in the predictions; add it")
    for name in sorted(answered - wanted.keys()):
        raise InputError(f"question {name} of the predictions is in none of the files of questions; take it out")
    for database, mine in records.items():
        if not mine:
            raise InputError(f"no answer for {database}; the leaderboard needs both databases")


def _check_numbers(records):
    for database, clips in V1_CLIPS.items():
        prefix = "SAMM" if database == "samm" else "CAS"
        found = {}
        for record in records[database].values():
            found[str(record.get("video"))] = found.get(str(record.get("video")), 0) + 1
        for clip in (f"{prefix}-{number}" for number in range(1, clips + 1)):
            if found.get(clip, 0) != 5:
                raise InputError(
                    f"clip {clip} has {found.get(clip, 0)} answers; expected 5, and {clips} clips of {database}"
                )
        if len(found) > clips:
            extra = sorted(found.keys() - {f"{prefix}-{number}" for number in range(1, clips + 1)})[0]
            raise InputError(f"clip {extra} is not in the test set of 2025; expected {prefix}-1 to {prefix}-{clips}")


def _database_of_question(row):
    for text in (row["video"], row["id"]):
        match = re.match("cas|samm", text.lower())
        if match:
            return {"cas": "casme3", "samm": "samm"}[match.group()]
    raise InputError(f"{row['place']}: cannot tell the database of {row['id']}; expected a video like SAMM-1 or CAS-1")


def _zip_bytes(texts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), text.encode(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
