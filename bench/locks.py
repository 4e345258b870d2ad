"""How long publishing, corrections, erasure and the removal of guests hold the write lock among millions of marks.

Each is run as its command or page runs it, and each of its transactions is timed. CPU time counts, because elapsed time
depends on the other work of the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.orm import Session

from app import create_app
from app.clock import now
from app.content.loader import load_course
from app.db import db, read_only, run_in_steps
from app.domain.content import Course
from app.domain.correction import Remedy
from app.models import (
    AssignmentException,
    Attempt,
    Correction,
    Learner,
    Mark,
    Membership,
    ScopeResult,
    User,
)
from app.services.attempts import guests
from app.services.course import publishing
from app.services.marking import corrections, regrading
from app.services.marking.corrections import CorrectionDecision
from app.services.privacy import erasure
from app.settings import Settings
from bench.filled import fill_database
from bench.reports import Limit

LOCK_MS_MUST = 250
STEPS = 30
"""How many steps of long work are timed."""

GUESTS = 100
ERASED = 3


@dataclass
class Stopwatch:
    """The time between the first statement and the end of each transaction, in milliseconds."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    began: tuple[float, float] | None = None

    def begin(self, _connection: Any) -> None:
        self.began = time.process_time(), time.perf_counter()

    def end(self, _connection: Any) -> None:
        if self.began is not None:
            self.cpu.append(1000 * (time.process_time() - self.began[0]))
            self.wall.append(1000 * (time.perf_counter() - self.began[1]))
        self.began = None


@contextmanager
def time_transactions(engine: Engine) -> Iterator[Stopwatch]:
    """Time every transaction that begins and ends in this block."""
    watch = Stopwatch()
    listened = (("begin", watch.begin), ("commit", watch.end), ("rollback", watch.end))
    for name, listener in listened:
        event.listen(engine, name, listener)
    try:
        yield watch
    finally:
        for name, listener in listened:
            event.remove(engine, name, listener)


def run_locks(folder: Path, millions: int) -> list[Limit]:
    """Measure with a database of so many million marks in ``folder``, which is made if it is not there yet."""
    server = fill_database(folder, millions)
    app = create_app(server.settings)
    found = []
    with app.app_context():
        marks = db.session.scalar(select(func.count()).select_from(Mark))
        print(f"Write locks with {marks:,} marks, in milliseconds:")
        print(f"  {'':<34}{'transactions':>13}{'median CPU':>12}{'longest CPU':>13}{'elapsed':>9}")
        for name, act in _list_works(db.session, server.settings).items():
            db.session.commit()
            with time_transactions(db.engine) as watch:
                act(watch)
                db.session.commit()
            longest = max(watch.cpu)
            print(
                f"  {name:<34}{len(watch.cpu):>13}{sorted(watch.cpu)[len(watch.cpu) // 2]:>12.0f}"
                f"{longest:>13.0f}{max(watch.wall):>9.0f}",
                flush=True,
            )
            found.append(Limit(f"write lock of {name}, ms of CPU time", longest, LOCK_MS_MUST))
        db.session.close()
        db.engine.dispose()
    return found


def _list_works(session: Session, settings: Settings) -> dict[str, Callable[[Stopwatch], None]]:
    correction: list[int] = []
    return {
        "publishing one reworded question": lambda watch: _publish(session, settings, watch, all_questions=False),
        "publishing all questions reworded": lambda watch: _publish(session, settings, watch, all_questions=True),
        "making a correction": lambda watch: correction.append(_correct(session, watch)),
        "a step of a correction": lambda watch: _run_steps(
            lambda: regrading.run_step(session, correction[0], now()).finished_at is None
        ),
        "erasing a person": lambda watch: _erase(session, watch),
        "a step of removing guests": lambda watch: _remove_guests(session, watch),
    }


def _forget(watch: Stopwatch) -> None:
    """Do not count the transactions before this moment, which only read or prepare."""
    watch.cpu.clear()
    watch.wall.clear()


def _publish(session: Session, settings: Settings, watch: Stopwatch, *, all_questions: bool) -> None:
    course = load_course(settings.content).course
    assert course is not None
    with read_only(session):
        prepared = publishing.prepare(session, _reword(course, all_questions=all_questions), "bench", now())
    _forget(watch)
    publishing.publish(session, None, prepared, now())
    session.commit()


def _reword(course: Course, *, all_questions: bool) -> Course:
    """Add a space that no earlier run has added."""
    mark = " " * (1 + int(time.time()) % 1000)
    modules = []
    for number, module in enumerate(course.modules):
        questions = [
            replace(one, stem=one.stem + mark) if all_questions or (number, place) == (0, 0) else one
            for place, one in enumerate(module.questions)
        ]
        modules.append(replace(module, questions=tuple(questions)))
    return replace(course, modules=tuple(modules))


def _correct(session: Session, watch: Stopwatch) -> int:
    """Void the question with the most marks that has no correction yet; return the correction's id."""
    with read_only(session):
        most = (
            select(Mark.version_id)
            .where(Mark.version_id.not_in(select(Correction.version_id)))
            .group_by(Mark.version_id)
            .order_by(func.count().desc())
        )
        question = corrections.get_everywhere(session, session.scalars(most.limit(1)).one())
        assert question is not None
    _forget(watch)
    decision = CorrectionDecision(Remedy.VOID)
    made = corrections.apply(
        session, session.get_one(User, 1), question, decision, "Bench", now(), passes_to_lower=10**9
    )
    session.commit()
    return made.correction_id


def _run_steps(step: Callable[[], bool]) -> None:
    left = iter(range(STEPS))
    run_in_steps(lambda: step() and next(left, None) is not None)


def _erase(session: Session, watch: Stopwatch) -> None:
    with read_only(session):
        accounts = select(User).join(Learner, Learner.user_id == User.id).where(User.id > 1)
        people = session.scalars(accounts.order_by(User.id.desc()).limit(ERASED)).all()
    _forget(watch)
    for user in people:
        erasure.erase(session, None, user, now())
        session.commit()


def _remove_guests(session: Session, watch: Stopwatch) -> None:
    """Turn some learners into old guests, and remove them."""
    with read_only(session):
        last = session.scalars(select(Learner.id).where(Learner.user_id.is_not(None)).order_by(Learner.id.desc()))
        ids = last.all()[:GUESTS]
    old = now().replace(year=2020)
    for table in (Membership, ScopeResult, AssignmentException):
        session.execute(table.__table__.delete().where(table.learner_id.in_(ids)))  # type: ignore[attr-defined]
    values = {"is_guest": True, "user_id": None, "created_at": old}
    session.execute(update(Learner).where(Learner.id.in_(ids)).values(**values))
    session.execute(update(Attempt).where(Attempt.learner_id.in_(ids)).values(started_at=old))
    session.commit()
    _forget(watch)
    _run_steps(lambda: guests.remove_some_old_guests(session, now()).is_more)
