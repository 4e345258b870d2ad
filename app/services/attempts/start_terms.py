"""The terms of a new attempt, and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.attempt import AttemptState, Purpose
from app.domain.paper import Slot
from app.domain.sections import SectionRule
from app.models import Attempt, AttemptItem, Learner


@dataclass(frozen=True, slots=True)
class StartTerms:
    """The terms of an attempt, frozen when it starts."""

    scope: str
    purpose: Purpose
    module_id: int
    pass_mark_percent: int
    assignment_id: int | None = None
    attempts_allowed: int | None = None
    deadline_at: datetime | None = None
    asks_certainty: bool = False
    checks_each: bool = False
    sections: tuple[SectionRule, ...] = ()
    is_forward_only: bool = False


def build_attempt(
    learner: Learner, terms: StartTerms, number: int, seed: int, slots: Sequence[Slot], now: datetime
) -> Attempt:
    return Attempt(
        learner_id=learner.id,
        scope=terms.scope,
        number=number,
        purpose=terms.purpose,
        module_id=terms.module_id,
        assignment_id=terms.assignment_id,
        seed=seed,
        state=AttemptState.OPEN,
        started_at=now,
        deadline_at=terms.deadline_at,
        attempts_allowed=terms.attempts_allowed,
        pass_mark_percent=terms.pass_mark_percent,
        asks_certainty=terms.asks_certainty,
        checks_each=terms.checks_each,
        sections=[rule.dump() for rule in terms.sections] or None,
        is_forward_only=terms.is_forward_only,
        items=[
            AttemptItem(
                position=place,
                version_id=slot.version_id,
                option_order=list(slot.option_order),
                section=slot.section,
            )
            for place, slot in enumerate(slots, start=1)
        ],
    )
