"""Spaced repetition: golden sequences, and what must hold for every sequence of marks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import spacing
from app.domain.spacing import Goals, MarkedAnswer, Memory, combine, compute_due, replay, spread

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def answer(
    day: float = 0,
    *,
    is_right: bool = True,
    certainty: int | None = 2,
    attempt_id: int | None = None,
    is_critical: bool = False,
) -> MarkedAnswer:
    number = int(day * 1000) if attempt_id is None else attempt_id
    return MarkedAnswer(number, is_right, certainty, is_critical, NOON + day * DAY)


def known(*answers: MarkedAnswer) -> Memory:
    memory = replay(answers)
    assert memory is not None
    return memory


# -- ratings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_right", "certainty", "rating"),
    [
        (False, None, Rating.Again),
        (False, 1, Rating.Again),
        (False, 3, Rating.Again),
        (True, 1, Rating.Hard),
        (True, 2, Rating.Good),
        (True, None, Rating.Good),
        (True, 3, Rating.Easy),
    ],
)
def test_correctness_and_certainty_give_the_rating(is_right: bool, certainty: int | None, rating: Rating) -> None:
    assert answer(is_right=is_right, certainty=certainty).rating is rating


def test_the_worst_mark_of_an_attempt_counts() -> None:
    recalls = combine(
        [
            answer(0, attempt_id=1, certainty=3),
            answer(0.01, attempt_id=1, is_right=False, certainty=1),
            answer(0.02, attempt_id=1, certainty=3),
            answer(3, attempt_id=2, certainty=3),
        ]
    )

    assert [(recall.attempt_id, recall.rating) for recall in recalls] == [(1, Rating.Again), (2, Rating.Easy)]
    assert recalls[0].at == NOON + 0.02 * DAY


# -- golden sequences --------------------------------------------------------------------------------------------------

SEQUENCES = {
    "fairly sure each time": ([(0, 2), (2, 2), (13, 2), (60, 2)], [2, 11, 46, 165]),
    "certain each time": ([(0, 3), (8, 3), (60, 3)], [8, 66, 344]),
    "guessed each time": ([(0, 1), (1, 1), (3, 1)], [1, 3, 6]),
    "forgotten once": ([(0, 2), (2, 2), (13, 0), (15, 2)], [2, 11, 2, 5]),
    "wrong from the start": ([(0, 0), (1, 0), (2, 2)], [1, 1, 1]),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_golden_sequence(name: str) -> None:
    """Days of answers with their certainty, 0 for a wrong one; then the days until the objective is due again.

    Fails when another version of the scheduler, or other parameters, would move everybody's reviews.
    """
    answers, intervals = SEQUENCES[name]
    marks = [answer(day, is_right=certainty > 0, certainty=certainty or 2) for day, certainty in answers]

    found = [(compute_due(known(*marks[: n + 1]), Goals()) - marks[n].marked_at).days for n in range(len(marks))]

    assert found == intervals


@pytest.mark.parametrize("retention", spacing.RETENTIONS)
@pytest.mark.parametrize("stability", [0.01, 0.2, 1, 7.5, 60, 300])
def test_intervals_are_those_of_fsrs(stability: float, retention: int) -> None:
    scheduler = Scheduler(desired_retention=retention / 100, maximum_interval=spacing.LONGEST_INTERVAL.days)

    expected = scheduler._next_interval(stability=stability)

    assert spacing.compute_interval(stability, retention) == timedelta(days=expected)


def test_the_prediction_is_that_of_fsrs() -> None:
    memory = known(answer(0), answer(3))
    card = Card(card_id=1, stability=memory.stability, difficulty=5, last_review=memory.reviewed_at)

    for days in (0, 1, 10, 100):
        moment = memory.reviewed_at + days * DAY
        assert spacing.predict_recall(memory, moment) == pytest.approx(
            Scheduler().get_card_retrievability(card, moment)
        )


# -- safety ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("certainty", "is_urgent"), [(1, False), (2, True), (3, True), (None, True)])
def test_a_confident_wrong_answer_on_a_safety_question_returns_within_a_day(
    certainty: int | None, is_urgent: bool
) -> None:
    """Even if the objective was known well: FSRS alone would wait for days."""
    learned = [answer(day, certainty=3) for day in (0, 8, 60, 300)]
    memory = known(*learned, answer(500, is_right=False, certainty=certainty, is_critical=True))

    due = compute_due(memory, Goals(retention=80))

    assert memory.is_urgent is is_urgent
    assert (due - memory.reviewed_at <= DAY) is is_urgent


def test_the_next_right_answer_ends_the_urgency() -> None:
    memory = known(answer(0, is_right=False, is_critical=True), answer(1, is_critical=True))

    assert not memory.is_urgent


# -- exams -------------------------------------------------------------------------------------------------------------

SOLID = known(*(answer(day, certainty=3) for day in (0, 8)))


def test_what_would_fade_before_an_exam_is_asked_once_more() -> None:
    exam_at = SOLID.reviewed_at + 40 * DAY
    usual = compute_due(SOLID, Goals())
    assert usual > exam_at

    days = {place: compute_due(SOLID, Goals(exam_at=exam_at), place) for place in range(28)}

    assert all(exam_at - spacing.RUN_UP <= due < exam_at for due in days.values())
    assert {due: list(days.values()).count(due) for due in days.values()} == dict.fromkeys(days.values(), 2)


@pytest.mark.parametrize("days", [-400, -1, 0, 1, 14])
def test_an_exam_that_is_past_or_close_moves_nothing(days: int) -> None:
    goals = Goals(exam_at=SOLID.reviewed_at + days * DAY)

    assert compute_due(SOLID, goals) == compute_due(SOLID, Goals())


def test_what_is_known_on_the_day_of_the_exam_is_left_alone() -> None:
    solid = known(*(answer(day, certainty=3) for day in (0, 8, 60, 300)))
    goals = Goals(exam_at=solid.reviewed_at + 20 * DAY)

    assert compute_due(solid, goals) == compute_due(solid, Goals())


# -- days --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "zone", "end"),
    [
        ("2026-11-23T12:00", "UTC", "2026-11-24T00:00"),
        ("2026-11-23T23:30", "Europe/Berlin", "2026-11-24T23:00"),  # it is the 24th there
        ("2026-03-29T00:30", "Europe/Berlin", "2026-03-29T22:00"),  # the clocks go forward: a day of 23 hours
        ("2026-10-25T12:00", "Europe/Berlin", "2026-10-25T23:00"),  # and back: 25 hours
        ("2026-09-05T12:00", "America/Santiago", "2026-09-06T04:00"),  # the next day begins at one: no midnight
        ("2026-11-23T12:00", "Pacific/Kiritimati", "2026-11-24T10:00"),
    ],
)
def test_today_ends_at_the_learners_midnight(now: str, zone: str, end: str) -> None:
    found = spacing.get_day_end(datetime.fromisoformat(now).replace(tzinfo=UTC), zone)

    assert found == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize(("hours", "days"), [(-5, 0), (0, 0), (11, 0), (12, 1), (23, 1), (25, 1), (36, 2), (48, 2)])
def test_time_passes_in_whole_days(hours: int, days: int) -> None:
    """An evening and the next morning are a day apart, also when the clocks change; a clock set back is no time."""
    assert spacing.count_days(NOON, NOON + timedelta(hours=hours)) == days


# -- a backlog ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("falling_due", "limit", "done", "offered"),
    [
        ([3, 0, 5], 20, 0, (3, 0, 5)),
        ([3000, 0, 0], 20, 0, (20, 20, 20)),
        ([25, 0, 10], 20, 0, (20, 5, 10)),
        ([25, 0, 10], 20, 15, (5, 20, 10)),
        ([25, 0], 20, 50, (0, 20)),
        ([0, 0], 20, 0, (0, 0)),
        ([], 20, 0, ()),
    ],
)
def test_a_backlog_is_spread(falling_due: list[int], limit: int, done: int, offered: tuple[int, ...]) -> None:
    assert spread(falling_due, limit, done) == offered


@given(st.lists(st.integers(0, 100), max_size=20), st.integers(1, 60), st.integers(0, 80))
def test_spreading_loses_nothing_and_never_exceeds_the_limit(counts: list[int], limit: int, done: int) -> None:
    offered = spread(counts, limit, done)

    assert all(count <= limit for count in offered)
    assert all(sum(offered[: n + 1]) <= sum(counts[: n + 1]) for n in range(len(counts)))


# -- replaying ---------------------------------------------------------------------------------------------------------

MARKS = st.lists(
    st.builds(
        MarkedAnswer,
        attempt_id=st.integers(1, 6),
        is_right=st.booleans(),
        certainty=st.sampled_from((None, 1, 2, 3)),
        is_critical=st.booleans(),
        marked_at=st.integers(0, 400 * 24).map(lambda hours: NOON + timedelta(hours=hours)),
    ),
    max_size=12,
)


@given(MARKS, st.randoms(use_true_random=False))
def test_the_order_in_which_marks_are_read_does_not_matter(marks: list[MarkedAnswer], random: object) -> None:
    shuffled = list(marks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert replay(shuffled) == replay(marks)


@given(MARKS)
@settings(max_examples=200)
def test_every_memory_can_be_stored_and_scheduled(marks: list[MarkedAnswer]) -> None:
    memory = replay(marks)

    assert (memory is None) == (not marks)
    if memory is not None:
        assert memory.stability > 0
        assert 1 <= memory.difficulty <= 10
        assert memory.reviewed_at == max(mark.marked_at for mark in marks)
        for retention in spacing.RETENTIONS:
            due = compute_due(memory, Goals(retention))
            assert DAY <= due - memory.reviewed_at <= spacing.LONGEST_INTERVAL


def test_days_are_those_of_the_calendar() -> None:
    assert spacing.get_day(NOON, "Pacific/Kiritimati") == date(2026, 11, 24)
