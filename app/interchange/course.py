"""Makes a bank of the questions of a course, for export."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from app.content.interactions import Note, Severity
from app.content.kinds import QuestionEntry
from app.content.material import Material, ModuleMaterial
from app.content.schema import SourceEntry, StatementEntry
from app.interchange.appendix import CERTAINTY, Citation, append_paragraphs, write_disputed, write_sources
from app.interchange.bank import BankItem, QuestionBank
from app.interchange.tags import CourseNames, write_tags

_DISPUTED = "disputed"


def build_bank(material: Material, *, modules: Collection[str] = (), questions: Collection[str] = ()) -> QuestionBank:
    """Return the questions of the named modules and those with the named ids, or all if neither is named.

    What no other system has (certainty, disputes, sources) goes to the end of the general feedback.
    """
    everything = not modules and not questions
    sources = {draft.entry.id: draft.entry for draft in material.sources}
    statements = {draft.entry.id: draft.entry for draft in material.statements}
    items = tuple(
        _build_item(draft.entry, module, sources, statements)
        for name, module in material.modules.items()
        for draft in module.questions
        if everything or name in modules or draft.entry.id in questions
    )
    return QuestionBank(items)


def list_names(material: Material) -> CourseNames:
    """Return the names that an import compares with."""
    objectives = {
        objective.id: objective.title
        for module in material.modules.values()
        if module.head
        for objective in module.head.entry.objectives
    }
    return CourseNames(objectives, frozenset(material.question_names))


def _build_item(
    entry: QuestionEntry,
    module: ModuleMaterial,
    sources: dict[str, SourceEntry],
    statements: dict[str, StatementEntry],
) -> BankItem:
    asked = entry.as_interaction()
    head = module.head.entry if module.head else None
    paragraphs = [CERTAINTY] if head and head.certainty else []
    disputed = (statements[fact] for fact in entry.facts if fact in statements)
    paragraphs += [write_disputed(one.id, f"{one.says} {one.note}") for one in disputed if one.holds == _DISPUTED]
    paragraphs.append(write_sources(_cite(name, sources.get(name)) for name in entry.sources))
    return BankItem(
        place=f"question {entry.id}",
        title=entry.id,
        interaction=asked.interaction,
        stem="\n\n".join(filter(None, (entry.vignette, entry.stem))),
        identifier=entry.id,
        categories=(head.title if head else module.name,),
        tags=write_tags(entry),
        feedback=append_paragraphs(entry.explanation, paragraphs),
        notes=(*asked.notes, *_note_rest(entry)),
    )


def _note_rest(entry: QuestionEntry) -> Iterator[Note]:
    if entry.allow:
        yield Note(Severity.LOST, "the author's reasons for findings of the checker (`allow`)")


def _cite(name: str, source: SourceEntry | None) -> Citation:
    if source is None:
        return Citation(name, "unknown source")
    return Citation(name, f"{source.label}, {source.link}" if source.link else source.label)
