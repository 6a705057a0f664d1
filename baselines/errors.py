"""The one kind of error that a user meets."""


class InputError(ValueError):
    """Bad usage or input: one line with the file, the place, what was expected and what to do.

    The command line prints the message without a traceback and exits with code 2.
    """


class MissingDependency(InputError):
    """A part that only some commands need is not installed; the message says what to install."""

    def __init__(self, purpose, module, package):
        super().__init__(f"{purpose} needs the module {module!r}: run `pip install {package}`")


UNEXPECTED = "unexpected"  # how the line of a fault of the program begins, which names no file by itself


def one_line(error: BaseException) -> str:
    """Return an error in one line; one that is no `InputError` is a fault of the program and says its kind."""
    text = " ".join(str(error).split())
    return text if isinstance(error, InputError) else f"{UNEXPECTED} {type(error).__name__}: {text}"
