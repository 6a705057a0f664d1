"""What `import baselines` offers, as a notebook uses it."""

import json
import subprocess
import sys

import numpy as np
import pytest

import baselines
from baselines.commands.train import train_model
from baselines.errors import InputError


@pytest.fixture(scope="module")
def dataset(corpus):
    return baselines.load_dataset("synthetic", corpus)


def test_importing_it_loads_nothing_heavy_and_offers_five_functions():
    code = (
        "import sys, baselines\n"
        "print([m for m in ('numpy', 'cv2', 'sklearn') if m in sys.modules])\n"
        "print([name for name in dir(baselines) if callable(getattr(baselines, name, None)) and name[0] != '_'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy, offered = done.stdout.splitlines()
    assert heavy == "[]"
    assert {"landmarks", "spot", "recognize", "load_dataset", "run_all"} <= set(eval(offered))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        baselines.nonsense  # noqa: B018


def test_a_video_is_a_record_a_file_a_folder_or_an_array(dataset, corpus):
    video = dataset.videos[0]
    points = baselines.landmarks(video)
    assert points.shape == (len(video.frames), 68, 2)
    np.testing.assert_array_equal(baselines.landmarks(video.frames.source), points)
    frames = np.stack(list(video.frames[:40]))
    np.testing.assert_array_equal(baselines.landmarks(frames, fps=video.fps), baselines.landmarks(frames, video.fps))
    assert baselines.landmarks(corpus / "clips" / "sub01" / "c01", fps=100).shape[1:] == (68, 2)


def test_spotting_gives_what_the_command_writes(dataset, megc, tmp_path):
    video = dataset.videos[0]
    plain = baselines.spot(video).to_dict()
    assert json.loads(json.dumps(plain)) == plain
    done = megc("spot", video.frames.source, "--output", tmp_path / "o.csv", "--json", "--jobs", 1)
    (details,) = json.loads(done.stdout)
    assert details["curves"] == plain["curves"]
    for mine, theirs in zip(plain["intervals"], details["intervals"], strict=True):
        assert mine == {name: theirs[name] for name in mine}


def test_a_clip_has_a_probability_for_each_emotion(dataset, corpus):
    model = train_model("flow-svm", "synthetic", corpus)
    found = baselines.recognize(dataset.clips[0], model)
    assert sum(found.values()) == pytest.approx(1)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert set(found) <= {"negative", "positive", "surprise", "others"}


def test_a_whole_run_gives_the_rows_of_its_table(corpus, tmp_path, capsys):
    with pytest.warns(UserWarning, match="recipe 'no-such' is not known"):
        rows = baselines.run_all(root=corpus, output=tmp_path, recipes=("majority", "no-such"), limit=6)
    assert {row["recipe"] for row in rows} == {"majority"}
    assert (tmp_path / "scores.csv").exists()
    assert capsys.readouterr().out == ""


def test_what_is_no_video_is_told(tmp_path, corpus):
    with pytest.raises(InputError, match=r"array of float64 \(3, 8, 8\); expected frames"):
        baselines.landmarks(np.zeros((3, 8, 8)))
    with pytest.raises(InputError, match="no such file"):
        baselines.spot(tmp_path / "none.mp4")
    with pytest.raises(InputError, match="holds 12 videos; give one of them"):
        baselines.spot(corpus / "clips")
