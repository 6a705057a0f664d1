"""Vision models by name: the embedded one, and those of others that are fetched from a model hub when asked for.

Files go into the cache of `huggingface_hub` (`HF_HOME`, `HF_HUB_CACHE`), from the server that `HF_ENDPOINT` names; a
download that was cut is gone on with, and its SHA-256 is compared with the one that the hub gives. What came is told by
a warning, in the words that name the same files again: `NAME@REVISION#sha256=MODEL,MMPROJ`.
"""

import hashlib
import os
import re
import warnings
from pathlib import Path

from baselines.errors import InputError, MissingDependency
from baselines.vqa.llama.gguf_header import gguf_keys, projector_type
from baselines.vqa.llama.menu import MODELS, family_of

EMBEDDED = Path(__file__).parent / "models"
EMBEDDED_PAIR = EMBEDDED / "embedded.gguf", EMBEDDED / "embedded-mmproj.gguf"
LISTED = ("name", "size", "licence", "family", "image_tokens", "repository", "state")
SHA256 = re.compile(r"[0-9a-f]{64}")
NAMED = re.compile(
    r"(?P<name>[^@#]+)(@(?P<revision>[\w-][\w.-]*(/[\w-][\w.-]*)*))?(#sha256=(?P<digests>[0-9a-f]{64},[0-9a-f]{64}))?"
)


def list_models() -> list[dict[str, str]]:
    """Return one mapping a known model: name, size, licence, family, image tokens, repository, and state.

    The image tokens are those of a clip's picture and of a flow picture, "" where they are not known; the state is
    "here" or "to download".
    """
    size = sum(path.stat().st_size for path in EMBEDDED_PAIR) / 1e6
    family = family_of(projector_type(gguf_keys(EMBEDDED_PAIR[1])))
    rows = [("embedded", f"{size:.1f} MB", "as this project", family, "", "in this package", "here")]
    for name, model in MODELS.items():
        here = all(_in_cache(model.repository, file) for file in (model.model, model.mmproj))
        rows.append(
            (
                name, f"{sum(model.bytes) / 1e6:.0f} MB", model.licence or "see its card", model.family,
                ", ".join(map(str, model.image_tokens)), model.repository, "here" if here else "to download",
            )
        )  # fmt: skip
    return [dict(zip(LISTED, row)) for row in rows]


def find_pair(model: str | None = None, mmproj: str | None = None) -> tuple[Path, Path]:
    """Return the paths (model, mmproj) of a GGUF pair given by paths or, without `mmproj`, by a name of `list_models`.

    Without either it is the embedded pair. A named model that is not in the cache is downloaded: by default the newest,
    as NAME@REVISION that of a commit, tag or branch, and with #sha256=HEX,HEX behind it (of model and projector) these
    files only. Raises `InputError` for an unknown name, a server that cannot be reached, a file that came damaged or is
    another than was named; `MissingDependency` without huggingface_hub.
    """
    if mmproj is None and model in (None, "embedded"):
        return EMBEDDED_PAIR
    if model is not None and mmproj is not None:
        return Path(model), Path(mmproj)
    names = {name.lower(): found for name, found in MODELS.items()}
    words = NAMED.fullmatch(str(model))
    found = words and names.get(words["name"].lower())
    if not found:
        known = ", ".join(["embedded", *MODELS])
        raise InputError(
            f"--model {model}: give its --mmproj GGUF too, or the name of a known model, NAME or NAME@REVISION or "
            f"NAME@REVISION#sha256=HEX,HEX (64 digits of 0-9 and a-f each): {known}"
        )
    digests = (words["digests"] or ",").split(",")
    files = [
        Path(_fetch(found.repository, file, words["revision"], digest))
        for file, digest in zip((found.model, found.mmproj), digests)
    ]
    return files[0], files[1]


def _fetch(repository, name, revision=None, digest=""):
    """Return the path of a file of a repository, of the newest revision unless one is named; digest: its SHA-256."""
    path = _in_cache(repository, name, revision) or _download(repository, name, revision)
    if digest and _sha256(path) != digest:
        raise InputError(
            f"{repository}/{name}: its SHA-256 is {_sha256(path)}, not the one that --model names; name another "
            "revision, or this SHA-256 if you trust the file"
        )
    return path


def _download(repository, name, revision):
    hub = _huggingface_hub()
    endpoint = os.environ.get("HF_ENDPOINT") or None
    where = f"{repository}/{name}"
    try:
        url = hub.hf_hub_url(repository, name, revision=revision, endpoint=endpoint)
        facts = hub.get_hf_file_metadata(url, endpoint=endpoint)
        expected = facts.etag
        path = hub.hf_hub_download(repository, name, revision=revision, endpoint=endpoint)
    except hub.errors.RevisionNotFoundError:
        raise InputError(f"{where}: the hub has no revision {revision}; name a commit, tag or branch of it") from None
    except hub.errors.EntryNotFoundError:
        raise InputError(f"{where}: the hub has no such file any more; give the files by path") from None
    except Exception as error:  # of whatever HTTP library this version of huggingface_hub builds on
        raise InputError(
            f"{where}: not downloaded ({_reason(error)}); check the network or HF_ENDPOINT and run again, or give "
            "--model and --mmproj files"
        ) from None
    came = _sha256(path)
    if SHA256.fullmatch(expected or "") and came != expected:
        Path(path).resolve().unlink()
        Path(path).unlink(missing_ok=True)
        raise InputError(f"{where}: came damaged, its SHA-256 is not {expected[:12]}...; run again to download it anew")
    size, commit = os.path.getsize(path), facts.commit_hash
    warnings.warn(f"downloaded {where}, revision {commit}, {size} bytes, SHA-256 {came}", stacklevel=2)
    return path


def _in_cache(repository, name, revision=None):
    try:
        import huggingface_hub as hub
    except ImportError:
        return None
    found = hub.try_to_load_from_cache(repository, name, revision=revision)
    return found if isinstance(found, str) else None


def _huggingface_hub():
    try:
        import huggingface_hub
    except ImportError:
        raise MissingDependency("--model NAME", "huggingface_hub", "huggingface_hub") from None
    return huggingface_hub


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reason(error):
    return " ".join(str(error).split())[:160] or type(error).__name__
