"""Challenge files: tolerant to what does not change the meaning, strict on what does."""

import json

import pytest

from baselines.errors import InputError
from baselines.formats import challenge as formats


@pytest.fixture
def write(tmp_path):
    """Write text or bytes to a file and return its path."""

    def write_file(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def plain(rows):
    return [{name: value for name, value in row.items() if name != "place"} for row in rows]


EVENT = {"subject": "s1", "video": "v1", "onset": 3, "offset": 9, "type": "macro"}


def test_byte_order_mark_line_ends_spaces_and_extra_columns(write):
    path = write(b"\xef\xbb\xbfsubject, video ,onset,apex,offset,type\r\ns1, v1,3,5,9.0, MACRO \r\n\r\n")
    assert plain(formats.read_events(path)) == [EVENT]


def test_header_of_each_year(write):
    without = EVENT | {"subject": ""}
    assert plain(formats.read_events(write("vid,pred_onset,pred_offset,type\nv1,3,9,mae\n"))) == [without]
    assert plain(formats.read_events(write("vid,onset,offset,type\nv1,3,9,me\n"))) == [without | {"type": "micro"}]
    assert plain(formats.read_events(write("subject,video,onset,offset\ns1,v1,3,9\n"))) == [EVENT | {"type": "micro"}]
    emotions = formats.read_events(write("subject,video,onset,offset,emotion\ns1,v1,3,9,Negative\n"), emotion=True)
    assert plain(emotions) == [EVENT | {"type": "micro", "emotion": "negative"}]


def test_capitals_in_the_header_and_subjects_beside_vid(write):
    assert plain(formats.read_events(write("Subject,Video,Onset,OFFSET,Type\ns1,v1,3.0,9,Macro\n"))) == [EVENT]
    assert plain(formats.read_events(write("subject,vid,Pred_Onset,pred_offset,type\ns1,v1,3,9,MaE\n"))) == [EVENT]
    with pytest.raises(InputError, match="row 1: no column offset"):
        formats.read_events(write("SUBJECT,VIDEO,ONSET\n"))


def test_predictions_may_begin_before_the_first_frame_and_the_truth_may_not(write):
    path = write("subject,video,onset,offset,type\ns1,v1,-3,9,macro\ns1,v1,-9,-1,macro\ns1,v1,0,9,macro\n")
    read = formats.read_events(path)
    assert [(row["onset"], row["offset"]) for row in read] == [(-3, 9), (-9, -1), (0, 9)]
    with pytest.raises(InputError, match=r"row 2: onset is -3; expected a frame number, not below 0"):
        formats.read_events(path, side="truth")
    assert plain(formats.read_events(write("subject,video,onset,offset\ns1,v1,0,9\n"), side="truth"))[0]["onset"] == 0
    log = write("1\n006_1 - - -3 22 FP\n", "log.txt")
    assert plain(formats.read_events(log))[0]["onset"] == -3
    with pytest.raises(InputError, match=r"row 2: onset is -3; expected a frame number, not below 0"):
        formats.read_events(write("1\n006_1 -3 20 - - FN\n", "log.txt"), side="truth")


def test_a_header_alone_is_an_empty_file(write):
    assert formats.read_events(write("subject,video,onset,offset,type\n")) == []
    assert formats.read_answers(write("", "empty.jsonl")) == []


@pytest.mark.parametrize(
    ("rows", "row", "message"),
    [
        ("s1,v1,9,3,micro", 2, "onset 9 is after offset 3"),
        ("s1,v1,3,9,micro\ns1,v1,3,9,micro", 3, r"duplicate of .* row 2"),
        ("s1,v1,3,9,neutral", 2, "type is 'neutral'; expected micro or macro"),
        ("s1,v1,3,9,", 2, "type is ''"),
        ("s1,v1,x,9,micro", 2, "onset is 'x'; expected a whole frame number"),
        ("s1,v1,3,9.5,micro", 2, "offset is '9.5'"),
        ("s1,v1,-4,-9,micro", 2, "onset -4 is after offset -9"),
        ("s1,v1,3,nan,micro", 2, "offset is 'nan'; expected a whole frame number"),
        ("s1,v1,3,1e30,micro", 2, "offset is '1e30'; expected a frame number"),
        ("s1,v1,-1e30,3,micro", 2, "onset is '-1e30'; expected a frame number"),
        (",v1,3,9,micro", 2, "subject is empty"),
        ("s1,,3,9,micro", 2, "video is empty"),
        ("s1,v1,3", 2, "3 cells where the header has 5"),
    ],
)
def test_faults_of_event_files_name_file_and_row(write, rows, row, message):
    path = write(f"subject,video,onset,offset,type\n{rows}\n", "events.csv")
    with pytest.raises(InputError, match=message) as error:
        formats.read_events(path)
    assert f"{path} row {row}:" in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_columns_and_emotions(write):
    with pytest.raises(InputError, match=r"row 1: no column offset"):
        formats.read_events(write("subject,video,onset\n"))
    with pytest.raises(InputError, match=r"no column emotion"):
        formats.read_events(write("subject,video,onset,offset\ns1,v1,1,2\n"), emotion=True)
    with pytest.raises(InputError, match=r"row 2: emotion is empty"):
        formats.read_events(write("subject,video,onset,offset,emotion\ns1,v1,1,2,\n"), emotion=True)
    with pytest.raises(InputError, match="no such file"):
        formats.read_events("absent.csv")


def test_events_read_back_as_written(tmp_path):
    rows = [EVENT, EVENT | {"onset": 4, "type": "micro"}]
    formats.write_events(tmp_path / "a.csv", rows)
    assert plain(formats.read_events(tmp_path / "a.csv")) == rows


LOG = "1\n006_1   10 20 12 22 TP\n006_1   -  -  30 40 FP\n2\n15_0101 5 9 - - FN\n"


def test_log_of_2020_reads_writes_and_gives_events(write, tmp_path):
    path = write(LOG, "log.txt")
    rows = formats.read_log(path)
    assert [row["result"] for row in rows] == ["TP", "FP", "FN"]
    assert [row["dataset"] for row in rows] == ["samm", "samm", "casme_sq"]
    formats.write_log(tmp_path / "again.txt", rows)
    assert plain(formats.read_log(tmp_path / "again.txt")) == plain(rows)
    truth, predicted = formats.read_events(path, side="truth"), formats.read_events(path, side="predictions")
    assert [(event["onset"], event["offset"]) for event in truth] == [(10, 20), (5, 9)]
    assert [(event["onset"], event["offset"]) for event in predicted] == [(12, 22), (30, 40)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("006_1 10 20 - - TP", "result is 'TP'; expected FN"),
        ("006_1 - - - - FP", "expected two frame numbers"),
        ("006_1 20 10 - - FN", "onset 20 is after offset 10"),
        ("006_1 10 20 FN", "expected a database number"),
    ],
)
def test_faults_of_logs(write, line, message):
    with pytest.raises(InputError, match=message) as error:
        formats.read_log(write(f"1\n{line}\n", "log.txt"))
    assert "row 2" in str(error.value)


def test_recognition_tables(write, tmp_path):
    text = "dataset,subject,clip,label,prediction\nsmic,s1,c1,Negative,positive\n"
    rows = formats.read_recognition(write(text), ("label", "prediction"))
    expected = {"dataset": "smic", "subject": "s1", "clip": "c1", "label": "negative", "prediction": "positive"}
    assert plain(rows) == [expected]
    formats.write_recognition(tmp_path / "again.csv", rows)
    assert plain(formats.read_recognition(tmp_path / "again.csv", ("label", "prediction"))) == [expected]
    with pytest.raises(InputError, match="no column prediction"):
        formats.read_recognition(write("dataset,subject,clip,label\n"), ("label", "prediction"))
    with pytest.raises(InputError, match=r"row 3: duplicate of .* row 2"):
        formats.read_recognition(write(text + "smic,s1,c1,negative,negative\n"), ("label", "prediction"))
    with pytest.raises(InputError, match=r"row 3: prediction is empty"):
        formats.read_recognition(write(text + "smic,s1,c2,negative,\n"), ("label", "prediction"))


ANSWER = {"id": "q1", "question": "Why?", "answer": "yes", "dataset": "samm", "subject": "6", "video": "c1"}


def test_answers_of_training_and_test_files(write):
    train = json.dumps({**ANSWER, "image_id": "c1"} | {"video": ""})
    test = json.dumps({"video_id": "samm_test_SAMM-1_1", "video": "SAMM-1", "question": "Why?", "answer": 0})
    rows = formats.read_answers(write(b"\xef\xbb\xbf" + f"{train}\r\n\r\n{test}\n".encode(), "a.jsonl"))
    assert plain(rows)[0] == ANSWER | {"image_id": "c1"}
    assert (rows[1]["id"], rows[1]["video"], rows[1]["answer"]) == ("samm_test_SAMM-1_1", "SAMM-1", "0")
    assert rows[1]["place"].endswith("a.jsonl line 3")


def test_answers_keep_unusual_line_breaks_inside_texts(write):
    rows = formats.read_answers(write(json.dumps({**ANSWER, "answer": "a\u2028b"}, ensure_ascii=False), "a.jsonl"))
    assert rows[0]["answer"] == "a\u2028b"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"question": "Why?", "answer": "yes"}', "no id"),
        ('{"id": "q2", "question": "Why?"}', "no answer to q2"),
        ('{"id": "q2", "answer": "  "}', "no answer to q2"),
        ('{"id": "q2", "answer": ["yes"]}', "no answer to q2"),
        (json.dumps(ANSWER), r"id .q1. is a duplicate of .* line 1"),
        ('{"id": "q2", "answer": "yes"', "not JSON"),
        ('{"id": "q2"}, {"id": "q3"}', "not JSON"),
        ('["q2", "yes"]', "expected a JSON object"),
    ],
)
def test_faults_of_answers_name_file_and_line(write, line, message):
    path = write(f"{json.dumps(ANSWER)}\n{line}\n", "a.jsonl")
    with pytest.raises(InputError, match=message) as error:
        formats.read_answers(path)
    assert f"{path} line 2:" in str(error.value)


def test_answers_read_back_as_written(tmp_path):
    formats.write_answers(tmp_path / "a.jsonl", [ANSWER, {**ANSWER, "id": "q2", "answer": "brow lowerer, dimpler"}])
    rows = formats.read_answers(tmp_path / "a.jsonl")
    assert [row["answer"] for row in rows] == ["yes", "brow lowerer, dimpler"]
