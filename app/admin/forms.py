"""Forms of the administration."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import DateField, EmailField, IntegerField, SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.fields import line, once_field, text
from app.models import Role, User
from app.services import audit_words
from app.services.people import users

ROLES = {Role.LEARNER.value: "Learner", Role.TRAINER.value: "Trainer", Role.ADMIN.value: "Administrator"}
_CHOICES = [SelectChoice(value, words) for value, words in ROLES.items()]


def _address(_form: FlaskForm, field: EmailField) -> None:
    field.data = users.normalised(field.data)
    if field.data is None:
        field.data = field.raw_data[0]
        raise ValidationError("This is no e-mail address. One looks like name@example.org.")


class PeopleForm(FlaskForm):  # type: ignore[misc]
    """Whom to list; sent by GET, so it carries no token."""

    q = StringField("Find somebody", filters=[line], render_kw={"placeholder": "Name or e-mail", "maxlength": 200})
    role = SelectField("Role", choices=[SelectChoice("", "Any role"), *_CHOICES], default="")
    state = SelectField(
        "State",
        choices=[SelectChoice("", "All"), SelectChoice("active", "Active"), SelectChoice("gone", "Deactivated")],
        default="",
    )
    order = SelectField(
        "Order",
        choices=[
            SelectChoice("name", "By name"),
            SelectChoice("seen", "Last seen first"),
            SelectChoice("new", "Newest first"),
        ],
        default="name",
    )


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


def _kinds() -> list[SelectChoice]:
    """Everything, each family of actions, and each action in words that leave the names out."""
    every = [SelectChoice("", "Everything")]
    every += [SelectChoice(kind, f"{words}: all") for kind, words in audit_words.KINDS.items()]
    return every + [SelectChoice(action, audit_words.title(action)) for action in audit_words.SENTENCES]


class EraseForm(FlaskForm):  # type: ignore[misc]
    """Erasing can't be undone: the address of whom it is about has to be typed."""

    confirm = StringField(
        "E-mail of this person",
        filters=[text],
        validators=[InputRequired("Type the e-mail address, so that nobody is erased by a slip.")],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": 254},
    )

    def names(self, user: User) -> bool:
        """Whether what was typed is the address of ``user``; else say so beside the field."""
        if self.confirm.data.strip().lower() == user.email:
            return True
        self.confirm.errors = [*self.confirm.errors, "This is not the address of this person."]
        return False


def _in_reach(_form: FlaskForm, field: DateField) -> None:
    # A day is counted to and from, in any time zone.
    if field.data and not 1900 <= field.data.year <= 2999:
        raise ValidationError("Give a year from 1900 to 2999.")


class AuditForm(FlaskForm):  # type: ignore[misc]
    """What of the log is sought; sent by GET, so it carries no token."""

    person = StringField("Person", filters=[line], render_kw={"placeholder": "Name or e-mail", "maxlength": 200})
    kind = SelectField("What was done", choices=_kinds(), default="")
    subject = StringField("On what", filters=[line], render_kw={"placeholder": "cohort:3", "maxlength": 60})
    since = DateField("From", validators=[Optional(), _in_reach])
    until = DateField("To", validators=[Optional(), _in_reach])

    def validate_until(self, field: DateField) -> None:
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError("This is before the first day.")
