"""Read the rows of a question sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.content.interactions import (
    AcceptedNumber,
    AcceptedText,
    ChoiceInteraction,
    Description,
    ExtendedTextInteraction,
    Interaction,
    MatchInteraction,
    Note,
    NumberInteraction,
    Option,
    OrderedStep,
    OrderInteraction,
    Pair,
    Severity,
    TextEntryInteraction,
)
from app.interchange.bank import MAX_ITEMS, BankItem, QuestionBank, RefusedItemError, UnreadableBankError
from app.interchange.markup import check_length, clean, note_invisible, read_runs, split_paragraphs, write_runs
from app.interchange.package import show
from app.interchange.sheets.cells import unprotect
from app.interchange.sheets.columns import Place, SheetType, find_type, read_heading

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}([.,][0-9]{1,12})?(e[+-]?[0-9]{1,2})?", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2},[0-9]{3}(?![0-9])")
_TOLERANCE = re.compile(r"\s*(?:±|\+/-|\+-)\s*")
_RANGE = re.compile(r"\s*(?:\.\.|…)\s*")
_YES = frozenset({"yes", "y", "true", "1", "x", "ja"})
_NO = frozenset({"no", "n", "false", "0", "nein"})
_EXACT = ("case", "accents", "spaces", "punctuation")


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty. ``place`` says where it is; ``notes`` are those of its cells."""

    place: str
    cells: Sequence[str]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One group of columns."""

    number: int
    text: str = ""
    partner: str = ""
    percent: str = ""
    feedback: str = ""


@dataclass
class _RowReader:
    row: Row
    cells: Mapping[Place, str]
    notes: list[Note] = field(default_factory=list)
    used: set[Place] = field(default_factory=set)

    def take(self, name: str, number: int = 0) -> str:
        """Return a cell as plain text."""
        self.used.add(Place(name, number))
        return self.cells.get(Place(name, number), "")

    def take_text(self, name: str, number: int = 0) -> str:
        """Return a cell as Markdown, in paragraphs."""
        text = self.take(name, number)
        check_length(text)
        self.notes += note_invisible(text)
        return "\n\n".join(write_runs(read_runs(one), self.notes) for one in split_paragraphs(clean(text)))

    def take_line(self, name: str, number: int = 0) -> str:
        """Return a cell as plain text in one line."""
        return " ".join(clean(self.take(name, number)).split())

    def list_answers(self) -> list[Answer]:
        """Return the groups of columns that are not empty."""
        numbers = sorted({place.number for place, cell in self.cells.items() if place.number and cell})
        return [
            Answer(
                number,
                self.take_text("answer", number),
                self.take_text("partner", number),
                self.take_line("percent", number),
                self.take_text("feedback", number),
            )
            for number in numbers
        ]

    def note(self, severity: Severity, reason: str) -> None:
        self.notes.append(Note(severity, reason))

    def read_flag(self, name: str, *, default: bool) -> bool:
        word = self.take_line(name).casefold()
        if word in _YES or word in _NO:
            return word in _YES
        if word:
            self.note(Severity.WARNING, f"“{show(word)}” in the column {name} is neither yes nor no")
        return default


def read_rows(headings: Sequence[str], rows: Sequence[Row]) -> QuestionBank:
    """Read the rows below a row of headings.

    :raise UnreadableBankError: the headings do not describe questions, or there are too many rows.
    """
    places: dict[int, Place] = {}
    unknown: list[str] = []
    for at, text in enumerate(headings):
        place = read_heading(unprotect(text))
        if place is not None and place in places.values():
            raise UnreadableBankError(f"two columns are headed “{show(text)}”")
        if place is not None:
            places[at] = place
        elif text.strip():
            unknown.append(show(text.strip()))
    if Place("type") not in places.values() or Place("question") not in places.values():
        raise UnreadableBankError("the first row needs the headings “type” and “question”, as in the template")
    if len(rows) > MAX_ITEMS:
        raise UnreadableBankError(f"the file has more than {MAX_ITEMS:,} rows")
    notes = [Note(Severity.LOST, f"the column “{name}” is unknown and was left out") for name in unknown[:50]]
    return QuestionBank(tuple(_read_row(row, places) for row in rows), {}, tuple(notes))


def _read_row(row: Row, places: Mapping[int, Place]) -> BankItem:
    cells = {place: unprotect(row.cells[at]).strip() for at, place in places.items() if at < len(row.cells)}
    reader = _RowReader(row, cells)
    item = BankItem(place=row.place, identifier=reader.take_line("id"), title=reader.take_line("title"))
    try:
        item = _read_parts(item, reader)
    except RefusedItemError as error:
        item = item.refuse(str(error))
    if not item.is_refused:
        if outside := [at for at, cell in enumerate(row.cells) if cell.strip() and at not in places]:
            reader.note(Severity.LOST, f"{len(outside)} cells outside the known columns were left out")
        for place, cell in cells.items():
            if cell and place not in reader.used:
                heading = f"{place.name} {place.number or ''}".strip()
                reader.note(Severity.LOST, f"this type of question has no use for the column “{heading}”")
    return item.add_notes(*row.notes, *reader.notes)


def _read_parts(item: BankItem, reader: _RowReader) -> BankItem:
    word = reader.take_line("type")
    found = find_type(word)
    if found is None:
        raise RefusedItemError(f"“{show(word)}” is not a type of question" if word else "it has no type")
    stem = reader.take_text("question")
    if not stem:
        raise RefusedItemError("it has no question")
    mark = _read_number(reader.take_line("mark"), "mark") if reader.take_line("mark") else None
    default = 0.0 if found is SheetType.DESCRIPTION else 1.0
    return BankItem(
        place=item.place,
        identifier=item.identifier,
        title=item.title,
        stem=stem,
        interaction=_READERS[found](reader),
        categories=tuple(part.strip() for part in reader.take_line("category").split(" / ") if part.strip()),
        tags=tuple(part.strip() for part in reader.take_line("tags").split(";") if part.strip()),
        feedback=reader.take_text("explanation"),
        mark=default if mark is None else max(0.0, mark),
    )


def _read_number(text: str, what: str) -> float:
    plain = text.strip().replace("−", "-").removesuffix("%").strip()
    if not _NUMBER.fullmatch(plain):
        raise RefusedItemError(f"“{show(text)}” is not a number ({what})")
    return float(plain.replace(",", "."))


def _read_share(answer: Answer, default: float) -> float:
    if not answer.percent:
        return default
    percent = _read_number(answer.percent, f"percent {answer.number}")
    if not -100.1 <= percent <= 100.1:
        raise RefusedItemError(f"“{show(answer.percent)}” is more than the whole mark (percent {answer.number})")
    return max(-1.0, min(1.0, round(percent / 100, 7)))


def _list_texts(reader: _RowReader) -> list[Answer]:
    answers = reader.list_answers()
    for one in answers:
        if not one.text:
            raise RefusedItemError(f"answer {one.number} has no text")
    if not answers:
        raise RefusedItemError("it needs an answer")
    return answers


def _read_options(reader: _RowReader, *, is_multiple: bool = False) -> ChoiceInteraction:
    answers = _list_texts(reader)
    _forget_partners(reader, answers)
    options = tuple(Option(one.text, _read_share(one, 0.0), one.feedback) for one in answers)
    if not any(option.fraction > 0 for option in options):
        reader.note(Severity.WARNING, "no option earns anything; write 100 into the percent column of the right one")
    return ChoiceInteraction(options, is_multiple, reader.read_flag("shuffle", default=True))


def _read_truth(reader: _RowReader) -> ChoiceInteraction:
    choice = _read_options(reader)
    words = [option.text.casefold() for option in choice.options]
    if words == ["false", "true"]:
        return ChoiceInteraction(choice.options[::-1], is_shuffled=False, is_truth=True)
    if words != ["true", "false"]:
        raise RefusedItemError("its answers are not True and False")
    return ChoiceInteraction(choice.options, is_shuffled=False, is_truth=True)


def _read_text(reader: _RowReader) -> TextEntryInteraction:
    answers = _list_texts(reader)
    _forget_partners(reader, answers)
    tolerant = set(re.findall(r"[0-9]{1,3}", reader.take_line("typing errors")))
    words = re.split(r"[\s,;]+", reader.take_line("exact").casefold())
    for word in words:
        if word and word not in _EXACT:
            reader.note(Severity.LOST, f"“{show(word)}” in the column exact is none of {', '.join(_EXACT)}")
    accepted = tuple(
        AcceptedText(
            " ".join(reader.take("answer", one.number).split()),
            _read_share(one, 1.0),
            one.feedback,
            str(one.number) in tolerant,
        )
        for one in answers
    )
    return TextEntryInteraction(
        accepted, tuple(word for word in _EXACT if word in words), reader.take_text("otherwise")
    )


def _read_numbers(reader: _RowReader) -> NumberInteraction:
    answers = _list_texts(reader)
    _forget_partners(reader, answers)
    accepted = []
    for one in answers:
        text = reader.take_line("answer", one.number)
        value, tolerance = _read_accepted(text, f"answer {one.number}")
        if found := _THOUSANDS.search(text):
            reason = f"“{found[0]}” was read with a decimal comma; leave the comma out if it means thousands"
            reader.note(Severity.WARNING, reason)
        accepted.append(AcceptedNumber(value, tolerance, _read_share(one, 1.0), one.feedback))
    return NumberInteraction(tuple(accepted), reader.take_line("unit"), reader.take_text("otherwise"))


def _read_accepted(text: str, what: str) -> tuple[float, float]:
    """Read ``7``, ``7 ± 0.5`` or ``6.5..7.5``."""
    if len(ends := _RANGE.split(text)) == 2:
        low, high = (_read_number(end, what) for end in ends)
        return float(f"{(low + high) / 2:.12g}"), float(f"{abs(high - low) / 2:.12g}")
    value, *tolerance = _TOLERANCE.split(text)
    if len(tolerance) > 1:
        raise RefusedItemError(f"“{show(text)}” is not a number ({what})")
    return _read_number(value, what), abs(_read_number(tolerance[0], what)) if tolerance else 0.0


def _read_match(reader: _RowReader) -> MatchInteraction:
    answers = reader.list_answers()
    pairs = tuple(Pair(one.text, one.partner, one.feedback) for one in answers if one.text and one.partner)
    for one in answers:
        if not one.partner:
            raise RefusedItemError(f"answer {one.number} has no partner")
        if not one.text and one.feedback:
            reader.note(Severity.LOST, f"feedback {one.number} belongs to no answer and was left out")
    _forget_percents(reader, answers)
    if not pairs:
        raise RefusedItemError("it needs a pair")
    extra = tuple(one.partner for one in answers if not one.text)
    return MatchInteraction(pairs, extra, reader.read_flag("shuffle", default=True))


def _read_order(reader: _RowReader) -> OrderInteraction:
    answers = _list_texts(reader)
    _forget_partners(reader, answers)
    _forget_percents(reader, answers)
    return OrderInteraction(tuple(OrderedStep(one.text, one.feedback) for one in answers))


def _read_essay(reader: _RowReader) -> ExtendedTextInteraction:
    words = reader.take_line("words").replace("–", "-").replace(" ", "")
    found = re.fullmatch(r"(?:([0-9]{1,6})-)?([0-9]{1,6})?", words)
    if found is None:
        reader.note(Severity.LOST, f"“{show(words)}” is no number of words, such as 50-200")
    least, most = (int(part) if part else None for part in (found.groups() if found else (None, None)))
    return ExtendedTextInteraction(
        reader.take_text("answer", 1), reader.take_text("rubric"), least or None, most or None
    )


def _read_description(reader: _RowReader) -> Description:
    return Description()


def _forget_partners(reader: _RowReader, answers: Sequence[Answer]) -> None:
    """Have partners noted as useless."""
    reader.used -= {Place("partner", one.number) for one in answers if one.partner}


def _forget_percents(reader: _RowReader, answers: Sequence[Answer]) -> None:
    reader.used -= {Place("percent", one.number) for one in answers if one.percent}


def list_filled(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield the rows that are not empty."""
    return (row for row in rows if any(cell.strip() for cell in row.cells))


_READERS: Mapping[SheetType, Callable[[_RowReader], Interaction]] = {
    SheetType.SINGLE: _read_options,
    SheetType.SEVERAL: lambda reader: _read_options(reader, is_multiple=True),
    SheetType.TRUTH: _read_truth,
    SheetType.TEXT: _read_text,
    SheetType.NUMBER: _read_numbers,
    SheetType.MATCH: _read_match,
    SheetType.ORDER: _read_order,
    SheetType.ESSAY: _read_essay,
    SheetType.DESCRIPTION: _read_description,
}
