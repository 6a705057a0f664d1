"""Training of the small vision model: on a tiny data set, cut and gone on with, and on what it cannot do."""

import json

import cv2
import numpy as np
import pytest

from baselines.errors import InputError
from baselines.vqa.llama.answerer import Llama
from baselines.vqa.llama.hub import EMBEDDED_PAIR
from baselines.vqa.llama.panel import flow_panel
from baselines.vqa.vlm import corpus, embedded, require, train

pytest.importorskip("torch", reason="PyTorch is not installed")
LABELS = ("negative", "positive", "surprise")
FEW = train.Plan(steps=3, batch=4, from_scratch=True)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Flow pictures in the published layout: the motion's place tells the class."""
    root = tmp_path_factory.mktemp("flow")
    folder = root / "STSNet_whole_norm_u_v_os"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = ["dataset,sub,filename_o,label"]
    for n in range(24):
        label, subject = n % 3, f"sub{1 + n // 6:02d}"
        picture = rng.normal(100, 4, (28, 28, 3))
        picture[4 + 8 * label : 8 + 8 * label, 6:22] += (20, -60, 80)
        cv2.imwrite(str(folder / f"{subject}_c{n} .png"), picture.clip(0, 255).astype(np.uint8)[..., ::-1])
        rows.append(f"casme2,{subject},c{n},{label}")
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.fixture(scope="module")
def material(dataset):
    return train.read_material("flow-images", dataset)


def weights(network):
    return {name: values.numpy().copy() for name, values in network.state_dict().items()}


def test_same_seed_same_weights_and_another_seed_others(material, tmp_path):
    first, again = (weights(train.fit(material, FEW, tmp_path / name)) for name in "ab")
    assert all(np.array_equal(first[name], again[name]) for name in first)
    other = weights(train.fit(material, train.replace(FEW, seed=1), tmp_path / "c"))
    assert any(not np.array_equal(first[name], other[name]) for name in first)


def test_cut_training_goes_on_as_if_it_had_not_been(material, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "CHECKPOINT_EVERY", 2)
    whole = weights(train.fit(material, FEW, tmp_path / "whole"))
    drawn, draw = [], train.draw_batch

    def cut(*arguments):
        drawn.append(1)
        if len(drawn) == 3:
            raise KeyboardInterrupt
        return draw(*arguments)

    monkeypatch.setattr(train, "draw_batch", cut)
    with pytest.raises(KeyboardInterrupt):
        train.fit(material, FEW, tmp_path / "cut")
    assert (tmp_path / "cut").exists()
    resumed = weights(train.fit(material, FEW, tmp_path / "cut"))
    assert len(drawn) == 4  # two steps, the cut one, and that one again
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)
    assert not (tmp_path / "cut").exists()


def test_training_lowers_the_loss_on_pictures_it_did_not_see(material, tmp_path):
    torch = require("torch")
    before = torch.tensor(train.BEFORE)
    first = np.isin(material.subjects, material.subjects[:1])
    batch = train.draw_batch(material.take(first), np.ones(first.sum()), 6, 16, np.random.default_rng(0))

    def loss(plan, name):
        network = train.fit(material.take(~first), plan, tmp_path / name)
        with torch.no_grad():
            return float(train._loss(torch, network, None, before, batch, 0.0))

    untrained, trained = loss(train.replace(FEW, rate=0.0), "a"), loss(train.Plan(15, 8, from_scratch=True), "b")
    assert untrained > 3
    assert trained < untrained / 2


def test_train_writes_a_pair_and_scores_on_held_out_subjects(dataset, tmp_path):
    scores = train.train("flow-images", dataset, tmp_path, train.replace(FEW, folds=2))
    assert scores["subjects"] == scores["of"] == 4
    assert scores["folds"] == 2
    assert 0 <= scores["coarse_uf1"] <= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mmproj.gguf", "model.gguf", "scores.json"]
    note = json.loads((tmp_path / "scores.json").read_text())
    assert note["held_out"] == scores
    assert (note["clips"], note["subjects"], note["plan"]["steps"]) == (24, 4, 3)
    answerer = Llama(tmp_path / "model.gguf", tmp_path / "mmproj.gguf")
    picture = np.random.default_rng(0).normal(size=(28, 28, 3))
    assert answerer.answer("What is the coarse expression class?", flow_panel(picture, 28)).text in LABELS
    answerer.close()


@pytest.mark.skipif(not EMBEDDED_PAIR[0].exists(), reason="no embedded model")
def test_fine_tuning_starts_from_the_embedded_model(material, tmp_path):
    from baselines.vqa.vlm.files import read_pair

    start = weights(read_pair(*EMBEDDED_PAIR))
    tuned = weights(train.fit(material, train.replace(FEW, from_scratch=False, rate=1e-6), tmp_path / "c"))
    assert max(np.abs(start[name] - tuned[name]).max() for name in start) < 1e-4
    assert any(not np.array_equal(start[name], tuned[name]) for name in start)


def test_one_subject_gives_no_score(material, tmp_path):
    with pytest.raises(InputError, match="all clips are of one subject"):
        train.held_out_scores(material.take(np.array(material.subjects) == material.subjects[0]), FEW, tmp_path)


def test_missing_library_is_named():
    with pytest.raises(InputError, match="--recipe vlm needs the module 'no_such_module'.*baselines\\[vlm\\]"):
        require("no_such_module")


def test_making_the_embedded_model_ends_the_same_when_it_was_cut(tmp_path, monkeypatch):
    """Cut while it draws, then while it trains: the weights and scores are those of a run that was not."""
    monkeypatch.setattr(train, "CHECKPOINT_EVERY", 2)
    monkeypatch.setattr(embedded, "LEFT_OUT", 3)
    wide = corpus.Wide(seed=95, subjects=3, clips=4)
    whole = embedded.make(tmp_path / "whole", wide, FEW)
    assert whole["subjects"] == 1

    def cut(module, name, calls):
        original, done = getattr(module, name), []

        def counted(*arguments):
            done.append(1)
            if len(done) == calls:
                monkeypatch.setattr(module, name, original)
                raise KeyboardInterrupt
            return original(*arguments)

        monkeypatch.setattr(module, name, counted)

    for module, name, calls in ((corpus, "view", 6), (train, "draw_batch", 3)):
        cut(module, name, calls)
        with pytest.raises(KeyboardInterrupt):
            embedded.make(tmp_path / "cut", wide, FEW)
    assert (tmp_path / "cut" / "checkpoint.pt").exists()
    assert embedded.make(tmp_path / "cut", wide, FEW) == whole
    for name in ("model.gguf", "mmproj.gguf", "scores.json"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
