"""What trainers enter for the gradebook: weights, dropped scores, student numbers and names to sort by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Assignment, Cohort, Membership, User
from app.services.cohorts.cohorts import get_subject, require_active
from app.services.log import audit


@dataclass(frozen=True, slots=True)
class RosterDetails:
    """What the school knows about a member; an empty text is stored as none."""

    student_number: str
    sort_name: str


def change_totals(
    session: Session, actor: User, cohort: Cohort, weights: Mapping[int, int], drop_lowest: int, now: datetime
) -> None:
    """Change how totals are computed. ``weights`` are by assignment; those of other cohorts are ignored.

    :raise ArchivedError: the cohort is archived.
    """
    require_active(cohort)
    for assignment in session.scalars(select(Assignment).where(Assignment.cohort_id == cohort.id)):
        if assignment.id in weights:
            assignment.weight = weights[assignment.id]
    cohort.drop_lowest = drop_lowest
    audit.record(session, actor, "cohort.change_totals", get_subject(cohort), now, drop_lowest=drop_lowest)


def change_details(
    session: Session, actor: User, cohort: Cohort, details: Mapping[int, RosterDetails], now: datetime
) -> int:
    """Store the details of members, by learner, and return how many changed. Others than members are ignored.

    :raise ArchivedError: the cohort is archived.
    """
    require_active(cohort)
    changed = []
    members = select(Membership).where(Membership.cohort_id == cohort.id, Membership.learner_id.in_(details))
    for membership in session.scalars(members):
        entered = details[membership.learner_id]
        before = (membership.student_number, membership.sort_name)
        membership.student_number = entered.student_number or None
        membership.sort_name = entered.sort_name or None
        if (membership.student_number, membership.sort_name) != before:
            changed.append(membership.learner_id)
    if changed:
        audit.record(session, actor, "cohort.change_details", get_subject(cohort), now, learners=sorted(changed))
    return len(changed)
