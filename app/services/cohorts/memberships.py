"""Current and removed members of a cohort, listed for its trainers by name or by last activity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from app.domain.paging import Paged, paginate
from app.models import Attempt, Cohort, CohortTrainer, Learner, LessonProgress, Membership, Role, SignIn, User
from app.models.folded import contains_words
from app.services.people import addresses


class MemberOrder(StrEnum):
    NAME = "name"
    SEEN = "seen"
    """Least recently active first, because trainers look for members who are absent."""


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A current or former member.

    ``has_left`` says that they left by themselves, ``joined_before`` that an erased account of theirs was a member.
    ``seen_at`` is their latest sign-in, lesson or start of an attempt, or when they joined. Pages show only the day, as
    learners are told when they join. ``is_confirmed`` says that the address was confirmed, or did not have to be.
    """

    learner_id: int
    name: str
    email: str
    joined_at: datetime
    removed_at: datetime | None
    has_left: bool
    student_number: str | None
    joined_before: bool
    is_confirmed: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class MemberCounts:
    members: int
    removed: int


def count_members(session: Session, cohort: Cohort) -> MemberCounts:
    members = func.count().filter(Membership.removed_at.is_(None))
    removed = func.count().filter(Membership.removed_at.is_not(None))
    named = (
        select(members, removed)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
    )
    return MemberCounts(*session.execute(named.where(Membership.cohort_id == cohort.id)).one())


def list_page(
    session: Session,
    cohort: Cohort,
    *,
    is_removed: bool,
    sought: str = "",
    order: MemberOrder = MemberOrder.NAME,
    number: int = 1,
) -> Paged[MemberLine]:
    """Return one page of the current (or removed) members whose name and address contain all words of ``sought``."""
    is_meant = (
        Membership.cohort_id == cohort.id,
        Membership.removed_at.is_not(None) if is_removed else Membership.removed_at.is_(None),
        contains_words(User.folded, sought),
    )
    named = (
        select(func.count())
        .select_from(Membership)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
        .where(*is_meant)
    )
    total = session.scalar(named) or 0
    seen = _select_last_seen(cohort)
    found = _select_lines(seen).where(*is_meant).order_by(*_get_ordering(order, seen.c.at))

    def fetch(offset: int, limit: int) -> list[MemberLine]:
        return [MemberLine(*row) for row in session.execute(found.limit(limit).offset(offset))]

    return paginate(total, number, fetch)


def get_line(session: Session, cohort: Cohort, learner_id: int) -> MemberLine | None:
    """Return a current or former member as the list shows them; None for an erased account."""
    is_meant = Membership.cohort_id == cohort.id, Membership.learner_id == learner_id
    row = session.execute(_select_lines(_select_last_seen(cohort)).where(*is_meant)).one_or_none()
    return MemberLine(*row) if row else None


def get_member(session: Session, cohort: Cohort, learner_id: int) -> User | None:
    """Return the account of a current member, or None."""
    found = (
        select(User)
        .join(Learner, Learner.user_id == User.id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, Learner.id == learner_id, Membership.removed_at.is_(None))
    )
    return session.scalar(found)


def may_reset_password(session: Session, maker: User, owner: User, cohort_id: int | None) -> bool:
    """Return whether ``maker`` may give ``owner`` a link to choose a new password, now.

    Administrators may. Trainers may if the owner has no role and is a member of an active cohort that they teach.
    """
    if not maker.active or not owner.active:
        return False
    if maker.role is Role.ADMIN:
        return True
    if maker.role is not Role.TRAINER or owner.role is not Role.LEARNER or cohort_id is None:
        return False
    taught = (
        select(Membership.learner_id)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(Cohort, Cohort.id == Membership.cohort_id)
        .join(CohortTrainer, CohortTrainer.cohort_id == Membership.cohort_id)
        .where(
            Learner.user_id == owner.id,
            Membership.cohort_id == cohort_id,
            Membership.removed_at.is_(None),
            Cohort.archived_at.is_(None),
            CohortTrainer.user_id == maker.id,
        )
    )
    return session.scalar(taught.limit(1)) is not None


def list_numbers(session: Session, cohort: Cohort) -> dict[str, tuple[int, str | None]]:
    """Map the addresses of current members to their learner's id and student number."""
    found = (
        select(User.email, Learner.id, Membership.student_number)
        .join(Learner, Learner.user_id == User.id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, Membership.removed_at.is_(None))
    )
    return {email: (learner_id, number) for email, learner_id, number in session.execute(found)}


def set_student_number(session: Session, cohort: Cohort, learner_id: int, number: str) -> None:
    session.execute(
        update(Membership)
        .where(Membership.cohort_id == cohort.id, Membership.learner_id == learner_id)
        .values(student_number=number or None)
    )


def list_addresses(session: Session, cohort: Cohort) -> dict[str, bool]:
    """Map the addresses of all current and former members to whether the member was removed."""
    found = (
        select(User.email, Membership.removed_at)
        .join(Learner, Learner.user_id == User.id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id)
    )
    return {email: removed_at is not None for email, removed_at in session.execute(found)}


def _select_lines(seen: Subquery) -> Select[Any]:
    lines: Select[Any] = (
        select(Learner.id, User.name, User.email, Membership.joined_at, Membership.removed_at)
        .add_columns(Membership.has_left, Membership.student_number, Membership.joined_before)
        .add_columns(addresses.is_confirmed(), seen.c.at)
        .select_from(Membership)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
        .join(seen, seen.c.learner_id == Membership.learner_id)
    )
    return lines


def _get_ordering(order: MemberOrder, seen_at: ColumnElement[Any]) -> tuple[Any, ...]:
    if order is MemberOrder.NAME:
        return User.folded, Learner.id
    return seen_at, User.folded, Learner.id


def _select_last_seen(cohort: Cohort) -> Subquery:
    """Select the time of the last activity of each member, of a former member until they left."""
    its = Membership.cohort_id == cohort.id
    traces = union_all(
        select(Membership.learner_id, Membership.joined_at.label("at")).where(its),
        *(
            select(kind.learner_id, at.label("at"))
            .join(Membership, Membership.learner_id == kind.learner_id)
            .where(its, or_(Membership.removed_at.is_(None), at <= Membership.removed_at))
            for kind, at in (
                (SignIn, SignIn.started_at),
                (Attempt, Attempt.started_at),
                (LessonProgress, LessonProgress.read_at),
            )
        ),
    ).subquery()
    return select(traces.c.learner_id, func.max(traces.c.at).label("at")).group_by(traces.c.learner_id).subquery()
