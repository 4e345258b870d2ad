"""What a cohort wrongly believes, in words: who holds it and how firmly, what is true, and what to talk about next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.analysis import choices as chosen
from app.domain.analysis.choices import Belief
from app.models import ObjectiveRow
from app.services.insights.answered import Taker
from app.services.insights.question_figures import Read, told, why
from app.services.taking import feedback, results
from app.services.taking.results import Reading

MOST_BELIEFS = 10
"""How many wrong ideas are shown: more than a trainer can take up in one lesson."""

MOST_TOPICS = 3
"""How many of them are named at the top of the page: what can be said in ten seconds."""


@dataclass(frozen=True, slots=True)
class BeliefLine:
    """A wrong idea in words. ``why`` is None where the key has no reason for it; the takers are those who hold it, by certainty and name."""

    says: str
    version_id: int
    stem: str
    vignette: str | None
    truth: tuple[str, ...]
    why: str | None
    is_critical: bool
    certain: tuple[Taker, ...]
    fairly_sure: tuple[Taker, ...]
    others: tuple[Taker, ...]
    answered: int
    reading: Reading | None
    module_slug: str

    @property
    def held(self) -> int:
        return len(self.certain) + len(self.fairly_sure) + len(self.others)


@dataclass(frozen=True, slots=True)
class Topic:
    """An objective to talk about: ``learners`` went wrong in it for sure (or, where nobody was asked, at all), in ``ideas`` wrong ideas."""

    title: str
    learners: int
    ideas: int
    is_critical: bool
    reading: Reading | None
    module_slug: str


@dataclass(frozen=True, slots=True)
class Beliefs:
    """The worst wrong ideas, how many more there are, and the topics that all of them belong to, the worst first."""

    lines: tuple[BeliefLine, ...]
    left_out: int
    topics: tuple[Topic, ...]


def of(session: Session, read: Read, takers: Sequence[Taker]) -> Beliefs:
    """The wrong ideas of an assignment: two statements, however many there are."""
    wrong = chosen.worst_first(
        belief
        for version_id, choices in read.choices.items()
        for belief in chosen.beliefs(
            version_id,
            choices,
            read.answers[version_id],
            is_critical=read.shown[version_id].is_critical,
            is_sure_asked=read.is_sure_asked,
        )
    )
    topics = _topics(read, wrong)
    by_attempt = {taker.attempt_id: (at, taker) for at, taker in enumerate(takers) if taker.attempt_id}
    objectives = {read.shown[belief.version_id].objective_id for belief in wrong[:MOST_BELIEFS]} | topics.keys()
    where = results.readings(session, objectives)
    titles = dict(session.execute(_TITLES.where(ObjectiveRow.id.in_(topics))).all())
    return Beliefs(
        lines=tuple(_line(read, by_attempt, belief, where) for belief in wrong[:MOST_BELIEFS]),
        left_out=max(0, len(wrong) - MOST_BELIEFS),
        topics=tuple(
            Topic(
                title=titles[objective_id],
                learners=len({at for belief in found for at in _firm(read, belief)}),
                ideas=len(found),
                is_critical=any(belief.is_critical for belief in found),
                reading=where.get(objective_id),
                module_slug=read.named[found[0].version_id].module_slug,
            )
            for objective_id, found in topics.items()
        ),
    )


_TITLES = select(ObjectiveRow.id, ObjectiveRow.title)


def _topics(read: Read, wrong: Iterable[Belief]) -> dict[int, list[Belief]]:
    """The wrong ideas by objective: safety-critical ones first, then by how many learners hold any of them for certain."""
    found: dict[int, list[Belief]] = {}
    for belief in wrong:
        found.setdefault(read.shown[belief.version_id].objective_id, []).append(belief)

    def weight(objective_id: int) -> tuple[bool, int]:
        beliefs = found[objective_id]
        return not any(one.is_critical for one in beliefs), -len({at for one in beliefs for at in _firm(read, one)})

    return {objective_id: found[objective_id] for objective_id in sorted(found, key=weight)[:MOST_TOPICS]}


def _firm(read: Read, belief: Belief) -> set[int]:
    """The attempts of those who were certain, or, where nobody was asked, of all who hold it."""
    attempts = read.answers[belief.version_id].attempts
    return {attempts[at] for at in (belief.certain if read.is_sure_asked else belief.at)}


def _line(
    read: Read, by_attempt: Mapping[int, tuple[int, Taker]], belief: Belief, where: Mapping[int, Reading]
) -> BeliefLine:
    version_id = belief.version_id
    shown, explained = read.shown[version_id], read.keys[version_id]
    attempts = read.answers[version_id].attempts
    firm = {*belief.certain, *belief.fairly_sure}

    def named(places: Collection[int]) -> tuple[Taker, ...]:
        """Who is at these places, in the order of names."""
        found = [by_attempt[attempts[at]] for at in places if attempts[at] in by_attempt]
        return tuple(taker for _, taker in sorted(found, key=itemgetter(0)))

    return BeliefLine(
        says=told(shown, belief.part),
        version_id=version_id,
        stem=shown.stem,
        vignette=shown.vignette,
        truth=feedback.right_texts(shown, explained.key),
        why=why(explained, belief.part),
        is_critical=belief.is_critical,
        certain=named(belief.certain),
        fairly_sure=named(belief.fairly_sure),
        others=named([at for at in belief.at if at not in firm]),
        answered=belief.answered,
        reading=where.get(shown.objective_id),
        module_slug=read.named[version_id].module_slug,
    )
