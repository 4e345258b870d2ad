"""A network that fails on command: a proxy between a browser and the server that is cut, or loses replies after the server acted."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"^content-length: *(\d+)", re.I | re.M)


@dataclass
class Proxy:
    """Passes each request on over a connection of its own. ``url`` is where the browser goes in place of the server.

    While ``is_cut``, nothing comes through. While ``loses_replies``, a POST reaches the server, the reply is waited for, so that what it
    tells has been done, and then the browser's connection is closed in its place. ``lost`` are the statuses of those replies. What is
    got from ``cut_path`` never comes through.
    """

    port: int
    is_cut: bool = False
    cut_path: str | None = None
    loses_replies: bool = False
    lost: list[int] = field(default_factory=list)
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(browser,), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        with browser, contextlib.suppress(OSError):
            request = _one_message(browser)
            if not request or self.is_cut or request.startswith(f"GET {self.cut_path} ".encode()):
                return
            reply = self._ask(request)
            if self._was_cut():
                return
            if self.loses_replies and request.startswith(b"POST "):
                self.lost.append(int(reply.split(None, 2)[1]))
                return
            browser.sendall(reply)

    def _was_cut(self) -> bool:
        """Whether the test cut the network meanwhile, from its own thread."""
        return self.is_cut

    def _ask(self, request: bytes) -> bytes:
        """The server's whole reply; one for each connection, so that it ends where the connection ends."""
        head, _, body = request.partition(b"\r\n\r\n")
        head = re.sub(rb"^connection:.*\r\n", b"", head + b"\r\n", flags=re.I | re.M) + b"Connection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.port)) as server:
            server.sendall(head + body)
            parts = []
            while part := server.recv(65536):
                parts.append(part)
        return b"".join(parts)


def _one_message(connection: socket.socket) -> bytes:
    """A request with its body; empty when the browser hung up before it sent one."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65536)
        if not part:
            return b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    found = _LENGTH.search(head)
    while len(body) < (int(found[1]) if found else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
