"""Learners' forms. They check only the shape of the input; the rules are in the domain."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, Form, SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import AnyOf, Length, Optional, Regexp

from app.clock import now
from app.domain import spacing
from app.services.attempts.answering import AnswerChange
from app.services.reporting import question_reports
from app.web.answer_fields import AnswerForm, LastIntegerField
from app.web.forms import required_text
from app.web.identity import get_viewer


class QuestionForm(AnswerForm):
    """The form of one question: the fields of ``POST /attempts/<id>/<n>``."""

    revision = LastIntegerField(0, 10**8, default=0)
    save_id = StringField(validators=[Optional(), Length(max=64), Regexp(r"[A-Za-z0-9-]+\Z")])
    certainty = LastIntegerField(1, 3, validators=[Optional()])
    clear = LastIntegerField(0, 1)
    flag = LastIntegerField(0, 1)
    go = StringField(
        validators=[Optional(), Regexp(r"([1-9][0-9]{0,3}|summary)\Z", message=_l("Give the number of a question."))]
    )

    def change(self) -> AnswerChange:
        return AnswerChange(
            fields=self.answer,
            is_cleared=self.clear.data == 1,
            revision=self.revision.data or 0,
            save_id=self.save_id.data or "",
            certainty=self.certainty.data,
            is_flagged=None if self.flag.data is None else self.flag.data == 1,
        )


class StartForm(Form):
    mode = StringField(validators=[AnyOf(("practice", "test"), message=_l("Choose practice or test."))])
    missed = LastIntegerField(1, 10**12, validators=[Optional()])


class ObjectiveForm(Form):
    objective = LastIntegerField(1, 10**12)


class ReviewForm(Form):
    size = LastIntegerField(1, max(spacing.SESSION_SIZES), default=spacing.SESSION_SIZES[1])


class UndoForm(Form):
    revision = LastIntegerField(0, 10**8)


def _validate_future(_form: FlaskForm, field: DateField) -> None:
    learner = get_viewer().learner
    today = spacing.get_day(now(), learner.time_zone if learner else "UTC")
    if field.data is not None and field.data <= today:
        raise ValidationError(_("Choose a date in the future, or leave it empty."))


class ReviewPlanForm(FlaskForm):
    """The form of a learner's plan for reviews."""

    retention = SelectField(
        _l("How much you want to remember"),
        choices=[SelectChoice(str(percent), _l("%(percent)s%%", percent=percent)) for percent in spacing.RETENTIONS],
    )
    daily_limit = SelectField(
        _l("Questions a day, at most"), choices=[SelectChoice(str(limit), str(limit)) for limit in spacing.DAILY_LIMITS]
    )
    exam_on = DateField(_l("Date of your exam"), validators=[Optional(), _validate_future])
    aim = DateField(validators=[Optional(), _validate_future])
    calendar = BooleanField(_l("Show days with reviews in your calendar"))

    @property
    def exam(self) -> date | None:
        """The day of the test whose button was pressed, else the day that was typed."""
        found: date | None = self.aim.data or self.exam_on.data
        return found


class CheckForm(AnswerForm):
    """The form of a check in a lesson."""

    number = LastIntegerField(1, 10**6, default=1)


class ReportForm(FlaskForm):
    says = required_text(
        _l("What is wrong?"),
        _l("Write what is wrong with the question."),
        longest=question_reports.MAX_REPORT_LENGTH,
    )
