"""Scores of files: golden numbers, checks between truth and predictions, intervals, signatures."""

import json
import time

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, recall_score

from baselines.datasets.question_kinds import scored_kind
from baselines.errors import InputError
from baselines.formats.challenge import read_answers
from baselines.metrics import text, vqa
from baselines.metrics.recognition import calibration_counts, expected_calibration_error
from baselines.report.tables import markdown_tables, score_rows
from baselines.scoring.common import json_ready
from baselines.scoring.kinds import SCORES
from baselines.scoring.recognition import recognition_scores
from baselines.scoring.spotting import spotting_scores
from baselines.scoring.strs import strs_scores
from baselines.scoring.vqa import vqa_scores

score_spotting, score_strs, score_vqa = (SCORES[kind].files for kind in ("spotting", "strs", "vqa"))
score_recognition = SCORES["recognition"].files

EVENTS = "subject,video,onset,offset,type\ns1,v1,10,20,micro\ns1,v2,30,60,macro\ns2,v1,5,9,micro\n"
EMOTIONS = "subject,video,onset,offset,emotion\ns1,v1,10,20,negative\ns1,v2,30,60,positive\ns2,v1,5,9,others\n"
CLIPS = """dataset,subject,clip,label,prediction
casme2,s1,a,negative,negative
casme2,s1,b,positive,negative
casme2,s2,a,negative,negative
smic,s1,a,surprise,surprise
smic,s3,b,negative,positive
"""


def holds(figures, **expected):
    """Whether these are among the figures, counts as int and rates as float."""
    return all(figures[n] == pytest.approx(x) and isinstance(figures[n], type(x)) for n, x in expected.items())


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
    assert holds(result["micro"], tp=1, fp=1, fn=1, precision=0.5, recall=0.5, f1=0.5)
    assert holds(result["macro"], tp=0, fp=0, fn=1, precision=0.0, recall=0.0, f1=0.0)
    assert [result["overall"][name] for name in ("tp", "fp", "fn")] == [1, 1, 2]
    assert {"subject": "s1", "video": "v2", "type": "micro", "tp": 0, "fp": 1, "fn": 0} in result["per_video"]
    assert sum(row["tp"] + row["fn"] for row in result["per_video"]) == 3


@pytest.mark.parametrize("task", ["spotting", "strs"])
def test_an_empty_prediction_file_has_scores(write, task):
    score, text = (score_spotting, EVENTS) if task == "spotting" else (score_strs, EMOTIONS)
    result = score(write("truth.csv", text), write("pred.csv", text.partition("\n")[0]))
    spotted = result["overall"] if task == "spotting" else result["spotting"]
    assert holds(spotted, tp=0, fp=0, fn=3, precision=0.0, recall=0.0, f1=0.0)
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


HEADER = "subject,video,onset,offset,type\n"


def hits(result):
    return tuple(result["overall"][name] for name in ("tp", "fp", "fn"))


def test_predictions_are_cut_to_a_video_of_known_length(write):
    truth = write("events.csv", f"{HEADER}s1,v1,91,100,micro\ns2,v1,5,9,micro\n")
    rows = "s1,v1,91,115,micro\ns1,v1,101,110,micro\ns2,v1,-4,9,micro\ns2,v1,200,220,micro\n"
    predicted = write("pred.csv", HEADER + rows)
    unknown = score_spotting(truth, predicted)
    assert hits(unknown) == (1, 3, 1)  # 10 of 25 frames are not half
    assert "row 4: interval -4 to 9 reaches outside video v1, which begins at frame 1" in unknown["warnings"][0]
    assert unknown["warnings"][0].endswith("clipped to their videos: 1 of 4 intervals")
    write("videos.csv", "subject,video,path,fps,frames\ns1,v1,a.mp4,30,100\ns2,v1,b.mp4,30,\n")
    known = score_spotting(truth, predicted)
    assert hits(known) == (2, 2, 0)
    (line,) = known["warnings"]
    assert (
        "pred.csv row 2: interval 91 to 115 reaches outside video v1, which begins at frame 1 and ends at 100" in line
    )
    assert line.endswith("clipped to their videos: 2 of 4 intervals, wholly outside and so false positives: 1")


def test_none_is_lost_where_two_become_equal(write):
    truth = write("truth.csv", f"{HEADER}s1,v1,1,10,micro\n")
    result = score_spotting(truth, write("pred.csv", f"{HEADER}s1,v1,-1,10,micro\ns1,v1,-3,10,micro\n"))
    assert hits(result) == (1, 1, 0)


def test_a_truth_that_counts_from_0_begins_there(write):
    truth = write("truth.csv", f"{HEADER}s1,v1,0,0,micro\ns1,v2,5,9,micro\n")
    assert (score_spotting(truth, truth)["overall"]["f1"], score_spotting(truth, truth)["warnings"]) == (1, [])
    result = score_spotting(truth, write("pred.csv", f"{HEADER}s1,v1,-5,0,micro\n"))
    assert hits(result) == (1, 0, 1)
    assert "begins at frame 0; clipped" in result["warnings"][0]


@pytest.fixture
def filmed(tmp_path, write_images):
    """A manifest of a video of 12 frames with an event and one of 8 frames without any."""
    write_images(tmp_path / "a", 12, (8, 8), 0)
    write_images(tmp_path / "b", 8, (8, 8), 1)
    (tmp_path / "videos.csv").write_text("subject,video,path,fps\ns1,v1,a,30\ns2,v2,b,30\n")
    (tmp_path / "events.csv").write_text(
        "subject,video,onset,apex,offset,type,emotion,aus\ns1,v1,9,10,12,micro,anger,AU4\n"
    )
    return tmp_path


def test_the_videos_of_a_manifest_folder_tell_where_they_end(filmed, write):
    predicted = write("pred.csv", f"{HEADER}s1,v1,9,18,micro\ns2,v2,-2,5,micro\n")
    assert hits(score_spotting(filmed / "events.csv", predicted)) == (0, 2, 1)  # 4 of 10 frames
    result = score_spotting(filmed, predicted)
    assert hits(result) == (1, 1, 0)
    assert "begins at frame 1 and ends at 12; clipped to their videos: 2 of 2" in result["warnings"][0]
    emotions = "subject,video,onset,offset,emotion\n"
    assert score_strs(filmed, write("str.csv", f"{emotions}s1,v1,9,18,anger\n"))["strs"] == 1
    joined = score_spotting(filmed, write("vid.csv", "vid,onset,offset,type\nv1,9,18,me\nv2,1,5,me\n"))
    assert hits(joined) == (1, 1, 0)


@pytest.mark.parametrize(
    ("videos", "message"),
    [
        ("subject,video,path,fps\ns1,v1,absent,30\n", "absent: no such file or folder"),
        ("subject,video,path,fps\ns1,v1,,30\n", "videos.csv row 2: path and frames are empty"),
        ("subject,video,path,frames\ns1,v1,a,0\n", "videos.csv row 2: frames is 0; expected how many frames"),
        ("subject,video,path,frames\ns1,v1,a,many\n", "videos.csv row 2: frames is 'many'; expected a whole"),
        (
            "subject,video,path,frames\ns1,v1,a,11\n",
            "events.csv row 2: offset 12 is past the end .* 11 frames; correct",
        ),
        ("subject,video,fps\ns1,v1,30\n", "videos.csv row 1: no column path"),
        ("subject,video,path,fps\ns1,v1,../a,30\n", "leaves the folder"),
    ],
)
def test_faults_of_what_tells_the_length(filmed, write, videos, message):
    write("videos.csv", videos)
    with pytest.raises(InputError, match=message):
        score_spotting(filmed, write("pred.csv", f"{HEADER}s1,v1,9,18,micro\n"))


def test_a_folder_without_events_is_no_truth(tmp_path, write):
    with pytest.raises(InputError, match="events.csv: no such file"):
        score_spotting(tmp_path, write("pred.csv", HEADER))


@pytest.mark.parametrize(("onset", "offset", "hit"), [(-8, 49, True), (-9, 50, True), (-10, 51, False)])
def test_the_script_of_the_challenge_takes_intervals_as_they_are_written(write, onset, offset, hit):
    """It counts frames -8 to 10 as 19, of which 10 are in the event: IoU 10/19; cut to the video it is 1."""
    header = "subject,video,onset,offset,emotion\n"
    truth = write("events.csv", f"{header}s1,v1,1,10,negative\ns1,v1,31,40,positive\n")
    write("videos.csv", "subject,video,frames\ns1,v1,40\n")
    predicted = write("pred.csv", f"{header}s1,v1,{onset},10,negative\ns1,v1,31,{offset},positive\n")
    script = score_strs(truth, predicted, mode="megc2025-script")
    assert [script["spotting"][name] for name in ("tp", "fp", "fn")] == ([2, 0, 0] if hit else [0, 2, 2])
    assert script["warnings"] == []
    corrected = score_strs(truth, predicted)
    assert corrected["strs"] == 1
    assert len(corrected["warnings"]) == 1


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
    assert holds(result["spotting"], tp=1, fp=0, fn=1, precision=1.0, recall=0.5, f1=2 / 3)
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
    both = score_recognition(None, write("both.csv", CLIPS))
    assert both["n"] == 5
    assert both["accuracy"] == 0.6
    assert both["uf1"] == pytest.approx((2 * 2 / 6 + 0 + 1) / 3)
    assert both["uar"] == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert both["per_dataset"]["smic"]["n"] == 2
    assert both["confusion"]["counts"] == [[2, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]
    lines = [line.split(",") for line in CLIPS.split()]
    truth = write("truth.csv", "\n".join(",".join(line[:4]) for line in lines))
    predicted = write("pred.csv", "\n".join(",".join([*line[:3], line[4]]) for line in [lines[0], *lines[:0:-1]]))
    assert score_recognition(truth, predicted) == both


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
        score_recognition(truth, predicted)


def test_given_classes_hold_for_every_figure(write):
    path = write("both.csv", CLIPS)
    with pytest.raises(InputError, match=r"row 5: label 'surprise' is outside the classes negative, positive"):
        score_recognition(None, path, classes="negative,positive")
    fixed, own = score_recognition(None, path, classes="megc2025"), score_recognition(None, path)
    assert fixed["uf1"] == own["uf1"]
    assert fixed["per_dataset"]["casme2"]["uf1"] == pytest.approx(0.8 / 3)
    assert own["per_dataset"]["casme2"]["uf1"] == pytest.approx(0.8 / 2)


def test_intervals_of_a_database_are_over_its_own_classes_and_subjects(write):
    result = score_recognition(None, write("both.csv", CLIPS.replace("positive,negative", "positive,positive")))
    assert result["per_dataset"]["casme2"]["uf1"] == 1
    for name in ("uf1", "uar", "accuracy"):
        assert result["ci"]["per_dataset"]["casme2"][name] == [1.0, 1.0]


def test_vqa_result(write):
    truth = write("truth.jsonl", questions(["negative", "yes", "positive", "no"]))
    result = score_vqa(truth, write("pred.jsonl", questions(["negative", "no", "negative", "No."])))
    assert holds(result["coarse"], uf1=1 / 3, uar=0.5, accuracy=0.5, n=2)
    assert holds(result["yes_no"], accuracy=0.5, n=2)
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


def test_figures_are_those_of_scikit_learn_and_of_the_metrics_on_arrays(shared_data):
    rows = read_answers(shared_data / "me_vqa" / "me_vqa_casme2.jsonl")
    truth = [row["answer"] for row in rows]
    answers = [truth[n - 7] for n in range(len(truth))]
    result = vqa_scores(rows, answers)
    assert result["n"] == len(rows)
    kinds = [scored_kind(row["question"]) for row in rows]
    for kind in ("coarse", "fine"):
        sides = [
            [vqa.normalize(answer) for answer, other in zip(side, kinds) if other == kind] for side in (truth, answers)
        ]
        options = {"labels": sorted(set(sides[0])), "average": "macro", "zero_division": 0}
        assert result[kind]["uf1"] == pytest.approx(f1_score(*sides, **options))
        assert result[kind]["uar"] == pytest.approx(recall_score(*sides, **options))
        assert result[kind]["accuracy"] == pytest.approx(accuracy_score(*sides))
    for kind, table in (("action_units", "action_units"), ("yes_no", "accuracy"), ("side", "accuracy")):
        pairs = [pair for *pair, other in zip(truth, answers, kinds) if other == kind]
        for name, mean in vqa.FIGURES[table].items():
            assert result[kind][name] == pytest.approx(sum(mean.score(*pair) for pair in pairs) / len(pairs))
    statistics, index = text.statistics(truth, answers)
    for family, variants in text.FIGURES.items():
        for name, variant in variants.items():
            assert result[family][name] == pytest.approx(variant.figure(statistics[name][index].sum(axis=0)))


def asked(*rows):
    """Rows of questions (wording, true answer), and answers, of (wording, true answer, answer)."""
    questions = [
        {"id": f"samm_{n}", "question": question, "answer": answer} for n, (question, answer, _) in enumerate(rows)
    ]
    return questions, [answer for *_, answer in rows]


COARSE, FINE = "What is the coarse expression class?", "What is the fine-grained expression class?"


def test_figures_of_each_kind_of_question():
    result = vqa_scores(
        *asked(
            (COARSE, "negative", "Negative."),
            (COARSE, "positive", "no idea"),
            (FINE, "disgust", "disgust"),
            ("Is the action unit dimpler shown on the face?", "yes", "yes"),
            ("Is the action unit jaw drop shown on the face?", "no", "yes"),
            ("Is the action unit dimpler located on the left or right face?", "left", "right"),
            ("What is the action unit?", "dimpler", "dimpler"),
            ("How many expression events appear in this video?", "3", "1"),
            ("How many micro-expression events appear in this video?", "1", "1"),
            ("Please analyse the micro-expression shown in this video in detail.", "a text", "another"),
        )
    )
    assert holds(result["coarse"], uf1=0.5, uar=0.5, accuracy=0.5, n=2)
    assert result["fine"]["uf1"] == 1
    assert holds(result["yes_no"], accuracy=0.5, n=2)
    assert holds(result["side"], accuracy=0.0, n=1)
    assert holds(result["action_units"], f1=1.0, jaccard=1.0, exact=1.0, n=1)
    assert holds(result["counts"], mae=1.0, rmse=2**0.5, exact=0.5, within_one=0.5, n=2)
    assert holds(result["counts_expression"], mae=2.0, rmse=2.0, exact=0.0, within_one=0.0, n=1)
    assert holds(result["counts_micro"], mae=0.0, exact=1.0, n=1)
    assert "counts_macro" not in result
    assert result["n"] == 10
    assert "event_type" not in result


def test_the_class_set_of_a_question_changes_the_figure():
    result = vqa_scores(*asked((COARSE, "negative", "negative")), coarse_classes="megc2025")
    assert result["coarse"]["uf1"] == pytest.approx(1 / 3)
    with pytest.raises(InputError, match="row 1: answer 'anger' is outside the classes negative, positive, surprise"):
        vqa_scores(*asked((COARSE, "anger", "negative")), coarse_classes="megc2025")


def test_majority_floor_of_real_questions(shared_data):
    """Always the commonest class on the CASME II rows: 88 of 145 negative, 61 of 145 disgust."""
    rows = read_answers(shared_data / "me_vqa" / "me_vqa_casme2.jsonl")
    constant = {"coarse": "negative", "fine": "disgust", "yes_no": "yes"}
    result = vqa_scores(rows, [constant.get(scored_kind(row["question"]), "none") for row in rows], resamples=0)
    assert result["coarse"]["uf1"] == pytest.approx(2 * 88 / (145 + 88) / 3)
    assert result["coarse"]["uar"] == pytest.approx(1 / 3)
    assert result["fine"]["uf1"] == pytest.approx(2 * 61 / (145 + 61) / 4)
    assert result["yes_no"]["accuracy"] == 0.5


@pytest.mark.timed
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


def test_figures_of_databases_are_those_of_their_pooled_predictions():
    rows = [clip("s1", "1", "a", "a"), clip("s2", "2", "b", "a"), clip("s1", "3", "a", "a"), clip("s1", "4", "a", "b")]
    rows = [row | {"dataset": name} for row, name in zip(rows, "ddcc")]
    own, fixed = recognition_scores(rows), recognition_scores(rows, classes="a,b")
    assert list(own["per_dataset"]) == ["c", "d"]
    alone = recognition_scores(rows[:2])
    assert own["per_dataset"]["d"].items() <= alone.items()
    # In database c only class a occurs: F1 2/3 alone, 1/3 over both classes.
    assert own["per_dataset"]["c"]["uf1"] == pytest.approx(2 / 3)
    assert fixed["per_dataset"]["c"]["uf1"] == pytest.approx(1 / 3)


def folds(kind, choose=lambda rows: rows):
    """Folds of a run, one a subject, as the tasks give them; `choose` makes the predictions of the rows."""
    if kind == "recognition":
        rows = [{"predictions": [row for row in choose(ROWS) if row["subject"] == f"s{n}"]} for n in range(6)]
    elif kind == "vqa":
        answered = choose([row | {"prediction": row["answer"]} for row in QUESTIONS])
        rows = [{"predictions": [row for row in answered if row["subject"] == name]} for name in "12"]
    else:
        sides = {"truth": TRUTH, "predictions": choose(TRUTH)}
        rows = [
            {side: [row for row in of if row["subject"] == f"s{n}"] for side, of in sides.items()} for n in range(8)
        ]
    return [row | {"fold": str(n)} for n, row in enumerate(rows)]


def test_columns_of_the_tables():
    rows = SCORES["spotting"].table(folds("spotting"))
    assert [(row["subset"], row["metric"], row["n"]) for row in rows] == [
        (kind, metric, n)
        for kind, n in (("overall", 24), ("micro", 24), ("macro", 0), ("any", 24))
        for metric in ("f1", "precision", "recall", "f1@0.2", "f1@0.3", "f1@0.4")
    ]
    rows = SCORES["strs"].table(folds("strs"))
    assert [row["metric"] for row in rows] == ["strs", "spotting_f1", "analysis_f1", "analysis_uf1", "analysis_uar"]
    assert {(row["subset"], row["n"], row["value"], row["ci_low"]) for row in rows} == {("all", 24, 1.0, 1.0)}
    rows = {row["metric"]: row for row in SCORES["vqa"].table(folds("vqa"))}
    assert list(rows) == [
        "coarse_uf1", "coarse_uar", "fine_uf1", "fine_uar", "action_units_f1", "yes_no_accuracy", "side_accuracy",
        "bleu_corpus-nltk-regex", "rouge_rouge1-f1",
    ]  # fmt: skip
    assert [rows[name]["n"] for name in ("coarse_uf1", "fine_uf1", "rouge_rouge1-f1")] == [2, 0, 4]
    assert rows["side_accuracy"]["ci_low"] is None


def test_where_there_is_no_event_all_figures_are_told():
    nothing = spotting_scores([], [])
    assert nothing["any"] == nothing["overall"] == nothing["micro"]
    assert nothing["any"]["tp"] == 0


def test_any_is_what_overall_would_be_if_all_events_were_of_one_type():
    rng = np.random.default_rng(0)

    def drawn(shift):
        return [
            {"subject": f"s{n % 3}", "video": "v", "onset": 20 * n + shift(), "offset": 20 * n + 12, "type": kind}
            for n, kind in enumerate(rng.choice(["micro", "macro"], 30))
        ]

    truth, found = drawn(lambda: 1), drawn(lambda: int(rng.integers(1, 9)))
    whatever = spotting_scores(truth, found, thresholds=(0.3, 0.5))
    alike = [[row | {"type": "micro"} for row in rows] for rows in (truth, found)]
    of_one = spotting_scores(*alike, thresholds=(0.3, 0.5))
    assert whatever["any"] == of_one["any"] == of_one["overall"] == of_one["micro"]
    assert whatever["ci"]["any"] == of_one["ci"]["micro"]
    assert whatever["iou"]["0.3"]["any"] == of_one["iou"]["0.3"]["micro"]
    assert whatever["any"]["tp"] > whatever["overall"]["tp"]


def test_f1_at_each_overlap_stands_in_the_tables():
    def late(rows):
        return [row | {"onset": row["onset"] + n % 9, "offset": row["offset"] + n % 9} for n, row in enumerate(rows)]

    run = folds("spotting", late)
    rows = {(row["subset"], row["metric"]): row for row in SCORES["spotting"].table(run, seed=3)}
    for threshold, metric in ((0.2, "f1@0.2"), (0.3, "f1@0.3"), (0.4, "f1@0.4"), (0.5, "f1")):
        alone = spotting_scores(TRUTH, late(TRUTH), thresholds=(threshold,), seed=3)
        for kind in ("overall", "micro", "macro", "any"):
            assert rows[kind, metric]["value"] == alone[kind]["f1"]
            assert [rows[kind, metric]["ci_low"], rows[kind, metric]["ci_high"]] == alone["ci"][kind]["f1"]
    found = [rows["micro", metric]["value"] for metric in ("f1@0.2", "f1@0.3", "f1@0.4", "f1")]
    assert found == [2 * hit / 48 for hit in (20, 18, 15, 12)]  # shifts up to 6, 5, 4 and 3 of 10 frames
    assert "|iou:>=0.5|curve:0.2,0.3,0.4,0.5|" in rows["micro", "f1"]["signature"]
    named = [fold | {"task": "spotting", "dataset": "d", "recipe": "r", "seed": 3} for fold in run]
    text = markdown_tables(score_rows([named]))
    part = text[text.index("### spotting on d: micro") :].split("###")[1]
    assert "| recipe | f1 " in part
    assert "F1 by the least IoU of a hit (f1: 0.5):\n\n| recipe | f1@0.2 " in part
    assert [cell.split()[0] for cell in part.splitlines()[-2].split("|")[2:6]] == [f"{x:.3f}" for x in found]


def test_columns_of_the_tables_of_recognition():
    run = [fold | {"protocol": "loso"} for fold in folds("recognition")]
    rows, result = SCORES["recognition"].table(run, seed=3), recognition_scores(ROWS, seed=3)
    assert [row["metric"] for row in rows] == ["uf1", "uar", "accuracy"]
    assert [row["value"] for row in rows] == [result[row["metric"]] for row in rows]
    assert [[row["ci_low"], row["ci_high"]] for row in rows] == [result["ci"][row["metric"]] for row in rows]
    assert rows[0]["signature"] == result["signature"].replace("recognition|", "recognition|protocol:loso|ece:10-bins|")
    several = folds("recognition", lambda rows: [row | {"dataset": "de"[n % 2]} for n, row in enumerate(rows)])
    found = {(row["subset"], row["metric"]): row["n"] for row in SCORES["recognition"].table(several)}
    assert found == {("all", name): 40 for name in ("uf1", "uar", "accuracy")} | {
        (dataset, name): 20 for dataset in "de" for name in ("uf1", "uar", "accuracy")
    }


def test_calibration_is_told_where_all_rows_have_probabilities():
    sure = [row | {"probabilities": {row["prediction"]: 0.8, "z": 0.2}} for row in ROWS]
    result = recognition_scores(sure)
    right = [row["label"] == row["prediction"] for row in ROWS]
    counts = calibration_counts(right, [0.8] * len(ROWS), [0] * len(ROWS), 1)
    assert result["ece"] == pytest.approx(float(expected_calibration_error(counts)[0]))
    assert result["ci"]["ece"][0] <= result["ece"] <= result["ci"]["ece"][1]
    assert "ece" not in recognition_scores([*sure[1:], ROWS[0]])
    run = [{"predictions": sure, "fold": "0"}]
    assert [row["metric"] for row in SCORES["recognition"].table(run)] == ["uf1", "uar", "accuracy", "ece"]


@pytest.mark.parametrize(
    ("kind", "subsets"),
    [("spotting", ["overall", "micro", "macro", "any"]), ("strs", ["all"]), ("recognition", ["all"]), ("vqa", ["all"])],
)
def test_difference_of_two_runs_in_the_headline_metric(kind, subsets):
    score = SCORES[kind]
    worse = {
        "spotting": lambda rows: rows[::3],
        "strs": lambda rows: rows[::3],
        "recognition": lambda rows: [row | {"prediction": "a"} for row in rows],
        "vqa": lambda rows: [row | {"prediction": "negative"} for row in rows],
    }[kind]
    first, second = folds(kind), folds(kind, worse)
    found = score.difference(first, second, seed=2)
    assert list(found) == subsets
    tables = [
        {row["subset"]: row["value"] for row in score.table(run, 2) if row["metric"] == score.headline}
        for run in (first, second)
    ]
    for subset, difference in found.items():
        assert difference["difference"] == pytest.approx(tables[0][subset] - tables[1][subset])
    sides = score.sides(first), score.sides(second)
    whole = score.compare(sides[0].truth, sides[0].predictions, sides[1].predictions, seed=2)["metrics"]
    assert found[subsets[0]] in whole.values()
    assert found[subsets[0]]["low"] is not None
    assert score.difference(first, second[:-1]) == {}
    assert score.difference(first, [fold | {"fold": "other"} for fold in second]) == {}


def test_two_recipes_compared():
    spotted = SCORES["spotting"].compare(TRUTH, GOOD, POOR)["metrics"]["micro.f1"]
    expected = spotting_scores(TRUTH, GOOD)["micro"]["f1"] - spotting_scores(TRUTH, POOR)["micro"]["f1"]
    assert spotted["difference"] == pytest.approx(expected)
    assert 0 < spotted["low"] <= spotted["high"]
    assert spotted["p"] < 0.01
    assert SCORES["strs"].compare(TRUTH, POOR, GOOD, classes="megc2025")["metrics"]["strs"]["difference"] < 0
    right = [row | {"prediction": row["label"]} for row in ROWS]
    result = SCORES["recognition"].compare(None, right, ROWS[::-1])
    wrong = sum(row["label"] != row["prediction"] for row in ROWS)
    assert result["mcnemar"]["first_only"] == wrong
    assert result["mcnemar"]["p"] == pytest.approx(min(1, 2 * 0.5**wrong))
    assert result["metrics"]["uf1"]["difference"] == pytest.approx(1 - recognition_scores(ROWS)["uf1"])
    with pytest.raises(InputError, match="predicted by only one"):
        SCORES["recognition"].compare(None, ROWS, ROWS[1:])
    answers = ["negative", "yes", "positive", "no"], ["negative", "no", "negative", "no"]
    result = SCORES["vqa"].compare(QUESTIONS, *answers)
    assert result["metrics"]["coarse.uf1"]["difference"] == pytest.approx(2 / 3)
    assert holds(result["mcnemar"], first_only=2, second_only=0, p=0.5)


def test_two_files_compared(write):
    truth = write("truth.csv", EMOTIONS)
    empty = write("empty.csv", EMOTIONS.partition("\n")[0])
    comparison = score_spotting(truth, truth, empty)["comparison"]
    assert comparison["metrics"]["overall.f1"]["difference"] == 1
    comparison = score_strs(truth, truth, empty, classes="megc2025", kind="micro")["comparison"]
    assert comparison["metrics"]["spotting.f1"]["difference"] == 1
    assert "classes:megc2025" in comparison["signature"]
    clips = write("both.csv", CLIPS)
    assert score_recognition(None, clips, clips)["comparison"]["mcnemar"]["p"] == 1
    answers = write("a.jsonl", questions(["negative", "yes", "positive", "no"]))
    assert score_vqa(answers, answers, answers)["comparison"]["metrics"]["rouge.rouge1-f1"]["p"] == 1


def test_nothing_against_nothing_under_every_mode(write):
    empty = write("empty.csv", EMOTIONS.partition("\n")[0])
    assert score_strs(empty, empty)["strs"] == 0
    assert score_strs(empty, empty, mode="megc2025-script", classes="megc2025")["strs"] is None
    assert score_strs(empty, empty, empty)["comparison"]["metrics"]["strs"]["difference"] == 0


SPELT = "subject,video,onset,offset,type\n006,v1,10,20,micro\n006,v2,30,60,macro\nS07,v1,5,9,micro\n"


def test_subjects_that_a_spreadsheet_program_respelled_are_joined_and_counted(write):
    truth = write("truth.csv", SPELT)
    changed = write("predictions.csv", SPELT.replace("006", "6").replace("S07", "s7"))
    result, plain = score_spotting(truth, changed), score_spotting(truth, truth)
    assert result.pop("warnings") == [
        f"{changed} row 2: subject 6 is taken for 006, since case and leading zeros do not count; "
        "joined so: 3 of 3 predictions"
    ]
    assert plain.pop("warnings") == []
    assert result == plain
    emotions = write("emotions.csv", EMOTIONS), write("other.csv", EMOTIONS.replace("s1", "S01"))
    result, plain = score_strs(*emotions), score_strs(emotions[0], emotions[0])
    assert "joined so: 2 of 3 predictions" in result["warnings"][0]
    assert result | {"warnings": plain["warnings"]} == plain


def test_the_spelling_of_the_list_of_videos_counts_before_that_of_the_truth(write):
    write("videos.csv", "subject,video,frames\n6,v1,100\n6,v2,100\ns7,v1,100\n")
    truth = write("events.csv", SPELT)
    result = score_spotting(truth, truth, per_video=True)
    assert {row["subject"] for row in result["per_video"]} == {"6", "s7"}
    assert [line.rpartition(": ")[2] for line in result["warnings"]] == [
        "3 of 3 events of the truth", "3 of 3 predictions",
    ]  # fmt: skip


def test_one_person_under_two_spellings_in_a_file_is_resampled_as_one(write):
    rows = "".join(f"{'s1' if n % 2 else 'S01'},v{n},10,20,micro\n" for n in range(8))
    truth = write("truth.csv", SPELT.partition("\n")[0] + "\n" + rows + "s2,v1,10,20,micro\n")
    alike = write("alike.csv", truth.read_text().replace("s1,", "S01,"))
    missed = write("missed.csv", "\n".join(truth.read_text().splitlines()[:6]) + "\n")
    assert score_spotting(truth, missed)["ci"] == score_spotting(alike, missed)["ci"]


def test_clips_are_joined_by_subject_in_their_own_database(write):
    truth = write("truth.csv", CLIPS)
    changed = write("predictions.csv", CLIPS.replace("casme2,s1", "casme2,S001"))
    result, plain = score_recognition(truth, changed), score_recognition(truth, truth)
    assert "row 2: subject S001 is taken for s1" in result["warnings"][0]
    assert "joined so: 2 of 5 predictions" in result["warnings"][0]
    assert result | {"warnings": []} == plain
    alone = score_recognition(None, write("alone.csv", CLIPS.replace("casme2,s1,b", "casme2,S1,b")))
    assert alone | {"warnings": []} == score_recognition(None, truth)
    assert "joined so: 1 of 5 clips" in alone["warnings"][0]


@pytest.mark.parametrize("name", ["truth", "predictions", "videos"])
def test_two_spellings_of_a_person_with_a_video_of_one_name_are_refused(write, name):
    twice = "subject,video,onset,offset,type\ns1,v1,10,20,micro\nS01,v1,40,50,micro\n"
    truth = write("events.csv", twice if name == "truth" else EVENTS)
    predictions = write("predictions.csv", twice if name == "predictions" else EVENTS)
    if name == "videos":
        write("videos.csv", "subject,video,frames\ns1,v1,\nS01,v1,\n")
    with pytest.raises(
        InputError, match="subjects s1 and S01 are one person.*both have a video v1; correct one of"
    ) as error:
        score_spotting(truth, predictions)
    assert {"truth": "events.csv row 3", "predictions": "predictions.csv row 3", "videos": "videos.csv"}[name] in str(
        error.value
    )
    clips = write("clips.csv", CLIPS + "casme2,S01,a,negative,negative\n")
    with pytest.raises(InputError, match="row 7: subjects s1 and S01 are one person.*both have a clip a"):
        score_recognition(None, clips)
