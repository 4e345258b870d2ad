"""What the published course consists of and rests on. Every number is counted from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.balance import ASSUMED
from app.domain.content import SeenPart, Source, Use
from app.domain.names import fold_name
from app.models import LessonRow, ModuleRow, MuscleRow, QuestionKey, QuestionRow, QuestionVersion, SourceRow
from app.services.course import catalogue
from app.services.course.memory import get_memory


@dataclass(frozen=True, slots=True)
class CitingLesson:
    module_slug: str
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Bibliography:
    """The sources that the published course cites, by label, and the lessons that cite them, by the source's id."""

    sources: Sequence[Source]
    citing: Mapping[str, Sequence[CitingLesson]]

    def count_seen(self, part: str | None) -> int:
        """Count the sources of which this part was read; None counts those of which nothing is recorded."""
        return sum(source.seen == part for source in self.sources)

    @property
    def unopened(self) -> list[Source]:
        return [source for source in self.sources if source.seen == SeenPart.NOTHING]

    @property
    def unlinked(self) -> list[Source]:
        return [source for source in self.sources if source.link is None]


@dataclass(frozen=True, slots=True)
class CourseFacts:
    """The published course in numbers. ``number`` counts its publications on this server.

    ``assumed`` is the number of questions that rest on general knowledge alone, ``disputed`` that of lessons that show a
    dispute.
    """

    number: int
    published_at: datetime
    modules: int
    lessons: int
    disputed: int
    leaflets: int
    practice_questions: int
    test_questions: int
    critical: int
    assumed: int
    bibliography: Bibliography

    @property
    def questions(self) -> int:
        return self.practice_questions + self.test_questions

    @property
    def assumed_percent(self) -> float:
        return 100 * self.assumed / self.questions if self.questions else 0.0


_LESSONS = (
    select(
        ModuleRow.slug.label("module"),
        LessonRow.slug,
        LessonRow.title,
        LessonRow.body["sections"].label("sections"),
        LessonRow.body["sources"].label("sources"),
        LessonRow.body["leaflets"].label("leaflets"),
    )
    .join(ModuleRow, ModuleRow.id == LessonRow.module_id)
    .where(LessonRow.retired_at.is_(None), ModuleRow.retired_at.is_(None), ModuleRow.library_id.is_(None))
    .order_by(ModuleRow.position, LessonRow.position)
)
_QUESTIONS = (
    select(QuestionRow.use, QuestionVersion.is_critical, QuestionKey.sources)
    .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
    .join(QuestionKey, QuestionKey.version_id == QuestionVersion.id)
    .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
    .where(QuestionRow.retired_at.is_(None), QuestionVersion.superseded_at.is_(None), ModuleRow.library_id.is_(None))
)


def get_bibliography(session: Session) -> Bibliography:
    return get_memory(session).remember("bibliography", lambda: _read_bibliography(session))


def _read_bibliography(session: Session) -> Bibliography:
    return _collect(session, session.execute(_LESSONS).all(), session.execute(_QUESTIONS).all())


def get_facts(session: Session) -> CourseFacts | None:
    """Count what is published, or return None before the first publication."""
    return get_memory(session).remember("facts", lambda: _count(session))


def _count(session: Session) -> CourseFacts | None:
    publication = catalogue.get_publication(session)
    if publication is None:
        return None
    lessons, questions = session.execute(_LESSONS).all(), session.execute(_QUESTIONS).all()
    uses = Counter(use for use, _critical, _sources in questions)
    return CourseFacts(
        number=publication.id,
        published_at=publication.published_at,
        modules=len({lesson.module for lesson in lessons}),
        lessons=len(lessons),
        disputed=sum(any(section["id"] == "disputed" for section in lesson.sections) for lesson in lessons),
        leaflets=sum(len(lesson.leaflets or ()) for lesson in lessons),
        practice_questions=uses[Use.PRACTICE],
        test_questions=uses[Use.TEST] + uses[Use.EXAM],
        critical=sum(critical for _use, critical, _sources in questions),
        assumed=sum(set(sources) == {ASSUMED} for _use, _critical, sources in questions),
        bibliography=_collect(session, lessons, questions),
    )


def _collect(session: Session, lessons: Sequence[Any], questions: Sequence[Any]) -> Bibliography:
    """Collect the sources that anything published cites, and what replaces them.

    Entries that are no longer cited stay in their table.
    """
    citing: dict[str, list[CitingLesson]] = {}
    for lesson in lessons:
        in_leaflets = (source for leaflet in lesson.leaflets or () for source in leaflet["sources"])
        for source in dict.fromkeys((*lesson.sources, *in_leaflets)):
            citing.setdefault(source, []).append(CitingLesson(lesson.module, lesson.slug, lesson.title))
    cited = set(citing)
    cited |= {source for *_, sources in questions for source in sources}
    cited |= {source for sources in session.scalars(select(MuscleRow.body["sources"])) for source in sources}
    every = select(SourceRow.slug, SourceRow.body).where(SourceRow.library_id.is_(None))
    known = {slug: Source(**body) for slug, body in session.execute(every)}
    sources = [source for slug, source in known.items() if slug in cited]
    replacements = {source.replaced_by for source in sources} - cited
    sources += [known[slug] for slug in replacements if slug in known]
    return Bibliography(sorted(sources, key=lambda source: fold_name(source.label)), citing)
