"""Landmarks in files: read and written in OpenFace's columns, carried by frames, extracted and given back."""

import csv
import io
import pickle
import warnings
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.commands.landmarks import check_landmarks, with_landmarks
from baselines.datasets.cutting import cut_clip
from baselines.datasets.frames import ArrayFrames
from baselines.datasets.images import read_image
from baselines.datasets.manifest import read_videos
from baselines.datasets.opening import open_frames
from baselines.datasets.records import Event, Video
from baselines.errors import DataFault, InputError
from baselines.faces import track as tracking
from baselines.faces.clips import aligned_faces
from baselines.faces.track import NoFaceError, cached_track, follow, track
from baselines.files import safe_name
from baselines.formats.openface import FRAME, PLACES, landmarks_text, read_landmarks
from baselines.recognition.representation import represent_one
from baselines.spotting import base, blocks
from baselines.spotting.recipe import make_spotter, spotting_recipe

FACE = np.column_stack([np.linspace(20, 87, 68), np.linspace(90, 23, 68) % 31]).astype(np.float32)


def table(numbers, face=FACE, **columns):
    """CSV text with a row for each number, all with the same face."""
    header = ["frame", *columns, *PLACES]
    rows = [[n, *(values[k] for values in columns.values()), *face.T.ravel()] for k, n in enumerate(numbers)]
    return "\n".join(",".join(map(str, row)) for row in [header, *rows]) + "\n"


def seen(landmarks):
    """1-based positions of the frames with a face."""
    return (np.flatnonzero(np.isfinite(landmarks[:, 0, 0])) + 1).tolist()


def rows_of(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


# The table


@given(
    st.lists(st.one_of(st.none(), st.floats(-1000, 1000, width=32)), min_size=1, max_size=6),
    st.integers(0, 2**32 - 1),
    st.integers(0, 500),
)
def test_what_is_written_is_read_back_to_the_bit(tmp_path_factory, shifts, seed, first):
    """None: no face in that frame."""
    rng = np.random.default_rng(seed)
    points = np.stack([np.full((68, 2), np.nan) if s is None else rng.normal(s, 90, (68, 2)) for s in shifts])
    points = points.astype(np.float32)
    numbers = range(first, first + len(points))
    path = tmp_path_factory.mktemp("table") / "o.csv"
    path.write_text(landmarks_text(numbers, np.arange(len(points)) / 25, 25.0, np.ones(len(points)), points))
    assert np.array_equal(read_landmarks(path, numbers), points, equal_nan=True)


def test_columns_are_those_of_openface_all_x_before_all_y():
    landmarks = np.stack([FACE, np.full((68, 2), np.nan, np.float32)])
    header, first, second = csv.reader(io.StringIO(landmarks_text((7, 8), (0.24, 0.28), 25.0, (0.5, 1), landmarks)))
    assert header == ["frame", "timestamp", "confidence", "success", *PLACES]
    assert header[4:6] + header[72:73] == ["x_0", "x_1", "y_0"]
    assert first[:4] == ["7", "0.240", "0.5", "1"]
    assert [float(first[4]), float(first[72])] == FACE[0].tolist()
    assert second == ["8", "0.280", "0", "0", *[""] * 136]


@pytest.mark.parametrize(("fps", "told"), [(30.0, "0.033"), (200.0, "0.0050"), (1000.0, "0.0010")])
def test_times_tell_frames_apart_at_any_rate(fps, told):
    text = landmarks_text([2], [1 / fps], fps, [1], FACE[None])
    assert text.splitlines()[1].split(",")[1] == told


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",", ", "),
        lambda text: "\ufeff" + text.replace("\n", "\r\n"),
        lambda text: text.replace("frame", "Frame").replace("x_", "X_"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "\n".join(line + ("," + "gaze_0_x" if k == 0 else ",nan") for k, line in enumerate(text.split())),
    ],
)
def test_what_does_not_change_the_meaning_is_read(write, change):
    landmarks = read_landmarks(write("o.csv", change(table([1, 2, 3]))), range(1, 4))
    assert np.array_equal(landmarks, np.stack([FACE] * 3))


@pytest.mark.parametrize(
    ("told", "numbers", "absent", "positions"),
    [
        ([1, 2, 3], range(1, 4), (), [1, 2, 3]),
        ([0, 1, 2], range(1, 4), (), [1, 2, 3]),  # py-feat
        ([2, 3], range(1, 4), (), [2, 3]),  # rows left out
        ([3, 1], range(1, 4), (), [1, 3]),
        ([5, 6, 7], range(5, 8), (), [1, 2, 3]),  # as the pictures are numbered
        ([1, 2, 3], range(5, 8), (), [1, 2, 3]),
        ([0, 1, 2], range(0, 3), (), [1, 2, 3]),
        ([1, 2, 3], range(1, 5), (2,), [1, 3, 4]),  # counted where a picture is not there
        ([1, 2, 3, 4], range(1, 5), (2,), [1, 2, 3, 4]),
        ([1, 3, 4], range(1, 5), (2,), [1, 3, 4]),
        ([1, 2, 3, 4], range(5, 9), (6,), [1, 2, 3, 4]),
        ([10, 20, 30], range(10, 31, 10), (), [1, 2, 3]),
    ],
)
def test_frames_are_found_however_the_file_counts_them(write, told, numbers, absent, positions):
    assert seen(read_landmarks(write("o.csv", table(told)), numbers, frozenset(absent))) == positions


def test_numbers_that_could_mean_two_frames_are_said(write):
    path = write("o.csv", table([5, 6, 9]))
    with pytest.warns(UserWarning, match="may be numbers of pictures or be counted otherwise; 5 is taken for the"):
        landmarks = read_landmarks(path, range(5, 105))
    assert seen(landmarks) == [1, 2, 5]


def test_rows_that_are_not_sure_hold_no_face(write):
    columns = {"confidence": [0.98, 0.49, 0.9, 0.5], "success": [1, 1, 0, 1]}
    assert seen(read_landmarks(write("o.csv", table([1, 2, 3, 4], **columns)), range(1, 5))) == [1, 4]
    # OpenFace writes places where it has no success, py-feat leaves them empty
    text = table([1, 2]).splitlines()
    path = write("o.csv", "\n".join([*text[:2], "2" + "," * 136]))
    assert seen(read_landmarks(path, range(1, 3))) == [1]


def test_of_several_faces_the_one_that_is_there_longest_is_taken_and_said(write):
    numbers, faces = [1, 1, 2, 2, 3], [0, 1, 0, 1, 1]
    path = write("o.csv", table(numbers, face_id=faces, success=[1, 1, 1, 1, 1]))
    with pytest.warns(UserWarning, match=r"holds 2 faces \(face_id\); that of face_id 1 is taken"):
        assert seen(read_landmarks(path, range(1, 4))) == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column frame"),
        (table([]), "holds no frame; expected a row for each"),
        (
            table([1]).replace("x_17", "x_17a"),
            "row 1: no column x_17; expected the header frame,x_0,x_1,x_2,x_3,...,y_67",
        ),
        (table([1]).replace(",", ";"), "separated by semicolons"),
        (table([1]).replace("\n1,20.0,", "\n1,left,"), "row 2: x_0 is 'left'; expected a number"),
        (table([1]).replace("\n1,20.0,", "\n1,,"), "row 2: x_0 is ''; expected a number"),
        (table([1]).replace("\n1,20.0,", "\n1,nan,"), "row 2: x_0 is 'nan'; expected pixels"),
        (table([1]).replace("\n1,20.0,", "\n1,-inf,"), "row 2: x_0 is '-inf'; expected pixels"),
        (table([1]).replace("\n1,20.0,", "\n1,1e300,"), "row 2: x_0 is '1e300'; expected pixels"),
        (table([1], face=FACE * 0), "row 2: the eyes (landmarks 36 and 45) lie in one place"),
        (table([1, 2, 1]), "row 4: frame 1 stands twice"),
        (table([1, 1], face_id=[3, 3]), "row 3: frame 1 of face_id 3 stands twice"),
        (table([1.5]), "row 2: frame is '1.5'; expected a whole frame number"),
        (table([1, 2, 3, 4]), "tells of frames 1 to 4, but the video has 3 (1 to 3); give the landmarks of this video"),
        (table([-1, 1]), "tells of frames -1 to 1"),
        (table([1], confidence=["high"]), "row 2: confidence is 'high'; expected a number"),
        (table([1], success=["nan"]), "row 2: success is 'nan'; expected a number"),
        (table([1]) + "2,3\n", "row 3: 2 cells where the header has 137"),
    ],
)
def test_what_changes_the_meaning_is_refused_in_one_line(write, text, message):
    path = write("o.csv", text)
    with pytest.raises(InputError) as raised, warnings.catch_warnings():
        warnings.simplefilter("error")
        read_landmarks(path, range(1, 4))
    assert str(raised.value).startswith(str(path))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300 + len(str(path))


# Frames that carry landmarks


@pytest.fixture(scope="module")
def long(corpus):
    """A video of 5 s."""
    return corpus / "long" / "sub01" / "long.avi"


@pytest.fixture(scope="module")
def video(long):
    return read_videos(long)[0]


@pytest.fixture(scope="module")
def own(video):
    return cached_track(video.frames, video.fps)


@pytest.fixture
def carrying(video, own):
    return replace(video, frames=video.frames.with_landmarks(own.landmarks, "own.csv"))


def test_landmarks_follow_slices_grey_and_pickles(carrying, own):
    part = carrying.frames[20:50][5:]
    for frames in (part, part.in_grey(), pickle.loads(pickle.dumps(part))):
        assert np.array_equal(frames.landmarks, own.landmarks[25:50])
        assert str(frames.landmarks_from) == "own.csv"
    assert np.array_equal(part.whole().landmarks, own.landmarks)
    assert open_frames(carrying.frames.source).landmarks is None


def test_landmarks_of_another_length_are_a_fault_of_the_caller(video, own):
    with pytest.raises(ValueError, match="expected"):
        video.frames.with_landmarks(own.landmarks[1:], "own.csv")


def test_identity_tells_landmarks_apart_and_those_outside_of_a_slice_do_not_count(video, own):
    moved = own.landmarks.copy()
    moved[40] += 1
    first, second = (video.frames.with_landmarks(points, "a.csv") for points in (own.landmarks, moved))
    assert len({video.frames.identity(), first.identity(), second.identity()}) == 3
    assert first[:40].identity() == second[:40].identity() != video.frames[:40].identity()
    assert first[:41].identity() != second[:41].identity()


def test_given_landmarks_are_followed_as_they_are_without_dlib(monkeypatch, carrying, own):
    monkeypatch.setattr(tracking, "Follower", None)
    found = track(carrying.frames, carrying.fps)
    assert np.array_equal(found.landmarks, own.landmarks)
    assert found.confidence.tolist() == [1] * len(own.landmarks)


def test_the_picture_around_a_given_face_is_the_frames_own(carrying):
    for face, frame in zip(follow(carrying.frames[:5], carrying.fps), carrying.frames[:5].in_grey()):
        (x, y), (height, width) = face.corner, face.picture.shape
        assert np.array_equal(face.picture, frame[y : y + height, x : x + width])
        assert x % 60 == y % 60 == 0
        low, high = face.landmarks.min(axis=0), face.landmarks.max(axis=0)
        assert (low - (x, y) >= np.minimum(low, (high - low) / 4)).all()  # room around the face, if the frame has it


def test_short_misses_are_bridged_and_long_ones_are_not(video, own):
    landmarks = own.landmarks.copy()
    landmarks[10:13] = landmarks[40:60] = np.nan
    found = track(video.frames.with_landmarks(landmarks, "own.csv"), 30.0)
    assert set(seen(found.landmarks)) == set(range(1, len(landmarks) + 1)) - set(range(41, 61))
    np.testing.assert_allclose(found.landmarks[11], (landmarks[9] + landmarks[13]) / 2, rtol=1e-5)
    assert found.confidence[[9, 10, 12, 13, 40]].tolist() == [1, 0.5, 0.5, 1, 0]
    assert found.warnings == (f"no face in 20 of {len(landmarks)} frames (41-60)",)


def test_landmarks_without_a_face_name_their_file(video, own):
    frames = video.frames.with_landmarks(np.full_like(own.landmarks, np.nan), "none.csv")
    with pytest.raises(NoFaceError, match=r"none.csv: has a face in none of .* of .*long.avi"):
        track(frames, video.fps)


def test_landmarks_of_a_larger_picture_are_refused(video, own):
    with pytest.raises(
        DataFault, match=r"own.csv: the face of frame 1 lies at x .* pixels; give landmarks in pixels of"
    ):
        track(video.frames.with_landmarks(own.landmarks * 4, "own.csv"), video.fps)


@pytest.mark.parametrize("method", ["regional-contrast", "roi-flow"])
def test_spotting_by_our_own_landmarks_gives_the_same_intervals(monkeypatch, tmp_path, video, own, method):
    text = landmarks_text(video.frames.numbers, video.frames.seconds(), video.fps, own.confidence, own.landmarks)
    (tmp_path / "long.csv").write_text(text)
    (given_video,) = with_landmarks(read_videos(video.frames.source), tmp_path)
    spotter = make_spotter(spotting_recipe(method))
    expected, found = (spotter.measured(v.frames, v.fps).array for v in (video, given_video))
    assert np.array_equal(found, expected, equal_nan=True)


def test_landmarks_reach_every_block(monkeypatch, carrying, own):
    """In the second of four blocks there is no face; without landmarks there would be."""
    for module in (blocks, base):
        monkeypatch.setattr(module, "BLOCK", 1.25)
    length = round(1.25 * carrying.fps)
    landmarks = own.landmarks.copy()
    landmarks[length : 2 * length] = np.nan
    frames = carrying.frames.with_landmarks(landmarks, "own.csv")
    measured = make_spotter(spotting_recipe("regional-contrast")).measured(frames, carrying.fps, jobs=2)
    known = np.isfinite(measured.array).all(axis=(1, 2))
    assert not known[length : 2 * length].any()
    assert known[:length].all()
    assert known[2 * length + 1 :].all()
    assert measured.coverage["with_face"] == len(landmarks) - length


def test_recognition_by_our_own_landmarks_sees_the_same_faces(tmp_path, video, own):
    text = landmarks_text(video.frames.numbers, video.frames.seconds(), video.fps, own.confidence, own.landmarks)
    (tmp_path / "o.csv").write_text(text)
    (given_video,) = with_landmarks([video], tmp_path / "o.csv")
    plain, given_clip = (cut_clip(v, Event(1, len(v.frames), 30), "c") for v in (video, given_video))
    assert np.array_equal(aligned_faces(given_clip), aligned_faces(plain))
    settings = {"name": "hoof", "size": 64, "method": "fast"}
    assert np.array_equal(represent_one(given_clip, settings), represent_one(plain, settings))


def test_the_cache_keeps_apart_what_was_seen_by_other_landmarks(video, own):
    shifted = video.frames.with_landmarks(own.landmarks + np.float32(3), "shifted.csv")
    clips = [cut_clip(replace(video, frames=f), Event(1, len(f), 30), "c") for f in (video.frames, shifted)]
    first, second = (aligned_faces(clip) for clip in clips)
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(cached_track(shifted, video.fps).landmarks, own.landmarks + 3, atol=1e-4)
    np.testing.assert_array_equal(cached_track(video.frames, video.fps).landmarks, own.landmarks)


# The option --landmarks


def test_one_file_is_for_one_video(tmp_path, video, write):
    path = write("o.csv", table([1]))
    for call in (lambda: check_landmarks(path, ["a", "b"]), lambda: with_landmarks([video, video], path)):
        with pytest.raises(InputError, match="o.csv: is one file for 2 .*; name a folder with a file <video>.csv for"):
            call()
    with pytest.raises(InputError, match="no such file or folder"):
        check_landmarks(tmp_path / "none", ["a"])
    assert with_landmarks([video], None) == [video]


def test_videos_of_one_name_need_the_subject_in_the_name_of_the_file(tmp_path, own):
    frames = ArrayFrames(np.zeros((3, 120, 120, 3), np.uint8), source="noise")
    two = [Video("manifest", subject, "v", frames, 30.0) for subject in ("s1", "s2")]
    (tmp_path / "v.csv").write_text(table([1, 2, 3]))
    (tmp_path / "s2_v.csv").write_text(table([1, 2]))
    first, second = with_landmarks(two, tmp_path)
    assert seen(second.frames.landmarks) == [1, 2]
    with pytest.raises(DataFault, match=r"--landmarks .*: holds no file s1_v.csv$"):
        next(iter(first.frames))
    (only,) = with_landmarks(two[:1], tmp_path)
    assert seen(only.frames.landmarks) == [1, 2, 3]


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_safe_name_is_no_path_short_and_each_texts_own(one, other):
    name = safe_name(one)
    assert name
    assert not set(name) & set("/\\\0")
    assert not name.startswith(".")
    assert len(name.encode()) <= 150
    assert (name == safe_name(other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "name"), [("s01_video 2.mp4", "s01_video 2.mp4"), ("../a", "%2E.%2Fa"), ("ö/%", "ö%2F%25"), (".", "%2E")]
)
def test_a_safe_name_can_be_recognised(text, name):
    assert safe_name(text) == name


# `features extract` of each frame


def test_landmarks_go_to_a_table_and_back(megc, long, own, tmp_path):
    done = megc("features", "extract", "landmarks", long, "--output", tmp_path / "o.csv", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    rows = rows_of(tmp_path / "o.csv")
    assert list(rows[0]) == [*FRAME, *PLACES]
    assert [int(row["frame"]) for row in rows] == list(range(1, len(own.landmarks) + 1))
    assert np.array_equal(read_landmarks(tmp_path / "o.csv", range(1, len(rows) + 1)), own.landmarks)
    again = megc("features", "extract", "landmarks", long, "--output", "-", "--landmarks", tmp_path / "o.csv")
    assert again.stdout == (tmp_path / "o.csv").read_text()


def test_frames_of_pictures_keep_their_numbers(megc, corpus, tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    for k, path in enumerate(sorted((corpus / "clips" / "sub01" / "c01").iterdir())[:8]):
        (folder / f"img{k + 17}{path.suffix}").write_bytes(path.read_bytes())
    done = megc("features", "extract", "landmarks", folder, "--fps", 100, "--output", "-", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["frame"] for row in rows] == [str(k) for k in range(17, 25)]
    assert [row["timestamp"] for row in rows[:2]] == ["0.000", "0.010"]


def test_aligned_faces_are_those_of_recognition_in_each_kind_of_file(megc, long, video, tmp_path):
    expected = aligned_faces(cut_clip(video, Event(1, len(video.frames)), "c"))
    for output in ("o.npz", "o.csv", "folder"):
        done = megc("features", "extract", "aligned_faces", long, "--output", tmp_path / output, "--jobs", 1)
        assert done.exit_code == 0, done.stderr
    with np.load(tmp_path / "o.npz", allow_pickle=False) as stored:
        assert np.array_equal(stored["faces"], expected)
        assert stored["number"].tolist() == list(range(1, len(expected) + 1))
        np.testing.assert_allclose(stored["seconds"], np.arange(len(expected)) / video.fps, atol=1e-6)
    pictures = sorted((tmp_path / "folder" / "sub01_long").iterdir())
    assert [int(path.stem) for path in pictures] == list(range(1, len(expected) + 1))
    assert np.array_equal([read_image(path)[..., 0] for path in pictures], expected)
    assert (tmp_path / "folder" / "sub01_long.csv").read_text() == (tmp_path / "o.csv").read_text()
    inside = read_landmarks(tmp_path / "o.csv", range(1, len(expected) + 1))
    assert (np.abs(np.nanmean(inside, axis=(0, 1)) - 64) < 20).all()
    again = megc("features", "extract", "aligned_faces", long, "--output", tmp_path / "folder")
    assert again.exit_code == 2
    assert "sub01_long: is there already; delete it" in again.stderr


def test_the_size_and_registration_of_aligned_faces_can_be_set(megc, long, video, tmp_path):
    done = megc("features", "extract", "aligned_faces", long, "--output", tmp_path / "o.npz", "--set", "size=64",
                "--set", "align=each", "--jobs", 1)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    with np.load(tmp_path / "o.npz") as stored:
        clip = cut_clip(video, Event(1, len(video.frames)), "c")
        assert np.array_equal(stored["faces"], aligned_faces(clip, 64, "each"))


def test_region_motion_is_what_the_spotter_measures(megc, long, video, tmp_path):
    done = megc("features", "extract", "region_motion", long, "--output", tmp_path / "o.csv", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    rows = rows_of(tmp_path / "o.csv")
    names = list(rows[0])
    assert names[:6] == [*FRAME, "right_outer_brow_x", "right_outer_brow_y"]
    assert names[-2:] == ["head_x", "head_y"]
    measured = make_spotter(spotting_recipe("regional-contrast")).measured(video.frames, video.fps).array
    told = np.array([[row[name] for name in names[4:]] for row in rows], np.float32)
    assert np.array_equal(told.reshape(measured.shape), measured)


def test_several_videos_go_to_a_folder_that_can_be_given_back(megc, corpus, tmp_path):
    videos = [corpus / "long" / subject / "long.avi" for subject in ("sub01", "sub02")]
    done = megc("features", "extract", "landmarks", *videos, "--output", tmp_path / "all", "--jobs", 2)
    assert done.exit_code == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["sub01_long.csv", "sub02_long.csv"]
    (tmp_path / "all" / "sub02_long.csv").unlink()
    again = megc("features", "extract", "landmarks", *videos, "--output", tmp_path / "again", "--jobs", 1,
                 "--landmarks", tmp_path / "all")  # fmt: skip
    assert again.exit_code == 1
    assert "holds no file sub02_long.csv" in again.stderr
    (path,) = (tmp_path / "again").iterdir()
    assert path.read_text() == (tmp_path / "all" / "sub01_long.csv").read_text()


def test_a_name_among_the_data_leads_nowhere_else(megc, long, tmp_path):
    folder = tmp_path / "manifest"
    folder.mkdir()
    (folder / "v.avi").symlink_to(long)
    (folder / "videos.csv").write_text("subject,video,path\n../..,/etc/x,v.avi\n")
    done = megc("features", "extract", "region_motion", folder, "--output", tmp_path / "out", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["%2E.%2F.._%2Fetc%2Fx.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest", "out"]


def test_frames_without_a_face_are_rows_without_places(megc, long, video, tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    for k, frame in enumerate(video.frames[:24], start=1):
        cv2.imwrite(str(folder / f"{k}.png"), frame[..., ::-1] if k <= 12 else np.zeros_like(frame))
    done = megc("features", "extract", "landmarks", folder, "--fps", 30, "--output", "-", "--jobs", 1)
    assert done.exit_code == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    last = rows[-1]
    assert (rows[0]["success"], last["success"], last["confidence"], last["x_0"]) == ("1", "0", "0", "")
    assert "no face in" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("landmarks", "--output", "o.txt"), "o.txt: landmarks goes to a file that ends in .csv, a folder, or -"),
        (("region_motion", "--output", "o.npz"), "o.npz: region_motion goes to a file that ends in .csv"),
        (
            ("landmarks", "--output", "o.csv", "--set", "size=64"),
            "--set.size: landmarks has no such parameter; it takes",
        ),
        (("aligned_faces", "--output", "o.csv", "--set", "size=4"), "--set.size: 4 does not suit"),
        (("aligned_faces", "--output", "o.csv", "--set", "side=64"), "has no such parameter; did you mean 'size'?"),
        (("landmarks", "--output", "o.csv", "--landmarks", "none.csv"), "--landmarks none.csv: no such file or folder"),
        (("landmark", "--output", "o.csv"), "feature 'landmark' is not known; did you mean 'landmarks'?"),
        (("landmarks", "--output", "/proc/x/o.csv"), "/proc/x/o.csv: cannot be written"),
    ],
)
def test_bad_usage_is_one_line_before_any_work(megc, long, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    name, *options = arguments
    done = megc("features", "extract", name, long, *options)
    assert done.exit_code == 2
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert message in error
    assert not list(tmp_path.iterdir())


def test_one_file_is_not_for_two_videos(megc, long, corpus, tmp_path):
    other = corpus / "long" / "sub02" / "long.avi"
    for output in (tmp_path / "o.csv", "-"):
        done = megc("features", "extract", "landmarks", long, other, "--output", output)
        assert done.exit_code == 2
        assert "is one file for 2 videos; name a folder, which gets a file for each" in done.stderr


def test_the_list_tells_what_is_known_of_each_frame(megc):
    lines = megc("features", "list").stdout.splitlines()
    assert [line.split()[:2] for line in lines[-3:]] == [
        ["landmarks", "video"], ["aligned_faces", "video"], ["region_motion", "video"]
    ]  # fmt: skip


def test_spot_recognize_and_str_take_landmarks(corpus, megc, tmp_path):
    video = corpus / "long" / "sub01" / "long.avi"
    table, jobs = tmp_path / "marks.csv", ("--jobs", 1)
    assert megc("features", "extract", "landmarks", video, "--output", table, *jobs).exit_code == 0
    plain, given = (megc("spot", video, "--output", "-", *jobs, *more) for more in ((), ("--landmarks", table)))
    assert plain.exit_code == given.exit_code == 0
    assert plain.stdout == given.stdout
    assert plain.stdout.count("\n") > 1
    trained = ("--dataset", "manifest", "--data-root", corpus / "clips", "--recipe", "hoof-svm", *jobs)
    assert megc("train", *trained, "--output", tmp_path / "m.model").exit_code == 0
    for command in ("recognize", "str"):
        done = [
            megc(command, video, "--model", tmp_path / "m.model", "--output", "-", *jobs, *more)
            for more in ((), ("--landmarks", table))
        ]
        assert [one.exit_code for one in done] == [0, 0], done[1].stderr
        assert done[0].stdout == done[1].stdout
    (tmp_path / "none.csv").write_text("frame,x_0\n")
    for command in (("spot",), ("recognize",), ("str",), ("features", "extract", "hoof")):
        done = megc(*command, video, "--output", tmp_path / "o.npz", "--landmarks", tmp_path / "none.csv", *jobs)
        assert done.exit_code == 2
        assert "none.csv" in done.stderr
        assert not (tmp_path / "o.npz").exists()
