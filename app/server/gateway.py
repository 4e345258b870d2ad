"""Run the WSGI application under Granian's RSGI interface, so that slow clients hold no worker thread.

A WSGI application reads the request body itself, and its thread waits for the client. Granian limits the time for the
head of a request only (https://github.com/emmett-framework/granian/issues/728), so as many unfinished posts as there
are threads would stop the server. The gateway reads each body in the event loop, within a time and a size, and passes
the request to a thread when it is complete. A streamed response is also sent from the event loop.
``docs/decisions/0008-gateway.md`` compares the alternatives.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from typing import Any, Protocol

from app import metrics
from app.clock import ARRIVED_AT, Clock, SteadyClock
from app.server.scheduler import Scheduler

BODY_SECONDS = 20
"""The time limit for one request body. Forms have a few hundred bytes, which the slowest phone sends in two packets."""

LARGE_BODY_BYTES = 16 * 1024
LARGE_BODIES = 32
"""How many bodies above LARGE_BODY_BYTES, or of unknown length, one process reads at a time. This bounds its memory."""

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Response = tuple[int, Headers, bytes]
WSGIApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


# -- the RSGI interface: https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md ---------------------


class RSGIHeaders(Protocol):
    """The request headers, in lower case."""

    def items(self) -> Headers: ...
    def get(self, key: str, default: str | None = None) -> str | None: ...


class HTTPScope(Protocol):
    """The head of a request."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: RSGIHeaders


class HTTPStreamTransport(Protocol):
    """Sends the body of a streamed response."""

    async def send_bytes(self, data: bytes) -> None: ...


class HTTPProtocol(Protocol):
    """Reads the body of a request (whole, or part by part), waits for the client to leave, and sends the response."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def client_disconnect(self) -> None: ...
    def response_empty(self, status: int, headers: Headers) -> None: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: Headers) -> HTTPStreamTransport: ...


# -- the gateway -------------------------------------------------------------------------------------------------------


class _TooManyLargeBodies(Exception):
    """The process is already reading ``LARGE_BODIES`` large bodies."""


class Gateway:
    """An RSGI application that passes complete requests to a WSGI application, in up to ``threads`` threads.

    At most about ``max_body_bytes`` of a body are read; the application itself refuses a longer body (413).
    ``max_body_bytes_by_suffix`` sets a higher limit for paths with a certain end. ``clock`` is read when a request has
    arrived, before it waits for a thread.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        threads: int,
        max_body_bytes: int,
        max_body_bytes_by_suffix: Mapping[str, int] | None = None,
        clock: Clock | None = None,
        body_seconds: float = BODY_SECONDS,
        scheduler: Scheduler | None = None,
    ) -> None:
        self.application, self.clock = application, clock or SteadyClock()
        self.max_body_bytes, self.body_seconds = max_body_bytes, body_seconds
        self.max_body_bytes_by_suffix = dict(max_body_bytes_by_suffix or {})
        self.large_bodies = self.unfinished = 0
        self.scheduler, self.threads = scheduler, threads
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix="request")

    def __rsgi_init__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Start the chores. Granian calls this in each worker before the first request."""
        if self.scheduler is not None:
            self.scheduler.start()

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Stop the chores. Granian calls this in each worker that it stops."""
        if self.scheduler is not None:
            self.scheduler.stop()

    async def __rsgi__(self, scope: HTTPScope, protocol: HTTPProtocol) -> None:
        try:
            body = await self._read_body(scope, protocol)
        except TimeoutError:
            protocol.response_empty(408, [("connection", "close")])
            return
        except _TooManyLargeBodies:
            protocol.response_empty(503, [("retry-after", "5"), ("connection", "close")])
            return
        except RuntimeError:  # raised by Granian if the client has disconnected
            return
        environ = _build_environ(scope, body)
        # Not earlier: a client that begins to send before the deadline must not gain the time that its body takes.
        environ[ARRIVED_AT] = self.clock()
        stream = _ResponseStream(asyncio.get_running_loop(), protocol)
        self.unfinished += 1
        try:
            response = await self._run_in_thread(environ, stream, protocol)
        finally:
            self.unfinished -= 1
        if response is not None:
            protocol.response_bytes(*response)
        elif stream.sending is not None:
            await stream.sending

    async def _read_body(self, scope: HTTPScope, protocol: HTTPProtocol) -> bytes:
        """Read the body, or as much of it as shows that it is too long.

        :raise TimeoutError: it was not complete in time.
        :raise _TooManyLargeBodies: it is large, and too many others are being read.
        """
        length, encoding = scope.headers.get("content-length"), scope.headers.get("transfer-encoding")
        if length is None and encoding is None and scope.http_version.startswith("1"):
            return b""
        limits = self.max_body_bytes_by_suffix.items()
        limit = next((limit for suffix, limit in limits if scope.path.endswith(suffix)), self.max_body_bytes)
        if length is not None and int(length) > limit:
            return b""
        if length is not None and encoding is None and int(length) <= LARGE_BODY_BYTES:
            async with asyncio.timeout(self.body_seconds):
                return await protocol()
        if self.large_bodies >= LARGE_BODIES:
            raise _TooManyLargeBodies
        self.large_bodies += 1
        try:
            async with asyncio.timeout(self.body_seconds):
                return await self._read_parts(protocol, limit)
        finally:
            self.large_bodies -= 1

    async def _read_parts(self, protocol: HTTPProtocol, limit: int) -> bytes:
        parts, size = [], 0
        async for part in protocol:
            parts.append(part)
            size += len(part)
            if size > limit:
                break
        return b"".join(parts)

    async def _run_in_thread(
        self, environ: Environ, stream: _ResponseStream, protocol: HTTPProtocol
    ) -> Response | None:
        """Call the application in a thread; give up a page whose reader leaves before a thread is free.

        Otherwise a server with more to do than it can would go on making pages for people who have asked again since,
        and never catch up. What was sent to be stored is stored, whoever waits for the reply: it arrived.
        """
        call = self.executor.submit(self._run_application, environ, stream)
        running = asyncio.wrap_future(call)
        if self.unfinished <= self.threads or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return await running
        leaving = asyncio.ensure_future(protocol.client_disconnect())
        await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
        if leaving.done() and call.cancel():
            metrics.count_abandoned_request()
            return None
        leaving.cancel()
        return await running

    def _run_application(self, environ: Environ, stream: _ResponseStream) -> Response | None:
        """Call the WSGI application in this thread.

        Return status, headers and body of a response that states its length, as nearly all pages do. The body of any
        other response goes to ``stream`` while it is made; then the return value is None.
        """
        started: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, _exc_info: object = None) -> None:
            started.append((int(status[:3]), headers))

        parts = self.application(environ, start_response)
        try:
            if any(name.lower() == "content-length" for name, _ in started[-1][1]):
                return *started[-1], b"".join(parts)
            for part in parts:
                stream.put(part, *started[-1])
        finally:
            stream.end()
            if hasattr(parts, "close"):
                parts.close()
        return None if stream.is_started else (*started[-1], b"")


class _ResponseStream:
    """Carries a streamed response from the thread that makes it to the event loop that sends it.

    The thread never waits for the client: while a slow client receives, the rest waits in memory.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: HTTPProtocol) -> None:
        self.loop, self.protocol = loop, protocol
        self.is_started = False
        self.parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.sending: asyncio.Task[None] | None = None

    def put(self, part: bytes, status: int, headers: Headers) -> None:
        if not self.is_started:
            self.is_started = True
            self.loop.call_soon_threadsafe(self._start, status, headers)
        self.loop.call_soon_threadsafe(self.parts.put_nowait, part)

    def end(self) -> None:
        if self.is_started:
            self.loop.call_soon_threadsafe(self.parts.put_nowait, None)

    def _start(self, status: int, headers: Headers) -> None:
        self.sending = self.loop.create_task(self._send(status, headers))

    async def _send(self, status: int, headers: Headers) -> None:
        transport = self.protocol.response_stream(status, headers)
        try:
            while (part := await self.parts.get()) is not None:
                await transport.send_bytes(part)
        except RuntimeError:  # raised by Granian if the client has disconnected
            return


# -- the WSGI environ (PEP 3333) ---------------------------------------------------------------------------------------


def _build_environ(scope: HTTPScope, body: bytes) -> Environ:
    server, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # X_Forwarded_For would be taken for the X-Forwarded-For that a proxy sets
        key = _environ_key(name)
        # HTTP/2 clients may split cookies into several headers.
        environ[key] = value if key not in environ else f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    if scope.authority is not None:
        environ.setdefault("HTTP_HOST", scope.authority)
    if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None or (body and "CONTENT_LENGTH" not in environ):
        # The body is complete, so its length is known.
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


@lru_cache(maxsize=256)
def _environ_key(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
