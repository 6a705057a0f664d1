"""Events between this project and coding tools: nothing is lost on the way, and what cannot be kept is said."""

import csv
import io
import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from baselines.errors import InputError
from baselines.formats import exchange
from baselines.formats.marked import Marked, Span, checked, in_frames, in_order, in_seconds, timed

EVENTS = """subject,video,onset,apex,offset,type,emotion,aus
s1,v1,10,15,20,micro,happiness,AU12
s1,v1,1,40,100,macro,anger,AU4+AU7
s1,v1,18,,30,micro,,
s1,v1,300,300,300,micro,Überraschung & <mehr>,
"""
TOLD = EVENTS.splitlines()[0].split(",")
RATES = st.one_of(st.sampled_from([24000 / 1001, 25, 29.97, 30000 / 1001, 30, 60, 200]), st.floats(24, 999))
TEXTS = st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" "), max_size=12).map(
    lambda text: " ".join(text.split())
)
UNITS = st.sampled_from(["", "AU12", "AU4+AU7", "LAU14", "4 or 7", "AU4, something"])


def cells(text):
    return list(csv.DictReader(io.StringIO(text)))


def told(text):
    return sorted(tuple(row[name] for name in TOLD) for row in cells(text))


@st.composite
def marked(draw, subject="s1", video="v1"):
    """Events of one video at a frame rate: of both kinds, overlapping, touching, equal but in kind, one frame long."""
    rate = draw(RATES)
    events = {}
    for _ in range(draw(st.integers(0, 6))):
        onset, length = draw(st.integers(1, 3000)), draw(st.integers(0, 40))
        onset = draw(st.sampled_from([onset, 10, 20, *(event.frames.offset + 1 for event in events.values())]))
        apex = draw(st.one_of(st.none(), st.integers(onset, onset + length)))
        frames = Span(onset, apex, onset + length)
        kind = draw(st.sampled_from(["micro", "macro"]))
        more = {name: text for name in ("score", "region") if (text := draw(TEXTS))}
        texts = draw(TEXTS), draw(UNITS)
        events[onset, onset + length, kind] = Marked(
            subject, video, in_seconds(frames, rate), frames, kind, *texts, more, place="here"
        )
    return rate, in_order(map(checked, events.values()))


@given(RATES, st.integers(1, 10**6), st.integers(0, 10**4), st.data())
def test_frames_and_milliseconds_are_inverse(rate, onset, length, data):
    apex = data.draw(st.one_of(st.none(), st.integers(onset, onset + length)))
    frames = Span(onset, apex, onset + length)
    seconds = in_seconds(frames, rate)
    assert in_frames(seconds, rate) == frames
    assert in_frames(Span(*(None if second is None else round(second, 3) for second in seconds)), rate) == frames
    assert seconds.offset - seconds.onset == pytest.approx((length + 1) / rate)


def test_an_interval_lasts_until_its_last_frame_goes():
    assert in_seconds(Span(1, 1, 25), 25) == (0, 0, 1)
    assert in_frames(Span(0, None, 1), 25) == (1, None, 25)
    assert in_frames(Span(1, 1, 1.001), 25) == (26, 26, 26)  # shorter than a frame


@pytest.mark.parametrize("to", exchange.WRITERS)
@settings(max_examples=60)
@given(given=marked())
def test_what_is_written_is_read_again(to, given, tmp_path_factory):
    rate, events = given
    path = tmp_path_factory.mktemp("exchange") / f"v1{exchange.SUFFIXES[to]}"
    text, notes = exchange.WRITERS[to](events, str(path), {("s1", "v1"): rate}, {})
    path.write_bytes(text.encode())
    assert exchange.WRITERS[to](events, str(path), {("s1", "v1"): rate}, {}) == (text, notes)  # the same bytes
    marks = exchange.read(path)
    if to == "srt":  # which has the name of its file alone
        assert notes == ([f"{path}: an .srt has no place for subject s1; a .vtt has"] if events else [])
        marks.events = [replace(event, subject="s1") for event in marks.events]
        marks.rates = {("s1", "v1"): rate}
    else:
        assert notes == []
        assert to == "csv" or not events or marks.rates == {("s1", "v1"): rate}
    assert marks.notes == []
    back = in_order(timed(replace(event, frames=event.frames), rate) for event in marks.events)
    assert [replace(event, seconds=None) for event in back] == [replace(event, seconds=None) for event in events]
    for before, after in zip(events, back):
        known = [(a, b) for a, b in zip(before.seconds, after.seconds) if a is not None]
        assert all(abs(a - b) <= 0.001 for a, b in known)


def test_an_apex_that_two_expressions_of_one_length_hold_stays_with_its_own(write):
    for first, second in (("micro", "macro"), ("macro", "micro"), ("micro", "micro"), ("macro", "macro")):
        for apexes in ((16, 20), (20, 16), (None, 20), (20, None)):
            frames = Span(7, apexes[0], 22), Span(14, apexes[1], 29)
            events = [
                checked(Marked("s", "v", in_seconds(span, 30), None, kind, f"e{kind}{span.onset}", "AU1"))
                for span, kind in zip(frames, (first, second))
            ]
            file = write("v.eaf", exchange.WRITERS["elan"](events, "v.eaf", {("s", "v"): 30}, {})[0])
            back = [timed(event, 30) for event in exchange.read(file).events]
            assert [(event.frames, event.kind, event.emotion, event.units) for event in back] == [
                (span, event.kind, event.emotion, event.units) for span, event in zip(frames, events)
            ]


@settings(max_examples=25)
@given(
    names=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4, unique=True), to=st.sampled_from(["elan", "vtt"])
)
def test_videos_of_any_name_are_files_of_a_folder(names, to, tmp_path_factory):
    from baselines.commands.convert import convert_file

    names = [(subject, video) for subject, video in names if video]
    assume(names)
    folder = tmp_path_factory.mktemp("videos")
    rows = [Marked(*name, None, Span(5, 6, 9)) for name in names]
    (folder / "events.csv").write_text(exchange.WRITERS["csv"](rows, "", {}, {})[0], encoding="utf-8")
    assert convert_file(folder / "events.csv", to, f"{folder}/out/", fps=30) == ("", [])
    assert len(list((folder / "out").iterdir())) == len(names)
    assert sorted(event.key for event in exchange.read(folder / "out").events) == sorted(names)


def test_convert_goes_round_and_scores_the_same(megc, write, tmp_path):
    truth, predictions = write("t.csv", EVENTS), write("p.csv", EVENTS.replace("300,300,300", "301,301,301"))
    expected = json.loads(megc("score", "spotting", "--truth", truth, "--predictions", predictions, "--json").stdout)
    assert (expected["micro"]["tp"], expected["micro"]["fn"]) == (2, 1)
    previous = truth
    for to, name in (("elan", "a.eaf"), ("boris", "b.csv"), ("boris", "c.tsv"), ("vtt", "v1.vtt"), ("csv", "e.csv")):
        run = megc("convert", previous, "--to", to, "--output", tmp_path / name, "--fps", 29.97)
        assert (run.exit_code, run.stdout, run.stderr) == (0, "", "")
        previous = tmp_path / name
        pair = ("--truth", previous, "--predictions", predictions, "--json")
        for scored in (megc("score", "spotting", *pair), megc("score", "spotting", *pair, "--fps", 29.97)):
            assert (scored.exit_code, scored.stderr) == (0, "")
            assert json.loads(scored.stdout) == expected
    assert told(previous.read_text(encoding="utf-8")) == sorted(told(EVENTS))
    assert json.loads(megc("score", "spotting", "--truth", truth, "--predictions", tmp_path / "a.eaf", "--json").stdout)


def test_emotions_of_a_coding_tool_are_scored_as_those_of_a_table(megc, write, tmp_path):
    emotions = ["Negative", "positive"] * 3
    rows = [f"s{n},v{n},{10 + n},,{30 + n},micro,{emotion},\n" for n, emotion in enumerate(emotions)]
    table = write("t.csv", EVENTS.splitlines()[0] + "\n" + "".join(rows))
    predictions = write("p.csv", table.read_text().replace("11,,31,micro,positive", "11,,31,micro,negative"))
    arguments = ("--predictions", predictions, "--json")
    expected = json.loads(megc("score", "strs", "--truth", table, *arguments).stdout)
    assert expected["analysis"]["uf1"] < 1
    assert megc("convert", table, "--to", "elan", "--output", f"{tmp_path}/eafs/", "--fps", 60).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "eafs").iterdir()) == [f"v{n}.eaf" for n in range(6)]
    assert json.loads(megc("score", "strs", "--truth", tmp_path / "eafs", *arguments).stdout) == expected
    write("p2.eaf", (tmp_path / "eafs" / "v1.eaf").read_text().replace("positive", ""))
    run = megc("score", "strs", "--truth", tmp_path / "p2.eaf", *arguments)
    assert run.exit_code == 2
    assert "annotation a2 (tier micro): tells no emotion; add it" in run.stderr


def test_seconds_of_predictions_are_taken_where_the_truth_has_no_frames(megc, write, tmp_path):
    """Frames that are numbered as pictures are, from 184 here, are not those of an .eaf; seconds are the same."""
    truth = write("t.csv", "subject,video,onset,offset,type\ns1,v1,31,60,micro\n")
    assert megc("convert", truth, "--to", "elan", "--output", tmp_path / "t.eaf", "--fps", 30).exit_code == 0
    seconds = "onset_seconds,offset_seconds"
    predictions = write("p.csv", f"subject,video,onset,offset,type,{seconds}\ns1,v1,214,243,micro,1,2\n")
    run = megc("score", "spotting", "--truth", tmp_path / "t.eaf", "--predictions", predictions, "--json")
    assert json.loads(run.stdout)["micro"]["tp"] == 1
    run = megc("score", "spotting", "--truth", truth, "--predictions", predictions, "--json")
    assert json.loads(run.stdout)["micro"]["tp"] == 0  # frames are compared with frames


def test_without_a_rate_frames_stay_empty_in_a_table_and_stop_a_score(megc, write):
    srt = write("v1.srt", "1\n00:00:01,000 --> 00:00:01,500\nMicro-expression\nemotion: disgust\n")
    run = megc("convert", srt, "--to", "csv", "--output", "-")
    assert run.exit_code == 0
    assert [row["onset"] + row["offset"] for row in cells(run.stdout)] == [""]
    assert "frames are left empty where no frame rate is known: 1 events; give --fps" in run.stderr
    table = write("seconds.csv", run.stdout)
    for file in (srt, table):
        run = megc("score", "spotting", "--truth", file, "--predictions", table)
        assert run.exit_code == 2
        assert run.stderr.count("\n") == 1
        assert "the frame rate of video v1 is not known; give --fps" in run.stderr
        run = megc("score", "spotting", "--truth", file, "--predictions", table, "--fps", 30, "--json")
        assert json.loads(run.stdout)["micro"]["tp"] == 1
    run = megc("convert", table, "--to", "csv", "--output", "-", "--fps", 30)
    assert [(row["onset"], row["offset"]) for row in cells(run.stdout)] == [("31", "45")]


def test_rates_are_found_in_the_folder_and_nowhere_else(megc, write, tmp_path):
    table = write("events.csv", "subject,video,onset,offset\ns1,v1,31,60\n")

    def begin():
        run = megc("convert", table, "--to", "csv", "--output", "-")
        assert run.exit_code == 0, run.stderr
        return cells(run.stdout)[0]["onset_seconds"]

    assert begin() == ""
    video = cv2.VideoWriter(str(tmp_path / "v1.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 60, (32, 32))
    for _ in range(5):
        video.write(np.zeros((32, 32, 3), np.uint8))
    video.release()
    assert begin() == "0.5"  # of the video
    write("videos.csv", "subject,video,path,fps\nS01,v1,elsewhere.avi,30\ns2,v1,b.avi,40\n")
    assert begin() == "1"  # of the table of videos
    run = megc("convert", table, "--to", "csv", "--output", "-", "--fps", 15)
    assert cells(run.stdout)[0]["onset_seconds"] == "2"
    write("videos.csv", "subject,video,path,fps\ns1,v1,../v1.avi,\n")
    run = megc("convert", table, "--to", "csv", "--output", "-")
    assert run.exit_code == 2
    assert "leaves the folder" in run.stderr


def test_several_videos_need_a_folder(megc, write, tmp_path):
    table = write("e.csv", "subject,video,onset,offset\ns1,v,1,9\ns2,v,1,9\ns2,w,1,9\n")
    for to in exchange.ONE_VIDEO:
        run = megc("convert", table, "--to", to, "--output", tmp_path / "one.x", "--fps", 30)
        assert run.exit_code == 2
        assert "there are 3 videos" in run.stderr
    assert megc("convert", table, "--to", "srt", "--output", f"{tmp_path}/new/", "--fps", 30).exit_code == 0
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["s1_v.srt", "s2_v.srt", "w.srt"]
    assert megc("convert", table, "--to", "csv", "--output", tmp_path / "new").exit_code == 0  # a folder that is there
    assert sorted(p.name for p in (tmp_path / "new").glob("*.csv")) == ["s1_v.csv", "s2_v.csv", "w.csv"]


def test_an_empty_table_is_an_empty_file(megc, write, tmp_path):
    table = write("e.csv", EVENTS.splitlines()[0] + "\n")
    for to, suffix in exchange.SUFFIXES.items():
        target = tmp_path / f"empty_{to}{suffix}"
        run = megc("convert", table, "--to", to, "--output", target)
        assert (run.exit_code, run.stderr) == (0, f"warning: {table}: holds no event\n")
        assert exchange.read(target).events == []


def test_columns_of_predictions_go_with_them(megc, write, tmp_path):
    header = "subject,video,onset,offset,type,onset_seconds,offset_seconds,apex,score,region,apex_seconds,note"
    table = write("p.csv", f"{header}\ns1,v1,184,190,micro,2,2.25,186,1.31,left brow,2.1,mine\n")
    run = megc("convert", table, "--to", "elan", "--output", tmp_path / "p.eaf")  # seconds are there: no rate is needed
    assert run.exit_code == 0
    assert run.stderr == f"warning: {table}: columns that are not taken over: note\n"
    row = cells(megc("convert", tmp_path / "p.eaf", "--to", "csv", "--output", "-").stdout)[0]
    assert (row["score"], row["region"]) == ("1.31", "left brow")
    assert (row["onset_seconds"], row["apex_seconds"], row["offset_seconds"]) == ("2", "2.1", "2.25")
    row = cells(megc("convert", table, "--to", "csv", "--output", "-", "--fps", 30).stdout)[0]
    assert (row["onset"], row["apex"], row["offset"]) == ("184", "186", "190")  # as they were


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "subject,video,onset\ns1,v1,3\n", "row 1: no column offset"),
        ("a.csv", "subject;video;onset;offset\ns1;v1;3;4\n", "semicolons"),
        ("a.csv", "subject,video,onset,offset\ns1,v1,0,4\n", "row 2: begins before its video"),
        ("a.csv", "subject,video,onset,offset\ns1,v1,9,4\n", "row 2: onset 9 is after offset 4"),
        (
            "a.csv",
            "subject,video,onset,apex,offset\ns1,v1,3,9,4\n",
            "row 2: onset 3, apex 9, offset 4 are not in order",
        ),
        ("a.csv", "subject,video,onset,offset,type\ns1,v1,3,9,big\n", "row 2: type is 'big'"),
        ("a.csv", "subject,video,onset_seconds,offset_seconds\ns1,v1,-1,4\n", "row 2: lasts from -1 to 4 s"),
        ("a.csv", "subject,video,onset_seconds,offset_seconds\ns1,v1,1,inf\n", "row 2: offset_seconds is 'inf'"),
        ("a.csv", "subject,video,onset_seconds,offset_seconds\ns1,v1,,\n", "row 2: onset is empty"),
        ("a.csv", "subject,video,onset,offset\ns1,,3,4\n", "row 2: video is empty"),
        ("a.csv", "1\nv1 3 4 3 4 TP\n", "both truth and predictions"),
        ("a.srt", "1\nnonsense\nmicro\n", "line 1: '1' is no cue"),
        ("a.srt", "1\n00:00:02,000 --> 00:00:01,000\nmicro\n", "line 2: ends before it begins"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nmicro\napex: 9\n", "line 2: the apex at 9 s is not in"),
        ("a.vtt", "WEBVTT\n\nhello\n", "line 3: 'hello' is no cue"),
        ("a.vtt", "WEBVTT\n\nNOTE frame rate: -5\n\n00:01.0 --> 00:02.0\nmicro\n", "the frame rate is '-5'"),
    ],
)
def test_faults_are_one_line(megc, write, tmp_path, name, content, message):
    run = megc("convert", write(name, content), "--to", "csv", "--output", tmp_path / "out.csv", "--fps", 30)
    assert run.exit_code == 2
    assert run.stderr.count("\n") == 1
    assert message in run.stderr
    assert not (tmp_path / "out.csv").exists()


def test_usage_is_checked_before_the_work(megc, write, tmp_path):
    table = write("e.csv", EVENTS)
    run = megc("convert", table, "--to", "elan", "--output", tmp_path / "a.eaf")
    assert "row 2: it is not known when frames come; give --fps" in run.stderr
    run = megc("convert", tmp_path / "none.csv", "--to", "csv", "--output", "/proc/none/a.csv")
    assert "none.csv" not in run.stderr  # the output is looked at first
    assert run.exit_code == 2
    for media, message in ((tmp_path / "none.mp4", "no such file"), (tmp_path, "holds no video v1")):
        run = megc("convert", table, "--to", "elan", "--output", tmp_path / "a.eaf", "--fps", 30, "--media", media)
        assert run.exit_code == 2
        assert message in run.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no .eaf" in megc("convert", empty, "--to", "csv", "--output", "-").stderr


def test_what_is_converted_is_the_events_of_a_manifest(megc, write, tmp_path):
    from baselines.datasets.manifest_events import read_events

    table = write("e.csv", EVENTS)
    assert megc("convert", table, "--to", "elan", "--output", tmp_path / "v1.eaf", "--fps", 25).exit_code == 0
    assert megc("convert", tmp_path / "v1.eaf", "--to", "csv", "--output", tmp_path / "events.csv").exit_code == 0
    events = read_events(tmp_path / "events.csv")["s1", "v1"]
    expected = read_events(table)["s1", "v1"]
    assert {event for _, _, event in events} == {event for _, _, event in expected}
    assert len(events) == len(expected)


def test_two_files_of_one_video_in_a_folder_are_refused(megc, write, tmp_path):
    table = write("e.csv", "subject,video,onset,offset\ns1,v1,1,9\n")
    for coder in ("anna", "ben"):
        assert (
            megc("convert", table, "--to", "elan", "--output", tmp_path / "d" / f"{coder}.eaf", "--fps", 30).exit_code
            == 0
        )
    run = megc("score", "spotting", "--truth", tmp_path / "d", "--predictions", table)
    assert run.exit_code == 2
    assert "ben.eaf: marks video v1, and so does anna.eaf" in run.stderr
    (tmp_path / "d" / "ben.eaf").rename(tmp_path / "d" / "v1.srt")
    assert (
        "files of several kinds, .eaf, .srt" in megc("convert", tmp_path / "d", "--to", "csv", "--output", "-").stderr
    )


def test_a_folder_with_videos_tells_which_there_are(megc, write, tmp_path):
    """As beside events.csv: a prediction in a video without events is a false positive, one in another is refused."""
    table = write("e.csv", "subject,video,onset,offset\ns1,v1,1,9\n")
    assert megc("convert", table, "--to", "elan", "--output", tmp_path / "d" / "v1.eaf", "--fps", 30).exit_code == 0
    (tmp_path / "d" / "videos.csv").write_text("subject,video,path,fps,frames\ns1,v1,a.mp4,30,90\ns1,v2,b.mp4,30,90\n")
    arguments = ("score", "spotting", "--json", "--truth", tmp_path / "d", "--predictions")
    run = megc(*arguments, write("p.csv", "subject,video,onset,offset\ns1,v1,1,9\ns1,v2,80,99\n"))
    assert json.loads(run.stdout)["micro"] | {"tp": 1, "fp": 1, "fn": 0} == json.loads(run.stdout)["micro"]
    assert "interval 80 to 99 reaches outside video v2, which begins at frame 1 and ends at 90" in run.stderr
    run = megc(*arguments, write("p.csv", "subject,video,onset,offset\ns1,v3,1,9\n"))
    assert "row 2: video v3 of subject s1 is not in the truth" in run.stderr


def test_foreign_subtitles(megc, write):
    text = (
        "\ufeff1\r\n00:00:01,5 --> 00:00:02,250 X1:0\r\n<i>Macro</i>\r\nAUs: 4+7\r\nlooks away\r\n\r\n"
        "2\r\n00:00:03.000 --> 00:00:04.000\r\nWho is me?\r\n\r\n3\r\n00:00:03.000 --> 00:00:04.000\r\nme\r\n"
    )
    run = megc("convert", write("film.srt", text), "--to", "csv", "--output", "-")
    (row,) = cells(run.stdout)
    assert (row["video"], row["type"], row["aus"], row["onset_seconds"]) == ("film", "macro", "4+7", "1.5")
    assert "neither micro nor macro in their first line, left out: 2" in run.stderr
    assert "lines of cues that tell nothing known, left out: looks away (1)" in run.stderr


def test_names_that_no_file_keeps_are_refused(write):
    with pytest.raises(InputError, match="row 3: subject is"):
        exchange.read(write("a.csv", 'subject,video,onset,offset\n"a\nb",v,1,2\n'))
