"""Composed tests for their owners: what they may draw from, and creating, changing, copying and archiving them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain.composing import Composition, Draw, PlannedSection, Pool, count_found
from app.domain.content import Use
from app.domain.sections import SectionRule
from app.models import (
    Assignment,
    Cohort,
    ComposedTest,
    DrawRow,
    ModuleRow,
    ObjectiveRow,
    SectionRow,
    User,
)
from app.permissions import Viewer, assigns_module, owns_test, teaches
from app.services.course import catalogue, compositions
from app.services.libraries import people
from app.services.libraries.people import LibraryKeepers
from app.services.log import audit, subjects

POOLS = (Use.TEST, Use.EXAM)
"""The pools of a module that a composed test may draw from."""


@dataclass(frozen=True, slots=True)
class ComposedLine:
    """A composed test in a list: how many questions it asks and finds, and how many assignments use it."""

    test: ComposedTest
    sections: int
    questions: int
    found: int
    assignments: int


@dataclass(frozen=True, slots=True)
class PoolChoice:
    """A pool that its viewer may draw from, and how many questions it has now."""

    pool: Pool
    module: ModuleRow
    questions: int


@dataclass(frozen=True, slots=True)
class ComposingOptions:
    """What a viewer may draw from: pools with questions, and the objectives of their modules.

    ``libraries`` are those of the modules, by id, with the people who see their keys.
    """

    pools: Sequence[PoolChoice]
    objectives: Sequence[ObjectiveRow]
    libraries: Mapping[int, LibraryKeepers]

    @property
    def modules(self) -> dict[int, ModuleRow]:
        return {choice.module.id: choice.module for choice in self.pools}


@dataclass(frozen=True, slots=True)
class AssignableTest:
    """A composed test that can be assigned: it finds questions, and its viewer may use all its modules.

    ``module`` is the first one, which stands for the test where one module is needed.
    """

    test: ComposedTest
    module: ModuleRow
    questions: int


@dataclass(frozen=True, slots=True)
class ComposedUse:
    """An assignment of a composed test, in a cohort that the viewer teaches."""

    assignment_id: int
    title: str
    cohort_title: str


@dataclass(frozen=True, slots=True)
class ComposedUses:
    """The assignments that use a composed test and are not withdrawn; ``elsewhere`` counts those of other trainers."""

    own: Sequence[ComposedUse]
    elsewhere: int

    @property
    def count(self) -> int:
        return len(self.own) + self.elsewhere


# -- loading -----------------------------------------------------------------------------------------------------------


def list_for(session: Session, viewer: Viewer, *, archived: bool = False) -> list[ComposedLine]:
    """List the viewer's own tests, the newest first."""
    if viewer.user is None:
        return []
    is_listed = ComposedTest.archived_at.is_not(None) if archived else ComposedTest.archived_at.is_(None)
    own = select(ComposedTest).where(ComposedTest.owner_id == viewer.user.id, owns_test(viewer), is_listed)
    tests = session.scalars(own.order_by(ComposedTest.id.desc())).all()
    found = compositions.load(session, [test.id for test in tests]) if tests else {}
    pools = compositions.load_pools(session, {pool for one in found.values() for pool in one.pools})
    uses = _count_uses(session, [test.id for test in tests])
    return [
        ComposedLine(
            test,
            len(found[test.id].sections),
            found[test.id].questions,
            sum(map(sum, count_found(found[test.id], pools))),
            uses.get(test.id, 0),
        )
        for test in tests
    ]


def _count_uses(session: Session, test_ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(
        select(Assignment.test_id, func.count())
        .where(Assignment.test_id.in_(test_ids), Assignment.withdrawn_at.is_(None))
        .group_by(Assignment.test_id)
    )
    return {test_id: count for test_id, count in rows if test_id is not None}


def get_for(session: Session, viewer: Viewer, test_id: int, *, for_update: bool = False) -> ComposedTest | None:
    """Return a composed test that is the viewer's, or None. Administrators may see and change all."""
    found = select(ComposedTest).where(ComposedTest.id == test_id, owns_test(viewer))
    if for_update:
        found = lock_rows(found, ComposedTest).execution_options(populate_existing=True)
    return session.scalar(found)


def list_uses(session: Session, viewer: Viewer, test: ComposedTest) -> ComposedUses:
    """Return the assignments that use a test. Titles of cohorts that the viewer does not teach are not given away."""
    own = session.execute(
        select(Assignment.id, Assignment.title, Cohort.title)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .where(Assignment.test_id == test.id, Assignment.withdrawn_at.is_(None), teaches(viewer, Assignment.cohort_id))
        .order_by(Assignment.id.desc())
    )
    listed = [ComposedUse(*row) for row in own]
    return ComposedUses(listed, _count_uses(session, [test.id]).get(test.id, 0) - len(listed))


def load_options(session: Session, viewer: Viewer) -> ComposingOptions:
    """Load what the viewer may draw from now."""
    modules = catalogue.list_assignable_modules(session, viewer)
    pools = compositions.load_pools(session, [Pool(module.id, use) for module in modules for use in POOLS])
    objectives = session.scalars(
        select(ObjectiveRow)
        .where(ObjectiveRow.module_id.in_([module.id for module in modules]), ObjectiveRow.retired_at.is_(None))
        .order_by(ObjectiveRow.module_id, ObjectiveRow.position)
    ).all()
    private = {module.library_id for module in modules if module.library_id is not None}
    return ComposingOptions(
        [
            PoolChoice(Pool(module.id, use), module, len(pools[Pool(module.id, use)]))
            for module in modules
            for use in POOLS
            if pools[Pool(module.id, use)]
        ],
        objectives,
        people.list_keepers(session, private) if private else {},
    )


def list_forbidden_modules(session: Session, viewer: Viewer, composition: Composition) -> list[str]:
    """List the titles of modules that a test draws from although the viewer may not assign them now."""
    wanted = {pool.module_id for pool in composition.pools}
    allowed = select(ModuleRow.id).where(assigns_module(viewer, ModuleRow.library_id))
    found = select(ModuleRow.title).where(ModuleRow.id.in_(wanted), ModuleRow.id.not_in(allowed))
    return list(session.scalars(found.order_by(ModuleRow.title)))


def list_assignable(session: Session, viewer: Viewer) -> list[AssignableTest]:
    """List the viewer's tests that they may assign now."""
    lines = [line for line in list_for(session, viewer) if line.found]
    if not lines:
        return []
    found = compositions.load(session, [line.test.id for line in lines])
    modules = {module.id: module for module in catalogue.list_assignable_modules(session, viewer)}
    retired = select(ModuleRow.id).where(
        ModuleRow.retired_at.is_not(None), assigns_module(viewer, ModuleRow.library_id)
    )
    allowed = modules.keys() | set(session.scalars(retired))
    assignable = []
    for line in lines:
        draws = [draw for section in found[line.test.id].sections for draw in section.draws]
        first = next((modules[draw.pool.module_id] for draw in draws if draw.pool.module_id in modules), None)
        if first is not None and all(draw.pool.module_id in allowed for draw in draws):
            assignable.append(AssignableTest(line.test, first, line.found))
    return assignable


# -- changing ----------------------------------------------------------------------------------------------------------


def create(
    session: Session, actor: User, title: str, now: datetime, *, shuffles: bool, is_forward_only: bool
) -> ComposedTest:
    test = ComposedTest(
        owner_id=actor.id, title=title, shuffles=shuffles, is_forward_only=is_forward_only, revision=1, created_at=now
    )
    session.add(test)
    session.flush()  # the audit log needs its id
    audit.record(session, actor, "test.create", get_subject(test), now, title=title)
    return test


def edit(
    session: Session,
    actor: User,
    test: ComposedTest,
    now: datetime,
    *,
    title: str,
    shuffles: bool,
    is_forward_only: bool,
) -> None:
    values: dict[str, object] = {"title": title, "shuffles": shuffles, "is_forward_only": is_forward_only}
    changed = {name: [getattr(test, name), value] for name, value in values.items() if getattr(test, name) != value}
    if not changed:
        return
    for name, value in values.items():
        setattr(test, name, value)
    _note_change(session, actor, test, now, **changed)


def save_sections(
    session: Session, actor: User, test: ComposedTest, sections: Sequence[PlannedSection], now: datetime
) -> None:
    """Replace the sections of a test. Attempts that have started keep theirs."""
    session.execute(delete(SectionRow).where(SectionRow.test_id == test.id))
    for position, section in enumerate(sections, start=1):
        row = SectionRow(
            test_id=test.id,
            position=position,
            title=section.rule.title,
            pass_mark_percent=section.rule.pass_mark_percent,
            needs_critical_right=section.rule.needs_critical_right,
        )
        session.add(row)
        session.flush()  # its lines need its id
        session.add_all(_build_draw(row, number, draw) for number, draw in enumerate(section.draws, start=1))
    _note_change(session, actor, test, now, sections=len(sections), questions=sum(one.questions for one in sections))


def _build_draw(section: SectionRow, position: int, draw: Draw) -> DrawRow:
    return DrawRow(
        section_id=section.id,
        position=position,
        module_id=draw.pool.module_id,
        question_use=draw.pool.use,
        questions=draw.questions,
        objective_id=draw.objective_id,
        level=draw.level,
        question_id=draw.question_id,
    )


def _note_change(session: Session, actor: User, test: ComposedTest, now: datetime, **details: object) -> None:
    test.revision += 1
    audit.record(session, actor, "test.edit", get_subject(test), now, **details, revision=test.revision)


def copy(session: Session, actor: User, test: ComposedTest, title: str, now: datetime) -> ComposedTest:
    """Copy a test with its sections. The copy belongs to ``actor``."""
    made = create(session, actor, title, now, shuffles=test.shuffles, is_forward_only=test.is_forward_only)
    save_sections(session, actor, made, compositions.load_one(session, test.id).sections, now)
    return made


def set_archived(session: Session, actor: User, test: ComposedTest, now: datetime, *, is_archived: bool) -> None:
    """Archive a test, or take it back. Its assignments stay as they are; it is no longer offered for new ones."""
    if (test.archived_at is not None) == is_archived:
        return
    test.archived_at = now if is_archived else None
    audit.record(session, actor, "test.archive" if is_archived else "test.restore", get_subject(test), now)


def build_first_section(title: str) -> PlannedSection:
    """Return the empty section that a new test begins with."""
    return PlannedSection(SectionRule(title), ())


def get_subject(test: ComposedTest) -> str:
    return subjects.make_reference("test", test.id)
