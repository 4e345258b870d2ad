"""Each request has an id and one line in the log, without personal data, and is counted for Prometheus."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import metrics
from app.db import db
from app.server import logs
from app.server.requests import RequestLog
from tests.support.factory import Person

TOKEN = "prometheus-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a server would write with PALPATE_LOG=json."""
    output = io.StringIO()
    handler, root = logging.StreamHandler(output), logging.getLogger()
    handler.setFormatter(logs.make_formatter("json"))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield output
    root.setLevel(level)
    root.removeHandler(handler)


def _lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_request_is_one_line(client: FlaskClient, written: io.StringIO) -> None:
    reply = client.get("/modules/safety?q=ann@example.org")

    [line] = _lines(written)
    assert list(line) == ["time", "level", "event", "request_id", "route", "method", "status", "duration_ms"]
    assert (line["event"], line["level"], line["status"], line["method"]) == ("request", "info", 200, "GET")
    assert line["route"] == "/modules/<slug>"
    assert line["request_id"] == reply.headers["X-Request-Id"]
    assert line["time"].endswith("Z")
    assert line["duration_ms"] > 0


@pytest.mark.parametrize(
    "path",
    [
        "/invitation/tok3n-of-an-invitation",
        "/reset/tok3n-of-a-reset",
        "/join/tok3n",
        "/calendar/tok3n.ics",
        "/no-such-page/tok3n",
        "/login?next=/join/tok3n",
    ],
)
def test_no_token_and_no_address_is_logged(client: FlaskClient, written: io.StringIO, path: str) -> None:
    """Fails when the path, the query or a header is logged in place of the route."""
    client.get(path, headers={"User-Agent": "tok3n", "Referer": f"http://localhost{path}"})

    assert len(_lines(written)) == 1
    assert "tok3n" not in written.getvalue()


def test_probes_are_not_logged(client: FlaskClient, written: io.StringIO) -> None:
    assert {client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")} == {200}

    assert written.getvalue() == ""


def test_a_page_about_a_failure_names_the_id_of_its_log_line(
    client: FlaskClient, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(client.application.view_functions, "learn.show_red_flags", lambda: 1 / 0)
    failed = client.get("/red-flags")
    known = [line["request_id"] for line in _lines(written)]

    assert known.count(failed.headers["X-Request-Id"]) == len(known)
    assert f'<b class="error-id">{known[0]}</b>' in failed.text


def test_a_refusal_has_an_id_for_programs_only(client: FlaskClient, written: io.StringIO) -> None:
    page = client.get("/no-such-page")
    script = client.get("/no-such-page", headers={"Accept": "application/json"})

    first, second = _lines(written)
    assert first["request_id"] not in page.text
    assert script.json
    assert script.json["request_id"] == second["request_id"]
    assert first["request_id"] != second["request_id"]
    assert first["route"] == "none"


def test_an_exception_is_logged_with_the_id_of_its_request(
    client: FlaskClient, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("boom")

    monkeypatch.setitem(client.application.view_functions, "learn.show_red_flags", fail)
    reply = client.get("/red-flags")

    error, request = _lines(written)
    assert error["level"] == "error"
    assert "RuntimeError: boom" in error["exception"]
    assert error["request_id"] == request["request_id"] == reply.headers["X-Request-Id"]
    assert request["status"] == 500


def test_text_is_the_same_in_one_line() -> None:
    record = logging.LogRecord("palpate", logging.WARNING, "", 0, "constraint %s", ("refused",), None)
    record.route = "/"
    logs.request_id.set("0123456789abcdef")

    line = logs.make_formatter("text").format(record)

    assert line.endswith(" warning constraint refused request_id=0123456789abcdef route=/")


@pytest.mark.parametrize(
    ("given", "proxies", "is_kept"),
    [
        ("0123456789abcdef", 1, True),
        ("0123456789abcdef", 0, False),
        ("short", 1, False),
        ("x" * 65, 1, False),
        ("0123456789 level=error", 1, False),
        ('0123456789"}', 1, False),
    ],
)
def test_only_a_proxy_may_give_a_request_its_id(
    file_app: Callable[..., Flask], given: str, proxies: int, is_kept: bool
) -> None:
    """Fails when anybody can choose the id, or write into the log by it."""
    client = file_app(trusted_proxies=proxies).test_client()

    reply = client.get("/healthz", headers={"X-Request-Id": given})

    assert (reply.headers["X-Request-Id"] == given) is is_kept


def test_a_streamed_response_is_logged_when_it_is_complete(written: io.StringIO) -> None:
    def stream(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/csv")])
        return iter([b"a,", b"b"])

    started: Any = lambda *_: None  # noqa: E731
    parts = RequestLog(stream, trusts_proxy=False, answer_endpoint="")({"REQUEST_METHOD": "GET"}, started)
    body = b"".join(parts)
    before = _lines(written)
    parts.close()  # type: ignore[attr-defined]

    assert body == b"a,b"
    assert before == []
    assert [line["status"] for line in _lines(written)] == [200]


def _read(client: FlaskClient, **given: Any) -> dict[str, float]:
    page = client.get("/metrics", **given).text
    pairs = (line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_requests_are_counted_by_route_and_status(client: FlaskClient) -> None:
    names = [
        'palpate_requests_total{method="GET",route="/red-flags",status="200"}',
        'palpate_requests_total{method="GET",route="none",status="404"}',
        'palpate_request_seconds_count{route="/red-flags"}',
    ]
    before = _read(client)

    client.get("/red-flags")
    client.get("/no-such-page")

    after = _read(client)
    assert [after[name] - before.get(name, 0) for name in names] == [1, 1, 1]
    assert after["palpate_database_up"] == 1


@pytest.mark.parametrize(
    ("status", "outcome"), [(303, "saved"), (200, "saved"), (409, "refused"), (503, "unavailable")]
)
def test_answers_are_counted_by_what_became_of_them(client: FlaskClient, status: int, outcome: str) -> None:
    name = f'palpate_answers_total{{outcome="{outcome}"}}'
    before = _read(client).get(name, 0)

    metrics.count_answer(status)

    assert _read(client)[name] == before + 1


def test_a_stored_answer_is_counted(learner: Person, client: FlaskClient) -> None:
    before = _read(client).get('palpate_answers_total{outcome="refused"}', 0)

    learner.client.post("/attempts/987654/1", data={"option": "0", "revision": "0"})

    assert _read(client)['palpate_answers_total{outcome="refused"}'] == before + 1


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 404),
        ("192.0.2.7", BEARER, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Real-Ip": "127.0.0.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
    ],
)
def test_without_a_token_only_this_machine_reads_the_metrics(
    client: FlaskClient, address: str, headers: dict[str, str], status: int
) -> None:
    """Fails when a proxy on this machine opens the metrics to everybody."""
    reply = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert reply.status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [(BEARER, 200), ({}, 404), ({"Authorization": "Bearer wrong"}, 404), ({"Authorization": "Bearer ü"}, 404)],
)
def test_with_a_token_only_its_holder_reads_the_metrics(
    file_app: Callable[..., Flask], headers: dict[str, str], status: int
) -> None:
    reply = file_app(metrics_token=TOKEN).test_client().get("/metrics", headers=headers)

    assert reply.status_code == status


@pytest.mark.sqlite
def test_the_metrics_say_that_the_database_is_away(file_app: Callable[..., Flask]) -> None:
    app = file_app()
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))

    assert _read(app.test_client())["palpate_database_up"] == 0


def test_probes_need_no_host(client: FlaskClient) -> None:
    """Load balancers and Prometheus ask each machine by its address."""
    here = {"Host": "192.0.2.7:8000"}

    assert [client.get(path, headers=here).status_code for path in ("/healthz", "/readyz", "/metrics", "/")] == [
        200,
        200,
        200,
        400,
    ]
