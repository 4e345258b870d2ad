"""The page that a cohort begins with."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy.orm import Session

from app.models import AssignmentException, Cohort
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory, Person


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


def _words(trainer: Person, cohort: Cohort) -> str:
    reply = trainer.client.get(f"/teach/cohorts/{cohort.id}")
    assert reply.status_code == 200
    text = unescape(re.sub(r"<[^>]+>", " ", reply.text))
    return re.sub(r" ([.,:;])", r"\1", " ".join(text.split()))


def test_it_says_how_far_each_assignment_is(trainer: Person, make: Factory, session: Session, clock: Clock) -> None:
    passed, failed, under, absent, excused = people = [make.person() for _ in range(5)]
    cohort = make.cohort(trainer, *people)
    assignment = make.assignment(trainer, cohort, title="Safety first", due_at=clock.now + timedelta(days=3))
    take_test(session, passed, assignment, clock.now, is_right=True)
    take_test(session, failed, assignment, clock.now, is_right=False)
    start_attempt(session, under, assignment, clock.now)
    session.add(AssignmentException(assignment_id=assignment.id, learner_id=excused.learner.id, is_excused=True))
    session.commit()

    words = _words(trainer, cohort)
    assert "1 of 4 passed, 1 not passed, 1 in progress, 1 not started, 1 excused" in words
    assert "Due next Thu 26 Nov, 10:00 in 3 days Safety first 1 of 4 passed" in words
    assert "All on track" not in words
    assert "Nobody is past due, has failed twice" in words
    assert "1 learner has a result that is not a pass 1 missed a safety-critical question" in words

    clock.advance(days=4)
    words = _words(trainer, cohort)
    assert "1 of 4 passed, 1 not passed, 1 in progress, 1 overdue, 1 excused" in words
    assert "Due next" not in words
    assert f"{absent.user.name} Past due Safety first: not started" in words
    assert f"{under.user.name} Past due Safety first: started, not submitted" in words
    assert f"{failed.user.name} Safety-critical Past due Safety first: 0%, safety-critical question wrong" in words
    assert excused.user.name not in words


def test_its_counts_lead_to_those_who_are_counted(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    failed, other = make.person(name="Fay Failed"), make.person(name="Oz Other")
    cohort = make.cohort(trainer, failed, other)
    assignment = make.assignment(trainer, cohort)
    take_test(session, failed, assignment, clock.now, is_right=False)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}").text
    link = re.search(r'href="([^"]+)">1 not passed', page)
    assert link
    found = trainer.client.get(unescape(link[1])).text

    assert "Fay Failed" in found
    assert "Oz Other" not in found


def test_only_the_most_urgent_are_named_and_all_are_counted(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    people = [make.person(name=f"Late {number:02}") for number in range(10)]
    twice = make.person(name="Zoe Twice")
    cohort = make.cohort(trainer, *people, twice)
    assignment = make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=1))
    for hours in (0, 1):
        take_test(session, twice, assignment, clock.now + timedelta(hours=hours), is_right=False)
    clock.advance(days=2)

    words = _words(trainer, cohort)

    assert "Needs attention 11" in words
    assert "Show 3 more of 11" in words
    assert words.index("Zoe Twice") < words.index("Late 06") < words.index("Show 3 more of 11") < words.index("Late 07")


def test_in_a_large_cohort_reasons_are_counted_and_folded(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when eight learners with many tests fill several screens of a phone."""
    cohort = make.cohort(trainer, *(make.person(name=f"Late {number:02}") for number in range(9)))
    for _ in range(4):
        make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=1))
    clock.advance(days=2)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}").text

    assert page.count("4 tests past due") == 9
    assert page.count("Tests and what to do") == 9


def test_assignments_long_past_due_are_folded_if_there_are_many(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    cohort = make.cohort(trainer, make.person())
    for number in range(8):
        make.assignment(trainer, cohort, title=f"Week {number}", due_at=clock.now + timedelta(hours=1 + number))
    make.assignment(trainer, cohort, title="Examination", due_at=clock.now + timedelta(days=30))
    clock.advance(days=1)

    words = _words(trainer, cohort)
    folded = words[words.index("Show 5 earlier assignments") :]

    assert folded.index("Week 0") < folded.index("Week 4") < folded.index("Week 5") < folded.index("Examination")


def test_an_empty_cohort_says_how_to_join_it(trainer: Person, make: Factory, session: Session, clock: Clock) -> None:
    cohort = make.cohort(trainer)
    code = f"{cohort.join_code[:5]}-{cohort.join_code[5:]}"

    words = _words(trainer, cohort)
    assert "Nobody has joined yet" in words
    assert code in words
    assert "Nothing is assigned yet" in words

    clock.advance(days=100)
    trainer = replace(trainer, client=make.signed_in(trainer.user, trainer.learner))
    words = _words(trainer, cohort)
    assert "The code no longer works." in words
    assert code not in words

    cohort.archived_at = clock.now
    session.commit()
    assert "The cohort is archived, so nobody can join it." in _words(trainer, cohort)


def test_nobody_needs_attention_in_an_archived_cohort(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    cohort = make.cohort(trainer, make.person())
    make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=1))
    cohort.archived_at = clock.advance(days=5)
    session.commit()

    words = _words(trainer, cohort)
    assert "All on track" not in words
    assert "Needs attention" not in words


def test_all_are_on_track_only_if_nobody_has_failed(trainer: Person, make: Factory, session: Session) -> None:
    good, bad = make.person(), make.person()
    cohort = make.cohort(trainer, good, bad)
    assignment = make.assignment(trainer, cohort)
    take_test(session, good, assignment, make.now(), is_right=True)
    assert "All on track Nobody is past due" in _words(trainer, cohort)

    take_test(session, bad, assignment, make.now(), is_right=False)
    assert "All on track" not in _words(trainer, cohort)


def test_a_pretest_is_taken_and_nobody_fails_it(trainer: Person, make: Factory, session: Session, clock: Clock) -> None:
    cohort = make.cohort(trainer, low := make.person(name="Lo Low"), make.person(name="Al Absent"))
    before = make.assignment(trainer, cohort, title="Before", due_at=clock.now + timedelta(days=1))
    make.assignment(trainer, cohort, title="After").pretest_id = before.id
    take_test(session, low, before, clock.now, is_right=False)
    session.commit()
    clock.advance(days=2)

    words = _words(trainer, cohort)
    page = " ".join(re.sub(r"<[^>]+>", " ", trainer.client.get(f"/teach/assignments/{before.id}").text).split())

    assert "1 of 2 taken, 1 overdue" in words
    assert "Lo Low" not in words
    assert "Al Absent Past due Before: not started" in words.replace(" :", ":").replace(" Message to Al Absent", "")
    assert "1 of 2 taken" in page
    assert "1 learner has not taken it yet." in page


def test_it_says_why_somebody_past_due_is_not_overdue(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    cohort = make.cohort(trainer, slow := make.person(), make.person())
    assignment = make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=1))
    later = clock.now + timedelta(days=9)
    session.add(AssignmentException(assignment_id=assignment.id, learner_id=slow.learner.id, due_at=later))
    session.commit()
    clock.advance(days=2)
    make.person().client.post(f"/join/{cohort.join_code}")

    words = _words(trainer, cohort)

    assert (
        "0 of 3 passed, 1 overdue, 1 not started, with a later due date, 1 not started, joined after the due date"
        in words
    )


def test_a_withdrawn_assignment_is_counted_and_not_shown(trainer: Person, make: Factory, session: Session) -> None:
    cohort = make.cohort(trainer, make.person())
    make.assignment(trainer, cohort, title="Gone").withdrawn_at = make.now()
    make.assignment(trainer, cohort, title="Stays")
    session.commit()

    words = _words(trainer, cohort)

    assert "Gone" not in words
    assert "1 assignment was withdrawn." in words


def test_everybody_past_due_without_a_pass_is_listed_with_something_to_do(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    once, closed, late, two = (make.person(name=name) for name in ("Una", "Carl Closed", "Lena Late", "Maria Garcia"))
    same = make.person(name="maría garcía")
    cohort = make.cohort(trainer, once, closed, two, same)
    assignment = make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=1), attempts_allowed=1)
    for person in (once, closed):
        take_test(session, person, assignment, clock.now, is_right=False)
    closed.user.active = False
    clock.advance(days=2)
    late.client.post(f"/join/{cohort.join_code}")
    session.commit()

    words = _words(trainer, cohort)
    page = trainer.client.get(f"/teach/cohorts/{cohort.id}").text

    assert "Needs attention 3" in words
    assert "Lena Late" not in words
    assert "Carl Closed" not in words
    assert "Learners 5 Closed accounts, left out of progress 1" in words
    assert f"Maria Garcia {two.user.email}" in words
    assert f"maría garcía {same.user.email}" in words
    path = f"/teach/assignments/{assignment.id}/exceptions/{once.learner.id}?give="
    assert f"{path}attempt&amp;back=cohort" in page
    assert f"{path}time&amp;back=cohort" in page
    answer = trainer.client.get(f"{path}attempt&back=cohort")
    assert 'name="more_attempts"' in answer.text
    given = trainer.client.post(f"{path}attempt&back=cohort", data={"more_attempts": "1"})
    assert given.location == f"/teach/cohorts/{cohort.id}"


def test_it_takes_ten_statements_whatever_its_size(
    trainer: Person, make: Factory, session: Session, statements: Callable[[], list[str]]
) -> None:
    """Catches: a learner, an assignment or a count that is a query."""
    counts = []
    for size in (1, 8):
        people = [make.person() for _ in range(size)]
        cohort = make.cohort(trainer, *people)
        for assignment in [make.assignment(trainer, cohort) for _ in range(size)]:
            take_test(session, people[0], assignment, make.now(), is_right=False)
        statements()
        trainer.client.get(f"/teach/cohorts/{cohort.id}")
        counts.append(len(statements()))

    assert counts == [10, 10]
