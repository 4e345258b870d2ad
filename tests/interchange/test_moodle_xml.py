"""Moodle XML: what is odd about it, one case each."""

from __future__ import annotations

import base64

import pytest

from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
    MatchInteraction,
    NumberInteraction,
    Option,
    OrderedStep,
    OrderInteraction,
    Pair,
    Severity,
    TextEntryInteraction,
)
from app.interchange.bank import BankItem, QuestionBank, UnreadableBankError
from app.interchange.formats import read_bank, write_bank
from tests.interchange.support import find_reasons, read_text

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def one(body: str, type_name: str = "multichoice") -> BankItem:
    name = "<name><text>Title</text></name>"
    (item,) = read_text(f'<quiz><question type="{type_name}">{name}{body}</question></quiz>', "moodle-xml")
    return item


def stem(html: str, more: str = "", format_name: str = "html") -> str:
    text = f"<text><![CDATA[{html}]]></text>{more}"
    return f'<questiontext format="{format_name}">{text}</questiontext>'


def answer(text: str, fraction: str, more: str = "") -> str:
    return f'<answer fraction="{fraction}" format="html"><text>{text}</text>{more}</answer>'


TWO = answer("Heat", "100") + answer("Cold", "0")


def test_part_marks_and_negative_marks_of_a_single_choice_are_named() -> None:
    body = (
        stem("Which?") + "<single>true</single>" + answer("Heat", "100") + answer("Rest", "50") + answer("Cold", "-25")
    )

    read = one(body)

    assert isinstance(read.interaction, ChoiceInteraction)
    assert [option.fraction for option in read.interaction.options] == [1.0, 0.5, -0.25]


def test_an_answer_without_single_means_one_right_option_and_no_shuffling() -> None:
    read = one(stem("Which?") + TWO)

    assert read.interaction == ChoiceInteraction((Option("Heat", 1.0), Option("Cold", 0.0)), is_shuffled=False)


def test_the_answers_of_true_or_false_may_come_in_any_order_and_language() -> None:
    said = one(stem("It is.") + answer("false", "100") + answer("true", "0"), "truefalse")
    german = one(stem("It is.") + answer("Wahr", "0") + answer("Falsch", "100"), "truefalse")

    wanted = ChoiceInteraction((Option("True", 0.0), Option("False", 1.0)), is_shuffled=False, is_truth=True)
    assert said.interaction == german.interaction == wanted
    assert find_reasons(said, Severity.WARNING) == []
    assert find_reasons(german, Severity.WARNING) == ["“wahr” and “falsch” were read as true and false, in this order"]


@pytest.mark.parametrize(
    ("body", "type_name", "reason"),
    [
        (stem("Which?") + answer("A", "abc") + TWO, "multichoice", "“abc” is not a percentage of the mark"),
        (stem("Which?") + answer("A", "1e9") + TWO, "multichoice", "“1e9” is not a percentage"),
        (stem("Which?") + answer("A", "nan") + TWO, "multichoice", "“nan” is not a percentage"),
        (stem("Which?") + answer("A", "100"), "multichoice", "fewer than 2 options"),
        (stem("How many?") + answer("seven", "100"), "numerical", "“seven” is not a number"),
        (stem("How many?") + answer("*", "100"), "numerical", "the question has no numbers"),
        (stem("How many?") + answer("9" * 400, "100"), "numerical", "is not a number"),
        (stem("Which?") + TWO, "wordselect", "type “wordselect” has no counterpart"),
        (stem("Which?") + TWO, "", "type “” has no counterpart"),
        (stem("x" * 70_000) + TWO, "multichoice", "too long"),
        (stem("Draw"), "random", "random draw"),
        (stem("Which?") + "<answer/>" * 2_001, "multichoice", "too many parts"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(body: str, type_name: str, reason: str) -> None:
    read = one(body, type_name)

    assert read.is_refused
    assert reason in find_reasons(read, Severity.REFUSED)[0]
    assert read.title == "Title"


def test_a_refused_question_leaves_the_others_alone() -> None:
    bad = '<question type="cloze"/>'
    good = f'<question type="multichoice">{stem("Which?")}{TWO}</question>'

    items = read_text(f"<quiz>{bad}{good}</quiz>", "moodle-xml")

    assert [item.is_refused for item in items] == [True, False]


def test_unknown_entries_and_descriptions_of_categories_are_noted() -> None:
    category = '<question type="category"><category><text>$course$/top/A//B/C</text></category><info><text>On C</text></info></question>'

    bank = read_bank(f"<quiz>{category}<extra/><question type='essay'>{stem('Why?')}</question></quiz>".encode())

    assert bank.items[0].categories == ("A/B", "C")
    assert [note.reason for note in bank.notes] == [
        "the description of the category “A/B/C” (“On C”)",
        "line 1: <extra> is not a question",
    ]


def test_several_units_and_graded_units_are_noted() -> None:
    units = "<units>" + "".join(f"<unit><unit_name>{name}</unit_name></unit>" for name in ("mm", "cm")) + "</units>"
    body = stem("How wide?") + answer("2,5", "100", "<tolerance>0.5</tolerance>") + answer("*", "0") + units

    read = one(body + "<unitgradingtype>1</unitgradingtype>", "numerical")

    assert read.interaction == NumberInteraction((AcceptedNumber(2.5, 0.5),), "mm")
    assert find_reasons(read, Severity.LOST) == ["numbers in other units are no longer converted (cm)"]
    assert "a missing or wrong unit cost marks" in find_reasons(read, Severity.CHANGED)[0]


def test_pictures_are_kept_under_safe_names() -> None:
    data = base64.b64encode(PNG).decode()
    file = f'<file name="../../etc/b%41d.png" path="/" encoding="base64">{data}</file>'
    text = stem('<p>Look <img src="@@PLUGINFILE@@/../../etc/b%2541d.png" alt="a dot"></p>', file)

    bank = read_bank(f"<quiz><question type='multichoice'>{text}{TWO}</question></quiz>".encode())

    assert dict(bank.pictures) == {"b-41d.png": PNG}
    assert bank.items[0].pictures == ("b-41d.png",)


@pytest.mark.parametrize("data", ["AAAA", "!!!", base64.b64encode(b"<svg onload='x'/>").decode()])
def test_a_file_that_is_no_picture_is_not_kept(data: str) -> None:
    read = one(stem("<p>Look</p>", f'<file name="x.png" encoding="base64">{data}</file>') + TWO)

    assert "is not a picture that can be kept" in find_reasons(read, Severity.LOST)[0]


def test_marks_that_moodle_does_not_know_become_its_nearest_ones() -> None:
    answers = (AcceptedText("one"), AcceptedText("two", 0.45), AcceptedText("three", 1 / 3))
    bank = QuestionBank((BankItem("q", "q", TextEntryInteraction(answers), stem="Which?"),))

    written = write_bank(bank, "moodle-xml")

    assert [part in written.data for part in (b'"100"', b'"50"', b'"33.33333"')] == [True, True, True]
    assert "45% of the mark became 50%" in " ".join(find_reasons(written.bank.items[0], Severity.CHANGED))


def test_an_order_has_what_the_importer_of_moodle_demands() -> None:
    steps = OrderInteraction((OrderedStep("Ask", "First."), OrderedStep("Look", "Then.")))

    written = write_bank(QuestionBank((BankItem("q", "q", steps, stem="Order"),)), "moodle-xml")

    for part in ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback", "shownumcorrect"):
        assert f"<{part}".encode() in written.data
    assert b"Reasons: (1) First. (2) Then." in written.data
    (again,) = read_bank(written.data).items
    assert again.interaction == OrderInteraction((OrderedStep("Ask"), OrderedStep("Look")))


def test_markup_and_signs_of_xml_are_written_inert() -> None:
    options = (Option("a < b & **c**", 1.0, "]]> \x00"), Option('"<script>"', 0.0))
    bank = QuestionBank((BankItem("q", "q", ChoiceInteraction(options), stem="**Which** *one* is `x` & y?"),))

    (again,) = read_bank(write_bank(bank, "moodle-xml").data).items

    assert isinstance(again.interaction, ChoiceInteraction)
    assert [option.text for option in again.interaction.options] == ["a < b & **c**", '"< script>"']
    assert again.stem == "**Which** *one* is `x` & y?"


def test_right_sides_without_a_left_side_are_extra() -> None:
    lines = "".join(
        f'<subquestion format="html"><text>{left}</text><answer><text>{right}</text></answer></subquestion>'
        for left, right in (("A", "1"), ("B", "2*"), ("", "3"))
    )

    read = one(stem("Match") + lines, "match")

    assert read.interaction == MatchInteraction((Pair("A", "1"), Pair("B", "2*")), ("3",))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<quiz><question></quiz>", "not well-formed XML"),
        (b"<html></html>", "not with Moodle's <quiz>"),
        (b"<!DOCTYPE quiz [<!ENTITY a 'b'>]><quiz>&a;</quiz>", "a document type"),
        (b"<quiz>&a;</quiz>", "not well-formed XML"),
        (b"<quiz><<</quiz>", r"not well-formed XML \(invalid token\)"),
        (
            "<?xml version='1.0' encoding='UTF-8'?>\n<quiz>Über</quiz>".encode("cp1252"),
            "line 2: the file is not in UTF-8",
        ),
        ("<quiz>Über</quiz>".encode("cp1252"), "line 1: the file is not in UTF-8"),
        (b"<?xml version='1.0' encoding='x-none'?><quiz></quiz>", "encoding"),
        (b"<quiz>" + b"<a>" * 200 + b"</a>" * 200 + b"</quiz>", "nested too deeply"),
        (b"", "empty"),
        (b"\x00\x01\x02", "XML"),
    ],
)
def test_an_unreadable_file_is_refused_as_a_whole(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableBankError, match=reason):
        read_bank(data, "x.xml", "moodle-xml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings_that_xml_names_are_read(encoding: str) -> None:
    named = encoding.removesuffix("-sig")
    text = f"<?xml version='1.0' encoding='{named}'?>\r\n<quiz><question type='multichoice'>{stem('Où?')}{TWO}</question></quiz>"

    bank = read_bank(text.encode(encoding))

    assert bank.items[0].stem == "Où?"
