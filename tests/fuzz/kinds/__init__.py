"""Every kind of input that the command line reads: how a small valid one is made, and which commands read it."""

from . import databases, learned, media, options, tables
from .kind import Kind

FOUND = (*tables.KINDS, *media.KINDS, *databases.KINDS, *learned.KINDS, *options.KINDS)
KINDS: dict[str, Kind] = {kind.name: kind for kind in FOUND}
