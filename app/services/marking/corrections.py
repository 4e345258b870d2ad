"""Correcting a faulty question afterwards: void, another key, or credit, in one assignment or everywhere.

A correction is one row that holds for what is settled later, and one step that regrades what was settled before. Everywhere means all attempts
that asked this version: tests, practice and the checks in lessons, because mastery is worked out from all of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.domain.content import Key
from app.domain.correction import Remedy
from app.domain.question import Explained, Shown
from app.models import Attempt, AttemptItem, Correction, Mark, ModuleRow, QuestionRow, QuestionVersion, User
from app.services import audit
from app.services.assigned.assignments import Taught
from app.services.course import catalogue
from app.services.marking import regrading, rewriting, rulings
from app.services.marking.regrading import Regrade
from app.services.marking.rewriting import Writing

LONGEST_REASON = 1000


class CorrectionError(Exception):
    """Why a correction can't be made."""


class AlreadyHolds(CorrectionError):
    """The same is in force already, or the other key is the question's own."""


class NotInForce(CorrectionError):
    """What should be withdrawn was withdrawn before, or belongs to others."""


class MoreLost(CorrectionError):
    """More released passes would be lost than the preview showed, on which it was decided."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question version that somebody may correct: in an assignment that they teach, or, as an administrator, everywhere."""

    shown: Shown
    explained: Explained
    slug: str
    module_title: str
    is_current: bool
    taught: Taught | None

    @property
    def version_id(self) -> int:
        return self.shown.version_id

    @property
    def assignment_id(self) -> int | None:
        return self.taught.assignment.id if self.taught else None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do: ``key`` where another one is accepted, ``withdraws_id`` where a correction is taken back."""

    remedy: Remedy
    key: Key | None = None
    withdraws_id: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A correction in force as whoever corrects sees it; ``is_own`` says that it was made here, so that it can be withdrawn here."""

    correction: Correction
    key: Key | None
    by: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would do: ``regrades`` are the attempts that change, what matters most first; ``had`` counts all that were marked."""

    regrades: tuple[Regrade, ...]
    had: int
    under_way: int

    @property
    def won(self) -> int:
        return sum(one.is_pass_won for one in self.regrades)

    @property
    def lost(self) -> int:
        return sum(one.is_pass_lost for one in self.regrades)

    @property
    def released_lost(self) -> int:
        """How many lose a pass that they were told of: without an explicit word they keep their marks."""
        return sum(one.is_released_pass_lost for one in self.regrades)


@dataclass(frozen=True, slots=True)
class Done:
    """What a correction did: how many marks changed, and how many attempts kept theirs because of their pass."""

    changed: int
    kept: int


def get_for_assignment(session: Session, taught: Taught, version_id: int) -> Asked | None:
    """A version that an attempt at this assignment asked; None where none did."""
    is_asked = (
        exists()
        .where(AttemptItem.attempt_id == Attempt.id, AttemptItem.version_id == version_id)
        .where(Attempt.assignment_id == taught.assignment.id)
    )
    return _asked(session, version_id, taught) if session.scalar(select(is_asked)) else None


def get_everywhere(session: Session, version_id: int) -> Asked | None:
    """Any version, for an administrator."""
    return _asked(session, version_id, None)


def _asked(session: Session, version_id: int, taught: Taught | None) -> Asked | None:
    row = session.execute(
        select(QuestionRow.slug, ModuleRow.title, QuestionVersion.superseded_at, QuestionRow.retired_at)
        .select_from(QuestionVersion)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .where(QuestionVersion.id == version_id)
    ).one_or_none()
    if row is None:
        return None
    slug, module_title, superseded_at, retired_at = row
    return Asked(
        shown=catalogue.shown(session, [version_id])[version_id],
        explained=catalogue.keys(session, [version_id])[version_id],
        slug=slug,
        module_title=module_title,
        is_current=superseded_at is None and retired_at is None,
        taught=taught,
    )


def list_held(session: Session, asked: Asked) -> list[Held]:
    """The corrections in force that the viewer of ``asked`` may know of, the oldest first, each with who made it."""
    rows = session.execute(
        select(Correction, User.name)
        .outerjoin(User, User.id == Correction.actor_id)
        .where(Correction.version_id == asked.version_id, rulings.is_in_force())
        .order_by(Correction.id)
    )
    return [
        Held(row, rulings.accepted(row), name, is_own=row.assignment_id == asked.assignment_id)
        for row, name in rows
        if asked.assignment_id is None or row.assignment_id in (None, asked.assignment_id)
    ]


def preview(session: Session, asked: Asked, decision: Decision, now: datetime) -> Preview:
    """What a decision would change, without changing anything.

    :raise CorrectionError: what can't be done.
    """
    after = _after(session, asked, decision, now)
    regrades = [
        one for batch in regrading.plan(session, asked.version_id, asked.assignment_id, after, now) for one in batch
    ]
    return Preview(
        regrades=tuple(sorted(regrades, key=_weight)),
        had=_count_marked(session, asked),
        under_way=regrading.count_under_way(session, asked.version_id, asked.assignment_id),
    )


def apply(
    session: Session,
    actor: User,
    asked: Asked,
    decision: Decision,
    reason: str,
    now: datetime,
    *,
    may_lower: bool = False,
    seen_lost: int | None = None,
) -> Done:
    """Take the decision: from the commit on it holds for what is settled later, and what was settled before is regraded, or nothing is.

    Attempts that would lose a pass that was released keep their marks, unless ``may_lower``; then no more of them may lose it than were
    seen (``seen_lost``).

    :raise CorrectionError: what can't be done.
    """
    rulings.make_way(session)
    after = _after(session, asked, decision, now)
    made = after[-1] if decision.remedy is not Remedy.WITHDRAW else _row(asked, decision, now)
    made.reason, made.actor_id = reason, actor.id
    session.add(made)
    session.flush()  # the changes of marks name it by its id
    plan = list(regrading.plan(session, asked.version_id, asked.assignment_id, after, now, is_writing=True))
    lost = sum(one.is_released_pass_lost for batch in plan for one in batch)
    if may_lower and seen_lost is not None and lost > seen_lost:
        raise MoreLost
    writing = Writing(actor.id, reason, secrets.token_hex(8), now, made.id)
    changed = kept = 0
    for batch in plan:
        to_write = [one for one in batch if not one.is_kept(may_lower=may_lower)]
        rewriting.write(session, to_write, writing)
        changed, kept = changed + len(to_write), kept + len(batch) - len(to_write)
    _record(session, actor, asked, made, writing, Done(changed, kept), may_lower=may_lower)
    return Done(changed, kept)


def _record(
    session: Session, actor: User, asked: Asked, made: Correction, writing: Writing, done: Done, *, may_lower: bool
) -> None:
    audit.record(
        session,
        actor,
        "question.correct",
        f"question_version:{asked.version_id}",
        writing.now,
        correction=made.id,
        remedy=made.remedy.value,
        assignment=asked.assignment_id,
        key=made.key,
        withdraws=made.withdraws_id,
        batch=writing.batch,
        changed=done.changed,
        kept=done.kept,
        may_lower=may_lower,
    )


def _after(session: Session, asked: Asked, decision: Decision, now: datetime) -> Sequence[Correction]:
    """The corrections in force once the decision is taken; the new one, if there is one, stands last."""
    held = rulings.all_in_force(session, asked.version_id)
    if decision.remedy is Remedy.WITHDRAW:
        own = [one for one in held if one.assignment_id == asked.assignment_id and one.id == decision.withdraws_id]
        if not own:
            raise NotInForce
        return [one for one in held if one is not own[0]]
    if decision.key is not None and _is_same_key(decision.key, asked.explained.key):
        raise AlreadyHolds
    covering = (one for one in held if one.assignment_id in (None, asked.assignment_id))
    if any(one.remedy is decision.remedy and rulings.accepted(one) == decision.key for one in covering):
        raise AlreadyHolds
    return [*held, _row(asked, decision, now)]


def _is_same_key(one: Key, other: Key) -> bool:
    return (one.correct, one.value, one.tolerance) == (other.correct, other.value, other.tolerance)


def _row(asked: Asked, decision: Decision, now: datetime) -> Correction:
    return Correction(
        version_id=asked.version_id,
        assignment_id=asked.assignment_id,
        remedy=decision.remedy,
        key=rulings.stored(decision.key) if decision.key else None,
        withdraws_id=decision.withdraws_id,
        corrected_at=now,
    )


def _count_marked(session: Session, asked: Asked) -> int:
    found = select(func.count()).select_from(Mark).where(Mark.version_id == asked.version_id)
    if asked.assignment_id is not None:
        found = found.join(Attempt, Attempt.id == Mark.attempt_id).where(Attempt.assignment_id == asked.assignment_id)
    return session.scalar(found) or 0


def _weight(one: Regrade) -> tuple[bool, bool, bool, str, int]:
    return (
        not one.is_released_pass_lost,
        not one.is_pass_lost,
        not one.is_pass_won,
        (one.name or "~").lower(),
        one.number,
    )
