"""The one kind of error that a user meets, and how errors are told."""

import re

# control characters but tab and line feed, and marks that turn the direction of a text
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_QUOTE = 80  # characters of a value that a message repeats
LONGEST_WORD = 255  # characters without a blank, which no name of a file exceeds
LONGEST_LINE = 2000  # characters of a message
_QUOTED = re.compile(  # as `repr` quotes; an apostrophe in a word begins and ends nothing
    "|".join(rf"(?<!\w)b?{q}(?:[^{q}\\]|\\.){{{LONGEST_QUOTE + 1},}}{q}(?!\w)" for q in "'\""), re.DOTALL
)
_LONG_WORD = re.compile(rf"[^\s/\\]{{{LONGEST_WORD + 1},}}")


def brief(text: object) -> str:
    """Return a message in which no value of a file takes more room than a reader has: the middle gives way to "...".

    Values that are quoted keep 80 characters, words 255; what comes to the end of all that, as what to do, is kept.
    """
    told = str(text)
    if len(told) <= LONGEST_QUOTE:
        return told
    told = _cut(_LONG_WORD.sub(lambda found: _cut(found[0], LONGEST_QUOTE), told), 2 * LONGEST_LINE)
    return _cut(_QUOTED.sub(lambda found: _cut(found[0], LONGEST_QUOTE), told), LONGEST_LINE)


def _cut(text: str, most: int) -> str:
    """Return a text without its middle where it is longer than `most`."""
    return text if len(text) <= most else f"{text[: most * 2 // 3 - 3]}...{text[-(most - most * 2 // 3) :]}"


class InputError(ValueError):
    """Bad usage or input: one line with the file, the place, what was expected and what to do.

    The command line prints the message without a traceback and exits with code 2.
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(brief(message))


class DataFault(InputError):
    """A clip or video does not show what is needed of it, or cannot be read; others may."""


def seen(function, *given):
    """Return (`function(*given)`, None), or (None, why) where nothing can be seen; any other error is raised."""
    try:
        return function(*given), None
    except DataFault as error:
        return None, str(error)


class MissingDependency(InputError):
    """A part that only some commands need is not installed; the message says what to install."""

    def __init__(self, purpose, module, package):
        super().__init__(f"{purpose} needs the module {module!r}: run `pip install {package}`")

    def __reduce__(self):
        return InputError, self.args  # as a worker sends it: Python would make it anew from its one text


def printable(text: object) -> str:
    """Return a text in which nothing steers a terminal, whatever the names and answers in it hold."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", str(text))


def in_line(text: object) -> str:
    """Return a message in one line of sensible length."""
    return brief(" ".join(str(text).split()))


UNEXPECTED = "unexpected"  # how the line of a fault of the program begins, which names no file by itself
PLUGIN = "megc_plugin_"  # how the modules of files with a user's own parts begin


def one_line(error: BaseException) -> str:
    """Return an error in one line; one that is no `InputError` is a fault of the program and says its kind.

    One that arose in a file with a user's own parts names that file and the line in it.
    """
    text = in_line(error)
    if isinstance(error, InputError):
        return text
    kind, place = type(error).__name__, _in_plugin(error)
    return f"{place}: {kind}: {text}" if place else f"{UNEXPECTED} {kind}: {text}"


def _in_plugin(error: BaseException) -> str:
    """Return "file, line n" of the innermost place of an error that lies in a file of a user's own parts, or ""."""
    place, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__", "").startswith(PLUGIN):
            place = f"{trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
