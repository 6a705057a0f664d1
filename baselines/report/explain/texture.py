"""The chapter on texture: LBP-TOP, its codes on real pixels, its histograms by block."""

import numpy as np

from baselines.report.explain.drawing import gallery
from baselines.report.explain.lesson import Chapter, Lesson
from baselines.report.pages.page import picture_uri
from features.blocks import block_spans
from features.lbp_top import PLANES, lbp_codes, lbp_top, neighbour_offsets, uniform_labels

GRIDS = (1, 5, 8)  # rows and columns
RADII, NEIGHBOURS = (1, 1, 1), 8
COLUMNS = 8  # faces side by side in the picture that holds the volume
DECIMALS = 6


def texture_chapter(lesson: Lesson) -> Chapter:
    """LBP-TOP of the clip on three grids, and the grey levels that its codes come from."""
    faces = lesson.faces
    codes = lbp_codes(faces, "XY", RADII, NEIGHBOURS)
    labels = uniform_labels(NEIGHBOURS)
    bins = int(labels.max()) + 1
    _, height, width = codes.shape
    grids = []
    for count in GRIDS:
        found = lbp_top(faces, radii=RADII, neighbours=NEIGHBOURS, blocks=(count, count, 1))
        grids.append(
            {
                "count": count,
                "rows": _edges(height, count, RADII[1]),
                "columns": _edges(width, count, RADII[0]),
                "histograms": found.reshape(count * count, len(PLANES), bins).round(DECIMALS).tolist(),
            }
        )
    apex = min(max(lesson.apex, RADII[2]), len(faces) - 1 - RADII[2])
    data = {
        "volume": picture_uri(_mosaic(faces)),
        "shape": list(faces.shape),
        "columns": COLUMNS,
        "radii": list(RADII),
        "offsets": {plane: neighbour_offsets(plane, RADII, NEIGHBOURS).tolist() for plane in PLANES},
        "labels": labels.tolist(),
        "bins": bins,
        "grids": grids,
        "numbers": lesson.numbers,
        "start": apex,
    }
    uniform = float((labels[codes] < bins - 1).mean())
    values = {
        "frames": len(faces),
        "apex": lesson.numbers[apex],
        "planes": ", ".join(PLANES),
        "bins": bins,
        "sizes": [(count, count * count * len(PLANES) * bins) for count in GRIDS],
    }
    exercises = (
        (
            "How many values does the descriptor have on 5 x 5 and on 8 x 8 blocks?",
            " and ".join(
                f"{count}·{count}·{len(PLANES)}·{bins} = {count * count * len(PLANES) * bins}" for count in GRIDS[1:]
            )
            + ".",
        ),
        (
            "The 59 uniform bins are 58 codes with at most two changes around the circle and one bin for all others. "
            "What share of the XY codes of this clip is uniform?",
            f"{100 * uniform:.1f} %, of {codes.size} codes.",
        ),
    )
    code = (
        "import features\n"
        "from features.lbp_top import lbp_codes\n\n"
        f'codes = lbp_codes(faces, "XY", radii={RADII}, neighbours={NEIGHBOURS})\n'
        f"histograms = features.lbp_top(faces, radii={RADII}, neighbours={NEIGHBOURS}, blocks=(5, 5, 1))\n"
        f"histograms = histograms.reshape(25, {len(PLANES)}, {bins})  # block, plane, bin"
    )
    middle = faces.shape[1] // 2
    stretched = [
        np.repeat(plane, max(1, 96 // len(plane)), axis=0) for plane in (faces[:, middle], faces[:, :, middle])
    ]
    figure = gallery(
        [faces[apex], codes[apex - RADII[2]], *stretched],
        ["XY, apex", "codes of XY", "XT, middle row", "YT, middle column"],
    )
    parameters = {
        "radii (X, Y, T)": ", ".join(map(str, RADII)),
        "neighbours": NEIGHBOURS,
        "mapping": "uniform",
        "sampling": "nearest",
    }
    return Chapter("texture", "LBP-TOP", code, parameters, values, data, exercises, figure)


def _edges(size: int, count: int, margin: int) -> list[list[int]]:
    """Return the [first, last) pixels of each block along one side of the face."""
    return [[span.start + margin, span.stop + margin] for span in block_spans(size, count)]


def _mosaic(faces: np.ndarray) -> np.ndarray:
    """Return faces (N, H, W) in rows of `COLUMNS` as one picture, black where there is none."""
    count, height, width = faces.shape
    rows = -(-count // COLUMNS)
    whole = np.zeros((rows * COLUMNS, height, width), np.uint8)
    whole[:count] = faces
    return whole.reshape(rows, COLUMNS, height, width).swapaxes(1, 2).reshape(rows * height, COLUMNS * width)
