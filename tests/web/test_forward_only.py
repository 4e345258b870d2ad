"""Tests that go forward only: what was left stays as it was, what is ahead stays hidden, and nothing is lost."""

from __future__ import annotations

from typing import Any

import markupsafe
import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Attempt, ComposedTest
from app.services.course import catalogue
from app.web.templating import plain
from tests.support import composed
from tests.support.attempt_client import JSON, AttemptClient, start_assigned
from tests.support.factory import Factory, Person


@pytest.fixture
def ilse(make: Factory) -> Person:
    return make.trainer(name="Ilse")


@pytest.fixture
def mia(make: Factory) -> Person:
    return make.person(name="Mia")


@pytest.fixture
def forward(session: Session, make: Factory, ilse: Person, mia: Person) -> AttemptClient:
    """An attempt at a test of four questions that goes forward only."""
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), compose_forward(make, ilse))
    assert "Forward only." in mia.client.get(f"/assignments/{assignment.id}").text
    return start_assigned(mia.client, session, assignment.id)


def compose_forward(make: Factory, owner: Person) -> ComposedTest:
    """A test of two fixed questions on safety and two on evidence, in this order, that goes forward only."""
    sections = (composed.section(name, *composed.pick(make, name, 2)) for name in ("safety", "evidence"))
    return composed.compose(make, owner, *sections, shuffles=False, is_forward_only=True)


def choose(attempt: AttemptClient, n: int) -> dict[str, str]:
    """The right answer to a question as a browser sends it."""
    return {"option": str(attempt.at(n).right_place), "revision": str(attempt.at(n).revision)}


def go_on(attempt: AttemptClient, n: int, **data: Any) -> TestResponse:
    return attempt.client.post(f"{attempt.path}/{n}", data={"revision": "0", "go": str(n + 1)} | data)


def test_a_question_that_was_left_can_be_neither_opened_nor_answered(session: Session, forward: AttemptClient) -> None:
    assert go_on(forward, 1).location == f"{forward.path}/2"

    shown, saved = forward.page(1), forward.answer(1, *forward.at(1).right)
    by_script = forward.client.post(f"{forward.path}/1", data=choose(forward, 1), headers=JSON)

    for refused in (shown, saved):
        assert refused.status_code == 409
        assert "This test goes forward only" in refused.text
        assert f'href="{forward.path}"' in refused.text
    assert (by_script.status_code, by_script.get_json()) == (409, {"error": "QuestionPassed"})
    assert forward.at(1).chosen == ()
    assert forward.client.get(forward.path).location == f"{forward.path}/2"


def test_a_question_ahead_is_not_shown_before_it_is_reached(forward: AttemptClient) -> None:
    assert forward.page(3).location == f"{forward.path}/1"
    assert forward.answer(3, *forward.at(3).right).status_code == 400
    assert forward.client.get(f"{forward.path}/3/report").status_code == 409
    assert go_on(forward, 1, go="4").location == f"{forward.path}/2"
    assert go_on(forward, 4).status_code == 400


def test_starting_again_continues_at_the_question_reached(session: Session, forward: AttemptClient) -> None:
    go_on(forward, 1)

    again = forward.client.post(f"/assignments/{session.get_one(Attempt, forward.attempt_id).assignment_id}/attempts")

    assert again.location == f"{forward.path}/2"


def test_pressing_next_twice_moves_once_and_loses_nothing(forward: AttemptClient) -> None:
    fields = choose(forward, 1)

    first, second = go_on(forward, 1, **fields), go_on(forward, 1, **fields)

    assert (first.location, second.location) == (f"{forward.path}/2", f"{forward.path}/2")
    assert forward.at(1).chosen != ()


def test_saving_and_clearing_do_not_leave_the_question(forward: AttemptClient) -> None:
    saved = forward.client.post(f"{forward.path}/1", data=choose(forward, 1), headers=JSON)
    cleared = forward.client.post(f"{forward.path}/1", data={"revision": "1", "clear": "1"})

    assert saved.status_code == 200
    assert cleared.location == f"{forward.path}/1"
    assert forward.page(1).status_code == 200


def test_the_last_question_stays_open_and_the_summary_has_no_way_back(forward: AttemptClient) -> None:
    for n in (1, 2, 3):
        go_on(forward, n)

    assert go_on(forward, 4, go="summary").location == f"{forward.path}/summary"
    summary = forward.summary().text
    assert f'href="{forward.path}/4"' in summary
    assert f'href="{forward.path}/1"' not in summary
    assert forward.page(4).status_code == 200
    page = forward.page(4).text
    assert "Forward only: you can’t go back" in page
    assert forward.submit().location == f"{forward.path}/result"


def test_with_feedback_after_each_answer_checked_questions_stay_readable(
    session: Session, make: Factory, ilse: Person, mia: Person
) -> None:
    test = compose_forward(make, ilse)
    policy = ReleasePolicy(ReleaseMoment.SUBMISSION, *[ReleaseMoment.EACH_ANSWER] * 3)
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), test, policy=policy)
    attempt = start_assigned(mia.client, session, assignment.id)

    checked = attempt.client.post(f"{attempt.path}/1", data=choose(attempt, 1))
    skipped = go_on(attempt, 2)

    assert checked.location == f"{attempt.path}/1#verdict"
    assert attempt.page(1).status_code == 200
    assert skipped.location == f"{attempt.path}/3"
    assert attempt.page(2).status_code == 409
    # An error about an answer is shown beside its question, so it must not open one.
    left = attempt.client.post(f"{attempt.path}/2", data={"revision": "0"})
    ahead = attempt.client.post(f"{attempt.path}/4", data={"revision": "0"})
    marked = attempt.client.post(f"{attempt.path}/4", data={"revision": "0", "clear": "1", "flag": "1"}, headers=JSON)
    stems = catalogue.get_texts(session, [attempt.at(n).version_id for n in (2, 4)])
    assert (left.status_code, ahead.status_code, marked.status_code) == (409, 400, 400)
    for stem in (markupsafe.escape(plain(one.stem)) for one in stems.values()):
        assert stem not in left.text
        assert stem not in ahead.text


def test_a_summary_of_a_test_that_goes_forward_only_shows_nothing_ahead(
    session: Session, forward: AttemptClient
) -> None:
    stems = [
        text.stem for text in catalogue.get_texts(session, [one.version_id for one in forward.questions()]).values()
    ]

    page = forward.summary().text

    assert page.count("Not reached yet") == 3
    assert sum(markupsafe.escape(plain(stem)) in page for stem in stems) == 1
