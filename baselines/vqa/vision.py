"""What the embedded vision model says of flow pictures, many at a time."""

from baselines.vqa.panel import flow_panels


def vision_evidence(pictures):
    """Return the `Evidence` of each flow picture (n, 28, 28, 3)."""
    return _each(pictures, lambda model, panel, _: model.evidence(panel), [None] * len(pictures))


def vision_answers(pictures, questions):
    """Return the `Answer`s to the list of `Question`s about each flow picture (n, 28, 28, 3)."""
    return _each(pictures, lambda model, panel, asked: model.answer_clip([q.text for q in asked], panel), questions)


def _each(pictures, ask, questions):
    from baselines.vqa.llama import LlamaAnswerer

    model = LlamaAnswerer()
    try:
        return [ask(model, panel, asked) for panel, asked in zip(flow_panels(pictures), questions)]
    finally:
        model.close()
