import errno
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from baselines.errors import InputError
from baselines.files import (
    CannotWrite,
    atomic_path,
    check_file,
    check_folder,
    csv_header,
    csv_text,
    inside,
    read_csv,
    read_jsonl,
    user_path,
    whole_number,
    write_text,
)

ROOT = Path(__file__).resolve().parents[1]


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


def test_names_of_columns_may_have_capitals(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("Subject,VIDEO,Path,p\ns1,v1,a,b\n")
    assert [row for _, row in read_csv(path, ("subject", "video", "Path"), ("fps",))] == [
        {"subject": "s1", "video": "v1", "Path": "a", "fps": ""}
    ]
    assert csv_header(["P", "p", " Q"], ("p", "q")) == ["P", "p", "q"]


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_another_separator_is_named(tmp_path, separator, name):
    path = tmp_path / "t.csv"
    path.write_text(separator.join(("subject", "video", "onset")) + "\n")
    with pytest.raises(InputError) as caught:
        list(read_csv(path, ("subject", "video")))
    assert str(caught.value) == (
        f"{path} row 1: the columns are separated by {name}; save the table as CSV with commas (expected the header "
        "subject,video)"
    )


def test_what_a_link_points_to_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.csv").write_text("old")
    for name, target in (("link.csv", "far/a.csv"), ("new.csv", "far/none/b.csv")):
        (tmp_path / name).symlink_to(target)
        check_file(tmp_path / name)
        write_text(tmp_path / name, "new")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / target).read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["far", "link.csv", "new.csv"]


def test_a_pipe_and_a_device_are_written_to_and_stay(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    check_file(pipe)
    write_text(pipe, "x" * 100_000)
    assert reader.communicate(timeout=10)[0] == b"x" * 100_000
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    check_file("/dev/null")
    write_text("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.mark.parametrize("append", [False, True])
def test_standard_output_goes_on_where_it_is(tmp_path, append):
    """A file that a shell opened is not replaced, and what was written to it before stays."""
    out = tmp_path / "out"
    out.write_text("begun\n")
    code = (
        "from baselines.files import check_file, write_text; check_file('/dev/stdout'); print('before'); "
        "write_text('/dev/stdout', 'text\\n'); write_text('/dev/fd/1', 'more\\n'); print('after')"
    )
    with open(out, "a" if append else "w") as stream:
        subprocess.run([sys.executable, "-c", code], stdout=stream, check=True, cwd=ROOT)
    assert out.read_text() == ("begun\n" if append else "") + "before\ntext\nmore\nafter\n"


def test_a_full_device_is_one_line():
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with pytest.raises(CannotWrite, match=r"^/dev/full: cannot be written \(No space left on device\); free space"):
        write_text("/dev/full", "x")


def test_a_place_is_checked_before_the_work_and_left_as_it_is(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for path in ("new.csv", "file", "a/b/new.csv"):
        check_file(tmp_path / path)
    for path in ("new", "folder", "a/b"):
        check_folder(tmp_path / path)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("check", "path", "message"),
    [
        (check_file, "folder", r"folder: is a folder; expected a file, so name one in it, such as .*folder/output$"),
        (check_file, "folder/", r"folder: is a folder; expected a file"),
        (check_file, "link", r"link: is a folder; expected a file"),
        (check_file, "file/a.csv", r"file/a.csv: cannot be written \(Not a directory\); choose another place$"),
        (check_file, "file/a/b.csv", r"file/a/b.csv: cannot be written \(Not a directory\); choose another place$"),
        (check_folder, "file", r"file: is a file; expected a folder, so name another place$"),
        (check_folder, "file/a", r"file/a: cannot be written \(Not a directory\); choose another place$"),
    ],
)
def test_a_place_of_no_use_is_one_line(tmp_path, check, path, message):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    with pytest.raises(CannotWrite, match=message):
        check(f"{tmp_path}/{path}")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder", "link"]


def test_what_may_not_be_written_is_told(tmp_path, monkeypatch):
    """By the system's own answers, since who runs tests may be allowed everything."""
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda *_: False)
        with pytest.raises(CannotWrite, match=r"a.csv: cannot be written \(Permission denied\)"):
            check_file(path)

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    for check in (check_file, check_folder):
        with pytest.raises(CannotWrite, match=r"b: cannot be written \(Read-only file system\)"):
            check(tmp_path / "b")
    assert path.read_text() == "mine"


def test_a_tilde_means_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_path("~/a.csv") == tmp_path / "a.csv"
    assert user_path("a~b/~") == Path("a~b/~")
