"""The clips and videos that questions name, in a folder and in a manifest."""

import re

import pytest
from replicas import write_noise, write_video

from baselines.vqa.media import find_media


@pytest.fixture(params=["folder", "manifest"])
def media(tmp_path, request):
    """A video file and a folder of pictures of one subject."""
    write_video(tmp_path / "s1_v1.avi")
    write_noise(tmp_path / "s1_v2.mp4" if request.param == "manifest" else tmp_path / "s1_v2")
    if request.param == "manifest":
        rows = ["subject,video,path,fps", "s1,v1,s1_v1.avi,", "s1,v2.mp4,s1_v2.mp4,30"]
        (tmp_path / "videos.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


@pytest.mark.parametrize("name", ["v1", "v1.mp4", "V1.AVI"])
def test_a_name_may_have_the_suffix_of_a_file(media, name):
    key = "s1", name, None
    found, failures = find_media({key: False}, media)
    assert failures == {}
    assert len(found[key].frames) == 20


def test_a_name_as_it_stands_comes_first_and_other_endings_are_part_of_it(media):
    keys = [("s1", name, None) for name in ("v2.mp4", "v1.txt", "v3.mp4")]
    found, failures = find_media(dict.fromkeys(keys, False), media)
    assert (list(found), failures) == (keys[:1], {})
    assert len(found[keys[0]].frames) == 5


def test_the_number_of_a_picture_stands_where_the_user_says(tmp_path):
    write_noise(tmp_path / "s1_v1", 3)
    for number, path in enumerate(sorted((tmp_path / "s1_v1").iterdir()), start=1):
        path.rename(path.with_name(f"{9 - number}_cam7.png"))
    key = "s1", "v1", None
    found, _ = find_media({key: False}, tmp_path, 30, re.compile(r"^(\d+)_"))
    assert list(found[key].frames.numbers) == [6, 7, 8]
    found, failures = find_media({key: False}, tmp_path, 30, re.compile(r"(\d+)x"))
    assert "finds no numbers" in failures[key]


def test_a_folder_of_several_videos_is_no_clip(tmp_path):
    (tmp_path / "s1_v1").mkdir()
    for name in ("a.avi", "b.avi"):
        write_video(tmp_path / "s1_v1" / name)
    key = "s1", "v1", None
    found, failures = find_media({key: False}, tmp_path)
    assert found == {}
    assert "s1_v1: no numbered images" in failures[key]
