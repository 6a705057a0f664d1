"""Who is tested on whom: folds of every protocol, for every task, and the figures of pairs of databases."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from baselines.datasets import load_dataset
from baselines.datasets.flow_images import WHOLE
from baselines.datasets.identity import sample_of, subject_of
from baselines.datasets.records import Clip, Dataset, Question, Video, questions_about
from baselines.errors import InputError
from baselines.experiments.plan import join_datasets, plan
from baselines.experiments.run import run_experiments
from baselines.experiments.tasks import TASKS, score_of
from baselines.experiments.tasks import spotting as spotting_task
from baselines.experiments.tasks import str as str_task
from baselines.experiments.tasks.base import Seen, Task
from baselines.recipes import load_recipe
from baselines.recognition.protocols import ACROSS, PROTOCOLS, SAMPLE_WISE, Fold, make_folds
from baselines.recognition.recognizer import Recognizer
from baselines.report.tables import score_rows
from baselines.spotting.base import SpottingResult

COARSE_QUESTION = "What is the coarse expression class?"


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    """Flow pictures of 2 subjects of each of 2 databases, with a question about each clip of CASME II."""
    folder = tmp_path_factory.mktemp("flow")
    (folder / WHOLE).mkdir()
    rng, lines, questions = np.random.default_rng(0), ["dataset,sub,filename_o,label"], []
    for database, subject in (("casme2", "sub01"), ("casme2", "sub02"), ("smic", "s01"), ("smic", "s02")):
        for number in range(6):
            label, name = number % 3, f"c{number}"
            picture = rng.normal(128, 25, (28, 28, 3))
            picture[4 + 8 * label : 10 + 8 * label, 8:20, 1] += 45
            pixels = np.clip(picture, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / WHOLE / f"{subject}_{name} .png")
            lines.append(f"{database},{subject},{name},{label}")
            if database == "casme2":
                answer = ("negative", "positive", "surprise")[label]
                row = {"id": f"{subject}{name}", "subject": subject, "video": name, "question": COARSE_QUESTION}
                questions.append(row | {"answer": answer})
    (folder / "list.csv").write_text("\n".join(lines) + "\n")
    (folder / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in questions))
    return folder


def renamed(dataset, name):
    """The same clips, videos and questions as another database: alike in all names but that of the database."""
    clips = [replace(clip, dataset=name) for clip in dataset.clips]
    return replace(dataset, name=name, clips=clips, videos=[replace(video, dataset=name) for video in dataset.videos])


@pytest.fixture(scope="module")
def twins(corpus):
    """Two databases with the same subjects, names, videos and questions, as one dataset."""
    dataset = load_dataset("synthetic", corpus)
    return join_datasets([renamed(dataset, "a"), renamed(dataset, "b")])


# ---- folds


@given(
    protocol=st.sampled_from(PROTOCOLS),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    seed=st.integers(0, 5),
)
def test_folds_test_every_unit_once_or_once_for_each_other_database(protocol, sizes, seed):
    databases = {f"{d}/{s}": str(d) for d, size in enumerate(sizes) for s in range(size)}
    folds = make_folds(protocol, databases, seed)
    times = len(sizes) - 1 if protocol == "cross-database" else 1
    assert sorted(unit for fold in folds for unit in fold.tested) == sorted(list(databases) * times)
    assert folds == make_folds(protocol, dict(reversed(databases.items())), seed)
    assert len({fold.name for fold in folds}) == len(folds)
    for fold in folds:
        tested, trained = ({databases[unit] for unit in units} for units in (fold.tested, fold.trained))
        assert not fold.tested & fold.trained
        if protocol in ("composite", "k-fold-by-subject"):
            assert fold.tested | fold.trained == set(databases)
        if protocol in ("loso", SAMPLE_WISE):
            assert len(fold.tested) == 1
            assert fold.tested | fold.trained == {unit for unit in databases if databases[unit] in tested}
        if protocol in ACROSS:
            assert len(tested) == 1
            assert not tested & trained
            assert fold.trained == {unit for unit in databases if databases[unit] in trained}
        if protocol == "cross-database":
            assert fold.name == f"{min(trained)} -> {min(tested)}"
            assert len(trained) == 1
        if protocol == "leave-one-database-out":
            assert fold.tested | fold.trained == set(databases)
    if protocol == "k-fold-by-subject":
        assert len(folds) == min(5, len(databases))
        counts = [len(fold.tested) for fold in folds]
        assert max(counts) - min(counts) <= 1


def test_what_can_only_be_trained_on_is_tested_in_no_fold():
    folds = make_folds("leave-one-database-out", {"a/1": "a"}, learned={"a/1": "a", "b/1": "b", "b/2": "b"})
    assert [(fold.tested, fold.trained) for fold in folds] == [(frozenset({"a/1"}), frozenset({"b/1", "b/2"}))]
    (fold,) = make_folds("loso", {"a/1": "a"}, learned={"a/1": "a", "a/2": "a", "b/1": "b"})
    assert fold.trained == {"a/2"}


def test_a_fold_splits_records_by_its_units():
    clips = [Clip("d", subject, name) for subject, name in (("s", "1"), ("s", "2"), ("t", "1"), ("u", "1"))]
    by_subject = Fold("x", frozenset({"d/s"}), frozenset({"d/t"}))
    assert [mask.tolist() for mask in by_subject.split(clips)] == [
        [False, False, True, False], [True, True, False, False]
    ]  # fmt: skip
    by_sample = Fold("x", frozenset({"d/s/1"}), frozenset({"d/s/2", "d/u/1"}), sample_of)
    assert [mask.tolist() for mask in by_sample.split(clips)] == [
        [False, True, False, True], [True, False, False, False]
    ]  # fmt: skip


def test_every_task_but_recognition_tests_subjects(twins):
    for task in TASKS.values():
        assert (SAMPLE_WISE in task.protocols) == (task.name == "recognition")
        assert set(task.protocols) >= set(PROTOCOLS) - {SAMPLE_WISE}
        assert task.protocol(twins) == "composite"
        assert task.protocol(replace(twins, clips=twins.clips[:12], videos=twins.videos[:3])) == "loso"
        assert [fold.name for fold in task.folds(twins, "cross-database", 0)] == ["a -> b", "b -> a"]


# ---- too few databases


@pytest.mark.parametrize("protocol", ACROSS)
@pytest.mark.parametrize("task", TASKS)
def test_one_database_is_told_to_be_too_few(megc, corpus, tmp_path, protocol, task):
    done = megc(
        "run-all", "--dataset", "synthetic", "--data-root", corpus, "--task", task, "--protocol", protocol,
        "--output", tmp_path,
    )  # fmt: skip
    assert done.exit_code == 2
    line = f"error: --protocol {protocol} needs two databases for {task}, and here is synthetic; name another --dataset"
    assert line in done.stderr.splitlines()


def test_what_lacks_a_database_is_told_and_the_rest_runs(megc, flow, tmp_path):
    arguments = ("run-all", "--dataset", "flow-images", "--data-root", flow, "--protocol", "cross-database")
    arguments += ("--output", tmp_path, "--jobs", 1)
    done = megc(*arguments, "--task", "recognition", "--task", "vqa")
    assert "needs two databases for vqa, and here is casme2; name another --dataset" in done.stderr
    assert "casme2 -> smic" in done.stdout
    assert "vqa on" not in done.stdout
    assert done.exit_code == 0, done.stderr
    named = megc(*arguments, "--recipe", "majority", "--recipe", "vqa-rules")
    assert named.exit_code == 1
    assert "vqa-rules: does not fit flow-images" in named.stderr


# ---- nobody sees the database that is tested


def test_questions_are_answered_by_what_was_fitted_on_the_other_database(twins):
    """Whatever the answers and labels of the tested database are, what is said about it stays."""
    task, recipe = TASKS["vqa"], load_recipe("vqa-rules")
    fold = task.folds(twins, "cross-database", 0)[0]
    wrong = {"negative": "surprise", "positive": "negative", "surprise": "positive"}
    questions = [
        replace(question, answer=wrong.get(question.answer, "left")) if question.dataset == "b" else question
        for question in twins.questions
    ]
    clips = [
        replace(clip, event=replace(clip.event, emotion=wrong[clip.label])) if clip.dataset == "b" else clip
        for clip in twins.clips
    ]
    poisoned = replace(twins, clips=clips, questions=questions)
    honest, other = (
        task.run(recipe, task.prepare(recipe, dataset, 1), fold, 0)["predictions"] for dataset in (twins, poisoned)
    )
    assert [row["prediction"] for row in honest] == [row["prediction"] for row in other]
    assert [row["answer"] for row in honest] != [row["answer"] for row in other]
    assert {row["dataset"] for row in honest} == {"b"}
    about = questions_about([clip for clip in twins.clips if clip.dataset == "b"], twins.questions)
    assert len(honest) == sum(map(len, about))


def test_questions_of_two_databases_do_not_mix(twins):
    assert {question.dataset for question in twins.questions} == {"a", "b"}
    records = [*twins.clips, *twins.videos]
    asked = questions_about(records, twins.questions)
    assert sum(map(len, asked)) == len(twins.questions)
    for clip, questions in zip(records, asked):
        assert {question.dataset for question in questions} == {clip.dataset}
    clip = Clip("d", "s", "c")
    mine = [Question("1", "c", "?", subject="s"), Question("2", "c", "?", subject="s", dataset="d")]
    others = [Question("3", "c", "?", subject="t"), Question("4", "c", "?", subject="s", dataset="e")]
    assert questions_about([clip], [*mine, *others]) == [mine]


class _Spotter:
    """A spotter that finds nothing, made of examples that are kept."""

    examples = ()

    def predict(self, frames, fps):
        return SpottingResult([])


def test_spotting_learns_from_the_other_database_only(twins, monkeypatch):
    seen = []

    def make_spotter(recipe, examples=None, seed=0):
        seen.append(examples)
        return _Spotter()

    monkeypatch.setattr(spotting_task, "make_spotter", make_spotter)
    videos = TASKS["spotting"].records(twins)
    prepared = spotting_task.Prepared(videos, [sample_of(video) for video in videos], [])
    for fold in TASKS["spotting"].folds(twins, "cross-database", 0):
        trained, tested = fold.name.split(" -> ")
        result = TASKS["spotting"].run(load_recipe("regional-contrast-fitted"), prepared, fold, 0)
        assert seen.pop() == [sample_of(video) for video in videos if video.dataset == trained]
        assert {row["dataset"] for row in result["truth"]} == {tested}


def test_str_learns_emotions_from_the_other_database_only(twins, monkeypatch):
    seen = []
    original = Recognizer.fit

    def fit(self, X, y, groups=None):
        seen.append(set(groups))
        return original(self, X, y, groups)

    monkeypatch.setattr(Recognizer, "fit", fit)
    monkeypatch.setattr(spotting_task, "make_spotter", lambda *_: _Spotter())
    clips, videos = TASKS["recognition"].records(twins), TASKS["str"].records(twins)
    seen_clips = Seen(clips, np.zeros((len(clips), 1), np.float32), [])
    prepared = str_task.Prepared(spotting_task.Prepared(videos, None, []), seen_clips)
    for fold in TASKS["str"].folds(twins, "leave-one-database-out", 0):
        TASKS["str"].run(load_recipe("softnet-rule+majority"), prepared, fold, 0)
        assert seen.pop() == {subject_of(clip) for clip in clips if clip.dataset != fold.name}


def test_a_database_of_clips_teaches_str_on_one_of_videos(twins):
    clips = [clip for clip in twins.clips if clip.dataset == "a"]
    videos = [video for video in twins.videos if video.dataset == "b"]
    mixed = replace(twins, clips=clips, videos=videos)
    assert TASKS["str"].lacks(mixed, "cross-database") is None
    assert [fold.name for fold in TASKS["str"].folds(mixed, "cross-database", 0)] == ["a -> b"]
    assert "here is a;" in TASKS["recognition"].lacks(mixed, "cross-database")


def test_all_named_datasets_are_joined(megc, corpus, tmp_path):
    """The corpus twice, under names of two levels; its settings tell one, so that the other needs a copy."""
    root = tmp_path / "root"
    (root / "synthetic-easy").mkdir(parents=True)
    (root / "synthetic").symlink_to(corpus)
    for name in ("clips", "long"):
        (root / "synthetic-easy" / name).symlink_to(corpus / name)
    done = megc(
        "run-all", "--dataset", "synthetic", "--dataset", "synthetic-easy", "--data-root", root, "--recipe",
        "vqa-prior", "--recipe", "majority", "--protocol", "cross-database", "--output", tmp_path / "out", "--jobs", 1,
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    for task in ("recognition", "vqa"):
        for subset in ("", ": synthetic -> synthetic-easy", ": synthetic-easy -> synthetic"):
            assert f"### {task} on synthetic+synthetic-easy (cross-database){subset} (n = " in done.stdout


# ---- figures of pairs


RIGHT = ("negative", "positive", "surprise")


def pairs(said, databases="abc"):
    """Folds of recognition under cross-database: three clips a database, each predicted after each other one."""
    folds = []
    for trained in databases:
        for tested in databases:
            if trained == tested:
                continue
            rows = [
                {"dataset": tested, "subject": f"s{n}", "clip": "c", "label": RIGHT[n], "prediction": said(trained, n)}
                for n in range(3)
            ]
            fixed = {"task": "recognition", "dataset": "a+b+c", "seed": 0, "protocol": "cross-database"}
            folds.append(fixed | {"recipe": "x", "fold": f"{trained} -> {tested}", "predictions": rows})
    return folds


def test_each_pair_has_figures_of_its_own():
    """Trained on a everything is right, on b nothing, on c a third."""
    folds = pairs(lambda trained, n: {"a": RIGHT[n], "b": "others", "c": "negative"}[trained])
    found = {(row["subset"], row["metric"]): row["value"] for row in score_of("recognition").table(folds)}
    accuracy = {subset: value for (subset, metric), value in found.items() if metric == "accuracy"}
    by_pair = {"a -> b": 1, "a -> c": 1, "b -> a": 0, "b -> c": 0, "c -> a": 1 / 3, "c -> b": 1 / 3}
    assert accuracy == pytest.approx(by_pair | {"all": 4 / 9})
    assert {row["n"] for row in score_of("recognition").table(folds) if row["subset"] == "all"} == {18}


def test_recipes_are_compared_within_each_pair():
    """A clip that stands in two pairs is compared twice, and not once for both."""
    good, sometimes = pairs(lambda _, n: RIGHT[n]), pairs(lambda trained, n: RIGHT[n] if trained == "a" else "others")
    floor = [fold | {"recipe": "majority"} for fold in sometimes]
    found = {
        row["subset"]: row["difference"]
        for row in score_rows([good, floor])
        if (row["recipe"], row["metric"]) == ("x", "uf1")
    }
    assert found["a -> b"] == found["a -> c"] == 0
    assert found["b -> a"] == found["c -> b"] == 1
    assert 0 < found["all"] < 1


def test_events_of_two_pairs_or_databases_do_not_meet():
    """The same subject, video and interval in two databases, each tested twice: four events, three of them found."""
    event = {"subject": "s", "video": "v", "onset": 1, "offset": 9, "type": "micro"}
    folds = []
    for pair, found in (("a -> b", 1), ("c -> b", 0), ("a -> d", 1), ("c -> d", 1)):
        mine = event | {"dataset": pair[-1]}
        fold = {"task": "spotting", "fold": pair, "protocol": "cross-database", "truth": [mine]}
        folds.append(fold | {"predictions": [mine] * found})
    rows = {(row["subset"], row["metric"]): row["value"] for row in score_of("spotting").table(folds)}
    assert rows["overall", "recall"] == 0.75
    assert rows["overall", "precision"] == 1
    assert rows["c -> b: overall", "recall"] == 0
    assert rows["c -> d: micro", "f1"] == 1
    plain = [fold | {"protocol": "composite"} for fold in folds if fold["fold"][0] == "a"]
    assert {row["subset"] for row in score_of("spotting").table(plain)} == {"overall", "micro", "macro", "any"}
    strs = [
        fold | {side: [row | {"emotion": "negative"} for row in fold[side]] for side in ("truth", "predictions")}
        for fold in folds
    ]
    strs_rows = {(row["subset"], row["metric"]): row["value"] for row in score_of("str").table(strs)}
    assert strs_rows["all", "spotting_f1"] == pytest.approx(6 / 7)
    assert strs_rows["c -> b", "strs"] == 0


def test_the_table_of_samples_tells_that_it_is_not_subject_independent(flow, tmp_path):
    outcome = run_experiments(
        ("flow-images",), flow, ("recognition",), ("majority",), output=tmp_path, protocol=SAMPLE_WISE
    )
    assert not outcome.failures
    from baselines.report.tables import markdown_tables

    text = markdown_tables(score_rows(outcome.results))
    assert text.count("Not subject-independent") == 3  # of both databases together and of each
    assert len(outcome.results[0]) == 24
    with pytest.raises(InputError, match="no vqa fits flow-images under --protocol leave-one-sample-out"):
        run_experiments(("flow-images",), flow, ("vqa",), output=tmp_path, protocol=SAMPLE_WISE)


def test_a_task_without_records_fits_nothing():
    class Empty(Task):
        name = "empty"

        def records(self, dataset):
            return []

        def prepare(self, recipe, dataset, jobs):
            return None

        def run(self, recipe, prepared, fold, seed):
            return {}

    assert Empty().lacks(Dataset("d"), "cross-database").endswith("and here is none; name another --dataset")
    assert plan(Dataset("d"), ("majority",), protocol="cross-database") == []
    assert Video("d", "s", "v", None, 30.0).to_learn() == Video("d", "s", "v", None, 30.0)
