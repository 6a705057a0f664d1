"""The look of a synthetic face: colours of skin, hair and background, skin texture and light."""

from dataclasses import dataclass

import cv2
import numpy as np

from baselines.datasets.synthetic.shape import CANVAS, JAW


@dataclass(frozen=True)
class Masks:
    """Weights 0 to 1 of each canvas pixel, (CANVAS, CANVAS) float32: bare skin, hair, head (skin and hair)."""

    skin: np.ndarray
    hair: np.ndarray
    head: np.ndarray


def masks(portrait, head, skin, landmarks, grid):
    """Return the `Masks` of a face from the portrait's outlines, its colours and the warp `grid`."""
    size = portrait.shape[:2]
    skin = _polygon(skin, size, 1.2)
    lab = cv2.GaussianBlur(cv2.cvtColor(portrait / 255, cv2.COLOR_RGB2LAB), (0, 0), 0.7)
    # The grey background is bright and hardly yellow (b about 5, L above 70), hair is yellow (b above 18) or dark.
    hairy = np.maximum(_step(lab[..., 2], 8, 15), _step(-lab[..., 0], -62, -48))
    hair = _polygon(head, size, 1.5, widen=3) * hairy * (1 - skin)
    skin, hair = (cv2.remap(m, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) for m in (skin, hair))
    openings = sum(_polygon(landmarks[part], (CANVAS, CANVAS), 1.0) for part in (slice(36, 42), slice(42, 48)))
    return Masks(skin * (1 - np.clip(openings, 0, 1)), hair, np.clip(skin + hair, 0, 1))


def colour(picture, s, masks):
    """Return the picture with the subject's skin, hair and background, then contrast and saturation of the camera."""
    dark = np.array([0.66, 0.54, 0.46], np.float32)  # the darkest skin relative to the portrait's, R G B
    hue = np.array([0.12, 0, -0.12], np.float32) * s.background_hue
    gain = (
        1
        + masks.skin[..., None] * s.skin_tone * (dark - 1)
        + masks.hair[..., None] * (s.hair_tone - 1)
        + (1 - masks.head[..., None]) * (s.background * (1 + hue) - 1)
    )
    picture = picture * gain.astype(np.float32)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
    chroma = s.saturation * (1 - masks.hair[..., None] * (1 - s.hair_colour))
    return (((grey + chroma * (picture - grey)) - 110) * s.contrast + 110).astype(np.float32)


def complexion(s):
    """Return a fixed fine skin texture (CANVAS, CANVAS, 1) with the subject's standard deviation, grey levels."""
    noise = np.random.default_rng(s.texture_seed).standard_normal((CANVAS, CANVAS), np.float32)
    fine, coarse = cv2.GaussianBlur(noise, (0, 0), 0.9), cv2.GaussianBlur(noise, (0, 0), 3.0)
    texture = fine / fine.std() + coarse / coarse.std()
    return texture[..., None] * np.float32(s.complexion / texture.std())


def light(s, landmarks):
    """Return the (CANVAS, CANVAS, 1) gain of light that falls in from one side."""
    centre, radius = landmarks[30], np.ptp(landmarks[JAW, 0]) / 2
    y, x = np.mgrid[0:CANVAS, 0:CANVAS].astype(np.float32)
    along = ((x - centre[0]) * np.cos(s.light_angle) + (y - centre[1]) * np.sin(s.light_angle)) / radius
    return (1 + s.light_strength * np.tanh(along))[..., None].astype(np.float32)


def _polygon(points, size, soft, widen=0):
    mask = np.zeros(size, np.float32)
    outline = [np.rint(points * 16).astype(np.int32)]
    cv2.fillPoly(mask, outline, 1.0, shift=4)
    if widen:
        cv2.polylines(mask, outline, True, 1.0, 2 * widen, shift=4)
    return cv2.GaussianBlur(mask, (0, 0), soft)


def _step(values, low, high):
    """Return a smooth step from 0 at `low` to 1 at `high`."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
