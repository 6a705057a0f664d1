"""Landmarks by MediaPipe FaceMesh: its points as our 68, one face of several, and the option that asks for them.

Most of it stands on a mesh that reads from the picture where faces are; the real one is tested where it is installed.
"""

import csv
import json
import os
import sys
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest

from baselines.bench.steadiness import jitter, registered
from baselines.commands.landmarks import with_mesh
from baselines.datasets.frames import ArrayFrames
from baselines.datasets.opening import open_frames
from baselines.datasets.records import Video
from baselines.errors import DataFault, InputError, MissingDependency
from baselines.faces import mesh
from baselines.faces.mesh import PATIENCE, POINTS, cached_mesh, check_mesh, mesh_track
from baselines.faces.track import cached_track, track

SIZE = 240
INSTALL = "--landmarks mediapipe needs the module 'mediapipe': run `pip install 'megc-baselines[mediapipe]'`"
GRID = np.stack([np.arange(468) % 26 / 25, np.arange(468) // 26 / 17], axis=1) - 0.5  # the points of a face of width 1


def picture(*faces):
    """A picture with faces (x and y of the middle, width), all px: a pixel in its first row tells each."""
    array = np.full((SIZE, SIZE, 3), 90, np.uint8)
    for place, face in enumerate(faces):
        array[0, place] = face
    return array


def frames_of(*pictures, source="faces"):
    return ArrayFrames(np.stack(pictures), source=source)


class ReadingMesh:
    """What FaceMesh is to us; the faces come in the order in which the picture tells them."""

    made = 0

    def __init__(self, static_image_mode, max_num_faces):
        type(self).made += 1
        self.most = max_num_faces
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")

    def process(self, array):
        assert array.dtype == np.uint8
        assert array.shape[2] == 3
        assert array.flags.c_contiguous
        height, width = array.shape[:2]
        told = [pixel.astype(float) for pixel in array[0] if len(set(pixel.tolist())) > 1][: self.most]
        faces = [GRID * face[2] + face[:2] for face in told]
        meshes = [
            SimpleNamespace(landmark=[SimpleNamespace(x=x / width, y=y / height) for x, y in face]) for face in faces
        ]
        return SimpleNamespace(multi_face_landmarks=meshes or None)

    def close(self):
        pass


@pytest.fixture
def reading(monkeypatch):
    module = ModuleType("mediapipe")
    module.solutions = SimpleNamespace(face_mesh=SimpleNamespace(FaceMesh=ReadingMesh))
    monkeypatch.setitem(sys.modules, "mediapipe", module)
    monkeypatch.setattr(ReadingMesh, "made", 0)
    return module


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe", None)


@pytest.fixture
def write_faces(tmp_path):
    """Write pictures as a folder of numbered images, and return it."""

    def write(name, *pictures):
        folder = tmp_path / name
        folder.mkdir()
        for number, array in enumerate(pictures, start=1):
            cv2.imwrite(str(folder / f"{number:03d}.png"), array[..., ::-1])
        return folder

    return write


def middles(landmarks):
    """x of the middle of each face, None where there is none."""
    return [None if np.isnan(p[0, 0]) else round(float(p[:, 0].min() + p[:, 0].max()) / 2, -1) for p in landmarks]


# The points


def test_each_landmark_is_the_mean_of_its_points_in_px_of_the_frame(reading):
    found = mesh_track([picture((100, 120, 80))])
    places = GRID * 80 + (100, 120)
    assert found.landmarks.dtype == np.float32
    np.testing.assert_allclose(found.landmarks[0], [places[list(of)].mean(axis=0) for of in POINTS], atol=1e-4)


def test_there_are_68_landmarks_and_the_sides_mirror_each_other():
    """Mirror partners in the mesh, from its oval, brows, eyes and lips; in ours, those of iBUG's order."""
    assert len(POINTS) == 68
    pairs = [(127, 356), (234, 454), (93, 323), (132, 361), (58, 288), (172, 397), (136, 365), (149, 378), (148, 377)]
    pairs += [(70, 300), (63, 293), (105, 334), (66, 296), (107, 336), (75, 305), (97, 326)]
    pairs += [(33, 263), (160, 387), (158, 385), (133, 362), (153, 380), (144, 373)]
    pairs += [(61, 291), (39, 269), (37, 267), (405, 181), (314, 84), (78, 308), (82, 312), (317, 87)]
    other = dict(pairs) | {b: a for a, b in pairs}
    ours = [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)]
    ours += [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    ours += [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
    for points, mirrored in zip(POINTS, ours, strict=True):
        assert {other.get(point, point) for point in points} == set(POINTS[mirrored])


def test_grey_frames_are_as_good_as_grey_ones_in_colour(reading, monkeypatch):
    shown = []
    process = ReadingMesh.process
    monkeypatch.setattr(ReadingMesh, "process", lambda self, array: shown.append(array) or process(self, array))
    grey = np.random.default_rng(0).integers(0, 256, (40, 50), np.uint8)
    assert np.isnan(mesh_track([grey]).landmarks).all()
    np.testing.assert_array_equal(shown[-1], np.repeat(grey[..., None], 3, axis=2))


# One face of none, one, several


def test_a_frame_without_a_face_is_nan_and_bridged_as_always(reading):
    there = [picture((100 + 4 * k, 120, 80)) for k in range(7)]
    there[3] = picture()
    (video,) = with_mesh([Video("d", "s", "v", frames_of(*there), 30.0)])
    assert np.isnan(video.frames.landmarks[3]).all()
    found = track(video.frames, 30.0)
    np.testing.assert_allclose(found.landmarks[3], (found.landmarks[2] + found.landmarks[4]) / 2, rtol=1e-5)
    assert found.confidence.tolist() == [1, 1, 1, 0.5, 1, 1, 1]


def test_a_face_whose_middle_is_not_in_the_picture_is_none(reading):
    landmarks = mesh_track([picture((2, 120, 80)), picture((120, 250, 80)), picture((250, 120, 80))]).landmarks
    assert middles(landmarks) == [0, None, None]


def test_of_several_faces_the_largest_is_followed_and_waited_for(reading):
    small, large = (60, 120, 50), (180, 120, 90)
    both, alone = picture(small, large), picture(small)
    found = mesh_track([picture(), both, both, alone, alone, both])
    assert found.crowded == 1
    assert middles(found.landmarks) == [None, 180, 180, None, None, 180]
    gone = mesh_track([both, *[alone] * (PATIENCE + 2)])
    assert middles(gone.landmarks) == [180, *[None] * PATIENCE, 60, 60]


def test_one_who_joins_a_face_that_is_followed_does_not_matter(reading):
    first, other = (60, 120, 50), (180, 120, 90)
    found = mesh_track([picture(first), *[picture(first, other)] * 3])
    assert (found.crowded, middles(found.landmarks)) == (None, [60] * 4)


def test_a_single_face_is_taken_up_anywhere_at_once(reading):
    found = mesh_track([picture((60, 120, 50)), picture((200, 120, 50)), picture(), picture((60, 120, 50))])
    assert middles(found.landmarks) == [60, 200, None, 60]


def test_several_faces_are_said_once_with_the_number_of_the_frame(reading):
    video = Video("d", "s", "v", frames_of(picture(), picture((60, 120, 50), (180, 120, 90)), source="two"), 30.0)
    with pytest.warns(UserWarning, match="^two: more than one face at frame 2; the largest there is followed$"):
        with_mesh([video])


def test_a_video_without_a_face_fails_where_it_is_read_and_the_others_do_not(reading):
    videos = [
        Video("d", "s", name, frames_of(shown, source=name), 30.0)
        for name, shown in (("none", picture()), ("one", picture((120, 120, 80))))
    ]
    without, one = with_mesh(videos)
    with pytest.raises(
        DataFault, match="none: no face found in 1 frames by MediaPipe; give a video of an upright face"
    ):
        next(iter(without.frames))
    assert np.isfinite(one.frames.landmarks).all()
    assert with_mesh([]) == []


# The cache, and what is missing


def test_the_mesh_is_kept_and_made_anew_for_other_frames(reading):
    frames = frames_of(*[picture((100, 120, 80 + k), (200, 60, 40)) for k in range(4)])
    first = cached_mesh(frames)
    made = ReadingMesh.made
    assert made == 3  # of one face, of several to look, of several to track
    kept = cached_mesh(frames)
    assert ReadingMesh.made == made
    np.testing.assert_array_equal(kept.landmarks, first.landmarks)
    assert kept.crowded == first.crowded == 0
    assert cached_mesh(frames[1:]).landmarks.shape == (3, 68, 2)
    assert ReadingMesh.made == 2 * made


def test_what_is_kept_depends_on_the_release_of_mediapipe_and_on_this_module():
    depends = mesh.depends_on(mesh.__name__)
    assert "mediapipe" in depends["libraries"]
    assert depends["code"] != mesh.depends_on("baselines.cache")["code"]


def test_what_native_code_writes_at_a_start_is_not_shown(reading, capfd):
    mesh_track([picture((100, 120, 80))])
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_without_mediapipe_one_line_says_what_to_install(absent, megc, write_faces, tmp_path):
    with pytest.raises(MissingDependency) as told:
        check_mesh()
    assert str(told.value) == INSTALL
    folder = write_faces("clip", picture((100, 120, 80)))
    for command in (("spot",), ("recognize",), ("str",), ("features", "extract", "landmarks")):
        done = megc(*command, folder, "--landmarks", "mediapipe", "--output", tmp_path / "o.csv")
        assert (done.exit_code, done.stderr) == (2, f"error: {INSTALL}\n"), done.output
        assert not (tmp_path / "o.csv").exists()
    done = megc("repeatability", tmp_path, "--landmarks", "mediapipe")
    assert (done.exit_code, done.stderr) == (2, f"error: {INSTALL}\n")


def test_the_cache_does_not_hide_that_mediapipe_is_missing(reading, monkeypatch):
    frames = frames_of(picture((100, 120, 80)))
    cached_mesh(frames)
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(MissingDependency):
        cached_mesh(frames)


def test_a_release_without_the_mesh_says_which_has_it(reading, monkeypatch):
    monkeypatch.delattr(reading, "solutions")
    with pytest.raises(
        InputError, match=r"mediapipe cannot be used .* run `pip install 'megc-baselines\[mediapipe\]'`"
    ):
        check_mesh()


def test_a_protobuf_that_mediapipe_cannot_use_is_said_as_well(reading, monkeypatch):
    def broken(self, **settings):
        raise AttributeError("'FieldDescriptor' object has no attribute 'label'")

    monkeypatch.setattr(ReadingMesh, "__init__", broken)
    with pytest.raises(InputError, match=r"no attribute 'label'\); run .* protobuf below 5$"):
        mesh_track([picture()])


# The option


def test_the_option_gives_what_a_file_of_the_same_landmarks_gives(reading, megc, write_faces, tmp_path):
    shown = [picture((100 + k, 120, 80)) for k in range(12)]
    shown[5] = picture()
    folder = write_faces("clip", *shown)
    first, second = tmp_path / "mesh.csv", tmp_path / "file.csv"
    extract = ("features", "extract", "landmarks", folder, "--fps", 30, "--jobs", 1, "--landmarks")
    assert megc(*extract, "mediapipe", "--output", first).exit_code == 0
    done = megc(*extract, first, "--output", second)
    assert done.exit_code == 0, done.stderr
    with open(first, newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["confidence"] for row in rows] == [*["1"] * 5, "0.5", *["1"] * 6]
    assert float(rows[2]["x_8"]) == pytest.approx(102 + 80 * GRID[152, 0], abs=1e-3)
    told = [[value for name, value in row.items() if name != "confidence"] for row in rows]
    with open(second, newline="") as stream:
        assert [[v for n, v in row.items() if n != "confidence"] for row in csv.DictReader(stream)] == told


def test_inputs_go_on_without_the_one_that_shows_no_face(reading, megc, write_faces, tmp_path):
    inputs = [write_faces("one", *[picture((120, 120, 80))] * 4), write_faces("none", *[picture()] * 4)]
    output = tmp_path / "out"
    done = megc(
        "features", "extract", "landmarks", *inputs, "--landmarks", "mediapipe", "--output", output, "--jobs", 1
    )
    assert done.exit_code == 1
    assert "none: no face found in 4 frames by MediaPipe" in done.stderr
    assert len(list(output.iterdir())) == 1


def test_a_name_that_is_neither_is_refused(megc, write_faces, tmp_path):
    done = megc("spot", write_faces("clip", picture()), "--landmarks", "mediapip", "--output", tmp_path / "o.csv")
    assert done.exit_code == 2
    assert done.stderr == "error: --landmarks mediapip: no such file or folder; name one, or mediapipe\n"


# How steady landmarks are


def test_jitter_is_the_noise_of_a_frame_whatever_the_head_does():
    rng = np.random.default_rng(0)
    shape = rng.normal(0, 30, (68, 2))
    shape[36:42], shape[42:48] = shape[36:42] - shape[36:42].mean(axis=0), shape[42:48] - shape[42:48].mean(axis=0)
    shape[42:48] += (50, 0)  # px between the eyes
    angle = np.linspace(0, 0.6, 300)[:, None]
    moving = (shape @ (1, 1j)) * np.exp(1j * angle) * (1 + angle) + 40 * angle
    still = np.stack([moving.real, moving.imag], axis=-1)
    assert jitter(still) == pytest.approx(0, abs=1e-9)
    noisy = still + rng.normal(0, 0.5, still.shape) * (1 + angle[..., None])
    assert jitter(noisy) == pytest.approx(100 * 0.5 * np.sqrt(2) / 50, rel=0.05)
    noisy[100:110] = np.nan
    assert jitter(noisy) == pytest.approx(100 * 0.5 * np.sqrt(2) / 50, rel=0.05)
    assert np.isnan(registered(noisy)[100:110]).all()


def test_the_command_tells_how_steady_our_landmarks_are(corpus, megc):
    pytest.importorskip("dlib", reason="dlib is not installed")
    folder = corpus / "long" / "sub01"
    done = megc("repeatability", folder, "--landmarks", "dlib", "--json")
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)
    assert {row["landmarks"] for row in rows} == {"dlib"}
    assert all(0 <= row["jitter"] < 2 for row in rows)
    assert all(0 < row["deviation"] <= row["worst"] < 5 for row in rows)
    assert all(row["ms"] > 0 for row in rows)
    done = megc("repeatability", folder, "--landmarks", "dlib", "--method", "roi-flow")
    assert done.exit_code == 2
    assert "give one of them" in done.stderr


# The mesh itself


@pytest.fixture(scope="module")
def mediapipe():
    return pytest.importorskip("mediapipe", reason="mediapipe is not installed (extra mediapipe)")


def test_the_groups_of_landmarks_lie_on_the_parts_that_the_mesh_names(mediapipe):
    parts = mediapipe.solutions.face_mesh_connections

    def holds(edges, *ranges):
        points = {point for edge in edges for point in edge}
        return all(set(POINTS[k]) <= points for span in ranges for k in span)

    assert holds(parts.FACEMESH_FACE_OVAL, range(17))
    assert holds(parts.FACEMESH_RIGHT_EYEBROW, range(17, 22))
    assert holds(parts.FACEMESH_LEFT_EYEBROW, range(22, 27))
    assert holds(parts.FACEMESH_RIGHT_EYE, range(36, 42))
    assert holds(parts.FACEMESH_LEFT_EYE, range(42, 48))
    assert holds(parts.FACEMESH_LIPS, range(48, 68))


def test_the_real_mesh_agrees_with_dlib_and_says_nothing(mediapipe, corpus, capfd):
    pytest.importorskip("dlib", reason="dlib is not installed")
    frames = open_frames(next((corpus / "long" / "sub01").glob("*.avi")))[:20]
    capfd.readouterr()
    found = mesh_track(frames)
    assert capfd.readouterr().err == ""
    assert found.crowded is None
    ours = cached_track(frames, 30.0).landmarks
    eyes = np.hypot(*(ours[0, 36:42].mean(axis=0) - ours[0, 42:48].mean(axis=0)))
    away = np.linalg.norm(found.landmarks - ours, axis=-1).mean(axis=0) / eyes
    assert away[17:].mean() < 0.06
    assert away[:17].mean() < 0.12
    np.testing.assert_array_equal(mesh_track(frames).landmarks, found.landmarks)


def test_the_real_mesh_follows_the_largest_of_two(mediapipe, corpus):
    one = np.stack(list(open_frames(next((corpus / "long" / "sub01").glob("*.avi")))[:8]))
    side = one.shape[1]
    small = np.stack([cv2.resize(array, None, fx=0.7, fy=0.7) for array in one])
    both = np.zeros((8, side, one.shape[2] + small.shape[2], 3), np.uint8)
    both[:, : small.shape[1], : small.shape[2]], both[:, :, small.shape[2] :] = small, one
    found = mesh_track(both)
    assert found.crowded == 0
    assert (found.landmarks[:, :, 0].mean(axis=1) > small.shape[2]).all()
