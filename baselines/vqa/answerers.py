"""The answerers of `megc vqa`: generator functions (clips, groups of questions) -> (answers, failure) a clip."""

from dataclasses import dataclass
from functools import partial

from baselines.errors import InputError
from baselines.parallel import attempt, progress_bar, run_parallel
from baselines.vqa.measuring import evidence_source
from baselines.vqa.media import as_clip
from baselines.vqa.panel import draw_panel
from baselines.vqa.pooling import DEFAULT_WEIGHT, pool
from baselines.vqa.rules import RuleAnswerer


@dataclass(frozen=True)
class Options:
    """What the answerers are made of; None takes the default of each.

    model: a file that `train` wrote (rules), a GGUF file or a name of `hub.list_models` (llama, hybrid). mmproj: the
    GGUF file of the vision projector. classifiers: a file that `train` wrote (hybrid). decoding, threads: as in
    `LlamaAnswerer`. panel: a layout of `baselines.vqa.panel`.
    """

    model: str | None = None
    mmproj: str | None = None
    classifiers: str | None = None
    decoding: str = "scored"
    panel: str | None = None
    threads: int | None = None


def rules(options, jobs):
    """Return the rule answerer."""
    if options.mmproj:
        raise InputError("--mmproj goes with --answerer llama; leave it out or choose that answerer")
    measured = evidence_source(options.model, jobs)

    def answer(clips, groups):
        for (evidence, failure), group in zip(measured(clips), groups):
            yield (None, failure) if failure else (RuleAnswerer().answer_clip(group, evidence), None)

    return answer


def llama(options, jobs):
    """Return the vision model's answerer; the model is loaded once and answers one question after the other."""
    model = _load_vision(options)

    def ask(drawn, questions):
        return model.answer_clip([question.text for question in questions], *drawn)

    def answer(clips, groups):
        yield from _asked(_panels(model, options, clips, jobs), groups, ask)

    return answer


def hybrid(options, jobs):
    """Return the answerer that pools the vision model's likelihoods with the classifiers' probabilities."""
    if options.decoding != "scored":
        raise InputError("--decoding goes with --answerer llama; the hybrid answerer scores")
    model, measured = _load_vision(options), evidence_source(options.classifiers, jobs)

    def ask(seen, questions):
        drawn, evidence = seen
        if evidence.events is None:  # of a long video the vision model sees too little
            evidence = pool(model.evidence(*drawn), evidence, DEFAULT_WEIGHT)
        return RuleAnswerer().answer_clip(questions, evidence)

    def answer(clips, groups):
        panels = _panels(model, options, clips, jobs)
        both = [((d, e), bad or worse) for (d, bad), (e, worse) in zip(panels, measured(clips))]
        yield from _asked(both, groups, ask)

    return answer


def _load_vision(options):
    from baselines.vqa.hub import find_pair
    from baselines.vqa.llama import LlamaAnswerer

    model = LlamaAnswerer(*find_pair(options.model, options.mmproj), options.threads, options.decoding)
    if model.ours and options.panel not in (None, model.layout):
        raise InputError(f"--panel {options.panel}: {options.model or 'the embedded model'} reads flow panels only")
    return model


def _panels(model, options, clips, jobs):
    draw = partial(draw_panel, layout=options.panel or model.layout, size=model.size)
    whole = [as_clip(clip) for clip in clips]
    return run_parallel(partial(attempt, draw), whole, jobs, f"drawing {len(clips)} clips")


def _asked(seen, groups, ask):
    with progress_bar(sum(map(len, groups)), "answering") as bar:
        for (one, failure), questions in zip(seen, groups):
            answers = (None, failure) if failure else attempt(partial(ask, one), questions)
            bar.update(len(questions))
            yield answers
