"""A trainer's assignments: terms, due dates, extra time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.release import Policy, When
from app.models import Assignment, AuditEvent
from tests.factory import Make, Person


@pytest.fixture
def trainer(make: Make) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


def _terms(make: Make, **changed: Any) -> dict[str, Any]:
    return {"module": make.module().id} | changed


def test_an_assignment_takes_title_and_pass_mark_from_its_module(trainer: Person, make: Make, session: Session) -> None:
    cohort = make.cohort(trainer)

    answer = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make))

    made, module = session.scalars(select(Assignment)).one(), make.module()
    assert answer.location == f"/teach/cohorts/{cohort.id}"
    assert (made.title, made.pass_mark_percent) == (module.title, module.pass_mark_percent)
    assert (made.due_at, made.attempts_allowed, made.time_limit_minutes) == (None, None, None)
    assert "assignment.create" in session.scalars(select(AuditEvent.action)).all()


def test_members_see_the_assignment_and_others_do_not(trainer: Person, make: Make) -> None:
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
    trainer: Person, make: Make, session: Session, zone: str, date: str, time: str, moment: datetime
) -> None:
    """Catches: taking the typed time for UTC or for the trainer's own zone, or the first of two equal hours."""
    cohort = make.cohort(trainer, time_zone=zone)

    trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make, due_date=date, due_time=time))

    made = session.scalars(select(Assignment)).one()
    page = trainer.client.get(f"/teach/assignments/{made.id}").text
    assert made.due_at == moment
    assert f'value="{date}"' in page
    assert f'value="{time}"' in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"due_date": "2027-03-28", "due_time": "02:30"}, "the clocks skip this time"),
        ({"due_date": "2027-03-28"}, "Give both a date and a time, or neither."),
        ({"due_time": "18:00"}, "Give both a date and a time, or neither."),
        ({"due_date": "9999-12-31", "due_time": "23:59", "zone": "America/New_York"}, "This date is too far away."),
        ({"attempts_allowed": "0"}, "A whole number from 1 to 100."),
        ({"attempts_allowed": "101"}, "A whole number from 1 to 100."),
        ({"time_limit_minutes": "601"}, "A whole number from 1 to 600."),
        ({"time_limit_minutes": "ten"}, "Not a valid integer value"),
        ({"pass_mark_percent": "101"}, "A whole number from 1 to 100."),
        ({"release_explanation": "closing"}, "Without a due date the test never closes: give one."),
        ({"release_explanation": "last_attempt"}, "With unlimited attempts there is no last one"),
        ({"release_mark": "each_answer"}, "There is a score when all is handed in"),
        ({"release_key": "last_attempt", "attempts_allowed": "2"}, "This gives away what stands above it"),
        ({"release_key": "each_answer"}, "This gives away what stands above it"),
        ({"release_key": "at_once"}, "Not a valid choice"),
        ({"module": "999"}, "Not a valid choice"),
        ({"title": "x" * 201}, "At most 200 characters."),
    ],
)
def test_terms_that_cannot_be_are_refused(
    trainer: Person, make: Make, session: Session, changed: dict[str, str], said: str
) -> None:
    cohort = make.cohort(trainer, time_zone=changed.pop("zone", "Europe/Berlin"))

    page = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make, **changed))

    assert page.status_code == 422
    assert said in page.text
    assert session.scalar(select(func.count(Assignment.id))) == 0


def test_all_faults_of_the_terms_are_told_at_once_and_what_was_typed_is_kept(trainer: Person, make: Make) -> None:
    cohort = make.cohort(trainer)
    sent = _terms(make, title="Kept", attempts_allowed="0", due_date="2027-03-28", due_time="02:30")

    page = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=sent).text

    assert "2 things to mend" in page
    assert 'value="Kept"' in page
    assert 'value="2027-03-28"' in page


def test_editing_changes_the_terms_but_not_the_module(trainer: Person, make: Make, session: Session) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer))
    other = make.module("evidence")

    answer = trainer.client.post(
        f"/teach/assignments/{assignment.id}",
        data=_terms(
            make, revision="1", module=other.id, title="New", attempts_allowed="3", release_explanation="last_attempt"
        ),
    )

    session.expire_all()
    assert (answer.status_code, assignment.title) == (303, "New")
    assert assignment.module_id == make.module().id


def test_editing_saves_and_is_audited(trainer: Person, make: Make, session: Session) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer))

    trainer.client.post(
        f"/teach/assignments/{assignment.id}",
        data=_terms(make, revision="1", title="New", attempts_allowed="3", release_explanation="last_attempt"),
    )

    session.expire_all()
    assert (assignment.title, assignment.attempts_allowed) == ("New", 3)
    assert assignment.policy == Policy(explanation=When.LAST_ATTEMPT)
    assert "assignment.edit" in session.scalars(select(AuditEvent.action)).all()


# -- who may -------------------------------------------------------------------------------------------------------------

PAGES = [
    ("GET", "/teach/cohorts/{cohort}"),
    ("POST", "/teach/cohorts/{cohort}/join-code"),
    ("POST", "/teach/cohorts/{cohort}/remove"),
    ("GET", "/teach/cohorts/{cohort}/gradebook.csv"),
    ("GET", "/teach/cohorts/{cohort}/assignments/new"),
    ("POST", "/teach/cohorts/{cohort}/assignments/new"),
    ("GET", "/teach/assignments/{assignment}"),
    ("POST", "/teach/assignments/{assignment}"),
    ("POST", "/teach/assignments/{assignment}/withdraw"),
    ("POST", "/teach/assignments/{assignment}/set-again"),
    ("POST", "/teach/assignments/{assignment}/delete"),
    ("GET", "/teach/assignments/{assignment}/exceptions"),
    ("POST", "/teach/assignments/{assignment}/exceptions"),
    ("POST", "/teach/assignments/{assignment}/exceptions/{learner}"),
    ("POST", "/teach/assignments/{assignment}/exceptions/{learner}/take-back"),
    ("GET", "/teach/assignments/{assignment}/preview"),
    ("GET", "/teach/assignments/{assignment}/preview/1"),
]


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_another_trainers_cohort_is_not_there(
    trainer: Person, make: Make, session: Session, method: str, path: str
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
    client: FlaskClient, make: Make, method: str, path: str
) -> None:
    address = path.format(cohort=1, assignment=1, learner=1)

    as_visitor = client.open(address, method=method)
    as_learner = make.person().client.open(address, method=method)

    assert as_visitor.location == (f"/login?next={address}" if method == "GET" else "/login")
    assert as_learner.status_code == 403
