"""The figures of a module: look at them, and add one from a photo, a scan or a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from werkzeug.datastructures import FileStorage

from app.clock import now
from app.content.faults import Fault
from app.content.figures import read_figure, render_inline_svg
from app.content.material import ModuleMaterial
from app.content.trees import DocumentPath, DocumentTree
from app.db import db, end_read_transaction
from app.permissions import may_edit_library
from app.services.libraries import pictures, texts
from app.services.libraries.documents import MAX_DOCUMENT_BYTES, DocumentTooLargeError, LibraryFullError
from app.services.libraries.libraries import OpenLibrary
from app.services.libraries.pictures import PictureError, PictureProblem
from app.studio import blueprint
from app.studio.findings import Finding, describe_faults
from app.studio.forms import FigureForm
from app.studio.large_requests import accept_large_files
from app.studio.lessons import get_folder, get_module_or_404
from app.studio.libraries import get_editable_or_403, get_library_or_404
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission

_PROBLEM_MESSAGES = {
    PictureProblem.DAMAGED: _l("This is not a picture in PNG, JPEG, WebP or SVG, or it is damaged."),
    PictureProblem.TOO_LARGE: _l("This picture is too large: it has at most 30 million pixels. Make it smaller first."),
    PictureProblem.ANIMATED: _l("This picture moves. Save one image of it, and upload that."),
}


class _SentTwiceError(Exception):
    """The form was handled before."""


@dataclass(frozen=True, slots=True)
class FigureLine:
    """A figure in the list of its module. ``drawing`` is None if it has faults; ``lessons`` are titles."""

    name: str
    path: str
    title: str
    drawing: Markup | None
    lessons: Sequence[str]
    questions: int
    is_picture: bool


@blueprint.get("/<slug>/figures")
@trainers_only
def list_figures(slug: str) -> ResponseReturnValue:
    """Show the figures of a module, and what shows them.

    :raise 404: the library has no such module.
    """
    opened = get_library_or_404(slug)
    module = get_module_or_404(opened)
    return render_template(
        "studio/figures.html",
        opened=opened,
        folder=get_folder(module),
        module_title=_get_title(module),
        lines=[_build_line(module, path.stem, str(path)) for path in module.shelf.figures],
        may_edit=may_edit_library(opened.role),
    )


@blueprint.get("/<slug>/figures/new")
@trainers_only
def show_new_figure(slug: str) -> ResponseReturnValue:
    """Ask for the file of a new figure."""
    opened = get_editable_or_403(slug)
    get_module_or_404(opened)
    return _render_new(opened, FigureForm(formdata=None))


@blueprint.post("/<slug>/figures/new")
@trainers_only
def create_figure(slug: str) -> ResponseReturnValue:
    """Add a figure. A photo or a scan is written anew; a drawing is kept as it is, if the checker accepts it."""
    opened, form = get_editable_or_403(slug), FigureForm()
    module = get_module_or_404(opened)
    is_valid = form.validate_on_submit()
    file = form.file.data if isinstance(form.file.data, FileStorage) and form.file.data else None
    if file is None:
        form.file.errors = [_("Choose a picture.")]
    if not is_valid or file is None:
        return _render_new(opened, form), 422
    data = file.read()
    try:
        faults = _add_drawing(opened, module, form, data) if _is_svg(data) else _add_picture(opened, module, form, data)
    except _SentTwiceError:
        return redirect(url_for("studio.list_figures", slug=slug, folder=get_folder(module)), 303)
    except PictureError as error:
        form.file.errors = [_PROBLEM_MESSAGES[error.problem]]
        return _render_new(opened, form), 422
    except (LibraryFullError, DocumentTooLargeError):
        db.session.rollback()
        form.file.errors = [
            _("The library has no room for this: it has at most 2,000 documents, 20 MB and 200 MB of history.")
        ]
        return _render_new(opened, form), 422
    if faults or form.alternative.errors:
        return _render_new(opened, form, describe_faults(faults)), 422
    db.session.commit()
    flash(_("Figure added. You can insert it into a lesson now."))
    return redirect(url_for("studio.list_figures", slug=slug, folder=get_folder(module)), 303)


def _add_picture(opened: OpenLibrary, module: ModuleMaterial, form: FigureForm, data: bytes) -> tuple[Fault, ...]:
    if not form.alternative.data:
        form.alternative.errors = [_("Say what the picture shows.")]
        return ()
    prepared = pictures.prepare_picture(data)
    _begin_saving(form)
    pictures.add_picture(
        db.session,
        current_account(),
        opened.library,
        get_folder(module),
        _get_name(form),
        prepared,
        form.alternative.data,
        now(),
    )
    return ()


def _begin_saving(form: FigureForm) -> None:
    """Take the write lock. Until here without it, because decoding takes up to a second.

    :raise _SentTwiceError: the form was handled before.
    """
    end_read_transaction()
    if not is_first_submission(form):
        raise _SentTwiceError


def _get_name(form: FigureForm) -> str:
    return form.name.data or form.file.data.filename or ""


def _add_drawing(opened: OpenLibrary, module: ModuleMaterial, form: FigureForm, data: bytes) -> tuple[Fault, ...]:
    """Add a drawing, or return its faults."""
    text = texts.decode_text(data)
    place = DocumentPath(("drawing.svg",), DocumentTree())
    if text is None or len(data) > MAX_DOCUMENT_BYTES:
        raise PictureError(PictureProblem.DAMAGED if text is None else PictureProblem.TOO_LARGE)
    figure, faults = read_figure(text, place, module.pictures)
    if figure is not None:
        _begin_saving(form)
        folder, name = get_folder(module), _get_name(form)
        pictures.add_drawing(db.session, current_account(), opened.library, folder, name, data, now())
    return faults


def _is_svg(data: bytes) -> bool:
    """Whether a file is text that begins with a tag, as drawings do."""
    return data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _build_line(module: ModuleMaterial, name: str, path: str) -> FigureLine:
    figure = module.figures.get(name)
    shown = [draft.lesson.title for draft in module.lessons if any(one.name == name for one in draft.figures)]
    return FigureLine(
        name=name,
        path=path,
        title=figure.title if figure else "",
        drawing=Markup(render_inline_svg(figure, f"figure-{name}")) if figure else None,  # noqa: S704 - written anew
        lessons=shown,
        questions=sum(name in draft.entry.figure_names for draft in module.questions),
        is_picture=bool(figure and figure.pictures),
    )


def _get_title(module: ModuleMaterial) -> str:
    return module.head.entry.title if module.head else module.name


def _render_new(opened: OpenLibrary, form: FigureForm, findings: Sequence[Finding] = (), fault: str = "") -> str:
    module = get_module_or_404(opened)
    if fault:
        form.file.errors = [fault]
    return render_template(
        "studio/new_figure.html",
        opened=opened,
        folder=get_folder(module),
        module_title=_get_title(module),
        form=form,
        findings=findings,
    )


accept_large_files(
    "studio.create_figure", lambda opened, fault: _render_new(opened, FigureForm(formdata=None), fault=fault)
)
