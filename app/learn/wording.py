"""Words that learners read about states, release moments and refusals, in one lookup table each."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.domain.assignment import AssignmentState
from app.domain.attempt import (
    AnswerFinal,
    AssignmentClosed,
    AssignmentNotOpen,
    AssignmentWithdrawn,
    AttemptClosed,
    AttemptError,
    CohortArchived,
    InvalidAnswer,
    LearnerExcused,
    LessonsUnfinished,
    ModuleRetired,
    NoAttemptsLeft,
    NoQuestions,
    PrerequisitesUnmet,
    QuestionPassed,
    TooManyChanges,
)
from app.domain.release import ReleaseMoment
from app.learn import blueprint
from app.services.assignments.learner_assignments import AssignmentView
from app.services.attempts.starts import StartView
from app.web.templating import minutes, when

DUE_HEADINGS = {
    AssignmentState.NOT_STARTED: _l("Ready to start"),
    AssignmentState.UNDER_WAY: _l("Your test is running"),
    AssignmentState.SUBMITTED: _l("Submitted"),
    AssignmentState.NOT_PASSED: _l("Not passed yet"),
    AssignmentState.PASSED: _l("Passed"),
    AssignmentState.CLOSED: _l("Closed"),
    AssignmentState.NOT_OPEN: _l("Not open yet"),
    AssignmentState.WAITING: _l("Another test comes first"),
    AssignmentState.LESSONS: _l("Finish the lessons first"),
    AssignmentState.EXCUSED: _l("Excused"),
    AssignmentState.NOT_OFFERED: _l("No longer offered"),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """Text with an icon for the macro ``tag``. ``kind`` is its colour; ``is_date`` marks a due date."""

    kind: str
    icon: str
    words: str
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _RefusalText:
    title: LazyString
    text: LazyString


_REFUSALS: dict[type[AttemptError], _RefusalText] = {
    AttemptClosed: _RefusalText(
        _l("This attempt is closed"),
        _l(
            "It was submitted, or its time was up, before this answer arrived. "
            "Everything saved before then counts; this last change does not."
        ),
    ),
    TooManyChanges: _RefusalText(
        _l("This answer was changed too often"),
        _l(
            "Your last saved answer to this question counts and can no longer be changed. Continue with the other questions."
        ),
    ),
    AnswerFinal: _RefusalText(
        _l("This answer has already been checked"),
        _l("A checked answer is final, because you have seen the feedback. Nothing was changed."),
    ),
    QuestionPassed: _RefusalText(
        _l("This test goes forward only"),
        _l(
            "You have gone on from this question, so it can no longer be opened or changed. "
            "Everything that you saved before you went on counts."
        ),
    ),
    InvalidAnswer: _RefusalText(
        _l("This answer does not fit the question"),
        _l(
            "The form contained a value that the page does not offer. "
            "Nothing was changed. Go back and reload the question."
        ),
    ),
    NoAttemptsLeft: _RefusalText(
        _l("No attempts left"),
        _l("You have used all attempts that this test allows. Your trainer can give you another one."),
    ),
    AssignmentClosed: _RefusalText(
        _l("This test is closed"),
        _l("It closed on its due date, so no new attempt can start. Your trainer can give you more time."),
    ),
    AssignmentNotOpen: _RefusalText(
        _l("This test is not open yet"), _l("You can start on %(opens)s. Nothing was started.")
    ),
    LearnerExcused: _RefusalText(
        _l("You are excused from this test"),
        _l("You don’t have to do anything. Ask your trainer if you would like to take it anyway."),
    ),
    AssignmentWithdrawn: _RefusalText(
        _l("This test was withdrawn"),
        _l("Your trainer withdrew it, so no attempt can start. Your earlier attempts are kept."),
    ),
    ModuleRetired: _RefusalText(
        _l("This test is no longer offered"),
        _l("Its module is not offered at present. Your earlier attempts are kept under Progress."),
    ),
    CohortArchived: _RefusalText(
        _l("This cohort has ended"),
        _l("It is archived, so nothing in it can be started. Your attempts are kept under Progress."),
    ),
    PrerequisitesUnmet: _RefusalText(
        _l("Another test comes first"), _l("Pass this first: %(titles)s. Nothing was started.")
    ),
    LessonsUnfinished: _RefusalText(
        _l("Finish the lessons first"), _l("Finish these lessons first: %(titles)s. Nothing was started.")
    ),
    NoQuestions: _RefusalText(
        _l("There are no questions here yet"),
        _l("This module has no questions for this. Nothing was started."),
    ),
}


def refusal(error: AttemptError) -> Refusal:
    """Explain why a request was refused and what is safe."""
    words = next(_REFUSALS[kind] for kind in type(error).__mro__ if kind in _REFUSALS)
    text = str(words.text)
    if isinstance(error, AssignmentNotOpen):
        text %= {"opens": when(error.opens_at)}
    if isinstance(error, PrerequisitesUnmet | LessonsUnfinished):
        text %= {"titles": "; ".join(error.titles)}
    return Refusal(str(words.title), text)


# -- start pages -------------------------------------------------------------------------------------------------------


@blueprint.app_template_filter()
def start_label(test: StartView) -> str:
    """Return the label of the button that starts the clock: ``Start: 14 questions, 20 minutes``."""
    questions = ngettext("%(num)s question", "%(num)s questions", test.questions)
    seconds = test.time.seconds
    if seconds is None:
        return _("Start: %(questions)s, no time limit", questions=questions)
    whole = seconds // 60
    time = ngettext("%(num)s minute", "%(num)s minutes", whole) if whole else minutes(seconds)
    return _("Start: %(questions)s, %(time)s", questions=questions, time=time)


@blueprint.app_template_filter()
def release_rows(test: StartView) -> list[tuple[str, str]]:
    """Return what a learner will see, and when: rows that are shown at the same moment are one."""
    plan = test.release
    score, marks = _("Your score"), _describe_release(plan.mark, test)
    correctness = _describe_release(plan.correctness, test, waits=True)
    key = _describe_release(plan.key, test, waits=True)
    explanation = _describe_release(plan.explanation, test, waits=True)
    if marks == correctness == key == explanation:
        return [(_("Score, correct answers and explanations"), marks)]
    if correctness == key == explanation:
        return [(score, marks), (_("Correct answers and explanations"), key)]
    if key == explanation:
        return [
            (score, marks),
            (_("Which answers were correct"), correctness),
            (_("Correct answers and explanations"), key),
        ]
    return [
        (score, marks),
        (_("Which answers were correct"), correctness),
        (_("Correct answers"), key),
        (_("Explanations"), explanation),
    ]


def _describe_release(moment: ReleaseMoment, test: StartView, *, waits: bool = False) -> str:
    if waits and test.waits_for:
        titles = "; ".join(_("“%(title)s”", title=title) for title in test.waits_for)
        return _("after you have finished %(titles)s, which may ask the same questions", titles=titles)
    closes = when(test.over_at) if test.over_at else ""
    match moment:
        case ReleaseMoment.EACH_ANSWER:
            return _("right after each answer")
        case ReleaseMoment.SUBMISSION:
            return _("as soon as you submit")
        case ReleaseMoment.LAST_ATTEMPT if closes:
            return _("after your last attempt, or when the test closes for everyone (%(when)s)", when=closes)
        case ReleaseMoment.LAST_ATTEMPT:
            return _("after your last attempt")
        case ReleaseMoment.CLOSING:
            return _("when the test has closed for everyone (%(when)s)", when=closes)


# -- assignments -------------------------------------------------------------------------------------------------------


@blueprint.app_template_filter()
def due_heading(item: AssignmentView) -> str:
    if item.state is AssignmentState.SUBMITTED and item.is_being_marked:
        return _("Being marked")
    return _("Done") if item.is_pretest and item.state is AssignmentState.PASSED else str(DUE_HEADINGS[item.state])


@blueprint.app_template_filter()
def due_explanation(item: AssignmentView) -> str | None:
    """Return why no attempt can start now, or what became of the last one; None if a button is shown instead."""
    if item.unmarked_attempt_id:
        return _explain_unmarked(item)
    if item.was_due_before_joining and item.state is AssignmentState.CLOSED and not item.attempts_used:
        return _("It closed before you joined. Your trainer can give you a later date.")
    match item.state:
        case AssignmentState.SUBMITTED if item.can_start:
            return _("Your trainer decided that the score is shown later. You can already try again.")
        case AssignmentState.SUBMITTED:
            return _("Your trainer decided that the score is shown later.")
        case AssignmentState.NOT_OPEN if item.opens_at:
            return _("You can start on %(when)s.", when=when(item.opens_at))
        case AssignmentState.WAITING:
            return _("Pass this first: %(titles)s.", titles="; ".join(item.first))
        case AssignmentState.LESSONS:
            return _("Finish these lessons first:")
        case AssignmentState.EXCUSED:
            return _("You don’t have to do anything.")
        case AssignmentState.CLOSED | AssignmentState.NOT_OFFERED if item.hindrance:
            return refusal(item.hindrance).text
    return None


def _explain_unmarked(item: AssignmentView) -> str:
    if item.is_being_marked:
        return _("Your trainer is marking your answers. You will see the score when all of them are marked.")
    return _("Your time was up, so your answers were submitted. Open the attempt to see its result.")


@blueprint.app_template_filter()
def due_tag(item: AssignmentView) -> Tag | None:
    """Return the tag of an assignment in the list, or None if it is open and has no due date."""
    match item.state:
        case AssignmentState.UNDER_WAY:
            return Tag("accent", "clock", _("Running now"))
        case AssignmentState.PASSED:
            return _get_passed_tag(item)
        case AssignmentState.SUBMITTED:
            return _get_submitted_tag(item)
        case AssignmentState.EXCUSED:
            return Tag("", "excused", _("Excused"))
        case AssignmentState.CLOSED:
            return Tag("", "excused", _("Closed"))
        case AssignmentState.NOT_OPEN if item.opens_at:
            return Tag("", "clock", _("Opens %(when)s", when=when(item.opens_at)))
    if item.due_at is None:
        return None
    if item.was_due_before_joining:
        return Tag("", "clock", _("Was due before you joined"))
    if item.is_overdue:
        return Tag("wrong", "alert", _("Overdue"), is_date=True)
    return Tag("", "clock", _("Due"), is_date=True)


def _get_submitted_tag(item: AssignmentView) -> Tag:
    if item.is_being_marked:
        return Tag("", "clock", _("Being marked"))
    return Tag("", "check", _("Submitted; score comes later"))


def _get_passed_tag(item: AssignmentView) -> Tag:
    if item.is_pretest:
        return Tag("", "check", _("Done, %(percent)s%%", percent=item.percent))
    return Tag("right", "check", _("Passed, %(percent)s%%", percent=item.percent))


@blueprint.app_template_filter()
def due_result(item: AssignmentView) -> str | None:
    """Return the released result that counts, and why a high score is not a pass."""
    if item.percent is None or item.state is AssignmentState.PASSED:
        return None
    if item.is_safety_missed:
        return _(
            "%(percent)s%%, not passed: you missed a safety-critical question. All of these must be right.",
            percent=item.percent,
        )
    return _("%(percent)s%%, not passed: you need %(mark)s%%.", percent=item.percent, mark=item.pass_mark_percent)
