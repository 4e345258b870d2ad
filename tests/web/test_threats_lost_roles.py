"""Threat 13 at every address of trainers and administrators, those of later too: refused at the next request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.models import Role
from app.services.people import users
from tests.conftest import Clock
from tests.support.attempt_client import get_hidden_field
from tests.support.factory import Factory, Person


def addresses(app: Flask, *prefixes: str) -> Iterator[tuple[str, str]]:
    """Every method and path under ``prefixes``, with 1 for each thing that a path names, or the first word that may stand there."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(prefixes):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                path = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
                yield method, re.sub(r"<[^>]+>", "1", path)


def asked(client: FlaskClient, app: Flask, *prefixes: str) -> dict[str, str]:
    """By address, the status, or ``in`` where one is asked to sign in. A form gets 401 and is kept."""
    found = {}
    for method, path in addresses(app, *prefixes):
        reply = client.open(path, method=method)
        is_to_sign_in = reply.status_code in (302, 303) and (reply.location or "").startswith("/login")
        found[f"{method} {path}"] = "in" if is_to_sign_in or reply.status_code == 401 else str(reply.status_code)
    return found


def test_there_are_addresses_to_ask(app: Flask) -> None:
    assert len(list(addresses(app, "/teach"))) >= 15
    assert len(list(addresses(app, "/admin"))) >= 20


@pytest.mark.parametrize(
    ("before", "after", "closed"),
    [
        (Role.TRAINER, Role.LEARNER, ("/teach", "/admin")),
        (Role.ADMIN, Role.LEARNER, ("/teach", "/admin")),
        (Role.ADMIN, Role.TRAINER, ("/admin",)),
    ],
)
def test_a_lost_role_closes_every_address(
    app: Flask, make: Factory, session: Session, clock: Clock, before: Role, after: Role, closed: tuple[str, ...]
) -> None:
    """Fails when one view lacks its decorator, looks something up first, or asks a role that was kept in the session."""
    person, admin = make.person(before), make.admin()
    assert person.client.get(closed[0] if before is Role.TRAINER else "/admin/users").status_code == 200

    users.set_role(session, admin.user, person.user, after, clock())
    session.commit()

    assert set(asked(person.client, app, *closed).values()) == {"403"}


def test_who_administers_no_more_sees_no_cohort_of_others(
    app: Flask, make: Factory, session: Session, clock: Clock
) -> None:
    person, trainer, admin = make.admin(), make.trainer(), make.admin()
    cohort = make.cohort(trainer)
    assignment = make.assignment(trainer, cohort)
    pages = [
        f"/teach/cohorts/{cohort.id}",
        f"/teach/cohorts/{cohort.id}/gradebook",
        f"/teach/assignments/{assignment.id}/settings",
    ]
    assert [person.client.get(page).status_code for page in pages] == [200, 200, 200]

    users.set_role(session, admin.user, person.user, Role.TRAINER, clock())
    session.commit()

    assert [person.client.get(page).status_code for page in pages] == [404, 404, 404]


def _deactivate(person: Person, admin: Person, app: Flask) -> None:
    admin.client.post(f"/admin/users/{person.user.id}/deactivate")


def _reset(person: Person, admin: Person, app: Flask) -> None:
    page = admin.client.post(f"/admin/users/{person.user.id}/reset-link").text
    link = re.search(r'value="http://localhost:8000(/reset/[^"]+)"', page)
    assert link
    app.test_client().post(link[1], data={"password": "another long password"})


def _sign_out(person: Person, admin: Person, app: Flask) -> None:
    """In another browser with the same cookie."""
    other, cookie = app.test_client(), person.client.get_cookie("palpate")
    assert cookie
    other.set_cookie("palpate", cookie.value)
    app.config["WTF_CSRF_ENABLED"] = True
    other.post("/logout", data={"csrf_token": get_hidden_field(other.get("/account").text, "csrf_token")})
    app.config["WTF_CSRF_ENABLED"] = False


def _erase(person: Person, admin: Person, app: Flask) -> None:
    admin.client.post(f"/admin/users/{person.user.id}/erase", data={"confirm": person.user.email})


@pytest.mark.parametrize("ending", [_deactivate, _reset, _sign_out, _erase])
def test_access_that_ended_closes_every_address(
    app: Flask, make: Factory, ending: Callable[[Person, Person, Flask], None]
) -> None:
    person, admin = make.admin(with_password=True), make.admin()
    assert person.client.get("/admin/users").status_code == 200

    ending(person, admin, app)

    assert set(asked(person.client, app, "/teach", "/admin", "/account").values()) == {"in"}
