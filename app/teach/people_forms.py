"""Forms about who is in a cohort, who teaches it, and how people get in."""

from __future__ import annotations

from datetime import timedelta

from flask_wtf import FlaskForm
from wtforms import FileField, SelectChoice, SelectField, TextAreaField

from app.fields import email_field, line_field, once_field, text, zone_field

VALID = {
    "day": ("for a day", timedelta(days=1)),
    "week": ("for a week", timedelta(days=7)),
    "term": ("for 60 days", timedelta(days=60)),
    "year": ("for a year", timedelta(days=365)),
}


class SettingsForm(FlaskForm):  # type: ignore[misc]
    title = line_field("Title", "Give the cohort a title.", longest=200)
    time_zone = zone_field()


class CopyForm(FlaskForm):  # type: ignore[misc]
    form_id = once_field()
    new_title = line_field("Title of the copy", "Give the copy a title.", longest=200)


class TrainerForm(FlaskForm):  # type: ignore[misc]
    form_id = once_field()
    email = email_field("Their e-mail", autocomplete="off")


class JoiningForm(FlaskForm):  # type: ignore[misc]
    """Until when people may join."""

    valid = SelectField(
        "Joining is open", choices=[SelectChoice(value, words) for value, (words, _) in VALID.items()], default="term"
    )

    @property
    def duration(self) -> timedelta:
        return VALID[self.valid.data][1]


class RosterForm(FlaskForm):  # type: ignore[misc]
    """A list of people, as a file or pasted; a file goes before."""

    file = FileField("A file", render_kw={"accept": ".csv,.txt,.tsv,text/csv,text/plain"})
    pasted = TextAreaField("Or paste the list", filters=[text], render_kw={"rows": 8, "spellcheck": "false"})
