"""A document as learners will see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from markupsafe import Markup

from app.content.previews import DocumentPreview
from app.domain import kinds
from app.domain.content import Leaflet, Lesson, LessonCheck, Question, Source
from app.domain.question import QuestionText
from app.services.attempts.papers import QuestionView
from app.services.reporting.samples import SampleSolution


@dataclass(frozen=True, slots=True)
class QuestionPreview:
    """A question as it is asked, and its solution. ``name`` makes its fields unique on the page."""

    name: str
    question: Question
    view: QuestionView
    solution: SampleSolution


@dataclass(frozen=True, slots=True)
class PartPreview:
    """A part of a lesson: HTML, or the question of a check. Both are None if that question is too faulty."""

    html: Markup | None = None
    check: QuestionPreview | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview of a document; what it does not contain is None or empty."""

    lesson: Lesson | None
    parts: Sequence[PartPreview]
    leaflet: Leaflet | None
    html: Markup | None
    figure: Markup | None
    questions: Sequence[QuestionPreview]
    unsound: int
    sources: Sequence[Source]

    @property
    def is_empty(self) -> bool:
        return not (self.lesson or self.leaflet or self.figure or self.questions or self.unsound)


def build_preview(document: DocumentPreview) -> Preview:
    """Turn the domain values of a document into what templates of learners' pages show."""
    lesson, leaflet = document.lesson, document.leaflet
    cited = lesson.sources if lesson else leaflet.sources if leaflet else ()
    return Preview(
        lesson=lesson,
        parts=[_build_part(part, document, n) for n, part in enumerate(lesson.parts if lesson else ())],
        leaflet=leaflet,
        html=Markup(leaflet.html) if leaflet else None,  # noqa: S704 - rendered by our reader of Markdown
        figure=Markup(document.figure) if document.figure else None,  # noqa: S704 - checked and written anew
        questions=[
            build_question_preview(one, document.sources, n) for n, one in enumerate(document.questions, start=1)
        ],
        unsound=document.unsound,
        sources=[document.sources[name] for name in cited if name in document.sources],
    )


def _build_part(part: str | LessonCheck, document: DocumentPreview, n: int) -> PartPreview:
    if isinstance(part, str):
        return PartPreview(html=Markup(part))  # noqa: S704 - rendered by our reader of Markdown
    asked = document.checks.get(part.question)
    return PartPreview(check=build_question_preview(asked, document.sources, n) if asked else None)


def build_question_preview(question: Question, sources: Mapping[str, Source], n: int) -> QuestionPreview:
    kind = kinds.get_kind(question.kind)
    shown = QuestionText(
        version_id=0,
        question_id=0,
        objective_id=0,
        number=1,
        kind=kind,
        is_critical=question.critical,
        vignette=question.vignette,
        stem=question.stem,
        options=question.options,
        prompts=question.prompts,
        unit=question.unit,
        picture=question.picture,
    )
    order = list(range(len(question.options)))
    if not question.is_order_fixed:
        Random(question.id).shuffle(order)  # noqa: S311 - the same order at each visit
    view = QuestionView(
        n=n,
        kind=kind,
        vignette=question.vignette,
        stem=question.stem,
        answer=kind.view(shown, order, None),
        revision=0,
        is_answered=False,
        asks_certainty=False,
        certainty=None,
        is_flagged=False,
        is_checked=False,
        saved_at=None,
        step=kind.get_next_step(shown, None),
    )
    solution = SampleSolution(
        right=kind.describe_key(shown, question.key, order),
        rows=kind.solution_rows(shown, order, question.key),
        explanation=question.explanation,
        sources=tuple(sources[name] for name in question.sources if name in sources),
    )
    return QuestionPreview(f"q{n}", question, view, solution)
