"""Forms of the trainers."""

from __future__ import annotations

from flask_wtf import FlaskForm

from app.fields import line_field, once_field, words_field, zone_field
from app.services import question_reports


class CohortForm(FlaskForm):  # type: ignore[misc]
    form_id = once_field()
    title = line_field("Title", "Give the cohort a title.", longest=200)
    time_zone = zone_field()


class ReplyForm(FlaskForm):  # type: ignore[misc]
    reply = words_field("Your reply", "Write a reply.", longest=question_reports.LONGEST)
