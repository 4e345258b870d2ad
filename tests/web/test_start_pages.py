"""The way to, away from and back to a test: no clock starts without its start page, and a running test is announced everywhere."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Attempt, Cohort
from app.services.assignments import reminders
from app.services.assignments.reminders import ReminderKind
from app.services.cohorts import cohorts
from tests.conftest import ROOT, Clock
from tests.support.assigned_test import start_attempt, take_test
from tests.support.attempt_client import start
from tests.support.factory import AFTER_CLOSING, Factory, Person

DAY = timedelta(days=1)
BANNER = 'class="running-test"'


# -- what a start page says ------------------------------------------------------------------------------------------------


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner, joined_ago=30 * DAY)


def _text(client: FlaskClient, path: str) -> str:
    page = client.get(path)
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_extra_time_that_ends_with_the_test_is_not_promised(
    make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    given = {"due_at": make.now() + timedelta(minutes=36), "time_limit_minutes": 30, "policy": AFTER_CLOSING}
    assignment = make.assignment(trainer, cohort, **given)
    make.exception(trainer, assignment, learner, extra_time_percent=100)

    page = _text(learner.client, f"/assignments/{assignment.id}")
    learner.client.post(f"/assignments/{assignment.id}/attempts")
    banner = _text(learner.client, "/body-map")

    assert "36 min instead of 1 h 0 min, because the test closes then" in page
    assert "Start: 10 questions, 36 minutes" in page
    assert "is running: 36 min left" in banner


@pytest.mark.parametrize(
    ("attempts_allowed", "taken", "shown"),
    [
        (2, 0, "Correct answers and explanations after your last attempt"),
        (2, 1, "Score, correct answers and explanations as soon as you submit"),
        (1, 0, "Score, correct answers and explanations as soon as you submit"),
        (None, 0, "Score, correct answers and explanations as soon as you submit"),
    ],
)
def test_the_page_promises_what_the_result_will_show(
    make: Factory,
    session: Session,
    trainer: Person,
    learner: Person,
    cohort: Cohort,
    attempts_allowed: int | None,
    taken: int,
    shown: str,
) -> None:
    """Catches: "right answers after each attempt" while there is another attempt to come."""
    assignment = make.assignment(trainer, cohort, attempts_allowed=attempts_allowed)
    for _ in range(taken):
        take_test(session, learner, assignment, make.now(), is_right=False)

    assert shown in _text(learner.client, f"/assignments/{assignment.id}")


def test_a_self_test_says_that_its_answers_wait_for_the_assigned_one(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, title="The real one", attempts_allowed=1)

    page = _text(learner.client, "/modules/safety/test")
    own = start(learner.client, session)
    own.submit()

    assert "Self-test: Safety" in page
    assert "does not count for your course" in page
    assert "after you have finished “The real one”" in page
    assert "Correct answer" not in own.result().text
    take_test(session, learner, assignment, make.now(), is_right=True)
    assert "after you have finished" not in _text(learner.client, "/modules/safety/test")


@pytest.mark.parametrize("scope", ["assigned", "own"])
def test_every_earlier_attempt_is_linked(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort, scope: str
) -> None:
    """Catches: a list of the latest ten only, and results that nothing links to."""
    path = "/modules/safety/test"
    if scope == "assigned":
        assignment = make.assignment(trainer, cohort)
        path = f"/assignments/{assignment.id}"
        taken = [take_test(session, learner, assignment, make.now(), is_right=False).id for _ in range(25)]
    else:
        taken = []
        for _ in range(25):
            attempt = start(learner.client, session)
            attempt.submit()
            taken.append(attempt.attempt_id)

    first = learner.client.get(path).text
    older = re.search(r'href="([^"]*\?before=\d+)', first)
    assert older
    rest = learner.client.get(older[1]).text

    linked = re.findall(r"/attempts/(\d+)/result", first + rest)
    assert linked == [str(one) for one in reversed(taken)]
    assert "?before=" not in rest
    assert f"/attempts/{taken[0]}/result" in learner.client.get(f"/attempts/{taken[2]}/result").text


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 30, "²", "%00"])
def test_an_odd_page_of_earlier_attempts_is_no_error(learner: Person, before: str) -> None:
    assert learner.client.get(f"/modules/safety/test?before={before}").status_code == 200


# -- while a test is running -----------------------------------------------------------------------------------------------


def test_a_running_test_is_announced_on_every_page_until_it_is_over(
    make: Factory, session: Session, clock: Clock, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, time_limit_minutes=20, title="Weekly")
    attempt = start_attempt(session, learner, assignment, clock())
    clock.advance(minutes=7, seconds=30)
    pages = ["/", "/modules/evidence", "/body-map", "/progress", "/account", f"/assignments/{assignment.id}"]

    for path in pages:
        page = learner.client.get(path).text
        assert "12 min</b> left" in re.sub(r"\s+", " ", page), path
        assert f'href="/attempts/{attempt.id}"' in page
    assert BANNER not in learner.client.get(f"/attempts/{attempt.id}/1").text
    assert BANNER not in trainer.client.get("/").text
    clock.advance(minutes=13)
    for path in pages:
        assert BANNER not in learner.client.get(path).text, path


def test_a_test_that_can_no_longer_be_opened_is_not_announced(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: a banner for a test of a cohort that the learner was removed from."""
    attempt = start_attempt(session, learner, make.assignment(trainer, cohort), make.now())
    assert BANNER in learner.client.get("/progress").text

    cohorts.remove_member(session, trainer.user, cohort, learner.learner.id, make.now())
    session.commit()

    assert learner.client.get(f"/attempts/{attempt.id}").status_code == 404
    assert BANNER not in learner.client.get("/progress").text


def test_leaving_leads_to_the_start_page_which_leads_back(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, time_limit_minutes=20)
    for attempt, start_page in (
        (start_attempt(session, learner, assignment, make.now()), f"/assignments/{assignment.id}"),
        (session.get_one(Attempt, start(learner.client, session).attempt_id), "/modules/safety/test"),
    ):
        exam = learner.client.get(f"/attempts/{attempt.id}/1").text
        page = learner.client.get(start_page).text

        assert f'href="{start_page}"' in exam
        assert "the clock keeps running" in exam
        assert "Return to the test" in page
        assert "The clock keeps running while you are away" in page
        assert '/attempts"' not in page  # nothing to start

    assert "for Year 2" in learner.client.get(f"/attempts/{attempt.id - 1}/1").text


def test_home_names_the_cohort_once_unless_there_are_several(
    make: Factory, clock: Clock, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    make.assignment(trainer, cohort, title="One", due_at=clock() + 30 * DAY)
    make.assignment(trainer, cohort, "evidence", title="Two", due_at=clock() + 30 * DAY)
    alone = _text(learner.client, "/")
    other = make.cohort(trainer, learner, title="Elsewhere", joined_ago=30 * DAY)
    make.assignment(trainer, other, title="Three", due_at=clock() + 30 * DAY)
    several = _text(learner.client, "/")

    assert alone.count(cohort.title) == 1
    assert "For Elsewhere, assigned by" in several
    assert several.count(f"For {cohort.title}, assigned by") == 2


# -- one test in the learner's eyes ----------------------------------------------------------------------------------------


def test_the_module_page_shows_the_assigned_test_first(
    make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assert "Self-test" not in learner.client.get("/modules/safety").text
    make.assignment(trainer, cohort, title="The real one")

    page = learner.client.get("/modules/safety").text

    assert 0 < page.index("The real one") < page.index("Self-test")
    assert "It does not count for your course." in page


def test_home_says_what_is_most_urgent_and_why_a_high_score_is_not_a_pass(
    make: Factory, session: Session, clock: Clock, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    def hero() -> str:
        page = learner.client.get("/").text
        return re.sub(r"\s+", " ", page[page.index("continue-card__text") : page.index("continue-card__picture")])

    assert "Start with" in hero()
    make.assignment(trainer, cohort, "evidence", title="In a month", due_at=clock() + 30 * DAY)
    assert "Start with" in hero()
    make.assignment(trainer, cohort, "evidence", title="Tomorrow", due_at=clock() + DAY)
    assert "Tomorrow" in hero()
    make.assignment(trainer, cohort, "evidence", title="Yesterday", due_at=clock() - DAY)
    assert "Overdue" in hero()
    assert "Yesterday" in hero()
    attempt = start(learner.client, session, "test", "safety")
    assert "Return to the test" in hero()
    critical = next(one for one in attempt.questions() if one.is_critical)
    attempt.answer_all(wrong=[critical.n])
    attempt.submit()

    page = learner.client.get("/").text
    assert "safety-critical question wrong" in page
    assert page.count("Overdue") == 1


def test_finished_work_is_folded(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    for title in ("One", "Two"):
        take_test(session, learner, make.assignment(trainer, cohort, title=title), make.now(), is_right=True)
    make.assignment(trainer, cohort, title="Three")

    page = learner.client.get("/").text

    assert "Done (2)" in page
    assert page.index("Three") < page.index("Done (2)") < page.index("One")


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", "Tue 24 Nov, 10:00</dd>"),
        ("Europe/Vienna", "Tue 24 Nov, 10:00</dd>"),
        ("UTC", "Tue 24 Nov, 09:00 (UTC time; 10:00 in Berlin)"),
        ("Pacific/Auckland", "Tue 24 Nov, 22:00 (Auckland time; 10:00 in Berlin)"),
        ("America/Argentina/Buenos_Aires", "Tue 24 Nov, 06:00 (Buenos Aires time; 10:00 in Berlin)"),
        ("Pacific/Kiritimati", "Tue 24 Nov, 23:00 (Kiritimati time; 10:00 in Berlin)"),
    ],
)
def test_times_name_their_place_where_clocks_differ(make: Factory, trainer: Person, zone: str, shown: str) -> None:
    reader = make.person(time_zone=zone)
    assignment = make.assignment(trainer, make.cohort(trainer, reader), due_at=make.now() + DAY)

    assert shown in re.sub(r"\s+", " ", reader.client.get(f"/assignments/{assignment.id}").text)


def test_what_left_the_course_says_so(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, title="Gone")
    take_test(session, learner, assignment, make.now(), is_right=False)
    make.module().retired_at = make.now()
    session.commit()

    page = learner.client.get(f"/assignments/{assignment.id}").text
    refused = learner.client.post(f"/assignments/{assignment.id}/attempts")

    assert "No longer offered" in page
    assert "/result" in page
    assert (refused.status_code, "no longer offered" in refused.text) == (409, True)
    assert ">Gone<" not in learner.client.get("/").text


def test_practice_of_what_was_missed_is_not_replaced_by_an_open_practice(
    make: Factory, session: Session, learner: Person
) -> None:
    """Catches: "Practise what you missed" that silently continues a practice of everything."""
    whole = start(learner.client, session, "practice")
    test = start(learner.client, session)
    test.answer_all(wrong=[1])
    test.submit()

    reply = learner.client.post("/modules/safety/attempts", data={"mode": "practice", "missed": test.attempt_id})
    again = learner.client.post("/modules/safety/attempts", data={"mode": "practice", "missed": test.attempt_id})

    assert reply.location == again.location
    assert reply.location != f"/attempts/{whole.attempt_id}/1"
    assert start(learner.client, session, "practice").attempt_id == whole.attempt_id


def test_every_link_for_other_people_leads_to_a_page_about_the_assignment(
    app: Flask,
    make: Factory,
    session: Session,
    clock: Clock,
    trainer: Person,
    learner: Person,
    cohort: Cohort,
) -> None:
    """Fails when a mail or a calendar links to the module, whose own test does not count."""
    assignment = make.assignment(trainer, cohort, due_at=clock() + DAY)
    account = learner.client.get("/account").text
    feed = re.search(r"http://localhost:8000(/calendar/[^\"<\s]+\.ics)", account)
    assert feed
    [letter] = reminders.list_reminders(session, ReminderKind.DUE, clock())
    with app.app_context():
        mail = render_template("mail/reminder.txt", letter=letter, base_url="http://localhost:8000")
    calendar = learner.client.get(feed[1]).text.replace("\r\n ", "")

    for text in (mail, calendar):
        assert f"http://localhost:8000/assignments/{assignment.id}" in text
        assert "/modules/" not in text


def test_builders_of_absolute_links_do_not_lead_to_a_module() -> None:
    """A list of all of them: whoever adds one has to think of its reader."""
    sources = [*(ROOT / "app").rglob("*.py"), *(ROOT / "templates").rglob("*.txt")]
    built = {
        match[1] or match[2]
        for path in sources
        for match in re.finditer(
            r"make_absolute\(\s*url_for\(\s*\"([a-z_.]+)\"|base_url(?: ~ \"| ?}})(/[a-z]+)", path.read_text()
        )
    }

    assert not {link for link in built if "module" in link or "lesson" in link}
    assert {"learn.show_assignment", "/assignments"} <= built
