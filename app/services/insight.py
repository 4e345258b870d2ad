"""Insight for trainers: what a cohort wrongly believes, how good the questions of a test are, and how its scores are distributed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.domain.analysis import choices as chosen
from app.domain.analysis import items, pace, scores
from app.domain.analysis.choices import Belief, Choice, Choices, Part
from app.domain.analysis.flags import Flag, flags, unchosen
from app.domain.analysis.groups import Group, by_score
from app.domain.analysis.items import Answers, ItemFigures
from app.domain.analysis.scores import Band, ScoreFigures
from app.domain.question import Explained, Shown
from app.domain.response import CHOICES
from app.models import Assignment, Cohort, Membership, ModuleRow, QuestionRow, QuestionVersion, Standing
from app.services import answered, catalogue, feedback, results
from app.services.answered import Counting, Sat, Taker
from app.services.pictures import LETTERS
from app.services.results import Reading

MOST_BELIEFS = 10
"""How many wrong ideas are shown: more than a trainer can take up in one lesson."""


@dataclass(frozen=True, slots=True)
class Choosable:
    """An assignment that can be looked at; ``learners`` is how many current members have handed it in."""

    assignment: Assignment
    learners: int


@dataclass(frozen=True, slots=True)
class BeliefLine:
    """A wrong idea in words. ``why`` is None where the key has no reason for it; names are those of learners, by certainty."""

    says: str
    version_id: int
    stem: str
    vignette: str | None
    truth: tuple[str, ...]
    why: str | None
    is_critical: bool
    certain: tuple[str, ...]
    fairly_sure: tuple[str, ...]
    others: tuple[str, ...]
    answered: int
    reading: Reading | None
    module_slug: str

    @property
    def held(self) -> int:
        return len(self.certain) + len(self.fairly_sure) + len(self.others)


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


@dataclass(frozen=True, slots=True)
class Insight:
    """Everything of one assignment. ``lengths`` are the shortest and the longest paper, in questions."""

    assignment: Assignment
    counting: Counting
    members: int
    is_sure_asked: bool
    figures: ScoreFigures
    bands: tuple[Band, ...]
    beliefs: tuple[BeliefLine, ...]
    beliefs_left_out: int
    items: tuple[ItemLine, ...]
    lengths: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ChoiceLine:
    """One option, pair or whole answer in words; ``letter`` names an option in the plot. Shares are per cent of those who had the question."""

    letter: str | None
    text: str
    is_right: bool
    is_near: bool
    count: int
    share: float
    certain: int
    mean_percent: float | None
    by_group: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ItemView:
    """One question in detail. ``earned_by_group`` is what each score group earned of it, in per cent; no groups where there are too few."""

    line: ItemLine
    explanation: str
    truth: tuple[str, ...]
    lines: tuple[ChoiceLine, ...]
    blank: int
    is_sure_asked: bool
    groups: tuple[Group, ...]
    earned_by_group: tuple[float, ...]

    @property
    def is_choice(self) -> bool:
        return self.line.shown.kind in CHOICES


def list_assignments(session: Session, cohort: Cohort) -> list[Choosable]:
    """The assignments of a cohort, the latest due first, those without a due date at the end: one statement."""
    done = (
        select(func.count())
        .select_from(Standing)
        .join(
            Membership,
            and_(Membership.learner_id == Standing.learner_id, Membership.cohort_id == Assignment.cohort_id),
        )
        .where(Standing.assignment_id == Assignment.id, Membership.removed_at.is_(None))
        .correlate(Assignment)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Assignment, done)
        .where(Assignment.cohort_id == cohort.id)
        .order_by(Assignment.due_at.is_(None), Assignment.due_at.desc(), Assignment.id.desc())
    )
    return [Choosable(*row) for row in rows]


def choose(found: Iterable[Choosable], named: str | None) -> Choosable | None:
    """The assignment whose id an address names, or else the first that most have handed in; None where there is no such."""
    if named is not None:
        return next((one for one in found if str(one.assignment.id) == named), None)
    return max(found, key=lambda one: one.learners, default=None)


def insight(session: Session, assignment: Assignment, counting: Counting) -> Insight:
    """Analyse an assignment: six statements, and two more until its questions are in memory, however many learners and marks there are."""
    read = _Read(session, assignment, counting)
    wrong = chosen.worst_first(
        belief
        for version_id, answers in read.sat.by_version.items()
        for belief in chosen.beliefs(
            version_id,
            read.choices[version_id],
            answers,
            is_critical=read.shown[version_id].is_critical,
            is_sure_asked=read.is_sure_asked,
        )
    )
    lengths = [len(paper.points) for paper in read.sat.papers]
    return Insight(
        assignment=assignment,
        counting=counting,
        members=len(read.takers),
        is_sure_asked=read.is_sure_asked,
        figures=scores.figures(read.sat.papers),
        bands=scores.distribution(read.sat.papers),
        beliefs=_belief_lines(session, read, wrong[:MOST_BELIEFS]),
        beliefs_left_out=max(0, len(wrong) - MOST_BELIEFS),
        items=tuple(sorted((read.line(version_id) for version_id in read.sat.by_version), key=_urgency)),
        lengths=(min(lengths, default=0), max(lengths, default=0)),
    )


def item(session: Session, assignment: Assignment, counting: Counting, version_id: int) -> ItemView | None:
    """One question version in detail, five statements; None where nobody had it in an attempt that counts."""
    read = _Read(session, assignment, counting)
    if version_id not in read.sat.by_version:
        return None
    answers, found = read.sat.by_version[version_id], read.choices[version_id]
    shown, explained = read.shown[version_id], read.keys[version_id]
    groups = by_score(answers)
    return ItemView(
        line=read.line(version_id),
        explanation=explained.explanation,
        truth=feedback.right_texts(shown, explained.key),
        lines=tuple(_choice_line(one, shown, explained, answers, groups) for one in found.choices),
        blank=found.blank,
        is_sure_asked=read.is_sure_asked,
        groups=groups,
        earned_by_group=tuple(group.mean(answers.points, answers.max_points) for group in groups),
    )


class _Read:
    """What is read and computed for every page: the rows, the catalogue, the figures and what was chosen."""

    def __init__(self, session: Session, assignment: Assignment, counting: Counting) -> None:
        self.takers: list[Taker] = answered.list_takers(session, assignment, counting)
        self.sat: Sat = answered.sat(session, assignment, counting)
        versions = list(self.sat.by_version)
        self.shown: dict[int, Shown] = catalogue.shown(session, versions)
        self.keys: dict[int, Explained] = catalogue.keys(session, versions)
        self.named = _named(session, versions)
        self.medians = pace.medians(answered.arrivals(session, assignment, counting))
        self.figures = items.figures(self.sat.by_version, len(self.sat.papers))
        self.choices: dict[int, Choices] = {version_id: self._tally(version_id) for version_id in versions}
        self.is_sure_asked = any(
            certainty is not None for answers in self.sat.by_version.values() for certainty in answers.certainties
        )

    def _tally(self, version_id: int) -> Choices:
        shown = self.shown[version_id]
        answers = self.sat.by_version[version_id]
        return chosen.tally(shown.kind, self.keys[version_id].key, len(shown.options), answers)

    def line(self, version_id: int) -> ItemLine:
        shown, found, figures = self.shown[version_id], self.choices[version_id], self.figures[version_id]
        answers = self.sat.by_version[version_id]
        guess = items.random_guess(shown.kind, self.keys[version_id].key, len(shown.options))
        named = self.named[version_id]
        return ItemLine(
            version_id=version_id,
            slug=named.slug,
            number=shown.number,
            is_current=named.is_current,
            shown=shown,
            figures=figures,
            flags=flags(figures, found, shown.kind, guess),
            unchosen=tuple(_letter(part) or "" for part in unchosen(found, shown.kind)),
            missed=sum(points < answers.max_points for points in answers.points),
            median_seconds=self.medians.get(version_id),
            guess=guess,
        )

    def names(self, version_id: int, places: Collection[int]) -> tuple[str, ...]:
        """Who is at these places of a question's answers, by name."""
        attempts = self.sat.by_version[version_id].attempts
        wanted = {attempts[at] for at in places}
        return tuple(taker.name or "an erased account" for taker in self.takers if taker.attempt_id in wanted)


@dataclass(frozen=True, slots=True)
class _Named:
    slug: str
    is_current: bool
    module_slug: str


def _named(session: Session, version_ids: Collection[int]) -> dict[int, _Named]:
    """What authors call these questions, and whether they are still asked as they were: one statement."""
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
        version_id: _Named(slug, superseded is None and retired is None, module)
        for version_id, slug, superseded, retired, module in rows
    }


_ORDER = tuple(
    Flag(name)
    for name in ("negative", "too_hard", "maybe_negative", "unchosen", "weak", "plain", "too_easy", "too_few")
)
"""What needs a trainer's eye first."""


def _urgency(line: ItemLine) -> tuple[int, float]:
    return min(_ORDER.index(flag) for flag in line.flags), line.figures.facility or 0.0


def _belief_lines(session: Session, read: _Read, found: Collection[Belief]) -> tuple[BeliefLine, ...]:
    where = results.readings(session, {read.shown[one.version_id].objective_id for one in found})

    def line(belief: Belief) -> BeliefLine:
        version_id = belief.version_id
        shown, explained = read.shown[version_id], read.keys[version_id]
        firm = {*belief.certain, *belief.fairly_sure}
        return BeliefLine(
            says=_told(shown, belief.part),
            version_id=version_id,
            stem=shown.stem,
            vignette=shown.vignette,
            truth=feedback.right_texts(shown, explained.key),
            why=_why(explained, belief.part),
            is_critical=belief.is_critical,
            certain=read.names(version_id, belief.certain),
            fairly_sure=read.names(version_id, belief.fairly_sure),
            others=read.names(version_id, [at for at in belief.at if at not in firm]),
            answered=belief.answered,
            reading=where.get(shown.objective_id),
            module_slug=read.named[version_id].module_slug,
        )

    return tuple(line(belief) for belief in found)


def _choice_line(
    choice: Choice, shown: Shown, explained: Explained, answers: Answers, groups: Iterable[Group]
) -> ChoiceLine:
    places = set(choice.at)
    return ChoiceLine(
        letter=_letter(choice.part),
        text=_told(shown, choice.part),
        is_right=choice.is_right,
        is_near=choice.part in explained.key.near,
        count=len(choice),
        share=100 * len(choice) / len(answers),
        certain=len(choice.having(answers, chosen.CERTAIN)),
        mean_percent=choice.mean_percent(answers),
        by_group=tuple(group.share(places) for group in groups),
    )


def _letter(part: Part) -> str | None:
    """An option's letter in the author's order: on their papers learners saw them shuffled."""
    if not isinstance(part, int):
        return None
    return LETTERS[part] if part < len(LETTERS) else str(part + 1)


def _told(shown: Shown, part: Part) -> str:
    if isinstance(part, int):
        return shown.options[part]
    if isinstance(part, tuple):
        return f"{shown.prompts[part[0]]}{feedback.MATCHED}{shown.options[part[1]]}"
    return ", ".join(feedback.told(shown, chosen.whole(shown.kind, part)))


def _why(explained: Explained, part: Part) -> str | None:
    """The author's reason: for an option, or for the prompt of a pair."""
    whys: Mapping[int, str] = dict(enumerate(explained.key.whys))
    if isinstance(part, str):
        return None
    return whys.get(part[0] if isinstance(part, tuple) else part) or None
