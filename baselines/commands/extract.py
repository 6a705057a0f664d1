"""What the commands `features list` and `features extract` do: any feature of `features` on any clip.

What is extracted of each frame of a video is in `baselines.commands.per_frame`.
"""

from functools import partial
from pathlib import Path

import numpy as np

from baselines.commands.per_frame import PER_FRAME, per_frame_list
from baselines.commands.predict import clips_of, open_inputs, run_each
from baselines.errors import InputError
from baselines.files import atomic_path, check_file, csv_text, write_text
from baselines.parts import check_part, parts_of_kind
from baselines.recipes.values import read_set
from baselines.recognition.representation import feature_of
from baselines.signatures import described, nearest

SUFFIXES = (".npz", ".csv")


def feature_list():
    """Return one record a feature: name, what it takes, source, summary, parameters with their defaults."""
    listed = [
        {
            "name": name,
            "input": part.feature.input,
            "citation": part.citation,
            "summary": part.summary,
            "parameters": {p["name"]: p["default"] for p in described(part)["parameters"]},
        }
        for name, part in _features().items()
    ]
    return listed + per_frame_list()


def extract_inputs(name, inputs, settings=(), jobs=1, **reading):
    """Return the `Outcome` of one feature on every clip of the inputs; its rows are (clip, array).

    settings: texts `name=value`, parameters as a recipe gives them to the representation of this name. reading: as in
    `open_inputs`.
    """
    known = _features()
    if name not in known:
        raise InputError(f"feature {name!r} is not known; {nearest(name, [*known, *PER_FRAME])}")
    chosen = read_set(settings, "radii=[1,1,4]")
    if "name" in chosen:
        raise InputError("--set name: the feature is named already; give it once")
    chosen["name"] = name
    check_part("representation", chosen, "--set")
    clips, outcome = open_inputs(inputs, clips_of, jobs, **reading)
    compute = partial(feature_of, settings=chosen)
    return run_each(compute, clips, lambda clip, array: [(clip, array)], outcome, jobs, name)


def _features():
    """Return {name: part} of the representations that are features, the user's own among them."""
    return {name: part for name, part in parts_of_kind("representation").items() if part.feature is not None}


def write_features(path, rows):
    """Write (clip, array) rows: .npz with one array a clip and their `index`, .csv with one row a clip."""
    if Path(path).suffix == ".csv":
        write_text(path, _csv(path, rows))
        return
    arrays = {f"{clip.subject}/{clip.name}": array for clip, array in rows}
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, index=np.array(list(arrays)), **arrays)


def checked_output(path):
    """Return `path` if it names a kind of file that `write_features` writes."""
    check_file(path)
    if Path(path).suffix not in SUFFIXES:
        raise InputError(f"{path}: the name of the output must end in {' or '.join(SUFFIXES)}")
    return path


def _csv(path, rows):
    if any(array.ndim > 1 or array.size != rows[0][1].size for _, array in rows):
        shapes = list(dict.fromkeys(str(array.shape) for _, array in rows))
        raise InputError(
            f"{path}: a row holds a vector of one length for all clips, but the arrays have the shapes "
            f"{', '.join(shapes[:4])}; use .npz"
        )
    columns = ("dataset", "subject", "clip", *range(rows[0][1].size))
    return csv_text(
        columns, [(clip.dataset, clip.subject, clip.name, *array.ravel().astype(str)) for clip, array in rows]
    )
