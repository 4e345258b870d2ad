"""An assignment that two trainers change, that is withdrawn, and that is deleted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Assignment, AuditEvent
from app.services.assignments import assignments
from app.services.cohorts import cohorts
from app.services.course import catalogue
from tests.support.assigned_test import start_attempt
from tests.support.factory import Factory, Person


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


def _terms(make: Factory, **changed: Any) -> dict[str, Any]:
    return {"module": make.module().id} | changed


# -- two trainers --------------------------------------------------------------------------------------------------------


def test_the_second_of_two_trainers_sees_what_changed_and_keeps_what_they_typed(
    trainer: Person, make: Factory, session: Session
) -> None:
    """Catches: a form that saves over what another trainer changed since it was loaded."""
    other, learner = make.admin(name="Dr Rui Tavares"), make.person(name="Ada Ek")
    assignment = make.assignment(trainer, make.cohort(trainer, learner), title="It", attempts_allowed=2)
    path = f"/teach/assignments/{assignment.id}/settings"
    first = _terms(make, revision="1", title="It", attempts_allowed="3", counts="latest", due_date="2026-12-01")
    first |= {
        "due_time": "18:00",
        "audience": "some",
        "recipients": str(learner.learner.id),
        "release_key": "last_attempt",
    }
    other.client.post(path, data=first | {"release_explanation": "last_attempt"})

    page = trainer.client.post(path, data=_terms(make, revision="1", title="Mine", attempts_allowed="5"))

    session.expire_all()
    assert (page.status_code, assignment.title, assignment.attempts_allowed) == (409, "It", 3)
    for told in (
        "Changed by somebody else",
        "Dr Rui Tavares",
        "<b>Attempts</b>: 2 → 3",
        "<b>Due on</b>: never → Tue 1 Dec, 18:00",
        "<b>Which attempt counts</b>: The best attempt → The latest attempt",
        "<b>Assigned to</b>: everybody → selected learners",
        "<b>Learners</b>: none selected → Ada Ek",
        "<b>The correct answers</b>: After each attempt → After the last attempt",
    ):
        assert told in page.text
    assert 'value="Mine"' in page.text
    assert 'value="5"' in page.text

    again = trainer.client.post(
        path, data=_terms(make, revision="2", title="Mine", attempts_allowed="5", audience="all")
    )

    session.expire_all()
    assert (again.status_code, assignment.title, assignment.attempts_allowed) == (303, "Mine", 5)


def test_a_form_that_saw_nothing_may_not_overwrite_anything(trainer: Person, make: Factory, session: Session) -> None:
    assignment = make.assignment(trainer, make.cohort(trainer), title="It")
    path = f"/teach/assignments/{assignment.id}/settings"
    trainer.client.post(path, data=_terms(make, revision="1", title="New"))

    answers = [trainer.client.post(path, data=_terms(make, title="Old") | sent) for sent in ({}, {"revision": "x"})]

    session.expire_all()
    assert ([answer.status_code for answer in answers], assignment.title) == ([409, 409], "New")


def test_saving_keeps_what_could_not_be_chosen_again(trainer: Person, make: Factory, session: Session) -> None:
    """Catches: a learner who left and comes back without their assignment, and a link lost because its other end is withdrawn."""
    stays, left = make.person(), make.person()
    cohort = make.cohort(trainer, stays, left)
    first = make.assignment(trainer, cohort, title="First")
    ids = frozenset({stays.learner.id, left.learner.id})
    assignment = make.assignment(
        trainer, cohort, is_for_all=False, recipient_ids=ids, required_ids=frozenset({first.id}), pretest_id=first.id
    )
    cohorts.remove_member(session, trainer.user, cohort, left.learner.id, make.now())
    first.withdrawn_at = make.now()
    session.commit()
    path = f"/teach/assignments/{assignment.id}/settings"

    page = trainer.client.get(path).text
    sent = _terms(make, revision="1", title="New", recipients=str(stays.learner.id), required=str(first.id))
    trainer.client.post(path, data=sent | {"audience": "some", "pretest": str(first.id)})

    session.expire_all()
    terms = assignments.get_terms(session, assignment)
    assert f'<option selected value="{first.id}">First</option>' in page
    assert (assignment.title, terms.recipient_ids, terms.required_ids) == ("New", ids, frozenset({first.id}))
    assert terms.pretest_id == first.id


def test_a_pre_test_says_that_its_answers_wait(trainer: Person, make: Factory) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    before = make.assignment(trainer, cohort, attempts_allowed=1, policy=assignments.PRETEST_POLICY)
    make.assignment(trainer, cohort, title="The one after", pretest_id=before.id)

    pages = [
        trainer.client.get(f"/teach/assignments/{before.id}/settings").text,
        trainer.client.get(f"/teach/assignments/{before.id}/preview").text,
        learner.client.get(f"/assignments/{before.id}").text,
    ]

    assert "This is the pre-test of The one after." in pages[0]
    assert all("after you have finished “The one after”" in page for page in pages[1:])


# -- the end -------------------------------------------------------------------------------------------------------------


def test_an_assignment_is_withdrawn_and_set_again(trainer: Person, make: Factory, session: Session) -> None:
    learner = make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), title="Only for a while")
    path = f"/teach/assignments/{assignment.id}"

    for _ in range(2):
        trainer.client.post(f"{path}/withdraw")
    gone = learner.client.get("/").text
    shown = trainer.client.get(path).text
    for _ in range(2):
        trainer.client.post(f"{path}/set-again")

    assert "Only for a while" not in gone
    assert "Withdrawn" in shown
    assert "Only for a while" in learner.client.get("/").text
    events = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == f"assignment:{assignment.id}")).all()
    assert events == ["assignment.create", "assignment.withdraw", "assignment.set_again"]


def test_what_nobody_began_can_be_deleted_with_all_that_hangs_on_it(
    trainer: Person, make: Factory, session: Session
) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    before = make.assignment(trainer, cohort, title="Before")
    lesson = catalogue.list_lessons(session, make.module().id)[0].id
    make.exception(trainer, before, learner, extra_time_percent=25)
    after = make.assignment(
        trainer, cohort, pretest_id=before.id, required_ids=frozenset({before.id}), lesson_ids=frozenset({lesson})
    )

    answer = trainer.client.post(f"/teach/assignments/{before.id}/delete")

    session.expire_all()
    assert answer.location == f"/teach/cohorts/{cohort.id}"
    assert session.scalars(select(Assignment.id)).all() == [after.id]
    assert (after.pretest_id, assignments.get_terms(session, after).required_ids) == (None, frozenset())


def test_what_somebody_began_is_kept(trainer: Person, make: Factory, session: Session) -> None:
    learner = make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    start_attempt(session, learner, assignment, make.now())

    answer = trainer.client.post(f"/teach/assignments/{assignment.id}/delete", follow_redirects=True)

    assert "Somebody has started it" in answer.text
    assert "Delete" not in answer.text
    assert session.scalars(select(Assignment.id)).one() == assignment.id


@pytest.mark.parametrize(
    "path",
    [
        "/settings",
        "/withdraw",
        "/set-again",
        "/delete",
        "/exceptions",
        "/exceptions/{learner}",
        "/exceptions/{learner}/take-back",
    ],
)
def test_in_an_archived_cohort_everything_can_be_read_and_nothing_changed(
    trainer: Person, make: Factory, session: Session, path: str
) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort, title="It")
    make.exception(trainer, assignment, learner, extra_time_percent=25)
    cohort.archived_at = make.now()
    session.commit()
    address = f"/teach/assignments/{assignment.id}{path.format(learner=learner.learner.id)}"
    before = session.scalar(select(func.count(AuditEvent.id)))
    sent = _terms(make, revision="1", title="New", learners=str(learner.learner.id), extra_time_percent="50")

    answer = trainer.client.post(address, data=sent)

    session.expire_all()
    assert (answer.status_code, "This cohort is archived" in answer.text) == (409, True)
    assert session.scalar(select(func.count(AuditEvent.id))) == before
    assert trainer.client.get(address).status_code in (200, 405)
