"""Bench rows of the features: LBP-TOP, MDMO, optical strain, their memory, and two workers."""

import statistics
import time
from functools import partial

from baselines.bench.clips import face_clip
from baselines.bench.measure import peak_bytes, row, seconds
from baselines.bench.references import lbp_top_by_shifts, lbp_top_by_slices, two_gradients
from baselines.parallel import run_parallel
from features.lbp_top import lbp_top
from features.mdmo import mdmo
from features.optical_flow import METHODS, optical_flow
from features.optical_strain import optical_strain
from features.osw_lbp_top import osw_lbp_top

MEB = {"radii": (3, 3, 3), "blocks": (8, 8, 1), "overlap": 0.7}  # published setting of tvaranka/meb


def feature_rows(extent):
    """Yield the rows of the features."""
    yield from _lbp_top_rows(extent)
    yield from _mdmo_rows(extent)
    yield from strain_rows(extent)


def worker_rows(extent):
    """Yield the row of two workers against one on the same clips."""

    def share(jobs):
        return lambda: run_parallel(osw_of_clip, range(extent.clips), jobs)

    share(2)()  # by its end both processes have started and loaded what they need, which is not what is measured
    two, one = seconds([share(2), share(1)], extent.long_repeats, time.perf_counter, warm=0)
    yield row(
        f"OSW-LBP-TOP of {extent.clips} clips 10x128x128, two workers", two, "s",
        reference=f"one worker {one:.2f} s", ratio=one / two, least=1.8,
    )  # fmt: skip


def osw_of_clip(seed):
    """Return OSW-LBP-TOP of a clip that the worker makes itself, as it would read it from a file."""
    return osw_lbp_top(face_clip(10, 128, seed)[0])


def _lbp_top_rows(extent):
    clip, _ = face_clip(30, 128)
    ours = partial(lbp_top, clip)
    others = [partial(lbp_top_by_shifts, clip), partial(lbp_top_by_slices, clip)]
    own, shifts, slices = seconds([ours, *others], extent.long_repeats)
    for name, taken, least in (("scikit-image per slice", slices, 50), ("numpy shift-and-compare", shifts, 1)):
        reference = f"{name} {1e3 * taken:.1f} ms"
        yield row("LBP-TOP 30x128x128", 1e3 * own, "ms", reference=reference, ratio=taken / own, least=least)
    short, _ = face_clip(10, 112)
    (taken,) = seconds([partial(lbp_top, short, **MEB)], extent.repeats)
    values = len(lbp_top(short, **MEB))
    name = f"LBP-TOP 10x112x112, R 3, 8x8 blocks, overlap .7, {values} values"
    yield row(name, 1e3 * taken, "ms", most=60)
    peak = peak_bytes(ours)
    reference = f"clip {clip.nbytes / 1e6:.2f} MB"
    yield row("LBP-TOP peak memory", peak / 1e6, "MB", reference=reference, ratio=peak / clip.nbytes, most=4)


def _mdmo_rows(extent):
    clip, landmarks = face_clip(extent.mdmo_frames, 200)

    whole, inside = _time_inside_flow(partial(mdmo, clip, landmarks), extent.long_repeats)
    yield row(
        f"MDMO {len(clip)}x200x200", 1e3 * whole, "ms",
        reference=f"inside optical flow {1e3 * inside:.0f} ms", ratio=inside / whole, least=0.8,
    )  # fmt: skip
    peak = peak_bytes(partial(mdmo, clip, landmarks))
    reference = f"clip {clip.nbytes / 1e6:.2f} MB"
    yield row("MDMO peak memory", peak / 1e6, "MB", reference=reference, ratio=peak / clip.nbytes, most=4)


def _time_inside_flow(function, repeats):
    """Return the median seconds of a call, and of its parts inside Farneback's optical flow."""
    flow, taken = METHODS["farneback"], []

    def timed(*frames, **parameters):
        start = time.process_time()
        field = flow(*frames, **parameters)
        taken.append(time.process_time() - start)
        return field

    try:
        METHODS["farneback"] = timed
        (whole,) = seconds([function], repeats, warm=1)
    finally:
        METHODS["farneback"] = flow
    calls = len(taken) // (repeats + 1)
    return whole, statistics.median(sum(taken[n * calls : (n + 1) * calls]) for n in range(1, repeats + 1))


def strain_rows(extent):
    """Yield the rows of optical strain, at the size of an aligned face and of a frame."""
    for side in (128, 400):
        clip, _ = face_clip(2, side)
        flow = optical_flow(*clip)
        strain, gradients = seconds([partial(optical_strain, flow), partial(two_gradients, flow)], extent.repeats)
        yield row(
            f"optical strain {side}x{side}", 1e3 * strain, "ms",
            reference=f"two numpy gradients {1e3 * gradients:.2f} ms", ratio=strain / gradients, most=1.2,
        )  # fmt: skip
