"""Write questions as the rows of a sheet, and the template for people who write their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.content.interactions import (
    AcceptedNumber,
    ChoiceInteraction,
    Description,
    ExtendedTextInteraction,
    MatchInteraction,
    Note,
    NumberInteraction,
    OrderInteraction,
    Severity,
    TextEntryInteraction,
    write_number,
)
from app.interchange.bank import BankItem, QuestionBank, RefusedItemError
from app.interchange.sheets.columns import ANSWER_COLUMNS, COLUMNS, MOST_ANSWERS, Place, SheetType

Cells = Mapping[Place, str]

LEAST_ANSWERS = 6
"""How many groups of answers a file has at least, so that people can add some."""


def list_headings(answers: int) -> list[str]:
    """Return the headings for so many groups of answers."""
    return [
        *(column.name for column in COLUMNS),
        *(f"{column.name} {number}" for number in range(1, answers + 1) for column in ANSWER_COLUMNS),
    ]


def list_cells(cells: Cells, answers: int) -> list[str]:
    """Return the cells of a row in the order of the headings."""
    return [
        *(cells.get(Place(column.name), "") for column in COLUMNS),
        *(cells.get(Place(column.name, number), "") for number in range(1, answers + 1) for column in ANSWER_COLUMNS),
    ]


def count_answers(rows: Iterable[Cells]) -> int:
    return max([LEAST_ANSWERS, *(place.number for row in rows for place in row)])


def write_rows(bank: QuestionBank) -> tuple[Sequence[Cells], QuestionBank]:
    """Return a row for each question that a sheet can hold, and the bank with what is lost or refused."""
    rows: list[Cells] = []
    items: list[BankItem] = []
    for item in bank.items:
        if item.is_refused or item.interaction is None:
            items.append(item)
            continue
        try:
            row, notes = write_item(item)
        except RefusedItemError as error:
            items.append(item.refuse(str(error)))
        else:
            rows.append(row)
            items.append(item.add_notes(*notes))
    return rows, QuestionBank(tuple(items), bank.pictures, bank.notes)


def write_item(item: BankItem) -> tuple[Cells, tuple[Note, ...]]:
    """Return the row of a question, and notes on what it cannot hold.

    :raise RefusedItemError: the sheet has no such type of question.
    """
    interaction = item.interaction
    write = next((write for kind, write in _WRITERS if isinstance(interaction, kind)), None)
    if write is None:
        raise RefusedItemError("sheets have no questions that point at a picture")
    notes: list[Note] = []
    if item.pictures:
        notes.append(Note(Severity.LOST, "sheets hold no pictures"))
    if any(" / " in part for part in item.categories) or any(";" in tag for tag in item.tags):
        notes.append(Note(Severity.CHANGED, "a category with “ / ” or a tag with a semicolon is read as two"))
    cells = {
        Place("id"): item.identifier,
        Place("title"): item.title,
        Place("category"): " / ".join(item.categories),
        Place("tags"): "; ".join(item.tags),
        Place("question"): item.stem,
        Place("mark"): write_number(item.mark),
        Place("explanation"): item.feedback,
    }
    cells |= {place: text for place, text in write(interaction)}
    if not item.stem:
        raise RefusedItemError("it has no question")
    filled = {place.number for place, text in cells.items() if text and place.name in ("answer", "partner")}
    if any(text and place.number not in filled | {0} for place, text in cells.items()):
        raise RefusedItemError("one of its answers has no text")
    if max(place.number for place in cells) > MOST_ANSWERS:
        raise RefusedItemError(f"sheets have {MOST_ANSWERS} answers at most")
    return {place: text for place, text in cells.items() if text}, tuple(notes)


def _write_percent(fraction: float) -> str:
    return f"{fraction * 100:.5f}".rstrip("0").rstrip(".")


def _write_shuffle(*, is_shuffled: bool) -> tuple[Place, str]:
    return Place("shuffle"), "yes" if is_shuffled else "no"


def _write_choice(choice: ChoiceInteraction) -> Iterator[tuple[Place, str]]:
    kind = SheetType.SEVERAL if choice.is_multiple else SheetType.TRUTH if choice.is_truth else SheetType.SINGLE
    yield Place("type"), kind.value
    if not choice.is_truth:
        yield _write_shuffle(is_shuffled=choice.is_shuffled)
    for number, option in enumerate(choice.options, start=1):
        yield Place("answer", number), option.text
        yield Place("percent", number), _write_percent(option.fraction)
        yield Place("feedback", number), option.feedback


def _write_text(text: TextEntryInteraction) -> Iterator[tuple[Place, str]]:
    yield Place("type"), SheetType.TEXT.value
    yield Place("exact"), ", ".join(text.exact)
    yield Place("otherwise"), text.otherwise
    yield Place("typing errors"), ", ".join(str(at) for at, one in enumerate(text.answers, start=1) if one.allows_typo)
    for number, one in enumerate(text.answers, start=1):
        yield Place("answer", number), one.text
        yield Place("percent", number), _write_percent(one.fraction)
        yield Place("feedback", number), one.feedback


def _write_numbers(number: NumberInteraction) -> Iterator[tuple[Place, str]]:
    yield Place("type"), SheetType.NUMBER.value
    yield Place("unit"), number.unit
    yield Place("otherwise"), number.otherwise
    for at, one in enumerate(number.answers, start=1):
        yield Place("answer", at), write_accepted(one)
        yield Place("percent", at), _write_percent(one.fraction)
        yield Place("feedback", at), one.feedback


def write_accepted(one: AcceptedNumber) -> str:
    value = write_number(one.value)
    return f"{value} ± {write_number(one.tolerance)}" if one.tolerance else value


def _write_match(match: MatchInteraction) -> Iterator[tuple[Place, str]]:
    yield Place("type"), SheetType.MATCH.value
    yield _write_shuffle(is_shuffled=match.is_shuffled)
    if not all(pair.left and pair.right for pair in match.pairs):
        raise RefusedItemError("one of its lines has an empty side")
    for number, pair in enumerate(match.pairs, start=1):
        yield Place("answer", number), pair.left
        yield Place("partner", number), pair.right
        yield Place("feedback", number), pair.feedback
    for number, right in enumerate(match.extra, start=len(match.pairs) + 1):
        yield Place("partner", number), right


def _write_order(order: OrderInteraction) -> Iterator[tuple[Place, str]]:
    yield Place("type"), SheetType.ORDER.value
    for number, step in enumerate(order.steps, start=1):
        yield Place("answer", number), step.text
        yield Place("feedback", number), step.feedback


def _write_essay(text: ExtendedTextInteraction) -> Iterator[tuple[Place, str]]:
    yield Place("type"), SheetType.ESSAY.value
    yield Place("answer", 1), text.model_answer
    yield Place("rubric"), text.rubric
    if text.least_words or text.most_words:
        yield Place("words"), f"{f'{text.least_words}-' if text.least_words else ''}{text.most_words or ''}"


def _write_description(text: Description) -> Iterator[tuple[Place, str]]:
    yield Place("type"), SheetType.DESCRIPTION.value


_WRITERS: Sequence[tuple[type, Callable[[Any], Iterator[tuple[Place, str]]]]] = (
    (ChoiceInteraction, _write_choice),
    (TextEntryInteraction, _write_text),
    (NumberInteraction, _write_numbers),
    (MatchInteraction, _write_match),
    (OrderInteraction, _write_order),
    (ExtendedTextInteraction, _write_essay),
    (Description, _write_description),
)
