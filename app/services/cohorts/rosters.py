"""Rosters: upload a list of people, preview it and then invite them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain import roster as reading
from app.domain.encodings import TextEncoding, list_samples, try_decode
from app.domain.roster import ColumnUse, RosterFault, RosterLine
from app.models import Cohort, Roster, User
from app.services.cohorts import cohorts, invitations, memberships
from app.services.cohorts.invitations import Invitee, IssuedJoinInvitation
from app.services.people import users

RETENTION = timedelta(days=1)

_NO_FAULTS = frozenset({RosterFault.MEMBER, RosterFault.INVITED})
"""People who need no invitation. This is no mistake in the list."""

_UNICODE = frozenset({TextEncoding.UTF8, TextEncoding.UTF16})


class FaultyLinesError(Exception):
    """The roster has faulty lines, and the caller did not choose to leave them out."""


@dataclass(frozen=True, slots=True)
class RosterPreview:
    """The effect of accepting a roster now.

    ``choices`` are the encodings that the file can have, if it is not Unicode. ``numbered`` counts the members who get a
    student number from it.
    """

    roster: Roster
    encoding: TextEncoding
    heading: str | None
    lines: Sequence[RosterLine]
    columns: Sequence[ColumnUse] = ()
    unused: Sequence[str] = ()
    choices: Sequence[EncodingChoice] = ()
    numbered: int = 0

    @property
    def good(self) -> Sequence[RosterLine]:
        return [line for line in self.lines if line.fault is None]

    @property
    def known(self) -> Sequence[RosterLine]:
        """The lines of people who are members or invited already."""
        return [line for line in self.lines if line.fault in _NO_FAULTS]

    @property
    def faulty(self) -> Sequence[RosterLine]:
        return [line for line in self.lines if line.fault is not None and line.fault not in _NO_FAULTS]


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """An encoding with the first names in it, by which a trainer tells whether it is the right one."""

    encoding: TextEncoding
    samples: Sequence[str]


def read_file(
    session: Session, actor: User, cohort: Cohort, data: bytes, now: datetime, chosen: TextEncoding | None = None
) -> Roster:
    """Read a file and store it for the preview; this invites nobody.

    A file that is not Unicode is kept as it is, so that the trainer can choose another encoding.

    :raise UnreadableError: the file is empty, too large or no text.
    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    text, encoding = reading.decode(data, chosen)
    roster = read_text(session, actor, cohort, text, now, encoding)
    if encoding not in _UNICODE or chosen is not None:
        roster.lines = roster.lines | {"file": base64.b64encode(data).decode("ascii")}
    return roster


def read_again(
    session: Session, actor: User, cohort: Cohort, roster: Roster, encoding: TextEncoding, now: datetime
) -> Roster:
    """Read the file of a roster in another encoding; the result takes its place.

    :raise UnreadableError: the file is not text in this encoding, or was Unicode.
    """
    kept = roster.lines.get("file")
    if kept is None:
        raise reading.UnreadableError(reading.UnreadableReason.NO_TEXT)
    made = read_file(session, actor, cohort, base64.b64decode(kept), now, encoding)
    discard(session, roster)
    return made


def read_text(
    session: Session,
    actor: User,
    cohort: Cohort,
    text: str,
    now: datetime,
    encoding: TextEncoding = TextEncoding.UTF8,
) -> Roster:
    """Do the same as :func:`read_file` for pasted text."""
    cohorts.require_active(cohort)
    sheet = reading.parse_roster(text, users.normalise_address)
    remove_old_rosters(session, now)
    roster = Roster(cohort_id=cohort.id, created_by_id=actor.id, created_at=now, lines=_serialize(sheet, encoding))
    session.add(roster)
    session.flush()  # the URL of its preview needs its id
    return roster


def get_for_cohort(session: Session, cohort: Cohort, roster_id: int, now: datetime) -> Roster | None:
    """Return a roster that waits to be accepted, or None if it was accepted or is older than :data:`RETENTION`."""
    its = (Roster.id == roster_id, Roster.cohort_id == cohort.id, Roster.created_at >= now - RETENTION)
    return session.scalar(select(Roster).where(*its))


def preview(session: Session, cohort: Cohort, roster: Roster, now: datetime) -> RosterPreview:
    """Compare a roster with the members and open invitations of the cohort."""
    known, invited = memberships.list_addresses(session, cohort), invitations.list_open_addresses(session, cohort, now)
    kept: dict[str, Any] = roster.lines
    lines = [_compare_line(_parse_line(line), known, invited) for line in kept["lines"]]
    return RosterPreview(
        roster,
        TextEncoding(kept["encoding"]),
        kept["heading"],
        lines,
        columns=[ColumnUse(**use) for use in kept.get("columns", ())],
        unused=kept.get("unused", ()),
        choices=_list_choices(kept.get("file")),
        numbered=len(_list_new_numbers(session, cohort, lines)),
    )


def _list_choices(file: str | None) -> list[EncodingChoice]:
    if file is None:
        return []
    data = base64.b64decode(file)
    texts = [(one, try_decode(data, one)) for one in TextEncoding]
    return [EncodingChoice(one, list_samples(text)) for one, text in texts if text is not None and "\0" not in text]


def _list_new_numbers(session: Session, cohort: Cohort, lines: Sequence[RosterLine]) -> dict[int, RosterLine]:
    """Return the lines with a student number that a member does not have yet, by the learner's id."""
    given = {line.email: line for line in lines if line.fault is RosterFault.MEMBER and line.student_number}
    if not given:
        return {}
    members = memberships.list_numbers(session, cohort)
    return {
        learner_id: given[email]
        for email, (learner_id, number) in members.items()
        if email in given and number != given[email].student_number
    }


def accept(
    session: Session, actor: User, cohort: Cohort, roster: Roster, now: datetime, *, leaves_faulty_out: bool
) -> list[IssuedJoinInvitation] | None:
    """Invite everybody in a roster once; return None if that was done already.

    :raise FaultyLinesError: the roster has faulty lines and ``leaves_faulty_out`` is False. Nobody is invited.
    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    # If two rosters with a common address are accepted at once, the lock lets the second see the first's invitations.
    session.execute(lock_rows(select(Cohort.id).where(Cohort.id == cohort.id), Cohort))
    seen = preview(session, cohort, roster, now)
    if seen.faulty and not leaves_faulty_out:
        raise FaultyLinesError
    if not session.scalars(delete(Roster).where(Roster.id == roster.id).returning(Roster.id)).all():
        return None
    for learner_id, line in _list_new_numbers(session, cohort, seen.lines).items():
        memberships.set_student_number(session, cohort, learner_id, line.student_number)
    people = [Invitee(line.name, line.email, line.student_number, line.sort_name) for line in seen.good]
    return invitations.create_to_join(session, actor, cohort, people, now)


def remove_old_rosters(session: Session, now: datetime) -> None:
    """Delete rosters that nobody accepted within :data:`RETENTION`, because they contain names and addresses."""
    session.execute(delete(Roster).where(Roster.created_at < now - RETENTION))


def discard(session: Session, roster: Roster) -> None:
    session.execute(delete(Roster).where(Roster.id == roster.id))


def _serialize(sheet: reading.ParsedRoster, encoding: TextEncoding) -> dict[str, object]:
    return {
        "encoding": encoding,
        "heading": sheet.heading,
        "lines": [asdict(line) for line in sheet.lines],
        "columns": [asdict(use) for use in sheet.columns],
        "unused": list(sheet.unused),
    }


def _parse_line(kept: dict[str, Any]) -> RosterLine:
    return RosterLine(**(kept | {"fault": RosterFault(kept["fault"]) if kept["fault"] else None}))


def _compare_line(line: RosterLine, known: dict[str, bool], invited: set[str]) -> RosterLine:
    if line.fault is not None:
        return line
    if line.email in known:
        return replace(line, fault=RosterFault.REMOVED if known[line.email] else RosterFault.MEMBER)
    return replace(line, fault=RosterFault.INVITED) if line.email in invited else line
