"""What kind of model a GGUF file holds, read from its header without llama.cpp (GGUF specification, ggml project)."""

import os
import struct

from baselines.errors import InputError

SCALAR_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # by GGUF's number of the type
STRING, ARRAY = 8, 9
LONGEST_NAME, LARGEST_VALUE = 2**16, 2**32  # bytes; more is damage


def gguf_architecture(path):
    """Return `general.architecture` of a GGUF file: `clip` for a vision projector, else that of a text model.

    Raises `InputError` for a file that is missing, is not GGUF, or ends within its header. llama.cpp is not asked,
    because it does not survive every bad file.
    """
    try:
        with open(path, "rb") as file:
            if file.read(4) != b"GGUF":
                raise InputError(f"{path}: not a GGUF file; convert the model or give another file")
            version, _, count = _unpack(file, "<IQQ")
            if version not in (2, 3):
                raise InputError(f"{path}: GGUF version {version}; versions 2 and 3 are read, convert the model again")
            for _ in range(count):
                key = _read_string(file)
                (kind,) = _unpack(file, "<I")
                if key == b"general.architecture" and kind == STRING:
                    return " ".join(_read_string(file).decode("utf-8", "replace").split())
                _skip(file, kind)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (struct.error, KeyError):
        raise InputError(f"{path}: the GGUF header is cut short or damaged; copy the file again") from None
    raise InputError(f"{path}: GGUF without general.architecture; convert the model again")


def _unpack(file, layout):
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _read_string(file):
    (length,) = _unpack(file, "<Q")
    if length > LONGEST_NAME:
        raise struct.error
    return file.read(length)


def _skip(file, kind):
    count = 1
    if kind == ARRAY:
        kind, count = _unpack(file, "<IQ")
    if kind == STRING:
        for _ in range(count):
            _pass_over(file, _unpack(file, "<Q")[0])
    else:
        _pass_over(file, count * SCALAR_BYTES[kind])


def _pass_over(file, size):
    if size > LARGEST_VALUE:
        raise struct.error
    file.seek(size, os.SEEK_CUR)
