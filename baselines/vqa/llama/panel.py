"""Pictures for a vision model: the optical flow of a clip, or its faces side by side."""

import cv2
import numpy as np

from baselines.errors import InputError
from baselines.faces.clips import aligned_faces, onset_and_apex
from baselines.recognition.flow import onset_to_apex_flow
from baselines.recognition.representation import represent_one
from baselines.recognition.transforms import Recentre

LAYOUTS = ("flow", "onset-apex-flow", "onset-apex-offset")
FLOW_PICTURE = {"name": "flow_image", "method": "tvl1-skimage"}  # representation; kept in the cache
FACE_SIZE = 128

CLIP_CAPTION = (
    "The picture shows one facial micro-expression in three parts. Left: the face at onset. Middle: the face at apex. "
    "Right: the optical flow from onset to apex, with the direction as colour and the speed as brightness."
)
FLOW_CAPTION = (
    "The picture shows the optical flow of a face from onset to apex of a micro-expression: "
    "red is horizontal motion (bright to the right), green is vertical motion (bright downwards), "
    "blue is optical strain; where nothing moves, red and green are half bright and blue is dark."
)
TRIPTYCH_CAPTION = (
    "The picture shows one facial micro-expression in three parts. Left: the face at onset. Middle: the face at apex. "
    "Right: the face at offset."
)

FULL_BRIGHTNESS = 99  # percentile of the speeds that is drawn at full brightness, so that a stray peak does not dim all
LEAST_SPEED = 0.25  # px; a slower field stays darker, so that the noise of a still face does not glow
BRIGHTEST = 4  # root mean squares; a flow picture's motion from which on it is drawn alike


def draw_panel(clip, layout=None, size=224):
    """Return (picture, caption) of a clip for a vision model.

    layout: one of `LAYOUTS`; default `onset-apex-flow`, and `flow` for a clip published as a flow picture, which has
    no faces. `flow` is drawn (size, size, 3). Raises `InputError` for faces that are not there.
    """
    layout = layout or ("flow" if clip.frames is None else "onset-apex-flow")
    if layout == "flow":
        return flow_panel(represent_one(clip, FLOW_PICTURE), size), FLOW_CAPTION
    if clip.frames is None:
        raise InputError(f"{clip.flow_image}: a flow picture holds no face for --panel {layout}; take --panel flow")
    onset, apex = onset_and_apex(clip, FACE_SIZE)
    if layout == "onset-apex-offset":
        return face_triptych(onset, apex, aligned_faces(clip, FACE_SIZE)[-1]), TRIPTYCH_CAPTION
    return clip_panel(onset, apex, onset_to_apex_flow(clip, "dis", FACE_SIZE)), CLIP_CAPTION


def clip_panel(onset, apex, flow):
    """Return onset, apex and flow side by side: (H, 3 W, 3) uint8 RGB.

    onset, apex: (H, W) uint8, aligned grey faces (usually 128 x 128). flow: (H, W, 2), px from onset to apex,
    u right, v down. Hue is the direction (red right, then through green-yellow down, cyan left and violet up),
    brightness the speed, full at the clip's 99th percentile or at 0.25 px if that is faster.
    """
    onset, apex, flow = np.asarray(onset), np.asarray(apex), np.asarray(flow)
    if onset.ndim != 2 or apex.shape != onset.shape or flow.shape != (*onset.shape, 2):
        raise InputError(
            f"panel: onset {onset.shape}, apex {apex.shape} and flow {flow.shape} do not match; "
            "expected (H, W), (H, W) and (H, W, 2)"
        )
    if onset.dtype != np.uint8 or apex.dtype != np.uint8 or not np.isfinite(flow).all():
        raise InputError("panel: expected uint8 faces and a finite flow in px; align the clip again")
    faces = [cv2.cvtColor(face, cv2.COLOR_GRAY2RGB) for face in (onset, apex)]
    return np.hstack([*faces, flow_colours(flow)])


def face_triptych(onset, apex, offset):
    """Return three (H, W) uint8 faces side by side: (H, 3 W, 3) uint8 RGB."""
    faces = [np.asarray(face) for face in (onset, apex, offset)]
    if any(face.ndim != 2 or face.shape != faces[0].shape or face.dtype != np.uint8 for face in faces):
        found = ", ".join(f"{face.dtype} {face.shape}" for face in faces)
        raise InputError(f"panel: faces of {found}; expected three uint8 (H, W) of one size")
    return cv2.cvtColor(np.hstack(faces), cv2.COLOR_GRAY2RGB)


def flow_panels(pictures):
    """Return flow pictures (n, H, W, 3) of u, v and optical strain as uint8 RGB in which half bright is no motion.

    Pictures may be scaled as they like, each channel by itself, as the published ones are (min to max): most of a
    face does not move, so that the median of u and of v is no motion, as the least strain is none; each channel is
    divided by its root mean square and drawn up to 4 times that.
    """
    motion = np.array(pictures, np.float32)
    if motion.ndim != 4 or motion.shape[3] != 3 or not np.isfinite(motion).all():
        raise InputError(f"panel: flow pictures {motion.shape}; expected finite (n, H, W, 3)")
    motion[..., 2] -= motion[..., 2].min(axis=(1, 2), keepdims=True)
    share = np.clip(Recentre().transform(motion) / BRIGHTEST, -1, 1)
    share[..., :2] = (share[..., :2] + 1) / 2
    return np.rint(255 * share).astype(np.uint8)


def flow_panel(picture, size=224):
    """Return one (H, W, 3) flow picture as `flow_panels` draws it, enlarged to (size, size, 3)."""
    (panel,) = flow_panels(np.asarray(picture)[None])
    return panel if panel.shape[0] == size else cv2.resize(panel, (size, size), interpolation=cv2.INTER_CUBIC)


def colour_wheel(side):
    """Return the `flow_colours` (side, side, 3) of all directions, and how far out each is: 1 at the rim."""
    middle = (side - 1) / 2
    y, x = np.mgrid[:side, :side] - middle
    return flow_colours(np.dstack([x, y]), middle), np.hypot(x, y) / middle


def flow_colours(flow, full=None):
    """Return a flow field (H, W, 2) as uint8 RGB: hue is the direction, brightness the speed.

    full: px at which a pixel is fully bright, by default the 99th percentile of the speeds or 0.25 if that is faster.
    """
    u, v = (np.ascontiguousarray(flow[..., axis], dtype=np.float32) for axis in (0, 1))
    speed, angle = cv2.cartToPolar(u, v, angleInDegrees=True)
    full = full or max(np.percentile(speed, FULL_BRIGHTNESS), LEAST_SPEED)
    hsv = np.stack([angle, np.ones_like(speed), np.minimum(speed / full, 1).astype(np.float32)], axis=-1)
    return np.rint(255 * cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)).astype(np.uint8)
