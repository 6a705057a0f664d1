"""Files of ME-VQA questions in JSON Lines, as the challenges publish them."""

from baselines.datasets.records import Question
from baselines.errors import InputError
from baselines.files import read_jsonl


def read_rows(path):
    """Return the rows of a question file as mappings, as they stand; `as_question` makes a record of one.

    A row has a question, an id (`id`, or `video_id` in test files) and what it is about (`video`, `filename`
    or `image_id`). A row that lacks one, a line that is not JSON and an id that stands twice raise `InputError`.
    """
    rows, places = [], {}
    for place, row in read_jsonl(path):
        for names in (("id", "video_id"), ("video", "filename", "image_id"), ("question",)):
            if not _text(row, *names):
                raise InputError(f"{place}: no {' or '.join(names)}; a question row needs one that is not empty")
        identity = _text(row, "id", "video_id")
        if identity in places:
            raise InputError(f"{place}: id {identity!r} stands also at {places[identity]}; give every row its own")
        places[identity] = place
        rows.append(row)
    return rows


def as_question(row):
    """Return the `Question` of a row. Subject and video are those of the clip asked about.

    SAMM subjects are padded to three digits, as the database writes them ("6" is 006).
    """
    subject = _text(row, "subject")
    if _text(row, "dataset").lower() == "samm" and subject.isdigit():
        subject = subject.zfill(3)
    video = _text(row, "video", "filename", "image_id")
    return Question(_text(row, "id", "video_id"), video, _text(row, "question"), _text(row, "answer"), subject)


def read_questions(path):
    """Return the `Question`s of a JSON Lines file; see `read_rows`."""
    return [as_question(row) for row in read_rows(path)]


def fill_answers(rows, answers):
    """Return rows as `read_rows` gave them with `answer` filled from {id: text}; `baselines.formats` writes them.

    Every field and the order of fields stay; a row whose id is not in `answers` keeps its answer.
    """
    return [{**row, "answer": answers.get(_text(row, "id", "video_id"), row.get("answer", ""))} for row in rows]


def _text(row, *names):
    return next((str(row[name]).strip() for name in names if row.get(name) not in (None, "")), "")
