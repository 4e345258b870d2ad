"""Open Badges: other implementations verify them, they are as valid as their certificate, and tampering shows."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.badge import build_did, find_token
from app.domain.certificate import format_certificate_code
from app.models import Attempt, Certificate
from app.services.privacy import erasure
from app.services.storage import badge_keys
from tests.conftest import Clock
from tests.support import composed
from tests.support.assigned_test import take_test
from tests.support.factory import Factory, Person

DID = build_did("http://localhost:8000")


@pytest.fixture
def attempt(make: Factory, session: Session, learner: Person, trainer: Person) -> Attempt:
    """A passed test whose certificate is issued."""
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    taken = take_test(session, learner, assignment, make.now(), is_right=True)
    assert learner.client.post(f"/attempts/{taken.id}/certificate").status_code == 303
    return taken


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


def download(person: Person, attempt: Attempt, kind: str = "jwt") -> bytes:
    reply = person.client.get(f"/attempts/{attempt.id}/badge.{kind}")
    assert reply.status_code == 200, reply.status_code
    return bytes(reply.data)


def read_payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return cast("dict[str, Any]", json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def make_verifier(visitor: FlaskClient) -> OB3Verifier:
    """Another implementation, which knows of this server only what its public address says."""
    return OB3Verifier.for_issuer_did(DID, download=lambda url, **_options: fetch(visitor, url))


def fetch(visitor: FlaskClient, url: str) -> bytes:
    path = url.removeprefix("https://localhost:8000").removeprefix("http://localhost:8000")
    assert path.startswith("/"), url
    return bytes(visitor.get(path).data)


def upload(visitor: FlaskClient, data: bytes) -> tuple[int, str]:
    reply = visitor.post("/verify", data={"file": (io.BytesIO(data), "badge")}, content_type="multipart/form-data")
    return reply.status_code, reply.text


def tamper(token: str, **changes: object) -> str:
    """Change what a badge says, and keep its signature."""
    head, _payload, signature = token.split(".")
    changed = json.dumps(read_payload(token) | changes).encode()
    return f"{head}.{base64.urlsafe_b64encode(changed).decode().rstrip('=')}.{signature}"


# -- other implementations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jwt", "png", "svg"])
def test_another_implementation_verifies_a_badge(
    learner: Person, attempt: Attempt, visitor: FlaskClient, kind: str
) -> None:
    data = download(learner, attempt, kind)
    extract = {"png": OB3Verifier.extract_token_from_png, "svg": OB3Verifier.extract_token_from_svg}.get(kind)
    token = extract(data) if extract else data.decode()

    credential = make_verifier(visitor).verify(token)

    assert credential.achievement.name == "The test"
    assert credential.issuer.id == DID


@pytest.mark.parametrize(
    "changes", [{"name": "Surgery"}, {"iss": "did:web:example.org"}, {"id": "http://localhost:8000/verify/0"}]
)
def test_another_implementation_rejects_a_tampered_badge(
    learner: Person, attempt: Attempt, visitor: FlaskClient, changes: dict[str, object]
) -> None:
    with pytest.raises(OB3VerificationError):
        make_verifier(visitor).verify(tamper(download(learner, attempt).decode(), **changes))


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_a_second_library_verifies_the_signature_with_the_public_keys(
    learner: Person, attempt: Attempt, visitor: FlaskClient
) -> None:
    """Independent of the library that signs."""
    keys = KeySet.import_key_set(json.loads(visitor.get("/badges/keys.json").text))
    token = download(learner, attempt).decode()

    found = jws.deserialize_compact(token, keys, algorithms=["EdDSA"])

    assert json.loads(found.payload)["iss"] == DID
    with pytest.raises(BadSignatureError):
        jws.deserialize_compact(tamper(token, name="Surgery"), keys, algorithms=["EdDSA"])


def test_another_implementation_sees_that_a_badge_is_revoked_and_valid_again(
    session: Session, learner: Person, trainer: Person, attempt: Attempt, visitor: FlaskClient
) -> None:
    verifier = make_verifier(visitor)
    credential = verifier.verify(download(learner, attempt).decode())

    def check() -> None:
        verifier.check_status(credential, verify_list=True, download=lambda url, **_options: fetch(visitor, url))

    check()
    address = f"/teach/certificates/{session.scalars(select(Certificate.id)).one()}"
    assert trainer.client.post(address, data={"reason": "Somebody else sat the test."}).status_code == 303
    with pytest.raises(OB3VerificationError, match="'revocation' is set"):
        check()
    assert trainer.client.post(f"{address}/restore").status_code == 303
    check()
    session.execute(update(Attempt).values(is_passed=False))
    session.commit()
    with pytest.raises(OB3VerificationError, match="'revocation' is set"):
        check()


# -- what it says ------------------------------------------------------------------------------------------------------


def test_a_badge_names_its_recipient_only_by_a_hash(learner: Person, attempt: Attempt) -> None:
    """The e-mail address can be compared by whoever knows it, and read by nobody."""
    token = download(learner, attempt).decode()
    payload = read_payload(token)
    [identity] = payload["credentialSubject"]["identifier"]
    expected = hashlib.sha256((learner.user.email + identity["salt"]).encode()).hexdigest()

    assert identity["identityHash"] == f"sha256${expected}"
    assert len(identity["salt"]) == 32
    for secret in (learner.user.email, learner.user.name):
        assert secret not in json.dumps(payload)


def test_a_badge_has_score_dates_and_the_address_of_its_certificate(
    session: Session, learner: Person, attempt: Attempt
) -> None:
    code = format_certificate_code(session.scalars(select(Certificate.code)).one())
    payload = read_payload(download(learner, attempt).decode())

    assert payload["id"] == payload["jti"] == f"http://localhost:8000/verify/{code}"
    assert payload["validFrom"] == "2026-11-23T09:00:00Z"
    assert payload["credentialSubject"]["result"][0]["value"] == "100"
    assert payload["type"] == ["VerifiableCredential", "OpenBadgeCredential"]


def test_pictures_show_the_title_and_are_sound(learner: Person, attempt: Attempt) -> None:
    picture = Image.open(io.BytesIO(download(learner, attempt, "png")))
    picture.load()

    assert picture.size == (600, 600)
    assert download(learner, attempt, "svg").startswith(b"<svg")


def test_only_the_owner_of_a_valid_certificate_gets_its_badge(
    make: Factory, session: Session, learner: Person, attempt: Attempt
) -> None:
    address = f"/attempts/{attempt.id}/badge.png"
    assert f'href="{address}"' in learner.client.get(f"/attempts/{attempt.id}/certificate").text
    assert make.person().client.get(address).status_code == 404
    assert learner.client.get(f"/attempts/{attempt.id}/badge.gif").status_code == 404
    session.execute(update(Attempt).values(is_passed=False))
    session.commit()
    assert learner.client.get(address).status_code == 404


# -- the page ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jwt", "png", "svg"])
def test_anybody_can_verify_a_badge_that_they_received(
    learner: Person, attempt: Attempt, visitor: FlaskClient, kind: str
) -> None:
    status, page = upload(visitor, download(learner, attempt, kind))

    assert status == 200
    assert "This certificate is genuine" in page
    assert "The badge is signed by this server and was not changed." in page
    assert learner.user.name in page


def test_a_badge_can_be_pasted(learner: Person, attempt: Attempt, visitor: FlaskClient) -> None:
    reply = visitor.post("/verify", data={"text": f"\n{download(learner, attempt).decode()} \n"})

    assert reply.status_code == 200
    assert "This certificate is genuine" in reply.text


def test_a_badge_that_was_tampered_with_is_rejected(learner: Person, attempt: Attempt, visitor: FlaskClient) -> None:
    token = download(learner, attempt).decode()
    other = "A" if token[-20] != "A" else "B"
    for forged in (
        tamper(token, name="Surgery"),
        token[:-20] + other + token[-19:],
        f"{token.rpartition('.')[0]}.AAAA",
    ):
        status, page = upload(visitor, forged.encode())
        assert status == 422
        assert "This badge is not genuine" in page
        assert learner.user.name not in page


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_badge_cannot_choose_how_it_is_verified(
    learner: Person, attempt: Attempt, visitor: FlaskClient, algorithm: str
) -> None:
    """Fails when the header of a token decides on the algorithm."""
    head, payload, _signature = download(learner, attempt).decode().split(".")
    read = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    forged_head = base64.urlsafe_b64encode(json.dumps(read | {"alg": algorithm}).encode()).decode().rstrip("=")

    status, page = upload(visitor, f"{forged_head}.{payload}.AAAA".encode())

    assert status == 422
    assert "This badge is not genuine" in page


def test_a_badge_of_another_server_and_a_file_without_one_are_explained(
    learner: Person, attempt: Attempt, visitor: FlaskClient
) -> None:
    foreign = tamper(download(learner, attempt).decode(), iss="did:web:example.org")
    assert "This badge is from another server" in upload(visitor, foreign.encode())[1]
    for data in (b"GIF89a", b"", b"\xff" * 1000):
        status, page = upload(visitor, data)
        assert status == 422
        assert "There is no badge in this file or text" in page


def test_a_field_for_the_file_that_has_no_file_is_explained(visitor: FlaskClient) -> None:
    reply = visitor.post("/verify", data={"file": "a.b.c"})

    assert reply.status_code == 422
    assert "There is no badge in this file or text" in reply.text


def test_a_withdrawn_badge_says_so(
    session: Session, learner: Person, trainer: Person, attempt: Attempt, visitor: FlaskClient
) -> None:
    data = download(learner, attempt, "png")
    address = f"/teach/certificates/{session.scalars(select(Certificate.id)).one()}"
    trainer.client.post(address, data={"reason": "Somebody else sat the test."})

    _status, page = upload(visitor, data)

    assert "This certificate was withdrawn" in page
    assert "Somebody else" not in page


def test_an_erased_persons_badge_says_only_that_it_was_withdrawn(
    session: Session, learner: Person, attempt: Attempt, visitor: FlaskClient, clock: Clock
) -> None:
    data, name, email = download(learner, attempt), learner.user.name, learner.user.email
    erasure.erase(session, None, learner.user, clock.now)
    session.commit()

    status, page = upload(visitor, data)

    assert status == 200
    assert "This certificate was withdrawn" in page
    main = page[page.index("<main") : page.index("</main>")]
    for secret in (name, email, "The test", "100%", "23 November"):
        assert secret not in main


# -- keys --------------------------------------------------------------------------------------------------------------


def test_badges_stay_valid_after_a_rotation_and_new_ones_have_the_new_key(
    app: Flask, learner: Person, attempt: Attempt, visitor: FlaskClient
) -> None:
    before = download(learner, attempt).decode()
    result = app.test_cli_runner().invoke(args=["badges", "rotate-keys"])
    after = download(learner, attempt).decode()

    assert result.exit_code == 0, result.output
    heads = [json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "==")) for token in (before, after)]
    assert heads[0]["kid"] != heads[1]["kid"]
    for token in (before, after):
        assert make_verifier(visitor).verify(token)
        assert "This certificate is genuine" in upload(visitor, token.encode())[1]
    published = visitor.get("/badges/keys.json").json
    assert published is not None
    assert [key["kid"] for key in published["keys"]][:2] == [heads[1]["kid"], heads[0]["kid"]]
    assert all("d" not in key for key in published["keys"])
    listed = app.test_cli_runner().invoke(args=["badges", "keys"]).output.splitlines()
    assert listed[0] == f"{heads[1]['kid']}: signs"
    assert f"{heads[0]['kid']}: verifies badges from before" in listed


def test_the_keys_are_private_and_former_ones_cannot_sign(app: Flask, learner: Person, attempt: Attempt) -> None:
    download(learner, attempt)
    app.test_cli_runner().invoke(args=["badges", "rotate-keys"])
    file: Path = app.config["PALPATE"].data / badge_keys.FILE_NAME

    assert file.stat().st_mode & 0o777 == 0o600
    keys = json.loads(file.read_text())["keys"]
    assert ["d" in key for key in keys] == [True] + [False] * (len(keys) - 1)
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(f".{file.name}")] == []


def test_other_programs_find_the_issuer_and_the_list_of_revoked_badges(visitor: FlaskClient) -> None:
    document = visitor.get("/.well-known/did.json").json
    assert document is not None
    assert document["id"] == DID
    assert document["assertionMethod"][0] == document["verificationMethod"][0]["id"]
    reply = visitor.get("/badges/status/0")
    assert reply.mimetype == "application/vc+jwt"
    assert read_payload(reply.text)["credentialSubject"]["statusPurpose"] == "revocation"
    assert visitor.get("/badges/status/1").status_code == 404
    assert find_token(reply.data) == reply.text


@pytest.mark.parametrize("path", ["/.well-known/did.json", "/badges/keys.json", "/badges/status/0"])
def test_programs_of_other_servers_may_read_what_verifies_badges(visitor: FlaskClient, path: str) -> None:
    headers = visitor.get(path).headers

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in headers


def test_the_badge_of_a_composed_test_claims_nothing_of_its_first_module(
    make: Factory, session: Session, learner: Person, trainer: Person
) -> None:
    test = composed.compose(make, trainer, title="Final")
    assignment = composed.assign(make, trainer, make.cohort(trainer, learner), test)
    taken = take_test(session, learner, assignment, make.now(), is_right=True)
    assert learner.client.post(f"/attempts/{taken.id}/certificate").status_code == 303

    payload = read_payload(download(learner, taken).decode())
    achievement = payload["credentialSubject"]["achievement"]

    assert achievement["id"].endswith(f"/assignments/{assignment.id}")
    assert achievement["description"] == "“Final”, an online test with sections."
    assert "each section" in achievement["criteria"]["narrative"]
