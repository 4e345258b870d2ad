"""A question retired, reworded or re-keyed while attempts are open and after: what stays, and who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.content import Course, Question, Use
from app.models import QuestionRow, QuestionVersion
from app.services.course import catalogue, impact
from app.services.course.changes import PublicationChanges
from app.services.course.publisher import write_course
from tests.conftest import NOW, Clock
from tests.support.attempt_client import AttemptClient, start_assigned
from tests.support.factory import Factory
from tests.support.published_course import load_small_course

LATER = NOW + timedelta(days=1)


@pytest.fixture
def course() -> Course:
    return load_small_course()


def _slug(session: Session, play: AttemptClient, n: int) -> str:
    version = session.get_one(QuestionVersion, play.at(n).version_id)
    return session.get_one(QuestionRow, version.question_id).slug


def _republish(session: Session, course: Course, slug: str, change: object) -> PublicationChanges:
    """Publish the course with one question changed by ``change``, which returns it or None to withdraw it."""
    assert callable(change)

    def changed(questions: tuple[Question, ...]) -> tuple[Question, ...]:
        made = [change(one) if one.id == slug else one for one in questions]
        return tuple(one for one in made if one is not None)

    modules = tuple(replace(module, questions=changed(module.questions)) for module in course.modules)
    changes = write_course(session, replace(course, modules=modules), LATER)
    session.commit()
    catalogue.clear_cache(session)
    return changes


def _reword(question: Question) -> Question:
    return replace(question, stem=f"{question.stem} (Reworded.)")


def _rekey(question: Question) -> Question:
    """Another key, and every point that the old one gave is wrong by it."""
    key = question.key
    if question.kind == "numeric":
        return replace(question, key=replace(key, value=key.value + 1000))
    others = tuple(i for i in range(len(question.options)) if i not in key.correct)
    return replace(question, key=replace(key, correct=others[:1] or key.correct[::-1]))


def _retire(_question: Question) -> None:
    return None


@pytest.fixture
def play(make: Factory, session: Session) -> AttemptClient:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner, title="Year 2"), title="Safety first")
    begun = start_assigned(learner.client, session, assignment.id)
    begun.answer_all()
    return begun


@pytest.mark.parametrize("change", [_reword, _rekey, _retire])
def test_an_attempt_under_way_keeps_what_it_was_shown_and_marked_by(
    play: AttemptClient, course: Course, session: Session, change: object
) -> None:
    """R15. Fails when a page or a mark asks for the question as it is now."""
    before = play.page(1).text

    _republish(session, course, _slug(session, play, 1), change)
    after = play.page(1).text
    play.submit()

    assert _asked(after) == _asked(before)
    assert f"{len(play.questions())} of {len(play.questions())} correct" in play.result().text


@pytest.mark.parametrize("change", [_reword, _rekey, _retire])
def test_publishing_the_earlier_files_rolls_a_publication_back(
    play: AttemptClient, course: Course, session: Session, change: object
) -> None:
    """Fails when a question that was changed or withdrawn does not return, or a result changes by it."""
    before = _list_current(session)
    play.submit()
    mark = f"{len(play.questions())} of {len(play.questions())} correct"
    _republish(session, course, _slug(session, play, 1), change)
    between = _list_current(session)

    write_course(session, course, LATER + timedelta(days=1))
    session.commit()
    catalogue.clear_cache(session)

    assert between != before
    assert _list_current(session) == before
    assert mark in play.result().text


def _list_current(session: Session) -> dict[str, str]:
    """The digest of each question that is asked now."""
    statement = (
        select(QuestionRow.slug, QuestionVersion.digest)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .where(QuestionVersion.superseded_at.is_(None), QuestionRow.retired_at.is_(None))
    )
    return {slug: digest for slug, digest in session.execute(statement)}


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
    play: AttemptClient, course: Course, session: Session, change: object, said: str
) -> None:
    play.submit()
    before = play.result().text

    _republish(session, course, _slug(session, play, 1), change)

    assert said not in before
    assert play.result().text.count(said) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [(_reword, "1 question of the test was changed"), (_retire, "1 question of the test was withdrawn")],
)
def test_the_trainer_is_told_with_the_assignment(
    make: Factory, course: Course, session: Session, change: object, said: str
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    begun = start_assigned(learner.client, session, assignment.id)
    before = trainer.client.get(f"/teach/assignments/{assignment.id}/settings").text

    _republish(session, course, _slug(session, begun, 1), change)

    assert "since you assigned it" not in before
    assert said in trainer.client.get(f"/teach/assignments/{assignment.id}/settings").text


def test_publishing_says_which_attempts_and_assignments_it_touches(
    play: AttemptClient, course: Course, session: Session, clock: Clock
) -> None:
    changes = _republish(session, course, _slug(session, play, 1), _reword)

    found = impact.get_impact(session, session, changes, clock.now)

    assert found.lines() == [
        "open attempts that keep the old version of a changed question: 1",
        "assignments that draw on changed questions: Safety first (Year 2)",
    ]


def test_what_changes_no_question_touches_nothing(session: Session, clock: Clock) -> None:
    changes = PublicationChanges({"lesson changed": ["knots"], "question added": ["new-one"]})

    assert impact.get_impact(session, session, changes, clock.now).lines() == []


def test_an_assignment_that_is_over_is_not_named(make: Factory, course: Course, session: Session, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), due_at=NOW + timedelta(hours=1))
    begun = start_assigned(learner.client, session, assignment.id)
    begun.submit()
    changes = _republish(session, course, _slug(session, begun, 1), _reword)

    assert impact.get_impact(session, session, changes, clock.advance(hours=2)).lines() == []


def test_later_attempts_get_the_new_wording(
    make: Factory, course: Course, session: Session, play: AttemptClient
) -> None:
    slug = _slug(session, play, 1)
    _republish(session, course, slug, _reword)

    pool = catalogue.list_pool(session, make.module().id, Use.TEST)
    shown = catalogue.get_texts(session, [candidate.version_id for candidate in pool])

    assert any(one.stem.endswith("(Reworded.)") for one in shown.values())


def test_another_way_to_make_digests_rewords_nothing(course: Course, session: Session) -> None:
    """Fails when an upgrade that stores questions otherwise tells every learner that every question was changed."""
    session.execute(update(QuestionVersion).values(digest="of another release"))
    before = session.scalar(select(func.count(QuestionVersion.id)))

    changes = write_course(session, course, LATER)

    assert not changes
    assert session.scalar(select(func.count(QuestionVersion.id))) == before
    assert "of another release" not in session.scalars(select(QuestionVersion.digest)).all()
