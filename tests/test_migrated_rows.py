"""What later migrations do to rows that are there already, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.domain.content import Use
from app.domain.names import fold_name
from app.domain.notifications import NotificationKind
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    AttemptReopening,
    Certificate,
    Cohort,
    Invitation,
    Learner,
    Mark,
    MarkChange,
    Membership,
    MemoryCard,
    Message,
    NotificationSetting,
    QuestionReport,
    QuestionRow,
    Reminder,
    SignIn,
    User,
)
from app.services.attempts import attempts, cards, certificates, reopening
from app.services.log import audit
from app.services.marking import marks
from tests.conftest import Clock, settings_for
from tests.support.assigned_test import take_test
from tests.support.factory import Factory
from tests.support.migrations import MIGRATIONS, fill, serve
from tests.support.published_library import publish

DAY = timedelta(days=1)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest, tmp_path: Path, published: Path) -> Iterator[Flask]:
    """An app on a database of its own with the course published, on SQLite and on PostgreSQL."""
    shutil.copy(published, tmp_path / "palpate.sqlite3")
    other = {"database_url": request.getfixturevalue("postgres_url")} if request.param == "postgres" else {}
    yield from serve(create_app(settings_for(tmp_path, **other)))


def go_back_to(revision: str) -> None:
    downgrade(directory=MIGRATIONS, revision=revision)


def go_forward() -> None:
    upgrade(directory=MIGRATIONS)


def test_what_earlier_versions_do_not_hold_comes_back_as_not_set(app: Flask, clock: Clock) -> None:
    """Fails when a column that a migration adds gets no value in rows that are there, or takes rows along as it goes."""
    fill(app, clock)
    changes: dict[type[Any], dict[str, Any]] = {
        Learner: {"language": "de"},
        Membership: {"student_number": "S1", "sort_name": "Ilse", "has_left": True},
        Cohort: {"drop_lowest": 2},
        Assignment: {"weight": 30, "needs_second_marker": True, "marks_anonymously": True},
        User: {"notices": [{"kind": "removed", "title": "Year 2", "at": clock().isoformat()}]},
    }
    with Session(db.engine) as session:
        for table, values in changes.items():
            session.execute(update(table).values(**values))
        session.commit()
        before = [session.scalar(select(func.count()).select_from(table)) for table in changes]

    go_back_to("0005")
    go_forward()

    empty: dict[str, Any] = {
        "language": "",
        "student_number": None,
        "sort_name": None,
        "has_left": False,
        "drop_lowest": 0,
    }
    empty |= {"weight": None, "notices": [], "needs_second_marker": False, "marks_anonymously": False}
    with Session(db.engine) as session:
        assert [session.scalar(select(func.count()).select_from(table)) for table in changes] == before
        for table, values in changes.items():
            for name in values:
                found = session.scalars(select(getattr(table, name))).all()
                assert found
                assert all(value == empty[name] for value in found), name


def test_replies_from_before_are_unread(app: Flask, clock: Clock) -> None:
    """Migration 0007. Fails when a reply is lost, or counts as read although nobody was told of it."""
    fill(app, clock)
    with Session(db.engine) as session:
        attempt_id = session.scalars(select(Attempt.id).order_by(Attempt.id)).first()
        given = {"attempt_id": attempt_id, "says": "Wrong.", "reported_at": clock()}
        session.execute(insert(QuestionReport).values(**given, position=1))
        session.execute(
            insert(QuestionReport).values(
                **given, position=2, reply="Mended.", answered_at=clock(), reply_read_at=clock()
            )
        )
        session.commit()

    go_back_to("0006")
    go_forward()

    columns = (QuestionReport.position, QuestionReport.reply, QuestionReport.reply_read_at)
    with Session(db.engine) as session:
        assert session.execute(select(*columns).order_by(QuestionReport.position)).all() == [
            (1, None, None),
            (2, "Mended.", None),
        ]
        with pytest.raises(IntegrityError):
            session.execute(update(QuestionReport).where(QuestionReport.position == 1).values(reply_read_at=clock()))


def test_changes_of_marks_that_were_withdrawn_go_with_the_reopenings(app: Flask, clock: Clock) -> None:
    """Migration 0009. Fails when the change of a mark that stayed is lost, or one is left that no mark belongs to."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, kept, reopened = make.trainer(), make.person(), make.person()
        assignment = make.assignment(trainer, make.cohort(trainer, kept, reopened), time_limit_minutes=20)
        taken = [take_test(session, one, assignment, clock(), is_right=True) for one in (kept, reopened)]
        for attempt in taken:
            marked = marks.get_for(session, trainer.viewer, attempt.id, 1, clock(), for_update=True)
            assert marked is not None
            marks.change_mark(session, trainer.user, marked, 0, "Copied", clock(), may_lower=True)
            session.commit()
        found = reopening.get_for(session, trainer.viewer, taken[1].id, clock(), for_update=True)
        assert found is not None
        reopening.reopen(session, trainer.user, found, 10, "Fire alarm", clock(), seen=found.version)
        session.add(Message(cohort_id=assignment.cohort_id, sender_id=trainer.user.id, text="Hello", sent_at=clock()))
        session.commit()
        marks_before = session.scalar(select(func.count()).select_from(Mark))
        assert session.scalar(select(func.count()).where(MarkChange.reopening_id.is_not(None))) == 1

    go_back_to("0007")
    with db.engine.connect() as connection:
        left = connection.execute(text("SELECT attempt_id, position FROM mark_change")).all()
        assert "message" not in inspect(connection).get_table_names()
    go_forward()

    assert left == [(taken[0].id, 1)]
    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(Mark)) == marks_before
        assert session.scalars(select(MarkChange.reopening_id)).all() == [None]
        assert session.scalar(select(func.count()).select_from(AttemptReopening)) == 0
        # The change of a mark outlives the mark, as it must where an attempt is reopened.
        session.execute(delete(Mark).where(Mark.attempt_id == taken[0].id))
        assert session.scalar(select(func.count()).select_from(MarkChange)) == 1


def test_certificates_go_with_their_migration_and_come_back_as_none(app: Flask, clock: Clock) -> None:
    """Migration 0022. Fails when going back takes attempts along, or when a withdrawn certificate may lack its reason."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, learner = make.trainer(), make.person()
        attempt = take_test(
            session, learner, make.assignment(trainer, make.cohort(trainer, learner)), clock(), is_right=True
        )
        loaded = attempts.get_for(session, learner.viewer, attempt.id, for_update=True)
        assert loaded is not None
        certificates.issue(session, learner.viewer, loaded, clock())
        session.commit()
        with pytest.raises(IntegrityError):
            session.execute(update(Certificate).values(withdrawn_at=clock()))

    go_back_to("0018")
    go_forward()

    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(Certificate)) == 0
        assert session.get(Attempt, attempt.id) is not None


def test_exam_questions_are_retired_for_earlier_versions(app: Flask, clock: Clock) -> None:
    """Migration 0013. Fails when an exam question becomes a test question that is asked, or loses the date it has."""
    long_ago = clock() - 100 * DAY
    with Session(db.engine) as session:
        asked, former, other = session.scalars(select(QuestionRow.id).order_by(QuestionRow.id).limit(3)).all()
        for question_id, use, retired_at in (
            (asked, Use.EXAM, None),
            (former, Use.EXAM, long_ago),
            (other, Use.TEST, None),
        ):
            row = update(QuestionRow).where(QuestionRow.id == question_id)
            session.execute(row.values(use=use, retired_at=retired_at))
        session.commit()

    go_back_to("0012")
    go_forward()

    found = select(QuestionRow.id, QuestionRow.use, QuestionRow.retired_at)
    with Session(db.engine) as session:
        rows = {row.id: row for row in session.execute(found.where(QuestionRow.id.in_([asked, former, other])))}
    assert {row.use for row in rows.values()} == {Use.TEST}
    assert rows[asked].retired_at is not None
    assert (rows[former].retired_at, rows[other].retired_at) == (long_ago, None)


def test_sign_ins_from_before_were_last_used_when_they_began(app: Flask, clock: Clock) -> None:
    """Migration 0015. Fails when a sign-in is lost, or has no last use, so that its owner is signed out."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, learner = make.trainer(), make.person()
        make.cohort(trainer, learner)
        session.execute(update(SignIn).values(seen_at=clock() + DAY, browser="Firefox", network="192.0.2.1"))
        session.execute(update(Membership).values(joined_before=True, former_address="hash"))
        session.commit()
        before = session.execute(select(SignIn.token_hash, SignIn.started_at).order_by(SignIn.id)).all()
    assert before

    go_back_to("0014")
    go_forward()

    with Session(db.engine) as session:
        columns = (SignIn.token_hash, SignIn.started_at, SignIn.seen_at, SignIn.browser, SignIn.system, SignIn.network)
        assert session.execute(select(*columns).order_by(SignIn.id)).all() == [
            (token_hash, started_at, started_at, "", "", "") for token_hash, started_at in before
        ]
        joined = session.execute(select(Membership.joined_before, Membership.former_address)).all()
    assert joined == [(False, None)]


PEOPLE = 1_002
"""More than the migration reads at a time."""


def test_people_from_before_can_be_searched(app: Flask, clock: Clock) -> None:
    """Migration 0011. Fails when a name of somebody who was there is not folded as that of a new person is."""
    with Session(db.engine) as session:
        rows = [
            {
                "name": f"Zoë ØDEGÅRD {number}",
                "email": f"Zoe{number}@example.org",
                "password": "!",
                "fs_uniquifier": str(number),
                "created_at": clock(),
            }
            for number in range(PEOPLE)
        ]
        session.execute(insert(User), rows)
        invited = {"role": "learner", "created_at": clock(), "expires_at": clock() + DAY}
        names = [("Åse", "ase@example.org"), (None, "Bo@Example.org"), (None, None)]
        invitations = [
            invited | {"token_hash": str(at), "name": name, "email": email} for at, (name, email) in enumerate(names)
        ]
        session.execute(insert(Invitation), invitations)
        session.commit()
        before = [session.execute(select(kind.id, kind.folded).order_by(kind.id)).all() for kind in (User, Invitation)]

    go_back_to("0010")
    go_forward()

    with Session(db.engine) as session:
        after = [session.execute(select(kind.id, kind.folded).order_by(kind.id)).all() for kind in (User, Invitation)]
    assert after == before
    assert after[0][-1].folded.startswith(fold_name(f"Zoë ØDEGÅRD {PEOPLE - 1}"))
    assert len(after[0]) == PEOPLE


def test_cohorts_from_before_know_who_created_them(app: Flask, clock: Clock) -> None:
    """Migration 0011. Fails when the creator is not the one in the log, or a number that was in use twice stops it."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, other = make.trainer(), make.trainer()
        first, second, unlogged = (make.cohort(trainer, title=title) for title in ("One", "Two", "Three"))
        # SQLite gives the number of a deleted row to the next one.
        for actor in (other, trainer):
            audit.record(session, actor.user, "cohort.create", f"cohort:{first.id}", clock())
        audit.record(session, other.user, "cohort.create", f"cohort:{second.id}", clock())
        ancient = Cohort(title="Four", time_zone="UTC", join_code="four", join_expires_at=clock(), created_at=clock())
        session.add(ancient)
        session.commit()

    go_back_to("0010")
    go_forward()

    with Session(db.engine) as session:
        creators = dict(session.execute(select(Cohort.id, Cohort.created_by_id)).all())
    assert creators == {
        first.id: trainer.user.id,
        second.id: other.user.id,
        unlogged.id: trainer.user.id,
        ancient.id: None,
    }


@pytest.mark.parametrize(
    ("due", "granted", "named"),
    [(None, None, 0), (3, None, 3), (3, 5, 5), (3, 2, 3), (3, "none", 3)],
)
def test_reminders_from_before_named_the_learners_own_date(
    app: Flask, clock: Clock, due: int | None, granted: int | str | None, named: int
) -> None:
    """Migration 0012. Fails when everybody is reminded again after the update, or nobody of a date that moved."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, learner, other = make.trainer(), make.person(), make.person()
        due_at = None if due is None else clock() + due * DAY
        assignment = make.assignment(trainer, make.cohort(trainer, learner, other), due_at=due_at)
        keys = {"assignment_id": assignment.id, "learner_id": learner.learner.id}
        if granted is not None:
            its = clock() + granted * DAY if isinstance(granted, int) else None
            session.execute(insert(AssignmentException).values(**keys, due_at=its, extra_time_percent=10))
        others = keys | {"learner_id": other.learner.id}
        session.execute(insert(AssignmentException).values(**others, due_at=clock() + 9 * DAY))
        session.execute(insert(Reminder).values(**keys, kind="due", sent_at=clock(), due_at=clock() + 40 * DAY))
        session.commit()

    go_back_to("0011")
    go_forward()

    with Session(db.engine) as session:
        reminder = session.scalars(select(Reminder)).one()
    assert (reminder.sent_at, reminder.due_at) == (clock(), clock() + named * DAY)


def test_an_earlier_version_shows_nothing_of_a_library(app: Flask, clock: Clock) -> None:
    """Migration 0019. Fails when the modules of a library become part of the course, or its publication the live one."""
    with Session(db.engine, expire_on_commit=False) as session:
        trainer = Factory(app, session, clock).trainer()
        library = Factory(app, session, clock).library(trainer)
        publish(session, trainer.user, library, clock())
    current = text("SELECT COUNT(*) FROM module WHERE retired_at IS NULL")
    with db.engine.connect() as connection:
        before = connection.scalar(current)

    go_back_to("0018")
    with db.engine.connect() as connection:
        after = connection.scalar(current)
        publications = connection.scalar(text("SELECT COUNT(*) FROM publication"))
        sources = connection.scalar(text("SELECT COUNT(*) FROM source WHERE slug LIKE '%.%'"))
    go_forward()

    assert (before, after) == (5, 4)
    assert (publications, sources) == (1, 0)


def test_marks_from_before_become_cards(app: Flask, clock: Clock) -> None:
    """Migration 0021. Fails when a learner's earlier answers count for nothing, or a wish for mails stops the way back."""
    fill(app, clock)
    with Session(db.engine) as session:
        while cards.update_some(session, clock()) is not None:
            session.commit()
        before = session.execute(select(MemoryCard.learner_id, MemoryCard.objective_id, MemoryCard.due_at)).all()
        user_id = session.scalars(select(User.id).limit(1)).one()
        session.add(NotificationSetting(user_id=user_id, kind=NotificationKind.REVIEWS, is_on=True))
        session.commit()

    go_back_to("0018")
    go_forward()

    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(MemoryCard)) == 0
        assert session.scalar(select(func.count()).select_from(NotificationSetting)) == 0
        while cards.update_some(session, clock()) is not None:
            session.commit()
        after = session.execute(select(MemoryCard.learner_id, MemoryCard.objective_id, MemoryCard.due_at)).all()
    assert before
    assert {tuple(row) for row in after} == {tuple(row) for row in before}
