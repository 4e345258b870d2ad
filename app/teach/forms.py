"""Forms of the trainers."""

from __future__ import annotations

from math import nan
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, StringField, ValidationError
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import HiddenInput

from app.domain import response
from app.domain.attempt import BadNumber
from app.domain.marking import MAX_POINTS
from app.fields import line, line_field, once_field, words_field, zone_field
from app.services.marking import marks
from app.services.teaching import question_reports


class CohortForm(FlaskForm):  # type: ignore[misc]
    form_id = once_field()
    title = line_field("Title", "Give the cohort a title.", longest=200)
    time_zone = zone_field()


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
