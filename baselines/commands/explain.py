"""The command `explain`: the classic pipeline on one video as a page."""

import warnings
from pathlib import Path

from baselines.commands.answer import Options, grounds_of, look, make_answerer
from baselines.commands.train import DEFAULT_RECIPE, fit_analyst
from baselines.datasets.manifest import read_videos
from baselines.datasets.records import Dataset, Question, Video
from baselines.errors import InputError
from baselines.faces.track import NoFaceError
from baselines.parallel import attempt
from baselines.progress import progress_bar
from baselines.recipes import load_recipe
from baselines.recognition.model import Model
from baselines.report.canvas import plain_style
from baselines.report.explain.lesson import Chapter, Lesson
from baselines.report.explain.motion import alignment_chapter, flow_chapter, strain_chapter, video_chapter
from baselines.report.explain.questions import Answered, clip_questions, questions_chapter
from baselines.report.explain.recognition import recognition_chapter, training_of
from baselines.report.explain.regions import mdmo_chapter, time_chapter
from baselines.report.explain.spotting import spotting_chapter
from baselines.report.explain.texture import texture_chapter
from baselines.report.explain.write import write_faceless, write_lesson

MEASURED = (
    video_chapter, alignment_chapter, flow_chapter, strain_chapter, texture_chapter, mdmo_chapter, time_chapter,
    spotting_chapter,
)  # fmt: skip
ANSWERERS = ("rules", "llama")


def explain(
    source: Path,
    output: Path,
    video: str = "",
    dataset: str = "synthetic",
    root: Path | None = None,
    fps: float | None = None,
    numbering=None,
    jobs: int = 1,
) -> list[Path]:
    """Write the page of a video, its pictures and its curve into a folder, and return the files.

    video: which one, of an input that holds several: its name, or subject/name. dataset, root: what recognition is
    learned from. A video without a face gets a page that says so, and a warning.
    """
    videos = read_videos(source, fps, numbering=numbering)
    index = _index(videos, video, source)
    lesson = Lesson(videos[index], source, index)
    try:
        _ = lesson.movement
    except NoFaceError as error:
        warnings.warn(str(error), stacklevel=2)
        return [write_faceless(lesson, str(error), output)]
    training = training_of(lesson, dataset, root, jobs)
    with plain_style(), progress_bar(len(MEASURED) + 2, "explaining") as bar:
        chapters = [_told(bar, chapter, lesson) for chapter in MEASURED]
        chapters.append(_told(bar, recognition_chapter, lesson, training))
        asked = clip_questions(lesson)
        answered = {name: _answered(name, lesson, asked, training.dataset, jobs) for name in ANSWERERS}
        chapters.append(_told(bar, questions_chapter, lesson, asked, answered, DEFAULT_RECIPE))
        return write_lesson(lesson, chapters, output)


def _told(bar, chapter, lesson: Lesson, *more) -> Chapter:
    made = chapter(lesson, *more)
    bar.update(1)
    return made


def _answered(name: str, lesson: Lesson, asked: list[str], others: Dataset, jobs: int) -> Answered:
    """Return what an answerer says; one that is not there, or fails, costs its column and not the page."""
    questions = [Question(str(number), lesson.clip.name, text) for number, text in enumerate(asked, start=1)]

    def answers() -> Answered:
        answerer = make_answerer(name, Options())
        try:
            model = _analysing(others, jobs) if answerer.measures else None
            [(seen, failure)] = look(answerer, [lesson.clip], model)
            if seen is None:
                return Answered(failure=failure or "")
            settings = model.recipe.steps["representation"] if model else {}
            group = {question.id: question for question in questions}
            grounds = grounds_of(answerer, lesson.clip, group, seen, settings)
            return Answered(
                seen, answerer.answer_clip(questions, seen), [grounds[question.id] for question in questions]
            )
        finally:
            answerer.close()

    found, failure = attempt(lambda _: answers(), None)
    return found or Answered(failure=failure or "")


def _analysing(others: Dataset, jobs: int) -> Model:
    """Return a model that measures what questions are about, fitted on other people."""
    recipe = load_recipe(DEFAULT_RECIPE)
    analyst = fit_analyst(recipe, others, jobs)
    if analyst is None:
        raise InputError(f"dataset {others.name}: has no clips with action units to learn from")
    return Model(recipe, None, analyst, {})


def _index(videos: list[Video], wanted: str, source: Path) -> int:
    """Return the place of the video that is wanted among those of an input."""
    names = [{video.name, f"{video.subject}/{video.name}"} for video in videos]
    found = [n for n, known in enumerate(names) if not wanted or wanted in known]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{video.subject}/{video.name}".lstrip("/") for video in videos[:5])
    more = f" and {len(videos) - 5} more" if len(videos) > 5 else ""
    what = f"--video {wanted}: names {len(found)} of" if wanted else "holds several videos; choose one by --video of"
    raise InputError(f"{source}: {what} {listed}{more}")
