import cv2
import numpy as np
import pytest
from oracle_clips import clip, golden

from features.apex_by_motion import find_apex_by_motion
from features.errors import FeatureError


def landmarks():
    return np.array(golden("mdmo_meb")["landmarks"])


def test_the_frame_of_farthest_motion_is_found_despite_drift():
    still = clip()
    # Slow drift on top of the motion: in the last frame the face lies 2 px to the right.
    drift = [np.float32([[1, 0, 2 * i / (len(still) - 1)], [0, 1, 0]]) for i in range(len(still))]
    size = still.shape[:0:-1]
    drifting = np.stack([cv2.warpAffine(frame, move, size, borderMode=cv2.BORDER_REPLICATE)
                         for frame, move in zip(still, drift)])  # fmt: skip
    for video in (still, drifting):
        assert abs(find_apex_by_motion(video, landmarks(), fps=100) - 15) <= 2


def test_motion_needs_three_frames_and_a_face():
    with pytest.raises(FeatureError, match="at least 3"):
        find_apex_by_motion(clip()[:2], landmarks(), 100)
    with pytest.raises(FeatureError, match="68"):
        find_apex_by_motion(clip()[:4], landmarks()[:5], 100)
