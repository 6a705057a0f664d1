"""A face that moves as it is told: the portrait of scikit-image with implanted motion, for tests of spotting."""

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from baselines.datasets.frames import ArrayFrames

FPS = 30.0
SMILE, FROWN = (40, 44, 49), (100, 105, 111)  # onset, apex, offset of `smile_and_frown`, indices of 150 frames


def profile(frames, onset, apex, offset, apex_end=None):
    """Rise and fall of an expression as half cosines, 0 to 1, from onset to offset (indices)."""
    t = np.arange(frames)
    rise = np.clip((t - onset) / (apex - onset), 0, 1)
    fall = np.clip((offset - t) / (offset - (apex_end or apex)), 0, 1)
    return (0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 - 0.5 * np.cos(np.pi * fall))


def smile_and_frown():
    """5 s with a smile at one corner of the mouth and a frown, both micro-expressions."""
    smile, frown = profile(150, *SMILE), profile(150, *FROWN)
    return implanted_video([(205, 206, 1.6, -1.2, smile), (118, 128, 0, -1.8, frown), (146, 130, 0, -1.8, frown)])


def implanted_video(events, frames=150, seed=0):
    """The portrait of scikit-image with sensor noise, head drift and bumps of displacement.

    events: (x, y of the middle, dx, dy in px, profile). About 70 px between the eyes.
    """
    import skimage.data

    rng = np.random.default_rng(seed)
    portrait = cv2.resize(skimage.data.astronaut()[10:198, 120:320], (320, 300), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[:300, :320].astype(np.float32)
    drift = gaussian_filter1d(rng.normal(size=(frames + 200, 2)), 25, axis=0)[100:-100].astype(np.float32) * 20
    video = np.empty((frames, 300, 320, 3), np.uint8)
    for t in range(frames):
        head_x, head_y = x - drift[t, 0], y - drift[t, 1]
        map_x, map_y = head_x.copy(), head_y.copy()
        for cx, cy, dx, dy, shape in events:
            bump = np.exp(-((head_x - cx) ** 2 + (head_y - cy) ** 2) / (2 * 14.0**2)) * np.float32(shape[t])
            map_x -= np.float32(dx) * bump
            map_y -= np.float32(dy) * bump
        face = cv2.remap(portrait, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        noise = rng.normal(0, 2, face.shape[:2])[..., None]
        video[t] = np.clip(np.rint(face + noise), 0, 255)
    return ArrayFrames(video)
