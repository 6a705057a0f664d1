import os

import pytest

from baselines.errors import InputError
from baselines.files import atomic_path, csv_text, inside, read_csv, read_jsonl, whole_number, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.csv"
    write_text(path, "old\n")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old\n"
    assert os.listdir(tmp_path) == ["a.csv"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        write_text(tmp_path / "file" / "below.csv", "x")


def test_csv_is_read_whatever_wrote_it(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeff subject , video,extra\r\n s1 ,v1,zzz\r\n\r\n s2,v 2 ,\r\n".encode())
    rows = list(read_csv(path, ("subject", "video"), ("fps",)))
    assert [row for _, row in rows] == [
        {"subject": "s1", "video": "v1", "fps": ""},
        {"subject": "s2", "video": "v 2", "fps": ""},
    ]
    assert rows[1][0].endswith("t.csv row 4")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"subject\ns1\n", "row 1: no column video"),
        (b"", "row 1: no column subject, video"),
        (b"subject,video\ns1\n", "row 2: 1 cells"),
        (b"subject,video\n\xff,1\n", "byte 14 is not UTF-8"),
    ],
)
def test_a_bad_csv_is_one_line_with_the_place(tmp_path, content, message):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_csv(path, ("subject", "video")))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="none.csv: no such file"):
        list(read_csv(tmp_path / "none.csv", ("a",)))


@pytest.mark.parametrize(("line", "message"), [("{", "line 2: not JSON"), ("[1]", "line 2: expected a JSON object")])
def test_a_bad_jsonl_line_is_named(tmp_path, line, message):
    path = tmp_path / "q.jsonl"
    path.write_text('{"a": 1}\n' + line + "\n")
    with pytest.raises(InputError, match=message):
        list(read_jsonl(path))


def test_a_jsonl_row_may_hold_any_character(tmp_path):
    path = tmp_path / "q.jsonl"
    path.write_bytes('{"a": "x\u2028y\u0085z"}\r\n\r\n{"a": "é"}'.encode())
    assert [row["a"] for _, row in read_jsonl(path)] == ["x\u2028y\u0085z", "é"]


def test_csv_text_quotes_what_needs_it():
    assert csv_text(("a", "b"), [{"a": "x,y", "b": 1}]) == 'a,b\n"x,y",1\n'


def test_whole_numbers():
    assert whole_number("12", "p", "onset") == 12
    assert whole_number("12.0", "p", "onset") == 12
    for text in ("", "1.5", "nan", "inf", "x"):
        with pytest.raises(InputError, match="onset"):
            whole_number(text, "p", "onset")


def test_a_path_cannot_leave_its_folder(tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to("/etc")
    assert inside(tmp_path, "a/b", "row 1") == tmp_path / "a/b"
    assert inside(tmp_path, "link/hosts", "row 1") == tmp_path / "link/hosts"
    for path in ("../x", "/etc/passwd", "a/../../x"):
        with pytest.raises(InputError, match="leaves the folder"):
            inside(tmp_path, path, "row 1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="leaves the folder"):
        inside(".", "../x", "row 1")
