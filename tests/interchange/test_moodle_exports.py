"""A bank of 22 entries (18 questions in 4 categories) as a real Moodle 4.5 exported it: each of them is accounted for."""

from __future__ import annotations

import pytest

from app.content.interactions import Severity
from app.interchange.authoring import DraftQuestion, draft_bank
from app.interchange.bank import QuestionBank
from app.interchange.formats import guess_format, read_bank
from tests.interchange.support import FILES, find_reasons

IMPORTED = {
    "NK-04 Match": "match",
    "NK-01 Single": "single",
    "NK-02 Several": "several",
    "NK-09 Escapes": "single",
    "NK-10 Missing word": "single",
    "NK-06 Number": "numeric",
    "NK-07 Range": "numeric",
    "NK-05 Short": "text",
    "NK-03 True or false": "truefalse",
    "NK-12 Ünïcode": "single",
    "NK-21 Thirds and picture": "several",
    "NK-22 Unit": "numeric",
    "NK-20 Order": "order",
    "NK-24 Short, case counts": "text",
    "NK-08 Essay": "written",
}
REFUSED = {
    "NK-11 Description": "asks nothing",
    "NK-25 Drag words": "dragging words",
    "NK-23 Cloze": "several gaps",
}
LEFT_OUT = {name: "Moodle left this question out" for name in ("NK-25 Drag words", "NK-23 Cloze")}


def read(name: str) -> tuple[QuestionBank, dict[str, DraftQuestion]]:
    bank = read_bank((FILES / name).read_bytes(), name)
    return bank, {draft.item.title: draft for draft in draft_bank(bank)}


@pytest.mark.parametrize(
    ("name", "refused"), [("moodle-4.5.xml", REFUSED), ("moodle-4.5.gift", {**REFUSED, **LEFT_OUT})]
)
def test_each_question_is_imported_or_refused_with_a_reason(name: str, refused: dict[str, str]) -> None:
    _, drafts = read(name)

    kinds = {title: draft.document["kind"] for title, draft in drafts.items() if draft.document}
    reasons = {title: find_reasons(draft.item, Severity.REFUSED) for title, draft in drafts.items()}
    assert len(drafts) == 18
    assert kinds == IMPORTED
    assert {title: len(found) for title, found in reasons.items() if found} == dict.fromkeys(refused, 1)
    assert all(part in reasons[title][0] for title, part in refused.items())


@pytest.mark.parametrize("name", ["moodle-4.5.xml", "moodle-4.5.gift"])
def test_the_four_categories_are_kept(name: str) -> None:
    bank, _ = read(name)

    assert list(dict.fromkeys(item.categories for item in bank.items)) == [
        ("Neck", "Basics"),
        ("Neck", "Zeichen und Schrift"),
        ("Neck", "More kinds"),
    ]


def test_the_questions_with_one_right_option_come_from_aiken() -> None:
    bank, _ = read("moodle-4.5.aiken")

    documents = [draft.document for draft in draft_bank(bank)]

    assert [document and document["stem"] for document in documents] == [
        r"A tender knot lies in a TAUT BAND. Which sign is \_least\_ reliable between two examiners?",
        "Which formula is right: a = b, a ~ b, {a} or #a?",
        "The thin film around the lung is the _____ and it slides.",
        "Où siège la douleur ? 痛みはどこですか？ أين الألم؟",
    ]


@pytest.mark.parametrize("name", ["moodle-4.5.xml", "moodle-4.5.gift", "moodle-4.5.aiken"])
def test_the_format_is_recognised_by_the_content(name: str) -> None:
    found = guess_format((FILES / name).read_bytes(), "download")

    assert found
    assert found.name.endswith(name.rpartition(".")[2])


@pytest.mark.parametrize("name", ["moodle-4.5.xml", "moodle-4.5.gift"])
def test_both_formats_give_the_same_draft(name: str) -> None:
    _, drafts = read(name)

    assert drafts["NK-01 Single"].document == {
        "id": "nk-01-single",
        "kind": "single",
        "stem": "A tender knot lies in a **taut band**. Which sign is *least* reliable between two examiners?",
        "options": [
            {
                "text": "The local twitch response",
                "correct": "true",
                "why": "Agreement on it was close to chance.",
            },
            {"text": "Local tenderness", "why": "Agreement on this one was among the best."},
            {"text": "The person recognises the pain", "why": "This was fairly reliable."},
            {"text": "Stiffness that the person reports", "why": "That is a symptom, not a sign."},
        ],
        "explanation": "Ask what two people would find, not one.",
    }
    assert drafts["NK-05 Short"].document == {
        "id": "nk-05-short",
        "kind": "text",
        "stem": r"The muscle between neck and shoulder tip is the upper \\.\\.\\.",
        "accept": [
            {"text": "trapezius", "why": "Yes."},
            {"text": "musculus trapezius"},
            {"text": "shrugging muscle", "share": "0.5", "why": "Give its name."},
        ],
        "otherwise": "Look at the map.",
    }
    assert drafts["NK-06 Number"].document == {
        "id": "nk-06-number",
        "kind": "numeric",
        "stem": "How many of 15 studies found no difference?",
        "answer": {"value": "11", "tolerance": "1"},
        "explanation": "Eleven, give or take one.",
    }


def test_everything_that_the_picture_question_loses_is_named() -> None:
    bank, drafts = read("moodle-4.5.xml")

    item = drafts["NK-21 Thirds and picture"].item
    assert item.stem == "Which three belong? (picture: a red dot)"
    assert item.pictures == ("dot.png",)
    assert bank.pictures["dot.png"].startswith(b"\x89PNG")
    assert find_reasons(item, Severity.LOST) == [
        "a question cannot show the picture “dot.png”; its file is kept in “imported”, and its description is in the text",
        "the feedback on every right answer (“Right.”)",
        "the feedback on every partly right answer (“Partly.”)",
        "the feedback on every wrong answer (“Not quite.”)",
        "a hint (“Count again.”)",
        "the title “NK-21 Thirds and picture”; a question has an id instead (`nk-21`)",
        "the question was worth 2 marks; here each is worth one",
        "the tags neck, first aid",
    ]
    assert any("-100%" in reason for reason in find_reasons(item, Severity.CHANGED))
    assert any("[several-balance]" in reason for reason in find_reasons(item, Severity.WARNING))
