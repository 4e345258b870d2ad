"""Drawing papers from what is published now."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.content import Use
from app.domain.paper import Slot, draw_practice, draw_test
from app.models import Attempt, Mark, ModuleRow
from app.services.course import catalogue


def for_test(session: Session, module: ModuleRow, seed: int, lessons: Collection[str] = ()) -> tuple[Slot, ...]:
    """Draw a test by the module's blueprint; where ``lessons`` are named by their slugs, of what is read in these alone."""
    objectives = catalogue.list_objectives(session, module.id)
    if lessons:
        objectives = [one for one in objectives if (one.read or "").partition("#")[0] in lessons]
    return draw_test(catalogue.pool(session, module.id, Use.TEST), catalogue.blueprint(module, objectives), seed)


def for_practice(session: Session, module: ModuleRow, seed: int, missed_in: Attempt | None = None) -> tuple[Slot, ...]:
    """Draw practice questions of a module; after an attempt what it got wrong, where that can be practised."""
    pool = catalogue.pool(session, module.id, Use.PRACTICE)
    wanted: set[int] = set()
    if missed_in is not None:
        objectives, versions = _missed(session, missed_in)
        wanted = {one.question_id for one in pool if one.version_id in versions}
        # Test questions are never practised: the practice questions on the same ideas are.
        wanted = wanted or {one.question_id for one in pool if one.objective_id in objectives}
    return draw_practice(pool, module.practice_questions, seed, wanted)


def _missed(session: Session, attempt: Attempt) -> tuple[set[int], set[int]]:
    """The objectives and the question versions of an attempt that were not right."""
    marks = session.execute(
        select(Mark.objective_id, Mark.version_id).where(
            Mark.attempt_id == attempt.id, Mark.is_right.is_(False), Mark.is_void.is_(False)
        )
    ).all()
    return {row.objective_id for row in marks}, {row.version_id for row in marks}
