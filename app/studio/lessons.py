"""Add a lesson to a module."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.content.material import ModuleMaterial
from app.content.question_checks import find_module
from app.db import db, end_read_transaction
from app.services.libraries import lessons
from app.services.libraries.documents import DocumentConflictError, LibraryFullError
from app.services.libraries.lessons import NewLesson
from app.services.libraries.libraries import OpenLibrary
from app.studio import blueprint
from app.studio.forms import NewLessonForm
from app.studio.libraries import get_editable_or_403
from app.studio.questions import check_library
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission


@blueprint.get("/<slug>/lesson/new")
@trainers_only
def show_new_lesson(slug: str) -> ResponseReturnValue:
    """Ask for the title of a new lesson.

    :raise 404: the library has no such module.
    """
    opened = get_editable_or_403(slug)
    return _render(opened, get_module_or_404(opened), NewLessonForm(formdata=None))


@blueprint.post("/<slug>/lesson/new")
@trainers_only
def create_lesson(slug: str) -> ResponseReturnValue:
    """Create a lesson with the beginning of a text, as the last one of its module."""
    opened, form = get_editable_or_403(slug), NewLessonForm()
    module = get_module_or_404(opened)
    if not form.validate_on_submit():
        return _render(opened, module, form), 422
    folder = get_folder(module)
    taken = check_library(opened.library).material.lesson_names
    end_read_transaction()  # until here without the write lock, because a library may have to be checked
    if not is_first_submission(form):
        return redirect(url_for("studio.show_library", slug=slug, _anchor=f"folder-{folder}"), 303)
    try:
        path = lessons.add_lesson(
            db.session, current_account(), opened.library, _begin(module, form.title.data), set(taken), now()
        )
    except (DocumentConflictError, LibraryFullError) as error:
        db.session.rollback()
        form.title.errors = [_explain(error)]
        return _render(opened, module, form), 422
    db.session.commit()
    return redirect(url_for("studio.edit_lesson", slug=slug, path=path), 303)


def _begin(module: ModuleMaterial, title: str) -> NewLesson:
    objectives = module.head.entry.objectives if module.head else ()
    heading, text = _("First section"), _("Write your text here.")
    return NewLesson(
        folder=get_folder(module),
        title=title,
        hook=_("Say in a sentence why learners should read this lesson."),
        objectives=[objective.id for objective in objectives[:1]],
        body=f"## {heading} {{#first}}\n{text}\n",
    )


def get_module_or_404(opened: OpenLibrary) -> ModuleMaterial:
    """Return the module whose folder the address names.

    :raise 404: the library has none in this folder.
    """
    folder = request.args.get("folder", "")
    return (find_module(check_library(opened.library).material, folder) if folder else None) or abort(404)


def get_folder(module: ModuleMaterial) -> str:
    """Return the name of a module's folder."""
    return str(module.shelf.folders[0])


def _render(opened: OpenLibrary, module: ModuleMaterial, form: NewLessonForm) -> str:
    return render_template(
        "studio/new_lesson.html",
        opened=opened,
        folder=get_folder(module),
        module_title=module.head.entry.title if module.head else module.name,
        form=form,
    )


def _explain(error: Exception) -> str:
    if isinstance(error, DocumentConflictError):
        return _("Somebody else changed the library at the same moment. Try again.")
    return _("The library has no room for this: it has at most 2,000 documents, 20 MB and 200 MB of history.")
