"""The people of a cohort as its trainers look them up: members and removed ones, by name or by when they were last seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, or_, select, union_all
from sqlalchemy.orm import Session

from app.models import Attempt, Cohort, Learner, LessonProgress, Membership, SignIn, User

PAGE = 50


class Order(StrEnum):
    NAME = "name"
    SEEN = "seen"
    """Whoever was away longest comes first: those a trainer looks for."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is or was in a cohort. ``seen_at`` is their latest sign-in, lesson or start of an attempt, or when they joined.

    Of it no more than the day is shown: that is what learners are told when they join.
    """

    learner_id: int
    name: str
    email: str
    joined_at: datetime
    removed_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page; ``number`` counts from 1, ``pages`` is at least 1, ``total`` is how many were found."""

    people: Sequence[Person]
    total: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class Counts:
    members: int
    removed: int


def count(session: Session, cohort: Cohort) -> Counts:
    members = func.count().filter(Membership.removed_at.is_(None))
    removed = func.count().filter(Membership.removed_at.is_not(None))
    named = (
        select(members, removed)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
    )
    return Counts(*session.execute(named.where(Membership.cohort_id == cohort.id)).one())


def list_page(
    session: Session, cohort: Cohort, *, is_removed: bool, sought: str = "", order: Order = Order.NAME, number: int = 1
) -> Page:
    """One page of the members (or of the removed ones) whose name or address contains ``sought``: two statements, however many there are."""
    is_meant = (
        Membership.cohort_id == cohort.id,
        Membership.removed_at.is_not(None) if is_removed else Membership.removed_at.is_(None),
        or_(User.name.icontains(sought, autoescape=True), User.email.icontains(sought, autoescape=True)),
    )
    named = (
        select(func.count())
        .select_from(Membership)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
        .where(*is_meant)
    )
    total = session.scalar(named) or 0
    pages = max(1, -(-total // PAGE))
    number = min(max(1, number), pages)
    seen = _seen(cohort)
    found = (
        select(Learner.id, User.name, User.email, Membership.joined_at, Membership.removed_at, seen.c.at)
        .select_from(Membership)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
        .join(seen, seen.c.learner_id == Membership.learner_id)
        .where(*is_meant)
        .order_by(*_by(order, seen.c.at))
    )
    rows = session.execute(found.limit(PAGE).offset((number - 1) * PAGE))
    return Page([Person(*row) for row in rows], total, number, pages)


def addresses(session: Session, cohort: Cohort) -> dict[str, bool]:
    """The addresses of all who are or were in a cohort; the value says whether they were removed."""
    found = (
        select(User.email, Membership.removed_at)
        .join(Learner, Learner.user_id == User.id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id)
    )
    return {email: removed_at is not None for email, removed_at in session.execute(found)}


def _by(order: Order, seen_at: ColumnElement[Any]) -> tuple[Any, ...]:
    if order is Order.NAME:
        return func.lower(User.name), Learner.id
    return seen_at, func.lower(User.name), Learner.id


def _seen(cohort: Cohort) -> Subquery:
    """When each member did something last, whatever kind of trace that left."""
    its = Membership.cohort_id == cohort.id
    traces = union_all(
        select(Membership.learner_id, Membership.joined_at.label("at")).where(its),
        *(
            select(kind.learner_id, at.label("at"))
            .join(Membership, Membership.learner_id == kind.learner_id)
            .where(its)
            for kind, at in (
                (SignIn, SignIn.started_at),
                (Attempt, Attempt.started_at),
                (LessonProgress, LessonProgress.read_at),
            )
        ),
    ).subquery()
    return select(traces.c.learner_id, func.max(traces.c.at).label("at")).group_by(traces.c.learner_id).subquery()
