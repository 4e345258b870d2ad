"""From the database to the page the figures agree with the second implementation: papers that differ, blanks, void and changed marks."""

from __future__ import annotations

import math
from dataclasses import asdict
from fractions import Fraction
from random import Random

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.analysis import scores
from app.domain.attempt import round_down
from app.models import Assignment, Attempt, AttemptItem, Cohort, Mark
from app.services.reporting import gradebook
from app.services.reporting.analysis import insight, responses
from app.services.reporting.analysis.question_statistics import QuestionStatistics, get_choices
from app.services.reporting.analysis.responses import AttemptChoice
from app.services.reporting.gradebook import GradebookQuery
from tests.conftest import Clock
from tests.support import plain_analysis
from tests.support.factory import Factory
from tests.support.submissions import AnswerKey, submit_test

LEARNERS = 14


@pytest.fixture
def handed_in(session: Session, make: Factory, clock: Clock) -> Assignment:
    """Learners of different ability, each with a paper drawn for them; some leave questions blank, some give half of an answer."""
    hand, rng = AnswerKey(session), Random(5)
    trainer = make.trainer()
    people = [make.person() for _ in range(LEARNERS)]
    assignment = make.assignment(trainer, make.cohort(trainer, *people), asks_certainty=True)
    for at, person in enumerate(people):

        def answering(_: int, item: AttemptItem, ability: float = at / LEARNERS) -> tuple[object, int | None]:
            if rng.random() < 0.1:
                return None, None
            return (hand.right(item) if rng.random() < ability else hand.wrong(item)), rng.choice((1, 2, 3))

        submit_test(session, person, assignment, clock.now, answering)  # type: ignore[arg-type]
    return assignment


def void(session: Session, version_id: int) -> None:
    session.execute(
        update(Mark).where(Mark.version_id == version_id).values(points=0, max_points=0, is_void=True, is_right=False)
    )


def add_up(session: Session) -> None:
    """The totals of all attempts anew, as a correction writes them."""
    for attempt_id, points, most in session.execute(
        select(Mark.attempt_id, func.sum(Mark.points), func.sum(Mark.max_points)).group_by(Mark.attempt_id)
    ).all():
        session.execute(update(Attempt).where(Attempt.id == attempt_id).values(points=points, max_points=most))
    session.commit()


def papers(session: Session) -> list[plain_analysis.Paper]:
    """All marks that are not void, as they stand in the database."""
    found: dict[int, plain_analysis.Paper] = {}
    for mark in session.scalars(select(Mark).order_by(Mark.attempt_id, Mark.position)):
        if mark.max_points:
            points = Fraction(mark.points).limit_denominator(60)
            found.setdefault(mark.attempt_id, []).append((mark.version_id, points))
    return list(found.values())


def compare(session: Session, assignment: Assignment) -> None:
    read, theirs = (
        QuestionStatistics(session, assignment, AttemptChoice.FIRST),
        plain_analysis.item_figures(papers(session)),
    )
    assert read.figures.keys() == theirs.keys()
    pairs = [
        (asdict(read.figures[question])[name], value)
        for question, figures in theirs.items()
        for name, value in figures.items()
    ]
    whole = asdict(scores.compute(read.sheet.papers))
    pairs += [(whole[name], value) for name, value in plain_analysis.score_figures(papers(session)).items()]
    for ours, expected in pairs:
        assert (ours is None) == (expected is None)
        assert expected is None or math.isclose(ours, expected, rel_tol=1e-6, abs_tol=1e-6)


def test_papers_that_differ_and_blanks(session: Session, handed_in: Assignment) -> None:
    compare(session, handed_in)


def test_marks_that_were_changed_afterwards(session: Session, handed_in: Assignment) -> None:
    """Fails when figures come from what was marked first, or a total from before the change is kept."""
    some = session.scalars(select(Mark).order_by(Mark.attempt_id).limit(40)).all()
    for at, mark in enumerate(some):
        mark.points = (0.0, 0.5, 1.0, 1 / 3)[at % 4]
    add_up(session)

    compare(session, handed_in)


def test_a_void_question_is_in_nothing(session: Session, handed_in: Assignment, make: Factory) -> None:
    """Fails when a void mark counts as a wrong answer, or its question makes those weaker who had it."""
    version_id = session.scalars(
        select(Mark.version_id)
        .group_by(Mark.version_id)
        .having(func.count() < LEARNERS)  # so that some papers become shorter, and some don't
        .order_by(func.count().desc(), Mark.version_id)
    ).first()
    assert version_id is not None
    void(session, version_id)
    add_up(session)

    found = insight.analyse(session, handed_in, AttemptChoice.FIRST)

    compare(session, handed_in)
    assert version_id not in {line.version_id for line in found.items}
    assert version_id not in {line.version_id for line in found.beliefs.lines}
    assert get_choices(session, handed_in, AttemptChoice.FIRST, version_id) is None
    assert found.lengths[1] - found.lengths[0] == 1


def test_a_paper_of_which_nothing_is_left_is_no_score(session: Session, handed_in: Assignment) -> None:
    """Fails when a paper that is void as a whole is divided by, or stands as a score of 0."""
    emptied = session.scalars(select(Attempt.id).order_by(Attempt.id)).first()
    session.execute(update(Mark).where(Mark.attempt_id == emptied).values(points=0, max_points=0, is_void=True))
    add_up(session)

    found = insight.analyse(session, handed_in, AttemptChoice.FIRST)

    compare(session, handed_in)
    assert found.figures.learners == LEARNERS - 1
    assert sum(band.count for band in found.bands) == LEARNERS - 1


def test_what_was_read_of_wrong_answers_alone_counts_as_all_of_them_do(session: Session, handed_in: Assignment) -> None:
    """The overview reads no right answers. Fails when its counts, flags or blanks differ from those of all answers."""
    overview = QuestionStatistics(session, handed_in, AttemptChoice.FIRST)
    every = QuestionStatistics(session, handed_in, AttemptChoice.FIRST, is_full=True)

    for version_id, seen in every.choices.items():
        less = overview.choices[version_id]
        wrong = {one.part: len(one) for one in seen.choices if not one.is_right}
        assert (less.answered, less.blank) == (seen.answered, seen.blank)
        assert wrong.items() >= {one.part: len(one) for one in less.choices if not one.is_right and one.at}.items()
        assert overview.line(version_id) == every.line(version_id)


def test_only_those_who_handed_in_are_read(session: Session, handed_in: Assignment) -> None:
    sat = responses.list_counted_attempts(session, handed_in, AttemptChoice.COUNTED)

    assert len(sat) == LEARNERS


def test_the_gradebook_has_the_same_mean(session: Session, handed_in: Assignment, clock: Clock) -> None:
    """Fails when one of them adds scores that are cut to whole per cents, or rounds in another way."""
    cohort = session.get_one(Cohort, handed_in.cohort_id)
    book, _page = gradebook.get_page(session, cohort, GradebookQuery(), clock.now)
    averages = gradebook.compute_averages(book)

    mean = insight.analyse(session, handed_in, AttemptChoice.COUNTED).figures.mean

    assert averages is not None
    assert mean is not None
    assert averages.columns == (round_down(mean),)
    assert averages.total == round_down(mean)
