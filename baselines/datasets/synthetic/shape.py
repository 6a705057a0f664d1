"""The shape of a synthetic face: from the portrait's landmarks to a person's, and the warp between them."""

import cv2
import numpy as np

FRAME = 256  # width and height of a video frame
MARGIN = 16  # pixels of the face picture beyond each side of the frame, so that motion finds pixels there
CANVAS = FRAME + 2 * MARGIN
CENTRE = np.array([226.0, 104.0])  # the point of the portrait that comes to the middle of the frame
HAIR_POINTS = 16  # the head outline starts with so many points of the hair

JAW, BROWS, NOSE, EYES, MOUTH = slice(0, 17), slice(17, 27), slice(27, 36), slice(36, 48), slice(48, 68)
UPPER_OUTER, UPPER_INNER = [48, 49, 50, 51, 52, 53, 54], [60, 61, 62, 63, 64]
LOWER_OUTER, LOWER_INNER = [48, 59, 58, 57, 56, 55, 54], [60, 67, 66, 65, 64]


def neutral_warp(subject, landmarks, head):
    """Return the warp to a subject's neutral face and that face's (68, 2) landmarks in canvas pixels.

    The warp is (CANVAS, CANVAS, 2) float32: for each canvas pixel its (x, y) in the portrait. Thin-plate splines
    move the features; the open mouth is closed before them, column by column, because its motion is too steep.
    """
    lips = Lips(landmarks, subject.mouth_gap)
    closed = lips.close(landmarks)
    target = _features(closed, subject)
    centre = np.array([CENTRE[0], 100.0])
    hair = centre + (head[:HAIR_POINTS] - centre) * [subject.hair_width, subject.hair_height]
    fixed = _ring()
    sources = np.concatenate([closed[:60], head[:HAIR_POINTS], fixed])
    targets = _to_canvas(np.concatenate([target[:60], hair, fixed]), subject)
    grid = lips.open(_spline_grid(targets, sources))
    return np.round(grid * 64) / 64, _to_canvas(target, subject)  # no solver's last bit may change a pixel


class Lips:
    """Closes the portrait's open mouth: a monotone vertical map for each column of the picture."""

    def __init__(self, landmarks, gap):
        self.landmarks, self.gap = landmarks, gap

    def _levels(self, x):
        """Return six (N,) heights, open and closed, for columns x: above, lip edges from top to bottom, below."""
        from scipy.interpolate import PchipInterpolator

        p = self.landmarks
        curves = [UPPER_OUTER, UPPER_INNER, LOWER_INNER, LOWER_OUTER]
        top, inner_top, inner_bottom, bottom = (
            PchipInterpolator(p[c, 0], p[c, 1])(np.clip(x, p[c[0], 0], p[c[-1], 0])) for c in curves
        )
        inner_bottom = np.maximum(inner_bottom, inner_top + 0.2)
        bottom, top = np.maximum(bottom, inner_bottom + 0.5), np.minimum(top, inner_top - 0.5)
        shift = (1 - self.gap) * (inner_bottom - inner_top) / 2
        opened = np.stack([top - 14, top, inner_top, inner_bottom, bottom, bottom + 18])
        moves = np.stack([0 * shift, 0.8 * shift, shift, -shift, -0.8 * shift, 0 * shift])
        return opened, opened + moves

    def close(self, points):
        """Return points of the portrait where they come to lie with the mouth closed."""
        opened, closed = self._levels(points[:, 0])
        y = [np.interp(py, o, c) for py, o, c in zip(points[:, 1], opened.T, closed.T)]
        return np.stack([points[:, 0], np.where(_within(points[:, 1], opened), y, points[:, 1])], axis=1)

    def open(self, grid):
        """Return a grid of places in the closed portrait as places in the open portrait."""
        x, y = grid[..., 0].ravel(), grid[..., 1].ravel()
        left, right = self.landmarks[[48, 54], 0]
        mouth = np.flatnonzero((x > left) & (x < right) & (np.abs(y - self.landmarks[62, 1]) < 45))
        opened, closed = self._levels(x[mouth])
        y[mouth] = _interpolate(y[mouth], closed, opened)
        return np.stack([x, y], axis=1).reshape(grid.shape)


def _within(y, levels):
    return (y > levels[0]) & (y < levels[-1])


def _interpolate(y, knots, values):
    """Piecewise linear interpolation of each y[i] over knots[:, i]; beyond the knots y stays."""
    out = y.astype(np.float64)
    for a, b, va, vb in zip(knots, knots[1:], values, values[1:]):
        part = (y >= a) & (y < b)
        out = np.where(part, va + (y - a) * (vb - va) / np.maximum(b - a, 1e-6), out)
    return out


def _features(points, s):
    """Return the 68 landmarks of the subject's neutral face, in portrait pixels, from the closed-mouth portrait's."""
    p = points.copy()
    middle = p[27:31, 0].mean()
    level = np.clip((p[JAW, 1] - p[0, 1]) / (p[8, 1] - p[0, 1]), 0, 1)
    p[JAW, 0] = middle + (p[JAW, 0] - middle) * (1 + (s.jaw_width - 1) * (0.5 + 0.5 * level))
    p[JAW, 1] += s.jaw_length * level**2
    for eye, brow, side in ((slice(36, 42), slice(17, 22), -1), (slice(42, 48), slice(22, 27), 1)):
        centre = p[eye].mean(0)
        tilt = side * (p[eye, 0] - centre[0]) / 9
        p[eye] = centre + (p[eye] - centre) * s.eye_size + np.c_[np.full(6, side * s.eye_distance), -s.eye_tilt * tilt]
        tilt = side * (p[brow, 0] - p[brow, 0].mean()) / 15
        p[brow] += np.c_[np.full(5, side * s.eye_distance), -s.brow_height - s.brow_tilt * tilt]
    p[31:36, 0] = p[33, 0] + (p[31:36, 0] - p[33, 0]) * s.nose_width
    p[28:36, 1] += s.nose_length * np.array([0.2, 0.5, 0.9, 1, 1, 1, 1, 1])
    centre = p[[51, 62, 66, 57]].mean(0)
    across = np.abs(p[MOUTH, 0] - centre[0]) / np.ptp(p[[48, 54], 0]) * 2
    p[MOUTH] = centre + (p[MOUTH] - centre) * [s.mouth_width * (0.9 + 0.1 * s.smile), s.lip_fullness]
    p[MOUTH, 1] += s.mouth_height + 0.4 * s.nose_length + (1 - s.smile) * 6.0 * (across**2 - 0.25)
    return p


def _ring():
    """Points around the head that stay where they are, in portrait pixels."""
    x, y = np.meshgrid(np.linspace(110, 342, 7), np.linspace(-12, 220, 7))
    edge = (x == 110) | (x == 342) | (y == -12) | (y == 220)
    return np.stack([x[edge], y[edge]], axis=1)


def _to_canvas(points, s):
    return (points - CENTRE) * s.scale + [CANVAS / 2 + s.shift_x, CANVAS / 2 + s.shift_y]


def _spline_grid(targets, sources):
    """Return for each canvas pixel its place in the portrait, (CANVAS, CANVAS, 2) float32, by thin-plate splines."""
    from scipy.interpolate import RBFInterpolator

    spline = RBFInterpolator(targets, sources, kernel="thin_plate_spline")
    steps = np.arange(0, CANVAS + 2, 2.0)
    x, y = np.meshgrid(steps, steps)
    coarse = spline(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(len(steps), len(steps), 2).astype(np.float32)
    half = np.arange(CANVAS, dtype=np.float32) / 2
    return cv2.remap(coarse, *np.meshgrid(half, half), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
