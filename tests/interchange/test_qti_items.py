"""Items of QTI 2 and 3: each way to ask and to score, and what becomes of the rest."""

from __future__ import annotations

import pytest

from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
    ExtendedTextInteraction,
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
from app.interchange.qti.body import TextReader
from app.interchange.qti.items import read_item
from app.interchange.qti.values import StepBudget
from app.interchange.qti.xml import parse
from tests.interchange.qti_support import (
    FILES,
    MAP_RESPONSE,
    MATCH_CORRECT,
    build_choices,
    build_item,
    declare,
    list_reasons,
    read_one,
)

VARIABLE = '<variable identifier="RESPONSE"/>'
ENTRY = '<itemBody><p>How many?</p><p><textEntryInteraction responseIdentifier="RESPONSE"/></p></itemBody>'


def base(kind: str, text: str) -> str:
    return f'<baseValue baseType="{kind}">{text}</baseValue>'


def score(points: str) -> str:
    return f'<setOutcomeValue identifier="SCORE">{base("float", points)}</setOutcomeValue>'


def if_then(*branches: tuple[str, str]) -> str:
    """Return response processing with a branch for each test and its actions."""
    written = "".join(
        f"<response{'ElseIf' if at else 'If'}>{test}{action}</response{'ElseIf' if at else 'If'}>"
        for at, (test, action) in enumerate(branches)
    )
    return f"<responseProcessing><responseCondition>{written}</responseCondition></responseProcessing>"


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2"])
def test_a_choice_is_read_in_each_version(version: str) -> None:
    item = read_one(build_item(declare("identifier", "B") + build_choices("A", "B") + MATCH_CORRECT, version=version))

    assert item.interaction == ChoiceInteraction((Option("A!"), Option("B!", 1.0)), is_shuffled=False)
    assert (item.identifier, item.title, item.stem, item.mark) == ("Q1", "T", "Which?", 1.0)
    assert item.notes == ()


def test_an_item_of_version_3_is_read() -> None:
    item = read_one((FILES / "item-3.0.xml").read_bytes())

    assert item.interaction == ChoiceInteraction((Option("Liver", 0.0, "An organ."), Option("Femur", 1.0, "A bone.")))
    assert item.stem == "A **bold** text.\n\nWhich?"
    assert item.feedback == "See the atlas."
    assert item.mark == 2.0
    assert item.notes == ()


def mapping(*entries: tuple[str, str], more: str = "") -> str:
    inside = "".join(f'<mapEntry mapKey="{key}" mappedValue="{value}"/>' for key, value in entries)
    return f'<mapping defaultValue="0" {more}>{inside}</mapping>'


CHOICES: list[tuple[str, str, tuple[float, ...]]] = [
    ("map_response", MAP_RESPONSE, (1.0, 0.5, -0.25)),
    ("no rules at all, but a mapping", "", (1.0, 0.5, -0.25)),
    (
        "rules of its own",
        if_then(
            (f"<match>{VARIABLE}{base('identifier', 'C')}</match>", score("4")),
            (f"<member>{VARIABLE}<multiple>{base('identifier', 'A')}</multiple></member>", score("1")),
        ),
        (0.25, 0.0, 1.0),
    ),
    (
        "arithmetic",
        "<responseProcessing><setOutcomeValue identifier='SCORE'><product>"
        f"<mapResponse identifier='RESPONSE'/>{base('float', '3')}</product></setOutcomeValue></responseProcessing>",
        (1.0, 0.5, -0.25),
    ),
]


@pytest.mark.parametrize(("rules", "fractions"), [case[1:] for case in CHOICES], ids=[case[0] for case in CHOICES])
def test_an_option_has_the_share_that_its_rules_give(rules: str, fractions: tuple[float, ...]) -> None:
    points = mapping(("A", "2"), ("B", "1"), ("C", "-0.5"))
    item = read_one(build_item(declare("identifier", "A", mapping=points) + build_choices("A", "B", "C") + rules))

    assert isinstance(item.interaction, ChoiceInteraction)
    assert tuple(option.fraction for option in item.interaction.options) == fractions


@pytest.mark.parametrize(
    ("points", "rules", "fractions", "is_noted"),
    [
        (mapping(("A", "1"), ("B", "1"), ("C", "-2"), more='lowerBound="0"'), MAP_RESPONSE, (0.5, 0.5, -1.0), False),
        ("", MATCH_CORRECT, (0.5, 0.5, 0.0), True),
        (
            "",
            if_then(
                (
                    f"<match>{VARIABLE}<multiple>{base('identifier', 'B')}{base('identifier', 'C')}</multiple></match>",
                    score("1"),
                )
            ),
            (0.0, 0.5, 0.5),
            True,
        ),
    ],
    ids=["each counts", "all or nothing", "a combination that only the rules name"],
)
def test_several_options_are_scored(points: str, rules: str, fractions: tuple[float, ...], *, is_noted: bool) -> None:
    declared = declare("identifier", "A", "B", cardinality="multiple", mapping=points)
    item = read_one(build_item(declared + build_choices("A", "B", "C", most=0) + rules))

    assert isinstance(item.interaction, ChoiceInteraction)
    assert item.interaction.is_multiple
    assert tuple(option.fraction for option in item.interaction.options) == fractions
    assert bool(list_reasons(item, Severity.CHANGED)) is is_noted


def test_true_and_false_are_a_statement_in_whatever_order() -> None:
    body = build_choices("x", "y").replace("x!", "False").replace("y!", "True")
    item = read_one(build_item(declare("identifier", "y") + body + MATCH_CORRECT))

    options = (Option("True", 1.0), Option("False"))
    assert item.interaction == ChoiceInteraction(options, is_shuffled=False, is_truth=True)


def test_rules_that_are_not_understood_give_way_to_the_declared_answer() -> None:
    rules = if_then((f"<customOperator>{VARIABLE}</customOperator>", score("1")))
    item = read_one(build_item(declare("identifier", "B") + build_choices("A", "B") + rules))

    assert item.interaction == ChoiceInteraction((Option("A!"), Option("B!", 1.0)), is_shuffled=False)
    assert "customOperator" in list_reasons(item, Severity.WARNING)[0]


TEXTS: list[tuple[str, str, TextEntryInteraction]] = [
    (
        declare("string", "York", mapping=mapping(("York", "1"), ("york", "0.5"))),
        MAP_RESPONSE,
        TextEntryInteraction((AcceptedText("York"), AcceptedText("york", 0.5)), ("case",)),
    ),
    (
        declare("string"),
        if_then((f'<stringMatch caseSensitive="false">{VARIABLE}{base("string", "York")}</stringMatch>', score("1"))),
        TextEntryInteraction((AcceptedText("York"),)),
    ),
    (
        declare("string"),
        if_then((f'<patternMatch pattern=".*[yY][oO]rk.*">{VARIABLE}</patternMatch>', score("1"))),
        TextEntryInteraction((AcceptedText("*york*"),)),
    ),
]


@pytest.mark.parametrize(("declared", "rules", "expected"), TEXTS, ids=["mapping", "any case", "pattern"])
def test_a_text_entry_is_read(declared: str, rules: str, expected: TextEntryInteraction) -> None:
    item = read_one(build_item(declared + ENTRY + rules))

    assert item.interaction == expected
    assert item.stem == "How many?"


@pytest.mark.parametrize("pattern", ["(a+)+$", "[0-9]+", "colou?r", "a|b", "[a-z]*"])
def test_a_pattern_that_is_more_than_words_and_gaps_is_refused_and_never_run(pattern: str) -> None:
    rules = if_then((f'<patternMatch pattern="{pattern}">{VARIABLE}</patternMatch>', score("1")))
    item = read_one(build_item(declare("string", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!") + ENTRY + rules))

    assert "pattern" in list_reasons(item, Severity.REFUSED)[0]


NUMBERS: list[tuple[str, str, tuple[AcceptedNumber, ...]]] = [
    ("exactly", MATCH_CORRECT, (AcceptedNumber(7),)),
    (
        "tolerance",
        if_then(
            (f'<equal toleranceMode="absolute" tolerance="0.5 0.5">{VARIABLE}{base("float", "7")}</equal>', score("1"))
        ),
        (AcceptedNumber(7, 0.5),),
    ),
    (
        "percent",
        if_then(
            (f'<equal toleranceMode="relative" tolerance="10">{base("float", "200")}{VARIABLE}</equal>', score("1"))
        ),
        (AcceptedNumber(200, 20),),
    ),
    (
        "range",
        if_then(
            (
                f"<and><gte>{VARIABLE}{base('float', '60')}</gte><lte>{VARIABLE}{base('float', '100')}</lte></and>",
                score("1"),
            )
        ),
        (AcceptedNumber(80, 20),),
    ),
    (
        "one inside the other",
        if_then(
            (f'<equal toleranceMode="absolute" tolerance="1">{VARIABLE}{base("float", "7")}</equal>', score("2")),
            (f'<equal toleranceMode="absolute" tolerance="3">{VARIABLE}{base("float", "7")}</equal>', score("1")),
        ),
        (AcceptedNumber(7, 1), AcceptedNumber(7, 3, 0.5)),
    ),
    (
        "rounded",
        if_then(
            (
                f'<equalRounded roundingMode="decimalPlaces" figures="1">{VARIABLE}{base("float", "7.2")}</equalRounded>',
                score("1"),
            )
        ),
        (AcceptedNumber(7.2, 0.05),),
    ),
]


@pytest.mark.parametrize(("rules", "expected"), [case[1:] for case in NUMBERS], ids=[case[0] for case in NUMBERS])
def test_a_number_is_read(rules: str, expected: tuple[AcceptedNumber, ...]) -> None:
    item = read_one(build_item(declare("float", "7") + ENTRY + rules))

    assert item.interaction == NumberInteraction(expected)


def test_a_range_without_an_end_is_refused() -> None:
    rules = if_then((f"<gte>{VARIABLE}{base('float', '60')}</gte>", score("1")))
    item = read_one(build_item(declare("float") + ENTRY + rules))

    assert list_reasons(item, Severity.REFUSED) == ["it accepts numbers without an upper or lower limit"]


MATCH = (
    '<itemBody><matchInteraction responseIdentifier="RESPONSE" shuffle="true" maxAssociations="0">'
    '<simpleMatchSet><simpleAssociableChoice identifier="A" matchMax="1">a</simpleAssociableChoice>'
    '<simpleAssociableChoice identifier="B" matchMax="1">b</simpleAssociableChoice></simpleMatchSet>'
    '<simpleMatchSet><simpleAssociableChoice identifier="X" matchMax="1">x</simpleAssociableChoice>'
    '<simpleAssociableChoice identifier="Y" matchMax="1">y</simpleAssociableChoice>'
    '<simpleAssociableChoice identifier="Z" matchMax="1">z</simpleAssociableChoice></simpleMatchSet>'
    "</matchInteraction></itemBody>"
)
ASSOCIATE = (
    '<itemBody><associateInteraction responseIdentifier="RESPONSE">'
    '<simpleAssociableChoice identifier="A">a</simpleAssociableChoice><simpleAssociableChoice identifier="X">x</simpleAssociableChoice>'
    '<simpleAssociableChoice identifier="Y">y</simpleAssociableChoice><simpleAssociableChoice identifier="B">b</simpleAssociableChoice>'
    "</associateInteraction></itemBody>"
)
GAPS = (
    '<itemBody><gapMatchInteraction responseIdentifier="RESPONSE"><gapText identifier="X">x</gapText><gapText identifier="Y">y</gapText>'
    '<gapText identifier="Z">z</gapText><p>First <gap identifier="G1"/> then <gap identifier="G2"/>.</p></gapMatchInteraction></itemBody>'
)
ORDER = (
    '<itemBody><orderInteraction responseIdentifier="RESPONSE"><simpleChoice identifier="A">a</simpleChoice>'
    '<simpleChoice identifier="B">b</simpleChoice><simpleChoice identifier="C">c</simpleChoice></orderInteraction></itemBody>'
)
HOTTEXT = (
    '<itemBody><hottextInteraction responseIdentifier="RESPONSE" maxChoices="1"><p>One <hottext identifier="A">or</hottext> '
    '<hottext identifier="B">two</hottext></p></hottextInteraction></itemBody>'
)
SLIDER = '<itemBody><sliderInteraction responseIdentifier="RESPONSE" lowerBound="0" upperBound="9"/></itemBody>'
ESSAY = (
    '<itemBody><p>Explain.</p><rubricBlock view="scorer"><p>Two points.</p></rubricBlock>'
    '<extendedTextInteraction responseIdentifier="RESPONSE"/></itemBody>'
)
PAIRS = (Pair("a", "x"), Pair("b", "y"))
OTHERS: list[tuple[str, str, Interaction]] = [
    (declare("directedPair", "A X", "B Y", cardinality="multiple"), MATCH, MatchInteraction(PAIRS, ("z",))),
    (
        declare("pair", "X A", "B Y", cardinality="multiple"),
        ASSOCIATE,
        MatchInteraction(PAIRS),
    ),
    (
        declare("directedPair", "Y G1", "X G2", cardinality="multiple"),
        GAPS,
        MatchInteraction((Pair("Gap 1", "y"), Pair("Gap 2", "x")), ("z",)),
    ),
    (
        declare("identifier", "C", "A", "B", cardinality="ordered"),
        ORDER,
        OrderInteraction((OrderedStep("c"), OrderedStep("a"), OrderedStep("b"))),
    ),
    (declare("identifier", "B"), HOTTEXT, ChoiceInteraction((Option("or"), Option("two", 1.0)), is_shuffled=False)),
    (declare("integer", "5"), SLIDER, NumberInteraction((AcceptedNumber(5),))),
    (declare("string", "Model."), ESSAY, ExtendedTextInteraction("Model.", "Two points.")),
]


@pytest.mark.parametrize(
    ("declared", "body", "expected"),
    OTHERS,
    ids=["match", "associate", "gaps", "order", "hot text", "slider", "essay"],
)
def test_another_interaction_is_read(declared: str, body: str, expected: Interaction) -> None:
    assert read_one(build_item(declared + body + MATCH_CORRECT)).interaction == expected


def test_menus_in_a_text_become_a_match() -> None:
    declared = "".join(
        f'<responseDeclaration identifier="R{number}" cardinality="single" baseType="identifier">'
        f"<correctResponse><value>{right}</value></correctResponse></responseDeclaration>"
        for number, right in ((1, "A"), (2, "B"))
    )
    menus = "".join(
        f'<inlineChoiceInteraction responseIdentifier="R{number}"><inlineChoice identifier="A">a</inlineChoice>'
        '<inlineChoice identifier="B">b</inlineChoice></inlineChoiceInteraction>'
        for number in (1, 2)
    )
    item = read_one(build_item(f"{declared}<itemBody><p>Say {menus}</p></itemBody>"))

    assert item.interaction == MatchInteraction((Pair("Gap 1", "a"), Pair("Gap 2", "b")))


REFUSED = [
    ('<itemBody><uploadInteraction responseIdentifier="RESPONSE"/></itemBody>', "a file to send in"),
    ('<itemBody><drawingInteraction responseIdentifier="RESPONSE"/></itemBody>', "a drawing"),
    (
        '<itemBody><futureInteraction responseIdentifier="RESPONSE"/></itemBody>',
        "unknown kind of answer (futureInteraction)",
    ),
    (ENTRY.replace("</itemBody>", "<textEntryInteraction responseIdentifier='X'/></itemBody>"), "2 answers at once"),
    ("<templateDeclaration identifier='N' cardinality='single'/>" + ENTRY, "drawn at random"),
    ("", "it has no text"),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED)
def test_what_cannot_be_asked_is_refused_with_its_identifier(body: str, reason: str) -> None:
    item = read_one(build_item(declare("string", "x") + body, identifier="the-item"))

    assert item.is_refused
    assert "the-item" in item.place
    assert reason in list_reasons(item, Severity.REFUSED)[0]


def test_feedback_without_a_place_and_notes_for_others_are_noted() -> None:
    body = build_choices("A", "B").replace(
        "</itemBody>", '<rubricBlock view="tutor"><p>Slow down.</p></rubricBlock></itemBody>'
    )
    modal = '<modalFeedback outcomeIdentifier="F" identifier="x" showHide="show">Unseen.</modalFeedback>'
    item = read_one(build_item(declare("identifier", "A") + body + MATCH_CORRECT + modal))

    assert list_reasons(item, Severity.LOST) == [
        "the note for tutor was left out: “Slow down.”",
        "the feedback “Unseen.” has no place here and was left out",
    ]


@pytest.mark.parametrize(
    "rules",
    [
        "<responseProcessing>"
        + '<setOutcomeValue identifier="X"><multiple><variable identifier="X"/><variable identifier="X"/>'
        "<baseValue baseType='identifier'>a</baseValue></multiple></setOutcomeValue>" * 60 + "</responseProcessing>",
        "<responseProcessing><setOutcomeValue identifier='SCORE'><product>"
        + base("float", "1e12") * 30
        + "</product></setOutcomeValue></responseProcessing>",
        if_then(("<not>" * 70 + "<null/>" + "</not>" * 70, score("1"))),
    ],
    ids=["doubling", "growing", "deep"],
)
def test_rules_cannot_run_without_limit(rules: str) -> None:
    item = read_one(build_item(declare("identifier", "A") + build_choices("A", "B") + rules))

    assert "not understood" in list_reasons(item, Severity.WARNING)[0]


def test_the_items_of_a_file_share_one_limit_of_steps() -> None:
    rules = if_then((f"<match>{VARIABLE}{base('identifier', 'A')}</match>", score("1")))
    root = parse(build_item(declare("identifier", "A") + build_choices("A", "B") + rules))

    item = read_item(root, TextReader(budget=StepBudget(5)))

    assert "too many steps" in list_reasons(item, Severity.WARNING)[0]


def test_a_hotspot_needs_its_picture() -> None:
    body = (
        '<itemBody><hotspotInteraction responseIdentifier="RESPONSE" maxChoices="1"><object type="image/png" data="a.png"/>'
        '<hotspotChoice identifier="A" shape="circle" coords="1,2,3"/></hotspotInteraction></itemBody>'
    )
    item = read_one(build_item(declare("identifier", "A") + body + MATCH_CORRECT))

    assert not isinstance(item.interaction, HotspotInteraction)
    assert list_reasons(item, Severity.REFUSED) == ["its picture is missing"]
