"""What video compression does to frames, with the tools that write them: coarse coefficients, parts left as they were.

A stand-in for a codec whose bytes are the same everywhere: each frame passes JPEG, and between key frames, one a
second, blocks that hardly change are taken from the frame before, as skipped macroblocks of H.264 are.
"""

import cv2
import numpy as np

BLOCK = 16  # pixels


def compressed(frames, quality, skip, key_every):
    """Yield the (H, W, 3) uint8 BGR `frames` as a decoder would give them; sides are multiples of 16 pixels.

    quality: of JPEG, 0 to 100; skip: mean change in grey levels below which a block stays; key_every: frames.
    """
    before = None
    for number, frame in enumerate(frames):
        _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        if skip > 0 and number % key_every:
            decoded = cv2.copyTo(before, _still(frame, before, skip), decoded)
        before = decoded
        yield decoded


def _still(frame, before, skip):
    """Return the (H, W) uint8 mask of blocks that, smoothed against noise, change by less than `skip`."""
    height, width = frame.shape[:2]
    small, old = (cv2.resize(p, (width // 8, height // 8), interpolation=cv2.INTER_AREA) for p in (frame, before))
    change = cv2.absdiff(small, old).mean(axis=2, dtype=np.float32)
    blocks = cv2.resize(change, (width // BLOCK, height // BLOCK), interpolation=cv2.INTER_AREA)
    return cv2.resize((blocks < skip).astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
