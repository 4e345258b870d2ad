"""Forms for a cohort's members, trainers and joining."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, FileField, IntegerField, SelectChoice, SelectField, TextAreaField, ValidationError
from wtforms.validators import NumberRange, Optional

from app.services.assignments.copies import DateShift
from app.web.forms import email_field, form_id_field, required_line, to_text, zone_field

MAX_SHIFT_DAYS = 3650

VALIDITY_CHOICES = {
    "day": (_l("for a day"), timedelta(days=1)),
    "week": (_l("for a week"), timedelta(days=7)),
    "term": (_l("for 60 days"), timedelta(days=60)),
    "year": (_l("for a year"), timedelta(days=365)),
}


class SettingsForm(FlaskForm):  # type: ignore[misc]
    title = required_line(_l("Title"), _l("Enter a title for the cohort."), longest=200)
    time_zone = zone_field()


class CopyForm(FlaskForm):  # type: ignore[misc]
    """A copy, without dates, or with all dates moved by days or to a new start."""

    form_id = form_id_field()
    new_title = required_line(_l("Title of the copy"), _l("Enter a title for the copy."), longest=200)
    start = DateField(_l("New start date"), validators=[Optional()])
    days = IntegerField(
        _l("Or move all dates by this many days"),
        validators=[
            Optional(),
            NumberRange(-MAX_SHIFT_DAYS, MAX_SHIFT_DAYS, message=_l("Enter a number of days, at most ten years.")),
        ],
        render_kw={"inputmode": "numeric"},
    )

    def validate_start(self, field: DateField) -> None:
        if field.data is not None and not 1990 <= field.data.year <= 2990:
            raise ValidationError(_("Enter a date from 1990 to 2990."))
        if field.data is not None and self.days.data is not None:
            raise ValidationError(_("Enter a start date or a number of days, not both."))

    @property
    def shift(self) -> DateShift | None:
        if self.start.data is None and self.days.data is None:
            return None
        return DateShift(days=self.days.data, start=self.start.data)


class TrainerForm(FlaskForm):  # type: ignore[misc]
    form_id = form_id_field()
    email = email_field(_l("E-mail of the trainer"), autocomplete="off")


class JoiningForm(FlaskForm):  # type: ignore[misc]
    """The period in which people may join."""

    valid = SelectField(
        _l("Joining is open"),
        choices=[SelectChoice(value, words) for value, (words, _period) in VALIDITY_CHOICES.items()],
        default="term",
    )

    @property
    def duration(self) -> timedelta:
        return VALIDITY_CHOICES[self.valid.data][1]


class RosterForm(FlaskForm):  # type: ignore[misc]
    """A list of people, as a file or pasted text. The file takes precedence."""

    file = FileField(_l("A file"), render_kw={"accept": ".csv,.txt,.tsv,text/csv,text/plain"})
    pasted = TextAreaField(_l("Or paste the list"), filters=[to_text], render_kw={"rows": 8, "spellcheck": "false"})
