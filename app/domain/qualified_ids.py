"""The ids of a library as the catalogue stores them: after the slug of the library and a dot.

Ids are unique within a library only. A dot cannot be part of an id, so no two libraries collide, and none takes an id of
the course.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.domain.content import Course, Lesson, LessonCheck, Module, Question, Source

_LESSON_LINK = re.compile(r'href="/modules/([a-z0-9-]+)(?:/lessons/([a-z0-9-]+))?(?=["#?])')


def qualify_course(course: Course, library: str) -> Course:
    """Return the modules and sources of a library with qualified ids and references.

    ``library`` is its slug. Links between its lessons are qualified as well.
    """
    return _Qualifier(library, frozenset(module.id for module in course.modules)).course(course)


def drop_library(slug: str) -> str:
    """Return the id as its author wrote it."""
    return slug.rpartition(".")[2]


def is_qualified(slug: str) -> bool:
    """Return whether a slug of the catalogue comes from a library."""
    return "." in slug


class _Qualifier:
    def __init__(self, library: str, modules: frozenset[str]) -> None:
        self._library = library
        self._modules = modules

    def course(self, course: Course) -> Course:
        return replace(
            course,
            modules=tuple(map(self._module, course.modules)),
            sources=tuple(map(self._source, course.sources)),
        )

    def _id(self, name: str) -> str:
        return f"{self._library}.{name}"

    def _ids(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self._id, names))

    def _source(self, source: Source) -> Source:
        newer = source.replaced_by
        return replace(source, id=self._id(source.id), replaced_by=self._id(newer) if newer else None)

    def _module(self, module: Module) -> Module:
        return replace(
            module,
            id=self._id(module.id),
            objectives=tuple(
                replace(one, id=self._id(one.id), read=self._id(one.read) if one.read else None)
                for one in module.objectives
            ),
            lessons=tuple(map(self._lesson, module.lessons)),
            questions=tuple(map(self._question, module.questions)),
            blueprint=tuple(replace(line, objective=self._id(line.objective)) for line in module.blueprint),
        )

    def _lesson(self, lesson: Lesson) -> Lesson:
        return replace(
            lesson,
            id=self._id(lesson.id),
            objectives=self._ids(lesson.objectives),
            parts=tuple(map(self._part, lesson.parts)),
            sources=self._ids(lesson.sources),
            terms=tuple(replace(term, sources=self._ids(term.sources)) for term in lesson.terms),
        )

    def _part(self, part: str | LessonCheck) -> str | LessonCheck:
        if isinstance(part, LessonCheck):
            return LessonCheck(self._id(part.question))
        return _LESSON_LINK.sub(self._link, part)

    def _link(self, found: re.Match[str]) -> str:
        module, lesson = found.groups()
        if module not in self._modules:
            return found.group()
        return f'href="/modules/{self._id(module)}' + (f"/lessons/{self._id(lesson)}" if lesson else "")

    def _question(self, question: Question) -> Question:
        return replace(
            question,
            id=self._id(question.id),
            objective=self._id(question.objective),
            sources=self._ids(question.sources),
        )
