"""Ways to damage an input: its bytes, lines, cells, values, members, or the file itself. None knows what it is for."""

import csv
import io
import json
import os
import re
import warnings
import zipfile
import zlib

from baselines.sealed import seal

from .values import NUMBERS, TEXTS, VALUES, WHOLE

DEEP = 100_000  # levels of nesting, beyond what any recursion bears


# bytes -> bytes


def flip_bits(data, rng):
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64)) if data else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def flip_early_bits(data, rng):
    return flip_bits(data[:256], rng) + data[256:]


def truncate(data, rng):
    return data[: rng.randrange(len(data) + 1)]


def empty(data, rng):
    return b""


def cut_out(data, rng):
    start, length = rng.randrange(len(data) + 1), rng.choice((1, 2, 4, 100, 5000))
    return data[:start] + data[start + length :]


def repeat_piece(data, rng):
    start, length = rng.randrange(len(data) + 1), rng.choice((1, 4, 100, 5000))
    return data[: start + length] + data[start:]


def insert_bytes(data, rng):
    start = rng.randrange(len(data) + 1)
    return data[:start] + rng.choice((b"\0", b"\xff\xfe", rng.randbytes(50), b"\0" * 5000)) + data[start:]


def blank_out(data, rng):
    start, length = rng.randrange(len(data) + 1), rng.choice((1, 4, 16, 500))
    piece = len(data[start : start + length])
    return data[:start] + rng.choice((b"\0", b"\xff", b" ")) * piece + data[start + length :]


def write_number(data, rng):
    """Write a whole number of 2, 4 or 8 bytes over others, where lengths and sizes may stand."""
    size, order = rng.choice((2, 4, 4, 8)), rng.choice(("little", "big"))
    start = rng.randrange(max(1, min(len(data), rng.choice((64, 1000, 10**9)))))
    number = rng.choice(WHOLE) % (1 << 8 * size)
    return data[:start] + number.to_bytes(size, order) + data[start + size :]


def swap_halves(data, rng):
    middle = rng.randrange(len(data) + 1)
    return data[middle:] + data[:middle]


def append(data, rng):
    return data + rng.choice((b"\0", data, rng.randbytes(1000), b"\n\n\n"))


BYTES = (
    flip_bits, flip_bits, flip_early_bits, flip_early_bits, truncate, truncate, empty, cut_out, repeat_piece,
    insert_bytes, blank_out, write_number, write_number, write_number, swap_halves, append,
)  # fmt: skip


# lines of text; what is no UTF-8 is kept as it is


def of_text(change):
    """Return a mutation of bytes from one of text."""

    def changed(data, rng):
        return change(data.decode("utf-8", "surrogateescape"), rng).encode("utf-8", "surrogateescape")

    changed.__name__ = change.__name__
    return changed


def of_lines(change):
    """Return a mutation of bytes from one of a list of lines."""

    def changed(text, rng):
        lines = text.splitlines(keepends=True)
        return "".join(change(lines, rng))

    changed.__name__ = change.__name__
    return of_text(changed)


@of_lines
def drop_line(lines, rng):
    place = rng.randrange(len(lines) + 1)
    return lines[:place] + lines[place + 1 :]


@of_lines
def repeat_line(lines, rng):
    place = rng.randrange(len(lines) + 1)
    return lines[:place] + lines[place : place + 1] * rng.choice((2, 2, 3, 2000)) + lines[place + 1 :]


@of_lines
def shuffle_lines(lines, rng):
    rng.shuffle(lines)
    return lines


@of_lines
def cut_lines(lines, rng):
    return lines[: rng.randrange(len(lines) + 1)]


@of_lines
def insert_line(lines, rng):
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(VALUES) + "\n")
    return lines


@of_lines
def join_lines(lines, rng):
    place = rng.randrange(len(lines) + 1)
    return [*lines[:place], *(line.rstrip("\r\n") for line in lines[place : place + 1]), *lines[place + 1 :]]


@of_text
def change_ends(text, rng):
    return text.replace("\n", rng.choice(("\r\n", "\r", "\n\n", "\u2028", "")))


def put_for_one(pattern, values, text, rng):
    """Return a text in which one of the values stands for one of what a pattern finds."""
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + rng.choice(values) + text[match.end() :]


@of_text
def replace_number(text, rng):
    """Write a nasty value where a number stands."""
    return put_for_one(r"-?\d+(\.\d+)?", NUMBERS, text, rng)


@of_text
def replace_word(text, rng):
    found = list(re.finditer(r"\w+", text))
    if not found:
        return text
    match, other = rng.choice(found), rng.choice(found)
    return text[: match.start()] + rng.choice((other[0], other[0], *TEXTS)) + text[match.end() :]


@of_text
def drop_character(text, rng):
    found = [place for place, character in enumerate(text) if not character.isalnum()]
    place = rng.choice(found) if found else 0
    return text[:place] + text[place + 1 :]


@of_text
def nest(text, rng):
    """Put very deep brackets somewhere."""
    place, bracket = rng.randrange(len(text) + 1), rng.choice(("[", "{", "(", '{"a":', "<a>"))
    return text[:place] + bracket * DEEP + text[place:]


def recode(data, rng):
    coding = rng.choice(("utf-16", "utf-8-sig", "utf-32", "latin-1", "cp037"))
    return data.decode("utf-8", "replace").encode(coding, "replace")


LINES = (
    drop_line, repeat_line, shuffle_lines, cut_lines, insert_line, join_lines, change_ends, replace_number,
    replace_number, replace_number, replace_word, replace_word, replace_word, drop_character, drop_character, nest,
    recode,
)  # fmt: skip


# cells of tables


def of_table(change):
    """Return a mutation of bytes from one of rows of cells, between commas or whatever the first line has."""

    def changed(text, rng):
        first = text.partition("\n")[0]
        separator = max(",\t;", key=first.count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        written = io.StringIO(newline="")
        csv.writer(written, delimiter=separator, lineterminator="\n").writerows(change(rows, rng) if rows else [])
        return written.getvalue()

    changed.__name__ = change.__name__
    return of_text(changed)


def _cell(rows, rng, first=0):
    """Return the row and the place in it of a cell, None where there is none."""
    found = [(row, place) for row in rows[first:] for place in range(len(row))]
    return rng.choice(found) if found else ([""], 0)


@of_table
def replace_cell(rows, rng):
    row, place = _cell(rows, rng, first=rng.choice((0, 1, 1, 1, 1, 1)))
    row[place] = rng.choice(VALUES)
    return rows


@of_table
def replace_column(rows, rng):
    _, place = _cell(rows, rng)
    value = rng.choice(VALUES)
    return [rows[0], *(row[:place] + [value] + row[place + 1 :] for row in rows[1:])]


@of_table
def swap_columns(rows, rng):
    (_, one), (_, other) = _cell(rows, rng), _cell(rows, rng)
    for row in rows[rng.randrange(2) :]:
        if max(one, other) < len(row):
            row[one], row[other] = row[other], row[one]
    return rows


@of_table
def drop_column(rows, rng):
    _, place = _cell(rows, rng)
    return [row[:place] + row[place + 1 :] for row in rows]


@of_table
def drop_cell(rows, rng):
    row, place = _cell(rows, rng)
    row[place : place + 1] = []
    return rows


@of_table
def add_cell(rows, rng):
    row, place = _cell(rows, rng)
    row[place:place] = [rng.choice(VALUES)] * rng.choice((1, 1, 1000))
    return rows


@of_table
def repeat_head(rows, rng):
    _, place = _cell(rows[:1], rng)
    return [[*rows[0], rows[0][place] if rows[0] else "", rng.choice(TEXTS)], *rows[1:]]


CELLS = (
    *[replace_cell] * 6,
    replace_column,
    replace_column,
    swap_columns,
    drop_column,
    drop_cell,
    add_cell,
    repeat_head,
)


# values of JSON


def of_json(change):
    """Return a mutation of bytes from one of a JSON value: the file's own, or that of one of its lines."""

    def changed(text, rng):
        lines = [text]
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            lines = text.split("\n")
        place = rng.randrange(len(lines))
        try:
            value = json.loads(lines[place])
        except (ValueError, RecursionError):
            return text
        lines[place] = json.dumps(change(value, rng))
        return "\n".join(lines)

    changed.__name__ = change.__name__
    return of_text(changed)


def _deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def _any_value(rng):
    values = (None, True, [], {}, [[]], {"": {}}, -1, 0, 10**20, 10**400, 1.5, 1e308, float("nan"), float("inf"), -0.0)
    texts = ("\ud800", "\x00", "\x1b[2J", *TEXTS)
    return rng.choice((rng.choice(values), rng.choice(values), rng.choice(texts), rng.choice(NUMBERS), _deep(200)))


def _places(value):
    """Return every (container, key) in a value."""
    found, left = [], [value]
    while left:
        holder = left.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            found.append((holder, key))
            left.append(holder[key])
    return found


@of_json
def replace_value(value, rng):
    places = _places(value)
    if not places or rng.random() < 0.05:
        return _any_value(rng)
    holder, key = rng.choice(places)
    holder[key] = _any_value(rng)
    return value


@of_json
def drop_value(value, rng):
    places = _places(value)
    if places:
        holder, key = rng.choice(places)
        del holder[key]
    return value


@of_json
def swap_values(value, rng):
    places = _places(value)
    if places:
        (one, a), (other, b) = rng.choice(places), rng.choice(places)
        if not isinstance(one[a], (dict, list)) and not isinstance(other[b], (dict, list)):
            one[a], other[b] = other[b], one[a]
    return value


@of_json
def wrap_value(value, rng):
    return rng.choice(([value], {"a": value}, [value] * 3, {**value, "x": value} if isinstance(value, dict) else value))


@of_json
def rename_key(value, rng):
    places = [(holder, key) for holder, key in _places(value) if isinstance(holder, dict)]
    if places:
        holder, key = rng.choice(places)
        holder[rng.choice((key.upper(), key + " ", *TEXTS))] = holder.pop(key)
    return value


JSON = (*[replace_value] * 6, drop_value, drop_value, swap_values, wrap_value, rename_key)


# values of TOML


@of_lines
def replace_setting(lines, rng):
    """Write another value behind a key."""
    places = [place for place, line in enumerate(lines) if "=" in line]
    if places:
        place = rng.choice(places)
        key = lines[place].partition("=")[0]
        values = ("[]", "{}", "[[[]]]", "true", "nan", "-inf", "1e999", "9" * 30, "9" * 5000, "''", "[nan, inf, -1]")
        more = ("1979-05-27", "{a = {b = 1}}", "[1, 'a']", "-1", "0", "1.5", "1000000000", "'\\u0000'", '"\\u0000"')
        text = rng.choice((*values, *more, json.dumps(rng.choice(TEXTS)), rng.choice(NUMBERS)))
        lines[place] = f"{key.rstrip()} = {text}\n"
    return lines


@of_lines
def rename_setting(lines, rng):
    places = [place for place, line in enumerate(lines) if "=" in line]
    if places:
        place = rng.choice(places)
        _, equals, value = lines[place].partition("=")
        keys = ("name", "task", "extends", "a.b.c", '""', "classifier.C", "seed", "jobs", "__class__", "slow", "grid")
        lines[place] = rng.choice((*keys, "a" + ".a" * 5000)) + " " + equals + value
    return lines


TOML = (replace_setting, replace_setting, replace_setting, rename_setting)


# marks of XML


@of_text
def add_entities(text, rng):
    bomb = "".join(f'<!ENTITY b{n + 1} "{f"&b{n};" * 10}">' for n in range(12))
    outside = rng.choice((f'<!ENTITY b0 "lol">{bomb}', '<!ENTITY b12 SYSTEM "file:///etc/passwd">'))
    head, end, rest = text.partition("?>")
    return f"{head}{end}<!DOCTYPE a [{outside}]>" + re.sub(r">\s*<", ">&b12;<", rest, count=1)


@of_text
def replace_attribute(text, rng):
    found = list(re.finditer(r'="([^"]*)"', text))
    if not found:
        return text
    match, other = rng.choice(found), rng.choice(found)
    value = rng.choice((other[1], *VALUES)).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f'{text[: match.start()]}="{value}"{text[match.end() :]}'


@of_text
def drop_tag(text, rng):
    return put_for_one(r"<[^>]*>", ("",), text, rng)


XML = (add_entities, *[replace_attribute] * 4, drop_tag, drop_tag)


# members of zip files


def _unzipped(data):
    """Return ([(name, content), ...], comment, how the first is packed), None of what is no whole zip file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            contents = [(member.filename, archive.read(member)) for member in members]
            return contents, archive.comment, members[0].compress_type if members else zipfile.ZIP_STORED
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return None


def of_members(change):
    """Return a mutation of bytes from one of [(name, content), ...] of a zip file."""

    def changed(data, rng):
        found = _unzipped(data)
        if found is None:
            return data
        members, comment, packed = found
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", packed) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of two members of one name
            for name, content in change(members, rng):
                archive.writestr(zipfile.ZipInfo(name), content, compress_type=packed)
            archive.comment = comment
        return written.getvalue()

    changed.__name__ = change.__name__
    return changed


def _member(members, rng):
    return rng.randrange(len(members)) if members else None


@of_members
def change_member(members, rng):
    """Damage what one member holds, with its checksum made right again."""
    place = _member(members, rng)
    if place is not None:
        name, content = members[place]
        members[place] = name, rng.choice(mutations_of(name))(content, rng)
    return members


@of_members
def drop_member(members, rng):
    place = _member(members, rng)
    return [member for n, member in enumerate(members) if n != place]


@of_members
def add_member(members, rng):
    name = rng.choice(("../../outside/x", "/outside/x", "more.npy", "a/", "x" * 5000, *(name for name, _ in members)))
    return [*members, (name, rng.choice((b"", b"\x93NUMPY", rng.randbytes(100), b"[" * DEEP)))]


@of_members
def swap_members(members, rng):
    if members:
        one, other = _member(members, rng), _member(members, rng)
        (a, x), (b, y) = members[one], members[other]
        members[one], members[other] = (a, y), (b, x)
    return members


@of_members
def rename_member(members, rng):
    place = _member(members, rng)
    if place is not None:
        members[place] = rng.choice(("../x", "x.npy", members[place][0].upper(), "é")), members[place][1]
    return members


def add_bomb(data, rng):
    """Let a member unpack to 300 MB more."""
    found = _unzipped(data)
    if found is None or not found[0]:
        return data
    members, comment, _ = found
    written, place = io.BytesIO(), rng.randrange(len(members))
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for n, (name, content) in enumerate(members):
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                member.write(content)
                for _ in range(60 * (n == place)):
                    member.write(b" " * 5_000_000)
        archive.comment = comment
    return written.getvalue()


ZIP = (*[change_member] * 10, drop_member, add_member, swap_members, rename_member, add_bomb)


# the file itself: path -> None


def is_gone(path, rng):
    path.unlink()


def is_folder(path, rng):
    path.unlink()
    path.mkdir()


def is_pipe(path, rng):
    path.unlink()
    os.mkfifo(path)


def is_link_to_nothing(path, rng):
    path.unlink()
    path.symlink_to(rng.choice(("nothing", path.name, "/proc/self/mem")))


def is_endless(path, rng):
    path.unlink()
    path.symlink_to("/dev/zero")


FILES = (is_gone, is_folder, is_pipe, is_link_to_nothing, is_endless)


def reseal(path):
    """Give a changed zip file of ours a seal that fits, where it still is a zip file."""
    try:
        seal(path)
    except (zipfile.BadZipFile, OSError, ValueError):
        return


FAMILIES = {
    ".csv": (CELLS, CELLS, CELLS, LINES, BYTES), ".tsv": (CELLS, CELLS, LINES, BYTES),
    ".json": (JSON, JSON, JSON, LINES, BYTES), ".jsonl": (JSON, JSON, JSON, LINES, BYTES),
    ".boris": (JSON, JSON, JSON, LINES, BYTES), ".toml": (TOML, TOML, TOML, LINES, BYTES),
    ".eaf": (XML, XML, XML, LINES, BYTES), ".xml": (XML, XML, XML, LINES, BYTES), ".rels": (XML, LINES),
    ".srt": (LINES, LINES, BYTES), ".vtt": (LINES, LINES, BYTES), ".py": (LINES, BYTES), ".txt": (LINES, BYTES),
    ".xlsx": (ZIP, ZIP, ZIP, BYTES), ".model": (ZIP, BYTES), ".npz": (ZIP, BYTES),
}  # fmt: skip


def mutations_of(name):
    """Return the mutations of a file's content that suit its name, those of its families one after the other."""
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    return tuple(change for family in FAMILIES.get(suffix, (BYTES,)) for change in family)


def damage(path, rng):
    """Damage a file once and return what was done, in words."""
    if rng.random() < 0.02:
        change = rng.choice(FILES)
        change(path, rng)
    else:
        suffix = path.suffix.lower()
        change = rng.choice(rng.choice(FAMILIES.get(suffix, (BYTES,))))
        path.write_bytes(change(path.read_bytes(), rng))
    return change.__name__.replace("_", " ")
