"""Publishing through a copy in memory writes what publishing in the database would write, in a few statements."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.domain.content import Course, Question
from app.models import Publication, QuestionVersion
from app.services.course import publishing, staging
from app.services.course.publisher import write_course
from app.services.course.publishing import StalePreviewError
from tests.conftest import NOW
from tests.support.published_course import load_small_course

LATER = NOW + timedelta(days=1)


def _change_questions(course: Course, change: Callable[[Question], Question | None]) -> Course:
    modules = [
        replace(module, questions=tuple(new for one in module.questions if (new := change(one)) is not None))
        for module in course.modules
    ]
    return replace(course, modules=tuple(modules))


def _reword(question: Question) -> Question:
    return replace(question, stem=f"{question.stem} (Reworded.)")


def _reword_first(course: Course) -> Course:
    first = course.modules[0].questions[0].id
    return _change_questions(course, lambda one: _reword(one) if one.id == first else one)


def _copy_first(course: Course) -> Course:
    """Add a module with a lesson, an objective and a question of its own, so that new rows refer to new rows."""
    module = course.modules[0]
    objective = replace(module.objectives[0], id="new-objective", read=None)
    question = replace(module.questions[0], id="new-question", objective="new-objective")
    added = replace(
        module,
        id="new-module",
        objectives=(objective,),
        lessons=(replace(module.lessons[0], id="new-lesson"),),
        questions=(question,),
        blueprint=(),
    )
    return replace(course, modules=(*course.modules, added))


def _drop_last(course: Course) -> Course:
    gone = {module.questions[-1].id for module in course.modules}
    dropped = _change_questions(course, lambda one: None if one.id in gone else one)
    return replace(dropped, muscles=dropped.muscles[1:], sources=dropped.sources)


@pytest.fixture
def database(published: Path, tmp_path: Path) -> Iterator[Callable[[], Session]]:
    """Sessions, each on a published SQLite file of its own."""
    opened: list[Session] = []

    def open_copy() -> Session:
        path = tmp_path / f"{len(opened)}.sqlite3"
        shutil.copy(published, path)
        opened.append(Session(create_engine(f"sqlite:///{path}")))
        return opened[-1]

    yield open_copy
    for session in opened:
        session.close()
        session.get_bind().engine.dispose()


def _publish(session: Session, course: Course, at: Any) -> None:
    publishing.publish(session, None, publishing.prepare(session, course, "files", at), at)
    session.commit()


def _read_catalogue(session: Session) -> dict[str, list[dict[str, Any]]]:
    """All rows of the catalogue without the fingerprint of files, which a bare publisher does not know."""
    found = {}
    for model in staging.CATALOGUE:
        rows = session.execute(select(*model.__table__.columns).order_by(*model.__table__.primary_key)).mappings()
        found[model.__tablename__] = [{name: row[name] for name in row if name != "files"} for row in rows]
    return found


@pytest.mark.parametrize(
    "changes",
    [
        (_reword_first,),
        (_copy_first,),
        (_drop_last,),
        (_reword_first, _reword_first, lambda course: course),
        (lambda course: _change_questions(course, _reword), _drop_last, _copy_first),
    ],
)
def test_the_rows_are_those_that_publishing_in_the_database_writes(
    changes: tuple[Callable[[Course], Course], ...], database: Callable[[], Session]
) -> None:
    """Fails when a reference to a new row keeps the id that it has in the copy, or a value is left out."""
    direct, staged = database(), database()
    course = load_small_course()

    for number, change in enumerate(changes):
        course = change(course) if number else change(load_small_course())
        write_course(direct, course, LATER + timedelta(days=number))
        direct.commit()
        _publish(staged, course, LATER + timedelta(days=number))

    assert _read_catalogue(staged) == _read_catalogue(direct)


def test_ids_of_superseded_versions_are_not_used_again(database: Callable[[], Session]) -> None:
    """Fails when new rows get the ids of the copy, which does not have the old versions."""
    session = database()
    _publish(session, _change_questions(load_small_course(), _reword), LATER)
    everything = len(session.scalars(select(QuestionVersion)).all())

    _publish(session, load_small_course(), LATER + timedelta(days=1))

    versions = session.scalars(select(QuestionVersion)).all()
    assert len(versions) == everything + everything // 2
    assert len({one.question_id for one in versions if one.superseded_at is None}) == everything // 2


def test_writing_takes_a_few_statements(session: Session, statements: Callable[[], list[str]]) -> None:
    """Fails when publishing compares the course with the catalogue while it holds the write lock."""
    prepared = publishing.prepare(session, _reword_first(load_small_course()), "files", LATER)
    statements()

    publishing.publish(session, None, prepared, LATER)

    taken = statements()
    assert len(taken) <= 10, "\n".join(taken)
    assert not [one for one in taken if "FROM question" in one or "FROM lesson" in one or "attempt" in one]


def test_an_unchanged_course_writes_nothing(database: Callable[[], Session]) -> None:
    session = database()
    _publish(session, load_small_course(), LATER)

    rows = publishing.prepare(session, load_small_course(), "files", LATER).rows

    assert not [part for part in rows.tables if part.added or part.changed or part.removed]


def test_a_publication_since_the_preparation_is_not_overwritten(database: Callable[[], Session]) -> None:
    session = database()
    prepared = publishing.prepare(session, _reword_first(load_small_course()), "files", LATER)
    _publish(session, _drop_last(load_small_course()), LATER)
    before = len(session.scalars(select(Publication)).all())

    with pytest.raises(StalePreviewError):
        publishing.publish(session, None, prepared, LATER)

    session.rollback()
    assert len(session.scalars(select(Publication)).all()) == before
