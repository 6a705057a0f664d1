import json
import re
import warnings

import numpy as np
import pytest
from replicas import write_frames, write_noise, write_video

from baselines.datasets import load_dataset, manifest
from baselines.datasets.cutting import event_clips
from baselines.datasets.frames import ArrayFrames
from baselines.datasets.manifest import load, read_videos
from baselines.datasets.opening import open_frames
from baselines.datasets.records import Event, Video, frame_slice, questions_about
from baselines.errors import InputError

VIDEOS = "subject,video,path,fps\ns1,v1,one,100\ns2,v2,two,30\n"
EVENTS = "subject,video,onset,apex,offset,type,emotion,aus\n"


QUESTION = {"id": "q1", "subject": "s1", "video": "v1", "question": "What is the coarse expression class?"}


def write_videos(folder):
    write_noise(folder / "one", count=9)
    write_noise(folder / "two", count=6, seed=1)
    (folder / "videos.csv").write_text(VIDEOS)


def replica(folder):
    write_videos(folder)
    (folder / "events.csv").write_text(
        EVENTS + "s1,v1,2,4,8,micro,Happiness,AU6+LAU12\ns1,v1,1,,9,macro,,\ns2,v2,1,2,3,micro,surprise,AU1\n"
    )
    (folder / "questions.jsonl").write_text(json.dumps(QUESTION) + "\n")
    return folder


@pytest.fixture
def folder(tmp_path):
    """Two videos whose expressions are not known."""
    write_videos(tmp_path)
    return tmp_path


def test_a_whole_folder_has_videos_clips_and_questions(tmp_path):
    dataset = load(replica(tmp_path))
    assert [(len(video.frames), len(video.events)) for video in dataset.videos] == [(9, 2), (6, 1)]
    assert [(clip.subject, clip.name, clip.label) for clip in dataset.clips] == [
        ("s1", "v1", "positive"),
        ("s2", "v2", "surprise"),
    ]
    assert [(question.id, question.video) for question in dataset.questions] == [("q1", "v1")]


def test_frames_are_one_based_and_inclusive_outside():
    assert list(range(1, 11))[frame_slice(3, 5)] == [3, 4, 5]


def test_events_become_records(folder):
    (folder / "events.csv").write_text(EVENTS + "s1,v1,2,4,8,micro,Happiness,AU6+LAU12\ns1,v1,1,,9,macro,,\n")
    one, two = read_videos(folder)
    assert one.events == (Event(2, 8, 4, "micro", "happiness", ("AU6", "LAU12")), Event(1, 9, None, "macro"))
    assert two.events == ()
    assert (one.fps, len(two.frames)) == (100.0, 6)


def test_without_events_nothing_is_known(folder):
    assert [video.events for video in read_videos(folder)] == [None, None]


def test_each_emotional_micro_event_is_a_clip_with_frames_counted_anew(folder):
    (folder / "events.csv").write_text(
        EVENTS + "s1,v1,2,4,6,micro,disgust,AU4\ns1,v1,7,,9,micro,happiness,\ns2,v2,1,2,3,micro,surprise,\n"
        "s2,v2,4,5,6,macro,surprise,\ns2,v2,1,2,4,micro,,\n"
    )
    clips = load(folder).clips
    assert [(c.subject, c.name, c.label, len(c.frames)) for c in clips] == [
        ("s1", "v1_2", "negative", 5),
        ("s1", "v1_7", "positive", 3),
        ("s2", "v2", "surprise", 3),
    ]
    assert clips[0].event == Event(1, 5, 3, "micro", "disgust", ("AU4",))
    assert (clips[0].frames[0] == read_videos(folder)[0].frames[1]).all()


def test_macro_events_serve_when_there_are_no_micro_ones(folder):
    (folder / "events.csv").write_text(EVENTS + "s1,v1,1,2,6,macro,fear,\n")
    assert [clip.event.kind for clip in event_clips(read_videos(folder))] == ["macro"]


def test_one_folder_of_images_is_a_manifest_of_one_video(folder):
    (video,) = read_videos(folder / "one", fps=60)
    assert (video.name, video.subject, video.fps, video.events) == ("one", folder.name, 60, None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("s1,v1,5,,3,micro,,", r"events.csv row 2: onset 5, apex -, offset 3 are not in order"),
        ("s1,v1,0,,3,micro,,", "row 2: frames 0 to 3, but .*one has 9 frames, counted from 1; correct one"),
        ("s1,v1,2,9,8,micro,,", "apex 9"),
        ("s1,v1,2,,10,micro,,", "row 2: frames 2 to 10, but .*one has 9 frames, counted from 1; correct one of them"),
        ("s1,v1,a,,3,micro,,", "onset is 'a'; expected a whole frame number"),
        ("s1,v1,1,,3,mini,,", "type is 'mini'; expected micro or macro"),
        ("s1,v1,1,,3,micro,,smile", "aus is 'smile'"),
        ("s9,v1,1,,3,micro,,", "row 2: subject s9 video v1 is not in videos.csv"),
        ("s1,v1,1,,3,micro,,\ns1,v1,1,,3,micro,,", "row 3: this event stands twice"),
    ],
)
def test_a_bad_event_is_one_line_with_its_row(folder, row, message):
    (folder / "events.csv").write_text(EVENTS + row + "\n")
    with pytest.raises(InputError, match=message):
        read_videos(folder)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("s1,v1,one,100", "row 4: subject s1 video v1 stands twice"),
        ("s3,v1,../one,100", "leaves the folder"),
        ("s3,v1,none,100", "none: no such file"),
        ("s3,v1,one,", "row 4: fps is empty"),
        ("s3,v1,one,fast", "fps is 'fast'"),
        (",v1,one,100", "row 4: subject, video and path are needed"),
    ],
)
def test_a_bad_video_is_one_line_with_its_row(folder, row, message):
    (folder / "videos.csv").write_text(VIDEOS + row + "\n")
    with pytest.raises(InputError, match=message):
        read_videos(folder)


def test_a_manifest_without_videos_says_so(folder):
    (folder / "videos.csv").write_text("subject,video,path,fps\n")
    with pytest.raises(InputError, match="no videos"):
        read_videos(folder)


def test_clips_of_one_video_have_names_of_their_own():
    frames = ArrayFrames(np.zeros((30, 8, 8, 3), np.uint8))
    events = [Event(1, 9, emotion="fear"), Event(1, 12, emotion="anger"), Event(20, 25, emotion="fear")]
    clips = event_clips(
        [Video("d", s, "v", frames, 30.0, tuple(found)) for s, found in (("s1", events), ("s2", events[:1]))]
    )
    assert [(clip.subject, clip.name) for clip in clips] == [
        ("s1", "v_1-9"),
        ("s1", "v_1-12"),
        ("s1", "v_20"),
        ("s2", "v"),
    ]


@pytest.fixture
def rates(tmp_path):
    """A manifest without rates: videos of 25 and 50 frames per second, and a folder of images."""
    write_video(tmp_path / "a.avi", fps=25)
    write_video(tmp_path / "b.avi", fps=50)
    write_frames(tmp_path / "c", ["img1.jpg", "img2.jpg"])
    (tmp_path / "videos.csv").write_text("subject,video,path,fps\ns,a,a.avi,\ns,b,b.avi,\ns,c,c,\n")
    return tmp_path


@pytest.fixture
def without_rate(monkeypatch):
    """Take the rate away that containers tell."""

    def open_without_rate(path):
        frames = open_frames(path)
        frames.fps = None
        return frames

    monkeypatch.setattr(manifest, "open_frames", open_without_rate)


def rates_in_silence(path, fps=None):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return [video.fps for video in read_videos(path, fps)]


def test_the_rate_that_a_video_file_tells_is_used_and_a_warning_says_so(rates):
    with pytest.warns(UserWarning, match="--fps 100 is not used") as told:
        (video,) = read_videos(rates / "a.avi", fps=100)
    assert video.fps == 25
    assert [str(warning.message) for warning in told] == [
        f"{rates / 'a.avi'}: --fps 100 is not used, the file tells its own rate of 25 frames per second; "
        "if that is wrong, give the right one in the column fps of a videos.csv"
    ]
    assert told[0].filename == __file__


def test_no_warning_where_both_rates_are_one_or_none_was_given(rates):
    assert rates_in_silence(rates / "a.avi") == rates_in_silence(rates / "a.avi", 25) == [25]


def test_a_video_file_that_tells_no_rate_and_a_folder_of_images_have_the_given_one(rates, without_rate):
    assert rates_in_silence(rates / "a.avi", 100) == rates_in_silence(rates / "c", 100) == [100]


def test_a_rate_that_nothing_tells_is_assumed_and_a_warning_says_so(rates, without_rate):
    for name in ("a.avi", "c"):
        with pytest.warns(UserWarning, match=rf"{name}: its frame rate is not known; 30 frames per second are assumed"):
            assert [video.fps for video in read_videos(rates / name)] == [30]


def test_in_a_manifest_files_without_a_rate_have_their_own_and_folders_the_given_one(rates):
    with pytest.warns(UserWarning, match="--fps 100 is not used") as told:
        assert [video.fps for video in read_videos(rates, fps=100)] == [25, 50, 100]
    (warning,) = told
    assert f"{rates / 'a.avi'} (and 1 more): --fps 100 is not used" in str(warning.message)
    assert "its own rate of 25 frames per second; if that is wrong" in str(warning.message)


def test_the_column_of_a_manifest_comes_before_all_other_rates(rates):
    (rates / "videos.csv").write_text("subject,video,path,fps\ns,a,a.avi,200\ns,c,c,60\n")
    assert rates_in_silence(rates) == rates_in_silence(rates, 100) == [200, 60]


def test_in_a_manifest_a_file_that_tells_no_rate_has_the_given_one(rates, without_rate):
    assert rates_in_silence(rates, 100) == [100, 100, 100]
    with pytest.raises(InputError, match="row 2: fps is empty"):
        read_videos(rates)


def respelled(folder, videos, events):
    write_videos(folder)
    (folder / "videos.csv").write_text("subject,video,path,fps\n" + videos)
    (folder / "events.csv").write_text(EVENTS + events)
    (folder / "questions.jsonl").write_text(json.dumps(QUESTION | {"subject": "s01", "video": "v2"}) + "\n")
    return folder


def test_one_person_under_two_spellings_is_one_subject_with_a_warning_that_names_both(tmp_path):
    respelled(tmp_path, "S01,v1,one,100\ns1,v2,two,30\n", "S01,v1,2,4,8,micro,happiness,\ns1,v2,1,2,3,micro,fear,\n")
    with pytest.warns(UserWarning, match=r"subjects S01, s1 are one person.*called S01 here, 2 clips and videos more"):
        dataset = load_dataset("manifest", tmp_path)
    assert {record.subject for record in (*dataset.clips, *dataset.videos)} == {"S01"}
    assert [clip.event.emotion for clip in dataset.clips] == ["happiness", "fear"]
    assert questions_about(dataset.clips, dataset.questions)[1] == dataset.questions
    assert dataset.questions[0].subject == "S01"
    assert [video.subject for video in read_videos(tmp_path)] == ["S01", "s1"]  # as they are written, without folds


def test_events_find_a_video_whose_subject_is_spelled_otherwise(tmp_path):
    events = "6,v1,2,4,8,micro,happiness,\n6,v1,1,,3,macro,,\n07,v2,1,2,3,micro,fear,\n"
    respelled(tmp_path, "006,v1,one,100\n07,v2,two,30\n", events)
    with pytest.warns(UserWarning, match=r"events.csv row 2: the subject is spelled otherwise.*in 2 rows; write"):
        videos = read_videos(tmp_path)
    assert [(video.subject, len(video.events)) for video in videos] == [("006", 2), ("07", 1)]


def test_two_spellings_of_a_person_with_a_video_of_one_name_are_refused(tmp_path):
    respelled(tmp_path, "S01,v1,one,100\ns1,v1,two,30\n", "")
    with pytest.raises(
        InputError, match=r"videos.csv row 3: subjects S01 and s1 are one person.*have a video v1; give"
    ):
        load(tmp_path)


def test_action_units_as_sheets_write_them_are_read_and_noted(tmp_path):
    rows = "s1,v1,2,4,8,micro,happiness,14or23\ns1,v1,1,,9,macro,,AD19\ns2,v2,1,2,3,micro,fear,?\n"
    dataset = load(respelled(tmp_path, "s1,v1,one,100\ns2,v2,two,30\n", rows))
    assert [event.action_units for video in dataset.videos for event in video.events] == [("AU14", "AU23"), (), ()]
    assert [note.place[-5:] for note in dataset.notes] == ["row 2", "row 3", "row 4"]
    (tmp_path / "events.csv").write_text(EVENTS + "s1,v1,2,4,8,micro,happiness,AU4+smile\n")
    with pytest.raises(InputError, match="row 2: aus is 'AU4.smile' .*'smile' is not an action unit"):
        load(tmp_path)


def test_capitals_in_headers_and_types_change_nothing(folder):
    plain = EVENTS + "s1,v1,2,4,8,micro,happiness,AU6\ns1,v1,1,,9,macro,,\n"
    (folder / "events.csv").write_text(plain)
    expected = [video.events for video in read_videos(folder)]
    (folder / "events.csv").write_text(
        plain.replace("micro", "Micro").replace("macro", "MACRO").replace(EVENTS, EVENTS.title())
    )
    (folder / "videos.csv").write_text(VIDEOS.replace("subject,video", "Subject,VIDEO"))
    assert [video.events for video in read_videos(folder)] == expected


@pytest.mark.parametrize("table", ["videos.csv", "events.csv"])
def test_semicolons_are_named(folder, table):
    (folder / "events.csv").write_text(EVENTS)
    (folder / table).write_text((folder / table).read_text().replace(",", ";"))
    with pytest.raises(InputError, match=rf"{table} row 1: the columns are separated by semicolons; save the table as"):
        read_videos(folder)


def test_a_folder_of_video_files_holds_one_video_each(tmp_path):
    folder = tmp_path / "s1"
    folder.mkdir()
    for name, fps in (("b.avi", 50), ("a.AVI", 25), (".c.avi", 25)):
        write_video(folder / name, fps=fps)
    (folder / "notes.txt").write_text("")
    (folder / "cover.jpg").write_bytes(b"")  # without a number, no frame
    videos = read_videos(folder)
    assert [(v.subject, v.name, v.fps, len(v.frames), v.events) for v in videos] == [
        ("s1", "a", 25, 20, None),
        ("s1", "b", 50, 20, None),
    ]
    with pytest.warns(UserWarning, match="--fps 100 is not used") as told:
        read_videos(folder, fps=100)
    assert told[0].filename == __file__
    assert [video.name for video in load(folder).videos] == ["a", "b"]


def test_of_video_files_of_one_name_each_keeps_its_suffix(tmp_path):
    for name in ("a.avi", "a.mkv", "b.avi"):
        write_video(tmp_path / name)
    assert [video.name for video in read_videos(tmp_path)] == ["a.avi", "a.mkv", "b"]


def test_a_broken_video_file_in_a_folder_stops_no_other(tmp_path):
    write_video(tmp_path / "a.avi")
    (tmp_path / "b.avi").write_bytes(b"")
    good, broken = read_videos(tmp_path)
    assert good.frames[0].shape == (48, 64, 3)
    with pytest.raises(InputError, match=r"b\.avi: the file is empty"):
        broken.frames[0]
    findings = []
    assert [video.name for video in read_videos(tmp_path, findings=findings)] == ["a"]
    assert len(findings) == 1


def test_a_folder_of_pictures_and_videos_may_mean_two_things(tmp_path):
    write_video(tmp_path / "a.avi")
    write_frames(tmp_path, ["img2.jpg", "img1.jpg"])
    with pytest.raises(InputError) as caught:
        read_videos(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: holds both pictures (img1.jpg) and videos (a.avi), so it may be one video or several; name the "
        "video files instead, or move the ones or the others to a folder of their own"
    )


NAMES = ["3_09.jpg", "1_12.jpg", "2_10.jpg"]


@pytest.mark.parametrize(
    ("pattern", "order"),
    [(None, [3, 2, 1]), (r"_(\d+)", [3, 2, 1]), (r"^(\d+)_", [1, 2, 3])],
)
def test_which_number_of_two_counts_can_be_said(tmp_path, pattern, order):
    numbering = pattern and re.compile(pattern)
    write_frames(tmp_path / "v", NAMES)
    (video,) = read_videos(tmp_path / "v", numbering=numbering)
    assert [int(name[0]) for name in video.frames.names if name] == order
    (tmp_path / "videos.csv").write_text("subject,video,path,fps\ns,v,v,30\n")
    assert read_videos(tmp_path, numbering=numbering)[0].frames.names == video.frames.names


@pytest.mark.parametrize("pattern", [r"(\d+)_", r"(\D)_", r"(\w)\d*\.jpg", r"(\d+)?\.jpg"])
def test_an_expression_that_finds_no_number_is_told(tmp_path, pattern):
    write_frames(tmp_path / "v", ["a_x1.jpg", "a_x.jpg"])
    with pytest.raises(InputError, match="v: '.*' finds no numbers in the names of pictures; its group must hold"):
        read_videos(tmp_path / "v", numbering=re.compile(pattern))


def test_a_question_may_name_a_video_by_its_file(tmp_path):
    replica(tmp_path)
    asked = [QUESTION | {"id": name, "video": name} for name in ("v1", "v1.mp4", "v1.JPG", "v1.txt", "none.mp4")]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked))
    assert [q.video for q in load(tmp_path).questions] == ["v1", "v1", "v1", "v1.txt", "none.mp4"]
