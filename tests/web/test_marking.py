"""The pages on which people mark answers."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from app.models import Assignment, Attempt, AttemptItem
from tests.conftest import Clock
from tests.support.attempt_client import start_assigned
from tests.support.factory import Factory
from tests.support.written_pool import LIMIT, WRITTEN, assign_written, write_test


def path_of(assignment: Assignment, item: AttemptItem) -> str:
    return f"/teach/assignments/{assignment.id}/marking/{item.version_id}/{item.attempt_id}"


def test_a_trainer_marks_question_by_question_and_the_learner_reads_the_mark(
    session: Session, make: Factory, clock: Clock
) -> None:
    trainer, learner = make.trainer(), make.person(name="Ana Li")
    assignment = assign_written(make, trainer, learner)
    first, second = write_test(session, learner, assignment, clock(), "Pneumothorax\n\nis possible.")
    result = f"/attempts/{first.attempt_id}/result"

    before = learner.client.get(result)
    overview = trainer.client.get(f"/teach/assignments/{assignment.id}/marking")
    page = trainer.client.get(path_of(assignment, first))
    saved = trainer.client.post(path_of(assignment, first), data={"criterion-0": "2", "criterion-1": "1"})
    last = trainer.client.post(path_of(assignment, second), data={"total": "6", "comment": "Well seen.\nGo on."})
    after = learner.client.get(result)

    assert "Being marked" in before.text
    assert "%" not in re.sub(r"(?s)<head>.*</head>", "", before.text)
    assert "2 answers wait for you" in overview.text
    assert "Pneumothorax" in page.text
    assert "Ana Li" in page.text
    assert saved.status_code == last.status_code == 303
    assert "Well seen." in after.text
    assert "95" in after.text
    assert session.get_one(Attempt, first.attempt_id, populate_existing=True).points == 9.5


def test_a_text_that_is_too_long_stays_in_the_field_and_is_not_saved(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    play = start_assigned(learner.client, session, assignment.id)
    written = next(one for one in play.questions() if one.kind is WRITTEN)
    text = "word " * (LIMIT + 2)

    page = play.page(written.n)
    refused = play.answer(written.n, {"text": text})

    assert f"At most {LIMIT} words." in page.text
    assert refused.status_code == 422
    assert f"That is {LIMIT + 2} words" in refused.text
    assert "word word" in refused.text
    assert play.at(written.n).revision == 0
