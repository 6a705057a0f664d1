"""Answer a whole file of questions about the clips in a folder."""

import warnings
from collections import Counter
from functools import partial
from pathlib import Path

from baselines import formats
from baselines.datasets.frames import read_image
from baselines.datasets.manifest import cut_clip, event_clips, read_videos
from baselines.datasets.questions import as_question, fill_answers, read_rows
from baselines.datasets.records import Clip, Event
from baselines.errors import InputError
from baselines.parallel import progress_bar, run_parallel
from baselines.recognition.representation import onset_and_apex, represent_one
from baselines.training import default_model, load_model
from baselines.vqa.panel import CLIP_CAPTION, FLOW_CAPTION, clip_panel, flow_picture_panel
from baselines.vqa.rules import RuleAnswerer
from features.optical_flow import optical_flow


def find_clips(questions, media, fps=None):
    """Return {(subject, video): Clip} for those of the questions' clips that the folder `media` holds.

    media: a manifest folder; or a folder with, for each clip, a folder of images, a video file or a flow
    picture named `<subject>_<video>`, `<video>`, or `<subject>/<video>`.
    """
    media = Path(media)
    if not media.is_dir():
        raise InputError(f"{media}: no such folder; --media names the folder that holds the clips asked about")
    if (media / "videos.csv").exists():
        videos = read_videos(media, fps)
        whole = {(v.subject, v.name): cut_clip(v, Event(1, len(v.frames)), v.name) for v in videos}
        return whole | {(clip.subject, clip.name): clip for clip in event_clips(videos)}
    stems = {}
    for path in sorted(media.iterdir()):
        stems.setdefault((path.name if path.is_dir() else path.stem).strip(), path)
    found = {}
    for subject, video in dict.fromkeys((question.subject, question.video) for question in questions):
        path = stems.get(f"{subject}_{video}") or stems.get(video)
        if path is None and subject and (media / subject / video).is_dir():
            path = media / subject / video
        if path is None:
            continue
        if path.suffix == ".png":
            found[subject, video] = Clip("media", subject, video, flow_image=path)
        else:
            (record,) = read_videos(path, fps)
            found[subject, video] = cut_clip(record, Event(1, len(record.frames)), video)
    return found


def answer_file(questions, media, answerer, model, mmproj, output, fps=None, jobs=1):
    """Answer the questions of a JSON Lines file and write them with their answers to `output`.

    Returns ([one message a clip that could not be answered about], whether any question was answered);
    unanswered rows keep an empty answer. answerer: rules or llama; model, mmproj: see `megc vqa --help`.
    """
    rows = read_rows(questions)
    asked = {}
    for question in map(as_question, rows):
        asked.setdefault((question.subject, question.video), []).append(question)
    answer = _llama(model, mmproj, jobs) if answerer == "llama" else _rules(model, mmproj, jobs)
    clips = find_clips([question for group in asked.values() for question in group], media, fps)
    names = [name for name in asked if name in clips]
    missing = [name for name in asked if name not in clips]
    failures = [f"{media}: no clip {'_'.join(filter(None, n))} for {len(asked[n])} questions; add it" for n in missing]
    answers, flags = {}, Counter()
    for name, (found, failure) in zip(names, answer([clips[name] for name in names], [asked[name] for name in names])):
        if failure:
            failures.append(failure)
        else:
            answers |= {question.id: answer.text for question, answer in zip(asked[name], found)}
            flags.update(answer.flag for answer in found if answer.flag)
    for flag, count in flags.most_common():
        warnings.warn(f"{count} answers are best efforts: {flag}", stacklevel=2)
    if answers:
        blank = [{**row, "answer": ""} for row in rows]  # a question file may hold the true answers
        formats.write_answers(output, fill_answers(blank, answers))
    return failures, bool(answers)


def _rules(path, mmproj, jobs):
    """Return a generator function (clips, groups of questions) -> (answers, failure) of the rule answerer."""
    if mmproj:
        raise InputError("--mmproj goes with --answerer llama; leave it out or choose that answerer")
    model = load_model(path) if path else default_model(jobs)
    if model.analyst is None:
        raise InputError(f"{path}: trained on clips without action units; train on a dataset that has them")
    measure = partial(represent_one, settings=model.recipe.steps["representation"])

    def answer(clips, groups):
        for (X, failure), group in zip(_each(measure, clips, jobs, "measuring"), groups):
            if failure:
                yield None, failure
                continue
            (evidence,) = model.analyst.predict(X[None])
            yield RuleAnswerer().answer_clip(group, evidence), None

    return answer


def _llama(path, mmproj, jobs):
    """Return the same for a vision model; it is loaded once and answers one question after the other."""
    if not path or not mmproj:
        raise InputError("--answerer llama needs --model GGUF and --mmproj GGUF, a vision model and its projector")
    from baselines.vqa.llama import LlamaAnswerer

    answerer = LlamaAnswerer(path, mmproj)

    def answer(clips, groups):
        panels = list(_each(draw_panel, clips, jobs, "drawing"))
        with progress_bar(sum(map(len, groups)), "answering") as bar:
            for (drawn, failure), group in zip(panels, groups):
                try:
                    found = None if failure else [answerer.answer(question.text, *drawn) for question in group]
                except InputError as error:
                    found, failure = None, str(error)
                bar.update(len(group))
                yield found, failure

    return answer


def draw_panel(clip):
    """Return (picture, caption) of a clip for a vision model: onset, apex and flow, or the flow picture it has."""
    if clip.flow_image is not None:
        return flow_picture_panel(read_image(clip.flow_image)), FLOW_CAPTION
    onset, apex = onset_and_apex(clip, size=128)
    return clip_panel(onset, apex, optical_flow(onset, apex, method="dis")), CLIP_CAPTION


def _each(function, clips, jobs, label):
    return run_parallel(partial(_caught, function), clips, jobs, f"{label} {len(clips)} clips")


def _caught(function, clip):
    try:
        return function(clip), None
    except InputError as error:
        return None, str(error)
