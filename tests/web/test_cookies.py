"""Threat 23: cookies, HTTPS for subdomains, what a browser forgets at sign-out, and the Host of a request."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.support.attempt_client import get_hidden_field
from tests.support.factory import Person


def cookies(app: Flask, base_url: str) -> list[str]:
    client = app.test_client()
    replies = [
        client.post("/modules/safety/attempts", data={"mode": "practice"}, base_url=base_url),
        client.post("/appearance", data={"theme": "dark"}, base_url=base_url),
    ]
    return [cookie for reply in replies for cookie in reply.headers.getlist("Set-Cookie")]


def test_cookies_on_https_are_bound_to_the_host(file_app: Callable[..., Flask]) -> None:
    """Threat 23. Fails when a cookie lacks Secure, HttpOnly or SameSite, or the session's name does not pin it to the host."""
    app = file_app(base_url="https://learn.example.org")

    session_cookie, theme = cookies(app, "https://learn.example.org")

    assert session_cookie.startswith("__Host-palpate=")
    assert theme.startswith("__Host-theme=")
    for cookie in (session_cookie, theme):
        assert "Domain=" not in cookie
        assert "Path=/" in cookie
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert (
        "max-age="
        in app.test_client().get("/", base_url="https://learn.example.org").headers["Strict-Transport-Security"]
    )


def test_the_chosen_theme_is_used_on_https(file_app: Callable[..., Flask]) -> None:
    client = file_app(base_url="https://learn.example.org").test_client()

    client.post("/appearance", data={"theme": "dark"}, base_url="https://learn.example.org")

    assert 'data-theme="dark"' in client.get("/", base_url="https://learn.example.org").text


@pytest.mark.parametrize("value", ["0", "1"])
def test_https_for_subdomains_is_a_setting(file_app: Callable[..., Flask], value: str) -> None:
    """Off by default: at the top of a domain, it would cut off other servers below it for a year."""
    app = file_app(base_url="https://learn.example.org", hsts_subdomains=value == "1")

    sent = app.test_client().get("/", base_url="https://learn.example.org").headers["Strict-Transport-Security"]

    assert sent == "max-age=31536000" + ("; includeSubDomains" if value == "1" else "")


def test_signing_out_clears_what_pages_kept(checked_forms: Flask, learner: Person) -> None:
    token = get_hidden_field(learner.client.get("/account").text, "csrf_token")

    reply = learner.client.post("/logout", data={"csrf_token": token})

    assert reply.headers["Clear-Site-Data"] == '"storage"'
    assert "Clear-Site-Data" not in learner.client.get("/").headers


def test_another_site_cannot_clear_what_pages_kept(checked_forms: Flask) -> None:
    """Browsers send no cookie with a form of another site, so the server sees a visitor."""
    for address in ("/logout", "/logout?next=/"):
        reply = checked_forms.test_client().post(address, headers={"Origin": "https://elsewhere.test"})

        assert reply.status_code == 400
        assert "Clear-Site-Data" not in reply.headers


@pytest.mark.parametrize("host", ["LOCALHOST", "Localhost:8000"])
def test_the_host_is_compared_without_regard_to_case(client: FlaskClient, host: str) -> None:
    assert client.get("/login", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(("protocol", "status"), [("HTTP/1.1", 400), ("HTTP/1.0", 200)])
def test_a_request_of_http_1_1_needs_a_host(app: Flask, protocol: str, status: int) -> None:
    """RFC 9112, section 3.2."""
    environ = EnvironBuilder("/login", environ_overrides={"SERVER_PROTOCOL": protocol}).get_environ()
    del environ["HTTP_HOST"]
    environ["SERVER_NAME"] = "127.0.0.1"

    _body, answered, _headers = run_wsgi_app(app, environ)

    assert int(answered[:3]) == status


def test_cookies_on_loopback_work_without_tls(app: Flask) -> None:
    for cookie in cookies(app, "http://localhost:8000"):
        assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Secure" not in cookie.split("; ")
