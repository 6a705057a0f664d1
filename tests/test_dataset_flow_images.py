import json

import numpy as np
import pytest
from PIL import Image

from baselines.datasets.flow_images import FOLDS, WHOLE, database_of, load
from baselines.errors import InputError

QUESTION = {
    "id": "samm_006_1_2_1", "dataset": "samm", "image_id": "006_1_2", "subject": "6", "filename": "006_1_2",
    "question": "What is the coarse expression class?", "answer": "surprise",
}  # fmt: skip


def picture(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def replica(folder):
    rows = [("casme2", "sub01", "EP02_01f", 1), ("smic", "s01", "s01_ne_01", 0), ("samm", "006", "006_1_2", 2)]
    for _, subject, name, _ in rows:
        picture(folder / WHOLE / f"{subject}_{name} .png")
    lines = [",".join(map(str, (*row, "", "", ""))) for row in rows]
    (folder / "list.csv").write_text("dataset,sub,filename_o,label,apex,imagename,sub_filename\n" + "\n".join(lines))
    (folder / "me_vqa.jsonl").write_text(json.dumps(QUESTION) + "\n")
    return folder


@pytest.fixture
def whole(tmp_path):
    return replica(tmp_path)


@pytest.fixture
def folds(tmp_path):
    root = tmp_path / FOLDS
    for subject, label, name in [
        ("sub01", 1, "sub01_EP02_01f "),
        ("s01", 0, "s01_s01_ne_01"),
        ("006", 2, "006_006_1_2 "),
    ]:
        picture(root / subject / "u_test" / str(label) / f"{name}.png")
        picture(root / subject / "u_train" / "0" / "never_read.png")
    return tmp_path


EXPECTED = {
    ("casme2", "sub01", "EP02_01f", "positive"),
    ("smic", "s01", "s01_ne_01", "negative"),
    ("samm", "006", "006_1_2", "surprise"),
}


@pytest.mark.parametrize("layout", ["whole", "folds"])
@pytest.mark.parametrize("below", [False, True])
def test_both_published_layouts_give_the_same_clips(layout, below, request):
    root = request.getfixturevalue(layout)
    clips = load(root / {"whole": WHOLE, "folds": FOLDS}[layout] if below else root).clips
    assert {(c.dataset, c.subject, c.name, c.label) for c in clips} == EXPECTED
    assert all(clip.flow_image.exists() for clip in clips)


def test_questions_beside_the_pictures_are_joined_by_subject_and_file_name(whole):
    dataset = load(whole)
    (question,) = dataset.questions
    assert (question.subject, question.video) in {(clip.subject, clip.name) for clip in dataset.clips}
    assert (question.subject, question.video, question.answer) == ("006", "006_1_2", "surprise")


def test_databases_are_told_by_their_subjects():
    assert [database_of(s) for s in ("sub26", "s20", "037", "x")] == ["casme2", "smic", "samm", None]


def test_faults_are_named(whole):
    (whole / WHOLE / "006_006_1_2 .png").unlink()
    with pytest.raises(InputError, match=r"list.csv row 4: no picture '006_006_1_2 .png'"):
        load(whole)
    table = whole / "list.csv"
    table.write_text(table.read_text().replace("EP02_01f,1", "EP02_01f,7"))
    with pytest.raises(InputError, match="row 2: label is '7'"):
        load(whole)


def test_an_empty_folder_tells_what_was_expected(tmp_path):
    with pytest.raises(InputError, match="no flow pictures; expected"):
        load(tmp_path)


def test_the_real_pictures_are_all_found(shared_data):
    clips = load(shared_data / "flow_images").clips
    counts = {name: sum(c.dataset == name for c in clips) for name in ("casme2", "smic")}
    assert counts == {"casme2": 145, "smic": 164}
    assert len({(c.dataset, c.subject) for c in clips}) == 40
