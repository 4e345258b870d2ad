"""Correcting a question in the browser: the form, the preview that changes nothing, one step with a reason, and what learners are told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.content import Kind
from app.domain.release import Policy, When
from app.models import AuditEvent, Cohort, Correction, Mark, MarkChange, QuestionVersion
from app.services.course import catalogue
from tests.conftest import Clock
from tests.crowd import Hand, join_with_the_same_paper
from tests.factory import Make, Person
from tests.faulty import Class, wrong_at, year_of


@pytest.fixture
def year(make: Make, session: Session, clock: Clock) -> Class:
    return year_of(make, session, clock)


def path(year: Class, position: int) -> str:
    return f"/teach/assignments/{year.assignment.id}/questions/{year.version(position)}/correct"


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def result(learner: Person, attempt_id: int) -> str:
    reply = learner.client.get(f"/attempts/{attempt_id}/result")
    assert reply.status_code == 200
    return re.sub(r"\s+", " ", reply.text)


def correct(year: Class, position: int, remedy: str, reason: str = "Two answers are right.", **given: object) -> None:
    reply = year.trainer.client.post(path(year, position), data={"remedy": remedy, "reason": reason} | given)
    assert reply.status_code == 303, reply.text


def test_it_works(year: Class, session: Session) -> None:
    at = year.position(is_critical=True)
    attempt = year.hand_in(year.learners[1], wrong_at(Hand(session), [at]))
    client = year.trainer.client

    form = client.get(path(year, at))
    preview = client.get(f"{path(year, at)}/preview", query_string={"remedy": "void"})
    nothing_yet = (count(session, Correction), count(session, MarkChange))
    done = client.post(path(year, at), data={"remedy": "void", "reason": "Two answers are right.", "form_id": "a"})
    again = client.post(path(year, at), data={"remedy": "void", "reason": "Two answers are right.", "form_id": "a"})

    assert (form.status_code, preview.status_code, nothing_yet) == (200, 200, (0, 0))
    assert "Passes now" in preview.text
    assert "Ben" in preview.text
    assert (done.status_code, done.location) == (303, path(year, at))
    assert again.status_code == 303
    assert (count(session, Correction), count(session, MarkChange)) == (1, 2)
    assert "Two answers are right." in client.get(path(year, at)).text
    told = result(year.learners[1], attempt.id)
    assert "<h1>Passed</h1>" in told
    assert "9 of 9" in told
    assert "This question was taken out of the score" in told


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Choose what to do."),
        ({"remedy": "erase"}, "Choose what to do."),
        ({"remedy": "accept"}, "Say which other answer is right as well."),
        ({"remedy": "accept", "option": "77"}, "Choose the other answer from those on the page."),
        ({"remedy": "withdraw", "correction": "9"}, "withdrawn before"),
    ],
)
def test_what_is_no_decision_is_said_and_changes_nothing(
    year: Class, session: Session, given: dict[str, str], words: str
) -> None:
    at = year.position(is_critical=False)

    looked = year.trainer.client.get(f"{path(year, at)}/preview", query_string=given)
    sent = year.trainer.client.post(path(year, at), data=given | {"reason": "Why."})

    assert (looked.status_code, sent.status_code) == (422, 422)
    assert words in looked.text
    assert words in sent.text
    assert count(session, Correction) == 0


def test_a_reason_is_demanded(year: Class, session: Session) -> None:
    at = year.position(is_critical=False)

    reply = year.trainer.client.post(path(year, at), data={"remedy": "credit", "reason": " "})

    assert reply.status_code == 422
    assert "Say why." in reply.text
    assert count(session, Correction) == 0


def test_the_key_itself_is_no_other_key(year: Class, session: Session) -> None:
    at = year.position(is_critical=False)
    key = year.key(year.version(at))

    reply = year.trainer.client.get(
        f"{path(year, at)}/preview", query_string={"remedy": "accept", "option": list(key.correct)}
    )

    assert reply.status_code == 422
    assert "That holds already" in reply.text


def test_a_version_that_nobody_was_asked_in_this_assignment_is_404(year: Class, session: Session) -> None:
    asked = {item.version_id for item in year.attempts[0].items}
    other = session.scalars(select(QuestionVersion.id).where(QuestionVersion.id.not_in(asked))).first()

    reply = year.trainer.client.get(f"/teach/assignments/{year.assignment.id}/questions/{other}/correct")

    assert reply.status_code == 404


def test_a_pass_is_taken_away_only_with_the_tick(year: Class, session: Session) -> None:
    """Fails when the box is not asked for, or not heeded."""
    missed, had = year.position(is_critical=False), year.position(is_critical=True)
    attempt = year.hand_in(year.learners[1], wrong_at(Hand(session), [missed]))
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


def test_more_passes_lost_than_were_seen_are_shown_again(year: Class, session: Session) -> None:
    missed, had = year.position(is_critical=False), year.position(is_critical=True)
    year.hand_in(year.learners[1], wrong_at(Hand(session), [missed]))

    reply = year.trainer.client.post(
        path(year, had), data={"remedy": "void", "reason": "Why.", "seen": "0", "may_lower": "1"}
    )

    assert reply.status_code == 409
    assert "Since you looked" in reply.text
    assert 'name="seen" value="1"' in reply.text
    assert count(session, Correction) == 0


# -- what learners are told ----------------------------------------------------------------------------------------------------


def test_another_answer_is_named_with_its_reason_once_the_key_is_released(year: Class, session: Session) -> None:
    at = year.position(is_critical=False)
    hand = Hand(session)
    other = hand.wrong(year.attempts[0].items[at - 1])
    attempt = year.hand_in(year.learners[1], wrong_at(hand, [at]))

    correct(year, at, "accept", option=[str(index) for index in other])

    told = result(year.learners[1], attempt.id)
    assert "Another answer is accepted too" in told
    assert "Two answers are right." in told
    assert "From 0 to 1" in told
    assert "10 of 10" in told


HELD_BACK = {
    "mark alone": Policy(When.SUBMISSION, When.LAST_ATTEMPT, When.LAST_ATTEMPT, When.LAST_ATTEMPT),
    "mark and correctness": Policy(When.SUBMISSION, When.SUBMISSION, When.LAST_ATTEMPT, When.LAST_ATTEMPT),
    "nothing": Policy(When.LAST_ATTEMPT, When.LAST_ATTEMPT, When.LAST_ATTEMPT, When.LAST_ATTEMPT),
}


@pytest.mark.parametrize("what", list(HELD_BACK))
@pytest.mark.parametrize("remedy", ["accept", "void", "credit"])
def test_no_more_is_told_than_is_released(year: Class, session: Session, what: str, remedy: str) -> None:
    """Fails when a notice or a reason gives the key away, or which answers were right, before it is time."""
    year.assignment = year.make.assignment(
        year.trainer,
        year.make.cohort(year.trainer, *year.learners, title="Another"),
        policy=HELD_BACK[what],
        attempts_allowed=3,
    )
    year.attempts = []
    hand = Hand(session)
    attempt = year.hand_in(year.learners[1], hand.all_wrong)
    at = year.position(is_critical=False)
    other = hand.wrong(attempt.items[at - 1])

    given = {"option": [str(index) for index in other]} if remedy == "accept" else {}
    correct(year, at, remedy, reason="CANARY in the reason.", **given)

    told = result(year.learners[1], attempt.id)
    names = {
        "accept": "Another answer is accepted too",
        "void": "taken out of the score",
        "credit": "Everybody was given",
    }
    is_told = {"mark alone": remedy != "accept", "mark and correctness": True, "nothing": False}[what]
    assert "CANARY" not in told
    assert (names[remedy] in told) is is_told
    assert ("Mark changed" in told) is (what == "mark and correctness" and remedy != "void")
    assert ("marks of it were changed" in told) is (what != "nothing")


def test_mastery_and_objectives_leave_a_void_question_out(year: Class, session: Session) -> None:
    """Fails when what counts for nothing is still counted as wrong."""
    at = year.position(is_critical=True)
    attempt = year.hand_in(year.learners[1], wrong_at(Hand(session), [at]))
    before = year.learners[1].client.get("/progress").text

    correct(year, at, "void")

    told = result(year.learners[1], attempt.id)
    assert "Critical one missed" not in told
    assert before != year.learners[1].client.get("/progress").text
    assert session.scalars(select(Mark.is_void).where(Mark.attempt_id == attempt.id, Mark.position == at)).one()


# -- everywhere ----------------------------------------------------------------------------------------------------------------


def test_an_administrator_finds_a_question_and_corrects_it_everywhere(
    year: Class, make: Make, session: Session
) -> None:
    admin = make.admin().client
    at = year.position(is_critical=True)
    version_id = year.version(at)
    stem = catalogue.shown(session, [version_id])[version_id].stem
    found = admin.get("/admin/questions", query_string={"q": stem[:30]})
    here = f"/admin/questions/{version_id}/correct"

    preview = admin.get(f"{here}/preview", query_string={"remedy": "void"})
    done = admin.post(here, data={"remedy": "void", "reason": "It is wrong."})

    assert here in found.text
    assert preview.status_code == 200
    assert done.status_code == 303
    made = session.scalars(select(Correction)).one()
    assert (made.assignment_id, made.reason) == (None, "It is wrong.")
    shown = year.trainer.client.get(path(year, at)).text
    assert "Out of the score" in shown
    assert "Take it back" not in shown
    assert "Take it back" in admin.get(here).text


def test_what_is_not_found_is_said(make: Make) -> None:
    reply = make.admin().client.get("/admin/questions?q=no+such+words+anywhere&page=99")

    assert reply.status_code == 200
    assert "No question found" in reply.text


def test_practice_under_way_and_lessons_heed_a_correction_everywhere(
    make: Make, session: Session, clock: Clock
) -> None:
    """Fails when a checked answer keeps an old mark, so that the total at the end is not that of its marks."""
    from tests.playing import start

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
    assert "Everybody was given the full points" in page
    attempt = session.execute(
        select(Mark.points, Mark.is_right).where(Mark.attempt_id == play.attempt_id, Mark.position == 1)
    ).one()
    assert tuple(attempt) == (1, True)
    assert "1 of 10 right" in result(learner, play.attempt_id)


KEYS = {
    Kind.SINGLE: {"option": "3"},
    Kind.SEVERAL: {"option": ["0", "2"]},
    Kind.TRUE_FALSE: {"option": "1"},
    Kind.NUMERIC: {"value": "12,5", "tolerance": "0.5"},
    Kind.REGION: {"option": "2"},
}


@pytest.mark.parametrize("kind", list(Kind))
def test_the_other_key_is_given_as_its_kind_is_answered(make: Make, session: Session, kind: Kind) -> None:
    """Fails when a kind has no form for its key, or a key is stored in the places of the page."""
    version = next(
        row
        for row in session.scalars(select(QuestionVersion).where(QuestionVersion.kind == kind))
        if KEYS.get(kind, {}).get("option")
        not in [str(i) for i in catalogue.keys(session, [row.id])[row.id].key.correct]
    )
    admin, here = make.admin().client, f"/admin/questions/{version.id}/correct"
    count_of = version.option_count
    given = KEYS.get(kind) or (
        {f"match-{n}": str((n + 1) % count_of) for n in range(len(version.prompts))}
        if kind is Kind.MATCH
        else {f"order-{n}": str(count_of - n) for n in range(count_of)}
    )

    form = admin.get(here)
    preview = admin.get(f"{here}/preview", query_string={"remedy": "accept"} | given)
    done = admin.post(here, data={"remedy": "accept", "reason": "Both."} | given)

    assert (form.status_code, preview.status_code, done.status_code) == (200, 200, 303)
    stored = session.scalars(select(Correction.key)).one()
    wanted = {
        Kind.SINGLE: [3],
        Kind.SEVERAL: [0, 2],
        Kind.TRUE_FALSE: [1],
        Kind.NUMERIC: [],
        Kind.REGION: [2],
        Kind.MATCH: [(n + 1) % count_of for n in range(len(version.prompts))],
        Kind.ORDER: list(reversed(range(count_of))),
    }
    assert stored["correct"] == wanted[kind]
    assert (stored["value"], stored["tolerance"]) == ((12.5, 0.5) if kind is Kind.NUMERIC else (None, None))
    assert (
        session.scalars(select(AuditEvent.details).where(AuditEvent.action == "question.correct")).one()["key"]
        == stored
    )


# -- how many statements -------------------------------------------------------------------------------------------------------

Statements = Callable[[], list[str]]


def cost(statements: Statements, request: Callable[[], object]) -> int:
    statements()
    request()
    return len(statements())


def test_a_correction_takes_as_many_statements_for_many_as_for_two(
    year: Class, session: Session, statements: Statements
) -> None:
    """Fails when an attempt, a mark or a standing is read or written one by one."""
    hand = Hand(session)
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
    assert for_two[0] <= 12
    assert for_two[1] <= 20


def test_a_result_takes_two_statements_more_where_there_is_something_to_tell(
    year: Class, session: Session, statements: Statements
) -> None:
    attempt = year.hand_in(year.learners[1], Hand(session).all_wrong)
    client, here = year.learners[1].client, f"/attempts/{attempt.id}/result"
    client.get(here)
    plain = cost(statements, lambda: client.get(here))

    for item in attempt.items[:4]:
        correct(year, item.position, "credit")

    assert cost(statements, lambda: client.get(here)) == plain + 2


def test_pages_of_a_preview(year: Class, session: Session) -> None:
    cohort = session.get_one(Cohort, year.assignment.cohort_id)
    join_with_the_same_paper(session, year.attempts[0], cohort, 60, Hand(session).all_right)
    at = year.position(is_critical=True)
    asked = {"remedy": "void"}

    first, second, beyond = (
        year.trainer.client.get(f"{path(year, at)}/preview", query_string=asked | page).text
        for page in ({}, {"page": "2"}, {"page": "999"})
    )

    rows = [text.count('<th scope="row">') for text in (first, second, beyond)]
    assert rows == [50, 11, 11]
    assert "page 1 of 2" in first
