"""F2: a change of a credential ends everything that was issued for the old one, and its owner is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy.orm import Session

from app.models import Cohort, CohortTrainer, Role
from app.services.cohorts import cohorts, trainers
from app.services.people import users
from app.web import confirmation, reset_links
from app.web.timed_tokens import LINK_VALID_FOR
from tests.conftest import Clock
from tests.support.account_client import mails
from tests.support.factory import PASSWORD, Factory, Person

__all__ = ["mails"]

NEW = "a new good password"


class World:
    """A learner of a trainer's cohort, an administrator, and everything that can be issued to the learner."""

    def __init__(self, app: Flask, make: Factory, session: Session) -> None:
        self.app, self.make, self.session = app, make, session
        self.admin, self.trainer, self.other = make.admin(), make.trainer(), make.trainer()
        self.ada: Person = make.person(email="ada@example.org", with_password=True)
        self.cohort: Cohort = make.cohort(self.trainer, self.ada)
        self.elsewhere = make.signed_in(self.ada.user, self.ada.learner)

    def link(self, maker: str) -> str:
        with self.app.test_request_context():
            user = self.ada.user
            if maker == "mail":
                return f"/reset/{generate_reset_password_token(user)}"  # type: ignore[no-untyped-call]
            made = {
                "admin": lambda: reset_links.create(self.admin.user, user),
                "trainer": lambda: reset_links.create(self.trainer.user, user, self.cohort),
            }[maker]()
            return made.removeprefix("http://localhost:8000")

    def confirm(self) -> None:
        """Open the link that was mailed to the new address, if one was."""
        self.session.expire_all()
        if self.ada.user.unconfirmed_email is not None:
            with self.app.test_request_context():
                link = confirmation.make_link(self.ada.user)
            self.ada.client.post(link.removeprefix("http://localhost:8000"))

    def change(self, how: str) -> None:
        ada, make = self.ada, self.make
        match how:
            case "own address":
                ada.client.post("/account/email", data={"email": "new@example.org", "password": PASSWORD})
                self.confirm()
            case "own password":
                ada.client.post("/change", data={"password": PASSWORD, "new_password": "quite another one"})
            case "reset":
                self.app.test_client().post(self.link("mail"), data={"password": "quite another one"})
            case "address by an administrator":
                self.admin.client.post(f"/admin/users/{ada.user.id}/email", data={"email": "new@example.org"})
                self.confirm()
            case "deactivation":
                users.deactivate(self.session, self.admin.user, ada.user, make.now())
            case "erasure":
                ada.client.post("/account/delete", data={"password": PASSWORD})
        self.session.commit()
        self.session.expire_all()


@pytest.fixture
def world(app: Flask, make: Factory, session: Session) -> World:
    return World(app, make, session)


def opens(client: FlaskClient, link: str) -> bool:
    return client.get(link).status_code == 200 and client.post(link, data={"password": NEW}).location == "/login"


@pytest.mark.parametrize("maker", ["mail", "admin", "trainer"])
def test_a_link_works_once(world: World, client: FlaskClient, maker: str) -> None:
    link = world.link(maker)

    assert opens(client, link)
    assert not opens(client, link)
    assert world.ada.client.get("/account").status_code == 303


@pytest.mark.parametrize("maker", ["mail", "admin", "trainer"])
@pytest.mark.parametrize(
    "how", ["own address", "own password", "reset", "address by an administrator", "deactivation", "erasure"]
)
def test_every_change_ends_every_link(world: World, client: FlaskClient, maker: str, how: str) -> None:
    """Fails when a link is bound to the account alone, as it was when the address changed."""
    link = world.link(maker)

    world.change(how)

    assert not opens(client, link)


@pytest.mark.parametrize(
    "how", ["own address", "own password", "reset", "address by an administrator", "deactivation", "erasure"]
)
def test_every_change_ends_sign_ins_elsewhere(world: World, how: str) -> None:
    assert world.elsewhere.get("/account").status_code == 200

    world.change(how)

    assert world.elsewhere.get("/account").location == "/login?next=/account"
    stays = how in ("own address", "own password", "address by an administrator")
    assert (world.ada.client.get("/account").status_code == 200) is stays


def test_the_address_stays_if_it_is_the_same(world: World) -> None:
    world.ada.client.post("/account/email", data={"email": "Ada@example.org\u200b", "password": PASSWORD})

    assert world.elsewhere.get("/account").status_code == 200


@pytest.mark.parametrize("how", ["own address", "address by an administrator"])
def test_the_old_address_is_told(world: World, mails: Callable[[], str], how: str) -> None:
    world.change(how)

    sent = mails()
    [told] = [one for one in sent.split("-" * 79) if "The e-mail address of your account at Palpate was changed" in one]
    assert "To: ada@example.org" in told
    assert "new@example.org" not in told


@pytest.mark.parametrize("how", ["own password", "reset"])
def test_a_changed_password_is_told(world: World, mails: Callable[[], str], how: str) -> None:
    world.change(how)

    assert "To: ada@example.org" in mails()


def test_a_change_by_somebody_else_is_told_on_the_next_page(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With mail, the owner would have confirmed it."""
    monkeypatch.setattr("app.web.mail.is_delivering", lambda: False)
    world.change("address by an administrator")
    client.post("/login", data={"email": "new@example.org", "password": PASSWORD})

    told = client.get("/").text
    client.post("/account/notices")

    assert "An administrator changed the e-mail address of your account" in told
    assert "An administrator changed" not in client.get("/").text


# -- links that trainers give ------------------------------------------------------------------------------------------


def _create_link(world: World, who: Person, cohort: Cohort | None = None) -> tuple[int, str]:
    path = f"/teach/cohorts/{(cohort or world.cohort).id}/members/{world.ada.learner.id}/reset-link"
    page = who.client.post(path)
    start = page.text.find("http://localhost:8000/reset/")
    return page.status_code, page.text[start:].split('"')[0].removeprefix("http://localhost:8000") if start > 0 else ""


def test_a_trainer_gives_a_learner_a_link_and_the_owner_is_told(
    world: World, client: FlaskClient, mails: Callable[[], str]
) -> None:
    status, link = _create_link(world, world.trainer)

    assert status == 200
    assert "created a link" in world.ada.client.get("/").text
    assert "To: ada@example.org" in mails()
    assert opens(client, link)


def test_only_trainers_of_the_cohort_give_links(world: World) -> None:
    assert _create_link(world, world.other)[0] == 404
    assert _create_link(world, world.ada)[0] == 403


@pytest.mark.parametrize("role", ["trainer", "admin"])
def test_nobody_with_a_role_gets_a_link_from_a_trainer(
    world: World, make: Factory, session: Session, role: str
) -> None:
    colleague = make.trainer() if role == "trainer" else make.admin()
    make.join(world.cohort, colleague)
    session.commit()

    path = f"/teach/cohorts/{world.cohort.id}/members/{colleague.learner.id}/reset-link"

    assert world.trainer.client.post(path).status_code == 403


@pytest.mark.parametrize(
    "how", ["removed", "left", "archived", "no longer teaches", "no longer a trainer", "has a role"]
)
def test_a_link_is_worth_what_its_maker_may_do_when_it_is_used(
    world: World, client: FlaskClient, session: Session, make: Factory, how: str
) -> None:
    """Fails when the right is checked only when the link is made."""
    trainers_too = make.trainer()
    session.add(CohortTrainer(cohort_id=world.cohort.id, user_id=trainers_too.user.id))
    session.commit()
    _, link = _create_link(world, world.trainer)
    at, cohort, ada = make.now(), world.cohort, world.ada
    match how:
        case "removed":
            cohorts.remove_member(session, world.trainer.user, cohort, ada.learner.id, at)
        case "left":
            cohorts.leave(session, ada.user, cohort, ada.learner, at)
        case "archived":
            cohorts.archive(session, world.trainer.user, cohort, at)
        case "no longer teaches":
            trainers.remove(session, world.admin.user, cohort, world.trainer.user.id, at)
        case "no longer a trainer":
            users.set_role(session, world.admin.user, world.trainer.user, Role.LEARNER, at)
        case "has a role":
            users.set_role(session, world.admin.user, ada.user, Role.TRAINER, at)
    session.commit()

    assert not opens(client, link)


def test_a_link_of_an_administrator_ends_with_the_role(
    world: World, client: FlaskClient, session: Session, make: Factory
) -> None:
    link = world.link("admin")
    users.set_role(session, make.admin().user, world.admin.user, Role.TRAINER, make.now())
    session.commit()

    assert not opens(client, link)


def test_an_old_link_has_expired(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    link = world.link("trainer")
    monkeypatch.setattr(reset_links, "LINK_VALID_FOR", -LINK_VALID_FOR)

    assert not opens(client, link)
