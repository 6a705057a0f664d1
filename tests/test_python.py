"""What `import baselines` offers, as a notebook uses it."""

import json
import pickle
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import baselines
from baselines.commands.results import Recognized, ScoreRows, Spotted
from baselines.commands.train import train_model
from baselines.datasets.frames import ArrayFrames
from baselines.datasets.records import Clip, Dataset, Event, Video
from baselines.errors import InputError
from baselines.spotting.base import Curve, Interval, SpottingResult

NASTY = "<script>alert(1)</script>"
PIXELS = np.random.default_rng(0).integers(0, 256, (30, 40, 50, 3), dtype=np.uint8)


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
    assert isinstance(rows, ScoreRows)
    assert (tmp_path / "scores.csv").exists()
    assert capsys.readouterr().out == ""


class Elements(HTMLParser):
    """The names of the elements of a page, and the text in its cells."""

    def __init__(self, text):
        super().__init__()
        self.names, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)

    def handle_data(self, data):
        self.text += data


def clip_of(**changed):
    event = Event(3, 25, 12, "micro", "happiness", ("AU6", "AU12"))
    return replace(Clip("d", NASTY, "c1", ArrayFrames(PIXELS), 100.0, event), **changed)


def video_of(**changed):
    return replace(Video("d", NASTY, "v1", ArrayFrames(PIXELS), 30.0, (Event(3, 25, emotion=NASTY),)), **changed)


def result_of(video=None):
    found = Interval(5, 8, 12, "micro", 1.25, NASTY, moved=(("chin", 2.0),))
    result = SpottingResult((found, replace(found, kind="macro")), (Curve(NASTY, np.linspace(0, 1, 30), 0.5, "px"),))
    return Spotted.of(result, video or video_of())


def rows_of(*seeds):
    row = {"task": "recognition", "dataset": NASTY, "subset": "all", "recipe": NASTY, "n": 3, "signature": "s"}
    figures = [("uf1", 0.5, 0.4, 0.6), ("ece", 0.1, None, None), ("uar", None, None, None)]
    return ScoreRows(
        row | {"seed": seed, "metric": metric, "value": value, "ci_low": low, "ci_high": high}
        for seed in seeds
        for metric, value, low, high in figures
    )


SHOWN = {
    "dataset": (Dataset("d", [clip_of()], [video_of()]), "Dataset(d: 1 subject, 1 clip, 1 video)"),
    "empty dataset": (Dataset("d"), "Dataset(d: empty)"),
    "clip": (clip_of(), f"Clip(d {NASTY}/c1: 30 frames at 100 fps, micro, AU6+AU12, positive)"),
    "flow picture": (clip_of(frames=None, fps=None, event=None), f"Clip(d {NASTY}/c1: flow picture)"),
    "video": (video_of(), f"Video(d {NASTY}/v1: 30 frames at 30 fps, 1 event)"),
    "unknown events": (video_of(events=None, subject="a\nb"), "Video(d a b/v1: 30 frames at 30 fps, events not known)"),
    "spotted": (result_of(), "Spotted(1 micro, 1 macro in 30 frames)"),
    "nothing": (Spotted.of(SpottingResult(()), video_of()), "Spotted(no interval in 0 frames)"),
    "recognized": (Recognized({"a": 0.75, NASTY: 0.25}, clip_of(), {}), f"Recognized(a: 0.750, {NASTY}: 0.250)"),
    "rows": (rows_of(0, 1), "ScoreRows(6 rows: ece, uar, uf1)"),
    "no rows": (ScoreRows(), "ScoreRows(0 rows)"),
}


@pytest.mark.parametrize(("shown", "line"), SHOWN.values(), ids=SHOWN)
def test_a_result_is_one_line_and_a_small_table_that_is_escaped(shown, line):
    assert repr(shown) == line
    assert "\n" not in line
    page = shown._repr_html_()
    assert "<script" not in page
    assert len(page) < 40_000
    found = Elements(page)
    assert set(found.names) <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "div", "img"}
    assert line.partition("(")[0] in found.text or "figure" in found.text or "Clip" in found.text


def test_a_clip_and_a_video_have_a_thumbnail_and_one_that_cannot_be_read_has_none():
    from baselines.datasets.frames import UnreadFrames

    for record in (clip_of(), video_of()):
        assert Elements(record._repr_html_()).names.count("img") == 1
        broken = replace(record, frames=UnreadFrames("v.mp4", 30, "v.mp4: cannot be decoded"))
        assert "img" not in Elements(broken._repr_html_()).names
        assert len(replace(record, frames=ArrayFrames(PIXELS[:0]))._repr_html_()) > 20


def test_a_long_table_ends_with_how_many_more_there_are():
    page = video_of(events=tuple(Event(n, n + 1) for n in range(1, 51)))._repr_html_()
    assert Elements(page).names.count("tr") == 21
    assert "... 30 more" in page


def test_a_curve_and_a_result_never_print_their_arrays():
    assert repr(Curve("c", np.zeros(9000), 0.5, "px")) == "Curve(c: 9000 values, px)"
    assert repr(SpottingResult((), (Curve("c", np.zeros(9000), 0.5),))) == "SpottingResult(no interval in 9000 frames)"


def test_a_spotted_video_draws_itself_and_is_the_result_that_it_was():
    result = result_of()
    figure = result.plot()
    assert any(NASTY in text.get_text() for text in figure.texts)
    assert isinstance(result, SpottingResult)
    assert result.to_dict()["intervals"][0]["onset"] == 5
    again = pickle.loads(pickle.dumps(result))
    assert again.to_dict() == result.to_dict()
    assert again.video.subject == NASTY


def test_probabilities_are_a_mapping_that_draws_itself(dataset):
    settings = {"name": "flow_image", "method": "fast", "size": 64}
    found = Recognized({"negative": 0.75, "positive": 0.25}, dataset.clips[0], settings)
    assert json.loads(json.dumps(found)) == found == {"negative": 0.75, "positive": 0.25}
    assert max(found, key=found.get) == "negative"
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert len(again.plot().axes) == 4


def test_rows_draw_one_metric_of_all_recipes():
    rows = rows_of(0, 1)
    assert rows == [dict(row) for row in rows]
    (axis,) = rows.plot().axes
    assert axis.get_xlabel() == "uf1"
    assert [label.get_text() for label in axis.get_yticklabels()] == [f"{NASTY} (seed {seed})" for seed in (0, 1)]
    assert rows.plot("ece").axes[0].get_xlabel() == "ece"
    with pytest.raises(InputError, match="no figure of metric nope; the metrics are ece, uar, uf1"):
        rows.plot("nope")
    with pytest.raises(InputError, match="no figure of anything; the metrics are none"):
        ScoreRows().plot()


def test_what_is_no_video_is_told(tmp_path, corpus):
    with pytest.raises(InputError, match=r"array of float64 \(3, 8, 8\); expected frames"):
        baselines.landmarks(np.zeros((3, 8, 8)))
    with pytest.raises(InputError, match="no such file"):
        baselines.spot(tmp_path / "none.mp4")
    with pytest.raises(InputError, match="holds 12 videos; give one of them"):
        baselines.spot(corpus / "clips")
