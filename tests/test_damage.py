"""Files of ours that were damaged since: models are refused in one line, kept arrays and rows are made again."""

import json
import os
import warnings
import zipfile
from unittest.mock import Mock

import numpy as np
import pytest

from baselines.cache import cached_arrays
from baselines.commands import train
from baselines.errors import InputError
from baselines.experiments.rows import Lines, Notes, line_of
from baselines.recipes import load_recipe
from baselines.recognition.model import Model, load_model, save_model
from baselines.recognition.recognizer import Recognizer
from baselines.sealed import BrokenSeal, seal, unsealed

ARRAYS = {"a": np.arange(60.0).reshape(5, 12), "b": np.array(["x", "yy"]), "c": np.asfortranarray(np.eye(3))}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model file with the trees of XGBoost."""
    rng, path = np.random.default_rng(0), tmp_path_factory.mktemp("model") / "xgb.model"
    recipe = load_recipe("flow-xgb")
    X, labels = rng.normal(size=(24, 28, 28, 3)).astype(np.float32), ["negative", "positive", "surprise"] * 8
    save_model(Model(recipe, Recognizer.from_recipe(recipe).fit(X, labels), None, {"clips": 24}), path)
    return path


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}, archive.comment


def write_zip(path, members, comment, **options):
    """Write a zip file whose checksums of members are right."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = comment


def refused(path, why):
    """Assert that a model file is refused in one line that names it, and says what to do."""
    with pytest.raises(InputError) as caught:
        load_model(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    assert "copy it again where it was whole, or train it again" in text
    assert why in text


UNFIT = "does not fit the SHA-256 at its end"


def test_a_changed_byte_anywhere_in_a_member_is_told_before_it_is_parsed(trained, tmp_path):
    members, comment = members_of(trained)
    assert any(b"trees_" in content for content in members.values())
    write_zip(tmp_path / "same", members, comment)
    assert load_model(tmp_path / "same").data == load_model(trained).data == {"clips": 24}
    rng = np.random.default_rng(1)
    for name, content in members.items():
        for _ in range(3):
            changed = bytearray(content)
            changed[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
            write_zip(tmp_path / "m", {**members, name: bytes(changed)}, comment)
            refused(tmp_path / "m", UNFIT)


def test_a_model_that_lacks_a_member_or_has_one_more_is_refused(trained, tmp_path):
    members, comment = members_of(trained)
    for name in members:
        write_zip(tmp_path / "m", {k: v for k, v in members.items() if k != name}, comment)
        refused(tmp_path / "m", UNFIT)
    write_zip(tmp_path / "m", {**members, "more.npy": b"x"}, comment)
    refused(tmp_path / "m", UNFIT)


def test_a_model_without_a_seal_is_refused(trained, tmp_path):
    write_zip(tmp_path / "older", members_of(trained)[0], b"")
    refused(tmp_path / "older", "of an older version: has no SHA-256 at its end")
    (tmp_path / "cut").write_bytes(trained.read_bytes()[:-1])
    refused(tmp_path / "cut", "has no SHA-256")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is no file")
    refused(tmp_path, "is no file")


def test_a_sealed_file_that_is_no_model_is_refused(trained, tmp_path):
    members, _ = members_of(trained)
    for name in ("schema.json", "plugins.json"):
        for content in (b"", b"[]", b"[" * 100_000, b'{"a": 1}', b"\xff"):
            write_zip(tmp_path / "m", {**members, name: content}, b"")
            seal(tmp_path / "m")
            with pytest.raises(InputError, match=rf"^{tmp_path / 'm'}: not a"):
                load_model(tmp_path / "m")


def test_members_that_unpack_to_more_than_the_file_are_refused(trained, tmp_path):
    members, _ = members_of(trained)
    write_zip(tmp_path / "bomb", {**members, "more.npy": bytes(50_000_000)}, b"", compression=zipfile.ZIP_DEFLATED)
    seal(tmp_path / "bomb")
    refused(tmp_path / "bomb", "holds compressed members")
    write_zip(tmp_path / "claim", members, b"")
    with zipfile.ZipFile(tmp_path / "claim", "a") as archive:
        archive.infolist()[0].file_size = 1 << 40
        archive.comment = b"changed"
    seal(tmp_path / "claim")
    refused(tmp_path / "claim", "claims to hold more than its own length")


def test_every_bit_of_a_sealed_file_is_covered(tmp_path):
    write_zip(tmp_path / "z", {"a": b"some bytes", "b": b""}, b"")
    seal(tmp_path / "z")
    whole = (tmp_path / "z").read_bytes()
    with unsealed(tmp_path / "z") as stream, zipfile.ZipFile(stream) as archive:
        assert archive.read("a") == b"some bytes"
    for position in range(len(whole)):
        for changed in (whole[:position], whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]):
            (tmp_path / "z").write_bytes(changed)
            with pytest.raises(BrokenSeal), unsealed(tmp_path / "z"):
                pass


def test_a_damaged_default_model_is_trained_again(trained, tmp_path, monkeypatch):
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))
    model = load_model(trained)
    training = Mock(return_value=model)
    monkeypatch.setattr(train, "train_model", training)
    for calls in (1, 2):
        for _ in range(2):
            assert train.default_model().data == {"clips": 24}
            assert training.call_count == calls
        (path,) = tmp_path.glob("models/*.skops")
        path.write_bytes(path.read_bytes().replace(b"trees_", b"trees-"))


def made_again(path, key):
    """Assert that a kept file counts as absent, is made again, and serves from then on."""
    compute = Mock(return_value=ARRAYS)
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = cached_arrays("kind", key, compute)
        assert found.keys() == ARRAYS.keys()
        assert all(np.array_equal(found[name], ARRAYS[name]) for name in ARRAYS)
    assert compute.call_count == 1, path


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """The file that keeps some arrays."""
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path))
    cached_arrays("kind", 1, lambda: ARRAYS)
    (path,) = tmp_path.glob("arrays/kind/*.npz")
    with np.load(path) as plain:  # as any program reads it
        assert np.array_equal(plain["a"], ARRAYS["a"])
    return path


def test_kept_arrays_with_a_changed_bit_are_made_again(stored):
    whole = stored.read_bytes()
    for position in range(0, len(whole), 17):
        stored.write_bytes(whole[:position] + bytes([whole[position] ^ 4]) + whole[position + 1 :])
        made_again(stored, 1)
    for length in (0, 1, 71, len(whole) // 2, len(whole) - 1):
        stored.write_bytes(whole[:length])
        made_again(stored, 1)


def test_other_arrays_under_the_name_of_kept_ones_are_not_taken(stored):
    members, comment = members_of(stored)
    with np.load(stored) as plain:
        arrays = dict(plain)
    for end in (b"", comment):
        np.savez(stored, **(arrays | {"a": np.full((5, 12), np.nan)}))
        with zipfile.ZipFile(stored, "a") as archive:
            archive.comment = end
        made_again(stored, 1)
    assert members_of(stored)[0]["a.npy"] == members["a.npy"]


def test_kept_arrays_that_unpack_to_more_than_the_file_are_made_again(stored):
    np.savez_compressed(stored, a=np.zeros(5_000_000), megc_cost=np.array("{}"))
    seal(stored)
    made_again(stored, 1)


def lines_in(path):
    return Lines(path, lambda one: None, "correct it")


def test_a_changed_line_is_passed_over_and_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [{"label": name, "share": 0.1, "none": None, "tags": ["é", "\u2028", {}]} for name in ("one", "two", "six")]
    for row in rows:
        lines_in(path).add(row)
    assert lines_in(path).found == rows
    text = path.read_text()
    for old, new in [('"two"', '"ten"'), ('"two", "share": 0.1', '"two", "share": 0.2'), ('"two"', '"two", "x": 1')]:
        path.write_text(text.replace(old, new))
        found = lines_in(path)
        assert found.found == [rows[0], rows[2]]
        assert found.told() == [
            f"{path} line 2: was changed since it was written: its checksum does not fit; passed over; correct it"
        ]
    parsed = [json.loads(line) for line in text.split("\n")[:-1]]
    parsed[1]["label"] = "ten"
    for separators in (None, (",", ":")):  # as other programs write it
        path.write_text("".join(json.dumps(one, separators=separators) + "\n" for one in parsed))
        assert rows[1] | {"label": "ten"} not in lines_in(path).found


def test_every_byte_of_a_line_is_covered(tmp_path):
    path, row = tmp_path / "rows.jsonl", {"label": "one", "n": 12}
    whole = line_of(row).encode()
    for position in range(len(whole)):
        for bit in range(8):
            path.write_bytes(whole[:position] + bytes([whole[position] ^ (1 << bit)]) + whole[position + 1 :] + b"\n")
            found = lines_in(path).found
            # of a line whose key of the checksum is damaged all else is as it was
            assert [{name: one[name] for name in row} for one in found] in ([], [row])


def test_lines_of_older_versions_are_taken_as_they_are(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"label": "one"}\n')
    assert lines_in(tmp_path / "rows.jsonl").found == [{"label": "one"}]


def test_a_changed_note_is_passed_over(tmp_path):
    told = {"base": "x", "varied": {}, "settings": {}, "floor": False}
    Notes(tmp_path).add_recipe("d", told)
    assert Notes(tmp_path).recipes == {"d": told}
    path = tmp_path / "notes.jsonl"
    path.write_text(path.read_text().replace("false", "true"))
    notes = Notes(tmp_path)
    assert notes.recipes == {}
    assert notes.lines.told()[0].startswith(f"{path} line 1: was changed since it was written")


def test_a_pipe_in_the_place_of_kept_arrays_is_replaced(stored):
    stored.unlink()
    os.mkfifo(stored)
    made_again(stored, 1)
