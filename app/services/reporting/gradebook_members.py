"""The people in a gradebook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.domain.names import fold_name, get_sort_name, put_family_name_first
from app.models import Assignment, Cohort, Learner, Membership, ScopeResult, User

ERASED_NAME = "Deleted account"

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class GradebookMember:
    """A current or former member of the cohort.

    An erased member is named :data:`ERASED_NAME` and has an empty ``email``, but keeps their results. ``is_closed``
    says that the account has been deactivated. ``sort_name`` is set if a trainer entered a name to sort by.
    """

    learner_id: int
    name: str
    email: str
    joined_at: datetime
    removed_at: datetime | None
    is_closed: bool = False
    student_number: str = ""
    sort_name: str | None = None

    @property
    def is_erased(self) -> bool:
        return not self.email

    @property
    def default_sort_name(self) -> str:
        return put_family_name_first(self.name)

    @property
    def name_key(self) -> tuple[str, str]:
        return get_sort_name(self.name, self.sort_name), fold_name(self.name)

    @property
    def number_key(self) -> tuple[tuple[int, int, str], ...]:
        """Sort ``S9`` before ``S10``."""
        parts = _DIGITS.split(self.student_number.casefold())
        return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def list_members(session: Session, cohort: Cohort) -> list[GradebookMember]:
    """Return current and former members by family name (Ø sorts with O), then erased members that have results here.

    Erased members are included so that an erasure does not change the cohort's figures.
    """
    has_results = (
        exists()
        .where(ScopeResult.learner_id == Learner.id, ScopeResult.assignment_id == Assignment.id)
        .where(Assignment.cohort_id == cohort.id)
    )
    rows = session.execute(
        select(
            Learner.id,
            User.name,
            User.email,
            Membership.joined_at,
            Membership.removed_at,
            User.active,
            Membership.student_number,
            Membership.sort_name,
        )
        .outerjoin(User, User.id == Learner.user_id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, or_(User.id.is_not(None), has_results))
    )
    members = (
        GradebookMember(
            learner_id,
            name or ERASED_NAME,
            email or "",
            joined,
            removed,
            is_closed=is_active is False,
            student_number=number or "",
            sort_name=sort_name,
        )
        for learner_id, name, email, joined, removed, is_active, number, sort_name in rows
    )
    return sorted(members, key=lambda member: (member.is_erased, member.name_key, member.learner_id))
