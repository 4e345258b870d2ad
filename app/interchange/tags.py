"""What our format says about a question beside its content, as tags of another system, and the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.content.kinds import QuestionEntry
from app.content.yaml_nodes import Plain
from app.domain.content import Level, Use
from app.interchange.pictures import make_slug

_CRITICAL = "safety-critical"


@dataclass(frozen=True, slots=True)
class CourseNames:
    """What a course already has: the titles of its objectives, and the ids of its questions."""

    objectives: Mapping[str, str] = field(default_factory=dict)
    questions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TaggedFields:
    """The fields that tags and categories name, and the tags that name none."""

    fields: dict[str, Plain]
    left: tuple[str, ...]


def write_tags(entry: QuestionEntry) -> tuple[str, ...]:
    tags = [f"objective:{entry.objective}", f"level:{entry.level}", f"use:{entry.use}"]
    tags += [_CRITICAL] if entry.critical else []
    tags += ["order:fixed"] if entry.order == "fixed" else []
    return (*tags, *(f"fact:{fact}" for fact in entry.facts))


def read_tags(tags: Iterable[str], categories: Iterable[str], names: CourseNames) -> TaggedFields:
    """Find the objective, level, use, safety and facts of a question in its tags, then in its categories."""
    fields: dict[str, Plain] = {}
    facts: list[Plain] = []
    left: list[str] = []
    for tag in tags:
        label, _, value = tag.partition(":")
        value = value.strip()
        if label == "fact" and value:
            facts.append(value.upper())
        elif not _read_tag(tag, label.strip().lower(), value, fields, names):
            left.append(tag)
    if "objective" not in fields:
        for category in reversed(list(categories)):
            if found := _find_objective(category, names):
                fields["objective"] = found
                break
    if facts:
        fields["facts"] = facts
    return TaggedFields(fields, tuple(left))


def _read_tag(tag: str, label: str, value: str, fields: dict[str, Plain], names: CourseNames) -> bool:
    """Take one tag into ``fields``; return whether it named one."""
    found: dict[str, Plain] = {}
    if label == "level" and value in set(Level):
        found = {"level": value}
    elif tag.lower() in set(Level):
        found = {"level": tag.lower()}
    elif label == "use" and value in set(Use):
        found = {"use": value}
    elif tag == "order:fixed":
        found = {"order": "fixed"}
    elif tag.lower() == _CRITICAL:
        found = {"critical": "true"}
    elif objective := _find_objective(value if label == "objective" else tag, names):
        found = {"objective": objective}
    elif label == "objective" and value and value == make_slug(value):
        found = {"objective": value}
    if not found or found.keys() & fields.keys():
        return False
    fields.update(found)
    return True


def _find_objective(words: str, names: CourseNames) -> str | None:
    slug = make_slug(words)
    if slug in names.objectives:
        return slug
    wanted = words.casefold().strip().rstrip(".")
    return next((name for name, title in names.objectives.items() if title.casefold().rstrip(".") == wanted), None)
