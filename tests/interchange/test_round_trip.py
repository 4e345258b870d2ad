"""Our course through each format and back is equal in everything that the format can hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.drafts import Draft, read_entry
from app.content.faults import FileLocation
from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
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
from app.content.kinds import get_entry_class
from app.interchange.authoring import DraftQuestion, draft_bank
from app.interchange.bank import BankItem, QuestionBank
from app.interchange.course import build_bank, list_names
from app.interchange.formats import read_bank, write_bank
from tests.interchange.support import list_entries, read_course

NO_COUNTERPART = {"case", "region"}
LOST_IN_ORDERS = {"explanation", "sources", "steps"}


def send(format_name: str) -> dict[str, DraftQuestion]:
    """Write the whole course, and read the file again."""
    written = write_bank(build_bank(read_course()), format_name)
    drafts = draft_bank(read_bank(written.data, "", format_name), list_names(read_course()))
    assert len(drafts) == sum(not item.is_refused for item in written.bank.items)
    return {str(draft.document["id"]): draft for draft in drafts if draft.document}


def read_again(document: Any) -> dict[str, Any]:
    read = read_entry(get_entry_class(document), document, FileLocation(Path("x.yaml")))
    assert isinstance(read, Draft), read
    return read.entry.model_dump()


@pytest.mark.parametrize("format_name", ["moodle-xml", "gift"])
def test_the_whole_course_comes_back_with_all_that_the_format_can_hold(format_name: str) -> None:
    drafts = send(format_name)

    entries = {name: entry for name, entry in list_entries().items() if entry.kind not in NO_COUNTERPART}
    assert drafts.keys() == entries.keys()
    for name, entry in entries.items():
        document: dict[str, Any] = dict(drafts[name].document or {})
        sent = entry.model_dump()
        if format_name == "gift" and entry.kind == "order":
            assert [step["text"] for step in document["steps"]] == [step["text"] for step in sent["steps"]]
            document |= {field: sent[field] for field in LOST_IN_ORDERS - {"steps"}}
            document["steps"] = sent["steps"]
        got = read_again(document)
        sent["allow"] = {}  # what the author told the checker
        for answer in sent.get("accept", ()):
            answer["typo"] = False  # other systems want each letter right
        assert got == sent, name


def test_aiken_holds_the_stem_and_the_options_of_questions_with_one_right_option() -> None:
    written = write_bank(build_bank(read_course()), "aiken")
    items = read_bank(written.data, "", "aiken").items

    sent = [entry for entry in list_entries().values() if entry.kind in {"single", "truefalse"}]
    assert len(items) == len(sent) > 400
    assert all(isinstance(item.interaction, ChoiceInteraction) for item in items)


def test_what_is_left_out_is_named_before_the_rest() -> None:
    bank = write_bank(build_bank(read_course()), "moodle-xml").bank

    refused = [item for item in bank.items if item.is_refused]
    assert len(refused) == sum(entry.kind in NO_COUNTERPART for entry in list_entries().values())
    assert all(any(note.severity is Severity.REFUSED and note.reason for note in item.notes) for item in refused)


def test_certainty_sources_and_disputes_are_in_the_feedback() -> None:
    items = build_bank(read_course()).items

    assert sum("\n\nSources: [" in item.feedback for item in items) == len(items)
    assert any("\n\nCertainty: " in item.feedback for item in items)
    assert any("\n\nDisputed: [" in item.feedback for item in items)


def test_modules_and_questions_can_be_chosen() -> None:
    course = read_course()
    module, other = list(course.modules)[:2]
    stranger = course.modules[other].questions[0].entry.id

    chosen = build_bank(course, modules=[module], questions=[stranger]).items

    assert len(chosen) == len(course.modules[module].questions) + 1
    assert stranger in {item.identifier for item in chosen}


letters = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z", "M")) | st.just(" "), min_size=1, max_size=20
)
texts = letters.map(
    lambda text: " ".join(
        text.replace("<", "‹").replace("\\", "/").replace("*", "+").replace("_", "-").replace("[", "(").split()
    )
).filter(lambda text: text and not text.startswith("//"))
accepted = texts.filter(lambda text: text not in {"*"} and not text.startswith("("))
several = st.lists(texts, min_size=2, max_size=5, unique=True)


@st.composite
def singles(draw: st.DrawFn) -> Interaction:
    options = draw(several)
    right = draw(st.integers(0, len(options) - 1))
    return ChoiceInteraction(tuple(Option(text, float(at == right), draw(texts)) for at, text in enumerate(options)))


@st.composite
def multiples(draw: st.DrawFn) -> Interaction:
    options = draw(several)
    right = draw(st.integers(1, len(options) - 1))
    share = 1 / right
    return ChoiceInteraction(
        tuple(Option(text, share if at < right else -share) for at, text in enumerate(options)), is_multiple=True
    )


numbers = st.builds(
    lambda value, tolerance: NumberInteraction((AcceptedNumber(value / 100, tolerance / 100),)),
    st.integers(-(10**8), 10**8),
    st.integers(0, 10**4),
)
matches = st.lists(texts, min_size=4, max_size=6, unique=True).map(
    lambda given: MatchInteraction((Pair(given[0], given[1]), Pair(given[2], given[3])), tuple(given[4:]))
)
orders = several.map(lambda given: OrderInteraction(tuple(OrderedStep(text) for text in given)))
short = st.lists(accepted, min_size=1, max_size=3, unique=True).map(
    lambda given: TextEntryInteraction(tuple(AcceptedText(text) for text in given))
)


def round_fractions(interaction: Interaction | None) -> object:
    """Return the interaction with its fractions as they are after rounding to five digits."""
    if isinstance(interaction, ChoiceInteraction):
        return [
            (one.text, round(one.fraction, 4), one.feedback) for one in interaction.options
        ], interaction.is_multiple
    return interaction


@pytest.mark.parametrize("format_name", ["moodle-xml", "gift"])
@given(interaction=singles() | multiples() | numbers | matches | short, stem=texts, feedback=texts)
def test_what_is_exported_is_imported_unchanged(
    format_name: str, interaction: Interaction, stem: str, feedback: str
) -> None:
    sent = BankItem("x", "Title", interaction, stem=stem, identifier="q-1", feedback=feedback, tags=("a", "b"))

    written = write_bank(QuestionBank((sent,)), format_name)
    (got,) = read_bank(written.data, "", format_name).items

    assert round_fractions(got.interaction) == round_fractions(interaction)
    assert (got.stem, got.feedback, got.identifier, got.tags) == (stem, feedback, "q-1", ("a", "b"))


@given(interaction=orders)
def test_an_order_is_imported_unchanged(interaction: Interaction) -> None:
    for format_name in ("moodle-xml", "gift"):
        written = write_bank(QuestionBank((BankItem("x", "Title", interaction, stem="Order"),)), format_name)

        (got,) = read_bank(written.data, "", format_name).items
        assert got.interaction == interaction
