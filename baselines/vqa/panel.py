"""Pictures for a vision model: what a clip's motion looks like beside its onset and apex."""

import cv2
import numpy as np

from baselines.errors import InputError

CLIP_CAPTION = (
    "The picture shows one facial micro-expression in three parts. Left: the face at onset. Middle: the face at apex. "
    "Right: the optical flow from onset to apex, with the direction as colour and the speed as brightness."
)
FLOW_CAPTION = (
    "The picture shows the optical flow of a face from onset to apex of a micro-expression: "
    "red is horizontal motion, green is vertical motion, blue is optical strain."
)

FULL_BRIGHTNESS = 99  # percentile of the speeds that is drawn at full brightness, so that a stray peak does not dim all
LEAST_SPEED = 0.25  # px; a slower field stays darker, so that the noise of a still face does not glow
ENLARGEMENT = 8  # 28 px become 224, the picture size that most vision encoders were trained on


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
    return np.hstack([*faces, _flow_colours(flow)])


def flow_picture_panel(picture):
    """Return a published (28, 28, 3) uint8 flow picture (u, v, strain) enlarged 8 times: (224, 224, 3) uint8 RGB."""
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise InputError(f"panel: flow picture of {picture.dtype} {picture.shape}; expected uint8 (28, 28, 3)")
    return cv2.resize(picture, None, fx=ENLARGEMENT, fy=ENLARGEMENT, interpolation=cv2.INTER_CUBIC)


def _flow_colours(flow):
    u, v = (np.ascontiguousarray(flow[..., axis], dtype=np.float32) for axis in (0, 1))
    speed, angle = cv2.cartToPolar(u, v, angleInDegrees=True)
    full = max(np.percentile(speed, FULL_BRIGHTNESS), LEAST_SPEED)
    hsv = np.stack([angle, np.ones_like(speed), np.minimum(speed / full, 1).astype(np.float32)], axis=-1)
    return np.rint(255 * cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)).astype(np.uint8)
