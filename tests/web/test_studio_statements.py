"""The pages of the studio cost a fixed number of statements, however much a library holds and however long its history is."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.models import LibraryRole
from app.services.libraries import documents, people
from tests.conftest import Clock
from tests.support.factory import Factory

LESSON = "1-first-module/lessons/01-first-lesson.md"
SECOND = "1-first-module/lessons/02-second.md"
QUESTIONS = "1-first-module/questions/first-objective.yaml"
MOST = {
    "/studio": 4,
    "/studio/our-bank": 6,
    "/studio/our-bank/publication": 8,
    "/studio/our-bank/publication/preview": 22,
    f"/studio/our-bank/text?path={LESSON}": 5,
    f"/studio/our-bank/lesson?path={SECOND}": 5,
    "/studio/our-bank/lesson/new?folder=1-first-module": 5,
    "/studio/our-bank/figures?folder=1-first-module": 5,
    "/studio/our-bank/figures/new?folder=1-first-module": 5,
    "/studio/our-bank/sources": 5,
    "/studio/our-bank/source?n=1": 5,
    "/studio/our-bank/source/new": 5,
    "/studio/our-bank/module?path=1-first-module/module.yaml": 5,
    f"/studio/our-bank/questions?path={QUESTIONS}": 5,
    f"/studio/our-bank/question?path={QUESTIONS}&n=1": 5,
    f"/studio/our-bank/question/new?path={QUESTIONS}&kind=single": 6,
    f"/studio/our-bank/history?path={LESSON}": 7,
    "/studio/our-bank/people": 5,
    "/studio/our-bank/delete": 6,
    "/studio/our-bank/upload": 3,
    "/studio/our-bank/library.zip": 4,
    "/studio/our-bank/import": 4,
    "/studio/our-bank/export": 5,
    "/studio/our-bank/export/file?format=gift": 5,
}


def test_pages_take_a_fixed_number_of_statements(
    make: Factory, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Fails when a document, a version, a person or a library is a query."""
    trainer = make.trainer()
    readers = [(make.trainer(), LibraryRole.READER) for _ in range(10)]
    library = make.library(trainer, "Our bank", *readers)
    for n in range(30):
        make.library(trainer, f"Bank {n}")
        people.invite(session, trainer.user, library, f"p{n}@example.org", LibraryRole.READER, clock.now)
        documents.save(session, trainer.user, library, LESSON, f"text {n}".encode(), clock.now, seen=n + 1)
        documents.save(session, trainer.user, library, f"1-first-module/notes-{n}.md", b"x", clock.now, seen=0)
    documents.save(session, trainer.user, library, SECOND, b"---\nid: second\n---\nText", clock.now, seen=0)
    session.commit()

    found = {page: _count(trainer.client.get, page, statements) for page in MOST}

    assert {page: number for page, number in found.items() if number > MOST[page]} == {}


def _count(get: Callable[..., object], page: str, statements: Callable[[], list[str]]) -> int:
    get(page)
    statements()
    reply = get(page)
    assert getattr(reply, "status_code", None) == 200
    return len(statements())


def test_an_upload_takes_a_fixed_number_of_statements(
    make: Factory, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Fails when a document is a statement: an upload of 2,000 documents held the write lock for seconds."""
    trainer = make.trainer()
    library = make.library(trainer)
    numbers = set()
    for text in (b"first", b"second"):
        for count in (20, 200):
            bodies = {f"{count}/note-{n}.md": text for n in range(count)}
            statements()
            documents.upload(session, trainer.user, library, bodies, clock.now, removes_others=False)
            session.flush()
            numbers.add(len(statements()))

    assert max(numbers) <= 7, numbers
