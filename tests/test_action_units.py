"""Action unit codes, names and lists."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines import action_units
from baselines.action_units import ActionUnit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AU12", [(12, "", "")]),
        ("LAU14", [(14, "left", "")]),
        ("4+L10", [(4, "", ""), (10, "left", "")]),
        ("AU4 or 7", [(4, "", ""), (7, "", "")]),
        ("AU12B + R14", [(12, "", "B"), (14, "right", "")]),
        ("1 2 4", [(1, "", ""), (2, "", ""), (4, "", "")]),
        ("12?", [(12, "", "")]),
        ("AU12 ref(4)", [(12, "", "")]),
        ("T23", [(23, "", "")]),
        ("lip corner puller, dimpler", [(12, "", ""), (14, "", "")]),
        ("Brow lowerer and lid tightener.", [(4, "", ""), (7, "", "")]),
        ("AU4+AU4", [(4, "", "")]),
        ("", []),
        ("none", []),
    ],
)
def test_parses_every_notation(text, expected):
    assert action_units.parse(text) == tuple(ActionUnit(*unit) for unit in expected)


@pytest.mark.parametrize("text", ["AU", "smile", "AU123", "lip corner puller, smile", "AU4 maybe"])
def test_refuses_what_is_no_action_unit(text):
    with pytest.raises(ValueError, match="not an action unit"):
        action_units.parse(text)


def test_code_and_name_read_back():
    for number, name in action_units.NAMES.items():
        assert action_units.parse_one(name) == ActionUnit(number)
        for side in ("left", "right", ""):
            unit = ActionUnit(number, side)
            assert action_units.parse_one(unit.code) == unit
            assert unit.name == name
    assert ActionUnit(18).name == "action unit 18"
    assert action_units.parse_one(ActionUnit(18).name) == ActionUnit(18)


def test_names_text_reads_back_as_the_same_set():
    numbers = sorted(action_units.NAMES)
    text = action_units.names_text(numbers)
    assert text.startswith("inner brow raiser, outer brow raiser, brow lowerer")
    assert action_units.numbers(text) == frozenset(numbers)


def test_answer_set_keeps_unknown_items():
    assert action_units.answer_set("brow lowerer, Big  smile.") == {4, "big smile"}
    assert action_units.answer_set("AU4+AU7") == {4, 7}


def test_find_reads_names_out_of_a_sentence():
    sentence = "The action units present are: lid tightener, brow lowerer. Therefore, the lid tightener shows disgust."
    assert action_units.find(sentence) == (7, 4)
    assert action_units.find("clips parted") == ()


@pytest.mark.parametrize(
    ("text", "codes", "notes"),
    [
        ("?", "", 1),
        ("NULL", "", 0),
        ("14or23", "AU14 AU23", 1),
        ("10or11", "AU10 AU11", 1),
        ("4/7", "AU4 AU7", 1),
        ("AD38", "AU38", 1),
        ("AD39", "AU39", 1),
        ("AD31", "AU31", 1),
        ("AD19", "", 1),
        ("M57", "", 1),
        ("M56+LAD31", "AU56 LAU31", 2),
        ("4+M58", "AU4", 1),
        ("A(4B/C)+5B", "AU4B AU5B", 0),
        ("R(12or14)B", "RAU12B RAU14B", 1),
        ("twice - L1B", "LAU1B", 1),
        ("(loses 1+2) or (4(B/C))", "AU4B", 3),
        ("12?", "AU12", 1),
        ("L12 or L12B", "LAU12 LAU12B", 0),
        ("R(4+L7D)C", "RAU4C LAU7D", 0),
        ("\uff08R12\uff0b14\uff09", "RAU12 AU14", 0),
    ],
)
def test_the_cells_of_published_sheets(text, codes, notes):
    reading = action_units.read(text)
    assert " ".join(unit.code + unit.intensity for unit in reading.units) == codes
    assert (len(reading.notes), reading.remarks, reading.unknown) == (notes, [], [])
    assert action_units.parse(text) == reading.units


def test_what_is_no_word_of_the_grammar_is_told_apart():
    reading = action_units.read("R14+soft focus, AU123 or 12.5 / 4 maybe not")
    assert [unit.code for unit in reading.units] == ["RAU14", "AU4"]
    assert (reading.remarks, reading.unknown) == (["soft focus", "maybe not"], ["AU123", "12.5"])


@st.composite
def units(draw, side=""):
    """A unit as somebody may write it, with the `ActionUnit` that it is."""
    own = draw(st.sampled_from(["", "L", "R", "A", "A/L", "(L/A)"]))
    level = draw(st.sampled_from(["", "A", "E", "B/C", "(B/C)"]))
    number = draw(st.integers(1, 99))
    code = draw(st.sampled_from(["", "AU", "au "]))
    text = draw(st.sampled_from([own + code, code + own])) + str(number) + level
    return text, [ActionUnit(number, {"L": "left", "R": "right"}.get(own, side), level.strip("()")[:1])]


@st.composite
def lists(draw, side="", depth=2):
    """A list of units and groups, with the units in it, in order."""
    texts, found = [], []
    for _ in range(draw(st.integers(1, 3))):
        if depth and draw(st.booleans()):
            own, level = draw(st.sampled_from(["", "L", "R", "A"])), draw(st.sampled_from(["", "D", "(D/E)"]))
            inner = {"L": "left", "R": "right"}.get(own, side)
            text, inside = draw(lists(side=inner, depth=depth - 1))
            texts.append(f"{own}({text}){level}")
            found += [ActionUnit(u.number, u.side, u.intensity or level.strip("()")[:1]) for u in inside]
        else:
            text, unit = draw(units(side=side))
            texts.append(text)
            found += unit
    joints = draw(st.lists(st.sampled_from(["+", " + ", ", ", " or ", ";", " and "]), min_size=3, max_size=3))
    return "".join(text + joint for text, joint in zip(texts, [*joints[: len(texts) - 1], ""])), found


@given(lists())
def test_any_list_in_the_notation_reads_as_the_units_it_was_made_of(written):
    text, found = written
    reading = action_units.read(text)
    assert reading.units == tuple(dict.fromkeys(found))
    assert (reading.remarks, reading.unknown) == ([], [])
    assert bool(reading.notes) <= ("or" in text)


PIECES = [
    "4",
    "12",
    "123",
    "7.5",
    "L",
    "r",
    "AU",
    "AD",
    "M",
    "A/L",
    "B/C",
    "(",
    ")",
    "+",
    ",",
    " or ",
    "or",
    "/",
    " and ",
]
PIECES += [
    "loses ",
    "twice",
    "?",
    "-",
    ".",
    "none",
    "null",
    "soft focus",
    "ref",
    " ",
    "dimpler",
    "x",
    "\u212a",
    "\u0664",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_nothing_that_holds_a_number_is_dropped_in_silence(text):
    reading = action_units.read(text)
    told = " ".join([*reading.notes, *reading.unknown])
    kept = {str(unit.number) for unit in reading.units}
    for number in re.findall(r"(?<![\d.])\d+", re.sub(r"ref\s*\([^()]*\)?", "", text)):
        assert number in kept or number in told, (number, reading)


@given(st.text(max_size=60) | st.integers(0, 3000).map(lambda depth: "(" * depth + "4"))
def test_reading_never_fails(text):
    reading = action_units.read(text)
    assert all(0 <= unit.number <= 99 for unit in reading.units)


@given(
    st.lists(st.sampled_from(["AU4", "L12", "12", "dimpler", "14B", "lips part", "smile"]), max_size=5).map("+".join)
)
def test_plain_lists_read_as_answers_do(text):
    answered = action_units.answer_set(text)
    if "smile" in answered:
        with pytest.raises(ValueError, match="'smile' is not an action unit"):
            action_units.parse(text)
    else:
        assert action_units.numbers(text) == answered
