"""Which lessons and questions cover each statement of the starting article, and which facts are used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from app.domain.content import Course, Lesson, Question

_INDENT = "  "


def group_lessons_by_fact(course: Course) -> dict[str, list[str]]:
    """Return the ids of the lessons based on each fact, by the fact's id."""
    return _group_by_fact(lesson for module in course.modules for lesson in module.lessons)


def group_questions_by_fact(course: Course) -> dict[str, list[str]]:
    """Return the ids of the questions based on each fact, by the fact's id."""
    return _group_by_fact(question for module in course.modules for question in module.questions)


def _group_by_fact(those: Iterable[Lesson | Question]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in those:
        for fact in one.facts:
            found[fact].append(one.id)
    return found


def describe_coverage(course: Course) -> str:
    """Return a table of the statements, with their verdicts, lessons and questions, and of all facts in use."""
    lessons, questions = group_lessons_by_fact(course), group_questions_by_fact(course)
    asked = sum(bool(questions.get(one.id)) for one in course.statements)
    lines = [f"{len(course.statements)} statements of the article, all taught, {asked} of them asked about", ""]
    for one in course.statements:
        lines += [
            f"{one.id}  {one.says}",
            f"{_INDENT}holds: {one.holds}. {one.note}",
            f"{_INDENT}lessons: {', '.join(lessons.get(one.id, [])) or 'none'}",
            f"{_INDENT}questions: {', '.join(questions.get(one.id, [])) or 'none'}",
        ]
    used = sorted(lessons.keys() | questions.keys())
    lines += ["", f"{len(used)} facts are used: lessons, questions"]
    lines += [f"{_INDENT}{fact:<6} {len(lessons.get(fact, [])):>3} {len(questions.get(fact, [])):>3}" for fact in used]
    return "\n".join(lines)
