"""Composed tests as the domain draws them, and the pools from which they draw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.composing import Composition, Draw, PlannedSection, Pool
from app.domain.paper import Candidate
from app.domain.sections import SectionRule
from app.models import ComposedTest, DrawRow, ModuleRow, QuestionRow, QuestionVersion, SectionRow


def load_one(session: Session, test_id: int) -> Composition:
    return load(session, [test_id])[test_id]


def load(session: Session, test_ids: Collection[int]) -> dict[int, Composition]:
    """Return these composed tests by id, with one statement."""
    rows = session.execute(
        select(ComposedTest, SectionRow, DrawRow)
        .outerjoin(SectionRow, SectionRow.test_id == ComposedTest.id)
        .outerjoin(DrawRow, DrawRow.section_id == SectionRow.id)
        .where(ComposedTest.id.in_(test_ids))
        .order_by(ComposedTest.id, SectionRow.position, DrawRow.position)
    ).all()
    tests = {test.id: test for test, _section, _draw in rows}
    sections: dict[int, dict[int, SectionRow]] = defaultdict(dict)
    draws: dict[int, list[Draw]] = defaultdict(list)
    for test, section, draw in rows:
        if section is not None:
            sections[test.id][section.id] = section
        if draw is not None:
            draws[section.id].append(to_draw(draw))
    return {
        test_id: Composition(
            tuple(PlannedSection(to_rule(one), tuple(draws[one.id])) for one in sections[test_id].values()),
            test.shuffles,
            test.is_forward_only,
        )
        for test_id, test in tests.items()
    }


def to_rule(row: SectionRow) -> SectionRule:
    return SectionRule(row.title, row.pass_mark_percent, row.needs_critical_right)


def to_draw(row: DrawRow) -> Draw:
    pool = Pool(row.module_id, row.question_use)
    return Draw(pool, row.questions, row.objective_id, row.level, row.question_id)


def load_pools(session: Session, pools: Collection[Pool]) -> dict[Pool, list[Candidate]]:
    """Return the questions of these pools that can be drawn now, in a stable order, with one statement.

    The questions of a retired module are left out.
    """
    found: dict[Pool, list[Candidate]] = {pool: [] for pool in pools}
    if not pools:
        return found
    rows: Iterable[Any] = session.execute(
        select(
            *(QuestionRow.module_id, QuestionRow.use, QuestionRow.id, QuestionVersion.id),
            *(QuestionVersion.objective_id, QuestionRow.level),
            *(QuestionVersion.option_count, QuestionVersion.is_order_fixed),
        )
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .where(
            QuestionVersion.superseded_at.is_(None),
            QuestionRow.retired_at.is_(None),
            ModuleRow.retired_at.is_(None),
            QuestionRow.module_id.in_({pool.module_id for pool in pools}),
            QuestionRow.use.in_({pool.use for pool in pools}),
        )
        .order_by(QuestionRow.id)
    )
    for module_id, use, *candidate in rows:
        pool = Pool(module_id, use)
        if pool in found:
            found[pool].append(Candidate(*candidate))
    return found
