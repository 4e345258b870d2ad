"""Running chores: in steps, once among all processes, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.chores import registry, report, runner
from app.chores.registry import CHORES, Chore
from app.chores.runner import Runner
from app.db import db
from app.models import ChoreRun, Learner, SignIn
from app.services.people import sign_ins
from app.services.upkeep import leases, outbox
from app.services.upkeep.leases import LEASE, Lease
from app.services.upkeep.outbox import OutgoingMail
from tests.conftest import Clock
from tests.support.attempt_client import start
from tests.support.factory import Factory

MINUTE = timedelta(minutes=1)


def _make(steps: Callable[[Session], Iterator[int]]) -> Chore:
    return replace(CHORES[0], name="tried", steps=steps)


def _add_guest(session: Session, clock: Clock) -> None:
    session.add(Learner(is_guest=True, created_at=clock()))
    session.flush()


def _count_guests(session: Session) -> int:
    return len(session.scalars(select(Learner.id).where(Learner.is_guest)).all())


def _get_run(session: Session, name: str = "tried") -> ChoreRun:
    return session.scalars(
        select(ChoreRun).where(ChoreRun.name == name).execution_options(populate_existing=True)
    ).one()


def test_each_step_is_committed_and_counted(app: Flask, session: Session, clock: Clock) -> None:
    def steps(session: Session) -> Iterator[int]:
        for _ in range(3):
            _add_guest(session, clock)
            yield 1

    with app.app_context():
        outcome = runner.run(db.session, _make(steps), "mine")

    run = _get_run(session)
    assert (outcome, _count_guests(session)) == (runner.ChoreOutcome(3), 3)
    assert (run.done, run.error, run.holder, run.finished_at) == (3, "", None, clock())


def test_a_failure_is_recorded_and_undoes_its_step_only(
    app: Flask, session: Session, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    def steps(session: Session) -> Iterator[int]:
        _add_guest(session, clock)
        yield 1
        _add_guest(session, clock)
        raise ValueError("ada@example.org")

    with app.app_context():
        runner.run(db.session, _make(steps), "mine")

    run = _get_run(session)
    assert (_count_guests(session), run.done, run.error, run.holder) == (1, 1, "ValueError", None)
    assert "ada@example.org" not in caplog.text


def test_what_a_process_does_after_it_lost_its_lease_is_undone(app: Flask, session: Session, clock: Clock) -> None:
    """Fails when only the start of a chore is protected: two processes would do the rest together."""

    def steps(session: Session) -> Iterator[int]:
        _add_guest(session, clock)
        yield 1
        clock.now += LEASE
        assert leases.claim(session, Lease("tried", "other"), clock())
        session.commit()
        _add_guest(session, clock)
        yield 1

    with app.app_context():
        outcome = runner.run(db.session, _make(steps), "mine")

    assert (outcome, _count_guests(session), _get_run(session).holder) == (None, 1, "other")


def test_a_process_that_stops_ends_after_the_step(app: Flask, session: Session, clock: Clock) -> None:
    def steps(session: Session) -> Iterator[int]:
        while True:
            _add_guest(session, clock)
            yield 1

    with app.app_context():
        outcome = runner.run(db.session, _make(steps), "mine", is_stopping=lambda: True)

    assert (outcome, _count_guests(session)) == (runner.ChoreOutcome(1, is_interrupted=True), 1)
    assert (_get_run(session).holder, _get_run(session).finished_at) == (None, None)


def test_a_chore_that_was_interrupted_is_continued_at_once(
    app: Flask, make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when a daily chore that a restart cut short counts as done until tomorrow."""
    is_left = True

    def steps(session: Session) -> Iterator[int]:
        while is_left:
            yield 1

    chore = replace(_make(steps), name="remove-guests", every=timedelta(days=1))
    monkeypatch.setattr(registry, "CHORES", (chore,))
    one = Runner(app)
    stopped = one.run_due(is_stopping=iter([False, False, True]).__next__)
    listed = app.test_cli_runner().invoke(args=["chores", "list"]).output
    page = make.admin().client.get("/admin/health").text
    is_left = False
    one.run_due()

    assert stopped
    assert "UTC, interrupted after 2 done" in listed
    assert "Interrupted" in page
    assert _get_run(session, "remove-guests").done == 0
    assert _get_run(session, "remove-guests").finished_at is not None


def test_a_chore_of_one_step_is_done_even_if_the_server_stops_in_it(app: Flask, session: Session) -> None:
    """Fails when a server that stops during its backup makes another one as soon as it starts."""

    def steps(session: Session) -> Iterator[int]:
        yield 1

    with app.app_context():
        chore = replace(_make(steps), is_one_step=True)
        outcome = runner.run(db.session, chore, "mine", is_stopping=lambda: True)

    assert outcome == runner.ChoreOutcome(1)
    assert _get_run(session).finished_at is not None
    assert [chore.name for chore in registry.CHORES if chore.is_one_step] == ["make-backup", "update-statistics"]


def test_a_woken_chore_that_was_interrupted_is_not_done(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(session: Session) -> Iterator[int]:
        yield 1

    monkeypatch.setattr(registry, "CHORES", (replace(_make(steps), is_woken=True),))
    one = Runner(app)

    assert not one.run_due(is_woken=True, is_stopping=lambda: True)
    assert not one.run_due(is_woken=True, is_stopping=iter([False, True]).__next__)
    assert one.run_due(is_woken=True)


def test_all_chores_run_once_in_their_interval_by_any_process(app: Flask, session: Session, clock: Clock) -> None:
    one, other = Runner(app), Runner(app)
    one.run_due()
    started = {run.name: run.started_at for run in session.scalars(select(ChoreRun))}
    clock.now += MINUTE / 2
    other.run_due()
    clock.now += MINUTE / 2
    later = clock()
    other.run_due()

    session.expire_all()
    runs = session.scalars(select(ChoreRun)).all()
    assert set(started) == {chore.name for chore in CHORES} - {"make-backup"}
    assert {run.name for run in runs if run.started_at == later} == {
        "close-attempts",
        "finish-corrections",
        "update-cards",
        "send-mails",
    }
    assert [run.error for run in runs if run.error] == []


def test_nothing_is_written_while_nothing_is_due(
    app: Flask, session: Session, statements: Callable[[], list[str]]
) -> None:
    """Each worker looks every ten seconds. Fails when that takes SQLite's write lock."""
    found = Runner(app)
    found.run_due()
    statements()

    found.run_due()

    assert [statement.split(None, 1)[0] for statement in statements()] == ["SELECT"]


def test_a_woken_chore_that_another_process_runs_is_tried_again(app: Flask, session: Session, clock: Clock) -> None:
    """Fails when a mail waits for a minute because the sender had looked a moment before it was stored."""
    one = Runner(app)
    one.run_due()
    assert leases.claim(session, Lease("send-mails", "other"), clock())
    session.commit()
    is_done_meanwhile = one.run_due(is_woken=True)
    leases.finish(session, Lease("send-mails", "other"), clock(), seconds=1, done=1)
    session.commit()

    assert (is_done_meanwhile, one.run_due(is_woken=True)) == (False, True)


def test_expired_attempts_are_closed(app: Flask, make: Factory, session: Session, clock: Clock) -> None:
    start(make.person().client, session)
    clock.advance(hours=5)

    Runner(app).run_due()

    assert _get_run(session, "close-attempts").done == 1


def test_old_sign_ins_are_removed(make: Factory, session: Session, clock: Clock) -> None:
    """Those that still open a page stay. Fails when a row goes by age alone: guests would lose their work."""
    person, guest = make.person(), Learner(is_guest=True, created_at=clock())
    session.add(guest)
    session.flush()
    days = {"used": (3, None), "ended": (40, 31), "just ended": (40, 29), "ancient": (366, None)}
    for token, (started, ended) in days.items():
        session.add(
            SignIn(
                token_hash=token,
                learner_id=person.learner.id,
                user_id=person.user.id,
                started_at=clock() - timedelta(days=started),
                seen_at=clock() - timedelta(days=started),
                ended_at=clock() - timedelta(days=ended) if ended else None,
            )
        )
    long_ago = clock() - timedelta(days=366)
    session.add(SignIn(token_hash="guest", learner_id=guest.id, started_at=long_ago, seen_at=long_ago))
    session.commit()

    while sign_ins.remove_old(session, clock()):
        session.commit()

    left = set(session.scalars(select(SignIn.token_hash)))
    assert left & {*days, "guest"} == {"used", "just ended", "guest"}


def test_the_statistics_are_updated(app: Flask, session: Session) -> None:
    with app.app_context():
        assert list(registry.update_statistics(db.session)) == [1]


def test_a_backup_is_made_and_reported_if_it_is_wanted(
    app: Flask, make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when Health calls a backup fine that nobody makes, or when the first one waits for a day."""
    made: list[str] = []
    monkeypatch.setattr("app.services.storage.backups.make_backup", lambda settings, now: made.append(settings.backup))
    admin, command = make.admin(), app.test_cli_runner()
    Runner(app).run_due()
    page, listed = admin.client.get("/admin/health").text, command.invoke(args=["chores", "list"]).output
    assert ("Make a backup" in page, made) == (False, [])
    assert "make-backup        Make a backup; every 1 day, 0:00:00: off" in listed

    monkeypatch.setitem(app.config, "PALPATE", replace(app.config["PALPATE"], backup="daily"))
    Runner(app).run_due()

    assert ("Make a backup" in admin.client.get("/admin/health").text, made) == (True, ["daily"])


def test_the_report_names_late_and_failed_chores(app: Flask, session: Session, clock: Clock) -> None:
    Runner(app).run_due()
    session.get_one(ChoreRun, "remove-guests").error = "OperationalError"
    session.commit()
    clock.advance(minutes=13)

    reports = report.list_reports(session, app.config["PALPATE"], clock())

    assert [one.name for one in reports if one.is_late] == [
        "close-attempts",
        "finish-corrections",
        "update-cards",
        "send-mails",
    ]
    assert [one.name for one in reports if one.error] == ["remove-guests"]


def test_the_metrics_count_them(client: FlaskClient, app: Flask, session: Session, clock: Clock) -> None:
    Runner(app).run_due()
    outbox.add(session, OutgoingMail("ada@example.org", "Hello", "Text"), clock())
    session.get_one(ChoreRun, "remove-guests").error = "OperationalError"
    session.commit()

    figures = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[0] != "#")

    found = [float(figures[f"palpate_{name}"]) for name in ("outbox_waiting", "chores_late", "chores_failed")]
    assert found == [1, 0, 1]


# -- the commands --------------------------------------------------------------------------------------------------------------


def test_the_commands_list_and_run_them(app: Flask, session: Session) -> None:
    command = app.test_cli_runner()
    before = command.invoke(args=["chores", "list"]).output
    done = command.invoke(args=["chores", "run", "remove-guests"])
    after = command.invoke(args=["chores", "list"]).output

    assert before.count("never run") == len(CHORES) - 1
    assert (done.output, done.exit_code) == ("remove-guests: 0 done\n", 0)
    assert after.count("never run") == len(CHORES) - 2


def test_without_a_name_what_is_due_is_run(app: Flask, session: Session) -> None:
    assert app.test_cli_runner().invoke(args=["chores", "run"]).exit_code == 0
    assert len(session.scalars(select(ChoreRun)).all()) == len(CHORES) - 1


def test_an_unknown_name_is_refused(app: Flask) -> None:
    refused = app.test_cli_runner().invoke(args=["chores", "run", "backups"])

    assert refused.exit_code == 2
    assert "backups: no such chore. There are close-attempts, finish-corrections" in refused.output


def test_a_chore_that_another_process_runs_is_left_alone(app: Flask, session: Session, clock: Clock) -> None:
    leases.claim(session, Lease("remove-guests", "other"), clock())
    session.commit()

    result = app.test_cli_runner().invoke(args=["chores", "run", "remove-guests"])

    assert result.output == "remove-guests: another process is running it.\n"
