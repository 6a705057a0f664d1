"""The rule answerer: one finding a clip, answers that do not contradict each other, flags on guesses."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.action_units import NAMES, answer_set
from baselines.action_units import find as find_units
from baselines.datasets.classes import coarse
from baselines.datasets.question_kinds import TEMPLATES
from baselines.datasets.records import Event, Question
from baselines.vqa.answerers import Asked, Prior
from baselines.vqa.questions import ParsedQuestion, render
from baselines.vqa.records import Evidence
from baselines.vqa.rules import answer_questions, conclude, video_evidence

probability = st.floats(0, 1)
fine_names = st.sets(st.sampled_from(["disgust", "repression", "anger", "happiness", "surprise", "others"]))
evidences = st.builds(
    Evidence,
    coarse=st.dictionaries(st.sampled_from(["negative", "positive", "surprise"]), probability),
    fine=fine_names.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, probability))),
    action_units=st.dictionaries(st.sampled_from(sorted(NAMES)), probability),
    left=st.none() | probability,
    rate=st.floats(0, 0.5),
    unit_shares=st.just({})
    | st.dictionaries(
        st.sampled_from(["disgust", "happiness", "surprise", "others"]),
        st.dictionaries(st.sampled_from(sorted(NAMES)), st.floats(0.01, 0.99)),
    ),
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


def answer_one(question, evidence):
    (answer,) = answer_questions([question], evidence)
    return answer


def texts(questions, evidence, **options):
    return [answer.text for answer in answer_questions(questions, evidence, **options)]


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


@given(evidences, st.sampled_from(sorted(TEMPLATES)), st.sampled_from(sorted(NAMES)))
def test_a_confidence_is_a_probability(evidence, key, unit):
    question = Question("1", "clip", TEMPLATES[key].format(unit=NAMES[unit], ordinal=1))
    confidence = answer_one(question, evidence).confidence
    assert confidence is None or 0 <= confidence <= 1
    if key[0] in ("count", "event_type", "intervals"):
        assert confidence is None


@given(st.text(), evidences)
def test_any_question_gets_an_answer(text, evidence):
    answer = answer_one(Question("1", "clip", text), evidence)
    assert answer.text


def test_the_emotion_is_the_best_pair_that_goes_together():
    finding = conclude(MEASURED)
    assert (finding.coarse, finding.fine) == ("positive", "happiness")  # .4 * .5 beats .5 * .3
    assert finding.doubts.keys() == {"events"}


def test_units_speak_for_the_emotion_that_shows_them():
    often = {"disgust": {4: 0.8, 12: 0.1}, "repression": {4: 0.4, 12: 0.1}, "happiness": {4: 0.1, 12: 0.9}}
    torn = Evidence(
        coarse={"negative": 0.5, "positive": 0.5},
        fine={"disgust": 0.4, "repression": 0.1, "happiness": 0.5},
        action_units={4: 0.2, 12: 0.7},
        unit_shares=often,
    )
    assert conclude(torn).fine == "happiness"
    assert conclude(replace(torn, action_units={4: 0.9, 12: 0.1})).fine == "disgust"
    # .4, .1 and .5, times .8 * .9, .4 * .9 and .1 * .1 for brow lowerer present, lip corner puller not
    certain = conclude(replace(torn, action_units={4: 1.0, 12: 0.0}))
    assert certain.confidence["fine"] == pytest.approx(0.288 / (0.288 + 0.036 + 0.005), rel=1e-3)
    assert certain.confidence["coarse"] == pytest.approx((0.288 + 0.036) / (0.288 + 0.036 + 0.005), rel=1e-3)
    lacking = {name: shares for name, shares in often.items() if name != "repression"}
    assert conclude(replace(torn, action_units={4: 0.9, 12: 0.1}, unit_shares=lacking)).fine == "happiness"


def test_confidence_is_the_probability_of_what_is_said():
    parsed = [ParsedQuestion(kind) for kind in ("coarse", "fine", "description")]
    parsed += [ParsedQuestion("side", 12), ParsedQuestion("shown", 15), ParsedQuestion("shown", 9)]
    broad, fine, description, side, absent, unknown = answer_questions(ask(*parsed), MEASURED)
    # products .5 * (.3 + .1), .4 * .5, .1 * .1
    assert broad.confidence == pytest.approx(0.2 / 0.41)
    assert fine.confidence == pytest.approx(0.2 / 0.41)
    assert description.confidence == pytest.approx(0.2 / 0.41)  # its units are surer
    assert side.confidence == pytest.approx(0.7)
    even = (0.1 / 0.9) / (0.07 / 0.93)  # odds against those of asking about a present unit as often as an absent one
    assert absent.text == "yes"
    assert absent.confidence == pytest.approx(even / (1 + even))
    assert (unknown.text, unknown.confidence) == ("no", None)
    assert answer_one(ask(ParsedQuestion("coarse"))[0], Evidence()).confidence is None


def test_one_unit_alone_is_as_sure_as_its_odds_among_all():
    units = Evidence(coarse={"positive": 1.0}, action_units={6: 0.5, 12: 0.75})  # odds 1 and 3
    one, several = ParsedQuestion("action_units", number="one"), ParsedQuestion("action_units", number="several")
    answers = [answer_one(ask(question)[0], units) for question in (one, several)]
    assert [answer.text for answer in answers] == ["lip corner puller", "cheek raiser, lip corner puller"]
    assert [answer.confidence for answer in answers] == pytest.approx([0.75, 0.625])


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
        ("Is the action unit jaw drop shown on the face?", MEASURED, "asked about is too rare"),
        ("Is the action unit lip funneler shown on the face?", MEASURED, "no known action unit"),
        ("Is AU4 on the left or right face?", Evidence(coarse={"negative": 1}, action_units={4: 1}), "one-sided"),
        ("What are the action units?", Evidence(coarse={"positive": 1.0}), "typical of the emotion"),
        ("What is the fine-grained expression class?", Evidence(coarse={"positive": 1.0}), "no fine-grained name"),
        ("How many expression events appear in this video?", MEASURED, "no events were spotted"),
        ("What is the coarse expression class?", Evidence(), "no expression was measured"),
    ],
)
def test_a_guess_has_a_flag(text, evidence, reason):
    answer = answer_one(Question("1", "clip", text), evidence)
    assert answer.text
    assert reason in answer.flag


def test_what_was_measured_has_no_flag():
    questions = ask(*(ParsedQuestion(kind) for kind in ("coarse", "fine", "description")), ParsedQuestion("side", 12))
    assert [answer.flag for answer in answer_questions(questions, MEASURED)] == [""] * 4


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
    answers = answer_questions(questions, found)
    assert [answer.text for answer in answers[:5]] == [
        "2", "1", "lip corner puller, lip corner depressor", "macro-expression", "macro-expression",
    ]  # fmt: skip
    assert "lip corner depressor" in answers[5].text
    assert "class is sadness, and" in answers[5].text
    assert [bool(answer.flag) for answer in answers[:5]] == [False, False, False, False, True]


def test_an_event_that_could_not_be_measured_is_counted():
    happy = Evidence(coarse={"positive": 1.0}, fine={"happiness": 1.0}, action_units={12: 0.9})
    found = video_evidence([Event(1, 9, 5), Event(20, 30, 25)], [None, happy])
    questions = [
        ParsedQuestion("count", scope="expression"),
        ParsedQuestion("distinct_action_units"),
        "Event 1: explain",
    ]
    assert texts(ask(*questions), found) == [
        "2", "lip corner puller", "The action unit present is: none. Therefore, the fine-grained expression class is "
        "happiness, and the coarse expression class is positive.",
    ]  # fmt: skip


def test_a_video_without_events_is_answered():
    empty = video_evidence([], [])
    questions = ask(ParsedQuestion("count", scope="micro"), ParsedQuestion("distinct_action_units"), "hm?")
    assert texts(questions, empty)[:2] == ["0", "none"]
    story = answer_one(ask("Summarize the whole video")[0], empty)
    assert story.text == "0 expression events."


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
    training = Asked([], [answered[:4], answered[4:]], None, [])
    answerer = Prior(smoothing=0).fit(training)
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
    assert Prior(smoothing=10).fit(training).answer_clip(ask(ParsedQuestion("shown", 14)))[0].text == "yes"
    assert Prior().fit(Asked([], [], None, [])).answer_clip(ask("hm?"))[0].text == ""
