"""Items of QTI 1.2 as Canvas writes them, each with an oddity that its title names."""

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
from app.interchange.bank import BankItem
from app.interchange.formats import read_bank
from tests.interchange.qti_support import FILES, list_reasons


@pytest.fixture(scope="module")
def items() -> dict[str, BankItem]:
    bank = read_bank((FILES / "canvas-1.2.xml").read_bytes(), "quiz.xml")
    return {item.identifier: item for item in bank.items}


def test_every_item_is_accounted_for(items: dict[str, BankItem]) -> None:
    assert len(items) == 13
    assert [name for name, item in items.items() if item.is_refused] == ["blanks", "unknown-rule"]
    assert {item.categories for item in items.values()} == {("Neck quiz",)}


INTERACTIONS: list[tuple[str, Interaction]] = [
    (
        "one-option",
        ChoiceInteraction(
            (Option("Femur & hip", 1.0, "Yes."), Option("Tibia", 0.0, "No.\n\nIt is second.")), is_shuffled=False
        ),
    ),
    (
        "several-options",
        ChoiceInteraction(
            (Option("Femur", 0.5), Option("Liver", 0.0), Option("Tibia", 0.5)), is_multiple=True, is_shuffled=True
        ),
    ),
    ("short-text", TextEntryInteraction((AcceptedText("Illinois"),))),
    ("number-margin", NumberInteraction((AcceptedNumber(77, 7),))),
    ("number-range", NumberInteraction((AcceptedNumber(15, 5),))),
    ("matching", MatchInteraction((Pair("Femur", "Thigh"), Pair("Ulna", "Arm")), ("Head",))),
    ("menus", MatchInteraction((Pair("a", "red"), Pair("b", "blue")), ("plaid",))),
    ("groups", MatchInteraction((Pair("Femur", "Leg"), Pair("Tibia", "Leg"), Pair("Ulna", "Arm")))),
    ("order", OrderInteraction((OrderedStep("First"), OrderedStep("Second")))),
    ("essay", ExtendedTextInteraction()),
    ("text-only", Description()),
]


@pytest.mark.parametrize(("name", "expected"), INTERACTIONS, ids=[name for name, _ in INTERACTIONS])
def test_an_item_is_read(items: dict[str, BankItem], name: str, expected: Interaction) -> None:
    assert items[name].interaction == expected


def test_text_mark_and_general_feedback_are_read(items: dict[str, BankItem]) -> None:
    item = items["one-option"]

    assert item.stem == "Which bone is **longest**?"
    assert item.feedback == "Measure it."
    assert item.mark == 2.5
    assert item.place == "item one-option, line 6"
    assert item.notes == ()


def test_what_changes_is_noted(items: dict[str, BankItem]) -> None:
    assert "only a fully right answer earned points" in list_reasons(items["several-options"], Severity.CHANGED)[0]
    assert "the ends of the range" in list_reasons(items["number-range"], Severity.CHANGED)[0]
    assert "the menus in the text" in list_reasons(items["menus"], Severity.CHANGED)[0]
    assert any("groups to sort things into" in reason for reason in list_reasons(items["groups"], Severity.CHANGED))


def test_what_is_lost_is_noted(items: dict[str, BankItem]) -> None:
    assert list_reasons(items["groups"], Severity.LOST) == ["“Liver” belongs to no group and was left out"]
    assert list_reasons(items["order"], Severity.LOST) == ["the hint “Begin at the top.” was left out"]
    assert items["order"].feedback == "From the top down."


def test_a_refused_item_says_why(items: dict[str, BankItem]) -> None:
    assert "several texts at once" in list_reasons(items["blanks"], Severity.REFUSED)[0]
    assert list_reasons(items["unknown-rule"], Severity.REFUSED) == ["its scoring rules are not understood (durgte)"]
