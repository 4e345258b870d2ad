"""Forms for administrators."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, EmailField, IntegerField, SelectChoice, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.models import Role, User
from app.services.log import audit_actions
from app.services.people import users
from app.web.forms import clean_line, email_field, form_id_field, refuse_imitation, to_text

ROLE_LABELS = {
    Role.LEARNER.value: _l("Learner"),
    Role.TRAINER.value: _l("Trainer"),
    Role.ADMIN.value: _l("Administrator"),
}
_ROLE_CHOICES = [SelectChoice(value, words) for value, words in ROLE_LABELS.items()]


def _validate_address(form: FlaskForm, field: EmailField) -> None:
    field.data = users.normalise_address(field.data)
    if field.data is None:
        field.data = field.raw_data[0]
        raise ValidationError(_("This is not a valid e-mail address. It should look like name@example.org."))
    refuse_imitation(form, field)


class AccountSearchForm(FlaskForm):  # type: ignore[misc]
    """A search for accounts. It is sent by GET, so it has no CSRF token."""

    q = StringField(
        _l("Find somebody"), filters=[clean_line], render_kw={"placeholder": _l("Name or e-mail"), "maxlength": 200}
    )
    role = SelectField(_l("Role"), choices=[SelectChoice("", _l("Any role")), *_ROLE_CHOICES], default="")
    state = SelectField(
        _l("State"),
        choices=[
            SelectChoice("", _l("All")),
            SelectChoice("active", _l("Active")),
            SelectChoice("gone", _l("Deactivated")),
        ],
        default="",
    )
    order = SelectField(
        _l("Order"),
        choices=[
            SelectChoice("name", _l("By name")),
            SelectChoice("role", _l("By role")),
            SelectChoice("seen", _l("Last seen first")),
            SelectChoice("new", _l("Newest first")),
        ],
        default="name",
    )


class RoleForm(FlaskForm):  # type: ignore[misc]
    role = SelectField(_l("Role"), choices=_ROLE_CHOICES)


class AddressForm(FlaskForm):  # type: ignore[misc]
    email = email_field(_l("E-mail address"), autocomplete="off")


class ExtraTimeForm(FlaskForm):  # type: ignore[misc]
    percent = IntegerField(
        _l("Extra time everywhere, in per cent"),
        validators=[
            InputRequired(_l("A whole number from 0 to 400.")),
            NumberRange(0, 400, message=_l("A whole number from 0 to 400.")),
        ],
        render_kw={"min": 0, "max": 400, "inputmode": "numeric"},
    )


class InviteForm(FlaskForm):  # type: ignore[misc]
    """An invitation. Name and e-mail only prefill the invited person's form."""

    form_id = form_id_field()
    role = SelectField(_l("Role"), choices=_ROLE_CHOICES, default=Role.TRAINER.value)
    name = StringField(
        _l("Name"),
        filters=[clean_line],
        validators=[Optional(), Length(max=100, message=_l("At most 100 characters."))],
    )
    email = EmailField(
        _l("E-mail"), filters=[to_text], validators=[Optional(), _validate_address], render_kw={"maxlength": 254}
    )


def _list_action_choices() -> list[SelectChoice]:
    """List choices for all actions, for each group of actions and for each single action."""
    every = [SelectChoice("", _l("All actions"))]
    every += [
        SelectChoice(kind, _l("%(subject)s: all", subject=_l(words)))
        for kind, words in audit_actions.SUBJECT_LABELS.items()
    ]
    return every + [SelectChoice(action.name, _l(action.title)) for action in audit_actions.ACTIONS.values()]


class EraseForm(FlaskForm):  # type: ignore[misc]
    """Confirmation of an erasure by typing the person's address, because it cannot be undone."""

    confirm = StringField(
        _l("E-mail of this person"),
        filters=[to_text],
        validators=[InputRequired(_l("Type the e-mail address to confirm."))],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "maxlength": 254},
    )

    def names(self, user: User) -> bool:
        """Return whether the typed address is that of ``user``; if not, add an error to the field."""
        if users.normalise_address(self.confirm.data) == user.email:
            return True
        self.confirm.errors = [*self.confirm.errors, _("This is not the address of this person.")]
        return False


def _validate_date(_form: FlaskForm, field: DateField) -> None:
    # The query adds a day and converts time zones, which would overflow at the ends of the range of dates.
    if field.data and not 1900 <= field.data.year <= 2999:
        raise ValidationError(_("Enter a year from 1900 to 2999."))


class AuditSearchForm(FlaskForm):  # type: ignore[misc]
    """A filter for the audit log. It is sent by GET, so it has no CSRF token."""

    person = StringField(
        _l("Person"), filters=[clean_line], render_kw={"placeholder": _l("Name or e-mail"), "maxlength": 200}
    )
    kind = SelectField(_l("Action"), choices=_list_action_choices(), default="")
    subject = StringField(_l("Object"), filters=[clean_line], render_kw={"placeholder": "cohort:3", "maxlength": 60})
    since = DateField(_l("From"), validators=[Optional(), _validate_date])
    until = DateField(_l("To"), validators=[Optional(), _validate_date])

    def validate_until(self, field: DateField) -> None:
        if field.data and self.since.data and field.data < self.since.data:
            raise ValidationError(_("This is before the first day."))
