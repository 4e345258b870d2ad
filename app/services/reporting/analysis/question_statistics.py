"""Statistics of the questions of an assignment, in words and numbers, for the insight pages and their CSV."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.analysis import choices as chosen
from app.domain.analysis import items, pace
from app.domain.analysis.choices import ItemChoices, PartChoices
from app.domain.analysis.flags import ItemFlag, find_flags, list_unchosen
from app.domain.analysis.groups import ScoreGroup, group_by_score
from app.domain.analysis.items import ItemResponses, ItemStatistics
from app.domain.kinds import Part
from app.domain.kinds.base import LETTERS
from app.domain.question import QuestionSolution, QuestionText
from app.models import Assignment, ModuleRow, QuestionRow, QuestionVersion
from app.services.course import catalogue
from app.services.reporting.analysis import responses
from app.services.reporting.analysis.responses import AttemptChoice, MemberAttempt, ResponseSheet

MAX_LISTED = 40
"""How many different answers to one question a page lists."""


@dataclass(frozen=True, slots=True)
class QuestionName:
    """A question's slug, its module, and whether this version is still in use."""

    slug: str
    is_current: bool
    module_slug: str


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One question version in the analysis.

    ``missed`` counts the answers that did not earn the whole point; ``median_seconds`` is None without a log.
    """

    version_id: int
    slug: str
    number: int
    is_current: bool
    shown: QuestionText
    figures: ItemStatistics
    flags: tuple[ItemFlag, ...]
    unchosen: tuple[str, ...]
    missed: int
    median_seconds: float | None
    guess: float | None

    @property
    def is_critical_missed(self) -> bool:
        return self.shown.is_critical and self.missed > 0

    @property
    def is_plain(self) -> bool:
        """Whether there are enough answers to judge, and no reason to look at the question."""
        is_fine = self.flags[0] in (ItemFlag.PLAIN, ItemFlag.TOO_EASY)
        return self.figures.is_enough and not self.is_critical_missed and is_fine


@dataclass(frozen=True, slots=True)
class ChoiceLine:
    """One option, pair or whole answer in words; ``letter`` names an option in the plot.

    Shares are per cent of the learners who had the question. A choice that ``is_right`` but not ``is_key`` (in the
    author's key) earned the point by a correction.
    """

    letter: str | None
    text: str
    is_right: bool
    is_key: bool
    is_near: bool
    count: int
    share: float
    certain: int
    mean_percent: float | None
    by_group: tuple[float, ...]
    attempts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChoicesView:
    """The choices made in one question.

    ``earned_by_group`` is the share of the points that each score group earned, in per cent. There are no groups if
    there are too few answers.
    """

    shown: QuestionText
    slug: str
    answers: int
    lines: tuple[ChoiceLine, ...]
    blank: int
    groups: tuple[ScoreGroup, ...]
    earned_by_group: tuple[float, ...]

    @property
    def is_choice(self) -> bool:
        return self.shown.kind.is_choice

    @property
    def listed(self) -> tuple[ChoiceLine, ...]:
        """The most common choices, as many as a page lists."""
        return self.lines[:MAX_LISTED]


@dataclass(frozen=True, slots=True)
class ItemView:
    """One question in detail; ``takers`` are the members of the cohort by name."""

    line: ItemLine
    explanation: str
    truth: tuple[str, ...]
    chosen: ChoicesView
    is_sure_asked: bool
    takers: tuple[MemberAttempt, ...]

    def who(self, choice: ChoiceLine) -> tuple[MemberAttempt, ...]:
        """Return the learners who made this choice, by name."""
        wanted = set(choice.attempts)
        return tuple(taker for taker in self.takers if taker.attempt_id in wanted)


class QuestionStatistics:
    """The data of an assignment's analysis: responses, catalogue texts, statistics and wrong choices."""

    def __init__(
        self, session: Session, assignment: Assignment, counting: AttemptChoice, *, is_full: bool = False
    ) -> None:
        """Read an assignment; ``is_full`` also reads the right answers."""
        self.sat = responses.list_counted_attempts(session, assignment, counting)
        self.sheet: ResponseSheet = responses.load_sheet(session, assignment, counting, self.sat)
        self.is_sure_asked = any(one.asks_certainty for one in self.sat.values())
        versions = list(self.sheet.by_version)
        self.shown: dict[int, QuestionText] = catalogue.get_texts(session, versions)
        self.keys: dict[int, QuestionSolution] = catalogue.get_solutions(session, versions)
        self.named = get_names(session, versions)
        length = max((len(paper.points) for paper in self.sheet.papers), default=0)
        self.medians = pace.median_seconds(responses.list_arrivals(session, assignment, counting, length))
        self.figures = items.compute(self.sheet.by_version, len(self.sheet.papers))
        given = responses.list_answers if is_full else responses.list_wrong
        nobody = ItemResponses((), (), (), ())
        read = given(session, assignment, counting)
        self.answers: dict[int, ItemResponses] = {version_id: read.get(version_id, nobody) for version_id in versions}
        self.choices: dict[int, ItemChoices] = {version_id: self._tally(version_id) for version_id in versions}

    def _tally(self, version_id: int) -> ItemChoices:
        shown, answers = self.shown[version_id], self.answers[version_id]
        unread = len(self.sheet.by_version[version_id]) - len(answers)
        return chosen.tally(shown.kind, self.keys[version_id].key, len(shown.options), answers, unread)

    def lines(self) -> list[ItemLine]:
        """Return all questions, those that need review first."""
        return sorted((self.line(version_id) for version_id in self.sheet.by_version), key=_get_sort_key)

    def line(self, version_id: int) -> ItemLine:
        shown, found, figures = self.shown[version_id], self.choices[version_id], self.figures[version_id]
        answers = self.sheet.by_version[version_id]
        guess = items.random_guess(shown.kind, self.keys[version_id].key, len(shown.options))
        name = self.named[version_id]
        return ItemLine(
            version_id=version_id,
            slug=name.slug,
            number=shown.number,
            is_current=name.is_current,
            shown=shown,
            figures=figures,
            flags=find_flags(figures, found, shown.kind, guess),
            unchosen=tuple(_get_letter(part) or "" for part in list_unchosen(found, shown.kind)),
            missed=len(answers) - answers.points.count(answers.max_points),
            median_seconds=self.medians.get(version_id),
            guess=guess,
        )


def view_item(session: Session, assignment: Assignment, counting: AttemptChoice, version_id: int) -> ItemView | None:
    """Return one question version in detail, or None if no attempt that counts contains it.

    Its statistics need the responses to all other questions, too.
    """
    seen = get_choices(session, assignment, counting, version_id)
    if seen is None:
        return None
    read = QuestionStatistics(session, assignment, counting)
    explained = read.keys[version_id]
    return ItemView(
        line=read.line(version_id),
        explanation=explained.explanation,
        truth=seen.shown.kind.describe_key(seen.shown, explained.key),
        chosen=seen,
        is_sure_asked=read.is_sure_asked,
        takers=tuple(responses.list_member_attempts(session, assignment, read.sat.values())),
    )


def get_choices(
    session: Session, assignment: Assignment, counting: AttemptChoice, version_id: int
) -> ChoicesView | None:
    """Return the choices made in one question version, or None if no attempt that counts contains it."""
    answers = responses.list_for_question(session, assignment, counting, version_id)
    if answers is None:
        return None
    ids = [version_id]
    shown, explained = catalogue.get_texts(session, ids)[version_id], catalogue.get_solutions(session, ids)[version_id]
    return view_choices(shown, explained, get_names(session, ids)[version_id].slug, answers)


def view_choices(shown: QuestionText, explained: QuestionSolution, slug: str, answers: ItemResponses) -> ChoicesView:
    """Describe the choices made in one question, in words."""
    found = chosen.tally(shown.kind, explained.key, len(shown.options), answers)
    groups = group_by_score(answers)
    return ChoicesView(
        shown=shown,
        slug=slug,
        answers=len(answers),
        lines=tuple(_build_choice_line(one, shown, explained, answers, groups) for one in found.choices),
        blank=found.blank,
        groups=groups,
        earned_by_group=tuple(group.mean(answers.points, answers.max_points) for group in groups),
    )


def get_names(session: Session, version_ids: Collection[int]) -> dict[int, QuestionName]:
    """Return the names of these question versions."""
    rows = session.execute(
        select(
            QuestionVersion.id,
            QuestionRow.slug,
            QuestionVersion.superseded_at,
            QuestionRow.retired_at,
            ModuleRow.slug,
        )
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .where(QuestionVersion.id.in_(version_ids))
    )
    return {
        version_id: QuestionName(slug, superseded is None and retired is None, module)
        for version_id, slug, superseded, retired, module in rows
    }


_ORDER = tuple(
    ItemFlag(name)
    for name in ("negative", "too_hard", "maybe_negative", "unchosen", "weak", "plain", "too_easy", "too_few")
)
"""The flags by urgency of review."""

_MISSED = _ORDER.index(ItemFlag.MAYBE_NEGATIVE)
"""A safety-critical question that somebody missed ranks at least this high."""


def _get_sort_key(line: ItemLine) -> tuple[int, float]:
    rank = min(_ORDER.index(flag) for flag in line.flags)
    return min(rank, _MISSED) if line.is_critical_missed else rank, line.figures.facility or 0.0


def _build_choice_line(
    choice: PartChoices,
    shown: QuestionText,
    explained: QuestionSolution,
    answers: ItemResponses,
    groups: Iterable[ScoreGroup],
) -> ChoiceLine:
    places, credit = set(choice.at), shown.kind.credit(explained.key, choice.part)
    return ChoiceLine(
        letter=_get_letter(choice.part),
        text=shown.kind.describe_part(shown, choice.part),
        is_right=choice.is_right,
        is_key=credit == 1,
        is_near=0 < credit < 1,
        count=len(choice),
        share=100 * len(choice) / len(answers),
        certain=len(choice.having(answers, chosen.CERTAIN)),
        mean_percent=choice.mean_percent(answers),
        by_group=tuple(group.share(places) for group in groups),
        attempts=tuple(answers.attempts[at] for at in choice.at),
    )


def _get_letter(part: Part) -> str | None:
    """Return an option's letter in the author's order; learners' papers shuffle the options."""
    if not isinstance(part, int):
        return None
    return LETTERS[part] if part < len(LETTERS) else str(part + 1)
