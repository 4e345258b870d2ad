"""A copy of a cohort has what was set up, and nobody."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.assignment import GradingMethod
from app.domain.wall_clock import to_utc
from app.models import (
    Assignment,
    AssignmentLesson,
    AssignmentRecipient,
    Attempt,
    CohortTrainer,
    LessonRow,
    Membership,
    Prerequisite,
)
from app.services.assignments import copies
from app.services.assignments.copies import DateShift
from app.services.cohorts import cohorts
from tests.support.assigned_test import take_test
from tests.support.factory import AFTER_LAST_ATTEMPT, Factory

DATES = {"opens_local", "opens_at", "due_local", "due_at", "extended_until"}
OTHERS = {"id", "cohort_id", "created_at", "created_by_id", "pretest_id", "revision"}


def test_terms_are_copied_and_dates_and_people_are_not(session: Session, make: Factory) -> None:
    """Fails when a column is added to an assignment that the copy neither takes along nor knows to leave out."""
    trainer, learner, colleague = make.trainer(), make.person(), make.trainer()
    cohort = make.cohort(trainer, learner, title="Year 2 2026", time_zone="Asia/Tokyo")
    given = make.assignment(
        trainer,
        cohort,
        title="Safety first",
        due_at=make.now() + timedelta(days=3),
        attempts_allowed=3,
        time_limit_minutes=25,
        pass_mark_percent=71,
        policy=AFTER_LAST_ATTEMPT,
        asks_certainty=True,
    )
    take_test(session, learner, given, make.now(), is_right=True)
    given.counts, given.lessons_first, given.is_for_all, given.revision = GradingMethod.LATEST, True, False, 4
    given.opens_at, given.opens_local = make.now(), "2026-11-23T18:00"
    session.add(AssignmentRecipient(assignment_id=given.id, learner_id=learner.learner.id))
    session.commit()

    made = copies.copy_cohort(session, colleague.user, cohort, "Year 2 2027", make.now())
    session.commit()

    (copied,) = session.scalars(select(Assignment).where(Assignment.cohort_id == made.id))
    names = {column.key for column in Assignment.__mapper__.column_attrs}
    assert {name: getattr(copied, name) for name in names - DATES - OTHERS} == {
        name: getattr(given, name) for name in names - DATES - OTHERS
    }
    assert {name: getattr(copied, name) for name in DATES} == dict.fromkeys(DATES)
    assert (copied.revision, copied.created_by_id, copied.policy) == (1, colleague.user.id, AFTER_LAST_ATTEMPT)
    assert (made.title, made.time_zone) == ("Year 2 2027", "Asia/Tokyo")
    assert session.scalars(select(CohortTrainer.user_id).where(CohortTrainer.cohort_id == made.id)).all() == [
        colleague.user.id
    ]
    for table, column in ((Membership, Membership.cohort_id), (Attempt, Attempt.assignment_id)):
        its = made.id if table is Membership else copied.id
        assert session.scalar(select(func.count()).select_from(table).where(column == its)) == 0
    assert session.scalar(select(func.count()).where(AssignmentRecipient.assignment_id == copied.id)) == 0


def test_lessons_prerequisites_and_the_pretest_lead_to_the_copies(session: Session, make: Factory) -> None:
    """Fails when they still name the assignments of the cohort that was copied."""
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    after, before, gone = (make.assignment(trainer, cohort, title=title) for title in ("After", "Before", "Gone"))
    lesson_id = session.scalars(select(LessonRow.id).where(LessonRow.module_id == after.module_id).limit(1)).one()
    after.pretest_id, gone.withdrawn_at = before.id, make.now()
    session.add(AssignmentLesson(assignment_id=after.id, lesson_id=lesson_id))
    for required in (before, gone):
        session.add(Prerequisite(assignment_id=after.id, required_id=required.id))
    session.commit()

    made = copies.copy_cohort(session, trainer.user, cohort, "Again", make.now())
    session.commit()

    found = {one.title: one for one in session.scalars(select(Assignment).where(Assignment.cohort_id == made.id))}
    assert set(found) == {"After", "Before"}
    assert found["After"].pretest_id == found["Before"].id
    its = found["After"].id
    assert session.scalars(select(AssignmentLesson.lesson_id).where(AssignmentLesson.assignment_id == its)).all() == [
        lesson_id
    ]
    assert session.scalars(select(Prerequisite.required_id).where(Prerequisite.assignment_id == its)).all() == [
        found["Before"].id
    ]


def test_nobody_joins_a_copy_before_joining_is_opened_and_an_archived_one_can_be_copied(
    session: Session, make: Factory
) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    cohorts.archive(session, trainer.user, cohort, make.now())

    made = copies.copy_cohort(session, trainer.user, cohort, "Again", make.now())
    session.commit()

    assert (made.archived_at, cohorts.may_join(made, make.now())) == (None, False)
    cohorts.extend_code(session, trainer.user, made, make.now(), timedelta(days=1))
    assert cohorts.may_join(made, make.now())


def test_dates_of_a_copy_are_on_the_clocks_of_its_cohort(session: Session, make: Factory) -> None:
    """Fails when an assignment that was set before its cohort moved takes the old zone along, though it has no dates any more."""
    trainer = make.trainer()
    cohort = make.cohort(trainer, time_zone="Europe/Berlin")
    make.assignment(trainer, cohort, due_at=make.now() + timedelta(days=3))
    cohorts.edit(session, trainer.user, cohort, cohort.title, "America/New_York", make.now())

    made = copies.copy_cohort(session, trainer.user, cohort, "Next", make.now())

    zones = session.scalars(select(Assignment.time_zone).where(Assignment.cohort_id == made.id)).all()
    assert (made.time_zone, zones) == ("America/New_York", ["America/New_York"])


@pytest.mark.parametrize(
    ("shift", "opens", "due"),
    [
        (DateShift(days=7), "2027-03-08T09:00", "2027-04-01T18:00"),
        (DateShift(days=-365), "2026-03-01T09:00", "2026-03-25T18:00"),
        (DateShift(start=date(2028, 2, 28)), "2028-02-28T09:00", "2028-03-23T18:00"),
        (DateShift(days=3), "2027-03-04T09:00", "2027-03-28T18:00"),
    ],
)
def test_all_dates_are_moved_and_clock_times_stay(
    session: Session, make: Factory, shift: DateShift, opens: str, due: str
) -> None:
    """Fails when moments are moved, which end an hour earlier or later after the clocks change."""
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    given, without = make.assignment(trainer, cohort, title="A"), make.assignment(trainer, cohort, title="B")
    given.opens_local, given.due_local = "2027-03-01T09:00", "2027-03-25T18:00"
    given.opens_at, given.due_at = (
        to_utc(datetime.fromisoformat(x), "Europe/Berlin") for x in (given.opens_local, given.due_local)
    )
    session.commit()

    made = copies.copy_cohort(session, trainer.user, cohort, "Again", make.now(), shift)
    session.commit()

    first, second = session.scalars(
        select(Assignment).where(Assignment.cohort_id == made.id).order_by(Assignment.title)
    )
    assert (first.opens_local, first.due_local) == (opens, due)
    assert first.due_at == to_utc(datetime.fromisoformat(due), "Europe/Berlin")
    assert (second.opens_at, second.due_local, without.due_at) == (None, None, None)


def test_a_time_that_clocks_skip_is_moved_by_an_hour(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    given = make.assignment(trainer, cohort)
    given.due_local, given.due_at = (
        "2027-03-27T02:30",
        to_utc(datetime.fromisoformat("2027-03-27T02:30"), "Europe/Berlin"),
    )
    session.commit()

    made = copies.copy_cohort(session, trainer.user, cohort, "Again", make.now(), DateShift(days=1))

    assert session.scalar(select(Assignment.due_local).where(Assignment.cohort_id == made.id)) == "2027-03-28T03:30"
