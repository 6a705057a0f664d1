"""The one kind of error that a user meets, and how errors are told."""

import re

# control characters but tab and line feed, and marks that turn the direction of a text
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class InputError(ValueError):
    """Bad usage or input: one line with the file, the place, what was expected and what to do.

    The command line prints the message without a traceback and exits with code 2.
    """


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


UNEXPECTED = "unexpected"  # how the line of a fault of the program begins, which names no file by itself
PLUGIN = "megc_plugin_"  # how the modules of files with a user's own parts begin


def one_line(error: BaseException) -> str:
    """Return an error in one line; one that is no `InputError` is a fault of the program and says its kind.

    One that arose in a file with a user's own parts names that file and the line in it.
    """
    text = " ".join(str(error).split())
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
