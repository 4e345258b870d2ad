"""A learner of the demo, living through the weeks: reads, practises, takes what is set, and is wrong as people are wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo import answering
from app.demo.cast import MANNERS, SEED, ZONE, Manner, Story
from app.demo.lookalikes import Lookalikes
from app.domain import wall_clock
from app.domain.content import Kind
from app.domain.marking import mark
from app.domain.question import Shown
from app.domain.response import Response
from app.models import Assignment, Attempt, AttemptItem, Learner, LessonRow, ModuleRow
from app.permissions import Viewer
from app.services.assigned import due
from app.services.course import body_map, catalogue, lessons
from app.services.marking import submission
from app.services.taking import attempts
from app.services.taking.attempts import Change, Loaded

MISLEADING = 0.8
"""From this difficulty on, one question in five, people go wrong because they are sure of something else."""

UNTAUGHT = 2.0
"""How much less able people are before the lessons."""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    viewer: Viewer
    learner: Learner


class Course:
    """What is published, read once."""

    def __init__(self, session: Session) -> None:
        self.modules = {module.id: module for module in catalogue.list_modules(session)}
        rows = session.scalars(select(LessonRow).where(LessonRow.retired_at.is_(None)).order_by(LessonRow.position))
        self.lessons: dict[int, list[LessonRow]] = {module_id: [] for module_id in self.modules}
        for row in rows:
            self.lessons[row.module_id].append(row)
        self.lookalikes = Lookalikes(body_map.get(session))


class Student:
    """One learner, living through the weeks. ``at`` is their clock; it only goes forward, and never beyond now."""

    def __init__(self, session: Session, course: Course, person: Person, now: datetime) -> None:
        self.session, self.course, self.person, self.now = session, course, person, now
        self.learner = person.learner
        self.rng = Random(f"{SEED}:learner:{person.name}")  # noqa: S311  repeatable, not secret
        self.ability = self.rng.gauss(2.1, 0.8)
        self.keenness = self.rng.uniform(0.35, 1.0)
        self.at = person.learner.created_at
        self.has_read: set[int] = set()

    def live(self, works: Sequence[Assignment], told: Sequence[Story]) -> None:
        """Take each of ``works`` in turn: as it is ``told``, or, where nothing is told of them, as they are."""
        stories = told or self._stories(works)
        for assignment, story in zip(works, stories, strict=False):
            begins = self._begin_of(assignment, story)
            if assignment.pretest_id is not None and story is not Story.ABSENT:
                self._take_before(assignment.pretest_id, begins, is_told=bool(told))
            self._prepare(assignment, story, until=begins - timedelta(hours=2))
            self._take(assignment, begins, MANNERS[story])
        if self.keenness > 0.75:
            self._read_on()

    def _stories(self, works: Sequence[Assignment]) -> list[Story]:
        """Mostly the ordinary; the keener, the fewer holes. The later something is due, the fewer have thought of it."""
        return [self._story(assignment) for assignment in works]

    def _story(self, assignment: Assignment) -> Story:
        assert assignment.due_at is not None
        if assignment.due_at < self.now:
            return self.rng.choices((Story.ORDINARY, Story.LATE, Story.ABSENT), (12 * self.keenness, 1, 0.6))[0]
        is_soon = assignment.due_at < self.now + timedelta(days=4)
        return self.rng.choices((Story.ORDINARY, Story.ABSENT), (self.keenness, 0.8 if is_soon else 3))[0]

    # -- time ----------------------------------------------------------------------------------------------------------

    def _begin_of(self, assignment: Assignment, story: Story) -> datetime:
        """When the first attempt begins, at an hour at which people are awake: early enough for as many as the story tells."""
        assert assignment.due_at is not None
        asleep = timedelta(hours=8)
        if story is Story.LATE:
            begins = assignment.due_at + timedelta(hours=self.rng.uniform(2, 60))
        else:
            margin = 25 * max(0, len(MANNERS[story]) - 1)
            latest = min(assignment.due_at, self.now) - timedelta(hours=3)
            begins, asleep = latest - timedelta(hours=margin + self.rng.uniform(0, 36)), -asleep
        if assignment.opens_at is not None:
            begins = max(begins, assignment.opens_at + timedelta(hours=1))
        return begins + asleep if wall_clock.local(begins, ZONE).hour < 7 else begins

    def _wait_until(self, moment: datetime, until: datetime | None = None) -> bool:
        """Go on at ``moment`` or, if it has passed, a while after the last thing; False where that is later than ``until`` or now."""
        at = awake(max(moment, self.at + timedelta(minutes=self.rng.uniform(3, 90))))
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
        if module.id in self.has_read:
            self._read_again(module, assignment, until)
            return
        if story is Story.ABSENT and self.rng.random() > self.keenness / 2:
            return
        self.has_read.add(module.id)
        since = assignment.opens_at or assignment.created_at
        for place, lesson in enumerate(self.course.lessons[module.id]):
            begins = since + timedelta(days=self.rng.uniform(0.3, 3.5))
            if self._wait_until(begins, until):
                is_finished = place == 0 if is_half else self.rng.random() < 0.9
                self._read(module, lesson, is_finished=is_finished)
        while self.rng.random() < self.keenness * 0.6:
            if self._wait_until(self.at + timedelta(hours=self.rng.uniform(1, 12)), until):
                self._practise(module)

    def _read_again(self, module: ModuleRow, assignment: Assignment, until: datetime) -> None:
        """What is set of a module that they have read: to the end, where they left it in the middle."""
        left = {one.slug for one in due.list_lessons(self.session, self.learner, assignment.id) if not one.is_done}
        for lesson in self.course.lessons[module.id]:
            if lesson.slug in left and self._wait_until(assignment.created_at + timedelta(hours=5), until):
                lessons.finish(self.session, self.learner, lesson, self._spend(200, 600))

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

    def _take_before(self, pretest_id: int, begins: datetime, *, is_told: bool) -> None:
        """The test before the teaching, with what they bring along: in time, but for one in ten of whom nothing is told."""
        pretest = self.session.get_one(Assignment, pretest_id)
        at = pretest.created_at + timedelta(hours=self.rng.uniform(1, 36))
        self.ability -= UNTAUGHT
        is_late = not is_told and self.rng.random() < 0.1
        self._take(pretest, begins - timedelta(hours=9) if is_late else at, (Manner.UNTAUGHT,))
        self.ability += UNTAUGHT

    def _take(self, assignment: Assignment, begins: datetime, manners: Sequence[Manner]) -> None:
        for number, manner in enumerate(manners, start=1):
            if not self._wait_until(begins):
                return
            granted = due.get_granted(self.session, self.learner, assignment.id, self.at)
            assert granted is not None
            allowed = granted.effective.attempts_allowed
            if granted.hindrance(self.at) is not None or (allowed is not None and number > allowed):
                return
            module = self.course.modules[assignment.module_id]
            loaded = self._loaded(attempts.start_assignment(self.session, self.learner, granted, module, self.at))
            self._answer_all(loaded, manner)
            if loaded.attempt.is_passed or (manner is Manner.ABLE and self.rng.random() > self.keenness + 0.3):
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
        if manner is Manner.UNTAUGHT:
            # What is dangerous is known to most people before they are taught.
            return self._chosen(item.version_id, is_right=shown[item.version_id].is_critical or None)
        if manner is Manner.POOR:
            return self._chosen(item.version_id, is_right=item.position % 3 > 0)
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
            weights = (1, 3, 7) if _of_question(shown).gauss(0, 1) > MISLEADING else (3, 5, 3)
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
        if is_right:
            return answering.right(shown, key)
        likeness = self.course.lookalikes.of(shown, key)
        return answering.wrong(shown, key, self.rng, _of_question(shown), likeness)


def awake(moment: datetime) -> datetime:
    """Return the moment itself or, in the night, as long after seven in the morning."""
    return moment + timedelta(hours=7) if wall_clock.local(moment, ZONE).hour < 7 else moment


def _of_question(shown: Shown) -> Random:
    return Random(f"{SEED}:question:{shown.question_id}")  # noqa: S311  repeatable, not secret


def _difficulty(shown: Shown) -> float:
    """On the scale of ability.

    What many people wrongly take for known is harder still, and so is the body map; what is dangerous is taught until all but a few know it.
    """
    drawn = _of_question(shown).gauss(0, 1)
    if shown.is_critical:
        return min(drawn, MISLEADING) - 2
    difficulty = drawn + 1 if drawn > MISLEADING else drawn
    return difficulty + 0.8 if shown.kind is Kind.REGION else difficulty
