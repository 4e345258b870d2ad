"""The viewer of a request, and the sign-ins of browsers."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, Response, after_this_request, current_app, g, request, session
from flask_security.utils import set_request_attr
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.clock import now
from app.db import db, use_brief_write_transaction
from app.models import Learner, User
from app.permissions import VISITOR, Viewer
from app.services.attempts import guests
from app.services.log import security_log
from app.services.marking import card_updates
from app.services.people import sign_ins
from app.web import devices, limits, origins, translation


def get_viewer() -> Viewer:
    """Return the viewer of this request, loaded at most once. A visitor needs no query."""
    if "viewer" not in g:
        token = session.get("sign_in")
        g.viewer = _load_viewer(token) if token else VISITOR
    known: Viewer = g.viewer
    return known


def _load_viewer(token: str) -> Viewer:
    found = _get_holder(token)
    if found is None:
        return VISITOR
    user = found.viewer.user
    # Changing the password changes the uniquifier, which ends all other sign-ins of the account.
    if user is not None and user.fs_uniquifier != session.get("_user_id"):
        return VISITOR
    if user is not None and now() - found.seen_at > _get_interval():
        g.unrecorded_use = hash_token(token)
    return found.viewer


def _get_holder(token: str) -> sign_ins.Holder | None:
    return sign_ins.get_holder(db.session, hash_token(token), now(), get_idle_limit())


def get_idle_limit() -> timedelta:
    """Return how long an unused sign-in lasts."""
    return timedelta(minutes=current_app.config["PALPATE"].idle_minutes)


def _get_interval() -> timedelta:
    """Return how often the use of a sign-in is stored: often enough to measure how long it was not used."""
    return min(timedelta(minutes=5), get_idle_limit() / 5)


def record_use(response: Response) -> Response:
    """Store that the sign-in of this request was used, once in a few minutes, also by a GET.

    It may be lost: a page does not wait for the database, and does not fail, because of it.
    """
    token_hash = g.pop("unrecorded_use", None)
    if token_hash is None or response.status_code >= 500 or response.is_streamed:
        return response
    try:
        use_brief_write_transaction()
        sign_ins.record_use(db.session, token_hash, now(), origins.read_origin(request).network)
        db.session.commit()
    except (DBAPIError, PoolTimeout):
        db.session.rollback()
    return response


def disregard_use() -> None:
    """Do not count this request as use of the sign-in, because a page sends it by itself."""
    g.pop("unrecorded_use", None)


def record_refusal(name: str) -> None:
    """Write a refused request to the security log. This asks the database nothing."""
    known = g.get("viewer", VISITOR)
    security_log.record(name, account=known.user.id if known.user else None, endpoint=request.endpoint)


def load_user(fs_uniquifier: str) -> User | None:
    """Load the user for Flask-Login. The session must refer to an active sign-in of this user."""
    user = get_viewer().user
    if user is None or user.fs_uniquifier != fs_uniquifier:
        return None
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return user


def ensure_learner() -> Learner:
    """Return the viewer's learner, creating a guest learner for a visitor. Only call this while handling a POST."""
    known = get_viewer()
    if known.learner is not None:
        return known.learner
    limits.throttle_guests()
    learner = guests.create_guest(db.session, now())
    _start_sign_in(learner, None)
    return learner


def _start_sign_in(learner: Learner, user: User | None) -> None:
    token = secrets.token_urlsafe(32)
    g.pop("unrecorded_use", None)
    sign_ins.start(db.session, hash_token(token), learner, user, now(), origins.read_origin(request))
    session["sign_in"] = token
    session.permanent = True
    g.viewer = Viewer(user=user, learner=learner)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def on_registered(_app: Flask, user: User, **_extra: Any) -> None:
    """Transfer the guest's work to the new account."""
    known = get_viewer()
    if known.is_guest:
        sign_ins.end(db.session, hash_token(session.pop("sign_in")), now())
    learner = sign_ins.assign_learner(
        db.session, user, known.learner if known.is_guest else None, request.form.get("time_zone", ""), now()
    )
    learner.language = translation.get_language()
    db.session.flush()  # the notes below read whose learner it is
    card_updates.note_all(db.session, learner)
    security_log.record_on_commit(db.session, "account.registered", account=user.id)


def on_signed_in(_app: Flask, user: User, **_extra: Any) -> None:
    """Store the sign-in. Keep a guest's work until the user claims it, since the computer may be shared."""
    known = get_viewer()  # while the session still names its token
    token = session.pop("sign_in", None)
    if token:
        if known.is_guest and guests.has_work(db.session, known.learner):
            session["guest"] = token
        else:
            sign_ins.end(db.session, hash_token(token), now())
    # Invalidate CSRF tokens from before the sign-in. New ones say whose they are (see web/kept_forms.py).
    g.pop("csrf_token", None)
    session["csrf_token"] = f"{secrets.token_hex(20)}-{user.id}"
    learner = sign_ins.get_learner(db.session, user)
    if learner.language:
        translation.choose_language(learner.language)
    _start_sign_in(learner, user)
    security_log.record_on_commit(db.session, "sign_in.succeeded", account=user.id)
    devices.remember(user.email)


def on_password_reset(_app: Flask, user: User, **_extra: Any) -> None:
    """Let the holder of the link sign in next, even while others try passwords for the account."""
    devices.remember(user.email)


def get_token_hash() -> str | None:
    """Return the hash of this browser's sign-in token."""
    token = session.get("sign_in")
    return hash_token(token) if token else None


def keep_signed_in(user: User) -> None:
    """Keep this browser signed in after the user's credentials were renewed."""
    session["_user_id"] = user.fs_uniquifier
    devices.remember(user.email)


def end_sign_in() -> None:
    """End the sign-in of this browser, which also makes copies of its cookie worthless."""
    if (token_hash := get_token_hash()) is not None:
        sign_ins.end(db.session, token_hash, now())


def on_signed_out(_app: Flask, user: User, **_extra: Any) -> None:
    end_sign_in()
    session.clear()
    security_log.record_on_commit(db.session, "sign_out", account=user.id)

    @after_this_request
    def _commit(response: Response) -> Response:
        db.session.commit()
        return response


def sign_out(address: str) -> None:
    """Clear the session of a browser whose account, with all its sign-ins, was erased."""
    session.clear()
    devices.forget(address)
    g.viewer = VISITOR


def get_unclaimed_guest() -> Learner | None:
    """Return the guest learner whose work the user has neither claimed nor declined yet."""
    token = session.get("guest")
    found = _get_holder(token) if token else None
    return found.viewer.learner if found else None


def forget_guest() -> None:
    token = session.pop("guest", None)
    if token:
        sign_ins.end(db.session, hash_token(token), now())
