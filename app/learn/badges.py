"""Open Badges: downloading one's own, checking anybody's, and what others need to verify them."""

from __future__ import annotations

from flask import Response, abort, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import FileField, TextAreaField
from wtforms.validators import Length

from app.clock import now
from app.db import db
from app.domain.badge import MAX_CREDENTIAL_BYTES
from app.domain.certificate import format_certificate_code
from app.learn import blueprint
from app.learn.attempts import get_attempt_or_404
from app.services.attempts import badges, certificates
from app.services.attempts.badges import BadgeState, CheckedBadge
from app.services.storage.badge_keys import BadgeKeyError, BadgeKeys
from app.web import badge_file
from app.web.access import current_account, signed_in
from app.web.badge_file import BadgeFormat
from app.web.downloads import attachment
from app.web.forms import clean_text
from app.web.identity import get_viewer
from app.web.urls import make_absolute, parse_choice


class BadgeForm(FlaskForm):  # type: ignore[misc]
    """A badge as a file, or the text of its token."""

    file = FileField(_l("File of the badge"), render_kw={"accept": ".png,.svg,.jwt,.txt,image/png,image/svg+xml"})
    text = TextAreaField(
        _l("Or its text"),
        filters=[clean_text],
        validators=[Length(max=MAX_CREDENTIAL_BYTES, message=_l("Use at most %(max)d characters."))],
        render_kw={"rows": 3, "spellcheck": "false", "autocomplete": "off"},
    )

    def read(self) -> bytes:
        """Return the file, or the text if there is no file."""
        sent = self.file.data
        data: bytes = sent.read() if isinstance(sent, FileStorage) else b""
        return data or (self.text.data or "").encode()


@blueprint.get("/attempts/<int:attempt_id>/badge.<kind>")
@signed_in
def download_badge(attempt_id: int, kind: str) -> ResponseReturnValue:
    """Send the badge of a certificate: ``png`` or ``svg`` with the badge inside, or ``jwt`` alone.

    :raise 404: there is no certificate, it is not valid any more, or there is no such format.
    """
    loaded = get_attempt_or_404(attempt_id)
    wanted = parse_choice(BadgeFormat, kind) or abort(404)
    found = certificates.get_own(db.session, loaded)
    if found is None or not certificates.get_state(db.session, found, loaded.attempt, now()).is_valid:
        abort(404)
    token = badges.issue(_load_keys(), found, loaded, current_account(), make_absolute(""))
    body = badge_file.bake(found, token, wanted)
    return attachment(body, wanted.media_type, f"badge.{wanted}", title=found.title)


@blueprint.post("/verify")
def verify_badge() -> ResponseReturnValue:
    """Say whether a badge is genuine, unchanged and valid.

    Guesses are not counted, unlike those of codes: a code is looked up only if this server has signed it.
    """
    form = BadgeForm()
    data = form.read() if form.validate() else b""
    if not data:
        return _render(CheckedBadge(BadgeState.NO_BADGE), 422)
    checked = badges.check(db.session, _load_keys(), data, now())
    return _render(checked, 200 if checked.state is BadgeState.SIGNED else 422)


def _render(checked: CheckedBadge, status: int) -> ResponseReturnValue:
    verified = checked.verified
    page = render_template(
        "learn/verify.html",
        verified=verified,
        typed=None,
        badge=checked.state,
        badge_form=BadgeForm(formdata=None),
        code=format_certificate_code(verified.certificate.code) if verified else None,
        withdrawable=verified and certificates.get_for(db.session, get_viewer(), verified.certificate.id),
    )
    return page, status, {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


# -- for other programs ------------------------------------------------------------------------------------------------


@blueprint.get("/.well-known/did.json")
def show_issuer() -> ResponseReturnValue:
    """Send the keys with which this server signs and has signed badges, as a DID document (did:web)."""
    keys = _load_keys()
    methods = [
        {"id": key["kid"], "type": "JsonWebKey", "controller": keys.did, "publicKeyJwk": key}
        for key in keys.list_public()
    ]
    document = {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": keys.did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }
    return _publish(jsonify(document))


@blueprint.get("/badges/keys.json")
def list_badge_keys() -> ResponseReturnValue:
    """Send the same keys as a JSON Web Key Set."""
    return _publish(jsonify({"keys": _load_keys().list_public()}))


@blueprint.get("/badges/status/<int:number>")
def show_badge_status(number: int) -> ResponseReturnValue:
    """Send the signed list of revoked badges (Bitstring Status List).

    :raise 404: there are not so many lists.
    """
    if not badges.has_status_list(db.session, number):
        abort(404)
    token = badges.sign_status_list(db.session, _load_keys(), make_absolute(""), number, now())
    return _publish(Response(token, mimetype="application/vc+jwt"))


def _publish(response: Response) -> Response:
    """Let programs in the pages of other servers read a reply, which is the same for everybody."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _load_keys() -> BadgeKeys:
    try:
        return badge_file.load_keys()
    except BadgeKeyError as error:
        current_app.logger.error("%s", error)
        abort(503)
