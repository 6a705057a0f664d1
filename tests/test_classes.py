"""Emotion classes: the sets that papers report, those of a user, own vocabularies, and what each leaves out."""

import csv
import json

import pytest
from faces_of_casme2 import IN_TURN, casme2_with_faces
from hypothesis import given
from hypothesis import strategies as st
from replicas import write_noise
from test_dataset_casme2 import replica as casme2_replica

from baselines.commands.train import train_model
from baselines.datasets import DATASETS, adapter, describe, load_dataset, open_dataset
from baselines.datasets.choosing import left_out
from baselines.datasets.classes import COARSE_OF_FINE, SPELLINGS, ClassSet, coarse, parse_classes
from baselines.datasets.cutting import event_clips
from baselines.datasets.identity import data_identity
from baselines.datasets.manifest import read_videos
from baselines.datasets.records import Event, Video
from baselines.errors import InputError
from baselines.experiments.plan import join_datasets, plan
from baselines.experiments.rows import Rows
from baselines.experiments.tasks import TASKS
from baselines.recognition.model import load_model

EVENTS = "subject,video,onset,apex,offset,type,emotion,aus\n"
WORDS = {"happiness": "Freude", "surprise": "Neid"}  # others there are Ekel here


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    """A CASME II of empty pictures with all seven emotions."""
    rows = [[1, f"EP{n:02}_01", None, 46, 59, 86, None, 12, word] for n, word in enumerate((*IN_TURN, "others"), 1)]
    clips = {f"sub01/{row[1]}": (46, 86) for row in rows}
    return casme2_replica(tmp_path_factory.mktemp("casme2"), rows, clips)


@pytest.fixture(scope="module")
def own(corpus, tmp_path_factory):
    """The clips of the corpus as a manifest whose emotions are words of its own."""
    folder = tmp_path_factory.mktemp("own")
    for subject in ("sub01", "sub02", "sub03"):
        (folder / subject).symlink_to(corpus / "clips" / subject)
    (folder / "videos.csv").write_text((corpus / "clips" / "videos.csv").read_text())
    with open(corpus / "clips" / "events.csv", newline="") as stream:
        rows = [row | {"emotion": WORDS.get(row["emotion"], "Ekel")} for row in csv.DictReader(stream)]
    lines = [",".join(row.values()) for row in rows]
    (folder / "events.csv").write_text(EVENTS + "\n".join(lines) + "\n")
    return folder


def copied(own, folder, classes=None):
    for path in own.iterdir():
        (folder / path.name).symlink_to(path)
    if classes is not None:
        (folder / "classes.csv").write_text(classes)
    return folder


def labels(dataset):
    return [clip.label for clip in dataset.clips]


# ---- sets


def test_coarse_is_the_default_and_as_ever():
    assert {word: coarse(word) for word in COARSE_OF_FINE} == COARSE_OF_FINE
    assert coarse(" Happiness ") == "positive"
    assert coarse("") is coarse("boredom") is coarse("surprise+boredom") is None
    assert all(COARSE_OF_FINE[word] == COARSE_OF_FINE[name] for word, name in SPELLINGS.items())


@pytest.mark.parametrize("name", DATASETS)
def test_every_set_of_a_dataset_is_sound(name):
    about = adapter(name).ABOUT
    sets = {known["name"]: known for known in about.facts()["classes"]}
    assert list(sets)[:2] == ["coarse", "fine"]
    assert len(sets) == 2 + len(about.classes)
    emotions = {what.removeprefix("emotion ") for what in about.published if what.startswith("emotion ")}
    for known in about.classes:
        words = [word for listed in known.classes.values() for word in listed]
        assert known.source
        assert len(known.classes) == {"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}[known.name]
        assert len(set(words)) == len(words)
        assert not set(words) & set(known.dropped)
        assert emotions <= {*words, *known.dropped} or not emotions
        assert all(coarse(word) for word in (*words, *known.dropped))
        assert ClassSet.from_dict(json.loads(json.dumps(known.to_dict()))) == known


def test_the_five_classes_of_casme2_are_those_of_its_paper():
    (five,) = (known for known in adapter("casme2").ABOUT.classes if known.name == "five")
    published = adapter("casme2").ABOUT.published
    counts = {name: sum(published[f"emotion {word}"] for word in words) for name, words in five.classes.items()}
    assert counts == {"happiness": 32, "surprise": 25, "disgust": 63, "repression": 27, "others": 99}
    assert five.dropped == ("sadness", "fear")


def test_describe_prints_the_sets(megc):
    done = megc("data", "describe", "casme2")
    assert "  five: happiness, surprise, disgust, repression, others; without sadness, fear; Yan et al. 2014" in (
        done.stdout.replace("\n    ", " ")
    )
    facts = json.loads(megc("data", "describe", "casme2", "--json").stdout)
    assert facts == describe("casme2")
    assert facts["classes"][2]["classes"]["negative"] == ["disgust", "repression", "sadness", "fear"]


def test_clips_are_labelled_in_the_set_in_force(sheet):
    assert labels(open_dataset("casme2", sheet)) == [coarse(word) for word in (*IN_TURN, "others")]
    assert labels(open_dataset("casme2", sheet, classes="fine")) == [*IN_TURN, "others"]
    five = open_dataset("casme2", sheet, classes="five")
    assert labels(five) == [*IN_TURN[:5], None, None, "others"]
    assert left_out(five) == "casme2: 2 of 8 clips are left out, in no class of five (sadness 1, fear 1)"
    assert left_out(open_dataset("casme2", sheet)) is None
    assert data_identity(five) != data_identity(open_dataset("casme2", sheet))


def test_classes_of_ones_own_merge_and_leave_out(sheet):
    mine = open_dataset("casme2", sheet, classes="Negative=disgust+fear, surprise")
    assert labels(mine) == [None, "surprise", "negative", None, None, None, "negative", None]
    assert mine.classes.name == "negative=disgust+fear,surprise"
    with pytest.warns(UserWarning, match=r"5 of 8 clips are left out, .* \(others 2, happiness 1, repression 1, sad"):
        load_dataset("casme2", sheet, classes="negative=disgust+fear,surprise")


def test_a_set_that_a_dataset_does_not_have_is_one_line_with_those_it_has(sheet):
    with pytest.raises(InputError, match="--classes 'six': casme2 has coarse, fine, three, five, seven; A,B or A=C"):
        open_dataset("casme2", sheet, classes="six")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a+b,c", "'a\\+b' is no class"),
        ("a=,c", "'a=' is no class"),
        ("a,,c", "'' is no class"),
        ("a,b=a", "a stands twice"),
        ("a=b+c", "one class only"),
    ],
)
def test_a_text_that_names_no_classes(text, message):
    with pytest.raises(InputError, match=message):
        parse_classes(text)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.sampled_from("xyz"), min_size=2))
def test_parsed_classes_are_those_that_were_written(of):
    if len(set(of.values())) < 2:
        return
    merged = {name: "+".join(word for word in of if of[word] == name) for name in set(of.values())}
    assert parse_classes(",".join(f"{name}={words}" for name, words in merged.items())) == of


def test_one_set_serves_other_spellings():
    happy = ClassSet("x", parse_classes("happiness,sadness"))
    assert [happy.label(word) for word in ("happy", "sad", "Happiness", "fear", "")] == [
        "happiness", "sadness", "happiness", None, None
    ]  # fmt: skip
    dropped = ClassSet("x", parse_classes("happiness,sadness"), ("happy",))
    assert (dropped.label("happy"), dropped.knows("happy"), dropped.knows("fear")) == (None, True, False)


def test_only_recognition_and_str_see_other_classes(sheet):
    five = open_dataset("casme2", sheet, classes="five")
    assert TASKS["recognition"].seen(five) is five
    assert labels(TASKS["vqa"].seen(five)) == labels(open_dataset("casme2", sheet))
    named = {task.name for task in TASKS.values() if task.in_classes}
    assert named == {"recognition", "str"}


def test_joined_databases_keep_their_own_sets(sheet, tmp_path):
    from test_dataset_samm import replica as samm_replica

    both = [open_dataset("casme2", sheet, classes="five"), open_dataset("samm", samm_replica(tmp_path), classes="five")]
    joined = join_datasets(both)
    assert labels(joined) == labels(both[0]) + labels(both[1])
    (experiment,) = plan(joined, ("majority",), protocol="leave-one-database-out")
    assert (experiment.dataset, experiment.classes) == ("casme2+samm (five, leave-one-database-out)", "five")


# ---- experiments


def test_the_published_baseline_of_casme2_runs_as_published(megc, corpus, tmp_path):
    root = casme2_with_faces(corpus, tmp_path / "casme2")
    arguments = ("run-all", "--dataset", "casme2", "--data-root", root, "--classes", "five", "--recipe", "lbp-top-svm")
    arguments += ("--recipe", "majority", "--output", tmp_path / "out", "--jobs", 1)
    done = megc(*arguments, "--protocol", "leave-one-sample-out")
    assert done.exit_code == 0, done.stderr
    assert "warning: casme2: 2 of 12 clips are left out, in no class of five (sadness 1, fear 1)" in done.stderr
    assert "### recognition on casme2 (five, leave-one-sample-out) (n = 10)" in done.stdout
    assert "Not subject-independent" in done.stdout
    loso = megc(*arguments, "--protocol", "loso")
    assert "### recognition on casme2 (five) (n = 10)" in loso.stdout
    found = {rows[0]["protocol"]: rows for rows in Rows(tmp_path / "out").results() if rows[0]["recipe"] != "majority"}
    assert {protocol: len(rows) for protocol, rows in found.items()} == {"leave-one-sample-out": 10, "loso": 3}
    for rows in found.values():
        predictions = [p for row in rows for p in row["predictions"]]
        assert {row["classes"] for row in rows} == {"five"}
        assert {p["label"] for p in predictions} == set(IN_TURN[:5])
        assert {p["prediction"] for p in predictions} <= set(IN_TURN[:5])
        assert all(set(p["probabilities"]) <= set(IN_TURN[:5]) for p in predictions)
    with open(tmp_path / "out" / "scores.csv", newline="") as stream:
        scores = list(csv.DictReader(stream))
    assert [*scores[0]][-4:] == ["signature", "protocol", "classes", "n_failed"]
    told = {(s["dataset"], s["protocol"], s["classes"]) for s in scores}
    assert told == {
        ("casme2 (five, leave-one-sample-out)", "leave-one-sample-out", "five"), ("casme2 (five)", "loso", "five"),
    }  # fmt: skip
    metrics = [s["metric"] for s in scores if s["recipe"] == "lbp-top-svm" and s["protocol"] == "loso"]
    assert metrics == ["uf1", "uar", "accuracy", "ece"]


def test_a_class_that_nothing_has_is_refused(megc, sheet, tmp_path):
    done = megc(
        "run-all", "--dataset", "casme2", "--data-root", sheet, "--classes", "disgust,joy", "--output", tmp_path
    )
    assert done.exit_code == 2
    assert "--classes 'disgust,joy': nothing has the emotion 'joy'; there are disgust, fear, happiness" in done.stderr


# ---- own vocabularies


def test_a_word_of_ones_own_is_refused_with_both_ways_out(own):
    with pytest.raises(InputError, match=r"events.csv row \d+: emotion 'ekel' is not known; .*--classes .*classes.csv"):
        open_dataset("manifest", own)
    assert len(read_videos(own)) == 12  # spotting needs no emotion
    assert len(event_clips(read_videos(own))) == 12


def test_words_of_ones_own_are_classes(own):
    found = labels(open_dataset("manifest", own, classes="Ekel,Freude"))
    assert set(found) == {"ekel", "freude", None}
    assert set(labels(open_dataset("manifest", own, classes="fine"))) == {"ekel", "freude", "neid"}
    assert set(labels(open_dataset("manifest", own, classes="schlecht=ekel+neid,freude"))) == {"schlecht", "freude"}


def test_classes_csv_tells_the_coarse_class_of_a_word(own, tmp_path):
    copied(own, tmp_path, "emotion,coarse\nEkel,negative\nFreude,Positive\nNeid,\ndisgust,negative\n")
    dataset = open_dataset("manifest", tmp_path)
    assert set(labels(dataset)) == {"negative", "positive", None}
    assert "(neid " in left_out(dataset)
    assert labels(open_dataset("manifest", tmp_path, classes="Ekel,Freude")).count("ekel") == (
        labels(dataset).count("negative")
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("Ekel,negative\n", r"events.csv row \d+: emotion '(freude|neid)' is not known"),
        (
            "Ekel,bad\n",
            r"classes.csv row 2: 'Ekel', 'bad'; expected an emotion and one of negative, positive, surprise",
        ),
        ("Ekel,negative\nekel,positive\n", r"classes.csv row 3: emotion 'ekel' stands twice"),
        ("disgust,positive\n", r"classes.csv row 2: disgust is negative in every database; name it in --classes"),
        (",positive\n", r"classes.csv row 2: '', 'positive'; expected an emotion"),
    ],
)
def test_a_bad_classes_csv_is_one_line(own, tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        open_dataset("manifest", copied(own, tmp_path, f"emotion,coarse\n{rows}"))


def test_check_lists_unknown_words_and_takes_known_ones(megc, own, tmp_path):
    done = megc("data", "check", "manifest", "--data-root", own, "--quick", "--jobs", 1)
    assert done.exit_code == 1
    assert done.stdout.count("is not known; correct it") == 3
    known = copied(own, tmp_path, "emotion,coarse\nEkel,negative\nFreude,positive\nNeid,\n")
    done = megc("data", "check", "manifest", "--data-root", known, "--quick", "--jobs", 1)
    assert (done.exit_code, "nothing is wrong" in done.stdout) == (0, True)


def test_a_model_answers_in_the_classes_that_it_was_trained_on(megc, own, tmp_path):
    model, output = tmp_path / "model", tmp_path / "out.csv"
    done = megc(
        "train", "--dataset", "manifest", "--data-root", own, "--recipe", "flow-svm", "--classes", "Ekel,Freude",
        "--output", model, "--jobs", 1,
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "clips are left out, in no class of ekel,freude (neid " in done.stderr
    assert load_model(model).data["classes"]["classes"] == {"ekel": ["ekel"], "freude": ["freude"]}
    done = megc("recognize", own, "--model", model, "--output", output, "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    assert "clips have no label, being in no class of the model (neid " in done.stderr
    with open(output, newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["label"] for row in rows} == {"ekel", "freude", ""}
    assert {row["prediction"] for row in rows} <= {"ekel", "freude"}


def test_a_model_of_the_coarse_classes_labels_words_by_classes_csv(megc, corpus, own, tmp_path):
    from baselines.recognition.model import save_model

    model, output = tmp_path / "model", tmp_path / "out.csv"
    save_model(train_model("flow-svm", "synthetic", corpus), model)
    refused = megc("recognize", own, "--model", model, "--output", output, "--jobs", 1)
    assert refused.exit_code == 2
    assert "emotion 'ekel' is not known" in refused.stderr
    (tmp_path / "known").mkdir()
    known = copied(own, tmp_path / "known", "emotion,coarse\nEkel,negative\nFreude,positive\nNeid,surprise\n")
    done = megc("recognize", known, "--model", model, "--output", output, "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    with open(output, newline="") as stream:
        assert {row["label"] for row in csv.DictReader(stream)} == {"negative", "positive", "surprise"}
    assert megc("features", "extract", "hoof", own, "--output", tmp_path / "hoof.csv", "--jobs", 1).exit_code == 0


def test_five_classes_teach_the_analyst_what_coarse_ones_do(corpus):
    """Questions are answered in classes of their own: clips in no class of the recognizer teach them all the same."""
    with pytest.warns(UserWarning, match="clips are left out, in no class of disgust,happiness"):
        five = train_model("flow-svm", "synthetic", corpus, classes="disgust,happiness")
    coarse_model = train_model("flow-svm", "synthetic", corpus)
    assert five.recognizer.classes_.tolist() == ["disgust", "happiness"]
    assert five.data["clips"] < coarse_model.data["clips"] == 12
    assert five.analyst.coarse_.classes_.tolist() == coarse_model.analyst.coarse_.classes_.tolist()
    assert five.analyst.fine_.classes_.tolist() == coarse_model.analyst.fine_.classes_.tolist()


def test_vlm_has_no_classes(megc, tmp_path):
    done = megc("train", "--dataset", "synthetic", "--recipe", "vlm", "--classes", "fine", "--output", tmp_path / "m")
    assert done.exit_code == 2
    assert "--classes: vlm answers questions, which have classes of their own" in done.stderr


def test_questions_about_words_of_ones_own_are_about_their_coarse_class(tmp_path):
    write_noise(tmp_path / "one", count=9)
    (tmp_path / "videos.csv").write_text("subject,video,path,fps\ns1,v1,one,100\n")
    (tmp_path / "events.csv").write_text(EVENTS + "s1,v1,2,4,8,micro,Ekel,AU4\n")
    (tmp_path / "classes.csv").write_text("emotion,coarse\nEkel,negative\n")
    question = {"id": "q", "subject": "s1", "video": "v1", "question": "What is the coarse expression class?"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(question) + "\n")
    (clip,) = TASKS["vqa"].records(open_dataset("manifest", tmp_path))
    assert clip.event.emotion == "negative"


def test_score_strs_reads_words_of_ones_own(megc, tmp_path):
    columns = "subject,video,onset,offset,emotion\n"
    truth, predicted, mine = tmp_path / "events.csv", tmp_path / "pred.csv", tmp_path / "mine.csv"
    truth.write_text(columns + "s,v,1,20,Ekel\ns,v,31,50,Freude\ns,v,61,80,Neid\n")
    predicted.write_text(columns + "s,v,1,20,negative\ns,v,31,50,negative\ns,v,61,80,positive\n")
    mine.write_text(columns + "s,v,1,20,ekel\ns,v,31,50,ekel\ns,v,61,80,freude\n")
    score = ("score", "strs", "--truth", truth, "--json", "--predictions")
    refused = megc(*score, predicted)
    assert json.loads(refused.stdout)["analysis"]["uf1"] == 0  # negative is no word of the truth
    own_words = json.loads(megc(*score, mine, "--classes", "Ekel,Freude").stdout)
    (tmp_path / "classes.csv").write_text("emotion,coarse\nEkel,negative\nFreude,positive\nNeid,\n")
    in_coarse = json.loads(megc(*score, predicted).stdout)
    assert in_coarse["spotting"]["tp"] == own_words["spotting"]["tp"] == 3  # Neid is to be spotted
    assert in_coarse["analysis"] == own_words["analysis"]
    assert in_coarse["analysis"]["uf1"] == pytest.approx(1 / 3)
    assert "classes:truth(negative,positive)" in in_coarse["signature"]
    assert json.loads(megc(*score, mine, "--classes", "Ekel,Freude").stdout) == own_words
    assert json.loads(megc(*score, predicted, "--classes", "megc2025").stdout)["analysis"]["uf1"] == pytest.approx(
        2 / 9
    )


def test_an_event_in_no_class_is_spotted_and_not_analysed():
    video = Video("d", "s", "v", None, 30.0, (), ClassSet("x", parse_classes("negative=fear,others"), ("joy",)))
    from baselines.experiments.tasks.str import class_of_event

    words = ("fear", "joy", "", "others")
    assert [class_of_event(video, Event(1, 2, emotion=word)) for word in words] == ["negative", "", "others", "others"]
    three = Video("d", "s", "v", None, 30.0, (), ClassSet("x", parse_classes("fear,joy")))
    assert class_of_event(three, Event(1, 2)) == ""
