"""Invitations to the site, and joining a cohort with its code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Membership, Role, User
from app.services.cohorts import cohorts, invitations
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory

# -- invitations -----------------------------------------------------------------------------------------------------------


def _invite(session: Session, make: Factory, role: Role = Role.TRAINER) -> str:
    issued = invitations.create(session, make.admin().user, role, make.now(), name="Rosa", email="rosa@example.org")
    session.commit()
    return f"/invitation/{issued.token}"


def test_an_invitation_makes_a_trainer_who_is_signed_in(client: FlaskClient, session: Session, make: Factory) -> None:
    link = _invite(session, make)
    page = client.get(link).text

    client.post(link, data={"name": "Rosa Klee", "email": "rosa@example.org", "password": PASSWORD, "role": "admin"})

    user = session.scalars(select(User).where(User.email == "rosa@example.org")).one()
    assert 'value="Rosa"' in page
    assert (user.name, user.role) == ("Rosa Klee", Role.TRAINER)
    assert client.get("/teach").status_code == 200


def test_a_used_invitation_is_gone(client: FlaskClient, app: Flask, session: Session, make: Factory) -> None:
    link = _invite(session, make)
    sent = {"name": "Rosa", "email": "rosa@example.org", "password": PASSWORD}
    client.post(link, data=sent)

    again = app.test_client().post(link, data=sent | {"email": "second@example.org"})

    assert again.status_code == 410
    assert "This invitation has been used" in again.text
    assert session.scalar(select(func.count(User.id))) == 2  # the administrator who made the link, and Rosa


def test_an_old_invitation_is_gone(client: FlaskClient, session: Session, make: Factory, clock: Clock) -> None:
    link = _invite(session, make)
    clock.advance(days=7)

    page = client.get(link)

    assert (page.status_code, "has expired" in page.text) == (410, True)


def test_an_unknown_invitation_is_not_there(client: FlaskClient) -> None:
    assert client.get("/invitation/guessed").status_code == 404


def test_an_invitation_is_not_used_up_by_a_faulty_form(client: FlaskClient, session: Session, make: Factory) -> None:
    make.person(email="taken@example.org")
    link = _invite(session, make)

    short = client.post(link, data={"name": "Rosa", "email": "rosa@example.org", "password": "short"})
    taken = client.post(link, data={"name": "Rosa", "email": "taken@example.org", "password": PASSWORD})
    good = client.post(link, data={"name": "Rosa", "email": "rosa@example.org", "password": PASSWORD})

    assert [short.status_code, taken.status_code, good.status_code] == [422, 422, 303]
    assert "There is already an account with this address." in taken.text


def test_who_is_signed_in_does_not_use_an_invitation_up(session: Session, make: Factory) -> None:
    link = _invite(session, make)
    person = make.person()

    page = person.client.post(link, data={"name": "Rosa", "email": "rosa@example.org", "password": PASSWORD})

    assert "You are signed in" in page.text
    assert session.scalar(select(func.count(User.id))) == 2


# -- joining a cohort ------------------------------------------------------------------------------------------------------


def _code(make: Factory) -> str:
    return cohorts.format_code(make.cohort(make.trainer(name="Dr Ilse Brandt"), title="Year 2").join_code)


def test_a_code_leads_to_its_cohort_and_joining_is_confirmed(make: Factory, session: Session) -> None:
    code, person = _code(make), make.person()

    entered = person.client.post("/join", data={"code": code.lower().replace("-", " ")})
    seen = person.client.get(entered.location)
    was_member = session.scalar(select(func.count()).select_from(Membership))
    joined = person.client.post(entered.location)

    assert entered.location == f"/join/{code}"
    assert "Year 2" in seen.text
    assert "Dr Ilse Brandt" in seen.text
    assert (was_member, joined.status_code) == (0, 303)
    assert session.scalars(select(Membership.learner_id)).all() == [person.learner.id]


@pytest.mark.parametrize("is_guest", [False, True])
def test_whoever_has_no_account_is_asked_to_get_one_and_comes_back(
    client: FlaskClient, make: Factory, session: Session, is_guest: bool
) -> None:
    code = _code(make)
    if is_guest:
        client.post("/modules/safety/attempts", data={"mode": "practice"})

    page = client.get(f"/join/{code}").text
    answer = client.post(f"/join/{code}")

    assert f'name="next" type="hidden" value="/join/{code}"' in page
    assert "Register and join" in page
    assert "Join Year 2" in page
    assert answer.location == f"/login?next=/join/{code}"
    assert session.scalar(select(func.count()).select_from(Membership)) == 0


@pytest.mark.parametrize("is_guest", [False, True])
def test_registering_from_a_join_link_joins_in_one_step(
    client: FlaskClient, make: Factory, session: Session, is_guest: bool
) -> None:
    """Catches: a second page that asks whether to join."""
    code = _code(make)
    if is_guest:
        client.post("/modules/safety/attempts", data={"mode": "practice"})
    form = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD, "next": f"/join/{code}"}

    answer = client.post("/register", data=form)
    home = client.get(answer.location).text

    assert answer.location == "/"
    assert "You have joined Year 2" in home
    assert session.scalar(select(func.count()).select_from(Membership)) == 1


def test_a_fault_in_the_form_keeps_the_cohort(client: FlaskClient, make: Factory) -> None:
    code = _code(make)

    page = client.post("/register", data={"name": "Ada", "email": "ada", "password": "short", "next": f"/join/{code}"})

    assert "Join Year 2" in page.text
    assert "Register and join" in page.text


def test_registering_elsewhere_joins_nothing(client: FlaskClient, make: Factory, session: Session) -> None:
    _code(make)

    client.post(
        "/register", data={"name": "Ada", "email": "ada@example.org", "password": PASSWORD, "next": "/progress"}
    )

    assert session.scalar(select(func.count()).select_from(Membership)) == 0


@pytest.mark.parametrize(
    "pasted", ["http://x.example/join/{code}", "{code}.", "Code: {code}", "{dashed}", "\u200b{code}"]
)
def test_a_pasted_code_is_found(client: FlaskClient, make: Factory, pasted: str) -> None:
    code = _code(make)

    entered = client.post("/join", data={"code": pasted.format(code=code, dashed=code.replace("-", "\u2013"))})

    assert entered.location == f"/join/{code}"


def test_a_cohort_joined_by_mistake_is_left_and_joined_again(make: Factory, session: Session) -> None:
    trainer, person = make.trainer(), make.person(name="Ada")
    cohort = make.cohort(trainer, person, title="Year 2")

    before = person.client.get("/account").text
    left = person.client.post(f"/account/cohorts/{cohort.id}/leave")
    after = person.client.get("/account").text
    twice = person.client.post(f"/account/cohorts/{cohort.id}/leave")
    brought_back = trainer.client.post(f"/teach/cohorts/{cohort.id}/readmit", data={"learner": person.learner.id})
    stayed_out = not cohorts.is_member(session, cohort, person.learner)
    again = person.client.post(f"/join/{cohort.join_code}")

    assert "Year 2" in before
    assert (left.status_code, twice.status_code) == (303, 404)
    assert "You have left Year 2" in after
    assert "Join again" in after
    assert (brought_back.status_code, stayed_out) == (303, True)
    assert again.status_code == 303
    assert cohorts.is_member(session, cohort, person.learner)


def test_nobody_leaves_a_cohort_for_somebody_else(make: Factory, session: Session) -> None:
    person, other = make.person(), make.person()
    cohort = make.cohort(make.trainer(), person)

    assert other.client.post(f"/account/cohorts/{cohort.id}/leave").status_code == 404
    assert cohorts.is_member(session, cohort, person.learner)


def test_a_wrong_code_has_one_answer_by_whatever_way(client: FlaskClient) -> None:
    entered = client.post("/join", data={"code": "ZZZZZ-ZZZZZ"})
    followed = client.get("/join/ZZZZZ-ZZZZZ")

    assert [entered.status_code, followed.status_code] == [404, 404]
    assert "No cohort has this code." in entered.text
    assert 'value="ZZZZZ-ZZZZZ"' in entered.text
    assert "No cohort has this code." in followed.text


def test_an_old_code_says_so_and_joins_nobody(make: Factory, session: Session, clock: Clock) -> None:
    code, person = _code(make), make.person()
    clock.advance(days=cohorts.CODE_VALIDITY / timedelta(days=1))

    seen, sent = person.client.get(f"/join/{code}"), person.client.post(f"/join/{code}")

    assert [seen.status_code, sent.status_code] == [410, 410]
    assert "This code has expired" in seen.text
    assert session.scalar(select(func.count()).select_from(Membership)) == 0


def test_guessing_codes_is_throttled(app: Flask, client: FlaskClient) -> None:
    """Catches: a limit on POST alone, which leaves the link to guess with."""
    codes = {client.get(f"/join/{number:010}").status_code for number in range(600)}
    throttled = client.get("/join/9999999999").status_code

    assert (codes, throttled) == ({404}, 429)
