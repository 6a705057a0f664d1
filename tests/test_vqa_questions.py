"""Questions: every template of the challenge is understood and worded again; files are read with clear errors."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.action_units import NAMES
from baselines.datasets.question_kinds import KINDS, TEMPLATES
from baselines.datasets.questions import as_question, read_questions, read_rows
from baselines.errors import InputError
from baselines.formats.challenge import write_answers
from baselines.vqa.questions import LAST, ParsedQuestion, parse, render

# Wordings of ME-VQA v1 (MEGC2025) and of the long-video questions of the MEGC2026, written out.
OFFICIAL = {
    "What is the coarse expression class?": ParsedQuestion("coarse"),
    "What is the fine-grained expression class?": ParsedQuestion("fine"),
    "What is the action unit?": ParsedQuestion("action_units", number="one"),
    "What are the action units?": ParsedQuestion("action_units", number="several"),
    "Is the action unit dimpler located on the left or right face?": ParsedQuestion("side", 14),
    "Is the action unit tilt right shown on the face?": ParsedQuestion("shown", 56),
    "What is the action unit present, and based on it, what is the fine-grained expression and the coarse "
    "expression class?": ParsedQuestion("combined", number="one"),
    "What are the action units present, and based on them, what is the fine-grained expression and the coarse "
    "expression class?": ParsedQuestion("combined", number="several"),
    "Please analyse the micro-expression shown in this video in detail.": ParsedQuestion("description"),
    "How many expression events appear in this video?": ParsedQuestion("count", scope="expression"),
    "How many micro-expression events appear in this video?": ParsedQuestion("count", scope="micro"),
    "How many macro-expression events appear in this video?": ParsedQuestion("count", scope="macro"),
    "What distinct action units appear in this video?": ParsedQuestion("distinct_action_units"),
    "What is the expression type of the 12-th expression event in this video?": ParsedQuestion(
        "event_type", ordinal=12
    ),
}

# Wordings of kinds that key words tell, too; a new kind is told by its wordings alone until `_read` knows some of it.
BY_KEY_WORDS = {
    "coarse", "fine", "action_units", "side", "shown", "combined", "description", "count", "distinct_action_units",
    "event_type", "intervals",
}  # fmt: skip
PARAPHRASED = sorted(key for key in TEMPLATES if key[0] in BY_KEY_WORDS)
PARAPHRASES = {
    "Provide a detailed analysis of the micro-expression observed in this clip.": ParsedQuestion("description"),
    "Provide a comprehensive analysis of the facial micro-expression shown in this clip.": ParsedQuestion(
        "description"
    ),
    "In the 3-th expression event of this video (frames 699-707, apex 703): describe the face.": ParsedQuestion(
        "description", ordinal=3, span=(699, 707, 703)
    ),
    "Analyse frames 20 to 31 of the video": ParsedQuestion("description", span=(20, 31, None)),
    "Reason over the whole video: how many micro-expression events does it contain?": ParsedQuestion(
        "description", scope="video"
    ),
    "Summarize the whole video": ParsedQuestion("description", scope="video"),
    "Summarise the facial movements in this clip.": ParsedQuestion("description"),
    "Describe the second expression": ParsedQuestion("description", ordinal=2),
    "Please analyse the face, its action units and coarse and fine emotion.": ParsedQuestion(
        "combined", number="several"
    ),
    "which COARSE class is it": ParsedQuestion("coarse"),
    "Is the expression positive, negative or surprise?": ParsedQuestion("coarse"),
    "Classify the expression coarsely": ParsedQuestion("coarse"),
    "What is the coarse-grained class of the expression?": ParsedQuestion("coarse"),
    "What's the valence?": ParsedQuestion("coarse"),
    "What emotion does the face show?": ParsedQuestion("fine"),
    "How does the person feel?": ParsedQuestion("fine"),
    "What is the expression?": ParsedQuestion("fine"),
    "What is the fine\u2013grained expression class?": ParsedQuestion("fine"),
    "What are the fine-grained and the coarse class?": ParsedQuestion("combined"),
    "What facial muscles move?": ParsedQuestion("action_units", number="several"),
    "Identify the action unit(s).": ParsedQuestion("action_units"),
    "Name the AU": ParsedQuestion("action_units", number="one"),
    "Which AUs are active?": ParsedQuestion("action_units", number="several"),
    "Is AU12 present?": ParsedQuestion("shown", 12),
    "Does the face show a nose-wrinkler?": ParsedQuestion("shown", 9),
    "Can you see action unit 4?": ParsedQuestion("shown", 4),
    "Is the action unit lip funneler shown on the face?": ParsedQuestion("shown"),
    "On which side of the face is LAU14?": ParsedQuestion("side", 14),
    "Is the action unit eyes left located on the left or right face?": ParsedQuestion("side", 61),
    "Number of macro expressions?": ParsedQuestion("count", scope="macro"),
    "How many MEs are in this video?": ParsedQuestion("count", scope="micro"),
    "How many MaEs are in this video?": ParsedQuestion("count", scope="macro"),
    "Count the microexpressions.": ParsedQuestion("count", scope="micro"),
    "Where are the macro-expressions in this video?": ParsedQuestion("intervals", scope="macro"),
    "Give onset and offset of every event": ParsedQuestion("intervals", scope="expression"),
    "Which different AUs occur?": ParsedQuestion("distinct_action_units"),
    "Is event 4 a micro-expression?": ParsedQuestion("event_type", ordinal=4),
    "What is the type of the last expression event?": ParsedQuestion("event_type", ordinal=LAST),
    "\uff37\uff48\uff41\uff54 is the coarse class?": ParsedQuestion("coarse"),
    "What is the corase expresion class?": ParsedQuestion("coarse"),
    "Wht are the actoin units?": ParsedQuestion("action_units", number="several"),
    "Is the action unit brow lowerrer shown on the face?": ParsedQuestion("shown", 4),
    "How many micro- and macro-expressions are there?": ParsedQuestion("count", scope="expression"),
    "Is the second event a micro-expression or a macro-expression?": ParsedQuestion("event_type", ordinal=2),
    "What type of expression is event 7?": ParsedQuestion("event_type", ordinal=7),
    "Name the action units and the emotion": ParsedQuestion("combined", number="several"),
    "": ParsedQuestion("unknown"),
    "What colour is the wall?": ParsedQuestion("unknown"),
}


@pytest.mark.parametrize("text", OFFICIAL)
def test_official_wording_is_understood_and_given_back_to_the_character(text):
    assert parse(text) == OFFICIAL[text]
    assert render(parse(text)) == text


@pytest.mark.parametrize("text", PARAPHRASES)
def test_paraphrases(text):
    assert parse(text) == PARAPHRASES[text]


@given(st.sampled_from(sorted(TEMPLATES)), st.sampled_from(sorted(NAMES)), st.integers(1, 999))
def test_every_template_survives_parse_and_render(key, unit, ordinal):
    text = TEMPLATES[key].format(unit=NAMES[unit], ordinal=ordinal)
    parsed = parse(text)
    assert (parsed.kind, parsed.number or parsed.scope) == key
    assert parsed.action_unit == (unit if "{unit}" in TEMPLATES[key] else None)
    assert parsed.ordinal == (ordinal if "{ordinal}" in TEMPLATES[key] else None)
    assert render(parsed) == text


@given(st.sampled_from(PARAPHRASED), st.sampled_from(sorted(NAMES)), st.integers(1, 999))
def test_key_words_alone_tell_what_every_template_asks(key, unit, ordinal):
    text = TEMPLATES[key].format(unit=NAMES[unit], ordinal=ordinal)
    assert parse(f"Hello there! {text} Thank you.") == parse(text)


@given(st.sampled_from(sorted(TEMPLATES)), st.sampled_from(sorted(NAMES)), st.integers(1, 999), st.data())
def test_case_spaces_and_punctuation_do_not_matter(key, unit, ordinal, data):
    text = TEMPLATES[key].format(unit=NAMES[unit], ordinal=ordinal)
    between = st.sampled_from(["", " ", "  ", "\n", "\t", "\u00a0", "-", "\u2011", ", ", "...", " ?! ", '"', "("])
    random = data.draw(st.randoms(use_true_random=False))
    loud = "".join(random.choice((c.lower(), c.upper())) for c in text)
    loose = "".join(c if c.isalnum() else data.draw(between) for c in loud)
    assert parse(loose) == parse(text)


@given(st.sampled_from([key for key in PARAPHRASED if key[0] not in ("shown", "side")]), st.integers(0, 10_000))
def test_a_misspelt_word_does_not_matter(key, place):
    words = TEMPLATES[key].format(unit="", ordinal=2).split()
    long = [n for n, word in enumerate(words) if len(re.sub("[^a-z]", "", word)) == len(word) > 7]
    if not long:
        return
    n = long[place % len(long)]
    cut = 1 + place % (len(words[n]) - 2)
    words[n] = words[n][:cut] + words[n][cut + 1 :]
    assert parse(" ".join(words)).kind == key[0]


WORDS = ("AU12", "au", "0", "th", "event", "left", "how many", "action unit", "expression", "type", "é")


@given(st.text() | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_no_text_is_too_strange(text):
    assert parse(text).kind in KINDS


def test_what_has_no_wording_is_refused():
    last = ParsedQuestion("event_type", ordinal=LAST)
    for question in (ParsedQuestion("unknown"), ParsedQuestion("shown"), ParsedQuestion("event_type"), last):
        with pytest.raises(ValueError, match="no wording"):
            render(question)


def test_all_real_questions_are_understood(shared_data):
    rows = read_rows(shared_data / "me_vqa" / "me_vqa_casme2.jsonl")
    assert len(rows) == 911
    assert [row["question"] for row in rows if render(parse(row["question"])) != row["question"]] == []
    assert not any(parse(row["question"]).long for row in rows)


def test_questions_about_the_events_of_a_long_video():
    long = {text for text in (*OFFICIAL, *PARAPHRASES) if parse(text).long}
    kinds = {parse(text).kind for text in long}
    assert kinds == {"count", "intervals", "event_type", "distinct_action_units", "description"}
    assert "Please analyse the micro-expression shown in this video in detail." not in long
    assert "Summarize the whole video" in long


def test_a_very_long_question_is_read_in_no_time():
    assert parse("blah " * 100_000).kind == "unknown"
    assert parse("What is the coarse class?" + " please" * 100_000).kind == "coarse"


TRAIN_ROW = {
    "id": "samm_006_1_2_1",
    "dataset": "samm",
    "image_id": "006_1_2",
    "subject": "6",
    "filename": "006_1_2",
    "question": "What is the coarse expression class?",
    "answer": "positive",
}
TEST_ROW = {"video_id": "samm_test_SAMM-1_1", "video": "SAMM-1", "question": "What is the action unit?", "answer": ""}


def write(path, *lines):
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def test_training_and_test_rows_are_read(tmp_path):
    path = write(tmp_path / "q.jsonl", TRAIN_ROW, "", TEST_ROW, {"id": 7, "video": "a", "question": "?", "answer": 3})
    training, test, count = read_questions(path)
    assert (training.id, training.subject, training.video) == ("samm_006_1_2_1", "006", "006_1_2")
    assert training.answer == "positive"
    assert (test.id, test.subject, test.video, test.answer) == ("samm_test_SAMM-1_1", "", "SAMM-1", "")
    assert (count.id, count.answer) == ("7", "3")
    assert as_question(TRAIN_ROW | {"dataset": "casme2", "subject": "sub01"}).subject == "sub01"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "line 2: not JSON"),
        ("[1]", "line 2: expected a JSON object"),
        ({"video": "a", "question": "?"}, "line 2: no id or video_id"),
        ({"id": "a", "question": "?"}, "line 2: no video or filename or image_id"),
        ({"id": "a", "video": "a", "question": " "}, "line 2: no question"),
        (TRAIN_ROW, "line 2: id 'samm_006_1_2_1' is a duplicate of .*line 1"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(tmp_path, line, message):
    path = write(tmp_path / "q.jsonl", TRAIN_ROW, line)
    with pytest.raises(InputError, match=f"q.jsonl {message}"):
        read_rows(path)


def test_a_real_file_is_written_back_byte_for_byte(shared_data, tmp_path):
    source = shared_data / "me_vqa" / "me_vqa_casme2.jsonl"
    rows = read_rows(source)
    write_answers(tmp_path / "out.jsonl", rows)
    assert (tmp_path / "out.jsonl").read_bytes().splitlines() == source.read_bytes().splitlines()
