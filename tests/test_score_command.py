"""The command `score` as a user runs it: options, comparison with a second file, refusals."""

import json
import random
import time

import pytest
from click.testing import CliRunner
from runs import strs

from baselines.report.tables import write_tables
from cli import main

HEADER = "subject,video,onset,offset,type\n"
EMOTIONS = "subject,video,onset,offset,emotion\n"
RECOGNITION = "dataset,subject,clip,label,prediction\n"
COARSE, YES_NO = "What is the coarse expression class?", "Is the action unit dimpler shown on the face?"


def score(*arguments):
    return CliRunner().invoke(main, ["score", *map(str, arguments)])


@pytest.fixture
def events(write):
    """A truth of six subjects, a good and a poor file of predictions: all but s0, s5 only."""
    rows = [f"s{n},v{k},{100 * k + 10},{100 * k + 19},{'micro' if k else 'macro'}\n" for n in range(6) for k in (0, 1)]
    return (
        write("truth.csv", HEADER + "".join(rows)),
        write("good.csv", HEADER + "".join(rows[2:])),
        write("poor.csv", HEADER + "".join(rows[10:])),
    )


def answers(*given):
    """JSON Lines of a coarse and a yes/no question about one clip of each subject."""
    rows = [(n // 2, (COARSE, YES_NO)[n % 2], answer) for n, answer in enumerate(given)]
    return "".join(
        json.dumps({"id": f"samm_{n}", "subject": str(subject), "question": question, "answer": answer}) + "\n"
        for n, (subject, question, answer) in enumerate(rows)
    )


def test_comparison_of_two_files_of_intervals(events):
    truth, good, poor = events
    arguments = ("spotting", "--truth", truth, "--predictions", good, "--compare", poor, "--seed", 3)
    result = json.loads(score(*arguments, "--json").stdout)
    comparison = result["comparison"]
    assert result["overall"]["tp"] == 10  # the figures stay those of --predictions
    found = comparison["metrics"]["overall.f1"]
    assert found["difference"] == pytest.approx(20 / 22 - 4 / 14)
    assert 0 < found["low"] < found["difference"] < found["high"] <= 1
    assert 0 < found["p"] < 0.05
    assert set(comparison["metrics"]) >= {
        f"{kind}.{name}" for kind in ("micro", "macro", "overall", "any") for name in ("precision", "recall", "f1")
    }
    assert comparison["mcnemar"] is None
    assert "paired-subject-bootstrap,1000,seed=3" in comparison["signature"]
    text = score(*arguments).stdout
    assert score(*arguments).stdout == text
    assert "comparison, --predictions minus --compare:\n" in text
    assert f"  overall.f1: +{found['difference']:.4f} [+{found['low']:.4f}, +{found['high']:.4f}], p " in text
    assert "comparison" not in json.loads(score(*arguments[:5], "--json").stdout)


def test_comparison_of_recognized_clips_and_of_answers(write):
    rows = [("smic", f"s{n % 5}", f"c{n}", "negative" if n % 2 else "positive") for n in range(20)]
    right = write("right.csv", RECOGNITION + "".join(",".join([*row, row[3]]) + "\n" for row in rows))
    wrong = write("wrong.csv", RECOGNITION + "".join(",".join([*row, "negative"]) + "\n" for row in rows))
    done = score("recognition", "--predictions", right, "--compare", wrong, "--json")
    comparison = json.loads(done.stdout)["comparison"]
    assert comparison["metrics"]["uf1"]["difference"] == pytest.approx(1 - 1 / 3)
    assert comparison["mcnemar"] == {"first_only": 10, "second_only": 0, "p": pytest.approx(2 * 0.5**10)}
    assert (
        "mcnemar: 10 right only in the first, 0 only"
        in score("recognition", "--predictions", right, "--compare", wrong).stdout
    )
    truth = write("t.jsonl", answers("negative", "yes", "positive", "no"))
    other = write("o.jsonl", answers("negative", "no", "negative", "no"))
    done = score("vqa", "--truth", truth, "--predictions", truth, "--compare", other, "--json")
    comparison = json.loads(done.stdout)["comparison"]
    assert comparison["metrics"]["coarse.uf1"]["difference"] == pytest.approx(2 / 3)
    assert comparison["mcnemar"]["first_only"] == 2


def test_comparison_of_spotted_emotions_takes_the_options_of_the_score(write):
    rows = [f"s{n},v,{100 * k},{100 * k + 9},{'others' if k else 'negative'}\n" for n in range(4) for k in (0, 1)]
    truth, half = write("t.csv", EMOTIONS + "".join(rows)), write("p.csv", EMOTIONS + "".join(rows[::2]))
    arguments = ("--truth", truth, "--predictions", truth, "--compare", half, "--classes", "megc2025", "--json")
    result = json.loads(score("strs", *arguments, "--type", "micro").stdout)
    assert result["comparison"]["metrics"]["spotting.f1"]["difference"] == pytest.approx(1 / 3)
    assert result["comparison"]["metrics"]["analysis.uf1"]["difference"] == 0
    assert "types:micro|classes:negative,positive,surprise" in result["signature"]
    script = json.loads(score("strs", *arguments, "--mode", "megc2025-script").stdout)
    assert "mode:megc2025-script" in script["comparison"]["signature"]


def test_overlap_can_be_asked_for(write):
    truth, predicted = write("t.csv", f"{HEADER}s,v,1,10,micro\n"), write("p.csv", f"{HEADER}s,v,1,5,micro\n")
    files = ("spotting", "--truth", truth, "--predictions", predicted, "--json")
    for options, hits, text in [
        ((), 1, "iou:>=0.5"),
        (("--strict",), 0, "iou:>0.5"),
        (("--iou", 0.51), 0, "iou:>=0.51"),
        (("--iou", 0.3, "--iou", 0.3), 1, "iou:>=0.3"),
        (("--strict", "--iou", 0.49), 1, "iou:>0.49"),
    ]:
        result = json.loads(score(*files, *options).stdout)
        assert result["micro"]["tp"] == hits
        assert f"|{text}|" in result["signature"]
        assert set(result) == {"micro", "macro", "overall", "any", "signature", "ci"}
        assert list(result["micro"]) == ["tp", "fp", "fn", "precision", "recall", "f1"]
    assert score(*files, "--iou", 0).exit_code == 2
    assert score(*files, "--iou", 1.5).exit_code == 2


def test_several_overlaps_stand_below_the_figures_at_one_half(write):
    rows = ["1,10", "101,110", "201,210", "301,310"]
    truth = write("t.csv", HEADER + "".join(f"s{n},v,{row},micro\n" for n, row in enumerate(rows)))
    found = ["1,10", "101,104", "201,203", "301,302"]  # IoU 1, .4, .3, .2
    predicted = write("p.csv", HEADER + "".join(f"s{n},v,{row},micro\n" for n, row in enumerate(found)))
    files = ("spotting", "--truth", truth, "--predictions", predicted)
    alone = json.loads(score(*files, "--json").stdout)
    result = json.loads(score(*files, "--iou", 0.4, "--iou", 0.2, "--iou", 0.3, "--json").stdout)
    assert "|iou:>=0.5|curve:0.2,0.3,0.4|" in result["signature"]
    assert {kind: result[kind] for kind in ("micro", "macro", "overall", "any")} == {
        kind: alone[kind] for kind in ("micro", "macro", "overall", "any")
    }
    assert {name: result["ci"][name] for name in alone["ci"]} == alone["ci"]
    assert [(name, part["micro"]["tp"]) for name, part in result["iou"].items()] == [("0.2", 4), ("0.3", 3), ("0.4", 2)]
    for name, part in result["iou"].items():
        single = json.loads(score(*files, "--iou", name, "--json").stdout)
        assert part == {kind: single[kind] for kind in part}
        assert result["ci"]["iou"][name] == single["ci"]
    text = score(*files, "--iou", 0.2, "--iou", 0.5).stdout
    assert text.index("iou:\n  0.2:\n    micro:\n      tp: 4") < text.index("  0.5:\n    micro:\n      tp: 1")
    other = write("o.csv", HEADER)
    compared = json.loads(score(*files, "--iou", 0.2, "--iou", 0.5, "--compare", other, "--json").stdout)["comparison"]
    assert compared["metrics"]["iou.0.2.micro.f1"]["difference"] == 1
    assert compared["metrics"]["iou.0.5.micro.f1"] == compared["metrics"]["micro.f1"]
    assert "|thresholds:0.2,0.5|" in compared["signature"]


def test_classes_of_answers_can_be_set(write):
    truth = write("t.jsonl", answers("negative", "yes", "positive", "no"))
    files = ("vqa", "--truth", truth, "--predictions", truth)
    result = json.loads(score(*files, "--coarse-classes", "negative,positive,surprise", "--json").stdout)
    assert result["coarse"]["uf1"] == pytest.approx(2 / 3)
    assert "coarse:negative,positive,surprise" in result["signature"]
    done = score(*files, "--coarse-classes", "negative,others")
    assert done.exit_code == 2
    assert "t.jsonl line 3: answer 'positive' is outside the classes negative, others" in done.stderr


@pytest.mark.parametrize(
    ("kind", "truth", "predictions", "message"),
    [
        ("spotting", "s,v,5,9,micro", "s,v,9,5,micro", "p.csv row 2: onset 9 is after offset 5"),
        ("spotting", "s,v,5,9,micro\ns,v,5,9,micro", "s,v,5,9,micro", "t.csv row 3: duplicate of"),
        ("spotting", "s,v,5,9,micro", "s9,v,5,9,micro", "p.csv row 2: video v of subject s9 is not in the truth"),
        ("spotting", "s,v,5,9,micro", "s,v,5,9,blink", "p.csv row 2: type is 'blink'; expected micro or macro"),
        ("spotting", "s,v,5,9,micro", "s,v,five,9,micro", "p.csv row 2: onset is 'five'"),
        ("strs", "s,v,5,9,negative", "s,v,5,9,banana", "p.csv row 2: emotion 'banana' is outside the classes"),
        ("strs", "s,v,5,9,negative", "s,v,5,9,", "p.csv row 2: emotion is empty"),
        ("recognition", "d,s,c,negative,positive", "d,s,x,negative,positive", "row 2: clip d/s/x is not in the truth"),
        ("recognition", "d,s,c,negative,positive", "d,s,c,negative,", "p.csv row 2: prediction is empty"),
    ],
)
def test_a_fault_in_any_file_is_one_line_with_file_and_row(write, kind, truth, predictions, message):
    header = {"spotting": HEADER, "strs": EMOTIONS, "recognition": RECOGNITION}[kind]
    good = write("t.csv", f"{header}{truth}\n")
    bad = write("p.csv", f"{header}{predictions}\n")
    for files in (("--predictions", bad), ("--predictions", good, "--compare", bad)):
        done = score(kind, "--truth", good, *files, "--json")
        assert done.exit_code == 2
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert message in done.stderr


def test_form_does_not_matter_where_the_meaning_is_the_same(write):
    truth = write("t.csv", f"{HEADER}s1,v,5,9,micro\ns2,v,30,40,macro\n")
    odd = "\ufeffsubject, video ,score, onset,offset,type\r\n\r\ns2,v,.7, 30,40,Macro\r\n s1 ,v,.9,5.0,9,ME\r\n"
    done = score("spotting", "--truth", truth, "--predictions", write("p.csv", odd), "--json")
    assert json.loads(done.stdout)["overall"]["f1"] == 1


@pytest.mark.parametrize("kind", ["spotting", "strs"])
def test_intervals_that_begin_before_the_video_are_scored_with_one_warning(write, kind):
    header, last = (HEADER, "micro") if kind == "spotting" else (EMOTIONS, "negative")
    truth = write("t.csv", f"{header}s1,v,1,9,{last}\ns2,v,30,40,{last}\n")
    rows = [f"s1,v,-3,9,{last}", f"s1,v,-8,0,{last}", f"s2,v,-1,9,{last}", f"s2,v,30,40,{last}"]
    predicted = write("p.csv", header + "\n".join(rows) + "\n")
    other = write("o.csv", header + rows[0] + "\n")
    done = score(kind, "--truth", truth, "--predictions", predicted, "--json")
    spotted = json.loads(done.stdout)["overall" if kind == "spotting" else "spotting"]
    assert [spotted[name] for name in ("tp", "fp", "fn")] == [2, 2, 0]
    assert done.stderr.splitlines() == [
        f"warning: {predicted} row 2: interval -3 to 9 reaches outside video v, which begins at frame 1; clipped to "
        "their videos: 2 of 4 intervals, wholly outside and so false positives: 1"
    ]
    done = score(kind, "--truth", truth, "--predictions", predicted, "--compare", other, "--json")
    assert done.exit_code == 0
    places = [line.split(":")[1].strip() for line in done.stderr.splitlines()]
    assert places == [f"{path} row 2" for path in (predicted, other)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("vqa", "--strict"), "score vqa has no --strict; it has --coarse-classes, --fine-classes"),
        (("spotting", "--fine-classes", "a"), "score spotting has no --fine-classes; it has --mode, --iou, --strict"),
        (("strs", "--iou", 0.5), "score strs has no --iou; it has --mode, --classes, --type"),
    ],
)
def test_an_option_of_another_kind_is_refused(arguments, message):
    done = score(*arguments, "--truth", "t", "--predictions", "p")
    assert done.exit_code == 2
    assert message in done.stderr


# The example in the README of genbing99/STRS-Metric: TP 3, FP 2, FN 2, analysis F1 1/3, STRS .2.
@pytest.mark.parametrize("mode", ["corrected", "megc2025-script"])
def test_example_of_the_strs_script_from_files(write, mode):
    predicted = ["1,EP02_01f,10,70,happiness", "1,EP03_02,100,170,others", "1,EP04_02,0,70,others"]
    predicted += ["2,EP01_11f,20,90,happiness", "2,EP02_04f,70,140,happiness"]
    truth = ["1,EP02_01f,45,85,happiness", "1,EP03_02,130,160,others", "1,EP04_02,20,75,others"]
    truth += ["2,EP01_11f,45,95,repression", "2,EP02_04f,30,140,repression"]
    files = [write(name, EMOTIONS + "\n".join(rows)) for name, rows in (("t.csv", truth), ("p.csv", predicted))]
    result = json.loads(score("strs", "--truth", files[0], "--predictions", files[1], "--mode", mode, "--json").stdout)
    assert [result["spotting"][name] for name in ("tp", "fp", "fn")] == [3, 2, 2]
    assert result["analysis"]["f1"] == pytest.approx(1 / 3)
    assert result["strs"] == pytest.approx(0.2)
    assert "classes:truth(happiness,others,repression)" in result["signature"]
    assert f"mode:{mode}|" in result["signature"]


# MDMD of the MEGC2020 baseline on CAS(ME)^2: F1 .1196 and .0082 as published (arXiv 1912.11985).
@pytest.mark.parametrize(
    ("kind", "mode", "tp", "f1"),
    [("macro", "megc2020", 109, 0.1196), ("macro", "one-to-one", 104, 0.1141), ("micro", "megc2020", 21, 0.0082)],
)
def test_published_baseline_from_its_files(shared_data, kind, mode, tp, f1):
    folder = shared_data / "spotting"
    files = ("--truth", folder / "casme_sq_gt.csv", "--predictions", folder / f"casme_sq_mdmd_{kind}_pred.csv")
    result = json.loads(score("spotting", *files, "--mode", mode, "--json").stdout)
    assert result[kind]["tp"] == tp
    assert round(result[kind]["f1"], 4) == f1


@pytest.mark.parametrize("kind", ["spotting", "strs", "recognition", "vqa"])
def test_the_order_of_rows_changes_nothing(write, kind):
    rng = random.Random(5)
    if kind == "vqa":
        given = [answers(*(rng.choice(("negative", "positive", "yes", "no")) for _ in range(40))) for _ in range(2)]
        sides = [("", text.splitlines(keepends=True)) for text in given]
    elif kind == "recognition":
        keys = [f"d{n % 2},s{n % 7},c{n}" for n in range(40)]
        sides = [
            (header, [f"{key},{rng.choice(('negative', 'positive', 'surprise'))}\n" for key in keys])
            for header in (RECOGNITION.replace(",prediction", ""), RECOGNITION.replace(",label", ""))
        ]
    else:
        header, last = (HEADER, ("micro", "macro")) if kind == "spotting" else (EMOTIONS, ("negative", "others"))
        starts = [sorted(rng.sample(range(300), 40)) for _ in range(2)]
        sides = [
            (header, [f"s{n % 5},v,{start},{start + 12},{rng.choice(last)}\n" for n, start in enumerate(side)])
            for side in starts
        ]
    results = []
    for _ in range(3):
        files = [write(name, header + "".join(rows)) for name, (header, rows) in zip(("t", "p"), sides)]
        done = score(kind, "--truth", files[0], "--predictions", files[1], "--json")
        assert done.exit_code == 0, done.stderr
        results.append(done.stdout)
        for _, rows in sides:
            rng.shuffle(rows)
    assert results[1] == results[0]
    assert results[2] == results[0]


def test_a_true_count_without_a_number_is_refused(write):
    row = {"id": "samm_1", "question": "How many action units are present?", "answer": "several"}
    path = write("t.jsonl", json.dumps(row) + "\n")
    done = score("vqa", "--truth", path, "--predictions", path)
    assert done.exit_code == 2
    assert "t.jsonl line 1: answer 'several' has no whole number" in done.stderr


@pytest.mark.timed
def test_a_hundred_thousand_answers_of_as_many_people_as_there_can_be(write):
    words = ("negative", "yes", "positive", "no", "surprise", "yes", "negative")
    given = [answers(*(words[(n + n // 9 * shift) % 7] for n in range(100_000))) for shift in (0, 1)]
    truth, predicted = write("t.jsonl", given[0]), write("p.jsonl", given[1])
    start = time.process_time()
    done = score("vqa", "--truth", truth, "--predictions", predicted, "--json")
    assert time.process_time() - start < 4  # 2 s on a quiet machine
    assert json.loads(done.stdout)["n"] == 100_000


def test_a_file_of_str_of_run_all_is_read_back_as_both_sides(tmp_path):
    write_tables([strs("spot+recognize", "negative")], tmp_path)
    path = tmp_path / "predictions-str.csv"
    done = score("strs", "--predictions", path)
    assert done.exit_code == 2
    assert done.stderr == "error: score strs needs --truth FILE, the same file: it holds both sides\n"
    found = json.loads(score("strs", "--truth", path, "--predictions", path, "--json").stdout)
    assert (found["strs"], found["spotting"]["f1"], found["analysis"]["f1"]) == (1.0, 1.0, 1.0)
    assert "predictions-str.csv" in score("--help").stdout
