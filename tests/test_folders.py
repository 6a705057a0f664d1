import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.datasets.folders import (
    clip_folders,
    find_file,
    find_folder,
    join,
    key,
    shown,
    subfolders,
    subject_folders,
)
from baselines.datasets.names import subject_key
from baselines.errors import InputError


def make(root, *folders):
    for folder in folders:
        (root / folder).mkdir(parents=True)
    return root


def test_subfolders_are_sorted_and_no_files_or_hidden_ones(tmp_path):
    make(tmp_path, "b", "a", ".git", "__MACOSX")
    (tmp_path / "c.txt").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert subfolders(tmp_path) == {"a": tmp_path / "a", "b": tmp_path / "b"}
    assert subfolders(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ("Raw/s01", "Raw"),
        ("RAW/raw/s01", "RAW/raw"),
        ("data/data/raw/s01", "data/data/raw"),
        ("s01", "."),
        ("raw/other", None),
        ("s01x", None),
    ],
)
def test_a_folder_is_found_in_any_case_and_doubled(tmp_path, made, found):
    make(tmp_path, made)
    expected = None if found is None else tmp_path / found
    assert find_folder(tmp_path, ("raw", "Data/Raw", ""), r"s\d+") == expected


def test_the_first_route_counts(tmp_path):
    make(tmp_path, "a/s1", "b/s1")
    assert find_folder(tmp_path, ("b", "a"), r"s\d+") == tmp_path / "b"


def test_a_root_that_holds_one_of_its_own_name(tmp_path):
    assert find_folder(make(tmp_path, "Cropped/Cropped/s1") / "Cropped", ("",), r"s\d+") == tmp_path / "Cropped/Cropped"


def test_the_best_pattern_counts_and_lock_files_do_not(tmp_path):
    make(tmp_path, "a", "b")
    for name in ("a/Labels_v1.xlsx", "b/LABELS_v2.XLSX", "a/~$Labels_v2.xlsx"):
        (tmp_path / name).touch()
    folders = (tmp_path / "a", tmp_path / "b", tmp_path / "nowhere")
    assert find_file(folders, ("labels_v2.xlsx", "labels*.xlsx")) == tmp_path / "b/LABELS_v2.XLSX"
    assert find_file(folders, ("labels*.xlsx",)) == tmp_path / "a/Labels_v1.xlsx"
    with pytest.raises(InputError, match=r"a: no file x\.csv or y\.csv; copy the annotation"):
        find_file(folders, ("x.csv", "y.csv"))


@given(st.integers(0, 40), st.integers(0, 3), st.sampled_from(["s", "SUB", ""]))
def test_zeros_and_case_of_a_subject_do_not_count(number, zeros, prefix):
    name = f"{prefix}{'0' * zeros}{number}"
    assert subject_key(name) == f"{prefix.lower()}{number}"
    assert subject_key(subject_key(name)) == subject_key(name)


def test_one_subject_in_two_folders(tmp_path):
    make(tmp_path, "s01/a", "s1/a", "s1/b", "s2/a", "notes/x")
    findings = []
    assert [(name, path.name) for name, path in subject_folders(tmp_path, r"s\d+", findings)] == [
        ("s01", "s01"),
        ("s01", "s1"),
        ("s2", "s2"),
    ]
    assert findings == [f"{tmp_path}: s01 and s1 are one subject; move all clips into s01"]
    found = clip_folders(tmp_path, r"s\d+", findings := [])
    assert found == {("s1", "a"): tmp_path / "s01/a", ("s1", "b"): tmp_path / "s1/b", ("s2", "a"): tmp_path / "s2/a"}
    assert findings[1] == f"{tmp_path / 's1/a'}: the same clip as {tmp_path / 's01/a'}; it is left out, remove one"


def test_rows_join_folders(tmp_path):
    folders = {key("s1", "A"): tmp_path / "s1/A", key("s2", "x"): tmp_path / "s2/x"}
    rows = [
        (f"row {n}", subject, name, n) for n, (subject, name) in enumerate([("S01", "a"), ("s1", "A"), ("s3", "b")])
    ]
    findings = []
    assert list(join(rows, folders, tmp_path, findings)) == [("row 0", "S01", "a", 0, tmp_path / "s1/A")]
    assert findings == [
        "row 1: s1 A stands twice and the first row counts; delete one",
        f"{tmp_path}: no folder for b of s3, left out; unpack what is missing",
        f"{tmp_path / 's2'}: x not in the annotation, left out; rename or remove",
    ]


def test_long_lists_are_cut():
    assert shown(["a", "b"]) == "a, b"
    assert shown(list("abcdefg")) == "a, b, c, d, e and 2 more"
