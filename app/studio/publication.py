"""Publish a library, see what learners can be assigned, and end its publication."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, end_read_transaction, read_only, use_deferred_transaction
from app.models import LibraryRole
from app.permissions import may_publish_library
from app.services.cohorts import cohorts
from app.services.course import publishing
from app.services.course.publishing import StalePreviewError
from app.services.libraries import documents, people, publication
from app.services.libraries.libraries import OpenLibrary
from app.services.libraries.publication import DocumentsChangedError, LibraryState, NotPublishableError
from app.studio import blueprint
from app.studio.findings import describe_faults
from app.studio.libraries import get_library_or_404
from app.web.access import current_account, trainers_only
from app.web.identity import get_viewer
from app.web.publication_words import CHANGE_LABELS


@blueprint.get("/<slug>/publication")
@trainers_only
def show_publication(slug: str) -> ResponseReturnValue:
    """Show what is published of a library, and in which cohorts the viewer can assign it."""
    opened = get_library_or_404(slug, with_documents=False)
    holders = people.list_people(db.session, opened.library)
    return render_template(
        "studio/publication.html",
        opened=opened,
        state=_get_state(opened),
        may_publish=may_publish_library(opened.role),
        owners=[person.name for person in holders if person.role is LibraryRole.OWNER],
        people=[person.name for person in holders if person.can_use],
        cohorts=[
            line.cohort for line in cohorts.list_for(db.session, get_viewer(), now()) if line.cohort.archived_at is None
        ],
    )


@blueprint.get("/<slug>/publication/preview")
@trainers_only
def preview_publication(slug: str) -> ResponseReturnValue:
    """Show what publishing a library would change, or what has to be fixed first."""
    return _render_preview(_get_published_or_403(slug))


@blueprint.post("/<slug>/publication")
@trainers_only
def publish_library(slug: str) -> ResponseReturnValue:
    """Publish the previewed changes, unless the documents or the publication have changed since the preview."""
    opened, actor = _get_published_or_403(slug), current_account()
    end_read_transaction()  # checking takes seconds and must not hold a lock
    try:
        with read_only(db.session):
            prepared = publication.prepare(db.session, opened.library, now(), files=request.form.get("files", ""))
        done = publishing.publish(db.session, actor, prepared, now(), seen=_get_seen())
    except DocumentsChangedError:
        return _refuse(opened, _("Nothing was published, because a document has changed. Check the new preview below."))
    except NotPublishableError:
        return _refuse(opened, _("Nothing was published, because the checker found something to fix."))
    except StalePreviewError:
        db.session.rollback()
        words = _("Nothing was published, because somebody else has published. Below is what is left to publish.")
        return _refuse(opened, words)
    db.session.commit()
    flash(
        _("Published. Now you can assign it.") if done.changes else _("The library was already published as it is now.")
    )
    return redirect(url_for("studio.show_publication", slug=slug), 303)


@blueprint.get("/<slug>/publication/end")
@trainers_only
def confirm_unpublishing(slug: str) -> ResponseReturnValue:
    """Show what ending the publication would affect, and ask."""
    opened = _get_published_or_403(slug)
    state = _get_state(opened)
    if not state.is_published:
        return redirect(url_for("studio.show_publication", slug=slug))
    return render_template(
        "studio/unpublish.html",
        opened=opened,
        state=state,
        touched=publication.preview_withdrawal(db.session, opened.library, now()),
    )


@blueprint.post("/<slug>/publication/end")
@trainers_only
def unpublish_library(slug: str) -> ResponseReturnValue:
    """End the publication of a library. Results stay, and it can be published again."""
    opened, actor = _get_published_or_403(slug), current_account()
    with read_only(db.session):
        is_published = _get_state(opened).is_published
        prepared = publication.prepare_withdrawal(db.session, opened.library, now())
    if not is_published:
        flash(_("The library is not published."))
        return redirect(url_for("studio.show_publication", slug=slug), 303)
    try:
        publication.withdraw(db.session, actor, opened.library, prepared, now(), seen=_get_seen())
    except StalePreviewError:
        db.session.rollback()
        flash(_("Somebody else has published the library meanwhile. Look at it again."), "error")
        return redirect(url_for("studio.show_publication", slug=slug), 303)
    db.session.commit()
    flash(_("The library is no longer published. Results are kept, and you can publish it again."))
    return redirect(url_for("studio.show_publication", slug=slug), 303)


def _get_published_or_403(slug: str) -> OpenLibrary:
    """Return the library if the viewer may publish it.

    :raise 403: the viewer does not own it.
    """
    opened = get_library_or_404(slug)
    return opened if may_publish_library(opened.role) else abort(403)


def _get_state(opened: OpenLibrary) -> LibraryState:
    listed = documents.list_current(db.session, opened.library)
    return publication.get_state(db.session, opened.library, listed)


def _get_seen() -> int:
    return request.form.get("seen", 0, type=int)


def _refuse(opened: OpenLibrary, words: str) -> ResponseReturnValue:
    flash(words, "error")
    return _render_preview(opened), 409


def _render_preview(opened: OpenLibrary) -> str:
    use_deferred_transaction()  # it only reads, even when a rejected POST leads here
    checked = publication.check(db.session, opened.library)
    preview = (
        publication.preview(db.session, opened.library, checked.course, now()) if checked.course is not None else None
    )
    return render_template(
        "studio/publication_preview.html",
        opened=opened,
        paths={row.path for row in documents.list_current(db.session, opened.library)},
        state=_get_state(opened),
        findings=describe_faults(checked.faults),
        preview=preview,
        files=checked.files,
        change_labels=CHANGE_LABELS,
        people=people.list_people(db.session, opened.library),
    )
