"""The clips on which independent implementations were run to make tests/golden: `noise`, and a face whose mouth
corners are drawn up and back by two pixels."""

import hashlib
import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest


def golden(name):
    """Numbers of tests/golden/NAME.json."""
    return json.loads((Path(__file__).parent / "golden" / f"{name}.json").read_text())


@cache
def noise():
    """(20, 48, 48) uint8, every value equally likely."""
    return np.random.default_rng(20250).integers(0, 256, size=(20, 48, 48), dtype=np.uint8)


@cache
def clip():
    """(30, 128, 128) uint8: the portrait that scikit-image ships, apex at frame 15 (from 0), noise of one level."""
    from skimage import data

    portrait = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)[20:200, 130:310]
    face = cv2.resize(portrait, (128, 128), interpolation=cv2.INTER_AREA)
    y, x = np.mgrid[0:128, 0:128].astype(np.float32)
    left, right = (np.exp(-((y - 95) ** 2 + (x - centre) ** 2) / 128) for centre in (48, 80))
    generator = np.random.default_rng(7)
    frames = np.empty((30, 128, 128), np.uint8)
    for t in range(30):
        amplitude = 2.0 * np.exp(-(((t - 15) / 4.0) ** 2))
        u = (amplitude * right - amplitude * left).astype(np.float32)
        v = (-amplitude * right - amplitude * left).astype(np.float32)
        warped = cv2.remap(face, x - u, y - v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        warped += generator.normal(0, 1.0, warped.shape)
        frames[t] = np.clip(np.rint(warped), 0, 255).astype(np.uint8)
    if hashlib.sha256(frames.tobytes()).hexdigest()[:16] != "215005ab60a0c472":
        pytest.skip("OpenCV resamples the portrait otherwise here than where the golden numbers were made")
    return frames


def clip64():
    """(30, 64, 64): the middle of `clip`."""
    return clip()[:, 32:96, 32:96]
