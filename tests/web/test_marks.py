"""Changing a single mark by hand: threat 26, what is refused in words, and what the learner is told."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Attempt, AuditEvent, Mark, MarkChange
from tests.conftest import Clock
from tests.support.attempt_client import start, start_assigned
from tests.support.correction_class import CorrectionClass, answer_wrong_at, make_correction_class
from tests.support.factory import Factory
from tests.support.submissions import AnswerKey


@pytest.fixture
def year(make: Factory, session: Session, clock: Clock) -> CorrectionClass:
    return make_correction_class(make, session, clock)


@pytest.fixture
def missed(year: CorrectionClass, session: Session) -> tuple[Attempt, int]:
    """Ben's attempt, and the place of the one question that he had wrong: safety-critical, so that he did not pass."""
    at = year.position(is_critical=True)
    return year.hand_in(year.learners[1], answer_wrong_at(AnswerKey(session), [at])), at


def path(attempt: Attempt, at: int) -> str:
    return f"/teach/attempts/{attempt.id}/{at}/mark"


def changes(session: Session) -> list[MarkChange]:
    return list(session.scalars(select(MarkChange).order_by(MarkChange.id)))


def test_it_works(year: CorrectionClass, session: Session, missed: tuple[Attempt, int]) -> None:
    """Fails when the total, the pass or the standing stays behind the mark."""
    attempt, at = missed
    client = year.trainer.client

    page = client.get(path(attempt, at))
    done = client.post(path(attempt, at), data={"points": "1", "reason": "He said it aloud.", "seen": "0"})

    assert (page.status_code, done.status_code, done.location) == (200, 303, path(attempt, at))
    year.look_again(attempt)
    assert (attempt.points, attempt.is_passed, attempt.is_critical_missed) == (10, True, False)
    standing = year.standing(year.learners[1])
    assert (standing.best_percent, standing.passed_at, standing.latest_is_passed) == (100, attempt.submitted_at, True)
    assert "He said it aloud." in client.get(path(attempt, at)).text


def test_no_mark_changes_without_a_trace(year: CorrectionClass, session: Session, missed: tuple[Attempt, int]) -> None:
    """Threat 26. Fails when actor, old, new, reason or time is missing, or a second change overwrites the first."""
    attempt, at = missed
    first_at = year.clock.now
    year.trainer.client.post(path(attempt, at), data={"points": "0,5", "reason": "Half of it."})
    second_at = year.clock.advance(hours=1)
    admin = year.make.admin()
    admin.client.post(path(attempt, at), data={"points": "1", "reason": "All of it."})

    found = changes(session)

    assert [
        (
            one.old_points,
            one.new_points,
            one.old_max_points,
            one.new_max_points,
            one.reason,
            one.actor_id,
            one.changed_at,
        )
        for one in found
    ] == [
        (0, 0.5, 1, 1, "Half of it.", year.trainer.user.id, first_at),
        (0.5, 1, 1, 1, "All of it.", admin.user.id, second_at),
    ]
    assert {one.correction_id for one in found} == {None}
    assert len({one.batch for one in found}) == 2
    events = session.scalars(select(AuditEvent).where(AuditEvent.action == "mark.change").order_by(AuditEvent.id)).all()
    assert [(event.actor_id, event.subject, event.details["old"], event.details["new"]) for event in events] == [
        (year.trainer.user.id, f"attempt:{attempt.id}", 0, 0.5),
        (admin.user.id, f"attempt:{attempt.id}", 0.5, 1),
    ]
    assert [event.details["batch"] for event in events] == [one.batch for one in found]


def test_marks_are_written_anew_in_one_place_that_leaves_a_trace() -> None:
    """Threat 26. Fails when some other code updates marks: what changes points must write the change beside them."""
    from pathlib import Path

    app = Path(__file__).parents[2] / "app"
    writers = {
        file.name
        for file in app.rglob("*.py")
        if re.search(r"update\((Mark|_MARKS)\)|_build_update\(\s*_MARKS|delete\(Mark\)", file.read_text())
    }

    # guests.py gives the marks of a guest to whoever signs in; their points stay. reopening.py moves the marks of a
    # reopened attempt, with their changes, to withdrawn_mark. settling.py removes the void mark of an answer that nobody
    # has marked, when its correction is undone; the correction and its withdrawal are the trace. reviews.py takes back the
    # latest answer of a review, which is practice; the answer log keeps both answers.
    assert writers == {"regrade_writer.py", "guests.py", "reopening.py", "settling.py", "reviews.py"}


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"points": "1", "reason": ""}, "reason", "Enter a reason."),
        ({"points": "1", "reason": "  \n "}, "reason", "Enter a reason."),
        ({"points": "", "reason": "Why."}, "points", "Enter the points."),
        ({"points": "1.01", "reason": "Why."}, "points", "Enter a number from 0 to 1"),
        ({"points": "-0.5", "reason": "Why."}, "points", "Enter a number from 0 to 1"),
        ({"points": "nan", "reason": "Why."}, "points", "Enter a number from 0 to 1"),
        ({"points": "1e0", "reason": "Why."}, "points", "Enter a number from 0 to 1"),
        ({"points": "all", "reason": "Why."}, "points", "Enter a number from 0 to 1"),
        ({"points": "1", "reason": "x" * 1001}, "reason", "Use at most 1000 characters."),
    ],
)
def test_a_bad_form_is_refused_beside_the_field(
    year: CorrectionClass, session: Session, missed: tuple[Attempt, int], given: dict[str, str], field: str, words: str
) -> None:
    reply = year.trainer.client.post(path(*missed), data=given)

    assert reply.status_code == 422
    assert re.search(rf'id="{field}-err">.*{words}', reply.text)
    assert changes(session) == []


def test_the_mark_that_it_is_and_one_that_moved_are_refused(
    year: CorrectionClass, session: Session, missed: tuple[Attempt, int]
) -> None:
    client = year.trainer.client

    same = client.post(path(*missed), data={"points": "0", "reason": "Why."})
    client.post(path(*missed), data={"points": "0.5", "reason": "Why.", "seen": "0"})
    moved = client.post(path(*missed), data={"points": "1", "reason": "Why.", "seen": "0"})

    assert (same.status_code, moved.status_code) == (409, 409)
    assert "The mark is the same already." in same.text
    assert "Somebody else changed the mark" in moved.text
    assert len(changes(session)) == 1


def test_a_form_sent_twice_changes_the_mark_once(
    year: CorrectionClass, session: Session, missed: tuple[Attempt, int]
) -> None:
    form = {"points": "0.5", "reason": "Why.", "form_id": "twice"}

    replies = [year.trainer.client.post(path(*missed), data=form) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [303, 303]
    assert len(changes(session)) == 1


def test_a_released_pass_is_taken_away_only_with_the_tick(year: CorrectionClass, session: Session) -> None:
    """Fails when a pass that a learner was told of is lost without a word."""
    attempt, at = year.attempts[0], year.position(is_critical=True)
    form = {"points": "0", "reason": "Copied."}

    refused = year.trainer.client.post(path(attempt, at), data=form)
    untouched = len(changes(session))
    done = year.trainer.client.post(path(attempt, at), data=form | {"may_lower": "1"})

    assert (refused.status_code, untouched, done.status_code) == (409, 0, 303)
    assert "The learner was told that they passed" in refused.text
    year.look_again(attempt)
    assert (attempt.points, attempt.is_passed, attempt.is_critical_missed) == (9, False, True)
    assert year.standing(year.learners[0]).passed_at is None


def test_the_best_attempt_is_found_anew(year: CorrectionClass, session: Session) -> None:
    """Fails when the standing keeps an attempt as the best that is no longer."""
    hand = AnswerKey(session)
    plain = year.position(is_critical=False)
    second = year.hand_in(year.learners[0], answer_wrong_at(hand, [plain]))
    first, at = year.attempts[0], year.position(is_critical=True)

    year.trainer.client.post(path(first, at), data={"points": "0", "reason": "Copied.", "may_lower": "1"})

    standing = year.standing(year.learners[0])
    assert (standing.best_attempt_id, standing.best_percent) == (second.id, 90)
    assert standing.passed_at == second.submitted_at
    assert standing.attempts == 2


def test_a_void_question_has_no_mark_to_change(
    year: CorrectionClass, session: Session, missed: tuple[Attempt, int]
) -> None:
    attempt, at = missed
    here = f"/teach/assignments/{year.assignment.id}/questions/{year.version(at)}/correct"
    year.trainer.client.post(here, data={"remedy": "void", "reason": "Wrong."})

    page = year.trainer.client.get(path(attempt, at))
    sent = year.trainer.client.post(path(attempt, at), data={"points": "1", "reason": "Why."})

    assert "there is no mark to change" in page.text
    assert sent.status_code == 409


def test_only_what_was_handed_in_in_an_own_assignment(year: CorrectionClass, session: Session, make: Factory) -> None:
    """Fails when a mark is found by its ids alone."""
    learner = year.learners[2]
    own_test = start(learner.client, session)
    own_test.submit()
    admin = make.admin()

    statuses = [
        year.trainer.client.get(f"/teach/attempts/{own_test.attempt_id}/1/mark").status_code,
        admin.client.get(f"/teach/attempts/{own_test.attempt_id}/1/mark").status_code,
        make.trainer().client.get(path(year.attempts[0], 1)).status_code,
        year.trainer.client.get(path(year.attempts[0], 99)).status_code,
    ]

    assert statuses == [404] * 4


def test_an_attempt_under_way_has_no_marks_and_the_page_says_so(
    year: CorrectionClass, session: Session, make: Factory
) -> None:
    """Fails when a trainer who may see the attempt gets a bare 404, or a stranger gets more."""
    under_way = start_assigned(year.learners[2].client, session, year.assignment.id)
    address = f"/teach/attempts/{under_way.attempt_id}/1/mark"

    page = year.trainer.client.get(address)
    typed = {"points": "1", "reason": "She said it aloud."}
    sent = year.trainer.client.post(address, data=typed, headers={"Origin": "http://localhost"})

    assert (page.status_code, sent.status_code) == (409, 409)
    assert "This test is not submitted yet" in page.text
    assert f'href="/teach/attempts/{under_way.attempt_id}"' in page.text
    assert "She said it aloud." in sent.text
    assert "Nothing was saved." in sent.text
    assert make.trainer().client.get(address).status_code == 404
    assert year.trainer.client.get(f"/teach/attempts/{under_way.attempt_id}/99/mark").status_code == 404


def test_the_way_there_leads_over_the_attempt(year: CorrectionClass, missed: tuple[Attempt, int]) -> None:
    """Fails when the attempt's page loses its links to the mark and to the question."""
    attempt, at = missed

    page = year.trainer.client.get(f"/teach/attempts/{attempt.id}").text

    assert f'href="{path(attempt, at)}"' in page
    assert f'href="/teach/assignments/{year.assignment.id}/questions/{year.version(at)}/correct"' in page


# -- what the learner is told ---------------------------------------------------------------------------------------------------


def told(year: CorrectionClass, attempt: Attempt) -> str:
    return re.sub(r"\s+", " ", year.learners[1].client.get(f"/attempts/{attempt.id}/result").text)


def test_the_learner_sees_from_what_to_what_why_and_when(year: CorrectionClass, missed: tuple[Attempt, int]) -> None:
    attempt, _ = missed
    year.trainer.client.post(path(*missed), data={"points": "0.5", "reason": "Half of it <b>was</b> said."})

    page = told(year, attempt)

    assert re.search(
        r"Mark changed</dt><dd>From 0 to 0\.5, [^:<]+:\d\d: Half of it &lt;b&gt;was&lt;/b&gt; said\.", page
    )
    assert re.search(r"Partly correct</span> 0\.5 of 1 point ?<", page)
    assert "Marks were changed after you submitted" in page


@pytest.mark.parametrize("mark", [ReleaseMoment.SUBMISSION, ReleaseMoment.LAST_ATTEMPT])
def test_the_learner_is_told_no_more_than_is_released(
    year: CorrectionClass, session: Session, mark: ReleaseMoment
) -> None:
    year.assignment = year.make.assignment(
        year.trainer,
        year.make.cohort(year.trainer, *year.learners, title="Another"),
        policy=ReleasePolicy(mark, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT),
        attempts_allowed=2,
    )
    year.attempts = []
    attempt = year.hand_in(year.learners[1], AnswerKey(session).all_wrong)

    year.trainer.client.post(path(attempt, 1), data={"points": "1", "reason": "CANARY"})

    page = told(year, attempt)
    assert "CANARY" not in page
    assert "Mark changed" not in page
    assert ("Marks were changed after you submitted" in page) is (mark is ReleaseMoment.SUBMISSION)


def test_the_database_holds_marks_to_their_range(year: CorrectionClass, session: Session) -> None:
    """Fails when the rules stand in the form alone."""
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("UPDATE mark SET points = 2"))
    assert session.scalar(select(func.max(Mark.points))) == 1


def test_in_an_archived_cohort_nothing_is_changed(
    year: CorrectionClass, session: Session, missed: tuple[Attempt, int]
) -> None:
    """Fails when marks, or questions, of a cohort that can only be read are still changed."""
    attempt, at = missed
    version_id = year.version(at)
    client = year.trainer.client
    client.post(f"/teach/cohorts/{year.assignment.cohort_id}/archive")

    by_hand = client.post(path(attempt, at), data={"points": "1", "reason": "He said it aloud.", "seen": "0"})
    corrected = client.post(
        f"/teach/assignments/{year.assignment.id}/questions/{version_id}/correct",
        data={"remedy": "void", "reason": "Two answers are right."},
    )

    assert (by_hand.status_code, corrected.status_code) == (409, 409)
    assert "archive" in by_hand.text
    assert changes(session) == []
    assert client.get(path(attempt, at)).status_code == 200
