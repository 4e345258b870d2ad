"""The thread in each server process that runs the chores.

It is a thread and not a process of its own, because nobody would restart a process: Granian watches over its workers
only. Granian forks or spawns its workers before they import the application, and calls ``__rsgi_init__`` of the gateway
in each of them. The thread starts there, so it exists once in each worker, and never in a command, a test or a process
that forks. While it waits for the database, the disk or the mail server, requests are answered as usual.

All threads look for work; leases in the database decide which of them does it (:mod:`app.services.upkeep.leases`). If a
worker or a machine dies, any other goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Protocol

POLL_SECONDS = 10.0
"""How often each thread looks for work that is due: one SELECT of about ten rows."""

WAKE_SECONDS = 1.0
"""The pause after a call of :meth:`Scheduler.wake`.

Mails of the same second are sent together, and the work does not slow down the response that caused it: its time would
reveal whether there was a mail to send.
"""

STOP_SECONDS = 5.0
"""How long a stopping process waits for the current step."""

_logger = logging.getLogger("palpate.scheduler")


class RunDue(Protocol):
    """Runs the chores that are due; ``is_woken`` adds the one for which :meth:`Scheduler.wake` was called.

    It stops after the current step if ``is_stopping`` returns True. The result is False if the woken chore was not run to
    its end, or if another process is busy with it: that may have looked before the new work was there.
    """

    def __call__(self, *, is_woken: bool, is_stopping: Callable[[], bool]) -> bool: ...


class Scheduler:
    """Runs chores in a thread until :meth:`stop` is called."""

    def __init__(
        self, run_due: RunDue, *, poll_seconds: float = POLL_SECONDS, wake_seconds: float = WAKE_SECONDS
    ) -> None:
        self._run_due, self._poll_seconds, self._wake_seconds = run_due, poll_seconds, wake_seconds
        self._woken, self._stopping = Event(), Event()
        self._thread: Thread | None = None
        self._latest_error = ""

    def start(self) -> None:
        # A daemon: a chore that hangs does not keep a process alive that was told to stop.
        self._thread = Thread(target=self._loop, name="scheduler", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Run the chore that sends mails, soon."""
        self._woken.set()

    def stop(self) -> None:
        """Stop after the current step."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            is_woken = self._woken.wait(self._poll_seconds)
            if is_woken and self._stopping.wait(self._wake_seconds):
                return
            self._woken.clear()
            self._run(is_woken=is_woken)

    def _run(self, *, is_woken: bool) -> None:
        try:
            is_done = self._run_due(is_woken=is_woken, is_stopping=self._stopping.is_set)
        except Exception as error:  # the database may be away; the next round tries again
            # An error of the database contains no parameters. It is logged once, not every ten seconds.
            if type(error).__name__ != self._latest_error:
                _logger.error("Chores can't run: %s", type(error).__name__)
            self._latest_error = type(error).__name__
        else:
            self._latest_error = ""
            if not is_done:
                self._woken.set()
