"""A learner and an attempt as the trainers of a cohort see them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import AnswerRevision, AssignmentException, Attempt, Mark, MarkChange
from app.services.attempts import attempts
from app.services.cohorts import cohorts
from app.services.marking import submission
from tests.conftest import Clock
from tests.support import composed
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, Factory, Person
from tests.support.submissions import AnswerKey, answer_and_submit, submit_test


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


def _page(trainer: Person, cohort: Any, learner: Person, status: int = 200) -> str:
    reply = trainer.client.get(f"/teach/cohorts/{cohort.id}/learners/{learner.learner.id}")
    assert reply.status_code == status
    return reply.text


def _attempt(trainer: Person, attempt: Attempt) -> str:
    reply = trainer.client.get(f"/teach/attempts/{attempt.id}")
    assert reply.status_code == 200
    return reply.text


def _words(page: str) -> str:
    """The text of a page in one line."""

    text = unescape(re.sub(r"<[^>]+>", " ", page))
    return re.sub(r" ([.,:;])", r"\1", " ".join(text.split()))


# -- the learner -----------------------------------------------------------------------------------------------------


def test_a_learners_page_tells_what_happened_in_this_cohort(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    learner, other = make.person(name="Łucja Kowalczyk"), make.person()
    cohort = make.cohort(trainer, learner, other)
    assignment = make.assignment(trainer, cohort, title="Safety first", due_at=clock.now + timedelta(days=1))
    learner.client.post("/modules/safety/lessons/red-flags/done")
    take_test(session, learner, assignment, clock.now + timedelta(days=3), is_right=False)
    second = take_test(session, learner, assignment, clock.now + timedelta(days=4), is_right=True)
    make.exception(trainer, assignment, learner, extra_time_percent=25)
    make.exception(trainer, assignment, other, more_attempts=0, is_excused=True)
    clock.advance(days=5)

    page = _page(trainer, cohort, learner)
    words = _words(page)

    assert "Joined the cohort" in words
    assert "Finished the lesson “Red flags" in words
    assert "Safety first: attempt 1 submitted, 0%" in words
    assert "Safety first: attempt 2 submitted, 100%, passed, 3 days late" in words
    assert f'href="/teach/attempts/{second.id}"' in page
    assert "Safety first: 25% more time" in words
    assert words.count("Exception added in Safety first, by Dr Ilse Brandt") == 1


def test_nothing_of_other_cohorts_or_of_practice_is_shown(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    """Catches: mastery, attempts or lessons that are read by the learner alone, without asking whose business they are."""
    learner, stranger = make.person(), make.trainer()
    cohort, other = make.cohort(trainer, learner), make.cohort(stranger, learner, title="Elsewhere")
    make.assignment(trainer, cohort, title="Ours")
    theirs = take_test(session, learner, make.assignment(stranger, other, title="Theirs"), clock.now, is_right=True)
    elsewhere = make.assignment(stranger, other, "evidence", title="Their evidence")
    take_test(session, learner, elsewhere, clock.now, is_right=True)
    practice = attempts.start_practice(session, learner.learner, make.module(), clock.now)
    answer_and_submit(session, practice, clock.now, AnswerKey(session).all_wrong)

    page = _page(trainer, cohort, learner)

    assert "Theirs" not in page
    assert "Elsewhere" not in page
    assert "evidence" not in page.lower()
    assert "Submitted" not in page
    assert page.count("Not asked yet") > 3
    assert "latest-marks" not in page
    assert f"/teach/attempts/{theirs.id}" not in page
    assert f"/teach/attempts/{practice.id}" not in page
    assert trainer.client.get(f"/teach/attempts/{theirs.id}").status_code == 404
    assert trainer.client.get(f"/teach/attempts/{practice.id}").status_code == 404


def test_mastery_is_told_from_the_tests_of_this_cohort(trainer: Person, make: Factory, session: Session) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    for hours in range(3):
        take_test(session, learner, assignment, make.now() + timedelta(hours=hours), is_right=True)

    page = _page(trainer, cohort, learner)

    assert "Secure" in page


def test_the_objectives_of_all_modules_of_a_composed_test_are_listed(trainer: Person, make: Factory) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    composed.assign(make, trainer, cohort, composed.compose(make, trainer))

    page = unescape(_page(trainer, cohort, learner))

    assert all(make.module(slug).title in page for slug in ("safety", "evidence"))


def test_who_was_removed_stays_visible_to_their_trainer(trainer: Person, make: Factory, session: Session) -> None:
    learner = make.person(name="Gone Girl")
    cohort = make.cohort(trainer, learner)
    attempt = take_test(session, learner, make.assignment(trainer, cohort), make.now(), is_right=True)
    cohorts.remove_member(session, trainer.user, cohort, learner.learner.id, make.now())
    session.commit()

    page = _page(trainer, cohort, learner)

    assert "Removed from the cohort on" in page
    assert "Needs attention" not in page
    assert "100" in _attempt(trainer, attempt)


def test_why_somebody_needs_attention_is_said_in_words(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    failed = make.assignment(trainer, cohort, title="Failed one")
    make.assignment(trainer, cohort, title="Missed one", due_at=clock.now + timedelta(days=12))
    for hours in range(3):
        take_test(session, learner, failed, clock.now + timedelta(hours=hours), is_right=False)
    clock.advance(days=13)

    words = _words(_page(trainer, cohort, learner))

    assert "Failed twice Failed one: 0%, safety-critical question wrong" in words
    assert "Past due Missed one: not started" in words
    assert "Stuck The last three answers were wrong on “" in words
    assert "Inactive No activity since Mon 23 Nov" in words


def test_a_learner_who_practises_is_not_called_inactive(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    """Catches: a rule that only knows of tests; practice on other modules is no sign."""
    practises, elsewhere = make.person(), make.person()
    cohort = make.cohort(trainer, practises, elsewhere)
    make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=20))
    clock.advance(days=11)
    for person, module in ((practises, "safety"), (elsewhere, "evidence")):
        attempt = attempts.start_practice(session, person.learner, make.module(module), clock.now)
        submission.submit(session, attempt, clock.now)
    session.commit()

    assert "Inactive" not in _page(trainer, cohort, practises)
    assert "Inactive" in _page(trainer, cohort, elsewhere)


def test_a_stranger_has_no_page_in_a_cohort(trainer: Person, make: Factory) -> None:
    _page(trainer, make.cohort(trainer, make.person()), make.person(), status=404)


# -- the attempt -----------------------------------------------------------------------------------------------------


def test_an_attempt_shows_each_answer_with_its_log_and_key(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    learner = make.person(name="Wei Li")
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(
        trainer,
        cohort,
        title="Safety first",
        asks_certainty=True,
        policy=AFTER_CLOSING,
        due_at=clock.now + timedelta(days=3),
    )
    attempt = submit_test(session, learner, assignment, clock.now, AnswerKey(session).all_wrong)
    session.add(
        AnswerRevision(
            attempt_id=attempt.id,
            position=1,
            revision=2,
            save_id="s2",
            response=None,
            certainty=None,
            arrived_at=clock.now + timedelta(seconds=21),
        )
    )
    session.commit()

    page = _attempt(trainer, attempt)
    words = _words(page)

    assert "Wei Li: Safety first" in words
    assert "0%, not passed" in words
    assert "Certainty certain" in words
    assert "0:20" in words
    assert "0:21 cleared" in words
    assert "version 1." in words
    assert page.count("How they answered") == len(attempt.items)
    assert page.count('id="answer-') == len(attempt.items)
    assert "The learner sees only the score so far." in words


def test_what_the_learner_sees_is_told_as_it_is_with_their_exception(
    trainer: Person, make: Factory, session: Session
) -> None:
    """Fails when the page forgets the second attempt that was granted, and says that the learner sees everything."""
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort, policy=AFTER_LAST_ATTEMPT, attempts_allowed=1)
    make.exception(trainer, assignment, learner, more_attempts=1)
    attempt = take_test(session, learner, assignment, make.now(), is_right=True)

    assert "The learner sees only the score so far." in _words(_attempt(trainer, attempt))


def test_a_score_that_waits_for_the_learner_is_told_to_the_trainer(
    trainer: Person, make: Factory, session: Session
) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    waits = ReleasePolicy(ReleaseMoment.CLOSING, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING)
    assignment = make.assignment(trainer, cohort, policy=waits, due_at=make.now() + timedelta(days=3))
    attempt = take_test(session, learner, assignment, make.now(), is_right=True)

    page = _words(_attempt(trainer, attempt))

    assert "100%, passed" in page
    assert "The learner sees nothing yet, not even the score." in page


def test_changes_of_a_mark_are_shown_with_reason_actor_and_time(
    trainer: Person, make: Factory, session: Session
) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    attempt = take_test(session, learner, make.assignment(trainer, cohort), make.now(), is_right=False)
    mark = session.get(Mark, (attempt.id, 2))
    assert mark is not None
    mark.points, mark.max_points, mark.is_void = 0, 0, True
    session.add(
        MarkChange(
            attempt_id=attempt.id,
            position=2,
            old_points=0,
            new_points=0,
            old_max_points=1,
            new_max_points=0,
            actor_id=trainer.user.id,
            reason="Two options were right.",
            batch="b",
            changed_at=make.now() + timedelta(hours=1),
        )
    )
    session.commit()

    page, timeline = _words(_attempt(trainer, attempt)), _words(_page(trainer, cohort, learner))

    assert "0 of 1 changed to 0 of 0" in page
    assert "Two options were right. Dr Ilse Brandt, Mon 23 Nov, 11:00" in page
    assert "Mark changed" in page
    assert "Not counted" in page
    assert "Mark of question 2 in The test changed, by Dr Ilse Brandt: Two options were right." in timeline


def test_an_attempt_under_way_shows_what_is_answered_so_far(trainer: Person, make: Factory, session: Session) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    attempt = start_attempt(session, learner, make.assignment(trainer, cohort), make.now())
    attempt.items[0].response = [0]
    session.commit()

    page = _words(_attempt(trainer, attempt))

    assert f"1 of {len(attempt.items)} answered" in page
    assert "not passed" not in page


def test_looking_at_an_overdue_attempt_closes_it(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    """Catches: a page that shows the attempt as it was before it was closed."""
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    attempt = start_attempt(session, learner, make.assignment(trainer, cohort, time_limit_minutes=20), clock.now)
    clock.advance(minutes=21)

    page = _words(_attempt(trainer, attempt))

    assert "not passed" in page
    assert "In progress" not in page


def test_several_attempts_lead_to_each_other(trainer: Person, make: Factory, session: Session) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    first, second = (
        take_test(session, learner, assignment, make.now() + timedelta(hours=h), is_right=bool(h)) for h in (0, 1)
    )

    page = _attempt(trainer, second)

    assert f'href="/teach/attempts/{first.id}"' in page
    assert f'href="/teach/attempts/{second.id}" aria-current="page"' in page


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}"])
def test_script_in_names_titles_reasons_and_notes_is_inert(
    trainer: Person, make: Factory, session: Session, name: str
) -> None:
    learner = make.person(name=f"Learner {name}")
    cohort = make.cohort(trainer, learner, title=f"Cohort {name}")
    assignment = make.assignment(trainer, cohort, title=f"Test {name}", due_at=make.now() - timedelta(days=1))
    attempt = take_test(session, learner, assignment, make.now(), is_right=False)
    session.add(
        AssignmentException(
            assignment_id=assignment.id, learner_id=learner.learner.id, extra_time_percent=25, note=f"Note {name}"
        )
    )
    session.add(
        MarkChange(
            attempt_id=attempt.id,
            position=1,
            old_points=0,
            new_points=0,
            old_max_points=1,
            new_max_points=1,
            reason=f"Reason {name}",
            batch="b",
            changed_at=make.now(),
        )
    )
    session.commit()

    pages = [
        trainer.client.get(f"/teach/cohorts/{cohort.id}").text,
        trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook?q={name}").text,
        _page(trainer, cohort, learner),
        _attempt(trainer, attempt),
    ]

    assert not [page for page in pages if "<script>alert" in page or "<img src=x" in page or " 49" in page]
    assert "Reason " in pages[3]
    assert "Note " in pages[2]


def test_the_pages_take_a_fixed_number_of_statements(
    trainer: Person, make: Factory, session: Session, statements: Callable[[], list[str]]
) -> None:
    """Catches: an attempt, an answer, an objective or an event that is a query."""
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    attempt = take_test(session, learner, assignment, make.now(), is_right=False)

    def count(path: str) -> int:
        trainer.client.get(path)
        statements()
        assert trainer.client.get(path).status_code == 200
        return len(statements())

    paths = (f"/teach/cohorts/{cohort.id}/learners/{learner.learner.id}", f"/teach/attempts/{attempt.id}")
    before = [count(path) for path in paths]
    for _ in range(3):
        more = make.assignment(trainer, cohort)
        for hours in range(4):
            take_test(session, learner, more, make.now() + timedelta(hours=hours), is_right=bool(hours % 2))
    take_test(session, learner, assignment, make.now(), is_right=True)

    assert [count(path) for path in paths] == before
    assert before[0] <= 18
    assert before[1] <= 12
