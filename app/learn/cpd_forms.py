"""The forms of the CPD record."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectChoice, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from app.clock import now
from app.domain import cpd as rules
from app.domain import spacing
from app.domain.cpd import CpdKind, Period
from app.services.attempts import cpd
from app.services.attempts.cpd import EntryChange
from app.web.forms import clean_line, clean_text, form_id_field, required_line
from app.web.identity import get_viewer

EARLIEST = date(1950, 1, 1)
"""An earlier date is a year typed with two digits, such as 0026."""

KIND_LABELS = {
    CpdKind.WORK_BASED: _l("Work-based learning"),
    CpdKind.PROFESSIONAL: _l("Professional activity"),
    CpdKind.FORMAL: _l("Formal education"),
    CpdKind.SELF_DIRECTED: _l("Self-directed learning"),
    CpdKind.OTHER: _l("Other"),
}


def _text_field(label: object) -> TextAreaField:
    longest = cpd.MAX_TEXT_LENGTH
    return TextAreaField(
        label,
        filters=[clean_text],
        validators=[Length(max=longest, message=_l("Use at most %(max)d characters."))],
        render_kw={"maxlength": longest, "rows": 4},
    )


class CpdEntryForm(FlaskForm):  # type: ignore[misc]
    """An own entry. ``minutes`` is set by the validation of the hours."""

    form_id = form_id_field()
    done_on = DateField(_l("Date"), validators=[InputRequired(_l("Enter a date."))])
    title = required_line(_l("Title"), _l("Enter what you did."), longest=200)
    hours = StringField(
        _l("Hours"),
        filters=[clean_line],
        validators=[InputRequired(_l("Enter the hours."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 12},
    )
    kind = SelectField(
        _l("Kind of activity"), choices=[SelectChoice(kind.value, label) for kind, label in KIND_LABELS.items()]
    )
    reflection = _text_field(_l("Reflection"))
    evidence = _text_field(_l("Supporting evidence"))

    minutes: int = 0

    def validate_done_on(self, field: DateField) -> None:
        learner = get_viewer().learner
        today = spacing.get_day(now(), learner.time_zone if learner else "UTC")
        if field.data is not None and field.data < EARLIEST:
            raise ValidationError(_("Enter a date."))
        if field.data is not None and field.data > today:
            raise ValidationError(_("Choose a date that is not in the future."))

    def validate_hours(self, field: StringField) -> None:
        try:
            self.minutes = rules.parse_hours(field.data)
        except ValueError:
            message = _("Enter a number of hours above 0 and up to %(most)s, such as 1.5.", most=rules.MAX_HOURS)
            raise ValidationError(message) from None

    def get_change(self) -> EntryChange:
        return EntryChange(
            done_on=self.done_on.data,
            title=self.title.data,
            minutes=self.minutes,
            kind=CpdKind(self.kind.data),
            reflection=self.reflection.data or "",
            evidence=self.evidence.data or "",
        )


class ReflectionForm(FlaskForm):  # type: ignore[misc]
    reflection = _text_field(_l("Reflection"))


class PeriodForm(FlaskForm):  # type: ignore[misc]
    """The days of which a record is shown; both may be empty."""

    since = DateField(_l("From"), validators=[Optional()])
    until = DateField(_l("To"), validators=[Optional()])

    def validate_until(self, field: DateField) -> None:
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError(_("This is before the first day."))

    def get_period(self) -> Period:
        return Period(self.since.data, self.until.data)
