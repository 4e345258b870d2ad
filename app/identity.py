"""Who is asking: the viewer of a request, and the sign-ins that browsers hold."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from flask import Flask, Response, after_this_request, g, request, session
from flask_security.utils import set_request_attr

from app import limits
from app.clock import now
from app.db import db
from app.models import Learner, User
from app.permissions import VISITOR, Viewer
from app.services.people import guests, sign_ins


def viewer() -> Viewer:
    """Whoever sends this request, loaded once, with one statement; a visitor costs none."""
    if "viewer" not in g:
        token = session.get("sign_in")
        g.viewer = _known(token) if token else VISITOR
    known: Viewer = g.viewer
    return known


def _known(token: str) -> Viewer:
    found = sign_ins.get_viewer(db.session, token_hash(token))
    # A changed password changes the uniquifier, which ends every other sign-in of the account.
    is_current = found.user is None or found.user.fs_uniquifier == session.get("_user_id")
    return found if is_current else VISITOR


def load_user(fs_uniquifier: str) -> User | None:
    """The accounts library's loader: the session must name a sign-in that was not revoked, of this very user."""
    user = viewer().user
    if user is None or user.fs_uniquifier != fs_uniquifier:
        return None
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return user


def ensure_learner() -> Learner:
    """The viewer's learner; a visitor becomes a guest learner. Only ever called while handling a POST."""
    known = viewer()
    if known.learner is not None:
        return known.learner
    limits.throttle_guests()
    learner = guests.create(db.session, now())
    _start_sign_in(learner, None)
    return learner


def _start_sign_in(learner: Learner, user: User | None) -> None:
    token = secrets.token_urlsafe(32)
    sign_ins.start(db.session, token_hash(token), learner, user, now())
    session["sign_in"] = token
    session.permanent = True
    g.viewer = Viewer(user=user, learner=learner)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def on_registered(_app: Flask, user: User, **_extra: Any) -> None:
    """A new account adopts what its guest did so far."""
    known = viewer()
    if known.is_guest:
        sign_ins.end(db.session, token_hash(session.pop("sign_in")), now())
    sign_ins.give_learner(
        db.session, user, known.learner if known.is_guest else None, request.form.get("time_zone", ""), now()
    )


def on_signed_in(_app: Flask, user: User, **_extra: Any) -> None:
    """A sign-in is a row. What a guest did in this browser is asked about, not silently taken (shared computers)."""
    known = viewer()  # while the session still names its token
    token = session.pop("sign_in", None)
    if token:
        if known.is_guest and guests.has_work(db.session, known.learner):
            session["guest"] = token
        else:
            sign_ins.end(db.session, token_hash(token), now())
    # A token that was known before signing in is worth nothing after it.
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    _start_sign_in(sign_ins.learner_of(db.session, user), user)


def on_signed_out(_app: Flask, **_extra: Any) -> None:
    token = session.pop("sign_in", None)
    session.clear()
    if token:
        sign_ins.end(db.session, token_hash(token), now())

    @after_this_request
    def _commit(response: Response) -> Response:
        db.session.commit()
        return response


def sign_out() -> None:
    """Let this browser forget who it was; its account, and with it every sign-in, is gone."""
    session.clear()
    g.viewer = VISITOR


def guest_left_behind() -> Learner | None:
    """The guest learner whose work this browser's owner was not asked about yet."""
    token = session.get("guest")
    return sign_ins.get_viewer(db.session, token_hash(token)).learner if token else None


def forget_guest() -> None:
    token = session.pop("guest", None)
    if token:
        sign_ins.end(db.session, token_hash(token), now())
