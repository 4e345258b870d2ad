"""The parts of a question that the attacks see."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain import kinds
from app.domain.content import Course, Question

TRUE_OR_FALSE = ("True", "False")


@dataclass(frozen=True, slots=True)
class CueItem:
    """A question with one right option, ``options[key]``."""

    id: str
    module: str
    stem: str
    options: tuple[str, ...]
    key: int
    is_critical: bool = False

    @property
    def chance(self) -> float:
        """The share of points that a blind guess earns."""
        return 1 / len(self.options)


def list_single_answer_items(course: Course) -> list[CueItem]:
    """Return the single-answer questions of a course, without true/false, whose options are always the same."""
    return [
        CueItem(
            id=question.id,
            module=module.id,
            stem=f"{question.vignette or ''} {question.stem}".strip(),
            options=question.options,
            key=list_right_options(question)[0],
            is_critical=question.critical,
        )
        for module in course.modules
        for question in module.questions
        if has_one_right_option(question)
    ]


def list_right_options(question: Question) -> tuple[int, ...]:
    """Return the indexes of the right options of a question answered by choosing options."""
    kind = kinds.get_kind(question.kind)
    return tuple(index for index in range(len(question.options)) if kind.credit(question.key, index) == 1)


def has_one_right_option(question: Question) -> bool:
    """Return whether one of several options in words must be chosen; regions and true/false are excluded."""
    return kinds.get_kind(question.kind).takes_one_option and question.picture is None and not is_statement(question)


def has_several_right_options(question: Question) -> bool:
    """Return whether several options may be ticked."""
    kind = kinds.get_kind(question.kind)
    return kind.is_choice and not kind.takes_one_option


def is_statement(question: Question) -> bool:
    """Return whether the question is a statement that is true or false."""
    return question.options == TRUE_OR_FALSE


def is_true(question: Question) -> bool:
    """Return whether the statement of a true/false question is true."""
    return list_right_options(question) == (0,)
