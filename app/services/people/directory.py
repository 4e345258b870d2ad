"""The directory of accounts: search, filter, sort and page, with the last activity and the cohorts of each account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Subquery, case, func, select, union_all
from sqlalchemy.orm import Session

from app.domain.names import fold_name
from app.domain.paging import Paged, paginate
from app.models import Attempt, Cohort, CohortTrainer, Learner, LessonProgress, Membership, Role, SignIn, User
from app.models.folded import contains_words


class AccountOrder(StrEnum):
    NAME = "name"
    ROLE = "role"
    SEEN = "seen"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class AccountQuery:
    """Which accounts to list: each word of ``text`` is part of the name or address; None stands for any role or state."""

    text: str = ""
    role: Role | None = None
    is_active: bool | None = None
    order: AccountOrder = AccountOrder.NAME


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account; ``seen_at`` is None if it was never active. ``cohorts`` are titles, taught cohorts first."""

    user: User
    seen_at: datetime | None
    cohorts: Sequence[str]


@dataclass(frozen=True, slots=True)
class CohortRole:
    """A cohort that somebody is in, has left (``removed_at``) or teaches."""

    cohort_id: int
    title: str
    is_taught: bool
    joined_at: datetime | None
    removed_at: datetime | None


def list_page(session: Session, sought: AccountQuery, number: int) -> Paged[AccountLine]:
    """Return one page of the matching accounts."""
    conditions = _get_conditions(sought)
    total = session.scalar(select(func.count(User.id)).where(*conditions)) or 0
    found = select(User).where(*conditions)
    if sought.order is AccountOrder.SEEN:
        seen = _select_last_seen()
        found = found.outerjoin(Learner, Learner.user_id == User.id).outerjoin(seen, seen.c.learner_id == Learner.id)
        found = found.order_by(seen.c.at.is_(None), seen.c.at.desc())
    elif sought.order is AccountOrder.ROLE:
        found = found.order_by(case({Role.ADMIN: 0, Role.TRAINER: 1}, value=User.role, else_=2))
    elif sought.order is AccountOrder.NEW:
        found = found.order_by(User.created_at.desc())
    found = found.order_by(User.folded, User.id)

    def fetch(offset: int, limit: int) -> list[AccountLine]:
        users = session.scalars(found.limit(limit).offset(offset)).all()
        ids = [user.id for user in users]
        seen_at, cohorts = get_last_seen(session, ids), _list_cohort_titles(session, ids)
        return [AccountLine(user, seen_at.get(user.id), cohorts[user.id]) for user in users]

    return paginate(total, number, fetch)


def count_guests(session: Session) -> int:
    """Count the learners without an account."""
    return session.scalar(select(func.count(Learner.id)).where(Learner.is_guest)) or 0


def get_last_seen(session: Session, user_ids: Collection[int]) -> Mapping[int, datetime]:
    """Return when each account last signed in, read a lesson, or started or submitted an attempt."""
    learners = select(Learner.id).where(Learner.user_id.in_(user_ids))
    seen = _select_last_seen(learners)
    rows = session.execute(select(Learner.user_id, seen.c.at).join(seen, seen.c.learner_id == Learner.id))
    return {user_id: at for user_id, at in rows if user_id is not None and at is not None}


def list_cohort_roles(session: Session, user: User) -> list[CohortRole]:
    """Return the cohorts that a user teaches or belongs to; cohorts that they left come last."""
    taught = session.execute(
        select(Cohort.id, Cohort.title)
        .join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id)
        .where(CohortTrainer.user_id == user.id)
    )
    joined = session.execute(
        select(Cohort.id, Cohort.title, Membership.joined_at, Membership.removed_at)
        .join(Membership, Membership.cohort_id == Cohort.id)
        .join(Learner, Learner.id == Membership.learner_id)
        .where(Learner.user_id == user.id)
    )
    roles = [CohortRole(number, title, True, None, None) for number, title in taught] + [
        CohortRole(number, title, False, joined_at, removed_at) for number, title, joined_at, removed_at in joined
    ]
    return sorted(roles, key=lambda one: (not one.is_taught, one.removed_at is not None, fold_name(one.title)))


def _get_conditions(sought: AccountQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.text:
        conditions.append(contains_words(User.folded, sought.text))
    if sought.role is not None:
        conditions.append(User.role == sought.role)
    if sought.is_active is not None:
        conditions.append(User.active.is_(sought.is_active))
    return conditions


def _select_last_seen(learners: object = None) -> Subquery:
    """Select the last activity of each learner, or only of ``learners``."""
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


def _list_cohort_titles(session: Session, user_ids: Collection[int]) -> Mapping[int, list[str]]:
    """Return the titles of the active cohorts that each account teaches or belongs to."""
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
        for user_id, title in sorted(session.execute(statement).all(), key=lambda row: fold_name(row.title)):
            if user_id is not None:
                found[user_id].append(title)
    return found
