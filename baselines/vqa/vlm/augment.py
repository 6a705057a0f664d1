"""Random changes of flow pictures that leave their meaning: what differs between faces, cameras and flow methods.

Pictures are (n, H, W, 3) float32: u, v and optical strain, in which zero means no motion.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from features.alignment import EYE_HEIGHT

MIRRORED = np.array([-1, 1, 1], np.float32)


@dataclass(frozen=True)
class Strength:
    """How far pictures are changed; ranges are drawn from uniformly, lengths are shares of the picture's side."""

    wide: tuple[float, float] = (0.95, 1.5)  # scale in x: crops differ, and published ones are often square boxes
    tall: tuple[float, float] = (0.78, 1.08)  # scale in y relative to that in x
    shift: float = 0.07  # sideways, to both sides
    lower: tuple[float, float] = (-0.06, 0.12)  # of the line of the eyes
    turn: float = 7.0  # degrees, to both sides
    blend_share: float = 0.4  # of the pictures: blended with another clip that has the same answers
    company_share: float = 0.5  # of the pictures: another clip's motion is added, uncoded
    company: tuple[float, float] = (0.0, 0.35)  # its size relative to the picture's own
    gain: float = 0.25  # standard deviation of the logarithm, each channel
    head: float = 0.25  # shift, tilt and growth of the whole field that alignment left, in root mean squares
    noise: tuple[float, float] = (0.0, 0.25)  # standard deviation
    blur: tuple[float, float] = (0.0, 1.3)  # px
    core_share: float = 0.5  # of the pictures: small motion is taken for none, as sparse flow methods do
    core: tuple[float, float] = (0.1, 0.8)  # up to this size, in root mean squares
    erase_share: float = 0.2  # of the pictures: a rectangle without motion


CROPPED_ALIKE = Strength(wide=(0.87, 1.15), tall=(0.93, 1.08), lower=(-0.07, 0.07), core_share=0.2)
CUT_ALREADY = replace(CROPPED_ALIKE, core_share=0.4)  # for pictures of many databases' cuts


def augment(pictures, chosen, partners, rng, strength):
    """Return changed copies of some pictures and which of them were mirrored: (B, H, W, 3), (B,) bool.

    pictures: (n, H, W, 3). chosen: (B,) their indices. partners: (B,) indices of pictures with the same answers.
    """
    mirrored = rng.random(len(chosen)) < 0.5
    changed = []
    for n, partner, mirror in zip(chosen, partners, mirrored):
        picture = pictures[n]
        if rng.random() < strength.blend_share:
            share = np.float32(rng.uniform(0.3, 0.7))
            picture = _add((1 - share) * picture, share * pictures[partner])
        if rng.random() < strength.company_share:
            other = _mirror(pictures[rng.integers(len(pictures))], rng.random() < 0.5)
            picture = _add(picture, np.float32(rng.uniform(*strength.company)) * other)
        changed.append(_distort(_warp(_mirror(picture, mirror), rng, strength), rng, strength))
    return np.stack(changed), mirrored


def _add(first, second):
    """Motions add; strains, which are lengths, add as if they were independent."""
    total = first + second
    total[..., 2] = np.hypot(first[..., 2], second[..., 2])
    return total


def _mirror(picture, mirrored):
    return picture[:, ::-1] * MIRRORED if mirrored else picture


def _warp(picture, rng, strength):
    side = picture.shape[0]
    angle = np.deg2rad(rng.uniform(-strength.turn, strength.turn))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    wide = rng.uniform(*strength.wide)
    matrix = turn @ np.diag([wide, wide * rng.uniform(*strength.tall)])
    fixed = np.array([0.5, EYE_HEIGHT]) * side - 0.5
    moved = np.array([rng.uniform(-strength.shift, strength.shift), rng.uniform(*strength.lower)]) * side
    placed = np.column_stack([matrix, fixed - matrix @ fixed + moved])
    warped = cv2.warpAffine(np.ascontiguousarray(picture), placed, (side, side), borderMode=cv2.BORDER_REPLICATE)
    warped[..., :2] = warped[..., :2] @ turn.T.astype(np.float32)
    return warped


def _distort(picture, rng, strength):
    side = picture.shape[0]
    y, x = (np.mgrid[:side, :side] / (side - 1) - 0.5).astype(np.float32)
    shift_u, shift_v, tilt, growth = rng.normal(0, strength.head, 4).astype(np.float32)
    picture = picture * np.exp(rng.normal(0, strength.gain, 3)).astype(np.float32)
    picture = _blur(picture, rng.uniform(*strength.blur))
    if rng.random() < strength.core_share:
        least = np.float32(rng.uniform(*strength.core)) * np.sqrt(np.mean(np.square(picture), axis=(0, 1)))
        picture = np.sign(picture) * np.maximum(np.abs(picture) - least, 0)
    picture[..., 0] += shift_u - tilt * y + growth * x
    picture[..., 1] += shift_v + tilt * x + growth * y
    noise = rng.standard_normal(picture.shape, dtype=np.float32) * np.float32(rng.uniform(*strength.noise))
    picture += _blur(noise, rng.uniform(0, 1))
    if rng.random() < strength.erase_share:
        top, left = rng.integers(0, side - side // 6, 2)
        high, wide = rng.integers(side // 6, side // 3, 2)
        picture[top : top + high, left : left + wide] = 0
    return picture


def _blur(picture, sigma):
    return cv2.GaussianBlur(picture, (0, 0), sigma) if sigma > 0.3 else picture
