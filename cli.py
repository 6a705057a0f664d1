"""The command line: a thin click tree that parses, calls `baselines` and prints.

stdout is data, stderr is progress and warnings. Exit codes: 0 done, 1 failed in part (what succeeded
is kept), 2 bad usage or input, 130 interrupted, 143 terminated. Heavy modules are imported inside the commands.
"""

import errno
import json as jsonlib
import os
import signal
import sys
import threading
import traceback
import warnings
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import click

from baselines import __version__
from baselines.errors import InputError, in_line, one_line, printable
from baselines.files import FULL, check_file, check_folder, drop_stdout, user_path

# what can be wrong with a path that somebody named, on the command line or in a table
_OF_PATHS = (errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR)


def _say(text):
    """Print a line on stderr, without what could steer a terminal."""
    click.echo(printable(text), err=True)


class _Commands(click.Group):
    """A group that turns every error into one line on stderr; exit code 2 for an `InputError`, 1 for a fault."""

    def invoke(self, context):
        warnings.showwarning = _once(lambda message: _say(f"warning: {in_line(message)}"))
        try:
            _check_cache_bound()
            context.call_on_close(_prune_cache)
            return super().invoke(context)
        except InputError as error:
            _say(f"error: {in_line(error)}")
            context.exit(2)
        except OSError as error:
            if error.errno not in _OF_PATHS or not error.filename:
                raise
            _say(f"error: {error.filename}: cannot be used ({error.strerror}); name another place")
            context.exit(2)
        except KeyboardInterrupt as stop:
            _end_workers()
            _say("terminated" if isinstance(stop, _Terminated) else "interrupted")
            context.exit(128 + (signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT))

    def main(self, *arguments, **options):
        try:
            with _terminable():
                return super().main(*arguments, **options)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in FULL:
                drop_stdout()
                _say(f"error: output cannot be written ({error.strerror}); free space or send it elsewhere")
            elif not options.get("standalone_mode", True):
                raise
            else:
                _say(f"error: {one_line(error)}; {_fault_line(error)}")
            sys.exit(1)


def _check_cache_bound():
    if "MEGC_CACHE_GB" in os.environ:
        from baselines.cache import cache_bound

        cache_bound()


def _prune_cache():
    """Keep the cache within its bound after a command that may have used it."""
    cache = sys.modules.get("baselines.cache")
    if cache:
        cache.prune_cache()


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends what is under way as Ctrl-C does."""


@contextmanager
def _terminable():
    """Let SIGTERM raise `_Terminated`, so that files and workers are not left behind."""

    def terminate(*_):
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end_workers():
    """Kill the workers of joblib, which would go on with what nobody waits for."""
    pool = sys.modules.get("joblib.externals.loky.reusable_executor")
    if pool is not None and pool._executor is not None:
        pool._executor.shutdown(wait=False, kill_workers=True)


def _fault_line(error):
    """Return what to do about an error that is no `InputError`; with MEGC_DEBUG, its traceback goes to stderr first."""
    if isinstance(error, MemoryError):
        return "give fewer --jobs, or shorter videos"
    if os.environ.get("MEGC_DEBUG"):
        _say("".join(traceback.format_exception(error)))
        return "please report it with the lines above and the output of `megc env`"
    return "this is a fault of megc; run `megc --debug ...` and report what it prints"


def _once(tell):
    """Return what shows warnings: each text once, whether this process or several workers warn."""
    told = set()

    def show(message, *_):
        if str(message) not in told:
            told.add(str(message))
            tell(message)

    return show


class _Path(click.Path):
    """A path in which ~ means the home folder; `check` raises `InputError` for one of no use before any work."""

    def __init__(self, check=None):
        super().__init__(path_type=Path)
        self.check = check

    def convert(self, value, parameter, context):
        path = super().convert(user_path(value), parameter, context)
        if self.check and str(path) != "-":
            self.check(path)
        return path


class _Name(click.ParamType):
    """A name, or a file in whose path ~ means the home folder."""

    name = "text"

    def convert(self, value, parameter, context):
        return str(user_path(value)) if value.startswith("~") else value


class _Number(click.FloatRange):
    """A number in a range, in which NaN is not: it is neither below nor above anything."""

    def convert(self, value, parameter, context):
        number = super().convert(value, parameter, context)
        if number != number:
            self.fail(f"{value} is not in the range {self._describe_range()}.", parameter, context)
        return number


class _Jobs(click.ParamType):
    """A number of workers; what is beyond the cores or the work is cut where the work begins."""

    name = "integer"

    def convert(self, value, parameter, context):
        number = click.INT.convert(value, parameter, context)
        if number == 0:
            self.fail("0 workers do nothing; expected 1 or more, or -1 for all cores.", parameter, context)
        return number


_PATH, _NAME = _Path(), _Name()
_WHOLE_SEED = click.IntRange(0, 2**32 - 1)  # what every library that draws takes
_FILE, _FOLDER = _Path(check_file), _Path(check_folder)  # to write
_STDOUT = "stdout"  # where data goes, among what contexts keep
_INPUTS = click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=_PATH)
_STRICT = click.option(
    "--strict", is_flag=True, help="Let a recipe fail where a clip or video cannot be seen, such as one without a face."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
_EXCEL = click.option(
    "--excel-safe",
    is_flag=True,
    help="Put ' before names that a spreadsheet would run as a formula: those that begin with =, +, - or @.",
)
_COLUMNS = click.option(
    "--columns",
    default="",
    metavar="A,B,...",
    help="More columns at the end: seconds (onset_seconds and offset_seconds, when the first frame comes and the last "
    "one goes), apex, score (1 at the threshold), region.",
)
_AIM = click.option(
    "--aim",
    type=click.Choice(["precision", "balanced", "recall"]),
    metavar="precision|balanced|recall",
    show_default="balanced",
    help="Few false alarms, the best F1, or few misses; for methods that judge by a probability.",
)
_JOBS = click.option("--jobs", type=_Jobs(), default=-1, show_default="all cores", help="Number of parallel workers.")
_SEED = click.option("--seed", type=_WHOLE_SEED, default=0, show_default=True, help="Seed of all randomness.")
_FPS = click.option(
    "--fps",
    type=_Number(1, 10000),
    help="Frame rate of folders of images, and of video files that tell none; a file's own rate and the column fps of "
    "a manifest come first.",
)


_RATE = click.option(
    "--fps",
    type=_Number(1, 10000),
    help="Frames per second, between frames and seconds of events. Default: what the files tell, or a videos.csv or "
    "the video beside them.",
)


def _numbering(context, _, text):
    """Return the expression in a text, which must have one group."""
    if text is None:
        return None
    import re

    try:
        pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise InputError(f"--frame-number {text!r}: not a regular expression ({error}); correct it") from None
    if pattern.groups != 1:
        raise InputError(f"--frame-number {text!r}: has {pattern.groups} groups; expected one, as in '_(\\d+)_'")
    return pattern


_NUMBERING = click.option(
    "--frame-number",
    "numbering",
    metavar="REGEX",
    callback=_numbering,
    help="Where the number of a picture stands in its name: an expression whose one group holds it, such as "
    "'^(\\d+)_' for the first of two. Default: the last number.",
)
_ROOT = click.option(
    "--data-root",
    type=_PATH,
    help="The folder that holds the dataset. Default: MEGC_DATA_ROOT, else that of the configuration file.",
)
_LABELS = click.option(
    "--no-label-fixes",
    "fix_labels",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Leave the known label errors of the database as they are.",
)
_CLASSES = click.option(
    "--classes",
    metavar="SET",
    default="coarse",
    show_default=True,
    help="Emotion classes of recognition and str: coarse (negative, positive, surprise, others), fine, a set that the "
    "dataset has (`data describe`: three, five, ...), or your own, such as happiness,disgust or "
    "negative=disgust+fear,surprise. Other clips are left out, and counted. vqa has the coarse and fine classes of its "
    "questions, whatever is named here.",
)


def _with_plugins(context, _, paths):
    """Make the parts of plug-ins known until the command ends; what parts print meanwhile is no data."""
    from baselines.plugins import plugins

    context.with_resource(plugins(paths))
    context.meta[_STDOUT] = sys.stdout
    context.with_resource(redirect_stdout(sys.stderr))


def _print(text, nl=True):
    """Print data, also while all else that is printed goes to stderr; a terminal gets nothing that steers it."""
    stream = click.get_current_context().meta.get(_STDOUT) or sys.stdout
    click.echo(printable(text) if stream.isatty() else text, nl=nl, file=stream)


_PLUGIN = click.option(
    "--plugin",
    metavar="FILE",
    multiple=True,
    type=_PATH,
    expose_value=False,
    callback=_with_plugins,
    help="A Python file with parts of your own (docs/extending.md), which is run; repeatable.",
)
_LANDMARKS = click.option(
    "--landmarks",
    metavar="FILE|mediapipe",
    type=_PATH,
    help="Landmarks instead of our own: a CSV as OpenFace writes it, or a folder with one a video (<video>.csv or "
    "<subject>_<video>.csv) for several; mediapipe: those of FaceMesh, found by it (pip install "
    "'megc-baselines[mediapipe]'); docs/landmarks.md.",
)
_MODEL = click.option(
    "--model",
    type=_PATH,
    help="A file that `train` wrote. Default: one trained on the embedded corpus, made at first use.",
)


def _output(what, kind=_FILE):
    return click.option("--output", required=True, type=kind, help=what)


_GUIDE = """\
Three commands to begin with:

  megc run-all --limit 6 --output first
      every recipe on a few clips of the embedded corpus, which is made on the spot; tables and a page in first/
  megc spot VIDEO --output found.csv
      micro- and macro-expressions in your own video: a file, or a folder of its pictures
  megc explain VIDEO --output lesson
      the classic pipeline on your video step by step, as a page

All commands: megc --help. Options of one: megc COMMAND --help."""


def _tell_version(context, _, asked):
    """Print version and commit, and end."""
    if asked:
        from baselines.report.release import version_text

        click.echo(version_text())
        context.exit()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",  # as without a guide for none
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Show the version and exit.",
)
@click.option("--debug", is_flag=True, help="Show where a fault of megc arose; so does MEGC_DEBUG=1.")
@click.pass_context
def main(context, debug):
    """Classical baselines for facial micro-expression analysis (MEGC: ME-STR and ME-VQA)."""
    if debug:
        os.environ["MEGC_DEBUG"] = "1"
    if context.invoked_subcommand is None:
        click.echo(_GUIDE)


@main.command("run-all")
@click.option("--dataset", "datasets", multiple=True, metavar="NAME", help="Dataset; repeatable. Default: synthetic.")
@_ROOT
@_LABELS
@click.option(
    "--task",
    "tasks",
    multiple=True,
    metavar="TASK",
    help="recognition, spotting, str, vqa or lvqa, which vqa includes; repeatable.",
)
@click.option(
    "--recipe",
    "recipes",
    multiple=True,
    type=_NAME,
    metavar="NAME|FILE",
    help="A recipe, or a recipe file; repeatable. Default: all but the slow ones.",
)
@click.option(
    "--recipes",
    "folders",
    multiple=True,
    metavar="DIR",
    type=_PATH,
    help="A folder of recipe files, which are run besides those named by --recipe; repeatable.",
)
@_PLUGIN
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a parameter in every recipe, as in classifier.C=1; values are TOML, or bare words; repeatable.",
)
@click.option(
    "--vary",
    "axes",
    multiple=True,
    metavar="KEY=V1,V2,...",
    help="Run every recipe with each value of a parameter, as in representation.blocks=[5,5,1],[8,8,1]; repeated, with "
    "every combination. A cell that a recipe cannot take is named and left out.",
)
@_JOBS
@click.option(
    "--seed",
    "seeds",
    type=_WHOLE_SEED,
    multiple=True,
    default=(0,),
    show_default="0",
    help="Seed of all randomness; repeatable.",
)
@click.option(
    "--protocol",
    metavar="NAME",
    help="What is tested, and on what it is trained: loso (each subject left out, within each database), composite "
    "(each subject left out of all databases), cross-database (each database on each other), leave-one-database-out, "
    "k-fold-by-subject; recognition only, leave-one-sample-out: each clip left out, trained on other clips of the same "
    "subject too, so not subject-independent and only for comparison with older papers. composite and those of "
    "databases take all --dataset together. Default: loso, of several databases in one dataset composite.",
)
@_CLASSES
@click.option(
    "--apex",
    "apexes",
    metavar="SOURCE",
    multiple=True,
    default=("annotated",),
    show_default="annotated",
    help="Where recipes that look at an apex frame take it from: annotated, spotted or middle; repeatable.",
)
@click.option(
    "--shift",
    "shifts",
    metavar="KEY=K,...",
    multiple=True,
    help="Move key frames, to see what each recipe loses: onset, apex or offset (any of them) by K frames, as in "
    "onset=-2,apex=3, or apex=~3 by a random number from -3 to 3 (drawn from --seed and the name of the clip). Clips "
    "are cut again from their video; in long videos the events that are learned from are moved. spotted: onset, apex "
    "and offset are spotted, as in a test. Repeatable; none moves none.",
)
@click.option(
    "--limit", type=click.IntRange(1, 10**6), metavar="N", help="Use about N clips and N videos of each dataset."
)
@click.option("--output", type=_PATH, default=Path("results"), show_default=True, help="Folder.")
@click.option("--overwrite", is_flag=True, help="Forget earlier rows in the output folder.")
@_STRICT
@click.option("--yes", is_flag=True, help="Run more than 1000 experiments.")
@click.option("--dry-run", is_flag=True, help="List the experiments, their folds and how many are done; run nothing.")
@click.option(
    "--backend",
    type=click.Choice(["loky", "threading", "dask"]),
    help="joblib backend, or a dask cluster (docs/cluster.md).",
)
@click.option("--scheduler", metavar="ADDR", help="dask scheduler, such as tcp://127.0.0.1:8786.")
@click.option(
    "--check",
    metavar="DIR",
    type=_PATH,
    help="Compare with the tables in DIR, which run-all wrote, and list every figure that differs, and what differs in "
    "the environments; exit 1 when one does. DIR is read before anything is written, so it may be that of --output.",
)
@_JSON
def run_all(
    datasets, data_root, output, overwrite, strict, jobs, backend, scheduler, check, dry_run, as_json, **options
):
    """Run every recipe on every dataset, leave-one-subject-out, and write the tables.

    A rerun computes only what is missing in the output folder. A clip or video in which what a recipe needs cannot be
    seen is named, nothing is learned from it, and its prediction is what needs no look. With --check, JSON is
    {"scores": ..., "check": ...}.
    """
    from baselines.commands.run import cells_lines, page_line, plan_run, tables_of, written_line
    from baselines.experiments.plan import listing
    from baselines.experiments.run import run_plan
    from baselines.parallel import parallel_backend
    from baselines.report.check import check_run, check_text, is_identical, read_published
    from baselines.report.tables import markdown_tables

    if check and dry_run:
        raise InputError("--dry-run runs nothing that --check could compare; leave one of them out")
    if not dry_run:
        check_folder(output)
    published = read_published(check) if check else None
    with parallel_backend(backend, scheduler):
        planned = plan_run(datasets or ("synthetic",), data_root, **options)
        for line in cells_lines(planned):
            _say(line)
        if dry_run:
            _listing(listing(planned, output), ("done", "folds", "task", "dataset", "seed", "recipe"), as_json)
            return _finish(planned.failures, bool(planned.experiments))
        outcome = run_plan(planned, output, overwrite, jobs, strict)
    scores = tables_of(outcome, output)
    made = output if scores else None
    checked = check_run(outcome.planned, made, published, outcome.impossible, **options) if published else None
    if as_json:
        _print(jsonlib.dumps({"scores": scores, "check": checked} if published else scores, indent=1))
    else:
        texts = [*([markdown_tables(scores)] if scores else []), *([check_text(checked)] if published else [])]
        _print("\n".join(texts), nl=bool(texts))
    _say(f"folds: {outcome.computed} computed, {outcome.reused} reused")
    _say(written_line(outcome, scores, output))
    if scores and not check:
        _say(page_line(outcome, output, data_root))
    _finish(outcome.failures, bool(outcome.computed or outcome.results))
    if published and not is_identical(checked):
        sys.exit(1)


@main.command()
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option(
    "--pivot",
    metavar="ROWS:COLUMNS",
    help="One figure by what varies, such as classifier:representation.blocks. A key is a setting of a recipe (its "
    "last words are enough: C for classifier.C), or recipe, base, seed, task, dataset, subset, metric, protocol or "
    "classes; several are joined by +. Recipes that differ in anything else are refused, seeds become mean and "
    "deviation.",
)
@click.option(
    "--against",
    metavar="RECIPE",
    help="What each other recipe gives minus this one, with a paired interval: what leaving an ingredient out costs.",
)
@click.option(
    "--table",
    "parts",
    multiple=True,
    type=click.Choice(["scores", "ranks", "pairs", "classes", "subjects", "confusion"]),
    help="Repeatable. scores: means over seeds; ranks and pairs: Friedman, Nemenyi and Wilcoxon-Holm of three recipes "
    "or more on the same folds; classes, subjects, confusion. Default: all but pairs; none with --pivot or --against.",
)
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Of scores and pivot; repeatable.")
@click.option("--task", "tasks", multiple=True, metavar="TASK", help="Repeatable.")
@click.option("--dataset", "datasets", multiple=True, metavar="NAME", help="As the tables name it; repeatable.")
@click.option("--subset", "subsets", multiple=True, metavar="NAME", help="Of scores and pivot; repeatable.")
@click.option(
    "--where",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only experiments with this value of a key, such as classifier.C=10 or base=flow-svm; repeatable.",
)
@click.option(
    "--format",
    "forms",
    multiple=True,
    type=click.Choice(["html", "markdown", "latex", "csv", "png", "svg"]),
    help="Repeatable with --output; png and svg are pictures: forest plots, confusions, grids, differences. Default: "
    "markdown, where tables are chosen.",
)
@click.option("--output", type=_FOLDER, help="Folder for the files. Default: print to stdout; of the whole page, DIR.")
@_ROOT
@_JSON
def report(folder, forms, output, data_root, as_json, **options):
    """Show what an output folder of run-all holds: a page of everything, or its tables.

    Alone it writes DIR/report.html and prints its path: scores to sort and filter, forest plots, confusions, each class
    and subject, timelines, pictures of hits and misses, answers. The data are opened again for the pictures, where they
    are found. Else DIR is only read; with --output there is report.md, report.html, one CSV a table, and one LaTeX
    file a table with report.tex to compile.
    """
    from baselines.commands.report import Asked, make_report, report_text, write_report
    from baselines.report.table import json_tables

    asked = Asked(**options)
    whole = not forms and not as_json and asked == Asked()
    forms = forms or (("html",) if whole else ("markdown",))
    if whole:
        output = output or folder
    if output is None and len(forms) > 1:
        raise InputError(f"--format {' and '.join(forms)}: only one goes to stdout; name --output DIR")
    if output is None and forms[0] in ("png", "svg"):
        raise InputError(f"--format {forms[0]}: pictures do not go to stdout; name --output DIR")
    found = make_report(folder, asked)
    gaps = [f"{table.name}: {gap}" for table in found.tables for gap in table.gaps if "csv" in forms]
    for warning in (*found.warnings, *gaps):
        _say(f"warning: {in_line(warning)}")
    if output is not None:
        written = write_report(found, forms, output, data_root)
        if whole:
            _print(written[0])
        else:
            _say(f"written: {len(written)} files in {output}")
    if as_json:
        _print(jsonlib.dumps(json_tables(found.tables), indent=1))
    elif output is None:
        _print(report_text(found, forms[0], data_root), nl=False)
    _finish(found.failures, True)


@main.group()
def data():
    """Datasets: what is known, whether a copy is whole, and the embedded corpus."""


@data.command("list")
@_JSON
def data_list(as_json):
    """List the datasets that can be named."""
    from baselines.datasets import DATASETS, describe

    _listing([describe(name) for name in DATASETS], ("name", "tasks", "title"), as_json)


@data.command("describe")
@click.argument("name")
@_JSON
def data_describe(name, as_json):
    """Print what a dataset is, its licence, the layout that is read, and the label errors that are corrected."""
    from baselines.datasets import describe
    from baselines.report.datasets import description_text

    facts = describe(name)
    _print(jsonlib.dumps(facts, indent=1) if as_json else description_text(facts))


@data.command("check")
@click.argument("name")
@_ROOT
@_LABELS
@click.option("--quick", is_flag=True, help="Read the sizes of pictures only, decode none.")
@_JOBS
@_JSON
def data_check(name, data_root, fix_labels, quick, jobs, as_json):
    """Read a dataset once and compare it with what a complete copy holds; exit 1 when something is wrong."""
    from baselines.datasets.check import check_dataset
    from baselines.report.datasets import check_text

    report = check_dataset(name, data_root, jobs, fix_labels, quick)
    _print(jsonlib.dumps(report, indent=1) if as_json else check_text(report))
    wrong = len(report["findings"])
    _finish([f"{name}: findings in this copy: {wrong}"] if wrong else [], True)


@data.command("make-synthetic")
@click.argument("directory", type=_FOLDER)
@_SEED
@_JOBS
@click.option("--level", type=click.Choice(["easy", "standard", "hard"]), default="standard", show_default=True)
@click.option("--subjects", type=click.IntRange(2, 1000), default=12, show_default=True, help="Synthetic subjects.")
@click.option("--clips", type=click.IntRange(1, 1000), default=12, show_default=True, help="Clips of each subject.")
@click.option("--seconds", type=_Number(3, 3600), default=20, show_default=True, help="Length of long videos.")
@click.option(
    "--fast", type=click.IntRange(0, 1000), help="Subjects with a video at 200 fps too. Default: every second."
)
@click.option("--fast-seconds", type=_Number(2, 3600), help="Its length. Default: .4 of --seconds, at least 2.")
def data_make_synthetic(directory, seed, jobs, level, subjects, clips, seconds, fast, fast_seconds):
    """Write the embedded corpus to DIRECTORY: two manifest datasets, clips/ and long/."""
    from baselines.datasets.embedded import make

    fast = subjects // 2 if fast is None else fast
    sizes = {"long_seconds": seconds, "fast_subjects": fast, "fast_seconds": fast_seconds or max(2, 0.4 * seconds)}
    make(directory, seed, jobs, level, subjects=subjects, clips_per_subject=clips, **sizes)
    _print(directory)


@main.group("features")
def features_group():
    """Features of clips and of frames: list or extract them."""


@features_group.command("list")
@_PLUGIN
@_JSON
def features_list(as_json):
    """List the features; JSON tells their parameters and defaults too. Those whose input is video are per frame."""
    from baselines.commands.extract import feature_list

    _listing(feature_list(), ("name", "input", "citation", "summary"), as_json)


@features_group.command("extract")
@_PLUGIN
@click.argument("name")
@_INPUTS
@_output(
    "File to write: .npz, one array a clip and their `index`; .csv, one row a clip. Per frame: .csv, - for stdout, or "
    "a folder, which gets <subject>_<video>.csv of each video; aligned_faces: .npz too, and PNG pictures in a folder.",
    _PATH,
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter, as in the representation of a recipe (`recipes parts` lists them); repeatable.",
)
@_LANDMARKS
@_FPS
@_NUMBERING
@_JOBS
def features_extract(name, inputs, output, settings, jobs, **reading):
    """Extract the feature NAME from the aligned face in clips: events of a manifest, or each INPUT as a whole.

    Per frame of each video (docs/landmarks.md): landmarks, in OpenFace's columns; aligned_faces; region_motion, of the
    parts of the face in eye distances.
    """
    from baselines.commands.extract import checked_output, extract_inputs, write_features
    from baselines.commands.per_frame import PER_FRAME, extract_frames

    if name in PER_FRAME:
        outcome = extract_frames(name, inputs, output, settings, jobs, **reading)
        for text in outcome.rows:
            _print(text, nl=False)
        return _finish(outcome.failures, bool(outcome.succeeded))
    checked_output(output)
    outcome = extract_inputs(name, inputs, settings, jobs, **reading)
    if outcome.rows:
        write_features(output, outcome.rows)
    _finish(outcome.failures, bool(outcome.rows))


@main.command()
@_PLUGIN
@_INPUTS
@click.option("--method", default="", metavar="NAME", type=_NAME, help="A spotting recipe; see `recipes list`.")
@_AIM
@_output("CSV subject,video,onset,offset,type to write.")
@click.option("--plot", type=_FOLDER, help="Folder for a picture of each video: truth, intervals, curves.")
@click.option("--preview", type=_FOLDER, help="Folder for a short MP4 around each interval, its curve below.")
@_COLUMNS
@_LANDMARKS
@_FPS
@_NUMBERING
@_JOBS
@_JSON
@_EXCEL
def spot(inputs, method, aim, output, plot, preview, columns, jobs, as_json, excel_safe, **reading):
    """Spot micro- and macro-expressions in videos, folders of images or manifests.

    Frames have the numbers of the pictures, else they count from 1. JSON tells scores, curves, warnings and coverage of
    each video: how many frames were read, have a face, could not be read, are not there.
    """
    from baselines.commands.predict import spot_inputs
    from baselines.commands.spotted import more_columns
    from baselines.formats.challenge import SPOTTING_COLUMNS

    columns = (*SPOTTING_COLUMNS, *more_columns(columns))
    outcome = spot_inputs(inputs, method, aim, plot, preview, jobs, **reading)
    _summarize(outcome)
    _write_predictions(output, columns, outcome, as_json, excel_safe)


@main.command()
@_PLUGIN
@_INPUTS
@_MODEL
@_output("CSV dataset,subject,clip,label,prediction to write, and p_CLASS, the probability of each class.")
@click.option("--plot", type=_FOLDER, help="Folder for a picture of each clip: onset, apex, motion, probabilities.")
@_LANDMARKS
@_FPS
@_NUMBERING
@_JOBS
@_JSON
@_EXCEL
def recognize(inputs, model, output, plot, jobs, as_json, excel_safe, **reading):
    """Recognize the emotion of clips: every event of a manifest, or each INPUT as a whole."""
    from baselines.commands.predict import RECOGNITION_COLUMNS, recognize_inputs

    outcome = recognize_inputs(inputs, model, jobs, plot, **reading)
    _write_predictions(output, (*RECOGNITION_COLUMNS, *outcome.more), outcome, as_json, excel_safe)


@main.command("str")
@_PLUGIN
@_INPUTS
@click.option("--method", default="", metavar="NAME", type=_NAME, help="A spotting recipe; see `recipes list`.")
@_AIM
@_MODEL
@click.option(
    "--types",
    type=click.Choice(["micro", "macro", "both"]),
    default="micro",
    show_default=True,
    help="Which expressions; the challenge wants micro.",
)
@_output("CSV subject,video,onset,offset,emotion,type to write.")
@click.option("--plot", type=_FOLDER, help="Folder for a picture of each video, as `spot` draws it, with the emotions.")
@click.option("--preview", type=_FOLDER, help="Folder for a short MP4 around each interval, with its emotion.")
@_COLUMNS
@_LANDMARKS
@_FPS
@_NUMBERING
@_JOBS
@_JSON
@_EXCEL
def spot_then_recognize(
    inputs, method, aim, model, types, output, plot, preview, columns, jobs, as_json, excel_safe, **reading
):
    """Spot micro-expressions in videos, then recognize the emotion of each.

    Frames are numbered as in `spot`. What is recognized as others is left out, as the challenge wants it. JSON is that
    of `spot`, with the recognized `events` of each video.
    """
    from baselines.commands.predict import spot_then_recognize_inputs
    from baselines.commands.spotted import STR_COLUMNS, more_columns

    columns = (*STR_COLUMNS, *more_columns(columns))
    kinds = ("micro", "macro") if types == "both" else (types,)
    outcome = spot_then_recognize_inputs(inputs, method, aim, model, kinds, plot, preview, jobs, **reading)
    _summarize(outcome)
    _write_predictions(output, columns, outcome, as_json, excel_safe)


@main.command()
@click.argument("source", metavar="INPUT", type=_PATH)
@_output("Folder for explain.html, steps/*.png and curve.csv.", _FOLDER)
@click.option("--video", default="", metavar="NAME", help="Which video, of an INPUT that holds several.")
@click.option("--dataset", default="synthetic", show_default=True, metavar="NAME", help="What recognition learns from.")
@_ROOT
@_FPS
@_NUMBERING
@_JOBS
def explain(source, output, video, dataset, data_root, fps, numbering, jobs):
    """Explain the classic pipeline on one video, step by step, as a page to play with.

    INPUT: a video file, a folder of images, or a manifest, whose events are shown as the truth. The page is one file
    and needs no network. Recognition learns from other people than the one that is seen. The first run makes the
    embedded corpus and learns from it, which takes some minutes.
    """
    from baselines.commands.explain import explain as explain_video

    page, *others = explain_video(source, output, video, dataset, data_root, fps, numbering, jobs)
    _say(f"{page}" + (f" and {len(others)} files beside it" if others else ""))


@main.command()
@_PLUGIN
@click.option("--dataset", required=True, metavar="NAME", help="Dataset to train on.")
@_ROOT
@_LABELS
@_CLASSES
@click.option(
    "--recipe",
    default="flow-kernels",
    show_default=True,
    metavar="NAME",
    type=_NAME,
    help="A recognition recipe, or vlm.",
)
@click.option(
    "--folds",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="vlm: parts of the subjects, each held out of a training for the scores; as many as subjects: "
    "leave-one-subject-out. 1: every fifth subject is held out.",
)
@click.option("--from-scratch", is_flag=True, help="vlm: do not start from the embedded model.")
@click.option(
    "--steps", type=click.IntRange(1, 1_000_000), help="vlm: steps of training. Default: 200, from scratch 1500."
)
@_STRICT
@_SEED
@_JOBS
@_output("Model file to write, for recognize, str and vqa.", _PATH)
def train(dataset, data_root, fix_labels, classes, recipe, folds, from_scratch, steps, strict, seed, jobs, output):
    """Train a recognition recipe on a whole dataset and write a model file, which answers in the --classes.

    `--recipe vlm` fine-tunes the embedded vision model instead and writes a folder with two GGUF files and their
    scores; it needs PyTorch: pip install 'megc-baselines[vlm]'.
    """
    (check_folder if recipe == "vlm" else check_file)(output)
    if recipe == "vlm":
        if classes != "coarse":
            raise InputError("--classes: vlm answers questions, which have classes of their own; leave it out")
        from baselines.vqa.vlm import train as vlm

        plan = vlm.make_plan(from_scratch, steps, seed=seed, folds=folds)
        _print(jsonlib.dumps(vlm.train(dataset, data_root, output, plan, jobs, fix_labels), indent=1))
        return

    from baselines.commands.train import train_model
    from baselines.recognition.model import save_model

    model = train_model(recipe, dataset, data_root, seed, jobs, fix_labels, classes, strict)
    save_model(model, output)
    scores = ", ".join(f"{name} {value}" for name, value in model.data["scores"].items())
    _say(f"{output}: {recipe} on {model.data['clips']} clips of {model.data['subjects']} subjects")
    _say(f"on subjects left out: {scores or 'not known, there is one subject only'}")


@main.command("fit-spotting")
@click.argument("output", required=False, type=_FILE)
@click.option(
    "--seed", type=click.IntRange(0, 2**31), default=1000, show_default=True, help="Seed of the first corpus."
)
@_JOBS
def fit_spotting(output, seed, jobs):
    """Refit the trees of regional-contrast on embedded corpora of other seeds, and write them to OUTPUT.

    OUTPUT: by default the file that comes with the package.
    """
    from baselines.spotting.regional.fit import fit_trees_of_corpus

    fit_trees_of_corpus(output, seed, jobs)


@main.command()
@click.option("--questions", type=_PATH, help="Questions, ME-VQA JSON Lines.")
@click.option("--question", "asked", multiple=True, metavar="TEXT", help="A question about all of --media; repeatable.")
@click.option(
    "--media",
    required=True,
    type=_PATH,
    help="Folder with the clips asked about: video files, folders of images, flow pictures, or a manifest. "
    "Or one clip: a video file, the folder of its images, a flow picture.",
)
@click.option("--answerer", type=click.Choice(["rules", "llama", "hybrid"]), default="rules", show_default=True)
@_PLUGIN
@click.option(
    "--model",
    metavar="FILE|NAME",
    type=_NAME,
    help="rules: a file that `train` wrote. llama, hybrid: a GGUF file, or a name of `models list`. "
    "Default: the embedded ones.",
)
@click.option("--mmproj", metavar="FILE", type=_NAME, help="llama, hybrid: the GGUF file of the vision projector.")
@click.option("--classifiers", metavar="FILE", type=_NAME, help="hybrid: a file that `train` wrote.")
@click.option(
    "--decoding",
    type=click.Choice(["scored", "grammar", "free"]),
    default="scored",
    show_default=True,
    help="llama: the likeliest admissible answer, text under a grammar, or free text.",
)
@click.option(
    "--panel",
    type=click.Choice(["flow", "onset-apex-flow", "onset-apex-offset"]),
    help="llama: the picture that is shown. Default: what the model was trained on, else onset-apex-flow.",
)
@click.option("--threads", type=click.IntRange(1), help="llama: threads of the model.")
@click.option(
    "--use-wording",
    is_flag=True,
    help="rules, hybrid: count at least as many events of a long video as a question about its n-th event takes for "
    "granted.",
)
@click.option(
    "--open-names",
    is_flag=True,
    help="rules: emotions that no clip of the model's training has are possible, too; for another database.",
)
@click.option("--explain", is_flag=True, help="--questions: add `grounds` to each row, what its answer rests on.")
@click.option("--output", type=_FILE, help="--questions: the rows with their answers, JSON Lines; - for stdout.")
@_FPS
@_NUMBERING
@_JOBS
@click.option("--json", "as_json", is_flag=True, help="--question: print JSON instead of text.")
def vqa(questions, asked, media, answerer, explain, output, fps, numbering, jobs, as_json, **options):
    """Answer questions about clips and long videos.

    They are those of a file, or --question about whatever --media holds. For questions about events (how many, which
    type, where), the video is spotted first. A row of the output has `confidence` (0..1) where there is one, and `flag`
    where the answer is a best effort. A row that cannot be answered keeps an empty answer, is named on stderr, and
    makes the exit code 1. --question prints each answer with its confidence and what it rests on.
    """
    from baselines.commands.answer import Options, answer_about, answer_file, answers_text

    if bool(questions) == bool(asked):
        raise InputError("give either --questions FILE or --question TEXT")
    reading = {"fps": fps, "jobs": jobs, "numbering": numbering}
    if asked:
        if output or explain:
            raise InputError("--output and --explain go with --questions; an answer to --question is printed")
        rows, failures = answer_about(asked, media, answerer, Options(**options), **reading)
        if rows:
            _print(jsonlib.dumps(rows, indent=1, ensure_ascii=False) if as_json else answers_text(rows))
        return _finish(failures, bool(rows))
    if output is None or as_json:
        raise InputError("--questions needs --output FILE, which is JSON Lines; - prints it")
    text, failures = answer_file(questions, media, answerer, Options(**options), output, **reading, explained=explain)
    if str(output) == "-":
        _print(text, nl=False)
    _finish(failures, bool(text))


@main.group()
def models():
    """Vision models for questions: which have a name, and whether a model works here."""


@models.command("list")
@_JSON
def models_list(as_json):
    """List the vision models that have a name.

    Image tokens: what a clip's picture and a flow picture take. State: whether the files are in the cache.
    """
    from baselines.vqa.llama.hub import list_models

    _listing(list_models(), ("name", "size", "licence", "family", "image_tokens", "state"), as_json)


@models.command("check")
@click.argument("model", metavar="FILE|NAME", type=_NAME)
@click.option("--mmproj", metavar="FILE", type=_NAME, help="The GGUF file of the vision projector.")
@click.option("--threads", type=click.IntRange(1), help="Threads of the model.")
@_JSON
def models_check(model, mmproj, threads, as_json):
    """Load a vision model, and print what it is and how fast here.

    It is asked about a made picture. FILE is a GGUF file, whose vision projector --mmproj names; a NAME of
    `models list` is fetched if need be.
    """
    from baselines.commands.models import check_model, check_text

    facts = check_model(model, mmproj, threads)
    _print(jsonlib.dumps(facts, indent=1) if as_json else check_text(facts))


@main.command()
@click.argument("kind", type=click.Choice(["spotting", "recognition", "strs", "vqa"]))
@click.option(
    "--truth",
    type=_PATH,
    help="File with the truth; recognition: may be left out. spotting, strs: or a manifest folder, whose videos tell "
    "where predictions end, as the column frames of a videos.csv beside an events.csv does; or an .eaf of ELAN, a file "
    "of BORIS, subtitles, or a folder of these (docs/exchange.md).",
)
@click.option(
    "--predictions",
    required=True,
    type=_PATH,
    help="File with the predictions. Of run-all: recognition predictions-recognition.csv; spotting "
    "predictions-spotting.csv and strs predictions-str.csv, as --truth as well, since they hold both sides.",
)
@click.option("--compare", metavar="OTHER", type=_PATH, help="Other predictions; tests the difference.")
@click.option(
    "--mode",
    metavar="NAME",
    help="spotting: one-to-one; megc2020, whose intervals find any number of events; megc2022, the same whatever their "
    "type, decided by the length (micro: up to half a second); strs: corrected, megc2025-script.",
)
@click.option("--classes", metavar="A,B,...", help="Scored classes, or megc2025. Default: those in the truth.")
@click.option("--coarse-classes", metavar="A,B,...", help="vqa: classes of the coarse question.")
@click.option("--fine-classes", metavar="A,B,...", help="vqa: classes of the fine-grained question.")
@click.option(
    "--iou",
    metavar="LEAST",
    type=_Number(0, 1, min_open=True),
    multiple=True,
    help="spotting: least overlap of a hit; repeatable. Default: 0.5, at which the first figures stay with several; in "
    "the mode megc2022 0.2, 0.3, 0.4 and 0.5.",
)
@click.option("--strict", is_flag=True, help="spotting: a hit has IoU > threshold instead of >=.")
@click.option("--type", type=click.Choice(["micro", "macro"]), help="strs: count only this type.")
@click.option("--per-video", is_flag=True, help="spotting: counts of each video too.")
@click.option(
    "--where",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="Which rows of a file that run-all wrote, where it holds several experiments: recipe=flow-svm, seed=0 or "
    "table=flow-images; repeatable.",
)
@_RATE
@_SEED
@_JSON
def score(kind, truth, predictions, compare, seed, as_json, **options):
    """Score predictions against the truth, with 95 % intervals by bootstrap over subjects.

    spotting: micro and macro are matched each by itself, and overall adds their counts, in the tables of run-all too;
    any matches events whatever their types are.
    strs: all events count alike, whatever their type; run-all has micro-expressions only.
    Predicted intervals are cut to their video, from frame 1 to its end where that is known, with a warning that counts
    them; one that lies outside as a whole is a false positive. --mode megc2025-script takes them as written.
    """
    from baselines.commands.score import score_file
    from baselines.report.text import comparison_text, figures_text
    from baselines.scoring.common import json_ready

    result = score_file(kind, truth, predictions, seed, compare, **options)
    for warning in result.pop("warnings", ()):
        _say(f"warning: {in_line(warning)}")
    result = json_ready(result)
    if as_json:
        _print(jsonlib.dumps(result, indent=1))
        return
    comparison = result.pop("comparison", None)
    _print(figures_text(result, result.pop("ci")))
    if comparison:
        _print(comparison_text(comparison))


@main.command()
@click.argument("file", metavar="FILE", type=_PATH)
@click.option(
    "--to",
    required=True,
    type=click.Choice(["elan", "boris", "csv", "srt", "vtt"]),
    help="elan: .eaf; boris: aggregated events, .csv or .tsv; csv: in frames and seconds, for score and manifests.",
)
@_output("File to write; - for stdout; of several videos for elan, srt and vtt a folder, as in events/.", str)
@_RATE
@click.option("--media", type=_PATH, help="The video, or the folder of the videos, whose names an .eaf then holds.")
def convert(file, to, output, fps, media):
    """Convert events between this project, ELAN, BORIS, subtitles and tables in seconds (docs/exchange.md).

    FILE: a CSV of spot, str or a manifest; an .eaf; aggregated or tabular events or a project of BORIS; .srt; .vtt; or
    a folder of such files of one kind. What cannot be taken over is counted on stderr.
    """
    from baselines.commands.convert import convert_file

    text, notes = convert_file(file, to, output, fps, media)
    for note in notes:
        _say(f"warning: {in_line(note)}")
    _print(text, nl=False)


@main.command()
@click.argument("kind", type=click.Choice(["str", "vqa"]))
@click.argument("more", metavar="[FILE]...", nargs=-1, type=_PATH)
@click.option(
    "--predictions",
    required=True,
    multiple=True,
    type=_PATH,
    help="File with predictions, or several one after the other; repeatable.",
)
@click.option("--questions", multiple=True, type=_PATH, help="vqa: official file of questions; repeatable.")
@click.option(
    "--version",
    type=click.Choice(["v1", "v2", "lvqa"]),
    default="v1",
    show_default=True,
    help="vqa: set of questions; v2 and lvqa need --questions.",
)
@_output("Zip file to write.")
@_JSON
def submit(kind, more, predictions, questions, version, output, as_json):
    """Write the zip for a leaderboard, or refuse predictions that are not complete."""
    from baselines.commands.submit import write_submission
    from baselines.report.text import figures_text

    summary = write_submission(kind, (*predictions, *more), output, questions, version)
    for warning in summary.pop("warnings"):
        _say(f"warning: {in_line(warning)}")
    _print(jsonlib.dumps(summary, indent=1) if as_json else figures_text(summary, {}))


@main.command()
@_JSON
def bench(as_json):
    """Measure speeds, and ratios to reference implementations in the same run, on one thread; 80 seconds.

    Seconds are processor time, except where two workers are compared with one.
    """
    from baselines.bench import machine, run_bench, table

    _say(machine())
    rows = run_bench()
    _print(jsonlib.dumps(rows, indent=1) if as_json else table(rows))


@main.command()
@_JSON
def env(as_json):
    """Show what results depend on here: versions, processor, numeric libraries, and variables that are set.

    The key is that of the environment in rows.jsonl and environment.json. It shows no path, user or machine name.
    """
    from baselines.commands.env import facts
    from baselines.report.environments import environment_text

    found = facts()
    _print(jsonlib.dumps(found, indent=1) if as_json else environment_text(found))


@main.command()
@click.argument("folder", required=False, type=_PATH)
@click.option(
    "--level", "levels", multiple=True, metavar="LEVEL", help="lab-still, still, calm or talking; repeatable."
)
@click.option("--method", "methods", multiple=True, metavar="NAME", help="Repeatable. Default: all spotting recipes.")
@click.option("--seed", "seeds", multiple=True, type=_WHOLE_SEED, default=(0, 1), show_default=True, help="Repeatable.")
@click.option("--output", type=_FOLDER, help="Folder for trade-off.csv and trade-off.png.")
@_JOBS
def implants(folder, levels, methods, seeds, output, jobs):
    """Measure spotting methods on known motion implanted into the face videos of FOLDER.

    FOLDER: by default faces/ in MEGC_SHARED_DATA. Chance and the untouched videos stand beside; nothing is fitted.
    """
    from baselines.report.implants import measure_implants, table_row

    for row in measure_implants(folder, levels, methods, seeds, jobs, output):
        _print(table_row(*row))


@main.command()
@click.argument("folder", required=False, type=_PATH)
@click.option("--method", "methods", multiple=True, metavar="NAME", help="Repeatable. Default: all spotting recipes.")
@click.option(
    "--landmarks",
    "sources",
    multiple=True,
    type=click.Choice(["dlib", "mediapipe"]),
    help="Instead of methods, how steady landmarks are: jitter from frame to frame, deviation of the median and of the "
    "worst one between cycles, ms a frame; repeatable.",
)
@_JOBS
@_JSON
def repeatability(folder, methods, sources, jobs, as_json):
    """Measure whether spotting methods find and measure the same thing twice, in the face videos of FOLDER.

    First, F1 of the intervals against those of the video as it is, after changes that move no expression: re-encoded,
    mirrored, cropped, noisy, smaller, backwards, short of a frame; by change, then by video (mean and least). Then, how
    far the parts of the face deviate where the same frames are played forth and back, in % of the distance between the
    eyes. No label is needed. FOLDER: by default faces/ in MEGC_SHARED_DATA.
    """
    from baselines.report.repeatability import measure_repeatability, repeatability_text
    from baselines.report.steadiness import measure_steadiness, steadiness_text

    if sources:
        if methods:
            raise click.UsageError("--method and --landmarks ask for different tables; give one of them.")
        rows = measure_steadiness(folder, sources)
        return _print(jsonlib.dumps(rows, indent=1) if as_json else steadiness_text(rows))
    found = measure_repeatability(folder, methods, jobs)
    _print(jsonlib.dumps(found, indent=1) if as_json else repeatability_text(found))


@main.group()
def draw():
    """Pictures of what this program works with."""


@draw.command("regions")
@click.argument("output", type=_FILE)
def draw_regions_command(output):
    """Draw the facial regions on one face; OUTPUT is a file such as regions.png."""
    from baselines.report.regions import draw_regions

    draw_regions(output)


@draw.command("corpus")
@click.argument("directory", type=_FOLDER)
def draw_corpus_command(directory):
    """Draw subjects and long videos of the embedded corpus as three pictures in DIRECTORY."""
    from baselines.report.corpus import draw_corpus

    for path in draw_corpus(directory):
        _print(path)


@draw.command("differences")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=_PATH)
@click.option("--against", multiple=True, required=True, metavar="RECIPE", help="As in `report`; repeatable.")
@_output("PNG file to write.")
def draw_differences_command(folders, against, output):
    """Draw what recipes give against one: output folders of run-all as dots with intervals, one panel each."""
    from baselines.commands.report import draw_against

    for line in draw_against(folders, against, output):
        _say(f"warning: {in_line(line)}")
    _print(output)


@main.group()
def recipes():
    """Recipes: named methods with all their parameters."""


@recipes.command("list")
@_PLUGIN
@_JSON
def recipes_list(as_json):
    """List the recipes."""
    from baselines.recipes import broken_recipes, load_recipe, recipe_names

    broken = broken_recipes()
    found = [load_recipe(name).to_dict() for name in recipe_names() if name not in broken]
    _listing(found, ("name", "task", "summary"), as_json)
    _finish(broken.values(), bool(found))


@recipes.command("parts")
@_PLUGIN
@_JSON
def recipes_parts(as_json):
    """List every part that a recipe can name: what it takes, its source, its parameters and their defaults."""
    from baselines.parts import describe_parts
    from baselines.report.text import parts_text

    parts = describe_parts()
    _print(jsonlib.dumps(parts, indent=1) if as_json else parts_text(parts))


@recipes.command("show")
@_PLUGIN
@click.argument("name", type=_NAME)
@_JSON
def recipes_show(name, as_json):
    """Print one recipe."""
    from baselines.recipes import load_recipe, recipe_text

    recipe = load_recipe(name)
    _print(jsonlib.dumps(recipe.to_dict(), indent=1) if as_json else recipe_text(name).rstrip())


@recipes.command("cite")
@_PLUGIN
@click.argument("names", metavar="NAME...", nargs=-1, required=True, type=_NAME)
@_JSON
def recipes_cite(names, as_json):
    """Print the works that recipes stand on, as BibTeX with DOI where it is known.

    That is each recipe's own source and those of its features, kernels, classifiers and spotting methods.
    """
    from baselines.commands.cite import bibtex_text, cite_recipes

    cited = cite_recipes(names, __version__)
    _print(jsonlib.dumps(cited, indent=1) if as_json else bibtex_text(cited))


@main.command()
@_JSON
def cite(as_json):
    """Print how to cite this suite, as BibTeX."""
    from baselines.commands.cite import cite_suite

    work = cite_suite(__version__)
    _print(jsonlib.dumps(work, indent=1) if as_json else work["bibtex"])


def _listing(entries, columns, as_json):
    """Print entries as JSON, or as aligned columns."""
    from baselines.report.text import columns_text

    _print(jsonlib.dumps(entries, indent=1) if as_json else columns_text(entries, columns))


def _summarize(outcome):
    """Tell what was spotted in each video."""
    from baselines.commands.spotted import summary_of

    for details in outcome.details:
        _say(summary_of(details))


def _write_predictions(output, columns, outcome, as_json, excel_safe):
    """Write prediction rows as CSV (`-` is stdout) unless every input failed, print JSON, then finish.

    Where both go to stdout it is the JSON, which holds the rows too.
    """
    from baselines.files import csv_text, write_text

    if as_json:
        _print(jsonlib.dumps(outcome.details))
    text = csv_text(columns, outcome.rows, excel_safe)
    if outcome.succeeded and str(output) != "-":
        write_text(output, text)
    elif outcome.succeeded and not as_json:
        _print(text, nl=False)
    _finish(outcome.failures, bool(outcome.succeeded))


def _finish(failures, kept):
    """Print one line a failure; exit 1 when something was kept all the same, else 2."""
    for failure in failures:
        _say(f"error: {in_line(failure)}")
    if failures:
        sys.exit(1 if kept else 2)


if __name__ == "__main__":
    main(prog_name="megc")
