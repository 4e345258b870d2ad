"""Requests that are larger than other forms: uploads of files, and forms with the text of a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from app.db import db
from app.permissions import may_edit_library, may_teach
from app.services.libraries import libraries
from app.services.libraries.libraries import OpenLibrary
from app.studio import blueprint
from app.web import errors
from app.web.identity import get_viewer

_TEXT_FORMS = frozenset(
    {
        "studio.save_document",
        *(f"studio.{act}_{what}" for act in ("save", "check") for what in ("lesson", "module", "question", "source")),
    }
)
ShowFault = Callable[[OpenLibrary, str], str]
"""Renders the form of an upload again, with what is wrong with the file."""

_FORMS: dict[str, ShowFault] = {}


def accept_large_files(endpoint: str, show_fault: ShowFault) -> None:
    """Let an endpoint, whose address names a library, take files of up to 20 MB."""
    _FORMS[endpoint] = show_fault


@blueprint.url_value_preprocessor
def _allow_more(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the size limit before the request body is read."""
    if endpoint in _FORMS:
        request.max_content_length = current_app.config["LARGEST_LIBRARY"]
    elif endpoint in _TEXT_FORMS:
        request.max_content_length = request.max_form_memory_size = current_app.config["LARGEST_TEXT"]


@blueprint.errorhandler(413)
def _handle_too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Show the error on the page of the upload. The file was not read."""
    opened, show_fault = None, _FORMS.get(request.endpoint or "")
    if show_fault and may_teach(get_viewer()):
        opened = libraries.get_for(db.session, get_viewer(), (request.view_args or {})["slug"])
    if show_fault is None or opened is None or not may_edit_library(opened.role):
        return errors.render_error(413)
    return show_fault(opened, _("This file has more than 20 MB.")), 413
