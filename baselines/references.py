"""The works that this project stands on, as `references.toml` lists them, found in texts and written as BibTeX.

A citation is a text for people, such as "feature: Zhao and Pietikainen 2007; kernel: this project". Works are found in
it by authors and year, with `&` or `and`, and with or without accents.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("references.toml")
OURS = "megcbaselines"  # the key of this project
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
VERBATIM = {"doi", "url", "eprint", "pages"}  # fields that LaTeX reads as they are
NOT_PRINTED = {"type", "cited"}


@lru_cache(maxsize=1)
def references() -> dict[str, dict[str, Any]]:
    """Return {key: the fields of a work}."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def cited_as(key: str) -> str:
    """Return how texts cite a work: one author, two, or the first et al., and the year with its letter.

    >>> cited_as("liong2014a"), cited_as("chen2016"), cited_as("bouguet2000"), cited_as("llamacpp")
    ('Liong et al. 2014a', 'Chen and Guestrin 2016', 'Bouguet 2000', 'llama.cpp')
    """
    work = references()[key]
    if "cited" in work:
        return work["cited"]
    names = [author.partition(",")[0] for author in work["author"]]
    who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who} {key.lstrip('abcdefghijklmnopqrstuvwxyz')}"


def cited_in(text: str) -> list[str]:
    """Return the keys of the works that a text cites, in its order.

    >>> cited_in("feature: Zhao & Pietikäinen 2007; setting: Yan et al. 2014 (CASME II)")
    ['zhao2007', 'yan2014']
    """
    plain = _plain(text)
    places = {
        key: match.start()
        for key in references()
        if (match := re.search(rf"(?<!\w){re.escape(_plain(cited_as(key)))}(?!\w)", plain))
    }
    return sorted(places, key=places.__getitem__)


def bibtex(key: str, work: Mapping[str, Any]) -> str:
    """Return a work as a BibTeX entry, UTF-8, the capitals of its title kept."""
    fields = {name: value for name, value in work.items() if name not in NOT_PRINTED}
    if "eprint" in fields:
        fields["archiveprefix"] = "arXiv"
    lines = [f"  {name} = {{{_field(name, value)}}}" for name, value in fields.items()]
    return f"@{work['type']}{{{key},\n" + ",\n".join(lines) + "\n}"


def _field(name: str, value: Any) -> str:
    if name == "author":
        # a name without a comma is that of a group, which BibTeX would take apart
        return " and ".join(_escaped(who) if "," in who else f"{{{_escaped(who)}}}" for who in value)
    if name in VERBATIM:
        return str(value)
    return f"{{{_escaped(value)}}}" if name == "title" else _escaped(str(value))


def _escaped(text: str) -> str:
    return "".join(SPECIAL.get(character, character) for character in text)


def _plain(text: str) -> str:
    """Return a text in lower case, without accents, with one blank between words and `and` for `&`."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(bare.replace("&", " and ").lower().split())
