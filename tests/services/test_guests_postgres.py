"""Claiming and removing guests on PostgreSQL, where others change the same rows meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import Learner, LessonProgress, LessonRow, User
from app.services.attempts import guests
from app.services.people import sign_ins
from tests.conftest import Clock, settings_for
from tests.support.factory import Factory

pytestmark = pytest.mark.postgres

Claim = Callable[[Session, Learner, User, Clock], None]


@pytest.fixture
def app(postgres_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    app.extensions["clock"] = clock
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def user_id(app: Flask, clock: Clock) -> int:
    with Session(db.engine) as session:
        user = Factory(app, session, clock).person().user
        session.commit()
        return user.id


@pytest.fixture
def guest_id(app: Flask, clock: Clock) -> int:
    with Session(db.engine) as session:
        guest = Learner(is_guest=True, created_at=clock() - timedelta(days=31))
        session.add(guest)
        session.commit()
        return guest.id


def _register(session: Session, guest: Learner, _: User, clock: Clock) -> None:
    user = User(name="New", email="new@example.org", password="!", fs_uniquifier="new", created_at=clock())
    session.add(user)
    sign_ins.assign_learner(session, user, guest, "", clock())
    session.flush()  # the other transaction must meet the changed rows


def _claim_work(session: Session, guest: Learner, user: User, clock: Clock) -> None:
    guests.move_work(session, guest, sign_ins.get_learner(session, user), clock())


@pytest.mark.parametrize("claim", [_register, _claim_work])
def test_a_guest_who_is_being_claimed_is_left_alone(
    app: Flask, clock: Clock, guest_id: int, user_id: int, claim: Claim
) -> None:
    """Fails when the chore waits for the guest's transaction, and then deletes the learner of the new account."""
    with Session(db.engine) as theirs, Session(db.engine) as chore:
        claim(theirs, theirs.get_one(Learner, guest_id), theirs.get_one(User, user_id), clock)
        step = guests.remove_some_old_guests(chore, clock())
        chore.commit()
        theirs.commit()

    assert step == guests.RemovalStep(0, is_more=False)
    with Session(db.engine) as session:
        assert session.get(Learner, guest_id) is not None


@pytest.mark.parametrize("claim", [_register, _claim_work])
def test_a_guest_who_has_just_been_removed_can_be_claimed(
    app: Flask, clock: Clock, guest_id: int, user_id: int, claim: Claim
) -> None:
    """Fails when registering is an error for somebody whose old guest is removed at the same moment."""
    with Session(db.engine) as theirs, Session(db.engine) as chore:
        guest, user = theirs.get_one(Learner, guest_id), theirs.get_one(User, user_id)
        step = guests.remove_some_old_guests(chore, clock())
        with ThreadPoolExecutor(1) as pool:
            claimed = pool.submit(claim, theirs, guest, user, clock)
            chore.commit()
            claimed.result()
        theirs.commit()

    assert step == guests.RemovalStep(1, is_more=False)
    with Session(db.engine) as session:
        assert session.get(Learner, guest_id) is None
        users = session.scalar(select(func.count()).select_from(User))
        assert session.scalar(select(func.count()).where(Learner.user_id.is_not(None))) == users


@pytest.mark.parametrize("claim", [_register, _claim_work])
def test_a_guest_belongs_to_the_account_that_registered_first(
    app: Flask, clock: Clock, guest_id: int, user_id: int, claim: Claim
) -> None:
    """Fails when a second tab, which read the guest before, takes the learner or its work from the new account."""
    with Session(db.engine) as first, Session(db.engine) as second:
        guest, user = second.get_one(Learner, guest_id), second.get_one(User, user_id)
        other = User(name="First", email="first@example.org", password="!", fs_uniquifier="first", created_at=clock())
        first.add(other)
        sign_ins.assign_learner(first, other, first.get_one(Learner, guest_id), "", clock())
        lesson_id = first.scalars(select(LessonRow.id).limit(1)).one()
        first.add(LessonProgress(learner_id=guest_id, lesson_id=lesson_id, read_at=clock()))
        first.flush()  # the other transaction must wait for the changed row
        with ThreadPoolExecutor(1) as pool:
            claimed = pool.submit(claim, second, guest, user, clock)
            first.commit()
            claimed.result()
        second.commit()

    with Session(db.engine) as session:
        assert session.get_one(Learner, guest_id).user_id == session.scalar(
            select(User.id).where(User.email == "first@example.org")
        )
        assert session.scalar(select(LessonProgress.learner_id)) == guest_id
