"""The answerers: one object for the command and for a fold, fitted on training clips or not at all."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from baselines.datasets.records import Clip, Dataset, Event, Question
from baselines.errors import InputError
from baselines.experiments.tasks.vqa import QuestionAnswering, emotion_kernels
from baselines.identity import reached
from baselines.parts import PARTS, build_part
from baselines.recipes import Recipe, load_recipe
from baselines.recognition.kernels import Samples
from baselines.recognition.representation import represent
from baselines.vqa.analyst import ClipAnalyst
from baselines.vqa.answerers import Prior, Rules, Seen
from baselines.vqa.llama.answerer import Llama
from baselines.vqa.llama.hybrid import Hybrid
from baselines.vqa.llama.panel import FLOW_PICTURE
from baselines.vqa.pooling import DEFAULT_WEIGHT, pool
from baselines.vqa.records import Evidence
from baselines.vqa.rules import answer_questions

QUESTIONS = {
    "What is the coarse expression class?": ("positive", "negative"),
    "What is the fine-grained expression class?": ("happiness", "disgust"),
    "What is the action unit?": ("lip corner puller", "brow lowerer"),
    "Is the action unit dimpler shown on the face?": ("no", "no"),
    "Please analyse the micro-expression shown in this video in detail.": ("", ""),
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Published flow pictures of four subjects, three smiles and three frowns of each."""
    folder, rng = tmp_path_factory.mktemp("flow"), np.random.default_rng(0)
    made = []
    for subject in range(4):
        for number in range(6):
            picture = rng.normal(100, 12, (28, 28, 3))
            rows = slice(18, 23) if number % 2 == 0 else slice(4, 9)
            picture[rows, 4:24] += (0, -60 if number % 2 == 0 else 60, 40)
            path = folder / f"s{subject}_c{number}.png"
            cv2.imwrite(str(path), picture.clip(0, 255).astype(np.uint8)[..., ::-1])
            event = Event(1, 2, 2, emotion="negative" if number % 2 else "positive")
            made.append(Clip("drawn", f"s{subject}", f"c{number}", event=event, flow_image=path))
    return made


@pytest.fixture(scope="module")
def dataset(clips):
    questions = [
        Question(f"{clip.subject}{clip.name}{n}", clip.name, text, answers[clip.label == "negative"], clip.subject)
        for clip in clips
        for n, (text, answers) in enumerate(QUESTIONS.items())
    ]
    return Dataset("drawn", clips=clips, questions=questions)


@pytest.fixture(scope="module")
def prepared(dataset):
    return QuestionAnswering().prepare(load_recipe("vqa-rules"), dataset, 1)


def of_subject(asked, subject):
    return np.array([clip.subject == subject for clip in asked.clips])


def test_a_part_of_the_clips_is_taken_with_all_that_is_known_of_them(prepared):
    mine = prepared.asked.take(of_subject(prepared.asked, "s2"))
    assert [clip.name for clip in mine.clips] == [f"c{n}" for n in range(6)]
    assert [questions[0].subject for questions in mine.questions] == ["s2"] * 6
    assert np.array_equal(mine.features.array, prepared.asked.features.array[12:18])
    assert [event.emotion for event in mine.events] == ["happiness", "disgust"] * 3
    assert mine.events[1].action_units == ("AU4",)
    assert len(mine.seen) == 6


def test_rules_answer_clips_of_a_fold_as_the_command_answers_each(prepared):
    asked, held_out = prepared.asked, of_subject(prepared.asked, "s1")
    answerer = Rules().fit(asked.take(~held_out), prepared.analyst)
    mine = asked.take(held_out)
    measured = ClipAnalyst(kernels=prepared.analyst.kernels)
    measured = measured.fit(asked.take(~held_out).features.array, asked.take(~held_out).events)
    together = answerer.answer_clips(mine)
    for questions, said, evidence in zip(mine.questions, together, measured.predict(mine.features.array)):
        given = Rules().answer_clip(questions, Seen(measured=evidence))
        assert [answer.text for answer in said] == [answer.text for answer in given]
        assert [answer.confidence for answer in said] == pytest.approx([a.confidence for a in given], abs=1e-6)
    assert [answers[0].text for answers in together] == ["positive", "negative"] * 3
    with pytest.raises(AttributeError):
        prepared.analyst.units_  # noqa: B018 - what is shared by the folds is not fitted


def test_rules_can_read_questions_one_by_one():
    evidence = Evidence({"negative": 1.0}, {"disgust": 1.0}, {4: 0.9, 12: 0.8})
    questions = [Question("1", "a", "What is the action unit?"), Question("2", "a", "Please describe the face.")]
    for together in (True, False):
        said = Rules(together=together).answer_clip(questions, Seen(measured=evidence))
        assert said == answer_questions(questions, evidence, together)
        assert ("units" in said[1].text) == (not together)


def test_the_prior_looks_at_no_clip(prepared):
    answerer = Prior().fit(prepared.asked)
    said = answerer.answer_clips(replace(prepared.asked, features=None))
    assert len({tuple(answer.text for answer in answers) for answers in said}) == 1
    assert said[0][3].text == "no"


def test_llama_is_shown_the_same_panel_of_a_picture_and_of_its_clip(clips):
    answerer = Llama()
    seen = answerer.look(represent(clips[:2], FLOW_PICTURE))
    drawn = answerer.draw(clips[:2])
    assert [failure for _, failure in drawn] == [None, None]
    for one, (other, _) in zip(seen, drawn):
        assert np.array_equal(one.panel, other.panel)
        assert one.caption == other.caption
    missing = replace(clips[0], flow_image=clips[0].flow_image.with_name("gone.png"))
    (nothing, failure), (other, _) = answerer.draw([missing, clips[1]])
    assert nothing is None
    assert "gone.png" in failure
    assert np.array_equal(other.panel, seen[1].panel)
    with pytest.raises(InputError, match="--panel onset-apex-offset: the embedded model reads flow panels only"):
        answerer.draw(clips[:2], "onset-apex-offset")
    answerer.close()


def test_an_answerer_that_learns_nothing_answers_once_for_all_folds(dataset, clips):
    task, recipe = QuestionAnswering(), load_recipe("vqa-llama")
    prepared = task.prepare(recipe, dataset, 1)
    answerer = Llama()
    expected = [answerer.answer_clip(q, seen) for q, (seen, _) in zip(prepared.asked.questions, answerer.draw(clips))]
    answerer.close()
    assert prepared.answers == expected
    rows = task.run(recipe, prepared, task.folds(dataset, "loso", 0)[1], 0)["predictions"]
    assert [row["prediction"] for row in rows] == [a.text for answers in expected[6:12] for a in answers]
    assert {row["subject"] for row in rows} == {"s1"}
    assert task.prepare(load_recipe("vqa-prior"), dataset, 1).answers is None


def test_hybrid_pools_what_it_sees_and_loads_its_vision_model_only_then(clips):
    measured = Evidence({"negative": 0.9, "positive": 0.1}, {"disgust": 0.9, "happiness": 0.1}, {4: 0.9, 12: 0.1})
    questions = [Question(str(n), "a", text) for n, text in enumerate(QUESTIONS)]
    answerer = Hybrid()
    video = replace(measured, events=(Event(1, 9, 5, emotion="disgust", action_units=("AU4",)),))
    assert answerer.answer_clip(questions, Seen(measured=video)) == answer_questions(questions, video)
    answerer.close()
    assert "vision" not in vars(answerer)
    (seen, _), *_ = answerer.draw(clips[:1])
    (known,) = answerer.look(represent(clips[:1], FLOW_PICTURE))
    assert known.vision == answerer.vision.evidence(seen.panel, seen.caption)
    pooled = answer_questions(questions, pool(known.vision, measured, DEFAULT_WEIGHT))
    for one in (seen, known):
        assert answerer.answer_clip(questions, replace(one, measured=measured)) == pooled
    answerer.close()


def test_hybrid_fits_its_weight_on_training_clips(prepared):
    right = [
        Evidence({"positive": p, "negative": 1 - p}, {"happiness": p, "disgust": 1 - p}, {12: p, 4: 1 - p}, 0.5)
        for p in (0.95 if clip.label == "positive" else 0.05 for clip in prepared.asked.clips)
    ]
    noise = Samples(np.random.default_rng(0).normal(size=(24, 5)).astype(np.float32))
    asked = replace(prepared.asked, features=noise, seen=[Seen(vision=evidence) for evidence in right])
    answerer = Hybrid()
    assert answerer.weight == DEFAULT_WEIGHT
    assert answerer.fit(asked, ClipAnalyst()).weight >= 0.8
    assert [answers[0].text for answers in answerer.answer_clips(asked)] == ["positive", "negative"] * 12


def test_every_answerer_of_the_registry_keeps_the_protocol():
    for name, kind in (("prior", Prior), ("rules", Rules), ("llama", Llama), ("hybrid", Hybrid)):
        answerer = build_part("answerer", {"name": name})
        assert type(answerer) is kind
        answerer.close()
    assert [name for name, part in PARTS["answerer"].items() if part.load().measures] == ["rules", "hybrid"]
    assert [name for name, part in PARTS["answerer"].items() if not part.load().learns] == ["llama"]


@pytest.mark.parametrize("name", ["prior", "rules", "llama", "hybrid"])
def test_only_those_with_a_vision_model_reach_its_code(name):
    files, libraries = reached("baselines.experiments.tasks.vqa", *PARTS["answerer"][name].modules)
    touched = [path for path in files if "llama" in path.parts]
    assert bool(touched) == ("llama_cpp" in libraries) == (name in ("llama", "hybrid"))


def predictions_of(recipe, dataset):
    task = QuestionAnswering()
    folds = task.folds(dataset, "loso", 0)
    prepared = task.prepare(load_recipe(recipe), dataset, 1)
    rows = [row for fold in folds for row in task.run(load_recipe(recipe), prepared, fold, 0)["predictions"]]
    return {row["id"]: row["prediction"] for row in rows}


def test_the_floor_that_reads_questions_only_looks_at_no_clip(dataset):
    """The questions about a smile name its unit, and so give its class away, whatever the pictures show."""
    told = [
        Question(f"{clip.subject}{clip.name}u", clip.name, f"Is the action unit {unit} located on the left or right "
                 "face?", "left", clip.subject)
        for clip in dataset.clips
        for unit in ["brow lowerer" if clip.label == "negative" else "lip corner puller"]
    ]  # fmt: skip
    asked = replace(dataset, questions=[*dataset.questions, *told])
    shuffled = [replace(one, flow_image=other.flow_image) for one, other in zip(asked.clips, asked.clips[1:])]
    found = predictions_of("vqa-wording", asked)
    assert predictions_of("vqa-wording", replace(asked, clips=[*shuffled, asked.clips[-1]])) == found
    coarse = [found[f"{clip.subject}{clip.name}0"] for clip in asked.clips]
    assert coarse == [clip.label for clip in asked.clips]
    alone = predictions_of("vqa-wording", dataset)
    assert len({alone[f"{clip.subject}{clip.name}0"] for clip in dataset.clips}) == 1


def test_questions_that_are_read_alone_tell_nothing_of_each_other(dataset):
    first = {f"{clip.subject}{clip.name}0" for clip in dataset.clips}
    only = replace(dataset, questions=[question for question in dataset.questions if question.id in first])
    found = predictions_of("vqa-rules-alone", dataset)
    assert {name: found[name] for name in first} == predictions_of("vqa-rules", only)


def test_the_recipe_names_the_kernels_of_its_emotions():
    rules = load_recipe("vqa-rules")
    assert {step: recipe.name for step, recipe in rules.named.items()} == {"emotions": "flow-kernels"}
    assert emotion_kernels(rules) == load_recipe("flow-kernels").steps["kernels"]
    assert load_recipe("vqa-llama").named == {}
    assert emotion_kernels(load_recipe("vqa-llama")) is None
    steps = rules.steps | {"emotions": "flow-svm"}
    without = Recipe("mine", "vqa", "", "", steps, named={"emotions": load_recipe("flow-svm")})
    with pytest.raises(InputError, match=r"recipe mine: steps\.emotions: 'flow-svm' has no kernels"):
        emotion_kernels(without)
