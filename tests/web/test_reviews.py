"""Daily review: what is due, what a review asks, and what each answer does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.content import Use
from app.models import AnswerRevision, Attempt, Learner, Mark, MemoryCard, ObjectiveRow, QuestionRow
from tests.conftest import NOW, Clock
from tests.support.attempt_client import AttemptClient, start, start_assigned
from tests.support.factory import AFTER_CLOSING, Factory, Person
from tests.support.review_client import begin_review, count_due, list_asked, list_cards, practise, update_cards


@pytest.fixture
def learner(make: Factory, session: Session, clock: Clock) -> Person:
    """A learner who was wrong in all of a practice on safety yesterday."""
    person = make.person()
    practise(person, session, clock, wrong=range(1, 30))
    clock.advance(days=1)
    return person


# -- cards -------------------------------------------------------------------------------------------------------------


def test_it_works(learner: Person, session: Session, clock: Clock) -> None:
    """From practice over what is due to a review, after which it is due later."""
    before = list_cards(learner, session)
    assert count_due(learner) == len(before) > 0

    play = begin_review(learner, session, 5)
    asked = list_asked(session, play.attempt_id)
    play.answer_all()
    play.submit()

    after = list_cards(learner, session)
    assert [one.objective_id in before for one in asked] == [True] * min(5, len(before))
    assert all(after[one.objective_id].due_at > clock.now + timedelta(hours=12) for one in asked)
    assert count_due(learner) == len(before) - len(asked)


@pytest.mark.parametrize("purpose", ["practice", "test"])
def test_each_answer_has_one_card_for_its_objective(
    purpose: str, make: Factory, session: Session, clock: Clock
) -> None:
    person = make.person()
    play = start(person.client, session, purpose)
    play.answer_all(wrong=[1])
    play.submit()
    update_cards(session, clock)

    objectives = {one.objective_id for one in list_asked(session, play.attempt_id)}
    assert set(list_cards(person, session)) == objectives


def test_a_check_in_a_lesson_counts(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    page = person.client.get("/modules/safety/lessons/red-flags").text
    action = page.partition("/modules/safety/lessons/red-flags/checks/")[2].partition('"')[0]
    person.client.post(f"/modules/safety/lessons/red-flags/checks/{action}", data={"option": "0", "number": "1"})
    update_cards(session, clock)

    assert len(list_cards(person, session)) == 1


def test_a_practice_question_left_open_says_nothing(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    play = start(person.client, session, "practice")
    play.answer(1, *play.at(1).right)
    play.submit()
    update_cards(session, clock)

    [card] = list_cards(person, session)
    assert card == list_asked(session, play.attempt_id)[0].objective_id


def test_a_guest_has_no_cards_until_they_register(client: FlaskClient, session: Session, clock: Clock) -> None:
    play = start(client, session, "practice")
    play.answer_all()
    update_cards(session, clock)
    page = client.get("/review").text
    assert session.scalar(select(func.count()).select_from(MemoryCard)) == 0
    assert "Reviews need an account" in page

    client.post("/register", data={"name": "Ada", "email": "ada@example.org", "password": "a good long password"})
    update_cards(session, clock)

    learner = session.scalars(select(Learner).where(Learner.user_id.is_not(None))).one()
    assert session.scalar(select(func.count()).where(MemoryCard.learner_id == learner.id))


def test_a_guests_work_that_is_taken_over_counts(make: Factory, session: Session, clock: Clock) -> None:
    from app.services.attempts import guests

    person, browser = make.person(), make.app.test_client()
    start(browser, session, "practice").answer_all()
    guest = session.scalars(select(Learner).where(Learner.is_guest)).one()
    guests.move_work(session, guest, person.learner, clock.now)
    session.commit()
    update_cards(session, clock)

    assert list_cards(person, session)


# -- what is not released ----------------------------------------------------------------------------------------------


def test_a_test_counts_when_its_answers_are_released(make: Factory, session: Session, clock: Clock) -> None:
    """Threat 5. Fails when what was wrong in a test can be read from what is due."""
    trainer, person = make.trainer(), make.person()
    due = NOW + timedelta(days=1)
    assignment = make.assignment(trainer, make.cohort(trainer, person), due_at=due, policy=AFTER_CLOSING)
    start_assigned(person.client, session, assignment.id).submit()
    update_cards(session, clock)
    assert list_cards(person, session) == {}

    clock.advance(days=1, seconds=1)
    update_cards(session, clock)

    assert list_cards(person, session)
    assert all(card.reviewed_at == NOW for card in list_cards(person, session).values())


def test_marks_that_another_test_keeps_back_count_after_it(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    first = start(person.client, session, "test")
    first.submit()
    running = start(person.client, session, "test")
    play = start(person.client, session, "practice")
    play.answer_all()
    update_cards(session, clock)
    kept_back = {one.objective_id for one in list_asked(session, first.attempt_id)}
    seen = {one.objective_id for one in list_asked(session, play.attempt_id)}
    assert set(list_cards(person, session)) == seen

    running.submit()
    update_cards(session, clock)

    assert set(list_cards(person, session)) >= seen | kept_back


def test_only_practice_questions_are_asked(learner: Person, session: Session) -> None:
    play = begin_review(learner, session, 20)

    ids = {one.question_id for one in list_asked(session, play.attempt_id)}
    assert set(session.scalars(select(QuestionRow.use).where(QuestionRow.id.in_(ids)))) == {"practice"}


def test_a_question_of_a_running_test_is_not_asked(learner: Person, session: Session, clock: Clock) -> None:
    """Fails when publishing moved it to practice meanwhile and the review would show its key."""
    running = start(learner.client, session, "test")
    tested = {one.question_id for one in list_asked(session, running.attempt_id)}
    moved = session.scalars(select(QuestionRow).where(QuestionRow.id.in_(tested))).all()
    for question in moved:
        question.use = Use.PRACTICE
    session.commit()

    play = begin_review(learner, session, 20)

    assert not tested & {one.question_id for one in list_asked(session, play.attempt_id)}


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_questions_rotate(learner: Person, session: Session, clock: Clock) -> None:
    """Fails when the same wording returns while the objective has questions that were not asked for longer."""
    asked: dict[int, list[int]] = {}
    for _ in range(4):
        play = begin_review(learner, session, 5)
        for one in list_asked(session, play.attempt_id):
            asked.setdefault(one.objective_id, []).append(one.question_id)
        play.answer_all(wrong=range(1, 30))
        play.submit()
        clock.advance(days=3)

    for objective_id, questions in asked.items():
        pool = session.scalar(
            select(func.count(QuestionRow.id)).where(
                QuestionRow.objective_id == objective_id,
                QuestionRow.use == "practice",
                QuestionRow.retired_at.is_(None),
            )
        )
        assert pool
        assert len({*questions}) == min(pool, len(questions))


def test_urgent_objectives_come_first(learner: Person, session: Session, clock: Clock) -> None:
    cards = list_cards(learner, session)
    last = max(cards, key=lambda number: (cards[number].due_at, number))
    for number, card in cards.items():
        card.is_urgent = number == last
    session.commit()

    play = begin_review(learner, session, 5)

    assert list_asked(session, play.attempt_id)[0].objective_id == last


@pytest.mark.parametrize("what", ["objective", "questions"])
def test_what_left_the_course_is_not_due(what: str, learner: Person, session: Session, clock: Clock) -> None:
    before, [gone, *_] = count_due(learner), list_cards(learner, session)
    if what == "objective":
        session.get_one(ObjectiveRow, gone).retired_at = clock.now
    else:
        for question in session.scalars(select(QuestionRow).where(QuestionRow.objective_id == gone)):
            question.retired_at = clock.now
    session.commit()

    assert count_due(learner) == before - 1
    play = begin_review(learner, session, 20)
    assert gone not in {one.objective_id for one in list_asked(session, play.attempt_id)}


def test_a_review_goes_on_where_it_was_left(learner: Person, session: Session) -> None:
    first = begin_review(learner, session)

    second = begin_review(learner, session)

    assert first.attempt_id == second.attempt_id
    assert "Continue your review" in learner.client.get("/review").text
    assert "Continue your review" in learner.client.get("/progress").text


def test_nothing_starts_if_nothing_is_due(make: Factory, session: Session) -> None:
    reply = make.person().client.post("/review", data={"size": "5"}, follow_redirects=True)

    assert "Nothing is due for review now." in reply.text
    assert session.scalar(select(func.count(Attempt.id))) == 0


@pytest.mark.parametrize("size", ["0", "21", "x", "-5", "1.5"])
def test_a_strange_size_is_refused(size: str, learner: Person) -> None:
    assert learner.client.post("/review", data={"size": size}).status_code == 400


# -- two devices -------------------------------------------------------------------------------------------------------


def test_an_answer_sent_by_two_devices_has_one_effect(learner: Person, make: Factory, session: Session) -> None:
    play = begin_review(learner, session, 5)
    other = AttemptClient(make.signed_in(learner.user, learner.learner), session, play.attempt_id)
    one = play.at(1)

    play.answer(1, *one.right, revision=0)
    card = list_cards(learner, session)
    stability = {number: row.stability for number, row in card.items()}
    refused = other.answer(1, one.wrong, revision=0)

    assert refused.status_code == 409
    assert {number: row.stability for number, row in list_cards(learner, session).items()} == stability
    assert session.scalar(select(func.count()).where(Mark.attempt_id == play.attempt_id)) == 1


# -- undo --------------------------------------------------------------------------------------------------------------


def state(person: Person, session: Session) -> dict[int, tuple[float, float, object, object]]:
    return {
        number: (row.stability, row.difficulty, row.reviewed_at, row.due_at)
        for number, row in list_cards(person, session).items()
    }


def test_the_last_answer_can_be_undone(learner: Person, session: Session) -> None:
    """Card and mark are as before; the log keeps both."""
    play = begin_review(learner, session, 5)
    before = state(learner, session)
    play.answer(1, *play.at(1).right)
    assert state(learner, session) != before
    assert f'action="{play.path}/1/undo"' in play.page(1).text
    assert "Undo the last answer" in play.page(2).text

    reply = learner.client.post(f"{play.path}/1/undo", data={"revision": "1"})
    again = learner.client.post(f"{play.path}/1/undo", data={"revision": "1"})

    assert reply.location == again.location == f"{play.path}/1"
    assert state(learner, session) == before
    assert play.at(1).chosen == ()
    assert session.scalar(select(func.count()).where(Mark.attempt_id == play.attempt_id)) == 0
    assert session.scalar(select(func.count()).where(AnswerRevision.attempt_id == play.attempt_id)) == 2
    assert play.answer(1, play.at(1).wrong).status_code == 303


def test_an_earlier_answer_cannot_be_undone(learner: Person, session: Session, clock: Clock) -> None:
    play = begin_review(learner, session, 5)
    play.answer(1, *play.at(1).right)
    clock.advance(minutes=1)
    play.answer(2, *play.at(2).right)

    assert f"{play.path}/1/undo" not in play.page(1).text
    assert learner.client.post(f"{play.path}/1/undo", data={"revision": "1"}).status_code == 409
    assert learner.client.post(f"{play.path}/2/undo", data={"revision": "0"}).status_code == 409


def test_an_answer_cannot_be_undone_after_the_review_or_in_practice(learner: Person, session: Session) -> None:
    play = begin_review(learner, session, 5)
    play.answer_all()
    last = play.questions()[-1]
    play.submit()
    practice = start(learner.client, session, "practice")
    practice.answer(1, *practice.at(1).right)

    for path in (f"{play.path}/{last.n}", f"{practice.path}/1"):
        assert learner.client.post(f"{path}/undo", data={"revision": "1"}).status_code == 409
    assert "/undo" not in practice.page(1).text


# -- the plan ----------------------------------------------------------------------------------------------------------

PLAN = {"retention": "90", "daily_limit": "20", "exam_on": ""}


def test_a_higher_retention_brings_everything_forward(learner: Person, session: Session, clock: Clock) -> None:
    begin_review(learner, session).answer_all()
    usual = {number: row.due_at for number, row in list_cards(learner, session).items()}

    learner.client.post("/review/plan", data=PLAN | {"retention": "80"})
    low = {number: row.due_at for number, row in list_cards(learner, session).items()}
    learner.client.post("/review/plan", data=PLAN | {"retention": "95"})
    high = {number: row.due_at for number, row in list_cards(learner, session).items()}

    assert all(high[number] <= usual[number] <= low[number] for number in usual)
    assert high != low


def test_a_daily_limit_spreads_what_is_due(learner: Person, session: Session) -> None:
    total = count_due(learner)
    for card in list_cards(learner, session).values():
        card.due_at = NOW - timedelta(days=300)
    session.commit()
    learner.client.post("/review/plan", data=PLAN | {"daily_limit": "10"})

    assert count_due(learner) == min(10, total)


@pytest.mark.parametrize("exam_on", ["2020-01-01", NOW.date().isoformat(), "soon"])
def test_an_exam_must_be_in_the_future(exam_on: str, learner: Person) -> None:
    reply = learner.client.post("/review/plan", data=PLAN | {"exam_on": exam_on})

    assert reply.status_code == 422
    assert 'id="exam_on-err"' in reply.text


def test_assigned_tests_are_offered_as_exams_and_forgotten_afterwards(
    make: Factory, learner: Person, session: Session, clock: Clock
) -> None:
    trainer = make.trainer()
    due = clock.now + timedelta(days=30)
    make.assignment(trainer, make.cohort(trainer, learner), due_at=due)
    day = due.date().isoformat()
    assert f'name="aim" value="{day}"' in learner.client.get("/review").text

    learner.client.post("/review/plan", data=PLAN | {"aim": day})
    assert f'value="{day}"' in learner.client.get("/review").text
    clock.advance(days=40)
    update_cards(session, clock)

    assert f'value="{day}"' not in learner.client.get("/review").text


def test_while_paused_nothing_is_due_and_answers_count(learner: Person, session: Session, clock: Clock) -> None:
    due = count_due(learner)
    learner.client.post("/review/pause", data={"paused": "1"})
    assert count_due(learner) == 0
    assert "due today" not in learner.client.get("/").text

    clock.advance(days=3)
    learner.client.post("/review/pause", data={"paused": "0"})

    assert count_due(learner) == due


# -- where it shows ----------------------------------------------------------------------------------------------------


def test_home_and_progress_say_what_is_due(learner: Person) -> None:
    due = count_due(learner)

    assert f"Review: {due} due today" in learner.client.get("/").text
    assert f"Review: {due} due today" in learner.client.get("/progress").text


def test_while_a_test_runs_nothing_leads_away(learner: Person, session: Session) -> None:
    start(learner.client, session, "test")

    assert "due today" not in learner.client.get("/").text
    assert "due today" not in learner.client.get("/progress").text
    assert "Finish your test first." in learner.client.get("/review").text


def test_today_is_the_learners_day(learner: Person, session: Session, clock: Clock) -> None:
    """What is due this evening is offered in the morning, and what is due after midnight there is not."""
    for card in list_cards(learner, session).values():
        card.due_at = clock.now.replace(hour=23, minute=30)  # half past midnight in Berlin
    session.commit()

    in_berlin = count_due(learner)
    learner.learner.time_zone = "UTC"
    session.commit()

    assert (in_berlin, count_due(learner)) == (0, len(list_cards(learner, session)))
