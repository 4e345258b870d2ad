"""Publishing from the browser: what is live, what would change, and one press that does exactly that."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content import loader
from app.content.loader import load_course
from app.models import AuditEvent, LessonRow, Publication, QuestionRow
from app.services.course import publishing
from tests.conftest import NOW
from tests.content.building import FILES, Folder
from tests.factory import Make, Person
from tests.playing import start


@pytest.fixture
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A small course as the server's files, in place of the one that is published."""
    made = Folder(tmp_path / "course")
    for name, text in FILES.items():
        made.write(name, text)
    monkeypatch.setitem(app.config, "PALPATE", replace(app.config["PALPATE"], content=(made.path,)))
    return made


@pytest.fixture
def admin(make: Make) -> Person:
    return make.admin(name="Ada Min")


def offered(admin: Person) -> dict[str, str]:
    """The form of the preview."""
    page = admin.client.get("/admin/content/check").text
    found = dict(re.findall(r'name="(files|seen)" value="([^"]*)"', page))
    assert found.keys() == {"files", "seen"}
    return found


def live(session: Session) -> list[str]:
    rows = select(LessonRow.slug).where(LessonRow.retired_at.is_(None)).order_by(LessonRow.slug)
    return list(session.scalars(rows.execution_options(populate_existing=True)))


def test_what_is_live_is_shown(admin: Person, session: Session) -> None:
    page = admin.client.get("/admin/content").text

    digest = session.scalars(select(Publication.digest).order_by(Publication.id.desc())).first()
    assert digest is not None
    assert digest[:12] in page
    assert str(session.scalar(select(func.count(QuestionRow.id)).where(QuestionRow.use == "test"))) in page
    assert "Changed" in page


def test_the_preview_names_what_would_change_and_changes_nothing(
    admin: Person, folder: Folder, session: Session, make: Make, statements: Callable[[], list[str]]
) -> None:
    trainer = make.trainer()
    make.assignment(trainer, make.cohort(trainer, title="Year 7"))
    start(make.person().client, session)
    before = live(session)
    statements()

    page = admin.client.get("/admin/content/check").text

    assert not [one for one in statements() if not one.startswith("SELECT")]
    assert "first-lesson" in page
    assert "Lesson retired" in page
    assert "1 attempt under way holds a question that changes" in page
    assert "Year 7" in page
    assert live(session) == before


def test_the_preview_says_what_publishing_then_does(folder: Folder, session: Session) -> None:
    """Fails when the copy in memory, in which the preview publishes, lacks something that publishing compares with."""
    course = load_course((folder.path,)).course
    assert course is not None

    for _ in range(2):
        seen = publishing.preview(session, course, NOW).changes.by_kind
        done = publishing.publish(session, None, course, "files", NOW).changes.by_kind
        session.commit()
        assert {kind: sorted(slugs) for kind, slugs in seen.items()} == {
            kind: sorted(slugs) for kind, slugs in done.items()
        }

    assert done == {}


def test_one_press_publishes_what_was_shown(admin: Person, folder: Folder, session: Session) -> None:
    form = offered(admin)

    reply = admin.client.post("/admin/content/publish", data=form)

    assert (reply.status_code, reply.location) == (303, "/admin/content")
    assert live(session) == ["first-lesson"]
    page = admin.client.get("/admin/content").text
    assert "As published" in page
    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.actor_id) == ("content.publish", admin.user.id)
    assert "Ada Min published the course." in admin.client.get("/admin/audit").text


def test_files_that_changed_since_are_not_published(admin: Person, folder: Folder, session: Session) -> None:
    form, before = offered(admin), live(session)
    folder.replace("course.yaml", "A small course", "Another course")

    page = admin.client.post("/admin/content/publish", data=form)

    assert page.status_code == 409
    assert "The files changed since you looked" in page.text
    assert live(session) == before


def test_files_that_change_while_they_are_read_are_not_published(
    admin: Person, folder: Folder, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when the fingerprint is taken of other files than those that are published."""
    form, before = offered(admin), live(session)

    def slow(folders: tuple[Path, ...]) -> loader.Loaded:
        loaded = load_course(folders)
        folder.replace("course.yaml", "A small course", "Another course")
        return loaded

    monkeypatch.setattr("app.admin.content.load_course", slow)
    reply = admin.client.post("/admin/content/publish", data=form)

    assert reply.location == "/admin/content/check"
    assert live(session) == before


def test_who_was_overtaken_sees_what_is_left(admin: Person, folder: Folder, session: Session) -> None:
    form = offered(admin)
    admin.client.post("/admin/content/publish", data=form)

    page = admin.client.post("/admin/content/publish", data=form)

    assert page.status_code == 409
    assert "Somebody published since you looked" in page.text
    assert "Nothing would change" in page.text
    assert session.scalar(select(func.count()).where(AuditEvent.action == "content.publish")) == 1


def test_faults_are_shown_with_file_and_line(admin: Person, folder: Folder, session: Session) -> None:
    before = live(session)
    folder.replace("course.yaml", "red_flags: first-lesson", "red_flags: <b>nowhere</b>")

    page = admin.client.get("/admin/content/check").text
    refused = admin.client.post(
        "/admin/content/publish", data={"files": re.findall(r"[0-9a-f]{64}", page)[:1], "seen": "1"}
    )

    assert "course/course.yaml:3" in page
    assert "&lt;b&gt;nowhere" in page
    assert "<b>nowhere" not in page
    assert refused.status_code == 409
    assert live(session) == before
