"""What the commands `features list` and `features extract` do: any feature of `features` on any clip."""

import inspect
import json
import tomllib
from functools import partial
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.files import atomic_path, csv_text, write_text
from baselines.predict import open_inputs, read_clips, run_each
from baselines.recognition.representations.faces import aligned_faces, first_landmarks, onset_and_apex
from features import FEATURES
from features.errors import FeatureError
from features.optical_flow import METHODS, PRESETS, optical_flow
from features.optical_strain import strain_maps

EXPRESSION = 0.4  # seconds; half of it is the k of the spotting features
SUFFIXES = (".npz", ".csv")


def feature_list():
    """Return one record a feature: name, what it takes, source, summary, parameters with their defaults."""
    return [
        {
            "name": name,
            "input": feature.input,
            "citation": feature.citation,
            "summary": feature.summary,
            "parameters": {
                parameter.name: parameter.default
                for parameter in inspect.signature(feature.function).parameters.values()
                if parameter.default is not parameter.empty
            },
        }
        for name, feature in FEATURES.items()
    ]


def extract_inputs(name, inputs, settings=(), size=128, flow="paper", fps=None, jobs=1):
    """Return the `Outcome` of one feature on every clip of the inputs; its rows are (clip, array).

    settings: texts `name=value`, parameters of the feature. size: side of the aligned face, px. flow: method of
    `optical_flow` for the features that take a flow field.
    """
    if name not in FEATURES:
        raise InputError(f"feature {name!r} is not known; choose one of {', '.join(FEATURES)}")
    if flow not in (*METHODS, *PRESETS):
        raise InputError(f"--flow {flow!r} is not known; choose one of {', '.join([*METHODS, *PRESETS])}")
    parameters = parse_settings(name, settings)
    clips, outcome = open_inputs(inputs, partial(read_clips, fps=fps))
    compute = partial(extract, name=name, parameters=parameters, size=size, flow=flow)
    return run_each(compute, clips, lambda clip, array: [(clip, array)], outcome, jobs, name)


def extract(clip, name, parameters, size=128, flow="paper"):
    """Return the array of one feature of a clip whose face is aligned to `size` x `size` px."""
    feature = FEATURES[name]
    try:
        return np.asarray(feature.function(*_arguments(clip, feature.input, size, flow), **parameters))
    except FeatureError as error:
        reason = error
    except (TypeError, ValueError, AttributeError) as error:
        if not parameters:
            raise
        chosen = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
        reason = f"the parameters {chosen} do not suit it ({error})"
    raise InputError(f"{clip.frames.source}, clip {clip.name}: {name}: {reason}")


def parse_settings(name, settings):
    """Return {parameter: value} of texts `parameter=value`; a value is a TOML or JSON literal, or else plain text."""
    known = _parameter_names(name, settings)
    parameters = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        if not equals or key not in known:
            raise InputError(f"--set {setting!r}: {name} has the parameters {', '.join(known)}; give one as NAME=VALUE")
        parameters[key] = _literal(text.strip())
    return parameters


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
    if Path(path).suffix not in SUFFIXES:
        raise InputError(f"{path}: the name of the output must end in {' or '.join(SUFFIXES)}")
    return path


def _arguments(clip, kind, size, flow):
    """Return what a feature takes, in order: see `features.INPUTS`."""
    if kind == "flow":
        return (optical_flow(*onset_and_apex(clip, size), method=flow),)
    faces = aligned_faces(clip, size)
    if kind == "clip+landmarks":
        return faces, first_landmarks(clip, size)
    rest = {"clip": (), "clip+fps": (clip.fps,), "clip+k": (max(1, round(clip.fps * EXPRESSION / 2)),)}
    return faces, *rest[kind]


def _parameter_names(name, settings):
    """Return the names that --set may use; a function with **parameters passes them to strain maps and flow."""
    signature = inspect.signature(FEATURES[name].function).parameters.values()
    names = [parameter.name for parameter in signature if parameter.default is not parameter.empty]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature):
        method = next(
            (_literal(text[len("method=") :]) for text in settings if text.startswith("method=")), "farneback"
        )
        method = PRESETS.get(method, (method,))[0]
        if method not in METHODS:
            raise InputError(f"--set method={method}: choose one of {', '.join([*METHODS, *PRESETS])}")
        for function in (strain_maps, METHODS[method]):
            inner = inspect.signature(function).parameters.values()
            names += [parameter.name for parameter in inner if parameter.default is not parameter.empty]
    return list(dict.fromkeys(names))


def _literal(text):
    for read in (lambda: tomllib.loads(f"value = {text}")["value"], lambda: json.loads(text)):
        try:
            value = read()
        except ValueError:
            continue
        return tuple(value) if isinstance(value, list) else value
    return text


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
