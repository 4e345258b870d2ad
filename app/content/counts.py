"""The contents of a course as a table of counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from app.content.balance import describe_balance
from app.domain.content import Course, Lesson, LessonCheck, Module, Question

_INDENT = "  "


def describe_course(course: Course) -> str:
    """Return the counts of a course as text: its lessons, and its questions by each of their properties."""
    questions = [question for module in course.modules for question in module.questions]
    lessons = [lesson for module in course.modules for lesson in module.lessons]
    lines = [
        f"{course.title}: {len(course.modules)} modules, {len(lessons)} lessons, {len(questions)} questions, "
        f"{len(course.sources)} sources",
    ]
    for module in course.modules:
        lines += _module(module)
    lines += ["", "all modules"]
    lines += _by_property(questions)
    lines += ["", "questions by source"]
    by_source = Counter(source for question in questions for source in question.sources)
    lines += [
        f"{_INDENT}{name:<40} {count:>4}"
        for name, count in sorted(by_source.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    lines += describe_balance(course)
    return "\n".join(lines)


def _module(module: Module) -> list[str]:
    lines = ["", f"{module.id}: {len(module.lessons)} lessons, {len(module.questions)} questions"]
    lines += [_INDENT + _lesson(lesson) for lesson in module.lessons]
    lines += _by_property(module.questions)
    lines.append(f"{_INDENT}{'objective':<40} practice  test  exam")
    for objective in module.objectives:
        by_use = Counter(question.use.value for question in module.questions if question.objective == objective.id)
        lines.append(f"{_INDENT}{objective.id:<40} {by_use['practice']:>8}  {by_use['test']:>4}  {by_use['exam']:>4}")
    return lines


def _lesson(lesson: Lesson) -> str:
    html = "".join(part for part in lesson.parts if isinstance(part, str))
    checks = sum(isinstance(part, LessonCheck) for part in lesson.parts)
    figures, terms = html.count("<figure "), len(lesson.terms)
    return (
        f"{lesson.id:<40} {lesson.minutes} min, {figures} figures, {terms} terms, {checks} checks, "
        f"{len(lesson.sources)} sources"
    )


def _by_property(questions: Iterable[Question]) -> list[str]:
    rows = {
        "level": Counter(question.level.value for question in questions),
        "kind": Counter(question.kind for question in questions),
        "use": Counter(question.use.value for question in questions),
        "critical": Counter("yes" if question.critical else "no" for question in questions),
        "vignette": Counter("yes" if question.vignette else "no" for question in questions),
    }
    return [f"{_INDENT}{name:<9} {_listed(counter)}" for name, counter in rows.items()]


def _listed(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "none"
