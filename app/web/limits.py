"""Rate limits against guessing and floods, which nobody can use to keep others out.

Those on signing in, registering and asking for password links are in :mod:`app.accounts.throttling`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from flask import Flask, Response, abort
from flask_login import current_user

from app.models import Invitation
from app.web import waiting
from app.web.budgets import Budget, get_network, limiter
from app.web.devices import tag_address
from app.web.waiting import PatientLimit


class LinkPurpose(StrEnum):
    """What a mailed link is for. Each has budgets of its own, so that one kind cannot use up the other."""

    PASSWORD = "password"  # noqa: S105  not a password
    CONFIRMATION = "confirmation"


_GUESSES_BY_ACCOUNT = Budget("guess account", "60 per hour")
_GUESSES_BY_NETWORK = Budget("guess network", "600 per hour")
_FLOOD_OF_GUESSES = Budget("guess flood", "6000 per hour")
_GUESTS = PatientLimit(Budget("guest", "3000 per hour"), Budget("guest, waited", "3000 per hour"))
_INVITATION = Budget("invitation", "60 per hour")
_LINKS_TO_ONE_PERSON = {
    purpose: (Budget(f"{purpose} link hour", "3 per hour"), Budget(f"{purpose} link day", "10 per day"))
    for purpose in LinkPurpose
}


def _get_own_key() -> str:
    """Return the key of the signed-in account. Unlike what the session holds, its id outlives a change of password."""
    return f"own|{current_user.id}"


def _has_no_account() -> bool:
    return not current_user.is_authenticated


def _is_redirect(response: Response) -> bool:
    return response.status_code == 303


def throttle_guests() -> None:
    """Allow at most 3000 new guests per hour from one network: enough for a school, too few for a flood.

    :raise MustWaitError: there were more. Browsers that have waited have a budget of their own.
    """
    _GUESTS.require(get_network())


def throttle_invitation(invitation: Invitation) -> None:
    """Limit how often one invitation's form is sent."""
    if not _INVITATION.spend(str(invitation.id)):
        abort(429)


def may_send_link(address: str, purpose: LinkPurpose) -> bool:
    """Count a link to be sent to an address; return whether it may be sent.

    Addresses without an account are counted alike.
    """
    tag = tag_address(address)
    return all([budget.spend(tag) for budget in _LINKS_TO_ONE_PERSON[purpose]])


# -- guessing codes and secret addresses -------------------------------------------------------------------------------


def check_guesser() -> None:
    """Call this before a code is looked up.

    Users are counted by account, and are refused after too many wrong codes. Visitors are counted by network. Their
    codes are looked up even beyond that budget, because a class may share its address with somebody who guesses: a
    right code passes. Only in a flood must each visitor wait first.

    :raise TooManyRequests: the code must not be looked up.
    """
    if current_user.is_authenticated:
        if _GUESSES_BY_ACCOUNT.is_spent(_get_own_key()):
            abort(429)
    elif _FLOOD_OF_GUESSES.is_spent(get_network()) and not waiting.use():
        raise waiting.MustWaitError(waiting.get_seconds_left())


def count_guess() -> int:
    """Count a code that doesn't exist. Return the status of the reply: 404, or 429 if there were too many."""
    if current_user.is_authenticated:
        is_within = _GUESSES_BY_ACCOUNT.spend(_get_own_key())
    else:
        _FLOOD_OF_GUESSES.spend(get_network())
        is_within = _GUESSES_BY_NETWORK.spend(get_network())
    return 404 if is_within else 429


def limit_views(app: Flask) -> None:
    """Limit what one account may do. Each is counted by itself."""
    views: dict[str, Any] = app.view_functions

    def limit(endpoint: str, rate: str, **options: Any) -> None:
        by_account = limiter.limit(rate, key_func=_get_own_key, exempt_when=_has_no_account, **options)
        views[endpoint] = by_account(views[endpoint])

    posts = ["POST"]
    for endpoint in (
        "security.change_password",
        "accounts.change_email",
        "accounts.edit_sign_ins",
        "accounts.delete_account",
    ):
        # Successes count as well. All of these check a password, and the first two send mails.
        limit(endpoint, "20 per hour", methods=posts)
    limit("accounts.resend_confirmation", "20 per hour", methods=posts)
    limit("accounts.confirm_email", "60 per hour", methods=posts)
    # Rosters are expensive to parse, and each invitation may send unsolicited mail.
    limit("teach.upload_roster", "60 per hour", methods=posts)
    limit("teach.accept_roster", "20 per hour", methods=posts)
    limit("teach.renew_invitations", "20 per hour", methods=posts)
    limit("teach.invite_trainer", "100 per hour", methods=posts)
    limit("teach.renew_invitation", "300 per hour", methods=posts)
    # Each message may be mailed to a whole cohort. Only those that were sent count.
    for endpoint in ("teach.new_message", "teach.retry_message"):
        limit(endpoint, "30 per hour", deduct_when=_is_redirect, methods=posts)
    limit("studio.create_library", "30 per hour", deduct_when=_is_redirect, methods=posts)
    # Zip files are expensive to unpack, and each version of a document is kept.
    for endpoint in ("studio.upload_library", "studio.upload_bank", "studio.import_bank"):
        limit(endpoint, "60 per hour", methods=posts)
    # Each reads the whole library.
    for endpoint in ("studio.show_import", "studio.show_export", "studio.download_export"):
        limit(endpoint, "300 per hour")
    for endpoint in ("studio.save_document", "studio.save_question", "studio.save_module", "studio.change_questions"):
        limit(endpoint, "1000 per hour", methods=posts)
    # A page checks a question each time its author pauses.
    for endpoint in ("studio.check_question", "studio.check_module"):
        limit(endpoint, "6000 per hour", methods=posts)
    limit("studio.invite_person", "100 per hour", methods=posts)
    # An export takes as long as a hundred pages.
    limit("accounts.export_data", "20 per hour")
