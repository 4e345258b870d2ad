"""Composed tests on the modules of the test course, and learners who take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.domain.composing import Draw, PlannedSection, Pool
from app.domain.content import Use
from app.domain.sections import SectionRule
from app.models import Assignment, Cohort, ComposedTest
from app.services.assignments import assignments, composed_tests
from tests.support.factory import Factory, Person


def draw(make: Factory, module: str, questions: int = 1, use: Use = Use.TEST, **given: Any) -> Draw:
    return Draw(Pool(make.module(module).id, use), questions, **given)


def section(title: str, *draws: Draw, **rule: Any) -> PlannedSection:
    return PlannedSection(SectionRule(title, **rule), draws)


def compose(
    make: Factory,
    owner: Person,
    *sections: PlannedSection,
    title: str = "Mixed test",
    shuffles: bool = True,
    is_forward_only: bool = False,
) -> ComposedTest:
    """A composed test; without sections, two of them: on safety with a pass mark of its own, and on evidence."""
    wanted: Sequence[PlannedSection] = sections or (
        section("Safety first", draw(make, "safety", 2), pass_mark_percent=50),
        section("The evidence", draw(make, "evidence", 2), needs_critical_right=False),
    )
    test = composed_tests.create(
        make.session, owner.user, title, make.now(), shuffles=shuffles, is_forward_only=is_forward_only
    )
    composed_tests.save_sections(make.session, owner.user, test, wanted, make.now())
    make.session.commit()
    return test


def assign(make: Factory, trainer: Person, cohort: Cohort, test: ComposedTest, **given: Any) -> Assignment:
    """Assign a composed test; its first module is that of its first line."""
    chosen = next(one for one in composed_tests.list_assignable(make.session, trainer.viewer) if one.test is test)
    terms = {
        "title": test.title,
        "due_at": None,
        "attempts_allowed": None,
        "time_limit_minutes": None,
        "pass_mark_percent": 50,
        "test_id": test.id,
    } | given
    assignment = assignments.create(
        make.session, trainer.user, cohort, chosen.module, assignments.Terms(**terms), make.now()
    )
    make.session.commit()
    return assignment
