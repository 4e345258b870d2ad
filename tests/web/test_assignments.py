"""A trainer's assignments: terms, due dates, extra time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.release import Policy, When
from app.models import Assignment, AuditEvent, ObjectiveRow
from app.services.assigned import assignments
from app.services.course import catalogue
from tests.factory import Make, Person


@pytest.fixture
def trainer(make: Make) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


JANUARY = {"due_date": "2027-01-01", "due_time": "12:00"}


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
        ({"opens_date": "2027-03-28", "opens_time": "02:30"}, "the clocks skip this time"),
        ({"opens_date": "2027-03-28"}, "Give both a date and a time, or neither."),
        ({"opens_date": "2027-01-02", "opens_time": "12:00"} | JANUARY, "It would be due before it opens"),
        ({"due_date": "2026-11-23", "due_time": "09:59"}, "This moment has passed already."),
        (
            {"opens_date": "2027-01-01", "opens_time": "11:30", "time_limit_minutes": "60"}
            | {"release_explanation": "closing"}
            | JANUARY,
            "The test closes before this time could be used",
        ),
        ({"time_limit_minutes": "0"}, "A whole number from 1 to 600."),
        ({"pass_mark_percent": "0"}, "A whole number from 1 to 100."),
        ({"counts": "worst"}, "Not a valid choice"),
        ({"audience": "nobody"}, "Not a valid choice"),
        ({"audience": "some"}, "Choose for whom it is, or set it for everybody."),
        ({"audience": "some", "recipients": "999"}, "999"),
        ({"lessons": "999"}, "999"),
        ({"required": "999"}, "999"),
        ({"pretest": "999"}, "Not a valid choice"),
        ({"lessons": "lots"}, "Invalid choice(s)"),
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


# -- lessons, people, and what comes first -----------------------------------------------------------------------------


def _lesson_ids(session: Session, make: Make, module: str = "safety") -> list[int]:
    return [lesson.id for lesson in catalogue.list_lessons(session, make.module(module).id)]


def _only(session: Session) -> Assignment:
    return session.scalars(select(Assignment)).one()


def test_everything_that_can_be_set_is_kept_and_shown_again(trainer: Person, make: Make, session: Session) -> None:
    """Catches: a field that is on the form and gets lost on its way to the database or back."""
    learner, other = make.person(), make.person()
    cohort = make.cohort(trainer, learner, other)
    first, before = (make.assignment(trainer, cohort, title=title) for title in ("First", "Before"))
    lesson = _lesson_ids(session, make)[1]
    sent = _terms(
        make,
        title="It",
        opens_date="2026-12-01",
        opens_time="08:15",
        due_date="2026-12-08",
        due_time="18:00",
        attempts_allowed="2",
        time_limit_minutes="25",
        pass_mark_percent="70",
        counts="latest",
        lessons=str(lesson),
        lessons_first="y",
        audience="some",
        recipients=str(other.learner.id),
        required=str(first.id),
        pretest=str(before.id),
        asks_certainty="y",
        release_key="last_attempt",
        release_explanation="closing",
    )

    trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=sent)

    made = session.scalars(select(Assignment).where(Assignment.title == "It")).one()
    terms = assignments.terms_of(session, made)
    assert (made.opens_local, made.due_local, made.time_zone) == (
        "2026-12-01T08:15",
        "2026-12-08T18:00",
        "Europe/Berlin",
    )
    assert (terms.opens_at, terms.due_at) == (
        datetime(2026, 12, 1, 7, 15, tzinfo=UTC),
        datetime(2026, 12, 8, 17, 0, tzinfo=UTC),
    )
    assert (terms.attempts_allowed, terms.time_limit_minutes, terms.pass_mark_percent) == (2, 25, 70)
    assert (terms.counts, terms.lessons_first, terms.asks_certainty, terms.is_for_all) == ("latest", True, True, False)
    assert (terms.lesson_ids, terms.recipient_ids) == ({lesson}, {other.learner.id})
    assert (terms.required_ids, terms.pretest_id) == ({first.id}, before.id)
    assert terms.policy == Policy(key=When.LAST_ATTEMPT, explanation=When.CLOSING)
    # Saved once more as it is shown, nothing changes.
    page = trainer.client.get(f"/teach/assignments/{made.id}").text
    trainer.client.post(f"/teach/assignments/{made.id}", data=sent | {"revision": "1"})
    session.expire_all()
    assert (made.revision, assignments.terms_of(session, made)) == (1, terms)
    for shown in ('value="2026-12-01"', 'value="08:15"', 'value="25"', "1 chosen lesson", "1 learner,"):
        assert shown in page


def test_a_trainer_can_assign_with_three_fields(trainer: Person, make: Make, session: Session) -> None:
    cohort = make.cohort(trainer)

    sent = {"module": make.module().id, "due_date": "2026-12-01", "due_time": "18:00"}
    answer = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=sent)

    assert answer.status_code == 303
    assert _only(session).due_local == "2026-12-01T18:00"


def test_lessons_of_another_module_are_refused(trainer: Person, make: Make, session: Session) -> None:
    cohort = make.cohort(trainer)
    lessons = [_lesson_ids(session, make)[0], _lesson_ids(session, make, "evidence")[0]]

    page = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make, lessons=lessons))

    assert (page.status_code, "Some of these lessons belong to another module." in page.text) == (422, True)


def test_lessons_that_leave_nothing_to_ask_are_refused(trainer: Person, make: Make, session: Session) -> None:
    cohort = make.cohort(trainer)
    lesson = _lesson_ids(session, make)[0]
    for objective in session.scalars(select(ObjectiveRow).where(ObjectiveRow.module_id == make.module().id)):
        objective.read = None
    session.commit()

    page = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make, lessons=str(lesson)))

    assert (page.status_code, "No question of the test is about these lessons." in page.text) == (422, True)
    assert session.scalar(select(func.count(Assignment.id))) == 0


def test_a_ring_of_prerequisites_is_refused(trainer: Person, make: Make, session: Session) -> None:
    cohort = make.cohort(trainer)
    first = make.assignment(trainer, cohort, title="First")
    second = make.assignment(trainer, cohort, title="Second", required_ids=frozenset({first.id}))
    third = make.assignment(trainer, cohort, title="Third", required_ids=frozenset({second.id}))

    page = trainer.client.post(
        f"/teach/assignments/{first.id}", data=_terms(make, revision="1", required=str(third.id))
    )

    assert (page.status_code, "waits for this assignment itself" in page.text) == (422, True)
    assert assignments.terms_of(session, first).required_ids == frozenset()


@pytest.mark.parametrize(("sets", "field"), [("required", "required"), ("pretest", "pretest")])
def test_a_ring_through_a_pre_test_is_refused(
    trainer: Person, make: Make, session: Session, sets: str, field: str
) -> None:
    """Fails when what has to be passed first and what has to be taken first are looked at apart: nobody could begin either of the two."""
    cohort = make.cohort(trainer)
    first = make.assignment(trainer, cohort, title="First")
    terms = {"pretest_id": first.id} if sets == "required" else {"required_ids": frozenset({first.id})}
    second = make.assignment(trainer, cohort, title="Second", **terms)

    page = trainer.client.post(
        f"/teach/assignments/{first.id}", data=_terms(make, revision="1", **{sets: str(second.id)})
    )

    assert page.status_code == 422
    assert f'id="{field}-err"' in page.text


@pytest.mark.parametrize("why", ["opens", "tells its score"])
def test_what_can_only_be_passed_too_late_is_refused(trainer: Person, make: Make, session: Session, why: str) -> None:
    cohort = make.cohort(trainer)
    later = datetime(2027, 1, 1, 11, 0, tzinfo=UTC)
    given = {"opens_at": later} if why == "opens" else {"due_at": later, "policy": Policy(*[When.CLOSING] * 4)}
    first = make.assignment(trainer, cohort, title="First", **given)
    path = f"/teach/cohorts/{cohort.id}/assignments/new"

    page = trainer.client.post(path, data=_terms(make, required=str(first.id), **JANUARY))
    after = trainer.client.post(
        path, data=_terms(make, required=str(first.id), due_date="2027-01-02", due_time="12:00")
    )

    assert (page.status_code, "only when this one is due already" in page.text) == (422, True)
    assert after.status_code == 303


@pytest.mark.parametrize("why", ["another module", "opens later", "measured from this", "and a new one"])
def test_a_pre_test_that_cannot_be_one_is_refused(trainer: Person, make: Make, session: Session, why: str) -> None:
    cohort = make.cohort(trainer)
    given = {"opens_at": make.now() + timedelta(days=1)} if why == "opens later" else {}
    other = make.assignment(trainer, cohort, "evidence" if why == "another module" else "safety", **given)
    sent = _terms(make, pretest=str(other.id)) | ({"also_pretest": "y"} if why == "and a new one" else {})
    path = f"/teach/cohorts/{cohort.id}/assignments/new"
    if why == "measured from this":
        of = make.assignment(trainer, cohort, title="Of")
        other.pretest_id = of.id
        session.commit()
        path, sent = f"/teach/assignments/{of.id}", sent | {"revision": "1"}

    page = trainer.client.post(path, data=sent)

    assert page.status_code == 422
    assert 'id="pretest-err"' in page.text


def test_a_pre_test_is_set_with_one_tick_and_once(trainer: Person, make: Make, session: Session) -> None:
    cohort = make.cohort(trainer, make.person())
    sent = _terms(make, also_pretest="y", form_id="the same form")

    for _ in range(2):
        trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=sent)

    before, after = session.scalars(select(Assignment).order_by(Assignment.id)).all()
    assert before.title == f"{after.title} (before)"
    assert after.pretest_id == before.id


def test_nothing_new_is_set_in_an_archived_cohort(trainer: Person, make: Make, session: Session) -> None:
    cohort = make.cohort(trainer)
    cohort.archived_at = make.now()
    session.commit()

    answer = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make))

    assert (answer.status_code, "This cohort is archived" in answer.text) == (409, True)
    assert session.scalar(select(func.count(Assignment.id))) == 0


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
