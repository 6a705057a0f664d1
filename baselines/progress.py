"""How far long work is, and how long it will take: a bar on a terminal, a line a minute in a log file."""

import sys
import time
from contextlib import nullcontext

import click

from baselines.errors import printable

EVERY = 60.0  # seconds between two lines


def progress_bar(length, label):
    """Return a context that shows progress on stderr: `update(n)` when n more of `length` are done.

    A terminal gets a bar with the time that is left; a file or pipe gets the label, and a line with that each minute.
    Without a label it is silent.
    """
    if not label:
        return nullcontext(_Silent())
    if sys.stderr.isatty():
        return click.progressbar(length=length, label=printable(label), file=sys.stderr)
    return _Lines(length, label)


class _Silent:
    def update(self, number):
        """Show nothing."""


class _Lines:
    """Progress as lines of text."""

    def __init__(self, length, label):
        self.length, self.label, self.done = length, printable(label), 0

    def __enter__(self):
        click.echo(self.label, file=sys.stderr)
        self.began = self.told = time.monotonic()
        return self

    def __exit__(self, *_):
        pass

    def update(self, number):
        """Tell what is done and how long the rest will take at this speed, if the last line is a minute old."""
        self.done += number
        now = time.monotonic()
        if now - self.told >= EVERY and 0 < self.done < self.length:
            self.told = now
            left = (now - self.began) * (self.length - self.done) / self.done
            click.echo(f"{self.label}: {self.done} of {self.length}, {_duration(left)} left", file=sys.stderr)


def _duration(seconds):
    """Return seconds as text, in minutes from two on and in hours from two on."""
    for size, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {name}"
    return f"about {seconds:.0f} s"
