"""Learners' forms. They check only the shape of the input; the rules are in the domain."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Form,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import AnyOf, Length, Optional, Regexp

from app.clock import now
from app.domain import names, spacing
from app.domain.learner_notes import MAX_NOTE_LENGTH, TargetKind
from app.domain.quotes import CONTEXT_LENGTH, MAX_QUOTE_LENGTH, Quote
from app.services.attempts.answering import AnswerChange
from app.services.reporting import question_reports
from app.web.answer_fields import AnswerForm, LastIntegerField
from app.web.forms import clean_line, clean_text, required_text, to_text
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


def _validate_note_length(_form: FlaskForm, field: StringField) -> None:
    if (length := len(field.data or "")) > MAX_NOTE_LENGTH:
        raise ValidationError(
            _("Use at most %(most)s characters; these are %(length)s.", most=MAX_NOTE_LENGTH, length=length)
        )


def _note_field() -> TextAreaField:
    """Build the field for a learner's own words. It has no ``maxlength``, which would cut what is pasted."""
    return TextAreaField(
        _l("Your note"),
        filters=[clean_text, _drop_unseen],
        validators=[_validate_note_length],
        render_kw={"rows": 4, "dir": "auto"},
    )


def _drop_unseen(text: str) -> str:
    """Return no text instead of one with nothing to see: with a quotation, that is a highlight."""
    return text if names.has_visible_text(text) else ""


class NoteTargetForm(FlaskForm):
    """What a note or bookmark is about."""

    on = HiddenField(filters=[clean_line], validators=[AnyOf(list(TargetKind))])
    target = HiddenField(filters=[clean_line], validators=[Length(min=1, max=160)])

    @property
    def kind(self) -> TargetKind:
        return TargetKind(self.on.data)


class BookmarkForm(NoteTargetForm):
    keep = LastIntegerField(0, 1, default=1)


class NoteForm(NoteTargetForm):
    """A new note. ``before`` and ``after`` are the text around the quotation, which the script fills in."""

    quote = TextAreaField(_l("Words of the lesson"), filters=[clean_text], render_kw={"rows": 2, "dir": "auto"})
    before = HiddenField(filters=[to_text], validators=[Length(max=4 * CONTEXT_LENGTH)])
    after = HiddenField(filters=[to_text], validators=[Length(max=4 * CONTEXT_LENGTH)])
    body = _note_field()

    def validate_quote(self, field: TextAreaField) -> None:
        if len(field.data) > MAX_QUOTE_LENGTH:
            raise ValidationError(_("Quote at most %(most)s characters.", most=MAX_QUOTE_LENGTH))

    def validate_body(self, field: TextAreaField) -> None:
        if not field.data and not self.quote.data:
            raise ValidationError(_("Write a note."))

    @property
    def quotation(self) -> Quote | None:
        return Quote(self.quote.data, self.before.data, self.after.data) if self.quote.data else None


class NoteEditForm(FlaskForm):
    """Other words for a note. ``has_quote`` says that it may also be left without words."""

    body = _note_field()
    has_quote = False

    def validate_body(self, field: TextAreaField) -> None:
        if not field.data and not self.has_quote:
            raise ValidationError(_("Write something, or delete the note."))
