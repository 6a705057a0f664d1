"""Databases as their owners publish them: the label files of miniatures, as spreadsheets and as CSV."""

import io
import re
import zipfile

from replicas import export_sheets
from test_datasets import replica_of

from .kind import Kind

DATED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
IN_SHEETS = ("casme2", "samm", "casme-sq", "samm-lv", "casme3", "smic-long", "mmew", "4dme", "dfme")
LISTED = ("flow-images", "megc2019", "me-vqa", "megc2025-str")
LABELS = ("in/**/*.xlsx", "in/**/*.xls", "in/**/*.csv", "in/**/*.json", "in/**/*.jsonl", "in/**/*.txt")


def undated(path):
    """Write an .xlsx file without the time of its making, so that the same rows are the same bytes."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, DATED.sub(b"\\g<1>2026-01-01T00:00:00Z", archive.read(name))) for name in archive.namelist()]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=zipfile.ZIP_DEFLATED)
    path.write_bytes(written.getvalue())


def replicas_of(names, as_csv=False):
    """Return what writes one miniature after the other, each into a folder of its own."""

    def write(folder):
        for name in names:
            root = folder / name
            root.mkdir()
            replica_of(name, root)
            if as_csv:
                export_sheets(root)
            for path in root.rglob("*.xlsx"):
                undated(path)

    return write


def checks(names):
    return tuple(f"data check {name} --data-root in/{name} --quick --jobs 1" for name in names)


SHEETS = checks(IN_SHEETS)
KINDS = (
    Kind("sheets", replicas_of(IN_SHEETS), SHEETS, LABELS, ends=(0, 1), apart=True),
    Kind("sheets as csv", replicas_of(IN_SHEETS, as_csv=True), SHEETS, LABELS, ends=(0, 1), apart=True),
    Kind("lists", replicas_of(LISTED), checks(LISTED), LABELS, ends=(0, 1), apart=True),
)
