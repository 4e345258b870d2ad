"""What our pages add to the library's views: where a sign-in leads, registering to join, and links given by others."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, current_app, g, redirect, render_template, request, session, url_for
from flask_security.recoverable import reset_password_token_status

from app.accounts import joining
from app.accounts.throttling import limit_links, limit_registering, limit_sign_in
from app.clock import now
from app.db import db
from app.permissions import may_administer, may_teach
from app.services.people import users
from app.services.reporting import setup
from app.web import kept_forms, reset_links
from app.web.identity import end_sign_in, get_viewer

View = Callable[..., Any]


def wrap_views(app: Flask) -> None:
    """Wrap the library's views."""
    views = app.view_functions
    views["security.login"] = limit_sign_in(_continue_after(views["security.login"]))
    register = limit_registering(_repeat_when_taken(views["security.register"]))
    views["security.register"] = _require_link(register)
    views["security.logout"] = _end_before(views["security.logout"])
    views["security.forgot_password"] = _commit_after(limit_links(views["security.forgot_password"]))
    views["security.reset_password"] = _accept_given_links(views["security.reset_password"])


def get_home_path() -> str:
    """Return where a sign-in leads: trainers to their cohorts, an administrator to the checklist until it is done."""
    viewer = get_viewer()
    if may_administer(viewer) and not setup.is_done(db.session, current_app.config["PALPATE"], now()):
        return url_for("admin.show_checklist")
    return url_for("teach.list_cohorts") if may_teach(viewer) else url_for("learn.show_course")


def _continue_after(login: View) -> View:
    """After a sign-in, offer to send a form that was refused before it, or go to the home of the role."""

    @wraps(login)
    def wrapper() -> Any:
        response = login()
        is_done = request.method == "POST" and getattr(response, "status_code", 200) == 302
        if not is_done or get_viewer().user is None:
            return response
        if kept := kept_forms.load(request.form.get(kept_forms.FIELD, "")):
            return kept_forms.offer(kept)
        asked = request.form.get("next") or request.args.get("next")
        return response if asked else redirect(get_home_path())

    return wrapper


def _require_link(register: View) -> View:
    """Require a join link in ``next`` if registration is by invitation. Registering with one joins its cohort."""

    @wraps(register)
    def wrapper() -> Any:
        joining.throttle_asked_codes()
        cohort = joining.get_asked_cohort()
        if cohort is None and current_app.config["PALPATE"].registration != "open":
            return render_template("accounts/register_closed.html"), 403
        response = register()
        has_joined = cohort is not None and getattr(response, "status_code", 200) == 302
        return redirect(get_home_path()) if has_joined else response

    return wrapper


def _repeat_when_taken(register: View) -> View:
    """Validate the form again if another request registered the address at the same moment."""

    @wraps(register)
    def wrapper() -> Any:
        try:
            return register()
        except users.AddressTakenError:
            db.session.rollback()
            return register()

    return wrapper


def _end_before(logout: View) -> View:
    """End the sign-in before the cookie goes. If the database can't store that, the error page says so."""

    @wraps(logout)
    def wrapper() -> Any:
        if get_viewer().user is not None:
            end_sign_in()
            db.session.commit()
            session.pop("sign_in", None)  # it has ended already
        return logout()

    return wrapper


def _commit_after(forgot: View) -> View:
    """Commit the mail with the link, which the library's view only writes."""

    @wraps(forgot)
    def wrapper() -> Any:
        response = forgot()
        if request.method == "POST":
            db.session.commit()
        return response

    return wrapper


def _accept_given_links(reset: View) -> View:
    """Accept links that administrators and trainers made. Links to deactivated accounts are invalid."""

    @wraps(reset)
    def wrapper(token: str) -> Any:
        given = reset_links.exchange(token)
        own, g.is_mailed_link = given or token, given is None
        _, _, user = reset_password_token_status(own)  # type: ignore[no-untyped-call]
        return reset(own if user is not None and user.active else "ended")

    return wrapper
