"""Citations: every recipe and feature resolves to works, which are BibTeX; how to cite the suite."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
import yaml
from click.testing import CliRunner

from baselines import __version__
from baselines.commands.cite import FLOWS, cite_recipes, cite_suite
from baselines.parts import PARTS
from baselines.recipes import load_recipe, recipe_names, shelf
from baselines.references import OURS, bibtex, cited_as, cited_in, references
from cli import main
from features import FEATURES
from features.optical_flow import FlowMethod

ROOT = Path(__file__).resolve().parent.parent
TYPES = {
    "article": {"journal"}, "inproceedings": {"booktitle"}, "book": {"publisher"}, "techreport": {"institution"},
    "misc": set(),
}  # fmt: skip
FIELD = re.compile(r"^  (\w+) = \{(.*)\},?$")


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def parsed(text):
    """{key: {field: value}} of BibTeX; every brace and every entry must be closed."""
    found = {}
    for block in re.split(r"^(?=@)", text, flags=re.MULTILINE)[1:]:
        head, *lines = block.strip().splitlines()
        kind, key = re.fullmatch(r"@(\w+)\{([\w.+-]+),", head).groups()
        assert lines[-1] == "}"
        assert key not in found
        bare = re.sub(r"\\[{}]", "", block)
        assert bare.count("{") == bare.count("}")
        fields = dict(FIELD.fullmatch(line).groups() for line in lines[:-1])
        assert all(line.endswith(",") for line in lines[:-2])
        found[key] = {"type": kind, **fields}
    return found


def own_recipe(folder, citation):
    text = (shelf.FOLDER / "hoof-svm.toml").read_text(encoding="utf-8")
    text = re.sub(r"^citation = .*$", lambda _: f"citation = {json.dumps(citation)}", text, flags=re.MULTILINE)
    (folder / "mine.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of recipes of the test's own in place of the package's."""
    for file in shelf.FOLDER.glob("*.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(shelf, "FOLDER", tmp_path)
    return tmp_path


def leftover(text):
    """What a text says beside the works that it cites."""
    plain = " ".join(text.replace("&", "and").split())
    for key in cited_in(text):
        plain = plain.replace(cited_as(key).replace("ä", "a"), "")
    return plain


@pytest.mark.parametrize("key", references())
def test_every_work_is_complete(key):
    work = references()[key]
    assert {"author", "title"} | TYPES[work["type"]] <= set(work)
    assert ("year" in work) != ("cited" in work)  # works without a year are cited by a name of their own
    if "year" in work:
        surname = re.sub(r"\W", "", work["author"][0].partition(",")[0].lower()).replace("ä", "a")
        assert re.fullmatch(rf"{surname}{work['year']}[a-z]?", key)
    assert re.fullmatch(r"10\.\d{4,}/\S+", work.get("doi", "10.1000/x"))
    assert re.fullmatch(r"\d{4}\.\d{4,5}", work.get("eprint", "1234.56789"))
    assert cited_in(f"(see {cited_as(key)}, p. 3)") == [key]
    assert parsed(bibtex(key, work))[key]["title"]


def test_no_two_works_are_cited_alike():
    names = [cited_as(key) for key in references()]
    assert len(set(names)) == len(names)
    assert len({work["doi"] for work in references().values() if "doi" in work}) == sum(
        "doi" in work for work in references().values()
    )


def test_works_are_found_by_authors_and_year_only():
    assert cited_in("Zhao & Pietikainen 2007") == cited_in("ZHAO  and Pietikäinen\n2007") == ["zhao2007"]
    assert cited_in("Liong et al. 2014a") == ["liong2014a"]
    assert cited_in("Liong et al. 2014") == cited_in("Zhao 2007") == cited_in("Yan et al. 20145") == []
    assert cited_in("Yan et al. 2014; Li et al. 2018; this project") == ["yan2014", "li2018", OURS]


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_resolves_to_works_that_are_known(name):
    (cited,) = cite_recipes([name], __version__)
    assert cited["works"]
    assert all(work["key"] in references() for work in cited["works"])
    assert all(work["for"] for work in cited["works"])
    assert not re.search(r"\b(19|20)\d\d\b(?!\.)", leftover(load_recipe(name).citation)), "a work that is not known"


def test_every_feature_and_part_cites_works_that_are_known():
    assert all(cited_in(feature.citation) for feature in FEATURES.values())
    for parts in PARTS.values():
        for part in parts.values():
            assert all(cited_in(statement) for statement in part.citation.split(";") if statement), part
            assert not re.search(r"\d{4}", leftover(part.citation)), part


def test_every_optical_flow_has_a_source():
    assert set(FLOWS) == set(get_args(FlowMethod))
    assert all(len(cited_in(text)) == 1 for text in FLOWS.values())


def test_a_recipe_stands_on_its_parts_its_settings_and_the_recipes_that_it_names():
    def needed(name):
        return {work["key"]: work["for"] for work in cite_recipes([name], __version__)[0]["works"]}

    found = needed("lbp-top-magnified-svm")
    assert {"zhao2007", "wu2012", "zhou2011", "li2018", "cortes1995"} <= set(found)
    assert found["zhou2011"] == ["frames"]
    assert found["wu2012"] == ["recipe lbp-top-magnified-svm", "magnification"]
    assert found["cortes1995"] == ["classifier svm"]
    assert needed("lbp-top-svm").keys() == {"zhao2007", "yan2014", "cortes1995"}
    assert needed("osf-svm")["farneback2003"] == ["optical flow farneback"]
    assert {"moilanen2014", "liong2019", "suykens1999", OURS} <= needed("regional-contrast+flow-kernels").keys()
    assert "zhang2007" in needed("vqa-rules")


def test_the_command_prints_bibtex_of_several_recipes_each_work_once():
    done = run("recipes", "cite", "lbp-top-svm", "bi-woof-svm@spotted", "lbp-top-svm")
    assert done.exit_code == 0
    comments = [line for line in done.stdout.splitlines() if line.startswith("%")]
    assert len(comments) == 2
    assert comments[0].startswith("% lbp-top-svm (feature: Zhao & Pietikainen 2007; setting: Yan et al. 2014")
    assert "@" not in comments[1]  # where BibTeX would see an entry begin
    found = parsed(done.stdout)
    assert list(found) == ["zhao2007", "yan2014", "cortes1995", "liong2018", "zach2007"]
    assert found["yan2014"]["doi"] == "10.1371/journal.pone.0086041"
    assert found["yan2014"]["author"].startswith("Yan, Wen-Jing and Li, Xiaobai and ")
    assert found["liong2018"]["eprint"] == "1606.01721"
    assert found["liong2018"]["archiveprefix"] == "arXiv"


def test_the_command_prints_json():
    (cited,) = json.loads(run("recipes", "cite", "lbp-top-svm", "--json").stdout)
    assert cited["name"] == "lbp-top-svm"
    assert cited["citation"] == load_recipe("lbp-top-svm").citation
    work = next(work for work in cited["works"] if work["key"] == "yan2014")
    assert (work["year"], work["doi"], work["for"]) == (2014, "10.1371/journal.pone.0086041", ["recipe lbp-top-svm"])
    assert parsed(work["bibtex"])["yan2014"]["year"] == "2014"


@pytest.mark.parametrize("arguments", [("lbp-top-smv",), ("lbp-top-svm", "lbp-top-smv")])
def test_an_unknown_name_is_one_line_with_the_nearest(arguments):
    done = run("recipes", "cite", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error: recipe 'lbp-top-smv' is not known; did you mean 'lbp-top-svm'?\n"


def test_a_recipe_with_free_text_gives_a_work_with_that_text(folder):
    own_recipe(folder, "feature: Chaudhry et al. 2009; a talk by {Ann} Other, 50 % & more_of it, see me@home.org")
    done = run("recipes", "cite", "mine")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].startswith("% mine (feature: Chaudhry et al. 2009; a talk by")
    found = parsed(done.stdout)
    assert "chaudhry2009" in found
    assert found["mine"]["type"] == "misc"
    assert found["mine"]["note"] == r"a talk by \{Ann\} Other, 50 \% \& more\_of it, see me@home.org"
    assert found["mine"]["title"].startswith("{mine: histograms of oriented flow")


def test_a_recipe_whose_text_says_nothing_still_gives_its_parts(folder):
    own_recipe(folder, "")
    assert {"chaudhry2009", "zach2007", "cortes1995"} == set(parsed(run("recipes", "cite", "mine").stdout))


def test_the_suite_is_cited_as_citation_cff_says():
    work = cite_suite(__version__)
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cff["version"] == __version__
    assert work["note"] == f"version {__version__}"
    assert cff["title"] == work["title"]
    assert [author["name"] for author in cff["authors"]] == work["author"]
    printed = run("cite")
    assert printed.exit_code == 0
    assert parsed(printed.stdout)[OURS]["author"] == "{The megc-baselines authors}"
    assert json.loads(run("cite", "--json").stdout) == work


def test_citation_cff_has_what_the_format_wants():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cff["cff-version"] == "1.2.0"
    assert cff["type"] == "software"
    assert all(isinstance(cff[name], str) and cff[name] for name in ("message", "title", "version", "abstract"))
    assert cff["authors"]
    assert all(set(author) == {"name"} for author in cff["authors"])
    known = {"cff-version", "message", "type", "title", "authors", "version", "abstract", "keywords", "license"}
    assert set(cff) <= known
    assert all(isinstance(word, str) for word in cff["keywords"])
    assert ("license" in cff) <= (ROOT / "LICENSE").exists()


def test_the_message_of_citation_cff_names_a_command_that_there_is():
    message = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["message"]
    command = re.search(r"`megc (.*?) NAME`", message)[1].split()
    assert run(*command, "lbp-top-svm").exit_code == 0
