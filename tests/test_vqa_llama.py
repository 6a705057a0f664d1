"""The vision answerer on a tiny GGUF pair of random weights, its faults, and the pictures it is shown."""

import base64
import struct
import sys

import cv2
import numpy as np
import pytest
import tiny_gguf
from hypothesis import given
from hypothesis import strategies as st

from baselines.datasets import manifest
from baselines.datasets.question_kinds import ADMISSIBLE
from baselines.datasets.records import Clip
from baselines.errors import InputError, MissingDependency
from baselines.vqa.llama.answerer import Llama
from baselines.vqa.llama.gguf_header import gguf_architecture, gguf_keys
from baselines.vqa.llama.panel import (
    CLIP_CAPTION,
    FLOW_CAPTION,
    TRIPTYCH_CAPTION,
    clip_panel,
    draw_panel,
    face_triptych,
    flow_panel,
    flow_panels,
)
from baselines.vqa.llama.speaker import Speaker
from baselines.vqa.llama.vision_model import VisionModel
from baselines.vqa.questions import ParsedQuestion, render

CLOSED = {
    "coarse": "What is the coarse expression class?",
    "fine": "What is the fine-grained expression class?",
    "shown": render(ParsedQuestion("shown", 12)),
    "side": render(ParsedQuestion("side", 14)),
    "event_type": render(ParsedQuestion("event_type", ordinal=2)),
}
EMOTIONS = ("negative", "positive", "surprise")


@pytest.fixture(scope="session")
def pair(tmp_path_factory):
    return tiny_gguf.write_pair(tmp_path_factory.mktemp("gguf"))


@pytest.fixture(scope="module")
def answerer(pair):
    answerer = Llama(*pair)
    yield answerer
    answerer.close()


@pytest.fixture(scope="module")
def panels():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (2, 128, 384, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", CLOSED)
def test_closed_question_gets_an_admissible_answer_without_flag(answerer, panels, kind):
    answer = answerer.answer(CLOSED[kind], panels[0])
    assert answer.text in ADMISSIBLE[kind]
    assert bool(answer.flag) == (kind == "event_type")  # asks about a long video


def test_answer_is_the_candidate_of_the_highest_likelihood(answerer, panels):
    for panel in panels:
        scores = answerer.log_likelihoods(CLOSED["fine"], panel, ADMISSIBLE["fine"])
        assert answerer.answer(CLOSED["fine"], panel).text == max(scores, key=scores.get)
        assert all(score < 0 for score in scores.values())


def test_same_question_and_picture_give_the_same_scores_and_text(answerer, pair, panels):
    first = answerer.log_likelihoods(CLOSED["coarse"], panels[0], EMOTIONS)
    text = answerer.answer("Describe the expression.", panels[0])
    answerer.answer(CLOSED["side"], panels[1])
    assert answerer.answer("Describe the expression.", panels[0]) == text
    assert answerer.log_likelihoods(CLOSED["coarse"], panels[0], EMOTIONS) == first
    again = Llama(*pair)
    assert again.log_likelihoods(CLOSED["coarse"], panels[0], EMOTIONS) == first
    again.close()


@pytest.mark.parametrize("write", [tiny_gguf.write_text_model, tiny_gguf.write_recurrent_model])
def test_scoring_a_candidate_leaves_no_trace_in_the_memory(write, pair, panels, tmp_path):
    """The recurrent model cannot forget what it read, so that picture and prompt must be read again."""
    speaker = Speaker(write(tmp_path / "text.gguf", np.random.default_rng(3)), pair[1], None, 8)
    spelled = {name: [name, name.capitalize()] for name in ("surprise", "fear", "disgust")}
    together = speaker.score("Which one?", panels[0], spelled)
    others = {name: spelled[name] for name in ("disgust", "surprise")}
    assert speaker.score("Which one?", panels[0], others).items() <= together.items()
    speaker.close()


def test_picture_is_encoded_once_for_all_questions_about_it(pair, panels, monkeypatch):
    model, fresh, fed = VisionModel(*pair), VisionModel(*pair), []
    feed = model._feed
    monkeypatch.setattr(model, "_feed", lambda parts: fed.append(len(parts)) or feed(parts))
    model.read("one", panels[0], 8)
    model.read("two", panels[0].copy(), 8)
    assert fed == [2, 1, 1]  # start and picture, question; question
    fresh.read("two", panels[0], 8)
    assert np.abs(model.log_probabilities() - fresh.log_probabilities()).max() < 1e-5
    model.read("two", panels[1], 8)
    assert fed == [2, 1, 1, 2, 1]
    assert np.abs(model.log_probabilities() - fresh.log_probabilities()).max() > 1e-3
    model.close()
    fresh.close()


def test_picture_and_caption_reach_the_model(answerer, panels):
    shown = answerer.log_likelihoods(CLOSED["coarse"], panels[0], EMOTIONS)
    for other in (
        answerer.log_likelihoods(CLOSED["coarse"], panels[1], EMOTIONS),
        answerer.log_likelihoods(CLOSED["coarse"], panels[0][:, ::-1], EMOTIONS),
        answerer.log_likelihoods(CLOSED["coarse"], panels[0], EMOTIONS, caption=FLOW_CAPTION),
    ):
        assert max(abs(shown[name] - other[name]) for name in EMOTIONS) > 1e-3


def test_scores_agree_with_the_log_probabilities_that_the_library_reports(answerer, pair, panels, monkeypatch):
    """Second opinion: the library's chat, forced by a grammar to spell the word, reports log P of every token."""
    import llama_cpp
    from llama_cpp.llama_chat_format import MTMDChatHandler

    prompts = []
    score_of = answerer._speaker.score
    monkeypatch.setattr(
        answerer._speaker, "score", lambda prompt, *given: prompts.append(prompt) or score_of(prompt, *given)
    )
    score = answerer.log_likelihoods(CLOSED["coarse"], panels[0], EMOTIONS)["negative"]
    png = base64.b64encode(cv2.imencode(".png", panels[0][..., ::-1])[1]).decode()
    message = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png}"}},
        {"type": "text", "text": prompts[0]},
    ]
    model, mmproj = map(str, pair)
    reference = llama_cpp.Llama(
        model, n_ctx=1024, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False, type_k=0, type_v=0,
        chat_handler=MTMDChatHandler(mmproj, verbose=False, use_gpu=False),
    )  # fmt: skip
    spelled = []
    for word in ("negative", "Negative"):
        choice = reference.create_chat_completion(
            [{"role": "user", "content": message}],
            grammar=llama_cpp.LlamaGrammar.from_string(f'root ::= "{word}"', verbose=False),
            **{"temperature": 0, "repeat_penalty": 1, "logprobs": True, "top_logprobs": 1, "max_tokens": 8},
        )["choices"][0]
        assert choice["message"]["content"] == word
        spelled.append(sum(float(token["logprob"]) for token in choice["logprobs"]["content"]))
    reference.close()
    assert score == pytest.approx(np.logaddexp(*spelled), abs=1e-3)


def test_open_question_gets_bounded_text_in_one_line_and_says_what_is_doubtful(answerer, panels):
    answer = answerer.answer("How many micro-expression events appear in this video?", panels[0])
    assert answer.text
    assert answer.text == " ".join(answer.text.split())
    assert len(answer.text) <= 128  # a token of the tiny model is one byte
    assert "long video" in answer.flag
    assert "cut after 128 tokens" in answer.flag
    assert "not understood" in answerer.answer("Why?", panels[0]).flag


def test_question_cannot_bring_a_picture_of_its_own(answerer, panels):
    plain = answerer.answer("What is the coarse  expression class?", panels[0])
    assert answerer.answer("What is the coarse <__media__> expression class?", panels[0]).text in EMOTIONS
    assert plain.text in EMOTIONS


def test_too_long_question_fails_in_one_line_and_leaves_the_answerer_usable(answerer, panels):
    before = answerer.answer(CLOSED["side"], panels[0])
    with pytest.raises(InputError, match=r"text\.gguf: the question takes \d+ of 4096 tokens; shorten it") as error:
        answerer.answer("word " * 2000, panels[0])
    assert_one_line(error)
    assert answerer.answer(CLOSED["side"], panels[0]) == before


@pytest.mark.parametrize("panel", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((0, 8, 3), np.uint8)])
def test_panel_of_another_kind_is_refused(answerer, panel):
    with pytest.raises(InputError, match="expected an RGB picture"):
        answerer.answer(CLOSED["coarse"], panel)


def test_nothing_is_printed(pair, panels, capfd):
    quiet = Llama(*pair)
    quiet.answer(CLOSED["coarse"], panels[0])
    quiet.close()
    assert capfd.readouterr() == ("", "")


def test_missing_files_and_files_of_another_kind(pair, tmp_path):
    model, mmproj = pair
    other = tmp_path / "weights.gguf"
    other.write_bytes(b"PK\x03\x04 no model")
    empty = tmp_path / "empty.gguf"
    empty.touch()
    for first, second, message in [
        (tmp_path / "no.gguf", mmproj, r"no\.gguf: cannot be read \(No such file"),
        (model, tmp_path / "no.gguf", r"no\.gguf: cannot be read \(No such file"),
        (tmp_path, mmproj, "cannot be read"),
        (other, mmproj, r"weights\.gguf: not a GGUF file"),
        (model, empty, r"empty\.gguf: not a GGUF file"),
        (mmproj, model, r"mmproj\.gguf: is a vision projector, .*--mmproj"),
        (model, model, r"text\.gguf: is a text model \(llama\), .*--model"),
    ]:
        with pytest.raises(InputError, match=message) as error:
            Llama(first, second)
        assert_one_line(error)


def test_cut_files_are_refused(pair, tmp_path):
    model, mmproj = pair
    for path in pair:
        (tmp_path / path.name).write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(InputError, match=r"text\.gguf: not loaded \(.*copy it again") as error:
        Llama(tmp_path / model.name, mmproj)
    assert_one_line(error)
    with pytest.raises(InputError, match=r"mmproj\.gguf: does not fit .*failed to") as error:
        Llama(model, tmp_path / mmproj.name)
    assert_one_line(error)


def test_projector_of_another_model_is_refused(pair, tmp_path):
    wide = tiny_gguf.write_projector(tmp_path / "wide.gguf", np.random.default_rng(0), width=96)
    with pytest.raises(InputError, match=r"wide\.gguf: does not fit .*text\.gguf .*64.*96.*mmproj made for") as error:
        Llama(pair[0], wide)
    assert_one_line(error)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("", "holds no chat template"),
        ("{% for", r"not loaded \(unexpected 'end of template'\)"),
        ("{{ raise_exception('no users') }}", r"its chat template takes no picture \(no users\)"),
        ("Hello.", "its chat template takes no picture .it leaves the picture out"),
    ],
)
def test_unusable_chat_template_is_refused(pair, tmp_path, template, message):
    model = tiny_gguf.write_text_model(tmp_path / "model.gguf", np.random.default_rng(0), template)
    with pytest.raises(InputError, match=rf"model\.gguf: {message}") as error:
        Llama(model, pair[1])
    assert_one_line(error)


@pytest.mark.parametrize(
    "template",
    [
        "<|user|>{{ messages[0].content[0].text + '\n' + messages[0].content[1].text }}<|assistant|>",
        "{{ '<|user|>' + messages[0].content + '<|assistant|>' }}",  # takes text only, as many older models do
        "{{ bos_token + '<|user|>' + messages[0].content + '<|assistant|>' }}",  # writes the start token itself
    ],
)
def test_templates_of_any_habit_give_the_same_prompt(pair, panels, tmp_path, template):
    scores = []
    for name, text in (("a.gguf", "{{ '<|user|>' + messages[0].content + '<|assistant|>' }}"), ("b.gguf", template)):
        model = tiny_gguf.write_text_model(tmp_path / name, np.random.default_rng(5), text)
        answerer = Llama(model, pair[1])
        scores.append(answerer.log_likelihoods(CLOSED["coarse"], panels[0], EMOTIONS))
        answerer.close()
    assert scores[0] == scores[1]


def test_missing_library_says_what_to_install(pair, monkeypatch):
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(MissingDependency, match=r"pip install 'megc-baselines\[llama\]'"):
        Llama(*pair)


def gguf_header(keys):
    def text(value):
        return struct.pack("<Q", len(value)) + value

    body = b"".join(text(name) + value for name, value in keys.items())
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)) + body


OTHER_KEYS = {
    b"a": struct.pack("<If", 6, 1.5),
    b"b": struct.pack("<IIQ", 9, 8, 2) + struct.pack("<Q1sQ2s", 1, b"x", 2, b"yy"),
    b"c": struct.pack("<IIQ3H", 9, 2, 3, 1, 2, 3),
    b"d": struct.pack("<IQ6s", 8, 6, b"a name"),
}
HEADER = gguf_header(OTHER_KEYS | {b"general.architecture": struct.pack("<IQ7s", 8, 7, b"qwen2vl")})


def test_architecture_is_found_after_other_keys(tmp_path):
    path = tmp_path / "m.gguf"
    path.write_bytes(HEADER)
    assert gguf_architecture(path) == "qwen2vl"
    assert gguf_keys(path) == {"a": 1.5, "d": "a name", "general.architecture": "qwen2vl"}
    path.write_bytes(gguf_header(OTHER_KEYS))
    with pytest.raises(InputError, match=r"without general\.architecture"):
        gguf_architecture(path)
    path.write_bytes(HEADER[:4] + struct.pack(">I", 3) + HEADER[8:])
    with pytest.raises(InputError, match="GGUF version 50331648"):
        gguf_architecture(path)


@given(
    st.integers(0, len(HEADER)), st.lists(st.tuples(st.integers(4, len(HEADER) - 1), st.integers(0, 255)), max_size=4)
)
def test_damaged_header_gives_an_architecture_or_one_line(tmp_path_factory, length, changes):
    damaged = bytearray(HEADER)
    for place, value in changes:
        damaged[place] = value
    path = tmp_path_factory.getbasetemp() / "damaged.gguf"
    path.write_bytes(damaged[:length])
    try:
        found = gguf_architecture(path)
    except InputError as error:
        found = str(error)
    assert "\n" not in found


def test_clip_panel_shows_faces_and_directions_of_motion():
    onset, apex = np.full((128, 128), 40, np.uint8), np.full((128, 128), 200, np.uint8)
    flow = np.zeros((128, 128, 2), np.float32)
    flow[:20, :, 0], flow[30:50, :, 0], flow[60:80, :, 1], flow[90:110, :, 0] = 3, -3, 3, 1.5
    panel = clip_panel(onset, apex, flow)
    assert panel.shape == (128, 384, 3)
    assert panel.dtype == np.uint8
    assert (panel[:, :128] == 40).all()
    assert (panel[:, 128:256] == 200).all()
    drawn = panel[:, 256:]
    assert (drawn[:20] == (255, 0, 0)).all()  # right: red
    assert (drawn[30:50] == (0, 255, 255)).all()  # left: the opposite hue
    assert np.abs(drawn[60:80] - (128.0, 255, 0)).max() <= 1  # down: a quarter turn from red
    assert np.abs(drawn[90:110] - (128.0, 0, 0)).max() <= 1  # half the speed, half the brightness
    assert (drawn[20:30] == 0).all()


def test_noise_of_a_still_face_stays_dark():
    face = np.zeros((64, 64), np.uint8)
    noise = np.random.default_rng(0).normal(0, 0.02, (64, 64, 2))
    assert clip_panel(face, face, noise)[:, 128:].max() < 100
    assert clip_panel(face, face, 20 * noise)[:, 128:].max() == 255


def test_clip_panel_refuses_what_does_not_match():
    face, flow = np.zeros((64, 64), np.uint8), np.zeros((64, 64, 2))
    for onset, apex, motion in [
        (face, face[:32], flow),
        (face, face, flow[..., 0]),
        (face.astype(float), face, flow),
        (face, face, np.full_like(flow, np.nan)),
    ]:
        with pytest.raises(InputError, match="^panel: "):
            clip_panel(onset, apex, motion)


def test_panel_of_a_clip_in_each_layout(corpus):
    clip = manifest.load(corpus / "clips").clips[0]
    flow, caption = draw_panel(clip, "flow", 28)
    assert (flow.shape, caption) == ((28, 28, 3), FLOW_CAPTION)
    usual, caption = draw_panel(clip)
    assert (usual.shape, caption) == ((128, 384, 3), CLIP_CAPTION)
    faces, caption = draw_panel(clip, "onset-apex-offset")
    assert (faces.shape, caption) == ((128, 384, 3), TRIPTYCH_CAPTION)
    assert np.array_equal(faces[:, :256], usual[:, :256])
    assert not np.array_equal(faces[:, 256:], faces[:, :128])


def test_published_flow_picture_has_no_faces_to_show(tmp_path):
    path = tmp_path / "s1_c1.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8))
    clip = Clip("media", "s1", "c1", flow_image=path)
    panel, caption = draw_panel(clip)
    assert (panel.shape, caption) == ((224, 224, 3), FLOW_CAPTION)
    with pytest.raises(InputError, match=r"s1_c1\.png: a flow picture holds no face for --panel onset-apex-offset"):
        draw_panel(clip, "onset-apex-offset")


def test_flow_panel_finds_the_level_of_no_motion_whatever_the_scale_of_each_channel():
    rng = np.random.default_rng(0)
    motion = np.zeros((28, 28, 3))
    motion[5:9, 5:9] = (1, -2, 1.5)
    motion[15:20, 15:20] = (-1, 1, 0.5)
    panel = flow_panel(motion, 28)
    assert (panel[0, 0] == (128, 128, 0)).all()
    assert panel[6, 6, 0] > 128 > panel[6, 6, 1]
    assert panel[16, 16, 0] < 128 < panel[16, 16, 1]
    assert panel[6, 6, 2] > panel[16, 16, 2] > 0
    for _ in range(5):
        published = motion * rng.uniform(0.1, 50, 3) + rng.uniform(0, 100, 3)
        assert np.abs(flow_panel(published, 28).astype(int) - panel).max() <= 1
    assert flow_panel(motion).shape == (224, 224, 3)


def test_flow_panels_are_drawn_one_by_one_and_wrong_ones_refused():
    pictures = np.random.default_rng(0).normal(size=(3, 28, 28, 3))
    together = flow_panels(pictures)
    assert all((flow_panel(picture, 28) == panel).all() for picture, panel in zip(pictures, together))
    for wrong in (pictures[..., 0], np.full_like(pictures, np.nan)):
        with pytest.raises(InputError, match="expected finite"):
            flow_panels(wrong)


def test_triptych_shows_three_faces():
    faces = [np.full((16, 12), grey, np.uint8) for grey in (10, 20, 30)]
    picture = face_triptych(*faces)
    assert picture.shape == (16, 36, 3)
    assert [picture[:, x].tolist() == [[grey] * 3] * 16 for x, grey in ((5, 10), (17, 20), (30, 30))] == [True] * 3
    with pytest.raises(InputError, match="expected three uint8"):
        face_triptych(faces[0], faces[1], faces[2][:8])


def assert_one_line(error):
    assert "\n" not in str(error.value)


def test_weights_that_are_no_numbers_are_one_line(pair, panels, tmp_path):
    damaged = tmp_path / "damaged.gguf"
    content = bytearray(pair[0].read_bytes())
    content[-4000:] = np.full(1000, np.nan, np.float32).tobytes()
    damaged.write_bytes(content)
    answerer = Llama(damaged, pair[1], threads=100_000)
    try:
        with pytest.raises(InputError, match="damaged.gguf: its weights give values that are no numbers"):
            answerer.answer("What is the coarse expression class?", panels[0])
    finally:
        answerer.close()
