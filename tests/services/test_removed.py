"""Removal from a cohort acts at the next request (threat 13), and takes no result away."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.services.assignments import availability
from app.services.attempts import attempts
from app.services.cohorts import cohorts
from app.services.marking import submission
from tests.support.factory import Factory


def test_who_is_removed_leaves_the_test_under_way(make: Factory, session: Session) -> None:
    """Fails when an open attempt of an assignment is loaded without asking whether its learner is still a member."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    granted = availability.get_available(session, learner.learner, make.assignment(trainer, cohort).id, make.now())
    assert granted
    attempt = attempts.start_assignment(session, learner.learner, granted, make.module(), make.now())
    session.commit()

    before = attempts.get_for(session, learner.viewer, attempt.id)
    cohorts.remove_member(session, trainer.user, cohort, learner.learner.id, make.now())
    after = attempts.get_for(session, learner.viewer, attempt.id)
    make.join(cohort, learner)
    again = attempts.get_for(session, learner.viewer, attempt.id)

    assert before is not None
    assert after is None
    assert again is not None


def test_who_is_removed_keeps_their_result(make: Factory, session: Session) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    granted = availability.get_available(session, learner.learner, make.assignment(trainer, cohort).id, make.now())
    assert granted
    attempt = attempts.start_assignment(session, learner.learner, granted, make.module(), make.now())
    submission.submit(session, attempt, make.now())
    session.commit()

    cohorts.remove_member(session, trainer.user, cohort, learner.learner.id, make.now())

    assert attempts.get_for(session, learner.viewer, attempt.id) is not None
