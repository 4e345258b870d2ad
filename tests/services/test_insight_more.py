"""What else insight says: topics, learning gain, the body map, and the file of all figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.assignment import Counts
from app.domain.correction import Remedy
from app.models import (
    Assignment,
    AssignmentRecipient,
    Attempt,
    Correction,
    Learner,
    Mark,
    MuscleRow,
    ObjectiveRow,
    QuestionVersion,
)
from app.services.course import catalogue
from app.services.insights import answered, insight, insight_csv, mistaken
from app.services.insights.answered import Counting
from app.services.insights.question_figures import Read, choices_of
from tests.conftest import Clock
from tests.crowd import Hand, answer, copy_paper, hand_in
from tests.factory import Make, Person
from tests.pointing import on_map
from tests.taking import begin, take

FIRST = Counting.FIRST


@pytest.fixture
def hand(session: Session) -> Hand:
    return Hand(session)


def people(make: Make, count: int) -> list[Person]:
    return [make.person(name=f"Learner {at}") for at in range(count)]


# -- what to talk about ------------------------------------------------------------------------------------------------


def test_topics_are_objectives_safety_critical_first(session: Session, make: Make, hand: Hand, clock: Clock) -> None:
    """Fails when a harmless topic with more learners stands before a dangerous one, or learners are counted twice."""
    trainer, (one, two) = make.trainer(), people(make, 2)
    assignment = make.assignment(trainer, make.cohort(trainer, one, two), asks_certainty=True)
    for person in (one, two):
        hand_in(session, person, assignment, clock.now, hand.all_wrong)

    topics = insight.insight(session, assignment, FIRST).beliefs.topics

    assert len(topics) == 3
    critical = [topic.is_critical for topic in topics]
    assert critical == sorted(critical, reverse=True)
    assert all(1 <= topic.learners <= 2 for topic in topics)
    assert {topic.title for topic in topics} <= set(session.scalars(select(ObjectiveRow.title)))


def test_a_guess_is_no_topic(session: Session, make: Make, hand: Hand, clock: Clock) -> None:
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one), asks_certainty=True)
    hand_in(session, one, assignment, clock.now, lambda _, item: (hand.wrong(item), 1))

    assert insight.insight(session, assignment, FIRST).beliefs.topics == ()


# -- whose attempts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("counts", "mean"), [(Counts.BEST, 100.0), (Counts.LATEST, 0.0)])
def test_what_counts_is_what_the_assignment_counts(
    session: Session, make: Make, clock: Clock, counts: Counts, mean: float
) -> None:
    """Fails when the best attempt is looked at where the latest counts."""
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))
    assignment.counts = counts
    for is_right in (False, True, False):
        take(session, one, assignment, clock.now, is_right=is_right)

    assert insight.insight(session, assignment, Counting.COUNTED).figures.mean == mean


def test_members_are_those_for_whom_it_is(session: Session, make: Make, clock: Clock) -> None:
    """Fails when learners who were never asked stand as not having handed in, or an erased account waits to do so."""
    trainer, (meant, not_meant, took_it, erased) = make.trainer(), people(make, 4)
    assignment = make.assignment(trainer, make.cohort(trainer, meant, not_meant, took_it, erased))
    take(session, took_it, assignment, clock.now, is_right=True)
    assignment.is_for_all = False
    session.add_all(
        AssignmentRecipient(assignment_id=assignment.id, learner_id=person.learner.id) for person in (meant, erased)
    )
    session.execute(update(Learner).where(Learner.id == erased.learner.id).values(user_id=None))
    session.commit()

    found = insight.insight(session, assignment, FIRST)

    assert (found.members, found.figures.learners) == (2, 1)


def test_an_option_that_a_correction_accepted_is_chosen(session: Session, make: Make, hand: Hand, clock: Clock) -> None:
    """Right answers are not read. Fails when those that a correction made right are missed, and their option stands as unchosen."""
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one), asks_certainty=True)
    attempt = hand_in(session, one, assignment, clock.now, hand.all_wrong)
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

    read = Read(session, assignment, FIRST)

    assert len(read.answers[version_id]) == 1
    assert [len(choice) for choice in read.choices[version_id].choices if choice.is_right and choice.at] == [1]
    assert version_id not in {line.version_id for line in insight.insight(session, assignment, FIRST).beliefs.lines}
    seen = choices_of(session, assignment, FIRST, version_id)
    assert seen is not None
    # Fails when what was credited is shown as another key of the author's.
    assert [(line.is_right, line.is_key) for line in seen.lines if line.count] == [(True, False)]
    assert any(line.is_key and not line.count for line in seen.lines)


# -- learning gain -----------------------------------------------------------------------------------------------------


def test_gain_is_measured_from_the_first_attempt_at_the_pretest(session: Session, make: Make, clock: Clock) -> None:
    """Fails when the best pre-test hides what was learned, or who took one test only is in the mean."""
    trainer, (both, before_only, after_only) = make.trainer(), people(make, 3)
    cohort = make.cohort(trainer, both, before_only, after_only)
    pretest, assignment = make.assignment(trainer, cohort), make.assignment(trainer, cohort)
    take(session, both, pretest, clock.now, is_right=False)
    take(session, both, pretest, clock.now, is_right=True)
    take(session, before_only, pretest, clock.now, is_right=True)
    for person in (both, after_only):
        take(session, person, assignment, clock.now, is_right=True)
    assignment.pretest_id = pretest.id  # from now on nobody could take it without the pre-test

    found = insight.insight(session, assignment, FIRST).gains

    assert found is not None
    assert [(line.taker.name, line.pair.before, line.pair.after) for line in found.lines] == [("Learner 0", 0, 100)]
    assert (found.one_only, found.figures.normalised, found.figures.is_enough) == (2, 100, False)


def test_without_a_pretest_there_is_no_gain(session: Session, make: Make, clock: Clock) -> None:
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))

    assert insight.insight(session, assignment, FIRST).gains is None


# -- the body map ------------------------------------------------------------------------------------------------------


def test_muscles_and_places_are_counted_by_what_was_asked(
    session: Session, make: Make, hand: Hand, clock: Clock
) -> None:
    assignment = on_map(session, make, hand, clock)

    found = insight.insight(session, assignment, FIRST).mistaken

    rows = (*found.muscles.rows, *found.places.rows)
    assert (len(found.muscles.rows), len(found.places.rows)) == (5, 5)
    assert {row.answered for row in rows} == {3}
    assert {cell.count for row in rows for cell in row.cells if cell.is_right} == {1}
    assert {sum(cell.count or 0 for cell in row.cells) for row in rows} == {3}
    assert mistaken.read(session, assignment, FIRST) == found


def test_a_place_is_asked_of_the_muscle_whose_chart_has_the_key(
    session: Session, make: Make, hand: Hand, clock: Clock
) -> None:
    """A stem need not name the muscle. Fails when rows are called by their stems, and several questions fall into one."""
    assignment = on_map(session, make, hand, clock)
    muscles = {row.body["name"] for row in session.scalars(select(MuscleRow))}

    found = mistaken.read(session, assignment, FIRST)

    assert {row.name for row in (*found.muscles.rows, *found.places.rows)} <= muscles


def test_a_test_without_the_map_has_no_matrix(session: Session, make: Make, hand: Hand, clock: Clock) -> None:
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))
    hand_in(session, one, assignment, clock.now, hand.all_wrong)

    assert mistaken.read(session, assignment, FIRST).is_empty


# -- the file ----------------------------------------------------------------------------------------------------------


def rows(session: Session, assignment: Assignment) -> list[dict[str, str]]:
    text = "".join(insight_csv.lines(session, assignment, FIRST))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_file_has_a_line_for_each_option_with_its_mean_score(
    session: Session, make: Make, hand: Hand, clock: Clock
) -> None:
    trainer, (one, two) = make.trainer(), people(make, 2)
    assignment = make.assignment(trainer, make.cohort(trainer, one, two), asks_certainty=True)
    first = hand_in(session, one, assignment, clock.now, hand.all_wrong)
    attempt = begin(session, two, assignment, clock.now)
    copy_paper(session, attempt, first)
    answer(session, attempt, clock.now, hand.all_right)

    found = rows(session, assignment)

    of_first = [row for row in found if row["Question"] == found[0]["Question"]]
    assert {row["Facility %"] for row in of_first} == {"50.0000"}
    assert {(row["Is right"], row["Chosen by"], row["Certain"], row["Their mean score %"]) for row in of_first} >= {
        ("yes", "1", "1", "100.0000"),
        ("no", "1", "1", "0.0000"),
    }
    assert {row["In words"] for row in found} == {"too few"}
    assert {row["Discriminative efficiency %"] for row in found} == {"100.0000"}


def test_what_is_not_defined_is_left_blank_in_the_file(session: Session, make: Make, hand: Hand, clock: Clock) -> None:
    """Fails when a figure of one learner is written as 0."""
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))
    hand_in(session, one, assignment, clock.now, hand.all_wrong)

    found = rows(session, assignment)

    assert {
        row[name] for row in found for name in ("Discrimination", "Standard deviation %", "Effective weight %")
    } == {""}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝"])
def test_no_cell_of_the_file_is_a_formula(session: Session, make: Make, hand: Hand, clock: Clock, start: str) -> None:
    """Threat: an option or a stem runs in a spreadsheet."""
    trainer, (one,) = make.trainer(), people(make, 1)
    assignment = make.assignment(trainer, make.cohort(trainer, one))
    attempt: Attempt = hand_in(session, one, assignment, clock.now, hand.all_wrong)
    of_paper = [item.version_id for item in attempt.items]
    session.execute(update(QuestionVersion).where(QuestionVersion.id.in_(of_paper)).values(stem=f"{start}HYPERLINK(1)"))
    session.commit()
    catalogue.forget(session)

    for row in rows(session, assignment):
        assert not any(cell.lstrip().startswith(("=", "+", "@", "＝")) for cell in row.values())
        assert row["Stem"].startswith("'") or row["Stem"][0] == "H" or start == "\t="


def test_an_empty_assignment_is_a_file_with_a_head(session: Session, make: Make) -> None:
    trainer = make.trainer()

    assert rows(session, make.assignment(trainer, make.cohort(trainer))) == []


# -- cost --------------------------------------------------------------------------------------------------------------


def test_pictures_and_files_take_few_statements(
    session: Session, make: Make, hand: Hand, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Fails when a picture runs the whole analysis."""
    assignment = on_map(session, make, hand, clock)
    insight.insight(session, assignment, FIRST)
    statements()

    answered.list_sat(session, assignment, FIRST)
    assert len(statements()) == 1
    mistaken.read(session, assignment, FIRST)
    assert len(statements()) == 4
    list(insight_csv.lines(session, assignment, FIRST))
    assert len(statements()) == 5
