"""All permissions as named predicates, which views, services and templates share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.domain.attempt import AttemptState, Purpose
from app.domain.content import Use
from app.models import (
    Assignment,
    AssignmentRecipient,
    Attempt,
    AttemptItem,
    Cohort,
    CohortTrainer,
    ComposedTest,
    DrawRow,
    Learner,
    LibraryPerson,
    LibraryRole,
    Membership,
    ModuleRow,
    QuestionRow,
    QuestionVersion,
    Role,
    SectionRow,
    User,
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """The sender of a request: a visitor (neither), a guest (only a learner) or a person with an account (both).

    ``has_open_test`` is whether the learner has started a test and not submitted it; its time may be up.
    """

    user: User | None = None
    learner: Learner | None = None
    has_open_test: bool = False

    @property
    def is_guest(self) -> bool:
        return self.user is None and self.learner is not None


VISITOR = Viewer()


def may_take_test(viewer: Viewer) -> bool:
    """Whether the viewer may take tests. Tests need an account, because their results belong to a person."""
    return viewer.user is not None


def may_teach(viewer: Viewer) -> bool:
    return viewer.user is not None and viewer.user.role in (Role.TRAINER, Role.ADMIN)


def may_administer(viewer: Viewer) -> bool:
    return viewer.user is not None and viewer.user.role is Role.ADMIN


def may_remove_trainer(actor: User, cohort: Cohort, user_id: int) -> bool:
    """Whether somebody who may change a cohort may end a trainer's teaching it: who created it only ends it themselves.

    Administrators may remove any trainer.
    """
    return actor.role is Role.ADMIN or user_id == actor.id or cohort.created_by_id != user_id


def teaches(viewer: Viewer, cohort_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Build the condition that the viewer teaches the cohort in a column; it is always true for administrators."""
    if viewer.user is None or not may_teach(viewer):
        return false()
    if may_administer(viewer):
        return true()
    its = exists().where(CohortTrainer.cohort_id == cohort_id, CohortTrainer.user_id == viewer.user.id)
    return its.correlate_except(CohortTrainer)


def is_assigned_to(assignment: Any, learner_id: Any) -> ColumnElement[bool]:
    """Build the condition that an assignment is for this member of its cohort.

    ``assignment`` is the table, an alias or a loaded object; ``learner_id`` is a column, a parameter or a number.
    """
    named = exists().where(
        AssignmentRecipient.assignment_id == assignment.id, AssignmentRecipient.learner_id == learner_id
    )
    return or_(assignment.is_for_all, named.correlate_except(AssignmentRecipient))


def draws_on(assignment: Any, module_id: Any, *, use: Use | None = None) -> ColumnElement[bool]:
    """Build the condition that an assignment's test asks about a module; with ``use``, from this pool of it.

    ``assignment`` is the table or an alias. A composed test asks about all modules on which its sections draw.
    """
    its_draws = exists().where(
        SectionRow.test_id == assignment.test_id,
        DrawRow.section_id == SectionRow.id,
        DrawRow.module_id == module_id,
        *([DrawRow.question_use == use] if use else []),
    )
    own = assignment.module_id == module_id
    if use:
        own = and_(own, assignment.test_id.is_(None), assignment.question_use == use)
    return or_(own, its_draws.correlate_except(SectionRow, DrawRow))


def asks_about(attempt: Any, module_id: Any) -> ColumnElement[bool]:
    """Build the condition that the paper of an attempt has questions of a module. ``attempt`` is the table or an alias."""
    its = exists().where(
        attempt.sections.is_not(None),
        AttemptItem.attempt_id == attempt.id,
        QuestionVersion.id == AttemptItem.version_id,
        QuestionRow.id == QuestionVersion.question_id,
        QuestionRow.module_id == module_id,
    )
    return or_(attempt.module_id == module_id, its.correlate_except(AttemptItem, QuestionVersion, QuestionRow))


def owns_test(viewer: Viewer) -> ColumnElement[bool]:
    """Build the condition that a composed test is the viewer's. Administrators may see and change all."""
    if viewer.user is None or not may_teach(viewer):
        return false()
    return true() if may_administer(viewer) else ComposedTest.owner_id == viewer.user.id


def sits_test_on(viewer: Viewer, module_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Build the condition that the viewer has a test on a module as a learner: assigned to a cohort of theirs, or open.

    It holds back keys from trainers and administrators who also learn, so it is strict: an assignment counts until it
    is withdrawn or its cohort archived, whatever the viewer has done and whoever teaches it.
    """
    if viewer.learner is None:
        return false()
    is_assigned = exists().where(
        draws_on(Assignment, module_id),
        Assignment.withdrawn_at.is_(None),
        Cohort.id == Assignment.cohort_id,
        Cohort.archived_at.is_(None),
        Membership.cohort_id == Cohort.id,
        Membership.learner_id == viewer.learner.id,
        Membership.removed_at.is_(None),
    )
    is_open = exists().where(
        asks_about(Attempt, module_id),
        Attempt.learner_id == viewer.learner.id,
        Attempt.purpose == Purpose.TEST,
        Attempt.state == AttemptState.OPEN,
    )
    return or_(is_assigned.correlate_except(Assignment, Cohort, Membership), is_open.correlate_except(Attempt))


def teaches_module(
    viewer: Viewer, module_id: InstrumentedAttribute[int], library_id: InstrumentedAttribute[int | None]
) -> ColumnElement[bool]:
    """Build the condition that the viewer may work with a module as a trainer.

    ``library_id`` is the column of the module's library. The course is open to all trainers. A module of a library is
    open to those with a role in the library, and to the trainers of the cohorts to which it is assigned.
    """
    if viewer.user is None or not may_teach(viewer):
        return false()
    if may_administer(viewer):
        return true()
    its_own = (
        exists()
        .where(draws_on(Assignment, module_id), Assignment.withdrawn_at.is_(None))
        .where(teaches(viewer, Assignment.cohort_id))
        .correlate_except(Assignment)
    )
    return or_(library_id.is_(None), reads_library(viewer, library_id), its_own)


def assigns_module(viewer: Viewer, library_id: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Build the condition that the viewer may assign a module: of the course, or of a library with a role in it."""
    return or_(library_id.is_(None), reads_library(viewer, library_id))


def opens_module(
    viewer: Viewer, module_id: InstrumentedAttribute[int], library_id: InstrumentedAttribute[int | None]
) -> ColumnElement[bool]:
    """Build the condition that the viewer sees a module, reads its lessons and practises.

    The course is open to everybody. A module of a library is open to the learners to whom it is assigned, and to its
    trainers (:func:`teaches_module`).
    """
    conditions = [library_id.is_(None), teaches_module(viewer, module_id, library_id)]
    if viewer.user is not None and viewer.learner is not None:
        conditions.append(_is_assigned(module_id, viewer.learner))
    return or_(*conditions)


def _is_assigned(module_id: InstrumentedAttribute[int], learner: Learner) -> ColumnElement[bool]:
    """Build the condition that a learner has an assignment of a module now."""
    found = exists().where(
        draws_on(Assignment, module_id),
        Assignment.withdrawn_at.is_(None),
        is_assigned_to(Assignment, learner.id),
        Cohort.id == Assignment.cohort_id,
        Cohort.archived_at.is_(None),
        Membership.cohort_id == Cohort.id,
        Membership.learner_id == learner.id,
        Membership.removed_at.is_(None),
    )
    return found.correlate_except(Assignment, Cohort, Membership)


def examines(viewer: Viewer, module_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Build the condition that the viewer may see the exam questions of a module outside the examination.

    It holds for administrators, for the people of the module's library, and for trainers with an assignment that draws
    on them, unless the viewer has a test on the module as a learner.
    """
    if viewer.user is None or not may_teach(viewer):
        return false()
    its_own = (
        exists()
        .where(draws_on(Assignment, module_id, use=Use.EXAM))
        .where(Assignment.withdrawn_at.is_(None), teaches(viewer, Assignment.cohort_id))
        .correlate_except(Assignment)
    )
    home = aliased(ModuleRow)
    its_library = exists().where(home.id == module_id, reads_library(viewer, home.library_id)).correlate_except(home)
    may = true() if may_administer(viewer) else or_(its_own, its_library)
    return and_(may, not_(sits_test_on(viewer, module_id)))


def reads_library(viewer: Viewer, library_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Build the condition that the viewer has a role in the library in a column.

    It is always true for administrators, who count as owners. Nobody else sees a library: it contains keys.
    """
    if viewer.user is None or not may_teach(viewer):
        return false()
    if may_administer(viewer):
        return true()
    its = exists().where(LibraryPerson.library_id == library_id, LibraryPerson.user_id == viewer.user.id)
    return its.correlate_except(LibraryPerson)


def may_edit_library(role: LibraryRole) -> bool:
    """Whether a role in a library allows its documents to be changed."""
    return role in (LibraryRole.OWNER, LibraryRole.EDITOR)


def may_publish_library(role: LibraryRole) -> bool:
    """Whether a role in a library allows it to be published, and withdrawn from publication."""
    return role is LibraryRole.OWNER


def may_manage_library(role: LibraryRole) -> bool:
    """Whether a role in a library allows its name and people to be changed."""
    return role is LibraryRole.OWNER
