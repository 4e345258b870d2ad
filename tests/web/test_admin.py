"""An administrator's pages: people, invitations and reset links."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Invitation, Role, User
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory, Person


@pytest.fixture
def admin(make: Factory) -> Person:
    return make.admin(name="Ada Min")


def _actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


def test_people_are_listed_and_found(admin: Person, make: Factory) -> None:
    make.person(name="Ilse Brandt", email="ib@example.org")
    make.person(name="Tomás Brandão")

    everybody, found = admin.client.get("/admin/users").text, admin.client.get("/admin/users?q=ib@ex").text

    assert "Ilse Brandt" in everybody
    assert "Tomás Brandão" in everybody
    assert "Ilse Brandt" in found
    assert "Tomás Brandão" not in found
    assert admin.client.get("/admin").location == "/admin/users"


def test_nobody_found_says_so(admin: Person) -> None:
    page = admin.client.get("/admin/users?q=<nobody>").text

    assert "No name or e-mail contains" in page
    assert "<nobody>" not in page


@pytest.mark.parametrize("page", ["0", "-3", "99", "x"])
def test_a_page_that_is_not_there_shows_the_nearest(admin: Person, page: str) -> None:
    assert admin.client.get(f"/admin/users?page={page}").status_code == 200


def test_a_role_is_changed_and_counts_at_the_next_request(admin: Person, make: Factory, session: Session) -> None:
    person = make.trainer()
    assert person.client.get("/teach").status_code == 200

    answer = admin.client.post(f"/admin/users/{person.user.id}/role", data={"role": "learner"})

    assert answer.status_code == 303
    assert person.client.get("/teach").status_code == 403
    assert _actions(session) == ["user.set_role"]
    assert "from trainer to learner" in admin.client.get(f"/admin/users/{person.user.id}").text


def test_an_unknown_role_is_refused(admin: Person, make: Factory, session: Session) -> None:
    person = make.person()

    page = admin.client.post(f"/admin/users/{person.user.id}/role", data={"role": "owner"})

    session.expire_all()
    assert (page.status_code, person.user.role) == (422, Role.LEARNER)


def test_deactivating_refuses_from_the_next_request_on(
    app: Flask, admin: Person, make: Factory, session: Session
) -> None:
    person = make.person(email="ada@example.org", with_password=True)
    assert person.client.get("/account").status_code == 200

    admin.client.post(f"/admin/users/{person.user.id}/deactivate")

    again = app.test_client().post("/login", data={"email": "ada@example.org", "password": PASSWORD})
    assert person.client.get("/account").location == "/login?next=/account"
    assert "Wrong e-mail or password" in again.text
    assert _actions(session) == ["user.deactivate"]


def test_reactivating_lets_in_again(app: Flask, admin: Person, make: Factory, session: Session) -> None:
    person = make.person(email="ada@example.org", with_password=True)
    admin.client.post(f"/admin/users/{person.user.id}/deactivate")

    admin.client.post(f"/admin/users/{person.user.id}/reactivate")

    again = app.test_client().post("/login", data={"email": "ada@example.org", "password": PASSWORD})
    assert again.status_code == 302
    assert person.client.get("/account").location == "/login?next=/account"
    assert _actions(session) == ["user.deactivate", "user.reactivate"]


@pytest.mark.parametrize(("what", "sent"), [("role", {"role": "trainer"}), ("deactivate", {})])
def test_the_last_administrator_stays(admin: Person, session: Session, what: str, sent: dict[str, str]) -> None:
    page = admin.client.post(f"/admin/users/{admin.user.id}/{what}", data=sent)

    session.expire_all()
    assert page.status_code == 409
    assert "last active administrator" in page.text
    assert (admin.user.role, admin.user.active) == (Role.ADMIN, True)
    assert _actions(session) == []


def test_a_reset_link_is_shown_once_and_works_once(app: Flask, admin: Person, make: Factory, session: Session) -> None:
    person = make.person(email="ada@example.org", with_password=True)
    page = admin.client.post(f"/admin/users/{person.user.id}/reset-link").text
    link = re.search(r'value="http://localhost:8000(/reset/[^"]+)"', page)
    assert link is not None

    first = app.test_client().post(link[1], data={"password": "another good one"})
    second = app.test_client().post(link[1], data={"password": "a third good one"})

    assert (first.location, second.location) == ("/login", "/reset")
    assert link[1] not in admin.client.get(f"/admin/users/{person.user.id}").text
    assert _actions(session) == ["user.reset_link"]
    assert link[1] not in str(session.scalars(select(AuditEvent.details)).all())


def test_a_deactivated_account_gets_no_reset_link(admin: Person, make: Factory) -> None:
    person = make.person()
    admin.client.post(f"/admin/users/{person.user.id}/deactivate")

    page = admin.client.post(f"/admin/users/{person.user.id}/reset-link")

    assert page.status_code == 409
    assert "/reset/" not in page.text


def test_an_invitation_link_is_shown_once_and_makes_a_trainer(app: Flask, admin: Person, session: Session) -> None:
    page = admin.client.post("/admin/invitations", data={"role": "trainer", "name": "Rosa", "email": "R@Example.org"})
    link = re.search(r'value="http://localhost:8000(/invitation/[^"]+)"', page.text)
    assert link is not None

    app.test_client().post(link[1], data={"name": "Rosa", "email": "r@example.org", "password": PASSWORD})

    assert link[1] not in admin.client.get("/admin/invitations").text
    assert session.scalars(select(User.role).where(User.email == "r@example.org")).one() is Role.TRAINER
    assert _actions(session) == ["invitation.create", "invitation.accept"]


def test_faults_of_an_invitation_are_told_at_once(admin: Person, session: Session) -> None:
    page = admin.client.post("/admin/invitations", data={"role": "owner", "name": "x" * 101, "email": "nowhere"})

    assert page.status_code == 422
    assert "Please fix 3 things" in page.text
    assert 'value="nowhere"' in page.text
    assert session.scalar(select(func.count(Invitation.id))) == 0


def test_a_withdrawn_invitation_no_longer_works(app: Flask, admin: Person, session: Session) -> None:
    page = admin.client.post("/admin/invitations", data={"role": "admin"}).text
    link = re.search(r'value="http://localhost:8000(/invitation/[^"]+)"', page)
    assert link is not None
    invitation = session.scalars(select(Invitation)).one()

    admin.client.post(f"/admin/invitations/{invitation.id}/withdraw")

    assert app.test_client().get(link[1]).status_code == 410
    assert "No invitation is open." in admin.client.get("/admin/invitations").text
    assert _actions(session) == ["invitation.create", "invitation.withdraw"]


def test_open_invitations_leave_the_list_when_they_expire(admin: Person, clock: Clock) -> None:
    admin.client.post("/admin/invitations", data={"role": "trainer", "name": "Rosa"})
    assert "Rosa" in admin.client.get("/admin/invitations").text

    clock.advance(days=7)

    assert "Rosa" not in admin.client.get("/admin/invitations").text


def test_a_script_in_a_name_is_inert(admin: Person, make: Factory) -> None:
    person = make.person(name="<script>alert(1)</script>")

    pages = [admin.client.get(path).text for path in ("/admin/users", f"/admin/users/{person.user.id}")]

    assert not any("<script>alert" in page for page in pages)


PAGES = [
    ("GET", "/admin"),
    ("GET", "/admin/users"),
    ("GET", "/admin/users/1"),
    ("POST", "/admin/users/1/role"),
    ("POST", "/admin/users/1/deactivate"),
    ("POST", "/admin/users/1/reactivate"),
    ("POST", "/admin/users/1/reset-link"),
    ("GET", "/admin/invitations"),
    ("POST", "/admin/invitations"),
    ("POST", "/admin/invitations/1/withdraw"),
]


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_only_administrators_may(client: FlaskClient, make: Factory, session: Session, method: str, path: str) -> None:
    people = [make.person(), make.trainer()]
    sent = {"role": "admin"}

    codes = [person.client.open(path, method=method, data=sent).status_code for person in people]
    as_visitor = client.open(path, method=method, data=sent)

    assert codes == [403, 403]
    assert as_visitor.location == (f"/login?next={path}" if method == "GET" else "/login")
    assert session.scalar(select(func.count(AuditEvent.id))) == 0


@pytest.mark.parametrize(
    "path", ["/admin/users/999999", "/admin/users/999999/role", "/admin/invitations/999999/withdraw"]
)
def test_who_is_not_there_is_404(admin: Person, path: str) -> None:
    method = "GET" if path.endswith("999999") else "POST"

    assert admin.client.open(path, method=method, data={"role": "trainer"}).status_code == 404
