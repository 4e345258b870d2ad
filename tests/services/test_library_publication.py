"""Publishing libraries: their rows beside the course's, ending a publication, and publishing again."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import LessonRow, ModuleRow, ObjectiveRow, Publication, QuestionRow, QuestionVersion, SourceRow
from app.services.course import catalogue, publishing
from app.services.course.publishing import StalePreviewError
from app.services.libraries import documents, publication
from app.services.libraries.publication import DocumentsChangedError, NotPublishableError
from tests.conftest import Clock
from tests.support.factory import Factory
from tests.support.published_course import load_small_course
from tests.support.published_library import QUESTIONS, get_module, publish, replace_text, unpublish


def test_a_published_library_is_beside_the_course(make: Factory, session: Session, clock: Clock) -> None:
    trainer = make.trainer()
    library = make.library(trainer, "Our bank")
    course = {row.slug: row.retired_at for row in session.scalars(select(ModuleRow))}
    live = catalogue.get_publication(session)

    state = publish(session, trainer.user, library, clock.now)

    assert state.is_published
    assert state.is_current
    module = get_module(session, library)
    assert module.library_id == library.id
    assert module.blueprint == [{"objective": "our-bank.first-objective", "questions": 2, "level": None}]
    read = session.scalars(select(ObjectiveRow.read).where(ObjectiveRow.module_id == module.id)).one()
    assert read == "our-bank.first-lesson#uses"
    lesson = session.scalars(select(LessonRow).where(LessonRow.module_id == module.id)).one()
    assert {"check": "our-bank.first-practice-1"} in lesson.body["parts"]
    assert lesson.body["sources"] == ["our-bank.EXAMPLE"]
    after = {
        row.slug: row.retired_at for row in session.scalars(select(ModuleRow).where(ModuleRow.library_id.is_(None)))
    }
    assert after == course
    assert catalogue.get_publication(session) == live


def test_two_libraries_with_the_same_ids_are_published_side_by_side(
    make: Factory, session: Session, clock: Clock
) -> None:
    trainer, other = make.trainer(), make.trainer()
    one, two = make.library(trainer, "One"), make.library(other, "Two")
    publish(session, trainer.user, one, clock.now)
    publish(session, other.user, two, clock.now)
    replace_text(session, trainer.user, one, QUESTIONS, "After their answer", "At once", clock.now)

    publish(session, trainer.user, one, clock.advance(hours=1))
    unpublish(session, other.user, two, clock.advance(hours=1))

    assert get_module(session, one).retired_at is None
    assert get_module(session, two).retired_at == clock.now
    numbers = (
        select(QuestionRow.slug, func.max(QuestionVersion.number))
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .where(QuestionRow.slug.like("%.first-practice-1"))
        .group_by(QuestionRow.slug)
    )
    assert dict(session.execute(numbers).all()) == {"one.first-practice-1": 2, "two.first-practice-1": 1}


def test_publishing_the_course_leaves_libraries_alone(make: Factory, session: Session, clock: Clock) -> None:
    trainer = make.trainer()
    library = make.library(trainer)
    publish(session, trainer.user, library, clock.now)

    changes = publishing.preview(session, load_small_course(), clock.now).changes
    publishing.publish(session, None, publishing.prepare(session, load_small_course(), "f", clock.now), clock.now)

    assert changes.by_kind == {}
    assert get_module(session, library).retired_at is None


def test_publishing_again_revives_the_same_rows(make: Factory, session: Session, clock: Clock) -> None:
    trainer = make.trainer()
    library = make.library(trainer)
    publish(session, trainer.user, library, clock.now)
    before = get_module(session, library).id
    unpublish(session, trainer.user, library, clock.advance(days=1))
    state = publication.get_state(session, library, documents.list_current(session, library))
    assert not state.is_published
    assert session.scalars(select(QuestionRow.retired_at).where(QuestionRow.module_id == before).distinct()).one()

    publish(session, trainer.user, library, clock.advance(days=1))

    assert get_module(session, library).id == before
    assert get_module(session, library).retired_at is None
    versions = select(func.count()).where(
        QuestionVersion.question_id == QuestionRow.id, QuestionRow.module_id == before
    )
    assert session.scalar(versions) == 4
    assert session.scalar(select(func.count()).where(SourceRow.library_id == library.id)) == 1


def test_what_was_changed_since_the_preview_is_not_published(make: Factory, session: Session, clock: Clock) -> None:
    trainer = make.trainer()
    library = make.library(trainer)
    files = publication.check(session, library).files
    replace_text(session, trainer.user, library, QUESTIONS, "After their answer", "At once", clock.now)

    with pytest.raises(DocumentsChangedError):
        publication.prepare(session, library, clock.now, files=files)


def test_of_two_publications_from_one_preview_the_second_is_refused(
    make: Factory, session: Session, clock: Clock
) -> None:
    trainer = make.trainer()
    library = make.library(trainer)
    files = publication.check(session, library).files
    first = publication.prepare(session, library, clock.now, files=files)
    second = publication.prepare(session, library, clock.now, files=files)
    publishing.publish(session, trainer.user, first, clock.now, seen=0)

    with pytest.raises(StalePreviewError):
        publishing.publish(session, trainer.user, second, clock.now, seen=0)

    assert session.scalar(select(func.count()).where(Publication.library_id == library.id)) == 1


@pytest.mark.parametrize(
    ("path", "text", "word"),
    [
        ("course.yaml", "title: Ours\nmodules: [nowhere]\n", "nowhere"),
        ("course.yaml", "title: Ours\nmodules: [first-module]\nred_flags: first-lesson\n", "red flags"),
    ],
)
def test_what_has_faults_or_belongs_to_the_course_is_refused(
    make: Factory, session: Session, clock: Clock, path: str, text: str, word: str
) -> None:
    trainer = make.trainer()
    library = make.library(trainer)
    documents.save(session, trainer.user, library, path, text.encode(), clock.now, seen=1)

    checked = publication.check(session, library)

    assert any(word in fault.message for fault in checked.faults)
    with pytest.raises(NotPublishableError):
        publication.prepare(session, library, clock.now, files=checked.files)
