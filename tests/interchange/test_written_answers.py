"""Written questions in the formats of other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.content.drafts import Draft, read_entry
from app.content.faults import FileLocation
from app.content.interactions import ExtendedTextInteraction, Severity
from app.content.kinds import get_entry_class
from app.interchange.authoring import draft_bank
from app.interchange.bank import BankItem, QuestionBank
from app.interchange.formats import read_bank, write_bank
from tests.interchange.support import find_reasons

DOCUMENT: dict[str, Any] = {
    "id": "calf",
    "objective": "band",
    "level": "reason",
    "kind": "written",
    "use": "exam",
    "stem": "Describe how you examine a calf.",
    "words": "150",
    "rubric": [{"text": "Excludes a thrombosis", "points": "2"}, {"text": "Gives reasons", "points": "3"}],
    "model": "I would ask about swelling first.",
    "explanation": "A thrombosis comes first.",
    "sources": ["TS-1999"],
}


def send(format_name: str) -> dict[str, Any]:
    """Write the question to a file of another system, and read the file again."""
    read = read_entry(get_entry_class(DOCUMENT), DOCUMENT, FileLocation(Path("x.yaml")))
    assert isinstance(read, Draft), read
    interaction = read.entry.as_interaction().interaction
    item = BankItem("x", "Calf", interaction, stem=read.entry.stem, identifier="calf")
    written = write_bank(QuestionBank((item,)), format_name)
    (drafted,) = draft_bank(read_bank(written.data, "", format_name))
    assert drafted.document
    return dict(drafted.document)


@pytest.mark.parametrize("format_name", ["moodle-xml", "csv"])
def test_a_written_question_comes_back_with_limit_rubric_and_model_answer(format_name: str) -> None:
    got = send(format_name)

    assert {name: got.get(name) for name in ("kind", "words", "rubric", "model")} == {
        name: DOCUMENT[name] for name in ("kind", "words", "rubric", "model")
    }


def test_gift_holds_only_that_a_text_is_asked_for() -> None:
    got = send("gift")

    assert got["kind"] == "written"
    assert not got.keys() & {"words", "rubric", "model"}


@pytest.mark.parametrize(
    ("interaction", "lost"),
    [
        (ExtendedTextInteraction(least_words=50, most_words=100), "the least number of words (50)"),
        (ExtendedTextInteraction(most_words=5000), "at most 5000 words became 2000"),
    ],
)
def test_what_a_written_question_cannot_hold_is_named(interaction: ExtendedTextInteraction, lost: str) -> None:
    (drafted,) = draft_bank(QuestionBank((BankItem("x", "T", interaction, stem="Why?"),)))

    notes = [*find_reasons(drafted.item, Severity.LOST), *find_reasons(drafted.item, Severity.CHANGED)]
    assert lost in notes


def test_a_criterion_without_points_is_left_for_a_person_to_weigh() -> None:
    interaction = ExtendedTextInteraction("Model.", "Names the lung (2)\n\nIs polite", most_words=80)

    (drafted,) = draft_bank(QuestionBank((BankItem("x", "T", interaction, stem="Why?"),)))

    assert drafted.document is not None
    assert drafted.document["rubric"] == [{"text": "Names the lung", "points": "2"}, {"text": "Is polite"}]
    assert any("`points`" in reason for reason in find_reasons(drafted.item, Severity.WARNING))
