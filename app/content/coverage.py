"""Which statement of the article that a course starts from is taught, and asked about, where; and which facts are used."""

from __future__ import annotations

from collections import defaultdict

from app.domain.content import Course

_INDENT = "  "


def lessons_by_fact(course: Course) -> dict[str, list[str]]:
    """The lessons that rest on each fact, by the fact's id."""
    found: dict[str, list[str]] = defaultdict(list)
    for module in course.modules:
        for lesson in module.lessons:
            for fact in lesson.facts:
                found[fact].append(lesson.id)
    return found


def questions_by_fact(course: Course) -> dict[str, list[str]]:
    """The questions that rest on each fact, by the fact's id."""
    found: dict[str, list[str]] = defaultdict(list)
    for module in course.modules:
        for question in module.questions:
            for fact in question.facts:
                found[fact].append(question.id)
    return found


def describe_coverage(course: Course) -> str:
    """A table for people: each statement, whether it holds, the lessons and the questions; then all facts in use."""
    lessons, questions = lessons_by_fact(course), questions_by_fact(course)
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
