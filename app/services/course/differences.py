"""What a publication changes, in words: the title of each thing, and its text before and after."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.differences import Piece, compare_texts
from app.models import (
    LessonRow,
    ModuleRow,
    MuscleRow,
    ObjectiveRow,
    QuestionKey,
    QuestionRow,
    QuestionVersion,
    SourceRow,
    ZoneRow,
)
from app.services.course.changes import PublicationChanges, compute_digest

MAX_COMPARED = 60
"""How many changes of a kind are compared word by word. The others are listed with their titles."""

_BLOCK_END = re.compile(r"</(?:p|li|h[1-6]|tr|dt|dd|figcaption|blockquote|summary|text)>|<br>")
_COMPARED = ("changed", "reworded")

_NOT_WRITTEN = ("id", "html", "digest", "revision", "published_at")
"""What is stored with a leaflet beside the fields of its author. Its text is compared by paragraphs."""

Texts = dict[str, list[str]]
"""The paragraphs of each field. Fields are named as in the course files."""


@dataclass(frozen=True, slots=True)
class TextChange:
    """A field of the course files, and its paragraphs that differ."""

    name: str
    paragraphs: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One thing that changes. If its text was not compared, as for a new thing, ``fields`` is empty."""

    slug: str
    title: str
    is_compared: bool = False
    fields: tuple[TextChange, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """The changes of one kind, such as ``question reworded``."""

    kind: str
    items: tuple[ItemChange, ...]


@dataclass(frozen=True, slots=True)
class _Described:
    title: str
    texts: Texts


def describe_changes(before: Session, after: Session, changes: PublicationChanges) -> tuple[ChangeGroup, ...]:
    """Describe ``changes``: ``before`` reads the published course, ``after`` the one that would be published."""
    return tuple(_describe_group(before, after, kind, sorted(slugs)) for kind, slugs in sorted(changes.by_kind.items()))


def _describe_group(before: Session, after: Session, kind: str, slugs: Sequence[str]) -> ChangeGroup:
    noun, verb = kind.split()
    new = {} if verb == "removed" else _READERS[noun](after, slugs)
    old = _READERS[noun](before, slugs) if verb in ("removed", *_COMPARED) else {}
    items = []
    for place, slug in enumerate(slugs):
        described = new.get(slug) or old.get(slug)
        title = described.title if described else slug
        if verb in _COMPARED and place < MAX_COMPARED and slug in new and slug in old:
            fields = tuple(_compare(old[slug].texts, new[slug].texts))
            items.append(ItemChange(slug, title, is_compared=True, fields=fields))
        else:
            items.append(ItemChange(slug, title))
    return ChangeGroup(kind, tuple(items))


def _compare(old: Texts, new: Texts) -> Iterable[TextChange]:
    for name in {**old, **new}:
        if paragraphs := compare_texts(old.get(name, []), new.get(name, [])):
            yield TextChange(name, paragraphs)


def _describe_modules(session: Session, slugs: Collection[str]) -> dict[str, _Described]:
    fields = ("title", "summary", "pass_mark_percent", "practice_questions", "test_questions", "test_minutes")
    rows = session.scalars(select(ModuleRow).where(ModuleRow.slug.in_(slugs)))
    return {
        row.slug: _Described(row.title, _flatten(_pick(row, *fields, "asks_certainty", "blueprint", "position")))
        for row in rows
    }


def _describe_objectives(session: Session, slugs: Collection[str]) -> dict[str, _Described]:
    rows = session.scalars(select(ObjectiveRow).where(ObjectiveRow.slug.in_(slugs)))
    return {row.slug: _Described(row.title, _flatten(_pick(row, "title", "read", "position"))) for row in rows}


def _describe_lessons(session: Session, slugs: Collection[str]) -> dict[str, _Described]:
    found = {}
    for row in session.scalars(select(LessonRow).where(LessonRow.slug.in_(slugs))):
        texts = _flatten(_pick(row, "title", "hook"))
        texts["text"] = [
            line
            for part in row.body["parts"]
            for line in ([f"check: {part['check']}"] if "check" in part else _split_html(part["html"]))
        ]
        found[row.slug] = _Described(row.title, texts | _flatten({"sources": row.body["sources"]}))
    return found


def _describe_leaflets(session: Session, slugs: Collection[str]) -> dict[str, _Described]:
    bodies = session.scalars(select(LessonRow.body).order_by(LessonRow.retired_at.is_(None)))
    leaflets = (leaflet for body in bodies for leaflet in body.get("leaflets", ()))
    return {
        leaflet["id"]: _Described(
            leaflet["title"],
            _flatten({name: value for name, value in leaflet.items() if name not in _NOT_WRITTEN})
            | {"text": _split_html(leaflet["html"])},
        )
        for leaflet in leaflets
        if leaflet["id"] in slugs
    }


def _describe_questions(session: Session, slugs: Collection[str]) -> dict[str, _Described]:
    rows = session.execute(
        select(QuestionRow, QuestionVersion, QuestionKey, ObjectiveRow.slug)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
        .join(ObjectiveRow, ObjectiveRow.id == QuestionRow.objective_id)
        .where(QuestionRow.slug.in_(slugs), QuestionVersion.superseded_at.is_(None))
    )
    found = {}
    for row, version, key, objective in rows:
        fields = {
            **_pick(version, "kind", "vignette", "stem", "options", "prompts", "unit"),
            "key": key.body,
            "explanation": key.explanation,
            "sources": key.sources,
            "objective": objective,
            **_pick(row, "use", "level"),
            **_pick(version, "is_critical", "is_order_fixed"),
            "picture": version.picture and compute_digest(version.picture)[:12],
        }
        found[row.slug] = _Described(" ".join(filter(None, (version.vignette, version.stem))), _flatten(fields))
    return found


def _describe_bodies(table: type[SourceRow | ZoneRow | MuscleRow], title: str) -> Any:
    """Return a reader of a table whose columns are in one JSON document."""

    def describe(session: Session, slugs: Collection[str]) -> dict[str, _Described]:
        rows = session.execute(select(table.slug, table.body).where(table.slug.in_(slugs)))
        return {slug: _Described(body[title], _flatten(body)) for slug, body in rows}

    return describe


_READERS: Mapping[str, Any] = {
    "module": _describe_modules,
    "objective": _describe_objectives,
    "lesson": _describe_lessons,
    "leaflet": _describe_leaflets,
    "question": _describe_questions,
    "source": _describe_bodies(SourceRow, "label"),
    "zone": _describe_bodies(ZoneRow, "name"),
    "muscle": _describe_bodies(MuscleRow, "name"),
}


def _pick(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _flatten(value: Any, name: str = "") -> Texts:
    """Return a document as paragraphs by field: a list of plain values is one field, and nested fields are joined."""
    if isinstance(value, Mapping):
        pairs = [(f"{name} {key}".strip(), entry) for key, entry in value.items()]
    elif isinstance(value, (list, tuple)) and any(isinstance(entry, (Mapping, list)) for entry in value):
        pairs = [(f"{name} {number}", entry) for number, entry in enumerate(value, start=1)]
    else:
        entries = value if isinstance(value, (list, tuple)) else [value]
        return {name: [str(entry) for entry in entries if entry is not None]}
    return {key: lines for part, entry in pairs for key, lines in _flatten(entry, part).items()}


def _split_html(html: str) -> list[str]:
    """Return the text of the paragraphs of safe HTML."""
    texts = (Markup(block).striptags() for block in _BLOCK_END.split(html))  # noqa: S704  only its text is used
    return [text for text in texts if text]
