"""When two names are one."""

import re


def subject_key(name: str) -> str:
    """Return a subject's name without leading zeros and in lower case, so that s1, s01 and S01 are one."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", name.strip().lower())


def one_person(first: str, second: str) -> str:
    """Return what messages say of two spellings of a person."""
    return f"subjects {first} and {second} are one person, since case and leading zeros do not count"
