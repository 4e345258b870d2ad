"""Forms for an assignment's terms and exceptions.

They check only the shape of the input. The rules are in the domain; their messages are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.domain import wall_clock
from app.domain.assignment import ExceptionTerms, GradingMethod, TermsError
from app.domain.content import Use
from app.domain.release import PolicyError, ReleaseMoment, ReleasePolicy, check_policy, plan_release
from app.models import ModuleRow
from app.services.assignments.assignments import Terms
from app.services.assignments.options import AssignmentOptions, OptionError
from app.web.forms import clean_line, form_id_field
from app.web.templating import label_person, shared_names
from app.web.urls import parse_id

DAY_START, DAY_END = time(0, 0), time(23, 59)
"""The times meant by a date without a time: for an opening, and for a due date."""

MOMENT_LABELS = {
    ReleaseMoment.EACH_ANSWER: _l("After each answer"),
    ReleaseMoment.SUBMISSION: _l("After each attempt"),
    ReleaseMoment.LAST_ATTEMPT: _l("After the last attempt"),
    ReleaseMoment.CLOSING: _l("After the due date, when the test closes"),
}
KEY_MOMENT_LABELS = MOMENT_LABELS | {
    ReleaseMoment.SUBMISSION: _l("After each attempt, or after the last if attempts are limited"),
}
"""For what gives the key away, which is kept until the last of a limited number of attempts."""
QUESTION_USE_LABELS = {
    Use.EXAM: _l("Exam questions, which are shown nowhere else"),
    Use.TEST: _l("The module’s test questions, which everybody can see in its self-test"),
}
EXAM_IF_ANY = "exam_if_any"
"""The choice of questions that a new assignment starts with, so that each module has a default that suits it."""
COUNTS_LABELS = {
    GradingMethod.BEST: _l("The best attempt"),
    GradingMethod.LATEST: _l("The latest attempt"),
}
FAULT_MESSAGES: dict[PolicyError | TermsError | OptionError, LazyString] = {
    PolicyError.MARK_EACH_ANSWER: _l("The score exists only after submission. Choose a later moment."),
    PolicyError.BEFORE_WHAT_IT_TELLS: _l("This would reveal the item above it. Choose the same moment or a later one."),
    PolicyError.NO_LAST_ATTEMPT: _l("Unlimited attempts have no last one. Limit the number of attempts."),
    PolicyError.NEVER_CLOSES: _l("Without a due date, the test never closes. Set a due date."),
    TermsError.DUE_BEFORE_OPENING: _l("This is before the opening. Choose a later due date or an earlier opening."),
    TermsError.PAST: _l("This date is in the past. Choose a later one."),
    TermsError.LIMIT_BEYOND_CLOSING: _l(
        "The test closes before this time is up. Open it earlier, close it later, or shorten the limit."
    ),
    TermsError.EXCUSED_AND_MORE: _l("Excused learners need nothing else. Clear the other fields, or clear this box."),
    TermsError.NOTHING_GRANTED: _l("Nothing is granted yet. Fill in at least one field, or excuse the learner."),
    TermsError.NOT_LATER: _l("This is not later than the due date for everybody. An exception cannot take time away."),
    TermsError.NEVER_DUE: _l("The assignment has no due date, so a later one has no effect."),
    TermsError.ANY_NUMBER: _l("Attempts are unlimited for everybody already."),
    OptionError.OTHER_MODULES_LESSONS: _l("Some of these lessons belong to another module."),
    OptionError.NOTHING_TO_ASK: _l("The test has no questions about these lessons. Add a lesson, or choose none."),
    OptionError.LESSONS_OF_TEST: _l("A test of your own comes without lessons. Select none here, and clear the box."),
    OptionError.NOBODY: _l("Choose at least one learner, or assign it to everybody."),
    OptionError.CIRCLE: _l("One of these has to be passed after this assignment, so nobody could start."),
    OptionError.REQUIRED_TOO_LATE: _l("One of these opens, or shows its score, only after this assignment is due."),
    OptionError.OTHER_MODULES_PRETEST: _l(
        "Learning gain can only be measured within one module, or one test of yours."
    ),
    OptionError.PRETEST_AFTER: _l("This assignment comes later, or depends on this one. Choose an earlier one."),
    OptionError.NO_EXAM_QUESTIONS: _l(
        "This module has no exam questions. Choose the module’s test questions, or a module that is listed here."
    ),
    OptionError.PRETEST_TWICE: _l("You also asked for a new pre-test. Choose one of the two."),
}
_STRUCTURE = (
    *("module", "test", "opens_date", "opens_time", "due_date", "due_time"),
    *("lessons", "counts", "question_use", "audience", "recipients", "required", "pretest"),
)


def add_fault(field: Field, message: str | LazyString) -> bool:
    field.errors = [*field.errors, message]
    return False


def _number_field(label: LazyString, low: int, high: int) -> IntegerField:
    within = NumberRange(low, high, message=_l("Enter a whole number from %(low)s to %(high)s.", low=low, high=high))
    return IntegerField(
        label, validators=[Optional(), within], render_kw={"min": low, "max": high, "inputmode": "numeric"}
    )


def _when_field(label: LazyString, words: Mapping[ReleaseMoment, LazyString] = MOMENT_LABELS) -> SelectField:
    choices = [SelectChoice(when.value, label) for when, label in words.items()]
    return SelectField(label, choices=choices, default=ReleaseMoment.SUBMISSION.value)


def _ids_field(label: LazyString) -> SelectMultipleField:
    """Build a field for several ids. The page renders the checkboxes."""
    return SelectMultipleField(label, coerce=int, default=[], choices=[])


class _TimesForm(FlaskForm):  # type: ignore[misc]
    """A form with moments in a time zone, each with a date and a time field. Both may be empty."""

    def __init__(self, time_zone: str, **given: Any) -> None:
        super().__init__(**given)
        self.time_zone = time_zone

    def moment(self, name: str, default: time) -> datetime | None:
        """Return the moment of ``<name>_date`` and ``<name>_time``; a date without a time means ``default``.

        Return None if both are empty or one is invalid; an invalid field gets an error.
        """
        date, time_field = self[f"{name}_date"], self[f"{name}_time"]
        if date.errors or time_field.errors or (date.data is None and time_field.data is None):
            return None
        if date.data is None:
            add_fault(date, _("Enter a date as well."))
            return None
        if time_field.data is None:
            # Shown if the form comes back with errors elsewhere.
            time_field.data, time_field.raw_data = default, [f"{default:%H:%M}"]
        try:
            return wall_clock.to_utc(datetime.combine(date.data, time_field.data), self.time_zone)
        except wall_clock.NoSuchTimeError:
            add_fault(time_field, _("The clocks skip this time on that day. Choose another time."))
        except OverflowError:
            add_fault(date, _("This date is too far away."))
        return None


def split_moment(name: str, moment: datetime | None, time_zone: str) -> dict[str, object]:
    """Return the values of a moment's date and time fields."""
    shown = wall_clock.to_local(moment, time_zone) if moment else None
    return {f"{name}_date": shown and shown.date(), f"{name}_time": shown and shown.time()}


class AssignmentForm(_TimesForm):
    """Terms of an assignment. ``revision`` is the revision that the page showed, or 0 for none."""

    form_id = form_id_field()
    revision = HiddenField(default="0")
    module = SelectField(_l("Module"), coerce=int, validators=[InputRequired(_l("Choose a module."))])
    test = SelectField(_l("Test"), coerce=int, default=0)
    title = StringField(
        _l("Title"),
        filters=[clean_line],
        validators=[Length(max=200, message=_l("Use at most 200 characters."))],
        render_kw={"maxlength": 200},
    )
    opens_date = DateField(_l("Opens on"), validators=[Optional()])
    opens_time = TimeField(_l("Opening time"), validators=[Optional()])
    due_date = DateField(_l("Due on"), validators=[Optional()])
    due_time = TimeField(_l("Due time"), validators=[Optional()])
    lessons = _ids_field(_l("Lessons"))
    lessons_first = BooleanField(_l("Lessons must be finished before the test"))
    attempts_allowed = _number_field(_l("Attempts"), 1, 100)
    time_limit_minutes = _number_field(_l("Time limit in minutes"), 1, 600)
    pass_mark_percent = _number_field(_l("Pass mark in per cent"), 1, 100)
    counts = SelectField(
        _l("Which attempt counts"),
        choices=[SelectChoice(one.value, words) for one, words in COUNTS_LABELS.items()],
        default="best",
    )
    question_use = RadioField(
        _l("Questions"),
        choices=[SelectChoice(use.value, words) for use, words in QUESTION_USE_LABELS.items()],
        default=Use.TEST.value,
    )
    audience = RadioField(
        _l("Assigned to"),
        choices=[
            SelectChoice("all", _l("Everybody in the cohort")),
            SelectChoice("some", _l("Selected learners")),
        ],
        default="all",
    )
    recipients = _ids_field(_l("Learners"))
    required = _ids_field(_l("Must be passed first"))
    also_pretest = BooleanField(_l("Add a pre-test"))
    pretest = SelectField(_l("Measure learning gain from"), coerce=int, default=0)
    asks_certainty = BooleanField(_l("Ask how certain they are"))
    release_mark = _when_field(_l("The score"))
    release_correctness = _when_field(_l("Which answers were correct"))
    release_key = _when_field(_l("The correct answers"), KEY_MOMENT_LABELS)
    release_explanation = _when_field(_l("Explanations and sources"), KEY_MOMENT_LABELS)

    def __init__(
        self, time_zone: str, choices: AssignmentOptions, *, of: ModuleRow | None = None, **given: Any
    ) -> None:
        super().__init__(time_zone, **given)
        self.chosen_from = choices
        self.opens_at: datetime | None = None
        self.due_at: datetime | None = None
        self._offer(choices, of)

    def _offer(self, choices: AssignmentOptions, of: ModuleRow | None) -> None:
        """Set the choices. An existing assignment keeps its module, since there may be attempts on it."""
        modules = choices.modules if of is None else [of]
        self.module.choices = [SelectChoice(str(one.id), self.label_module(one)) for one in modules]
        if of is not None:
            self.module.data = of.id
        self._offer_tests(choices, is_new=of is None)
        at_hand = {one.id for one in modules}
        self.offers_exam = bool(at_hand & choices.exam_sizes.keys()) or self.question_use.data == Use.EXAM
        if self.offers_exam and of is None:
            self._offer_exam_if_any()
        self.lessons.choices = [
            SelectChoice(str(one.id), one.title) for one in choices.lessons if one.module_id in at_hand
        ]
        shared = shared_names(choices.members)
        self.recipients.choices = [
            SelectChoice(str(one.learner_id), label_person(one, shared)) for one in choices.members
        ]
        self.required.choices = [SelectChoice(str(one.id), one.title) for one in choices.others]
        before = [one for one in choices.others if of is None or one.module_id == of.id]
        self.pretest.choices = [
            SelectChoice("0", _("Not measured")),
            *(SelectChoice(str(one.id), one.title) for one in before),
        ]

    def _offer_tests(self, choices: AssignmentOptions, *, is_new: bool) -> None:
        """Set the choices of composed tests. An existing assignment keeps its test, or its module's."""
        tests = [SelectChoice(str(number), one.test.title) for number, one in choices.tests.items()]
        self.test.choices = [SelectChoice("0", _("The module’s own test")), *tests] if is_new or not tests else tests
        if not is_new:
            self.test.data = next(iter(choices.tests), 0)

    def label_module(self, module: ModuleRow) -> str:
        """Return the number and title of a module, after the name of its library if it is not of the course."""
        line = f"{module.position}. {module.title}"
        return f"{self.chosen_from.libraries[module.library_id].name}: {line}" if module.library_id else line

    def _offer_exam_if_any(self) -> None:
        words = _("Exam questions if the module has any, otherwise its test questions")
        self.question_use.choices = [SelectChoice(EXAM_IF_ANY, words), *self.question_use.choices]
        if not self.is_submitted():
            self.question_use.data = EXAM_IF_ANY

    def validate(self, **kwargs: Any) -> bool:
        is_shaped = super().validate(**kwargs)
        self.opens_at, self.due_at = self.moment("opens", DAY_START), self.moment("due", DAY_END)
        return all([is_shaped, not self.errors, self._is_policy_sound()])

    def _is_policy_sound(self) -> bool:
        if any(field.errors for field in (*self.releases, self.attempts_allowed, self.due_date, self.due_time)):
            return False
        faults = check_policy(
            self._policy(), attempts_allowed=self.attempts_allowed.data, is_due=self.due_date.data is not None
        )
        return all([add_fault(self[f"release_{name}"], FAULT_MESSAGES[why]) for name, why in faults])

    @property
    def releases(self) -> tuple[SelectField, ...]:
        return self.release_mark, self.release_correctness, self.release_key, self.release_explanation

    @property
    def is_whole(self) -> bool:
        """Whether the input is well-formed, so that the rules can be checked."""
        return not any(self[name].errors for name in (*_STRUCTURE, *(field.name for field in self.releases)))

    def say(self, faults: Iterable[tuple[str, TermsError | OptionError]]) -> bool:
        """Add each fault to its field. Return whether there are none."""
        return all([add_fault(self[_FIELD_NAMES.get(name, name)], FAULT_MESSAGES[why]) for name, why in faults])

    def get_planned_label(self, name: str) -> str:
        """Return when ``mark`` or ``key`` will really be shown under these terms, which may be later than chosen."""
        chosen = (field.data if field.data in list(ReleaseMoment) else field.default for field in self.releases)
        policy = ReleasePolicy(*map(ReleaseMoment, chosen))
        plan = plan_release(policy, attempts_allowed=self.attempts_allowed.data)
        return str(MOMENT_LABELS[getattr(plan, name)])

    def _policy(self) -> ReleasePolicy:
        return ReleasePolicy(*(ReleaseMoment(field.data) for field in self.releases))

    @property
    def seen_revision(self) -> int:
        return parse_id(self.revision.data or "") or 0

    @property
    def module_row(self) -> ModuleRow:
        """The module chosen, or the first one of the test chosen."""
        if self.test.data in self.chosen_from.tests:
            return self.chosen_from.tests[self.test.data].module
        return next(one for one in self.chosen_from.modules if one.id == self.module.data)

    def choose_questions(self, module: ModuleRow) -> Use:
        if self.test.data:
            return Use.TEST  # the lines of the test say which pools they draw on
        if self.question_use.data == EXAM_IF_ANY:
            return Use.EXAM if module.id in self.chosen_from.exam_sizes else Use.TEST
        return Use(self.question_use.data)

    def terms(self, module: ModuleRow) -> Terms:
        """Return the terms. An empty title or pass mark is taken from the module."""
        is_for_all = self.audience.data != "some"
        composed = self.chosen_from.tests.get(self.test.data)
        return Terms(
            title=self.title.data or (composed.test.title if composed else module.title),
            due_at=self.due_at,
            attempts_allowed=self.attempts_allowed.data,
            time_limit_minutes=self.time_limit_minutes.data,
            pass_mark_percent=self.pass_mark_percent.data or module.pass_mark_percent,
            policy=self._policy(),
            asks_certainty=self.asks_certainty.data,
            opens_at=self.opens_at,
            counts=GradingMethod(self.counts.data),
            question_use=self.choose_questions(module),
            lessons_first=self.lessons_first.data,
            is_for_all=is_for_all,
            pretest_id=self.pretest.data or None,
            test_id=composed.test.id if composed else None,
            recipient_ids=frozenset() if is_for_all else frozenset(self.recipients.data),
            lesson_ids=frozenset(self.lessons.data),
            required_ids=frozenset(self.required.data),
        )


_FIELD_NAMES = {"due": "due_date"}


def fill_form(terms: Terms, time_zone: str) -> dict[str, object]:
    """Return the initial values of an assignment's form."""
    plain = ("title", "attempts_allowed", "time_limit_minutes", "pass_mark_percent", "asks_certainty", "lessons_first")
    return {
        **{name: getattr(terms, name) for name in plain},
        **split_moment("opens", terms.opens_at, time_zone),
        **split_moment("due", terms.due_at, time_zone),
        **{f"release_{name}": getattr(terms.policy, name) for name in ("mark", "correctness", "key", "explanation")},
        "counts": terms.counts.value,
        "question_use": terms.question_use.value,
        "audience": "all" if terms.is_for_all else "some",
        "recipients": sorted(terms.recipient_ids),
        "lessons": sorted(terms.lesson_ids),
        "required": sorted(terms.required_ids),
        "pretest": terms.pretest_id or 0,
        "test": terms.test_id or 0,
    }


class ExceptionForm(_TimesForm):
    """An exception for one or several learners. ``seen`` is the fingerprint of the exception that the page showed."""

    form_id = form_id_field()
    seen = HiddenField()
    learners = _ids_field(_l("Learners"))
    extra_time_percent = _number_field(_l("Extra time in per cent"), 0, 400)
    due_date = DateField(_l("Due on"), validators=[Optional()])
    due_time = TimeField(_l("Due time"), validators=[Optional()])
    more_attempts = _number_field(_l("Additional attempts"), 0, 100)
    is_excused = BooleanField(_l("Excused"))
    note = StringField(
        _l("Note for trainers"),
        filters=[clean_line],
        validators=[Length(max=200, message=_l("Use at most 200 characters."))],
        render_kw={"maxlength": 200},
    )

    def __init__(self, time_zone: str, **given: Any) -> None:
        super().__init__(time_zone, **given)
        self.due_at: datetime | None = None

    def offer(self, learners: Sequence[tuple[int, str]]) -> None:
        self.learners.choices = [SelectChoice(str(learner_id), name) for learner_id, name in learners]

    def validate(self, **kwargs: Any) -> bool:
        is_shaped = super().validate(**kwargs)
        self.due_at = self.moment("due", DAY_END)
        return is_shaped and not self.errors

    def say(self, faults: Iterable[tuple[str, TermsError]]) -> bool:
        return all([add_fault(self[_FIELD_NAMES.get(name, name)], FAULT_MESSAGES[why]) for name, why in faults])

    @property
    def terms(self) -> ExceptionTerms:
        return ExceptionTerms(
            self.extra_time_percent.data or 0, self.due_at, self.more_attempts.data or 0, bool(self.is_excused.data)
        )
