import json
import warnings

import numpy as np
import pytest
from replicas import write_frames, write_noise, write_video

from baselines.datasets import manifest
from baselines.datasets.cutting import event_clips
from baselines.datasets.frames import ArrayFrames, open_frames
from baselines.datasets.manifest import load, read_videos
from baselines.datasets.records import Event, Video, frame_slice
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
        ("s1,v1,0,,3,micro,,", "not in order from 1"),
        ("s1,v1,2,9,8,micro,,", "apex 9"),
        ("s1,v1,2,,10,micro,,", "event up to frame 10 but one has 9 frames"),
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


@pytest.mark.parametrize(("fps", "used"), [(100, 100), (None, 30)])
def test_a_video_file_that_tells_no_rate_has_the_given_one(rates, without_rate, fps, used):
    assert rates_in_silence(rates / "a.avi", fps) == [used]


@pytest.mark.parametrize(("fps", "used"), [(100, 100), (None, 30)])
def test_a_folder_of_images_has_the_given_rate(rates, fps, used):
    assert rates_in_silence(rates / "c", fps) == [used]


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
