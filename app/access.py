"""Who may open a view at all: a visitor is asked to sign in, a wrong role gets 403.

What belongs to others is 404, and that is said where it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.identity import viewer
from app.models import User
from app.permissions import Viewer, may_administer, may_teach

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def signed_in(view: View[P]) -> View[P]:
    """Ask a visitor or guest to sign in first, and bring them back."""
    return _demand(view, lambda _who: True)


def trainers_only(view: View[P]) -> View[P]:
    return _demand(view, may_teach)


def admins_only(view: View[P]) -> View[P]:
    return _demand(view, may_administer)


def account() -> User:
    """The account that sends this request, in a view behind one of these decorators."""
    user = viewer().user
    assert user is not None
    return user


def ask_to_sign_in(back_to: str | None = None) -> ResponseReturnValue:
    """Redirect to the sign-in page and from there ``back_to`` a page of ours; a POST can't be taken up again."""
    if back_to is None and request.method == "GET":
        back_to = request.full_path.rstrip("?")
    return redirect(url_for("security.login", next=back_to), 303)


def _demand(view: View[P], may: Callable[[Viewer], bool]) -> View[P]:
    @wraps(view)
    def demanding(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        who = viewer()
        if who.user is None:
            return ask_to_sign_in()
        if not may(who):
            abort(403)
        return view(*args, **kwargs)

    return demanding
