"""The preview of an assignment: what a learner gets, with nothing stored, and the key for trainers alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import (
    AnswerRevision,
    Assignment,
    Attempt,
    AttemptItem,
    AuditEvent,
    LessonRow,
    Mark,
    QuestionVersion,
    ScopeResult,
)
from app.services.course import catalogue
from tests.support.factory import Factory, Person

Statements = Callable[[], list[str]]


@pytest.fixture
def assignment(make: Factory, trainer: Person) -> Assignment:
    given = {"time_limit_minutes": 20, "attempts_allowed": 2, "asks_certainty": True}
    return make.assignment(trainer, make.cohort(trainer, make.person()), "evidence", title="It", **given)


def _question(assignment: Assignment, n: int, seed: int = 7, *, key: bool = False) -> str:
    return f"/teach/assignments/{assignment.id}/preview/{n}?seed={seed}{'&key=1' if key else ''}"


def test_the_start_page_is_that_of_a_learner_and_marked_as_a_preview(trainer: Person, assignment: Assignment) -> None:
    page = trainer.client.get(f"/teach/assignments/{assignment.id}/preview").text

    for shown in ("<b>Preview.</b>", "20 min", "1 of 2", "What can be counted"):
        assert shown in page
    assert f"/assignments/{assignment.id}/attempts" not in page


def test_a_whole_sample_paper_can_be_read_and_nothing_of_it_is_stored(
    trainer: Person, assignment: Assignment, session: Session, statements: Statements
) -> None:
    """Catches: a preview that is an attempt, which would enter the statistics."""
    tables = (Attempt, AttemptItem, AnswerRevision, Mark, ScopeResult, AuditEvent)
    before = [len(session.scalars(select(table)).all()) for table in tables]
    statements()

    pages = [trainer.client.get(_question(assignment, n, key=n % 2 == 0)) for n in range(1, 11)]

    written = [one for one in statements() if not one.lstrip().upper().startswith(("SELECT", "WITH"))]
    assert [page.status_code for page in pages] == [200] * 10
    assert all("<b>Preview.</b>" in page.text and "How sure are you?" in page.text for page in pages)
    assert trainer.client.get(_question(assignment, 11)).status_code == 404
    assert written == []
    assert [len(session.scalars(select(table)).all()) for table in tables] == before


def test_the_key_comes_on_demand_alone(trainer: Person, assignment: Assignment, plant: Callable[[], str]) -> None:
    canary = plant()

    without, with_key = (trainer.client.get(_question(assignment, 1, key=key)).text for key in (False, True))

    assert canary not in without
    assert f"{canary}-explanation" in with_key
    assert f"{canary}-why" in with_key


def test_no_learner_gets_a_preview_and_a_trainer_only_of_their_own(make: Factory, assignment: Assignment) -> None:
    """Threat 1: the preview holds keys."""
    path = _question(assignment, 1, key=True)
    member = make.person()

    assert member.client.get(path).status_code == 403
    assert make.trainer().client.get(path).status_code == 404
    assert make.app.test_client().get(path).status_code == 303


def test_the_same_seed_shows_the_same_paper_and_another_one_another(trainer: Person, assignment: Assignment) -> None:
    def stems(seed: int) -> list[str]:
        pages = [trainer.client.get(_question(assignment, n, seed)).text for n in range(1, 11)]
        return [re.findall(r'<legend class="stem">(.*?)</legend>', page, re.DOTALL)[0] for page in pages]

    assert stems(7) == stems(7)
    assert stems(7) != stems(8)


@pytest.mark.parametrize("seed", ["", "x", "-1", "9" * 30])
def test_without_a_good_seed_it_begins_at_the_start_page(trainer: Person, assignment: Assignment, seed: str) -> None:
    answer = trainer.client.get(f"/teach/assignments/{assignment.id}/preview/1?seed={seed}")

    assert answer.location == f"/teach/assignments/{assignment.id}/preview"


def test_chosen_lessons_are_what_the_sample_asks_about(make: Factory, trainer: Person, session: Session) -> None:
    lesson = catalogue.list_lessons(session, make.module().id)[1]
    cohort = make.cohort(trainer, make.person())
    assignment = make.assignment(trainer, cohort, lesson_ids=frozenset({lesson.id}))

    page = trainer.client.get(f"/teach/assignments/{assignment.id}/preview").text
    first = trainer.client.get(_question(assignment, 1)).text

    others = session.scalars(
        select(LessonRow.title).where(LessonRow.module_id == make.module().id, LessonRow.id != lesson.id)
    ).all()
    asked = re.findall(r"Question 1 of (\d+)", first)
    assert lesson.title in page
    assert not [title for title in others if title in page]
    assert 0 < int(asked[0]) < 10
    assert session.scalar(select(QuestionVersion.id).limit(1))
