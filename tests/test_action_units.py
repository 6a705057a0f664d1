"""Action unit codes, names and lists."""

import pytest

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
