"""The vision model that the package ships: its size, what it says of drawn and of real flow, speed and memory."""

import json
import re
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from baselines.datasets import load_dataset
from baselines.datasets.questions import read_questions
from baselines.metrics.classification import uf1
from baselines.metrics.recognition import confusion
from baselines.recognition.representation import represent
from baselines.recognition.transforms import Recentre
from baselines.vqa.llama.answerer import Llama
from baselines.vqa.llama.hub import EMBEDDED_PAIR
from baselines.vqa.llama.panel import FLOW_PICTURE, flow_panel, flow_panels
from baselines.vqa.llama.speaker import Speaker
from baselines.vqa.llama.vision_model import VisionModel
from baselines.vqa.questions import parse
from baselines.vqa.vlm.vocabulary import encode, phrases, tokens

COARSE = "What is the coarse expression class?"
SHOWN = "Is the action unit {} shown on the face?"


def drawn(*patches):
    """Return a (28, 28, 3) flow picture: (rows, columns of its left-image half, u, v), and the same mirrored."""
    flow = np.random.default_rng(0).normal(0, 0.05, (28, 28, 3))
    for rows, columns, u, v in patches:
        flow[rows, columns] += (u, v, 0.6)
        flow[rows, 28 - columns.stop : 28 - columns.start] += (-u, v, 0.6)
    return np.dstack([cv2.GaussianBlur(channel, (0, 0), 1) for channel in np.moveaxis(flow, 2, 0)])


SMILE = drawn((slice(18, 23), slice(5, 11), -0.7, -1.0))
BROWS_UP = drawn((slice(2, 7), slice(4, 12), 0.0, -1.0))


@pytest.fixture(scope="module")
def answerer():
    answerer = Llama(threads=1)
    yield answerer
    answerer.close()


def test_files_are_small_and_of_this_vocabulary():
    assert sum(path.stat().st_size for path in EMBEDDED_PAIR) < 10e6
    model = VisionModel(*EMBEDDED_PAIR)
    assert model._llm.n_vocab() == len(tokens())
    assert [model.tokens(text) for text in phrases()] == [encode(text) for text in phrases()]
    model.close()
    card = (EMBEDDED_PAIR[0].parent / "MODEL_CARD.md").read_text()
    assert "Limits" in card


def test_pytorch_computes_the_logits_of_the_shipped_files():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from baselines.vqa.vlm.examples import BEFORE
    from baselines.vqa.vlm.files import read_pair
    from baselines.vqa.vlm.vocabulary import ASSISTANT

    network, model = read_pair(*EMBEDDED_PAIR), VisionModel(*EMBEDDED_PAIR)
    assert sum(values.numel() for values in network.parameters()) < 5e6
    for panel in flow_panels(np.stack([SMILE, BROWS_UP])):
        model.read(COARSE, panel, 8)
        found = model.log_probabilities()
        with torch.no_grad():
            asked = torch.tensor([encode(COARSE + ASSISTANT)])
            logits = network(torch.from_numpy(panel[None]), torch.tensor(BEFORE), asked)[0, -1].double()
        assert np.abs(found - torch.log_softmax(logits, 0).numpy()).max() < 1e-4
    model.close()


def test_it_sees_a_smile_and_raised_brows(answerer):
    smile, brows = flow_panel(SMILE, 28), flow_panel(BROWS_UP, 28)
    assert answerer.answer(COARSE, smile).text == "positive"
    assert answerer.answer(COARSE, brows).text == "surprise"
    assert answerer.answer(SHOWN.format("lip corner puller"), smile).text == "yes"
    assert answerer.answer(SHOWN.format("inner brow raiser"), smile).text == "no"
    assert answerer.answer(SHOWN.format("inner brow raiser"), brows).text == "yes"


def test_command_answers_by_the_embedded_model_and_by_all_three_decodings(megc, tmp_path):
    media = tmp_path / "media"
    media.mkdir()
    for name, flow in (("smile", SMILE), ("brows", BROWS_UP)):
        low, high = flow.min(axis=(0, 1)), flow.max(axis=(0, 1))
        cv2.imwrite(str(media / f"s1_{name}.png"), ((flow - low) / (high - low) * 255).astype(np.uint8)[..., ::-1])
    asked = [COARSE, "What are the action units?", SHOWN.format("dimpler"), "Please analyse it in detail."]
    rows = [
        {"video_id": f"{name}{n}", "video": f"s1_{name}", "question": question, "answer": ""}
        for name in ("smile", "brows")
        for n, question in enumerate(asked)
    ]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for decoding in ("scored", "grammar", "free"):
        output = tmp_path / f"{decoding}.jsonl"
        done = megc(
            "vqa", "--questions", tmp_path / "q.jsonl", "--media", media, "--answerer", "llama", "--decoding", decoding,
            "--output", output, "--jobs", 1,
        )  # fmt: skip
        assert done.exit_code == 0, done.stderr
        answers = [json.loads(line) for line in output.read_text().splitlines()]
        assert [a["answer"] for a in answers[::4]] == ["positive", "surprise"]
        assert all(0 < a["confidence"] <= 1 for a in answers)
        assert all(a["answer"].startswith("The action unit") for a in answers[3::4])
    wrong = megc(
        "vqa", "--questions", tmp_path / "q.jsonl", "--media", media, "--answerer", "llama", "--panel",
        "onset-apex-offset", "--output", tmp_path / "no.jsonl",
    )  # fmt: skip
    assert wrong.exit_code == 2
    assert "the embedded model reads flow panels only" in wrong.stderr


def test_a_question_takes_less_than_30_ms_of_one_core():
    speaker, panels = Speaker(*EMBEDDED_PAIR, 1, 8), flow_panels(np.random.default_rng(0).normal(size=(8, 28, 28, 3)))
    asked, names = (COARSE, SHOWN.format("dimpler"), SHOWN.format("jaw drop")), {"yes": ["yes"], "no": ["no"]}
    speaker.score(COARSE, panels[0], names)
    start = time.process_time()
    for panel in panels:
        for question in asked:
            speaker.score(question, panel, names)
    assert (time.process_time() - start) / (len(panels) * len(asked)) < 0.03
    speaker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_peak_memory_is_below_400_mb():
    code = (
        "import numpy as np; from baselines.vqa.llama.answerer import Llama; m = Llama(); "
        f"m.answer({COARSE!r}, np.zeros((28, 28, 3), np.uint8)); "
        "print(*(open(f'/proc/{process}/status').read() for process in ('self', m._speaker._process.pid)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    peaks = [int(peak) for peak in re.findall(r"VmHWM:\s+(\d+) kB", done.stdout)]
    assert len(peaks) == 2  # of the caller, and of the process of llama.cpp
    assert sum(peaks) < 400_000


@pytest.fixture(scope="module")
def real(shared_data):
    """The CASME II clips, which the model has not seen, and their flow pictures."""
    dataset = load_dataset("flow-images", shared_data / "flow_images")
    clips = [clip for clip in dataset.clips if clip.dataset == "casme2"]
    return clips, represent(clips, FLOW_PICTURE)


def test_zero_shot_on_real_clips(real, answerer):
    """The card says .80; a guess has about .25."""
    clips, pictures = real
    said = [answerer.answer(COARSE, panel).text for panel in flow_panels(pictures)]
    assert uf1(confusion([clip.label for clip in clips], said, ("negative", "positive", "surprise"))) > 0.75


def test_it_tells_the_side_as_well_as_the_energy_of_motion_does(real, shared_data, answerer):
    clips, pictures = real
    clips = {(clip.subject, clip.name): place for place, clip in enumerate(clips)}
    asked = [q for q in read_questions(shared_data / "me_vqa" / "me_vqa_casme2.jsonl") if parse(q.text).kind == "side"]
    assert len(asked) == 41
    right, rule = [], []
    for question in asked:
        picture = Recentre().transform(pictures[[clips[question.subject, question.video]]])
        energy = np.square(picture[0, ..., :2]).sum(axis=(0, 2))  # of each column; the subject's right is on the left
        rule.append(question.answer == ("left" if energy[14:].sum() > energy[:14].sum() else "right"))
        right.append(answerer.answer(question.text, flow_panels(picture)[0]).text == question.answer)
    assert np.mean(rule) > 0.9
    assert np.mean(right) >= np.mean(rule)
