"""The people of a library: roles, and invitations that the invited accept in the studio."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.models import Library, LibraryInvitation, LibraryPerson, LibraryRole, Role, User
from app.services.libraries.libraries import get_subject
from app.services.log import audit


class LastOwnerError(Exception):
    """Nobody else who can use the studio owns the library."""


class AlreadyInvolvedError(Exception):
    """The person with this address has a role in the library already."""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person of a library. ``can_use``: the account is active and may use the studio."""

    user_id: int
    name: str
    email: str
    role: LibraryRole
    can_use: bool


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An open invitation as the invited person sees it."""

    id: int
    library: str
    role: LibraryRole
    invited_by: str


@dataclass(frozen=True, slots=True)
class LibraryKeepers:
    """The name of a library, and the names of the people who can see its keys, in order."""

    name: str
    people: tuple[str, ...]


def list_keepers(session: Session, library_ids: Collection[int]) -> dict[int, LibraryKeepers]:
    """Return the people of these libraries by id, without those who cannot use the studio. Administrators see all keys."""
    rows = session.execute(
        select(Library.id, Library.name, User)
        .outerjoin(LibraryPerson, LibraryPerson.library_id == Library.id)
        .outerjoin(User, User.id == LibraryPerson.user_id)
        .where(Library.id.in_(library_ids))
        .order_by(Library.id, User.folded, User.id)
    ).all()
    return {
        number: LibraryKeepers(name, tuple(user.name for _id, _name, user in found if user and _can_use(user)))
        for (number, name), found in ((key, list(group)) for key, group in groupby(rows, lambda row: (row[0], row[1])))
    }


def list_people(session: Session, library: Library) -> list[PersonLine]:
    """Return the people of a library by name."""
    rows = session.execute(
        select(User, LibraryPerson.role)
        .join(LibraryPerson, LibraryPerson.user_id == User.id)
        .where(LibraryPerson.library_id == library.id)
        .order_by(User.folded, User.id)
    )
    return [PersonLine(user.id, user.name, user.email, role, _can_use(user)) for user, role in rows]


def list_invitations(session: Session, library: Library) -> Sequence[LibraryInvitation]:
    """Return the open invitations of a library, by address."""
    found = select(LibraryInvitation).where(LibraryInvitation.library_id == library.id)
    return session.scalars(found.order_by(LibraryInvitation.email)).all()


def invite(session: Session, actor: User, library: Library, email: str, role: LibraryRole, now: datetime) -> None:
    """Invite the trainer with a normalised address. Inviting again changes the role.

    The result does not depend on whether an account has the address.

    :raise AlreadyInvolvedError: a person of the library has this address.
    """
    if any(person.email == email for person in list_people(session, library)):
        raise AlreadyInvolvedError
    try:
        with session.begin_nested():
            session.add(
                LibraryInvitation(library_id=library.id, email=email, role=role, invited_by_id=actor.id, invited_at=now)
            )
    except IntegrityError:
        open_one = session.scalars(
            select(LibraryInvitation).where(
                LibraryInvitation.library_id == library.id, LibraryInvitation.email == email
            )
        ).one()
        open_one.role, open_one.invited_by_id, open_one.invited_at = role, actor.id, now
    audit.record(session, actor, "library.invite", get_subject(library), now, role=role.value)


def withdraw(session: Session, actor: User, library: Library, invitation_id: int, now: datetime) -> bool:
    """Withdraw an open invitation of this library; return False if there is none."""
    gone = session.execute(
        delete(LibraryInvitation)
        .where(LibraryInvitation.id == invitation_id, LibraryInvitation.library_id == library.id)
        .returning(LibraryInvitation.id)
    ).all()
    if gone:
        audit.record(session, actor, "library.withdraw_invitation", get_subject(library), now)
    return bool(gone)


def list_invitations_to(session: Session, user: User) -> list[InvitationLine]:
    """Return the open invitations to this account, by name of the library."""
    rows = session.execute(
        select(LibraryInvitation.id, Library.name, LibraryInvitation.role, User.name)
        .join(Library, Library.id == LibraryInvitation.library_id)
        .join(User, User.id == LibraryInvitation.invited_by_id)
        .where(LibraryInvitation.email == user.email, _may_still_invite())
        .order_by(Library.name, LibraryInvitation.id)
    )
    return [InvitationLine(*row) for row in rows]


def accept(session: Session, user: User, invitation_id: int, now: datetime) -> Library | None:
    """Give a person the role they were invited to; return None if the invitation is gone or void.

    The person who invited must still own the library.
    """
    library = session.scalar(
        select(Library)
        .join(LibraryInvitation, LibraryInvitation.library_id == Library.id)
        .join(User, User.id == LibraryInvitation.invited_by_id)
        .where(LibraryInvitation.id == invitation_id, LibraryInvitation.email == user.email, _may_still_invite())
    )
    if library is None:
        return None
    role = session.scalar(
        delete(LibraryInvitation).where(LibraryInvitation.id == invitation_id).returning(LibraryInvitation.role)
    )
    if role is None:  # withdrawn, or accepted in another tab, at the same moment
        return library if session.get(LibraryPerson, (library.id, user.id)) else None
    try:
        with session.begin_nested():
            session.add(LibraryPerson(library_id=library.id, user_id=user.id, role=role))
    except IntegrityError:
        return library  # accepted at the same moment in another tab
    audit.record(session, user, "library.add_person", get_subject(library), now, role=role.value)
    return library


def decline(session: Session, user: User, invitation_id: int) -> None:
    session.execute(
        delete(LibraryInvitation).where(LibraryInvitation.id == invitation_id, LibraryInvitation.email == user.email)
    )


def set_role(session: Session, actor: User, library: Library, user_id: int, role: LibraryRole, now: datetime) -> bool:
    """Change the role of a person; return False if they have none in this library.

    :raise LastOwnerError: the library would have no owner.
    """
    person = _lock_person(session, library, user_id)
    if person is None:
        return False
    if person.role is not role:
        if person.role is LibraryRole.OWNER:
            _give_up_ownership(session, library, user_id)
        audit.record(
            session,
            actor,
            "library.set_role",
            get_subject(library),
            now,
            user=user_id,
            old=person.role.value,
            new=role.value,
        )
        person.role = role
    return True


def remove(session: Session, actor: User, library: Library, user_id: int, now: datetime) -> bool:
    """Take a person's role away, from the next request on; return False if they have none in this library.

    :raise LastOwnerError: the library would have no owner.
    """
    person = _lock_person(session, library, user_id)
    if person is None:
        return False
    if person.role is LibraryRole.OWNER:
        _give_up_ownership(session, library, user_id)
    session.delete(person)
    audit.record(session, actor, "library.remove_person", get_subject(library), now, user=user_id)
    return True


def _lock_person(session: Session, library: Library, user_id: int) -> LibraryPerson | None:
    """Lock the people of a library, so that two owners cannot remove each other at once, and return one of them."""
    its = select(LibraryPerson).where(LibraryPerson.library_id == library.id).order_by(LibraryPerson.user_id)
    rows = session.scalars(lock_rows(its, LibraryPerson).execution_options(populate_existing=True))
    return {row.user_id: row for row in rows}.get(user_id)


def _give_up_ownership(session: Session, library: Library, user_id: int) -> None:
    """Check that another owner stays, and withdraw the invitations of this one."""
    others = (
        select(User.id)
        .join(LibraryPerson, LibraryPerson.user_id == User.id)
        .where(LibraryPerson.library_id == library.id, LibraryPerson.role == LibraryRole.OWNER)
        .where(User.id != user_id, User.active, User.role != Role.LEARNER)
    )
    if session.scalar(others.limit(1)) is None:
        raise LastOwnerError
    session.execute(
        delete(LibraryInvitation).where(
            LibraryInvitation.library_id == library.id, LibraryInvitation.invited_by_id == user_id
        )
    )


def _may_still_invite() -> ColumnElement[bool]:
    """Build the condition that the joined user may still invite people to the joined library."""
    owns = exists().where(
        LibraryPerson.library_id == LibraryInvitation.library_id,
        LibraryPerson.user_id == User.id,
        LibraryPerson.role == LibraryRole.OWNER,
    )
    owner = and_(User.role == Role.TRAINER, owns.correlate_except(LibraryPerson))
    return and_(User.active, or_(User.role == Role.ADMIN, owner))


def _can_use(user: User) -> bool:
    return user.active and user.role is not Role.LEARNER
