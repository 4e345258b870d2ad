"""Export, erasure and the log on PostgreSQL, whose JSON is a type of its own and whose triggers are functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import create_app
from app.db import Base, db, truncate_wal, vacuum
from app.models import AuditEvent
from app.services.log import audit
from app.services.log.audit import AuditQuery
from app.services.people import directory
from app.services.people.directory import AccountOrder
from app.services.privacy import data_locations, erasure, export
from app.services.reporting import server_health
from tests.conftest import Clock, settings_for
from tests.support.factory import Factory
from tests.support.person_with_all_data import EARLIER, EMAIL, NAME, make_person_with_all_data

pytestmark = pytest.mark.postgres


@pytest.fixture
def make_there(postgres_url: str, tmp_path: Path, clock: Clock) -> Iterator[Factory]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context():
        with Session(db.engine, expire_on_commit=False) as session:
            yield Factory(app, session, clock)
        db.engine.dispose()


def test_a_person_is_exported_and_erased_on_postgresql(make_there: Factory, clock: Clock) -> None:
    """R20 on PostgreSQL: fails when a document is searched or compared as only SQLite can."""
    session = make_there.session
    known = make_person_with_all_data(make_there, session, clock())

    document = json.loads(json.dumps(export.collect(session, known.person.user, clock()), default=str))
    erasure.preview(session, known.person.user)
    erasure.erase(session, known.trainer.user, known.person.user, clock())
    session.commit()
    engine = session.get_bind().engine
    assert truncate_wal(engine) is False
    vacuum(engine)

    assert [trace.column for trace in data_locations.DATA_LOCATIONS if not document.get(trace.section)] == []
    left = "\n".join(
        str(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(select(*table.c))
    )
    assert [trace for trace in (NAME, EMAIL, EARLIER, "Zdeňka", "Asia/Tokyo") if trace in left] == []


def test_the_log_is_kept_and_read_on_postgresql(make_there: Factory, clock: Clock) -> None:
    session = make_there.session
    known = make_person_with_all_data(make_there, session, clock())

    for change in (delete(AuditEvent), update(AuditEvent).values(action="user.nothing")):
        with pytest.raises(IntegrityError, match="append-only"):
            session.execute(change)
        session.rollback()
    found = audit.list_page(session, AuditQuery(person="přibylová", kind="user"))
    later = audit.list_page(session, AuditQuery(person=NAME), before=found.entries[0].id)

    assert {entry.action for entry in found.entries} == {"user.extra_time", "user.change_email"}
    assert len(later.entries) < len(audit.list_page(session, AuditQuery(person=NAME)).entries)
    lines = directory.list_page(session, directory.AccountQuery(text="zdenka", order=AccountOrder.SEEN), 1).items
    assert [(line.user.id, line.cohorts) for line in lines] == [
        (known.person.user.id, ["Her own cohort", "Year 2"]),
    ]


def test_health_is_looked_at_on_postgresql(make_there: Factory, clock: Clock) -> None:
    settings = make_there.app.config["PALPATE"]
    around = server_health.Environment(head="0004", is_store_well=True, is_course_current=True)

    checks = {check.topic: check for check in server_health.check_health(make_there.session, settings, around, clock())}

    facts = checks[server_health.HealthTopic.DATABASE].facts
    assert str(facts["database"]).startswith("PostgreSQL ")
    assert isinstance(facts["size"], int)
    assert facts["size"] > 1_000_000
