"""Memory cards are always what a replay of the released marks gives, whatever happened to these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.correction import Remedy
from app.models import Attempt, CardUpdate, Mark, MemoryCard, QuestionVersion
from app.services.attempts import cards, reviews
from app.services.marking.corrections import CorrectionDecision
from app.services.privacy import erasure
from tests.conftest import Clock
from tests.support.attempt_client import AttemptClient, start, start_assigned
from tests.support.correction_class import CorrectionClass, make_correction_class
from tests.support.factory import AFTER_CLOSING, Factory, Person
from tests.support.reopened_test import assignment, cohort, learner, reopen, submitted
from tests.support.review_client import begin_review, list_cards, practise, update_cards
from tests.support.submissions import AnswerKey

__all__ = ["assignment", "cohort", "learner", "submitted"]


def count_differences(session: Session, clock: Clock) -> int:
    """How many cards of all people a replay of their marks would change."""
    update_cards(session, clock)
    found = sum(cards.rebuild_cards(session, number, clock()) for number in cards.list_learners(session))
    session.rollback()
    return found


class Life:
    """A learner who does something each day, as a seed says."""

    def __init__(self, person: Person, session: Session, clock: Clock, seed: int) -> None:
        self.person, self.session, self.clock = person, session, clock
        self.random = Random(seed)
        self.deeds: Sequence[Callable[[], None]] = (self.practise, self.take_test, self.review, self.plan, self.undo)

    def live(self) -> None:
        self.random.choice(self.deeds)()
        self.clock.advance(hours=self.random.choice((1, 10, 14, 40, 100)))

    def practise(self) -> None:
        self.answer(start(self.person.client, self.session, "practice", self.random.choice(("safety", "evidence"))))

    def take_test(self) -> None:
        self.answer(start(self.person.client, self.session, "test", "safety"))

    def answer(self, play: AttemptClient) -> None:
        for one in play.questions():
            if not one.chosen:
                parts = one.right if self.random.random() < 0.7 else (one.wrong,)
                play.answer(one.n, *parts, certainty=self.random.choice((1, 2, 3)))
        play.submit()

    def review(self) -> None:
        reply = self.person.client.post("/review", data={"size": "5"})
        number = reply.location.rpartition("/")[2]
        if number.isdigit():
            self.answer(AttemptClient(self.person.client, self.session, int(number)))

    def undo(self) -> None:
        reply = self.person.client.post("/review", data={"size": "5"})
        number = reply.location.rpartition("/")[2]
        if number.isdigit():
            play = AttemptClient(self.person.client, self.session, int(number))
            play.answer(1, *play.at(1).right)
            self.person.client.post(f"{play.path}/1/undo", data={"revision": "1"})

    def plan(self) -> None:
        exam = self.clock().date() + timedelta(days=self.random.randrange(5, 60))
        values = {"retention": self.random.choice(("80", "95")), "daily_limit": "20", "exam_on": exam.isoformat()}
        self.person.client.post("/review/plan", data=values)


@pytest.mark.parametrize("seed", range(4))
def test_cards_are_those_of_a_replay(seed: int, make: Factory, session: Session, clock: Clock) -> None:
    life = Life(make.person(), session, clock, seed)
    life.practise()

    for _ in range(12):
        life.live()
        assert count_differences(session, clock) == 0

    assert list_cards(life.person, session)


def test_a_lost_card_is_rebuilt(app: Flask, make: Factory, session: Session, clock: Clock) -> None:
    """The command finds what is wrong, and puts it right."""
    person = make.person()
    practise(person, session, clock)
    before = {number: card.due_at for number, card in list_cards(person, session).items()}
    first, second, *_ = list_cards(person, session).values()
    session.delete(first)
    second.stability += 1
    session.commit()
    runner = app.test_cli_runner()

    found = runner.invoke(args=["reviews", "rebuild", "--check"])
    mended = runner.invoke(args=["reviews", "rebuild"])
    session.expire_all()
    again = runner.invoke(args=["reviews", "rebuild", "--check"])

    assert (found.exit_code, mended.exit_code, again.exit_code) == (1, 0, 0)
    assert found.output.strip() == "2 cards would change."
    assert mended.output.strip() == "2 cards changed."
    assert {number: card.due_at for number, card in list_cards(person, session).items()} == before


# -- marks that change -------------------------------------------------------------------------------------------------


@pytest.fixture
def year(make: Factory, session: Session, clock: Clock) -> CorrectionClass:
    return make_correction_class(make, session, clock)


@pytest.mark.parametrize("remedy", [Remedy.VOID, Remedy.CREDIT])
def test_a_correction_changes_the_card(remedy: Remedy, year: CorrectionClass, session: Session, clock: Clock) -> None:
    """A void question never counted; a credited one counts as right."""
    person = year.learners[0]
    attempt = year.hand_in(person, AnswerKey(session).all_wrong)
    update_cards(session, clock)
    position = year.position(is_critical=False)
    objective_id = session.get_one(QuestionVersion, year.version(position)).objective_id
    before = list_cards(person, session)[objective_id].stability

    year.do(year.asked(position), CorrectionDecision(remedy))
    assert count_differences(session, clock) == 0

    others = session.scalar(
        select(func.count()).where(
            Mark.attempt_id == attempt.id, Mark.objective_id == objective_id, Mark.is_right.is_(False), ~Mark.is_void
        )
    )
    card = list_cards(person, session).get(objective_id)
    if others:
        assert card is not None
        assert card.stability == before
    else:
        assert card is None if remedy is Remedy.VOID else card is not None and card.stability > before


def test_a_reopened_test_takes_its_marks_back(
    session: Session, trainer: Person, learner: Person, submitted: Attempt, clock: Clock
) -> None:
    update_cards(session, clock)
    assert list_cards(learner, session)

    reopen(session, trainer, submitted, clock())
    session.commit()

    assert count_differences(session, clock) == 0
    assert list_cards(learner, session) == {}


def test_what_is_not_released_waits_without_being_read_again_and_again(
    make: Factory, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Fails when the chore works on it each minute, or never ends."""
    trainer, person = make.trainer(), make.person()
    due = clock() + timedelta(days=9)
    assigned = make.assignment(trainer, make.cohort(trainer, person), due_at=due, policy=AFTER_CLOSING)
    start_assigned(person.client, session, assigned.id).submit()
    practise(person, session, clock)
    statements()

    assert cards.update_some(session, clock()) is None

    assert len(statements()) == 1
    assert session.scalar(select(func.count(CardUpdate.id))) == 1


def test_an_erased_person_has_no_cards(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    practise(person, session, clock)
    start(person.client, session, "practice", "evidence").answer(1, 0)
    erasure.erase(session, None, person.user, clock())
    session.commit()

    update_cards(session, clock)

    assert session.scalar(select(func.count()).select_from(MemoryCard)) == 0
    assert session.scalar(select(func.count()).select_from(CardUpdate)) == 0


# -- cost --------------------------------------------------------------------------------------------------------------


def test_a_review_costs_the_same_with_many_cards_and_answers(
    make: Factory, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Fails when a card, a due day or an answer is a query."""

    person = make.person()

    def measure() -> dict[str, int]:
        browser = make.signed_in(person.user, person.learner)  # the earlier one has been signed out by now
        play = begin_review(replace(person, client=browser), session, 5)
        right = play.at(1).right
        found = {}
        requests: dict[str, Callable[[], object]] = {
            "page": lambda: browser.get("/review"),
            "question": lambda: play.page(1),
            "answer": lambda: play.answer(1, *right, revision=0),
            "answered": lambda: play.page(1),
            "next question": lambda: play.page(2),
        }
        for name, request in requests.items():
            statements()
            request()
            found[name] = len(statements())
        play.answer_all()
        play.submit()
        return found

    practise(person, session, clock, wrong=range(1, 30))
    clock.advance(days=1)
    measure()
    clock.advance(days=3)
    before = measure()
    for _ in range(8):
        learner = replace(person, client=make.signed_in(person.user, person.learner))
        practise(learner, session, clock, "evidence")
        practise(learner, session, clock)
        practise(make.person(), session, clock)
    clock.advance(days=300)

    assert measure() == before
    assert before["next question"] <= 5
    assert before["question"] <= 5


def test_the_due_cards_are_found_by_an_index(make: Factory, session: Session) -> None:
    """Fails when finding what is due reads all cards of everybody: with 10,000 of them, each page would."""
    plan = session.connection().exec_driver_sql(
        "EXPLAIN QUERY PLAN SELECT objective_id FROM memory_card WHERE learner_id = 1 AND due_at < '2026-11-23'"
    )

    assert "ix_memory_card_due" in str(plan.all())


def test_a_plan_that_is_not_stored_has_the_defaults(make: Factory, session: Session) -> None:
    plan = reviews.get_plan(session, make.person().learner)

    assert (plan.retention_percent, plan.daily_limit, plan.exam_on, plan.is_paused) == (90, 20, None, False)
    assert plan not in session
