"""Superseded and withdrawn sources: what rests on them for trainers, and how readers learn of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.content import Source, SourceStatus, Use
from app.models import LessonRow, ModuleRow, QuestionRow, SourceRow
from app.services.course import catalogue
from app.services.course.publisher import write_course
from app.services.reporting import source_use
from app.services.reporting.source_use import SourceUse
from tests.support.factory import Factory, Person
from tests.support.published_course import load_small_course

OLD, NEW = "TS-1999", "LUCAS-2009"


def _supersede(session: Session, *, by: str | None = NEW, status: SourceStatus = SourceStatus.SUPERSEDED) -> None:
    row = session.scalars(select(SourceRow).where(SourceRow.slug == OLD)).one()
    row.body = row.body | {"status": status, "status_note": "A new edition appeared.", "replaced_by": by}
    session.commit()
    catalogue.clear_cache(session)


def _get(session: Session, viewer: Person, source_id: str = OLD) -> SourceUse:
    return source_use.get_source(session, viewer.viewer, source_id) or pytest.fail(f"no source {source_id}")


def test_nothing_is_to_be_read_again_while_all_sources_are_current(trainer: Person, session: Session) -> None:
    assert source_use.list_outdated(session, trainer.viewer) == []
    assert "All sources are current" in trainer.client.get("/teach/sources").text
    use = _get(session, trainer)
    assert (use.open, bool(use.questions), bool(use.lessons)) == (0, True, True)
    assert "Read again" not in trainer.client.get(f"/teach/sources/{OLD.lower()}").text


def test_what_cites_the_replacement_as_well_is_done(trainer: Person, session: Session) -> None:
    _supersede(session)

    (use,) = source_use.list_outdated(session, trainer.viewer)
    both = {one.version_id for one in _get(session, trainer, NEW).questions}
    assert {one.is_open for one in use.questions if one.version_id in both} == {False}
    assert {one.is_open for one in use.questions if one.version_id not in both} == {True}
    open_lessons = sum(one.is_open for one in use.lessons)
    assert use.open == open_lessons + sum(one.is_open for one in use.questions) > 0
    page = trainer.client.get(f"/teach/sources/{OLD.lower()}").text
    assert "A new edition appeared." in page
    assert page.count("Read again") == use.open
    assert f"/teach/sources/{NEW.lower()}" in page


def test_without_a_replacement_everything_is_to_be_read_again(trainer: Person, session: Session) -> None:
    _supersede(session, by=None, status=SourceStatus.WITHDRAWN)

    use = _get(session, trainer)

    assert use.open == len(use.lessons) + len(use.questions)
    assert "Withdrawn" in trainer.client.get(f"/teach/sources/{OLD}").text


@pytest.mark.parametrize("source_id", ["x", "ts-19999", "%00", "ts-1999%20", "x" * 500])
def test_an_unknown_source_is_404(trainer: Person, source_id: str) -> None:
    assert trainer.client.get(f"/teach/sources/{source_id}").status_code == 404


def test_questions_whose_keys_are_held_back_are_only_counted(make: Factory, session: Session) -> None:
    """Fails when a trainer who learns with a colleague reads which source the answer of the exam is from."""
    student, teacher = make.trainer(), make.trainer()
    everything = _get(session, student)
    make.assignment(teacher, make.cohort(teacher, student))

    use = _get(session, student)

    held_back = [one for one in everything.questions if one.module_title == make.module().title and one.use is Use.TEST]
    assert use.hidden == len(held_back) > 0
    assert not {one.version_id for one in use.questions} & {one.version_id for one in held_back}
    assert {one.use for one in use.questions if one.module_title == make.module().title} <= {Use.PRACTICE}


def test_exam_questions_are_for_those_who_examine(make: Factory, session: Session) -> None:
    trainer, admin = make.trainer(), make.admin()
    module = make.module()
    session.execute(
        update(QuestionRow).where(QuestionRow.module_id == module.id, QuestionRow.use == Use.TEST).values(use=Use.EXAM)
    )
    session.commit()

    assert {one.use for one in _get(session, trainer).questions} == {Use.PRACTICE, Use.TEST}
    assert _get(session, trainer).hidden > 0
    assert Use.EXAM in {one.use for one in _get(session, admin).questions}
    assert _get(session, admin).hidden == 0


def test_tests_that_may_ask_them_are_those_of_the_viewer_s_own_open_cohorts(make: Factory, session: Session) -> None:
    trainer, other = make.trainer(), make.trainer()
    mine = make.assignment(trainer, make.cohort(trainer), title="Mine")
    make.assignment(other, make.cohort(other), title="Theirs")
    archived = make.cohort(trainer)
    make.assignment(trainer, archived, title="Archived")
    archived.archived_at = make.now()
    withdrawn = make.assignment(trainer, make.cohort(trainer), title="Withdrawn")
    withdrawn.withdrawn_at = make.now()
    session.commit()

    def titles(viewer: Person) -> set[str]:
        return {
            one.title for one in source_use.list_assignments(session, viewer.viewer, _get(session, viewer), make.now())
        }

    assert (titles(trainer), titles(make.admin())) == ({"Mine"}, {"Mine", "Theirs"})
    assert mine.title in trainer.client.get(f"/teach/sources/{OLD}").text


def test_readers_see_it_wherever_the_source_is_cited(client: FlaskClient, session: Session) -> None:
    module, lesson = session.execute(
        select(ModuleRow.slug, LessonRow.slug)
        .join(ModuleRow, ModuleRow.id == LessonRow.module_id)
        .where(LessonRow.body["sources"].as_string().contains(OLD))
    ).first() or pytest.fail("no lesson cites it")
    pages = ["/bibliography", f"/modules/{module}/lessons/{lesson}"]
    assert not any("(superseded)" in client.get(page).text for page in pages)

    _supersede(session)

    assert all("(superseded)" in client.get(page).text for page in pages)
    assert "A new edition appeared." in client.get("/bibliography").text


def test_what_replaces_a_source_is_in_the_bibliography_though_nothing_cites_it(
    client: FlaskClient, session: Session
) -> None:
    body = asdict(
        Source(id="NEW-2026", label="The new edition", title="T", kind="Textbook", says="S", strength=1, level="L")
    )
    session.add(SourceRow(slug="NEW-2026", body=body))
    _supersede(session, by="NEW-2026")

    assert client.get("/bibliography").text.count("The new edition") >= 2


def test_sources_stored_before_they_had_a_status_do_not_count_as_changed(session: Session, make: Factory) -> None:
    """Fails when the first start of this version reports hundreds of changed sources."""
    for row in session.scalars(select(SourceRow)):
        row.body = {name: value for name, value in row.body.items() if "status" not in name and name != "replaced_by"}
    session.flush()

    changes = write_course(session, load_small_course(), make.now())

    assert not [kind for kind in changes.by_kind if kind.startswith("source")]


def test_the_pages_take_as_many_statements_however_many_sources_are_old(
    trainer: Person, session: Session, statements: Callable[[], list[str]]
) -> None:
    trainer.client.get(f"/teach/sources/{OLD}")  # texts of questions are cached from here on
    counts = []
    for slugs in ([OLD], [OLD, NEW]):
        for row in session.scalars(select(SourceRow).where(SourceRow.slug.in_(slugs))):
            row.body = row.body | {"status": "withdrawn", "status_note": "Why."}
        session.commit()
        statements()
        trainer.client.get("/teach/sources")
        counts.append(len(statements()))
    assert counts[0] == counts[1] <= 8
