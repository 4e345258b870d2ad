"""Written questions for a module's examination, with canaries in everything that only markers may read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import kinds
from app.domain.content import Use
from app.domain.kinds import RubricCriterion
from app.domain.kinds.written import WrittenKey, write_limit
from app.models import Assignment, AttemptItem, ObjectiveRow, QuestionKey, QuestionRow, QuestionVersion
from app.services.attempts import answering, attempts
from app.services.attempts.answering import AnswerChange
from app.services.course import catalogue
from app.services.marking import submission
from tests.support.assigned_test import start_attempt
from tests.support.exam_pool import add_exam_pool
from tests.support.factory import Factory, Person
from tests.support.question_kinds import right

WRITTEN = kinds.get_kind("written")
MODEL_CANARY, RUBRIC_CANARY, WHY_CANARY = "zzmodelzz", "zzrubriczz", "zzwhyzz"
KEY = WrittenKey(
    (RubricCriterion(f"Names the lung {RUBRIC_CANARY}", 2), RubricCriterion(f"Says why {RUBRIC_CANARY}", 4)),
    f"The needle may reach the lung {MODEL_CANARY}.",
)
LIMIT = 40


def add_written_pool(session: Session) -> list[int]:
    """Give the module ``safety`` exam questions. The two on one objective are written, and are on every paper."""
    versions = add_exam_pool(session)
    rows = session.scalars(
        select(QuestionVersion)
        .join(ObjectiveRow, ObjectiveRow.id == QuestionVersion.objective_id)
        .where(QuestionVersion.id.in_(versions), ObjectiveRow.slug == "sf-before")
        .order_by(QuestionVersion.id)
    ).all()
    for row in rows[2:]:
        session.get_one(QuestionRow, row.question_id).use = Use.PRACTICE
    for row in rows[:2]:
        row.kind, row.is_critical, row.options, row.option_count = WRITTEN.name, False, [], 0
        row.prompts, row.stem = [write_limit(LIMIT)], f"What may the needle do? ({row.id})"
        key = session.get_one(QuestionKey, row.id)
        key.body, key.explanation = WRITTEN.dump_key(KEY), f"Because of {WHY_CANARY}."
    session.commit()
    catalogue.clear_cache(session)
    return [row.id for row in rows[:2]]


def assign_written(make: Factory, trainer: Person, *learners: Person, **terms: object) -> Assignment:
    """Assign the examination with written questions to a cohort of these learners."""
    add_written_pool(make.session)
    cohort = make.cohort(trainer, *learners)
    return make.assignment(trainer, cohort, question_use=Use.EXAM, **terms)


def write_test(
    session: Session,
    person: Person,
    assignment: Assignment,
    now: datetime,
    text: str = "It may reach the lung.",
    *,
    submits: bool = True,
) -> list[AttemptItem]:
    """Take the test: the written questions are answered with ``text``, the others rightly.

    Return the written items, in their order on the paper.
    """
    attempt = start_attempt(session, person, assignment, now)
    loaded = attempts.get_for(session, person.viewer, attempt.id, for_update=True)
    assert loaded is not None
    for item in loaded.items:
        shown = catalogue.get_texts(session, [item.version_id])[item.version_id]
        key = catalogue.get_solutions(session, [item.version_id])[item.version_id].key
        response = text if shown.kind is WRITTEN else right(shown, key)
        if response:
            fields = shown.kind.fill(shown, item.option_order, response)
            change = AnswerChange({name: values for name, values in fields.items() if values}, revision=item.revision)
            answering.record_answer(session, loaded, item, change, now)
    if submits:
        submission.submit(session, loaded.attempt, now)
    session.commit()
    return list_written(session, attempt.id)


def list_written(session: Session, attempt_id: int) -> list[AttemptItem]:
    return list(
        session.scalars(
            select(AttemptItem)
            .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
            .where(AttemptItem.attempt_id == attempt_id, QuestionVersion.kind == WRITTEN.name)
            .order_by(AttemptItem.position)
            .execution_options(populate_existing=True)
        )
    )


def use_in_own_test(session: Session, versions: list[int]) -> None:
    """Let the module's own test ask these written questions in place of its others on their objective."""
    ours = select(QuestionVersion.question_id).where(QuestionVersion.id.in_(versions))
    for question in session.scalars(select(QuestionRow).where(QuestionRow.id.in_(ours))):
        question.use = Use.TEST
        others = select(QuestionRow).where(
            QuestionRow.objective_id == question.objective_id,
            QuestionRow.use == Use.TEST,
            QuestionRow.id.not_in(ours),
        )
        for other in session.scalars(others):
            other.use = Use.PRACTICE
    session.commit()
