"""What the commands spot, recognize and str do with their inputs: each input by itself, failures apart."""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from baselines.commands.landmarks import MESH, check_landmarks, file_stem, with_landmarks, with_mesh
from baselines.commands.spotted import details_of, interval_rows
from baselines.datasets import manifest
from baselines.datasets.choosing import in_no_class
from baselines.datasets.classes import COARSE, ClassSet, coarse_classes, unknown_word
from baselines.datasets.cutting import cut_clip, event_clips
from baselines.datasets.records import Event, Video
from baselines.errors import InputError
from baselines.formats.challenge import PROBABILITY, RECOGNITION_KEYS
from baselines.parallel import attempt, run_parallel
from baselines.progress import progress_bar
from baselines.recognition.intervals import recognize_events
from baselines.recognition.representation import represent_one
from baselines.spotting.recipe import spot_video, spotting_recipe

LEFT_OUT = "others, left out"  # what pictures call an interval that is no row, being recognized as others
RECOGNITION_COLUMNS = (*RECOGNITION_KEYS, "label", "prediction")


@dataclass
class Outcome:
    """Prediction rows (mappings), one message a failed input, how many videos or clips went well, details of each.

    more: columns of the rows besides those that every row of its kind has.
    """

    rows: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    succeeded: int = 0
    details: list = field(default_factory=list)
    more: tuple = ()


def spot_inputs(inputs, method="", aim=None, plot=None, preview=None, jobs=1, **reading):
    """Return the `Outcome` of spotting in every video of the inputs; `details` tells scores and curves of each.

    reading: fps, numbering and landmarks, as in `open_inputs`. plot: folder for curve pictures; preview: folder for a
    short annotated clip around each interval. One that cannot be written is a failure that costs no row.
    """
    recipe = spotting_recipe(method, aim)
    videos, outcome = open_inputs(inputs, jobs=jobs, **reading)

    def rows_of(video, result):
        draw_spotted(outcome, video, result, plot, preview)
        outcome.details.append(details_of(video, result))
        return interval_rows(video, result.intervals)

    return run_each(partial(spot_video, recipe=recipe), videos, rows_of, outcome, jobs, "spotting")


def draw_spotted(outcome, video, result, plot=None, preview=None, emotions=None):
    """Write the curve picture of a video and previews of its intervals into folders, where these are named.

    emotions: {interval: its emotion}, as `spotting_figure` takes them. What cannot be written is a failure of the
    `Outcome`, told once.
    """
    name = file_stem(video)
    if plot is not None:
        from baselines.report.plots import plot_spotting

        picture, first = plot / f"{name}.png", video.number(1)
        with told_once(outcome):
            plot_spotting(result, video.fps, picture, truth=video.events, title=name, first=first, emotions=emotions)
    if preview is not None:
        from baselines.report.previews import write_previews

        with told_once(outcome):
            write_previews(video, result, preview, name, emotions)


@contextmanager
def told_once(outcome):
    """Take an `InputError` as a failure, of all that are alike the first."""
    try:
        yield
    except InputError as error:
        outcome.failures += [] if str(error) in outcome.failures else [str(error)]


def recognize_inputs(inputs, model=None, jobs=1, plot=None, **reading):
    """Return the `Outcome` of recognizing every clip of the inputs; `reading` as in `spot_inputs`.

    plot: folder for a picture of each clip. One that cannot be written is a failure that costs no row.
    """
    from baselines.commands.train import default_model, load_model

    named, model = model, load_model(model) if model else None
    classes = COARSE  # those of the default model
    if model:
        if "classes" not in model.data:
            raise InputError(f"{named}: does not tell its classes; train it again")
        classes = ClassSet.from_dict(model.data["classes"])
    clips, outcome = open_inputs(inputs, partial(labelled, classes=classes), jobs, **reading)
    if not clips:
        return outcome
    model = model or default_model(jobs)
    outcome.more = tuple(PROBABILITY + name for name in model.recognizer.classes_)
    strange, counted = in_no_class(clips)
    if strange:
        warnings.warn(f"{strange} clips have no label, being in no class of the model ({counted})", stacklevel=2)

    def rows_of(clip, representation):
        (probabilities,) = model.recognizer.predict_proba(representation[None])
        shares = probabilities.round(6).tolist()
        row = {
            "dataset": clip.dataset,
            "subject": clip.subject,
            "clip": clip.name,
            "label": clip.label or "",
            "prediction": str(model.recognizer.classes_[probabilities.argmax()]),
        }
        found = dict(zip(model.recognizer.classes_.tolist(), shares))
        outcome.details.append(row | {"probabilities": found})
        if plot is not None:
            from baselines.report.recognized import plot_recognized

            with told_once(outcome):
                plot_recognized(clip, found, plot / f"{file_stem(clip)}.png", settings)
        return [row | dict(zip(outcome.more, shares))]

    settings = model.recipe.steps["representation"]
    return run_each(partial(represent_one, settings=settings), clips, rows_of, outcome, jobs, "recognizing")


def spot_then_recognize_inputs(
    inputs, method="", aim=None, model=None, kinds=("micro",), plot=None, preview=None, jobs=1, **reading
):
    """Return the `Outcome` of spotting expressions of the `kinds` in every video and recognizing each.

    plot, preview, reading: as in `spot_inputs`; pictures and previews tell the emotions.
    """
    from baselines.commands.train import default_model, load_model

    recipe = spotting_recipe(method, aim)
    model = load_model(model) if model else None
    videos, outcome = open_inputs(inputs, jobs=jobs, **reading)
    if not videos:
        return outcome
    model = model or default_model(jobs)

    def rows_of(video, result):
        found = recognize_events(video, result.intervals, model.recognizer, model.recipe, kinds)
        spans = interval_rows(video, [interval for interval, _ in found])
        rows = [row | {"emotion": emotion} for row, (_, emotion) in zip(spans, found)]
        asked = {interval: LEFT_OUT for interval in result.intervals if interval.kind in kinds}
        draw_spotted(outcome, video, result, plot, preview, asked | dict(found))
        outcome.details.append(details_of(video, result) | {"events": rows})
        return rows

    return run_each(partial(spot_video, recipe=recipe), videos, rows_of, outcome, jobs, "spotting")


def labelled(path, videos, classes):
    """Return the clips of an input with these videos, labelled in the classes of a model.

    A model of the coarse classes takes the words of a manifest's own as its `classes.csv` tells; one that this does not
    name raises `InputError`.
    """
    clips = clips_of(path, videos)
    if classes.name == COARSE.name:
        classes = coarse_classes(path)
        for word, place in manifest.own_words(path).items():
            if not classes.knows(word):
                raise InputError(unknown_word(place, word))
    return [replace(clip, classes=classes) for clip in clips]


def clips_of(path, videos):
    """Return the clips of an input: events of a manifest (those with an emotion if any has one), or whole videos."""
    if any(video.events is not None for video in videos):
        clips = event_clips(videos) or event_clips(videos, labelled=False)
        if not clips:
            raise InputError(
                f"{path}: events.csv holds no event; add rows, or delete it to take each video as one clip"
            )
        return clips
    return [cut_clip(video, Event(1, len(video.frames)), video.name) for video in videos]


def open_inputs(inputs, cut=None, jobs=1, landmarks=None, fps=None, numbering=None):
    """Return the records of each input, and an `Outcome` with the inputs it could not read.

    cut: (input, its videos) -> records; by default the videos. landmarks: a file, a folder or `MESH`, which `jobs`
    workers then find. fps, numbering: as `read_videos` takes them.
    """
    check_landmarks(landmarks, inputs)
    outcome, opened, records = Outcome(), [], []
    for path in inputs:
        try:
            videos = manifest.read_videos(path, fps, numbering=numbering)
            opened.append((path, videos if landmarks == MESH else with_landmarks(videos, landmarks)))
        except InputError as error:
            outcome.failures.append(str(error))
    if landmarks == MESH:
        meshed = iter(with_mesh([video for _, videos in opened for video in videos], jobs))
        opened = [(path, [next(meshed) for _ in videos]) for path, videos in opened]
    for path, videos in opened:
        try:
            records += cut(path, videos) if cut else videos
        except InputError as error:
            outcome.failures.append(str(error))
    names = [(r.subject, r.name) for r in records]
    for subject, name in {n for n in names if names.count(n) > 1}:
        raise InputError(f"two inputs are called subject {subject} video {name}; rename one or write a videos.csv")
    return records, outcome


def run_each(function, records, rows_of, outcome, jobs, label):
    """Run `function` over the records in parallel and gather the rows and failures in `outcome`."""
    for record, (result, failure) in zip(records, _results(function, records, jobs, label)):
        for note in getattr(result, "warnings", ()):
            warnings.warn(f"{record.frames.source}: {note}", stacklevel=2)
        try:
            if failure:
                source = record.frames.source if record.frames else record.name
                raise InputError(failure if str(source) in failure else f"{source}: {failure}")
            outcome.rows += rows_of(record, result)
            outcome.succeeded += 1
        except InputError as error:
            outcome.failures.append(str(error))
    return outcome


def _results(function, records, jobs, label):
    """Return what `attempt` gives for each record; a single video shows its progress by frames, and has all workers."""
    if len(records) == 1 and isinstance(records[0], Video):
        with progress_bar(len(records[0].frames), label) as bar:
            return [attempt(partial(function, progress=bar.update, jobs=jobs), records[0])]
    return run_parallel(partial(attempt, function), records, jobs, label)
