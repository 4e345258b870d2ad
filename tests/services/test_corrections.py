"""Correcting a faulty question: what is previewed is what is done, in totals and standings too, and nobody loses a pass unasked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.correction import Remedy
from app.domain.kinds.choice import ChoiceKey
from app.domain.release import ReleaseMoment
from app.models import Attempt, AuditEvent, Correction, MarkChange
from app.services.marking import corrections, marks, regrading
from app.services.marking.corrections import (
    AlreadyInForce,
    CorrectionDecision,
    MorePassesLost,
    NotInForce,
    QuestionUnderCorrection,
)
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt
from tests.support.correction_class import CorrectionClass, CorrectionOutcome, answer_wrong_at, make_correction_class
from tests.support.factory import AFTER_CLOSING, Factory
from tests.support.submissions import AnswerKey, copy_paper, submit_test
from tests.support.submissions import answer_and_submit as answer_all

VOID, CREDIT = CorrectionDecision(Remedy.VOID), CorrectionDecision(Remedy.CREDIT)


@pytest.fixture
def year(make: Factory, session: Session, clock: Clock) -> CorrectionClass:
    return make_correction_class(make, session, clock)


def test_a_void_question_leaves_points_maximum_and_gate(year: CorrectionClass, session: Session) -> None:
    """Fails when the maximum stays, or when the gate still asks for a question that was taken out."""
    at = year.position(is_critical=True)
    year.hand_in(year.learners[1], answer_wrong_at(AnswerKey(session), [at]))
    failed = year.attempts[1]
    assert (failed.points, failed.is_passed, failed.is_critical_missed) == (9, False, True)

    done = year.do(year.asked(at), VOID)

    assert done == CorrectionOutcome(changed=2, kept=0)
    assert (failed.points, failed.max_points, failed.is_passed, failed.is_critical_missed) == (9, 9, True, False)
    assert year.standing(year.learners[1]).passed_at == failed.submitted_at
    year.assert_totals_are_those_of_a_fresh_marking()


def test_another_key_raises_who_chose_it_and_nobody_else(year: CorrectionClass, session: Session) -> None:
    at = year.position(is_critical=False)
    hand = AnswerKey(session)
    chosen = hand.wrong(year.attempts[0].items[at - 1])
    year.hand_in(year.learners[1], answer_wrong_at(hand, [at]))
    decision = CorrectionDecision(Remedy.ACCEPT, ChoiceKey(tuple(chosen)))
    seen = corrections.preview(session, year.asked(at), decision, year.clock.now)

    done = year.do(year.asked(at), decision)

    assert [one.name for one in seen.regrades] == ["Ben"]
    assert seen.regrades[0].before
    assert seen.regrades[0].after
    assert (seen.regrades[0].before.points, seen.regrades[0].after.points) == (9, 10)
    assert done == CorrectionOutcome(changed=1, kept=0)
    assert year.mark(year.attempts[1], at).certainty_points == 3
    year.assert_totals_are_those_of_a_fresh_marking()


def test_credit_goes_to_all(year: CorrectionClass, session: Session) -> None:
    at = year.position(is_critical=True)
    year.hand_in(year.learners[1], AnswerKey(session).all_wrong)
    year.hand_in(year.learners[2], lambda _number, _item: (None, None))

    year.do(year.asked(at), CREDIT)

    assert [year.mark(attempt, at).points for attempt in year.attempts] == [1, 1, 1]
    assert [year.mark(attempt, at).certainty_points for attempt in year.attempts] == [3, 3, 0]
    year.assert_totals_are_those_of_a_fresh_marking()


@pytest.mark.parametrize("decision", [VOID, CREDIT])
def test_a_preview_changes_nothing_and_shows_what_will_be(
    year: CorrectionClass, session: Session, statements: Callable[[], list[str]], decision: CorrectionDecision
) -> None:
    """Fails when looking at the preview writes anything, or shows other attempts than the step then changes."""
    at = year.position(is_critical=True)
    year.hand_in(year.learners[1], answer_wrong_at(AnswerKey(session), [at]))
    asked = year.asked(at)
    statements()

    seen = corrections.preview(session, asked, decision, year.clock.now)
    session.commit()

    assert {text.split()[0] for text in statements()} == {"SELECT"}
    year.do(asked, decision)
    assert {one.attempt_id for one in seen.regrades} == set(session.scalars(select(MarkChange.attempt_id)))
    for one in seen.regrades:
        attempt = next(attempt for attempt in year.attempts if attempt.id == one.attempt_id)
        assert one.after
        assert (one.after.points, one.after.max_points, one.after.is_passed) == (
            attempt.points,
            attempt.max_points,
            attempt.is_passed,
        )


def lose_by_void(year: CorrectionClass) -> tuple[Attempt, QuestionUnderCorrection]:
    """Ben passes with 9 of 10; without one that he had right, 8 of 9 is not enough."""
    missed, had = year.position(is_critical=False), year.position(is_critical=True)
    attempt = year.hand_in(year.learners[1], answer_wrong_at(AnswerKey(year.session), [missed]))
    assert (attempt.points, attempt.is_passed) == (9, True)
    return attempt, year.asked(had)


def test_a_released_pass_is_kept_with_its_marks_unless_it_is_said(year: CorrectionClass, session: Session) -> None:
    """Fails when a pass that its learner was told of is lost without a word, or kept with a total that is not that of its marks."""
    attempt, asked = lose_by_void(year)
    seen = corrections.preview(session, asked, VOID, year.clock.now)

    done = year.do(asked, VOID)

    assert (seen.lost, seen.released_lost, seen.won) == (1, 1, 0)
    assert done == CorrectionOutcome(changed=1, kept=1)
    assert (attempt.points, attempt.max_points, attempt.is_passed) == (9, 10, True)
    assert session.scalar(select(func.count(MarkChange.id)).where(MarkChange.attempt_id == attempt.id)) == 0
    assert year.standing(year.learners[1]).passed_at == attempt.submitted_at


def test_a_released_pass_is_lost_where_it_is_said(year: CorrectionClass, session: Session) -> None:
    attempt, asked = lose_by_void(year)

    done = year.do(asked, VOID, passes_to_lower=1)

    assert done == CorrectionOutcome(changed=2, kept=0)
    assert (attempt.points, attempt.max_points, attempt.is_passed) == (8, 9, False)
    standing = year.standing(year.learners[1])
    assert (standing.passed_at, standing.latest_is_passed) == (None, False)
    assert standing.best_percent == pytest.approx(100 * 8 / 9)
    year.assert_totals_are_those_of_a_fresh_marking()


def test_no_more_released_passes_are_lost_than_were_seen(year: CorrectionClass, session: Session) -> None:
    """Fails when the tick covers people who handed in after the preview."""
    _, asked = lose_by_void(year)

    with pytest.raises(MorePassesLost):
        corrections.check_passes(session, asked, VOID, year.clock.now, seen_lost=0)


def test_no_more_released_passes_are_lost_than_are_permitted(year: CorrectionClass, session: Session) -> None:
    """Fails when a pass that is released during the regrading is lost, too."""
    first, asked = lose_by_void(year)
    missed = year.position(is_critical=False)
    second = year.hand_in(year.learners[2], answer_wrong_at(AnswerKey(session), [missed]))

    done = year.do(asked, VOID, passes_to_lower=1)

    assert done == CorrectionOutcome(changed=2, kept=1)
    assert (first.is_passed, second.is_passed) == (False, True)


def test_marks_change_step_by_step_by_the_corrections_of_the_moment(
    year: CorrectionClass, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when a step forgets where the last one stopped, or marks by a correction that was withdrawn meanwhile."""
    monkeypatch.setattr(regrading, "STEP_SIZE", 1)
    at = year.position(is_critical=True)
    for learner in year.learners[1:3]:
        year.hand_in(learner, answer_wrong_at(AnswerKey(session), [at]))
    asked = year.asked(at)
    made = corrections.apply(session, year.trainer.user, asked, CREDIT, "Why.", year.clock.advance(minutes=1))
    session.commit()
    regrading.run_step(session, made.correction_id, year.clock.now)
    session.commit()
    assert regrading.list_unfinished(session) == [made.correction_id]
    assert regrading.is_unfinished(session, asked.version_id)

    year.do(asked, CorrectionDecision(Remedy.WITHDRAW, withdraws_id=made.correction_id), passes_to_lower=1)
    while regrading.run_step(session, made.correction_id, year.clock.now).finished_at is None:
        session.commit()

    assert regrading.list_unfinished(session) == []
    for attempt in year.attempts:
        year.look_again(attempt)
    year.assert_totals_are_those_of_a_fresh_marking()


def test_a_pass_that_nobody_was_told_of_goes_with_the_correction(
    make: Factory, session: Session, clock: Clock, year: CorrectionClass
) -> None:
    """Fails when the rule on released passes protects what no learner ever saw."""
    hidden = replace(AFTER_CLOSING, mark=ReleaseMoment.CLOSING)
    year.assignment = make.assignment(
        year.trainer,
        make.cohort(year.trainer, *year.learners, title="Another"),
        policy=hidden,
        pass_mark_percent=90,
        due_at=clock.now + timedelta(days=5),
    )
    year.attempts = [submit_test(session, year.learners[0], year.assignment, clock.now, AnswerKey(session).all_right)]
    attempt, asked = lose_by_void(year)

    done = year.do(asked, VOID)

    assert done == CorrectionOutcome(changed=2, kept=0)
    assert attempt.is_passed is False


def test_the_same_again_is_refused_and_changes_nothing(year: CorrectionClass, session: Session) -> None:
    at = year.position(is_critical=False)
    year.do(year.asked(at), CREDIT)
    before = session.scalar(select(func.count(MarkChange.id)))

    with pytest.raises(AlreadyInForce):
        corrections.preview(session, year.asked(at), CREDIT, year.clock.now)
    with pytest.raises(AlreadyInForce):
        corrections.preview(
            session, year.asked(at), CorrectionDecision(Remedy.ACCEPT, year.key(year.version(at))), year.clock.now
        )

    assert session.scalar(select(func.count(MarkChange.id))) == before


def test_a_withdrawn_correction_leaves_the_marks_as_they_were(year: CorrectionClass, session: Session) -> None:
    at = year.position(is_critical=True)
    year.hand_in(year.learners[1], answer_wrong_at(AnswerKey(session), [at]))
    year.do(year.asked(at), VOID)
    made = session.scalars(select(Correction)).one()

    done = year.do(year.asked(at), CorrectionDecision(Remedy.WITHDRAW, withdraws_id=made.id), passes_to_lower=1)

    assert done == CorrectionOutcome(changed=2, kept=0)
    assert corrections.list_in_force(session, year.asked(at)) == []
    assert [attempt.points for attempt in session.scalars(select(Attempt).order_by(Attempt.id))] == [10, 9]
    year.assert_totals_are_those_of_a_fresh_marking()
    with pytest.raises(NotInForce):
        corrections.preview(
            session, year.asked(at), CorrectionDecision(Remedy.WITHDRAW, withdraws_id=made.id), year.clock.now
        )


def test_what_is_handed_in_later_is_marked_by_the_correction(year: CorrectionClass, session: Session) -> None:
    """Fails when settling reads the key alone."""
    at = year.position(is_critical=True)
    year.do(year.asked(at), VOID)

    later = year.hand_in(year.learners[2], answer_wrong_at(AnswerKey(session), [at]))

    assert (later.points, later.max_points, later.is_passed) == (9, 9, True)
    assert session.scalar(select(func.count(MarkChange.id)).where(MarkChange.attempt_id == later.id)) == 0
    year.assert_totals_are_those_of_a_fresh_marking()


def test_a_trainers_correction_stays_in_their_assignment_and_an_administrators_reaches_all(
    year: CorrectionClass, make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when a correction reaches other cohorts' attempts, or one that is server-wide misses them."""
    at = year.position(is_critical=True)
    hand = AnswerKey(session)
    other_trainer, other = make.trainer(), make.person(name="Zoe")
    theirs = make.assignment(other_trainer, make.cohort(other_trainer, other))
    elsewhere = start_attempt(session, other, theirs, clock.now)
    copy_paper(session, elsewhere, year.attempts[0])
    answer_all(session, elsewhere, clock.now, answer_wrong_at(hand, [at]))

    year.do(year.asked(at), CREDIT)
    assert year.mark(elsewhere, at).points == 0
    with_all = corrections.preview(session, year.everywhere(at), CREDIT, clock.now)
    year.do(year.everywhere(at), CREDIT)

    assert [one.name for one in with_all.regrades] == ["Zoe"]
    assert year.mark(elsewhere, at).points == 1
    year.assert_totals_are_those_of_a_fresh_marking()


def test_a_trainers_correction_reaches_nobody_else_with_the_next_one_that_is_server_wide(
    year: CorrectionClass, make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when a server-wide step regrades every attempt by the corrections of any assignment."""
    at = year.position(is_critical=True)
    hand = AnswerKey(session)
    other_trainer, other = make.trainer(), make.person(name="Zoe")
    theirs = make.assignment(other_trainer, make.cohort(other_trainer, other))
    elsewhere = start_attempt(session, other, theirs, clock.now)
    copy_paper(session, elsewhere, year.attempts[0])
    answer_all(session, elsewhere, clock.now, hand.all_right)
    year.do(year.asked(at), VOID)
    chosen = hand.wrong(year.attempts[0].items[at - 1])

    done = year.do(year.everywhere(at), CorrectionDecision(Remedy.ACCEPT, ChoiceKey(tuple(chosen))))

    assert done == CorrectionOutcome(changed=0, kept=0)
    assert (year.mark(elsewhere, at).is_void, year.mark(year.attempts[0], at).is_void) == (False, True)


def test_a_mark_changed_by_hand_outlives_an_older_correction_and_its_withdrawal(
    year: CorrectionClass, session: Session
) -> None:
    """Fails when a regrade takes a mark that a trainer decided on for what the key says."""
    at = year.position(is_critical=False)
    year.do(year.asked(at), CREDIT)
    attempt = year.attempts[0]
    marked = marks.get_for(session, year.trainer.viewer, attempt.id, at, year.clock.advance(minutes=1))
    assert marked is not None
    marks.change_mark(session, year.trainer.user, marked, 0.5, "Half of it was said aloud.", year.clock.now)
    session.commit()
    made = session.scalars(select(Correction)).one()

    year.do(year.asked(at), CorrectionDecision(Remedy.WITHDRAW, withdraws_id=made.id), passes_to_lower=1)

    assert year.mark(attempt, at).points == 0.5
    year.do(year.asked(at), CREDIT)
    assert year.mark(attempt, at).points == 1


def test_it_is_on_the_audit_log_with_ids_and_values(year: CorrectionClass, session: Session) -> None:
    at = year.position(is_critical=False)
    year.do(year.asked(at), VOID)

    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "question.correct")).one()

    made = session.scalars(select(Correction)).one()
    change = session.scalars(select(MarkChange)).one()
    assert event.subject == f"question_version:{year.version(at)}"
    assert event.actor_id == year.trainer.user.id
    assert event.details == {
        "correction": made.id,
        "remedy": "void",
        "assignment": year.assignment.id,
        "key": None,
        "withdraws": None,
        "may_lower": False,
    }
    regraded = session.scalars(select(AuditEvent).where(AuditEvent.action == "question.regrade")).one()
    assert regraded.subject == event.subject
    assert regraded.details == {"correction": made.id, "changed": 1, "lowered": 0, "kept": 0}
    assert (change.correction_id, change.actor_id, change.reason) == (made.id, year.trainer.user.id, "A reason.")
    assert (change.old_points, change.old_max_points, change.new_points, change.new_max_points) == (1, 1, 0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_corrected_in_whatever_order(year: CorrectionClass, session: Session, seed: int) -> None:
    """Corrections of every kind, here and everywhere, taken back and made again, while learners hand in.

    Fails when one of them leaves a mark, a total or a standing that a marking afresh would not give.
    """
    rng, hand = Random(seed), AnswerKey(session)
    year.hand_in(year.learners[1], answer_wrong_at(hand, [1, 3, 5]))
    for step in range(14):
        at = rng.randint(1, len(year.attempts[0].items))
        asked = rng.choice([year.asked, year.everywhere])(at)
        own = [one.correction.id for one in corrections.list_in_force(session, asked) if one.is_own]
        decisions = [
            VOID,
            CREDIT,
            CorrectionDecision(Remedy.ACCEPT, ChoiceKey(tuple(hand.wrong(year.attempts[0].items[at - 1])))),
        ]
        decisions += [CorrectionDecision(Remedy.WITHDRAW, withdraws_id=one) for one in own for _ in range(2)]
        with suppress(AlreadyInForce):
            year.do(asked, rng.choice(decisions), passes_to_lower=99)
        if step % 3 == 0:
            wrong = rng.sample(range(1, 11), rng.randint(0, 6))
            year.hand_in(rng.choice(year.learners), answer_wrong_at(hand, wrong))

        year.assert_totals_are_those_of_a_fresh_marking()
        year.assert_standings_are_those_of_the_attempts()
