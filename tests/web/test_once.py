"""Threat 11: posting a form twice, by a double click or a resent page, has one effect."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Assignment, Cohort, Invitation
from tests.support.factory import Factory


def _form_id(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="form_id"[^>]*value="([0-9a-f]+)"', client.get(path).text)
    assert found
    return found[1]


def test_a_cohort_posted_twice_is_made_once(make: Factory, session: Session) -> None:
    """Fails when the form's id is not claimed before the cohort is made."""
    trainer = make.trainer()
    form = {"form_id": _form_id(trainer.client, "/teach"), "title": "Year 2", "time_zone": "Europe/Berlin"}

    first, second = (trainer.client.post("/teach/cohorts", data=form) for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    assert session.scalar(select(func.count(Cohort.id))) == 1


def test_an_assignment_posted_twice_is_set_once(make: Factory, session: Session) -> None:
    trainer = make.trainer()
    path = f"/teach/cohorts/{make.cohort(trainer).id}/assignments/new"
    form = {"form_id": _form_id(trainer.client, path), "module": make.module().id, "release": "after_submission"}

    replies = [trainer.client.post(path, data=form) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [303, 303]
    assert session.scalar(select(func.count(Assignment.id))) == 1


def test_an_invitation_posted_twice_is_made_once(make: Factory, session: Session) -> None:
    admin = make.admin()
    form = {"form_id": _form_id(admin.client, "/admin/invitations"), "role": "trainer", "name": "Ada", "email": ""}

    first, second = (admin.client.post("/admin/invitations", data=form) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 303)
    assert session.scalar(select(func.count(Invitation.id))) == 1


def test_a_form_that_was_refused_can_be_sent_again(make: Factory, session: Session) -> None:
    """Fails when a form is claimed before its faults are found."""
    trainer = make.trainer()
    form = {"form_id": _form_id(trainer.client, "/teach"), "title": "", "time_zone": "Europe/Berlin"}

    refused = trainer.client.post("/teach/cohorts", data=form)
    mended = trainer.client.post("/teach/cohorts", data=form | {"title": "Year 2"})

    assert (refused.status_code, mended.status_code) == (422, 303)
    assert session.scalar(select(func.count(Cohort.id))) == 1


@pytest.mark.parametrize("form_id", ["", "x" * 32])
def test_two_people_may_send_the_same_id(make: Factory, session: Session, form_id: str) -> None:
    for trainer in (make.trainer(), make.trainer()):
        form = {"form_id": form_id, "title": "Year 2", "time_zone": "Europe/Berlin"}
        assert trainer.client.post("/teach/cohorts", data=form).status_code == 303

    assert session.scalar(select(func.count(Cohort.id))) == 2


def test_a_trainer_invited_twice_by_one_form_gets_one_link(make: Factory, session: Session) -> None:
    trainer = make.trainer()
    path = f"/teach/cohorts/{make.cohort(trainer).id}/trainers"
    form = {"form_id": "a" * 16, "email": "bo@example.org"}

    first, second = (trainer.client.post(path, data=form) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 303)
    assert session.scalar(select(func.count(Invitation.id))) == 1
