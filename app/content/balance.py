"""The balance of a course: keys that follow a pattern, objectives with few questions, and weakly sourced questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from app.content.cues.bank import has_several_right_options, is_statement, is_true, list_right_options
from app.domain.content import Course, Level, Module, Question, Source

MIN_PER_OBJECTIVE = 4
"""Two for practice and two for tests, so that neither always asks the same question."""

ASSUMED = "TEXTBOOK"
"""The source of statements for which no document was read."""

STARTING_ARTICLE = "ARTICLE"
PATIENT_INFORMATION = "Patient information"
"""The ``level`` of leaflets and cards, which say what to do but not why."""

_INDENT = "  "


def describe_balance(course: Course) -> list[str]:
    """Return the balance of each module and the whole course, and the questions that need better sources, as lines."""
    questions = [question for module in course.modules for question in module.questions]
    lines = ["", "balance"]
    for name, some in [*((module.id, module.questions) for module in course.modules), ("all modules", questions)]:
        lines.append(f"{_INDENT}{name:<18} {_balance(some)}")
    lines += ["", f"objectives with fewer than {MIN_PER_OBJECTIVE} questions"]
    lines += [_INDENT + line for module in course.modules for line in list_thin_objectives(module)] or [
        f"{_INDENT}none"
    ]
    lines += ["", "sources"]
    lines += [_INDENT + line for line in _source_lines(questions, course.sources)]
    lines += [_INDENT + line for line in list_outdated(course)]
    return lines


def list_outdated(course: Course) -> Iterator[str]:
    """Yield a line for each source that is no longer current: what cites it, without its replacement, and must be read."""
    lessons = [(lesson.id, lesson.sources) for module in course.modules for lesson in module.lessons]
    questions = [(question.id, question.sources) for module in course.modules for question in module.questions]
    for source in course.sources:
        if source.status is None:
            continue
        then = f" by {source.replaced_by}" if source.replaced_by else ""
        cited = [name for name, sources in (*lessons, *questions) if source.id in sources]
        left = [name for name, sources in (*lessons, *questions) if source.is_relied_on(sources)]
        title = f"{source.id} ({source.status}{then}): {len(left)} of the {len(cited)} items that cite it are to be read again"
        yield _list_names(title, left)


def _balance(questions: Sequence[Question]) -> str:
    statements = [question for question in questions if is_statement(question)]
    true = sum(is_true(question) for question in statements)
    above = sum(question.level is not Level.RECALL for question in questions)
    return (
        f"above recall {_share(above, len(questions))}; true {_share(true, len(statements))} of true/false; "
        f"right options of several: {_right_counts(questions)}"
    )


def _right_counts(questions: Iterable[Question]) -> str:
    """Return how often how many of the options are right: "half of them" must not be a rule."""
    counter = Counter(
        (len(list_right_options(question)), len(question.options))
        for question in questions
        if has_several_right_options(question)
    )
    return (
        ", ".join(f"{right} of {options} in {count}" for (right, options), count in sorted(counter.items())) or "none"
    )


def list_thin_objectives(module: Module) -> list[str]:
    """Return the objectives of a module with too few questions, each with its number."""
    counter = Counter(question.objective for question in module.questions)
    return [
        f"{objective.id} {counter[objective.id]}"
        for objective in module.objectives
        if counter[objective.id] < MIN_PER_OBJECTIVE
    ]


def list_assumed_only(questions: Iterable[Question]) -> list[str]:
    """Return the ids of questions for which no document was read."""
    return [question.id for question in questions if set(question.sources) == {ASSUMED}]


def list_weakly_sourced_critical(questions: Iterable[Question], sources: Iterable[Source]) -> list[str]:
    """Return the ids of safety-critical questions without a clinical source.

    Their only sources are textbook knowledge, the starting article or patient information.
    """
    weak = {source.id for source in sources if source.level == PATIENT_INFORMATION} | {ASSUMED, STARTING_ARTICLE}
    return [question.id for question in questions if question.critical and set(question.sources) <= weak]


def _source_lines(questions: Sequence[Question], sources: Sequence[Source]) -> Iterator[str]:
    assumed = list_assumed_only(questions)
    weak = list_weakly_sourced_critical(questions, sources)
    critical = sum(question.critical for question in questions)
    unlinked = [source.id for source in sources if source.link is None]
    yield _list_names(f"questions that rest on {ASSUMED} alone: {_share(len(assumed), len(questions))}", assumed)
    yield _list_names(
        f"safety-critical questions without a clinical source (only {ASSUMED}, {STARTING_ARTICLE}, patient information): "
        f"{_share(len(weak), critical)}",
        weak,
    )
    yield _list_names(f"sources without a link: {_share(len(unlinked), len(sources))}", unlinked)


def _list_names(title: str, names: Sequence[str]) -> str:
    return f"{title}: {', '.join(names)}" if names else title


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole * 100:.0f}%)" if whole else "0 of 0"
