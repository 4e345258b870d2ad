"""Limits on signing in, registering and asking for password links. Nobody can use them to keep others out.

``docs/decisions/0013-rate-limits.md`` explains the budgets.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response, make_response, render_template, request, session
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.exceptions import HTTPException

from app.accounts import joining
from app.accounts.forms import ForgotPasswordForm, LoginForm, RegisterForm
from app.services.people import users
from app.web import devices, waiting
from app.web.budgets import Budget, get_network
from app.web.waiting import PatientLimit
from app.web.work_meter import WorkMeter

View = Callable[..., Any]

# Wrong passwords. Each browser that knows the account has its own budget.
_KNOWN = Budget("password known", "10 per 5 minutes")
_HERE = PatientLimit(Budget("password here", "10 per 5 minutes"), Budget("password here, waited", "40 per 5 minutes"))
_ANYWHERE = PatientLimit(Budget("password", "60 per hour"), Budget("password, waited", "400 per hour"))
_NETWORK = Budget("password network", "600 per 15 minutes")

_REGISTER = PatientLimit(Budget("register", "1000 per hour"), Budget("register, waited", "1000 per hour"))
_RESET = PatientLimit(Budget("reset", "1000 per hour"), Budget("reset, waited", "1000 per hour"))

meter = WorkMeter(share=0.5)
"""Time that this process spends on passwords for browsers that don't know the account."""

RESERVE_SECONDS = 5
"""The meter's level up to which a network beyond its budget may go on; three times that for browsers that waited."""

_BUSY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class _Cost:
    """A budget from which a wrong password is taken."""

    budget: Budget
    key: str

    @property
    def is_spent(self) -> bool:
        return self.budget.is_spent(self.key)


class _RefusedError(Exception):
    """The password is not checked. ``reasons`` are sentences for the page."""

    def __init__(self, seconds: int, *reasons: str) -> None:
        super().__init__(seconds)
        self.seconds, self.reasons = seconds, reasons


# -- signing in --------------------------------------------------------------------------------------------------------


def limit_sign_in(login: View) -> View:
    """Limit wrong passwords by browser, by account and network, by account, and by network.

    A right password passes the limit of a network.
    """

    @wraps(login)
    def wrapper() -> Any:
        if request.method != "POST":
            return login()
        try:
            costs = _choose_costs(_read_address())
        except _RefusedError as refused:
            return _refuse("accounts/login.html", "login_user_form", LoginForm(), refused.seconds, refused.reasons)
        return _count(costs, login)

    return wrapper


def _choose_costs(address: str) -> list[_Cost]:
    """Return the budgets from which this try is taken if it fails.

    :raise _RefusedError: they are spent.
    """
    tag, network = devices.tag_address(address), get_network()
    device = devices.get_known_id(address) if address else None
    known = _Cost(_KNOWN, f"{device}|{tag}")
    if device is not None and not known.is_spent:
        return [known]
    limits = [(_HERE, f"{tag}|{network}")]
    if address:  # an empty or invalid one belongs to no account
        limits.append((_ANYWHERE, tag))
    costs = [_Cost(limit.quick, key) for limit, key in limits]
    has_waited = False
    if any(cost.is_spent for cost in costs):
        costs = [_Cost(limit.patient, key) for limit, key in limits]
        _use_wait_for(costs)
        has_waited = True
    costs.append(_Cost(_NETWORK, network))
    if costs[-1].is_spent:
        _require_time(has_waited)
    return costs


def _use_wait_for(costs: Sequence[_Cost]) -> None:
    """Let a browser go on that has waited.

    :raise _RefusedError: it has not, or even the budget of those who wait is spent.
    """
    reason = _("Too many wrong passwords were tried for this address.")
    if spent := [cost for cost in costs if cost.is_spent]:
        way_out = _(
            "You can still sign in with a browser that you have used here before, or choose a new password with a link "
            "from an e-mail or from your trainer."
        )
        raise _RefusedError(max(cost.budget.get_seconds_left(cost.key) for cost in spent), reason, way_out)
    if not waiting.use():
        raise _RefusedError(waiting.get_seconds_left(), reason)


def _require_time(has_waited: bool) -> None:
    """Refuse if passwords tried from networks that spent their budget take too much of the processor.

    :raise _RefusedError: there is no time for this password now.
    """
    level = meter.read()
    if level > RESERVE_SECONDS and not has_waited:
        has_waited = waiting.use()
    if level > RESERVE_SECONDS * (3 if has_waited else 1):
        seconds = _BUSY_SECONDS if has_waited else waiting.get_seconds_left()
        raise _RefusedError(seconds, _("Too many people are signing in from your network."))


def _count(costs: list[_Cost], login: View) -> Response:
    """Sign in, and count the try if it fails. Beyond the budget of the network, a failure has the status 429."""
    began = time.thread_time()
    response = make_response(login())
    if costs[0].budget is not _KNOWN:
        meter.add(time.thread_time() - began)
    if response.status_code != 200 or "_user_id" in session:
        return response
    is_within = [cost.budget.spend(cost.key) for cost in costs]
    if not is_within[-1] and costs[-1].budget is _NETWORK:
        response.status_code = 429
        response.headers["Retry-After"] = str(waiting.SECONDS)
    return response


# -- registering, and asking for a link --------------------------------------------------------------------------------


def limit_registering(register: View) -> View:
    """Limit new accounts by network. People with a cohort's join code have a budget of their own."""

    @wraps(register)
    def wrapper() -> Any:
        if request.method == "POST":
            cohort = joining.get_asked_cohort()
            seconds = _REGISTER.spend(f"{get_network()}|{cohort.id if cohort else ''}")
            if seconds:
                return _refuse("accounts/register.html", "register_user_form", RegisterForm(), seconds)
        return register()

    return wrapper


def limit_links(forgot: View) -> View:
    """Limit requests for password links by network, except in a browser that knows the account.

    How many are sent to one person is limited by :class:`app.accounts.forms.ForgotPasswordForm`.
    """

    @wraps(forgot)
    def wrapper() -> Any:
        if request.method == "POST" and not devices.get_known_id(_read_address()):
            seconds = _RESET.spend(get_network())
            if seconds:
                form = ForgotPasswordForm()
                return _refuse("accounts/forgot_password.html", "forgot_password_form", form, seconds)
        return forgot()

    return wrapper


def _refuse(template: str, name: str, form: FlaskForm, seconds: int, reasons: Sequence[str] = ()) -> Response:
    """Show the form again, with what was typed and why it was not read. That is no mistake in the form."""
    reasons = reasons or (_("Too many forms were sent from your network."),)
    refusal = [*reasons, waiting.describe(seconds)]
    response = make_response(render_template(template, **{name: form}, refusal=refusal), 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _read_address() -> str:
    """Return the address that was typed, as accounts are looked up, so that spellings share a budget."""
    try:
        return users.normalise_address(request.form.get("email", "")) or ""
    except HTTPException:  # a body that the view refuses
        return ""
