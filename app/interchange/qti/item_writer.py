"""Build items of QTI from the questions of a bank."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any
from xml.etree.ElementTree import Element

from app.content.interactions import (
    ChoiceInteraction,
    Description,
    ExtendedTextInteraction,
    HotspotInteraction,
    MatchInteraction,
    Note,
    NumberInteraction,
    OrderInteraction,
    Severity,
    TextEntryInteraction,
    write_number,
)
from app.interchange.bank import BankItem, RefusedItemError
from app.interchange.markup import split_paragraphs, to_html
from app.interchange.qti.body import GAP
from app.interchange.qti.names import add_html, make, make_text
from app.interchange.qti.reader import UNIT
from app.interchange.text_patterns import Wildcards, to_pattern

RESPONSE, SCORE, FEEDBACK = "RESPONSE", "SCORE", "FEEDBACK"
EXPLANATION, OTHERWISE = "EXPLANATION", "OTHERWISE"

_PICTURE = re.compile(r"\(picture: ([^()]*)\)")


@dataclass
class ItemWriter:
    """One item while it is built."""

    item: BankItem
    pictures: frozenset[str]
    mark: float
    notes: list[Note] = field(default_factory=list)
    declaration: Element | None = None
    rules: list[Element] = field(default_factory=list)
    modal: list[Element] = field(default_factory=list)
    body: Element = field(default_factory=lambda: make("itemBody"))

    def note(self, severity: Severity, reason: str) -> None:
        self.notes.append(Note(severity, reason))

    def declare(self, cardinality: str, base: str, correct: Iterable[str] = ()) -> Element:
        """Declare the response, with its right answer."""
        self.declaration = make("responseDeclaration", identifier=RESPONSE, cardinality=cardinality, baseType=base)
        values = [make_text("value", value) for value in correct]
        if values:
            answer = make("correctResponse")
            answer.extend(values)
            self.declaration.append(answer)
        return self.declaration

    def map_points(self, points: Iterable[tuple[str, float]], *, lower: float | None = None) -> None:
        """Map values of the response to points, and let their sum be the score."""
        assert self.declaration is not None
        mapping = make("mapping", defaultValue="0")
        if lower is not None:
            mapping.set("lowerBound", write_points(lower))
        for key, value in points:
            mapping.append(make("mapEntry", mapKey=key, mappedValue=write_points(value)))
        if len(mapping):
            self.declaration.append(mapping)
            self.rules.append(set_outcome(SCORE, make("mapResponse", identifier=RESPONSE)))

    def score_whole(self) -> None:
        """Let only the right answer score."""
        test = make("match")
        test.extend([make("variable", identifier=RESPONSE), make("correct", identifier=RESPONSE)])
        branch = make("responseIf")
        branch.extend([test, set_outcome(SCORE, make_base("float", write_points(self.mark)))])
        condition = make("responseCondition")
        condition.append(branch)
        self.rules.append(condition)

    def add_feedback(self, identifier: str, text: str) -> None:
        """Add feedback that is shown when the outcome has this value."""
        if text:
            feedback = make("modalFeedback", outcomeIdentifier=FEEDBACK, identifier=identifier, showHide="show")
            self.modal.append(add_html(feedback, write_blocks(text)))

    def show_feedback(self, *others: Element) -> Element:
        """Return the rule that shows the explanation, and what the other expressions name."""
        values = make("multiple")
        values.append(make_base("identifier", EXPLANATION))
        values.extend(others)
        return set_outcome(FEEDBACK, values)


def build_item(item: BankItem, identifier: str, pictures: frozenset[str]) -> tuple[Element, tuple[Note, ...]]:
    """Return the element of an item, and notes on what it cannot hold.

    :raise RefusedItemError: it cannot hold the question.
    """
    writer = ItemWriter(item, pictures, mark=item.mark if item.mark > 0 else 1.0)
    interaction = item.interaction
    build = next((build for kind, build in _BUILDERS if isinstance(interaction, kind)), None)
    if build is None:
        raise RefusedItemError("this kind of question cannot be written")
    add_html(writer.body, _write_stem(writer, item.stem))
    build(writer, interaction)
    writer.add_feedback(EXPLANATION, item.feedback)
    if not any(rule.get("identifier") == FEEDBACK for one in writer.rules for rule in one.iter("setOutcomeValue")):
        writer.rules.append(writer.show_feedback())
    if not len(writer.body):
        writer.body.append(make("p"))
    root = make(
        "assessmentItem",
        identifier=identifier,
        title=item.title or identifier,
        adaptive="false",
        timeDependent="false",
    )
    if writer.declaration is not None:
        root.append(writer.declaration)
    root.extend([*_declare_outcomes(writer), writer.body])
    processing = make("responseProcessing")
    processing.extend(writer.rules)
    root.append(processing)
    root.extend(writer.modal)
    return root, tuple(writer.notes)


def _declare_outcomes(writer: ItemWriter) -> list[Element]:
    score = make("outcomeDeclaration", identifier=SCORE, cardinality="single", baseType="float")
    score.set("normalMaximum", write_points(writer.mark))
    default = make("defaultValue")
    default.append(make_text("value", "0"))
    score.append(default)
    return [score, make("outcomeDeclaration", identifier=FEEDBACK, cardinality="multiple", baseType="identifier")]


def _write_stem(writer: ItemWriter, stem: str) -> str:
    """Return the stem as blocks of HTML, with its pictures where their descriptions are."""
    names = [name for name in writer.item.pictures if name in writer.pictures]
    waiting = iter(names)

    def show(found: re.Match[str]) -> str:
        name = next(waiting, None)
        return found[0] if name is None else _write_picture(name, found[1])

    html = _PICTURE.sub(show, write_blocks(stem))
    return html + "".join(f"<p>{_write_picture(name, '')}</p>" for name in waiting)


def _write_picture(name: str, words: str) -> str:
    words = re.sub(r"<[^>]*>", "", words).replace('"', "&quot;")
    return f'<img src="../pictures/{escape(name)}" alt="{"" if words == "no description" else words}"/>'


def write_blocks(text: str) -> str:
    return "".join(f"<p>{to_html(one)}</p>" for one in split_paragraphs(text))


def write_inline(text: str) -> str:
    """Return a text as HTML without blocks."""
    return "<br/><br/>".join(to_html(one) for one in split_paragraphs(text))


def write_points(points: float) -> str:
    return write_number(round(points, 7))


def make_base(base: str, text: str) -> Element:
    return make_text("baseValue", text, baseType=base)


def set_outcome(identifier: str, value: Element) -> Element:
    rule = make("setOutcomeValue", identifier=identifier)
    rule.append(value)
    return rule


def _build_choice(writer: ItemWriter, choice: ChoiceInteraction) -> None:
    names = ["true", "false"] if choice.is_truth else [f"C{number}" for number in range(1, len(choice.options) + 1)]
    element = make(
        "choiceInteraction",
        responseIdentifier=RESPONSE,
        shuffle="true" if choice.is_shuffled and not choice.is_truth else "false",
        maxChoices="0" if choice.is_multiple else "1",
    )
    options = list(zip(names, choice.options, strict=False))
    for name, option in options:
        element.append(_make_choice("simpleChoice", name, option.text, option.feedback))
    writer.body.append(element)
    right = [name for name, option in options if option.fraction > 0]
    best = [name for name, option in options if option.fraction >= 0.999] or right
    writer.declare(
        "multiple" if choice.is_multiple else "single", "identifier", right if choice.is_multiple else best[:1]
    )
    points = [(name, option.fraction * writer.mark) for name, option in options if option.fraction]
    writer.map_points(points, lower=0.0 if choice.is_multiple else None)
    writer.rules.append(writer.show_feedback(make("variable", identifier=RESPONSE)))


def _make_choice(tag: str, name: str, text: str, feedback: str, **more: str) -> Element:
    element = make(tag, identifier=name, **more)
    add_html(element, write_inline(text))
    if feedback:
        inside = make("feedbackInline", outcomeIdentifier=FEEDBACK, identifier=name, showHide="show")
        element.append(add_html(inside, write_inline(feedback)))
    return element


def _place_entry(writer: ItemWriter, unit: str = "") -> None:
    """Put the field into the gap of the stem, or into a paragraph of its own."""
    entry = make("textEntryInteraction", responseIdentifier=RESPONSE)
    for block in writer.body:
        before, gap, after = (block.text or "").partition(GAP)
        if gap and not unit:
            block.text, entry.tail = before, after
            block.insert(0, entry)
            return
    paragraph = make("p")
    paragraph.append(entry)
    if unit:
        entry.tail = " "
        paragraph.append(make_text("span", unit, **{"class": UNIT}))
    writer.body.append(paragraph)


def _add_branches(writer: ItemWriter, tests: Iterable[tuple[Element, float, str, str]], otherwise: str) -> None:
    """Add one branch for each answer: its test, points, and the identifier and text of its feedback."""
    condition = make("responseCondition")
    for test, points, name, text in tests:
        branch = make("responseElseIf" if len(condition) else "responseIf")
        shown = writer.show_feedback(*([make_base("identifier", name)] if text else []))
        branch.extend([test, set_outcome(SCORE, make_base("float", write_points(points))), shown])
        condition.append(branch)
        writer.add_feedback(name, text)
    last = make("responseElse")
    last.append(writer.show_feedback(*([make_base("identifier", OTHERWISE)] if otherwise else [])))
    condition.append(last)
    writer.add_feedback(OTHERWISE, otherwise)
    writer.rules.append(condition)


def _build_text(writer: ItemWriter, text: TextEntryInteraction) -> None:
    is_exact = "case" in text.exact
    if lenient := [word for word in ("accents", "spaces", "punctuation") if word not in text.exact]:
        writer.note(Severity.CHANGED, f"differences in {', '.join(lenient)} count there, and do not here")
    if any(one.allows_typo for one in text.answers):
        writer.note(Severity.LOST, "typing errors are accepted here, and are not there")
    plain = [one.text for one in text.answers if one.fraction >= 0.999 and "*" not in one.text]
    writer.declare("single", "string", plain[:1])
    tests = [
        (_test_text(one.text, is_exact=is_exact), one.fraction * writer.mark, f"A{number}", one.feedback)
        for number, one in enumerate(text.answers, start=1)
    ]
    _add_branches(writer, tests, text.otherwise)
    _place_entry(writer)


def _test_text(text: str, *, is_exact: bool) -> Element:
    if "*" in text:
        test = make("patternMatch", pattern=to_pattern(Wildcards(text, is_folded=not is_exact)))
        test.append(make("variable", identifier=RESPONSE))
        return test
    test = make("stringMatch", caseSensitive="true" if is_exact else "false")
    test.extend([make("variable", identifier=RESPONSE), make_base("string", text)])
    return test


def _build_number(writer: ItemWriter, number: NumberInteraction) -> None:
    right = [write_number(one.value) for one in number.answers if one.fraction >= 0.999]
    writer.declare("single", "float", right[:1])
    tests = []
    for at, one in enumerate(number.answers, start=1):
        test = make("equal", toleranceMode="absolute" if one.tolerance else "exact")
        if one.tolerance:
            test.set("tolerance", f"{write_number(one.tolerance)} {write_number(one.tolerance)}")
        test.extend([make("variable", identifier=RESPONSE), make_base("float", write_number(one.value))])
        tests.append((test, one.fraction * writer.mark, f"A{at}", one.feedback))
    _add_branches(writer, tests, number.otherwise)
    _place_entry(writer, number.unit)


def _build_match(writer: ItemWriter, match: MatchInteraction) -> None:
    rights = list(dict.fromkeys([*(pair.right for pair in match.pairs), *match.extra]))
    names = {right: f"R{number}" for number, right in enumerate(rights, start=1)}
    element = make(
        "matchInteraction",
        responseIdentifier=RESPONSE,
        shuffle="true" if match.is_shuffled else "false",
        maxAssociations="0",
    )
    lefts, choices = make("simpleMatchSet"), make("simpleMatchSet")
    pairs = []
    for number, pair in enumerate(match.pairs, start=1):
        lefts.append(_make_choice("simpleAssociableChoice", f"L{number}", pair.left, pair.feedback, matchMax="1"))
        pairs.append(f"L{number} {names[pair.right]}")
    for right, name in names.items():
        choices.append(_make_choice("simpleAssociableChoice", name, right, "", matchMax="0"))
    element.extend([lefts, choices])
    writer.body.append(element)
    writer.declare("multiple", "directedPair", pairs)
    writer.map_points([(pair, writer.mark / len(pairs)) for pair in pairs])
    shown = [make_base("identifier", f"L{number}") for number, pair in enumerate(match.pairs, start=1) if pair.feedback]
    writer.rules.append(writer.show_feedback(*shown))


def _build_order(writer: ItemWriter, order: OrderInteraction) -> None:
    writer.note(Severity.CHANGED, "only the fully right order earns points there")
    element = make("orderInteraction", responseIdentifier=RESPONSE, shuffle="true")
    names = [f"S{number}" for number in range(1, len(order.steps) + 1)]
    for name, step in zip(names, order.steps, strict=True):
        element.append(_make_choice("simpleChoice", name, step.text, step.feedback))
    writer.body.append(element)
    writer.declare("ordered", "identifier", names)
    writer.score_whole()
    shown = [make_base("identifier", name) for name, step in zip(names, order.steps, strict=True) if step.feedback]
    writer.rules.append(writer.show_feedback(*shown))


def _build_hotspots(writer: ItemWriter, hotspot: HotspotInteraction) -> None:
    if hotspot.picture not in writer.pictures:
        raise RefusedItemError("its picture is missing")
    suffix = hotspot.picture.rpartition(".")[2]
    element = make("hotspotInteraction", responseIdentifier=RESPONSE, maxChoices="0" if hotspot.is_multiple else "1")
    kind = {"jpg": "jpeg", "svg": "svg+xml"}.get(suffix, suffix)
    element.append(make("object", type=f"image/{kind}", data=f"../pictures/{hotspot.picture}"))
    names = [f"H{number}" for number in range(1, len(hotspot.hotspots) + 1)]
    spots = list(zip(names, hotspot.hotspots, strict=True))
    for name, spot in spots:
        element.append(
            make("hotspotChoice", identifier=name, shape=spot.shape, coords=spot.coordinates, hotspotLabel=spot.text)
        )
        writer.add_feedback(name, spot.feedback)
    writer.body.append(element)
    right = [name for name, spot in spots if spot.fraction > 0]
    writer.declare(
        "multiple" if hotspot.is_multiple else "single", "identifier", right if hotspot.is_multiple else right[:1]
    )
    points = [(name, spot.fraction * writer.mark) for name, spot in spots if spot.fraction]
    writer.map_points(points, lower=0.0 if hotspot.is_multiple else None)
    writer.rules.append(writer.show_feedback(make("variable", identifier=RESPONSE)))


def _build_extended_text(writer: ItemWriter, text: ExtendedTextInteraction) -> None:
    if text.least_words or text.most_words:
        writer.note(Severity.LOST, "the limits on the number of words")
    if text.rubric:
        writer.body.append(add_html(make("rubricBlock", view="scorer", use="scoring"), write_blocks(text.rubric)))
    writer.body.append(make("extendedTextInteraction", responseIdentifier=RESPONSE))
    writer.declare("single", "string", [text.model_answer] if text.model_answer else [])


def _build_description(writer: ItemWriter, text: Description) -> None:
    pass


_BUILDERS: tuple[tuple[type, Callable[[ItemWriter, Any], None]], ...] = (
    (ChoiceInteraction, _build_choice),
    (TextEntryInteraction, _build_text),
    (NumberInteraction, _build_number),
    (MatchInteraction, _build_match),
    (OrderInteraction, _build_order),
    (HotspotInteraction, _build_hotspots),
    (ExtendedTextInteraction, _build_extended_text),
    (Description, _build_description),
)
