"""The built-in course as tests of the demo and in the browser count on it, whatever its authors change meanwhile.

What is taught stays; how it is drawn is steady: ten questions in practice and in the test, 15 minutes, a pass mark of 80. Three modules hold
questions that are answered by choosing alone, so that a test may press the third button of whatever comes; the other two keep every kind.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from itertools import cycle
from pathlib import Path

from app.content.loader import load_course
from app.domain.content import BlueprintLine, Course, Module, Use

QUESTIONS = 10
CHOICES_ALONE = ("safety", "referred-pain", "treatment")
ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def load_steady_course() -> Course:
    """The course of ``questions/``, made steady."""
    course = load_course([ROOT / "questions"]).course
    assert course is not None, "questions/ has faults: python -m app.content questions"
    return replace(course, modules=tuple(_fix_draw(module) for module in course.modules))


def _fix_draw(module: Module) -> Module:
    # What a lesson checks stays; what is drawn in a test needs four options or more.
    checked = {part.question for lesson in module.lessons for part in lesson.parts if not isinstance(part, str)}
    kept = tuple(
        one
        for one in module.questions
        if module.id not in CHOICES_ALONE
        or one.id in checked
        or (one.kind in ("single", "several") and len(one.options) > 3)
    )
    return replace(
        module,
        questions=kept,
        practice_questions=QUESTIONS,
        test_questions=QUESTIONS,
        test_minutes=15,
        pass_mark_percent=80,
        asks_certainty=module.id == "safety",
        blueprint=_blueprint(module, Counter(one.objective for one in kept if one.use is Use.TEST)),
    )


def _blueprint(module: Module, pool: Counter[str]) -> tuple[BlueprintLine, ...]:
    """Ten questions, spread over the objectives in their order."""
    assert pool.total() >= QUESTIONS, f"{module.id} has too few test questions"
    drawn: Counter[str] = Counter()
    for objective in cycle(module.objectives):
        if drawn.total() == QUESTIONS:
            break
        if drawn[objective.id] < pool[objective.id]:
            drawn[objective.id] += 1
    return tuple(BlueprintLine(name, count) for name, count in drawn.items() if count)
