"""Answer a whole file of questions about the clips and videos in a folder."""

import warnings
from collections import Counter

from baselines.datasets.questions import as_question
from baselines.errors import InputError
from baselines.files import read_jsonl
from baselines.formats import VQA_ADDED, field_text, sound_rows, write_answers
from baselines.vqa import answerers
from baselines.vqa.media import find_media
from baselines.vqa.questions import parse

LISTED = 20  # unanswered questions named in one message


def answer_file(questions, media, answerer, options, output, fps=None, jobs=1):
    """Answer the questions of a JSON Lines file and write them with their answers to `output`.

    Returns ([one message a failure], whether any question was answered). A row without answer keeps an empty one;
    lines that are no JSON object are left out. An answered row gets `confidence` (0..1) where the answerer has one,
    and `flag`, the reason, where the answer is no more than a best effort. answerer: rules, llama or hybrid;
    options: `answerers.Options`. Raises `InputError` if the file holds no question.
    """
    failures, rows = [], []
    # read once, line by line, so that what is wrong is told in the order of the lines
    entries = (rows.append(entry) or entry for entry in read_jsonl(questions, failures))
    sound = sound_rows(entries, findings=failures)
    broken = len(failures) - (len(rows) - len(sound))
    if not sound:
        raise InputError("; ".join(failures[:1]) or f"{questions}: no question; expected one JSON object a line")
    asked = {}  # one group for each clip, video, or part of a video that a question names by its frames
    for place, row in sound:
        question = as_question(row)
        asked.setdefault((question.subject, question.video, parse(question.text).span), {})[place] = question
    answer = getattr(answerers, answerer)(options, jobs)
    about_events = {key: key[2] is None and _about_events(group.values()) for key, group in asked.items()}
    records, unreadable = find_media(about_events, media, fps)
    for key, group in asked.items():
        if key not in records:
            fault = f"{media}: no clip {'_'.join(filter(None, key[:2]))} for {len(group)} questions; add it"
            failures.append(unreadable.get(key, fault))
    groups = [list(asked[key].values()) for key in records]
    answers = {}
    for key, (found, failure) in zip(records, answer(list(records.values()), groups)):
        if failure:
            failures.append(failure)
        else:
            answers |= dict(zip(asked[key], found))
    for flag, count in Counter(answer.flag for answer in answers.values() if answer.flag).most_common():
        warnings.warn(f"{count} answers are best efforts: {flag}", stacklevel=2)
    if answers:
        write_answers(output, [_answered(row, answers.get(place)) for place, row in rows])
        failures += _summary(output, rows, answers, broken)
    return failures, bool(answers)


def _about_events(questions):
    return any(parse(question.text).long for question in questions)


def _answered(row, answer):
    """Return a row with its answer; whatever answer it held before is gone, as it may be the true one."""
    row = {name: value for name, value in row.items() if name not in VQA_ADDED}
    row["answer"] = answer.text if answer else ""
    if answer and answer.confidence is not None:
        row["confidence"] = round(answer.confidence, 4)
    if answer and answer.flag:
        row["flag"] = answer.flag
    return row


def _summary(output, rows, answers, broken):
    """Return the message that lists what was not answered, or nothing."""
    names = [field_text(row, "id") or f"({place})" for place, row in rows if place not in answers]
    if not names and not broken:
        return []
    listed = ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
    told = f": {listed}; their answers are empty" if names else ""
    left_out = f"; {broken} lines of the questions are no JSON object and left out" if broken else ""
    return [f"{output}: {len(names)} of {len(rows)} rows not answered{told}{left_out}"]
