"""How small the pictures of a folder may be read without losing anything of the face."""

from collections.abc import Iterator

from baselines.datasets.frames import Frames
from baselines.errors import DataFault
from baselines.faces.models import SEARCH_SIDE, find_faces

ENOUGH = 120  # px; of the width of a face, which is aligned to 128 px
SHARES = (8, 4, 2)  # a JPEG picture is decoded at 1/8, 1/4 or 1/2 of its size


def as_small_as_the_face_allows(frames: Frames) -> Frames:
    """Return frames of large picture files at 1/2, 1/4 or 1/8 of their size, others as they are.

    In the first, the middle and the last frame the face stays at least `ENOUGH` px wide, and the longer side of the
    picture long enough to find it. Frames that carry landmarks stay as they are.
    """
    if not frames.shrinks or frames.landmarks is not None or not len(frames):
        return frames
    by = _most(max(frames.shape) / SEARCH_SIDE)
    widths = list(_widths(frames, by)) if by > 1 else []
    return frames.shrunk(min(by, _most(min(widths) / ENOUGH))) if widths else frames


def _most(ratio: float) -> int:
    return next((share for share in SHARES if share <= ratio), 1)


def _widths(frames: Frames, by: int) -> Iterator[float]:
    """Yield the widths in px of the largest face of some frames, which are looked at at 1/by of their size."""
    for index in sorted({0, len(frames) // 2, len(frames) - 1}):
        try:
            found = find_faces(frames.shrunk(by)[index])
        except DataFault:  # which is told where this frame is due
            continue
        if found:
            yield by * max(float(box[2]) for box in found)
