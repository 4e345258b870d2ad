"""Correcting a question in the browser: the form, the preview that changes nothing, one step with a reason, and what learners are told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Cohort, Correction, Mark, MarkChange, QuestionVersion
from app.services.course import catalogue
from tests.conftest import Clock
from tests.support.correction_class import CorrectionClass, answer_wrong_at, make_correction_class
from tests.support.factory import Factory, Person
from tests.support.submissions import AnswerKey, join_with_the_same_paper


@pytest.fixture
def year(make: Factory, session: Session, clock: Clock) -> CorrectionClass:
    return make_correction_class(make, session, clock)


def path(year: CorrectionClass, position: int) -> str:
    return f"/teach/assignments/{year.assignment.id}/questions/{year.version(position)}/correct"


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def result(learner: Person, attempt_id: int) -> str:
    reply = learner.client.get(f"/attempts/{attempt_id}/result")
    assert reply.status_code == 200
    return re.sub(r"\s+", " ", reply.text)


def correct(
    year: CorrectionClass, position: int, remedy: str, reason: str = "Two answers are right.", **given: object
) -> None:
    reply = year.trainer.client.post(path(year, position), data={"remedy": remedy, "reason": reason} | given)
    assert reply.status_code == 303, reply.text


def test_it_works(year: CorrectionClass, session: Session) -> None:
    at = year.position(is_critical=True)
    attempt = year.hand_in(year.learners[1], answer_wrong_at(AnswerKey(session), [at]))
    client = year.trainer.client

    form = client.get(path(year, at))
    preview = client.get(f"{path(year, at)}/preview", query_string={"remedy": "void"})
    nothing_yet = (count(session, Correction), count(session, MarkChange))
    done = client.post(path(year, at), data={"remedy": "void", "reason": "Two answers are right.", "form_id": "a"})
    again = client.post(path(year, at), data={"remedy": "void", "reason": "Two answers are right.", "form_id": "a"})

    assert (form.status_code, preview.status_code, nothing_yet) == (200, 200, (0, 0))
    assert "Would pass now" in preview.text
    assert "Ben" in preview.text
    assert (done.status_code, done.location) == (303, path(year, at))
    assert again.status_code == 303
    assert (count(session, Correction), count(session, MarkChange)) == (1, 2)
    assert "Two answers are right." in client.get(path(year, at)).text
    told = result(year.learners[1], attempt.id)
    assert "<h1>Passed</h1>" in told
    assert "9 of 9" in told
    assert "This question no longer counts, neither for nor against you." in told


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Choose how to correct the question."),
        ({"remedy": "erase"}, "Choose how to correct the question."),
        ({"remedy": "accept"}, "Enter the other answer that is correct."),
        ({"remedy": "accept", "option": "77"}, "Choose the other answer from those on the page."),
        ({"remedy": "withdraw", "correction": "9"}, "already undone"),
    ],
)
def test_what_is_no_decision_is_said_and_changes_nothing(
    year: CorrectionClass, session: Session, given: dict[str, str], words: str
) -> None:
    at = year.position(is_critical=False)

    looked = year.trainer.client.get(f"{path(year, at)}/preview", query_string=given)
    sent = year.trainer.client.post(path(year, at), data=given | {"reason": "Why."})

    assert (looked.status_code, sent.status_code) == (422, 422)
    assert words in looked.text
    assert words in sent.text
    assert count(session, Correction) == 0


def test_a_reason_is_demanded(year: CorrectionClass, session: Session) -> None:
    at = year.position(is_critical=False)

    reply = year.trainer.client.post(path(year, at), data={"remedy": "credit", "reason": " "})

    assert reply.status_code == 422
    assert "Give a reason." in reply.text
    assert count(session, Correction) == 0


def test_the_key_itself_is_no_other_key(year: CorrectionClass, session: Session) -> None:
    at = year.position(is_critical=False)
    key = year.key(year.version(at))

    reply = year.trainer.client.get(
        f"{path(year, at)}/preview", query_string={"remedy": "accept", "option": list(key.correct)}
    )

    assert reply.status_code == 422
    assert "This correction has already been made" in reply.text


def test_a_version_that_nobody_was_asked_in_this_assignment_is_404(year: CorrectionClass, session: Session) -> None:
    asked = {item.version_id for item in year.attempts[0].items}
    other = session.scalars(select(QuestionVersion.id).where(QuestionVersion.id.not_in(asked))).first()

    reply = year.trainer.client.get(f"/teach/assignments/{year.assignment.id}/questions/{other}/correct")

    assert reply.status_code == 404


def test_a_pass_is_taken_away_only_with_the_tick(year: CorrectionClass, session: Session) -> None:
    """Fails when the box is not asked for, or not heeded."""
    missed, had = year.position(is_critical=False), year.position(is_critical=True)
    attempt = year.hand_in(year.learners[1], answer_wrong_at(AnswerKey(session), [missed]))
    preview = year.trainer.client.get(f"{path(year, had)}/preview", query_string={"remedy": "void"}).text

    correct(year, had, "void", seen="1")

    year.look_again(attempt)
    assert "1 learner was told that they passed" in preview
    assert (attempt.points, attempt.is_passed) == (9, True)
    made = session.scalars(select(Correction)).one()
    correct(year, had, "withdraw", correction=str(made.id))
    correct(year, had, "void", seen="1", may_lower="1")
    year.look_again(attempt)
    assert (attempt.points, attempt.is_passed) == (8, False)


def test_more_passes_lost_than_were_seen_are_shown_again(year: CorrectionClass, session: Session) -> None:
    missed, had = year.position(is_critical=False), year.position(is_critical=True)
    year.hand_in(year.learners[1], answer_wrong_at(AnswerKey(session), [missed]))

    reply = year.trainer.client.post(
        path(year, had), data={"remedy": "void", "reason": "Why.", "seen": "0", "may_lower": "1"}
    )

    assert reply.status_code == 409
    assert "Since you opened this page" in reply.text
    assert 'name="seen" value="1"' in reply.text
    assert count(session, Correction) == 0


# -- what learners are told ----------------------------------------------------------------------------------------------------


def test_another_answer_is_named_with_its_reason_once_the_key_is_released(
    year: CorrectionClass, session: Session
) -> None:
    at = year.position(is_critical=False)
    hand = AnswerKey(session)
    other = hand.wrong(year.attempts[0].items[at - 1])
    attempt = year.hand_in(year.learners[1], answer_wrong_at(hand, [at]))

    correct(year, at, "accept", option=[str(index) for index in other])

    told = result(year.learners[1], attempt.id)
    assert "Another answer is accepted, too" in told
    assert "Two answers are right." in told
    assert "From 0 to 1" in told
    assert "10 of 10" in told


HELD_BACK = {
    "mark alone": ReleasePolicy(
        ReleaseMoment.SUBMISSION, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT
    ),
    "mark and correctness": ReleasePolicy(
        ReleaseMoment.SUBMISSION, ReleaseMoment.SUBMISSION, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT
    ),
    "nothing": ReleasePolicy(
        ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT
    ),
}


@pytest.mark.parametrize("what", list(HELD_BACK))
@pytest.mark.parametrize("remedy", ["accept", "void", "credit"])
def test_no_more_is_told_than_is_released(year: CorrectionClass, session: Session, what: str, remedy: str) -> None:
    """Fails when a notice or a reason gives the key away, or which answers were right, before it is time."""
    year.assignment = year.make.assignment(
        year.trainer,
        year.make.cohort(year.trainer, *year.learners, title="Another"),
        policy=HELD_BACK[what],
        attempts_allowed=3,
    )
    year.attempts = []
    hand = AnswerKey(session)
    attempt = year.hand_in(year.learners[1], hand.all_wrong)
    at = year.position(is_critical=False)
    other = hand.wrong(attempt.items[at - 1])

    given = {"option": [str(index) for index in other]} if remedy == "accept" else {}
    correct(year, at, remedy, reason="CANARY in the reason.", **given)

    told = result(year.learners[1], attempt.id)
    names = {
        "accept": "Another answer is accepted, too",
        "void": "This question no longer counts",
        "credit": "Everyone got full points",
    }
    is_told = {"mark alone": remedy != "accept", "mark and correctness": True, "nothing": False}[what]
    assert "CANARY" not in told
    assert (names[remedy] in told) is is_told
    assert ("Mark changed" in told) is (what == "mark and correctness" and remedy != "void")
    assert ("Marks were changed after you submitted" in told) is (what != "nothing")


def test_mastery_and_objectives_leave_a_void_question_out(year: CorrectionClass, session: Session) -> None:
    """Fails when what counts for nothing is still counted as wrong."""
    at = year.position(is_critical=True)
    attempt = year.hand_in(year.learners[1], answer_wrong_at(AnswerKey(session), [at]))
    before = year.learners[1].client.get("/progress").text

    correct(year, at, "void")

    told = result(year.learners[1], attempt.id)
    assert "Safety-critical question missed" not in told
    assert before != year.learners[1].client.get("/progress").text
    assert session.scalars(select(Mark.is_void).where(Mark.attempt_id == attempt.id, Mark.position == at)).one()


# -- everywhere ----------------------------------------------------------------------------------------------------------------


def test_an_administrator_finds_a_question_and_corrects_it_everywhere(
    year: CorrectionClass, make: Factory, session: Session
) -> None:
    admin = make.admin().client
    at = year.position(is_critical=True)
    version_id = year.version(at)
    stem = catalogue.get_texts(session, [version_id])[version_id].stem
    found = admin.get("/admin/questions", query_string={"q": stem[:30]}, follow_redirects=True)
    here = f"/admin/questions/{version_id}/correct"

    preview = admin.get(f"{here}/preview", query_string={"remedy": "void"})
    done = admin.post(here, data={"remedy": "void", "reason": "It is wrong."})

    assert f"/teach/questions/{version_id}" in found.text
    assert here in admin.get(f"/teach/questions/{version_id}").text
    assert preview.status_code == 200
    assert done.status_code == 303
    made = session.scalars(select(Correction)).one()
    assert (made.assignment_id, made.reason) == (None, "It is wrong.")
    shown = year.trainer.client.get(path(year, at)).text
    assert "Left out of the score" in shown
    assert "Undo<" not in shown
    assert "Undo<" in admin.get(here).text


def test_what_is_not_found_is_said(make: Factory) -> None:
    reply = make.admin().client.get("/teach/questions?q=no+such+words+anywhere&page=99")

    assert reply.status_code == 200
    assert "No questions match" in reply.text


def test_practice_under_way_and_lessons_heed_a_correction_everywhere(
    make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when a checked answer keeps an old mark, so that the total at the end is not that of its marks."""
    from tests.support.attempt_client import start

    learner, admin = make.person(), make.admin()
    play = start(learner.client, session, "practice")
    one = play.at(1)
    play.answer(1, one.wrong, revision=0)

    reply = admin.client.post(
        f"/admin/questions/{one.version_id}/correct", data={"remedy": "credit", "reason": "It is wrong."}
    )
    page = play.page(1).text
    play.submit()

    assert reply.status_code == 303
    assert "Everyone got full points for this question." in page
    attempt = session.execute(
        select(Mark.points, Mark.is_right).where(Mark.attempt_id == play.attempt_id, Mark.position == 1)
    ).one()
    assert tuple(attempt) == (1, True)
    assert "1 of 10 correct" in result(learner, play.attempt_id)


# -- how many statements -------------------------------------------------------------------------------------------------------

Statements = Callable[[], list[str]]


def cost(statements: Statements, request: Callable[[], object]) -> int:
    statements()
    request()
    return len(statements())


def test_a_correction_takes_as_many_statements_for_many_as_for_two(
    year: CorrectionClass, session: Session, statements: Statements
) -> None:
    """Fails when an attempt, a mark or a standing is read or written one by one."""
    hand = AnswerKey(session)
    year.hand_in(year.learners[1], hand.all_wrong)
    at, later = (item.position for item in year.attempts[0].items[:2])
    client = year.trainer.client
    preview = {"query_string": {"remedy": "credit"}}
    for_two = [
        cost(statements, lambda: client.get(f"{path(year, at)}/preview", **preview)),
        cost(statements, lambda: correct(year, at, "credit")),
        cost(statements, lambda: client.get(path(year, at))),
    ]
    cohort = session.get_one(Cohort, year.assignment.cohort_id)
    join_with_the_same_paper(session, year.attempts[0], cohort, 60, hand.rising)

    for_many = [
        cost(statements, lambda: client.get(f"{path(year, later)}/preview", **preview)),
        cost(statements, lambda: correct(year, later, "credit")),
        cost(statements, lambda: client.get(path(year, later))),
    ]

    assert for_many == for_two
    assert for_two[0] <= 13
    assert for_two[1] <= 28


def test_a_result_takes_two_statements_more_where_there_is_something_to_tell(
    year: CorrectionClass, session: Session, statements: Statements
) -> None:
    attempt = year.hand_in(year.learners[1], AnswerKey(session).all_wrong)
    client, here = year.learners[1].client, f"/attempts/{attempt.id}/result"
    client.get(here)
    plain = cost(statements, lambda: client.get(here))

    for item in attempt.items[:4]:
        correct(year, item.position, "credit")

    assert cost(statements, lambda: client.get(here)) == plain + 2


def test_pages_of_a_preview(year: CorrectionClass, session: Session) -> None:
    cohort = session.get_one(Cohort, year.assignment.cohort_id)
    join_with_the_same_paper(session, year.attempts[0], cohort, 60, AnswerKey(session).all_right)
    at = year.position(is_critical=True)
    asked = {"remedy": "void"}

    first, second, beyond = (
        year.trainer.client.get(f"{path(year, at)}/preview", query_string=asked | page).text
        for page in ({}, {"page": "2"}, {"page": "999"})
    )

    rows = [text.count('<th scope="row">') for text in (first, second, beyond)]
    assert rows == [50, 11, 11]
    assert "Page 1 of 2" in first
