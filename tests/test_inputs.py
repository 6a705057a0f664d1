"""What is given where a text is expected: pipes, devices and folders, endless and empty, damaged and deep."""

import json
import os
import socket
import threading
import time

import pytest
from click.testing import CliRunner

from baselines import inputs
from baselines.errors import LONGEST_LINE, InputError, brief, in_line
from baselines.experiments.rows import Lines
from baselines.files import inside, parse_json, parse_toml, read_csv, read_jsonl
from baselines.inputs import lines_of, read_bytes
from cli import main

EVENTS = "subject,video,onset,offset,type\ns1,v1,10,20,micro\n"
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def pipe(tmp_path, monkeypatch):
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes in folders")
    monkeypatch.setattr(inputs, "PATIENCE", 0.2)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def later(path, text, seconds=0.0):
    def write():
        time.sleep(seconds)
        path.write_text(text)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(pipe, tmp_path):
    for read in (read_bytes, lambda path: list(read_csv(path, ("a",))), lambda path: list(read_jsonl(path))):
        with pytest.raises(InputError, match=r"pipe: is a pipe that nobody writes to; name a file, or write"):
            read(pipe)
    (tmp_path / "truth.csv").write_text(EVENTS)
    done = CliRunner().invoke(
        main, ["score", "spotting", "--truth", str(tmp_path / "truth.csv"), "--predictions", str(pipe)]
    )
    assert done.exit_code == 2
    assert "is a pipe that nobody writes to" in done.stderr
    for arguments in (
        ["recipes", "parts", "--plugin", str(pipe)],
        ["convert", str(pipe), "--to", "csv", "--output", "-"],
    ):
        assert "is a pipe that nobody writes to" in CliRunner().invoke(main, arguments).stderr
    with pytest.raises(InputError, match="is a pipe"):
        Lines(pipe, lambda one: None, "")


def test_what_is_written_to_a_pipe_is_read_and_read_again(pipe):
    later(pipe, EVENTS, 0.05)
    done = CliRunner().invoke(main, ["score", "spotting", "--truth", str(pipe), "--predictions", str(pipe), "--json"])
    assert json.loads(done.stdout)["overall"]["tp"] == 1
    later(pipe, "x" * 200_000).join(0.1)
    assert read_bytes(pipe) == b"x" * 200_000


def test_a_pipe_of_this_process_is_read_however_late_it_is_written_to():
    reading, writing = os.pipe()
    threading.Timer(0.3, lambda: (os.write(writing, b"late"), os.close(writing))).start()
    assert read_bytes(f"/dev/fd/{reading}") == read_bytes(f"/dev/fd/{reading}") == b"late"
    os.close(reading)


def test_an_empty_pipe_of_this_process_is_empty():
    reading, writing = os.pipe()
    os.close(writing)
    assert read_bytes(f"/dev/fd/{reading}") == b""
    os.close(reading)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device")
def test_what_is_endless_is_bounded():
    with pytest.raises(InputError, match="/dev/zero: has more than 1 MB; expected a file of 1 MB at most"):
        read_bytes("/dev/zero", 1 << 20)
    assert read_bytes("/dev/null") == b""


def test_what_is_no_file_is_told(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="is a folder; expected a file"):
        read_bytes(tmp_path)
    (tmp_path / "link").symlink_to("gone")
    with pytest.raises(InputError, match="link: is a link to gone, which is not there; correct the link"):
        read_bytes(tmp_path / "link")
    with pytest.raises(InputError, match=r"a/b: no such file"):
        read_bytes(tmp_path / "a" / "b")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)
        listening.bind("socket")
        with pytest.raises(InputError, match="socket: cannot be read"):
            read_bytes("socket")


def test_large_files_and_long_lines_are_refused_and_long_tables_read(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"a\n1")
        file.truncate(1 << 30)
    for read in (read_bytes, lambda path: list(read_jsonl(path)), lambda path: list(read_csv(path, ("a",)))):
        with pytest.raises(InputError, match="more than (64|16) MB"):
            read(path)
    path.write_text("a\n" + "1\n" * 50)
    assert len(list(read_csv(path, ("a",), most=51))) == 50
    with pytest.raises(InputError, match="row 51: expected at most 50 rows; split the table"):
        list(read_csv(path, ("a",), most=50))


def test_bytes_that_are_no_text_are_told_with_their_place_in_the_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfone\ntwo\n\xff")
    lines = lines_of(path)
    assert [next(lines), next(lines)] == ["one\n", "two\n"]
    with pytest.raises(InputError, match="byte 11 is not UTF-8 text"):
        next(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (DEEP, "nested too deep"),
        ("9" * 5000, "a number is too long"),
        ("[NaN]", "NaN is no number in it"),
        ("[1e999]", "1e999 is no number in it"),
        ('{"a": 1, "b": 2, "a": 3}', "'a' stands twice in an object"),
        ("[1,\n2", "not JSON .*at line 2 column 2"),
        ("\0", "not JSON"),
    ],
)
def test_json_that_cannot_be_meant(text, message):
    with pytest.raises(ValueError, match=message):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + DEEP, "nested too deep"),
        ("a = " + "9" * 5000, "a number is too long"),
        ("a = 0x" + "f" * 9000, "more than 64 bits"),
        ("a = [1, 9223372036854775808]", "more than 64 bits"),
        (".".join("a" * 50_000) + " = 1", "a key has more than 50 parts"),
        ("b = {" + " . ".join(["'a b'"] * 5000) + " = 1}", "a key has more than 50 parts"),
        ("a = " + "[" * 40 + "]" * 40, "nested more than 20 deep"),
        ("a = '" + "x" * (1 << 20) + "'", "more than 256 KB"),
        ("a = 1\na = 2", "not TOML"),
        ("a = 1\0", "not TOML"),
    ],
)
def test_toml_that_cannot_be_meant(text, message, tmp_path):
    begun = time.monotonic()
    with pytest.raises(ValueError, match=message):
        parse_toml(text)
    assert time.monotonic() - begun < 5
    (tmp_path / "r.toml").write_text(text)
    done = CliRunner().invoke(main, ["recipes", "show", str(tmp_path / "r.toml")])
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_toml_that_is_meant_is_read():
    assert parse_toml("a.b = [[1, 2.5], [-9223372036854775808]]")["a"]["b"][1] == [-(2**63)]


def test_paths_that_are_too_long_are_told(tmp_path):
    for path in ("p" * 300, "a/" * 1500):
        with pytest.raises(InputError, match="is longer than a path can be; correct it"):
            inside(tmp_path, path, "row 1")


def test_values_in_messages_are_cut_and_what_to_do_stays():
    told = str(InputError(f"f.csv row 2: type is {'x' * 5000!r}; expected micro or macro"))
    assert told.startswith("f.csv row 2: type is 'xxx")
    assert told.endswith("xxx'; expected micro or macro")
    assert len(told) < 140
    assert brief(told) == told
    assert str(InputError(f"f.csv row 2: {'9' * 5000} is unknown; correct it")).endswith("999 is unknown; correct it")
    assert len(str(InputError("word " * 5000))) == LONGEST_LINE
    whole = "/data/" + "folder/" * 30 + "a.csv row 2: Python's 'a' and 'b', not a recipe's; it's \"c\""
    assert str(InputError(whole)) == whole


@pytest.mark.parametrize("value", ["'" * 10**6, '"\\' * 10**5, "' " * 10**5, "a" * 10**6, " '\\\"" * 10**5])
def test_no_value_makes_cutting_slow(value):
    begun = time.monotonic()
    assert len(brief(value)) <= LONGEST_LINE
    assert time.monotonic() - begun < 2


def test_messages_stay_in_one_line():
    assert in_line("a\nb\rc\x85d\u2028e\tf") == "a b c d e f"
