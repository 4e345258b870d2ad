"""A believable cohort to look around in: weeks of lessons, practice and tests with the mistakes that people make.

Everything goes through the services, with ``now`` as an argument, just as the pages do it. Abilities, difficulties and tempting wrong options
are drawn from a fixed seed; which questions somebody gets is drawn when they start, as for anybody.
"""

from __future__ import annotations

import math
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo import answering
from app.demo.cast import (
    ADMIN,
    CAST,
    COHORT,
    MANNERS,
    MID_COURSE,
    NEW,
    SLOW_READER,
    TRAINER,
    WORKS,
    ZONE,
    Manner,
    Story,
    Work,
)
from app.domain import wall_clock
from app.domain.assignment import Grant
from app.domain.marking import mark
from app.domain.question import Shown
from app.domain.response import Response
from app.models import Assignment, Attempt, AttemptItem, Cohort, Learner, LessonRow, ModuleRow, Role, User
from app.permissions import Viewer
from app.services.assigned import assignments, due, grants
from app.services.assigned.assignments import Terms
from app.services.course import catalogue, lessons
from app.services.marking import submission
from app.services.people import invitations, sign_ins, users
from app.services.taking import attempts
from app.services.taking.attempts import Change, Loaded
from app.services.teaching import cohorts

SEED = 2026
MISLEADING = 0.8
"""From this difficulty on, one question in five, people go wrong because they are sure of something else."""

SPAN = timedelta(weeks=6)
"""How far back the cohort's history goes."""


class OccupiedError(Exception):
    """The database holds people already, and not those of the demo."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account that is advertised, with the password made for this installation."""

    email: str
    password: str
    role: Role

    def __str__(self) -> str:
        return f"{self.email} {self.password} {self.role}"


def fill(session: Session, now: datetime, hash_password: Callable[[str], str]) -> list[Account] | None:
    """Fill an empty database; return the accounts to advertise, or None where it was filled before.

    :raise OccupiedError: somebody else's accounts are here.
    """
    if users.get_by_email(session, _address(TRAINER)) is not None:
        return None
    if users.is_any(session):
        raise OccupiedError
    began = now - SPAN
    passwords = {name: _password() for name in (ADMIN, TRAINER, MID_COURSE, NEW)}
    trainer = _staff(session, passwords, hash_password, began, now)
    cohort = cohorts.create(session, trainer, COHORT, ZONE, began + timedelta(hours=3))
    set_works = [_set(session, trainer, cohort, work, now) for work in WORKS]
    cast = [
        _enrol(session, cohort, name, hash_password(passwords.get(name, secrets.token_hex())), began) for name in CAST
    ]
    _grant_time(session, trainer, set_works[1:3], cast)
    course = _Course(session)
    for person in cast:
        _Student(session, course, person, now).live(set_works)
    while submission.close_expired(session, now):
        pass
    roles = (Role.ADMIN, Role.TRAINER, Role.LEARNER, Role.LEARNER)
    return [Account(_address(name), passwords[name], role) for name, role in zip(passwords, roles, strict=True)]


def _address(name: str) -> str:
    """The name in plain letters, without a title, at a domain that is nobody's (RFC 2606)."""
    plain = name.removeprefix("Dr ").lower()
    for letter, written in {"ł": "l", "ø": "o", "æ": "ae", "ð": "d", "þ": "th", "ı": "i"}.items():
        plain = plain.replace(letter, written)
    letters = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return f"{'.'.join(re.findall('[a-z]+', letters))}@example.org"


def _password() -> str:
    """Sixty random bits in three groups, without letters that look like digits."""
    letters = "abcdefghjkmnpqrstvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def _staff(
    session: Session, passwords: dict[str, str], hash_password: Callable[[str], str], began: datetime, now: datetime
) -> User:
    """The administrator, who invites the trainer; another invitation waits."""

    def arrive(name: str, issued: invitations.Issued, at: datetime) -> User:
        hashed = hash_password(passwords[name])
        return invitations.accept(
            session, issued.invitation, name=name, email=_address(name), password_hash=hashed, time_zone=ZONE, now=at
        )

    admin = arrive(ADMIN, invitations.create_first(session, began), began + timedelta(minutes=4))
    invited = invitations.create(session, admin, Role.TRAINER, began + timedelta(minutes=9), name=TRAINER)
    trainer = arrive(TRAINER, invited, began + timedelta(hours=2))
    invitations.create(session, admin, Role.TRAINER, now - timedelta(days=1), name="Dr Rui Tavares")
    return trainer


def _set(session: Session, trainer: User, cohort: Cohort, work: Work, now: datetime) -> Assignment:
    module = catalogue.get_module(session, work.module)
    assert module is not None, f"{work.module}: no such module is published"
    day = wall_clock.local(now, ZONE).date() + timedelta(days=work.due_days)
    due_at = wall_clock.moment(datetime.combine(day, time(18, 0)), ZONE)
    terms = Terms(
        work.title,
        due_at,
        work.attempts_allowed,
        work.time_limit_minutes,
        module.pass_mark_percent,
        work.policy,
        work.asks_certainty,
    )
    return assignments.create(session, trainer, cohort, module, terms, due_at - timedelta(days=8))


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    viewer: Viewer
    learner: Learner


def _enrol(session: Session, cohort: Cohort, name: str, password_hash: str, began: datetime) -> Person:
    rng = Random(f"{SEED}:joins:{name}")  # noqa: S311  repeatable, not secret
    at = began + timedelta(days=38 if name == NEW else 0, hours=rng.uniform(4, 60))
    user = users.create(session, name=name, email=_address(name), password_hash=password_hash, now=at, time_zone=ZONE)
    session.flush()  # the membership names the new learner by its id
    learner = sign_ins.learner_of(session, user)
    cohorts.join(session, cohort, learner, at + timedelta(minutes=1))
    return Person(name, Viewer(user, learner), learner)


def _grant_time(session: Session, trainer: User, timed: Iterable[Assignment], cast: Iterable[Person]) -> None:
    slow = next(person for person in cast if person.name == SLOW_READER)
    for assignment in timed:
        taught = assignments.get_for(session, Viewer(trainer), assignment.id)
        assert taught is not None
        grants.give(session, trainer, taught, [slow.learner.id], Grant(25), assignment.created_at)


class _Course:
    """What is published, read once."""

    def __init__(self, session: Session) -> None:
        self.modules = {module.id: module for module in catalogue.list_modules(session)}
        rows = session.scalars(select(LessonRow).where(LessonRow.retired_at.is_(None)).order_by(LessonRow.position))
        self.lessons: dict[int, list[LessonRow]] = {module_id: [] for module_id in self.modules}
        for row in rows:
            self.lessons[row.module_id].append(row)


class _Student:
    """One learner, living through the weeks. ``at`` is their clock; it only goes forward, and never beyond now."""

    def __init__(self, session: Session, course: _Course, person: Person, now: datetime) -> None:
        self.session, self.course, self.person, self.now = session, course, person, now
        self.learner = person.learner
        self.rng = Random(f"{SEED}:learner:{person.name}")  # noqa: S311  repeatable, not secret
        self.ability = self.rng.gauss(1.6, 1.0)
        self.keenness = self.rng.uniform(0.35, 1.0)
        self.at = person.learner.created_at

    def live(self, works: Iterable[Assignment]) -> None:
        if self.person.name == NEW:
            return
        for assignment, story in zip(works, CAST[self.person.name] or self._stories(), strict=True):
            begins = self._begin_of(assignment, story)
            self._prepare(assignment, story, until=begins - timedelta(hours=2))
            self._take(assignment, story, begins)
        if self.keenness > 0.75:
            self._read_on()

    def _stories(self) -> tuple[Story, ...]:
        """Mostly the ordinary; the keener, the fewer holes. Of the one that is not due yet, many have not thought."""
        past = [
            self.rng.choices((Story.ORDINARY, Story.LATE, Story.ABSENT), (8 * self.keenness, 1, 1))[0]
            for _ in WORKS[1:]
        ]
        return (*past, self.rng.choices((Story.ORDINARY, Story.ABSENT), (self.keenness, 1))[0])

    # -- time ----------------------------------------------------------------------------------------------------------

    def _begin_of(self, assignment: Assignment, story: Story) -> datetime:
        """When the first attempt begins, at an hour at which people are awake: early enough for as many as the story tells."""
        assert assignment.due_at is not None
        asleep = timedelta(hours=8)
        if story is Story.LATE:
            begins = assignment.due_at + timedelta(hours=self.rng.uniform(2, 60))
        else:
            margin = 40 * max(0, len(MANNERS[story]) - 1)
            latest = min(assignment.due_at, self.now) - timedelta(hours=3)
            begins, asleep = latest - timedelta(hours=margin + self.rng.uniform(0, 36)), -asleep
        return begins + asleep if wall_clock.local(begins, ZONE).hour < 7 else begins

    def _wait_until(self, moment: datetime, until: datetime | None = None) -> bool:
        """Go on at ``moment`` or, if it has passed, a while after the last thing; False where that is later than ``until`` or now."""
        at = max(moment, self.at + timedelta(minutes=self.rng.uniform(3, 90)))
        if at > (until or self.now - timedelta(hours=1)):
            return False
        self.at = at
        return True

    def _spend(self, low: float, high: float) -> datetime:
        self.at = min(self.at + timedelta(seconds=self.rng.uniform(low, high)), self.now - timedelta(minutes=1))
        return self.at

    # -- reading and practising ------------------------------------------------------------------------------------------

    def _prepare(self, assignment: Assignment, story: Story, until: datetime) -> None:
        module = self.course.modules[assignment.module_id]
        is_half = story is Story.UNDER_WAY
        if story is Story.ABSENT and self.rng.random() > self.keenness / 2:
            return
        for place, lesson in enumerate(self.course.lessons[module.id]):
            begins = assignment.created_at + timedelta(days=self.rng.uniform(0.3, 3.5))
            if self._wait_until(begins, until):
                is_finished = place == 0 if is_half else self.rng.random() < 0.9
                self._read(module, lesson, is_finished=is_finished)
        while self.rng.random() < self.keenness * 0.6:
            if self._wait_until(self.at + timedelta(hours=self.rng.uniform(1, 12)), until):
                self._practise(module)

    def _read_on(self) -> None:
        """The keen read the module that nobody set, and take its own test."""
        module = next(module for module in self.course.modules.values() if module.slug == "evidence")
        for lesson in self.course.lessons[module.id]:
            if self._wait_until(self.at + timedelta(hours=self.rng.uniform(2, 20))):
                self._read(module, lesson, is_finished=True)
        if self._wait_until(self.at + timedelta(hours=3)):
            attempt = attempts.start_test(self.session, self.learner, module, self.at)
            self._answer_all(self._loaded(attempt), Manner.ABLE)

    def _read(self, module: ModuleRow, lesson: LessonRow, *, is_finished: bool) -> None:
        sections = [section["id"] for section in lesson.body["sections"]]
        reached = sections if is_finished else sections[: 1 + len(sections) // 2]
        for section in reached:
            lessons.keep_place(self.session, self.learner, lesson, section, self._spend(30, 150))
        view = lessons.view(self.session, self.learner, module, lesson)
        candidates = catalogue.list_checks(self.session, [part.check.slug for part in view.parts if part.check])
        for check in [part.check for part in view.parts if part.check][: None if is_finished else 1]:
            candidate = candidates[check.slug]
            shown = catalogue.shown(self.session, [candidate.version_id])[candidate.version_id]
            order = [shown.options.index(option.text) for option in check.question.options]
            given = answering.given(shown, order, self._chosen(candidate.version_id))
            at = self._spend(20, 90)
            lessons.answer_check(self.session, self.learner, lesson, candidate, given, check.number, at)
        if is_finished:
            lessons.finish(self.session, self.learner, lesson, self._spend(5, 60))

    def _practise(self, module: ModuleRow) -> None:
        loaded = self._loaded(attempts.start_practice(self.session, self.learner, module, self.at))
        for item in loaded.items:
            if item.response is None and self.rng.random() < 0.95:
                self._answer(loaded, item, self._chosen(item.version_id))
        if self.rng.random() < 0.9:
            submission.submit(self.session, loaded.attempt, self._spend(5, 40))
        self.ability += 0.15

    # -- tests -----------------------------------------------------------------------------------------------------------

    def _take(self, assignment: Assignment, story: Story, begins: datetime) -> None:
        for manner in MANNERS[story]:
            if not self._wait_until(begins):
                return
            granted = due.get_granted(self.session, self.learner, assignment.id, self.at)
            assert granted is not None
            module = self.course.modules[assignment.module_id]
            loaded = self._loaded(attempts.start_assignment(self.session, self.learner, granted, module, self.at))
            self._answer_all(loaded, manner)
            if loaded.attempt.is_passed or (manner is Manner.ABLE and self.rng.random() > self.keenness):
                return
            self.ability += 0.6
            begins = self.at + timedelta(hours=self.rng.uniform(1, 20))

    def _answer_all(self, loaded: Loaded, manner: Manner) -> None:
        for item in loaded.items[: 4 if manner is Manner.STOPS else None]:
            if manner is Manner.ABLE and self.rng.random() < 0.02:
                continue
            self._answer(loaded, item, self._in_manner(loaded, item, manner))
        if manner is not Manner.STOPS:
            submission.submit(self.session, loaded.attempt, self._spend(10, 50))

    def _in_manner(self, loaded: Loaded, item: AttemptItem, manner: Manner) -> Response:
        ids = [each.version_id for each in loaded.items]
        shown = catalogue.shown(self.session, ids)
        if manner in (Manner.ABLE, Manner.STOPS):
            return self._chosen(item.version_id)
        if manner is Manner.POOR:
            return self._chosen(item.version_id, is_right=item.position % 2 == 0)
        slips = [version for version in ids if shown[version].is_critical is (manner is Manner.CRITICAL)]
        return self._chosen(item.version_id, is_right=item.version_id not in slips[:1])

    def _answer(self, loaded: Loaded, item: AttemptItem, response: Response) -> None:
        shown = catalogue.shown(self.session, [item.version_id])[item.version_id]
        is_flagged = True if self.rng.random() < 0.06 and loaded.attempt.deadline_at is None else None
        sure = self._certainty(shown, response) if loaded.attempt.asks_certainty else None
        change = Change(
            answering.given(shown, item.option_order, response), item.revision, certainty=sure, is_flagged=is_flagged
        )
        attempts.record_answer(self.session, loaded, item, change, self._spend(12, 65))

    def _certainty(self, shown: Shown, response: Response) -> int:
        """How sure they say they are: more often when right, too often when not."""
        key = catalogue.keys(self.session, [shown.version_id])[shown.version_id].key
        if mark(shown.kind, key, response).is_right:
            weights = (1, 3, 6)
        else:
            weights = (1, 3, 7) if _difficulty(shown) > MISLEADING else (3, 5, 3)
        return self.rng.choices((1, 2, 3), weights)[0]

    def _loaded(self, attempt: Attempt) -> Loaded:
        loaded = attempts.get_for(self.session, self.person.viewer, attempt.id)
        assert loaded is not None
        return loaded

    # -- knowing ---------------------------------------------------------------------------------------------------------

    def _chosen(self, version_id: int, *, is_right: bool | None = None) -> Response:
        """What this learner answers, by ability against difficulty (Rasch's model), unless it is given."""
        shown = catalogue.shown(self.session, [version_id])[version_id]
        key = catalogue.keys(self.session, [version_id])[version_id].key
        if is_right is None:
            is_right = self.rng.random() < 1 / (1 + math.exp(_difficulty(shown) - self.ability))
        of_question = _of_question(shown)
        return answering.right(shown, key) if is_right else answering.wrong(shown, key, self.rng, of_question)


def _of_question(shown: Shown) -> Random:
    return Random(f"{SEED}:question:{shown.question_id}")  # noqa: S311  repeatable, not secret


def _difficulty(shown: Shown) -> float:
    """On the scale of ability; what many people wrongly take for known is harder still."""
    difficulty = _of_question(shown).gauss(0, 1)
    return difficulty + 1 if difficulty > MISLEADING else difficulty
