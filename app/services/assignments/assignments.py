"""Assignments for trainers: a module's test and lessons, assigned to a cohort under terms that can be changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db import Model, lock_rows
from app.domain import wall_clock
from app.domain.assignment import AssignmentTerms, GradingMethod
from app.domain.content import Use
from app.domain.kinds import MARKED_BY_PEOPLE
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import (
    Assignment,
    AssignmentLesson,
    AssignmentRecipient,
    Attempt,
    AttemptItem,
    AuditEvent,
    Cohort,
    ModuleRow,
    Prerequisite,
    QuestionRow,
    QuestionVersion,
    User,
)
from app.permissions import Viewer, draws_on, teaches
from app.services.assignments import deadlines
from app.services.course import selection
from app.services.course.selection import PaperContent
from app.services.log import audit, subjects

PRETEST_POLICY = ReleasePolicy(
    ReleaseMoment.SUBMISSION, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT
)
"""The release policy of a pre-test. All but the score also waits for the test after it, because both draw questions
from one pool (:func:`app.services.attempts.releases.is_pool_in_use`)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that a trainer sets. None means: open at once, never due, unlimited attempts, no time limit.

    Without ``lesson_ids``, the assignment has all lessons of the module and its whole test. ``recipient_ids``
    (learners) count only if not ``is_for_all``. ``question_use`` is the pool that the test draws on. ``required_ids``
    are the assignments to be passed first; learning gain is measured from ``pretest_id``. With a ``test_id``, the
    assignment asks that composed test, and has no lessons.
    """

    title: str
    due_at: datetime | None
    attempts_allowed: int | None
    time_limit_minutes: int | None
    pass_mark_percent: int
    policy: ReleasePolicy = field(default_factory=ReleasePolicy)
    asks_certainty: bool = False
    question_use: Use = Use.TEST
    opens_at: datetime | None = None
    counts: GradingMethod = GradingMethod.BEST
    lessons_first: bool = False
    is_for_all: bool = True
    pretest_id: int | None = None
    test_id: int | None = None
    recipient_ids: frozenset[int] = frozenset()
    lesson_ids: frozenset[int] = frozenset()
    required_ids: frozenset[int] = frozenset()

    def with_unseen(self, was: Terms, *, recipient_ids: Collection[int], lesson_ids: Collection[int]) -> Terms:
        """Return these terms with the recipients and lessons of ``was`` that the form could not offer.

        These are learners who left (and may come back) and retired lessons. ``recipient_ids`` and ``lesson_ids`` are
        what the form offered.
        """
        gone = was.recipient_ids - frozenset(recipient_ids) if not self.is_for_all else frozenset()
        retired = was.lesson_ids - frozenset(lesson_ids) if self.lesson_ids else frozenset()
        return replace(self, recipient_ids=self.recipient_ids | gone, lesson_ids=self.lesson_ids | retired)

    @property
    def base_terms(self) -> AssignmentTerms:
        return AssignmentTerms(
            opens_at=self.opens_at,
            due_at=self.due_at,
            closes_when_due=self.policy.waits_for_closing,
            attempts_allowed=self.attempts_allowed,
            time_limit_minutes=self.time_limit_minutes,
            pass_mark_percent=self.pass_mark_percent,
        )


_LINKS: dict[str, tuple[type[Model], InstrumentedAttribute[int], InstrumentedAttribute[int]]] = {
    "recipient_ids": (AssignmentRecipient, AssignmentRecipient.assignment_id, AssignmentRecipient.learner_id),
    "lesson_ids": (AssignmentLesson, AssignmentLesson.assignment_id, AssignmentLesson.lesson_id),
    "required_ids": (Prerequisite, Prerequisite.assignment_id, Prerequisite.required_id),
}
"""The terms stored as rows: their table, its assignment column and its target column."""


@dataclass(frozen=True, slots=True)
class TaughtAssignment:
    """An assignment that its viewer teaches, with its cohort and module. Having one proves access.

    ``has_marking`` says whether its test can ask, or has asked, questions that people mark.
    """

    assignment: Assignment
    cohort: Cohort
    module: ModuleRow
    has_marking: bool = False


@dataclass(frozen=True, slots=True)
class TermsChange:
    """A change to one field of the terms, with values as the audit log stores them."""

    by: str | None
    at: datetime
    name: str
    old: object
    new: object


class AlreadyStartedError(Exception):
    """An attempt was started: the assignment can be withdrawn, but not deleted."""


def list_for_cohort(session: Session, cohort: Cohort) -> Sequence[Assignment]:
    """List a cohort's assignments by due date, then those without one, and withdrawn ones last."""
    found = select(Assignment).where(Assignment.cohort_id == cohort.id)
    order = (Assignment.withdrawn_at.is_not(None), Assignment.due_at.is_(None), Assignment.due_at, Assignment.id)
    return session.scalars(found.order_by(*order)).all()


def get_for(
    session: Session, viewer: Viewer, assignment_id: int, *, for_update: bool = False
) -> TaughtAssignment | None:
    """Return an assignment of a cohort that the viewer teaches, or None. Administrators may see all."""
    found = (
        select(Assignment, Cohort, ModuleRow, _has_marking())
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .where(Assignment.id == assignment_id, teaches(viewer, Assignment.cohort_id))
    )
    if for_update:
        found = lock_rows(found, Assignment).execution_options(populate_existing=True)
    row = session.execute(found).one_or_none()
    return TaughtAssignment(*row) if row else None


def _has_marking() -> ColumnElement[bool]:
    """Build the condition that the statement's ``Assignment`` can ask, or has asked, questions that people mark.

    A composed test may draw on other modules since an attempt started.
    """
    can_ask = exists().where(
        draws_on(Assignment, QuestionRow.module_id),
        QuestionVersion.question_id == QuestionRow.id,
        QuestionVersion.kind.in_(MARKED_BY_PEOPLE),
    )
    has_asked = exists().where(
        Attempt.assignment_id == Assignment.id,
        AttemptItem.attempt_id == Attempt.id,
        QuestionVersion.id == AttemptItem.version_id,
        QuestionVersion.kind.in_(MARKED_BY_PEOPLE),
    )
    return or_(can_ask.correlate(Assignment), and_(Assignment.test_id.is_not(None), has_asked.correlate(Assignment)))


def get_terms(session: Session, assignment: Assignment) -> Terms:
    plain = {one.name: getattr(assignment, one.name) for one in fields(Terms) if one.name not in _LINKS}
    return Terms(**{**plain, **_get_links(session, assignment)})


# -- setting and changing ----------------------------------------------------------------------------------------------


def create(session: Session, actor: User, cohort: Cohort, module: ModuleRow, terms: Terms, now: datetime) -> Assignment:
    """Assign a module to a cohort. ``terms`` must have passed :func:`app.services.assignments.options.find_faults`."""
    assignment = Assignment(
        cohort_id=cohort.id,
        module_id=module.id,
        created_by_id=actor.id,
        created_at=now,
        time_zone=cohort.time_zone,
        **_get_columns(terms, cohort.time_zone),
    )
    session.add(assignment)
    session.flush()  # the rows below and the audit log need its id
    for name in _LINKS:
        _write_links(session, assignment, name, getattr(terms, name))
    details = {"cohort": cohort.id, "module": module.slug}
    if terms.question_use is Use.EXAM:
        details["question_use"] = Use.EXAM  # it lets the trainers see exam questions in the question bank
    audit.record(session, actor, "assignment.create", get_subject(assignment), now, **details)
    return assignment


def create_with_pretest(
    session: Session, actor: User, cohort: Cohort, module: ModuleRow, terms: Terms, now: datetime
) -> Assignment:
    """Assign a module with a pre-test, from which learning gain is measured; return the assignment after it.

    The pre-test covers the same content and can be taken once, from now on. It is due when the other assignment opens.
    It has no prerequisites: nothing must be read or passed first. It draws on the module's test questions, if there are
    any, so that nobody sees exam questions before the examination. A composed test draws as its sections say.
    """
    [open_questions] = selection.count_tests(session, [PaperContent(module)])
    before = replace(
        terms,
        title=f"{terms.title[:190]} (before)",
        opens_at=None,
        due_at=terms.opens_at if terms.opens_at and terms.opens_at > now else None,
        attempts_allowed=1,
        policy=PRETEST_POLICY,
        counts=GradingMethod.BEST,
        question_use=Use.TEST if open_questions else terms.question_use,
        lessons_first=False,
        required_ids=frozenset(),
    )
    pretest = create(session, actor, cohort, module, before, now)
    return create(session, actor, cohort, module, replace(terms, pretest_id=pretest.id), now)


def edit(session: Session, actor: User, taught: TaughtAssignment, terms: Terms, now: datetime) -> None:
    """Change the terms. Open attempts get the changes that favour the learner at once, and no others."""
    assignment, was = taught.assignment, _get_links(session, taught.assignment)
    changed: dict[str, list[object]] = {}
    for name, value in _get_columns(terms, assignment.time_zone).items():
        if getattr(assignment, name) != value:
            changed[name] = [_to_plain(getattr(assignment, name)), _to_plain(value)]
            setattr(assignment, name, value)
    for name in _LINKS:
        wanted = getattr(terms, name)
        if wanted != was[name]:
            changed[name] = [sorted(was[name]), sorted(wanted)]
            _write_links(session, assignment, name, wanted)
    if not changed:
        return
    assignment.revision += 1
    details = {**changed, "revision": assignment.revision}
    audit.record(session, actor, "assignment.edit", get_subject(assignment), now, **details)
    deadlines.extend_open_attempts(session, assignment, now)


def list_changes(session: Session, assignment: Assignment, seen: int) -> list[TermsChange]:
    """List the net change to each field of the terms since revision ``seen``."""
    rows = session.execute(
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.subject == get_subject(assignment), AuditEvent.action == "assignment.edit")
        .order_by(AuditEvent.id)
    )
    found: dict[str, TermsChange] = {}
    for event, by in rows:
        if event.details.get("revision", 0) <= seen:
            continue
        for name, (old, new) in ((name, pair) for name, pair in event.details.items() if name != "revision"):
            first = found.get(name)
            found[name] = TermsChange(by, event.at, name, first.old if first else old, new)
    return [change for change in found.values() if change.old != change.new]


# -- withdrawing -------------------------------------------------------------------------------------------------------


def withdraw(session: Session, actor: User, taught: TaughtAssignment, now: datetime) -> None:
    """Hide an assignment from learners. Attempts are kept, and open ones can be finished."""
    if taught.assignment.withdrawn_at is None:
        taught.assignment.withdrawn_at = now
        audit.record(session, actor, "assignment.withdraw", get_subject(taught.assignment), now)


def restore(session: Session, actor: User, taught: TaughtAssignment, now: datetime) -> None:
    if taught.assignment.withdrawn_at is not None:
        taught.assignment.withdrawn_at = None
        audit.record(session, actor, "assignment.set_again", get_subject(taught.assignment), now)


def is_started(session: Session, assignment: Assignment) -> bool:
    return session.scalar(select(_is_started(assignment))) or False


def delete_assignment(session: Session, actor: User, taught: TaughtAssignment, now: datetime) -> None:
    """Delete an assignment and its exceptions permanently.

    :raise AlreadyStartedError: an attempt was started.
    """
    assignment = taught.assignment
    gone = session.execute(
        delete(Assignment)
        .where(Assignment.id == assignment.id, ~_is_started(assignment))
        .returning(Assignment.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not gone:
        raise AlreadyStartedError
    session.expunge(assignment)
    audit.record(
        session,
        actor,
        "assignment.delete",
        get_subject(assignment),
        now,
        cohort=taught.cohort.id,
        module=taught.module.slug,
    )


def _is_started(assignment: Assignment) -> ColumnElement[bool]:
    return exists().where(Attempt.assignment_id == assignment.id)


def get_subject(assignment: Assignment) -> str:
    return subjects.make_reference("assignment", assignment.id)


# -- what is stored ----------------------------------------------------------------------------------------------------


def _get_columns(terms: Terms, time_zone: str) -> dict[str, object]:
    """Return these terms as columns of the assignment."""
    kept = (one.name for one in fields(terms) if one.name not in (*_LINKS, "policy"))
    values: dict[str, object] = {name: getattr(terms, name) for name in kept}
    for name, moment in (("opens_local", terms.opens_at), ("due_local", terms.due_at)):
        values[name] = format_local(moment, time_zone)
    return values | {f"release_{one.name}": getattr(terms.policy, one.name) for one in fields(terms.policy)}


def format_local(moment: datetime | None, time_zone: str) -> str | None:
    """Return the local time in a zone in the stored format."""
    return f"{wall_clock.to_local(moment, time_zone):%Y-%m-%dT%H:%M}" if moment else None


def _get_links(session: Session, assignment: Assignment) -> dict[str, frozenset[int]]:
    return {
        name: frozenset(session.scalars(select(column).where(of == assignment.id)))
        for name, (_table, of, column) in _LINKS.items()
    }


def _write_links(session: Session, assignment: Assignment, name: str, ids: Iterable[int]) -> None:
    table, of, column = _LINKS[name]
    session.execute(delete(table).where(of == assignment.id))
    rows = [{of.key: assignment.id, column.key: one} for one in sorted(ids)]
    if rows:
        session.execute(insert(table), rows)


def _to_plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
