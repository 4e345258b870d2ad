from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from app.domain.assignment import AssignmentState, AssignmentTerms, ExceptionTerms, resolve_terms
from app.domain.attention import AttentionReason, LearnerActivity, ReasonType, find_reasons, get_urgency, is_stuck
from app.domain.gradebook import (
    AttemptInProgress,
    CellResult,
    GradebookCell,
    GradebookColumn,
    build_cell,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = LearnerActivity(NOW - 90 * DAY)
DUE = GradebookCell(AssignmentState.NOT_STARTED, due_at=NOW + 3 * DAY)
OVERDUE = GradebookCell(AssignmentState.NOT_STARTED, due_at=NOW - DAY, is_overdue=True)
FAILED_ONCE = GradebookCell(AssignmentState.NOT_PASSED, score=28, attempts=1, due_at=NOW - DAY, active_at=NOW - DAY)
FAILED = GradebookCell(AssignmentState.NOT_PASSED, score=40, attempts=2, active_at=NOW - DAY)


@pytest.mark.parametrize(
    ("cells", "activity", "whys"),
    [
        ([], LONG_AGO, []),
        ([DUE], LONG_AGO, [ReasonType.INACTIVE]),
        ([DUE], LearnerActivity(NOW - 10 * DAY), []),
        ([DUE], LearnerActivity(NOW - 10 * DAY - timedelta(seconds=1)), [ReasonType.INACTIVE]),
        ([DUE], LearnerActivity(NOW - 90 * DAY, read_at=NOW - 9 * DAY), []),
        ([DUE], LearnerActivity(NOW - 90 * DAY, has_practised=True), []),
        ([DUE, GradebookCell(AssignmentState.PASSED, score=90, active_at=NOW - 2 * DAY)], LONG_AGO, []),
        (
            [DUE, GradebookCell(AssignmentState.PASSED, score=90, active_at=NOW - 20 * DAY)],
            LONG_AGO,
            [ReasonType.INACTIVE],
        ),
        ([GradebookCell(AssignmentState.NOT_STARTED)], LONG_AGO, []),
        ([GradebookCell(AssignmentState.NOT_OPEN, due_at=NOW + 9 * DAY)], LONG_AGO, []),
        ([GradebookCell(AssignmentState.EXCUSED)], LONG_AGO, []),
        ([GradebookCell(AssignmentState.PASSED, score=90, active_at=NOW - 80 * DAY)], LONG_AGO, []),
        ([OVERDUE], LearnerActivity(NOW - DAY), [ReasonType.MISSED]),
        ([OVERDUE], LONG_AGO, [ReasonType.MISSED, ReasonType.INACTIVE]),
        ([FAILED], LearnerActivity(NOW), [ReasonType.FAILED]),
        ([replace(FAILED, attempts=1)], LearnerActivity(NOW), []),
        ([replace(FAILED, state=AssignmentState.PASSED, attempts=5)], LearnerActivity(NOW), []),
        ([FAILED, OVERDUE], LearnerActivity(NOW), [ReasonType.MISSED, ReasonType.FAILED]),
        ([FAILED_ONCE], LearnerActivity(NOW), [ReasonType.MISSED]),
        ([replace(FAILED_ONCE, attempts=4)], LearnerActivity(NOW), [ReasonType.MISSED]),
        ([replace(FAILED_ONCE, due_at=NOW)], LearnerActivity(NOW), []),
        ([replace(FAILED_ONCE, state=AssignmentState.EXCUSED)], LearnerActivity(NOW), []),
        ([replace(FAILED_ONCE, state=AssignmentState.PASSED)], LearnerActivity(NOW), []),
        ([replace(FAILED_ONCE, state=AssignmentState.SUBMITTED)], LearnerActivity(NOW), []),
        ([replace(FAILED_ONCE, was_due_before_joining=True)], LearnerActivity(NOW), []),
        ([replace(OVERDUE, is_overdue=False, was_due_before_joining=True)], LearnerActivity(NOW - DAY * 30), []),
    ],
)
def test_the_reasons_are_these(cells: list[GradebookCell], activity: LearnerActivity, whys: list[ReasonType]) -> None:
    assert [reason.why for reason in find_reasons(cells, activity, (), NOW)] == whys


def test_a_reason_says_what_it_is_about() -> None:
    under_way = GradebookCell(
        AssignmentState.UNDER_WAY,
        due_at=NOW + DAY,
        begun=AttemptInProgress(1, NOW - 20 * DAY, 1, 9),
        active_at=NOW - 20 * DAY,
    )

    found = find_reasons([FAILED, OVERDUE], LearnerActivity(NOW), ("Tell referred from root pain",), NOW)
    inactive = find_reasons([GradebookCell(AssignmentState.EXCUSED), under_way], LONG_AGO, (), NOW)

    assert found == (
        AttentionReason(ReasonType.MISSED, (1,), scores=(0,)),
        AttentionReason(ReasonType.FAILED, (0,), scores=(40,)),
        AttentionReason(ReasonType.STUCK, objectives=("Tell referred from root pain",)),
    )
    assert inactive == (AttentionReason(ReasonType.INACTIVE, (1,), since=NOW - 20 * DAY),)


def test_the_most_urgent_learner_comes_first() -> None:
    """By safety-critical questions missed, then the number of assignments, then the score, then other reasons."""
    critical = (AttentionReason(ReasonType.MISSED, (0,), critical=1, scores=(90,)),)
    two = (AttentionReason(ReasonType.MISSED, (0, 1), scores=(70, 60)),)
    low = (AttentionReason(ReasonType.FAILED, (0,), scores=(10,)),)
    high = (AttentionReason(ReasonType.MISSED, (0,), scores=(60,)),)
    high_and_inactive = (*high, AttentionReason(ReasonType.INACTIVE))
    inactive = (AttentionReason(ReasonType.INACTIVE),)
    people: list[tuple[AttentionReason, ...]] = [(), inactive, high, high_and_inactive, low, two, critical]

    assert sorted(people, key=get_urgency) == [critical, two, low, high_and_inactive, high, inactive, ()]


@dataclass(frozen=True)
class _Learner:
    """A generated learner: when they joined, and for each assignment the due date, score, pass and safety."""

    joined_at: datetime
    tests: list[tuple[datetime | None, int | None, bool, bool, bool]]

    def cells(self) -> list[GradebookCell]:
        built = []
        for due_at, score, is_passed, is_critical_missed, is_excused in self.tests:
            terms = AssignmentTerms(due_at=due_at)
            result = None
            if score is not None:
                result = CellResult(1, 1, score, is_passed, is_critical_missed, NOW - DAY, NOW - DAY)
            holds = resolve_terms(terms, ExceptionTerms(is_excused=is_excused), joined_at=self.joined_at)
            built.append(build_cell(GradebookColumn(1, 1, "", terms), holds, NOW, result=result))
        return built

    def missed(self) -> list[tuple[int, bool]]:
        """The rule in plain words: due after joining, that date has passed, not excused, and not passed."""
        return [
            (score or 0, score is not None and is_critical_missed)
            for due_at, score, is_passed, is_critical_missed, is_excused in self.tests
            if due_at is not None
            and self.joined_at < due_at < NOW
            and not is_excused
            and not (score is not None and is_passed)
        ]


def _draw_learner(random: Random) -> _Learner:
    tests = []
    for _ in range(random.randint(0, 5)):
        due_at = random.choice([None, *(NOW + random.randint(-20, 5) * DAY + DAY / 2 for _ in range(4))])
        score = random.choice([None, random.randint(0, 100)])
        is_passed = random.random() < 0.4
        tests.append((due_at, score, is_passed, not is_passed and random.random() < 0.3, random.random() < 0.1))
    return _Learner(NOW - random.randint(1, 20) * DAY, tests)


@pytest.mark.parametrize("seed", range(40))
def test_everybody_past_due_without_a_pass_is_listed_and_nobody_else(seed: int) -> None:
    """Compares generated cohorts with a plain restatement of the rule and its order."""
    random = Random(seed)
    cohort = [_draw_learner(random) for _ in range(30)]
    listed = {
        at: [one for one in find_reasons(it.cells(), LearnerActivity(NOW), (), NOW) if one.why is ReasonType.MISSED]
        for at, it in enumerate(cohort)
    }

    expected = {at: it.missed() for at, it in enumerate(cohort) if it.missed()}
    order = sorted(
        expected,
        key=lambda at: (
            -sum(is_critical for _, is_critical in expected[at]),
            -len(expected[at]),
            sum(score for score, _ in expected[at]) / len(expected[at]),
        ),
    )

    assert {at: len(found[0].columns) for at, found in listed.items() if found} == {
        at: len(tests) for at, tests in expected.items()
    }
    assert sorted(expected, key=lambda at: get_urgency(listed[at])) == order


@pytest.mark.parametrize(
    ("latest_right", "wrong", "expected"),
    [
        (0, [], False),
        (0, [1, 2], False),
        (0, [1, 2, 3], True),
        (4, [1, 2, 3], False),
        (2, [1, 3, 4, 5], True),
        (3, [1, 2, 4, 5], False),
        (6, [1, 9, 8, 7], True),
    ],
)
def test_stuck_is_three_wrong_since_the_latest_right(latest_right: int, wrong: list[int], expected: bool) -> None:
    assert is_stuck(latest_right, wrong) is expected
