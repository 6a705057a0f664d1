"""The tokens of the small vision model: phrases of the ME-VQA wording, the rest of a text byte by byte.

A question of the challenge takes two to four tokens, a class or action unit one, so that a question costs a few
milliseconds. The tokenizer is llama.cpp's `llama` with user-defined tokens, which it takes out of a text longest
first; `encode` does the same here.
"""

import re
from functools import cache

from baselines.action_units import NAMES
from baselines.datasets.question_kinds import COMBINED, KINDS, TEMPLATES

UNKNOWN, START, END, USER, ASSISTANT = "<unk>", "<s>", "</s>", "<|user|>", "<|assistant|>"
SPECIAL = (UNKNOWN, START, END, USER, ASSISTANT)
BYTE = "<0x{:02X}>"
SPACE = "▁"  # how llama.cpp writes a space in a token that is no phrase
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>"
    "{% if message.content is string %}{{ message.content }}"
    "{% else %}{% for part in message.content %}{{ part.text }}{% endfor %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
# A later name of another database is spelled byte by byte, so that models stay readable.
CLASSES = (
    "anger", "angry", "contempt", "disgust", "fear", "happiness", "happy", "negative", "other", "others", "positive",
    "repression", "sad", "sadness", "surprise",
)  # fmt: skip
OTHER_ANSWERS = ("yes", "no", "left", "right", ", ")
_GAP = re.compile(r"\{[^}]*\}")


@cache
def phrases():
    """Return the phrases that are one token, in the order of their numbers."""
    known = {kind.name for kind in KINDS.values() if kind.learned} | {"description"}
    wordings = [*(wording for (kind, _), wording in TEMPLATES.items() if kind in known), *COMBINED.values()]
    fixed = [part for wording in wordings for part in _GAP.split(wording) if len(part) > 1]
    return tuple(dict.fromkeys([*fixed, *OTHER_ANSWERS, *CLASSES, *NAMES.values()]))


@cache
def tokens():
    """Return the text of every token: special, bytes, the space, phrases."""
    return (*SPECIAL, *(BYTE.format(byte) for byte in range(256)), SPACE, *phrases())


def encode(text):
    """Return the token numbers of a text, as llama.cpp gives them (special tokens are recognised)."""
    numbers = []
    for piece in filter(None, _pattern().split(text)):
        if piece in _numbers():
            numbers.append(_numbers()[piece])
            continue
        for character in piece:
            if character == " ":
                numbers.append(_numbers()[SPACE])
            else:
                numbers += [_numbers()[BYTE.format(byte)] for byte in character.encode()]
    return numbers


@cache
def _numbers():
    return {text: number for number, text in enumerate(tokens())}


@cache
def _pattern():
    longest_first = sorted([*SPECIAL, *phrases()], key=len, reverse=True)
    return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")
