"""Publishing from the browser: what is live, what would change, and one press that does exactly that."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.content import loader
from app.content.cues import limits
from app.content.cues.limits import CueLimit
from app.content.loader import load_course
from app.domain.content import Leaflet, LeafletLayout
from app.models import AuditEvent, LessonRow, Publication, QuestionRow, SourceRow
from app.services.course import about, differences, publishing
from app.services.course.changes import PublicationChanges
from app.web.publication_words import CHANGE_LABELS
from tests.conftest import NOW
from tests.support.attempt_client import start
from tests.support.course_folder import FILES, Folder
from tests.support.factory import Factory, Person


@pytest.fixture
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A small course as the server's files, in place of the one that is published."""
    made = Folder(tmp_path / "course")
    for name, text in FILES.items():
        made.write(name, text)
    monkeypatch.setitem(app.config, "PALPATE", replace(app.config["PALPATE"], content=(made.path,)))
    return made


@pytest.fixture
def admin(make: Factory) -> Person:
    return make.admin(name="Ada Min")


@pytest.fixture
def guessable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make whatever a rule finds too much."""
    monkeypatch.setattr(limits, "MIN_QUESTIONS", 1)
    monkeypatch.setattr(limits, "LIMITS", {"cautious": CueLimit(-1.0)})


def offered(admin: Person) -> dict[str, str]:
    """The form of the preview."""
    page = admin.client.get("/admin/content/check").text
    found = dict(re.findall(r'name="(files|seen)" value="([^"]*)"', page))
    assert found.keys() == {"files", "seen"}
    return found


def live(session: Session) -> list[str]:
    rows = select(LessonRow.slug).where(LessonRow.retired_at.is_(None)).order_by(LessonRow.slug)
    return list(session.scalars(rows.execution_options(populate_existing=True)))


def test_sources_are_counted_as_in_the_bibliography(session: Session) -> None:
    """Catches: 300 sources on one page and 299 on another, because one of them is cited nowhere."""
    before = publishing.get_live(session).sources
    cited = session.scalars(select(SourceRow).order_by(SourceRow.id)).first()
    assert cited is not None
    session.add(SourceRow(slug="NOWHERE", body={**cited.body, "id": "NOWHERE"}))
    session.flush()  # the count reads the table

    assert publishing.get_live(session).sources == before == len(about.get_bibliography(session).sources)


def test_what_is_live_is_shown(admin: Person, session: Session) -> None:
    page = admin.client.get("/admin/content").text

    digest = session.scalars(select(Publication.digest).order_by(Publication.id.desc())).first()
    assert digest is not None
    assert digest[:12] in page
    assert str(session.scalar(select(func.count(QuestionRow.id)).where(QuestionRow.use == "test"))) in page
    assert "Changed" in page


def test_the_preview_names_what_would_change_and_changes_nothing(
    admin: Person, folder: Folder, session: Session, make: Factory, statements: Callable[[], list[str]]
) -> None:
    trainer = make.trainer()
    make.assignment(trainer, make.cohort(trainer, title="Year 7"))
    start(make.person().client, session)
    before = live(session)
    statements()

    page = admin.client.get("/admin/content/check").text

    assert not [one for one in statements() if not one.startswith("SELECT")]
    assert "first-lesson" in page
    assert "Lessons retired" in page
    assert "1 attempt in progress has a question that would change" in page
    assert "Year 7" in page
    assert live(session) == before


def test_the_preview_shows_titles_and_the_words_that_differ(admin: Person, folder: Folder) -> None:
    """Fails when an administrator has to open the files to learn what would change."""
    admin.client.post("/admin/content/publish", data=offered(admin))
    folder.replace("1-basics/lessons/01-first.md", "Run a fingertip", "Pull one thumb")
    folder.replace("1-basics/questions/band.yaml", "A red swelling", "A red & hot swelling")
    folder.replace("1-basics/module.yaml", "pass_mark: 80", "pass_mark: 70")

    page = admin.client.get("/admin/content/check").text

    assert "What the finger feels" in page
    assert "<del>Run a fingertip </del>" in page
    assert "<ins>Pull one thumb </ins>" in page
    assert "A swimmer has a sore shoulder. What points to a trigger point?" in page
    assert "A red <ins>&amp; hot </ins>swelling" in page
    assert "<del>80</del><ins>70</ins>" in page


@pytest.mark.parametrize("kind", CHANGE_LABELS)
def test_every_kind_of_change_is_described(kind: str, session: Session) -> None:
    changes = PublicationChanges({kind: ["no-such-thing"]})

    [group] = differences.describe_changes(session, session, changes)

    assert [item.title for item in group.items] == ["no-such-thing"]


def test_the_preview_says_what_publishing_then_does(folder: Folder, session: Session) -> None:
    """Fails when the copy in memory, in which the preview publishes, lacks something that publishing compares with."""
    course = load_course((folder.path,)).course
    assert course is not None

    for _ in range(2):
        seen = publishing.preview(session, course, NOW).changes.by_kind
        prepared = publishing.prepare(session, course, "files", NOW)
        done = publishing.publish(session, None, prepared, NOW).changes.by_kind
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
    assert "because the files have changed" in page.text
    assert live(session) == before


def test_files_that_change_while_they_are_read_are_not_published(
    admin: Person, folder: Folder, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when the fingerprint is taken of other files than those that are published."""
    form, before = offered(admin), live(session)

    def slow(folders: tuple[Path, ...]) -> loader.LoadedCourse:
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
    assert "because somebody else has published" in page.text
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


def test_the_preview_names_the_assignments_that_nobody_can_start_afterwards(
    admin: Person, folder: Folder, make: Factory
) -> None:
    """Fails when a module leaves the course and no one is told whose test goes with it."""
    trainer = make.trainer()
    assignment = make.assignment(trainer, make.cohort(trainer, title="Evening class"), title="Weekly test")

    page = admin.client.get("/admin/content/check").text
    admin.client.post("/admin/content/publish", data=offered(admin))
    taught = trainer.client.get(f"/teach/assignments/{assignment.id}").text

    assert "Nobody can start these assignments any more" in page
    assert "Weekly test (Evening class)" in page
    assert "Module no longer in the course" in taught


@pytest.mark.usefixtures("folder", "guessable")
def test_a_course_that_can_be_guessed_is_not_offered_for_publication(admin: Person) -> None:
    page = admin.client.get("/admin/content/check").text

    assert "“cautious” finds" in page
    assert 'action="/admin/content/publish"' not in page


@pytest.mark.usefixtures("folder", "guessable")
@pytest.mark.parametrize("command", ["check", "publish"])
def test_the_commands_refuse_a_course_that_can_be_guessed(app: Flask, command: str) -> None:
    outcome = app.test_cli_runner().invoke(args=["content", command])

    assert outcome.exit_code == 1
    assert "“cautious” finds" in outcome.output


LEAFLET = Leaflet("after", "Afterwards", "What is normal.", "first-lesson", "<p>Rest.</p>", ("travell",))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Later"),
        ("summary", "What to expect."),
        ("lesson", "another-lesson"),
        ("html", "<p>Walk.</p>"),
        ("sources", ("travell", "simons")),
        ("layout", LeafletLayout.CARD),
    ],
)
def test_every_difference_of_a_leaflet_is_shown(folder: Folder, session: Session, field: str, value: Any) -> None:
    """Fails when the preview says that a leaflet changes, but not what."""
    course = load_course((folder.path,)).course
    assert course is not None
    [module] = course.modules
    [lesson] = module.lessons
    lessons = (lesson, replace(lesson, id="another-lesson"))
    course = replace(course, modules=(replace(module, lessons=lessons),))
    prepared = publishing.prepare(session, replace(course, leaflets=(LEAFLET,)), "files", NOW)
    publishing.publish(session, None, prepared, NOW)
    changed = replace(course, leaflets=(replace(LEAFLET, **{field: value}),))

    groups = publishing.preview(session, changed, NOW).groups

    [item] = next(group.items for group in groups if group.kind == "leaflet changed")
    assert [one.name for one in item.fields] == ["text" if field == "html" else field]


def test_no_field_of_a_leaflet_is_forgotten() -> None:
    tried = {"title", "summary", "lesson", "html", "sources", "layout"}

    assert {one.name for one in fields(Leaflet)} == {"id", *tried}
