"""What mutations found once, and what is told since."""

import os

import pytest
from replicas import write_noise

from baselines.datasets.images import numbered
from baselines.errors import InputError
from baselines.vqa.llama.gguf_header import gguf_keys

DIGITS = "9" * 5000  # more than Python reads as a number


def told(done, *texts):
    """Assert that a command ended in one line on stderr with these texts."""
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("error: ")
    for text in texts:
        assert text in done.stderr


@pytest.mark.parametrize("text", [r"(\d{1,99999999999})", "(" * 500 + ")" * 500, "("])
def test_an_expression_that_python_cannot_make(megc, tmp_path, text):
    done = megc("spot", tmp_path, "--output", tmp_path / "x.csv", "--frame-number", text)
    told(done, "--frame-number", "not a regular expression")


def test_numbers_in_other_digits_are_sorted_as_numbers():
    names = ["img1.png", "img2.png", "img4.png", "img٣.png"]
    assert numbered(names) == ([1, 2, 3, 4], ["img1.png", "img2.png", "img٣.png", "img4.png"])


def test_numbers_of_thousands_of_digits_in_toml(megc, write, monkeypatch):
    recipe = write("my.toml", f'task = "recognition"\nsummary = "s"\ncitation = "c"\nseed = {DIGITS}\n')
    told(megc("recipes", "show", recipe), str(recipe), "not TOML")
    monkeypatch.setenv("MEGC_CONFIG", str(write("config.toml", f"data_root = {DIGITS}\n")))
    monkeypatch.delenv("MEGC_DATA_ROOT", raising=False)
    told(megc("data", "check", "casme2"), "config.toml", "not TOML")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
def test_a_pipe_among_pictures_is_a_finding(megc, tmp_path):
    write_noise(tmp_path / "clip", 3)
    (tmp_path / "clip/img2.png").unlink()
    os.mkfifo(tmp_path / "clip/img2.png")
    done = megc("data", "check", "manifest", "--data-root", tmp_path / "clip", "--jobs", 1)
    assert done.exit_code == 1
    assert "img2.png: is a pipe or device; expected a file" in done.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
def test_a_pipe_is_no_vision_model(tmp_path):
    os.mkfifo(tmp_path / "text.gguf")
    with pytest.raises(InputError, match="text.gguf: is a pipe; expected a GGUF file"):
        gguf_keys(tmp_path / "text.gguf")


def test_a_table_that_is_a_link_to_nothing(megc, tmp_path):
    (tmp_path / "videos.csv").symlink_to("gone.csv")
    told(megc("data", "check", "manifest", "--data-root", tmp_path), "videos.csv")


def test_a_path_of_too_long_a_name(megc, write):
    events = write("events.csv", "subject,video,onset,offset,type\ns,v,1,2,micro\n")
    done = megc("score", "spotting", "--truth", events, "--predictions", events, "--compare", "x" * 300)
    told(done, "x" * 300, "too long")


def test_a_file_in_which_where_cannot_choose_is_named(megc, write):
    file = write("p.csv", "dataset,subject,clip,label,prediction\nd,s,c,a,a\n")
    told(megc("score", "recognition", "--predictions", file, "--where", "recipe=x"), str(file))
