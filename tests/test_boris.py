"""Files of BORIS in the shapes of its versions; behaviors that are no expression are counted."""

import csv
import io
import json

import pytest

from baselines.formats import exchange

# aggregated events of version 8, between commas, and of version 7, between tabs
AGGREGATED = (
    "Observation id,Observation date,Description,Observation type,Source,Time offset (s),Coding duration,"
    "Media duration (s),FPS (frame/s),Subject,Observation duration by subject by observation,Behavior,"
    "Behavioral category,Modifier #1,Behavior type,Start (s),Stop (s),Duration (s),Media file name,"
    "Image index start,Image index stop,Comment start,Comment stop\n"
    "day 1,2026-01-02,,Media file(s),player #1:p01.mp4,0.0,60.0,60.0,50.0,P01,60.0,Micro-expression,,disgust,STATE,"
    "1.000,1.500,0.500,C:\\study\\p01.mp4,50,75,,\n"
    "day 1,2026-01-02,,Media file(s),player #1:p01.mp4,0.0,60.0,60.0,50.0,P01,60.0,blink,,,POINT,"
    "2.000,2.000,NA,C:\\study\\p01.mp4,100,100,,\n"
    "day 1,2026-01-02,,Media file(s),player #1:p01.mp4,0.0,60.0,60.0,50.0,No focal subject,60.0,macro,,AU6+AU12,STATE,"
    "3.000,5.000,2.000,C:\\study\\p01.mp4,150,250,looks away; apex: 3.5,\n"
)
OLDER = (
    "Observation id\tMedia file\tTotal length\tFPS\tSubject\tBehavior\tModifiers\tBehavior type\tStart (s)\tStop (s)"
    "\tComment start\n"
    "o1\tp01.mp4\t60.0\t50.0\tP01\tmicro\tdisgust|AU9\tSTATE\t1.000\t1.500\t\n"
    "o1\tp01.mp4\t60.0\t50.0\tP01\tapex\t\tPOINT\t1.200\t1.200\t\n"
)
# tabular events, with lines above the header
TABULAR = (
    "Observation id\to1\t\t\t\t\t\n\t\t\t\t\t\t\nTime offset (s)\t0.0\t\t\t\t\t\n"
    "Time\tMedia file path\tFPS\tSubject\tBehavior\tComment\tStatus\n"
    "1.000\tp01.mp4\t50.0\tP01\tmicro\t\tSTART\n"
    "1.200\tp01.mp4\t50.0\tP02\tmicro\t\tSTART\n"
    "1.500\tp01.mp4\t50.0\tP01\tmicro\t\tSTOP\n"
    "1.700\tp01.mp4\t50.0\tP01\tsmile\t\tPOINT\n"
    "1.900\tp01.mp4\t50.0\tP02\tmicro\t\tSTOP\n"
)


def project(events, media=("p01.mp4",), offset=0.0):
    """A project with one observation; `apex` and `nod` are point events."""
    kinds = {"micro": "State event", "MaE": "State event", "apex": "Point event", "nod": "Point event"}
    return json.dumps(
        {
            "project_format_version": "7.0",
            "behaviors_conf": {str(n): {"code": code, "type": kind} for n, (code, kind) in enumerate(kinds.items())},
            "observations": {
                "o1": {
                    "file": {"1": list(media), "2": []},
                    "type": "MEDIA",
                    "time offset": offset,
                    "media_info": {"fps": dict.fromkeys(media, 50.0)},
                    "events": events,
                }
            },
        }
    )


EVENTS = [
    [1.0, "P01", "micro", "disgust", ""],
    [1.2, "P01", "apex", "", "", 60],
    [1.1, "P02", "micro", "None", ""],
    [1.5, "P01", "micro", "disgust", ""],
    [1.3, "", "nod", "", ""],
    [1.9, "P02", "micro", "None", ""],
    [3, "", "MaE", "AU6|joy", ""],
    [5, "", "MaE", "AU6|joy", ""],
]


def told(marks):
    return [
        (e.subject, e.video, e.kind, e.seconds.onset, e.seconds.apex, e.seconds.offset, e.emotion, e.units)
        for e in marks.events
    ]


def test_aggregated_events_of_a_new_version(write):
    marks = exchange.read(write("b.csv", AGGREGATED))
    assert told(marks) == [
        ("", "p01", "macro", 3, 3.5, 5, "", "AU6+AU12"),
        ("P01", "p01", "micro", 1, None, 1.5, "disgust", ""),
    ]
    assert set(marks.rates.values()) == {50}
    assert set(marks.media.values()) == {"p01.mp4"}
    assert [note.partition(": ")[2] for note in marks.notes] == [
        "behaviors that are neither micro nor macro, left out: blink (1)"
    ]


def test_aggregated_events_of_an_older_version(write):
    marks = exchange.read(write("b.tsv", OLDER))
    assert told(marks) == [("P01", "p01", "micro", 1, 1.2, 1.5, "disgust", "AU9")]
    assert marks.notes == []


def test_tabular_events(write):
    for text in (TABULAR, TABULAR.replace("\t", ",")):
        marks = exchange.read(write("b.csv", text))
        assert told(marks) == [
            ("P01", "p01", "micro", 1, None, 1.5, "", ""),
            ("P02", "p01", "micro", 1.2, None, 1.9, "", ""),
        ]
        assert "smile (1)" in marks.notes[0]


def test_a_project(write):
    marks = exchange.read(write("b.boris", project(EVENTS)))
    assert told(marks) == [
        ("", "p01", "macro", 3, None, 5, "joy", "AU6"),
        ("P01", "p01", "micro", 1, 1.2, 1.5, "disgust", ""),
        ("P02", "p01", "micro", 1.1, None, 1.9, "", ""),
    ]
    assert set(marks.rates.values()) == {50}
    assert "nod (1)" in marks.notes[0]
    live = json.loads(project([]))
    live["observations"]["o1"] |= {"file": [], "media_info": {"offset": {}}, "events": EVENTS[:1] + EVENTS[3:4]}
    assert exchange.read(write("c.boris", json.dumps(live))).events[0].video == "o1"


def test_a_file_of_boris_is_the_truth(megc, write):
    truth = write("b.boris", project(EVENTS))
    predictions = write(
        "p.csv", "subject,video,onset,offset,type\nP01,p01,52,76,micro\nP02,p01,1,9,micro\nP01,p01,151,250,macro\n"
    )
    run = megc("score", "spotting", "--truth", truth, "--predictions", predictions, "--json")
    found = json.loads(run.stdout)
    assert [(found[kind]["tp"], found[kind]["fp"], found[kind]["fn"]) for kind in ("micro", "macro")] == [
        (1, 1, 1),
        (0, 1, 1),  # it is another subject's
    ]
    assert "nod (1)" in run.stderr


def test_what_is_written_is_aggregated_events(megc, write, tmp_path):
    table = write(
        "e.csv", "subject,video,onset,apex,offset,type,emotion,aus\ns1,v1,31,36,60,micro,joy,AU12\n,v2,1,,5,,,\n"
    )
    for name, separator in (("b.csv", ","), ("b.tsv", "\t")):
        assert megc("convert", table, "--to", "boris", "--output", tmp_path / name, "--fps", 30).exit_code == 0
        rows = list(csv.DictReader(io.StringIO((tmp_path / name).read_text()), delimiter=separator))
        assert [row["Subject"] for row in rows] == ["No focal subject", "s1"]
        assert (rows[1]["Behavior"], rows[1]["Behavior type"]) == ("micro", "STATE")
        assert (rows[1]["Start (s)"], rows[1]["Stop (s)"], rows[1]["Duration (s)"]) == (
            "1.000000",
            "2.000000",
            "1.000000",
        )
        assert (rows[1]["Modifiers"], rows[1]["Comment start"]) == ("joy|AU12", "apex: 1.166667")
    run = megc("convert", table, "--to", "boris", "--output", tmp_path / "b.boris", "--fps", 30)
    assert run.exit_code == 2
    assert "name a .csv or .tsv file" in run.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("b.boris", project(EVENTS)[:300], "not a project of BORIS"),
        ("b.boris", "[]", "has no observations"),
        ("b.boris", '{"observations": {"a": 3}}', "observation a is no mapping"),
        ("b.boris", project([[1.0, "", "micro"], [2.0]]), "observation o1 event 2: expected time, subject"),
        ("b.boris", project([["soon", "", "micro", "", ""]]), "event 1: the time is 'soon'"),
        ("b.boris", project(EVENTS[:3]), "event 1: micro starts at 1.0 s and never stops"),
        ("b.boris", project(EVENTS, media=("a.mp4", "b.mp4")), "several media files, a.mp4 and b.mp4"),
        ("b.boris", project(EVENTS, offset=12.5), "has a time offset of 12.5 s"),
        (
            "b.tsv",
            TABULAR.replace("1.500\tp01.mp4\t50.0\tP01", "1.500\tp01.mp4\t50.0\tP03"),
            "micro stops at 1.5 s and never",
        ),
        ("b.tsv", TABULAR.replace("\tSTOP", "\tSTART"), "micro starts at 1.5 s and has not stopped"),
        ("b.tsv", TABULAR.replace("\tSTOP", "\tHALT"), "row 7: its type is 'HALT'"),
        ("b.tsv", TABULAR.replace("\tSTART", "\tPOINT"), "row 5: micro at 1 s is a point event"),
        ("b.csv", AGGREGATED.replace("1.500,0.500", "0.500,0.500"), "row 2: lasts from 1 to 0.5 s"),
        ("b.csv", AGGREGATED.replace("p01.mp4,150", "p02.mp4,150"), "several media files, p01.mp4 and p02.mp4"),
        ("b.csv", AGGREGATED + "day 2,,\n", "row 5: 3 cells where the header has 23"),
    ],
)
def test_faults_are_one_line(megc, write, tmp_path, name, content, message):
    run = megc("convert", write(name, content), "--to", "csv", "--output", tmp_path / "out.csv")
    assert run.exit_code == 2
    assert run.stderr.count("\n") == 1
    assert message in run.stderr
    assert not (tmp_path / "out.csv").exists()
