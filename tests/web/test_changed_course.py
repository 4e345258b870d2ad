"""Battery row R15: the course is published anew, with other keys, options and orders, while a hundred attempts are open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.content import Course, Question
from app.models import Attempt, AttemptItem, AuditEvent, Mark, MarkChange, QuestionKey, QuestionVersion
from app.services.course import catalogue
from app.services.course.publisher import write_course
from tests.conftest import Clock
from tests.support.attempt_client import AttemptClient, StoredQuestion, mask_random, start
from tests.support.factory import Factory
from tests.support.published_course import load_small_course
from tests.support.question_kinds import SINGLE

ATTEMPTS = 100
LOOKED_AT = 2
"""How many pages of each attempt are compared; together they show most questions of the module."""


@pytest.fixture
def course() -> Course:
    return load_small_course()


def changed(course: Course) -> Course:
    """Every question with other words, its options the other way round, and the key moved on by one option.

    The steps of a case refer to its options, so those stay where they are.
    """

    def turned(question: Question) -> Question:
        key = question.key
        if not hasattr(key, "correct"):
            return replace(question, stem=f"{question.stem} (anew)", explanation="Another one.")
        options = tuple(f"{text} (anew)" for text in reversed(question.options))
        if options:
            key = replace(key, correct=tuple((index + 1) % len(options) for index in key.correct))
        return replace(question, stem=f"{question.stem} (anew)", options=options, key=key, explanation="Another one.")

    modules = tuple(
        replace(module, questions=tuple(turned(question) for question in module.questions)) for module in course.modules
    )
    return replace(course, modules=modules)


def pages(play: AttemptClient) -> list[str]:
    """What a learner sees of the attempt: two questions and the summary, but for what is random in every page."""
    replies = [play.page(n) for n in range(1, LOOKED_AT + 1)] + [play.summary()]
    assert [reply.status_code for reply in replies] == [200] * len(replies)
    return [mask_random(reply.text) for reply in replies]


def test_a_changed_course_changes_nothing_of_the_attempts_under_way(
    make: Factory, session: Session, clock: Clock, course: Course
) -> None:
    """One answer is given before the change and one after it, both right by the key that was published when the attempt began.

    Fails when a page, the marking or the result looks for the current version of a question and not for the one that was drawn, and when
    publishing changes a version in place.
    """
    plays = [start(make.person().client, session) for _ in range(ATTEMPTS)]
    right = {play.attempt_id: play.questions() for play in plays}
    for play in plays:
        assert play.answer(1, *right[play.attempt_id][0].right, revision=0).status_code == 303
    seen = {play.attempt_id: pages(play) for play in plays}

    changes = write_course(session, changed(course), clock.now)
    session.commit()
    catalogue.clear_cache(session)  # as a process does that starts now
    after = {play.attempt_id: pages(play) for play in plays}
    for play in plays:
        assert play.answer(2, *right[play.attempt_id][1].right, revision=0).status_code == 303
        assert play.submit().status_code == 303

    assert len(changes.by_kind["question reworded"]) > 100
    assert after == seen
    scores = session.execute(select(Attempt.points, func.count()).group_by(Attempt.points)).all()
    assert [tuple(row) for row in scores] == [(2, ATTEMPTS)]


def test_only_an_audited_regrade_reaches_what_was_asked_before(
    make: Factory, session: Session, clock: Clock, course: Course
) -> None:
    """The new key is accepted for the old version as well: those who had it wrong by the old one gain, with a trace, and once.

    Fails when publishing regrades by itself, or when the regrade misses those who hand in after it.
    """
    plays = [start(make.person().client, session) for _ in range(ATTEMPTS // 10)]
    one = _choice(plays[0])
    holding = [(play, mine) for play in plays for mine in play.questions() if mine.version_id == one.version_id]
    for play, mine in holding:
        play.answer(mine.n, _place(play, mine, _next(session, mine)), revision=0)
    (early, early_place), *late = holding
    early.submit()
    write_course(session, changed(course), clock.now)
    session.commit()
    before = session.get_one(Mark, (early.attempt_id, early_place.n)).points

    admin, path = make.admin(), f"/admin/questions/{one.version_id}/correct"
    form = {"remedy": "accept", "option": str(_next(session, one)), "reason": "The course was mended."}
    replies = [admin.client.post(path, data=form).status_code for _ in range(2)]
    for play, _ in late:
        play.submit()

    assert before == 0
    assert replies == [303, 422]
    marks = [session.get_one(Mark, (play.attempt_id, mine.n), populate_existing=True) for play, mine in holding]
    assert [mark.points for mark in marks] == [1] * len(holding)
    assert [change.attempt_id for change in session.scalars(select(MarkChange))] == [early.attempt_id]
    assert session.scalar(select(func.count()).where(AuditEvent.action == "question.correct")) == 1


def _choice(play: AttemptClient) -> StoredQuestion:
    """A question with one right option of several."""
    return next(one for one in play.questions() if one.kind is SINGLE)


def _next(session: Session, one: StoredQuestion) -> int:
    """The option that is right by the new key, in the author's order of the old version."""
    row = session.get_one(QuestionKey, one.version_id)
    return int(row.body["correct"][0] + 1) % one.places


def _place(play: AttemptClient, one: StoredQuestion, index: int) -> int:
    order = play.session.get_one(AttemptItem, (play.attempt_id, one.n)).option_order
    return int(order.index(index))


def test_an_attempt_that_begins_after_the_change_has_the_new_course(
    make: Factory, session: Session, clock: Clock, course: Course
) -> None:
    """Fails when what is kept in memory of the course outlives its publication; and it shows that the test above changes something."""
    start(make.person().client, session)
    write_course(session, changed(course), clock.now)
    session.commit()

    play = start(make.person().client, session)

    numbers = session.scalars(
        select(QuestionVersion.number)
        .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
        .where(AttemptItem.attempt_id == play.attempt_id)
    )
    assert set(numbers) == {2}
    assert "(anew)" in play.page(1).text
