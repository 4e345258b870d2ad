"""The options of an assignment: lessons, learners, prerequisites and pre-tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Assignment, ObjectiveRow
from app.services.assignments import assignments
from app.services.course import catalogue
from tests.support.factory import Factory, Person


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


JANUARY = {"due_date": "2027-01-01", "due_time": "12:00"}


def _terms(make: Factory, **changed: Any) -> dict[str, Any]:
    return {"module": make.module().id} | changed


def _lesson_ids(session: Session, make: Factory, module: str = "safety") -> list[int]:
    return [lesson.id for lesson in catalogue.list_lessons(session, make.module(module).id)]


def test_everything_that_can_be_set_is_kept_and_shown_again(trainer: Person, make: Factory, session: Session) -> None:
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
    terms = assignments.get_terms(session, made)
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
    assert (terms.lesson_ids, terms.recipient_ids) == (frozenset({lesson}), frozenset({other.learner.id}))
    assert (terms.required_ids, terms.pretest_id) == (frozenset({first.id}), before.id)
    assert terms.policy == ReleasePolicy(key=ReleaseMoment.LAST_ATTEMPT, explanation=ReleaseMoment.CLOSING)
    # Saved once more as it is shown, nothing changes.
    page = trainer.client.get(f"/teach/assignments/{made.id}/settings").text
    trainer.client.post(f"/teach/assignments/{made.id}/settings", data=sent | {"revision": "1"})
    session.expire_all()
    assert (made.revision, assignments.get_terms(session, made)) == (1, terms)
    for shown in ('value="2026-12-01"', 'value="08:15"', 'value="25"', "1 selected lesson", ">1 learner<"):
        assert shown in page


def test_lessons_of_another_module_are_refused(trainer: Person, make: Factory, session: Session) -> None:
    cohort = make.cohort(trainer)
    lessons = [_lesson_ids(session, make)[0], _lesson_ids(session, make, "evidence")[0]]

    page = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make, lessons=lessons))

    assert (page.status_code, "Some of these lessons belong to another module." in page.text) == (422, True)


def test_lessons_that_leave_nothing_to_ask_are_refused(trainer: Person, make: Factory, session: Session) -> None:
    cohort = make.cohort(trainer)
    lesson = _lesson_ids(session, make)[0]
    for objective in session.scalars(select(ObjectiveRow).where(ObjectiveRow.module_id == make.module().id)):
        objective.read = None
    session.commit()

    page = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make, lessons=str(lesson)))

    assert (page.status_code, "The test has no questions about these lessons." in page.text) == (422, True)
    assert session.scalar(select(func.count(Assignment.id))) == 0


def test_a_ring_of_prerequisites_is_refused(trainer: Person, make: Factory, session: Session) -> None:
    cohort = make.cohort(trainer)
    first = make.assignment(trainer, cohort, title="First")
    second = make.assignment(trainer, cohort, title="Second", required_ids=frozenset({first.id}))
    third = make.assignment(trainer, cohort, title="Third", required_ids=frozenset({second.id}))

    page = trainer.client.post(
        f"/teach/assignments/{first.id}/settings", data=_terms(make, revision="1", required=str(third.id))
    )

    assert (page.status_code, "has to be passed after this assignment" in page.text) == (422, True)
    assert assignments.get_terms(session, first).required_ids == frozenset()


@pytest.mark.parametrize(("sets", "field"), [("required", "required"), ("pretest", "pretest")])
def test_a_ring_through_a_pre_test_is_refused(
    trainer: Person, make: Factory, session: Session, sets: str, field: str
) -> None:
    """Fails when what has to be passed first and what has to be taken first are looked at apart: nobody could begin either of the two."""
    cohort = make.cohort(trainer)
    first = make.assignment(trainer, cohort, title="First")
    terms = {"pretest_id": first.id} if sets == "required" else {"required_ids": frozenset({first.id})}
    second = make.assignment(trainer, cohort, title="Second", **terms)

    page = trainer.client.post(
        f"/teach/assignments/{first.id}/settings", data=_terms(make, revision="1", **{sets: str(second.id)})
    )

    assert page.status_code == 422
    assert f'id="{field}-err"' in page.text


@pytest.mark.parametrize("why", ["opens", "tells its score"])
def test_what_can_only_be_passed_too_late_is_refused(
    trainer: Person, make: Factory, session: Session, why: str
) -> None:
    cohort = make.cohort(trainer)
    later = datetime(2027, 1, 1, 11, 0, tzinfo=UTC)
    given = (
        {"opens_at": later}
        if why == "opens"
        else {"due_at": later, "policy": ReleasePolicy(*[ReleaseMoment.CLOSING] * 4)}
    )
    first = make.assignment(trainer, cohort, title="First", **given)
    path = f"/teach/cohorts/{cohort.id}/assignments/new"

    page = trainer.client.post(path, data=_terms(make, required=str(first.id), **JANUARY))
    after = trainer.client.post(
        path, data=_terms(make, required=str(first.id), due_date="2027-01-02", due_time="12:00")
    )

    assert (page.status_code, "only after this assignment is due" in page.text) == (422, True)
    assert after.status_code == 303


@pytest.mark.parametrize("why", ["another module", "opens later", "measured from this", "and a new one"])
def test_a_pre_test_that_cannot_be_one_is_refused(trainer: Person, make: Factory, session: Session, why: str) -> None:
    cohort = make.cohort(trainer)
    given = {"opens_at": make.now() + timedelta(days=1)} if why == "opens later" else {}
    other = make.assignment(trainer, cohort, "evidence" if why == "another module" else "safety", **given)
    sent = _terms(make, pretest=str(other.id)) | ({"also_pretest": "y"} if why == "and a new one" else {})
    path = f"/teach/cohorts/{cohort.id}/assignments/new"
    if why == "measured from this":
        of = make.assignment(trainer, cohort, title="Of")
        other.pretest_id = of.id
        session.commit()
        path, sent = f"/teach/assignments/{of.id}/settings", sent | {"revision": "1"}

    page = trainer.client.post(path, data=sent)

    assert page.status_code == 422
    assert 'id="pretest-err"' in page.text


def test_a_pre_test_is_set_with_one_tick_and_once(trainer: Person, make: Factory, session: Session) -> None:
    cohort = make.cohort(trainer, make.person())
    sent = _terms(make, also_pretest="y", form_id="the same form")

    for _ in range(2):
        trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=sent)

    before, after = session.scalars(select(Assignment).order_by(Assignment.id)).all()
    assert before.title == f"{after.title} (before)"
    assert after.pretest_id == before.id


def test_nothing_new_is_set_in_an_archived_cohort(trainer: Person, make: Factory, session: Session) -> None:
    cohort = make.cohort(trainer)
    cohort.archived_at = make.now()
    session.commit()

    answer = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=_terms(make))

    assert (answer.status_code, "This cohort is archived" in answer.text) == (409, True)
    assert session.scalar(select(func.count(Assignment.id))) == 0
