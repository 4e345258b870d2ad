"""The real server, without a proxy, against those who send requests that never end."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from app.server.gateway import LARGE_BODIES, LARGE_BODY_BYTES, Gateway, Headers
from battery.loop import run_in_thread
from bench.browser import Browser
from bench.server import Server, find_free_port

UNFINISHED = b"POST /appearance HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntheme="
LIST = (
    b"POST /teach/cohorts/1/roster HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: %d\r\n\r\n"
)
CHUNKED = (
    b"POST /appearance HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One process, and so one thread: whatever holds that one up holds everybody up."""
    data: Path = tmp_path_factory.mktemp("serving") / "data"
    server = Server(data, {"PALPATE_WORKERS": "1"})
    server.start()
    yield server
    server.stop()


def _connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def _reply(server: Server, request: bytes) -> bytes:
    with _connect(server) as connection:
        connection.sendall(request)
        reply = b""
        while b"\r\n\r\n" not in reply and (part := connection.recv(65536)):
            reply += part
        return reply


def test_other_users_of_the_machine_cannot_read_the_data(server: Server) -> None:
    """Fails when the umask of whoever starts the server decides."""
    files = [server.data, *server.data.rglob("*")]

    assert {path.name for path in files} >= {"palpate.sqlite3", "palpate.sqlite3-wal"}
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []


def test_unfinished_posts_hold_nobody_up(server: Server) -> None:
    """Fails when the thread that works on requests waits for their bodies."""
    with ExitStack() as held:
        for start in (UNFINISHED, CHUNKED) * 10:
            held.enter_context(_connect(server)).sendall(start)

        replies = [_reply(server, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") for _ in range(5)]

    assert all(reply.startswith(b"HTTP/1.1 200 ") for reply in replies)


def test_who_hangs_up_in_the_middle_leaves_no_fault_in_the_log(server: Server) -> None:
    for start in (UNFINISHED, CHUNKED):
        with _connect(server) as connection:
            connection.sendall(start)

    reply = _reply(server, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")

    assert reply.startswith(b"HTTP/1.1 200 ")
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (CHUNKED + b"a\r\ntheme=dark&\r\n0\r\n\r\n", b"400"),  # the body was read: its token is missing
        (UNFINISHED.replace(b"Length: 100", b"Length: 300000"), b"413"),  # before the rest of it was sent
        (CHUNKED + b"80000\r\n" + b"x" * 0x80000 + b"\r\n0\r\n\r\n", b"413"),
        (LIST % 500_000 + b"pasted=" + b"x" * 499_993, b"400"),  # read: a list of people may be larger than other forms
        (LIST % 2_000_000 + b"pasted=", b"413"),
        (b"GET /%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"404"),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.0\r\n\r\n", b"200"),
        (b"HEAD /red-flags HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"200"),
    ],
)
def test_bodies_and_heads_arrive_as_a_wsgi_application_knows_them(
    server: Server, request_: bytes, status: bytes
) -> None:
    reply = _reply(server, request_)

    assert reply.split()[1] == status


def test_a_server_counts_its_requests_in_a_folder_of_its_own(server: Server) -> None:
    """Fails when the processes of a server keep their figures to themselves."""
    name = b'palpate_requests_total{method="GET",route="/red-flags",status="200"} '
    read = b"GET /metrics HTTP/1.1\r\nHost: 192.0.2.7\r\nConnection: close\r\n\r\n"
    first = _reply_to_end(server, read)

    _reply(server, b"GET /red-flags HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    second = _reply_to_end(server, read)

    before = float(first.partition(name)[2].partition(b"\n")[0] or 0)
    assert float(second.partition(name)[2].partition(b"\n")[0]) == before + 1
    [worker] = server.pids()[1:] or [server.process.pid if server.process else 0]
    environ = Path(f"/proc/{worker}/environ").read_bytes()
    folder = Path(environ.partition(b"PROMETHEUS_MULTIPROC_DIR=")[2].partition(b"\0")[0].decode())
    assert list(folder.glob("counter_*.db"))
    assert folder.stat().st_mode & 0o077 == 0


def _reply_to_end(server: Server, request: bytes) -> bytes:
    """The whole reply to a request that closes the connection."""
    with _connect(server) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_the_log_has_a_line_for_a_request_and_none_for_its_secrets(server: Server) -> None:
    reply = _reply(server, b"GET /join/tok3n?x=tok3n HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=tok3n\r\n\r\n")
    known = reply.lower().partition(b"x-request-id: ")[2].partition(b"\r\n")[0].decode()

    log = server.log.read_text()

    [line] = [line for line in log.splitlines() if known in line]
    assert re.search(
        r"^\S+Z info request request_id=\w+ route=/join/<code> method=GET status=404 duration_ms=[\d.]+$", line
    )
    assert "tok3n" not in log


def test_without_redis_each_process_counts_for_itself(tmp_path: Path) -> None:
    """Fails when Redis being away is an error, or ends all limits."""
    server = Server(tmp_path / "data", {"PALPATE_WORKERS": "1", "REDIS_URL": f"redis://127.0.0.1:{find_free_port()}"})
    server.start()
    try:
        ready = _reply(server, b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answers = asyncio.run(_sign_in_wrongly(server.port, times=12))
    finally:
        server.stop()

    assert b" 200 " in ready
    assert answers == [200] * 10 + [429] * 2


async def _sign_in_wrongly(port: int, times: int) -> list[int]:
    browser = Browser(port, "")
    page = await browser.get("/login")
    fields = [("csrf_token", page.field("csrf_token")), ("email", "ann@example.org"), ("password", "not this one")]
    answers = [(await browser.post("/login", fields)).status for _ in range(times)]
    await browser.close()
    return answers


# -- the gateway alone ------------------------------------------------------------------------------------------------------------------


@dataclass
class _Headers:
    pairs: Headers

    def items(self) -> Headers:
        return self.pairs

    def get(self, key: str, default: str | None = None) -> str | None:
        return dict(self.pairs).get(key, default)


@dataclass
class _Scope:
    headers: Any  # the protocol asks for its own type: an attribute can be assigned to
    http_version: str = "1.1"
    server: str = "[::1]:8000"
    client: str = "[2001:db8::7]:50000"
    scheme: str = "http"
    method: str = "POST"
    path: str = "/é"
    query_string: str = "a=1"
    authority: str | None = None


@dataclass
class _Receiver:
    """Whoever receives a reply part by part."""

    exchange: _Exchange

    async def send_bytes(self, data: bytes) -> None:
        status, headers, body = self.exchange.replies.pop()
        self.exchange.replies.append((status, headers, body + data))
        await self.exchange.received(body + data)


async def _takes_it(_so_far: bytes) -> None:
    pass


@dataclass
class _Exchange:
    """A sender of ``parts``, who then says nothing any more where ``is_silent``."""

    parts: tuple[bytes, ...] = ()
    is_silent: bool = False
    replies: list[tuple[int, Headers, bytes]] = field(default_factory=list)
    received: Callable[[bytes], Awaitable[None]] = _takes_it
    has_left: asyncio.Event = field(default_factory=asyncio.Event)

    async def client_disconnect(self) -> None:
        await self.has_left.wait()

    async def __call__(self) -> bytes:
        return b"".join([part async for part in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            yield part
        if self.is_silent:
            await asyncio.Event().wait()

    def response_empty(self, status: int, headers: Headers) -> None:
        self.replies.append((status, headers, b""))

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        self.replies.append((status, headers, body))

    def response_stream(self, status: int, headers: Headers) -> _Receiver:
        self.replies.append((status, headers, b""))
        return _Receiver(self)


def _echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("X-From", environ["REMOTE_ADDR"]), ("X-Cookie", environ.get("HTTP_COOKIE", ""))])
    return [environ["PATH_INFO"].encode("latin-1"), b" ", environ["wsgi.input"].read()]


def _through(scope: _Scope, exchange: _Exchange) -> list[tuple[int, Headers, bytes]]:
    gateway = Gateway(_echo, threads=1, max_body_bytes=10, body_seconds=0.05)
    run_in_thread(gateway.__rsgi__(scope, exchange))
    return exchange.replies


def test_a_sender_who_never_finishes_is_given_up_on() -> None:
    replies = _through(_Scope(_Headers([("content-length", "9")])), _Exchange((b"abc",), is_silent=True))

    assert replies == [(408, [("connection", "close")], b"")]


def test_only_so_many_large_bodies_are_held_at_a_time() -> None:
    """Fails when a process takes in as many unfinished large bodies as it has connections."""
    gateway = Gateway(_echo, threads=1, max_body_bytes=2 * LARGE_BODY_BYTES, body_seconds=0.2)
    large, small = (
        _Scope(_Headers([("content-length", str(LARGE_BODY_BYTES + 1))])),
        _Scope(_Headers([("content-length", "3")])),
    )

    async def flood() -> list[_Exchange]:
        held = [_Exchange(is_silent=True) for _ in range(LARGE_BODIES)]
        flooding = [asyncio.create_task(gateway.__rsgi__(large, exchange)) for exchange in held]
        await asyncio.sleep(0)
        others = [_Exchange((b"abc",)), _Exchange((b"abc",)), _Exchange((b"abc",))]
        await gateway.__rsgi__(large, others[0])
        await gateway.__rsgi__(small, others[1])
        await asyncio.gather(*flooding)
        await gateway.__rsgi__(large, others[2])
        return [*held, *others]

    replies = run_in_thread(flood())

    assert [reply.replies[0][0] for reply in replies] == [408] * LARGE_BODIES + [503, 200, 200]


def test_a_request_is_the_same_to_the_application() -> None:
    """Cookies come in several headers by HTTP/2."""
    headers = _Headers([("content-length", "6"), ("cookie", "a=1"), ("cookie", "b=2")])

    replies = _through(_Scope(headers), _Exchange((b"abc", b"def")))

    assert replies == [(200, [("X-From", "2001:db8::7"), ("X-Cookie", "a=1; b=2")], "/é abcdef".encode())]


def test_headers_with_an_underscore_do_not_pass_for_those_of_a_proxy() -> None:
    seen: list[dict[str, Any]] = []

    def look(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(environ)
        return _echo(environ, start_response)

    scope = _Scope(_Headers([("x_forwarded_for", "192.0.2.1"), ("x-forwarded-for", "192.0.2.2")]), method="GET")
    run_in_thread(Gateway(look, threads=1, max_body_bytes=10).__rsgi__(scope, _Exchange()))

    assert seen[0]["HTTP_X_FORWARDED_FOR"] == "192.0.2.2"


def test_no_more_is_read_than_shows_that_it_is_too_much() -> None:
    replies = _through(
        _Scope(_Headers([("transfer-encoding", "chunked")])), _Exchange((b"abcdef", b"ghijkl"), is_silent=True)
    )

    assert replies[0][2] == "/é abcdefghijkl".encode()


GET = {"method": "GET"}


def test_a_reply_of_unknown_length_is_sent_while_it_is_made() -> None:
    """Fails when a large file is put together in memory before its first byte is sent."""
    is_received = Event()

    def lines(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        start_response("200 OK", [])

        def made() -> Iterator[bytes]:
            yield b"first,"
            assert is_received.wait(60)
            yield b"second"

        return made()

    async def received(_so_far: bytes) -> None:
        is_received.set()

    exchange = _Exchange(received=received)
    run_in_thread(Gateway(lines, threads=1, max_body_bytes=10).__rsgi__(_Scope(_Headers([]), **GET), exchange))

    assert exchange.replies == [(200, [], b"first,second")]


def test_a_slow_receiver_holds_no_thread() -> None:
    """Fails when the thread that makes a file waits until it was sent: one slow download would stop the process."""

    async def both() -> _Exchange:
        gateway, is_over, others = Gateway(_echo, threads=1, max_body_bytes=10), asyncio.Event(), _Exchange()

        async def dawdles(_so_far: bytes) -> None:
            await is_over.wait()

        scope = _Scope(_Headers([]), **GET)
        slow = asyncio.create_task(gateway.__rsgi__(scope, _Exchange(received=dawdles)))
        await asyncio.wait_for(gateway.__rsgi__(scope, others), 60)
        is_over.set()
        await slow
        return others

    assert run_in_thread(both()).replies[0][0] == 200


def test_a_receiver_who_hangs_up_does_no_harm() -> None:
    async def gone(_so_far: bytes) -> None:
        raise RuntimeError("Transport not initialized or closed")

    exchange = _Exchange(received=gone)
    run_in_thread(Gateway(_echo, threads=1, max_body_bytes=10).__rsgi__(_Scope(_Headers([]), **GET), exchange))

    assert exchange.replies[0][0] == 200


def test_what_has_neither_length_nor_body_is_whole() -> None:
    """As the answer to a HEAD is."""

    def nothing(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("204 No Content", [])
        return []

    exchange = _Exchange()
    run_in_thread(Gateway(nothing, threads=1, max_body_bytes=10).__rsgi__(_Scope(_Headers([]), **GET), exchange))

    assert exchange.replies == [(204, [], b"")]


@pytest.mark.parametrize(("method", "is_answered"), [("GET", False), ("HEAD", False), ("POST", True)])
def test_a_page_is_given_up_if_its_reader_leaves_before_a_thread_is_free(method: str, is_answered: bool) -> None:
    """Fails when a server that cannot keep up works for clients who have left, and when an answer that arrived is dropped."""
    seen: list[str] = []
    is_busy, is_free = Event(), Event()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(environ["PATH_INFO"])
        is_busy.set()
        assert is_free.wait(60)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    gateway = Gateway(application, threads=1, max_body_bytes=10)
    first, patient, impatient = _Exchange(), _Exchange(), _Exchange()

    async def send() -> None:
        def ask(path: str, exchange: _Exchange, method: str = "GET") -> asyncio.Task[None]:
            return asyncio.create_task(gateway.__rsgi__(_Scope(_Headers([]), method=method, path=path), exchange))

        tasks = [ask("/first", first)]
        await asyncio.to_thread(is_busy.wait)
        tasks += [ask("/patient", patient), ask("/impatient", impatient, method)]
        for _ in range(5):
            await asyncio.sleep(0)
        impatient.has_left.set()
        for _ in range(5):
            await asyncio.sleep(0)
        is_free.set()
        await asyncio.gather(*tasks)

    run_in_thread(send())

    assert seen == ["/first", "/patient", *(["/impatient"] if is_answered else [])]
    assert bool(impatient.replies) == is_answered
    assert first.replies
    assert patient.replies
    assert gateway.unfinished == 0
