import json

import pytest
import test_dataset_casme2 as casme2
from replicas import empty_frames, write_frames

from baselines.datasets import open_dataset
from baselines.datasets.me_vqa import load
from baselines.errors import InputError

COARSE = "What is the coarse expression class?"
FINE = "What is the fine-grained expression class?"
DETAIL = "Please analyse the micro-expression shown in this video in detail."


def train(dataset, subject, filename, number, question, answer):
    image = filename if filename.startswith(subject) or dataset == "samm" else f"{subject}_{filename}"
    names = {"id": f"{dataset}_{image}_{number}", "dataset": dataset, "image_id": image}
    return names | {"subject": subject, "filename": filename, "question": question, "answer": answer}


TRAIN = [
    train("casme2", "sub01", "EP02_01f", 1, COARSE, "positive"),
    train("casme2", "sub01", "EP02_01f", 2, FINE, "happiness"),
    train("samm", "6", "006_1_2", 1, COARSE, "negative"),
    train("smic", "s01", "s01_ne_01", 1, COARSE, "negative"),
]


def unanswered(database, video, number, question):
    return {"video_id": f"{database}_test_{video}_{number}", "video": video, "question": question, "answer": ""}


def write_jsonl(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))


def write_casme2(root):
    casme2.replica(root, casme2.ROWS[:1], {"sub01/EP02_01f": (46, 86)})
    write_frames(root / "CASME2-RAW/sub01/EP02_01f", [f"img{n}.jpg" for n in range(46, 87)])


def replica(folder):
    write_jsonl(folder / "me_vqa_samm_casme2_smic.jsonl", TRAIN)
    write_casme2(folder / "CASME2")
    empty_frames(folder / "smic/HS/s1/micro/negative/s1_ne_01", [f"image{n}.bmp" for n in range(100, 140)])
    write_frames(folder / "STSNet_whole_norm_u_v_os", ["006_006_1_2 .png", "sub01_EP02_01f .png"], (28, 28))
    (folder / "flow.csv").write_text("dataset,sub,filename_o,label\nsamm,006,006_1_2,0\ncasme2,sub01,EP02_01f,1\n")
    return folder


@pytest.fixture
def root(tmp_path):
    return replica(tmp_path)


def test_questions_are_joined_to_copies_and_flow_pictures(root):
    dataset = open_dataset("me-vqa", root)
    assert dataset.findings == []
    clips = {clip.dataset: clip for clip in dataset.clips}
    assert [(question.subject, question.video) for question in dataset.questions] == [
        ("sub01", "EP02_01f"), ("sub01", "EP02_01f"), ("006", "006_1_2"), ("s1", "s1_ne_01"),
    ]  # fmt: skip
    assert (clips["casme2"].flow_image, clips["casme2"].event.action_units) == (None, ("AU12",))
    assert clips["casme2"].frames[0].shape == (24, 32, 3)
    assert clips["samm"].flow_image.name == "006_006_1_2 .png"
    assert (clips["smic"].subject, clips["smic"].label) == ("s1", "negative")
    asked = {(question.subject, question.video) for question in dataset.questions}
    assert asked == {(clip.subject, clip.name) for clip in dataset.clips}


def test_test_sets_have_frames_but_no_labels(tmp_path):
    rows = [unanswered("casme3", f"CAS-{clip}", n, DETAIL) for clip in range(1, 18) for n in range(1, 6)]
    write_jsonl(tmp_path / "unseen/me_vqa_casme3_v2_test_to_answer.jsonl", rows)
    samm = [unanswered("samm", f"SAMM-{clip}", n, COARSE) for clip in range(1, 8) for n in range(1, 6)]
    write_jsonl(tmp_path / "unseen/me_vqa_samm_test_to_answer.jsonl", samm)
    write_jsonl(tmp_path / "unseen/me_vqa_samm_test_pred.jsonl", ["not read"])
    for clip in range(1, 18):
        empty_frames(tmp_path / f"ME_VQA_MEGC_2025_Test/CAS-{clip}", [f"{n}.jpg" for n in range(1, 9)])
    empty_frames(tmp_path / "ME_VQA_MEGC_2025_Test/samm_test/SAMM-1", ["007_00001.jpg", "007_00002.jpg"])
    dataset = load(tmp_path)
    assert len(dataset.questions) == 120
    assert [(clip.subject, clip.name) for clip in dataset.clips[:2]] == [("", "CAS-1"), ("", "CAS-2")]
    assert {(clip.dataset, clip.fps, clip.event) for clip in dataset.clips} == {
        ("casme3", 30.0, None), ("samm", 200.0, None),
    }  # fmt: skip
    (finding,) = dataset.findings
    assert "no pictures of 6 clips or videos (30 questions): SAMM-2, SAMM-3, " in finding


def test_long_videos_are_joined_by_subject_and_name(tmp_path):
    ask = "How many expression events appear in this video?"
    rows = [unanswered("casme3", "dzw_a1", 1, ask), unanswered("samm", "1_001_2", 1, ask)]
    write_jsonl(tmp_path / "me_lvqa_test.jsonl", rows)
    empty_frames(tmp_path / "megc2025-str/CAS_data/dzw/a1", [f"{n}.jpg" for n in range(1, 9)])
    empty_frames(tmp_path / "megc2025-str/SAMM_data/1_001_2", [f"1_{n:04d}.jpg" for n in range(1, 9)])
    dataset = load(tmp_path)
    assert [(video.subject, video.name, video.events) for video in dataset.videos] == [
        ("dzw", "a1", None), ("1", "1_001_2", None),
    ]  # fmt: skip
    assert [(question.subject, question.video) for question in dataset.questions] == [("dzw", "a1"), ("1", "1_001_2")]
    assert not [line for line in dataset.findings if "no pictures" in line]


def test_a_question_file_alone_is_read_with_a_finding(tmp_path):
    write_jsonl(tmp_path / "casme.jsonl", TRAIN[:2])
    dataset = load(tmp_path)
    assert [question.answer for question in dataset.questions] == ["positive", "happiness"]
    assert (dataset.clips, dataset.videos) == ([], [])
    assert "casme.jsonl: 2 questions, published with 911" in dataset.findings[0]
    assert "no pictures of 1 clips or videos (2 questions): sub01 EP02_01f" in dataset.findings[1]
    assert len(dataset.findings) == 2


def test_copies_beside_a_root_of_the_name_are_found(tmp_path):
    write_jsonl(tmp_path / "me-vqa/q.jsonl", TRAIN[:1])
    write_casme2(tmp_path / "casme2")
    assert [clip.name for clip in open_dataset("me-vqa", tmp_path).clips] == ["EP02_01f"]


def test_an_id_counts_once_and_a_bad_row_or_copy_is_told(root):
    v2 = [*TRAIN[:1], TRAIN[1] | {"question": DETAIL, "answer": "It is happiness."}]
    write_jsonl(root / "me_vqa_samm_casme2_smic_v2.jsonl", [*v2, "{no json", TRAIN[2] | {"question": " "}, v2[0]])
    (root / "smic/HS").rename(root / "smic/other")
    dataset = load(root)
    assert [question.text for question in dataset.questions] == [COARSE, FINE, COARSE, COARSE]
    for finding in (
        "v2.jsonl: 1 ids stand in a file before with another question or answer",
        "v2.jsonl line 3: not JSON",
        "v2.jsonl line 4: no question",
        "v2.jsonl line 5: id 'casme2_sub01_EP02_01f_1' is a duplicate of",
        "no SMIC-HS; expected",
        "no pictures of 1 clips or videos (1 questions): s01 s01_ne_01",
    ):
        assert sum(finding in line for line in dataset.findings) == 1, finding
    assert len(dataset.findings) == 6


def test_a_folder_without_questions_is_refused(tmp_path):
    with pytest.raises(InputError, match="no question file; expected one such as me_vqa_samm_casme2_smic.jsonl"):
        load(tmp_path)


def test_the_real_file_is_read_and_joined(shared_data, tmp_path):
    (tmp_path / "casme.jsonl").symlink_to(shared_data / "me_vqa/me_vqa_casme2.jsonl")
    for path in (shared_data / "flow_images").iterdir():
        (tmp_path / path.name).symlink_to(path)
    dataset = load(tmp_path)
    assert dataset.findings == []
    assert (len(dataset.questions), len(dataset.clips), len({clip.subject for clip in dataset.clips})) == (911, 145, 24)
