"""Forms of the trainers."""

from __future__ import annotations

from datetime import datetime
from math import nan
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TimeField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from app.domain import response, wall_clock
from app.domain.attempt import BadNumber
from app.domain.marking import MAX_POINTS
from app.domain.release import Policy, Unsound, When, unsound
from app.fields import line, line_field, once_field, words_field, zone_field
from app.services import marks, question_reports
from app.services.assignments import Terms

WHENS = {
    When.EACH_ANSWER: "After each answer",
    When.SUBMISSION: "After each attempt",
    When.LAST_ATTEMPT: "After the last attempt",
    When.CLOSING: "After the due date, when the test closes",
}
UNSOUND = {
    Unsound.MARK_EACH_ANSWER: "There is a score when all is handed in: choose a later moment.",
    Unsound.BEFORE_WHAT_IT_TELLS: "This gives away what stands above it: choose the same moment or a later one.",
    Unsound.NO_LAST_ATTEMPT: "With unlimited attempts there is no last one: give a number of attempts.",
    Unsound.NEVER_CLOSES: "Without a due date the test never closes: give one.",
}


class CohortForm(FlaskForm):  # type: ignore[misc]
    form_id = once_field()
    title = line_field("Title", "Give the cohort a title.", longest=200)
    time_zone = zone_field()


def _optional_number(label: str, low: int, high: int) -> IntegerField:
    within = NumberRange(low, high, message=f"A whole number from {low} to {high}.")
    return IntegerField(
        label, validators=[Optional(), within], render_kw={"min": low, "max": high, "inputmode": "numeric"}
    )


def _when_field(label: str) -> SelectField:
    choices = [SelectChoice(when.value, words) for when, words in WHENS.items()]
    return SelectField(label, choices=choices, default=When.SUBMISSION.value)


class AssignmentForm(FlaskForm):  # type: ignore[misc]
    """Terms of an assignment; the due date is what the clocks in the cohort's time zone show."""

    form_id = once_field()
    module = SelectField("Module", coerce=int, validators=[InputRequired("Choose a module.")])
    title = StringField(
        "Title",
        filters=[line],
        validators=[Length(max=200, message="At most 200 characters.")],
        render_kw={"maxlength": 200},
    )
    due_date = DateField("Date", validators=[Optional()])
    due_time = TimeField("Time", validators=[Optional()])
    attempts_allowed = _optional_number("Attempts", 1, 100)
    time_limit_minutes = _optional_number("Time limit in minutes", 1, 600)
    pass_mark_percent = _optional_number("Pass mark in per cent", 1, 100)
    asks_certainty = BooleanField("Ask how sure they are")
    release_mark = _when_field("The score")
    release_correctness = _when_field("Which answers were right")
    release_key = _when_field("The right answers")
    release_explanation = _when_field("The reasons and sources")

    def __init__(self, time_zone: str, **given: Any) -> None:
        super().__init__(**given)
        self.time_zone = time_zone
        self.due_at: datetime | None = None

    def validate(self, **kwargs: Any) -> bool:
        is_shaped = super().validate(**kwargs)
        return all([is_shaped, self._is_due_sound(), self._is_policy_sound()])

    def _is_due_sound(self) -> bool:
        if self.due_date.errors or self.due_time.errors:
            return False
        if self.due_date.data is None and self.due_time.data is None:
            return True
        if self.due_date.data is None or self.due_time.data is None:
            return _refused(self.due_date, "Give both a date and a time, or neither.")
        try:
            self.due_at = wall_clock.moment(datetime.combine(self.due_date.data, self.due_time.data), self.time_zone)
        except wall_clock.NoSuchTimeError:
            return _refused(self.due_time, "On this day the clocks skip this time. Choose another one.")
        except OverflowError:
            return _refused(self.due_date, "This date is too far away.")
        return True

    def _is_policy_sound(self) -> bool:
        if any(field.errors for field in (*self.releases, self.attempts_allowed, self.due_date, self.due_time)):
            return False
        faults = unsound(
            self._policy(), attempts_allowed=self.attempts_allowed.data, is_due=self.due_date.data is not None
        )
        return all([_refused(self[f"release_{name}"], UNSOUND[why]) for name, why in faults])

    @property
    def releases(self) -> tuple[SelectField, ...]:
        return self.release_mark, self.release_correctness, self.release_key, self.release_explanation

    def _policy(self) -> Policy:
        return Policy(*(When(field.data) for field in self.releases))

    def terms(self, module_title: str, pass_mark_percent: int) -> Terms:
        """What was decided; an empty title and pass mark are the module's."""
        return Terms(
            title=self.title.data or module_title,
            due_at=self.due_at,
            attempts_allowed=self.attempts_allowed.data,
            time_limit_minutes=self.time_limit_minutes.data,
            pass_mark_percent=self.pass_mark_percent.data or pass_mark_percent,
            policy=self._policy(),
            asks_certainty=self.asks_certainty.data,
        )


class ExtraTimeForm(FlaskForm):  # type: ignore[misc]
    learner = IntegerField("Learner", validators=[InputRequired(), NumberRange(1, 10**15)])
    percent = IntegerField(
        "Extra time in per cent",
        validators=[
            InputRequired("A whole number from 0 to 400."),
            NumberRange(0, 400, message="A whole number from 0 to 400."),
        ],
    )


class MarkForm(FlaskForm):  # type: ignore[misc]
    """One mark, changed by hand. ``seen`` is how often it was changed before; ``may_lower`` says that a released pass may be lost."""

    form_id = once_field()
    points = StringField(
        "Points",
        filters=[line],
        validators=[InputRequired("Give the points.")],
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 12},
    )
    seen = IntegerField(widget=HiddenInput(), validators=[Optional(), NumberRange(0, 10**9)])
    reason = words_field("Reason", "Say why.", longest=marks.LONGEST_REASON)
    may_lower = BooleanField("Take the pass away")

    def validate_points(self, field: Any) -> None:
        try:
            self.value = float(response.number(field.data) or "nan")
        except BadNumber:
            self.value = nan
        if not 0 <= self.value <= MAX_POINTS:
            raise ValidationError(f"A number from 0 to {MAX_POINTS:g}, such as 0.5.")

    value: float = nan


class ReplyForm(FlaskForm):  # type: ignore[misc]
    reply = words_field("Your reply", "Write a reply.", longest=question_reports.LONGEST)


def _refused(field: Any, message: str) -> bool:
    field.errors = [*field.errors, message]
    return False
