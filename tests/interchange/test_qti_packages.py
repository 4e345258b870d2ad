"""Packages of QTI: where items belong, their pictures, and what is missing or broken."""

from __future__ import annotations

import pytest

from app.content.interactions import Severity
from app.interchange.bank import UnreadableBankError
from app.interchange.formats import guess_format, read_bank
from app.interchange.qti.packages import read_qti
from app.interchange.qti.xml import ElementBudget, parse
from tests.interchange.qti_support import (
    FILES,
    MATCH_CORRECT,
    PNG,
    build_choices,
    build_item,
    build_zip,
    declare,
    list_reasons,
)


def choice(identifier: str, more: str = "") -> bytes:
    body = build_choices("A", "B").replace("<itemBody>", f"<itemBody>{more}")
    return build_item(declare("identifier", "A") + body + MATCH_CORRECT, identifier=identifier)


def manifest(*resources: str) -> str:
    return f'<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><resources>{"".join(resources)}</resources></manifest>'


def resource(href: str, inside: str = "") -> str:
    return f'<resource identifier="r" type="imsqti_item_xmlv2p1" href="{href}">{inside}<file href="{href}"/></resource>'


def test_items_come_in_the_order_of_the_manifest_with_its_keywords() -> None:
    lom = "<metadata><lom><general><keyword><langstring>neck</langstring></keyword></general></lom></metadata>"
    files: dict[str, bytes | str] = {
        "a.xml": choice("first"),
        "b b.xml": choice("second"),
        "c.xml": choice("third"),
        "imsmanifest.xml": manifest(resource("c.xml"), resource("b%20b.xml", lom)),
    }
    items = read_qti(build_zip(files)).items

    assert [item.identifier for item in items] == ["third", "second", "first"]
    assert items[1].tags == ("neck",)
    assert items[1].place == "item second (b b.xml)"


def test_sections_of_a_test_are_categories() -> None:
    test = (
        '<assessmentTest identifier="t" title="All"><testPart identifier="p"><assessmentSection identifier="s" title="Neck">'
        '<assessmentItemRef identifier="i" href="../items/a.xml"/><assessmentSection identifier="s2" title="Bones">'
        '<assessmentItemRef identifier="j" href="../items/b.xml"/></assessmentSection></assessmentSection></testPart></assessmentTest>'
    )
    files: dict[str, bytes | str] = {"tests/t.xml": test, "items/a.xml": choice("a"), "items/b.xml": choice("b")}

    assert [item.categories for item in read_qti(build_zip(files)).items] == [("Neck",), ("Neck", "Bones")]


def test_folders_are_categories_but_not_those_that_each_item_has_of_its_own() -> None:
    files = {"items/Neck/i1/qti.xml": choice("a"), "items/Neck/i2/qti.xml": choice("b"), "items/i3.xml": choice("c")}

    assert [item.categories for item in read_qti(build_zip(files)).items] == [("Neck",), ("Neck",), ()]


def test_pictures_are_found_beside_the_item_and_kept_under_safe_names() -> None:
    more = (
        '<p><img src="../Pictures/A%20dot.PNG" alt="a dot"/><object type="image/png" data="none.png">gone</object></p>'
    )
    bank = read_qti(build_zip({"items/a.xml": choice("a", more), "Pictures/A dot.PNG": PNG}))

    assert dict(bank.pictures) == {"a-dot.png": PNG}
    assert bank.items[0].pictures == ("a-dot.png",)
    assert bank.items[0].stem == "(picture: a dot) (picture: gone)\n\nWhich?"
    assert any("none.png" in reason for reason in list_reasons(bank.items[0], Severity.LOST))


def test_a_picture_is_what_its_content_says() -> None:
    bank = read_qti(build_zip({"a.xml": choice("a", '<img src="evil.png" alt=""/>'), "evil.png": b"<script>"}))

    assert not bank.pictures


def test_a_picture_cannot_be_read_from_outside_the_package() -> None:
    bank = read_qti(
        build_zip({"a.xml": choice("a", '<img src="../../etc/passwd" alt=""/><img src="/etc/passwd" alt=""/>')})
    )

    assert not bank.pictures
    assert not bank.items[0].is_refused


def test_a_shared_text_comes_before_the_question() -> None:
    stimulus = '<assessmentStimulus identifier="s" title="S"><stimulusBody><p>Read this.</p></stimulusBody></assessmentStimulus>'
    item = choice("a").replace(b"<itemBody>", b'<assessmentStimulusRef identifier="s" href="s.xml"/><itemBody>')
    bank = read_qti(build_zip({"a.xml": item, "s.xml": stimulus}))

    assert bank.items[0].stem == "Read this.\n\nWhich?"


def test_a_missing_file_and_a_broken_one_are_refused_and_the_rest_is_read() -> None:
    files: dict[str, bytes | str] = {
        "imsmanifest.xml": manifest(resource("a.xml"), resource("gone.xml"), resource("broken.xml")),
        "a.xml": choice("a"),
        "broken.xml": "<assessmentItem>\n<p></assessmentItem>",
    }
    items = {item.place: item for item in read_qti(build_zip(files)).items}

    assert set(items) == {"item a (a.xml)", "broken.xml, line 2", "gone.xml"}
    assert list_reasons(items["gone.xml"], Severity.REFUSED) == ["its file is missing from the package"]
    assert "not well-formed" in list_reasons(items["broken.xml, line 2"], Severity.REFUSED)[0]


def test_what_macos_leaves_in_a_zip_file_is_ignored() -> None:
    bank = read_qti(build_zip({"a.xml": choice("a"), "__MACOSX/._a.xml": b"\0\5\26\7", "._b.xml": b"\0"}))

    assert [item.identifier for item in bank.items] == ["a"]


def test_questions_that_canvas_stored_twice_are_read_once() -> None:
    quiz = (FILES / "canvas-1.2.xml").read_bytes()
    bank = read_qti(build_zip({"i1/assessment_qti.xml": quiz, "non_cc_assessments/i1.xml.qti": quiz}))

    assert len(bank.items) == 13
    assert "was left out" in bank.notes[0].reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<quiz/>", "no questions of QTI"),
        (build_zip({"readme.txt": "hello"}), "no questions of QTI"),
        (b"<assessmentItem", "not well-formed"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><assessmentItem>&x;</assessmentItem>', "entities"),
        (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://x.test/">%x;]><assessmentItem/>', "entities"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><assessmentItem>&x;</assessmentItem>', "entities"),
        (b"<a>" * 200, "inside each other"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "encoding"),
    ],
)
def test_a_file_that_is_no_bank_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableBankError, match=reason):
        read_qti(data)


def test_the_number_of_elements_is_limited() -> None:
    with pytest.raises(UnreadableBankError, match="elements"):
        parse(b"<a><b/><b/></a>", ElementBudget(2))


def test_a_document_type_without_entities_is_read_and_never_fetched() -> None:
    """Old exports name the DTD of QTI 1.2, and use the entities of HTML that it would declare."""
    text = (FILES / "canvas-1.2.xml").read_text().replace("Read this.", "Read&nbsp;this.")
    head = '<!DOCTYPE questestinterop SYSTEM "ims_qtiasiv1p2.dtd" [<!ELEMENT ims_render_object (flow_label+)>]>'
    data = text.replace("<questestinterop", f"{head}<questestinterop", 1).encode()

    items = {item.identifier: item for item in read_qti(data).items}

    assert items["text-only"].stem == "Read\u00a0this."


def test_the_format_is_guessed() -> None:
    guessed = guess_format(build_zip({"imsmanifest.xml": manifest()}), "x.zip")

    assert guessed is not None
    assert guessed.name == "qti"
    assert len(read_bank(choice("a")).items) == 1
    assert len(read_bank((FILES / "item-3.0.xml").read_bytes()).items) == 1
