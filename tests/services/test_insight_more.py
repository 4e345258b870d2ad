"""What else insight says: topics, learning gain, the body map, and the file of all figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.analysis.thresholds import is_notable
from app.domain.assignment import GradingMethod
from app.domain.correction import Remedy
from app.models import (
    Assignment,
    AssignmentRecipient,
    Attempt,
    Cohort,
    Correction,
    Learner,
    Mark,
    MuscleRow,
    ObjectiveRow,
    QuestionVersion,
)
from app.services.course import catalogue
from app.services.reporting.analysis import confusions, insight, insight_csv, responses
from app.services.reporting.analysis.insight import QuestionGroup, QuestionOrder
from app.services.reporting.analysis.question_statistics import QuestionStatistics, get_choices
from app.services.reporting.analysis.responses import AttemptChoice
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory, Person
from tests.support.map_tests import take_map_tests
from tests.support.submissions import AnswerKey, answer_and_submit, copy_paper, join_with_the_same_paper, submit_test

FIRST = AttemptChoice.FIRST


@pytest.fixture
def hand(session: Session) -> AnswerKey:
    return AnswerKey(session)


def people(make: Factory, count: int) -> list[Person]:
    return [make.person(name=f"Learner {at}") for at in range(count)]


# -- what to talk about ------------------------------------------------------------------------------------------------


def test_topics_are_objectives_safety_critical_first(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """Fails when a harmless topic with more learners stands before a dangerous one, or learners are counted twice."""
    trainer, class_ = make.trainer(), people(make, 3)
    assignment = make.assignment(trainer, make.cohort(trainer, *class_), asks_certainty=True)
    first = submit_test(session, class_[0], assignment, clock.now, hand.all_wrong)
    join_with_the_same_paper(session, first, session.get_one(Cohort, assignment.cohort_id), 8, hand.all_wrong)

    topics = insight.analyse(session, assignment, FIRST).beliefs.topics

    assert len(topics) == 3
    critical = [topic.is_critical for topic in topics]
    assert critical == sorted(critical, reverse=True)
    assert all(2 <= topic.learners <= 9 for topic in topics)
    assert {topic.title for topic in topics} <= set(session.scalars(select(ObjectiveRow.title)))


def test_missed_safety_critical_questions_come_first_the_most_missed_on_top(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """Fails when the overview leaves out a question that only one learner missed, or one that nobody missed is there."""
    trainer, class_ = make.trainer(), people(make, 2)
    assignment = make.assignment(trainer, make.cohort(trainer, *class_))
    first = submit_test(session, class_[0], assignment, clock.now, hand.all_wrong)
    join_with_the_same_paper(session, first, session.get_one(Cohort, assignment.cohort_id), 2, hand.all_right)

    found = insight.analyse(session, assignment, FIRST)

    missed = [line.missed for line in found.critical_missed]
    assert {line.slug for line in found.critical_missed} == {
        line.slug for line in found.items if line.shown.is_critical and line.missed
    }
    assert missed
    assert missed == sorted(missed, reverse=True)


def test_a_guess_is_no_topic(session: Session, make: Factory, hand: AnswerKey, clock: Clock) -> None:
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one), asks_certainty=True)
    submit_test(session, one, assignment, clock.now, lambda _, item: (hand.wrong(item), 1))

    assert insight.analyse(session, assignment, FIRST).beliefs.topics == ()


# -- whose attempts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("counts", "mean"), [(GradingMethod.BEST, 100.0), (GradingMethod.LATEST, 0.0)])
def test_what_counts_is_what_the_assignment_counts(
    session: Session, make: Factory, clock: Clock, counts: GradingMethod, mean: float
) -> None:
    """Fails when the best attempt is looked at where the latest counts."""
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))
    assignment.counts = counts
    for is_right in (False, True, False):
        take_test(session, one, assignment, clock.now, is_right=is_right)

    assert insight.analyse(session, assignment, AttemptChoice.COUNTED).figures.mean == mean


def test_members_are_those_for_whom_it_is(session: Session, make: Factory, clock: Clock) -> None:
    """Fails when learners who were never asked stand as not having handed in, or an erased account waits to do so."""
    trainer, (meant, not_meant, took_it, erased) = make.trainer(), people(make, 4)
    assignment = make.assignment(trainer, make.cohort(trainer, meant, not_meant, took_it, erased))
    take_test(session, took_it, assignment, clock.now, is_right=True)
    assignment.is_for_all = False
    session.add_all(
        AssignmentRecipient(assignment_id=assignment.id, learner_id=person.learner.id) for person in (meant, erased)
    )
    session.execute(update(Learner).where(Learner.id == erased.learner.id).values(user_id=None))
    session.commit()

    found = insight.analyse(session, assignment, FIRST)

    assert (found.members, found.figures.learners) == (2, 1)


def test_an_option_that_a_correction_accepted_is_chosen(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """Right answers are not read. Fails when those that a correction made right are missed, and their option stands as unchosen."""
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one), asks_certainty=True)
    attempt = submit_test(session, one, assignment, clock.now, hand.all_wrong)
    version_id = attempt.items[0].version_id
    session.execute(update(Mark).where(Mark.version_id == version_id).values(points=1.0, is_right=True))
    session.add(
        Correction(
            version_id=version_id,
            assignment_id=assignment.id,
            remedy=Remedy.CREDIT,
            key=None,
            reason="Two answers are right.",
            actor_id=None,
            corrected_at=clock.now,
        )
    )
    session.commit()

    read = QuestionStatistics(session, assignment, FIRST)

    assert len(read.answers[version_id]) == 1
    assert [len(choice) for choice in read.choices[version_id].choices if choice.is_right and choice.at] == [1]
    assert version_id not in {line.version_id for line in insight.analyse(session, assignment, FIRST).beliefs.listed}
    seen = get_choices(session, assignment, FIRST, version_id)
    assert seen is not None
    # Fails when what was credited is shown as another key of the author's.
    assert [(line.is_right, line.is_key) for line in seen.lines if line.count] == [(True, False)]
    assert any(line.is_key and not line.count for line in seen.lines)


# -- learning gain -----------------------------------------------------------------------------------------------------


def test_gain_is_measured_from_the_first_attempt_at_the_pretest(session: Session, make: Factory, clock: Clock) -> None:
    """Fails when the best pre-test hides what was learned, or who took one test only is in the mean."""
    trainer, (both, before_only, after_only) = make.trainer(), people(make, 3)
    cohort = make.cohort(trainer, both, before_only, after_only)
    pretest, assignment = make.assignment(trainer, cohort), make.assignment(trainer, cohort)
    take_test(session, both, pretest, clock.now, is_right=False)
    take_test(session, both, pretest, clock.now, is_right=True)
    take_test(session, before_only, pretest, clock.now, is_right=True)
    for person in (both, after_only):
        take_test(session, person, assignment, clock.now, is_right=True)
    assignment.pretest_id = pretest.id  # from now on nobody could take it without the pre-test

    found = insight.analyse(session, assignment, FIRST).gains

    assert found is not None
    assert [(line.taker.name, line.pair.before, line.pair.after) for line in found.lines] == [("Learner 0", 0, 100)]
    assert (found.one_only, found.figures.normalised, found.figures.is_enough) == (2, 100, False)


def test_without_a_pretest_there_is_no_gain(session: Session, make: Factory, clock: Clock) -> None:
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))

    assert insight.analyse(session, assignment, FIRST).gains is None


# -- the body map ------------------------------------------------------------------------------------------------------


def test_muscles_and_places_are_counted_by_what_was_asked(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    assignment = take_map_tests(session, make, hand, clock)

    found = insight.analyse(session, assignment, FIRST).mistaken

    rows = (*found.muscles.rows, *found.places.rows)
    assert (len(found.muscles.rows), len(found.places.rows)) == (3, 3)
    assert {row.answered for row in rows} == {3}
    assert {cell.count for row in rows for cell in row.cells if cell.is_right} == {1}
    assert {sum(cell.count or 0 for cell in row.cells) for row in rows} == {3}
    assert confusions.load_confusions(session, assignment, FIRST) == found


def test_a_place_is_asked_of_the_muscle_whose_chart_has_the_key(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """A stem need not name the muscle. Fails when rows are called by their stems, and several questions fall into one."""
    assignment = take_map_tests(session, make, hand, clock)
    muscles = {row.body["name"] for row in session.scalars(select(MuscleRow))}

    found = confusions.load_confusions(session, assignment, FIRST)

    assert {row.name for row in (*found.muscles.rows, *found.places.rows)} <= muscles


def test_a_test_without_the_map_has_no_matrix(session: Session, make: Factory, hand: AnswerKey, clock: Clock) -> None:
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))
    submit_test(session, one, assignment, clock.now, hand.all_wrong)

    assert confusions.load_confusions(session, assignment, FIRST).is_empty


# -- the file ----------------------------------------------------------------------------------------------------------


def rows(session: Session, assignment: Assignment) -> list[dict[str, str]]:
    text = "".join(insight_csv.stream_lines(session, assignment, FIRST))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_file_has_a_line_for_each_option_with_its_mean_score(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    trainer, (one, two) = make.trainer(), people(make, 2)
    assignment = make.assignment(trainer, make.cohort(trainer, one, two), asks_certainty=True)
    first = submit_test(session, one, assignment, clock.now, hand.all_wrong)
    attempt = start_attempt(session, two, assignment, clock.now)
    copy_paper(session, attempt, first)
    answer_and_submit(session, attempt, clock.now, hand.all_right)

    found = rows(session, assignment)

    of_first = [row for row in found if row["Question"] == found[0]["Question"]]
    assert {row["Facility %"] for row in of_first} == {"50.0000"}
    assert {(row["Is right"], row["Chosen by"], row["Certain"], row["Their mean score %"]) for row in of_first} >= {
        ("yes", "1", "1", "100.0000"),
        ("no", "1", "1", "0.0000"),
    }
    assert {row["In words"] for row in found} == {"too few"}
    assert {row["Discriminative efficiency %"] for row in found} == {"100.0000"}


def test_what_is_not_defined_is_left_blank_in_the_file(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """Fails when a figure of one learner is written as 0."""
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))
    submit_test(session, one, assignment, clock.now, hand.all_wrong)

    found = rows(session, assignment)

    assert {
        row[name] for row in found for name in ("Discrimination", "Standard deviation %", "Effective weight %")
    } == {""}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝"])
def test_no_cell_of_the_file_is_a_formula(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock, start: str
) -> None:
    """Threat: an option or a stem runs in a spreadsheet."""
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))
    attempt: Attempt = submit_test(session, one, assignment, clock.now, hand.all_wrong)
    of_paper = [item.version_id for item in attempt.items]
    session.execute(update(QuestionVersion).where(QuestionVersion.id.in_(of_paper)).values(stem=f"{start}HYPERLINK(1)"))
    session.commit()
    catalogue.clear_cache(session)

    for row in rows(session, assignment):
        assert not any(cell.lstrip().startswith(("=", "+", "@", "＝")) for cell in row.values())
        assert row["Stem"].startswith("'") or row["Stem"][0] == "H" or start == "\t="


def test_an_empty_assignment_is_a_file_with_a_head(session: Session, make: Factory) -> None:
    trainer = make.trainer()

    assert rows(session, make.assignment(trainer, make.cohort(trainer))) == []


# -- cost --------------------------------------------------------------------------------------------------------------


def test_pictures_and_files_take_few_statements(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Fails when a picture runs the whole analysis."""
    assignment = take_map_tests(session, make, hand, clock)
    insight.analyse(session, assignment, FIRST)
    statements()

    responses.list_counted_attempts(session, assignment, FIRST)
    assert len(statements()) == 1
    confusions.load_confusions(session, assignment, FIRST)
    assert len(statements()) == 4
    list(insight_csv.stream_lines(session, assignment, FIRST))
    assert len(statements()) == 5


def test_what_too_few_learners_believe_is_no_headline(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """Catches: "1 of 12" at the top of the page."""
    trainer, (one,) = make.trainer(), people(make, 1)
    cohort = make.cohort(trainer, one)
    assignment = make.assignment(trainer, cohort, asks_certainty=True)
    first = submit_test(session, one, assignment, clock.now, hand.all_wrong)
    join_with_the_same_paper(session, first, cohort, 11, hand.all_right)

    found = insight.analyse(session, assignment, FIRST).beliefs

    assert (found.lines, found.topics) == ((), ())
    assert len(found.rare) + found.left_out == len(first.items)


@pytest.mark.parametrize(
    ("holders", "answered", "is_critical", "notable"),
    [
        (1, 1, False, False),
        (2, 2, False, False),
        (3, 3, False, True),
        (3, 30, False, True),
        (3, 31, False, False),
        (1, 2, True, False),
        (2, 20, True, True),
        (2, 21, True, False),
        (50, 500, False, True),
    ],
)
def test_when_a_wrong_idea_is_a_headline(holders: int, answered: int, is_critical: bool, notable: bool) -> None:
    assert is_notable(holders, answered, is_critical=is_critical) is notable


def test_questions_with_too_few_answers_are_apart(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """Fails when a question that two learners had stands among those that statistics speak about."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    first = submit_test(session, learner, assignment, clock.now, hand.all_right)
    join_with_the_same_paper(session, first, cohort, 19, hand.rising)
    judged = insight.analyse(session, assignment, FIRST).items
    rare = [replace(line, figures=replace(line.figures, answers=2), missed=0) for line in judged]
    missed = replace(rare[0], shown=replace(rare[0].shown, is_critical=True), missed=1)

    found = insight.group_questions([*judged, missed, *rare], QuestionOrder.MISSED)
    few = insight.group_questions(judged, QuestionOrder.URGENT)

    review = found[QuestionGroup.REVIEW]
    assert {*review, *found.get(QuestionGroup.PLAIN, ())} == {*judged}
    assert [line.missed for line in review] == sorted((line.missed for line in review), reverse=True)
    assert found[QuestionGroup.CRITICAL] == [missed]
    assert len(found[QuestionGroup.FEW]) == len(rare)
    assert few == {QuestionGroup.REVIEW: [*judged]}
