from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Invitation, Learner, Role, User
from app.services import invitations, users
from app.services.invitations import InvitationState, Issued
from tests.factory import Make


def _accept(session: Session, issued: Issued, make: Make, email: str = "rosa@example.org") -> User:
    return invitations.accept(
        session,
        issued.invitation,
        name="Rosa",
        email=email,
        password_hash="x",
        time_zone="Europe/Paris",
        now=make.now(),
    )


def test_the_token_itself_is_kept_nowhere(session: Session, make: Make) -> None:
    issued = invitations.create(session, make.admin().user, Role.TRAINER, make.now())
    session.commit()

    assert issued.token not in str(session.execute(select(Invitation.token_hash, Invitation.name)).all())
    assert issued.token not in str(session.scalars(select(AuditEvent.details)).all())
    assert invitations.get_by_token(session, issued.token) is issued.invitation
    assert invitations.get_by_token(session, issued.token + "x") is None


def test_accepting_makes_an_account_of_the_role_with_its_learner(session: Session, make: Make) -> None:
    issued = invitations.create(session, make.admin().user, Role.TRAINER, make.now())

    user = _accept(session, issued, make)
    session.commit()

    learner = session.scalars(select(Learner).where(Learner.user_id == user.id)).one()
    assert (user.role, learner.time_zone) == (Role.TRAINER, "Europe/Paris")
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all() == [
        "invitation.create",
        "invitation.accept",
    ]


def test_an_invitation_works_once(session: Session, make: Make) -> None:
    """Catches: an update that doesn't ask whether it was used."""
    issued = invitations.create(session, None, Role.ADMIN, make.now())
    _accept(session, issued, make)
    session.commit()

    with pytest.raises(invitations.UnusableError):
        _accept(session, issued, make, "second@example.org")

    assert session.scalar(select(func.count(User.id)).where(User.email == "second@example.org")) == 0


def test_an_old_invitation_is_refused(session: Session, make: Make) -> None:
    issued = invitations.create(session, None, Role.ADMIN, make.now() - invitations.VALID)

    assert invitations.state_at(issued.invitation, make.now()) is InvitationState.EXPIRED
    with pytest.raises(invitations.UnusableError):
        _accept(session, issued, make)


def test_a_withdrawn_invitation_is_refused_and_no_longer_listed(session: Session, make: Make) -> None:
    admin = make.admin()
    issued = invitations.create(session, admin.user, Role.TRAINER, make.now())

    invitations.withdraw(session, admin.user, issued.invitation, make.now())
    session.commit()

    assert invitations.list_open(session, make.now()) == []
    with pytest.raises(invitations.UnusableError):
        _accept(session, issued, make)


def test_a_taken_address_leaves_the_invitation_good(session: Session, make: Make) -> None:
    make.person(email="rosa@example.org")
    issued = invitations.create(session, None, Role.TRAINER, make.now())
    session.commit()

    with pytest.raises(users.AddressTakenError):
        _accept(session, issued, make)
    session.rollback()

    assert _accept(session, issued, make, "free@example.org").role is Role.TRAINER


def test_a_new_first_link_ends_the_earlier_one(session: Session, make: Make) -> None:
    earlier = invitations.create_first(session, make.now())
    session.commit()

    later = invitations.create_first(session, make.now() + timedelta(minutes=1))
    session.commit()
    session.expire_all()

    now = make.now() + timedelta(minutes=2)
    assert invitations.state_at(earlier.invitation, now) is InvitationState.EXPIRED
    assert [found.id for found in invitations.list_open(session, now)] == [later.invitation.id]
