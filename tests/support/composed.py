"""Composed tests on the modules of the test course, and learners who take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.domain.composing import Draw, PlannedSection, Pool
from app.domain.content import Use
from app.domain.sections import SectionRule
from app.models import Assignment, Cohort, ComposedTest, QuestionRow, QuestionVersion
from app.services.assignments import assignments, composed_tests
from tests.support.factory import Factory, Person


def draw(make: Factory, module: str, questions: int = 1, use: Use = Use.TEST, **given: Any) -> Draw:
    return Draw(Pool(make.module(module).id, use), questions, **given)


def pick(make: Factory, module: str, count: int) -> list[Draw]:
    """Fixed single-choice questions of a module's test pool, the first ones by their ids: nothing is left to chance."""
    its = make.module(module).id
    found = (
        select(QuestionRow.id)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .where(QuestionRow.module_id == its, QuestionRow.use == Use.TEST, QuestionRow.retired_at.is_(None))
        .where(QuestionVersion.superseded_at.is_(None), QuestionVersion.kind == "single")
        .order_by(QuestionRow.id)
    )
    ids = make.session.scalars(found.limit(count)).all()
    assert len(ids) == count
    return [Draw(Pool(its, Use.TEST), question_id=number) for number in ids]


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
