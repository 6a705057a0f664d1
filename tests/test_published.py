"""Published results as data."""

import pytest

from baselines.report.published import CERTAINTIES, COLUMNS, published


def figure(method, dataset, metric):
    rows = [row for row in published(dataset, metric, implausible=True) if row["method"].startswith(method)]
    assert len(rows) == 1
    return rows[0]


def test_every_row_is_complete_and_in_range():
    rows = published(implausible=True)
    assert len(rows) > 300
    for row in rows:
        assert tuple(row) == COLUMNS
        assert all(row[name] for name in COLUMNS[:-1] if name != "value")
        assert row["certainty"] in CERTAINTIES
        counts = row["metric"].endswith(("tp", "fp", "fn"))
        assert row["value"].is_integer() if counts else 0 <= row["value"] <= 1
    keys = [tuple(row[name] for name in ("method", "dataset", "protocol", "metric", "source")) for row in rows]
    assert len(set(keys)) == len(keys)


def test_implausible_figures_are_marked_with_a_reason_and_left_out():
    marked = [row for row in published(implausible=True) if row["certainty"] == "implausible"]
    assert all(row["note"] for row in marked)
    assert figure("LBP-TOP", "smic", "uf1")["certainty"] == "implausible"
    assert {row["certainty"] for row in published()} == set(CERTAINTIES) - {"implausible"}
    assert not [row for row in published("smic", "uf1") if row["method"] == "LBP-TOP"]


@pytest.mark.parametrize(
    ("dataset", "kind", "f1"),
    [("casme_sq", "macro", 0.1196), ("casme_sq", "micro", 0.0082), ("samm-lv", "micro", 0.0364)],
)
def test_published_f1_follows_from_published_counts(dataset, kind, f1):
    tp, fp, fn = (figure("MDMD (baseline", dataset, f"{kind}_{name}")["value"] for name in ("tp", "fp", "fn"))
    assert figure("MDMD (baseline", dataset, f"{kind}_f1")["value"] == f1
    assert round(2 * tp / (2 * tp + fp + fn), 4) == f1


@pytest.mark.parametrize("dataset", ["megc2025-samm", "megc2025-cas"])
def test_published_strs_is_the_product_of_its_parts(dataset):
    value = {n: figure("MEAN (baseline)", dataset, n)["value"] for n in ("spotting_f1", "analysis_f1", "strs")}
    assert value["spotting_f1"] * value["analysis_f1"] == pytest.approx(value["strs"], abs=5e-5)


def test_rows_given_are_copies():
    published("smic")[0]["value"] = -1
    assert published("smic")[0]["value"] >= 0
