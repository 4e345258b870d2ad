"""Reads Moodle XML: the questions of a course as Moodle exports them, version 2 to 4."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
from app.interchange.html_text import read_html, read_lines, read_markdown
from app.interchange.markup import ReadText, clean, read_plain
from app.interchange.moodle.marks import read_float, read_percent
from app.interchange.moodle.settings import list_settings, note_left_out
from app.interchange.moodle.texts import note_short_answers, split_category, split_grader_info, split_otherwise
from app.interchange.pictures import PictureStore, decode_base64
from app.interchange.xml_tree import XmlElement, read_xml

_QUOTED_LETTERS = 80
_MOST_PARTS = 2_000
"""Of one question, with the spaces between them. Looking for one of them goes through all."""
_REFUSED = {
    "cloze": "a text with several gaps (Moodle's “cloze”) has no counterpart; ask for each gap in a question of its own",
    "ddwtos": "dragging words into a text has no counterpart; ask for each gap in a question of its own",
    "gapselect": "choosing words in a text has no counterpart; ask for each gap in a question of its own",
    "calculated": "a question with calculated numbers has no counterpart",
    "ddmarker": "dragging markers onto a picture has no counterpart",
    "ddimageortext": "dragging onto a picture has no counterpart",
    "random": "a random draw from a category is not a question; a module's blueprint draws questions",
}
_SAME = {"multianswer": "cloze", "calculatedsimple": "calculated", "calculatedmulti": "calculated", "match": "matching"}


def read_moodle_xml(data: bytes) -> QuestionBank:
    """Read a file of questions.

    :raise UnreadableBankError: it is not XML, or not of Moodle.
    """
    root = read_xml(data)
    if root.name != "quiz":
        raise UnreadableBankError(f"the file begins with <{root.name}>, not with Moodle's <quiz>", root.line)
    if len(root.elements) > MAX_ITEMS:
        raise UnreadableBankError(f"the file has too many questions; {MAX_ITEMS} at most")
    store = PictureStore()
    items: list[BankItem] = []
    settings: set[str] = set()
    notes: list[Note] = []
    category: tuple[str, ...] = ()
    for element in root.elements:
        if element.name != "question":
            notes.append(Note(Severity.LOST, f"line {element.line}: <{element.name}> is not a question"))
        elif element.attributes.get("type") == "category":
            category = split_category(element.find_text("category", "text"))
            if info := element.find_text("info", "text"):
                name = "/".join(category)
                notes.append(Note(Severity.LOST, f"the description of the category “{name}” (“{clean(info)[:80]}”)"))
        else:
            reader = _ElementReader(element, store)
            items.append(reader.read(category))
            settings |= set() if items[-1].is_refused else list_settings(element)
    return QuestionBank(tuple(items), store.pictures, (*notes, *note_left_out(settings)))


@dataclass(slots=True)
class _ElementReader:
    """Reads one ``<question>`` and collects its notes."""

    element: XmlElement
    store: PictureStore
    notes: list[Note] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    @property
    def type(self) -> str:
        name = self.element.attributes.get("type", "")
        return _SAME.get(name, name)

    def read(self, category: tuple[str, ...]) -> BankItem:
        """Return the question; what cannot be read is refused with the reason."""
        title = _one_line(self.element.find_text("name", "text"))
        item = BankItem(f"line {self.element.line}", title, categories=category)
        try:
            return self._read(item)
        except RefusedItemError as error:
            return item.add_notes(*self.notes).refuse(str(error))

    def _read(self, item: BankItem) -> BankItem:
        if self.type in _REFUSED:
            raise RefusedItemError(_REFUSED[self.type])
        read = _READERS.get(self.type)
        if read is None:
            raise RefusedItemError(f"Moodle's type “{self.type[:40]}” has no counterpart")
        if len(self.element.children) > _MOST_PARTS:
            raise RefusedItemError("the question has too many parts")
        stem = self._text(self.element.find("questiontext"))
        feedback = self._text(self.element.find("generalfeedback"))
        interaction = read(self)
        self._note_rest()
        return BankItem(
            place=item.place,
            title=item.title,
            interaction=interaction,
            stem=stem,
            identifier=_one_line(self.element.find_text("idnumber")),
            categories=item.categories,
            tags=self._tags(),
            feedback=feedback,
            mark=self._mark(),
            pictures=tuple(dict.fromkeys(self.shown)),
        ).add_notes(*self.notes)

    def _text(self, element: XmlElement | None) -> str:
        """Read the text of an element by its format, and keep the pictures beside it."""
        if element is None:
            return ""
        pictures = self._pictures(element)
        default = self._default_format()
        read = _FORMATS.get(element.attributes.get("format", default), read_html)
        got = read(element.find_text("text"), pictures)
        self.notes.extend(got.notes)
        self.shown.extend(got.pictures)
        for name in pictures.values():
            if name not in got.pictures:
                self.notes.append(Note(Severity.WARNING, f"the picture “{name}” is kept, but nothing shows it"))
        return got.text

    def _default_format(self) -> str:
        stem = self.element.find("questiontext")
        return stem.attributes.get("format", "html") if stem else "html"

    def _pictures(self, element: XmlElement) -> dict[str, str]:
        """Keep the files beside a text; return the bank's names by those of the file."""
        names = {}
        for file in element.find_all("file"):
            path = file.attributes.get("path", "/").strip("/")
            name = file.attributes.get("name", "")
            data = decode_base64(file.text) if file.attributes.get("encoding", "base64") == "base64" else None
            kept = self.store.keep(name, data) if data else None
            if kept is None:
                reason = f"the file “{clean(name)[:80]}” is not a picture that can be kept (PNG, JPEG, GIF or WebP)"
                self.notes.append(Note(Severity.LOST, reason))
            else:
                names[f"{path}/{name}" if path else name] = kept
        return names

    def _plain(self, text: str) -> str:
        """Read a text that Moodle shows as typed."""
        got = read_plain(text)
        self.notes.extend(got.notes)
        return got.text

    def _answers(self) -> list[XmlElement]:
        return self.element.find_all("answer")

    def _mark(self) -> float:
        mark = read_float(self.element.find_text("defaultgrade") or "1")
        return 1.0 if mark is None else mark

    def _tags(self) -> tuple[str, ...]:
        tags = [
            _one_line(tag.find_text("text"))
            for name in ("tags", "coursetags")
            for group in self.element.find_all(name)
            for tag in group.find_all("tag")
        ]
        return tuple(dict.fromkeys(filter(None, tags)))

    def _note_rest(self) -> None:
        """Note the feedback, hints and penalties that have no place in our format."""
        for name, words in _COMBINED.items():
            for element in self.element.find_all(name):
                if text := _plain_words(element):
                    self.notes.append(Note(Severity.LOST, f"the feedback on every {words} answer (“{text}”)"))
        for element in self.element.find_all("hint"):
            if text := _plain_words(element):
                self.notes.append(Note(Severity.LOST, f"a hint (“{text}”)"))
        penalty = read_float(self.element.find_text("penalty") or "0") or 0.0
        if not any(abs(penalty - usual) < _ROUNDED for usual in (0.0, 1 / 3, 1.0)):
            reason = f"each further try cost {penalty:.0%} of the mark; an answer counts once here"
            self.notes.append(Note(Severity.LOST, reason))
        if self.element.find_text("hidden") == "1":
            self.notes.append(Note(Severity.WARNING, "the question was hidden in Moodle"))

    def choice(self) -> Interaction:
        options = tuple(
            Option(self._text(answer), _fraction(answer), self._text(answer.find("feedback")))
            for answer in self._answers()
        )
        _require(options, 2, "options")
        return ChoiceInteraction(
            options,
            is_multiple=not _is_yes(self.element.find_text("single"), default=True),
            is_shuffled=_is_yes(self.element.find_text("shuffleanswers"), default=False),
        )

    def truth(self) -> Interaction:
        answers = self._answers()
        _require(answers, 2, "answers")
        words = [answer.find_text("text").lower() for answer in answers[:2]]
        if words[0] == "false" or words[1] == "true":
            answers = [answers[1], answers[0]]
        elif words != ["true", "false"]:
            shown = " and ".join(f"“{clean(word)[:40]}”" for word in words)
            self.notes.append(Note(Severity.WARNING, f"{shown} were read as true and false, in this order"))
        options = tuple(
            Option(word, _fraction(answer), self._text(answer.find("feedback")))
            for word, answer in zip(("True", "False"), answers, strict=False)
        )
        return ChoiceInteraction(options, is_shuffled=False, is_truth=True)

    def short_text(self) -> Interaction:
        answers = [
            AcceptedText(_one_line(answer.find_text("text")), _fraction(answer), self._text(answer.find("feedback")))
            for answer in self._answers()
        ]
        _require(answers, 1, "answers")
        self.notes.extend(note_short_answers(answers))
        exact = ("case",) if self.element.find_text("usecase") == "1" else ()
        kept, otherwise = split_otherwise(answers)
        return TextEntryInteraction(kept, exact, otherwise)

    def number(self) -> Interaction:
        numbers, otherwise = [], ""
        for answer in self._answers():
            text = answer.find_text("text") or answer.text.strip()
            feedback = self._text(answer.find("feedback"))
            if text == "*":
                otherwise = feedback
                continue
            value, tolerance = read_float(text), read_float(answer.find_text("tolerance") or "0")
            if value is None or tolerance is None:
                raise RefusedItemError(f"“{clean(text)[:40]}” is not a number with a tolerance")
            numbers.append(AcceptedNumber(value, abs(tolerance), _fraction(answer), feedback))
        _require(numbers, 1, "numbers")
        return NumberInteraction(tuple(numbers), self._unit(), otherwise)

    def _unit(self) -> str:
        units = self.element.find("units")
        names = [_one_line(unit.find_text("unit_name")) for unit in units.find_all("unit")] if units else []
        if len(names) > 1:
            others = ", ".join(names[1:])
            self.notes.append(Note(Severity.LOST, f"numbers in other units are no longer converted ({others})"))
        if names and self.element.find_text("unitgradingtype") not in {"", "0"}:
            self.notes.append(Note(Severity.CHANGED, "a missing or wrong unit cost marks; it may be left out here"))
        return names[0] if names else ""

    def matching(self) -> Interaction:
        pairs: list[Pair] = []
        extra: list[str] = []
        for line in self.element.find_all("subquestion"):
            left, right = self._text(line), self._plain(line.find_text("answer", "text"))
            if left:
                pairs.append(Pair(left, right))
            else:
                extra.append(right)
        _require(pairs, 2, "pairs")
        shuffled = _is_yes(self.element.find_text("shuffleanswers"), default=True)
        return MatchInteraction(tuple(pairs), tuple(extra), is_shuffled=shuffled)

    def ordering(self) -> Interaction:
        steps = tuple(
            OrderedStep(self._text(answer), self._text(answer.find("feedback"))) for answer in self._answers()
        )
        _require(steps, 2, "steps")
        grading = self.element.find_text("gradingtype")
        self.notes.append(
            Note(Severity.CHANGED, f"marks count the pairs in the right order (not {grading or 'its own way'})")
        )
        if self.element.find_text("selecttype") not in {"", "ALL", "0"}:
            self.notes.append(Note(Severity.CHANGED, "all steps are shown, not some of them"))
        return OrderInteraction(steps)

    def essay(self) -> Interaction:
        least, most = (_count(self.element.find_text(name)) for name in ("minwordlimit", "maxwordlimit"))
        rubric, model = split_grader_info(self._text(self.element.find("graderinfo")))
        if template := self._text(self.element.find("responsetemplate")):
            self.notes.append(Note(Severity.LOST, f"the text that an answer began with (“{template[:80]}”)"))
        if self.element.find_text("attachments") not in {"", "0"}:
            self.notes.append(Note(Severity.LOST, "files can no longer be attached to an answer"))
        return ExtendedTextInteraction(model, rubric, least, most)

    def description(self) -> Interaction:
        return Description()


_READERS: Mapping[str, Callable[[_ElementReader], Interaction]] = {
    "multichoice": _ElementReader.choice,
    "truefalse": _ElementReader.truth,
    "shortanswer": _ElementReader.short_text,
    "numerical": _ElementReader.number,
    "matching": _ElementReader.matching,
    "ordering": _ElementReader.ordering,
    "essay": _ElementReader.essay,
    "description": _ElementReader.description,
}
_FORMATS: Mapping[str, Callable[[str, Mapping[str, str]], ReadText]] = {
    "html": read_html,
    "markdown": read_markdown,
    "moodle_auto_format": read_lines,
    "plain_text": lambda text, _pictures: read_plain(text),
}
_COMBINED = {
    "correctfeedback": "right",
    "partiallycorrectfeedback": "partly right",
    "incorrectfeedback": "wrong",
}
_ROUNDED = 0.005


def _fraction(answer: XmlElement) -> float:
    return read_percent(answer.attributes.get("fraction") or answer.find_text("fraction"))


def _require(things: object, least: int, what: str) -> None:
    if len(things) < least:  # type: ignore[arg-type]
        raise RefusedItemError(f"the question has {'no' if least == 1 else f'fewer than {least}'} {what}")


def _is_yes(text: str, *, default: bool) -> bool:
    return default if not text else text.lower() not in {"false", "0"}


def _count(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,5}", text) and int(text) else None


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())[:250]


def _plain_words(element: XmlElement) -> str:
    """Return the beginning of a text that is only quoted in a note."""
    words = " ".join(clean(re.sub(r"<[^>]*>", " ", element.find_text("text"))).split())
    return words if len(words) <= _QUOTED_LETTERS else words[:_QUOTED_LETTERS] + "…"


def fits_moodle_xml(data: bytes) -> bool:
    return b"<quiz" in data[:8000].replace(b"\0", b"")
