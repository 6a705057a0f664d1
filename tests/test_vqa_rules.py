"""The rule answerer: one finding a clip, answers that do not contradict each other, flags on guesses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.action_units import NAMES, answer_set
from baselines.action_units import find as find_units
from baselines.datasets.records import Event, Question, coarse
from baselines.vqa.prior import PriorAnswerer
from baselines.vqa.questions import ParsedQuestion, render
from baselines.vqa.records import Evidence
from baselines.vqa.rules import RuleAnswerer, conclude, video_evidence

probability = st.floats(0, 1)
fine_names = st.sets(st.sampled_from(["disgust", "repression", "anger", "happiness", "surprise", "others"]))
evidences = st.builds(
    Evidence,
    coarse=st.dictionaries(st.sampled_from(["negative", "positive", "surprise"]), probability),
    fine=fine_names.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, probability))),
    action_units=st.dictionaries(st.sampled_from(sorted(NAMES)), probability),
    left=st.none() | probability,
    rate=st.floats(0, 0.5),
)
MEASURED = Evidence(
    coarse={"negative": 0.5, "positive": 0.4, "surprise": 0.1},
    fine={"disgust": 0.3, "repression": 0.1, "happiness": 0.5, "surprise": 0.1},
    action_units={4: 0.2, 7: 0.3, 12: 0.7, 15: 0.1},
    left=0.3,
    rate=0.07,
)


def ask(*parsed):
    texts = [item if isinstance(item, str) else render(item) for item in parsed]
    return [Question(str(n), "clip", text) for n, text in enumerate(texts)]


def texts(questions, evidence, **options):
    return [answer.text for answer in RuleAnswerer(**options).answer_clip(questions, evidence)]


@given(
    evidences,
    st.sampled_from(["one", "several"]),
    st.sampled_from(sorted(NAMES)),
    st.lists(st.sampled_from(sorted(NAMES))),
)
def test_answers_about_a_clip_agree(evidence, number, sided, shown):
    questions = [
        ParsedQuestion("coarse"),
        ParsedQuestion("fine"),
        ParsedQuestion("action_units", number=number),
        ParsedQuestion("combined", number=number),
        ParsedQuestion("description"),
        ParsedQuestion("side", sided),
        *(ParsedQuestion("shown", unit) for unit in shown),
    ]
    broad, fine, listed, sentence, description, side, *yes_no = texts(ask(*questions), evidence)
    units = answer_set(listed)
    assert coarse(fine) == broad
    assert sided in units
    assert len(units) == 1 if number == "one" else len(units) >= min(2, len(evidence.action_units))
    for text in (sentence, description):
        assert set(find_units(text)) == units
        assert f"fine-grained expression class is {fine}, and the coarse expression class is {broad}." in text
    assert side in ("left", "right")
    assert yes_no == ["yes" if unit in units else "no" for unit in shown]


@given(st.text(), evidences)
def test_any_question_gets_an_answer(text, evidence):
    answer = RuleAnswerer().answer(Question("1", "clip", text), evidence)
    assert answer.text


def test_the_emotion_is_the_best_pair_that_goes_together():
    finding = conclude(MEASURED)
    assert (finding.coarse, finding.fine) == ("positive", "happiness")  # .4 * .5 beats .5 * .3
    assert finding.doubts.keys() == {"events"}


def test_without_fine_names_the_most_probable_coarse_class_decides():
    only_coarse = Evidence(coarse={"negative": 0.6, "positive": 0.1, "surprise": 0.3}, fine={"surprise": 1.0})
    finding = conclude(only_coarse)
    assert (finding.coarse, finding.fine) == ("negative", "negative")
    assert "fine" in finding.doubts
    surprised = conclude(Evidence(coarse={"negative": 0.2, "surprise": 0.8}, fine={"surprise": 1.0}))
    assert (surprised.coarse, surprised.fine) == ("surprise", "surprise")
    assert "fine" not in surprised.doubts


def test_what_questions_take_for_granted():
    one, several = ParsedQuestion("action_units", number="one"), ParsedQuestion("action_units", number="several")
    assert conclude(MEASURED, [one]).action_units == (12,)
    assert conclude(MEASURED, [several]).action_units == (7, 12)
    assert conclude(MEASURED, [ParsedQuestion("side", 15)]).action_units == (12, 15)
    # Three times likelier than its average, though below one half: asked about as often as not, it is present.
    assert conclude(MEASURED, [ParsedQuestion("shown", 4)]).action_units == (4, 12)
    assert conclude(MEASURED, [ParsedQuestion("shown", 9)]).action_units == (12,)
    assert conclude(MEASURED).side == "right"


def test_questions_can_be_read_one_by_one():
    questions = ask(ParsedQuestion("action_units", number="several"), ParsedQuestion("side", 15))
    assert texts(questions, MEASURED) == ["lip corner puller, lip corner depressor", "right"]
    assert texts(questions, MEASURED, together=False)[0] == "lid tightener, lip corner puller"


@pytest.mark.parametrize(
    ("text", "evidence", "reason"),
    [
        ("What colour is the wall?", MEASURED, "not understood"),
        ("Is the action unit jaw drop shown on the face?", MEASURED, "jaw drop is too rare"),
        ("Is the action unit lip funneler shown on the face?", MEASURED, "no known action unit"),
        ("Is AU4 on the left or right face?", Evidence(coarse={"negative": 1}, action_units={4: 1}), "one-sided"),
        ("What are the action units?", Evidence(coarse={"positive": 1.0}), "typical of the emotion"),
        ("What is the fine-grained expression class?", Evidence(coarse={"positive": 1.0}), "no fine-grained name"),
        ("How many expression events appear in this video?", MEASURED, "no events were spotted"),
        ("What is the coarse expression class?", Evidence(), "no expression was measured"),
    ],
)
def test_a_guess_has_a_flag(text, evidence, reason):
    answer = RuleAnswerer().answer(Question("1", "clip", text), evidence)
    assert answer.text
    assert reason in answer.flag


def test_what_was_measured_has_no_flag():
    questions = ask(*(ParsedQuestion(kind) for kind in ("coarse", "fine", "description")), ParsedQuestion("side", 12))
    assert [answer.flag for answer in RuleAnswerer().answer_clip(questions, MEASURED)] == [""] * 4


def test_without_units_those_typical_of_the_emotion_are_named():
    several = ParsedQuestion("action_units", number="several")
    assert conclude(Evidence(coarse={"surprise": 1.0}), [several]).action_units == (1, 2)
    assert conclude(Evidence(coarse={"positive": 1.0})).action_units == (12,)


def test_a_long_video_is_answered_from_its_events():
    sad = Evidence(
        coarse={"negative": 1.0, "positive": 0.0}, fine={"sadness": 1.0, "happiness": 0.0}, action_units={15: 0.9}
    )
    found = video_evidence([Event(10, 20, 15), Event(100, 300, 200, "macro")], [MEASURED, sad])
    assert [event.emotion for event in found.events] == ["happiness", "sadness"]
    questions = ask(
        ParsedQuestion("count", scope="expression"),
        ParsedQuestion("count", scope="macro"),
        ParsedQuestion("distinct_action_units"),
        ParsedQuestion("event_type", ordinal=2),
        ParsedQuestion("event_type", ordinal=9),
        "In the 2-th expression event of this video: describe it.",
    )
    answers = RuleAnswerer().answer_clip(questions, found)
    assert [answer.text for answer in answers[:5]] == [
        "2", "1", "lip corner puller, lip corner depressor", "macro-expression", "macro-expression",
    ]  # fmt: skip
    assert "lip corner depressor" in answers[5].text
    assert "class is sadness, and" in answers[5].text
    assert [bool(answer.flag) for answer in answers[:5]] == [False, False, False, False, True]


def test_a_video_without_events_is_answered():
    empty = video_evidence([], [])
    questions = ask(ParsedQuestion("count", scope="micro"), ParsedQuestion("distinct_action_units"), "hm?")
    assert texts(questions, empty)[:2] == ["0", "none"]


def test_events_and_evidences_must_match():
    with pytest.raises(ValueError):
        video_evidence([Event(1, 2)], [])


def test_the_floor_gives_the_most_frequent_answer():
    answered = [
        Question("1", "a", "Is the action unit dimpler shown on the face?", "no"),
        *[Question("2", "a", "Is the action unit brow lowerer shown on the face?", "yes")] * 20,
        Question("3", "a", "What is the coarse expression class?", "positive"),
        *[Question("4", "b", "What is the coarse expression class?", "negative")] * 2,
        Question("5", "b", "What is the fine-grained expression class?", ""),
    ]
    answerer = PriorAnswerer(smoothing=0).fit(answered)
    coarse_class, lowered, dimpler, unseen, fine = answerer.answer_clip(
        ask(
            ParsedQuestion("coarse"),
            ParsedQuestion("shown", 4),
            ParsedQuestion("shown", 14),
            ParsedQuestion("shown", 9),
            ParsedQuestion("fine"),
        )
    )
    assert (coarse_class.text, coarse_class.flag) == ("negative", "")
    assert (lowered.text, dimpler.text) == ("yes", "no")
    assert (unseen.text, bool(unseen.flag)) == ("yes", True)
    assert (fine.text, bool(fine.flag)) == ("yes", True)
    assert PriorAnswerer(smoothing=10).fit(answered).answer(ask(ParsedQuestion("shown", 14))[0]).text == "yes"
    assert PriorAnswerer().fit([]).answer(ask("hm?")[0]).text == ""
