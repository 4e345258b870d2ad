"""A trainer's pages: cohorts, the gradebook, assignments and extra time."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.release import Policy, When
from app.models import Assignment, AssignmentException, Attempt, AuditEvent, Cohort, CohortTrainer, Membership
from tests.conftest import Clock
from tests.factory import Make, Person
from tests.taking import begin, take


@pytest.fixture
def trainer(make: Make) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


def _terms(make: Make, **changed: Any) -> dict[str, Any]:
    return {"module": make.module().id} | changed


# -- cohorts ---------------------------------------------------------------------------------------------------------------


def test_a_trainer_makes_a_cohort_and_teaches_it(trainer: Person, session: Session) -> None:
    answer = trainer.client.post("/teach/cohorts", data={"title": "Year 2", "time_zone": "Europe/Berlin"})

    cohort = session.scalars(select(Cohort)).one()
    assert answer.location == f"/teach/cohorts/{cohort.id}"
    assert session.scalars(select(CohortTrainer.user_id)).all() == [trainer.user.id]
    assert session.scalars(select(AuditEvent.action)).all() == ["cohort.create"]
    assert "Nobody has joined yet" in trainer.client.get(answer.location).text


def test_every_fault_of_a_cohort_is_told_at_once(trainer: Person, session: Session) -> None:
    page = trainer.client.post("/teach/cohorts", data={"title": " ", "time_zone": "Berlin"})

    assert page.status_code == 422
    assert "Give the cohort a title." in page.text
    assert "There is no such time zone." in page.text
    assert session.scalar(select(func.count(Cohort.id))) == 0


def test_the_list_shows_ones_own_cohorts_and_an_admin_all(trainer: Person, make: Make) -> None:
    make.cohort(trainer, title="Mine")
    make.cohort(make.trainer(), title="Theirs")

    mine, all_of_them = trainer.client.get("/teach").text, make.admin().client.get("/teach").text

    assert "Mine" in mine
    assert "Theirs" not in mine
    assert "Mine" in all_of_them
    assert "Theirs" in all_of_them


def test_the_join_code_is_shown_as_code_and_link_and_renewed(trainer: Person, make: Make, session: Session) -> None:
    cohort = make.cohort(trainer)
    old = cohort.join_code
    page = trainer.client.get(f"/teach/cohorts/{cohort.id}").text

    trainer.client.post(f"/teach/cohorts/{cohort.id}/join-code")

    session.refresh(cohort)
    assert f'value="http://localhost:8000/join/{old[:5]}-{old[5:]}"' in page
    assert cohort.join_code != old
    assert "cohort.renew_code" in session.scalars(select(AuditEvent.action)).all()


def test_an_expired_code_is_not_offered(trainer: Person, make: Make, clock: Clock) -> None:
    cohort = make.cohort(trainer)
    clock.advance(days=100)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}").text

    assert "The code no longer works." in page
    assert cohort.join_code[:5] not in page


def test_removing_a_learner_keeps_the_record_and_ends_access(trainer: Person, make: Make, session: Session) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort, title="Hidden from strangers")
    take(session, learner, assignment, make.now(), is_right=True)

    answer = trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data={"learner": learner.learner.id})

    session.expire_all()
    assert answer.status_code == 303
    assert session.scalars(select(Membership)).one().removed_at == make.now()
    assert session.scalar(select(func.count(Attempt.id))) == 1
    assert learner.client.post(f"/assignments/{assignment.id}/attempts").status_code == 404
    assert "Hidden from strangers" not in learner.client.get("/").text


@pytest.mark.parametrize("sent", [{}, {"learner": "x"}, {"learner": "999999"}])
def test_removing_nobody_is_404(trainer: Person, make: Make, sent: dict[str, str]) -> None:
    cohort = make.cohort(trainer)

    assert trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data=sent).status_code == 404


# -- the gradebook ---------------------------------------------------------------------------------------------------------


def test_the_gradebook_says_every_state_in_words(trainer: Person, make: Make, session: Session) -> None:
    nothing, under, passed, failed, late = (make.person(name=name) for name in ("Nia", "Uma", "Pia", "Fay", "Lou"))
    cohort = make.cohort(trainer, nothing, under, passed, failed, late)
    assignment = make.assignment(trainer, cohort, title="Safety first", due_at=make.now())
    begin(session, under, assignment, make.now())
    take(session, passed, assignment, make.now(), is_right=True)
    take(session, failed, assignment, make.now(), is_right=False)
    take(session, late, assignment, make.now() + timedelta(days=2), is_right=True)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}").text

    assert "Safety first" in page
    assert all(name in page for name in ("Nia", "Uma", "Pia", "Fay", "Lou"))
    assert page.count(">Not started<") == 1
    assert page.count("<span><span>under way</span></span>") == 1
    assert page.count('<span class="sr">, passed</span>') == 1
    assert "2 days late" in page
    assert "critical missed" in page


def test_looking_at_the_gradebook_closes_what_is_overdue(
    trainer: Person, make: Make, session: Session, clock: Clock
) -> None:
    """Catches: marks of an attempt whose time is up that nobody ever writes."""
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    attempt = begin(session, learner, make.assignment(trainer, cohort, time_limit_minutes=20), make.now())
    clock.advance(minutes=21)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}").text

    session.refresh(attempt)
    assert attempt.submitted_at == attempt.deadline_at
    assert "under way</span></span>" not in page


def test_the_csv_holds_the_gradebook_and_no_formulas(trainer: Person, make: Make, session: Session) -> None:
    learner = make.person(name="=HYPERLINK(1)", email="l@example.org")
    cohort = make.cohort(trainer, learner, title="Physio: Jahr 2/ä")
    take(session, learner, make.assignment(trainer, cohort, title="@Test"), make.now(), is_right=True)

    answer = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook.csv")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="physio-jahr-2-a.csv"'
    assert rows[0][2] == "'@Test: state"
    assert rows[1] == ["'=HYPERLINK(1)", "l@example.org", "passed", "100", "2026-11-23 10:00", ""]


def test_a_script_in_a_name_or_title_is_inert(trainer: Person, make: Make) -> None:
    cohort = make.cohort(trainer, make.person(name="<script>alert(1)</script>"), title="<script>alert(2)</script>")
    make.assignment(trainer, cohort, title="<script>alert(3)</script>")

    assert "<script>alert" not in trainer.client.get(f"/teach/cohorts/{cohort.id}").text


def test_the_cohort_page_takes_as_many_statements_for_six_learners_as_for_one(
    trainer: Person, make: Make, session: Session, statements: Callable[[], list[str]]
) -> None:
    counts = []
    for size in (1, 6):
        people = [make.person() for _ in range(size)]
        cohort = make.cohort(trainer, *people)
        assignment = make.assignment(trainer, cohort)
        for person in people:
            take(session, person, assignment, make.now(), is_right=False)
        statements()
        trainer.client.get(f"/teach/cohorts/{cohort.id}")
        counts.append(len(statements()))

    assert counts[0] == counts[1] <= 8


# -- assignments -----------------------------------------------------------------------------------------------------------


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
        data=_terms(make, module=other.id, title="New", attempts_allowed="3", release_explanation="last_attempt"),
    )

    session.expire_all()
    assert (answer.status_code, assignment.title) == (303, "New")
    assert assignment.module_id == make.module().id


def test_editing_saves_and_is_audited(trainer: Person, make: Make, session: Session) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer))

    trainer.client.post(
        f"/teach/assignments/{assignment.id}",
        data=_terms(make, title="New", attempts_allowed="3", release_explanation="last_attempt"),
    )

    session.expire_all()
    assert (assignment.title, assignment.attempts_allowed) == ("New", 3)
    assert assignment.policy == Policy(explanation=When.LAST_ATTEMPT)
    assert "assignment.edit" in session.scalars(select(AuditEvent.action)).all()


def test_extra_time_reaches_the_attempt_under_way(trainer: Person, make: Make, session: Session) -> None:
    learner = make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), time_limit_minutes=20)
    attempt = begin(session, learner, assignment, make.now())

    answer = trainer.client.post(
        f"/teach/assignments/{assignment.id}/extra-time", data={"learner": learner.learner.id, "percent": "50"}
    )

    session.refresh(attempt)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "assignment.extra_time")).one()
    assert answer.status_code == 303
    assert attempt.deadline_at == make.now() + timedelta(minutes=30)
    assert event.details == {"learner": learner.learner.id, "percent": 50}


@pytest.mark.parametrize("percent", ["-1", "401", "half", ""])
def test_extra_time_out_of_range_is_refused_beside_its_field(
    trainer: Person, make: Make, session: Session, percent: str
) -> None:
    learner = make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))

    page = trainer.client.post(
        f"/teach/assignments/{assignment.id}/extra-time", data={"learner": learner.learner.id, "percent": percent}
    )

    assert page.status_code == 422
    assert f'id="extra-{learner.learner.id}-err"' in page.text
    assert session.scalars(select(AssignmentException)).all() == []


def test_extra_time_for_a_stranger_is_404(trainer: Person, make: Make) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer))

    answer = trainer.client.post(
        f"/teach/assignments/{assignment.id}/extra-time", data={"learner": make.person().learner.id, "percent": "25"}
    )

    assert answer.status_code == 404


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
    ("POST", "/teach/assignments/{assignment}/extra-time"),
]


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_another_trainers_cohort_is_not_there(
    trainer: Person, make: Make, session: Session, method: str, path: str
) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    address = path.format(cohort=cohort.id, assignment=assignment.id)
    sent = _terms(make, learner=learner.learner.id, percent="25")
    before = session.scalar(select(func.count(AuditEvent.id)))

    as_other = make.trainer().client.open(address, method=method, data=sent)
    as_learner = learner.client.open(address, method=method, data=sent)
    as_admin = make.admin().client.open(address, method="GET") if method == "GET" else None

    assert as_other.status_code == 404
    assert as_learner.status_code == 403
    assert as_admin is None or as_admin.status_code == 200
    assert session.scalar(select(func.count(AuditEvent.id))) == before


@pytest.mark.parametrize(("method", "path"), [("GET", "/teach"), ("POST", "/teach/cohorts"), *PAGES])
def test_a_visitor_is_asked_to_sign_in_and_a_learner_refused(
    client: FlaskClient, make: Make, method: str, path: str
) -> None:
    address = path.format(cohort=1, assignment=1)

    as_visitor = client.open(address, method=method)
    as_learner = make.person().client.open(address, method=method)

    assert as_visitor.location == (f"/login?next={address}" if method == "GET" else "/login")
    assert as_learner.status_code == 403
