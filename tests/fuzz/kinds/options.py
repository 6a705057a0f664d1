"""What is no file: numbers and texts given as options."""

from replicas import write_noise

from ..values import VALUES
from .kind import Kind
from .media import SPOT, openface
from .tables import intervals, recipes, results

LIMIT = 10_000  # characters; systems bound arguments
GIVEN = tuple(value for value in VALUES if "\0" not in value and len(value) <= LIMIT)
KEYS = ("classifier.C", "representation.blocks", "representation.bins", "recipe", "seed", "base", "x", "C", "size")


def option_of(*names, words=()):
    """Return what gives one option a value it hardly expects; words: some that it may."""

    def argue(arguments, rng):
        name, value = rng.choice(names), rng.choice((*GIVEN, *words * 10))
        if name in ("--set", "--vary", "--where", "--shift") and rng.random() < 0.8:
            value = f"{rng.choice(KEYS)}={value}"
        elif rng.random() < 0.2:
            value = f"{value}{rng.choice(',:=+ ')}{rng.choice((*GIVEN, *words * 10))}"
        arguments.append(f"{name}={value}")
        return f"{name}={value[:30]!r}"

    return argue


def plan(folder):
    recipes(folder)
    write_noise(folder / "clip", 3)


SCORED = ("--iou", "--seed", "--classes", "--where", "--mode", "--type", "--fps", "--compare")
SHOWN = ("--pivot", "--against", "--metric", "--task", "--dataset", "--subset", "--where", "--table", "--format")
PLANNED = (
    *("--set", "--vary", "--seed", "--limit", "--shift", "--apex", "--protocol", "--classes", "--jobs", "--recipe"),
    *("--dataset", "--task", "--scheduler", "--backend"),
)
SPOTTED = ("--fps", "--method", "--aim", "--columns", "--landmarks", "--frame-number")
SCORE = "score spotting --truth in/truth.csv --predictions in/found.csv"
SCORE_WORDS = ("micro", "macro", "negative", "positive", "megc2020", "in/other.csv", "0.5")
REPORT_WORDS = (
    "C",
    "blocks",
    "C:blocks",
    "recipe:seed",
    "majority",
    "UF1",
    "recognition",
    "d",
    "csv",
    "ranks",
    "pairs",
    "confusion",
)
PLAN = "run-all --dataset manifest --data-root in/data --task recognition --recipe in/my-flow-nested.toml --dry-run"
PLAN_WORDS = ("[1,2]", "nan", "fine", "onset", "~3", "k-fold-by-subject", "composite", "spotted", "negative=disgust")
EXTRACT = tuple(
    f"features extract {name} in/a.avi --landmarks in/faces.csv --output out/x.npz --jobs 1"
    for name in ("hoof", "aligned_faces")
)
KINDS = (
    Kind("options of score", intervals, (SCORE,), argue=option_of(*SCORED, words=SCORE_WORDS)),
    Kind("options of report", results, ("report in --json",), argue=option_of(*SHOWN, words=REPORT_WORDS)),
    Kind("options of run-all", plan, (f"{PLAN} --output out/run",), argue=option_of(*PLANNED, words=PLAN_WORDS)),
    Kind("options of spot", openface, (SPOT.format("in/a.avi"),), argue=option_of(*SPOTTED)),
    Kind("options of extract", openface, EXTRACT, argue=option_of("--set", "--fps")),
)
