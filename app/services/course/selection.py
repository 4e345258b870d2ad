"""Drawing papers from the published questions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.composing import Composition, count_found, draw_paper
from app.domain.content import Use
from app.domain.paper import Slot, count_test, draw_practice, draw_test
from app.models import Attempt, Mark, ModuleRow
from app.services.course import catalogue, compositions
from app.services.course.catalogue import ObjectivePool


@dataclass(frozen=True, slots=True)
class PaperContent:
    """The content of a test: its module, the slugs of the lessons it is limited to, if any, and the pool it draws on.

    With a ``test_id``, it is that composed test, whatever the other fields say.
    """

    module: ModuleRow
    lessons: Collection[str] = ()
    use: Use = Use.TEST
    test_id: int | None = None


def select_test(session: Session, test: PaperContent, seed: int) -> tuple[Slot, ...]:
    """Draw a test by the module's blueprint, from one pool only, on the objectives that its lessons cover.

    A composed test is drawn by its sections.
    """
    if test.test_id is not None:
        return select_composed(session, compositions.load_one(session, test.test_id), seed)
    module, objectives = test.module, catalogue.list_objectives(session, test.module.id)
    ids = {one.slug: one.id for one in objectives if _is_covered(one.read, test.lessons)}
    return draw_test(catalogue.list_pool(session, module.id, test.use), catalogue.get_blueprint(module, ids), seed)


def select_composed(session: Session, composition: Composition, seed: int) -> tuple[Slot, ...]:
    """Draw a composed test as it was loaded, so that an attempt gets the rules and the questions of one revision."""
    return draw_paper(composition, compositions.load_pools(session, composition.pools), seed)


def _is_covered(read: str | None, lessons: Collection[str]) -> bool:
    return not lessons or (read or "").partition("#")[0] in lessons


def count_tests(session: Session, tests: Sequence[PaperContent]) -> list[int]:
    """Return how many questions :func:`select_test` would draw for each of these tests: 0 if it cannot be started."""
    of_modules = [test for test in tests if test.test_id is None]
    pools = catalogue.list_pool_sizes(session, {one.module.id for one in of_modules if one.module.retired_at is None})
    composed = _count_composed(session, {test.test_id for test in tests if test.test_id is not None})
    return [
        composed[test.test_id]
        if test.test_id is not None
        else _count_test(test, [pool for pool in pools if pool.module_id == test.module.id and pool.use is test.use])
        for test in tests
    ]


def _count_composed(session: Session, test_ids: Collection[int]) -> dict[int, int]:
    """Return how many questions each of these composed tests would ask, with two statements for all of them."""
    if not test_ids:
        return {}
    found = compositions.load(session, test_ids)
    pools = compositions.load_pools(session, {pool for one in found.values() for pool in one.pools})
    return {test_id: sum(map(sum, count_found(composition, pools))) for test_id, composition in found.items()}


def _count_test(test: PaperContent, pools: Sequence[ObjectivePool]) -> int:
    ids = {pool.objective: pool.size.objective_id for pool in pools if _is_covered(pool.read, test.lessons)}
    return count_test((pool.size for pool in pools), catalogue.get_blueprint(test.module, ids))


def select_practice(
    session: Session, module: ModuleRow, seed: int, missed_in: Attempt | None = None
) -> tuple[Slot, ...]:
    """Draw practice questions of a module.

    With ``missed_in``, draw all practice questions missed in that attempt or, if there are none, as many as usual on the
    objectives missed. If there are none either, draw from the whole module.
    """
    pool = catalogue.list_pool(session, module.id, Use.PRACTICE)
    wanted: set[int] = set()
    if missed_in is not None:
        objectives, versions = _list_missed(session, missed_in)
        wanted = {one.question_id for one in pool if one.version_id in versions}
        # Test questions are never practised; use the practice questions on the same objectives.
        pool = [one for one in pool if wanted or one.objective_id in objectives] or pool
    return draw_practice(pool, module.practice_questions, seed, wanted)


def _list_missed(session: Session, attempt: Attempt) -> tuple[set[int], set[int]]:
    """Return the ids of the objectives and question versions with wrong answers in an attempt."""
    marks = session.execute(
        select(Mark.objective_id, Mark.version_id).where(
            Mark.attempt_id == attempt.id, Mark.is_right.is_(False), Mark.is_void.is_(False)
        )
    ).all()
    return {row.objective_id for row in marks}, {row.version_id for row in marks}
