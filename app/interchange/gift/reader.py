"""Reads GIFT, as Moodle does: https://docs.moodle.org/en/GIFT_format

Moodle's own rules are followed where they are odd, too: ``{=1}`` is a short answer, and a question ends at an empty line.
Only an empty line between braces is forgiven.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

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
from app.interchange.bank import BankItem, QuestionBank, RefusedItemError
from app.interchange.gift.blocks import GiftBlock, protect, split_blocks, unprotect
from app.interchange.html_text import read_html, read_lines, read_markdown
from app.interchange.markup import ReadText, clean, read_plain
from app.interchange.moodle.marks import read_float, read_percent
from app.interchange.moodle.texts import note_short_answers, split_category, split_otherwise
from app.interchange.text_files import decode_text, peek_text, unify_line_ends

_WEIGHT = re.compile(r"%(-*[0-9]{1,3}(?:\.[0-9]*)?)%")
_FORMAT = re.compile(r"\[(html|moodle|plain|markdown)\]")
_FORMATS: Mapping[str, Callable[[str], ReadText]] = {
    "html": read_html,
    "moodle": read_lines,
    "plain": read_plain,
    "markdown": read_markdown,
}
_ORDER = re.compile(
    r">\s*(?P<count>[0-9]*)\s*(?P<select>ALL|EXACT|RANDOM|REL|CONTIGUOUS|CONTIG)?\s*"
    r"(?P<layout>HORIZONTAL|HORI|H|VERTICAL|VERT|V|[01])?\s*(?P<grading>[A-Z]+(?:_[A-Z]+)+|ABSOLUTE|ABS|RELATIVE|REL)?\s*"
    r"(?:(?:SHOW|HIDE)\b)?[ \t]*(?:none|abc|ABCD|123|iii|IIII)?[ \t]*\n(?P<steps>.*)",
    re.DOTALL,
)
_LOST = "Moodle left this question out of its GIFT export, which has no words for its type"
_TRUTHS = {"T": True, "TRUE": True, "F": False, "FALSE": False}


def read_gift(data: bytes) -> QuestionBank:
    """Read a file of questions. One that cannot be read is refused with its line; the others are read.

    :raise UnreadableBankError: it is not text, or there are too many.
    """
    items: list[BankItem] = []
    category: tuple[str, ...] = ()
    decoded = decode_text(data)
    for block in split_blocks(unify_line_ends(decoded.text)):
        if block.text.startswith("$CATEGORY:"):
            first, _, rest = block.text.partition("\n")
            category = split_category(unprotect(first.removeprefix("$CATEGORY:")))
            if not rest.strip():
                continue
            block = replace(block, text=rest.strip())
        place = f"line {block.line}"
        if not block.text:
            if block.announced:
                items.append(BankItem(place, block.announced, categories=category).refuse(_LOST))
            continue
        items.append(_GiftReader(block).read(BankItem(place, categories=category)))
    return QuestionBank(tuple(items), notes=decoded.notes)


@dataclass(slots=True)
class _GiftReader:
    """Reads one question and collects its notes. Escaped signs stay protected until a text is read."""

    block: GiftBlock
    notes: list[Note] = field(default_factory=list)
    format: str = "moodle"

    def read(self, item: BankItem) -> BankItem:
        title, text = _split_title(self.block.text)
        item = replace(item, title=title, identifier=self.block.identifier, tags=self.block.tags)
        try:
            if self.block.is_joined:
                note = Note(Severity.WARNING, "an empty line should separate this question from the one before")
                self.notes.append(note)
            return self._read(item, text).add_notes(*self.notes)
        except RefusedItemError as error:
            return item.add_notes(*self.notes).refuse(str(error))

    def _read(self, item: BankItem, text: str) -> BankItem:
        start, end = text.find("{"), text.find("}")
        if start < 0 and end < 0:
            return replace(item, stem=self._stem(text), interaction=Description())
        if start < 0 or end < start:
            raise RefusedItemError("a brace is missing, or should be written as \\{ or \\}")
        if "{" in text[end:]:
            raise RefusedItemError("there are two sets of answers; an empty line must separate questions")
        before, answers, after = text[:start], text[start + 1 : end].strip(), text[end + 1 :]
        gap = "_____" if after.strip() else ""
        stem = self._stem(before + gap + after)
        answers, _, feedback = answers.rpartition("####") if "####" in answers else (answers, "", "")
        return replace(item, stem=stem, interaction=self._interaction(answers.strip()), feedback=self._text(feedback))

    def _stem(self, text: str) -> str:
        """Read the text of the question; its format is that of the other texts, too."""
        text = text.strip()
        if found := _FORMAT.match(text):
            self.format = found[1]
        return self._text(text)

    def _text(self, text: str) -> str:
        text = text.strip()
        name = self.format
        if found := _FORMAT.match(text):
            name, text = found[1], text[found.end() :]
        got = _FORMATS[name](unprotect(text).strip())
        self.notes.extend(got.notes)
        return got.text

    def _interaction(self, answers: str) -> Interaction:
        if not answers:
            return ExtendedTextInteraction()
        if answers.startswith("#"):
            return self._numbers(answers[1:])
        if answers.startswith(">"):
            return self._order(answers)
        if "~" in answers:
            return self._choice(answers)
        if "=" in answers and "->" in answers:
            return self._match(answers)
        if answers.partition("#")[0].strip() in _TRUTHS:
            return self._truth(answers)
        return self._short(answers)

    def _choice(self, answers: str) -> Interaction:
        options = []
        for part in _split(answers.replace("=", "~="), "~"):
            if part.startswith("="):
                fraction, part = 1.0, part[1:]
            else:
                fraction, part = _take_weight(part, default=0.0)
            text, feedback = self._answer(part)
            options.append(Option(text, fraction, feedback))
        if len(options) < 2:
            raise RefusedItemError("the question has fewer than 2 options")
        return ChoiceInteraction(tuple(options), is_multiple="=" not in answers)

    def _answer(self, part: str) -> tuple[str, str]:
        text, _, feedback = part.partition("#")
        return self._text(text), self._text(feedback)

    def _truth(self, answers: str) -> Interaction:
        word, _, rest = answers.partition("#")
        wrong, _, right = rest.partition("#")
        is_true = _TRUTHS[word.strip()]
        on_true, on_false = self._text(right if is_true else wrong), self._text(wrong if is_true else right)
        options = (Option("True", float(is_true), on_true), Option("False", float(not is_true), on_false))
        return ChoiceInteraction(options, is_shuffled=False, is_truth=True)

    def _short(self, answers: str) -> Interaction:
        accepted = []
        for part in _split(answers, "="):
            fraction, part = _take_weight(part, default=1.0)
            text, _, feedback = part.partition("#")
            words = " ".join(unprotect(text).split())
            if not words:
                raise RefusedItemError("an answer is empty")
            accepted.append(AcceptedText(words, fraction, self._text(feedback)))
        if not accepted:
            raise RefusedItemError("the question has no answer")
        self.notes.extend(note_short_answers(accepted))
        kept, otherwise = split_otherwise(accepted)
        return TextEntryInteraction(kept, (), otherwise)

    def _numbers(self, answers: str) -> Interaction:
        answers, _, wrong = answers.partition("~")
        numbers = []
        for part in _split(answers, "="):
            fraction, part = _take_weight(part, default=1.0)
            text, _, feedback = part.partition("#")
            numbers.append(_read_number(text, fraction, self._text(feedback)))
        if not numbers:
            raise RefusedItemError("the question has no number")
        return NumberInteraction(tuple(numbers), "", self._text(wrong.partition("#")[2]))

    def _match(self, answers: str) -> Interaction:
        pairs: list[Pair] = []
        extra: list[str] = []
        for part in _split(answers, "="):
            left, arrow, right = part.partition("->")
            if not arrow:
                raise RefusedItemError(f"“{unprotect(part)[:40]}” has no “->” between its two sides")
            choice = read_plain(unprotect(right).strip())
            self.notes.extend(choice.notes)
            if prompt := self._text(left):
                pairs.append(Pair(prompt, choice.text))
            else:
                extra.append(choice.text)
        if len(pairs) < 2:
            raise RefusedItemError("the question has fewer than 2 pairs")
        return MatchInteraction(tuple(pairs), tuple(extra))

    def _order(self, answers: str) -> Interaction:
        found = _ORDER.match(answers)
        steps = [line for line in found["steps"].split("\n") if line.strip()] if found else []
        if not found or len(steps) < 2:
            raise RefusedItemError("the steps to put in order cannot be read")
        grading = found["grading"] or "its own way"
        self.notes.append(Note(Severity.CHANGED, f"marks count the pairs in the right order (not {grading})"))
        if (found["select"] or "ALL") not in {"ALL", "EXACT"}:
            self.notes.append(Note(Severity.CHANGED, "all steps are shown, not some of them"))
        return OrderInteraction(tuple(OrderedStep(self._text(step)) for step in steps))


def _split_title(text: str) -> tuple[str, str]:
    """Split ``::title:: text``; a title is one line."""
    if text.startswith("::"):
        title, mark, rest = text[2:].partition("::")
        if mark:
            return " ".join(clean(unprotect(title)).split())[:250], rest.strip()
    return "", text


def _split(answers: str, sign: str) -> list[str]:
    """Split answers that each begin with a sign; what comes before the first one counts if it is not empty."""
    return [part.strip() for at, part in enumerate(answers.split(sign)) if at or part.strip()]


def _take_weight(part: str, *, default: float) -> tuple[float, str]:
    found = _WEIGHT.match(part)
    if not found:
        return default, part
    return read_percent(found[1]), part[found.end() :]


def _read_number(text: str, fraction: float, feedback: str) -> AcceptedNumber:
    """Read ``value``, ``value:tolerance`` or ``least..most``."""
    words = unprotect(text).strip()
    if ".." in words:
        least, most = (read_float(part) for part in words.split("..", 1))
        if least is not None and most is not None and least <= most:
            return AcceptedNumber((least + most) / 2, (most - least) / 2, fraction, feedback)
    else:
        value, _, margin = words.partition(":")
        number, tolerance = read_float(value), read_float(margin or "0")
        if number is not None and tolerance is not None:
            return AcceptedNumber(number, abs(tolerance), fraction, feedback)
    raise RefusedItemError(f"“{words[:40]}” is not a number, a number with a tolerance, or a range")


def fits_gift(data: bytes) -> bool:
    """Return whether a file may be GIFT: it is text, and has braces, a category or a title."""
    text = peek_text(data)
    return not text.lstrip().startswith(("<", "PK")) and bool(
        re.search(r"^\s*(::|\$CATEGORY:|// question:)", text, re.MULTILINE) or "{" in protect(text)
    )
