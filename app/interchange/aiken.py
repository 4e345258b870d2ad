"""Reads and writes Aiken: a question, options with letters, and a line with the right one. There is nothing else in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.content.interactions import ChoiceInteraction, Note, Option, Severity
from app.interchange.bank import MAX_ITEMS, BankItem, QuestionBank, RefusedItemError, UnreadableBankError, WrittenBank
from app.interchange.formats import BankFormat
from app.interchange.markup import clean, has_emphasis, read_plain, to_plain
from app.interchange.text_files import decode_text, peek_text, unify_line_ends

_OPTION = re.compile(r"\s*([A-Za-z])[).][ \t]+(\S.*)")
_ANSWER = re.compile(r"\s*ANSWER\s*:\s*(.*)", re.IGNORECASE)
_LETTER_LIST = re.compile(r"[A-Za-z](?:(?:\s*[,;&]\s*|\s+)[A-Za-z]\b)*")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class _OpenQuestion:
    """The lines of a question so far."""

    line: int = 0
    stem: list[str] = field(default_factory=list)
    options: list[tuple[str, str]] = field(default_factory=list)


def read_aiken(data: bytes) -> QuestionBank:
    """Read a file of questions. One that cannot be read is refused with its line; the others are read.

    :raise UnreadableBankError: it is not text, or there are too many.
    """
    items: list[BankItem] = []
    here = _OpenQuestion()
    decoded = decode_text(data)
    for number, line in enumerate(unify_line_ends(decoded.text).split("\n"), start=1):
        if not line.strip():
            continue
        here.line = here.line or number
        if found := _ANSWER.fullmatch(line):
            items.append(_read_question(here, found[1].strip()))
            here = _OpenQuestion()
        elif (found := _OPTION.fullmatch(line)) and here.stem:
            here.options.append((found[1].upper(), found[2].strip()))
        elif here.options:
            items.append(_refuse(here, "the line “ANSWER: …” is missing"))
            here = _OpenQuestion(number, [line.strip()])
        else:
            here.stem.append(line.strip())
        if len(items) > MAX_ITEMS:
            raise UnreadableBankError(f"the file has too many questions; {MAX_ITEMS} at most", number)
    if here.stem or here.options:
        items.append(_refuse(here, "the line “ANSWER: …” is missing"))
    return QuestionBank(tuple(items), notes=decoded.notes)


def _refuse(here: _OpenQuestion, reason: str) -> BankItem:
    return BankItem(f"line {here.line}", clean(" ".join(here.stem))[:80]).refuse(reason)


def _read_question(here: _OpenQuestion, answer: str) -> BankItem:
    right = re.findall(r"\b[A-Z]\b", answer.upper()) if _LETTER_LIST.fullmatch(answer) else []
    letters = [letter for letter, _ in here.options]
    if not here.stem:
        return _refuse(here, "there is no question before the answer")
    if len(letters) < 2:
        return _refuse(here, "the question has fewer than 2 options")
    if letters != list(_LETTERS[: len(letters)]):
        return _refuse(
            here, f"the letters of the options are {', '.join(letters[:30])}, not in the order of the alphabet"
        )
    if not right:
        return _refuse(here, f"“{clean(answer)[:40]}” is not the letter of an option")
    if missing := [letter for letter in right if letter not in letters]:
        return _refuse(here, f"the answer is {', '.join(missing)}, but the options end with {letters[-1]}")
    try:
        return _build_item(here, frozenset(right))
    except RefusedItemError as error:
        return _refuse(here, str(error))


def _build_item(here: _OpenQuestion, right: frozenset[str]) -> BankItem:
    stem = read_plain(" ".join(here.stem))
    read = [read_plain(text) for _, text in here.options]
    share = 1 / len(right)
    is_multiple = len(right) > 1
    options = tuple(
        Option(one.text, share if letter in right else -share * is_multiple)
        for one, (letter, _) in zip(read, here.options, strict=True)
    )
    notes = [*stem.notes, *(note for one in read for note in one.notes)]
    if is_multiple:
        notes.append(Note(Severity.WARNING, "Aiken has one right option; here several were given"))
    choice = ChoiceInteraction(options, is_multiple=is_multiple)
    return BankItem(f"line {here.line}", interaction=choice, stem=stem.text).add_notes(*notes)


def write_aiken(bank: QuestionBank) -> WrittenBank:
    """Write the questions with one right option; all others are refused."""
    blocks: list[str] = []
    items: list[BankItem] = []
    for item in bank.items:
        try:
            blocks += [] if item.is_refused else ["\n".join(_write_lines(item))]
            items.append(item if item.is_refused else item.add_notes(*_note_lost(item)))
        except RefusedItemError as error:
            items.append(item.refuse(str(error)))
    return WrittenBank(("\n\n".join(blocks) + "\n").encode(), replace(bank, items=tuple(items)))


def _write_lines(item: BankItem) -> Iterator[str]:
    choice = item.interaction
    if not isinstance(choice, ChoiceInteraction) or choice.is_multiple:
        raise RefusedItemError("Aiken has only questions with one right option")
    right = [at for at, one in enumerate(choice.options) if one.fraction == 1]
    if len(right) != 1 or not 2 <= len(choice.options) <= len(_LETTERS):
        raise RefusedItemError("Aiken needs one right option, and from 2 to 26 in all")
    stem = _line(item.stem)
    if not stem or _OPTION.fullmatch(stem) or _ANSWER.fullmatch(stem):
        raise RefusedItemError("the question is empty, or looks like an option or an answer of Aiken")
    yield stem
    for letter, one in zip(_LETTERS, choice.options, strict=False):
        text = _line(one.text)
        if not text:
            raise RefusedItemError("an option is empty")
        yield f"{letter}) {text}"
    yield f"ANSWER: {_LETTERS[right[0]]}"


def _note_lost(item: BankItem) -> Iterator[Note]:
    assert isinstance(item.interaction, ChoiceInteraction)
    options = item.interaction.options
    lost = {
        "the reasons of the options": any(one.feedback for one in options),
        "the general feedback": bool(item.feedback),
        "the id and the tags": bool(item.identifier or item.tags),
        "the category": bool(item.categories),
        "emphasis": has_emphasis(item.stem) or any(has_emphasis(one.text) for one in options),
        "the pictures": bool(item.pictures),
        "the fixed order of the options": not item.interaction.is_shuffled,
    }
    if names := ", ".join(name for name, is_lost in lost.items() if is_lost):
        yield Note(Severity.LOST, f"{names}: Aiken has no place for it")


def _line(markdown: str) -> str:
    return " ".join(to_plain(markdown, between=" ").split())


def _fits(data: bytes) -> bool:
    return re.search(r"^\s*ANSWER\s*:", peek_text(data), re.MULTILINE | re.IGNORECASE) is not None


FORMATS = (BankFormat("aiken", "Aiken", (".aiken", ".txt"), fits=_fits, read=read_aiken, write=write_aiken),)
