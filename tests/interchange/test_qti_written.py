"""Packages of QTI that are written: our course comes back, and so does whatever the format can hold."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.folders import find_course_files
from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
    Description,
    ExtendedTextInteraction,
    Hotspot,
    HotspotInteraction,
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
from app.content.material import read_material
from app.interchange.bank import BankItem, QuestionBank
from app.interchange.course import build_bank
from app.interchange.formats import read_bank, write_bank
from tests.conftest import ROOT
from tests.interchange.qti_support import PNG, list_kept, strip

VERSIONS = ("qti-3.0", "qti-2.1")


@pytest.fixture(scope="module")
def course() -> QuestionBank:
    return build_bank(read_material(find_course_files([ROOT / "questions"])))


def forget_lenience(item: BankItem) -> BankItem:
    """Forget what QTI cannot hold: that typing errors are accepted."""
    if not isinstance(item.interaction, TextEntryInteraction):
        return item
    answers = tuple(replace(one, allows_typo=False) for one in item.interaction.answers)
    return replace(item, interaction=replace(item.interaction, answers=answers))


@pytest.mark.parametrize("version", VERSIONS)
def test_our_course_comes_back(course: QuestionBank, version: str) -> None:
    written = write_bank(course, version)
    again = read_bank(written.data)

    kept = list_kept(written.bank)
    assert len(written.bank.items) == len(course.items)
    assert len(kept) > 600
    assert [strip(item) for item in again.items] == [strip(forget_lenience(item)) for item in kept]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_qti_cannot_hold_is_noted(course: QuestionBank, version: str) -> None:
    written = {item.identifier: item for item in write_bank(course, version).bank.items}

    for item in course.items:
        reasons = {(note.severity, note.reason) for note in written[item.identifier].notes}
        match item.interaction:
            case OrderInteraction():
                assert (Severity.CHANGED, "only the fully right order earns points there") in reasons
            case TextEntryInteraction(answers=answers) if any(one.allows_typo for one in answers):
                assert (Severity.LOST, "typing errors are accepted here, and are not there") in reasons
            case None:
                assert written[item.identifier].is_refused


TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30)


def read_back(text: str) -> str:
    """Return a text as the bank holds it: the Markdown that a reader would make of plain text."""
    from app.interchange.markup import read_plain

    return read_plain(text).text


WORDS = TEXT.map(read_back).filter(bool)
MAYBE = st.one_of(st.just(""), WORDS)
PLAIN = st.text(st.characters(categories=("Lu", "Ll", "Nd")), min_size=1, max_size=12).filter(
    lambda text: text == text.casefold()
)


@st.composite
def choices(draw: st.DrawFn) -> ChoiceInteraction:
    texts = draw(st.lists(WORDS, min_size=3, max_size=6, unique_by=str.casefold))
    right = draw(st.integers(1, len(texts) - 1))
    is_multiple = draw(st.booleans())
    shares = [1 / right if is_multiple else 1.0] * right + [-1 / right if is_multiple else 0.0] * (len(texts) - right)
    options = tuple(Option(text, share, draw(MAYBE)) for text, share in zip(texts, shares, strict=True))
    return ChoiceInteraction(options, is_multiple, draw(st.booleans()))


@st.composite
def texts(draw: st.DrawFn) -> TextEntryInteraction:
    known = draw(st.lists(PLAIN, min_size=2, max_size=4, unique=True))
    answers = [AcceptedText(known[0], 1.0, draw(MAYBE)), *(AcceptedText(one, 0.5, draw(MAYBE)) for one in known[1:])]
    return TextEntryInteraction(tuple(answers), (), draw(MAYBE))


numbers = st.builds(
    lambda value, tolerance, unit, why: NumberInteraction((AcceptedNumber(value / 8, tolerance / 8, 1.0, why),), unit),
    st.integers(-8_000, 8_000),
    st.integers(0, 800),
    st.sampled_from(["", "mm", "points"]),
    MAYBE,
)
matches = st.builds(
    lambda lefts, rights, extra, why: MatchInteraction(
        tuple(Pair(left, right, why) for left, right in zip(lefts, rights, strict=False)),
        tuple(rights[len(lefts) :][:extra]),
    ),
    st.lists(WORDS, min_size=2, max_size=4, unique=True),
    st.lists(WORDS, min_size=6, max_size=6, unique=True),
    st.integers(0, 2),
    MAYBE,
)
orders = st.lists(WORDS, min_size=2, max_size=6, unique=True).map(
    lambda words: OrderInteraction(tuple(OrderedStep(word, word) for word in words))
)
essays = st.builds(ExtendedTextInteraction, st.just(""), MAYBE)
INTERACTIONS: st.SearchStrategy[Interaction] = st.one_of(
    choices(), texts(), numbers, matches, orders, essays, st.just(Description())
)
ITEMS = st.builds(
    lambda interaction, stem, feedback, categories, tags: BankItem(
        place="",
        identifier="q-1",
        title="A title",
        interaction=interaction,
        stem=stem,
        feedback=feedback,
        categories=tuple(categories),
        tags=tuple(tags),
        mark=0.0 if isinstance(interaction, Description) else 1.0,
    ),
    INTERACTIONS,
    st.lists(WORDS, min_size=1, max_size=2).map("\n\n".join),
    MAYBE,
    st.lists(st.sampled_from(["Neck", "Bones and joints", "1 < 2 & 3"]), max_size=3, unique=True),
    st.lists(st.sampled_from(["neck", "level:apply"]), max_size=2, unique=True),
)


@pytest.mark.parametrize("version", VERSIONS)
@given(item=ITEMS)
@settings(max_examples=40, deadline=None)
def test_whatever_is_written_is_read_again(version: str, item: BankItem) -> None:
    written = write_bank(QuestionBank((item,)), version)
    (again,) = read_bank(written.data).items

    assert strip(again) == strip(item)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("letters", ["ı", "ſ", "µ", "ß", "ς", "ǆ", "ŉ", "straße ı"])
def test_letters_without_a_partner_in_the_other_case_are_read_again(version: str, letters: str) -> None:
    """Fails when "ı", whose capital is "I", makes an answer pass for one that must be in this case."""
    answers = (AcceptedText(letters, 1.0), AcceptedText("a", 0.5))
    item = BankItem("", "A title", TextEntryInteraction(answers), "Which?", "q-1")
    (again,) = read_bank(write_bank(QuestionBank((item,)), version).data).items

    assert isinstance(again.interaction, TextEntryInteraction)
    assert again.interaction.exact == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_pictures_and_hotspots_are_written(version: str) -> None:
    spots = (Hotspot("Head", "circle", "1,2,3", 1.0, "Yes."), Hotspot("Foot", "rect", "1,2,3,4", 0.0, "No."))
    items = (
        BankItem(
            "",
            "Spot",
            HotspotInteraction("dot.png", spots),
            "Where (picture: a dot) is it?",
            "spot",
            pictures=("dot.png",),
        ),
        BankItem("", "Gone", HotspotInteraction("gone.png", spots), "Where?", "gone"),
    )
    written = write_bank(QuestionBank(items, {"dot.png": PNG}), version)
    again = read_bank(written.data)

    assert dict(again.pictures) == {"dot.png": PNG}
    assert [strip(item) for item in again.items] == [strip(items[0])]
    assert written.bank.items[1].is_refused


@pytest.mark.parametrize("version", VERSIONS)
def test_identifiers_are_made_safe_and_unique(version: str) -> None:
    names = ["1 a/b", "../../x", "A", "a", "", "ä"]
    items = tuple(BankItem("", "", Description(), "Read.", name, mark=0.0) for name in names)
    written = write_bank(QuestionBank(items), version)

    with zipfile.ZipFile(io.BytesIO(written.data)) as package:
        found = [name for name in package.namelist() if name.startswith("items/")]
    assert found == [f"items/{name}.xml" for name in ("q-1-a-b", "x", "A", "a-2", "q", "q-2")]
    assert any("its identifier became" in note.reason for note in written.bank.items[0].notes)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_questions_make_the_same_package(version: str) -> None:
    bank = QuestionBank((BankItem("", "T", Description(), "Read.", "q", mark=0.0),))

    assert write_bank(bank, version).data == write_bank(bank, version).data


@pytest.mark.parametrize("version", VERSIONS)
def test_an_empty_bank_is_a_package_without_items(version: str) -> None:
    with zipfile.ZipFile(io.BytesIO(write_bank(QuestionBank(), version).data)) as package:
        assert package.namelist() == ["imsmanifest.xml", "test.xml"]
