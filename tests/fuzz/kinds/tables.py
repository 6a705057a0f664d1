"""Tables and texts: manifests, truths, predictions, questions, recipes, runs, files of coding tools."""

import random
import shutil
import warnings

import test_dataset_flow_images as flow_images
from runs import CLASSES, answered, cell, recognized, spotted, strs, write_run
from test_boris import AGGREGATED, EVENTS, OLDER, TABULAR, project
from test_cells import GRID
from test_dataset_manifest import replica
from test_elan import ANNOTATED
from test_score_command import answers as asked
from test_submission import CAS, SAMM
from test_submission import answers as official

from baselines.recipes import shelf
from baselines.report.tables import write_tables

from ..mutations import damage
from .kind import Kind, put
from .media import SPOT, openface

INTERVALS = "subject,video,onset,apex,offset,type,emotion,aus,score\n"
NAMES = (
    "../../outside/x",
    "/outside/x",
    "..",
    ".",
    "",
    "a/b",
    "x" * 400,
    "=1+1",
    "\x1b[2Ja",
    "con",
    "-",
    "é\u202e",
    "\x00",
)
SUBTITLES = """1
00:00:01,000 --> 00:00:01,500
micro
emotion: disgust
AU: AU9
apex: 1.2

2
00:00:03,000 --> 00:00:05,000
macro
"""


def manifest(folder):
    replica(folder)
    put(folder / "classes.csv", "emotion,coarse\nhappiness,positive\nsurprise,surprise\ndisgust,negative\n")


def intervals(folder):
    lines = [
        f"s{n},v{k},{100 * k + 10},{100 * k + 14},{100 * k + 19},{'micro' if k else 'macro'},{CLASSES[n % 3]},AU4,1.5\n"
        for n in range(4)
        for k in (0, 1)
    ]
    put(folder / "truth.csv", INTERVALS + "".join(lines))
    put(folder / "found.csv", INTERVALS + "".join(lines[1:]))
    put(folder / "other.csv", INTERVALS + "".join(lines[4:]))
    put(
        folder / "videos.csv",
        "subject,video,path,fps,frames\n" + "".join(f"s{n},v{n % 2},x,25,300\n" for n in range(4)),
    )


def recognitions(folder):
    rng, lines = random.Random(0), []
    for n in range(12):
        label, found = rng.choice(CLASSES), rng.choice(CLASSES)
        lines.append(f"samm,s{n % 4},c{n},{label},{found},0.2,0.3,0.5\n")
    head = "dataset,subject,clip,label,prediction,p_negative,p_positive,p_surprise\n"
    put(folder / "found.csv", head + "".join(lines))
    put(folder / "other.csv", head + "".join(lines[::-1]))
    put(
        folder / "truth.csv",
        "dataset,subject,clip,label\n" + "".join(",".join(line.split(",")[:4]) + "\n" for line in lines),
    )


def answers(folder):
    put(folder / "truth.jsonl", asked("negative", "yes", "positive", "no", "surprise", "yes"))
    put(folder / "found.jsonl", asked("negative", "yes", "negative", "no", "surprise", "no"))


def submissions(folder):
    put(folder / "cas.csv", CAS)
    put(folder / "samm.csv", SAMM)
    put(folder / "casme3.jsonl", official("casme3", 17))
    put(folder / "samm.jsonl", official("samm", 7))


def recipes(folder):
    for name in ("flow-nested", "roi-flow", "vqa-rules", "regional-contrast+flow-svm"):
        shutil.copy(shelf.FOLDER / f"{name}.toml", folder / f"my-{name}.toml")
    replica(folder / "data")
    put(folder / "grid.toml", GRID)
    put(folder / "child.toml", 'extends = "hoof-svm"\nsummary = "s"\n[steps]\nclassifier = { name = "svm", C = 3.0 }\n')


def own_methods(folder):
    """Recipes that run at once: on published flow pictures, and on a video whose landmarks are given."""
    openface(folder)
    flow_images.replica(folder / "flow")
    for name in ("flow-nested", "flow-pixels-svm", "hoof-svm", "softnet-rule", "regional-contrast"):
        shutil.copy(shelf.FOLDER / f"{name}.toml", folder / f"my-{name}.toml")


def configuration(folder):
    replica(folder / "manifest")
    text = 'data_root = "in"\n[data_roots]\nmanifest = "in/manifest"\n'
    put(folder.parent / "home/.config/megc/config.toml", text)


def results(folder):
    chance = random.Random(0)
    cells = [cell("lbp", classifier__C=c, representation__blocks=b) for c in (1.0, 10.0) for b in ([2, 2], [4, 4])]
    cells.append(("majority", {"base": "majority", "varied": {}, "settings": {}, "floor": True}))
    runs = [recognized(name, lambda n: chance.random() < 0.6, seed=seed) for name, _ in cells for seed in (0, 1)]
    runs += [
        spotted("softnet-rule", 1),
        spotted("regional-contrast", 2),
        strs("both", "negative"),
        answered("r", "negative"),
    ]
    write_run(folder, *runs, notes=dict(cells))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some have no note
        write_tables(runs, folder)


def elan(folder):
    put(folder / "a.eaf", ANNOTATED)


def boris(folder):
    for name, text in (("a.csv", AGGREGATED), ("b.tsv", OLDER), ("c.tsv", TABULAR), ("d.boris", project(EVENTS))):
        put(folder / name, text)


def subtitles(folder):
    put(folder / "a.srt", SUBTITLES)
    put(folder / "b.vtt", "WEBVTT\n\n" + SUBTITLES.replace(",", "."))


def hostile_names(path, rng):
    """Write names that reach elsewhere into a manifest, or damage it in another way."""
    if rng.random() < 0.2:
        return damage(path, rng)
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    old, new = rng.choice(("s1", "s2", "v1", "v2", "one", "two")), rng.choice(NAMES)
    quoted = '"' + new.replace('"', '""') + '"'
    path.write_text(text.replace(f"{old},", f"{quoted},"), encoding="utf-8", errors="surrogateescape")
    return f"{old} is {new[:30]!r}"


SCORE = "score {} --truth in/truth.csv --predictions in/found.csv"
KINDS = (
    Kind(
        "manifest",
        manifest,
        (
            "data check manifest --data-root in --jobs 1 --json",
            "data check manifest --data-root in --jobs 1 --quick",
            "score spotting --truth in --predictions in/events.csv --json",
            "run-all --dataset manifest --data-root in --output out/run --dry-run --json",
        ),
        ("in/*.csv", "in/*.jsonl"),
    ),
    Kind(
        "names",
        manifest,
        (
            "convert in/events.csv --to elan --output out/events/ --fps 25",
            "convert in/events.csv --to vtt --output out/events/ --fps 25",
            "convert in/events.csv --to boris --output out/events.csv --fps 25",
        ),
        ("in/events.csv", "in/videos.csv"),
        change=hostile_names,
    ),
    Kind(
        "intervals",
        intervals,
        (
            SCORE.format("spotting") + " --json",
            SCORE.format("spotting") + " --compare in/other.csv --per-video",
            SCORE.format("spotting") + " --mode megc2022 --fps 25",
            SCORE.format("strs") + " --json",
            SCORE.format("strs") + " --mode megc2025-script --compare in/other.csv",
            "convert in/truth.csv --to csv --output out/t.csv",
            "convert in/truth.csv --to elan --output out/eaf/ --fps 25",
        ),
        ("in/*.csv",),
    ),
    Kind(
        "recognitions",
        recognitions,
        (
            "score recognition --predictions in/found.csv --json",
            SCORE.format("recognition") + " --compare in/other.csv",
            SCORE.format("recognition") + " --classes negative,positive,surprise,others",
        ),
        ("in/*.csv",),
    ),
    Kind(
        "answers",
        answers,
        (
            "score vqa --truth in/truth.jsonl --predictions in/found.jsonl --json",
            "score vqa --truth in/truth.jsonl --predictions in/found.jsonl --compare in/truth.jsonl",
        ),
        ("in/*.jsonl",),
    ),
    Kind(
        "submissions",
        submissions,
        (
            "submit str --predictions in/cas.csv --predictions in/samm.csv --output out/s.zip",
            "submit vqa --predictions in/casme3.jsonl --predictions in/samm.jsonl --output out/s.zip --json",
        ),
        ("in/*.csv", "in/*.jsonl"),
    ),
    Kind(
        "recipes",
        recipes,
        (
            *(f"recipes show in/my-{name}.toml --json" for name in ("flow-nested", "roi-flow", "vqa-rules")),
            "recipes cite in/my-flow-nested.toml in/child.toml in/my-roi-flow.toml",
            "run-all --dataset manifest --data-root in/data --recipes in --dry-run --output out/run",
        ),
        ("in/*.toml",),
    ),
    Kind(
        "own methods",
        own_methods,
        (
            *(
                f"run-all --dataset flow-images --data-root in/flow --recipe in/{name}.toml --output out/run --jobs 1"
                for name in ("my-flow-nested", "my-flow-pixels-svm", "my-hoof-svm")
            ),
            SPOT.format("in/a.avi") + " --method in/my-softnet-rule.toml",
            SPOT.format("in/a.avi") + " --method in/my-regional-contrast.toml",
        ),
        ("in/*.toml",),
    ),
    Kind(
        "configuration",
        configuration,
        ("data check manifest --quick --jobs 1", "run-all --dataset manifest --dry-run --output out/run"),
        ("home/.config/megc/config.toml",),
    ),
    Kind(
        "results",
        results,
        (
            "report in --format markdown --output out/r",
            "report in --json",
            "report in --format latex --output out/r",
            "report in --format csv --table scores --output out/r",
            "report in --pivot C:blocks --where base=lbp",
            "score spotting --truth in/predictions-spotting.csv --predictions in/predictions-spotting.csv "
            "--where recipe=regional-contrast",
            "score recognition --predictions in/predictions-recognition.csv --where recipe=majority --where seed=0",
        ),
        ("in/rows.jsonl", "in/rows.jsonl", "in/notes.jsonl", "in/*.csv", "in/*.json"),
    ),
    Kind(
        "elan",
        elan,
        ("convert in/a.eaf --to csv --output - --fps 25", "convert in/a.eaf --to vtt --output out/x.vtt"),
        ("in/*",),
    ),
    Kind(
        "boris",
        boris,
        (
            "convert in/a.csv --to csv --output out/x.csv",
            "convert in/b.tsv --to srt --output out/x.srt",
            "convert in/c.tsv --to elan --output out/x/",
            "convert in/d.boris --to csv --output out/x.csv",
        ),
        ("in/*",),
    ),
    Kind(
        "subtitles",
        subtitles,
        ("convert in/a.srt --to csv --output -", "convert in/b.vtt --to elan --output out/x.eaf"),
        ("in/*",),
    ),
)
