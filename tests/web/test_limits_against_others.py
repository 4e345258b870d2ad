"""Threats 15, 17 and 32: limits stop those who guess or flood, and can't be used to keep others out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.utils import hash_password
from sqlalchemy.orm import Session

from app.accounts import throttling
from app.models import User
from app.services.people import sign_ins, users
from app.web import waiting
from app.web.budgets import get_network
from app.web.work_meter import WorkMeter
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory
from tests.support.limits import Time, pace, relaxed, use_up

__all__ = ["pace", "relaxed"]

WRONG = "not the password"


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, network: str = "127.0.0.1") -> Any:
    form = {"email": email, "password": password}
    return client.post("/login", data=form, environ_base={"REMOTE_ADDR": network})


def attack(app: Flask, email: str, times: int, **given: Any) -> list[int]:
    """Try passwords without end, each time as a new browser."""
    return [sign_in(app.test_client(), email, WRONG, **given).status_code for _ in range(times)]


def sign_out(client: FlaskClient) -> None:
    """Keep the device cookie alone. (Signing out needs a form token, which these tests do without.)"""
    client.delete_cookie("palpate")


# -- devices that have signed in before ---------------------------------------------------------------------------------


def test_the_holder_gets_in_at_once_on_a_device_that_knows_the_account(app: Flask, make: Factory) -> None:
    """Threat 32. Fails without a budget of its own for browsers that have signed in before."""
    make.person(with_password=True, email="trainer@example.org")
    browser = app.test_client()
    assert sign_in(browser, "trainer@example.org").status_code == 302
    sign_out(browser)

    statuses = attack(app, "trainer@example.org", 30)
    reply = sign_in(browser, "trainer@example.org")

    assert statuses == [200] * 10 + [429] * 20
    assert reply.status_code == 302


def test_mistakes_on_a_known_device_do_not_count_for_others(app: Flask, make: Factory) -> None:
    make.person(with_password=True, email="kim@example.org")
    browser = app.test_client()
    sign_in(browser, "kim@example.org")
    sign_out(browser)

    statuses = [sign_in(browser, "kim@example.org", WRONG).status_code for _ in range(10)]

    assert statuses == [200] * 10
    assert attack(app, "kim@example.org", 10) == [200] * 10


def test_a_device_knows_only_the_accounts_that_signed_in_there(app: Flask, make: Factory) -> None:
    """Fails when any device cookie is a pass for every account."""
    make.person(with_password=True, email="attacker@example.org")
    make.person(with_password=True, email="victim@example.org")
    browser = app.test_client()
    sign_in(browser, "attacker@example.org")
    sign_out(browser)

    statuses = [sign_in(browser, "victim@example.org", WRONG).status_code for _ in range(11)]

    assert statuses == [200] * 10 + [429]


def test_a_device_on_which_too_many_passwords_were_wrong_counts_as_any_other(app: Flask, make: Factory) -> None:
    make.person(with_password=True, email="kim@example.org")
    browser = app.test_client()
    sign_in(browser, "kim@example.org")
    sign_out(browser)

    statuses = [sign_in(browser, "kim@example.org", WRONG).status_code for _ in range(21)]

    assert statuses == [200] * 20 + [429]


@pytest.mark.parametrize("value", ["x", "", "WyJhIiw5OTk5OTk5OTk5XQ.c2lnbmF0dXJl"])
def test_a_forged_device_cookie_is_none(app: Flask, make: Factory, value: str) -> None:
    make.person(with_password=True, email="kim@example.org")
    attack(app, "kim@example.org", 10)
    browser = app.test_client()
    browser.set_cookie("palpate-device", value)

    assert sign_in(browser, "kim@example.org").status_code == 429


def test_a_device_is_forgotten_after_half_a_year(app: Flask, make: Factory, clock: Clock) -> None:
    make.person(with_password=True, email="kim@example.org")
    browser = app.test_client()
    sign_in(browser, "kim@example.org")
    cookie = browser.get_cookie("palpate-device")
    assert cookie is not None
    clock.advance(days=181)
    attack(app, "kim@example.org", 10)
    later = app.test_client()
    later.set_cookie("palpate-device", cookie.value)

    assert sign_in(later, "kim@example.org").status_code == 429


def test_the_device_cookie_names_nobody_and_no_script_reads_it(app: Flask, make: Factory) -> None:
    make.person(with_password=True, email="kim@example.org")

    reply = sign_in(app.test_client(), "kim@example.org")

    [cookie] = [line for line in reply.headers.getlist("Set-Cookie") if line.startswith("palpate-device=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "kim" not in cookie


def test_the_device_cookie_is_locked_to_a_secure_host(file_app: Any) -> None:
    app = file_app(base_url="https://learn.example.org")
    browser = app.test_client()
    form = {"name": "Kim Lee", "email": "kim@example.org", "password": PASSWORD, "time_zone": "Europe/Berlin"}

    reply = browser.post("/register", data=form, base_url="https://learn.example.org")

    [cookie] = [line for line in reply.headers.getlist("Set-Cookie") if line.startswith("__Host-palpate-device=")]
    assert "Secure" in cookie
    assert "Domain" not in cookie


def test_a_password_link_is_a_way_in_while_others_guess(app: Flask, make: Factory) -> None:
    """Threat 32. Fails when the holder of a link must wait like everybody after choosing a new password."""
    person, admin = make.person(with_password=True, email="kim@example.org"), make.admin()
    page = admin.client.post(f"/admin/users/{person.user.id}/reset-link").text
    link = re.search(r"/reset/[\w.-]+", page)
    assert link
    attack(app, "kim@example.org", 20)
    browser = app.test_client()

    browser.post(link[0], data={"password": "another long password"})

    assert sign_in(browser, "kim@example.org", "another long password").status_code == 302


def test_erasing_an_account_removes_it_from_the_device_cookie(app: Flask, make: Factory) -> None:
    make.person(with_password=True, email="kim@example.org")
    browser = app.test_client()
    sign_in(browser, "kim@example.org")
    before = browser.get_cookie("palpate-device")

    browser.post("/account/delete", data={"password": PASSWORD})

    after = browser.get_cookie("palpate-device")
    assert before is not None
    assert after is not None
    assert len(after.value) < len(before.value)


# -- delays before refusals -----------------------------------------------------------------------------------------------


def test_the_holder_gets_in_on_a_new_device_after_a_short_wait(app: Flask, make: Factory, clock: Clock) -> None:
    """Threat 32. Fails when failures of others at the same address refuse the right password for minutes."""
    make.person(with_password=True, email="trainer@example.org")
    attack(app, "trainer@example.org", 30)
    browser = app.test_client()

    first = sign_in(browser, "trainer@example.org")
    clock.advance(seconds=int(first.headers["Retry-After"]))
    second = sign_in(browser, "trainer@example.org")

    assert (first.status_code, first.headers["Retry-After"]) == (429, "10")
    assert "Too many wrong passwords were tried for this address." in first.text
    assert "Please fix" not in first.text
    assert "Wait 10 seconds, then try again." in first.text
    assert 'value="trainer@example.org"' in first.text
    assert second.status_code == 302


def test_time_spent_typing_counts_as_the_wait(app: Flask, make: Factory, clock: Clock) -> None:
    make.person(with_password=True, email="trainer@example.org")
    attack(app, "trainer@example.org", 30)
    browser = app.test_client()
    browser.get("/login")
    clock.advance(seconds=waiting.SECONDS)

    assert sign_in(browser, "trainer@example.org").status_code == 302


def test_a_wait_is_good_for_one_password_even_if_the_cookie_is_copied(app: Flask, make: Factory, clock: Clock) -> None:
    """Fails when a cookie that has waited once is a pass for any number of guesses."""
    make.person(with_password=True, email="trainer@example.org")
    attack(app, "trainer@example.org", 10)
    browser = app.test_client()
    browser.get("/login")
    cookie = browser.get_cookie("palpate")
    assert cookie is not None
    clock.advance(seconds=waiting.SECONDS)

    statuses = []
    for _ in range(5):
        copy = app.test_client()
        copy.set_cookie("palpate", cookie.value)
        statuses.append(sign_in(copy, "trainer@example.org", WRONG).status_code)

    assert statuses == [200] + [429] * 4


def test_one_patient_attacker_does_not_use_up_the_patience_of_others(app: Flask, make: Factory, clock: Clock) -> None:
    """Threat 32. Fails when trying every ten seconds is enough to keep the holder out."""
    make.person(with_password=True, email="trainer@example.org")
    attack(app, "trainer@example.org", 10)
    attacker, holder = app.test_client(), app.test_client()
    attacker.get("/login")
    holder.get("/login")

    for _ in range(30):
        clock.advance(seconds=waiting.SECONDS)
        assert sign_in(attacker, "trainer@example.org", WRONG).status_code == 200

    assert sign_in(holder, "trainer@example.org").status_code == 302


def test_even_many_patient_browsers_guess_slowly(app: Flask, make: Factory, clock: Clock) -> None:
    """Threat 17. Fails when waiting in many browsers at once opens an endless number of tries."""
    make.person(with_password=True, email="trainer@example.org")
    attack(app, "trainer@example.org", 10)
    browsers = [app.test_client() for _ in range(42)]
    for browser in browsers:
        browser.get("/login")
    clock.advance(seconds=waiting.SECONDS)

    replies = [sign_in(browser, "trainer@example.org", WRONG) for browser in browsers]

    assert [reply.status_code for reply in replies] == [200] * 40 + [429] * 2
    assert "that you have used here before" in replies[-1].text
    assert int(replies[-1].headers["Retry-After"]) > waiting.SECONDS


# -- one account from many networks ---------------------------------------------------------------------------------------


def test_an_account_has_a_limit_across_networks(app: Flask, make: Factory, clock: Clock) -> None:
    """Threat 17. Fails without a limit for the account: 50 addresses had 500 tries."""
    make.person(with_password=True, email="victim@example.org")
    known = app.test_client()
    sign_in(known, "victim@example.org")
    sign_out(known)

    statuses = [attack(app, "victim@example.org", 1, network=f"192.0.2.{number % 50}")[0] for number in range(80)]
    new, elsewhere = app.test_client(), "198.51.100.7"
    first = sign_in(new, "victim@example.org", network=elsewhere)
    clock.advance(seconds=waiting.SECONDS)

    assert statuses == [200] * 60 + [429] * 20
    assert sign_in(known, "victim@example.org").status_code == 302
    assert first.status_code == 429
    assert sign_in(new, "victim@example.org", network=elsewhere).status_code == 302


def test_addresses_of_one_ipv6_network_are_one(app: Flask, make: Factory) -> None:
    """Threat 17. Fails when each of the 2**64 addresses of one subscriber has tries of its own."""
    make.person(with_password=True, email="victim@example.org")

    statuses = [attack(app, "victim@example.org", 1, network=f"2001:db8:0:7::{number:x}")[0] for number in range(1, 15)]

    assert statuses == [200] * 10 + [429] * 4
    assert attack(app, "victim@example.org", 1, network="2001:db8:0:8::1") == [200]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("unix:", "unix:"),
    ],
)
def test_a_network_is_an_ipv4_address_or_an_ipv6_64(app: Flask, address: str, network: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert get_network() == network


# -- a class behind one address -------------------------------------------------------------------------------------------


def add_class(app: Flask, session: Session, clock: Clock, size: int) -> list[str]:
    """Accounts with one password; hashing it once keeps the test short."""
    with app.test_request_context():
        hashed = hash_password(PASSWORD)
    addresses = [f"class{number}@example.org" for number in range(size)]
    for address in addresses:
        user = users.add(session, name="Kim Lee", email=address, password_hash=hashed, now=clock.now)
        make_learner(session, user, clock)
    session.commit()
    return addresses


def make_learner(session: Session, user: User, clock: Clock) -> None:
    sign_ins.assign_learner(session, user, None, "Europe/Berlin", clock.now)


def test_a_class_of_five_hundred_signs_in_although_one_of_them_attacks(
    app: Flask, session: Session, clock: Clock
) -> None:
    """Threat 32. Fails when wrong passwords of one person refuse right ones of others at the same address.

    The attacker tries made-up addresses, and passwords of classmates, before and between their sign-ins.
    """
    addresses = add_class(app, session, clock, 500)
    before = [attack(app, f"nobody{number}@example.org", 1)[0] for number in range(620)]

    learners = []
    for number, address in enumerate(addresses):
        if number % 5 == 0:
            attack(app, addresses[(number + 7) % 500], 1)
        learners.append(sign_in(app.test_client(), address).status_code)

    assert before == [200] * 600 + [429] * 20
    assert learners == [302] * 500


def test_a_wrong_password_beyond_the_limit_of_the_network_is_told_so(app: Flask) -> None:
    """Threat 17. The page is the usual one: it says whether the password was looked at."""
    use_up(throttling._NETWORK)

    reply = sign_in(app.test_client(), "other@example.org", WRONG)

    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "10")
    assert "Wrong e-mail or password." in reply.text


def test_a_flood_of_passwords_takes_at_most_half_of_the_processor(
    app: Flask, session: Session, clock: Clock, pace: Any
) -> None:
    """Threats 24 and 32. Fails when passing the limit of the address means that passwords are checked without end.

    Who has waited has a reserve of their own.
    """
    [address] = add_class(app, session, clock, 1)
    use_up(throttling._NETWORK)
    meter = pace(0.0)
    meter.add(throttling.RESERVE_SECONDS + 1)
    browser = app.test_client()
    browser.get("/login")

    flood = attack(app, "another@example.org", 3)
    early = sign_in(browser, address)
    clock.advance(seconds=waiting.SECONDS)
    late = sign_in(browser, address)

    assert flood == [429] * 3
    assert (early.status_code, early.headers["Retry-After"]) == (429, "10")
    assert late.status_code == 302


def test_other_networks_sign_in_during_a_flood(app: Flask, session: Session, clock: Clock, pace: Any) -> None:
    [address] = add_class(app, session, clock, 1)
    pace(0.0).add(100)

    assert sign_in(app.test_client(), address, network="198.51.100.7").status_code == 302


def test_the_meter_drains_at_its_share() -> None:
    time = Time(0.0)
    meter = WorkMeter(share=0.5, clock=time)

    meter.add(3.0)
    time.now = 4.0

    assert meter.read() == 1.0
    time.now = 100.0
    assert meter.read() == 0.0
