"""The pages on which people mark answers, and what learners read before and after."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Attempt, MarkingRow, QuestionReport
from app.services.reporting import digests
from app.services.reporting.digests import DigestReader
from tests.conftest import Clock
from tests.support.attempt_client import JSON, start_assigned
from tests.support.factory import Factory
from tests.support.written_examination import CANARIES, CHECKED_AT_ONCE, Examination, sit_examination
from tests.support.written_pool import (
    LIMIT,
    MODEL_CANARY,
    RUBRIC_CANARY,
    WRITTEN,
    assign_written,
    write_test,
)


@pytest.fixture
def exam(session: Session, make: Factory, clock: Clock) -> Examination:
    return sit_examination(session, make, clock)


def get_attempt(session: Session, exam: Examination) -> Attempt:
    return session.get_one(Attempt, exam.items[0].attempt_id, populate_existing=True)


# -- marking -----------------------------------------------------------------------------------------------------------


def test_a_trainer_marks_question_by_question_and_the_learner_reads_the_mark(
    session: Session, exam: Examination
) -> None:
    learner, trainer = exam.learner.client, exam.trainer.client

    before = learner.get(exam.result)
    overview = trainer.get(exam.overview)
    page = trainer.get(exam.path())
    saved = trainer.post(exam.path(), data={"criterion-0": "2", "criterion-1": "1"})
    last = trainer.post(exam.path(1), data={"total": "6", "comment": "Well seen.\nGo on."})
    after = learner.get(exam.result)

    assert "Being marked" in before.text
    assert "score__big" not in before.text
    assert "2 answers are waiting for you" in overview.text
    assert all(word in page.text for word in ("Pneumothorax", "Ana Li", *CANARIES))
    assert (saved.status_code, last.location) == (303, exam.overview)
    assert "Well seen." in after.text
    assert re.search(r"score__big\">\s*95", after.text)
    assert get_attempt(session, exam).points == 9.5


def test_after_a_marking_comes_the_next_answer_to_the_same_question(
    session: Session, make: Factory, clock: Clock
) -> None:
    trainer, ana, bo = make.trainer(), make.person(), make.person()
    assignment = assign_written(make, trainer, ana, bo)
    one = write_test(session, ana, assignment, clock())
    two = write_test(session, bo, assignment, clock())
    base = f"/teach/assignments/{assignment.id}/marking"
    other = next(item for item in two if item.version_id == one[0].version_id)

    replies = [
        trainer.client.post(f"{base}/{item.version_id}/{item.attempt_id}", data={"total": "1"})
        for item in (one[0], other)
    ]

    assert [reply.location for reply in replies] == [f"{base}/{other.version_id}/{other.attempt_id}", base]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Enter the points, or one mark for the whole below."),
        ({"criterion-0": "1"}, "Enter the points, or one mark for the whole below."),
        ({"criterion-0": "3", "criterion-1": "1"}, "Enter a number from 0 to 2."),
        ({"criterion-0": "many", "criterion-1": "1"}, "Enter a number from 0 to 2."),
        ({"total": "7"}, "Enter a number from 0 to 6."),
        ({"total": "-1"}, "Enter a number from 0 to 6."),
    ],
)
def test_points_that_cannot_be_are_refused_and_the_comment_stays(
    session: Session, exam: Examination, data: dict[str, str], message: str
) -> None:
    refused = exam.trainer.client.post(exam.path(), data=data | {"comment": "My own comment"})

    assert refused.status_code == 422
    assert message in refused.text
    assert "My own comment" in refused.text
    assert session.scalars(select(MarkingRow)).all() == []


def test_somebody_who_was_faster_is_not_overwritten(session: Session, make: Factory, exam: Examination) -> None:
    other = make.admin()
    assert exam.mark(0) == 303

    refused = other.client.post(exam.path(), data={"total": "1", "comment": "My own comment"})

    assert refused.status_code == 409
    assert "Somebody else marked this answer after you opened this page." in refused.text
    assert [row.points for row in session.scalars(select(MarkingRow))] == [1.0]


def test_a_form_that_is_sent_twice_has_one_effect(session: Session, exam: Examination) -> None:
    data = {"total": "3", "form_id": "ab12"}

    replies = [exam.trainer.client.post(exam.path(), data=data).status_code for _ in range(2)]

    assert replies == [303, 303]
    assert len(session.scalars(select(MarkingRow)).all()) == 1


def test_two_markers_do_not_see_each_others_points_before_they_differ(make: Factory, exam: Examination) -> None:
    other = make.admin()
    exam.trainer.client.post(exam.overview, data={"needs_second_marker": "y"})
    exam.mark(0, data={"total": "5", "comment": "A first comment"})

    blind = other.client.get(exam.path()).text
    exam.mark(0, other, {"total": "3"})
    seen = exam.trainer.client.get(exam.path()).text
    settled = exam.mark(0, data={"total": "4"})

    assert "Second marking" in blind
    assert "A first comment" not in blind
    assert "Settle the difference" in seen
    assert "5 of 6 points" in seen
    assert "3 of 6 points" in seen
    assert settled == 303
    assert "The mark is 4 of 6 points." in exam.trainer.client.get(exam.path()).text


def test_names_are_hidden_while_marking_if_the_assignment_says_so(exam: Examination) -> None:
    exam.trainer.client.post(exam.overview, data={"marks_anonymously": "y"})
    pages = [exam.overview, f"{exam.overview}/{exam.items[0].version_id}", exam.path()]

    assert all("Ana Li" not in exam.trainer.client.get(page).text for page in pages)
    assert "Answer 1" in exam.trainer.client.get(exam.path()).text


def test_a_mark_is_changed_on_its_own_page_once_it_was_given(exam: Examination) -> None:
    change = f"/teach/attempts/{exam.items[0].attempt_id}/{exam.items[0].position}/mark"

    early = exam.trainer.client.get(change)
    exam.mark(0)
    page = exam.trainer.client.get(change)
    changed = exam.trainer.client.post(change, data={"points": "0.5", "reason": "Read again.", "seen": "0"})

    assert early.status_code == 409
    assert "This answer is not marked yet" in early.text
    assert "other answers are still being marked" in page.text
    assert changed.status_code == 303


# -- what others see ---------------------------------------------------------------------------------------------------


def test_trainers_read_everywhere_that_a_test_is_being_marked(
    session: Session, exam: Examination, clock: Clock
) -> None:
    cohort = f"/teach/cohorts/{exam.assignment.cohort_id}"
    trainer = exam.trainer.client

    assert "being marked" in trainer.get(f"{cohort}/gradebook").text
    assert "2 answers wait" in trainer.get(cohort).text
    assert "submitted, not marked yet" in trainer.get(f"{cohort}/gradebook.csv").text
    attempt = trainer.get(f"/teach/attempts/{exam.items[0].attempt_id}").text
    assert "2 answers still have to be marked." in attempt
    assert "Mark this answer" in attempt
    user = exam.trainer.user
    reader = DigestReader(user.id, user.name, user.email, "en", "2026-W48", clock() - digests.WEEK)
    digest = digests.build_digest(session, reader, clock())
    assert digest is not None
    assert digest.cohorts[0].to_mark == 2


def test_a_learner_reads_the_text_as_it_was_written(exam: Examination) -> None:
    """Fails when a text is taken for Markdown or markup."""
    page = exam.learner.client.get(exam.result).text

    assert "is &lt;b&gt;possible&lt;/b&gt; &amp; **dangerous**." in page
    assert "Being marked" in exam.learner.client.get("/").text
    assert "Being marked" in exam.learner.client.get("/progress").text


def test_a_text_that_is_too_long_stays_in_the_field_and_is_not_saved(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    play = start_assigned(learner.client, session, assignment.id)
    written = next(one for one in play.questions() if one.kind is WRITTEN)
    text = "word " * (LIMIT + 2)

    page = play.page(written.n)
    refused = play.answer(written.n, {"text": text})
    as_json = play.answer(written.n, {"text": text}, headers=JSON)

    assert f"At most {LIMIT} words." in page.text
    assert refused.status_code == as_json.status_code == 422
    assert f"That is {LIMIT + 2} words" in refused.text
    assert "word word" in refused.text
    assert play.at(written.n).revision == 0


# -- other pages of trainers -------------------------------------------------------------------------------------------


def test_a_written_question_is_shown_wherever_questions_are(exam: Examination) -> None:
    """Fails when a page expects options, or that a key alone says what is right."""
    for n in range(2):
        exam.mark(n, data={"criterion-0": "1", "criterion-1": "1"})
    item, trainer = exam.items[0], exam.trainer.client
    insight = f"/teach/cohorts/{exam.assignment.cohort_id}/insight"
    chosen = f"assignment={exam.assignment.id}"

    pages = {
        "bank": trainer.get(f"/teach/questions/{item.version_id}?key=1"),
        "insight": trainer.get(f"{insight}/questions?{chosen}"),
        "answers": trainer.get(f"{insight}/answers?{chosen}"),
        "question": trainer.get(f"{insight}/questions/{item.version_id}?{chosen}"),
        "attempt": trainer.get(f"/teach/attempts/{item.attempt_id}"),
        "correct": trainer.get(f"/teach/assignments/{exam.assignment.id}/questions/{item.version_id}/correct"),
        "preview": trainer.get(f"/teach/assignments/{exam.assignment.id}/preview/{item.position}?seed=1&key=1"),
    }

    assert {name: page.status_code for name, page in pages.items()} == dict.fromkeys(pages, 200)
    assert MODEL_CANARY in pages["bank"].text
    assert RUBRIC_CANARY in pages["bank"].text
    assert "Leave it out of the score" in pages["correct"].text
    assert "Accept another answer as well" not in pages["correct"].text


def test_a_report_of_a_written_question_shows_the_mark_that_people_gave(
    session: Session, exam: Examination, clock: Clock
) -> None:
    item = exam.items[0]
    report = QuestionReport(attempt_id=item.attempt_id, position=item.position, says="Unclear.", reported_at=clock())
    session.add(report)
    session.commit()

    before = exam.trainer.client.get(f"/teach/reports/{report.id}").text
    exam.mark(0)
    after = exam.trainer.client.get(f"/teach/reports/{report.id}").text

    assert "This answer is not marked yet" in before
    assert MODEL_CANARY in before
    assert "verdict--incorrect" not in before
    assert "verdict--correct" in after


def test_another_answer_cannot_be_accepted_for_everybody(exam: Examination) -> None:
    path = f"/teach/assignments/{exam.assignment.id}/questions/{exam.items[0].version_id}/correct"

    refused = exam.trainer.client.post(path, data={"remedy": "accept", "text": "Anything", "reason": "Both."})

    assert refused.status_code == 422


def test_an_answer_that_is_checked_at_once_waits_for_people(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner, policy=CHECKED_AT_ONCE)
    play = start_assigned(learner.client, session, assignment.id)
    written = next(one for one in play.questions() if one.kind is WRITTEN)

    play.answer(written.n, {"text": "It may reach the lung."})
    page = play.page(written.n)
    play.submit()

    assert "Your answer is final." in page.text
    assert not any(canary in page.text for canary in CANARIES)
    assert "Being marked" in play.result().text


def test_the_pages_of_marking_take_as_many_statements_for_many_answers_as_for_one(
    session: Session, make: Factory, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Fails when an answer, a marking or a name is a query."""
    trainer, people = make.trainer(), [make.person() for _ in range(5)]
    assignment = assign_written(make, trainer, *people)
    item = write_test(session, people[0], assignment, clock())[0]
    base = f"/teach/assignments/{assignment.id}/marking"
    pages = [base, f"{base}/{item.version_id}", f"{base}/{item.version_id}/{item.attempt_id}"]

    def count() -> list[int]:
        found = []
        for page in pages:
            statements()
            trainer.client.get(page)
            found.append(len(statements()))
        return found

    count()  # what is read once by a process
    for_one = count()
    for person in people[1:]:
        write_test(session, person, assignment, clock())

    assert count() == for_one
    assert max(for_one) <= 12
