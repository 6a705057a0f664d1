"""Files that llama.cpp does not survive: one line, and everything else goes on."""

import json
import struct
import sys

import cv2
import numpy as np
import pytest
import tiny_gguf

from baselines.datasets.records import Question
from baselines.errors import InputError
from baselines.vqa.answerers import Seen
from baselines.vqa.llama import guarded
from baselines.vqa.llama.answerer import Llama
from baselines.vqa.llama.gguf_header import PLAUSIBLE
from baselines.vqa.llama.guarded import MOST_DEATHS, ModelDied
from baselines.vqa.llama.hybrid import Hybrid
from baselines.vqa.records import Evidence
from baselines.vqa.rules import answer_questions

COARSE, FINE = "What is the coarse expression class?", "What is the fine-grained expression class?"
PANEL = np.zeros((48, 48, 3), np.uint8)
NUMBERS = {4: "<I", 6: "<f", 10: "<Q"}  # of GGUF
LOOPS = "{% for name in 'abc' %}" + "{% for number in range(99999) %}" * 3 + "{% endfor %}" * 4
# it asks for 10 GB, at the prompts of a fine class only
TRAP = "{{ 'x' * (9999999999 if 'fine' in messages[0].content|string else 0) }}" + tiny_gguf.CHAT_TEMPLATE

bounded = pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux only")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return tiny_gguf.write_pair(tmp_path_factory.mktemp("gguf"))


@pytest.fixture(scope="module")
def trap(tmp_path_factory):
    path = tmp_path_factory.mktemp("trap") / "trap.gguf"
    return tiny_gguf.write_text_model(path, np.random.default_rng(0), TRAP)


def changed(path, name, value, output):
    """Write a GGUF file in which one number of the header is another."""
    content = bytearray(path.read_bytes())
    at = content.index(name.encode()) + len(name)
    (kind,) = struct.unpack_from("<I", content, at)
    struct.pack_into(NUMBERS[kind], content, at + 4, value)
    output.write_bytes(content)
    return output


def refusal(model, mmproj, kind=InputError):
    with pytest.raises(kind) as caught:
        Llama(model, mmproj).answer(COARSE, PANEL)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("llama.block_count", 0),
        ("llama.context_length", 2**31 - 1),
        ("llama.embedding_length", 0),
        ("llama.attention.layer_norm_rms_epsilon", np.nan),
        ("clip.vision.patch_size", 0),
        ("clip.vision.image_size", 2**31 - 1),
    ],
)
def test_numbers_that_no_model_has_are_refused_before_llama_cpp_sees_them(pair, tmp_path, name, value, monkeypatch):
    monkeypatch.setattr(guarded, "Confined", None)
    mine = name.startswith("clip")
    wrong = changed(pair[mine], name, value, tmp_path / "wrong.gguf")
    least, most = PLAUSIBLE[name.rpartition(".")[2]]
    told = refusal(*((pair[0], wrong) if mine else (wrong, pair[1])))
    assert told == f"{wrong}: {name} is {value}; expected {least} to {most}: convert the model again"


def test_numbers_that_do_not_fit_the_weights_end_its_process_only(pair, tmp_path):
    for name, value in (("clip.vision.patch_size", 3), ("clip.vision.attention.head_count", 0)):
        wrong = changed(pair[1], name, value, tmp_path / "wrong.gguf")
        told = refusal(pair[0], wrong, ModelDied)
        assert f"{pair[0]}: llama.cpp was ended by SIGABRT (ggml.c:" in told
        assert f"while it loaded it; copy the model and {wrong} again, or give another" in told


def test_a_chat_template_without_end_is_ended(pair, tmp_path, monkeypatch):
    monkeypatch.setattr(guarded, "PATIENCE", 4.0)
    model = tiny_gguf.write_text_model(tmp_path / "loops.gguf", np.random.default_rng(0), LOOPS)
    assert "loops.gguf: llama.cpp took more than 4 s while it loaded it" in refusal(model, pair[1], ModelDied)


@bounded
def test_questions_that_end_the_model_leave_the_others_until_it_died_often(pair, trap, monkeypatch):
    monkeypatch.setattr(guarded, "MOST_DEATHS", 2)
    answerer = Llama(trap, pair[1])
    before = answerer.answer(COARSE, PANEL)
    with pytest.raises(ModelDied, match=r"trap\.gguf: llama\.cpp failed \(unexpected MemoryError.* while it answered"):
        answerer.answer(FINE, PANEL)
    assert answerer.answer(COARSE, PANEL) == before
    with pytest.raises(ModelDied, match="MemoryError"):
        answerer.answer(FINE, PANEL)
    with pytest.raises(ModelDied, match=r"trap\.gguf: not asked any more, as llama\.cpp ended 2 times on it"):
        answerer.answer(COARSE, PANEL)
    answerer.close()
    assert MOST_DEATHS == 3


@bounded
def test_the_command_names_the_rows_that_it_ended_on_and_writes_the_others(megc, pair, trap, tmp_path):
    media = tmp_path / "media"
    media.mkdir()
    for name in ("a", "b"):
        cv2.imwrite(str(media / f"s1_{name}.png"), np.full((28, 28, 3), 90, np.uint8))
    asked = [("one", "s1_a", COARSE), ("two", "s1_b", FINE)]
    rows = [{"video_id": i, "video": video, "question": text, "answer": ""} for i, video, text in asked]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = megc(
        "vqa", "--questions", tmp_path / "q.jsonl", "--media", media, "--answerer", "llama", "--model", trap,
        "--mmproj", pair[1], "--output", tmp_path / "a.jsonl", "--jobs", 1,
    )  # fmt: skip
    assert done.exit_code == 1
    assert "trap.gguf: llama.cpp failed (unexpected MemoryError) while it answered" in done.stderr
    assert "1 of 2 rows not answered: two; their answers are empty" in done.stderr
    first, second = (json.loads(line)["answer"] for line in (tmp_path / "a.jsonl").read_text().splitlines())
    assert first in ("negative", "positive", "surprise")
    assert second == ""


@bounded
def test_the_hybrid_answers_by_its_classifiers_where_the_vision_model_ended(pair, trap):
    measured = Evidence({"negative": 0.9, "positive": 0.1}, {"disgust": 0.9, "happiness": 0.1}, {4: 0.9, 12: 0.1})
    questions = [Question("1", "a", COARSE), Question("2", "a", "What are the action units?")]
    answerer = Hybrid(trap, pair[1])
    found = answerer.answer_clip(questions, Seen(measured=measured, panel=PANEL, caption="A face."))
    answerer.close()
    assert [answer.text for answer in found] == [answer.text for answer in answer_questions(questions, measured)]
    assert all("answered by the classifiers alone: " in answer.flag for answer in found)
    assert all("MemoryError" in answer.flag for answer in found)
