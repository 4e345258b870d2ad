"""Writes GIFT as Moodle imports it: an empty line between questions, ids and tags in comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from app.interchange.appendix import move_unit
from app.interchange.bank import BankItem, QuestionBank, RefusedItemError, WrittenBank
from app.interchange.markup import to_html, to_plain
from app.interchange.moodle.marks import round_percent
from app.interchange.moodle.texts import join_category
from app.interchange.moodle.xml_writer import ALL_PAIRS, prepare_for_moodle

_NAMED = re.compile(r"\[(html|moodle|plain|markdown)\]")
"""What Moodle reads as the format of a text."""
_SIGNS = re.compile(r"[\\#=~{}:]")
_RAW_SIGNS = re.compile(r"[\\#{}]|^//|^\[")


def write_gift(bank: QuestionBank) -> WrittenBank:
    """Write all questions that GIFT can hold, each after an empty line."""
    blocks: list[str] = []
    items: list[BankItem] = []
    category: tuple[str, ...] = ()
    for item in bank.items:
        written = item if item.is_refused else _prepare(item)
        try:
            block = "" if written.is_refused else _write_item(written)
        except RefusedItemError as error:
            written, block = item.refuse(str(error)), ""
        items.append(written)
        if block:
            if written.categories != category:
                category = written.categories
                blocks.append(f"$CATEGORY: {_one_line(join_category(category))}")
            blocks.append(block)
    return WrittenBank(("\n\n".join(blocks) + "\n").encode(), replace(bank, items=tuple(items)))


def _prepare(item: BankItem) -> BankItem:
    """Change what GIFT cannot hold, with a note on each change."""
    item = prepare_for_moodle(move_unit(item))
    notes: list[Note] = []
    match item.interaction:
        case OrderInteraction():
            if item.feedback:
                notes.append(Note(Severity.LOST, "the general feedback, which GIFT cannot hold for an order"))
            item = replace(item, feedback="")
        case ChoiceInteraction(is_shuffled=False, is_truth=False):
            notes.append(Note(Severity.LOST, "the fixed order of the options"))
        case MatchInteraction(is_shuffled=False):
            notes.append(Note(Severity.LOST, "the fixed order of the right sides"))
        case TextEntryInteraction(exact=exact) if "case" in exact:
            notes.append(Note(Severity.LOST, "capitals no longer matter"))
        case ExtendedTextInteraction():
            notes.append(Note(Severity.LOST, "the rubric, the model answer and the limits of length"))
    if item.mark != 1:
        notes.append(Note(Severity.LOST, f"the question is worth {item.mark:g} marks; GIFT gives each one"))
    if item.pictures:
        notes.append(Note(Severity.LOST, "the pictures"))
    return item.add_notes(*notes)


def _write_item(item: BankItem) -> str:
    assert item.interaction
    lines = [_write_comment(item)]
    stem = _html(item.stem)
    title = _escape(_one_line(item.title or item.identifier))
    lines.append(f"::{title}::[html]{stem}{_write_answers(item.interaction, item.feedback)}")
    return "\n".join(filter(None, lines))


def _write_comment(item: BankItem) -> str:
    parts = [f"[id:{_bracket(item.identifier)}]"] if item.identifier else []
    parts += [f"[tag:{_bracket(tag)}]" for tag in item.tags]
    return f"// {' '.join(parts)}" if parts else ""


def _write_answers(interaction: Interaction, feedback: str) -> str:
    general = f"\n\t####{_html(feedback)}" if feedback else ""
    match interaction:
        case Description():
            return ""
        case ExtendedTextInteraction():
            return f"{{{general.strip()}}}"
        case ChoiceInteraction(is_truth=True):
            return f"{{{_write_truth(interaction)}{general}\n}}"
        case ChoiceInteraction():
            lines = _write_choice(interaction)
        case TextEntryInteraction():
            lines = _write_short(interaction)
        case NumberInteraction():
            return "{#\n" + "\n".join(f"\t{line}" for line in _write_numbers(interaction)) + f"{general}\n}}"
        case MatchInteraction():
            lines = _write_match(interaction)
        case OrderInteraction():
            return "{" + "\n".join(_write_order(interaction)) + "\n}"
        case _:
            raise RefusedItemError("GIFT cannot hold a question on the regions of a picture")
    return "{\n" + "\n".join(f"\t{line}" for line in lines) + f"{general}\n}}"


def _write_truth(choice: ChoiceInteraction) -> str:
    is_true = choice.options[0].fraction > 0
    right, wrong = choice.options if is_true else reversed(choice.options)
    feedback = f"#{_html(wrong.feedback)}#{_html(right.feedback)}" if wrong.feedback or right.feedback else ""
    return f"{'TRUE' if is_true else 'FALSE'}{feedback}"


def _write_choice(choice: ChoiceInteraction) -> Iterator[str]:
    for one in choice.options:
        percent = round_percent(one.fraction)
        sign = "=" if percent == 100 and not choice.is_multiple else f"~%{percent:.7g}%" if percent else "~"
        yield f"{sign}{_html(one.text)}{_feedback(one.feedback)}"


def _write_short(entry: TextEntryInteraction) -> Iterator[str]:
    for one in (*entry.answers, *([AcceptedText("*", 0.0, entry.otherwise)] if entry.otherwise else [])):
        yield f"=%{round_percent(one.fraction):.7g}%{_escape(_one_line(one.text))}{_feedback(one.feedback)}"


def _write_numbers(entry: NumberInteraction) -> Iterator[str]:
    for one in entry.answers:
        number = f"{write_number(one.value)}:{write_number(one.tolerance)}"
        yield f"=%{round_percent(one.fraction):.7g}%{number}{_feedback(one.feedback)}"
    if entry.otherwise:
        yield f"~{_feedback(entry.otherwise)}"


def _write_match(match: MatchInteraction) -> Iterator[str]:
    for pair in match.pairs:
        yield f"={_html(pair.left)} -> {_escape(_one_line(to_plain(pair.right)))}"
    for one in match.extra:
        yield f"= -> {_escape(_one_line(to_plain(one)))}"


def _write_order(order: OrderInteraction) -> Iterator[str]:
    yield f">{len(order.steps)} ALL VERTICAL {ALL_PAIRS} SHOW none"
    for step in order.steps:
        text = _one_line(to_html(step.text))
        yield _RAW_SIGNS.sub(lambda found: f"&#{ord(found[0][0])};{found[0][1:]}", text)  # escapes are not undone here


def _feedback(text: str) -> str:
    return f"#{_html(text)}" if text else ""


def _html(markdown: str) -> str:
    """Write a text as HTML, which is the format of every text that has one."""
    html = _one_line(to_html(markdown))
    return _escape(f"&#91;{html[1:]}" if _NAMED.match(html) else html)


def _escape(text: str) -> str:
    return _SIGNS.sub(lambda found: "\\" + found[0], text)


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text).strip()


def _bracket(text: str) -> str:
    return _one_line(text).replace("]", "\\]")
