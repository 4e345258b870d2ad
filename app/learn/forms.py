"""The shape of what learners send. Rules live in the domain."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import Form, StringField
from wtforms.validators import AnyOf, Length, Optional, Regexp

from app.fields import words_field
from app.given import GivenForm, WholeField
from app.services.taking.attempts import Change
from app.services.teaching import question_reports


class AnswerForm(GivenForm):
    """One question's form: the contract of ``POST /attempts/<id>/<n>``."""

    revision = WholeField(0, 10**8, default=0)
    save_id = StringField(validators=[Optional(), Length(max=64), Regexp(r"[A-Za-z0-9-]+\Z")])
    certainty = WholeField(1, 3, validators=[Optional()])
    clear = WholeField(0, 1)
    flag = WholeField(0, 1)
    go = StringField(
        validators=[Optional(), Regexp(r"([1-9][0-9]{0,3}|summary)\Z", message="Give a number of a question.")]
    )

    def change(self) -> Change:
        return Change(
            given=self.given(is_cleared=self.clear.data == 1),
            revision=self.revision.data or 0,
            save_id=self.save_id.data or "",
            certainty=self.certainty.data,
            is_flagged=None if self.flag.data is None else self.flag.data == 1,
        )


class StartForm(Form):
    mode = StringField(validators=[AnyOf(("practice", "test"), message="Give practice or test.")])
    missed = WholeField(1, 10**12, validators=[Optional()])


class CheckForm(GivenForm):
    number = WholeField(1, 10**6, default=1)


class ReportForm(FlaskForm):
    says = words_field("What is wrong?", "Say what is wrong with it.", longest=question_reports.LONGEST)
