"""ME-VQA questions as records; `baselines.formats` reads and writes the files."""

from baselines import formats
from baselines.datasets.records import Question
from baselines.formats import field_text


def read_rows(path, findings=None):
    """Return the rows of a question file as mappings, as they stand; `as_question` makes a record of one.

    Faults raise `InputError`, or with a list `findings` leave the row out: see `formats.read_question_rows`.
    """
    return [row for _, row in formats.read_question_rows(path, findings=findings)]


def as_question(row):
    """Return the `Question` of a row. Subject and video are those of the clip asked about.

    SAMM subjects are padded to three digits, as the database writes them ("6" is 006).
    """
    subject = field_text(row, "subject")
    if field_text(row, "dataset").lower() == "samm" and subject.isdigit():
        subject = subject.zfill(3)
    identity, video, text, answer = (field_text(row, field) for field in ("id", "video", "question", "answer"))
    return Question(identity, video, text, answer, subject)


def read_questions(path):
    """Return the `Question`s of a JSON Lines file; see `read_rows`."""
    return [as_question(row) for row in read_rows(path)]
