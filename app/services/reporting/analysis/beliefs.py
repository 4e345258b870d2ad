"""Misconceptions of a cohort in words: who holds them, with which certainty, what is true and what to teach next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.analysis import choices as chosen
from app.domain.analysis.choices import Belief
from app.domain.analysis.thresholds import is_notable
from app.models import ObjectiveRow
from app.services.attempts import objective_scores
from app.services.attempts.objective_scores import Reading
from app.services.reporting.analysis.question_statistics import QuestionStatistics
from app.services.reporting.analysis.responses import MemberAttempt

MAX_BELIEFS = 10
"""The maximum number of misconceptions shown: more than a trainer can discuss in one lesson."""

MAX_TOPICS = 3
"""The maximum number of topics at the top of the page, which a trainer can name in ten seconds."""


@dataclass(frozen=True, slots=True)
class BeliefLine:
    """A misconception in words.

    ``says`` is the wrong answer and ``truth`` the right one. ``why`` explains the error; it is None if the key gives no
    reason. The learners who gave the answer are grouped by certainty and sorted by name.
    """

    says: str
    version_id: int
    stem: str
    vignette: str | None
    truth: tuple[str, ...]
    why: str | None
    is_critical: bool
    certain: tuple[MemberAttempt, ...]
    fairly_sure: tuple[MemberAttempt, ...]
    others: tuple[MemberAttempt, ...]
    answered: int
    reading: Reading | None
    module_slug: str

    @property
    def held(self) -> int:
        return len(self.certain) + len(self.fairly_sure) + len(self.others)


@dataclass(frozen=True, slots=True)
class Topic:
    """An objective to teach again.

    ``ideas`` counts its misconceptions and ``learners`` those who hold one with certainty, or at all if the test does
    not ask for certainty.
    """

    title: str
    learners: int
    ideas: int
    is_critical: bool
    reading: Reading | None
    module_slug: str


@dataclass(frozen=True, slots=True)
class Beliefs:
    """The gravest misconceptions that enough learners share, the gravest topics among these, and other misconceptions.

    ``rare`` are shared by too few for a headline, by the rule of :func:`app.domain.analysis.thresholds.is_notable`;
    ``left_out`` counts those that are in neither list.
    """

    lines: tuple[BeliefLine, ...]
    rare: tuple[BeliefLine, ...]
    left_out: int
    topics: tuple[Topic, ...]

    @property
    def listed(self) -> tuple[BeliefLine, ...]:
        return self.lines + self.rare


def describe_beliefs(session: Session, read: QuestionStatistics, takers: Sequence[MemberAttempt]) -> Beliefs:
    """Describe the misconceptions in an assignment. The number of queries does not grow with them."""
    wrong = chosen.sort_by_gravity(
        belief
        for version_id, choices in read.choices.items()
        for belief in chosen.find_beliefs(
            version_id,
            choices,
            read.answers[version_id],
            is_critical=read.shown[version_id].is_critical,
            is_sure_asked=read.is_sure_asked,
        )
    )
    notable = [belief for belief in wrong if _is_notable(read, belief)]
    rare = [belief for belief in wrong if not _is_notable(read, belief)]
    listed = (notable[:MAX_BELIEFS], rare[:MAX_BELIEFS])
    topics = _build_topics(read, notable)
    by_attempt = {taker.attempt_id: (at, taker) for at, taker in enumerate(takers) if taker.attempt_id}
    objectives = {read.shown[belief.version_id].objective_id for many in listed for belief in many} | topics.keys()
    where = objective_scores.list_readings(session, objectives)
    titles = dict(session.execute(_TITLES.where(ObjectiveRow.id.in_(topics))).all())
    return Beliefs(
        lines=tuple(_build_line(read, by_attempt, belief, where) for belief in listed[0]),
        rare=tuple(_build_line(read, by_attempt, belief, where) for belief in listed[1]),
        left_out=len(wrong) - sum(len(many) for many in listed),
        topics=tuple(
            Topic(
                title=titles[objective_id],
                learners=len({at for belief in found for at in _list_firm_attempts(read, belief)}),
                ideas=len(found),
                is_critical=any(belief.is_critical for belief in found),
                reading=where.get(objective_id),
                module_slug=read.named[found[0].version_id].module_slug,
            )
            for objective_id, found in topics.items()
        ),
    )


_TITLES = select(ObjectiveRow.id, ObjectiveRow.title)


def _build_topics(read: QuestionStatistics, wrong: Iterable[Belief]) -> dict[int, list[Belief]]:
    """Group misconceptions by objective: safety-critical ones first, then by the number of learners who are certain."""
    found: dict[int, list[Belief]] = {}
    for belief in wrong:
        found.setdefault(read.shown[belief.version_id].objective_id, []).append(belief)

    def weight(objective_id: int) -> tuple[bool, int]:
        beliefs = found[objective_id]
        return not any(one.is_critical for one in beliefs), -len(
            {at for one in beliefs for at in _list_firm_attempts(read, one)}
        )

    return {objective_id: found[objective_id] for objective_id in sorted(found, key=weight)[:MAX_TOPICS]}


def _is_notable(read: QuestionStatistics, belief: Belief) -> bool:
    holders = belief.certain if read.is_sure_asked else belief.at
    return is_notable(len(holders), belief.answered, is_critical=belief.is_critical)


def _list_firm_attempts(read: QuestionStatistics, belief: Belief) -> set[int]:
    """Return the attempts of learners who were certain, or of all who hold it if certainty is not asked."""
    attempts = read.answers[belief.version_id].attempts
    return {attempts[at] for at in (belief.certain if read.is_sure_asked else belief.at)}


def _build_line(
    read: QuestionStatistics,
    by_attempt: Mapping[int, tuple[int, MemberAttempt]],
    belief: Belief,
    where: Mapping[int, Reading],
) -> BeliefLine:
    version_id = belief.version_id
    shown, explained = read.shown[version_id], read.keys[version_id]
    attempts = read.answers[version_id].attempts
    firm = {*belief.certain, *belief.fairly_sure}

    def list_learners(places: Collection[int]) -> tuple[MemberAttempt, ...]:
        """Return the learners at these places, by name."""
        found = [by_attempt[attempts[at]] for at in places if attempts[at] in by_attempt]
        return tuple(taker for _, taker in sorted(found, key=itemgetter(0)))

    return BeliefLine(
        says=shown.kind.describe_part(shown, belief.part),
        version_id=version_id,
        stem=shown.stem,
        vignette=shown.vignette,
        truth=shown.kind.describe_key(shown, explained.key),
        why=shown.kind.reason(explained.key, belief.part),
        is_critical=belief.is_critical,
        certain=list_learners(belief.certain),
        fairly_sure=list_learners(belief.fairly_sure),
        others=list_learners([at for at in belief.at if at not in firm]),
        answered=belief.answered,
        reading=where.get(shown.objective_id),
        module_slug=read.named[version_id].module_slug,
    )
