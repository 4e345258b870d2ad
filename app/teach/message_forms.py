"""Forms for messages, and for reopening attempts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from app.domain.reopening import DEFAULT_MINUTES, MAX_MINUTES
from app.services.cohorts import messages
from app.services.marking import marks
from app.web.forms import form_id_field, required_text


class MessageForm(FlaskForm):  # type: ignore[misc]
    form_id = form_id_field()
    text = required_text(_l("Message"), _l("Write a message."), longest=messages.MAX_LENGTH)


class ReopenForm(FlaskForm):  # type: ignore[misc]
    """Minutes for one attempt or several, with a reason. ``seen`` is the version of the attempt on the page."""

    form_id = form_id_field()
    seen = HiddenField()
    minutes = IntegerField(
        _l("Minutes"),
        default=DEFAULT_MINUTES,
        validators=[
            InputRequired(_l("Enter a number of minutes.")),
            NumberRange(
                1, MAX_MINUTES, _l("Enter a whole number of minutes from 1 to %(longest)s.", longest=MAX_MINUTES)
            ),
        ],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    reason = required_text(_l("Reason"), _l("Enter a reason."), longest=marks.MAX_REASON_LENGTH)
