"""Exceptions of single learners: granted, refused in words, changed and taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Assignment, AssignmentException
from tests.support.assigned_test import start_attempt, take_test
from tests.support.attempt_client import get_hidden_field
from tests.support.factory import AFTER_CLOSING, Factory, Person

LATER = {"due_date": "2026-12-03", "due_time": "18:00"}


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person(name="Ada Ek")


@pytest.fixture
def assignment(make: Factory, trainer: Person, learner: Person) -> Assignment:
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
    make: Factory, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    attempt = start_attempt(session, learner, assignment, make.now())
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
    for shown in ("2 learners with an exception", "50% more time", "due Thu 3 Dec, 18:00", "Agreed on the phone"):
        assert shown in page
    assert "Agreed on the phone" not in learner.client.get("/").text
    assert "50% more time" in trainer.client.get(f"/teach/assignments/{assignment.id}/settings").text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Nothing is granted yet"),
        ({"extra_time_percent": "0"}, "Nothing is granted yet"),
        ({"extra_time_percent": "-1"}, "Enter a whole number from 0 to 400."),
        ({"extra_time_percent": "401"}, "Enter a whole number from 0 to 400."),
        ({"extra_time_percent": "half"}, "Not a valid integer value"),
        ({"more_attempts": "101"}, "Enter a whole number from 0 to 100."),
        ({"is_excused": "y", "extra_time_percent": "25"}, "Excused learners need nothing else"),
        ({"due_date": "2026-12-01", "due_time": "18:00"}, "An exception cannot take time away."),
        ({"due_date": "2026-11-30", "due_time": "18:00"}, "An exception cannot take time away."),
        ({"due_time": "12:00"}, "Enter a date as well."),
        ({"due_date": "2027-03-28", "due_time": "02:30"}, "The clocks skip this time"),
        ({"note": "x" * 201, "more_attempts": "1"}, "Use at most 200 characters."),
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


def test_what_gives_nothing_here_is_refused(make: Factory, trainer: Person, learner: Person, session: Session) -> None:
    endless = make.assignment(trainer, make.cohort(trainer, learner))

    page = trainer.client.post(
        _path(endless), data={"learners": str(learner.learner.id), "more_attempts": "1"} | LATER
    ).text

    assert "The assignment has no due date" in page
    assert "Attempts are unlimited for everybody already." in page


def test_who_has_one_already_is_refused_by_name_and_nothing_is_granted(
    make: Factory, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    """Catches: overlapping exceptions, and half of a list that is granted."""
    make.exception(trainer, assignment, learner, extra_time_percent=25)
    ids = [learner.learner.id, learner.learner.id + 1]

    page = trainer.client.post(_path(assignment), data={"learners": ids, "extra_time_percent": "50"})

    assert page.status_code == 422
    assert "Already has an exception: Ada Ek." in page.text
    assert 'value="50"' in page.text
    assert [one.extra_time_percent for one in _exceptions(session)] == [25]


def test_the_form_is_handled_once(trainer: Person, learner: Person, assignment: Assignment, session: Session) -> None:
    sent = {"learners": str(learner.learner.id), "extra_time_percent": "25", "form_id": "the same form"}

    answers = [trainer.client.post(_path(assignment), data=sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(_exceptions(session)) == 1


def test_an_exception_is_changed(
    make: Factory, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    make.exception(trainer, assignment, learner, extra_time_percent=25, due_at=datetime(2026, 12, 3, 17, 0, tzinfo=UTC))
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
    make: Factory, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    """Fails when a form that was opened before takes back, unsaid, what a colleague granted meanwhile."""
    make.exception(trainer, assignment, learner, extra_time_percent=25)
    path = _path(assignment, learner)
    seen = get_hidden_field(trainer.client.get(path).text, "seen")
    empty = {"due_date": "", "due_time": "", "more_attempts": ""}
    trainer.client.post(path, data=empty | {"seen": seen, "extra_time_percent": "50"})

    stale = empty | {"seen": seen, "extra_time_percent": "25", "note": "Agreed on the phone"}
    refused = trainer.client.post(path, data=stale)
    held = [one.extra_time_percent for one in _exceptions(session)]
    meant = trainer.client.post(path, data=stale | {"seen": get_hidden_field(refused.text, "seen")})

    assert (refused.status_code, held) == (409, [50])
    assert "50% more time" in refused.text
    assert 'value="25"' in refused.text
    assert meant.status_code == 303


def test_nobody_outside_the_cohort_is_granted_anything(make: Factory, trainer: Person, assignment: Assignment) -> None:
    stranger = make.person()

    assert trainer.client.get(_path(assignment, stranger)).status_code == 404
    assert trainer.client.post(_path(assignment, stranger), data={"extra_time_percent": "25"}).status_code == 404


def test_an_exception_is_taken_back_once_and_the_attempt_keeps_its_time(
    make: Factory, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    make.exception(trainer, assignment, learner, extra_time_percent=100)
    attempt = start_attempt(session, learner, assignment, make.now())

    answers = [trainer.client.post(f"{_path(assignment, learner)}/take-back") for _ in range(2)]

    session.refresh(attempt)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert _exceptions(session) == []
    assert attempt.deadline_at == make.now() + timedelta(minutes=40)


def test_a_cohort_without_learners_says_so(make: Factory, trainer: Person) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer))

    page = trainer.client.get(_path(assignment))

    assert (page.status_code, "Nobody is in the cohort yet" in page.text) == (200, True)


# -- one learner, from the pages that name them --------------------------------------------------------------------------


@pytest.mark.parametrize(("give", "shown"), [("attempt", 'value="1"'), ("time", 'value="2026-12-08"')])
def test_the_form_for_one_learner_proposes_what_was_asked_for(
    trainer: Person, learner: Person, assignment: Assignment, session: Session, give: str, shown: str
) -> None:
    page = trainer.client.get(f"{_path(assignment, learner)}?give={give}").text

    assert shown in page
    assert _exceptions(session) == []


def test_the_form_for_one_learner_creates_their_exception_and_goes_back(
    make: Factory, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    path = f"{_path(assignment, learner)}?give=attempt"
    targets = {
        "learner": f"/teach/cohorts/{assignment.cohort_id}/learners/{learner.learner.id}",
        "results": f"/teach/assignments/{assignment.id}",
        "https://example.org": _path(assignment),
    }

    places = {
        back: trainer.client.post(f"{path}&back={back}", data={"more_attempts": "1"}).location for back in targets
    }

    (held,) = _exceptions(session)
    assert places == targets
    assert (held.learner_id, held.more_attempts) == (learner.learner.id, 1)


def test_an_exception_that_a_colleague_made_meanwhile_is_not_replaced_unseen(
    make: Factory, trainer: Person, learner: Person, assignment: Assignment, session: Session
) -> None:
    """Fails when the form that showed no exception overwrites one."""
    path = _path(assignment, learner)
    seen = get_hidden_field(trainer.client.get(path).text, "seen")
    make.exception(trainer, assignment, learner, extra_time_percent=25)

    refused = trainer.client.post(path, data={"seen": seen, "more_attempts": "1"})

    assert (seen, refused.status_code) == ("", 409)
    assert "25% more time" in refused.text
    assert [one.extra_time_percent for one in _exceptions(session)] == [25]


def test_another_attempt_at_a_closed_test_proposes_a_later_due_date(make: Factory, trainer: Person) -> None:
    learner = make.person()
    due_at = make.now() - timedelta(days=2)
    closed = make.assignment(
        trainer, make.cohort(trainer, learner), due_at=due_at, attempts_allowed=1, policy=AFTER_CLOSING
    )

    page = trainer.client.get(f"{_path(closed, learner)}?give=attempt").text

    assert 'value="2026-11-30"' in page
    assert 'value="23:59"' in page


# -- choosing people -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sought", ["анна", "АННА", "anna.i@"])
def test_learners_are_found_by_name_in_any_alphabet_or_by_address(make: Factory, trainer: Person, sought: str) -> None:
    people = [make.person() for _ in range(9)]
    anna = make.person(name="Анна Иванова", email="anna.i@example.org")
    assignment = make.assignment(trainer, make.cohort(trainer, *people, anna))

    page = trainer.client.get(_path(assignment), query_string={"q": sought}).text

    assert "Анна Иванова" in page
    assert page.count('name="learners"') == 1


def test_same_names_are_told_apart_by_address_wherever_people_are_chosen_or_named(
    make: Factory, trainer: Person
) -> None:
    first, second = make.person(name="Maria Garcia"), make.person(name="María García")
    other = make.person(name="Only One")
    cohort = make.cohort(trainer, first, second, other)
    assignment = make.assignment(trainer, cohort)
    make.exception(trainer, assignment, second, extra_time_percent=25)
    base = f"/teach/assignments/{assignment.id}"

    pages = [trainer.client.get(page).text for page in (base, f"{base}/settings", _path(assignment))]
    refused = trainer.client.post(
        _path(assignment), data={"learners": [second.learner.id], "extra_time_percent": "50"}
    ).text

    for page in pages:
        assert first.user.email in page
        assert second.user.email in page
        assert other.user.email not in page
    assert f"Already has an exception: María García ({second.user.email})." in refused


# -- extra time that does not fit ----------------------------------------------------------------------------------------


def test_extra_time_that_does_not_fit_before_closing_is_shown_and_can_be_made_to_fit(
    make: Factory, trainer: Person, session: Session
) -> None:
    """30 minutes, closing in 36: with 100% more time 24 minutes are missing."""
    short, everywhere, fits, passed = people = [make.person(name=name) for name in ("Sho", "Eve", "Fit", "Pas")]
    cohort = make.cohort(trainer, *people)
    due_at = make.now() + timedelta(minutes=36)
    assignment = make.assignment(trainer, cohort, due_at=due_at, time_limit_minutes=30, policy=AFTER_CLOSING)
    for person in (short, passed):
        make.exception(trainer, assignment, person, extra_time_percent=100)
    take_test(session, passed, assignment, make.now(), is_right=True)
    everywhere.learner.extra_time_percent, fits.learner.extra_time_percent = 50, 20
    session.commit()
    heading = "Extra time does not fit before the test closes"

    pages = [
        trainer.client.get(page).text for page in (f"/teach/assignments/{assignment.id}/settings", _path(assignment))
    ]
    moved = trainer.client.post(f"{_path(assignment)}/move-closing")

    for page in pages:
        notice = page.partition(heading)[2].partition("</section>")[0]
        assert ["Sho" in notice, "Eve" in notice, "Fit" in notice, "Pas" in notice] == [True, True, False, False]
    session.expire_all()
    ends = {one.learner_id: one.due_at for one in _exceptions(session)}
    assert ends[short.learner.id] == due_at + timedelta(minutes=30)
    assert ends[everywhere.learner.id] == due_at + timedelta(minutes=15)
    assert fits.learner.id not in ends
    assert moved.location == _path(assignment)
    assert heading not in trainer.client.get(_path(assignment)).text


def test_what_was_granted_is_repeated(trainer: Person, assignment: Assignment, learner: Person) -> None:
    """Fails when the message after saving speaks of extra time to somebody who got an attempt."""
    empty = {"extra_time_percent": "", "more_attempts": "", "due_date": "", "due_time": "", "note": "", "seen": ""}
    reply = trainer.client.post(_path(assignment, learner), data=empty | {"more_attempts": "1"}, follow_redirects=True)

    assert ": 1 extra attempt." in reply.text
    assert "has the extra time at once" not in reply.text
