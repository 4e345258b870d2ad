"""The bibliography of a library: its sources, and what rests on those that are no longer current."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.content.question_documents import UnreadableDocumentError
from app.content.schema import SourceEntry
from app.content.source_checks import Dependent, list_dependents
from app.content.yaml_nodes import Plain
from app.db import db
from app.models import Library
from app.permissions import may_edit_library
from app.services.libraries import checking, documents, questions
from app.services.libraries.documents import DocumentText
from app.services.libraries.questions import OpenDocument
from app.studio import blueprint
from app.studio.addresses import SOURCES
from app.studio.findings import list_findings
from app.studio.libraries import get_library_or_404
from app.web.access import trainers_only

ORDER = tuple(SourceEntry.model_fields)
"""The fields of a source in the order in which they are written."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source in the list. ``place`` counts from 1; ``status`` is empty while it is current.

    ``tasks`` are the lessons and questions that still rest on it although it is not current.
    """

    place: int
    name: str
    label: str
    title: str
    status: str
    cited: int
    tasks: Sequence[Dependent]
    findings: int


@blueprint.get("/<slug>/sources")
@trainers_only
def list_sources(slug: str) -> ResponseReturnValue:
    """List the sources of a library. A bibliography that cannot be read is edited as text."""
    opened = get_library_or_404(slug)
    try:
        document = open_sources(opened.library)
    except UnreadableDocumentError:
        flash(_("This document has a fault, so its sources cannot be listed. Fix the text first."), "error")
        return redirect(url_for("studio.edit_document", slug=slug, path=SOURCES), 303)
    checked = checking.check(db.session, opened.library, documents.list_current(db.session, opened.library))
    dependents = list_dependents(checked.material)
    places = [one.entry for one in list_findings(checked).get(SOURCES, [])]
    return render_template(
        "studio/sources.html",
        opened=opened,
        lines=[
            _build_line(at, entry, dependents.get(_get_text(entry, "id"), []), places.count(at))
            for at, entry in enumerate(document.questions.entries)
        ],
        other_findings=[one for one in list_findings(checked).get(SOURCES, []) if one.entry is None],
        has_document=document.revision > 0,
        path=SOURCES,
        may_edit=may_edit_library(opened.role),
    )


def open_sources(library: Library) -> OpenDocument:
    """Return the bibliography. One that does not exist has no entries, and the revision 0.

    :raise UnreadableDocumentError: it has no list that could be read.
    """
    found = documents.get_current(db.session, library, SOURCES) or DocumentText(SOURCES, 0, b"")
    return questions.open_document(found, ORDER)


def open_sources_or_404(library: Library) -> OpenDocument:
    """Return the bibliography.

    :raise 404: it cannot be read.
    """
    try:
        return open_sources(library)
    except UnreadableDocumentError:
        abort(404)


def _get_text(entry: Plain, name: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""


def _build_line(at: int, entry: Plain, dependents: Sequence[Dependent], findings: int) -> SourceLine:
    status = _get_text(entry, "status")
    return SourceLine(
        place=at + 1,
        name=_get_text(entry, "id"),
        label=_get_text(entry, "label"),
        title=_get_text(entry, "title"),
        status=status,
        cited=len(dependents),
        tasks=[one for one in dependents if status and one.is_relying],
        findings=findings,
    )
