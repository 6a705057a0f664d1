"""Each family of vision models that users bring, tiny and random, is loaded, asked and checked by llama.cpp."""

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import gguf_families
import numpy as np
import pytest
from gguf_families import FAMILIES

from baselines.commands.models import check_text, two_halves
from baselines.datasets.question_kinds import ADMISSIBLE
from baselines.vqa.llama.answerer import FOREIGN_SIZE, Llama
from baselines.vqa.llama.grammars import grammar
from baselines.vqa.llama.menu import FAMILIES as FAMILY_NAMES
from baselines.vqa.llama.menu import MODELS, family_of
from baselines.vqa.llama.speaker import Speaker
from baselines.vqa.llama.vision_model import VisionModel
from baselines.vqa.questions import ParsedQuestion

COARSE = "What is the coarse expression class?"
CLASSES = {name: [name, name.capitalize()] for name in ADMISSIBLE["coarse"]}
TOLD = {  # family -> (its name, projector, chat template, thinking)
    "llava": ("LLaVA", "mlp", "vicuna", "none"),
    "qwen2.5-vl": ("Qwen-VL", "qwen2.5vl_merger", "own", "none"),
    "qwen3-vl": ("Qwen-VL", "qwen3vl_merger", "own", "none"),
    "qwen3.5": ("Qwen-VL", "qwen3vl_merger", "own", "off"),
    "smolvlm": ("SmolVLM", "idefics3", "own", "none"),
    "gemma3": ("Gemma 3", "gemma3", "own", "none"),
    "internvl3": ("InternVL", "internvl", "own", "none"),
    "lfm2-vl": ("LFM2-VL", "lfm2", "own", "none"),
}
FORMS = {  # family -> how its chat about a picture reads, <picture> being the picture
    "llava": "USER: <picture>\nWhy?\nASSISTANT:",
    "qwen3-vl": "<|im_start|>user\n<picture>Why?<|im_end|>\n<|im_start|>assistant\n",
    "qwen3.5": "<|im_start|>user\n<picture>Why?<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    "smolvlm": "<|im_start|>User: <picture> Why?<end_of_utterance>\nAssistant:",
    "gemma3": "<s><start_of_turn>user\n<picture>Why?<end_of_turn>\n<start_of_turn>model\n",
}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folders = {name: tmp_path_factory.mktemp(name) for name in FAMILIES}
    return {name: gguf_families.write_pair(folder, name) for name, folder in folders.items()}


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return request.param


@pytest.fixture(scope="module")
def speaker(pairs, family):
    speaker = Speaker(*pairs[family], None, 16)
    yield speaker
    speaker.close()


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (2, 48, 96, 3), dtype=np.uint8)


def test_every_family_of_the_test_is_told():
    assert TOLD.keys() == FAMILIES.keys()
    assert {name: family_of(family.projector) for name, family in FAMILIES.items()} == {
        name: told[0] for name, told in TOLD.items()
    }


def test_another_picture_or_prompt_changes_what_follows(speaker, pictures):
    def following(prompt, picture):
        speaker.model.read(prompt, picture, 16)
        return speaker.model.log_probabilities()

    first = following(COARSE, pictures[0])
    assert np.isfinite(first).all()
    assert np.abs(following(COARSE, pictures[1]) - first).max() > 1e-3
    assert np.abs(following("Why?", pictures[0]) - first).max() > 1e-3
    assert np.abs(following(COARSE, pictures[0]) - first).max() < 1e-5


def test_what_stays_in_memory_is_as_if_read_anew(pairs, family, speaker, pictures):
    """The picture for the next question, and the prompt for the next answer, whatever kind of memory a model has."""
    speaker.model.read("Why?", pictures[0], 16)
    scores = speaker.score(COARSE, pictures[0], CLASSES)
    other = VisionModel(*pairs[family])
    other.read(COARSE, pictures[0], 16)
    first = other.log_probabilities()
    for name in ("surprise", "negative"):
        spelled = []
        for spelling in CLASSES[name]:
            other.read("A", pictures[1], 16)  # the picture of before is out of the memory
            other.read(COARSE, pictures[0], 16)
            assert np.abs(other.log_probabilities() - first).max() < 1e-5
            tokens, score, following = other.tokens(spelling), 0.0, first
            for token in tokens:
                score += following[token]
                other.hear(token)
                following = other.log_probabilities()
            spelled.append(score)
        assert scores[name] == pytest.approx(np.logaddexp(*spelled), abs=1e-3)
    other.close()


def test_text_is_spoken_free_and_by_a_grammar(speaker, pictures):
    text, sure, _ = speaker.speak(COARSE, pictures[0], None)
    assert text == " ".join(text.split())
    assert 0 < sure <= 1
    rules = grammar(ParsedQuestion("coarse"), ADMISSIBLE)
    text, _, complete = speaker.speak(COARSE, pictures[0], rules)
    assert complete
    assert text in ADMISSIBLE["coarse"]


def test_chat_has_the_form_of_its_template_with_the_picture_before_the_text(family, speaker):
    text = speaker.model.chat.render("Why?").replace(speaker.model._marker, "<picture>")
    assert text == FORMS.get(family, FORMS["qwen3-vl"])


@pytest.mark.parametrize("name", ["llava", "qwen3.5"])  # with a default template; whose memory does not forget
def test_answers_closed_and_open_questions(pairs, name, pictures):
    answerer = Llama(*pairs[name])
    try:
        closed = answerer.answer(COARSE, pictures[0])
        assert closed.text in ADMISSIBLE["coarse"]
        assert not closed.flag
        assert 1 / 3 <= closed.confidence <= 1
        assert len(answerer.answer("What are the action units?", pictures[0]).text) <= 128
    finally:
        answerer.close()


def test_check_tells_the_family_the_template_and_the_time(pairs, family, megc):
    model, mmproj = pairs[family]
    done = megc("models", "check", model, "--mmproj", mmproj, "--json")
    assert done.exit_code == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["family"], facts["projector"], facts["template"], facts["thinking"]) == TOLD[family]
    assert facts["architecture"] == FAMILIES[family].architecture
    assert facts["embedding_length"] == facts["projection_dim"] == 64
    assert facts["answer"] in ("left", "right")
    assert 0.5 <= facts["confidence"] <= 1
    assert facts["image_tokens"] > 0
    assert 0 < facts["seconds_to_load"] < 10
    assert 0 < facts["seconds_a_question"] < 10
    assert facts["memory"] is None or 3e7 < facts["memory"] < 1e9
    text = check_text(facts)
    assert f"({TOLD[family][1]}, projection dimension 64): fits" in text
    assert f"thinking {'turned off' if facts['thinking'] == 'off' else 'unknown to the template'}" in text


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_is_set_aside_for_the_pictures_that_are_shown(pairs):
    """llama.cpp alone would for one of 46 x 46 tokens, 286 MB for each head of Qwen-VL's encoder."""

    def own():
        return int(re.search(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

    before = own()
    model = VisionModel(*pairs["qwen3-vl"])
    model.read("Why?", two_halves(), 8)
    assert own() - before < 400e6
    model.close()


@pytest.mark.parametrize("left_out", ["projector", "architecture"])
def test_what_this_llama_cpp_does_not_know_is_told(pairs, tmp_path, megc, left_out):
    family, rng = replace(FAMILIES["smolvlm"], **{left_out: "teapot"}), np.random.default_rng(0)
    model, mmproj = pairs["smolvlm"]
    if left_out == "projector":
        mmproj = wrong = gguf_families.write_projector(tmp_path / "new.gguf", family, rng)
    else:
        model = wrong = gguf_families.write_text_model(tmp_path / "new.gguf", family, rng)
    kind = {"projector": "projector type", "architecture": "model architecture"}[left_out]
    told = refusal(megc, model, "--mmproj", mmproj)
    assert told.startswith(f"error: {wrong}: its {kind} 'teapot' is unknown to llama-cpp-python 0.")
    assert told.endswith("; a newer one may know it")


def test_pairs_that_are_none_are_told(pairs, tmp_path, megc):
    model, mmproj = pairs["smolvlm"]
    deep = pairs["qwen3-vl"][1]  # whose tokens are as wide as two of the other model's
    assert f"{deep}: does not fit {model} (" in (told := refusal(megc, model, "--mmproj", deep))
    assert "(n_embd = 64) and mmproj (n_embd = 128)" in told
    assert refusal(megc, model) == (
        f"error: {model}: holds a text model (llama) alone, which sees nothing; give its vision projector as --mmproj"
    )
    assert refusal(megc, mmproj) == (
        f"error: {mmproj}: is a vision projector (idefics3) alone; give its text model, and this file as --mmproj"
    )
    assert "is a text model (llama), not a vision projector" in refusal(megc, model, "--mmproj", model)
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(mmproj.read_bytes()[:20_000])
    assert f"{cut}: does not fit" in refusal(megc, model, "--mmproj", cut)
    cut.write_bytes(mmproj.read_bytes()[:200])
    assert f"{cut}: the GGUF header is cut short or damaged" in refusal(megc, model, "--mmproj", cut)
    assert "holds no chat template" in refusal(megc, pairs["llava"][0], "--mmproj", mmproj)
    assert "or the name of a known model" in refusal(megc, "no-such-model")


def test_model_that_llama_cpp_does_not_survive_is_one_line(pairs, tmp_path, megc):
    family = replace(FAMILIES["qwen3-vl"], blocks=FAMILIES["qwen3-vl"].blocks[:1])  # llama.cpp takes it and fails
    model = gguf_families.write_text_model(tmp_path / "text.gguf", family, np.random.default_rng(0))
    told = refusal(megc, model, "--mmproj", pairs["qwen3-vl"][1])
    assert f"{model}: llama.cpp was ended by SIGABRT (ggml.c:" in told


def refusal(megc, *arguments):
    done = megc("models", "check", *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def test_list_tells_each_model(megc):
    rows = json.loads(megc("models", "list", "--json").stdout)
    assert [row["name"] for row in rows] == ["embedded", *MODELS]
    assert rows[0]["family"] == "Janus"
    assert all(row["size"].endswith(" MB") and row["licence"] for row in rows)
    lines = megc("models", "list").stdout.splitlines()
    assert len(lines) == len(rows)
    assert "SmolVLM2-256M" in lines[1]
    assert "279 MB" in lines[1]


def test_model_of_the_menu_answers_by_its_name(pairs, tmp_path, megc, monkeypatch):
    constants = pytest.importorskip("huggingface_hub.constants", reason="huggingface_hub is not installed")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    known = MODELS["SmolVLM2-256M"]
    kept = tmp_path / "hub" / f"models--{known.repository.replace('/', '--')}"
    (kept / "snapshots" / "0123").mkdir(parents=True)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("0123")
    for name, path in zip((known.model, known.mmproj), pairs["smolvlm"]):
        shutil.copyfile(path, kept / "snapshots" / "0123" / name)
    listed = json.loads(megc("models", "list", "--json").stdout)
    assert [row["name"] for row in listed if row["state"] == "here"] == ["embedded", "SmolVLM2-256M"]
    cv2.imwrite(str(tmp_path / "s1_c1.png"), np.full((28, 28, 3), 90, np.uint8))
    given = (
        "--media",
        tmp_path / "s1_c1.png",
        "--answerer",
        "llama",
        "--model",
        "smolvlm2-256m",
        "--json",
        "--jobs",
        1,
    )
    done = megc("vqa", "--question", COARSE, *given)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)[0]["answer"] in ADMISSIBLE["coarse"]


def test_menu_is_whole():
    for name, model in MODELS.items():
        assert model.repository.count("/") == 1, name
        assert model.model.endswith(".gguf"), name
        assert "mmproj" in model.mmproj, name
        assert min(model.bytes) > 1e8, name
        assert model.family in FAMILY_NAMES.values(), name
        assert bool(model.image_tokens) == bool(model.cut), name


CUTS = {(model.family, tuple(model.cut.items())): model.image_tokens for model in MODELS.values() if model.cut}


@pytest.mark.parametrize(("family", "cut"), CUTS)
def test_image_tokens_of_the_menu_are_those_of_llama_cpp(pairs, tmp_path, family, cut):
    size, patch, merge = (dict(cut)[name] for name in ("image_size", "patch_size", "merge"))
    alike = [name for name, told in TOLD.items() if told[0] == family]
    name = next((name for name in alike if FAMILIES[name].cut[1] == patch), alike[0])
    keys = {"longest_edge": "preproc_image_size", "most_tiles": "preproc_max_tiles"}
    more = {keys[key]: value for key, value in cut if key in keys}
    path = tmp_path / "mmproj.gguf"
    rng = np.random.default_rng(0)
    mmproj = gguf_families.write_projector(path, FAMILIES[name], rng, (size, patch, merge), **more)
    model = VisionModel(pairs[name][0], mmproj)
    model._feed = lambda parts: None  # counted is enough
    tokens = []
    for shape in (two_halves().shape, (FOREIGN_SIZE, FOREIGN_SIZE, 3)):
        model.read("", np.zeros(shape, np.uint8), 0)
        tokens.append(model.picture_tokens)
    model.close()
    assert tuple(tokens) == CUTS[family, cut]


def test_docs_tell_the_menu():
    told = (Path(__file__).parent.parent / "docs" / "models.md").read_text(encoding="utf-8")
    for name, model in MODELS.items():
        assert name in told
        row = re.search(rf"^\| {re.escape(name)} \| {re.escape(model.repository)}, .*$", told, re.MULTILINE)
        if row:
            assert f"| {sum(model.bytes) / 1e6:.0f} | {model.licence or 'not found'}" in row[0]
            assert row[0].endswith(f"| {', '.join(map(str, model.image_tokens)) or 'not found'} |")
    assert told.count("\n| ") > 15
