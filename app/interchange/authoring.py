"""Makes drafts in the author's format of the items of a bank.

A draft has the fields that the bank knows. What only a person can write (objective, level, sources, reasons) is missing,
and listed among the notes, with everything else that the checker finds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.content.drafts import Draft, read_entry
from app.content.faults import Fault, FileLocation
from app.content.giveaways import find_giveaways
from app.content.interactions import (
    Description,
    HotspotInteraction,
    Interaction,
    Note,
    Severity,
)
from app.content.kinds import find_entry_fields, get_entry_class
from app.content.schema import ID_PATTERN
from app.content.yaml_nodes import Plain
from app.domain.content import Level, Use
from app.interchange.appendix import restore_fields
from app.interchange.bank import BankItem, QuestionBank
from app.interchange.markup import split_paragraphs
from app.interchange.pictures import make_slug
from app.interchange.tags import CourseNames, read_tags

_ORDER = (
    "id", "objective", "level", "kind", "use", "critical", "vignette", "stem", "options", "pairs", "extra", "steps",
    "answer", "accept", "otherwise", "exact", "words", "rubric", "model", "explanation", "sources", "facts", "order",
)  # fmt: skip
_PLACE = FileLocation(Path("draft"))
_TRUE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """An item with all its notes, and its draft in the author's format; None if it is refused."""

    item: BankItem
    document: dict[str, Plain] | None = None


def draft_bank(
    bank: QuestionBank, names: CourseNames | None = None, *, taken: Collection[str] = ()
) -> tuple[DraftQuestion, ...]:
    """Return every item of a bank in order, each with its draft or with the reason why there is none.

    No draft gets an id that is ``taken``.
    """
    known = names or CourseNames()
    used = set(taken)
    return tuple(_draft(item, known, used) for item in bank.items)


def _draft(item: BankItem, names: CourseNames, used: set[str]) -> DraftQuestion:
    if item.is_refused or item.interaction is None:
        return DraftQuestion(item if item.is_refused else item.refuse("nothing is asked"))
    restored = restore_fields(item)
    read = find_entry_fields(restored.item.interaction) if restored.item.interaction else None
    if read is None:
        return DraftQuestion(item.refuse(_refuse(item.interaction)))
    tagged = read_tags(item.tags, item.categories, names)
    *before, stem = split_paragraphs(item.stem) or [""]
    explanation = " ".join(split_paragraphs(f"{restored.item.feedback}\n\n{read.feedback}"))
    name = _choose_id(item, used)
    fields: dict[str, Any] = {
        **read.fields,
        **tagged.fields,
        "id": name,
        "vignette": " ".join(before),
        "stem": stem,
        "explanation": explanation,
        "sources": list(restored.sources),
    }
    document = {field: fields[field] for field in _ORDER if fields.get(field)}
    notes = [*read.notes, *_note_item(item, name, before, tagged.left, names), *_check(document)]
    return DraftQuestion(item.add_notes(*notes), document)


def _refuse(interaction: Interaction) -> str:
    match interaction:
        case Description():
            return "a text to read asks nothing; it belongs into a lesson, or into the vignettes of its questions"
        case HotspotInteraction():
            return "a region of a photograph has no counterpart; a question here shows a drawing with named parts"
    return "no kind of question here can ask this"


def _choose_id(item: BankItem, used: set[str]) -> str:
    """Return an id of its own: that of the bank, or one made of the title or the text."""
    wanted = item.identifier or item.title or item.stem
    slug = wanted if re.fullmatch(ID_PATTERN, wanted) and len(wanted) <= _TRUE_LENGTH else make_slug(wanted)
    slug = slug or "question"
    name, number = slug, 2
    while name in used:
        name, number = f"{slug[:55].strip('-')}-{number}", number + 1
    used.add(name)
    return name


def _note_item(
    item: BankItem, name: str, before: Sequence[str], tags: Sequence[str], names: CourseNames
) -> Iterator[Note]:
    if item.identifier and item.identifier != name:
        yield Note(Severity.CHANGED, f"the id “{item.identifier}” became `{name}`")
    if item.title and not _says_the_same(item.title, item, name):
        yield Note(Severity.LOST, f"the title “{item.title}”; a question has an id instead (`{name}`)")
    if before:
        yield Note(Severity.CHANGED, "the paragraphs before the last one became the vignette")
    if item.mark != 1:
        yield Note(Severity.LOST, f"the question was worth {item.mark:g} marks; here each is worth one")
    if tags:
        yield Note(Severity.LOST, f"the tags {', '.join(tags)}")
    if name in names.questions:
        yield Note(Severity.WARNING, f"the course already has a question with the id `{name}`")


def _says_the_same(title: str, item: BankItem, name: str) -> bool:
    """Return whether the id or the text of a question already says what its title says."""
    slug = make_slug(title)
    return slug != "" and (name.startswith(slug) or make_slug(item.stem).startswith(slug.removesuffix("-")))


def _check(document: dict[str, Plain]) -> Iterator[Note]:
    """Yield what the checker finds in a draft; what is missing comes first, in one note."""
    shape = get_entry_class(document)
    draft = deepcopy(document)
    draft.setdefault("use", Use.EXAM.value)  # as in a private folder
    missing: Counter[str] = Counter()
    try:
        TypeAdapter(shape).validate_python(draft)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            if details["type"] == "missing":
                missing[str(details["loc"][-1])] += 1
                _fill(draft, details["loc"])
    if missing:
        words = ", ".join(f"`{name}`" + (f" ({count} times)" if count > 1 else "") for name, count in missing.items())
        yield Note(Severity.WARNING, f"still to be written: {words}")
    read = read_entry(shape, draft, _PLACE)
    faults = list(read if isinstance(read, tuple) else _find_faults(read))
    yield from (Note(Severity.WARNING, _say(fault)) for fault in faults)


def _find_faults(draft: Draft[Any]) -> Iterator[Fault]:
    yield from draft.entry.faults(_PLACE)
    if draft.entry.is_markable:
        for found in find_giveaways(draft.entry):
            yield draft.fault(found.rule, found.message, *found.spot, expected=found.expected)


def _fill(document: Any, spot: Sequence[str | int]) -> None:
    """Put something into a missing field, so that the rest of the draft can be checked."""
    for step in spot[:-1]:
        document = document[step]
    name = spot[-1]
    document[name] = {"level": Level.RECALL.value, "sources": ["X"], "objective": "x"}.get(str(name), "to be written")


def _say(fault: Fault) -> str:
    expected = f"; expected {fault.expected}" if fault.expected else ""
    return f"{fault.message}{expected} [{fault.rule}]"


def number_notes(drafts: Sequence[DraftQuestion]) -> Counter[Severity]:
    """Count how many questions have a note of each severity."""
    return Counter(severity for draft in drafts for severity in {note.severity for note in draft.item.notes})
