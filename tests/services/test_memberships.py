"""The people of a cohort: found, ordered, and counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from app.services.cohorts import cohorts, memberships
from app.services.cohorts.memberships import MemberCounts, MemberOrder
from tests.support.assigned_test import start_attempt
from tests.support.factory import Factory


def test_members_and_removed_ones_are_found_by_name_or_address(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    ada, bo, cy = (make.person(name=name, email=f"{name.lower()}@x.org") for name in ("Ada", "Bo", "Cy"))
    cohort = make.cohort(trainer, ada, bo, cy)
    make.cohort(trainer, make.person(name="Ada elsewhere"))
    cohorts.remove_member(session, trainer.user, cohort, cy.learner.id, make.now())
    session.commit()

    def names(*, is_removed: bool = False, sought: str = "") -> list[str]:
        page = memberships.list_page(session, cohort, is_removed=is_removed, sought=sought)
        return [person.name for person in page.items]

    assert names() == ["Ada", "Bo"]
    assert names(sought="BO@X") == ["Bo"]
    assert names(sought="%") == []
    assert names(is_removed=True) == ["Cy"]
    assert memberships.count_members(session, cohort) == MemberCounts(members=2, removed=1)
    assert memberships.list_addresses(session, cohort) == {"ada@x.org": False, "bo@x.org": False, "cy@x.org": True}


def test_whoever_was_away_longest_comes_first(session: Session, make: Factory) -> None:
    """Fails when only signing in counts: a sign-in lasts for weeks, and people work in it."""
    trainer = make.trainer()
    silent, working, back = (make.person(name=name) for name in ("Silent", "Working", "Back"))
    cohort = make.cohort(trainer, silent, working, back)
    assignment = make.assignment(trainer, cohort)
    start_attempt(session, working, assignment, make.now() + timedelta(days=3))
    make.now.advance(days=2)  # type: ignore[attr-defined]
    make.signed_in(back.user, back.learner)

    page = memberships.list_page(session, cohort, is_removed=False, order=MemberOrder.SEEN)

    began = page.items[0].joined_at
    assert [(person.name, person.seen_at - began) for person in page.items] == [
        ("Silent", timedelta(0)),
        ("Back", timedelta(days=2)),
        ("Working", timedelta(days=3)),
    ]


def test_three_hundred_are_fifty_a_page_with_as_many_statements(
    session: Session, make: Factory, statements: Callable[[], list[str]]
) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer, *(make.person(name=f"P {number:03}") for number in range(120)))
    statements()

    pages = [memberships.list_page(session, cohort, is_removed=False, number=number) for number in (1, 3, 9, -4)]

    assert len(statements()) == 8
    assert [(len(page.items), page.number, page.pages, page.total) for page in pages] == [
        (50, 1, 3, 120),
        (20, 3, 3, 120),
        (20, 3, 3, 120),
        (50, 1, 3, 120),
    ]
    assert pages[1].items[0].name == "P 100"
