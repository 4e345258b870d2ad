"""The commands ``chores list`` and ``chores run``."""

from __future__ import annotations

from collections.abc import Sequence

import click
from flask import current_app
from flask.cli import AppGroup

from app.chores.registry import CHORES, get_chore
from app.chores.runner import ChoreOutcome, Runner, name_holder, run
from app.cli.context import fail
from app.db import db
from app.services.upkeep import leases

chores = AppGroup("chores", help="Regular work, which the server does by itself unless PALPATE_CHORES=0.")


@chores.command("list")
def list_chores() -> None:
    """List the chores with their latest runs."""
    runs = leases.list_runs(db.session)
    db.session.rollback()
    for chore in CHORES:
        last = runs.get(chore.name)
        if not chore.is_on(current_app.config["PALPATE"]):
            result = "off"
        elif last is None or last.started_at is None:
            result = "never run"
        elif last.holder is not None:
            result = f"running since {last.started_at:%Y-%m-%d %H:%M} UTC"
        elif leases.is_interrupted(last):
            result = f"{last.started_at:%Y-%m-%d %H:%M} UTC, interrupted after {last.done} done"
        else:
            result = f"{last.started_at:%Y-%m-%d %H:%M} UTC, {last.seconds:.1f} s, {last.error or f'{last.done} done'}"
        click.echo(f"{chore.name:18} {chore.title}; every {chore.every}: {result}")


@chores.command("run")
@click.argument("names", nargs=-1)
def run_chores(names: Sequence[str]) -> None:
    """Run the chores called NAMES now, or all that are due. Run this every minute if PALPATE_CHORES=0."""
    unknown = [name for name in names if name not in {chore.name for chore in CHORES}]
    if unknown:
        fail(f"{', '.join(unknown)}: no such chore. There are {', '.join(chore.name for chore in CHORES)}.")
    if not names:
        Runner(current_app._get_current_object()).run_due()  # type: ignore[attr-defined]
        return
    outcomes = {name: run_now(name) for name in names}
    for name, outcome in outcomes.items():
        if outcome is None:
            click.echo(f"{name}: another process is running it.")
        else:
            click.echo(f"{name}: {outcome.error or f'{outcome.done} done'}")
    if any(outcome is not None and outcome.error for outcome in outcomes.values()):
        raise SystemExit(2)


def run_now(name: str) -> ChoreOutcome | None:
    """Run a chore once. Return None if another process is running it."""
    return run(db.session, get_chore(name), name_holder())
