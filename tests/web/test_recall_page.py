"""Progress as estimated recall: the map and its table, a forecast for a day, mistakes, certainty and activity."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.content import Use
from app.domain.past_answers import MIN_CALIBRATED
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Learner, Mark, MemoryCard, QuestionRow, QuestionVersion, ReviewPlan
from app.services.attempts import reviews
from app.services.attempts.progress_file import ProgressTable
from app.services.attempts.progress_page import ProgressView
from tests.conftest import NOW, Clock
from tests.support.attempt_client import AttemptClient, start, start_assigned
from tests.support.chosen_attempts import start_with_questions
from tests.support.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, Factory, Person
from tests.support.progress_views import view_progress
from tests.support.review_client import begin_review, list_cards, practise, update_cards


@pytest.fixture
def learner(make: Factory, session: Session, clock: Clock) -> Person:
    """A learner who practised two modules a week ago, and has cards."""
    person = make.person()
    for module in ("safety", "evidence"):
        practise(person, session, clock, module, wrong=(1, 2))
    clock.advance(days=7)
    return person


def get_view(person: Person, session: Session, clock: Clock) -> ProgressView:
    return view_progress(session, person.learner, clock.now)


def get_map(page: str) -> str:
    return page[page.index('<ul class="mastery-map"') : page.index('<ul class="mastery-key')]


def get_table(page: str) -> str:
    """The table of the map."""
    table = page[page.index("<summary>As a table") :]
    return table[: table.index("</table>")]


def answer_certainly(play: AttemptClient, certainty: int = 3, *, is_wrong: bool) -> None:
    for one in play.questions():
        parts = (one.wrong,) if is_wrong else one.right
        assert play.answer(one.n, *parts, certainty=str(certainty)).status_code == 303


# -- the map and its forecast ------------------------------------------------------------------------------------------


def test_it_works(learner: Person, session: Session, clock: Clock) -> None:
    """Each objective with a card has a square of its band, and its recall in the table."""
    view = get_view(learner, session, clock)
    page = learner.client.get("/progress").text

    objectives = [one for module in view.modules for one in module.objectives]
    estimated = {one.id: one.estimate for one in objectives if one.estimate}
    assert set(estimated) == set(list_cards(learner, session))
    assert len({one.band for one in estimated.values()}) > 1
    assert re.findall(r"mastery-square--(\w+)", get_map(page)) == [
        one.estimate.band if one.estimate else "unseen" for one in objectives
    ]
    assert re.findall(r'<td class="r[^>]*>\s*([\d–]+)%?</td>', get_table(page)) == [
        str(one.estimate.percent_today) if one.estimate else "–" for one in objectives
    ]
    words = f"Today you would remember about {view.remembered} of {len(estimated)} objectives learned"
    assert words in re.sub(r"\s+", " ", page)


def test_a_chosen_day_shows_less_recall_beside_that_of_today(learner: Person, session: Session, clock: Clock) -> None:
    day = (clock.now + timedelta(days=90)).date()
    view = view_progress(session, learner.learner, clock.now, day)
    today, page = (learner.client.get(path).text for path in ("/progress", f"/progress?on={day}"))

    shown = re.findall(r'<td class="r[^>]*>\s*(\d+)%</td>', get_table(page))
    estimates = [one.estimate for one in view.own.objectives if one.estimate]
    assert shown == [str(number) for one in estimates for number in (one.percent_today, one.percent_then)]
    assert all(one.then < one.today for one in estimates)
    assert get_map(page) != get_map(today)
    assert f'value="{day}"' in page
    assert re.search(r"On \w{3} \d+ \w{3}( \d{4})? you would remember about", re.sub(r"\s+", " ", page))
    assert f"on={day}#objectives-safety" in page.replace("&amp;", "&")


@pytest.mark.parametrize("asked", ["2020-01-01", "9999-12-31", "tomorrow", "0", "2026-02-30", "%00"])
def test_a_day_without_forecast_is_explained_and_today_is_shown(asked: str, learner: Person) -> None:
    reply = learner.client.get(f"/progress?on={asked}")

    assert reply.status_code == 200
    assert "Choose a day from today to a year from now." in reply.text
    assert 'aria-describedby="on-err"' in reply.text
    assert "Today you would remember about" in reply.text


def test_the_day_of_the_exam_is_offered(learner: Person, session: Session, clock: Clock) -> None:
    day = (clock.now + timedelta(days=20)).date()
    plan = ReviewPlan(**reviews.build_plan(learner.learner.id))
    plan.exam_on = day
    session.add(plan)
    session.commit()

    page = learner.client.get("/progress").text

    assert f'href="/progress?on={day}"' in page
    assert "Your exam, " in page


def test_a_guest_has_levels_and_no_forecast(client: FlaskClient, session: Session, clock: Clock) -> None:
    play = start(client, session, "practice")
    play.answer_all()
    play.submit()
    update_cards(session, clock)

    page = client.get("/progress").text

    assert 'name="on"' not in page
    assert "mastery-square--started" in get_map(page)
    assert session.scalars(select(MemoryCard)).all() == []


def test_reviews_of_today_are_counted_as_on_home(learner: Person, session: Session, clock: Clock) -> None:
    """The page counts by its own statement; see ``reviews.count_today``."""
    for days in (0, 1, 5):
        clock.advance(days=days)
        assert get_view(learner, session, clock).own.review == reviews.count_today(session, learner.learner, clock.now)
    play = begin_review(learner, session, 5)
    play.answer(1, *play.at(1).right)
    view = get_view(learner, session, clock)
    assert view.own.review == reviews.count_today(session, learner.learner, clock.now)
    assert view.own.review.done == 1
    assert view.own.open_review_id == play.attempt_id
    plan = ReviewPlan(**reviews.build_plan(learner.learner.id))
    plan.is_paused = True
    session.add(plan)
    session.commit()
    assert get_view(learner, session, clock).own.review == reviews.count_today(session, learner.learner, clock.now)


@pytest.mark.parametrize("policy", [AFTER_LAST_ATTEMPT, AFTER_CLOSING])
def test_nothing_of_a_test_counts_before_its_release(
    policy: ReleasePolicy, make: Factory, session: Session, clock: Clock
) -> None:
    """A canary: wrong answers given with certainty change no estimate, no mistake and no calibration."""
    trainer, person = make.trainer(), make.person()
    terms = {"attempts_allowed": 2, "due_at": NOW + timedelta(hours=2), "policy": policy, "asks_certainty": True}
    assignment = make.assignment(trainer, make.cohort(trainer, person), **terms)
    play = start_assigned(person.client, session, assignment.id)
    answer_certainly(play, is_wrong=True)
    play.submit()
    update_cards(session, clock)
    before, page = get_view(person, session, clock), person.client.get("/progress").text
    clock.advance(hours=1)
    if policy is AFTER_LAST_ATTEMPT:
        start_assigned(person.client, session, assignment.id).submit()
    clock.advance(hours=2)
    update_cards(session, clock)
    after = get_view(person, session, clock)

    assert (before.estimates, before.mistakes, before.certainty, before.weakest) == ((), (), (), ())
    assert 'id="confident-mistakes"' not in page
    assert set(re.findall(r"mastery-square--(\w+)", get_map(page))) == {"unseen"}
    assert after.estimates
    assert after.mistakes


# -- mistakes ----------------------------------------------------------------------------------------------------------


def take_mistakes(person: Person, session: Session, clock: Clock) -> AttemptClient:
    """A test in which a plain question and then a safety-critical one were wrong and certain."""
    slugs = []
    for is_critical in (False, True):
        found = (
            select(QuestionRow.slug)
            .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
            .where(QuestionRow.use == Use.PRACTICE, QuestionVersion.superseded_at.is_(None))
            .where(QuestionVersion.is_critical.is_(is_critical), QuestionVersion.kind == "single")
            .order_by(QuestionRow.id)
        )
        slugs.append(session.scalars(found).first() or "")
    attempt = start_with_questions(session, person.learner, slugs, Purpose.TEST, clock.now)
    session.commit()
    play = AttemptClient(person.client, session, attempt.id)
    answer_certainly(play, is_wrong=True)
    play.submit()
    clock.advance(days=1)
    return play


def test_confident_mistakes_are_listed_with_what_to_do_until_answered_correctly(
    make: Factory, session: Session, clock: Clock
) -> None:
    person = make.person()
    play = take_mistakes(person, session, clock)
    mistakes = get_view(person, session, clock).mistakes
    page = person.client.get("/progress").text
    part = page[page.index('id="confident-mistakes"') : page.index('id="objectives"')]

    assert [one.answer.position for one in mistakes] == [2, 1]
    assert [int(found) for found in re.findall(r'name="objective" value="(\d+)"', part)] == [
        one.objective.id for one in mistakes
    ]
    assert part.count("Safety-critical</span>") == 1
    links = re.findall(r'href="([^"#]+)#(answer-\d+)"', part)
    assert links == [(f"{play.path}/result?open={n}", f"answer-{n}") for n in (2, 1)]
    assert all(f'id="{place}"' in person.client.get(path).text for path, place in links)

    wanted = mistakes[0].objective
    reply = person.client.post("/practice", data={"objective": str(wanted.id)})
    again = AttemptClient(person.client, session, int(reply.location.split("/")[2]))
    again.answer_all()
    assert [one.answer.position for one in get_view(person, session, clock).mistakes] == [1]


def test_a_void_mark_is_no_mistake(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    play = take_mistakes(person, session, clock)
    for mark in session.scalars(select(Mark).where(Mark.attempt_id == play.attempt_id)):
        mark.is_void, mark.points, mark.max_points = True, 0, 0
    session.commit()

    view = get_view(person, session, clock)

    assert (view.mistakes, view.certainty) == ((), ())


# -- over time ---------------------------------------------------------------------------------------------------------


def test_calibration_appears_with_enough_answers(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    answers = select(func.count()).select_from(Mark).where(Mark.is_void.is_(False))
    while (session.scalar(answers) or 0) < MIN_CALIBRATED:
        assert "How well you judge yourself" not in person.client.get("/progress").text
        play = start(person.client, session, "practice")
        answer_certainly(play, is_wrong=False)
        play.submit()
        clock.advance(hours=1)

    page = person.client.get("/progress").text
    table = page[page.index("Certainty as a table") :]

    assert "How well you judge yourself" in page
    assert re.findall(r'<td class="r tabular-numbers">\s*([^<]+?)\s*</td>', table)[:6] == [
        *("0", "–"),
        *("0", "–"),
        *(str(session.scalar(answers)), "100%"),
    ]


def test_the_calendar_counts_answers_on_the_days_of_the_learner(make: Factory, session: Session, clock: Clock) -> None:
    """An open test counts: how many questions were answered says nothing about how well."""
    person = make.person()
    session.get_one(Learner, person.learner.id).time_zone = "Pacific/Auckland"
    session.commit()
    practise(person, session, clock)
    practised = sum(one.of for one in (level.level for level in get_view(person, session, clock).own.objectives))
    clock.advance(days=8)
    play = start(person.client, session, "test")
    for n in (1, 2, 3):
        play.answer(n, *play.at(n).right)
    play.answer(3, clear="1")

    weeks = get_view(person, session, clock).calendar
    table = person.client.get("/progress").text.partition("Weeks as a table")[2]

    counts = [day.count for week in weeks for day in week.days if day.count]
    assert len(counts) == 2
    assert counts[0] >= practised
    assert counts[1] == 2
    numbers = [int(found) for found in re.findall(r'<td class="r tabular-numbers">(\d+)</td>', table)]
    assert sum(numbers[::2]) == sum(counts)
    assert len(numbers) == 2 * len(weeks)


def test_attempts_can_be_filtered_by_kind(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    practise(person, session, clock)
    start(person.client, session, "test").submit()

    pages = {kind: person.client.get(f"/progress?show={kind}").text for kind in ("all", "tests", "practice", "reviews")}

    listed = {kind: re.findall(r'href="/attempts/\d+/result">\s*([^<]+?)\s*</a>', page) for kind, page in pages.items()}
    assert [len(found) for found in listed.values()] == [2, 1, 1, 0]
    assert "test 1" in listed["tests"][0]
    assert "practice 1" in listed["practice"][0]
    assert all(re.search(r'id="attempts"\s+open', page) for page in pages.values())


def test_the_page_takes_eight_statements_however_much_there_is(
    learner: Person, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    def cost() -> int:
        learner.client.get("/progress")
        statements()
        learner.client.get(f"/progress?on={(clock.now + timedelta(days=9)).date()}")
        return len(statements())

    before = cost()
    for _ in range(4):
        clock.advance(days=3)
        play = begin_review(learner, session, 20)
        answer_certainly(play, is_wrong=True)
        play.submit()

    assert cost() == before == 8


# -- files -------------------------------------------------------------------------------------------------------------


def test_the_files_have_the_numbers_of_the_page(learner: Person, session: Session, clock: Clock) -> None:
    day = (clock.now + timedelta(days=30)).date()
    view = view_progress(session, learner.learner, clock.now, day)

    document = json.loads(learner.client.get(f"/progress/progress.json?on={day}").data)
    tables = {
        table.value: list(csv.DictReader(io.StringIO(learner.client.get(f"/progress/{table}.csv?on={day}").text[1:])))
        for table in ProgressTable
    }

    assert document["forecast_day"] == str(day)
    for name, rows in tables.items():
        written = [{column: write_cell(value) for column, value in row.items()} for row in document[name]]
        assert rows == written, name
    assert [row["recall_forecast_percent"] for row in document["objectives"]] == [
        one.estimate and one.estimate.percent_then for one in view.own.objectives
    ]
    assert sum(row["questions_answered"] for row in document["activity"]) == view.answered > 0
    assert len(document["attempts"]) == 2
    assert len(document["forecast"]) == len(view.own.curve) > 0
    assert document["lessons"]


def write_cell(value: object) -> str:
    """A value of the JSON file as the CSV file has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def test_files_list_all_attempts(make: Factory, session: Session, clock: Clock) -> None:
    person = make.person()
    for _ in range(23):
        start(person.client, session, "practice").submit()
        clock.advance(hours=1)

    rows = list(csv.DictReader(io.StringIO(person.client.get("/progress/attempts.csv").text[1:])))

    assert [row["number"] for row in rows] == [str(number) for number in range(23, 0, -1)]


def test_a_file_waits_for_the_release_like_the_page(make: Factory, session: Session) -> None:
    trainer, person = make.trainer(), make.person()
    terms = {
        "due_at": NOW + timedelta(days=1),
        "policy": ReleasePolicy(*[ReleaseMoment.CLOSING] * 4),
        "asks_certainty": True,
    }
    assignment = make.assignment(trainer, make.cohort(trainer, person), **terms)
    play = start_assigned(person.client, session, assignment.id)
    answer_certainly(play, is_wrong=True)
    play.submit()

    document = json.loads(person.client.get("/progress/progress.json").data)

    assert document["mistakes"] == document["certainty"] == document["forecast"] == []
    assert {row["level"] for row in document["objectives"]} == {"unseen"}
    assert [(row["score_percent"], row["passed"]) for row in document["attempts"]] == [(None, None)]


def test_a_visitor_without_work_has_no_files(client: FlaskClient) -> None:
    assert client.get("/progress/progress.json").status_code == 404
    assert client.get("/progress/objectives.csv").status_code == 404
