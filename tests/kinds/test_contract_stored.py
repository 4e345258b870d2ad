"""What holds for every kind once its answers are stored: pages of trainers, exports, erasure, and keys that no page under way can reach."""

from __future__ import annotations

import dataclasses
import json
import typing
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.kinds import KINDS, Response
from app.domain.paper import PaperItem
from app.models import AnswerRevision, Attempt, AttemptItem, Mark
from app.services.attempts import answering, attempts
from app.services.attempts.answering import AnswerChange
from app.services.course import catalogue
from app.services.marking import paper_items, submission
from app.services.privacy import attempts_export, erasure
from tests.conftest import Clock
from tests.kinds.examples import EXAMPLES
from tests.support import chosen_attempts
from tests.support.factory import Factory, Person
from tests.support.question_kinds import MARKED_BY_KEY, TEXT, N, right, wrong


def answered(session: Session, make: Factory, clock: Clock, *, is_right: bool) -> tuple[Person, Person, Attempt]:
    """A trainer, a learner, and the learner's submitted test with a question of each kind, answered by the forms of its pages."""
    trainer, learner = make.trainer(), make.person(name="Ana Li")
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    attempt = chosen_attempts.start_with_every_kind(session, learner.learner, Purpose.TEST, clock.now)
    attempt.assignment_id, attempt.scope = assignment.id, f"test:assignment:{assignment.id}"
    session.commit()
    loaded = attempts.get_for(session, learner.viewer, attempt.id, for_update=True)
    assert loaded is not None
    for item in loaded.items:
        shown, response = respond(session, item, is_right=is_right)
        fields = shown.kind.fill(shown, item.option_order, response)
        change = AnswerChange({name: values for name, values in fields.items() if values}, revision=0, certainty=3)
        answering.record_answer(session, loaded, item, change, clock.now)
    submission.submit(session, loaded.attempt, clock.now)
    session.commit()
    return trainer, learner, loaded.attempt


def respond(session: Session, item: PaperItem, *, is_right: bool) -> tuple[Any, Response]:
    ids = [item.version_id]
    shown, key = (
        catalogue.get_texts(session, ids)[item.version_id],
        catalogue.get_solutions(session, ids)[item.version_id].key,
    )
    return shown, right(shown, key) if is_right else wrong(shown, key)


def marks_of(session: Session, attempt: Attempt) -> list[tuple[float, bool]]:
    rows = session.execute(
        select(Mark.points, Mark.is_right).where(Mark.attempt_id == attempt.id).order_by(Mark.position)
    )
    return [(points, is_right) for points, is_right in rows]


@pytest.mark.parametrize("is_right", [True, False])
def test_a_trainer_sees_every_answer_in_words_with_its_key(
    session: Session, make: Factory, clock: Clock, *, is_right: bool
) -> None:
    trainer, learner, attempt = answered(session, make, clock, is_right=is_right)

    page = trainer.client.get(f"/teach/attempts/{attempt.id}")

    assert page.status_code == 200
    # Each question has its answer in words, its key, and its points, beside those of the whole attempt.
    assert page.text.count("<dt>Points</dt>") == len(MARKED_BY_KEY) + 1
    assert page.text.count(learner.user.name) >= len(MARKED_BY_KEY)
    assert all(points == 1 for points, _ in marks_of(session, attempt)) is is_right
    for n in N.values():
        assert trainer.client.get(f"/teach/attempts/{attempt.id}/{n}/mark").status_code == 200


@pytest.mark.parametrize("is_right", [True, False])
def test_an_export_says_every_answer_in_words(session: Session, make: Factory, clock: Clock, *, is_right: bool) -> None:
    _, learner, _ = answered(session, make, clock, is_right=is_right)

    [document] = attempts_export.collect(session, learner.learner, clock.now).attempts

    questions = document["questions"]
    assert len(questions) == len(MARKED_BY_KEY)
    assert all(question["answer"] and question["log"][0]["answer"] == question["answer"] for question in questions)


def test_an_erasure_leaves_the_marks_and_no_word_of_the_learners_own(
    session: Session, make: Factory, clock: Clock
) -> None:
    """Fails when a name that was typed as an answer, or before another one, stays in the database."""
    _, learner, attempt = answered(session, make, clock, is_right=True)
    other = make.person()
    second = chosen_attempts.start_with_every_kind(session, learner.learner, Purpose.PRACTICE, clock.now)
    third = chosen_attempts.start_with_every_kind(session, other.learner, Purpose.PRACTICE, clock.now)
    for of, response in ((second, "Signed: Ana L."), (third, "Mine")):
        item = of.items[N[TEXT] - 1]
        item.response, item.revision = response, 1
        session.add(
            AnswerRevision(
                attempt_id=of.id,
                position=item.position,
                revision=1,
                save_id="s",
                response=response,
                arrived_at=clock.now,
            )
        )
    session.commit()
    before = marks_of(session, attempt)
    kept = {
        item.position: item.response for item in paper_items.list_items(session, attempt.id) if item.position != N[TEXT]
    }

    erasure.erase(session, None, learner.user, clock.now)
    session.commit()
    session.expire_all()

    assert marks_of(session, attempt) == before
    items = session.scalars(select(AttemptItem).where(AttemptItem.attempt_id == attempt.id))
    assert {item.position: item.response for item in items if item.position != N[TEXT]} == kept
    stored = json.dumps(
        [row.response for row in (*session.scalars(select(AttemptItem)), *session.scalars(select(AnswerRevision)))]
    )
    assert "Ana" not in stored
    assert stored.count('"(erased)"') == 2
    assert stored.count('"Mine"') == 2


FORBIDDEN = {
    "correct",
    "near",
    "right",
    "is_right",
    "reason",
    "reasons",
    "key",
    "answers",
    "tolerance",
    "credit",
    "share",
}


def reachable(kind: object) -> set[str]:
    """The names of all fields that an object of this type can reach."""
    found = {name for part in typing.get_args(kind) for name in reachable(part)}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        for name, hint in typing.get_type_hints(kind).items():
            found |= {name, *reachable(hint)}
    return found


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_a_kind_gives_a_page_under_way_has_no_field_for_the_key(kind: Any) -> None:
    """Threat 1."""
    question = EXAMPLES[kind.name].question
    view = kind.view(question, range(len(question.options)), None)

    assert dataclasses.is_dataclass(view)
    assert not reachable(type(view)) & FORBIDDEN
