"""Motion of the parts of a face: the same frames measure the same, what cannot be followed says so."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implanted_video import FPS, smile_and_frown

from baselines.bench.repeatability import GreyFrames, deviation
from baselines.faces.track import follow
from baselines.spotting.regional.motion import FEWEST, NAMES, STEADY, part_motion, without_head

PARTS = (*NAMES, "head")
CORNER = NAMES.index("left mouth corner")


@pytest.fixture(scope="module")
def pictures():
    """(150, 300, 320) grey pictures of a face that smiles and frowns."""
    pytest.importorskip("dlib", reason="dlib is not installed")
    return np.stack(list(smile_and_frown().in_grey()))


def followed(pictures):
    return list(follow(GreyFrames(pictures, FPS, "face"), FPS))


@pytest.fixture(scope="module")
def faces(pictures):
    return followed(pictures)


def test_frames_that_are_played_forth_and_back_measure_the_same_in_every_cycle(pictures):
    piece = pictures[35:65]  # the smile
    forth_and_back = np.concatenate([piece[:-1], piece[:0:-1]] * 4)
    away = deviation(part_motion(followed(forth_and_back), FPS), 58, FPS)
    assert dict(zip(PARTS, away)) == {part: pytest.approx(0, abs=0.002) for part in PARTS}
    assert np.median(away) < 0.001


def test_what_moves_is_measured_where_it_moves(faces):
    measured = part_motion(faces, FPS)
    smile = np.linalg.norm(measured[44] - measured[40], axis=-1)
    assert np.argmax(smile[: len(NAMES)]) == CORNER
    assert 0.01 < smile[CORNER] < 0.03  # of 2 px at most, with about 70 px between the eyes


def test_a_part_behind_a_hand_is_bridged_and_moves_no_other(pictures, faces):
    seen = part_motion(faces, FPS)
    landmarks = faces[0].landmarks
    x, y = (int(value) for value in landmarks[54])
    hidden = pictures.copy()
    hidden[60:75, y - 14 : y + 15, x - 14 : x + 15] = np.random.default_rng(0).integers(256, size=(15, 29, 29))
    behind = [face._replace(picture=cut(face, picture)) for face, picture in zip(faces, hidden)]
    measured = part_motion(behind, FPS)
    assert np.isfinite(measured).all()
    far = [
        n for n, name in enumerate(NAMES) if not any(word in name for word in ("mouth", "lip", "cheek", "chin", "wing"))
    ]
    np.testing.assert_allclose(measured[:, far], seen[:, far], atol=0.004)
    steps = np.linalg.norm(np.diff(measured[60:75, CORNER], axis=0), axis=-1)
    np.testing.assert_allclose(steps, steps[0], atol=1e-6)  # a straight line


def cut(face, picture):
    """The part of another picture that a face's own shows."""
    (left, top), (height, width) = face.corner, face.picture.shape
    return picture[top : top + height, left : left + width]


def test_no_frame_and_no_face(faces):
    assert part_motion([], FPS).shape == (0, len(PARTS), 2)
    assert np.isnan(part_motion([face._replace(picture=None) for face in faces[:5]], FPS)).all()
    np.testing.assert_array_equal(part_motion(faces[:1], FPS), 0)


@given(st.integers(0, 10_000), st.integers(0, 6))
@settings(max_examples=50)
def test_parts_that_are_unknown_do_not_count_for_the_head(seed, unknown):
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(3, len(NAMES), 2))
    turn, shift = rng.normal(scale=0.1) * 1j + rng.normal(scale=0.05), rng.normal(scale=0.2, size=2) @ (1, 1j)
    moved = places @ (1, 1j) * turn + shift
    motion = np.stack([moved.real, moved.imag], axis=-1)
    lost = rng.permutation(len(NAMES))[:unknown]
    motion[:, lost] = np.nan
    parts, head = without_head(motion, places)
    known = np.setdiff1d(np.arange(len(NAMES)), lost)
    np.testing.assert_allclose(parts[:, known], 0, atol=1e-9)
    assert np.isnan(parts[:, lost]).all()
    assert np.isfinite(head).all()


def test_too_few_known_parts_tell_nothing_of_the_head():
    motion = np.full((1, len(NAMES), 2), np.nan)
    motion[:, np.flatnonzero(STEADY)[: FEWEST - 1]] = 0.01
    assert all(np.isnan(found).all() for found in without_head(motion, np.random.default_rng(0).random(motion.shape)))
