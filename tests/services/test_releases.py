"""What is released, once as a rule for one attempt and once as a condition on rows: both say the same, whatever was set and granted."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.domain.release import ReleaseMoment, ReleasePolicy, check_policy
from app.models import Assignment, Attempt, ScopeResult
from app.services.assignments import assignment_sql, availability
from app.services.attempts import attempts, releases
from app.services.marking import submission
from tests.support.assigned_test import take_test
from tests.support.factory import Factory

HOUR = timedelta(hours=1)
POLICIES = [
    policy
    for policy in (ReleasePolicy(*moments) for moments in product(ReleaseMoment, repeat=4))
    if not list(check_policy(policy, attempts_allowed=2, is_due=True)) and policy.explanation is policy.key
]


def _by_rows(session: Session, now: datetime) -> dict[int, tuple[bool, bool, bool]]:
    """By assignment, whether the score, right or wrong, and the key are released by the conditions on rows."""
    rows = session.execute(
        select(
            Attempt.assignment_id,
            assignment_sql.is_mark_released(Assignment, ScopeResult, Attempt.learner_id, now),
            releases.is_correctness_released(now),
            releases.is_key_released(now),
        )
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .outerjoin(ScopeResult, and_(ScopeResult.learner_id == Attempt.learner_id, ScopeResult.scope == Attempt.scope))
    )
    return {row[0]: (bool(row[1]), bool(row[2]), bool(row[3])) for row in rows if row[0] is not None}


@pytest.mark.parametrize("more_attempts", [0, 1])
@pytest.mark.parametrize("extension", [None, 3])
@pytest.mark.parametrize("is_for_other", [False, True])
def test_the_rule_and_the_condition_agree(
    make: Factory, session: Session, more_attempts: int, extension: int | None, is_for_other: bool
) -> None:
    """Catches: a term that one of the two forgot: more attempts, somebody else's later date, closing by one of four moments."""
    trainer, learner, other = make.trainer(), make.person(), make.person()
    cohort = make.cohort(trainer, learner, other)
    now, closes = make.now(), make.now() + HOUR
    papers = {}
    for policy in POLICIES:
        assignment = make.assignment(trainer, cohort, policy=policy, due_at=closes, attempts_allowed=1)
        grant: dict[str, Any] = {"more_attempts": more_attempts} if not is_for_other else {}
        if extension:
            grant["due_at"] = now + extension * HOUR
        if any(grant.values()):
            make.exception(trainer, assignment, other if is_for_other else learner, **grant)
        attempt = take_test(session, learner, assignment, now, is_right=False)
        papers[assignment.id] = attempts.get_for(session, learner.viewer, attempt.id)

    for when in (now, closes + timedelta(seconds=1), closes + 3 * HOUR):
        by_rows = _by_rows(session, when)
        for assignment_id, loaded in papers.items():
            assert loaded is not None
            by_rule = releases.get_release(session, loaded, when)
            standing = session.get_one(ScopeResult, (learner.learner.id, loaded.attempt.scope))
            assert loaded.assignment is not None
            is_told = availability.is_score_released(loaded.assignment, standing.attempts, when, loaded.exception)
            assert by_rows[assignment_id] == (by_rule.mark, by_rule.correctness, by_rule.key), loaded.assignment.policy
            assert is_told == by_rule.mark


def test_there_are_policies_of_every_sort() -> None:
    assert {policy.mark for policy in POLICIES} == set(ReleaseMoment) - {ReleaseMoment.EACH_ANSWER}
    assert {policy.correctness for policy in POLICIES} == set(ReleaseMoment)
    assert {policy.key for policy in POLICIES} == set(ReleaseMoment)


@pytest.mark.parametrize("why", ["", "more attempts", "withdrawn", "archived", "excused", "for others"])
def test_a_modules_own_test_waits_only_for_what_its_learner_still_has_to_take(
    make: Factory, session: Session, why: str
) -> None:
    """Catches: a key that waits for ever for a test that is nothing to this learner, and one that is shown before their last attempt."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    given = {"is_for_all": False} if why == "for others" else {}
    assignment = make.assignment(trainer, cohort, attempts_allowed=1, **given)
    if why == "more attempts":
        take_test(session, learner, assignment, make.now(), is_right=False)
        make.exception(trainer, assignment, learner, more_attempts=1)
    if why == "excused":
        make.exception(trainer, assignment, learner, is_excused=True)
    if why == "withdrawn":
        assignment.withdrawn_at = make.now()
    if why == "archived":
        cohort.archived_at = make.now()
    session.commit()
    own = attempts.start_test(session, learner.learner, make.module(), make.now())
    submission.submit(session, own, make.now())
    session.commit()
    loaded = attempts.get_for(session, learner.viewer, own.id)
    assert loaded is not None

    is_shown = releases.get_release(session, loaded, make.now()).key

    assert is_shown == (why not in ("", "more attempts"))


@pytest.mark.parametrize(
    "terms_of_theirs", [{}, {"due_at": HOUR, "policy": ReleasePolicy(*[ReleaseMoment.CLOSING] * 4)}]
)
def test_a_test_of_another_cohort_gives_no_key_of_one_that_is_still_to_be_taken(
    make: Factory, session: Session, terms_of_theirs: dict[str, Any]
) -> None:
    """Fails when somebody in two cohorts reads in the easy test of the one the key of the examination of the other: both draw from one pool."""
    learner, trainer, colleague = make.person(), make.trainer(), make.trainer()
    given = dict(terms_of_theirs)
    if "due_at" in given:
        given["due_at"] += make.now()
    exam = make.assignment(colleague, make.cohort(colleague, learner), attempts_allowed=1, **given)
    easy = make.assignment(trainer, make.cohort(trainer, learner))
    loaded = attempts.get_for(session, learner.viewer, take_test(session, learner, easy, make.now(), is_right=False).id)
    assert loaded is not None

    before = releases.get_release(session, loaded, make.now())
    take_test(session, learner, exam, make.now(), is_right=False)
    taken, closed = (releases.get_release(session, loaded, at).key for at in (make.now(), make.now() + 2 * HOUR))

    assert (before.mark, before.correctness, before.key) == (True, False, False)
    assert (taken, closed) == ("due_at" not in given, True)


def test_two_tests_of_one_cohort_are_their_trainers_own_decision(make: Factory, session: Session) -> None:
    """Fails when a test for practice no longer shows its key because its trainer set the examination already."""
    learner, trainer = make.person(), make.trainer()
    cohort = make.cohort(trainer, learner)
    make.assignment(trainer, cohort, title="The examination", attempts_allowed=1)
    easy = take_test(session, learner, make.assignment(trainer, cohort), make.now(), is_right=False)
    loaded = attempts.get_for(session, learner.viewer, easy.id)
    assert loaded is not None

    assert releases.get_release(session, loaded, make.now()).key
