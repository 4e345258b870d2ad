"""Rosters, people and trainers on PostgreSQL: other locks, other unions, other comparisons than SQLite's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import Cohort, CohortTrainer, Invitation, User
from app.services.assignments import copies
from app.services.cohorts import cohorts, invitations, memberships, rosters, trainers
from app.services.cohorts.memberships import MemberCounts, MemberOrder
from app.services.cohorts.trainers import LastTrainerError
from tests.conftest import Clock, settings_for
from tests.support.factory import Factory

Action = Callable[[Session], object]


@pytest.fixture
def server_app(postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.mark.postgres
def test_people_are_listed_copied_and_invited(server_app: Flask, clock: Clock) -> None:
    """Fails when a statement is SQLite's alone."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(server_app, session, clock)
        trainer, ada, bo = make.trainer(), make.person(name="Ada"), make.person(name="Bo")
        cohort = make.cohort(trainer, ada, bo)
        make.assignment(trainer, cohort)
        cohorts.remove_member(session, trainer.user, cohort, bo.learner.id, clock.now)
        roster = rosters.read_text(session, trainer.user, cohort, f"{ada.user.email}\ncy@x.org\nbad@", clock.now)
        session.commit()

        page = memberships.list_page(session, cohort, is_removed=False, sought="ad", order=MemberOrder.SEEN)
        sent = rosters.accept(session, trainer.user, cohort, roster, clock.now, leaves_faulty_out=True)
        made = copies.copy_cohort(session, trainer.user, cohort, "Again", clock.now)
        session.commit()

        assert [person.name for person in page.items] == ["Ada"]
        assert memberships.count_members(session, cohort) == MemberCounts(1, 1)
        assert [one.email for one in sent or []] == ["cy@x.org"]
        assert len(invitations.renew_all(session, trainer.user, cohort, clock.now)) == 1
        assert [row.assignments for row in cohorts.list_for(session, trainer.viewer, clock.now)] == [1, 1]
        assert made.id > cohort.id


def _at_once(*actions: Action) -> list[object]:
    """What each action returned or raised; all begin at one moment, each in a session of its own."""
    barrier, engine = Barrier(len(actions)), db.engine

    def act(action: Action) -> object:
        with Session(engine, expire_on_commit=False) as session:
            barrier.wait()
            try:
                outcome = action(session)
                session.commit()
            except (LastTrainerError, DBAPIError) as error:
                return error
            return outcome

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(act, actions))


@pytest.mark.postgres
def test_one_list_accepted_by_two_at_one_moment_invites_once(server_app: Flask, clock: Clock) -> None:
    """Fails when nothing but SQLite's single writer stands between the two."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(server_app, session, clock)
        trainer = make.trainer()
        cohort = make.cohort(trainer)
        first = rosters.read_text(session, trainer.user, cohort, "ada@x.org", clock.now)
        second = rosters.read_text(session, trainer.user, cohort, "ada@x.org\nbo@x.org", clock.now)
        session.commit()

    def accept(roster_id: int) -> Action:
        def act(session: Session) -> object:
            its, actor = session.get_one(Cohort, cohort.id), session.get_one(User, trainer.user.id)
            # As the page looks for it: gone already, where the other was done before this one looked.
            roster = rosters.get_for_cohort(session, its, roster_id, clock.now)
            return roster and rosters.accept(session, actor, its, roster, clock.now, leaves_faulty_out=True)

        return act

    outcomes = _at_once(accept(first.id), accept(first.id), accept(second.id))

    with Session(db.engine) as session:
        addresses = session.scalars(select(Invitation.email).order_by(Invitation.email)).all()
    assert sum(outcome is None for outcome in outcomes) == 1
    assert addresses == ["ada@x.org", "bo@x.org"]


@pytest.mark.postgres
def test_two_trainers_cannot_remove_each_other_at_one_moment(server_app: Flask, clock: Clock) -> None:
    """Fails when the rows are not locked before they are counted: the cohort would be nobody's."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(server_app, session, clock)
        one, other = make.trainer(), make.trainer()
        cohort = make.cohort(one)
        session.add(CohortTrainer(cohort_id=cohort.id, user_id=other.user.id))
        # Nobody may remove who created the cohort: here, that is neither of them.
        cohort.created_by_id = None
        session.commit()

    def remove(actor_id: int, user_id: int) -> Action:
        def act(session: Session) -> object:
            actor, its = session.get_one(User, actor_id), session.get_one(Cohort, cohort.id)
            return trainers.remove(session, actor, its, user_id, clock.now)

        return act

    outcomes = _at_once(remove(one.user.id, other.user.id), remove(other.user.id, one.user.id))

    with Session(db.engine) as session:
        left = session.scalar(select(func.count()).where(CohortTrainer.cohort_id == cohort.id))
    assert left == 1
    assert sorted(isinstance(outcome, LastTrainerError) for outcome in outcomes) == [False, True]
