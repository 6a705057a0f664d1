"""The picture of the facial regions, `megc draw regions`."""

import numpy as np

from baselines.datasets.synthetic.portrait import LANDMARKS, load_portrait
from baselines.files import atomic_path
from baselines.report.canvas import new_figure
from features.alignment import similarity, transform, warp
from features.blocks import block_spans
from features.mdmo_regions import mdmo_regions
from features.regions import EYES, REGIONS, RIGID_PARTS, action_unit_regions, boxes

SIZE = 256  # px; side of the aligned face
BLOCKS = 5  # rows and columns of the grid, as for CASME II
MOVING, RIGID, LIDS = "#d1495b", "#00798c", "#edae49"
# What is drawn together overlaps little.
UNITS = ((1, 2, 6, 7, 9, 10, 15, 16), (4, 5, 12, 17, 20, 23, 38), (14, 24, 26, 43))


def draw_regions(path):
    """Draw spotting regions, the 36 regions of MDMO, a block grid and action unit regions on one aligned face.

    R and L in names are the person's own right and left, so R is on the left of the picture.
    path: a file whose suffix names the format, such as .png.
    """
    matrix = similarity(LANDMARKS, SIZE)
    face = np.clip(warp(load_portrait(), matrix, SIZE), 0, 255).astype(np.uint8)
    landmarks = transform(LANDMARKS, matrix)
    figure = new_figure(13, 9.2, layout="constrained")
    axes = figure.subplots(2, 3).ravel()
    for axis in axes:
        axis.imshow(face, interpolation="bicubic")
        axis.set_axis_off()
    _draw_spotting(axes[0], landmarks)
    _draw_mdmo(axes[1], landmarks)
    _draw_blocks(axes[2])
    for axis, units in zip(axes[3:], UNITS):
        _draw_units(axis, landmarks, units)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=72)


def _draw_spotting(axis, landmarks):
    axis.set_title("Spotting: moving (red), eyelids, head (blue)")
    for table, colour in ((REGIONS, MOVING), (EYES, LIDS), (RIGID_PARTS, RIGID)):
        for name, (left, top, right, bottom) in zip(table, boxes(landmarks, table)):
            _outline(axis, [(left, top), (right, top), (right, bottom), (left, bottom)], colour)
            if table is REGIONS:
                short = name.replace("right ", "R ").replace("left ", "L ")
                axis.text(left, top - 2, short, color="white", fontsize=6.5, bbox=_box(colour))


def _draw_mdmo(axis, landmarks):
    axis.set_title("MDMO: 36 regions")
    for number, corners in enumerate(mdmo_regions(landmarks), start=1):
        _outline(axis, corners, MOVING)
        _label(axis, corners, number)


def _draw_blocks(axis):
    axis.set_title(f"Block grid: {BLOCKS} x {BLOCKS}")
    spans = block_spans(SIZE, BLOCKS)
    for row, y in enumerate(spans):
        for column, x in enumerate(spans):
            corners = np.array([(x.start, y.start), (x.stop, y.start), (x.stop, y.stop), (x.start, y.stop)]) - 0.5
            _outline(axis, corners, RIGID)
            _label(axis, corners, f"{row}, {column}")


def _draw_units(axis, landmarks, units):
    axis.set_title(f"Action units {', '.join(map(str, units))}")
    for code, corners in action_unit_regions(landmarks).items():
        if int(code.lstrip("RLAU")) in units:
            _outline(axis, corners, RIGID if code.startswith("A") else MOVING)
            _label(axis, corners, code)


def _outline(axis, corners, colour):
    from matplotlib.patches import Polygon

    for filled, alpha in ((True, 0.18), (False, 1)):
        axis.add_patch(Polygon(corners, closed=True, fill=filled, color=colour, alpha=alpha, linewidth=1.4))


def _label(axis, corners, text):
    x, y = np.mean(corners, axis=0)
    axis.text(x, y, text, color="white", fontsize=8, ha="center", va="center", bbox=_box("black"))


def _box(colour):
    return {"facecolor": colour, "edgecolor": "none", "alpha": 0.65, "boxstyle": "square,pad=0.15"}
