"""The small vision model: its tokens, its examples, and that llama.cpp computes what PyTorch does."""

import numpy as np
import pytest

from baselines.action_units import NAMES
from baselines.datasets.records import Event, Question
from baselines.errors import InputError
from baselines.vqa.answerers import Seen
from baselines.vqa.llama.answerer import Llama
from baselines.vqa.llama.vision_model import VisionModel
from baselines.vqa.vlm.augment import CROPPED_ALIKE, Strength, augment
from baselines.vqa.vlm.examples import BEFORE, IGNORE, arrange, exercises, halves_shown
from baselines.vqa.vlm.vocabulary import ASSISTANT, END, START, USER, encode, tokens

COARSE = "What is the coarse expression class?"
EVENT = Event(1, 9, 5, "micro", "happiness", ("AU6", "LAU12"))


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.fixture(scope="module")
def network(torch):
    from baselines.vqa.vlm.network import Network, Size

    torch.manual_seed(3)
    size = Size(len(tokens()), width=32, hidden=48, vision_layers=2, text_layers=2)
    return Network(size, dropout=0.1).eval()


@pytest.fixture(scope="module")
def pair(network, tmp_path_factory):
    from baselines.vqa.vlm.files import write_pair

    folder = tmp_path_factory.mktemp("vlm")
    paths = folder / "model.gguf", folder / "mmproj.gguf"
    write_pair(network, *paths, {"rate": 0.2, "classes": {"fine": ["fear", "happy"]}})
    return paths


@pytest.fixture(scope="module")
def panels():
    return np.random.default_rng(0).integers(0, 256, (3, 28, 28, 3), dtype=np.uint8)


def torch_logits(torch, network, panel, text):
    after = torch.tensor([encode(text)])
    with torch.no_grad():
        return network(torch.from_numpy(panel[None]), torch.tensor(BEFORE), after)[0, -1].numpy()


def llama_logits(model, panel, prompt):
    model.read(prompt, panel, 8)
    logits = model._lib.llama_get_logits_ith(model._llm.ctx, -1)
    return np.ctypeslib.as_array(logits, (model._llm.n_vocab(),)).copy()


def test_llama_cpp_computes_the_logits_of_pytorch(torch, network, pair, panels):
    model = VisionModel(*pair)
    for panel in panels:
        for prompt in (COARSE, "Is the action unit dimpler shown on the face?", "Any other text, byte by byte: ä?"):
            expected = torch_logits(torch, network, panel, prompt + ASSISTANT)
            assert np.abs(llama_logits(model, panel, prompt) - expected).max() < 1e-4
    assert np.abs(llama_logits(model, panels[0], COARSE) - llama_logits(model, panels[1], COARSE)).max() > 1e-2
    model.close()


def test_pair_read_back_is_the_same_network(torch, network, pair, panels):
    from baselines.vqa.vlm.files import read_pair

    again = read_pair(*pair)
    assert again.size == network.size
    first, second = (torch_logits(torch, net, panels[0], COARSE + ASSISTANT) for net in (network, again))
    assert np.array_equal(first, second)


def test_a_pair_of_others_is_not_gone_on_with(torch, tmp_path):
    import tiny_gguf

    from baselines.vqa.vlm.files import read_pair

    with pytest.raises(InputError, match="not a model that `train --recipe vlm` wrote"):
        read_pair(*tiny_gguf.write_pair(tmp_path))


@pytest.mark.parametrize(
    "text",
    [
        *(question for question, _ in exercises(EVENT, np.random.default_rng(0))),
        *(answer for _, answer in exercises(EVENT, np.random.default_rng(0))),
        "unknown words, 3 eyes left; not now\n ünder 12%",
    ],
)
def test_tokens_are_those_of_llama_cpp(pair, text):
    model = VisionModel(*pair)
    assert model.tokens(text) == encode(text)
    assert model.text(encode(text)) == text
    model.close()


def test_special_tokens_and_size_of_the_vocabulary():
    assert encode(START + USER) == BEFORE
    assert len(encode(START + USER + COARSE + ASSISTANT + "positive" + END)) == 6
    assert len(set(tokens())) == len(tokens())
    assert all(len(encode(name)) == 1 for name in NAMES.values())


def test_exercises_are_true_of_the_event_and_of_its_mirror_image():
    asked = exercises(EVENT, np.random.default_rng(1))
    answers = dict(asked)
    assert answers[COARSE] == "positive"
    assert answers["What are the action units?"] == "cheek raiser, lip corner puller"
    side = "Is the action unit lip corner puller located on the left or right face?"
    assert answers[side] == "left"
    assert dict(exercises(EVENT, np.random.default_rng(1), mirrored=True))[side] == "right"
    shown = {q: a for q, a in asked if q.endswith("shown on the face?")}
    assert {a for q, a in shown.items() if "cheek raiser" in q or "corner puller" in q} == {"yes"}
    assert {a for q, a in shown.items() if not ("cheek raiser" in q or "corner puller" in q)} == {"no"}
    coarse_only = dict(exercises(Event(1, 2, 2, emotion="negative"), np.random.default_rng(0)))
    assert coarse_only == {COARSE: "negative"}


def test_halves_that_show_a_unit_are_those_of_the_event_and_of_its_mirror_image():
    def units(half):
        return [number for number, shown in zip(NAMES, half) if shown]

    left, right = np.split(halves_shown(EVENT), 2)
    assert (units(left), units(right)) == ([6, 12], [6])
    assert np.array_equal(halves_shown(EVENT, mirrored=True), np.concatenate([right, left]))
    assert np.isnan(halves_shown(Event(1, 2, 2, emotion="negative"))).all()


def test_questions_in_one_sequence_are_read_as_if_alone(torch, network, panels):
    asked = [exercises(EVENT, np.random.default_rng(2)), exercises(EVENT, np.random.default_rng(3))[:2]]
    batch = arrange(panels[:2], asked, np.stack([halves_shown(EVENT)] * 2), network.size.image_tokens)
    with torch.no_grad():
        logits = network(
            torch.from_numpy(batch.pictures), torch.tensor(BEFORE), torch.from_numpy(batch.tokens),
            torch.from_numpy(batch.positions), torch.from_numpy(batch.mask)[:, None],
        )[:, -batch.tokens.shape[1] :].numpy()  # fmt: skip
    for panel, pairs, found, targets in zip(panels, asked, logits, batch.targets):
        starts = np.flatnonzero((targets != IGNORE) & (np.roll(targets, 1) == IGNORE))
        assert len(starts) == len(pairs)
        for start, (question, answer) in zip(starts, pairs):
            alone = torch_logits(torch, network, panel, question + ASSISTANT)
            assert np.abs(found[start] - alone).max() < 1e-4
            assert targets[start] == encode(answer)[0]


def test_augmentation_keeps_shape_and_mirrors_left_and_right():
    pictures = np.zeros((4, 28, 28, 3), np.float32)
    pictures[:, 12:16, 4:8] = (2, 1, 1)  # to the right, on the left of the picture
    still = Strength(
        wide=(1, 1), tall=(1, 1), shift=0, lower=(0, 0), turn=0, blend_share=0, company_share=0, gain=0, head=0,
        noise=(0, 0), blur=(0, 0), core_share=0, erase_share=0,
    )  # fmt: skip
    changed, mirrored = augment(pictures, np.arange(20) % 4, np.zeros(20, int), np.random.default_rng(0), still)
    assert 0 < mirrored.sum() < 20
    for picture, flipped in zip(changed, mirrored):
        expected = pictures[0, :, ::-1] * (-1, 1, 1) if flipped else pictures[0]
        assert np.abs(picture - expected).max() < 1e-5
    for strength in (Strength(), CROPPED_ALIKE):
        changed, _ = augment(pictures, np.arange(4), np.zeros(4, int), np.random.default_rng(0), strength)
        assert changed.shape == pictures.shape
        assert np.isfinite(changed).all()
        again, _ = augment(pictures, np.arange(4), np.zeros(4, int), np.random.default_rng(0), strength)
        assert np.array_equal(changed, again)


def test_model_of_ours_is_asked_the_wording_that_it_knows(pair, panels):
    answerer = Llama(*pair)
    assert (answerer.layout, answerer.size) == ("flow", 28)
    plain = answerer.answer(COARSE, panels[0])
    assert plain.text in ("negative", "positive", "surprise")
    assert 1 / 3 <= plain.confidence <= 1
    assert answerer.answer("Is the expression positive, negative or surprise?", panels[0]) == plain
    assert answerer.answer("What is the fine-grained expression class?", panels[0]).text in ("fear", "happy")
    assert "no events were spotted" in answerer.answer("How many expression events appear?", panels[0]).flag
    assert "not understood" in answerer.answer("Why?", panels[0]).flag
    asked = [COARSE, "What are the action units?", "Is the action unit jaw drop located on the left or right face?"]
    first, units, side = answerer.answer_clip([Question("", "", text) for text in asked], Seen(panel=panels[0]))
    assert (first, side) == (plain, answerer.answer(asked[2], panels[0]))
    assert "jaw drop" in units.text  # that question tells that the unit is present
    assert "names no known action unit" in answerer.answer("Is the action unit wink shown?", panels[0]).flag
    answerer.close()


def test_evidence_is_made_of_likelihoods(pair, panels):
    answerer = Llama(*pair)
    evidence = answerer.evidence(panels[0])
    scores = answerer.log_likelihoods(COARSE, panels[0], ("negative", "positive", "surprise"))
    weights = np.exp(list(scores.values()))
    assert list(evidence.coarse.values()) == pytest.approx(weights / weights.sum())
    assert set(evidence.action_units) == set(NAMES)
    yes, no = answerer.log_likelihoods(
        "Is the action unit dimpler shown on the face?", panels[0], ("yes", "no")
    ).values()  # fmt: skip
    p = evidence.action_units[14]
    assert np.log(p / (1 - p)) == pytest.approx(yes - no + np.log(0.2 / 0.8), abs=1e-6)
    assert evidence.rate == 0.2
    answerer.close()
