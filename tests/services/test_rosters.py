"""Rosters: read, looked at, and accepted once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.encodings import TextEncoding
from app.domain.roster import RosterFault, UnreadableError
from app.models import AuditEvent, Cohort, Invitation, Role, Roster
from app.services.cohorts import cohorts, invitations, rosters
from app.services.cohorts.cohorts import ArchivedError
from app.services.cohorts.invitations import Invitee
from tests.support.factory import Factory, Person


@pytest.fixture
def cohort(make: Factory, trainer: Person) -> Cohort:
    return make.cohort(trainer)


def _read(session: Session, make: Factory, trainer: Person, cohort: Cohort, text: str) -> Roster:
    roster = rosters.read_text(session, trainer.user, cohort, text, make.now())
    session.commit()
    return roster


def _accept(session: Session, make: Factory, trainer: Person, cohort: Cohort, roster: Roster) -> list[str] | None:
    sent = rosters.accept(session, trainer.user, cohort, roster, make.now(), leaves_faulty_out=True)
    session.commit()
    return None if sent is None else [one.email for one in sent]


def _count(session: Session) -> int:
    return session.scalar(select(func.count(Invitation.id))) or 0


def test_reading_a_list_invites_nobody(session: Session, make: Factory, trainer: Person, cohort: Cohort) -> None:
    roster = _read(session, make, trainer, cohort, "Name;E-Mail\nAda;ada@example.org\nBo")

    seen = rosters.preview(session, cohort, roster, make.now())

    assert (seen.heading, seen.encoding) == ("Name;E-Mail", TextEncoding.UTF8)
    assert [(line.number, line.email, line.fault) for line in seen.lines] == [
        (2, "ada@example.org", None),
        (3, "", RosterFault.NO_ADDRESS),
    ]
    assert _count(session) == 0


def test_who_is_in_the_cohort_or_invited_is_told_apart_when_it_is_looked_at(
    session: Session, make: Factory, trainer: Person, cohort: Cohort
) -> None:
    """Fails when the preview shows what was true when the list was sent, or an invitation that expired counts."""
    members = [make.person(email=f"{name}@example.org") for name in ("in", "out")]
    _, expired = invitations.create_to_join(
        session, trainer.user, cohort, [Invitee("", "asked@example.org"), Invitee("", "late@example.org")], make.now()
    )
    late = invitations.get_by_token(session, expired.token)
    assert late
    late.expires_at = make.now()
    roster = _read(
        session,
        make,
        trainer,
        cohort,
        "\n".join(f"{name}@example.org" for name in ("in", "out", "asked", "late", "new")),
    )
    for member in members:
        make.join(cohort, member)
    cohorts.remove_member(session, trainer.user, cohort, members[1].learner.id, make.now())
    session.commit()

    seen = rosters.preview(session, cohort, roster, make.now())

    assert [line.fault for line in seen.lines] == [
        RosterFault.MEMBER,
        RosterFault.REMOVED,
        RosterFault.INVITED,
        None,
        None,
    ]


def test_accepting_invites_the_good_lines(session: Session, make: Factory, trainer: Person, cohort: Cohort) -> None:
    make.person(email="bo@example.org")  # whether there is an account makes no difference
    roster = _read(session, make, trainer, cohort, "Ada;ada@example.org\nbad@\nbo@example.org")

    sent = rosters.accept(session, trainer.user, cohort, roster, make.now(), leaves_faulty_out=True)
    session.commit()

    assert sent is not None
    assert [(one.name, one.email) for one in sent] == [("Ada", "ada@example.org"), ("", "bo@example.org")]
    made = [invitations.get_by_token(session, one.token) for one in sent]
    assert [(one.role, one.cohort_id, one.name) for one in made if one] == [
        (Role.LEARNER, cohort.id, "Ada"),
        (Role.LEARNER, cohort.id, None),
    ]
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "cohort.invite")).one()
    assert (event.subject, event.details) == (f"cohort:{cohort.id}", {"people": 2})
    assert session.scalar(select(func.count(Roster.id))) == 0  # names and addresses are kept no longer than needed


def test_faulty_lines_stop_it_unless_they_are_to_be_left_out(
    session: Session, make: Factory, trainer: Person, cohort: Cohort
) -> None:
    roster = _read(session, make, trainer, cohort, "Ada;ada@example.org\nbad@")

    with pytest.raises(rosters.FaultyLinesError):
        rosters.accept(session, trainer.user, cohort, roster, make.now(), leaves_faulty_out=False)
    session.commit()

    assert _count(session) == 0
    assert _accept(session, make, trainer, cohort, roster) == ["ada@example.org"]


def test_accepting_twice_invites_once(session: Session, make: Factory, trainer: Person, cohort: Cohort) -> None:
    """Fails when the roster is not claimed by what invites its people."""
    roster = _read(session, make, trainer, cohort, "ada@example.org")

    assert _accept(session, make, trainer, cohort, roster) == ["ada@example.org"]
    assert _accept(session, make, trainer, cohort, roster) is None
    assert _count(session) == 1


def test_two_lists_with_one_address_invite_it_once(
    session: Session, make: Factory, trainer: Person, cohort: Cohort
) -> None:
    first, second = (_read(session, make, trainer, cohort, f"ada@example.org\n{other}@x.org") for other in "bc")

    accepted = [_accept(session, make, trainer, cohort, roster) for roster in (first, second)]

    assert accepted == [["ada@example.org", "b@x.org"], ["c@x.org"]]


def test_a_list_is_kept_for_a_day_and_belongs_to_its_cohort(
    session: Session, make: Factory, trainer: Person, cohort: Cohort
) -> None:
    roster = _read(session, make, trainer, cohort, "ada@example.org")
    later = make.now() + rosters.RETENTION + timedelta(seconds=1)

    assert rosters.get_for_cohort(session, cohort, roster.id, make.now()) is roster
    assert rosters.get_for_cohort(session, make.cohort(trainer), roster.id, make.now()) is None
    assert rosters.get_for_cohort(session, cohort, roster.id, later) is None
    rosters.read_text(session, trainer.user, cohort, "bo@example.org", later)
    session.commit()
    assert session.scalar(select(func.count(Roster.id))) == 1


def test_nothing_is_kept_of_a_list_that_cannot_be_read(
    session: Session, make: Factory, trainer: Person, cohort: Cohort
) -> None:
    with pytest.raises(UnreadableError):
        rosters.read_file(session, trainer.user, cohort, b"a@x.org\n" * 50_000, make.now())
    session.commit()

    assert session.scalar(select(func.count(Roster.id))) == 0


def test_an_archived_cohort_takes_no_list(session: Session, make: Factory, trainer: Person, cohort: Cohort) -> None:
    roster = _read(session, make, trainer, cohort, "ada@example.org")
    cohorts.archive(session, trainer.user, cohort, make.now())

    with pytest.raises(ArchivedError):
        rosters.accept(session, trainer.user, cohort, roster, make.now(), leaves_faulty_out=True)
    with pytest.raises(ArchivedError):
        rosters.read_text(session, trainer.user, cohort, "ada@example.org", make.now())


def test_two_thousand_people_are_invited_with_a_handful_of_statements(
    session: Session, make: Factory, trainer: Person, cohort: Cohort, statements: Callable[[], list[str]]
) -> None:
    """Fails when anything is asked or written line by line."""
    roster = _read(session, make, trainer, cohort, "\n".join(f"p{number}@example.org" for number in range(2000)))
    statements()

    accepted = _accept(session, make, trainer, cohort, roster)

    assert accepted is not None
    assert len(accepted) == 2000
    assert len(statements()) <= 8
