"""The outbox: a mail is stored with what it announces, sent at least once, and then forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Connection
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.chores import registry
from app.db import db
from app.models import OutboxMail, OutboxState
from app.services.upkeep import outbox
from app.services.upkeep.outbox import OutgoingMail
from app.web import mail
from tests.conftest import Clock
from tests.support.factory import Factory
from tests.support.mailbox import Mailbox, mail_server

LETTER = OutgoingMail("ada@example.org", "Hello", "A secret link.")


class StrictMailbox(Mailbox):
    """Refuses the addresses in ``refused`` with a code, and counts connections."""

    refused: dict[str, str]
    connections: int

    async def handle_EHLO(
        self, server: SMTP, session: Connection, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Connection, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def box(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictMailbox]:
    monkeypatch.setattr("tests.support.mailbox.Mailbox", StrictMailbox)
    with mail_server(app) as box:
        assert isinstance(box, StrictMailbox)
        box.refused, box.connections = {}, 0
        yield box


Deliver = Callable[[], list[int]]


@pytest.fixture
def deliver(app: Flask, session: Session) -> Deliver:
    def run() -> list[int]:
        done = []
        with app.app_context():
            for count in registry.send_mails(db.session):
                db.session.commit()
                done.append(count)
            db.session.commit()
        session.expire_all()
        return done

    return run


@pytest.fixture
def store(session: Session, clock: Clock) -> Callable[..., None]:
    def add(*addresses: str, **values: Any) -> None:
        for address in addresses:
            outbox.add(session, replace(LETTER, to=address, **values), clock())
        session.commit()

    return add


def _list_stored(session: Session) -> list[OutboxMail]:
    return list(session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def _get_receivers(box: Mailbox) -> list[str]:
    return [str(sent["To"]) for sent in box.mails]


def test_many_mails_are_sent_in_order_by_one_connection_and_forgotten(
    session: Session, box: StrictMailbox, store: Callable[..., None], deliver: Deliver
) -> None:
    addresses = [f"learner{number}@example.org" for number in range(45)]
    store(*addresses)

    done = deliver()

    assert (sum(done), _get_receivers(box), box.connections) == (45, addresses, 1)
    assert _list_stored(session) == []


def test_a_killed_process_leaves_the_mail_to_be_sent_again(
    session: Session, box: StrictMailbox, store: Callable[..., None], deliver: Deliver, clock: Clock
) -> None:
    """R28: killed after it claimed the mail. Fails when a claimed mail counts as sent."""
    store("ada@example.org")
    outbox.claim(session, clock())
    session.commit()

    at_once = deliver()
    clock.advance(minutes=10)
    later = deliver()

    assert (at_once, later, _get_receivers(box)) == ([], [1], ["ada@example.org"])


def test_a_mail_that_is_sent_twice_has_one_id(
    session: Session,
    box: StrictMailbox,
    store: Callable[..., None],
    deliver: Deliver,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed after the server accepted it: it is sent again, and mail programs show it once."""
    store("ada@example.org")
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "remove", lambda *_: None)
        deliver()
    clock.advance(minutes=10)
    deliver()

    first, second = box.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_server_that_is_away_is_asked_again_later_and_later(
    app: Flask, session: Session, box: StrictMailbox, store: Callable[..., None], deliver: Deliver, clock: Clock
) -> None:
    store("ada@example.org", "ben@example.org")
    app.extensions["mailman"].port = 1
    tried: list[timedelta] = []
    start = clock()
    for _minute in range(31):
        if deliver():
            tried.append(clock() - start)
        clock.advance(minutes=1)
    left = {(one.tries, one.error) for one in _list_stored(session)}
    app.extensions["mailman"].port = box.port
    clock.advance(hours=4)
    deliver()

    assert tried == [timedelta(minutes=minutes) for minutes in (0, 1, 3, 7, 15)]
    assert left == {(5, "ConnectionRefusedError")}
    assert _get_receivers(box) == ["ada@example.org", "ben@example.org"]
    assert _list_stored(session) == []


def test_a_mail_is_given_up_after_days_without_its_text(
    app: Flask, session: Session, box: StrictMailbox, store: Callable[..., None], deliver: Deliver, clock: Clock
) -> None:
    store("ada@example.org")
    store("ben@example.org", kept_for=timedelta(hours=1))
    app.extensions["mailman"].port = 1
    given_up_after: dict[str, timedelta] = {}
    for hour in range(75):
        deliver()
        for letter in _list_stored(session):
            if letter.state is OutboxState.GIVEN_UP:
                assert (letter.text, letter.html, letter.headers) == ("", "", {})
                given_up_after.setdefault(letter.address, timedelta(hours=hour))
        clock.advance(hours=1)

    assert given_up_after["ben@example.org"] <= timedelta(hours=1)
    assert timedelta(hours=67) < given_up_after["ada@example.org"] <= timedelta(hours=72)
    counts = outbox.count(session)
    assert (counts.waiting, counts.given_up, counts.error) == (0, 2, "ConnectionRefusedError")
    assert outbox.remove_old(session, clock.advance(days=31)) == 2


def test_a_mail_for_which_it_is_too_late_is_not_sent(
    session: Session,
    box: StrictMailbox,
    store: Callable[..., None],
    deliver: Deliver,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server was off. Fails when it begins by sending reminders of what was due last week."""
    monkeypatch.setattr(outbox, "GIVEN_UP_PER_STEP", 1)
    store("ada@example.org", "ben@example.org", "", kept_for=timedelta(days=1))
    store("eve@example.org", kept_for=timedelta(days=3))
    clock.advance(days=2)

    deliver()

    assert _get_receivers(box) == ["eve@example.org"]
    assert [(one.address, one.state, one.text, one.error) for one in _list_stored(session)] == [
        (address, OutboxState.GIVEN_UP, "", outbox.TOO_LATE) for address in ("ada@example.org", "ben@example.org")
    ]


def test_late_mails_are_given_up_together(
    session: Session, store: Callable[..., None], statements: Callable[[], list[str]], clock: Clock
) -> None:
    """Fails when a server that was off for days takes a statement, and the write lock, for each mail."""
    store(*(f"learner{number}@example.org" for number in range(30)), "", kept_for=timedelta(days=1))
    clock.advance(days=2)
    statements()

    assert outbox.give_up_late(session, clock()) == 31

    assert len([one for one in statements() if not one.startswith("SELECT")]) == 2


def test_a_mail_that_is_being_sent_is_not_given_up(session: Session, store: Callable[..., None], clock: Clock) -> None:
    store("ada@example.org", kept_for=timedelta(minutes=1))
    outbox.claim(session, clock())
    session.commit()

    assert outbox.give_up_late(session, clock.advance(minutes=5)) == 0


@pytest.mark.parametrize(
    ("reply", "state"),
    [("550 No such user", OutboxState.GIVEN_UP), ("451 Try again later", OutboxState.WAITING)],
)
def test_a_refused_address_holds_up_nobody(
    session: Session,
    box: StrictMailbox,
    store: Callable[..., None],
    deliver: Deliver,
    caplog: pytest.LogCaptureFixture,
    reply: str,
    state: OutboxState,
) -> None:
    box.refused = {"gone@example.org": reply}
    store("gone@example.org", "ada@example.org")

    deliver()

    assert (_get_receivers(box), box.connections) == (["ada@example.org"], 1)
    (left,) = _list_stored(session)
    assert (left.state, left.error) == (state, f"SMTPRecipientsRefused {reply[:3]}")
    assert "gone@example.org" not in caplog.text


def test_a_mail_that_cannot_be_built_holds_up_nobody(
    session: Session, box: StrictMailbox, store: Callable[..., None], deliver: Deliver
) -> None:
    """A line break in a subject, which would add headers. Fails when it is tried for ever, before all others."""
    store("bad@example.org", subject="Hello\nBcc: all@example.org")
    store("ada@example.org")

    deliver()

    assert _get_receivers(box) == ["ada@example.org"]
    assert [one.state for one in _list_stored(session)] == [OutboxState.GIVEN_UP]


def test_a_clock_that_was_set_back_delays_nothing_for_long(
    session: Session, box: StrictMailbox, store: Callable[..., None], deliver: Deliver, clock: Clock
) -> None:
    store("ada@example.org")
    clock.advance(days=-2)

    assert deliver() == [1]


# -- what pages store ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def asleep(app: Flask) -> Flask:
    """The app with nobody who sends: what was stored stays."""
    app.extensions["wake_sender"] = lambda: None
    return app


def test_a_mail_is_stored_with_what_it_announces_or_not_at_all(
    asleep: Flask, make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, person = make.admin(), make.person()
    path = f"/admin/users/{person.user.id}/email"

    with monkeypatch.context() as patched:
        patched.setattr(db.session, "commit", _fail)
        assert admin.client.post(path, data={"email": "new@example.org"}).status_code == 500
    assert _list_stored(session) == []

    admin.client.post(path, data={"email": "new@example.org"})
    stored = [(one.user_id, one.state) for one in _list_stored(session)]
    assert stored == [(person.user.id, OutboxState.WAITING)] * 2  # to the old address and to the new one


def _fail() -> None:
    raise RuntimeError


def test_a_mail_stored_after_the_commit_is_reported(app: Flask, client: FlaskClient) -> None:
    """It would be lost. Fails when a view that does so passes its tests."""
    app.view_functions["health.healthz"], before = _forget, app.view_functions["health.healthz"]
    try:
        assert client.get("/healthz").status_code == 500
    finally:
        app.view_functions["health.healthz"] = before


def _forget() -> str:
    mail.send_later([LETTER])
    return "ok"


def test_asking_for_a_reset_does_the_same_work_whoever_has_an_account(
    asleep: Flask, make: Factory, session: Session, client: FlaskClient, statements: Callable[[], list[str]]
) -> None:
    """Threat 16. Fails when a mail is stored, and the disk waited for, only if there is an account."""
    make.person(email="known@example.org", with_password=True)
    client.post("/reset", data={"email": "warm@example.org"})
    work = []
    for name in ("known", "nobody"):
        statements()
        client.post("/reset", data={"email": f"{name}@example.org"})
        work.append(statements())

    assert work[0] == work[1]
    assert [bool(one.address) for one in _list_stored(session)] == [False, True, False]


def test_the_decoy_is_never_sent(session: Session, client: FlaskClient, box: StrictMailbox, deliver: Deliver) -> None:
    client.post("/reset", data={"email": "nobody@example.org"})
    deliver()

    assert (box.mails, box.connections, _list_stored(session)) == ([], 0, [])


def test_a_reset_link_is_forgotten_once_sent(
    session: Session, make: Factory, client: FlaskClient, box: StrictMailbox
) -> None:
    make.person(email="known@example.org", with_password=True)

    client.post("/reset", data={"email": "known@example.org"})

    (sent,) = box.mails
    assert isinstance(sent, EmailMessage)
    body = sent.get_body(("plain",))
    assert body is not None
    assert "/reset/" in body.get_content()
    assert _list_stored(session) == []


# -- the command -----------------------------------------------------------------------------------------------------------------


def test_the_test_mail_arrives(app: Flask, box: StrictMailbox) -> None:
    result = app.test_cli_runner().invoke(args=["mail", "test", "ada@example.org"])

    assert (result.exit_code, _get_receivers(box)) == (0, ["ada@example.org"])


@pytest.mark.parametrize("fault", ["away", "refused", "no address"])
def test_the_test_mail_says_why_it_failed(app: Flask, box: StrictMailbox, fault: str) -> None:
    if fault == "away":
        app.extensions["mailman"].port = 1
    box.refused = {"ada@example.org": "550 No such user"} if fault == "refused" else {}
    address = "ada" if fault == "no address" else "ada@example.org"

    result = app.test_cli_runner().invoke(args=["mail", "test", address])

    said = {"away": "ConnectionRefusedError", "refused": "No such user", "no address": "not a valid e-mail address"}
    assert result.exit_code == 2
    assert said[fault] in result.output
