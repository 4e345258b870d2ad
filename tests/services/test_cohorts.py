from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.identifiers import clean_code
from app.models import AuditEvent, Membership
from app.permissions import VISITOR
from app.services.cohorts import cohorts
from app.services.cohorts.cohorts import ArchivedError
from tests.support.factory import Factory


@pytest.mark.parametrize("typed", ["7K1M0-04XVP", "7k1m004xvp", " 7KIM0 O4XVP ", "7klm0o4xvp", "7-K-1-M-0-0-4-X-V-P"])
def test_a_code_is_forgiven_how_it_is_typed(typed: str) -> None:
    assert clean_code(typed) == "7K1M004XVP"


def test_a_code_has_fifty_bits_and_reads_as_it_is_shown(session: Session, make: Factory) -> None:
    codes = {make.cohort(make.trainer()).join_code for _ in range(20)}

    assert len(codes) == 20
    assert all(len(code) == 10 and not set(code) - set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for code in codes)
    assert all(clean_code(cohorts.format_code(code)) == code for code in codes)


def test_a_cohort_is_found_by_its_trainers_and_by_admins_alone(session: Session, make: Factory) -> None:
    trainer, other, admin, learner = make.trainer(), make.trainer(), make.admin(), make.person()
    cohort = make.cohort(trainer, learner)

    seen = [cohorts.get_for(session, who, cohort.id) for who in (trainer.viewer, admin.viewer)]
    hidden = [cohorts.get_for(session, who, cohort.id) for who in (other.viewer, learner.viewer, VISITOR)]

    assert seen == [cohort, cohort]
    assert hidden == [None, None, None]


def test_the_list_counts_with_one_statement(
    session: Session, make: Factory, statements: Callable[[], list[str]]
) -> None:
    trainer, learner = make.trainer(), make.person()
    first, second = make.cohort(trainer, learner, make.person()), make.cohort(trainer)
    make.cohort(make.trainer(), title="Not mine")
    make.assignment(trainer, first)
    cohorts.remove_member(session, trainer.user, first, learner.learner.id, make.now())
    session.commit()
    statements()

    listed = cohorts.list_for(session, trainer.viewer, make.now())

    assert len(statements()) == 1
    assert [(row.cohort.id, row.learners, row.assignments, row.open_now) for row in listed] == [
        (second.id, 0, 0, 0),
        (first.id, 1, 1, 1),
    ]


def test_joining_twice_is_joining_once(session: Session, make: Factory) -> None:
    learner = make.person()
    cohort = make.cohort(make.trainer(), learner, learner)

    assert len(session.scalars(select(Membership).where(Membership.cohort_id == cohort.id)).all()) == 1


def test_removing_keeps_the_row_and_joining_again_takes_it_up(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)

    removed = [cohorts.remove_member(session, trainer.user, cohort, learner.learner.id, make.now()) for _ in range(2)]
    session.commit()
    session.expire_all()
    was_member = cohorts.is_member(session, cohort, learner.learner)
    make.join(cohort, learner)
    session.commit()
    session.expire_all()

    assert (removed, was_member) == ([True, False], False)
    assert cohorts.is_member(session, cohort, learner.learner)
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()[-1] == "cohort.remove_learner"


def test_a_new_code_ends_the_old_one(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    old = cohort.join_code

    cohorts.renew_code(session, trainer.user, cohort, make.now())
    session.commit()

    assert cohorts.get_by_code(session, old) is None
    assert cohorts.get_by_code(session, cohort.join_code) is cohort


def test_a_code_expires(session: Session, make: Factory) -> None:
    cohort = make.cohort(make.trainer())

    assert cohorts.may_join(cohort, make.now())
    assert not cohorts.may_join(cohort, make.now() + cohorts.CODE_VALIDITY)


def test_joining_is_kept_open_by_the_code_there_is_or_closed(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    code, now = cohort.join_code, make.now()

    cohorts.extend_code(session, trainer.user, cohort, now, timedelta(days=1))
    during = [cohorts.may_join(cohort, now + timedelta(hours=hours)) for hours in (23, 24)]
    cohorts.extend_code(session, trainer.user, cohort, now, timedelta(0))

    assert (during, cohorts.may_join(cohort, now), cohort.join_code) == ([True, False], False, code)


def test_an_archived_cohort_can_be_read_and_not_changed(session: Session, make: Factory) -> None:
    """Fails when one of the changes forgets to ask."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    cohorts.archive(session, trainer.user, cohort, make.now())
    cohorts.archive(session, trainer.user, cohort, make.now() + timedelta(days=1))
    who, now, learner_id = trainer.user, make.now(), learner.learner.id

    changes: list[Callable[[], object]] = [
        lambda: cohorts.edit(session, who, cohort, "Other", "UTC", now),
        lambda: cohorts.renew_code(session, who, cohort, now),
        lambda: cohorts.extend_code(session, who, cohort, now, timedelta(days=1)),
        lambda: cohorts.remove_member(session, who, cohort, learner_id, now),
        lambda: cohorts.readmit_member(session, who, cohort, learner_id, now),
    ]

    for change in changes:
        with pytest.raises(ArchivedError):
            change()
    assert cohort.archived_at == now
    assert cohorts.get_for(session, trainer.viewer, cohort.id) is cohort
    assert not cohorts.may_join(cohort, now)
    cohorts.restore(session, who, cohort, now)
    assert cohorts.may_join(cohort, now)
    session.flush()
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()[-2:] == [
        "cohort.archive",
        "cohort.restore",
    ]


def test_a_removed_learner_is_brought_back_with_their_record(session: Session, make: Factory) -> None:
    trainer, learner, stranger = make.trainer(), make.person(), make.person()
    cohort = make.cohort(trainer, learner)
    joined_at = make.now()
    cohorts.remove_member(session, trainer.user, cohort, learner.learner.id, joined_at)

    done = [
        cohorts.readmit_member(session, trainer.user, cohort, person.learner.id, joined_at + timedelta(days=9))
        for person in (learner, learner, stranger)
    ]
    session.commit()

    row = session.scalars(select(Membership)).one()
    assert (done, row.joined_at, row.removed_at) == ([True, False, False], joined_at, None)


def test_another_title_and_zone_are_noted_and_nothing_where_nothing_changes(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer, title="Year 2")

    for _ in range(2):
        cohorts.edit(session, trainer.user, cohort, "Year 3", "Asia/Tokyo", make.now())
    session.commit()

    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "cohort.edit"))
    assert event.details == {"title": ["Year 2", "Year 3"], "time_zone": ["Europe/Berlin", "Asia/Tokyo"]}


def test_the_list_tells_what_is_open_and_due_next(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    now, day = make.now(), timedelta(days=1)
    make.assignment(trainer, cohort, due_at=now - day)
    make.assignment(trainer, cohort, due_at=now + 3 * day)
    make.assignment(trainer, cohort, due_at=now + 2 * day)
    make.assignment(trainer, cohort)
    later, withdrawn = make.assignment(trainer, cohort, due_at=now + 9 * day), make.assignment(trainer, cohort)
    later.opens_at, withdrawn.withdrawn_at = now + day, now
    session.commit()

    (row,) = cohorts.list_for(session, trainer.viewer, now)

    assert (row.assignments, row.open_now, row.next_due_at) == (5, 3, now + 2 * day)


def test_a_cohort_runs_as_long_as_something_is_open_or_opens_later(session: Session, make: Factory) -> None:
    """Fails when a cohort between two tests is listed as ended, or one without learners as running."""
    trainer, day, now = make.trainer(), timedelta(days=1), make.now()
    empty = make.cohort(trainer)
    running, pausing, ended, archived = (make.cohort(trainer, make.person()) for _ in range(4))
    make.assignment(trainer, running, due_at=now + day)
    make.assignment(trainer, pausing, opens_at=now + day, due_at=now + 2 * day)
    make.assignment(trainer, ended, due_at=now - day)
    archived.archived_at = now
    session.flush()  # the list is read from the database

    stages = {row.cohort.id: row.stage for row in cohorts.list_for(session, trainer.viewer, now)}

    assert stages == {
        empty.id: "preparing",
        running.id: "running",
        pausing.id: "running",
        ended.id: "ended",
        archived.id: "archived",
    }
