"""Gives each request an id, and logs and counts it when its response is complete."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from app import metrics
from app.server.logs import request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from werkzeug.routing import Rule

ID_KEY = "palpate.request_id"
"""Where the WSGI environment has the id."""

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""The pages that programs ask for every few seconds."""

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

log = logging.getLogger("palpate.requests")


class RequestLog:
    """WSGI middleware. A proxy's ``X-Request-Id`` is kept only if proxies are trusted and it is well-formed.

    ``answer_endpoint`` is the endpoint whose POST stores an answer.
    """

    def __init__(self, application: WSGIApplication, *, trusts_proxy: bool, answer_endpoint: str) -> None:
        self.application, self.trusts_proxy, self.answer_endpoint = application, trusts_proxy, answer_endpoint

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "") if self.trusts_proxy else ""
        known = environ[ID_KEY] = given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
        request_id.set(known)  # the next request of this thread sets its own
        exchange = _Exchange(perf_counter())

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            exchange.status, request = status[:3], environ.get("werkzeug.request")
            exchange.rule = request.url_rule if request is not None else None  # Flask forgets it at the end
            exchange.has_length = any(name.lower() == "content-length" for name, _value in headers)
            return start_response(status, [*headers, ("X-Request-Id", known)], exc_info)

        try:
            parts = self.application(environ, start)
        except BaseException:
            self._record(environ, exchange)
            raise
        if exchange.has_length:
            self._record(environ, exchange)
            return parts
        return _Recorded(parts, lambda: self._record(environ, exchange))

    def _record(self, environ: WSGIEnvironment, exchange: _Exchange) -> None:
        seconds = perf_counter() - exchange.began
        rule = exchange.rule
        route, method = rule.rule if rule else "none", environ["REQUEST_METHOD"]
        if method not in _METHODS:
            method = "other"
        metrics.count_request(route, method, exchange.status, seconds)
        if method == "POST" and rule and rule.endpoint == self.answer_endpoint:
            metrics.count_answer(int(exchange.status))
        level = logging.DEBUG if route in PROBES else logging.INFO
        if log.isEnabledFor(level):
            facts = {"route": route, "method": method, "status": int(exchange.status)}
            log.log(level, "request", extra=facts | {"duration_ms": round(seconds * 1000, 1)})


@dataclass(slots=True)
class _Exchange:
    """What is known of the response so far."""

    began: float
    status: str = "500"
    has_length: bool = False
    rule: Rule | None = None


class _Recorded:
    """A streamed body that is recorded when it is closed."""

    def __init__(self, parts: Iterable[bytes], record: Any) -> None:
        self.parts, self.record = parts, record

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)

    def close(self) -> None:
        try:
            if hasattr(self.parts, "close"):
                self.parts.close()
        finally:
            self.record()
