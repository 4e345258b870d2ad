"""Add a module to a library."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.services.libraries import checking, documents, modules
from app.services.libraries.documents import DocumentConflictError, LibraryFullError
from app.services.libraries.libraries import OpenLibrary
from app.studio import blueprint
from app.studio.forms import NewModuleForm
from app.studio.libraries import get_editable_or_403
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission


@blueprint.get("/<slug>/modules/new")
@trainers_only
def show_new_module(slug: str) -> ResponseReturnValue:
    """Ask for the title of a new module."""
    return _render(get_editable_or_403(slug), NewModuleForm(formdata=None))


@blueprint.post("/<slug>/modules/new")
@trainers_only
def create_module(slug: str) -> ResponseReturnValue:
    """Create a module with a lesson and questions that can be published as they are."""
    opened, form, actor = get_editable_or_403(slug), NewModuleForm(), current_account()
    if not form.validate_on_submit():
        return _render(opened, form), 422
    if not is_first_submission(form):
        return redirect(url_for("studio.show_library", slug=slug), 303)
    checked = checking.check(db.session, opened.library, documents.list_current(db.session, opened.library))
    try:
        folder, is_listed = modules.add_module(
            db.session, actor, opened.library, form.title.data, checked.material, now()
        )
    except (DocumentConflictError, LibraryFullError) as error:
        db.session.rollback()
        form.title.errors = [_explain(error)]
        return _render(opened, form), 422
    db.session.commit()
    flash(
        _("%(title)s created, with a lesson and four questions that you can change.", title=form.title.data)
        if is_listed
        else _(
            "%(title)s created. The list of modules in course.yaml cannot be read, so add %(name)s there yourself.",
            title=form.title.data,
            name=folder.partition("-")[2],
        )
    )
    return redirect(url_for("studio.show_library", slug=slug, _anchor=f"folder-{folder}"), 303)


def _render(opened: OpenLibrary, form: NewModuleForm) -> str:
    return render_template("studio/new_module.html", opened=opened, form=form)


def _explain(error: Exception) -> str:
    if isinstance(error, DocumentConflictError):
        return _("Somebody else changed the library at the same moment. Try again.")
    return _("The library has no room for this: it has at most 2,000 documents, 20 MB and 200 MB of history.")
