"""Decorators that restrict views by role: visitors are asked to sign in, and the wrong role gets 403.

Objects that belong to others are 404; the functions that load them decide that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.models import User
from app.permissions import Viewer, may_administer, may_teach
from app.web.identity import get_viewer

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def signed_in(view: View[P]) -> View[P]:
    """Ask visitors and guests to sign in first, and return them to this page."""
    return _require(view, lambda _who: True)


def trainers_only(view: View[P]) -> View[P]:
    return _require(view, may_teach)


def admins_only(view: View[P]) -> View[P]:
    return _require(view, may_administer)


def current_account() -> User:
    """Return the account that sent this request. Only for views behind one of these decorators."""
    user = get_viewer().user
    assert user is not None
    return user


def ask_to_sign_in(back_to: str | None = None) -> ResponseReturnValue:
    """Redirect to the sign-in page, and from there to ``back_to``, by default the page of a GET request."""
    if back_to is None and request.method == "GET":
        back_to = request.full_path.rstrip("?")
    return redirect(url_for("security.login", next=back_to), 303)


def _require(view: View[P], may: Callable[[Viewer], bool]) -> View[P]:
    @wraps(view)
    def restricted(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        viewer = get_viewer()
        if viewer.user is None:
            # The sign-in page is no part of a page: what htmx would replace stays as it is.
            return ("", 204) if "HX-Request" in request.headers else ask_to_sign_in()
        if not may(viewer):
            abort(403)
        return view(*args, **kwargs)

    return restricted
