"""Assignments, for those who teach: a module's test and lessons, set for a cohort on terms that can be changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db import Model, locked
from app.domain import wall_clock
from app.domain.assignment import Counts, ForAll
from app.domain.release import Policy, When
from app.models import (
    Assignment,
    AssignmentLesson,
    AssignmentRecipient,
    Attempt,
    AuditEvent,
    Cohort,
    CohortTrainer,
    ModuleRow,
    Prerequisite,
    User,
)
from app.permissions import Viewer, may_administer
from app.services import audit
from app.services.assigned import promises

BEFORE = Policy(When.SUBMISSION, When.LAST_ATTEMPT, When.LAST_ATTEMPT, When.LAST_ATTEMPT)
"""What is released of a pre-test: its score. The rest waits for the test after it as well, whatever stands here: both draw from one pool
(:func:`app.services.taking.releases.is_pool_in_use`)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a trainer decides. None is: open at once, never due, any number of attempts, no time limit.

    ``lesson_ids`` empty is: all lessons of the module, and all of its test. ``recipient_ids`` (learners) count where it is not ``is_for_all``.
    ``required_ids`` are the assignments that have to be passed first, ``pretest_id`` the one that learning gain is measured from.
    """

    title: str
    due_at: datetime | None
    attempts_allowed: int | None
    time_limit_minutes: int | None
    pass_mark_percent: int
    policy: Policy = field(default_factory=Policy)
    asks_certainty: bool = False
    opens_at: datetime | None = None
    counts: Counts = Counts.BEST
    lessons_first: bool = False
    is_for_all: bool = True
    pretest_id: int | None = None
    recipient_ids: frozenset[int] = frozenset()
    lesson_ids: frozenset[int] = frozenset()
    required_ids: frozenset[int] = frozenset()

    def with_unseen(self, was: Terms, *, recipient_ids: Collection[int], lesson_ids: Collection[int]) -> Terms:
        """These terms with what ``was`` named and could not be chosen again: learners who left (and may come back), lessons that were retired.

        What could be chosen is given by its ids.
        """
        gone = was.recipient_ids - frozenset(recipient_ids) if not self.is_for_all else frozenset()
        retired = was.lesson_ids - frozenset(lesson_ids) if self.lesson_ids else frozenset()
        return replace(self, recipient_ids=self.recipient_ids | gone, lesson_ids=self.lesson_ids | retired)

    @property
    def for_all(self) -> ForAll:
        return ForAll(
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
"""The terms that are rows of their own: their table, and the columns of the assignment and of what it names."""


@dataclass(frozen=True, slots=True)
class Taught:
    """An assignment with its cohort and module, for somebody who teaches that cohort."""

    assignment: Assignment
    cohort: Cohort
    module: ModuleRow


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody changed of the terms: the field, and what it said before and after, as the audit log keeps it."""

    by: str | None
    at: datetime
    name: str
    old: object
    new: object


class Started(Exception):
    """Somebody began an attempt: the assignment can be withdrawn, but not deleted."""


def list_for_cohort(session: Session, cohort: Cohort) -> Sequence[Assignment]:
    """What is assigned to a cohort, by due date, those without one last, those withdrawn at the end."""
    found = select(Assignment).where(Assignment.cohort_id == cohort.id)
    order = (Assignment.withdrawn_at.is_not(None), Assignment.due_at.is_(None), Assignment.due_at, Assignment.id)
    return session.scalars(found.order_by(*order)).all()


def get_for(session: Session, viewer: Viewer, assignment_id: int, *, for_update: bool = False) -> Taught | None:
    """An assignment of a cohort the viewer teaches; an administrator may see all. ``for_update`` lets others who change it wait."""
    if viewer.user is None:
        return None
    found = (
        select(Assignment, Cohort, ModuleRow)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .where(Assignment.id == assignment_id)
    )
    if not may_administer(viewer):
        found = found.join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id).where(
            CohortTrainer.user_id == viewer.user.id
        )
    if for_update:
        found = locked(found, Assignment).execution_options(populate_existing=True)
    row = session.execute(found).one_or_none()
    return Taught(*row) if row else None


def terms_of(session: Session, assignment: Assignment) -> Terms:
    """The terms as they are: three statements."""
    plain = {one.name: getattr(assignment, one.name) for one in fields(Terms) if one.name not in _LINKS}
    return Terms(**{**plain, **_links(session, assignment)})


# -- setting and changing --------------------------------------------------------------------------------------------------


def create(session: Session, actor: User, cohort: Cohort, module: ModuleRow, terms: Terms, now: datetime) -> Assignment:
    """Set a module for a cohort; ``terms`` were found good by :func:`app.services.assigned.assignable.faults`."""
    assignment = Assignment(
        cohort_id=cohort.id,
        module_id=module.id,
        created_by_id=actor.id,
        created_at=now,
        time_zone=cohort.time_zone,
        **_values(terms, cohort.time_zone),
    )
    session.add(assignment)
    session.flush()  # what it names and the audit log name it by its id
    for name in _LINKS:
        _put(session, assignment, name, getattr(terms, name))
    audit.record(session, actor, "assignment.create", subject_of(assignment), now, cohort=cohort.id, module=module.slug)
    return assignment


def create_with_pretest(
    session: Session, actor: User, cohort: Cohort, module: ModuleRow, terms: Terms, now: datetime
) -> Assignment:
    """Set a module with a test before it that the gain is measured from; return the one after it.

    The one before asks about the same and can be taken once, from now on; it is due when the other opens. It is no hurdle: nothing has to be
    read or passed first.
    """
    before = replace(
        terms,
        title=f"{terms.title[:190]} (before)",
        opens_at=None,
        due_at=terms.opens_at if terms.opens_at and terms.opens_at > now else None,
        attempts_allowed=1,
        policy=BEFORE,
        counts=Counts.BEST,
        lessons_first=False,
        required_ids=frozenset(),
    )
    pretest = create(session, actor, cohort, module, before, now)
    return create(session, actor, cohort, module, replace(terms, pretest_id=pretest.id), now)


def edit(session: Session, actor: User, taught: Taught, terms: Terms, now: datetime) -> None:
    """Set other terms. For attempts under way a change for the better applies at once, one for the worse not at all."""
    assignment, was = taught.assignment, _links(session, taught.assignment)
    changed: dict[str, list[object]] = {}
    for name, value in _values(terms, assignment.time_zone).items():
        if getattr(assignment, name) != value:
            changed[name] = [_plain(getattr(assignment, name)), _plain(value)]
            setattr(assignment, name, value)
    for name in _LINKS:
        wanted = getattr(terms, name)
        if wanted != was[name]:
            changed[name] = [sorted(was[name]), sorted(wanted)]
            _put(session, assignment, name, wanted)
    if not changed:
        return
    assignment.revision += 1
    details = {**changed, "revision": assignment.revision}
    audit.record(session, actor, "assignment.edit", subject_of(assignment), now, **details)
    promises.keep(session, assignment, now)


def list_changes(session: Session, assignment: Assignment, seen: int) -> list[Change]:
    """What became of the terms since revision ``seen``, a line for each field, from what it was then to what it is now."""
    rows = session.execute(
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.subject == subject_of(assignment), AuditEvent.action == "assignment.edit")
        .order_by(AuditEvent.id)
    )
    found: dict[str, Change] = {}
    for event, by in rows:
        if event.details.get("revision", 0) <= seen:
            continue
        for name, (old, new) in ((name, pair) for name, pair in event.details.items() if name != "revision"):
            first = found.get(name)
            found[name] = Change(by, event.at, name, first.old if first else old, new)
    return [change for change in found.values() if change.old != change.new]


# -- withdrawing -----------------------------------------------------------------------------------------------------------


def withdraw(session: Session, actor: User, taught: Taught, now: datetime) -> None:
    """Take it from the learners' lists. What was attempted is kept; who is at it may finish."""
    if taught.assignment.withdrawn_at is None:
        taught.assignment.withdrawn_at = now
        audit.record(session, actor, "assignment.withdraw", subject_of(taught.assignment), now)


def set_again(session: Session, actor: User, taught: Taught, now: datetime) -> None:
    if taught.assignment.withdrawn_at is not None:
        taught.assignment.withdrawn_at = None
        audit.record(session, actor, "assignment.set_again", subject_of(taught.assignment), now)


def was_started(session: Session, assignment: Assignment) -> bool:
    return session.scalar(select(_was_started(assignment))) or False


def remove(session: Session, actor: User, taught: Taught, now: datetime) -> None:
    """Delete it for good, with its exceptions.

    :raise Started: somebody began it.
    """
    assignment = taught.assignment
    gone = session.execute(
        delete(Assignment)
        .where(Assignment.id == assignment.id, ~_was_started(assignment))
        .returning(Assignment.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not gone:
        raise Started
    session.expunge(assignment)
    audit.record(
        session,
        actor,
        "assignment.delete",
        subject_of(assignment),
        now,
        cohort=taught.cohort.id,
        module=taught.module.slug,
    )


def _was_started(assignment: Assignment) -> ColumnElement[bool]:
    return exists().where(Attempt.assignment_id == assignment.id)


def subject_of(assignment: Assignment) -> str:
    return f"assignment:{assignment.id}"


# -- what is stored --------------------------------------------------------------------------------------------------------


def _values(terms: Terms, time_zone: str) -> dict[str, object]:
    """The columns of an assignment that hold these terms."""
    kept = (one.name for one in fields(terms) if one.name not in (*_LINKS, "policy"))
    values: dict[str, object] = {name: getattr(terms, name) for name in kept}
    for name, moment in (("opens_local", terms.opens_at), ("due_local", terms.due_at)):
        values[name] = local_text(moment, time_zone)
    return values | {f"release_{one.name}": getattr(terms.policy, one.name) for one in fields(terms.policy)}


def local_text(moment: datetime | None, time_zone: str) -> str | None:
    """What clocks in a zone show, as it is kept."""
    return f"{wall_clock.local(moment, time_zone):%Y-%m-%dT%H:%M}" if moment else None


def _links(session: Session, assignment: Assignment) -> dict[str, frozenset[int]]:
    return {
        name: frozenset(session.scalars(select(column).where(of == assignment.id)))
        for name, (_table, of, column) in _LINKS.items()
    }


def _put(session: Session, assignment: Assignment, name: str, ids: Iterable[int]) -> None:
    table, of, column = _LINKS[name]
    session.execute(delete(table).where(of == assignment.id))
    rows = [{of.key: assignment.id, column.key: one} for one in sorted(ids)]
    if rows:
        session.execute(insert(table), rows)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
