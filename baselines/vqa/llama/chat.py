"""The text of a chat about one picture, by the template in a model's file or by a default one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from baselines.errors import InputError

# LLaVA 1.5 was trained on the chats of Vicuna, and its first GGUF files name no template (llama.cpp's tests of its
# multimodal library give them `--chat-template vicuna`).
DEFAULTS = {"mlp": ("vicuna", "{% for message in messages %}USER: {{ message.content }}\nASSISTANT:{% endfor %}")}
THOUGHT, CLOSED = "<think>", "\n</think>\n\n"  # as Qwen's templates write a thought that is left out


@dataclass(frozen=True)
class Chat:
    """How a prompt becomes the text of a chat.

    template: "own", or the name of a default one. thinking: "off" where the template knows thinking, which is turned
    off, else "none". render: prompt -> text, with the picture's marker once, before the prompt.
    """

    template: str
    thinking: str
    render: Callable[[str], str]


def chat_of(template: str | None, projector: str, special: tuple[str, str], marker: str) -> Chat:
    """Return the `Chat` of a model.

    template: Jinja text, None or "" where its file has none. projector: its type, which has a default template or not.
    special: the tokens that end and begin a text. marker: stands for the picture. Raises `InputError` with the reason
    alone where no template takes a picture.

    Templates take a message as a list of parts or as one text; which, shows when they are tried.
    """
    from jinja2 import TemplateError
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    name, text = ("own", template) if template else DEFAULTS.get(projector, ("", ""))
    if not text:
        raise InputError("holds no chat template; give a vision model tuned on instructions")
    formatter = Jinja2ChatFormatter(text, *special)
    reason = "it leaves the picture out"
    for content in (lambda prompt: _parts(marker, prompt), lambda prompt: f"{marker}\n{prompt}"):

        def render(prompt: str, thinking: bool = False, content: Callable = content) -> str:
            messages: Any = [{"role": "user", "content": content(prompt)}]
            # templates without such a mode do not look at the setting
            text = formatter(messages=messages, enable_thinking=thinking).prompt
            return text + CLOSED if text.rstrip().endswith(THOUGHT) and not thinking else text

        try:
            text = render("question")
            # a template for texts may write a list as Python does, with the marker in it
            if text.count(marker) == 1 and text.partition(marker)[2].lstrip().startswith("question"):
                return Chat(name, "none" if text == render("question", thinking=True) else "off", render)
        except (TemplateError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split())
    raise InputError(f"its chat template takes no picture ({reason}); give another vision model")


def _parts(marker: str, prompt: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": marker}, {"type": "text", "text": prompt}]
