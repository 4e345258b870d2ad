"""Create, change, archive and join cohorts, and remove and readmit their members."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.identifiers import CODE_LENGTH, clean_code
from app.domain.names import fold_name
from app.models import Assignment, Cohort, CohortTrainer, Learner, Membership, User
from app.permissions import Viewer, teaches
from app.services.cohorts import rejoining
from app.services.cohorts.rejoining import AddressKey
from app.services.log import audit, security_log, subjects
from app.services.people import notices
from app.services.people.notices import NoticeKind

CODE_VALIDITY = timedelta(days=60)


class ArchivedError(Exception):
    """``cohort`` is archived and can't be changed."""

    def __init__(self, cohort: Cohort) -> None:
        super().__init__(cohort.id)
        self.cohort = cohort


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (https://www.crockford.com/base32.html), without letters that look like digits."""


@dataclass(frozen=True, slots=True)
class Member:
    """A current member of a cohort."""

    learner_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class MembershipLine:
    """A cohort that a learner is in, was removed from (``removed_at``) or left (``has_left``)."""

    cohort: Cohort
    joined_at: datetime
    removed_at: datetime | None
    has_left: bool


class CohortStage(StrEnum):
    """Where a cohort is between its creation and its archiving."""

    RUNNING = "running"
    PREPARING = "preparing"
    """Nobody has joined, or nothing is assigned."""
    ENDED = "ended"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class CohortLine:
    """A cohort in a list. ``open_now`` counts its open assignments; the next of them is due at ``next_due_at``.

    ``later`` counts the assignments that are not open yet.
    """

    cohort: Cohort
    learners: int
    assignments: int
    open_now: int
    later: int
    next_due_at: datetime | None

    @property
    def stage(self) -> CohortStage:
        if self.cohort.archived_at is not None:
            return CohortStage.ARCHIVED
        if not self.learners or not self.assignments:
            return CohortStage.PREPARING
        return CohortStage.RUNNING if self.open_now or self.later else CohortStage.ENDED


def format_code(code: str) -> str:
    """Format a code in two halves, which are easier to read out."""
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"


def create(session: Session, actor: User, title: str, time_zone: str, now: datetime) -> Cohort:
    """Create a cohort that ``actor`` teaches."""
    cohort = Cohort(
        title=title,
        time_zone=time_zone,
        join_code=_generate_code(),
        join_expires_at=now + CODE_VALIDITY,
        created_at=now,
        created_by_id=actor.id,
    )
    session.add(cohort)
    session.flush()  # its trainer's row and the audit log need its id
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=actor.id))
    audit.record(session, actor, "cohort.create", get_subject(cohort), now)
    return cohort


def get_for(session: Session, viewer: Viewer, cohort_id: int) -> Cohort | None:
    """Return a cohort if the viewer teaches it; administrators may see all."""
    return session.scalar(select(Cohort).where(Cohort.id == cohort_id, teaches(viewer, Cohort.id)))


def list_for(session: Session, viewer: Viewer, now: datetime) -> list[CohortLine]:
    """Return the cohorts that the viewer teaches (all for an administrator), newest first."""
    learners = (
        select(func.count()).where(Membership.cohort_id == Cohort.id, Membership.removed_at.is_(None)).scalar_subquery()
    )
    its = (Assignment.cohort_id == Cohort.id, Assignment.withdrawn_at.is_(None))
    assignments = select(func.count()).where(*its).scalar_subquery()
    is_open = (
        or_(Assignment.opens_at.is_(None), Assignment.opens_at <= now),
        or_(Assignment.due_at.is_(None), Assignment.due_at > now),
    )
    open_now = select(func.count()).where(*its, *is_open).scalar_subquery()
    later = select(func.count()).where(*its, Assignment.opens_at > now).scalar_subquery()
    next_due_at = select(func.min(Assignment.due_at)).where(*its, *is_open).scalar_subquery()
    found = select(Cohort, learners, assignments, open_now, later, next_due_at).where(teaches(viewer, Cohort.id))
    return [CohortLine(*row) for row in session.execute(found.order_by(Cohort.id.desc()))]


def get_by_code(session: Session, code: str) -> Cohort | None:
    """Return the cohort with a code, in any spelling, even if the code has expired."""
    return session.scalar(select(Cohort).where(Cohort.join_code == clean_code(code)))


def may_join(cohort: Cohort, now: datetime) -> bool:
    return cohort.archived_at is None and now < cohort.join_expires_at


def require_active(cohort: Cohort) -> None:
    """Require that a cohort may be changed.

    :raise ArchivedError: the cohort is archived.
    """
    if cohort.archived_at is not None:
        raise ArchivedError(cohort)


def list_trainers(session: Session, cohort: Cohort) -> Sequence[str]:
    taught_by = (
        select(User.name)
        .join(CohortTrainer, CohortTrainer.user_id == User.id)
        .where(CohortTrainer.cohort_id == cohort.id)
    )
    return session.scalars(taught_by.order_by(User.folded)).all()


def list_members(session: Session, cohort: Cohort) -> list[Member]:
    """Return the current members of a cohort by name."""
    rows = session.execute(
        select(Learner.id, User.name, User.email)
        .join(User, User.id == Learner.user_id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, Membership.removed_at.is_(None))
        .order_by(User.folded, Learner.id)
    )
    return [Member(*row) for row in rows]


def is_member(session: Session, cohort: Cohort, learner: Learner) -> bool:
    found = session.get(Membership, (cohort.id, learner.id))
    return found is not None and found.removed_at is None


def was_removed(session: Session, cohort: Cohort, learner: Learner) -> bool:
    """Whether a trainer removed this learner.

    Only a trainer can readmit them; the join code, which others know, can't. Learners who left can join again.
    """
    found = session.get(Membership, (cohort.id, learner.id))
    return found is not None and found.removed_at is not None and not found.has_left


def join(session: Session, cohort: Cohort, learner: Learner, now: datetime, *, address: str, key: AddressKey) -> None:
    """Make a learner with this address a member. A former member's row is reused; joining twice changes nothing.

    Trainers see if an erased account with the same address was a member before. The caller must check :func:`may_join`
    and :func:`was_removed` for a learner who comes with the code.
    """
    again = session.execute(
        update(Membership)
        .where(Membership.cohort_id == cohort.id, Membership.learner_id == learner.id)
        .values(removed_at=None, has_left=False)
        .returning(Membership.learner_id)
    ).all()
    security_log.record_on_commit(session, "cohort.join", account=learner.user_id, subject=get_subject(cohort))
    if not again:
        # The same learner may have joined at the same moment in another tab.
        with suppress(IntegrityError), session.begin_nested():
            session.add(Membership(cohort_id=cohort.id, learner_id=learner.id, joined_at=now))
    rejoining.mark_joined_before(session, cohort, learner, address, key)


def edit(session: Session, actor: User, cohort: Cohort, title: str, time_zone: str, now: datetime) -> None:
    """Change a cohort's title or time zone. Existing assignments keep the time zone that they were set in.

    :raise ArchivedError: see :func:`require_active`.
    """
    require_active(cohort)
    changed = {}
    for name, value in {"title": title, "time_zone": time_zone}.items():
        if getattr(cohort, name) != value:
            changed[name] = [getattr(cohort, name), value]
            setattr(cohort, name, value)
    if changed:
        audit.record(session, actor, "cohort.edit", get_subject(cohort), now, **changed)


def archive(session: Session, actor: User, cohort: Cohort, now: datetime) -> None:
    """Archive a cohort: nobody can join or change it, and nothing in it is due."""
    if cohort.archived_at is None:
        cohort.archived_at = now
        audit.record(session, actor, "cohort.archive", get_subject(cohort), now)


def restore(session: Session, actor: User, cohort: Cohort, now: datetime) -> None:
    """Undo :func:`archive`."""
    if cohort.archived_at is not None:
        cohort.archived_at = None
        audit.record(session, actor, "cohort.restore", get_subject(cohort), now)


def renew_code(session: Session, actor: User, cohort: Cohort, now: datetime, valid: timedelta = CODE_VALIDITY) -> None:
    """Give a cohort a new join code; the old one stops working.

    :raise ArchivedError: see :func:`require_active`.
    """
    require_active(cohort)
    cohort.join_code, cohort.join_expires_at = _generate_code(), now + valid
    audit.record(
        session, actor, "cohort.renew_code", get_subject(cohort), now, until=cohort.join_expires_at.isoformat()
    )


def extend_code(session: Session, actor: User, cohort: Cohort, now: datetime, valid: timedelta) -> None:
    """Let the join code expire ``valid`` from now; zero closes joining at once.

    :raise ArchivedError: see :func:`require_active`.
    """
    require_active(cohort)
    cohort.join_expires_at = now + valid
    audit.record(session, actor, "cohort.keep_open", get_subject(cohort), now, until=cohort.join_expires_at.isoformat())


def remove_member(session: Session, actor: User, cohort: Cohort, learner_id: int, now: datetime) -> bool:
    """Remove a member, keeping all their work; return False if the learner is no current member.

    :raise ArchivedError: see :func:`require_active`.
    """
    require_active(cohort)
    ended = session.execute(
        update(Membership)
        .where(Membership.cohort_id == cohort.id, Membership.learner_id == learner_id, Membership.removed_at.is_(None))
        .values(removed_at=now)
        .returning(Membership.learner_id)
    ).all()
    if not ended:
        return False
    audit.record(session, actor, "cohort.remove_learner", get_subject(cohort), now, learner=learner_id)
    _notify(session, learner_id, NoticeKind.REMOVED, cohort, now)
    return True


def leave(session: Session, user: User, cohort: Cohort, learner: Learner, now: datetime) -> bool:
    """End one's own membership, keeping all work; return False for a learner who is no current member."""
    ended = session.execute(
        update(Membership)
        .where(Membership.cohort_id == cohort.id, Membership.learner_id == learner.id, Membership.removed_at.is_(None))
        .values(removed_at=now, has_left=True)
        .returning(Membership.learner_id)
    ).all()
    if ended:
        audit.record(session, user, "cohort.leave", get_subject(cohort), now, learner=learner.id)
    return bool(ended)


def list_memberships(session: Session, learner: Learner) -> list[MembershipLine]:
    """Return the cohorts that a learner is in or was in, current ones first."""
    rows = session.execute(
        select(Cohort, Membership.joined_at, Membership.removed_at, Membership.has_left)
        .join(Membership, Membership.cohort_id == Cohort.id)
        .where(Membership.learner_id == learner.id)
    )
    found = [MembershipLine(*row) for row in rows]
    return sorted(found, key=lambda one: (one.removed_at is not None, fold_name(one.cohort.title)))


def readmit_member(session: Session, actor: User, cohort: Cohort, learner_id: int, now: datetime) -> bool:
    """Readmit a removed learner with all their work; return False if no trainer removed this learner.

    Learners who left by themselves decide by themselves whether they join again.

    :raise ArchivedError: see :func:`require_active`.
    """
    require_active(cohort)
    again = session.execute(
        update(Membership)
        .where(
            Membership.cohort_id == cohort.id,
            Membership.learner_id == learner_id,
            Membership.removed_at.is_not(None),
            Membership.has_left.is_(False),
        )
        .values(removed_at=None)
        .returning(Membership.learner_id)
    ).all()
    if not again:
        return False
    audit.record(session, actor, "cohort.readmit_learner", get_subject(cohort), now, learner=learner_id)
    _notify(session, learner_id, NoticeKind.READMITTED, cohort, now)
    return True


def _notify(session: Session, learner_id: int, kind: NoticeKind, cohort: Cohort, now: datetime) -> None:
    owner = session.scalar(select(User).join(Learner, Learner.user_id == User.id).where(Learner.id == learner_id))
    if owner is not None:
        notices.add(owner, kind, now, cohort.title)


def get_subject(cohort: Cohort) -> str:
    return subjects.make_reference("cohort", cohort.id)


def _generate_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
