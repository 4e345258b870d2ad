"""A trainer's assignments: terms, due dates, extra time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Assignment, AuditEvent
from tests.support.assigned_test import take_test
from tests.support.factory import Factory, Person


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


JANUARY = {"due_date": "2027-01-01", "due_time": "12:00"}


def _terms(make: Factory, **changed: Any) -> dict[str, Any]:
    return {"module": make.module().id} | changed


def test_an_assignment_takes_title_and_pass_mark_from_its_module(
    trainer: Person, make: Factory, session: Session
) -> None:
    cohort = make.cohort(trainer)

    answer = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make))

    made, module = session.scalars(select(Assignment)).one(), make.module()
    assert answer.location == f"/teach/cohorts/{cohort.id}"
    assert (made.title, made.pass_mark_percent) == (module.title, module.pass_mark_percent)
    assert (made.due_at, made.attempts_allowed, made.time_limit_minutes) == (None, None, None)
    assert "assignment.create" in session.scalars(select(AuditEvent.action)).all()


def test_members_see_the_assignment_and_others_do_not(trainer: Person, make: Factory) -> None:
    member, stranger = make.person(), make.person()
    cohort = make.cohort(trainer, member)

    trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make, title="Only for year 2"))

    assert "Only for year 2" in member.client.get("/").text
    assert "Only for year 2" not in stranger.client.get("/").text


@pytest.mark.parametrize(
    ("zone", "date", "time", "moment"),
    [
        ("Europe/Berlin", "2026-12-01", "18:00", datetime(2026, 12, 1, 17, 0, tzinfo=UTC)),
        ("America/New_York", "2027-07-01", "23:59", datetime(2027, 7, 2, 3, 59, tzinfo=UTC)),
        # The hour that comes twice: the later one.
        ("Europe/Berlin", "2027-10-31", "02:30", datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
    ],
)
def test_the_due_date_is_what_the_cohorts_clocks_show(
    trainer: Person, make: Factory, session: Session, zone: str, date: str, time: str, moment: datetime
) -> None:
    """Catches: taking the typed time for UTC or for the trainer's own zone, or the first of two equal hours."""
    cohort = make.cohort(trainer, time_zone=zone)

    trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make, due_date=date, due_time=time))

    made = session.scalars(select(Assignment)).one()
    page = trainer.client.get(f"/teach/assignments/{made.id}/settings").text
    assert made.due_at == moment
    assert f'value="{date}"' in page
    assert f'value="{time}"' in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"due_date": "2027-03-28", "due_time": "02:30"}, "The clocks skip this time"),
        ({"due_time": "18:00"}, "Enter a date as well."),
        ({"due_date": "9999-12-31", "due_time": "23:59", "zone": "America/New_York"}, "This date is too far away."),
        ({"attempts_allowed": "0"}, "Enter a whole number from 1 to 100."),
        ({"attempts_allowed": "101"}, "Enter a whole number from 1 to 100."),
        ({"time_limit_minutes": "601"}, "Enter a whole number from 1 to 600."),
        ({"time_limit_minutes": "ten"}, "Not a valid integer value"),
        ({"pass_mark_percent": "101"}, "Enter a whole number from 1 to 100."),
        ({"release_explanation": "closing"}, "Without a due date, the test never closes."),
        ({"release_explanation": "last_attempt"}, "Unlimited attempts have no last one."),
        ({"release_mark": "each_answer"}, "The score exists only after submission."),
        ({"release_key": "last_attempt", "attempts_allowed": "2"}, "This would reveal the item above it."),
        ({"release_key": "each_answer"}, "This would reveal the item above it."),
        ({"release_key": "at_once"}, "Not a valid choice"),
        ({"module": "999"}, "Not a valid choice"),
        ({"opens_date": "2027-03-28", "opens_time": "02:30"}, "The clocks skip this time"),
        ({"opens_time": "18:00"}, "Enter a date as well."),
        ({"opens_date": "2027-01-02", "opens_time": "12:00"} | JANUARY, "This is before the opening."),
        ({"due_date": "2026-11-23", "due_time": "09:59"}, "This date is in the past."),
        (
            {"opens_date": "2027-01-01", "opens_time": "11:30", "time_limit_minutes": "60"}
            | {"release_explanation": "closing"}
            | JANUARY,
            "The test closes before this time is up.",
        ),
        ({"time_limit_minutes": "0"}, "Enter a whole number from 1 to 600."),
        ({"pass_mark_percent": "0"}, "Enter a whole number from 1 to 100."),
        ({"counts": "worst"}, "Not a valid choice"),
        ({"audience": "nobody"}, "Not a valid choice"),
        ({"audience": "some"}, "Choose at least one learner, or assign it to everybody."),
        ({"audience": "some", "recipients": "999"}, "999"),
        ({"lessons": "999"}, "999"),
        ({"required": "999"}, "999"),
        ({"pretest": "999"}, "Not a valid choice"),
        ({"lessons": "lots"}, "Invalid choice(s)"),
        ({"title": "x" * 201}, "Use at most 200 characters."),
    ],
)
def test_terms_that_cannot_be_are_refused(
    trainer: Person, make: Factory, session: Session, changed: dict[str, str], said: str
) -> None:
    cohort = make.cohort(trainer, time_zone=changed.pop("zone", "Europe/Berlin"))

    page = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make, **changed))

    assert page.status_code == 422
    assert said in page.text
    assert session.scalar(select(func.count(Assignment.id))) == 0


def test_all_faults_of_the_terms_are_told_at_once_and_what_was_typed_is_kept(trainer: Person, make: Factory) -> None:
    cohort = make.cohort(trainer)
    sent = _terms(make, title="Kept", attempts_allowed="0", due_date="2027-03-28", due_time="02:30")

    page = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=sent).text

    assert "Please fix 2 things" in page
    assert 'value="Kept"' in page
    assert 'value="2027-03-28"' in page


def test_editing_changes_the_terms_but_not_the_module(trainer: Person, make: Factory, session: Session) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer))
    other = make.module("evidence")

    answer = trainer.client.post(
        f"/teach/assignments/{assignment.id}/settings",
        data=_terms(
            make, revision="1", module=other.id, title="New", attempts_allowed="3", release_explanation="last_attempt"
        ),
    )

    session.expire_all()
    assert (answer.status_code, assignment.title) == (303, "New")
    assert assignment.module_id == make.module().id


def test_editing_saves_and_is_audited(trainer: Person, make: Factory, session: Session) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer))

    trainer.client.post(
        f"/teach/assignments/{assignment.id}/settings",
        data=_terms(make, revision="1", title="New", attempts_allowed="3", release_explanation="last_attempt"),
    )

    session.expire_all()
    assert (assignment.title, assignment.attempts_allowed) == ("New", 3)
    assert assignment.policy == ReleasePolicy(explanation=ReleaseMoment.LAST_ATTEMPT)
    assert "assignment.edit" in session.scalars(select(AuditEvent.action)).all()


def _only(session: Session) -> Assignment:
    return session.scalars(select(Assignment)).one()


def test_a_trainer_can_assign_with_three_fields(trainer: Person, make: Factory, session: Session) -> None:
    cohort = make.cohort(trainer)

    sent = {"module": make.module().id, "due_date": "2026-12-01", "due_time": "18:00"}
    answer = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=sent)

    assert answer.status_code == 303
    assert _only(session).due_local == "2026-12-01T18:00"


def test_a_date_without_a_time_means_the_end_of_the_day_and_an_opening_its_begin(
    trainer: Person, make: Factory, session: Session
) -> None:
    cohort = make.cohort(trainer)
    sent = {"module": make.module().id, "opens_date": "2026-12-01", "due_date": "2026-12-01"}

    refused = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=sent | {"attempts_allowed": "x"})
    trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=sent)

    made = _only(session)
    assert (made.opens_local, made.due_local) == ("2026-12-01T00:00", "2026-12-01T23:59")
    assert (refused.status_code, 'value="23:59"' in refused.text) == (422, True)


def test_a_due_date_that_is_moved_into_the_past_is_pointed_out(
    trainer: Person, make: Factory, session: Session
) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer), due_at=make.now() + timedelta(days=1))
    path = f"/teach/assignments/{assignment.id}/settings"

    trainer.client.post(path, data=_terms(make, revision="1", due_date="2026-11-20", due_time=""))

    assert "the due date, Fri 20 Nov, 23:59, is in the past" in trainer.client.get(path).text


def test_the_page_of_an_assignment_shows_who_did_it_and_who_is_missing(
    trainer: Person, make: Factory, session: Session
) -> None:
    passed, failed, absent, excused, closed = (
        make.person(name=name) for name in ("Pia Passed", "Fay Failed", "Abe Absent", "Exa Excused", "Clo Closed")
    )
    cohort = make.cohort(trainer, passed, failed, absent, excused, closed)
    assignment = make.assignment(
        trainer, cohort, due_at=make.now() + timedelta(days=1), attempts_allowed=2, time_limit_minutes=20
    )
    take_test(session, passed, assignment, make.now(), is_right=True)
    take_test(session, failed, assignment, make.now(), is_right=False)
    make.exception(trainer, assignment, excused, is_excused=True)
    closed.user.active = False
    session.commit()

    page = trainer.client.get(f"/teach/assignments/{assignment.id}").text

    assert "1 of 3 passed" in page
    assert "2 learners have not passed yet." in page
    assert "account closed, not counted" in page
    for words in ("<dt>Questions</dt>", "20 min", "insight?assignment=", "/settings"):
        assert words in page
    give = f"/teach/assignments/{assignment.id}/exceptions/"
    assert f"{give}{failed.learner.id}?give=attempt" in page
    assert f"{give}{absent.learner.id}?give=time" in page
    for person in (passed, excused, closed):
        assert f"{give}{person.learner.id}" not in page


# -- who may -------------------------------------------------------------------------------------------------------------

PAGES = [
    ("GET", "/teach/cohorts/{cohort}"),
    ("POST", "/teach/cohorts/{cohort}/join-code"),
    ("POST", "/teach/cohorts/{cohort}/remove"),
    ("GET", "/teach/cohorts/{cohort}/gradebook.csv"),
    ("GET", "/teach/cohorts/{cohort}/assignments/new"),
    ("POST", "/teach/cohorts/{cohort}/assignments/new"),
    ("GET", "/teach/assignments/{assignment}"),
    ("GET", "/teach/assignments/{assignment}/settings"),
    ("POST", "/teach/assignments/{assignment}/settings"),
    ("POST", "/teach/assignments/{assignment}/withdraw"),
    ("POST", "/teach/assignments/{assignment}/set-again"),
    ("POST", "/teach/assignments/{assignment}/delete"),
    ("GET", "/teach/assignments/{assignment}/exceptions"),
    ("POST", "/teach/assignments/{assignment}/exceptions"),
    ("POST", "/teach/assignments/{assignment}/exceptions/move-closing"),
    ("GET", "/teach/assignments/{assignment}/exceptions/{learner}"),
    ("POST", "/teach/assignments/{assignment}/exceptions/{learner}"),
    ("POST", "/teach/assignments/{assignment}/exceptions/{learner}/take-back"),
    ("GET", "/teach/assignments/{assignment}/preview"),
    ("GET", "/teach/assignments/{assignment}/preview/1"),
]


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_another_trainers_cohort_is_not_there(
    trainer: Person, make: Factory, session: Session, method: str, path: str
) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    address = path.format(cohort=cohort.id, assignment=assignment.id, learner=learner.learner.id)
    sent = _terms(make, learners=learner.learner.id, extra_time_percent="25")
    before = session.scalar(select(func.count(AuditEvent.id)))

    as_other = make.trainer().client.open(address, method=method, data=sent)
    as_learner = learner.client.open(address, method=method, data=sent)
    as_admin = make.admin().client.get(address, follow_redirects=True) if method == "GET" else None

    assert as_other.status_code == 404
    assert as_learner.status_code == 403
    assert as_admin is None or as_admin.status_code == 200
    assert session.scalar(select(func.count(AuditEvent.id))) == before


@pytest.mark.parametrize(("method", "path"), [("GET", "/teach"), ("POST", "/teach/cohorts"), *PAGES])
def test_a_visitor_is_asked_to_sign_in_and_a_learner_refused(
    client: FlaskClient, make: Factory, method: str, path: str
) -> None:
    address = path.format(cohort=1, assignment=1, learner=1)

    as_visitor = client.open(address, method=method)
    as_learner = make.person().client.open(address, method=method)

    assert as_visitor.location == (f"/login?next={address}" if method == "GET" else "/login")
    assert as_learner.status_code == 403
