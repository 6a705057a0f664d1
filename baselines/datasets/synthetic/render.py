"""From a face and a script to video frames."""

import cv2
import numpy as np

from baselines.datasets.synthetic.action_units import PLAIN, field
from baselines.datasets.synthetic.covers import draw_sprite
from baselines.datasets.synthetic.shape import CANVAS, FRAME, JAW, MARGIN

VISIBLE = 0.01  # pixels; an action unit moving less is not rendered
OVERLAP = 1.5  # pixels by which a closed upper lid covers the lower one
CORNER = 0.2  # share of the eye's width at each corner where the lid comes to its full way
AROUND = 16  # pixels around an eye's landmarks where the lid is looked for: the head moves


class Renderer:
    """Renders the frames of one subject; displacement fields are made once and kept.

    `manners` maps the number of an action unit to the subject's `Manner` of moving it.
    """

    def __init__(self, face, manners):
        self.face, self.manners = face, manners
        self.fields, self.sprites = {}, {}
        self.lids = [Lid(face.landmarks[part]) for part in (slice(36, 42), slice(42, 48))]
        jaw = face.landmarks[JAW]
        radius = float(np.ptp(jaw[:, 0])) / 2
        inner = np.arange(MARGIN, MARGIN + FRAME, dtype=np.float32)
        self.x, self.y = np.meshgrid(inner, inner)
        self.weight = face.head[MARGIN:-MARGIN, MARGIN:-MARGIN]
        centre = face.landmarks[[27, 30]].mean(0).astype(np.float32)
        self.across = (self.x - centre[0]) / radius
        self.down = (self.y - centre[1]) / radius
        self.depth = np.clip(1 - self.across**2 - (self.down / 1.4) ** 2, 0, 1)  # flatter than a ball: never folds

    def displacement(self, script, t):
        """Return the (CANVAS, CANVAS, 2) float32 displacement in pixels of all action units in frame `t` (0-based)."""
        total = np.zeros((CANVAS, CANVAS, 2), np.float32)
        for unit, curve in script.units.items():
            if curve[t] > VISIBLE:
                if unit not in self.fields:
                    moved = field(unit, self.face.landmarks, self.manners.get(unit.number, PLAIN))
                    self.fields[unit] = moved * self.face.bare[..., None]
                total += self.fields[unit] * np.float32(curve[t])
        return total

    def warp(self, script, t):
        """Return for each pixel of frame `t` its place in the neutral face, two (FRAME, FRAME) float32 arrays."""
        dx, dy, roll, scale, yaw, pitch = (np.float32(v) for v in script.head[t])
        x = self.x - self.weight * (dx + scale * self.across - roll * self.down + yaw * self.depth)
        y = self.y - self.weight * (dy + scale * self.down + roll * self.across + pitch * self.depth)
        if any(curve[t] > VISIBLE for curve in script.units.values()):
            moved = cv2.remap(self.displacement(script, t), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            x, y = x - moved[..., 0], y - moved[..., 1]
        if script.blink[t] > 0:
            for lid in self.lids:
                lid.close(x, y, script.blink[t])
        return x, y

    def frame(self, script, t, rng, noise):
        """Return frame `t` (0-based) as (FRAME, FRAME, 3) uint8 RGB with sensor noise of `noise` grey levels."""
        x, y = self.warp(script, t)
        picture = cv2.remap(self.face.picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        for name, seed, presence in script.covers:
            if presence[t] > 0:
                if (name, seed) not in self.sprites:
                    self.sprites[name, seed] = draw_sprite(name, self.face, np.random.default_rng(seed))
                picture = self.sprites[name, seed].lay_over(picture, presence[t], script.head[t, :2])
        grain = rng.standard_normal((FRAME, FRAME), np.float32) * np.float32(noise)
        return cv2.addWeighted(picture, script.gain[t], cv2.merge([grain] * 3), 1.0, 0.0, dtype=cv2.CV_8U)


class Lid:
    """An upper eyelid that slides over the eye: skin above it stretches, the eye below is covered."""

    def __init__(self, eye):
        """`eye` is the (6, 2) landmarks: corner at the left, two of the upper lid, other corner, two of the lower."""
        self.left, self.right = eye[0, 0], eye[3, 0]
        self.top = np.poly1d(np.polyfit(*eye[:4].T, 2))
        self.bottom = np.poly1d(np.polyfit(*eye[[3, 4, 5, 0]].T, 2))
        self.skin = 0.45 * (self.right - self.left)  # height of the skin above the lid that stretches
        low, high = eye.min(0) - MARGIN - AROUND - [0, self.skin], eye.max(0) - MARGIN + AROUND
        self.box = tuple(slice(max(int(a), 0), int(b)) for a, b in zip(low[::-1], high[::-1]))

    def close(self, x, y, amount):
        """Change the map `x`, `y` (places in the neutral face) in place, as if the lid were closed by `amount`."""
        px, py = x[self.box], y[self.box]
        lash = self.top(px)
        inside = np.clip(np.minimum(px - self.left, self.right - px) / (CORNER * (self.right - self.left)), 0, 1)
        edge = lash + amount * inside * (np.clip(self.bottom(px) - lash, 0, None) + OVERLAP)
        crease = lash - self.skin
        stretched = crease + (py - crease) * self.skin / (edge - crease)
        covered = 1 / (1 + np.exp(np.clip((py - edge - 0.5) * 2.5, -30, 30)))
        y[self.box] = py + np.where(py > crease, (stretched - py) * covered, 0)
