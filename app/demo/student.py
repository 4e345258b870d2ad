"""A simulated learner of the demo: reads, practises, takes tests and makes typical mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo.cast import MANNERS_BY_STORY, SEED, ZONE, AssignmentStory, AttemptManner
from app.demo.lookalikes import Lookalikes
from app.domain import wall_clock
from app.domain.kinds import Response
from app.domain.marking import mark_response
from app.domain.paper import PaperItem
from app.domain.question import QuestionText
from app.models import Assignment, Attempt, Learner, LessonRow, ModuleRow
from app.permissions import Viewer
from app.services.assignments import availability
from app.services.attempts import answering, attempts, lessons
from app.services.attempts.answering import AnswerChange
from app.services.attempts.attempts import OwnAttempt
from app.services.course import body_map, catalogue
from app.services.course.lesson_texts import get_lesson_text
from app.services.marking import submission

MISLEADING = 0.8
"""Above this difficulty (one question in five), learners err because they hold a misconception with confidence."""

TIME_TO_SUBMIT = timedelta(minutes=2)
"""A learner with less time left submits, so that no answer is late."""

UNTAUGHT = 2.0
"""How much lower ability is before the lessons."""


@dataclass(frozen=True, slots=True)
class DemoLearner:
    name: str
    viewer: Viewer
    learner: Learner


class PublishedCourse:
    """The published course, read once."""

    def __init__(self, session: Session) -> None:
        self.modules = {module.id: module for module in catalogue.list_modules(session)}
        its = select(LessonRow).where(LessonRow.retired_at.is_(None), LessonRow.module_id.in_(self.modules))
        rows = session.scalars(its.order_by(LessonRow.position))
        self.lessons: dict[int, list[LessonRow]] = {module_id: [] for module_id in self.modules}
        for row in rows:
            self.lessons[row.module_id].append(row)
        self.lookalikes = Lookalikes(body_map.get_atlas(session))


class Student:
    """Simulates one learner. ``at`` is their clock, which only moves forward and never beyond now."""

    def __init__(self, session: Session, course: PublishedCourse, person: DemoLearner, now: datetime) -> None:
        self.session, self.course, self.person, self.now = session, course, person, now
        self.learner = person.learner
        self.rng = Random(f"{SEED}:learner:{person.name}")  # noqa: S311  repeatable, not secret
        self.ability = self.rng.gauss(2.1, 0.8)
        self.keenness = self.rng.uniform(0.35, 1.0)
        self.at = person.learner.created_at
        self.has_read: set[int] = set()

    def live(self, works: Sequence[Assignment], told: Sequence[AssignmentStory]) -> None:
        """Take the assignments in turn, by the stories ``told`` or, if there are none, by random ones."""
        stories = told or self._draw_stories(works)
        for assignment, story in zip(works, stories, strict=False):
            begins = self._choose_start(assignment, story)
            if assignment.pretest_id is not None and story is not AssignmentStory.ABSENT:
                self._take_pretest(assignment.pretest_id, begins, is_told=bool(told))
            self._prepare(assignment, story, until=begins - timedelta(hours=2))
            self._take(assignment, begins, MANNERS_BY_STORY[story])
        if self.keenness > 0.75:
            self._read_on()

    def _draw_stories(self, works: Sequence[Assignment]) -> list[AssignmentStory]:
        """Draw stories: keen learners miss fewer assignments, and fewer have started those that are due later."""
        return [self._draw_story(assignment) for assignment in works]

    def _draw_story(self, assignment: Assignment) -> AssignmentStory:
        assert assignment.due_at is not None
        if assignment.due_at < self.now:
            return self.rng.choices(
                (AssignmentStory.ORDINARY, AssignmentStory.LATE, AssignmentStory.ABSENT), (12 * self.keenness, 1, 0.6)
            )[0]
        is_soon = assignment.due_at < self.now + timedelta(days=4)
        return self.rng.choices(
            (AssignmentStory.ORDINARY, AssignmentStory.ABSENT), (self.keenness, 0.8 if is_soon else 3)
        )[0]

    # -- time ----------------------------------------------------------------------------------------------------------

    def _choose_start(self, assignment: Assignment, story: AssignmentStory) -> datetime:
        """Choose when the first attempt starts: by day, and early enough for all attempts of the story."""
        assert assignment.due_at is not None
        asleep = timedelta(hours=8)
        if story is AssignmentStory.LATE:
            begins = assignment.due_at + timedelta(hours=self.rng.uniform(2, 60))
        else:
            margin = 25 * max(0, len(MANNERS_BY_STORY[story]) - 1)
            latest = min(assignment.due_at, self.now) - timedelta(hours=3)
            begins, asleep = latest - timedelta(hours=margin + self.rng.uniform(0, 36)), -asleep
        if assignment.opens_at is not None:
            begins = max(begins, assignment.opens_at + timedelta(hours=1))
        return begins + asleep if wall_clock.to_local(begins, ZONE).hour < 7 else begins

    def _wait_until(self, moment: datetime, until: datetime | None = None) -> bool:
        """Move the clock to ``moment`` or a while after the last action; return False if that is too late."""
        at = skip_night(max(moment, self.at + timedelta(minutes=self.rng.uniform(3, 90))))
        if at > (until or self.now - timedelta(hours=1)):
            return False
        self.at = at
        return True

    def _spend(self, low: float, high: float) -> datetime:
        self.at = min(self.at + timedelta(seconds=self.rng.uniform(low, high)), self.now - timedelta(minutes=1))
        return self.at

    # -- reading and practising ----------------------------------------------------------------------------------------

    def _prepare(self, assignment: Assignment, story: AssignmentStory, until: datetime) -> None:
        module = self.course.modules[assignment.module_id]
        is_half = story is AssignmentStory.UNDER_WAY
        if module.id in self.has_read:
            self._read_again(module, assignment, until)
            return
        if story is AssignmentStory.ABSENT and self.rng.random() > self.keenness / 2:
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
        """Finish the lessons that are set with the assignment and were left unfinished before."""
        left = {
            one.slug for one in availability.list_lessons(self.session, self.learner, assignment.id) if not one.is_done
        }
        for lesson in self.course.lessons[module.id]:
            if lesson.slug in left and self._wait_until(assignment.created_at + timedelta(hours=5), until):
                lessons.finish_lesson(self.session, self.learner, lesson, self._spend(200, 600))

    def _read_on(self) -> None:
        """Let a keen learner read on in a module and take its own test."""
        module = next(module for module in self.course.modules.values() if module.slug == "evidence")
        for lesson in self.course.lessons[module.id]:
            if self._wait_until(self.at + timedelta(hours=self.rng.uniform(2, 20))):
                self._read(module, lesson, is_finished=True)
        if self._wait_until(self.at + timedelta(hours=3)):
            attempt = attempts.start_test(self.session, self.learner, module, self.at)
            self._answer_all(self._load(attempt), AttemptManner.ABLE)

    def _read(self, module: ModuleRow, lesson: LessonRow, *, is_finished: bool) -> None:
        sections = [section["id"] for section in lesson.body["sections"]]
        reached = sections if is_finished else sections[: 1 + len(sections) // 2]
        for section in reached:
            lessons.save_reading_position(self.session, self.learner, lesson, section, self._spend(30, 150))
        text = get_lesson_text(self.session, module.slug, lesson.slug)
        assert text is not None, f"{lesson.slug}: no such lesson is published"
        view = lessons.view_lesson(self.session, self.learner, text)
        for check in [part.check for part in view.parts if part.check][: None if is_finished else 1]:
            candidate = text.checks[check.slug]
            shown = catalogue.get_texts(self.session, [candidate.version_id])[candidate.version_id]
            order = lessons.order_of(lesson, candidate, check.number)
            given = shown.kind.fill(shown, order, self._draw_response(candidate.version_id))
            at = self._spend(20, 90)
            lessons.answer_check(self.session, self.learner, lesson, candidate, given, check.number, at)
        if is_finished:
            lessons.finish_lesson(self.session, self.learner, lesson, self._spend(5, 60))

    def _practise(self, module: ModuleRow) -> None:
        loaded = self._load(attempts.start_practice(self.session, self.learner, module, self.at))
        for item in loaded.items:
            if item.response is None and self.rng.random() < 0.95:
                self._answer(loaded, item, self._draw_response(item.version_id))
        if self.rng.random() < 0.9:
            submission.submit(self.session, loaded.attempt, self._spend(5, 40))
        self.ability += 0.15

    # -- tests ---------------------------------------------------------------------------------------------------------

    def _take_pretest(self, pretest_id: int, begins: datetime, *, is_told: bool) -> None:
        """Take the pre-test with the ability before the lessons; one in ten learners without stories takes it late."""
        pretest = self.session.get_one(Assignment, pretest_id)
        at = pretest.created_at + timedelta(hours=self.rng.uniform(1, 36))
        self.ability -= UNTAUGHT
        is_late = not is_told and self.rng.random() < 0.1
        self._take(pretest, begins - timedelta(hours=9) if is_late else at, (AttemptManner.UNTAUGHT,))
        self.ability += UNTAUGHT

    def _take(self, assignment: Assignment, begins: datetime, manners: Sequence[AttemptManner]) -> None:
        for number, manner in enumerate(manners, start=1):
            if not self._wait_until(begins):
                return
            granted = availability.get_available(self.session, self.learner, assignment.id, self.at)
            assert granted is not None
            if granted.find_hindrance(self.at, used=number - 1, questions=1) is not None:
                return
            module = self.course.modules[assignment.module_id]
            loaded = self._load(attempts.start_assignment(self.session, self.learner, granted, module, self.at))
            self._answer_all(loaded, manner)
            if loaded.attempt.is_passed or (manner is AttemptManner.ABLE and self.rng.random() > self.keenness + 0.3):
                return
            self.ability += 0.6
            begins = self.at + timedelta(hours=self.rng.uniform(1, 20))

    def _answer_all(self, loaded: OwnAttempt, manner: AttemptManner) -> None:
        deadline = loaded.attempt.deadline_at
        for item in loaded.items[: 4 if manner is AttemptManner.STOPS else None]:
            if deadline is not None and self.at + TIME_TO_SUBMIT > deadline:
                break
            if manner is AttemptManner.ABLE and self.rng.random() < 0.02:
                continue
            self._answer(loaded, item, self._choose_response(loaded, item, manner))
        if manner is not AttemptManner.STOPS:
            submission.submit(self.session, loaded.attempt, self._spend(10, 50))

    def _choose_response(self, loaded: OwnAttempt, item: PaperItem, manner: AttemptManner) -> Response:
        ids = [each.version_id for each in loaded.items]
        shown = catalogue.get_texts(self.session, ids)
        if manner in (AttemptManner.ABLE, AttemptManner.STOPS):
            return self._draw_response(item.version_id)
        if manner is AttemptManner.UNTAUGHT:
            # Most learners know the dangers before the lessons.
            return self._draw_response(item.version_id, is_right=shown[item.version_id].is_critical or None)
        if manner is AttemptManner.POOR:
            return self._draw_response(item.version_id, is_right=item.position % 3 > 0)
        slips = [version for version in ids if shown[version].is_critical is (manner is AttemptManner.CRITICAL)]
        return self._draw_response(item.version_id, is_right=item.version_id not in slips[:1])

    def _answer(self, loaded: OwnAttempt, item: PaperItem, response: Response) -> None:
        shown = catalogue.get_texts(self.session, [item.version_id])[item.version_id]
        is_flagged = True if self.rng.random() < 0.06 and loaded.attempt.deadline_at is None else None
        sure = self._draw_certainty(shown, response) if loaded.attempt.asks_certainty else None
        change = AnswerChange(
            fields=shown.kind.fill(shown, item.option_order, response),
            revision=item.revision,
            certainty=sure,
            is_flagged=is_flagged,
        )
        answering.record_answer(self.session, loaded, item, change, self._spend(12, 65))

    def _draw_certainty(self, shown: QuestionText, response: Response) -> int:
        """Draw the stated certainty: higher for right answers, and too high for confident misconceptions."""
        key = catalogue.get_solutions(self.session, [shown.version_id])[shown.version_id].key
        if mark_response(shown.kind, key, response).is_right:
            weights = (1, 3, 6)
        else:
            weights = (1, 3, 7) if _get_question_seed(shown).gauss(0, 1) > MISLEADING else (3, 5, 3)
        return self.rng.choices((1, 2, 3), weights)[0]

    def _load(self, attempt: Attempt) -> OwnAttempt:
        loaded = attempts.get_for(self.session, self.person.viewer, attempt.id)
        assert loaded is not None
        return loaded

    # -- knowing -------------------------------------------------------------------------------------------------------

    def _draw_response(self, version_id: int, *, is_right: bool | None = None) -> Response:
        """Draw an answer; ``is_right`` None decides by ability and difficulty (Rasch model)."""
        shown = catalogue.get_texts(self.session, [version_id])[version_id]
        key = catalogue.get_solutions(self.session, [version_id])[version_id].key
        if is_right is None:
            is_right = self.rng.random() < 1 / (1 + math.exp(_draw_difficulty(shown) - self.ability))
        if is_right:
            return shown.kind.right_response(shown, key)
        likeness = self.course.lookalikes.of(shown, key)
        return shown.kind.wrong_response(shown, key, self.rng, _get_question_seed(shown), likeness)


def skip_night(moment: datetime) -> datetime:
    """Return ``moment``, moved by seven hours if it lies between midnight and seven."""
    return moment + timedelta(hours=7) if wall_clock.to_local(moment, ZONE).hour < 7 else moment


def _get_question_seed(shown: QuestionText) -> Random:
    return Random(f"{SEED}:question:{shown.question_id}")  # noqa: S311  repeatable, not secret


def _draw_difficulty(shown: QuestionText) -> float:
    """Draw a question's difficulty, on the scale of ability.

    Misconceptions and pictures make a question harder. Safety-critical questions are easy, because they are taught
    until nearly everybody knows the answer.
    """
    drawn = _get_question_seed(shown).gauss(0, 1)
    if shown.is_critical:
        return min(drawn, MISLEADING) - 2
    difficulty = drawn + 1 if drawn > MISLEADING else drawn
    return difficulty + 0.8 if shown.picture else difficulty
