"""What a trainer learns of an assignment: whose marks count, what is wrongly believed and by whom, and every kind of question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.kinds import Response
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Assignment, AttemptItem, Learner, Mark, QuestionVersion
from app.services.cohorts import cohorts
from app.services.course import catalogue
from app.services.marking import submission
from app.services.reporting.analysis import confusions, insight, insight_csv, question_statistics, responses
from app.services.reporting.analysis.insight import Insight
from app.services.reporting.analysis.responses import AttemptChoice, MemberAttempt
from tests.conftest import Clock
from tests.support import chosen_attempts
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory
from tests.support.question_kinds import MARKED_BY_KEY, NUMERIC, wrong
from tests.support.submissions import AnswerKey, answer_and_submit, copy_paper, join_with_the_same_paper, submit_test

FIRST, COUNTED = AttemptChoice.FIRST, AttemptChoice.COUNTED


@pytest.fixture
def hand(session: Session) -> AnswerKey:
    return AnswerKey(session)


def seen(session: Session, assignment: Assignment, counting: AttemptChoice = FIRST) -> Insight:
    return insight.analyse(session, assignment, counting)


def named(takers: tuple[MemberAttempt, ...]) -> tuple[str | None, ...]:
    return tuple(taker.name for taker in takers)


# -- whose marks -------------------------------------------------------------------------------------------------------


def test_only_current_members_of_this_cohort_count(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """Fails when a removed learner, or another cohort with the same module, is in the figures."""
    trainer, stays, leaves, elsewhere = make.trainer(), make.person(name="Stays"), make.person(), make.person()
    cohort, other = make.cohort(trainer, stays, leaves), make.cohort(trainer, elsewhere)
    assignment, theirs = make.assignment(trainer, cohort), make.assignment(trainer, other)
    for person, work in ((stays, assignment), (leaves, assignment), (elsewhere, theirs)):
        submit_test(session, person, work, clock.now, hand.all_wrong)
    cohorts.remove_member(session, trainer.user, cohort, leaves.learner.id, clock.now)
    session.commit()

    for counting in AttemptChoice:
        found = seen(session, assignment, counting)
        assert (found.figures.learners, found.members) == (1, 1)
        assert {line.figures.answers for line in found.items} == {1}
        assert {name for line in found.beliefs.listed for name in named(line.certain)} == {"Stays"}
    assert insight.list_assignments(session, cohort)[0].learners == 1


def test_an_attempt_under_way_does_not_count(session: Session, make: Factory, hand: AnswerKey, clock: Clock) -> None:
    """Fails when marks are read before an attempt is handed in: where each answer is checked at once, it has some already."""
    trainer, done, at_it = make.trainer(), make.person(), make.person()
    policy = ReleasePolicy(
        ReleaseMoment.SUBMISSION, ReleaseMoment.EACH_ANSWER, ReleaseMoment.SUBMISSION, ReleaseMoment.SUBMISSION
    )
    assignment = make.assignment(trainer, make.cohort(trainer, done, at_it), policy=policy)
    finished = start_attempt(session, done, assignment, clock.now)
    submission.submit(session, finished, clock.now)
    under_way = start_attempt(session, at_it, assignment, clock.now)
    item = under_way.items[0]
    item.response = hand.wrong(item)
    submission.write_marks(session, under_way, [item], clock.now)
    session.commit()

    found = seen(session, assignment)

    assert found.figures.learners == 1
    assert found.beliefs.listed == ()
    assert session.scalar(select(func.count()).where(Mark.attempt_id == under_way.id)) == 1


@pytest.mark.parametrize("counting", list(AttemptChoice))
def test_another_assignment_of_the_cohort_does_not_count(
    session: Session, make: Factory, clock: Clock, counting: AttemptChoice
) -> None:
    """Fails when marks are read by cohort and learner alone: both attempts here are the learner's first."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    empty, failed, passed = (make.assignment(trainer, cohort) for _ in range(3))
    take_test(session, learner, failed, clock.now, is_right=False)
    take_test(session, learner, passed, clock.now, is_right=True)

    found = [seen(session, work, counting).figures for work in (empty, failed, passed)]

    assert [(one.learners, one.mean) for one in found] == [(0, None), (1, 0.0), (1, 100.0)]


@pytest.mark.parametrize(("counting", "mean"), [(FIRST, 0.0), (COUNTED, 100.0)])
def test_the_first_attempt_counts_or_the_best(
    session: Session, make: Factory, clock: Clock, counting: AttemptChoice, mean: float
) -> None:
    """Fails when all attempts of a learner are thrown together, or the latest counts."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    for is_right in (False, True, False):
        take_test(session, learner, assignment, clock.now, is_right=is_right)

    found = seen(session, assignment, counting)

    assert (found.figures.learners, found.figures.mean) == (1, mean)


def test_of_nobody_there_are_no_figures_and_nothing_is_divided(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    found = seen(session, make.assignment(trainer, make.cohort(trainer, make.person())))

    assert (found.figures.learners, found.members, found.figures.mean) == (0, 1, None)
    assert (found.items, found.beliefs.listed, sum(band.count for band in found.bands)) == ((), (), 0)


def test_an_erased_account_still_counts_and_has_no_name(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """Fails when the join to accounts drops the answers of whoever was erased."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), asks_certainty=True)
    submit_test(session, learner, assignment, clock.now, hand.all_wrong)
    session.execute(update(Learner).where(Learner.id == learner.learner.id).values(user_id=None))
    session.commit()

    found = seen(session, assignment)

    assert (found.figures.learners, found.members) == (1, 1)
    assert named(found.beliefs.listed[0].certain) == (None,)


# -- wrong ideas -------------------------------------------------------------------------------------------------------


def test_a_wrong_idea_names_who_held_it_by_certainty(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    trainer = make.trainer()
    people = [make.person(name=name) for name in ("Ann", "Bob", "Cem", "Dag")]
    assignment = make.assignment(trainer, make.cohort(trainer, *people), asks_certainty=True)
    first = submit_test(session, people[0], assignment, clock.now, hand.all_wrong)
    for person, sure in zip(people[1:], (3, 2, 1), strict=True):
        attempt = start_attempt(session, person, assignment, clock.now)
        copy_paper(session, attempt, first)
        answer_and_submit(session, attempt, clock.now, lambda _, item, sure=sure: (hand.wrong(item), sure))  # type: ignore[misc]

    found = seen(session, assignment)

    assert found.is_sure_asked
    assert {
        (named(row.certain), named(row.fairly_sure), named(row.others), row.answered) for row in found.beliefs.listed
    } == {(("Ann", "Bob"), ("Cem",), ("Dag",), 4)}
    critical = [row.is_critical for row in found.beliefs.listed]
    assert critical == sorted(critical, reverse=True)
    assert len(found.beliefs.listed) + found.beliefs.left_out == len(first.items)


def test_a_wrong_idea_says_what_is_true_why_and_where_to_read(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), asks_certainty=True)
    submit_test(session, learner, assignment, clock.now, hand.all_wrong)

    row = seen(session, assignment).beliefs.listed[0]

    shown = catalogue.get_texts(session, [row.version_id])[row.version_id]
    key = catalogue.get_solutions(session, [row.version_id])[row.version_id].key
    assert row.says in shown.options
    assert row.truth == tuple(shown.options[index] for index in key.correct)
    assert row.why == key.reasons[shown.options.index(row.says)]
    assert row.reading is not None


def test_without_certainty_wrong_options_stand_by_how_many_chose_them(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    trainer, learner = make.trainer(), make.person(name="Ann")
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    submit_test(session, learner, assignment, clock.now, lambda _, item: (hand.wrong(item), None))

    found = seen(session, assignment)

    assert not found.is_sure_asked
    assert {(named(row.certain), named(row.others), row.held) for row in found.beliefs.listed} == {((), ("Ann",), 1)}


def test_an_answer_whose_mark_was_corrected_is_no_wrong_idea(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    """Fails when beliefs are taken from the key, and not from the marks that hold."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), asks_certainty=True)
    attempt = submit_test(session, learner, assignment, clock.now, hand.all_wrong)
    session.execute(update(Mark).where(Mark.attempt_id == attempt.id).values(points=1.0, is_right=True))
    session.commit()

    assert seen(session, assignment).beliefs.listed == ()


# -- questions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_right", [True, False])
def test_every_kind_of_question_is_analysed(
    session: Session, make: Factory, clock: Clock, hand: AnswerKey, is_right: bool
) -> None:
    """Fails when pairs, steps or numbers are taken for options, or can't be said in words."""
    assignment = of_every_kind(session, make, clock, hand, is_right=is_right)

    found = seen(session, assignment)

    views = [question_statistics.view_item(session, assignment, FIRST, line.version_id) for line in found.items]
    kinds = set()
    for view in views:
        assert view is not None
        chosen, kind = [line for line in view.chosen.lines if line.count], view.line.shown.kind
        kinds.add(kind)
        assert chosen, kind
        assert all(line.text for line in view.chosen.lines), kind
        assert any(not line.is_right for line in chosen) is not is_right, kind
        assert (view.line.missed == 0) is is_right, kind
        assert view.truth, kind
    assert kinds == set(MARKED_BY_KEY)
    said = [row.says for row in found.beliefs.listed]
    assert bool(said) is not is_right
    assert is_right or any("−98765" in words for words in said)
    assert is_right or any(words.startswith("1. ") for words in said)


def of_every_kind(session: Session, make: Factory, clock: Clock, hand: AnswerKey, *, is_right: bool) -> Assignment:
    """An assignment that one learner handed in, with a question of each kind."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), asks_certainty=True)
    attempt = chosen_attempts.start_with_every_kind(session, learner.learner, Purpose.TEST, clock.now)
    attempt.assignment_id, attempt.scope = assignment.id, f"test:assignment:{assignment.id}"

    def given(_number: int, item: AttemptItem) -> tuple[Response, int]:
        ids = [item.version_id]
        shown, key = catalogue.get_texts(session, ids)[ids[0]], catalogue.get_solutions(session, ids)[ids[0]].key
        if is_right or shown.kind.is_choice:
            return (hand.right(item) if is_right else hand.wrong(item)), 3
        return ("-98765" if shown.kind is NUMERIC else wrong(shown, key)), 3

    answer_and_submit(session, attempt, clock.now, given)
    return assignment


def test_an_older_version_is_a_question_of_its_own_and_says_so(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    changed = submit_test(session, learner, assignment, clock.now, hand.all_right).items[0].version_id
    session.execute(update(QuestionVersion).where(QuestionVersion.id == changed).values(superseded_at=clock.now))
    session.commit()

    lines = seen(session, assignment).items

    assert [line.version_id for line in lines if not line.is_current] == [changed]


def test_times_come_from_the_log(session: Session, make: Factory, hand: AnswerKey, clock: Clock) -> None:
    """Every answer arrived 20 seconds after the one before."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    submit_test(session, learner, assignment, clock.now, hand.all_right)

    assert {line.median_seconds for line in seen(session, assignment).items} == {20.0}


def test_times_are_taken_from_the_latest_attempts_alone(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when the whole log is read: it is the longest table there is."""
    monkeypatch.setattr(responses, "MAX_TIMED", 1)
    trainer, early, late = make.trainer(), make.person(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, early, late))
    submit_test(session, early, assignment, clock.now, hand.all_right)
    latest = submit_test(session, late, assignment, clock.now + timedelta(days=1), hand.all_right)

    assert {one.attempt_id for one in responses.list_arrivals(session, assignment, FIRST, 10)} == {latest.id}


def test_a_question_that_nobody_had_is_not_there(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    version_id = session.scalars(select(QuestionVersion.id)).first()
    assert version_id is not None

    assert (
        question_statistics.view_item(session, make.assignment(trainer, make.cohort(trainer)), FIRST, version_id)
        is None
    )


def test_a_crowd_has_figures_and_groups(session: Session, make: Factory, hand: AnswerKey, clock: Clock) -> None:
    """Twenty learners, of whom the n-th has the first n/2 questions right: the earlier questions are the easier ones."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    first = submit_test(session, learner, assignment, clock.now, hand.all_right)
    join_with_the_same_paper(session, first, cohort, 19, hand.rising)

    found = seen(session, assignment)
    view = question_statistics.view_item(session, assignment, FIRST, first.items[4].version_id)

    assert (found.figures.learners, found.lengths) == (20, (10, 10))
    assert found.figures.consistency is not None
    assert found.figures.consistency > 80
    places = {item.version_id: item.position for item in first.items}
    facilities = [line.figures.facility or 0 for line in sorted(found.items, key=lambda line: places[line.version_id])]
    assert facilities == sorted(facilities, reverse=True)
    assert view is not None
    assert [group.name for group in view.chosen.groups] == ["lowest", "middle", "highest"]
    assert (view.chosen.earned_by_group[0], view.chosen.earned_by_group[2]) == (0.0, 100.0)


# -- cost --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counting", list(AttemptChoice))
def test_the_statements_are_as_many_for_a_crowd_and_beside_other_cohorts(
    session: Session,
    make: Factory,
    hand: AnswerKey,
    clock: Clock,
    statements: Callable[[], list[str]],
    counting: AttemptChoice,
) -> None:
    """Fails when names, questions, readings or times are loaded one by one."""
    trainer, learner, stranger = make.trainer(), make.person(), make.person()
    cohort, other = make.cohort(trainer, learner), make.cohort(trainer, stranger)
    assignment = make.assignment(trainer, cohort, asks_certainty=True)
    first = submit_test(session, learner, assignment, clock.now, hand.all_wrong)

    def count() -> int:
        seen(session, assignment, counting)
        statements()
        seen(session, assignment, counting)
        return len(statements())

    for_one = count()
    join_with_the_same_paper(session, first, cohort, 30, hand.all_wrong)
    for _ in range(3):
        submit_test(session, stranger, make.assignment(trainer, other), clock.now, hand.all_wrong)

    assert (for_one, count()) == (8, 8)


@pytest.mark.sqlite
@pytest.mark.parametrize("counting", list(AttemptChoice))
def test_no_statement_scans_a_table_that_other_cohorts_fill(
    session: Session, make: Factory, hand: AnswerKey, clock: Clock, counting: AttemptChoice
) -> None:
    """Fails when a condition keeps an index from being used: then the page grows with everybody's marks."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    submit_test(session, learner, assignment, clock.now, hand.all_right)
    connection, sent = session.connection(), []

    def note(_connection: Any, _cursor: Any, text: str, parameters: Any, *_rest: Any) -> None:
        sent.append((text, parameters))

    event.listen(connection, "before_cursor_execute", note)
    version_id = seen(session, assignment, counting).items[0].version_id
    question_statistics.get_choices(session, assignment, counting, version_id)
    confusions.load_confusions(session, assignment, counting)
    list(insight_csv.stream_lines(session, assignment, counting))
    event.remove(connection, "before_cursor_execute", note)

    steps = [row[3] for text, given in sent for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]
    long = {"mark", "answer_revision", "attempt", "attempt_item", "scope_result", "membership", "learner", "user"}
    assert {step.split()[1] for step in steps if step.startswith("SEARCH")} & long
    assert [step for step in steps if step.startswith("SCAN") and step.split()[1] in long] == []
    assert [
        step for step in steps if "ix_mark_version_id" in step
    ] == []  # what other cohorts answered to the same question
