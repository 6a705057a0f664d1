import pytest
from replicas import empty_frames, write_frames

from baselines.datasets import describe, open_dataset
from baselines.datasets.records import Event
from baselines.datasets.smic import load
from baselines.errors import InputError

CLIPS = {
    "s1/micro/negative/s1_ne_01": 559740,
    "s1/micro/positive/s1_po_01": 701843,
    "s20/micro/surprise/s20_sur_01": 17597115,
}


def replica(root, folder="HS", picture="image{:06d}.bmp"):
    for clip, first in CLIPS.items():
        write_frames(root / folder / clip, [picture.format(first + n) for n in range(12)])
    write_frames(root / folder / "s1/non_micro/s1_n1", ["image000001.bmp"])
    for camera in ("VIS", "NIR"):
        empty_frames(root / folder / f"../{camera}/s11/micro/negative/s11_ne_01", ["image000001.bmp"])
    return root


def test_a_clip_is_its_folder(tmp_path):
    dataset = open_dataset("smic", replica(tmp_path))
    assert dataset.findings == []
    assert [(clip.subject, clip.name, clip.label) for clip in dataset.clips] == [
        ("s1", "s1_ne_01", "negative"),
        ("s1", "s1_po_01", "positive"),
        ("s20", "s20_sur_01", "surprise"),
    ]
    clip = dataset.clips[2]
    assert (clip.dataset, clip.fps, clip.event) == ("smic", 100.0, Event(1, 12, None, "micro", "surprise", ()))
    assert clip.frames.numbers[0] == 17597115
    assert clip.frames[11].shape == (24, 32, 3)


@pytest.mark.parametrize(
    ("folder", "picture"),
    [
        ("SMIC_all_raw/SMIC_all_raw/HS", "image{:06d}.bmp"),
        ("SMIC_all_raw/hs", "image{:06d}.bmp"),
        ("SMIC_all_cropped/HS", "reg_image{:06d}.bmp"),
        ("SMIC/SMIC_all_cropped/HS", "reg_image{:06d}.bmp"),
        ("", "image{:06d}.bmp"),
    ],
)
def test_the_other_layouts(tmp_path, folder, picture):
    dataset = load(replica(tmp_path, folder, picture))
    assert (len(dataset.clips), dataset.findings) == (3, [])


def test_raw_comes_before_cropped(tmp_path):
    replica(tmp_path, "SMIC_all_cropped/HS", "reg_image{:06d}.bmp")
    replica(tmp_path, "SMIC_all_raw/HS")
    assert "SMIC_all_raw" in load(tmp_path).clips[0].frames.source.parts
    assert "SMIC_all_cropped" in load(tmp_path / "SMIC_all_cropped").clips[0].frames.source.parts


@pytest.mark.parametrize(
    ("folder", "finding"),
    [
        ("s1/micro/positive/s1_ne_09", "expected a name like s1_po_01 in a folder positive, ne in negative"),
        ("s1/micro/neutral/s1_ne_09", "the clip is left out, move it"),
        ("s1/micro/negative/s2_ne_01", "expected a name like s1_po_01"),
        ("s01/micro/negative/s01_ne_01", "the same clip as"),
        ("s01/micro/negative/s01_ne_02", "s01 and s1 are one subject; move all clips into s01"),
    ],
)
def test_a_clip_out_of_place_is_told(tmp_path, folder, finding):
    replica(tmp_path)
    empty_frames(tmp_path / "HS" / folder, ["image000001.bmp"])
    dataset = load(tmp_path)
    assert any(finding in line for line in dataset.findings), dataset.findings
    assert len({clip.subject for clip in dataset.clips}) == 2
    assert len(dataset.clips) == (4 if folder.endswith("s01_ne_02") else 3)


def test_an_empty_clip_is_told(tmp_path):
    (replica(tmp_path) / "HS/s18/micro/surprise/s18_sur_03").mkdir(parents=True)
    dataset = load(tmp_path)
    assert len(dataset.clips) == 3
    assert [line.split("s18_sur_03: ")[1] for line in dataset.findings] == [
        "no numbered images; expected files such as img001.jpg"
    ]


def test_a_root_that_holds_no_smic(tmp_path):
    empty_frames(tmp_path / "HS" / "s01" / "s1_ne_01", ["image000001.jpg"])
    with pytest.raises(InputError, match="no SMIC-HS; expected folders such as HS/s1/micro/positive/s1_po_01"):
        load(tmp_path)


def test_description_tells_layout_and_counts():
    known = describe("smic")
    assert "HS/s1/micro/positive/s1_po_01" in known["layout"]
    assert sum(count for name, count in known["published"].items() if name.startswith("emotion")) == 164
