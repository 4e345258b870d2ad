"""Corrections of faulty questions: void, accept another key, or credit, in one assignment or everywhere.

A correction is a row that applies to later marking, followed by a regrading of existing marks. Everywhere means all
attempts with this version: tests, practice and checks in lessons, because mastery is computed from all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.domain.correction import Remedy
from app.domain.names import fold_name
from app.domain.question import QuestionSolution, QuestionText
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Correction,
    Mark,
    ModuleRow,
    QuestionRow,
    QuestionVersion,
    Regrading,
    User,
)
from app.services.assignments.assignments import TaughtAssignment
from app.services.course import catalogue
from app.services.log import audit, subjects
from app.services.marking import active_corrections, regrade_plan, regrading
from app.services.marking.regrade_plan import AttemptChange

MAX_REASON_LENGTH = 1000


class CorrectionError(Exception):
    """A correction cannot be made."""


class AlreadyInForce(CorrectionError):
    """The same correction is in force, or the other key is the question's own."""


class NotInForce(CorrectionError):
    """The correction to withdraw was already withdrawn, or was made elsewhere."""


class MorePassesLost(CorrectionError):
    """More released passes would be lost than the preview showed."""


@dataclass(frozen=True, slots=True)
class QuestionUnderCorrection:
    """A question version that its viewer may correct: in an assignment they teach or, as administrator, everywhere."""

    shown: QuestionText
    explained: QuestionSolution
    slug: str
    module_title: str
    is_current: bool
    taught: TaughtAssignment | None

    @property
    def version_id(self) -> int:
        return self.shown.version_id

    @property
    def assignment_id(self) -> int | None:
        return self.taught.assignment.id if self.taught else None


@dataclass(frozen=True, slots=True)
class CorrectionDecision:
    """The remedy, with the ``key`` to accept or the id of the correction to withdraw."""

    remedy: Remedy
    key: Any = None
    withdraws_id: int | None = None


@dataclass(frozen=True, slots=True)
class CorrectionInForce:
    """A correction in force. ``is_own`` means that it was made for the same assignment, so it can be withdrawn here."""

    correction: Correction
    key: Any
    by: str | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class CorrectionPreview:
    """The effects of a decision. ``regrades`` are the changed attempts, lost passes first; ``had`` counts all marks."""

    regrades: tuple[AttemptChange, ...]
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
        """How many lose a released pass. They keep their marks unless lowering is explicitly allowed."""
        return sum(one.is_released_pass_lost for one in self.regrades)


def get_for_assignment(session: Session, taught: TaughtAssignment, version_id: int) -> QuestionUnderCorrection | None:
    """Return a version used in an attempt at this assignment, or None."""
    return _load_question(session, version_id, taught) if is_asked(session, taught.assignment, version_id) else None


def is_asked(session: Session, assignment: Assignment, version_id: int) -> bool:
    """Return whether an attempt at the assignment contains this version."""
    has_version = exists().where(AttemptItem.attempt_id == Attempt.id, AttemptItem.version_id == version_id)
    found = select(Attempt.id).where(Attempt.assignment_id == assignment.id, has_version).limit(1)
    return session.scalar(found) is not None


def get_everywhere(session: Session, version_id: int) -> QuestionUnderCorrection | None:
    """Return any version, for an administrator."""
    return _load_question(session, version_id, None)


def _load_question(
    session: Session, version_id: int, taught: TaughtAssignment | None
) -> QuestionUnderCorrection | None:
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
    return QuestionUnderCorrection(
        shown=catalogue.get_texts(session, [version_id])[version_id],
        explained=catalogue.get_solutions(session, [version_id])[version_id],
        slug=slug,
        module_title=module_title,
        is_current=superseded_at is None and retired_at is None,
        taught=taught,
    )


def list_in_force(session: Session, question: QuestionUnderCorrection) -> list[CorrectionInForce]:
    """List the corrections in force that the viewer of ``question`` may see, oldest first."""
    rows = session.execute(
        select(Correction, User.name)
        .outerjoin(User, User.id == Correction.actor_id)
        .where(Correction.version_id == question.version_id, active_corrections.is_in_force())
        .order_by(Correction.id)
    )
    return [
        CorrectionInForce(
            row,
            active_corrections.get_accepted_key(question.shown.kind, row),
            name,
            is_own=row.assignment_id == question.assignment_id,
        )
        for row, name in rows
        if question.assignment_id is None or row.assignment_id in (None, question.assignment_id)
    ]


def preview(
    session: Session, question: QuestionUnderCorrection, decision: CorrectionDecision, now: datetime
) -> CorrectionPreview:
    """Compute the effects of a decision without changing anything.

    :raise CorrectionError: the correction cannot be made.
    """
    after = _list_after(session, question, decision, now)
    regrades = [
        one
        for batch in regrade_plan.list_batches(session, question.version_id, question.assignment_id, after, now)
        for one in batch.changes
    ]
    return CorrectionPreview(
        regrades=_sort(regrades),
        had=_count_marked(session, question),
        under_way=regrade_plan.count_under_way(session, question.version_id, question.assignment_id),
    )


def check_passes(
    session: Session, question: QuestionUnderCorrection, decision: CorrectionDecision, now: datetime, seen_lost: int
) -> None:
    """Check that no more released passes would be lost than ``seen_lost``, the number in the preview.

    :raise CorrectionError: the correction cannot be made.
    :raise MorePassesLost: more would be lost.
    """
    after = _list_after(session, question, decision, now)
    batches = regrade_plan.list_batches(session, question.version_id, question.assignment_id, after, now)
    if sum(one.is_released_pass_lost for batch in batches for one in batch.changes) > seen_lost:
        raise MorePassesLost


def apply(
    session: Session,
    actor: User,
    question: QuestionUnderCorrection,
    decision: CorrectionDecision,
    reason: str,
    now: datetime,
    *,
    passes_to_lower: int = 0,
) -> Regrading:
    """Make a correction, which later marking uses from the commit on.

    The caller then changes existing marks by :func:`app.services.marking.regrading.run_step`. Attempts that would lose
    a released pass keep their marks, except for the first ``passes_to_lower``.

    :raise CorrectionError: the correction cannot be made.
    """
    active_corrections.lock_exclusive(session)
    after = _list_after(session, question, decision, now)
    made = after[-1] if decision.remedy is not Remedy.WITHDRAW else _build_row(question, decision, now)
    made.reason, made.actor_id = reason, actor.id
    session.add(made)
    session.flush()  # the regrading and the log need its id
    audit.record(
        session,
        actor,
        "question.correct",
        subjects.make_reference("question_version", question.version_id),
        now,
        correction=made.id,
        remedy=made.remedy.value,
        assignment=question.assignment_id,
        key=made.key,
        withdraws=made.withdraws_id,
        may_lower=passes_to_lower > 0,
    )
    return regrading.start(session, made, passes_to_lower)


def _list_after(
    session: Session, question: QuestionUnderCorrection, decision: CorrectionDecision, now: datetime
) -> Sequence[Correction]:
    """List the corrections in force after the decision, with a new one last."""
    held = active_corrections.list_all_in_force(session, question.version_id)
    if decision.remedy is Remedy.WITHDRAW:
        own = [one for one in held if one.assignment_id == question.assignment_id and one.id == decision.withdraws_id]
        if not own:
            raise NotInForce
        return [one for one in held if one is not own[0]]
    kind = question.shown.kind
    if decision.key is not None and kind.bare_key(decision.key) == kind.bare_key(question.explained.key):
        raise AlreadyInForce
    covering = (one for one in held if one.assignment_id in (None, question.assignment_id))
    if any(
        one.remedy is decision.remedy and active_corrections.get_accepted_key(kind, one) == decision.key
        for one in covering
    ):
        raise AlreadyInForce
    return [*held, _build_row(question, decision, now)]


def _build_row(question: QuestionUnderCorrection, decision: CorrectionDecision, now: datetime) -> Correction:
    return Correction(
        version_id=question.version_id,
        assignment_id=question.assignment_id,
        remedy=decision.remedy,
        key=None if decision.key is None else question.shown.kind.dump_key(decision.key),
        withdraws_id=decision.withdraws_id,
        corrected_at=now,
    )


def _count_marked(session: Session, question: QuestionUnderCorrection) -> int:
    found = select(func.count()).select_from(Mark).where(Mark.version_id == question.version_id)
    if question.assignment_id is not None:
        found = found.join(Attempt, Attempt.id == Mark.attempt_id).where(
            Attempt.assignment_id == question.assignment_id
        )
    return session.scalar(found) or 0


def _sort(regrades: Sequence[AttemptChange]) -> tuple[AttemptChange, ...]:
    """Sort changes: lost passes first, then won ones, then by name."""
    folded = {name: fold_name(name or "~") for name in {one.name for one in regrades}}  # a name has many attempts

    def get_key(one: AttemptChange) -> tuple[bool, bool, bool, str, int]:
        return not one.is_released_pass_lost, not one.is_pass_lost, not one.is_pass_won, folded[one.name], one.number

    return tuple(sorted(regrades, key=get_key))
