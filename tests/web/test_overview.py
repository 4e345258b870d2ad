"""The page that a cohort begins with."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy.orm import Session

from app.models import AssignmentException, Cohort
from tests.conftest import Clock
from tests.factory import Make, Person
from tests.taking import begin, take


@pytest.fixture
def trainer(make: Make) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


def _words(trainer: Person, cohort: Cohort) -> str:
    reply = trainer.client.get(f"/teach/cohorts/{cohort.id}")
    assert reply.status_code == 200
    text = unescape(re.sub(r"<[^>]+>", " ", reply.text))
    return re.sub(r" ([.,:;])", r"\1", " ".join(text.split()))


def test_it_says_how_far_each_assignment_is(trainer: Person, make: Make, session: Session, clock: Clock) -> None:
    passed, failed, under, absent, excused = people = [make.person() for _ in range(5)]
    cohort = make.cohort(trainer, *people)
    assignment = make.assignment(trainer, cohort, title="Safety first", due_at=clock.now + timedelta(days=3))
    take(session, passed, assignment, clock.now, is_right=True)
    take(session, failed, assignment, clock.now, is_right=False)
    begin(session, under, assignment, clock.now)
    session.add(AssignmentException(assignment_id=assignment.id, learner_id=excused.learner.id, is_excused=True))
    session.commit()

    words = _words(trainer, cohort)
    assert "1 of 4 passed, 1 not passed, 1 under way, 1 not started; 1 excused" in words
    assert "Due next Thu 26 Nov, 10:00 in 3 days Safety first 1 of 4 passed" in words
    assert "Nobody: nothing is overdue" in words

    clock.advance(days=4)
    words = _words(trainer, cohort)
    assert "1 of 4 passed, 1 not passed, 1 under way, 1 overdue; 1 excused" in words
    assert "Due next" not in words
    assert f"{absent.user.name} Overdue Safety first" in words
    assert f"{under.user.name} Overdue Safety first" in words


def test_its_counts_lead_to_those_who_are_counted(trainer: Person, make: Make, session: Session, clock: Clock) -> None:
    failed, other = make.person(name="Fay Failed"), make.person(name="Oz Other")
    cohort = make.cohort(trainer, failed, other)
    assignment = make.assignment(trainer, cohort)
    take(session, failed, assignment, clock.now, is_right=False)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}").text
    link = re.search(r'href="([^"]+)">1 not passed', page)
    assert link
    found = trainer.client.get(unescape(link[1])).text

    assert "Fay Failed" in found
    assert "Oz Other" not in found


def test_only_the_most_urgent_are_named_and_all_are_counted(
    trainer: Person, make: Make, session: Session, clock: Clock
) -> None:
    people = [make.person(name=f"Late {number:02}") for number in range(10)]
    twice = make.person(name="Zoe Twice")
    cohort = make.cohort(trainer, *people, twice)
    assignment = make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=1))
    for hours in (0, 1):
        take(session, twice, assignment, clock.now + timedelta(hours=hours), is_right=False)
    clock.advance(days=2)

    words = _words(trainer, cohort)

    assert "All 11 in the gradebook" in words
    assert words.index("Zoe Twice") < words.index("Late 00")
    assert "Late 06" in words
    assert "Late 07" not in words


def test_an_empty_cohort_says_how_to_join_it(trainer: Person, make: Make, session: Session, clock: Clock) -> None:
    cohort = make.cohort(trainer)
    code = f"{cohort.join_code[:5]}-{cohort.join_code[5:]}"

    words = _words(trainer, cohort)
    assert "Nobody has joined yet" in words
    assert code in words
    assert "Nothing is assigned yet" in words

    clock.advance(days=100)
    words = _words(trainer, cohort)
    assert "The code no longer works." in words
    assert code not in words

    cohort.archived_at = clock.now
    session.commit()
    assert "The cohort is archived: nobody can join it." in _words(trainer, cohort)


def test_nobody_needs_attention_in_an_archived_cohort(
    trainer: Person, make: Make, session: Session, clock: Clock
) -> None:
    cohort = make.cohort(trainer, make.person())
    make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=1))
    cohort.archived_at = clock.advance(days=5)
    session.commit()

    assert "Nobody: nothing is overdue" in _words(trainer, cohort)


def test_a_withdrawn_assignment_is_counted_and_not_shown(trainer: Person, make: Make, session: Session) -> None:
    cohort = make.cohort(trainer, make.person())
    make.assignment(trainer, cohort, title="Gone").withdrawn_at = make.now()
    make.assignment(trainer, cohort, title="Stays")
    session.commit()

    words = _words(trainer, cohort)

    assert "Gone" not in words
    assert "1 assignment is withdrawn." in words


def test_it_takes_ten_statements_whatever_its_size(
    trainer: Person, make: Make, session: Session, statements: Callable[[], list[str]]
) -> None:
    """Catches: a learner, an assignment or a count that is a query."""
    counts = []
    for size in (1, 8):
        people = [make.person() for _ in range(size)]
        cohort = make.cohort(trainer, *people)
        for assignment in [make.assignment(trainer, cohort) for _ in range(size)]:
            take(session, people[0], assignment, make.now(), is_right=False)
        statements()
        trainer.client.get(f"/teach/cohorts/{cohort.id}")
        counts.append(len(statements()))

    assert counts == [10, 10]
