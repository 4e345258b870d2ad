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

from app.domain.content import Key
from app.domain.correction import Remedy
from app.domain.release import When
from app.models import Attempt, AuditEvent, Correction, MarkChange
from app.services.marking import corrections, marks
from app.services.marking.corrections import AlreadyHolds, Asked, Decision, Done, MoreLost, NotInForce
from tests.conftest import Clock
from tests.crowd import Hand, copy_paper, hand_in
from tests.crowd import answer as answer_all
from tests.factory import AFTER_CLOSING, Make
from tests.faulty import Class, wrong_at, year_of
from tests.taking import begin

VOID, CREDIT = Decision(Remedy.VOID), Decision(Remedy.CREDIT)


@pytest.fixture
def year(make: Make, session: Session, clock: Clock) -> Class:
    return year_of(make, session, clock)


def test_a_void_question_leaves_points_maximum_and_gate(year: Class, session: Session) -> None:
    """Fails when the maximum stays, or when the gate still asks for a question that was taken out."""
    at = year.position(is_critical=True)
    year.hand_in(year.learners[1], wrong_at(Hand(session), [at]))
    failed = year.attempts[1]
    assert (failed.points, failed.is_passed, failed.is_critical_missed) == (9, False, True)

    done = year.do(year.asked(at), VOID)

    assert done == Done(changed=2, kept=0)
    assert (failed.points, failed.max_points, failed.is_passed, failed.is_critical_missed) == (9, 9, True, False)
    assert year.standing(year.learners[1]).passed_at == failed.submitted_at
    year.assert_totals_are_those_of_a_fresh_marking()


def test_another_key_raises_who_chose_it_and_nobody_else(year: Class, session: Session) -> None:
    at = year.position(is_critical=False)
    hand = Hand(session)
    chosen = hand.wrong(year.attempts[0].items[at - 1])
    year.hand_in(year.learners[1], wrong_at(hand, [at]))
    decision = Decision(Remedy.ACCEPT, Key(tuple(chosen)))
    seen = corrections.preview(session, year.asked(at), decision, year.clock.now)

    done = year.do(year.asked(at), decision)

    assert [one.name for one in seen.regrades] == ["Ben"]
    assert (seen.regrades[0].before.points, seen.regrades[0].after.points) == (9, 10)
    assert done == Done(changed=1, kept=0)
    assert year.mark(year.attempts[1], at).certainty_points == 3
    year.assert_totals_are_those_of_a_fresh_marking()


def test_credit_goes_to_all(year: Class, session: Session) -> None:
    at = year.position(is_critical=True)
    year.hand_in(year.learners[1], Hand(session).all_wrong)
    year.hand_in(year.learners[2], lambda _number, _item: (None, None))

    year.do(year.asked(at), CREDIT)

    assert [year.mark(attempt, at).points for attempt in year.attempts] == [1, 1, 1]
    assert [year.mark(attempt, at).certainty_points for attempt in year.attempts] == [3, 3, 0]
    year.assert_totals_are_those_of_a_fresh_marking()


@pytest.mark.parametrize("decision", [VOID, CREDIT])
def test_a_preview_changes_nothing_and_shows_what_will_be(
    year: Class, session: Session, statements: Callable[[], list[str]], decision: Decision
) -> None:
    """Fails when looking at the preview writes anything, or shows other attempts than the step then changes."""
    at = year.position(is_critical=True)
    year.hand_in(year.learners[1], wrong_at(Hand(session), [at]))
    asked = year.asked(at)
    statements()

    seen = corrections.preview(session, asked, decision, year.clock.now)
    session.commit()

    assert {text.split()[0] for text in statements()} == {"SELECT"}
    year.do(asked, decision)
    assert {one.attempt_id for one in seen.regrades} == set(session.scalars(select(MarkChange.attempt_id)))
    for one in seen.regrades:
        attempt = next(attempt for attempt in year.attempts if attempt.id == one.attempt_id)
        assert (one.after.points, one.after.max_points, one.after.is_passed) == (
            attempt.points,
            attempt.max_points,
            attempt.is_passed,
        )


def lose_by_void(year: Class) -> tuple[Attempt, Asked]:
    """Ben passes with 9 of 10; without one that he had right, 8 of 9 is not enough."""
    missed, had = year.position(is_critical=False), year.position(is_critical=True)
    attempt = year.hand_in(year.learners[1], wrong_at(Hand(year.session), [missed]))
    assert (attempt.points, attempt.is_passed) == (9, True)
    return attempt, year.asked(had)


def test_a_released_pass_is_kept_with_its_marks_unless_it_is_said(year: Class, session: Session) -> None:
    """Fails when a pass that its learner was told of is lost without a word, or kept with a total that is not that of its marks."""
    attempt, asked = lose_by_void(year)
    seen = corrections.preview(session, asked, VOID, year.clock.now)

    done = year.do(asked, VOID)

    assert (seen.lost, seen.released_lost, seen.won) == (1, 1, 0)
    assert done == Done(changed=1, kept=1)
    assert (attempt.points, attempt.max_points, attempt.is_passed) == (9, 10, True)
    assert session.scalar(select(func.count(MarkChange.id)).where(MarkChange.attempt_id == attempt.id)) == 0
    assert year.standing(year.learners[1]).passed_at == attempt.submitted_at


def test_a_released_pass_is_lost_where_it_is_said(year: Class, session: Session) -> None:
    attempt, asked = lose_by_void(year)

    done = year.do(asked, VOID, may_lower=True, seen_lost=1)

    assert done == Done(changed=2, kept=0)
    assert (attempt.points, attempt.max_points, attempt.is_passed) == (8, 9, False)
    standing = year.standing(year.learners[1])
    assert (standing.passed_at, standing.latest_is_passed) == (None, False)
    assert standing.best_percent == pytest.approx(100 * 8 / 9)
    year.assert_totals_are_those_of_a_fresh_marking()


def test_no_more_released_passes_are_lost_than_were_seen(year: Class, session: Session) -> None:
    """Fails when the tick covers people who handed in after the preview."""
    _, asked = lose_by_void(year)

    with pytest.raises(MoreLost):
        corrections.apply(session, year.trainer.user, asked, VOID, "Why.", year.clock.now, may_lower=True, seen_lost=0)

    session.rollback()
    assert session.scalar(select(func.count(Correction.id))) == 0


def test_a_pass_that_nobody_was_told_of_goes_with_the_correction(
    make: Make, session: Session, clock: Clock, year: Class
) -> None:
    """Fails when the rule on released passes protects what no learner ever saw."""
    hidden = replace(AFTER_CLOSING, mark=When.CLOSING)
    year.assignment = make.assignment(
        year.trainer,
        make.cohort(year.trainer, *year.learners, title="Another"),
        policy=hidden,
        pass_mark_percent=90,
        due_at=clock.now + timedelta(days=5),
    )
    year.attempts = [hand_in(session, year.learners[0], year.assignment, clock.now, Hand(session).all_right)]
    attempt, asked = lose_by_void(year)

    done = year.do(asked, VOID)

    assert done == Done(changed=2, kept=0)
    assert attempt.is_passed is False


def test_the_same_again_is_refused_and_changes_nothing(year: Class, session: Session) -> None:
    at = year.position(is_critical=False)
    year.do(year.asked(at), CREDIT)
    before = session.scalar(select(func.count(MarkChange.id)))

    with pytest.raises(AlreadyHolds):
        corrections.preview(session, year.asked(at), CREDIT, year.clock.now)
    with pytest.raises(AlreadyHolds):
        corrections.preview(
            session, year.asked(at), Decision(Remedy.ACCEPT, year.key(year.version(at))), year.clock.now
        )

    assert session.scalar(select(func.count(MarkChange.id))) == before


def test_a_withdrawn_correction_leaves_the_marks_as_they_were(year: Class, session: Session) -> None:
    at = year.position(is_critical=True)
    year.hand_in(year.learners[1], wrong_at(Hand(session), [at]))
    year.do(year.asked(at), VOID)
    made = session.scalars(select(Correction)).one()

    done = year.do(year.asked(at), Decision(Remedy.WITHDRAW, withdraws_id=made.id), may_lower=True)

    assert done == Done(changed=2, kept=0)
    assert corrections.list_held(session, year.asked(at)) == []
    assert [attempt.points for attempt in session.scalars(select(Attempt).order_by(Attempt.id))] == [10, 9]
    year.assert_totals_are_those_of_a_fresh_marking()
    with pytest.raises(NotInForce):
        corrections.preview(session, year.asked(at), Decision(Remedy.WITHDRAW, withdraws_id=made.id), year.clock.now)


def test_what_is_handed_in_later_is_marked_by_the_correction(year: Class, session: Session) -> None:
    """Fails when settling reads the key alone."""
    at = year.position(is_critical=True)
    year.do(year.asked(at), VOID)

    later = year.hand_in(year.learners[2], wrong_at(Hand(session), [at]))

    assert (later.points, later.max_points, later.is_passed) == (9, 9, True)
    assert session.scalar(select(func.count(MarkChange.id)).where(MarkChange.attempt_id == later.id)) == 0
    year.assert_totals_are_those_of_a_fresh_marking()


def test_a_trainers_correction_stays_in_their_assignment_and_an_administrators_reaches_all(
    year: Class, make: Make, session: Session, clock: Clock
) -> None:
    """Fails when a correction reaches other cohorts' attempts, or one that is server-wide misses them."""
    at = year.position(is_critical=True)
    hand = Hand(session)
    other_trainer, other = make.trainer(), make.person(name="Zoe")
    theirs = make.assignment(other_trainer, make.cohort(other_trainer, other))
    elsewhere = begin(session, other, theirs, clock.now)
    copy_paper(session, elsewhere, year.attempts[0])
    answer_all(session, elsewhere, clock.now, wrong_at(hand, [at]))

    year.do(year.asked(at), CREDIT)
    assert year.mark(elsewhere, at).points == 0
    with_all = corrections.preview(session, year.everywhere(at), CREDIT, clock.now)
    year.do(year.everywhere(at), CREDIT)

    assert [one.name for one in with_all.regrades] == ["Zoe"]
    assert year.mark(elsewhere, at).points == 1
    year.assert_totals_are_those_of_a_fresh_marking()


def test_a_trainers_correction_reaches_nobody_else_with_the_next_one_that_is_server_wide(
    year: Class, make: Make, session: Session, clock: Clock
) -> None:
    """Fails when a server-wide step regrades every attempt by the corrections of any assignment."""
    at = year.position(is_critical=True)
    hand = Hand(session)
    other_trainer, other = make.trainer(), make.person(name="Zoe")
    theirs = make.assignment(other_trainer, make.cohort(other_trainer, other))
    elsewhere = begin(session, other, theirs, clock.now)
    copy_paper(session, elsewhere, year.attempts[0])
    answer_all(session, elsewhere, clock.now, hand.all_right)
    year.do(year.asked(at), VOID)
    chosen = hand.wrong(year.attempts[0].items[at - 1])

    done = year.do(year.everywhere(at), Decision(Remedy.ACCEPT, Key(tuple(chosen))))

    assert done == Done(changed=0, kept=0)
    assert (year.mark(elsewhere, at).is_void, year.mark(year.attempts[0], at).is_void) == (False, True)


def test_a_mark_changed_by_hand_outlives_an_older_correction_and_its_withdrawal(year: Class, session: Session) -> None:
    """Fails when a regrade takes a mark that a trainer decided on for what the key says."""
    at = year.position(is_critical=False)
    year.do(year.asked(at), CREDIT)
    attempt = year.attempts[0]
    marked = marks.get_for(session, year.trainer.viewer, attempt.id, at, year.clock.advance(minutes=1))
    assert marked is not None
    marks.change(session, year.trainer.user, marked, 0.5, "Half of it was said aloud.", year.clock.now)
    session.commit()
    made = session.scalars(select(Correction)).one()

    year.do(year.asked(at), Decision(Remedy.WITHDRAW, withdraws_id=made.id), may_lower=True)

    assert year.mark(attempt, at).points == 0.5
    year.do(year.asked(at), CREDIT)
    assert year.mark(attempt, at).points == 1


def test_it_is_on_the_audit_log_with_ids_and_values(year: Class, session: Session) -> None:
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
        "batch": change.batch,
        "changed": 1,
        "kept": 0,
        "may_lower": False,
    }
    assert (change.correction_id, change.actor_id, change.reason) == (made.id, year.trainer.user.id, "A reason.")
    assert (change.old_points, change.old_max_points, change.new_points, change.new_max_points) == (1, 1, 0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_corrected_in_whatever_order(year: Class, session: Session, seed: int) -> None:
    """Corrections of every kind, here and everywhere, taken back and made again, while learners hand in.

    Fails when one of them leaves a mark, a total or a standing that a marking afresh would not give.
    """
    rng, hand = Random(seed), Hand(session)
    year.hand_in(year.learners[1], wrong_at(hand, [1, 3, 5]))
    for step in range(14):
        at = rng.randint(1, len(year.attempts[0].items))
        asked = rng.choice([year.asked, year.everywhere])(at)
        own = [one.correction.id for one in corrections.list_held(session, asked) if one.is_own]
        decisions = [VOID, CREDIT, Decision(Remedy.ACCEPT, Key(tuple(hand.wrong(year.attempts[0].items[at - 1]))))]
        decisions += [Decision(Remedy.WITHDRAW, withdraws_id=one) for one in own for _ in range(2)]
        with suppress(AlreadyHolds):
            year.do(asked, rng.choice(decisions), may_lower=True)
        if step % 3 == 0:
            wrong = rng.sample(range(1, 11), rng.randint(0, 6))
            year.hand_in(rng.choice(year.learners), wrong_at(hand, wrong))

        year.assert_totals_are_those_of_a_fresh_marking()
        year.assert_standings_are_those_of_the_attempts()
