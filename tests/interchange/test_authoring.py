"""Drafts: ids, fields from tags and categories, what is left to write, and the YAML."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.content.interactions import (
    AcceptedNumber,
    ChoiceInteraction,
    Hotspot,
    HotspotInteraction,
    MatchInteraction,
    NumberInteraction,
    Option,
    Pair,
    Severity,
)
from app.content.yaml_nodes import Plain, read_yaml
from app.interchange.appendix import move_reasons, move_unit, restore_fields
from app.interchange.authoring import DraftQuestion, draft_bank
from app.interchange.bank import BankItem, QuestionBank
from app.interchange.files import write_files
from app.interchange.pictures import make_slug
from app.interchange.tags import CourseNames, read_tags
from app.interchange.yaml_writer import write_yaml
from tests.interchange.support import find_reasons

CHOICE = ChoiceInteraction((Option("Heat", 1.0, "Yes."), Option("Cold", 0.0, "No.")))
NAMES = CourseNames({"tp-band": "Say what a taut band is"}, frozenset({"old"}))


def draft(*items: BankItem) -> list[DraftQuestion]:
    return list(draft_bank(QuestionBank(items), NAMES))


def test_ids_are_made_of_the_title_or_the_text_and_are_unique() -> None:
    titles = ("Neck: Über alles", "Neck über alles", "痛み", "")
    items = [BankItem("x", title, CHOICE, stem="Which one?") for title in titles]

    drafts = draft(
        *items, BankItem("x", "T", CHOICE, stem="?", identifier="old"), BankItem("x", "T", CHOICE, identifier="A 1")
    )

    ids = [one.document["id"] for one in drafts if one.document]
    assert ids == ["neck-uber-alles", "neck-uber-alles-2", "question", "which-one", "old", "a-1"]
    assert "the course already has a question with the id `old`" in find_reasons(drafts[4].item, Severity.WARNING)
    assert find_reasons(drafts[5].item, Severity.CHANGED) == ["the id “A 1” became `a-1`"]
    assert "the title “痛み”; a question has an id instead (`question`)" in find_reasons(drafts[2].item, Severity.LOST)


def test_long_ids_end_with_a_whole_word_and_stay_short() -> None:
    assert make_slug("word " * 30) == "word-" * 11 + "word"
    assert len(make_slug("x" * 100)) == 60


def test_tags_and_categories_name_the_fields_that_they_match() -> None:
    tags = ("Reason", "use:exam", "safety-critical", "fact:b017", "neck", "level:recall")

    read = read_tags(tags, ("Neck", "Say what a taut band is."), NAMES)

    assert read.fields == {
        "level": "reason",
        "use": "exam",
        "critical": "true",
        "objective": "tp-band",
        "facts": ["B017"],
    }
    assert read.left == ("neck", "level:recall")
    assert read_tags(("TP band",), (), NAMES).fields == {"objective": "tp-band"}
    assert read_tags(("objective:other",), (), NAMES).fields == {"objective": "other"}
    assert read_tags(("test", "practice", "exam"), (), NAMES).fields == {}


def test_what_is_missing_is_listed_once_and_the_rest_is_checked() -> None:
    bare = ChoiceInteraction((Option("Always heat", 1.0), Option("Only cold", 1.0)))

    (one,) = draft(BankItem("x", "Q", bare, stem="A case.\n\nMore of it.\n\nWhich?"))

    assert one.document
    assert (one.document["vignette"], one.document["stem"]) == ("A case. More of it.", "Which?")
    warnings = find_reasons(one.item, Severity.WARNING)
    assert warnings[0] == "still to be written: `objective`, `level`, `explanation`, `sources`, `why` (2 times)"
    assert any("2 options are correct" in warning for warning in warnings)


def test_a_region_of_a_photograph_is_refused() -> None:
    spots = (Hotspot("A", "circle", "1,1,1", 1.0), Hotspot("B", "circle", "5,5,1"))

    (one,) = draft(BankItem("x", "Q", HotspotInteraction("a.png", spots)))

    assert one.document is None
    assert "drawing with named parts" in find_reasons(one.item, Severity.REFUSED)[0]


def test_reasons_units_and_sources_come_back_from_the_feedback() -> None:
    pairs = MatchInteraction((Pair("A", "1", "As it is (2) so."), Pair("B", "2", "Why not?")))
    number = NumberInteraction((AcceptedNumber(7),), "mm")
    sources = "Sources: [TS-1999] Simons & Travell 1999; [LUCAS-2009] Lucas, https://x.example"

    moved = move_reasons(BankItem("x", "Q", pairs, feedback=f"Because.\n\n{sources}"))
    measured = move_unit(BankItem("x", "Q", number, feedback="Because."))

    assert moved.feedback == f"Because.\n\nReasons: (1) As it is (2) so. (2) Why not?\n\n{sources}"
    assert restore_fields(moved).sources == ("TS-1999", "LUCAS-2009")
    assert restore_fields(moved).item.interaction != pairs  # a reason with a number of its own cannot be told apart
    assert restore_fields(measured).item.interaction == number
    assert restore_fields(measured).item.feedback == "Because."


def test_feedback_of_others_that_looks_alike_is_left_alone() -> None:
    for feedback in (
        "Sources: Smith 2010",
        "Disputed: by many.",
        "Certainty: low",
        "Reasons: none",
        "Unit: " + "x" * 50,
    ):
        assert restore_fields(BankItem("x", "Q", CHOICE, feedback=feedback)).item.feedback == feedback
    assert restore_fields(BankItem("x", "Q", CHOICE, feedback="Unit: mm")).item.feedback == "Unit: mm"


def test_each_category_has_a_file_and_a_large_one_has_several() -> None:
    items = [BankItem("x", f"Q {n}", CHOICE, stem="?", categories=("A", "../B")) for n in range(250)]

    files = write_files(draft(*items, BankItem("x", "Z", CHOICE, stem="?")), {"a.png": b"png"})

    assert list(files) == [
        "questions/a-b.yaml",
        "questions/a-b-2.yaml",
        "questions/a-b-3.yaml",
        "questions/questions.yaml",
        "imported/a.png",
    ]
    ids = [
        line for name, data in files.items() if "a-b" in name for line in data.decode().splitlines() if "id: " in line
    ]
    assert ids == [f"- id: q-{n}" for n in range(250)]


words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp")), max_size=40
)
special = st.sampled_from(
    ["no", "~", "null", "", "1:30", "- a", "a: b", "a #b", "'", '"', "|", "{", "[@A]", " a ", "---", "010"]
)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["id", "stem", "why"]), words | special | st.lists(words | special, max_size=3), min_size=1
        ),
        min_size=1,
        max_size=3,
    )
)
def test_yaml_is_read_as_it_was_written(documents: list[dict[str, Plain]]) -> None:
    tree = read_yaml(write_yaml(documents), Path("x.yaml"))

    assert not tree.faults
    assert tree.value == documents


def test_a_choice_without_a_key_is_a_warning_and_changes_no_marks() -> None:
    choice = ChoiceInteraction((Option("Heat"), Option("Cold", -0.5)), is_multiple=True)

    (drafted,) = draft(BankItem("x", "T", choice, stem="Which?"))

    assert any("no option is correct" in reason for reason in find_reasons(drafted.item, Severity.WARNING))
    assert find_reasons(drafted.item, Severity.CHANGED) == []
    assert "the marks of the options (0%, -50%)" in find_reasons(drafted.item, Severity.LOST)


def test_part_marks_of_true_or_false_are_lost_with_a_note() -> None:
    choice = ChoiceInteraction((Option("True", 1.0), Option("False", -0.5)), is_shuffled=False, is_truth=True)

    (drafted,) = draft(BankItem("x", "T", choice, stem="It is."))

    assert "“False” cost 50% of the mark and now costs nothing" in find_reasons(drafted.item, Severity.LOST)
