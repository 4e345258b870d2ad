"""Attempts: what the database refuses whatever the code does, and that a frozen paper stays as it was."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.attempt import AssignmentClosed, AttemptState, InvalidAnswer, NoAttemptsLeft, NoQuestions, Purpose
from app.domain.content import Use
from app.models import AnswerRevision, Attempt, AttemptItem, Mark, ModuleRow, QuestionRow, QuestionVersion
from app.permissions import VISITOR
from app.services.assignments import availability
from app.services.attempts import answering, attempts
from app.services.attempts.answering import AnswerChange, AnswerConflict, SavedAnswer
from app.services.attempts.attempts import OwnAttempt
from app.services.course import catalogue
from app.services.marking.submission import submit
from tests.conftest import NOW, Clock
from tests.support.factory import AFTER_CLOSING, Factory, Person


def begun(session: Session, learner: Person, clock: Clock) -> OwnAttempt:
    attempt = attempts.start_test(session, learner.learner, learner_module(session), clock.now)
    session.commit()
    loaded = attempts.get_for(session, learner.viewer, attempt.id)
    assert loaded
    return loaded


def learner_module(session: Session) -> ModuleRow:
    module = catalogue.get_module(session, "safety")
    assert module
    return module


def row(attempt: Attempt, **changes: object) -> dict[str, object]:
    """The attempt as values for another row."""
    values = {column.key: getattr(attempt, column.key) for column in Attempt.__table__.columns if column.key != "id"}
    return values | changes


# -- constraints ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 2},
        {"number": 1, "state": AttemptState.SUBMITTED, "submitted_at": NOW},
        {"number": 0, "scope": "x"},
        {"number": 3, "scope": "x", "attempts_allowed": 2},
        {"scope": "x", "state": AttemptState.SUBMITTED, "submitted_at": None},
        {"scope": "x", "submitted_at": NOW},
        {"scope": "x", "points": 11.0, "max_points": 10.0},
        {"scope": "x", "points": -1.0, "max_points": 10.0},
        {"scope": "x", "learner_id": 987654},
    ],
    ids=str,
)
def test_the_database_refuses_an_impossible_attempt(
    changes: dict[str, object], make: Factory, session: Session, clock: Clock
) -> None:
    """Threat 9. Fails when a constraint is dropped and only a check in the code is left."""
    attempt = begun(session, make.person(), clock).attempt

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(Attempt).values(row(attempt, **changes)))


@pytest.mark.parametrize(
    "values",
    [
        {"revision": 1, "save_id": "other"},
        {"revision": 2, "save_id": "first"},
        {"revision": 2, "save_id": "x", "certainty": 4},
    ],
    ids=str,
)
def test_the_database_refuses_a_doubled_answer(
    values: dict[str, object], make: Factory, session: Session, clock: Clock
) -> None:
    """Threat 11. Fails when (attempt, position, revision) or (attempt, position, save id) may be twice."""
    loaded = begun(session, make.person(), clock)
    answering.record_answer(
        session, loaded, loaded.items[0], AnswerChange({"option": ["0"]}, revision=0, save_id="first"), clock.now
    )
    session.commit()
    answer = {
        "attempt_id": loaded.attempt.id,
        "position": 1,
        "response": [1],
        "certainty": None,
        "arrived_at": clock.now,
    }

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(AnswerRevision).values(answer | values))


# -- starting ---------------------------------------------------------------------------------------------------------


def test_starting_again_goes_on(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()

    first, second = (begun(session, learner, clock).attempt.id for _ in range(2))

    assert first == second


def test_numbers_follow_each_other_within_a_scope(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    for _ in range(3):
        submit(session, begun(session, learner, clock).attempt, clock.now)
    attempts.start_practice(session, learner.learner, learner_module(session), clock.now)

    rows = session.execute(select(Attempt.purpose, Attempt.number).order_by(Attempt.id)).all()

    assert [tuple(one) for one in rows] == [
        (Purpose.TEST, 1),
        (Purpose.TEST, 2),
        (Purpose.TEST, 3),
        (Purpose.PRACTICE, 1),
    ]


def test_an_attempt_keeps_the_terms_it_began_with(make: Factory, session: Session, clock: Clock) -> None:
    """Fails when terms are read from the assignment at the end instead of being frozen at the start."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), pass_mark_percent=60, attempts_allowed=2)
    granted = availability.get_available(session, learner.learner, assignment.id, make.now())
    assert granted
    attempt = attempts.start_assignment(session, learner.learner, granted, learner_module(session), clock.now)
    session.commit()

    assignment.pass_mark_percent = 100
    session.commit()

    assert (attempt.pass_mark_percent, attempt.attempts_allowed) == (60, 2)


def test_an_empty_pool_is_told(make: Factory, session: Session, clock: Clock) -> None:
    session.execute(update(QuestionRow).where(QuestionRow.use == Use.TEST).values(retired_at=clock.now))

    with pytest.raises(NoQuestions):
        begun(session, make.person(), clock)


@pytest.mark.parametrize(
    ("terms", "error"),
    [({"attempts_allowed": 1}, NoAttemptsLeft), ({"due_at": True, "policy": AFTER_CLOSING}, AssignmentClosed)],
)
def test_the_terms_of_an_assignment_hold(
    terms: dict[str, object], error: type[Exception], make: Factory, session: Session, clock: Clock
) -> None:
    trainer, learner = make.trainer(), make.person()
    terms = terms | ({"due_at": clock.now} if "due_at" in terms else {})
    assignment = make.assignment(trainer, make.cohort(trainer, learner), **terms)
    granted = availability.get_available(session, learner.learner, assignment.id, make.now())
    assert granted
    module = learner_module(session)
    if error is NoAttemptsLeft:
        submit(session, attempts.start_assignment(session, learner.learner, granted, module, clock.now), clock.now)
    clock.advance(seconds=1)

    with pytest.raises(error):
        attempts.start_assignment(session, learner.learner, granted, module, clock.now)


# -- loading ----------------------------------------------------------------------------------------------------------


def test_only_the_owner_loads_an_attempt(make: Factory, session: Session, clock: Clock) -> None:
    """Threat 12. Fails when ``get_for`` looks at the id alone."""
    learner, trainer, admin = make.person(), make.trainer(), make.admin()
    attempt = begun(session, learner, clock).attempt

    found = [
        attempts.get_for(session, viewer, attempt.id)
        for viewer in (VISITOR, make.person().viewer, trainer.viewer, admin.viewer)
    ]

    assert found == [None] * 4
    assert attempts.get_for(session, learner.viewer, attempt.id) is not None


# -- answering --------------------------------------------------------------------------------------------------------


def test_the_log_holds_every_change_and_the_item_the_last(make: Factory, session: Session, clock: Clock) -> None:
    loaded = begun(session, make.person(), clock)
    item = loaded.items[0]
    arrived = [clock.now]
    changes = [
        AnswerChange({"option": ["0"]}, revision=0, save_id="a", certainty=1),
        AnswerChange({"option": ["1"]}, revision=1, save_id="b", certainty=3),
        AnswerChange(is_cleared=True, revision=2, save_id="c"),
        AnswerChange({"option": ["1"]}, revision=3, save_id="d"),
    ]

    for change in changes:
        outcome = answering.record_answer(session, loaded, item, change, clock.now)
        assert isinstance(outcome, SavedAnswer)
        arrived.append(clock.advance(seconds=1))
    session.commit()

    order = item.option_order
    log = session.execute(
        select(
            AnswerRevision.revision,
            AnswerRevision.save_id,
            AnswerRevision.response,
            AnswerRevision.certainty,
            AnswerRevision.arrived_at,
        ).order_by(AnswerRevision.revision)
    ).all()
    assert [tuple(one) for one in log] == [
        (1, "a", [order[0]], 1, arrived[0]),
        (2, "b", [order[1]], 3, arrived[1]),
        (3, "c", None, None, arrived[2]),
        (4, "d", [order[1]], None, arrived[3]),
    ]
    stored = session.execute(
        select(AttemptItem.revision, AttemptItem.response, AttemptItem.certainty).where(
            AttemptItem.attempt_id == loaded.attempt.id, AttemptItem.position == 1
        )
    ).one()
    assert tuple(stored) == (4, [order[1]], None)


def test_a_conflict_changes_nothing(make: Factory, session: Session, clock: Clock) -> None:
    loaded = begun(session, make.person(), clock)
    item = loaded.items[0]
    answering.record_answer(session, loaded, item, AnswerChange({"option": ["0"]}, revision=0, save_id="a"), clock.now)

    outcome = answering.record_answer(
        session, loaded, item, AnswerChange({"option": ["1"]}, revision=0, save_id="b"), clock.now
    )

    assert isinstance(outcome, AnswerConflict)
    assert outcome.wanted == [item.option_order[1]]
    assert session.scalar(select(func.count(AnswerRevision.id))) == 1


@pytest.mark.parametrize("places", [(-1,), (8,), (0, 8), (99,)])
def test_a_place_that_is_not_there_is_refused(
    places: tuple[int, ...], make: Factory, session: Session, clock: Clock
) -> None:
    loaded = begun(session, make.person(), clock)

    with pytest.raises(InvalidAnswer):
        answering.record_answer(
            session,
            loaded,
            loaded.items[0],
            AnswerChange({"option": [str(place) for place in places]}, revision=0, save_id="a"),
            clock.now,
        )


def test_certainty_alone_can_be_changed(make: Factory, session: Session, clock: Clock) -> None:
    loaded = begun(session, make.person(), clock)
    answering.record_answer(
        session,
        loaded,
        loaded.items[0],
        AnswerChange({"option": ["0"]}, revision=0, save_id="a", certainty=1),
        clock.now,
    )

    answering.record_answer(
        session,
        loaded,
        loaded.items[0],
        AnswerChange({"option": ["0"]}, revision=1, save_id="b", certainty=3),
        clock.now,
    )

    assert (loaded.items[0].certainty, loaded.items[0].revision) == (3, 2)


def test_a_new_version_does_not_reach_an_attempt_under_way(make: Factory, session: Session, clock: Clock) -> None:
    """Fails when an item points at the question and not at the version that was shown."""
    learner = make.person()
    loaded = begun(session, learner, clock)
    papers_before = [(item.version_id, item.option_order) for item in loaded.items]
    old = session.get(QuestionVersion, loaded.items[0].version_id)
    assert old
    copy = {column.key: getattr(old, column.key) for column in QuestionVersion.__table__.columns if column.key != "id"}
    session.execute(update(QuestionVersion).where(QuestionVersion.id == old.id).values(superseded_at=clock.now))
    session.execute(
        insert(QuestionVersion).values(copy | {"number": 2, "stem": "Something else?", "digest": secrets.token_hex(32)})
    )
    session.commit()

    again = attempts.get_for(session, learner.viewer, loaded.attempt.id)

    assert again
    assert [(item.version_id, item.option_order) for item in again.items] == papers_before
    assert catalogue.get_texts(session, [old.id])[old.id].stem == old.stem


# -- submitting -------------------------------------------------------------------------------------------------------


def test_of_two_who_submit_one_writes(make: Factory, session: Session, clock: Clock) -> None:
    """Threat 11. Fails when the transition does not ask whether the attempt was still open."""
    loaded = begun(session, make.person(), clock)
    session.execute(
        update(Attempt)
        .where(Attempt.id == loaded.attempt.id)
        .values(state=AttemptState.SUBMITTED, submitted_at=clock.now)
        .execution_options(synchronize_session=False)
    )

    assert submit(session, loaded.attempt, clock.now) is False
    assert session.scalar(select(func.count()).select_from(Mark)) == 0
