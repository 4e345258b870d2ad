"""A composed test for the people who compose it: its lines in words, what their pools lack, and fixed questions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from app.domain.composing import Draw, Pool, count_found, draw_paper
from app.domain.content import Use
from app.domain.question import QuestionText
from app.domain.sections import SectionRule
from app.models import ComposedTest, ModuleRow, ObjectiveRow, QuestionRow, QuestionVersion
from app.permissions import Viewer, assigns_module, examines, teaches_module
from app.services.course import catalogue, compositions


@dataclass(frozen=True, slots=True)
class FixedQuestion:
    """A fixed question as its viewer may see it; ``stem`` is None if they may not."""

    question_id: int
    slug: str
    version_id: int | None
    stem: str | None


@dataclass(frozen=True, slots=True)
class DrawView:
    """One line of a section. ``found`` is how many questions it finds now."""

    draw: Draw
    module_title: str
    objective_title: str | None
    fixed: FixedQuestion | None
    found: int

    @property
    def is_short(self) -> bool:
        return self.found < self.draw.questions


@dataclass(frozen=True, slots=True)
class SectionView:
    rule: SectionRule
    draws: Sequence[DrawView]

    @property
    def questions(self) -> int:
        return sum(one.draw.questions for one in self.draws)

    @property
    def found(self) -> int:
        return sum(one.found for one in self.draws)


@dataclass(frozen=True, slots=True)
class ComposedView:
    sections: Sequence[SectionView]

    @property
    def questions(self) -> int:
        return sum(one.questions for one in self.sections)

    @property
    def found(self) -> int:
        return sum(one.found for one in self.sections)


def view_test(session: Session, viewer: Viewer, test: ComposedTest) -> ComposedView:
    """Return the sections of a test with what each line finds now. The number of statements is constant."""
    composition = compositions.load_one(session, test.id)
    counts = count_found(composition, compositions.load_pools(session, composition.pools))
    draws = [draw for section in composition.sections for draw in section.draws]
    modules = _list_titles(session, ModuleRow, {draw.pool.module_id for draw in draws})
    objectives = _list_titles(session, ObjectiveRow, {one.objective_id for one in draws if one.objective_id})
    fixed = list_fixed(session, viewer, draws)
    return ComposedView(
        [
            SectionView(
                section.rule,
                [
                    DrawView(
                        draw,
                        modules[draw.pool.module_id],
                        objectives[draw.objective_id] if draw.objective_id else None,
                        fixed.get(draw.question_id) if draw.question_id else None,
                        count,
                    )
                    for draw, count in zip(section.draws, found, strict=True)
                ],
            )
            for section, found in zip(composition.sections, counts, strict=True)
        ]
    )


def _list_titles(session: Session, table: type[ModuleRow] | type[ObjectiveRow], ids: Iterable[int]) -> dict[int, str]:
    wanted = set(ids)
    rows = session.execute(select(table.id, table.title).where(table.id.in_(wanted))) if wanted else ()
    return {number: title for number, title in rows}


def list_fixed(session: Session, viewer: Viewer, draws: Iterable[Draw]) -> dict[int, FixedQuestion]:
    """Return the fixed questions of these lines by id. The stem is left out if the viewer may not see the question."""
    ids = {draw.question_id for draw in draws if draw.question_id is not None}
    if not ids:
        return {}
    rows = session.execute(
        select(QuestionRow.id, QuestionRow.slug, QuestionVersion.id, QuestionVersion.stem, _is_shown(viewer))
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .outerjoin(
            QuestionVersion,
            (QuestionVersion.question_id == QuestionRow.id) & QuestionVersion.superseded_at.is_(None),
        )
        .where(QuestionRow.id.in_(ids))
    )
    return {
        number: FixedQuestion(number, slug, version_id if may else None, stem if may else None)
        for number, slug, version_id, stem, may in rows
    }


@dataclass(frozen=True, slots=True)
class SampleQuestion:
    """One question of a sample paper, without its key. ``text`` is None if the viewer may not see the question now."""

    n: int
    version_id: int
    text: QuestionText | None


@dataclass(frozen=True, slots=True)
class SampleSection:
    rule: SectionRule
    questions: Sequence[SampleQuestion]


def draw_sample(session: Session, viewer: Viewer, test: ComposedTest, seed: int) -> list[SampleSection]:
    """Draw one paper as a learner would get it, without storing it. The same seed draws the same paper."""
    composition = compositions.load_one(session, test.id)
    slots = draw_paper(composition, compositions.load_pools(session, composition.pools), seed)
    shown = _list_shown(session, viewer, [slot.version_id for slot in slots])
    numbered = list(enumerate(slots, start=1))
    return [
        SampleSection(
            section.rule,
            [
                SampleQuestion(n, slot.version_id, shown.get(slot.version_id))
                for n, slot in numbered
                if slot.section == index
            ],
        )
        for index, section in enumerate(composition.sections)
    ]


def _list_shown(session: Session, viewer: Viewer, version_ids: Sequence[int]) -> dict[int, QuestionText]:
    """Return those of these versions that the viewer may see, by id."""
    allowed = session.scalars(
        select(QuestionVersion.id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .where(QuestionVersion.id.in_(version_ids), _is_shown(viewer))
    ).all()
    return catalogue.get_texts(session, allowed)


def _is_shown(viewer: Viewer) -> ColumnElement[bool]:
    """Build the condition that the viewer may see the statement's ``QuestionRow`` of its ``ModuleRow``, without the key."""
    may_see = or_(QuestionRow.use != Use.EXAM, examines(viewer, ModuleRow.id))
    return and_(teaches_module(viewer, ModuleRow.id, ModuleRow.library_id), may_see)


def list_choosable(session: Session, viewer: Viewer, version_ids: Collection[int]) -> list[Draw]:
    """Return a line with each of these questions that the viewer may see and assign, in the order of the course."""
    rows = session.execute(
        select(QuestionRow.module_id, QuestionRow.use, QuestionRow.id)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .where(
            QuestionVersion.id.in_(version_ids),
            QuestionVersion.superseded_at.is_(None),
            QuestionRow.retired_at.is_(None),
            QuestionRow.use != Use.PRACTICE,
            ModuleRow.retired_at.is_(None),
            _is_shown(viewer),
            assigns_module(viewer, ModuleRow.library_id),
        )
        .order_by(ModuleRow.position, QuestionRow.id)
    )
    return [Draw(Pool(module_id, use), question_id=question_id) for module_id, use, question_id in rows]
