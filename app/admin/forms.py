"""Forms of the administration."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import EmailField, IntegerField, SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.fields import line, once_field, text
from app.models import Role
from app.services import users

ROLES = {Role.LEARNER.value: "Learner", Role.TRAINER.value: "Trainer", Role.ADMIN.value: "Administrator"}
_CHOICES = [SelectChoice(value, words) for value, words in ROLES.items()]


def _address(_form: FlaskForm, field: EmailField) -> None:
    field.data = users.normalised(field.data)
    if field.data is None:
        field.data = field.raw_data[0]
        raise ValidationError("This is no e-mail address. One looks like name@example.org.")


class RoleForm(FlaskForm):  # type: ignore[misc]
    role = SelectField("Role", choices=_CHOICES)


class ExtraTimeForm(FlaskForm):  # type: ignore[misc]
    percent = IntegerField(
        "Extra time everywhere, in per cent",
        validators=[
            InputRequired("A whole number from 0 to 400."),
            NumberRange(0, 400, message="A whole number from 0 to 400."),
        ],
        render_kw={"min": 0, "max": 400, "inputmode": "numeric"},
    )


class InviteForm(FlaskForm):  # type: ignore[misc]
    """Name and e-mail only fill the invited person's form in."""

    form_id = once_field()
    role = SelectField("Role", choices=_CHOICES, default=Role.TRAINER.value)
    name = StringField(
        "Name", filters=[line], validators=[Optional(), Length(max=100, message="At most 100 characters.")]
    )
    email = EmailField("E-mail", filters=[text], validators=[Optional(), _address], render_kw={"maxlength": 254})
