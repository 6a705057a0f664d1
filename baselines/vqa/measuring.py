"""From clips and long videos to `Evidence`: features of each expression, and the classifiers of a model on them."""

import warnings
from functools import partial

import numpy as np

from baselines.datasets.cutting import cut_clip
from baselines.datasets.records import Event, Video
from baselines.errors import InputError
from baselines.parallel import attempt, run_parallel
from baselines.predict import spotting_recipe
from baselines.recognition.representation import represent_one
from baselines.spot_then_recognize import spot_video
from baselines.training import default_model, load_model
from baselines.vqa.rules import video_evidence


def evidence_source(path, jobs):
    """Return a function from clips and videos to an iterator of (`Evidence`, why there is none), in their order.

    path: a file that `train` wrote, None for the default model. In a `Video` the expressions are spotted with the
    default spotting recipe, and each is measured as a clip.
    """
    model = load_model(path) if path else default_model(jobs)
    if model.analyst is None:
        raise InputError(f"{path}: trained on clips without action units; train on a dataset that has them")
    measure = partial(_measure, settings=model.recipe.steps["representation"], recipe=spotting_recipe())

    def measured(records):
        pictures = all(not isinstance(record, Video) and record.frames is None for record in records)
        # reading small pictures costs less than starting workers
        results = run_parallel(
            partial(attempt, measure), records, 1 if pictures else jobs, f"measuring {len(records)} clips"
        )
        arrays = [X for result, _ in results if result for X in result[1] if X is not None]
        evidences = iter(model.analyst.predict(np.stack(arrays)) if arrays else ())
        for record, (result, failure) in zip(records, results):
            if failure:
                yield None, failure
                continue
            events, found, notes = result
            for note in notes:
                warnings.warn(f"{record.frames.source}: {note}", stacklevel=2)
            known = [None if X is None else next(evidences) for X in found]
            yield (known[0] if events is None else video_evidence(events, known)), None

    return measured


def _measure(record, settings, recipe):
    """Return (events or None for a clip, an array or None for each expression, notes)."""
    if not isinstance(record, Video):
        return None, [represent_one(record, settings)], ()
    spotted = spot_video(record, recipe)
    events = [Event(i.onset, i.offset, i.apex, i.kind) for i in spotted.intervals]
    return events, [_array(record, event, settings) for event in events], spotted.warnings


def _array(video, event, settings):
    """Return the features of one event, None where the face is not seen in it."""
    clip = cut_clip(video, event, f"{video.name}_{event.onset}")
    return attempt(partial(represent_one, settings=settings), clip)[0]
