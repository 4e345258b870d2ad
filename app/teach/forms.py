"""Trainers' forms."""

from __future__ import annotations

from math import nan
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, StringField, ValidationError
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import HiddenInput

from app.domain.marking import MAX_POINTS
from app.domain.numbers import parse_number
from app.services.marking import marks
from app.services.reporting import question_reports
from app.web.forms import clean_line, form_id_field, required_line, required_text, zone_field


class CohortForm(FlaskForm):  # type: ignore[misc]
    form_id = form_id_field()
    title = required_line(_l("Title"), _l("Enter a title for the cohort."), longest=200)
    time_zone = zone_field()


class MarkForm(FlaskForm):  # type: ignore[misc]
    """A manual change of one mark.

    ``seen`` is the number of earlier changes; ``may_lower`` confirms that a released pass may be lost.
    """

    form_id = form_id_field()
    points = StringField(
        _l("Points"),
        filters=[clean_line],
        validators=[InputRequired(_l("Enter the points."))],
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 12},
    )
    seen = IntegerField(widget=HiddenInput(), validators=[Optional(), NumberRange(0, 10**9)])
    reason = required_text(_l("Reason"), _l("Enter a reason."), longest=marks.MAX_REASON_LENGTH)
    may_lower = BooleanField(_l("I confirm: the learner would no longer pass"))

    def validate_points(self, field: Any) -> None:
        try:
            self.value = float(parse_number(field.data) or "nan")
        except ValueError:
            self.value = nan
        if not 0 <= self.value <= MAX_POINTS:
            most = f"{MAX_POINTS:g}"
            raise ValidationError(_("Enter a number from 0 to %(most)s, such as 0.5.", most=most))

    value: float = nan


class ReplyForm(FlaskForm):  # type: ignore[misc]
    reply = required_text(_l("Your reply"), _l("Write a reply."), longest=question_reports.MAX_REPORT_LENGTH)
