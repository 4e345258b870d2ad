"""Rosters: a list of people is read, looked at, and only then invited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db import locked
from app.domain import roster as reading
from app.domain.roster import Encoding, Fault, Line
from app.models import Cohort, Roster, User
from app.services.people import invitations, users
from app.services.people.invitations import Invitee, Sent
from app.services.teaching import cohorts, memberships

KEPT = timedelta(days=1)


class FaultyLinesError(Exception):
    """Lines can't be invited, and nobody said that they are to be left out."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen if a roster were accepted now."""

    roster: Roster
    encoding: Encoding
    heading: str | None
    lines: Sequence[Line]

    @property
    def good(self) -> Sequence[Line]:
        return [line for line in self.lines if line.fault is None]

    @property
    def faulty(self) -> Sequence[Line]:
        return [line for line in self.lines if line.fault is not None]


def read_file(session: Session, actor: User, cohort: Cohort, data: bytes, now: datetime) -> Roster:
    """Read a file and keep it to be looked at; nobody is invited by that.

    :raise UnreadableError: nothing of it can be used.
    :raise ArchivedError: see :func:`app.services.teaching.cohorts.demand_active`.
    """
    text, encoding = reading.decode(data)
    return read_text(session, actor, cohort, text, now, encoding)


def read_text(
    session: Session, actor: User, cohort: Cohort, text: str, now: datetime, encoding: Encoding = Encoding.UTF8
) -> Roster:
    """As :func:`read_file`, of what was pasted."""
    cohorts.demand_active(cohort)
    sheet = reading.read(text, users.normalised)
    remove_old(session, now)
    roster = Roster(cohort_id=cohort.id, created_by_id=actor.id, created_at=now, lines=_kept(sheet, encoding))
    session.add(roster)
    session.flush()  # the page that shows it is addressed by its id
    return roster


def get_of_cohort(session: Session, cohort: Cohort, roster_id: int, now: datetime) -> Roster | None:
    """A roster that waits to be accepted; None where it was, or where it is older than a day."""
    its = (Roster.id == roster_id, Roster.cohort_id == cohort.id, Roster.created_at >= now - KEPT)
    return session.scalar(select(Roster).where(*its))


def preview(session: Session, cohort: Cohort, roster: Roster, now: datetime) -> Preview:
    """A roster, beside who is in the cohort and who is invited at this moment."""
    known, invited = memberships.addresses(session, cohort), invitations.addresses_open(session, cohort, now)
    kept: dict[str, Any] = roster.lines
    lines = [_beside(_line(line), known, invited) for line in kept["lines"]]
    return Preview(roster, Encoding(kept["encoding"]), kept["heading"], lines)


def accept(
    session: Session, actor: User, cohort: Cohort, roster: Roster, now: datetime, *, leaves_faulty_out: bool
) -> list[Sent] | None:
    """Invite everybody in a roster, once; None where that was done already.

    :raise FaultyLinesError: there are some, and they were not to be left out. Nobody is invited.
    :raise ArchivedError: see :func:`app.services.teaching.cohorts.demand_active`.
    """
    # Of two lists with one address, accepted at one moment, the later sees what the earlier did.
    session.execute(locked(select(Cohort.id).where(Cohort.id == cohort.id), Cohort))
    seen = preview(session, cohort, roster, now)
    if seen.faulty and not leaves_faulty_out:
        raise FaultyLinesError
    if not session.scalars(delete(Roster).where(Roster.id == roster.id).returning(Roster.id)).all():
        return None
    people = [Invitee(line.name, line.email) for line in seen.good]
    return invitations.create_to_join(session, actor, cohort, people, now)


def remove_old(session: Session, now: datetime) -> None:
    """Forget lists that nobody accepted within a day: they hold names and addresses."""
    session.execute(delete(Roster).where(Roster.created_at < now - KEPT))


def discard(session: Session, roster: Roster) -> None:
    session.execute(delete(Roster).where(Roster.id == roster.id))


def _kept(sheet: reading.Sheet, encoding: Encoding) -> dict[str, object]:
    return {"encoding": encoding, "heading": sheet.heading, "lines": [asdict(line) for line in sheet.lines]}


def _line(kept: dict[str, Any]) -> Line:
    return Line(**(kept | {"fault": Fault(kept["fault"]) if kept["fault"] else None}))


def _beside(line: Line, known: dict[str, bool], invited: set[str]) -> Line:
    if line.fault is not None:
        return line
    if line.email in known:
        return replace(line, fault=Fault.REMOVED if known[line.email] else Fault.MEMBER)
    return replace(line, fault=Fault.INVITED) if line.email in invited else line
