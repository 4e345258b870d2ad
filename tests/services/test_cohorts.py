from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Membership
from app.permissions import VISITOR
from app.services import cohorts
from tests.factory import Make


@pytest.mark.parametrize("typed", ["7K1M0-04XVP", "7k1m004xvp", " 7KIM0 O4XVP ", "7klm0o4xvp", "7-K-1-M-0-0-4-X-V-P"])
def test_a_code_is_forgiven_how_it_is_typed(typed: str) -> None:
    assert cohorts.code_from(typed) == "7K1M004XVP"


def test_a_code_has_fifty_bits_and_reads_as_it_is_shown(session: Session, make: Make) -> None:
    codes = {make.cohort(make.trainer()).join_code for _ in range(20)}

    assert len(codes) == 20
    assert all(len(code) == 10 and not set(code) - set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for code in codes)
    assert all(cohorts.code_from(cohorts.code_shown(code)) == code for code in codes)


def test_a_cohort_is_found_by_its_trainers_and_by_admins_alone(session: Session, make: Make) -> None:
    trainer, other, admin, learner = make.trainer(), make.trainer(), make.admin(), make.person()
    cohort = make.cohort(trainer, learner)

    seen = [cohorts.get_for(session, who, cohort.id) for who in (trainer.viewer, admin.viewer)]
    hidden = [cohorts.get_for(session, who, cohort.id) for who in (other.viewer, learner.viewer, VISITOR)]

    assert seen == [cohort, cohort]
    assert hidden == [None, None, None]


def test_the_list_counts_with_one_statement(session: Session, make: Make, statements: Callable[[], list[str]]) -> None:
    trainer, learner = make.trainer(), make.person()
    first, second = make.cohort(trainer, learner, make.person()), make.cohort(trainer)
    make.cohort(make.trainer(), title="Not mine")
    make.assignment(trainer, first)
    cohorts.remove(session, trainer.user, first, learner.learner.id, make.now())
    session.commit()
    statements()

    listed = cohorts.list_for(session, trainer.viewer, make.now())

    assert len(statements()) == 1
    assert [(row.cohort.id, row.learners, row.assignments, row.open_now) for row in listed] == [
        (second.id, 0, 0, 0),
        (first.id, 1, 1, 1),
    ]


def test_joining_twice_is_joining_once(session: Session, make: Make) -> None:
    learner = make.person()
    cohort = make.cohort(make.trainer(), learner, learner)

    assert len(session.scalars(select(Membership).where(Membership.cohort_id == cohort.id)).all()) == 1


def test_removing_keeps_the_row_and_joining_again_takes_it_up(session: Session, make: Make) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)

    removed = [cohorts.remove(session, trainer.user, cohort, learner.learner.id, make.now()) for _ in range(2)]
    session.commit()
    session.expire_all()
    was_member = cohorts.is_member(session, cohort, learner.learner)
    cohorts.join(session, cohort, learner.learner, make.now())
    session.commit()
    session.expire_all()

    assert (removed, was_member) == ([True, False], False)
    assert cohorts.is_member(session, cohort, learner.learner)
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()[-1] == "cohort.remove_learner"


def test_a_new_code_ends_the_old_one(session: Session, make: Make) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    old = cohort.join_code

    cohorts.renew_code(session, trainer.user, cohort, make.now())
    session.commit()

    assert cohorts.get_by_code(session, old) is None
    assert cohorts.get_by_code(session, cohort.join_code) is cohort


def test_a_code_expires(session: Session, make: Make) -> None:
    cohort = make.cohort(make.trainer())

    assert cohorts.may_join(cohort, make.now())
    assert not cohorts.may_join(cohort, make.now() + cohorts.CODE_VALID)
