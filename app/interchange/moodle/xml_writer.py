"""Writes Moodle XML as Moodle 4 imports it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import replace

from app.content.interactions import (
    AcceptedText,
    ChoiceInteraction,
    Description,
    ExtendedTextInteraction,
    Interaction,
    MatchInteraction,
    Note,
    NumberInteraction,
    OrderInteraction,
    Severity,
    TextEntryInteraction,
    write_number,
)
from app.interchange.appendix import move_reasons
from app.interchange.bank import BankItem, QuestionBank, RefusedItemError, WrittenBank
from app.interchange.markup import has_emphasis, to_html, to_plain
from app.interchange.moodle.marks import is_exact, round_percent
from app.interchange.moodle.texts import join_category, join_grader_info
from app.interchange.xml_tree import escape_xml

_COMBINED = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
ALL_PAIRS = "RELATIVE_ALL_PREVIOUS_AND_NEXT"
"""The way in which Moodle marks an order that is nearest to counting the pairs in the right order."""


def write_moodle_xml(bank: QuestionBank) -> WrittenBank:
    """Write all questions that Moodle can hold, with a category before those that it contains."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    items: list[BankItem] = []
    category: tuple[str, ...] = ()
    for item in bank.items:
        written = item if item.is_refused else prepare_for_moodle(item)
        try:
            body = "" if written.is_refused else _write_item(written, bank.pictures)
        except RefusedItemError as error:
            written, body = item.refuse(str(error)), ""
        items.append(written)
        if body:
            if written.categories != category:
                category = written.categories
                lines.append(_write_category(category))
            lines.append(body)
    lines.append("</quiz>\n")
    return WrittenBank("\n".join(lines).encode(), replace(bank, items=tuple(items)))


def prepare_for_moodle(item: BankItem) -> BankItem:
    """Change what no format of Moodle can hold, with a note on each change."""
    if item.interaction is None:
        return item.refuse("nothing is asked")
    item = move_reasons(item)
    return item.add_notes(*_note_changes(item.interaction)) if item.interaction else item


def _note_changes(interaction: Interaction) -> Iterator[Note]:
    match interaction:
        case ChoiceInteraction(options=options):
            yield from _note_fractions([one.fraction for one in options])
        case TextEntryInteraction(answers=answers, exact=exact):
            yield from _note_fractions([one.fraction for one in answers])
            if any(one.allows_typo for one in answers):
                yield Note(Severity.LOST, "typing errors are no longer accepted")
            if lost := [name for name in exact if name != "case"]:
                yield Note(Severity.CHANGED, f"Moodle decides by itself whether {' and '.join(lost)} matter")
            yield Note(Severity.CHANGED, "accents, spaces and punctuation of an answer matter in Moodle")
        case OrderInteraction():
            yield Note(Severity.CHANGED, "Moodle marks each step by those before and after it, not by all pairs")
        case MatchInteraction(pairs=pairs, extra=extra):
            if any(has_emphasis(text) for text in (*(one.right for one in pairs), *extra)):
                yield Note(Severity.LOST, "emphasis in the right sides, which are plain text in Moodle")


def _note_fractions(fractions: list[float]) -> Iterator[Note]:
    for fraction in fractions:
        if not is_exact(fraction):
            now = f"{round_percent(fraction):g}%"
            yield Note(Severity.CHANGED, f"{100 * fraction:g}% of the mark became {now}, which Moodle knows")


def _write_category(names: tuple[str, ...]) -> str:
    path = escape_xml(join_category(names))
    return f'  <question type="category">\n    <category>\n      <text>{path}</text>\n    </category>\n  </question>'


def _write_item(item: BankItem, pictures: Mapping[str, bytes]) -> str:
    assert item.interaction
    name, body = _write_interaction(item.interaction)
    files = "".join(_write_file(picture, pictures[picture]) for picture in item.pictures if picture in pictures)
    lines = [
        f'  <question type="{name}">',
        f"    <name>\n      <text>{escape_xml(item.title or item.identifier)}</text>\n    </name>",
        _formatted("questiontext", item.stem, files),
        _formatted("generalfeedback", item.feedback),
        f"    <defaultgrade>{0.0 if name == 'description' else item.mark:.7f}</defaultgrade>",
        f"    <penalty>{1.0 if name == 'truefalse' else 1 / 3:.7f}</penalty>",
        "    <hidden>0</hidden>",
        f"    <idnumber>{escape_xml(item.identifier)}</idnumber>",
        *body,
        *_write_tags(item.tags),
        "  </question>",
    ]
    return "\n".join(lines)


def _write_interaction(interaction: Interaction) -> tuple[str, list[str]]:
    match interaction:
        case ChoiceInteraction(is_truth=True):
            return "truefalse", [
                _answer(name, one.fraction, one.feedback, "moodle_auto_format")
                for name, one in zip(("true", "false"), interaction.options, strict=False)
            ]
        case ChoiceInteraction():
            return "multichoice", list(_write_choice(interaction))
        case TextEntryInteraction():
            return "shortanswer", list(_write_short(interaction))
        case NumberInteraction():
            return "numerical", list(_write_numbers(interaction))
        case MatchInteraction():
            return "matching", list(_write_match(interaction))
        case OrderInteraction():
            return "ordering", list(_write_order(interaction))
        case ExtendedTextInteraction():
            return "essay", list(_write_essay(interaction))
        case Description():
            return "description", []
    raise RefusedItemError("Moodle XML cannot hold a question on the regions of a picture")


def _write_choice(choice: ChoiceInteraction) -> Iterator[str]:
    yield f"    <single>{str(not choice.is_multiple).lower()}</single>"
    yield f"    <shuffleanswers>{str(choice.is_shuffled).lower()}</shuffleanswers>"
    yield "    <answernumbering>abc</answernumbering>"
    yield from _write_combined()
    for one in choice.options:
        yield _answer(to_html(one.text), one.fraction, one.feedback)


def _write_short(entry: TextEntryInteraction) -> Iterator[str]:
    yield f"    <usecase>{int('case' in entry.exact)}</usecase>"
    answers = [*entry.answers, *([AcceptedText("*", 0.0, entry.otherwise)] if entry.otherwise else [])]
    for one in answers:
        yield _answer(one.text, one.fraction, one.feedback, "moodle_auto_format")


def _write_numbers(entry: NumberInteraction) -> Iterator[str]:
    for one in entry.answers:
        tolerance = f"\n      <tolerance>{write_number(one.tolerance)}</tolerance>"
        yield _answer(write_number(one.value), one.fraction, one.feedback, "moodle_auto_format", tolerance)
    if entry.otherwise:
        yield _answer("*", 0.0, entry.otherwise, "moodle_auto_format", "\n      <tolerance>0</tolerance>")
    if entry.unit:
        unit = f"<unit>\n        <multiplier>1</multiplier>\n        <unit_name>{escape_xml(entry.unit)}</unit_name>"
        yield f"    <units>\n      {unit}\n      </unit>\n    </units>"
    yield "    <unitgradingtype>0</unitgradingtype>"
    yield "    <unitpenalty>0.1000000</unitpenalty>"
    yield f"    <showunits>{0 if entry.unit else 3}</showunits>"
    yield "    <unitsleft>0</unitsleft>"


def _write_match(match: MatchInteraction) -> Iterator[str]:
    yield f"    <shuffleanswers>{str(match.is_shuffled).lower()}</shuffleanswers>"
    yield from _write_combined()
    for left, right in (*((one.left, one.right) for one in match.pairs), *(("", one) for one in match.extra)):
        answer = f"<answer>\n        <text>{escape_xml(to_plain(right))}</text>\n      </answer>"
        yield f'    <subquestion format="html">\n      {_text(to_html(left))}\n      {answer}\n    </subquestion>'


def _write_order(order: OrderInteraction) -> Iterator[str]:
    yield "    <layouttype>VERTICAL</layouttype>"
    yield "    <selecttype>ALL</selecttype>"
    yield f"    <selectcount>{len(order.steps)}</selectcount>"
    yield f"    <gradingtype>{ALL_PAIRS}</gradingtype>"
    yield "    <showgrading>SHOW</showgrading>"
    yield "    <numberingstyle>none</numberingstyle>"
    yield from _write_combined()  # the importer of Moodle demands these for an order
    for number, one in enumerate(order.steps, start=1):
        yield f'    <answer fraction="{number}" format="html">\n      {_text(to_html(one.text))}\n    </answer>'


def _write_essay(essay: ExtendedTextInteraction) -> Iterator[str]:
    rubric = join_grader_info(essay.rubric, essay.model_answer)
    yield "    <responseformat>editor</responseformat>"
    yield "    <responserequired>1</responserequired>"
    yield "    <responsefieldlines>15</responsefieldlines>"
    yield f"    <minwordlimit>{essay.least_words or ''}</minwordlimit>"
    yield f"    <maxwordlimit>{essay.most_words or ''}</maxwordlimit>"
    yield "    <attachments>0</attachments>"
    yield "    <attachmentsrequired>0</attachmentsrequired>"
    yield _formatted("graderinfo", rubric)
    yield '    <responsetemplate format="html">\n      <text></text>\n    </responsetemplate>'


def _write_combined() -> Iterator[str]:
    for name in _COMBINED:
        yield f'    <{name} format="html">\n      <text></text>\n    </{name}>'
    yield "    <shownumcorrect>1</shownumcorrect>"


def _write_tags(tags: tuple[str, ...]) -> Iterator[str]:
    if tags:
        yield "    <tags>"
        for tag in tags:
            yield f"      <tag><text>{escape_xml(tag)}</text></tag>"
        yield "    </tags>"


def _answer(text: str, fraction: float, feedback: str, format_name: str = "html", more: str = "") -> str:
    percent = f"{round_percent(fraction):.7g}"
    inner = f'<feedback format="html">\n        {_text(to_html(feedback))}\n      </feedback>'
    start = f'<answer fraction="{percent}" format="{format_name}">'
    return f"    {start}\n      {_text(text)}\n      {inner}{more}\n    </answer>"


def _formatted(name: str, markdown: str, files: str = "") -> str:
    return f'    <{name} format="html">\n      {_text(to_html(markdown))}{files}\n    </{name}>'


def _text(text: str) -> str:
    return f"<text>{escape_xml(text)}</text>"


def _write_file(name: str, data: bytes) -> str:
    content = base64.b64encode(data).decode()
    return f'\n      <file name="{escape_xml(name)}" path="/" encoding="base64">{content}</file>'
