from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Cohort, Invitation, Learner, Role, User
from app.services.cohorts import accepting, cohorts, invitations
from app.services.cohorts.invitations import InvitationState, Invitee, IssuedInvitation, IssuedJoinInvitation
from app.services.cohorts.rejoining import AddressKey
from app.services.people import users
from tests.support.factory import Factory

KEY = AddressKey("secret")


def _accept(session: Session, issued: IssuedInvitation, make: Factory, email: str = "rosa@example.org") -> User:
    return accepting.accept(
        session,
        issued.invitation,
        name="Rosa",
        email=email,
        password_hash="x",
        time_zone="Europe/Paris",
        now=make.now(),
        key=KEY,
    )


def test_the_token_itself_is_kept_nowhere(session: Session, make: Factory) -> None:
    issued = invitations.create(session, make.admin().user, Role.TRAINER, make.now())
    session.commit()

    assert issued.token not in str(session.execute(select(Invitation.token_hash, Invitation.name)).all())
    assert issued.token not in str(session.scalars(select(AuditEvent.details)).all())
    assert invitations.get_by_token(session, issued.token) is issued.invitation
    assert invitations.get_by_token(session, issued.token + "x") is None


def test_accepting_makes_an_account_of_the_role_with_its_learner(session: Session, make: Factory) -> None:
    issued = invitations.create(session, make.admin().user, Role.TRAINER, make.now())

    user = _accept(session, issued, make)
    session.commit()

    learner = session.scalars(select(Learner).where(Learner.user_id == user.id)).one()
    assert (user.role, learner.time_zone) == (Role.TRAINER, "Europe/Paris")
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all() == [
        "invitation.create",
        "invitation.accept",
    ]


def test_an_invitation_works_once(session: Session, make: Factory) -> None:
    """Catches: an update that doesn't ask whether it was used."""
    issued = invitations.create(session, None, Role.ADMIN, make.now())
    _accept(session, issued, make)
    session.commit()

    with pytest.raises(invitations.UnusableError):
        _accept(session, issued, make, "second@example.org")

    assert session.scalar(select(func.count(User.id)).where(User.email == "second@example.org")) == 0


def test_an_old_invitation_is_refused(session: Session, make: Factory) -> None:
    issued = invitations.create(session, None, Role.ADMIN, make.now() - invitations.VALIDITY)

    assert invitations.get_state(session, issued.invitation, make.now()) is InvitationState.EXPIRED
    with pytest.raises(invitations.UnusableError):
        _accept(session, issued, make)


def test_a_withdrawn_invitation_is_refused_and_no_longer_listed(session: Session, make: Factory) -> None:
    admin = make.admin()
    issued = invitations.create(session, admin.user, Role.TRAINER, make.now())

    invitations.withdraw(session, admin.user, issued.invitation, make.now())
    session.commit()

    assert invitations.list_open(session, make.now()) == []
    with pytest.raises(invitations.UnusableError):
        _accept(session, issued, make)


def test_a_taken_address_leaves_the_invitation_good(session: Session, make: Factory) -> None:
    make.person(email="rosa@example.org")
    issued = invitations.create(session, make.admin().user, Role.TRAINER, make.now())
    session.commit()

    with pytest.raises(users.AddressTakenError):
        _accept(session, issued, make)
    session.rollback()

    assert _accept(session, issued, make, "free@example.org").role is Role.TRAINER


def test_a_new_first_link_ends_the_earlier_one(session: Session, make: Factory) -> None:
    earlier = invitations.create_first(session, make.now())
    session.commit()

    later = invitations.create_first(session, make.now() + timedelta(minutes=1))
    session.commit()
    session.expire_all()

    now = make.now() + timedelta(minutes=2)
    assert invitations.get_state(session, earlier.invitation, now) is InvitationState.EXPIRED
    assert [found.id for found in invitations.list_open(session, now)] == [later.invitation.id]


# -- to a cohort -------------------------------------------------------------------------------------------------------


def _invite(session: Session, make: Factory, cohort: Cohort, *emails: str) -> list[IssuedJoinInvitation]:
    people = [Invitee("", email) for email in emails]
    sent = invitations.create_to_join(session, make.admin().user, cohort, people, make.now())
    session.commit()
    return sent


def _found(session: Session, sent: IssuedJoinInvitation) -> Invitation:
    found = invitations.get_by_token(session, sent.token)
    assert found
    return found


def test_a_new_account_joins_the_cohort_it_was_invited_to(session: Session, make: Factory) -> None:
    cohort = make.cohort(make.trainer())
    (sent,) = _invite(session, make, cohort, "rosa@example.org")

    user = _accept(session, IssuedInvitation(_found(session, sent), sent.token), make)
    session.commit()

    learner = session.scalars(select(Learner).where(Learner.user_id == user.id)).one()
    assert cohorts.is_member(session, cohort, learner)


def test_an_account_that_there_is_joins_once(session: Session, make: Factory) -> None:
    """Fails when an invitation is not used up by whoever had an account."""
    cohort, rosa, thief = make.cohort(make.trainer()), make.person(), make.person()
    (sent,) = _invite(session, make, cohort, "rosa@example.org")
    found = _found(session, sent)

    accepting.accept_with_account(session, found, rosa.user, rosa.learner, make.now(), KEY)
    session.commit()
    with pytest.raises(invitations.UnusableError):
        accepting.accept_with_account(session, found, thief.user, thief.learner, make.now(), KEY)

    assert cohorts.is_member(session, cohort, rosa.learner)
    assert not cohorts.is_member(session, cohort, thief.learner)


def test_an_invitation_to_no_cohort_is_not_taken_up_by_an_account(session: Session, make: Factory) -> None:
    """Fails when a link for administrators makes one of whoever is signed in."""
    rosa = make.person()
    issued = invitations.create(session, make.admin().user, Role.ADMIN, make.now())
    session.commit()

    with pytest.raises(invitations.UnusableError):
        accepting.accept_with_account(session, issued.invitation, rosa.user, rosa.learner, make.now(), KEY)
    session.rollback()

    assert rosa.user.role is Role.LEARNER
    assert invitations.get_state(session, issued.invitation, make.now()) is InvitationState.OPEN


def test_a_removed_learner_who_is_invited_again_takes_up_their_membership(session: Session, make: Factory) -> None:
    trainer, rosa = make.trainer(), make.person()
    cohort = make.cohort(trainer, rosa)
    cohorts.remove_member(session, trainer.user, cohort, rosa.learner.id, make.now())
    (sent,) = _invite(session, make, cohort, rosa.user.email)

    accepting.accept_with_account(session, _found(session, sent), rosa.user, rosa.learner, make.now(), KEY)
    session.commit()

    assert cohorts.is_member(session, cohort, rosa.learner)


def test_new_links_end_the_old_ones_and_a_withdrawn_one_gets_none(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    first, second, third = _invite(session, make, cohort, "a@x.org", "b@x.org", "c@x.org")
    withdrawn = _found(session, third)
    invitations.withdraw(session, trainer.user, withdrawn, make.now())
    session.commit()
    later = make.now() + timedelta(days=40)

    one = invitations.renew(session, trainer.user, cohort, _found(session, first), later)
    everybody = invitations.renew_all(session, trainer.user, cohort, later)
    session.commit()
    session.expire_all()

    assert [invitations.get_by_token(session, gone.token) for gone in (first, second, one)] == [None] * 3
    assert [sent.email for sent in everybody] == ["b@x.org", "a@x.org"]  # the oldest link first
    assert {invitations.get_state(session, _found(session, sent), later) for sent in everybody} == {
        InvitationState.OPEN
    }
    with pytest.raises(invitations.UnusableError):
        invitations.renew(session, trainer.user, cohort, withdrawn, later)


def test_the_list_of_a_cohort_holds_who_is_waiting_expired_or_not(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    cohort, other = make.cohort(trainer), make.cohort(trainer)
    _, used, withdrawn = _invite(session, make, cohort, "waiting@x.org", "used@x.org", "withdrawn@x.org")
    _invite(session, make, other, "elsewhere@x.org")
    invitations.create(session, trainer.user, Role.TRAINER, make.now(), email="teaches@x.org", cohort=cohort)
    rosa = make.person()
    accepting.accept_with_account(session, _found(session, used), rosa.user, rosa.learner, make.now(), KEY)
    invitations.withdraw(session, trainer.user, _found(session, withdrawn), make.now())
    session.commit()

    page = invitations.list_for_cohort(session, cohort, Role.LEARNER)

    assert [one.email for one in page.items] == ["waiting@x.org"]
    assert [one.email for one in invitations.list_for_cohort(session, cohort, Role.TRAINER).items] == ["teaches@x.org"]
    assert invitations.list_for_cohort(session, cohort, Role.LEARNER, "nobody").total == 0
    assert invitations.count_pending(session, cohort) == 1
    assert invitations.list_open(session, make.now()) == []  # those are the trainers' own
    assert invitations.list_open_addresses(session, cohort, make.now()) == {"waiting@x.org"}
    assert invitations.list_open_addresses(session, cohort, make.now() + timedelta(days=31)) == set()
