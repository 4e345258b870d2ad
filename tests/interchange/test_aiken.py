"""Aiken: what is odd about it, one case each."""

from __future__ import annotations

import pytest

from app.content.interactions import ChoiceInteraction, Option, Severity
from app.interchange.bank import BankItem, QuestionBank
from app.interchange.formats import read_bank, write_bank
from tests.interchange.support import find_reasons, read_text

RIGHT = ChoiceInteraction((Option("Heat", 0.0), Option("Cold", 1.0)))


@pytest.mark.parametrize(
    "text",
    [
        "Which?\nA) Heat\nB) Cold\nANSWER: B",
        "Which?\r\nA. Heat\r\nB. Cold\r\n\r\nANSWER: B\r\n",
        "\ufeffWhich?\na) Heat\nb)\tCold\nanswer:b",
        "Which?\n\nA) Heat\n\nB) Cold\n\nANSWER: B\n\n",
    ],
)
def test_letters_signs_and_empty_lines_may_differ(text: str) -> None:
    (item,) = read_text(text, "aiken")

    assert item.interaction == RIGHT
    assert item.stem == "Which?"


def test_a_question_may_have_several_lines() -> None:
    (item,) = read_text("A woman is sore.\nWhich?\nA) Heat\nB) Cold\nANSWER: B", "aiken")

    assert item.stem == "A woman is sore. Which?"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Which?\nA) Heat\nB) Cold\nANSWER: D", "the answer is D, but the options end with B"),
        ("Which?\nA) Heat\nB) Cold\nANSWER: the second", "is not the letter of an option"),
        ("Which?\nA) Heat\nB) Cold\nANSWER:", "is not the letter of an option"),
        ("Which?\nA) Heat\nB) Cold", "“ANSWER: …” is missing"),
        ("Which?\nA) Heat\nB) Cold\nNext?\nA) 1 x\nB) 2 x\nANSWER: A", "“ANSWER: …” is missing"),
        ("Which?\nA) Heat\nC) Cold\nANSWER: C", "not in the order of the alphabet"),
        ("Which?\nA) Heat\nANSWER: A", "fewer than 2 options"),
        ("ANSWER: A", "no question before the answer"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(text: str, reason: str) -> None:
    items = read_text(text, "aiken")

    assert reason in find_reasons(items[0], Severity.REFUSED)[0]
    assert items[0].place == "line 1"


def test_several_right_letters_give_a_question_with_several_right_options() -> None:
    (item,) = read_text("Which?\nA) Heat\nB) Cold\nC) Rest\nANSWER: A, C", "aiken")

    assert item.interaction == ChoiceInteraction(
        (Option("Heat", 0.5), Option("Cold", -0.5), Option("Rest", 0.5)), is_multiple=True
    )
    assert find_reasons(item, Severity.WARNING)


def test_signs_of_markdown_are_meant_as_typed() -> None:
    (item,) = read_text("Is *this* a_b?\nA) 2 * 3 * 4\nB) \\*\nANSWER: A", "aiken")

    assert item.stem == r"Is \*this\* a\_b?"


def test_only_questions_with_one_right_option_are_written() -> None:
    single = ChoiceInteraction((Option("**Heat**", 0.0, "No."), Option("Cold", 1.0)))
    several = ChoiceInteraction((Option("Heat", 0.5), Option("Cold", 0.5)), is_multiple=True)
    bank = QuestionBank(
        (
            BankItem("1", "1", single, stem="A case.\n\nWhich?", feedback="Why."),
            BankItem("2", "2", several, stem="Which?"),
            BankItem("3", "3", single, stem="A) Which?"),
        )
    )

    written = write_bank(bank, "aiken")

    assert written.data == b"A case. Which?\nA) Heat\nB) Cold\nANSWER: B\n"
    assert [item.is_refused for item in written.bank.items] == [False, True, True]
    assert find_reasons(written.bank.items[0], Severity.LOST) == [
        "the reasons of the options, the general feedback, emphasis: Aiken has no place for it"
    ]
    assert read_bank(written.data, "x", "aiken").items[0].interaction == RIGHT
