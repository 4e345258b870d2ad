"""A copy of a cohort has what was set up, and nobody."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.assignment import Counts
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
from app.services.teaching import cohort_copies, cohorts
from tests.factory import AFTER_LAST_ATTEMPT, Make
from tests.taking import take

DATES = {"opens_local", "opens_at", "due_local", "due_at", "extended_until"}
OTHERS = {"id", "cohort_id", "created_at", "created_by_id", "pretest_id", "revision"}


def test_terms_are_copied_and_dates_and_people_are_not(session: Session, make: Make) -> None:
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
    take(session, learner, given, make.now(), is_right=True)
    given.counts, given.lessons_first, given.is_for_all, given.revision = Counts.LATEST, True, False, 4
    given.opens_at, given.opens_local = make.now(), "2026-11-23T18:00"
    session.add(AssignmentRecipient(assignment_id=given.id, learner_id=learner.learner.id))
    session.commit()

    made = cohort_copies.copy(session, colleague.user, cohort, "Year 2 2027", make.now())
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


def test_lessons_prerequisites_and_the_pretest_lead_to_the_copies(session: Session, make: Make) -> None:
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

    made = cohort_copies.copy(session, trainer.user, cohort, "Again", make.now())
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
    session: Session, make: Make
) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    cohorts.archive(session, trainer.user, cohort, make.now())

    made = cohort_copies.copy(session, trainer.user, cohort, "Again", make.now())
    session.commit()

    assert (made.archived_at, cohorts.may_join(made, make.now())) == (None, False)
    cohorts.keep_open(session, trainer.user, made, make.now(), timedelta(days=1))
    assert cohorts.may_join(made, make.now())


def test_dates_of_a_copy_are_on_the_clocks_of_its_cohort(session: Session, make: Make) -> None:
    """Fails when an assignment that was set before its cohort moved takes the old zone along, though it has no dates any more."""
    trainer = make.trainer()
    cohort = make.cohort(trainer, time_zone="Europe/Berlin")
    make.assignment(trainer, cohort, due_at=make.now() + timedelta(days=3))
    cohorts.edit(session, trainer.user, cohort, cohort.title, "America/New_York", make.now())

    made = cohort_copies.copy(session, trainer.user, cohort, "Next", make.now())

    zones = session.scalars(select(Assignment.time_zone).where(Assignment.cohort_id == made.id)).all()
    assert (made.time_zone, zones) == ("America/New_York", ["America/New_York"])
