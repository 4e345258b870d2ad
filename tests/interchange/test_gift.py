"""GIFT: what is odd about it, one case each."""

from __future__ import annotations

import pytest

from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
    Description,
    ExtendedTextInteraction,
    Interaction,
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


def one(text: str) -> BankItem:
    (item,) = read_text(text, "gift")
    return item


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ("{=1}", TextEntryInteraction((AcceptedText("1"),))),
        ("{=%50%half =whole#Yes =%0%*#No}", TextEntryInteraction((AcceptedText("half", 0.5), AcceptedText("whole", 1.0, "Yes")), (), "No")),
        ("{T}", ChoiceInteraction((Option("True", 1.0), Option("False", 0.0)), is_shuffled=False, is_truth=True)),
        ("{FALSE#Wrong#Right}", ChoiceInteraction((Option("True", 0.0, "Wrong"), Option("False", 1.0, "Right")), is_shuffled=False, is_truth=True)),
        ("{true}", TextEntryInteraction((AcceptedText("true"),))),
        ("{=Heat#Yes ~Cold}", ChoiceInteraction((Option("Heat", 1.0, "Yes"), Option("Cold", 0.0)))),
        ("{~%50%a ~%50%b ~%-100%c}", ChoiceInteraction((Option("a", 0.5), Option("b", 0.5), Option("c", -1.0)), is_multiple=True)),
        ("{=a -> b =c -> d = -> e}", MatchInteraction((Pair("a", "b"), Pair("c", "d")), ("e",))),
        ("{#7}", NumberInteraction((AcceptedNumber(7),))),
        ("{#7:0.5}", NumberInteraction((AcceptedNumber(7, 0.5),))),
        ("{#60..100}", NumberInteraction((AcceptedNumber(80, 20),))),
        ("{#=2:0 =%50%3:1#Nearly ~#No}", NumberInteraction((AcceptedNumber(2), AcceptedNumber(3, 1, 0.5, "Nearly")), "", "No")),
        ("{}", ExtendedTextInteraction()),
        ("", Description()),
        ("{>2 ALL VERTICAL ABSOLUTE_POSITION SHOW none\nAsk\nLook\n}", OrderInteraction((OrderedStep("Ask"), OrderedStep("Look")))),
        ("{>2\nAsk\nLook\n}", OrderInteraction((OrderedStep("Ask"), OrderedStep("Look")))),
    ],
)  # fmt: skip
def test_each_form_of_answers_is_read_as_moodle_reads_it(answers: str, wanted: Interaction) -> None:
    assert one(f"::T:: Which?{answers}").interaction == wanted


def test_escaped_signs_are_ordinary_ones() -> None:
    read = one(r"Is a \= b \{c\} \~ \# \: \\ d?{=\= ~\~\#x}")

    assert read.stem == r"Is a = b {c} ~ # : \ d?"
    assert read.interaction == ChoiceInteraction((Option("=", 1.0), Option("~#x", 0.0)))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[html]<p>A <b>bold</b> word</p>{T}", "A **bold** word"),
        ("[markdown]A **bold** word{T}", "A **bold** word"),
        ("[plain]A **bold** <b>word</b>{T}", r"A \*\*bold\*\* < b>word< /b>"),
        ("[moodle]A <b>bold</b> word{T}", "A **bold** word"),
        ("[other]A word{T}", "[other]A word"),
        ("The {=pleura ~fascia} slides.", "The _____ slides."),
    ],
)
def test_the_format_of_a_text_is_named_before_it(text: str, wanted: str) -> None:
    assert one(text).stem == wanted


def test_general_feedback_ids_and_tags_are_read() -> None:
    read = one(
        "// question: 1  name: X\n// [id:a\\]b] [tag:neck] [tag:first aid]\n::Name\\: it::Which?{=a ~b\n\t####[html]<p>Why.</p>\n}"
    )

    assert (read.title, read.identifier, read.tags, read.feedback) == ("Name: it", "a]b", ("neck", "first aid"), "Why.")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Which?{=a ~b", "a brace is missing"),
        ("Which? =a ~b}", "a brace is missing"),
        ("A {T} and {F} b", "two sets of answers"),
        ("How many?{#seven}", "“seven” is not a number"),
        ("How many?{#}", "no number"),
        ("Which?{~a}", "fewer than 2 options"),
        ("Which?{=%500%a}", "is not a percentage"),
        ("Match{=a -> b =c}", "has no “->”"),
        ("Order{>3 ALL}", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(text: str, reason: str) -> None:
    read = one(text)

    assert reason in find_reasons(read, Severity.REFUSED)[0]
    assert read.place == "line 1"


def test_questions_without_an_empty_line_between_them_are_separated_with_a_warning() -> None:
    first, second = read_text("::A::One?{T}\n::B::Two?{F}", "gift")

    assert (first.title, second.title, second.place) == ("A", "B", "line 2")
    assert find_reasons(second, Severity.WARNING) == ["an empty line should separate this question from the one before"]


def test_an_empty_line_between_braces_is_forgiven_but_not_a_missing_brace() -> None:
    first, second, third = read_text("::A::One?{\n=a\n\n~b\n}\n\n::B::Two?{\n=a\n\n::C::Three?{T}", "gift")

    assert isinstance(first.interaction, ChoiceInteraction)
    assert second.is_refused
    assert third.title == "C"


def test_a_question_that_only_a_comment_announces_is_refused_and_not_forgotten() -> None:
    lost, kept = read_text("// question: 7  name: Lost one\n\n\n// a remark\n\n::B::Two?{F}", "gift")

    assert lost.title == "Lost one"
    assert lost.is_refused
    assert kept.title == "B"


@pytest.mark.parametrize(
    "data", ["Où?{T}".encode(), "Où?{T}".encode("utf-8-sig"), "Où?{T}".encode("utf-16"), "Où?{T}".encode("cp1252")]
)
def test_encodings_and_line_ends_of_old_programs_are_read(data: bytes) -> None:
    assert read_bank(data, "x.gift", "gift").items[0].stem == "Où?"
    assert len(read_text("A?{T}\r\n\r\nB?{F}\r", "gift")) == 2


def test_questions_are_written_with_an_empty_line_between_them() -> None:
    choice = ChoiceInteraction((Option("a = {b}", 1.0, "Yes: it ~ is #1"), Option("[html] c", 0.0)))
    items = (
        BankItem("1", "First: one", choice, stem="Which?", identifier="q-1", tags=("a]b",)),
        BankItem("2", "2", choice, stem="//Which?"),
    )

    written = write_bank(QuestionBank(items), "gift")

    assert written.data.decode().count("\n\n") == 1
    again = read_bank(written.data, "x", "gift").items
    assert [item.interaction for item in again] == [choice, choice]
    assert (again[0].identifier, again[0].tags, again[0].title) == ("q-1", ("a]b",), "First: one")


def test_what_gift_cannot_hold_is_noted() -> None:
    number = NumberInteraction((AcceptedNumber(7, 0.5),), "mm")
    order = OrderInteraction((OrderedStep("Ask", "First."), OrderedStep("Look", "Then.")))
    bank = QuestionBank(
        (BankItem("1", "1", number, stem="?", mark=2), BankItem("2", "2", order, stem="?", feedback="Why."))
    )

    written = write_bank(bank, "gift").bank

    assert "the question is worth 2 marks; GIFT gives each one" in find_reasons(written.items[0], Severity.LOST)
    assert "the unit is at the end of the general feedback; only the bare number is accepted" in find_reasons(
        written.items[0], Severity.CHANGED
    )
    assert "the general feedback, which GIFT cannot hold for an order" in find_reasons(written.items[1], Severity.LOST)


@pytest.mark.parametrize(
    "text", ["{" * 1000 + "\n\nx}" * 5_000, "// x\n" * 100_000, "{\n" + "\n" * 200_000 + "}", "$CATEGORY: a\n" * 9_000]
)
def test_hostile_files_are_read_in_time(text: str) -> None:
    """Fails by never ending when the splitting into questions takes quadratic time."""
    assert len(read_text(text, "gift")) <= 5_001


@pytest.mark.parametrize("name", ["gift", "aiken"])
def test_a_guessed_encoding_is_noted(name: str) -> None:
    text = {"gift": "Wo?{=Rücken ~Fuß}", "aiken": "Wo?\nA. Rücken\nB. Fuß\nANSWER: A\n"}[name]

    bank = read_bank(text.encode("cp1252"), "", name)

    assert [note.reason for note in bank.notes] == [
        "the file was read as cp1252; save it as UTF-8 if letters look wrong"
    ]
    assert read_bank(text.encode(), "", name).notes == ()


@pytest.mark.parametrize("name", ["gift", "aiken"])
@pytest.mark.parametrize("data", ["Wo?{=Rücken ~Fuß}".encode("utf-16-le"), b"MZ\n\0{=a ~b}"])
def test_a_file_that_is_not_text_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(UnreadableBankError, match=r"line [12]: this is not a text file, or its encoding is not known"):
        read_bank(data, "", name)
