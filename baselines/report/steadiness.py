"""How steady the landmarks of each source are, as rows for a table.

`megc repeatability [FOLDER] --landmarks SOURCE` prints it. No label is needed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baselines.bench.implants import faces_folder, pieces
from baselines.bench.steadiness import steadiness
from baselines.faces.mesh import check_mesh
from baselines.progress import progress_bar
from baselines.report.text import columns_text

LEVEL = "calm"  # of the piece of each video that is played forth and back


def measure_steadiness(folder: Path | None, sources: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each source of landmarks (`SOURCES`) and each video of a folder that shows a face for 2.4 s.

    folder: by default faces/ in $MEGC_SHARED_DATA. Times are processor time, so one works after the other.
    """
    if "mediapipe" in sources:
        check_mesh()
    played = [(source, piece) for source in sources for piece in pieces(folder or faces_folder(), LEVEL)]
    rows = []
    with progress_bar(len(played), "landmarks") as bar:
        for source, piece in played:
            rows.append(steadiness(source, piece))
            bar.update(1)
    return rows


def steadiness_text(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as text."""
    shares = ("jitter", "deviation", "worst")
    told = [
        {
            **row,
            "frames": f"{row['frames']} frames",
            **{key: f"{key} {row[key]:.2f} %" for key in shares},
            "ms": f"{row['ms']:.1f} ms a frame",
        }
        for row in rows
    ]
    return columns_text(told, ("landmarks", "video", "frames", *shares, "ms"))
