"""Scores of files: golden numbers, checks between truth and predictions, intervals, signatures."""

import json
import time

import pytest

from baselines.errors import InputError
from baselines.formats import read_answers
from baselines.metrics import text, vqa
from baselines.scoring.common import headline, json_ready
from baselines.scoring.comparing import compare, compare_files
from baselines.scoring.recognition import recognition_scores, score_recognition
from baselines.scoring.spotting import score_spotting, spotting_scores
from baselines.scoring.strs import score_strs, strs_scores
from baselines.scoring.vqa import score_vqa, vqa_scores

EVENTS = "subject,video,onset,offset,type\ns1,v1,10,20,micro\ns1,v2,30,60,macro\ns2,v1,5,9,micro\n"
EMOTIONS = "subject,video,onset,offset,emotion\ns1,v1,10,20,negative\ns1,v2,30,60,positive\ns2,v1,5,9,others\n"
CLIPS = """dataset,subject,clip,label,prediction
casme2,s1,a,negative,negative
casme2,s1,b,positive,negative
casme2,s2,a,negative,negative
smic,s1,a,surprise,surprise
smic,s3,b,negative,positive
"""


def questions(answers):
    """JSON Lines of a few questions about two clips of different subjects, answered by `answers`."""
    asked = ["What is the coarse expression class?", "Is the action unit dimpler shown on the face?"]
    rows = [(subject, question) for subject in ("1", "2") for question in asked]
    return "".join(
        json.dumps({"id": f"samm_{n}", "dataset": "samm", "subject": s, "question": q, "answer": a}) + "\n"
        for n, ((s, q), a) in enumerate(zip(rows, answers))
    )


# MDMD intervals of the MEGC2020 baseline on CAS(ME)^2: F1 .1196 and .0082 as published (arXiv 1912.11985).
@pytest.mark.parametrize(
    ("kind", "matching", "counts", "f1"),
    [
        ("macro", "megc2020", (109, 1414, 191), 0.1196),
        ("micro", "megc2020", (21, 5014, 36), 0.0082),
        ("macro", "one-to-one", (104, 1419, 196), 0.1141),
        ("micro", "one-to-one", (21, 5014, 36), 0.0082),
    ],
)
def test_published_spotting_counts(shared_data, kind, matching, counts, f1):
    folder = shared_data / "spotting"
    predictions = folder / f"casme_sq_mdmd_{kind}_pred.csv"
    result = score_spotting(folder / "casme_sq_gt.csv", predictions, matching=matching, resamples=100)
    assert tuple(result[kind][name] for name in ("tp", "fp", "fn")) == counts
    assert round(result[kind]["f1"], 4) == f1
    assert f"matching:{matching}|iou:>=0.5" in result["signature"]
    low, high = result["ci"][kind]["f1"]
    assert low < result[kind]["f1"] < high
    # Three videos without any true event were searched as well, and what was found there is false.
    assert len(result["warnings"]) == 1
    assert "(3 such videos)" in result["warnings"][0]


def test_spotting_result(write):
    truth = write("truth.csv", EVENTS)
    predicted = write("pred.csv", "subject,video,onset,offset,type\ns1,v1,12,20,micro\ns1,v2,30,60,micro\n")
    result = score_spotting(truth, predicted, per_video=True)
    assert result["micro"] == {"tp": 1, "fp": 1, "fn": 1, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert result["macro"] == {"tp": 0, "fp": 0, "fn": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert [result["overall"][name] for name in ("tp", "fp", "fn")] == [1, 1, 2]
    assert {"subject": "s1", "video": "v2", "type": "micro", "tp": 0, "fp": 1, "fn": 0} in result["per_video"]
    assert sum(row["tp"] + row["fn"] for row in result["per_video"]) == 3


@pytest.mark.parametrize("task", ["spotting", "strs"])
def test_an_empty_prediction_file_has_scores(write, task):
    score, text = (score_spotting, EVENTS) if task == "spotting" else (score_strs, EMOTIONS)
    result = score(write("truth.csv", text), write("pred.csv", text.partition("\n")[0]))
    spotted = result["overall"] if task == "spotting" else result["spotting"]
    assert spotted == {"tp": 0, "fp": 0, "fn": 3, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert result.get("strs", 0.0) == 0.0


def test_unknown_videos_are_reported_and_unknown_subjects_refused(write):
    truth, header = write("truth.csv", EVENTS), "subject,video,onset,offset,type\n"
    result = score_spotting(truth, write("pred.csv", f"{header}s1,v9,1,5,micro\n"))
    assert result["micro"]["fp"] == 1
    assert "pred.csv row 2: video v9 has no event in the truth" in result["warnings"][0]
    with pytest.raises(InputError, match=r"pred.csv row 2: video v1 of subject s9 is not in the truth"):
        score_spotting(truth, write("pred.csv", f"{header}s9,v1,1,5,micro\n"))


def test_the_videos_of_a_manifest_are_all_there_are(write):
    truth = write("events.csv", EVENTS)
    write("videos.csv", "subject,video,path,fps\ns1,v1,a.mp4,30\ns1,v2,b.mp4,30\ns2,v1,c.mp4,30\ns3,v1,d.mp4,30\n")
    header = "subject,video,onset,offset,type\n"
    assert score_spotting(truth, write("pred.csv", f"{header}s3,v1,1,5,micro\n"))["warnings"] == []
    with pytest.raises(InputError, match="video v3 of subject s1 is not in the truth"):
        score_spotting(truth, write("pred.csv", f"{header}s1,v3,1,5,micro\n"))


def test_a_file_without_subjects_is_joined_by_video(write):
    truth = write("truth.csv", EVENTS.replace("s2,v1", "s2,v3"))
    joined = score_spotting(truth, write("pred.csv", "vid,pred_onset,pred_offset,type\nv1,10,20,me\nv3,5,9,me\n"))
    assert joined["micro"]["tp"] == 2
    with pytest.raises(InputError, match="video v1 is one of several subjects"):
        score_spotting(write("truth.csv", EVENTS), write("pred.csv", "vid,onset,offset,type\nv1,10,20,me\n"))


def test_strs_result_and_classes(write):
    truth = write("truth.csv", EMOTIONS)
    result = score_strs(truth, truth)
    assert result["strs"] == 1
    assert "classes:truth(negative,others,positive)" in result["signature"]
    three = score_strs(truth, truth, classes="megc2025")
    assert three["spotting"]["tp"] == 3
    assert three["analysis"]["uf1"] == pytest.approx(2 / 3)
    assert "mode:corrected" in three["signature"]
    assert "classes:negative,positive,surprise" in three["signature"]
    assert "nothing is analysed" in score_strs(truth, truth, classes="anger, fear")["warnings"][0]
    with pytest.raises(InputError, match=r"row 2: emotion 'banana' is outside the classes of the truth"):
        score_strs(truth, write("pred.csv", "subject,video,onset,offset,emotion\ns1,v1,10,20,banana\n"))


def test_undefined_strs_of_the_script_is_null(write):
    predicted = write("pred.csv", "subject,video,onset,offset,emotion\ns1,v1,10,20,positive\ns7,v1,1,2,positive\n")
    result = score_strs(write("truth.csv", EMOTIONS), predicted, mode="megc2025-script", classes="megc2025")
    assert result["strs"] is None
    assert result["analysis"]["f1"] is None
    assert result["spotting"] == {
        "tp": 1,
        "fp": 0,
        "fn": 1,
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
    }
    assert json.loads(json.dumps(json_ready(result), allow_nan=False))["strs"] is None


def test_strs_of_one_type_only(write):
    text = "subject,video,onset,offset,emotion,type\ns1,v1,10,20,negative,micro\ns1,v1,40,90,positive,macro\n"
    truth = write("truth.csv", text)
    predicted = write("pred.csv", "subject,video,onset,offset,emotion\ns1,v1,10,20,negative\n")
    assert score_strs(truth, predicted, kind="micro")["strs"] == 1
    every = score_strs(truth, predicted)
    assert every["spotting"]["fn"] == 1
    assert "1 macro-expressions of the truth count as well" in every["warnings"][0]


def test_recognition_result(write):
    both = score_recognition(write("both.csv", CLIPS))
    assert both["n"] == 5
    assert both["accuracy"] == 0.6
    assert both["uf1"] == pytest.approx((2 * 2 / 6 + 0 + 1) / 3)
    assert both["uar"] == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert both["per_dataset"]["smic"]["n"] == 2
    assert both["confusion"]["counts"] == [[2, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]
    lines = [line.split(",") for line in CLIPS.split()]
    truth = write("truth.csv", "\n".join(",".join(line[:4]) for line in lines))
    predicted = write("pred.csv", "\n".join(",".join([*line[:3], line[4]]) for line in [lines[0], *lines[:0:-1]]))
    assert score_recognition(predicted, truth) == both


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "no prediction for clip smic/s3/b"),
        ("smic,s9,b,negative", r"pred.csv row 6: clip smic/s9/b is not in the truth"),
        ("smic,s3,b,banana", r"pred.csv row 6: prediction 'banana' is outside the classes of the truth"),
    ],
)
def test_faults_between_truth_and_predictions(write, line, message):
    lines = [line.split(",") for line in CLIPS.split()]
    truth = write("truth.csv", "\n".join(",".join(line[:4]) for line in lines))
    predicted = write("pred.csv", "\n".join([*(",".join([*row[:3], row[4]]) for row in lines[:-1]), line]))
    with pytest.raises(InputError, match=message):
        score_recognition(predicted, truth)


def test_given_classes_hold_for_every_figure(write):
    path = write("both.csv", CLIPS)
    with pytest.raises(InputError, match=r"row 5: label 'surprise' is outside the classes negative, positive"):
        score_recognition(path, classes="negative,positive")
    fixed, own = score_recognition(path, classes="megc2025"), score_recognition(path)
    assert fixed["uf1"] == own["uf1"]
    assert fixed["per_dataset"]["casme2"]["uf1"] == pytest.approx(0.8 / 3)
    assert own["per_dataset"]["casme2"]["uf1"] == pytest.approx(0.8 / 2)


def test_intervals_of_a_database_are_over_its_own_classes_and_subjects(write):
    result = score_recognition(write("both.csv", CLIPS.replace("positive,negative", "positive,positive")))
    assert result["per_dataset"]["casme2"]["uf1"] == 1
    assert result["ci"]["per_dataset"]["casme2"] == {name: [1.0, 1.0] for name in ("uf1", "uar", "accuracy")}


def test_vqa_result(write):
    truth = write("truth.jsonl", questions(["negative", "yes", "positive", "no"]))
    result = score_vqa(truth, write("pred.jsonl", questions(["negative", "no", "negative", "No."])))
    assert result["coarse"] == {"uf1": pytest.approx(1 / 3), "uar": 0.5, "accuracy": 0.5, "n": 2}
    assert result["yes_no"] == {"accuracy": 0.5, "n": 2}
    assert result["action_units"]["n"] == 0
    assert 0 < result["bleu"]["sacrebleu"] < 1
    assert "sacrebleu:" in result["signature"]
    perfect = score_vqa(truth, truth)
    assert perfect["coarse"]["uf1"] == perfect["rouge"]["rouge1-f1"] == 1


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (["negative", "yes", "positive"], "no answer to question samm_3 .*truth.jsonl line 4"),
        (["negative", "yes", "positive", " "], "pred.jsonl line 4: no answer to samm_3"),
    ],
)
def test_every_question_needs_an_answer(write, answers, message):
    truth = write("truth.jsonl", questions(["negative", "yes", "positive", "no"]))
    with pytest.raises(InputError, match=message):
        score_vqa(truth, write("pred.jsonl", questions(answers)))


def test_answers_must_belong_to_the_questions(write):
    short, long = questions(["negative", "yes"]), questions(["negative", "yes", "positive", "no"])
    with pytest.raises(InputError, match="pred.jsonl line 3: question samm_2 is not in the truth"):
        score_vqa(write("truth.jsonl", short), write("pred.jsonl", long))
    with pytest.raises(InputError, match="pred.jsonl line 1: question samm_0 reads 'What is the coarse"):
        score_vqa(write("truth.jsonl", short), write("pred.jsonl", short.replace("coarse", "fine-grained")))


def test_figures_of_several_databases(write):
    text = questions(["negative", "yes", "positive", "no"])
    truth = write("truth.jsonl", text + text.replace("samm", "casme3"))
    predicted = write("pred.jsonl", text + questions(["positive", "no", "negative", "yes"]).replace("samm", "casme3"))
    result = score_vqa(truth, predicted)
    assert list(result["per_dataset"]) == ["casme3", "samm"]
    assert [part["coarse"]["uf1"] for part in result["per_dataset"].values()] == [0, 1]
    assert result["per_dataset"]["samm"]["rouge"]["rouge1-f1"] == 1


def test_figures_are_those_of_the_metrics_on_arrays(shared_data):
    rows = read_answers(shared_data / "me_vqa" / "me_vqa_casme2.jsonl")
    truth = [row["answer"] for row in rows]
    answers = [truth[n - 7] for n in range(len(truth))]
    result = vqa_scores(rows, answers)
    kinds = [vqa.question_kind(row["question"]) for row in rows]
    expected = vqa.evaluate(kinds, truth, answers) | text.evaluate(truth, answers)
    assert {name: result[name] for name in expected} == {
        name: pytest.approx(figures) if isinstance(figures, dict) else figures for name, figures in expected.items()
    }


def test_many_events_in_one_video_take_no_quadratic_time():
    truth = [event("s", 30 * n) for n in range(10_000)]
    predicted = [event("s", 30 * n + n % 7) for n in range(10_000)]
    start = time.process_time()
    result = strs_scores(truth, predicted)
    assert result["spotting"]["tp"] == sum(n % 7 <= 3 for n in range(10_000))
    assert time.process_time() - start < 2


def event(subject, onset, emotion="negative", kind="micro"):
    offset = onset + 9
    return {"subject": subject, "video": "v", "onset": onset, "offset": offset, "type": kind, "emotion": emotion}


TRUTH = [event(f"s{n}", 100 * k, "positive" if k else "negative") for n in range(8) for k in range(3)]
GOOD = [row for n, row in enumerate(TRUTH) if n % 5]
POOR = [row for n, row in enumerate(TRUTH) if n % 5 == 1]


def test_seed_decides_the_intervals():
    results = [spotting_scores(TRUTH, GOOD, seed=seed) for seed in (1, 1, 2)]
    assert results[0] == results[1]
    assert results[0]["ci"] != results[2]["ci"]
    assert "ci:subject-bootstrap,95%,1000,seed=1" in results[0]["signature"]
    without = spotting_scores(TRUTH, GOOD, resamples=0)
    assert without["ci"] == {}
    assert without["signature"].endswith("ci:none|version:1")


def leaves(tree, path=()):
    """{path: number} of nested mappings, without counts of answers and tables."""
    for name, value in tree.items():
        if isinstance(value, dict) and name != "confusion":
            yield from leaves(value, (*path, name))
        elif isinstance(value, float):
            yield (*path, name), value


def clip(subject, name, label, prediction):
    return {"dataset": "d", "subject": subject, "clip": name, "label": label, "prediction": prediction}


ROWS = [clip(f"s{n % 6}", str(n), "abc"[n % 3], "abc"[n // 2 % 3]) for n in range(40)]
QUESTIONS = [json.loads(line) for line in questions(["negative", "yes", "positive", "no"]).splitlines()]


@pytest.mark.parametrize(
    "result",
    [
        spotting_scores(TRUTH, GOOD),
        strs_scores(TRUTH, GOOD),
        recognition_scores(ROWS),
        vqa_scores(QUESTIONS, ["negative", "no", "positive", "no"]),
    ],
    ids=["spotting", "strs", "recognition", "vqa"],
)
def test_every_headline_figure_has_an_interval_around_it(result):
    found = dict(leaves({name: part for name, part in result.items() if name not in ("ci", "fold_mean")}))
    answered = {path for path in found if path[-1] != "accuracy" or path[0] not in ("coarse", "fine")}
    for path in sorted(answered):
        at = result["ci"]
        for name in path:
            at = at.get(name) if at else None
        empty = not result.get(path[0], {}).get("n", 1) if isinstance(result.get(path[0]), dict) else False
        assert empty or at[0] - 1e-9 <= found[path] <= at[1] + 1e-9, path


def test_headline_rows():
    result = recognition_scores(ROWS)
    rows = headline(result, [("uf1",), ("per_dataset", "d", "uar")])
    assert [(row["subset"], row["metric"]) for row in rows] == [("all", "uf1"), ("d", "uar")]
    assert rows[0]["value"] == result["uf1"]
    assert [rows[0]["ci_low"], rows[0]["ci_high"]] == result["ci"]["uf1"]
    assert rows[0]["signature"] == result["signature"]


def test_two_recipes_compared():
    spotted = compare("spotting", TRUTH, GOOD, POOR)["metrics"]["micro.f1"]
    expected = spotting_scores(TRUTH, GOOD)["micro"]["f1"] - spotting_scores(TRUTH, POOR)["micro"]["f1"]
    assert spotted["difference"] == pytest.approx(expected)
    assert 0 < spotted["low"] <= spotted["high"]
    assert spotted["p"] < 0.01
    assert compare("strs", TRUTH, POOR, GOOD, classes="megc2025")["metrics"]["strs"]["difference"] < 0
    right = [row | {"prediction": row["label"]} for row in ROWS]
    result = compare("recognition", None, right, ROWS[::-1])
    wrong = sum(row["label"] != row["prediction"] for row in ROWS)
    assert result["mcnemar"]["first_only"] == wrong
    assert result["mcnemar"]["p"] == pytest.approx(min(1, 2 * 0.5**wrong))
    assert result["metrics"]["uf1"]["difference"] == pytest.approx(1 - recognition_scores(ROWS)["uf1"])
    with pytest.raises(InputError, match="predicted by only one"):
        compare("recognition", None, ROWS, ROWS[1:])
    answers = ["negative", "yes", "positive", "no"], ["negative", "no", "negative", "no"]
    result = compare("vqa", QUESTIONS, *answers)
    assert result["metrics"]["coarse.uf1"]["difference"] == pytest.approx(2 / 3)
    assert result["mcnemar"] == {"first_only": 2, "second_only": 0, "p": 0.5}


def test_two_files_compared(write):
    truth = write("truth.csv", EMOTIONS)
    empty = write("empty.csv", EMOTIONS.partition("\n")[0])
    assert compare_files("spotting", truth, truth, empty)["metrics"]["overall.f1"]["difference"] == 1
    result = compare_files("strs", truth, truth, empty, classes="megc2025", kind="micro")
    assert result["metrics"]["spotting.f1"]["difference"] == 1
    assert "classes:megc2025" in result["signature"]
    clips = write("both.csv", CLIPS)
    assert compare_files("recognition", None, clips, clips)["mcnemar"]["p"] == 1
    answers = write("a.jsonl", questions(["negative", "yes", "positive", "no"]))
    assert compare_files("vqa", answers, answers, answers)["metrics"]["rouge.rouge1-f1"]["p"] == 1
    with pytest.raises(InputError, match="task 'spot' is unknown"):
        compare_files("spot", truth, truth, truth)
