"""The page of an output folder: its figures, sorting, filters, timelines, pictures, and what it does without data."""

import csv
import json
import re
from collections import Counter

import browser
import pytest
from runs import answered, cell, experiment, recognized, spotted, strs, write_run
from test_experiment import root  # noqa: F401  (a fixture)

from baselines.datasets import embedded, open_dataset
from baselines.experiments.rows import Rows
from baselines.report.overview import footage
from baselines.report.tables import write_tables

NASTY = "<script>alert(1)</script>"
KEYS = ("task", "dataset", "subset", "recipe", "seed", "metric")


def scored(rows, shift=0):
    """The rows of a spotting experiment with scores, and a false alarm in each video but the first."""
    for fold, row in enumerate(rows):
        row["predictions"] = [one | {"score": 1.5 + n + fold / 10} for n, one in enumerate(row["predictions"])]
        if fold:
            alarm = {"subject": f"s{fold}", "video": "v", "onset": 300, "offset": 320, "type": "micro"}
            row["predictions"].append(alarm | {"score": 1.0 + fold / 10 + shift})
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of every task: a grid with floors in recognition, two recipes in the others; with its tables."""
    folder = tmp_path_factory.mktemp("page") / "run"
    cells = [cell("flow-svm", classifier__C=c, classifier__kernel=kernel) for c in (1.0, 10.0) for kernel in ("a", "b")]
    names = [*cells, ("majority", {"base": "majority", "varied": {}, "settings": {}, "floor": True})]
    runs = [
        recognized(name, lambda n, k=seed * 3 + number: (n * 7 + k) % 4 > n // 3, "d", seed)
        for number, (name, _) in enumerate(names)
        for seed in (0, 1)
    ]
    more = [scored(spotted("contrast", 2)), scored(spotted("blocks", 1), 0.35)]
    more += [strs("two-step", "negative"), answered("rules", "negative"), answered("prior", "positive")]
    others = {rows[0]["recipe"]: cell(rows[0]["recipe"])[1] for rows in more}
    write_run(folder, *runs, *more, notes=dict(names) | others)
    rows = Rows(folder)
    write_tables(rows.results(), folder)
    return folder


@pytest.fixture(scope="module")
def path(folder):
    """Its page."""
    from click.testing import CliRunner

    from cli import main

    done = CliRunner().invoke(main, ["report", str(folder)])
    assert (done.exit_code, done.stdout) == (0, f"{folder / 'report.html'}\n"), done.stderr
    return folder / "report.html"


@pytest.fixture(scope="module")
def scores(folder):
    with open(folder / "scores.csv", newline="") as stream:
        return list(csv.DictReader(stream))


def texts(page, selector):
    return page.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent.trim())", selector
    )


def shown_rows(page):
    return page.execute_script(
        "return [...document.querySelectorAll('#scores-table tbody tr')].filter((row) => !row.hidden)"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def choose(page, select, value):
    page.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}));"
        "arguments[0].dispatchEvent(new Event('change', {bubbles: true}))",
        select,
        value,
    )


def named(page, selector):
    return page.execute_script("return document.querySelector(arguments[0])", selector)


def test_the_page_is_the_same_again_and_the_only_thing_written(megc, folder, path, tmp_path):
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    assert megc("report", folder).exit_code == 0
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before
    done = megc("report", folder, "--output", tmp_path / "o")
    assert done.stdout == f"{tmp_path / 'o' / 'report.html'}\n"
    assert (tmp_path / "o" / "report.html").read_bytes() == path.read_bytes()
    assert megc("report", folder, "--format", "html").stdout.encode() == path.read_bytes()
    assert len(path.read_bytes()) < 1_000_000


def test_its_figures_are_those_of_scores_csv(chromium, path, scores):
    with browser.opened(chromium, path) as page:
        choose(page, named(page, "select[name=metric]"), "(all)")
        found = shown_rows(page)
        assert len(found) == len(scores) == int(texts(page, "#count")[0].split()[-2])
        for cells, score in zip(found, scores):
            assert tuple(cells[:6]) == tuple(score[key] for key in KEYS)
            bounds = [cells[6], *(cells[7].split(" to ") if cells[7] != "-" else ("-", "-")), cells[8], *cells[9:]]
            columns = ("value", "ci_low", "ci_high", "n", "difference", "p")
            for text, name in zip(bounds, columns):
                assert (text == "-") == (score[name] == ""), (cells, name)
                assert text == "-" or float(text) == float(score[name])


def test_forest_plots_have_the_figures_intervals_and_floors(chromium, path, scores):
    with browser.opened(chromium, path) as page:
        plots = page.execute_script("return [...document.querySelectorAll('.forest')]")
        assert len(plots) == 4
        for plot in plots:
            task = plot.get_attribute("data-task")
            for name in page.execute_script(
                "return [...arguments[0].querySelectorAll('option')].map((o) => o.value)", plot
            ):
                choose(page, page.execute_script("return arguments[0].querySelector('select')", plot), name)
                metric, _, subset = name.partition(": ")
                lines = page.execute_script(
                    "return [...arguments[0].querySelectorAll('tr:not(.published)')].slice(0, -1)"
                    ".map((row) => [row.cells[0].firstChild.textContent, row.cells[2].textContent, row.className])",
                    plot,
                )
                place = {"task": task, "metric": metric, "subset": subset or "all"}
                mine = [s for s in scores if all(s[key] == text for key, text in place.items())]
                assert {line[0] for line in lines} == {score["recipe"] for score in mine}
                for recipe, text, kind in lines:
                    own = [score for score in mine if score["recipe"] == recipe]
                    value = sum(float(score["value"]) for score in own) / len(own)
                    assert float(text.split()[0]) == pytest.approx(value, abs=6e-4)
                    interval = re.search(r"\[(\S+), (\S+)\]", text)
                    if len(own) == 1 and own[0]["ci_low"]:
                        assert [float(n) for n in interval.groups()] == pytest.approx(
                            [float(own[0]["ci_low"]), float(own[0]["ci_high"])], abs=6e-4
                        )
                    assert (kind == "is-floor") == (recipe in ("majority",))


def test_the_table_sorts_by_click_and_key_and_filters(chromium, path, scores):
    from selenium.webdriver.common.keys import Keys

    with browser.opened(chromium, path) as page:
        first = Counter(row[0] for row in shown_rows(page))
        assert first == {"recognition": 10, "spotting": 2, "str": 1, "vqa": 2}
        button = page.execute_script("return document.querySelectorAll('#scores-table th button')[6]")
        heading = page.execute_script("return arguments[0].parentElement", button)
        page.execute_script("arguments[0].click()", button)
        values = [float(row[6]) for row in shown_rows(page)]
        assert (values, heading.get_attribute("aria-sort")) == (sorted(values), "ascending")
        page.execute_script("arguments[0].focus()", button)
        button.send_keys(Keys.ENTER)
        values = [float(row[6]) for row in shown_rows(page)]
        assert (values, heading.get_attribute("aria-sort")) == (sorted(values, reverse=True), "descending")
        named(page, "input[name=recipe]").send_keys("C=10")
        assert {row[3] for row in shown_rows(page)} == {s["recipe"] for s in scores if "C=10" in s["recipe"]}
        choose(page, named(page, "select[name=metric]"), "uar")
        assert {row[5] for row in shown_rows(page)} == {"uar"}
        choose(page, named(page, "select[name=task]"), "vqa")
        assert shown_rows(page) == []
        assert texts(page, "#count") == [f"0 of {len(scores)} figures"]


def test_confusions_classes_and_subjects_give_the_figures(chromium, path, scores, folder):
    value = {tuple(score[key] for key in KEYS): float(score["value"]) for score in scores}
    with browser.opened(chromium, path) as page:
        matrices = page.execute_script(
            "return [...document.querySelector('.chosen').querySelectorAll('.one')].map((one) => [one.dataset.name,"
            "[...one.querySelectorAll('tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))])"
        )
        assert len(matrices) == 10
        for name, rows in matrices:
            recipe, _, seed = name.partition(" (seed ")
            right = sum(int(row[1 + n]) for n, row in enumerate(rows))
            n = sum(int(row[-1]) for row in rows)
            key = ("recognition", "d", "all", recipe, seed.rstrip(")") or "0", "accuracy")
            assert (round(right / n, 4), n) == (value[key], 36)
        strips = page.execute_script(
            "return [...document.querySelectorAll('.strip')].map((table) => [table.caption.textContent,"
            "[...table.tBodies[0].rows].map((row) =>"
            "[...row.cells].map((cell) => cell.title || cell.firstChild.textContent.trim()))])"
        )
        classes = dict(strips)["Each class in recognition on d: F1"]
        for recipe, *cells in classes:
            mean = sum(float(re.search(r"f1 (\S+) ", text)[1]) for text in cells) / len(cells)
            seeds = [value["recognition", "d", "all", recipe, seed, "uf1"] for seed in "01"]
            assert mean == pytest.approx(sum(seeds) / 2, abs=2e-4)
        subjects = dict(strips)["Each subject in spotting on d: f1"]
        rows = {(row["recipe"], row["fold"]): row for row in Rows(folder, adds=False).rows.values()}
        for recipe, *cells in subjects:
            for fold, text in enumerate(cells):
                row = rows[recipe, f"d/s{fold}"]
                right = sum(
                    {**one, "score": 0} in [{**t, "score": 0} for t in row["truth"]] for one in row["predictions"]
                )
                share = 2 * right / (len(row["truth"]) + len(row["predictions"]))
                assert float(re.search(r"f1 (\S+) ", text)[1]) == pytest.approx(share, abs=1e-4)
        shown = page.execute_script("return [...document.querySelectorAll('.one')].filter((one) => !one.hidden).length")
        assert shown < len(page.execute_script("return [...document.querySelectorAll('.one')]"))


def test_the_trade_off_begins_at_the_figures_of_the_table(chromium, path, scores):
    value = {(s["recipe"], s["metric"]): float(s["value"]) for s in scores if s["subset"] == "overall"}
    with browser.opened(chromium, path) as page:
        curves = {curve["recipe"]: curve["points"] for curve in page.execute_script("return PAGE.tradeoffs[0].curves")}
        assert set(curves) == {"contrast", "blocks"}
        for recipe, points in curves.items():
            for metric in ("precision", "recall", "f1"):
                assert points[0][metric] == value[recipe, metric]
            least, recall = ([point[name] for point in points] for name in ("least", "recall"))
            assert (least, recall) == (sorted(least), sorted(recall, reverse=True))
        assert curves["contrast"][0]["fp"] == 3
        assert max(point["precision"] for point in curves["contrast"]) == 1.0
        told = "; ".join(texts(page, "#tradeoff-figures li"))
        assert f"contrast: precision {value['contrast', 'precision']:.3f}" in told


def test_a_mark_tells_frames_and_score_to_pointer_and_keys(chromium, path):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    with browser.opened(chromium, path) as page:
        video = page.execute_script("return [...document.querySelectorAll('.video')][1]")
        parts = page.execute_script(
            "const v = arguments[0]; return [v.querySelector('.lanes'), v.querySelector('.pointer'),"
            "[...v.querySelectorAll('.marks')].map((m) => [...m.querySelectorAll('rect')])]",
            video,
        )
        lanes, pointer, marks = parts
        assert [len(row) for row in marks] == [2, 3, 2]
        page.execute_script("arguments[0].scrollIntoView({block: 'center'})", video)
        ActionChains(page).move_to_element(marks[1][2]).perform()
        assert pointer.text == "contrast, micro, frames 300 to 320, score 1.100, false alarm"
        ActionChains(page).move_to_element(marks[0][0]).perform()
        assert pointer.text == "truth, micro, frames 10 to 19"
        lanes.send_keys(Keys.ARROW_RIGHT)
        assert pointer.text == "truth, macro, frames 110 to 119"
        lanes.send_keys(Keys.ARROW_DOWN)
        assert pointer.text == "contrast, macro, frames 110 to 119, score 2.600, hit"
        lanes.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        assert pointer.text.startswith("contrast, micro, frames 300 to 320")


def test_answers_stand_side_by_side_and_the_hardest_are_named(chromium, path):
    with browser.opened(chromium, path) as page:
        head = texts(page, ".answers thead th")
        assert head[:2] == ["question", "true answer"]
        assert set(head[2:]) == {"rules", "prior"}
        first = page.execute_script(
            "return [...document.querySelector('.answers tbody').rows[0].cells]"
            ".map((cell) => [cell.textContent, cell.className])"
        )
        by_recipe = dict(zip(head[2:], first[2:]))
        assert by_recipe == {"rules": ["negative", "right"], "prior": ["positive", "wrong"]}
        choose(page, named(page, ".answers select"), "1")
        assert texts(page, ".answers caption") == ["d/s0/c1"]
        assert any("wrong under most of 4 recipes" in text for text in texts(page, "section p"))


def test_grids_are_pivots_with_shades(chromium, path, scores):
    found = Counter()
    with browser.opened(chromium, path) as page:
        rows = page.execute_script(
            "return [...document.querySelectorAll('[id^=table-pivot] tbody tr')].map((r) => [...r.cells].map((c) =>"
            "[c.textContent, c.style.getPropertyValue('--share')]))"
        )
        for row in rows:
            for column, (text, share) in zip(("a", "b"), row[2:]):
                name = f'flow-svm (classifier.C={row[1][0]}, classifier.kernel="{column}")'
                mine = [
                    float(s["value"]) for s in scores if (s["recipe"], s["metric"], s["subset"]) == (name, "uf1", "all")
                ]
                assert float(text.split()[0]) == pytest.approx(sum(mine) / 2, abs=6e-4)
                found[float(share)] += 1
    assert len(rows) == 2
    assert {0.0, 1.0} <= set(found)


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_the_window_and_prints(chromium, path, width):
    with browser.opened(chromium, path, width=width) as page:
        assert browser.overflow(page) <= 0
        assert browser.printed(page).startswith(b"%PDF")
        sections = texts(page, "section h2")
        assert len(sections) == len(set(sections)) == 12
        assert texts(page, "nav a") == sections
        unnamed = page.execute_script(
            "return [...document.querySelectorAll('svg, img, select, input')].filter((one) => !(one.closest('label') ||"
            "one.getAttribute('aria-label') || one.getAttribute('aria-hidden') || one.alt)).length"
        )
        assert unnamed == 0


def test_names_are_texts_wherever_they_come_from(chromium, megc, tmp_path):
    runs = [recognized(f"{NASTY}{n}", lambda k, n=n: k > n, NASTY) for n in (3, 4)]
    runs += [scored(spotted(NASTY, 2)), answered(NASTY, NASTY), answered(f"b{NASTY}", NASTY)]
    for row in (row for run in runs for row in run):
        for side in ("truth", "predictions"):
            for one in row.get(side, ()):
                one["subject"] += NASTY
                one |= {key: one[key] + NASTY for key in ("video", "clip", "question") if key in one}
    done = megc("report", write_run(tmp_path, *runs))
    assert done.exit_code == 0, done.stderr
    with browser.opened(chromium, tmp_path / "report.html") as page:
        scripts = "return [...document.querySelectorAll('script')].length"
        assert page.execute_script(scripts) == 2
        assert page.execute_script("return document.querySelectorAll('main script, nav script').length") == 0
        body = page.execute_script("return document.body.innerText")
        for told in (f"{NASTY}3", f"s1{NASTY}", f"v{NASTY}"):
            assert told in body
        assert NASTY in texts(page, ".answers td")


@pytest.fixture(scope="module")
def filmed(corpus, tmp_path_factory):
    """A folder of two recipes on clips and videos of a small corpus, which can be opened again."""
    data = open_dataset("synthetic", corpus)
    runs = []
    for wrong in (3, 2):
        rows = [experiment("recognition", f"every-{wrong}", "synthetic", 0, n) for n in range(3)]
        for row, subject in zip(rows, dict.fromkeys(clip.subject for clip in data.clips)):
            clips = [clip for clip in data.clips if clip.subject == subject]
            row["predictions"] = [
                {"dataset": "synthetic", "subject": subject, "clip": clip.name, "label": clip.label}
                | {"prediction": "surprise" if n % wrong else clip.label}
                for n, clip in enumerate(clips)
            ]
        runs.append(rows)
    videos = [experiment("spotting", "near", "synthetic", 0, n) for n in range(len(data.videos))]
    for row, video in zip(videos, data.videos):
        place = {"dataset": "synthetic", "subject": video.subject, "video": video.name}
        row["truth"] = [place | {"onset": e.onset, "offset": e.offset, "type": e.kind} for e in video.events]
        row["predictions"] = [*row["truth"][1:], place | {"onset": 3, "offset": 9, "type": "micro", "score": 1.25}]
        row["fold"] = f"{video.subject} {video.name}"
    return write_run(tmp_path_factory.mktemp("filmed") / "run", *runs, videos)


def test_hits_misses_and_false_alarms_have_pictures_where_the_data_are(chromium, megc, filmed, corpus):
    assert megc("report", filmed, "--data-root", corpus).exit_code == 0
    with browser.opened(chromium, filmed / "report.html") as page:
        kinds = texts(page, "h4")
        for kind in ("right, the surest", "wrong, the surest", "hits", "misses", "false alarms"):
            assert any(text.startswith(f"{kind} (") for text in kinds), kind
        pictures = page.execute_script(
            "return [...document.querySelectorAll('.gallery article')].map((one) => {"
            "const found = [...one.querySelectorAll('img')];"
            "return [found.length, found.every((i) => i.complete && i.naturalWidth > 60), one.innerText]})"
        )
        assert all((number, whole) == (3, True) for number, whole, _ in pictures)
        assert any("found micro 3-9 (score 1.25)" in text for _, _, text in pictures)
        assert not any("picture" in text for text in texts(page, ".told"))
        last = page.execute_script("return PAGE.timelines[0].videos.map((video) => video.last)")
    lengths = {len(video.frames) for video in open_dataset("synthetic", corpus).videos}
    assert set(last) == lengths
    once = (filmed / "report.html").read_bytes()
    assert megc("report", filmed, "--data-root", corpus).exit_code == 0
    assert (filmed / "report.html").read_bytes() == once


def test_pictures_of_another_copy_are_not_shown(corpus):
    found = footage.Footage()
    found.add(open_dataset("synthetic", corpus))
    (place, clip), *_ = found.clips.items()
    assert len(found.of_clip(place, clip.label)) == 3
    assert found.of_clip(place, "another class") == []
    assert found.of_clip((*place[:2], "another clip")) == []
    (place, video), *_ = found.videos.items()
    assert found.of_event(place, 1, len(video.frames) + 1) == []


def test_a_corpus_that_is_not_in_the_cache_is_not_made_for_pictures(megc, tmp_path, monkeypatch):
    sizes = {"subjects": 2, "clips_per_subject": 1, "long_seconds": 4.0, "fast_subjects": 0, "fast_seconds": 4.0}
    monkeypatch.setattr(embedded, "SIZES", sizes)
    monkeypatch.setenv("MEGC_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MEGC_DATA_ROOT", raising=False)
    assert megc("report", write_run(tmp_path / "run", recognized("x", bool, "synthetic"))).exit_code == 0
    text = (tmp_path / "run" / "report.html").read_text()
    assert "synthetic: no pictures, since the cache folder does not hold this corpus" in text
    assert not (tmp_path / "cache" / "synthetic").exists()
    monkeypatch.setattr(embedded, "make", lambda folder, *_, **__: folder.mkdir(parents=True))
    embedded.cached_corpus()
    assert footage._is_there("synthetic", None)


def test_data_that_are_not_there_cost_one_line(megc, tmp_path, monkeypatch):
    monkeypatch.delenv("MEGC_DATA_ROOT", raising=False)
    monkeypatch.setenv("MEGC_CONFIG", str(tmp_path / "none.toml"))
    runs = [recognized("x", bool, name) for name in ("casme2", "mine", "flow-images (shift apex=1)")]
    assert megc("report", write_run(tmp_path, *runs)).exit_code == 0
    text = (tmp_path / "report.html").read_text()
    for told in (
        "casme2: no pictures, since its data cannot be opened (dataset casme2 needs --data-root DIR",
        "mine: no pictures, since it is no dataset of this suite",
        "flow-images (shift apex=1): no pictures, since its key frames were moved on purpose",
    ):
        assert text.count(told) == 1


def test_what_is_asked_for_is_all_that_the_page_has(chromium, megc, folder, tmp_path):
    arguments = ("--pivot", "C:kernel", "--against", "majority", "--where", "seed=0")
    assert megc("report", folder, *arguments, "--format", "html", "--output", tmp_path).exit_code == 0
    with browser.opened(chromium, tmp_path / "report.html") as page:
        assert texts(page, "section h2") == ["What was varied", "Tables"]
        assert "against majority" in texts(page, "caption")[1]
        assert page.execute_script("return document.querySelectorAll('.shaded').length") == 4
    done = megc("report", folder, "--task", "spotting", "--metric", "f1", "--format", "html")
    assert "lbp-svm" not in done.stdout
    data = json.loads(re.search(r'id="data">(.*?)</script>', done.stdout, re.DOTALL)[1])
    assert {(row[0], row[5]) for row in data["scores"]} == {("spotting", "f1")}


def test_pictures_as_files(megc, folder, tmp_path):
    def pictures(place, *arguments):
        done = megc("report", folder, *arguments, "--format", "svg", "--output", tmp_path / place)
        assert done.exit_code == 0, done.stderr
        return {one.name: one.read_bytes() for one in (tmp_path / place).iterdir()}

    first = pictures("a", "--format", "png", "--table", "scores", "--table", "confusion")
    stems = {
        "forest-recognition-d-all-uf1", "forest-spotting-d-overall-f1", "forest-str-d-all-strs",
        "forest-vqa-d-all-coarse-uf1", "confusion-in-recognition-on-d", "confusion-in-str-on-d",
        "confusion-in-vqa-on-d-coarse-classes",
    }  # fmt: skip
    assert set(first) == {f"{stem}.{form}" for stem in stems for form in ("png", "svg")}
    starts = {"png": b"\x89PNG", "svg": b"<?xml"}
    assert all(content.startswith(starts[name.rpartition(".")[2]]) for name, content in first.items())
    name = "confusion-in-str-on-d.svg"
    assert pictures("b", "--task", "str")[name] == first[name]
    assert set(pictures("c", "--against", "majority", "--task", "recognition", "--where", "seed=1")) == {
        "differences-recognition-d-majority-1.svg"
    }
    assert set(pictures("d", "--pivot", "C:kernel")) == {"pivot-recognition-d-all-uf1.svg"}
    alone = pictures("e", "--task", "recognition", "--where", "seed=0")
    assert "pivot-recognition-d-all-uf1-flow-svm.svg" in alone


def test_pictures_need_a_folder_and_something_to_draw(megc, folder, tmp_path):
    for arguments, told in (
        (("--format", "png"), "pictures do not go to stdout; name --output DIR"),
        (("--format", "svg", "--table", "ranks", "--output", tmp_path), "nothing of ranks is drawn"),
    ):
        done = megc("report", folder, *arguments)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1].startswith("error: ")
        assert told in done.stderr


def test_folders_without_a_whole_experiment_give_one_line_and_no_page(megc, tmp_path):
    (tmp_path / "rows.jsonl").write_text("")
    done = megc("report", tmp_path)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert not (tmp_path / "report.html").exists()


def test_what_a_folder_lacks_is_told_in_its_page(megc, tmp_path):
    write_run(tmp_path, recognized("x", bool, "d"), recognized("y", bool, "d")[:2])
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    lines = [line.replace('"folds": 2', '"folds": 6') for line in lines]
    (tmp_path / "rows.jsonl").write_text("\n".join([*lines, '{"cut', ""]))
    done = megc("report", tmp_path)
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'report.html'}\n")
    text = (tmp_path / "report.html").read_text()
    for told in ("left out, because folds are missing: y on d", "no JSON object, as where a kill cut it short"):
        assert told in done.stderr
        assert told in text


def test_more_recipes_than_are_shown_one_by_one_are_told(megc, tmp_path, monkeypatch):
    from baselines.report.overview import groups

    monkeypatch.setattr(groups, "MOST", 2)
    write_run(tmp_path, *(recognized(name, lambda k, n=n: k > n, "d") for n, name in enumerate("abc")))
    assert megc("report", tmp_path).exit_code == 0
    text = (tmp_path / "report.html").read_text()
    assert "recognition on d: of 3 recipes the best 2 by uf1 are shown one by one" in text
    assert text.count('<figure class="one"') == 2


def test_run_all_writes_the_page_of_report_and_tells_where(megc, root, tmp_path, monkeypatch):  # noqa: F811
    where = ("--dataset", "flow-images", "--data-root", root, "--task", "recognition", "--jobs", 1)
    run = ("run-all", *where, "--recipe", "majority", "--recipe", "hoof-svm", "--output", tmp_path / "out")
    done = megc(*run)
    page = tmp_path / "out" / "report.html"
    assert done.exit_code == 0, done.stderr
    assert f"page: {page}\n" in done.stderr
    first = page.read_bytes()
    assert b"u, v and strain as red, green and blue" in first
    assert megc("report", tmp_path / "out", "--data-root", root).exit_code == 0
    assert page.read_bytes() == first

    page.unlink()
    done = megc(*run, "--check", tmp_path / "out")
    assert (done.exit_code, page.exists(), "page:" in done.stderr) == (0, False, False), done.stderr

    scores = (tmp_path / "out" / "scores.csv").read_bytes()
    monkeypatch.setattr("baselines.commands.report.overview_page", lambda _: 1 / 0)
    done = megc(*run)
    (line,) = [line for line in done.stderr.splitlines() if "report.html" in line]
    assert line.startswith(f"error: {page}: not made (unexpected ZeroDivisionError")
    assert line.endswith("the tables are whole")
    assert (done.exit_code, page.exists()) == (1, False)
    assert (tmp_path / "out" / "scores.csv").read_bytes() == scores
