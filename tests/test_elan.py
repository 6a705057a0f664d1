"""Files of ELAN: what is written keeps the rules of its schema, and files as ELAN writes them are read."""

import csv
import io
import json
import warnings
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from test_exchange import marked

from baselines.errors import InputError
from baselines.formats import elan, exchange

ORDER = ["LICENSE", "HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LOCALE", "LANGUAGE", "CONSTRAINT"]
# as ELAN 6 writes it: two vocabularies, a linked file, the tier `default`, a child tier with references to its parent
ANNOTATED = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-03-02T10:11:12+01:00" FORMAT="3.0" VERSION="3.0"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">
        <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/study/p%2001.wav" MIME_TYPE="audio/x-wav"
            RELATIVE_MEDIA_URL="./p%2001.wav"/>
        <MEDIA_DESCRIPTOR MEDIA_URL="file:///C:/study/p%2001.mp4" MIME_TYPE="video/mp4"
            RELATIVE_MEDIA_URL="./p%2001.mp4"/>
        <LINKED_FILE_DESCRIPTOR LINK_URL="file:///C:/study/p01_tsconf.xml" MIME_TYPE="text/xml"/>
        <PROPERTY NAME="URN">urn:nl-mpi-tools-elan-eaf:00000000-0000-0000-0000-000000000000</PROPERTY>
        <PROPERTY NAME="lastUsedAnnotationId">9</PROPERTY>
    </HEADER>
    <TIME_ORDER>
        <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="1000"/>
        <TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="1200"/>
        <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="1220"/>
        <TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="1500"/>
        <TIME_SLOT TIME_SLOT_ID="ts5" TIME_VALUE="3000"/>
        <TIME_SLOT TIME_SLOT_ID="ts6"/>
        <TIME_SLOT TIME_SLOT_ID="ts7" TIME_VALUE="5000"/>
        <TIME_SLOT TIME_SLOT_ID="ts8" TIME_VALUE="8000"/>
        <TIME_SLOT TIME_SLOT_ID="ts9" TIME_VALUE="8400"/>
    </TIME_ORDER>
    <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="default">
        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts5" TIME_SLOT_REF2="ts6">
            <ANNOTATION_VALUE>tell me more</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    </TIER>
    <TIER LINGUISTIC_TYPE_REF="kinds" PARTICIPANT="P01" TIER_ID="Micro-expressions@P01">
        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts4">
            <ANNOTATION_VALUE/></ALIGNABLE_ANNOTATION></ANNOTATION>
        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a8" TIME_SLOT_REF1="ts8" TIME_SLOT_REF2="ts9">
            <ANNOTATION_VALUE>not sure</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    </TIER>
    <TIER LINGUISTIC_TYPE_REF="kinds" PARTICIPANT="P01" TIER_ID="P01 MaE">
        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts5" TIME_SLOT_REF2="ts7">
            <ANNOTATION_VALUE>macro</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    </TIER>
    <TIER LINGUISTIC_TYPE_REF="of" PARENT_REF="Micro-expressions@P01" PARTICIPANT="P01" TIER_ID="Emotion@P01">
        <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a4" ANNOTATION_REF="a2" CVE_REF="cveid_1">
            <ANNOTATION_VALUE>Disgust</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
    </TIER>
    <TIER LINGUISTIC_TYPE_REF="of" PARENT_REF="Emotion@P01" PARTICIPANT="P01" TIER_ID="action units">
        <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a5" ANNOTATION_REF="a4">
            <ANNOTATION_VALUE>9</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
        <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a9" ANNOTATION_REF="a4" PREVIOUS_ANNOTATION="a5">
            <ANNOTATION_VALUE>AU10</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
    </TIER>
    <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="AU12">
        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a6" TIME_SLOT_REF1="ts4" TIME_SLOT_REF2="ts7">
            <ANNOTATION_VALUE>C</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
    </TIER>
    <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="apex">
        <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a7" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3">
            <ANNOTATION_VALUE/></ALIGNABLE_ANNOTATION></ANNOTATION>
    </TIER>
    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
    <LINGUISTIC_TYPE CONTROLLED_VOCABULARY_REF="kinds" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="kinds"
        TIME_ALIGNABLE="true"/>
    <LINGUISTIC_TYPE CONSTRAINTS="Symbolic_Association" GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="of"
        TIME_ALIGNABLE="false"/>
    <LANGUAGE LANG_DEF="http://cdb.iso.org/lg/CDB-00130975-001" LANG_ID="und" LANG_LABEL="undetermined (und)"/>
    <CONSTRAINT DESCRIPTION="1-1 association with a parent annotation" STEREOTYPE="Symbolic_Association"/>
    <CONTROLLED_VOCABULARY CV_ID="kinds">
        <DESCRIPTION LANG_REF="und"/>
        <CV_ENTRY_ML CVE_ID="cveid_0"><CVE_VALUE LANG_REF="und">micro</CVE_VALUE></CV_ENTRY_ML>
    </CONTROLLED_VOCABULARY>
</ANNOTATION_DOCUMENT>
"""


def cells(run):
    assert run.exit_code == 0, run.stderr
    return list(csv.DictReader(io.StringIO(run.stdout)))


def small(tiers, header="", slots=((1, 1000), (2, 2000), (3, 3000))):
    """An .eaf with tiers {name: (first slot, last slot, text)}."""
    told = "".join(f'<TIME_SLOT TIME_SLOT_ID="ts{n}" TIME_VALUE="{ms}"/>' for n, ms in slots)
    bodies = "".join(
        f'<TIER TIER_ID="{name}" LINGUISTIC_TYPE_REF="d"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{n}" '
        f'TIME_SLOT_REF1="ts{begin}" TIME_SLOT_REF2="ts{end}"><ANNOTATION_VALUE>{text}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION></TIER>"
        for n, (name, (begin, end, text)) in enumerate(tiers.items())
    )
    head = f"<HEADER>{header}</HEADER><TIME_ORDER>{told}</TIME_ORDER>"
    return f"<ANNOTATION_DOCUMENT>{head}{bodies}</ANNOTATION_DOCUMENT>"


def check_schema(text):
    """Assert what EAFv3.0.xsd asks of the elements that are written, and what ELAN needs besides."""
    root = ElementTree.fromstring(text)
    assert {"AUTHOR", "DATE", "VERSION", "FORMAT"} <= set(root.attrib)
    assert (root.get("VERSION"), root.get("FORMAT")) == ("3.0", "3.0")
    places = [ORDER.index(child.tag) for child in root]
    assert places == sorted(places)
    assert [len(root.findall(tag)) for tag in ("HEADER", "TIME_ORDER")] == [1, 1]
    header = [child.tag for child in root.find("HEADER")]
    assert header == sorted(header)  # MEDIA_DESCRIPTOR before PROPERTY
    assert all({"MEDIA_URL", "MIME_TYPE"} <= set(node.attrib) for node in root.iterfind("HEADER/MEDIA_DESCRIPTOR"))
    slots = {node.get("TIME_SLOT_ID"): int(node.get("TIME_VALUE")) for node in root.iterfind("TIME_ORDER/TIME_SLOT")}
    assert len(slots) == len(root.find("TIME_ORDER"))
    assert list(slots.values()) == sorted(slots.values())
    assert all(ms >= 0 for ms in slots.values())
    annotations = root.findall("TIER/ANNOTATION/ALIGNABLE_ANNOTATION")
    ids = [*slots, *(node.get("ANNOTATION_ID") for node in annotations)]
    ids += [node.get("STEREOTYPE") for node in root.iterfind("CONSTRAINT")]
    assert len({*ids}) == len(ids)
    assert all(name and not any(map(str.isspace, name)) and not name[0].isdigit() for name in ids)
    types = {node.get("LINGUISTIC_TYPE_ID"): node for node in root.iterfind("LINGUISTIC_TYPE")}
    constraints = {node.get("STEREOTYPE") for node in root.iterfind("CONSTRAINT")}
    assert all(node.get("CONSTRAINTS") in {None, *constraints} for node in types.values())
    names = [tier.get("TIER_ID") for tier in root.iterfind("TIER")]
    assert len({*names}) == len(names)
    for tier in root.iterfind("TIER"):
        assert tier.get("LINGUISTIC_TYPE_REF") in types
        assert [child.tag for annotation in tier for child in annotation] == ["ALIGNABLE_ANNOTATION"] * len(tier)
        spans = [[slots[n.get(f"TIME_SLOT_REF{k}")] for k in (1, 2)] for n in tier.iterfind("ANNOTATION/*")]
        assert all(begin < end for begin, end in spans)
        assert all(end <= begin for (_, end), (begin, _) in zip(spans, spans[1:]))  # in order, apart
        assert all([child.tag for child in n] == ["ANNOTATION_VALUE"] for n in tier.iterfind("ANNOTATION/*"))
    last = root.findtext("HEADER/PROPERTY[@NAME='lastUsedAnnotationId']")
    assert int(last) == max((int(node.get("ANNOTATION_ID")[1:]) for node in annotations), default=0)
    return names


@settings(max_examples=60)
@given(given=marked())
def test_what_is_written_keeps_the_schema(given):
    rate, events = given
    text, notes = elan.text(events, "v1.eaf", {("s1", "v1"): rate}, {("s1", "v1"): "../a b/ü.mp4"})
    assert notes == []
    assert check_schema(text)[:5] == ["micro", "macro", "emotion", "AU", "apex"]


def test_others_read_what_is_written(megc, write, tmp_path):
    """pympi's own reader does, and finds what a person sees in ELAN."""
    from pympi.Elan import Eaf

    video = write("v 1.mp4", "x")
    table = write(
        "e.csv",
        "subject,video,onset,apex,offset,type,emotion,aus\ns1,v1,31,36,60,micro,joy,AU12\ns1,v1,31,,90,micro,fear,AU1\n",
    )
    target = tmp_path / "out" / "v1.eaf"
    run = megc("convert", table, "--to", "elan", "--output", target, "--fps", 30, "--media", video)
    assert (run.exit_code, run.stderr) == (0, "")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = Eaf(str(target))
    assert read.get_annotation_data_for_tier("micro") == [(1000, 2000, "micro")]
    assert read.get_annotation_data_for_tier("micro 2") == [(1000, 3000, "micro")]
    assert read.get_annotation_data_for_tier("emotion") == [(1000, 2000, "joy")]
    assert read.get_annotation_data_for_tier("micro 2 emotion") == [(1000, 3000, "fear")]
    assert read.get_annotation_data_for_tier("apex") == [(1167, 1200, "apex")]
    assert read.get_linked_files()[0]["RELATIVE_MEDIA_URL"] == "../v%201.mp4"
    assert read.tiers["micro"][2]["PARTICIPANT"] == "s1"
    assert "default" not in read.tiers
    assert cells(megc("convert", target, "--to", "csv", "--output", "-"))[0]["video"] == "v1"


def test_a_file_as_elan_writes_it_is_read(megc, write):
    file = write("coding.eaf", ANNOTATED)
    run = megc("convert", file, "--to", "csv", "--output", "-", "--fps", 50)
    names = ("subject", "video", "onset", "apex", "offset", "type", "emotion", "aus")
    assert [tuple(row[name] for name in names) for row in cells(run)] == [
        ("P01", "p 01", "51", "61", "75", "micro", "Disgust", "9+AU10"),
        ("P01", "p 01", "151", "", "250", "macro", "", "AU12C"),
        ("P01", "p 01", "401", "", "420", "micro", "", ""),
    ]
    assert run.stderr.splitlines() == [
        f"warning: {file}: annotations on tiers that are not known, left out: default (1)",
        f"warning: {file}: texts of expressions (write an emotion on a tier called emotion), left out: not sure (1)",
    ]


def test_what_a_person_marked_is_the_truth(megc, write):
    file = write("coding.eaf", ANNOTATED)
    predictions = write("p.csv", "subject,video,onset,offset,type\np1,p 01,49,74,micro\np1,p 01,1,9,macro\n")
    arguments = ("score", "spotting", "--truth", file, "--predictions", predictions, "--json")
    run = megc(*arguments)
    assert run.exit_code == 2
    assert "annotation a2 (tier Micro-expressions@P01): is in seconds, and the frame rate" in run.stderr
    run = megc(*arguments, "--fps", 50)
    found = json.loads(run.stdout)
    assert [(found[kind]["tp"], found[kind]["fp"], found[kind]["fn"]) for kind in ("micro", "macro")] == [
        (1, 0, 1),
        (0, 1, 1),
    ]
    assert "left out: default (1)" in run.stderr
    assert "subject p1 is taken for P01" in run.stderr


def test_names_of_tiers(write):
    tiers = {
        "MICRO": (1, 2, ""),
        "Ausdruck": (2, 3, "Macro-Expression"),  # the text tells the kind
        "Aus": (1, 2, "AU1"),
        "AU 4": (1, 2, ""),
        "LAU14": (1, 2, "b"),
        "emotion 2": (1, 2, "fear"),
        "speech": (1, 2, "me"),
        "macro-emotion": (1, 3, "joy"),
    }
    marks = exchange.read(write("x.eaf", small(tiers)))
    first, second = marks.events
    assert (first.kind, first.emotion, first.units, first.video, first.subject) == (
        "micro",
        "fear",
        "AU1+AU4+LAU14B",
        "x",
        "",
    )
    assert (second.kind, second.emotion, second.units) == ("macro", "joy", "")
    assert [note.partition(": ")[2] for note in marks.notes] == [
        "annotations on tiers that are not known, left out: speech (1)"
    ]


def test_annotations_belong_to_what_they_overlap_most(write):
    slots = ((1, 0), (2, 900), (3, 1000), (4, 2000), (5, 5000), (6, 6000))
    tiers = {
        "micro": (1, 3, ""),
        "macro": (3, 4, ""),
        "emotion": (2, 4, "joy"),
        "apex": (2, 3, ""),
        "AU": (5, 6, "AU9"),
    }
    marks = exchange.read(write("x.eaf", small(tiers, slots=slots)))
    assert [(event.kind, event.emotion, event.seconds.apex) for event in marks.events] == [
        ("micro", "", 0.9),
        ("macro", "joy", None),
    ]
    assert marks.notes[0].endswith("annotations that overlap no expression, left out: AU (1)")


def test_times_count_from_the_origin_of_the_media(write):
    header = '<MEDIA_DESCRIPTOR MEDIA_URL="file:///x/film.mpg" MIME_TYPE="video/mpeg" TIME_ORIGIN="250"/>'
    (event,) = exchange.read(write("x.eaf", small({"micro": (1, 2, "")}, header))).events
    assert (event.video, event.seconds.onset, event.seconds.offset) == ("film", 1.25, 2.25)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ANNOTATED[:2000], "line 32: not whole XML"),
        ("", "line 1: not whole XML"),
        ("subject,video\n", "line 1: not whole XML"),
        ("<eaf/>", "holds <eaf>; expected"),
        ('<?xml version="1.0" encoding="klingon"?><ANNOTATION_DOCUMENT/>', "its encoding is not known"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><ANNOTATION_DOCUMENT>&b;</ANNOTATION_DOCUMENT>', "document type or entities"),
        (small({"micro": (1, 9, "")}), "annotation a0 (tier micro): has no time of its own"),
        (small({"micro": (2, 1, "")}), "annotation a0 (tier micro): ends at 1000 ms before it begins at 2000"),
        (small({"micro": (1, 2, "")}, slots=((1, "-5"), (2, "7"))), "has no time of its own"),
        (
            ANNOTATED.replace('ANNOTATION_REF="a2"', 'ANNOTATION_REF="a77"'),
            "annotation a4 (tier Emotion@P01): refers to a77",
        ),
        (ANNOTATED.replace('TIME_UNITS="milliseconds"', 'TIME_UNITS="PAL-frames"'), "TIME_UNITS is PAL-frames"),
        (small({"micro": (1, 2, "")}, '<MEDIA_DESCRIPTOR MEDIA_URL="x" TIME_ORIGIN="soon"/>'), "TIME_ORIGIN is 'soon'"),
        (small({"micro": (1, 2, "")}, '<PROPERTY NAME="frame_rate">fast</PROPERTY>'), "frame_rate is 'fast'"),
    ],
)
def test_faults_are_one_line(megc, write, tmp_path, content, message):
    file = write("x.eaf", content)
    for arguments in (
        ("convert", file, "--to", "csv", "--output", tmp_path / "o.csv"),
        ("score", "spotting", "--truth", file, "--predictions", file),
    ):
        run = megc(*arguments)
        assert run.exit_code == 2
        assert run.stderr.count("\n") == 1
        assert message in run.stderr
        assert str(file) in run.stderr
    assert not (tmp_path / "o.csv").exists()


def test_other_encodings_and_a_file_that_is_too_large(tmp_path, monkeypatch):
    path = tmp_path / "x.eaf"
    path.write_bytes(ANNOTATED.replace("UTF-8", "UTF-16").encode("utf-16"))
    assert len(exchange.read(path).events) == 3
    path.write_bytes('<!DOCTYPE a [<!ENTITY b "c">]><ANNOTATION_DOCUMENT/>'.encode("utf-16"))
    with pytest.raises(InputError, match="document type"):
        exchange.read(path)
    monkeypatch.setattr(elan, "_LARGEST", 20)
    with pytest.raises(InputError, match="has more than"):
        exchange.read(path)


def test_a_circle_of_references_ends(write):
    text = ANNOTATED.replace('ANNOTATION_REF="a2"', 'ANNOTATION_REF="a5"')
    with pytest.raises(InputError, match="has no time of its own"):
        exchange.read(write("x.eaf", text))
