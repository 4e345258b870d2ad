"""Between Granian and the application: requests are taken in whole before anybody works on them, and no thread waits for a receiver.

A WSGI application reads the body of a request itself, and its thread waits for whoever sends it. Granian gives up on no sender (it times the
head of a request alone, https://github.com/emmett-framework/granian/issues/728), so that as many unfinished posts as there are threads would
stop the server. Here they wait in the event loop, at no thread's expense, and only for so long.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from typing import Any, Protocol

BODY_SECONDS = 20
"""How long the body of a request may take. Forms are a few hundred bytes; the slowest phone sends them in two packets."""

LARGE_BODY_BYTES = 16 * 1024
LARGE_BODIES = 32
"""How many bodies that are larger, or don't say how large they are, a process takes in at a time: they are what memory goes to."""

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
WSGIApplication = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class _HeaderMap(Protocol):
    def items(self) -> Headers: ...
    def get(self, key: str, default: str | None = None) -> str | None: ...


class Scope(Protocol):
    """What Granian tells of a request: https://github.com/emmett-framework/granian/blob/master/docs/spec/RSGI.md."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: _HeaderMap


class Stream(Protocol):
    """What Granian gives to send a reply by, part by part."""

    async def send_bytes(self, data: bytes) -> None: ...


class Exchange(Protocol):
    """What Granian gives to read a request's body with and to reply by."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_empty(self, status: int, headers: Headers) -> None: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: Headers) -> Stream: ...


class _TooManyError(Exception):
    """As many large bodies are on their way as there may be."""


class Gateway:
    """An RSGI application that answers by a WSGI one, up to ``threads`` requests at a time.

    ``largest_body`` in bytes is as much as is read; the application refuses what is longer by its own means. ``roomier`` are the ends of
    paths where more may be sent, and how much.
    """

    def __init__(
        self,
        application: WSGIApplication,
        *,
        threads: int,
        largest_body: int,
        roomier: Mapping[str, int] | None = None,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self.application, self.largest_body, self.body_seconds = application, largest_body, body_seconds
        self.roomier = dict(roomier or {})
        self.large_bodies = 0
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __rsgi__(self, scope: Scope, http: Exchange) -> None:
        try:
            body = await self._body(scope, http)
        except TimeoutError:
            http.response_empty(408, [("connection", "close")])
            return
        except _TooManyError:
            http.response_empty(503, [("retry-after", "5"), ("connection", "close")])
            return
        except RuntimeError:  # what Granian raises when the sender hung up: there is nobody to reply to
            return
        stream = _Stream(asyncio.get_running_loop(), http)
        answer = await stream.loop.run_in_executor(self.pool, self._answer, _environ(scope, body), stream)
        if answer is not None:
            http.response_bytes(*answer)
        elif stream.sending is not None:
            await stream.sending

    async def _body(self, scope: Scope, http: Exchange) -> bytes:
        """The body, or as much of it as shows that it is too long.

        :raise TimeoutError: it did not come in time.
        :raise _TooManyError: too many large ones are on their way already.
        """
        length, encoding = scope.headers.get("content-length"), scope.headers.get("transfer-encoding")
        if length is None and encoding is None and scope.http_version.startswith("1"):
            return b""
        largest = next((size for end, size in self.roomier.items() if scope.path.endswith(end)), self.largest_body)
        if length is not None and int(length) > largest:
            return b""
        if length is not None and encoding is None and int(length) <= LARGE_BODY_BYTES:
            async with asyncio.timeout(self.body_seconds):
                return await http()
        if self.large_bodies >= LARGE_BODIES:
            raise _TooManyError
        self.large_bodies += 1
        try:
            async with asyncio.timeout(self.body_seconds):
                return await self._parts(http, largest)
        finally:
            self.large_bodies -= 1

    async def _parts(self, http: Exchange, largest: int) -> bytes:
        parts, size = [], 0
        async for part in http:
            parts.append(part)
            size += len(part)
            if size > largest:
                break
        return b"".join(parts)

    def _answer(self, environ: Environ, stream: _Stream) -> tuple[int, Headers, bytes] | None:
        """The answer as a whole, as for nearly every page; one that does not say how long it is goes out while it is made, and None is left."""
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
        return None if stream.is_begun else (*started[-1], b"")


class _Stream:
    """A reply on its way from the thread that makes it to the event loop that sends it.

    The thread never waits for whoever receives it: a slow receiver holds the rest of the reply in memory, and no thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, http: Exchange) -> None:
        self.loop, self.http = loop, http
        self.is_begun = False
        self.parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.sending: asyncio.Task[None] | None = None

    def put(self, part: bytes, status: int, headers: Headers) -> None:
        if not self.is_begun:
            self.is_begun = True
            self.loop.call_soon_threadsafe(self._begin, status, headers)
        self.loop.call_soon_threadsafe(self.parts.put_nowait, part)

    def end(self) -> None:
        if self.is_begun:
            self.loop.call_soon_threadsafe(self.parts.put_nowait, None)

    def _begin(self, status: int, headers: Headers) -> None:
        self.sending = self.loop.create_task(self._send(status, headers))

    async def _send(self, status: int, headers: Headers) -> None:
        receiver = self.http.response_stream(status, headers)
        try:
            while (part := await self.parts.get()) is not None:
                await receiver.send_bytes(part)
        except RuntimeError:  # what Granian raises when the receiver hung up: there is nobody to send to
            return


def _environ(scope: Scope, body: bytes) -> Environ:
    """The request as PEP 3333 has it."""
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
            continue  # it would pass for one with a hyphen that a proxy sets, as X_Forwarded_For for X-Forwarded-For
        key = _variable(name)
        # Cookies come in several headers by HTTP/2.
        environ[key] = value if key not in environ else f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    if scope.authority is not None:
        environ.setdefault("HTTP_HOST", scope.authority)
    if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None or (body and "CONTENT_LENGTH" not in environ):
        # The chunks are put together: now there is a length.
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


@lru_cache(maxsize=256)
def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
