"""Helper processes that never outlive the process that started them, even if that is killed with ``kill -9``.

A watcher process reads from a pipe that only the starting process holds open, so the pipe closes when that process
ends. The watcher then signals every process group that was started but not stopped, and removes their folders. It has
its own session, so signals to the group of the starting process do not reach it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO, Any

PATIENCE_SECONDS = 5
"""How long a process may take to end before it is killed."""


@dataclass
class _Watcher:
    """The watcher of one process. A forked child starts its own."""

    pid: int = 0
    pipe: IO[bytes] | None = None
    lock: Lock = field(default_factory=Lock)

    def tell(self, message: dict[str, Any]) -> None:
        with self.lock:
            if self.pipe is None or self.pid != os.getpid():
                self._start()
            assert self.pipe is not None
            self.pipe.write(json.dumps(message).encode() + b"\n")
            self.pipe.flush()

    def _start(self) -> None:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        self.pid, self.pipe = os.getpid(), process.stdin
        assert self.pipe is not None
        atexit.register(self.pipe.close)
        process.returncode = 0  # it outlives this process, and without this Popen would warn that it is still running


_watcher = _Watcher()


def popen(
    command: list[str], *, end_with: signal.Signals = signal.SIGKILL, folder: Path | None = None, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a command in its own session. ``options`` are those of :class:`subprocess.Popen`.

    If this process ends first, the command's process group gets the signal ``end_with`` and ``folder`` is removed.
    Call :func:`release` after stopping the command.
    """
    _watcher.tell({})  # start the watcher before there is anything to watch
    process = subprocess.Popen(command, start_new_session=True, **options)
    _watcher.tell({"watch": process.pid, "signal": int(end_with), "folder": str(folder) if folder else None})
    return process


def release(process: subprocess.Popen[bytes]) -> None:
    """Stop watching a process that has ended, because its id may be reused."""
    _watcher.tell({"release": process.pid})


def _watch(messages: IO[bytes]) -> None:
    """Read messages until the pipe closes, then end the remaining processes."""
    watched: dict[int, dict[str, Any]] = {}
    for line in messages:
        message = json.loads(line)
        if "watch" in message:
            watched[message["watch"]] = message
        watched.pop(message.get("release", 0), None)
    for group, message in watched.items():
        _end(group, message["signal"])
    for message in watched.values():
        if message["folder"]:
            shutil.rmtree(message["folder"], ignore_errors=True)


def _end(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
        until = time.monotonic() + PATIENCE_SECONDS
        while number != signal.SIGKILL and time.monotonic() < until:
            os.killpg(group, 0)
            time.sleep(0.02)
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _watch(sys.stdin.buffer)
