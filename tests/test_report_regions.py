"""The picture of the facial regions."""

import cv2
import numpy as np

from baselines.datasets.synthetic.portrait import LANDMARKS, OTHER_SIDE
from baselines.report.regions import UNITS, draw_regions
from features.regions import MIRRORED, action_unit_regions


def test_it_shows_six_panels_with_regions_on_them(tmp_path):
    draw_regions(tmp_path / "regions.png")
    picture = cv2.imread(str(tmp_path / "regions.png"))
    height, width = picture.shape[:2]
    assert 1.2 < width / height < 1.6
    red = (picture[..., 2].astype(int) - picture[..., :2].max(axis=2) > 80).astype(np.uint8)
    panels = [
        red[y : y + height // 2, x : x + width // 3] for y in (0, height // 2) for x in range(0, width - 9, width // 3)
    ]
    assert [panel.sum() > 300 for panel in panels] == [True, True, False, True, True, True]


def test_every_action_unit_region_is_drawn_once():
    numbers = {int(code.lstrip("RLAU")) for code in action_unit_regions(LANDMARKS)}
    drawn = [number for panel in UNITS for number in panel]
    assert len(drawn) == len(set(drawn))
    assert numbers - set(drawn) == {25}  # the lips, as for 23 and 24


def test_both_tables_of_mirrored_landmarks_agree():
    assert tuple(OTHER_SIDE) == MIRRORED
