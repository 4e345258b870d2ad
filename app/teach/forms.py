"""Forms of the trainers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, RadioField, SelectChoice, SelectField, StringField, TimeField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.domain import wall_clock
from app.domain.release import Policy
from app.fields import line, line_field, once_field, zone_field
from app.services.assignments import Terms

RELEASES = {
    Policy.AFTER_SUBMISSION: (
        "After each attempt",
        "Learners see at once what was right, and the answers and reasons after their last attempt, or after any "
        "where attempts are unlimited.",
    ),
    Policy.AFTER_LAST_ATTEMPT: (
        "After the last attempt",
        "Learners see only their score until all their attempts are used.",
    ),
    Policy.AFTER_CLOSING: (
        "After the due date",
        "The test closes at the due date, also for whoever is still at it. From then on all see answers and reasons.",
    ),
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
    release = RadioField(
        "When answers are shown",
        choices=[SelectChoice(policy.value, words) for policy, (words, _) in RELEASES.items()],
        default=Policy.AFTER_SUBMISSION.value,
        validators=[InputRequired("Choose when answers are shown.")],
    )

    def __init__(self, time_zone: str, **given: Any) -> None:
        super().__init__(**given)
        self.time_zone = time_zone
        self.due_at: datetime | None = None

    def validate(self, **kwargs: Any) -> bool:
        is_shaped = super().validate(**kwargs)
        return all([is_shaped, self._is_due_sound(), self._is_release_sound()])

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

    def _is_release_sound(self) -> bool:
        if self.release.data == Policy.AFTER_CLOSING and self.due_date.data is None:
            return _refused(self.release, "Without a due date the answers would never be shown.")
        if (
            self.release.data == Policy.AFTER_LAST_ATTEMPT
            and self.attempts_allowed.data is None
            and not self.attempts_allowed.errors
        ):
            return _refused(self.release, "With unlimited attempts there is no last one: give a number of attempts.")
        return True

    def terms(self, module_title: str, pass_mark_percent: int) -> Terms:
        """What was decided; an empty title and pass mark are the module's."""
        return Terms(
            title=self.title.data or module_title,
            due_at=self.due_at,
            attempts_allowed=self.attempts_allowed.data,
            time_limit_minutes=self.time_limit_minutes.data,
            pass_mark_percent=self.pass_mark_percent.data or pass_mark_percent,
            release=Policy(self.release.data),
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


def _refused(field: Any, message: str) -> bool:
    field.errors = [*field.errors, message]
    return False
