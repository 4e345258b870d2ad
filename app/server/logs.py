"""Logs on standard error: one event a line, with time, level and the id of the request, as text or as JSON.

They contain no names, addresses, answers or tokens: a request is logged by its route, never by its path.
"""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, cast

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that this thread is answering."""


def configure(form: str) -> None:
    """Write all logs of this process to standard error, as ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(make_formatter(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("_granian").handlers[:] = [handler]


def make_formatter(form: str) -> logging.Formatter:
    first: list[Processor] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.add_log_level,
        _add_request_id,
        ExtraAdder(),
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else _render_text
    return ProcessorFormatter(
        foreign_pre_chain=first,
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _sort_first,
            structlog.processors.format_exc_info,
            cast("Processor", last),
        ],
    )


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    known = request_id.get()
    if known is not None:
        event["request_id"] = known
    return event


def _sort_first(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("message", None)  # the event again, if another handler has formatted it
    return {"time": event.pop("time"), "level": event.pop("level"), "event": event.pop("event"), **event}


def _render_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Render ``2026-11-30T06:00:00Z info request request_id=… route=…``; a traceback follows on lines of its own."""
    exception = event.pop("exception", None)
    first = (event.pop("time"), event.pop("level"), event.pop("event"))
    line = " ".join([*map(str, first), *(f"{name}={value}" for name, value in event.items())])
    return f"{line}\n{exception}" if exception else line
