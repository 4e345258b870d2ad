"""An invitation is worth no more than the right of the account that made it, at the moment when it is used."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.models import Cohort, Invitation, Role
from app.services.cohorts import accepting, cohorts, invitations, trainers
from app.services.cohorts.invitations import Invitee
from app.services.cohorts.rejoining import AddressKey
from app.services.people import users
from tests.conftest import Clock
from tests.support.factory import Factory, Person

FORM = {"name": "Sock", "email": "sock@example.org", "password": "a few words in a row", "time_zone": "UTC"}


class Links:
    """A cohort with two trainers, of whom ``maker`` made a link of each kind; ``colleague`` and ``admin`` keep theirs."""

    def __init__(self, session: Session, make: Factory, clock: Clock) -> None:
        self.session, self.clock = session, clock
        self.maker, self.colleague, self.admin = make.trainer(), make.trainer(), make.admin()
        self.cohort = make.cohort(self.maker)
        self.add_trainer(self.colleague)
        self.to_teach = trainers.invite(session, self.maker.user, self.cohort, "x@example.org", clock()).token
        invitees = [Invitee("Ann", "ann@example.org")]
        self.to_join = invitations.create_to_join(session, self.maker.user, self.cohort, invitees, clock())[0].token
        session.commit()

    def add_trainer(self, person: Person) -> None:
        sent = trainers.invite(self.session, self.maker.user, self.cohort, person.user.email, self.clock())
        invitation = invitations.get_by_token(self.session, sent.token)
        assert invitation
        key = AddressKey("secret")
        accepting.accept_with_account(self.session, invitation, person.user, person.learner, self.clock(), key)

    def demote(self) -> None:
        users.set_role(self.session, self.admin.user, self.maker.user, Role.LEARNER, self.clock())

    def deactivate(self) -> None:
        users.deactivate(self.session, self.admin.user, self.maker.user, self.clock())

    def remove(self) -> None:
        trainers.remove(self.session, self.admin.user, self.cohort, self.maker.user.id, self.clock())

    def leave_behind(self) -> None:
        """The account is gone, and so is the name of the maker."""
        self.session.execute(update(Invitation).values(created_by_id=None))


@pytest.fixture
def links(session: Session, make: Factory, clock: Clock) -> Links:
    return Links(session, make, clock)


ENDINGS = [Links.demote, Links.deactivate, Links.remove, Links.leave_behind]


@pytest.mark.parametrize("end", ENDINGS)
def test_a_link_ends_with_the_right_of_its_maker(
    links: Links, app: Flask, make: Factory, session: Session, end: Callable[[Links], None]
) -> None:
    person = make.person()

    end(links)
    session.commit()

    for token in (links.to_teach, links.to_join):
        visitor, address = app.test_client(), f"/invitation/{token}"
        assert visitor.get(address).status_code == 410
        assert visitor.post(address, data=FORM).status_code == 410
        assert person.client.post(address).status_code == 410
    assert users.get_by_email(session, "sock@example.org") is None
    assert _teachers(session, links.cohort) <= {links.maker.user.id, links.colleague.user.id}
    assert person.user.role is Role.LEARNER


def test_links_work_while_their_maker_may_invite(links: Links, app: Flask, make: Factory, session: Session) -> None:
    assert app.test_client().post(f"/invitation/{links.to_join}", data=FORM).status_code == 303
    person = make.person()

    assert person.client.post(f"/invitation/{links.to_teach}").status_code == 303

    assert person.user.id in _teachers(session, links.cohort)


def test_a_removed_trainer_is_not_let_back_in_by_the_older_link_of_a_colleague(
    links: Links, session: Session, clock: Clock
) -> None:
    older = trainers.invite(session, links.colleague.user, links.cohort, "y@example.org", clock())
    links.remove()
    session.commit()

    assert links.maker.client.post(f"/invitation/{older.token}").status_code == 410
    assert cohorts.get_for(session, links.maker.viewer, links.cohort.id) is None

    newer = trainers.invite(session, links.colleague.user, links.cohort, "y@example.org", clock())
    session.commit()
    assert links.maker.client.post(f"/invitation/{newer.token}").status_code == 303


def test_somebody_demoted_does_not_regain_the_role_by_an_older_link(
    links: Links, session: Session, clock: Clock
) -> None:
    older = trainers.invite(session, links.colleague.user, links.cohort, "y@example.org", clock())
    links.demote()
    session.commit()

    assert links.maker.client.post(f"/invitation/{older.token}").status_code == 410
    session.refresh(links.maker.user)
    assert links.maker.user.role is Role.LEARNER


def test_a_colleague_renews_the_links_of_a_trainer_who_left(
    links: Links, app: Flask, session: Session, clock: Clock
) -> None:
    links.remove()
    sent = invitations.renew_all(session, links.colleague.user, links.cohort, clock())
    session.commit()

    assert [app.test_client().post(f"/invitation/{one.token}", data=FORM).status_code for one in sent] == [303]


def test_the_link_of_an_administrator_ends_with_the_role(
    app: Flask, make: Factory, session: Session, clock: Clock
) -> None:
    maker, other = make.admin(), make.admin()
    tokens = [invitations.create(session, maker.user, role, clock()).token for role in (Role.ADMIN, Role.TRAINER)]
    users.set_role(session, other.user, maker.user, Role.TRAINER, clock())
    session.commit()

    assert [app.test_client().post(f"/invitation/{token}", data=FORM).status_code for token in tokens] == [410, 410]


def _teachers(session: Session, cohort: Cohort) -> set[int]:
    return {user.id for user in trainers.list_for(session, cohort)}
