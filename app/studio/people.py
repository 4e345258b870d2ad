"""The settings of a library: its name, its people, invitations, and its deletion."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.models import LibraryRole
from app.permissions import may_manage_library
from app.services.libraries import documents, libraries, people
from app.services.libraries.libraries import OpenLibrary, PublishedError
from app.services.libraries.people import AlreadyInvolvedError, LastOwnerError
from app.studio import blueprint
from app.studio.forms import (
    ROLE_LABELS,
    DeleteLibraryForm,
    InvitePersonForm,
    OpenInvitationForm,
    PersonForm,
    PersonRoleForm,
    RenameForm,
)
from app.studio.libraries import get_library_or_404, get_managed_or_403
from app.web.access import current_account, trainers_only


@blueprint.get("/<slug>/people")
@trainers_only
def show_people(slug: str) -> ResponseReturnValue:
    """List the people of a library. Its owners can change them, and its name."""
    return _render(get_library_or_404(slug, with_documents=False))


@blueprint.post("/<slug>/people")
@trainers_only
def invite_person(slug: str) -> ResponseReturnValue:
    """Invite the trainer with an address."""
    opened, form = get_managed_or_403(slug), InvitePersonForm()
    if not form.validate_on_submit():
        return _render(opened, invite_form=form), 422
    try:
        people.invite(
            db.session, current_account(), opened.library, form.email.data, LibraryRole(form.role.data), now()
        )
    except AlreadyInvolvedError:
        form.email.errors = [_("This person is in the list above. Change the role there.")]
        return _render(opened, invite_form=form), 422
    db.session.commit()
    flash(_("Invited. A trainer with this address finds the invitation in the studio."))
    return redirect(url_for("studio.show_people", slug=slug), 303)


@blueprint.post("/<slug>/name")
@trainers_only
def rename_library(slug: str) -> ResponseReturnValue:
    opened, form = get_managed_or_403(slug), RenameForm()
    if not form.validate_on_submit():
        return _render(opened, rename_form=form), 422
    libraries.rename(db.session, current_account(), opened.library, form.name.data, now())
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("studio.show_people", slug=slug), 303)


@blueprint.get("/<slug>/delete")
@trainers_only
def confirm_deletion(slug: str) -> ResponseReturnValue:
    """Show what would be deleted with a library, and ask."""
    return _render_deletion(get_managed_or_403(slug), DeleteLibraryForm(formdata=None))


@blueprint.post("/<slug>/delete")
@trainers_only
def delete_library(slug: str) -> ResponseReturnValue:
    """Delete a library that was never published, with its documents and their history."""
    opened, form = get_managed_or_403(slug), DeleteLibraryForm()
    if not form.validate_on_submit() or not form.names(opened.library):
        return _render_deletion(opened, form), 422
    name = opened.library.name
    try:
        libraries.delete(db.session, current_account(), opened.library, now())
    except PublishedError:
        db.session.rollback()
        return _render_deletion(get_managed_or_403(slug), form), 409
    db.session.commit()
    flash(_("%(name)s deleted.", name=name))
    return redirect(url_for("studio.list_libraries"), 303)


@blueprint.post("/<slug>/people/role")
@trainers_only
def set_person_role(slug: str) -> ResponseReturnValue:
    """Change the role of a person.

    :raise 404: the person has no role in this library.
    """
    opened, form = get_managed_or_403(slug), PersonRoleForm()
    if not form.validate_on_submit():
        abort(400)
    role = LibraryRole(form.role.data)
    try:
        if not people.set_role(db.session, current_account(), opened.library, form.user.data, role, now()):
            abort(404)
    except LastOwnerError:
        return _refuse_last_owner(slug)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("studio.show_people", slug=slug), 303)


@blueprint.post("/<slug>/people/remove")
@trainers_only
def remove_person(slug: str) -> ResponseReturnValue:
    """Remove a person. Everybody can remove themselves; only owners remove others.

    :raise 404: the person has no role in this library.
    """
    opened, form, actor = get_library_or_404(slug, with_documents=False), PersonForm(), current_account()
    if not form.validate_on_submit():
        abort(400)
    is_own = form.user.data == actor.id
    if not is_own and not may_manage_library(opened.role):
        abort(403)
    try:
        if not people.remove(db.session, actor, opened.library, form.user.data, now()):
            abort(404)
    except LastOwnerError:
        return _refuse_last_owner(slug)
    db.session.commit()
    flash(_("You have left %(name)s.", name=opened.library.name) if is_own else _("Removed."))
    return redirect(url_for("studio.list_libraries") if is_own else url_for("studio.show_people", slug=slug), 303)


@blueprint.post("/<slug>/people/withdraw")
@trainers_only
def withdraw_invitation(slug: str) -> ResponseReturnValue:
    """Withdraw an open invitation.

    :raise 404: no such invitation to this library.
    """
    opened, form = get_managed_or_403(slug), OpenInvitationForm()
    if not form.validate_on_submit():
        abort(400)
    if not people.withdraw(db.session, current_account(), opened.library, form.invitation.data, now()):
        abort(404)
    db.session.commit()
    flash(_("Invitation withdrawn."))
    return redirect(url_for("studio.show_people", slug=slug), 303)


def _refuse_last_owner(slug: str) -> ResponseReturnValue:
    db.session.rollback()
    flash(_("A library needs an owner. Make somebody else an owner first."), "error")
    return redirect(url_for("studio.show_people", slug=slug), 303)


def _render_deletion(opened: OpenLibrary, form: DeleteLibraryForm) -> str:
    return render_template(
        "studio/delete.html",
        opened=opened,
        documents=documents.list_current(db.session, opened.library),
        people=people.list_people(db.session, opened.library),
        was_published=libraries.was_published(db.session, opened.library),
        form=form,
    )


def _render(
    opened: OpenLibrary, invite_form: InvitePersonForm | None = None, rename_form: RenameForm | None = None
) -> str:
    return render_template(
        "studio/people.html",
        opened=opened,
        people=people.list_people(db.session, opened.library),
        invitations=people.list_invitations(db.session, opened.library),
        invite_form=invite_form or InvitePersonForm(formdata=None),
        rename_form=rename_form or RenameForm(formdata=None, name=opened.library.name),
        may_manage=may_manage_library(opened.role),
        labels=ROLE_LABELS,
        own_id=current_account().id,
    )
