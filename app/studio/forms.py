"""Forms of the studio."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.models import Library, LibraryRole
from app.web.forms import clean_line, clean_text, email_field, form_id_field, required_line, to_text
from app.web.question_labels import LEVEL_LABELS

ROLE_LABELS = {
    LibraryRole.OWNER: _l("Owner"),
    LibraryRole.EDITOR: _l("Editor"),
    LibraryRole.READER: _l("Reader"),
}


def _role_field() -> SelectField:
    choices = [SelectChoice(role.value, label) for role, label in ROLE_LABELS.items()]
    return SelectField(_l("Role"), choices=choices, default=LibraryRole.EDITOR.value)


def _path_field() -> StringField:
    return StringField(
        _l("Path"),
        filters=[clean_line],
        validators=[InputRequired(_l("Enter a path."))],
        render_kw={"maxlength": 200, "autocomplete": "off", "spellcheck": "false"},
    )


class LibraryForm(FlaskForm):  # type: ignore[misc]
    form_id = form_id_field()
    name = required_line(_l("Name"), _l("Enter a name for the library."), longest=200)


class NewModuleForm(FlaskForm):  # type: ignore[misc]
    form_id = form_id_field()
    title = required_line(_l("Title"), _l("Enter a title for the module."), longest=200)


class NewLessonForm(FlaskForm):  # type: ignore[misc]
    form_id = form_id_field()
    title = required_line(_l("Title"), _l("Enter a title for the lesson."), longest=200)


class RenameForm(FlaskForm):  # type: ignore[misc]
    name = required_line(_l("Name"), _l("Enter a name for the library."), longest=200)


class DeleteLibraryForm(FlaskForm):  # type: ignore[misc]
    """Confirmation of a deletion by typing the library's name, because it cannot be undone."""

    confirm = required_line(_l("Name of the library"), _l("Type the name of the library to confirm."), longest=200)

    def names(self, library: Library) -> bool:
        """Return whether the typed name is that of ``library``; if not, add an error to the field."""
        if self.confirm.data.casefold() == library.name.casefold():
            return True
        self.confirm.errors = [*self.confirm.errors, _("This is not the name of the library.")]
        return False


class DocumentForm(FlaskForm):  # type: ignore[misc]
    """The text of a document. ``seen`` is the revision that the page showed, 0 for none."""

    path = HiddenField(filters=[to_text])
    seen = IntegerField(validators=[NumberRange(0, 2**31 - 1)])
    text = TextAreaField(_l("Text"), filters=[to_text], render_kw={"rows": 24, "spellcheck": "false", "wrap": "soft"})


class NewDocumentForm(FlaskForm):  # type: ignore[misc]
    path = _path_field()


class VersionForm(FlaskForm):  # type: ignore[misc]
    """A document as the page showed it (``seen``), and the version to restore (``number``)."""

    path = HiddenField(filters=[to_text])
    seen = IntegerField(validators=[NumberRange(0, 2**31 - 1)])
    number = IntegerField(validators=[NumberRange(1, 2**31 - 1)])


class RemoveForm(FlaskForm):  # type: ignore[misc]
    path = HiddenField(filters=[to_text])
    seen = IntegerField(validators=[NumberRange(0, 2**31 - 1)])


class QuestionsForm(FlaskForm):  # type: ignore[misc]
    """An act on a question of a document: ``copy:3`` is one on the third."""

    path = HiddenField(filters=[to_text])
    seen = IntegerField(validators=[NumberRange(0, 2**31 - 1)])
    act = StringField(filters=[to_text], validators=[Length(max=20)])


class QuestionSelectionForm(QuestionsForm):
    """An act on the chosen questions of a document: ``change``, ``move`` or ``retire``. ``to`` is a path."""

    objective = StringField(filters=[to_text], validators=[Length(max=60)])
    level = StringField(filters=[to_text], validators=[Length(max=20)])
    use = StringField(filters=[to_text], validators=[Length(max=20)])
    to = StringField(filters=[to_text], validators=[Length(max=200)])


class EntryEditForm(FlaskForm):  # type: ignore[misc]
    """An entry beside its fields: ``base`` is the version of the document that they are about.

    ``seen`` is the version that the author has seen, which is later after a conflict. ``act`` is the button of a row.
    """

    path = HiddenField(filters=[to_text])
    base = IntegerField(validators=[NumberRange(0, 2**31 - 1)])
    seen = IntegerField(validators=[NumberRange(0, 2**31 - 1)])
    act = HiddenField(filters=[to_text], validators=[Length(max=100)])


class QuestionEditForm(EntryEditForm):
    """A question beside its fields. ``n`` is its place in the document from 1, empty for a new question."""

    n = IntegerField(validators=[Optional(), NumberRange(1, 100_000)])
    kind = HiddenField(filters=[to_text])


class SourceEditForm(EntryEditForm):
    """A source beside its fields. ``n`` is its place in the bibliography from 1, empty for a new source."""

    n = IntegerField(validators=[Optional(), NumberRange(1, 100_000)])


class UploadForm(FlaskForm):  # type: ignore[misc]
    file = FileField(_l("A zip file"), render_kw={"accept": ".zip,application/zip"})
    removes_others = BooleanField(_l("Remove the documents that are not in the file"))


class FigureForm(FlaskForm):  # type: ignore[misc]
    """A photo, a scan or a drawing. ``alternative`` is required unless it is a drawing, which has a title."""

    form_id = form_id_field()
    file = FileField(
        _l("Picture"), render_kw={"accept": ".png,.jpg,.jpeg,.webp,.svg,image/png,image/jpeg,image/webp,image/svg+xml"}
    )
    alternative = TextAreaField(
        _l("What the picture shows"),
        filters=[clean_text],
        validators=[Length(max=500, message=_l("Use at most %(max)d characters."))],
        render_kw={"rows": 3},
    )
    name = StringField(
        _l("Name"),
        filters=[clean_line],
        validators=[Length(max=60)],
        render_kw={"maxlength": 60, "autocomplete": "off"},
    )


class BankFileForm(FlaskForm):  # type: ignore[misc]
    """A file with questions of another system."""

    file = FileField(
        _l("A file with questions"), render_kw={"accept": ".xml,.gift,.txt,.aiken,.csv,.tsv,.xlsx,.zip,.qti,.imscc"}
    )


class ImportForm(FlaskForm):  # type: ignore[misc]
    """What imported questions get that say nothing of it. The choices of ``objective`` are those of the library."""

    objective = SelectField(_l("Objective for questions without one"), validate_choice=True)
    level = SelectField(
        _l("Level for questions without one"),
        choices=[SelectChoice(level.value, label) for level, label in LEVEL_LABELS.items()],
    )


class DiscardForm(FlaskForm):  # type: ignore[misc]
    """Forget an uploaded file."""


class InvitePersonForm(FlaskForm):  # type: ignore[misc]
    email = email_field(_l("E-mail of the trainer"), autocomplete="off")
    role = _role_field()


class PersonRoleForm(FlaskForm):  # type: ignore[misc]
    user = IntegerField(validators=[NumberRange(1, 2**31 - 1)])
    role = _role_field()


class PersonForm(FlaskForm):  # type: ignore[misc]
    user = IntegerField(validators=[NumberRange(1, 2**31 - 1)])


class OpenInvitationForm(FlaskForm):  # type: ignore[misc]
    """An invitation to a library. ``answer`` is ``accept`` or ``decline``."""

    invitation = IntegerField(validators=[NumberRange(1, 2**31 - 1)])
    answer = StringField(filters=[to_text], validators=[Length(max=20)])
