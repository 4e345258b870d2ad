from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Learner, LessonProgress, LessonRow, Role, SignIn, User
from app.services.cohorts import cohorts
from app.services.people import directory, users
from app.services.people.directory import AccountOrder, AccountQuery
from tests.conftest import Clock
from tests.support.attempt_client import start
from tests.support.factory import Factory


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org ", "ada@example.org"),
        ("ada+quiz@example.org", "ada+quiz@example.org"),
        ("ada", None),
        ("ada@", None),
        ("ada@example.org\nBcc: all@example.org", None),
        ("", None),
    ],
)
def test_addresses_are_kept_in_one_form(typed: str, kept: str | None) -> None:
    assert users.normalise_address(typed) == kept


def test_an_address_belongs_to_one_account_and_the_transaction_goes_on(session: Session, make: Factory) -> None:
    make.person(email="ada@example.org")

    with pytest.raises(users.AddressTakenError):
        users.add(session, name="Other", email="ada@example.org", password_hash="x", now=make.now())

    assert session.scalar(select(func.count(User.id)).where(User.email == "ada@example.org")) == 1


def test_create_makes_an_account_with_its_learner(session: Session, make: Factory) -> None:
    user = users.create(
        session, name="Ada", email="ada@example.org", password_hash="x", now=make.now(), time_zone="Asia/Tokyo"
    )
    session.commit()

    learner = session.scalars(select(Learner).where(Learner.user_id == user.id)).one()
    assert (learner.is_guest, learner.time_zone, user.role) == (False, "Asia/Tokyo", Role.LEARNER)


def test_a_change_of_role_is_audited_with_old_and_new(session: Session, make: Factory) -> None:
    admin, person = make.admin(), make.person()

    users.set_role(session, admin.user, person.user, Role.TRAINER, make.now())
    users.set_role(session, admin.user, person.user, Role.TRAINER, make.now())
    session.commit()

    event = session.scalars(select(AuditEvent)).one()
    assert (event.actor_id, event.action, event.subject) == (admin.user.id, "user.set_role", f"user:{person.user.id}")
    assert event.details == {"old": "learner", "new": "trainer"}


@pytest.mark.parametrize("how", ["demote", "deactivate"])
def test_the_last_active_admin_stays(session: Session, make: Factory, how: str) -> None:
    """Catches: counting administrators who are deactivated."""
    admin, gone = make.admin(), make.admin()
    users.deactivate(session, admin.user, gone.user, make.now())

    def act() -> None:
        if how == "demote":
            users.set_role(session, admin.user, admin.user, Role.TRAINER, make.now())
        else:
            users.deactivate(session, admin.user, admin.user, make.now())

    with pytest.raises(users.LastAdminError):
        act()

    assert admin.user.active
    assert admin.user.role is Role.ADMIN


def test_one_of_two_admins_may_go(session: Session, make: Factory) -> None:
    admin, other = make.admin(), make.admin()

    users.set_role(session, other.user, admin.user, Role.LEARNER, make.now())

    assert admin.user.role is Role.LEARNER
    assert users.has_admin(session)


def test_deactivating_ends_every_sign_in_and_is_audited_once(session: Session, make: Factory) -> None:
    admin, person = make.admin(), make.person()
    make.signed_in(person.user, person.learner)

    users.deactivate(session, admin.user, person.user, make.now())
    users.deactivate(session, admin.user, person.user, make.now())
    session.commit()

    running = select(func.count(SignIn.id)).where(SignIn.user_id == person.user.id, SignIn.ended_at.is_(None))
    assert session.scalar(running) == 0
    assert session.scalars(select(AuditEvent.action)).all() == ["user.deactivate"]


def test_reactivating_is_audited(session: Session, make: Factory) -> None:
    admin, person = make.admin(), make.person()
    users.deactivate(session, admin.user, person.user, make.now())

    users.reactivate(session, admin.user, person.user, make.now())
    session.commit()

    assert person.user.active
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all() == [
        "user.deactivate",
        "user.reactivate",
    ]


def test_people_are_found_by_part_of_name_or_address(session: Session, make: Factory) -> None:
    make.person(name="Ilse Brandt", email="ib@example.org")
    make.person(name="Tomás", email="brandao@example.org")
    make.person(name="Zainab", email="za@example.org")

    assert [line.user.name for line in directory.list_page(session, AccountQuery("BRAND"), 1).items] == [
        "Ilse Brandt",
        "Tomás",
    ]


def test_a_wildcard_is_only_a_character(session: Session, make: Factory) -> None:
    make.person(name="Ilse")

    assert directory.list_page(session, AccountQuery("%"), 1).total == 0
    assert directory.list_page(session, AccountQuery("_"), 1).total == 0


@pytest.mark.parametrize(("asked", "given", "shown"), [(1, 1, 50), (2, 2, 2), (9, 2, 2), (-1, 1, 50)])
def test_pages_hold_fifty(
    session: Session, make: Factory, statements: Callable[[], list[str]], asked: int, given: int, shown: int
) -> None:
    for number in range(52):
        users.add(session, name=f"P{number}", email=f"p{number}@example.org", password_hash="x", now=make.now())
    statements()

    page = directory.list_page(session, AccountQuery(""), asked)

    assert (page.number, page.pages, page.total, len(page.items)) == (given, 2, 52, shown)
    assert len(statements()) == 5


def test_accounts_are_filtered_and_sorted(make: Factory, session: Session, clock: Clock) -> None:
    quiet, trainer, busy = (
        make.person(name="A quiet one"),
        make.trainer(name="B trainer"),
        make.person(name="C busy one"),
    )
    users.deactivate(session, trainer.user, quiet.user, clock())
    clock.advance(hours=1)
    lesson = session.scalars(select(LessonRow.id).limit(1)).one()
    session.add(LessonProgress(learner_id=busy.learner.id, lesson_id=lesson, read_at=clock()))
    session.commit()

    def names(**sought: Any) -> list[str]:
        return [line.user.name[0] for line in directory.list_page(session, AccountQuery(**sought), 1).items]

    assert names() == ["A", "B", "C"]
    assert names(order=AccountOrder.SEEN) == ["C", "A", "B"]
    assert names(is_active=False) == ["A"]
    assert names(role=Role.TRAINER, is_active=True) == ["B"]
    assert names(role=Role.TRAINER, is_active=False) == []


def test_a_line_says_when_somebody_was_here_and_where_they_belong(
    make: Factory, session: Session, clock: Clock
) -> None:
    trainer, person = make.trainer(name="B"), make.person(name="A")
    for title in ("Year 3", "Year 2"):
        make.cohort(trainer, person, title=title)
    left = make.cohort(trainer, person, title="Year 1")
    cohorts.remove_member(session, trainer.user, left, person.learner.id, clock())
    begun = clock.advance(hours=2)
    start(person.client, session)

    lines = directory.list_page(session, AccountQuery(), 1).items

    assert [(line.user.name, line.cohorts) for line in lines] == [
        ("A", ["Year 2", "Year 3"]),
        ("B", ["Year 1", "Year 2", "Year 3"]),
    ]
    assert lines[0].seen_at == begun
    assert [(one.title, one.removed_at is None) for one in directory.list_cohort_roles(session, person.user)] == [
        ("Year 2", True),
        ("Year 3", True),
        ("Year 1", False),
    ]


def test_a_page_of_accounts_costs_the_same_whatever_it_shows(
    make: Factory, session: Session, statements: Callable[[], list[str]]
) -> None:
    trainer = make.trainer()
    for _ in range(20):
        make.cohort(trainer, make.person())
    statements()

    directory.list_page(session, AccountQuery(order=AccountOrder.SEEN), 1)

    assert len(statements()) == 5
