"""The directory of accounts: found, filtered, sorted, in pages, with when somebody was last here and what they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Subquery, func, or_, select, union_all
from sqlalchemy.orm import Session

from app.models import Attempt, Cohort, CohortTrainer, Learner, LessonProgress, Membership, Role, SignIn, User

PAGE = 50


class Order(StrEnum):
    NAME = "name"
    SEEN = "seen"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Sought:
    """Whom to list: ``text`` is in the name or address; None lists whatever the role or state."""

    text: str = ""
    role: Role | None = None
    is_active: bool | None = None
    order: Order = Order.NAME


@dataclass(frozen=True, slots=True)
class Line:
    """One account; ``seen_at`` is None for who never signed in. Cohorts are titles, those that are taught first."""

    user: User
    seen_at: datetime | None
    cohorts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of accounts; ``number`` counts from 1, ``pages`` is at least 1. ``guests`` are learners without an account."""

    lines: Sequence[Line]
    total: int
    number: int
    pages: int
    guests: int


@dataclass(frozen=True, slots=True)
class Belongs:
    """A cohort somebody is in, was in (``removed_at``), or teaches."""

    cohort_id: int
    title: str
    is_taught: bool
    joined_at: datetime | None
    removed_at: datetime | None


def list_page(session: Session, sought: Sought, number: int) -> Page:
    """One page of the accounts that are sought: six statements, whatever the size."""
    conditions = _conditions(sought)
    total = session.scalar(select(func.count(User.id)).where(*conditions)) or 0
    pages = max(1, -(-total // PAGE))
    number = min(max(1, number), pages)
    found = select(User).where(*conditions)
    if sought.order is Order.SEEN:
        seen = _seen()
        found = found.outerjoin(Learner, Learner.user_id == User.id).outerjoin(seen, seen.c.learner_id == Learner.id)
        found = found.order_by(seen.c.at.is_(None), seen.c.at.desc())
    elif sought.order is Order.NEW:
        found = found.order_by(User.created_at.desc())
    users = session.scalars(
        found.order_by(func.lower(User.name), User.id).limit(PAGE).offset((number - 1) * PAGE)
    ).all()
    ids = [user.id for user in users]
    seen_at, cohorts = last_seen(session, ids), _cohorts(session, ids)
    guests = session.scalar(select(func.count(Learner.id)).where(Learner.is_guest)) or 0
    lines = [Line(user, seen_at.get(user.id), cohorts[user.id]) for user in users]
    return Page(lines, total, number, pages, guests)


def last_seen(session: Session, user_ids: Collection[int]) -> Mapping[int, datetime]:
    """When these accounts signed in, read a lesson, or began or handed in an attempt for the last time."""
    learners = select(Learner.id).where(Learner.user_id.in_(user_ids))
    seen = _seen(learners)
    rows = session.execute(select(Learner.user_id, seen.c.at).join(seen, seen.c.learner_id == Learner.id))
    return {user_id: at for user_id, at in rows if user_id is not None and at is not None}


def list_belongs(session: Session, user: User) -> list[Belongs]:
    """Everything somebody teaches or is in, what they left last."""
    taught = session.execute(
        select(Cohort.id, Cohort.title)
        .join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id)
        .where(CohortTrainer.user_id == user.id)
        .order_by(func.lower(Cohort.title), Cohort.id)
    )
    joined = session.execute(
        select(Cohort.id, Cohort.title, Membership.joined_at, Membership.removed_at)
        .join(Membership, Membership.cohort_id == Cohort.id)
        .join(Learner, Learner.id == Membership.learner_id)
        .where(Learner.user_id == user.id)
        .order_by(Membership.removed_at.is_not(None), func.lower(Cohort.title), Cohort.id)
    )
    return [Belongs(number, title, True, None, None) for number, title in taught] + [
        Belongs(number, title, False, joined_at, removed_at) for number, title, joined_at, removed_at in joined
    ]


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.text:
        columns = (User.name, User.email)
        conditions.append(or_(*(column.icontains(sought.text, autoescape=True) for column in columns)))
    if sought.role is not None:
        conditions.append(User.role == sought.role)
    if sought.is_active is not None:
        conditions.append(User.active.is_(sought.is_active))
    return conditions


def _seen(learners: object = None) -> Subquery:
    """By learner, the last moment of which there is a trace; of all learners, or of ``learners`` alone."""
    parts = [
        select(SignIn.learner_id.label("learner_id"), SignIn.started_at.label("at")),
        select(LessonProgress.learner_id, LessonProgress.read_at),
        select(Attempt.learner_id, func.coalesce(Attempt.submitted_at, Attempt.started_at)),
    ]
    if learners is not None:
        tables = (SignIn, LessonProgress, Attempt)
        parts = [part.where(table.learner_id.in_(learners)) for part, table in zip(parts, tables, strict=True)]  # type: ignore[attr-defined]
    every = union_all(*parts).subquery()
    return select(every.c.learner_id, func.max(every.c.at).label("at")).group_by(every.c.learner_id).subquery()


def _cohorts(session: Session, user_ids: Collection[int]) -> Mapping[int, list[str]]:
    """The titles of the cohorts these accounts teach or are in, by account: two statements."""
    taught = (
        select(CohortTrainer.user_id, Cohort.title)
        .join(Cohort, Cohort.id == CohortTrainer.cohort_id)
        .where(CohortTrainer.user_id.in_(user_ids), Cohort.archived_at.is_(None))
    )
    joined = (
        select(Learner.user_id, Cohort.title)
        .join(Membership, Membership.learner_id == Learner.id)
        .join(Cohort, Cohort.id == Membership.cohort_id)
        .where(Learner.user_id.in_(user_ids), Membership.removed_at.is_(None), Cohort.archived_at.is_(None))
    )
    found: dict[int, list[str]] = defaultdict(list)
    for statement in (taught, joined):
        for user_id, title in session.execute(statement.order_by(func.lower(Cohort.title), Cohort.id)):
            if user_id is not None:
                found[user_id].append(title)
    return found
