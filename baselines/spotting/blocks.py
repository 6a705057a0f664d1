"""One long video measured in blocks that workers share; where a block begins depends on the video alone.

Each block starts anew: the face is looked for, motion is measured from its first frame. The first frame of the next
block belongs to both, and joins what they measured. So the result is the same for any number of workers, and memory
is bounded by a block.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines.datasets.frames import Frames
from baselines.faces.following import FaceFrame
from baselines.faces.track import Account, NoFaceError, follow
from baselines.parallel import iterate_parallel

BLOCK = 20.0  # seconds
Measure = Callable[[Iterable[FaceFrame], float], NDArray[Any]]
Progress = Callable[[int], object]


def measure_blocks(
    measure: Measure, frames: Frames, fps: float, progress: Progress | None = None, jobs: int = 1
) -> tuple[NDArray[Any], Account]:
    """Return what `measure(faces, fps)` gives of each block of a video, joined where a face goes through.

    Beside it the `Account` of its frames.

    measure: gives (T, parts, 2) places that are zero at the block's first frame.
    Raises `InputError` when no block has a face, or frames cannot be read.
    """
    length = max(2, round(BLOCK * fps))
    starts = list(range(0, max(len(frames), 1), length))  # a video without frames is read, too, to tell what is wrong
    if len(starts) > 1 and len(frames) - starts[-1] < length / 4:  # no worker is started for a short rest
        starts.pop()
    stops = [*(start + 1 for start in starts[1:]), len(frames)]
    blocks = [frames[start:stop] for start, stop in zip(starts, stops)]
    joined: NDArray[Any] | None = None
    account = Account(len(frames))
    problems: list[str] = []
    function = partial(_measure_block, measure, fps=fps, progress=progress if jobs == 1 else None)
    for start, (measured, mine, problem) in zip(starts, iterate_parallel(function, blocks, jobs)):
        joined = measured if joined is None else join(joined, measured, start)
        problems += [problem] if problem else []
        account.add(mine)
        if progress is not None and jobs != 1:
            progress(len(measured))
    assert joined is not None  # there is at least one block
    if problems and not np.isfinite(joined).any():
        raise NoFaceError(problems[0])
    return joined, account


def _measure_block(
    measure: Measure, frames: Frames, fps: float, progress: Progress | None
) -> tuple[NDArray[Any], Account, str | None]:
    """Return (measured, account, problem) of a block; a block without a face is no problem of the whole video."""
    account = Account()
    problems: list[str] = []

    def faces() -> Iterator[FaceFrame]:
        try:
            yield from follow(frames, fps, account, progress)
        except NoFaceError as error:
            problems.append(str(error))

    measured = measure(faces(), fps)
    return measured, account, problems[0] if problems else None


def join(before: NDArray[Any], after: NDArray[Any], start: int) -> NDArray[Any]:
    """Return (T, parts, 2) of two blocks as one; the first frame of `after` is frame `start` of `before`.

    Where both have a face in that frame, places go on from there. Otherwise it holds no face, so that nothing reaches
    from one block into the other.
    """
    gap = np.full((max(start + 1 - len(before), 0), *before.shape[1:]), np.nan, before.dtype)
    before = np.concatenate([before, gap])
    if len(after) and np.isfinite(before[start]).all() and np.isfinite(after[0]).all():
        after = after + before[start]
    else:
        before[start] = np.nan
    return np.concatenate([before, after[1:]])
