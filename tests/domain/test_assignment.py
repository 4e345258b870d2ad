"""What holds for one learner: tables of terms and exceptions, and the promise that nothing is ever taken away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assignment import (
    AssignmentTerms,
    AttemptTerms,
    CountedResult,
    ExceptionTerms,
    GradingMethod,
    TermsError,
    check_exception,
    check_terms,
    find_extended_until,
    is_circular,
    keep_better_terms,
    resolve_terms,
    select_counted_result,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DUE = NOW + timedelta(days=7)
LATER = DUE + timedelta(days=2)
HOUR = timedelta(hours=1)

SOFT = AssignmentTerms(due_at=DUE, attempts_allowed=2, time_limit_minutes=20, pass_mark_percent=80)
HARD = replace(SOFT, closes_when_due=True)


# -- what holds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "grant", "due", "closes", "over"),
    [
        (SOFT, None, DUE, None, None),
        (SOFT, ExceptionTerms(due_at=LATER), LATER, None, None),
        (HARD, None, DUE, DUE, DUE),
        (HARD, ExceptionTerms(due_at=LATER), LATER, LATER, LATER),
        # Everybody's due date was moved beyond what was granted: the later one counts.
        (HARD, ExceptionTerms(due_at=DUE - HOUR), DUE, DUE, DUE),
        # Somebody else has until later: they close when they are due, and see the key when nobody can be at it.
        (replace(HARD, extended_until=LATER), None, DUE, DUE, LATER),
        (replace(HARD, extended_until=DUE - HOUR), None, DUE, DUE, DUE),
        (replace(HARD, due_at=None), ExceptionTerms(due_at=LATER), None, None, None),
    ],
)
def test_the_later_due_date_counts_and_what_waits_for_closing_waits_for_the_last(
    terms: AssignmentTerms, grant: ExceptionTerms | None, due: datetime, closes: datetime, over: datetime
) -> None:
    holds = resolve_terms(terms, grant)

    assert (holds.due_at, holds.closes_at, holds.over_at) == (due, closes, over)


@pytest.mark.parametrize(("everywhere", "here", "counts"), [(0, 25, 25), (50, 25, 50), (50, 0, 50), (0, 0, 0)])
def test_the_larger_extra_time_counts(everywhere: int, here: int, counts: int) -> None:
    assert resolve_terms(SOFT, ExceptionTerms(here), everywhere).extra_time_percent == counts


@pytest.mark.parametrize(("allowed", "more", "counts"), [(2, 0, 2), (2, 3, 5), (None, 3, None)])
def test_more_attempts_are_added(allowed: int | None, more: int, counts: int | None) -> None:
    holds = resolve_terms(replace(SOFT, attempts_allowed=allowed), ExceptionTerms(more_attempts=more))

    assert holds.attempts_allowed == counts


@pytest.mark.parametrize(
    ("due", "granted", "deadlines", "until"),
    [
        (DUE, [], [], None),
        (DUE, [LATER], [], LATER),
        (DUE, [], [LATER], LATER),
        (DUE, [LATER - HOUR], [LATER], LATER),
        (DUE, [DUE, DUE - HOUR], [], None),
        (None, [LATER], [LATER], None),
    ],
)
def test_it_is_extended_to_the_latest_moment_that_was_promised(
    due: datetime | None, granted: list[datetime], deadlines: list[datetime], until: datetime | None
) -> None:
    assert find_extended_until(due, granted, deadlines) == until


# -- what was promised -----------------------------------------------------------------------------------------------------

moments = st.integers(0, 60 * 24 * 14).map(lambda minutes: NOW + timedelta(minutes=minutes))
terms_of_any_sort = st.builds(
    AssignmentTerms,
    due_at=st.none() | moments,
    closes_when_due=st.booleans(),
    extended_until=st.none() | moments,
    attempts_allowed=st.none() | st.integers(1, 100),
    time_limit_minutes=st.none() | st.integers(1, 600),
    pass_mark_percent=st.integers(1, 100),
)
grants_of_any_sort = st.none() | st.builds(
    ExceptionTerms, st.integers(0, 400), st.none() | moments, st.integers(0, 100), st.booleans()
)
promises = st.builds(AttemptTerms, moments, st.none() | moments, st.none() | st.integers(1, 200), st.integers(1, 100))
FOREVER = datetime.max.replace(tzinfo=UTC)


@given(promises, st.lists(st.tuples(terms_of_any_sort, grants_of_any_sort, st.integers(0, 400)), max_size=5))
def test_no_change_ever_shortens_what_a_learner_was_promised(
    promise: AttemptTerms, changes: list[tuple[AssignmentTerms, ExceptionTerms | None, int]]
) -> None:
    """Catches: a deadline set to what the new terms give, an exception taken back from an attempt, a pass mark raised under way."""
    for terms, grant, everywhere in changes:
        now_given = keep_better_terms(promise, resolve_terms(terms, grant, everywhere))

        assert (now_given.deadline_at or FOREVER) >= (promise.deadline_at or FOREVER)
        assert (now_given.attempts_allowed or 10**6) >= (promise.attempts_allowed or 10**6)
        assert now_given.pass_mark_percent <= promise.pass_mark_percent
        assert now_given.started_at == promise.started_at
        promise = now_given


@given(terms_of_any_sort, grants_of_any_sort, st.integers(0, 400))
def test_an_exception_never_gives_less_than_everybody_has(
    terms: AssignmentTerms, grant: ExceptionTerms | None, everywhere: int
) -> None:
    own, all_have = resolve_terms(terms, grant, everywhere), resolve_terms(terms, None)

    assert (own.due_at or FOREVER) >= (all_have.due_at or FOREVER)
    assert (own.closes_at or FOREVER) >= (all_have.closes_at or FOREVER)
    assert (own.attempts_allowed or 10**6) >= (all_have.attempts_allowed or 10**6)
    assert own.extra_time_percent >= all_have.extra_time_percent
    assert own.closes_at is None or own.over_at is None or own.over_at >= own.closes_at


@given(terms_of_any_sort, grants_of_any_sort, grants_of_any_sort)
def test_nobody_sees_the_key_while_somebody_else_is_at_it(
    terms: AssignmentTerms, mine: ExceptionTerms | None, theirs: ExceptionTerms | None
) -> None:
    """Catches: a closing that is reckoned for each learner alone."""
    granted = [grant.due_at for grant in (mine, theirs) if grant and grant.due_at]
    terms = replace(terms, extended_until=find_extended_until(terms.due_at, granted, []))

    own, others = resolve_terms(terms, mine), resolve_terms(terms, theirs)

    assert own.over_at is None or others.closes_at is None or own.over_at >= others.closes_at


@pytest.mark.parametrize(
    ("change", "minutes", "passes_at"),
    [
        ({"time_limit_minutes": 30}, 30, 80),
        ({"time_limit_minutes": 10}, 20, 80),
        ({"pass_mark_percent": 70}, 20, 70),
        ({"pass_mark_percent": 90}, 20, 80),
    ],
)
def test_a_change_for_the_better_applies_at_once(change: dict[str, int], minutes: int, passes_at: int) -> None:
    promise = AttemptTerms(NOW, NOW + timedelta(minutes=20), 2, 80)

    now_given = keep_better_terms(promise, resolve_terms(replace(SOFT, **change), None))  # type: ignore[arg-type]

    assert (now_given.deadline_at, now_given.pass_mark_percent) == (NOW + timedelta(minutes=minutes), passes_at)


@pytest.mark.parametrize(
    ("counts", "counted"),
    [(GradingMethod.BEST, CountedResult(90, True)), (GradingMethod.LATEST, CountedResult(40, False))],
)
def test_the_attempt_that_counts_is_the_result(counts: GradingMethod, counted: CountedResult) -> None:
    assert select_counted_result(counts, CountedResult(90, True), CountedResult(40, False)) == counted


# -- what may be set ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "is_new", "faults"),
    [
        (SOFT, True, []),
        (replace(SOFT, due_at=None, opens_at=DUE), True, []),
        (replace(SOFT, opens_at=DUE), True, [("due", TermsError.DUE_BEFORE_OPENING)]),
        (replace(SOFT, opens_at=LATER), False, [("due", TermsError.DUE_BEFORE_OPENING)]),
        (replace(SOFT, due_at=NOW), True, [("due", TermsError.PAST)]),
        (replace(SOFT, due_at=NOW), False, []),
        (
            replace(HARD, opens_at=DUE - timedelta(minutes=19)),
            True,
            [("time_limit_minutes", TermsError.LIMIT_BEYOND_CLOSING)],
        ),
        (replace(HARD, opens_at=DUE - timedelta(minutes=20)), True, []),
        (replace(SOFT, opens_at=DUE - timedelta(minutes=19)), True, []),
    ],
)
def test_times_that_cannot_be_are_named(
    terms: AssignmentTerms, is_new: bool, faults: list[tuple[str, TermsError]]
) -> None:
    assert list(check_terms(terms, is_new=is_new, now=NOW)) == faults


@pytest.mark.parametrize(
    ("grant", "terms", "faults"),
    [
        (ExceptionTerms(25), SOFT, []),
        (ExceptionTerms(due_at=LATER), SOFT, []),
        (ExceptionTerms(more_attempts=1), SOFT, []),
        (ExceptionTerms(is_excused=True), SOFT, []),
        (ExceptionTerms(), SOFT, [("extra_time_percent", TermsError.NOTHING_GRANTED)]),
        (ExceptionTerms(25, is_excused=True), SOFT, [("is_excused", TermsError.EXCUSED_AND_MORE)]),
        (ExceptionTerms(due_at=DUE), SOFT, [("due", TermsError.NOT_LATER)]),
        (ExceptionTerms(due_at=DUE - HOUR), SOFT, [("due", TermsError.NOT_LATER)]),
        (ExceptionTerms(due_at=LATER), replace(SOFT, due_at=None), [("due", TermsError.NEVER_DUE)]),
        (
            ExceptionTerms(more_attempts=1),
            replace(SOFT, attempts_allowed=None),
            [("more_attempts", TermsError.ANY_NUMBER)],
        ),
    ],
)
def test_a_grant_has_to_give_something(
    grant: ExceptionTerms, terms: AssignmentTerms, faults: list[tuple[str, TermsError]]
) -> None:
    assert list(check_exception(grant, terms)) == faults


@pytest.mark.parametrize(
    ("required", "of", "is_so"),
    [
        ({}, 1, False),
        ({1: [2], 2: [3]}, 1, False),
        ({1: [1]}, 1, True),
        ({1: [2], 2: [1]}, 1, True),
        ({1: [2], 2: [3], 3: [1]}, 1, True),
        # A ring elsewhere, which this one only leads into, is not walked for ever.
        ({1: [2], 2: [3], 3: [2]}, 1, False),
        ({1: [2, 3], 2: [4], 3: [4]}, 1, False),
    ],
)
def test_nothing_may_have_to_be_passed_before_itself(required: dict[int, list[int]], of: int, is_so: bool) -> None:
    assert is_circular(required, of) is is_so


# -- who joined late, and the time that is really left -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("joined", "granted", "now", "is_overdue"),
    [
        (None, None, HOUR, True),
        (-HOUR, None, HOUR, True),
        (timedelta(0), None, HOUR, False),
        (-HOUR, None, timedelta(0), False),
        (HOUR, None, 9 * HOUR, False),
        (HOUR, 2 * HOUR, 2 * HOUR, False),
        (HOUR, 2 * HOUR, 3 * HOUR, True),
    ],
)
def test_a_due_date_before_joining_is_not_held_against_a_learner(
    joined: timedelta | None, granted: timedelta | None, now: timedelta, is_overdue: bool
) -> None:
    exception = ExceptionTerms(due_at=NOW + granted) if granted else None
    terms = resolve_terms(AssignmentTerms(due_at=NOW), exception, joined_at=None if joined is None else NOW + joined)

    assert terms.is_overdue(NOW + now) == is_overdue


def test_late_counts_from_joining() -> None:
    terms = resolve_terms(AssignmentTerms(due_at=NOW), None, joined_at=NOW + HOUR)

    assert terms.late_by(NOW + HOUR) is None
    assert terms.late_by(NOW + 3 * HOUR) == 2 * HOUR
    assert resolve_terms(AssignmentTerms(due_at=NOW), None, joined_at=NOW - HOUR).late_by(NOW + HOUR) == HOUR


@pytest.mark.parametrize(
    ("limit", "extra", "opens", "closes", "minutes", "is_cut_short"),
    [
        (30, 0, None, None, 30, False),
        (30, 100, None, None, 60, False),
        (30, 100, None, 36, 36, True),
        (30, 0, None, 36, 30, False),
        (30, 0, None, 30, 30, False),
        (30, 0, 10, 36, 26, True),
        (None, 0, None, 36, 36, True),
        (None, 50, None, None, None, False),
        (30, 0, None, -1, 0, True),
    ],
)
def test_the_time_that_a_learner_really_has(
    limit: int | None, extra: int, opens: int | None, closes: int | None, minutes: int | None, is_cut_short: bool
) -> None:
    """Fails when extra time is promised that ends with the test."""
    terms = AssignmentTerms(
        opens_at=None if opens is None else NOW + timedelta(minutes=opens),
        due_at=None if closes is None else NOW + timedelta(minutes=closes),
        closes_when_due=True,
        time_limit_minutes=limit,
    )

    time = resolve_terms(terms, None, extra).get_time(NOW)

    assert (time.seconds, time.is_cut_short) == (None if minutes is None else minutes * 60, is_cut_short)
