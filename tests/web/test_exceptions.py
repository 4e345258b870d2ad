"""Exceptions of single learners: granted, refused in words, changed and taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Assignment, AssignmentException
from tests.factory import Make, Person
from tests.playing import hidden
from tests.taking import begin

LATER = {"due_date": "2026-12-03", "due_time": "18:00"}


@pytest.fixture
def trainer(make: Make) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


@pytest.fixture
def learner(make: Make) -> Person:
    return make.person(name="Ada Ek")


@pytest.fixture
def assignment(make: Make, trainer: Person, learner: Person) -> Assignment:
    cohort = make.cohort(trainer, learner, make.person(name="Bo Ek"))
    due_at = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
    return make.assignment(trainer, cohort, due_at=due_at, time_limit_minutes=20, attempts_allowed=2)


def _path(assignment: Assignment, learner: Person | None = None) -> str:
    path = f"/teach/assignments/{assignment.id}/exceptions"
    return f"{path}/{learner.learner.id}" if learner else path


def _exceptions(session: Session) -> list[AssignmentException]:
    session.expire_all()
    return list(session.scalars(select(AssignmentException).order_by(AssignmentException.learner_id)))


def test_several_learners_are_granted_more_at_once(
    make: Make, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    attempt = begin(session, learner, assignment, make.now())
    ids = [learner.learner.id, learner.learner.id + 1]

    answer = trainer.client.post(
        _path(assignment),
        data={"learners": ids, "extra_time_percent": "50", "more_attempts": "1", "note": "Agreed on the phone"} | LATER,
    )

    found = _exceptions(session)
    session.refresh(attempt)
    assert answer.location == _path(assignment)
    assert [one.learner_id for one in found] == ids
    held = found[0]
    assert (held.extra_time_percent, held.more_attempts, held.note) == (50, 1, "Agreed on the phone")
    assert (held.due_local, held.due_at) == ("2026-12-03T18:00", datetime(2026, 12, 3, 17, 0, tzinfo=UTC))
    assert attempt.deadline_at == make.now() + timedelta(minutes=30)
    page = trainer.client.get(_path(assignment)).text
    for shown in ("2 learners with an exception", "50 % more time", "due Thu 3 Dec, 18:00", "Agreed on the phone"):
        assert shown in page
    assert "Agreed on the phone" not in learner.client.get("/").text
    assert "50 % more time" in trainer.client.get(f"/teach/assignments/{assignment.id}").text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Nothing is granted yet"),
        ({"extra_time_percent": "0"}, "Nothing is granted yet"),
        ({"extra_time_percent": "-1"}, "A whole number from 0 to 400."),
        ({"extra_time_percent": "401"}, "A whole number from 0 to 400."),
        ({"extra_time_percent": "half"}, "Not a valid integer value"),
        ({"more_attempts": "101"}, "A whole number from 0 to 100."),
        ({"is_excused": "y", "extra_time_percent": "25"}, "Who is excused needs nothing else"),
        ({"due_date": "2026-12-01", "due_time": "18:00"}, "An exception never takes time away."),
        ({"due_date": "2026-11-30", "due_time": "18:00"}, "An exception never takes time away."),
        ({"due_date": "2026-12-03"}, "Give both a date and a time, or neither."),
        ({"due_date": "2027-03-28", "due_time": "02:30"}, "the clocks skip this time"),
        ({"note": "x" * 201, "more_attempts": "1"}, "At most 200 characters."),
        ({"learners": "999999", "more_attempts": "1"}, "999999"),
        ({"learners": "", "more_attempts": "1"}, "Invalid choice(s)"),
    ],
)
def test_what_cannot_be_granted_is_refused_in_words(
    trainer: Person, learner: Person, assignment: Assignment, session: Session, sent: dict[str, str], said: str
) -> None:
    page = trainer.client.post(_path(assignment), data={"learners": str(learner.learner.id)} | sent)

    assert page.status_code == 422
    assert said in page.text
    assert _exceptions(session) == []


def test_who_is_ticked_twice_gets_one(
    trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    """Fails when a learner who is named twice in one form is said to have an exception already."""
    answer = trainer.client.post(
        _path(assignment), data={"learners": [str(learner.learner.id)] * 2, "extra_time_percent": "25"}
    )

    assert (answer.status_code, len(_exceptions(session))) == (303, 1)


def test_nobody_at_all_is_refused(trainer: Person, assignment: Assignment, session: Session) -> None:
    page = trainer.client.post(_path(assignment), data={"extra_time_percent": "25"})

    assert (page.status_code, "Choose at least one learner." in page.text) == (422, True)


def test_what_gives_nothing_here_is_refused(make: Make, trainer: Person, learner: Person, session: Session) -> None:
    endless = make.assignment(trainer, make.cohort(trainer, learner))

    page = trainer.client.post(
        _path(endless), data={"learners": str(learner.learner.id), "more_attempts": "1"} | LATER
    ).text

    assert "The assignment has no due date" in page
    assert "Everybody has any number of attempts already." in page


def test_who_has_one_already_is_refused_by_name_and_nothing_is_granted(
    make: Make, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    """Catches: overlapping exceptions, and half of a list that is granted."""
    make.grant(trainer, assignment, learner, extra_time_percent=25)
    ids = [learner.learner.id, learner.learner.id + 1]

    page = trainer.client.post(_path(assignment), data={"learners": ids, "extra_time_percent": "50"})

    assert page.status_code == 422
    assert "Ada Ek: has an exception already. Change that one" in page.text
    assert 'value="50"' in page.text
    assert [one.extra_time_percent for one in _exceptions(session)] == [25]


def test_the_form_is_handled_once(trainer: Person, learner: Person, assignment: Assignment, session: Session) -> None:
    sent = {"learners": str(learner.learner.id), "extra_time_percent": "25", "form_id": "the same form"}

    answers = [trainer.client.post(_path(assignment), data=sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(_exceptions(session)) == 1


def test_an_exception_is_changed(
    make: Make, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    make.grant(trainer, assignment, learner, extra_time_percent=25, due_at=datetime(2026, 12, 3, 17, 0, tzinfo=UTC))
    path = _path(assignment, learner)

    shown = trainer.client.get(path).text
    refused = trainer.client.post(path, data={"extra_time_percent": "999"})
    empty = {"extra_time_percent": "", "due_date": "", "due_time": "", "more_attempts": "", "note": ""}
    trainer.client.post(path, data=empty | {"is_excused": "y"})

    (held,) = _exceptions(session)
    for value in ('value="25"', 'value="2026-12-03"', 'value="18:00"'):
        assert value in shown
    assert (refused.status_code, 'value="999"' in refused.text) == (422, True)
    assert (held.is_excused, held.extra_time_percent, held.due_at, held.due_local) == (True, 0, None, None)
    assert "Excused" in learner.client.get("/").text


def test_the_second_of_two_trainers_sees_what_the_first_changed(
    make: Make, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    """Fails when a form that was opened before takes back, unsaid, what a colleague granted meanwhile."""
    make.grant(trainer, assignment, learner, extra_time_percent=25)
    path = _path(assignment, learner)
    seen = hidden(trainer.client.get(path).text, "seen")
    empty = {"due_date": "", "due_time": "", "more_attempts": ""}
    trainer.client.post(path, data=empty | {"seen": seen, "extra_time_percent": "50"})

    stale = empty | {"seen": seen, "extra_time_percent": "25", "note": "Agreed on the phone"}
    refused = trainer.client.post(path, data=stale)
    held = [one.extra_time_percent for one in _exceptions(session)]
    meant = trainer.client.post(path, data=stale | {"seen": hidden(refused.text, "seen")})

    assert (refused.status_code, held) == (409, [50])
    assert "50 % more time" in refused.text
    assert 'value="25"' in refused.text
    assert meant.status_code == 303


def test_an_exception_that_is_not_there_cannot_be_changed(
    make: Make, trainer: Person, learner: Person, assignment: Assignment
) -> None:
    stranger = make.person()

    for person in (learner, stranger):
        assert trainer.client.get(_path(assignment, person)).status_code == 404
        assert trainer.client.post(_path(assignment, person), data={"extra_time_percent": "25"}).status_code == 404


def test_an_exception_is_taken_back_once_and_the_attempt_keeps_its_time(
    make: Make, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    make.grant(trainer, assignment, learner, extra_time_percent=100)
    attempt = begin(session, learner, assignment, make.now())

    answers = [trainer.client.post(f"{_path(assignment, learner)}/take-back") for _ in range(2)]

    session.refresh(attempt)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert _exceptions(session) == []
    assert attempt.deadline_at == make.now() + timedelta(minutes=40)


def test_a_cohort_without_learners_says_so(make: Make, trainer: Person) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer))

    page = trainer.client.get(_path(assignment))

    assert (page.status_code, "Nobody is in it yet" in page.text) == (200, True)
