"""The page that explains the pipeline: its numbers are those of the commands, in a real browser."""

import csv
import json
import re
from itertools import pairwise

import browser
import numpy as np
import pytest

from baselines.report.pages.page import HERE
from baselines.spotting.base import Rule
from baselines.spotting.rules import spot_by_rules
from features.lbp_top import PLANES, lbp_codes, lbp_top


@pytest.fixture(scope="module")
def explained(corpus, tmp_path_factory):
    """A folder with the page of one long video of the small corpus."""
    from click.testing import CliRunner

    from cli import main

    folder = tmp_path_factory.mktemp("explained")
    arguments = ["explain", corpus / "long", "--video", "sub02/long", "--data-root", corpus, "--output", folder]
    done = CliRunner().invoke(main, [*map(str, arguments), "--jobs", "1"])
    assert done.exit_code == 0, done.stderr
    return folder


def data_of(folder):
    text = (folder / "explain.html").read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def python_of(folder):
    from html import unescape

    text = (folder / "explain.html").read_text(encoding="utf-8")
    return [unescape(code) for code in re.findall(r'<pre class="python">(.*?)</pre>', text, re.DOTALL)]


def test_the_lines_of_python_make_what_the_page_shows(explained):
    data, names = data_of(explained), {}
    for code in python_of(explained):
        exec(code, names)
    start = data["flow"]["start"]
    flow, strain = names["flow"], names["strain"]
    assert data["flow"]["mean"][start] == round(float(np.hypot(flow[..., 0], flow[..., 1]).mean()), 4)
    assert data["strain"]["mean"][start] == round(float(strain.mean()), 6)
    np.testing.assert_allclose(data["texture"]["grids"][1]["histograms"], names["histograms"], atol=1e-6)
    np.testing.assert_allclose(data["mdmo"]["lengths"], names["lengths"], atol=1e-4)
    np.testing.assert_allclose(data["time"]["curves"]["inner brows, up"], names["brows"], atol=1e-4)
    spotted = [curve["values"] for curve in data["spotting"]["classic"]["curves"]]
    for shown, curve in zip(spotted, names["result"].curves, strict=True):
        np.testing.assert_array_equal(np.array(shown, float), curve.values)
    told = data["recognition"]["recipes"]["bi-woof-svm"]["probabilities"]
    np.testing.assert_allclose(told, names["probabilities"], atol=1e-6)
    page = (explained / "explain.html").read_text(encoding="utf-8")
    assert all(f"<td>{answer.text}" in page for answer in names["answers"])


def test_files_for_slides_stand_beside_the_page(explained):
    steps = sorted(path.name for path in (explained / "steps").iterdir())
    assert [name[:2] for name in steps] == [f"{n:02d}" for n in range(1, 11)]
    rows = list(csv.DictReader((explained / "curve.csv").open(encoding="utf-8")))
    assert len(rows) == data_of(explained)["spotting"]["frames"]
    assert float(rows[1]["seconds"]) > float(rows[0]["seconds"])
    assert (explained / "explain.html").stat().st_size < 5e6


RECIPE = """task = "spotting"
summary = "another threshold"
citation = "none"
[steps]
method = {{ name = "{method}", {setting} }}
"""


@pytest.mark.parametrize(("method", "stage", "values"), [
    ("softnet_rule", "spotting-stage", (0.3, 0.55, 0.9)),
    ("regional_contrast", "likely-stage", (0.1, 0.5, 0.9)),
])  # fmt: skip
def test_scores_under_another_threshold_are_those_of_the_command(
    explained, corpus, chromium, megc, tmp_path, method, stage, values
):
    truth = only(corpus / "long" / "events.csv", tmp_path / "truth.csv")
    with browser.opened(chromium, explained / "explain.html") as page:
        for value in values:
            setting = f"p = {value}" if method == "softnet_rule" else f"least_score = {2 * value}"
            recipe, whole = tmp_path / "mine.toml", tmp_path / "whole.csv"
            recipe.write_text(RECIPE.format(method=method, setting=setting))
            assert megc("spot", corpus / "long", "--method", recipe, "--output", whole, "--jobs", 1).exit_code == 0
            predicted = only(whole, tmp_path / "predicted.csv")
            for iou in (0.5, 0.3):
                move(page, stage, 0, value)
                move(page, stage, 1, iou)
                sides = ("--truth", truth, "--predictions", predicted)
                scored = megc("score", "spotting", *sides, "--iou", iou, "--json")
                assert scored.exit_code == 0, scored.stderr
                wanted = json.loads(scored.stdout)
                for kind in ("micro", "macro", "overall"):
                    for figure in ("tp", "fp", "fn", "f1"):
                        cell = f'#{stage} tr[data-kind="{kind}"] td[data-figure="{figure}"]'
                        text = page.execute_script("return document.querySelector(arguments[0]).textContent", cell)
                        assert float(text) == pytest.approx(wanted[kind][figure], abs=6e-4), (value, iou, kind, figure)


def only(file, copy):
    """Write the rows of the video that is explained to another file, and return it."""
    lines = file.read_text(encoding="utf-8").splitlines()
    copy.write_text("\n".join([lines[0], *(line for line in lines if line.startswith("sub02,long,"))]) + "\n")
    return copy


def move(page, stage, number, value):
    page.execute_script(
        "const slider = document.querySelectorAll(`#${arguments[0]} input[type=range]`)[arguments[1]];"
        "slider.value = arguments[2]; slider.dispatchEvent(new Event('input'));",
        stage, number, value,
    )  # fmt: skip


def test_every_control_works_and_nothing_overflows(explained, chromium):
    for width in (1280, 390):
        with browser.opened(chromium, explained / "explain.html", width=width) as page:
            page.set_script_timeout(20)
            page.execute_async_script(
                "const done = arguments[0]; const wait = () => document.documentElement.dataset.ready ? done() : "
                "setTimeout(wait, 50); wait();"
            )
            page.execute_script(
                "for (const input of document.querySelectorAll('input[type=range]')) for (const end of ['min', 'max'])"
                " { input.value = input[end]; input.dispatchEvent(new Event('input')); }"
                "for (const button of document.querySelectorAll('button')) { button.click(); button.click(); }"
                "for (const select of document.querySelectorAll('select')) for (let n = 0; n < select.options.length;"
                " n++) { select.selectedIndex = n; select.dispatchEvent(new Event('change')); }"
                "for (const details of document.querySelectorAll('details')) details.open = true;"
            )
            assert browser.overflow(page) <= 0
            unnamed = page.execute_script(
                "return [...document.querySelectorAll('img:not([alt]), svg[role=img]:not([aria-label]),"
                " canvas:not([aria-label])')].map((node) => node.outerHTML.slice(0, 80))"
            )
            assert unnamed == []
            assert len(browser.printed(page)) > 50_000


def test_codes_of_the_page_are_those_of_lbp_top(explained, chromium):
    data = data_of(explained)["texture"]
    with browser.opened(chromium, explained / "explain.html") as page:
        page.set_script_timeout(20)
        levels, codes = page.execute_async_script(
            "const done = arguments[0]; volumeOf(PAGE.texture).then((volume) => {"
            " const [T, H, W] = volume.shape; const levels = [], codes = {XY: [], XT: [], YT: []};"
            " for (let t = 0; t < T; t++) for (let y = 40; y < 60; y++) for (let x = 30; x < 60; x++) {"
            "  levels.push(volume.at(t, y, x));"
            "  if (y > 40 && y < 59 && x > 30 && x < 59 && t > 0 && t < T - 1)"
            "   for (const plane in codes)"
            "    codes[plane].push(codeOf(volume, PAGE.texture.offsets[plane], [t, y, x]).code);"
            " } done([levels, codes]); })"
        )
    faces = np.array(levels, np.uint8).reshape(data["shape"][0], 20, 30)
    for plane in PLANES:
        np.testing.assert_array_equal(codes[plane], lbp_codes(faces, plane).ravel())
    whole = lbp_top(faces)
    assert len(whole) == len(PLANES) * data["bins"]


def test_the_rule_in_the_browser_is_the_rule(chromium, tmp_path):
    rng = np.random.default_rng(5)
    cases, wanted = [], []
    for n in range(120):
        fps = float(rng.choice([25, 30, 29.97, 200]))
        values = rng.integers(0, 6, rng.integers(3, 300)).astype(
            float
        )  # whole numbers, so that there are plateaus and ties
        if n % 3 == 0:
            values[rng.integers(0, len(values), 4)] = np.nan
        if n % 4 == 0:
            values -= 2
        rule = Rule(
            "any", str(rng.choice(["", "micro"])), float(rng.choice([0, 0.1, 0.2])), float(rng.choice([0.1, 0.3])),
            float(rng.choice([0, 0.3, 0.55, 1])), float(rng.choice([0, 0.2])), (float(rng.choice([0, 0.1])), np.inf),
        )  # fmt: skip
        known = values[np.isfinite(values)]
        if not known.size:
            continue
        curve = {
            "values": [None if np.isnan(value) else value for value in values],
            "mean": known.mean(), "most": known.max(), "kind": rule.kind, "k": rule.k, "apart": rule.apart,
            "merge": rule.merge, "shortest": rule.lengths[0], "longest": None,
        }  # fmt: skip
        cases.append([curve, rule.p, fps])
        found = spot_by_rules(values[:, None], [rule], fps).intervals
        wanted.append([[one.onset, one.apex, one.offset, one.kind] for one in found])
    page = tmp_path / "rule.html"
    page.write_text(f"<script>{(HERE / 'spotting.js').read_text(encoding='utf-8')}</script>", encoding="utf-8")
    with browser.opened(chromium, page) as opened:
        found = opened.execute_script(
            "return arguments[0].map(([curve, p, fps]) => intervalsOf(curve, thresholdOf(curve, p), fps, 0.5)"
            ".sort((a, b) => a.onset - b.onset).map((one) => [one.onset, one.apex, one.offset, one.kind]))",
            cases,
        )
    assert found == wanted
    assert sum(map(len, wanted)) > 200


def test_pairs_in_the_browser_are_as_many_as_can_be(chromium, tmp_path):
    from baselines.scoring.spotting import spotting_scores

    rng = np.random.default_rng(2)
    cases, wanted = [], []
    for _ in range(60):
        sides = []
        for count in rng.integers(0, 9, 2):
            onsets = rng.integers(1, 60, count)
            kinds = rng.choice(["micro", "macro"], count)
            sides.append([[int(a), int(a + rng.integers(3, 14)), str(kind)] for a, kind in zip(onsets, kinds)])
        iou = float(rng.choice([0.2, 0.5]))
        cases.append([*sides, iou])
        rows = [
            [{"subject": "a", "video": "v", "onset": a, "offset": b, "type": kind} for a, b, kind in side]
            for side in sides
        ]
        scores = spotting_scores(*rows, thresholds=[iou], resamples=0)
        wanted.append(
            [[scores.get(kind, {}).get(n, 0) for n in ("tp", "fp", "fn")] for kind in ("micro", "macro", "any")]
        )
    page = tmp_path / "pairs.html"
    page.write_text(f"<script>{(HERE / 'spotting.js').read_text(encoding='utf-8')}</script>", encoding="utf-8")
    with browser.opened(chromium, page) as opened:
        found = opened.execute_script(
            "const as = (side) => side.map(([onset, offset, kind]) => ({ onset, offset, kind }));"
            "return arguments[0].map(([truth, found, iou]) => { const { scores } = scoresOf(as(truth), as(found), iou);"
            " return ['micro', 'macro', 'any'].map((kind) => ['tp', 'fp', 'fn'].map((n) => scores[kind][n])); })",
            cases,
        )
    assert found == wanted


def test_the_page_is_the_same_every_time(explained, corpus, megc, tmp_path):
    done = megc("explain", corpus / "long", "--video", "sub02/long", "--data-root", corpus, "--output", tmp_path,
                "--jobs", 1)  # fmt: skip
    assert done.exit_code == 0
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (explained, tmp_path)
    )
    assert first == second


def test_a_video_without_a_face_gets_a_page_that_says_so(megc, write_images, chromium, tmp_path):
    folder = tmp_path / "<script>alert(1)<script>"
    write_images(folder, 12, (96, 96), 0)
    done = megc("explain", folder, "--output", tmp_path / "page")
    assert done.exit_code == 0, done.stderr
    assert "no face" in done.stderr
    with browser.opened(chromium, tmp_path / "page" / "explain.html") as page:
        assert "too little of a face" in page.find_element("tag name", "main").text
        assert "<script>alert(1)<script>" in page.find_element("tag name", "h1").text
        assert len(page.find_elements("tag name", "img")) == 6


def test_an_input_of_several_videos_asks_which(megc, corpus, tmp_path):
    done = megc("explain", corpus / "long", "--output", tmp_path / "page")
    assert done.exit_code == 2
    assert "--video" in done.stderr
    assert "sub01/long" in done.stderr
    done = megc("explain", corpus / "long", "--video", "nobody", "--output", tmp_path / "page")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "page").exists()


def test_headings_go_down_one_step_at_a_time(explained):
    text = (explained / "explain.html").read_text(encoding="utf-8")
    levels = [int(level) for level in re.findall(r"<h([1-6])", text)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
