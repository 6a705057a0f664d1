"""Synthetic subjects: one portrait becomes different people by shape, tone, light and camera."""

from dataclasses import dataclass, fields

import cv2
import numpy as np

from baselines.datasets.synthetic import appearance, shape
from baselines.datasets.synthetic.portrait import load_portrait, outlines
from baselines.datasets.synthetic.shape import CANVAS, JAW


@dataclass(frozen=True)
class Subject:
    """What makes one synthetic person and camera; `draw_subject` draws each pair uniformly from its range.

    Lengths are in pixels of the portrait (the face is 92 wide); ratios multiply the portrait's.
    """

    scale: float = (1.42, 1.6)  # frame pixels per portrait pixel
    shift_x: float = (-3, 3)
    shift_y: float = (-2, 3)
    jaw_width: float = (0.91, 1.07)
    jaw_length: float = (-4, 5)
    eye_distance: float = (-2.0, 1.4)
    eye_size: float = (0.86, 1.18)
    eye_tilt: float = (-0.7, 0.7)
    brow_height: float = (-1.6, 1.8)
    brow_tilt: float = (-1.2, 1.2)
    nose_width: float = (0.85, 1.22)
    nose_length: float = (-3, 3)
    mouth_width: float = (0.88, 1.1)
    mouth_height: float = (-1.5, 2.5)
    lip_fullness: float = (0.75, 1.3)
    smile: float = (0.0, 0.3)  # how much of the portrait's smile stays in the neutral face
    mouth_gap: float = (0.03, 0.12)  # how much of its open mouth
    hair_width: float = (0.96, 1.08)
    hair_height: float = (0.93, 1.06)
    skin_tone: float = (0, 0.9)  # 0 as photographed, 1 dark
    hair_tone: float = (0.35, 1.1)
    hair_colour: float = (0, 1)  # 0 grey, 1 as photographed
    background: float = (0.7, 1.0)
    background_hue: float = (-1, 1)
    saturation: float = (0.6, 1.05)
    light_angle: float = (0, 2 * np.pi)
    light_strength: float = (0.05, 0.3)
    contrast: float = (0.85, 1.05)
    blur: float = (0.4, 0.9)  # standard deviation, pixels
    complexion: float = (1.5, 4.0)  # standard deviation of the fixed skin texture, grey levels
    noise: float = (0, 1)  # place within the settings' range
    blink_rate: float = (0.1, 0.4)  # per second
    drift: float = (0.4, 1.3)  # head motion relative to the settings' extent
    asymmetry: float = (-0.2, 0.2)  # the left side moves this share more than the right
    mirror: bool = False
    texture_seed: int = 0


def draw_subject(rng, mirror):
    """Return a `Subject` drawn with `rng`; `mirror` flips the portrait, never the meaning of left and right."""
    ranges = {f.name: f.default for f in fields(Subject) if isinstance(f.default, tuple)}
    values = {name: float(rng.uniform(*limits)) for name, limits in ranges.items()}
    return Subject(**values, mirror=mirror, texture_seed=int(rng.integers(2**31)))


@dataclass(frozen=True)
class Face:
    """A neutral face: (CANVAS, CANVAS, 3) uint8 RGB, its (68, 2) landmarks and two (CANVAS, CANVAS) weights.

    `head` is how much a pixel moves with the head, `bare` how much with the muscles under it: hair stays.
    """

    picture: np.ndarray
    landmarks: np.ndarray
    head: np.ndarray
    bare: np.ndarray


def build_face(subject):
    """Return the neutral `Face` of a subject."""
    portrait = load_portrait(subject.mirror)
    landmarks, head, skin = outlines(subject.mirror)
    grid, landmarks = shape.neutral_warp(subject, landmarks, head)
    masks = appearance.masks(portrait, head, skin, landmarks, grid)
    picture = cv2.remap(portrait, grid, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    picture = appearance.colour(picture, subject, masks)
    picture += appearance.complexion(subject) * masks.skin[..., None]
    picture = cv2.GaussianBlur(picture * appearance.light(subject, landmarks), (0, 0), subject.blur)
    bare = 1 - cv2.GaussianBlur(masks.hair, (0, 0), 4)
    return Face(np.clip(np.rint(picture), 0, 255).astype(np.uint8), landmarks, _head_weight(landmarks), bare)


def _head_weight(landmarks):
    """Return how much each pixel moves with the head: 1 on face and hair, 0 at shoulders and background."""
    jaw = landmarks[JAW]
    width = np.ptp(jaw[:, 0])
    centre = np.array([jaw[[0, 16], 0].mean(), jaw[[0, 16], 1].mean() - 0.1 * width])
    y, x = np.mgrid[0:CANVAS, 0:CANVAS].astype(np.float32)
    radius = np.hypot((x - centre[0]) / (0.86 * width), (y - centre[1]) / (1.02 * width))
    t = np.clip((radius - 0.92) / 0.38, 0, 1)
    return (1 - t * t * (3 - 2 * t)).astype(np.float32)
