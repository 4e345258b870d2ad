"""The forms of an assignment: its terms, and exceptions from them. They check shape; the rules are in the domain, and said in words here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

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
from app.domain.assignment import Counts, Grant, Unfit
from app.domain.release import Policy, Unsound, When, unsound
from app.fields import line, once_field
from app.models import ModuleRow
from app.services.assigned.assignable import Choices, Misfit
from app.services.assigned.assignments import Terms

WHENS = {
    When.EACH_ANSWER: "After each answer",
    When.SUBMISSION: "After each attempt",
    When.LAST_ATTEMPT: "After the last attempt",
    When.CLOSING: "After the due date, when the test closes",
}
COUNTS = {Counts.BEST: "The best attempt", Counts.LATEST: "The latest attempt"}
REFUSALS: dict[Unsound | Unfit | Misfit, str] = {
    Unsound.MARK_EACH_ANSWER: "There is a score when all is handed in: choose a later moment.",
    Unsound.BEFORE_WHAT_IT_TELLS: "This gives away what stands above it: choose the same moment or a later one.",
    Unsound.NO_LAST_ATTEMPT: "With unlimited attempts there is no last one: give a number of attempts.",
    Unsound.NEVER_CLOSES: "Without a due date the test never closes: give one.",
    Unfit.DUE_BEFORE_OPENING: "It would be due before it opens: choose a later date, or open it earlier.",
    Unfit.PAST: "This moment has passed already. Choose a later one.",
    Unfit.LIMIT_BEYOND_CLOSING: "The test closes before this time could be used: open it earlier, close it later, or shorten the limit.",
    Unfit.EXCUSED_AND_MORE: "Who is excused needs nothing else: leave the rest empty, or take this away.",
    Unfit.NOTHING_GRANTED: "Nothing is granted yet: give extra time, a later due date or more attempts, or excuse them.",
    Unfit.NOT_LATER: "This is not later than the due date of everybody. An exception never takes time away.",
    Unfit.NEVER_DUE: "The assignment has no due date, so nobody needs a later one.",
    Unfit.ANY_NUMBER: "Everybody has any number of attempts already.",
    Misfit.OTHER_MODULES_LESSONS: "Some of these lessons belong to another module. Choose lessons of the module above.",
    Misfit.NOTHING_TO_ASK: "No question of the test is about these lessons. Add a lesson, or choose none to set them all.",
    Misfit.NOBODY: "Choose for whom it is, or set it for everybody.",
    Misfit.CIRCLE: "One of these waits for this assignment itself, so nobody could ever begin.",
    Misfit.REQUIRED_TOO_LATE: "One of these opens, or tells its score, only when this one is due already.",
    Misfit.OTHER_MODULES_PRETEST: "A gain can only be measured within one module, and this one is about another.",
    Misfit.PRETEST_AFTER: "This one opens later than the assignment, is measured from it, or waits for it. Choose one that comes before.",
    Misfit.PRETEST_TWICE: "You also ask for a new pre-test. Choose one of the two.",
}
_STRUCTURE = (
    *("module", "opens_date", "opens_time", "due_date", "due_time"),
    *("lessons", "counts", "audience", "recipients", "required", "pretest"),
)


def refused(field: Field, message: str) -> bool:
    field.errors = [*field.errors, message]
    return False


def _number(label: str, low: int, high: int) -> IntegerField:
    within = NumberRange(low, high, message=f"A whole number from {low} to {high}.")
    return IntegerField(
        label, validators=[Optional(), within], render_kw={"min": low, "max": high, "inputmode": "numeric"}
    )


def _when_field(label: str) -> SelectField:
    choices = [SelectChoice(when.value, words) for when, words in WHENS.items()]
    return SelectField(label, choices=choices, default=When.SUBMISSION.value)


def _ids(label: str) -> SelectMultipleField:
    """Boxes to tick, each an id; the page draws them."""
    return SelectMultipleField(label, coerce=int, default=[], choices=[])


class _TimesForm(FlaskForm):  # type: ignore[misc]
    """A form with moments on the clocks of a time zone: a date and a time each, both or neither."""

    def __init__(self, time_zone: str, **given: Any) -> None:
        super().__init__(**given)
        self.time_zone = time_zone

    def moment(self, name: str) -> datetime | None:
        """The moment of ``<name>_date`` and ``<name>_time``; None where both are empty, or one is at fault, which is said beside it."""
        date, time = self[f"{name}_date"], self[f"{name}_time"]
        if date.errors or time.errors or (date.data is None and time.data is None):
            return None
        if date.data is None or time.data is None:
            refused(date, "Give both a date and a time, or neither.")
            return None
        try:
            return wall_clock.moment(datetime.combine(date.data, time.data), self.time_zone)
        except wall_clock.NoSuchTimeError:
            refused(time, "On this day the clocks skip this time. Choose another one.")
        except OverflowError:
            refused(date, "This date is too far away.")
        return None


def local_fields(name: str, moment: datetime | None, time_zone: str) -> dict[str, object]:
    """What the two fields of a moment show."""
    shown = wall_clock.local(moment, time_zone) if moment else None
    return {f"{name}_date": shown and shown.date(), f"{name}_time": shown and shown.time()}


class AssignmentForm(_TimesForm):
    """Terms of an assignment. ``revision`` is the one that the page showed: 0 where it showed none."""

    form_id = once_field()
    revision = HiddenField(default="0")
    module = SelectField("Module", coerce=int, validators=[InputRequired("Choose a module.")])
    title = StringField(
        "Title",
        filters=[line],
        validators=[Length(max=200, message="At most 200 characters.")],
        render_kw={"maxlength": 200},
    )
    opens_date = DateField("Opens on", validators=[Optional()])
    opens_time = TimeField("Time", validators=[Optional()])
    due_date = DateField("Due on", validators=[Optional()])
    due_time = TimeField("Time", validators=[Optional()])
    lessons = _ids("Lessons")
    lessons_first = BooleanField("Lessons first")
    attempts_allowed = _number("Attempts", 1, 100)
    time_limit_minutes = _number("Time limit in minutes", 1, 600)
    pass_mark_percent = _number("Pass mark in per cent", 1, 100)
    counts = SelectField(
        "What counts", choices=[SelectChoice(one.value, words) for one, words in COUNTS.items()], default="best"
    )
    audience = RadioField(
        "For whom",
        choices=[SelectChoice("all", "Everybody in the cohort"), SelectChoice("some", "Only some")],
        default="all",
    )
    recipients = _ids("Learners")
    required = _ids("To be passed first")
    also_pretest = BooleanField("Also set a pre-test")
    pretest = SelectField("Learning gain is measured from", coerce=int, default=0)
    asks_certainty = BooleanField("Ask how sure they are")
    release_mark = _when_field("The score")
    release_correctness = _when_field("Which answers were right")
    release_key = _when_field("The right answers")
    release_explanation = _when_field("The reasons and sources")

    def __init__(self, time_zone: str, choices: Choices, *, of: ModuleRow | None = None, **given: Any) -> None:
        super().__init__(time_zone, **given)
        self.chosen_from = choices
        self.opens_at: datetime | None = None
        self.due_at: datetime | None = None
        self._offer(choices, of)

    def _offer(self, choices: Choices, of: ModuleRow | None) -> None:
        """The module of an assignment that is changed stays: attempts were made on it."""
        modules = choices.modules if of is None else [of]
        self.module.choices = [SelectChoice(str(one.id), f"{one.position}. {one.title}") for one in modules]
        if of is not None:
            self.module.data = of.id
        at_hand = {one.id for one in modules}
        self.lessons.choices = [
            SelectChoice(str(one.id), one.title) for one in choices.lessons if one.module_id in at_hand
        ]
        self.recipients.choices = [SelectChoice(str(one.learner_id), one.name) for one in choices.members]
        self.required.choices = [SelectChoice(str(one.id), one.title) for one in choices.others]
        before = [one for one in choices.others if of is None or one.module_id == of.id]
        self.pretest.choices = [SelectChoice("0", "Nothing"), *(SelectChoice(str(one.id), one.title) for one in before)]

    def validate(self, **kwargs: Any) -> bool:
        is_shaped = super().validate(**kwargs)
        self.opens_at, self.due_at = self.moment("opens"), self.moment("due")
        return all([is_shaped, not self.errors, self._is_policy_sound()])

    def _is_policy_sound(self) -> bool:
        if any(field.errors for field in (*self.releases, self.attempts_allowed, self.due_date, self.due_time)):
            return False
        faults = unsound(
            self._policy(), attempts_allowed=self.attempts_allowed.data, is_due=self.due_date.data is not None
        )
        return all([refused(self[f"release_{name}"], REFUSALS[why]) for name, why in faults])

    @property
    def releases(self) -> tuple[SelectField, ...]:
        return self.release_mark, self.release_correctness, self.release_key, self.release_explanation

    @property
    def is_whole(self) -> bool:
        """Whether what was sent can be understood, so that the rules can be asked about it."""
        return not any(self[name].errors for name in (*_STRUCTURE, *(field.name for field in self.releases)))

    def say(self, faults: Iterable[tuple[str, Unfit | Misfit]]) -> bool:
        """Say each fault beside its field; return whether there is none."""
        return all([refused(self[_FIELD.get(name, name)], REFUSALS[why]) for name, why in faults])

    def _policy(self) -> Policy:
        return Policy(*(When(field.data) for field in self.releases))

    @property
    def seen_revision(self) -> int:
        return int(self.revision.data) if (self.revision.data or "").isdecimal() else 0

    @property
    def module_row(self) -> ModuleRow:
        return next(one for one in self.chosen_from.modules if one.id == self.module.data)

    def terms(self, module: ModuleRow) -> Terms:
        """What was decided; an empty title and pass mark are the module's."""
        is_for_all = self.audience.data != "some"
        return Terms(
            title=self.title.data or module.title,
            due_at=self.due_at,
            attempts_allowed=self.attempts_allowed.data,
            time_limit_minutes=self.time_limit_minutes.data,
            pass_mark_percent=self.pass_mark_percent.data or module.pass_mark_percent,
            policy=self._policy(),
            asks_certainty=self.asks_certainty.data,
            opens_at=self.opens_at,
            counts=Counts(self.counts.data),
            lessons_first=self.lessons_first.data,
            is_for_all=is_for_all,
            pretest_id=self.pretest.data or None,
            recipient_ids=frozenset() if is_for_all else frozenset(self.recipients.data),
            lesson_ids=frozenset(self.lessons.data),
            required_ids=frozenset(self.required.data),
        )


_FIELD = {"due": "due_date"}


def filled(terms: Terms, time_zone: str) -> dict[str, object]:
    """What the form of an assignment shows at first."""
    plain = ("title", "attempts_allowed", "time_limit_minutes", "pass_mark_percent", "asks_certainty", "lessons_first")
    return {
        **{name: getattr(terms, name) for name in plain},
        **local_fields("opens", terms.opens_at, time_zone),
        **local_fields("due", terms.due_at, time_zone),
        **{f"release_{name}": getattr(terms.policy, name) for name in ("mark", "correctness", "key", "explanation")},
        "counts": terms.counts.value,
        "audience": "all" if terms.is_for_all else "some",
        "recipients": sorted(terms.recipient_ids),
        "lessons": sorted(terms.lesson_ids),
        "required": sorted(terms.required_ids),
        "pretest": terms.pretest_id or 0,
    }


class ExceptionForm(_TimesForm):
    """What is granted to one or several learners. ``seen`` is the state of the exception that the page showed, where it is changed."""

    form_id = once_field()
    seen = HiddenField()
    learners = _ids("Learners")
    extra_time_percent = _number("Extra time in per cent", 0, 400)
    due_date = DateField("Due on", validators=[Optional()])
    due_time = TimeField("Time", validators=[Optional()])
    more_attempts = _number("More attempts", 0, 100)
    is_excused = BooleanField("Excused")
    note = StringField(
        "Note for trainers",
        filters=[line],
        validators=[Length(max=200, message="At most 200 characters.")],
        render_kw={"maxlength": 200},
    )

    def __init__(self, time_zone: str, **given: Any) -> None:
        super().__init__(time_zone, **given)
        self.due_at: datetime | None = None

    def offer(self, learners: Sequence[tuple[int, str]]) -> None:
        self.learners.choices = [SelectChoice(str(learner_id), name) for learner_id, name in learners]

    def validate(self, **kwargs: Any) -> bool:
        is_shaped = super().validate(**kwargs)
        self.due_at = self.moment("due")
        return is_shaped and not self.errors

    def say(self, faults: Iterable[tuple[str, Unfit]]) -> bool:
        return all([refused(self[_FIELD.get(name, name)], REFUSALS[why]) for name, why in faults])

    @property
    def grant(self) -> Grant:
        return Grant(
            self.extra_time_percent.data or 0, self.due_at, self.more_attempts.data or 0, bool(self.is_excused.data)
        )
