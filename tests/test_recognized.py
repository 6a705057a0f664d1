"""The picture of a recognized clip, and the commands that draw recognized clips and intervals."""

import csv
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from baselines.datasets import load_dataset
from baselines.datasets.opening import open_frames
from baselines.datasets.records import Clip, Event
from baselines.errors import InputError
from baselines.recognition.model import save_model
from baselines.report.recognized import plot_recognized, recognized_figure

SHARES = {"negative": 0.125, "positive": 0.75, "surprise": 0.125}
SETTINGS = {"name": "flow_image", "method": "fast", "size": 64}


@pytest.fixture(scope="module")
def clips(corpus):
    return load_dataset("synthetic", corpus).clips


@pytest.fixture(scope="module")
def model(corpus, tmp_path_factory):
    from baselines.commands.train import train_model

    path = tmp_path_factory.mktemp("model") / "m.skops"
    save_model(train_model("flow-svm", "synthetic", corpus), path)
    return path


def texts(figure):
    return [
        text.get_text()
        for text in figure.findobj(lambda one: hasattr(one, "get_text") and one.get_visible())
        if text.get_text()
    ]


def test_it_shows_two_faces_the_motion_and_all_classes(clips):
    clip = clips[0]
    figure = recognized_figure(clip, SHARES, SETTINGS)
    assert [image.get_array().shape[:2] for axis in figure.axes for image in axis.images] == [(64, 64)] * 3
    told = texts(figure)
    apex = clip.frames.numbers[clip.event.apex - 1]
    assert {f"onset, frame {clip.frames.numbers[0]}", f"apex, frame {apex}", "0.75", "0.12"} <= set(told)
    (bars,) = (axis for axis in figure.axes if axis.patches)
    assert [bar.get_width() for bar in bars.patches] == list(SHARES.values())
    assert [label.get_text().removeprefix("● ") for label in bars.get_yticklabels()] == list(SHARES)
    (marked,) = (label for label in bars.get_yticklabels() if label.get_text().startswith("● "))
    assert marked.get_text() == f"● {clip.label}"


@pytest.mark.parametrize(("emotion", "told"), [("happiness", "positive: right"), ("fear", "negative: wrong"), ("", "")])
def test_it_tells_whether_the_label_was_found(clips, emotion, told):
    clip = replace(clips[0], event=replace(clips[0].event, emotion=emotion))
    (verdict,) = (text for text in texts(recognized_figure(clip, SHARES, SETTINGS)) if text.startswith("recognized"))
    assert verdict == "recognized as positive (75%)" + (f"; labelled {told}" if told else "")


@pytest.mark.parametrize(("apex", "told"), [("spotted", "apex, spotted"), ("middle", "apex, middle")])
def test_it_tells_which_apex_was_seen(clips, apex, told):
    assert told in texts(recognized_figure(clips[0], SHARES, SETTINGS | {"apex": apex}))
    unknown = replace(clips[0], event=replace(clips[0].event, apex=None))
    assert "apex, spotted" in texts(recognized_figure(unknown, SHARES, SETTINGS))


def test_a_published_picture_is_shown_as_it_is(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "flow.png"), picture[..., ::-1])
    clip = Clip("smic", "s1", "c1", flow_image=tmp_path / "flow.png", event=Event(1, 2, emotion="happy"))
    figure = recognized_figure(clip, SHARES)
    (image,) = (image for axis in figure.axes for image in axis.images)
    np.testing.assert_array_equal(image.get_array(), picture)


def test_any_name_is_drawn_in_one_line_and_no_formula(tmp_path, clips):
    clip = replace(clips[0], subject="$x^2$ <b>", name="a\nb" + "x" * 300)
    figure = recognized_figure(clip, {"$a$" * 30: 0.5, "b": 0.5}, SETTINGS)
    title = next(text for text in texts(figure) if "<b>" in text)
    assert "\n" not in title
    assert len(title) < 100
    figure.savefig(tmp_path / "x.png")


def test_the_same_clip_gives_the_same_bytes(tmp_path, clips):
    for name in "ab":
        plot_recognized(clips[0], SHARES, tmp_path / f"{name}.png", SETTINGS)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_recognize_draws_each_clip(corpus, model, megc, tmp_path):
    arguments = ("recognize", corpus / "clips", "--model", model, "--jobs", 1)
    plain = megc(*arguments, "--output", tmp_path / "plain.csv")
    done = megc(*arguments, "--output", tmp_path / "o.csv", "--plot", tmp_path / "p")
    assert (plain.exit_code, done.exit_code) == (0, 0), done.stderr
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()
    expected = {f"{row['subject']}_{row['clip']}.png" for row in rows(tmp_path / "o.csv")}
    assert {path.name for path in (tmp_path / "p").iterdir()} == expected
    assert all(cv2.imread(str(path)) is not None for path in (tmp_path / "p").iterdir())


def test_a_picture_of_a_clip_that_cannot_be_drawn_costs_no_row(corpus, model, megc, tmp_path, monkeypatch):
    from baselines.report import recognized

    def fail(*_, **__):
        raise InputError("no room for the picture")

    monkeypatch.setattr(recognized, "plot_recognized", fail)
    source = corpus / "clips" / "sub01" / "c01"
    done = megc(
        "recognize", source, "--fps", 100, "--model", model, "--output", tmp_path / "o.csv",
        "--plot", tmp_path / "p", "--jobs", 1,
    )  # fmt: skip
    assert done.exit_code == 1
    assert done.stderr.count("no room for the picture") == 1
    assert len(rows(tmp_path / "o.csv")) == 1


def test_str_draws_the_emotions_and_writes_previews_of_what_was_asked_for(corpus, model, megc, tmp_path, monkeypatch):
    from baselines.report import plot_plan

    labels, bars_of = [], plot_plan.bars_of

    def kept(*arguments):
        spotted, true = bars_of(*arguments)
        labels.append(([bar.label for bar in spotted], true and [bar.label for bar in true]))
        return spotted, true

    monkeypatch.setattr(plot_plan, "bars_of", kept)
    arguments = ("str", corpus / "long", "--model", model, "--types", "both", "--jobs", 1, "--json")
    done = megc(*arguments, "--output", tmp_path / "o.csv", "--plot", tmp_path / "p", "--preview", tmp_path / "v")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert {path.name for path in (tmp_path / "p").iterdir()} == {f"{one['subject']}_long.png" for one in told}
    for (spotted, true), one in zip(labels, told, strict=True):
        emotions = {(event["onset"], event["offset"]): event["emotion"] for event in one["events"]}
        left_out = "others, left out"
        assert spotted == [emotions.get((i["onset"], i["offset"]), left_out) for i in one["intervals"]]
        assert set(true) & {"happiness", "surprise", "disgust", "anger", "repression", "contempt", "sadness", "fear"}
    names = {
        f"{i['subject']}_{i['video']}_{i['onset']}-{i['offset']}_{i['type']}.mp4"
        for one in told
        for i in one["intervals"]
    }
    assert names
    assert {path.name for path in (tmp_path / "v").iterdir()} == names
    assert all(len(open_frames(path)) for path in (tmp_path / "v").iterdir())
    micro = megc("str", corpus / "long", "--model", model, "--jobs", 1, "--output", tmp_path / "o.csv",
                 "--preview", tmp_path / "w")  # fmt: skip
    assert micro.exit_code == 0
    folder = tmp_path / "w"
    shown = {path.name for path in folder.iterdir()} if folder.exists() else set()
    assert shown == {name for name in names if name.endswith("_micro.mp4")}
