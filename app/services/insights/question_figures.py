"""The figures of the questions of an assignment, in words and numbers: what the pages and the files of insight are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.analysis import choices as chosen
from app.domain.analysis import items, pace
from app.domain.analysis.choices import Choice, Choices, Part
from app.domain.analysis.flags import Flag, flags, unchosen
from app.domain.analysis.groups import Group, by_score
from app.domain.analysis.items import Answers, ItemFigures
from app.domain.question import Explained, Shown
from app.domain.response import CHOICES
from app.models import Assignment, ModuleRow, QuestionRow, QuestionVersion
from app.services.course import catalogue
from app.services.insights import answered
from app.services.insights.answered import Counting, Sheet, Taker
from app.services.taking import feedback
from app.services.taking.pictures import LETTERS


@dataclass(frozen=True, slots=True)
class Named:
    """What authors call a question, and whether it is still asked as it was."""

    slug: str
    is_current: bool
    module_slug: str


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One question version in the analysis. ``missed`` counts those who did not earn the whole point; ``median_seconds`` is None without a log."""

    version_id: int
    slug: str
    number: int
    is_current: bool
    shown: Shown
    figures: ItemFigures
    flags: tuple[Flag, ...]
    unchosen: tuple[str, ...]
    missed: int
    median_seconds: float | None
    guess: float | None

    @property
    def is_critical_missed(self) -> bool:
        return self.shown.is_critical and self.missed > 0

    @property
    def is_quiet(self) -> bool:
        """Whether nothing stands out, or there are too few answers to say."""
        return not self.is_critical_missed and self.flags[0] in (Flag.PLAIN, Flag.TOO_FEW)


@dataclass(frozen=True, slots=True)
class ChoiceLine:
    """One option, pair or whole answer in words; ``letter`` names an option in the plot. Shares are per cent of those who had the question.

    What is right and not in the author's key (``is_key``) earned the point by a correction.
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
    """What was chosen of one question. ``earned_by_group`` is what each score group earned of it, in per cent; no groups where there are too few."""

    shown: Shown
    slug: str
    answers: int
    lines: tuple[ChoiceLine, ...]
    blank: int
    groups: tuple[Group, ...]
    earned_by_group: tuple[float, ...]

    @property
    def is_choice(self) -> bool:
        return self.shown.kind in CHOICES


@dataclass(frozen=True, slots=True)
class ItemView:
    """One question in detail; ``takers`` are the members of the cohort by name."""

    line: ItemLine
    explanation: str
    truth: tuple[str, ...]
    chosen: ChoicesView
    is_sure_asked: bool
    takers: tuple[Taker, ...]

    def who(self, choice: ChoiceLine) -> tuple[Taker, ...]:
        """Those who chose it, by name."""
        wanted = set(choice.attempts)
        return tuple(taker for taker in self.takers if taker.attempt_id in wanted)


class Read:
    """What is read and computed for an overview: the rows, the catalogue, the figures, and what was chosen wrongly."""

    def __init__(self, session: Session, assignment: Assignment, counting: Counting, *, is_full: bool = False) -> None:
        """Read an assignment; ``is_full`` reads what was chosen rightly, too."""
        self.sat = answered.list_sat(session, assignment, counting)
        self.sheet: Sheet = answered.sheet(session, assignment, counting, self.sat)
        self.is_sure_asked = any(one.asks_certainty for one in self.sat.values())
        versions = list(self.sheet.by_version)
        self.shown: dict[int, Shown] = catalogue.shown(session, versions)
        self.keys: dict[int, Explained] = catalogue.keys(session, versions)
        self.named = named(session, versions)
        length = max((len(paper.points) for paper in self.sheet.papers), default=0)
        self.medians = pace.medians(answered.arrivals(session, assignment, counting, length))
        self.figures = items.figures(self.sheet.by_version, len(self.sheet.papers))
        given = answered.answers if is_full else answered.wrong
        nobody = Answers((), (), (), ())
        read = given(session, assignment, counting)
        self.answers: dict[int, Answers] = {version_id: read.get(version_id, nobody) for version_id in versions}
        self.choices: dict[int, Choices] = {version_id: self._tally(version_id) for version_id in versions}

    def _tally(self, version_id: int) -> Choices:
        shown, answers = self.shown[version_id], self.answers[version_id]
        unread = len(self.sheet.by_version[version_id]) - len(answers)
        return chosen.tally(shown.kind, self.keys[version_id].key, len(shown.options), answers, unread)

    def lines(self) -> list[ItemLine]:
        """Every question, those first that need a trainer's eye."""
        return sorted((self.line(version_id) for version_id in self.sheet.by_version), key=_urgency)

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
            flags=flags(figures, found, shown.kind, guess),
            unchosen=tuple(_letter(part) or "" for part in unchosen(found, shown.kind)),
            missed=len(answers) - answers.points.count(answers.max_points),
            median_seconds=self.medians.get(version_id),
            guess=guess,
        )


def item(session: Session, assignment: Assignment, counting: Counting, version_id: int) -> ItemView | None:
    """One question version in detail: the figures need all others, too; None where nobody had it in an attempt that counts."""
    seen = choices_of(session, assignment, counting, version_id)
    if seen is None:
        return None
    read = Read(session, assignment, counting)
    explained = read.keys[version_id]
    return ItemView(
        line=read.line(version_id),
        explanation=explained.explanation,
        truth=feedback.right_texts(seen.shown, explained.key),
        chosen=seen,
        is_sure_asked=read.is_sure_asked,
        takers=tuple(answered.list_takers(session, assignment, read.sat.values())),
    )


def choices_of(session: Session, assignment: Assignment, counting: Counting, version_id: int) -> ChoicesView | None:
    """What was chosen of one question version, without the others; None where nobody had it in an attempt that counts."""
    answers = answered.of_question(session, assignment, counting, version_id)
    if answers is None:
        return None
    ids = [version_id]
    shown, explained = catalogue.shown(session, ids)[version_id], catalogue.keys(session, ids)[version_id]
    return view_choices(shown, explained, named(session, ids)[version_id].slug, answers)


def view_choices(shown: Shown, explained: Explained, slug: str, answers: Answers) -> ChoicesView:
    """What was chosen of one question, in words."""
    found = chosen.tally(shown.kind, explained.key, len(shown.options), answers)
    groups = by_score(answers)
    return ChoicesView(
        shown=shown,
        slug=slug,
        answers=len(answers),
        lines=tuple(_choice_line(one, shown, explained, answers, groups) for one in found.choices),
        blank=found.blank,
        groups=groups,
        earned_by_group=tuple(group.mean(answers.points, answers.max_points) for group in groups),
    )


def named(session: Session, version_ids: Collection[int]) -> dict[int, Named]:
    """What authors call these questions: one statement."""
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
        version_id: Named(slug, superseded is None and retired is None, module)
        for version_id, slug, superseded, retired, module in rows
    }


_ORDER = tuple(
    Flag(name)
    for name in ("negative", "too_hard", "maybe_negative", "unchosen", "weak", "plain", "too_easy", "too_few")
)
"""What needs a trainer's eye first."""

_MISSED = _ORDER.index(Flag.MAYBE_NEGATIVE)
"""Where a safety-critical question stands that somebody missed."""


def _urgency(line: ItemLine) -> tuple[int, float]:
    rank = min(_ORDER.index(flag) for flag in line.flags)
    return min(rank, _MISSED) if line.is_critical_missed else rank, line.figures.facility or 0.0


def _choice_line(
    choice: Choice, shown: Shown, explained: Explained, answers: Answers, groups: Iterable[Group]
) -> ChoiceLine:
    places = set(choice.at)
    return ChoiceLine(
        letter=_letter(choice.part),
        text=told(shown, choice.part),
        is_right=choice.is_right,
        is_key=chosen.is_in_key(shown.kind, explained.key, choice.part),
        is_near=choice.part in explained.key.near,
        count=len(choice),
        share=100 * len(choice) / len(answers),
        certain=len(choice.having(answers, chosen.CERTAIN)),
        mean_percent=choice.mean_percent(answers),
        by_group=tuple(group.share(places) for group in groups),
        attempts=tuple(answers.attempts[at] for at in choice.at),
    )


def _letter(part: Part) -> str | None:
    """An option's letter in the author's order: on their papers learners saw them shuffled."""
    if not isinstance(part, int):
        return None
    return LETTERS[part] if part < len(LETTERS) else str(part + 1)


def told(shown: Shown, part: Part) -> str:
    """A part of an answer in words."""
    if isinstance(part, int):
        return shown.options[part]
    if isinstance(part, tuple):
        return f"{shown.prompts[part[0]]}{feedback.MATCHED}{shown.options[part[1]]}"
    return ", ".join(feedback.told(shown, chosen.whole(shown.kind, part)))


def why(explained: Explained, part: Part) -> str | None:
    """The author's reason: for an option, or for the prompt of a pair."""
    whys: Mapping[int, str] = dict(enumerate(explained.key.whys))
    if isinstance(part, str):
        return None
    return whys.get(part[0] if isinstance(part, tuple) else part) or None
