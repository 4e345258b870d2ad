"""A minimal browser: one keep-alive connection, one cookie, no pauses between requests."""

from __future__ import annotations

import asyncio
import contextlib
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

TIMEOUT_SECONDS = 30


class GarbledReply(OSError):
    """The connection ended or timed out during a reply. The request may or may not have taken effect."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. ``size`` is the size of head and body on the wire, in bytes."""

    status: int
    headers: dict[str, str]
    body: bytes
    size: int

    @property
    def text(self) -> str:
        """The body with each run of white space as one space, so that patterns do not depend on a template's layout."""
        return " ".join(self.body.decode().split())

    @property
    def location(self) -> str:
        return self.headers["location"]

    def field(self, name: str) -> str:
        """Return the value of a hidden field of the page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found, f"the page has no field {name}: {self.text[:300]}"
        return html.unescape(found[1])


class Browser:
    """A client with one connection. ``cookie`` is the whole ``Cookie`` header; ``Set-Cookie`` replaces it."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Reply:
        return await self._send("GET", path, b"")

    async def post(self, path: str, fields: Iterable[tuple[str, str]]) -> Reply:
        return await self._send("POST", path, urlencode(list(fields)).encode())

    async def post_and_leave(self, path: str, fields: Iterable[tuple[str, str]]) -> None:
        """Send a POST and disconnect without waiting for the reply, like a phone that loses its network."""
        _reader, writer = await self._connected()
        writer.write(self._request("POST", path, urlencode(list(fields)).encode()))
        await writer.drain()
        await self.close()

    async def _send(self, method: str, path: str, body: bytes) -> Reply:
        """Send one request.

        :raise OSError: no connection, or the reply was cut off. The next request reconnects.
        """
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                reader, writer = await self._connected()
                writer.write(self._request(method, path, body))
                return await self._reply(reader)
        except (TimeoutError, asyncio.IncompleteReadError, ValueError) as broken:
            await self.close()
            raise GarbledReply(method, path) from broken
        except OSError:
            await self.close()
            raise

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._streams[0].at_eof():
            await self.close()  # the server has closed the idle connection
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        return self._streams

    def _request(self, method: str, path: str, body: bytes) -> bytes:
        form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n" if body else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n{form}\r\n"
        return head.encode() + body

    async def _reply(self, reader: asyncio.StreamReader) -> Reply:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        if "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        else:
            body = await _chunks(reader) if headers.get("transfer-encoding") == "chunked" else b""
        if "set-cookie" in headers:
            self.cookie = headers["set-cookie"].partition(";")[0]
        if headers.get("connection") == "close":
            await self.close()
        return Reply(int(first.split()[1]), headers, body, len(head) + len(body))

    async def close(self) -> None:
        if self._streams is not None:
            writer, self._streams = self._streams[1], None
            writer.close()
            with contextlib.suppress(OSError):  # the other end was faster
                await writer.wait_closed()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)
