"""Prompts become chats by templates of any habit: the picture first, no thoughts."""

import pytest

from baselines.errors import InputError
from baselines.vqa.llama.chat import chat_of

PARTS = "{% for part in messages[0].content %}{{ part.text }}{% endfor %}"


def chat(template, projector="idefics3"):
    return chat_of(template, projector, ("</s>", "<s>"), "<picture>")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (PARTS, "<picture>Why?"),
        ("{{ messages[0].content }}", "<picture>\nWhy?"),  # a list would be written as Python does
        ("{{ 'user: ' + messages[0].content }}", "user: <picture>\nWhy?"),
        ("{{ bos_token }}" + PARTS, "<s><picture>Why?"),
    ],
)
def test_template_gets_what_it_takes(template, text):
    assert chat(template).render("Why?") == text
    assert chat(template).thinking == "none"


@pytest.mark.parametrize(
    "ending",
    [
        "{{ '<think>\\n' }}",  # always
        "{% if enable_thinking is false %}{{ '<think>\\n\\n</think>\\n\\n' }}{% else %}{{ '<think>\\n' }}{% endif %}",
        "{% if enable_thinking is not defined %}{{ '<think>\\n' }}{% else %}{{ '<think>\\n\\n</think>\\n\\n' }}"
        "{% if enable_thinking %}{{ '!' }}{% endif %}{% endif %}",
    ],
)
def test_thinking_is_off(ending):
    found = chat(PARTS + ending)
    assert found.thinking == "off"
    assert found.render("Why?") == "<picture>Why?<think>\n\n</think>\n\n"


def test_default_template_is_that_of_llava_alone():
    found = chat("", "mlp")
    assert (found.template, found.thinking) == ("vicuna", "none")
    assert found.render("Why?") == "USER: <picture>\nWhy?\nASSISTANT:"
    assert chat(PARTS, "mlp").template == "own"
    for template in ("", None):
        with pytest.raises(InputError, match=r"^holds no chat template; give a vision model tuned on instructions$"):
            chat(template)
