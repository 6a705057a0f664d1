"""What a GGUF file says of its model, read from its header without llama.cpp (GGUF specification, ggml project)."""

import math
import os
import stat
import struct

from baselines.errors import InputError

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}  # GGUF's types
STRING, ARRAY = 8, 9
# by the last part of a key's name, (least, most) of any model that is known, with room above
PLAUSIBLE = {
    "block_count": (1, 1024),
    "context_length": (1, 2**24),
    "embedding_length": (1, 2**17),
    "feed_forward_length": (0, 2**20),
    "head_count": (0, 2**12),
    "head_count_kv": (0, 2**12),
    "image_size": (1, 2**13),
    "patch_size": (1, 2**10),
    "projection_dim": (1, 2**17),
    "layer_norm_epsilon": (0, 1),
    "layer_norm_rms_epsilon": (0, 1),
}
LONGEST_NAME, LARGEST_VALUE = 2**16, 2**32  # bytes; more is damage


def gguf_architecture(path):
    """Return `general.architecture` of a GGUF file: `clip` for a vision projector, else that of a text model.

    Raises `InputError` for a file that is missing, is not GGUF, or ends within its header. llama.cpp is not asked,
    because it does not survive every bad file.
    """
    keys = gguf_keys(path, until="general.architecture")
    if "general.architecture" not in keys:
        raise InputError(f"{path}: GGUF without general.architecture; convert the model again")
    return " ".join(str(keys["general.architecture"]).split())


def gguf_keys(path, until=None):
    """Return {name: value} of the numbers, truth values and short texts in a GGUF file's header; arrays are left out.

    until: the name after which to stop. Raises `InputError` as `gguf_architecture` does.
    """
    keys = {}
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):  # would be waited for, and llama.cpp reads the file again
            raise InputError(f"{path}: is a pipe; expected a GGUF file")
        with open(path, "rb") as file:
            if file.read(4) != b"GGUF":
                raise InputError(f"{path}: not a GGUF file; convert the model or give another file")
            version, _, count = _unpack(file, "<IQQ")
            if version not in (2, 3):
                raise InputError(f"{path}: GGUF version {version}; versions 2 and 3 are read, convert the model again")
            while count > 0 and until not in keys:
                name = _read_string(file).decode("utf-8", "replace")
                (kind,) = _unpack(file, "<I")
                if kind == ARRAY:
                    _skip_array(file)
                else:
                    keys[name] = _read_value(file, kind)
                count -= 1
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (struct.error, KeyError):
        raise InputError(f"{path}: the GGUF header is cut short or damaged; copy the file again") from None
    return keys


def projector_type(keys):
    """Return the type of a vision projector by the keys of its header, "" where it names none.

    A file that holds an audio projector too names both in keys of their own.
    """
    return str(keys.get("clip.projector_type") or keys.get("clip.vision.projector_type") or "")


def pair_keys(model, mmproj):
    """Return the header keys of a text model and of a vision projector; `InputError` where they are not these two."""
    if gguf_architecture(model) == "clip":
        raise InputError(f"{model}: is a vision projector, not a text model; give it as --mmproj")
    architecture = gguf_architecture(mmproj)
    if architecture != "clip":
        raise InputError(f"{mmproj}: is a text model ({architecture}), not a vision projector; give it as --model")
    return _plausible(model, gguf_keys(model)), _plausible(mmproj, gguf_keys(mmproj))


def _plausible(path, keys):
    """Return keys that no model of today contradicts."""
    for name, value in keys.items():
        least, most = PLAUSIBLE.get(name.rpartition(".")[2], (-math.inf, math.inf))
        if not isinstance(value, str) and not least <= value <= most:
            raise InputError(f"{path}: {name} is {value}; expected {least} to {most}: convert the model again")
    return keys


def _unpack(file, layout):
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _read_string(file):
    (length,) = _unpack(file, "<Q")
    if length > LONGEST_NAME:
        raise struct.error
    return _whole(file, length)


def _read_value(file, kind):
    if kind != STRING:
        return _unpack(file, "<" + SCALARS[kind])[0]
    (length,) = _unpack(file, "<Q")
    if length > LONGEST_NAME:
        _pass_over(file, length)
        return ""
    return _whole(file, length).decode("utf-8", "replace")


def _skip_array(file):
    kind, count = _unpack(file, "<IQ")
    if kind != STRING:
        _pass_over(file, count * struct.calcsize(SCALARS[kind]))
        return
    for _ in range(count):
        _pass_over(file, _unpack(file, "<Q")[0])


def _whole(file, length):
    text = file.read(length)
    if len(text) < length:
        raise struct.error
    return text


def _pass_over(file, size):
    if size > LARGEST_VALUE:
        raise struct.error
    file.seek(size, os.SEEK_CUR)
