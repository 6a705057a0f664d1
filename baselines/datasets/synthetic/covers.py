"""What comes in front of a face for a while: a hand from below, a strand of hair from the forehead."""

from dataclasses import dataclass

import cv2
import numpy as np

from baselines.datasets.synthetic.shape import FRAME, JAW, MARGIN

SHADOW = 0.3  # darkening of the face beside a hand
FINGERS = [(-1.45, 0.78), (-0.5, 0.97), (0.5, 1.0), (1.45, 0.85)]  # place across in finger widths, relative length


@dataclass(frozen=True)
class Sprite:
    """A picture to lay over frames: (FRAME, FRAME, 3) colour times opacity, (FRAME, FRAME) share of the frame kept.

    At presence 1 it lies as drawn; towards 0 it moves by `away` pixels (x, y) and turns by `angle` radians about
    `pivot` and, where it cannot leave the frame, fades.
    """

    colour: np.ndarray
    kept: np.ndarray
    pivot: tuple[float, float]
    away: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0
    fades: bool = False

    def lay_over(self, picture, presence, shift):
        """Return a (FRAME, FRAME, 3) picture with the sprite at `presence`, 0 to 1, moved by `shift` (x, y)."""
        absence = 1 - presence
        turn = self.angle * absence
        c, s = np.cos(turn), np.sin(turn)
        x, y = self.pivot
        dx, dy = self.away[0] * absence + shift[0], self.away[1] * absence + shift[1]
        matrix = np.array([[c, -s, x - c * x + s * y + dx], [s, c, y - s * x - c * y + dy]])
        colour = cv2.warpAffine(self.colour, matrix, (FRAME, FRAME), flags=cv2.INTER_LINEAR)
        kept = cv2.warpAffine(self.kept, matrix, (FRAME, FRAME), flags=cv2.INTER_LINEAR, borderValue=1.0)
        shown = min(1.0, 4 * presence) if self.fades else 1.0
        laid = picture * (1 - shown * (1 - kept[..., None])) + shown * colour
        return np.clip(np.rint(laid), 0, 255).astype(np.uint8)


def draw_sprite(name, face, rng):
    """Return the `Sprite` called `hand` or `strand` for a `Face`, in a shape drawn with `rng`."""
    return {"hand": _hand, "strand": _strand}[name](face, rng)


def _hand(face, rng):
    """The back of a hand whose finger tips touch a cheek or the chin, in the colour of the cheeks."""
    marks = face.landmarks - MARGIN
    width = np.ptp(marks[JAW, 0])
    side = int(rng.choice([-1, 1]))
    across, down = rng.uniform(0.15, 0.36) * side, rng.uniform(-0.02, 0.12)
    tip = np.array([marks[33, 0] + across * width, marks[[48, 54], 1].mean() + down * width])
    lean = -side * rng.uniform(0.15, 0.5)
    shades = _hand_shades(tip, lean, 0.125 * width, 0.5 * width)
    alpha = cv2.GaussianBlur((shades > 0).astype(np.float32), (0, 0), 0.9)
    shade = cv2.GaussianBlur(np.maximum(shades, 0.6), (0, 0), 1.0)
    texture = cv2.GaussianBlur(rng.standard_normal((FRAME, FRAME), np.float32), (0, 0), 1.2)
    lit = (shade + 0.06 * texture)[..., None] * _skin_colour(face)
    kept = (1 - alpha) * (1 - SHADOW * cv2.GaussianBlur(alpha, (0, 0), 6))
    along = np.array([-np.sin(lean), np.cos(lean)])
    away = along * (FRAME - tip[1] + 40) / along[1]  # the shadow leaves too
    return Sprite(lit * alpha[..., None], kept, tuple(tip), tuple(away), angle=0.25 * side)


def _hand_shades(tip, lean, finger, length):
    """Return (FRAME, FRAME) float32 shades, 0 outside the hand; `lean` in radians, sizes in pixels."""
    rotation = np.array([[np.cos(lean), -np.sin(lean)], [np.sin(lean), np.cos(lean)]])

    def place(x, y):
        return tip + rotation @ np.array([x, y])

    def part(mask, half):
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
        return np.where(mask > 0, 0.68 + 0.32 * np.sqrt(np.clip(depth / half, 0, 1)), 0).astype(np.float32)

    knuckles, wrist = length * 0.95, length * 2.0
    palm = np.zeros((FRAME, FRAME), np.uint8)
    outline = [place(-2.0 * finger, knuckles), place(2.0 * finger, knuckles), place(1.9 * finger, wrist)]
    outline += [place(1.4 * finger, 5 * length), place(-1.4 * finger, 5 * length), place(-1.9 * finger, wrist)]
    cv2.fillPoly(palm, [np.rint(np.array(outline) * 16).astype(np.int32)], 1, shift=4)
    shades = part(palm, 1.6 * finger)
    for across, reach in FINGERS:
        mask = np.zeros((FRAME, FRAME), np.uint8)
        ends = [place(across * finger, length * (1 - reach)), place(across * finger * 0.95, knuckles + 0.8 * finger)]
        ends = [tuple(int(v) for v in np.rint(end * 16)) for end in ends]
        cv2.line(mask, *ends, 1, max(1, round(finger * 0.92)), shift=4)
        shades = np.maximum(shades, part(mask, 0.46 * finger))
    return shades


def _skin_colour(face):
    """Return the mean colour of the cheeks, (3,) float32."""
    patches = [face.picture[y - 4 : y + 5, x - 4 : x + 5] for x, y in np.rint(_cheeks(face.landmarks)).astype(int)]
    return np.mean(patches, axis=(0, 1, 2)).astype(np.float32)


def _cheeks(marks):
    return (marks[[41, 46]] + marks[[31, 35]] + marks[[48, 54]]) / 3


def _strand(face, rng):
    """A strand of hair from the forehead over the outer half of an eye to the cheek, in the colour of the hair."""
    marks = face.landmarks - MARGIN
    width = np.ptp(marks[JAW, 0])
    side = int(rng.choice([-1, 1]))
    brow, eye, cheek = ((19, 37, 2), (24, 44, 14))[side > 0]
    top = marks[brow] + [rng.uniform(-0.1, 0.02) * side * width, -0.2 * width]
    middle = marks[eye] + [rng.uniform(-0.03, 0.06) * side * width, 0]
    end = marks[cheek] + [rng.uniform(-0.16, -0.08) * side * width, rng.uniform(0.0, 0.15) * width]
    t = np.linspace(0, 1, 40)[:, None]
    colour = _hair_colour(face, top)
    alpha, shade = np.zeros((FRAME, FRAME), np.float32), np.ones((FRAME, FRAME), np.float32)
    for _ in range(16):
        wide = rng.standard_normal(2) * 0.012 * width
        bend = 2 * (middle + wide) - (top + end) / 2
        hair = (1 - t) ** 2 * top + 2 * t * (1 - t) * bend + t**2 * (end + 2 * wide)
        line = np.zeros((FRAME, FRAME), np.uint8)
        cv2.polylines(line, [np.rint(hair * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
        cover = cv2.GaussianBlur(line, (0, 0), 0.6).astype(np.float32) / 255
        shade += cover * rng.uniform(-0.25, 0.25)
        alpha = 1 - (1 - alpha) * (1 - 0.7 * cover)
    picture = np.clip(shade, 0.5, 1.5)[..., None] * colour * alpha[..., None]
    return Sprite(picture.astype(np.float32), 1 - alpha, tuple(top), angle=-1.2 * side, fades=True)


def _hair_colour(face, top):
    x, y = np.rint(top + MARGIN).astype(int)
    return face.picture[max(y - 18, 0) : y - 8, x - 8 : x + 9].mean((0, 1)).astype(np.float32)
