"""What Home and a module page offer first: one filled button, no repetition, and finished work in the background."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Cohort, ScopeResult
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt, take_test
from tests.support.attempt_client import start
from tests.support.factory import Factory, Person

DAY = timedelta(days=1)


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner, joined_ago=30 * DAY)


def _get(learner: Person, path: str) -> str:
    page = learner.client.get(path)
    assert page.status_code == 200
    return page.text


def _filled_buttons(page: str) -> list[str]:
    """Return the words of the filled buttons in the page's main part."""
    main = page[page.index("<main") : page.index("</main>")]
    found = re.findall(r'<(a|button)[^>]*class="[^"]*btn--main[^"]*"[^>]*>(.*?)</\1>', main, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", words).split()) for _tag, words in found]


def test_home_announces_a_running_test_once(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, title="Running one", time_limit_minutes=20)
    start_attempt(session, learner, assignment, make.now())

    home = _get(learner, "/")

    assert 'class="running-test"' not in home
    assert home.count("Running one") == 1
    assert "data-running-seconds" in home
    assert 'class="running-test"' in _get(learner, "/progress")
    assert _filled_buttons(_get(learner, "/progress")).count("Return to the test") == 0


def test_home_shows_three_of_many_assignments_and_counts_the_rest(
    make: Factory, clock: Clock, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    for days in range(5, 12):
        make.assignment(trainer, cohort, title=f"In {days} days", due_at=clock() + days * DAY)

    home = _get(learner, "/")

    assert home.index("In 7 days") < home.index("4 more to do") < home.index("In 8 days")


def test_the_assignment_at_the_top_is_not_listed_again(
    make: Factory, clock: Clock, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    make.assignment(trainer, cohort, title="Yesterday", due_at=clock() - DAY)
    make.assignment(trainer, cohort, title="Next week", due_at=clock() + 7 * DAY)

    home = _get(learner, "/")

    assert home.count("Yesterday") == 1
    assert "Also to do" in home
    assert home.count("Next week") == 1


@pytest.mark.parametrize(
    ("assigned", "passed", "read", "button"),
    [
        ((), False, False, "Read, "),
        ((), False, True, "Open the test"),
        ((), True, True, "Practise now"),
        (("new",), False, False, "Open the test"),
        (("done",), False, False, "Read, "),
        (("done",), False, True, "Practise now"),
        (("done", "new", "new"), False, True, "Open the test"),
    ],
)
def test_a_module_page_fills_the_button_of_the_next_step(
    make: Factory,
    session: Session,
    trainer: Person,
    learner: Person,
    cohort: Cohort,
    assigned: tuple[str, ...],
    passed: bool,
    read: bool,
    button: str,
) -> None:
    for state in assigned:
        assignment = make.assignment(trainer, cohort)
        if state == "done":
            take_test(session, learner, assignment, make.now(), is_right=True)
    if passed:
        own = start(learner.client, session, "test", "safety")
        own.answer_all()
        own.submit()
    if read:
        for slug in re.findall(r'href="/modules/safety/lessons/([a-z-]+)"', _get(learner, "/modules/safety")):
            learner.client.post(f"/modules/safety/lessons/{slug}/done")

    [filled] = _filled_buttons(_get(learner, "/modules/safety"))

    assert filled.startswith(button)


def test_finished_tests_come_last_on_a_module_page(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    take_test(session, learner, make.assignment(trainer, cohort, title="Old one"), make.now(), is_right=True)

    page = _get(learner, "/modules/safety")

    assert page.index('id="practise"') < page.index("Finished tests") < page.index("Old one")


def test_nobody_passes_a_pretest(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: "Passed, 0%" for a test that asks what is known before learning."""
    before = make.assignment(trainer, cohort, title="Before", pass_mark_percent=1)
    after = make.assignment(trainer, cohort, title="After", pretest_id=before.id)
    attempt = take_test(session, learner, before, make.now(), is_right=True)

    pages = {
        path: _get(learner, path)
        for path in ("/", "/modules/safety", "/progress", f"/attempts/{attempt.id}/result", f"/assignments/{before.id}")
    }

    assert {path for path, page in pages.items() if re.search("[pP]assed", page)} == set()
    assert "Done, 100%" in pages["/modules/safety"]
    take_test(session, learner, after, make.now(), is_right=True)
    assert "Passed, 100%" in _get(learner, "/")


def test_a_score_just_below_the_pass_mark_is_never_shown_as_the_pass_mark(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: 69.6% rounded to 70 on one page and cut to 69 on another."""
    assignment = make.assignment(trainer, cohort, pass_mark_percent=70)
    attempt = take_test(session, learner, assignment, make.now(), is_right=False)
    attempt.points, attempt.max_points = 6.96, 10.0
    result = session.scalars(select(ScopeResult).where(ScopeResult.latest_attempt_id == attempt.id)).one()
    result.best_percent = result.latest_percent = 69.6
    session.commit()

    for path in (
        "/",
        "/modules/safety",
        f"/assignments/{assignment.id}",
        "/progress",
        f"/attempts/{attempt.id}/result",
    ):
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", _get(learner, path)))
        text = re.sub(r"(you need|[Pp]ass mark( is)?) 70%", "", text)
        assert re.search(r"69(&#8239;)? ?%", text), path
        assert not re.search(r"70(&#8239;)? ?%", text), re.findall(r".{40}70.{9}", text)


@pytest.mark.parametrize(
    ("is_right", "filled"), [(True, "Continue the course"), (False, "Practise what you missed: 10 questions")]
)
def test_the_filled_button_of_a_result_leads_onward_after_a_pass(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort, is_right: bool, filled: str
) -> None:
    attempt = take_test(session, learner, make.assignment(trainer, cohort), make.now(), is_right=is_right)

    assert _filled_buttons(_get(learner, f"/attempts/{attempt.id}/result")) == [filled]


def test_a_result_names_the_earlier_attempt_on_its_scale(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort)
    take_test(session, learner, assignment, make.now(), is_right=False)
    latest = take_test(session, learner, assignment, make.now(), is_right=True)

    page = _get(learner, f"/attempts/{latest.id}/result")

    assert "attempt 1: 0%" in page[page.index('class="ruler"') : page.index("result-steps")]


def test_progress_shows_the_map_and_the_legend_above_the_objectives(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    take_test(session, learner, make.assignment(trainer, cohort), make.now(), is_right=True)

    page = _get(learner, "/progress")

    assert page.count('class="mastery-map__module"') == page.count('class="fold mastery-module"') > 1
    assert page.index("mastery-map") < page.index("mastery-key") < page.index("objective-row")


def test_a_visitor_sees_on_the_empty_progress_page_what_will_be_there(client: FlaskClient) -> None:
    page = client.get("/progress").text

    assert "<b>Secure</b>: at least 4 of the latest 5 answers correct" in page
    assert _filled_buttons(page) == ["Go to the course"]
    assert "Sign in to see your progress" in page
