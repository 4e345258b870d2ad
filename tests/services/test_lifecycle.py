"""A question retired, reworded or re-keyed while attempts are open and after: what stays, and who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.content.publisher import Changes, publish
from app.domain.content import Course, Key, Question, Use
from app.models import QuestionRow, QuestionVersion
from app.services.course import catalogue, lifecycle
from tests.conftest import NOW, Clock
from tests.course import steady
from tests.factory import Make
from tests.playing import Play, start_assigned

LATER = NOW + timedelta(days=1)


@pytest.fixture
def course() -> Course:
    return steady()


def _slug(session: Session, play: Play, n: int) -> str:
    version = session.get_one(QuestionVersion, play.at(n).version_id)
    return session.get_one(QuestionRow, version.question_id).slug


def _republish(session: Session, course: Course, slug: str, change: object) -> Changes:
    """Publish the course with one question changed by ``change``, which returns it or None to withdraw it."""
    assert callable(change)

    def changed(questions: tuple[Question, ...]) -> tuple[Question, ...]:
        made = [change(one) if one.id == slug else one for one in questions]
        return tuple(one for one in made if one is not None)

    modules = tuple(replace(module, questions=changed(module.questions)) for module in course.modules)
    changes = publish(session, replace(course, modules=modules), LATER)
    session.commit()
    catalogue.forget(session)
    return changes


def _reword(question: Question) -> Question:
    return replace(question, stem=f"{question.stem} (Reworded.)")


def _rekey(question: Question) -> Question:
    """Another key, and every point that the old one gave is wrong by it."""
    key = question.key
    if key.value is not None:
        return replace(question, key=replace(key, value=key.value + 1000))
    others = tuple(i for i in range(len(question.options)) if i not in key.correct)
    return replace(question, key=Key(others[:1] or key.correct[::-1], whys=key.whys))


def _retire(_question: Question) -> None:
    return None


@pytest.fixture
def play(make: Make, session: Session) -> Play:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner, title="Year 2"), title="Safety first")
    begun = start_assigned(learner.client, session, assignment.id)
    begun.answer_all()
    return begun


@pytest.mark.parametrize("change", [_reword, _rekey, _retire])
def test_an_attempt_under_way_keeps_what_it_was_shown_and_marked_by(
    play: Play, course: Course, session: Session, change: object
) -> None:
    """R15. Fails when a page or a mark asks for the question as it is now."""
    before = play.page(1).text

    _republish(session, course, _slug(session, play, 1), change)
    after = play.page(1).text
    play.submit()

    assert _asked(after) == _asked(before)
    assert f"{len(play.questions())} of {len(play.questions())} right" in play.result().text


def _asked(page: str) -> str:
    return page[page.index("<fieldset") : page.index("</fieldset>")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_reword, "This question was changed."),
        (_rekey, "This question was changed."),
        (_retire, "This question was withdrawn."),
    ],
)
def test_a_learner_is_told_with_the_result(
    play: Play, course: Course, session: Session, change: object, said: str
) -> None:
    play.submit()
    before = play.result().text

    _republish(session, course, _slug(session, play, 1), change)

    assert said not in before
    assert play.result().text.count(said) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [(_reword, "1 question of the test was changed"), (_retire, "1 question withdrawn")],
)
def test_the_trainer_is_told_with_the_assignment(
    make: Make, course: Course, session: Session, change: object, said: str
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    begun = start_assigned(learner.client, session, assignment.id)
    before = trainer.client.get(f"/teach/assignments/{assignment.id}").text

    _republish(session, course, _slug(session, begun, 1), change)

    assert "Since you set it" not in before
    assert said in trainer.client.get(f"/teach/assignments/{assignment.id}").text


def test_publishing_says_which_attempts_and_assignments_it_touches(
    play: Play, course: Course, session: Session, clock: Clock
) -> None:
    changes = _republish(session, course, _slug(session, play, 1), _reword)

    found = lifecycle.touched(session, changes, clock.now)

    assert found.lines() == [
        "attempts under way that hold a changed question, and keep it as it was: 1",
        "assignments that draw on changed questions: Safety first (Year 2)",
    ]


def test_what_changes_no_question_touches_nothing(session: Session, clock: Clock) -> None:
    changes = Changes({"lesson changed": ["knots"], "question added": ["new-one"]})

    assert lifecycle.touched(session, changes, clock.now).lines() == []


def test_an_assignment_that_is_over_is_not_named(make: Make, course: Course, session: Session, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), due_at=NOW + timedelta(hours=1))
    begun = start_assigned(learner.client, session, assignment.id)
    begun.submit()
    changes = _republish(session, course, _slug(session, begun, 1), _reword)

    assert lifecycle.touched(session, changes, clock.advance(hours=2)).lines() == []


def test_later_attempts_get_the_new_wording(make: Make, course: Course, session: Session, play: Play) -> None:
    slug = _slug(session, play, 1)
    _republish(session, course, slug, _reword)

    pool = catalogue.pool(session, make.module().id, Use.TEST)
    shown = catalogue.shown(session, [candidate.version_id for candidate in pool])

    assert any(one.stem.endswith("(Reworded.)") for one in shown.values())
