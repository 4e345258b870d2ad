"""A test of questions on the body map, handed in by three learners."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy.orm import Session

from app.content.loader import load_course
from app.domain.content import Question
from app.models import Assignment, Attempt, AttemptItem, QuestionKey, QuestionVersion
from app.services.course import catalogue
from tests.conftest import Clock
from tests.course import ROOT
from tests.crowd import Hand, answer, copy_paper
from tests.factory import Make, Person
from tests.taking import begin


@lru_cache(maxsize=1)
def map_questions() -> tuple[Question, ...]:
    """Five questions of each family that the course has: the course of the tests leaves them out."""
    course = load_course([ROOT / "questions"]).course
    assert course is not None
    found = [one for module in course.modules for one in module.questions if "picture--map" in (one.picture or "")]
    muscles = [one for one in found if one.id.startswith("rp-map-pain-")]
    places = [one for one in found if one not in muscles]
    return tuple(muscles[:5] + places[:5])


def on_map(session: Session, make: Make, hand: Hand, clock: Clock, trainer: Person | None = None) -> Assignment:
    """Three learners with the same ten questions on the map; two of them take the first wrong region each time."""
    trainer, crowd = trainer or make.trainer(), [make.person() for _ in range(3)]
    assignment = make.assignment(trainer, make.cohort(trainer, *crowd), "referred-pain")
    first: Attempt | None = None
    for at, person in enumerate(crowd):
        attempt = begin(session, person, assignment, clock.now)
        if first is None:
            first = attempt
            for item, question in zip(attempt.items, map_questions(), strict=True):
                _become(session, item, question)
            session.commit()
            catalogue.forget(session)
        else:
            copy_paper(session, attempt, first)
        answer(session, attempt, clock.now, hand.all_wrong if at else hand.all_right)
    return assignment


def _become(session: Session, item: AttemptItem, question: Question) -> None:
    """Let a question of a paper be another one."""
    version, key = session.get(QuestionVersion, item.version_id), session.get(QuestionKey, item.version_id)
    assert version is not None
    assert key is not None
    version.kind, version.stem, version.options = question.kind, question.stem, list(question.options)
    version.picture, version.option_count = question.picture, len(question.options)
    key.correct, key.near, key.whys = list(question.key.correct), list(question.key.near), list(question.key.whys)
    item.option_order = list(range(len(question.options)))
